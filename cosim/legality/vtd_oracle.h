// SPDX-License-Identifier: Apache-2.0
// The state of the oracle of a remapping unit: what it was told, and when.
#ifndef RW_LEGALITY_VTD_ORACLE_H
#define RW_LEGALITY_VTD_ORACLE_H

#include "vtd_drops.h"
#include "vtd_entry.h"
#include "vtd_log.h"

/* What software has written into registers that only hold it: halves of 64 bits. */
struct vtd_commands {
    uint32_t rtaddr[2], irta[2], ccmd[2], iva[2], iotlb[2];
    uint32_t plm[2], phm[4]; /* PLMBASE, PLMLIMIT; PHMBASE, PHMLIMIT in halves */
    bool qie;
};

/* A request in flight. full: no fault record was free at some time since it was accepted. */
struct vtd_flight {
    bool up, full, known; /* known: what it asks */
    uint64_t begin;
    struct legality_request request;
};

/* Registers that were in force until `to`, while requests were in flight. */
struct vtd_were {
    uint64_t to;
    struct legality_iommu_registers registers;
};

#define VTD_WERE 256

/* A block of 16 bytes where nobody answered until then. */
struct vtd_claim {
    uint64_t block, time;
};

#define VTD_CLAIMS 256

struct legality_iommu {
    struct legality_iommu_env env;
    struct legality_unit unit;
    struct vtd_format format;
    struct legality_iommu_registers registers;
    struct vtd_were were[VTD_WERE]; /* the newest, as many as there were */
    unsigned were_count;
    struct vtd_claim claim[VTD_CLAIMS]; /* the newest, as many as there were */
    unsigned claims;
    struct vtd_flight flight[LEGALITY_TICKETS];
    unsigned in_flight;
    struct vtd_commands commands;
    struct history history;
    struct kept roots;   /* latched RTADDR */
    struct kept tables;  /* latched IRTA without S */
    struct kept domains; /* {second-stage pointer | levels, DID}, while a context entry said so */
    struct vtd_drops drops;
    struct vtd_log log;
    uint64_t now;
    uint64_t begin, moved; /* of the request that is judged */
    bool active;           /* translation or remapping was on: something may be cached */
};

#define VTD_EIME (UINT64_C(1) << 11)
#define VTD_TTM  UINT64_C(0xC00)

#endif
