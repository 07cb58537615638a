// SPDX-License-Identifier: Apache-2.0
// Runs of decoded instructions, kept by physical page: what the processor executes when nobody
// listens to its records. decode_cache.c says why it may.
#ifndef RW_DECODE_CACHE_H
#define RW_DECODE_CACHE_H

#include "cpu.h"

/* Instructions that stand one behind the other inside one page. */
struct run {
    uint64_t pa;         /* of the first byte */
    uint64_t generation; /* of the page, as it was when they were decoded */
    const struct insn *first;
    uint16_t bytes;
    uint8_t insns; /* 0: the instruction here is one for the whole way */
    uint8_t mode;  /* enum decode_mode */
};

struct decode_cache; /* opaque */

/* NULL: no memory. */
struct decode_cache *decode_cache_create(const struct rw_mem *mem);

/* The run at RIP; NULL: the next step is one for the whole way. */
const struct run *decode_cache_find(struct cpu *cpu);

/* Bytes of RAM were written, by whomever. */
void decode_cache_written(struct cpu *cpu, uint64_t pa, uint64_t bytes);

/* Was code decoded from this page of RAM at some time? Then its writes have to be told. */
bool decode_cache_holds(const struct cpu *cpu, uint64_t pa);

#endif
