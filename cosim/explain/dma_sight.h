// SPDX-License-Identifier: Apache-2.0
// One DMA request as it is looked at: its entries, what they add up to, what VT-d makes of it.
#ifndef RW_EXPLAIN_DMA_SIGHT_H
#define RW_EXPLAIN_DMA_SIGHT_H

#include "explain_dma.h"

#define DMA_LEVELS  5
#define DMA_ENTRIES (2 + DMA_LEVELS)

#define SS_R   (UINT64_C(1) << 0)
#define SS_W   (UINT64_C(1) << 1)
#define SS_PS  (UINT64_C(1) << 7)
#define SS_SNP (UINT64_C(1) << 11)
#define SS_TM  (UINT64_C(1) << 62)

enum dma_entry_kind { DMA_SS_1 = 1, DMA_SS_5 = 5, DMA_CONTEXT, DMA_ROOT };

struct dma_entry {
    unsigned kind; /* the level of a second-stage entry, or enum dma_entry_kind */
    uint64_t addr, word[2];
    bool unread; /* nobody answers there */
};

struct dma_sight {
    const struct explain_dma_query *q;
    struct dma_entry entry[DMA_ENTRIES]; /* as they were read */
    unsigned count;
    bool r, w; /* ANDed over the second-stage entries read */
    struct explain_dma_answer answer;
};

enum dma_habit { DMA_NO_HABIT, DMA_LEAF_RIGHTS, DMA_NO_RESERVED };

/* How to look: one word of an entry with these bits turned (mask 0: as it is), or with a habit. */
struct dma_turn {
    uint64_t addr, mask;
    unsigned word;
    enum dma_habit habit;
};

struct dma_sight dma_sight_of(const struct explain_dma_query *q, struct dma_turn turn);
const struct dma_entry *dma_last(const struct dma_sight *s);
/* Of a kind that was read; NULL: it was not. */
const struct dma_entry *dma_entry_of(const struct dma_sight *s, unsigned kind);
bool dma_same(const struct explain_dma_answer *a, const struct explain_dma_answer *b);
bool dma_read_alike(const struct dma_sight *s);

unsigned dma_type(const struct dma_entry *context);  /* T */
unsigned dma_width(const struct dma_entry *context); /* AW */
unsigned dma_shift(unsigned level);
bool dma_is_leaf(const struct dma_entry *e);
/* Bits that must be 0 and are not, of one word. */
uint64_t dma_reserved(const struct dma_sight *s, const struct dma_entry *e, unsigned word);

/* dma_rules.c: a check that a unit makes. */
struct dma_rule {
    uint8_t reason;
    bool of_fpd; /* not recorded where the context entry's FPD is 1 */
    const char *name, *section;
    unsigned kind; /* of the entry behind which it is made; 0: behind each second-stage one */
    bool (*denies)(const struct dma_sight *s);
    void (*words)(FILE *out, const struct dma_sight *s);
    bool (*asked)(const struct dma_sight *s); /* NULL: of every request */
    bool quiet;                               /* told only where it denies */
};

extern const struct dma_rule dma_rules[];
extern const unsigned dma_rule_count;
/* Is it made, or would it be, by what has been read? */
bool dma_asked(const struct dma_sight *s, const struct dma_rule *r);
/* The first behind the last entry that denies; NULL: none. */
const struct dma_rule *dma_denied(const struct dma_sight *s);

/* dma_suppose.c */
void dma_suppose(FILE *out, const struct explain_dma_query *q,
                 const struct explain_dma_answer *answer);
/* dma.c: NULL: part of an address, or without a name. */
const char *dma_bit_name(const struct dma_entry *e, unsigned word, unsigned bit);
const char *dma_entry_name(const struct dma_entry *e);

#endif
