// SPDX-License-Identifier: Apache-2.0
// The Verilated mmu_top, iommu_top and bus_top behind a plain interface, for the block benches.
// Memory is the bench's: every access of the block is handed to it at its ack.
#ifndef RW_VERILATED_BLOCK_H
#define RW_VERILATED_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "ringwalk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One acked access: 16 lanes of an aligned block; for a read the bench fills data. */
struct vblock_access {
    uint64_t addr;
    uint16_t be;
    uint8_t src;
    bool write, lock;
    bool walk, speculative; /* of the MMU: as a walker's must be; for no request (spec_o) */
    bool plain;             /* of the IOMMU: memory, or a message */
    bool error;             /* the bench: nobody claims what is read */
    uint8_t data[16];
};

/* What the IOMMU sends to a device-TLB. */
struct vblock_invalidation {
    uint64_t addr; /* bits 63:12 */
    uint16_t sid;
    bool size; /* S */
};

struct vblock_env {
    void *ctx;
    uint64_t seed; /* of what has no reset, and of x */
    bool strict;   /* a design of somebody else's: inputs settle first, its pins are checked */
    bool told;     /* of the IOMMU: its records are made of its pins (docs/your-own-iommu.md) */
    void (*access)(void *ctx, struct vblock_access *a);
    unsigned (*wait_states)(void *ctx); /* before the ack of the next access */
    void (*xlate)(void *ctx, const struct rec_xlate *r);
    void (*walk)(void *ctx, const struct rec_walk *r);
    void (*dma)(void *ctx, const struct rec_dma *r);
    void (*iwalk)(void *ctx, const struct rec_iwalk *r);
    void (*iommu)(void *ctx, const struct rec_iommu *r);
    void (*invalidate)(void *ctx, const struct vblock_invalidation *i);
};

/* A port that did what the contract forbids, strict alone: the first. */
struct vblock_breach {
    const char *port, *seen, *wanted; /* port NULL: none */
    uint64_t cycle;
};

#define VBLOCK_HANG_CYCLES 5000 /* no answer in so many: the call returns false */

struct vmmu;

#define VMMU_MTRRS 8

struct vmmu_ctx {
    bool pg, pse, pae, lma, la57; /* the paging mode: CR0, CR4, EFER */
    bool wp, pge, pcide, smep, smap, pke, pks, nxe, ac;
    bool no_pat, no_pse36, no_pdpe1gb; /* features that are not there */
    uint32_t pkru, pkrs;
    uint64_t cr3, pat;
    uint64_t mtrr_def_type, mtrr_base[VMMU_MTRRS], mtrr_mask[VMMU_MTRRS]; /* as the MSRs */
};

struct vmmu *vmmu_create(const struct vblock_env *env);
void vmmu_destroy(struct vmmu *v);
void vmmu_context(struct vmmu *v, const struct vmmu_ctx *c);
/* latency: cycles to the answer as the pins have them, those in which the block waited for an ack
 * left out. Without an answer in so many cycles the request stays up; only a reset may follow. */
bool vmmu_translate(struct vmmu *v, uint64_t va, unsigned access, bool user, bool implicit,
                    unsigned cycles, unsigned *latency);
void vmmu_reset(struct vmmu *v, unsigned cycles);
/* Nothing is asked for. */
void vmmu_idle(struct vmmu *v, unsigned cycles);
/* Asks for a flush; it stays up, beside the next request too, until vmmu_flush(). */
void vmmu_flush_wait(struct vmmu *v, unsigned kind, uint64_t va, uint16_t pcid);
/* False when it was not taken in so many cycles (at once: in the first, while nothing is in
 * flight), or before, beside a request. */
bool vmmu_flush(struct vmmu *v, unsigned kind, uint64_t va, uint16_t pcid, unsigned cycles);
/* Loads the PDPTE registers from the 32 bytes at CR3[31:5]; cycles and latency as in
 * vmmu_translate. fault: they stay as they are. */
bool vmmu_load_pdpte(struct vmmu *v, uint64_t cr3, unsigned cycles, unsigned *latency, bool *fault);
/* The PDPTE registers as they stand after the newest cycle. */
void vmmu_pdpte(const struct vmmu *v, uint64_t pdpte[4]);
uint64_t vmmu_cycle(const struct vmmu *v);

const struct vblock_breach *vmmu_first_breach(const struct vmmu *v);
bool vmmu_wave(struct vmmu *v, const char *path, uint64_t from, uint64_t to);
/* In a copy of the process, which cannot destroy the block: it lacks the threads of the one that
 * made it. */
void vmmu_wave_close(struct vmmu *v);

struct viommu;

struct viommu *viommu_create(const struct vblock_env *env);
void viommu_destroy(struct viommu *v);
/* What the unit has; constant from the next reset on. */
void viommu_config(struct viommu *v, const struct rw_vtd *vtd);
/* What is asked of the unit: at most one request, up to two register accesses one after the other,
 * up to two completions of device-TLBs likewise. Time is counted in cycles from the call, those in
 * which the unit waits for an ack left out. */
#define VIOMMU_REGS        2
#define VIOMMU_COMPLETIONS 2

struct viommu_reg {
    bool write;
    uint32_t offset;
    unsigned bytes;
    uint64_t wdata;
    unsigned after; /* raised so many cycles after the call; the second: after the first's ack */
};

struct viommu_completion {
    uint16_t sid;
    bool error;
    unsigned after; /* as of a register access, by itself */
};

struct viommu_ask {
    bool dma;
    struct rec_dma in; /* sid, iova, write, at, len, tag, data */
    unsigned dma_after;
    bool flies;    /* told alone: it is not waited for, only accepted */
    bool lands;    /* told alone: all that is in flight is answered */
    unsigned room; /* told alone: raised when fewer are in flight */
    unsigned regs;
    struct viommu_reg reg[VIOMMU_REGS];
    unsigned completions;
    struct viommu_completion completion[VIOMMU_COMPLETIONS];
    unsigned lasts;  /* so many cycles at least */
    bool settles;    /* the unit may have things of its own to do */
    unsigned cycles; /* no more than so many; only a reset may follow an end before the end */
};

struct viommu_told {
    bool ok;
    uint8_t rdata[16];
    uint64_t reg_rdata[VIOMMU_REGS];
    unsigned accepted, answered, acked[VIOMMU_REGS];
    unsigned completed[VIOMMU_COMPLETIONS]; /* accepted */
    bool stray;                             /* a pin that belongs to one that is low was not */
    bool rest;                              /* told alone: nothing is under way */
    const char *missing;                    /* after an end before the end: a port that is due */
    unsigned idle;                          /* the unit would take the next thing in this cycle */
};

/* True when everything was answered and the unit was idle again; strict: when nothing more came of
 * it for a while. */
bool viommu_run(struct viommu *v, const struct viommu_ask *ask, struct viommu_told *told);
const struct vblock_breach *viommu_first_breach(const struct viommu *v);
void viommu_reset(struct viommu *v, unsigned cycles);
uint64_t viommu_cycle(const struct viommu *v);
bool viommu_wave(struct viommu *v, const char *path, uint64_t from, uint64_t to);
void viommu_wave_close(struct viommu *v);

/* The bus: pins, cycle by cycle. */
struct vbus_request {
    uint64_t addr;
    uint8_t wdata[16];
    uint32_t high; /* 24 bits */
    uint16_t be;
    uint8_t valid, src, write, io, lock;
    uint8_t zero[5];
};

struct vbus_in {
    struct vbus_request m[2];
    uint8_t mem_rdata[16];
    uint64_t reg_rdata;
    uint8_t mem_ack, mem_err, reg_ack, reset;
};

struct vbus_out {
    uint64_t cycle; /* of the adapter; counts through resets */
    struct vbus_request mem;
    uint8_t rdata[2][16];
    uint64_t reg_wdata, seq, snoop_addr;
    struct rec_bus record;
    uint16_t reg_offset;
    uint8_t ack[2], err[2];
    uint8_t reg_valid, reg_write, reg_bytes, snoop_valid, record_valid;
    uint8_t zero[5];
};

struct vbus;

struct vbus *vbus_create(const struct vblock_env *env);
void vbus_destroy(struct vbus *v);
/* One cycle: the outputs that the inputs give, then the rising edge. */
void vbus_cycle(struct vbus *v, const struct vbus_in *in, struct vbus_out *out);
uint64_t vbus_cycle_count(const struct vbus *v);
bool vbus_wave(struct vbus *v, const char *path, uint64_t from, uint64_t to);
void vbus_wave_close(struct vbus *v);

#ifdef __cplusplus
}
#endif
#endif
