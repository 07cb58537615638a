// SPDX-License-Identifier: Apache-2.0
// The local APIC: priorities, destinations, its timer, its errors.
#include "platform.h"

#define LOW  0x61
#define HIGH 0x91

#define TSC          0x10
#define TSC_DEADLINE 0x6E0

static volatile uint64_t nmis;

static void on_nmi(struct frame *f)
{
    (void)f;
    nmis++;
}

static void self(unsigned vector)
{
    write32(APIC_ICR, 0x44000 | vector);
}

static void priorities(void)
{
    self(LOW);
    self(HIGH);
    check("apic: both are requested", in_vectors(APIC_IRR, LOW) && in_vectors(APIC_IRR, HIGH));
    ordered = 0;
    check("apic: the higher goes first",
          comes(LOW, 1) && ordered == 2 && order[0] == HIGH && order[1] == LOW);
    write32(APIC_TPR, 0x70);
    self(LOW);
    settle();
    check("apic: TPR holds a class back", taken[LOW] == 1 && read32(APIC_PPR) == 0x70);
    write32(APIC_TPR, 0);
    check("apic: and lets it go", comes(LOW, 1));
}

static bool reaches(uint32_t destination, uint32_t command)
{
    uint64_t before = taken[LOW];

    write32(APIC_ICR_HIGH, destination << 24);
    write32(APIC_ICR, 0x4000 | command | LOW);
    settle();
    return taken[LOW] == before + 1;
}

static void destinations(void)
{
    uint32_t id = read32(LAPIC + 0x20) >> 24;

    check("apic: a physical destination", reaches(id, 0) && !reaches(id + 1, 0));
    check("apic: everybody", reaches(0xFF, 0) && reaches(0, 0x80000));
    check("apic: everybody else is nobody", !reaches(id, 0xC0000));
    write32(APIC_DFR, 0xFFFFFFFF);
    write32(APIC_LDR, 0x04000000);
    check("apic: flat logical destinations",
          reaches(0x04, 0x800) && reaches(0x0C, 0x800) && !reaches(0x03, 0x800));
    write32(APIC_DFR, 0x0FFFFFFF);
    write32(APIC_LDR, 0x24000000);
    check("apic: clusters", reaches(0x2C, 0x800) && !reaches(0x3C, 0x800) && !reaches(0x23, 0x800));
    write32(APIC_DFR, 0xFFFFFFFF);
    write32(APIC_LDR, 0);
    check("apic: lowest priority", reaches(id, 0x100));
}

static void timer(void)
{
    write32(APIC_DIVIDE, 0xB);
    write32(APIC_TIMER, HIGH);
    write32(APIC_INITIAL, 3000);
    check("apic: one shot", comes(HIGH, 1));
    settle();
    check("apic: and no more", read32(APIC_CURRENT) == 0);
    write32(APIC_TIMER, 0x20000 | HIGH);
    write32(APIC_INITIAL, 20000);
    check("apic: periodic", comes(HIGH, 3));
    write32(APIC_INITIAL, 0);
    write32(APIC_TIMER, 0x10000);
    check("apic: stopped", read32(APIC_CURRENT) == 0);
}

/* The timer of QEMU's own processor knows no deadline. */
static void deadline(void)
{
    uint64_t before = taken[HIGH], far;

    if (on_qemu())
        return;
    write32(APIC_TIMER, 0x40000 | HIGH);
    far = rdmsr(TSC) + 20000;
    wrmsr(TSC_DEADLINE, far);
    check("unlike QEMU: apic: a deadline is read as written", rdmsr(TSC_DEADLINE) == far);
    check("unlike QEMU: apic: it comes", comes(HIGH, 1) && rdmsr(TSC) >= far);
    settle();
    check("unlike QEMU: apic: once, and is 0 then",
          taken[HIGH] == before + 1 && rdmsr(TSC_DEADLINE) == 0);
    wrmsr(TSC_DEADLINE, 1);
    check("unlike QEMU: apic: one in the past comes at once", comes(HIGH, 1));
    wrmsr(TSC_DEADLINE, rdmsr(TSC) + 2000);
    write32(APIC_TIMER, HIGH);
    write32(APIC_TIMER, 0x40000 | HIGH);
    before = taken[HIGH];
    far = rdmsr(TSC_DEADLINE);
    for (unsigned i = 0; i < 10; i++)
        settle();
    check("unlike QEMU: apic: another mode of the timer disarms it",
          far == 0 && taken[HIGH] == before);
    write32(APIC_TIMER, 0x10000);
}

/* QEMU takes vectors below 16 and has no error interrupt. */
static void errors(void)
{
    uint64_t before = taken[HIGH];

    if (on_qemu())
        return;
    write32(APIC_ERROR, HIGH);
    self(7);
    settle();
    write32(APIC_ESR, 0);
    check("unlike QEMU: apic: an illegal vector is an error, and interrupts",
          read32(APIC_ESR) == 0x60 && taken[HIGH] == before + 1);
    write32(APIC_ESR, 0);
    check("unlike QEMU: apic: once read it is gone", read32(APIC_ESR) == 0);
}

void the_apic(void)
{
    expect_apic(LOW, NULL);
    expect_apic(HIGH, NULL);
    on_trap(2, on_nmi);
    write32(APIC_SVR, 0x1FF);
    check("apic: at least six LVT entries", (read32(LAPIC + 0x30) >> 16 & 0xFF) >= 5);
    priorities();
    destinations();
    write32(APIC_ICR_HIGH, 0);
    write32(APIC_ICR, 0x4400);
    settle();
    check("apic: an NMI to itself", nmis == 1);
    timer();
    deadline();
    errors();
}
