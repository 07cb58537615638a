// SPDX-License-Identifier: Apache-2.0
// What the generator draws: random numbers, values that find edges, places in the window of data
// pages, selectors of frame.S.
#include "sys.h"

uint64_t rnd(struct gen *g)
{
    uint64_t z = g->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

unsigned below(struct gen *g, unsigned n)
{
    return (unsigned)(rnd(g) % n);
}

bool chance(struct gen *g, unsigned percent)
{
    return below(g, 100) < percent;
}

/* A value that finds edges: small, near a power of two, or anything. */
uint64_t value(struct gen *g)
{
    switch (below(g, 6)) {
    case 0:
        return rnd(g) & 0xff;
    case 1:
        return UINT64_C(0) - (rnd(g) & 0xff);
    case 2:
        return (UINT64_C(1) << below(g, 64)) + (uint64_t)(rnd(g) % 3) - 1;
    case 3:
        return rnd(g) & 0xffffffff;
    default:
        return rnd(g);
    }
}

static unsigned reg_count(const struct gen *g)
{
    return g->wide ? 16 : 8;
}

/* A handler without a stack of its own (32-bit ring 0) needs ESP as it is. */
bool sp_is_free(const struct gen *g)
{
    return g->wide || g->long_mode || g->ring != 0;
}

unsigned any_reg(struct gen *g)
{
    unsigned r;

    do
        r = below(g, reg_count(g));
    while (r == 4 && !sp_is_free(g));
    return r;
}

/* Where an operand may lie: mostly inside, often across a page or a 16-byte block, now and then
 * at the end of the window or nowhere. */
uint64_t target(struct gen *g)
{
    uint64_t base = g->data, page = below(g, WINDOW_PAGES);

    if (g->mode == MODE_SYSTEM && chance(g, 6)) /* by a large page */
        base += (g->paging == PAGING_32 ? LARGE_4 : LARGE_8) - REGION;
    if (g->mode == MODE_SYSTEM && g->wide && chance(g, 5))
        base += HUGE; /* by a page of 1 GByte */
    if (g->wide && chance(g, 6))
        base |= UINT64_C(0xffffff8000000000); /* the same pages, upper half */
    switch (below(g, 20)) {
    case 0:
        return base + WINDOW_PAGES * 4096 - below(g, 20);
    case 1:
        return g->wide && chance(g, 40) ? value(g) | UINT64_C(0x1000000000000)
                                        : base - below(g, 20);
    case 2:
    case 3:
    case 4:
        return base + (page ? page : 1) * 4096 - below(g, 18);
    case 5:
    case 6:
    case 7:
        return base + page * 4096 + 256 + below(g, 64) * 16 - below(g, 18);
    case 8:
        return base + (WINDOW_PAGES + below(g, 2)) * 4096 +
               below(g, 4000); /* read-only, kernel's */
    default:
        return base + page * 4096 + 64 + below(g, 3900) / 8 * 8;
    }
}

uint32_t slot_address(const struct gen *g, unsigned slot)
{
    return g->body + slot * g->slot_bytes;
}

unsigned ahead(struct gen *g)
{
    unsigned to = g->slot + 1 + below(g, 3);

    return to < g->last_slot ? to : g->last_slot;
}

/* Of the GDT of frame.S. */
uint16_t selector(struct gen *g)
{
    static const uint16_t selectors[] = {0,    3,    0x10, 0x20, 0x23, 0x23, 0x23, 0x48, 0x4b,
                                         0x53, 0x5b, 0x63, 0x6b, 0x33, 0x7b, 0x0c, 0x73, 0x1b};

    if (g->mode == MODE_SYSTEM)
        return sys_data_selector(g);
    return selectors[below(g, sizeof selectors / sizeof selectors[0])];
}

/* Any entry of it, the gates and system segments too, with any RPL; now and then of the LDT. */
uint16_t any_selector(struct gen *g)
{
    if (g->mode == MODE_SYSTEM)
        return sys_selector(g);
    return (uint16_t)(below(g, 30) * 8 + below(g, 4) + (chance(g, 10) ? 4u : 0u));
}

/* A place in the window that can be written. */
uint32_t good_target(struct gen *g)
{
    return g->data + below(g, WINDOW_PAGES) * 4096 + 64 + below(g, 3900);
}

uint32_t stack_place(struct gen *g)
{
    if (g->mode == MODE_SYSTEM)
        return STACK_R + g->ring * 0x1000 - 8 - below(g, 0x80) * 8;
    return g->data + 0x800 + below(g, 0x4000);
}
