// SPDX-License-Identifier: Apache-2.0
// What software sees of an IOMMU that is not the model's: the golden unit's registers, which go on
// with the fault records and descriptors that are told, each judged before. Where VT-d leaves open
// when something shows (a queue's error, FSTS.PFO, the head, IP while a message waits), what the
// unit answers is taken if it is one of what may show.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "own_iommu.h"
#include "unit_layout.h"
#include "vtd_unit.h"

#define REG_CAP_HI    0x00Cu
#define REG_ECAP      0x010u
#define REG_CCMD_HI   0x02Cu
#define REG_FEDATA    0x03Cu
#define REG_IEDATA    0x0A4u
#define REG_IQERCD    0x0B0u
#define REG_IOTLB_HI  0x10Cu
#define REG_FRCD      0x200u
#define FSTS_PFO      0x01u
#define FSTS_ITE      0x40u
#define FSTS_PPF      0x02u
#define FSTS_EVENT    (FSTS_PPF | 0x70u) /* what a fault event is for */
#define ICS_IWC       1u
#define EVENT_IP      UINT32_C(0x40000000)
#define FRCD_REASON   32
#define OWN_MAMV      0x3F /* until CAP is seen: nothing is too large */
#define OWN_CCMD_CAIG 27
#define OWN_IAIG      25

/* --- the golden unit --- */

static void on_record(void *ctx, const struct rec_iommu *r)
{
    struct scoreboard *sb = ctx;

    if (r->kind == IOMMU_EVENT)
        sb->own->event = (uint8_t)r->count;
    record_log_add(sb->log, &type_iommu, true, r);
}

static void owe(struct scoreboard *sb, uint64_t addr, uint32_t data)
{
    const struct own_event e = {
        .addr = addr, .data = data, .event = sb->own->event, .cycle = sb->own->now};

    ring_push(&sb->own->owed, &e);
}

static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
    owe(ctx, addr, data);
}

void own_iommu_records_init(struct scoreboard *sb, struct iommu_env *env)
{
    (void)sb;
    env->iwalk = NULL;
    env->iommu = on_record;
    env->message = on_message;
}

/* A command of the golden unit has come to its end. */
void own_iommu_ended(struct scoreboard *sb, struct iommu_step s)
{
    if (s.action == IOMMU_DO_EVENT)
        owe(sb, s.addr, s.data);
}

/* CAP and ECAP as they are known: of what is the design's own, the least that can be demanded. */
void own_iommu_offer(struct scoreboard *sb)
{
    struct own_iommu *o = sb->own;
    struct legality_unit least = o->unit;
    uint64_t cap = o->unit.cap, ecap = o->unit.ecap;

    if (!o->cap_known) {
        least.cap &= ~VTD_CAP_OWN;
        cap |= (uint64_t)OWN_MAMV << 48;
    }
    if (!o->ecap_known) {
        least.ecap &= ~VTD_ECAP_OWN;
        ecap |= VTD_ECAP_OWN;
    }
    iommu_told_offer(sb->iommu, cap, ecap);
    legality_iommu_offers(o->oracle, &least);
}

/* --- as it was in the same cycle, before --- */

void own_iommu_note(struct scoreboard *sb, uint64_t cycle, uint32_t offset)
{
    struct own_before *b = &sb->own->before;

    if (b->cycle != cycle)
        b->count = 0;
    b->cycle = cycle;
    for (unsigned i = 0; i < b->count; i++)
        if (b->offset[i] == offset)
            return;
    if (b->count == OWN_REGISTERS)
        return;
    b->offset[b->count] = offset;
    b->value[b->count++] = iommu_register(sb->iommu, offset);
}

static bool was_before(const struct scoreboard *sb, uint32_t offset, uint32_t value, uint64_t cycle)
{
    const struct own_before *b = &sb->own->before;

    for (unsigned i = 0; b->cycle == cycle && i < b->count; i++)
        if (b->offset[i] == offset && b->value[i] == value)
            return true;
    return false;
}

/* --- fault records --- */

static void nobody_faults(struct scoreboard *sb, const struct order_unit *u,
                          const struct legality_iommu_answer *a, const struct own_flight *like)
{
    char rtl[MISMATCH_TEXT], text[MISMATCH_TEXT] = "none: no request in flight may be recorded so";
    struct legality_iommu_verdict v;
    struct legality_request q;

    snprintf(rtl, sizeof(rtl), "record %" PRIu64 ", reason %xh, 0x%016" PRIx64 "_%016" PRIx64,
             u->addr, a->reason, u->hi, u->lo);
    if (like != NULL) {
        struct rec_dma said = like->in;

        said.phase = 1;
        said.cycle = u->cycle;
        said.status = DMA_BLOCKED;
        said.fault = a->reason;
        record_log_add(sb->log, &type_dma, false, &said);
        q = own_iommu_question(&like->in);
        legality_iommu_recorded(sb->own->oracle, (unsigned)u->addr, u->lo, u->hi);
        v = legality_iommu_judge_of(sb->own->oracle, like->in.tag, &q, a);
        if (v.word == LEGALITY_ILLEGAL)
            legality_iommu_tell(&v, text, sizeof(text));
    }
    own_iommu_differ(sb, "legality", "frcd_o", rtl, text, u->cycle);
    if (like != NULL && sb->diff.failed) {
        sb->diff.first.has_source_id = true;
        sb->diff.first.source_id = like->in.sid;
    }
}

/* Each request writes one at most: for one of the requester's, the one that was found before
 * another. False: each has its own already. */
static bool take_record(struct own_iommu *o, uint16_t sid, struct own_flight *found)
{
    struct own_flight *f = found->recorded ? NULL : found;

    for (unsigned tag = 0; tag < OWN_TAGS && f == NULL; tag++)
        if (o->flight[tag].up && !o->flight[tag].recorded && o->flight[tag].in.sid == sid)
            f = &o->flight[tag];
    if (f != NULL)
        f->recorded = true;
    return f != NULL;
}

static void told_record(struct scoreboard *sb, const struct order_unit *u)
{
    struct own_iommu *o = sb->own;
    const struct legality_iommu_record record = {u->lo, u->hi};
    const struct legality_iommu_answer a = {.outcome = OUTCOME_BLOCKED,
                                            .reason = (uint8_t)(u->hi >> FRCD_REASON)};
    struct own_flight *like = NULL;
    bool permitted = false;
    char rtl[64];

    for (unsigned tag = 0; tag < OWN_TAGS && o->up != 0 && !permitted; tag++) {
        if (!o->flight[tag].up)
            continue;
        permitted = legality_iommu_permits(o->oracle, (uint8_t)tag, &a, &record);
        if (permitted || like == NULL || o->flight[tag].in.sid == (uint16_t)u->hi)
            like = &o->flight[tag];
    }
    if (!permitted || !take_record(o, (uint16_t)u->hi, like)) {
        nobody_faults(sb, u, &a, like);
        return;
    }
    own_iommu_note(sb, u->cycle, REG_FSTS);
    own_iommu_note(sb, u->cycle, REG_FECTL);
    for (uint32_t i = 0; i < 16; i += 4)
        own_iommu_note(sb, u->cycle, REG_FRCD + 16 * (uint32_t)u->addr + i);
    if (!iommu_told_fault(sb->iommu, (unsigned)u->addr, u->lo, u->hi)) {
        snprintf(rtl, sizeof(rtl), "record %" PRIu64 " is written", u->addr);
        own_iommu_differ(sb, "registers", "FRCD", rtl,
                         "the next one, if it is free and FSTS.PFO is clear", u->cycle);
        return;
    }
    sb->counts.iommu_events++;
    legality_iommu_recorded(o->oracle, (unsigned)u->addr, u->lo, u->hi);
}

void own_iommu_overflow(struct scoreboard *sb)
{
    if (legality_iommu_overflow(sb->own->oracle) == OVERFLOW_IS)
        iommu_told_overflow(sb->iommu);
}

void own_iommu_told(struct scoreboard *sb, const struct order_unit *u)
{
    struct rec_iommu r = {
        .cycle = u->cycle, .kind = u->kind, .addr = u->addr, .lo = u->lo, .hi = u->hi};

    record_log_add(sb->log, &type_iommu, false, &r);
    if (u->kind == IOMMU_FAULT_RECORD)
        told_record(sb, u);
    else if (u->kind == IOMMU_DESCRIPTOR)
        own_queue_told(sb, u);
    else
        own_queue_completed(sb, u);
}

/* --- event messages --- */

static bool as_registers_say(const struct scoreboard *sb, uint8_t event, uint64_t addr,
                             uint32_t data)
{
    uint32_t at = event == 0 ? REG_FEDATA : REG_IEDATA;
    uint64_t wanted =
        (uint64_t)iommu_register(sb->iommu, at + 8) << 32 | iommu_register(sb->iommu, at + 4);

    return addr == wanted && data == iommu_register(sb->iommu, at);
}

/* Index of an event that may send it, one that must before one that may; count: none. */
static size_t find_event(const struct scoreboard *sb, uint64_t addr, uint32_t data)
{
    const struct ring *owed = &sb->own->owed;
    size_t found = owed->count;

    for (size_t i = 0; i < owed->count; i++) {
        const struct own_event *e = ring_at(owed, i);
        bool is =
            (e->addr == addr && e->data == data) || as_registers_say(sb, e->event, addr, data);

        if (is && !e->optional)
            return i;
        if (is)
            found = i;
    }
    return found;
}

bool own_iommu_event_due(struct scoreboard *sb, uint64_t addr, uint32_t data)
{
    const struct ring *owed = &sb->own->owed;

    return find_event(sb, addr, data) < owed->count ||
           ((own_queue_stops(sb) || own_queue_times_out(sb)) &&
            find_event(sb, addr, data) < owed->count);
}

static void remove_event(struct own_iommu *o, size_t at)
{
    for (size_t i = at; i > 0; i--)
        memcpy(ring_at(&o->owed, i), ring_at(&o->owed, i - 1), sizeof(struct own_event));
    ring_pop(&o->owed);
}

void own_iommu_event_sent(struct scoreboard *sb, uint64_t addr, uint32_t data)
{
    sb->counts.iommu_events++;
    remove_event(sb->own, find_event(sb, addr, data));
}

/* What it was for has been serviced: a message that still waits may be sent or not. */
static void serviced(struct scoreboard *sb, uint8_t event)
{
    struct own_iommu *o = sb->own;

    for (size_t i = 0; i < o->owed.count; i++) {
        struct own_event *e = ring_at(&o->owed, i);

        if (e->event == event && e->optional)
            remove_event(o, i--);
        else if (e->event == event)
            e->optional = true;
    }
}

static bool waits(const struct scoreboard *sb, uint8_t event)
{
    for (size_t i = 0; i < sb->own->owed.count; i++)
        if (((const struct own_event *)ring_at(&sb->own->owed, i))->event == event)
            return true;
    return false;
}

/* --- register accesses --- */

static void learn(struct scoreboard *sb, uint32_t offset, uint32_t rtl)
{
    struct own_iommu *o = sb->own;

    if (offset == REG_CAP_HI && !o->cap_known) {
        o->unit.cap = (o->unit.cap & ~VTD_CAP_OWN) | ((uint64_t)rtl << 32 & VTD_CAP_OWN);
        o->cap_known = true;
    } else if (offset == REG_ECAP && !o->ecap_known) {
        o->unit.ecap = (o->unit.ecap & ~VTD_ECAP_OWN) | (rtl & VTD_ECAP_OWN);
        o->ecap_known = true;
    } else {
        return;
    }
    own_iommu_offer(sb);
}

/* FSTS: what may have come without a word. */
static bool status_may_be(struct scoreboard *sb, uint32_t rtl)
{
    uint32_t mine = iommu_register(sb->iommu, REG_FSTS);

    if ((rtl & ~mine & FSTS_IQE) != 0)
        own_queue_stops(sb);
    if ((rtl & ~mine & FSTS_ITE) != 0)
        own_queue_times_out(sb);
    if ((rtl & ~mine & FSTS_PFO) != 0 && legality_iommu_overflow(sb->own->oracle) != OVERFLOW_NOT)
        iommu_told_overflow(sb->iommu);
    return iommu_register(sb->iommu, REG_FSTS) == rtl;
}

/* IP stays while the message waits. */
static bool control_may_be(struct scoreboard *sb, uint32_t offset, uint32_t rtl)
{
    uint32_t mine = iommu_register(sb->iommu, offset);

    if (offset == REG_FECTL && (rtl & ~mine) == EVENT_IP && !waits(sb, 0))
        own_queue_stops(sb);
    mine = iommu_register(sb->iommu, offset);
    return mine == rtl ||
           ((mine ^ rtl) == EVENT_IP && (rtl & EVENT_IP) != 0 && waits(sb, offset == REG_IECTL));
}

/* The granularity of an invalidation may be a coarser one than was asked for. */
static bool coarser(uint32_t mine, uint32_t rtl, unsigned shift)
{
    uint32_t field = UINT32_C(3) << shift;

    return ((mine ^ rtl) & ~field) == 0 && (rtl & field) != 0 && (rtl & field) < (mine & field);
}

static bool may_be(struct scoreboard *sb, uint32_t offset, uint32_t rtl, uint64_t cycle)
{
    uint32_t mine = iommu_register(sb->iommu, offset);

    if (mine == rtl || was_before(sb, offset, rtl, cycle))
        return true;
    switch (offset) {
    case REG_FSTS:
        return status_may_be(sb, rtl);
    case REG_FECTL:
    case REG_IECTL:
        return control_may_be(sb, offset, rtl);
    case REG_IQERCD:
        return own_queue_stopped_with(sb, rtl & 0xF) && iommu_register(sb->iommu, offset) == rtl;
    case REG_IQH:
        return own_queue_head_may_be(sb, rtl);
    case REG_CCMD_HI:
        return coarser(mine, rtl, OWN_CCMD_CAIG);
    case REG_IOTLB_HI:
        return coarser(mine, rtl, OWN_IAIG);
    default:
        return false;
    }
}

static bool by_dwords(uint32_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

uint64_t own_iommu_read(struct scoreboard *sb, uint32_t offset, unsigned bytes, uint64_t rtl)
{
    uint64_t cycle = sb->beat.cycle, value;
    char name[24], is[48], wanted[48];
    bool good = true;

    sb->own->now = cycle;
    for (unsigned i = 0; by_dwords(offset, bytes) && i < bytes; i += 4) {
        learn(sb, offset + i, (uint32_t)(rtl >> 8 * i));
        good = may_be(sb, offset + i, (uint32_t)(rtl >> 8 * i), cycle) && good;
    }
    value = iommu_reg_read(sb->iommu, offset, bytes);
    sb->counts.iommu_events++;
    if (by_dwords(offset, bytes) ? good : value == rtl)
        return rtl;
    unit_register_text(name, sizeof(name), offset);
    snprintf(is, sizeof(is), "0x%" PRIx64, rtl);
    snprintf(wanted, sizeof(wanted), "0x%" PRIx64, value);
    own_iommu_differ(sb, "registers", name, is, wanted, cycle);
    return value;
}

void own_iommu_write(struct scoreboard *sb, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct own_iommu *o = sb->own;
    bool due;
    uint32_t head = iommu_register(sb->iommu, REG_IQH);

    o->now = sb->beat.cycle;
    own_queue_may_have_stopped(sb, offset, bytes, value);
    due = iommu_queue_due(sb->iommu);
    iommu_reg_write(sb->iommu, offset, bytes, value);
    sb->counts.iommu_events++;
    legality_iommu_write(o->oracle, offset, bytes, value);
    if (!due && iommu_queue_due(sb->iommu))
        o->queue_since = o->now;
    if (offset == REG_GCMD && iommu_register(sb->iommu, REG_IQH) != head)
        own_queue_turned(o);
    if ((iommu_register(sb->iommu, REG_FSTS) & FSTS_EVENT) == 0)
        serviced(sb, 0);
    if ((iommu_register(sb->iommu, REG_ICS) & ICS_IWC) == 0)
        serviced(sb, 1);
}
