// SPDX-License-Identifier: Apache-2.0
// The stack of a frame: RSPn, ISTn, SSn:ESPn out of the TSS, its checks, its slots. SDM Vol. 3A
// "Task-State Segment (TSS)", "Stack Switching"; docs/cpu.md V1, V2, G4.
#include "stack_switch.h"

#include "insn.h"

static enum exec tss_error(struct cpu *cpu)
{
    return raise_error(cpu, VEC_TS, (cpu->sys.seg[SEG_TR].selector & 0xfffcu) | cpu->ext);
}

unsigned stack_rsp_at(const struct frame_stack *st)
{
    return 4 + 8 * st->cpl;
}

void stack_choose_long(struct cpu *cpu, struct frame_stack *st)
{
    st->sp = cpu->r[RSP];
    st->sp_mask = ~UINT64_C(0);
    st->inner = st->cpl < cpu->cpl;
    st->ss = (uint16_t)st->cpl;
}

enum exec stack_from_tss(struct cpu *cpu, struct frame_stack *st, unsigned at)
{
    const struct rec_seg_state *tr = &cpu->sys.seg[SEG_TR];

    return at + 7 > tr->limit ? tss_error(cpu) : lsu_sys_read(cpu, tr->base + at, 8, &st->sp);
}

/* SDM Vol. 3A "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)": SSn:ESPn, SSn:SPn. */
static enum exec read_inner(struct cpu *cpu, struct frame_stack *st)
{
    const struct rec_seg_state *tr = &cpu->sys.seg[SEG_TR];
    bool narrow = tss_is_16(tr);
    unsigned bytes = narrow ? 2 : 4, at = narrow ? 2 + 4 * st->cpl : 4 + 8 * st->cpl;
    uint64_t ss;

    if (at + bytes + 1 > tr->limit)
        return tss_error(cpu);
    TRY(lsu_sys_read(cpu, tr->base + at, bytes, &st->sp));
    TRY(lsu_sys_read(cpu, tr->base + at + bytes, 2, &ss));
    st->ss = (uint16_t)ss;
    return EXEC_OK;
}

static enum exec check_inner_ss(struct cpu *cpu, struct frame_stack *st)
{
    struct seg_blame blame = {VEC_TS, cpu->ext};
    uint32_t error = (st->ss & 0xfffc) | cpu->ext;

    if (selector_is_null(st->ss))
        return raise_error(cpu, VEC_TS, cpu->ext);
    TRY(segment_read(cpu, st->ss, blame, &st->ss_desc));
    if ((st->ss & 3) != st->cpl || desc_dpl(&st->ss_desc) != st->cpl ||
        !desc_is_writable_data(&st->ss_desc))
        return raise_error(cpu, VEC_TS, error);
    return desc_present(&st->ss_desc) ? EXEC_OK : raise_error(cpu, VEC_SS, error);
}

enum exec stack_choose_legacy(struct cpu *cpu, struct frame_stack *st)
{
    st->sp = cpu->r[RSP];
    st->sp_mask = cpu->sp_mask;
    st->inner = st->cpl < cpu->cpl;
    if (!st->inner)
        return EXEC_OK;
    TRY(read_inner(cpu, st));
    TRY(check_inner_ss(cpu, st));
    st->sp_mask = desc_db(&st->ss_desc) ? 0xffffffff : 0xffff;
    return EXEC_OK;
}

static enum exec stack_error(struct cpu *cpu, const struct frame_stack *st)
{
    uint32_t selector = !cpu_is_long(cpu) && st->inner ? st->ss & 0xfffc : 0;

    return raise_error(cpu, VEC_SS, selector | cpu->ext);
}

/* Is there room for one slot at that stack pointer? */
static bool slot_within_limit(const struct cpu *cpu, const struct frame_stack *st, uint64_t sp)
{
    const struct rec_seg_state *ss = &cpu->sys.seg[SEG_SS];
    struct seg_range range = {.limit = st->inner ? desc_limit(&st->ss_desc) : ss->limit,
                              .down = ((st->inner ? desc_type(&st->ss_desc) : ss->attr) & 4) != 0,
                              .top = st->sp_mask};

    if (!st->inner && !(ss->attr & 0x80))
        return false;
    return segment_range_holds(&range, sp, st->bytes);
}

/* Outside long mode the room for the whole frame is looked at before its first slot. */
enum exec stack_room(struct cpu *cpu, const struct frame_stack *st, unsigned slots)
{
    for (unsigned i = 1; i <= slots; i++)
        if (!slot_within_limit(cpu, st, (st->sp - i * st->bytes) & st->sp_mask))
            return stack_error(cpu, st);
    return EXEC_OK;
}

/* The linear address of a slot; limits were checked before, a canonical address is checked here. */
static enum exec slot_address(struct cpu *cpu, const struct frame_stack *st, uint64_t sp,
                              uint64_t *la)
{
    uint64_t base = st->inner ? desc_base(&st->ss_desc) : cpu->sys.seg[SEG_SS].base;

    *la = cpu_is_long(cpu) ? sp : (base + sp) & 0xffffffff;
    if (cpu_is_long(cpu) && (!is_canonical(cpu, sp) || !is_canonical(cpu, sp + st->bytes - 1)))
        return stack_error(cpu, st);
    return EXEC_OK;
}

/* One slot, an explicit access at the new CPL. */
enum exec stack_push(struct cpu *cpu, struct frame_stack *st, uint64_t v)
{
    uint64_t sp = (st->sp - st->bytes) & st->sp_mask;
    struct lin l = {.bytes = st->bytes,
                    .access = ACCESS_WRITE,
                    .cpl = (uint8_t)st->cpl,
                    .flags = LSU_WIDE,
                    .align = st->bytes};
    struct span s;
    uint8_t data[8];

    TRY(slot_address(cpu, st, sp, &l.la));
    TRY(lsu_translate(cpu, &l, &s));
    memcpy(data, &v, sizeof data);
    lsu_store(cpu, &s, data);
    st->sp = sp;
    return EXEC_OK;
}

enum exec stack_touch(struct cpu *cpu, struct frame_stack *st)
{
    return st->inner && !cpu_is_long(cpu) ? segment_touch(cpu, &st->ss_desc) : EXEC_OK;
}

/* SS and RSP, behind CS. */
void stack_commit(struct cpu *cpu, const struct frame_stack *st)
{
    if (st->inner && cpu_is_long(cpu))
        segment_set_null(cpu, SEG_SS, st->ss);
    else if (st->inner)
        segment_set(cpu, SEG_SS, st->ss, &st->ss_desc);
    set_sp(cpu, st->sp);
}
