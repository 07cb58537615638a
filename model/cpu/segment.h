// SPDX-License-Identifier: Apache-2.0
// Segment descriptors. SDM Vol. 3A "Segment Descriptors", "System Descriptor Types".
#ifndef RW_SEGMENT_H
#define RW_SEGMENT_H

#include "cpu.h"

/* The low eight bytes of a descriptor and where they were read. */
struct desc {
    uint64_t raw;
    uint64_t la;
    uint16_t selector;
};

/* How a fault on a selector is reported: #GP in instructions, #TS in a stack switch; EXT. */
struct seg_blame {
    enum vector vector;
    uint32_t ext;
};

#define DESC_TYPE_TSS16 1u
#define DESC_TYPE_LDT   2u
#define DESC_TYPE_TSS32 9u

static inline unsigned desc_type(const struct desc *d)
{
    return (unsigned)(d->raw >> 40) & 15;
}

static inline bool desc_is_segment(const struct desc *d) /* S = 1 */
{
    return d->raw >> 44 & 1;
}

static inline bool desc_is_code(const struct desc *d)
{
    return desc_is_segment(d) && (desc_type(d) & 8);
}

static inline bool desc_is_conforming(const struct desc *d)
{
    return desc_is_code(d) && (desc_type(d) & 4);
}

static inline bool desc_is_writable_data(const struct desc *d)
{
    return desc_is_segment(d) && (desc_type(d) & 0xa) == 2;
}

/* Data, or code that can be read. */
static inline bool desc_is_readable(const struct desc *d)
{
    return desc_is_segment(d) && (desc_type(d) & 0xa) != 8;
}

static inline unsigned desc_dpl(const struct desc *d)
{
    return (unsigned)(d->raw >> 45) & 3;
}

static inline bool desc_present(const struct desc *d)
{
    return d->raw >> 47 & 1;
}

static inline bool desc_l(const struct desc *d)
{
    return d->raw >> 53 & 1;
}

static inline bool desc_db(const struct desc *d)
{
    return d->raw >> 54 & 1;
}

static inline bool tss_is_16(const struct rec_seg_state *tr)
{
    return !(tr->attr & 8);
}

static inline bool selector_is_null(uint16_t selector)
{
    return (selector & 0xfffc) == 0;
}

/* The offsets of a data segment. */
struct seg_range {
    uint64_t limit, top; /* top: the last offset of an expand-down segment */
    bool down;
};

bool segment_range_holds(const struct seg_range *r, uint64_t off, unsigned bytes);

uint32_t desc_limit(const struct desc *d);
uint64_t desc_base(const struct desc *d);

enum exec segment_read(struct cpu *cpu, uint16_t selector, struct seg_blame blame, struct desc *d);
/* The high half of a system descriptor of long mode, of a type that has one. */
enum exec segment_read_high(struct cpu *cpu, const struct desc *d, uint64_t *high);
enum exec segment_look(struct cpu *cpu, uint16_t selector, struct desc *d, bool *found);
enum exec segment_touch(struct cpu *cpu, struct desc *d);
void segment_set(struct cpu *cpu, unsigned s, uint16_t selector, const struct desc *d);
void segment_set_null(struct cpu *cpu, unsigned s, uint16_t selector);
void segment_set_cs(struct cpu *cpu, uint16_t selector, const struct desc *d, unsigned cpl);
enum exec segment_load(struct cpu *cpu, unsigned s, uint16_t selector);
void segment_drop_inner(struct cpu *cpu);
enum exec segment_load_ldtr(struct cpu *cpu, uint16_t selector);
enum exec segment_load_tr(struct cpu *cpu, uint16_t selector);

#endif
