// SPDX-License-Identifier: Apache-2.0
#include "block_memory.h"

#include <stdlib.h>
#include <string.h>

#define CROWDED (SPARSE_BLOCKS / 2)

bool block_memory_init(struct block_memory *m)
{
    m->ram = calloc(1, BLOCK_MEMORY_BYTES);
    m->sparse = calloc(SPARSE_BLOCKS, sizeof(m->sparse[0]));
    m->sparse_count = 0;
    return m->ram != NULL && m->sparse != NULL;
}

void block_memory_free(struct block_memory *m)
{
    free(m->ram);
    free(m->sparse);
}

/* The block's place: where it is, or the free one where it would go. */
static struct sparse_block *place(const struct block_memory *m, uint64_t addr)
{
    size_t i = (size_t)((addr >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 40) % SPARSE_BLOCKS;

    while (m->sparse[i].used && m->sparse[i].addr != addr)
        i = (i + 1) % SPARSE_BLOCKS;
    return &m->sparse[i];
}

void block_memory_read(const struct block_memory *m, uint64_t addr, void *to, size_t bytes)
{
    const struct sparse_block *s;

    if (addr < BLOCK_MEMORY_BYTES) {
        memcpy(to, m->ram + addr, bytes);
        return;
    }
    s = place(m, addr & ~UINT64_C(15));
    if (s->used)
        memcpy(to, s->data + (addr & 15), bytes);
    else
        memset(to, 0xFF, bytes);
}

void block_memory_write(struct block_memory *m, uint64_t addr, const void *from, size_t bytes)
{
    struct sparse_block *s;

    if (addr < BLOCK_MEMORY_BYTES) {
        memcpy(m->ram + addr, from, bytes);
        return;
    }
    s = place(m, addr & ~UINT64_C(15));
    if (!s->used) {
        s->used = true;
        s->addr = addr & ~UINT64_C(15);
        memset(s->data, 0xFF, sizeof(s->data));
        m->sparse_count++;
    }
    memcpy(s->data + (addr & 15), from, bytes);
}

bool block_memory_claims(const struct block_memory *m, uint64_t addr)
{
    return addr < BLOCK_MEMORY_BYTES || place(m, addr & ~UINT64_C(15))->used;
}

uint64_t block_memory_read8(const struct block_memory *m, uint64_t addr)
{
    uint64_t value;

    block_memory_read(m, addr, &value, sizeof(value));
    return value;
}

void block_memory_write8(struct block_memory *m, uint64_t addr, uint64_t value)
{
    block_memory_write(m, addr, &value, sizeof(value));
}

bool block_memory_crowded(const struct block_memory *m)
{
    return m->sparse_count > CROWDED;
}

void block_memory_forget(struct block_memory *m)
{
    memset(m->sparse, 0, SPARSE_BLOCKS * sizeof(m->sparse[0]));
    m->sparse_count = 0;
}

static bool sparse_in(const struct block_memory *a, const struct block_memory *b, uint64_t *addr)
{
    uint8_t other[16];

    for (size_t i = 0; i < SPARSE_BLOCKS; i++) {
        if (!a->sparse[i].used)
            continue;
        block_memory_read(b, a->sparse[i].addr, other, sizeof(other));
        for (unsigned k = 0; k < 16; k++)
            if (other[k] != a->sparse[i].data[k]) {
                *addr = a->sparse[i].addr + k;
                return true;
            }
    }
    return false;
}

bool block_memory_differs(const struct block_memory *a, const struct block_memory *b,
                          uint64_t *addr)
{
    for (uint64_t i = 0; i < BLOCK_MEMORY_BYTES; i++)
        if (a->ram[i] != b->ram[i]) {
            *addr = i;
            return true;
        }
    return sparse_in(a, b, addr) || sparse_in(b, a, addr);
}
