// SPDX-License-Identifier: Apache-2.0
// What a block device is backed by; whoever owns the machine provides it.
#ifndef RW_DISK_H
#define RW_DISK_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_SECTOR 512u

struct disk {
    void *ctx;
    uint64_t sectors;
    bool read_only; /* write is not called */
    /* One sector below `sectors`; false: it failed. */
    bool (*read)(void *ctx, uint64_t sector, uint8_t data[DISK_SECTOR]);
    bool (*write)(void *ctx, uint64_t sector, const uint8_t data[DISK_SECTOR]);
    bool (*flush)(void *ctx);
};

#endif
