// SPDX-License-Identifier: Apache-2.0
// Transfers in pieces; see the header. Answers come in the order of the requests.
#include "devices/virtio_dma.h"

#include <string.h>

#define BLOCK 16u

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static unsigned free_tag(const struct virtio_dma *d)
{
    unsigned tag = 0;

    while (d->piece[tag].busy)
        tag++;
    return tag;
}

static void issue(struct virtio_dma *d)
{
    unsigned tag = free_tag(d);
    uint64_t addr = d->segment->addr + d->in_segment;
    uint32_t left = least(d->segment->bytes - d->in_segment, d->bytes - d->issued);
    struct device_dma req = {.addr = addr,
                             .sid = d->sid,
                             .len = (uint8_t)least(left, BLOCK - (uint32_t)(addr % BLOCK)),
                             .tag = (uint8_t)tag,
                             .write = d->write};

    if (d->write)
        memcpy(req.data, d->buffer + d->issued, req.len);
    d->piece[tag].at = d->issued;
    d->piece[tag].bytes = req.len;
    d->piece[tag].busy = true;
    d->outstanding++;
    d->issued += req.len;
    d->in_segment += req.len;
    if (d->in_segment == d->segment->bytes) {
        d->segment++;
        d->in_segment = 0;
    }
    d->host->dma(d->host->ctx, &req);
}

static void pump(struct virtio_dma *d)
{
    if (!pci_master_enabled(d->function))
        d->failed = true;
    while (!d->failed && d->issued < d->bytes && d->outstanding + d->stale < VIRTIO_DMA_OUTSTANDING)
        issue(d);
}

void virtio_dma_begin(struct virtio_dma *d, const struct virtio_segment *segments, uint64_t skip,
                      void *buffer, uint32_t bytes, bool write)
{
    d->buffer = buffer;
    d->bytes = bytes;
    d->write = write;
    d->failed = false;
    d->issued = 0;
    while (skip >= segments->bytes)
        skip -= (segments++)->bytes;
    d->segment = segments;
    d->in_segment = (uint32_t)skip;
    pump(d);
}

void virtio_dma_done(struct virtio_dma *d, const struct device_dma_done *done)
{
    uint32_t at;
    uint8_t bytes;

    if (done->tag >= VIRTIO_DMA_OUTSTANDING || !d->piece[done->tag].busy)
        return;
    d->piece[done->tag].busy = false;
    if (d->stale != 0) {
        d->stale--;
        pump(d);
        return;
    }
    at = d->piece[done->tag].at;
    bytes = d->piece[done->tag].bytes;
    d->outstanding--;
    if (!done->ok)
        d->failed = true;
    else if (!d->write)
        memcpy(d->buffer + at, done->data, bytes);
    pump(d);
}

bool virtio_dma_over(const struct virtio_dma *d)
{
    return d->outstanding == 0 && (d->failed || d->issued == d->bytes);
}

void virtio_dma_give_up(struct virtio_dma *d)
{
    d->stale += d->outstanding;
    d->outstanding = 0;
    d->bytes = d->issued = 0;
}
