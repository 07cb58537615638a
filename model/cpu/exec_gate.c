// SPDX-License-Identifier: Apache-2.0
// Far JMP and CALL through call gates. SDM Vol. 2 "CALL", "JMP" (CALL-GATE, MORE-PRIVILEGE,
// SAME-PRIVILEGE); Vol. 3A "Call Gates", "Stack Switching"; docs/cpu.md G1 to G4.
#include "far.h"
#include "insn.h"
#include "ops.h"
#include "stack_switch.h"

#define GATE_CALL_16   4u
#define GATE_CALL_WIDE 12u /* 32 bits, in long mode 64 */

/* A gate, read and taken apart. */
struct gate {
    struct far to;
    unsigned bytes;      /* of a slot */
    unsigned parameters; /* none in long mode */
};

bool gate_is_call(const struct cpu *cpu, const struct desc *d)
{
    if (desc_is_segment(d))
        return false;
    return desc_type(d) == GATE_CALL_WIDE || (desc_type(d) == GATE_CALL_16 && !cpu_is_long(cpu));
}

/* Its high half in long mode, its rights, its presence; then what it says. */
static enum exec open_gate(struct cpu *cpu, const struct desc *d, struct gate *g)
{
    uint32_t error = d->selector & 0xfffc;
    bool narrow = desc_type(d) == GATE_CALL_16;
    uint64_t high = 0;

    if (cpu_is_long(cpu))
        TRY(segment_read_high(cpu, d, &high));
    if (desc_dpl(d) < cpu->cpl || desc_dpl(d) < (d->selector & 3u))
        return raise_gp(cpu, error);
    if (!desc_present(d))
        return raise_error(cpu, VEC_NP, error);
    g->bytes = cpu_is_long(cpu) ? 8 : narrow ? 2 : 4;
    g->parameters = cpu_is_long(cpu) ? 0 : (unsigned)(d->raw >> 32) & 31;
    g->to.selector = (uint16_t)(d->raw >> 16);
    g->to.rip = (d->raw & 0xffff) | (narrow ? 0 : d->raw >> 32 & 0xffff0000) | high << 32;
    return EXEC_OK;
}

/* The code segment that it names; jump: of the same level only. */
static enum exec resolve_target(struct cpu *cpu, struct far *f, bool jump)
{
    struct seg_blame blame = {VEC_GP, 0};
    uint32_t error = f->selector & 0xfffc;

    if (selector_is_null(f->selector))
        return raise_gp(cpu, 0);
    TRY(segment_read(cpu, f->selector, blame, &f->d));
    if (!desc_is_code(&f->d) || desc_dpl(&f->d) > cpu->cpl)
        return raise_gp(cpu, error);
    if (jump && !desc_is_conforming(&f->d) && desc_dpl(&f->d) < cpu->cpl)
        return raise_gp(cpu, error);
    if (cpu_is_long(cpu) && (!desc_l(&f->d) || desc_db(&f->d)))
        return raise_gp(cpu, error);
    return desc_present(&f->d) ? EXEC_OK : raise_error(cpu, VEC_NP, error);
}

enum exec gate_jump(struct cpu *cpu, const struct desc *gate)
{
    struct gate g = {0};

    TRY(open_gate(cpu, gate, &g));
    TRY(resolve_target(cpu, &g.to, true));
    return far_jump(cpu, &g.to);
}

/* The stack of the inner level, with room for the whole frame; long mode finds room by pushing. */
static enum exec choose_stack(struct cpu *cpu, const struct gate *g, struct frame_stack *st)
{
    if (cpu_is_long(cpu)) {
        stack_choose_long(cpu, st);
        return stack_from_tss(cpu, st, stack_rsp_at(st));
    }
    TRY(stack_choose_legacy(cpu, st));
    return stack_room(cpu, st, 4 + g->parameters);
}

/* From the caller's stack, at its rights; the one at the highest address first. */
static enum exec copy_parameters(struct cpu *cpu, const struct gate *g, struct frame_stack *st)
{
    uint64_t v;

    for (unsigned i = g->parameters; i-- > 0;) {
        TRY(mem_read(cpu, SEG_SS, (cpu->r[RSP] + i * g->bytes) & cpu->sp_mask, g->bytes, &v));
        TRY(stack_push(cpu, st, v));
    }
    return EXEC_OK;
}

static enum exec push_frame(struct cpu *cpu, const struct gate *g, struct frame_stack *st)
{
    TRY(stack_push(cpu, st, cpu->sys.seg[SEG_SS].selector));
    TRY(stack_push(cpu, st, cpu->r[RSP]));
    TRY(copy_parameters(cpu, g, st));
    TRY(stack_push(cpu, st, cpu->sys.seg[SEG_CS].selector));
    return stack_push(cpu, st, cpu->r[R_NEXT]);
}

/* MORE-PRIVILEGE: nothing is visible before all of it is done. */
static enum exec call_inner(struct cpu *cpu, struct gate *g)
{
    struct frame_stack st = {.bytes = g->bytes, .cpl = desc_dpl(&g->to.d)};

    TRY(choose_stack(cpu, g, &st));
    TRY(far_check_rip(cpu, &g->to));
    TRY(push_frame(cpu, g, &st));
    TRY(segment_touch(cpu, &g->to.d));
    TRY(stack_touch(cpu, &st));
    segment_set_cs(cpu, g->to.selector, &g->to.d, st.cpl);
    stack_commit(cpu, &st);
    take(cpu, g->to.rip);
    return EXEC_OK;
}

enum exec gate_call(struct cpu *cpu, const struct desc *gate)
{
    struct gate g = {0};

    TRY(open_gate(cpu, gate, &g));
    TRY(resolve_target(cpu, &g.to, false));
    if (!desc_is_conforming(&g.to.d) && desc_dpl(&g.to.d) < cpu->cpl)
        return call_inner(cpu, &g);
    return far_call(cpu, &g.to, g.bytes);
}
