// SPDX-License-Identifier: Apache-2.0
// The block benches: the RTL of the MMU, the IOMMU or the bus alone, without the processor, under
// random requests from a seed, every record and every answer diffed against the golden model of the
// block. One executable a block, so that another RTL of the same ports can be built into it.
#ifndef RW_BLOCK_H
#define RW_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assertion.h"
#include "block_decide.h"
#include "coverage.h"
#include "legality.h"
#include "record_fields.h"
#include "record_log.h"
#include "ring.h"
#include "ringwalk.h"

#define BLOCK_TEXT   192
#define BLOCK_GROUPS 2048

#define BLOCK_IN_FLIGHT 32 /* requests, at most */

/* What judges: the exact comparison, beside it the legality oracle, or that alone. */
enum block_legality { BLOCK_EXACT, BLOCK_LEGALITY_TOO, BLOCK_LEGALITY_ONLY };

#define BLOCK_MODES 8

struct snapshots;
struct wave_records;

struct block_verdicts {
    uint64_t count[LEGALITY_WORDS];
    const char *mode[BLOCK_MODES]; /* NULL: there is none */
    uint64_t stale_in[BLOCK_MODES];
};

struct block_options {
    uint64_t seed, requests;
    bool progress;
    bool every;      /* whole products, not requests at random; without wait states */
    unsigned one_in; /* of their cases only a part (docs/benches.md); 0: all (IOMMU) */
    enum block_legality legality;
    bool own;                 /* the RTL is somebody else's: its pins are held to the contract */
    uint64_t lacks;           /* what the RTL lacks, left out of the stimulus */
    unsigned in_flight;       /* of an IOMMU of somebody else's: requests at a time */
    struct rw_vtd vtd;        /* of the IOMMU: what it is to lack throughout */
    unsigned wait_states_max; /* random, before each ack of the block's bus */
    const char *wave_path;    /* FST of [wave_from, wave_to) when not NULL */
    uint64_t wave_from, wave_to;
    struct snapshots *snapshots; /* from which the wave of a failure comes; NULL: none are made */
};

/* The first difference, as in the scoreboard's struct mismatch. */
struct block_mismatch {
    char stream[16], field[32], rtl[BLOCK_TEXT], model[BLOCK_TEXT];
    char request[480]; /* the request in words */
    char state[96];    /* the same without its numbers: equal failures are told from others by it */
    uint64_t cycle;
    uint32_t source_id;
};

struct block_result {
    bool failed;
    uint64_t requests, cycles;
    uint64_t cases, outcomes; /* of whole products, where they are counted */
    uint64_t cycle_base;      /* of the block's own count, which a reset begins anew */
    uint64_t faults[256];     /* MMU: by error code; IOMMU: by fault reason */
    struct decide_group groups[BLOCK_GROUPS];
    unsigned group_count;
    struct block_verdicts legality;
    struct block_mismatch first;
    struct record_pair pair;      /* the records that differ; type NULL: it was no records */
    struct record_log *log;       /* the caller's to destroy */
    struct wave_records *records; /* for the wave; NULL: nobody wants one */
    const char *wave_path;
    bool woken;                /* this is a copy of the bench, and ends when it has its wave */
    struct coverage *coverage; /* the same; NULL: nothing is counted */
    char *why;                 /* the first difference explained; the caller's to free; or NULL */
};

extern const char *const block_name;       /* "mmu", "iommu", "bus" */
extern const char *const block_view_place; /* of the block in the whole machine, for its view */
extern const bool block_has_source_id;
extern const bool block_has_every, block_has_one_in;
extern const bool block_has_vtd;
extern const bool block_has_in_flight;
extern const bool block_has_legality;
/* Names separated by commas -> lacks; false with a line in error. NULL: no option of this block. */
extern bool (*const block_lacks)(const char *names, uint64_t *lacks, char *error,
                                 size_t error_bytes);

/* Runs until requests are done or the first difference; false with one line in error when it could
 * not begin. */
bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes);

/* block_copy.c: the records of both sides are kept for the wave; false: out of memory. */
bool block_keep_records(const struct block_options *o, struct block_result *r);

/* --- for the benches --- */

/* Between two requests: about once a second a copy of the bench is left behind (snapshot.h). True
 * in one that was woken: *o has changed, and has a wave that is to be begun. */
bool block_left_copy(const struct block_options **o, struct block_result *r, uint64_t cycle);

struct block_random {
    uint64_t state;
};
uint64_t block_random(struct block_random *r);
uint32_t block_below(struct block_random *r, uint32_t n); /* 0..n-1 */
bool block_chance(struct block_random *r, uint32_t percent);

/* Puts what stands in the two queues into the record log: a walk before what it ended in. */
void block_log(struct block_result *r, const struct record_type *t, const struct ring *rtl,
               const struct ring *model);
/* Compares two records of one type; NULL: that side has none. Fills r->first on a difference. */
bool block_same(struct block_result *r, const struct record_type *t, const void *rtl,
                const void *model);
/* All of two queues, in order; both are emptied. */
bool block_same_all(struct block_result *r, const struct record_type *t, struct ring *rtl,
                    struct ring *model);
/* A property of the RTL failed: a difference of stream "assert". True if one did. */
bool block_asserted(struct block_result *r, uint64_t cycle);
void block_differ(struct block_result *r, const char *stream, const char *field, const char *rtl,
                  const char *model, uint64_t cycle);

#endif
