// SPDX-License-Identifier: Apache-2.0
// --vtd: what the IOMMU has, by name. docs/iommu.md I1.
#ifndef RW_VTD_OPTION_H
#define RW_VTD_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "ringwalk.h"

#define VTD_HELP_BYTES 128

/* list: "-NAME", "+NAME", "records=1..8", with commas between; read into vtd on top of what it
 * holds. What needs something that goes, goes too. False with one line in error. */
bool vtd_option(const char *list, struct rw_vtd *vtd, char *error, size_t error_bytes);

#endif
