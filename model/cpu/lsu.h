// SPDX-License-Identifier: Apache-2.0
// Memory access of the processor: segmentation, translation, beats. The inline part answers from
// pages that the data TLB is known to hold; everything else is in lsu.c.
#ifndef RW_LSU_H
#define RW_LSU_H

#include "cpu.h"

/* One access, translated: one part, or two when it crosses a page. */
struct span {
    uint64_t pa[2];
    unsigned bytes[2];
    uint8_t flags; /* of its beats: BUS_LOCK */
};

/* A read-modify-write in progress. */
struct rmw {
    uint8_t *host; /* the fast way; NULL: span */
    struct span span;
};

#define LSU_IMPLICIT 1u /* implicit supervisor access */
#define LSU_LOCK     2u
#define LSU_WIDE     4u /* 64 bits of address in long mode, in compatibility mode too */
#define LSU_PROBE    8u /* nothing is accessed: no data breakpoint */

/* Access by linear address. */
struct lin {
    uint64_t la;
    unsigned bytes;
    uint8_t access; /* ACCESS_READ, ACCESS_WRITE */
    uint8_t cpl;    /* of explicit accesses */
    unsigned flags;
    unsigned align; /* #AC when not aligned to it; 0: never */
};

enum exec lsu_translate(struct cpu *cpu, const struct lin *l, struct span *s);
void lsu_load(struct cpu *cpu, const struct span *s, uint8_t *data);
void lsu_store(struct cpu *cpu, const struct span *s, const uint8_t *data);

enum exec lsu_linear(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, bool write,
                     uint64_t *la);
enum exec lsu_read(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, uint64_t *v);
enum exec lsu_write(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, uint64_t v);
enum exec lsu_rmw_begin(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, bool lock,
                        struct rmw *m, uint8_t *data);
enum exec lsu_probe(struct cpu *cpu, unsigned seg, uint64_t off);
enum exec lsu_probe_write(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes);

/* Implicit accesses to system structures (descriptor tables, TSS), by linear address. */
enum exec lsu_sys_read(struct cpu *cpu, uint64_t la, unsigned bytes, uint64_t *v);
enum exec lsu_sys_set_bits(struct cpu *cpu, uint64_t la, uint8_t bits);

uint64_t lsu_phys_read(struct cpu *cpu, uint64_t pa, unsigned bytes, uint8_t src, uint8_t flags);
void lsu_phys_write(struct cpu *cpu, uint64_t pa, unsigned bytes, uint8_t src, uint8_t flags,
                    uint64_t v);
uint8_t *lsu_ram_page(const struct cpu *cpu, uint64_t pa);
bool lsu_fetch_window(struct cpu *cpu, uint64_t la);

static inline uint64_t le_load(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    switch (bytes) {
    case 1:
        return *p;
    case 2: {
        uint16_t w;
        memcpy(&w, p, 2);
        return w;
    }
    case 4: {
        uint32_t d;
        memcpy(&d, p, 4);
        return d;
    }
    default:
        memcpy(&v, p, bytes);
        return v;
    }
}

static inline void le_store(uint8_t *p, unsigned bytes, uint64_t v)
{
    switch (bytes) {
    case 1:
        *p = (uint8_t)v;
        return;
    case 2:
        memcpy(p, &v, 2);
        return;
    case 4:
        memcpy(p, &v, 4);
        return;
    case 8:
        memcpy(p, &v, 8);
        return;
    default:
        memcpy(p, &v, bytes);
    }
}

/* Why a page found under this tag needs no translation. What a TLB hit depends on is in the tag or
 * ends its generation:
 * - page number, RFLAGS.AC and user or supervisor mode are in the tag (the latter and the
 * generation by cpu->quick_key), so SMAP's and U/S's answer is the one that the fill saw; implicit
 * accesses are never filled and never look here;
 * - CR0, CR3, CR4, EFER, PAT, PKRU, PKRS and APIC_BASE: a change drops all pages (cpu_derive); the
 *   PDPTE registers and MTRRs do not matter to a hit that is not recorded;
 * - the TLB entry: when one that was valid is lost to a flush, a drop or a victim, or when a new
 *   one overlaps another, the epoch of its TLB changes and all pages are dropped (cpu_quick_age);
 * - R/W and D: a page is in quick_write only after a write to it was translated, and nothing short
 *   of losing the entry takes the right or D away;
 * - #AC: pages are not filled where it could occur, and CR0.AM is in CR0, AC in the tag;
 * - segmentation: the key of a segment that is not flat matches no tag, and the access lies inside
 *   the page;
 * - data breakpoints: no page that holds a byte of one is filled; a change of them drops all pages;
 * - memory: only RAM is filled, and not under the local APIC; to write, only pages that keep what
 * is written and that no code was decoded from (decode_cache.c). A hit changes no state of the TLB
 * (replacement is round-robin), so hits that are not made here leave it as it was.
 * testbenches/paths holds the two ways against each other. */
static inline uint64_t quick_key(uint64_t generation, bool user)
{
    return generation << 2 | user;
}

static inline uint64_t quick_tag(const struct cpu *cpu, uint64_t la, uint64_t key)
{
    return (la & ~UINT64_C(0xfff)) | key | (cpu->rflags >> 17 & 2);
}

static inline unsigned quick_slot(uint64_t la)
{
    return (unsigned)(la >> 12) & ((1u << QUICK_LOG2) - 1);
}

/* The host's address of the operand when nothing can go wrong with the access, else NULL. */
static inline uint8_t *quick_find(const struct cpu *cpu, const struct quick *table, unsigned seg,
                                  uint64_t off, unsigned bytes)
{
    uint64_t la = (off + cpu->seg_base[seg]) & cpu->la_mask;
    const struct quick *q = &table[quick_slot(la)];

    if (q->tag != quick_tag(cpu, la, cpu->quick_key[seg]) || (la & 0xfff) + bytes > 4096)
        return NULL;
    return q->host + (la & 0xfff);
}

static inline enum exec mem_read(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes,
                                 uint64_t *v)
{
    const uint8_t *p = quick_find(cpu, cpu->quick_read, seg, off, bytes);

    if (!p)
        return lsu_read(cpu, seg, off, bytes, v);
    *v = le_load(p, bytes);
    return EXEC_OK;
}

static inline enum exec mem_write(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes,
                                  uint64_t v)
{
    uint8_t *p = quick_find(cpu, cpu->quick_write, seg, off, bytes);

    if (!p)
        return lsu_write(cpu, seg, off, bytes, v);
    le_store(p, bytes, v);
    return EXEC_OK;
}

static inline enum exec mem_rmw_begin(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes,
                                      bool lock, struct rmw *m, uint64_t *v)
{
    m->host = quick_find(cpu, cpu->quick_write, seg, off, bytes);
    if (m->host) {
        *v = le_load(m->host, bytes);
        return EXEC_OK;
    }

    uint8_t data[16];
    enum exec e = lsu_rmw_begin(cpu, seg, off, bytes, lock, m, data);

    if (e == EXEC_OK)
        *v = le_load(data, bytes);
    return e;
}

static inline void mem_rmw_end(struct cpu *cpu, const struct rmw *m, unsigned bytes, uint64_t v)
{
    uint8_t data[8];

    if (m->host) {
        le_store(m->host, bytes, v);
        return;
    }
    le_store(data, bytes, v);
    lsu_store(cpu, &m->span, data);
}

/* The fetch window becomes the page of la, if that takes no translation. */
static inline bool window_quick(struct cpu *cpu, uint64_t la)
{
    uint64_t page = la & ~UINT64_C(0xfff);
    const struct quick *q = &cpu->quick_fetch[quick_slot(la)];

    if (cpu->window.valid && cpu->window.la == page)
        return true;
    if (q->tag != (page | quick_key(cpu->fetch_gen, cpu->cpl == 3)))
        return false;
    cpu->window = (struct fetch_window){true, page, (uint64_t)(q->host - cpu->mem.ram), q->host};
    return true;
}

/* Stack: SDM Vol. 1 "Procedure Stack"; the width of the pointer is that of the stack segment. */
static inline void set_sp(struct cpu *cpu, uint64_t v)
{
    if (cpu->sp_mask == 0xffff)
        cpu->r[RSP] = (cpu->r[RSP] & ~UINT64_C(0xffff)) | (v & 0xffff);
    else
        cpu->r[RSP] = v & cpu->sp_mask;
}

static inline enum exec push(struct cpu *cpu, uint64_t v, unsigned bytes)
{
    uint64_t sp = (cpu->r[RSP] - bytes) & cpu->sp_mask;
    enum exec e = mem_write(cpu, SEG_SS, sp, bytes, v);

    if (e == EXEC_OK)
        set_sp(cpu, sp);
    return e;
}

static inline enum exec pop(struct cpu *cpu, unsigned bytes, uint64_t *v)
{
    uint64_t sp = cpu->r[RSP] & cpu->sp_mask;
    enum exec e = mem_read(cpu, SEG_SS, sp, bytes, v);

    if (e == EXEC_OK)
        set_sp(cpu, sp + bytes);
    return e;
}

#endif
