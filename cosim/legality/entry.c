// SPDX-License-Identifier: Apache-2.0
#include "entry.h"

#define BITS(high, low) (UINT64_MAX >> (63 - (high)) & UINT64_MAX << (low))
#define LEVEL(n)        (1u << (n))

static const struct entry_mode mode_none = {.name = "none"};
static const struct entry_mode mode_32 = {
    .name = "32-bit", .levels = 2, .index_bits = 10, .bytes = 4, .va_bits = 32, .large = LEVEL(2)};
static const struct entry_mode mode_pae = {.name = "PAE",
                                           .levels = 2,
                                           .index_bits = 9,
                                           .bytes = 8,
                                           .va_bits = 32,
                                           .large = LEVEL(2),
                                           .roots4 = true};
static const struct entry_mode mode_4 = {.name = "4-level",
                                         .levels = 4,
                                         .index_bits = 9,
                                         .bytes = 8,
                                         .va_bits = 48,
                                         .large = LEVEL(2) | LEVEL(3),
                                         .keys = true};
static const struct entry_mode mode_5 = {.name = "5-level",
                                         .levels = 5,
                                         .index_bits = 9,
                                         .bytes = 8,
                                         .va_bits = 57,
                                         .large = LEVEL(2) | LEVEL(3),
                                         .keys = true};

/* 4.1.1 "Four Paging Modes" */
static const struct entry_mode *mode_of(const struct legality_registers *r)
{
    if (!(r->cr0 & CR0_PG))
        return &mode_none;
    if (!(r->cr4 & CR4_PAE))
        return &mode_32;
    if (!(r->efer & EFER_LMA))
        return &mode_pae;
    return r->cr4 & CR4_LA57 ? &mode_5 : &mode_4;
}

struct entry_format entry_format(const struct legality_registers *r)
{
    return (struct entry_format){.mode = mode_of(r),
                                 .maxphyaddr = r->maxphyaddr,
                                 .nxe = (r->efer & EFER_NXE) != 0,
                                 .pse = (r->cr4 & CR4_PSE) != 0,
                                 .no_pat = r->no_pat,
                                 .no_pse36 = r->no_pse36,
                                 .no_page1gb = r->no_page1gb};
}

bool entry_same_format(const struct entry_format *a, const struct entry_format *b)
{
    return a->mode == b->mode && a->maxphyaddr == b->maxphyaddr && a->nxe == b->nxe &&
           a->pse == b->pse && a->no_pat == b->no_pat && a->no_pse36 == b->no_pse36 &&
           a->no_page1gb == b->no_page1gb;
}

uint16_t entry_pcid(const struct legality_registers *r)
{
    return r->cr4 & CR4_PCIDE ? (uint16_t)(r->cr3 & 0xFFF) : 0;
}

static uint64_t address_bits(uint8_t maxphyaddr)
{
    return BITS(maxphyaddr - 1u, 12);
}

uint64_t entry_root(const struct legality_registers *r, unsigned number)
{
    const struct entry_mode *m = mode_of(r);

    if (m->roots4)
        return r->pdpte[number] & (address_bits(r->maxphyaddr) | ENTRY_P);
    if (m->bytes == 4)
        return (r->cr3 & BITS(31, 12)) | ENTRY_P;
    return (r->cr3 & address_bits(r->maxphyaddr)) | ENTRY_P;
}

unsigned entry_root_number(const struct entry_mode *m, uint64_t va)
{
    return m->roots4 ? (unsigned)(va >> 30 & 3) : 0;
}

uint64_t entry_linear(const struct entry_mode *m, uint64_t va)
{
    return va & BITS(m->va_bits - 1, 0);
}

unsigned entry_shift(const struct entry_mode *m, unsigned level)
{
    return 12 + (level - 1) * m->index_bits;
}

uint64_t entry_address(const struct entry_mode *m, unsigned level, uint64_t table, uint64_t va)
{
    return table + (va >> entry_shift(m, level) & BITS(m->index_bits - 1, 0)) * m->bytes;
}

static bool maps_page(const struct entry_format *f, unsigned level, uint64_t e)
{
    if (level == 1)
        return true;
    if (f->mode->bytes == 4 && !f->pse)
        return false;
    return (f->mode->large & LEVEL(level)) && (e & ENTRY_PS);
}

/* Figures "Formats of CR3 and Paging-Structure Entries" and the tables beside them. */
static uint64_t reserved_32(const struct entry_format *f, unsigned level)
{
    if (level == 1)
        return f->no_pat ? ENTRY_PS : 0;
    if (f->no_pse36)
        return BITS(21, 13) | (f->no_pat ? BITS(12, 12) : 0);
    return BITS(21, f->maxphyaddr > 40 ? 21u : f->maxphyaddr - 19u) |
           (f->no_pat ? BITS(12, 12) : 0);
}

static uint64_t reserved_large(const struct entry_format *f, unsigned level)
{
    uint64_t pat = level == 1 ? ENTRY_PS : BITS(12, 12);
    uint64_t align = level == 1 ? 0 : BITS(entry_shift(f->mode, level) - 1, 13);

    return align | (f->no_pat ? pat : 0) | (level == 3 && f->no_page1gb ? ENTRY_PS : 0);
}

uint64_t entry_reserved(const struct entry_format *f, unsigned level, uint64_t e)
{
    bool page = maps_page(f, level, e);
    uint64_t bits;

    if (f->mode->bytes == 4)
        return page ? reserved_32(f, level) : 0;
    bits = BITS(f->mode->roots4 ? 62 : 51, f->maxphyaddr) | (f->nxe ? 0 : ENTRY_XD);
    if (page)
        return bits | reserved_large(f, level);
    return bits | (level > 3 ? ENTRY_PS : 0);
}

enum entry_role entry_role(const struct entry_format *f, unsigned level, uint64_t e)
{
    if (!(e & ENTRY_P))
        return ROLE_ABSENT;
    if (e & entry_reserved(f, level, e))
        return ROLE_RESERVED;
    return maps_page(f, level, e) ? ROLE_PAGE : ROLE_TABLE;
}

uint64_t entry_table(const struct entry_format *f, uint64_t e)
{
    return e & (f->mode->bytes == 4 ? BITS(31, 12) : address_bits(f->maxphyaddr));
}

uint64_t entry_page(const struct entry_format *f, unsigned level, uint64_t e, uint64_t va)
{
    uint64_t offset = BITS(entry_shift(f->mode, level) - 1, 0);
    uint64_t high = 0;

    if (f->mode->bytes == 4 && level == 2)
        high = (e >> 13 & 0xFF) << 32; /* PSE-36 */
    return (entry_table(f, e) & ~offset) | high | (va & offset);
}

unsigned entry_pat(unsigned level, uint64_t e)
{
    uint64_t pat = level == 1 ? e >> 7 & 1 : e >> 12 & 1;

    return (unsigned)(pat << 2 | (e >> 3 & 3));
}

struct entry_rights entry_add(const struct entry_format *f, struct entry_rights r, uint64_t e)
{
    r.rw = r.rw && (e & ENTRY_RW);
    r.us = r.us && (e & ENTRY_US);
    r.xd = r.xd || (f->mode->bytes == 8 && (e & ENTRY_XD));
    r.key = f->mode->keys ? (uint8_t)(e >> 59 & 15) : 0;
    return r;
}

/* 4.6.2 "Protection Keys" */
static bool key_denies(const struct legality_registers *r, const struct legality_access *a,
                       struct entry_rights rights)
{
    bool keys = mode_of(r)->keys && (r->cr4 & (rights.us ? CR4_PKE : CR4_PKS));
    uint32_t bits = (rights.us ? r->pkru : r->pkrs) >> (2 * rights.key) & 3;
    bool checked = (a->user && rights.us) || (r->cr0 & CR0_WP); /* WD */

    if (!keys || a->kind == LEGALITY_FETCH)
        return false;
    return (bits & 1) || ((bits & 2) && a->kind == LEGALITY_WRITE && checked);
}

/* 4.6.1 "Determination of Access Rights" */
static bool rights_deny(const struct legality_registers *r, const struct legality_access *a,
                        struct entry_rights rights)
{
    if (a->kind == LEGALITY_FETCH && rights.xd)
        return true;
    if (a->user)
        return !rights.us || (a->kind == LEGALITY_WRITE && !rights.rw);
    if (a->kind == LEGALITY_FETCH)
        return rights.us && (r->cr4 & CR4_SMEP);
    if (rights.us && (r->cr4 & CR4_SMAP) && (a->implicit || !a->ac))
        return true;
    return a->kind == LEGALITY_WRITE && !rights.rw && (r->cr0 & CR0_WP);
}

uint32_t entry_error(const struct legality_registers *r, const struct legality_access *a,
                     uint32_t cause)
{
    bool id = (r->cr4 & CR4_SMEP) || ((r->cr4 & CR4_PAE) && (r->efer & EFER_NXE));

    return cause | (a->kind == LEGALITY_WRITE ? ERROR_WR : 0) | (a->user ? ERROR_US : 0) |
           (a->kind == LEGALITY_FETCH && id ? ERROR_ID : 0);
}

uint32_t entry_denies(const struct legality_registers *r, const struct legality_access *a,
                      struct entry_rights rights)
{
    bool key = key_denies(r, a, rights);

    if (!key && !rights_deny(r, a, rights))
        return 0;
    return entry_error(r, a, ERROR_P | (key ? ERROR_PK : 0));
}
