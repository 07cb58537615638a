// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "control.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain_run.h"
#include "peek.h"
#include "run_internal.h"
#include "system_words.h"
#include "timeline.h"

#define SNAPSHOT_SECONDS 1.0
#define NEAR             UINT64_C(4096) /* retirements before a place to which the run goes back */
#define WORDS            1024           /* of the microcode of one retirement */
#define ACCESSES         8 /* data translations of one instruction that are remembered */

enum goal { GOAL_STEP, GOAL_RUN, GOAL_PLACE, GOAL_LAST };

/* The same in all copies. */
struct shared {
    struct control_condition condition[CONTROL_CONDITIONS];
    unsigned conditions;
    enum goal goal;
    uint64_t target;            /* GOAL_PLACE */
    struct control_stop report; /* and why it stands there */
    uint64_t last;              /* GOAL_LAST: a condition is looked for up to this place */
    bool differed; /* a difference has been seen: it is the run's end, whoever has gone back */
    uint64_t said; /* bytes of the console */
};

/* What a watched range held. */
struct held {
    size_t bytes;
    uint8_t byte[CONTROL_WATCH_BYTES];
};

struct control {
    struct shared *s;
    struct timeline *t;
    struct debugger d;
    struct run *run;
    bool free;
    bool hit, asked, leaving; /* it is to stand at a boundary; the user asked; to leave a copy */
    struct control_stop met;
    bool has_met;
    uint64_t from; /* the place at which this copy was woken */
    bool has_found;
    uint64_t found;
    struct control_stop found_stop;
    uint64_t leave_at,
        left; /* a copy on the way to a target; the last place that was left behind */
    double left_time;
    uint64_t console;
    struct rec_xlate access[ACCESSES]; /* of the instruction at work */
    unsigned accesses;
    bool touched[CONTROL_CONDITIONS]; /* by it */
    struct held held[CONTROL_CONDITIONS];
    struct rec_retire last;
    bool has_last;
    uint64_t cycle; /* its, since the first reset */
    uint64_t first; /* its first cycle, since the last reset */
    struct control_word word[2][WORDS];
    unsigned words[2], work; /* work: which of the two is that of the retirement at work */
    bool walked;             /* in it */
    uint64_t fault_cycle;    /* of the last translation that ended in a #PF */
    uint64_t
        blocked_cycle; /* of a request of a device that was blocked since the last retirement */
    char *why;         /* of the last of these */
};

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct control *control_create(struct timeline *t, const struct debugger *d)
{
    struct control *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->t = t;
    c->d = *d;
    c->s = timeline_shared(sizeof(*c->s));
    if (c->s != NULL)
        return c;
    free(c);
    return NULL;
}

void control_destroy(struct control *c)
{
    if (c == NULL)
        return;
    free(c->why);
    free(c);
}

static struct control_condition *find(struct shared *s, const struct control_condition *condition)
{
    for (unsigned i = 0; i < s->conditions; i++) {
        struct control_condition *o = &s->condition[i];

        if (o->kind == condition->kind && o->address == condition->address &&
            o->bytes == condition->bytes)
            return o;
    }
    return NULL;
}

bool control_add(struct control *c, const struct control_condition *condition)
{
    struct shared *s = c->s;

    if (find(s, condition) != NULL)
        return true;
    if (s->conditions == CONTROL_CONDITIONS)
        return false;
    s->condition[s->conditions++] = *condition;
    return true;
}

bool control_remove(struct control *c, const struct control_condition *condition)
{
    struct control_condition *o = find(c->s, condition);

    if (o != NULL)
        *o = c->s->condition[--c->s->conditions];
    return o != NULL;
}

/* --- where it stands --- */

const struct scoreboard *control_scoreboard(const struct control *c)
{
    return c->run->sb;
}

uint64_t control_place(const struct control *c)
{
    return c->run->sb->counts.retirements;
}

uint64_t control_cycle(const struct control *c)
{
    return c->cycle;
}

void control_state(const struct control *c, struct rw_state *state)
{
    c->run->sb->ops->get_state(c->run->sb->model, state);
}

const struct rec_retire *control_last(const struct control *c)
{
    return c->has_last ? &c->last : NULL;
}

const char *control_why_text(const struct control *c)
{
    return c->why;
}

const struct run_result *control_result(const struct control *c)
{
    return c->run->r;
}

unsigned control_words(const struct control *c, const struct control_word **words)
{
    *words = c->word[!c->work];
    return c->words[!c->work];
}

uint64_t control_first_cycle(const struct control *c)
{
    return c->first;
}

size_t control_read(const struct control *c, uint64_t va, void *to, size_t bytes)
{
    const struct scoreboard *sb = c->run->sb;
    struct rw_state state;

    control_state(c, &state);
    return peek_linear(&sb->mem, &state, &sb->config.boot.cpuid, va, to, bytes);
}

size_t control_read_physical(const struct control *c, uint64_t pa, void *to, size_t bytes)
{
    return peek_physical(&c->run->sb->mem, pa, to, bytes);
}

/* --- conditions --- */

static bool is_write(enum control_kind kind)
{
    return kind == CONTROL_WRITE || kind == CONTROL_ACCESS || kind == CONTROL_WRITE_PHYSICAL;
}

static bool is_watch(enum control_kind kind)
{
    return kind == CONTROL_READ || is_write(kind);
}

static void hold(const struct control *c, const struct control_condition *w, struct held *h)
{
    h->bytes = w->kind == CONTROL_WRITE_PHYSICAL
                   ? control_read_physical(c, w->address, h->byte, w->bytes)
                   : control_read(c, w->address, h->byte, w->bytes);
}

static void hold_all(struct control *c)
{
    for (unsigned i = 0; i < c->s->conditions; i++)
        if (is_write(c->s->condition[i].kind))
            hold(c, &c->s->condition[i], &c->held[i]);
    memset(c->touched, 0, sizeof(c->touched));
    c->accesses = 0;
}

/* A range that could not be read, and now can, has not changed. */
static bool changed(struct control *c, unsigned i)
{
    struct held now, *was = &c->held[i];
    bool differs;

    hold(c, &c->s->condition[i], &now);
    differs = now.bytes == was->bytes && memcmp(now.byte, was->byte, now.bytes) != 0;
    *was = now;
    return differs;
}

static bool covers(const struct control_condition *w, uint64_t block, uint16_t lanes)
{
    for (unsigned i = 0; i < 16; i++)
        if (lanes >> i & 1 && block + i - w->address < w->bytes)
            return true;
    return false;
}

/* A beat of the processor's data, by the linear addresses that its instruction has had translated.
 */
static void touch(struct control *c, unsigned i, const struct rec_bus *b)
{
    const struct control_condition *w = &c->s->condition[i];
    bool write = b->flags & BUS_WRITE;

    if (w->kind == CONTROL_WRITE_PHYSICAL) {
        c->touched[i] |= write && covers(w, b->addr, b->be);
        return;
    }
    if (b->src != BUS_DATA || w->kind == (write ? CONTROL_READ : CONTROL_WRITE))
        return;
    for (unsigned k = 0; k < c->accesses && k < ACCESSES; k++) {
        const struct rec_xlate *x = &c->access[k];

        if ((x->pa ^ b->addr) >> 12 == 0 &&
            covers(w, (x->va & ~UINT64_C(0xFFF)) | (b->addr & 0xFFF), b->be))
            c->touched[i] = true;
    }
}

void control_record(struct control *c, const struct record_type *type, const void *record)
{
    struct rec_bus b;

    if (type == &type_xlate) {
        struct rec_xlate x;

        memcpy(&x, record, sizeof(x));
        c->walked |= x.hit == XLATE_WALKED;
        if (x.fault)
            c->fault_cycle = x.cycle;
        else if (x.access != ACCESS_FETCH)
            c->access[c->accesses++ % ACCESSES] = x;
        return;
    }
    if (type == &type_dma) {
        struct rec_dma d;

        memcpy(&d, record, sizeof(d));
        if (d.phase == 1 && d.status == DMA_BLOCKED)
            c->blocked_cycle = d.cycle;
        return;
    }
    if (type != &type_bus)
        return;
    memcpy(&b, record, sizeof(b));
    if (b.flags & BUS_IO || (b.src != BUS_DATA && b.src != BUS_WALK))
        return; /* a DMA shows as what it changes, where the model's order has it */
    for (unsigned i = 0; i < c->s->conditions; i++)
        if (is_watch(c->s->condition[i].kind))
            touch(c, i, &b);
}

static bool is_next(struct control *c, uint64_t address, const struct rec_retire *r)
{
    struct rw_state state;

    if (r->mode == MODE_64)
        return r->next_rip == address;
    feed_flush(&c->run->feed); /* with its code segment, which the model knows now */
    control_state(c, &state);
    return peek_rip(&state) == address;
}

/* What this retirement meets; a place (an instruction that is next) or a watch. */
static bool met_one(struct control *c, unsigned i, const struct rec_retire *r)
{
    const struct control_condition *w = &c->s->condition[i];

    switch (w->kind) {
    case CONTROL_RIP:
        return is_next(c, w->address, r);
    case CONTROL_WALKED:
        return c->walked;
    case CONTROL_EXCEPTION:
        return r->kind == RETIRE_EXCEPTION;
    case CONTROL_READ:
        return c->touched[i];
    case CONTROL_WRITE:
    case CONTROL_ACCESS:
    case CONTROL_WRITE_PHYSICAL:
        break;
    }
    feed_flush(&c->run->feed); /* the model stands at this boundary */
    return changed(c, i) || c->touched[i];
}

static bool meets(struct control *c, const struct rec_retire *r, bool watch,
                  struct control_stop *stop)
{
    bool met = false;

    for (unsigned i = 0; i < c->s->conditions; i++) {
        const struct control_condition *w = &c->s->condition[i];
        bool this = is_watch(w->kind) == watch && met_one(c, i, r);

        if (this && !met)
            *stop = (struct control_stop){.why = STANDS_CONDITION, .condition = *w};
        met |= this;
    }
    return met;
}

static bool looks(struct control *c, const struct rec_retire *r, uint64_t place)
{
    struct shared *s = c->s;
    struct control_stop stop;

    if (meets(c, r, true, &stop)) {
        if (s->goal == GOAL_RUN) {
            c->met = stop;
            c->has_met = true;
        } else if (place - 1 <= s->last) {
            c->found = place - 1;
            c->found_stop = stop;
            c->has_found = true;
        }
    }
    if (meets(c, r, false, &stop)) {
        if (s->goal == GOAL_RUN && !c->has_met) {
            c->met = stop;
            c->has_met = true;
        } else if (s->goal == GOAL_LAST && place <= s->last) {
            c->found = place;
            c->found_stop = stop;
            c->has_found = true;
        }
    }
    return s->goal == GOAL_RUN ? c->has_met : place > s->last;
}

/* In words while the tables are what they were; r is NULL for a request of a device. */
static void note_why(struct control *c, const struct rec_retire *r)
{
    struct explain_place p = {.sb = c->run->sb, .symbols = c->run->o->symbols};
    char *text = NULL, *why;
    size_t bytes;
    FILE *out;

    feed_flush(&c->run->feed);
    if (r == NULL) {
        p.stream = "dma";
        p.of_a_device = true;
        p.cycle = c->blocked_cycle;
    } else {
        p.stream = r->vector == 14 && c->fault_cycle != 0 ? "xlate" : "retire";
        p.cycle = r->vector == 14 && c->fault_cycle != 0 ? c->fault_cycle : r->cycle;
    }
    out = open_memstream(&text, &bytes);
    if (out == NULL)
        return;
    fprintf(out, "the last %s, cycle %" PRIu64 ": ",
            r == NULL ? "request of a device that was blocked" : "exception",
            r == NULL ? p.cycle : r->cycle);
    if (r == NULL)
        fputc('\n', out);
    else
        words_event(out, r);
    if (r != NULL)
        explain_decision(out, c->run->sb, r);
    why = explain_run(&p);
    fputs(why == NULL ? "" : why, out);
    free(why);
    fclose(out);
    free(c->why);
    c->why = text;
}

/* What has gone wrong in this retirement, or beside it. */
static void note_faults(struct control *c, const struct rec_retire *r)
{
    if (c->blocked_cycle != 0)
        note_why(c, NULL);
    if (r->kind == RETIRE_EXCEPTION)
        note_why(c, r);
    c->blocked_cycle = c->fault_cycle = 0;
}

void control_retired(struct control *c, const struct rec_retire *r)
{
    uint64_t place = c->run->r->counts.retirements;
    bool hit = c->asked || c->leaving;

    if (c->free)
        return;
    c->first = c->has_last && c->last.cycle < r->cycle ? c->last.cycle + 1
               : c->words[c->work] != 0                ? c->word[c->work][0].cycle
                                                       : r->cycle;
    c->last = *r;
    c->has_last = true;
    c->cycle = c->run->r->before + r->cycle;
    note_faults(c, r);
    switch (c->s->goal) {
    case GOAL_STEP:
        hit = true;
        break;
    case GOAL_PLACE:
        c->leaving |= place == c->leave_at;
        hit |= place >= c->s->target || c->leaving;
        break;
    case GOAL_RUN:
    case GOAL_LAST:
        hit |= looks(c, r, place);
        break;
    }
    memset(c->touched, 0, c->s->conditions * sizeof(c->touched[0]));
    c->accesses = 0;
    c->walked = false;
    c->work = !c->work;
    c->words[c->work] = 0;
    c->hit |= hit;
    if (hit)
        shell_stop(c->run->shell);
}

void control_executes(struct control *c, uint64_t cycle, const struct ucode_word *word)
{
    if (c->words[c->work] < WORDS)
        c->word[c->work][c->words[c->work]++] = (struct control_word){cycle, word};
}

bool control_says(struct control *c)
{
    c->console++;
    if (c->console <= c->s->said)
        return false;
    c->s->said = c->console;
    return true;
}

/* --- standing, and going on --- */

/* It goes on from here, with what is shared as its goal. */
static void take_up(struct control *c)
{
    c->leaving = c->hit = c->asked = c->has_met = c->has_found = false;
    c->leave_at = 0;
    if (c->s->goal == GOAL_PLACE && c->s->target > control_place(c) + 2 * NEAR)
        c->leave_at = c->s->target - NEAR;
    hold_all(c);
}

/* One is there from before the run went back. */
static bool is_left(const struct control *c, uint64_t place)
{
    uint64_t before = timeline_before(c->t, place);

    return before != UINT64_MAX && before > c->left;
}

/* False: this process is a copy that is sent for a wave, and under nobody's hand. */
static bool leave(struct control *c, uint64_t place)
{
    struct run *run = c->run;
    enum timeline_who who = TIMELINE_RUN;

    c->leaving = false;
    if (!is_left(c, place))
        who = timeline_leave(c->t, place, run->r->before + shell_cycle(run->shell));
    c->left = place;
    c->left_time = now_seconds();
    if (who == TIMELINE_WOKEN) {
        take_up(c);
        c->from = place;
    }
    if (who == TIMELINE_SENT) {
        run->order = *timeline_order(c->t);
        run_take_order(run);
    }
    return who != TIMELINE_SENT;
}

static _Noreturn void go_to(struct control *c, uint64_t place, const struct control_stop *report)
{
    c->s->goal = GOAL_PLACE;
    c->s->target = place;
    c->s->report = *report;
    timeline_go(c->t, place);
}

/* Every place up to s->last behind that of this copy has been looked at. */
static _Noreturn void settle(struct control *c)
{
    static const struct control_stop earliest = {.why = STANDS_EARLIEST};

    if (c->has_found)
        go_to(c, c->found, &c->found_stop);
    if (c->from <= timeline_first(c->t))
        go_to(c, c->from, &earliest);
    c->s->last = c->from;
    timeline_go(c->t, c->from - 1);
}

static bool back(struct control *c, enum control_next next, struct control_stop *stop)
{
    uint64_t place = control_place(c);

    if (place <= timeline_first(c->t)) {
        *stop = (struct control_stop){.why = STANDS_EARLIEST};
        return false;
    }
    if (next == NEXT_BACK_STEP)
        go_to(c, place - 1, &(struct control_stop){.why = STANDS_STEPPED});
    c->s->goal = GOAL_LAST;
    c->s->last = place - 1;
    timeline_go(c->t, place - 1);
}

/* Where a difference lies ahead, the run goes on to it. */
static bool end(struct control *c)
{
    c->free = true;
    return c->s->differed;
}

static bool stand(struct control *c, struct control_stop stop)
{
    for (;;) {
        enum control_next next = c->d.stands(c->d.ctx, c, &stop);

        switch (next) {
        case NEXT_BACK_STEP:
        case NEXT_BACK_RUN:
            back(c, next, &stop);
            continue;
        case NEXT_STEP:
        case NEXT_RUN:
            c->s->goal = next == NEXT_STEP ? GOAL_STEP : GOAL_RUN;
            take_up(c);
            return true;
        case NEXT_FREE:
            c->free = true;
            return true;
        case NEXT_END:
            return end(c);
        }
    }
}

/* It is at a boundary: is that where it was to go? */
static bool arrive(struct control *c)
{
    const struct shared *s = c->s;
    uint64_t place = control_place(c);

    if (c->asked)
        return stand(c, (struct control_stop){.why = STANDS_ASKED});
    switch (s->goal) {
    case GOAL_STEP:
        return stand(c, (struct control_stop){.why = STANDS_STEPPED});
    case GOAL_RUN:
        return c->has_met ? stand(c, c->met) : true;
    case GOAL_PLACE:
        return place >= s->target ? stand(c, s->report) : true;
    case GOAL_LAST:
        if (place > s->last)
            settle(c);
        break;
    }
    return true;
}

bool control_begin(struct control *c, struct run *run)
{
    c->run = run;
    c->s->goal = GOAL_PLACE;
    c->s->report.why = STANDS_AT_BEGINNING;
    return !leave(c, 0) || arrive(c);
}

bool control_turn(struct control *c)
{
    enum control_ask ask;

    if (c->free)
        return true;
    ask = c->d.asks(c->d.ctx);
    if (ask == ASKS_TO_END)
        return end(c);
    c->asked |= ask == ASKS_TO_STAND;
    if (!c->hit && !(c->asked && shell_halted(c->run->shell))) {
        c->leaving |= now_seconds() - c->left_time >= SNAPSHOT_SECONDS;
        return true;
    }
    c->hit = false;
    if (c->leaving && !leave(c, control_place(c)))
        return true;
    return arrive(c);
}

static void over(struct control *c, enum control_why why)
{
    if (c->free)
        return;
    if (c->s->goal == GOAL_LAST)
        settle(c);
    stand(c, (struct control_stop){.why = why});
}

void control_mismatch(struct control *c)
{
    c->s->differed = true;
    over(c, STANDS_MISMATCH);
}

void control_end(struct control *c)
{
    over(c, STANDS_END);
}
