// SPDX-License-Identifier: Apache-2.0
// The scoreboard under a test's hand: a model of one instruction stands in for the golden one, and
// the test makes the records of both sides and of the board.
#ifndef RW_SCOREBOARD_BENCH_H
#define RW_SCOREBOARD_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "scoreboard.h"

/* A model that emits what the test prepared. */
struct rw_model {
    struct rw_env env;
};

struct script {
    struct rec_retire retire;
    struct rec_xlate xlate;
    struct rec_walk walk;
    struct rec_sys sys;
    struct rw_access access;
    bool with_xlate, with_walk, with_sys, with_access, reads, interruptible, nmi_possible;
    bool translates; /* somebody else's MMU: the answer is the RTL's */
};

static struct script *now; /* the script of the running test */

static struct rw_model *fake_create(const struct rw_model_config *config, const struct rw_env *env)
{
    struct rw_model *m = calloc(1, sizeof(*m));

    (void)config;
    m->env = *env;
    return m;
}

static void fake_destroy(struct rw_model *m)
{
    free(m);
}

static enum rw_step fake_step(struct rw_model *m)
{
    uint8_t data[16];

    if (now->with_walk)
        m->env.walk(m->env.ctx, &now->walk);
    if (now->translates)
        m->env.translate(m->env.ctx, &now->xlate);
    if (now->with_xlate)
        m->env.xlate(m->env.ctx, &now->xlate);
    if (now->with_access)
        m->env.before(m->env.ctx, &now->access);
    if (now->reads)
        m->env.read(m->env.ctx, &now->access, data);
    m->env.retire(m->env.ctx, &now->retire);
    if (now->with_sys)
        m->env.sys(m->env.ctx, &now->sys);
    return RW_STEP_RETIRED;
}

static bool fake_interruptible(const struct rw_model *m, bool nmi)
{
    (void)m;
    return nmi ? now->interruptible || now->nmi_possible : now->interruptible;
}

static enum rw_step fake_interrupt(struct rw_model *m, uint8_t vector, bool nmi)
{
    struct rec_retire r = now->retire;

    (void)nmi;
    r.vector = vector;
    m->env.retire(m->env.ctx, &r);
    return RW_STEP_RETIRED;
}

static void fake_get_state(const struct rw_model *m, struct rw_state *s)
{
    (void)m;
    memset(s, 0, sizeof(*s));
    if (now)
        s->sys = now->sys;
}

static void fake_mem_changed(struct rw_model *m, uint64_t pa, uint64_t bytes)
{
    (void)m;
    (void)pa;
    (void)bytes;
}

static const struct rw_model_ops fake = {.name = "fake",
                                         .create = fake_create,
                                         .destroy = fake_destroy,
                                         .step = fake_step,
                                         .interruptible = fake_interruptible,
                                         .interrupt = fake_interrupt,
                                         .get_state = fake_get_state,
                                         .mem_changed = fake_mem_changed};

static uint8_t ram[4096], rtl_ram[4096], dirty[1];
static const struct rw_mem rtl_memory = {rtl_ram, sizeof(rtl_ram)};

/* With somebody else's MMU or IOMMU. */
static inline struct scoreboard *board_of(bool own_mmu, bool own_iommu)
{
    struct scoreboard_config c = {.ops = &fake,
                                  .mem = {ram, sizeof(ram)},
                                  .other = &rtl_memory,
                                  .dirty = dirty,
                                  .own_mmu = own_mmu,
                                  .own_iommu = own_iommu};

    memset(ram, 0, sizeof(ram));
    memset(rtl_ram, 0, sizeof(rtl_ram));

    return scoreboard_create(&c);
}

static inline struct scoreboard *board(void)
{
    return board_of(false, false);
}

/* What the board says. */
static inline void said(struct scoreboard *sb, enum board_kind kind, uint64_t cycle, uint64_t value)
{
    struct board_record r = {.cycle = cycle, .kind = (uint8_t)kind, .value = value};

    scoreboard_board(sb, &r);
}

static inline void acknowledge(struct scoreboard *sb, uint64_t cycle, uint8_t vector)
{
    said(sb, BOARD_ACKNOWLEDGE, cycle, vector);
}

static inline void line(struct scoreboard *sb, uint64_t cycle, bool high)
{
    said(sb, BOARD_LINE, cycle, high);
}

static inline void nmi(struct scoreboard *sb, uint64_t cycle)
{
    said(sb, BOARD_NMI, cycle, 0);
}

/* The RTL's word that it took one. */
static inline void nmi_taken(struct scoreboard *sb, uint64_t cycle)
{
    struct rec_stim s = {.cycle = cycle, .kind = STIM_NMI};

    scoreboard_stim(sb, &s);
}

static inline struct script script_of_one(void)
{
    struct script s = {.with_xlate = true, .with_walk = true, .with_sys = true};

    s.retire.rip = 0x1000;
    s.retire.next_rip = 0x1001;
    s.retire.len = 1;
    s.xlate.va = 0x1000;
    s.walk.addr = 0x2000;
    s.sys.cr0 = 0x11;
    return s;
}

/* Feed what the RTL says: the script's records, each possibly changed. */
static inline void feed(struct scoreboard *sb, const struct script *rtl)
{
    if (rtl->with_walk)
        scoreboard_walk(sb, &rtl->walk);
    if (rtl->with_xlate)
        scoreboard_xlate(sb, &rtl->xlate);
    scoreboard_retire(sb, &rtl->retire);
    if (rtl->with_sys)
        scoreboard_sys(sb, &rtl->sys);
}

/* A retirement at a cycle, without other records: the script's, on both sides. */
static inline void retire_at(struct scoreboard *sb, struct script *s, uint64_t cycle)
{
    s->with_xlate = s->with_walk = s->with_sys = false;
    s->retire.cycle = cycle;
    scoreboard_retire(sb, &s->retire);
}

#endif
