// SPDX-License-Identifier: Apache-2.0
// Requests of an IOMMU that is not the model's; see the header. What a request moves is taken over
// at its place among the acks, if some request in flight may go there; whose it was its answer
// says, which is judged then.
#include "own_iommu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtd_unit.h"

#define PAGE UINT64_C(4096)

void own_iommu_differ(struct scoreboard *sb, const char *stream, const char *field, const char *rtl,
                      const char *wanted, uint64_t cycle)
{
    scoreboard_differ_text(sb, stream, field, rtl, wanted, cycle);
}

/* A difference of a request: its log and its words are those of a device's. */
static void differ_of(struct scoreboard *sb, const struct rec_dma *d, const char *stream,
                      const char *field, const char *rtl, const char *wanted, uint64_t cycle)
{
    bool before = sb->diff.failed || sb->diff.held;

    own_iommu_differ(sb, stream, field, rtl, wanted, cycle);
    if (before)
        return;
    sb->diff.first.has_source_id = true;
    sb->diff.first.source_id = d->sid;
}

void own_iommu_differ_verdict(struct scoreboard *sb, const struct rec_dma *d,
                              const struct legality_iommu_answer *a,
                              const struct legality_iommu_verdict *v, uint64_t cycle)
{
    static const char *const names[] = {[OUTCOME_ADDRESS] = "address",
                                        [OUTCOME_MESSAGE] = "message",
                                        [OUTCOME_COMPLETED] = "completion",
                                        [OUTCOME_BLOCKED] = "blocked",
                                        [OUTCOME_REJECTED] = "rejected"};
    char answer[MISMATCH_TEXT], verdict[MISMATCH_TEXT];

    if (a->outcome == OUTCOME_BLOCKED)
        snprintf(answer, sizeof(answer), "%s, reason %xh", names[a->outcome], a->reason);
    else
        snprintf(answer, sizeof(answer), "%s 0x%" PRIx64 ", data 0x%" PRIx64, names[a->outcome],
                 a->addr, a->data);
    legality_iommu_tell(v, verdict, sizeof(verdict));
    differ_of(sb, d, "legality", "verdict", answer, verdict, cycle);
}

/* --- life --- */

static bool oracle_read(void *ctx, uint64_t addr, uint64_t to[2], unsigned bytes)
{
    const struct scoreboard *sb = ctx;

    memset(to, 0xFF, bytes);
    if (!rw_mem_is_ram(&sb->mem, addr, bytes))
        return false;
    memcpy(to, sb->mem.ram + addr, bytes);
    return true;
}

bool own_iommu_create(struct scoreboard *sb, struct iommu_env *env)
{
    const struct legality_iommu_env oracle = {sb, oracle_read};
    struct own_iommu *o;
    struct rw_vtd vtd = sb->config.boot.vtd;

    if (!sb->config.own_iommu)
        return true;
    o = sb->own = calloc(1, sizeof(*o));
    if (o == NULL)
        return false;
    if (vtd.fault_records == 0)
        vtd.fault_records = 8;
    o->unit = vtd_unit(&vtd);
    ring_init(&o->owed, sizeof(struct own_event));
    o->before.cycle = UINT64_MAX;
    own_iommu_records_init(sb, env);
    o->walked = calloc(1, (size_t)(sb->config.mem.bytes / PAGE / 8 + 1));
    o->oracle = legality_iommu_create(&oracle, &o->unit, LEGALITY_VALUES);
    return o->walked != NULL && o->oracle != NULL;
}

void own_iommu_destroy(struct scoreboard *sb)
{
    struct own_iommu *o = sb->own;

    if (o == NULL)
        return;
    ring_free(&o->owed);
    if (o->oracle != NULL)
        legality_iommu_destroy(o->oracle);
    free(o->walked);
    free(o);
}

/* --- memory --- */

static bool is_walked(const struct own_iommu *o, uint64_t pa)
{
    return o->walked[pa / PAGE / 8] >> (pa / PAGE % 8) & 1;
}

/* Of a page that no walk has read no cache can hold anything. */
void own_iommu_store(struct scoreboard *sb, uint64_t pa, const void *data, unsigned bytes,
                     struct legality_writer by)
{
    const struct legality_store s = {pa, bytes, sb->mem.ram + pa, data, by};

    if (rw_mem_is_ram(&sb->mem, pa, bytes) && rw_mem_keeps(pa) && is_walked(sb->own, pa))
        legality_iommu_commit(sb->own->oracle, &s);
}

void own_iommu_write_ram(struct scoreboard *sb, uint64_t pa, const void *data, unsigned bytes,
                         struct legality_writer by)
{
    if (!rw_mem_is_ram(&sb->mem, pa, bytes) || !rw_mem_keeps(pa))
        return;
    own_iommu_store(sb, pa, data, bytes, by);
    if (sb->stale != NULL)
        stale_store(sb->stale, pa, data, bytes, by);
    memcpy(sb->mem.ram + pa, data, bytes);
    sb->ops->mem_changed(sb->model, pa, bytes);
}

/* --- requests and answers --- */

struct legality_request own_iommu_question(const struct rec_dma *in)
{
    struct legality_request q = {
        .addr = in->iova, .sid = in->sid, .at = in->at, .bytes = in->len, .write = in->write};

    if (in->write && in->len == 4)
        memcpy(&q.data, in->data, sizeof(q.data));
    return q;
}

static void accepted(struct scoreboard *sb, const struct rec_dma *d)
{
    struct own_iommu *o = sb->own;
    const struct legality_request q = own_iommu_question(d);

    record_log_add(sb->log, &type_dma, false, d);
    o->flight[d->tag] =
        (struct own_flight){.up = true, .since = o->number, .order = ++o->order, .in = *d};
    o->up++;
    sb->counts.stimuli[STIM_DMA_PAYLOAD] += d->write;
    legality_iommu_accept(o->oracle, d->tag, &q);
}

static uint8_t status_of(const struct rec_dma *d, bool ok)
{
    if (!ok)
        return d->fault != 0 ? DMA_BLOCKED : DMA_REJECTED;
    return d->at == 1 ? DMA_COMPLETED : d->iova >> 20 == 0xFEE ? DMA_REMAPPED : DMA_TRANSLATED;
}

/* What was asked, with the answer's own fields; hit is its ok. */
static struct rec_dma answer_record(const struct rec_dma *in, const struct rec_dma *said)
{
    struct rec_dma d = *in;
    bool ok = said->hit != 0;

    d.cycle = said->cycle;
    d.phase = 1;
    d.fault = said->fault;
    d.status = status_of(&d, ok);
    d.pa = ok ? said->pa : 0;
    d.latency = (uint32_t)(said->cycle - in->cycle);
    if (!d.write)
        memcpy(d.data, said->data, sizeof(d.data));
    return d;
}

/* What the answer says was moved: no lanes, when that is nothing. */
static struct rec_bus moved_by(const struct rec_dma *d)
{
    bool message = d->status == DMA_REMAPPED;
    struct rec_bus b = {.addr = d->pa & ~UINT64_C(15), .flags = d->write ? BUS_WRITE : 0};
    unsigned lane = (unsigned)d->pa & 15;

    if (!message && (d->status != DMA_TRANSLATED || d->len == 0))
        return b;
    b.src = message ? BUS_MESSAGE : BUS_DMA;
    b.be = (uint16_t)(((UINT32_C(1) << d->len) - 1) << lane);
    if (d->write && lane + d->len <= 16)
        memcpy(b.data + lane, d->data, d->len);
    return b;
}

/* A message's data is judged, not compared; what was read is compared with the answer. */
static bool same_beat(const struct rec_bus *is, const struct rec_bus *wanted)
{
    bool write = (wanted->flags & BUS_WRITE) != 0;

    return is->src == wanted->src && is->addr == wanted->addr && is->be == wanted->be &&
           is->flags == wanted->flags &&
           (wanted->src == BUS_MESSAGE || !write ||
            memcmp(is->data, wanted->data, sizeof(is->data)) == 0);
}

static void take_beat(struct own_iommu *o, unsigned i)
{
    o->beats--;
    memmove(&o->beat[i], &o->beat[i + 1], (o->beats - i) * sizeof(o->beat[0]));
}

/* Takes one like it out of what was made, a message that is no event's before one that may be.
 * False: *is is one of its source, if any. */
static bool claim(struct own_iommu *o, const struct rec_bus *wanted, uint64_t since,
                  struct own_beat *is)
{
    for (unsigned event = 0; event < 2; event++)
        for (unsigned i = 0; i < o->beats; i++) {
            const struct own_beat *b = &o->beat[i];

            if (b->b.src != wanted->src || b->number < since || b->event != (event != 0))
                continue;
            *is = *b;
            if (!same_beat(&b->b, wanted))
                continue;
            take_beat(o, i);
            return true;
        }
    return false;
}

static bool data_right(struct scoreboard *sb, const struct rec_dma *d, const struct own_beat *is)
{
    char rtl[48], text[48];

    for (unsigned i = 0; !d->write && i < d->len; i++) {
        uint8_t byte = is->b.data[(own_first_lane(&is->b) + i) & 15];

        if (d->data[i] == byte)
            continue;
        snprintf(rtl, sizeof(rtl), "byte %u is %02x", i, d->data[i]);
        snprintf(text, sizeof(text), "%02x", byte);
        differ_of(sb, d, "legality", "dma_rsp_o.rdata", rtl, text, d->cycle);
        return false;
    }
    return true;
}

static struct legality_iommu_answer answer_of(const struct rec_dma *d, const struct own_beat *is)
{
    static const enum legality_outcome outcomes[] = {
        [DMA_UNTRANSLATED] = OUTCOME_ADDRESS, [DMA_TRANSLATED] = OUTCOME_ADDRESS,
        [DMA_PASS_THROUGH] = OUTCOME_ADDRESS, [DMA_BLOCKED] = OUTCOME_BLOCKED,
        [DMA_MESSAGE] = OUTCOME_MESSAGE,      [DMA_REJECTED] = OUTCOME_REJECTED,
        [DMA_REMAPPED] = OUTCOME_MESSAGE,     [DMA_COMPLETED] = OUTCOME_COMPLETED};
    struct legality_iommu_answer a = {
        .outcome = outcomes[d->status & 7], .reason = d->fault, .addr = d->pa};
    uint32_t message;

    if (a.outcome == OUTCOME_COMPLETED)
        memcpy(&a.data, d->data, sizeof(a.data));
    if (a.outcome == OUTCOME_MESSAGE) {
        memcpy(&message, is->b.data + own_first_lane(&is->b), sizeof(message));
        a.data = message;
    }
    return a;
}

static bool judged_right(struct scoreboard *sb, const struct rec_dma *d, const struct own_beat *is)
{
    struct own_iommu *o = sb->own;
    struct legality_request q = own_iommu_question(d);
    const struct legality_iommu_answer a = answer_of(d, is);
    struct legality_iommu_verdict v;

    q.moved = is->time;
    v = legality_iommu_judge_of(o->oracle, d->tag, &q, &a);
    o->judged[v.word]++;
    sb->counts.stimuli[STIM_LEGAL_ANSWER]++;
    if (v.word == LEGALITY_ILLEGAL)
        own_iommu_differ_verdict(sb, d, &a, &v, d->cycle);
    return v.word != LEGALITY_ILLEGAL;
}

/* Nothing is in flight: what was moved was an event's. */
static void accounted(struct scoreboard *sb)
{
    struct own_iommu *o = sb->own;
    char text[MISMATCH_TEXT];

    while (o->up == 0 && o->beats != 0 && !sb->diff.failed) {
        const struct rec_bus b = o->beat[0].b;
        uint64_t addr = b.addr + own_first_lane(&b);
        uint32_t data;

        memcpy(&data, b.data + own_first_lane(&b), sizeof(data));
        take_beat(o, 0);
        if (b.src == BUS_MESSAGE && own_iommu_event_due(sb, addr, data)) {
            own_iommu_event_sent(sb, addr, data);
            continue;
        }
        own_iommu_beat_text(text, &b);
        own_iommu_differ(sb, "pins", "bus_req_o", text, "nothing: no answer accounts for it",
                         b.cycle);
    }
}

static void without_request(struct scoreboard *sb, const struct rec_dma *said)
{
    own_iommu_differ(sb, "pins", "dma_rsp_valid_o",
                     sb->own->up == 0 ? "an answer without a request"
                                      : "an answer with a tag that no request in flight has",
                     sb->own->up == 0 ? "low" : "the tag of a request", said->cycle);
}

static void answered(struct scoreboard *sb, const struct rec_dma *said)
{
    struct own_iommu *o = sb->own;
    struct own_flight *f = &o->flight[said->tag];
    struct own_beat is = {.number = 0};
    struct own_wrong_order order;
    struct rec_bus wanted;
    struct rec_dma d;
    char rtl[MISMATCH_TEXT], text[MISMATCH_TEXT];
    bool there;

    if (!f->up) {
        without_request(sb, said);
        return;
    }
    d = answer_record(&f->in, said);
    record_log_add(sb->log, &type_dma, false, &d);
    wanted = moved_by(&d);
    there = wanted.be == 0 || claim(o, &wanted, f->since, &is);
    f->up = false;
    o->up--;
    sb->counts.dma++;
    own_iommu_beat_text(rtl, &is.b);
    own_iommu_beat_text(text, &wanted);
    if (!there && wanted.src == BUS_MESSAGE) {
        differ_of(sb, &d, "legality", "message", rtl, text, d.cycle);
        return;
    }
    if (!judged_right(sb, &d, &is))
        return;
    own_iommu_overflow(sb);
    if (!there)
        differ_of(sb, &d, "legality", "access", rtl, text, d.cycle);
    else if (wanted.src == BUS_DMA && wanted.be != 0)
        data_right(sb, &d, &is);
    if (there && wanted.be != 0 &&
        !own_moves_add(&o->moves,
                       &(struct own_move){f->order, is.number, is.b.addr, d.sid, d.write != 0,
                                          wanted.src == BUS_MESSAGE},
                       &order))
        differ_of(sb, &d, "order", order.field, order.rtl, order.wanted, d.cycle);
    accounted(sb);
}

/* --- what comes --- */

bool own_iommu_handle(struct scoreboard *sb, const struct order_event *e)
{
    if (sb->own == NULL)
        return false;
    if (e->kind == ORDER_BUS && e->u.bus.src == BUS_WALK)
        return false;
    sb->own->now = order_event_cycle(e);
    own_iommu_watch(sb, sb->own->now);
    if (sb->diff.failed)
        return true;
    if (e->kind == ORDER_UNIT)
        own_iommu_told(sb, &e->u.unit);
    else if (e->kind == ORDER_BUS)
        own_iommu_beat(sb, &e->u.bus);
    else if (e->u.dma.phase == 0)
        accepted(sb, &e->u.dma);
    else
        answered(sb, &e->u.dma);
    return true;
}

static struct order_event *append(struct scoreboard *sb, enum order_kind kind)
{
    struct order_event *e = ring_append(&sb->order);

    memset(e, 0, sizeof(*e));
    e->kind = kind;
    return e;
}

static void append_dma(struct scoreboard *sb, const struct board_record *r)
{
    struct rec_dma *d = &append(sb, ORDER_DMA)->u.dma;

    *d = (struct rec_dma){.cycle = r->cycle, .seq = sb->newest_seq, .tag = r->tag};
    if (r->kind == BOARD_ANSWER) {
        d->phase = 1;
        d->hit = r->ok;
        d->pa = r->addr;
        d->fault = (uint8_t)r->value;
        memcpy(d->data, r->data, sizeof(d->data));
        return;
    }
    d->iova = r->addr;
    d->sid = r->sid;
    d->len = r->len;
    d->at = r->at;
    d->write = (r->flags & BUS_WRITE) != 0;
    if (d->write)
        memcpy(d->data, r->data, sizeof(d->data));
}

static void append_unit(struct scoreboard *sb, const struct board_record *r, uint8_t kind)
{
    struct order_unit *u = &append(sb, ORDER_UNIT)->u.unit;

    u->cycle = r->cycle;
    u->seq = sb->newest_seq;
    u->kind = kind;
    u->addr = kind == IOMMU_COMPLETION ? r->sid : r->tag;
    memcpy(&u->lo, r->data, sizeof(u->lo));
    memcpy(&u->hi, r->data + 8, sizeof(u->hi));
    if (kind == IOMMU_COMPLETION)
        u->lo = r->value;
}

/* At its place among the acks: behind the newest. */
bool own_iommu_board(struct scoreboard *sb, const struct board_record *r)
{
    if (sb->own == NULL)
        return false;
    switch ((enum board_kind)r->kind) {
    case BOARD_OFFER:
        sb->watch.request = (struct offer){.up = true, .since = r->cycle};
        return true;
    case BOARD_CPL_OFFER:
        sb->watch.completion = (struct offer){.up = true, .since = r->cycle};
        return true;
    case BOARD_DMA:
        sb->watch.request.up = false;
        append_dma(sb, r);
        break;
    case BOARD_ANSWER:
        append_dma(sb, r);
        break;
    case BOARD_COMPLETION:
        sb->watch.completion.up = false;
        append_unit(sb, r, IOMMU_COMPLETION);
        break;
    case BOARD_RECORDED:
        append_unit(sb, r, IOMMU_FAULT_RECORD);
        break;
    case BOARD_DESCRIPTOR:
        append_unit(sb, r, IOMMU_DESCRIPTOR);
        break;
    default:
        return false;
    }
    order_appended(sb);
    return true;
}
