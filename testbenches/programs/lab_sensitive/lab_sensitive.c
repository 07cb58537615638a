// SPDX-License-Identifier: Apache-2.0
// Lab 3: a kernel that was moved to ring 3. Which of its instructions would its monitor hear of?
#include "../lib/lab.h"

USER_TEXT static uint64_t cli(uint64_t unused)
{
    __asm__ volatile("cli");
    return unused;
}

/* PUSHF, IF cleared in it, POPF. -> IF afterwards */
USER_TEXT static uint64_t popf(uint64_t unused)
{
    uint64_t flags = unused;

    __asm__ volatile("pushfq\n\t"
                     "andq $~0x200, (%%rsp)\n\t"
                     "popfq\n\t"
                     "pushfq\n\t"
                     "popq %0"
                     : "=r"(flags)
                     :
                     : "cc");
    return flags >> 9 & 1;
}

USER_TEXT static uint64_t sgdt(uint64_t unused)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } gdtr = {0, unused};

    __asm__ volatile("sgdt %0" : "=m"(gdtr));
    return gdtr.base;
}

USER_TEXT static uint64_t lgdt(uint64_t unused)
{
    __asm__ volatile("lgdt (%0)" : : "r"(&unused));
    return unused;
}

USER_TEXT static uint64_t mov_cs(uint64_t unused)
{
    __asm__ volatile("movl %%cs, %k0" : "=r"(unused));
    return unused & 3;
}

extern uint64_t boot_gdt[];

int main(void)
{
    uint64_t v;

    lab_open();
    ring3("CLI", cli, 0);
    v = ring3("POPF with IF = 0", popf, 0);
    line("  IF is now", v);
    ring3("LGDT", lgdt, 0);
    v = ring3("SGDT", sgdt, 0);
    put(v == (uint64_t)boot_gdt ? "  the real kernel's table\n" : "  nothing\n");
    v = ring3("MOV from CS", mov_cs, 0);
    line("  CPL, as the guest sees it", v);
    return 0;
}
