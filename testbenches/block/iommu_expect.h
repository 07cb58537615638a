// SPDX-License-Identifier: Apache-2.0
// What VT-d says of one request: a reading of its own, by tables of conditions in the manual's
// order, that knows of neither side. The harness's third voice: what is wrong on both sides alike
// shows here.
#ifndef RW_IOMMU_EXPECT_H
#define RW_IOMMU_EXPECT_H

#include "iommu_scene.h"

/* The fault records as they must stand: VT-d "Primary Fault Logging". */
struct expect_log {
    unsigned count; /* of records */
    uint64_t lo[8], hi[8];
    unsigned next, fri;
    bool pfo;
};

/* What the caches may answer from, of this source-id and page. */
struct expect_cached {
    bool context, page;
    unsigned level; /* the lowest level whose table is cached; 0: none */
    uint64_t entry[2];
    uint64_t table; /* of that level */
    bool r, w;      /* of the levels above it, and of the page */
    unsigned page_log2;
    uint64_t frame;
    bool irte;
    uint64_t irte_entry[2];
};

struct expect {
    uint8_t status, fault, recorded, page_log2;
    uint64_t pa;
    uint64_t data;   /* of a completion; of an interrupt message */
    uint64_t lo, hi; /* of the record */
    unsigned level;  /* at which the walk ended */
    bool walked;     /* may be cached now */
};

/* The outcome of s->in; log and cached follow. Memory is the model's. */
struct expect iommu_expect(const struct bench *b, const struct scene *s, struct expect_log *log,
                           struct expect_cached *cached);
/* What scene_warm_up leaves. */
struct expect_cached iommu_expect_warm(const struct scene *s);
/* Software writes 1 to F of record i. */
void expect_clear(struct expect_log *log, unsigned i);
/* FSTS: PFO, PPF and FRI. */
uint32_t expect_fsts(const struct expect_log *log);

#endif
