// SPDX-License-Identifier: Apache-2.0
// DMA through the structures: what the device moved, and what was recorded.
#include "vtd.h"

#define TOKENS  2048 /* of the device's buffer; what it reads lands behind them */
#define LONGEST 64

static uint64_t *tokens, *landed;
static unsigned nth_read;

static uint64_t pattern(uint64_t pa)
{
    pa *= UINT64_C(0x9E3779B97F4A7C15);
    return pa ^ pa >> 29;
}

static void fill(uint64_t page)
{
    for (uint64_t pa = page; pa < page + 4096; pa += 8)
        write64(pa, pattern(pa));
}

static void for_hot(void (*f)(uint64_t page))
{
    for (unsigned r = 0; r < 2; r++)
        for (unsigned p = 0; p < HOT_PAGES; p++)
            f(hot_page(r, p));
}

void dma_start(void)
{
    for_hot(fill);
    tokens = page_alloc();
    landed = page_alloc();
    for (unsigned i = 0; i < TOKENS / 8; i++)
        tokens[i] = pattern(i * 8 + 1);
    edu_copy((uint64_t)tokens, EDU_BUFFER, TOKENS);
}

static void check(uint64_t page)
{
    for (uint64_t pa = page; pa < page + 4096; pa += 8)
        if (read64(pa) != pattern(pa)) {
            field(" spoiled", pa);
            write64(pa, pattern(pa));
        }
}

void dma_check(void)
{
    put("checked");
    for_hot(check);
    put("\n");
}

/* The address in the two regions that holds what was moved; the pages are compared at the same
 * offset. */
static bool found_at(const void *moved, unsigned offset, unsigned bytes, bool restore)
{
    for (unsigned r = 0; r < 2; r++)
        for (unsigned p = 0; p < HOT_PAGES; p++) {
            uint64_t pa = hot_page(r, p) + offset;

            if (memcmp((const void *)pa, moved, bytes) != 0)
                continue;
            field("m", pa);
            for (unsigned i = 0; restore && i < bytes; i++)
                write64((pa + i) & ~UINT64_C(7), pattern((pa + i) & ~UINT64_C(7)));
            return true;
        }
    put(" m=-");
    return false;
}

static void write_out(uint64_t iova, unsigned bytes)
{
    unsigned from = below_n((TOKENS - LONGEST) / 8) * 8;

    edu_copy(EDU_BUFFER + from, iova, bytes);
    found_at((const uint8_t *)tokens + from, iova & 0xFFF, bytes, true);
}

/* The buffer cannot be read but by DMA, which goes untranslated for that; caches stay. */
static void read_in(uint64_t iova, unsigned bytes, bool translated)
{
    unsigned at = TOKENS + nth_read++ % 31 * LONGEST; /* QEMU refuses the last byte */

    edu_copy(iova, EDU_BUFFER + at, bytes);
    print_unit();
    gcmd(GCMD_TE, false);
    edu_copy(EDU_BUFFER + at, (uint64_t)landed, bytes);
    gcmd(GCMD_TE, translated);
    found_at(landed, iova & 0xFFF, bytes, false);
}

static void prepare(uint64_t iova)
{
    if (chance(45))
        change_entry(iova);
    if (chance(10))
        change_somewhere();
    if (chance(12))
        change_context(chance(50));
    if (chance(4) || context_entry() == NULL)
        change_root();
    if (chance(2))
        switch_root();
    if (chance(10))
        invalidate_needlessly();
}

void dma_case(void)
{
    uint64_t iova = draw_iova();
    unsigned bytes = 8u << below_n(4);
    bool write = chance(60), translated = !chance(3), pending = chance(7);

    if (!write && chance(3))
        iova = UINT64_C(0xFEE00000) | (draw() & 0xFFFC0);
    act_begin();
    prepare(iova);
    if (queued)
        sync();
    if (!translated && iova >> 20 != 0xFEE)
        iova &= RAM_END - 1;
    gcmd(GCMD_TE, translated);
    put(write ? "w" : "r");
    field("a", iova);
    field("l", bytes);
    field("t", translated);
    field("k", pending);
    field("u", queued);
    path_print(iova);
    act_print();
    put(" |");
    done_print();
    if (write) {
        write_out(iova, bytes);
        print_unit();
    } else {
        read_in(iova, bytes, translated);
    }
    taken_print();
    put("\n");
    if (!pending)
        unit_faults_off();
}
