// SPDX-License-Identifier: Apache-2.0
// A driver of the IOMMU's invalidation queue and of interrupt remapping, and what each protects
// from: the teaching device raises its MSI through an interrupt-remapping table, with the right
// source-id and the wrong one, in both formats, with entries that change under the cache. With a
// device-TLB it keeps a translation until that is invalidated; one that nobody answers times out.
#include "../lib/pci.h"
#include "../lib/vtd_regs.h"

#define LAPIC     UINT64_C(0xFEE00000)
#define EDU_BAR   UINT64_C(0xC0000000)
#define EDU_DEVFN 0x10
#define IOVA      UINT64_C(0x8000000)
#define DID       9

#define VECTOR_DEVICE 0x50 /* what the table says */
#define VECTOR_MOVED  0x51 /* and says later */
#define VECTOR_PLAIN  0x52 /* of a message in compatibility format */
#define VECTOR_WAIT   0x53 /* invalidation event */
#define VECTOR_FAULT  0x54
#define HANDLE        5

#define EDU_BY_TLB 8u /* of its command */
#define NO_DEVICE  0x99u
#define EVERY_PAGE UINT64_C(0x7FFFFFFFFFFFF001)

static unsigned failures;
static volatile uint64_t taken[256];
static uint64_t *queue, *table, *leaf, *context_entry;
static uint8_t *buffer;
static volatile uint32_t *status;
static unsigned tail, edu_command = 1;

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

static void on_interrupt(struct frame *f)
{
    taken[f->vector]++;
    write32(LAPIC + 0xB0, 0); /* EOI */
}

/* Long enough for a message under way. */
static void settle(void)
{
    __asm__ volatile("sti" : : : "memory");
    for (unsigned i = 0; i < 200; i++)
        __asm__ volatile("pause");
    __asm__ volatile("cli" : : : "memory");
}

/* --- the device --- */

static void msi(uint32_t address, uint32_t data)
{
    pci_write(EDU_DEVFN, 0x44, address);
    pci_write(EDU_DEVFN, 0x48, 0);
    pci_write(EDU_DEVFN, 0x4C, data);
}

static void msi_remapped(unsigned handle)
{
    msi(0xFEE00010 | (handle & 0x7FFF) << 5 | (handle >> 15) << 2, 0);
}

/* The device raises its interrupt and is quiet again. */
static void raise(void)
{
    write32(EDU_BAR + 0x60, 1);
    settle();
    write32(EDU_BAR + 0x64, 1);
}

static bool arrives(unsigned vector)
{
    uint64_t before = taken[vector];

    raise();
    return taken[vector] == before + 1;
}

static bool edu_dma(uint64_t from, uint64_t to)
{
    write64(EDU_BAR + 0x80, from);
    write64(EDU_BAR + 0x88, to);
    write64(EDU_BAR + 0x90, 64);
    write64(EDU_BAR + 0x98, edu_command | (to < 0x40000 || to >= 0x41000 ? 2 : 0));
    for (unsigned i = 0; i < 100000000; i++) /* QEMU takes a tenth of a second */
        if ((read32(EDU_BAR + 0x98) & 1) == 0)
            return true;
    return false;
}

/* --- the unit --- */

static void gcmd(unsigned bit, bool on)
{
    uint32_t now = read32(IOMMU + REG_GSTS) & GSTS_LEVELS;

    write32(IOMMU + REG_GCMD, on ? now | 1u << bit : now & ~(1u << bit));
    for (unsigned i = 0; i < 1000 && (read32(IOMMU + REG_GSTS) >> bit & 1) != on; i++)
        continue; /* QEMU has no CFIS */
}

static void submit(uint64_t lo, uint64_t hi)
{
    queue[tail * 2] = lo;
    queue[tail * 2 + 1] = hi;
    tail = (tail + 1) % 256;
    write64(IOMMU + REG_IQT, tail * 16);
}

/* True when everything before it is done, as its status in memory says. */
static bool wait_for_queue(void)
{
    static uint32_t token;

    submit(5 | 0x20 | (uint64_t)++token << 32, (uint64_t)status);
    for (unsigned i = 0; i < 100000; i++)
        if (*status == token)
            return true;
    return false;
}

static bool invalidate_interrupts(void)
{
    submit(4, 0);
    return wait_for_queue();
}

static bool invalidate_everything(void)
{
    submit(1 | 1 << 4, 0); /* contexts */
    submit(2 | 1 << 4, 0); /* IOTLB */
    return invalidate_interrupts();
}

/* Fixed, edge, physical destination 0; the device alone may raise it. */
static void set_entry(unsigned index, unsigned vector, uint16_t sid, unsigned svt)
{
    table[index * 2 + 1] = sid | (uint64_t)svt << 18;
    table[index * 2] = 1 | (uint64_t)vector << 16;
}

/* The newest record, cleared; 0: none. */
static unsigned fault_reason(uint64_t *lo)
{
    uint64_t fro = IOMMU + (read64(IOMMU + REG_CAP) >> 24 & 0x3FF) * 16;
    uint32_t fsts = read32(IOMMU + REG_FSTS);
    uint64_t at = fro + (fsts >> 8 & 0xFF) * 16, hi;

    if ((fsts & FSTS_PPF) == 0)
        return 0;
    *lo = read64(at);
    hi = read64(at + 8);
    write32(at + 12, 0x80000000);
    write32(IOMMU + REG_FSTS, 1);
    return (uint16_t)hi == EDU_DEVFN ? (uint8_t)(hi >> 32) : 0xFF;
}

static void build(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc();
    uint64_t *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();

    queue = page_alloc();
    table = page_alloc();
    status = page_alloc();
    buffer = page_alloc();
    leaf = &l1[(IOVA >> 12) & 511];
    root[0] = (uint64_t)context | 1;
    context_entry = &context[EDU_DEVFN * 2];
    context_entry[0] = (uint64_t)l3 | 1; /* P, T = 00 */
    context_entry[1] = 1 | DID << 8;     /* 39-bit */
    l3[(IOVA >> 30) & 511] = (uint64_t)l2 | 3;
    l2[(IOVA >> 21) & 511] = (uint64_t)l1 | 3;
    *leaf = (uint64_t)buffer | 3;
    write64(IOMMU + REG_RTADDR, (uint64_t)root);
}

static void start(void)
{
    static const uint8_t vectors[] = {VECTOR_DEVICE, VECTOR_MOVED, VECTOR_PLAIN,
                                      VECTOR_WAIT,   VECTOR_FAULT, 0xFF};

    for (unsigned i = 0; i < sizeof(vectors); i++)
        on_trap(vectors[i], on_interrupt);
    write32(LAPIC + 0xF0, 0x1FF);
    pci_write(EDU_DEVFN, 0x10, (uint32_t)EDU_BAR);
    pci_write(EDU_DEVFN, 0x04, 6);
    msi(0xFEE00000, VECTOR_PLAIN);
    pci_write(EDU_DEVFN, 0x40, pci_read(EDU_DEVFN, 0x40) | 0x10000);
    build();
    gcmd(GCMD_SRTP, true);
    write64(IOMMU + REG_IQT, 0);
    write64(IOMMU + REG_IQA, (uint64_t)queue);
    gcmd(GCMD_QIE, true);
    write32(IOMMU + REG_FEDATA, VECTOR_FAULT);
    write32(IOMMU + REG_FEADDR, 0xFEE00000);
    write32(IOMMU + REG_FECTL, 0);
}

/* --- the parts --- */

/* Its unit has no protected regions. */
static bool on_qemu(void)
{
    return (read64(IOMMU + REG_CAP) & 0x20) == 0;
}

static void the_queue(void)
{
    check("a wait's status is in memory behind what it waits for", invalidate_everything());
    check("the head has come to the tail", read64(IOMMU + REG_IQH) == tail * 16);
    for (unsigned i = 0; i < 300; i++)
        submit(2 | 2 << 4 | (uint64_t)DID << 16, 0);
    check("it goes round", wait_for_queue() && read64(IOMMU + REG_IQH) == tail * 16);

    write32(IOMMU + REG_IEDATA, VECTOR_WAIT);
    write32(IOMMU + REG_IEADDR, 0xFEE00000);
    write32(IOMMU + REG_IECTL, 0);
    submit(5 | 0x10, 0); /* IF */
    settle();
    check("a wait interrupts when it is done",
          taken[VECTOR_WAIT] == 1 && (read32(IOMMU + REG_ICS) & 1) == 1);
    submit(5 | 0x10, 0);
    settle();
    check("not again while IWC is set", taken[VECTOR_WAIT] == 1);
    write32(IOMMU + REG_ICS, 1);
    write32(IOMMU + REG_IECTL, 0x80000000);
    submit(5 | 0x10, 0);
    settle();
    check("masked, it is pending",
          taken[VECTOR_WAIT] == 1 && read32(IOMMU + REG_IECTL) == 0xC0000000);
    write32(IOMMU + REG_IECTL, 0);
    settle();
    check("unmasked, it comes", taken[VECTOR_WAIT] == 2 && read32(IOMMU + REG_IECTL) == 0);
    write32(IOMMU + REG_ICS, 1);
}

static void an_error(void)
{
    unsigned bad = tail;

    submit(0xF, 0);
    settle();
    check("an unknown descriptor stops the queue at itself",
          (read32(IOMMU + REG_FSTS) & FSTS_IQE) && read64(IOMMU + REG_IQH) == bad * 16 &&
              taken[VECTOR_FAULT] == 1);
    queue[bad * 2] = 2 | 1 << 4; /* in its place an invalidation */
    write32(IOMMU + REG_FSTS, FSTS_IQE);
    check("corrected, it goes on there",
          wait_for_queue() && (read32(IOMMU + REG_FSTS) & FSTS_IQE) == 0);
}

/* QEMU 7.2 records no fault of an interrupt. */
static void recorded(const char *what, unsigned reason, unsigned index)
{
    uint64_t lo = 0;

    if (on_qemu())
        return;
    check(what, fault_reason(&lo) == reason && lo >> 48 == index);
}

static void the_table(void)
{
    check("without remapping a message passes", arrives(VECTOR_PLAIN));
    set_entry(HANDLE, VECTOR_DEVICE, EDU_DEVFN, 1);
    write64(IOMMU + REG_IRTA, (uint64_t)table | 7); /* 256 entries */
    gcmd(GCMD_SIRTP, true);
    check("interrupt entries are invalidated", invalidate_interrupts());
    gcmd(GCMD_IRE, true);
    msi_remapped(HANDLE);
    check("the device's interrupt has the vector of the table", arrives(VECTOR_DEVICE));

    set_entry(HANDLE, VECTOR_MOVED, EDU_DEVFN, 1);
    check("an entry that changed counts behind its invalidation",
          invalidate_interrupts() && arrives(VECTOR_MOVED));

    set_entry(HANDLE, VECTOR_DEVICE, EDU_DEVFN + 1, 1);
    check("an entry of another device blocks", invalidate_interrupts() && !arrives(VECTOR_DEVICE));
    recorded("unlike QEMU: 26h and the index are recorded", 0x26, HANDLE);
    set_entry(HANDLE, VECTOR_DEVICE, EDU_DEVFN + 1, 0);
    check("unless it asks for no validation", invalidate_interrupts() && arrives(VECTOR_DEVICE));
    set_entry(HANDLE, VECTOR_DEVICE, 0x0000, 2);
    check("a range of buses", invalidate_interrupts() && arrives(VECTOR_DEVICE));

    table[HANDLE * 2] &= ~UINT64_C(1);
    check("one that is not present blocks", invalidate_interrupts() && !arrives(VECTOR_DEVICE));
    recorded("unlike QEMU: 22h is recorded", 0x22, HANDLE);
    set_entry(HANDLE, VECTOR_DEVICE, EDU_DEVFN, 1);
    table[HANDLE * 2] |= UINT64_C(1) << 24;
    check("one with a reserved bit blocks", invalidate_interrupts() && !arrives(VECTOR_DEVICE));
    recorded("unlike QEMU: 24h is recorded", 0x24, HANDLE);
    msi_remapped(256);
    check("one beyond the table blocks", !arrives(VECTOR_DEVICE));
    recorded("unlike QEMU: 21h is recorded", 0x21, 256);
}

/* QEMU lets every message of this format pass. */
static void the_old_format(void)
{
    uint64_t lo = 0, before;

    if (on_qemu())
        return;
    msi(0xFEE00000, VECTOR_PLAIN);
    before = taken[VECTOR_PLAIN];
    raise();
    check("unlike QEMU: a message in compatibility format is blocked, 25h",
          taken[VECTOR_PLAIN] == before && fault_reason(&lo) == 0x25);
    gcmd(GCMD_CFI, true);
    check("unlike QEMU: with CFI it passes", arrives(VECTOR_PLAIN));
    gcmd(GCMD_CFI, false);
}

static void the_device_memory(void)
{
    uint64_t lo = 0;

    gcmd(GCMD_TE, true);
    for (unsigned i = 0; i < 64; i++)
        buffer[i] = (uint8_t)(i * 3 + 1);
    msi_remapped(HANDLE);
    check("DMA through the tables and back", edu_dma(IOVA, 0x40000) &&
                                                 edu_dma(0x40000, IOVA + 0x400) &&
                                                 memcmp(buffer, buffer + 0x400, 64) == 0);
    *leaf = 0;
    submit(2 | 3 << 4 | (uint64_t)DID << 16, IOVA);
    buffer[0x400] = 0xA5;
    check("unmapped, invalidated, waited for: the DMA faults",
          wait_for_queue() && edu_dma(0x40000, IOVA + 0x400) && fault_reason(&lo) == 5 &&
              lo == IOVA && buffer[0x400] == 0xA5);
    gcmd(GCMD_TE, false);
}

/* A region that no device may touch, whatever the tables say; QEMU has none. */
static void the_protected_region(void)
{
    uint64_t base = (uint64_t)buffer & ~UINT64_C(0x1FFFFF);

    if (on_qemu())
        return;
    buffer[0] = 0x5A;
    write32(IOMMU + 0x68, (uint32_t)base);
    write32(IOMMU + 0x6C, (uint32_t)base);
    write32(IOMMU + 0x64, 0x80000000);
    edu_dma(0x40000, (uint64_t)buffer);
    check("unlike QEMU: a protected region is not written", buffer[0] == 0x5A);
    write32(IOMMU + 0x64, 0);
    edu_dma(0x40000, (uint64_t)buffer);
    check("unlike QEMU: and without protection it is", buffer[0] != 0x5A);
}

/* Which is the processor's alone. QEMU's device has not so many address bits. */
static void the_configuration_space(void)
{
    uint64_t own = 0xB0000000 + (EDU_DEVFN << 12);
    uint32_t line = pci_read(EDU_DEVFN, 0x3C);
    bool ones = true;

    if (on_qemu())
        return;
    edu_dma(own, 0x40000);
    edu_dma(0x40000, (uint64_t)buffer);
    for (unsigned i = 0; i < 64; i++)
        ones &= buffer[i] == 0xFF;
    check("unlike QEMU: a device reads no configuration space", ones);
    memset(buffer, 0, 64);
    edu_dma((uint64_t)buffer, 0x40000);
    edu_dma(0x40000, own);
    check("unlike QEMU: nor writes it",
          (pci_read(EDU_DEVFN, 0x04) & 6) == 6 && pci_read(EDU_DEVFN, 0x3C) == line && line != 0);
}

/* The page that the device's address has from now on, as far as the unit knows. */
static bool remap(uint64_t page, unsigned rights)
{
    *leaf = page | rights;
    submit(2 | 3 << 4 | (uint64_t)DID << 16, IOVA);
    return wait_for_queue();
}

static bool invalidate_device(uint16_t sid, uint64_t page)
{
    submit(3 | (uint64_t)sid << 32, page);
    return wait_for_queue();
}

static bool written(const uint8_t *at)
{
    return memcmp(at, buffer, 64) == 0;
}

/* Of pages that the device has not: one bit of the address at a time. */
static bool invalidated_by_every_bit(void)
{
    bool done = true;

    for (unsigned bit = 12; bit < 64; bit++)
        done = invalidate_device(EDU_DEVFN, UINT64_C(1) << bit) && done;
    return done;
}

static void a_translation_that_the_device_keeps(void)
{
    uint8_t *other = page_alloc();
    uint64_t lo = 0;

    edu_command |= EDU_BY_TLB;
    for (unsigned i = 0; i < 64; i++)
        buffer[i] = (uint8_t)(i * 5 + 1);
    check("unlike QEMU: DMA by the device's own translations",
          remap((uint64_t)buffer, 3) && edu_dma(IOVA, 0x40000) && edu_dma(0x40000, IOVA + 0x800) &&
              written(buffer + 0x800));
    check("unlike QEMU: which it keeps until they are invalidated",
          remap((uint64_t)other, 3) && edu_dma(0x40000, IOVA + 0xC00) && written(buffer + 0xC00));
    check("unlike QEMU: a page is named by every bit of its address", invalidated_by_every_bit());
    check("unlike QEMU: behind that it asks again", invalidate_device(EDU_DEVFN, IOVA) &&
                                                        edu_dma(0x40000, IOVA + 0xC00) &&
                                                        written(other + 0xC00));
    check("unlike QEMU: a page that is not to be written is not, and nothing is a fault",
          remap((uint64_t)buffer, 1) && invalidate_device(EDU_DEVFN, EVERY_PAGE) &&
              edu_dma(0x40000, IOVA + 0x400) && !written(buffer + 0x400) && fault_reason(&lo) == 0);
    edu_command &= ~EDU_BY_TLB;
}

static void a_device_that_is_not_there(void)
{
    uint64_t before = taken[VECTOR_FAULT];

    submit(3 | (uint64_t)NO_DEVICE << 32, 0);
    submit(5 | 0x20 | UINT64_C(0xABCD) << 32, (uint64_t)status);
    for (unsigned i = 0; i < 1000 && (read32(IOMMU + REG_FSTS) & FSTS_ITE) == 0; i++)
        continue;
    settle();
    check("unlike QEMU: an invalidation that nobody answers holds the queue until its time is over",
          (read32(IOMMU + REG_FSTS) & FSTS_ITE) && *status != 0xABCD);
    check("unlike QEMU: and that is a condition of the fault event",
          taken[VECTOR_FAULT] == before + 1 &&
              (uint16_t)(read64(IOMMU + REG_IQERCD) >> 32) == NO_DEVICE);
    write32(IOMMU + REG_FSTS, FSTS_ITE);
    for (unsigned i = 0; i < 1000 && *status != 0xABCD; i++)
        continue;
    check("unlike QEMU: cleared, the queue goes on", *status == 0xABCD);
}

/* This QEMU's edu has none. */
static void the_device_tlb(void)
{
    if ((read64(IOMMU + REG_ECAP) & ECAP_DT) == 0)
        return;
    context_entry[0] |= 1 << 2; /* T = 01 */
    gcmd(GCMD_TE, true);
    check("unlike QEMU: the device may have translations of its own", invalidate_everything());
    a_translation_that_the_device_keeps();
    a_device_that_is_not_there();
    gcmd(GCMD_TE, false);
}

int main(void)
{
    put("remap\n");
    if (read32(IOMMU) != 0x10 || (read64(IOMMU + REG_ECAP) & 0xA) != 0xA) {
        put("no IOMMU with a queue and interrupt remapping here\n");
        return 0;
    }
    start();
    the_queue();
    an_error();
    the_table();
    the_old_format();
    the_device_memory();
    the_device_tlb();
    the_protected_region();
    the_configuration_space();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
