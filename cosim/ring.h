// SPDX-License-Identifier: Apache-2.0
// A growing first-in first-out queue of fixed-size elements.
#ifndef RW_RING_H
#define RW_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
    unsigned char *items;
    size_t item_bytes, capacity, head, count; /* capacity is a power of two */
};

void ring_init(struct ring *r, size_t item_bytes);
void ring_free(struct ring *r);
void ring_push(struct ring *r, const void *item);
void *ring_head(const struct ring *r);         /* NULL when empty */
void *ring_newest(const struct ring *r);       /* the item pushed last; NULL when empty */
void *ring_at(const struct ring *r, size_t i); /* i from the head; below count */
void ring_pop(struct ring *r);

#endif
