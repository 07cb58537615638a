// SPDX-License-Identifier: Apache-2.0
// A virtio block device with a driver's rings in a little memory behind it, and a disk of 8 sectors
// whose byte n is n / 512 + n.
#ifndef VIRTIO_BENCH_H
#define VIRTIO_BENCH_H

#include "devices/virtio_blk.h"
#include "host_bench.h"

#define COMMON       0x0000u
#define NOTIFY       0x3000u
#define MEMORY       0x10000u
#define DESCRIPTORS  0x1000u
#define AVAILABLE    0x2000u
#define USED         0x3000u
#define HEADER       0x4000u
#define STATUS_BYTE  0x4100u
#define DATA         0x5000u
#define TABLE        0x6000u
#define QUEUE_SIZE   8u
#define DISK_SECTORS 8u

struct virtio_bench {
    struct host_bench b;
    struct virtio_blk v;
    struct disk disk;
    uint8_t sectors[DISK_SECTORS * DISK_SECTOR];
    bool disk_fails;
    uint8_t memory[MEMORY];
    uint64_t blocked; /* a page that the IOMMU blocks; 0: none */
    unsigned messages, requests;
    uint64_t message_addr;
    uint32_t message_data;
};

void virtio_bench_init(struct virtio_bench *t, bool read_only);
uint64_t virtio_get(struct virtio_bench *t, uint64_t offset, unsigned bytes);
void virtio_put(struct virtio_bench *t, uint64_t offset, unsigned bytes, uint64_t value);
/* As a driver does it: features, the queue of 8, MSI-X, DRIVER_OK. */
void virtio_start(struct virtio_bench *t);
void virtio_descriptor(struct virtio_bench *t, uint64_t table, unsigned i, uint64_t addr,
                       uint32_t bytes, unsigned flags, unsigned next);
void virtio_header(struct virtio_bench *t, uint32_t type, uint64_t sector);
/* Offers the chain that begins at head, notifies, and answers all requests. */
void virtio_offer(struct virtio_bench *t, unsigned head);
void virtio_answer(struct virtio_bench *t);
/* Header, one buffer at DATA, status. */
void virtio_request(struct virtio_bench *t, uint32_t type, uint64_t sector, uint32_t bytes);
uint16_t virtio_used_index(const struct virtio_bench *t);
uint32_t virtio_used_bytes(const struct virtio_bench *t, unsigned i);
bool virtio_needs_reset(struct virtio_bench *t);

#endif
