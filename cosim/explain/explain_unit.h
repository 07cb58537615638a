// SPDX-License-Identifier: Apache-2.0
// What a remapping unit did beside a request, in words: an access to a register, a fault record, an
// event message, an invalidation, a descriptor of the queue; by the fields in which the sides part.
#ifndef RW_EXPLAIN_UNIT_H
#define RW_EXPLAIN_UNIT_H

#include <stdbool.h>
#include <stdio.h>

#include "record.h"

struct explain_unit_query {
    const struct rec_iommu *rtl, *model; /* what one side did; NULL: nothing */
    /* As last written: what an invalidation by register goes by. */
    uint64_t ccmd, iotlb, iva;
};

void explain_unit_record(FILE *out, const struct explain_unit_query *q);

#endif
