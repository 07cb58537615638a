// SPDX-License-Identifier: Apache-2.0
// The I/O APIC: edges, levels, masks, the timer's input, a PCI device's pin; with remapping.
#include "../lib/acpi.h"
#include "../lib/pci.h"
#include "platform.h"

#define EDGE   0x71
#define LEVEL  0x81
#define TWICE  0xE1
#define PCI    0xA1
#define REMAP  0xB1
#define TIMER  0xC1
#define EXTINT 0x48 /* what the 8259 says */

static unsigned stands; /* so many interrupts more */

static void drop_9(void)
{
    if (--stands == 0)
        outb(LINES + 9, 0);
}

static void edges(void)
{
    ioapic_entry(10, EDGE);
    outb(LINES + 10, 1);
    check("ioapic: an edge", comes(EDGE, 1));
    settle();
    check("ioapic: is one interrupt", taken[EDGE] == 1);
    outb(LINES + 10, 0);
    ioapic_entry(10, 0x10000 | EDGE);
    outb(LINES + 10, 1);
    ioapic_entry(10, EDGE);
    settle();
    check("ioapic: a masked edge is lost", taken[EDGE] == 1);
    outb(LINES + 10, 0);
    ioapic_entry(10, 0x10000);
}

static void levels(void)
{
    stands = 1;
    ioapic_entry(9, 0x8000 | LEVEL);
    outb(LINES + 9, 1);
    check("ioapic: a level sets remote IRR",
          (ioapic_read(0x10 + 18) & 0x4000) != 0 || taken[LEVEL] != 0);
    check("ioapic: and comes", comes(LEVEL, 1));
    check("apic: TMR knows it as a level", in_vectors(APIC_TMR, LEVEL));
    settle();
    check("ioapic: it was dropped by its handler, the EOI ends it",
          taken[LEVEL] == 1 && (ioapic_read(0x10 + 18) & 0x4000) == 0);
    stands = 3;
    outb(LINES + 9, 1);
    check("ioapic: one that stands comes again", comes(LEVEL, 3));
    settle();
    ioapic_entry(9, 0x10000);
}

/* The processor's EOI stays with its APIC; the I/O APIC is told by its own register. QEMU's APIC
 * cannot. */
static void directed_eoi(void)
{
    if ((read32(APIC_VERSION) & 1u << 24) == 0)
        return;
    taken[LEVEL] = 0;
    stands = 1;
    write32(APIC_SVR, 0x11FF);
    ioapic_entry(9, 0x8000 | LEVEL);
    outb(LINES + 9, 1);
    check("unlike QEMU: ioapic: with suppression a level comes", comes(LEVEL, 1));
    settle();
    check("unlike QEMU: ioapic: and its EOI is not broadcast",
          (ioapic_read(0x10 + 18) & 0x4000) != 0);
    write32(IOAPIC + 0x40, LEVEL);
    check("unlike QEMU: ioapic: the directed EOI ends it", (ioapic_read(0x10 + 18) & 0x4000) == 0);
    write32(APIC_SVR, 0x1FF);
    ioapic_entry(9, 0x10000);
}

static void lower_9(void)
{
    outb(LINES + 9, 0);
}

/* Nothing between the two: the interrupt of the first comes before the second is written. QEMU's
 * translated code takes one only behind both. */
static void twice(void)
{
    if (on_qemu())
        return;
    expect_apic(TWICE, lower_9);
    ioapic_entry(9, 0x8000 | TWICE);
    __asm__ volatile("sti\n\tnop\n\toutb %%al, %%dx\n\toutb %%al, %%dx\n\tnop\n\tcli"
                     :
                     : "a"(1), "d"(LINES + 9)
                     : "memory");
    settle();
    check("unlike QEMU: ioapic: a level raised twice in a row comes twice", taken[TWICE] == 2);
    ioapic_entry(9, 0x10000);
}

static void quiet_edu(void)
{
    write32(EDU_BAR + 0x64, read32(EDU_BAR + 0x24));
}

/* Device 2, pin A: input 22, active low. */
static void pin(void)
{
    pci_write(EDU_DEVFN, 0x10, (uint32_t)EDU_BAR);
    pci_write(EDU_DEVFN, 0x04, 6);
    expect_apic(PCI, quiet_edu);
    ioapic_entry(22, 0xA000 | PCI);
    settle();
    check("pci: the pin is quiet", taken[PCI] == 0);
    write32(EDU_BAR + 0x60, 1);
    check("pci: it interrupts", comes(PCI, 1));
    settle();
    check("pci: and its handler has quietened it",
          taken[PCI] == 1 && (ioapic_read(0x10 + 44) & 0x4000) == 0);
    ioapic_entry(22, 0x10000);
}

/* QEMU's I/O APIC has nothing at input 0. */
static void extint(void)
{
    uint32_t before = read32(APIC_LINT0);

    if (on_qemu())
        return;
    write32(APIC_LINT0, 0x10700);
    ioapic_entry(0, 0x700);
    outb(0x21, 0xFB);
    outb(0xA1, 0xFE);
    outb(0x2008, 1);
    settle();
    check("unlike QEMU: ioapic: the 8259 reaches the processor through input 0",
          taken[EXTINT] == 1);
    outb(0x21, 0xFF);
    outb(0xA1, 0xFF);
    outb(0x2008, 0);
    ioapic_entry(0, 0x10000);
    write32(APIC_LINT0, before);
}

void the_ioapic(void)
{
    expect_apic(EDGE, NULL);
    expect_apic(LEVEL, drop_9);
    expect_apic(TIMER, NULL);
    check("ioapic: 24 entries", (ioapic_read(1) >> 16 & 0xFF) == 23);
    edges();
    levels();
    directed_eoi();
    twice();
    ioapic_entry(2, TIMER);
    rate(1200);
    check("ioapic: the timer is at input 2", comes(TIMER, 3));
    ioapic_entry(2, 0x10000);
    no_rate();
    pin();
    extint();
}

/* --- through the IOMMU --- */

static void gcmd(unsigned bit)
{
    write32(IOMMU + REG_GCMD, (read32(IOMMU + REG_GSTS) & GSTS_LEVELS) | 1u << bit);
    for (unsigned i = 0; i < 1000 && (read32(IOMMU + REG_GSTS) >> bit & 1) == 0; i++)
        continue;
}

static bool edge_remapped(void)
{
    uint64_t before = taken[REMAP];

    outb(LINES + 10, 1);
    settle();
    outb(LINES + 10, 0);
    return taken[REMAP] == before + 1;
}

/* Entry 7 of the table is vector REMAP for the I/O APIC's source-id as the firmware has it, entry 8
 * for another's. */
void the_remapped_ioapic(void)
{
    uint64_t *table = page_alloc();
    uint16_t source = acpi_ioapic_source();
    uint32_t off;

    if (read32(IOMMU) != 0x10 || (read64(IOMMU + REG_ECAP) & 0xA) != 0xA)
        return;
    expect_apic(REMAP, NULL);
    table[14] = table[16] = 1 | (uint64_t)REMAP << 16;
    table[15] = source | UINT64_C(1) << 18;
    table[17] = (source ^ 8u) | UINT64_C(1) << 18;
    write64(IOMMU + REG_IRTA, (uint64_t)table | 7);
    gcmd(GCMD_SIRTP);
    gcmd(GCMD_IRE);
    ioapic_entry(10, (uint64_t)(7 << 1 | 1) << 48 | REMAP);
    check("ioapic: remapped, its entry of the table has the vector", edge_remapped());
    if (!on_qemu()) { /* which takes no source-id from its I/O APIC */
        ioapic_entry(10, (uint64_t)(8 << 1 | 1) << 48 | REMAP);
        check("unlike QEMU: ioapic: an entry of another source blocks", !edge_remapped());
    }
    ioapic_entry(10, 0x10000);
    off = read32(IOMMU + REG_GSTS) & GSTS_LEVELS & ~(1u << GCMD_IRE);
    write32(IOMMU + REG_GCMD, off);
}
