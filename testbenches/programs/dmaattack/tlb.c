// SPDX-License-Identifier: Apache-2.0
// A device with a TLB of its own says "this address is translated already", and with T = 01 the
// unit believes it. What that trust opens, and how it is withdrawn. VT-d "Device-TLB", PCIe ATS.
#include "attack.h"

#define READ(at, n)                                                                                \
    {                                                                                              \
        at, n, false, true                                                                         \
    }
#define WRITE(at, n)                                                                               \
    {                                                                                              \
        at, n, true, true                                                                          \
    }

#define SECRET_REGION (FRAME_SECRET & ~UINT64_C(0x1FFFFF))

static void context_is(uint64_t tables, unsigned did, unsigned t)
{
    context_entry()[0] = tables | t << 2 | 1;
    context_entry()[1] = 1 | (uint64_t)did << 8;
    invalidate_contexts();
}

static void trusted(void)
{
    context_is(TABLES, DID, 1);
    invalidate_device(EDU_SID, EVERY_PAGE);
}

/* The kernel had the secret's translation given to the device; then it gave the device away, and
 * forgot that. */
static void kept(void)
{
    context_is(OWN_TABLES, OWN_DID, 1);
    edu_as_kernel((struct order)WRITE(OWN_SECRET + 0x800, 16));
    context_is(TABLES, DID, 1);
    invalidate_domain(OWN_DID);
}

static void kept_then_withdrawn(void)
{
    kept();
    context_is(TABLES, DID, 0);
}

static void kept_then_dropped(void)
{
    kept();
    invalidate_device(EDU_SID, OWN_SECRET);
}

static void kept_but_region(void)
{
    kept();
    write32(IOMMU + REG_PLM, (uint32_t)SECRET_REGION);
    write32(IOMMU + REG_PLM + 4, (uint32_t)SECRET_REGION);
    write64(IOMMU + REG_PHM, UINT64_C(0x200000)); /* a limit below its base: none */
    write64(IOMMU + REG_PHM + 8, 0);
    write32(IOMMU + REG_PMEN, 0x80000000);
}

static bool secret_overwritten(void)
{
    return payload_at(FRAME_SECRET);
}

static bool own_written(void)
{
    return payload_at(FRAME_OWN + 0x400);
}

static const struct attempt attempts[] = {
    {"by its TLB: its own page", WRITE(WINDOW + 0x400, 64), .outcome = ALLOWED, .prepare = trusted,
     .done = own_written},
    {"by its TLB: asks for a page outside its window", WRITE(WINDOW_END, 64), .outcome = SILENT,
     .prepare = trusted},
    {"by its TLB: asks to read it", READ(WINDOW_END, 64), .outcome = SILENT, .prepare = trusted},
    {"by its TLB: asks to write a page that it may read", WRITE(WINDOW_READ, 64), .outcome = SILENT,
     .prepare = trusted},
    {"by its TLB: asks to read a page that it may write", READ(WINDOW_WRITE, 64), .outcome = SILENT,
     .prepare = trusted},
    {"by its TLB: from its page into the next", WRITE(WINDOW_END - 32, 64), .outcome = SILENT,
     .prepare = trusted},
    {"by its TLB: asks for the interrupt range", WRITE(UINT64_C(0xFEE00000), 4), .outcome = SILENT,
     .prepare = trusted, .payload = 0x61},
    {"T = 01, a translation kept that its domain never got: trust, so the kernel invalidates it",
     WRITE(OWN_SECRET, 64), .outcome = ALLOWED, .prepare = kept, .done = secret_overwritten},
    {"the same in a protected region", WRITE(OWN_SECRET, 64), .outcome = SILENT,
     .prepare = kept_but_region},
    {"the same, the device's TLB invalidated: it asks again", WRITE(OWN_SECRET, 64),
     .outcome = SILENT, .prepare = kept_then_dropped},
    {"T = 00, the same translation kept, write", WRITE(OWN_SECRET, 64),
     STOPPED_BY(0x0D, FRAME_SECRET), .prepare = kept_then_withdrawn},
    {"T = 00, the same translation kept, read", READ(OWN_SECRET, 64),
     STOPPED_BY(0x0D, FRAME_SECRET), .prepare = kept_then_withdrawn},
    {"T = 00, asks for its own page", READ(WINDOW_READ, 64), STOPPED_BY(0x0D, WINDOW_READ)},
};

/* QEMU's device has none. */
void device_tlb(void)
{
    if ((read64(IOMMU + REG_ECAP) & ECAP_DT) != 0 && !on_qemu())
        ATTEMPT_ALL(attempts, true);
}
