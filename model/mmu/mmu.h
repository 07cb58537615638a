// SPDX-License-Identifier: Apache-2.0
// The MMU of the golden model: TLBs, paging-structure caches, page walk and rights.
// SDM Vol. 3A "Paging"; sizes, replacement, order and latency from docs/mmu.md. Knows nothing of
// the processor: memory is reached through struct mmu_mem.
#ifndef RW_MMU_H
#define RW_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* SDM "Control Registers", "Extended Feature Enable Register": the bits that paging looks at. */
#define MMU_CR0_WP     (UINT64_C(1) << 16)
#define MMU_CR0_PG     (UINT64_C(1) << 31)
#define MMU_CR4_PGE    (UINT64_C(1) << 7)
#define MMU_CR4_PCIDE  (UINT64_C(1) << 17)
#define MMU_CR4_SMEP   (UINT64_C(1) << 20)
#define MMU_CR4_SMAP   (UINT64_C(1) << 21)
#define MMU_EFER_LMA   (UINT64_C(1) << 10)
#define MMU_EFER_NXE   (UINT64_C(1) << 11)
#define MMU_MAXPHYADDR 40

/* Long-mode paging-structure entries; SDM Vol. 3A "4-Level Paging and 5-Level Paging". */
#define PTE_P         (UINT64_C(1) << 0) /* every level: entry is valid */
#define PTE_RW        (UINT64_C(1) << 1) /* ANDed down the walk */
#define PTE_US        (UINT64_C(1) << 2) /* ANDed down the walk */
#define PTE_PWT       (UINT64_C(1) << 3) /* with PCD and PAT: memory type of a leaf */
#define PTE_PCD       (UINT64_C(1) << 4)
#define PTE_A         (UINT64_C(1) << 5)  /* set in every entry that a translation uses */
#define PTE_D         (UINT64_C(1) << 6)  /* set in the leaf by a write */
#define PTE_PS        (UINT64_C(1) << 7)  /* PDPTE, PDE: leaf. PML4E: reserved. PTE: PAT */
#define PTE_G         (UINT64_C(1) << 8)  /* leaf: global */
#define PTE_PAT_LARGE (UINT64_C(1) << 12) /* PAT of a 2-MByte or 1-GByte leaf */
#define PTE_XD        (UINT64_C(1) << 63) /* ORed down the walk; reserved if EFER.NXE = 0 */
#define PTE_ADDR      UINT64_C(0x000000fffffff000) /* bits 39:12 */

/* SDM "Page-Fault Exceptions": error code. */
#define PF_P    UINT32_C(0x01)
#define PF_WR   UINT32_C(0x02)
#define PF_US   UINT32_C(0x04)
#define PF_RSVD UINT32_C(0x08)
#define PF_ID   UINT32_C(0x10)

/* Rights accumulated from the root: R/W and U/S ANDed, XD ORed. */
struct mmu_rights {
    bool rw, us, xd;
};

/* The registers that a translation depends on. */
struct mmu_ctx {
    uint64_t cr0, cr3, cr4, efer, pat;
};

/* A paging mode: all that a walk has to know of it. SDM Vol. 3A "Paging Modes and Control Bits". */
#define PAGING_MAX_LEVELS 5

enum { ENTRY_TABLE, ENTRY_LEAF }; /* what an entry refers to: a paging structure, a page */

struct paging_mode {
    unsigned levels;      /* the top table's; 0: paging is off */
    unsigned index_bits;  /* of the linear address, at every level */
    unsigned entry_bytes; /* 8 */
    unsigned large;       /* bit n: PS = 1 in an entry of level n makes it a leaf */
    uint64_t root;        /* physical address of the top table */
    uint64_t reserved[PAGING_MAX_LEVELS + 1][2]; /* by level and by what the entry refers to */
};

struct mmu_req {
    uint64_t va;
    uint8_t access; /* enum rec_access */
    bool user;      /* user-mode access */
    bool implicit;  /* implicit supervisor access */
    bool ac;        /* RFLAGS.AC */
};

struct mmu_rsp {
    uint64_t pa; /* 0 on a fault */
    uint32_t error_code, latency;
    bool fault;
    uint8_t page_log2, memtype, hit, psc; /* as in struct rec_xlate */
};

/* Memory as the walker sees it: aligned 8-byte accesses. walk may be NULL. */
struct mmu_mem {
    void *ctx;
    uint64_t (*read8)(void *ctx, uint64_t pa);
    uint64_t (*locked_read8)(void *ctx, uint64_t pa);
    void (*locked_write8)(void *ctx, uint64_t pa, uint64_t value);
    void (*walk)(void *ctx, const struct rec_walk *w);
};

struct tlb_entry {
    bool valid, global, dirty;
    uint8_t page_log2, pat_index;
    uint16_t pcid;
    struct mmu_rights rights;
    uint64_t page, frame; /* first address of the page: linear, physical */
};

#define TLB_MAX 32

struct tlb {
    unsigned size, next; /* next: round-robin pointer */
    uint64_t epoch;      /* changes when the answer to some address may have changed */
    struct tlb_entry entry[TLB_MAX];
};

struct psc_entry {
    bool valid;
    uint16_t pcid;
    struct mmu_rights rights;
    uint64_t tag, table; /* va >> shift; physical address of the next table */
};

#define PSC_MAX 8

struct psc {
    unsigned size, next, shift; /* shift 39 PML4E, 30 PDPTE, 21 PDE */
    struct psc_entry entry[PSC_MAX];
};

struct mmu {
    struct mmu_mem mem;
    struct tlb code, data;
    struct psc psc[3]; /* [level - 2]: PDE, PDPTE, PML4E */
};

enum mmu_flush_kind {
    FLUSH_PAGE,           /* INVLPG: va under pcid, or global; every PSC entry of pcid */
    FLUSH_PAGE_NONGLOBAL, /* INVPCID 0: the same without global entries */
    FLUSH_PCID,           /* INVPCID 1, MOV CR3: non-global entries of pcid */
    FLUSH_ALL,            /* INVPCID 2 and control-register changes */
    FLUSH_ALL_NONGLOBAL   /* INVPCID 3 */
};

struct mmu_flush_req {
    enum mmu_flush_kind kind;
    uint64_t va;
    uint16_t pcid;
};

/* mmu.c */
void mmu_init(struct mmu *m, const struct mmu_mem *mem);

/* Translate one access; every paging-structure access goes through m->mem, in order.
 * spec  docs/mmu.md M11 to M17 */
void mmu_translate(struct mmu *m, const struct mmu_ctx *ctx, const struct mmu_req *req,
                   struct mmu_rsp *rsp);
void mmu_flush(struct mmu *m, const struct mmu_flush_req *req);
uint16_t mmu_pcid(const struct mmu_ctx *ctx);

/* mmu_rights.c: pure predicates. */
struct mmu_rights mmu_rights_add(struct mmu_rights r, uint64_t pte, bool nxe);
bool mmu_rights_allow(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r);
uint32_t mmu_error_code(const struct mmu_ctx *ctx, const struct mmu_req *req, uint32_t cause);

/* mmu_mode.c: pure functions of the registers, of a mode. */
bool mmu_paging(const struct mmu_ctx *ctx);
struct paging_mode mmu_paging_mode(const struct mmu_ctx *ctx);
unsigned paging_shift(const struct paging_mode *mode, unsigned level); /* of the level's index */
bool paging_is_leaf(const struct paging_mode *mode, unsigned level, uint64_t entry);
bool paging_reserved(const struct paging_mode *mode, unsigned level, uint64_t entry);

/* mmu_tlb.c */
void tlb_init(struct tlb *t, unsigned size);
struct tlb_entry *tlb_find(struct tlb *t, uint64_t va, uint16_t pcid);
void tlb_drop_match(struct tlb *t, uint64_t va, uint16_t pcid);
void tlb_fill(struct tlb *t, uint64_t va, uint16_t pcid, const struct tlb_entry *e);
void tlb_flush(struct tlb *t, const struct mmu_flush_req *req);

/* mmu_psc.c */
void psc_init(struct psc *p, unsigned size, unsigned shift);
const struct psc_entry *psc_find(const struct psc *p, uint64_t va, uint16_t pcid);
void psc_drop_match(struct psc *p, uint64_t va, uint16_t pcid);
void psc_fill(struct psc *p, uint64_t va, uint16_t pcid, uint64_t table, struct mmu_rights r);
void psc_flush(struct psc *p, bool all, uint16_t pcid);

/* mmu_walk.c: M13 to M17, after a TLB miss. */
void mmu_walk(struct mmu *m, const struct mmu_ctx *ctx, const struct mmu_req *req,
              struct mmu_rsp *rsp);

#endif
