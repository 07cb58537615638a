// SPDX-License-Identifier: Apache-2.0
// The guest's device sees the guest's memory at its physical addresses, its page tables read-only,
// and nothing else: a device that may write them would be the way round the monitor.
#include "hiding.h"

#include "../dmaattack/edu.h"
#include "../dmaattack/unit.h"

#define DID    5
#define SS_R   UINT64_C(1)
#define SS_W   UINT64_C(2)
#define SS_PS  UINT64_C(0x80)
#define BYTES  64
#define BUFFER (GUEST_HIGH + 0x1000)

static uint64_t *small; /* second stage of GUEST_TABLES */

struct attempt {
    const char *what;
    struct order order;
    unsigned reason; /* 0: it may */
    uint64_t recorded;
};

#define READ(at)                                                                                   \
    {                                                                                              \
        at, BYTES, false, false                                                                    \
    }
#define WRITE(at)                                                                                  \
    {                                                                                              \
        at, BYTES, true, false                                                                     \
    }
#define STOPPED_BY(why, page) .reason = (why), .recorded = (page)

static const struct attempt attempts[] = {
    {"DMA: a read of its own memory", .order = READ(GUEST_LOW)},
    {"DMA: a write to its own memory", .order = WRITE(GUEST_LOW)},
    {"DMA: a read of the hidden range", READ(HIDDEN), STOPPED_BY(0x06, HIDDEN)},
    {"DMA: a write to the hidden range", WRITE(HIDDEN), STOPPED_BY(0x05, HIDDEN)},
    {"DMA: a read of its last bytes", READ(HIDDEN_END - BYTES),
     STOPPED_BY(0x06, HIDDEN_END - 4096)},
    {"DMA: a write to its last bytes", WRITE(HIDDEN_END - BYTES),
     STOPPED_BY(0x05, HIDDEN_END - 4096)},
    {"DMA: a read that runs into it", READ(HIDDEN - BYTES / 2), STOPPED_BY(0x06, HIDDEN)},
    {"DMA: a write that runs into it", WRITE(HIDDEN - BYTES / 2), STOPPED_BY(0x05, HIDDEN)},
    {"DMA: a write to a page table of its own", WRITE(PT), STOPPED_BY(0x05, PT)},
    {"DMA: a read of a page table of its own", .order = READ(PT)},
    {"DMA: a write to its second PML4", WRITE(SECOND), STOPPED_BY(0x05, SECOND)},
    {"DMA: a write that runs from a page into a table", WRITE(SECOND - BYTES / 2),
     STOPPED_BY(0x05, SECOND)},
    {"DMA: a read of the page taken back", READ(BALLOON), STOPPED_BY(0x06, BALLOON)},
    {"DMA: a write to the page behind its memory", WRITE(GUEST_END), STOPPED_BY(0x05, GUEST_END)},
    {"DMA: a read of the monitor's memory", READ(UINT64_C(0x200000)),
     STOPPED_BY(0x06, UINT64_C(0x200000))},
    {"DMA: a write to the IOMMU's registers", WRITE(IOMMU), STOPPED_BY(0x05, IOMMU)},
};

void device_start(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc();
    uint64_t *level3 = page_alloc(), *level2 = page_alloc();

    small = page_alloc();
    root[0] = (uint64_t)context | 1;
    context[EDU_SID * 2] = (uint64_t)level3 | 1;
    context[EDU_SID * 2 + 1] = 1 | DID << 8; /* 39-bit */
    level3[0] = (uint64_t)level2 | SS_R | SS_W;
    level2[GUEST_LOW >> 21] = GUEST_LOW | SS_R | SS_W | SS_PS;
    level2[GUEST_TABLES >> 21] = (uint64_t)small | SS_R | SS_W;
    level2[GUEST_HIGH >> 21] = GUEST_HIGH | SS_R | SS_W | SS_PS;
    for (unsigned i = 0; i < PAGES; i++)
        small[i] = (GUEST_TABLES + i * 4096) | SS_R | SS_W;
    write64(IOMMU + REG_RTADDR, (uint64_t)root);
    gcmd(GCMD_SRTP, true);
    queue_start((uint64_t)page_alloc(), (uint64_t)page_alloc());
    invalidate_contexts();
    invalidate_domain(DID);
    gcmd(GCMD_TE, true);
    edu_start();
    edu_give();
}

void device_rights(uint64_t pa, enum device_rights rights)
{
    small[(pa - GUEST_TABLES) / 4096] = rights == DEVICE_NONE ? 0 : pa | rights;
    invalidate_page(DID, pa);
}

/* Has the device, or what it wrote, a word of the secret? */
static bool brought_secret(void)
{
    edu_as_user((struct order)WRITE(BUFFER));
    for (unsigned i = 0; i < BYTES / 8; i++)
        if (((uint64_t *)BUFFER)[i] >> 32 == SECRET_MARK)
            return true;
    return false;
}

static uint64_t tables_sum(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < 4 * 512; i++)
        sum = sum * 3 + (((uint64_t *)PML4)[i] & ~(PTE_A | PTE_D));
    return sum;
}

static void load(void)
{
    for (unsigned i = 0; i < BYTES / 8; i++)
        ((uint64_t *)BUFFER)[i] = UINT64_C(0xBADBADBADBADBAD);
    edu_as_user((struct order)READ(BUFFER));
}

static void attempt(const struct attempt *a)
{
    uint64_t tables = tables_sum();
    struct fault f;
    bool ok;

    load();
    edu_as_user(a->order);
    f = take_faults();
    ok = a->reason == 0 ? f.records == 0
                        : f.records == 1 && f.reason == a->reason && f.info == a->recorded &&
                              f.sid == EDU_SID && f.read == !a->order.write;
    ok &= tables_sum() == tables && !brought_secret() && secret_intact();
    say(ok, a->reason == 0 ? "allowed " : "stopped ", a->what);
    if (f.records != 0) {
        put(": ");
        put(reason_name(f.reason));
        put(", address ");
        put_hex(f.info);
    }
    put("\n");
}

void by_the_device(void)
{
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        attempt(&attempts[i]);
}
