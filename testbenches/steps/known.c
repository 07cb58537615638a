// SPDX-License-Identifier: Apache-2.0
// Where QEMU 7.2 (TCG) or Bochs 2.7 and the golden model differ and the model is right, where the
// platform answers, and what the SDM leaves open: the rooms' rows as one table.
#include "known.h"

#include <limits.h>

static const struct known_room *const rooms[] = {
    &known_platform, &known_open,     &known_segments, &known_events, &known_debug,
    &known_memory,   &known_syscalls, &known_insn,     &known_bochs,  &known_bochs_events};

#define ROOMS (sizeof(rooms) / sizeof(rooms[0]))
static_assert(ROOMS * KNOWN_ROOM_MAX <= KNOWN_MAX, "judge.h counts by row");

int known_row(const struct moment *m, unsigned field)
{
    unsigned row = 0, rank = UINT_MAX;
    int found = -1;

    for (unsigned room = 0; room < ROOMS; room++)
        for (unsigned i = 0; i < rooms[room]->count; i++, row++) {
            const struct known *k = &rooms[room]->rows[i];

            if (k->rank < rank && (k->on & m->on->bit) && k->explains(m, field)) {
                rank = k->rank;
                found = (int)row;
            }
        }
    return found;
}

static const struct known *at(unsigned row)
{
    unsigned room = 0;

    for (; row >= rooms[room]->count; room++)
        row -= rooms[room]->count;
    return &rooms[room]->rows[row];
}

enum known_action known_action(unsigned row)
{
    return at(row)->action;
}

const char *known_name(unsigned row)
{
    return at(row)->name;
}

const char *known_source(unsigned row)
{
    return at(row)->source;
}

const char *known_kind(unsigned row)
{
    return at(row)->kind;
}

unsigned known_on(unsigned row)
{
    return at(row)->on;
}

unsigned known_rows(void)
{
    unsigned rows = 0;

    for (unsigned room = 0; room < ROOMS; room++)
        rows += rooms[room]->count;
    return rows;
}
