// SPDX-License-Identifier: Apache-2.0
#include "past.h"

#include <stdlib.h>
#include <string.h>

bool past_init(struct past *p, size_t bytes, size_t capacity)
{
    p->ring = calloc(capacity, bytes);
    p->bytes = bytes;
    p->capacity = capacity;
    p->next = 1;
    return p->ring != NULL;
}

void past_free(struct past *p)
{
    free(p->ring);
}

void *past_at(const struct past *p, uint64_t number)
{
    return p->ring + number % p->capacity * p->bytes;
}

uint64_t past_first(const struct past *p)
{
    return p->next > p->capacity ? p->next - p->capacity : 1;
}

static uint64_t time_of(const struct past *p, uint64_t number)
{
    uint64_t time;

    memcpy(&time, past_at(p, number), sizeof(time));
    return time;
}

void past_add(struct past *p, const void *event)
{
    memcpy(past_at(p, p->next++), event, p->bytes);
}

const void *past_newest(const struct past *p, uint64_t floor, past_holds holds, const void *asked)
{
    for (uint64_t n = p->next - 1; n >= past_first(p) && time_of(p, n) >= floor; n--)
        if (holds(past_at(p, n), asked))
            return past_at(p, n);
    return NULL;
}

const void *past_after(const struct past *p, uint64_t time, past_holds holds, const void *asked)
{
    uint64_t low = past_first(p), high = p->next;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (time_of(p, middle) <= time)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < p->next; low++)
        if (holds(past_at(p, low), asked))
            return past_at(p, low);
    return NULL;
}
