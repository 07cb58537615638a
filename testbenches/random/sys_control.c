// SPDX-License-Identifier: Apache-2.0
// Slots of a system program about control registers and MSRs: bits turned one by one, their illegal
// combinations, paging off and on, other formats of tables. SDM Vol. 3A "Control Registers".
#include "sys.h"

#include <stddef.h>

#define CR0_PE 1u
#define CR0_PG 0x80000000u

/* A bit of a register, with its weight. Turned where the frame can live with it. */
enum { ALWAYS = 7, PAGED = 1, LEGACY = 2, LONG = 4 };
struct turn {
    uint32_t bit;
    unsigned weight, where;
};

static const struct turn cr0_turns[] = {
    {CR0_PE, 2, PAGED},      {2, 3, ALWAYS},          {4, 1, ALWAYS},          {8, 3, ALWAYS},
    {0x10, 1, ALWAYS},       {0x20, 3, ALWAYS},       {0x10000, 8, ALWAYS},    {0x40000, 8, ALWAYS},
    {0x20000000, 3, ALWAYS}, {0x40000000, 2, ALWAYS}, {0x60000000, 2, ALWAYS}, {0x1000, 1, ALWAYS},
};
static const struct turn cr4_turns[] = {
    {1, 1, ALWAYS},        {4, 4, ALWAYS},        {8, 6, ALWAYS},         {0x10, 4, ALWAYS},
    {0x20, 3, LONG},       {0x40, 1, ALWAYS},     {0x80, 6, ALWAYS},      {0x100, 3, ALWAYS},
    {0x200, 1, ALWAYS},    {0x800, 5, ALWAYS},    {0x1000, 3, ALWAYS},    {0x2000, 1, ALWAYS},
    {0x8000, 1, ALWAYS},   {0x10000, 5, ALWAYS},  {0x20000, 6, ALWAYS},   {0x100000, 2, ALWAYS},
    {0x200000, 3, ALWAYS}, {0x400000, 6, ALWAYS}, {0x1000000, 6, ALWAYS}, {0x800000, 1, ALWAYS},
};
static const struct turn efer_turns[] = {
    {1, 5, ALWAYS},     {0x100, 3, PAGED},   {0x400, 2, ALWAYS},
    {0x800, 5, ALWAYS}, {0x4000, 1, ALWAYS}, {2, 1, ALWAYS},
};
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static uint32_t draw_turn(struct gen *g, const struct turn *t, size_t n)
{
    unsigned paging = sys_episode(g)->paging, here_is, total = 0;

    here_is = (g->long_mode ? LONG : LEGACY) | (paging != PAGING_OFF ? PAGED : 0u);
    for (size_t i = 0; i < n; i++)
        total += t[i].where & here_is ? t[i].weight : 0;
    total = below(g, total);
    for (;; t++)
        if (t->where & here_is) {
            if (total < t->weight)
                return t->bit;
            total -= t->weight;
        }
}

static void efer_bits(struct gen *g)
{
    mov_imm(g, 1, 0xc0000080);
    put(g, 0x320f, 2);
    op32(g);
    put(g, 0x35, 1);
    put(g, draw_turn(g, efer_turns, COUNT(efer_turns)), 4);
    if (chance(g, 5))
        mov_imm(g, 2, (uint32_t)rnd(g));
    put(g, 0x300f, 2);
}

/* CR0, CR4, EFER with one bit turned or two; often turned back behind an instruction. */
void sys_control_bits(struct gen *g)
{
    unsigned cr = chance(g, 40) ? 0 : 4;
    uint32_t bits;

    if (chance(g, 20)) {
        efer_bits(g);
        return;
    }
    if (chance(g, 10)) { /* LMSW, CLTS, SMSW */
        mov_imm(g, 0, rnd(g) & 0xe);
        put(g, chance(g, 60) ? 0xf0010f : 0x060f90, 3);
        put(g, 0xe3010f, 3);
        return;
    }
    bits = cr == 0 ? draw_turn(g, cr0_turns, COUNT(cr0_turns))
                   : draw_turn(g, cr4_turns, COUNT(cr4_turns));
    if (chance(g, 25))
        bits |= cr == 0 ? draw_turn(g, cr0_turns, COUNT(cr0_turns))
                        : draw_turn(g, cr4_turns, COUNT(cr4_turns));
    if (cr == 0 && g->wide && chance(g, 6))
        bits = CR0_PG; /* 64-bit code does not leave long mode */
    for (unsigned i = chance(g, 50) ? 2 : 1; i > 0; i--) {
        mov_from_eax(g, 0x20, cr);
        op32(g);
        put(g, 0x35, 1);
        put(g, bits, 4);
        if (g->wide && chance(g, 3)) { /* bits 63:32 */
            put(g, 0xba0f48, 3);
            put(g, 0xe8, 1);
            put(g, 32 + below(g, 32), 1);
        }
        mov_from_eax(g, 0x22, cr);
        if (i == 2 && chance(g, 80))
            one_instruction(g);
    }
}

/* The format of tables without paging: another root, then paging. */
static void other_tables(struct gen *g)
{
    bool pae = chance(g, 50);

    mov_from_eax(g, 0x20, 4);
    op32(g);
    put(g, pae ? 0x0d : 0x25, 1);
    put(g, pae ? 0x20 : ~0x20u, 4);
    mov_from_eax(g, 0x22, 4);
    mov_imm(g, 0, pae ? PDPT_PAE : PD32);
    mov_from_eax(g, 0x22, 3);
}

/* Outside 64-bit code: paging off, something without it, paging on, at times with other tables. */
void sys_paging_off(struct gen *g)
{
    if (g->wide || g->ring != 0) {
        sys_control_bits(g);
        return;
    }
    mov_from_eax(g, 0x20, 0);
    op32(g);
    put(g, 0x25, 1);
    put(g, ~CR0_PG, 4);
    mov_from_eax(g, 0x22, 0);
    if (!g->long_mode && chance(g, 50))
        other_tables(g);
    else if (!g->long_mode && chance(g, 60))
        one_instruction(g);
    if (sys_episode(g)->paging == PAGING_OFF && chance(g, 50))
        return;
    mov_from_eax(g, 0x20, 0);
    op32(g);
    put(g, 0x0d, 1);
    put(g, CR0_PG, 4);
    mov_from_eax(g, 0x22, 0);
    if (chance(g, 50))
        one_instruction(g);
}

/* What a MSR takes; a value that is nearly so, and what it reads then. */
enum msr_kind { BITS, ADDRESS, FREE, READ_ONLY, SAME };
void sys_msr(struct gen *g)
{
    static const struct {
        uint32_t number, low, high; /* BITS: those that it has */
        enum msr_kind kind;
        unsigned weight;
    } msrs[] = {
        {0x10, 0, 0, FREE, 2},
        {0x1b, 0, 0, SAME, 2},
        {0x3a, 0, 0, READ_ONLY, 1},
        {0x3b, 0, 0, FREE, 2},
        {0x8b, 0, 0, FREE, 1},
        {0xfe, 0, 0, READ_ONLY, 1},
        {0x174, ~3u, 0, BITS, 2},
        {0x176, 0, 0, ADDRESS, 2},
        {0x179, 0, 0, READ_ONLY, 1},
        {0x1a0, 0x00c51889, 4, BITS, 4},
        {0x1d9, 0, 0, BITS, 2},
        {0x200, 0xfffff006, 0xff, BITS, 2},
        {0x201, 0xfffff800, 0xff, BITS, 2},
        {0x20e, 0xfffff005, 0xff, BITS, 2},
        {0x20f, 0xfffff800, 0xff, BITS, 2},
        {0x277, 0x05050505, 0x05050505, BITS, 4},
        {0x2ff, 0x805, 0, BITS, 3},
        {0x6e0, 0, 0, FREE, 2},
        {0x6e1, 0xfffffffc, 0, BITS, 3},
        {0xc0000081, ~0u, ~0u, BITS, 3},
        {0xc0000082, 0, 0, ADDRESS, 2},
        {0xc0000083, 0, 0, ADDRESS, 1},
        {0xc0000084, ~0u, 0, BITS, 3},
        {0xc0000100, 0, 0, ADDRESS, 3},
        {0xc0000101, 0, 0, ADDRESS, 3},
        {0xc0000102, 0, 0, ADDRESS, 3},
        {0xc0000103, ~0u, 0, BITS, 2},
        {0x210, 0, 0, FREE, 1},
        {0xc0000104, 0, 0, FREE, 1},
    };
    unsigned total = 0, i = 0, w;
    uint64_t v = rnd(g);
    uint32_t low = (uint32_t)v, high = (uint32_t)(v >> 32);

    for (i = 0; i < COUNT(msrs); i++)
        total += msrs[i].weight;
    w = below(g, total);
    for (i = 0; w >= msrs[i].weight; i++)
        w -= msrs[i].weight;
    mov_imm(g, 1, msrs[i].number);
    if (msrs[i].kind == SAME || msrs[i].kind == READ_ONLY) {
        put(g, 0x320f, 2);
        if (chance(g, 50)) {
            op32(g);
            put(g, 0x35, 1); /* a bit of APIC_BASE, which stays where it is: x2APIC mode */
            put(g, 1u << (unsigned)"\0\1\2\3\4\5\6\7\11\12"[below(g, 10)], 4);
        }
        put(g, 0x300f, 2);
        return;
    }
    if (msrs[i].kind == BITS) {
        low &= msrs[i].low;
        high &= msrs[i].high;
        if (chance(g, 25))
            low ^= 1u << below(g, 32);
        if (chance(g, 15))
            high ^= 1u << below(g, 32);
    } else if (msrs[i].kind == ADDRESS) {
        v = chance(g, 60) ? target(g) : value(g);
        low = (uint32_t)v;
        high = (uint32_t)(v >> 32);
    }
    if (chance(g, 85)) {
        mov_imm(g, 0, low);
        mov_imm(g, 2, high);
        put(g, 0x300f, 2);
    }
    put(g, 0x320f, 2);
    if (msrs[i].number >= 0xc0000100 && chance(g, 40))
        put(g, g->wide && chance(g, 60) ? 0xf8010f : 0xf9010f, 3); /* SWAPGS, RDTSCP */
}
