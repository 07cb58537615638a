// SPDX-License-Identifier: Apache-2.0
// What a slot of a system program can be, by weight, and how it goes on to the next one.
#include "sys.h"

#include <stddef.h>

/* At ring 3, where the frame outlives it. */
static void some_bytes(struct gen *g)
{
    unsigned until = g->n + 8 + below(g, 40);

    if (g->ring != 3) {
        one_instruction(g);
        return;
    }
    while (g->n < until)
        any_bytes(g);
}

/* Where a kind makes sense: rings; NOT_16: not in 16-bit code. A kind of ring 0 is made elsewhere
 * too, one time in so many. */
enum { NOT_16 = 1, RING_0 = 2, OTHER_RINGS = 12 };

static const struct kind {
    unsigned weight, where;
    void (*make)(struct gen *g);
} kinds[] = {
    {90, 0, one_instruction},
    {24, 0, some_bytes},
    {6, 0, branch},
    {4, 0, call_or_jump},
    {3, 0, enter},
    {5, NOT_16, self_modify},
    {7, 0, fast_call},
    {14, 0, sys_call_gate},
    {12, 0, sys_soft_gate},
    {12, 0, sys_outer_return},
    {8, 0, sys_far_jump},
    {8, 0, sys_other_size},
    {9, 0, sys_syscall},
    {10, 0, sys_segment_load},
    {14, 0, sys_descriptor},
    {8, 0, sys_table_register},
    {12, 0, sys_task_state},
    {12, RING_0, sys_breakpoint},
    {5, RING_0, sys_debug_register},
    {10, 0, sys_flags},
    {8, 0, sys_interrupt},
    {14, RING_0, sys_control_bits},
    {5, RING_0, sys_paging_off},
    {10, RING_0, sys_msr},
    {6, RING_0, sys_x2apic},
    {16, 0, sys_page_entry},
    {5, 0, sys_keys},
    {6, NOT_16, sys_window_code},
    {8, 0, sys_io},
};

static void draw_kind(struct gen *g)
{
    unsigned total = 0, w;
    const struct kind *k = kinds;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        total += kinds[i].weight;
    do {
        k = kinds;
        for (w = below(g, total); w >= k->weight; k++)
            w -= k->weight;
    } while ((k->where & NOT_16 && g->narrow) ||
             (k->where & RING_0 && g->ring != 0 && below(g, OTHER_RINGS) != 0));
    k->make(g);
}

/* How many bytes the way to the next slot takes. */
static unsigned way_bytes(const struct gen *g, const struct sys_slot *next)
{
    const struct sys_slot *s = &g->sys->slots[g->slot];

    if (next == NULL || next->episode != s->episode || next->ring != s->ring ||
        next->stack16 != s->stack16)
        return 2;
    return next->size == s->size ? 0 : s->size == SIZE_64 ? 13 : 8;
}

/* An event where ring, stack or episode change, a far jump where only the size does, else a jump.
 */
static void way(struct gen *g, const struct sys_slot *next)
{
    unsigned bytes = way_bytes(g, next), to = BODY + (g->slot + 1) * SYS_SLOT, n;

    if (bytes > 2) {
        unsigned sel = code_selector(next->size, next->ring);

        to -= next->size == SIZE_16 ? sys_episode(g)->base16 : 0;
        if (g->wide) { /* JMP by a pointer behind it */
            n = here_linear(g) + 7;
            put(g, 0x252cff, 3);
            put(g, n, 4);
            put(g, to, 4);
            put(g, sel, 2);
        } else {
            op32(g);
            put(g, 0xea, 1);
            put(g, to, 4);
            put(g, sel, 2);
        }
    } else if (bytes == 2) {
        int_n(g, chance(g, 50) ? 3 : 0x58 + below(g, 8));
    } else if (g->n + 2 <= SYS_SLOT) {
        put(g, 0xeb, 1);
        put(g, SYS_SLOT - g->n - 1, 1);
    }
    while (g->n < SYS_SLOT)
        put(g, bytes == 0 && g->n + 1 == SYS_SLOT ? 0x90 : 0xcc, 1);
}

void sys_make_slot(struct gen *g)
{
    unsigned slot = g->slot, room;
    const struct sys_slot *next = slot + 1 < g->slots ? &g->sys->slots[slot + 1] : NULL;

    do {
        sys_begin_slot(g, slot);
        room = SYS_SLOT - way_bytes(g, next);
        if (chance(g, 25))
            mov_imm(g, any_reg(g), value(g));
        draw_kind(g);
        if (g->n < 40 && chance(g, 25))
            draw_kind(g);
    } while (g->n > room);
    sys_code_size(g, g->sys->slots[slot].size);
    way(g, next);
}
