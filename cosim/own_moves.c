// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "own_moves.h"

#include <inttypes.h>
#include <stdio.h>

static const char *kind(const struct own_move *m)
{
    return m->message ? "message" : m->write ? "write" : "read";
}

/* Of one requester, `late` accepted behind `early`, and on the bus before it. */
static void tell(const struct own_move *early, const struct own_move *late,
                 struct own_wrong_order *w)
{
    w->field = late->write ? "write" : "read";
    snprintf(w->rtl, sizeof(w->rtl),
             "the %s at 0x%" PRIx64 " of %02x:%02x.%x went before its %s at 0x%" PRIx64, kind(late),
             late->addr, late->sid >> 8, late->sid >> 3 & 31, late->sid & 7, kind(early),
             early->addr);
    snprintf(w->wanted, sizeof(w->wanted), "behind it: %s",
             late->write ? "posted writes of one requester keep their order"
                         : "a read does not pass an earlier write of its requester");
}

bool own_moves_add(struct own_moves *o, const struct own_move *m, struct own_wrong_order *w)
{
    bool good = true;

    for (unsigned i = 0; good && i < OWN_MOVES; i++) {
        const struct own_move *e = &o->move[i];
        bool passed = e->order < m->order && e->write && e->number > m->number;
        bool passes = e->order > m->order && m->write && e->number < m->number;

        if (e->order == 0 || e->sid != m->sid || (!passed && !passes))
            continue;
        tell(passed ? e : m, passed ? m : e, w);
        good = false;
    }
    o->move[o->count++ % OWN_MOVES] = *m;
    return good;
}
