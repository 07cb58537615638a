// SPDX-License-Identifier: Apache-2.0
// The pins of an IOMMU that is not the project's: what it may do on the bus, and whether each
// answer, descriptor and event accounts for what was moved there. The first breach ends the run.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "iommu_step.h"

#define TYPE_DEVICE 3
#define TYPE_WAIT   5
#define WAIT_SW     0x20u

bool iommu_own_judged(const struct bench *b)
{
    return b->o->own && iommu_oracle_alone(b);
}

void iommu_own_reset(struct bench *b)
{
    struct iommu_own *o = &b->own;

    *o = (struct iommu_own){
        .cap = o->cap, .ecap = o->ecap, .number = o->number, .step = o->step, .tag = o->tag};
}

bool iommu_own_wrong(struct bench *b, const char *stream, const char *field, const char *rtl,
                     const char *wanted)
{
    block_differ(b->r, stream, field, rtl, wanted, viommu_cycle(b->rtl));
    return false;
}

static void access_words(const struct vblock_access *a, char text[BLOCK_TEXT])
{
    uint64_t half[2];

    memcpy(half, a->data, sizeof(half));
    snprintf(text, BLOCK_TEXT, "%s at 0x%" PRIx64 ", lanes %04x, data 0x%016" PRIx64 "_%016" PRIx64,
             a->write ? "write" : "read", a->addr, a->be, half[1], half[0]);
}

/* --- what it may do on the bus --- */

static unsigned first_lane(const struct vblock_access *a)
{
    return a->be == 0 ? 0 : (unsigned)__builtin_ctz(a->be);
}

static unsigned lane_count(const struct vblock_access *a)
{
    return (unsigned)__builtin_popcount(a->be);
}

static bool one_run(const struct vblock_access *a)
{
    return a->be != 0 && (a->addr & 15) == 0 &&
           (unsigned)a->be >> first_lane(a) == (1u << lane_count(a)) - 1;
}

static bool aligned(const struct vblock_access *a, unsigned lanes)
{
    return lane_count(a) == lanes && first_lane(a) % lanes == 0;
}

static const char *breach_of(const struct bench *b, const struct vblock_access *a)
{
    if (!a->plain)
        return "not memory: io or lock is set, or high of what is no message";
    if (!one_run(a))
        return "addr is no multiple of 16, or be no run of lanes";
    switch (a->src) {
    case BUS_DMA:
        return b->own.up == 0 ? "an access of a request, and none is in flight" : NULL;
    case BUS_MESSAGE:
        return a->write && aligned(a, 4) ? NULL : "no message: not a write of 4 aligned lanes";
    case BUS_IOMMU_WALK:
        if (aligned(a, 4) || (!a->write && (aligned(a, 8) || aligned(a, 16))))
            return NULL;
        return a->write ? "no status: not 4 aligned lanes"
                        : "no structure: not 4, 8 or 16 aligned lanes";
    default:
        return "src is none of SrcIommuWalk, SrcDma and SrcMessage";
    }
}

static bool is_event(const struct iommu_own *o, const struct vblock_access *a)
{
    uint32_t data;

    memcpy(&data, a->data + first_lane(a), sizeof(data));
    for (unsigned i = 0; i < 2; i++) {
        const struct own_event *e = &o->event[i];
        uint64_t addr = (uint64_t)e->above << 32 | e->addr;

        if (a->addr + first_lane(a) == addr && data == e->data)
            return true;
    }
    return false;
}

void iommu_own_access(struct bench *b, const struct vblock_access *a)
{
    struct iommu_own *o = &b->own;
    const char *what;
    char text[BLOCK_TEXT], words[BLOCK_TEXT];

    if (!iommu_own_judged(b))
        return;
    what = breach_of(b, a);
    if (what == NULL && (a->src != BUS_IOMMU_WALK || a->write)) {
        if (o->accesses == OWN_ACCESSES)
            what = "more accesses than answers and descriptors account for";
        else
            o->access[o->accesses++] =
                (struct own_access){*a, o->number, legality_iommu_now(b->oracle),
                                    a->src == BUS_MESSAGE && is_event(o, a)};
    }
    o->number++;
    if (what == NULL)
        return;
    access_words(a, words);
    snprintf(text, sizeof(text), "%.90s; %.90s", what, words);
    iommu_own_wrong(b, "pins", "bus_req_o", text, "an access of the unit");
}

/* --- what accounts for it --- */

static bool same_lanes(const struct vblock_access *x, const struct vblock_access *y)
{
    for (unsigned i = 0; i < 16; i++)
        if ((x->be >> i & 1) != 0 && x->data[i] != y->data[i])
            return false;
    return true;
}

static bool same_access(const struct vblock_access *is, const struct vblock_access *wanted)
{
    bool message = wanted->src == BUS_MESSAGE; /* its data is judged, not compared */

    return is->src == wanted->src && is->addr == wanted->addr && is->be == wanted->be &&
           is->write == wanted->write && (message || !is->write || same_lanes(is, wanted));
}

/* The first like it that is an event's or is none; accesses: there is none. *is is then one of its
 * source, if any. */
static unsigned find(const struct iommu_own *o, const struct vblock_access *wanted, uint64_t since,
                     bool event, struct own_access *is)
{
    for (unsigned i = 0; i < o->accesses; i++) {
        const struct own_access *a = &o->access[i];

        if (a->a.src != wanted->src || a->number < since || a->event != event)
            continue;
        *is = *a;
        if (same_access(&a->a, wanted))
            return i;
    }
    return o->accesses;
}

/* Takes one like it out of what was made, of messages one that is no event's before one that may
 * be. */
static bool claim(struct iommu_own *o, const struct vblock_access *wanted, uint64_t since,
                  struct own_access *is)
{
    unsigned i = find(o, wanted, since, false, is);

    if (i == o->accesses)
        i = find(o, wanted, since, true, is);
    if (i == o->accesses)
        return false;
    o->accesses--;
    memmove(&o->access[i], &o->access[i + 1], (o->accesses - i) * sizeof(o->access[0]));
    return true;
}

/* What the answer says was moved: src is SrcFetch when that is nothing. */
static struct vblock_access moved_by(const struct rec_dma *d)
{
    bool message = d->status == DMA_REMAPPED;
    struct vblock_access a = {.addr = d->pa & ~UINT64_C(15), .write = d->write};
    unsigned lane = (unsigned)d->pa & 15;

    if (!message && (d->status != DMA_TRANSLATED || d->len == 0))
        return a;
    a.src = message ? BUS_MESSAGE : BUS_DMA;
    a.be = (uint16_t)(((UINT32_C(1) << d->len) - 1) << lane);
    if (d->write && lane + d->len <= 16)
        memcpy(a.data + lane, d->data, d->len);
    return a;
}

static bool read_right(struct bench *b, const struct rec_dma *d, const struct own_access *is)
{
    char rtl[48], text[48];

    for (unsigned i = 0; !d->write && i < d->len; i++) {
        uint8_t byte = is->a.data[(first_lane(&is->a) + i) & 15];

        if (d->data[i] == byte)
            continue;
        snprintf(rtl, sizeof(rtl), "byte %u is %02x", i, d->data[i]);
        snprintf(text, sizeof(text), "%02x", byte);
        return iommu_own_wrong(b, "legality", "dma_rsp_o.rdata", rtl, text);
    }
    return true;
}

static void moved(struct bench *b, const struct own_move *m)
{
    struct own_wrong_order w;

    if (!own_moves_add(&b->own.moves, m, &w))
        iommu_own_wrong(b, "order", w.field, w.rtl, w.wanted);
}

static void ended(struct bench *b, const struct rec_dma *d)
{
    struct own_request *q = &b->own.request[d->tag];
    struct vblock_access wanted = moved_by(d);
    struct own_access is = {.number = 0};
    bool there = wanted.src == BUS_FETCH || claim(&b->own, &wanted, q->since, &is);
    char rtl[BLOCK_TEXT] = "nothing", text[BLOCK_TEXT];

    q->up = false;
    b->own.up--;
    access_words(&wanted, text);
    if (is.a.be != 0)
        access_words(&is.a, rtl);
    if (!there && wanted.src == BUS_MESSAGE) {
        iommu_own_wrong(b, "legality", "message", rtl, text);
        return;
    }
    if (wanted.src == BUS_MESSAGE)
        memcpy(&b->message_sent, is.a.data + first_lane(&is.a), sizeof(b->message_sent));
    b->own.moved_time = is.time;
    iommu_legality_dma(b, d);
    if (!there)
        iommu_own_wrong(b, "legality", "access", rtl, text);
    else if (wanted.src == BUS_DMA)
        read_right(b, d, &is);
    if (there && wanted.src != BUS_FETCH)
        moved(b, &(struct own_move){q->order, is.number, is.a.addr, d->sid, d->write,
                                    wanted.src == BUS_MESSAGE});
}

void iommu_own_dma(struct bench *b, const struct rec_dma *d)
{
    struct own_request *q = &b->own.request[d->tag];

    if (d->phase != 0) {
        bool before = b->r->failed;

        ended(b, d);
        if (b->r->failed && !before) {
            b->own.blamed = true;
            b->own.blame = *d;
        }
        return;
    }
    *q = (struct own_request){true, b->own.number, ++b->own.order, *d};
    b->own.up++;
    iommu_legality_dma(b, d);
}

/* --- descriptors --- */

void iommu_own_descriptor(struct bench *b, const struct rec_iommu *r)
{
    struct iommu_own *o = &b->own;
    struct vblock_access status = {.write = true, .src = BUS_IOMMU_WALK};
    unsigned type = (unsigned)r->lo & 0xF, lane = (unsigned)r->hi & 12;
    uint32_t data = (uint32_t)(r->lo >> 32);
    char text[BLOCK_TEXT], rtl[BLOCK_TEXT] = "nothing written";
    struct own_access is = {.number = 0};

    o->head = (o->head + 16) & ((UINT32_C(4096) << (o->iqa & 7)) - 1);
    if (type == TYPE_DEVICE && o->sent == 0)
        iommu_own_wrong(b, "pins", "inv_valid_o", "low up to the descriptor of an invalidation",
                        "high");
    o->sent -= type == TYPE_DEVICE && o->sent != 0;
    if (type != TYPE_WAIT || (r->lo & WAIT_SW) == 0)
        return;
    status.addr = r->hi & ~UINT64_C(15);
    status.be = (uint16_t)(0xFu << lane);
    memcpy(status.data + lane, &data, sizeof(data));
    if (claim(o, &status, 0, &is))
        return;
    if (is.a.be != 0)
        access_words(&is.a, rtl);
    access_words(&status, text);
    iommu_own_wrong(b, "pins", "desc_valid_o", rtl, text);
}

void iommu_own_sent(struct bench *b)
{
    b->own.sent++;
}

/* --- behind a step --- */

static bool accounted(struct bench *b)
{
    struct iommu_own *o = &b->own;
    char text[BLOCK_TEXT];
    unsigned left = 0;

    for (unsigned i = 0; i < o->accesses; i++) {
        const struct own_access *is = &o->access[i];

        if (is->a.src == BUS_MESSAGE && (is->event || is_event(o, &is->a)))
            continue;
        o->access[left++] = *is;
    }
    o->accesses = left;
    if (left == 0 || o->up != 0)
        return true;
    access_words(&o->access[0].a, text);
    return iommu_own_wrong(b, "pins", "bus_req_o", text,
                           "nothing: no answer, no descriptor and no event accounts for it");
}

bool iommu_own_stops(struct bench *b)
{
    const struct vblock_breach *breach;

    if (!b->o->own)
        return true;
    breach = viommu_first_breach(b->rtl);
    if (breach != NULL)
        block_differ(b->r, "pins", breach->port, breach->seen, breach->wanted, breach->cycle);
    return !b->r->failed;
}

bool iommu_own_good(struct bench *b)
{
    if (!iommu_own_stops(b))
        return false;
    if (!iommu_own_judged(b))
        return true;
    b->own.step++;
    if (!b->own.rest)
        return true;
    if (b->own.sent != 0)
        return iommu_own_wrong(b, "pins", "inv_valid_o",
                               "high without the descriptor of an invalidation", "low");
    return accounted(b);
}

bool iommu_own_lands(struct bench *b)
{
    struct answer a;

    if (!iommu_own_judged(b) || b->r->failed || b->own.up == 0)
        return !b->r->failed;
    b->ask = (struct viommu_ask){.lands = true};
    return iommu_step_one(b, &a);
}
