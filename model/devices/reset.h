// SPDX-License-Identifier: Apache-2.0
// The ports by which software resets a PC: 0x64 of the keyboard controller, 0x92 and 0xCF9 of the
// chipset (Intel ICH9 data sheet, "PORT92" and "RST_CNT"). Bytes only; others read all ones.
//   0x64 R status 0x1C: command last, not locked, self-test passed, both buffers empty
//        W F0 to FF: pulses the output lines whose bits are 0; bit 0 is the reset line; other
//          commands are dropped (there is no keyboard)
//   0x92 RW bit 1 A20, kept and without effect (A20 is always on); bit 0: 0 to 1 resets
//   0xCF9 RW bit 1 SYS_RST, 3 FULL_RST, kept; bit 2 RST_CPU reads 0, a write of 1 resets
// Reset values: 0x92 2, 0xCF9 0.
#ifndef RW_RESET_H
#define RW_RESET_H

#include "devices/device.h"

#define RESET_PORT_KEYBOARD 0x64u
#define RESET_PORT_92       0x92u
#define RESET_PORT_CF9      0xCF9u

struct reset_ports {
    const struct device_host *host;
    uint8_t port92, control;
};

void reset_ports_init(struct reset_ports *r, const struct device_host *host);
extern const struct device_ops reset_keyboard_ops, reset_port92_ops, reset_cf9_ops;

#endif
