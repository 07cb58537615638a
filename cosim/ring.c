// SPDX-License-Identifier: Apache-2.0
// A growing first-in first-out queue of fixed-size elements.
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ring_init(struct ring *r, size_t item_bytes)
{
    *r = (struct ring){.item_bytes = item_bytes};
}

void ring_free(struct ring *r)
{
    free(r->items);
    *r = (struct ring){.item_bytes = r->item_bytes};
}

void ring_grow(struct ring *r)
{
    size_t capacity = r->capacity == 0 ? 16 : r->capacity * 2;
    unsigned char *items = malloc(capacity * r->item_bytes);

    if (items == NULL) {
        fprintf(stderr, "ringwalk: out of memory for a queue of %zu records\n", capacity);
        exit(2);
    }
    for (size_t i = 0; i < r->count; i++)
        memcpy(items + i * r->item_bytes,
               r->items + ((r->head + i) & (r->capacity - 1)) * r->item_bytes, r->item_bytes);
    free(r->items);
    r->items = items;
    r->capacity = capacity;
    r->head = 0;
}
