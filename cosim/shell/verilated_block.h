// SPDX-License-Identifier: Apache-2.0
// The Verilated mmu_top and iommu_top behind a plain interface, for the block benches. Memory is
// the bench's: every access of the block is handed to it at its ack.
#ifndef RW_VERILATED_BLOCK_H
#define RW_VERILATED_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One acked access: 16 lanes of an aligned block; for a read the bench fills data. */
struct vblock_access {
    uint64_t addr;
    uint16_t be;
    uint8_t src;
    bool write, lock;
    uint8_t data[16];
};

struct vblock_env {
    void *ctx;
    void (*access)(void *ctx, struct vblock_access *a);
    unsigned (*wait_states)(void *ctx); /* before the ack of the next access */
    void (*xlate)(void *ctx, const struct rec_xlate *r);
    void (*walk)(void *ctx, const struct rec_walk *r);
    void (*dma)(void *ctx, const struct rec_dma *r);
    void (*iwalk)(void *ctx, const struct rec_iwalk *r);
    void (*iommu)(void *ctx, const struct rec_iommu *r);
};

#define VBLOCK_HANG_CYCLES 5000 /* no answer in so many: the call returns false */

struct vmmu;

struct vmmu_ctx {
    bool pg, wp, pge, pcide, smep, smap, nxe, ac;
    uint64_t cr3, pat;
};

struct vmmu *vmmu_create(const struct vblock_env *env);
void vmmu_destroy(struct vmmu *v);
void vmmu_context(struct vmmu *v, const struct vmmu_ctx *c);
bool vmmu_translate(struct vmmu *v, uint64_t va, unsigned access, bool user, bool implicit);
bool vmmu_flush(struct vmmu *v, unsigned kind, uint64_t va, uint16_t pcid);
uint64_t vmmu_cycle(const struct vmmu *v);
bool vmmu_wave(struct vmmu *v, const char *path, uint64_t from, uint64_t to);

struct viommu;

struct viommu *viommu_create(const struct vblock_env *env);
void viommu_destroy(struct viommu *v);
/* in: sid, iova, write, at, len, tag, data. rdata: what a read was answered. */
bool viommu_dma(struct viommu *v, const struct rec_dma *in, bool *ok, uint8_t rdata[16]);
bool viommu_register(struct viommu *v, bool write, uint32_t offset, unsigned bytes,
                     uint64_t *value);
uint64_t viommu_cycle(const struct viommu *v);
bool viommu_wave(struct viommu *v, const char *path, uint64_t from, uint64_t to);

#ifdef __cplusplus
}
#endif
#endif
