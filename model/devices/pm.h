// SPDX-License-Identifier: Apache-2.0
// ACPI fixed hardware at ports 0x600-0x60F: ACPI Specification 6.4 "ACPI Hardware Specification",
// "Fixed Hardware Registers".
//   0x600 PM1_STS  bit 0 TMR, 5 GBL, 8 PWRBTN, 10 RTC, 15 WAK; cleared by writing 1
//   0x602 PM1_EN   bit 0 TMR, 5 GBL, 8 PWRBTN, 10 RTC
//   0x604 PM1_CNT  bit 0 SCI_EN, RO 1 (no SMI_CMD); 1 BM_RLD; 2 GBL_RLS, reads 0; 12:10 SLP_TYP;
//                  13 SLP_EN, reads 0: a write of 1 with SLP_TYP 0 (\_S5) ends the run, status 0;
//                  another SLP_TYP does nothing
//   0x608 PM_TMR   24 bits at 3.579545 MHz from cycle 0, RO; TMR_STS rises whenever bit 23 changes
//   the rest reads 0. Reset: all 0 but SCI_EN.
// Any access inside the block: each byte by itself, the timer read once. GBL, RTC and WAK never
// rise by themselves. The SCI, IRQ 9, is high while a bit is set in both STS and EN. The power
// button is pressed once, at a given cycle.
#ifndef RW_PM_H
#define RW_PM_H

#include "devices/device.h"

#define PM_PORT  0x600u
#define PM_BYTES 16u
#define PM_IRQ   9u

struct pm {
    const struct device_host *host;
    uint64_t ticks; /* of the timer, by now */
    uint64_t press; /* cycle of the power button; DEVICE_NEVER: it is past, or there is none */
    uint16_t status, enable, control;
};

/* power_button_at: a cycle; 0: never. */
void pm_init(struct pm *p, const struct device_host *host, uint64_t power_button_at);
extern const struct device_ops pm_ops;

#endif
