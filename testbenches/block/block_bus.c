// SPDX-License-Identifier: Apache-2.0
// The shared bus alone, between two random masters, a random memory and a random register unit, all
// of which keep the contract of docs/bus.md; its rules are cited as B1 to B17. The golden arbiter
// predicts every pin in every cycle. A request of the report is one acked access.
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "block.h"
#include "bus_arbiter.h"

const char *const block_name = "bus";
const char *const block_view_place = "TOP.soc_top.u_bus.";
const bool block_has_source_id = false;
const bool block_has_every = false;
const bool block_has_one_in = false;
const bool block_has_vtd = false;
const bool block_has_in_flight = false;
const bool block_has_legality = false;
bool (*const block_lacks)(const char *, uint64_t *, char *, size_t) = NULL;

#define TURN_REQUESTS   256 /* of one pace */
#define MAX_SEQUENCE    6
#define RESET_ONE_IN    400  /* cycles of the first half; the second lets seq grow */
#define STUCK_CYCLES    4000 /* no ack in so many: the bench itself has no stimulus left */
#define REGISTER_WINDOW UINT64_C(0xFED90000)

enum {
    G_WINDOW,
    G_WINDOW_IO,
    G_WINDOW_MASTER,
    G_OFFSET,
    G_BYTES,
    G_ADDR_0,
    G_ADDR_1,
    G_LANES_0,
    G_LANES_1,
    G_LANES_REG,
    G_SRC_0,
    G_SRC_1,
    G_SNOOP,
    G_SEQ,
    G_LOCK,
    G_ERR,
    G_HIGH,
    G_COUNT
};

static const struct decide_group groups[G_COUNT] = {
    [G_WINDOW] = {.name = "window address", .wanted = DECIDE_BITS(39, 12)},
    [G_WINDOW_IO] = {.name = "window io", .wanted = 1},
    [G_WINDOW_MASTER] = {.name = "window master", .wanted = 1},
    [G_OFFSET] = {.name = "register offset", .wanted = DECIDE_BITS(11, 0)},
    [G_BYTES] = {.name = "register bytes", .wanted = DECIDE_BITS(4, 0)},
    [G_ADDR_0] = {.name = "address of master 0", .wanted = DECIDE_BITS(39, 0)},
    [G_ADDR_1] = {.name = "address of master 1", .wanted = DECIDE_BITS(39, 0)},
    [G_LANES_0] = {.name = "lane of master 0", .wanted = DECIDE_BITS(15, 0)},
    [G_LANES_1] = {.name = "lane of master 1", .wanted = DECIDE_BITS(15, 0)},
    [G_LANES_REG] = {.name = "lane of a register access", .wanted = DECIDE_BITS(15, 0)},
    [G_SRC_0] = {.name = "source of master 0", .wanted = DECIDE_BITS(2, 0)},
    [G_SRC_1] = {.name = "source of master 1", .wanted = DECIDE_BITS(2, 0)},
    [G_SNOOP] = {.name = "snoop address", .wanted = DECIDE_BITS(39, 4)},
    [G_SEQ] = {.name = "seq", .wanted = DECIDE_BITS(15, 0)},
    /* Both masters wanted, and the lock kept one out that round robin would have let in. */
    [G_LOCK] = {.name = "lock of master", .wanted = DECIDE_BITS(1, 0)},
    /* An access of master n acked without (2n) and with (2n + 1) it. */
    [G_ERR] = {.name = "err", .wanted = DECIDE_BITS(3, 0)},
    [G_HIGH] = {.name = "high address of a message", .wanted = DECIDE_BITS(23, 0)},
};

/* A master's next accesses: one, or a locked sequence. */
struct master {
    struct vbus_request sequence[MAX_SEQUENCE];
    unsigned length, at, idle; /* idle: cycles before the next is raised */
    bool up;
};

struct bench {
    const struct block_options *o;
    struct block_result *r;
    struct block_random random;
    struct vbus *rtl;
    struct bus_arbiter golden;
    struct master master[2];
    unsigned pace;               /* most idle cycles between accesses */
    unsigned mem_wait, reg_wait; /* cycles before the ack */
    bool mem_open, reg_open;     /* that wait was drawn */
    uint64_t last_ack, resets;
};

/* --- addresses --- */

/* The edges of what somebody decodes, as first and last block: register window, the hole below
 * 1 MiB, RAM, the address space. */
static uint64_t edge(struct bench *b)
{
    static const uint64_t edges[] = {REGISTER_WINDOW,
                                     REGISTER_WINDOW + 0xFF0,
                                     REGISTER_WINDOW - 16,
                                     REGISTER_WINDOW + 0x1000,
                                     REGISTER_WINDOW + 0x1FF0,
                                     UINT64_C(0x9FFF0),
                                     UINT64_C(0xA0000),
                                     UINT64_C(0xBFFF0),
                                     UINT64_C(0xC0000),
                                     UINT64_C(0x3FFFFF0),
                                     UINT64_C(0x4000000),
                                     UINT64_C(0xFFFFFFFFF0),
                                     UINT64_C(0),
                                     UINT64_C(0xFEE00000),
                                     UINT64_C(0xFEE00FF0),
                                     UINT64_C(0xFFFFFFF0),
                                     UINT64_C(0x100000000)};

    return edges[block_below(&b->random, sizeof(edges) / sizeof(edges[0]))];
}

static uint64_t random_addr(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 100);

    if (dice < 25)
        return edge(b);
    if (dice < 50)
        return REGISTER_WINDOW + block_below(&b->random, 256) * 16;
    if (dice < 65) /* one bit beside the window */
        return (REGISTER_WINDOW + block_below(&b->random, 256) * 16) ^
               UINT64_C(1) << (12 + block_below(&b->random, 28));
    if (dice < 80) /* blocks that meet again */
        return block_below(&b->random, 4) * 16;
    return block_random(&b->random) & UINT64_C(0xFFFFFFFFF0);
}

/* B16: RAM, and the local APIC, are what answers. */
static bool claimed(const struct vbus_request *q)
{
    if (q->io)
        return (q->addr & 0xFFFF) < 0x1000;
    return q->addr < 0xA0000 || (q->addr >= 0xC0000 && q->addr < 0x4000000) ||
           q->addr >> 12 == 0xFEE00;
}

/* --- masters --- */

static void lanes(struct bench *b, struct vbus_request *q)
{
    static const uint8_t io_bytes[] = {1, 2, 4};
    unsigned first, count;

    if (q->io) { /* B2 */
        q->be = (uint16_t)((1u << io_bytes[block_below(&b->random, 3)]) - 1);
        return;
    }
    count = block_chance(&b->random, 60) ? 1u << block_below(&b->random, 5)
                                         : block_below(&b->random, 16) + 1;
    first = block_below(&b->random, 17 - count);
    if (block_chance(&b->random, 50) && count < 16) /* aligned */
        first &= ~(count - 1) & 15;
    q->be = (uint16_t)(((UINT32_C(1) << count) - 1) << first);
}

static struct vbus_request random_request(struct bench *b, unsigned master)
{
    static const uint8_t sources[2][4] = {{BUS_FETCH, BUS_WALK, BUS_DATA, BUS_APIC},
                                          {BUS_IOMMU_WALK, BUS_DMA, BUS_MESSAGE, BUS_DMA}};
    struct vbus_request q = {.valid = 1, .addr = random_addr(b)};

    q.src = sources[master][block_below(&b->random, 4)];
    q.write = block_chance(&b->random, 50);
    q.io = block_chance(&b->random, 15);
    if (q.src == BUS_MESSAGE) /* B18 */
        q.high = (uint32_t)block_random(&b->random) & 0xFFFFFF;
    q.lock = 0;
    if (q.io && block_chance(&b->random, 60)) /* else the address of something that is no port */
        q.addr = block_random(&b->random) & 0xFFFF;
    else if (q.io)
        q.addr += block_below(&b->random, 16);
    lanes(b, &q);
    for (unsigned i = 0; q.write && i < 16; i++)
        q.wdata[i] = q.be >> i & 1 ? (uint8_t)block_random(&b->random) : 0;
    return q;
}

static void aim(struct vbus_request *q, uint64_t block)
{
    q->io = 0;
    q->addr = block;
}

/* B3: a read-modify-write of one block; of two, split; a lock that a register access ends; one that
 * a register access interrupts; any mix. */
static void locked_sequence(struct bench *b, unsigned master)
{
    static const unsigned lengths[] = {2, 4, 3, 4, 0};
    struct master *m = &b->master[master];
    unsigned kind = block_below(&b->random, 5);
    uint64_t block = random_addr(b);

    m->length = kind < 4 ? lengths[kind] : 2 + block_below(&b->random, MAX_SEQUENCE - 1);
    for (unsigned i = 0; i < m->length; i++) {
        struct vbus_request *q = &m->sequence[i];

        *q = random_request(b, master);
        q->lock = i + 1 < m->length;
        if (kind == 0)
            aim(q, block);
        if (kind == 1)
            aim(q, (block + (i & 1) * 16) & UINT64_C(0xFFFFFFFFF0));
        if ((kind == 2 && i == 1) || (kind == 3 && i == 2))
            aim(q, REGISTER_WINDOW + block_below(&b->random, 256) * 16);
        if (kind <= 1)
            q->write = i >= m->length / 2;
        if (!q->write)
            memset(q->wdata, 0, 16);
    }
}

static void next_sequence(struct bench *b, unsigned master)
{
    struct master *m = &b->master[master];

    m->at = 0;
    if (block_chance(&b->random, 20)) {
        locked_sequence(b, master);
        return;
    }
    m->length = 1;
    m->sequence[0] = random_request(b, master);
    /* A lock of the register window alone has no effect. B12 */
    if (bus_is_register(master, &m->sequence[0]))
        m->sequence[0].lock = block_chance(&b->random, 30);
}

static void drive_master(struct bench *b, unsigned master, struct vbus_in *in)
{
    struct master *m = &b->master[master];

    if (!m->up) {
        /* B11: the unit's port stays quiet once its answer is due. */
        bool quiet = master == 1 && b->reg_open && b->reg_wait == 0;

        if (m->idle > 0)
            m->idle--;
        else if (!quiet)
            m->up = true;
    }
    if (m->up) {
        in->m[master] = m->sequence[m->at];
    } else if (block_chance(&b->random, 50)) { /* without valid the rest means nothing */
        in->m[master] = random_request(b, master);
        in->m[master].valid = 0;
    }
}

static void master_acked(struct bench *b, unsigned master)
{
    struct master *m = &b->master[master];

    m->up = false;
    m->idle = b->pace == 0 ? 0 : block_below(&b->random, b->pace + 1);
    if (++m->at == m->length)
        next_sequence(b, master);
}

/* --- memory and register unit --- */

static void drive_memory(struct bench *b, struct vbus_in *in)
{
    enum bus_owner who = bus_arbiter_grant(&b->golden, in->m);
    uint64_t data[2] = {block_random(&b->random), block_random(&b->random)};

    memcpy(in->mem_rdata, data, 16);
    if (who == BUS_NOBODY) { /* an ack that nobody asked for: B4 */
        in->mem_ack = block_chance(&b->random, 25);
        in->mem_err = block_chance(&b->random, 50);
        return;
    }
    if (!b->mem_open) {
        b->mem_open = true;
        b->mem_wait = block_below(&b->random, b->o->wait_states_max + 1);
    }
    if (!in->m[who].write && !claimed(&in->m[who]))
        memset(in->mem_rdata, 0xFF, 16);
    in->mem_ack = b->mem_wait == 0;
    in->mem_err = in->mem_ack ? !in->m[who].write && !claimed(&in->m[who])
                              : block_chance(&b->random, 50); /* without an ack it means nothing */
    if (b->mem_wait > 0)
        b->mem_wait--;
    b->mem_open = !in->mem_ack;
}

static void drive_unit(struct bench *b, struct vbus_in *in)
{
    in->reg_rdata = block_random(&b->random);
    if (!bus_is_register(0, &in->m[0])) {
        in->reg_ack = block_chance(&b->random, 25); /* B10 */
        return;
    }
    if (!b->reg_open) {
        b->reg_open = true;
        b->reg_wait = block_below(&b->random, block_chance(&b->random, 20) ? 40 : 6);
    }
    if (b->reg_wait > 0)
        b->reg_wait--;
    else
        in->reg_ack = !in->m[1].valid; /* B11 */
    b->reg_open = !in->reg_ack;
}

/* --- what decided --- */

static void count_decisions(struct bench *b, const struct vbus_in *in, const struct vbus_out *out)
{
    struct decide_group *g = b->r->groups;
    uint64_t beside;

    for (unsigned i = 0; i < 2; i++) {
        const struct vbus_request *q = &in->m[i];
        bool to_register = bus_is_register(i, q);

        if (!out->ack[i])
            continue;
        beside = q->addr / 4096 ^ REGISTER_WINDOW / 4096;
        if (i == 0 && !q->io && beside != 0 && (beside & (beside - 1)) == 0)
            g[G_WINDOW].decided |= beside << 12;
        if (beside == 0 && i == 0 && q->io)
            decide_bit(&g[G_WINDOW_IO], 0);
        if (beside == 0 && i == 1 && !q->io)
            decide_bit(&g[G_WINDOW_MASTER], 0);
        if (to_register) {
            decide_value(&g[G_OFFSET], out->reg_offset);
            decide_value(&g[G_BYTES], out->reg_bytes);
            decide_value(&g[G_LANES_REG], q->be);
            continue;
        }
        decide_value(&g[G_ADDR_0 + i], q->addr);
        decide_value(&g[G_LANES_0 + i], q->be);
        decide_value(&g[G_SRC_0 + i], q->src);
        decide_bit(&g[G_ERR], 2 * i + out->err[i]);
        if (i == 1)
            decide_value(&g[G_HIGH], q->high);
    }
    if (out->snoop_valid)
        decide_value(&g[G_SNOOP], out->snoop_addr << 4);
    decide_value(&g[G_SEQ], out->seq);
    if (b->golden.locking != BUS_NOBODY && b->golden.holding == BUS_NOBODY &&
        in->m[!b->golden.locking].valid && b->golden.last == b->golden.locking)
        decide_bit(&g[G_LOCK], b->golden.locking);
}

/* --- one cycle --- */

#define PIN(member)                                                                                \
    {                                                                                              \
#member, offsetof(struct vbus_out, member), sizeof(((struct vbus_out *)0)->member), true   \
    }
#define REC(member)                                                                                \
    {                                                                                              \
        "bus." #member,                                                                            \
            (uint16_t)(offsetof(struct vbus_out, record) + offsetof(struct rec_bus, member)),      \
            sizeof(((struct rec_bus *)0)->member), true                                            \
    }

/* clang-format off */
static const struct record_field pin_fields[] = {
    {"cycle", offsetof(struct vbus_out, cycle), 8, false},
    PIN(mem.valid), PIN(mem.src), PIN(mem.write), PIN(mem.io), PIN(mem.lock), PIN(mem.high), PIN(mem.addr), PIN(mem.be),
    PIN(mem.wdata), PIN(reg_valid), PIN(reg_write), PIN(reg_offset), PIN(reg_bytes), PIN(reg_wdata),
    PIN(ack[0]), PIN(err[0]), PIN(rdata[0]), PIN(ack[1]), PIN(err[1]), PIN(rdata[1]), PIN(snoop_valid), PIN(snoop_addr),
    PIN(seq), PIN(record_valid), REC(cycle), REC(seq), REC(addr), REC(data), REC(be), REC(src), REC(flags),
    REC(core), REC(zero),
};
/* clang-format on */

static const struct record_type type_pins = {"pins", sizeof(struct vbus_out),
                                             sizeof(pin_fields) / sizeof(pin_fields[0]), pin_fields,
                                             offsetof(struct vbus_out, mem)};

static void describe(struct bench *b, const struct vbus_in *in)
{
    char text[2][72];

    for (unsigned i = 0; i < 2; i++) {
        const struct vbus_request *q = &in->m[i];

        if (!q->valid)
            snprintf(text[i], sizeof(text[i]), "quiet");
        else
            snprintf(text[i], sizeof(text[i]), "%s%s%s 0x%" PRIx64 " lanes %04x source %u",
                     q->lock ? "locked " : "", q->io ? "io " : "", q->write ? "write" : "read",
                     q->addr, q->be, q->src);
    }
    snprintf(b->r->first.state, sizeof(b->r->first.state), "master 0 %s, master 1 %s",
             in->m[0].valid ? "asks" : "is quiet", in->m[1].valid ? "asks" : "is quiet");
    snprintf(b->r->first.request, sizeof(b->r->first.request),
             "%" PRIu64 ": master 0 %s; master 1 %s", b->r->requests, text[0], text[1]);
}

static void idle_reset(struct bench *b)
{
    for (unsigned i = 0; i < 2; i++) {
        b->master[i] = (struct master){.idle = block_below(&b->random, 3)};
        next_sequence(b, i);
    }
    b->mem_open = b->reg_open = false;
}

/* B17, with whatever is up. */
static void reset(struct bench *b)
{
    struct vbus_in in = {.reset = 1};
    struct vbus_out seen;
    unsigned cycles = 1 + block_below(&b->random, 3);

    drive_master(b, 0, &in);
    drive_master(b, 1, &in);
    in.mem_ack = block_chance(&b->random, 50);
    for (unsigned i = 0; i < cycles; i++)
        vbus_cycle(b->rtl, &in, &seen);
    bus_arbiter_reset(&b->golden);
    idle_reset(b);
    b->resets++;
}

static void cycle(struct bench *b)
{
    struct vbus_in in = {.reset = 0};
    struct vbus_out seen, mine;

    drive_master(b, 0, &in);
    drive_master(b, 1, &in);
    drive_memory(b, &in);
    drive_unit(b, &in);
    bus_arbiter_outputs(&b->golden, &in, &mine);
    vbus_cycle(b->rtl, &in, &seen);
    mine.cycle = seen.cycle;
    bus_meaningful(&in, &seen);
    if (mine.record_valid)
        record_log_add(b->r->log, &type_bus, true, &mine.record);
    if (seen.record_valid)
        record_log_add(b->r->log, &type_bus, false, &seen.record);
    if (memcmp(&seen, &mine, sizeof(mine)) != 0 || assertion_failed() != NULL) {
        describe(b, &in);
        record_log_add(b->r->log, &type_pins, false, &seen);
        record_log_add(b->r->log, &type_pins, true, &mine);
        if (!block_asserted(b->r, seen.cycle))
            block_same(b->r, &type_pins, &seen, &mine);
    }
    count_decisions(b, &in, &mine);
    bus_arbiter_clock(&b->golden, &in, &mine);
    for (unsigned i = 0; i < 2; i++)
        if (mine.ack[i])
            master_acked(b, i);
    if (mine.record_valid) {
        b->r->requests++;
        b->last_ack = seen.cycle;
        if (b->r->requests % TURN_REQUESTS == 0)
            b->pace = (unsigned[]){0, 0, 2, 10}[block_below(&b->random, 4)];
    }
    b->r->cycles = seen.cycle;
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};
    struct vblock_env env = {.ctx = &b, .seed = o->seed};

    b.random.state = o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    memcpy(r->groups, groups, sizeof(groups));
    r->group_count = G_COUNT;
    b.rtl = vbus_create(&env);
    if (o->wave_path != NULL)
        vbus_wave(b.rtl, o->wave_path, o->wave_from, o->wave_to);
    reset(&b);
    while (!r->failed && r->requests < o->requests) {
        if (block_left_copy(&b.o, r, r->cycles))
            vbus_wave(b.rtl, b.o->wave_path, b.o->wave_from, b.o->wave_to);
        if (r->requests < o->requests / 2 && block_below(&b.random, RESET_ONE_IN) == 0)
            reset(&b);
        cycle(&b);
        if (b.last_ack + STUCK_CYCLES < r->cycles) {
            snprintf(error, error_bytes, "the bench is stuck in cycle %" PRIu64, r->cycles);
            return false;
        }
    }
    for (unsigned i = 0; b.o->wave_path != NULL && i < 10; i++)
        cycle(&b);
    if (r->woken)
        vbus_wave_close(b.rtl);
    else
        vbus_destroy(b.rtl);
    return true;
}
