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

#include "disk_file.h"
#include "explain_run.h"
#include "feed.h"
#include "machine.h"
#include "shell/shell.h"
#include "snapshot.h"

#define CHUNK_CYCLES     UINT64_C(16384)
#define LOG_BYTES        (48 * 1024)
#define ASK_RETIREMENTS  256             /* the whole system state is compared this often */
#define RAM_CHUNKS       16              /* chunks between two looks at the RAM that was written */
#define EXIT_GRACE       UINT64_C(10000) /* cycles for the exit's OUT to retire */
#define PROGRESS_SECONDS 2.0

struct run {
    const struct run_options *o;
    struct run_result *r;
    struct shell *shell;
    struct scoreboard *sb;
    struct disk_file *disk; /* NULL: none */
    struct feed feed;       /* on their way to it */
    struct rw_mem rtl_mem, model_mem;
    struct rw_boot boot;
    uint8_t *dirty; /* pages of the RTL's RAM written since they were compared */
    uint64_t last_retire_cycle, asked, chunks;
    double started, last_progress;
    uint64_t lived; /* cycles of the lives that the guest ended by a reset */
    bool wave_tried, was_reset, property_failed;
    bool reset_asked; /* by the guest */
    bool asking;      /* the shell was told so */
    bool woken; /* this is a copy that goes on from a snapshot, with an order and its options */
    struct snapshot_order order;
    struct met { /* in the chunk that ends now */
        const struct trigger *trigger;
        uint64_t cycle;
        uint8_t record[RECORD_MAX];
    } met[TRIGGERS];
    unsigned met_count;
    struct run_options replay;
};

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

static void progress(struct run *run, uint64_t done, const char *unit)
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

/* What the user wants to see ends the chunk, so that it is explained where the sides stand. */
static void look(struct run *run, const struct record_type *type, const void *record)
{
    for (unsigned i = 0; i < run->o->trigger_count; i++) {
        struct met *m = &run->met[run->met_count];

        if (run->met_count == TRIGGERS || !trigger_met(&run->o->triggers[i], type, record))
            continue;
        m->trigger = &run->o->triggers[i];
        m->cycle = record_value(record, &type->fields[0]);
        memcpy(m->record, record, type->size);
        run->met_count++;
        shell_stop(run->shell);
    }
}

#define FORWARD(kind, feed_kind)                                                                   \
    static void sink_##kind(void *ctx, const struct rec_##kind *r)                                 \
    {                                                                                              \
        struct run *run = ctx;                                                                     \
                                                                                                   \
        feed_push(&run->feed, feed_kind, r, sizeof(*r));                                           \
        if (run->o->trigger_count != 0)                                                            \
            look(run, &type_##kind, r);                                                            \
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
    if (run->o->trigger_count != 0)
        look(run, &type_retire, r);
    ask_for_state(run);
    count_retire(run, r);
}

static void sink_retire_alone(void *ctx, const struct rec_retire *r)
{
    count_retire(ctx, r);
}

static void sink_board(void *ctx, const struct board_record *r)
{
    struct run *run = ctx;

    feed_push(&run->feed, FEED_BOARD, r, sizeof(*r));
}

static void sink_console(void *ctx, uint8_t byte)
{
    struct run *run = ctx;

    if (run->o->console) {
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

static bool wave_window(struct run *run, uint64_t *chunk, char *error, size_t error_bytes)
{
    const struct run_options *o = run->o;
    uint64_t cycle = run->r->before + shell_cycle(run->shell);

    if (o->wave_path == NULL || cycle > o->wave_to)
        return true;
    if (cycle < o->wave_from) {
        if (o->wave_from - cycle < *chunk)
            *chunk = o->wave_from - cycle;
        return true;
    }
    if (!run->wave_tried && !shell_wave_open(run->shell, o->wave_path)) {
        snprintf(error, error_bytes, "%s: cannot be written: %s", o->wave_path, strerror(errno));
        return false;
    }
    run->wave_tried = true;
    if (cycle == o->wave_to)
        shell_wave_close(run->shell);
    else if (o->wave_to - cycle < *chunk)
        *chunk = o->wave_to - cycle;
    return true;
}

/* What has been said so far, the deadlines, and now and then the RAM. True: a difference. */
static bool compared(struct run *run)
{
    bool look = ++run->chunks % RAM_CHUNKS == 0;

    feed_flush(&run->feed);
    scoreboard_window(run->sb, shell_cycle(run->shell), look ? shell_written(run->shell) : 0, look);
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
static uint64_t until_asked(const struct run *run, uint64_t count)
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
                                   .lint = run->o->lint};

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

static void ram_clear(struct rw_mem *mem)
{
    madvise(mem->ram, mem->bytes, MADV_DONTNEED); /* anonymous and private: zero from now on */
}

/* What the lint has found in this life of the machine goes behind what it found in those before. */
static void keep_stale(struct run *run)
{
    struct run_result *r = run->r;
    const struct stale_use *use;
    struct stale_use *all;
    size_t listed;
    uint64_t uses;

    if (run->sb == NULL || run->sb->stale == NULL)
        return;
    use = stale_list(run->sb->stale, &listed, &uses);
    r->stale_uses += uses;
    all = realloc(r->stale, (r->stale_listed + listed) * sizeof(*all));
    if (listed == 0 || all == NULL)
        return;
    memcpy(all + r->stale_listed, use, listed * sizeof(*use));
    r->stale = all;
    r->stale_listed += listed;
}

/* A reset of the machine: everything begins again, on both sides; what the RTL was doing must leave
 * nothing. */
static bool begin_again(struct run *run, bool power, char *error, size_t error_bytes)
{
    if (run->sb != NULL) {
        keep_stale(run);
        scoreboard_destroy(run->sb);
        run->sb = NULL;
        memset(run->dirty, 0, (size_t)(run->rtl_mem.bytes >> 12));
    }
    ram_clear(&run->rtl_mem);
    ram_clear(&run->model_mem);
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

/* Now and then the run leaves a copy of itself behind; a copy that was woken goes on with the wave
 * that it was asked for, and says nothing. */
static void leave_snapshot(struct run *run, bool first)
{
    uint64_t cycle = run->r->before + shell_cycle(run->shell);
    bool asked = run->o->trigger_count != 0; /* whatever the user wants to see, the first reaches */

    if (run->o->snapshots == NULL || !(first ? asked : snapshots_due(run->o->snapshots)) ||
        !snapshots_take(run->o->snapshots, cycle, asked, &run->order))
        return;
    run->woken = true;
    run->replay = *run->o;
    run->replay.wave_path = run->order.wave;
    run->replay.wave_from = run->order.from;
    run->replay.wave_to = run->order.to;
    run->replay.console = run->replay.progress = false;
    run->replay.snapshots = NULL;
    run->replay.trigger_count = run->met_count = 0;
    run->o = &run->replay;
}

/* The copy has come to the end of its order. */
static bool order_done(const struct run *run)
{
    return run->woken && !run->order.whole &&
           run->r->before + shell_cycle(run->shell) >= run->order.to;
}

static void end_copy(struct run *run)
{
    shell_wave_close(run->shell);
    snapshot_end(run->order.whole ? run_exit_status(run->r) : 0);
}

static void tell_met(struct run *run)
{
    for (unsigned i = 0; i < run->met_count; i++) {
        const struct met *m = &run->met[i];
        const char *stream = m->trigger->type->stream;
        struct explain_place p = {.sb = run->sb,
                                  .symbols = run->o->symbols,
                                  .stream = stream,
                                  .cycle = m->cycle,
                                  .of_a_device = m->trigger->type == &type_dma};
        char *why = explain_run(&p);

        run->o->met(run->o->met_ctx, &(struct run_met){.trigger = m->trigger,
                                                       .cycle = run->r->before + m->cycle,
                                                       .record = m->record,
                                                       .why = why,
                                                       .log = run->r->log});
        free(why);
    }
    run->met_count = 0;
}

static bool run_rtl(struct run *run, char *error, size_t error_bytes)
{
    leave_snapshot(run, true);
    for (;;) {
        uint64_t chunk = CHUNK_CYCLES;
        uint64_t left = run->o->max_cycles - run->r->before - shell_cycle(run->shell);

        if (left < chunk)
            chunk = left;
        left = until_asked(run, run->r->before + shell_cycle(run->shell));
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
        progress(run, run->r->before + shell_cycle(run->shell), "cycles");
        if (run->reset_asked && !reset_by_guest(run, error, error_bytes))
            return false;
        if (past_limits(run) || order_done(run))
            break;
        tell_met(run);
        leave_snapshot(run, false);
    }
    tell_met(run);
    if (run->r->verdict == VERDICT_AGREED && run->r->guest_exited)
        run_out_exit(run);
    if (run->sb != NULL) {
        feed_flush(&run->feed);
        scoreboard_finish(run->sb, shell_written(run->shell));
        run->r->counts = run->sb->counts;
        keep_stale(run);
        if (run->sb->diff.failed) {
            run->r->verdict = VERDICT_MISMATCH;
            run->r->first = run->sb->diff.first;
            run->r->why = explain_first(run->sb, run->o->symbols);
        }
    }
    /* A little of what followed belongs in the picture. */
    uint64_t total = run->r->before + shell_cycle(run->shell);
    if (run->o->wave_path != NULL && total < run->o->wave_to)
        shell_run(run->shell, run->o->wave_to - total);
    if (run->woken)
        end_copy(run);
    run->r->cycles = run->lived + shell_cycle(run->shell);
    run->r->unclaimed = shell_unclaimed(run->shell);
    run->r->signals_ignored = shell_signals_ignored(run->shell);
    return true;
}

static struct shell_sink sink_for(struct run *run)
{
    struct shell_sink s = {.ctx = run,
                           .assertion = sink_assertion,
                           .console = sink_console,
                           .guest_exit = sink_exit,
                           .reset = sink_reset};

    if (run->sb == NULL) {
        s.retire = sink_retire_alone;
        return s;
    }
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

static struct pc_config board_of(const struct run *run)
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
                              .board = board_of(run),
                              .wait_states_max = o->wait_states_max,
                              .seed = o->seed};
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
    shell_destroy(run->shell);
    if (run->sb != NULL)
        scoreboard_destroy(run->sb);
    free(run->dirty);
    return ok;
}

/* --- the model alone --- */

static bool model_again(struct run *run, struct machine *m, char *error, size_t error_bytes)
{
    ram_clear(&run->model_mem);
    if (!image_load(&run->o->image, &run->model_mem, &run->boot, error, error_bytes))
        return false;
    run->r->resets++;
    if (machine_restart(m, &run->boot))
        return true;
    snprintf(error, error_bytes, "out of memory for the golden model");
    return false;
}

/* The model's processor sleeps: whoever is at the serial line may wake it, or end the run. */
static enum machine_idle model_idle(void *ctx, uint64_t retirements, uint64_t cycles)
{
    struct run *run = ctx;

    if (serial_ends(run->o->serial, retirements))
        return MACHINE_IDLE_ENDS;
    return serial_idle(run->o->serial, cycles) ? MACHINE_IDLE_WAITS : MACHINE_IDLE_COUNTS;
}

/* Up to `most` retirements, or to the point. */
static enum machine_end run_to_point(const struct run_point *point, struct machine *m,
                                     uint64_t most, uint64_t *met)
{
    enum machine_end end = MACHINE_LIMIT;
    struct rw_state state;

    for (uint64_t i = 0; i < most && end == MACHINE_LIMIT; i++) {
        machine_state(m, &state);
        if (state.regs.rip == point->rip && !state.halted && ++*met == point->nth)
            return MACHINE_ENDED;
        end = machine_run(m, 1);
    }
    return end;
}

static bool run_model(struct run *run, struct machine *m, enum machine_end *end, char *error,
                      size_t error_bytes)
{
    const struct run_options *o = run->o;
    uint64_t limit = o->max_cycles < o->max_instructions ? o->max_cycles : o->max_instructions;

    uint64_t met = 0;

    *end = MACHINE_LIMIT;
    while (*end == MACHINE_LIMIT && machine_counts(m).retirements < limit) {
        uint64_t left = limit - machine_counts(m).retirements;
        uint64_t asked = until_asked(run, machine_counts(m).retirements);

        if (asked < left)
            left = asked;
        left = left < 4000000 ? left : 4000000;
        *end = o->point != NULL && o->point->has_rip ? run_to_point(o->point, m, left, &met)
                                                     : machine_run(m, left);
        progress(run, machine_counts(m).retirements, "instructions");
        if (run->o->serial != NULL && serial_ends(run->o->serial, machine_counts(m).retirements))
            *end = MACHINE_ENDED;
        run->r->real_mode = *end == MACHINE_RESET && machine_wants_real_mode(m);
        if (*end != MACHINE_RESET || run->r->real_mode)
            continue;
        if (!model_again(run, m, error, error_bytes))
            return false;
        *end = MACHINE_LIMIT;
    }
    return true;
}

static void at_point(const struct run *run, const struct machine *m, enum machine_end end)
{
    const struct run_point *p = run->o->point;

    if (p == NULL || (p->has_rip && end != MACHINE_ENDED))
        return;
    *p->cpuid = run->boot.cpuid;
    *p->vtd = run->boot.vtd;
    p->here(p->ctx, m, &run->model_mem);
}

static bool model_alone(struct run *run, char *error, size_t error_bytes)
{
    struct run_result *r = run->r;
    struct machine_config mc = {.ops = run->o->model,
                                .mem = run->model_mem,
                                .boot = run->boot,
                                .board = board_of(run),
                                .ctx = run,
                                .console = sink_console,
                                .idle = run->o->serial == NULL ? NULL : model_idle};
    struct machine *m = machine_create(&mc);
    enum machine_end end;

    if (m == NULL) {
        snprintf(error, error_bytes, "out of memory for the golden model");
        return false;
    }
    if (!run_model(run, m, &end, error, error_bytes)) {
        machine_destroy(m);
        return false;
    }
    at_point(run, m, end);
    r->guest_exited = machine_exit_status(m, &r->guest_exit);
    r->shut_down = end == MACHINE_SHUTDOWN;
    r->user_ended = end == MACHINE_ENDED;
    r->verdict = end == MACHINE_HANG    ? VERDICT_HANG
                 : end == MACHINE_LIMIT ? VERDICT_LIMIT
                                        : VERDICT_AGREED;
    r->counts.retirements = r->counts.instructions = machine_counts(m).retirements;
    r->counts.dma = machine_counts(m).dma;
    r->counts.iommu_events = machine_counts(m).fault_records;
    r->cycles = r->counts.retirements;
    r->unclaimed = machine_unclaimed(m);
    r->signals_ignored = machine_signals_ignored(m);
    machine_destroy(m);
    return true;
}

/* --- */

static void put_away(struct run *run)
{
    if (run->disk != NULL)
        disk_file_close(run->disk);
    munmap(run->rtl_mem.ram, run->rtl_mem.bytes);
    munmap(run->model_mem.ram, run->model_mem.bytes);
}

bool run_program(const struct run_options *o, struct run_result *r, char *error, size_t error_bytes)
{
    struct run run = {.o = o, .r = r};
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
    run.started = run.last_progress = now_seconds();
    if (o->mode == RUN_MODEL_ALONE)
        ok = model_alone(&run, error, error_bytes);
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
