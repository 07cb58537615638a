// SPDX-License-Identifier: Apache-2.0
#include "kept.h"

#include <stdlib.h>

bool kept_init(struct kept *k, unsigned capacity)
{
    k->thing = calloc(capacity, sizeof(k->thing[0]));
    k->capacity = capacity;
    return k->thing != NULL;
}

void kept_free(struct kept *k)
{
    free(k->thing);
}

static bool is(const struct kept *k, unsigned i, uint64_t key0, uint64_t key1)
{
    return i < k->count && k->thing[i].key[0] == key0 && k->thing[i].key[1] == key1;
}

static unsigned oldest(const struct kept *k)
{
    unsigned best = 0;

    for (unsigned i = 1; i < k->count; i++)
        if (times_end(&k->thing[i].when) < times_end(&k->thing[best].when))
            best = i;
    return best;
}

static unsigned place(struct kept *k, uint64_t key0, uint64_t key1)
{
    unsigned i = 0;

    if (is(k, k->last, key0, key1))
        return k->last;
    while (i < k->count && !is(k, i, key0, key1))
        i++;
    if (i < k->count)
        return i;
    if (k->count < k->capacity) {
        i = k->count++;
    } else {
        i = oldest(k);
        if (times_end(&k->thing[i].when) > k->lost)
            k->lost = times_end(&k->thing[i].when);
    }
    k->thing[i] = (struct kept_thing){.key = {key0, key1}};
    return i;
}

void kept_add(struct kept *k, uint64_t key0, uint64_t key1, uint64_t from, uint64_t to)
{
    k->last = place(k, key0, key1);
    times_add(&k->thing[k->last].when, from, to);
}

void kept_end(struct kept *k, uint64_t time)
{
    for (unsigned i = 0; i < k->count; i++) {
        struct times *when = &k->thing[i].when;

        if (times_end(when) == TIME_OPEN)
            when->span[when->count - 1].to = time;
    }
}

void kept_forget(struct kept *k, uint64_t floor)
{
    unsigned n = 0;

    for (unsigned i = 0; i < k->count; i++)
        if (times_end(&k->thing[i].when) > floor)
            k->thing[n++] = k->thing[i];
    k->count = n;
    k->last = 0;
}
