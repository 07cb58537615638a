// SPDX-License-Identifier: Apache-2.0
// PCI configuration and MSI-X: PCI Local Bus Specification 3.0, chapter 6.
#include "devices/pci.h"

#include "devices/pci_msix.h"
#include "host_bench.h"

struct pci_bench {
    struct host_bench b;
    struct pci_bus bus;
    struct pci_function f;
    struct pci_msix m;
};

static void settle(void *owner, unsigned offset, unsigned bytes)
{
    (void)offset;
    (void)bytes;
    pci_msix_settle(owner);
}

static void begin(struct pci_bench *t)
{
    memset(t, 0, sizeof(*t));
    host_bench_init(&t->b);
    pci_function_init(&t->f, 0x29, 0x56781234, 0x020000);
    pci_bar_init(&t->f, 0, PCI_BAR_MEMORY, 0x1000);
    pci_bar_init(&t->f, 1, PCI_BAR_IO, 0x20);
    pci_bar_init(&t->f, 2, PCI_BAR_MEMORY64, 0x10000);
    pci_msi_init(&t->f);
    t->m = (struct pci_msix){
        .function = &t->f, .host = &t->b.host, .sid = 0x29, .tag = 7, .vectors = 3};
    pci_msix_init(&t->m, 2, 0x2000, 0x3000);
    t->f.owner = &t->m;
    t->f.written = settle;
    pci_bus_add(&t->bus, &t->f);
}

static uint32_t by_port(struct pci_bench *t, unsigned reg, unsigned bytes)
{
    pci_port_ops.write(&t->bus, 0, 4, 0x80002900 | (reg & 0xFC));
    return (uint32_t)pci_port_ops.read(&t->bus, 4 + (reg & 3), bytes);
}

static void put(struct pci_bench *t, unsigned reg, unsigned bytes, uint32_t v)
{
    pci_ecam_ops.write(&t->bus, 0x29000 + reg, bytes, v);
}

static uint32_t get(struct pci_bench *t, unsigned reg, unsigned bytes)
{
    return (uint32_t)pci_ecam_ops.read(&t->bus, 0x29000 + reg, bytes);
}

/* Every register, in each width: the ports and ECAM show the same. */
GT_TEST(pci, ports_and_ecam_agree)
{
    struct pci_bench t;

    begin(&t);
    for (unsigned reg = 0; reg < 256; reg++)
        for (unsigned bytes = 1; bytes <= 4; bytes *= 2)
            if (reg % bytes == 0)
                EXPECT_U64(get(&t, reg, bytes), by_port(&t, reg, bytes));
    EXPECT_U64(0x56781234, get(&t, 0, 4));
    EXPECT_U64(0, get(&t, 256, 4));
    EXPECT_U64(UINT32_MAX, (uint32_t)pci_ecam_ops.read(&t.bus, 0x30000, 4));
    by_port(&t, 0, 4);
    pci_port_ops.write(&t.bus, 5, 1, 0); /* the ID is not written */
    EXPECT_U64(0x56781234, get(&t, 0, 4));
    pci_port_ops.write(&t.bus, 0, 4, 0x00002900);
    EXPECT_U64(UINT64_MAX, pci_port_ops.read(&t.bus, 4, 4));
    pci_port_ops.write(&t.bus, 0, 4, 0x80012900);
    EXPECT_U64(UINT64_MAX, pci_port_ops.read(&t.bus, 4, 4));
}

/* "Base Addresses": all ones read back as the size and the kind. */
GT_TEST(pci, bars_tell_their_size)
{
    static const uint32_t sizes[] = {0xFFFFF000, 0xFFFFFFE1, 0xFFFF0004, 0xFFFFFFFF, 0, 0};
    struct pci_bench t;

    begin(&t);
    for (unsigned i = 0; i < 6; i++) {
        put(&t, 0x10 + 4 * i, 4, UINT32_MAX);
        EXPECT_U64(sizes[i], get(&t, 0x10 + 4 * i, 4));
    }
    put(&t, 0x30, 4, UINT32_MAX); /* no ROM */
    EXPECT_U64(0, get(&t, 0x30, 4));
}

GT_TEST(pci, bars_move_and_answer_when_their_space_is_on)
{
    struct pci_bench t;

    begin(&t);
    put(&t, 0x10, 4, 0xC0001FFF);
    put(&t, 0x14, 4, 0x0000C040);
    put(&t, 0x18, 4, 0x00030000);
    put(&t, 0x1C, 4, 0x00000012);
    EXPECT_U64(0, pci_bar_window(&t.f, 0).bytes);
    put(&t, 4, 2, 0xFFFF);
    EXPECT_U64(0x0407, get(&t, 4, 2));
    EXPECT_U64(0xC0001000, pci_bar_window(&t.f, 0).base);
    EXPECT_U64(0x1000, pci_bar_window(&t.f, 0).bytes);
    EXPECT_TRUE(pci_bar_window(&t.f, 1).io);
    EXPECT_U64(0xC040, pci_bar_window(&t.f, 1).base);
    EXPECT_U64(UINT64_C(0x1200030000), pci_bar_window(&t.f, 2).base);
    EXPECT_U64(0, pci_bar_window(&t.f, 3).bytes);
    put(&t, 0x11, 1, 0x40); /* one byte of it */
    EXPECT_U64(0xC0004000, pci_bar_window(&t.f, 0).base);
    put(&t, 4, 2, 2);
    EXPECT_U64(0, pci_bar_window(&t.f, 1).bytes);
    put(&t, 0x10, 4, 0);
    EXPECT_U64(0, pci_bar_window(&t.f, 0).bytes);
}

GT_TEST(pci, the_pin_shows_and_is_turned_off)
{
    struct pci_bench t;

    begin(&t);
    t.f.config[PCI_INT_PIN] = 1;
    t.f.intx = true;
    EXPECT_U64(0x0018, get(&t, 6, 2)); /* interrupt status, capabilities */
    EXPECT_TRUE(pci_intx_asserted(&t.f));
    put(&t, 5, 1, 4);
    EXPECT_TRUE(!pci_intx_asserted(&t.f));
    put(&t, 5, 1, 0);
    put(&t, t.f.msix + 2u, 2, 0x8000);
    EXPECT_TRUE(!pci_intx_asserted(&t.f));
    put(&t, t.f.msix + 2u, 2, 0);
    put(&t, t.f.msi + 2u, 2, 1);
    EXPECT_TRUE(!pci_intx_asserted(&t.f));
    put(&t, 0x3C, 2, 0x99AB);
    EXPECT_U64(0x01AB, get(&t, 0x3C, 2));
}

static void vector(struct pci_bench *t, unsigned i, uint64_t addr, uint32_t data, uint32_t control)
{
    pci_msix_table_write(&t->m, 16 * i, 8, addr);
    pci_msix_table_write(&t->m, 16 * i + 8, 4, data);
    pci_msix_table_write(&t->m, 16 * i + 12, 4, control);
}

GT_TEST(pci, msix_capability_and_table)
{
    struct pci_bench t;

    begin(&t);
    EXPECT_U64(0x00024011, get(&t, t.f.msix, 4)); /* 3 vectors, then MSI at 40h */
    EXPECT_U64(0x2002, get(&t, t.f.msix + 4u, 4));
    EXPECT_U64(0x3002, get(&t, t.f.msix + 8u, 4));
    EXPECT_U64(1, pci_msix_table_read(&t.m, 12, 4)); /* masked from reset on */
    vector(&t, 2, UINT64_C(0xFEE0000012345678), 0x4321, 0xFFFFFFFE);
    EXPECT_U64(UINT64_C(0xFEE0000012345678), pci_msix_table_read(&t.m, 32, 8));
    EXPECT_U64(0x4321, pci_msix_table_read(&t.m, 40, 8));
    EXPECT_U64(0, pci_msix_table_read(&t.m, 48, 4));
    EXPECT_U64(UINT64_MAX, pci_msix_table_read(&t.m, 0, 2));
    EXPECT_U64(UINT64_MAX, pci_msix_table_read(&t.m, 4, 8));
}

/* "Per-vector Masking and Function Masking": what is raised meanwhile waits. */
GT_TEST(pci, msix_masks_hold_and_let_go)
{
    struct pci_bench t;

    begin(&t);
    put(&t, 4, 2, 6);
    vector(&t, 0, 0xFEE00000, 0x40, 1);
    vector(&t, 1, 0xFEE01000, 0x41, 0);
    pci_msix_raise(&t.m, 1); /* MSI-X is off */
    EXPECT_U64(0, t.b.requests);
    put(&t, t.f.msix + 2u, 2, 0xC000);
    pci_msix_raise(&t.m, 0);
    pci_msix_raise(&t.m, 1);
    pci_msix_raise(&t.m, 1);
    EXPECT_U64(3, pci_msix_pending_read(&t.m, 0, 8));
    EXPECT_U64(0, t.b.requests);
    put(&t, t.f.msix + 2u, 2, 0x8000);
    EXPECT_U64(1, t.b.requests);
    EXPECT_U64(0xFEE01000, t.b.request[0].addr);
    EXPECT_U64(0x41, t.b.request[0].data[0]);
    EXPECT_U64(4, t.b.request[0].len);
    EXPECT_U64(0x29, t.b.request[0].sid);
    EXPECT_U64(1, pci_msix_pending_read(&t.m, 0, 8));
    pci_msix_table_write(&t.m, 12, 4, 0);
    EXPECT_U64(2, t.b.requests);
    EXPECT_U64(0, pci_msix_pending_read(&t.m, 0, 8));
    pci_msix_raise(&t.m, 3); /* none of its vectors */
    put(&t, 4, 2, 2);
    pci_msix_raise(&t.m, 0); /* no bus master */
    EXPECT_U64(2, t.b.requests);
}
