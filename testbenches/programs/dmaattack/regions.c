// SPDX-License-Identifier: Apache-2.0
// Before translation is on: what keeps a device out of the kernel then is the protected regions.
// VT-d "DMA-Protected Range"; here a low region, below it a page of nobody's, and a high one.
#include "attack.h"

#define LOW_BASE  UINT64_C(0x1200000)
#define LOW_END   UINT64_C(0x1400000)
#define HIGH_BASE UINT64_C(0x1600000)
#define HIGH_END  UINT64_C(0x1800000)

static const struct {
    const char *what;
    uint64_t at;
    bool stopped;
} attempts[] = {
    {"a write to the low protected region", LOW_BASE, true},
    {"a write to its last bytes", LOW_END - 64, true},
    {"a write in front of it", LOW_BASE - 64, false},
    {"a write behind it", LOW_END, false},
    {"a write to the high protected region", HIGH_BASE, true},
    {"a write to its last bytes", HIGH_END - 64, true},
    {"a write in front of it", HIGH_BASE - 64, false},
    {"a write behind it", HIGH_END, false},
};

/* Translation is off: the device's addresses are physical. */
static bool written(uint64_t at)
{
    memset((void *)at, 0, 64);
    edu_as_user((struct order){at, 64, true, false});
    return payload_at(at);
}

static void load(void)
{
    for (unsigned i = 0; i < 8; i++)
        ((uint64_t *)FRAME_OWN)[i] = UINT64_C(0xA77AC4ED00000000) + i;
    edu_as_user((struct order){FRAME_OWN, 64, false, false});
}

static void protect(bool on)
{
    write32(IOMMU + REG_PLM, (uint32_t)LOW_BASE);
    write32(IOMMU + REG_PLM + 4, (uint32_t)LOW_END - 1);
    write64(IOMMU + REG_PHM, HIGH_BASE);
    write64(IOMMU + REG_PHM + 8, HIGH_END - 1);
    write32(IOMMU + REG_PMEN, on ? 0x80000000 : 0);
    while ((read32(IOMMU + REG_PMEN) & 1) != on)
        continue;
}

static void attempt(const char *what, uint64_t at, bool stopped)
{
    bool changed = written(at);

    say(changed != stopped && take_faults().records == 0, true, stopped ? "stopped " : "ALLOWED ",
        what);
    if (stopped)
        put(changed ? ": MEMORY CHANGED" : ": nothing is recorded; memory unchanged");
    put("\n");
}

void protected_regions(void)
{
    if (on_qemu())
        return;
    load();
    attempt("translation is off, nothing protected: a write anywhere", LOW_BASE, false);
    protect(true);
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        attempt(attempts[i].what, attempts[i].at, attempts[i].stopped);
    protect(false);
}
