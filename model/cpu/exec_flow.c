// SPDX-License-Identifier: Apache-2.0
// Control transfer: near and far JMP, CALL, RET, Jcc, LOOP, IRET, SYSCALL, SYSRET. SDM Vol. 2,
// Operation of each. Gates of any kind give #GP(selector); docs/cpu.md.
#include "insn.h"
#include "ops.h"
#include "segment.h"

static void take(struct cpu *cpu, uint64_t rip)
{
    cpu->r[R_NEXT] = rip;
    cpu->window.valid = false;
}

/* A near target, checked against the limit of CS or the canonical range. */
static enum exec check_target(struct cpu *cpu, const struct insn *in, uint64_t *rip)
{
    *rip &= size_mask(in->size);
    if (cpu_is_64(cpu) ? !is_canonical(*rip) : *rip > cpu->rip_limit)
        return raise_gp(cpu, 0);
    return EXEC_OK;
}

static enum exec jump_relative(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip = cpu->r[R_NEXT] + in->imm;

    TRY(check_target(cpu, in, &rip));
    take(cpu, rip);
    return EXEC_OK;
}

enum exec op_jmp_rel(struct cpu *cpu, const struct insn *in)
{
    return jump_relative(cpu, in);
}

enum exec op_jcc(struct cpu *cpu, const struct insn *in)
{
    return condition(cpu, in->opcode & 15) ? jump_relative(cpu, in) : EXEC_OK;
}

enum exec op_jcxz(struct cpu *cpu, const struct insn *in)
{
    return cpu->r[RCX] & in->addr_mask ? EXEC_OK : jump_relative(cpu, in);
}

/* E0 LOOPNE, E1 LOOPE, E2 LOOP. */
enum exec op_loop(struct cpu *cpu, const struct insn *in)
{
    uint64_t count = (cpu->r[RCX] - 1) & in->addr_mask;
    bool zf = (cpu->rflags & RFLAGS_ZF) != 0;

    if (count && (in->opcode == 0xe2 || zf == (in->opcode == 0xe1)))
        TRY(jump_relative(cpu, in));
    put_reg(cpu, RCX, in->addr, count);
    return EXEC_OK;
}

static enum exec call_near(struct cpu *cpu, const struct insn *in, uint64_t rip)
{
    TRY(check_target(cpu, in, &rip));
    TRY(push(cpu, cpu->r[R_NEXT], in->size));
    take(cpu, rip);
    return EXEC_OK;
}

enum exec op_call_rel(struct cpu *cpu, const struct insn *in)
{
    return call_near(cpu, in, cpu->r[R_NEXT] + in->imm);
}

enum exec op_call_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip;

    TRY(rm_read(cpu, in, in->size, &rip));
    return call_near(cpu, in, rip);
}

enum exec op_jmp_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip;

    TRY(rm_read(cpu, in, in->size, &rip));
    TRY(check_target(cpu, in, &rip));
    take(cpu, rip);
    return EXEC_OK;
}

/* C3, C2 imm16. */
enum exec op_ret(struct cpu *cpu, const struct insn *in)
{
    uint64_t sp = cpu->r[RSP] & cpu->sp_mask, rip;

    TRY(mem_read(cpu, SEG_SS, sp, in->size, &rip));
    TRY(check_target(cpu, in, &rip));
    set_sp(cpu, sp + in->size + in->imm);
    take(cpu, rip);
    return EXEC_OK;
}

/* A far transfer's target. */
struct far {
    uint64_t rip;
    uint16_t selector;
    struct desc d;
};

/* The instruction pointer against the limit of the new CS, or canonical for a 64-bit one. */
static enum exec check_far_rip(struct cpu *cpu, const struct far *f)
{
    bool to_64 = cpu_is_long(cpu) && desc_l(&f->d);

    if (to_64 ? !is_canonical(f->rip) : f->rip > desc_limit(&f->d))
        return raise_gp(cpu, 0);
    return EXEC_OK;
}

static enum exec check_far_code(struct cpu *cpu, const struct far *f)
{
    return cpu_is_long(cpu) && desc_l(&f->d) && desc_db(&f->d) ? raise_gp(cpu, f->selector & 0xfffc)
                                                               : EXEC_OK;
}

/* JMP and CALL to a code segment of the same privilege. */
static enum exec resolve_far(struct cpu *cpu, struct far *f)
{
    struct seg_blame blame = {VEC_GP, 0};
    uint32_t error = f->selector & 0xfffc;

    if (selector_is_null(f->selector))
        return raise_gp(cpu, 0);
    TRY(segment_read(cpu, f->selector, blame, &f->d));
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

static enum exec jump_far(struct cpu *cpu, struct far *f)
{
    TRY(resolve_far(cpu, f));
    TRY(check_far_rip(cpu, f));
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

static enum exec call_far(struct cpu *cpu, const struct insn *in, struct far *f)
{
    uint64_t rsp = cpu->r[RSP];

    TRY(resolve_far(cpu, f));
    TRY(check_room(cpu, 2, in->size));
    TRY(check_far_rip(cpu, f));
    TRY(push(cpu, cpu->sys.seg[SEG_CS].selector, in->size));
    if (push(cpu, cpu->r[R_NEXT], in->size) != EXEC_OK || segment_touch(cpu, &f->d) != EXEC_OK) {
        cpu->r[RSP] = rsp;
        return EXEC_RAISED;
    }
    commit_far(cpu, f);
    return EXEC_OK;
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
    TRY(check_far_rip(cpu, &fr->f));
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
    cpu->leaving.keep_rf = true;
    return EXEC_OK;
}

static void set_fixed(struct cpu *cpu, unsigned s, unsigned selector, unsigned attr)
{
    cpu->sys.seg[s] = (struct rec_seg_state){
        .limit = 0xffffffff, .selector = (uint16_t)selector, .attr = (uint16_t)attr};
    cpu_derive(cpu);
}

enum exec op_syscall(struct cpu *cpu, const struct insn *in)
{
    unsigned base = (unsigned)(cpu->sys.star >> 32) & 0xffff;

    (void)in;
    if (!cpu_is_64(cpu) || !(cpu->sys.efer & EFER_SCE))
        return raise_ud(cpu);
    cpu->r[RCX] = cpu->r[R_NEXT];
    cpu->r[11] = cpu->rflags;
    cpu->rflags = (cpu->rflags & ~cpu->sys.fmask) | RFLAGS_ONE;
    cpu->leaving.step_by_new_tf = (cpu->r[11] & RFLAGS_TF) != 0;
    cpu->cpl = 0;
    set_fixed(cpu, SEG_CS, base & 0xfffc, 0xa09b);
    set_fixed(cpu, SEG_SS, base + 8, 0xc093);
    take(cpu, cpu->sys.lstar);
    return EXEC_OK;
}

enum exec op_sysret(struct cpu *cpu, const struct insn *in)
{
    unsigned base = (unsigned)(cpu->sys.star >> 48) & 0xffff;
    bool to_64 = in->size == 8;

    if (!cpu_is_64(cpu) || !(cpu->sys.efer & EFER_SCE))
        return raise_ud(cpu);
    if (cpu->cpl != 0)
        return raise_gp(cpu, 0);
    if (to_64 && !is_canonical(cpu->r[RCX]))
        return raise_gp(cpu, 0);
    cpu->leaving.step_by_new_tf = ((cpu->rflags | cpu->r[11]) & RFLAGS_TF) != 0;
    cpu->rflags = (cpu->r[11] & 0x3c7fd7) | RFLAGS_ONE;
    cpu->cpl = 3;
    set_fixed(cpu, SEG_CS, (to_64 ? base + 16 : base) | 3, to_64 ? 0xa0fb : 0xc0fb);
    set_fixed(cpu, SEG_SS, (base + 8) | 3, 0xc0f3);
    take(cpu, to_64 ? cpu->r[RCX] : cpu->r[RCX] & 0xffffffff);
    return EXEC_OK;
}
