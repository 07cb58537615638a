// SPDX-License-Identifier: Apache-2.0
// One paging-structure entry as a walk reads it, by a table of the paging modes: SDM Vol. 3A
// chapter "Paging", sections 4.1 to 4.6. The oracle's own reading: nothing here comes from model/.
#ifndef RW_LEGALITY_ENTRY_H
#define RW_LEGALITY_ENTRY_H

#include "legality.h"

#define ENTRY_LEVELS 5

#define CR0_WP    (UINT64_C(1) << 16)
#define CR0_PG    (UINT64_C(1) << 31)
#define CR4_PSE   (UINT64_C(1) << 4)
#define CR4_PAE   (UINT64_C(1) << 5)
#define CR4_PGE   (UINT64_C(1) << 7)
#define CR4_LA57  (UINT64_C(1) << 12)
#define CR4_PCIDE (UINT64_C(1) << 17)
#define CR4_SMEP  (UINT64_C(1) << 20)
#define CR4_SMAP  (UINT64_C(1) << 21)
#define CR4_PKE   (UINT64_C(1) << 22)
#define CR4_PKS   (UINT64_C(1) << 24)
#define EFER_LMA  (UINT64_C(1) << 10)
#define EFER_NXE  (UINT64_C(1) << 11)

#define ENTRY_P  (UINT64_C(1) << 0)
#define ENTRY_RW (UINT64_C(1) << 1)
#define ENTRY_US (UINT64_C(1) << 2)
#define ENTRY_A  (UINT64_C(1) << 5)
#define ENTRY_D  (UINT64_C(1) << 6)
#define ENTRY_PS (UINT64_C(1) << 7) /* level 1: PAT */
#define ENTRY_G  (UINT64_C(1) << 8)
#define ENTRY_XD (UINT64_C(1) << 63)

#define ERROR_P    UINT32_C(0x01)
#define ERROR_WR   UINT32_C(0x02)
#define ERROR_US   UINT32_C(0x04)
#define ERROR_RSVD UINT32_C(0x08)
#define ERROR_ID   UINT32_C(0x10)
#define ERROR_PK   UINT32_C(0x20)

/* A row of the table of modes; levels 0: paging is off. */
struct entry_mode {
    const char *name;
    unsigned levels, index_bits, bytes, va_bits;
    unsigned large; /* bit n: an entry of level n may map a page when its PS = 1 */
    bool roots4;    /* bits 31:30 choose a PDPTE register */
    bool keys;
};

/* How entries are read: the mode, and what else decides which bits are reserved. */
struct entry_format {
    const struct entry_mode *mode;
    uint8_t maxphyaddr;
    bool nxe, pse, no_pat, no_pse36, no_page1gb;
};

enum entry_role { ROLE_ABSENT, ROLE_RESERVED, ROLE_TABLE, ROLE_PAGE };

/* Added up from the root: R/W and U/S ANDed, XD ORed; the key is the last entry's. */
struct entry_rights {
    bool rw, us, xd;
    uint8_t key;
};

struct entry_format entry_format(const struct legality_registers *r);
bool entry_same_format(const struct entry_format *a, const struct entry_format *b);
uint16_t entry_pcid(const struct legality_registers *r);
/* What the walk of va begins with: the top table's address and P. */
uint64_t entry_root(const struct legality_registers *r, unsigned number);
unsigned entry_root_number(const struct entry_mode *m, uint64_t va);
uint64_t entry_linear(const struct entry_mode *m, uint64_t va); /* the bits that are translated */
unsigned entry_shift(const struct entry_mode *m, unsigned level);
uint64_t entry_address(const struct entry_mode *m, unsigned level, uint64_t table, uint64_t va);

/* Bits that must be 0 in an entry of this level that looks like e. */
uint64_t entry_reserved(const struct entry_format *f, unsigned level, uint64_t e);
enum entry_role entry_role(const struct entry_format *f, unsigned level, uint64_t e);
uint64_t entry_table(const struct entry_format *f, uint64_t e);
uint64_t entry_page(const struct entry_format *f, unsigned level, uint64_t e, uint64_t va);
unsigned entry_pat(unsigned level, uint64_t e);
struct entry_rights entry_add(const struct entry_format *f, struct entry_rights r, uint64_t e);

/* By the registers of now. The error code of a denial; 0: allowed. */
uint32_t entry_denies(const struct legality_registers *r, const struct legality_access *a,
                      struct entry_rights rights);
/* cause: P, RSVD, PK; the rest follows from the access. */
uint32_t entry_error(const struct legality_registers *r, const struct legality_access *a,
                     uint32_t cause);

#endif
