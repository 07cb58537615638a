// SPDX-License-Identifier: Apache-2.0
// The Verilated soc_top behind a plain interface: knows the pins, not what is attached to them.
#ifndef RW_VERILATED_SOC_H
#define RW_VERILATED_SOC_H

#include <stdbool.h>
#include <stdint.h>

#include "shell.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One bus access that is not RAM. */
struct vsoc_access {
    uint64_t cycle, addr; /* byte address of the first enabled lane, or the port */
    unsigned bytes;
    bool write, io;
    uint8_t src;
    uint8_t data[16]; /* from the first byte: written, or to be filled in */
};

/* One DMA request at the IOMMU's upstream port. */
struct vsoc_dma {
    uint64_t addr;
    uint16_t sid;
    uint8_t at, len, tag;
    bool write;
    uint8_t data[16];
};

/* fault, pa: of an IOMMU of somebody else's. */
struct vsoc_dma_rsp {
    uint8_t tag, fault;
    bool ok;
    uint64_t pa;
    uint8_t data[16];
};

/* What an IOMMU of somebody else's says of itself: it wrote a fault record, has done a descriptor.
 */
struct vsoc_told {
    bool descriptor;
    uint8_t index; /* of the record */
    uint8_t data[16];
};

/* A device-TLB's completion of an invalidation. */
struct vsoc_completion {
    uint16_t sid;
    bool error;
};

/* What the unit sends to a device-TLB. */
struct vsoc_invalidation {
    uint64_t addr; /* bits 63:12 */
    uint16_t sid;
    bool size; /* S */
};

/* What is attached to the pins. */
struct vsoc_board {
    void *ctx;
    void (*access)(void *ctx, struct vsoc_access *a);
    bool (*dma_next)(void *ctx, struct vsoc_dma *d); /* the request to present, if there is one */
    void (*dma_accepted)(void *ctx, uint64_t cycle);
    void (*dma_response)(void *ctx, uint64_t cycle, const struct vsoc_dma_rsp *r);
    bool (*completion_next)(void *ctx, struct vsoc_completion *c); /* as dma_next */
    void (*completion_accepted)(void *ctx, uint64_t cycle);
    void (*invalidate)(void *ctx, uint64_t cycle, const struct vsoc_invalidation *i);
    void (*told)(void *ctx, uint64_t cycle, const struct vsoc_told *t);
    void (*inta)(void *ctx, uint64_t cycle, int32_t offered); /* intr_note, as the pins had it */
    void (*tick)(void *ctx, uint64_t cycle);                  /* called when cycle reaches wake */
};

/* Pins that the board drives at any time, and the cycle at which it wants tick. */
struct vsoc_pins {
    bool intr, nmi, dma_pending, completion_pending;
    uint8_t intr_vector;
    int32_t intr_note; /* the board's own, given back with inta */
    uint64_t wake;
};

struct vsoc;

struct vsoc *vsoc_create(const struct shell_config *config, const struct shell_sink *sink,
                         const struct vsoc_board *board);
void vsoc_destroy(struct vsoc *v);
struct vsoc_pins *vsoc_board_pins(struct vsoc *v);
/* Up to n cycles; fewer when vsoc_stop was called. Returns the cycles done. */
uint64_t vsoc_run(struct vsoc *v, uint64_t n);
void vsoc_stop(struct vsoc *v);
void vsoc_reset(struct vsoc *v);
void vsoc_ask(struct vsoc *v, bool ask);
uint64_t vsoc_written(const struct vsoc *v);
uint64_t vsoc_cycle(const struct vsoc *v);
bool vsoc_halted(const struct vsoc *v);
bool vsoc_shut_down(const struct vsoc *v);
bool vsoc_wave_open(struct vsoc *v, const char *path);
void vsoc_wave_close(struct vsoc *v);

#ifdef __cplusplus
}
#endif
#endif
