// SPDX-License-Identifier: Apache-2.0
// Without a model: did the RTL move what its record of the request says, and nothing else? On the
// bus, one access of the request's bytes at the address that was judged, or one message, or
// nothing; at the pins, their answer.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "iommu_step.h"

void iommu_moved_begin(struct bench *b)
{
    memset(&b->moved, 0, sizeof(b->moved));
}

void iommu_moved_access(struct bench *b, const struct vblock_access *a)
{
    struct moved *m = &b->moved;

    if (a->src != BUS_DMA && a->src != BUS_MESSAGE)
        return;
    if (!m->ended && a->src == BUS_MESSAGE)
        m->messages++;
    m->accesses += a->src == BUS_DMA;
    if (a->src == BUS_DMA || !m->ended)
        m->last = *a;
}

static bool wrong(struct bench *b, const char *field, const char *rtl, const char *wanted)
{
    block_differ(b->r, "legality", field, rtl, wanted, viommu_cycle(b->rtl));
    return false;
}

static void words(const struct vblock_access *a, char text[BLOCK_TEXT])
{
    uint64_t half[2];

    memcpy(half, a->data, sizeof(half));
    snprintf(text, BLOCK_TEXT, "%s at 0x%" PRIx64 ", lanes 0x%x, data 0x%016" PRIx64 "_%016" PRIx64,
             a->write ? "write" : "read", a->addr, a->be, half[1], half[0]);
}

static bool same_lanes(const uint8_t *x, const uint8_t *y, unsigned be)
{
    for (unsigned i = 0; i < 16; i++)
        if ((be >> i & 1) != 0 && x[i] != y[i])
            return false;
    return true;
}

static bool same_access(struct bench *b, const struct vblock_access *wanted)
{
    const struct vblock_access *is = &b->moved.last;
    char rtl[BLOCK_TEXT], text[BLOCK_TEXT];

    if (is->addr == wanted->addr && is->be == wanted->be && is->write == wanted->write &&
        (!is->write || same_lanes(is->data, wanted->data, is->be)))
        return true;
    words(is, rtl);
    words(wanted, text);
    return wrong(b, "access", rtl, text);
}

/* The request's bytes at pa; for an interrupt the message that was judged. */
static bool moved_right(struct bench *b, const struct rec_dma *d)
{
    const struct rec_dma *in = &b->ask.in;
    bool message = d->status == DMA_MESSAGE || d->status == DMA_REMAPPED;
    bool access = d->status <= DMA_PASS_THROUGH && in->len != 0;
    struct vblock_access wanted = {.addr = d->pa & ~UINT64_C(15),
                                   .be = (uint16_t)(((UINT32_C(1) << in->len) - 1) << (d->pa & 15)),
                                   .write = in->write};
    char rtl[48], text[48];

    snprintf(rtl, sizeof(rtl), "%u", b->moved.accesses);
    snprintf(text, sizeof(text), "%d", access);
    if (b->moved.accesses != access)
        return wrong(b, "accesses", rtl, text);
    snprintf(rtl, sizeof(rtl), "%u", b->moved.messages);
    if (message && b->moved.messages != 1)
        return wrong(b, "messages", rtl, "1");
    if (!access && !message)
        return true;
    if (message) /* its data has been judged */
        memcpy(wanted.data, b->moved.last.data, sizeof(wanted.data));
    else if (in->write)
        memcpy(wanted.data + (d->pa & 15), in->data, in->len);
    return same_access(b, &wanted);
}

static bool answered_right(struct bench *b, const struct viommu_told *seen, const struct rec_dma *d)
{
    const struct rec_dma *in = &b->ask.in;
    bool good = d->status != DMA_BLOCKED && d->status != DMA_REJECTED;
    char rtl[48], text[48];

    if (seen->ok != good)
        return wrong(b, "dma_rsp_ok_o", seen->ok ? "1" : "0", good ? "1" : "0");
    for (unsigned i = 0; good && !in->write && i < in->len; i++) {
        uint8_t is = d->status == DMA_COMPLETED ? d->data[i] : b->moved.last.data[(d->pa & 15) + i];

        if (seen->rdata[i] == is)
            continue;
        snprintf(rtl, sizeof(rtl), "byte %u is %02x", i, seen->rdata[i]);
        snprintf(text, sizeof(text), "%02x", is);
        return wrong(b, "dma_rsp_rdata_o", rtl, text);
    }
    return true;
}

bool iommu_moved_end(struct bench *b, const struct viommu_told *seen, const struct rec_dma *d)
{
    return moved_right(b, d) && answered_right(b, seen, d);
}
