// SPDX-License-Identifier: Apache-2.0
// The IOMMU's registers by name, for reports. VT-d "Register Descriptions".
#ifndef RW_IOMMU_NAMES_H
#define RW_IOMMU_NAMES_H

#include <stdint.h>

/* Of the register that holds the byte at `offset`; "offset" where there is none. */
const char *iommu_register_name(uint32_t offset);

#endif
