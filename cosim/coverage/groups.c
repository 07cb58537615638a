// SPDX-License-Identifier: Apache-2.0
// The groups of bins; each order of values is that of the enumerations in bins.h.
#include <string.h>

#include "bins.h"

#define AXIS(title, list)                                                                          \
    {                                                                                              \
        .name = title, .values = list, .count = sizeof(list) / sizeof((list)[0])                   \
    }

static const char *const modes[] = {"32-bit", "PAE", "4-level", "5-level"};
static const char *const who[] = {"user", "supervisor", "implicit"};
static const char *const accesses[] = {"fetch", "read", "write"};
static const char *const outcomes[] = {"4K",          "2M",     "4M",       "1G",
                                       "not present", "rights", "reserved", "key"};
static const char *const requesters[] = {"fetch", "data"};
static const char *const begins[] = {"TLB", "root", "PDE", "PDPTE", "PML4E", "PML5E"};
static const char *const entry_kinds[] = {"read", "locked read", "update"};
static const char *const levels[] = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
static const char *const events[] = {"#DE", "#DB", "NMI", "#BP", "#OF",      "#BR",
                                     "#UD", "#NM", "#DF", "#TS", "#NP",      "#SS",
                                     "#GP", "#PF", "#AC", "#MC", "interrupt"};
static const char *const rings[] = {"ring 0", "ring 1", "ring 2", "ring 3"};
static const char *const widths[] = {"legacy", "long"};
static const char *const remembers[] = {"NMI blocked", "STI shadow", "MOV SS shadow",
                                        "step pending", "breakpoint pending"};
static const char *const nexts[] = {"instruction", "exception", "interrupt", "software interrupt",
                                    "NMI"};
static const char *const invalidations[] = {"INVLPG",    "INVPCID 0",       "INVPCID 1",
                                            "INVPCID 2", "INVPCID 3",       "MOV CR0",
                                            "MOV CR3",   "MOV CR3, bit 63", "MOV CR4"};
static const char *const sources[] = {"fetch", "walk",    "data", "IOMMU walk",
                                      "DMA",   "message", "APIC"};
static const char *const ways[] = {"read", "write", "locked read", "locked write", "IN", "OUT"};
static const char *const statuses[] = {"translation off", "translated", "pass-through",
                                       "blocked",         "message",    "rejected",
                                       "remapped",        "completed"};
static const char *const address_types[] = {"untranslated", "translation request", "translated"};
static const char *const directions[] = {"read", "write"};
static const char *const hits[] = {"none", "context cache", "IOTLB", "both"};
static const char *const reasons[] = {"1h",  "2h",  "3h",  "4h",  "5h",  "6h", "7h",  "8h",
                                      "9h",  "Ah",  "Bh",  "Ch",  "Dh",  "Eh", "20h", "21h",
                                      "22h", "23h", "24h", "25h", "26h", "30h"};
static const char *const recordings[] = {"recorded", "not recorded"};
static const char *const registers[] = {
    "VER",      "CAP",    "ECAP",   "GCMD",    "GSTS",  "RTADDR",  "CCMD",     "FSTS",
    "FECTL",    "FEDATA", "FEADDR", "FEUADDR", "PMEN",  "PLMBASE", "PLMLIMIT", "PHMBASE",
    "PHMLIMIT", "IQH",    "IQT",    "IQA",     "ICS",   "IECTL",   "IEDATA",   "IEADDR",
    "IEUADDR",  "IQERCD", "IRTA",   "IVA",     "IOTLB", "FRCD"};
static const char *const descriptors[] = {"context cache, global",
                                          "context cache, domain",
                                          "context cache, device",
                                          "IOTLB, global",
                                          "IOTLB, domain",
                                          "IOTLB, page",
                                          "device-TLB",
                                          "interrupt entries, global",
                                          "interrupt entries, index",
                                          "wait"};
static const char *const results[] = {"dropped nothing", "dropped some"};
static const char *const units[] = {
    "fault record",          "fault event",     "invalidation event", "completion",
    "completion with error", "time-out",        "queue: tail",        "queue: not read",
    "queue: type",           "queue: reserved", "queue: width"};

/* Page sizes by mode: SDM Vol. 3A table 4-1. Keys are of data in long mode; no implicit fetch. */
static bool translation_possible(const unsigned *at)
{
    unsigned mode = at[0], by = at[1], access = at[2], outcome = at[3];

    if (by == WHO_IMPLICIT && access == 0)
        return false;
    switch (outcome) {
    case OUT_4M:
        return mode == PAGING_32;
    case OUT_2M:
        return mode != PAGING_32;
    case OUT_1G:
        return mode >= PAGING_4;
    case OUT_KEY:
        return mode >= PAGING_4 && access != 0;
    default:
        return true;
    }
}

/* Paging-structure caches: docs/mmu.md M9; the PDPTE registers are none. */
static bool cache_possible(const unsigned *at)
{
    static const unsigned highest[] = {BEGIN_PDE, BEGIN_PDE, BEGIN_PDE + 2, BEGIN_PDE + 3};

    return at[2] < BEGIN_PDE || at[2] <= highest[at[0]];
}

/* A PDPTE of PAE paging is read when the PDPTE registers are loaded, by a MOV to CR4 too that
 * leaves 32-bit paging. */
static bool entry_possible(const unsigned *at)
{
    static const unsigned highest[] = {1, 1, 3, 4};

    return at[1] <= highest[at[0]] || (at[0] <= PAGING_PAE && at[1] == 2 && at[2] == 0);
}

/* #OF and #BR of INTO and BOUND have no instruction in 64-bit mode, but in compatibility mode,
 * which is long here. #MC is raised by nothing; #TS needs an inner stack of legacy mode or a gate.
 */
static bool event_possible(const unsigned *at)
{
    return at[0] != EVENT_MC && !(at[0] == EVENT_AC && at[1] != 3);
}

/* Right behind the delivery of one event the next: a fault of the handler's first fetch or
 * instruction, or what was pending. */
static bool sequel_possible(const unsigned *at)
{
    return at[0] != EVENT_MC && at[1] != EVENT_MC;
}

/* Shadows hold back, a blocked NMI waits. */
static bool boundary_possible(const unsigned *at)
{
    switch (at[0]) {
    case 0:
        return at[1] != NEXT_NMI;
    case 1:
        return at[1] != NEXT_INTERRUPT;
    case 2:
        return at[1] != NEXT_INTERRUPT && at[1] != NEXT_NMI;
    case 3:
    case 4:
        return at[1] == NEXT_EXCEPTION || at[1] == NEXT_INSTRUCTION ||
               at[1] == NEXT_SOFTWARE; /* held by MOV SS */
    default:
        return true;
    }
}

/* PCIDs are of long mode. */
static bool invalidation_possible(const unsigned *at)
{
    bool pcid = at[0] == 7;

    return !pcid || at[1] >= PAGING_4;
}

/* Fetches are not among the records that are kept. */
static bool bus_possible(const unsigned *at)
{
    switch (at[0]) {
    case BUS_FETCH:
        return false;
    case BUS_WALK: /* A and D under a lock, its last beat without */
        return at[1] == WAY_READ || at[1] == WAY_WRITE || at[1] == WAY_LOCKED_READ;
    case BUS_IOMMU_WALK: /* the status of a wait is written */
    case BUS_DMA:
        return at[1] == WAY_READ || at[1] == WAY_WRITE;
    case BUS_MESSAGE:
        return at[1] == WAY_WRITE;
    case BUS_APIC:
        return at[1] < WAY_IN;
    default:
        return true;
    }
}

/* Translation off has one type of request. A translation request ends completed, blocked or
 * rejected. An IOTLB entry that denies is dropped, and the walk blocks (docs/iommu.md I15). */
static bool dma_possible(const unsigned *at)
{
    unsigned status = at[0], type = at[1], write = at[2], hit = at[3];

    if (hit == 3)
        return false;
    switch (status) {
    case DMA_UNTRANSLATED:
        return type == 0 && hit == 0;
    case DMA_TRANSLATED:
        return type == 0;
    case DMA_PASS_THROUGH:
        return type != 1 && hit < 2;
    case DMA_BLOCKED:
        return hit < 2 && !(type == 1 && write);
    case DMA_MESSAGE:
    case DMA_REMAPPED:
        return write && type == 0 && hit == 0;
    case DMA_REJECTED:
        return hit < (type == 1 ? 1u : 2u);
    default: /* completed */
        return type == 1 && !write;
    }
}

/* VT-d "Fault Reason Encodings": 5h is of writes, 6h of reads, 20h to 26h of interrupts, which are
 * writes. FPD of a context entry or of an interrupt's keeps a fault out of the record; there is
 * none yet where those entries were not read or are reserved. */
static bool fault_possible(const unsigned *at)
{
    static const bool no_fpd[] = {[0] = true,  [7] = true,  [8] = true,  [9] = true,  [10] = true,
                                  [14] = true, [15] = true, [17] = true, [19] = true, [21] = true};
    bool interrupt = at[0] >= 14 && at[0] <= 20;

    if (at[2] == 1 && no_fpd[at[0]])
        return false;
    if (at[0] == 4 || interrupt)
        return at[1] == 1;
    return at[0] != 5 || at[1] == 0;
}

/* A wait and a device-TLB's invalidation drop nothing of the unit's. */
static bool descriptor_possible(const unsigned *at)
{
    return at[1] == 0 || (at[0] != 6 && at[0] != 9);
}

const struct coverage_group coverage_groups[] = {
    [COVER_TRANSLATION] = {"translation",
                           "SDM Vol. 3A Paging",
                           {AXIS("mode", modes), AXIS("by", who), AXIS("access", accesses),
                            AXIS("outcome", outcomes)},
                           4,
                           translation_possible},
    [COVER_CACHE] = {"cache",
                     "SDM Vol. 3A Caching Translation Information",
                     {AXIS("mode", modes), AXIS("requester", requesters), AXIS("begins", begins)},
                     3,
                     cache_possible},
    [COVER_ENTRY] = {"entry",
                     "SDM Vol. 3A Hierarchical Paging Structures",
                     {AXIS("mode", modes), AXIS("level", levels), AXIS("how", entry_kinds)},
                     3,
                     entry_possible},
    [COVER_EVENT] = {"event",
                     "SDM Vol. 3A Interrupt and Exception Handling",
                     {AXIS("event", events), AXIS("from", rings), AXIS("mode", widths)},
                     3,
                     event_possible},
    [COVER_SEQUEL] = {"sequel",
                      "SDM Vol. 3A Priority Among Concurrent Events",
                      {AXIS("event", events), AXIS("next", events)},
                      2,
                      sequel_possible},
    [COVER_BOUNDARY] = {"boundary",
                        "SDM Vol. 3A Masking and Inhibition of Interrupts and Exceptions",
                        {AXIS("remembers", remembers), AXIS("next", nexts)},
                        2,
                        boundary_possible},
    [COVER_INVALIDATION] = {"invalidation",
                            "SDM Vol. 3A Invalidation of TLBs and Paging-Structure Caches",
                            {AXIS("by", invalidations), AXIS("mode", modes)},
                            2,
                            invalidation_possible},
    [COVER_BUS] = {"bus",
                   "SDM Vol. 3A Bus Locking",
                   {AXIS("source", sources), AXIS("way", ways)},
                   2,
                   bus_possible},
    [COVER_DMA] = {"dma",
                   "VT-d DMA Remapping",
                   {AXIS("status", statuses), AXIS("type", address_types), AXIS("way", directions),
                    AXIS("hit", hits)},
                   4,
                   dma_possible},
    [COVER_DMA_FAULT] = {"fault",
                         "VT-d Fault Reason Encodings",
                         {AXIS("reason", reasons), AXIS("way", directions),
                          AXIS("record", recordings)},
                         3,
                         fault_possible},
    [COVER_REGISTER] = {"register",
                        "VT-d Register Descriptions",
                        {AXIS("register", registers), AXIS("way", directions)},
                        2,
                        NULL},
    [COVER_DESCRIPTOR] = {"descriptor",
                          "VT-d Invalidation Descriptors",
                          {AXIS("descriptor", descriptors), AXIS("result", results)},
                          2,
                          descriptor_possible},
    [COVER_UNIT] =
        {"unit", "VT-d Fault Logging, Queued Invalidation", {AXIS("what", units)}, 1, NULL},
};
const unsigned coverage_group_count = sizeof(coverage_groups) / sizeof(coverage_groups[0]);

unsigned coverage_size(const struct coverage_group *g)
{
    unsigned n = 1;

    for (unsigned i = 0; i < g->axes; i++)
        n *= g->axis[i].count;
    return n;
}

void coverage_values(const struct coverage_group *g, unsigned bin, unsigned at[COVERAGE_AXES])
{
    memset(at, 0, COVERAGE_AXES * sizeof(at[0]));
    for (unsigned i = g->axes; i-- > 0; bin /= g->axis[i].count)
        at[i] = bin % g->axis[i].count;
}

bool coverage_possible(const struct coverage_group *g, unsigned bin)
{
    unsigned at[COVERAGE_AXES];

    coverage_values(g, bin, at);
    return g->possible == NULL || g->possible(at);
}
