// SPDX-License-Identifier: Apache-2.0
// Second-stage translation: IOTLB, level caches, walk. VT-d "Second-Stage Translation",
// "Second-Stage Paging Entries"; docs/iommu.md I14 (width) to I19.
#include "iommu/iommu_internal.h"

/* Second-stage paging entry */
#define SLPTE_PS      (UINT64_C(1) << 7)  /* level 2, 3: leaf; 4, 5: reserved; 1: ignored */
#define SLPTE_SNP     (UINT64_C(1) << 11) /* reserved, as ECAP.SC = 0 */
#define SLPTE_TM      (UINT64_C(1) << 62) /* reserved: "Second-Stage Paging Entries" */
#define SLPTE_ADDR_HI 52                  /* bits 51:HAW reserved, 61:52 ignored */

bool rights_grant(const struct iommu_config *c, uint8_t rights, bool write, unsigned len)
{
    if (write)
        return (rights & RIGHT_W) != 0;
    if (len == 0 &&
        config_has(c, IOMMU_ZLR)) /* CAP.ZLR: a zero-length read may touch a write-only page */
        return rights_any(rights);
    return (rights & RIGHT_R) != 0;
}

bool rights_any(uint8_t rights)
{
    return (rights & RIGHTS_ALL) != 0;
}

bool slpte_is_leaf(unsigned level, uint64_t entry)
{
    return level == 1 || ((level == 2 || level == 3) && (entry & SLPTE_PS) != 0);
}

/* Where PS asks for a page size that is not there. */
static bool ps_reserved(const struct iommu_config *c, unsigned level)
{
    return level >= 4 || (level == 3 && !config_has(c, IOMMU_1G)) ||
           (level == 2 && !config_has(c, IOMMU_2M));
}

uint64_t slpte_reserved_bits(const struct iommu_config *c, unsigned level, uint64_t entry)
{
    uint64_t reserved = SLPTE_SNP | SLPTE_TM | (low_bits(SLPTE_ADDR_HI) & ~low_bits(c->haw));

    if (ps_reserved(c, level))
        reserved |= SLPTE_PS;
    if (level > 1 && slpte_is_leaf(level, entry))
        reserved |= low_bits(level_shift(level)) & ~low_bits(12);
    return reserved;
}

static bool request_granted(const struct iommu *u, const struct iommu_request *q, uint8_t rights)
{
    if (completion_wanted(q))
        return rights_any(rights);
    return rights_grant(&u->config, rights, q->out.write != 0, q->out.len);
}

static uint16_t request_did(const struct iommu_request *q)
{
    return context_did(request_context(q));
}

static uint64_t slpte_address(const struct iommu_request *q)
{
    return q->table + 8 * ((q->out.iova >> level_shift(q->level)) & 0x1FF);
}

static struct iommu_step read_slpte(struct iommu_request *q)
{
    return request_read(q, ST_SLPTE, slpte_address(q), 8);
}

/* A pass from the top table. */
static void pass_from_root(const struct iommu *u, struct iommu_request *q)
{
    struct context_entry e = request_context(q);

    q->out.latency += 1;
    q->level = context_levels(e);
    q->table = page_address(e.lo, &u->config);
    q->rights = RIGHTS_ALL;
}

/* Step 8: what a level cache led to is not final. A translation request that is denied is answered
 * (I102). */
static struct iommu_step walk_fault(struct iommu *u, struct iommu_request *q, enum iommu_fault code)
{
    bool final = q->out.psc == 0 || q->restarted;
    bool denied = code == FAULT_READ || code == FAULT_WRITE;

    if (final && denied && completion_wanted(q))
        return completion_empty(q);
    if (final)
        return request_fault(u, q, code);
    level_drop_address(u, request_did(q), q->out.iova);
    q->restarted = true;
    pass_from_root(u, q);
    return read_slpte(q);
}

static enum iommu_fault denial(const struct iommu_request *q)
{
    return q->out.write != 0 ? FAULT_WRITE : FAULT_READ;
}

/* VT-d "Fault Reason Encodings": a top table that cannot be read is the context entry's fault. */
static enum iommu_fault unread(const struct iommu_request *q)
{
    return q->level == context_levels(request_context(q)) ? FAULT_CONTEXT_INVALID
                                                          : FAULT_SLPTE_UNREAD;
}

/* Step 6. */
static struct iommu_step walk_begin(struct iommu *u, struct iommu_request *q)
{
    struct level_entry e;
    unsigned top = context_levels(request_context(q));
    unsigned level = level_lookup(u, request_did(q), q->out.iova, top, &e);

    if (level == 0) {
        pass_from_root(u, q);
        return read_slpte(q);
    }
    q->out.latency += 1;
    q->out.psc = (uint8_t)level;
    q->level = level - 1;
    q->table = e.table;
    q->rights = e.rights;
    if (!request_granted(u, q, e.rights))
        return walk_fault(u, q, denial(q));
    return read_slpte(q);
}

static struct iommu_step translated(struct iommu_request *q, const struct iotlb_entry *e)
{
    if (completion_wanted(q))
        return completion_answer(q, e);
    return request_answer(q, DMA_TRANSLATED, iotlb_hpa(e, q->out.iova), e->page_log2);
}

/* I14 (width), I15. */
struct iommu_step translate_begin(struct iommu *u, struct iommu_request *q)
{
    const struct iotlb_entry *e;
    uint64_t hpa;

    q->out.latency += 1;
    if (q->out.iova >> context_address_width(request_context(q)) != 0)
        return request_fault(u, q, FAULT_ADDRESS_WIDTH);
    e = iotlb_lookup(&u->iotlb, request_did(q), q->out.iova);
    if (e == NULL)
        return walk_begin(u, q);
    hpa = iotlb_hpa(e, q->out.iova);
    if (!request_granted(u, q, e->rights) || in_interrupt_range(hpa)) {
        iotlb_drop_address(&u->iotlb, request_did(q), q->out.iova);
        return walk_begin(u, q);
    }
    q->out.hit |= 2;
    return translated(q, e);
}

static struct iommu_step walk_leaf(struct iommu *u, struct iommu_request *q, uint64_t entry)
{
    unsigned page_log2 = level_shift(q->level);
    struct iotlb_entry e = {.did = request_did(q),
                            .page_log2 = page_log2,
                            .page = q->out.iova >> page_log2,
                            .frame = page_address(entry, &u->config),
                            .rights = q->rights};
    uint64_t hpa = iotlb_hpa(&e, q->out.iova);

    if (in_interrupt_range(hpa))
        return walk_fault(u, q, FAULT_INTERRUPT_RANGE);
    iotlb_fill(&u->iotlb, &e, q->out.iova);
    return translated(q, &e);
}

static struct iommu_step walk_table(struct iommu *u, struct iommu_request *q, uint64_t entry)
{
    struct level_entry e = {.did = request_did(q),
                            .prefix = q->out.iova >> level_shift(q->level),
                            .table = page_address(entry, &u->config),
                            .rights = q->rights};

    level_fill(u, q->level, &e);
    q->table = e.table;
    q->level--;
    return read_slpte(q);
}

/* Step 7: permission first, then the reserved bits. The rights of the levels above are ANDed in
 * before the check: a zero-length read, which R or W suffices for, needs one of them at all levels.
 */
struct iommu_step walk_slpte_read(struct iommu *u, struct iommu_request *q,
                                  const struct iommu_read *read)
{
    uint64_t entry = read->data[0];
    uint8_t rights = (uint8_t)(entry & q->rights);
    struct rec_iwalk r = {.addr = slpte_address(q), .value = {entry, 0}, .kind = (uint8_t)q->level};

    q->out.latency += 2;
    emit_iwalk(u, &r);
    if (read->error)
        return walk_fault(u, q, unread(q));
    if (!request_granted(u, q, rights))
        return walk_fault(u, q, denial(q));
    if ((entry & slpte_reserved_bits(&u->config, q->level, entry)) != 0)
        return walk_fault(u, q, FAULT_SLPTE_RESERVED);
    q->rights = rights;
    if (slpte_is_leaf(q->level, entry))
        return walk_leaf(u, q, entry);
    return walk_table(u, q, entry);
}
