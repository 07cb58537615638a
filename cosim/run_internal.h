// SPDX-License-Identifier: Apache-2.0
// One run from inside: what run.c, run_model.c and run_seen.c share.
#ifndef RW_RUN_INTERNAL_H
#define RW_RUN_INTERNAL_H

#include "devices/pc.h"
#include "disk_file.h"
#include "feed.h"
#include "run.h"
#include "shell/shell.h"
#include "snapshot.h"
#include "ucode_past.h"
#include "wave_records.h"

struct run {
    const struct run_options *o;
    struct run_result *r;
    struct shell *shell;
    struct scoreboard *sb;
    struct disk_file *disk; /* NULL: none */
    struct feed feed;       /* on their way to it */
    struct ucode_past ucode;
    struct rw_mem rtl_mem, model_mem;
    struct rw_boot boot;
    uint8_t *dirty; /* pages of the RTL's RAM written since they were compared */
    uint64_t last_retire_cycle, asked, chunks;
    double started, last_progress;
    uint64_t lived; /* cycles of the lives that the guest ended by a reset */
    bool wave_tried, was_reset, property_failed;
    bool reset_asked; /* by the guest */
    bool asking;      /* the shell was told so */
    bool looked_at;   /* by triggers, or by a debugger */
    bool woken; /* this is a copy that goes on from a snapshot, with an order and its options */
    struct snapshot_order order;
    struct wave_records *records; /* of the wave that is open; NULL: there is none, or no model */
    struct met {                  /* in the chunk that ends now */
        const struct trigger *trigger;
        uint64_t cycle;
        uint8_t record[RECORD_MAX];
        char *why; /* NULL: what the record shows */
    } met[TRIGGERS];
    unsigned met_count;
    struct run_options replay;
};

/* run.c */
void run_progress(struct run *run, uint64_t done, const char *unit);
void run_console(void *ctx, uint8_t byte);
/* How far the run may go before the user is asked whether it goes on. */
uint64_t run_until_asked(const struct run *run, uint64_t count);
void run_ram_clear(struct rw_mem *mem);
struct pc_config run_board(const struct run *run);
/* The wave, if one is open, with the records of both sides in it. */
bool run_wave_close(struct run *run);

/* run_model.c */
bool run_model_alone(struct run *run, char *error, size_t error_bytes);

/* run_seen.c: a record of the RTL, a use of what was replaced: is it what the user wants to see?
 * Then the chunk ends, so that it is explained where the sides stand. */
void run_look(struct run *run, const struct record_type *type, const void *record);
void run_look_at_stale(void *ctx, const struct stale_use *u, const struct rec_xlate *x);
void run_tell_met(struct run *run);
/* What the lint has found in this life of the machine goes behind what it found in those before. */
void run_keep_stale(struct run *run);
/* Now and then a run leaves a copy of itself behind; one that was woken goes on with the wave that
 * it was asked for, and says nothing. first: at the beginning of the run. */
void run_leave_snapshot(struct run *run, bool first);
void run_take_order(struct run *run);       /* run->order: this process is a copy that does it */
bool run_order_done(const struct run *run); /* of a copy */
_Noreturn void run_end_copy(struct run *run);

#endif
