// SPDX-License-Identifier: Apache-2.0
// CAP and ECAP of an IOMMU that lacks something, as the legality oracle of one wants them.
#ifndef RW_VTD_UNIT_H
#define RW_VTD_UNIT_H

#include "legality_iommu.h"
#include "ringwalk.h"

/* Bits of CAP and ECAP that are a design's own: MAMV, DWD, DRD, ESIRTPS, ESRTPS; MHMV. */
#define VTD_CAP_OWN  (UINT64_C(0x3F) << 48 | UINT64_C(3) << 54 | UINT64_C(3) << 62)
#define VTD_ECAP_OWN (UINT64_C(0xF) << 20)

struct legality_unit vtd_unit(const struct rw_vtd *vtd);

#endif
