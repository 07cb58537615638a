// SPDX-License-Identifier: Apache-2.0
// Lab 1: a gate's DPL is asked of software. Ring 3 comes to two gates of the IDT, each by an
// instruction and by an exception.
#include "../lib/lab.h"

USER_TEXT static uint64_t int_3(uint64_t unused)
{
    __asm__ volatile("int3");
    return unused;
}

USER_TEXT static uint64_t int_14(uint64_t unused)
{
    __asm__ volatile("int $14");
    return unused;
}

USER_TEXT static uint64_t touch(uint64_t va)
{
    return *(volatile uint8_t *)va;
}

USER_TEXT static uint64_t halt(uint64_t unused)
{
    __asm__ volatile("hlt");
    return unused;
}

static uint8_t kernel_byte;

int main(void)
{
    lab_open();
    line("DPL of gate 3", gate_at(3)[5] >> 5 & 3);
    line("DPL of gate 14", gate_at(14)[5] >> 5 & 3);
    ring3("INT3 at ring 3", int_3, 0);
    ring3("INT 14 at ring 3", int_14, 0);
    ring3("a supervisor page read at ring 3", touch, (uint64_t)&kernel_byte);
    ring3("HLT at ring 3", halt, 0);
    return 0;
}
