// SPDX-License-Identifier: Apache-2.0
// seed=N cases=N aw=39|48 on the command line. In episodes of 64 cases, each with structures of its
// own.
#include "vtd.h"

#define EPISODE 64

static uint64_t option(const char *line, const char *name, uint64_t otherwise)
{
    uint64_t v = otherwise;

    for (; *line != 0; line++) {
        const char *p = line, *n = name;

        while (*n != 0 && *p == *n)
            p++, n++;
        if (*n != 0)
            continue;
        for (v = 0; *p >= '0' && *p <= '9'; p++)
            v = v * 10 + (uint64_t)(*p - '0');
    }
    return v;
}

static void episode(void)
{
    dma_check();
    gcmd(GCMD_TE, false);
    queue_stop();
    tables_draw();
    use_root(below_n(2), 0);
    if (chance(75))
        queue_start(below_n(QUEUE_QS_END));
    act_begin();
    inv_context(1, 0, 0, 0);
    inv_iotlb(1, 0, 0, 0, false);
    if (!queued)
        return;
    sync();
    message_episode();
}

static void one_case(void)
{
    unsigned kind = below_n(100);

    if (queued && kind < 22)
        message_case();
    else if (queued && kind < 34)
        queue_case();
    else if (kind >= 95)
        event_case();
    else
        dma_case();
}

int main(void *info)
{
    const char *line = (const char *)(uint64_t) * (uint32_t *)((char *)info + 16);
    uint64_t cases = option(line, "cases=", 100);

    draw_seed(option(line, "seed=", 1));
    widest = option(line, "aw=", 48) == 48 ? 4 : 3;
    eim = (read64(IOMMU + REG_ECAP) & 0x10) != 0;
    put("vtd");
    field("cap", read64(IOMMU + REG_CAP) & ~UINT64_C(0x3FF3F0000));
    put("\n");
    taken_start();
    edu_start();
    tables_make();
    dma_start();
    write32(IOMMU + REG_FEDATA, VECTOR_FAULT);
    write32(IOMMU + REG_FEADDR, (uint32_t)LAPIC);
    write32(IOMMU + REG_IEDATA, VECTOR_WAIT);
    write32(IOMMU + REG_IEADDR, (uint32_t)LAPIC);
    for (uint64_t i = 0; i < cases; i++) {
        if (i % EPISODE == 0)
            episode();
        put_dec(i);
        put(" ");
        one_case();
    }
    dma_check();
    put("end\n");
    return 0;
}
