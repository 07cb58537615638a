// SPDX-License-Identifier: Apache-2.0
// Pins of iommu_top.
#include "Viommu_top.h"

#include "verilated_block.hh"

template <> void block_clock<Viommu_top>::source(vblock_access &a)
{
    a.src = top->mem_src_o;
    a.lock = false;
}

template <> void block_clock<Viommu_top>::quiet()
{
    top->dma_valid_i = 0;
    top->reg_valid_i = 0;
    top->mem_ack_i = 0;
}

struct viommu {
    block_clock<Viommu_top> clock;
    // Other outputs of the last cycle.
    bool ok = false, ready = false;
    uint8_t rdata[16] = {};
    uint64_t reg_rdata = 0;

    explicit viommu(const vblock_env *env) : clock(env)
    {
    }
    // One cycle; `output` is read before the rising edge that ends it.
    bool cycle(const uint8_t &output)
    {
        const vblock_env &env = clock.env;
        Viommu_top *top = clock.top.get();

        clock.begin();
        if (top->iwalk_valid_o)
            env.iwalk(env.ctx, reinterpret_cast<const rec_iwalk *>(&top->iwalk_o[0]));
        if (top->iommu_trace_valid_o)
            env.iommu(env.ctx, reinterpret_cast<const rec_iommu *>(&top->iommu_trace_o[0]));
        if (top->dma_trace_valid_o)
            env.dma(env.ctx, reinterpret_cast<const rec_dma *>(&top->dma_trace_o[0]));
        bool seen = output != 0;
        ok = top->dma_rsp_ok_o;
        memcpy(rdata, &top->dma_rsp_rdata_o[0], sizeof rdata);
        reg_rdata = top->reg_rdata_o;
        ready = top->dma_ready_o;
        clock.end();
        return seen;
    }
};

viommu *viommu_create(const vblock_env *env)
{
    return new viommu(env);
}

void viommu_destroy(viommu *v)
{
    delete v;
}

bool viommu_dma(viommu *v, const rec_dma *in, bool *ok, uint8_t rdata[16])
{
    Viommu_top *top = v->clock.top.get();
    bool answered = false;

    top->dma_sid_i = in->sid;
    top->dma_addr_i = in->iova;
    top->dma_write_i = in->write;
    top->dma_at_i = in->at;
    top->dma_len_i = in->len;
    top->dma_tag_i = in->tag;
    memcpy(&top->dma_wdata_i[0], in->data, 16);
    top->dma_valid_i = 1;
    for (unsigned i = 0; i < VBLOCK_HANG_CYCLES && !answered; i++) {
        answered = v->cycle(top->dma_rsp_valid_o);
        if (v->ready)
            top->dma_valid_i = 0;
    }
    top->dma_valid_i = 0;
    *ok = v->ok;
    memcpy(rdata, v->rdata, 16);
    return answered;
}

bool viommu_register(viommu *v, bool write, uint32_t offset, unsigned bytes, uint64_t *value)
{
    Viommu_top *top = v->clock.top.get();
    bool acked = false;

    top->reg_write_i = write;
    top->reg_offset_i = offset;
    top->reg_bytes_i = bytes;
    top->reg_wdata_i = write ? *value : 0;
    top->reg_valid_i = 1;
    for (unsigned i = 0; i < VBLOCK_HANG_CYCLES && !acked; i++)
        acked = v->cycle(top->reg_ack_o);
    if (acked && !write)
        *value = v->reg_rdata;
    top->reg_valid_i = 0;
    /* What the write set off (an event message) is over when the unit is quiet again. */
    for (unsigned quiet = 0, i = 0; quiet < 3 && i < VBLOCK_HANG_CYCLES; i++)
        quiet = v->cycle(top->mem_valid_o) ? 0 : quiet + 1;
    return acked;
}

uint64_t viommu_cycle(const viommu *v)
{
    return v->clock.cycle;
}

bool viommu_wave(viommu *v, const char *path, uint64_t from, uint64_t to)
{
    return v->clock.set_wave(path, from, to);
}
