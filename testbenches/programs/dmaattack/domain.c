// SPDX-License-Identifier: Apache-2.0
// What the kernel gives to ring 3: four pages, mapped for it and for its device. And what it keeps:
// a domain of its own, in which the same device sees the secret.
#include "attack.h"

#define SS_R UINT64_C(1)
#define SS_W UINT64_C(2)

static uint64_t *const root = (uint64_t *)ROOT, *const contexts = (uint64_t *)CONTEXTS;

uint64_t *context_entry(void)
{
    return &contexts[EDU_SID * 2];
}

static uint64_t *leaf(uint64_t tables, uint64_t iova)
{
    return &((uint64_t *)(tables + 0x2000))[iova >> 12 & 511];
}

uint64_t *window_entry(uint64_t iova)
{
    return leaf(TABLES, iova);
}

static void build_tables(uint64_t tables)
{
    uint64_t *level3 = (uint64_t *)tables, *level2 = (uint64_t *)(tables + 0x1000);

    level3[WINDOW >> 30 & 511] = (tables + 0x1000) | SS_R | SS_W;
    level2[WINDOW >> 21 & 511] = (tables + 0x2000) | SS_R | SS_W;
}

void secret_renew(void)
{
    for (unsigned i = 0; i < 512; i++)
        ((uint64_t *)FRAME_SECRET)[i] = (uint64_t)SECRET_MARK << 32 | i;
}

static void clear(uint64_t from, uint64_t to)
{
    for (; from < to; from += 8)
        *(uint64_t *)from = 0;
}

void domain_build(void)
{
    clear(ROOT, KERNEL_END);
    clear(FRAME_OWN, FRAME_SECRET);
    build_tables(TABLES);
    build_tables(OWN_TABLES);
    *leaf(OWN_TABLES, OWN_SECRET) = FRAME_SECRET | SS_R | SS_W;
    root[0] = CONTEXTS | 1;
    for (uint64_t frame = FRAME_OWN; frame < FRAME_SECRET; frame += 4096)
        map_page(frame, frame, PTE_P | PTE_W | PTE_U);
    write64(IOMMU + REG_RTADDR, ROOT);
    gcmd(GCMD_SRTP, true);
    queue_start(QUEUE, STATUS);
    domain_give();
}

void domain_give(void)
{
    root[0] |= 1;
    context_entry()[0] = TABLES | 1; /* P, T = 00 */
    context_entry()[1] = 1 | DID << 8;
    *leaf(TABLES, WINDOW) = FRAME_OWN | SS_R | SS_W;
    *leaf(TABLES, WINDOW_READ) = FRAME_READ | SS_R;
    *leaf(TABLES, WINDOW_WRITE) = FRAME_WRITE | SS_W;
    *leaf(TABLES, WINDOW_LAST) = FRAME_LAST | SS_R | SS_W;
    *leaf(TABLES, WINDOW_END) = 0;
    secret_renew();
    write32(IOMMU + REG_PMEN, 0);
    invalidate_contexts();
    invalidate_domain(DID);
    invalidate_domain(OWN_DID);
}
