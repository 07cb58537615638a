// SPDX-License-Identifier: Apache-2.0
// Storms of the DMA traffic generator at 00:04.0: every kind of request, in the name of ten
// functions, against IOMMU tables that map some of them, while the processor works in the same
// pages, changes the tables and invalidates. What came of it is the harness's to compare; the
// program checks counts.
#include "../lib/pci.h"
#include "../lib/vtd_regs.h"

#define LAPIC   UINT64_C(0xFEE00000)
#define DEVFN   0x20
#define BAR     UINT64_C(0xC0000000)
#define IO_BAR  0xC040
#define IOVA    UINT64_C(0x8000000)
#define PAGES   4
#define VECTOR  0x51
#define KIND_RW 0x03
#define ALL     0x7F

static unsigned failures;
static volatile unsigned interrupts;
static uint64_t *leaf;
static uint8_t *pages[PAGES];

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

static void on_done(struct frame *f)
{
    (void)f;
    interrupts++;
    write32(BAR + 0x3C, 1);
    write32(LAPIC + 0xB0, 0);
}

static void on_any(struct frame *f)
{
    (void)f;
    write32(LAPIC + 0xB0, 0);
}

static void go(uint64_t seed, uint64_t address, uint32_t window, uint32_t n, uint32_t most,
               uint32_t kinds, uint32_t names)
{
    write64(BAR + 0x08, seed);
    write64(BAR + 0x10, address);
    write32(BAR + 0x18, window);
    write32(BAR + 0x1C, n);
    write32(BAR + 0x20, most);
    write32(BAR + 0x24, kinds);
    write32(BAR + 0x28, names);
    write32(BAR + 0x04, 5);
}

static bool busy(void)
{
    return inl(IO_BAR + 0x04) & 1;
}

static void gcmd(unsigned bit)
{
    uint32_t now = read32(IOMMU + REG_GSTS) & GSTS_LEVELS;

    write32(IOMMU + REG_GCMD, now | 1u << bit);
    while ((read32(IOMMU + REG_GSTS) >> bit & 1) == 0)
        continue;
}

static void invalidate(void)
{
    uint64_t iro = (read64(IOMMU + REG_ECAP) >> 8 & 0x3FF) * 16;

    write64(IOMMU + iro + 8, UINT64_C(1) << 63 | UINT64_C(1) << 60);
    while (read64(IOMMU + iro + 8) >> 63)
        continue;
}

/* Functions 0 to 5 of 00:04 and 01:00.0 share a domain; the others have no context entry. */
static void translate(void)
{
    uint64_t *root = page_alloc(), *bus0 = page_alloc(), *bus1 = page_alloc();
    uint64_t *l3 = page_alloc(), *l2 = page_alloc();

    leaf = page_alloc();
    root[0] = (uint64_t)bus0 | 1;
    root[2] = (uint64_t)bus1 | 1;
    for (unsigned f = 0; f < 6; f++) {
        bus0[(DEVFN + f) * 2] = (uint64_t)l3 | 1;
        bus0[(DEVFN + f) * 2 + 1] = 1 | 3 << 8;
    }
    bus1[0] = (uint64_t)l3 | 1;
    bus1[1] = 1 | 4 << 8;
    l3[IOVA >> 30 & 511] = (uint64_t)l2 | 3;
    l2[IOVA >> 21 & 511] = (uint64_t)leaf | 3;
    leaf += IOVA >> 12 & 511;
    for (unsigned i = 0; i < PAGES; i++) {
        pages[i] = page_alloc();
        leaf[i] = (uint64_t)pages[i] | (i == 1 ? 1 : i == 2 ? 2 : 3);
    }
    write64(IOMMU + REG_RTADDR, (uint64_t)root);
    gcmd(GCMD_SRTP);
    write64(IOMMU + REG_CCMD, UINT64_C(1) << 63 | UINT64_C(1) << 61);
    while (read64(IOMMU + REG_CCMD) >> 63)
        continue;
    gcmd(GCMD_TE);
}

/* The processor in the same pages, and now and then in the tables. */
static void work(unsigned *turn)
{
    volatile uint64_t *p = (volatile uint64_t *)(pages[*turn % PAGES] + (*turn * 40 & 0xFF8));

    __asm__ volatile("lock xaddq %0, %1" : "+r"((uint64_t){*turn}), "+m"(*p));
    if (++*turn % 32 != 0)
        return;
    leaf[3] ^= 3;
    invalidate();
}

static void storm(const char *what, uint64_t seed, uint32_t most, uint32_t kinds, uint32_t names)
{
    unsigned turn = 0, before = interrupts;

    go(seed, IOVA, 0x8000, 300, most, kinds, names);
    while (busy())
        work(&turn);
    for (unsigned i = 0; i < 100 && interrupts == before; i++)
        __asm__ volatile("pause");
    check(what, read32(BAR + 0x30) == 300 && interrupts == before + 1);
    line("  blocked some", read32(BAR + 0x34) != 0);
}

int main(void)
{
    uint8_t *plain;
    unsigned blocked = 0;

    pci_write(DEVFN, 0x10, (uint32_t)BAR);
    pci_write(DEVFN, 0x14, IO_BAR);
    pci_write(DEVFN, 0x04, 7);
    pci_write(DEVFN, 0x44, (uint32_t)LAPIC);
    pci_write(DEVFN, 0x4C, VECTOR);
    pci_write(DEVFN, 0x40, 0x10000);
    for (unsigned v = 32; v < 256; v++)
        on_trap(v, v == VECTOR ? on_done : on_any);
    write32(LAPIC + 0xF0, 0x1FF);
    __asm__ volatile("sti");
    plain = page_alloc();
    check("it is there, by memory and by ports",
          read32(BAR) == 0x54524146 && inl(IO_BAR) == 0x54524146);
    memset(plain, 1, 4096);
    go(1, (uint64_t)plain, 4096, 100, 8, 1, 1);
    while (busy())
        continue;
    check("reads without translation",
          read32(BAR + 0x30) == 100 && read32(BAR + 0x34) == 0 && read32(BAR + 0x38) >= 100);
    translate();
    storm("reads and writes", 2, 16, KIND_RW, 0x3F);
    storm("of functions without an entry", 3, 4, KIND_RW, 0x3FF);
    storm("every kind of request", 4, 16, ALL & ~0x20u, 0x3FF);
    storm("with interrupt requests among them", 5, 16, ALL, 0x3FF);
    storm("one at a time", 6, 1, ALL, 0x3FF);
    for (unsigned bit = 0; bit < 64; bit++) {
        if (UINT64_C(1) << bit == IOVA)
            continue;
        go(bit, UINT64_C(1) << bit, 16, 4, 2, ALL & ~0x20u, 0x3F);
        while (busy())
            continue;
        blocked += read32(BAR + 0x34);
    }
    check("at each bit of an address alone, outside the mapping: all blocked", blocked == 63 * 4);
    go(7, IOVA, 0x8000, 1000000, 16, KIND_RW, 1);
    write32(BAR + 4, 2);
    while (busy())
        continue;
    check("stops when told", read32(BAR + 0x30) < 1000);
    go(8, IOVA, 3, 10, 1, KIND_RW, 1);
    check("a window that cannot be: nothing", !busy() && read32(BAR + 0x30) == 0);
    line("failures", failures);
    return failures != 0;
}
