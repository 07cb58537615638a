// SPDX-License-Identifier: Apache-2.0
// Accesses of an IOMMU that is not the model's, at their place among the acks: what is read is what
// the model's memory holds, what is written, or sent, some request in flight may write or send.
#include "own_iommu.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE UINT64_C(4096)

static bool one_run(const struct rec_bus *b)
{
    return b->be != 0 && (b->addr & 15) == 0 &&
           (unsigned)b->be >> own_first_lane(b) == (1u << own_lane_count(b)) - 1;
}

static bool aligned(const struct rec_bus *b, unsigned lanes)
{
    return own_lane_count(b) == lanes && own_first_lane(b) % lanes == 0;
}

static const char *breach_of(const struct own_iommu *o, const struct rec_bus *b)
{
    bool write = (b->flags & BUS_WRITE) != 0;

    if ((b->flags & (BUS_IO | BUS_LOCK)) != 0 || (b->addr >> 40 != 0 && b->src != BUS_MESSAGE))
        return "not memory: io or lock is set, or high of what is no message";
    if (!one_run(b))
        return "addr is no multiple of 16, or be no run of lanes";
    if (o->beats == OWN_BEATS)
        return "more accesses than answers account for";
    if (b->src == BUS_DMA)
        return o->up == 0 ? "an access of a request, and none is in flight" : NULL;
    if (b->src == BUS_MESSAGE)
        return write && aligned(b, 4) ? NULL : "no message: not a write of 4 aligned lanes";
    if (aligned(b, 4) || (!write && (aligned(b, 8) || aligned(b, 16))))
        return NULL;
    return write ? "no status: not 4 aligned lanes" : "no structure: not 4, 8 or 16 aligned lanes";
}

void own_iommu_beat_text(char text[MISMATCH_TEXT], const struct rec_bus *b)
{
    uint64_t half[2];

    if (b->be == 0) {
        snprintf(text, MISMATCH_TEXT, "nothing");
        return;
    }
    memcpy(half, b->data, sizeof(half));
    snprintf(text, MISMATCH_TEXT,
             "%s at 0x%" PRIx64 ", lanes %04x, data 0x%016" PRIx64 "_%016" PRIx64,
             b->flags & BUS_WRITE ? "write" : "read", b->addr, b->be, half[1], half[0]);
}

/* What was read is what the model's memory holds at that place of the order. */
static bool read_right(struct scoreboard *sb, const struct rec_bus *b)
{
    struct rec_bus mine = *b;
    unsigned first = own_first_lane(b);

    memcpy(mine.data + first, sb->mem.ram + b->addr + first, own_lane_count(b));
    if (memcmp(mine.data, b->data, sizeof(mine.data)) == 0)
        return true;
    scoreboard_differ(sb, &type_bus, b, &mine);
    return false;
}

static void structure_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    bool ram = rw_mem_is_ram(&sb->mem, b->addr, 16);

    if ((b->flags & BUS_WRITE) != 0) {
        own_iommu_status(sb, b);
        return;
    }
    if (ram && !read_right(sb, b))
        return;
    if (ram)
        sb->own->walked[b->addr / PAGE / 8] |= (uint8_t)(1u << (b->addr / PAGE % 8));
    own_iommu_fetched(sb, b, !ram);
}

/* Does the request move these bytes, wherever they go? A page is at least 4 KBytes. */
static bool moves(const struct own_flight *f, const struct rec_bus *b)
{
    unsigned first = own_first_lane(b);
    bool write = (b->flags & BUS_WRITE) != 0;

    return f->up && f->in.write == write && f->in.len == own_lane_count(b) &&
           ((f->in.iova ^ (b->addr + first)) & (PAGE - 1)) == 0 &&
           (!write || memcmp(f->in.data, b->data + first, f->in.len) == 0);
}

/* Nobody in flight may do that: in words, by the newest who asks for something like it. */
static void nobody(struct scoreboard *sb, const struct rec_bus *b, const struct own_flight *like,
                   const struct legality_iommu_answer *a, const char *wanted)
{
    struct legality_iommu_verdict v;
    struct legality_request q;
    struct rec_dma said;
    char text[MISMATCH_TEXT];

    own_iommu_beat_text(text, b);
    if (like == NULL) {
        own_iommu_differ(sb, "pins", "bus_req_o", text, wanted, b->cycle);
        return;
    }
    said = like->in;
    said.phase = 1;
    said.cycle = b->cycle;
    said.pa = a->addr;
    said.status = a->outcome == OUTCOME_MESSAGE ? DMA_REMAPPED : DMA_TRANSLATED;
    record_log_add(sb->log, &type_dma, false, &said);
    q = own_iommu_question(&like->in);
    v = legality_iommu_judge_of(sb->own->oracle, like->in.tag, &q, a);
    own_iommu_differ_verdict(sb, &like->in, a, &v, b->cycle);
}

static void keep_beat(struct scoreboard *sb, const struct rec_bus *b, bool event)
{
    struct own_iommu *o = sb->own;

    o->beat[o->beats++] = (struct own_beat){*b, o->number, legality_iommu_now(o->oracle), event};
}

static void data_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    struct own_iommu *o = sb->own;
    const struct own_flight *like = NULL;
    uint64_t pa = b->addr + own_first_lane(b);
    const struct legality_iommu_answer a = {.outcome = OUTCOME_ADDRESS, .addr = pa};
    bool ram = rw_mem_is_ram(&sb->mem, b->addr, 16), permitted = false;

    for (unsigned tag = 0; tag < OWN_TAGS && !permitted; tag++) {
        if (!moves(&o->flight[tag], b))
            continue;
        like = &o->flight[tag];
        permitted = legality_iommu_permits(o->oracle, (uint8_t)tag, &a, NULL);
    }
    if (!permitted) {
        nobody(sb, b, like, &a, "the data of a request in flight");
        return;
    }
    if ((b->flags & BUS_WRITE) != 0)
        own_iommu_write_ram(sb, pa, b->data + own_first_lane(b), own_lane_count(b),
                            (struct legality_writer){AUTHOR_DMA, like->in.sid, b->cycle});
    else if (ram && !read_right(sb, b))
        return;
    sb->counts.stimuli[STIM_MMIO_READ] += !ram && (b->flags & BUS_WRITE) == 0;
    keep_beat(sb, b, false);
}

static void message_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    struct own_iommu *o = sb->own;
    const struct own_flight *like = NULL;
    struct legality_iommu_answer a = {.outcome = OUTCOME_MESSAGE,
                                      .addr = b->addr + own_first_lane(b)};
    uint32_t data;
    bool event, permitted = false;

    memcpy(&data, b->data + own_first_lane(b), sizeof(data));
    a.data = data;
    for (unsigned tag = 0; tag < OWN_TAGS && o->up != 0 && !permitted; tag++) {
        const struct own_flight *f = &o->flight[tag];

        if (!f->up || !f->in.write || f->in.iova >> 20 != 0xFEE)
            continue;
        like = f;
        permitted = legality_iommu_permits(o->oracle, (uint8_t)tag, &a, NULL);
    }
    event = own_iommu_event_due(sb, a.addr, data);
    if (!permitted && !event) {
        nobody(sb, b, like, &a, "no message: no interrupt request and no event is due");
        return;
    }
    own_iommu_write_ram(sb, a.addr, &data, sizeof(data),
                        (struct legality_writer){AUTHOR_UNIT, 0, b->cycle});
    if (permitted)
        keep_beat(sb, b, event);
    else
        own_iommu_event_sent(sb, a.addr, data);
}

void own_iommu_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    const char *what = breach_of(sb->own, b);
    char text[MISMATCH_TEXT], words[MISMATCH_TEXT];

    if (what != NULL) {
        own_iommu_beat_text(words, b);
        snprintf(text, sizeof(text), "%.90s; %.95s", what, words);
        own_iommu_differ(sb, "pins", "bus_req_o", text, "an access of the unit", b->cycle);
        return;
    }
    if (b->src == BUS_IOMMU_WALK)
        structure_beat(sb, b);
    else if (b->src == BUS_DMA)
        data_beat(sb, b);
    else
        message_beat(sb, b);
    sb->own->number++;
}
