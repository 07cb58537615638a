// SPDX-License-Identifier: Apache-2.0
// The MSRs that the local APIC stands behind: docs/cpu.md S17. SDM Vol. 3A "Extended XAPIC
// (x2APIC)". What a register does is the device's (model/devices).
#ifndef RW_X2APIC_H
#define RW_X2APIC_H

#include "cpu.h"

/* APIC accesses that are no register of the x2APIC. */
enum { APIC_TSC_DEADLINE = 0xf0, APIC_TSC_ADJUST = 0xf1, APIC_BASE = 0xf2 };

uint64_t apic_access_read(struct cpu *cpu, unsigned n);
void apic_access_write(struct cpu *cpu, unsigned n, uint64_t v);

/* May APIC_BASE take this value now? */
bool apic_base_valid(const struct cpu *cpu, uint64_t v);

/* MSRs 800 to 8FF. False, without an access: #GP(0). */
static inline bool x2apic_is(uint32_t index)
{
    return index >= 0x800 && index <= 0x8ff;
}
bool x2apic_read(struct cpu *cpu, uint32_t index, uint64_t *v);
bool x2apic_write(struct cpu *cpu, uint32_t index, uint64_t v);

#endif
