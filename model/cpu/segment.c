// SPDX-License-Identifier: Apache-2.0
// Segment registers and descriptor tables. SDM Vol. 3A "Protection"; Vol. 2 "MOV", "LLDT", "LTR".
// Accessed and busy bits are set as docs/cpu.md "Data accesses and their order" says.
#include "segment.h"

#include "insn.h"

uint64_t desc_base(const struct desc *d)
{
    return (d->raw >> 16 & 0xffffff) | (d->raw >> 56 & 0xff) << 24;
}

uint32_t desc_limit(const struct desc *d)
{
    uint32_t limit = (uint32_t)(d->raw & 0xffff) | (uint32_t)(d->raw >> 32 & 0xf0000);

    return d->raw >> 55 & 1 ? limit << 12 | 0xfff : limit;
}

/* SDM Vol. 3A "Limit Checking". choice: with a limit of 0xFFFFFFFF a data access that would wrap
 * faults like any other beyond a limit. */
bool segment_range_holds(const struct seg_range *r, uint64_t off, unsigned bytes)
{
    uint64_t last = off + bytes - 1;

    if (r->down)
        return off > r->limit && last <= r->top;
    return last <= r->limit;
}

static uint16_t desc_attr(const struct desc *d)
{
    return (uint16_t)((d->raw >> 40 & 0xff) | (d->raw >> 40 & 0xf000));
}

static enum exec blame_selector(struct cpu *cpu, struct seg_blame blame, uint16_t selector)
{
    return raise_error(cpu, blame.vector, (selector & 0xfffcu) | blame.ext);
}

/* Where bytes of the descriptor lie. SDM Vol. 3A "Segment Selectors". */
static bool desc_find(const struct cpu *cpu, uint16_t selector, unsigned bytes, uint64_t *la)
{
    const struct rec_seg_state *ldtr = &cpu->sys.seg[SEG_LDTR];
    unsigned offset = selector & 0xfff8u;
    bool local = selector & 4;

    if (local && !(ldtr->attr & 0x80))
        return false;
    *la = (local ? ldtr->base : cpu->sys.gdtr_base) + offset;
    return offset + bytes - 1 <= (local ? ldtr->limit : cpu->sys.gdtr_limit);
}

static enum exec desc_locate(struct cpu *cpu, uint16_t selector, unsigned bytes,
                             struct seg_blame blame, uint64_t *la)
{
    return desc_find(cpu, selector, bytes, la) ? EXEC_OK : blame_selector(cpu, blame, selector);
}

enum exec segment_read(struct cpu *cpu, uint16_t selector, struct seg_blame blame, struct desc *d)
{
    d->selector = selector;
    TRY(desc_locate(cpu, selector, 8, blame, &d->la));
    return lsu_sys_read(cpu, d->la, 8, &d->raw);
}

/* Its bits 44:40 are the type of what it would be alone: 0. */
enum exec segment_read_high(struct cpu *cpu, const struct desc *d, uint64_t *high)
{
    struct seg_blame blame = {VEC_GP, 0};
    uint64_t la;

    TRY(desc_locate(cpu, d->selector, 16, blame, &la));
    TRY(lsu_sys_read(cpu, la + 8, 8, high));
    return *high >> 40 & 0x1f ? blame_selector(cpu, blame, d->selector) : EXEC_OK;
}

/* For a question: null, beyond the table or without an LDT, nothing is found and nothing faults. */
enum exec segment_look(struct cpu *cpu, uint16_t selector, struct desc *d, bool *found)
{
    d->selector = selector;
    *found = !selector_is_null(selector) && desc_find(cpu, selector, 8, &d->la);
    return *found ? lsu_sys_read(cpu, d->la, 8, &d->raw) : EXEC_OK;
}

/* SDM Vol. 3A "Code- and Data-Segment Descriptor Types": the accessed bit. */
enum exec segment_touch(struct cpu *cpu, struct desc *d)
{
    uint64_t accessed = UINT64_C(1) << 40;

    if (d->raw & accessed)
        return EXEC_OK;
    d->raw |= accessed;
    return lsu_sys_set_bits(cpu, d->la + 5, 1);
}

void segment_set(struct cpu *cpu, unsigned s, uint16_t selector, const struct desc *d)
{
    struct rec_seg_state *seg = &cpu->sys.seg[s];

    seg->base = desc_base(d);
    seg->limit = desc_limit(d);
    seg->selector = selector;
    seg->attr = desc_attr(d);
    cpu_derive(cpu);
}

void segment_set_null(struct cpu *cpu, unsigned s, uint16_t selector)
{
    cpu->sys.seg[s] = (struct rec_seg_state){.selector = selector};
    cpu_derive(cpu);
}

void segment_set_cs(struct cpu *cpu, uint16_t selector, const struct desc *d, unsigned cpl)
{
    cpu->cpl = (uint8_t)cpl;
    segment_set(cpu, SEG_CS, (uint16_t)((selector & 0xfffc) | cpl), d);
}

static enum exec check_ss(struct cpu *cpu, uint16_t selector, const struct desc *d)
{
    unsigned rpl = selector & 3;

    if (rpl != cpu->cpl || !desc_is_writable_data(d) || desc_dpl(d) != cpu->cpl)
        return raise_gp(cpu, selector & 0xfffc);
    if (!desc_present(d))
        return raise_error(cpu, VEC_SS, selector & 0xfffc);
    return EXEC_OK;
}

static enum exec check_data(struct cpu *cpu, uint16_t selector, const struct desc *d)
{
    unsigned rpl = selector & 3, dpl = desc_dpl(d);

    if (!desc_is_readable(d))
        return raise_gp(cpu, selector & 0xfffc);
    if (!desc_is_conforming(d) && (rpl > dpl || cpu->cpl > dpl))
        return raise_gp(cpu, selector & 0xfffc);
    if (!desc_present(d))
        return raise_error(cpu, VEC_NP, selector & 0xfffc);
    return EXEC_OK;
}

static enum exec load_null(struct cpu *cpu, unsigned s, uint16_t selector)
{
    if (s == SEG_SS && (!cpu_is_64(cpu) || cpu->cpl == 3 || (selector & 3) != cpu->cpl))
        return raise_gp(cpu, 0);
    segment_set_null(cpu, s, selector);
    return EXEC_OK;
}

/* ES SS DS FS GS. SDM Vol. 2 "MOV", Operation. */
enum exec segment_load(struct cpu *cpu, unsigned s, uint16_t selector)
{
    struct seg_blame blame = {VEC_GP, 0};
    struct desc d;

    if (selector_is_null(selector))
        return load_null(cpu, s, selector);
    TRY(segment_read(cpu, selector, blame, &d));
    TRY(s == SEG_SS ? check_ss(cpu, selector, &d) : check_data(cpu, selector, &d));
    TRY(segment_touch(cpu, &d));
    segment_set(cpu, s, selector, &d);
    return EXEC_OK;
}

/* After a return to an outer level: segments that it may not use become null, and a null selector
 * 0; their bases stay. SDM Vol. 2 "RET", RETURN-TO-OUTER-PRIVILEGE-LEVEL. */
void segment_drop_inner(struct cpu *cpu)
{
    static const uint8_t checked[] = {SEG_ES, SEG_DS, SEG_FS, SEG_GS};

    for (unsigned i = 0; i < sizeof checked; i++) {
        struct rec_seg_state *seg = &cpu->sys.seg[checked[i]];
        bool conforming = (seg->attr & 0xc) == 0xc;

        if (selector_is_null(seg->selector))
            seg->selector = 0;
        else if (!conforming && (seg->attr >> 5 & 3u) < cpu->cpl)
            *seg = (struct rec_seg_state){.base = seg->base};
    }
    cpu_derive(cpu);
}

/* A system descriptor: two reads in long mode, whose high half must have type 0. */
static enum exec read_system(struct cpu *cpu, uint16_t selector, struct desc *d, uint64_t *high)
{
    struct seg_blame blame = {VEC_GP, 0};

    *high = 0;
    d->selector = selector;
    TRY(desc_locate(cpu, selector, cpu_is_long(cpu) ? 16 : 8, blame, &d->la));
    TRY(lsu_sys_read(cpu, d->la, 8, &d->raw));
    return cpu_is_long(cpu) ? lsu_sys_read(cpu, d->la + 8, 8, high) : EXEC_OK;
}

static enum exec check_high(struct cpu *cpu, uint16_t selector, const struct desc *d, uint64_t high)
{
    if (!cpu_is_long(cpu))
        return EXEC_OK;
    if (high >> 40 & 0x1f)
        return raise_gp(cpu, selector & 0xfffc);
    if (!is_canonical_widest(cpu, high << 32 | desc_base(d)))
        return raise_gp(cpu, selector & 0xfffc);
    return EXEC_OK;
}

enum exec segment_load_ldtr(struct cpu *cpu, uint16_t selector)
{
    struct desc d;
    uint64_t high;

    if (selector_is_null(selector)) {
        segment_set_null(cpu, SEG_LDTR, selector);
        return EXEC_OK;
    }
    if (selector & 4)
        return raise_gp(cpu, selector & 0xfffc);
    TRY(read_system(cpu, selector, &d, &high));
    if (desc_is_segment(&d) || desc_type(&d) != DESC_TYPE_LDT)
        return raise_gp(cpu, selector & 0xfffc);
    TRY(check_high(cpu, selector, &d, high));
    if (!desc_present(&d))
        return raise_error(cpu, VEC_NP, selector & 0xfffc);
    segment_set(cpu, SEG_LDTR, selector, &d);
    cpu->sys.seg[SEG_LDTR].base |= high << 32;
    cpu_derive(cpu);
    return EXEC_OK;
}

enum exec segment_load_tr(struct cpu *cpu, uint16_t selector)
{
    struct desc d;
    uint64_t high;

    if (selector_is_null(selector))
        return raise_gp(cpu, 0);
    if (selector & 4)
        return raise_gp(cpu, selector & 0xfffc);
    TRY(read_system(cpu, selector, &d, &high));

    bool available =
        desc_type(&d) == DESC_TYPE_TSS32 || (desc_type(&d) == DESC_TYPE_TSS16 && !cpu_is_long(cpu));

    if (desc_is_segment(&d) || !available)
        return raise_gp(cpu, selector & 0xfffc);
    TRY(check_high(cpu, selector, &d, high));
    if (!desc_present(&d))
        return raise_error(cpu, VEC_NP, selector & 0xfffc);
    TRY(lsu_sys_set_bits(cpu, d.la + 5, 2));
    d.raw |= UINT64_C(2) << 40;
    segment_set(cpu, SEG_TR, selector, &d);
    cpu->sys.seg[SEG_TR].base |= high << 32;
    cpu_derive(cpu);
    return EXEC_OK;
}
