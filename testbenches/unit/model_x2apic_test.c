// SPDX-License-Identifier: Apache-2.0
// The MSRs that the local APIC stands behind, and MISC_ENABLE: docs/cpu.md S17, S18, A11, F1. Which
// bits are #GP(0) is tried one by one by the guest program x2apic; here the accesses, which a guest
// does not see.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "ringwalk.h"

#define RAM_BYTES 0x20000u
#define CODE      0x8000u
#define XAPIC     0xFEE00900u
#define X2APIC    0xFEE00D00u
#define APIC_OFF  0xFEE00100u

enum { RAX, RCX, RDX, RBX, MAX_BEATS = 4 };

/* An instruction of its own, in 32-bit protected mode without paging. */
struct bench {
    struct rw_model *model;
    uint8_t *ram;
    struct rw_state state; /* before, then after the step */
    struct rec_retire last;
    struct rw_access beats[MAX_BEATS];                    /* not the fetch */
    uint64_t tsc_adjust[MAX_BEATS], apic_base[MAX_BEATS]; /* at the beat */
    unsigned beat_count;
};

static void on_retire(void *ctx, const struct rec_retire *r)
{
    ((struct bench *)ctx)->last = *r;
}

static void before(void *ctx, const struct rw_access *a)
{
    struct bench *b = ctx;
    struct rw_state s;

    if (a->src == BUS_FETCH || b->beat_count == MAX_BEATS)
        return;
    rw_golden()->get_state(b->model, &s);
    b->tsc_adjust[b->beat_count] = s.sys.tsc_adjust;
    b->apic_base[b->beat_count] = s.sys.apic_base;
    b->beats[b->beat_count++] = *a;
}

static void apic_read(void *ctx, const struct rw_access *a, uint8_t *data)
{
    static const uint64_t value = UINT64_C(0x1122334455667788);

    (void)ctx;
    memcpy(data, &value, a->bytes);
}

static uint64_t clock(void *ctx, uint64_t adjust)
{
    (void)ctx;
    return 1000 + adjust;
}

static struct bench *bench_create(uint64_t away)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct rw_env env = {
        .ctx = b, .retire = on_retire, .before = before, .read = apic_read, .tsc = clock};
    struct rw_model_config config = {.boot = {.rip = CODE, .cpuid = {.away = away}}};

    if (b == NULL || (b->ram = calloc(1, RAM_BYTES)) == NULL)
        abort();
    config.mem = (struct rw_mem){b->ram, RAM_BYTES};
    b->model = rw_golden()->create(&config, &env);
    rw_golden()->get_state(b->model, &b->state);
    return b;
}

static void destroy(struct bench *b)
{
    rw_golden()->destroy(b->model);
    free(b->ram);
    free(b);
}

static void step(struct bench *b, uint8_t first, uint8_t second)
{
    b->ram[CODE] = first;
    b->ram[CODE + 1] = second;
    b->state.regs.rip = b->state.regs.next_rip = CODE;
    b->state.shutdown = false;
    b->beat_count = 0;
    rw_golden()->set_state(b->model, &b->state);
    rw_golden()->step(b->model);
    rw_golden()->get_state(b->model, &b->state);
}

/* Completed, or (there is no IDT) shut down by a #GP. */
static bool rdmsr(struct bench *b, uint32_t index)
{
    b->state.regs.gpr[RCX] = index;
    step(b, 0x0F, 0x32);
    return b->last.kind == RETIRE_INSN;
}

static bool wrmsr(struct bench *b, uint32_t index, uint64_t value)
{
    b->state.regs.gpr[RCX] = index;
    b->state.regs.gpr[RAX] = value & 0xFFFFFFFF;
    b->state.regs.gpr[RDX] = value >> 32;
    step(b, 0x0F, 0x30);
    return b->last.kind == RETIRE_INSN;
}

static void expect_access(const struct bench *b, uint64_t pa, unsigned flags, uint64_t value)
{
    EXPECT_U64(1, b->beat_count);
    EXPECT_U64(pa, b->beats[0].pa);
    EXPECT_U64(8, b->beats[0].bytes);
    EXPECT_U64(BUS_APIC, b->beats[0].src);
    EXPECT_U64(flags, b->beats[0].flags);
    if (flags & BUS_WRITE)
        EXPECT_U64(0, memcmp(&value, b->beats[0].data, 8));
}

/* No access, and the state as before. */
static void expect_refused(struct bench *b, bool done)
{
    EXPECT_TRUE(!done);
    for (unsigned i = 0; i < b->beat_count; i++)
        EXPECT_TRUE(b->beats[i].src != BUS_APIC);
}

GT_TEST(model_x2apic, a_register_is_an_access_of_8_bytes)
{
    struct bench *b = bench_create(0);

    b->state.sys.apic_base = X2APIC;
    EXPECT_TRUE(rdmsr(b, 0x802));
    expect_access(b, 0xFEE01020, 0, 0);
    EXPECT_U64(0x55667788, b->state.regs.gpr[RAX]);
    EXPECT_U64(0x11223344, b->state.regs.gpr[RDX]);
    EXPECT_TRUE(wrmsr(b, 0x830, UINT64_C(0x89ABCDEF000CCFFF)));
    expect_access(b, 0xFEE01300, BUS_WRITE, UINT64_C(0x89ABCDEF000CCFFF));
    EXPECT_TRUE(wrmsr(b, 0x83F, 0xFF));
    expect_access(b, 0xFEE013F0, BUS_WRITE, 0xFF);
    destroy(b);
}

GT_TEST(model_x2apic, what_is_refused_makes_no_access)
{
    static const struct {
        uint64_t base;
        uint32_t index;
    } rows[] = {{XAPIC, 0x802},  {APIC_OFF, 0x802}, {X2APIC, 0x800}, {X2APIC, 0x80B},
                {X2APIC, 0x80E}, {X2APIC, 0x831},   {X2APIC, 0x83F}, {X2APIC, 0x8FF}};
    struct bench *b = bench_create(0);

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        b->state.sys.apic_base = rows[i].base;
        expect_refused(b, rdmsr(b, rows[i].index));
    }
    b->state.sys.apic_base = X2APIC;
    expect_refused(b, wrmsr(b, 0x802, 0));
    expect_refused(b, wrmsr(b, 0x80B, 1));
    expect_refused(b, wrmsr(b, 0x830, 0x1000));
    expect_refused(b, wrmsr(b, 0x838, UINT64_C(1) << 32));
    destroy(b);
}

GT_TEST(model_x2apic, apic_base_is_told_when_it_has_its_value)
{
    struct bench *b = bench_create(0);

    EXPECT_TRUE(wrmsr(b, 0x1B, X2APIC));
    expect_access(b, 0xFEE01F20, BUS_WRITE, X2APIC);
    EXPECT_U64(X2APIC, b->apic_base[0]);
    expect_refused(b, wrmsr(b, 0x1B, XAPIC));
    EXPECT_U64(X2APIC, b->state.sys.apic_base);
    destroy(b);
}

/* SDM Vol. 3A "x2APIC State Transitions". */
GT_TEST(model_x2apic, modes_follow_each_other_as_the_sdm_draws_them)
{
    static const uint32_t modes[] = {APIC_OFF, 0xFEE00500, XAPIC, X2APIC};
    static const bool legal[4][4] = {{1, 0, 1, 0}, {0, 0, 0, 0}, {1, 0, 1, 1}, {1, 0, 0, 1}};
    struct bench *b = bench_create(0), *without = bench_create(UINT64_C(1) << RW_X2APIC);

    for (unsigned from = 0; from < 4; from++)
        for (unsigned to = 0; to < 4; to++) {
            if (from == 1)
                continue;
            b->state.sys.apic_base = modes[from];
            EXPECT_U64(legal[from][to], wrmsr(b, 0x1B, modes[to]));
        }
    EXPECT_TRUE(!wrmsr(without, 0x1B, X2APIC));
    EXPECT_TRUE(wrmsr(without, 0x1B, APIC_OFF));
    EXPECT_TRUE(wrmsr(without, 0x1B, XAPIC));
    destroy(b);
    destroy(without);
}

/* docs/cpu.md A11: a window in xAPIC mode alone; CR8 in each (64-bit mode only: not here). */
GT_TEST(model_x2apic, the_window_is_there_in_xapic_mode_alone)
{
    static const struct {
        uint32_t base, pa;
        unsigned src;
    } rows[] = {{XAPIC, 0xFEE00080, BUS_APIC},
                {X2APIC, 0xFEE00080, BUS_DATA},
                {APIC_OFF, 0xFEE00080, BUS_DATA},
                {XAPIC, 0xFEE01080, BUS_DATA},
                {0xFEE01900, 0xFEE01080, BUS_APIC}};
    struct bench *b = bench_create(0);

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        b->state.sys.apic_base = rows[i].base;
        b->state.regs.gpr[RBX] = rows[i].pa;
        step(b, 0x8B, 0x03); /* mov (%ebx), %eax */
        EXPECT_U64(1, b->beat_count);
        EXPECT_U64(rows[i].src, b->beats[0].src);
        EXPECT_U64(rows[i].src == BUS_APIC ? 0xFEE00080 : rows[i].pa, b->beats[0].pa);
    }
    destroy(b);
}

GT_TEST(model_x2apic, the_deadline_is_the_apics_in_each_mode)
{
    static const uint32_t modes[] = {APIC_OFF, XAPIC, X2APIC};
    struct bench *b = bench_create(0), *without = bench_create(UINT64_C(1) << RW_TSC_DEADLINE);

    for (unsigned i = 0; i < 3; i++) {
        b->state.sys.apic_base = modes[i];
        EXPECT_TRUE(wrmsr(b, 0x6E0, UINT64_MAX - 5));
        expect_access(b, 0xFEE01F00, BUS_WRITE, UINT64_MAX - 5);
        EXPECT_TRUE(rdmsr(b, 0x6E0));
        expect_access(b, 0xFEE01F00, 0, 0);
        EXPECT_U64(0x11223344, b->state.regs.gpr[RDX]);
    }
    expect_refused(without, wrmsr(without, 0x6E0, 0));
    expect_refused(without, rdmsr(without, 0x6E0));
    destroy(without);
    without = bench_create(UINT64_C(1) << RW_TSC_DEADLINE);
    without->state.sys.apic_base = b->state.sys.apic_base = X2APIC;
    expect_refused(without, wrmsr(without, 0x832, 0x50000));
    EXPECT_TRUE(wrmsr(b, 0x832, 0x50000));
    destroy(b);
    destroy(without);
}

GT_TEST(model_x2apic, a_moved_counter_is_told)
{
    struct bench *b = bench_create(0);

    EXPECT_TRUE(wrmsr(b, 0x3B, UINT64_C(0x123456789A)));
    expect_access(b, 0xFEE01F10, BUS_WRITE, UINT64_C(0x123456789A));
    EXPECT_U64(UINT64_C(0x123456789A), b->tsc_adjust[0]);
    EXPECT_TRUE(wrmsr(b, 0x10, 400)); /* the clock stands at 1000 */
    expect_access(b, 0xFEE01F10, BUS_WRITE, UINT64_C(400) - 1000);
    EXPECT_U64(UINT64_C(400) - 1000, b->tsc_adjust[0]);
    destroy(b);
}

GT_TEST(model_x2apic, misc_enable_stores_keeps_and_refuses)
{
    uint64_t stored = UINT64_C(0x400C50009);
    struct bench *b = bench_create(0), *without = bench_create(UINT64_C(1) << RW_NX);

    EXPECT_U64(0x1801, b->state.sys.misc_enable);
    EXPECT_TRUE(wrmsr(b, 0x1A0, stored));
    EXPECT_U64(stored | 0x1800, b->state.sys.misc_enable);
    EXPECT_U64(0, b->beat_count);
    EXPECT_TRUE(wrmsr(b, 0x1A0, 0x1880));
    EXPECT_U64(0x1800, b->state.sys.misc_enable);
    EXPECT_TRUE(!wrmsr(b, 0x1A0, 2));
    EXPECT_TRUE(!wrmsr(without, 0x1A0, UINT64_C(1) << 34));
    destroy(b);
    destroy(without);
}

/* docs/cpu.md S18: NXE = 1 is refused, also where it was 1 already, which stays so. */
GT_TEST(model_x2apic, xd_disable_refuses_nxe)
{
    struct bench *b = bench_create(0);

    EXPECT_TRUE(wrmsr(b, 0xC0000080, 0x800));
    EXPECT_TRUE(wrmsr(b, 0x1A0, UINT64_C(1) << 34));
    EXPECT_U64(0x800, b->state.sys.efer);
    EXPECT_TRUE(!wrmsr(b, 0xC0000080, 0x801));
    EXPECT_U64(0x800, b->state.sys.efer);
    EXPECT_TRUE(wrmsr(b, 0xC0000080, 1));
    EXPECT_U64(1, b->state.sys.efer);
    EXPECT_TRUE(!wrmsr(b, 0xC0000080, 0x800));
    EXPECT_TRUE(wrmsr(b, 0x1A0, 0));
    EXPECT_TRUE(wrmsr(b, 0xC0000080, 0x800));
    destroy(b);
}

/* docs/cpu.md F1: what stands at the pin is the board's word. */
GT_TEST(model_x2apic, an_interrupt_does_not_ask_apic_base)
{
    static const uint32_t modes[] = {APIC_OFF, XAPIC, X2APIC};
    struct bench *b = bench_create(0);

    for (unsigned i = 0; i < 3; i++) {
        b->state.sys.apic_base = modes[i];
        b->state.regs.rflags = 0x202;
        rw_golden()->set_state(b->model, &b->state);
        EXPECT_TRUE(rw_golden()->interruptible(b->model, false));
        b->state.regs.rflags = 2;
        rw_golden()->set_state(b->model, &b->state);
        EXPECT_TRUE(!rw_golden()->interruptible(b->model, false));
    }
    destroy(b);
}
