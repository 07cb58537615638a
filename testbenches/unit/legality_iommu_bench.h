// SPDX-License-Identifier: Apache-2.0
// A remapping unit and its structures for the tests of its legality oracle: what is not stored
// reads 0. Two devices and their functions, two domains, 39-bit tables, an interrupt-remapping
// table; a test changes an entry and asks.
#ifndef RW_LEGALITY_IOMMU_BENCH_H
#define RW_LEGALITY_IOMMU_BENCH_H

#include <string.h>

#include "gt.h"
#include "legality_iommu.h"

#define LI_BYTES 0x40000

#define LI_ROOT    UINT64_C(0x1000)
#define LI_CONTEXT UINT64_C(0x2000)
#define LI_IRT     UINT64_C(0x3000)
/* Second-stage tables of the first domain and of the second; level 1 is spare at 0x13000 too. */
#define LI_TABLE(did, level) (UINT64_C(0x10000) * (did) + UINT64_C(0x1000) * (level))
#define LI_SPARE             UINT64_C(0x38000)

#define LI_SID   0x0010 /* 00:02.0 */
#define LI_OTHER 0x0014 /* 00:02.4: FM = 1 takes it along */
#define LI_IOVA  UINT64_C(0x40201000)
#define LI_OLD   UINT64_C(0xAAA000)
#define LI_NEW   UINT64_C(0xBBB000)
#define LI_LATE  UINT64_C(0xCCC000)
#define LI_RW    UINT64_C(3)
#define LI_INDEX 5

#define LI_CAP  UINT64_C(0x00D2078C20780E66) /* CM = 0, RWBF = 0, drains, 8 records */
#define LI_ECAP UINT64_C(0x0000000000F0105F)

struct li {
    struct legality_iommu *l;
    struct legality_iommu_registers r;
    struct legality_unit unit;
    uint8_t memory[LI_BYTES];
    struct legality_iommu_verdict v; /* of the last question */
};

static inline bool li_read(void *ctx, uint64_t addr, uint64_t to[2], unsigned bytes)
{
    to[0] = to[1] = UINT64_MAX;
    if (addr + bytes > LI_BYTES)
        return false;
    memcpy(to, ((struct li *)ctx)->memory + addr, bytes);
    return true;
}

static inline void li_store(struct li *b, uint64_t addr, uint64_t value)
{
    uint64_t before[2];
    struct legality_store s = {addr, 8, before, &value, {AUTHOR_INSTRUCTION, 0x401000, 77}};

    li_read(b, addr, before, 8);
    memcpy(b->memory + addr, &value, 8);
    legality_iommu_commit(b->l, &s);
}

static inline void li_store2(struct li *b, uint64_t addr, uint64_t lo, uint64_t hi)
{
    li_store(b, addr + 8, hi);
    li_store(b, addr, lo);
}

static inline uint64_t li_context_at(uint16_t sid)
{
    return LI_CONTEXT + (sid & 0xFF) * UINT64_C(16);
}

/* T = 00 with the domain's own tables; AW = 001. */
static inline void li_translates(struct li *b, uint16_t sid, uint16_t did)
{
    li_store2(b, li_context_at(sid), LI_TABLE(did, 3) | 1, (uint64_t)did << 8 | 1);
}

/* T = 10; AW = 011, the largest. */
static inline void li_passes(struct li *b, uint16_t sid, uint16_t did)
{
    li_store2(b, li_context_at(sid), 0x8 | 1, (uint64_t)did << 8 | 3);
}

static inline uint64_t li_at(uint16_t did, unsigned level, uint64_t iova)
{
    return LI_TABLE(did, level) + (iova >> (3 + 9 * level) & 511) * 8;
}

static inline void li_map(struct li *b, uint16_t did, uint64_t iova, uint64_t frame)
{
    li_store(b, li_at(did, 3, iova), LI_TABLE(did, 2) | LI_RW);
    li_store(b, li_at(did, 2, iova), LI_TABLE(did, 1) | LI_RW);
    li_store(b, li_at(did, 1, iova), frame | LI_RW);
}

/* Vector to the APIC with that ID, from any source. */
static inline void li_remap(struct li *b, unsigned index, uint8_t vector)
{
    li_store2(b, LI_IRT + 16 * index, UINT64_C(0x0000020000000001) | (uint64_t)vector << 16, 0);
}

static inline void li_registers(struct li *b)
{
    legality_iommu_registers(b->l, &b->r);
}

/* Domain 1 is 00:02.0's and 00:02.4's, domain 2 that of 00:03.0. */
static inline void li_open(struct li *b)
{
    static const struct legality_iommu_registers on = {.te = true,
                                                       .ire = true,
                                                       .rtaddr = LI_ROOT,
                                                       .irta = LI_IRT | 7,
                                                       .low = {1, 0},
                                                       .high = {1, 0}};
    struct legality_iommu_env env = {b, li_read};

    memset(b, 0, sizeof(*b));
    b->unit = (struct legality_unit){LI_CAP, LI_ECAP, 40, 21};
    b->l = legality_iommu_create(&env, &b->unit, 256);
    b->r = on;
    li_registers(b);
    li_store2(b, LI_ROOT, LI_CONTEXT | 1, 0);
    li_translates(b, LI_SID, 1);
    li_translates(b, LI_OTHER, 1);
    li_translates(b, 0x18, 2);
    li_map(b, 1, LI_IOVA, LI_OLD);
    li_map(b, 2, LI_IOVA, LI_OLD);
}

static inline void li_close(struct li *b)
{
    legality_iommu_destroy(b->l);
}

static inline enum legality_word li_ask(struct li *b, const struct legality_request *q,
                                        const struct legality_iommu_answer *a)
{
    legality_iommu_begin(b->l);
    b->v = legality_iommu_judge(b->l, q, a);
    return b->v.word;
}

static inline enum legality_word li_read_gives(struct li *b, uint16_t sid, uint64_t iova,
                                               uint64_t pa)
{
    return li_ask(b, &(struct legality_request){.addr = iova, .sid = sid, .bytes = 4},
                  &(struct legality_iommu_answer){.outcome = OUTCOME_ADDRESS, .addr = pa});
}

static inline enum legality_word li_faults(struct li *b, uint16_t sid, uint64_t iova, bool write,
                                           uint8_t reason)
{
    uint64_t hi = UINT64_C(1) << 63 | (uint64_t)!write << 62 | (uint64_t)reason << 32 | sid;

    legality_iommu_begin(b->l);
    legality_iommu_recorded(b->l, 0, iova & ~UINT64_C(0xFFF), hi);
    b->v = legality_iommu_judge(
        b->l, &(struct legality_request){.addr = iova, .sid = sid, .bytes = 4, .write = write},
        &(struct legality_iommu_answer){.outcome = OUTCOME_BLOCKED, .reason = reason});
    return b->v.word;
}

static inline enum legality_word li_interrupt_gives(struct li *b, uint16_t sid, unsigned index,
                                                    uint8_t vector)
{
    return li_ask(
        b,
        &(struct legality_request){
            .addr = 0xFEE00010 | (uint64_t)index << 5, .sid = sid, .bytes = 4, .write = true},
        &(struct legality_iommu_answer){
            .outcome = OUTCOME_MESSAGE, .addr = 0xFEE02000, .data = UINT64_C(0x4000) | vector});
}

#endif
