// SPDX-License-Identifier: Apache-2.0
// CPUID of the golden model, with everything there and with features away: docs/cpu.md "CPUID", C1.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "ringwalk.h"

#define RAM_BYTES 0x20000u
#define CODE      0x8000u
#define BIT(n)    (UINT64_C(1) << (n))

enum { RAX, RCX, RDX, RBX };

struct leaf {
    uint32_t leaf, sub, eax, ebx, ecx, edx;
};

/* Each leaf by a CPUID of its own, in 32-bit protected mode without paging. */
static void expect_leaves(struct rw_cpuid cpuid, const struct leaf *rows, size_t n)
{
    uint8_t *ram = calloc(1, RAM_BYTES);
    struct rw_env env = {0};
    struct rw_model_config config = {.boot = {.rip = CODE, .cpuid = cpuid},
                                     .mem = {ram, RAM_BYTES}};
    struct rw_model *model = rw_golden()->create(&config, &env);
    struct rw_state first, s;

    memcpy(ram + CODE, "\x0F\xA2", 2);
    rw_golden()->get_state(model, &first);
    for (size_t i = 0; i < n; i++) {
        s = first;
        s.regs.gpr[RAX] = UINT64_C(0xFFFFFFFF00000000) | rows[i].leaf;
        s.regs.gpr[RCX] = rows[i].sub;
        rw_golden()->set_state(model, &s);
        rw_golden()->step(model);
        rw_golden()->get_state(model, &s);
        EXPECT_U64(CODE + 2, s.regs.rip);
        EXPECT_U64(rows[i].eax, s.regs.gpr[RAX]);
        EXPECT_U64(rows[i].ebx, s.regs.gpr[RBX]);
        EXPECT_U64(rows[i].ecx, s.regs.gpr[RCX]);
        EXPECT_U64(rows[i].edx, s.regs.gpr[RDX]);
    }
    rw_golden()->destroy(model);
    free(ram);
}

GT_TEST(model_cpuid, with_every_feature)
{
    static const struct leaf rows[] = {
        {0, 5, 0xD, 0x756E6547, 0x6C65746E, 0x49656E69},
        {1, 5, 0x000506E3, 0x00010800, 0x00C22000, 0x000BBB7C},
        {2, 5, 1, 0, 0, 0},
        {4, 0, 0, 0, 0, 0},
        {7, 0, 0, 0x01980483, 0x8041000C, 0},
        {7, 1, 0, 0, 0, 0},
        {0xB, 0, 0, 0, 0, 0},
        {0xD, 0, 0, 0, 0, 0},
        {0xE, 0, 0, 0, 0, 0},
        {0x80000000, 0, 0x80000008, 0, 0, 0},
        {0x80000001, 0, 0, 0, 0x121, 0x2C100000},
        {0x80000004, 0, 0x00726F73, 0, 0, 0},
        {0x80000007, 0, 0, 0, 0, 0x100},
        {0x80000008, 0, 0x3928, 0, 0, 0},
        {0x80000009, 0, 0, 0, 0, 0},
    };

    expect_leaves((struct rw_cpuid){0}, rows, sizeof rows / sizeof *rows);
}

GT_TEST(model_cpuid, without_any)
{
    static const struct leaf rows[] = {
        {1, 0, 0x000506E3, 0x00010800, 0, 0x200},
        {7, 0, 0, 0, 0, 0},
        {0x80000001, 0, 0, 0, 0, 0},
        {0x80000008, 0, 0x3028, 0, 0, 0},
    };

    expect_leaves((struct rw_cpuid){.away = UINT64_MAX}, rows, sizeof rows / sizeof *rows);
}

/* One from each register of each leaf: its bit alone goes. C3: what needs it stays. */
GT_TEST(model_cpuid, without_some)
{
    static const struct leaf rows[] = {
        {1, 0, 0x000506E3, 0x00010800, 0x00422000, 0x000BBB78},
        {7, 0, 0, 0x00980483, 0x0041000C, 0},
        {0x80000001, 0, 0, 0, 0x021, 0x0C100000},
        {0x80000008, 0, 0x3928, 0, 0, 0},
    };
    struct rw_cpuid cpuid = {.away = BIT(RW_DE) | BIT(RW_POPCNT) | BIT(RW_CLWB) | BIT(RW_PKS) |
                                     BIT(RW_PREFETCHW) | BIT(RW_LM)};

    expect_leaves(cpuid, rows, sizeof rows / sizeof *rows);
}

GT_TEST(model_cpuid, vendor_and_signature)
{
    static const struct leaf rows[] = {
        {0, 0, 0xD, 0x68747541, 0x444D4163, 0x69746E65},
        {1, 0, 0x00800F12, 0x00010800, 0x00C22000, 0x000BBB7C},
    };
    struct rw_cpuid cpuid = {.signature = 0x00800F12};

    memcpy(cpuid.vendor, "AuthenticAMD", sizeof cpuid.vendor);
    expect_leaves(cpuid, rows, sizeof rows / sizeof *rows);
}
