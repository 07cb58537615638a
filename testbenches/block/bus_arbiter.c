// SPDX-License-Identifier: Apache-2.0
// Rules B1 to B17 of docs/bus.md, one after the other.
#include "bus_arbiter.h"

#include <string.h>

#define WINDOW_FIRST UINT64_C(0xFED90000)
#define WINDOW_LAST  UINT64_C(0xFED90FFF)

/* B17 */
void bus_arbiter_reset(struct bus_arbiter *a)
{
    *a = (struct bus_arbiter){
        .last = BUS_MASTER_1, .holding = BUS_NOBODY, .locking = BUS_NOBODY, .seq = 0, .cycle = 0};
}

bool bus_is_register(unsigned master, const struct vbus_request *q)
{
    return master == BUS_MASTER_0 && q->valid && !q->io && q->addr >= WINDOW_FIRST &&
           q->addr <= WINDOW_LAST;
}

enum bus_owner bus_arbiter_grant(const struct bus_arbiter *a, const struct vbus_request m[2])
{
    bool wants[2];

    for (unsigned i = 0; i < 2; i++)
        wants[i] = m[i].valid && !bus_is_register(i, &m[i]);
    if (a->holding != BUS_NOBODY) /* B5 */
        return a->holding;
    if (a->locking != BUS_NOBODY) /* B7 */
        return wants[a->locking] ? a->locking : BUS_NOBODY;
    if (wants[0] && wants[1]) /* B6 */
        return a->last == BUS_MASTER_0 ? BUS_MASTER_1 : BUS_MASTER_0;
    if (wants[0])
        return BUS_MASTER_0;
    return wants[1] ? BUS_MASTER_1 : BUS_NOBODY;
}

static unsigned first_lane(uint16_t be)
{
    unsigned first = 0;

    while (first < 15 && !(be >> first & 1))
        first++;
    return first;
}

static unsigned lane_count(uint16_t be)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 16; i++)
        n += be >> i & 1;
    return n;
}

static void enabled_lanes(uint8_t to[16], const uint8_t from[16], uint16_t be)
{
    for (unsigned i = 0; i < 16; i++)
        to[i] = be >> i & 1 ? from[i] : 0;
}

/* B10 */
static void register_side(const struct vbus_in *in, struct vbus_out *out)
{
    const struct vbus_request *q = &in->m[0];
    unsigned first = first_lane(q->be), count = lane_count(q->be);

    if (!bus_is_register(0, q))
        return;
    out->reg_valid = 1;
    out->reg_write = q->write;
    out->reg_offset = (uint16_t)(q->addr - WINDOW_FIRST + first);
    out->reg_bytes = (uint8_t)count;
    for (unsigned i = 0; i < 8 && i < count; i++)
        out->reg_wdata |= (uint64_t)q->wdata[first + i] << (8 * i);
    if (!in->reg_ack)
        return;
    out->ack[0] = 1;
    for (unsigned i = 0; i < count; i++)
        out->rdata[0][first + i] = i < 8 ? (uint8_t)(in->reg_rdata >> (8 * i)) : 0xFF;
}

/* B15 */
static void record(const struct bus_arbiter *a, const struct vbus_request *q, const uint8_t *rdata,
                   struct vbus_out *out)
{
    out->record_valid = 1;
    out->record.cycle = a->cycle;
    out->record.seq = a->seq;
    out->record.addr = (uint64_t)q->high << 40 | q->addr;
    out->record.be = q->be;
    out->record.src = q->src;
    out->record.flags =
        (uint8_t)((q->write ? BUS_WRITE : 0) | (q->io ? BUS_IO : 0) | (q->lock ? BUS_LOCK : 0));
    enabled_lanes(out->record.data, q->write ? q->wdata : rdata, q->be);
}

void bus_arbiter_outputs(const struct bus_arbiter *a, const struct vbus_in *in,
                         struct vbus_out *out)
{
    enum bus_owner who = bus_arbiter_grant(a, in->m);

    memset(out, 0, sizeof(*out));
    out->seq = a->seq; /* B13 */
    register_side(in, out);
    if (who != BUS_NOBODY) { /* B4 */
        out->mem = in->m[who];
        if (in->mem_ack) {
            out->ack[who] = 1;
            out->err[who] = in->mem_err; /* B16 */
            enabled_lanes(out->rdata[who], in->mem_rdata, in->m[who].be);
        }
    }
    for (unsigned i = 0; i < 2; i++)
        if (out->ack[i])
            record(a, &in->m[i], out->rdata[i], out);
    if (out->ack[1] && in->m[1].write) { /* B14 */
        out->snoop_valid = 1;
        out->snoop_addr = in->m[1].addr >> 4;
    }
}

void bus_arbiter_clock(struct bus_arbiter *a, const struct vbus_in *in, const struct vbus_out *out)
{
    enum bus_owner who = bus_arbiter_grant(a, in->m);
    bool to_register = bus_is_register(0, &in->m[0]);

    if (in->reset) {
        bus_arbiter_reset(a);
        return;
    }
    a->cycle++;
    a->seq += out->record_valid;
    if (who != BUS_NOBODY) {
        a->last = who;
        a->holding = in->mem_ack ? BUS_NOBODY : who;
        if (in->mem_ack)
            a->locking = in->m[who].lock ? who : BUS_NOBODY;
    }
    if (to_register && a->locking == BUS_MASTER_0) /* B12 */
        a->locking = BUS_NOBODY;
}

void bus_meaningful(const struct vbus_in *in, struct vbus_out *out)
{
    for (unsigned i = 0; i < 2; i++)
        enabled_lanes(out->rdata[i], out->rdata[i], out->ack[i] ? in->m[i].be : 0);
    if (!out->snoop_valid)
        out->snoop_addr = 0;
}
