// SPDX-License-Identifier: Apache-2.0
// String instructions, those of ports too, one iteration at a time. SDM Vol. 2
// "REP/REPE/REPZ/REPNE/REPNZ". A fault in an iteration leaves the registers as after the one
// before.
#include "insn.h"
#include "ops.h"

#define REPEATED (PFX_REP | PFX_REPNE)

/* A source or destination register of the address size. */
static uint64_t index_reg(const struct cpu *cpu, const struct insn *in, unsigned r)
{
    return cpu->r[r] & in->addr_mask;
}

static void advance(struct cpu *cpu, const struct insn *in, unsigned r)
{
    uint64_t step = cpu->rflags & RFLAGS_DF ? -(uint64_t)in->size : in->size;

    put_reg(cpu, r, in->addr, cpu->r[r] + step);
}

static bool nothing_to_do(const struct cpu *cpu, const struct insn *in)
{
    return (in->prefix & REPEATED) && index_reg(cpu, in, RCX) == 0;
}

/* After an iteration: count down and say whether another follows. */
static enum exec iterated(struct cpu *cpu, const struct insn *in)
{
    if (!(in->prefix & REPEATED))
        return EXEC_OK;
    put_reg(cpu, RCX, in->addr, cpu->r[RCX] - 1);
    return index_reg(cpu, in, RCX) ? EXEC_REPEAT : EXEC_OK;
}

/* CMPS, SCAS: ZF may end the loop too. */
static enum exec compared(struct cpu *cpu, const struct insn *in)
{
    enum exec e = iterated(cpu, in);
    bool zf = (cpu->rflags & RFLAGS_ZF) != 0;

    if (e == EXEC_REPEAT && zf != ((in->prefix & PFX_REP) != 0))
        return EXEC_OK;
    return e;
}

enum exec op_movs(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(mem_read(cpu, in->seg, index_reg(cpu, in, RSI), in->size, &v));
    TRY(mem_write(cpu, SEG_ES, index_reg(cpu, in, RDI), in->size, v));
    advance(cpu, in, RSI);
    advance(cpu, in, RDI);
    return iterated(cpu, in);
}

enum exec op_lods(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(mem_read(cpu, in->seg, index_reg(cpu, in, RSI), in->size, &v));
    put_reg(cpu, RAX, in->size, v);
    advance(cpu, in, RSI);
    return iterated(cpu, in);
}

enum exec op_stos(struct cpu *cpu, const struct insn *in)
{
    uint64_t v = get_reg(cpu, RAX, in->size);

    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(mem_write(cpu, SEG_ES, index_reg(cpu, in, RDI), in->size, v));
    advance(cpu, in, RDI);
    return iterated(cpu, in);
}

enum exec op_cmps(struct cpu *cpu, const struct insn *in)
{
    uint64_t a, b;

    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(mem_read(cpu, in->seg, index_reg(cpu, in, RSI), in->size, &a));
    TRY(mem_read(cpu, SEG_ES, index_reg(cpu, in, RDI), in->size, &b));
    alu_compare(cpu, a, b, in->size);
    advance(cpu, in, RSI);
    advance(cpu, in, RDI);
    return compared(cpu, in);
}

enum exec op_scas(struct cpu *cpu, const struct insn *in)
{
    uint64_t b;

    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(mem_read(cpu, SEG_ES, index_reg(cpu, in, RDI), in->size, &b));
    alu_compare(cpu, get_reg(cpu, RAX, in->size), b, in->size);
    advance(cpu, in, RDI);
    return compared(cpu, in);
}

/* The destination is checked before the port is read, so that a fault reads none; docs/cpu.md A10.
 */
enum exec op_ins(struct cpu *cpu, const struct insn *in)
{
    uint64_t port = get_reg(cpu, RDX, 2), to = index_reg(cpu, in, RDI), v;

    TRY(io_check(cpu, port, in->size)); /* with a count of 0 too */
    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(lsu_probe_write(cpu, SEG_ES, to, in->size));
    v = io_read(cpu, port, in->size);
    TRY(mem_write(cpu, SEG_ES, to, in->size, v));
    advance(cpu, in, RDI);
    return iterated(cpu, in);
}

enum exec op_outs(struct cpu *cpu, const struct insn *in)
{
    uint64_t port = get_reg(cpu, RDX, 2), v;

    TRY(io_check(cpu, port, in->size)); /* with a count of 0 too */
    if (nothing_to_do(cpu, in))
        return EXEC_OK;
    TRY(mem_read(cpu, in->seg, index_reg(cpu, in, RSI), in->size, &v));
    io_write(cpu, port, in->size, v);
    advance(cpu, in, RSI);
    return iterated(cpu, in);
}
