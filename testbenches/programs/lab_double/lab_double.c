// SPDX-License-Identifier: Apache-2.0
// Lab 10: an exception of a kernel whose stack is gone.
#include "../lib/lab.h"

#define NO_PAGE UINT64_C(0x8000001000) /* RSP; the page below it is not mapped */

static const char *told = "UD2 never came back\n";

static void on_invalid_opcode(struct frame *f)
{
    (void)f;
    put("#UD\n");
    rt_exit(0);
}

static void on_page_fault(struct frame *f)
{
    (void)f;
    put("#PF\n");
    rt_exit(0);
}

static void on_double_fault(struct frame *f)
{
    put("#DF, error code ");
    put_hex(f->error);
    put(", RSP ");
    put_hex(f->rsp);
    put(", CR2 ");
    put_hex(read_cr2());
    put("\n");
    rt_exit(0);
}

int main(void)
{
    on_trap(6, on_invalid_opcode);
    on_trap(14, on_page_fault);
    on_trap(8, on_double_fault);
    set_ist(8, 1);
    __asm__ volatile("movq %0, %%rsp\n\tud2" : : "r"(NO_PAGE) : "memory");
    put(told);
    return 1;
}
