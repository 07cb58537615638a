// SPDX-License-Identifier: Apache-2.0
// Results that the SDM leaves undefined, as rules that a personality chooses: docs/cpu.md "Results
// that the SDM leaves undefined". What is the same in every personality stands in the executors.
#ifndef RW_UNDEFINED_H
#define RW_UNDEFINED_H

#include "flags.h"

/* Flags that the manual does not define of an instruction: some stay, some tell of the result what
 * result_flags says, some are 1; the others are 0. */
struct flag_rule {
    uint16_t keep, tell, one;
};

/* OF of a shift or rotate by more than 1 as an xor of these bits of what it finds. */
enum of_source {
    OF_TOP = 1,  /* the destination's top bit */
    OF_NEXT = 2, /* the one below it */
    OF_LOW = 4,  /* its bit 0 */
    OF_CARRY = 8 /* CF */
};

struct undefined_rules {
    struct flag_rule mul, imul, div, scan, lzcnt; /* scan: BSF, BSR */
    uint16_t shift_af;                            /* shifts, double shifts: RFLAGS_AF or 0 */
    uint8_t of_widths; /* sizes in bytes, ORed, at which OF is that of of_imm, of_cl; at the others
                        * it is made from the result, as for count 1 */
    uint8_t of_imm[8], of_cl[8];  /* enum of_source, by ModRM.reg; count in imm8, in CL */
    bool rotate_by_nothing_is_of; /* RCL, RCR by a multiple of the size + 1: OF is written too */
    bool double_16_source_again;  /* SHLD, SHRD, 16 bits: docs/cpu.md, the strings with s twice */
    bool decimal_is_sum;          /* AAA AAS AAD DAA DAS: flags of the sum that is made */
};

const struct undefined_rules *undefined_rules(enum rw_undefined personality);

static inline uint64_t undefined_flags(const struct cpu *cpu, const struct flag_rule *rule,
                                       uint64_t result, unsigned bytes)
{
    return (cpu->rflags & rule->keep) | (result_flags(result, bytes) & rule->tell) | rule->one;
}

#endif
