// SPDX-License-Identifier: Apache-2.0
// What happened, newest last: a ring of events that does not grow. Times rise; a search asks for
// the newest, or the first behind a time, of which something holds.
#ifndef RW_LEGALITY_PAST_H
#define RW_LEGALITY_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct past {
    char *ring;
    size_t bytes, capacity; /* of one event; a count of them */
    uint64_t next;          /* number of the next one; the first is 1 */
};

/* Does it hold of the event? Every event begins with its time. */
typedef bool (*past_holds)(const void *event, const void *asked);

bool past_init(struct past *p, size_t bytes, size_t capacity);
void past_free(struct past *p);
void past_add(struct past *p, const void *event);
uint64_t past_first(const struct past *p); /* number of the oldest one held */
void *past_at(const struct past *p, uint64_t number);
/* The newest one not older than `floor`; NULL: none. */
const void *past_newest(const struct past *p, uint64_t floor, past_holds holds, const void *asked);
/* The first one behind `time`. */
const void *past_after(const struct past *p, uint64_t time, past_holds holds, const void *asked);

#endif
