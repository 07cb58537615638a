// SPDX-License-Identifier: Apache-2.0
// The invalidation queue. VT-d "Queued Invalidation Interface", "Queued Invalidation Error";
// docs/iommu.md I81 to I86. Descriptors of 128 bits, one at a time; PASIDs are not offered. What a
// descriptor for a device-TLB sets off: iommu_device_tlb.c.
#include <assert.h>

#include "iommu/iommu_internal.h"

#define IQA_DW           UINT64_C(0x800)
#define IQA_QS           UINT64_C(7)
#define DESCRIPTOR_BYTES 16u

/* IQERCD.IQEI */
enum queue_error {
    IQEI_NONE,
    IQEI_TAIL,
    IQEI_FETCH,
    IQEI_TYPE,
    IQEI_RESERVED, /* and parameters that are not allowed */
    IQEI_WIDTH
};

/* Type: bits 3:0, and above them 11:9. */
#define TYPE_BITS UINT64_C(0xE0F)

enum descriptor_type {
    TYPE_CONTEXT = 1,
    TYPE_IOTLB = 2,
    TYPE_DEVICE = 3,
    TYPE_INTERRUPT = 4,
    TYPE_WAIT = 5
};

#define G_SHIFT     4 /* 5:4; of the interrupt-entry descriptor bit 4 alone */
#define DID_SHIFT   16
#define SID_SHIFT   32
#define FM_SHIFT    48
#define IM_SHIFT    27
#define IIDX_SHIFT  32
#define WAIT_IF     (UINT64_C(1) << 4)
#define WAIT_SW     (UINT64_C(1) << 5)
#define WAIT_DATA   32
#define IOTLB_AM    UINT64_C(0x3F) /* high qword */
#define IOTLB_IH    UINT64_C(0x40)
#define STATUS_ADDR (~UINT64_C(3)) /* high qword */
#define DEVICE_S    UINT64_C(1)    /* high qword */
#define DEVICE_ADDR (~UINT64_C(0xFFF))

/* The fields of each type; every other bit is reserved. */
static const struct {
    uint64_t lo, hi;
} fields[] = {
    [TYPE_CONTEXT] = {UINT64_C(0x0003FFFFFFFF0030), 0},
    [TYPE_IOTLB] = {UINT64_C(0x00000000FFFF00F0), UINT64_C(0xFFFFFFFFFFFFF07F)},
    [TYPE_DEVICE] = {UINT64_C(0xFFF0FFFF001FF000), DEVICE_ADDR | DEVICE_S},
    [TYPE_INTERRUPT] = {UINT64_C(0x0000FFFFF8000010), 0},
    [TYPE_WAIT] = {UINT64_C(0xFFFFFFFF00000070), STATUS_ADDR},
};

enum command_state { CMD_DESCRIPTOR, CMD_STATUS, CMD_LAST };

bool iommu_queue_due(const struct iommu *u)
{
    return (u->reg[REG_GSTS] & GSTS_QIES) != 0 && (u->reg[REG_FSTS] & (FSTS_IQE | FSTS_ITE)) == 0 &&
           !u->outstanding && u->reg[REG_IQH] != u->reg[REG_IQT];
}

bool iommu_queue_first(const struct iommu *u)
{
    return iommu_queue_due(u) && !u->descriptor_last;
}

void queue_enable(struct iommu *u, bool on)
{
    if (on == ((u->reg[REG_GSTS] & GSTS_QIES) != 0))
        return;
    u->reg[REG_GSTS] ^= GSTS_QIES;
    u->reg[REG_IQH] = 0;
}

static uint32_t queue_bytes(const struct iommu *u)
{
    return UINT32_C(0x1000) << (u->reg[REG_IQA] & IQA_QS);
}

uint64_t iommu_queue_place(const struct iommu *u)
{
    return table_address(u, page_address(reg_wide(u, REG_IQA), &u->config), u->reg[REG_IQH]);
}

struct iommu_step command_end(struct iommu *u, struct iommu_command *c)
{
    struct iommu_step s = {.action = IOMMU_DO_DONE};

    c->state = CMD_LAST;
    event_take(u, &s);
    return s;
}

static void emit_command(struct iommu *u, const struct iommu_command *c, struct rec_iommu r)
{
    r.lo = c->descriptor[0];
    r.hi = c->descriptor[1];
    r.latency = c->latency;
    emit_iommu(u, &r);
}

static struct iommu_step stop(struct iommu *u, struct iommu_command *c, enum queue_error code)
{
    struct rec_iommu r = {
        .kind = IOMMU_QUEUE_ERROR, .addr = u->reg[REG_IQH], .size = (uint8_t)code};

    c->latency += 1;
    u->reg[REG_IQERCD] = (uint32_t)code;
    fault_queue_error(u, FSTS_IQE);
    emit_command(u, c, r);
    return command_end(u, c);
}

static enum descriptor_type type_of(const struct iommu_command *c)
{
    return (enum descriptor_type)((c->descriptor[0] & 0xF) | (c->descriptor[0] >> 5 & 0x70));
}

static unsigned granularity(const struct iommu_command *c)
{
    return c->descriptor[0] >> G_SHIFT & 3;
}

static struct context_inv context_of(const struct iommu_command *c)
{
    return (struct context_inv){.granularity = (uint8_t)granularity(c),
                                .fm = c->descriptor[0] >> FM_SHIFT & 3,
                                .did = (uint16_t)(c->descriptor[0] >> DID_SHIFT),
                                .sid = (uint16_t)(c->descriptor[0] >> SID_SHIFT)};
}

static struct iotlb_inv iotlb_of(const struct iommu_command *c)
{
    return (struct iotlb_inv){.granularity = (uint8_t)granularity(c),
                              .am = c->descriptor[1] & IOTLB_AM,
                              .ih = (c->descriptor[1] & IOTLB_IH) != 0,
                              .did = (uint16_t)(c->descriptor[0] >> DID_SHIFT),
                              .page = c->descriptor[1] >> 12};
}

static struct interrupt_inv interrupt_of(const struct iommu_command *c)
{
    return (struct interrupt_inv){.global = (c->descriptor[0] >> G_SHIFT & 1) == 0,
                                  .im = c->descriptor[0] >> IM_SHIFT & 0x1F,
                                  .index = (uint16_t)(c->descriptor[0] >> IIDX_SHIFT)};
}

static struct iommu_invalidate device_of(const struct iommu_command *c)
{
    return (struct iommu_invalidate){.addr = c->descriptor[1] & DEVICE_ADDR,
                                     .sid = (uint16_t)(c->descriptor[0] >> SID_SHIFT),
                                     .size = (c->descriptor[1] & DEVICE_S) != 0};
}

static bool type_known(const struct iommu *u, enum descriptor_type type)
{
    return type == TYPE_CONTEXT || type == TYPE_IOTLB || type == TYPE_WAIT ||
           (type == TYPE_DEVICE && config_has(&u->config, IOMMU_DT)) ||
           (type == TYPE_INTERRUPT && config_has(&u->config, IOMMU_IR));
}

static bool parameters_bad(const struct iommu *u, const struct iommu_command *c)
{
    struct iotlb_inv iotlb = iotlb_of(c);
    struct interrupt_inv interrupt = interrupt_of(c);

    switch (type_of(c)) {
    case TYPE_CONTEXT:
        return granularity(c) == 0;
    case TYPE_IOTLB:
        return iotlb_inv_bad(&u->config, &iotlb);
    case TYPE_DEVICE:
        return false;
    case TYPE_INTERRUPT:
        return !interrupt.global && interrupt.im > u->config.mhmv;
    case TYPE_WAIT:
        return (c->descriptor[0] & WAIT_SW) != 0 && c->descriptor[1] >> u->config.haw != 0;
    }
    return true;
}

static enum queue_error descriptor_check(const struct iommu *u, const struct iommu_command *c)
{
    enum descriptor_type type = type_of(c);

    if (!type_known(u, type))
        return IQEI_TYPE;
    if ((c->descriptor[0] & ~(fields[type].lo | TYPE_BITS)) != 0 ||
        (c->descriptor[1] & ~fields[type].hi) != 0 || parameters_bad(u, c))
        return IQEI_RESERVED;
    return IQEI_NONE;
}

static void head_advance(struct iommu *u)
{
    u->reg[REG_IQH] += DESCRIPTOR_BYTES;
    if (u->reg[REG_IQH] >= queue_bytes(u))
        u->reg[REG_IQH] = 0;
}

/* IWC, the head, the record, in this order. */
static struct iommu_step complete(struct iommu *u, struct iommu_command *c, unsigned dropped)
{
    struct rec_iommu r = {
        .kind = IOMMU_DESCRIPTOR, .addr = u->reg[REG_IQH], .count = (uint16_t)dropped};

    c->latency += 1;
    if (type_of(c) == TYPE_WAIT && (c->descriptor[0] & WAIT_IF) != 0 &&
        (u->reg[REG_ICS] & ICS_IWC) == 0) {
        u->reg[REG_ICS] |= ICS_IWC;
        event_condition(u, EVENT_INVALIDATION);
    }
    head_advance(u);
    emit_command(u, c, r);
    return command_end(u, c);
}

static struct iommu_step status_write(struct iommu_command *c)
{
    c->latency += 1;
    c->state = CMD_STATUS;
    return (struct iommu_step){.action = IOMMU_DO_WRITE,
                               .addr = c->descriptor[1] & STATUS_ADDR,
                               .bytes = 4,
                               .data = (uint32_t)(c->descriptor[0] >> WAIT_DATA)};
}

static struct iommu_step execute(struct iommu *u, struct iommu_command *c)
{
    struct context_inv context = context_of(c);
    struct iotlb_inv iotlb = iotlb_of(c);
    struct interrupt_inv interrupt = interrupt_of(c);
    struct iommu_invalidate device = device_of(c);
    unsigned dropped = 0;

    switch (type_of(c)) {
    case TYPE_CONTEXT:
        dropped = context_cache_invalidate(&u->contexts, &context);
        break;
    case TYPE_IOTLB:
        dropped = iotlb_invalidate(&u->iotlb, &iotlb);
        dropped += level_invalidate(u, &iotlb);
        break;
    case TYPE_DEVICE:
        device_invalidate(u, &device);
        break;
    case TYPE_INTERRUPT:
        dropped = interrupt_invalidate(&u->interrupts, &interrupt);
        break;
    case TYPE_WAIT:
        if ((c->descriptor[0] & WAIT_SW) != 0)
            return status_write(c);
        break;
    }
    return complete(u, c, dropped);
}

static struct iommu_step descriptor_read(struct iommu *u, struct iommu_command *c,
                                         const struct iommu_read *read)
{
    struct rec_iwalk r = {.addr = iommu_queue_place(u),
                          .value = {read->data[0], read->data[1]},
                          .kind = IWALK_DESCRIPTOR};
    enum queue_error code;

    c->latency += 1;
    c->descriptor[0] = read->data[0];
    c->descriptor[1] = read->data[1];
    emit_iwalk(u, &r);
    if (read->error)
        return stop(u, c, IQEI_FETCH);
    code = descriptor_check(u, c);
    if (code != IQEI_NONE)
        return stop(u, c, code);
    c->latency += 1;
    return execute(u, c);
}

static enum queue_error registers_check(const struct iommu *u)
{
    if ((u->reg[REG_IQA] & IQA_DW) != 0)
        return IQEI_WIDTH;
    return u->reg[REG_IQT] >= queue_bytes(u) ? IQEI_TAIL : IQEI_NONE;
}

unsigned iommu_queue_wrong(const struct iommu *u, const struct iommu_read *read)
{
    struct iommu_command c = {.state = CMD_DESCRIPTOR};

    if (registers_check(u) != IQEI_NONE || read == NULL)
        return registers_check(u);
    c.descriptor[0] = read->data[0];
    c.descriptor[1] = read->data[1];
    return read->error ? IQEI_FETCH : descriptor_check(u, &c);
}

struct iommu_step iommu_queue_begin(struct iommu *u, struct iommu_command *c)
{
    assert(iommu_queue_due(u));
    *c = (struct iommu_command){.state = CMD_DESCRIPTOR};
    u->descriptor_last = true;
    if (registers_check(u) != IQEI_NONE)
        return stop(u, c, registers_check(u));
    return (struct iommu_step){
        .action = IOMMU_DO_READ, .addr = iommu_queue_place(u), .bytes = DESCRIPTOR_BYTES};
}

struct iommu_step iommu_queue_next(struct iommu *u, struct iommu_command *c,
                                   const struct iommu_read *read)
{
    switch ((enum command_state)c->state) {
    case CMD_DESCRIPTOR:
        return descriptor_read(u, c, read);
    case CMD_STATUS:
        return complete(u, c, 0);
    case CMD_LAST:
        break;
    }
    return (struct iommu_step){.action = IOMMU_DO_DONE};
}
