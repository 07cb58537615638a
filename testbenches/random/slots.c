// SPDX-License-Identifier: Apache-2.0
// What stands in a slot: a kind by weight, then the way to the next slot.
#include "randgen.h"

void any_bytes(struct gen *g)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e,
                                       0x36, 0x64, 0x65, 0x26, 0x3e, 0x48};

    while (chance(g, 30))
        put(g, prefixes[below(g, sizeof prefixes)], 1);
    if (g->wide && chance(g, 35))
        put(g, 0x40 + below(g, 16), 1);
    if (chance(g, 45)) {
        put(g, 0x0f, 1);
        if (chance(g, 8))
            put(g, chance(g, 80) ? 0x38 : 0x3a, 1);
    }
    put(g, rnd(g), 1);
    put(g, rnd(g), 1);
    if (chance(g, 50))
        put(g, rnd(g), 1 + below(g, 8));
    else
        put(g, rnd(g) & 0xff00ff, below(g, 5));
}

/* The kinds of slot. */
static const struct {
    unsigned weight;
    void (*make)(struct gen *g); /* NULL: one instruction of forms.c */
    bool ring_0;
} kinds[] = {
    {2, branch, false},      {1, call_or_jump, false}, {1, far_return, false},
    {1, enter, false},       {1, self_modify, false},  {2, system_registers, true},
    {1, far_pointer, false}, {1, fast_call, false},    {30, NULL, false},
};

/* False: what was drawn does not exist here. */
static bool one_slot(struct gen *g)
{
    unsigned total = 0, i = 0, w;

    if (g->fuzz && chance(g, 60)) {
        unsigned until = 10 + below(g, SLOT - 12);

        while (g->n < until)
            any_bytes(g);
        g->n = g->n > SLOT ? SLOT : g->n;
        return true;
    }
    if (g->changes_pages && chance(g, 12)) {
        paging_slot(g);
        return true;
    }
    if (chance(g, 25))
        mov_imm(g, any_reg(g), value(g));
    for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        total += kinds[k].weight;
    w = below(g, total);
    while (w >= kinds[i].weight)
        w -= kinds[i++].weight;
    if (kinds[i].ring_0 && g->ring != 0)
        return false;
    if (!kinds[i].make)
        return instruction(g);
    kinds[i].make(g);
    return true;
}

/* The rest of a slot: NOPs of every length, or a jump to the next. */
void fill(struct gen *g)
{
    static const uint8_t nops[9][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };

    if (g->slot_bytes - g->n >= 2 && chance(g, 40)) {
        put(g, 0xeb, 1);
        put(g, g->slot_bytes - g->n - 1, 1);
        while (g->n < g->slot_bytes)
            put(g, 0xcc, 1);
    }
    while (g->n < g->slot_bytes) {
        unsigned left = g->slot_bytes - g->n, k = 1 + below(g, left < 9 ? left : 9);

        if (left >= 9 && chance(g, 70))
            k = 9;
        for (unsigned i = 0; i < k; i++)
            put(g, nops[k - 1][i], 1);
    }
}

void make_slot(struct gen *g)
{
    bool made;

    do {
        g->n = 0;
        made = one_slot(g);
    } while (!made || g->n > g->slot_bytes);
    fill(g);
}
