// SPDX-License-Identifier: Apache-2.0
// Event delivery and the instruction boundary of the golden model, in flat 32-bit protected mode
// without paging. SDM Vol. 3A "Interrupt and Exception Handling".
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "ringwalk.h"

#define RAM_BYTES 0x20000u
#define GDT       0x1000u
#define IDT       0x2000u
#define STACK     0x4000u
#define CODE      0x8000u
#define HANDLER   0x9000u

#define FLAG_ONE 0x0002u
#define FLAG_TF  0x0100u
#define FLAG_NT  0x4000u

enum { RAX, RSP = 4 };

struct bench {
    struct rw_model *model;
    uint8_t *ram;
    struct rw_state state;
    struct rec_retire last;
};

static void on_retire(void *ctx, const struct rec_retire *r)
{
    ((struct bench *)ctx)->last = *r;
}

static void put8(struct bench *b, uint32_t pa, uint64_t v)
{
    memcpy(b->ram + pa, &v, sizeof(v));
}

static uint32_t get(const struct bench *b, uint32_t pa, unsigned bytes)
{
    uint32_t v = 0;

    memcpy(&v, b->ram + pa, bytes);
    return v;
}

/* An interrupt gate to HANDLER; type 6 or 14. Bits 31:16 of a 16-bit gate's offset mean nothing. */
static void put_gate(struct bench *b, unsigned vector, unsigned type)
{
    uint64_t high = type == 6 ? UINT64_C(0xDEAD) << 48 : 0;

    put8(b, IDT + 8 * vector, HANDLER | 0x08 << 16 | (uint64_t)(0x80 | type) << 40 | high);
}

static struct bench *bench_create(const uint8_t *code, size_t bytes, uint32_t rflags)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct rw_env env = {.ctx = b, .retire = on_retire};
    struct rw_model_config config = {.boot = {.rip = CODE, .rsp = STACK}};

    if (b == NULL || (b->ram = calloc(1, RAM_BYTES)) == NULL)
        abort();
    config.mem = (struct rw_mem){b->ram, RAM_BYTES};
    b->model = rw_golden()->create(&config, &env);
    memcpy(b->ram + CODE, code, bytes);
    memset(b->ram + HANDLER, 0x90, 16);
    put8(b, GDT + 0x08, UINT64_C(0x00CF9B000000FFFF));
    put8(b, GDT + 0x10, UINT64_C(0x00CF93000000FFFF));
    for (unsigned v = 0; v < 32; v++)
        put_gate(b, v, 14);
    rw_golden()->get_state(b->model, &b->state);
    b->state.regs.rflags = rflags;
    b->state.regs.gpr[RAX] = 0x10;
    b->state.sys.gdtr_base = GDT;
    b->state.sys.gdtr_limit = 0x17;
    b->state.sys.idtr_base = IDT;
    b->state.sys.idtr_limit = 0x7FF;
    return b;
}

static void start(struct bench *b)
{
    rw_golden()->set_state(b->model, &b->state);
}

static void step(struct bench *b)
{
    rw_golden()->step(b->model);
}

static void bench_destroy(struct bench *b)
{
    rw_golden()->destroy(b->model);
    free(b->ram);
    free(b);
}

/* "Flags Usage By Exception- or Interrupt-Handler Procedure", "IDT Descriptors". */
GT_TEST(model_event, a_16_bit_gate_pushes_words)
{
    static const uint8_t code[] = {0xCD, 0x40};
    struct bench *b = bench_create(code, sizeof(code), FLAG_ONE | 0x40001);

    put_gate(b, 0x40, 6);
    start(b);
    step(b);
    EXPECT_U64(RETIRE_SOFT_INT, b->last.kind);
    EXPECT_U64(HANDLER, b->last.next_rip);
    EXPECT_U64(STACK - 6, b->last.gpr[RSP]);
    EXPECT_U64(CODE + 2, get(b, STACK - 6, 2));
    EXPECT_U64(0x08, get(b, STACK - 4, 2));
    EXPECT_U64(0x0003, get(b, STACK - 2, 2)); /* AC, bit 18, is not in the word */
    bench_destroy(b);
}

/* SDM Vol. 3A "Handling Multiple NMIs": IRET ends the blocking even when it faults. */
GT_TEST(model_event, an_iret_that_faults_unblocks_nmi)
{
    static const uint8_t code[] = {0xCF};
    struct bench *b = bench_create(code, sizeof(code), FLAG_ONE | FLAG_NT);

    b->state.nmi_blocked = true;
    start(b);
    EXPECT_TRUE(!rw_golden()->interruptible(b->model, true));
    step(b);
    EXPECT_U64(RETIRE_EXCEPTION, b->last.kind);
    EXPECT_U64(13, b->last.vector);
    EXPECT_U64(0, b->last.boundary);
    EXPECT_TRUE(rw_golden()->interruptible(b->model, true));
    bench_destroy(b);
}

/* SDM Vol. 3A "Masking Exceptions and Interrupts When Switching Stacks". */
GT_TEST(model_event, a_held_single_step_survives_int_n)
{
    static const uint8_t code[] = {0x8E, 0xD0, 0xCD, 0x40}; /* mov ss, eax; int 0x40 */
    struct bench *b = bench_create(code, sizeof(code), FLAG_ONE | FLAG_TF);

    put_gate(b, 0x40, 14);
    start(b);
    step(b);
    EXPECT_U64(BOUNDARY_MOV_SS_SHADOW | BOUNDARY_STEP_PENDING, b->last.boundary);
    step(b);
    EXPECT_U64(RETIRE_SOFT_INT, b->last.kind);
    EXPECT_U64(BOUNDARY_STEP_PENDING, b->last.boundary);
    step(b);
    EXPECT_U64(RETIRE_EXCEPTION, b->last.kind);
    EXPECT_U64(1, b->last.vector);
    EXPECT_U64(HANDLER, b->last.rip);
    EXPECT_U64(0, b->last.boundary);
    bench_destroy(b);
}

/* docs/cpu.md T4: dropped when the next instruction faults. */
GT_TEST(model_event, a_held_single_step_is_dropped_by_a_fault)
{
    static const uint8_t code[] = {0x8E, 0xD0, 0x0F, 0x0B}; /* mov ss, eax; ud2 */
    struct bench *b = bench_create(code, sizeof(code), FLAG_ONE | FLAG_TF);

    start(b);
    step(b);
    step(b);
    EXPECT_U64(6, b->last.vector);
    EXPECT_U64(0, b->last.boundary);
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    bench_destroy(b);
}

/* SDM Vol. 3B "General Detect Exception Condition": GD falls on entry to the handler of any #DB;
 * INT 1 is none. */
GT_TEST(model_event, int1_clears_gd_and_int_1_does_not)
{
    static const uint8_t int1[] = {0xF1}, int_1[] = {0xCD, 0x01};
    struct rw_state after;

    for (unsigned i = 0; i < 2; i++) {
        struct bench *b =
            i == 0 ? bench_create(int1, 1, FLAG_ONE) : bench_create(int_1, 2, FLAG_ONE);

        b->state.sys.dr7 = 0x2400;
        start(b);
        step(b);
        rw_golden()->get_state(b->model, &after);
        EXPECT_U64(i == 0 ? 0x0400 : 0x2400, after.sys.dr7);
        bench_destroy(b);
    }
}

#define CELL 0x3000u

#define DR7_STORE 0x00010401u /* DR0: stores of one byte */
#define DR7_LOAD  0x00030401u /* DR0: loads too */
#define DR6_NONE  0xFFFF0FF0u
#define BP_0      0x0010u /* of boundary */

static struct bench *break_bench(const uint8_t *code, size_t bytes, uint64_t dr0, uint64_t dr7)
{
    struct bench *b = bench_create(code, bytes, FLAG_ONE);

    b->state.sys.dr[0] = dr0;
    b->state.sys.dr7 = dr7;
    b->state.regs.gpr[3] = CELL; /* RBX */
    return b;
}

static void expect_debug(struct bench *b, uint64_t rip, uint64_t dr6)
{
    EXPECT_U64(RETIRE_EXCEPTION, b->last.kind);
    EXPECT_U64(1, b->last.vector);
    EXPECT_U64(rip, b->last.rip);
    rw_golden()->get_state(b->model, &b->state);
    EXPECT_U64(dr6, b->state.sys.dr6);
}

/* SDM Vol. 3B "Data Memory and I/O Breakpoint Exception Conditions"; docs/cpu.md T2. */
GT_TEST(model_event, a_data_breakpoint_waits_for_the_boundary)
{
    static const uint8_t code[] = {0x88, 0x03, 0x90}; /* mov [ebx], al */
    struct bench *b = break_bench(code, sizeof(code), CELL, DR7_STORE);

    start(b);
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    EXPECT_U64(BP_0, b->last.boundary);
    EXPECT_TRUE(!rw_golden()->interruptible(b->model, true));
    rw_golden()->get_state(b->model, &b->state);
    start(b); /* it is part of the state */
    step(b);
    expect_debug(b, CODE + 2, DR6_NONE | 1);
    EXPECT_U64(0, b->last.boundary);
    EXPECT_U64(0, get(b, STACK - 4, 4) & 0x10000); /* a trap pushes RF as it stands */
    bench_destroy(b);
}

/* docs/cpu.md T1, V7: once, and RF keeps it from coming again. */
GT_TEST(model_event, an_instruction_breakpoint_is_a_fault)
{
    static const uint8_t code[] = {0x90, 0x90};
    struct bench *b = break_bench(code, sizeof(code), CODE + 1, 0x401);

    start(b);
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    step(b);
    expect_debug(b, CODE + 1, DR6_NONE | 1);
    EXPECT_U64(0, get(b, STACK - 4, 4) & 0x10000);
    b->state.regs.rip = CODE + 1;
    b->state.regs.rflags = FLAG_ONE | 0x10000;
    start(b);
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    EXPECT_U64(FLAG_ONE, b->last.rflags);
    bench_destroy(b);
}

/* docs/cpu.md T2: the pushes of an event count, the gate's implicit read too. */
GT_TEST(model_event, a_delivery_meets_breakpoints)
{
    static const uint8_t code[] = {0xCD, 0x10};
    static const uint32_t met[] = {STACK - 4, STACK - 12, IDT + 0x87, GDT + 0x08};

    for (unsigned i = 0; i < 4; i++) {
        struct bench *b = break_bench(code, sizeof(code), met[i], DR7_LOAD);

        start(b);
        step(b);
        EXPECT_U64(RETIRE_SOFT_INT, b->last.kind);
        EXPECT_U64(BP_0, b->last.boundary);
        step(b);
        expect_debug(b, HANDLER, DR6_NONE | 1);
        bench_destroy(b);
    }
}

/* docs/cpu.md T2: MOVS loads, then its store faults. */
GT_TEST(model_event, a_fault_drops_its_own_breakpoints)
{
    static const uint8_t code[] = {0xA4}; /* movsb */
    struct bench *b = break_bench(code, sizeof(code), CELL, DR7_LOAD);

    b->state.regs.gpr[6] = CELL; /* RSI */
    b->state.sys.seg[SEG_ES].limit = 0;
    b->state.regs.gpr[7] = CELL; /* RDI */
    start(b);
    step(b);
    EXPECT_U64(13, b->last.vector);
    EXPECT_U64(0, b->last.boundary);
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    bench_destroy(b);
}

/* docs/cpu.md T4: MOV SS holds the #DB of the load that it is, and a fault drops it. */
GT_TEST(model_event, a_breakpoint_of_mov_ss_is_held)
{
    static const uint8_t code[] = {0x8E, 0x13, 0x0F, 0x0B}; /* mov ss, [ebx]; ud2 */
    struct bench *b = break_bench(code, sizeof(code), CELL, DR7_LOAD);

    put8(b, CELL, 0x10);
    start(b);
    step(b);
    EXPECT_U64(BOUNDARY_MOV_SS_SHADOW | BP_0, b->last.boundary);
    step(b);
    EXPECT_U64(6, b->last.vector);
    EXPECT_U64(0, b->last.boundary);
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    bench_destroy(b);
}

/* docs/cpu.md V8. */
GT_TEST(model_event, dr6_says_the_causes_of_this_exception_alone)
{
    static const uint8_t gd[] = {0x0F, 0x21, 0xF0}, int1[] = {0xF1};
    struct bench *b = break_bench(gd, sizeof(gd), CODE + 9, 0x2401);

    b->state.sys.dr6 = DR6_NONE | 0x400F;
    start(b);
    step(b);
    expect_debug(b, CODE, DR6_NONE | 0x6000);
    bench_destroy(b);
    b = break_bench(int1, sizeof(int1), 0, 0x400);
    b->state.sys.dr6 = DR6_NONE | 5;
    start(b);
    step(b);
    rw_golden()->get_state(b->model, &b->state);
    EXPECT_U64(DR6_NONE | 5, b->state.sys.dr6);
    bench_destroy(b);
}
