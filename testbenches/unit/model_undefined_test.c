// SPDX-License-Identifier: Apache-2.0
// What each personality leaves where the SDM leaves it undefined: docs/cpu.md, the section of that
// name, row by row for intel-6-158, which no test machine is; amd-25-17 where it differs.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "ringwalk.h"

#define RAM_BYTES 0x20000u
#define CODE      0x8000u
#define PML4      0x1000u

#define CF  0x001u
#define ONE 0x002u
#define PF  0x004u
#define AF  0x010u
#define ZF  0x040u
#define SF  0x080u
#define OF  0x800u
#define ALL (CF | PF | AF | ZF | SF | OF)

#define RINGWALK RW_UNDEFINED_RINGWALK
#define AMD      RW_UNDEFINED_AMD_25_17
#define INTEL    RW_UNDEFINED_INTEL_6_158

#define TOP (UINT64_C(1) << 63)

enum { RAX, RCX };

/* One instruction from these registers and flags; what is in RAX and in the flags behind it. */
struct row {
    uint8_t code[6];
    uint64_t rax, rcx;
    uint32_t flags;
    uint64_t rax_after;
    uint32_t flags_after;
};

static void put(uint8_t *ram, uint32_t pa, uint64_t v)
{
    memcpy(ram + pa, &v, sizeof v);
}

static void expect(enum rw_undefined who, bool mode64, const struct row *rows, size_t n)
{
    uint8_t *ram = calloc(1, RAM_BYTES);
    struct rw_env env = {0};
    struct rw_model_config config = {
        .boot = {.long_mode = mode64, .rip = CODE, .cr3 = PML4, .undefined = who},
        .mem = {ram, RAM_BYTES}};
    struct rw_model *model = rw_golden()->create(&config, &env);
    struct rw_state first, s;

    put(ram, PML4, 0x2003);
    put(ram, 0x2000, 0x3003);
    put(ram, 0x3000, 0x83); /* 2 MBytes from 0 */
    rw_golden()->get_state(model, &first);
    for (size_t i = 0; i < n; i++) {
        memcpy(ram + CODE, rows[i].code, sizeof rows[i].code);
        rw_golden()->mem_changed(model, CODE, sizeof rows[i].code);
        s = first;
        s.regs.gpr[RAX] = rows[i].rax;
        s.regs.gpr[RCX] = rows[i].rcx;
        s.regs.rflags = ONE | rows[i].flags;
        rw_golden()->set_state(model, &s);
        rw_golden()->step(model);
        rw_golden()->get_state(model, &s);
        EXPECT_U64(rows[i].rax_after, s.regs.gpr[RAX]);
        EXPECT_U64(ONE | rows[i].flags_after, s.regs.rflags);
    }
    rw_golden()->destroy(model);
    free(ram);
}

#define EXPECT_64(who, rows) expect(who, true, rows, sizeof(rows) / sizeof((rows)[0]))
#define EXPECT_32(who, rows) expect(who, false, rows, sizeof(rows) / sizeof((rows)[0]))

GT_TEST(model_undefined, intel_logic_and_shifts_clear_af)
{
    static const struct row rows[] = {
        {{0x20, 0xC8}, 3, 1, AF, 1, 0},             /* and al, cl */
        {{0x84, 0xC8}, 3, 1, AF, 3, 0},             /* test al, cl */
        {{0xD0, 0xE0}, 1, 0, AF, 2, 0},             /* shl al, 1 */
        {{0x48, 0xC1, 0xE8, 4}, 0x10, 0, AF, 1, 0}, /* shr rax, 4 */
        {{0xC0, 0xF8, 2}, 4, 0, AF, 1, 0},          /* sar al, 2 */
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_shl_takes_of_from_the_two_top_bits_of_the_operand)
{
    static const struct row rows[] = {
        {{0xC0, 0xE0, 2}, 0x60, 0, 0, 0x80, OF | SF | CF},
        {{0xC0, 0xF0, 2}, 0x60, 0, 0, 0x80, OF | SF | CF}, /* its other encoding */
        {{0xD2, 0xE0}, 0x60, 2, 0, 0x80, OF | SF | CF},
        {{0xD2, 0xE0}, 0xC0, 3, 0, 0, ZF | PF},
        {{0xC0, 0xE0, 8}, 0x41, 0, 0, 0, OF | ZF | PF | CF}, /* the edge bit */
        {{0xC0, 0xE0, 9}, 0x41, 0, 0, 0, OF | ZF | PF},
        {{0x48, 0xC1, 0xE0, 2}, 3 * (TOP >> 2), 0, 0, TOP, OF | SF | PF | CF},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_shr_takes_of_from_the_top_bit_of_the_operand)
{
    static const struct row rows[] = {
        {{0xC0, 0xE8, 2}, 0x80, 0, 0, 0x20, OF},
        {{0xD2, 0xE8}, 0x70, 2, OF, 0x1C, 0},
        {{0xC0, 0xE8, 8}, 0x80, 0, 0, 0, OF | ZF | PF | CF}, /* the edge bit */
        {{0xC0, 0xE8, 9}, 0x80, 0, 0, 0, OF | ZF | PF},
        {{0x48, 0xD3, 0xE8}, TOP, 2, 0, TOP >> 2, OF | PF},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_sar_by_more_than_1_clears_of)
{
    static const struct row rows[] = {
        {{0xC0, 0xF8, 2}, 0x80, 0, OF, 0xE0, SF},
        {{0x48, 0xD3, 0xF8}, TOP >> 1, 2, OF, TOP >> 3, PF},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_rol_and_ror_by_cl_take_of_from_the_operand)
{
    static const struct row rows[] = {
        {{0xD2, 0xC0}, 0xC0, 2, 0, 0x03, CF}, /* rol al, cl */
        {{0xD2, 0xC0}, 0x40, 8, 0, 0x40, OF},
        {{0x48, 0xD3, 0xC0}, TOP | TOP >> 1, 2, OF, 3, CF},
        {{0xD2, 0xC8}, 0x02, 2, 0, 0x80, CF}, /* ror al, cl */
        {{0xD2, 0xC8}, 0x80, 3, 0, 0x10, OF},
        {{0xD2, 0xC8}, 0x81, 8, 0, 0x81, CF},
        {{0x48, 0xD3, 0xC8}, 0x11, 4, 0, TOP >> 3 | 1, OF},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_rol_and_ror_by_an_immediate_clear_of)
{
    static const struct row rows[] = {
        {{0xC0, 0xC0, 2}, 0xC0, 0, 0, 0x03, CF},
        {{0xC0, 0xC8, 2}, 0x02, 0, OF, 0x80, CF},
        {{0x48, 0xC1, 0xC8, 4}, 0x11, 0, 0, TOP >> 3 | 1, 0},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_rcl_and_rcr_take_of_from_what_they_find)
{
    static const struct row rows[] = {
        {{0xC0, 0xD0, 2}, 0xC0, 0, 0, 0x01, CF}, /* rcl al, 2 */
        {{0xD2, 0xD0}, 0x60, 2, 0, 0x80, OF | CF},
        {{0xC0, 0xD8, 2}, 0x80, 0, 0, 0x20, OF}, /* rcr al, 2 */
        {{0xD2, 0xD8}, 0x80, 2, CF, 0x60, 0},
        {{0x48, 0xC1, 0xD8, 2}, TOP, 0, 0, TOP >> 2, OF},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_rcl_and_rcr_by_nothing_change_no_flag)
{
    static const struct row rows[] = {
        {{0xC0, 0xD0, 9}, 0xC1, 0, 0, 0xC1, 0},
        {{0xC0, 0xD0, 9}, 0x41, 0, OF | CF, 0x41, OF | CF},
        {{0xC0, 0xD8, 18}, 0x41, 0, 0, 0x41, 0},
    };

    EXPECT_64(INTEL, rows);
}

/* Not known; each row's OF would be the other one by the rule of 8 and 64 bits. */
GT_TEST(model_undefined, intel_shifts_of_16_and_32_bits_are_ringwalks)
{
    static const struct row rows[] = {
        {{0x66, 0xC1, 0xE0, 2}, 0x6000, 0, 0, 0x8000, SF | PF | CF},
        {{0xC1, 0xE0, 2}, 0x60000000, 0, 0, 0x80000000, SF | PF | CF},
        {{0xC1, 0xE8, 2}, 0x80000000, 0, 0, 0x20000000, PF},
        {{0xD3, 0xC0}, 0xC0000000, 2, 0, 3, OF | CF},
        {{0x66, 0xC1, 0xD8, 2}, 0x8000, 0, 0, 0x2000, 0},
    };

    EXPECT_64(INTEL, rows);
    EXPECT_64(RINGWALK, rows);
}

GT_TEST(model_undefined, intel_mul_never_sets_zf)
{
    static const struct row rows[] = {
        {{0xF6, 0xE1}, 0, 7, ALL, 0, PF},
        {{0xF6, 0xE1}, 0x43, 2, AF, 0x86, SF},
        {{0x48, 0xF7, 0xE1}, TOP >> 31, TOP >> 31, ZF, 0, OF | CF | PF},
        {{0x0F, 0xAF, 0xC1}, 0, 7, 0, 0, ZF | PF}, /* imul: not known */
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_bsf_and_bsr_have_the_parity_of_their_result)
{
    static const struct row rows[] = {
        {{0x0F, 0xBC, 0xC1}, 0, 8, ALL, 3, PF},
        {{0x0F, 0xBC, 0xC1}, 0, 2, ALL, 1, 0},
        {{0x48, 0x0F, 0xBD, 0xC1}, 0, 0x7F, 0, 6, PF},
        {{0x0F, 0xBC, 0xC1}, TOP | 7, 0, ALL, TOP | 7, ZF | PF}, /* r32: all 64 bits stay */
        {{0x0F, 0xBD, 0xC1}, TOP | 7, TOP, 0, TOP | 7, ZF | PF},
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, intel_keeps_zeros_zero)
{
    static const struct row rows[] = {
        {{0xF3, 0x0F, 0xBD, 0xC1}, 0, 1, 0, 31, 0},          /* lzcnt */
        {{0x0F, 0xBA, 0xE0, 2}, 4, 0, 0, 4, CF},             /* bt */
        {{0xF6, 0xF1}, 7, 2, 0, 0x0103, 0},                  /* div */
        {{0x66, 0x0F, 0xC8}, 0x1234567, 0, 0, 0x1230000, 0}, /* bswap ax */
    };

    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, amd_shifts_set_af)
{
    static const struct row rows[] = {
        {{0xD0, 0xE0}, 1, 0, 0, 2, AF},
        {{0xC1, 0xE8, 4}, 0x10, 0, 0, 1, AF},
        {{0xC0, 0xF8, 0x20}, 4, 0, 0, 4, 0}, /* by 0: none changes */
        {{0x0F, 0xA4, 0xC8, 4}, 1, 0, 0, 0x10, AF},
    };

    EXPECT_64(AMD, rows);
}

GT_TEST(model_undefined, amd_rcl_and_rcr_by_nothing_write_of)
{
    static const struct row rows[] = {
        {{0xC0, 0xD0, 9}, 0x80, 0, 0, 0x80, OF},
        {{0xC0, 0xD0, 9}, 0x80, 0, OF | CF, 0x80, CF},
        {{0xC0, 0xD8, 9}, 0x40, 0, 0, 0x40, OF},
        {{0x66, 0xC1, 0xD8, 17}, 0xC000, 0, OF | CF, 0xC000, CF},
    };

    EXPECT_64(AMD, rows);
}

/* 1234:ABCD:ABCD and ABCD:ABCD:1234 */
GT_TEST(model_undefined, amd_double_shifts_of_16_bits_repeat_the_source)
{
    static const struct row rows[] = {
        {{0x66, 0x0F, 0xA4, 0xC8, 16}, 0x0001, 0x8000, 0, 0x8000, OF | SF | AF | PF | CF},
        {{0x66, 0x0F, 0xA4, 0xC8, 20}, 0x1234, 0xABCD, OF | CF, 0xBCDA, SF | AF},
        {{0x66, 0x0F, 0xAC, 0xC8, 20}, 0x1234, 0xABCD, OF | CF, 0xDABC, SF | AF},
    };

    EXPECT_64(AMD, rows);
}

/* 1234:ABCD:1234 */
GT_TEST(model_undefined, ringwalk_double_shifts_of_16_bits_repeat_the_destination)
{
    static const struct row rows[] = {
        {{0x66, 0x0F, 0xA4, 0xC8, 20}, 0x1234, 0xABCD, 0, 0xBCD1, OF | SF | PF},
        {{0x66, 0x0F, 0xAC, 0xC8, 20}, 0x1234, 0xABCD, 0, 0x4ABC, OF | CF},
    };

    EXPECT_64(RINGWALK, rows);
    EXPECT_64(INTEL, rows);
}

GT_TEST(model_undefined, amd_products_quotients_and_counts)
{
    static const struct row rows[] = {
        {{0xF6, 0xE1}, 3, 2, SF | ZF | AF | PF, 6, SF | ZF | AF | PF},
        {{0x0F, 0xAF, 0xC1}, 0, 7, 0, 0, 0},
        {{0x0F, 0xAF, 0xC1}, 1, 1, ALL, 1, SF | ZF | AF | PF},
        {{0xF6, 0xF1}, 7, 2, 0, 0x0103, AF},
        {{0xF6, 0xF9}, 7, 2, ALL, 0x0103, OF | CF | AF},
        {{0x0F, 0xBC, 0xC1}, 0, 8, ALL, 3, PF},
        {{0xF3, 0x0F, 0xBD, 0xC1}, 0, 1, ALL, 31, OF},
    };

    EXPECT_64(AMD, rows);
}

GT_TEST(model_undefined, amd_decimal_adjustments_have_the_flags_of_their_sums)
{
    static const struct row rows[] = {
        {{0x37}, 0x7FFA, 0, 0, 0x8100, OF | SF | AF | PF | CF}, /* aaa */
        {{0x37}, 0x0010, 0, 0, 0x0000, 0},                      /* of 0010 */
        {{0x3F}, 0x8100, 0, AF, 0x7F0A, OF | AF | PF | CF},     /* aas */
        {{0x27}, 0x7A, 0, 0, 0x80, OF | SF | AF},               /* daa */
        {{0x2F}, 0x80, 0, AF, 0x7A, OF | AF},                   /* das */
        {{0xD5, 10}, 0x0C10, 0, 0, 0x88, OF | SF | PF},         /* aad: 10 + 78 */
        {{0xD5, 255}, 0x010F, 0, 0, 0x0E, AF | CF},             /* aad 255: 0F + FF */
        {{0xD4, 10}, 0x0C63, 0, ALL, 0x0909, PF},               /* aam */
    };

    EXPECT_32(AMD, rows);
}

GT_TEST(model_undefined, the_others_decimal_adjustments_tell_of_al)
{
    static const struct row rows[] = {
        {{0x37}, 0x7FFA, 0, 0, 0x8100, ZF | AF | PF | CF},
        {{0x37}, 0x0010, 0, 0, 0x0000, ZF | PF},
        {{0x27}, 0x7A, 0, OF, 0x80, SF | AF},
        {{0xD5, 10}, 0x0C10, 0, ALL, 0x88, SF | PF},
    };

    EXPECT_32(RINGWALK, rows);
    EXPECT_32(INTEL, rows);
}

GT_TEST(model_undefined, personalities_have_names)
{
    enum rw_undefined who = INTEL;

    EXPECT_TRUE(rw_undefined_named("ringwalk", &who) && who == RINGWALK);
    EXPECT_TRUE(rw_undefined_named("amd-25-17", &who) && who == AMD);
    EXPECT_TRUE(rw_undefined_named("intel-6-158", &who) && who == INTEL);
    EXPECT_TRUE(!rw_undefined_named("amd", &who) && !rw_undefined_named("", &who));
    EXPECT_STR("amd-25-17", rw_undefined_name(AMD));
}
