// SPDX-License-Identifier: Apache-2.0
// Shots; see the header.
#include "shot.h"

#include <string.h>

#define EFER_LMA UINT64_C(0x400)

const char *field_name(unsigned field)
{
    static const char *const plain[F_SEG] = {
        "rax",       "rcx",        "rdx", "rbx", "rsp", "rbp", "rsi",  "rdi",       "r8",
        "r9",        "r10",        "r11", "r12", "r13", "r14", "r15",  "rip",       "rflags",
        "cpl",       "shadow",     "cr0", "cr2", "cr3", "cr4", "efer", "gdtr.base", "gdtr.limit",
        "idtr.base", "idtr.limit", "dr0", "dr1", "dr2", "dr3", "dr6",  "dr7"};
    static const char *const segments[] = {
        "es.selector",   "es.base",   "es.limit",    "es.attr",   "cs.selector", "cs.base",
        "cs.limit",      "cs.attr",   "ss.selector", "ss.base",   "ss.limit",    "ss.attr",
        "ds.selector",   "ds.base",   "ds.limit",    "ds.attr",   "fs.selector", "fs.base",
        "fs.limit",      "fs.attr",   "gs.selector", "gs.base",   "gs.limit",    "gs.attr",
        "ldtr.selector", "ldtr.base", "ldtr.limit",  "ldtr.attr", "tr.selector", "tr.base",
        "tr.limit",      "tr.attr"};
    static const char *const events[] = {"vector", "error code", "at", "device access", "ram"};

    if (field < F_SEG)
        return plain[field];
    return field < F_STATE_COUNT ? segments[field - F_SEG] : events[field - F_STATE_COUNT];
}

uint64_t shot_mask(const struct shot *s, unsigned field)
{
    bool table = field == F_CR2 || field == F_CR3 || field == F_GDTR_BASE || field == F_IDTR_BASE;
    bool base = field >= F_SEG && field < F_STATE_COUNT && (field - F_SEG) % 4 == 1;

    if (s->full)
        return field == F_SHADOW ? 0 : ~UINT64_C(0);
    if (!s->wide && field >= F_GPR + 8 && field < F_GPR + 16)
        return 0;
    if ((!s->wide && (field <= F_RIP || base)) || (table && !(s->f[F_EFER] & EFER_LMA)))
        return UINT64_C(0xffffffff);
    return ~UINT64_C(0);
}

static void segment_of(uint64_t *f, const struct rec_seg_state *s)
{
    f[0] = s->selector;
    f[1] = s->base;
    f[2] = s->limit;
    f[3] = s->attr;
}

void shot_of_state(struct shot *out, const struct rw_state *s)
{
    uint64_t *f = out->f;

    memcpy(f + F_GPR, s->regs.gpr, sizeof(s->regs.gpr));
    f[F_RIP] = s->regs.rip;
    f[F_RFLAGS] = s->regs.rflags;
    f[F_CPL] = s->regs.cpl;
    f[F_SHADOW] = s->sti_shadow || s->mov_ss_shadow;
    f[F_CR0] = s->sys.cr0;
    f[F_CR2] = s->regs.cr2;
    f[F_CR3] = s->sys.cr3;
    f[F_CR4] = s->sys.cr4;
    f[F_EFER] = s->sys.efer;
    f[F_GDTR_BASE] = s->sys.gdtr_base;
    f[F_GDTR_LIMIT] = s->sys.gdtr_limit;
    f[F_IDTR_BASE] = s->sys.idtr_base;
    f[F_IDTR_LIMIT] = s->sys.idtr_limit;
    memcpy(f + F_DR, s->sys.dr, sizeof(s->sys.dr));
    f[F_DR6] = s->sys.dr6;
    f[F_DR7] = s->sys.dr7;
    for (unsigned i = 0; i < SEG_COUNT; i++)
        segment_of(f + F_SELECTOR(i), &s->sys.seg[i]);
    out->wide = s->regs.mode == MODE_64;
}

static uint64_t merge(const struct shot *in, unsigned field, uint64_t old)
{
    uint64_t mask = shot_mask(in, field);

    return (in->f[field] & mask) | (old & ~mask);
}

void shot_into_state(const struct shot *in, struct rw_state *s)
{
    const uint64_t *f = in->f;

    for (unsigned i = 0; i < 16; i++)
        s->regs.gpr[i] = merge(in, F_GPR + i, s->regs.gpr[i]);
    s->regs.rip = merge(in, F_RIP, 0);
    s->regs.rflags = f[F_RFLAGS];
    if (!in->full && !f[F_SHADOW])
        s->sti_shadow = s->mov_ss_shadow = false;
    s->regs.cpl = (uint8_t)f[F_CPL];
    s->regs.cr2 = merge(in, F_CR2, s->regs.cr2);
    s->sys.cr0 = f[F_CR0];
    s->sys.cr3 = f[F_CR3];
    s->sys.cr4 = f[F_CR4];
    s->sys.efer = f[F_EFER];
    s->sys.gdtr_base = f[F_GDTR_BASE];
    s->sys.gdtr_limit = (uint32_t)f[F_GDTR_LIMIT];
    s->sys.idtr_base = f[F_IDTR_BASE];
    s->sys.idtr_limit = (uint32_t)f[F_IDTR_LIMIT];
    memcpy(s->sys.dr, f + F_DR, sizeof(s->sys.dr));
    s->sys.dr6 = f[F_DR6];
    s->sys.dr7 = f[F_DR7];
    for (unsigned i = 0; i < SEG_COUNT; i++)
        s->sys.seg[i] = (struct rec_seg_state){.selector = (uint16_t)f[F_SELECTOR(i)],
                                               .base = merge(in, F_BASE(i), s->sys.seg[i].base),
                                               .limit = (uint32_t)f[F_LIMIT(i)],
                                               .attr = (uint16_t)f[F_ATTR(i)]};
}
