// SPDX-License-Identifier: Apache-2.0
// One run of a program: in lockstep, on the RTL alone, or on the golden model alone.
#ifndef RW_RUN_H
#define RW_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle.h"
#include "image.h"
#include "scoreboard.h"
#include "serial.h"
#include "trace.h"
#include "trigger.h"

#define RUN_MEMORY_DEFAULT     (UINT64_C(256) << 20)
#define RUN_MAX_CYCLES_DEFAULT UINT64_C(400000000)
#define RUN_HANG_CYCLES        UINT64_C(200000) /* without a retirement; a sleep is none */

enum run_mode { RUN_LOCKSTEP, RUN_RTL_ALONE, RUN_MODEL_ALONE };

struct control;
struct machine;
struct snapshots;

/* The model alone stops there: before the instruction at rip when it comes for the n-th time, or
 * (no rip) where the run ends, max_instructions at the latest. `here` is called once, if it comes
 * to that. */
struct run_point {
    bool has_rip;
    uint64_t rip, nth;
    struct rw_cpuid *cpuid; /* gets what the machine is to lack */
    struct rw_vtd *vtd;
    void *ctx;
    void (*here)(void *ctx, const struct machine *m, const struct rw_mem *mem);
};

/* A trigger was met; `cycle` counts from the first reset, `why` (or NULL) explains it. */
struct run_met {
    const struct trigger *trigger;
    uint64_t cycle;
    const void *record;
    const char *why;
    const struct record_log *log;
};

struct run_options {
    struct image_options image;
    enum run_mode mode;
    uint64_t memory_bytes, seed, max_cycles, max_instructions;
    unsigned wait_states_max;
    const struct rw_model_ops *model; /* the golden one unless a checker is being tried */
    bool console;                     /* guest console to console_out */
    FILE *console_out;
    bool progress;
    /* FST of [wave_from, wave_to) when wave_path is not NULL. */
    const char *wave_path;
    uint64_t wave_from, wave_to;
    uint64_t reset_at;        /* a second reset at this cycle, everything begins again; 0: none */
    const char *disk;         /* FILE or FILE,ro; NULL: no disk */
    uint64_t power_button_at; /* the cycle at which it is pressed; 0: not at all */
    struct serial *serial;    /* the far end of the UART; NULL: there is none */
    struct trace *trace;      /* of the RTL's retirements; NULL: none */
    const struct run_point *point; /* NULL: none */
    struct coverage *coverage;     /* counts what the RTL does; NULL: nothing is counted */
    bool own_mmu;                  /* the RTL has somebody else's MMU: scoreboard.h */
    unsigned own_iommu; /* likewise an IOMMU: so many requests it takes at a time; 0: it is ours */
    bool lint;          /* stale.h: uses of what the program has replaced are listed */
    struct trigger *triggers; /* what the user wants to see; `met` is called for each */
    unsigned trigger_count;
    void *met_ctx;
    void (*met)(void *ctx, const struct run_met *m);
    const struct symbols *symbols; /* of the program; NULL: none */
    struct snapshots *snapshots;   /* of this run, made while it goes on; NULL: none are */
    struct control *control;       /* a debugger's hand on a run in lockstep; NULL: none */
};

enum run_verdict { VERDICT_AGREED, VERDICT_MISMATCH, VERDICT_LIMIT, VERDICT_HANG };

struct run_result {
    enum run_verdict verdict;
    struct scoreboard_counts counts;
    uint64_t cycles, unclaimed;
    uint64_t signals_ignored; /* SMI and start-up messages */
    uint64_t before;          /* cycles before the last reset, from which records count */
    unsigned resets;          /* that the guest made */
    bool guest_exited, shut_down;
    bool real_mode;  /* the guest made a reset that is to go on in real mode */
    bool user_ended; /* from the far end of the serial line */
    uint32_t guest_exit;
    double seconds;
    struct mismatch first;
    const char *ucode;       /* label of the microcode in that cycle; NULL: not known */
    struct record_log *log;  /* the caller's to destroy */
    char *why;               /* the first difference explained; the caller's to free; or NULL */
    struct stale_use *stale; /* stale.h; the caller's to free */
    size_t stale_listed;
    uint64_t stale_uses;
    struct run_wave { /* what the user wanted to see, in the order in which it came */
        const char *on;
        uint64_t cycle;
        char bundle[BUNDLE_PATH]; /* empty: none */
    } waves[TRIGGERS];
    unsigned wave_count;
};

const char *run_verdict_name(enum run_verdict v);
/* 0 agreed, 1 mismatch, 3 limit or hang, 4 the guest failed its own check or shut down, 5 a stale
 * translation was used. */
int run_exit_status(const struct run_result *r);

/* False with one line in error when the run could not begin (exit status 2). */
bool run_program(const struct run_options *o, struct run_result *r, char *error,
                 size_t error_bytes);

#endif
