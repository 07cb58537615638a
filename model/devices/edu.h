// SPDX-License-Identifier: Apache-2.0
// Teaching DMA device, PCI 1234:11E8, BAR0 1 MiB. Registers (4-byte accesses below 0x80, 4 or 8
// from there; others read all ones):
//   0x00 RO 0x010000ED   0x04 RW liveness: reads the complement   0x08 RW factorial (mod 2^32)
//   0x20 RW status: bit 0 computing (always 0 here), bit 7 interrupt when the factorial is done
//   0x24 RO interrupt status   0x60 WO raise: ORs   0x64 WO acknowledge: clears
//   0x80 RW DMA source   0x88 RW destination   0x90 RW count in bytes
//   0x98 RW command: bit 0 go (reads 1 while busy), bit 1 device to memory, bit 2 interrupt 0x100
//   0x40000 the 4 KiB buffer, as a DMA address only
// A transfer is cut into requests of at most 16 bytes in one aligned 16-byte block, one
// outstanding; the first blocked one ends it. A range outside the buffer moves nothing.
// The interrupt is an MSI when that is enabled, otherwise pin A, which stays up until 0x24 reads 0.
#ifndef RW_EDU_H
#define RW_EDU_H

#include "devices/device.h"
#include "devices/pci.h"

#define EDU_SID         0x0010 /* 00:02.0 */
#define EDU_BUFFER_BASE 0x40000u
#define EDU_BUFFER_SIZE 4096u

struct edu {
    const struct device_host *host;
    struct pci_function pci;
    uint32_t liveness, factorial, status, irq_status;
    uint64_t dma_src, dma_dst, dma_count, dma_cmd;
    uint64_t at, left; /* progress: byte offset from src/dst, bytes still to move */
    uint8_t tag;
    uint8_t buffer[EDU_BUFFER_SIZE];
};

void edu_init(struct edu *e, const struct device_host *host);
extern const struct device_ops edu_ops; /* BAR0 */

#endif
