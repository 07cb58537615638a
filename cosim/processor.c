// SPDX-License-Identifier: Apache-2.0
// The model's hooks: memory is brought to the moment of the RTL's beat, and the two beats are held
// against each other: source, direction, lock, address, lanes, and the data, written or read.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scoreboard.h"

static unsigned first_lane(const struct rw_access *a)
{
    return a->flags & BUS_IO ? 0 : (unsigned)(a->pa & 15);
}

/* What a device or the unit answers to a read is no word of the model's yet. */
static bool data_known(const struct scoreboard *sb, const struct rw_access *a)
{
    return (a->flags & BUS_WRITE) ||
           (!(a->flags & BUS_IO) && rw_mem_is_ram(&sb->mem, a->pa, a->bytes));
}

static void beat_of(const struct scoreboard *sb, const struct rw_access *a, bool known,
                    struct rec_bus *r)
{
    unsigned first = first_lane(a);

    *r = (struct rec_bus){.src = a->src, .flags = a->flags};
    r->addr = a->pa - first;
    r->be = (uint16_t)(((UINT32_C(1) << a->bytes) - 1) << first);
    if (known)
        memcpy(r->data + first, a->flags & BUS_WRITE ? a->data : sb->mem.ram + a->pa, a->bytes);
}

/* A beat of the model's: the RTL's next one must be it. */
static __attribute__((noinline)) void hold_beat(struct scoreboard *sb, const struct rw_access *a)
{
    const struct order_event *e;
    struct rec_bus mine, seen;
    bool known;

    order_drain(sb, UINT64_MAX);
    known = data_known(sb, a);
    beat_of(sb, a, known, &mine);
    e = ring_head(&sb->order);
    if (e == NULL) {
        scoreboard_differ(sb, &type_bus, NULL, &mine);
        return;
    }
    sb->beat = e->u.bus;
    ring_pop(&sb->order);
    seen = sb->beat;
    if (!known)
        memset(seen.data, 0, sizeof(seen.data));
    if (record_differs(&type_bus, &seen, &mine) != NULL)
        scoreboard_differ(sb, &type_bus, &seen, &mine);
}

struct stale_place processor_place(const struct scoreboard *sb)
{
    const struct rec_retire *r = sb->retiring;

    return (struct stale_place){r == NULL ? sb->rtl_retire.rip : r->rip,
                                r == NULL ? sb->rtl_retire.cycle : r->cycle};
}

static void on_before(void *ctx, const struct rw_access *a)
{
    struct scoreboard *sb = ctx;

    if (sb->diff.failed || sb->diff.held)
        return;
    if (a->src == BUS_FETCH)
        order_drain(sb, sb->rtl_retire.seq);
    else if (sb->config.own_mmu && a->src == BUS_WALK) /* of a load of the PDPTE registers */
        order_drain(sb, UINT64_MAX);
    else
        hold_beat(sb, a);
    if (sb->own != NULL && (a->flags & BUS_WRITE) && !(a->flags & BUS_IO)) {
        struct stale_place at = processor_place(sb);

        own_iommu_store(sb, a->pa, a->data, a->bytes,
                        (struct legality_writer){AUTHOR_INSTRUCTION, at.rip, at.cycle});
    }
    if (sb->stale != NULL && a->src != BUS_FETCH) {
        struct stale_place at = processor_place(sb);

        stale_beat(sb->stale, a, &at);
    }
}

/* A register of somebody else's unit: 8 bytes at most, the others are ones. */
static void read_own(struct scoreboard *sb, const struct rw_access *a, uint8_t *data)
{
    uint64_t rtl = 0, value;
    unsigned bytes = a->bytes < 8 ? a->bytes : 8;

    memcpy(&rtl, sb->beat.data + first_lane(a), bytes);
    value = own_iommu_read(sb, (uint32_t)(a->pa - IOMMU_BASE), a->bytes, rtl);
    memcpy(data, &value, bytes);
}

static bool in_iommu_window(const struct rw_access *a)
{
    return scoreboard_is_register(a->src, a->flags, a->pa);
}

/* The unit takes one request or one register access at a time (docs/iommu.md). */
static void check_one_at_a_time(struct scoreboard *sb)
{
    if (sb->dma.in_flight)
        scoreboard_differ_text(sb, "iommu", "order", "register access acknowledged",
                               "a request in flight", sb->beat.cycle);
    queue_between(sb, "a register access", sb->beat.cycle);
    order_messages_sent(sb, "a register access");
}

static void on_read(void *ctx, const struct rw_access *a, uint8_t *data)
{
    struct scoreboard *sb = ctx;
    uint64_t value;

    memset(data, 0xFF, a->bytes);
    if (sb->diff.failed || sb->diff.held)
        return;
    if (a->src == BUS_FETCH) {
        board_fetch(sb, a, data);
    } else if (in_iommu_window(a) && sb->own != NULL) {
        read_own(sb, a, data);
    } else if (in_iommu_window(a)) {
        check_one_at_a_time(sb);
        value = iommu_reg_read(sb->iommu, (uint32_t)(a->pa - IOMMU_BASE), a->bytes);
        memcpy(data, &value, a->bytes < 8 ? a->bytes : 8);
        if (memcmp(data, sb->beat.data + first_lane(a), a->bytes) != 0)
            scoreboard_differ_text(sb, "bus", "data", "not what the unit answered",
                                   "what the golden unit answers", sb->beat.cycle);
    } else {
        board_read(sb, a, data);
    }
}

static void on_write(void *ctx, const struct rw_access *a)
{
    struct scoreboard *sb = ctx;
    uint64_t value = 0;

    if (sb->diff.failed || sb->diff.held || !in_iommu_window(a))
        return;
    memcpy(&value, a->data, sizeof(value));
    if (sb->own != NULL) {
        own_iommu_write(sb, (uint32_t)(a->pa - IOMMU_BASE), a->bytes, value);
        return;
    }
    check_one_at_a_time(sb);
    iommu_reg_write(sb->iommu, (uint32_t)(a->pa - IOMMU_BASE), a->bytes, value);
}

static uint64_t on_tsc(void *ctx, uint64_t adjust)
{
    struct scoreboard *sb = ctx;
    struct rec_stim *s = ring_head(&sb->board.tsc);
    uint64_t value, cycle;

    if (s == NULL) {
        scoreboard_differ_text(sb, "stim", "tsc", "not read", "read", sb->rtl_retire.cycle);
        return 0;
    }
    value = s->value;
    cycle = value - adjust;
    if (cycle < sb->last_retire_cycle || cycle > sb->rtl_retire.cycle)
        scoreboard_differ_text(sb, "stim", "tsc", "outside the instruction's cycles",
                               "between two retirements", s->cycle);
    ring_pop(&sb->board.tsc);
    return value;
}

static void on_retire(void *ctx, const struct rec_retire *r)
{
    struct scoreboard *sb = ctx;

    sb->model_retired = true;
    sb->model_agrees = record_differs(&type_retire, sb->retiring, r) == NULL;
    if (sb->model_agrees)
        record_log_show(sb->log, &type_retire, true, r);
    else
        sb->model_retire = *r;
    if (sb->stale != NULL)
        stale_retired(sb->stale, r);
}

static void on_sys(void *ctx, const struct rec_sys *s)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->sys, s);
    if (sb->stale != NULL)
        stale_system(sb->stale, s);
}

static void on_invalidate(void *ctx, const struct rw_invalidate *i)
{
    stale_invalidated(((struct scoreboard *)ctx)->stale, i);
}

/* The lint's oracle is one more reading: both sides gave an answer that none may give. Of somebody
 * else's MMU it is the only one. */
static void judge(struct scoreboard *sb, const struct rec_xlate *x)
{
    struct stale_place at = processor_place(sb);
    struct legality_verdict v;
    char answer[MISMATCH_TEXT], verdict[MISMATCH_TEXT];

    bool permitted = stale_translation(sb->stale, x, &at, &v);

    if (stale_last(sb->stale) != NULL && sb->config.stale != NULL)
        sb->config.stale(sb->config.stale_ctx, stale_last(sb->stale), x);
    if (permitted)
        return;
    snprintf(answer, sizeof(answer), "0x%" PRIx64 ": %s 0x%" PRIx64, x->va,
             x->fault ? "#PF, error code" : "pa", x->fault ? x->error_code : x->pa);
    legality_tell(&v, verdict, sizeof(verdict));
    scoreboard_differ_text(sb, "legality", sb->config.own_mmu ? "verdict" : "contradiction", answer,
                           verdict, at.cycle);
}

static void on_xlate(void *ctx, const struct rec_xlate *x)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->xlate, x);
    if (sb->stale != NULL && !sb->diff.failed && !sb->diff.held)
        judge(sb, x);
}

static void on_walk(void *ctx, const struct rec_walk *w)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->walk, w);
}

struct rw_env processor_hooks(struct scoreboard *sb)
{
    return (struct rw_env){.ctx = sb,
                           .before = on_before,
                           .read = on_read,
                           .write = on_write,
                           .tsc = on_tsc,
                           .retire = on_retire,
                           .sys = on_sys,
                           .xlate = on_xlate,
                           .walk = sb->config.own_mmu ? NULL : on_walk,
                           .invalidate = processor_is_judged(sb) ? on_invalidate : NULL,
                           .translate = sb->config.own_mmu ? own_mmu_translate : NULL};
}
