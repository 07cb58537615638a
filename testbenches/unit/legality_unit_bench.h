// SPDX-License-Identifier: Apache-2.0
// A remapping unit and its tables for the tests of its legality oracle: what is not stored reads 0.
// Device UB_SID of domain UB_DID has one page mapped at UB_IOVA, read and write, by a 4-level
// table; entry UB_INDEX of interrupt remapping is a plain one. A test changes an entry and asks.
#ifndef RW_LEGALITY_UNIT_BENCH_H
#define RW_LEGALITY_UNIT_BENCH_H

#include <string.h>

#include "gt.h"
#include "legality_iommu.h"

#define UB_CAP  UINT64_C(0x00D2078C20780E66)
#define UB_ECAP UINT64_C(0x0000000000F0105F)

#define UB_SID   0x1234
#define UB_DID   7
#define UB_IOVA  UINT64_C(0x12345678)
#define UB_INDEX 5
#define UB_OLD   UINT64_C(0xAAA000)
#define UB_NEW   UINT64_C(0xBBB000)

#define UB_ROOT     UINT64_C(0x1000)
#define UB_CONTEXT  UINT64_C(0x2000)
#define UB_TABLE(n) (UINT64_C(0x10000) + UINT64_C(0x1000) * (n)) /* of level n */
#define UB_SPARE    UINT64_C(0x18000)                            /* empty */
#define UB_ENTRIES  UINT64_C(0x20000)
#define UB_BYTES    0x40000
#define UB_NOBODY   UINT64_C(0x8000000) /* no memory there */

#define UB_R  UINT64_C(1)
#define UB_W  UINT64_C(2)
#define UB_RW UINT64_C(3)
#define UB_PS UINT64_C(0x80)

#define UB_FRCD 0x200u

struct ub {
    struct legality_iommu *l;
    struct legality_unit unit;
    struct legality_iommu_registers r;
    uint8_t memory[UB_BYTES];
    unsigned next;                   /* fault record */
    uint64_t gone;                   /* of the page there: nobody answers; 0: none */
    struct legality_iommu_verdict v; /* of the last question */
};

static inline bool ub_read(void *ctx, uint64_t addr, uint64_t to[2], unsigned bytes)
{
    if (addr + bytes > UB_BYTES ||
        (addr >> 12 == ((struct ub *)ctx)->gone >> 12 && addr >> 12 != 0))
        return false;
    memcpy(to, ((struct ub *)ctx)->memory + addr, bytes);
    return true;
}

static inline void ub_store(struct ub *b, uint64_t addr, uint64_t value)
{
    uint64_t before;
    struct legality_store s = {addr, 8, &before, &value, {AUTHOR_INSTRUCTION, 0x401000, 77}};

    memcpy(&before, b->memory + addr, 8);
    memcpy(b->memory + addr, &value, 8);
    legality_iommu_commit(b->l, &s);
}

/* 16 bytes at once. */
static inline void ub_store2(struct ub *b, uint64_t addr, uint64_t lo, uint64_t hi)
{
    uint64_t before[2], after[2] = {lo, hi};
    struct legality_store s = {addr, 16, before, after, {AUTHOR_INSTRUCTION, 0x401000, 77}};

    memcpy(before, b->memory + addr, 16);
    memcpy(b->memory + addr, after, 16);
    legality_iommu_commit(b->l, &s);
}

/* --- where entries stand, what they say --- */

static inline uint64_t ub_at(unsigned level, uint64_t iova)
{
    return UB_TABLE(level) + (iova >> (3 + 9 * level) & 511) * 8;
}

static inline uint64_t ub_context_at(uint16_t sid)
{
    return UB_CONTEXT + (sid & 0xFFu) * 16;
}

static inline uint64_t ub_entry_at(unsigned index)
{
    return UB_ENTRIES + 16 * index;
}

static inline void ub_context(struct ub *b, uint16_t sid, uint64_t lo, unsigned aw, uint16_t did)
{
    ub_store2(b, ub_context_at(sid), lo, aw | (uint64_t)did << 8);
}

static inline void ub_map(struct ub *b, uint64_t iova, uint64_t frame)
{
    for (unsigned n = 4; n > 1; n--)
        ub_store(b, ub_at(n, iova), UB_TABLE(n - 1) | UB_RW);
    ub_store(b, ub_at(1, iova), frame | UB_RW);
}

/* Vector, destination 0x5A, source-id not looked at. */
static inline uint64_t ub_irte(uint8_t vector)
{
    return UINT64_C(0x00005A0000000001) | (uint64_t)vector << 16;
}

static inline void ub_registers(struct ub *b)
{
    legality_iommu_registers(b->l, &b->r);
}

/* --- the unit --- */

static inline void ub_open_with(struct ub *b, size_t values, uint64_t cap, uint64_t ecap)
{
    const struct legality_iommu_env env = {b, ub_read};

    memset(b, 0, sizeof(*b));
    b->unit = (struct legality_unit){cap, ecap, 40, 21};
    b->l = legality_iommu_create(&env, &b->unit, values);
    ub_store(b, UB_ROOT + 16 * (UB_SID >> 8), UB_CONTEXT | 1);
    ub_context(b, UB_SID, UB_TABLE(4) | 1, 2, UB_DID);
    ub_map(b, UB_IOVA, UB_OLD);
    ub_store2(b, ub_entry_at(UB_INDEX), ub_irte(0x41), 0);
    b->r = (struct legality_iommu_registers){.te = true,
                                             .ire = true,
                                             .rtaddr = UB_ROOT,
                                             .irta = UB_ENTRIES | 7, /* 256 entries */
                                             .low = {1, 0},
                                             .high = {1, 0}};
    ub_registers(b);
}

static inline void ub_open(struct ub *b)
{
    ub_open_with(b, 1024, UB_CAP, UB_ECAP);
}

static inline void ub_close(struct ub *b)
{
    legality_iommu_destroy(b->l);
}

/* Of domain UB_DID, device UB_SID, the page at UB_IOVA, the entry UB_INDEX. */
static inline void ub_drop(struct ub *b, enum legality_iommu_event event)
{
    const struct legality_invalidation i = {
        .event = event, .did = UB_DID, .sid = UB_SID, .index = UB_INDEX, .iova = UB_IOVA};

    legality_iommu_invalidated(b->l, &i);
}

static inline void ub_drop_all(struct ub *b)
{
    ub_drop(b, UNIT_CONTEXT_GLOBAL);
    ub_drop(b, UNIT_IOTLB_GLOBAL);
    ub_drop(b, UNIT_ENTRIES_GLOBAL);
}

/* --- questions --- */

static inline enum legality_word ub_judge(struct ub *b, const struct legality_request *q,
                                          const struct legality_iommu_answer *a)
{
    b->v = legality_iommu_judge(b->l, q, a);
    if (b->v.rule == NULL)
        b->v.rule = "none";
    return b->v.word;
}

static inline struct legality_request ub_reading(uint64_t iova)
{
    return (struct legality_request){.addr = iova, .sid = UB_SID, .bytes = 4};
}

static inline struct legality_request ub_writing(uint64_t iova)
{
    return (struct legality_request){.addr = iova, .sid = UB_SID, .bytes = 4, .write = true};
}

static inline enum legality_word ub_goes(struct ub *b, struct legality_request q, uint64_t addr)
{
    legality_iommu_begin(b->l);
    return ub_judge(b, &q, &(struct legality_iommu_answer){OUTCOME_ADDRESS, 0, addr, 0});
}

/* A read of UB_IOVA that goes to this frame. */
static inline enum legality_word ub_reads(struct ub *b, uint64_t frame)
{
    return ub_goes(b, ub_reading(UB_IOVA), frame | (UB_IOVA & 0xFFF));
}

static inline enum legality_word ub_rejected(struct ub *b, struct legality_request q)
{
    legality_iommu_begin(b->l);
    return ub_judge(b, &q, &(struct legality_iommu_answer){.outcome = OUTCOME_REJECTED});
}

static inline enum legality_word ub_sent(struct ub *b, struct legality_request q, uint64_t addr,
                                         uint64_t data)
{
    legality_iommu_begin(b->l);
    return ub_judge(b, &q, &(struct legality_iommu_answer){OUTCOME_MESSAGE, 0, addr, data});
}

static inline enum legality_word ub_completes(struct ub *b, struct legality_request q,
                                              uint64_t data)
{
    legality_iommu_begin(b->l);
    return ub_judge(b, &q, &(struct legality_iommu_answer){OUTCOME_COMPLETED, 0, 0, data});
}

/* Blocked, and nothing recorded. */
static inline enum legality_word ub_silent(struct ub *b, struct legality_request q, uint8_t reason)
{
    legality_iommu_begin(b->l);
    return ub_judge(b, &q, &(struct legality_iommu_answer){OUTCOME_BLOCKED, reason, 0, 0});
}

static inline void ub_clear(struct ub *b, unsigned index)
{
    legality_iommu_write(b->l, UB_FRCD + 16 * index + 12, 4, UINT64_C(0x80000000));
}

/* Blocked, and these 16 bytes recorded in the next record, which stays. */
static inline enum legality_word ub_records(struct ub *b, struct legality_request q, uint8_t reason,
                                            uint64_t lo, uint64_t hi)
{
    unsigned records = (unsigned)(b->unit.cap >> 40 & 0xFF) + 1;

    legality_iommu_begin(b->l);
    legality_iommu_recorded(b->l, b->next, lo, hi);
    b->next = (b->next + 1) % records;
    return ub_judge(b, &q, &(struct legality_iommu_answer){OUTCOME_BLOCKED, reason, 0, 0});
}

/* The record of a DMA request; software takes it at once. */
static inline enum legality_word ub_faults(struct ub *b, struct legality_request q, uint8_t reason)
{
    uint64_t hi = UINT64_C(1) << 63 | (uint64_t)!q.write << 62 | (uint64_t)q.at << 60 |
                  (uint64_t)reason << 32 | q.sid;
    unsigned index = b->next;
    enum legality_word word = ub_records(b, q, reason, q.addr & ~UINT64_C(0xFFF), hi);

    ub_clear(b, index);
    return word;
}

/* An interrupt request in remappable format, without SHV. */
static inline struct legality_request ub_interrupt(unsigned index)
{
    return (struct legality_request){.addr = UINT64_C(0xFEE00010) |
                                             (uint64_t)(index & 0x7FFF) << 5 |
                                             (uint64_t)(index >> 15) << 2,
                                     .sid = UB_SID,
                                     .bytes = 4,
                                     .write = true};
}

static inline enum legality_word ub_refuses(struct ub *b, struct legality_request q, uint8_t reason,
                                            uint16_t index)
{
    unsigned record = b->next;
    enum legality_word word = ub_records(b, q, reason, (uint64_t)index << 48,
                                         UINT64_C(1) << 63 | (uint64_t)reason << 32 | q.sid);

    ub_clear(b, record);
    return word;
}

#endif
