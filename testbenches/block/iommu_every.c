// SPDX-License-Identifier: Apache-2.0
// The walk through every product, the check of each case against iommu_expect.h, and which fault
// reasons were reached where. docs/benches.md says what each product takes.
#include "iommu_every.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- what must be reached --- */

#define AT(n)      (1u << (n))
#define AT_NOTHING AT(0) /* no structure read in this request */
#define AT_ROOT    AT(IWALK_ROOT)
#define AT_CONTEXT AT(IWALK_CONTEXT)
#define AT_IRTE    AT(IWALK_IRTE)
#define AT_LEVELS  (AT(1) | AT(2) | AT(3) | AT(4) | AT(5))
#define AT_TOPS    (AT(3) | AT(4) | AT(5))
#define AT_LOWER   (AT(1) | AT(2) | AT(3) | AT(4))
#define AT_LEAVES  (AT(1) | AT(2) | AT(3))

/* Behind the read of which structure (bit n: kind n of docs/record.md's iwalk) a reason must have
 * been seen recorded, and seen suppressed by FPD. */
static const struct {
    uint8_t reason;
    const char *name;
    uint32_t recorded, suppressed;
} bins[] = {
    {0x30, "30h", AT_NOTHING, 0},
    {0x08, "8h", AT_ROOT, 0},
    {0x01, "1h", AT_ROOT, 0},
    {0x0A, "Ah", AT_ROOT, 0},
    {0x09, "9h", AT_CONTEXT, 0},
    {0x02, "2h", AT_CONTEXT, AT_CONTEXT},
    {0x0B, "Bh", AT_CONTEXT, 0},
    {0x03, "3h", AT_CONTEXT | AT_TOPS, AT_CONTEXT | AT_TOPS},
    {0x0D, "Dh", AT_CONTEXT | AT_NOTHING, AT_CONTEXT | AT_NOTHING},
    {0x04, "4h", AT_CONTEXT | AT_NOTHING, AT_CONTEXT | AT_NOTHING},
    {0x05, "5h", AT_LEVELS, AT_LEVELS},
    {0x06, "6h", AT_LEVELS, AT_LEVELS},
    {0x07, "7h", AT_LOWER, AT_LOWER},
    {0x0C, "Ch", AT_LEVELS, AT_LEVELS},
    {0x0E, "Eh", AT_LEAVES, AT_LEAVES},
    {0x20, "20h", AT_NOTHING, 0},
    {0x21, "21h", AT_NOTHING, 0},
    {0x22, "22h", AT_IRTE, AT_IRTE},
    {0x23, "23h", AT_IRTE, 0},
    {0x24, "24h", AT_IRTE, AT_IRTE},
    {0x25, "25h", AT_NOTHING, 0},
    {0x26, "26h", AT_IRTE | AT_NOTHING, AT_IRTE | AT_NOTHING},
};

#define BINS (sizeof(bins) / sizeof(bins[0]))

/* The groups: two a bin, then the outcomes of a request. */
#define GROUP_STATUS (2 * BINS)

static void want(struct bench *b)
{
    for (size_t i = 0; i < BINS; i++) {
        b->r->groups[2 * i] = (struct decide_group){
            .name = "behind iwalk kind", .mode = bins[i].name, .wanted = bins[i].recorded};
        b->r->groups[2 * i + 1] = (struct decide_group){.name = "behind iwalk kind",
                                                        .mode = bins[i].name,
                                                        .part = "suppressed",
                                                        .wanted = bins[i].suppressed};
    }
    b->r->groups[GROUP_STATUS] =
        (struct decide_group){.name = "status", .wanted = DECIDE_BITS(DMA_COMPLETED, 0)};
    b->r->group_count = GROUP_STATUS + 1;
}

static void reached(struct every *e, const struct rec_dma *d)
{
    for (size_t i = 0; i < BINS && d->fault != 0; i++)
        if (bins[i].reason == d->fault)
            decide_bit(&e->b->r->groups[2 * i + (d->recorded == 0)], e->b->last_read);
    decide_bit(&e->b->r->groups[GROUP_STATUS], d->status);
}

static void count_outcome(struct every *e, const struct rec_dma *d)
{
    uint32_t key = 1u << 31 | (uint32_t)d->fault << 20 | (uint32_t)d->recorded << 18 |
                   (uint32_t)(d->page_log2 / 9) << 16 | (uint32_t)d->hit << 14 |
                   (uint32_t)d->psc << 11 | (uint32_t)d->status << 8 | e->b->last_read;
    size_t i = (size_t)(key * 2654435761u >> 16) % OUTCOMES;

    while (e->outcome[i] != 0 && e->outcome[i] != key)
        i = (i + 1) % OUTCOMES;
    if (e->outcome[i] == 0)
        e->b->r->outcomes++;
    e->outcome[i] = key;
}

static void refuse_unreached(struct bench *b)
{
    char field[32];

    for (unsigned i = 0; i < b->r->group_count; i++) {
        const struct decide_group *g = &b->r->groups[i];

        if (decide_missing(g) == 0)
            continue;
        snprintf(field, sizeof(field), "%s%s%s", g->mode != NULL ? g->mode : "",
                 g->part != NULL ? " " : "", g->part != NULL ? g->part : "");
        block_differ(b->r, "every", field, "never reached", g->name, b->r->cycles);
    }
}

/* --- one case --- */

bool every_same(struct every *e, const char *field, uint64_t sides, uint64_t manual)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    if (sides == manual)
        return true;
    snprintf(a, sizeof(a), "0x%" PRIx64 ", model too", sides);
    snprintf(c, sizeof(c), "0x%" PRIx64 " by iommu_expect.c", manual);
    block_differ(e->b->r, "every", field, a, c, viommu_cycle(e->b->rtl));
    return false;
}

bool every_clear(struct every *e, unsigned i)
{
    struct answer a;

    expect_clear(&e->log, i);
    return iommu_write(e->b, REG_FRCD + 12 + 16 * i, 4, 0x80000000u, &a);
}

bool every_place(struct every *e, struct expect_cached *c)
{
    struct bench *b = e->b;
    struct scene first = e->want; /* while the caches are filled */
    bool reset;

    if (block_memory_crowded(&b->rtl_memory)) {
        iommu_forget(b);
    }
    first.rtaddr = e->want.warm == WARM_NOTHING ? e->want.rtaddr : SCENE_ROOT;
    if (!scene_install(b, &first, &e->have, &reset))
        return false;
    if (reset)
        e->log = (struct expect_log){.count = e->want.vtd.fault_records};
    *c = iommu_expect_warm(&e->want);
    if (!scene_drop_all(b, &e->want) || !scene_warm_up(b, &e->want) ||
        !scene_install(b, &e->want, &e->have, &reset))
        return false;
    scene_poke(b, &e->want);
    return true;
}

static bool same_record(struct every *e, const struct expect *x)
{
    return every_same(e, "FRCD 63:0", e->b->fault.lo, x->lo) &&
           every_same(e, "FRCD 127:64", e->b->fault.hi, x->hi);
}

static bool same_completion(struct every *e, const struct rec_dma *d, const struct expect *x)
{
    uint64_t data;

    memcpy(&data, d->data, sizeof(data));
    return every_same(e, "completion", data, x->data);
}

bool every_ask(struct every *e, struct expect_cached *c, bool keep)
{
    unsigned next = e->log.next;
    struct expect x = iommu_expect(e->b, &e->want, &e->log, c);
    struct answer a;

    if (!iommu_request(e->b, &e->want.in, &a))
        return false;
    reached(e, &a.dma);
    count_outcome(e, &a.dma);
    return every_same(e, "fault", a.dma.fault, x.fault) &&
           every_same(e, "status", a.dma.status, x.status) && every_same(e, "pa", a.dma.pa, x.pa) &&
           every_same(e, "page_log2", a.dma.page_log2, x.page_log2) &&
           every_same(e, "recorded", a.dma.recorded, x.recorded) &&
           (x.recorded != 1 || same_record(e, &x)) &&
           (x.status != DMA_REMAPPED || every_same(e, "message", e->b->sent_data, x.data)) &&
           (x.status != DMA_COMPLETED || same_completion(e, &a.dma, &x)) &&
           (x.recorded != 1 || keep || every_clear(e, next));
}

bool every_twice(struct every *e)
{
    struct expect_cached c;

    return every_place(e, &c) && every_ask(e, &c, false) && every_ask(e, &c, false);
}

/* --- all cases --- */

static unsigned dimensions(const struct product *p)
{
    unsigned n = 0;

    while (n < EVERY_DIMENSIONS && p->dimension[n].count != 0)
        n++;
    return n;
}

static uint64_t count_of(const struct product *p)
{
    uint64_t n = 1;

    for (unsigned i = 0; i < dimensions(p); i++)
        n *= p->dimension[i].count;
    return n;
}

static void set_digits(struct every *e, const struct product *p, uint64_t n)
{
    for (unsigned i = 0; i < dimensions(p); i++) {
        e->digit[i] = (unsigned)(n % p->dimension[i].count);
        n /= p->dimension[i].count;
    }
}

static void set_scene(struct every *e, const struct product *p)
{
    e->want = scene_good(3, 1);
    if (p->begin != NULL)
        p->begin(&e->want);
    for (unsigned i = dimensions(p); i-- > 0;)
        if (p->dimension[i].set != NULL)
            p->dimension[i].set(&e->want, e->digit[i]);
}

static void tell(struct every *e, const struct product *p, uint64_t n)
{
    char *out = e->b->place;
    size_t room = sizeof(e->b->place), at;

    at = (size_t)snprintf(out, room, "; %s %" PRIu64 ":", p->name, n);
    for (unsigned i = 0; i < dimensions(p) && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s %s %u", i == 0 ? "" : ",",
                               p->dimension[i].name, e->digit[i]);
}

#define PAIR 2

/* A part: every one_in-th (a prime to each product's radices takes every value of each dimension),
 * and those in which no more than two dimensions, but for the first, leave their first value. */
static bool in_part(const struct every *e, const struct product *p, uint64_t n, unsigned one_in)
{
    unsigned left = 0;

    if (n % one_in == 0)
        return true;
    for (unsigned i = 1; i < dimensions(p); i++)
        left += e->digit[i] != 0;
    return left <= PAIR;
}

static bool whole(struct every *e, const struct product *p)
{
    uint64_t count = count_of(p);
    unsigned one_in = e->b->o->one_in;

    for (uint64_t n = 0; n < count; n++) {
        set_digits(e, p, n);
        if (one_in > 1 && !in_part(e, p, n, one_in))
            continue;
        set_scene(e, p);
        e->b->r->cases++;
        if (p->run(e) && !e->b->r->failed)
            continue;
        tell(e, p, n);
        return false;
    }
    return true;
}

void iommu_every(struct bench *b)
{
    static const struct product *const all[] = {every_dma, every_interrupts, every_records};
    struct every e = {.b = b};

    want(b);
    e.have.vtd = b->vtd;
    e.log.count = b->vtd.fault_records;
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (const struct product *p = all[i]; p->name != NULL; p++)
            if (!whole(&e, p))
                return;
    refuse_unreached(b);
}
