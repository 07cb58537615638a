// SPDX-License-Identifier: Apache-2.0
// The page table of a random program, as its paging mode wants it. One table maps the body, the
// window of data pages and itself, behind the window; frame.S has the levels above. With --paging
// the entries of the window are random, and slots of the program write others there, with and
// without INVLPG or a load of CR3. SDM Vol. 3A "Paging".
#include <string.h>

#include "randgen.h"

#define CR4_PSE   (1u << 4)
#define CR4_PAE   (1u << 5)
#define CR4_PGE   (1u << 7)
#define CR4_LA57  (1u << 12)
#define CR4_SMEP  (1u << 20)
#define CR4_SMAP  (1u << 21)
#define CR4_PKE   (1u << 22)
#define CR4_PKS   (1u << 24)
#define DATA_PA   (0x400000u + MAX_PAGES * 4096)
#define SELF_PAGE (WINDOW_PAGES + 2) /* of the window: the table itself */

bool paging_choose(struct gen *g, const char *name)
{
    static const struct {
        const char *name;
        unsigned paging;
        bool legacy;
    } modes[] = {{"32", PAGING_32, true},
                 {"pae", PAGING_PAE, true},
                 {"4", PAGING_4, false},
                 {"5", PAGING_5, false}};

    g->paging = g->mode == MODE_32 ? PAGING_OFF : PAGING_4;
    if (name == NULL)
        return true;
    for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(name, modes[i].name) == 0 && modes[i].legacy == (g->mode == MODE_32)) {
            g->paging = modes[i].paging;
            g->changes_pages = true;
            return true;
        }
    return false;
}

unsigned paging_cr4(struct gen *g)
{
    static const unsigned needs[] = {[PAGING_32] = CR4_PSE,
                                     [PAGING_PAE] = CR4_PAE,
                                     [PAGING_4] = CR4_PAE,
                                     [PAGING_5] = CR4_PAE | CR4_LA57};
    unsigned cr4 = needs[g->paging];

    if (!g->changes_pages)
        return 0;
    cr4 |= (chance(g, 60) ? CR4_PGE : 0) | (chance(g, 60) ? CR4_PKE : 0);
    cr4 |= chance(g, 40) ? CR4_PKS : 0;
    if (g->ring == 3)
        cr4 |= (chance(g, 50) ? CR4_SMEP : 0) | (chance(g, 50) ? CR4_SMAP : 0);
    return cr4;
}

void paging_shuffle(struct gen *g, unsigned *order, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    for (unsigned i = n; g->paging != PAGING_OFF && i > 1; i--) {
        unsigned k = below(g, i), t = order[i - 1];

        order[i - 1] = order[k];
        order[k] = t;
    }
}

static unsigned entry_bytes(const struct gen *g)
{
    return g->paging == PAGING_32 ? 4 : 8;
}

/* Index of the window's first page in the table. */
static unsigned window_index(const struct gen *g)
{
    return g->mode == MODE_32 ? MAX_PAGES : 1;
}

uint64_t paging_random_entry(struct gen *g)
{
    uint64_t e = (g->mode == MODE_SYSTEM ? g->data : DATA_PA) + below(g, WINDOW_PAGES) * 4096;

    e |= (chance(g, 88) ? 1u : 0) | (chance(g, 80) ? 2u : 0) | (chance(g, 85) ? 4u : 0);
    e |= (uint64_t)below(g, 4) << 3;
    e |= (chance(g, 60) ? 0x20u : 0) | (chance(g, 50) ? 0x40u : 0);
    e |= (chance(g, 20) ? 0x80u : 0) | (chance(g, 25) ? 0x100u : 0);
    e |= (uint64_t)below(g, 8) << 9;
    if (!sp_is_free(g)) /* the handler uses the program's stack, wherever that has come to */
        return e | 3;
    if (g->paging == PAGING_32)
        return e;
    if (g->paging >= PAGING_4 && chance(g, 70))
        e |= (uint64_t)below(g, 16) << 59;
    if (chance(g, g->paging == PAGING_PAE ? 2 : 10))
        e |= UINT64_C(1) << 63;
    if (chance(g, 4))
        e |= UINT64_C(1) << (40 + below(g, 23));
    return e;
}

void paging_print(struct gen *g, FILE *f, const unsigned *order, unsigned pages,
                  const unsigned *data_order)
{
    unsigned user = g->ring == 3 ? 4 : chance(g, 50) ? 4 : 0;
    unsigned window = window_index(g), body = g->mode == MODE_32 ? 0 : 256;

    fprintf(f, "\t.org 0x%x\n\t.globl page_table\npage_table:\n",
            (MAX_PAGES + WINDOW_PAGES + 2) * 4096);
    for (unsigned i = 0; i < 4096 / entry_bytes(g); i++) {
        const char *word = entry_bytes(g) == 4 ? ".long" : ".quad";
        unsigned page = i - window;

        if (page < WINDOW_PAGES && g->changes_pages && chance(g, 60))
            fprintf(f, "\t%s 0x%llx\n", word, (unsigned long long)paging_random_entry(g));
        else if (page < WINDOW_PAGES)
            fprintf(f, "\t%s data_pages + %u\n", word, data_order[page] * 4096 + (user | 3));
        else if (page == WINDOW_PAGES)
            fprintf(f, "\t%s data_pages + %u\n", word, page * 4096 + (user | 1));
        else if (page == WINDOW_PAGES + 1)
            fprintf(f, "\t%s data_pages + %u\n", word, page * 4096 + 3);
        else if (page == SELF_PAGE && g->changes_pages)
            fprintf(f, "\t%s page_table + %u\n", word, user | 3);
        else if (i - body < pages)
            fprintf(f, "\t%s body_pages + %u\n", word, order[i - body] * 4096 + (user | 3));
        else
            fprintf(f, "\t%s 0\n", word);
    }
}

/* MOV to memory at EDI, which is data as the program sees it. */
static void store_entry(struct gen *g, unsigned page)
{
    uint64_t e = paging_random_entry(g);

    mov_imm(g, 7, g->data + SELF_PAGE * 4096 + (window_index(g) + page) * entry_bytes(g));
    put(g, 0x07c7, 2);
    put(g, e, 4);
    if (entry_bytes(g) == 8) {
        put(g, 0x0447c7, 3);
        put(g, e >> 32, 4);
    }
}

static void write_keys(struct gen *g)
{
    uint64_t keys = rnd(g) & rnd(g);

    if (chance(g, 20)) {
        put(g, 0xc931, 2); /* XOR ECX, ECX */
        put(g, 0xee010f, 3);
        return;
    }
    if (g->ring == 0 && chance(g, 50)) { /* key 0 is the kernel's own */
        mov_imm(g, 0, keys & 0xfffffffc);
        mov_imm(g, 1, 0x6e1);
        put(g, 0xd231, 2);
        put(g, 0x300f, 2);
        put(g, 0x320f, 2);
        return;
    }
    mov_imm(g, 0, keys & 0xffffffff);
    put(g, 0xc931, 2);
    put(g, 0xd231, 2);
    put(g, 0xef010f, 3);
}

void paging_slot(struct gen *g)
{
    unsigned page = below(g, WINDOW_PAGES);

    if (chance(g, 30)) {
        write_keys(g);
        return;
    }
    store_entry(g, page);
    if (g->ring != 0)
        return;
    if (chance(g, 50)) {
        mov_imm(g, 7, g->data + page * 4096 + below(g, 4096));
        put(g, 0x3f010f, 3);
    } else if (chance(g, 30)) {
        put(g, 0xd8200f, 3);
        put(g, 0xd8220f, 3);
    }
}
