// SPDX-License-Identifier: Apache-2.0
// The golden model behind struct rw_model_ops: state at start, the instruction boundary, records.
// SDM Vol. 3A "Priority Among Concurrent Events"; docs/cpu.md "Retirement".
#include <stdlib.h>

#include "breakpoint.h"
#include "decode_cache.h"
#include "feature.h"
#include "insn.h"
#include "ops.h"
#include "undefined.h"

#define NO_PAGE       UINT64_MAX /* no physical page */
#define NO_GENERATION 1023       /* of no quick page */

struct rw_model {
    struct cpu cpu;
};

/* Flat: an access inside one page needs no check beyond the TLB's (lsu.h). */
static bool seg_is_flat(const struct cpu *cpu, unsigned s)
{
    const struct rec_seg_state *seg = &cpu->sys.seg[s];
    bool writable_data = (seg->attr & 0x9e) == 0x92;

    if (cpu_is_64(cpu))
        return true;
    return writable_data && seg->limit == 0xffffffff && !(seg->base & 0xfff);
}

static void derive_keys(struct cpu *cpu)
{
    for (unsigned s = 0; s < SEG_COUNT; s++)
        cpu->quick_key[s] =
            quick_key(seg_is_flat(cpu, s) ? cpu->quick_gen : NO_GENERATION, cpu->cpl == 3);
}

static enum rec_mode current_mode(const struct cpu *cpu)
{
    if (!(cpu->sys.cr0 & CR0_PE))
        return MODE_REAL;
    if (!cpu_is_long(cpu))
        return MODE_PROTECTED;
    return cpu->sys.seg[SEG_CS].attr & 0x2000 ? MODE_64 : MODE_COMPAT;
}

static uint64_t paging_away(uint64_t away)
{
    return (away & FEATURE(RW_PAT) ? MMU_NO_PAT : 0) |
           (away & FEATURE(RW_PSE36) ? MMU_NO_PSE36 : 0) |
           (away & FEATURE(RW_PDPE1GB) ? MMU_NO_PDPE1GB : 0);
}

static struct mmu_ctx mmu_ctx_of(const struct cpu *cpu)
{
    const struct rec_sys *sys = &cpu->sys;
    struct mmu_ctx ctx = {.cr0 = sys->cr0,
                          .cr3 = sys->cr3,
                          .cr4 = sys->cr4,
                          .efer = sys->efer,
                          .pat = sys->pat,
                          .pkru = sys->pkru,
                          .pkrs = sys->pkrs,
                          .away = paging_away(cpu->cpuid.away),
                          .mtrr.def_type = MTRR_E | MT_WB};

    if (cpu->cpuid.away & FEATURE(RW_MTRR))
        return ctx;
    ctx.mtrr.def_type = sys->mtrr_def_type;
    memcpy(ctx.mtrr.base, sys->mtrr_base, sizeof ctx.mtrr.base);
    memcpy(ctx.mtrr.mask, sys->mtrr_mask, sizeof ctx.mtrr.mask);
    return ctx;
}

/* Memory types change nothing that lsu.h remembers. */
static void derive_mmu(struct cpu *cpu)
{
    const struct rec_sys *sys = &cpu->sys;
    struct mmu_ctx *old = &cpu->mmu_ctx;
    struct mmu_ctx ctx = mmu_ctx_of(cpu);
    uint64_t apic = cpu_apic_window(cpu) ? sys->apic_base & APIC_BASE_PAGE : NO_PAGE;

    if (memcmp(&ctx, old, offsetof(struct mmu_ctx, mtrr)) != 0 || apic != cpu->apic_page)
        cpu_quick_drop(cpu);
    *old = ctx;
    cpu->apic_page = apic;
}

void cpu_derive(struct cpu *cpu)
{
    const struct rec_sys *sys = &cpu->sys;
    bool mode64;

    cpu->sys_touched = true;
    cpu->mode = (uint8_t)current_mode(cpu);
    mode64 = cpu_is_64(cpu);
    cpu->decode_mode = mode64 ? DECODE_64 : sys->seg[SEG_CS].attr & 0x4000 ? DECODE_32 : DECODE_16;
    cpu->la_mask = cpu->rip_mask = mode64 ? ~UINT64_C(0) : 0xffffffff;
    cpu->la_half = UINT64_C(1) << (sys->cr4 & CR4_LA57 ? 56 : 47);
    cpu->sp_mask = mode64 ? ~UINT64_C(0) : sys->seg[SEG_SS].attr & 0x4000 ? 0xffffffff : 0xffff;
    cpu->rip_limit = mode64 ? ~UINT64_C(0) : sys->seg[SEG_CS].limit;
    cpu->cs_base = mode64 ? 0 : sys->seg[SEG_CS].base;
    for (unsigned s = 0; s < SEG_COUNT; s++)
        cpu->seg_base[s] = mode64 && s < SEG_FS ? 0 : sys->seg[s].base;
    derive_mmu(cpu);
    derive_keys(cpu);
}

/* Generations stand in ten bits of a tag; 0 and the last are never current. */
static void next_generation(uint64_t *gen, struct quick *a, struct quick *b)
{
    if (++*gen < NO_GENERATION)
        return;
    *gen = 1;
    memset(a, 0, sizeof(struct quick) << QUICK_LOG2);
    if (b)
        memset(b, 0, sizeof(struct quick) << QUICK_LOG2);
}

void cpu_quick_age(struct cpu *cpu)
{
    if (cpu->mmu.data.epoch != cpu->data_epoch)
        next_generation(&cpu->quick_gen, cpu->quick_read, cpu->quick_write);
    if (cpu->mmu.code.epoch != cpu->code_epoch)
        next_generation(&cpu->fetch_gen, cpu->quick_fetch, NULL);
    cpu->data_epoch = cpu->mmu.data.epoch;
    cpu->code_epoch = cpu->mmu.code.epoch;
    derive_keys(cpu);
}

void cpu_quick_drop(struct cpu *cpu)
{
    next_generation(&cpu->quick_gen, cpu->quick_read, cpu->quick_write);
    next_generation(&cpu->fetch_gen, cpu->quick_fetch, NULL);
    derive_keys(cpu);
}

void cpu_flush(struct cpu *cpu, enum mmu_flush_kind kind, uint64_t va, uint16_t pcid)
{
    struct mmu_flush_req req = {kind, va, pcid};

    mmu_flush(&cpu->mmu, &req);
    cpu_quick_age(cpu);
}

void cpu_invalidated(struct cpu *cpu, struct rw_invalidate i)
{
    if (cpu->env.invalidate)
        cpu->env.invalidate(cpu->env.ctx, &i);
}

void cpu_invalidate(struct cpu *cpu, enum mmu_flush_kind kind, struct rw_invalidate i)
{
    cpu_flush(cpu, kind, i.va, i.pcid);
    cpu_invalidated(cpu, i);
}

/* The walker's memory. */
static uint64_t walk_read(void *ctx, uint64_t pa, unsigned bytes)
{
    return lsu_phys_read(ctx, pa, bytes, BUS_WALK, 0);
}

static uint64_t walk_locked_read(void *ctx, uint64_t pa, unsigned bytes)
{
    return lsu_phys_read(ctx, pa, bytes, BUS_WALK, BUS_LOCK);
}

static void walk_locked_write(void *ctx, uint64_t pa, unsigned bytes, uint64_t value)
{
    lsu_phys_write(ctx, pa, bytes, BUS_WALK, 0, value); /* ends the lock */
}

static void walk_record(void *ctx, const struct rec_walk *w)
{
    struct cpu *cpu = ctx;

    cpu->env.walk(cpu->env.ctx, w);
}

/* After the first retirement, after an event, and after a change. */
static void record_sys(struct cpu *cpu, enum rec_retire_kind kind)
{
    if (!cpu->sys_touched && kind == RETIRE_INSN)
        return;
    cpu->sys_touched = false;
    if (!cpu->env.sys)
        return;
    if (kind == RETIRE_INSN && memcmp(&cpu->sys, &cpu->sys_shown, sizeof cpu->sys) == 0)
        return;
    cpu->sys_shown = cpu->sys;
    cpu->env.sys(cpu->env.ctx, &cpu->sys);
}

static uint16_t boundary_bits(const struct boundary *at)
{
    return (uint16_t)((at->nmi_blocked ? BOUNDARY_NMI_BLOCKED : 0) |
                      (at->sti_shadow ? BOUNDARY_STI_SHADOW : 0) |
                      (at->mov_ss_shadow ? BOUNDARY_MOV_SS_SHADOW : 0) |
                      (at->step_pending ? BOUNDARY_STEP_PENDING : 0) |
                      at->breakpoints_pending * BOUNDARY_BREAKPOINT_0);
}

static void fill_state(const struct cpu *cpu, struct rec_retire *r)
{
    r->next_rip = cpu->rip;
    r->rflags = cpu->rflags;
    memcpy(r->gpr, cpu->r, sizeof r->gpr);
    r->cpl = cpu->cpl;
    r->mode = cpu->mode;
    r->cr2 = cpu->cr2;
}

static inline void emit_retire(struct cpu *cpu, struct rec_retire *r)
{
    if (cpu->env.retire) {
        fill_state(cpu, r);
        r->boundary = boundary_bits(&cpu->at);
        cpu->env.retire(cpu->env.ctx, r);
    }
    record_sys(cpu, r->kind);
}

void record_retire(struct cpu *cpu, struct rec_retire *r)
{
    emit_retire(cpu, r);
}

static inline void record_insn(struct cpu *cpu, const struct insn *in, uint64_t rip, enum exec end)
{
    struct rec_retire *r = &cpu->complete;

    r->rip = rip;
    memcpy(r->bytes, in->raw, sizeof r->bytes);
    r->len = in->len;
    r->kind = RETIRE_INSN;
    r->flags = end == EXEC_HLT ? RETIRE_HLT : end == EXEC_REPEAT ? RETIRE_REP_CONTINUES : 0;
    emit_retire(cpu, r);
}

/* The #DB of a single step, of data and port breakpoints: it comes before any other event. */
static bool trap_pending(const struct cpu *cpu)
{
    return cpu->at.step_pending || cpu->at.breakpoints_pending;
}

static bool interruptible(const struct cpu *cpu, bool nmi)
{
    if (cpu->at.shutdown || cpu->at.mov_ss_shadow || trap_pending(cpu))
        return false;
    if (nmi)
        return !cpu->at.nmi_blocked;
    return (cpu->rflags & RFLAGS_IF) && !cpu->at.sti_shadow;
}

/* At a boundary: what there is to look at. */
static void settle_attention(struct cpu *cpu)
{
    const struct boundary *at = &cpu->at;

    cpu->attention = trap_pending(cpu) || at->sti_shadow || at->mov_ss_shadow || at->halted ||
                     at->shutdown || at->in_rep || cpu->intr_line || cpu->stop ||
                     cpu->breakpoints.fetch;
}

static enum rw_step deliver(struct cpu *cpu, enum event_kind kind, uint8_t vector)
{
    struct event ev = {.kind = kind, .what = {.vector = vector}};

    if (kind == EVENT_TRAP)
        ev.what.dr6 = (cpu->at.step_pending ? DR6_BS : 0) | cpu->at.breakpoints_pending;
    event_deliver(cpu, &ev, NULL);
    settle_attention(cpu);
    return RW_STEP_RETIRED;
}

/* What a complete instruction or iteration leaves behind: the shadows, a trap. */
static void leave(struct cpu *cpu, uint64_t flags_before, enum exec end)
{
    const struct leaving *l = &cpu->leaving;

    cpu->at.sti_shadow = l->sti_shadow;
    cpu->at.mov_ss_shadow = l->mov_ss_shadow;
    if ((l->step_by_new_tf ? cpu->rflags : flags_before) & RFLAGS_TF)
        cpu->at.step_pending = true;
    cpu->at.breakpoints_pending |= l->breakpoints;
    cpu->at.in_rep = end == EXEC_REPEAT;
    cpu->at.halted = end == EXEC_HLT;
    cpu->leaving = (struct leaving){0};
    settle_attention(cpu);
}

/* in: the instruction that raised it, NULL if it could not be fetched. */
static void deliver_raised(struct cpu *cpu, const struct insn *in)
{
    struct event raised = cpu->raised;

    cpu->leaving = (struct leaving){0};
    event_deliver(cpu, &raised, in);
    settle_attention(cpu);
}

/* Behind an instruction or iteration that did not fault. */
static void complete(struct cpu *cpu, const struct insn *in, uint64_t flags_before, enum exec end)
{
    bool in_rep = end == EXEC_REPEAT;
    bool leaves = cpu->at.sti_shadow || cpu->at.mov_ss_shadow || cpu->leaving.sti_shadow ||
                  cpu->leaving.mov_ss_shadow || cpu->leaving.breakpoints;

    if (in_rep)
        cpu->rflags |= flags_before & RFLAGS_RF; /* until its last iteration */
    else
        cpu->rip = cpu->r[R_NEXT];
    if (in_rep && !cpu->at.in_rep)
        cpu->rep = *in;
    if (in_rep != cpu->at.in_rep || leaves || end == EXEC_HLT ||
        ((flags_before | cpu->rflags) & RFLAGS_TF))
        leave(cpu, flags_before, end);
}

/* Execute one instruction or iteration that was fetched. RF falls as it begins: docs/cpu.md T1. */
static inline void execute(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip = cpu->rip, flags = cpu->rflags;
    enum exec end;

    cpu->r[R_NEXT] = (rip + in->len) & cpu->rip_mask;
    cpu->rflags &= ~RFLAGS_RF;
    end = in->op(cpu, in);
    if (end == EXEC_RAISED) {
        deliver_raised(cpu, in);
        return;
    }
    complete(cpu, in, flags, end);
    if (cpu->plain && !cpu->env.retire && !cpu->sys_touched)
        return;
    record_insn(cpu, in, rip, end);
}

/* Execute a run of decode_cache.c, which says what ends it; TF = RF = 0 as it begins. How many
 * retired. */
static uint64_t execute_run(struct cpu *cpu, const struct run *run, uint64_t max)
{
    const struct insn *in = run->first, *behind = in + (run->insns < max ? run->insns : max);

    do {
        enum exec end;

        cpu->r[R_NEXT] = (cpu->rip + in->len) & cpu->rip_mask;
        end = in->op(cpu, in);
        if (end != EXEC_OK || cpu->attention) {
            if (end == EXEC_RAISED)
                deliver_raised(cpu, in);
            else
                complete(cpu, in, 0, end);
            return (uint64_t)(in - run->first) + 1;
        }
        cpu->rip = cpu->r[R_NEXT];
        in++;
    } while (in < behind && cpu->window.valid);
    return (uint64_t)(in - run->first);
}

/* docs/cpu.md T2, F1: the last thing that is looked at before the fetch. */
static bool stop_at_instruction(struct cpu *cpu)
{
    unsigned hit = breakpoint_fetch(cpu);

    if (!hit)
        return false;
    raise_exception(cpu, (struct fault){.vector = VEC_DB, .dr6 = hit});
    deliver_raised(cpu, NULL);
    return true;
}

/* Something stands at the boundary before the next fetch. True: *end is the step's answer. */
static bool attend(struct cpu *cpu, enum rw_step *end)
{
    *end = RW_STEP_RETIRED;
    if (cpu->at.shutdown) {
        *end = RW_STEP_SHUTDOWN;
        return true;
    }
    if (trap_pending(cpu) && !cpu->at.mov_ss_shadow) {
        deliver(cpu, EVENT_TRAP, VEC_DB);
        return true;
    }
    if (cpu->intr_line && interruptible(cpu, false)) {
        deliver(cpu, EVENT_INTERRUPT, cpu->env.inta ? cpu->env.inta(cpu->env.ctx) : 0);
        return true;
    }
    if (cpu->at.halted) {
        *end = RW_STEP_HALTED;
        return true;
    }
    if (cpu->at.in_rep) {
        execute(cpu, &cpu->rep);
        return true;
    }
    settle_attention(cpu);
    return cpu->breakpoints.fetch && !cpu->at.mov_ss_shadow && stop_at_instruction(cpu);
}

static inline enum rw_step step(struct cpu *cpu)
{
    enum rw_step end;
    const struct insn *in;

    if (cpu->attention && attend(cpu, &end))
        return end;
    in = cpu_fetch(cpu);
    if (in)
        execute(cpu, in);
    else
        deliver_raised(cpu, NULL);
    return RW_STEP_RETIRED;
}

static enum rw_step model_step(struct rw_model *m)
{
    return step(&m->cpu);
}

static enum rw_step model_run(struct rw_model *m, uint64_t max, uint64_t *done)
{
    struct cpu *cpu = &m->cpu;
    enum rw_step end = RW_STEP_RETIRED;
    uint64_t n = 0;

    cpu->stop = false;
    while (n < max && !cpu->stop) {
        const struct run *run = cpu->decoded ? decode_cache_find(cpu) : NULL;

        cpu->progress = (struct progress){.before = n, .run = run, .rip = cpu->rip};
        if (run) {
            n += execute_run(cpu, run, max - n);
            end = RW_STEP_RETIRED;
            continue;
        }
        end = step(cpu);
        if (end != RW_STEP_RETIRED)
            break;
        n++;
    }
    cpu->progress = (struct progress){0};
    if (done)
        *done = n;
    return end;
}

static struct rw_decision model_decided(const struct rw_model *m)
{
    return m->cpu.decided;
}

static uint64_t model_progress(const struct rw_model *m)
{
    const struct cpu *cpu = &m->cpu;
    const struct progress *p = &cpu->progress;
    uint64_t rip = p->rip;
    unsigned in = 0;

    while (p->run != NULL && in + 1 < p->run->insns && rip != cpu->rip)
        rip = (rip + p->run->first[in++].len) & cpu->rip_mask;
    return p->before + in;
}

static void model_stop(struct rw_model *m)
{
    m->cpu.stop = m->cpu.attention = true;
}

static bool model_interruptible(const struct rw_model *m, bool nmi)
{
    return interruptible(&m->cpu, nmi);
}

static enum rw_step model_interrupt(struct rw_model *m, uint8_t vector, bool nmi)
{
    if (m->cpu.at.shutdown)
        return RW_STEP_SHUTDOWN;
    return deliver(&m->cpu, nmi ? EVENT_NMI : EVENT_INTERRUPT, vector);
}

static void model_set_intr(struct rw_model *m, bool line)
{
    m->cpu.intr_line = line;
    if (line)
        m->cpu.attention = true;
}

/* cpu->dcache compares bytes at each use. */
static void model_mem_changed(struct rw_model *m, uint64_t pa, uint64_t bytes)
{
    decode_cache_written(&m->cpu, pa, bytes);
}

static void model_get_state(const struct rw_model *m, struct rw_state *s)
{
    const struct cpu *cpu = &m->cpu;

    memset(s, 0, sizeof *s);
    s->regs.rip = cpu->rip;
    fill_state(cpu, &s->regs);
    s->sys = cpu->sys;
    s->sti_shadow = cpu->at.sti_shadow;
    s->mov_ss_shadow = cpu->at.mov_ss_shadow;
    s->nmi_blocked = cpu->at.nmi_blocked;
    s->step_pending = cpu->at.step_pending;
    s->breakpoints_pending = cpu->at.breakpoints_pending;
    s->halted = cpu->at.halted;
    s->shutdown = cpu->at.shutdown;
}

static void model_set_state(struct rw_model *m, const struct rw_state *s)
{
    struct cpu *cpu = &m->cpu;

    cpu->rip = s->regs.rip;
    cpu->rflags = s->regs.rflags | RFLAGS_ONE;
    memcpy(cpu->r, s->regs.gpr, sizeof s->regs.gpr);
    cpu->cpl = s->regs.cpl;
    cpu->cr2 = s->regs.cr2;
    cpu->sys = cpu->sys_shown = s->sys;
    memcpy(cpu->mmu.pdpte, s->sys.pdpte, sizeof cpu->mmu.pdpte);
    cpu->at = (struct boundary){.nmi_blocked = s->nmi_blocked,
                                .sti_shadow = s->sti_shadow,
                                .mov_ss_shadow = s->mov_ss_shadow,
                                .step_pending = s->step_pending,
                                .breakpoints_pending = s->breakpoints_pending,
                                .halted = s->halted,
                                .shutdown = s->shutdown};
    cpu->window.valid = false;
    cpu_flush(cpu, FLUSH_ALL, 0, 0);
    cpu_derive(cpu);
    breakpoint_derive(cpu);
    cpu->sys_touched = false;
    settle_attention(cpu);
}

static const struct mmu *model_mmu(const struct rw_model *m)
{
    return &m->cpu.mmu;
}

static struct rw_cpuid cpuid_of(const struct rw_boot *boot)
{
    struct rw_cpuid cpuid = boot->cpuid;

    if (!cpuid.vendor[0])
        memcpy(cpuid.vendor, RW_VENDOR, sizeof cpuid.vendor);
    if (!cpuid.signature)
        cpuid.signature = RW_SIGNATURE;
    return cpuid;
}

/* docs/cpu.md "State at start". */
static void reset(struct cpu *cpu, const struct rw_boot *boot)
{
    struct rec_sys *sys = &cpu->sys;
    bool wide = boot->long_mode;

    cpu->cpuid = cpuid_of(boot);
    cpu->undefined = undefined_rules(boot->undefined);
    cpu->rip = boot->rip;
    cpu->rflags = RFLAGS_ONE;
    cpu->r[RAX] = boot->rax;
    cpu->r[RBX] = boot->rbx;
    cpu->r[RSI] = boot->rsi;
    cpu->r[RSP] = boot->rsp;
    sys->cr0 = wide ? CR0_PG | CR0_WP | CR0_ET | CR0_PE : CR0_PE | CR0_ET;
    sys->cr3 = wide ? boot->cr3 : 0;
    sys->cr4 = wide ? CR4_PAE : 0;
    sys->efer = wide ? EFER_LME | EFER_LMA : 0;
    sys->dr6 = 0xffff0ff0;
    sys->dr7 = 0x400;
    sys->idtr_limit = 0xffff;
    for (unsigned s = SEG_ES; s <= SEG_GS; s++)
        sys->seg[s] = (struct rec_seg_state){.limit = 0xffffffff, .selector = 0x10, .attr = 0xc093};
    sys->seg[SEG_CS].selector = 0x08;
    sys->seg[SEG_CS].attr = wide ? 0xa09b : 0xc09b;
    sys->seg[SEG_LDTR] = (struct rec_seg_state){.limit = 0xffff, .attr = 0x0082};
    sys->seg[SEG_TR] = (struct rec_seg_state){.limit = 0xffff, .attr = 0x008b};
    sys->pat = UINT64_C(0x0007040600070406);
    sys->mtrr_def_type = MTRR_E | MT_WB;
    sys->apic_base = 0xfee00900;
    sys->misc_enable = 0x1801;
    cpu_derive(cpu);
    cpu->sys_touched = true; /* nothing has been shown yet: the first retirement shows it */
    memset(&cpu->sys_shown, 0, sizeof cpu->sys_shown);
}

static struct rw_model *model_create(const struct rw_model_config *config, const struct rw_env *env)
{
    struct rw_model *m = calloc(1, sizeof *m);
    struct mmu_mem mem = {
        .read = walk_read, .locked_read = walk_locked_read, .locked_write = walk_locked_write};

    if (!m)
        return NULL;
    m->cpu.mem = config->mem;
    m->cpu.env = *env;
    m->cpu.plain = !env->before && !env->xlate;
    if (m->cpu.plain && !env->retire && !env->sys)
        m->cpu.decoded = decode_cache_create(&config->mem);
    m->cpu.quick_gen = m->cpu.fetch_gen = 1;
    mem.ctx = &m->cpu;
    mem.walk = env->walk ? walk_record : NULL;
    mmu_init(&m->cpu.mmu, &mem);
    reset(&m->cpu, &config->boot);
    return m;
}

static void model_destroy(struct rw_model *m)
{
    free(m->cpu.decoded);
    free(m);
}

const struct rw_model_ops *rw_golden(void)
{
    static const struct rw_model_ops ops = {
        .name = "golden",
        .create = model_create,
        .destroy = model_destroy,
        .step = model_step,
        .run = model_run,
        .stop = model_stop,
        .decided = model_decided,
        .progress = model_progress,
        .interruptible = model_interruptible,
        .interrupt = model_interrupt,
        .set_intr = model_set_intr,
        .mem_changed = model_mem_changed,
        .get_state = model_get_state,
        .set_state = model_set_state,
        .mmu = model_mmu,
    };

    return &ops;
}
