// SPDX-License-Identifier: Apache-2.0
// What the rooms of the one-bit-at-a-time part share. A group of bits is one kind in one paging
// mode, of one page size or level or register (index). The rows of mmu_width.c say which bits of it
// are wanted and which experiment decides them.
#ifndef RW_MMU_WIDTH_H
#define RW_MMU_WIDTH_H

#include "block_mmu.h"

#define WIDTH_INDICES 8
#define ANY_ACCESS    0xFF

enum width_kind {
    K_CODE_VA, /* index: level of the leaf */
    K_DATA_VA,
    K_PSC_VA, /* level of the entry held */
    K_CODE_PCID,
    K_DATA_PCID,
    K_PSC_PCID,  /* level of the entry held */
    K_INVLPG_VA, /* level of the leaf */
    K_INVPCID_VA,
    K_INVLPG_IN,
    K_INVPCID_IN,
    K_INVLPG_PCID,
    K_INVPCID_0_PCID,
    K_INVPCID_1_PCID,
    K_PSC_FLUSH_PCID,
    K_RSVD_TABLE, /* level of the entry */
    K_RSVD_LEAF,
    K_NO_PAT, /* level of the leaf */
    K_NO_PSE36,
    K_NO_PDPE1GB,
    K_IGNORED_TABLE,
    K_IGNORED_LEAF,
    K_XD,
    K_RACE, /* level of the entry */
    K_CR3_LOW,
    K_CR3_HIGH,
    K_ENTRY,  /* level of the entry */
    K_CACHED, /* level of the entry held */
    K_WALK,   /* level of the leaf */
    K_HIT,
    K_PAT,
    K_OFF,
    K_OFF_HIGH,
    K_KEY_WALK, /* level of the leaf */
    K_KEY_HIT,
    K_PKRU,
    K_PKRS,
    K_PDPTE, /* register */
    K_PDPTE_RSVD,
    K_PDPTE_ABSENT,
    K_PDPTE_BASE,
    K_MTRR_BASE, /* register */
    K_MTRR_MASK,
    K_MTRR_VALID,
    K_MTRR_TYPE,
    K_MTRR_DEF_TYPE,
    WIDTH_KINDS
};

/* One bit of one group; what an experiment needs of its row. */
struct width_case {
    unsigned paging, index, bit;
    uint8_t access; /* ACCESS_FETCH: code TLB; ACCESS_READ: data TLB; ANY_ACCESS */
    enum mmu_flush_kind flush;
    struct decide_group *group;
};

/* False: the two sides differ. */
typedef bool width_run(struct bench *b, const struct width_case *c);

/* mmu_width.c */
struct decide_group *width_group(struct bench *b, enum width_kind kind, unsigned paging,
                                 unsigned index);
void width_decide(struct bench *b, enum width_kind kind, const struct width_case *c, unsigned bit);
struct mmu_req width_request(struct bench *b, const struct width_case *c);
bool width_go(struct bench *b, struct mmu_req q, uint64_t va, struct rec_xlate *x);
uint64_t width_va(struct bench *b, const struct width_case *c);
/* The oracle alone: what an entry was just before may be cached, and is let go. */
bool width_settle(struct bench *b);
/* Loads the PDPTE registers from b->ctx.cr3; good: without a fault. */
bool width_load(struct bench *b, bool *good);

/* mmu_width_caches.c */
width_run width_tag_va, width_tag_pcid, width_psc_va, width_psc_pcid;
width_run width_flush_va, width_flush_pcid, width_cr3_low;

/* mmu_width_entries.c */
width_run width_reserved_table, width_reserved_leaf, width_ignored_table, width_ignored_leaf;
width_run width_xd, width_race, width_key_walk, width_key_hit;
width_run width_no_pat, width_no_pse36, width_no_pdpe1gb;

/* mmu_width_registers.c */
width_run width_cr3_high, width_off, width_pat, width_pkru, width_pkrs;
width_run width_pdpte_reserved, width_pdpte_absent, width_pdpte_base;
width_run width_mtrr_base, width_mtrr_mask, width_mtrr_valid, width_mtrr_type, width_mtrr_def_type;

#endif
