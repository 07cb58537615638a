// SPDX-License-Identifier: Apache-2.0
// The IOMMU model on a small memory, for the iommu_*_test.c: one device (source-id 0x0010, DID 7)
// behind a 4-level table, and a trace of everything the unit did, one letter each:
//   7, 6, 5..1, 9, 8 entry or descriptor read   A data access   S status write   M message let
//   through e event message action   w, r register access    F fault record   E event record   m
//   env message C, I invalidation   D descriptor executed   Q queue error   V invalidation sent to
//   a device-TLB   K its completion   T its time-out
#ifndef IOMMU_BENCH_H
#define IOMMU_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "iommu/iommu.h"

#define BENCH_SID 0x0010
#define BENCH_DID 7

/* Where the bench's tables stand. */
#define BENCH_ROOT    0x10000u
#define BENCH_CONTEXT 0x11000u
#define BENCH_L4      0x20000u
#define BENCH_L3      0x21000u
#define BENCH_L2      0x22000u
#define BENCH_L1      0x23000u
#define BENCH_L5      0x25000u
#define BENCH_IRT     0x28000u
#define BENCH_QUEUE   0x2C000u

#define GCMD     0x018u
#define GSTS     0x01Cu
#define RTADDR   0x020u
#define CCMD     0x028u
#define FSTS     0x034u
#define FECTL    0x038u
#define FEDATA   0x03Cu
#define FEADDR   0x040u
#define FEUADDR  0x044u
#define PMEN     0x064u
#define PLMBASE  0x068u
#define PLMLIMIT 0x06Cu
#define PHMBASE  0x070u
#define PHMLIMIT 0x078u
#define IQH      0x080u
#define IQT      0x088u
#define IQA      0x090u
#define ICS      0x09Cu
#define IECTL    0x0A0u
#define IEDATA   0x0A4u
#define IEADDR   0x0A8u
#define IEUADDR  0x0ACu
#define IQERCD   0x0B0u
#define IRTA     0x0B8u
#define IVA      0x100u
#define IOTLB    0x108u
#define FRCD     0x200u

#define GCMD_TE    UINT32_C(0x80000000)
#define GCMD_SRTP  UINT32_C(0x40000000)
#define GCMD_QIE   UINT32_C(0x04000000)
#define GCMD_IRE   UINT32_C(0x02000000)
#define GCMD_SIRTP UINT32_C(0x01000000)
#define GCMD_CFI   UINT32_C(0x00800000)

struct bench {
    struct iommu *u;
    uint64_t mem[0x30000 / 8];
    char trace[256];
    uint64_t unclaimed;                 /* reads of this page: nobody claims them; 0 none */
    struct rec_iommu last;              /* newest record of kind 2 to 9 */
    struct rec_iommu command;           /* newest of kind 6, 7 */
    struct rec_iwalk walk;              /* newest entry read */
    struct iommu_step event;            /* newest IOMMU_DO_EVENT */
    struct iommu_step status;           /* newest IOMMU_DO_WRITE */
    struct iommu_step sent;             /* newest IOMMU_DO_MESSAGE */
    struct iommu_invalidate invalidate; /* newest */
    uint64_t message_addr;
    uint32_t message_data;
};

static inline void bench_note(struct bench *b, char c)
{
    size_t n = strlen(b->trace);

    if (n + 1 < sizeof(b->trace))
        b->trace[n] = c;
}

static inline void bench_clear_trace(struct bench *b)
{
    memset(b->trace, 0, sizeof(b->trace));
}

static inline void bench_on_iwalk(void *ctx, const struct rec_iwalk *r)
{
    struct bench *b = ctx;

    b->walk = *r;
    bench_note(b, (char)('0' + r->kind));
}

static inline void bench_on_iommu(void *ctx, const struct rec_iommu *r)
{
    struct bench *b = ctx;

    bench_note(b, "wrFECIDQKT"[r->kind]);
    if (r->kind != IOMMU_REG_READ && r->kind != IOMMU_REG_WRITE)
        b->last = *r;
    if (r->kind == IOMMU_DESCRIPTOR || r->kind == IOMMU_QUEUE_ERROR)
        b->command = *r;
}

static inline void bench_on_message(void *ctx, uint64_t addr, uint32_t data)
{
    struct bench *b = ctx;

    b->message_addr = addr;
    b->message_data = data;
    bench_note(b, 'm');
}

static inline void bench_on_invalidate(void *ctx, const struct iommu_invalidate *i)
{
    struct bench *b = ctx;

    b->invalidate = *i;
    bench_note(b, 'V');
}

static inline void bench_put(struct bench *b, uint64_t addr, uint64_t value)
{
    b->mem[addr / 8] = value;
}

/* lo and hi of a context entry of the bench's bus. */
static inline void bench_context(struct bench *b, unsigned sid, uint64_t lo, uint64_t hi)
{
    bench_put(b, BENCH_CONTEXT + 16u * (sid & 0xFF), lo);
    bench_put(b, BENCH_CONTEXT + 16u * (sid & 0xFF) + 8, hi);
}

static inline void bench_write4(struct bench *b, uint32_t offset, uint32_t value)
{
    iommu_reg_write(b->u, offset, 4, value);
}

static inline void bench_write8(struct bench *b, uint32_t offset, uint64_t value)
{
    iommu_reg_write(b->u, offset, 8, value);
}

static inline uint32_t bench_read4(struct bench *b, uint32_t offset)
{
    return (uint32_t)iommu_reg_read(b->u, offset, 4);
}

/* Translation enabled; the first 16 pages of the address space map to 0x8_0000_0000 onward. */
static inline struct bench *bench_create_with(const struct iommu_config *config)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct iommu_env env = {b, bench_on_iwalk, bench_on_iommu, bench_on_message,
                            bench_on_invalidate};

    if (b == NULL)
        abort();
    b->u = iommu_create(config, &env);
    if (b->u == NULL)
        abort();
    bench_put(b, BENCH_ROOT, BENCH_CONTEXT | 1);
    bench_context(b, BENCH_SID, BENCH_L4 | 1, BENCH_DID << 8 | 2);
    bench_put(b, BENCH_L4, BENCH_L3 | 3);
    bench_put(b, BENCH_L3, BENCH_L2 | 3);
    bench_put(b, BENCH_L2, BENCH_L1 | 3);
    for (unsigned i = 0; i < 16; i++)
        bench_put(b, BENCH_L1 + 8 * i, (UINT64_C(0x800000000) + 0x1000 * i) | 3);
    bench_write8(b, RTADDR, BENCH_ROOT);
    bench_write4(b, GCMD, UINT32_C(0x40000000));
    bench_write4(b, GCMD, UINT32_C(0x80000000));
    bench_clear_trace(b);
    return b;
}

static inline struct bench *bench_create(void)
{
    struct iommu_config config = iommu_default_config();

    return bench_create_with(&config);
}

static inline void bench_destroy(struct bench *b)
{
    iommu_destroy(b->u);
    free(b);
}

/* Reads outside of the bench's memory give zero. */
static inline struct iommu_read bench_fetch(const struct bench *b, const struct iommu_step *s)
{
    struct iommu_read read = {{0, 0}, false};

    for (unsigned i = 0; i < s->bytes / 8; i++)
        if (s->addr + 8 * i < sizeof(b->mem))
            read.data[i] = b->mem[s->addr / 8 + i];
    if (b->unclaimed != 0 && s->addr >> 12 == b->unclaimed >> 12) {
        memset(read.data, 0xFF, s->bytes);
        read.error = true;
    }
    return read;
}

/* What one step asks for; the answer to a read. */
static inline struct iommu_read bench_step(struct bench *b, const struct iommu_step *s)
{
    if (s->action == IOMMU_DO_READ)
        return bench_fetch(b, s);
    bench_note(b, " ASMe"[s->action]);
    if (s->action == IOMMU_DO_EVENT)
        b->event = *s;
    else if (s->action == IOMMU_DO_WRITE)
        b->status = *s;
    else if (s->action == IOMMU_DO_MESSAGE)
        b->sent = *s;
    return (struct iommu_read){{0, 0}, false};
}

static inline struct rec_dma bench_run(struct bench *b, const struct rec_dma *in)
{
    struct iommu_request q;
    struct iommu_step s = iommu_dma_begin(b->u, &q, in);

    while (s.action != IOMMU_DO_DONE) {
        struct iommu_read read = bench_step(b, &s);

        s = iommu_dma_next(b->u, &q, s.action == IOMMU_DO_READ ? &read : NULL);
    }
    return q.out;
}

static inline void bench_command_rest(struct bench *b, struct iommu_command *c, struct iommu_step s)
{
    while (s.action != IOMMU_DO_DONE) {
        struct iommu_read read = bench_step(b, &s);

        s = iommu_queue_next(b->u, c, s.action == IOMMU_DO_READ ? &read : NULL);
    }
}

/* One descriptor, which must be due; the trace begins anew. */
static inline struct iommu_command bench_command(struct bench *b)
{
    struct iommu_command c;

    bench_clear_trace(b);
    bench_command_rest(b, &c, iommu_queue_begin(b->u, &c));
    return c;
}

/* A completion, a time-out: the same. */
static inline struct iommu_command bench_complete(struct bench *b, unsigned sid, bool error)
{
    struct iommu_command c;

    bench_clear_trace(b);
    bench_command_rest(b, &c, iommu_complete(b->u, &c, (uint16_t)sid, error));
    return c;
}

static inline struct iommu_command bench_time_out(struct bench *b)
{
    struct iommu_command c;

    bench_clear_trace(b);
    bench_command_rest(b, &c, iommu_time_out(b->u, &c));
    return c;
}

static inline struct rec_dma bench_read(struct bench *b, uint64_t iova)
{
    struct rec_dma in = {.sid = BENCH_SID, .iova = iova, .len = 8};

    bench_clear_trace(b);
    return bench_run(b, &in);
}

static inline struct rec_dma bench_write(struct bench *b, uint64_t iova)
{
    struct rec_dma in = {.sid = BENCH_SID, .iova = iova, .len = 8, .write = 1};

    bench_clear_trace(b);
    return bench_run(b, &in);
}

static inline struct rec_dma bench_read_of(struct bench *b, unsigned sid, uint64_t iova)
{
    struct rec_dma in = {.sid = (uint16_t)sid, .iova = iova, .len = 8};

    bench_clear_trace(b);
    return bench_run(b, &in);
}

/* A zero-length read. */
static inline struct rec_dma bench_read_zero(struct bench *b, uint64_t iova)
{
    struct rec_dma in = {.sid = BENCH_SID, .iova = iova};

    bench_clear_trace(b);
    return bench_run(b, &in);
}

#endif
