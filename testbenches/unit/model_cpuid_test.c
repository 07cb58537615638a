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

/* Each leaf by a CPUID of its own, in 32-bit protected mode without paging, and with these MSRs. */
static void expect_leaves_with(uint64_t apic_base, uint64_t misc_enable, struct rw_cpuid cpuid,
                               const struct leaf *rows, size_t n)
{
    uint8_t *ram = calloc(1, RAM_BYTES);
    struct rw_env env = {0};
    struct rw_model_config config = {.boot = {.rip = CODE, .cpuid = cpuid},
                                     .mem = {ram, RAM_BYTES}};
    struct rw_model *model = rw_golden()->create(&config, &env);
    struct rw_state first, s;

    memcpy(ram + CODE, "\x0F\xA2", 2);
    rw_golden()->get_state(model, &first);
    first.sys.apic_base = apic_base;
    first.sys.misc_enable = misc_enable;
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

/* As they are at start. */
static void expect_leaves(struct rw_cpuid cpuid, const struct leaf *rows, size_t n)
{
    expect_leaves_with(0xFEE00900, 0x1801, cpuid, rows, n);
}

GT_TEST(model_cpuid, with_every_feature)
{
    static const struct leaf rows[] = {
        {0, 5, 0xD, 0x756E6547, 0x6C65746E, 0x49656E69},
        {1, 5, 0x000506E3, 0x00010800, 0x01E22000, 0x000BBB7C},
        {2, 5, 1, 0, 0, 0},
        {4, 0, 0, 0, 0, 0},
        {7, 0, 0, 0x01980483, 0x8041000C, 0},
        {7, 1, 0, 0, 0, 0},
        {0xB, 0, 0, 1, 0x100, 0},
        {0xB, 1, 0, 1, 0x201, 0},
        {0xB, 2, 0, 0, 2, 0},
        {0xB, 0x1FF, 0, 0, 0xFF, 0},
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
        {0xB, 0, 0, 0, 0, 0},
        {0xB, 1, 0, 0, 0, 0},
        {0xB, 2, 0, 0, 0, 0},
        {0x80000001, 0, 0, 0, 0, 0},
        {0x80000008, 0, 0x3028, 0, 0, 0},
    };

    expect_leaves((struct rw_cpuid){.away = UINT64_MAX}, rows, sizeof rows / sizeof *rows);
}

/* One from each register of each leaf: its bit alone goes. C3: what needs it stays. */
GT_TEST(model_cpuid, without_some)
{
    static const struct leaf rows[] = {
        {1, 0, 0x000506E3, 0x00010800, 0x00622000, 0x000BBB78},
        {7, 0, 0, 0x00980483, 0x0041000C, 0},
        {0x80000001, 0, 0, 0, 0x021, 0x0C100000},
        {0x80000008, 0, 0x3928, 0, 0, 0},
    };
    struct rw_cpuid cpuid = {.away = BIT(RW_DE) | BIT(RW_POPCNT) | BIT(RW_CLWB) | BIT(RW_PKS) |
                                     BIT(RW_PREFETCHW) | BIT(RW_LM) | BIT(RW_TSC_DEADLINE)};

    expect_leaves(cpuid, rows, sizeof rows / sizeof *rows);
}

GT_TEST(model_cpuid, vendor_and_signature)
{
    static const struct leaf rows[] = {
        {0, 0, 0xD, 0x68747541, 0x444D4163, 0x69746E65},
        {1, 0, 0x00800F12, 0x00010800, 0x01E22000, 0x000BBB7C},
    };
    struct rw_cpuid cpuid = {.signature = 0x00800F12};

    memcpy(cpuid.vendor, "AuthenticAMD", sizeof cpuid.vendor);
    expect_leaves(cpuid, rows, sizeof rows / sizeof *rows);
}

/* SDM Vol. 3A "Local APIC Status and Location". */
GT_TEST(model_cpuid, the_apic_is_shown_while_it_is_enabled)
{
    static const struct leaf on[] = {{1, 0, 0x000506E3, 0x00010800, 0x01E22000, 0x000BBB7C}};
    static const struct leaf off[] = {{1, 0, 0x000506E3, 0x00010800, 0x01E22000, 0x000BB97C}};

    expect_leaves_with(0xFEE00D00, 0x1801, (struct rw_cpuid){0}, on, 1);
    expect_leaves_with(0xFEE00100, 0x1801, (struct rw_cpuid){0}, off, 1);
}

/* SDM Vol. 4, IA32_MISC_ENABLE bits 22 and 34; docs/cpu.md S18. */
GT_TEST(model_cpuid, misc_enable_limits_leaves_and_hides_nx)
{
    static const struct leaf limited[] = {
        {0, 0, 2, 0x756E6547, 0x6C65746E, 0x49656E69},
        {1, 0, 0x000506E3, 0x00010800, 0x01E22000, 0x000BBB7C},
        {2, 0, 1, 0, 0, 0},
        {3, 0, 1, 0, 0, 0},
        {7, 0, 1, 0, 0, 0},
        {0xB, 1, 1, 0, 0, 0},
        {0x7FFFFFFF, 0, 1, 0, 0, 0},
        {0x80000000, 0, 0x80000008, 0, 0, 0},
        {0x80000001, 0, 0, 0, 0x121, 0x2C100000},
        {0x80000008, 0, 0x3928, 0, 0, 0},
        {0x80000009, 0, 1, 0, 0, 0},
        {0xFFFFFFFF, 0, 1, 0, 0, 0},
    };
    static const struct leaf no_nx[] = {
        {0, 0, 0xD, 0x756E6547, 0x6C65746E, 0x49656E69},
        {0x80000001, 0, 0, 0, 0x121, 0x2C000000},
        {0x80000009, 0, 0, 0, 0, 0},
    };

    expect_leaves_with(0xFEE00900, 0x401801, (struct rw_cpuid){0}, limited,
                       sizeof limited / sizeof *limited);
    expect_leaves_with(0xFEE00900, UINT64_C(0x400001801), (struct rw_cpuid){0}, no_nx,
                       sizeof no_nx / sizeof *no_nx);
}
