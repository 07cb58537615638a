// SPDX-License-Identifier: Apache-2.0
// The comparison; see the header. A span of the emulator is one instruction, what was delivered
// behind it, or both; the model steps until it has delivered the same.
#include "judge.h"

#include <stdio.h>
#include <string.h>

#define RAM_PAGE  4096u
#define EXIT_PORT 0xf4u

static const struct span *next_span(struct judge *j)
{
    return j->emulator->ops->next(j->emulator);
}

static bool same_shot(const struct shot *a, const struct shot *b)
{
    return a->wide == b->wide && memcmp(a->f, b->f, sizeof(a->f)) == 0;
}

/* --- a moment --- */

uint64_t moment_value(const struct moment *m, unsigned field, bool theirs)
{
    switch (field) {
    case F_VECTOR:
        return theirs ? m->vector_theirs : m->vector_model;
    case F_ERROR:
        return theirs ? m->error_theirs : m->error_model;
    case F_WHERE:
        return theirs ? m->where_theirs : m->where_model;
    case F_DEVICE:
        return theirs ? 0 : m->device_differs;
    case F_RAM:
        return theirs ? 0 : m->ram_differs;
    default:
        return (theirs ? m->theirs : m->model)->f[field];
    }
}

/* Without BMI1 its prefix is ignored. */
static ZydisMnemonic known_mnemonic(ZydisMnemonic mnemonic)
{
    return mnemonic == ZYDIS_MNEMONIC_TZCNT ? ZYDIS_MNEMONIC_BSF : mnemonic;
}

/* Decode what the model fetched: the trial that law.c judges, and text. */
static void decode(struct judge *j, struct moment *m)
{
    const struct twin *t = j->twin;
    struct trial *insn = &m->insn;
    unsigned mode = m->before->wide                         ? MODE_64
                    : m->before->f[F_ATTR(SEG_CS)] & 0x4000 ? MODE_COMPAT
                                                            : MODE_REAL;
    ZydisDecoder decoder;

    memset(insn, 0, sizeof(*insn));
    insn->compat = mode != MODE_64;
    memcpy(insn->bytes, t->bytes, t->byte_count);
    memcpy(insn->start.gpr, m->before->f + F_GPR, sizeof(insn->start.gpr));
    insn->start.rip = m->before->f[F_RIP];
    insn->start.rflags = m->before->f[F_RFLAGS];
    ZydisDecoderInit(&decoder,
                     mode == MODE_64       ? ZYDIS_MACHINE_MODE_LONG_64
                     : mode == MODE_COMPAT ? ZYDIS_MACHINE_MODE_LONG_COMPAT_32
                                           : ZYDIS_MACHINE_MODE_LONG_COMPAT_16,
                     mode == MODE_64       ? ZYDIS_STACK_WIDTH_64
                     : mode == MODE_COMPAT ? ZYDIS_STACK_WIDTH_32
                                           : ZYDIS_STACK_WIDTH_16);
    insn->status =
        ZydisDecoderDecodeFull(&decoder, t->bytes, t->byte_count, &insn->insn, insn->ops);
    insn->decoded = ZYAN_SUCCESS(insn->status);
    insn->law = insn->decoded ? law_of(known_mnemonic(insn->insn.mnemonic)) : NULL;
}

static void remember(struct judge *j, const struct moment *m)
{
    struct past *p = &j->past[j->past_count++ % HISTORY];

    p->rip = m->before->f[F_RIP];
    p->mode = m->insn.compat ? MODE_COMPAT : MODE_64;
    p->byte_count = j->twin->byte_count;
    memcpy(p->bytes, j->twin->bytes, TWIN_BYTES);
}

/* Flags and registers that the SDM leaves undefined; the emulator's go on. True: that was all. */
static struct undefined undefined_of(const struct moment *m)
{
    struct undefined u = {0};

    if (!m->insn.decoded || m->retire->kind != RETIRE_INSN)
        return u;
    if (m->insn.law != NULL && m->insn.law->kind == L_PLAIN)
        u = law_undefined(&m->insn, m->model->f[F_RFLAGS]);
    return u;
}

/* --- resynchronisation --- */

/* Instructions that the emulator did before it could be stopped: the model does them too, unjudged,
 * so that it has what they left where that is not shown. */
static void follow_blindly(struct judge *j)
{
    const struct span *s = next_span(j);

    for (; !s->paused && !s->last && !s->silent; s = next_span(j)) {
        j->twin->span = s;
        j->twin->taken = 0;
        twin_take(j->twin, &s->before);
        twin_awake(j->twin);
        twin_step(j->twin, -1);
        j->unjudged++;
    }
    twin_take(j->twin, &s->before);
    twin_awake(j->twin);
    twin_take_ram(j->twin);
    twin_load_pdptes(j->twin);
}

static bool resync(struct judge *j)
{
    if (!j->paused && !j->emulator->ops->pause(j->emulator))
        return false;
    follow_blindly(j);
    if (!j->paused)
        j->emulator->ops->resume(j->emulator);
    return true;
}

/* QEMU 7.2 pushes RFLAGS as they are, without the RF of SDM Vol. 3B "Instruction-Breakpoint
 * Exception Condition"; the frames become QEMU's, also one that was given up. Its RAM is not
 * looked at: it has run on, and another frame may be there by now. */
static void drop_pushed_rf(struct judge *j, const struct moment *m)
{
    const struct twin *t = j->twin;
    uint64_t flags = m->before->f[F_RFLAGS];
    bool drops = j->emulator->ops->drops_rf && !(flags & FL_RF);
    unsigned bytes = m->before->f[F_EFER] & 0x400 ? 8 : 4;

    for (unsigned i = 0; drops && i < t->stores && i < TWIN_STORES; i++) {
        uint64_t pushed = 0;

        memcpy(&pushed, t->mem.ram + t->store[i], bytes);
        if (pushed == (flags | FL_RF)) {
            memcpy(t->mem.ram + t->store[i], &flags, bytes);
            j->rf_dropped++;
        }
    }
}

/* --- one comparison --- */

static bool told_early(const struct moment *m, unsigned field)
{
    return (field == F_CR2 && m->next_vector == 14) || (field == F_DR6 && m->next_vector == 1);
}

static bool find_differences(struct judge *j, const struct moment *m)
{
    bool any = false;

    for (unsigned f = 0; f < F_COUNT; f++) {
        uint64_t mask = ~UINT64_C(0);

        j->differs[f] = false;
        if (f < F_STATE_COUNT) {
            if (m->theirs == NULL)
                continue;
            mask = told_early(m, f) ? 0 : shot_mask(m->theirs, f);
        }
        j->differs[f] = ((moment_value(m, f, true) ^ moment_value(m, f, false)) & mask) != 0;
        any |= j->differs[f];
    }
    return any;
}

/* What the SDM leaves undefined is no difference: the emulator's becomes the model's. */
static void drop_undefined(struct judge *j, const struct moment *m, bool *taken)
{
    struct undefined u = undefined_of(m);
    uint64_t flags = m->theirs->f[F_RFLAGS] ^ m->model->f[F_RFLAGS];

    if (j->differs[F_RFLAGS] && (flags & ~u.flags) == 0) {
        j->differs[F_RFLAGS] = false;
        *taken = true;
    }
    for (unsigned i = 0; i < 16; i++)
        if (j->differs[F_GPR + i] && (u.gprs >> i & 1)) {
            j->differs[F_GPR + i] = false;
            *taken = true;
        }
    j->undefined_flags += *taken;
}

static enum verdict mismatch(struct judge *j, const struct moment *m)
{
    j->moment = *m;
    j->span = *j->twin->span;
    j->shots[0] = *m->before;
    j->moment.before = &j->shots[0];
    j->shots[1] = *m->model;
    j->moment.model = &j->shots[1];
    if (m->theirs != NULL) {
        j->shots[2] = *m->theirs;
        j->moment.theirs = &j->shots[2];
    }
    return V_MISMATCH;
}

static bool wrote_exit_port(const struct span *s)
{
    return s->count != 0 && s->h[s->count - 1].kind == H_DEVICE_WRITE &&
           s->h[s->count - 1].addr == EXIT_PORT;
}

static bool span_shuts_down(const struct span *s)
{
    return s->count != 0 && s->h[s->count - 1].kind == H_SHUTDOWN;
}

/* The emulator could not be stopped any more: it came to the guest's end first. */
static enum verdict ended_meanwhile(struct judge *j)
{
    const struct span *s = next_span(j);

    while (!s->last && !s->silent)
        s = next_span(j);
    return wrote_exit_port(s) || span_shuts_down(s) ? V_GIVEN_UP : V_DIED;
}

/* Every field that differs needs a row; the strongest action of them is done. */
static enum verdict explain(struct judge *j, const struct moment *m, bool *resynced)
{
    enum known_action action = K_KEEP;
    bool counted[KNOWN_MAX] = {false};

    for (unsigned f = 0; f < F_COUNT; f++) {
        int row = j->differs[f] ? known_row(m, f) : 0;

        if (row < 0)
            return mismatch(j, m);
        if (!j->differs[f])
            continue;
        if (known_action((unsigned)row) > action)
            action = known_action((unsigned)row);
        if (!counted[row])
            j->known[row]++;
        counted[row] = true;
        if (action >= K_RESYNC)
            j->given_up_by = (unsigned)row;
    }
    if (action == K_END || (action == K_RESYNC && m->vector_theirs == SHUT_DOWN))
        return V_GIVEN_UP;
    if (m->theirs == NULL)
        return mismatch(j, m);
    *resynced = action == K_RESYNC;
    if (*resynced)
        return resync(j) ? V_GOING_ON : ended_meanwhile(j);
    if (action == K_KEEP)
        return V_GOING_ON;
    if (action == K_GIVE && j->emulator->ops->give != NULL)
        return j->emulator->ops->give(j->emulator, m->model) ? V_GOING_ON : V_DIED;
    twin_take(j->twin, m->theirs);
    if (action == K_ACCESSED)
        twin_drop_accessed(j->twin);
    return V_GOING_ON;
}

static bool is_event(const struct rec_retire *r)
{
    return r->kind != RETIRE_INSN;
}

/* A stale translation is allowed: does the model without TLBs do what QEMU did? */
static enum fresh try_afresh(struct judge *j, const struct moment *m)
{
    struct twin *t = j->twin;
    bool reload = twin_pdptes_stale(t);
    struct shot model;

    if ((!t->cached && !reload) || t->stores != 0 || m->theirs == NULL || m->device_differs)
        return FRESH_DIFFERS;
    twin_again(t, reload);
    twin_shot(t, &model);
    if (m->vector_theirs != (is_event(&t->retire) ? t->retire.vector : NO_VECTOR) ||
        (is_event(&t->retire) && m->error_theirs != t->retire.error_code))
        return FRESH_DIFFERS;
    for (unsigned f = 0; f < F_STATE_COUNT; f++)
        if ((model.f[f] ^ m->theirs->f[f]) & shot_mask(m->theirs, f))
            return FRESH_DIFFERS;
    drop_pushed_rf(j, m);
    return reload ? FRESH_PDPTES_AGREE : FRESH_AGREES;
}

static enum verdict compare_moment(struct judge *j, struct moment *m, bool *resynced)
{
    bool taken = false, left = false;

    if (!find_differences(j, m))
        return V_GOING_ON;
    if (m->theirs != NULL)
        drop_undefined(j, m, &taken);
    for (unsigned f = 0; f < F_COUNT; f++)
        left |= j->differs[f];
    m->fresh = left ? try_afresh(j, m) : FRESH_DIFFERS;
    if (left)
        return explain(j, m, resynced);
    if (taken)
        twin_take(j->twin, m->theirs);
    return V_GOING_ON;
}

/* --- RAM --- */

static bool bytes_differ(struct judge *j, uint64_t pa, unsigned bytes)
{
    const uint8_t *theirs = j->emulator->ops->ram(j->emulator, pa, bytes);
    const uint8_t *model = j->twin->mem.ram + pa;

    if (theirs == NULL || memcmp(theirs, model, bytes) == 0)
        return false;
    for (unsigned i = 0; i < bytes; i++) {
        if (theirs[i] == model[i])
            continue;
        j->ram_differs = true;
        j->ram_pa = pa + i;
        j->ram_theirs = theirs[i];
        j->ram_model = model[i];
        j->ram_writer = j->twin->writer[(pa + i) / 8];
        if (j->ram_writer != 0)
            j->ram_writer = j->twin->number - j->ram_writer + 1;
        return true;
    }
    return false;
}

static bool stores_differ(struct judge *j, const struct span *s)
{
    const struct twin *t = j->twin;

    for (unsigned i = 0; i < t->writes && i < TWIN_WROTE; i++)
        if (bytes_differ(j, t->wrote[i].pa, t->wrote[i].bytes))
            return true;
    for (unsigned i = 0; i < s->count; i++)
        if (s->h[i].kind == H_STORE && bytes_differ(j, s->h[i].addr, s->h[i].size))
            return true;
    return false;
}

/* What either side wrote in this step. With a row the emulator's bytes become the model's. */
static enum verdict compare_stores(struct judge *j, const struct span *s, struct moment *m)
{
    int row;

    if (!stores_differ(j, s))
        return V_GOING_ON;
    m->ram_differs = true;
    m->ram_pa = j->ram_pa;
    m->ram_bits = j->ram_theirs ^ j->ram_model;
    m->ram_model = j->ram_model;
    m->cached = j->twin->cached;
    m->ram_stored = twin_stored(j->twin, j->ram_pa);
    row = known_row(m, F_RAM);
    if (row < 0) {
        j->differs[F_RAM] = true;
        return mismatch(j, m);
    }
    j->known[row]++;
    j->ram_differs = false;
    for (unsigned i = 0; i < j->twin->writes && i < TWIN_WROTE; i++)
        twin_take_bytes(j->twin, j->twin->wrote[i].pa, j->twin->wrote[i].bytes);
    for (unsigned i = 0; i < s->count; i++)
        if (s->h[i].kind == H_STORE)
            twin_take_bytes(j->twin, s->h[i].addr, s->h[i].size);
    return V_GOING_ON;
}

static enum verdict compare_ram(struct judge *j)
{
    uint64_t from = 0, to;

    j->checkpoints++;
    for (uint64_t pa = 0; pa < j->twin->mem.bytes; pa += RAM_PAGE)
        if (j->twin->dirty[pa / RAM_PAGE] && bytes_differ(j, pa, RAM_PAGE))
            return V_MISMATCH;
    while (j->emulator->ops->ram_part(j->emulator, from, &from, &to))
        for (; from < to; from += RAM_PAGE)
            if (bytes_differ(j, from, RAM_PAGE))
                return V_MISMATCH;
    return V_GOING_ON;
}

/* --- one span --- */

static const struct happening *next_delivery(const struct span *s, unsigned *pos)
{
    while (*pos < s->count && s->h[*pos].kind != H_DELIVER)
        (*pos)++;
    return *pos < s->count ? &s->h[*pos] : NULL;
}

/* A fault while delivering d: the state that it met is still d's. */
static bool nested(const struct happening *d, const struct happening *next)
{
    const uint64_t *a = d->shot.f, *b = next->shot.f;

    return !next->external && a[F_RIP] == b[F_RIP] &&
           a[F_SELECTOR(SEG_CS)] == b[F_SELECTOR(SEG_CS)] && a[F_GPR + RSP] == b[F_GPR + RSP] &&
           a[F_CPL] == b[F_CPL];
}

/* Passes d and the faults of its delivery; the last one is what was delivered. */
static const struct happening *pass_delivery(const struct span *s, unsigned *pos)
{
    const struct happening *d = &s->h[*pos], *next;

    (*pos)++;
    while ((next = next_delivery(s, pos)) != NULL && nested(d, next)) {
        d = next;
        (*pos)++;
    }
    return d;
}

/* The emulator's instruction itself faulted. */
static bool nothing_done(const struct moment *m, const struct happening *d)
{
    return memcmp(d->shot.f, m->before->f, (F_RIP + 1) * sizeof(d->shot.f[0])) == 0;
}

static void interrupt_came(struct judge *j, const struct happening *d)
{
    j->twin->stimuli[d->vector == 2 ? STIMULUS_NMI : STIMULUS_INTERRUPT]++;
}

static bool loads_ss(const struct trial *insn)
{
    const ZydisDecodedInstruction *in = &insn->insn;

    return insn->decoded &&
           (in->mnemonic == ZYDIS_MNEMONIC_MOV || in->mnemonic == ZYDIS_MNEMONIC_POP) &&
           insn->ops[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
           insn->ops[0].reg.value == ZYDIS_REGISTER_SS;
}

/* Bytes of a table, where linear addresses are physical ones; 0 outside RAM. */
static uint64_t peek(const struct twin *t, uint64_t pa, unsigned bytes)
{
    uint64_t v = 0;

    if (rw_mem_is_ram(&t->mem, pa, bytes))
        memcpy(&v, t->mem.ram + pa, bytes);
    return v;
}

static bool canonical(uint64_t va, bool la57)
{
    unsigned up = la57 ? 7 : 16;

    return (uint64_t)((int64_t)(va << up) >> up) == va;
}

/* The gates of what the emulator delivered in this span, and the stacks that they may go to. */
static void look_at_gates(const struct twin *t, const struct span *s, struct moment *m)
{
    const uint64_t *f = s->before.f;
    bool wide = f[F_EFER] & 0x400, la57 = f[F_CR4] >> 12 & 1;

    for (unsigned i = 0; i < s->count; i++) {
        uint64_t gate = f[F_IDTR_BASE] + (wide ? 16u : 8u) * s->h[i].vector;

        if (s->h[i].kind != H_DELIVER)
            continue;
        m->gate_of_task |= !wide && (peek(t, gate + 5, 1) & 31) == 5;
        m->high_gate_type |= wide && (peek(t, gate + 12, 4) & 0x1f00);
        m->gate_not_canonical |=
            wide && !canonical(peek(t, gate, 2) | peek(t, gate + 6, 6) << 16, la57);
    }
    for (unsigned at = 4; wide && at < 0x5c; at += 8) /* RSP0 to RSP2, IST1 to IST7 */
        m->stack_not_canonical |= !canonical(peek(t, f[F_BASE(SEG_TR)] + at, 8), la57);
}

/* In the GDT, where linear addresses are physical ones: bits 4:0 of its access byte. */
static unsigned blamed_type(const struct twin *t, const struct moment *m)
{
    uint64_t pa = m->before->f[F_GDTR_BASE] + (m->error_model & 0xfff8) + 5;

    return m->error_model & 6 ? 0 : (unsigned)peek(t, pa, 1) & 31u;
}

/* One retirement of the model against what the emulator did in the span, from *pos. */
static enum verdict judge_step(struct judge *j, const struct span *s, unsigned *pos, bool executed,
                               bool *resynced)
{
    const struct happening *d = next_delivery(s, pos), *delivered = NULL;
    bool interrupt = executed && d != NULL && d->external;
    struct moment m = {.before = executed && d != NULL ? &d->shot : &j->before,
                       .on = j->emulator->ops,
                       .retire = &j->twin->retire,
                       .vector_theirs = NO_VECTOR,
                       .vector_model = NO_VECTOR};
    struct shot model;
    enum verdict v;
    bool retired;

    if (interrupt && !j->twin->ops->interruptible(j->twin->model, d->vector == 2))
        interrupt = false; /* the model goes on without it: a difference */
    else if (interrupt)
        interrupt_came(j, d);
    retired = twin_step(j->twin, interrupt ? d->vector : -1);
    twin_shot(j->twin, &model);
    m.model = &model;
    if (next_delivery(s, pos) == NULL && !twin_answered_all(j->twin))
        j->twin->device_differs = true;
    m.device_differs = j->twin->device_differs;
    m.device_addr = j->twin->device_addr;
    m.unlogged = j->twin->unlogged;
    m.msr = m.before->f[F_GPR + RCX] & 0xffffffff;
    if (retired && m.retire->kind != RETIRE_INSN) {
        j->events++;
        m.vector_model = m.retire->kind == RETIRE_SHUTDOWN ? SHUT_DOWN : m.retire->vector;
        m.where_model = d != NULL ? j->twin->previous.regs.rip : 0;
        m.error_model = m.retire->flags & RETIRE_HAS_ERROR_CODE ? m.retire->error_code : 0;
        if (d != NULL)
            delivered = pass_delivery(s, pos);
        drop_pushed_rf(j, &m);
    } else if (d != NULL && !d->external &&
               (s->single || (nothing_done(&m, d) && model.f[F_RIP] != m.before->f[F_RIP]))) {
        delivered = pass_delivery(s, pos); /* the emulator faulted */
    }
    if (delivered != NULL) {
        m.vector_theirs = span_shuts_down(s) ? SHUT_DOWN : delivered->vector;
        m.error_theirs = delivered->software || span_shuts_down(s) ? 0 : delivered->error;
        m.where_theirs = delivered->shot.f[F_RIP];
    }
    d = next_delivery(s, pos);
    m.next_vector = d != NULL ? d->vector : NO_VECTOR;
    m.theirs = d != NULL                                        ? &d->shot
               : s->last || s->silent || s->paused || s->unseen ? NULL
                                                                : &s->after;
    decode(j, &m);
    m.sysenter_cs = j->twin->previous.sys.sysenter_cs;
    m.event_before = executed ? j->last_event : NO_VECTOR;
    j->last_event = delivered != NULL ? delivered->vector : NO_VECTOR;
    m.last = &j->last;
    m.shadows_in_a_row = j->shadows_in_a_row;
    m.blamed_type = blamed_type(j->twin, &m);
    look_at_gates(j->twin, s, &m);
    m.fetched_nothing = j->twin->fetched_nothing;
    m.behind = executed ? &j->last : NULL;
    if (!executed) {
        remember(j, &m);
        j->instructions++;
    }
    v = compare_moment(j, &m, resynced);
    if (v == V_GOING_ON && !*resynced && j->emulator->ops->shows_stores)
        v = compare_stores(j, s, &m);
    if (!executed) {
        j->last = m.insn;
        j->shadows_in_a_row = loads_ss(&m.insn) ? j->shadows_in_a_row + 1 : 0;
    }
    return v;
}

static bool model_waits(const struct twin *t)
{
    struct rw_state s;

    t->ops->get_state(t->model, &s);
    return s.halted;
}

static bool model_is_down(const struct twin *t)
{
    struct rw_state s;

    t->ops->get_state(t->model, &s);
    return s.shutdown;
}

/* How a span without `after` ends the run. */
static enum verdict judge_end(struct judge *j, const struct span *s)
{
    if (s->silent && model_is_down(j->twin))
        return V_SHUTDOWN;
    if (s->silent)
        return model_waits(j->twin) ? V_HALTED : V_DIED;
    if (wrote_exit_port(s))
        return V_EXIT;
    if (span_shuts_down(s) && model_is_down(j->twin))
        return V_SHUTDOWN;
    return V_DIED;
}

static enum verdict judge_span(struct judge *j, const struct span *s)
{
    bool ends = s->last || s->silent;
    const struct happening *d;
    enum verdict v = V_GOING_ON;
    unsigned pos = 0;
    bool executed, resynced = false;

    if (!ends && !s->single && s->count == 0 && same_shot(&s->before, &s->after)) {
        j->idle++; /* the emulator looked around before the instruction, or it jumps to itself */
        return V_GOING_ON;
    }
    j->twin->span = s;
    j->twin->taken = 0;
    j->twin->device_differs = false;
    d = next_delivery(s, &pos);
    executed = d != NULL && (d->external || s->boundary) && same_shot(&d->shot, &s->before);
    j->before = s->before;
    if (j->unseen)
        twin_shot(j->twin, &j->before);
    j->unseen = s->unseen;
    j->silent = s->silent;
    if (ends && s->count == 0 && model_waits(j->twin))
        executed = true;
    while (v == V_GOING_ON && !resynced && (!executed || next_delivery(s, &pos) != NULL)) {
        v = judge_step(j, s, &pos, executed, &resynced);
        executed = true;
    }
    if (v == V_GOING_ON && s->silent && !model_waits(j->twin) && !model_is_down(j->twin)) {
        twin_shot(j->twin, &j->before); /* what is it that the emulator does not come to? */
        v = judge_step(j, s, &pos, true, &resynced);
    }
    if (v == V_GOING_ON && j->twin->exited && !j->emulator->ops->ends_with_exit)
        return V_EXIT;
    return v == V_GOING_ON && ends ? judge_end(j, s) : v;
}

/* --- the run --- */

/* The emulator is stopped, what it did until then is judged, and RAM is compared. */
static enum verdict checkpoint(struct judge *j)
{
    enum verdict v = V_GOING_ON;
    const struct span *s;

    if (!j->emulator->ops->pause(j->emulator))
        return V_GOING_ON; /* it has ended: the next spans say how */
    j->paused = true;
    while (v == V_GOING_ON && !(s = next_span(j))->paused)
        v = judge_span(j, s);
    if (v == V_GOING_ON)
        v = compare_ram(j);
    j->paused = false;
    j->emulator->ops->resume(j->emulator);
    return v;
}

void judge_run(struct judge *j)
{
    uint64_t next = j->checkpoint_every;
    enum verdict v = V_GOING_ON;

    while (v == V_GOING_ON) {
        if (j->max_instructions != 0 && j->instructions + j->idle >= j->max_instructions) {
            v = checkpoint(j);
            v = v == V_GOING_ON ? V_LIMIT : v;
        } else if (j->instructions >= next) {
            next = j->instructions + j->checkpoint_every;
            v = checkpoint(j);
        } else {
            v = judge_span(j, next_span(j));
        }
    }
    if ((v == V_EXIT || v == V_HALTED || v == V_SHUTDOWN) && compare_ram(j) == V_MISMATCH)
        v = V_MISMATCH;
    if (v == V_DIED && !j->silent)
        j->status = j->emulator->ops->status(j->emulator);
    j->verdict = v;
}
