// SPDX-License-Identifier: Apache-2.0
// What stands around one device in a unit test: it remembers what the device asked for.
#ifndef HOST_BENCH_H
#define HOST_BENCH_H

#include <string.h>

#include "devices/device.h"
#include "gt.h"

#define HOST_BENCH_DMA 512

struct host_bench {
    struct device_host host;
    uint32_t lines;         /* levels */
    unsigned resets, exits; /* asked for */
    uint32_t exit_status;   /* of the last */
    unsigned requests;      /* DMA asked for and not yet answered */
    struct device_dma request[HOST_BENCH_DMA];
};

static inline void host_bench_irq(void *ctx, unsigned line, bool level)
{
    struct host_bench *b = ctx;

    b->lines = level ? b->lines | 1u << line : b->lines & ~(1u << line);
}

static inline void host_bench_reset(void *ctx)
{
    ((struct host_bench *)ctx)->resets++;
}

static inline void host_bench_exit(void *ctx, uint32_t status)
{
    struct host_bench *b = ctx;

    b->exits++;
    b->exit_status = status;
}

static inline void host_bench_dma(void *ctx, const struct device_dma *req)
{
    struct host_bench *b = ctx;

    EXPECT_TRUE(b->requests < HOST_BENCH_DMA);
    if (b->requests < HOST_BENCH_DMA)
        b->request[b->requests++] = *req;
}

static inline void host_bench_init(struct host_bench *b)
{
    memset(b, 0, sizeof(*b));
    b->host = (struct device_host){.ctx = b,
                                   .dma = host_bench_dma,
                                   .guest_exit = host_bench_exit,
                                   .reset = host_bench_reset,
                                   .irq = host_bench_irq};
}

/* The oldest request, taken. */
static inline struct device_dma host_bench_take(struct host_bench *b)
{
    struct device_dma first = b->request[0];

    memmove(b->request, b->request + 1, --b->requests * sizeof(first));
    return first;
}

#endif
