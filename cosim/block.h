// SPDX-License-Identifier: Apache-2.0
// The block benches: the RTL of the MMU or the IOMMU alone, without the processor, under random
// tables and random requests from a seed, every record diffed against the golden model of the
// block.
#ifndef RW_BLOCK_H
#define RW_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "scoreboard.h"

enum block_kind { BLOCK_MMU, BLOCK_IOMMU };

struct block_options {
    enum block_kind kind;
    uint64_t seed, requests;
    bool progress;
    const char *wave_path; /* FST of [wave_from, wave_to) when not NULL */
    uint64_t wave_from, wave_to;
};

struct block_result {
    bool mismatch;
    uint64_t requests, cycles;
    uint64_t faults[256]; /* MMU: by error code; IOMMU: by fault reason */
    double seconds;
    struct mismatch first;
    struct record_log *log; /* the caller's to destroy */
};

/* False with one line in error when it could not begin. */
bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes);

#endif
