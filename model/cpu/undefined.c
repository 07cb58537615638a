// SPDX-License-Identifier: Apache-2.0
// The personalities: the columns of docs/cpu.md "Results that the SDM leaves undefined" as rows.
#include "undefined.h"

#include <assert.h>

#define CF        RFLAGS_CF
#define PF        RFLAGS_PF
#define AF        RFLAGS_AF
#define ZF        RFLAGS_ZF
#define SF        RFLAGS_SF
#define OF        RFLAGS_OF
#define BYTES_1_8 (1 | 8)

enum { ROL, ROR, RCL, RCR, SHL, SHR, SAL, SAR };

static const struct undefined_rules rules[RW_UNDEFINED_COUNT] = {
    [RW_UNDEFINED_RINGWALK] = {.mul = {.tell = SF | ZF | PF},
                               .imul = {.tell = SF | ZF | PF},
                               .div = {.keep = RFLAGS_STATUS}},
    [RW_UNDEFINED_AMD_25_17] = {.mul = {.keep = SF | ZF | AF | PF},
                                .imul = {.keep = SF | ZF | AF | PF},
                                .div = {.keep = CF | OF, .one = AF},
                                .scan = {.tell = PF},
                                .lzcnt = {.keep = OF},
                                .shift_af = AF,
                                .rotate_by_nothing_is_of = true,
                                .double_16_source_again = true,
                                .decimal_is_sum = true},
    /* Shifts and rotates of 16 and 32 bits: not known. */
    [RW_UNDEFINED_INTEL_6_158] = {.mul = {.tell = SF | PF},
                                  .imul = {.tell = SF | ZF | PF},
                                  .div = {.keep = RFLAGS_STATUS},
                                  .scan = {.tell = PF},
                                  .of_widths = BYTES_1_8,
                                  .of_imm = {[RCL] = OF_TOP | OF_NEXT,
                                             [RCR] = OF_TOP | OF_CARRY,
                                             [SHL] = OF_TOP | OF_NEXT,
                                             [SHR] = OF_TOP,
                                             [SAL] = OF_TOP | OF_NEXT},
                                  .of_cl = {[ROL] = OF_TOP | OF_NEXT,
                                            [ROR] = OF_TOP | OF_LOW,
                                            [RCL] = OF_TOP | OF_NEXT,
                                            [RCR] = OF_TOP | OF_CARRY,
                                            [SHL] = OF_TOP | OF_NEXT,
                                            [SHR] = OF_TOP,
                                            [SAL] = OF_TOP | OF_NEXT}},
};

static const char *const names[RW_UNDEFINED_COUNT] = {
    [RW_UNDEFINED_RINGWALK] = "ringwalk",
    [RW_UNDEFINED_AMD_25_17] = "amd-25-17",
    [RW_UNDEFINED_INTEL_6_158] = "intel-6-158",
};

const struct undefined_rules *undefined_rules(enum rw_undefined personality)
{
    assert(personality < RW_UNDEFINED_COUNT);
    return &rules[personality];
}

bool rw_undefined_named(const char *name, enum rw_undefined *personality)
{
    for (unsigned i = 0; i < RW_UNDEFINED_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *personality = (enum rw_undefined)i;
            return true;
        }
    return false;
}

const char *rw_undefined_name(enum rw_undefined personality)
{
    assert(personality < RW_UNDEFINED_COUNT);
    return names[personality];
}
