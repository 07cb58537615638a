// SPDX-License-Identifier: Apache-2.0
// A driver of the virtio block device at 00:03.0, as a kernel has one: finds its structures by the
// capabilities, negotiates, reads, writes, and provokes each error; then again behind the IOMMU,
// with a buffer that it blocks. The disk (virtio.sh makes it) has 16 sectors; each byte of sector n
// is n.
#include "../lib/pci.h"
#include "../lib/vtd_regs.h"

#define LAPIC    UINT64_C(0xFEE00000)
#define DEVFN    0x18
#define BAR_MSIX UINT64_C(0xC0100000)
#define BAR_REGS UINT64_C(0xC0200000)
#define IOVA     UINT64_C(0x8000000)
#define SECTOR   512
#define SECTORS  16

#define VECTOR_QUEUE  0x50
#define VECTOR_CONFIG 0x51

#define T_IN    0
#define T_OUT   1
#define T_FLUSH 4
#define T_ID    8

#define NEXT     1
#define WRITE    2
#define INDIRECT 4

#define QUEUE 16

struct desc {
    uint64_t addr;
    uint32_t bytes;
    uint16_t flags, next;
};

/* One page: descriptors, available ring; used ring at 0x800. */
struct rings {
    struct desc desc[QUEUE];
    uint16_t flags, index, ring[QUEUE];
    uint8_t gap[0x800 - QUEUE * 16 - 4 - QUEUE * 2];
    volatile uint16_t used_flags, used_index;
    struct {
        uint32_t id, bytes;
    } used[QUEUE];
};

/* One page: header, status, indirect table at 0x100, data from 0x400. */
struct buffers {
    uint32_t type, zero;
    uint64_t sector;
    volatile uint8_t status;
    uint8_t gap[0x100 - 17];
    struct desc table[QUEUE];
    uint8_t gap2[0x400 - 0x100 - QUEUE * 16];
    uint8_t data[2 * SECTOR];
};

static unsigned failures;
static bool ringwalk; /* and not QEMU */
static volatile unsigned queue_interrupts, config_interrupts;
static uint64_t common, notify, isr, device;
static unsigned window; /* the capability that reaches BARs by configuration accesses */
static struct rings *rings;
static struct buffers *buffers;
static uint64_t rings_at, buffers_at; /* as the device sees them */

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

static void on_queue(struct frame *f)
{
    (void)f;
    queue_interrupts++;
    write32(LAPIC + 0xB0, 0);
}

static void on_config(struct frame *f)
{
    (void)f;
    config_interrupts++;
    write32(LAPIC + 0xB0, 0);
}

/* --- PCI --- */

static void take_capability(unsigned at)
{
    uint64_t where = BAR_REGS + pci_read(DEVFN, at + 8);

    switch (pci_byte(DEVFN, at + 3)) {
    case 1:
        common = where;
        break;
    case 2:
        notify = where;
        break;
    case 3:
        isr = where;
        break;
    case 4:
        device = where;
        break;
    case 5:
        window = at;
        break;
    default:
        break;
    }
}

static void find_structures(void)
{
    unsigned msix = 0;

    pci_write(DEVFN, 0x04, 0);
    pci_write(DEVFN, 0x14, 0xFFFFFFFF);
    check("BAR1 is 4 KiB", pci_read(DEVFN, 0x14) == 0xFFFFF000);
    pci_write(DEVFN, 0x20, 0xFFFFFFFF);
    pci_write(DEVFN, 0x24, 0xFFFFFFFF);
    check("BAR4 is 16 KiB, 64-bit",
          (pci_read(DEVFN, 0x20) & ~8u) == 0xFFFFC004 && pci_read(DEVFN, 0x24) == ~0u);
    pci_write(DEVFN, 0x14, (uint32_t)BAR_MSIX);
    pci_write(DEVFN, 0x20, (uint32_t)BAR_REGS);
    pci_write(DEVFN, 0x24, 0);
    pci_write(DEVFN, 0x04, 6);
    for (unsigned at = pci_byte(DEVFN, 0x34); at != 0; at = pci_byte(DEVFN, at + 1)) {
        if (pci_byte(DEVFN, at) == 0x11)
            msix = at;
        else if (pci_byte(DEVFN, at) == 9)
            take_capability(at);
    }
    check("common, notify, ISR and device structures", common && notify && isr && device);
    check("MSI-X of two vectors", msix && (pci_read(DEVFN, msix) >> 16 & 0x7FF) == 1);
    for (unsigned i = 0; i < 2; i++) {
        write32(BAR_MSIX + 16 * i, (uint32_t)LAPIC);
        write32(BAR_MSIX + 16 * i + 4, 0);
        write32(BAR_MSIX + 16 * i + 8, VECTOR_QUEUE + i);
        write32(BAR_MSIX + 16 * i + 12, 0);
    }
    pci_write(DEVFN, msix, pci_read(DEVFN, msix) | 0x80000000);
}

/* --- registers --- */

static void put16(unsigned field, uint16_t v)
{
    *(volatile uint16_t *)(common + field) = v;
}

static uint8_t status(void)
{
    return *(volatile uint8_t *)(common + 0x14);
}

static void set_status(uint8_t v)
{
    *(volatile uint8_t *)(common + 0x14) = v;
}

static void look_at(uint64_t address, unsigned bytes)
{
    pci_write(DEVFN, window + 4, 4);
    pci_write(DEVFN, window + 8, (uint32_t)(address - BAR_REGS));
    pci_write(DEVFN, window + 12, bytes);
}

/* As firmware reaches a device whose BARs it has not placed. */
static void by_configuration(void)
{
    check("the configuration access capability", window != 0);
    look_at(common + 0x12, 2);
    check("through it: one queue", (pci_read(DEVFN, window + 16) & 0xFFFF) == 1);
    look_at(common + 0x14, 1);
    pci_write(DEVFN, window + 16, 0x03);
    check("through it: the status is written", status() == 3);
    check("through it: and read", (pci_read(DEVFN, window + 16) & 0xFF) == 3);
    pci_write(DEVFN, window + 12, 3);
    pci_write(DEVFN, window + 16, 0);
    check("through it: no access of 3 bytes", status() == 3);
    set_status(0);
}

static void put64(unsigned field, uint64_t v)
{
    write32(common + field, (uint32_t)v);
    write32(common + field + 4, (uint32_t)(v >> 32));
}

static uint64_t offered(void)
{
    uint64_t v;

    write32(common, 0);
    v = read32(common + 4);
    write32(common, 1);
    return v | (uint64_t)read32(common + 4) << 32;
}

static bool accept(uint64_t features)
{
    write32(common + 8, 0);
    write32(common + 12, (uint32_t)features);
    write32(common + 8, 1);
    write32(common + 12, (uint32_t)(features >> 32));
    set_status(status() | 8);
    return (status() & 8) != 0;
}

static void start(void)
{
    set_status(0);
    while (status() != 0)
        continue;
    set_status(3);
    if (!accept(UINT64_C(3) << 32 | 1u << 28))
        check("the features are accepted", false);
    memset(rings, 0, sizeof(*rings));
    put16(0x10, 1);
    put16(0x16, 0);
    put16(0x18, QUEUE);
    put16(0x1A, 0);
    put64(0x20, rings_at);
    put64(0x28, rings_at + QUEUE * 16);
    put64(0x30, rings_at + 0x800);
    put16(0x1C, 1);
    set_status(status() | 4);
}

/* --- requests --- */

static bool needs_reset(void)
{
    return (status() & 0x40) != 0;
}

static uint64_t at(const volatile void *p)
{
    return buffers_at + ((uint64_t)p - (uint64_t)buffers);
}

static void describe(struct desc *d, uint64_t addr, uint32_t bytes, uint16_t flags, uint16_t next)
{
    *d = (struct desc){addr, bytes, flags, next};
}

/* Offers a chain; true when it came back, false when the device gave up. */
static bool offer(uint16_t head)
{
    uint16_t before = rings->used_index;

    rings->ring[rings->index % QUEUE] = head;
    __asm__ volatile("" : : : "memory");
    rings->index++;
    __asm__ volatile("mfence" : : : "memory");
    *(volatile uint16_t *)notify = 0;
    for (unsigned i = 0; i < 50000000; i++) {
        if (rings->used_index != before)
            return true;
        if (i % 64 == 63 && needs_reset())
            return false;
    }
    return false;
}

static void header(uint32_t type, uint64_t sector)
{
    buffers->type = type;
    buffers->sector = sector;
    buffers->status = 0xEE;
}

static uint8_t request(uint32_t type, uint64_t sector, uint64_t data, uint32_t bytes)
{
    struct desc *d = rings->desc;

    header(type, sector);
    describe(&d[0], at(&buffers->type), 16, NEXT, bytes != 0 ? 1 : 2);
    describe(&d[1], data, bytes, type == T_OUT ? NEXT : NEXT | WRITE, 2);
    describe(&d[2], at(&buffers->status), 1, WRITE, 0);
    return offer(0) ? buffers->status : 0xFF;
}

static uint8_t transfer(uint32_t type, uint64_t sector, uint32_t bytes)
{
    return request(type, sector, at(buffers->data), bytes);
}

static bool filled(uint8_t v, unsigned from, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        if (buffers->data[from + i] != v)
            return false;
    return true;
}

static void interrupts_settle(void)
{
    for (unsigned i = 0; i < 100; i++)
        __asm__ volatile("pause");
}

static void ordinary(void)
{
    unsigned before = queue_interrupts;

    check("read: two sectors as the disk has them",
          transfer(T_IN, 3, 2 * SECTOR) == 0 && filled(3, 0, SECTOR) && filled(4, SECTOR, SECTOR));
    interrupts_settle();
    check("an interrupt came", queue_interrupts == before + 1);
    memset(buffers->data, 0xA5, SECTOR);
    check("write", transfer(T_OUT, 6, SECTOR) == 0);
    memset(buffers->data, 0, SECTOR);
    check("flush", transfer(T_FLUSH, 0, 0) == 0);
    check("and read back", transfer(T_IN, 6, SECTOR) == 0 && filled(0xA5, 0, SECTOR));
    check("the last sector",
          transfer(T_IN, SECTORS - 1, SECTOR) == 0 && filled(SECTORS - 1, 0, SECTOR));
    check("identification", transfer(T_ID, 0, 20) == 0);
    ringwalk = memcmp(buffers->data, "ringwalk", 8) == 0;
    check("what there is not", transfer(1000, 0, 16) == 2);
}

static void split(void)
{
    struct desc *d = rings->desc, *t = buffers->table;

    header(T_IN, 9);
    memset(buffers->data, 0, 2 * SECTOR);
    describe(&d[4], at(&buffers->type), 5, NEXT, 7);
    describe(&d[7], at(&buffers->type) + 5, 11, NEXT, 2);
    describe(&d[2], at(buffers->data) + 1, 500, NEXT | WRITE, 9);
    describe(&d[9], at(buffers->data) + 601, 12, NEXT | WRITE, 1);
    describe(&d[1], at(&buffers->status), 1, WRITE, 0);
    check("segments at odd places", offer(4) && buffers->status == 0 && filled(9, 1, 500) &&
                                        filled(9, 601, 12) && filled(0, 501, 100));
    header(T_IN, 10);
    describe(&t[0], at(&buffers->type), 16, NEXT, 3);
    describe(&t[3], at(buffers->data), SECTOR, NEXT | WRITE, 1);
    describe(&t[1], at(&buffers->status), 1, WRITE, 0);
    describe(&d[5], at(t), 4 * 16, INDIRECT, 0);
    check("an indirect table", offer(5) && buffers->status == 0 && filled(10, 0, SECTOR));
}

static void errors(void)
{
    check("read beyond the end", transfer(T_IN, SECTORS, SECTOR) == 1);
    check("write over the end", transfer(T_OUT, SECTORS - 1, 2 * SECTOR) == 1);
    check("a sector number that wraps", transfer(T_IN, UINT64_MAX, SECTOR) == 1);
    check("no whole sectors", transfer(T_IN, 0, 100) == 1);
    check("and the device goes on",
          transfer(T_IN, SECTORS - 1, SECTOR) == 0 && filled(SECTORS - 1, 0, SECTOR));
}

/* The device asks for its reset, and works again behind it. */
static void gives_up(const char *what, uint16_t head)
{
    unsigned before = config_interrupts;
    bool gave_up = !offer(head) && needs_reset();

    interrupts_settle();
    check(what, gave_up && config_interrupts == before + 1);
    start();
}

/* QEMU reads zeros there. */
static void rings_where_nothing_is(void)
{
    uint64_t before = rings_at;

    if (ringwalk) {
        rings_at = UINT64_C(0x700000000);
        start();
        rings_at = before;
    }
    rings->index += ringwalk ? 0 : QUEUE;
    gives_up("rings where nothing is", 0);
}

static void broken_chains(void)
{
    struct desc *d = rings->desc;

    header(T_IN, 0);
    describe(&d[0], at(&buffers->type), 16, NEXT, 0);
    gives_up("a loop: DEVICE_NEEDS_RESET", 0);
    gives_up("a head outside the queue", QUEUE);
    describe(&d[0], at(&buffers->type), 16, NEXT, QUEUE);
    gives_up("a descriptor outside the queue", 0);
    describe(&d[0], at(&buffers->type), 16, NEXT, 1);
    describe(&d[1], at(buffers->data), SECTOR, NEXT | WRITE, 2);
    describe(&d[2], at(&buffers->status), 1, 0, 0);
    gives_up("readable behind writable", 0);
    describe(&d[0], at(&buffers->type), 8, NEXT, 1);
    describe(&d[1], at(&buffers->status), 1, WRITE, 0);
    gives_up("a short header", 0);
    describe(&d[0], at(buffers->table), 8, INDIRECT, 0);
    gives_up("half an indirect descriptor", 0);
    describe(&d[0], at(buffers->table), 2 * sizeof(*d), INDIRECT, 0);
    describe(&buffers->table[0], at(&buffers->type), 16, NEXT, 1);
    describe(&buffers->table[1], at(buffers->data), SECTOR, NEXT | WRITE, 0);
    gives_up("an indirect table that loops", 0);
    rings->index += QUEUE;
    gives_up("an index past the queue's end", 0);
    rings_where_nothing_is();
    check("works again", transfer(T_IN, 3, SECTOR) == 0 && filled(3, 0, SECTOR));
}

/* --- behind the IOMMU --- */

static void gcmd(unsigned bit)
{
    uint32_t now = read32(IOMMU + REG_GSTS) & GSTS_LEVELS;

    write32(IOMMU + REG_GCMD, now | 1u << bit);
    while ((read32(IOMMU + REG_GSTS) >> bit & 1) == 0)
        continue;
}

/* 39-bit tables: IOVA is the rings' page, the next one the buffers', the third nothing. */
static void translate(void)
{
    uint64_t *root = page_alloc(), *context = page_alloc();
    uint64_t *l3 = page_alloc(), *l2 = page_alloc(), *l1 = page_alloc();

    root[0] = (uint64_t)context | 1;
    context[DEVFN * 2] = (uint64_t)l3 | 1;
    context[DEVFN * 2 + 1] = 1 | 5 << 8; /* AW 39-bit, DID 5 */
    l3[IOVA >> 30 & 511] = (uint64_t)l2 | 3;
    l2[IOVA >> 21 & 511] = (uint64_t)l1 | 3;
    l1[IOVA >> 12 & 511] = (uint64_t)rings | 3;
    l1[(IOVA >> 12 & 511) + 1] = (uint64_t)buffers | 3;
    write64(IOMMU + REG_RTADDR, (uint64_t)root);
    gcmd(GCMD_SRTP);
    write64(IOMMU + REG_CCMD, UINT64_C(1) << 63 | UINT64_C(1) << 61);
    while (read64(IOMMU + REG_CCMD) >> 63)
        continue;
    gcmd(GCMD_TE);
    rings_at = IOVA;
    buffers_at = IOVA + 0x1000;
}

static bool fault_of_the_disk(void)
{
    uint64_t fro = (read64(IOMMU + REG_CAP) >> 24 & 0x3FF) * 16;
    uint32_t fsts = read32(IOMMU + REG_FSTS), n = fsts >> 8 & 0xFF;
    uint64_t lo = read64(IOMMU + fro + n * 16), hi = read64(IOMMU + fro + n * 16 + 8);
    bool ok = (fsts & 2) && hi >> 63 && (uint16_t)hi == DEVFN && lo == IOVA + 0x2000;

    write64(IOMMU + fro + n * 16 + 8, UINT64_C(1) << 63);
    return ok;
}

static void behind_the_iommu(void)
{
    uint8_t got;

    set_status(0);
    translate();
    start();
    check("translated: read", transfer(T_IN, 2, SECTOR) == 0 && filled(2, 0, SECTOR));
    memset(buffers->data, 0x77, SECTOR);
    check("translated: write", transfer(T_OUT, 7, SECTOR) == 0);
    got = request(T_IN, 1, IOVA + 0x2000, SECTOR);
    /* QEMU does not notice that its access was blocked. */
    check("a blocked buffer is an error", got == 1 || !ringwalk);
    check("and a fault of the disk", fault_of_the_disk());
    start();
    check("the written sector", transfer(T_IN, 7, SECTOR) == 0 && filled(0x77, 0, SECTOR));
    write32(BAR_MSIX + 12, 1);
    got = (uint8_t)queue_interrupts;
    check("with its vector masked", transfer(T_FLUSH, 0, 0) == 0);
    interrupts_settle();
    check("no interrupt comes", (uint8_t)queue_interrupts == got);
    write32(BAR_MSIX + 12, 0);
    interrupts_settle();
    check("but the pending one does", (uint8_t)queue_interrupts == (uint8_t)(got + 1));
}

int main(void)
{
    if (pci_read(DEVFN, 0) != 0x10421AF4) {
        put("no disk\n");
        return 1;
    }
    on_trap(VECTOR_QUEUE, on_queue);
    on_trap(VECTOR_CONFIG, on_config);
    write32(LAPIC + 0xF0, 0x1FF);
    __asm__ volatile("sti");
    rings = page_alloc();
    buffers = page_alloc();
    rings_at = (uint64_t)rings;
    buffers_at = (uint64_t)buffers;
    find_structures();
    by_configuration();
    set_status(0);
    check("VERSION_1, ACCESS_PLATFORM, FLUSH, INDIRECT are offered",
          (offered() & (UINT64_C(3) << 32 | 1 << 28 | 1 << 9)) ==
              (UINT64_C(3) << 32 | 1 << 28 | 1 << 9));
    set_status(3);
    check("not without ACCESS_PLATFORM", !accept(UINT64_C(1) << 32));
    check("a capacity of 16 sectors", read64(device) == SECTORS);
    start();
    ordinary();
    split();
    errors();
    broken_chains();
    behind_the_iommu();
    line("failures", failures);
    return failures != 0;
}
