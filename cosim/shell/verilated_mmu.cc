// SPDX-License-Identifier: Apache-2.0
// Pins of mmu_top.
#include "Vmmu_top.h"

#include "verilated_block.hh"
#include "verilated_strict.hh"

template <> void block_clock<Vmmu_top>::source(vblock_access &a)
{
    a.src = BUS_WALK;
    a.lock = top->mem_lock_o;
    a.walk = top->mem_walk_o;
    a.speculative = top->mem_spec_o;
}

template <> void block_clock<Vmmu_top>::answer(const vblock_access &)
{
}

template <> void block_clock<Vmmu_top>::quiet()
{
    top->req_valid_i = 0;
    top->flush_valid_i = 0;
    top->pdpte_valid_i = 0;
    top->mem_ack_i = 0;
    block_take(top.get());
}

template <> uint64_t bus_pins<Vmmu_top>::others(const Vmmu_top *top)
{
    return top->mem_lock_o | top->mem_walk_o << 1 | top->mem_spec_o << 2;
}

struct vmmu {
    block_clock<Vmmu_top> clock;
    bool early = false;   // a flush was taken beside a request
    bool changed = false; // inputs of the requester, since they were last taken
    bool load_fault = false;
    bool fresh = false; // the request, or the load, is up for the first cycle
    pin_watch<Vmmu_top> watch;

    explicit vmmu(const vblock_env *env) : clock(env), watch(clock.top.get())
    {
    }
    // One cycle; `output` is read before the rising edge that ends it.
    bool cycle(const uint8_t &output)
    {
        const vblock_env &env = clock.env;
        Vmmu_top *top = clock.top.get();

        if (changed)
            top->take_i = !top->take_i;
        changed = false;
        if (env.strict) {
            clock.settle();
            watch.asked = bus_pins<Vmmu_top>(top);
        }
        clock.begin();
        if (env.strict)
            look();
        if (top->walk_valid_o)
            env.walk(env.ctx, reinterpret_cast<const rec_walk *>(&top->walk_o[0]));
        if (top->xlate_valid_o)
            env.xlate(env.ctx, reinterpret_cast<const rec_xlate *>(&top->xlate_o[0]));
        bool seen = output != 0;
        load_fault = top->pdpte_fault_o;
        early |= top->req_valid_i && top->flush_valid_i && top->flush_ready_o;
        fresh = false;
        clock.end();
        return seen;
    }
    void wrong(const char *port, const char *seen, const char *wanted)
    {
        watch.wrong(port, seen, wanted, clock.cycle);
    }
    // An answer (of a request, of a load) beside what asks for it.
    void look_at(const char *port, bool answered, bool asked)
    {
        if (answered && !asked)
            wrong(port, "an answer without a request", "low");
        else if (answered && fresh)
            wrong(port, "an answer in the first cycle of its request", "in a later cycle");
    }
    // The pins of a cycle, memory's answer with them.
    void look()
    {
        const Vmmu_top *top = clock.top.get();

        look_at("rsp_valid_o", top->rsp_valid_o, top->req_valid_i);
        look_at("pdpte_done_o", top->pdpte_done_o, top->pdpte_valid_i);
        if (top->flush_valid_i && top->flush_ready_o && (top->req_valid_i || top->pdpte_valid_i))
            wrong("flush_ready_o", "high while a request is in flight", "low");
        watch.look(top, clock.waiting, clock.cycle);
    }
};

vmmu *vmmu_create(const vblock_env *env)
{
    return new vmmu(env);
}

void vmmu_destroy(vmmu *v)
{
    delete v;
}

void vmmu_context(vmmu *v, const vmmu_ctx *c)
{
    Vmmu_top *top = v->clock.top.get();

    v->changed = true;
    top->pg_i = c->pg;
    top->pse_i = c->pse;
    top->pae_i = c->pae;
    top->lma_i = c->lma;
    top->la57_i = c->la57;
    top->wp_i = c->wp;
    top->pge_i = c->pge;
    top->pcide_i = c->pcide;
    top->smep_i = c->smep;
    top->smap_i = c->smap;
    top->pke_i = c->pke;
    top->pks_i = c->pks;
    top->nxe_i = c->nxe;
    top->ac_i = c->ac;
    top->no_pat_i = c->no_pat;
    top->no_pse36_i = c->no_pse36;
    top->no_pdpe1gb_i = c->no_pdpe1gb;
    top->pkru_i = c->pkru;
    top->pkrs_i = c->pkrs;
    top->cr3_i = c->cr3;
    top->pat_i = c->pat;
    top->mtrr_def_type_i = c->mtrr_def_type;
    for (unsigned i = 0; i < VMMU_MTRRS; i++) {
        top->mtrr_base_i[i] = c->mtrr_base[i];
        top->mtrr_mask_i[i] = c->mtrr_mask[i];
    }
}

bool vmmu_translate(vmmu *v, uint64_t va, unsigned access, bool user, bool implicit,
                    unsigned cycles, unsigned *latency)
{
    Vmmu_top *top = v->clock.top.get();
    bool answered = false;

    top->req_va_i = va;
    top->req_acc_i = access;
    top->req_user_i = user;
    top->req_implicit_i = implicit;
    top->req_valid_i = 1;
    v->changed = v->fresh = true;
    *latency = 0;
    for (unsigned i = 0; i < cycles && !answered; i++) {
        answered = v->cycle(top->rsp_valid_o);
        *latency += !answered && !v->clock.waiting;
    }
    if (answered) {
        top->req_valid_i = 0;
        v->changed = true;
    }
    return answered;
}

void vmmu_reset(vmmu *v, unsigned cycles)
{
    v->clock.reset(cycles);
    v->watch.waiting.reset();
}

void vmmu_idle(vmmu *v, unsigned cycles)
{
    const uint8_t nothing = 0;

    for (unsigned i = 0; i < cycles; i++)
        v->cycle(nothing);
}

void vmmu_flush_wait(vmmu *v, unsigned kind, uint64_t va, uint16_t pcid)
{
    Vmmu_top *top = v->clock.top.get();

    top->flush_kind_i = kind;
    top->flush_va_i = va;
    top->flush_pcid_i = pcid;
    top->flush_valid_i = 1;
    v->changed = true;
}

bool vmmu_flush(vmmu *v, unsigned kind, uint64_t va, uint16_t pcid, unsigned cycles)
{
    Vmmu_top *top = v->clock.top.get();
    bool early = v->early;

    vmmu_flush_wait(v, kind, va, pcid);
    bool taken = false;
    for (unsigned i = 0; i < cycles && !taken; i++)
        taken = v->cycle(top->flush_ready_o);
    top->flush_valid_i = 0;
    v->changed = true;
    v->early = false;
    return taken && !early;
}

bool vmmu_load_pdpte(vmmu *v, uint64_t cr3, unsigned cycles, unsigned *latency, bool *fault)
{
    Vmmu_top *top = v->clock.top.get();
    bool done = false;

    top->pdpte_base_i = static_cast<uint32_t>(cr3) >> 5;
    top->pdpte_valid_i = 1;
    v->changed = v->fresh = true;
    *latency = 0;
    for (unsigned i = 0; i < cycles && !done; i++) {
        done = v->cycle(top->pdpte_done_o);
        *latency += !done && !v->clock.waiting;
    }
    *fault = v->load_fault;
    if (done) {
        top->pdpte_valid_i = 0;
        v->changed = true;
    }
    return done;
}

void vmmu_pdpte(const vmmu *v, uint64_t pdpte[4])
{
    for (unsigned i = 0; i < 4; i++)
        pdpte[i] = v->clock.top->pdpte_o[i];
}

const vblock_breach *vmmu_first_breach(const vmmu *v)
{
    return v->watch.breach.port == nullptr ? nullptr : &v->watch.breach;
}

uint64_t vmmu_cycle(const vmmu *v)
{
    return v->clock.cycle;
}

bool vmmu_wave(vmmu *v, const char *path, uint64_t from, uint64_t to)
{
    return v->clock.set_wave(path, from, to);
}

void vmmu_wave_close(vmmu *v)
{
    v->clock.close_wave();
}
