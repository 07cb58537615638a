// SPDX-License-Identifier: Apache-2.0
#include "values.h"

/* One word on its way back through its past. */
struct thread {
    const struct history_value *next; /* what it was before; NULL: nothing that counts */
    uint64_t value;
};

static uint64_t part(uint64_t addr, unsigned bytes, uint64_t word)
{
    return bytes == 4 ? word >> (addr & 4) * 8 & UINT32_MAX : word;
}

static uint64_t changed(const struct thread *t, uint64_t floor)
{
    return t->next != NULL && t->next->to > floor ? t->next->to : 0;
}

static void back(const struct history *h, struct thread *t, uint64_t addr, unsigned bytes)
{
    t->value = part(addr, bytes, t->next->value);
    t->next = history_older(h, t->next);
}

unsigned values_of(const struct history *h, uint64_t addr, unsigned bytes, const uint64_t now[2],
                   uint64_t floor, struct value out[VALUES], bool *lost)
{
    struct thread word[2] = {{history_newest(h, addr & ~UINT64_C(7)), now[0]}};
    unsigned words = bytes == 16 ? 2 : 1, n = 0;

    *lost = *lost || history_lost(h, addr & ~UINT64_C(7)) > floor;
    if (words == 2) {
        word[1] = (struct thread){history_newest(h, addr + 8), now[1]};
        *lost = *lost || history_lost(h, addr + 8) > floor;
    }
    out[0] = (struct value){.v = {word[0].value, word[1].value}, .to = TIME_OPEN};
    for (;;) {
        uint64_t a = changed(&word[0], floor), b = changed(&word[1], floor);
        uint64_t when = a > b ? a : b;
        struct legality_writer by;

        if (when == 0)
            break;
        by = a == when ? word[0].next->by : word[1].next->by;
        if (a == when)
            back(h, &word[0], addr, bytes);
        if (b == when)
            back(h, &word[1], addr + 8, bytes);
        if (word[0].value == out[n].v[0] && word[1].value == out[n].v[1])
            continue;
        out[n].from = when;
        if (n + 1 == VALUES) {
            *lost = true;
            return n + 1;
        }
        out[++n] = (struct value){{word[0].value, word[1].value}, 0, when, by};
    }
    /* The oldest begins where the one before it, which does not count, has ended. */
    for (unsigned i = 0; i < words; i++)
        if (word[i].next != NULL && word[i].next->to > out[n].from)
            out[n].from = word[i].next->to;
    return n + 1;
}
