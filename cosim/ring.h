// SPDX-License-Identifier: Apache-2.0
// A growing first-in first-out queue of fixed-size elements.
#ifndef RW_RING_H
#define RW_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct ring {
    unsigned char *items;
    size_t item_bytes, capacity, head, count; /* capacity is a power of two */
};

void ring_init(struct ring *r, size_t item_bytes);
void ring_free(struct ring *r);
void ring_grow(struct ring *r);

/* i from the head; below count */
static inline void *ring_at(const struct ring *r, size_t i)
{
    return r->items + ((r->head + i) & (r->capacity - 1)) * r->item_bytes;
}

/* Room for one more item, at the end: the caller fills it. */
static inline void *ring_append(struct ring *r)
{
    if (r->count == r->capacity)
        ring_grow(r);
    return ring_at(r, r->count++);
}

static inline void ring_push(struct ring *r, const void *item)
{
    void *room = ring_append(r);

    memcpy(room, item, r->item_bytes);
}

/* NULL when empty */
static inline void *ring_head(const struct ring *r)
{
    return r->count == 0 ? NULL : r->items + r->head * r->item_bytes;
}

/* the item pushed last; NULL when empty */
static inline void *ring_newest(const struct ring *r)
{
    return r->count == 0 ? NULL : ring_at(r, r->count - 1);
}

static inline void ring_pop(struct ring *r)
{
    if (r->count == 0)
        return;
    r->head = (r->head + 1) & (r->capacity - 1);
    r->count--;
}

#endif
