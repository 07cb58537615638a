// SPDX-License-Identifier: Apache-2.0
// The scoreboard: takes the RTL's records, steps the golden model once for each retirement and
// drives the golden IOMMU in the order of the bus, and compares stream by stream, in order, field
// by field. It reads records and nothing else of the RTL. The first difference ends the run.
#ifndef RW_SCOREBOARD_H
#define RW_SCOREBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/iommu.h"
#include "record.h"
#include "record_fields.h"
#include "record_log.h"
#include "ring.h"
#include "ringwalk.h"

/* Both sides' records of one kind, waiting for their counterpart. */
struct stream {
    const struct record_type *type;
    struct ring rtl, model;
};

#define MISMATCH_TEXT          72
#define SCOREBOARD_FETCH_LINES 8

/* The first difference. Values are text, so that a missing record is as good as a number. */
struct mismatch {
    char stream[16], field[32];
    char rtl[MISMATCH_TEXT], model[MISMATCH_TEXT];
    uint64_t cycle, rip;
    uint32_t source_id;
    bool has_source_id; /* the DMA side: source_id instead of rip */
    uint8_t bytes[16];  /* instruction, when it is one */
    uint8_t len, mode;
};

struct scoreboard_counts {
    uint64_t retirements, instructions, fetch, data, dma, iommu_events;
    uint64_t stimuli[STIM_COUNT];
};

struct scoreboard_config {
    const struct rw_model_ops *ops;
    struct rw_mem mem; /* the model's own RAM, loaded */
    struct rw_boot boot;
    struct record_log *log; /* may be NULL */
};

struct scoreboard {
    const struct rw_model_ops *ops;
    struct rw_model *model;
    struct iommu *iommu;
    struct rw_mem mem;
    struct record_log *log;

    struct stream xlate, walk, sys, iwalk, iommu_records, message;
    struct ring order; /* struct order_event: acks and DMA requests as the bus ordered them */
    struct ring tsc;   /* struct rec_stim */
    struct ring inta;  /* struct rec_stim: what the local APIC gave */

    struct rec_retire rtl_retire, model_retire;
    bool model_retired, model_halted;
    struct rec_bus beat; /* the RTL's beat that answers the model's access in progress */

    bool dma_in_flight;
    struct rec_dma dma_accepted;
    struct iommu_request request;
    struct iommu_step want;

    /* Instruction bytes that came from no RAM: the last lines, as stimulus. */
    struct rec_bus fetched[SCOREBOARD_FETCH_LINES];
    unsigned fetched_next;
    unsigned fetched_registers; /* of them, in the IOMMU's window and not yet said by it */

    bool bus_locked; /* by the processor */
    bool nmi_raised; /* and not yet delivered: NMIs do not queue */
    bool line;       /* external interrupt line, and since when */
    uint64_t line_since, line_until, last_retire_cycle;

    struct scoreboard_counts counts;
    bool failed;
    bool stepping, suspect; /* the model is in its step; something differed in it already */
    struct mismatch first;
    void *stop_ctx;
    void (*stop)(void *ctx); /* called once, on the first difference */
};

struct scoreboard *scoreboard_create(const struct scoreboard_config *config);
void scoreboard_destroy(struct scoreboard *sb);

/* The RTL's records, in the order of record_emit.sv. */
void scoreboard_bus(struct scoreboard *sb, const struct rec_bus *r);
void scoreboard_walk(struct scoreboard *sb, const struct rec_walk *r);
void scoreboard_xlate(struct scoreboard *sb, const struct rec_xlate *r);
void scoreboard_iwalk(struct scoreboard *sb, const struct rec_iwalk *r);
void scoreboard_iommu(struct scoreboard *sb, const struct rec_iommu *r);
void scoreboard_dma(struct scoreboard *sb, const struct rec_dma *r);
void scoreboard_stim(struct scoreboard *sb, const struct rec_stim *r);
void scoreboard_retire(struct scoreboard *sb, const struct rec_retire *r);
void scoreboard_sys(struct scoreboard *sb, const struct rec_sys *r);
/* From the shell: what the local APIC answered, and its line. */
void scoreboard_inta(struct scoreboard *sb, uint64_t cycle, uint8_t vector);
void scoreboard_intr_line(struct scoreboard *sb, uint64_t cycle, bool line);
void scoreboard_nmi(struct scoreboard *sb);
/* At the end of a run: nothing may be left that the other side never answered. */
void scoreboard_finish(struct scoreboard *sb);

/* Shared with order.c. */
enum order_kind { ORDER_BUS, ORDER_DMA };
struct order_event {
    enum order_kind kind;
    union {
        struct rec_bus bus;
        struct rec_dma dma;
    } u;
};

/* order.c: the golden IOMMU and its memory accesses, as the bus ordered them. Handles every event
 * of the queue that is not the processor's, up to the first that is, or to one at or after seq. */
void order_drain(struct scoreboard *sb, uint64_t seq);

void stream_rtl(struct scoreboard *sb, struct stream *s, const void *record);
void stream_model(struct scoreboard *sb, struct stream *s, const void *record);
void scoreboard_differ(struct scoreboard *sb, const struct record_type *t, const void *rtl,
                       const void *model);
void scoreboard_differ_text(struct scoreboard *sb, const char *stream, const char *field,
                            const char *rtl, const char *model, uint64_t cycle);

#endif
