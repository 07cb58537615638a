// SPDX-License-Identifier: Apache-2.0
// The two RAMs. The RTL is ahead of the model by the writes that wait in the order of the bus, and
// by the one whose record is still to come; everything else is equal. The shell marks each page
// that it writes; a window looks at those, the end of a run at all of RAM.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "scoreboard.h"

#define PAGE        UINT64_C(4096)
#define BLOCK       UINT64_C(16)
#define CHUNK_PAGES 4096

/* A block that the RTL has written and the model not yet. */
static bool outstanding(const struct scoreboard *sb, uint64_t block, uint64_t written)
{
    if (written != UINT64_MAX && written / BLOCK == block / BLOCK)
        return true;
    for (size_t i = 0; i < sb->order.count; i++) {
        const struct order_event *e = ring_at(&sb->order, i);

        if (e->kind == ORDER_BUS && (e->u.bus.flags & BUS_WRITE) && e->u.bus.addr == block)
            return true;
    }
    return false;
}

static void differ(struct scoreboard *sb, uint64_t pa, const uint8_t *rtl, const uint8_t *model)
{
    char field[48], a[MISMATCH_TEXT], b[MISMATCH_TEXT];

    snprintf(field, sizeof(field), "0x%" PRIx64, pa);
    for (unsigned i = 0; i < BLOCK; i++) {
        snprintf(a + 2 * i, sizeof(a) - 2 * i, "%02x", rtl[i]);
        snprintf(b + 2 * i, sizeof(b) - 2 * i, "%02x", model[i]);
    }
    scoreboard_differ_text(sb, "memory", field, a, b, sb->watch.now);
}

/* True: nothing of the page is outstanding. */
static bool compare_page(struct scoreboard *sb, uint64_t page, uint64_t written)
{
    const uint8_t *rtl = sb->config.other->ram + page, *model = sb->mem.ram + page;
    bool settled = true;

    if (memcmp(rtl, model, PAGE) == 0)
        return true;
    for (uint64_t at = 0; at < PAGE; at += BLOCK) {
        if (memcmp(rtl + at, model + at, BLOCK) == 0)
            continue;
        if (!outstanding(sb, page + at, written)) {
            differ(sb, page + at, rtl + at, model + at);
            return true;
        }
        settled = false;
    }
    return settled;
}

void memory_window(struct scoreboard *sb, uint64_t written)
{
    uint8_t *dirty = sb->config.dirty;
    uint64_t pages = sb->mem.bytes / PAGE;

    if (sb->config.other == NULL || dirty == NULL)
        return;
    for (uint64_t p = 0; p < pages && !sb->diff.failed; p++) {
        uint8_t *next = memchr(dirty + p, 1, pages - p);

        if (next == NULL)
            return;
        p = (uint64_t)(next - dirty);
        *next = compare_page(sb, p * PAGE, written) ? 0 : 1;
    }
}

/* Pages that neither side ever touched are zero on both and not even mapped. */
void memory_whole(struct scoreboard *sb, uint64_t written)
{
    uint64_t pages = sb->mem.bytes / PAGE;
    unsigned char rtl[CHUNK_PAGES], model[CHUNK_PAGES];

    if (sb->config.other == NULL)
        return;
    for (uint64_t p = 0; p < pages; p += CHUNK_PAGES) {
        uint64_t n = pages - p < CHUNK_PAGES ? pages - p : CHUNK_PAGES;

        if (mincore(sb->config.other->ram + p * PAGE, n * PAGE, rtl) != 0 ||
            mincore(sb->mem.ram + p * PAGE, n * PAGE, model) != 0) {
            memset(rtl, 1, sizeof(rtl));
            memset(model, 1, sizeof(model));
        }
        for (uint64_t i = 0; i < n && !sb->diff.failed; i++)
            if ((rtl[i] | model[i]) & 1)
                compare_page(sb, (p + i) * PAGE, written);
    }
}
