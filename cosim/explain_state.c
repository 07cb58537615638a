// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "explain_state.h"

#include <string.h>

#include "iommu/iommu.h"
#include "mmu/mmu.h"

struct legality_registers explain_registers(const struct rw_state *state,
                                            const struct rw_cpuid *cpuid)
{
    struct legality_registers r = {.cr0 = state->sys.cr0,
                                   .cr3 = state->sys.cr3,
                                   .cr4 = state->sys.cr4,
                                   .efer = state->sys.efer,
                                   .pkru = (uint32_t)state->sys.pkru,
                                   .pkrs = (uint32_t)state->sys.pkrs,
                                   .maxphyaddr = MMU_MAXPHYADDR,
                                   .no_pat = cpuid->away >> RW_PAT & 1,
                                   .no_pse36 = cpuid->away >> RW_PSE36 & 1,
                                   .no_page1gb = cpuid->away >> RW_PDPE1GB & 1};

    memcpy(r.pdpte, state->sys.pdpte, sizeof(r.pdpte));
    return r;
}

struct explain_unit explain_unit(const struct rw_vtd *vtd)
{
    struct iommu_config c = iommu_config_of(vtd);
    uint32_t there = ~c.away;

    return (struct explain_unit){
        .haw = c.haw,
        .device_tlbs = there >> IOMMU_DT & 1,
        .pass_through = there >> IOMMU_PT & 1,
        .zero_length_reads = there >> IOMMU_ZLR & 1,
        .large_2m = there >> IOMMU_2M & 1,
        .large_1g = there >> IOMMU_1G & 1,
        .levels = {
            [3] = there >> IOMMU_39 & 1, [4] = there >> IOMMU_48 & 1, [5] = there >> IOMMU_57 & 1}};
}

struct explain_interrupt_query explain_interrupts_of(const struct iommu *u,
                                                     const struct rw_vtd *vtd)
{
    uint32_t status = iommu_status(u);

    return (struct explain_interrupt_query){.enabled = status >> 25 & 1,
                                            .compatibility = status >> 23 & 1,
                                            .x2apic = ~iommu_config_of(vtd).away >> IOMMU_EIM & 1,
                                            .table = iommu_interrupt_table(u)};
}

struct explain_gate_query explain_gate_of(const struct iommu *u, const struct rw_vtd *vtd)
{
    struct explain_gate_query q = {.translation = iommu_status(u) >> 31 & 1,
                                   .haw = iommu_config_of(vtd).haw};

    for (unsigned high = 0; high < 2; high++) {
        struct iommu_region region = iommu_protected(u, high);

        q.region[high].base = region.base;
        q.region[high].limit = region.limit;
    }
    return q;
}

uint64_t explain_read(void *mem, uint64_t addr, unsigned bytes)
{
    uint64_t word = 0;

    explain_read_words(mem, addr, bytes, &word);
    return word;
}

bool explain_read_words(void *mem, uint64_t addr, unsigned bytes, uint64_t *words)
{
    const struct rw_mem *m = mem;
    bool ram = rw_mem_is_ram(m, addr, bytes);

    memset(words, 0xFF, bytes);
    if (ram)
        memcpy(words, m->ram + addr, bytes);
    return ram;
}
