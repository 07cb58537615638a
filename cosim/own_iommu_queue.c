// SPDX-License-Identifier: Apache-2.0
// The invalidation queue of an IOMMU that is not the model's: what it has read, what it tells of, a
// wait's status, where it stops. The golden unit's queue goes on with what is told.
#include "own_iommu.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REG_IQT   0x088u
#define REG_IQA   0x090u
#define TYPE_WAIT 5
#define TYPE_BITS UINT64_C(0xE0F)
#define WAIT_SW   0x20u

static struct own_fetch *find_fetch(struct own_iommu *o, uint64_t addr)
{
    for (unsigned i = 0; i < OWN_FETCHES; i++)
        if (o->fetch[i].there && o->fetch[i].addr == addr)
            return &o->fetch[i];
    return NULL;
}

/* The descriptors that are to be done, in bytes. */
static uint32_t queue_bytes(const struct scoreboard *sb)
{
    return UINT32_C(4096) << (iommu_register(sb->iommu, REG_IQA) & 7);
}

static uint32_t queue_left(const struct scoreboard *sb)
{
    return (iommu_register(sb->iommu, REG_IQT) - iommu_register(sb->iommu, REG_IQH)) &
           (queue_bytes(sb) - 1);
}

/* Where in the queue, from the head on. */
static uint32_t behind_head(const struct scoreboard *sb, uint64_t addr)
{
    return (uint32_t)(addr - iommu_queue_place(sb->iommu)) & (queue_bytes(sb) - 1);
}

static bool in_queue(const struct scoreboard *sb, uint64_t addr)
{
    uint64_t head = iommu_register(sb->iommu, REG_IQH);
    uint64_t base = iommu_queue_place(sb->iommu) - head;

    return addr - base < queue_bytes(sb) && behind_head(sb, addr) < queue_left(sb);
}

void own_iommu_fetched(struct scoreboard *sb, const struct rec_bus *b, bool error)
{
    struct own_iommu *o = sb->own;
    struct own_fetch *f = find_fetch(o, b->addr);

    if (b->be != 0xFFFF || !iommu_queue_due(sb->iommu) || !in_queue(sb, b->addr))
        return;
    if (f == NULL)
        f = &o->fetch[o->fetches++ % OWN_FETCHES];
    *f = (struct own_fetch){.there = true, .addr = b->addr, .cycle = b->cycle};
    f->read.error = error;
    memcpy(f->read.data, b->data, sizeof(f->read.data));
}

/* The one that is due, as it was read; NULL: none is, or it was not read. */
static struct own_fetch *next_descriptor(struct scoreboard *sb)
{
    return iommu_queue_due(sb->iommu) ? find_fetch(sb->own, iommu_queue_place(sb->iommu)) : NULL;
}

static bool writes_status(const struct own_fetch *f)
{
    return (f->read.data[0] & TYPE_BITS) == TYPE_WAIT && (f->read.data[0] & WAIT_SW) != 0;
}

void own_iommu_status(struct scoreboard *sb, const struct rec_bus *b)
{
    const struct own_fetch *f = next_descriptor(sb);
    unsigned first = (unsigned)__builtin_ctz(b->be);
    uint64_t pa = b->addr + first;
    uint32_t data;
    char text[MISMATCH_TEXT];

    memcpy(&data, b->data + first, sizeof(data));
    if (f != NULL && !sb->own->status_written && writes_status(f) &&
        !iommu_queue_wrong(sb->iommu, &f->read) && pa == (f->read.data[1] & ~UINT64_C(3)) &&
        data == (uint32_t)(f->read.data[0] >> 32)) {
        sb->own->status_written = true;
        own_iommu_write_ram(sb, pa, &data, sizeof(data),
                            (struct legality_writer){AUTHOR_UNIT, 0, b->cycle});
        return;
    }
    own_iommu_beat_text(text, b);
    own_iommu_differ(sb, "pins", "bus_req_o", text, "no status: no wait that is due has it",
                     b->cycle);
}

void own_queue_told(struct scoreboard *sb, const struct order_unit *u)
{
    struct own_iommu *o = sb->own;
    struct own_fetch *f = next_descriptor(sb);
    struct iommu_command c;
    struct iommu_step s;
    const char *wrong = NULL;
    char text[MISMATCH_TEXT];

    if (!iommu_queue_due(sb->iommu))
        wrong = "low: no descriptor is due";
    else if (f == NULL || f->read.data[0] != u->lo || f->read.data[1] != u->hi)
        wrong = "the descriptor that was read at the head";
    else if (iommu_queue_wrong(sb->iommu, &f->read))
        wrong = "low: the descriptor is wrong";
    else if (writes_status(f) && !o->status_written)
        wrong = "low: the status of the wait has not been written";
    if (wrong != NULL) {
        snprintf(text, sizeof(text), "0x%016" PRIx64 "_%016" PRIx64, u->hi, u->lo);
        own_iommu_differ(sb, "pins", "desc_valid_o", text, wrong, u->cycle);
        return;
    }
    own_iommu_note(sb, u->cycle, REG_IQH);
    own_iommu_note(sb, u->cycle, REG_ICS);
    own_iommu_note(sb, u->cycle, REG_IECTL);
    iommu_queue_begin(sb->iommu, &c);
    s = iommu_queue_next(sb->iommu, &c, &f->read);
    if (s.action == IOMMU_DO_WRITE)
        s = iommu_queue_next(sb->iommu, &c, NULL);
    own_iommu_ended(sb, s);
    legality_iommu_descriptor(o->oracle, u->lo, u->hi);
    f->there = o->status_written = false;
    o->may_stop = 0;
    sb->counts.iommu_events++;
    o->queue_since = u->cycle;
}

/* IQEI of what stands at the head, where the unit may have stopped; 0: nothing is wrong there. */
static unsigned stops_at(struct scoreboard *sb)
{
    const struct own_fetch *f = next_descriptor(sb);

    return iommu_queue_due(sb->iommu) ? iommu_queue_wrong(sb->iommu, f == NULL ? NULL : &f->read)
                                      : 0;
}

static void stop_with(struct scoreboard *sb, unsigned code)
{
    struct own_fetch *f = next_descriptor(sb);

    if (f != NULL)
        f->there = false;
    sb->own->may_stop = 0;
    sb->counts.iommu_events++;
    iommu_told_queue_error(sb->iommu, code);
}

/* It has stopped: by what stands there, or by what stood there before software wrote a register. */
bool own_queue_stops(struct scoreboard *sb)
{
    unsigned code = sb->own->may_stop != 0 ? sb->own->may_stop : stops_at(sb);

    if (code != 0)
        stop_with(sb, code);
    return code != 0;
}

/* The two may differ. */
bool own_queue_stopped_with(struct scoreboard *sb, unsigned code)
{
    if (code == 0 || (code != sb->own->may_stop && code != stops_at(sb)))
        return false;
    stop_with(sb, code);
    return true;
}

bool own_queue_times_out(struct scoreboard *sb)
{
    struct iommu_command c;

    if (!iommu_outstanding(sb->iommu))
        return false;
    own_iommu_ended(sb, iommu_time_out(sb->iommu, &c));
    sb->own->queue_since = sb->own->now;
    return true;
}

void own_queue_completed(struct scoreboard *sb, const struct order_unit *u)
{
    struct iommu_command c;

    own_iommu_note(sb, u->cycle, REG_FSTS);
    own_iommu_note(sb, u->cycle, REG_FECTL);
    sb->counts.stimuli[STIM_COMPLETION]++;
    own_iommu_ended(sb, iommu_complete(sb->iommu, &c, (uint16_t)u->addr, u->lo != 0));
    sb->own->queue_since = u->cycle;
}

void own_iommu_watch_queue(struct scoreboard *sb)
{
    struct own_iommu *o = sb->own;

    if (!iommu_queue_due(sb->iommu) || o->now <= o->queue_since + OWN_IOMMU_CYCLES)
        return;
    if (own_queue_stops(sb))
        return;
    own_iommu_differ(sb, "iommu", "deadline", "nothing told of", "the due descriptor is executed",
                     o->now);
}

/* The head stands behind what was done, and not behind what was read. */
bool own_queue_head_may_be(struct scoreboard *sb, uint32_t rtl)
{
    uint32_t mine = iommu_register(sb->iommu, REG_IQH),
             ahead = (rtl - mine) & (queue_bytes(sb) - 1);
    uint64_t at = iommu_queue_place(sb->iommu) - mine;

    if (rtl % 16 != 0 || rtl >= queue_bytes(sb) || !iommu_queue_due(sb->iommu) ||
        ahead > queue_left(sb))
        return false;
    for (uint32_t i = 0; i < ahead; i += 16)
        if (find_fetch(sb->own, at + ((mine + i) & (queue_bytes(sb) - 1))) == NULL)
            return false;
    return true;
}

/* The queue begins anew. */
void own_queue_turned(struct own_iommu *o)
{
    memset(o->fetch, 0, sizeof(o->fetch));
    o->may_stop = 0;
    o->status_written = false;
}

/* Before software changes what the queue goes by, or clears the error that it has not seen. */
void own_queue_may_have_stopped(struct scoreboard *sb, uint32_t offset, unsigned bytes,
                                uint64_t value)
{
    uint32_t at = offset & ~7u;
    uint64_t clears = offset == REG_FSTS                     ? value
                      : offset == REG_FSTS - 4 && bytes == 8 ? value >> 32
                                                             : 0;

    if ((clears & FSTS_IQE) != 0)
        own_queue_stops(sb);
    else if (sb->own->may_stop == 0 && (at == REG_IQT || at == REG_IQA || offset == REG_GCMD))
        sb->own->may_stop = stops_at(sb);
}
