// SPDX-License-Identifier: Apache-2.0
#include "vtd_entry.h"

static uint64_t bits(unsigned high, unsigned low)
{
    return high < low ? 0 : UINT64_MAX >> (63 - high) & UINT64_MAX << low;
}

static uint64_t field(uint64_t v, unsigned high, unsigned low)
{
    return (v & bits(high, low)) >> low;
}

/* VT-d "Capability Register", "Extended Capability Register". */
struct vtd_format vtd_format(const struct legality_unit *u)
{
    uint64_t c = u->cap, e = u->ecap;

    return (struct vtd_format){.haw = u->haw,
                               .widths = (unsigned)field(c, 11, 9) << 1,
                               .mgaw = (unsigned)field(c, 21, 16) + 1,
                               .pt = field(e, 6, 6),
                               .dt = field(e, 2, 2),
                               .ir = field(e, 3, 3),
                               .qi = field(e, 1, 1),
                               .eim = field(e, 4, 4),
                               .snoop = field(e, 7, 7),
                               .large_2m = field(c, 34, 34),
                               .large_1g = field(c, 35, 35),
                               .zlr = field(c, 22, 22),
                               .drain_reads = field(c, 55, 55),
                               .drain_writes = field(c, 54, 54),
                               .write_buffer = field(c, 4, 4),
                               .esrtps = field(c, 63, 63),
                               .esirtps = field(c, 62, 62),
                               .page_selective = field(c, 39, 39),
                               .low = field(c, 5, 5),
                               .high = field(c, 6, 6),
                               .mamv = (unsigned)field(c, 53, 48),
                               .mhmv = (unsigned)field(e, 23, 20),
                               .records = (unsigned)field(c, 47, 40) + 1,
                               .fault_offset = (uint32_t)field(c, 33, 24) * 16,
                               .iva_offset = (uint32_t)field(e, 17, 8) * 16};
}

uint64_t vtd_base(const struct vtd_format *f, uint64_t e)
{
    return e & bits(f->haw - 1, 12);
}

bool vtd_interrupt_range(uint64_t addr)
{
    return addr >> 20 == 0xFEE;
}

/* --- VT-d "Root Entry", "Context Entry" --- */

enum vtd_reason vtd_root_reason(const struct vtd_format *f, const uint64_t e[2])
{
    if (!(e[0] & 1))
        return REASON_ROOT_ABSENT;
    if ((e[0] & (bits(11, 1) | bits(63, f->haw))) != 0 || e[1] != 0)
        return REASON_ROOT_RESERVED;
    return REASON_NONE;
}

unsigned vtd_type(const uint64_t e[2])
{
    return (unsigned)field(e[0], 3, 2);
}

unsigned vtd_levels(const uint64_t e[2])
{
    return (unsigned)field(e[1], 2, 0) + 2;
}

bool vtd_inside(const struct vtd_format *f, unsigned levels, uint64_t addr)
{
    unsigned width = 12 + 9 * levels;

    return addr >> (f->mgaw < width ? f->mgaw : width) == 0;
}

uint16_t vtd_did(const uint64_t e[2])
{
    return (uint16_t)field(e[1], 23, 8);
}

bool vtd_fpd(const uint64_t e[2])
{
    return (e[0] & 2) != 0;
}

/* The order of the checks: docs/choices.md where the specification gives none. */
enum vtd_reason vtd_context_reason(const struct vtd_format *f, const uint64_t e[2], unsigned at)
{
    unsigned type = vtd_type(e), aw = (unsigned)field(e[1], 2, 0);
    unsigned wanted = f->widths;

    if (!(e[0] & 1))
        return REASON_CONTEXT_ABSENT;
    if ((e[0] & (bits(11, 4) | bits(63, f->haw))) != 0 || (e[1] & (bits(7, 7) | bits(63, 24))) != 0)
        return REASON_CONTEXT_RESERVED;
    if (type == 3 || (type == 2 && !f->pt) || (type == 1 && !f->dt))
        return REASON_CONTEXT_INVALID;
    if (at == 3 || (at != AT_UNTRANSLATED && type != 1))
        return REASON_ADDRESS_TYPE;
    if (type == 2) /* pass-through wants the largest */
        wanted &= ~(wanted >> 1 | wanted >> 2);
    return (wanted >> aw & 1) == 0 ? REASON_CONTEXT_INVALID : REASON_NONE;
}

/* --- VT-d "Second-Stage Paging Entries" --- */

unsigned vtd_shift(unsigned level)
{
    return 3 + 9 * level;
}

uint64_t vtd_slot(unsigned level, uint64_t table, uint64_t iova)
{
    return table + (iova >> vtd_shift(level) & 0x1FF) * 8;
}

bool vtd_leaf(unsigned level, uint64_t e)
{
    return level == 1 || ((level == 2 || level == 3) && (e & 0x80) != 0);
}

bool vtd_reserved(const struct vtd_format *f, unsigned level, uint64_t e)
{
    bool ps = (e & 0x80) != 0 && level > 1;
    bool ps_good = (level == 2 && f->large_2m) || (level == 3 && f->large_1g);

    if ((e & (bits(51, f->haw) | bits(62, 62))) != 0 || (ps && !ps_good))
        return true;
    if ((e & 0x800) != 0 && !(f->snoop && vtd_leaf(level, e)))
        return true;
    return ps && (e & bits(vtd_shift(level) - 1, 12)) != 0;
}

uint64_t vtd_output(const struct vtd_format *f, unsigned level, uint64_t e, uint64_t iova)
{
    uint64_t offset = bits(vtd_shift(level) - 1, 0);

    return (vtd_base(f, e) & ~offset) | (iova & offset);
}

/* --- VT-d "Interrupt Remapping Table Entry" --- */

enum vtd_reason vtd_irte_reason(const uint64_t e[2], bool eime)
{
    uint64_t low = bits(15, 12) | bits(31, 24); /* posted: not there */

    if (!eime)
        low |= bits(39, 32) | bits(63, 48);
    if (!(e[0] & 1))
        return REASON_ENTRY_ABSENT;
    return (e[0] & low) != 0 || (e[1] & bits(63, 20)) != 0 ? REASON_ENTRY_RESERVED : REASON_NONE;
}

bool vtd_source_good(const uint64_t e[2], uint16_t sid)
{
    static const uint16_t function_bits[] = {0, 4, 6, 7}; /* not compared, by SQ */
    uint16_t wanted = (uint16_t)field(e[1], 15, 0);

    switch (field(e[1], 19, 18)) { /* SVT */
    case 0:
        return true;
    case 1:
        return ((wanted ^ sid) & ~function_bits[field(e[1], 17, 16)] & 0xFFFF) == 0;
    case 2:
        return wanted >> 8 <= sid >> 8 && sid >> 8 <= (wanted & 0xFF);
    default:
        return false;
    }
}

uint64_t vtd_message_address(const uint64_t e[2], bool eime)
{
    uint64_t low = UINT64_C(0xFEE00000) | (e[0] >> 3 & 1) << 3 | (e[0] >> 2 & 1) << 2;

    if (!eime)
        return low | field(e[0], 47, 40) << 12;
    return low | field(e[0], 39, 32) << 12 | field(e[0], 63, 40) << 40;
}

uint32_t vtd_message_data(const uint64_t e[2])
{
    return (uint32_t)(field(e[0], 23, 16) | field(e[0], 7, 5) << 8 | UINT64_C(1) << 14 |
                      (e[0] >> 4 & 1) << 15);
}
