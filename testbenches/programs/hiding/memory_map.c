// SPDX-License-Identifier: Apache-2.0
// The memory map that the guest gets: the loader's available ranges without the hidden one.
// Multiboot Specification 0.6.96, "Boot information format": mmap_length, mmap_addr.
#include "hiding.h"

#define INFO_MMAP 0x40u
#define AVAILABLE 1

static struct range ranges[RANGES] __attribute__((section(".user.data")));
static unsigned count;

static void add(uint64_t base, uint64_t end)
{
    if (base < end && count < RANGES - 1)
        ranges[count++] = (struct range){base, end};
}

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void memory_map(const uint8_t *info)
{
    uint64_t loaders = 0, at, end, seen;

    if ((read32((uint64_t)info) & INFO_MMAP) == 0) {
        say(false, "", "the loader gave a memory map\n");
        return;
    }
    at = read32((uint64_t)info + 48);
    end = at + read32((uint64_t)info + 44);
    for (; at < end; at += read32(at) + 4) {
        uint64_t base = read64(at + 4), limit = base + read64(at + 12);

        if (read32(at + 20) != AVAILABLE)
            continue;
        loaders += limit - base;
        add(base, min(limit, HIDDEN));
        add(max(base, HIDDEN_END), limit);
    }
    seen = guest_run(guest_look_at_map, (uint64_t)ranges);
    say(seen != UINT64_MAX && last.stop == NOTHING, "hidden  ",
        "from the memory map of the guest\n");
    say(seen == loaders - (HIDDEN_END - HIDDEN), "allowed ",
        "all the rest of the loader's map is in it\n");
}
