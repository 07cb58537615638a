// SPDX-License-Identifier: Apache-2.0
// The virtio block device at work: takes a chain from the available ring, follows its descriptors,
// does the request, gives it back. VIRTIO "Split Virtqueues", "Device Operation". One request at a
// time; each step begins a transfer and the next one goes on when it is over.
#include <string.h>

#include "devices/virtio_blk.h"

#define DESC_BYTES    16u
#define DESC_NEXT     1u
#define DESC_WRITE    2u
#define DESC_INDIRECT 4u
#define NO_INTERRUPT  1u
#define HEADER_BYTES  16u
#define ID_BYTES      20u

#define T_IN     0u
#define T_OUT    1u
#define T_FLUSH  4u
#define T_GET_ID 8u

#define S_OK     0u
#define S_IOERR  1u
#define S_UNSUPP 2u

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static enum virtio_step broken(struct virtio_blk *v)
{
    virtio_blk_broken(v);
    return VIRTIO_IDLE;
}

/* Moves a few bytes of the rings or of a table; `step` goes on with them in v->buffer. */
static enum virtio_step access_ring(struct virtio_blk *v, enum virtio_step step, uint64_t addr,
                                    uint32_t bytes, bool write)
{
    v->ring = (struct virtio_segment){addr, bytes};
    virtio_dma_begin(&v->dma, &v->ring, 0, v->buffer, bytes, write);
    return step;
}

static const struct virtio_segment *readable(const struct virtio_blk *v)
{
    return v->chain.segment;
}

static const struct virtio_segment *writable(const struct virtio_blk *v)
{
    return v->chain.segment + v->chain.readable;
}

/* --- taking a chain --- */

static enum virtio_step look_for_more(struct virtio_blk *v)
{
    v->notified = false;
    return access_ring(v, VIRTIO_AVAILABLE_INDEX, v->queue.available + 2, 2, false);
}

static enum virtio_step available_index(struct virtio_blk *v)
{
    struct virtio_queue *q = &v->queue;
    uint16_t waiting = (uint16_t)(get(v->buffer, 2) - q->available_index);

    if (waiting > q->size)
        return broken(v);
    if (waiting == 0)
        return v->notified ? look_for_more(v) : VIRTIO_IDLE;
    return access_ring(v, VIRTIO_AVAILABLE_RING,
                       q->available + 4 + 2 * (uint64_t)(q->available_index % q->size), 2, false);
}

static enum virtio_step read_descriptor(struct virtio_blk *v, uint32_t index)
{
    struct virtio_chain *c = &v->chain;

    if (index >= c->table_size || c->steps++ >= c->table_size)
        return broken(v); /* outside the table; a loop */
    return access_ring(v, VIRTIO_DESCRIPTOR, c->table + (uint64_t)DESC_BYTES * index, DESC_BYTES,
                       false);
}

static enum virtio_step available_ring(struct virtio_blk *v)
{
    v->chain = (struct virtio_chain){.head = (uint16_t)get(v->buffer, 2),
                                     .table = v->queue.descriptors,
                                     .table_size = v->queue.size};
    return read_descriptor(v, v->chain.head);
}

/* "Indirect Descriptors": a table of its own, the last of the chain. */
static enum virtio_step enter_table(struct virtio_blk *v, uint64_t addr, uint32_t bytes,
                                    unsigned flags)
{
    struct virtio_chain *c = &v->chain;

    if (!(v->driver_features & VIRTIO_F_INDIRECT) || c->indirect || (flags & DESC_NEXT) ||
        bytes == 0 || bytes % DESC_BYTES != 0 || bytes / DESC_BYTES > VIRTIO_QUEUE_MAX)
        return broken(v);
    c->indirect = true;
    c->table = addr;
    c->table_size = bytes / DESC_BYTES;
    c->steps = 0;
    return read_descriptor(v, 0);
}

static bool add_segment(struct virtio_chain *c, uint64_t addr, uint32_t bytes, bool write)
{
    if (bytes == 0 || (!write && c->readable != c->count))
        return false;
    c->segment[c->count++] = (struct virtio_segment){addr, bytes};
    if (write) {
        c->write_bytes += bytes;
    } else {
        c->readable++;
        c->read_bytes += bytes;
    }
    return true;
}

static enum virtio_step descriptor(struct virtio_blk *v)
{
    struct virtio_chain *c = &v->chain;
    uint64_t addr = get(v->buffer, 8);
    uint32_t bytes = (uint32_t)get(v->buffer + 8, 4);
    unsigned flags = (unsigned)get(v->buffer + 12, 2), next = (unsigned)get(v->buffer + 14, 2);

    if (flags & DESC_INDIRECT)
        return enter_table(v, addr, bytes, flags);
    if (!add_segment(c, addr, bytes, (flags & DESC_WRITE) != 0))
        return broken(v);
    if (flags & DESC_NEXT)
        return read_descriptor(v, next);
    if (c->read_bytes < HEADER_BYTES || c->write_bytes < 1)
        return broken(v);
    virtio_dma_begin(&v->dma, readable(v), 0, v->buffer, HEADER_BYTES, false);
    return VIRTIO_HEADER;
}

/* --- the request --- */

static enum virtio_step finish(struct virtio_blk *v, uint8_t result)
{
    v->result = result;
    v->buffer[0] = result;
    virtio_dma_begin(&v->dma, writable(v), v->chain.write_bytes - 1, v->buffer, 1, true);
    return VIRTIO_STATUS;
}

static enum virtio_step next_sector_in(struct virtio_blk *v)
{
    if (v->sectors_left == 0)
        return finish(v, S_OK);
    if (!v->disk->read(v->disk->ctx, v->sector, v->buffer))
        return finish(v, S_IOERR);
    virtio_dma_begin(&v->dma, writable(v), v->moved, v->buffer, DISK_SECTOR, true);
    return VIRTIO_SECTOR_IN;
}

static void sector_done(struct virtio_blk *v)
{
    v->sector++;
    v->sectors_left--;
    v->moved += DISK_SECTOR;
}

static enum virtio_step sector_in(struct virtio_blk *v)
{
    if (v->dma.failed)
        return finish(v, S_IOERR);
    v->written += DISK_SECTOR;
    sector_done(v);
    return next_sector_in(v);
}

static enum virtio_step next_sector_out(struct virtio_blk *v)
{
    if (v->sectors_left == 0)
        return finish(v, S_OK);
    virtio_dma_begin(&v->dma, readable(v), HEADER_BYTES + v->moved, v->buffer, DISK_SECTOR, false);
    return VIRTIO_SECTOR_OUT;
}

static enum virtio_step sector_out(struct virtio_blk *v)
{
    if (v->dma.failed || !v->disk->write(v->disk->ctx, v->sector, v->buffer))
        return finish(v, S_IOERR);
    sector_done(v);
    return next_sector_out(v);
}

static bool whole_and_inside(const struct virtio_blk *v, uint64_t bytes)
{
    return bytes % DISK_SECTOR == 0 && v->sector <= v->disk->sectors &&
           bytes / DISK_SECTOR <= v->disk->sectors - v->sector;
}

static enum virtio_step move(struct virtio_blk *v, bool out)
{
    uint64_t bytes = out ? v->chain.read_bytes - HEADER_BYTES : v->chain.write_bytes - 1;

    v->moved = 0;
    v->sectors_left = bytes / DISK_SECTOR;
    if (!whole_and_inside(v, bytes) || (out && v->disk->read_only))
        return finish(v, S_IOERR);
    return out ? next_sector_out(v) : next_sector_in(v);
}

static enum virtio_step give_id(struct virtio_blk *v)
{
    uint64_t room = v->chain.write_bytes - 1;

    if (room == 0)
        return finish(v, S_OK);
    memset(v->buffer, 0, ID_BYTES);
    memcpy(v->buffer, "ringwalk", 8);
    v->moved = room < ID_BYTES ? room : ID_BYTES;
    virtio_dma_begin(&v->dma, writable(v), 0, v->buffer, (uint32_t)v->moved, true);
    return VIRTIO_ID;
}

static enum virtio_step id(struct virtio_blk *v)
{
    if (v->dma.failed)
        return finish(v, S_IOERR);
    v->written = (uint32_t)v->moved;
    return finish(v, S_OK);
}

static enum virtio_step header(struct virtio_blk *v)
{
    v->sector = get(v->buffer + 8, 8);
    v->written = 0;
    switch (get(v->buffer, 4)) {
    case T_IN:
        return move(v, false);
    case T_OUT:
        return move(v, true);
    case T_FLUSH:
        return finish(v, v->disk->flush(v->disk->ctx) ? S_OK : S_IOERR);
    case T_GET_ID:
        return give_id(v);
    default:
        return finish(v, S_UNSUPP);
    }
}

/* --- giving it back --- */

static enum virtio_step status(struct virtio_blk *v)
{
    const struct virtio_queue *q = &v->queue;

    put32(v->buffer, v->chain.head);
    put32(v->buffer + 4, v->written + 1);
    return access_ring(v, VIRTIO_USED_ELEMENT,
                       q->used + 4 + 8 * (uint64_t)(q->used_index % q->size), 8, true);
}

static enum virtio_step used_element(struct virtio_blk *v)
{
    v->queue.available_index++;
    v->queue.used_index++;
    v->buffer[0] = (uint8_t)v->queue.used_index;
    v->buffer[1] = (uint8_t)(v->queue.used_index >> 8);
    return access_ring(v, VIRTIO_USED_INDEX, v->queue.used + 2, 2, true);
}

static enum virtio_step used_index(struct virtio_blk *v)
{
    return access_ring(v, VIRTIO_AVAILABLE_FLAGS, v->queue.available, 2, false);
}

static enum virtio_step available_flags(struct virtio_blk *v)
{
    if (!(get(v->buffer, 2) & NO_INTERRUPT))
        virtio_blk_used(v);
    return look_for_more(v);
}

/* --- */

/* A step whose transfer is the request's data says so in the status; any other cannot go on. */
static const struct {
    enum virtio_step (*go_on)(struct virtio_blk *v);
    bool data;
} steps[] = {
    [VIRTIO_AVAILABLE_INDEX] = {available_index, false},
    [VIRTIO_AVAILABLE_RING] = {available_ring, false},
    [VIRTIO_DESCRIPTOR] = {descriptor, false},
    [VIRTIO_HEADER] = {header, false},
    [VIRTIO_SECTOR_IN] = {sector_in, true},
    [VIRTIO_SECTOR_OUT] = {sector_out, true},
    [VIRTIO_ID] = {id, true},
    [VIRTIO_STATUS] = {status, false},
    [VIRTIO_USED_ELEMENT] = {used_element, false},
    [VIRTIO_USED_INDEX] = {used_index, false},
    [VIRTIO_AVAILABLE_FLAGS] = {available_flags, false},
};

void virtio_request_go_on(struct virtio_blk *v)
{
    while (v->step != VIRTIO_IDLE && virtio_dma_over(&v->dma)) {
        enum virtio_step step = v->step;

        v->step = v->dma.failed && !steps[step].data ? broken(v) : steps[step].go_on(v);
    }
}

void virtio_request_notify(struct virtio_blk *v)
{
    const unsigned ready = VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_FEATURES_OK;

    if (!v->notified || !v->queue.enabled || v->step != VIRTIO_IDLE ||
        (v->status & (ready | VIRTIO_STATUS_NEEDS_RESET)) != ready)
        return;
    v->step = look_for_more(v);
    virtio_request_go_on(v);
}

void virtio_request_reset(struct virtio_blk *v)
{
    virtio_dma_give_up(&v->dma);
    v->step = VIRTIO_IDLE;
    v->notified = false;
}
