// SPDX-License-Identifier: Apache-2.0
// A storm of faults: the records overflow (PFO), the first ones stay, one event comes, and the
// kernel's queue goes on. VT-d "Primary Fault Logging".
#include "attack.h"

#define FAULTS       12
#define VECTOR_FAULT 0x62

USER_TEXT static uint64_t user_storm(uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        edu_carry_out((uint64_t)&edu_order);
        edu_order.iova += 4096;
    }
    return 0;
}

static void rage(uint64_t pages)
{
    edu_order = (struct order){WINDOW_END, 16, true, false};
    run_user(user_storm, pages);
}

static void one(const char *what, bool ok)
{
    say(ok, true, "seen    ", what);
    put("\n");
}

/* The i-th record is that of the i-th attempt. */
static unsigned first_ones(void)
{
    unsigned n = 0;

    for (; n < FAULTS; n++) {
        struct fault f = fault_at(n);

        if (f.records == 0 || f.reason != 5 || f.sid != EDU_SID || f.info != WINDOW_END + n * 4096)
            break;
    }
    return n;
}

static void clear_records(void)
{
    uint64_t fro = IOMMU + (read64(IOMMU + REG_CAP) >> 24 & 0x3FF) * 16;

    for (unsigned i = 0; i <= (read64(IOMMU + REG_CAP) >> 40 & 0xFF); i++)
        write32(fro + i * 16 + 12, 0x80000000);
}

static uint32_t pending(void)
{
    return read32(IOMMU + REG_FSTS) & (FSTS_PFO | FSTS_PPF);
}

/* QEMU has one record, and one fault of a source-id stands for all of its. */
void storm(void)
{
    unsigned room = (read64(IOMMU + REG_CAP) >> 40 & 0xFF) + 1;
    struct fault f;

    if (on_qemu())
        return;
    write32(IOMMU + REG_FEDATA, VECTOR_FAULT);
    write32(IOMMU + REG_FEADDR, 0xFEE00000);
    write32(IOMMU + REG_FECTL, 0);
    rage(FAULTS);
    settle();
    one("more faults than records: PFO", pending() == (FSTS_PFO | FSTS_PPF));
    one("the first ones are there, in their order", first_ones() == room);
    one("one fault event for all of them", taken[VECTOR_FAULT] == 1);
    invalidate_domain(DID);
    one("the kernel's queue goes on", first_ones() == room);

    clear_records();
    rage(1);
    one("while PFO stands nothing is recorded", pending() == FSTS_PFO);
    write32(IOMMU + REG_FSTS, FSTS_PFO);
    rage(1);
    settle();
    f = take_faults();
    one("cleared, the next fault is recorded, with its event",
        f.records == 1 && f.reason == 5 && f.info == WINDOW_END && !f.overflow &&
            taken[VECTOR_FAULT] == 2);
    write32(IOMMU + REG_FECTL, 0x80000000);
}
