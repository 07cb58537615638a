// SPDX-License-Identifier: Apache-2.0
// What the block benches share: random numbers and the comparison of records.
#include "block.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* xorshift64* (Vigna): same seed, same stream, on every machine. */
uint64_t block_random(struct block_random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * UINT64_C(0x2545F4914F6CDD1D);
}

uint32_t block_below(struct block_random *r, uint32_t n)
{
    return (uint32_t)((block_random(r) >> 32) * n >> 32);
}

bool block_chance(struct block_random *r, uint32_t percent)
{
    return block_below(r, 100) < percent;
}

void block_differ(struct block_result *r, const char *stream, const char *field, const char *rtl,
                  const char *model, uint64_t cycle)
{
    struct block_mismatch *m = &r->first;

    if (r->failed)
        return;
    r->failed = true;
    snprintf(m->stream, sizeof(m->stream), "%s", stream);
    snprintf(m->field, sizeof(m->field), "%s", field);
    snprintf(m->rtl, sizeof(m->rtl), "%s", rtl);
    snprintf(m->model, sizeof(m->model), "%s", model);
    m->cycle = cycle;
}

/* The same, of records. */
static void differ(struct block_result *r, const struct record_type *t, const char *field,
                   const char *said[2], const void *rtl, const void *model)
{
    uint64_t cycle = rtl != NULL ? record_value(rtl, &t->fields[0]) + r->cycle_base : r->cycles;

    if (!r->failed)
        record_pair_keep(&r->pair, t, rtl, model);
    block_differ(r, t->stream, field, said[0], said[1], cycle);
}

bool block_asserted(struct block_result *r, uint64_t cycle)
{
    const struct assertion_failure *f = assertion_failed();

    if (f != NULL)
        block_differ(r, "assert", f->where, f->label, "holds", cycle);
    return f != NULL;
}

static void value_text(char out[BLOCK_TEXT], const void *record, const struct record_field *f)
{
    const uint8_t *at = (const uint8_t *)record + f->offset;

    if (f->size <= 8) {
        snprintf(out, BLOCK_TEXT, "0x%" PRIx64, record_value(record, f));
        return;
    }
    for (unsigned i = 0; i < f->size && 2 * i + 2 < BLOCK_TEXT; i++)
        snprintf(out + 2 * i, BLOCK_TEXT - 2 * i, "%02x", at[i]);
}

void block_log(struct block_result *r, const struct record_type *t, const struct ring *rtl,
               const struct ring *model)
{
    for (size_t i = 0; i < rtl->count; i++)
        record_log_add(r->log, t, false, ring_at(rtl, i));
    for (size_t i = 0; i < model->count; i++)
        record_log_add(r->log, t, true, ring_at(model, i));
}

bool block_same(struct block_result *r, const struct record_type *t, const void *rtl,
                const void *model)
{
    char a[BLOCK_TEXT] = "no record", b[BLOCK_TEXT] = "no record";
    const struct record_field *f;

    if (rtl == NULL || model == NULL) {
        snprintf(rtl != NULL ? a : b, BLOCK_TEXT, "a record");
        differ(r, t, "record", (const char *[]){a, b}, rtl, model);
        return false;
    }
    f = record_differs(t, rtl, model);
    if (f == NULL)
        return true;
    value_text(a, rtl, f);
    value_text(b, model, f);
    differ(r, t, f->name, (const char *[]){a, b}, rtl, model);
    return false;
}

bool block_same_all(struct block_result *r, const struct record_type *t, struct ring *rtl,
                    struct ring *model)
{
    bool same = true;

    while (rtl->count != 0 || model->count != 0) {
        same = block_same(r, t, ring_head(rtl), ring_head(model)) && same;
        ring_pop(rtl);
        ring_pop(model);
    }
    return same;
}
