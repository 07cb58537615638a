// SPDX-License-Identifier: Apache-2.0
// Memory that is not the domain's: outside the window, without the right, behind a page's end, once
// its own and taken back, in a neighbour's domain, the unit's own tables and registers.
// VT-d "Second-Stage Translation", "Root Entry", "Context Entry", "Queued Invalidation Interface".
#include "attack.h"

#define READ(at, n)                                                                                \
    {                                                                                              \
        at, n, false, false                                                                        \
    }
#define WRITE(at, n)                                                                               \
    {                                                                                              \
        at, n, true, false                                                                         \
    }

/* The device has used the page, so the IOTLB holds it; then the kernel takes it back. */
static void unmap_last(void)
{
    edu_as_user((struct order)WRITE(WINDOW_LAST, 64));
    *window_entry(WINDOW_LAST) = 0;
    memset((void *)FRAME_LAST, 0, 64); /* its new owner's */
}

static void unmap_last_and_wait(void)
{
    unmap_last();
    invalidate_page(DID, WINDOW_LAST);
}

static void unmap_last_keep_iotlb_of_another(void)
{
    unmap_last();
    invalidate_page(OWN_DID, WINDOW_LAST);
    invalidate_page(DID, WINDOW);
}

/* So the IOTLB holds them, with one right each; QEMU 7.2 then stops the other access unrecorded. */
static void use_both(void)
{
    edu_as_user((struct order)WRITE(WINDOW_WRITE, 64));
    edu_as_user((struct order)READ(WINDOW_READ, 64));
}

static bool new_owner_hit(void)
{
    return payload_at(FRAME_LAST);
}

/* The kernel has read the secret by the device, in its own domain; then it gave the device away. */
static void use_as_kernel(void)
{
    context_entry()[0] = OWN_TABLES | 1;
    context_entry()[1] = 1 | OWN_DID << 8;
    invalidate_contexts();
    edu_as_kernel((struct order)READ(OWN_SECRET, 16));
    context_entry()[0] = TABLES | 1;
    context_entry()[1] = 1 | DID << 8;
    invalidate_contexts();
}

static void use_as_kernel_then_load(void)
{
    use_as_kernel();
    edu_as_user((struct order)READ(WINDOW, 64));
}

static void no_context(void)
{
    context_entry()[0] &= ~UINT64_C(1);
    invalidate_contexts();
}

static void no_root(void)
{
    ((uint64_t *)ROOT)[0] &= ~UINT64_C(1);
    invalidate_contexts();
}

/* The kernel's mistakes: what it should never map. */
static void map_registers(void)
{
    *window_entry(WINDOW_END) = IOMMU | 3;
}

static void map_interrupts(void)
{
    *window_entry(WINDOW_END) = UINT64_C(0xFEE00000) | 3;
}

static bool own_written(void)
{
    return payload_at(FRAME_OWN + 0x400);
}

static const struct attempt attempts[] = {
    {"its own page", WRITE(WINDOW + 0x400, 64), .outcome = ALLOWED, .done = own_written},

    {"a write outside its window", WRITE(WINDOW_END, 64), STOPPED_BY(0x05, WINDOW_END)},
    {"a read outside its window", READ(WINDOW_END, 64), STOPPED_BY(0x06, WINDOW_END)},
    {"a write below its window", WRITE(WINDOW - 64, 64), STOPPED_BY(0x05, WINDOW - 0x1000)},
    {"a write to the secret by its physical address", WRITE(FRAME_SECRET, 64),
     STOPPED_BY(0x05, FRAME_SECRET)},
    {"a read of the secret by its physical address", READ(FRAME_SECRET, 64),
     STOPPED_BY(0x06, FRAME_SECRET)},
    {"a write to the window's address with bit 38 set", WRITE(WINDOW | UINT64_C(1) << 38, 64),
     STOPPED_BY(0x05, WINDOW | UINT64_C(1) << 38)},
    {"a write beyond the domain's 39 bits", WRITE(WINDOW | UINT64_C(1) << 39, 64),
     STOPPED_BY(0x04, WINDOW | UINT64_C(1) << 39)},

    {"a write to a page that it may read", WRITE(WINDOW_READ, 64), STOPPED_BY(0x05, WINDOW_READ)},
    {"a read of a page that it may write", READ(WINDOW_WRITE, 64), STOPPED_BY(0x06, WINDOW_WRITE)},
    {"a write to a page that it has just read", WRITE(WINDOW_READ, 64),
     STOPPED_BY(0x05, WINDOW_READ), .prepare = use_both, .unlike_qemu = true},
    {"a read of a page that it has just written", READ(WINDOW_WRITE, 64),
     STOPPED_BY(0x06, WINDOW_WRITE), .prepare = use_both, .unlike_qemu = true},
    {"a write from its page into the next", WRITE(WINDOW_END - 32, 64),
     STOPPED_BY(0x05, WINDOW_END)},
    {"a write of one byte too many", WRITE(WINDOW_END - 8, 9), STOPPED_BY(0x05, WINDOW_END)},
    {"a read from its page into the next", READ(WINDOW_END - 32, 64), STOPPED_BY(0x06, WINDOW_END)},
    {"a write from a writable page into a read-only one", WRITE(WINDOW_READ - 32, 64),
     STOPPED_BY(0x05, WINDOW_READ)},

    {"a page taken back, its invalidation not yet done: this is why the kernel waits",
     WRITE(WINDOW_LAST, 64), .outcome = ALLOWED, .prepare = unmap_last, .done = new_owner_hit},
    {"the same behind invalidations of other pages and domains", WRITE(WINDOW_LAST, 64),
     .outcome = ALLOWED, .prepare = unmap_last_keep_iotlb_of_another, .done = new_owner_hit,
     .unlike_qemu = true},
    {"the same, invalidated and waited for", WRITE(WINDOW_LAST, 64), STOPPED_BY(0x05, WINDOW_LAST),
     .prepare = unmap_last_and_wait},

    {"what the kernel's own domain has there, still in the IOTLB", READ(OWN_SECRET, 64),
     STOPPED_BY(0x06, OWN_SECRET), .prepare = use_as_kernel_then_load, .unlike_qemu = true},
    {"a write there", WRITE(OWN_SECRET, 64), STOPPED_BY(0x05, OWN_SECRET),
     .prepare = use_as_kernel_then_load, .unlike_qemu = true},
    {"a write with no context for its source-id", WRITE(WINDOW_LAST, 64),
     STOPPED_BY(0x02, WINDOW_LAST), .prepare = no_context},
    {"a read with no context for its source-id", READ(WINDOW_LAST, 64),
     STOPPED_BY(0x02, WINDOW_LAST), .prepare = no_context},
    {"a write with no root entry for its bus", WRITE(WINDOW_LAST, 64),
     STOPPED_BY(0x01, WINDOW_LAST), .prepare = no_root},

    {"a write to the root table", WRITE(ROOT, 64), STOPPED_BY(0x05, ROOT)},
    {"a write to the context table", WRITE(CONTEXTS, 64), STOPPED_BY(0x05, CONTEXTS)},
    {"a write to its second-stage table", WRITE(TABLES + 0x2000, 64),
     STOPPED_BY(0x05, TABLES + 0x2000)},
    {"a write to the invalidation queue", WRITE(QUEUE, 64), STOPPED_BY(0x05, QUEUE)},
    {"a write to the queue's status", WRITE(STATUS, 4), STOPPED_BY(0x05, STATUS)},
    {"a write to the interrupt-remapping table", WRITE(IRT, 64), STOPPED_BY(0x05, IRT)},
    {"a write to the unit's registers", WRITE(IOMMU + 0x18, 4), STOPPED_BY(0x05, IOMMU)},
    {"a read of the unit's registers", READ(IOMMU, 64), STOPPED_BY(0x06, IOMMU)},
    {"a write to the I/O APIC", WRITE(UINT64_C(0xFEC00000), 4),
     STOPPED_BY(0x05, UINT64_C(0xFEC00000))},
    {"a write to PCI configuration space", WRITE(UINT64_C(0xB0010004), 4),
     STOPPED_BY(0x05, UINT64_C(0xB0010000))},
    {"a command to the unit, its registers mapped by mistake: no DMA reaches them",
     WRITE(WINDOW_END + 0x18, 4), .outcome = SILENT, .prepare = map_registers, .payload = 1,
     .unlike_qemu = true},
    {"an interrupt, its range mapped by mistake", WRITE(WINDOW_END, 4),
     STOPPED_BY(0x0E, WINDOW_END), .prepare = map_interrupts, .payload = 0x61},
};

void memory(void)
{
    ATTEMPT_ALL(attempts, false);
}
