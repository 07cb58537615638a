// SPDX-License-Identifier: Apache-2.0
// Moves bytes between a device's buffer and the segments of a descriptor chain: requests of at most
// 16 bytes in one aligned 16-byte block, several outstanding. The first that is blocked ends it.
#ifndef RW_VIRTIO_DMA_H
#define RW_VIRTIO_DMA_H

#include "devices/pci.h"

#define VIRTIO_DMA_OUTSTANDING 4

struct virtio_segment {
    uint64_t addr;
    uint32_t bytes;
};

struct virtio_dma {
    const struct device_host *host;
    const struct pci_function *function; /* nothing moves unless it is bus master */
    uint16_t sid;
    bool write, failed;
    uint8_t *buffer;
    const struct virtio_segment *segment; /* of the next request */
    uint32_t in_segment;                  /* bytes of it that were asked for */
    uint32_t bytes, issued;
    unsigned outstanding;
    unsigned stale; /* requests of a transfer that was given up: answers to ignore */
    struct {
        uint32_t at;
        uint8_t bytes;
        bool busy;
    } piece[VIRTIO_DMA_OUTSTANDING]; /* by tag */
};

/* `bytes` bytes from `skip` on in the segments, which hold as many; write: to memory. */
void virtio_dma_begin(struct virtio_dma *d, const struct virtio_segment *segments, uint64_t skip,
                      void *buffer, uint32_t bytes, bool write);
void virtio_dma_done(struct virtio_dma *d, const struct device_dma_done *done);
bool virtio_dma_over(const struct virtio_dma *d);
void virtio_dma_give_up(struct virtio_dma *d);

#endif
