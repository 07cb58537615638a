// SPDX-License-Identifier: Apache-2.0
// What an IOMMU did beside a request, or read, where the sides part in it.
#ifndef RW_LAST_UNIT_H
#define RW_LAST_UNIT_H

#include <stdbool.h>
#include <stdio.h>

#include "record_log.h"

/* Of a pair of `iwalk` records: were both, or the only one, read for a request, and not for the
 * invalidation queue? */
bool last_unit_of_a_request(const struct record_pair *pair);
/* Of a pair of `iommu` or `iwalk` records; nothing of another type. The log has what CCMD, IOTLB
 * and IVA were told. */
void last_unit_explain(FILE *out, const struct record_pair *pair, const struct record_log *log);

#endif
