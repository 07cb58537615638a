// SPDX-License-Identifier: Apache-2.0
// One decoded instruction, by Zydis and by the model: length, sizes, registers, address, immediate.
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "opcodes.h"
#include "ops.h"

static bool differ(char *text, const char *what, uint64_t zydis, uint64_t model)
{
    snprintf(text, DIFFERENCE_TEXT, "%s: Zydis %#llx, model %#llx", what, (unsigned long long)zydis,
             (unsigned long long)model);
    return false;
}

/* A general register's number in the model's way. */
static unsigned number_of(ZydisRegister r)
{
    unsigned id = (unsigned)ZydisRegisterGetId(r);

    if (ZydisRegisterGetClass(r) != ZYDIS_REGCLASS_GPR8 || id < 4)
        return id;
    return id < 8 ? REG_HIGH | (id - 4) : id - 4;
}

static bool is_general(ZydisRegister r)
{
    ZydisRegisterClass c = ZydisRegisterGetClass(r);

    return c == ZYDIS_REGCLASS_GPR8 || c == ZYDIS_REGCLASS_GPR16 || c == ZYDIS_REGCLASS_GPR32 ||
           c == ZYDIS_REGCLASS_GPR64;
}

static unsigned address_register(ZydisRegister r)
{
    if (r == ZYDIS_REGISTER_NONE)
        return R_ZERO;
    if (r == ZYDIS_REGISTER_RIP || r == ZYDIS_REGISTER_EIP)
        return R_NEXT;
    return (unsigned)ZydisRegisterGetId(r);
}

static bool memory_agrees(const struct insn *in, const ZydisDecodedOperandMem *m, bool moffs,
                          char *text)
{
    unsigned log2 = m->scale == 8 ? 3 : m->scale >> 1;
    uint64_t disp = m->disp.has_displacement ? (uint64_t)m->disp.value : 0;

    if (moffs)
        return ((in->disp ^ disp) & in->addr_mask) == 0 || differ(text, "offset", disp, in->disp);
    if (!in->is_mem)
        return differ(text, "memory operand", 1, 0);
    if (in->base != address_register(m->base))
        return differ(text, "base", address_register(m->base), in->base);
    if (in->index != address_register(m->index))
        return differ(text, "index", address_register(m->index), in->index);
    if (m->index != ZYDIS_REGISTER_NONE && in->scale != log2)
        return differ(text, "scale", log2, in->scale);
    if (in->disp != disp)
        return differ(text, "displacement", disp, in->disp);
    if (m->type == ZYDIS_MEMOP_TYPE_MEM && in->seg != (unsigned)ZydisRegisterGetId(m->segment))
        return differ(text, "segment", (unsigned)ZydisRegisterGetId(m->segment), in->seg);
    return true;
}

static bool register_agrees(const struct insn *in, const ZydisDecodedOperand *o, char *text)
{
    ZydisRegister r = o->reg.value;
    unsigned number = is_general(r) ? number_of(r) : (unsigned)ZydisRegisterGetId(r);
    bool segment = ZydisRegisterGetClass(r) == ZYDIS_REGCLASS_SEGMENT;

    switch (o->encoding) {
    case ZYDIS_OPERAND_ENCODING_MODRM_REG:
        /* MOV to and from segment registers ignores REX.R. */
        if (number != (segment ? in->reg & 7u : in->reg))
            return differ(text, "reg", number, in->reg);
        return true;
    case ZYDIS_OPERAND_ENCODING_MODRM_RM:
        if (in->is_mem)
            return differ(text, "memory operand", 0, 1);
        return number == in->rm || differ(text, "rm", number, in->rm);
    case ZYDIS_OPERAND_ENCODING_OPCODE:
        return !is_general(r) || number == in->rm || differ(text, "register", number, in->rm);
    default:
        return true;
    }
}

static bool immediate_agrees(const struct insn *in, const ZydisDecodedOperand *o, unsigned nth,
                             char *text)
{
    uint64_t mask = size_mask(in->size == 1 ? 1 : o->size == 8 && !o->imm.is_signed ? 1 : in->size);
    uint64_t mine = nth == 0 ? in->imm : in->imm2, v = o->imm.value.u;

    if (o->encoding == ZYDIS_OPERAND_ENCODING_NONE)
        return true; /* the 1 of a shift by one */
    if (nth != 0)    /* ENTER's level counts modulo 32 */
        return (v & 31) == mine || differ(text, "level", v & 31, mine);
    return ((v ^ mine) & mask) == 0 || differ(text, "immediate", v, mine);
}

static bool operand_agrees(const struct insn *in, const ZydisDecodedOperand *o,
                           unsigned *immediates, char *text)
{
    switch (o->type) {
    case ZYDIS_OPERAND_TYPE_MEMORY:
        if (o->encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM)
            return memory_agrees(in, &o->mem, false, text);
        return o->encoding != ZYDIS_OPERAND_ENCODING_DISP16_32_64 ||
               memory_agrees(in, &o->mem, true, text);
    case ZYDIS_OPERAND_TYPE_REGISTER:
        return register_agrees(in, o, text);
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return immediate_agrees(in, o, (*immediates)++, text);
    case ZYDIS_OPERAND_TYPE_POINTER:
        if (in->imm != o->ptr.offset)
            return differ(text, "offset", o->ptr.offset, in->imm);
        return in->imm2 == o->ptr.segment || differ(text, "selector", o->ptr.segment, in->imm2);
    default:
        return true;
    }
}

/* Their operation knows its size, whatever 66 says. */
static bool has_own_size(op_fn op)
{
    return op == op_arpl || op == op_adx || op == op_invpcid || op == op_nop;
}

/* Where the operand size decides: a general register in the reg field or in the opcode. */
static bool size_agrees(const struct insn *in, const ZydisDecodedOperand *o, char *text)
{
    bool by_size = o->encoding == ZYDIS_OPERAND_ENCODING_OPCODE ||
                   (o->encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG && !has_own_size(in->op));

    if (o->type != ZYDIS_OPERAND_TYPE_REGISTER || !is_general(o->reg.value) || !by_size)
        return true;
    return o->size == in->size * 8u || differ(text, "operand size", o->size, in->size * 8u);
}

bool operands_agree(struct cpu *cpu, const struct candidate *c, bool *ud, char *text)
{
    struct stream s = {.cpu = cpu, .have = 15};
    struct insn in = {.mode = (uint8_t)c->mode};
    unsigned immediates = 0;
    bool taken;

    memcpy(s.byte, c->bytes, 15);
    taken = decode_insn(&s, &in);
    *ud = !taken || in.op == op_ud;
    if (c->status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG)
        return !taken || in.op == op_ud || differ(text, "length", 16, s.used);
    if (!ZYAN_SUCCESS(c->status))
        return true;
    if (!taken)
        return differ(text, "length", c->insn.length, 16);
    if (c->insn.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
        return true;
    if (s.used != c->insn.length)
        return differ(text, "length", c->insn.length, s.used);
    if (*ud || !is_offered(c))
        return true;
    if (in.addr * 8u != c->insn.address_width)
        return differ(text, "address size", c->insn.address_width, in.addr * 8u);
    for (unsigned i = 0; i < c->insn.operand_count_visible; i++)
        if (!operand_agrees(&in, &c->ops[i], &immediates, text) ||
            !size_agrees(&in, &c->ops[i], text))
            return false;
    return true;
}
