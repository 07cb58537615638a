// SPDX-License-Identifier: Apache-2.0
// The bench of the virtio tests; see the header.
#include "virtio_bench.h"

#include <string.h>

static bool disk_read(void *ctx, uint64_t sector, uint8_t data[DISK_SECTOR])
{
    struct virtio_bench *t = ctx;

    EXPECT_TRUE(sector < DISK_SECTORS);
    memcpy(data, t->sectors + sector * DISK_SECTOR, DISK_SECTOR);
    return !t->disk_fails;
}

static bool disk_write(void *ctx, uint64_t sector, const uint8_t data[DISK_SECTOR])
{
    struct virtio_bench *t = ctx;

    EXPECT_TRUE(sector < DISK_SECTORS && !t->disk.read_only);
    if (!t->disk_fails)
        memcpy(t->sectors + sector * DISK_SECTOR, data, DISK_SECTOR);
    return !t->disk_fails;
}

static bool disk_flush(void *ctx)
{
    return !((struct virtio_bench *)ctx)->disk_fails;
}

void virtio_bench_init(struct virtio_bench *t, bool read_only)
{
    memset(t, 0, sizeof(*t));
    host_bench_init(&t->b);
    for (unsigned i = 0; i < sizeof(t->sectors); i++)
        t->sectors[i] = (uint8_t)(i / DISK_SECTOR + i);
    t->disk = (struct disk){t, DISK_SECTORS, read_only, disk_read, disk_write, disk_flush};
    virtio_blk_init(&t->v, &t->b.host, &t->disk);
    t->v.pci.config[4] = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
}

uint64_t virtio_get(struct virtio_bench *t, uint64_t offset, unsigned bytes)
{
    uint64_t v = virtio_blk_ops.read(&t->v, offset, bytes);

    return bytes == 8 ? v : v & ((UINT64_C(1) << (8 * bytes)) - 1);
}

void virtio_put(struct virtio_bench *t, uint64_t offset, unsigned bytes, uint64_t value)
{
    virtio_blk_ops.write(&t->v, offset, bytes, value);
}

void virtio_start(struct virtio_bench *t)
{
    virtio_put(t, 0x14, 1, 0x03);
    virtio_put(t, 0x08, 4, 0);
    virtio_put(t, 0x0C, 4, 1u << 28);
    virtio_put(t, 0x08, 4, 1);
    virtio_put(t, 0x0C, 4, 3);
    virtio_put(t, 0x14, 1, 0x0B);
    virtio_put(t, 0x18, 2, QUEUE_SIZE);
    virtio_put(t, 0x20, 8, DESCRIPTORS);
    virtio_put(t, 0x28, 4, AVAILABLE);
    virtio_put(t, 0x30, 8, USED);
    t->v.pci.config[t->v.pci.msix + 3] = 0x80;
    for (unsigned i = 0; i < 2; i++) {
        virtio_blk_msix_ops.write(&t->v, 16 * i, 8, 0xFEE00000);
        virtio_blk_msix_ops.write(&t->v, 16 * i + 8, 8, 0x50 + i);
    }
    virtio_put(t, 0x10, 2, 1);
    virtio_put(t, 0x1A, 2, 0);
    virtio_put(t, 0x1C, 2, 1);
    virtio_put(t, 0x14, 1, 0x0F);
    EXPECT_U64(0x0F, virtio_get(t, 0x14, 1));
}

static void store(uint8_t *p, unsigned bytes, uint64_t v)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

void virtio_descriptor(struct virtio_bench *t, uint64_t table, unsigned i, uint64_t addr,
                       uint32_t bytes, unsigned flags, unsigned next)
{
    uint8_t *d = t->memory + table + 16 * i;

    store(d, 8, addr);
    store(d + 8, 4, bytes);
    store(d + 12, 2, flags);
    store(d + 14, 2, next);
}

void virtio_header(struct virtio_bench *t, uint32_t type, uint64_t sector)
{
    store(t->memory + HEADER, 8, type);
    store(t->memory + HEADER + 8, 8, sector);
}

static void answer(struct virtio_bench *t, const struct device_dma *r)
{
    struct device_dma_done done = {.sid = r->sid, .tag = r->tag, .ok = true};

    EXPECT_U64(0x18, r->sid);
    if (r->addr >> 20 == 0xFEE) {
        t->messages++;
        t->message_addr = r->addr;
        t->message_data = r->data[0];
    } else {
        t->requests++;
        EXPECT_TRUE(r->len >= 1 && (r->addr & 15) + r->len <= 16);
        if (r->addr >= MEMORY || r->addr >> 12 == t->blocked) {
            done.ok = false;
            memset(done.data, 0xFF, sizeof(done.data));
        } else if (r->write) {
            memcpy(t->memory + r->addr, r->data, r->len);
        } else {
            memcpy(done.data, t->memory + r->addr, r->len);
        }
    }
    virtio_blk_ops.dma_done(&t->v, &done);
}

void virtio_answer(struct virtio_bench *t)
{
    for (unsigned i = 0; t->b.requests != 0; i++) {
        struct device_dma r = host_bench_take(&t->b);

        EXPECT_TRUE(i < 10000 && t->b.requests < 8);
        answer(t, &r);
    }
}

void virtio_offer(struct virtio_bench *t, unsigned head)
{
    uint8_t *available = t->memory + AVAILABLE;
    unsigned index = available[2] | (unsigned)available[3] << 8;

    store(available + 4 + 2 * (index % QUEUE_SIZE), 2, head);
    store(available + 2, 2, index + 1);
    virtio_put(t, NOTIFY, 2, 0);
    virtio_answer(t);
}

void virtio_request(struct virtio_bench *t, uint32_t type, uint64_t sector, uint32_t bytes)
{
    bool out = type == 1;

    virtio_header(t, type, sector);
    virtio_descriptor(t, DESCRIPTORS, 0, HEADER, 16, 1, bytes != 0 ? 1 : 2);
    virtio_descriptor(t, DESCRIPTORS, 1, DATA, bytes, out ? 1 : 3, 2);
    virtio_descriptor(t, DESCRIPTORS, 2, STATUS_BYTE, 1, 2, 0);
    t->memory[STATUS_BYTE] = 0xEE;
    virtio_offer(t, 0);
}

uint16_t virtio_used_index(const struct virtio_bench *t)
{
    return (uint16_t)(t->memory[USED + 2] | t->memory[USED + 3] << 8);
}

uint32_t virtio_used_bytes(const struct virtio_bench *t, unsigned i)
{
    const uint8_t *p = t->memory + USED + 4 + 8 * (i % QUEUE_SIZE) + 4;

    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool virtio_needs_reset(struct virtio_bench *t)
{
    return (virtio_get(t, 0x14, 1) & 0x40) != 0;
}
