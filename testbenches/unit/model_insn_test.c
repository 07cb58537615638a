// SPDX-License-Identifier: Apache-2.0
// Single instructions of the golden model, in flat 32-bit protected mode without paging: results
// that the SDM's Vol. 2 gives as examples, and the order of accesses that docs/cpu.md fixes.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "ringwalk.h"

#define RAM_BYTES 0x20000u
#define GDT       0x1000u
#define IDT       0x2000u
#define DATA      0x3000u
#define STACK     0x4000u
#define CODE      0x8000u
#define HANDLER   0x9000u

#define FL_ONE 0x0002u
#define FL_CF  0x0001u
#define FL_PF  0x0004u
#define FL_AF  0x0010u
#define FL_ZF  0x0040u
#define FL_SF  0x0080u
#define FL_IF  0x0200u
#define FL_OF  0x0800u

#define CODE_SELECTOR 0x08
#define DATA_SELECTOR 0x10

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, MAX_BEATS = 16 };

struct bench {
    struct rw_model *model;
    uint8_t *ram;
    struct rw_state state; /* before, then after the step */
    struct rec_retire last;
    struct rw_access beats[MAX_BEATS];
    unsigned beat_count;
};

static void on_retire(void *ctx, const struct rec_retire *r)
{
    ((struct bench *)ctx)->last = *r;
}

/* Loads, stores and ports; not the fetch. */
static void before(void *ctx, const struct rw_access *a)
{
    struct bench *b = ctx;

    if (a->src != BUS_FETCH && b->beat_count < MAX_BEATS)
        b->beats[b->beat_count++] = *a;
}

static void port_read(void *ctx, const struct rw_access *a, uint8_t *data)
{
    (void)ctx;
    memset(data, 0xA5, a->bytes);
}

static void put(struct bench *b, uint32_t pa, uint64_t v, unsigned bytes)
{
    memcpy(b->ram + pa, &v, bytes);
}

static uint64_t get(const struct bench *b, uint32_t pa, unsigned bytes)
{
    uint64_t v = 0;

    memcpy(&v, b->ram + pa, bytes);
    return v;
}

static void put_descriptor(struct bench *b, unsigned selector, uint64_t raw)
{
    put(b, GDT + (selector & 0xFFF8), raw, 8);
}

static uint64_t clock(void *ctx, uint64_t adjust)
{
    (void)ctx;
    return 1000 + adjust;
}

static struct bench *bench_create(const uint8_t *code, size_t bytes)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct rw_env env = {
        .ctx = b, .retire = on_retire, .before = before, .read = port_read, .tsc = clock};
    struct rw_model_config config = {.boot = {.rip = CODE, .rsp = STACK}};

    if (b == NULL || (b->ram = calloc(1, RAM_BYTES)) == NULL)
        abort();
    config.mem = (struct rw_mem){b->ram, RAM_BYTES};
    b->model = rw_golden()->create(&config, &env);
    memcpy(b->ram + CODE, code, bytes);
    put_descriptor(b, CODE_SELECTOR, UINT64_C(0x00CF9B000000FFFF));
    put_descriptor(b, DATA_SELECTOR, UINT64_C(0x00CF93000000FFFF));
    for (unsigned v = 0; v < 32; v++)
        put(b, IDT + 8 * v, HANDLER | 0x08 << 16 | UINT64_C(0x8E) << 40, 8);
    rw_golden()->get_state(b->model, &b->state);
    b->state.sys.gdtr_base = GDT;
    b->state.sys.gdtr_limit = 0x3F;
    b->state.sys.idtr_base = IDT;
    b->state.sys.idtr_limit = 0x7FF;
    b->state.regs.gpr[RBX] = DATA;
    return b;
}

#define BENCH(...)                                                                                 \
    bench_create((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* One step from b->state, which then is the state behind it. */
static void step(struct bench *b)
{
    b->beat_count = 0;
    rw_golden()->set_state(b->model, &b->state);
    rw_golden()->step(b->model);
    rw_golden()->get_state(b->model, &b->state);
}

static void destroy(struct bench *b)
{
    rw_golden()->destroy(b->model);
    free(b->ram);
    free(b);
}

static void expect_fault(const struct bench *b, unsigned vector)
{
    struct rw_decision d = rw_golden()->decided(b->model);

    EXPECT_U64(RETIRE_EXCEPTION, b->last.kind);
    EXPECT_U64(vector, b->last.vector);
    EXPECT_U64(CODE, b->last.rip);
    EXPECT_U64(vector, d.vector);
    EXPECT_TRUE(d.function != NULL && strstr(d.file, "model/cpu/") != NULL && d.line != 0);
}

struct decimal {
    uint8_t code[2];
    uint16_t ax, flags, ax_after, flags_after;
};

static void expect_decimal(const struct decimal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct bench *b = bench_create(rows[i].code, 2);

        b->state.regs.gpr[RAX] = 0x12340000u | rows[i].ax;
        b->state.regs.rflags = FL_ONE | rows[i].flags;
        step(b);
        EXPECT_U64(RETIRE_INSN, b->last.kind);
        EXPECT_U64(0x12340000u | rows[i].ax_after, b->state.regs.gpr[RAX]);
        EXPECT_U64(FL_ONE | rows[i].flags_after, b->state.regs.rflags);
        destroy(b);
    }
}

/* SDM Vol. 2 "DAA", "DAS": the examples (AEH after an ADD, EEH after a SUB), and the borrow of the
 * low digit, which DAS keeps. */
GT_TEST(model_insn, packed_decimal_as_the_sdm_has_it)
{
    static const struct decimal rows[] = {
        {{0x27}, 0x00AE, FL_OF | FL_SF, 0x0014, FL_AF | FL_PF | FL_CF},
        {{0x27}, 0x002E, FL_OF | FL_SF, 0x0034, FL_AF},
        {{0x27}, 0x0099, 0, 0x0099, FL_SF | FL_PF},
        {{0x27}, 0x009A, 0, 0x0000, FL_AF | FL_CF | FL_ZF | FL_PF},
        {{0x27}, 0x0000, FL_CF, 0x0060, FL_PF | FL_CF},
        {{0x2F}, 0x00EE, FL_SF | FL_AF | FL_PF | FL_CF, 0x0088, FL_SF | FL_AF | FL_PF | FL_CF},
        {{0x2F}, 0x0005, FL_AF, 0x00FF, FL_SF | FL_AF | FL_PF | FL_CF},
        {{0x2F}, 0x0006, FL_AF, 0x0000, FL_ZF | FL_AF | FL_PF},
    };

    expect_decimal(rows, sizeof(rows) / sizeof(rows[0]));
}

/* SDM Vol. 2 "AAA", "AAS": AX + 106H, AX - 6 and AH - 1. */
GT_TEST(model_insn, unpacked_decimal_carries_into_ah)
{
    static const struct decimal rows[] = {
        {{0x37}, 0x010A, 0, 0x0200, FL_AF | FL_CF | FL_ZF | FL_PF},
        {{0x37}, 0x00FF, 0, 0x0205, FL_AF | FL_CF | FL_PF},
        {{0x37}, 0x0039, FL_CF, 0x0009, FL_PF},
        {{0x37}, 0xFF02, FL_AF, 0x0008, FL_AF | FL_CF},
        {{0x3F}, 0x020F, 0, 0x0109, FL_AF | FL_CF | FL_PF},
        {{0x3F}, 0x0203, FL_AF, 0x000D, FL_AF | FL_CF},
        {{0x3F}, 0x0003, FL_AF, 0xFE0D, FL_AF | FL_CF},
        {{0x3F}, 0x0045, FL_CF, 0x0005, FL_PF},
    };

    expect_decimal(rows, sizeof(rows) / sizeof(rows[0]));
}

/* SDM Vol. 2 "AAM", "AAD": any base. */
GT_TEST(model_insn, aam_and_aad_take_any_base)
{
    static const struct decimal rows[] = {
        {{0xD4, 10}, 0x0041, FL_OF | FL_CF | FL_AF, 0x0605, FL_PF},
        {{0xD4, 16}, 0x00A0, 0, 0x0A00, FL_ZF | FL_PF},
        {{0xD4, 255}, 0x00FE, 0, 0x00FE, FL_SF},
        {{0xD5, 10}, 0x0605, FL_OF | FL_CF | FL_AF, 0x0041, FL_PF},
        {{0xD5, 255}, 0xFF02, 0, 0x0003, FL_PF},
        {{0xD5, 0}, 0xFF80, 0, 0x0080, FL_SF},
    };

    expect_decimal(rows, sizeof(rows) / sizeof(rows[0]));
}

GT_TEST(model_insn, aam_with_base_0_divides_by_zero)
{
    struct bench *b = BENCH(0xD4, 0x00);

    b->state.regs.gpr[RAX] = 0x1234;
    step(b);
    expect_fault(b, 0);
    EXPECT_U64(0x1234, b->state.regs.gpr[RAX]);
    destroy(b);
}

/* SDM Vol. 2 "BOUND": both bounds belong to the range; the comparison is signed. */
GT_TEST(model_insn, bound_faults_outside_of_both_bounds)
{
    static const struct {
        uint32_t index;
        bool inside;
    } rows[] = {{0xFFFFFFFE, true}, {5, true}, {0, true}, {6, false}, {0xFFFFFFFD, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *b = BENCH(0x62, 0x03); /* bound eax, [ebx] */

        put(b, DATA, 0xFFFFFFFE, 4);
        put(b, DATA + 4, 5, 4);
        b->state.regs.gpr[RAX] = rows[i].index;
        step(b);
        if (rows[i].inside)
            EXPECT_U64(RETIRE_INSN, b->last.kind);
        else
            expect_fault(b, 5);
        EXPECT_U64(DATA, b->beats[0].pa);
        EXPECT_U64(DATA + 4, b->beats[1].pa);
        destroy(b);
    }
}

/* SDM Vol. 2 "LDS/LES/LFS/LGS/LSS"; unlike MOV SS, LSS holds nothing back. */
GT_TEST(model_insn, lss_loads_both_and_makes_no_shadow)
{
    struct bench *b = BENCH(0x0F, 0xB2, 0x23); /* lss esp, [ebx] */

    put(b, DATA, 0x00012340, 4);
    put(b, DATA + 4, DATA_SELECTOR, 2);
    step(b);
    EXPECT_U64(0x12340, b->state.regs.gpr[RSP]);
    EXPECT_U64(DATA_SELECTOR, b->state.sys.seg[SEG_SS].selector);
    EXPECT_U64(0, b->last.boundary);
    destroy(b);
}

GT_TEST(model_insn, a_far_pointer_with_a_bad_selector_leaves_the_register)
{
    struct bench *b = BENCH(0xC4, 0x03); /* les eax, [ebx] */

    put(b, DATA, 0x55AA55AA, 4);
    put(b, DATA + 4, 0x40, 2); /* beyond the table */
    step(b);
    expect_fault(b, 13);
    EXPECT_U64(0x40, b->last.error_code);
    EXPECT_U64(0, b->state.regs.gpr[RAX]);
    EXPECT_U64(DATA_SELECTOR, b->state.sys.seg[SEG_ES].selector);
    destroy(b);
}

/* docs/cpu.md A10: no port is read whose byte has nowhere to go. */
GT_TEST(model_insn, ins_checks_its_destination_before_the_port)
{
    struct bench *b = BENCH(0x6D); /* insd */

    b->state.sys.seg[SEG_ES].limit = DATA + 2;
    b->state.regs.gpr[RDI] = DATA;
    b->state.regs.gpr[RDX] = 0x77;
    step(b);
    expect_fault(b, 13);
    for (unsigned i = 0; i < b->beat_count; i++)
        EXPECT_TRUE(!(b->beats[i].flags & BUS_IO));
    destroy(b);
}

GT_TEST(model_insn, ins_and_outs_move_between_port_and_memory)
{
    struct bench *b = BENCH(0x6D, 0x66, 0x6F); /* insd; outsw */

    b->state.regs.gpr[RDI] = DATA;
    b->state.regs.gpr[RSI] = DATA + 2;
    b->state.regs.gpr[RDX] = 0xABCD0077;
    step(b);
    EXPECT_U64(0xA5A5A5A5, get(b, DATA, 4));
    EXPECT_U64(DATA + 4, b->state.regs.gpr[RDI]);
    EXPECT_U64(2, b->beat_count);
    EXPECT_U64(0x77, b->beats[0].pa);
    EXPECT_U64(BUS_IO, b->beats[0].flags);
    b->state.regs.rip = CODE + 1;
    step(b);
    EXPECT_U64(DATA + 4, b->state.regs.gpr[RSI]);
    EXPECT_U64(2, b->beat_count);
    EXPECT_U64(DATA + 2, b->beats[0].pa);
    EXPECT_U64(BUS_IO | BUS_WRITE, b->beats[1].flags);
    EXPECT_U64(2, b->beats[1].bytes);
    destroy(b);
}

/* docs/cpu.md A10; this machine's processor does so. */
GT_TEST(model_insn, rep_outs_with_a_count_of_0_wants_the_port_all_the_same)
{
    struct bench *b = BENCH(0xF3, 0x6E);

    b->state.regs.cpl = 3; /* and IOPL 0; the TSS at 0 denies port 0 */
    put(b, 0x04, STACK, 4);
    put(b, 0x08, DATA_SELECTOR, 2);
    put(b, 0x66, 0x200, 2);
    put(b, 0x200, 1, 1);
    step(b);
    EXPECT_U64(RETIRE_EXCEPTION, b->last.kind);
    EXPECT_U64(13, b->last.vector);
    destroy(b);
}

/* SDM Vol. 2 "ARPL"; docs/cpu.md A13. */
GT_TEST(model_insn, arpl_raises_an_rpl_and_writes_only_then)
{
    static const struct {
        uint16_t dest, src, after;
    } rows[] = {{0x0108, 0x0003, 0x010B}, {0x010B, 0x0002, 0x010B}, {0x0109, 0xFFF9, 0x0109}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *b = BENCH(0x63, 0x03); /* arpl [ebx], ax */

        put(b, DATA, rows[i].dest, 2);
        b->state.regs.gpr[RAX] = rows[i].src;
        b->state.regs.rflags = FL_ONE | FL_OF | FL_CF;
        step(b);
        EXPECT_U64(rows[i].after, get(b, DATA, 2));
        EXPECT_U64(FL_ONE | FL_OF | FL_CF | (rows[i].dest != rows[i].after ? FL_ZF : 0),
                   b->state.regs.rflags);
        EXPECT_U64(rows[i].dest != rows[i].after ? 2 : 1, b->beat_count);
        EXPECT_U64(rows[i].dest != rows[i].after ? BUS_WRITE : 0, b->beats[1].flags);
        destroy(b);
    }
}

/* SDM Vol. 2 "LAR", "LSL", "VERR/VERW", tables of types, at CPL 0 outside long mode. */
GT_TEST(model_insn, a_selector_says_what_it_may_be_used_for)
{
    static const struct {
        uint64_t raw;
        uint16_t selector;
        bool lar, lsl, verr, verw;
        uint32_t rights, limit;
    } rows[] = {
        {UINT64_C(0x5ACF93345678FFFF), 0x18, true, true, true, true, 0xCF9300, 0xFFFFFFFF},
        {UINT64_C(0x00CF93000000FFFF), 0x1B, false, false, false, false, 0, 0}, /* RPL 3 */
        {UINT64_C(0x001012000001FFFF), 0x18, true, true, true, true, 0x101200, 0xFFFF},
        {UINT64_C(0x00009E0000001234), 0x1B, true, true, true, false, 0x9E00,
         0x1234}, /* conforming */
        {UINT64_C(0x0000980000001234), 0x18, true, true, false, false, 0x9800, 0x1234},
        {UINT64_C(0x0000900000001234), 0x18, true, true, true, false, 0x9000, 0x1234},
        {UINT64_C(0x0000810000000067), 0x18, true, true, false, false, 0x8100, 0x67}, /* TSS */
        {UINT64_C(0x0000820000000067), 0x18, true, true, false, false, 0x8200, 0x67}, /* LDT */
        {UINT64_C(0x0080890000000067), 0x18, true, true, false, false, 0x808900, 0x67FFF},
        {UINT64_C(0x0000840000000067), 0x18, true, false, false, false, 0x8400, 0}, /* call gate */
        {UINT64_C(0x0000850000000067), 0x18, true, false, false, false, 0x8500, 0}, /* task gate */
        {UINT64_C(0x00008C0000000067), 0x18, true, false, false, false, 0x8C00, 0},
        {UINT64_C(0x00008E0000000067), 0x18, false, false, false, false, 0, 0}, /* interrupt gate */
        {UINT64_C(0x0000800000000067), 0x18, false, false, false, false, 0, 0},
        {UINT64_C(0x00CF93000000FFFF), 0x1C, false, false, false, false, 0, 0}, /* no LDT */
        {UINT64_C(0x00CF93000000FFFF), 0x40, false, false, false, false, 0, 0}, /* beyond */
        {UINT64_C(0x00CF93000000FFFF), 0x03, false, false, false, false, 0, 0}, /* null */
    };
    static const uint8_t opcodes[4][3] = {
        {0x0F, 0x02, 0xC1}, {0x0F, 0x03, 0xC1}, {0x0F, 0x00, 0xE1}, {0x0F, 0x00, 0xE9}};

    for (size_t i = 0; i < 4 * sizeof(rows) / sizeof(rows[0]); i++) {
        size_t k = i / 4;
        bool zf = (const bool[]){rows[k].lar, rows[k].lsl, rows[k].verr, rows[k].verw}[i % 4];
        struct bench *b = bench_create(opcodes[i % 4], 3);

        put_descriptor(b, 0x18, rows[k].raw);
        b->state.sys.seg[SEG_LDTR].attr = 0;
        b->state.regs.gpr[RAX] = 0x5A5A5A5A;
        b->state.regs.gpr[RCX] = 0xFFFF0000 | rows[k].selector;
        b->state.regs.rflags = FL_ONE | FL_CF | (zf ? 0 : FL_ZF);
        step(b);
        EXPECT_U64(FL_ONE | FL_CF | (zf ? FL_ZF : 0), b->state.regs.rflags);
        EXPECT_U64(!zf || i % 4 > 1 ? 0x5A5A5A5A
                   : i % 4 == 0     ? rows[k].rights
                                    : rows[k].limit,
                   b->state.regs.gpr[RAX]);
        EXPECT_U64(rows[k].raw, get(b, GDT + 0x18, 8)); /* no accessed bit */
        destroy(b);
    }
}

/* SDM Vol. 2 "ADCX", "ADOX": one flag each. */
GT_TEST(model_insn, adcx_and_adox_carry_in_their_own_flag)
{
    static const uint8_t adcx[] = {0x66, 0x0F, 0x38, 0xF6, 0xC3},
                         adox[] = {0xF3, 0x0F, 0x38, 0xF6, 0xC3};

    for (unsigned i = 0; i < 2; i++) {
        struct bench *b = bench_create(i ? adox : adcx, 5); /* eax, ebx */
        uint32_t own = i ? FL_OF : FL_CF, other = i ? FL_CF : FL_OF;

        b->state.regs.gpr[RAX] = 0xFFFFFFFF;
        b->state.regs.gpr[RBX] = 0x10000;
        b->state.regs.rflags = FL_ONE | FL_SF | FL_ZF | other;
        step(b);
        EXPECT_U64(0xFFFF, b->state.regs.gpr[RAX]);
        EXPECT_U64(FL_ONE | FL_SF | FL_ZF | other | own, b->state.regs.rflags);
        b->state.regs.rip = CODE;
        step(b);
        EXPECT_U64(0x20000, b->state.regs.gpr[RAX]);
        EXPECT_U64(FL_ONE | FL_SF | FL_ZF | other, b->state.regs.rflags);
        destroy(b);
    }
}

/* SDM Vol. 2 "SYSENTER", "SYSEXIT", outside long mode. */
GT_TEST(model_insn, sysenter_and_back)
{
    struct bench *b = BENCH(0x0F, 0x34);

    memcpy(b->ram + HANDLER, (const uint8_t[]){0x0F, 0x35}, 2);
    b->state.regs.cpl = 3;
    b->state.regs.rflags = FL_ONE | FL_IF | FL_CF;
    b->state.sys.sysenter_cs = 0xABCD0103; /* RPL and the high half mean nothing */
    b->state.sys.sysenter_esp = STACK;
    b->state.sys.sysenter_eip = HANDLER;
    step(b);
    EXPECT_U64(0, b->last.cpl);
    EXPECT_U64(FL_ONE | FL_CF, b->state.regs.rflags);
    EXPECT_U64(HANDLER, b->last.next_rip);
    EXPECT_U64(STACK, b->state.regs.gpr[RSP]);
    EXPECT_U64(0x100, b->state.sys.seg[SEG_CS].selector);
    EXPECT_U64(0xC09B, b->state.sys.seg[SEG_CS].attr);
    EXPECT_U64(0x108, b->state.sys.seg[SEG_SS].selector);
    EXPECT_U64(0xC093, b->state.sys.seg[SEG_SS].attr);
    b->state.regs.gpr[RCX] = STACK + 0x100;
    b->state.regs.gpr[RDX] = CODE + 2;
    step(b);
    EXPECT_U64(3, b->last.cpl);
    EXPECT_U64(CODE + 2, b->last.next_rip);
    EXPECT_U64(STACK + 0x100, b->state.regs.gpr[RSP]);
    EXPECT_U64(0x113, b->state.sys.seg[SEG_CS].selector);
    EXPECT_U64(0xC0FB, b->state.sys.seg[SEG_CS].attr);
    EXPECT_U64(0x11B, b->state.sys.seg[SEG_SS].selector);
    EXPECT_U64(0xC0F3, b->state.sys.seg[SEG_SS].attr);
    destroy(b);
}

GT_TEST(model_insn, sysenter_without_a_code_segment_faults)
{
    struct bench *b = BENCH(0x0F, 0x34);

    b->state.sys.sysenter_cs = 0xFFFF0003;
    step(b);
    expect_fault(b, 13);
    EXPECT_U64(0, b->last.error_code);
    destroy(b);
}

/* SDM Vol. 3B "IA32_TSC_ADJUST MSR"; docs/cpu.md S16. */
GT_TEST(model_insn, wrmsr_moves_the_time_stamp_counter)
{
    struct bench *b = BENCH(0x0F, 0x30); /* wrmsr */

    b->state.sys.tsc_adjust = 7;
    b->state.regs.gpr[RCX] = 0x10;
    b->state.regs.gpr[RAX] = 400;
    step(b);
    EXPECT_U64(7 + 400 - 1007, b->state.sys.tsc_adjust);
    memcpy(b->ram + CODE + 2, (const uint8_t[]){0x0F, 0x31, 0x0F, 0x30}, 4); /* rdtsc, wrmsr */
    step(b);
    EXPECT_U64(400, b->state.regs.gpr[RAX]);
    EXPECT_U64(0, b->state.regs.gpr[RDX]);
    b->state.regs.gpr[RCX] = 0x3B;
    b->state.regs.gpr[RDX] = 0xFFFFFFFF;
    b->state.regs.gpr[RAX] = 0xFFFFFFFE;
    step(b);
    EXPECT_U64(UINT64_MAX - 1, b->state.sys.tsc_adjust);
    destroy(b);
}

#define GATE_SELECTOR 0x18
#define STACK_1       0x5000u
#define STACK_0       0x6000u

/* From ring 3 through a gate of two parameters to ring 1, on a TSS at DATA. */
static struct bench *gate_bench(uint64_t type)
{
    struct bench *b = BENCH(0x9A, 0xEF, 0xBE, 0xAD, 0xDE, GATE_SELECTOR, 0x00);

    put_descriptor(b, GATE_SELECTOR, HANDLER | 0x23 << 16 | UINT64_C(2) << 32 | type << 40);
    put_descriptor(b, 0x20, UINT64_C(0x00CFBA000000FFFF));
    put_descriptor(b, 0x28, UINT64_C(0x00CFB2000000FFFF));
    put(b, DATA + 4, STACK_0, 4);
    put(b, DATA + 8, DATA_SELECTOR, 2);
    put(b, DATA + 12, STACK_1, 4);
    put(b, DATA + 16, 0x29, 2);
    put(b, STACK, UINT64_C(0x2222333311114444), 8);
    b->state.sys.seg[SEG_TR].base = DATA;
    b->state.sys.seg[SEG_TR].attr = 0x8B;
    b->state.sys.seg[SEG_CS].selector = 0x33;
    b->state.sys.seg[SEG_SS].selector = 0x3B;
    b->state.regs.cpl = 3;
    return b;
}

static void expect_beat(const struct bench *b, unsigned n, uint64_t pa, unsigned flags,
                        uint64_t value)
{
    EXPECT_U64(pa, b->beats[n].pa);
    EXPECT_U64(flags, b->beats[n].flags);
    if (flags & BUS_WRITE)
        EXPECT_U64(0, memcmp(&value, b->beats[n].data, b->beats[n].bytes));
}

/* SDM Vol. 2 "CALL", MORE-PRIVILEGE; docs/cpu.md G1 to G4: each access, in order. */
GT_TEST(model_insn, a_call_gate_to_an_inner_ring)
{
    struct bench *b = gate_bench(0xEC);
    uint32_t top = STACK_1;

    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    EXPECT_U64(HANDLER, b->last.next_rip);
    EXPECT_U64(1, b->last.cpl);
    EXPECT_U64(top - 24, b->state.regs.gpr[RSP]);
    EXPECT_U64(0x21, b->state.sys.seg[SEG_CS].selector);
    EXPECT_U64(0x29, b->state.sys.seg[SEG_SS].selector);
    EXPECT_U64(MAX_BEATS, b->beat_count);
    expect_beat(b, 0, GDT + GATE_SELECTOR, 0, 0);
    expect_beat(b, 1, GDT + 0x20, 0, 0);
    expect_beat(b, 2, DATA + 12, 0, 0);
    expect_beat(b, 3, DATA + 16, 0, 0);
    expect_beat(b, 4, GDT + 0x28, 0, 0);
    expect_beat(b, 5, top - 4, BUS_WRITE, 0x3B);
    expect_beat(b, 6, top - 8, BUS_WRITE, STACK);
    expect_beat(b, 7, STACK + 4, 0, 0);
    expect_beat(b, 8, top - 12, BUS_WRITE, 0x22223333);
    expect_beat(b, 9, STACK, 0, 0);
    expect_beat(b, 10, top - 16, BUS_WRITE, 0x11114444);
    expect_beat(b, 11, top - 20, BUS_WRITE, 0x33);
    expect_beat(b, 12, top - 24, BUS_WRITE, CODE + 7);
    expect_beat(b, 13, GDT + 0x25, BUS_LOCK, 0);
    expect_beat(b, 14, GDT + 0x25, BUS_WRITE, 0xBB);
    expect_beat(b, 15, GDT + 0x2D, BUS_LOCK, 0);
    EXPECT_U64(0xB3, get(b, GDT + 0x2D, 1));
    destroy(b);
}

GT_TEST(model_insn, a_16_bit_call_gate_pushes_words)
{
    struct bench *b = gate_bench(0xE4);

    step(b);
    EXPECT_U64(HANDLER, b->last.next_rip);
    EXPECT_U64(STACK_1 - 12, b->state.regs.gpr[RSP]);
    EXPECT_U64(UINT64_C(0x1111444400330000) | (CODE + 7), get(b, STACK_1 - 12, 8));
    EXPECT_U64(0x3B << 16 | STACK, get(b, STACK_1 - 4, 4));
    destroy(b);
}

/* A fault of the copy leaves the caller as it was, and keeps what was pushed. */
GT_TEST(model_insn, a_parameter_beyond_the_callers_stack)
{
    struct bench *b = gate_bench(0xEC);

    b->state.sys.seg[SEG_SS].limit = STACK + 6;
    step(b);
    expect_fault(b, 12);
    EXPECT_U64(0, b->last.error_code);
    EXPECT_U64(0x3B, get(b, STACK_1 - 4, 4));
    EXPECT_U64(STACK, get(b, STACK_0 - 8, 4));
    destroy(b);
}

/* SDM Vol. 2 "IRET", RETURN-TO-OUTER-PRIVILEGE-LEVEL: SegmentSelector := 0, and nothing of the
 * base, which 64-bit code goes on using in FS and GS (docs/cpu.md S8). */
GT_TEST(model_insn, a_return_to_an_outer_ring_takes_selectors_and_leaves_bases)
{
    struct bench *b = BENCH(0xCF); /* IRET */

    put_descriptor(b, 0x28, UINT64_C(0x00CFFB000000FFFF));
    put_descriptor(b, 0x30, UINT64_C(0x00CFF3000000FFFF));
    put(b, STACK, CODE, 4);
    put(b, STACK + 4, 0x2B, 4);
    put(b, STACK + 8, FL_ONE, 4);
    put(b, STACK + 12, STACK, 4);
    put(b, STACK + 16, 0x33, 4);
    for (unsigned s = SEG_FS; s <= SEG_GS; s++)
        b->state.sys.seg[s] = (struct rec_seg_state){
            .selector = DATA_SELECTOR, .base = 0x12340, .limit = 0xFFFFF, .attr = 0xC093};
    b->state.sys.seg[SEG_FS].attr = 0xC0F3; /* ring 3's: it stays */
    step(b);
    EXPECT_U64(3, b->last.cpl);
    EXPECT_U64(DATA_SELECTOR, b->state.sys.seg[SEG_FS].selector);
    EXPECT_U64(0xC0F3, b->state.sys.seg[SEG_FS].attr);
    EXPECT_U64(0, b->state.sys.seg[SEG_GS].selector);
    EXPECT_U64(0, b->state.sys.seg[SEG_GS].attr);
    EXPECT_U64(0x12340, b->state.sys.seg[SEG_GS].base);
    EXPECT_U64(0, b->state.sys.seg[SEG_GS].limit);
    EXPECT_U64(0, b->state.sys.seg[SEG_DS].selector);
    destroy(b);
}

/* SDM Vol. 2 "CLFLUSH": "a CLFLUSH instruction is allowed to flush a linear address in an
 * execute-only segment". */
GT_TEST(model_insn, clflush_may_name_code_that_is_not_readable)
{
    struct bench *b = BENCH(0x2E, 0x0F, 0xAE, 0x3D, 0x00, 0x30, 0x00, 0x00); /* CLFLUSH CS:[DATA] */

    b->state.sys.seg[SEG_CS].attr &= (uint16_t)~2u;
    step(b);
    EXPECT_U64(RETIRE_INSN, b->last.kind);
    EXPECT_U64(0, b->beat_count);
    destroy(b);

    b = BENCH(0x2E, 0x8A, 0x05, 0x00, 0x30, 0x00, 0x00); /* MOV AL, CS:[DATA] */
    b->state.sys.seg[SEG_CS].attr &= (uint16_t)~2u;
    step(b);
    expect_fault(b, 13);
    destroy(b);
}
