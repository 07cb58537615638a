// SPDX-License-Identifier: Apache-2.0
// Copies of a bench, asleep, one of which makes the wave of a failure: so it need not come all the
// way again (snapshot.h).
#include "block.h"
#include "snapshot.h"
#include "wave_records.h"

#define REQUESTS 256 /* between two looks at the clock */

static void keep(void *ctx, const struct record_type *t, bool from_model, const void *record)
{
    const struct block_result *r = ctx;

    wave_records_add(r->records, t, from_model, record, r->cycle_base);
}

bool block_keep_records(const struct block_options *o, struct block_result *r)
{
    r->wave_path = o->wave_path;
    r->records = wave_records_create(o->wave_from, o->wave_to);
    record_log_watch(r->log, keep, r);
    return r->records != NULL;
}

bool block_left_copy(const struct block_options **o, struct block_result *r, uint64_t cycle)
{
    static struct block_options own;
    static struct snapshot_order order;

    if ((*o)->snapshots == NULL || r->requests % REQUESTS != 0 || !snapshots_due((*o)->snapshots) ||
        !snapshots_take((*o)->snapshots, cycle, false, &order))
        return false;
    own = **o;
    own.snapshots = NULL;
    own.progress = false;
    own.wave_path = order.wave;
    own.wave_from = order.from;
    own.wave_to = order.to;
    *o = &own;
    r->woken = true;
    block_keep_records(*o, r);
    return true;
}
