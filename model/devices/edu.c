// SPDX-License-Identifier: Apache-2.0
// Teaching DMA device; see the header for its registers.
#include "devices/edu.h"

#include <string.h>

#define EDU_ID        0x010000EDu
#define STATUS_IRQ    0x80u
#define IRQ_FACTORIAL 0x001u
#define IRQ_DMA       0x100u
#define CMD_GO        1u
#define CMD_TO_MEMORY 2u
#define CMD_IRQ       4u
#define CMD_TLB       8u
#define BAR0_BYTES    0x100000u
#define TAG_MSI       0xFF
#define PAGE          UINT64_C(0xFFF)

/* PCIe "Address Translation Services": a translation request's address and its completion. */
#define AT_TRANSLATION   1
#define AT_TRANSLATED    2
#define ATS_NO_WRITE     1u
#define ATS_READ         1u
#define ATS_WRITE        2u
#define ATS_S            0x800u
#define TRANSLATION_SIZE 8

void edu_init(struct edu *e, const struct device_host *host)
{
    *e = (struct edu){.host = host};
    pci_function_init(&e->pci, EDU_SID & 0xFF, 0x11E81234, 0x00FF00);
    pci_bar_init(&e->pci, 0, PCI_BAR_MEMORY, BAR0_BYTES);
    pci_msi_init(&e->pci);
    e->pci.config[PCI_INT_PIN] = 1;
}

static void send_msi(struct edu *e)
{
    struct device_dma msg = {.sid = EDU_SID, .len = 4, .tag = TAG_MSI, .write = true};
    uint16_t data;

    if (!pci_msi(&e->pci, &msg.addr, &data))
        return;
    msg.data[0] = (uint8_t)data;
    msg.data[1] = (uint8_t)(data >> 8);
    e->host->dma(e->host->ctx, &msg);
}

static void raise_irq(struct edu *e, uint32_t bits)
{
    e->irq_status |= bits;
    e->pci.intx = e->irq_status != 0;
    if (e->irq_status != 0)
        send_msi(e);
}

static uint32_t factorial(uint32_t n)
{
    uint32_t product = 1;

    for (; n > 1 && product != 0; n--)
        product *= n;
    return product;
}

/* Bytes of the next request: to the end of the 16-byte block of the memory side. */
static uint8_t request_len(uint64_t addr, uint64_t left)
{
    uint64_t room = 16 - (addr & 15);

    return (uint8_t)(left < room ? left : room);
}

static void dma_end(struct edu *e)
{
    e->left = 0;
    e->dma_cmd &= ~(uint64_t)CMD_GO;
    if (e->dma_cmd & CMD_IRQ)
        raise_irq(e, IRQ_DMA);
}

/* --- the device-TLB --- */

static bool tlb_grants(const struct edu *e, bool write)
{
    return e->tlb.valid && (write ? e->tlb.write : e->tlb.read);
}

static void tlb_ask(struct edu *e, uint64_t addr, bool write)
{
    struct device_dma req = {.addr = (addr & ~PAGE) | (write ? 0 : ATS_NO_WRITE),
                             .sid = EDU_SID,
                             .at = AT_TRANSLATION,
                             .tag = e->tag,
                             .len = TRANSLATION_SIZE};

    e->tlb.asked = true;
    e->tlb.page = addr & ~PAGE;
    e->host->dma(e->host->ctx, &req);
}

/* The bits from 12 on that a size leaves open: up to the lowest zero. */
static uint64_t size_mask(uint64_t addr, bool size)
{
    uint64_t bit = PAGE + 1;

    if (!size)
        return PAGE;
    while ((addr & bit) != 0)
        bit <<= 1;
    return (bit << 1) - 1;
}

/* The frame of the page asked for, in the page of the completion. */
static void tlb_take(struct edu *e, const struct device_dma_done *done)
{
    uint64_t data, open;

    memcpy(&data, done->data, sizeof(data));
    open = size_mask(data, (data & ATS_S) != 0);
    e->tlb.asked = false;
    e->tlb.read = done->ok && (data & ATS_READ) != 0;
    e->tlb.write = done->ok && (data & ATS_WRITE) != 0;
    e->tlb.valid = e->tlb.read || e->tlb.write;
    e->tlb.frame = ((data & ~open) | (e->tlb.page & open)) & ~PAGE;
}

static void tlb_complete(struct edu *e)
{
    e->tlb.completes = false;
    e->host->complete(e->host->ctx, EDU_SID, false);
}

void edu_invalidate(struct edu *e, uint64_t addr, bool size)
{
    uint64_t open = size_mask(addr, size);

    if (e->tlb.valid && ((e->tlb.page ^ addr) & ~open) == 0)
        e->tlb.valid = false;
    if (e->tlb.moving)
        e->tlb.completes = true;
    else
        tlb_complete(e);
}

/* --- DMA --- */

/* Through the device-TLB: false when the request has to wait for a translation. */
static bool translate(struct edu *e, struct device_dma *req)
{
    if (!tlb_grants(e, req->write) || e->tlb.page != (req->addr & ~PAGE)) {
        tlb_ask(e, req->addr, req->write);
        return false;
    }
    req->addr = e->tlb.frame | (req->addr & PAGE);
    req->at = AT_TRANSLATED;
    e->tlb.moving = true;
    return true;
}

static void dma_next(struct edu *e)
{
    bool to_memory = (e->dma_cmd & CMD_TO_MEMORY) != 0;
    uint64_t addr = (to_memory ? e->dma_dst : e->dma_src) + e->at;
    struct device_dma req = {.addr = addr, .sid = EDU_SID, .tag = e->tag, .write = to_memory};

    if (e->left == 0) {
        dma_end(e);
        return;
    }
    req.len = request_len(addr, e->left);
    if ((e->dma_cmd & CMD_TLB) && !translate(e, &req))
        return;
    if (to_memory)
        memcpy(req.data, &e->buffer[e->dma_src - EDU_BUFFER_BASE + e->at], req.len);
    e->host->dma(e->host->ctx, &req);
}

static void dma_start(struct edu *e)
{
    uint64_t device = (e->dma_cmd & CMD_TO_MEMORY) ? e->dma_src : e->dma_dst;
    bool inside = device >= EDU_BUFFER_BASE && e->dma_count <= EDU_BUFFER_SIZE &&
                  device - EDU_BUFFER_BASE <= EDU_BUFFER_SIZE - e->dma_count;

    e->at = 0;
    e->left = inside && pci_master_enabled(&e->pci) ? e->dma_count : 0;
    e->tag = (uint8_t)((e->tag + 1) & 0x7F);
    dma_next(e);
}

static void edu_dma_done(void *self, const struct device_dma_done *done)
{
    struct edu *e = self;
    bool to_memory = (e->dma_cmd & CMD_TO_MEMORY) != 0;
    uint64_t addr = (to_memory ? e->dma_dst : e->dma_src) + e->at;
    uint8_t len;

    if (done->tag == TAG_MSI || done->tag != e->tag || e->left == 0)
        return;
    if (e->tlb.asked) {
        tlb_take(e, done);
        e->left = tlb_grants(e, to_memory) ? e->left : 0;
        dma_next(e);
        return;
    }
    e->tlb.moving = false;
    if (e->tlb.completes)
        tlb_complete(e);
    len = request_len(addr, e->left);
    if (!to_memory)
        memcpy(&e->buffer[e->dma_dst - EDU_BUFFER_BASE + e->at], done->data, len);
    e->at += len;
    e->left = done->ok ? e->left - len : 0;
    dma_next(e);
}

/* The 64-bit registers from 0x80; NULL for the rest. */
static uint64_t *wide(struct edu *e, uint64_t offset)
{
    switch (offset & ~UINT64_C(7)) {
    case 0x80:
        return &e->dma_src;
    case 0x88:
        return &e->dma_dst;
    case 0x90:
        return &e->dma_count;
    case 0x98:
        return &e->dma_cmd;
    default:
        return NULL;
    }
}

static bool size_ok(uint64_t offset, unsigned bytes)
{
    return bytes == 4 || (bytes == 8 && offset >= 0x80);
}

static uint64_t edu_read(void *self, uint64_t offset, unsigned bytes)
{
    struct edu *e = self;
    uint64_t *reg = wide(e, offset);

    if (!size_ok(offset, bytes))
        return UINT64_MAX;
    if (reg != NULL)
        return *reg >> (8 * (offset & 7));
    switch (offset) {
    case 0x00:
        return EDU_ID;
    case 0x04:
        return ~e->liveness;
    case 0x08:
        return e->factorial;
    case 0x20:
        return e->status;
    case 0x24:
        return e->irq_status;
    default:
        return UINT64_MAX;
    }
}

static void wide_write(struct edu *e, uint64_t *reg, uint64_t offset, unsigned bytes, uint64_t v)
{
    uint64_t mask = (bytes == 8 ? UINT64_MAX : UINT64_C(0xFFFFFFFF)) << (8 * (offset & 7));

    if (e->dma_cmd & CMD_GO)
        return; /* busy: writes are ignored */
    *reg = (*reg & ~mask) | ((v << (8 * (offset & 7))) & mask);
    if (reg == &e->dma_cmd && (e->dma_cmd & CMD_GO))
        dma_start(e);
}

static void edu_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct edu *e = self;
    uint64_t *reg = wide(e, offset);
    uint32_t v = (uint32_t)value;

    if (!size_ok(offset, bytes))
        return;
    if (reg != NULL) {
        wide_write(e, reg, offset, bytes, value);
        return;
    }
    switch (offset) {
    case 0x04:
        e->liveness = v;
        break;
    case 0x08:
        e->factorial = factorial(v);
        if (e->status & STATUS_IRQ)
            raise_irq(e, IRQ_FACTORIAL);
        break;
    case 0x20:
        e->status = v & STATUS_IRQ;
        break;
    case 0x60:
        raise_irq(e, v);
        break;
    case 0x64:
        e->irq_status &= ~v;
        e->pci.intx = e->irq_status != 0;
        break;
    default:
        break;
    }
}

const struct device_ops edu_ops = {
    .name = "edu", .read = edu_read, .write = edu_write, .dma_done = edu_dma_done};
