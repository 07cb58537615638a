// SPDX-License-Identifier: Apache-2.0
// The short way: ring 3 by the processor's own accesses. It has its device's registers and its
// pages; the unit, the tables, the secret and the configuration ports are the kernel's.
#include "attack.h"

#define PF_USER_WRITE 7 /* P, W/R, U/S */

static volatile uint64_t fault_vector, fault_va, fault_error;

static void on_fault(struct frame *f)
{
    fault_vector = f->vector;
    fault_va = read_cr2();
    fault_error = f->error;
    rt_leave_user(1);
}

USER_TEXT static uint64_t user_store(uint64_t va)
{
    *(volatile uint32_t *)va = 0;
    return 0;
}

USER_TEXT static uint64_t user_out(uint64_t port)
{
    outl((uint16_t)port, 0);
    return 0;
}

static const struct {
    const char *what;
    uint64_t at;
} stores[] = {
    {"a store to the secret: #PF, no right of ring 3", FRAME_SECRET},
    {"a store to its second-stage table: #PF", TABLES + 0x2000},
    {"a store to the unit's registers: #PF", IOMMU + 0x18},
    {"a store to the local APIC: #PF", UINT64_C(0xFEE00300)},
    {"a store behind its page of the BAR: #PF", EDU_BAR + 0x1000},
};

void by_the_processor(void)
{
    on_trap(14, on_fault);
    on_trap(13, on_fault);
    for (unsigned i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        fault_vector = 0;
        say(run_user(user_store, stores[i].at) == 1 && fault_vector == 14 &&
                fault_va == stores[i].at && fault_error == PF_USER_WRITE,
            false, "stopped ", stores[i].what);
        put("\n");
    }
    fault_vector = 0;
    say(run_user(user_out, 0xCF8) == 1 && fault_vector == 13 && fault_error == 0, false, "stopped ",
        "OUT to the configuration port: #GP");
    put("\n");
    on_trap(13, NULL);
    on_trap(14, NULL);
}
