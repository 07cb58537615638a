// SPDX-License-Identifier: Apache-2.0
// Experiments with the invalidation queue: types, reserved bits and parameters of descriptors, the
// wait, its event, errors, and a march through queues of every size. docs/iommu.md I81 to I87.
#include "iommu_width.h"

#define IQA_DW     UINT64_C(0x800)
#define DESCRIPTOR 16u
#define KIND_DONE  6
#define KIND_ERROR 7

#define TYPE_CONTEXT   1u
#define TYPE_IOTLB     2u
#define TYPE_DEVICE    3u
#define TYPE_INTERRUPT 4u
#define TYPE_WAIT      5u
#define WAIT_IF        0x10u
#define WAIT_SW        0x20u

#define MARCH_PAGE 700 /* of RAM, 128 of them */
#define MARCH_STEP 300 /* descriptors at once */

/* The queue runs from its first descriptor to the tail, and is off again. */
static bool run_to(struct bench *b, uint64_t iqa, uint32_t tail)
{
    struct answer a;

    return iommu_write(b, REG_FSTS, 4, FSTS_QUEUE, &a) && iommu_write(b, REG_IQT, 4, tail, &a) &&
           iommu_write(b, REG_IQA, 8, iqa, &a) && iommu_command(b, b->gcmd | GCMD_QIE, 0) &&
           iommu_command(b, b->gcmd & ~GCMD_QIE, 0);
}

/* One descriptor, in a queue anywhere: its record is b->descriptor. */
bool width_queue_sent(struct bench *b, uint64_t lo, uint64_t hi)
{
    uint64_t base = width_random_page(b);

    iommu_poke(b, base, lo);
    iommu_poke(b, base + 8, hi);
    if (!run_to(b, base | block_below(&b->random, 8), DESCRIPTOR))
        return false;
    decide_value(&b->r->groups[G_IQA], base);
    return true;
}

bool width_queue(struct bench *b, uint64_t lo, uint64_t hi)
{
    struct answer a;

    return width_queue_sent(b, lo, hi) &&
           (!iommu_awaits(b) || iommu_completion(b, b->invalidation.sid, false, &a));
}

static bool refused(const struct bench *b, unsigned code)
{
    return b->descriptor.kind == KIND_ERROR && b->descriptor.size == code;
}

static bool done(const struct bench *b)
{
    return b->descriptor.kind == KIND_DONE;
}

/* --- descriptors --- */

/* A good one of each type that does little. */
static void good(struct bench *b, unsigned type, uint64_t d[2])
{
    uint64_t r = block_random(&b->random);
    unsigned g = 1 + block_below(&b->random, 3);

    d[1] = 0;
    switch (type) {
    case TYPE_CONTEXT:
        d[0] = TYPE_CONTEXT | g << 4 | (r & UINT64_C(0x0003FFFFFFFF0000));
        break;
    case TYPE_IOTLB:
        d[0] = TYPE_IOTLB | (g == 3 && !iommu_has(b, IOMMU_PSI) ? 1 : g) << 4 |
               (r & UINT64_C(0xFFFF00C0));
        d[1] = block_random(&b->random) >> 12 << 12 | block_below(&b->random, AM_COUNT);
        break;
    case TYPE_DEVICE:
        d[0] = TYPE_DEVICE | (r & UINT64_C(0xFFF0FFFF001FF000));
        d[1] = block_random(&b->random) & ~UINT64_C(0xFFE);
        break;
    case TYPE_INTERRUPT:
        d[0] = TYPE_INTERRUPT | (r & UINT64_C(0x0000FFFF78000010));
        break;
    default:
        d[0] = TYPE_WAIT | (r & UINT64_C(0xFFFFFFFF00000040));
        d[1] = block_random(&b->random) >> 2 << 2;
        break;
    }
}

/* param: the type; level: which qword. */
bool width_descriptor_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t d[2];

    good(b, e->param, d);
    d[e->level] |= UINT64_C(1) << bit;
    if (!width_queue(b, d[0], d[1]))
        return false;
    width_decide_if(b, refused(b, group == G_TYPE_HIGH ? 3 : 4), group, bit);
    return true;
}

static bool known_type(const struct bench *b, unsigned type)
{
    if (type == TYPE_DEVICE)
        return iommu_has(b, IOMMU_DT);
    if (type == TYPE_INTERRUPT)
        return iommu_has(b, IOMMU_IR);
    return type >= TYPE_CONTEXT && type <= TYPE_WAIT;
}

/* Bits 11:9 of each type. */
bool width_type_high(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    static const uint8_t types[] = {TYPE_CONTEXT, TYPE_IOTLB, TYPE_DEVICE, TYPE_INTERRUPT,
                                    TYPE_WAIT};
    struct experiment of = *e;

    of.param = types[block_below(&b->random, TYPE_COUNT)];
    if (!known_type(b, of.param))
        of.param = TYPE_CONTEXT;
    return width_descriptor_bit(b, &of, group, bit);
}

/* bit: bits 3:0. */
bool width_type(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    bool known = known_type(b, bit);
    uint64_t d[2] = {bit, 0};

    (void)e;
    if (known)
        good(b, bit, d);
    if (!width_queue(b, d[0], d[1]))
        return false;
    width_decide_if(b, known ? done(b) : refused(b, 3), group, bit);
    return true;
}

/* bit: AM, or IM; param: the largest. */
bool width_parameter(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    bool am = group == G_QUEUE_AM;
    uint64_t d[2];

    good(b, am ? TYPE_IOTLB : TYPE_INTERRUPT, d);
    if (am) {
        d[0] |= 0x30;
        d[1] = (d[1] & ~UINT64_C(0x3F)) | bit;
    } else {
        d[0] = (d[0] & ~(UINT64_C(31) << 27)) | 0x10 | (uint64_t)bit << 27;
    }
    if (!width_queue(b, d[0], d[1]))
        return false;
    width_decide_if(b, bit > e->param ? refused(b, 4) : done(b), group, bit);
    return true;
}

/* --- the wait --- */

/* bit: IF, SW or FN alone. */
bool width_wait(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t at = width_random_page(b) | block_below(&b->random, 1024) * 4;
    struct answer a;

    (void)e;
    if (!iommu_write(b, REG_ICS, 4, 1, &a) ||
        !width_queue(b, TYPE_WAIT | UINT64_C(1) << bit | UINT64_C(0x12345678) << 32, at) ||
        !iommu_read(b, REG_ICS, 4, &a))
        return false;
    width_decide_if(b,
                    done(b) && (a.reg[0] == 1) == (bit == 4) &&
                        block_memory_claims(&b->model_memory, at) == (bit == 5),
                    group, bit);
    return true;
}

bool width_wait_status(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t at = block_random(&b->random) >> 24 & ~UINT64_C(3);
    uint64_t data = block_random(&b->random) >> 32;

    (void)e;
    (void)group;
    (void)bit;
    if (!width_queue(b, TYPE_WAIT | WAIT_SW | data << 32, at))
        return false;
    if (done(b)) {
        decide_value(&b->r->groups[G_WAIT_ADDRESS], at);
        decide_value(&b->r->groups[G_WAIT_DATA], data);
    }
    return true;
}

/* Beyond the memory's address only a write is bad. */
bool width_wait_high(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t at = (block_random(&b->random) >> 24 & ~UINT64_C(3)) | UINT64_C(1) << bit;
    bool good;

    (void)e;
    if (!width_queue(b, TYPE_WAIT, at))
        return false;
    good = done(b);
    if (!width_queue(b, TYPE_WAIT | WAIT_SW, at))
        return false;
    width_decide_if(b, good && refused(b, 4), group, bit);
    return true;
}

bool width_wait_event(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t addr = block_random(&b->random) & ~UINT64_C(3) &
                    (iommu_has(b, IOMMU_EIM) ? UINT64_MAX : UINT32_MAX);
    uint32_t data = width_random_id(b);
    struct answer a;

    (void)e;
    (void)group;
    (void)bit;
    if (!iommu_write(b, REG_ICS, 4, 1, &a) || !iommu_write(b, REG_IECTL, 4, 0, &a) ||
        !iommu_write(b, REG_IEDATA, 4, data, &a) || !iommu_write(b, REG_IEADDR, 8, addr, &a) ||
        !width_queue(b, TYPE_WAIT | WAIT_IF, 0))
        return false;
    if (b->message_addr == addr && b->message_data == data) {
        decide_value(&b->r->groups[G_IEADDR], addr);
        decide_value(&b->r->groups[G_IEDATA], data);
    }
    return true;
}

/* --- errors --- */

/* bit: IQEI. */
bool width_queue_error(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t iqa = width_random_page(b);
    uint32_t tail = DESCRIPTOR;
    struct answer code, fsts, a;

    (void)e;
    if (bit == 5)
        iqa |= IQA_DW;
    if (bit == 1 || (bit == 5 && (iqa >> 12 & 1))) /* DW goes before a bad tail */
        tail = 0x1000;
    if (bit == 3 || bit == 4) {
        iommu_poke(b, iqa, bit == 3 ? 7 : TYPE_CONTEXT);
        iommu_poke(b, iqa + 8, 0);
    }
    if (!run_to(b, iqa, tail) || !iommu_read(b, REG_IQERCD, 8, &code) ||
        !iommu_read(b, REG_FSTS, 4, &fsts) || !iommu_write(b, REG_FSTS, 4, FSTS_IQE, &a) ||
        !iommu_read(b, REG_IQERCD, 4, &a))
        return false;
    width_decide_if(b,
                    (uint32_t)code.reg[0] == bit && (fsts.reg[0] & FSTS_IQE) != 0 && a.reg[0] == 0,
                    group, bit);
    return true;
}

/* --- every size --- */

/* A step of the march; *reached: the head stands at the tail. */
static bool march_to(struct bench *b, uint32_t tail, bool *reached)
{
    struct answer a;

    if (!iommu_write(b, REG_IQT, 4, tail, &a) || !iommu_read(b, REG_IQH, 4, &a))
        return false;
    *reached = a.reg[0] == tail && done(b);
    if (*reached) {
        decide_value(&b->r->groups[G_IQT], tail);
        decide_value(&b->r->groups[G_IQH], a.reg[0]);
    }
    return true;
}

/* bit: QS. From the first descriptor through the last one to the first again; a tail behind the
 * last is an error. Once for each size in a run. */
bool width_queue_size(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t base = (uint64_t)MARCH_PAGE << 12;
    uint32_t size = 0x1000u << bit, tail = 0;
    bool reached = true, bad_tail;
    struct answer a;

    (void)e;
    if (b->r->groups[group].decided >> bit & 1)
        return true;
    for (uint32_t at = 0; at < size; at += DESCRIPTOR) {
        iommu_poke(b, base + at, TYPE_WAIT);
        iommu_poke(b, base + at + 8, 0);
    }
    if (!run_to(b, base | bit, size & 0x7FFF0))
        return false;
    bad_tail = bit == 7 || refused(b, 1);
    if (!iommu_write(b, REG_FSTS, 4, FSTS_IQE, &a) || !iommu_write(b, REG_IQT, 4, 0, &a) ||
        !iommu_command(b, b->gcmd | GCMD_QIE, 0))
        return false;
    while (reached && tail != size - DESCRIPTOR) {
        tail += (1 + block_below(&b->random, MARCH_STEP)) * DESCRIPTOR;
        if (tail > size - DESCRIPTOR)
            tail = size - DESCRIPTOR;
        if (!march_to(b, tail, &reached))
            return false;
    }
    if (reached && !march_to(b, block_below(&b->random, 8) * DESCRIPTOR, &reached))
        return false;
    width_decide_if(b, reached && bad_tail, group, bit);
    return iommu_command(b, b->gcmd & ~GCMD_QIE, 0);
}
