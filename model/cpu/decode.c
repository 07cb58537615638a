// SPDX-License-Identifier: Apache-2.0
// Prefixes, ModRM, sizes, immediates. SDM Vol. 2 "Instruction Format"; order of faults from
// docs/cpu.md.
#include "decode.h"
#include "feature.h"
#include "ops.h"

static bool next_le(struct stream *s, unsigned bytes, uint64_t *v)
{
    *v = 0;
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t b;

        if (!stream_byte(s, &b))
            return false;
        *v |= (uint64_t)b << (8 * i);
    }
    return true;
}

/* What the prefixes said, and the sizes that the mode gives. */
struct head {
    uint8_t rex;
    int seg; /* override, or -1 */
    bool size_66, addr_67;
};

/* In 64-bit mode CS, DS, ES and SS overrides have no effect, on the vector of a fault either. */
static void segment_override(struct head *h, unsigned seg, bool mode64)
{
    if (!mode64 || seg >= SEG_FS)
        h->seg = (int)seg;
}

/* SDM Vol. 2 "Instruction Prefixes", "REX Prefixes": REX counts only directly before the opcode. */
static bool decode_prefixes(struct stream *s, struct insn *in, struct head *h, uint8_t *opcode)
{
    bool mode64 = in->mode == DECODE_64;

    h->seg = -1;
    for (;;) {
        uint8_t b;

        if (!stream_byte(s, &b))
            return false;
        if (mode64 && (b & 0xf0) == 0x40) {
            h->rex = b;
            continue;
        }
        switch (b) {
        case 0x26:
            segment_override(h, SEG_ES, mode64);
            break;
        case 0x2e:
            segment_override(h, SEG_CS, mode64);
            break;
        case 0x36:
            segment_override(h, SEG_SS, mode64);
            break;
        case 0x3e:
            segment_override(h, SEG_DS, mode64);
            break;
        case 0x64:
            segment_override(h, SEG_FS, mode64);
            break;
        case 0x65:
            segment_override(h, SEG_GS, mode64);
            break;
        case 0x66:
            h->size_66 = true;
            in->prefix |= PFX_66;
            break;
        case 0x67:
            h->addr_67 = true;
            break;
        case 0xf0:
            in->prefix |= PFX_LOCK;
            break;
        case 0xf2:
            in->prefix = (uint8_t)((in->prefix & ~PFX_REP) | PFX_REPNE);
            break;
        case 0xf3:
            in->prefix = (uint8_t)((in->prefix & ~PFX_REPNE) | PFX_REP);
            break;
        default:
            if (h->rex)
                in->prefix |= PFX_REX;
            if (h->rex & 8)
                in->prefix |= PFX_REX_W;
            if (h->rex & 4)
                in->prefix |= PFX_REX_R;
            *opcode = b;
            return true;
        }
        h->rex = 0;
    }
}

/* SDM Vol. 2 "16-Bit Addressing Forms with the ModR/M Byte": base and index by rm. */
static const uint8_t base16[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
static const uint8_t index16[8] = {RSI, RDI, RSI, RDI, R_ZERO, R_ZERO, R_ZERO, R_ZERO};

static bool decode_memory_16(struct stream *s, struct insn *in)
{
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    unsigned bytes = mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;

    in->base = base16[rm];
    in->index = index16[rm];
    if (mod == 0 && rm == 6)
        in->base = R_ZERO;
    else if (mod == 0)
        bytes = 0;
    if (!bytes)
        return true;
    if (mod == 1 || mod == 2 || rm == 6) {
        if (!next_le(s, bytes, &in->disp))
            return false;
        in->disp = sign_extend(in->disp, bytes);
    }
    return true;
}

/* SDM Vol. 2 "32-Bit Addressing Forms", "SIB Byte"; RIP-relative in 64-bit mode. */
static bool decode_memory(struct stream *s, struct insn *in, uint8_t rex)
{
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    unsigned bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;

    in->base = (uint8_t)(rm | (rex & 1u) << 3);
    if (rm == 4) {
        uint8_t sib;

        if (!stream_byte(s, &sib))
            return false;
        in->scale = sib >> 6;
        in->index = (uint8_t)((sib >> 3 & 7) | (rex & 2u) << 2);
        if (in->index == RSP)
            in->index = R_ZERO;
        in->base = (uint8_t)((sib & 7) | (rex & 1u) << 3);
        if ((sib & 7) == RBP && mod == 0) {
            in->base = R_ZERO;
            bytes = 4;
        }
    } else if (rm == 5 && mod == 0) {
        in->base = in->mode == DECODE_64 ? R_NEXT : R_ZERO;
        bytes = 4;
    }
    if (bytes) {
        if (!next_le(s, bytes, &in->disp))
            return false;
        in->disp = sign_extend(in->disp, bytes);
    }
    return true;
}

static bool decode_modrm(struct stream *s, struct insn *in, const struct head *h, unsigned flags)
{
    if (!stream_byte(s, &in->modrm))
        return false;
    in->reg = (uint8_t)((in->modrm >> 3 & 7) | (h->rex & 4u) << 1);
    in->rm = (uint8_t)((in->modrm & 7) | (h->rex & 1u) << 3);
    in->is_mem = in->modrm < 0xc0 && !(flags & REGS);
    if (!in->is_mem)
        return true;
    return in->addr == 2 ? decode_memory_16(s, in) : decode_memory(s, in, h->rex);
}

/* Without REX, byte registers 4 to 7 are AH CH DH BH. */
static uint8_t byte_register(const struct insn *in, uint8_t r)
{
    return r >= 4 && r < 8 && !(in->prefix & PFX_REX) ? (uint8_t)(REG_HIGH | (r - 4)) : r;
}

static void settle_sizes(struct insn *in, const struct head *h, unsigned flags)
{
    bool mode64 = in->mode == DECODE_64;

    if (flags & B)
        in->size = 1;
    else if (mode64 && ((h->rex & 8) || (flags & F64)))
        in->size = flags & PORT ? 4 : 8; /* REX.W takes 66 away all the same */
    else if (mode64 && (flags & D64) && !h->size_66)
        in->size = 8;
    else
        in->size = (in->mode == DECODE_16) != h->size_66 ? 2 : 4;
}

static void settle_address(struct insn *in, const struct head *h)
{
    if (in->mode == DECODE_64)
        in->addr = h->addr_67 ? 4 : 8;
    else
        in->addr = (in->mode == DECODE_16) != h->addr_67 ? 2 : 4;
    in->addr_mask = size_mask(in->addr);
}

static void settle_segment(struct insn *in, const struct head *h)
{
    in->seg = in->base == RSP || in->base == RBP ? SEG_SS : SEG_DS;
    if (h->seg >= 0)
        in->seg = (uint8_t)h->seg;
}

static bool decode_immediate(struct stream *s, struct insn *in, unsigned flags)
{
    uint64_t v;

    if (flags & I8) {
        if (!next_le(s, 1, &v))
            return false;
        in->imm = sign_extend(v, 1);
    } else if (flags & IZ) {
        unsigned bytes = in->size == 2 ? 2 : 4;

        if (!next_le(s, bytes, &v))
            return false;
        in->imm = sign_extend(v, bytes);
    } else if (flags & IV) {
        return next_le(s, in->size, &in->imm);
    } else if (flags & I16) {
        return next_le(s, 2, &in->imm);
    } else if (flags & MOFFS) {
        return next_le(s, in->addr, &in->disp);
    } else if (flags & FAR) {
        if (!next_le(s, in->size == 2 ? 2 : 4, &in->imm) || !next_le(s, 2, &v))
            return false;
        in->imm2 = (uint16_t)v;
    } else if (flags & LEVEL) {
        if (!next_le(s, 2, &in->imm) || !next_le(s, 1, &v))
            return false;
        in->imm2 = (uint16_t)(v & 31);
    }
    return true;
}

/* The opcode's row; takes the further opcode bytes. */
static const struct row *find_row(struct stream *s, struct insn *in, uint8_t opcode)
{
    in->opcode = opcode;
    if (opcode == 0x0f) {
        in->map = 1;
        if (!stream_byte(s, &in->opcode))
            return NULL;
        if (in->opcode == 0x38 || in->opcode == 0x3a) {
            in->map = in->opcode == 0x38 ? 2 : 3;
            if (!stream_byte(s, &in->opcode))
                return NULL;
        }
    }
    return opcode_row(in);
}

static bool allowed(const struct insn *in, unsigned flags)
{
    if (in->mode == DECODE_64 ? flags & NO64 : flags & ONLY64)
        return false;
    if ((flags & MEM) && !in->is_mem)
        return false;
    return !(in->prefix & PFX_LOCK) || ((flags & LK) && in->is_mem);
}

bool decode_insn(struct stream *s, struct insn *in)
{
    struct head h = {0};
    const struct row *row;
    unsigned flags;
    uint8_t opcode = 0;

    in->base = in->index = R_ZERO;
    if (!decode_prefixes(s, in, &h, &opcode) || !(row = find_row(s, in, opcode)))
        return false;
    settle_address(in, &h);
    flags = row->flags;
    if (in->mode == DECODE_64 && (flags & PREFIX64)) { /* choice: docs/cpu.md F4 */
        in->op = op_ud;
        return true;
    }
    if ((flags & M) && !decode_modrm(s, in, &h, flags))
        return false;
    settle_segment(in, &h);
    in->op = row->op;
    in->sub = row->sub;
    if (row->group) {
        const struct row *g = &row->group[in->modrm >> 3 & 7];

        in->op = g->op;
        in->sub = g->sub;
        flags |= g->flags;
    }
    settle_sizes(in, &h, flags);
    if (flags & OPREG)
        in->rm = (uint8_t)((opcode == 0x0f ? in->opcode & 7 : opcode & 7) | (h.rex & 1u) << 3);
    if (flags & B)
        in->reg = byte_register(in, in->reg);
    if (flags & (B | RM8))
        in->rm = byte_register(in, in->rm);
    if (!decode_immediate(s, in, flags))
        return false;
    if (!in->op || !allowed(in, flags))
        in->op = op_ud;
    if (s->away)
        feature_settle(s->away, in);
    return true;
}
