// SPDX-License-Identifier: Apache-2.0
// Data movement. SDM Vol. 2, Operation of each instruction.
#include "insn.h"
#include "ops.h"
#include "segment.h"

SIZED mov_rm_reg(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    return rm_write(cpu, in, bytes, get_reg(cpu, in->reg, bytes));
}

enum exec op_mov_rm_reg(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(mov_rm_reg, cpu, in);
}

SIZED mov_reg_rm(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    uint64_t v;

    TRY(rm_read(cpu, in, bytes, &v));
    put_reg(cpu, in->reg, bytes, v);
    return EXEC_OK;
}

enum exec op_mov_reg_rm(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(mov_reg_rm, cpu, in);
}

enum exec op_mov_rm_imm(struct cpu *cpu, const struct insn *in)
{
    return rm_write(cpu, in, in->size, in->imm);
}

enum exec op_mov_reg_imm(struct cpu *cpu, const struct insn *in)
{
    put_reg(cpu, in->rm, in->size, in->imm);
    return EXEC_OK;
}

enum exec op_mov_acc_moffs(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(mem_read(cpu, in->seg, ea(cpu, in), in->size, &v));
    put_reg(cpu, RAX, in->size, v);
    return EXEC_OK;
}

enum exec op_mov_moffs_acc(struct cpu *cpu, const struct insn *in)
{
    return mem_write(cpu, in->seg, ea(cpu, in), in->size, get_reg(cpu, RAX, in->size));
}

/* 8C: 16 bits to memory, zero-extended to a register. */
enum exec op_mov_rm_sreg(struct cpu *cpu, const struct insn *in)
{
    unsigned s = in->modrm >> 3 & 7;

    if (s > SEG_GS)
        return raise_ud(cpu);
    return rm_write(cpu, in, in->is_mem ? 2 : in->size, cpu->sys.seg[s].selector);
}

enum exec op_mov_sreg_rm(struct cpu *cpu, const struct insn *in)
{
    unsigned s = in->modrm >> 3 & 7;
    uint64_t selector;

    if (s > SEG_GS || s == SEG_CS)
        return raise_ud(cpu);
    TRY(rm_read(cpu, in, 2, &selector));
    TRY(segment_load(cpu, s, (uint16_t)selector));
    loaded_sreg(cpu, s);
    return EXEC_OK;
}

/* LDS LES LSS LFS LGS: offset, then selector; the segment register before the general one. LSS
 * holds nothing back. */
enum exec op_load_far(struct cpu *cpu, const struct insn *in)
{
    uint64_t off = ea(cpu, in), v, selector;

    TRY(mem_read(cpu, in->seg, off, in->size, &v));
    TRY(mem_read(cpu, in->seg, (off + in->size) & in->addr_mask, 2, &selector));
    TRY(segment_load(cpu, in->sub, (uint16_t)selector));
    put_reg(cpu, in->reg, in->size, v);
    return EXEC_OK;
}

enum exec op_movzx8(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, 1, &v));
    put_reg(cpu, in->reg, in->size, v);
    return EXEC_OK;
}

enum exec op_movzx16(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, 2, &v));
    put_reg(cpu, in->reg, in->size, v);
    return EXEC_OK;
}

enum exec op_movsx8(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, 1, &v));
    put_reg(cpu, in->reg, in->size, sign_extend(v, 1));
    return EXEC_OK;
}

enum exec op_movsx16(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, 2, &v));
    put_reg(cpu, in->reg, in->size, sign_extend(v, 2));
    return EXEC_OK;
}

/* Without REX.W a plain move: the source has the operand size. */
enum exec op_movsxd(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size == 2 ? 2 : 4;
    uint64_t v;

    TRY(rm_read(cpu, in, bytes, &v));
    put_reg(cpu, in->reg, in->size, sign_extend(v, bytes));
    return EXEC_OK;
}

static uint64_t swap_bytes(uint64_t v, unsigned bytes)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < bytes; i++)
        r = r << 8 | (v >> (8 * i) & 0xff);
    return r;
}

enum exec op_movbe_load(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, in->size, &v));
    put_reg(cpu, in->reg, in->size, swap_bytes(v, in->size));
    return EXEC_OK;
}

enum exec op_movbe_store(struct cpu *cpu, const struct insn *in)
{
    return rm_write(cpu, in, in->size, swap_bytes(get_reg(cpu, in->reg, in->size), in->size));
}

/* With memory the lock is implied. */
enum exec op_xchg(struct cpu *cpu, const struct insn *in)
{
    uint64_t r = get_reg(cpu, in->reg, in->size), v;
    struct rmw m;

    if (!in->is_mem) {
        v = get_reg(cpu, in->rm, in->size);
        put_reg(cpu, in->rm, in->size, r);
    } else {
        TRY(mem_rmw_begin(cpu, in->seg, ea(cpu, in), in->size, true, &m, &v));
        mem_rmw_end(cpu, &m, in->size, r);
    }
    put_reg(cpu, in->reg, in->size, v);
    return EXEC_OK;
}

/* 90 to 97; 90 without REX.B is NOP (F3: PAUSE). */
enum exec op_xchg_acc(struct cpu *cpu, const struct insn *in)
{
    uint64_t a = get_reg(cpu, RAX, in->size), b = get_reg(cpu, in->rm, in->size);

    if (in->rm == RAX)
        return EXEC_OK;
    put_reg(cpu, RAX, in->size, b);
    put_reg(cpu, in->rm, in->size, a);
    return EXEC_OK;
}

enum exec op_nop(struct cpu *cpu, const struct insn *in)
{
    (void)cpu;
    (void)in;
    return EXEC_OK;
}

/* choice: BSWAP r16 gives zero. */
enum exec op_bswap(struct cpu *cpu, const struct insn *in)
{
    uint64_t v = get_reg(cpu, in->rm, in->size);

    put_reg(cpu, in->rm, in->size, in->size == 2 ? 0 : swap_bytes(v, in->size));
    return EXEC_OK;
}

enum exec op_xlat(struct cpu *cpu, const struct insn *in)
{
    uint64_t off = (cpu->r[RBX] + (cpu->r[RAX] & 0xff)) & in->addr_mask, v;

    TRY(mem_read(cpu, in->seg, off, 1, &v));
    put_reg(cpu, RAX, 1, v);
    return EXEC_OK;
}

enum exec op_lea(struct cpu *cpu, const struct insn *in)
{
    put_reg(cpu, in->reg, in->size, ea(cpu, in));
    return EXEC_OK;
}

/* The load is always made; a 32-bit destination is zero-extended even when nothing moves. */
enum exec op_cmov(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, in->size, &v));
    if (!condition(cpu, in->opcode & 15))
        v = get_reg(cpu, in->reg, in->size);
    put_reg(cpu, in->reg, in->size, v);
    return EXEC_OK;
}

enum exec op_setcc(struct cpu *cpu, const struct insn *in)
{
    return rm_write(cpu, in, 1, condition(cpu, in->opcode & 15));
}

/* CBW CWDE CDQE. */
enum exec op_cbw(struct cpu *cpu, const struct insn *in)
{
    unsigned half = in->size / 2u;

    put_reg(cpu, RAX, in->size, sign_extend(get_reg(cpu, RAX, half), half));
    return EXEC_OK;
}

/* CWD CDQ CQO. */
enum exec op_cwd(struct cpu *cpu, const struct insn *in)
{
    bool negative = get_reg(cpu, RAX, in->size) >> (8 * in->size - 1);

    put_reg(cpu, RDX, in->size, negative ? ~UINT64_C(0) : 0);
    return EXEC_OK;
}
