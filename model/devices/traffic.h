// SPDX-License-Identifier: Apache-2.0
// DMA traffic generator for tests, PCI 1234:11E9 at 04.0: seeded requests of every kind, many at a
// time, in the name of several functions. BAR0, memory, 4 KiB; BAR1, I/O, 64 bytes: the first 64 of
// them. Dwords and aligned qwords; others read all ones and do nothing. Reset: all 0.
//   0x00 RO 0x54524146      0x04 RW command: bit 0 go (reads 1 while busy), bit 1 stop: no more
//        requests, bit 2 interrupt when done
//   0x08 RW seed            0x10 RW address   0x18 RW window in bytes: a power of two, at most 2^31
//   0x1C RW requests to make
//   0x20 RW most of them outstanding, 1 to 16 (0: 1)
//   0x24 RW kinds: bit 0 reads, 1 writes, 2 reads of no bytes, 3 translation requests, 4 translated
//        requests, 5 interrupt requests (a dword to 0xFEE00000 plus bits 19:2 of the seeded number,
//        whose delivery mode is never INIT: that would reset the machine), 6 reads and writes with
//        the address type that PCI Express reserves, 3
//   0x28 RW names, bit n: the source-id 00:04.n, n 0 to 7; bit 8: 01:00.0; bit 9: 01:1F.7
//   0x30 RO done            0x34 RO of those, blocked
//   0x38 RO sum of what reads that were not blocked gave: each byte times (its place in the request
//        + 1), modulo 2^32
//   0x3C RW1C interrupt status, bit 0 done; the pin, INTA, and MSI follow it
// A request has a seeded kind, name, address in the window, and 1 to 16 bytes inside one aligned
// 16-byte block, which are, of a write, those of the seeded number. Without kinds or names, without
// bus mastering, or with a window that cannot be, go makes none and is done at once. While it is
// busy only stop is taken.
#ifndef RW_TRAFFIC_H
#define RW_TRAFFIC_H

#include "devices/pci.h"

#define TRAFFIC_SID         0x0020 /* 00:04.0 */
#define TRAFFIC_OUTSTANDING 16
#define TRAFFIC_IO_BYTES    64u

struct traffic {
    const struct device_host *host;
    struct pci_function pci;
    uint32_t command, window, requests, most, kinds, names, done, blocked, sum, irq_status;
    uint64_t seed, address;
    uint64_t random;
    uint32_t issued;
    unsigned outstanding;
    struct {
        bool busy, read;
        uint8_t len;
    } piece[TRAFFIC_OUTSTANDING]; /* by tag */
};

void traffic_init(struct traffic *t, const struct device_host *host);
extern const struct device_ops traffic_ops; /* BAR0 and BAR1 */

#endif
