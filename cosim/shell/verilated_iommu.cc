// SPDX-License-Identifier: Apache-2.0
// Pins of iommu_top.
#include "Viommu_top.h"

#include "verilated_block.hh"

template <> void block_clock<Viommu_top>::source(vblock_access &a)
{
    a.src = top->mem_src_o;
    a.lock = false;
    a.addr |= uint64_t{top->mem_high_o} << 40;
}

template <> void block_clock<Viommu_top>::answer(const vblock_access &a)
{
    top->mem_err_i = a.error;
}

template <> void block_clock<Viommu_top>::quiet()
{
    top->dma_valid_i = 0;
    top->reg_valid_i = 0;
    top->cpl_valid_i = 0;
    top->mem_ack_i = 0;
    top->mem_err_i = 0;
    block_take(top.get());
}

struct viommu {
    block_clock<Viommu_top> clock;
    bool changed = false; // inputs of the requester, since they were last taken

    explicit viommu(const vblock_env *env) : clock(env)
    {
        clock.top->vtd_records_i = 7;
    }
    void records()
    {
        const vblock_env &env = clock.env;
        Viommu_top *top = clock.top.get();

        if (top->iwalk_valid_o)
            env.iwalk(env.ctx, reinterpret_cast<const rec_iwalk *>(&top->iwalk_o[0]));
        if (top->iommu_trace_valid_o)
            env.iommu(env.ctx, reinterpret_cast<const rec_iommu *>(&top->iommu_trace_o[0]));
        if (top->inv_valid_o) {
            vblock_invalidation i{};
            i.addr = uint64_t{top->inv_addr_o} << 12;
            i.sid = top->inv_sid_o;
            i.size = top->inv_s_o;
            env.invalidate(env.ctx, &i);
        }
        if (top->dma_trace_valid_o)
            env.dma(env.ctx, reinterpret_cast<const rec_dma *>(&top->dma_trace_o[0]));
    }
    void raise_dma(const rec_dma &in)
    {
        Viommu_top *top = clock.top.get();

        top->dma_sid_i = in.sid;
        top->dma_addr_i = in.iova;
        top->dma_write_i = in.write;
        top->dma_at_i = in.at;
        top->dma_len_i = in.len;
        top->dma_tag_i = in.tag;
        memcpy(&top->dma_wdata_i[0], in.data, 16);
        top->dma_valid_i = 1;
        changed = true;
    }
    void raise_completion(const viommu_completion &c)
    {
        Viommu_top *top = clock.top.get();

        top->cpl_sid_i = c.sid;
        top->cpl_error_i = c.error;
        top->cpl_valid_i = 1;
        changed = true;
    }
    // docs/iommu.md I103, I104: high only when they mean something.
    bool stray()
    {
        Viommu_top *top = clock.top.get();

        return (!top->inv_valid_o && (top->inv_sid_o | top->inv_s_o | top->inv_addr_o) != 0) ||
               (!top->cpl_valid_i && top->cpl_ready_o);
    }
    void raise_reg(const viommu_reg &r)
    {
        Viommu_top *top = clock.top.get();

        top->reg_write_i = r.write;
        top->reg_offset_i = r.offset;
        top->reg_bytes_i = r.bytes;
        top->reg_wdata_i = r.write ? r.wdata : 0;
        top->reg_valid_i = 1;
        changed = true;
    }
};

viommu *viommu_create(const vblock_env *env)
{
    return new viommu(env);
}

void viommu_config(viommu *v, const rw_vtd *vtd)
{
    v->clock.top->vtd_away_i = static_cast<uint16_t>(vtd->away);
    v->clock.top->vtd_records_i = vtd->fault_records == 0 ? 7 : vtd->fault_records - 1;
    block_take(v->clock.top.get());
    v->clock.top->eval(); // the next edge of take_i is another
}

void viommu_destroy(viommu *v)
{
    delete v;
}

// 32768 descriptors, each with a status and an event, and all their wait states.
static const unsigned longest_queue = 32768 * 64;

bool viommu_run(viommu *v, const viommu_ask *ask, viommu_told *told)
{
    Viommu_top *top = v->clock.top.get();
    bool dma_waits = ask->dma, dma_runs = ask->dma;
    bool settled = false;
    unsigned reg = 0, reg_due = ask->reg[0].after, t = 0;
    unsigned cpl = 0, cpl_due = ask->completion[0].after;

    memset(told, 0, sizeof *told);
    for (unsigned i = 0, all = 0; i < ask->cycles && all < longest_queue; i++, all++) {
        // While memory lets the unit wait no time passes: what is due next comes already.
        unsigned now = t + v->clock.waiting;
        if (dma_waits && now >= ask->dma_after && !top->dma_valid_i)
            v->raise_dma(ask->in);
        if (reg < ask->regs && now >= reg_due && !top->reg_valid_i)
            v->raise_reg(ask->reg[reg]);
        if (cpl < ask->completions && now >= cpl_due && !top->cpl_valid_i)
            v->raise_completion(ask->completion[cpl]);
        top->take_i = v->changed;
        v->clock.begin();
        top->take_i = v->changed = false;
        v->records();
        bool ready = top->dma_ready_o, taken = ready && top->dma_valid_i;
        bool answered = top->dma_rsp_valid_o, acked = top->reg_ack_o && top->reg_valid_i;
        bool completed = top->cpl_ready_o && top->cpl_valid_i;
        bool over = !dma_runs && reg == ask->regs && cpl == ask->completions && t >= ask->lasts;
        told->stray = told->stray || v->stray();
        if (answered) {
            told->answered = t;
            told->ok = top->dma_rsp_ok_o;
            memcpy(told->rdata, &top->dma_rsp_rdata_o[0], 16);
        }
        if (acked)
            told->reg_rdata[reg] = top->reg_rdata_o;
        if (v->clock.answered && ask->settles && ask->cycles == VBLOCK_HANG_CYCLES)
            i = 0; // it goes on through its queue
        v->clock.end();
        if (over && ready && (!ask->settles || settled)) {
            told->idle = ask->settles ? t - 1 : t;
            return true;
        }
        settled = over && ready;
        if (taken) {
            told->accepted = t;
            dma_waits = false;
            top->dma_valid_i = 0;
            v->changed = true;
        }
        if (answered)
            dma_runs = false;
        if (acked) {
            told->acked[reg++] = t;
            top->reg_valid_i = 0;
            v->changed = true;
            reg_due = reg < ask->regs ? t + 1 + ask->reg[reg].after : 0;
        }
        if (completed) {
            told->completed[cpl++] = t;
            top->cpl_valid_i = 0;
            v->changed = true;
            cpl_due = cpl < ask->completions ? t + 1 + ask->completion[cpl].after : 0;
        }
        t += !v->clock.waiting;
    }
    return false;
}

void viommu_reset(viommu *v, unsigned cycles)
{
    v->clock.reset(cycles);
}

uint64_t viommu_cycle(const viommu *v)
{
    return v->clock.cycle;
}

bool viommu_wave(viommu *v, const char *path, uint64_t from, uint64_t to)
{
    return v->clock.set_wave(path, from, to);
}
