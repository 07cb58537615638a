// SPDX-License-Identifier: Apache-2.0
// The golden model alone, to its end or to a point.
#include <inttypes.h>
#include <stdio.h>

#include "machine.h"
#include "run_internal.h"

static bool model_again(struct run *run, struct machine *m, char *error, size_t error_bytes)
{
    run_ram_clear(&run->model_mem);
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
        uint64_t asked = run_until_asked(run, machine_counts(m).retirements);

        if (asked < left)
            left = asked;
        left = left < 4000000 ? left : 4000000;
        *end = o->point != NULL && o->point->has_rip ? run_to_point(o->point, m, left, &met)
                                                     : machine_run(m, left);
        run_progress(run, machine_counts(m).retirements, "instructions");
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

bool run_model_alone(struct run *run, char *error, size_t error_bytes)
{
    struct run_result *r = run->r;
    struct machine_config mc = {.ops = run->o->model,
                                .mem = run->model_mem,
                                .boot = run->boot,
                                .board = run_board(run),
                                .ctx = run,
                                .console = run_console,
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
