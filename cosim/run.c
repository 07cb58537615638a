// SPDX-License-Identifier: Apache-2.0
// One run of a program; see the header. In lockstep the RTL and the model each have their own RAM,
// loaded alike.
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "coverage.h"
#include "explain_run.h"
#include "run_internal.h"
#include "ucode_word.h"

#define CHUNK_CYCLES     UINT64_C(16384)
#define SETTLE_CYCLES    UINT64_C(4096) /* behind a wave, for the model's records in it */
#define SETTLE_CHUNK     64
#define LOG_BYTES        (48 * 1024)
#define ASK_RETIREMENTS  256             /* the whole system state is compared this often */
#define RAM_CHUNKS       16              /* chunks between two looks at the RAM that was written */
#define EXIT_GRACE       UINT64_C(10000) /* cycles for the exit's OUT to retire */
#define PROGRESS_SECONDS 2.0

const char *run_verdict_name(enum run_verdict v)
{
    static const char *const names[] = {"agreed", "mismatch", "limit", "hang"};

    return names[v];
}

int run_exit_status(const struct run_result *r)
{
    switch (r->verdict) {
    case VERDICT_MISMATCH:
        return 1;
    case VERDICT_LIMIT:
    case VERDICT_HANG:
        return 3;
    case VERDICT_AGREED:
        break;
    }
    if (r->shut_down || r->real_mode || (r->guest_exited && r->guest_exit != 0))
        return 4;
    return r->stale_uses != 0 ? 5 : 0;
}

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool ram_map(struct rw_mem *mem, uint64_t bytes)
{
    mem->bytes = bytes;
    mem->ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return mem->ram != MAP_FAILED;
}

void run_progress(struct run *run, uint64_t done, const char *unit)
{
    double now = now_seconds();
    bool tty = isatty(STDERR_FILENO) != 0;

    if (!run->o->progress || now - run->last_progress < (tty ? PROGRESS_SECONDS : 30.0))
        return;
    run->last_progress = now;
    fprintf(stderr, tty ? "\r%" PRIu64 " %s, %.0f a second " : "%" PRIu64 " %s, %.0f a second\n",
            done, unit, (double)done / (now - run->started));
}

/* --- sinks --- */

#define FORWARD(kind, feed_kind)                                                                   \
    static void sink_##kind(void *ctx, const struct rec_##kind *r)                                 \
    {                                                                                              \
        struct run *run = ctx;                                                                     \
                                                                                                   \
        feed_push(&run->feed, feed_kind, r, sizeof(*r));                                           \
        if (run->looked_at)                                                                        \
            run_look(run, &type_##kind, r);                                                        \
    }
FORWARD(bus, FEED_BUS)
FORWARD(walk, FEED_WALK)
FORWARD(xlate, FEED_XLATE)
FORWARD(iwalk, FEED_IWALK)
FORWARD(iommu, FEED_IOMMU)
FORWARD(dma, FEED_DMA)
FORWARD(stim, FEED_STIM)
FORWARD(sys, FEED_SYS)
#undef FORWARD

static void check_limits(struct run *run, const struct rec_retire *r)
{
    run->last_retire_cycle = r->cycle;
    if (run->o->trace != NULL)
        trace_retire(run->o->trace, r);
    if (r->kind == RETIRE_SHUTDOWN)
        run->r->shut_down = true;
    if (run->r->shut_down || run->r->guest_exited || run->reset_asked ||
        run->r->counts.instructions >= run->o->max_instructions)
        shell_stop(run->shell);
}

static void count_retire(struct run *run, const struct rec_retire *r)
{
    run->r->counts.retirements++;
    run->r->counts.instructions += (r->kind == RETIRE_INSN || r->kind == RETIRE_SOFT_INT) &&
                                   !(r->flags & RETIRE_REP_CONTINUES);
    check_limits(run, r);
}

static void ask(struct run *run, bool whole_state)
{
    if (run->asking != whole_state)
        shell_ask(run->shell, whole_state);
    run->asking = whole_state;
}

/* At every so-many retirements the RTL is asked for its whole system state, and at the end. */
static void ask_for_state(struct run *run)
{
    bool last = run->r->guest_exited || run->reset_asked;

    run->asked++;
    ask(run, last || run->asked % ASK_RETIREMENTS == 0);
}

static void sink_retire(void *ctx, const struct rec_retire *r)
{
    struct run *run = ctx;

    feed_push(&run->feed, FEED_RETIRE, r, sizeof(*r));
    if (run->looked_at)
        run_look(run, &type_retire, r);
    ask_for_state(run);
    count_retire(run, r);
    if (run->o->control != NULL)
        control_retired(run->o->control, r);
}

static void sink_retire_alone(void *ctx, const struct rec_retire *r)
{
    count_retire(ctx, r);
}

static void sink_ucode(void *ctx, const struct ucode_word *word)
{
    struct run *run = ctx;

    ucode_past_add(&run->ucode, shell_cycle(run->shell) - 1, word->label);
    if (run->o->trace != NULL) /* not in a copy that was woken */
        trace_ucode(run->o->trace, word->label);
    if (run->o->control != NULL)
        control_executes(run->o->control, shell_cycle(run->shell) - 1, word);
}

static void sink_board(void *ctx, const struct board_record *r)
{
    struct run *run = ctx;

    feed_push(&run->feed, FEED_BOARD, r, sizeof(*r));
}

void run_console(void *ctx, uint8_t byte)
{
    struct run *run = ctx;

    bool again = run->o->control != NULL && !control_says(run->o->control);

    if (run->o->console && !again) {
        fputc(byte, run->o->console_out);
        if (byte == '\n' || (run->o->serial != NULL && serial_is_live(run->o->serial)))
            fflush(run->o->console_out);
    }
}

static void sink_exit(void *ctx, uint32_t status)
{
    struct run *run = ctx;

    if (run->r->guest_exited)
        return;
    run->r->guest_exited = true;
    run->r->guest_exit = status;
    ask(run, true);
}

static void sink_reset(void *ctx)
{
    struct run *run = ctx;

    run->reset_asked = true;
    ask(run, true);
    if (shell_halted(run->shell)) /* nothing is about to retire */
        shell_stop(run->shell);
}

/* It ends the run like a difference; without a scoreboard, too. */
static void sink_assertion(void *ctx, uint64_t cycle, const char *where, const char *label)
{
    struct run *run = ctx;

    if (run->sb != NULL) {
        feed_flush(&run->feed);
        scoreboard_differ_text(run->sb, "assert", where, label, "holds", cycle);
        return;
    }
    if (!run->property_failed)
        run->r->first = (struct mismatch){.stream = "assert", .model = "holds", .cycle = cycle};
    snprintf(run->r->first.field, sizeof(run->r->first.field), "%s", where);
    snprintf(run->r->first.rtl, sizeof(run->r->first.rtl), "%s", label);
    run->property_failed = true;
    shell_stop(run->shell);
}

static void stop_shell(void *ctx)
{
    shell_stop(((struct run *)ctx)->shell);
}

/* --- the RTL, with or without the model --- */

static void keep_record(void *ctx, const struct record_type *t, bool from_model, const void *record)
{
    struct run *run = ctx;

    if (run->records != NULL)
        wave_records_add(run->records, t, from_model, record, run->r->before);
}

static bool wave_open(struct run *run)
{
    const struct run_options *o = run->o;

    if (!shell_wave_open(run->shell, o->wave_path))
        return false;
    if (run->sb == NULL)
        return true;
    run->records = wave_records_create(o->wave_from, o->wave_to);
    record_log_watch(run->r->log, keep_record, run);
    return run->records != NULL;
}

bool run_wave_close(struct run *run)
{
    bool ok = true;

    shell_wave_close(run->shell);
    if (run->records != NULL)
        ok = wave_records_into(run->records, run->o->wave_path,
                               run->sb->diff.failed ? run->sb->diff.first.stream : NULL);
    wave_records_destroy(run->records);
    run->records = NULL;
    return ok;
}

static bool no_wave(const struct run *run, char *error, size_t error_bytes)
{
    snprintf(error, error_bytes, "%s: cannot be written: %s", run->o->wave_path, strerror(errno));
    return false;
}

/* Behind the window the run goes on until the model has answered for all that is in it. */
static bool wave_settled(struct run *run, uint64_t cycle)
{
    shell_wave_close(run->shell);
    if (run->records == NULL)
        return true;
    if (!run->sb->diff.failed)
        feed_flush(&run->feed);
    return !wave_records_waiting(run->records) || cycle >= run->o->wave_to + SETTLE_CYCLES;
}

static bool wave_window(struct run *run, uint64_t *chunk, char *error, size_t error_bytes)
{
    const struct run_options *o = run->o;
    uint64_t cycle = run->r->before + shell_cycle(run->shell), next = o->wave_from;

    if (cycle >= o->wave_from) {
        next = o->wave_to;
        if (!run->wave_tried && !wave_open(run))
            return no_wave(run, error, error_bytes);
        run->wave_tried = true;
    }
    if (cycle >= o->wave_to) {
        if (wave_settled(run, cycle) && !run_wave_close(run))
            return no_wave(run, error, error_bytes);
        next = run->records == NULL ? UINT64_MAX : cycle + SETTLE_CHUNK;
    }
    if (next - cycle < *chunk)
        *chunk = next - cycle;
    return true;
}

/* What has been said so far, the deadlines, and now and then the RAM. True: a difference. Under a
 * control it stands still where it may; the deadlines and the RAM keep their own cycles. */
static bool compared(struct run *run)
{
    uint64_t cycle = shell_cycle(run->shell);
    bool window = run->o->control == NULL || cycle % CHUNK_CYCLES == 0, look;

    feed_flush(&run->feed);
    if (window) {
        look = ++run->chunks % RAM_CHUNKS == 0;
        scoreboard_window(run->sb, cycle, look ? shell_written(run->shell) : 0, look);
    }
    return run->sb->diff.failed;
}

/* HLT with something due that can wake it; a masked interrupt cannot. */
static bool sleeps(const struct run *run)
{
    if (!shell_halted(run->shell) || !shell_due(run->shell))
        return false;
    return run->sb == NULL || run->sb->ops->interruptible(run->sb->model, false);
}

/* The user is asked now and then whether the run is to go on. */
uint64_t run_until_asked(const struct run *run, uint64_t count)
{
    return run->o->serial == NULL ? UINT64_MAX : serial_left(run->o->serial, count);
}

static bool past_limits(struct run *run)
{
    struct run_result *r = run->r;
    uint64_t cycle = shell_cycle(run->shell);
    uint64_t total = r->before + cycle;

    if (run->property_failed || (run->sb != NULL && compared(run))) {
        r->verdict = VERDICT_MISMATCH;
        return true;
    }
    if (r->guest_exited || r->shut_down || r->real_mode) {
        r->verdict = VERDICT_AGREED;
        return true;
    }
    if (run->o->serial != NULL && serial_ends(run->o->serial, total)) {
        r->user_ended = true;
        r->verdict = VERDICT_AGREED;
        return true;
    }
    if (total >= run->o->max_cycles || r->counts.instructions >= run->o->max_instructions) {
        r->verdict = VERDICT_LIMIT;
        return true;
    }
    if (cycle - run->last_retire_cycle >= RUN_HANG_CYCLES && !sleeps(run)) {
        r->verdict = VERDICT_HANG;
        return true;
    }
    return false;
}

/* The OUT that ended the run, or a life of it, has still to retire and be compared. */
static void run_out_exit(struct run *run)
{
    uint64_t before = run->r->counts.retirements;

    if (!run->r->shut_down)
        while (run->r->counts.retirements == before && !(run->sb != NULL && run->sb->diff.failed) &&
               shell_run(run->shell, EXIT_GRACE) != EXIT_GRACE)
            continue;
}

static bool begin_model(struct run *run, char *error, size_t error_bytes)
{
    struct scoreboard_config bc = {.ops = run->o->model,
                                   .mem = run->model_mem,
                                   .boot = run->boot,
                                   .log = run->r->log,
                                   .wait_states_max = run->o->wait_states_max,
                                   .other = &run->rtl_mem,
                                   .dirty = run->dirty,
                                   .lint = run->o->lint,
                                   .own_mmu = run->o->own_mmu,
                                   .own_iommu = run->o->own_iommu != 0,
                                   .stale_ctx = run,
                                   .stale = run_look_at_stale};

    run->sb = scoreboard_create(&bc);
    if (run->sb == NULL) {
        snprintf(error, error_bytes, "out of memory for the golden model");
        return false;
    }
    feed_init(&run->feed, run->sb);
    run->sb->diff.stop = stop_shell;
    run->sb->diff.stop_ctx = run;
    return true;
}

void run_ram_clear(struct rw_mem *mem)
{
    madvise(mem->ram, mem->bytes, MADV_DONTNEED); /* anonymous and private: zero from now on */
}

/* A reset of the machine: everything begins again, on both sides; what the RTL was doing must leave
 * nothing. */
static bool begin_again(struct run *run, bool power, char *error, size_t error_bytes)
{
    if (run->sb != NULL) {
        run_keep_stale(run);
        scoreboard_destroy(run->sb);
        run->sb = NULL;
        memset(run->dirty, 0, (size_t)(run->rtl_mem.bytes >> 12));
    }
    run_ram_clear(&run->rtl_mem);
    run_ram_clear(&run->model_mem);
    if (!image_load(&run->o->image, &run->rtl_mem, &run->boot, error, error_bytes) ||
        !image_load(&run->o->image, &run->model_mem, &run->boot, error, error_bytes))
        return false;
    if (run->o->mode == RUN_LOCKSTEP && !begin_model(run, error, error_bytes))
        return false;
    run->r->before += shell_cycle(run->shell);
    run->last_retire_cycle = run->asked = run->chunks = 0;
    shell_reset(run->shell, power);
    run->asking = false;
    return true;
}

/* --reset-at: whatever the machine is doing. */
static bool reset_now(struct run *run, char *error, size_t error_bytes)
{
    if (run->sb != NULL) {
        feed_flush(&run->feed);
        if (run->sb->diff.failed)
            return true;
    }
    run->was_reset = true;
    run->lived = 0;
    run->r->counts = (struct scoreboard_counts){0};
    run->r->guest_exited = run->r->shut_down = false;
    return begin_again(run, true, error, error_bytes);
}

/* The guest's own: what it did before is compared to the end, and counts. */
static bool reset_by_guest(struct run *run, char *error, size_t error_bytes)
{
    struct scoreboard_counts counts = run->r->counts;

    run_out_exit(run);
    if (run->sb != NULL) {
        feed_flush(&run->feed);
        scoreboard_finish(run->sb, shell_written(run->shell));
        if (run->sb->diff.failed)
            return true;
        counts = run->sb->counts;
    }
    if (run->property_failed || run->r->guest_exited || run->r->shut_down)
        return true;
    run->r->real_mode = shell_wants_real_mode(run->shell);
    if (run->r->real_mode)
        return true;
    run->lived += shell_cycle(run->shell);
    run->r->resets++;
    run->reset_asked = false;
    if (!begin_again(run, false, error, error_bytes))
        return false;
    if (run->sb != NULL)
        run->sb->counts = counts;
    return true;
}

static bool run_rtl(struct run *run, char *error, size_t error_bytes)
{
    bool goes_on = run->o->control == NULL || control_begin(run->o->control, run);

    run_leave_snapshot(run, true);
    while (goes_on) {
        uint64_t chunk =
            CHUNK_CYCLES - (run->o->control == NULL ? 0 : shell_cycle(run->shell) % CHUNK_CYCLES);
        uint64_t left = run->o->max_cycles - run->r->before - shell_cycle(run->shell);

        if (left < chunk)
            chunk = left;
        left = run_until_asked(run, run->r->before + shell_cycle(run->shell));
        if (left < chunk)
            chunk = left;
        if (run->o->wave_path != NULL && !wave_window(run, &chunk, error, error_bytes))
            return false;
        if (run->o->reset_at != 0 && !run->was_reset) {
            uint64_t to_reset = run->o->reset_at - shell_cycle(run->shell);

            if (to_reset == 0 && !reset_now(run, error, error_bytes))
                return false;
            if (to_reset != 0 && to_reset < chunk)
                chunk = to_reset;
        }
        shell_run(run->shell, chunk);
        run_progress(run, run->r->before + shell_cycle(run->shell), "cycles");
        if (run->reset_asked && !reset_by_guest(run, error, error_bytes))
            return false;
        if (past_limits(run) || run_order_done(run))
            break;
        goes_on = run->o->control == NULL || control_turn(run->o->control);
        run_tell_met(run);
        run_leave_snapshot(run, false);
    }
    run->r->user_ended |= !goes_on;
    run_tell_met(run);
    if (run->r->verdict == VERDICT_AGREED && run->r->guest_exited)
        run_out_exit(run);
    if (run->sb != NULL) {
        feed_flush(&run->feed);
        scoreboard_finish(run->sb, shell_written(run->shell));
        run->r->counts = run->sb->counts;
        run_keep_stale(run);
        if (run->sb->diff.failed) {
            run->r->verdict = VERDICT_MISMATCH;
            run->r->first = run->sb->diff.first;
            run->r->ucode = ucode_past_at(&run->ucode, run->r->first.cycle);
            run->r->why = explain_first(run->sb, run->o->symbols);
            if (run->o->control != NULL)
                control_mismatch(run->o->control);
        } else if (run->o->control != NULL && !run->r->user_ended) {
            control_end(run->o->control);
        }
    }
    /* A little of what followed belongs in the picture. */
    uint64_t total = run->r->before + shell_cycle(run->shell);
    if (run->o->wave_path != NULL && total < run->o->wave_to)
        shell_run(run->shell, run->o->wave_to - total);
    if (run->o->wave_path != NULL && !run_wave_close(run))
        return no_wave(run, error, error_bytes);
    if (run->woken)
        run_end_copy(run);
    run->r->cycles = run->lived + shell_cycle(run->shell);
    run->r->unclaimed = shell_unclaimed(run->shell);
    run->r->signals_ignored = shell_signals_ignored(run->shell);
    return true;
}

static struct shell_sink sink_for(struct run *run)
{
    struct shell_sink s = {.ctx = run,
                           .assertion = sink_assertion,
                           .console = run_console,
                           .guest_exit = sink_exit,
                           .reset = sink_reset};

    if (run->o->trace != NULL)
        s.ucode = sink_ucode;
    if (run->sb == NULL) {
        s.retire = sink_retire_alone;
        return s;
    }
    s.ucode = sink_ucode;
    s.bus = sink_bus;
    s.walk = sink_walk;
    s.xlate = sink_xlate;
    s.iwalk = sink_iwalk;
    s.iommu = sink_iommu;
    s.dma = sink_dma;
    s.stim = sink_stim;
    s.retire = sink_retire;
    s.sys = sink_sys;
    s.board = sink_board;
    return s;
}

struct pc_config run_board(const struct run *run)
{
    const struct run_options *o = run->o;

    return (struct pc_config){.firmware = image_firmware(&o->image, o->memory_bytes),
                              .power_button_at = o->power_button_at,
                              .disk = run->disk == NULL ? NULL : disk_file_disk(run->disk),
                              .serial = o->serial == NULL ? NULL : serial_line(o->serial)};
}

static bool with_rtl(struct run *run, char *error, size_t error_bytes)
{
    const struct run_options *o = run->o;
    struct shell_config sc = {.mem = run->rtl_mem,
                              .boot = run->boot,
                              .board = run_board(run),
                              .wait_states_max = o->wait_states_max,
                              .seed = o->seed,
                              .dma_in_flight = o->own_iommu};
    struct shell_sink sink;
    bool ok;

    if (o->mode == RUN_LOCKSTEP) {
        run->dirty = calloc(1, (size_t)(run->rtl_mem.bytes >> 12));
        if (run->dirty == NULL || !begin_model(run, error, error_bytes)) {
            snprintf(error, error_bytes, "out of memory for the golden model");
            return false;
        }
        sc.dirty = run->dirty;
    }
    sink = sink_for(run);
    run->shell = shell_create(&sc, &sink);
    ok = run_rtl(run, error, error_bytes);
    if (o->control == NULL) /* a copy of the process lacks the threads that this would wait for */
        shell_destroy(run->shell);
    if (run->sb != NULL)
        scoreboard_destroy(run->sb);
    free(run->dirty);
    return ok;
}

/* --- */

static void put_away(struct run *run)
{
    if (run->disk != NULL)
        disk_file_close(run->disk);
    munmap(run->rtl_mem.ram, run->rtl_mem.bytes);
    munmap(run->model_mem.ram, run->model_mem.bytes);
}

static void cover(void *ctx, const struct record_type *t, bool from_model, const void *record)
{
    if (!from_model)
        coverage_record(ctx, t, record);
}

bool run_program(const struct run_options *o, struct run_result *r, char *error, size_t error_bytes)
{
    struct run run = {.o = o, .r = r, .looked_at = o->trigger_count != 0 || o->control != NULL};
    bool ok;

    *r = (struct run_result){0};
    if (!ram_map(&run.rtl_mem, o->memory_bytes) || !ram_map(&run.model_mem, o->memory_bytes)) {
        snprintf(error, error_bytes, "cannot map %" PRIu64 " MiB of guest memory: %s",
                 o->memory_bytes >> 20, strerror(errno));
        return false;
    }
    if (!image_load(&o->image, &run.rtl_mem, &run.boot, error, error_bytes) ||
        !image_load(&o->image, &run.model_mem, &run.boot, error, error_bytes)) {
        put_away(&run);
        return false;
    }
    if (o->disk != NULL && (run.disk = disk_file_open(o->disk, error, error_bytes)) == NULL) {
        put_away(&run);
        return false;
    }
    if (o->mode == RUN_LOCKSTEP)
        r->log = record_log_create(LOG_BYTES);
    if (o->coverage != NULL && r->log != NULL)
        record_log_watch(r->log, cover, o->coverage);
    run.started = run.last_progress = now_seconds();
    if (o->mode == RUN_MODEL_ALONE)
        ok = run_model_alone(&run, error, error_bytes);
    else
        ok = with_rtl(&run, error, error_bytes);
    r->seconds = now_seconds() - run.started;
    if (o->progress && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (ok && run.disk != NULL && r->verdict != VERDICT_MISMATCH)
        ok = disk_file_commit(run.disk, error, error_bytes);
    put_away(&run);
    if (!ok) {
        record_log_destroy(r->log);
        r->log = NULL;
    }
    return ok;
}
