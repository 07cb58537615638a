// SPDX-License-Identifier: Apache-2.0
// Commands and invalidations, by the registers or by the queue.
#include "vtd.h"

bool queued;
static uint64_t *const queue = (uint64_t *)QUEUE_BASE;
static unsigned tail, slots;
static volatile uint32_t status;
static uint32_t token;

void gcmd(unsigned bit, bool on)
{
    uint32_t now = read32(IOMMU + REG_GSTS) & GSTS_LEVELS;

    write32(IOMMU + REG_GCMD, on ? now | 1u << bit : now & ~(1u << bit));
    for (unsigned i = 0; i < 100 && (read32(IOMMU + REG_GSTS) >> bit & 1) != on; i++)
        continue; /* QEMU has no CFIS */
}

static uint64_t record(void)
{
    return IOMMU + (read64(IOMMU + REG_CAP) >> 24 & 0x3FF) * 16;
}

void unit_faults_off(void)
{
    write32(record() + 12, 0x80000000);
    write32(IOMMU + REG_FSTS, FSTS_PFO | FSTS_IQE);
}

void print_unit(void)
{
    uint64_t at = record();
    bool valid = read32(at + 12) >> 31;

    field("S", read32(IOMMU + REG_FSTS));
    field("E", read32(IOMMU + REG_FECTL));
    pair("F", valid ? read64(at) : 0, valid ? read64(at + 8) : 0);
}

/* --- the queue --- */

void queue_start(unsigned qs)
{
    slots = 256u << qs;
    tail = 0;
    write64(IOMMU + REG_IQT, 0);
    write64(IOMMU + REG_IQA, QUEUE_BASE | qs);
    gcmd(GCMD_QIE, true);
    queued = true;
}

void queue_stop(void)
{
    if (!queued)
        return;
    sync();
    gcmd(GCMD_QIE, false);
    queued = false;
}

unsigned queue_tail(void)
{
    return tail;
}

uint64_t queue_bytes(void)
{
    return slots * 16;
}

/* The tail is moved by sync(), and half the time here. */
void submit(uint64_t lo, uint64_t hi)
{
    queue[tail * 2] = lo;
    queue[tail * 2 + 1] = hi;
    tail = (tail + 1) % slots;
    if (token & 1)
        write64(IOMMU + REG_IQT, tail * 16);
}

/* True when the head has come to the tail; false when it stands in front of it. */
bool queue_rest(void)
{
    for (unsigned i = 0; i < 300; i++)
        if (read64(IOMMU + REG_IQH) == tail * 16)
            return true;
    return false;
}

bool sync(void)
{
    token++;
    submit(5 | 0x20 | (uint64_t)token << 32, (uint64_t)&status);
    write64(IOMMU + REG_IQT, tail * 16);
    for (unsigned i = 0; i < 2000; i++)
        if (status == token)
            return true;
    put("stuck\n");
    return false;
}

/* The descriptor that may have stopped the queue becomes a wait. QEMU goes on at a write of the
 * tail only. */
void queue_mend(unsigned at)
{
    queue[at * 2] = 5 | 0x20 | (uint64_t)++token << 32;
    queue[at * 2 + 1] = (uint64_t)&status;
    write64(IOMMU + REG_IQT, tail * 16);
    write32(IOMMU + REG_FSTS, FSTS_IQE);
    write64(IOMMU + REG_IQT, tail * 16);
    sync();
}

/* --- invalidations --- */

static void command(uint64_t at, uint64_t v)
{
    write64(at, v);
    for (unsigned i = 0; i < 100 && read64(at) >> 63 != 0; i++)
        continue;
}

void inv_context(unsigned g, uint16_t did, uint16_t sid, unsigned fm)
{
    static const char *const names[] = {"cc0", "ccg", "ccd", "ccs"};

    act(names[g]);
    if (queued) {
        submit(1 | g << 4 | (uint64_t)did << 16 | (uint64_t)sid << 32 | (uint64_t)fm << 48, 0);
        return;
    }
    command(IOMMU + REG_CCMD,
            UINT64_C(1) << 63 | (uint64_t)g << 61 | (uint64_t)fm << 32 | (uint64_t)sid << 16 | did);
    act_done(read64(IOMMU + REG_CCMD) >> 59 & 3); /* CAIG */
}

void inv_iotlb(unsigned g, uint16_t did, uint64_t addr, unsigned am, bool ih)
{
    static const char *const names[] = {"tlb0", "tlbg", "tlbd", "tlbp"};
    uint64_t iva = IOMMU + (read64(IOMMU + REG_ECAP) >> 8 & 0x3FF) * 16;
    uint64_t drain = draw() & 3;

    act_number(names[g], g == 3 ? addr >> 12 : did);
    if (g == 3)
        act_number(ih ? "ih" : "am", am);
    addr = (addr & ~UINT64_C(0xFFF)) | (uint64_t)ih << 6 | am;
    if (queued) {
        submit(2 | g << 4 | drain << 6 | (uint64_t)did << 16, g == 3 ? addr : 0);
        return;
    }
    write64(iva, addr);
    command(iva + 8, UINT64_C(1) << 63 | (uint64_t)g << 60 | drain << 48 | (uint64_t)did << 32);
    act_done(read64(iva + 8) >> 57 & 3); /* IAIG */
}

void inv_entries(unsigned g, uint16_t index, unsigned im)
{
    act_number(g == 0 ? "iecg" : "iec", index);
    submit(4 | g << 4 | (uint64_t)(g == 0 ? 0 : im) << 27 | (uint64_t)(g == 0 ? 0 : index) << 32,
           0);
}
