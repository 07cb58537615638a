// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "iommu_scene.h"

#define IVT_GLOBAL  0x90000000u /* upper half of IOTLB */
#define IVT_DOMAIN  0xA0000000u
#define IVT_PAGE    0xB0000000u
#define IVA_IH      0x40u
#define ICC_GLOBAL  0xA0000000u /* upper half of CCMD */
#define INV_ENTRIES 4u          /* descriptor: all interrupt entries */

static unsigned level_log2(unsigned level)
{
    return 3 + 9 * level;
}

static uint64_t good_leaf(unsigned leaf)
{
    uint64_t low = (UINT64_C(1) << level_log2(leaf)) - 1;

    return (SCENE_FRAME & ~low) | SS_R | SS_W | (leaf > 1 ? SS_PS : 0);
}

struct scene scene_good(unsigned aw, unsigned leaf)
{
    struct scene s = {.vtd = {.fault_records = 8},
                      .gcmd = GCMD_TE,
                      .rtaddr = SCENE_ROOT,
                      .irta = SCENE_IRT | 15,
                      .root = {SCENE_CONTEXT | 1},
                      .aw = aw,
                      .leaf = leaf,
                      .irte = {IRTE_P | UINT64_C(0x5A00) << 32 | 0x6B0000},
                      .index = 0x1234};

    s.context[0] = (SCENE_TABLES + (aw + 2) * UINT64_C(0x1000)) | 1;
    s.context[1] = SCENE_DID << 8 | aw;
    for (unsigned n = aw + 2; n > leaf; n--)
        s.entry[n] = (SCENE_TABLES + (n - 1) * UINT64_C(0x1000)) | SS_R | SS_W;
    s.entry[leaf] = good_leaf(leaf);
    s.in = (struct rec_dma){
        .iova = SCENE_IOVA & ((UINT64_C(1) << (30 + 9 * aw)) - 1), .sid = SCENE_SID, .len = 4};
    return s;
}

static uint64_t entry_at(const struct scene *s, unsigned level)
{
    return SCENE_TABLES + level * UINT64_C(0x1000) +
           (s->in.iova >> level_log2(level) & 511) * UINT64_C(8);
}

void scene_poke(struct bench *b, const struct scene *s)
{
    uint64_t root = SCENE_ROOT + (s->in.sid >> 8) * UINT64_C(16);
    uint64_t context = SCENE_CONTEXT + (s->in.sid & 0xFF) * UINT64_C(16);

    for (unsigned i = 0; i < 2; i++) {
        iommu_poke(b, root + 8 * i, s->root[i]);
        iommu_poke(b, context + 8 * i, s->context[i]);
        if (s->gcmd & GCMD_IRE)
            iommu_poke(b, SCENE_IRT + s->index * UINT64_C(16) + 8 * i, s->irte[i]);
    }
    for (unsigned n = SCENE_LEVELS; n >= 1; n--)
        iommu_poke(b, entry_at(s, n), s->entry[n]);
}

/* --- registers --- */

static bool write(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct answer a;

    return iommu_write(b, offset, bytes, value, &a);
}

static bool begin_anew(struct bench *b, const struct scene *s, struct scene *have)
{
    memset(have, 0, sizeof(*have));
    b->vtd = s->vtd;
    have->vtd = s->vtd;
    return iommu_reset_during(b, 0);
}

static bool protect(struct bench *b, const struct scene *s, struct scene *have)
{
    bool same = true;

    if (s->plmbase != have->plmbase)
        same = same && write(b, REG_PLMBASE, 4, s->plmbase);
    if (s->plmlimit != have->plmlimit)
        same = same && write(b, REG_PLMLIMIT, 4, s->plmlimit);
    if (s->phmbase != have->phmbase)
        same = same && write(b, REG_PHMBASE, 8, s->phmbase);
    if (s->phmlimit != have->phmlimit)
        same = same && write(b, REG_PHMLIMIT, 8, s->phmlimit);
    if (s->pmen != have->pmen)
        same = same && write(b, REG_PMEN, 4, s->pmen);
    return same;
}

bool scene_install(struct bench *b, const struct scene *s, struct scene *have, bool *reset)
{
    uint32_t once = 0;
    bool same = true;

    *reset = s->vtd.away != have->vtd.away || s->vtd.fault_records != have->vtd.fault_records;
    if (*reset && !begin_anew(b, s, have))
        return false;
    if (s->rtaddr != have->rtaddr) {
        same = same && write(b, REG_RTADDR, 8, s->rtaddr);
        once |= GCMD_SRTP;
    }
    if (s->irta != have->irta) {
        same = same && write(b, REG_IRTA, 8, s->irta);
        once |= GCMD_SIRTP;
    }
    if ((s->gcmd & ~have->gcmd & GCMD_QIE) != 0)
        same = same && write(b, REG_IQT, 4, 0) && write(b, REG_IQA, 8, SCENE_QUEUE);
    if (once != 0 || s->gcmd != have->gcmd)
        same = same && iommu_command(b, s->gcmd, once);
    b->iqt = (s->gcmd & have->gcmd & GCMD_QIE) != 0 ? b->iqt : 0;
    same = same && protect(b, s, have);
    have->rtaddr = s->rtaddr;
    have->irta = s->irta;
    have->gcmd = s->gcmd;
    have->plmbase = s->plmbase;
    have->plmlimit = s->plmlimit;
    have->phmbase = s->phmbase;
    have->phmlimit = s->phmlimit;
    have->pmen = s->pmen;
    return same;
}

/* --- invalidations --- */

/* By registers; with the queue on, interrupt entries by a descriptor, which alone are used then. */
bool scene_drop_all(struct bench *b, const struct scene *s)
{
    struct answer a;

    if ((s->gcmd & GCMD_QIE) != 0) {
        if (!scene_has(s, IOMMU_IR))
            return true;
        iommu_poke(b, SCENE_QUEUE + b->iqt, INV_ENTRIES);
        iommu_poke(b, SCENE_QUEUE + b->iqt + 8, 0);
        b->iqt = (b->iqt + 16) % 0x1000;
        return iommu_write(b, REG_IQT, 4, b->iqt, &a);
    }
    b->ask = (struct viommu_ask){
        .regs = 2,
        .reg = {{true, REG_CCMD + 4, 4, ICC_GLOBAL, 0}, {true, REG_IOTLB + 4, 4, IVT_GLOBAL, 0}}};
    return iommu_step_one(b, &a);
}

static bool drop_page_alone(struct bench *b, const struct scene *s)
{
    return write(b, REG_IVA, 8, (s->in.iova & ~UINT64_C(0xFFF)) | IVA_IH) &&
           write(b, REG_IOTLB + 4, 4, IVT_PAGE | (uint32_t)SCENE_DID);
}

bool scene_warm_up(struct bench *b, const struct scene *s)
{
    struct scene good = scene_good(s->aw, s->leaf);
    struct answer a;

    if (s->warm == WARM_NOTHING)
        return true;
    good.context[0] |= s->context[0] & CONTEXT_FPD;
    good.context[0] |= (s->context[0] & 0xC) == CONTEXT_DEVICE ? CONTEXT_DEVICE : 0;
    good.in.iova = s->in.iova & ~UINT64_C(15);
    scene_poke(b, &good);
    if (!iommu_request(b, &good.in, &a))
        return false;
    if (s->warm == WARM_CONTEXT)
        return write(b, REG_IOTLB + 4, 4, IVT_DOMAIN | (uint32_t)SCENE_DID);
    if (!scene_warm_context(s->warm) && !write(b, REG_CCMD + 4, 4, ICC_GLOBAL))
        return false;
    return scene_warm_page(s->warm) || drop_page_alone(b, s);
}
