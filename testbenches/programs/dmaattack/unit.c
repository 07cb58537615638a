// SPDX-License-Identifier: Apache-2.0
// The kernel's driver of the IOMMU; see unit.h.
#include "unit.h"

#define QUEUE_ENTRIES 256

static uint64_t *queue;
static volatile uint32_t *status;
static unsigned tail;

bool unit_present(void)
{
    return read32(IOMMU) == 0x10 && (read64(IOMMU + REG_ECAP) & 0xA) == 0xA;
}

bool on_qemu(void)
{
    return (read64(IOMMU + REG_CAP) & 0x20) == 0;
}

void gcmd(unsigned bit, bool on)
{
    uint32_t now = read32(IOMMU + REG_GSTS) & GSTS_LEVELS;

    write32(IOMMU + REG_GCMD, on ? now | 1u << bit : now & ~(1u << bit));
    while ((read32(IOMMU + REG_GSTS) >> bit & 1) != on)
        continue;
}

/* --- the queue --- */

void queue_start(uint64_t queue_pa, uint64_t status_pa)
{
    queue = (uint64_t *)queue_pa;
    status = (volatile uint32_t *)status_pa;
    write64(IOMMU + REG_IQT, 0);
    write64(IOMMU + REG_IQA, queue_pa);
    gcmd(GCMD_QIE, true);
}

void submit(uint64_t lo, uint64_t hi)
{
    queue[tail * 2] = lo;
    queue[tail * 2 + 1] = hi;
    tail = (tail + 1) % QUEUE_ENTRIES;
    write64(IOMMU + REG_IQT, tail * 16);
}

void wait_for_queue(void)
{
    static uint32_t token;

    submit(5 | 0x20 | (uint64_t)++token << 32, (uint64_t)status);
    while (*status != token)
        continue;
}

void invalidate_contexts(void)
{
    submit(1 | 1 << 4, 0);
    wait_for_queue();
}

void invalidate_domain(uint16_t did)
{
    submit(2 | 2 << 4 | (uint64_t)did << 16, 0);
    wait_for_queue();
}

void invalidate_page(uint16_t did, uint64_t iova)
{
    submit(2 | 3 << 4 | (uint64_t)did << 16, iova);
    wait_for_queue();
}

void invalidate_interrupts(void)
{
    submit(4, 0);
    wait_for_queue();
}

void invalidate_device(uint16_t sid, uint64_t addr)
{
    submit(3 | (uint64_t)sid << 32, addr);
    wait_for_queue();
}

/* --- faults --- */

static unsigned records(void)
{
    return (read64(IOMMU + REG_CAP) >> 40 & 0xFF) + 1;
}

static uint64_t record(unsigned i)
{
    return IOMMU + (read64(IOMMU + REG_CAP) >> 24 & 0x3FF) * 16 + i * 16;
}

struct fault fault_at(unsigned i)
{
    uint32_t fsts = read32(IOMMU + REG_FSTS);
    uint64_t at = record(((fsts >> 8 & 0xFF) + i) % records());
    uint64_t hi = read64(at + 8);

    if (hi >> 63 == 0)
        return (struct fault){0};
    return (struct fault){.records = 1,
                          .reason = (uint8_t)(hi >> 32),
                          .sid = (uint16_t)hi,
                          .info = read64(at),
                          .read = hi >> 62 & 1,
                          .overflow = fsts & FSTS_PFO};
}

struct fault take_faults(void)
{
    struct fault first = fault_at(0);

    first.records = 0;
    for (unsigned i = 0; i < records(); i++) {
        first.records += read64(record(i) + 8) >> 63;
        write32(record(i) + 12, 0x80000000);
    }
    write32(IOMMU + REG_FSTS, FSTS_PFO);
    return first;
}

/* VT-d "Fault Reason Encodings". */
const char *reason_name(unsigned reason)
{
    static const struct {
        uint8_t reason;
        const char *name;
    } names[] = {
        {0x01, "1h root entry not present"},
        {0x02, "2h context entry not present"},
        {0x04, "4h address beyond the domain's width"},
        {0x05, "5h no write permission"},
        {0x06, "6h no read permission"},
        {0x0D, "Dh address type blocked by the context entry"},
        {0x0E, "Eh the translation lies in the interrupt range"},
        {0x20, "20h reserved field in the interrupt request"},
        {0x21, "21h index beyond the table"},
        {0x22, "22h interrupt entry not present"},
        {0x24, "24h reserved field in the interrupt entry"},
        {0x25, "25h compatibility format blocked"},
        {0x26, "26h source-id not the entry's"},
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].reason == reason)
            return names[i].name;
    return "another reason";
}
