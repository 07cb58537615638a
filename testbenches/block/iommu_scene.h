// SPDX-License-Identifier: Apache-2.0
// All that decides the outcome of one request, as plain values: what the unit has, its registers,
// the structures in memory, the request. docs/iommu.md; VT-d "Legacy Mode Address Translation",
// "Interrupt Remapping".
#ifndef RW_IOMMU_SCENE_H
#define RW_IOMMU_SCENE_H

#include "block_iommu.h"

#define SCENE_LEVELS  5
#define SCENE_ROOT    UINT64_C(0x10000) /* pages in RAM */
#define SCENE_CONTEXT UINT64_C(0x11000)
#define SCENE_TABLES  UINT64_C(0x12000) /* the table of level n is the n-th page from here */
#define SCENE_QUEUE   UINT64_C(0x20000)
#define SCENE_IRT     UINT64_C(0x200000)
#define SCENE_FRAME   UINT64_C(0x3480200000) /* of leaves, before their size cuts it */
#define SCENE_NOWHERE UINT64_C(0x7F00000000) /* nobody answers */
#define SCENE_SID     0x4A95
#define SCENE_DID     UINT64_C(0xC35A)
#define SCENE_IOVA    UINT64_C(0x00C5A9D3B6E75320)

#define CONTEXT_FPD    UINT64_C(2)
#define CONTEXT_DEVICE UINT64_C(4) /* T = 01 */
#define SS_R           UINT64_C(1)
#define SS_W           UINT64_C(2)
#define SS_PS          UINT64_C(0x80)
#define SS_FRAME       UINT64_C(0xFFFFFFF000) /* 39:12 */
#define IRTE_P         UINT64_C(1)
#define IRTE_FPD       UINT64_C(2)
#define IRTA_EIME      UINT64_C(0x800)

/* What the caches hold of the case's structures, as scene_good has them. The last two: of the
 * second stage alone, the context entry is read anew. */
enum scene_warm {
    WARM_NOTHING,
    WARM_CONTEXT,
    WARM_LEVELS,
    WARM_ALL,
    WARM_LEVELS_ALONE,
    WARM_PAGE_ALONE,
    WARMS
};

static inline bool scene_warm_context(enum scene_warm w)
{
    return w == WARM_CONTEXT || w == WARM_LEVELS || w == WARM_ALL;
}

static inline bool scene_warm_page(enum scene_warm w)
{
    return w == WARM_ALL || w == WARM_PAGE_ALONE;
}

struct scene {
    struct rw_vtd vtd;
    uint32_t gcmd; /* what stays */
    uint64_t rtaddr, irta;
    uint32_t pmen, plmbase, plmlimit;
    uint64_t phmbase, phmlimit;
    uint64_t root[2], context[2];
    unsigned aw, leaf, upper;         /* of scene_good; upper 0: there is none */
    uint64_t entry[SCENE_LEVELS + 1]; /* by level */
    uint64_t irte[2];
    uint32_t index; /* of the entry; what the request asks for may be another */
    struct rec_dma in;
    enum scene_warm warm;
};

/* Everything allowed: translation by tables of the width AW, a page of the level leaf. */
struct scene scene_good(unsigned aw, unsigned leaf);

static inline bool scene_has(const struct scene *s, enum iommu_feature f)
{
    return (s->vtd.away >> f & 1) == 0;
}

static inline unsigned scene_aw(const struct scene *s)
{
    return (unsigned)(s->context[1] & 7);
}

/* The structures into memory. */
void scene_poke(struct bench *b, const struct scene *s);
/* What the unit has and its registers; `have` says what they are and follows. After a change of
 * what the unit has it comes from a reset, and `reset` is true. False on a difference. */
bool scene_install(struct bench *b, const struct scene *s, struct scene *have, bool *reset);
/* Everything cached is dropped. */
bool scene_drop_all(struct bench *b, const struct scene *s);
/* The caches filled by scene_good's structures and then dropped but for what s->warm says. */
bool scene_warm_up(struct bench *b, const struct scene *s);

#endif
