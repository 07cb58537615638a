// SPDX-License-Identifier: Apache-2.0
// Bins of what the IOMMU says.
#include "bins.h"

/* In the order of groups.c. */
static const uint8_t reasons[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,
                                  0x0C, 0x0D, 0x0E, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x30};
static const uint16_t registers[] = {0x000, 0x008, 0x010, 0x018, 0x01C, 0x020, 0x028, 0x034,
                                     0x038, 0x03C, 0x040, 0x044, 0x064, 0x068, 0x06C, 0x070,
                                     0x078, 0x080, 0x088, 0x090, 0x09C, 0x0A0, 0x0A4, 0x0A8,
                                     0x0AC, 0x0B0, 0x0B8, 0x100, 0x108, 0x220};
#define FIRST_RECORD 0x220
#define RECORD_BYTES 0x80 /* of eight */

static void request(struct coverage *c, const struct rec_dma *d)
{
    if (d->phase == 0)
        return;
    coverage_hit(c, COVER_DMA, d->status, d->at, d->write,
                 d->status == DMA_MESSAGE || d->status == DMA_REMAPPED ? 0
                 : d->hit & 2                                          ? 2u
                                                                       : d->hit & 1u);
    if (d->status != DMA_BLOCKED)
        return;
    for (unsigned i = 0; i < sizeof(reasons); i++)
        if (reasons[i] == d->fault)
            coverage_hit(c, COVER_DMA_FAULT, i, d->write, !d->recorded, 0);
}

/* The one that the access begins in: a register of 8 bytes has two halves. */
static void register_access(struct coverage *c, const struct rec_iommu *r)
{
    unsigned count = sizeof(registers) / sizeof(registers[0]);

    for (unsigned i = count; i-- > 0;) {
        unsigned bytes = i + 1 == count ? RECORD_BYTES : registers[i + 1] - registers[i];

        if (r->addr >= registers[i] &&
            r->addr < registers[i] + (bytes < 8 || i + 1 == count ? bytes : 8u)) {
            coverage_hit(c, COVER_REGISTER, i, r->kind == IOMMU_REG_WRITE, 0, 0);
            return;
        }
    }
}

static void descriptor(struct coverage *c, const struct rec_iommu *r)
{
    unsigned type = (unsigned)((r->lo >> 9 & 7) << 4 | (r->lo & 15)), granularity = r->lo >> 4 & 3;

    switch (type) {
    case 1: /* context cache: 1 global to 3 device */
        coverage_hit(c, COVER_DESCRIPTOR, granularity - 1, r->count != 0, 0, 0);
        break;
    case 2:
        coverage_hit(c, COVER_DESCRIPTOR, 3 + granularity - 1, r->count != 0, 0, 0);
        break;
    case 3:
        coverage_hit(c, COVER_DESCRIPTOR, 6, r->count != 0, 0, 0);
        break;
    case 4:
        coverage_hit(c, COVER_DESCRIPTOR, 7 + (granularity & 1), r->count != 0, 0, 0);
        break;
    case 5:
        coverage_hit(c, COVER_DESCRIPTOR, 9, r->count != 0, 0, 0);
        break;
    default:
        break;
    }
}

static void unit(struct coverage *c, const struct rec_iommu *r)
{
    switch (r->kind) {
    case IOMMU_REG_WRITE:
    case IOMMU_REG_READ:
        register_access(c, r);
        break;
    case IOMMU_FAULT_RECORD:
        coverage_hit(c, COVER_UNIT, 0, 0, 0, 0);
        break;
    case IOMMU_EVENT:
        coverage_hit(c, COVER_UNIT, 1u + (r->count != 0), 0, 0, 0);
        break;
    case IOMMU_DESCRIPTOR:
        descriptor(c, r);
        break;
    case IOMMU_QUEUE_ERROR:
        coverage_hit(c, COVER_UNIT, 5u + r->size, 0, 0, 0);
        break;
    case IOMMU_COMPLETION:
        coverage_hit(c, COVER_UNIT, 3u + (r->size & 1), 0, 0, 0);
        break;
    case IOMMU_TIME_OUT:
        coverage_hit(c, COVER_UNIT, 5, 0, 0, 0);
        break;
    default:
        break;
    }
}

void coverage_of_unit(struct coverage *c, const struct record_type *t, const void *record)
{
    if (t == &type_dma)
        request(c, record);
    else if (t == &type_iommu)
        unit(c, record);
}
