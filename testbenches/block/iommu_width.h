// SPDX-License-Identifier: Apache-2.0
// What the rooms of the IOMMU bench's one-bit-at-a-time part share. The rows of iommu_width.c say
// which bits of a group are wanted and which experiment decides them.
#ifndef RW_IOMMU_WIDTH_H
#define RW_IOMMU_WIDTH_H

#include "block_iommu.h"

#define PAGE        UINT64_C(0x000000fffffff000)
#define EXPERIMENTS 8 /* under one root table */
#define FRAME_BITS  DECIDE_BITS(39, 12)
#define ID_BITS     DECIDE_BITS(15, 0)

#define SS_R  UINT64_C(0x1)
#define SS_W  UINT64_C(0x2)
#define SS_PS UINT64_C(0x80)

#define T_SECOND_STAGE UINT64_C(0)
#define T_PASS_THROUGH UINT64_C(2)
#define AW_39          UINT64_C(1)
#define AW_48          UINT64_C(2)
#define AW_57          UINT64_C(3)

#define INV_GLOBAL 1
#define INV_DOMAIN 2
#define INV_LAST   3 /* device; page */

#define AM_COUNT   19 /* MAMV is 18 */
#define AM_RANDOM  AM_COUNT
#define IM_COUNT   16 /* MHMV is 15 */
#define TYPE_COUNT 5  /* of descriptors: context, IOTLB, interrupt entry, wait, device-TLB */
#define SIZE_COUNT 3  /* of pages */

enum {
    G_TOGETHER = GROUP_TOGETHER,
    G_RECORDS = GROUP_RECORDS,
    G_AWAY = GROUP_AWAY,
    G_SID,
    G_FM_0,
    G_FM_1,
    G_FM_2,
    G_FM_3,
    G_DEVICE_DID,
    G_DOMAIN_DID,
    G_IOTLB_4K,
    G_IOTLB_2M,
    G_IOTLB_1G,
    G_LEVEL_2,
    G_LEVEL_3,
    G_LEVEL_4,
    G_LEVEL_5,
    G_IOTLB_DID,
    G_LEVEL_2_DID,
    G_LEVEL_3_DID,
    G_LEVEL_4_DID,
    G_LEVEL_5_DID,
    G_IOTLB_DOMAIN_DID,
    G_IOTLB_PAGE_DID,
    G_LEVEL_INV_DID,
    G_LEVEL_2_INV,
    G_LEVEL_3_INV,
    G_LEVEL_4_INV,
    G_LEVEL_5_INV,
    G_AM,
    G_AM_END = G_AM + AM_COUNT,
    G_ROOT_LO = G_AM_END,
    G_ROOT_HI,
    G_CONTEXT_LO,
    G_CONTEXT_HI,
    G_CONTEXT_IGNORED,
    G_SS_5,
    G_SS_4,
    G_SS_3,
    G_SS_3_LEAF,
    G_SS_2,
    G_SS_2_LEAF,
    G_SS_1,
    G_IGNORED_5,
    G_IGNORED_4,
    G_IGNORED_3,
    G_IGNORED_2,
    G_IGNORED_1,
    G_WIDTH_39,
    G_WIDTH_48,
    G_WIDTH_57,
    G_WIDTH_PASS,
    G_WIDTH_OFF,
    G_RANGE,
    G_RANGE_OUT,
    G_RANGE_HIT,
    G_RTADDR,
    G_ROOT_TABLE,
    G_CONTEXT_TABLE,
    G_CONTEXT_CACHED,
    G_TABLE_5,
    G_TABLE_4,
    G_TABLE_3,
    G_TABLE_2,
    G_CACHED_5,
    G_CACHED_4,
    G_CACHED_3,
    G_CACHED_2,
    G_WALK_4K,
    G_WALK_2M,
    G_WALK_1G,
    G_HIT_4K,
    G_HIT_2M,
    G_HIT_1G,
    G_PASS,
    G_OFF,
    G_FRCD_INDEX,
    G_FRCD_SID,
    G_FRCD_FI,
    G_FEADDR,
    G_FEDATA,
    G_REGISTER,
    /* interrupt remapping */
    G_IEC_TAG,
    G_IEC_IM,
    G_IEC_IM_END = G_IEC_IM + IM_COUNT,
    G_IRTA = G_IEC_IM_END,
    G_IRTE_ADDRESS,
    G_HANDLE,
    G_SUBHANDLE,
    G_NO_SHV,
    G_DATA_HIGH,
    G_IRTA_S,
    G_IRTE_LO,
    G_IRTE_LO_EIME_0,
    G_IRTE_HI,
    G_IRTE_IGNORED,
    G_SQ,
    G_SQ_END = G_SQ + 4,
    G_BUS_FIRST = G_SQ_END,
    G_BUS_LAST,
    G_MESSAGE_WALK,
    G_MESSAGE_HIT,
    G_MESSAGE_NARROW,
    G_MESSAGE_DATA,
    G_INTERRUPT_FI,
    /* the queue */
    G_DESCRIPTOR_LO,
    G_DESCRIPTOR_HI = G_DESCRIPTOR_LO + TYPE_COUNT,
    G_DESCRIPTOR_END = G_DESCRIPTOR_HI + TYPE_COUNT,
    G_TYPE = G_DESCRIPTOR_END,
    G_TYPE_HIGH,
    G_QUEUE_AM,
    G_QUEUE_IM,
    G_QUEUE_FM,
    G_QUEUE_FM_END = G_QUEUE_FM + 4,
    G_QUEUE_DEVICE_DID = G_QUEUE_FM_END,
    G_QUEUE_CONTEXT_DID,
    G_QUEUE_IOTLB_DID,
    G_QUEUE_PAGE_DID,
    G_QUEUE_PAGE,
    G_WAIT,
    G_WAIT_DATA,
    G_WAIT_ADDRESS,
    G_WAIT_ADDRESS_HIGH,
    G_IEDATA,
    G_IEADDR,
    G_QUEUE_SIZE,
    G_IQA,
    G_IQH,
    G_IQT,
    G_IQEI,
    /* protected regions, read errors */
    G_PROTECTED,
    G_PROTECTED_END = G_PROTECTED + 4,
    G_PROTECTED_WIDE = G_PROTECTED_END,
    G_READ_ERROR,
    /* device-TLBs: completions by the size of the page */
    G_CPL_WALK,
    G_CPL_HIT = G_CPL_WALK + SIZE_COUNT,
    G_CPL_WALK_PA = G_CPL_HIT + SIZE_COUNT,
    G_CPL_HIT_PA = G_CPL_WALK_PA + SIZE_COUNT,
    G_CPL_RIGHTS = G_CPL_HIT_PA + SIZE_COUNT,
    G_CPL_LEVEL,
    G_CPL_IGNORED,
    G_CPL_SHAPE,
    G_ADDRESS_TYPE,
    G_ADDRESS_TYPE_HIT,
    G_INV_SID,
    G_INV_ADDRESS,
    G_INV_IGNORED,
    G_COMPLETION_SID,
    G_COMPLETION_KIND,
    G_ICESID,
    G_ITESID,
    G_DEVICE_EVENT,
    G_TIME,
    G_COUNT
};

struct experiment {
    const char *name;
    uint64_t wanted;
    /* NULL: decided beside others. False: the two sides differ. */
    bool (*run)(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
    unsigned log2;  /* size of the page */
    unsigned level; /* of the entry with the bit */
    unsigned param;
    bool queue; /* invalidates by the queue */
};

struct device {
    uint16_t sid, did;
    uint64_t root_entry, context_entry, table; /* addresses; table: SLPTPTR */
    unsigned levels;
};

struct path {
    uint64_t iova;
    unsigned log2;
    uint64_t entry[6]; /* address by level */
};

/* iommu_width_tables.c */
void width_decide(struct bench *b, unsigned group, unsigned bit);
void width_decide_if(struct bench *b, bool held, unsigned group, unsigned bit);
uint64_t width_random_page(struct bench *b);
uint16_t width_random_id(struct bench *b);
uint64_t width_random_iova(struct bench *b, const struct device *d);
unsigned width_leaf_level(unsigned log2);
unsigned width_random_log2(struct bench *b);
struct device width_add_device(struct bench *b, uint16_t sid, uint16_t did, uint64_t t,
                               uint64_t table, uint64_t aw);
/* With addresses of so many bits at least. */
struct device width_random_device(struct bench *b, unsigned bits);
struct path width_map_to(struct bench *b, const struct device *d, uint64_t iova, unsigned log2,
                         uint64_t frame);
struct path width_map(struct bench *b, const struct device *d, uint64_t iova, unsigned log2);
bool width_go(struct bench *b, uint16_t sid, uint64_t iova, struct rec_dma *x);
bool width_iotlb_hit(const struct rec_dma *x);
bool width_context_hit(const struct rec_dma *x);
bool width_from_cache(const struct rec_dma *x, unsigned level);
bool width_invalidate_contexts(struct bench *b, bool queue, unsigned kind, uint16_t did,
                               uint16_t sid, unsigned fm, unsigned *dropped);
bool width_invalidate_iotlb(struct bench *b, bool queue, unsigned kind, uint16_t did, uint64_t iva,
                            unsigned *dropped);

/* iommu_width_needs.c: bits that the unit can decide at all. */
uint64_t width_possible(const struct bench *b, unsigned group);

/* iommu_width_caches.c */
bool width_tag_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_invalidate_sid(struct bench *b, const struct experiment *e, unsigned group,
                          unsigned bit);
bool width_invalidate_did(struct bench *b, const struct experiment *e, unsigned group,
                          unsigned bit);
bool width_tag_iova(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_tag_level_5(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_tag_did(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_invalidate_iotlb_did(struct bench *b, const struct experiment *e, unsigned group,
                                unsigned bit);
bool width_invalidate_page(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit);

/* iommu_width_entries.c */
bool width_root_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_context_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_ss_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_width(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_translation_off(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit);
bool width_interrupt_range(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit);
bool width_interrupt_output(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit);
bool width_interrupt_output_hit(struct bench *b, const struct experiment *e, unsigned group,
                                unsigned bit);
bool width_read_error(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);

/* iommu_width_registers.c */
bool width_fault(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_clear_faults(struct bench *b);
bool width_register_offset(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit);

/* iommu_width_interrupts.c */
bool width_interrupt_tag(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_interrupt_invalidate(struct bench *b, const struct experiment *e, unsigned group,
                                unsigned bit);
bool width_subhandle(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_no_shv(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_data_high(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_table_size(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_irte_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_source(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_buses(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_interrupt_fault(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit);

/* iommu_width_queue.c */
bool width_queue(struct bench *b, uint64_t lo, uint64_t hi);
/* The same; an invalidation that it sent stays outstanding. */
bool width_queue_sent(struct bench *b, uint64_t lo, uint64_t hi);
bool width_descriptor_bit(struct bench *b, const struct experiment *e, unsigned group,
                          unsigned bit);
bool width_type_high(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_type(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_parameter(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_wait(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_wait_status(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_wait_high(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_wait_event(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_queue_error(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_queue_size(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);

/* iommu_width_device.c */
bool width_completion(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_completion_rights(struct bench *b, const struct experiment *e, unsigned group,
                             unsigned bit);
bool width_completion_level(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit);
bool width_completion_ignored(struct bench *b, const struct experiment *e, unsigned group,
                              unsigned bit);
bool width_completion_shape(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit);
bool width_address_type(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_invalidation(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_completion_sid(struct bench *b, const struct experiment *e, unsigned group,
                          unsigned bit);
bool width_completion_kind(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit);
bool width_time_out_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_device_event(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_time(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);

/* iommu_width_protected.c */
bool width_protected(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
bool width_protected_wide(struct bench *b, const struct experiment *e, unsigned group,
                          unsigned bit);

#endif
