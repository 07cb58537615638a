// SPDX-License-Identifier: Apache-2.0
// The MMU bench: mmu_step.c does one thing on both sides; mmu_modes.c knows the paging modes;
// block_mmu.c draws from a small pool of tables, so that everything meets again; mmu_width.c walks
// one bit at a time through every tag, mask and address; mmu_every.c walks whole products.
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
    unsigned access, bytes;
    bool last_entry;
    uint64_t addr, value;
};

enum { PAGING_32, PAGING_PSE, PAGING_PAE, PAGING_4, PAGING_5, PAGINGS };

struct paging {
    const char *name;
    uint64_t cr4, efer; /* the bits that choose it */
    unsigned va_bits, levels, index_bits, entry_bytes;
    unsigned leaves; /* bit n: a leaf may stand at level n */
};

/* mmu_modes.c */
extern const struct paging pagings[PAGINGS];
bool paging_long(unsigned paging); /* 4- and 5-level */
bool paging_has_leaf(unsigned paging, unsigned level);
unsigned paging_log2(unsigned paging, unsigned level);    /* of a page at this level */
uint64_t paging_va(unsigned paging, uint64_t va);         /* canonical, or 32 bits */
void paging_choose(struct mmu_ctx *ctx, unsigned paging); /* CR0.PG too; no PCIDE without LMA */
/* Whose change flushes everything: M34; and features, whose change makes another machine. */
uint64_t paging_bits(const struct mmu_ctx *ctx);
unsigned paging_of(const struct mmu_ctx *ctx);

/* What software mapped: the entries of its walk, by level. */
struct path {
    uint64_t va;
    unsigned level; /* of the leaf */
    uint64_t entry[PAGING_MAX_LEVELS + 1];
    unsigned pat_index;
};

struct bench;

/* Software's walk in the mode of b->ctx: tables are made where there are none; the leaf is new.
 * Everything is allowed. */
struct path paging_map(struct bench *b, uint64_t va, unsigned level, bool global);
uint64_t paging_read(const struct bench *b, unsigned paging, uint64_t at); /* an entry */

struct bench {
    const struct block_options *o;
    struct block_result *r;
    struct block_random random, wait_random;
    struct vmmu *rtl;
    struct mmu model;
    struct mmu_ctx ctx;
    uint64_t mode; /* paging_bits() as they were set last */
    bool ac;
    struct block_memory rtl_memory, model_memory;
    struct ring rtl_xlate, rtl_walk, model_walk;
    struct race races[MAX_RACES];
    unsigned race_count, rtl_access, model_access;
    unsigned model_write_limit;      /* accesses of the model from this one on write nothing */
    uint64_t rtl_entry, model_entry; /* of the last access of the translation */
    bool asking;                     /* a request or a load is in flight */
    bool locked, locked_ahead;       /* the design holds the bus; in a speculative walk */
    bool calm;
    uint64_t turn_ends;                     /* at this request */
    struct mmu_req recent[PAGINGS][RECENT]; /* translated without a fault */
    unsigned recent_next;
    struct mmu_req request;
    char place[80];             /* of mmu_every.c: where the failing case stands */
    bool loading;               /* the PDPTE registers, from request.va */
    bool rtl_good, model_good;  /* how that load ended */
    struct mmu_flush_req flush; /* flush_waits: goes up with the next request, is taken behind it */
    bool flush_waits;
    unsigned experiment;     /* of mmu_width.c: the next one */
    struct legality *oracle; /* NULL: exact mode alone */
    struct legality_registers oracle_registers;
};

/* mmu_step.c */
bool mmu_bench_open(struct bench *b);
void mmu_bench_wave(struct bench *b); /* begins the one that is wanted */
void mmu_bench_close(struct bench *b);
/* After the last request: tells the failing one in words, or compares both memories. */
void mmu_bench_end(struct bench *b);
/* A reset after so many cycles of a translation, or of a load of the PDPTE registers from where
 * b->ctx.cr3 says; 0: between two. */
bool mmu_reset_during(struct bench *b, const struct mmu_req *q, unsigned cycles);
bool mmu_reset_during_load(struct bench *b, unsigned cycles);
/* Memory of both sides. */
void mmu_poke(struct bench *b, uint64_t addr, uint64_t value, unsigned bytes);
/* b->ctx and b->ac come into force. Another paging mode flushes everything. */
void mmu_set_context(struct bench *b);
/* The PDPTE registers from where cr3 says, both sides compared; loaded: without a fault. */
bool mmu_load_one(struct bench *b, uint64_t cr3, bool *loaded);
/* One request through both, compared; what the model said is in *x. False on a difference. */
bool mmu_translate_one(struct bench *b, const struct mmu_req *q, struct rec_xlate *x);
bool mmu_flush_one(struct bench *b, const struct mmu_flush_req *f);

/* mmu_explain.c: why the last request ends as it does, into b->r->why. */
void mmu_explain(struct bench *b);

/* mmu_legality.c: the bench's words in the oracle's. */
struct legality_registers mmu_registers(const struct bench *b);
struct legality_access mmu_access(const struct bench *b, const struct mmu_req *q);
struct legality_answer mmu_answer(const struct rec_xlate *x);
/* Nothing in exact mode alone, but for the two that write. */
bool mmu_legality_open(struct bench *b);
void mmu_legality_close(struct bench *b);
/* Memory of the RTL's side, bytes inside one aligned block of 16. */
void mmu_rtl_write(struct bench *b, uint64_t addr, const void *from, unsigned bytes,
                   enum legality_author author);
/* Memory beyond RAM of both sides is as nobody wrote it. */
void mmu_forget(struct bench *b);
void mmu_legality_registers(struct bench *b); /* b->ctx and the PDPTE registers */
void mmu_legality_flush(struct bench *b, const struct mmu_flush_req *f);
void mmu_legality_reset(struct bench *b);
void mmu_legality_begin(struct bench *b);
/* Is the oracle the only judge? It judges answers, not hits. */
bool mmu_oracle_alone(const struct bench *b);
/* What the RTL answered, on q; false: ILLEGAL. */
bool mmu_legality_judge(struct bench *b, const struct mmu_req *q, const struct rec_xlate *x);

/* mmu_lacks.c: what the RTL lacks is left out of the stimulus. */
bool mmu_has_paging(const struct bench *b, unsigned paging);
bool mmu_has_leaf(const struct bench *b, unsigned paging, unsigned level);
bool mmu_has_types(const struct bench *b); /* memory types are judged */
void mmu_lacks_registers(const struct bench *b, struct mmu_ctx *ctx);
uint64_t mmu_lacks_entry(const struct bench *b, uint64_t value, unsigned bytes);

/* mmu_own.c: the pins of a design of somebody else's, judged by the oracle. */
bool mmu_own_judged(const struct bench *b);
/* Cycles in which nothing is asked of it. */
void mmu_own_idle(struct bench *b);
void mmu_own_access(struct bench *b, const struct vblock_access *a);
/* False: a pin did what the contract forbids, and that is the difference. */
bool mmu_own_good(struct bench *b);

/* mmu_every.c */
/* All of its products, until the first difference. */
void mmu_every(struct bench *b);

/* mmu_width.c */
void mmu_width_setup(struct bench *b);
/* The next experiment: a handful of requests in a context of its own, in which it leaves the bench.
 * False on a difference. */
bool mmu_width_next(struct bench *b);

#endif
