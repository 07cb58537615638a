// SPDX-License-Identifier: Apache-2.0
// One bit at a time through every tag, identifier, mask and address of the IOMMU, over the whole
// 40-bit space. An experiment is a handful of requests and register accesses that differ in the
// bit, in tables of their own, arranged so that a unit blind to the bit must answer otherwise; the
// bit has decided when the model's answers show that the arrangement held (docs/iommu.md I8, I9,
// "A request, step by step", "Invalidation").
#include "iommu_width.h"
#include <string.h>

#define SS_RESERVED  DECIDE_BITS(51, 40) | UINT64_C(1) << 62 | UINT64_C(1) << 11
#define MESSAGE_BITS (DECIDE_BITS(19, 12) | DECIDE_BITS(3, 2))
#define SS_IGNORED                                                                                 \
    DECIDE_BITS(61, 52) | UINT64_C(1) << 63 | DECIDE_BITS(10, 8) | DECIDE_BITS(6, 3) | UINT64_C(4)

/* clang-format off */
static const struct experiment experiments[G_COUNT] = {
    [G_TOGETHER] = {.name = "register access and request", .wanted = DECIDE_BITS(17, 0)},
    [G_RECORDS] = {.name = "fault records", .wanted = DECIDE_BITS(7, 0)},
    [G_AWAY]    = {.name = "capability away", .wanted = DECIDE_BITS(IOMMU_FEATURES - 1, 0)},
    [G_SID]  = {"context cache source-id", ID_BITS, width_tag_sid, 0, 0, 0, false},
    [G_FM_0] = {"device invalidation FM 0 source-id", ID_BITS, width_invalidate_sid, 0, 0, 0, false},
    [G_FM_1] = {"device invalidation FM 1 source-id", ID_BITS, width_invalidate_sid, 0, 0, 1, false},
    [G_FM_2] = {"device invalidation FM 2 source-id", ID_BITS, width_invalidate_sid, 0, 0, 2, false},
    [G_FM_3] = {"device invalidation FM 3 source-id", ID_BITS, width_invalidate_sid, 0, 0, 3, false},
    [G_DEVICE_DID] = {"device invalidation DID", ID_BITS, width_invalidate_did, 0, 0, INV_LAST, false},
    [G_DOMAIN_DID] = {"domain invalidation DID", ID_BITS, width_invalidate_did, 0, 0, INV_DOMAIN, false},
    [G_IOTLB_4K] = {"IOTLB 4K iova", DECIDE_BITS(56, 12), width_tag_iova, 12, 0, 0, false},
    [G_IOTLB_2M] = {"IOTLB 2M iova", DECIDE_BITS(56, 21), width_tag_iova, 21, 0, 0, false},
    [G_IOTLB_1G] = {"IOTLB 1G iova", DECIDE_BITS(56, 30), width_tag_iova, 30, 0, 0, false},
    [G_LEVEL_2] = {.name = "level-2 cache iova", .wanted = DECIDE_BITS(56, 21)},
    [G_LEVEL_3] = {.name = "level-3 cache iova", .wanted = DECIDE_BITS(56, 30)},
    [G_LEVEL_4] = {.name = "level-4 cache iova", .wanted = DECIDE_BITS(56, 39)},
    [G_LEVEL_5] = {"level-5 cache iova", DECIDE_BITS(56, 48), width_tag_level_5, 39, 0, 0, false},
    [G_IOTLB_DID]   = {"IOTLB DID", ID_BITS, width_tag_did, 0, 0, 0, false},
    [G_LEVEL_2_DID] = {"level-2 cache DID", ID_BITS, width_tag_did, 12, 0, 0, false},
    [G_LEVEL_3_DID] = {"level-3 cache DID", ID_BITS, width_tag_did, 21, 0, 0, false},
    [G_LEVEL_4_DID] = {"level-4 cache DID", ID_BITS, width_tag_did, 30, 0, 0, false},
    [G_LEVEL_5_DID] = {"level-5 cache DID", ID_BITS, width_tag_did, 39, 0, 0, false},
    [G_IOTLB_DOMAIN_DID] = {"IOTLB domain invalidation DID", ID_BITS, width_invalidate_iotlb_did, 0, 0, INV_DOMAIN, false},
    [G_IOTLB_PAGE_DID]   = {"IOTLB page invalidation DID", ID_BITS, width_invalidate_iotlb_did, 0, 0, INV_LAST, false},
    [G_LEVEL_INV_DID]    = {.name = "level cache invalidation DID", .wanted = ID_BITS},
    [G_LEVEL_2_INV] = {.name = "level-2 cache invalidation iova", .wanted = DECIDE_BITS(63, 21)},
    [G_LEVEL_3_INV] = {.name = "level-3 cache invalidation iova", .wanted = DECIDE_BITS(63, 30)},
    [G_LEVEL_4_INV] = {.name = "level-4 cache invalidation iova", .wanted = DECIDE_BITS(63, 39)},
    [G_LEVEL_5_INV] = {.name = "level-5 cache invalidation iova", .wanted = DECIDE_BITS(63, 48)},
#define AM(n) [G_AM + n] = {"page invalidation AM " #n " iova", DECIDE_BITS(63, 12), width_invalidate_page, 0, 0, n, false}
    AM(0), AM(1), AM(2), AM(3), AM(4), AM(5), AM(6), AM(7), AM(8), AM(9), AM(10), AM(11), AM(12), AM(13),
    AM(14), AM(15), AM(16), AM(17), AM(18),
#undef AM
    [G_ROOT_LO] = {"root entry reserved", DECIDE_BITS(63, 40) | DECIDE_BITS(11, 1), width_root_bit, 0, 0, 0, false},
    [G_ROOT_HI] = {"root entry reserved, high", UINT64_MAX, width_root_bit, 0, 0, 8, false},
    [G_CONTEXT_LO] = {"context entry reserved", DECIDE_BITS(63, 40) | DECIDE_BITS(11, 4), width_context_bit, 0, 0, 0, false},
    [G_CONTEXT_HI] = {"context entry reserved, high", DECIDE_BITS(63, 24) | 0x80, width_context_bit, 0, 0, 8, false},
    [G_CONTEXT_IGNORED] = {"context entry ignored, high", DECIDE_BITS(6, 3), width_context_bit, 0, 0, 8, false},
    [G_SS_5] = {"level-5 entry reserved", SS_RESERVED | SS_PS, width_ss_bit, 12, 5, 0xC, false},
    [G_SS_4] = {"level-4 entry reserved", SS_RESERVED | SS_PS, width_ss_bit, 12, 4, 0xC, false},
    [G_SS_3] = {"level-3 entry reserved", SS_RESERVED, width_ss_bit, 12, 3, 0xC, false},
    [G_SS_3_LEAF] = {"1G leaf reserved", SS_RESERVED | DECIDE_BITS(29, 12), width_ss_bit, 30, 3, 0xC, false},
    [G_SS_2] = {"level-2 entry reserved", SS_RESERVED, width_ss_bit, 12, 2, 0xC, false},
    [G_SS_2_LEAF] = {"2M leaf reserved", SS_RESERVED | DECIDE_BITS(20, 12), width_ss_bit, 21, 2, 0xC, false},
    [G_SS_1] = {"level-1 entry reserved", SS_RESERVED, width_ss_bit, 12, 1, 0xC, false},
    [G_IGNORED_5] = {"level-5 entry ignored", SS_IGNORED, width_ss_bit, 12, 5, 0, false},
    [G_IGNORED_4] = {"level-4 entry ignored", SS_IGNORED, width_ss_bit, 12, 4, 0, false},
    [G_IGNORED_3] = {"level-3 entry ignored", SS_IGNORED, width_ss_bit, 30, 3, 0, false},
    [G_IGNORED_2] = {"level-2 entry ignored", SS_IGNORED, width_ss_bit, 21, 2, 0, false},
    [G_IGNORED_1] = {"level-1 entry ignored", SS_IGNORED | SS_PS, width_ss_bit, 12, 1, 0, false},
    [G_WIDTH_39] = {"AW 39 width", DECIDE_BITS(63, 39), width_width, 0, 0, 0, false},
    [G_WIDTH_48] = {"AW 48 width", DECIDE_BITS(63, 48), width_width, 0, 0, 0, false},
    [G_WIDTH_57] = {"AW 57 width", DECIDE_BITS(63, 57), width_width, 0, 0, 0, false},
    [G_WIDTH_PASS] = {"pass-through width", DECIDE_BITS(63, 40), width_width, 0, 0, 0, false},
    [G_WIDTH_OFF] = {"TES 0 width", DECIDE_BITS(63, 40), width_translation_off, 0, 0, 0, false},
    [G_RANGE] = {"interrupt range", DECIDE_BITS(63, 20), width_interrupt_range, 0, 0, 0, false},
    [G_RANGE_OUT] = {"interrupt range of a leaf", DECIDE_BITS(39, 20), width_interrupt_output, 0, 0, 0, false},
    [G_RANGE_HIT] = {"interrupt range of a hit", DECIDE_BITS(39, 20), width_interrupt_output_hit, 0, 0, 0, false},
    [G_RTADDR]        = {.name = "RTADDR", .wanted = FRAME_BITS},
    [G_ROOT_TABLE]    = {.name = "context-table pointer", .wanted = FRAME_BITS},
    [G_CONTEXT_TABLE] = {.name = "SLPTPTR", .wanted = FRAME_BITS},
    [G_CONTEXT_CACHED] = {.name = "context cache SLPTPTR", .wanted = FRAME_BITS},
    [G_TABLE_5] = {.name = "level-5 entry table", .wanted = FRAME_BITS},
    [G_TABLE_4] = {.name = "level-4 entry table", .wanted = FRAME_BITS},
    [G_TABLE_3] = {.name = "level-3 entry table", .wanted = FRAME_BITS},
    [G_TABLE_2] = {.name = "level-2 entry table", .wanted = FRAME_BITS},
    [G_CACHED_5] = {.name = "level-5 cache table", .wanted = FRAME_BITS},
    [G_CACHED_4] = {.name = "level-4 cache table", .wanted = FRAME_BITS},
    [G_CACHED_3] = {.name = "level-3 cache table", .wanted = FRAME_BITS},
    [G_CACHED_2] = {.name = "level-2 cache table", .wanted = FRAME_BITS},
    [G_WALK_4K] = {.name = "4K pa of a walk", .wanted = DECIDE_BITS(39, 0)},
    [G_WALK_2M] = {.name = "2M pa of a walk", .wanted = DECIDE_BITS(39, 0)},
    [G_WALK_1G] = {.name = "1G pa of a walk", .wanted = DECIDE_BITS(39, 0)},
    [G_HIT_4K] = {.name = "4K pa of a hit", .wanted = DECIDE_BITS(39, 0)},
    [G_HIT_2M] = {.name = "2M pa of a hit", .wanted = DECIDE_BITS(39, 0)},
    [G_HIT_1G] = {.name = "1G pa of a hit", .wanted = DECIDE_BITS(39, 0)},
    [G_PASS] = {.name = "pa of a pass-through", .wanted = DECIDE_BITS(39, 0)},
    [G_OFF]  = {.name = "pa with TES 0", .wanted = DECIDE_BITS(39, 0)},
    [G_FRCD_INDEX] = {.name = "FRCD", .wanted = DECIDE_BITS(7, 0)},
    [G_FRCD_SID] = {"FRCD source-id", ID_BITS, width_fault, 0, 0, 0, false},
    [G_FRCD_FI]  = {.name = "FRCD FI", .wanted = DECIDE_BITS(63, 12)},
    [G_FEADDR]   = {.name = "FEADDR", .wanted = DECIDE_BITS(63, 2)},
    [G_FEDATA]   = {.name = "FEDATA", .wanted = DECIDE_BITS(15, 0)},
    [G_REGISTER] = {"register offset", DECIDE_BITS(11, 2), width_register_offset, 0, 0, 0, false},
    [G_IEC_TAG] = {"interrupt-entry cache index", ID_BITS, width_interrupt_tag, 0, 0, 0, false},
#define IM(n) [G_IEC_IM + n] = {"interrupt-entry invalidation IM " #n " index", ID_BITS, width_interrupt_invalidate, 0, 0, n, true}
    IM(0), IM(1), IM(2), IM(3), IM(4), IM(5), IM(6), IM(7), IM(8), IM(9), IM(10), IM(11), IM(12), IM(13), IM(14),
    IM(15),
#undef IM
    [G_IRTA]         = {.name = "IRTA", .wanted = FRAME_BITS},
    [G_IRTE_ADDRESS] = {.name = "interrupt entry address", .wanted = DECIDE_BITS(39, 4)},
    [G_HANDLE]    = {.name = "handle", .wanted = ID_BITS},
    [G_SUBHANDLE] = {"subhandle", ID_BITS, width_subhandle, 0, 0, 0, false},
    [G_NO_SHV]    = {"data without SHV", ID_BITS, width_no_shv, 0, 0, 0, false},
    [G_DATA_HIGH] = {"data reserved", DECIDE_BITS(31, 16), width_data_high, 0, 0, 0, false},
    [G_IRTA_S]    = {"IRTA size", ID_BITS, width_table_size, 0, 0, 0, false},
    [G_IRTE_LO]        = {"interrupt entry reserved", DECIDE_BITS(31, 24) | DECIDE_BITS(15, 12), width_irte_bit, 0, 0, 0x24, false},
    [G_IRTE_LO_EIME_0] = {"interrupt entry reserved, EIME 0", DECIDE_BITS(63, 48) | DECIDE_BITS(39, 32), width_irte_bit, 0, 0, 0x24, false},
    [G_IRTE_HI]        = {"interrupt entry reserved, high", DECIDE_BITS(63, 20), width_irte_bit, 0, 0, 0x24, false},
    [G_IRTE_IGNORED]   = {"interrupt entry ignored", DECIDE_BITS(11, 8), width_irte_bit, 0, 0, 0, false},
#define SQ(n) [G_SQ + n] = {"SQ " #n " source-id", ID_BITS, width_source, 0, 0, n, false}
    SQ(0), SQ(1), SQ(2), SQ(3),
#undef SQ
    [G_BUS_FIRST] = {"first bus", DECIDE_BITS(7, 0), width_buses, 0, 0, 0, false},
    [G_BUS_LAST]  = {"last bus", DECIDE_BITS(7, 0), width_buses, 0, 0, 0, false},
    [G_MESSAGE_WALK]   = {.name = "message address of a walk", .wanted = MESSAGE_BITS | DECIDE_BITS(63, 40)},
    [G_MESSAGE_HIT]    = {.name = "message address of a hit", .wanted = MESSAGE_BITS | DECIDE_BITS(63, 40)},
    [G_MESSAGE_NARROW] = {.name = "message address, EIME 0", .wanted = MESSAGE_BITS},
    [G_MESSAGE_DATA]   = {.name = "message data", .wanted = DECIDE_BITS(10, 0) | 0x8000},
    [G_INTERRUPT_FI]   = {"FRCD FI of an interrupt", DECIDE_BITS(63, 48), width_interrupt_fault, 0, 0, 0, false},
#define TYPE(n, type, name, lo, hi) \
    [G_DESCRIPTOR_LO + n] = {name " descriptor reserved", lo, width_descriptor_bit, 0, 0, type, true}, \
    [G_DESCRIPTOR_HI + n] = {name " descriptor reserved, high", hi, width_descriptor_bit, 0, 1, type, true}
    TYPE(0, 1, "context", DECIDE_BITS(63, 50) | DECIDE_BITS(15, 12) | DECIDE_BITS(8, 6), UINT64_MAX),
    TYPE(1, 2, "IOTLB", DECIDE_BITS(63, 32) | DECIDE_BITS(15, 12) | 0x100, DECIDE_BITS(11, 7)),
    TYPE(2, 4, "interrupt-entry", DECIDE_BITS(63, 48) | DECIDE_BITS(26, 12) | DECIDE_BITS(8, 5), UINT64_MAX),
    TYPE(3, 5, "wait", DECIDE_BITS(31, 12) | DECIDE_BITS(8, 7), DECIDE_BITS(1, 0)),
    TYPE(4, 3, "device-TLB", DECIDE_BITS(51, 48) | DECIDE_BITS(31, 21) | DECIDE_BITS(8, 4), DECIDE_BITS(11, 1)),
#undef TYPE
    [G_TYPE]      = {"descriptor type", ID_BITS, width_type, 0, 0, 0, true},
    [G_TYPE_HIGH] = {"descriptor type, high", DECIDE_BITS(11, 9), width_type_high, 0, 0, 0, true},
    [G_QUEUE_AM]  = {"descriptor AM", UINT64_MAX, width_parameter, 0, 0, AM_COUNT - 1, true},
    [G_QUEUE_IM]  = {"descriptor IM", DECIDE_BITS(31, 0), width_parameter, 0, 0, IM_COUNT - 1, true},
#define FM(n) [G_QUEUE_FM + n] = {"device descriptor FM " #n " source-id", ID_BITS, width_invalidate_sid, 0, 0, n, true}
    FM(0), FM(1), FM(2), FM(3),
#undef FM
    [G_QUEUE_DEVICE_DID]  = {"device descriptor DID", ID_BITS, width_invalidate_did, 0, 0, INV_LAST, true},
    [G_QUEUE_CONTEXT_DID] = {"context domain descriptor DID", ID_BITS, width_invalidate_did, 0, 0, INV_DOMAIN, true},
    [G_QUEUE_IOTLB_DID]   = {"IOTLB domain descriptor DID", ID_BITS, width_invalidate_iotlb_did, 0, 0, INV_DOMAIN, true},
    [G_QUEUE_PAGE_DID]    = {"IOTLB page descriptor DID", ID_BITS, width_invalidate_iotlb_did, 0, 0, INV_LAST, true},
    [G_QUEUE_PAGE]        = {"IOTLB page descriptor iova", DECIDE_BITS(63, 12), width_invalidate_page, 0, 0, AM_RANDOM, true},
    [G_WAIT] = {"wait", DECIDE_BITS(6, 4), width_wait, 0, 0, 0, true},
    [G_WAIT_DATA]         = {.name = "wait data", .wanted = DECIDE_BITS(31, 0)},
    [G_WAIT_ADDRESS]      = {"wait address", DECIDE_BITS(39, 2), width_wait_status, 0, 0, 0, true},
    [G_WAIT_ADDRESS_HIGH] = {"wait address, high", DECIDE_BITS(63, 40), width_wait_high, 0, 0, 0, true},
    [G_IEDATA] = {"IEDATA", DECIDE_BITS(15, 0), width_wait_event, 0, 0, 0, true},
    [G_IEADDR] = {.name = "IEADDR", .wanted = DECIDE_BITS(63, 2)},
    [G_QUEUE_SIZE] = {"queue size", DECIDE_BITS(7, 0), width_queue_size, 0, 0, 0, true},
    [G_IQA]  = {.name = "IQA", .wanted = FRAME_BITS},
    [G_IQH]  = {.name = "IQH", .wanted = DECIDE_BITS(18, 4)},
    [G_IQT]  = {.name = "IQT", .wanted = DECIDE_BITS(18, 4)},
    [G_IQEI] = {"IQEI", DECIDE_BITS(5, 1), width_queue_error, 0, 0, 0, true},
    [G_PROTECTED + 0] = {"PLMBASE", DECIDE_BITS(31, 21), width_protected, 0, 0, 0, false},
    [G_PROTECTED + 1] = {"PLMLIMIT", DECIDE_BITS(31, 21), width_protected, 0, 0, 1, false},
    [G_PROTECTED + 2] = {"PHMBASE", DECIDE_BITS(39, 21), width_protected, 0, 0, 2, false},
    [G_PROTECTED + 3] = {"PHMLIMIT", DECIDE_BITS(39, 21), width_protected, 0, 0, 3, false},
    [G_PROTECTED_WIDE] = {"low region width", DECIDE_BITS(39, 32), width_protected_wide, 0, 0, 0, false},
    [G_READ_ERROR] = {"read error", DECIDE_BITS(9, 1), width_read_error, 0, 0, 0, false},
#define SIZE(n, size, log2) \
    [G_CPL_WALK + n] = {size " completion of a walk", DECIDE_BITS(39, log2), width_completion, log2, 0, n, false}, \
    [G_CPL_HIT + n] = {.name = size " completion of a hit", .wanted = DECIDE_BITS(39, log2)}, \
    [G_CPL_WALK_PA + n] = {.name = size " pa of a completion of a walk", .wanted = FRAME_BITS}, \
    [G_CPL_HIT_PA + n] = {.name = size " pa of a completion of a hit", .wanted = FRAME_BITS}
    SIZE(0, "4K", 12), SIZE(1, "2M", 21), SIZE(2, "1G", 30),
#undef SIZE
    [G_CPL_RIGHTS]  = {"completion R, W, NW, hit", 0xEEFF, width_completion_rights, 0, 0, 0, false},
    [G_CPL_LEVEL]   = {"completion R, W by level", DECIDE_BITS(9, 0), width_completion_level, 0, 0, 0, false},
    [G_CPL_IGNORED] = {"translation request ignored", DECIDE_BITS(11, 1), width_completion_ignored, 0, 0, 0, false},
    [G_CPL_SHAPE]   = {"translation request length", DECIDE_BITS(17, 0), width_completion_shape, 0, 0, 0, false},
    [G_ADDRESS_TYPE]     = {"T and AT", ID_BITS, width_address_type, 0, 0, 0, false},
    [G_ADDRESS_TYPE_HIT] = {"T and AT of a hit", DECIDE_BITS(11, 0), width_address_type, 0, 0, 1, false},
    [G_INV_SID]     = {"invalidation source-id", ID_BITS, width_invalidation, 0, 0, 0, true},
    [G_INV_ADDRESS] = {.name = "invalidation address", .wanted = DECIDE_BITS(63, 12) | 1},
    [G_INV_IGNORED] = {"invalidation ignored", DECIDE_BITS(63, 52) | DECIDE_BITS(20, 12), width_invalidation, 0, 0, 0, true},
    [G_COMPLETION_SID]  = {"completion source-id", ID_BITS, width_completion_sid, 0, 0, 0, true},
    [G_COMPLETION_KIND] = {"completion", DECIDE_BITS(6, 0), width_completion_kind, 0, 0, 0, true},
    [G_ICESID] = {.name = "ICESID", .wanted = ID_BITS},
    [G_ITESID] = {"ITESID", ID_BITS, width_time_out_sid, 0, 0, 0, true},
    [G_DEVICE_EVENT] = {"ICE and ITE event", DECIDE_BITS(7, 0), width_device_event, 0, 0, 0, true},
    [G_TIME] = {"time-out", DECIDE_BITS(12, 0), width_time, 0, 0, 0, true},
};
/* clang-format on */

void iommu_width_setup(struct bench *b)
{
    for (unsigned i = 0; i < G_COUNT; i++)
        b->r->groups[i] = (struct decide_group){
            .name = experiments[i].name, .wanted = experiments[i].wanted & width_possible(b, i)};
    b->r->group_count = G_COUNT;
}

/* Experiments stand in a row, one for each bit of each group that has some. */
static const struct experiment *next(struct bench *b)
{
    const struct experiment *e;

    do {
        b->experiment = (b->experiment + 1) % (G_COUNT * 64);
        e = &experiments[b->experiment / 64];
    } while (e->run == NULL ||
             !(b->r->groups[b->experiment / 64].wanted >> b->experiment % 64 & 1));
    return e;
}

bool iommu_width_next(struct bench *b)
{
    struct answer a;

    b->root = width_random_page(b);
    if (!iommu_write(b, REG_RTADDR, 8, b->root, &a) || !iommu_write(b, REG_PMEN, 4, 0, &a) ||
        !iommu_command(b, GCMD_TE, GCMD_SRTP))
        return false;
    for (unsigned i = 0; i < EXPERIMENTS; i++) {
        const struct experiment *e = next(b);

        if (!e->run(b, e, b->experiment / 64, b->experiment % 64))
            return false;
    }
    return true;
}
