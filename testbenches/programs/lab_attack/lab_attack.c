// SPDX-License-Identifier: Apache-2.0
// Lab 12: ring 3 has a device, and the device a domain with one page of ring 3 in it. What else can
// ring 3 reach?
#include "../dmaattack/edu.h"
#include "../dmaattack/unit.h"
#include "../lib/lab.h"

#define LAPIC   UINT64_C(0xFEE00000)
#define VECTOR  0x61 /* of somebody else: a disk's, the timer's */
#define DID     7
#define OWN     UINT64_C(0x1100000) /* the page of ring 3 */
#define IOVA    UINT64_C(0x8000000) /* where its device sees it */
#define SECRET  UINT64_C(0x1101000)
#define CONTENT UINT64_C(0x5EC2E7)

static volatile uint64_t taken;

static void on_interrupt(struct frame *f)
{
    (void)f;
    taken++;
    write32(LAPIC + 0x0B0, 0); /* EOI */
}

static void build_tables(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc();
    uint64_t *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();

    root[0] = (uint64_t)context | 1;
    context[EDU_SID * 2] = (uint64_t)l3 | 1;
    context[EDU_SID * 2 + 1] = 1 | DID << 8; /* 39 bits */
    l3[IOVA >> 30 & 511] = (uint64_t)l2 | 3;
    l2[IOVA >> 21 & 511] = (uint64_t)l1 | 3;
    l1[IOVA >> 12 & 511] = OWN | 3; /* R, W */
    write64(IOMMU + REG_RTADDR, (uint64_t)root);
    gcmd(GCMD_SRTP, true);
    queue_start((uint64_t)page_alloc(), (uint64_t)page_alloc());
    invalidate_contexts();
    invalidate_domain(DID);
    gcmd(GCMD_TE, true);
}

/* An interrupt-remapping table of 256 entries with nothing in it. */
__attribute__((unused)) static void remap_interrupts(void)
{
    write64(IOMMU + REG_IRTA, (uint64_t)page_alloc() | 7);
    gcmd(GCMD_SIRTP, true);
    invalidate_interrupts();
    gcmd(GCMD_IRE, true);
}

USER_TEXT static uint64_t prepare(uint64_t vector)
{
    *(volatile uint32_t *)OWN = (uint32_t)vector;
    return 0;
}

/* Ring 3 puts a vector into its page, and has its device read it there and write it to `to`. */
static void device_writes(const char *what, uint64_t to)
{
    uint64_t before = taken;
    struct fault f;

    run_user(prepare, VECTOR);
    edu_as_user((struct order){.iova = IOVA, .bytes = 4});
    edu_as_user((struct order){.iova = to, .bytes = 4, .write = true});
    f = take_faults();
    put(what);
    put(f.records == 0 ? ": no fault" : ": ");
    put(f.records == 0 ? "" : reason_name(f.reason));
    put(*(uint64_t *)SECRET == CONTENT ? "" : ", memory is written");
    put(taken == before ? "\n" : ", interrupt taken\n");
}

int main(void)
{
    lab_open();
    on_trap(VECTOR, on_interrupt);
    write32(LAPIC + 0x0F0, 0x1FF);
    *(uint64_t *)SECRET = CONTENT;
    map_page(OWN, OWN, PTE_P | PTE_W | PTE_U);
    edu_start();
    edu_give();
    build_tables();
    device_writes("to the kernel's memory", SECRET);
    device_writes("to 0xFEE00000", LAPIC);
    return 0;
}
