// SPDX-License-Identifier: Apache-2.0
// What the parts of the program share: where the devices are, what has interrupted.
#ifndef PLATFORM_H
#define PLATFORM_H

#include "../lib/rt.h"
#include "../lib/vtd_regs.h"

#define LAPIC     UINT64_C(0xFEE00000)
#define IOAPIC    UINT64_C(0xFEC00000)
#define EDU_BAR   UINT64_C(0xC0000000)
#define EDU_DEVFN 0x10
#define LINES     0x2000 /* a byte a line of the interrupt controllers */

#define APIC_VERSION  (LAPIC + 0x030)
#define APIC_TPR      (LAPIC + 0x080)
#define APIC_PPR      (LAPIC + 0x0A0)
#define APIC_EOI      (LAPIC + 0x0B0)
#define APIC_LDR      (LAPIC + 0x0D0)
#define APIC_DFR      (LAPIC + 0x0E0)
#define APIC_SVR      (LAPIC + 0x0F0)
#define APIC_ISR      (LAPIC + 0x100)
#define APIC_TMR      (LAPIC + 0x180)
#define APIC_IRR      (LAPIC + 0x200)
#define APIC_ESR      (LAPIC + 0x280)
#define APIC_ICR      (LAPIC + 0x300)
#define APIC_ICR_HIGH (LAPIC + 0x310)
#define APIC_TIMER    (LAPIC + 0x320)
#define APIC_LINT0    (LAPIC + 0x350)
#define APIC_ERROR    (LAPIC + 0x370)
#define APIC_INITIAL  (LAPIC + 0x380)
#define APIC_CURRENT  (LAPIC + 0x390)
#define APIC_DIVIDE   (LAPIC + 0x3E0)

extern unsigned failures;
extern volatile uint64_t taken[256]; /* interrupts, by vector */
extern volatile uint8_t order[16];   /* the vectors of the first ones since begin_order */
extern volatile unsigned ordered;

void check(const char *what, bool ok);
/* Vectors from `first` on are counted; before the EOI `h` runs, if there is one. */
typedef void device_handler(void);
void expect_apic(unsigned vector, device_handler *h);
void expect_pic(unsigned vector, bool slave, device_handler *h);
/* Interrupts are let in until so many have come on this vector, or for long enough that they would
 * have. */
bool comes(unsigned vector, uint64_t times);
/* By its IOMMU, which has no protected regions. */
bool on_qemu(void);
/* Long enough for a message under way. */
void settle(void);
bool in_vectors(uint64_t reg, unsigned vector); /* ISR, TMR, IRR */

void ioapic_write(unsigned index, uint32_t v);
uint32_t ioapic_read(unsigned index);
void ioapic_entry(unsigned input, uint64_t entry);
void rate(unsigned count); /* counter 0 of the timer in mode 2 */
void no_rate(void);

void the_8259(void);
void the_bare_8259(void); /* at the end: the local APIC is as after a reset behind it */
void the_timer(void);
void the_apic(void);
void the_ioapic(void);
void the_remapped_ioapic(void);
void the_uart(void);
void the_test_device(void);

#endif
