// SPDX-License-Identifier: Apache-2.0
// The golden machine alone: processor, IOMMU, board and RAM with no RTL beside them. One retirement
// counts as one cycle; a DMA is done between two retirements.
#ifndef RW_MACHINE_H
#define RW_MACHINE_H

#include "devices/pc.h"
#include "iommu/iommu.h"
#include "ringwalk.h"

/* What may wake a sleeping processor. */
enum machine_idle {
    MACHINE_IDLE_COUNTS, /* devices alone: too long without effect is a hang */
    MACHINE_IDLE_WAITS,  /* somebody outside */
    MACHINE_IDLE_ENDS    /* nothing: the run is over */
};

struct machine_config {
    const struct rw_model_ops *ops;
    struct rw_mem mem; /* loaded; borrowed */
    struct rw_boot boot;
    struct pc_config board;
    void *ctx;
    void (*console)(void *ctx, uint8_t byte);
    void (*walk)(void *ctx, const struct rec_walk *w); /* may be NULL */
    /* The processor sleeps; in so many cycles a device is due. May be NULL. */
    enum machine_idle (*idle)(void *ctx, uint64_t retirements, uint64_t cycles);
    bool record; /* the model says everything it does, as it would in lockstep; nobody listens */
};

enum machine_end {
    MACHINE_LIMIT,    /* max retirements done */
    MACHINE_EXIT,     /* the guest wrote the exit port */
    MACHINE_RESET,    /* the guest asked for a reset: machine_restart goes on */
    MACHINE_SHUTDOWN, /* triple fault */
    MACHINE_HANG,     /* HLT with nothing that could end it */
    MACHINE_ENDED     /* by `idle` */
};

struct machine_counts {
    uint64_t retirements, dma, fault_records;
};

struct machine; /* opaque */

struct machine *machine_create(const struct machine_config *config);
void machine_destroy(struct machine *m);
/* RAM was loaded anew; false: out of memory, and only machine_destroy may follow. */
bool machine_restart(struct machine *m, const struct rw_boot *boot);
enum machine_end machine_run(struct machine *m, uint64_t max_retirements);
bool machine_exit_status(const struct machine *m, uint32_t *status);
struct machine_counts machine_counts(const struct machine *m);
uint64_t machine_unclaimed(const struct machine *m);
uint64_t machine_signals_ignored(const struct machine *m);
bool machine_wants_real_mode(const struct machine *m);
void machine_state(const struct machine *m, struct rw_state *state);
const struct mmu *machine_mmu(const struct machine *m); /* the processor's */
const struct iommu *machine_iommu(const struct machine *m);

#endif
