// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <stdlib.h>
#include <string.h>

#define LOST_SLOTS 4096

static size_t hash(uint64_t word, size_t slots)
{
    return (size_t)((word >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (slots - 1);
}

bool history_init(struct history *h, size_t capacity)
{
    h->ring = calloc(capacity, sizeof(h->ring[0]));
    h->bucket = calloc(capacity, sizeof(h->bucket[0]));
    h->lost = calloc(LOST_SLOTS, sizeof(h->lost[0]));
    h->capacity = capacity;
    h->next = 1;
    h->floor = 0;
    return h->ring != NULL && h->bucket != NULL && h->lost != NULL;
}

void history_free(struct history *h)
{
    free(h->ring);
    free(h->bucket);
    free(h->lost);
}

/* A number that the ring has come round to again names nothing. */
static struct history_value *at(const struct history *h, uint64_t number)
{
    return number == 0 || number + h->capacity < h->next ? NULL
                                                         : &h->ring[number & (h->capacity - 1)];
}

static const struct history_value *of_word(const struct history *h, uint64_t number, uint64_t word)
{
    const struct history_value *v = at(h, number);

    while (v != NULL && v->word != word)
        v = at(h, v->older);
    return v;
}

const struct history_value *history_newest(const struct history *h, uint64_t word)
{
    return of_word(h, h->bucket[hash(word, h->capacity)], word);
}

const struct history_value *history_older(const struct history *h, const struct history_value *v)
{
    return of_word(h, v->older, v->word);
}

void history_end(struct history *h, uint64_t word, uint64_t value, uint64_t time,
                 const struct legality_writer *by)
{
    uint64_t *bucket = &h->bucket[hash(word, h->capacity)];
    const struct history_value *before = history_newest(h, word);
    struct history_value *v = &h->ring[h->next & (h->capacity - 1)];
    uint64_t from = before == NULL ? 0 : before->to;

    if (h->next > h->capacity && v->to > h->floor)
        h->lost[hash(v->word, LOST_SLOTS)] = v->to;
    *v = (struct history_value){word, value, from, time, *by, *bucket};
    *bucket = h->next++;
}

uint64_t history_lost(const struct history *h, uint64_t word)
{
    return h->lost[hash(word, LOST_SLOTS)];
}

/* They lie in the ring in the order of their ends. */
size_t history_live(const struct history *h)
{
    uint64_t n = 0;

    while (n < h->capacity && n + 1 < h->next && at(h, h->next - 1 - n)->to > h->floor)
        n++;
    return (size_t)n;
}

uint64_t history_patched(const struct legality_store *s, uint64_t word, uint64_t value,
                         const void *bytes)
{
    uint8_t b[8];

    memcpy(b, &value, sizeof(b));
    for (unsigned i = 0; i < 8; i++)
        if (word + i >= s->addr && word + i < s->addr + s->bytes)
            b[i] = ((const uint8_t *)bytes)[word + i - s->addr];
    memcpy(&value, b, sizeof(value));
    return value;
}
