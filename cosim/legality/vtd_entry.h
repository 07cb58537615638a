// SPDX-License-Identifier: Apache-2.0
// VT-d legacy-mode structures as a unit reads them: root, context, second-stage and
// interrupt-remapping entries, and what they say. The oracle's own reading.
#ifndef RW_LEGALITY_VTD_ENTRY_H
#define RW_LEGALITY_VTD_ENTRY_H

#include "legality_iommu.h"

/* VT-d "Fault Reason Encodings". */
enum vtd_reason {
    REASON_NONE = 0,
    REASON_ROOT_ABSENT = 0x1,
    REASON_CONTEXT_ABSENT = 0x2,
    REASON_CONTEXT_INVALID = 0x3, /* and a top table that cannot be read */
    REASON_WIDTH = 0x4,
    REASON_WRITE = 0x5,
    REASON_READ = 0x6,
    REASON_TABLE_READ = 0x7,
    REASON_ROOT_READ = 0x8,
    REASON_CONTEXT_READ = 0x9,
    REASON_ROOT_RESERVED = 0xA,
    REASON_CONTEXT_RESERVED = 0xB,
    REASON_RESERVED = 0xC,
    REASON_ADDRESS_TYPE = 0xD,
    REASON_INTERRUPT_RANGE = 0xE,
    REASON_REQUEST_RESERVED = 0x20,
    REASON_INDEX = 0x21,
    REASON_ENTRY_ABSENT = 0x22,
    REASON_ENTRY_READ = 0x23,
    REASON_ENTRY_RESERVED = 0x24,
    REASON_COMPATIBILITY = 0x25,
    REASON_SOURCE = 0x26,
    REASON_POINTER = 0x30
};

#define AT_UNTRANSLATED 0
#define AT_REQUEST      1
#define AT_TRANSLATED   2

/* From CAP and ECAP. */
struct vtd_format {
    unsigned haw, widths, mgaw; /* widths: bit n, AW = n; mgaw in bits */
    bool pt, dt, ir, qi, eim, snoop, large_2m, large_1g, zlr;
    bool drain_reads, drain_writes, write_buffer, esrtps, esirtps, page_selective;
    bool low, high; /* regions of protected memory */
    unsigned mamv, mhmv, records;
    uint32_t fault_offset, iva_offset;
};

struct vtd_format vtd_format(const struct legality_unit *u);

/* What ends a walk at the entry, or REASON_NONE. */
enum vtd_reason vtd_root_reason(const struct vtd_format *f, const uint64_t e[2]);
enum vtd_reason vtd_context_reason(const struct vtd_format *f, const uint64_t e[2], unsigned at);
enum vtd_reason vtd_irte_reason(const uint64_t e[2], bool eime);

uint64_t vtd_base(const struct vtd_format *f, uint64_t e); /* bits HAW-1:12 */
bool vtd_fpd(const uint64_t e[2]);                         /* of a context entry or an IRTE */
/* A context entry: */
unsigned vtd_type(const uint64_t e[2]);
unsigned vtd_levels(const uint64_t e[2]);
uint16_t vtd_did(const uint64_t e[2]);
/* May a table of so many levels be asked for it? Of its width and CAP.MGAW the lesser one. */
bool vtd_inside(const struct vtd_format *f, unsigned levels, uint64_t addr);

/* A second-stage entry: */
unsigned vtd_shift(unsigned level);
uint64_t vtd_slot(unsigned level, uint64_t table, uint64_t iova);
bool vtd_reserved(const struct vtd_format *f, unsigned level, uint64_t e);
bool vtd_leaf(unsigned level, uint64_t e);
uint64_t vtd_output(const struct vtd_format *f, unsigned level, uint64_t e, uint64_t iova);

bool vtd_interrupt_range(uint64_t addr); /* FEEx_xxxxh */

/* An IRTE: */
bool vtd_source_good(const uint64_t e[2], uint16_t sid);
uint64_t vtd_message_address(const uint64_t e[2], bool eime);
uint32_t vtd_message_data(const uint64_t e[2]);

#endif
