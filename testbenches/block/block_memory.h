// SPDX-License-Identifier: Apache-2.0
// Memory of one side of a block bench: 4 MiB of RAM at 0, and beyond it the blocks of 16 bytes that
// somebody wrote, anywhere in the 40-bit space. What nobody wrote reads all ones,
// and nobody claims it.
#ifndef RW_BLOCK_MEMORY_H
#define RW_BLOCK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_MEMORY_BYTES (UINT64_C(1) << 22)
#define SPARSE_BLOCKS      8192 /* a power of two */

struct sparse_block {
    bool used;
    uint64_t addr;
    uint8_t data[16];
};

struct block_memory {
    uint8_t *ram;
    struct sparse_block *sparse;
    unsigned sparse_count;
};

bool block_memory_init(struct block_memory *m);
void block_memory_free(struct block_memory *m);
/* bytes inside one aligned block of 16. */
void block_memory_read(const struct block_memory *m, uint64_t addr, void *to, size_t bytes);
void block_memory_write(struct block_memory *m, uint64_t addr, const void *from, size_t bytes);
/* Is there anything: RAM, or a block that somebody wrote? */
bool block_memory_claims(const struct block_memory *m, uint64_t addr);
uint64_t block_memory_read8(const struct block_memory *m, uint64_t addr);
void block_memory_write8(struct block_memory *m, uint64_t addr, uint64_t value);
/* Is it time to forget what lies beyond RAM? Both sides must then do so together. */
bool block_memory_crowded(const struct block_memory *m);
void block_memory_forget(struct block_memory *m);
/* The lowest address in RAM, or any beyond it, at which they differ; false if there is none. */
bool block_memory_differs(const struct block_memory *a, const struct block_memory *b,
                          uint64_t *addr);

#endif
