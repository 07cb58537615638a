// SPDX-License-Identifier: Apache-2.0
// Features that can be taken away, and what goes with each: docs/cpu.md C1 to C3. `away` is that of
// struct rw_cpuid: a mask by enum rw_feature.
#ifndef RW_FEATURE_H
#define RW_FEATURE_H

#include "cpu.h"

#define FEATURE(n) (UINT64_C(1) << (n))

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX, CPUID_REGISTERS };

/* What of a register of a leaf is 0. */
uint32_t feature_cpuid(uint64_t away, uint32_t leaf, enum cpuid_register reg);

/* Bits that are reserved. */
uint64_t feature_cr4(uint64_t away);
uint64_t feature_efer(uint64_t away);

bool feature_has_msr(uint64_t away, uint32_t index);

/* What a decoded instruction is: itself, #UD, or the older one that ignores its prefix. */
void feature_settle(uint64_t away, struct insn *in);

#endif
