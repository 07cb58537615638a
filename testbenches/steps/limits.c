// SPDX-License-Identifier: Apache-2.0
// Does an instruction reach outside its segments? QEMU's translator does not ask. SDM Vol. 3A
// "Limit Checking", "Type Checking"; outside 64-bit mode.
#include "judge.h"

struct reach {
    unsigned seg;
    uint64_t offset;
    unsigned bytes;
    bool read, write;
    bool wraps; /* at 4 GBytes */
};

static bool is_code(uint64_t attr)
{
    return (attr & 0x18) == 0x18;
}

static bool type_allows(uint64_t attr, const struct reach *r)
{
    if (!(attr & 0x80))
        return false;
    if (is_code(attr))
        return !r->write && (attr & 2);
    return !r->write || (attr & 2);
}

static bool limit_allows(uint64_t attr, uint64_t limit, const struct reach *r)
{
    uint64_t last = r->offset + r->bytes - 1, top = attr & 0x4000 ? 0xffffffff : 0xffff;

    if (!is_code(attr) && (attr & 4)) /* expand-down */
        return r->offset > limit && last <= top;
    return last <= limit || (r->wraps && limit == 0xffffffff);
}

static bool outside(const struct shot *s, const struct reach *r)
{
    uint64_t attr = s->f[F_ATTR(r->seg)];

    return !type_allows(attr, r) || !limit_allows(attr, s->f[F_LIMIT(r->seg)], r);
}

static unsigned segment_number(ZydisRegister reg)
{
    switch (reg) {
    case ZYDIS_REGISTER_ES:
        return SEG_ES;
    case ZYDIS_REGISTER_CS:
        return SEG_CS;
    case ZYDIS_REGISTER_SS:
        return SEG_SS;
    case ZYDIS_REGISTER_FS:
        return SEG_FS;
    case ZYDIS_REGISTER_GS:
        return SEG_GS;
    default:
        return SEG_DS;
    }
}

/* A push or a pop: below the stack pointer or above it. */
static bool stack_outside(const struct shot *s, struct reach *r)
{
    uint64_t mask = s->f[F_ATTR(SEG_SS)] & 0x4000 ? 0xffffffff : 0xffff;
    uint64_t top = s->f[F_GPR + RSP] & mask;

    r->offset = (top - r->bytes) & mask;
    if (outside(s, r))
        return true;
    r->offset = top;
    return outside(s, r);
}

/* The frame of an event at the same level, through a gate of 32 or 16 bits, with an error code or
 * not. */
bool event_frame_outside(const struct shot *s)
{
    static const unsigned frames[] = {6, 8, 12, 16};
    uint64_t mask = s->f[F_ATTR(SEG_SS)] & 0x4000 ? 0xffffffff : 0xffff;

    for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct reach r = {.seg = SEG_SS, .bytes = frames[i], .write = true};

        r.offset = (s->f[F_GPR + RSP] - r.bytes) & mask;
        if (outside(s, &r))
            return true;
    }
    return false;
}

/* BT and its like with a bit offset in a register reach beyond the operand. */
static uint64_t bit_string_offset(const struct moment *m, const struct reach *r)
{
    const ZydisDecodedInstruction *in = &m->insn.insn;
    bool bit = in->mnemonic == ZYDIS_MNEMONIC_BT || in->mnemonic == ZYDIS_MNEMONIC_BTS ||
               in->mnemonic == ZYDIS_MNEMONIC_BTR || in->mnemonic == ZYDIS_MNEMONIC_BTC;
    unsigned gpr, shift = r->bytes == 2 ? 4 : 5;
    int64_t offset;

    if (!bit || !operand_is_gpr(&m->insn.ops[1], &gpr))
        return 0;
    offset = r->bytes == 2 ? (int16_t)m->insn.start.gpr[gpr] : (int32_t)m->insn.start.gpr[gpr];
    return (uint64_t)((offset >> shift) * r->bytes);
}

/* ENTER and LEAVE: what EBP points to, and the new top of the stack. */
static bool frame_outside(const struct moment *m)
{
    const ZydisDecodedInstruction *in = &m->insn.insn;
    uint64_t mask = m->before->f[F_ATTR(SEG_SS)] & 0x4000 ? 0xffffffff : 0xffff;
    struct reach r = {.seg = SEG_SS, .bytes = in->operand_width / 8, .read = true};
    unsigned level;

    r.offset = m->before->f[F_GPR + RBP] & mask;
    if (in->mnemonic == ZYDIS_MNEMONIC_LEAVE)
        return outside(m->before, &r);
    level = m->insn.ops[1].imm.value.u & 31;
    r.offset = (r.offset - r.bytes * (level > 1 ? level - 1 : 0)) & mask;
    if (level > 1 && outside(m->before, &r))
        return true;
    r.offset = (m->before->f[F_GPR + RSP] - r.bytes) & mask;
    if (outside(m->before, &r))
        return true;
    r.offset =
        (m->before->f[F_GPR + RSP] - r.bytes * (level + 1) - m->insn.ops[0].imm.value.u) & mask;
    return outside(m->before, &r);
}

static bool operand_outside(const struct moment *m, const ZydisDecodedOperand *op, bool wraps)
{
    struct reach r = {.seg = segment_number(op->mem.segment),
                      .bytes = op->size / 8 != 0 ? op->size / 8 : 1,
                      .wraps = wraps,
                      .read = (op->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0,
                      .write = (op->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0};

    if (op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && r.seg == SEG_SS)
        return stack_outside(m->before, &r);
    if (m->insn.insn.mnemonic == ZYDIS_MNEMONIC_XLAT)
        r.offset = (m->before->f[F_GPR + RBX] + (m->before->f[F_GPR + RAX] & 0xff)) & 0xffffffff;
    else
        r.offset = (operand_address(&m->insn, op) + bit_string_offset(m, &r)) & 0xffffffff;
    return outside(m->before, &r);
}

/* Where it goes. */
static bool enters_outside(const struct moment *m)
{
    return m->theirs != NULL && !m->theirs->wide &&
           m->theirs->f[F_RIP] > m->theirs->f[F_LIMIT(SEG_CS)];
}

/* The instruction itself, or where it goes. */
static bool code_outside(const struct moment *m)
{
    uint64_t limit = m->before->f[F_LIMIT(SEG_CS)];

    return m->before->f[F_RIP] + (m->insn.decoded ? m->insn.insn.length : 15) - 1u > limit ||
           m->where_theirs > limit || enters_outside(m);
}

/* Outside 64-bit mode the segments' bases count; QEMU's flat programs have 0. */
static bool overlaps(const struct shot *s, unsigned n, uint64_t va, unsigned bytes)
{
    static const unsigned length_of[] = {1, 2, 8, 4};
    uint64_t dr7 = s->f[F_DR7];
    unsigned length = length_of[dr7 >> (18 + 4 * n) & 3], kind = dr7 >> (16 + 4 * n) & 3;
    uint64_t base = s->f[F_DR + n] & ~(uint64_t)(length - 1);

    return (dr7 >> (2 * n) & 3) && (kind & 1) && va < base + length && va + bytes > base;
}

/* Where an operand in memory begins; a push's or a pop's is the stack pointer. */
static uint64_t linear_of(const struct trial *insn, const ZydisDecodedOperand *op,
                          const struct shot *s)
{
    return operand_address(insn, op) + s->f[F_BASE(segment_number(op->mem.segment))];
}

bool over_4g(const struct moment *m)
{
    for (unsigned i = 0; !m->before->wide && m->insn.decoded && i < m->insn.insn.operand_count;
         i++) {
        const ZydisDecodedOperand *op = &m->insn.ops[i];

        if (op->type == ZYDIS_OPERAND_TYPE_MEMORY && op->mem.type != ZYDIS_MEMOP_TYPE_AGEN &&
            (linear_of(&m->insn, op, m->before) & UINT32_MAX) + op->size / 8 > UINT64_C(1) << 32)
            return true;
    }
    return false;
}

bool touches_breakpoint(const struct trial *insn, const struct shot *s)
{
    for (unsigned i = 0; insn->decoded && i < insn->insn.operand_count; i++) {
        const ZydisDecodedOperand *op = &insn->ops[i];
        unsigned bytes = op->size / 8 != 0 ? op->size / 8 : 1;
        uint64_t va;

        if (op->type != ZYDIS_OPERAND_TYPE_MEMORY || op->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
            continue;
        va = linear_of(insn, op, s);
        if (op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN) /* a push or a pop */
            va -= bytes;
        for (unsigned n = 0; n < 4; n++)
            if (overlaps(s, n, va, bytes) || (op->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
                                              overlaps(s, n, va + bytes, bytes)))
                return true;
    }
    return false;
}

static bool beyond(const struct moment *m, bool wraps)
{
    if (m->before->wide)
        return !wraps && enters_outside(m);
    if (!wraps && code_outside(m))
        return true;
    if (m->insn.decoded && (m->insn.insn.mnemonic == ZYDIS_MNEMONIC_ENTER ||
                            m->insn.insn.mnemonic == ZYDIS_MNEMONIC_LEAVE))
        return frame_outside(m);
    for (unsigned i = 0; m->insn.decoded && i < m->insn.insn.operand_count; i++)
        if (m->insn.ops[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            m->insn.ops[i].mem.type != ZYDIS_MEMOP_TYPE_AGEN &&
            operand_outside(m, &m->insn.ops[i], wraps))
            return true;
    return false;
}

bool beyond_segments(const struct moment *m)
{
    return beyond(m, false);
}

bool beyond_wrapped_segments(const struct moment *m)
{
    return beyond(m, true);
}
