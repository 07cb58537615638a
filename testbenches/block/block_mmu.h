// SPDX-License-Identifier: Apache-2.0
// The MMU bench: mmu_step.c does one thing on both sides; block_mmu.c draws from a small pool of
// tables, so that everything meets again; mmu_width.c walks one bit at a time through every tag,
// mask and address.
#ifndef RW_BLOCK_MMU_H
#define RW_BLOCK_MMU_H

#include "block.h"
#include "block_memory.h"
#include "mmu/mmu.h"
#include "verilated_block.h"

#define MAX_RACES 8
#define RECENT    16 /* a power of two */

/* A write by somebody else just before the n-th access of a translation: to an address, or to the
 * entry that the access before it was for. */
struct race {
    unsigned access;
    bool last_entry;
    uint64_t addr, value;
};

struct bench {
    const struct block_options *o;
    struct block_result *r;
    struct block_random random, wait_random;
    struct vmmu *rtl;
    struct mmu model;
    struct mmu_ctx ctx;
    bool ac;
    struct block_memory rtl_memory, model_memory;
    struct ring rtl_xlate, rtl_walk, model_walk;
    struct race races[MAX_RACES];
    unsigned race_count, rtl_access, model_access;
    unsigned model_write_limit;      /* accesses of the model from this one on write nothing */
    uint64_t rtl_entry, model_entry; /* of the last access of the translation */
    bool calm;
    struct mmu_req recent[RECENT]; /* translated without a fault */
    unsigned recent_next;
    struct mmu_req request;
    struct mmu_flush_req flush; /* flush_waits: goes up with the next request, is taken behind it */
    bool flush_waits;
    unsigned experiment; /* of mmu_width.c: the next one */
};

/* mmu_step.c */
bool mmu_bench_open(struct bench *b);
void mmu_bench_close(struct bench *b);
/* After the last request: tells the failing one in words, or compares both memories. */
void mmu_bench_end(struct bench *b);
/* A reset after so many cycles of a translation; 0: between two. */
bool mmu_reset_during(struct bench *b, const struct mmu_req *q, unsigned cycles);
void mmu_poke(struct bench *b, uint64_t addr, uint64_t value); /* memory of both sides */
void mmu_set_context(struct bench *b);
/* One request through both, compared; what the model said is in *x. False on a difference. */
bool mmu_translate_one(struct bench *b, const struct mmu_req *q, struct rec_xlate *x);
bool mmu_flush_one(struct bench *b, const struct mmu_flush_req *f);

/* mmu_width.c */
void mmu_width_setup(struct bench *b);
/* The next experiment: a handful of requests in a context of its own. False on a difference. */
bool mmu_width_next(struct bench *b);

#endif
