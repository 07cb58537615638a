// SPDX-License-Identifier: Apache-2.0
// virtio block device, PCI 1AF4:1042 revision 1 at 03.0: Virtual I/O Device (VIRTIO) Version 1.2,
// "Virtio Over PCI Bus", "Split Virtqueues", "Block Device". Modern only, one queue of at most 64.
//   BAR1, 4 KiB: MSI-X table of 2 vectors at 0, pending bits at 0x800
//   BAR4, 64-bit, 16 KiB: common configuration 0x0000, ISR 0x1000, device configuration 0x2000,
//         notification 0x3000 (multiplier 4); found by the vendor capabilities
//   VIRTIO_PCI_CAP_PCI_CFG: bar, offset, length of the capability are the driver's; a configuration
//         access to its data, pci_cfg_data, is one of so many bytes there. Length not 1, 2 or 4,
//         not aligned, or beyond the BAR: all ones, nothing
//   common configuration: fields in accesses of their own width (64-bit ones also in two dwords);
//         others read all ones and do nothing. ISR: byte, cleared by the read.
//   features: SEG_MAX, BLK_SIZE, FLUSH, RO (of a read-only disk), INDIRECT_DESC, VERSION_1,
//         ACCESS_PLATFORM; FEATURES_OK stays 0 without the last two or with one not offered
//   device configuration, RO: 0 capacity in sectors, 12 seg_max 62, 20 blk_size 512, the rest 0
//   requests: IN, OUT, FLUSH, GET_ID ("ringwalk"); others end with UNSUPP
// IOERR: beyond the capacity, no whole sectors, the disk is read-only or fails, a data access that
// the IOMMU blocks. DEVICE_NEEDS_RESET, with a configuration interrupt, after which nothing is done
// until the reset: an access to the rings, the descriptors, the header or the status that is
// blocked; an index or a chain that cannot be (more entries than the queue, a loop, a descriptor
// outside its table, of no bytes, readable behind writable; INDIRECT with NEXT, in an indirect
// table, or not negotiated; no room for header or status). Its DMA has the source-id 00:03.0; up to
// 4 requests of 16 bytes are outstanding. The interrupt pin is high while the ISR is not 0.
#ifndef RW_VIRTIO_BLK_H
#define RW_VIRTIO_BLK_H

#include "devices/disk.h"
#include "devices/pci_msix.h"
#include "devices/virtio_dma.h"

#define VIRTIO_BLK_SID      0x0018 /* 00:03.0 */
#define VIRTIO_QUEUE_MAX    64u
#define VIRTIO_MSIX_VECTORS 2u
#define VIRTIO_NO_VECTOR    0xFFFFu

#define VIRTIO_STATUS_DRIVER_OK   0x04u
#define VIRTIO_STATUS_FEATURES_OK 0x08u
#define VIRTIO_STATUS_NEEDS_RESET 0x40u
#define VIRTIO_F_INDIRECT         (UINT64_C(1) << 28)

/* The queue as the driver set it up. */
struct virtio_queue {
    uint16_t size, vector;
    bool enabled;
    uint64_t descriptors, available, used;
    uint16_t available_index, used_index; /* next to take, next to give back */
};

/* A chain: what the device reads, then what it writes. */
struct virtio_chain {
    struct virtio_segment segment[2 * VIRTIO_QUEUE_MAX];
    unsigned readable, count; /* segments */
    uint64_t read_bytes, write_bytes;
    uint16_t head;
    uint64_t table; /* the table being followed: the queue's or an indirect one */
    uint32_t table_size, steps;
    bool indirect;
};

enum virtio_step {
    VIRTIO_IDLE,
    VIRTIO_AVAILABLE_INDEX,
    VIRTIO_AVAILABLE_RING,
    VIRTIO_DESCRIPTOR,
    VIRTIO_HEADER,
    VIRTIO_SECTOR_IN,
    VIRTIO_SECTOR_OUT,
    VIRTIO_ID,
    VIRTIO_STATUS,
    VIRTIO_USED_ELEMENT,
    VIRTIO_USED_INDEX,
    VIRTIO_AVAILABLE_FLAGS
};

struct virtio_blk {
    const struct device_host *host;
    const struct disk *disk;
    struct pci_function pci;
    struct pci_msix msix;
    uint8_t window; /* where the capability VIRTIO_PCI_CAP_PCI_CFG lies */
    struct virtio_dma dma;
    struct virtio_queue queue;
    struct virtio_chain chain;
    uint64_t driver_features;
    uint32_t device_select, driver_select;
    uint16_t config_vector, queue_select;
    uint8_t status, isr;
    enum virtio_step step; /* whose transfer is under way */
    bool notified;
    struct virtio_segment ring; /* of an access to the rings or descriptors */
    uint64_t sector, sectors_left, moved;
    uint8_t result; /* the request's status byte */
    uint32_t written;
    uint8_t buffer[DISK_SECTOR];
};

void virtio_blk_init(struct virtio_blk *v, const struct device_host *host, const struct disk *disk);
/* virtio_request.c: the queue was notified; a transfer moved on; everything is forgotten. */
void virtio_request_notify(struct virtio_blk *v);
void virtio_request_go_on(struct virtio_blk *v);
void virtio_request_reset(struct virtio_blk *v);
/* virtio_blk.c: interrupts. */
void virtio_blk_used(struct virtio_blk *v);
void virtio_blk_broken(struct virtio_blk *v);

extern const struct device_ops virtio_blk_ops;      /* BAR4 */
extern const struct device_ops virtio_blk_msix_ops; /* BAR1 */

#endif
