// SPDX-License-Identifier: Apache-2.0
// The assembler file of a program: defines for frame.S, tables, pages of the body and of data.
#include "drop.h"

#include <string.h>

void print_bytes(FILE *f, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s%u%s", i % 32 == 0 ? "\t.byte " : ",", b[i],
                i % 32 == 31 || i + 1 == n ? "\n" : "");
}

static void print_registers(struct gen *g, FILE *f)
{
    fprintf(f, "\t.section .tables, \"aw\"\n\t.align 16\nregister_table:\n");
    for (unsigned i = 0; i < TABLES * 18; i++) {
        unsigned r = i % 18;
        uint64_t v = r == 1          ? (chance(g, 80) ? below(g, 16) : value(g))
                     : r == 16       ? (rnd(g) & 0x200cd5) | 0x202
                     : r == 17       ? 0
                     : r == 4        ? g->data + 0x2000 + below(g, 0x200) * 8
                     : chance(g, 75) ? g->data + below(g, 0x6000)
                                     : value(g);

        if (r == 16)
            v |= (chance(g, 8) ? 0x40000u : 0u) | (chance(g, 4) ? 0x100u : 0u);
        fprintf(f, "\t.quad 0x%llx\n", (unsigned long long)v);
    }
}

void print_program(struct gen *g, FILE *f, uint64_t seed)
{
    static uint8_t body[MAX_PAGES * 4096], data[(WINDOW_PAGES + 2) * 4096];
    unsigned order[MAX_PAGES], data_order[WINDOW_PAGES], start = below(g, 64);
    unsigned cr4 = (1u << 16) + (chance(g, 30) ? 0x800u : 0) + (chance(g, 20) ? 4u : 0) +
                   (chance(g, 30) ? 8u : 0);
    unsigned cr0 = chance(g, 40) ? 0x40000u : 0; /* AM */

    if (g->ring == 3 && chance(g, 15))
        cr0 |= 8u << below(g, 1); /* TS */
    cr4 |= paging_cr4(g);
    memset(body, 0xcc, sizeof body);
    g->body += start;
    for (g->slot = 0; g->slot < g->slots; g->slot++) {
        make_slot(g);
        drop_from_slot(g);
        drop_comment(g, f);
        memcpy(body + start + g->slot * SLOT, g->b, SLOT);
    }
    unsigned pages = (start + (g->slots + 4) * SLOT + 4095) / 4096;

    for (unsigned i = 0; i < sizeof data / 8; i++) {
        uint64_t v = value(g);

        memcpy(data + 8 * i, &v, 8);
    }
    paging_shuffle(g, order, pages);
    paging_shuffle(g, data_order, WINDOW_PAGES);
    fprintf(f, "# Written by randgen, seed %llu.\n", (unsigned long long)seed);
    fprintf(f, "#define MODE %d\n#define RING %u\n#define FUZZ %d\n#define BODY 0x%x\n",
            (int)g->mode, g->ring, g->fuzz, g->body);
    fprintf(f, "#define SLOTS %u\n#define DATA 0x%x\n#define STACK 0x%x\n", g->slots, g->data,
            g->data + 0x3000);
    fprintf(f, "#define CR4_BITS 0x%x\n#define CR0_BITS 0x%x\n#define PAGING %u\n", cr4, cr0,
            g->paging);
    fprintf(f, "#include \"frame.S\"\n");
    print_registers(g, f);
    fprintf(f, "\t.section .region, \"awx\"\n\t.globl body_pages, data_pages\nbody_pages:\n");
    for (unsigned at = 0; at < pages; at++)
        for (unsigned i = 0; i < pages; i++)
            if (order[i] == at)
                print_bytes(f, body + i * 4096, 4096);
    fprintf(f, "\t.org 0x%x\ndata_pages:\n", MAX_PAGES * 4096);
    print_bytes(f, data, sizeof data);
    if (g->paging != PAGING_OFF)
        paging_print(g, f, order, pages, data_order);
}
