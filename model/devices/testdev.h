// SPDX-License-Identifier: Apache-2.0
// What QEMU's pc-testdev gives bare-metal test programs beside the interrupt lines (pc_lines.h):
// registers that keep what they are given, and a window of memory that a device answers.
//   ports 0xE0 to 0xE3  32 bits, read and written by 1, 2 or 4 bytes
//   ports 0xE4 to 0xE7  "forget this page": nothing here keeps one; reads all ones
//   0xFF000000          64 KiB, bytes as they were written, 1, 2, 4 or 8 of them; 0 at reset
// An access that runs over the end of its registers reads all ones and writes nothing.
#ifndef RW_TESTDEV_H
#define RW_TESTDEV_H

#include "devices/device.h"

#define TESTDEV_PORT         0xE0
#define TESTDEV_PORTS        4
#define TESTDEV_FORGET_PORT  0xE4
#define TESTDEV_FORGET_PORTS 4
#define TESTDEV_BASE         UINT64_C(0xFF000000)
#define TESTDEV_BYTES        0x10000

struct testdev {
    uint8_t latch[TESTDEV_PORTS];
    uint8_t window[TESTDEV_BYTES];
};

void testdev_init(struct testdev *t);

/* self is the struct testdev. */
extern const struct device_ops testdev_latch_ops, testdev_forget_ops, testdev_window_ops;

#endif
