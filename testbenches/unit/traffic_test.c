// SPDX-License-Identifier: Apache-2.0
// The DMA traffic generator: what its header promises of each request.
#include "devices/traffic.h"

#include "host_bench.h"

struct traffic_bench {
    struct host_bench b;
    struct traffic t;
};

static void begin(struct traffic_bench *s)
{
    host_bench_init(&s->b);
    traffic_init(&s->t, &s->b.host);
    s->t.pci.config[4] = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
}

static void put(struct traffic_bench *s, uint64_t reg, uint32_t v)
{
    traffic_ops.write(&s->t, reg, 4, v);
}

static uint32_t get(struct traffic_bench *s, uint64_t reg)
{
    return (uint32_t)traffic_ops.read(&s->t, reg, 4);
}

static void go(struct traffic_bench *s, uint32_t n, uint32_t most, uint32_t kinds, uint32_t names)
{
    put(s, 0x08, 42);
    traffic_ops.write(&s->t, 0x10, 8, 0x100000);
    put(s, 0x18, 0x2000);
    put(s, 0x1C, n);
    put(s, 0x20, most);
    put(s, 0x24, kinds);
    put(s, 0x28, names);
    put(s, 0x04, 1);
}

static void answer(struct traffic_bench *s, const struct device_dma *r, bool ok)
{
    struct device_dma_done done = {.sid = r->sid, .tag = r->tag, .ok = ok};

    memset(done.data, ok ? 2 : 0xFF, sizeof(done.data));
    traffic_ops.dma_done(&s->t, &done);
}

static bool is_name(uint16_t sid)
{
    return (sid >= 0x20 && sid <= 0x27) || sid == 0x0100 || sid == 0x01FF;
}

static void check_request(const struct device_dma *r)
{
    bool interrupt = r->addr >> 20 == 0xFEE;

    EXPECT_TRUE(is_name(r->sid));
    EXPECT_TRUE((r->addr & 15) + r->len <= 16 && r->at <= 3);
    if (interrupt)
        EXPECT_TRUE(r->len == 4 && r->write && r->addr % 4 == 0);
    else
        EXPECT_TRUE(r->addr >= 0x100000 && r->addr < 0x102000);
    EXPECT_TRUE(!(r->write && r->len == 0) && !(r->at == 1 && r->write));
    for (unsigned i = r->len; i < sizeof(r->data); i++)
        EXPECT_U64(0, r->data[i]);
}

GT_TEST(traffic, every_kind_and_name_comes_and_the_same_seed_makes_the_same_requests)
{
    struct traffic_bench s;
    uint64_t hash[2] = {0, 0};

    for (unsigned turn = 0; turn < 2; turn++) {
        uint32_t seen = 0, names = 0;

        begin(&s);
        go(&s, 500, 4, 0x7F, 0x3FF);
        while (s.b.requests != 0) {
            struct device_dma r = host_bench_take(&s.b);

            check_request(&r);
            EXPECT_TRUE(s.b.requests < 4);
            seen |= r.addr >> 20 == 0xFEE ? 32u
                    : r.at == 1           ? 8u
                    : r.at == 2           ? 16u
                    : r.at == 3           ? 64u
                                          : 0u;
            seen |= r.at != 0 || seen == 32 ? 0u : r.len == 0 ? 4u : r.write ? 2u : 1u;
            names |= 1u << (r.sid == 0x0100 ? 8 : r.sid == 0x01FF ? 9 : r.sid & 7);
            hash[turn] = hash[turn] * 31 + r.addr + r.len + r.sid + r.data[0];
            answer(&s, &r, true);
        }
        EXPECT_U64(0x7F, seen);
        EXPECT_U64(0x3FF, names);
        EXPECT_U64(500, get(&s, 0x30));
        EXPECT_U64(0, get(&s, 0x34));
        EXPECT_U64(0, get(&s, 0x04));
    }
    EXPECT_U64(hash[0], hash[1]);
}

GT_TEST(traffic, counts_blocked_requests_and_sums_what_is_read)
{
    struct traffic_bench s;
    uint32_t sum = 0;

    begin(&s);
    go(&s, 10, 16, 1, 1);
    EXPECT_U64(10, s.b.requests);
    put(&s, 0x1C, 99); /* busy: not taken */
    for (unsigned n = 0; n < 10; n++) {
        struct device_dma r = host_bench_take(&s.b);

        for (unsigned i = 0; i < r.len && n % 2 == 0; i++)
            sum += 2 * (i + 1);
        answer(&s, &r, n % 2 == 0);
    }
    EXPECT_U64(5, get(&s, 0x34));
    EXPECT_U64(sum, get(&s, 0x38));
    EXPECT_U64(10, get(&s, 0x1C));
}

GT_TEST(traffic, stop_and_the_pin)
{
    struct traffic_bench s;
    struct device_dma r;

    begin(&s);
    go(&s, 1000, 1, 3, 1);
    EXPECT_U64(1, get(&s, 0x04));
    put(&s, 0x04, 2);
    r = host_bench_take(&s.b);
    answer(&s, &r, true);
    EXPECT_U64(0, get(&s, 0x04));
    EXPECT_U64(1, get(&s, 0x30));
    put(&s, 0x18, 3); /* a window that cannot be: done at once */
    put(&s, 0x04, 5);
    EXPECT_U64(0, s.b.requests);
    EXPECT_TRUE(pci_intx_asserted(&s.t.pci));
    put(&s, 0x3C, 1);
    EXPECT_TRUE(!pci_intx_asserted(&s.t.pci));
    EXPECT_U64(UINT64_MAX, traffic_ops.read(&s.t, 0, 2));
}
