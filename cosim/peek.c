// SPDX-License-Identifier: Apache-2.0
// See the header. An MMU of the model's own making, whose caches are empty and whose writes are
// dropped.
#include "peek.h"

#include <string.h>

#include "mmu/mmu.h"

#define PAGE UINT64_C(4096)

static uint64_t read_entry(void *ctx, uint64_t pa, unsigned bytes)
{
    const struct rw_mem *mem = ctx;
    uint64_t value = 0;

    if (rw_mem_is_ram(mem, pa, bytes))
        memcpy(&value, mem->ram + pa, bytes);
    return value; /* not present */
}

static void drop_write(void *ctx, uint64_t pa, unsigned bytes, uint64_t value)
{
    (void)ctx, (void)pa, (void)bytes, (void)value;
}

/* SDM Vol. 1 "Canonical Addressing"; outside of IA-32e mode linear addresses have 32 bits. */
static bool is_linear(const struct rw_state *state, uint64_t va)
{
    unsigned unused = state->sys.cr4 & MMU_CR4_LA57 ? 7 : 16;

    if (!(state->sys.efer & MMU_EFER_LMA))
        return va <= UINT32_MAX;
    return (uint64_t)((int64_t)(va << unused) >> unused) == va;
}

bool peek_translate(const struct rw_mem *mem, const struct rw_state *state,
                    const struct rw_cpuid *cpuid, uint64_t va, uint64_t *pa)
{
    const struct rec_sys *sys = &state->sys;
    uint64_t away = cpuid->away;
    struct mmu_ctx ctx = {.cr0 = sys->cr0,
                          .cr3 = sys->cr3,
                          .cr4 = sys->cr4,
                          .efer = sys->efer,
                          .pat = sys->pat,
                          .away = (away >> RW_PAT & 1 ? MMU_NO_PAT : 0) |
                                  (away >> RW_PSE36 & 1 ? MMU_NO_PSE36 : 0) |
                                  (away >> RW_PDPE1GB & 1 ? MMU_NO_PDPE1GB : 0),
                          .mtrr.def_type = MTRR_E | MT_WB};
    struct mmu_req req = {.va = va, .access = ACCESS_READ, .ac = true}; /* of ring 0, past SMAP */
    struct mmu_mem words = {(void *)(uintptr_t)mem, read_entry, read_entry, drop_write, NULL};
    struct mmu mmu;
    struct mmu_rsp rsp;

    if (!is_linear(state, va))
        return false;
    mmu_init(&mmu, &words);
    memcpy(mmu.pdpte, sys->pdpte, sizeof(mmu.pdpte));
    mmu_translate(&mmu, &ctx, &req, &rsp);
    *pa = rsp.pa;
    return !rsp.fault;
}

size_t peek_physical(const struct rw_mem *mem, uint64_t pa, void *to, size_t bytes)
{
    char *at = to;
    size_t done = 0;

    while (done < bytes) {
        size_t n = PAGE - (pa & (PAGE - 1));

        n = n < bytes - done ? n : bytes - done;
        if (!rw_mem_is_ram(mem, pa, (unsigned)n))
            break;
        memcpy(at + done, mem->ram + pa, n);
        pa += n;
        done += n;
    }
    return done;
}

size_t peek_linear(const struct rw_mem *mem, const struct rw_state *state,
                   const struct rw_cpuid *cpuid, uint64_t va, void *to, size_t bytes)
{
    char *at = to;
    size_t done = 0;

    while (done < bytes) {
        size_t n = PAGE - (va & (PAGE - 1)), read;
        uint64_t pa;

        n = n < bytes - done ? n : bytes - done;
        if (!peek_translate(mem, state, cpuid, va, &pa))
            break;
        read = peek_physical(mem, pa, at + done, n);
        done += read;
        if (read != n)
            break;
        va += n;
        if (!(state->sys.efer & MMU_EFER_LMA))
            va &= UINT32_MAX;
    }
    return done;
}

uint64_t peek_rip(const struct rw_state *state)
{
    uint64_t base = state->sys.seg[SEG_CS].base;

    return state->regs.mode == MODE_64 ? state->regs.rip : (base + state->regs.rip) & UINT32_MAX;
}
