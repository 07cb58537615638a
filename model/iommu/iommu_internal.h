// SPDX-License-Identifier: Apache-2.0
// What the files of the IOMMU model share. Terms and geometry: docs/iommu.md.
#ifndef RW_IOMMU_INTERNAL_H
#define RW_IOMMU_INTERNAL_H

#include <stddef.h>

#include "iommu/iommu.h"

/* --- fault reasons; VT-d "Fault Reason Encodings", legacy mode --- */
enum iommu_fault {
    FAULT_NONE = 0,
    FAULT_ROOT_NOT_PRESENT = 0x1,
    FAULT_CONTEXT_NOT_PRESENT = 0x2,
    FAULT_CONTEXT_INVALID = 0x3,
    FAULT_ADDRESS_WIDTH = 0x4,
    FAULT_WRITE = 0x5,
    FAULT_READ = 0x6,
    FAULT_SLPTE_UNREAD = 0x7, /* below the table that the context entry names; there 3h */
    FAULT_ROOT_UNREAD = 0x8,
    FAULT_CONTEXT_UNREAD = 0x9,
    FAULT_ROOT_RESERVED = 0xA,
    FAULT_CONTEXT_RESERVED = 0xB,
    FAULT_SLPTE_RESERVED = 0xC,
    FAULT_ADDRESS_TYPE = 0xD,
    FAULT_INTERRUPT_RANGE = 0xE,
    FAULT_REQUEST_RESERVED = 0x20,
    FAULT_INDEX = 0x21,
    FAULT_IRTE_NOT_PRESENT = 0x22,
    FAULT_IRTE_UNREAD = 0x23,
    FAULT_IRTE_RESERVED = 0x24,
    FAULT_COMPATIBILITY = 0x25,
    FAULT_SOURCE = 0x26,
    FAULT_TTM = 0x30
};

/* --- configuration; VT-d "Capability Register", "Extended Capability Register" --- */
#define IVA_OFFSET  0x100u /* ECAP.IRO * 16 */
#define FRCD_OFFSET 0x200u /* CAP.FRO * 16 */
#define FRCD_BYTES  16u

#define CAP_MAMV  18u
#define ECAP_MHMV 15u

bool config_valid(const struct iommu_config *c);
/* What needs a feature that is away is away. */
struct iommu_config config_settled(const struct iommu_config *c);
bool config_has(const struct iommu_config *c, enum iommu_feature f);
/* SAGAW: whether the address width `bits` is there, and the largest. */
bool config_has_width(const struct iommu_config *c, unsigned bits);
unsigned config_largest_width(const struct iommu_config *c);
uint64_t config_cap(const struct iommu_config *c);
uint64_t config_ecap(const struct iommu_config *c);

/* --- slots of a fully associative cache: which are valid, which is the next victim --- */
struct slots {
    unsigned count, next; /* next: the round-robin pointer */
    bool *valid;
};

bool slots_init(struct slots *s, unsigned count);
void slots_free(struct slots *s);
void slots_reset(struct slots *s);
/* The slot that the next fill takes; count must not be 0. Advances the pointer if none is free. */
unsigned slots_victim(struct slots *s);
/* Makes slot i invalid; 1 if it was valid, for counting. */
unsigned slots_drop(struct slots *s, unsigned i);

/* --- rights, as bits 1:0 of a second-stage entry --- */
#define RIGHT_R    0x1
#define RIGHT_W    0x2
#define RIGHTS_ALL (RIGHT_R | RIGHT_W)

/* --- context entry, VT-d "Context Entry"; kept as its two qwords --- */
struct context_entry {
    uint64_t lo, hi;
};

#define CONTEXT_T_SECOND_STAGE 0u
#define CONTEXT_T_DEVICE_TLB   1u
#define CONTEXT_T_PASS_THROUGH 2u

bool context_present(struct context_entry e);
bool context_fpd(struct context_entry e);
unsigned context_t(struct context_entry e);
unsigned context_aw(struct context_entry e);
uint16_t context_did(struct context_entry e);
unsigned context_levels(struct context_entry e);        /* 3, 4 or 5 */
unsigned context_address_width(struct context_entry e); /* 39, 48 or 57 */

struct root_entry {
    uint64_t lo, hi;
};

enum iommu_fault root_entry_check(const struct iommu_config *c, struct root_entry e);
enum iommu_fault context_entry_check(const struct iommu_config *c, struct context_entry e,
                                     unsigned at);
/* May a context entry of type T have requests of this address type? */
bool at_allowed(unsigned t, unsigned at);

/* --- address types, VT-d "Device-TLB" --- */
#define AT_UNTRANSLATED 0u
#define AT_TRANSLATION  1u /* a translation request */
#define AT_TRANSLATED   2u

struct context_cache {
    struct slots slots;
    struct context_line {
        uint16_t sid;
        struct context_entry entry;
    } * line;
};

bool context_cache_lookup(const struct context_cache *cc, uint16_t sid, struct context_entry *e);
void context_cache_fill(struct context_cache *cc, uint16_t sid, struct context_entry e);

/* --- IOTLB --- */
struct iotlb_entry {
    uint16_t did;
    unsigned page_log2; /* 12, 21, 30 */
    uint64_t page;      /* iova >> page_log2 */
    uint64_t frame;     /* host-physical address of the page, bytes */
    uint8_t rights;     /* accumulated over all levels */
};

struct iotlb {
    struct slots slots;
    struct iotlb_entry *line;
};

/* The lowest-numbered match, NULL if none. */
const struct iotlb_entry *iotlb_lookup(const struct iotlb *t, uint16_t did, uint64_t iova);
void iotlb_drop_address(struct iotlb *t, uint16_t did, uint64_t iova);
void iotlb_fill(struct iotlb *t, const struct iotlb_entry *e, uint64_t iova);
uint64_t iotlb_hpa(const struct iotlb_entry *e, uint64_t iova);

/* --- level caches: the second-stage paging-structure caches of levels 2 to 5 --- */
#define LEVEL_CACHES 4

struct level_entry {
    uint16_t did;
    uint64_t prefix; /* iova >> level_shift(level) */
    uint64_t table;  /* host-physical address of the next table */
    uint8_t rights;  /* accumulated */
};

struct level_cache {
    struct slots slots;
    struct level_entry *line;
};

unsigned level_shift(unsigned level); /* 1: 12, 2: 21, ... 5: 48 */
/* The longest match at `top` or below; its level, 0 if none. */
unsigned level_lookup(const struct iommu *u, uint16_t did, uint64_t iova, unsigned top,
                      struct level_entry *out);
void level_fill(struct iommu *u, unsigned level, const struct level_entry *e);
void level_drop_address(struct iommu *u, uint16_t did, uint64_t iova);

/* --- interrupt-remapping table entry, VT-d "Interrupt Remapping Table Entry", and its cache --- */
struct irte {
    uint64_t lo, hi;
};

struct interrupt_cache {
    struct slots slots;
    struct interrupt_line {
        uint16_t index;
        struct irte entry;
    } * line;
};

/* --- invalidation: entries dropped --- */
struct context_inv {
    uint8_t granularity; /* CIRG: 1 global, 2 domain, 3 device */
    uint8_t fm;
    uint16_t did, sid;
};

struct iotlb_inv {
    uint8_t granularity; /* IIRG: 1 global, 2 domain, 3 page */
    uint8_t am;          /* log2 of pages */
    bool ih;
    uint16_t did;
    uint64_t page; /* address >> 12 */
};

struct interrupt_inv {
    bool global;
    uint8_t im; /* log2 of entries */
    uint16_t index;
};

/* VT-d "IOTLB Invalidate": what neither a register nor a descriptor may ask for. */
bool iotlb_inv_bad(const struct iommu_config *c, const struct iotlb_inv *inv);
bool source_id_matches(uint16_t a, uint16_t b, uint8_t fm);
/* Do two naturally aligned ranges of 2^log2 pages share a page? */
bool ranges_intersect(uint64_t page_a, unsigned log2_a, uint64_t page_b, unsigned log2_b);
unsigned context_cache_invalidate(struct context_cache *cc, const struct context_inv *inv);
unsigned iotlb_invalidate(struct iotlb *t, const struct iotlb_inv *inv);
unsigned level_invalidate(struct iommu *u, const struct iotlb_inv *inv);
unsigned interrupt_invalidate(struct interrupt_cache *ic, const struct interrupt_inv *inv);

/* --- second-stage walk --- */
bool rights_grant(const struct iommu_config *c, uint8_t rights, bool write, unsigned len);
bool rights_any(uint8_t rights); /* R or W */
bool slpte_is_leaf(unsigned level, uint64_t entry);
uint64_t slpte_reserved_bits(const struct iommu_config *c, unsigned level, uint64_t entry);

/* --- fault recording --- */
struct fault_desc {
    uint64_t info; /* FI, bits 63:12; the rest is not looked at */
    uint16_t sid;
    uint8_t reason, at;
    bool write;
    bool hidden; /* the fault is qualified and FPD = 1: nothing is recorded */
};

struct frcd {
    uint64_t lo, hi;
};

#define FRCD_F (UINT64_C(1) << 63)

/* rec_dma.recorded: 1 recorded, 2 overflow, 3 dropped, 0 hidden. May make the fault event due. */
uint8_t fault_record(struct iommu *u, const struct fault_desc *f);
void fault_record_cleared(struct iommu *u);
void fault_status_cleared(struct iommu *u);
/* IQE, ICE or ITE; it too may make the fault event due. */
void fault_queue_error(struct iommu *u, uint32_t status);

/* --- events --- */
enum event { EVENT_FAULT, EVENT_INVALIDATION, EVENT_COUNT };

void event_condition(struct iommu *u, enum event e);
/* All that the event stood for was serviced: a held one falls. */
void event_serviced(struct iommu *u, enum event e);
/* The control register was written with IM = 0: a held event goes out. */
void event_unmasked(struct iommu *u, enum event e);
/* If an event is due: it no longer is, its record is emitted, *s sends its message. */
bool event_take(struct iommu *u, struct iommu_step *s);
/* Its message goes to whoever takes those of register writes. */
void event_send(struct iommu *u);

/* --- registers; one row of iommu_regs.c for each dword --- */
enum reg {
    REG_VER,
    REG_CAP,
    REG_CAP_HI,
    REG_ECAP,
    REG_ECAP_HI,
    REG_GCMD,
    REG_GSTS,
    REG_RTADDR,
    REG_RTADDR_HI,
    REG_CCMD,
    REG_CCMD_HI,
    REG_FSTS,
    REG_FECTL,
    REG_FEDATA,
    REG_FEADDR,
    REG_FEUADDR,
    REG_PMEN,
    REG_PLMBASE,
    REG_PLMLIMIT,
    REG_PHMBASE,
    REG_PHMBASE_HI,
    REG_PHMLIMIT,
    REG_PHMLIMIT_HI,
    REG_IQH,
    REG_IQT,
    REG_IQA,
    REG_IQA_HI,
    REG_ICS,
    REG_IECTL,
    REG_IEDATA,
    REG_IEADDR,
    REG_IEUADDR,
    REG_IQERCD,
    REG_IQERCD_HI,
    REG_IRTA,
    REG_IRTA_HI,
    REG_IVA,
    REG_IVA_HI,
    REG_IOTLB,
    REG_IOTLB_HI,
    REG_COUNT
};

#define GSTS_TES   (UINT32_C(1) << 31)
#define GSTS_RTPS  (UINT32_C(1) << 30)
#define GSTS_QIES  (UINT32_C(1) << 26)
#define GSTS_IRES  (UINT32_C(1) << 25)
#define GSTS_IRTPS (UINT32_C(1) << 24)
#define GSTS_CFIS  (UINT32_C(1) << 23)

#define FSTS_PFO       (UINT32_C(1) << 0)
#define FSTS_PPF       (UINT32_C(1) << 1)
#define FSTS_IQE       (UINT32_C(1) << 4)
#define FSTS_ICE       (UINT32_C(1) << 5)
#define FSTS_ITE       (UINT32_C(1) << 6)
#define FSTS_FRI_SHIFT 8
#define FSTS_FRI       (UINT32_C(0xFF) << FSTS_FRI_SHIFT)
/* The conditions of a fault event; while one of them is set, another is no new condition. */
#define FSTS_CONDITIONS (FSTS_PPF | FSTS_IQE | FSTS_ICE | FSTS_ITE)
/* What software has to service before a held event falls. */
#define FSTS_PENDING (FSTS_CONDITIONS | FSTS_PFO)

/* FECTL, IECTL */
#define EVENT_IM (UINT32_C(1) << 31)
#define EVENT_IP (UINT32_C(1) << 30)

#define IRTA_EIME (UINT64_C(1) << 11)
#define ICS_IWC   UINT32_C(1)
#define PMEN_EPM  (UINT32_C(1) << 31)
#define PMEN_PRS  UINT32_C(1)

void regs_reset(struct iommu *u);
/* A register of 64 bits, by its lower half. */
uint64_t reg_wide(const struct iommu *u, enum reg lower);

/* --- what the registers set off when they are written; the value is the one written --- */
void gcmd_written(struct iommu *u, uint32_t value);
void ccmd_hi_written(struct iommu *u, uint32_t value);
void iotlb_hi_written(struct iommu *u, uint32_t value);
void pmen_written(struct iommu *u, uint32_t value);
/* GCMD.QIE. */
void queue_enable(struct iommu *u, bool on);

/* Is the address in a protected region? */
bool protected_address(const struct iommu *u, uint64_t addr);

/* --- the unit --- */
struct iommu {
    struct iommu_config config;
    struct iommu_env env;
    uint32_t reg[REG_COUNT];
    uint64_t rtaddr; /* latched by SRTP */
    uint64_t irta;   /* latched by SIRTP */
    struct frcd *frcd;
    unsigned next_frcd;
    bool event_due[EVENT_COUNT]; /* its message goes out before the next thing is accepted */
    bool descriptor_last;        /* of requests and descriptors, the last accepted */
    bool outstanding;            /* an invalidation was sent to a device-TLB */
    uint16_t outstanding_sid;
    struct context_cache contexts;
    struct iotlb iotlb;
    struct level_cache levels[LEVEL_CACHES]; /* of level 2, 3, 4, 5 */
    struct interrupt_cache interrupts;
};

/* Small predicates and emitters. */
uint64_t low_bits(unsigned n);                                       /* n < 64 ones */
uint64_t page_address(uint64_t entry, const struct iommu_config *c); /* bits HAW-1:12 */
/* The sum of a table's base and an offset, in HAW bits. */
uint64_t table_address(const struct iommu *u, uint64_t base, uint64_t offset);
bool in_interrupt_range(uint64_t addr); /* 0xFEE0_0000-0xFEEF_FFFF */
void emit_iommu(const struct iommu *u, const struct rec_iommu *r);
void emit_iwalk(const struct iommu *u, const struct rec_iwalk *r);

/* --- what the queue does, and device-TLBs like it --- */
/* After the record goes the event, if one is due. */
struct iommu_step command_end(struct iommu *u, struct iommu_command *c);
/* A descriptor sends an invalidation to a device-TLB; its record follows. */
void device_invalidate(struct iommu *u, const struct iommu_invalidate *i);

/* --- steps of a request --- */
/* What the request's `scratch` holds: the context entry in use, zero before I13 has read it; of an
 * interrupt request the index. */
enum { SCRATCH_CONTEXT_LO, SCRATCH_CONTEXT_HI, SCRATCH_INDEX };

struct context_entry request_context(const struct iommu_request *q);
void request_set_context(struct iommu_request *q, struct context_entry e);

struct iommu_step request_read(struct iommu_request *q, unsigned state, uint64_t addr,
                               unsigned bytes);
/* Blocks the request and records the fault. */
struct iommu_step request_block(struct iommu *u, struct iommu_request *q,
                                const struct fault_desc *f);
struct iommu_step request_fault(struct iommu *u, struct iommu_request *q, enum iommu_fault code);
/* Refuses it without a record. */
struct iommu_step request_reject(struct iommu_request *q);
struct iommu_step request_unchanged(const struct iommu *u, struct iommu_request *q,
                                    enum rec_dma_status status);
struct iommu_step request_answer(struct iommu_request *q, enum rec_dma_status status, uint64_t pa,
                                 unsigned page_log2);

enum request_state { ST_ROOT, ST_CONTEXT, ST_SLPTE, ST_IRTE, ST_LAST };

struct iommu_step context_begin(struct iommu *u, struct iommu_request *q);
struct iommu_step context_root_read(struct iommu *u, struct iommu_request *q,
                                    const struct iommu_read *read);
struct iommu_step context_entry_read(struct iommu *u, struct iommu_request *q,
                                     const struct iommu_read *read);
struct iommu_step translate_begin(struct iommu *u, struct iommu_request *q);
struct iommu_step walk_slpte_read(struct iommu *u, struct iommu_request *q,
                                  const struct iommu_read *read);
/* Translation requests. */
bool completion_wanted(const struct iommu_request *q);
bool completion_malformed(const struct iommu_request *q);
/* The walk has denied: nothing is granted. */
struct iommu_step completion_empty(struct iommu_request *q);
struct iommu_step completion_answer(struct iommu_request *q, const struct iotlb_entry *e);
struct iommu_step interrupt_begin(struct iommu *u, struct iommu_request *q, uint32_t data);
struct iommu_step interrupt_irte_read(struct iommu *u, struct iommu_request *q,
                                      const struct iommu_read *read);

#endif
