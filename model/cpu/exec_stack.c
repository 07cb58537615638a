// SPDX-License-Identifier: Apache-2.0
// The stack: PUSH POP PUSHA POPA ENTER LEAVE. SDM Vol. 2, Operation of each; Vol. 1 "Stacks".
#include "insn.h"
#include "ops.h"
#include "segment.h"

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
    loaded_sreg(cpu, in->sub);
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
