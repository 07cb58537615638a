// SPDX-License-Identifier: Apache-2.0
// The golden model of the VT-d style remapping unit of docs/iommu.md, legacy mode: registers, root
// and context entries, second-stage walk, caches, register-based invalidation, fault recording,
// fault event.
// A request is advanced one memory access at a time, so that whoever owns memory decides when each
// read happens: iommu_dma_begin, then iommu_dma_next until IOMMU_DO_DONE.
#ifndef RW_IOMMU_H
#define RW_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

#define IOMMU_BASE  UINT64_C(0xFED90000)
#define IOMMU_BYTES UINT64_C(0x1000)

/* Configuration; CAP and ECAP are computed from it. Defaults from iommu_default_config(). */
struct iommu_config {
    unsigned haw;              /* host address width, bits: 40 */
    unsigned mgaw;             /* guest address width, bits: 48 */
    unsigned context_entries;  /* 8 */
    unsigned iotlb_entries;    /* 32 */
    unsigned level_entries[3]; /* level 2, 3, 4 caches: 8, 4, 4 */
    unsigned fault_records;    /* 8 */
};

struct iommu_config iommu_default_config(void);

/* Where records and messages go; NULL members are not called. */
struct iommu_env {
    void *ctx;
    void (*iwalk)(void *ctx, const struct rec_iwalk *r);
    void (*iommu)(void *ctx, const struct rec_iommu *r);
    void (*message)(void *ctx, uint64_t addr, uint32_t data); /* fault event: a 4-byte write */
};

struct iommu; /* opaque */

struct iommu *iommu_create(const struct iommu_config *config, const struct iommu_env *env);
void iommu_destroy(struct iommu *u);
void iommu_reset(struct iommu *u);

/* One bus beat at the register window: offset 0..0xFFF, bytes 1..16; anything but naturally aligned
 * 4 and 8 reads all ones and writes nothing. The value is in the low bits. */
uint64_t iommu_reg_read(struct iommu *u, uint32_t offset, unsigned bytes);
void iommu_reg_write(struct iommu *u, uint32_t offset, unsigned bytes, uint64_t value);

enum iommu_action {
    IOMMU_DO_READ,    /* wants `bytes` (8 or 16) at `addr`; call iommu_dma_next with them */
    IOMMU_DO_ACCESS,  /* translated: does the data access at out.pa now (out.write, out.len); call
                         next */
    IOMMU_DO_MESSAGE, /* the request is an interrupt message and goes out unchanged; call next */
    IOMMU_DO_EVENT,   /* the fault event message (addr, 4 bytes of data) goes out; call next */
    IOMMU_DO_DONE     /* out is complete but for cycle, seq, data, tag */
};

struct iommu_step {
    enum iommu_action action;
    uint64_t addr;
    unsigned bytes;
    uint32_t data;
};

/* A request in flight; its fields are the unit's own. */
struct iommu_request {
    struct rec_dma
        out; /* phase 1 record being built: iova, sid, len, write, at, tag copied from in */
    unsigned state, level;
    uint64_t table;
    uint8_t rights;
    bool restarted;
    uint64_t scratch[6];
};

/* in: sid, iova, write, len, at, tag. */
struct iommu_step iommu_dma_begin(struct iommu *u, struct iommu_request *q,
                                  const struct rec_dma *in);
/* data: the two qwords of an IOMMU_DO_READ (the second 0 for 8 bytes), NULL after other actions. */
struct iommu_step iommu_dma_next(struct iommu *u, struct iommu_request *q, const uint64_t data[2]);

#endif
