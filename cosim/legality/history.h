// SPDX-License-Identifier: Apache-2.0
// What words of memory were, from when to when, and who replaced them. A ring: it does not grow.
// Knows nothing of paging; time is a count of events.
#ifndef RW_LEGALITY_HISTORY_H
#define RW_LEGALITY_HISTORY_H

#include "legality.h"

#define TIME_OPEN UINT64_MAX /* not ended yet */

struct history_value {
    uint64_t word; /* address, a multiple of 8 */
    uint64_t value, from, to;
    struct legality_writer by; /* of the store that ended it */
    uint64_t older;            /* number of the one before in its bucket; 0: none */
};

struct history {
    struct history_value *ring;
    uint64_t *bucket; /* number of the newest */
    uint64_t *lost;   /* by hash of the word: a value that ended then was let go although live */
    size_t capacity;
    uint64_t next;  /* number of the next value; the first is 1 */
    uint64_t floor; /* no cache holds what ended until then */
};

bool history_init(struct history *h, size_t capacity);
void history_free(struct history *h);
void history_end(struct history *h, uint64_t word, uint64_t value, uint64_t time,
                 const struct legality_writer *by);
/* The newest value of the word that has ended, the one before it; NULL: none. */
const struct history_value *history_newest(const struct history *h, uint64_t word);
const struct history_value *history_older(const struct history *h, const struct history_value *v);
/* Values of the word that ended until then may be missing; 0: none is. */
uint64_t history_lost(const struct history *h, uint64_t word);
size_t history_live(const struct history *h);
/* The 8 bytes as they are, with the part that the store covers put into them out of its bytes. */
uint64_t history_patched(const struct legality_store *s, uint64_t word, uint64_t value,
                         const void *bytes);

#endif
