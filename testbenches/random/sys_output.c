// SPDX-License-Identifier: Apache-2.0
// The assembler file of a system program: what system.S includes and needs.
#include "drop.h"
#include "sys.h"

#include <string.h>

#define RW_USER 7u
#define RW_OWN  3u

static void print_slots(struct gen *g, FILE *f)
{
    fprintf(f, "\t.section .tables, \"aw\"\n\t.align 64\nslot_state:\n");
    for (unsigned n = 0; n < g->slots; n++) {
        const struct sys_slot *s = &g->sys->slots[n];
        const struct episode *e = &g->sys->episodes[s->episode];
        uint32_t ip = BODY + n * SYS_SLOT - (s->size == SIZE_16 ? e->base16 : 0);

        fprintf(f, "\t.quad 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, %u, %d, %u\n", ip,
                code_selector(s->size, s->ring), s->flags, STACK_R + s->ring * 0x1000,
                (s->stack16 ? S16 : DATA_R) + s->ring * 9, s->episode, dropped(g, n), s->ring);
    }
}

static void print_episodes(struct gen *g, FILE *f)
{
    static const struct {
        unsigned root, table;
        const char *name;
    } tables[] = {[PAGING_OFF] = {PD32, 0, "0"},
                  [PAGING_32] = {PD32, TABLE32, "master_32"},
                  [PAGING_PAE] = {PDPT_PAE, TABLE_PAE, "master_pae"},
                  [PAGING_4] = {PML4, TABLE_LONG, "master_long"},
                  [PAGING_5] = {PML5, TABLE_LONG, "master_long"}};

    fprintf(f, "\t.align 64\nepisodes:\n");
    for (unsigned i = 0; i < g->sys->count; i++) {
        const struct episode *e = &g->sys->episodes[i];

        fprintf(f, "\t.long %d, 0x%x, 0x%x, 0x%x, 0x%x, %u, 0x%x, 0x%x\n", e->is_long, e->cr0,
                e->cr4, e->efer, tables[e->paging].root, e->pcid, e->pkru, e->fmask);
        fprintf(f, "\t.long 0x%x, %s, 0x%x, %d, 0x%x, 0, 0, 0\n", e->base16, tables[e->paging].name,
                tables[e->paging].table, e->paging == PAGING_OFF ? 0 : 1024, e->pat);
    }
}

/* Who may use a page of the region. 0: nobody. */
static unsigned page_rights(struct gen *g, uint32_t va)
{
    if (va < DATA) {
        unsigned n = (va - BODY) / SYS_SLOT;

        if (n >= g->slots)
            return n < g->slots + SYS_SLOTS_A_PAGE ? RW_USER : 0;
        return g->sys->episodes[g->sys->slots[n].episode].who == ONLY_SUPERVISOR ? RW_OWN : RW_USER;
    }
    if (va < DATA + WINDOW_PAGES * 4096)
        return RW_USER;
    if (va < SAFE)
        return va < SAFE - 4096 ? 5 : 3; /* read-only, the kernel's */
    if (va < STACK_R - 4096)
        return va == SAFE ? RW_USER : RW_OWN;
    if (va < LANDINGS)
        return va < STACK_R + 2 * 4096 ? RW_OWN : RW_USER;
    if (va == LANDINGS)
        return RW_USER;
    if (va >= GDT && va < GDT + 6 * 4096)
        return RW_OWN;
    if (va >= GDT + ALIAS && va < GDT + ALIAS + 6 * 4096)
        return RW_USER;
    if (va >= PT32 && va < PD32)
        return RW_USER;
    if (va >= GDT + ALIAS_OWN && va < GDT + ALIAS_OWN + 6 * 4096)
        return RW_OWN;
    if (va == (STUBS32 & ~0xfffu))
        return RW_OWN;
    return va >= PD32 && va < REGION_END ? RW_OWN : 0;
}

static uint32_t page_address(uint32_t va)
{
    if (va >= GDT + ALIAS && va < GDT + ALIAS + 6 * 4096)
        return va - ALIAS;
    if (va >= GDT + ALIAS_OWN && va < GDT + ALIAS_OWN + 6 * 4096)
        return va - ALIAS_OWN;
    if (va >= PT32 && va < PD32)
        return va - PT32 + TABLE32;
    return va;
}

static void print_table(struct gen *g, FILE *f, const char *name, unsigned paging)
{
    const char *word = paging == PAGING_32 ? ".long" : ".quad";

    g->paging = paging;
    fprintf(f, "%s:\n", name);
    for (unsigned i = 0; i < (paging == PAGING_32 ? 1024 : 512); i++) {
        uint32_t va = REGION + i * 4096;
        unsigned rights = page_rights(g, va);
        uint64_t e = rights ? page_address(va) | rights : 0;

        if (va >= DATA && va < DATA + WINDOW_PAGES * 4096 && chance(g, 60))
            e = paging_random_entry(g);
        else if (rights == RW_USER && va < DATA && chance(g, 30))
            e |= 0x60; /* A and D, or G */
        else if (e != 0 && chance(g, 20))
            e |= 0x100;
        fprintf(f, "\t%s 0x%llx\n", word, (unsigned long long)e);
    }
}

static void print_gates(struct gen *g, FILE *f, bool is_long)
{
    fprintf(f, "%s:\n", is_long ? "master_idt64" : "master_idt32");
    for (unsigned v = 0; v < VECTORS; v++) {
        bool soft = v >= SOFT_FIRST && v < SOFT_FIRST + SOFTS,
             user = soft || v >= 0x58 || v == 3 || v == 4;
        bool small = !is_long && soft && chance(g, 20), land = soft && !small && chance(g, 40);
        unsigned ring = land ? below(g, 4) : 0, ist = is_long ? (v == 8          ? 7
                                                                 : chance(g, 60) ? 1 + below(g, 6)
                                                                                 : 0)
                                                              : 0;
        unsigned sel = land      ? code_selector(is_long ? SIZE_64 : SIZE_32, ring)
                       : small   ? K16
                       : is_long ? K64
                                 : K32;
        unsigned attr = 0x80u | (user ? (chance(g, 85) ? 3u : below(g, 4)) << 5 : 0) |
                        (small ? 6u : 14u) | below(g, 2);
        unsigned to = is_long ? STUBS64 + v * 16 : STUBS32 + v * 16;

        if (v >= 0x58 || v == 3)
            attr |= 0x60;
        if (soft && chance(g, 6))
            attr &= ~0x80u;
        if (land)
            to = (is_long ? LANDINGS : LANDING32) + below(g, 4) * 16;
        else if (small)
            to = STUB16 - K16_BASE;
        fprintf(f, "\t.long 0x%x, 0x%x\n", sel << 16 | (to & 0xffff),
                (to & 0xffff0000) | attr << 8 | ist);
        if (is_long)
            fprintf(f, "\t.quad 0\n");
    }
}

static void print_scratch(struct gen *g, FILE *f)
{
    fprintf(f, "\t.macro SCRATCHES_\n");
    for (unsigned i = 0; i < SCRATCHES * 2; i++)
        fprintf(f, "\t.quad 0x%llx\n",
                i & 1 ? 0 : 0x00CF92000000FFFF | (unsigned long long)below(g, 4) << 45);
    fprintf(f, "\t.endm\n");
}

static void print_region(struct gen *g, FILE *f)
{
    uint8_t page[4096];

    fprintf(f, "\t.section .region, \"awx\"\n");
    for (g->slot = 0; g->slot < g->slots; g->slot++) {
        sys_make_slot(g);
        drop_from_slot(g);
        drop_comment(g, f);
        print_bytes(f, g->b, SYS_SLOT);
    }
    fprintf(f, "\t.fill %u, 1, 0xcc\n\t.org DATA-REGION\n", 4 * SYS_SLOT);
    g->paging = PAGING_OFF;
    for (unsigned n = 0; n < WINDOW_PAGES + 3; n++) {
        for (unsigned i = 0; i < sizeof page; i += 8) {
            uint64_t v = value(g);

            memcpy(page + i, &v, 8);
        }
        print_bytes(f, page, sizeof page);
    }
}

void sys_print(struct gen *g, FILE *f, uint64_t seed)
{
    static struct sys s;

    g->sys = &s;
    sys_plan(g, &s);
    fprintf(f, "# Written by randgen, seed %llu.\n#define SLOTS %u\n#include \"sys_layout.h\"\n",
            (unsigned long long)seed, g->slots);
    print_scratch(g, f);
    print_region(g, f);
    print_slots(g, f);
    print_episodes(g, f);
    g->ring = 3;
    print_table(g, f, "master_32", PAGING_32);
    print_table(g, f, "master_pae", PAGING_PAE);
    print_table(g, f, "master_long", PAGING_4);
    fprintf(f, "#include \"system.S\"\n\t.section .tables, \"aw\"\n");
    print_gates(g, f, false);
    print_gates(g, f, true);
}
