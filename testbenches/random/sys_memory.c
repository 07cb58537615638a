// SPDX-License-Identifier: Apache-2.0
// Slots of a system program that change translations and their rights, and ports: entries of the
// page tables with and without invalidation, PKRU, IA32_PKRS, IN and OUT under IOPL and the I/O
// map.
#include "sys.h"

static unsigned entry_bytes(const struct gen *g)
{
    return g->paging == PAGING_32 ? 4 : 8;
}

/* MOV to CR3 (PCID, bit 63), INVLPG, INVPCID, MOV to CR4.PGE. */
static void invalidate(struct gen *g, uint32_t page)
{
    uint32_t at = SAFE + below(g, 0xff) * 16;

    switch (below(g, 5)) {
    case 0:
    case 1:
        mem_op(g, 0x010f, 2, 7, page + below(g, 4096));
        return;
    case 2:
        store32(g, at, below(g, 4));
        store32(g, at + 4, 0);
        store32(g, at + 8, page);
        store32(g, at + 12, 0);
        mov_imm(g, 0, chance(g, 90) ? below(g, 4) : below(g, 6));
        mem_op(g, 0x82380f66, 4, 0, at);
        return;
    case 3:
        mov_from_eax(g, 0x20, 4);
        op32(g);
        put(g, 0x35, 1);
        put(g, 0x80, 4);
        mov_from_eax(g, 0x22, 4);
        return;
    default:
        mov_from_eax(g, 0x20, 3);
        if (g->long_mode && chance(g, 60)) { /* another PCID */
            put(g, 0x34, 1);
            put(g, below(g, 4), 1);
        }
        if (g->wide && chance(g, 40)) { /* BTS RAX, 63, or a reserved bit */
            put(g, 0xe8ba0f48, 4);
            put(g, chance(g, 85) ? 63 : 40 + below(g, 23), 1);
        }
        mov_from_eax(g, 0x22, 3);
        return;
    }
}

/* The large page's entry, or the accessed bit of an upper one; both are the supervisor's. */
static void upper_entry(struct gen *g)
{
    bool legacy = g->paging == PAGING_32;
    uint32_t pd = legacy ? PD32 : g->paging == PAGING_PAE ? PD_PAE : PD_LONG;
    uint32_t e = REGION | 0x80u | (rnd(g) & 0x17f) | (chance(g, 85) ? 1u : 0);

    if (chance(g, 30)) {
        op32(g);
        mem_op(g, 0x81, 1, 4,
               legacy                          ? pd + 4
               : chance(g, 50) && g->long_mode ? PDPT_LONG
                                               : pd + 16);
        put(g, ~0x20u, 4);
    } else {
        if (chance(g, 20))
            e |= 1u << (12 + below(g, 9)); /* PAT, PSE-36 or reserved */
        store32(g, pd + (legacy ? 8 : 24), e);
    }
    if (chance(g, 60))
        invalidate(g, legacy ? LARGE_4 : LARGE_8);
    mem_op(g, 0x88 + below(g, 4), 1, below(g, 4),
           (legacy ? LARGE_4 : LARGE_8) + DATA - REGION + below(g, 0x6000));
}

/* Code in the window, mostly over the end of a page: pages that may be absent, XD, of the other
 * privilege. It ends in an event. */
void sys_window_code(struct gen *g)
{
    uint32_t at = g->data + (1 + below(g, WINDOW_PAGES - 1)) * 4096 - below(g, 12);

    store32(g, at, 0x00801f0f); /* NOP [rax + disp32] */
    store32(g, at + 4, chance(g, 50) ? 0x66000000 : 0x2e000000);
    store32(g, at + 8, 0x5bcd66 | 0x90000000);
    mov_imm(g, 0, at + (chance(g, 80) ? 0 : below(g, 9)));
    put(g, chance(g, 50) ? 0xe0ff : 0xd0ff, 2);
}

/* An entry of the window, at times of the safe page, a stack or the code; then what may invalidate
 * it. */
void sys_page_entry(struct gen *g)
{
    uint64_t e = paging_random_entry(g);
    unsigned page = below(g, WINDOW_PAGES + 2);
    uint32_t va = g->data + page * 4096, at;

    if (g->paging == PAGING_OFF) {
        one_instruction(g);
        return;
    }
    if (g->ring == 0 && chance(g, 15)) {
        upper_entry(g);
        return;
    }
    if (chance(g, 6)) { /* this code: A and D fall, or it cannot be written */
        va = BODY + g->slot * SYS_SLOT;
        e = (va & ~0xfffu) | 1 | (chance(g, 50) ? 2 : 0) |
            (sys_episode(g)->who == ONLY_SUPERVISOR ? 0 : 4u);
    } else if (chance(g, 4)) {
        va = SAFE;
        e = SAFE | 7;
    }
    at = (g->paging == PAGING_32    ? PT32
          : g->paging == PAGING_PAE ? PT_PAE
                                    : PT_LONG) +
         (va - REGION) / 4096 * entry_bytes(g);
    store32(g, at, (uint32_t)e);
    if (entry_bytes(g) == 8 && chance(g, 60))
        store32(g, at + 4, (uint32_t)(e >> 32));
    if (g->ring == 0 && chance(g, 60))
        invalidate(g, va & ~0xfffu);
    if (chance(g, 70))
        mem_op(g, 0x88 + below(g, 4), 1, below(g, 4), va + below(g, 4090));
}

void sys_keys(struct gen *g)
{
    uint64_t keys = rnd(g) & rnd(g);

    if (g->ring == 0 && chance(g, 50)) { /* key 0 is the frame's own */
        mov_imm(g, 0, keys & 0xfffffffc);
        mov_imm(g, 1, 0x6e1);
        mov_imm(g, 2, 0);
        put(g, 0x300f, 2);
    } else {
        mov_imm(g, 0, keys & 0xffffffff);
        mov_imm(g, 1, chance(g, 95) ? 0 : 1);
        mov_imm(g, 2, chance(g, 95) ? 0 : 1);
        put(g, chance(g, 80) ? 0xef010f : 0xee010f, 3);
    }
    mem_op(g, 0x88 + below(g, 4), 1, below(g, 4),
           g->data + below(g, WINDOW_PAGES) * 4096 + below(g, 4090));
}

void sys_io(struct gen *g)
{
    static const uint8_t ops[] = {0xec, 0xed, 0xee, 0xef, 0xe4, 0xe5,
                                  0xe6, 0xe7, 0x6c, 0x6d, 0x6e, 0x6f};
    unsigned op = ops[below(g, sizeof ops)], port = below(g, 138);

    mov_imm(g, 2, port | (rnd(g) & 0xffff0000));
    if (op < 0x70) {
        mov_imm(g, 6, target(g));
        mov_imm(g, 7, target(g));
        mov_imm(g, 1, below(g, 4));
        if (chance(g, 60))
            put(g, 0xf3, 1);
        if (g->narrow)
            put(g, 0x67, 1);
    }
    if (chance(g, 30))
        put(g, 0x66, 1);
    put(g, op, 1);
    if (op >= 0xe0 && op < 0xe8)
        put(g, port, 1);
}
