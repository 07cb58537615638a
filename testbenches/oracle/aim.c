// SPDX-License-Identifier: Apache-2.0
// Random registers and memory that mean something to the instruction at hand: operands point at the
// data pages (their middles, their edges, what lies beyond them), divisions often fit, branches
// often find code, popped selectors often exist.
#include <string.h>

#include "oracle.h"

struct aimer {
    struct trial *t;
    uint8_t *pages;
    struct rng *r;
    uint64_t target; /* where the explicit memory operand should lie */
};

static void poke(struct aimer *a, uint64_t va, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t *at = memory_at(a->pages, va + i);

        if (at)
            *at = (uint8_t)(value >> i * 8);
    }
}

static uint64_t random_value(struct rng *r)
{
    uint64_t v = rng_next(r);
    unsigned bit = rng_below(r, 64);

    switch (rng_below(r, 10)) {
    case 0:
        return 0;
    case 1:
        return v & 15;
    case 2:
        return ~(v & 15);
    case 3:
        return UINT64_C(1) << bit;
    case 4:
        return (UINT64_C(1) << bit) - 1;
    case 5:
        return (uint64_t)(int64_t)(int32_t)v;
    case 6:
        return (uint64_t)(int64_t)(int8_t)v;
    case 7:
        return v >> bit;
    default:
        return v;
    }
}

/* Far from any page: nothing is mapped, or the address is not canonical. */
static uint64_t outside(struct aimer *a)
{
    static const uint64_t wide[] = {
        UINT64_C(0x00007ffffffffff9), UINT64_C(0x0000800000000000), UINT64_C(0xffff7ffffffffff9),
        UINT64_C(0xffff800000000000), UINT64_C(0x8000000000000000), UINT64_C(0x1234567890abcdef),
        UINT64_C(0xffff900000000123), UINT64_C(0x0000300000000ffd), 0};

    if (a->t->compat)
        return rng_below(a->r, 2) ? 0x40000000u + rng_below(a->r, 0x40000000) : rng_below(a->r, 64);
    return wide[rng_below(a->r, sizeof wide / sizeof *wide)];
}

/* An address for an operand. low: it must be reachable by 32 bits. */
static uint64_t random_address(struct aimer *a, bool low)
{
    struct rng *r = a->r;
    uint64_t base = low || rng_percent(r, 60) ? LOW_DATA : HIGH_DATA;
    unsigned die = rng_below(r, 100), near_edge = rng_below(r, 24);
    uint64_t edge = base - 12 + near_edge;

    if (die < 66) { /* the writable pages, half of the time aligned */
        uint64_t offset = 64 + rng_below(r, (DATA_PAGES - 1) * PAGE - 192);

        return base + (rng_percent(r, 50) ? offset & ~UINT64_C(15) : offset);
    }
    if (die < 78) /* from one writable page into the next */
        return edge + (1 + rng_below(r, DATA_PAGES - 2)) * (uint64_t)PAGE;
    if (die < 84) /* into the read-only page */
        return edge + (DATA_PAGES - 1) * PAGE;
    if (die < 88)
        return base + (DATA_PAGES - 1) * PAGE + rng_below(r, PAGE);
    if (die < 92) /* off the end, off the start */
        return edge + DATA_PAGES * PAGE;
    if (die < 95)
        return edge;
    if (die < 97)
        return LOW_CODE + rng_below(r, CODE_PAGES * PAGE);
    return low ? base - 1 - rng_below(r, 100000) : outside(a);
}

static uint64_t random_target(struct rng *r)
{
    return rng_percent(r, 75) ? LOW_CODE + rng_below(r, CODE_PAGES * PAGE) : random_value(r);
}

static uint16_t random_ldt_selector(struct rng *r)
{
    return (uint16_t)(SEL_LDT(rng_below(r, LDT_ROWS + 1)) - (rng_percent(r, 10) ? 1 : 0));
}

static uint16_t random_selector(struct rng *r)
{
    static const uint16_t some[] = {0,    1,    2,    3,    0x23, 0x2b, 0x33,   0x2b, 0x20,
                                    0x28, 0x30, 0x2b, 0x08, 0x10, 0x18, 0x40,   0x50, 0x63,
                                    0x7b, 0x78, 0x2f, 0x27, 0x83, 0x88, 0xffff, 0x2a, 0x29};

    return rng_percent(r, 35) ? random_ldt_selector(r)
                              : some[rng_below(r, sizeof some / sizeof *some)];
}

/* A far CALL from compatibility to 64-bit mode with such a stack did not come back from an AMD
 * host, nor did its kernel. */
static bool calls_far(const struct trial *t)
{
    return t->decoded && t->insn.mnemonic == ZYDIS_MNEMONIC_CALL &&
           t->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
}

/* Data segments that are other than flat; the stack one of 16 bits too, the code one that ends. */
static void random_segments(struct aimer *a)
{
    static const uint8_t data[] = {LDT_SHORT, LDT_SHORT, LDT_DOWN,    LDT_DOWN,   LDT_READ,
                                   LDT_CODE,  LDT_BYTES, LDT_EXECUTE, LDT_CODE_16};
    static const uint8_t stack[] = {LDT_SHORT, LDT_DOWN, LDT_STACK_16, LDT_STACK_16, LDT_BYTES};
    struct regs *s = &a->t->start;
    struct rng *r = a->r;

    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        if (i == SEG_DS || i == SEG_ES || i == SEG_FS || i == SEG_GS) {
            uint16_t selector = SEL_LDT(data[rng_below(r, sizeof data)]);

            if (rng_percent(r, 30) && selector != SEL_LDT(LDT_EXECUTE))
                s->sel[i] = selector;
        }
    if (rng_percent(r, 25) && !calls_far(a->t))
        s->sel[SEG_SS] = SEL_LDT(stack[rng_below(r, sizeof stack)]);
    if (a->t->compat && rng_percent(r, 25))
        s->sel[SEG_CS] = SEL_LDT(rng_percent(r, 50) ? LDT_CODE : LDT_EXECUTE);
}

static uint64_t random_flags(struct rng *r)
{
    uint64_t f = rng_next(r) & FL_STATUS;

    if (rng_percent(r, 20))
        f |= FL_DF;
    if (rng_percent(r, 6))
        f |= FL_AC;
    if (rng_percent(r, 3))
        f |= FL_NT;
    return f | FL_ONE | FL_IF;
}

static void random_registers(struct aimer *a)
{
    struct regs *s = &a->t->start;
    struct rng *r = a->r;

    for (unsigned i = 0; i < GPRS; i++)
        s->gpr[i] = random_value(r);
    s->gpr[RSP] = random_address(a, a->t->compat);
    if (rng_percent(r, 75))
        s->gpr[RSP] &= ~UINT64_C(7);
    s->rflags = random_flags(r);
    s->sel[SEG_CS] = a->t->compat ? SEL_USER32 : SEL_USER64;
    s->sel[SEG_SS] = SEL_USERDS;
    s->sel[SEG_DS] = s->sel[SEG_ES] = SEL_USERDS;
    s->sel[SEG_FS] = s->sel[SEG_GS] = SEL_USERDS;
    s->fs_base = rng_next(r) >> (a->t->compat ? 32 : 18 + rng_below(r, 30));
    s->gs_base = rng_next(r) >> (a->t->compat ? 32 : 18 + rng_below(r, 30));
    if (rng_percent(r, 4))
        s->sel[rng_below(r, 2) ? SEG_DS : SEG_ES] = 0;
    if (!a->t->compat && rng_percent(r, 20))
        s->sel[SEG_FS] = s->sel[SEG_GS] = 0;
    if (rng_percent(r, a->t->compat ? 30 : 5))
        random_segments(a);
    if (!a->t->compat)
        return;
    for (unsigned i = 0; i < GPRS; i++)
        s->gpr[i] &= 0xffffffff;
}

/* Where the instruction stands: in a page, across two, off the end, in a page without execute. */
static void place(struct aimer *a)
{
    unsigned len = trial_len(a->t), die = rng_below(a->r, 100);
    uint64_t middle = LOW_CODE + PAGE;

    if (die < 74)
        a->t->start.rip = LOW_CODE + 128 + rng_below(a->r, PAGE - 256);
    else if (die < 90)
        a->t->start.rip = middle - rng_below(a->r, len);
    else if (die < 94)
        a->t->start.rip = middle + PAGE - len;
    else if (die < 99)
        a->t->start.rip = middle + PAGE - 1 - rng_below(a->r, len);
    else
        a->t->start.rip = LOW_DATA + rng_below(a->r, PAGE);
}

/* Rewrite the displacement, if it is as wide as this value wants. */
static void patch_displacement(struct trial *t, uint64_t value)
{
    unsigned bytes = t->insn.raw.disp.size / 8;

    for (unsigned i = 0; i < bytes; i++)
        t->bytes[t->insn.raw.disp.offset + i] = (uint8_t)(value >> i * 8);
    law_admits(t);
}

static uint64_t *register_of(struct trial *t, ZydisRegister reg)
{
    ZydisDecodedOperand op = {.type = ZYDIS_OPERAND_TYPE_REGISTER, .reg.value = reg};
    unsigned gpr;

    return operand_is_gpr(&op, &gpr) ? &t->start.gpr[gpr] : NULL;
}

static uint64_t *segment_base(struct trial *t, const ZydisDecodedOperand *op)
{
    if (op->mem.segment == ZYDIS_REGISTER_FS)
        return &t->start.fs_base;
    return op->mem.segment == ZYDIS_REGISTER_GS ? &t->start.gs_base : NULL;
}

/* Move the sum base + index * scale + displacement by the given distance. */
static void move_operand(struct aimer *a, const ZydisDecodedOperand *op, uint64_t distance)
{
    struct trial *t = a->t;
    uint64_t *base = register_of(t, op->mem.base), *index = register_of(t, op->mem.index);
    bool wide_disp = t->insn.raw.disp.size >= 32;

    if (base && index == base)
        *base += distance / (op->mem.scale + 1u);
    else if (base)
        *base += distance;
    else if (index && !wide_disp)
        *index += distance / op->mem.scale;
    else if (wide_disp)
        patch_displacement(t, (uint64_t)t->insn.raw.disp.value + distance);
}

/* Small registers where only the displacement can be aimed. */
static void calm_index(struct aimer *a, const ZydisDecodedOperand *op)
{
    uint64_t *base = register_of(a->t, op->mem.base), *index = register_of(a->t, op->mem.index);

    if (index && !base)
        *index = rng_below(a->r, 64);
    if (index && base && index != base && rng_percent(a->r, 70))
        *index = (uint64_t)(int64_t)(int8_t)rng_next(a->r);
}

static void aim_operand(struct aimer *a, unsigned n)
{
    struct trial *t = a->t;
    ZydisDecodedOperand op = t->ops[n];
    uint64_t *seg = segment_base(t, &op);
    bool low = t->compat || t->insn.address_width < 64 || !register_of(t, op.mem.base);

    a->target = random_address(a, low);
    calm_index(a, &op);
    if (seg && (t->insn.address_width == 16 || rng_percent(a->r, 50))) {
        uint64_t want = *seg + a->target - operand_address(t, &op);

        *seg = t->compat ? want & 0xffffffff : want & UINT64_C(0x3fffffffffff);
    } else {
        move_operand(a, &op, a->target - operand_address(t, &op));
    }
    if (t->insn.address_width == 32 && !t->compat && rng_percent(a->r, 50)) {
        uint64_t *base = register_of(t, op.mem.base);

        if (base)
            *base ^= rng_next(a->r) << 32; /* what 67h cuts off */
    }
    a->target = operand_address(t, &t->ops[n]);
}

static void aim_explicit(struct aimer *a)
{
    struct trial *t = a->t;

    for (unsigned i = 0; i < t->insn.operand_count_visible; i++)
        if (t->ops[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            t->insn.meta.category != ZYDIS_CATEGORY_STRINGOP)
            aim_operand(a, i);
}

static void aim_string(struct aimer *a)
{
    struct regs *s = &a->t->start;
    bool low = a->t->insn.address_width < 64;

    s->gpr[RSI] = random_address(a, low);
    s->gpr[RDI] = rng_percent(a->r, 20) ? s->gpr[RSI] + rng_below(a->r, 8) : random_address(a, low);
    if (a->t->insn.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_FS)
        s->gpr[RSI] -= s->fs_base;
    if (a->t->insn.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS)
        s->gpr[RSI] -= s->gs_base;
    if (rng_percent(a->r, 40))
        s->rflags ^= FL_DF;
    if (rng_percent(a->r, 80))
        s->gpr[RCX] = rng_below(a->r, 4);
    if (rng_percent(a->r, 40)) /* equal elements */
        for (unsigned i = 0; i < 8; i++) {
            uint8_t *from = memory_at(a->pages, s->gpr[RDI] + i);

            poke(a, s->gpr[RSI] + i, from ? *from : 0, 1);
            poke(a, s->gpr[RDI] + i, from ? *from : s->gpr[RAX] >> i * 8, 1);
        }
}

/* A quotient that fits, mostly. */
static void aim_division(struct aimer *a)
{
    struct regs *s = &a->t->start;
    uint64_t v = random_value(a->r);

    if (rng_percent(a->r, 25))
        return;
    s->gpr[RAX] = random_value(a->r);
    s->gpr[RDX] = rng_percent(a->r, 50) ? 0 : (uint64_t)((int64_t)s->gpr[RAX] >> 63);
    if (rng_percent(a->r, 50)) /* 8-bit: the high half is AH */
        s->gpr[RAX] = (uint64_t)(int64_t)(int8_t)s->gpr[RAX];
    if (rng_percent(a->r, 30))
        s->gpr[RDX] = v & 0xff;
    poke(a, a->target, v ? v : 7, 8);
}

static void aim_bit_string(struct aimer *a)
{
    unsigned gpr;

    if (!operand_is_gpr(&a->t->ops[1], &gpr) || rng_percent(a->r, 20))
        return;
    for (unsigned i = 0; i < 2; i++) { /* its own base register must stay */
        unsigned other;

        if (a->t->ops[0].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            (operand_is_gpr(&(ZydisDecodedOperand){.type = ZYDIS_OPERAND_TYPE_REGISTER,
                                                   .reg.value = i ? a->t->ops[0].mem.index
                                                                  : a->t->ops[0].mem.base},
                            &other) &&
             other == gpr))
            return;
    }
    a->t->start.gpr[gpr] = (uint64_t)((int64_t)(int16_t)rng_next(a->r) >> 3);
}

static void aim_compare_exchange(struct aimer *a)
{
    struct regs *s = &a->t->start;
    unsigned gpr, half = a->t->ops[0].size / 16;

    if (rng_percent(a->r, 40))
        return;
    if (operand_is_gpr(&a->t->ops[0], &gpr)) {
        s->gpr[gpr] = s->gpr[RAX];
        return;
    }
    if (a->t->insn.mnemonic == ZYDIS_MNEMONIC_CMPXCHG) {
        poke(a, a->target, s->gpr[RAX], 8);
        return;
    }
    poke(a, a->target, s->gpr[RAX], half);
    poke(a, a->target + half, s->gpr[RDX], half);
}

static uint64_t code_selector(struct aimer *a)
{
    if (rng_percent(a->r, 20))
        return SEL_LDT(LDT_CODE + rng_below(a->r, 4));
    return rng_percent(a->r, 70) ? (rng_below(a->r, 2) ? SEL_USER64 : SEL_USER32)
                                 : random_selector(a->r);
}

/* A near or far pointer, or selector, in the explicit operand. */
static void aim_pointer(struct aimer *a)
{
    unsigned gpr, width = a->t->insn.operand_width / 8;
    uint64_t to = random_target(a->r);

    if (operand_is_gpr(&a->t->ops[0], &gpr)) {
        if (rng_percent(a->r, 80))
            a->t->start.gpr[gpr] = a->t->compat ? to & 0xffffffff : to;
        return;
    }
    if (a->t->ops[0].type != ZYDIS_OPERAND_TYPE_MEMORY)
        return;
    poke(a, a->target, to, 8);
    if (a->t->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        poke(a, a->target + width, code_selector(a), 2);
}

/* What RET, RETF, IRET, POP Sreg and POPF find on the stack. */
static void aim_stack_contents(struct aimer *a)
{
    const struct trial *t = a->t;
    uint64_t sp = t->start.gpr[RSP];
    unsigned w = t->insn.operand_width / 8;
    bool sreg = t->insn.mnemonic == ZYDIS_MNEMONIC_POP &&
                t->ops[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
                ZydisRegisterGetClass(t->ops[0].reg.value) == ZYDIS_REGCLASS_SEGMENT;

    if (w == 0)
        return;
    poke(a, sp, sreg ? random_selector(a->r) : random_target(a->r), w);
    if (t->insn.meta.category != ZYDIS_CATEGORY_RET)
        return;
    poke(a, sp + w, code_selector(a), w);
    if (t->insn.opcode != 0xcf)
        return;
    poke(a, sp + 2 * w, rng_percent(a->r, 30) ? rng_next(a->r) : random_flags(a->r), w);
    poke(a, sp + 3 * w, random_address(a, t->compat), w);
    poke(a, sp + 4 * w, rng_percent(a->r, 70) ? SEL_USERDS : random_selector(a->r), w);
}

static void aim_selector_source(struct aimer *a)
{
    unsigned gpr;
    uint16_t selector = random_selector(a->r);

    if (a->t->insn.opcode != 0x8e || a->t->insn.opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
        return;
    if (operand_is_gpr(&a->t->ops[1], &gpr))
        a->t->start.gpr[gpr] = (a->t->start.gpr[gpr] & ~UINT64_C(0xffff)) | selector;
    else
        poke(a, a->target, selector, 2);
}

/* The selector that LAR, LSL, VERR, VERW and ARPL look at. */
static void aim_looked_at(struct aimer *a, unsigned n)
{
    uint16_t selector = random_selector(a->r);
    unsigned gpr;

    if (operand_is_gpr(&a->t->ops[n], &gpr))
        a->t->start.gpr[gpr] = (a->t->start.gpr[gpr] & ~UINT64_C(0xffff)) | selector;
    else
        poke(a, a->target, selector, 2);
}

/* Bounds around the index, mostly. */
static void aim_bounds(struct aimer *a)
{
    unsigned gpr, w = a->t->insn.operand_width / 8;

    if (!operand_is_gpr(&a->t->ops[0], &gpr) || rng_percent(a->r, 30))
        return;
    poke(a, a->target, a->t->start.gpr[gpr] - rng_below(a->r, 3), w);
    poke(a, a->target + w,
         a->t->start.gpr[gpr] + rng_below(a->r, 3) - (rng_percent(a->r, 20) ? 2 : 0), w);
}

static void aim_implicit(struct aimer *a)
{
    struct regs *s = &a->t->start;

    switch (a->t->insn.mnemonic) {
    case ZYDIS_MNEMONIC_XLAT:
        s->gpr[RBX] = random_address(a, a->t->insn.address_width < 64) - (s->gpr[RAX] & 0xff);
        break;
    case ZYDIS_MNEMONIC_LEAVE:
    case ZYDIS_MNEMONIC_ENTER:
        s->gpr[RBP] = random_address(a, a->t->compat);
        break;
    case ZYDIS_MNEMONIC_DIV:
    case ZYDIS_MNEMONIC_IDIV:
        aim_division(a);
        break;
    case ZYDIS_MNEMONIC_BT:
    case ZYDIS_MNEMONIC_BTS:
    case ZYDIS_MNEMONIC_BTR:
    case ZYDIS_MNEMONIC_BTC:
        aim_bit_string(a);
        break;
    case ZYDIS_MNEMONIC_CMPXCHG:
    case ZYDIS_MNEMONIC_CMPXCHG8B:
    case ZYDIS_MNEMONIC_CMPXCHG16B:
        aim_compare_exchange(a);
        break;
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_CALL:
        aim_pointer(a);
        break;
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_POP:
        aim_stack_contents(a);
        break;
    case ZYDIS_MNEMONIC_LOOP:
    case ZYDIS_MNEMONIC_LOOPE:
    case ZYDIS_MNEMONIC_LOOPNE:
    case ZYDIS_MNEMONIC_JCXZ:
    case ZYDIS_MNEMONIC_JECXZ:
    case ZYDIS_MNEMONIC_JRCXZ:
        if (rng_percent(a->r, 60))
            s->gpr[RCX] = rng_below(a->r, 3);
        break;
    case ZYDIS_MNEMONIC_MOV:
        aim_selector_source(a);
        break;
    case ZYDIS_MNEMONIC_LDS:
    case ZYDIS_MNEMONIC_LES:
    case ZYDIS_MNEMONIC_LFS:
    case ZYDIS_MNEMONIC_LGS:
    case ZYDIS_MNEMONIC_LSS:
        poke(a, a->target + a->t->insn.operand_width / 8, random_selector(a->r), 2);
        break;
    case ZYDIS_MNEMONIC_LAR:
    case ZYDIS_MNEMONIC_LSL:
        aim_looked_at(a, 1);
        break;
    case ZYDIS_MNEMONIC_VERR:
    case ZYDIS_MNEMONIC_VERW:
        aim_looked_at(a, 0);
        break;
    case ZYDIS_MNEMONIC_ARPL:
        aim_looked_at(a, 0);
        aim_looked_at(a, 1);
        break;
    case ZYDIS_MNEMONIC_BOUND:
        aim_bounds(a);
        break;
    default:
        if (a->t->insn.meta.category == ZYDIS_CATEGORY_STRINGOP)
            aim_string(a);
    }
}

static void write_code(struct aimer *a)
{
    const struct trial *t = a->t;
    unsigned len = trial_len(t);

    for (unsigned i = 0; i < len; i++)
        poke(a, t->start.rip + i, t->bytes[i], 1);
    if (t->decoded)
        poke(a, t->start.rip + len, 0x9090, 2); /* MOV SS runs one more before the trap */
}

void aim(struct trial *t, uint8_t *pages, struct rng *r)
{
    struct aimer a = {t, pages, r, 0};

    random_registers(&a);
    place(&a);
    if (t->decoded) {
        aim_explicit(&a);
        if (a.target)
            poke(&a, a.target, random_value(r), 8);
        aim_implicit(&a);
        if (t->compat)
            for (unsigned i = 0; i < GPRS; i++)
                t->start.gpr[i] &= 0xffffffff;
    }
    write_code(&a);
}
