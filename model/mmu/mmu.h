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
#define MMU_CR4_PSE    (UINT64_C(1) << 4)
#define MMU_CR4_PAE    (UINT64_C(1) << 5)
#define MMU_CR4_PGE    (UINT64_C(1) << 7)
#define MMU_CR4_LA57   (UINT64_C(1) << 12)
#define MMU_CR4_PCIDE  (UINT64_C(1) << 17)
#define MMU_CR4_SMEP   (UINT64_C(1) << 20)
#define MMU_CR4_SMAP   (UINT64_C(1) << 21)
#define MMU_CR4_PKE    (UINT64_C(1) << 22)
#define MMU_CR4_PKS    (UINT64_C(1) << 24)
#define MMU_EFER_LMA   (UINT64_C(1) << 10)
#define MMU_EFER_NXE   (UINT64_C(1) << 11)
#define MMU_MAXPHYADDR 40

/* Linear addresses of 57 bits: what the caches' tags hold. */
#define MMU_VA_MASK UINT64_C(0x01ffffffffffffff)

/* Paging-structure entries; SDM Vol. 3A "32-Bit Paging", "PAE Paging", "4-Level Paging and 5-Level
 * Paging". Those of 32-bit paging are the low half. */
#define PTE_P         (UINT64_C(1) << 0) /* every level: entry is valid */
#define PTE_RW        (UINT64_C(1) << 1) /* ANDed down the walk */
#define PTE_US        (UINT64_C(1) << 2) /* ANDed down the walk */
#define PTE_PWT       (UINT64_C(1) << 3) /* with PCD and PAT: memory type of a leaf */
#define PTE_PCD       (UINT64_C(1) << 4)
#define PTE_A         (UINT64_C(1) << 5)  /* set in every entry that a translation uses */
#define PTE_D         (UINT64_C(1) << 6)  /* set in the leaf by a write */
#define PTE_PS        (UINT64_C(1) << 7)  /* PDPTE, PDE: leaf. PML5E, PML4E: reserved. PTE: PAT */
#define PTE_G         (UINT64_C(1) << 8)  /* leaf: global */
#define PTE_PAT_LARGE (UINT64_C(1) << 12) /* PAT of a larger leaf */
#define PTE_XD        (UINT64_C(1) << 63) /* ORed down the walk; reserved if EFER.NXE = 0 */
#define PTE_ADDR      UINT64_C(0x000000fffffff000) /* bits 39:12 */

/* SDM "Page-Fault Exceptions": error code. */
#define PF_P    UINT32_C(0x01)
#define PF_WR   UINT32_C(0x02)
#define PF_US   UINT32_C(0x04)
#define PF_RSVD UINT32_C(0x08)
#define PF_ID   UINT32_C(0x10)
#define PF_PK   UINT32_C(0x20)

/* Rights accumulated from the root: R/W and U/S ANDed, XD ORed; the key is that of the entry added
 * last. */
struct mmu_rights {
    bool rw, us, xd;
    uint8_t key;
};

/* SDM Vol. 3A "Memory Types", and IA32_PAT's UC-. */
enum memtype { MT_UC = 0, MT_WC = 1, MT_WT = 4, MT_WP = 5, MT_WB = 6, MT_UC_MINUS = 7 };

/* SDM Vol. 3A "Memory Type Range Registers (MTRRs)". */
#define MMU_MTRRS  8
#define MTRR_TYPE  UINT64_C(0xff)
#define MTRR_E     (UINT64_C(1) << 11)          /* IA32_MTRR_DEF_TYPE: the MTRRs are enabled */
#define MTRR_VALID (UINT64_C(1) << 11)          /* IA32_MTRR_PHYSMASKn */
#define MTRR_ADDR  UINT64_C(0x000000fffffff000) /* bits 39:12 */

struct mmu_mtrrs {
    uint64_t def_type, base[MMU_MTRRS], mask[MMU_MTRRS];
};

/* Features of paging that are not there: docs/mmu.md M14. */
#define MMU_NO_PAT     (UINT64_C(1) << 0) /* bit PAT of a leaf */
#define MMU_NO_PSE36   (UINT64_C(1) << 1) /* bits 39:32 of a 4-MByte page's address */
#define MMU_NO_PDPE1GB (UINT64_C(1) << 2) /* 1-GByte pages */

/* The registers that a translation depends on, and what is constant. */
struct mmu_ctx {
    uint64_t cr0, cr3, cr4, efer, pat, pkru, pkrs;
    uint64_t away;         /* MMU_NO_... */
    struct mmu_mtrrs mtrr; /* the last member: nothing but the memory type goes by it */
};

/* A paging mode: all that a walk has to know of it. SDM Vol. 3A "Paging Modes and Control Bits". */
#define PAGING_MAX_LEVELS 5

enum { ENTRY_TABLE, ENTRY_LEAF }; /* what an entry refers to: a paging structure, a page */

#define PDPTES 4

struct paging_mode {
    unsigned levels;       /* the top table's; 0: paging is off */
    unsigned index_bits;   /* of the linear address, at every level */
    unsigned entry_bytes;  /* 4 or 8 */
    unsigned large;        /* bit n: PS = 1 in an entry of level n makes it a leaf */
    uint64_t xd;           /* the XD bit of an entry, where it has one */
    uint64_t key;          /* its protection key, where it has one */
    uint64_t pse36;        /* bits of a large leaf that are bits 39:32 of its page's address */
    unsigned roots;        /* 1, or 4: chosen by bits 31:30 of the linear address */
    uint64_t root[PDPTES]; /* refer to the top table: its address, and PTE_P */
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

/* Memory as the walker sees it: aligned accesses of 4 or 8 bytes. walk may be NULL. */
struct mmu_mem {
    void *ctx;
    uint64_t (*read)(void *ctx, uint64_t pa, unsigned bytes);
    uint64_t (*locked_read)(void *ctx, uint64_t pa, unsigned bytes);
    void (*locked_write)(void *ctx, uint64_t pa, unsigned bytes, uint64_t value);
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
    uint64_t va, table; /* an address that matches; the entry, which refers to the next table */
};

#define PSC_MAX 8

struct psc {
    unsigned size, next;
    struct psc_entry entry[PSC_MAX];
};

struct mmu {
    struct mmu_mem mem;
    struct tlb code, data;
    struct psc psc[PAGING_MAX_LEVELS - 1]; /* [level - 2]: PDE, PDPTE, PML4E, PML5E */
    uint64_t pdpte[PDPTES];                /* the registers of PAE paging */
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

/* Load the PDPTE registers from the 32 bytes at base.
 * ret   false: one of the four has a reserved bit set, and no register changed
 * spec  docs/mmu.md M8; SDM Vol. 3A "PDPTE Registers" */
bool mmu_load_pdptes(struct mmu *m, uint64_t base);

/* mmu_rights.c: pure predicates. */
struct mmu_rights mmu_rights_add(const struct paging_mode *mode, struct mmu_rights r,
                                 uint64_t entry);
bool mmu_key_allows(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r);
bool mmu_rights_allow(const struct mmu_ctx *ctx, const struct mmu_req *req, struct mmu_rights r);
uint32_t mmu_error_code(const struct mmu_ctx *ctx, const struct mmu_req *req, uint32_t cause);

/* mmu_mode.c: pure functions of the registers, of a mode. */
bool mmu_paging(const struct mmu_ctx *ctx);
bool mmu_pae_paging(const struct mmu_ctx *ctx);
bool mmu_paging_keys(const struct mmu_ctx *ctx);
struct paging_mode mmu_paging_mode(const struct mmu_ctx *ctx, const uint64_t pdpte[PDPTES]);
uint64_t paging_root(const struct paging_mode *mode, uint64_t va);
unsigned paging_shift(const struct paging_mode *mode, unsigned level); /* of the level's index */
bool paging_is_leaf(const struct paging_mode *mode, unsigned level, uint64_t entry);
bool paging_reserved(const struct paging_mode *mode, unsigned level, uint64_t entry);
uint64_t paging_frame(const struct paging_mode *mode, unsigned level, uint64_t leaf);
bool pdpte_reserved(uint64_t pdpte);

/* mmu_mtrr.c: memory types, pure. */
enum memtype mmu_mtrr_type(const struct mmu_mtrrs *mtrrs, uint64_t pa);
enum memtype mmu_effective_type(enum memtype mtrr, enum memtype pat);
enum memtype mmu_memtype(const struct mmu_ctx *ctx, unsigned pat_index, uint64_t pa);

/* mmu_tlb.c */
void tlb_init(struct tlb *t, unsigned size);
struct tlb_entry *tlb_find(struct tlb *t, uint64_t va, uint16_t pcid);
void tlb_drop_match(struct tlb *t, uint64_t va, uint16_t pcid);
void tlb_fill(struct tlb *t, uint64_t va, uint16_t pcid, const struct tlb_entry *e);
void tlb_flush(struct tlb *t, const struct mmu_flush_req *req);

/* mmu_psc.c */
/* What is looked for: bits 56:shift of the address, under a PCID. */
struct psc_tag {
    uint64_t va;
    unsigned shift;
    uint16_t pcid;
};

void psc_init(struct psc *p, unsigned size);
const struct psc_entry *psc_find(const struct psc *p, const struct psc_tag *tag);
void psc_drop_match(struct psc *p, const struct psc_tag *tag);
void psc_fill(struct psc *p, const struct psc_tag *tag, uint64_t table, struct mmu_rights r);
void psc_flush(struct psc *p, bool all, uint16_t pcid);

/* mmu_walk.c: M13 to M17, after a TLB miss. */
void mmu_walk(struct mmu *m, const struct mmu_ctx *ctx, const struct mmu_req *req,
              struct mmu_rsp *rsp);

#endif
