// SPDX-License-Identifier: Apache-2.0
// Pins of iommu_top.
#include <array>

#include "Viommu_top.h"

#include "verilated_block.hh"
#include "verilated_strict.hh"

template <> void block_clock<Viommu_top>::source(vblock_access &a)
{
    a.src = top->mem_src_o;
    a.lock = false;
    a.plain = top->mem_plain_o;
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

template <> uint64_t bus_pins<Viommu_top>::others(const Viommu_top *top)
{
    return top->mem_src_o | uint64_t{top->mem_high_o} << 3 | uint64_t{top->mem_plain_o} << 27;
}

// The records of a design that tells them at pins: docs/your-own-iommu.md. Of one cycle the request
// that is accepted comes first, an answer last.
struct viommu_told_records {
    struct request {
        bool up = false;
        uint64_t cycle = 0; // of its acceptance
        rec_dma in{};
    };
    std::array<request, 256> of_tag{};
    unsigned up = 0;

    static uint64_t cut(uint64_t value, unsigned bytes)
    {
        return bytes < 8 ? value & ((uint64_t{1} << 8 * bytes) - 1) : value;
    }
    void accept(const vblock_env &env, const Viommu_top *top, uint64_t cycle)
    {
        rec_dma d{};
        request &q = of_tag[top->dma_tag_i];

        d.cycle = cycle;
        d.iova = top->dma_addr_i;
        d.sid = top->dma_sid_i;
        d.write = top->dma_write_i;
        d.len = top->dma_len_i;
        d.tag = top->dma_tag_i;
        d.at = top->dma_at_i;
        if (d.write)
            memcpy(d.data, &top->dma_wdata_i[0], 16);
        q = {true, cycle, d};
        up++;
        env.dma(env.ctx, &d);
    }
    static void access(const vblock_env &env, const Viommu_top *top, uint64_t cycle)
    {
        rec_iommu r{};

        r.cycle = cycle;
        r.kind = top->reg_write_i ? IOMMU_REG_WRITE : IOMMU_REG_READ;
        r.addr = top->reg_offset_i;
        r.size = top->reg_bytes_i;
        r.lo = cut(top->reg_write_i ? top->reg_wdata_i : top->reg_rdata_o, top->reg_bytes_i);
        env.iommu(env.ctx, &r);
    }
    static void completed(const vblock_env &env, const Viommu_top *top, uint64_t cycle)
    {
        rec_iommu r{};

        r.cycle = cycle;
        r.kind = IOMMU_COMPLETION;
        r.lo = top->cpl_sid_i;
        r.size = top->cpl_error_i;
        env.iommu(env.ctx, &r);
    }
    static void words(const vblock_env &env, rec_iommu r, const uint32_t *w, uint64_t cycle)
    {
        r.cycle = cycle;
        r.lo = w[0] | uint64_t{w[1]} << 32;
        r.hi = w[2] | uint64_t{w[3]} << 32;
        env.iommu(env.ctx, &r);
    }
    static uint8_t status(const rec_dma &d, bool ok)
    {
        bool range = d.iova >> 20 == 0xFEE;

        if (!ok)
            return d.fault != 0 ? DMA_BLOCKED : DMA_REJECTED;
        return d.at == 1 ? DMA_COMPLETED : range ? DMA_REMAPPED : DMA_TRANSLATED;
    }
    void answer(const vblock_env &env, const Viommu_top *top, uint64_t cycle)
    {
        request &q = of_tag[top->dma_rsp_tag_o];
        rec_dma d = q.in;

        q.up = false;
        up--;
        d.cycle = cycle;
        d.phase = 1;
        d.fault = top->rsp_fault_o;
        d.status = status(d, top->dma_rsp_ok_o);
        d.pa = top->dma_rsp_ok_o ? top->rsp_pa_o : 0;
        d.latency = static_cast<uint32_t>(cycle - q.cycle);
        if (!d.write)
            memcpy(d.data, &top->dma_rsp_rdata_o[0], 16);
        env.dma(env.ctx, &d);
    }
    void reset()
    {
        for (request &q : of_tag)
            q.up = false;
        up = 0;
    }
};

struct viommu {
    block_clock<Viommu_top> clock;
    bool changed = false; // inputs of the requester, since they were last taken
    pin_watch<Viommu_top> watch;
    viommu_told_records own;
    uint64_t since_reset = 0; // cycles: those of the records

    explicit viommu(const vblock_env *env) : clock(env), watch(clock.top.get())
    {
        clock.top->vtd_records_i = 7;
    }
    // With the edge of the clock that comes, whichever it is.
    void take()
    {
        if (changed)
            clock.top->take_i = !clock.top->take_i;
        changed = false;
    }
    void begin()
    {
        Viommu_top *top = clock.top.get();

        take();
        if (clock.env.strict) {
            clock.settle();
            watch.asked = bus_pins<Viommu_top>(top);
        }
        clock.begin();
        if (clock.env.strict) {
            watch.look(top, clock.waiting, clock.cycle);
            look();
        }
        if (clock.env.told)
            told();
        else
            records();
    }
    void end()
    {
        take();
        clock.end();
        since_reset++;
    }
    // An answer, an acknowledgement beside what asks for it.
    void look()
    {
        const Viommu_top *top = clock.top.get();
        const viommu_told_records::request &q = own.of_tag[top->dma_rsp_tag_o];

        if (top->reg_ack_o && !top->reg_valid_i)
            watch.wrong("reg_ack_o", "an acknowledgement without an access", "low", clock.cycle);
        if (!clock.env.told)
            return;
        if (top->dma_rsp_valid_o && !q.up)
            watch.wrong("dma_rsp_valid_o",
                        own.up == 0 ? "an answer without a request"
                                    : "an answer with a tag that no request in flight has",
                        own.up == 0 ? "low" : "the tag of a request", clock.cycle);
        if (top->frcd_valid_o && own.up == 0)
            watch.wrong("frcd_valid_o", "a fault record without a request", "low", clock.cycle);
        if (top->dma_valid_i && top->dma_ready_o && own.of_tag[top->dma_tag_i].up)
            watch.wrong("dma_ready_o", "a second request with the tag of one in flight", "low",
                        clock.cycle);
    }
    // In the place of records(), of a design that makes none.
    void told()
    {
        const vblock_env &env = clock.env;
        Viommu_top *top = clock.top.get();
        // The request of an answer was accepted before.
        bool answered = top->dma_rsp_valid_o && own.of_tag[top->dma_rsp_tag_o].up;

        if (watch.breach.port != nullptr)
            return;
        if (top->dma_valid_i && top->dma_ready_o)
            own.accept(env, top, since_reset);
        if (top->reg_valid_i && top->reg_ack_o)
            own.access(env, top, since_reset);
        if (top->cpl_valid_i && top->cpl_ready_o)
            own.completed(env, top, since_reset);
        send();
        if (top->desc_valid_o) {
            rec_iommu r{};
            r.kind = IOMMU_DESCRIPTOR;
            own.words(env, r, &top->desc_o[0], since_reset);
        }
        if (top->frcd_valid_o) {
            rec_iommu r{};
            r.kind = IOMMU_FAULT_RECORD;
            r.addr = top->frcd_index_o;
            own.words(env, r, &top->frcd_o[0], since_reset);
        }
        if (answered)
            own.answer(env, top, since_reset);
    }
    // A request is in flight for too long.
    bool late() const
    {
        for (const viommu_told_records::request &q : own.of_tag)
            if (q.up && since_reset - q.cycle > VBLOCK_HANG_CYCLES)
                return true;
        return false;
    }
    void send()
    {
        const vblock_env &env = clock.env;
        Viommu_top *top = clock.top.get();

        if (top->inv_valid_o) {
            vblock_invalidation i{};
            i.addr = uint64_t{top->inv_addr_o} << 12;
            i.sid = top->inv_sid_o;
            i.size = top->inv_s_o;
            env.invalidate(env.ctx, &i);
        }
    }
    void records()
    {
        const vblock_env &env = clock.env;
        Viommu_top *top = clock.top.get();

        if (top->iwalk_valid_o)
            env.iwalk(env.ctx, reinterpret_cast<const rec_iwalk *>(&top->iwalk_o[0]));
        if (top->iommu_trace_valid_o)
            env.iommu(env.ctx, reinterpret_cast<const rec_iommu *>(&top->iommu_trace_o[0]));
        send();
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
}

void viommu_destroy(viommu *v)
{
    delete v;
}

// 32768 descriptors, each with a status and an event, and all their wait states.
static const unsigned longest_queue = 32768 * 64;

// A design whose times are its own is at rest when the bus has been quiet for so many cycles.
static const unsigned rest_cycles = 3, rest_of_a_queue_cycles = 24;

bool viommu_run(viommu *v, const viommu_ask *ask, viommu_told *told)
{
    Viommu_top *top = v->clock.top.get();
    bool dma_waits = ask->dma, dma_runs = ask->dma;
    bool settled = false;
    unsigned reg = 0, reg_due = ask->reg[0].after, t = 0;
    unsigned cpl = 0, cpl_due = ask->completion[0].after;
    unsigned quiet = 0; // cycles
    const bool pins_tell = v->clock.env.told;

    memset(told, 0, sizeof *told);
    for (unsigned i = 0, all = 0; i < ask->cycles && all < longest_queue; i++, all++) {
        bool over = !dma_runs && reg == ask->regs && cpl == ask->completions && t >= ask->lasts;
        // The edge has settled it: in a cycle in which it is idle the next step begins.
        if (!pins_tell && over && top->dma_ready_o) {
            told->idle = t;
            return true;
        }
        // While memory lets the unit wait no time passes: what is due next comes already.
        unsigned now = t + v->clock.waiting;
        if (dma_waits && now >= ask->dma_after && !top->dma_valid_i &&
            (!pins_tell || v->own.up < ask->room))
            v->raise_dma(ask->in);
        if (reg < ask->regs && now >= reg_due && !top->reg_valid_i)
            v->raise_reg(ask->reg[reg]);
        if (cpl < ask->completions && now >= cpl_due && !top->cpl_valid_i)
            v->raise_completion(ask->completion[cpl]);
        v->begin();
        bool taken = top->dma_ready_o && top->dma_valid_i;
        // Of the step's own request.
        bool answered = top->dma_rsp_valid_o && (!pins_tell || top->dma_rsp_tag_o == ask->in.tag);
        bool acked = top->reg_ack_o && top->reg_valid_i;
        bool completed = top->cpl_ready_o && top->cpl_valid_i;
        told->stray = told->stray || v->stray();
        quiet = top->mem_valid_o || top->desc_valid_o ? 0 : quiet + 1;
        if (answered) {
            told->answered = t;
            told->ok = top->dma_rsp_ok_o;
            memcpy(told->rdata, &top->dma_rsp_rdata_o[0], 16);
        }
        if (acked)
            told->reg_rdata[reg] = top->reg_rdata_o;
        if (v->clock.answered && ask->settles && ask->cycles == VBLOCK_HANG_CYCLES)
            i = 0; // it goes on through its queue
        if (taken) {
            told->accepted = t;
            dma_waits = false;
            dma_runs = !ask->flies;
            top->dma_valid_i = 0;
            v->changed = true;
        }
        if (answered)
            dma_runs = dma_waits;
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
        v->end();
        if (v->watch.breach.port != nullptr)
            return true;
        if (pins_tell) {
            over = over && (!ask->lands || v->own.up == 0);
            if (over && v->own.up != 0)
                return true;
            bool rests = quiet >= (ask->settles ? rest_of_a_queue_cycles : rest_cycles);
            told->rest = over && rests;
            if (over && rests && (!ask->settles || settled))
                return true;
            settled = over && rests;
        }
        t += !v->clock.waiting;
        if (pins_tell && (all & 63) == 63 && v->late())
            break; // whatever else it does meanwhile
    }
    told->missing = v->late()                ? "dma_rsp_valid_o"
                    : dma_runs               ? (dma_waits ? "dma_ready_o" : "dma_rsp_valid_o")
                    : reg < ask->regs        ? "reg_ack_o"
                    : cpl < ask->completions ? "cpl_ready_o"
                                             : "bus_req_o";
    return false;
}

void viommu_reset(viommu *v, unsigned cycles)
{
    v->clock.reset(cycles);
    v->watch.waiting.reset();
    v->own.reset();
    v->since_reset = 0;
}

const vblock_breach *viommu_first_breach(const viommu *v)
{
    return v->watch.breach.port == nullptr ? nullptr : &v->watch.breach;
}

uint64_t viommu_cycle(const viommu *v)
{
    return v->clock.cycle;
}

bool viommu_wave(viommu *v, const char *path, uint64_t from, uint64_t to)
{
    return v->clock.set_wave(path, from, to);
}

void viommu_wave_close(viommu *v)
{
    v->clock.close_wave();
}
