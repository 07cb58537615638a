// SPDX-License-Identifier: Apache-2.0
// Far JMP, CALL, RET and IRET. SDM Vol. 2, Operation of each. Task gates and TSSs give
// #GP(selector); docs/cpu.md A9, V10, V11.
#include "far.h"
#include "insn.h"
#include "ops.h"

/* The instruction pointer against the limit of the new CS, or canonical for a 64-bit one. */
enum exec far_check_rip(struct cpu *cpu, const struct far *f)
{
    bool to_64 = cpu_is_long(cpu) && desc_l(&f->d);

    if (to_64 ? !is_canonical(cpu, f->rip) : f->rip > desc_limit(&f->d))
        return raise_gp(cpu, 0);
    return EXEC_OK;
}

static enum exec check_far_code(struct cpu *cpu, const struct far *f)
{
    return cpu_is_long(cpu) && desc_l(&f->d) && desc_db(&f->d) ? raise_gp(cpu, f->selector & 0xfffc)
                                                               : EXEC_OK;
}

/* What the selector names: a code segment, or a gate. */
static enum exec read_target(struct cpu *cpu, struct far *f)
{
    struct seg_blame blame = {VEC_GP, 0};

    return selector_is_null(f->selector) ? raise_gp(cpu, 0)
                                         : segment_read(cpu, f->selector, blame, &f->d);
}

/* JMP and CALL to a code segment of the same privilege. */
static enum exec check_target(struct cpu *cpu, const struct far *f)
{
    uint32_t error = f->selector & 0xfffc;

    if (!desc_is_code(&f->d))
        return raise_gp(cpu, error);
    TRY(check_far_code(cpu, f));
    if (desc_is_conforming(&f->d)) {
        if (desc_dpl(&f->d) > cpu->cpl)
            return raise_gp(cpu, error);
    } else if ((f->selector & 3) > cpu->cpl || desc_dpl(&f->d) != cpu->cpl) {
        return raise_gp(cpu, error);
    }
    return desc_present(&f->d) ? EXEC_OK : raise_error(cpu, VEC_NP, error);
}

static void commit_far(struct cpu *cpu, const struct far *f)
{
    segment_set_cs(cpu, f->selector, &f->d, cpu->cpl);
    take(cpu, f->rip);
}

enum exec far_jump(struct cpu *cpu, struct far *f)
{
    TRY(far_check_rip(cpu, f));
    TRY(segment_touch(cpu, &f->d));
    commit_far(cpu, f);
    return EXEC_OK;
}

/* SDM Vol. 2 "CALL", Operation: "stack not large enough for return address", before any push. */
static enum exec check_room(struct cpu *cpu, unsigned slots, unsigned bytes)
{
    for (unsigned i = 1; i <= slots; i++) {
        uint64_t sp = (cpu->r[RSP] - i * bytes) & cpu->sp_mask, la;

        TRY(lsu_linear(cpu, SEG_SS, sp, bytes, true, &la));
    }
    return EXEC_OK;
}

enum exec far_call(struct cpu *cpu, struct far *f, unsigned bytes)
{
    uint64_t rsp = cpu->r[RSP];

    TRY(check_room(cpu, 2, bytes));
    TRY(far_check_rip(cpu, f));
    TRY(push(cpu, cpu->sys.seg[SEG_CS].selector, bytes));
    if (push(cpu, cpu->r[R_NEXT], bytes) != EXEC_OK || segment_touch(cpu, &f->d) != EXEC_OK) {
        cpu->r[RSP] = rsp;
        return EXEC_RAISED;
    }
    commit_far(cpu, f);
    return EXEC_OK;
}

static enum exec jump_far(struct cpu *cpu, struct far *f)
{
    TRY(read_target(cpu, f));
    if (gate_is_call(cpu, &f->d))
        return gate_jump(cpu, &f->d);
    TRY(check_target(cpu, f));
    return far_jump(cpu, f);
}

static enum exec call_far(struct cpu *cpu, const struct insn *in, struct far *f)
{
    TRY(read_target(cpu, f));
    if (gate_is_call(cpu, &f->d))
        return gate_call(cpu, &f->d);
    TRY(check_target(cpu, f));
    return far_call(cpu, f, in->size);
}

enum exec op_jmp_far(struct cpu *cpu, const struct insn *in)
{
    struct far f = {.rip = in->imm, .selector = in->imm2};

    return jump_far(cpu, &f);
}

enum exec op_call_far(struct cpu *cpu, const struct insn *in)
{
    struct far f = {.rip = in->imm, .selector = in->imm2};

    return call_far(cpu, in, &f);
}

/* m16:16, m16:32, m16:64: offset, then selector. */
static enum exec load_far(struct cpu *cpu, const struct insn *in, struct far *f)
{
    uint64_t off = ea(cpu, in), selector;

    TRY(mem_read(cpu, in->seg, off, in->size, &f->rip));
    TRY(mem_read(cpu, in->seg, (off + in->size) & in->addr_mask, 2, &selector));
    f->selector = (uint16_t)selector;
    return EXEC_OK;
}

enum exec op_jmp_far_rm(struct cpu *cpu, const struct insn *in)
{
    struct far f = {0};

    TRY(load_far(cpu, in, &f));
    return jump_far(cpu, &f);
}

enum exec op_call_far_rm(struct cpu *cpu, const struct insn *in)
{
    struct far f = {0};

    TRY(load_far(cpu, in, &f));
    return call_far(cpu, in, &f);
}

/* The stack frame of RETF and IRET. */
struct frame {
    struct far f;
    uint64_t flags, sp;
    uint16_t ss;
    struct desc ss_desc;
    uint64_t at; /* stack pointer past what was loaded */
    bool has_stack;
};

static enum exec frame_pop(struct cpu *cpu, struct frame *fr, unsigned bytes, uint64_t *v)
{
    TRY(mem_read(cpu, SEG_SS, fr->at & cpu->sp_mask, bytes, v));
    fr->at += bytes;
    return EXEC_OK;
}

static enum exec frame_pop_selector(struct cpu *cpu, struct frame *fr, unsigned bytes, uint16_t *s)
{
    uint64_t v;

    TRY(frame_pop(cpu, fr, bytes, &v));
    *s = (uint16_t)v;
    return EXEC_OK;
}

static enum exec frame_pop_stack(struct cpu *cpu, struct frame *fr, unsigned bytes)
{
    fr->has_stack = true;
    TRY(frame_pop(cpu, fr, bytes, &fr->sp));
    return frame_pop_selector(cpu, fr, bytes, &fr->ss);
}

/* CS of a return: the same or an outer level, named by its RPL. */
static enum exec resolve_return_cs(struct cpu *cpu, struct far *f)
{
    struct seg_blame blame = {VEC_GP, 0};
    uint32_t error = f->selector & 0xfffc;
    unsigned rpl = f->selector & 3;

    if (selector_is_null(f->selector))
        return raise_gp(cpu, 0);
    TRY(segment_read(cpu, f->selector, blame, &f->d));
    if (!desc_is_code(&f->d) || rpl < cpu->cpl)
        return raise_gp(cpu, error);
    TRY(check_far_code(cpu, f));
    if (desc_is_conforming(&f->d) ? desc_dpl(&f->d) > rpl : desc_dpl(&f->d) != rpl)
        return raise_gp(cpu, error);
    return desc_present(&f->d) ? EXEC_OK : raise_error(cpu, VEC_NP, error);
}

/* SS of a return with a stack; null is allowed to 64-bit code below CPL 3. */
static enum exec resolve_return_ss(struct cpu *cpu, struct frame *fr)
{
    struct seg_blame blame = {VEC_GP, 0};
    uint32_t error = fr->ss & 0xfffc;
    unsigned rpl = fr->f.selector & 3;
    bool to_64 = cpu_is_long(cpu) && desc_l(&fr->f.d);

    if (selector_is_null(fr->ss))
        return to_64 && rpl < 3 && (fr->ss & 3u) == rpl ? EXEC_OK : raise_gp(cpu, 0);
    TRY(segment_read(cpu, fr->ss, blame, &fr->ss_desc));
    if ((fr->ss & 3u) != rpl || !desc_is_writable_data(&fr->ss_desc) ||
        desc_dpl(&fr->ss_desc) != rpl)
        return raise_gp(cpu, error);
    return desc_present(&fr->ss_desc) ? EXEC_OK : raise_error(cpu, VEC_SS, error);
}

/* The instruction pointer is the last check; then the accessed bits, CS before SS. SDM Vol. 2
 * "IRET/IRETD/IRETQ", RETURN-TO-OUTER-PRIVILEGE-LEVEL. */
static enum exec finish_return(struct cpu *cpu, struct frame *fr)
{
    TRY(far_check_rip(cpu, &fr->f));
    TRY(segment_touch(cpu, &fr->f.d));
    return fr->has_stack && !selector_is_null(fr->ss) ? segment_touch(cpu, &fr->ss_desc) : EXEC_OK;
}

/* Registers of a return whose checks all passed; release: bytes of RETF's parameters. */
static void commit_return(struct cpu *cpu, const struct frame *fr, uint64_t release)
{
    unsigned rpl = fr->f.selector & 3;
    bool outer = rpl > cpu->cpl;

    segment_set_cs(cpu, fr->f.selector, &fr->f.d, rpl);
    if (!fr->has_stack) {
        set_sp(cpu, fr->at + release);
    } else {
        if (selector_is_null(fr->ss))
            segment_set_null(cpu, SEG_SS, fr->ss);
        else
            segment_set(cpu, SEG_SS, fr->ss, &fr->ss_desc);
        set_sp(cpu, fr->sp + release);
    }
    if (outer)
        segment_drop_inner(cpu);
    take(cpu, fr->f.rip);
}

enum exec op_retf(struct cpu *cpu, const struct insn *in)
{
    struct frame fr = {.at = cpu->r[RSP]};

    TRY(frame_pop(cpu, &fr, in->size, &fr.f.rip));
    TRY(frame_pop_selector(cpu, &fr, in->size, &fr.f.selector));
    TRY(resolve_return_cs(cpu, &fr.f));
    if ((fr.f.selector & 3) > cpu->cpl) {
        fr.at += in->imm;
        TRY(frame_pop_stack(cpu, &fr, in->size));
        TRY(resolve_return_ss(cpu, &fr));
    }
    TRY(finish_return(cpu, &fr));
    commit_return(cpu, &fr, in->imm);
    return EXEC_OK;
}

/* SDM Vol. 2 "IRET/IRETD/IRETQ": which flags come from the frame. */
static uint64_t iret_flags(const struct cpu *cpu, const struct insn *in)
{
    uint64_t mask = RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT;

    if (in->size > 2)
        mask |= RFLAGS_RF | RFLAGS_AC | RFLAGS_ID;
    if (cpu->cpl <= cpu_iopl(cpu))
        mask |= RFLAGS_IF;
    if (cpu->cpl == 0)
        mask |= RFLAGS_IOPL | (in->size > 2 ? RFLAGS_VIF | RFLAGS_VIP : 0);
    return mask;
}

/* choice: NT = 1 (a task return) and, outside long mode, VM = 1 in the frame are #GP(0). */
enum exec op_iret(struct cpu *cpu, const struct insn *in)
{
    struct frame fr = {.at = cpu->r[RSP]};
    uint64_t mask = iret_flags(cpu, in);

    cpu->at.nmi_blocked =
        false; /* even when the rest faults: SDM Vol. 3A "Handling Multiple NMIs" */
    if (cpu->rflags & RFLAGS_NT)
        return raise_gp(cpu, 0);
    TRY(frame_pop(cpu, &fr, in->size, &fr.f.rip));
    TRY(frame_pop_selector(cpu, &fr, in->size, &fr.f.selector));
    TRY(frame_pop(cpu, &fr, in->size, &fr.flags));
    if (!cpu_is_long(cpu) && in->size == 4 && cpu->cpl == 0 && (fr.flags & RFLAGS_VM))
        return raise_gp(cpu, 0);
    if (cpu_is_64(cpu))
        TRY(frame_pop_stack(cpu, &fr, in->size));
    TRY(resolve_return_cs(cpu, &fr.f));
    if (!cpu_is_64(cpu) && (fr.f.selector & 3) > cpu->cpl)
        TRY(frame_pop_stack(cpu, &fr, in->size));
    if (fr.has_stack)
        TRY(resolve_return_ss(cpu, &fr));
    TRY(finish_return(cpu, &fr));
    commit_return(cpu, &fr, 0);
    cpu->rflags = (cpu->rflags & ~(mask | RFLAGS_RF)) | (fr.flags & mask);
    return EXEC_OK;
}
