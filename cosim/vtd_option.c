// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "vtd_option.h"

#include <stdio.h>
#include <string.h>

#include "iommu/iommu.h"
#include "options.h"

#define BIT(n)     (UINT32_C(1) << (n))
#define ALL_WIDTHS (BIT(IOMMU_39) | BIT(IOMMU_48) | BIT(IOMMU_57))

/* docs/iommu.md I1. */
static const struct {
    const char *name;
    uint32_t needs;
} features[IOMMU_FEATURES] = {
    [IOMMU_QI] = {"qi", 0},
    [IOMMU_IR] = {"ir", BIT(IOMMU_QI)},
    [IOMMU_EIM] = {"eim", BIT(IOMMU_IR)},
    [IOMMU_PT] = {"pt", 0},
    [IOMMU_PLMR] = {"plmr", 0},
    [IOMMU_PHMR] = {"phmr", 0},
    [IOMMU_PSI] = {"psi", 0},
    [IOMMU_ZLR] = {"zlr", 0},
    [IOMMU_2M] = {"2m", 0},
    [IOMMU_1G] = {"1g", BIT(IOMMU_2M)},
    [IOMMU_39] = {"39", 0},
    [IOMMU_48] = {"48", 0},
    [IOMMU_57] = {"57", 0},
    [IOMMU_DT] = {"dt", BIT(IOMMU_QI)},
};

static bool take_item(const char *item, size_t length, struct rw_vtd *vtd)
{
    char text[16];
    uint64_t records;

    if (length < 2 || length >= sizeof(text))
        return false;
    memcpy(text, item, length);
    text[length] = 0;
    if (strncmp(text, "records=", 8) == 0) {
        if (!option_between(text + 8, 1, 8, &records))
            return false;
        vtd->fault_records = (uint8_t)records;
        return true;
    }
    for (unsigned i = 0; i < IOMMU_FEATURES; i++) {
        if (strcmp(features[i].name, text + 1) != 0)
            continue;
        if (text[0] == '-')
            vtd->away |= BIT(i);
        else if (text[0] == '+')
            vtd->away &= ~BIT(i);
        return text[0] == '-' || text[0] == '+';
    }
    return false;
}

bool vtd_option(const char *list, struct rw_vtd *vtd, char *error, size_t error_bytes)
{
    for (const char *item = list;;) {
        size_t length = strcspn(item, ",");

        if (!take_item(item, length, vtd)) {
            snprintf(error, error_bytes,
                     "--vtd: '%.*s' is none of -NAME, +NAME, records=1..8; the names are qi ir eim "
                     "pt plmr phmr psi zlr 2m 1g 39 48 57 dt",
                     (int)length, item);
            return false;
        }
        if (item[length] == 0)
            break;
        item += length + 1;
    }
    for (unsigned i = 0; i < IOMMU_FEATURES; i++) /* each needs one before it */
        if (features[i].needs & vtd->away)
            vtd->away |= BIT(i);
    if ((vtd->away & ALL_WIDTHS) == ALL_WIDTHS) {
        snprintf(error, error_bytes, "--vtd: one of the widths 39, 48 and 57 has to stay");
        return false;
    }
    return true;
}
