// SPDX-License-Identifier: Apache-2.0
// The golden model of the VT-d style remapping unit of docs/iommu.md, legacy mode: registers, root
// and context entries, second-stage walk, interrupt remapping, caches, invalidation by registers
// and by the queue, device-TLBs, protected regions, fault recording, events. A request is advanced
// one memory
// access at a time, so that whoever owns memory decides when each read happens: iommu_dma_begin,
// then iommu_dma_next until IOMMU_DO_DONE.
#ifndef RW_IOMMU_H
#define RW_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "ringwalk.h"

#define IOMMU_BASE  UINT64_C(0xFED90000)
#define IOMMU_BYTES UINT64_C(0x1000)

/* Configuration; CAP and ECAP are computed from it. Defaults from iommu_default_config(). */
struct iommu_config {
    unsigned haw;               /* host address width, bits: 40 */
    unsigned context_entries;   /* 8 */
    unsigned iotlb_entries;     /* 32 */
    unsigned level_entries[4];  /* level 2, 3, 4, 5 caches: 8, 4, 4, 4 */
    unsigned interrupt_entries; /* 8 */
    unsigned fault_records;     /* 1 to 8: 8 */
    uint32_t away;              /* bit n: enum iommu_feature n is not there */
    uint8_t mamv, mhmv;         /* largest AM and IM: 18, 15 */
};

/* docs/iommu.md I1. What needs one that is away is away; one of the widths stays. */
enum iommu_feature {
    IOMMU_QI,
    IOMMU_IR,
    IOMMU_EIM,
    IOMMU_PT,
    IOMMU_PLMR,
    IOMMU_PHMR,
    IOMMU_PSI,
    IOMMU_ZLR,
    IOMMU_2M,
    IOMMU_1G,
    IOMMU_39,
    IOMMU_48,
    IOMMU_57,
    IOMMU_DT,
    IOMMU_FEATURES
};

struct iommu_config iommu_default_config(void);
struct iommu_config iommu_config_of(const struct rw_vtd *vtd);

/* An invalidation for a device-TLB: the page at addr, with size the range that addr codes. */
struct iommu_invalidate {
    uint64_t addr; /* bits 63:12 */
    uint16_t sid;
    bool size; /* S */
};

/* Where records and messages go; NULL members are not called. */
struct iommu_env {
    void *ctx;
    void (*iwalk)(void *ctx, const struct rec_iwalk *r);
    void (*iommu)(void *ctx, const struct rec_iommu *r);
    void (*message)(void *ctx, uint64_t addr,
                    uint32_t data); /* event of a register write: 4 bytes */
    void (*invalidate)(void *ctx, const struct iommu_invalidate *i); /* goes to a device-TLB */
};

struct iommu; /* opaque */

/* NULL for a configuration that cannot be. */
struct iommu *iommu_create(const struct iommu_config *config, const struct iommu_env *env);
void iommu_destroy(struct iommu *u);
void iommu_reset(struct iommu *u);
/* For reports: RTADDR and IRTA in force, as SRTP and SIRTP latched them, and GSTS. */
uint64_t iommu_root(const struct iommu *u);
uint64_t iommu_interrupt_table(const struct iommu *u);
uint32_t iommu_status(const struct iommu *u);
/* Protected low (0) and high (1) memory; one that is away or off has a limit below its base. */
struct iommu_region {
    uint64_t base, limit;
};
struct iommu_region iommu_protected(const struct iommu *u, unsigned high);

/* One bus beat at the register window: offset 0..0xFFF, bytes 1..16; anything but naturally aligned
 * 4 and 8 reads all ones and writes nothing. The value is in the low bits. */
uint64_t iommu_reg_read(struct iommu *u, uint32_t offset, unsigned bytes);
void iommu_reg_write(struct iommu *u, uint32_t offset, unsigned bytes, uint64_t value);

enum iommu_action {
    IOMMU_DO_READ,    /* wants `bytes` (8 or 16) at `addr`; call iommu_dma_next with them */
    IOMMU_DO_ACCESS,  /* translated: does the data access at out.pa now (out.write, out.len); call
                         next */
    IOMMU_DO_WRITE,   /* a wait's status: writes 4 bytes of data at addr; call next */
    IOMMU_DO_MESSAGE, /* an interrupt message, unchanged or remapped, goes out: addr, 4 bytes of
                         data; call next */
    IOMMU_DO_EVENT,   /* an event message (addr, 4 bytes of data) goes out; call next */
    IOMMU_DO_DONE     /* out is complete but for cycle, seq, data, tag */
};

struct iommu_step {
    enum iommu_action action;
    uint64_t addr;
    unsigned bytes;
    uint32_t data;
};

/* What memory answered: the second qword is 0 for 8 bytes. */
struct iommu_read {
    uint64_t data[2];
    bool error; /* nobody claims the address; data is all ones */
};

/* A descriptor in execution, a completion or a time-out; its fields are the unit's own. latency:
 * cycles from acceptance to its record, waits of the bus left out. */
struct iommu_command {
    unsigned state;
    uint32_t latency;
    uint64_t descriptor[2];
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

/* in: sid, iova, write, len, at, tag, and data (of an interrupt request: 4 bytes). */
struct iommu_step iommu_dma_begin(struct iommu *u, struct iommu_request *q,
                                  const struct rec_dma *in);
/* read: the answer to an IOMMU_DO_READ, NULL after other actions. */
struct iommu_step iommu_dma_next(struct iommu *u, struct iommu_request *q,
                                 const struct iommu_read *read);

/* The invalidation queue, docs/iommu.md I81 to I86: whether a descriptor is due, and one
 * descriptor, in the manner of a request. */
bool iommu_queue_due(const struct iommu *u);
struct iommu_step iommu_queue_begin(struct iommu *u, struct iommu_command *c);
struct iommu_step iommu_queue_next(struct iommu *u, struct iommu_command *c,
                                   const struct iommu_read *read);

/* Device-TLBs, docs/iommu.md I103 to I106: whether an invalidation is outstanding; a device's
 * completion; the end of the time for one, which its owner counts. Each goes on by
 * iommu_queue_next. */
#define IOMMU_TIME_OUT_CYCLES 1024
bool iommu_outstanding(const struct iommu *u);
struct iommu_step iommu_complete(struct iommu *u, struct iommu_command *c, uint16_t sid,
                                 bool error);
struct iommu_step iommu_time_out(struct iommu *u, struct iommu_command *c);

/* I7: of a due descriptor and a waiting request, the descriptor goes first. */
bool iommu_queue_first(const struct iommu *u);
/* The error (IQEI) in which the descriptor that is due would end; 0: in none. read: as it was read;
 * NULL: not yet. */
unsigned iommu_queue_wrong(const struct iommu *u, const struct iommu_read *read);
/* Where it lies. */
uint64_t iommu_queue_place(const struct iommu *u);

/* iommu_told.c: somebody else walks, and this unit goes on with what it says it did. CAP and ECAP
 * as it shows them; a fault record that it has written (false: not where the next one goes, or it
 * is not free); a fault that found no place; the queue has stopped with an error. */
void iommu_told_offer(struct iommu *u, uint64_t cap, uint64_t ecap);
bool iommu_told_fault(struct iommu *u, unsigned index, uint64_t lo, uint64_t hi);
void iommu_told_overflow(struct iommu *u);
void iommu_told_queue_error(struct iommu *u, unsigned code);
/* 4 bytes of the window as they are, without a record. */
uint32_t iommu_register(const struct iommu *u, uint32_t offset);

#endif
