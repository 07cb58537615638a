// SPDX-License-Identifier: Apache-2.0
// What drops what in a remapping unit: VT-d "Invalidation of Translation Caches". A row says what
// must be gone afterwards; a unit may always drop more, a coarser granularity too.
#include <string.h>

#include "legality_iommu.h"

#define CONTEXT "Context-cache Invalidate"
#define IOTLB   "IOTLB Invalidate"
#define ENTRIES "Interrupt Entry Cache Invalidate"
#define GCMD    "Global Command Register"
#define NONE    EXTENT_NONE
#define SOME    EXTENT_SELECTED
#define DOMAIN  EXTENT_DOMAIN
#define ALL     EXTENT_ALL

/* clang-format off */
static const struct legality_iommu_rule rules[UNIT_EVENTS] = {
    /*                        name                       context page    table   entry  flushes */
    [UNIT_RESET]          = {"reset",                    ALL,    ALL,    ALL,    ALL,   true, "", "Reset"},
    [UNIT_CONTEXT_GLOBAL] = {"context, global",          ALL,    NONE,   NONE,   NONE,  true, "", CONTEXT},
    [UNIT_CONTEXT_DOMAIN] = {"context, domain",          DOMAIN, NONE,   NONE,   NONE,  true, "", CONTEXT},
    [UNIT_CONTEXT_DEVICE] = {"context, device",          SOME,   NONE,   NONE,   NONE,  true, "source-id but for the bits of FM, and DID", CONTEXT},
    [UNIT_IOTLB_GLOBAL]   = {"IOTLB, global",            NONE,   ALL,    ALL,    NONE,  true, "", IOTLB},
    [UNIT_IOTLB_DOMAIN]   = {"IOTLB, domain",            NONE,   DOMAIN, DOMAIN, NONE,  true, "", IOTLB},
    [UNIT_IOTLB_PAGE]     = {"IOTLB, page",              NONE,   SOME,   SOME,   NONE,  true, "the 2^AM pages, IH = 0", IOTLB},
    [UNIT_IOTLB_PAGE_IH]  = {"IOTLB, page, IH",          NONE,   SOME,   NONE,   NONE,  true, "the 2^AM pages, IH = 1", IOTLB},
    [UNIT_ENTRIES_GLOBAL] = {"interrupt entries, global", NONE,  NONE,   NONE,   ALL,   true, "", ENTRIES},
    [UNIT_ENTRIES_INDEX]  = {"interrupt entries, index", NONE,   NONE,   NONE,   SOME,  true, "the 2^IM entries", ENTRIES},
    [UNIT_SRTP]           = {"SRTP",                     NONE,   NONE,   NONE,   NONE,  false, "CAP.ESRTPS = 0: software invalidates", GCMD},
    [UNIT_SRTP_SELF]      = {"SRTP, ESRTPS",             ALL,    ALL,    ALL,    NONE,  false, "CAP.ESRTPS = 1", GCMD},
    [UNIT_SIRTP]          = {"SIRTP",                    NONE,   NONE,   NONE,   NONE,  false, "CAP.ESIRTPS = 0: software invalidates", GCMD},
    [UNIT_SIRTP_SELF]     = {"SIRTP, ESIRTPS",           NONE,   NONE,   NONE,   ALL,   false, "CAP.ESIRTPS = 1", GCMD},
    [UNIT_TE]             = {"TE",                       NONE,   NONE,   NONE,   NONE,  false, "ECAP.SMTS = 0: on or off drops nothing", GCMD},
    [UNIT_WRITE_BUFFER]   = {"WBF",                      NONE,   NONE,   NONE,   NONE,  true, "CAP.RWBF = 1", "Write Buffer Flushing"},
    [UNIT_DEVICE_TLB]     = {"device-TLB",               NONE,   NONE,   NONE,   NONE,  false, "what a device holds is the device's", "Device-TLB Invalidate"},
};
/* clang-format on */

const struct legality_iommu_rule *legality_iommu_rule(enum legality_iommu_event event)
{
    return &rules[event];
}

const struct legality_iommu_rule *legality_iommu_rule_named(const char *name)
{
    for (unsigned i = 0; i < UNIT_EVENTS; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}
