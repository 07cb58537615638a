// SPDX-License-Identifier: Apache-2.0
// Local APIC of the one processor (SDM Vol. 3A "Advanced Programmable Interrupt Controller
// (APIC)"): xAPIC registers at 0xFEE00000 and the device's side of the x2APIC and timer MSRs.
// xAPIC: 4 bytes at multiples of 16; other accesses read 0 and write nothing.
//   020 ID (31:24, RW)  030 version 01060014: 7 LVT entries, SVR bit 12  080 TPR  090 APR (0)  0A0
//   PPR 0B0 EOI  0C0 remote read (0)  0D0 LDR  0E0 DFR  0F0 SVR  100 ISR  180 TMR  200 IRR  280 ESR
//   2F0 LVT CMCI  300, 310 ICR  320 LVT timer  330 thermal  340 performance  350 LINT0  360 LINT1
//   370 error  380 initial count  390 current count  3E0 divide
//   any other multiple of 16: reads 0, ESR bit 7
// MSRs, 8 bytes at 1000 + n * 16, what the processor has already found permitted: n as in 800h + n;
// F0 IA32_TSC_DEADLINE, F1 (W) IA32_TSC_ADJUST, F2 (W) IA32_APIC_BASE.
// The timer counts machine cycles through the divider; a deadline is compared with cycle + adjust.
// INIT, SMI and start-up messages are handed to the board (pc.h says what comes of them).
#ifndef RW_LAPIC_H
#define RW_LAPIC_H

#include "devices/device.h"

#define LAPIC_BASE     UINT64_C(0xFEE00000)
#define LAPIC_MSRS     UINT64_C(0x1000) /* offset of the MSRs */
#define LAPIC_OFFSETS  UINT64_C(0x1FFF) /* of both */
#define LAPIC_ADJUST   UINT64_C(0x1F10) /* IA32_TSC_ADJUST */
#define LAPIC_VERSION  0x01060014u
#define LAPIC_BASE_X2  UINT64_C(0x400) /* of IA32_APIC_BASE */
#define LAPIC_BASE_ON  UINT64_C(0x800)
#define LAPIC_BASE_RST UINT64_C(0xFEE00900)

enum lapic_lvt {
    LVT_TIMER,
    LVT_THERMAL,
    LVT_PMC,
    LVT_LINT0,
    LVT_LINT1,
    LVT_ERROR,
    LVT_CMCI,
    LVT_ENTRIES
};

/* What reaches the processor but is no interrupt. */
enum lapic_signal { LAPIC_SMI, LAPIC_INIT, LAPIC_STARTUP };

struct lapic {
    void *board;                              /* what `eoi` is called with */
    void (*eoi)(void *board, uint8_t vector); /* the broadcast to the I/O APIC; may be NULL */
    void (*signal)(void *board, enum lapic_signal s); /* may be NULL */
    uint64_t base;                                    /* IA32_APIC_BASE */
    uint32_t id, tpr, ldr, dfr, svr;                  /* id: the number, ldr: as the mode has it */
    uint32_t esr, esr_pending;
    uint32_t icr_low, icr_high;
    uint32_t lvt[LVT_ENTRIES];
    uint32_t irr[8], isr[8], tmr[8];
    uint32_t timer_initial, timer_divide;
    uint64_t timer_deadline; /* the cycle; DEVICE_NEVER when stopped */
    uint64_t tsc_deadline, tsc_adjust;
    uint64_t now;
    bool lint[2]; /* levels of the pins */
    bool nmi_pending;
    bool extint_pending; /* by a message: until the 8259 is acknowledged */
};

void lapic_init(struct lapic *a);
/* An interrupt message as written to 0xFEExxxxx: address bits 19:12 and 63:40 destination, 3 RH, 2
 * DM; data 7:0 vector, 10:8 delivery mode, 14 level, 15 trigger mode. */
void lapic_message(struct lapic *a, uint64_t addr, uint32_t data);
void lapic_lint(struct lapic *a, unsigned pin, bool level);
/* IA32_APIC_BASE bit 11. */
bool lapic_is_enabled(const struct lapic *a);
/* The vector that the processor would be given now, or -1: above PPR. */
int lapic_pending(const struct lapic *a);
/* The 8259's INTR reaches the processor as ExtINT: by a message, or through LINT0; with the APIC
 * globally disabled LINT0 is the processor's INTR pin. */
bool lapic_extint(const struct lapic *a);
/* The processor takes the vector that it was offered: IRR to ISR. A newer one of higher priority
 * that arrived since stays pending. Returns the spurious vector when this one is not requested any
 * more. */
uint8_t lapic_acknowledge(struct lapic *a, uint8_t vector);
extern const struct device_ops lapic_ops;

#endif
