// SPDX-License-Identifier: Apache-2.0
// Compare or add, and exchange: CMPXCHG, XADD, CMPXCHG8B, CMPXCHG16B, and RDPID, which shares their
// opcode group. SDM Vol. 2, Operation of each; beats and locks from docs/cpu.md.
#include "flags.h"
#include "insn.h"
#include "ops.h"

/* A destination in memory is always written; a register keeps all its bits; docs/cpu.md. */
enum exec op_cmpxchg(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t acc = get_reg(cpu, RAX, bytes), source = get_reg(cpu, in->reg, bytes), old;
    struct rmw m;

    TRY(rm_begin(cpu, in, bytes, &m, &old));
    sub(cpu, acc, old, 0, bytes);
    if (acc == old || in->is_mem)
        rm_end(cpu, in, bytes, &m, acc == old ? source : old);
    if (acc != old)
        put_reg(cpu, RAX, bytes, old);
    return EXEC_OK;
}

enum exec op_xadd(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t source = get_reg(cpu, in->reg, bytes), old;
    struct rmw m;

    TRY(rm_begin(cpu, in, bytes, &m, &old));

    uint64_t sum = add(cpu, old, source, 0, bytes);

    put_reg(cpu, in->reg, bytes, old);
    rm_end(cpu, in, bytes, &m, sum);
    return EXEC_OK;
}

static enum exec cmpxchg8b(struct cpu *cpu, const struct insn *in)
{
    uint64_t want = get_reg(cpu, RAX, 4) | get_reg(cpu, RDX, 4) << 32, old;
    uint64_t with = get_reg(cpu, RBX, 4) | get_reg(cpu, RCX, 4) << 32;
    struct rmw m;

    TRY(mem_rmw_begin(cpu, in->seg, ea(cpu, in), 8, in->prefix & PFX_LOCK, &m, &old));
    mem_rmw_end(cpu, &m, 8, old == want ? with : old);
    set_flags(cpu, RFLAGS_ZF, old == want ? RFLAGS_ZF : 0);
    if (old != want) {
        put_reg(cpu, RAX, 4, old);
        put_reg(cpu, RDX, 4, old >> 32);
    }
    return EXEC_OK;
}

/* Misaligned: #GP(0) after the segment's checks, before translation. */
static enum exec cmpxchg16b(struct cpu *cpu, const struct insn *in)
{
    uint64_t off = ea(cpu, in), la, old[2], want[2] = {cpu->r[RAX], cpu->r[RDX]};
    uint64_t with[2] = {cpu->r[RBX], cpu->r[RCX]};
    struct rmw m;
    uint8_t data[16];

    if ((off + cpu->seg_base[in->seg]) & 15) /* choice: before the canonical check */
        return raise_gp(cpu, 0);
    TRY(lsu_linear(cpu, in->seg, off, 16, true, &la));
    TRY(lsu_rmw_begin(cpu, in->seg, off, 16, in->prefix & PFX_LOCK, &m, data));
    memcpy(old, data, 16);

    bool equal = old[0] == want[0] && old[1] == want[1];

    memcpy(data, equal ? with : old, 16);
    lsu_store(cpu, &m.span, data);
    set_flags(cpu, RFLAGS_ZF, equal ? RFLAGS_ZF : 0);
    if (!equal) {
        cpu->r[RAX] = old[0];
        cpu->r[RDX] = old[1];
    }
    return EXEC_OK;
}

/* 0F C7: /1 CMPXCHG8B, CMPXCHG16B; F3 /7 RDPID. */
enum exec op_grp9(struct cpu *cpu, const struct insn *in)
{
    if ((in->modrm >> 3 & 7) == 1) {
        if (!in->is_mem)
            return raise_ud(cpu);
        return in->size == 8 ? cmpxchg16b(cpu, in) : cmpxchg8b(cpu, in);
    }
    if (in->is_mem || !(in->prefix & PFX_REP))
        return raise_ud(cpu);
    put_reg(cpu, in->rm, cpu_is_64(cpu) ? 8 : 4, cpu->sys.tsc_aux);
    return EXEC_OK;
}
