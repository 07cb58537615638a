// SPDX-License-Identifier: Apache-2.0
// Product of the fault log: as many records as there may be, filled to overflow, one taken out,
// overflow cleared, filled again; every field read back. docs/iommu.md I20, I56; VT-d "Primary
// Fault Logging".
#include "iommu_every.h"

#define FSTS_LOG 0xFF03u /* FRI, PPF, PFO */

static bool read_log(struct every *e)
{
    struct answer a;

    if (!iommu_read(e->b, REG_FSTS, 4, &a) ||
        !every_same(e, "FSTS", a.reg[0] & FSTS_LOG, expect_fsts(&e->log)))
        return false;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t lo = i < e->log.count ? e->log.lo[i] : 0;
        uint64_t hi = i < e->log.count ? e->log.hi[i] : 0;

        if (!iommu_read(e->b, REG_FRCD + 16 * i, 8, &a) ||
            !every_same(e, "FRCD 63:0", a.reg[0], lo) ||
            !iommu_read(e->b, REG_FRCD + 8 + 16 * i, 8, &a) ||
            !every_same(e, "FRCD 127:64", a.reg[0], hi))
            return false;
    }
    return true;
}

/* Faults of one page after the other, reads and writes. */
static bool faults(struct every *e, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct expect_cached c;

        e->want.in.iova += 0x1000;
        e->want.in.write ^= e->want.in.at == 0;
        if (!every_place(e, &c) || !every_ask(e, &c, true))
            return false;
    }
    return true;
}

static bool clear_overflow(struct every *e)
{
    struct answer a;

    e->log.pfo = false;
    return iommu_write(e->b, REG_FSTS, 4, 1, &a);
}

static bool clear_all(struct every *e)
{
    for (unsigned i = 0; i < e->log.count; i++)
        if (!every_clear(e, i))
            return false;
    return clear_overflow(e);
}

/* The event's message goes to memory with IM = 0; both sides then say when. */
static bool overflow(struct every *e)
{
    unsigned first = e->digit[0], masked = e->digit[1];
    struct expect_cached c;
    struct answer a;

    return every_place(e, &c) && iommu_write(e->b, REG_FEADDR, 4, 0xFEE00000u, &a) &&
           iommu_write(e->b, REG_FECTL, 4, masked ? 0x80000000u : 0, &a) && faults(e, first) &&
           read_log(e) && faults(e, e->log.count + 1) && read_log(e) &&
           every_clear(e, (e->log.next + e->digit[2]) % e->log.count) && read_log(e) &&
           faults(e, 1) && (!e->digit[3] || clear_overflow(e)) && faults(e, 2) && read_log(e) &&
           clear_all(e) && read_log(e) && iommu_write(e->b, REG_FECTL, 4, 0x80000000u, &a);
}

static void set_records(struct scene *s, unsigned d)
{
    s->vtd.fault_records = (uint8_t)(d + 1);
}

static void set_fault(struct scene *s, unsigned d)
{
    switch (d) {
    case 0:
        s->entry[1] &= ~(SS_R | SS_W);
        break;
    case 1:
        s->root[0] &= ~UINT64_C(1);
        break;
    case 2:
        s->in.at = 1;
        s->in.len = 8;
        break;
    case 3: /* none is recorded */
        s->context[0] |= CONTEXT_FPD;
        s->context[1] &= ~UINT64_C(7);
        break;
    default:
        s->in.iova |= UINT64_C(3) << 62;
        break;
    }
}

const struct product every_records[] = {
    {"records",
     NULL,
     overflow,
     {{"before", 8, NULL},
      {"IM", 2, NULL},
      {"cleared", 8, NULL},
      {"PFO cleared", 2, NULL},
      {"fault", 5, set_fault},
      {"records", 8, set_records}}},
    {.name = NULL},
};
