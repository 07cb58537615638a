// SPDX-License-Identifier: Apache-2.0
// What drops what: SDM Vol. 3A "Operations that Invalidate TLBs and Paging-Structure Caches". A
// row says what must be gone afterwards; a processor may always drop more.
#include <string.h>

#include "legality.h"

#define OPERATIONS "4.10.4.1"

/* clang-format off */
static const struct legality_rule rules[EVENTS] = {
    /*                      name               TLB        of it global  structure caches */
    [EVENT_RESET]        = {"RESET",           DROP_ALL,  DROP_ALL,  DROP_ALL,  false, "", "10.1.1"},
    [EVENT_INVLPG]       = {"INVLPG",          DROP_PAGE, DROP_ALL,  DROP_PCID, false, "", OPERATIONS},
    [EVENT_INVPCID_0]    = {"INVPCID 0",       DROP_PAGE, DROP_NONE, DROP_PAGE, false, "", OPERATIONS},
    [EVENT_INVPCID_1]    = {"INVPCID 1",       DROP_PCID, DROP_NONE, DROP_PCID, false, "", OPERATIONS},
    [EVENT_INVPCID_2]    = {"INVPCID 2",       DROP_ALL,  DROP_ALL,  DROP_ALL,  false, "", OPERATIONS},
    [EVENT_INVPCID_3]    = {"INVPCID 3",       DROP_ALL,  DROP_NONE, DROP_ALL,  false, "", OPERATIONS},
    [EVENT_MOV_CR3]      = {"MOV CR3",         DROP_PCID, DROP_NONE, DROP_PCID, false, "CR4.PCIDE = 0 or bit 63 = 0", OPERATIONS},
    [EVENT_MOV_CR3_KEEP] = {"MOV CR3, bit 63", DROP_NONE, DROP_NONE, DROP_NONE, false, "CR4.PCIDE = 1 and bit 63 = 1", OPERATIONS},
    [EVENT_CR0_PG]       = {"MOV CR0, PG",     DROP_ALL,  DROP_ALL,  DROP_ALL,  false, "PG from 1 to 0", OPERATIONS},
    [EVENT_CR4_PGE]      = {"MOV CR4, PGE",    DROP_ALL,  DROP_ALL,  DROP_ALL,  false, "PGE changes", OPERATIONS},
    [EVENT_CR4_PCIDE]    = {"MOV CR4, PCIDE",  DROP_ALL,  DROP_ALL,  DROP_ALL,  false, "PCIDE from 1 to 0", OPERATIONS},
    [EVENT_CR4_PAE]      = {"MOV CR4, PAE",    DROP_PCID, DROP_PCID, DROP_PCID, false, "PAE changes", OPERATIONS},
    [EVENT_CR4_SMEP]     = {"MOV CR4, SMEP",   DROP_PCID, DROP_PCID, DROP_PCID, false, "SMEP from 0 to 1", OPERATIONS},
    [EVENT_CR4_PSE]      = {"MOV CR4, PSE",    DROP_NONE, DROP_NONE, DROP_NONE, false, "PSE changes: it may, it need not", OPERATIONS},
    [EVENT_CR4_LA57]     = {"MOV CR4, LA57",   DROP_NONE, DROP_NONE, DROP_NONE, false, "only while CR0.PG = 0", "4.1.1"},
    [EVENT_EFER_NXE]     = {"WRMSR EFER, NXE", DROP_NONE, DROP_NONE, DROP_NONE, false, "not listed", OPERATIONS},
    [EVENT_TASK_SWITCH]  = {"task switch",     DROP_PCID, DROP_NONE, DROP_PCID, false, "CR3 changes; PCID 0", OPERATIONS},
    [EVENT_PAGE_FAULT]   = {"page fault",      DROP_PAGE, DROP_PCID, DROP_PAGE, false, "", OPERATIONS},
    [EVENT_FAULT_ANSWERED] = {"fault answered",  DROP_PAGE, DROP_PCID, DROP_PAGE, true, "a fault out of a cache comes once", "4.10.4.3"},
};
/* clang-format on */

const struct legality_rule *legality_rule(enum legality_event event)
{
    return &rules[event];
}

const struct legality_rule *legality_rule_named(const char *name)
{
    for (unsigned i = 0; i < EVENTS; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}
