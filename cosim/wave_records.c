// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "wave_records.h"

#include <stdlib.h>

#include "record.h"
#include "shell/wave_merge.h"

#define UNITS_PER_CYCLE 10
#define COUNT_BITS      16
#define RTL             0
#define MODEL           1

static const struct record_type *const types[] = {&type_retire, &type_sys,  &type_xlate,
                                                  &type_walk,   &type_bus,  &type_dma,
                                                  &type_iwalk,  &type_iommu};

#define TYPES (sizeof(types) / sizeof(types[0]))

struct entry {
    unsigned type;
    size_t place; /* in the order in which they came */
    uint64_t cycle;
    bool has[2];
    bool alone;        /* the model says nothing of it when it agrees */
    uint16_t count[2]; /* of this side and stream, this one included */
    uint8_t *record[2];
};

struct wave_records {
    uint64_t from, to, last; /* last: cycle of the RTL's last record */
    struct entry *entry;
    size_t count, room;
    size_t waiting[TYPES];          /* entries before it have met the model's */
    uint8_t odd[TYPES][RECORD_MAX]; /* the model's last one that met none */
    bool has_odd[TYPES], lost;
};

struct wave_records *wave_records_create(uint64_t from, uint64_t to)
{
    struct wave_records *w = calloc(1, sizeof(*w));

    if (w != NULL) {
        w->from = from;
        w->to = to;
    }
    return w;
}

void wave_records_destroy(struct wave_records *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->count; i++) {
        free(w->entry[i].record[RTL]);
        free(w->entry[i].record[MODEL]);
    }
    free(w->entry);
    free(w);
}

static unsigned index_of(const struct record_type *t)
{
    unsigned i = 0;

    while (i < TYPES && types[i] != t)
        i++;
    return i;
}

static struct entry *new_entry(struct wave_records *w, unsigned type, uint64_t cycle)
{
    if (w->count == w->room) {
        size_t room = w->room == 0 ? 1024 : 2 * w->room;
        struct entry *more = realloc(w->entry, room * sizeof(*more));

        if (more == NULL) {
            w->lost = true;
            return NULL;
        }
        w->entry = more;
        w->room = room;
    }
    w->entry[w->count] = (struct entry){.type = type, .place = w->count, .cycle = cycle};
    return &w->entry[w->count++];
}

static void keep(struct wave_records *w, struct entry *e, unsigned side, const void *record)
{
    uint16_t size = types[e->type]->size;

    e->record[side] = malloc(size);
    if (e->record[side] == NULL) {
        w->lost = true;
        return;
    }
    memcpy(e->record[side], record, size);
    e->has[side] = true;
}

/* The oldest one of the RTL's that waits for the model's; like `record` when that is not NULL. */
static struct entry *waits(struct wave_records *w, unsigned type, const void *record)
{
    size_t *i = &w->waiting[type];

    while (*i < w->count && (w->entry[*i].type != type || w->entry[*i].has[MODEL]))
        ++*i;
    for (size_t at = *i; at < w->count; at++) {
        struct entry *e = &w->entry[at];

        if (e->type == type && e->has[RTL] && !e->has[MODEL] &&
            (record == NULL || record_differs(types[type], e->record[RTL], record) == NULL))
            return e;
    }
    return NULL;
}

static void add_model(struct wave_records *w, unsigned type, const void *record)
{
    struct entry *e = waits(w, type, record);

    w->has_odd[type] = e == NULL;
    if (e != NULL)
        keep(w, e, MODEL, record);
    else
        memcpy(w->odd[type], record, types[type]->size);
}

/* Beats on the bus, and that a DMA request was accepted. */
static bool said_once(const struct record_type *t, const void *record)
{
    struct rec_dma d;

    if (t != &type_dma)
        return t == &type_bus;
    memcpy(&d, record, sizeof(d));
    return d.phase == 0;
}

void wave_records_add(struct wave_records *w, const struct record_type *t, bool from_model,
                      const void *record, uint64_t before)
{
    unsigned type = index_of(t);
    uint64_t cycle = before + record_value(record, &t->fields[0]);
    struct entry *e;

    if (type == TYPES)
        return;
    if (from_model) {
        add_model(w, type, record);
        return;
    }
    if (cycle < w->from || cycle >= w->to)
        return;
    w->last = cycle;
    e = new_entry(w, type, cycle);
    if (e == NULL)
        return;
    e->alone = said_once(t, record);
    keep(w, e, RTL, record);
    if (!w->has_odd[type] || record_differs(t, record, w->odd[type]) != NULL)
        return;
    keep(w, e, MODEL, w->odd[type]); /* the model said it first, as it does of sys */
    w->has_odd[type] = false;
}

bool wave_records_waiting(const struct wave_records *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->entry[i].has[RTL] && !w->entry[i].has[MODEL] && !w->entry[i].alone)
            return true;
    return false;
}

/* Of the stream that differs, what met no record like it at the end is the model's side of that: it
 * belongs to the oldest that waits. */
static void place_odd(struct wave_records *w, const char *differs)
{
    for (unsigned type = 0; type < TYPES; type++) {
        struct entry *e;

        if (!w->has_odd[type] || strcmp(types[type]->stream, differs) != 0)
            continue;
        e = waits(w, type, NULL);
        if (e == NULL)
            e = new_entry(w, type, w->last);
        if (e != NULL)
            keep(w, e, MODEL, w->odd[type]);
    }
}

/* --- signals: for each side and stream its fields and the count; behind them what differs --- */

static bool shown(const struct record_type *t, unsigned field)
{
    return field != 0 && t->fields[field].compared && t->fields[field].offset >= t->timing;
}

struct signals {
    struct wave_signal *signal;
    unsigned count;
    unsigned first[2][TYPES], differs[TYPES];
};

static bool name_signals(struct signals *s)
{
    static const char *const sides[] = {"rtl", "model"};
    unsigned room = TYPES;

    for (unsigned type = 0; type < TYPES; type++)
        room += 2 * (types[type]->count + 1u);
    s->signal = calloc(room, sizeof(*s->signal));
    if (s->signal == NULL)
        return false;
    for (unsigned side = RTL; side <= MODEL; side++)
        for (unsigned type = 0; type < TYPES; type++) {
            const struct record_type *t = types[type];

            s->first[side][type] = s->count;
            for (unsigned f = 0; f < t->count; f++)
                if (shown(t, f))
                    s->signal[s->count++] =
                        (struct wave_signal){{"records", sides[side], t->stream},
                                             t->fields[f].name,
                                             8u * t->fields[f].size};
            s->signal[s->count++] =
                (struct wave_signal){{"records", sides[side], t->stream}, "count", COUNT_BITS};
        }
    for (unsigned type = 0; type < TYPES; type++) {
        s->differs[type] = s->count;
        s->signal[s->count++] =
            (struct wave_signal){{"records", "differs", NULL}, types[type]->stream, 1};
    }
    return true;
}

static const uint8_t yes = 1, no = 0;

/* The changes that one side's record makes; to NULL: only how many. */
static size_t changes_of(const struct signals *s, const struct entry *e, unsigned side,
                         struct wave_change *to)
{
    const struct record_type *t = types[e->type];
    unsigned signal = s->first[side][e->type];
    size_t n = 0;

    for (unsigned f = 0; f < t->count; f++) {
        if (!shown(t, f))
            continue;
        if (to != NULL)
            to[n] =
                (struct wave_change){e->cycle * UNITS_PER_CYCLE, signal,
                                     e->has[side] ? e->record[side] + t->fields[f].offset : NULL};
        n++;
        signal++;
    }
    if (to != NULL)
        to[n] = (struct wave_change){e->cycle * UNITS_PER_CYCLE, signal,
                                     (const uint8_t *)&e->count[side]};
    return n + 1;
}

static size_t changes_at(const struct signals *s, const struct entry *e, struct wave_change *to)
{
    const struct record_type *t = types[e->type];
    bool differs = e->has[MODEL] &&
                   (!e->has[RTL] || record_differs(t, e->record[RTL], e->record[MODEL]) != NULL);
    size_t n = changes_of(s, e, RTL, to);

    n += changes_of(s, e, MODEL, to == NULL ? NULL : to + n);
    if (to != NULL)
        to[n] = (struct wave_change){e->cycle * UNITS_PER_CYCLE, s->differs[e->type],
                                     differs ? &yes : &no};
    return n + 1;
}

static int by_cycle(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->cycle != y->cycle)
        return x->cycle < y->cycle ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static void number(struct wave_records *w)
{
    uint16_t count[2][TYPES] = {{0}, {0}};

    for (size_t i = 0; i < w->count; i++)
        for (unsigned side = RTL; side <= MODEL; side++) {
            struct entry *e = &w->entry[i];

            count[side][e->type] = (uint16_t)(count[side][e->type] + e->has[side]);
            e->count[side] = count[side][e->type];
        }
}

bool wave_records_into(struct wave_records *w, const char *path, const char *differs)
{
    struct signals s = {0};
    struct wave_change *change;
    size_t changes = 0, n = 0;
    bool ok;

    if (differs != NULL)
        place_odd(w, differs);
    if (w->lost || !name_signals(&s))
        return false;
    qsort(w->entry, w->count, sizeof(w->entry[0]), by_cycle);
    number(w);
    for (size_t i = 0; i < w->count; i++)
        changes += changes_at(&s, &w->entry[i], NULL);
    change = malloc((changes + 1) * sizeof(*change));
    if (change == NULL) {
        free(s.signal);
        return false;
    }
    for (size_t i = 0; i < w->count; i++)
        n += changes_at(&s, &w->entry[i], change + n);
    ok = wave_merge(path, s.signal, s.count, change, changes);
    free(change);
    free(s.signal);
    return ok;
}
