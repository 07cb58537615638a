// SPDX-License-Identifier: Apache-2.0
// Exceptions and interrupts: raising, delivery through the IDT, combination to #DF and shutdown.
// SDM Vol. 3A "Interrupt and Exception Handling"; choices from docs/cpu.md "Event details".
#include "far.h"
#include "insn.h"
#include "ops.h"
#include "stack_switch.h"

#define IDT_BIT 2u

/* System-segment and gate types. */
#define GATE_INTERRUPT 6u
#define GATE_TRAP      7u
#define GATE_WIDE      8u /* 32 or 64 bits */

enum exec(raise_exception)(struct cpu *cpu, struct fault what)
{
    cpu->decided.vector = what.vector;
    cpu->raised = (struct event){.kind = EVENT_EXCEPTION, .what = what};
    return EXEC_RAISED;
}

enum exec(raise_fault)(struct cpu *cpu, enum vector v)
{
    return (raise_exception)(cpu, (struct fault){.vector = (uint8_t)v});
}

enum exec(raise_error)(struct cpu *cpu, enum vector v, uint32_t error)
{
    return (raise_exception)(cpu, (struct fault){
                                      .vector = (uint8_t)v, .has_error = true, .error = error});
}

enum exec(raise_gp)(struct cpu *cpu, uint32_t error)
{
    return (raise_error)(cpu, VEC_GP, error);
}

enum exec(raise_ud)(struct cpu *cpu)
{
    return (raise_fault)(cpu, VEC_UD);
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
    bool software, interrupt_gate;
    struct far to;
    unsigned ist;             /* index of long mode's gate */
    struct frame_stack stack; /* slots of 8 bytes in long mode, else 4 or 2 by the gate */
    uint64_t flags;           /* to be pushed */
    uint64_t rip;             /* to be pushed */
};

static uint32_t idt_error(const struct cpu *cpu, const struct delivery *dl)
{
    return dl->ev->what.vector * 8u + IDT_BIT + cpu->ext;
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
        return raise_gp(cpu, idt_error(cpu, dl));
    TRY(lsu_sys_read(cpu, cpu->sys.idtr_base + at, 8, &low));
    if (wide)
        TRY(lsu_sys_read(cpu, cpu->sys.idtr_base + at + 8, 8, &high));
    type = (unsigned)(low >> 40) & 0x1f;
    dl->stack.bytes = gate_slot_bytes(type, wide);
    if (dl->stack.bytes == 0)
        return raise_gp(cpu, idt_error(cpu, dl));
    if (dl->software && (low >> 45 & 3) < cpu->cpl)
        return raise_gp(cpu, idt_error(cpu, dl));
    if (!(low >> 47 & 1))
        return raise_error(cpu, VEC_NP, idt_error(cpu, dl));
    dl->interrupt_gate = (type & 7) == GATE_INTERRUPT;
    dl->to.selector = (uint16_t)(low >> 16);
    dl->to.rip = (low & 0xffff) | (dl->stack.bytes > 2 ? low >> 32 & 0xffff0000 : 0) | high << 32;
    dl->ist = wide ? (unsigned)(low >> 32 & 7) : 0;
    return EXEC_OK;
}

static enum exec read_handler_cs(struct cpu *cpu, struct delivery *dl)
{
    struct seg_blame blame = {VEC_GP, cpu->ext};
    struct desc *d = &dl->to.d;
    uint32_t error = (dl->to.selector & 0xfffc) | cpu->ext;

    if (selector_is_null(dl->to.selector))
        return raise_gp(cpu, cpu->ext);
    TRY(segment_read(cpu, dl->to.selector, blame, d));
    if (!desc_is_code(d) || desc_dpl(d) > cpu->cpl)
        return raise_gp(cpu, error);
    if (cpu_is_long(cpu) && (!desc_l(d) || desc_db(d)))
        return raise_gp(cpu, error);
    if (!desc_present(d))
        return raise_error(cpu, VEC_NP, error);
    dl->stack.cpl = desc_is_conforming(d) ? cpu->cpl : desc_dpl(d);
    return EXEC_OK;
}

/* RSPn, ISTn or the current stack. SDM "Stack Switching in IA-32e Mode", "Interrupt Stack Table".
 */
static enum exec choose_stack_long(struct cpu *cpu, struct delivery *dl)
{
    struct frame_stack *st = &dl->stack;

    stack_choose_long(cpu, st);
    if (dl->ist)
        TRY(stack_from_tss(cpu, st, 0x1c + 8 * dl->ist));
    else if (st->inner)
        TRY(stack_from_tss(cpu, st, stack_rsp_at(st)));
    st->sp &= ~UINT64_C(15);
    return is_canonical(cpu, dl->to.rip) ? EXEC_OK : raise_gp(cpu, cpu->ext);
}

static unsigned frame_slots(const struct cpu *cpu, const struct delivery *dl)
{
    unsigned stack = cpu_is_long(cpu) || dl->stack.inner ? 2 : 0;

    return stack + 3 + (dl->ev->what.has_error ? 1 : 0);
}

/* SDM Vol. 2 "INT n/INTO/INT3/INT1", Operation: room for the frame, then the instruction pointer.
 */
static enum exec choose_stack_legacy(struct cpu *cpu, struct delivery *dl)
{
    TRY(stack_choose_legacy(cpu, &dl->stack));
    TRY(stack_room(cpu, &dl->stack, frame_slots(cpu, dl)));
    return dl->to.rip > desc_limit(&dl->to.d) ? raise_gp(cpu, cpu->ext) : EXEC_OK;
}

/* SDM Vol. 3A "Exception- or Interrupt-Handler Procedures": the frame, in slots of dl->stack.bytes.
 */
static enum exec push_frame(struct cpu *cpu, struct delivery *dl)
{
    const struct fault *what = &dl->ev->what;
    uint64_t slot[] = {cpu->sys.seg[SEG_SS].selector, cpu->r[RSP], dl->flags,
                       cpu->sys.seg[SEG_CS].selector, dl->rip,     what->error};
    unsigned first = cpu_is_long(cpu) || dl->stack.inner ? 0 : 2;

    for (unsigned i = 0; i < frame_slots(cpu, dl); i++)
        TRY(stack_push(cpu, &dl->stack, slot[first + i]));
    return EXEC_OK;
}

/* Of the #DB that are faults the other one is that of DR7.GD. */
static bool is_instruction_breakpoint(const struct event *ev)
{
    return ev->what.vector == VEC_DB && !(ev->what.dr6 & DR6_BD);
}

/* RF is pushed as 1 by faults and by events between two iterations of a string instruction, as it
 * stands by instruction breakpoints, #DF, other interrupts and traps, as 0 by software interrupts.
 * SDM Vol. 3B "Instruction-Breakpoint Exception Condition". */
static uint64_t pushed_flags(const struct cpu *cpu, const struct event *ev)
{
    switch (ev->kind) {
    case EVENT_EXCEPTION:
        return ev->what.vector == VEC_DF || is_instruction_breakpoint(ev) ? cpu->rflags
                                                                          : cpu->rflags | RFLAGS_RF;
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
    segment_set_cs(cpu, dl->to.selector, &dl->to.d, dl->stack.cpl);
    stack_commit(cpu, &dl->stack);
    cpu->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
    if (dl->interrupt_gate)
        cpu->rflags &= ~RFLAGS_IF;
    cpu->rip = dl->to.rip;
}

static enum exec deliver_one(struct cpu *cpu, const struct event *ev)
{
    struct delivery dl = {.ev = ev,
                          .software = ev->kind == EVENT_SOFT,
                          .flags = pushed_flags(cpu, ev),
                          .rip = is_software(ev) ? cpu->r[R_NEXT] : cpu->rip};

    TRY(read_gate(cpu, &dl));
    TRY(read_handler_cs(cpu, &dl));
    TRY(cpu_is_long(cpu) ? choose_stack_long(cpu, &dl) : choose_stack_legacy(cpu, &dl));
    TRY(push_frame(cpu, &dl));
    TRY(segment_touch(cpu, &dl.to.d));
    TRY(stack_touch(cpu, &dl.stack));
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
    /* what MOV SS held back is not lost to INT n, but to INT1: it waits for the handler's first
     * boundary; docs/cpu.md T4 */
    bool kept = is_software(ev) && !is_debug(ev);
    uint8_t held = kept ? cpu->at.breakpoints_pending : 0;

    if (is_debug(ev))
        cpu->sys.dr7 &= ~DR7_GD;
    cpu->at = (struct boundary){
        .nmi_blocked = cpu->at.nmi_blocked,
        .step_pending = kept && cpu->at.step_pending,
        .breakpoints_pending = held | cpu->leaving.breakpoints, /* those of the delivery too */
    };
    cpu->leaving = (struct leaving){0};
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

/* docs/cpu.md V8: INT1 has no cause that DR6 shows. */
static void note_debug(struct cpu *cpu, const struct event *ev)
{
    if (is_debug(ev) && ev->kind != EVENT_SOFT_UNCHECKED)
        cpu->sys.dr6 = (cpu->sys.dr6 & ~DR6_B) | ev->what.dr6;
}

/* Deliver, and whatever its delivery raises, until something is delivered or the processor shuts
 * down. in: the instruction of a software interrupt. */
void event_deliver(struct cpu *cpu, const struct event *first, const struct insn *in)
{
    struct event ev = *first;
    uint64_t rip = cpu->rip;
    enum exec end;

    note_page_fault(cpu, &ev);
    /* SDM Vol. 3C "Architectural State Before a VM Exit": also when its delivery then faults */
    if (ev.kind == EVENT_NMI)
        cpu->at.nmi_blocked = true;
    for (;;) {
        note_debug(cpu, &ev);
        cpu->ext = ev.kind == EVENT_SOFT ? 0 : 1;
        end = deliver_one(cpu, &ev);
        cpu->ext = 0;
        if (end == EXEC_OK)
            break;
        cpu->leaving.breakpoints = 0;
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
