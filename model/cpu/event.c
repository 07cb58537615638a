// SPDX-License-Identifier: Apache-2.0
// Exceptions and interrupts: raising, delivery through the IDT, combination to #DF and shutdown.
// SDM Vol. 3A "Interrupt and Exception Handling"; choices from docs/cpu.md "Event details".
#include "insn.h"
#include "ops.h"
#include "segment.h"

#define IDT_BIT 2u

/* System-segment and gate types. */
#define GATE_INTERRUPT 6u
#define GATE_TRAP      7u
#define GATE_WIDE      8u /* 32 or 64 bits */

enum exec raise_exception(struct cpu *cpu, struct fault what)
{
    cpu->raised = (struct event){.kind = EVENT_EXCEPTION, .what = what};
    return EXEC_RAISED;
}

enum exec raise_fault(struct cpu *cpu, enum vector v)
{
    return raise_exception(cpu, (struct fault){.vector = (uint8_t)v});
}

enum exec raise_error(struct cpu *cpu, enum vector v, uint32_t error)
{
    return raise_exception(cpu,
                           (struct fault){.vector = (uint8_t)v, .has_error = true, .error = error});
}

enum exec raise_gp(struct cpu *cpu, uint32_t error)
{
    return raise_error(cpu, VEC_GP, error);
}

enum exec raise_ud(struct cpu *cpu)
{
    return raise_fault(cpu, VEC_UD);
}

static enum exec soft(struct cpu *cpu, enum event_kind kind, uint8_t vector)
{
    cpu->raised = (struct event){.kind = kind, .what = {.vector = vector}};
    return EXEC_RAISED;
}

enum exec op_int(struct cpu *cpu, const struct insn *in)
{
    return soft(cpu, EVENT_SOFT, (uint8_t)in->imm);
}

enum exec op_int3(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return soft(cpu, EVENT_SOFT, VEC_BP);
}

enum exec op_int1(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return soft(cpu, EVENT_SOFT_UNCHECKED, VEC_DB);
}

enum exec op_into(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return cpu->rflags & RFLAGS_OF ? soft(cpu, EVENT_SOFT, VEC_OF) : EXEC_OK;
}

static bool is_software(const struct event *ev)
{
    return ev->kind == EVENT_SOFT || ev->kind == EVENT_SOFT_UNCHECKED;
}

/* A delivery in progress: nothing of it is visible before commit. */
struct delivery {
    const struct event *ev;
    uint32_t ext;
    bool software, interrupt_gate;
    unsigned bytes; /* of one slot of the frame: 8 in long mode, else 4 or 2 by the gate */
    struct far_target {
        uint16_t selector;
        uint64_t rip;
        struct desc d;
    } to;
    unsigned cpl; /* new */
    bool new_ss;
    uint16_t ss;
    struct desc ss_desc;
    uint64_t sp, sp_mask, ss_base;
    uint64_t flags; /* to be pushed */
    uint64_t rip;   /* to be pushed */
};

static uint32_t idt_error(const struct delivery *dl)
{
    return dl->ev->what.vector * 8u + IDT_BIT + dl->ext;
}

/* SDM Vol. 3A "IDT Descriptors", "64-Bit Mode IDT": gates 14 and 15, and outside long mode 6 and 7
 * with a 16-bit frame. 0: no gate that delivers; choice: a task gate is none. */
static unsigned gate_slot_bytes(unsigned type, bool wide)
{
    switch (type) {
    case GATE_WIDE | GATE_INTERRUPT:
    case GATE_WIDE | GATE_TRAP:
        return wide ? 8 : 4;
    case GATE_INTERRUPT:
    case GATE_TRAP:
        return wide ? 0 : 2;
    default:
        return 0;
    }
}

/* The gate: type, DPL of software interrupts, present; in that order. */
static enum exec read_gate(struct cpu *cpu, struct delivery *dl)
{
    bool wide = cpu_is_long(cpu);
    unsigned bytes = wide ? 16 : 8, type;
    uint64_t at = (uint64_t)dl->ev->what.vector * bytes, low, high = 0;

    if (at + bytes - 1 > cpu->sys.idtr_limit)
        return raise_gp(cpu, idt_error(dl));
    TRY(lsu_sys_read(cpu, cpu->sys.idtr_base + at, 8, &low));
    if (wide)
        TRY(lsu_sys_read(cpu, cpu->sys.idtr_base + at + 8, 8, &high));
    type = (unsigned)(low >> 40) & 0x1f;
    dl->bytes = gate_slot_bytes(type, wide);
    if (dl->bytes == 0)
        return raise_gp(cpu, idt_error(dl));
    if (dl->software && (low >> 45 & 3) < cpu->cpl)
        return raise_gp(cpu, idt_error(dl));
    if (!(low >> 47 & 1))
        return raise_error(cpu, VEC_NP, idt_error(dl));
    dl->interrupt_gate = (type & 7) == GATE_INTERRUPT;
    dl->to.selector = (uint16_t)(low >> 16);
    dl->to.rip = (low & 0xffff) | (dl->bytes > 2 ? low >> 32 & 0xffff0000 : 0) | high << 32;
    dl->ss = wide ? (uint16_t)(low >> 32 & 7) : 0; /* the IST index, until the stack is chosen */
    return EXEC_OK;
}

static enum exec read_handler_cs(struct cpu *cpu, struct delivery *dl)
{
    struct seg_blame blame = {VEC_GP, dl->ext};
    struct desc *d = &dl->to.d;
    uint32_t error = (dl->to.selector & 0xfffc) | dl->ext;

    if (selector_is_null(dl->to.selector))
        return raise_gp(cpu, dl->ext);
    TRY(segment_read(cpu, dl->to.selector, blame, d));
    if (!desc_is_code(d) || desc_dpl(d) > cpu->cpl)
        return raise_gp(cpu, error);
    if (cpu_is_long(cpu) && (!desc_l(d) || desc_db(d)))
        return raise_gp(cpu, error);
    if (!desc_present(d))
        return raise_error(cpu, VEC_NP, error);
    dl->cpl = desc_is_conforming(d) ? cpu->cpl : desc_dpl(d);
    return EXEC_OK;
}

static enum exec tss_error(struct cpu *cpu, const struct delivery *dl)
{
    return raise_error(cpu, VEC_TS, (cpu->sys.seg[SEG_TR].selector & 0xfffcu) | dl->ext);
}

/* RSPn, ISTn or the current stack. SDM "Stack Switching in IA-32e Mode", "Interrupt Stack Table".
 */
static enum exec choose_stack_long(struct cpu *cpu, struct delivery *dl)
{
    const struct rec_seg_state *tr = &cpu->sys.seg[SEG_TR];
    unsigned ist = dl->ss, at = ist ? 0x1c + 8 * ist : 4 + 8 * dl->cpl;

    dl->sp = cpu->r[RSP];
    dl->sp_mask = ~UINT64_C(0);
    dl->new_ss = dl->cpl < cpu->cpl;
    dl->ss = (uint16_t)dl->cpl;
    if (ist || dl->new_ss) {
        if (at + 7 > tr->limit)
            return tss_error(cpu, dl);
        TRY(lsu_sys_read(cpu, tr->base + at, 8, &dl->sp));
    }
    dl->sp &= ~UINT64_C(15);
    return is_canonical(cpu, dl->to.rip) ? EXEC_OK : raise_gp(cpu, dl->ext);
}

static enum exec check_inner_ss(struct cpu *cpu, struct delivery *dl)
{
    struct seg_blame blame = {VEC_TS, dl->ext};
    uint32_t error = (dl->ss & 0xfffc) | dl->ext;

    if (selector_is_null(dl->ss))
        return raise_error(cpu, VEC_TS, dl->ext);
    TRY(segment_read(cpu, dl->ss, blame, &dl->ss_desc));
    if ((dl->ss & 3) != dl->cpl || desc_dpl(&dl->ss_desc) != dl->cpl ||
        !desc_is_writable_data(&dl->ss_desc))
        return raise_error(cpu, VEC_TS, error);
    return desc_present(&dl->ss_desc) ? EXEC_OK : raise_error(cpu, VEC_SS, error);
}

/* SDM Vol. 3A "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)": SSn:ESPn, SSn:SPn. */
static enum exec read_inner_stack(struct cpu *cpu, struct delivery *dl)
{
    const struct rec_seg_state *tr = &cpu->sys.seg[SEG_TR];
    bool narrow = tss_is_16(tr);
    unsigned bytes = narrow ? 2 : 4, at = narrow ? 2 + 4 * dl->cpl : 4 + 8 * dl->cpl;
    uint64_t ss;

    if (at + bytes + 1 > tr->limit)
        return tss_error(cpu, dl);
    TRY(lsu_sys_read(cpu, tr->base + at, bytes, &dl->sp));
    TRY(lsu_sys_read(cpu, tr->base + at + bytes, 2, &ss));
    dl->ss = (uint16_t)ss;
    return EXEC_OK;
}

/* Is there room for one slot at that stack pointer? */
static bool slot_within_limit(const struct cpu *cpu, const struct delivery *dl, uint64_t sp)
{
    const struct rec_seg_state *ss = &cpu->sys.seg[SEG_SS];
    struct seg_range range = {.limit = dl->new_ss ? desc_limit(&dl->ss_desc) : ss->limit,
                              .down = ((dl->new_ss ? desc_type(&dl->ss_desc) : ss->attr) & 4) != 0,
                              .top = dl->sp_mask};

    if (!dl->new_ss && !(ss->attr & 0x80))
        return false;
    return segment_range_holds(&range, sp, dl->bytes);
}

static uint32_t stack_error(const struct cpu *cpu, const struct delivery *dl)
{
    return !cpu_is_long(cpu) && dl->new_ss ? (dl->ss & 0xfffc) | dl->ext : dl->ext;
}

static unsigned frame_slots(const struct cpu *cpu, const struct delivery *dl)
{
    unsigned stack = cpu_is_long(cpu) || dl->new_ss ? 2 : 0;

    return stack + 3 + (dl->ev->what.has_error ? 1 : 0);
}

/* SDM Vol. 2 "INT n/INTO/INT3/INT1", Operation: room for the frame, then the instruction pointer.
 */
static enum exec choose_stack_legacy(struct cpu *cpu, struct delivery *dl)
{
    dl->sp = cpu->r[RSP];
    dl->sp_mask = cpu->sp_mask;
    dl->new_ss = dl->cpl < cpu->cpl;
    if (dl->new_ss) {
        TRY(read_inner_stack(cpu, dl));
        TRY(check_inner_ss(cpu, dl));
        dl->sp_mask = desc_db(&dl->ss_desc) ? 0xffffffff : 0xffff;
    }
    for (unsigned i = 1; i <= frame_slots(cpu, dl); i++)
        if (!slot_within_limit(cpu, dl, (dl->sp - i * dl->bytes) & dl->sp_mask))
            return raise_error(cpu, VEC_SS, stack_error(cpu, dl));
    return dl->to.rip > desc_limit(&dl->to.d) ? raise_gp(cpu, dl->ext) : EXEC_OK;
}

/* The linear address of a slot; limits were checked before, a canonical address is checked here. */
static enum exec slot_address(struct cpu *cpu, const struct delivery *dl, uint64_t sp, uint64_t *la)
{
    uint64_t base = dl->new_ss ? desc_base(&dl->ss_desc) : cpu->sys.seg[SEG_SS].base;

    *la = cpu_is_long(cpu) ? sp : (base + sp) & 0xffffffff;
    if (cpu_is_long(cpu) && (!is_canonical(cpu, sp) || !is_canonical(cpu, sp + dl->bytes - 1)))
        return raise_error(cpu, VEC_SS, stack_error(cpu, dl));
    return EXEC_OK;
}

/* One slot of the frame on the handler's stack, at the new CPL. */
static enum exec push_slot(struct cpu *cpu, struct delivery *dl, uint64_t v)
{
    uint64_t sp = (dl->sp - dl->bytes) & dl->sp_mask;
    struct lin l = {
        .bytes = dl->bytes, .access = ACCESS_WRITE, .cpl = (uint8_t)dl->cpl, .align = dl->bytes};
    struct span s;
    uint8_t data[8];

    TRY(slot_address(cpu, dl, sp, &l.la));
    TRY(lsu_translate(cpu, &l, &s));
    memcpy(data, &v, sizeof data);
    lsu_store(cpu, &s, data);
    dl->sp = sp;
    return EXEC_OK;
}

/* SDM Vol. 3A "Exception- or Interrupt-Handler Procedures": the frame, in slots of dl->bytes. */
static enum exec push_frame(struct cpu *cpu, struct delivery *dl)
{
    const struct fault *what = &dl->ev->what;
    uint64_t slot[] = {cpu->sys.seg[SEG_SS].selector, cpu->r[RSP], dl->flags,
                       cpu->sys.seg[SEG_CS].selector, dl->rip,     what->error};
    unsigned first = cpu_is_long(cpu) || dl->new_ss ? 0 : 2;

    for (unsigned i = 0; i < frame_slots(cpu, dl); i++)
        TRY(push_slot(cpu, dl, slot[first + i]));
    return EXEC_OK;
}

/* RF is pushed as 1 by faults and by events between two iterations of a string instruction, as it
 * stands by #DF, other interrupts and traps, as 0 by software interrupts. SDM Vol. 3B
 * "Instruction-Breakpoint Exception Condition". */
static uint64_t pushed_flags(const struct cpu *cpu, const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_EXCEPTION:
        return cpu->rflags | (ev->what.vector == VEC_DF ? 0 : RFLAGS_RF);
    case EVENT_INTERRUPT:
    case EVENT_NMI:
    case EVENT_TRAP:
        return cpu->rflags | (cpu->at.in_rep ? RFLAGS_RF : 0);
    default:
        return cpu->rflags & ~RFLAGS_RF;
    }
}

static void commit(struct cpu *cpu, const struct delivery *dl)
{
    segment_set_cs(cpu, dl->to.selector, &dl->to.d, dl->cpl);
    if (dl->new_ss) {
        if (cpu_is_long(cpu))
            segment_set_null(cpu, SEG_SS, dl->ss);
        else
            segment_set(cpu, SEG_SS, dl->ss, &dl->ss_desc);
    }
    set_sp(cpu, dl->sp);
    cpu->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
    if (dl->interrupt_gate)
        cpu->rflags &= ~RFLAGS_IF;
    cpu->rip = dl->to.rip;
}

static enum exec deliver_one(struct cpu *cpu, const struct event *ev)
{
    struct delivery dl = {.ev = ev,
                          .software = ev->kind == EVENT_SOFT,
                          .ext = ev->kind == EVENT_SOFT ? 0 : 1,
                          .flags = pushed_flags(cpu, ev),
                          .rip = is_software(ev) ? cpu->r[R_NEXT] : cpu->rip};

    TRY(read_gate(cpu, &dl));
    TRY(read_handler_cs(cpu, &dl));
    TRY(cpu_is_long(cpu) ? choose_stack_long(cpu, &dl) : choose_stack_legacy(cpu, &dl));
    TRY(push_frame(cpu, &dl));
    TRY(segment_touch(cpu, &dl.to.d));
    if (dl.new_ss && !cpu_is_long(cpu))
        TRY(segment_touch(cpu, &dl.ss_desc));
    commit(cpu, &dl);
    return EXEC_OK;
}

static bool is_contributory(uint8_t v)
{
    return v == VEC_DE || (v >= VEC_TS && v <= VEC_GP);
}

/* SDM Vol. 3A "Interrupt 8 - Double Fault Exception (#DF)": does second after first make #DF? */
static bool makes_double_fault(const struct event *first, uint8_t second)
{
    uint8_t v = first->what.vector;

    if (first->kind != EVENT_EXCEPTION)
        return false;
    if (v == VEC_PF)
        return second == VEC_PF || is_contributory(second);
    return is_contributory(v) && is_contributory(second);
}

static enum rec_retire_kind record_kind(enum event_kind kind)
{
    switch (kind) {
    case EVENT_INTERRUPT:
        return RETIRE_INTERRUPT;
    case EVENT_NMI:
        return RETIRE_NMI;
    case EVENT_SOFT:
    case EVENT_SOFT_UNCHECKED:
        return RETIRE_SOFT_INT;
    default:
        return RETIRE_EXCEPTION;
    }
}

/* #DB, that of INT1 too; INT n with vector 1 is none. SDM Vol. 3B "Debug Exception (#DB)". */
static bool is_debug(const struct event *ev)
{
    return ev->what.vector == VEC_DB && ev->kind != EVENT_SOFT && ev->kind != EVENT_INTERRUPT;
}

/* What delivery does to the rest of the state. */
static void settle(struct cpu *cpu, const struct event *ev)
{
    if (is_debug(ev))
        cpu->sys.dr7 &= ~DR7_GD;
    cpu->at = (struct boundary){
        .nmi_blocked = cpu->at.nmi_blocked,
        /* what MOV SS held back is not lost to INT n: it waits for the handler's first boundary */
        .step_pending = is_software(ev) && cpu->at.step_pending,
    };
    cpu->window.valid = false;
    cpu->sys_touched = true;
}

static void record_event(struct cpu *cpu, const struct event *ev, uint64_t rip,
                         const struct insn *in)
{
    struct rec_retire r;

    memset(&r, 0, sizeof r);
    r.rip = rip;
    r.kind = (uint8_t)record_kind(ev->kind);
    r.vector = ev->what.vector;
    if (ev->what.has_error) {
        r.flags = RETIRE_HAS_ERROR_CODE;
        r.error_code = ev->what.error;
    }
    if (r.kind == RETIRE_SOFT_INT && in) {
        r.len = in->len;
        memcpy(r.bytes, in->raw, 16);
    }
    record_retire(cpu, &r);
}

static void shut_down(struct cpu *cpu, uint64_t rip)
{
    struct rec_retire r;

    cpu->at = (struct boundary){.shutdown = true};
    cpu->attention = true;
    memset(&r, 0, sizeof r);
    r.rip = rip;
    r.kind = RETIRE_SHUTDOWN;
    cpu->sys_touched = true;
    record_retire(cpu, &r);
}

static void note_page_fault(struct cpu *cpu, const struct event *ev)
{
    if (ev->kind == EVENT_EXCEPTION && ev->what.vector == VEC_PF)
        cpu->cr2 = ev->what.cr2;
}

/* Deliver, and whatever its delivery raises, until something is delivered or the processor shuts
 * down. in: the instruction of a software interrupt. */
void event_deliver(struct cpu *cpu, const struct event *first, const struct insn *in)
{
    struct event ev = *first;
    uint64_t rip = cpu->rip;

    note_page_fault(cpu, &ev);
    /* SDM Vol. 3C "Architectural State Before a VM Exit": also when its delivery then faults */
    if (ev.kind == EVENT_NMI)
        cpu->at.nmi_blocked = true;
    for (;;) {
        if (is_debug(&ev))
            cpu->sys.dr6 |= ev.what.dr6;
        if (deliver_one(cpu, &ev) == EXEC_OK)
            break;
        note_page_fault(cpu, &cpu->raised);
        if (ev.kind == EVENT_EXCEPTION && ev.what.vector == VEC_DF) {
            shut_down(cpu, rip);
            return;
        }
        if (makes_double_fault(&ev, cpu->raised.what.vector))
            raise_error(cpu, VEC_DF, 0);
        ev = cpu->raised;
    }
    settle(cpu, &ev);
    record_event(cpu, &ev, rip, in);
}
