// SPDX-License-Identifier: Apache-2.0
// Data movement, stack and flag moves. SDM Vol. 2, Operation of each instruction.
#include "insn.h"
#include "ops.h"
#include "segment.h"

enum exec op_mov_rm_reg(struct cpu *cpu, const struct insn *in)
{
    return rm_write(cpu, in, in->size, get_reg(cpu, in->reg, in->size));
}

enum exec op_mov_reg_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, in->size, &v));
    put_reg(cpu, in->reg, in->size, v);
    return EXEC_OK;
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
    cpu->leaving.mov_ss_shadow = s == SEG_SS;
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

enum exec op_push_reg(struct cpu *cpu, const struct insn *in)
{
    return push(cpu, get_reg(cpu, in->rm, in->size), in->size);
}

enum exec op_pop_reg(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(pop(cpu, in->size, &v));
    put_reg(cpu, in->rm, in->size, v);
    return EXEC_OK;
}

enum exec op_push_imm(struct cpu *cpu, const struct insn *in)
{
    return push(cpu, in->imm, in->size);
}

enum exec op_push_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, in->size, &v));
    return push(cpu, v, in->size);
}

/* The address is computed with RSP already incremented. */
enum exec op_pop_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, rsp = cpu->r[RSP];

    TRY(pop(cpu, in->size, &v));
    if (rm_write(cpu, in, in->size, v) == EXEC_OK)
        return EXEC_OK;
    cpu->r[RSP] = rsp;
    return EXEC_RAISED;
}

/* choice: the whole operand size is written, zero-extended. */
enum exec op_push_sreg(struct cpu *cpu, const struct insn *in)
{
    return push(cpu, cpu->sys.seg[in->sub].selector, in->size);
}

enum exec op_pop_sreg(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, rsp = cpu->r[RSP], popped;

    TRY(pop(cpu, in->size, &v));
    popped = cpu->r[RSP];
    cpu->r[RSP] = rsp;
    TRY(segment_load(cpu, in->sub, (uint16_t)v));
    cpu->r[RSP] = popped;
    cpu->leaving.mov_ss_shadow = in->sub == SEG_SS;
    return EXEC_OK;
}

enum exec op_pusha(struct cpu *cpu, const struct insn *in)
{
    uint64_t rsp = cpu->r[RSP];

    for (unsigned i = 0; i < 8; i++) {
        uint64_t v = i == RSP ? rsp : cpu->r[i];

        if (push(cpu, v & size_mask(in->size), in->size) != EXEC_OK) {
            cpu->r[RSP] = rsp;
            return EXEC_RAISED;
        }
    }
    return EXEC_OK;
}

/* The place of SP is skipped, not loaded. */
enum exec op_popa(struct cpu *cpu, const struct insn *in)
{
    uint64_t rsp = cpu->r[RSP], v[8] = {0};

    for (unsigned i = 8; i-- > 0;) {
        if (i == RSP) {
            set_sp(cpu, (cpu->r[RSP] & cpu->sp_mask) + in->size);
        } else if (pop(cpu, in->size, &v[i]) != EXEC_OK) {
            cpu->r[RSP] = rsp;
            return EXEC_RAISED;
        }
    }
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP)
            put_reg(cpu, i, in->size, v[i]);
    return EXEC_OK;
}

/* VM and RF are pushed as 0. */
enum exec op_pushf(struct cpu *cpu, const struct insn *in)
{
    return push(cpu, cpu->rflags & ~(RFLAGS_VM | RFLAGS_RF), in->size);
}

/* SDM Vol. 2 "POPF": IOPL only at CPL 0, IF only with CPL <= IOPL, silently kept otherwise. */
enum exec op_popf(struct cpu *cpu, const struct insn *in)
{
    uint64_t writable = RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT, v;

    TRY(pop(cpu, in->size, &v));
    if (in->size > 2)
        writable |= RFLAGS_AC | RFLAGS_ID;
    if (cpu->cpl == 0)
        writable |= RFLAGS_IOPL;
    if (cpu->cpl <= cpu_iopl(cpu))
        writable |= RFLAGS_IF;
    cpu->rflags = (cpu->rflags & ~(writable | RFLAGS_RF)) | (v & writable);
    return EXEC_OK;
}

static enum exec enter_frames(struct cpu *cpu, const struct insn *in, uint64_t frame)
{
    uint64_t bp = cpu->r[RBP], v;

    for (unsigned i = 1; i < in->imm2; i++) {
        bp = (bp - in->size) & cpu->sp_mask;
        TRY(mem_read(cpu, SEG_SS, bp, in->size, &v));
        TRY(push(cpu, v, in->size));
    }
    return in->imm2 ? push(cpu, frame, in->size) : EXEC_OK;
}

/* BP takes the operand size of the frame; the stack's width decides how it addresses. */
/* SDM Vol. 2 "ENTER": faults when a write with the final stack pointer would. */
enum exec op_enter(struct cpu *cpu, const struct insn *in)
{
    uint64_t rsp = cpu->r[RSP], frame, top;

    TRY(push(cpu, get_reg(cpu, RBP, in->size), in->size));
    frame = cpu->r[RSP];
    if (enter_frames(cpu, in, frame) == EXEC_OK) {
        top = ((cpu->r[RSP] & cpu->sp_mask) - in->imm) & cpu->sp_mask;
        if (lsu_probe_write(cpu, SEG_SS, top, in->size) == EXEC_OK) {
            put_reg(cpu, RBP, in->size, frame);
            set_sp(cpu, top);
            return EXEC_OK;
        }
    }
    cpu->r[RSP] = rsp;
    return EXEC_RAISED;
}

enum exec op_leave(struct cpu *cpu, const struct insn *in)
{
    uint64_t bp = cpu->r[RBP] & cpu->sp_mask, v;

    TRY(mem_read(cpu, SEG_SS, bp, in->size, &v));
    set_sp(cpu, bp + in->size);
    put_reg(cpu, RBP, in->size, v);
    return EXEC_OK;
}

enum exec op_lahf(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    put_reg(cpu, REG_HIGH | RAX, 1, (cpu->rflags & 0xd5) | RFLAGS_ONE);
    return EXEC_OK;
}

enum exec op_sahf(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags = (cpu->rflags & ~UINT64_C(0xd5)) | (cpu->r[RAX] >> 8 & 0xd5);
    return EXEC_OK;
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

enum exec op_clc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags &= ~RFLAGS_CF;
    return EXEC_OK;
}

enum exec op_stc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags |= RFLAGS_CF;
    return EXEC_OK;
}

enum exec op_cmc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags ^= RFLAGS_CF;
    return EXEC_OK;
}

enum exec op_cld(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags &= ~RFLAGS_DF;
    return EXEC_OK;
}

enum exec op_std(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags |= RFLAGS_DF;
    return EXEC_OK;
}
