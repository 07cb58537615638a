// SPDX-License-Identifier: Apache-2.0
// virtio block device: PCI transport and registers; see the header. virtio_request.c works the
// queue.
#include "devices/virtio_blk.h"

#include <string.h>

#define PCI_ID         0x10421AF4u
#define PCI_CLASS      0x010000u
#define PCI_SUBSYSTEM  0x11001AF4u
#define CFG_REVISION   0x08
#define CFG_SUBSYSTEM  0x2C
#define BAR_MSIX       1
#define BAR_MSIX_BYTES 0x1000u
#define MSIX_PENDING   0x800u
#define BAR_REGISTERS  4
#define BAR_BYTES      0x4000u

#define REGION_COMMON 0x0000u
#define REGION_ISR    0x1000u
#define REGION_DEVICE 0x2000u
#define REGION_NOTIFY 0x3000u
#define REGION_BYTES  0x1000u
#define CAP_COMMON    1
#define CAP_NOTIFY    2
#define CAP_ISR       3
#define CAP_DEVICE    4
#define CAP_WINDOW    5
#define CAP_BYTES     16
#define NOTIFY_STEP   4u

/* In the capability of CAP_WINDOW. */
#define WINDOW_BAR    4u
#define WINDOW_OFFSET 8u
#define WINDOW_LENGTH 12u
#define WINDOW_DATA   16u

#define F_SEG_MAX         (UINT64_C(1) << 2)
#define F_RO              (UINT64_C(1) << 5)
#define F_BLK_SIZE        (UINT64_C(1) << 6)
#define F_FLUSH           (UINT64_C(1) << 9)
#define F_VERSION_1       (UINT64_C(1) << 32)
#define F_ACCESS_PLATFORM (UINT64_C(1) << 33)
#define F_MUST            (F_VERSION_1 | F_ACCESS_PLATFORM)

#define ISR_QUEUE  1u
#define ISR_CONFIG 2u

enum common_field {
    DEVICE_FEATURE_SELECT = 0x00,
    DEVICE_FEATURE = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURE = 0x0C,
    CONFIG_VECTOR = 0x10,
    NUM_QUEUES = 0x12,
    DEVICE_STATUS = 0x14,
    CONFIG_GENERATION = 0x15,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_VECTOR = 0x1A,
    QUEUE_ENABLE = 0x1C,
    QUEUE_NOTIFY_OFF = 0x1E,
    QUEUE_DESC = 0x20,
    QUEUE_DRIVER = 0x28,
    QUEUE_DEVICE = 0x30,
    COMMON_END = 0x38
};

static uint64_t features(const struct virtio_blk *v)
{
    return F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (v->disk->read_only ? F_RO : 0) | VIRTIO_F_INDIRECT |
           F_MUST;
}

/* --- interrupts --- */

static void interrupt(struct virtio_blk *v, uint16_t vector, uint8_t isr)
{
    if (pci_msix_enabled(&v->msix)) {
        pci_msix_raise(&v->msix, vector);
        return;
    }
    v->isr |= isr;
    v->pci.intx = v->isr != 0;
}

void virtio_blk_used(struct virtio_blk *v)
{
    interrupt(v, v->queue.vector, ISR_QUEUE);
}

void virtio_blk_broken(struct virtio_blk *v)
{
    v->status |= VIRTIO_STATUS_NEEDS_RESET;
    if (v->status & VIRTIO_STATUS_DRIVER_OK)
        interrupt(v, v->config_vector, ISR_CONFIG);
}

/* --- reset and configuration space --- */

static void reset(struct virtio_blk *v)
{
    v->queue = (struct virtio_queue){.size = VIRTIO_QUEUE_MAX, .vector = VIRTIO_NO_VECTOR};
    v->driver_features = 0;
    v->device_select = v->driver_select = 0;
    v->config_vector = VIRTIO_NO_VECTOR;
    v->queue_select = 0;
    v->status = v->isr = 0;
    v->pci.intx = false;
    virtio_request_reset(v);
}

static uint8_t vendor_capability(struct pci_function *f, uint8_t type, uint32_t region)
{
    uint8_t bytes = type == CAP_NOTIFY || type == CAP_WINDOW ? CAP_BYTES + 4 : CAP_BYTES;
    uint8_t at = pci_capability_init(f, PCI_CAP_VENDOR, bytes);

    f->config[at + 2] = bytes;
    f->config[at + 3] = type;
    f->config[at + 4] = BAR_REGISTERS;
    pci_put32(f, at + 8u, region);
    pci_put32(f, at + 12u, REGION_BYTES);
    if (type == CAP_NOTIFY)
        pci_put32(f, at + 16u, NOTIFY_STEP);
    return at;
}

/* All of it but its type is the driver's. */
static uint8_t window_capability(struct pci_function *f)
{
    uint8_t at = vendor_capability(f, CAP_WINDOW, 0);

    pci_put32(f, at + WINDOW_LENGTH, 0);
    f->config[at + WINDOW_BAR] = 0;
    f->writable[at + WINDOW_BAR] = 0xFF;
    memset(f->writable + at + WINDOW_OFFSET, 0xFF, WINDOW_DATA + 4 - WINDOW_OFFSET);
    return at;
}

/* --- common configuration --- */

static unsigned width_of(uint64_t field)
{
    if (field >= QUEUE_DESC)
        return 8;
    if (field < CONFIG_VECTOR)
        return 4;
    return field == DEVICE_STATUS || field == CONFIG_GENERATION ? 1 : 2;
}

static bool good_access(uint64_t offset, unsigned bytes)
{
    unsigned width = width_of(offset);

    if (offset >= COMMON_END || offset % bytes != 0)
        return false;
    return bytes == width || (width == 8 && bytes == 4);
}

/* The queue's registers of 8 bytes; the other queues have none. */
static uint64_t *wide(struct virtio_blk *v, uint64_t offset)
{
    switch (offset & ~UINT64_C(7)) {
    case QUEUE_DESC:
        return &v->queue.descriptors;
    case QUEUE_DRIVER:
        return &v->queue.available;
    default:
        return &v->queue.used;
    }
}

static uint64_t queue_read(struct virtio_blk *v, uint64_t offset)
{
    if (v->queue_select != 0)
        return 0;
    switch (offset) {
    case QUEUE_SIZE:
        return v->queue.size;
    case QUEUE_VECTOR:
        return v->queue.vector;
    case QUEUE_ENABLE:
        return v->queue.enabled;
    case QUEUE_NOTIFY_OFF:
        return 0;
    default:
        return *wide(v, offset) >> (8 * (offset & 7));
    }
}

static uint64_t common_read(struct virtio_blk *v, uint64_t offset)
{
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        return v->device_select;
    case DEVICE_FEATURE:
        return v->device_select < 2 ? features(v) >> (32 * v->device_select) : 0;
    case DRIVER_FEATURE_SELECT:
        return v->driver_select;
    case DRIVER_FEATURE:
        return v->driver_select < 2 ? v->driver_features >> (32 * v->driver_select) : 0;
    case CONFIG_VECTOR:
        return v->config_vector;
    case NUM_QUEUES:
        return 1;
    case DEVICE_STATUS:
        return v->status;
    case CONFIG_GENERATION:
        return 0;
    case QUEUE_SELECT:
        return v->queue_select;
    default:
        return queue_read(v, offset);
    }
}

/* "Device Status Field": the driver sets bits; FEATURES_OK stays only if they can be had. */
static void write_status(struct virtio_blk *v, uint8_t s)
{
    uint64_t f = v->driver_features;
    bool acceptable = (f & ~features(v)) == 0 && (f & F_MUST) == F_MUST;

    if (s == 0) {
        reset(v);
        return;
    }
    if ((s & VIRTIO_STATUS_FEATURES_OK) && !(v->status & VIRTIO_STATUS_FEATURES_OK) && !acceptable)
        s &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    v->status = (uint8_t)(s | (v->status & VIRTIO_STATUS_NEEDS_RESET));
    virtio_request_notify(v);
}

/* "Queue Size": a power of two, not more than it was; another value changes nothing. */
static void write_size(struct virtio_queue *q, uint16_t size)
{
    if (size != 0 && size <= VIRTIO_QUEUE_MAX && (size & (size - 1)) == 0)
        q->size = size;
}

static void queue_write(struct virtio_blk *v, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct virtio_queue *q = &v->queue;
    unsigned shift = 8 * (offset & 7);
    uint64_t mask = (bytes == 8 ? UINT64_MAX : UINT32_MAX) << shift;

    if (v->queue_select != 0)
        return;
    if (offset == QUEUE_VECTOR)
        q->vector = value < VIRTIO_MSIX_VECTORS ? (uint16_t)value : VIRTIO_NO_VECTOR;
    else if (q->enabled)
        return; /* the rest is fixed from then on */
    else if (offset == QUEUE_SIZE)
        write_size(q, (uint16_t)value);
    else if (offset == QUEUE_ENABLE)
        q->enabled = value == 1;
    else if (offset >= QUEUE_DESC)
        *wide(v, offset) = (*wide(v, offset) & ~mask) | (value << shift & mask);
}

static void write_features(struct virtio_blk *v, uint32_t value)
{
    unsigned shift = 32 * v->driver_select;

    if (v->driver_select > 1 || (v->status & VIRTIO_STATUS_FEATURES_OK))
        return;
    v->driver_features &= ~(UINT64_C(0xFFFFFFFF) << shift);
    v->driver_features |= (uint64_t)value << shift;
}

static void common_write(struct virtio_blk *v, uint64_t offset, unsigned bytes, uint64_t value)
{
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        v->device_select = (uint32_t)value;
        break;
    case DRIVER_FEATURE_SELECT:
        v->driver_select = (uint32_t)value;
        break;
    case DRIVER_FEATURE:
        write_features(v, (uint32_t)value);
        break;
    case CONFIG_VECTOR:
        v->config_vector = value < VIRTIO_MSIX_VECTORS ? (uint16_t)value : VIRTIO_NO_VECTOR;
        break;
    case DEVICE_STATUS:
        write_status(v, (uint8_t)value);
        break;
    case QUEUE_SELECT:
        v->queue_select = (uint16_t)value;
        break;
    default:
        queue_write(v, offset, bytes, value);
        break;
    }
}

/* --- the BARs --- */

static uint8_t device_byte(const struct virtio_blk *v, uint64_t i)
{
    if (i < 8)
        return (uint8_t)(v->disk->sectors >> (8 * i));
    if (i == 12)
        return VIRTIO_QUEUE_MAX - 2;
    return i == 21 ? DISK_SECTOR >> 8 : 0;
}

static uint64_t device_read(const struct virtio_blk *v, uint64_t offset, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)device_byte(v, offset + i) << (8 * i);
    return value;
}

static uint64_t isr_read(struct virtio_blk *v)
{
    uint8_t isr = v->isr;

    v->isr = 0;
    v->pci.intx = false;
    return isr;
}

static uint64_t blk_read(void *self, uint64_t offset, unsigned bytes)
{
    struct virtio_blk *v = self;
    uint64_t at = offset % REGION_BYTES;

    switch (offset - at) {
    case REGION_COMMON:
        return good_access(at, bytes) ? common_read(v, at) : UINT64_MAX;
    case REGION_ISR:
        return at == 0 && bytes == 1 ? isr_read(v) : UINT64_MAX;
    case REGION_DEVICE:
        return device_read(v, at, bytes);
    default:
        return UINT64_MAX;
    }
}

static void blk_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct virtio_blk *v = self;
    uint64_t at = offset % REGION_BYTES;

    if (offset - at == REGION_COMMON && good_access(at, bytes))
        common_write(v, at, bytes, value);
    else if (offset - at == REGION_NOTIFY && at == 0 && (uint16_t)value == 0) {
        v->notified = true;
        virtio_request_notify(v);
    }
}

static void blk_dma_done(void *self, const struct device_dma_done *done)
{
    struct virtio_blk *v = self;

    virtio_dma_done(&v->dma, done);
    virtio_request_go_on(v);
}

const struct device_ops virtio_blk_ops = {
    .name = "virtio-blk", .read = blk_read, .write = blk_write, .dma_done = blk_dma_done};

static uint64_t msix_read(void *self, uint64_t offset, unsigned bytes)
{
    const struct virtio_blk *v = self;

    if (offset >= MSIX_PENDING)
        return pci_msix_pending_read(&v->msix, offset - MSIX_PENDING, bytes);
    return pci_msix_table_read(&v->msix, offset, bytes);
}

static void msix_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct virtio_blk *v = self;

    if (offset < MSIX_PENDING)
        pci_msix_table_write(&v->msix, offset, bytes, value);
}

const struct device_ops virtio_blk_msix_ops = {
    .name = "virtio-blk-msix", .read = msix_read, .write = msix_write};

/* --- "PCI configuration access capability" --- */

/* What the driver has set up; NULL: no access. */
static const struct device_ops *window(const struct virtio_blk *v, uint32_t *offset,
                                       uint32_t *bytes)
{
    const uint8_t *cap = v->pci.config + v->window;
    bool registers = cap[WINDOW_BAR] == BAR_REGISTERS;
    uint32_t size = registers ? BAR_BYTES : BAR_MSIX_BYTES;

    *offset = pci_get32(&v->pci, v->window + WINDOW_OFFSET);
    *bytes = pci_get32(&v->pci, v->window + WINDOW_LENGTH);
    if ((!registers && cap[WINDOW_BAR] != BAR_MSIX) ||
        (*bytes != 1 && *bytes != 2 && *bytes != 4) || *offset % *bytes != 0 || *offset >= size)
        return NULL;
    return registers ? &virtio_blk_ops : &virtio_blk_msix_ops;
}

static bool of_window(const struct virtio_blk *v, unsigned offset, unsigned bytes)
{
    unsigned data = v->window + WINDOW_DATA;

    return offset < data + 4 && offset + bytes > data;
}

static void config_reading(void *owner, unsigned at, unsigned width)
{
    struct virtio_blk *v = owner;
    uint32_t offset, bytes;
    const struct device_ops *ops;
    uint64_t value = UINT64_MAX;

    if (!of_window(v, at, width))
        return;
    ops = window(v, &offset, &bytes);
    if (ops != NULL)
        value = ops->read(v, offset, bytes);
    for (unsigned i = 0; i < 4; i++)
        if (ops == NULL || i < bytes)
            v->pci.config[v->window + WINDOW_DATA + i] = (uint8_t)(value >> 8 * i);
}

static void config_written(void *owner, unsigned at, unsigned width)
{
    struct virtio_blk *v = owner;
    uint32_t offset, bytes;
    const struct device_ops *ops;
    uint32_t value = pci_get32(&v->pci, v->window + WINDOW_DATA);

    pci_msix_settle(&v->msix);
    if (!of_window(v, at, width))
        return;
    ops = window(v, &offset, &bytes);
    if (ops != NULL)
        ops->write(v, offset, bytes, value & (UINT32_MAX >> (32 - 8 * bytes)));
}

void virtio_blk_init(struct virtio_blk *v, const struct device_host *host, const struct disk *disk)
{
    struct pci_function *f = &v->pci;

    memset(v, 0, sizeof(*v));
    v->host = host;
    v->disk = disk;
    pci_function_init(f, VIRTIO_BLK_SID & 0xFF, PCI_ID, PCI_CLASS);
    f->config[CFG_REVISION] = 1;
    pci_put32(f, CFG_SUBSYSTEM, PCI_SUBSYSTEM);
    f->config[PCI_INT_PIN] = 1;
    f->owner = v;
    f->reading = config_reading;
    f->written = config_written;
    pci_bar_init(f, BAR_MSIX, PCI_BAR_MEMORY, BAR_MSIX_BYTES);
    pci_bar_init(f, BAR_REGISTERS, PCI_BAR_MEMORY64, BAR_BYTES);
    v->msix = (struct pci_msix){.function = f,
                                .host = host,
                                .sid = VIRTIO_BLK_SID,
                                .tag = 0xFF,
                                .vectors = VIRTIO_MSIX_VECTORS};
    pci_msix_init(&v->msix, BAR_MSIX, 0, MSIX_PENDING);
    vendor_capability(f, CAP_DEVICE, REGION_DEVICE);
    vendor_capability(f, CAP_ISR, REGION_ISR);
    vendor_capability(f, CAP_NOTIFY, REGION_NOTIFY);
    vendor_capability(f, CAP_COMMON, REGION_COMMON);
    v->window = window_capability(f);
    v->dma = (struct virtio_dma){.host = host, .function = f, .sid = VIRTIO_BLK_SID};
    reset(v);
}
