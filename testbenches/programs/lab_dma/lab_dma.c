// SPDX-License-Identifier: Apache-2.0
// Lab 11: a device writes to a page that the kernel itself may not write; without the IOMMU and
// with it.
#include "../dmaattack/edu.h"
#include "../dmaattack/unit.h"
#include "../lib/lab.h"

#define CODE   UINT64_C(0x1100000) /* read-only for the kernel too */
#define BUFFER UINT64_C(0x1101000)
#define IOVA   UINT64_C(0x8000000) /* where the device sees BUFFER */
#define DID    7
#define RIGHT  UINT64_C(0xC0DE)

/* The tables of the remapping unit: root, context, levels 3 to 1. */
static void build_tables(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc();
    uint64_t *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();

    root[0] = (uint64_t)context | 1;
    context[EDU_SID * 2] = (uint64_t)l3 | 1;
    context[EDU_SID * 2 + 1] = 1 | DID << 8; /* 39 bits */
    l3[IOVA >> 30 & 511] = (uint64_t)l2 | 3;
    l2[IOVA >> 21 & 511] = (uint64_t)l1 | 3;
    l1[IOVA >> 12 & 511] = BUFFER | 3; /* R, W */
    write64(IOMMU + REG_RTADDR, (uint64_t)root);
    gcmd(GCMD_SRTP, true);
    queue_start((uint64_t)page_alloc(), (uint64_t)page_alloc());
    invalidate_contexts();
    invalidate_domain(DID);
}

static void device_writes(const char *what, uint64_t iova)
{
    struct fault f;

    *(uint64_t *)BUFFER = RIGHT;
    edu_as_kernel((struct order){.iova = iova, .bytes = 8, .write = true});
    f = take_faults();
    put(what);
    put(f.records == 0 ? ": no fault" : ": ");
    put(f.records == 0 ? "" : reason_name(f.reason));
    put(*(uint64_t *)CODE == RIGHT ? "; the code is whole" : "; the code is gone");
    put(*(uint64_t *)BUFFER == RIGHT ? "\n" : "; the buffer is written\n");
}

int main(void)
{
    lab_open();
    edu_start();
    *(uint64_t *)CODE = RIGHT;
    map_page(CODE, CODE, PTE_P);
    store(CODE, 1);
    tell("the kernel writes to its code");
    device_writes("no IOMMU, the device writes there", CODE);
    map_page(CODE, CODE, PTE_P | PTE_W);
    *(uint64_t *)CODE = RIGHT;
    build_tables();
    gcmd(GCMD_TE, true);
    device_writes("IOMMU, the device writes there", CODE);
    device_writes("IOMMU, the device writes to the buffer's address", BUFFER);
    device_writes("IOMMU, the device writes to its IOVA", IOVA);
    return 0;
}
