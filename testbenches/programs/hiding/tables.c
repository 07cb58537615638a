// SPDX-License-Identifier: Apache-2.0
// What the guest may put into its page tables. Each of its frames is plain or a table of one level;
// a table has no writable mapping, so that every entry ever used has been looked at. A writable
// mapping that goes is flushed before its frame may become a table, and the device may not write
// one.
#include "hiding.h"

#define FRAMES     ((GUEST_END - GUEST_LOW) / 4096)
#define ADDRESS    UINT64_C(0x000FFFFFFFFFF000)
#define TABLE_AREA GUEST_TABLES /* to GUEST_HIGH */

extern uint64_t boot_pml4[];

static uint8_t level_of[FRAMES]; /* 0: plain, 1 to 4 */
static uint16_t writers[FRAMES]; /* writable mappings */
static bool taken[FRAMES];       /* by the monitor, from the guest */

static unsigned frame(uint64_t pa)
{
    return (unsigned)((pa - GUEST_LOW) / 4096);
}

static bool overlaps(uint64_t pa, uint64_t bytes, uint64_t base, uint64_t end)
{
    return pa < end && pa + bytes > base;
}

enum stop frame_refused(uint64_t pa)
{
    if (pa < GUEST_LOW || pa >= GUEST_END)
        return FRAME_OUTSIDE;
    return (pa >= HIDDEN && pa < HIDDEN_END) || taken[frame(pa)] ? FRAME_HIDDEN : NOTHING;
}

unsigned table_level(uint64_t pa)
{
    return frame_refused(pa) == NOTHING ? level_of[frame(pa)] : 0;
}

void frame_take(uint64_t pa)
{
    taken[frame(pa)] = true;
}

/* --- one entry --- */

static bool is_leaf(unsigned level, uint64_t value)
{
    return level == 1 || (value & PTE_PS) != 0;
}

static uint64_t leaf_bytes(unsigned level)
{
    return level == 1 ? 4096 : LARGE;
}

static enum stop leaf_refused(unsigned level, uint64_t value)
{
    uint64_t pa = value & ADDRESS, bytes = leaf_bytes(level);

    if (level > 2 || (pa & (bytes - 1)) != 0)
        return FRAME_OUTSIDE; /* a GByte is more than it has */
    if (overlaps(pa, bytes, HIDDEN, HIDDEN_END))
        return FRAME_HIDDEN;
    for (uint64_t end = pa + bytes; pa < end; pa += 4096) {
        if (frame_refused(pa) != NOTHING)
            return frame_refused(pa);
        if ((value & PTE_W) && level_of[frame(pa)] != 0)
            return TABLE_WRITABLE;
    }
    return NOTHING;
}

enum stop entry_refused(unsigned level, unsigned index, uint64_t value)
{
    uint64_t pa = value & ADDRESS;

    if (level == 4 && index == 0)
        return MONITORS_ENTRY;
    if ((value & PTE_P) == 0)
        return NOTHING;
    if (is_leaf(level, value))
        return leaf_refused(level, value);
    if (frame_refused(pa) != NOTHING)
        return frame_refused(pa);
    return level_of[frame(pa)] == level - 1 ? NOTHING : NOT_A_TABLE;
}

static void count(unsigned level, uint64_t value, int by)
{
    uint64_t pa = value & ADDRESS, end = pa + leaf_bytes(level);

    if ((value & (PTE_P | PTE_W)) != (PTE_P | PTE_W) || !is_leaf(level, value))
        return;
    for (; pa < end; pa += 4096)
        writers[frame(pa)] += by;
}

void entry_set(uint64_t entry_pa, uint64_t value)
{
    unsigned level = level_of[frame(entry_pa)];
    uint64_t *entry = (uint64_t *)entry_pa, old = *entry;

    count(level, value, 1);
    *entry = value;
    write_cr3(read_cr3());
    count(level, old, -1);
}

/* --- a tree of them --- */

static enum stop becomes_table(uint64_t pa, unsigned level);

static enum stop child_refused(unsigned level, unsigned index, uint64_t value)
{
    if ((value & PTE_P) && !is_leaf(level, value)) {
        enum stop stop = becomes_table(value & ADDRESS, level - 1);

        if (stop != NOTHING)
            return stop;
    }
    return entry_refused(level, index, value);
}

static enum stop becomes_table(uint64_t pa, unsigned level)
{
    uint64_t *table = (uint64_t *)pa;
    enum stop stop = frame_refused(pa);
    unsigned i;

    if (stop != NOTHING)
        return stop;
    if (level_of[frame(pa)] == level)
        return NOTHING;
    if (level_of[frame(pa)] != 0 || pa < TABLE_AREA || pa >= GUEST_HIGH)
        return NOT_A_TABLE;
    if (writers[frame(pa)] != 0)
        return TABLE_WRITABLE;
    device_rights(pa, DEVICE_READ);
    level_of[frame(pa)] = (uint8_t)level;
    for (i = level == 4; i < 512 && stop == NOTHING; i++) {
        if (table[i] == 0)
            continue;
        stop = child_refused(level, i, table[i]);
        if (stop == NOTHING)
            count(level, table[i], 1);
    }
    if (stop == NOTHING) {
        if (level == 4)
            table[0] = boot_pml4[0];
        return NOTHING;
    }
    for (i--; i-- > (level == 4);) /* all but the one refused */
        count(level, table[i], -1);
    level_of[frame(pa)] = 0;
    device_rights(pa, DEVICE_BOTH);
    return stop;
}

enum stop root_refused(uint64_t pml4)
{
    return (pml4 & 0xFFF) != 0 ? NOT_UNDERSTOOD : becomes_table(pml4, 4);
}

/* --- the first ones, as the monitor makes them --- */

static void clear(uint64_t pa)
{
    for (unsigned i = 0; i < 512; i++)
        ((uint64_t *)pa)[i] = 0;
}

void tables_start(void)
{
    uint64_t *pt = (uint64_t *)PT, *pd = (uint64_t *)PD;

    for (uint64_t pa = GUEST_TABLES; pa < GUEST_TABLES + PAGES * 4096; pa += 4096)
        clear(pa);
    ((uint64_t *)PML4)[GUEST_VA >> 39] = PDPT | PTE_P | PTE_W | PTE_U;
    ((uint64_t *)PDPT)[0] = PD | PTE_P | PTE_W | PTE_U;
    pd[0] = GUEST_LOW | PTE_P | PTE_W | PTE_U | PTE_PS;
    pd[2] = PT | PTE_P | PTE_W | PTE_U;
    pd[3] = GUEST_HIGH | PTE_P | PTE_W | PTE_U | PTE_PS;
    for (unsigned i = 0; i < PAGES; i++)
        pt[i] = (GUEST_TABLES + i * 4096) | PTE_P | PTE_U | (i >= 4 ? PTE_W : 0);
    if (root_refused(PML4) != NOTHING) {
        put("FAIL the guest's first tables\n");
        failures++;
    }
}
