// SPDX-License-Identifier: Apache-2.0
// The legality oracle: is a translation of RTL whose caches are its own one that the architecture
// permits? It is told of every store that may reach a paging structure, of every change of the
// registers that a walk depends on and of every invalidation, in the order in which they take
// effect; it then judges one translation after the other. docs/legality.md; SDM Vol. 3A "Paging".
#ifndef RW_LEGALITY_H
#define RW_LEGALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- what it is told --- */

enum legality_author {
    AUTHOR_INSTRUCTION,
    AUTHOR_WALKER,
    AUTHOR_SPECULATIVE,
    AUTHOR_DMA,
    AUTHOR_UNIT, /* a remapping unit: the status of a wait descriptor */
    AUTHOR_HARNESS
};

/* Who stored: id is the RIP of an instruction, the source-id of a DMA. WALKER: the design's own
 * updates of A and D, inside a translation; SPECULATIVE: in a walk that no request asked for, at
 * any time; it may set A alone. What it may not do is the verdict on the next translation. */
struct legality_writer {
    enum legality_author author;
    uint64_t id, cycle;
};

/* One store of up to 16 bytes: what the bytes were, what they are. */
struct legality_store {
    uint64_t addr;
    unsigned bytes;
    const void *before, *after;
    struct legality_writer by;
};

struct legality_registers {
    uint64_t cr0, cr3, cr4, efer;
    uint64_t pdpte[4]; /* the PDPTE registers of PAE paging, as loaded */
    uint32_t pkru, pkrs;
    uint8_t maxphyaddr;
    bool no_pat, no_pse36, no_page1gb; /* features that the processor lacks */
};

/* The rows of the rule table: docs/legality.md "Invalidations". */
enum legality_event {
    EVENT_RESET,
    EVENT_INVLPG,
    EVENT_INVPCID_0,
    EVENT_INVPCID_1,
    EVENT_INVPCID_2,
    EVENT_INVPCID_3,
    EVENT_MOV_CR3,
    EVENT_MOV_CR3_KEEP,
    EVENT_CR0_PG,
    EVENT_CR4_PGE,
    EVENT_CR4_PCIDE,
    EVENT_CR4_PAE,
    EVENT_CR4_SMEP,
    EVENT_CR4_PSE,
    EVENT_CR4_LA57,
    EVENT_EFER_NXE,
    EVENT_TASK_SWITCH,
    EVENT_PAGE_FAULT,     /* the exception was delivered */
    EVENT_FAULT_ANSWERED, /* a translation ended in one, delivered or not */
    EVENTS
};

enum legality_drop { DROP_NONE, DROP_PAGE, DROP_PCID, DROP_ALL };

/* What an event drops. Of the TLBs: of the page of the address, of the PCID, all; of global entries
 * none (kept), those filled under the PCID (PCID), those of every PCID (ALL) as far as tlb goes. Of
 * the paging-structure caches PAGE: those that the walk of the address would use. */
struct legality_rule {
    const char *name;
    enum legality_drop tlb, global, psc;
    bool faults_only; /* what it drops may still answer an access, but no fault */
    const char *condition, *section;
};

const struct legality_rule *legality_rule(enum legality_event event);
/* NULL: no row has that name. */
const struct legality_rule *legality_rule_named(const char *name);

/* --- what it judges --- */

enum legality_kind { LEGALITY_FETCH, LEGALITY_READ, LEGALITY_WRITE };

struct legality_access {
    uint64_t va;
    enum legality_kind kind;
    bool user, implicit, ac; /* user-mode access; implicit supervisor access; RFLAGS.AC */
};

struct legality_answer {
    bool fault;
    uint32_t error_code; /* of a fault */
    uint64_t pa;
    uint8_t memtype; /* as legality_env.memtype numbers them */
};

#define LEGALITY_PAT_OFF 8 /* in place of a PAT index: paging is off */

/* Memory as it is now, aligned 4 or 8 bytes; and the memory type that the registers of now give a
 * page of this PAT index. memtype NULL: types are not judged. */
struct legality_env {
    void *ctx;
    uint64_t (*read)(void *ctx, uint64_t addr, unsigned bytes);
    uint8_t (*memtype)(void *ctx, unsigned pat_index, uint64_t pa);
};

enum legality_word {
    LEGALITY_FRESH,    /* the tables and registers of now give it */
    LEGALITY_STALE,    /* a walk over values that a cache may still hold gives it */
    LEGALITY_ILLEGAL,  /* no walk that the architecture permits gives it */
    LEGALITY_UNJUDGED, /* nothing held gives it, but some of what could was let go at the bound */
    LEGALITY_WORDS
};

/* STALE: the entry whose value was used although it has been replaced, and the row that would have
 * removed it. level 0: the root. ILLEGAL: the rule that is broken; for an invalidation, it and when
 * it was. */
struct legality_verdict {
    enum legality_word word;
    const char *rule, *section, *what;
    unsigned level;
    uint64_t entry, used, now;
    struct legality_writer by; /* of what replaced it */
    uint64_t va;
    uint16_t pcid; /* under which it was cached */
    bool global, replaced;
    bool update; /* a store of the walker: now became used, at entry */
};

/* --- the oracle --- */

struct legality;

#define LEGALITY_VALUES   65536 /* replaced values of words held; both bounds: docs/legality.md */
#define LEGALITY_EVENTS   16384 /* invalidations held one by one */
#define LEGALITY_CONTEXTS 256   /* roots, PCIDs and what else a fill depends on */

/* values: a power of two, LEGALITY_VALUES unless a test wants fewer. NULL: out of memory. */
struct legality *legality_create(const struct legality_env *env, size_t values);
void legality_destroy(struct legality *l);

void legality_commit(struct legality *l, const struct legality_store *store);
/* The registers as they are from now on; drops nothing by itself. */
void legality_registers(struct legality *l, const struct legality_registers *r);
/* pcid: of INVLPG and faults the current one, of INVPCID the descriptor's, of MOV CR3 the new
 * one; va where the row says page. */
void legality_invalidate(struct legality *l, enum legality_event event, uint64_t va, uint16_t pcid);
/* A processor wrote CR0, CR3, CR4 or EFER: the registers, and every row of the table that the
 * change meets. cr3: it was MOV CR3; keep: with bit 63 of its operand. */
void legality_move(struct legality *l, const struct legality_registers *r, bool cr3, bool keep);

/* A translation begins; stores that come before its judgement may be seen by its walk or not. */
void legality_begin(struct legality *l);
struct legality_verdict legality_judge(struct legality *l, const struct legality_access *access,
                                       const struct legality_answer *answer);

/* Replaced values that some cache may still hold. */
size_t legality_held(const struct legality *l);
const char *legality_word_name(enum legality_word word);
/* One line, without its end. */
void legality_tell(const struct legality_verdict *v, char *text, size_t bytes);

#endif
