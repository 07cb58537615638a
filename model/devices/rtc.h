// SPDX-License-Identifier: Apache-2.0
// Real-time clock and CMOS RAM at ports 0x70 and 0x71: MC146818A data sheet.
//   0x70 W index (bits 6:0; bit 7, the PC's NMI mask, is ignored), reads all ones   0x71 RW data
//   0x00 0x02 0x04 seconds minutes hours, 0x01 0x03 0x05 their alarms (C0 to FF: any)
//   0x06 day of the week, 1 Sunday   0x07 0x08 0x09 day, month, year   0x32 century
//   0x0A bit 7 UIP (RO), 6:4 divider (010 runs; 110, 111 hold it in reset), 3:0 rate
//   0x0B SET PIE AIE UIE SQWE DM(1 binary) 24/12(1 24) DSE (kept, without effect)
//   0x0C IRQF PF AF UF, RO, cleared by the read; the flags rise whether or not they are enabled
//   0x0D bit 7 VRT, RO   the rest is RAM
//   memory size as a PC's BIOS leaves it, in Kbytes: 0x15 base; 0x17 and 0x30 above 1 MByte, at
//   most 65535; 0x34 above 16 MByte in 64 Kbytes
// Power-on: 2024-01-01 00:00:00, Monday; A 0x26, B 0x02, BCD. A reset of the machine leaves time
// and RAM, clears PIE AIE UIE SQWE and register C. Only bytes are accessed; others read all ones.
// The clock's 32768 Hz are derived from the machine's cycles (clock.h). UIP is 1 for the last 8
// ticks (244 us) before the registers change; the change itself takes no time.
#ifndef RW_RTC_H
#define RW_RTC_H

#include "devices/device.h"

#define RTC_PORT 0x70u
#define RTC_IRQ  8u

#define RTC_SHUTDOWN_CODE 0x0Fu /* of CMOS RAM: what firmware is to do after a reset */

struct rtc {
    const struct device_host *host;
    uint64_t now;         /* ticks */
    uint64_t update;      /* tick of the next second */
    uint64_t divider;     /* tick at which the divider was let go */
    uint64_t periodic;    /* tick of the next PF */
    uint64_t cycle_start; /* ticks before cycle 0: what passed before the last reset */
    uint8_t index;
    uint8_t cmos[128];
};

void rtc_init(struct rtc *r, const struct device_host *host, uint64_t memory_bytes);
/* The machine was reset; its cycles begin again at 0. */
void rtc_reset(struct rtc *r);
extern const struct device_ops rtc_ops; /* 2 bytes */

#endif
