// SPDX-License-Identifier: Apache-2.0
// The plan of a system program: episodes with their mode and control bits, and for each slot the
// ring, code size, flags and stack that an event goes on with.
#include "sys.h"

#define CR0_BASE 0x11u /* PE, ET */
#define CR0_PG   0x80000000u
#define CR4_PAE  0x20u
#define CR4_LA57 0x1000u
#define CR4_SMEP 0x100000u
#define EFER_LME 0x100u
#define EFER_NXE 0x800u

struct bit {
    uint32_t bit;
    unsigned percent;
};

static const struct bit cr0_bits[] = {{0x10000, 70} /* WP */, {0x40000, 50} /* AM */,
                                      {0x20, 50} /* NE */,    {2, 20} /* MP */,
                                      {8, 10} /* TS */,       {0x40000000, 10} /* CD */};
static const struct bit cr4_bits[] = {
    {4, 15} /* TSD */,
    {8, 50} /* DE */,
    {0x10, 60} /* PSE */,
    {0x80, 50} /* PGE */,
    {0x100, 20} /* PCE */,
    {0x800, 25} /* UMIP */,
    {0x10000, 60} /* FSGSBASE */,
    {0x200000, 20} /* SMAP */,
    {CR4_PKE, 50},
    {0x1000000, 40} /* PKS */,
};
static const struct {
    unsigned percent, paging;
} modes[] = {{12, PAGING_OFF}, {16, PAGING_32}, {16, PAGING_PAE}, {40, PAGING_4}, {16, PAGING_5}};

static uint32_t draw_bits(struct gen *g, const struct bit *bits, unsigned n)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v |= chance(g, bits[i].percent) ? bits[i].bit : 0;
    return v;
}

static void plan_episode(struct gen *g, struct episode *e)
{
    unsigned w = below(g, 100), i = 0;

    while (w >= modes[i].percent)
        w -= modes[i++].percent;
    e->paging = modes[i].paging;
    e->is_long = e->paging >= PAGING_4;
    e->who = chance(g, 15) ? ONLY_USER : chance(g, 15) ? ONLY_SUPERVISOR : ANY_RING;
    e->cr0 = CR0_BASE | draw_bits(g, cr0_bits, sizeof cr0_bits / sizeof cr0_bits[0]);
    e->cr4 = draw_bits(g, cr4_bits, sizeof cr4_bits / sizeof cr4_bits[0]);
    if (e->who != ANY_RING && chance(g, 60)) /* the body's pages are of one kind */
        e->cr4 |= CR4_SMEP;
    if (e->paging != PAGING_OFF)
        e->cr0 |= CR0_PG;
    if (e->paging >= PAGING_PAE)
        e->cr4 |= CR4_PAE;
    if (e->paging == PAGING_5)
        e->cr4 |= CR4_LA57;
    e->efer =
        (e->is_long ? EFER_LME : 0) | (chance(g, 80) ? 1u : 0) | (chance(g, 70) ? EFER_NXE : 0);
    if (e->is_long && chance(g, 40)) {
        e->cr4 |= CR4_PCIDE;
        e->pcid = below(g, 4);
    }
    e->pkru = (uint32_t)(rnd(g) & rnd(g));
    e->fmask = chance(g, 70) ? 0x47700 : (uint32_t)rnd(g);
    e->pat = 0x00070406 ^ (chance(g, 30) ? 0x00060000u : 0);
}

/* One of the sizes that the mode has, one of the rings that the episode has. */
static void plan_run(struct gen *g, const struct episode *e, struct sys_slot *s)
{
    s->size = e->is_long && chance(g, 55) ? SIZE_64 : chance(g, 65) ? SIZE_32 : SIZE_16;
    s->ring = e->who == ONLY_USER         ? 3
              : e->who == ONLY_SUPERVISOR ? below(g, 3) * below(g, 2)
              : chance(g, 40)             ? 0
                                          : 1 + below(g, 3);
    s->stack16 = s->size != SIZE_64 && chance(g, 20);
}

static uint32_t plan_flags(struct gen *g)
{
    uint32_t f = (uint32_t)rnd(g) & 0xcd5;

    f = (f & ~0x400u) | (chance(g, 20) ? 0x400u : 0) | (chance(g, 85) ? 0x200u : 0);
    f |= chance(g, 4) ? 0x100u : 0;
    f |= below(g, 4) << 12;
    f |= (chance(g, 2) ? 0x4000u : 0) | (chance(g, 10) ? 0x10000u : 0) |
         (chance(g, 20) ? 0x40000u : 0);
    return f | 2;
}

void sys_plan(struct gen *g, struct sys *s)
{
    unsigned n = 0;

    while (n < g->slots) {
        struct episode *e = &s->episodes[s->count];
        struct sys_slot run = {.episode = s->count++};
        unsigned left = 0;

        plan_episode(g, e);
        e->first = n;
        e->slots = (1 + below(g, 2)) * SYS_SLOTS_A_PAGE;
        if (e->slots > g->slots - n)
            e->slots = g->slots - n;
        e->base16 = BODY + n * SYS_SLOT;
        for (unsigned i = 0; i < e->slots; i++, left--) {
            if (left == 0) {
                plan_run(g, e, &run);
                left = 1 + below(g, 10);
            }
            run.flags = plan_flags(g);
            s->slots[n++] = run;
        }
    }
}

const struct episode *sys_episode(const struct gen *g)
{
    return &g->sys->episodes[g->sys->slots[g->slot].episode];
}

void sys_begin_slot(struct gen *g, unsigned n)
{
    const struct sys_slot *s = &g->sys->slots[n];
    const struct episode *e = &g->sys->episodes[s->episode];

    g->slot = n;
    g->n = 0;
    g->ring = s->ring;
    g->paging = e->paging;
    g->long_mode = e->is_long;
    g->last_slot = n + 1; /* code of one size and ring */
    while (g->last_slot + 1 < e->first + e->slots &&
           g->sys->slots[g->last_slot + 1].size == s->size &&
           g->sys->slots[g->last_slot + 1].ring == s->ring)
        g->last_slot++;
    sys_code_size(g, s->size);
}
