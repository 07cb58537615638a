// SPDX-License-Identifier: Apache-2.0
// What is looked back at: the snapshots of a run, what the user wanted to see, what the lint found.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "explain_run.h"
#include "run_internal.h"

/* It ends the chunk, so that it is explained where the sides stand. */
static void add_met(struct run *run, const struct trigger *t, uint64_t cycle, const void *record,
                    char *why)
{
    struct met *m = &run->met[run->met_count++];

    *m = (struct met){.trigger = t, .cycle = cycle, .why = why};
    memcpy(m->record, record, t->type->size);
    shell_stop(run->shell);
}

void run_look(struct run *run, const struct record_type *type, const void *record)
{
    for (unsigned i = 0; i < run->o->trigger_count && run->met_count < TRIGGERS; i++)
        if (trigger_met(&run->o->triggers[i], type, record))
            add_met(run, &run->o->triggers[i], record_value(record, &type->fields[0]), record,
                    NULL);
    if (run->o->control != NULL)
        control_record(run->o->control, type, record);
}

static char *told(const struct run *run, const struct stale_use *u)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL)
        return NULL;
    stale_tell(out, u, run->o->symbols);
    fclose(out);
    return text;
}

void run_look_at_stale(void *ctx, const struct stale_use *u, const struct rec_xlate *x)
{
    struct run *run = ctx;

    for (unsigned i = 0; i < run->o->trigger_count && run->met_count < TRIGGERS; i++)
        if (trigger_met_stale(&run->o->triggers[i], x))
            add_met(run, &run->o->triggers[i], u->cycle, x, told(run, u));
}

/* What the lint has found in this life of the machine goes behind what it found in those before. */
void run_keep_stale(struct run *run)
{
    struct run_result *r = run->r;
    const struct stale_use *use;
    struct stale_use *all;
    size_t listed;
    uint64_t uses;

    if (run->sb == NULL || !run->o->lint)
        return;
    use = stale_list(run->sb->stale, &listed, &uses);
    r->stale_uses += uses;
    if (listed == 0)
        return;
    all = realloc(r->stale, (r->stale_listed + listed) * sizeof(*all));
    if (all == NULL)
        return;
    memcpy(all + r->stale_listed, use, listed * sizeof(*use));
    r->stale = all;
    r->stale_listed += listed;
}

/* Now and then the run leaves a copy of itself behind; a copy that was woken goes on with the wave
 * that it was asked for, and says nothing. */
void run_leave_snapshot(struct run *run, bool first)
{
    uint64_t cycle = run->r->before + shell_cycle(run->shell);
    bool asked = run->o->trigger_count != 0; /* whatever the user wants to see, the first reaches */

    if (run->o->snapshots == NULL || !(first ? asked : snapshots_due(run->o->snapshots)) ||
        !snapshots_take(run->o->snapshots, cycle, asked, &run->order))
        return;
    run_take_order(run);
}

void run_take_order(struct run *run)
{
    run->woken = true;
    run->replay = *run->o;
    run->replay.wave_path = run->order.wave;
    run->replay.wave_from = run->order.from;
    run->replay.wave_to = run->order.to;
    run->replay.console = run->replay.progress = false;
    run->replay.snapshots = NULL;
    run->replay.trace = NULL;
    run->replay.control = NULL;
    run->replay.trigger_count = run->met_count = 0;
    run->o = &run->replay;
}

/* The copy has come to the end of its order. */
bool run_order_done(const struct run *run)
{
    return run->woken && !run->order.whole && run->wave_tried && run->records == NULL &&
           run->r->before + shell_cycle(run->shell) >= run->order.to;
}

void run_end_copy(struct run *run)
{
    snapshot_end(run->order.whole ? run_exit_status(run->r) : 0);
}

void run_tell_met(struct run *run)
{
    for (unsigned i = 0; i < run->met_count; i++) {
        const struct met *m = &run->met[i];
        const char *stream = m->trigger->type->stream;
        struct explain_place p = {.sb = run->sb,
                                  .symbols = run->o->symbols,
                                  .stream = stream,
                                  .cycle = m->cycle,
                                  .of_a_device = m->trigger->type == &type_dma};
        char *why = m->why != NULL ? m->why : explain_run(&p);

        run->o->met(run->o->met_ctx, &(struct run_met){.trigger = m->trigger,
                                                       .cycle = run->r->before + m->cycle,
                                                       .record = m->record,
                                                       .why = why,
                                                       .log = run->r->log});
        free(why);
    }
    run->met_count = 0;
}
