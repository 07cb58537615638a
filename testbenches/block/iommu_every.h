// SPDX-License-Identifier: Apache-2.0
// ringwalk iommu --every: products of dimensions. A dimension is a row: a name, how many values,
// and what a value does to the scene. iommu_every.c walks every product; the products are in
// iommu_every_dma.c, iommu_every_interrupts.c and iommu_every_records.c.
#ifndef RW_IOMMU_EVERY_H
#define RW_IOMMU_EVERY_H

#include "iommu_expect.h"

#define EVERY_DIMENSIONS 12
#define OUTCOMES         4096 /* a power of two */

struct every {
    struct bench *b;
    struct scene want, have;
    struct expect_log log;
    unsigned digit[EVERY_DIMENSIONS]; /* of the case, by dimension */
    uint32_t outcome[OUTCOMES];       /* those seen, hashed; 0: free */
};

struct dimension {
    const char *name;
    unsigned count;
    void (*set)(struct scene *s, unsigned d); /* NULL: the product's own run looks at the digit */
};

/* A case is a number whose digits are the dimensions, the first the lowest. Values are set from the
 * last one to the first. */
struct product {
    const char *name;
    void (*begin)(struct scene *s); /* of each case, before its dimensions */
    bool (*run)(struct every *e);
    struct dimension dimension[EVERY_DIMENSIONS];
};

extern const struct product every_dma[], every_interrupts[], every_records[]; /* name NULL: end */

/* Scene installed, structures in memory, caches as it says. */
bool every_place(struct every *e, struct expect_cached *c);
/* e->want.in on both sides, and against iommu_expect(); what was recorded is cleared unless `keep`.
 */
bool every_ask(struct every *e, struct expect_cached *c, bool keep);
/* every_place, the request, and the same again. */
bool every_twice(struct every *e);
/* F of record i cleared. */
bool every_clear(struct every *e, unsigned i);
/* Both sides give this; the manual says that. False, and a difference reported, if they are not the
 * same. */
bool every_same(struct every *e, const char *field, uint64_t sides, uint64_t manual);

#endif
