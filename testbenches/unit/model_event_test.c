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
