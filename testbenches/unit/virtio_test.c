// SPDX-License-Identifier: Apache-2.0
// The virtio block device: VIRTIO 1.2 "Device Initialization", "Split Virtqueues", "Block Device".
#include <string.h>

#include "virtio_bench.h"

/* "Virtio Structure PCI Capabilities": each structure is found in the list. */
GT_TEST(virtio, capabilities_lead_to_the_registers)
{
    struct virtio_bench t;
    unsigned seen = 0;

    virtio_bench_init(&t, false);
    for (unsigned at = t.v.pci.config[0x34]; at != 0; at = t.v.pci.config[at + 1])
        if (t.v.pci.config[at] == 9) {
            seen |= 1u << t.v.pci.config[at + 3];
            if (t.v.pci.config[at + 3] != 5) /* the driver's to set up */
                EXPECT_U64(4, t.v.pci.config[at + 4]);
        }
    EXPECT_U64(0x3E, seen);
    EXPECT_U64(8, virtio_get(&t, 0x2000, 8));
    EXPECT_U64(512, virtio_get(&t, 0x2014, 4));
    EXPECT_U64(1, virtio_get(&t, 0x12, 2));
    EXPECT_U64(64, virtio_get(&t, 0x18, 2));
}

static void window(struct virtio_bench *t, struct pci_bus *bus, uint8_t bar, uint32_t offset,
                   uint32_t length)
{
    unsigned at = 0x18000u + t->v.window;

    *bus = (struct pci_bus){.functions = {&t->v.pci}, .count = 1};
    pci_ecam_ops.write(bus, at + 4, 1, bar);
    pci_ecam_ops.write(bus, at + 8, 4, offset);
    pci_ecam_ops.write(bus, at + 12, 4, length);
}

/* "PCI configuration access capability": an access to its data is one to the BAR. */
GT_TEST(virtio, registers_by_configuration_accesses)
{
    struct virtio_bench t;
    struct pci_bus bus;
    unsigned data;

    virtio_bench_init(&t, false);
    data = 0x18000u + t.v.window + 16u;
    window(&t, &bus, 4, 0x18, 2); /* queue_size */
    EXPECT_U64(64, pci_ecam_ops.read(&bus, data, 4));
    pci_ecam_ops.write(&bus, data, 4, 0xFFFF0010);
    EXPECT_U64(16, virtio_get(&t, 0x18, 2));
    window(&t, &bus, 4, 0x14, 1);
    pci_ecam_ops.write(&bus, data, 1, 0x03);
    EXPECT_U64(0x03, virtio_get(&t, 0x14, 1));
    window(&t, &bus, 1, 0x08, 4); /* data of the first vector */
    pci_ecam_ops.write(&bus, data, 4, 0x4051);
    EXPECT_U64(0x4051, virtio_blk_msix_ops.read(&t.v, 8, 4));
    t.v.isr = 1;
    window(&t, &bus, 4, 0x1000, 1);
    pci_ecam_ops.read(&bus, data - 4, 4); /* its length is not its data */
    EXPECT_U64(1, t.v.isr);
    EXPECT_U64(1, pci_ecam_ops.read(&bus, data, 1));
    EXPECT_U64(0, t.v.isr);
}

GT_TEST(virtio, configuration_accesses_that_cannot_be)
{
    static const struct {
        uint8_t bar;
        uint32_t offset, length;
    } rows[] = {{4, 0x14, 3}, {4, 0x14, 0},       {4, 0x16, 4},   {4, 0x4000, 1}, {1, 0x1000, 4},
                {0, 0, 4},    {4, 0xFFFFFFFC, 4}, {255, 0x14, 1}, {4, 0x14, 8}};
    struct virtio_bench t;
    struct pci_bus bus;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        virtio_bench_init(&t, false);
        window(&t, &bus, rows[i].bar, rows[i].offset, rows[i].length);
        EXPECT_U64(0xFFFFFFFF, pci_ecam_ops.read(&bus, 0x18010u + t.v.window, 4));
        pci_ecam_ops.write(&bus, 0x18010u + t.v.window, 4, 0x03);
        EXPECT_U64(0, virtio_get(&t, 0x14, 1));
    }
}

/* "Feature Bits": FEATURES_OK stays only when the set can be had. */
GT_TEST(virtio, features_are_negotiated)
{
    struct virtio_bench t;

    virtio_bench_init(&t, true);
    EXPECT_U64(0x10000264, virtio_get(&t, 0x04, 4)); /* RO too */
    virtio_put(&t, 0x00, 4, 1);
    EXPECT_U64(3, virtio_get(&t, 0x04, 4));
    virtio_put(&t, 0x08, 4, 1);
    virtio_put(&t, 0x0C, 4, 1); /* without ACCESS_PLATFORM */
    virtio_put(&t, 0x14, 1, 0x0B);
    EXPECT_U64(0x03, virtio_get(&t, 0x14, 1));
    virtio_put(&t, 0x0C, 4, 7); /* one that is not offered */
    virtio_put(&t, 0x14, 1, 0x0B);
    EXPECT_U64(0x03, virtio_get(&t, 0x14, 1));
    virtio_put(&t, 0x0C, 4, 3);
    virtio_put(&t, 0x14, 1, 0x0B);
    EXPECT_U64(0x0B, virtio_get(&t, 0x14, 1));
    virtio_put(&t, 0x14, 1, 0);
    EXPECT_U64(0, virtio_get(&t, 0x0C, 4));
}

GT_TEST(virtio, a_read_arrives_with_its_status_and_an_interrupt)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    virtio_request(&t, 0, 2, 1024);
    EXPECT_U64(0, t.memory[STATUS_BYTE]);
    EXPECT_TRUE(memcmp(t.memory + DATA, t.sectors + 1024, 1024) == 0);
    EXPECT_U64(1, virtio_used_index(&t));
    EXPECT_U64(1025, virtio_used_bytes(&t, 0));
    EXPECT_U64(1, t.messages);
    EXPECT_U64(0xFEE00000, t.message_addr);
    EXPECT_U64(0x50, t.message_data);
}

GT_TEST(virtio, a_write_reaches_the_disk)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    memset(t.memory + DATA, 0xA5, 512);
    virtio_request(&t, 1, 7, 512);
    EXPECT_U64(0, t.memory[STATUS_BYTE]);
    EXPECT_U64(0xA5, t.sectors[7 * 512]);
    EXPECT_U64(0xA5, t.sectors[8 * 512 - 1]);
    EXPECT_U64(1, virtio_used_bytes(&t, 0));
}

/* "Message Framing": segments at any boundary, odd addresses. */
GT_TEST(virtio, framing_is_the_drivers_choice)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    virtio_header(&t, 0, 1);
    virtio_descriptor(&t, DESCRIPTORS, 3, HEADER, 7, 1, 4);
    virtio_descriptor(&t, DESCRIPTORS, 4, HEADER + 7, 9, 1, 5);
    virtio_descriptor(&t, DESCRIPTORS, 5, DATA + 3, 501, 3, 6);
    virtio_descriptor(&t, DESCRIPTORS, 6, DATA + 1000, 12, 2, 0);
    virtio_offer(&t, 3);
    EXPECT_TRUE(memcmp(t.memory + DATA + 3, t.sectors + 512, 501) == 0);
    EXPECT_TRUE(memcmp(t.memory + DATA + 1000, t.sectors + 512 + 501, 11) == 0);
    EXPECT_U64(0, t.memory[DATA + 1011]);
    EXPECT_U64(3, t.memory[USED + 4]);
}

/* Flush, identification, what there is not; the queue wraps. */
GT_TEST(virtio, other_requests)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    for (unsigned i = 0; i < 20; i++) {
        virtio_request(&t, 4, 0, 0);
        EXPECT_U64(0, t.memory[STATUS_BYTE]);
    }
    virtio_request(&t, 8, 0, 20);
    EXPECT_STR("ringwalk", (const char *)t.memory + DATA);
    virtio_request(&t, 99, 0, 16);
    EXPECT_U64(2, t.memory[STATUS_BYTE]);
    EXPECT_U64(22, virtio_used_index(&t));
}

GT_TEST(virtio, errors_of_a_request_stand_in_its_status)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    virtio_request(&t, 0, 8, 512); /* beyond the end */
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    virtio_request(&t, 0, UINT64_MAX, 512);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    virtio_request(&t, 1, 7, 1024); /* its second half is */
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    EXPECT_U64((uint8_t)(7 + 7 * 512), t.sectors[7 * 512]); /* and nothing was written */
    virtio_request(&t, 0, 0, 100);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    t.disk_fails = true;
    virtio_request(&t, 0, 0, 512);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    virtio_request(&t, 1, 0, 512);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    virtio_request(&t, 4, 0, 0);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    t.disk_fails = false;
    t.blocked = DATA >> 12; /* by the IOMMU */
    virtio_request(&t, 0, 0, 512);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    virtio_request(&t, 1, 0, 512);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    EXPECT_U64(0, t.sectors[0]);
    t.blocked = 0;
    virtio_request(&t, 0, 0, 512);
    EXPECT_U64(0, t.memory[STATUS_BYTE]);
    EXPECT_TRUE(!virtio_needs_reset(&t));
}

GT_TEST(virtio, a_read_only_disk_is_not_written)
{
    struct virtio_bench t;

    virtio_bench_init(&t, true);
    virtio_start(&t);
    virtio_request(&t, 1, 0, 512);
    EXPECT_U64(1, t.memory[STATUS_BYTE]);
    virtio_request(&t, 0, 0, 512);
    EXPECT_U64(0, t.memory[STATUS_BYTE]);
}

GT_TEST(virtio, an_indirect_table)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    virtio_header(&t, 0, 5);
    virtio_descriptor(&t, TABLE, 0, HEADER, 16, 1, 2);
    virtio_descriptor(&t, TABLE, 2, DATA, 512, 3, 1);
    virtio_descriptor(&t, TABLE, 1, STATUS_BYTE, 1, 2, 0);
    virtio_descriptor(&t, DESCRIPTORS, 6, TABLE, 48, 4, 0);
    virtio_offer(&t, 6);
    EXPECT_TRUE(memcmp(t.memory + DATA, t.sectors + 5 * 512, 512) == 0);
    EXPECT_U64(1, virtio_used_index(&t));
}

/* Each of these cannot be: the device asks for its reset, by an interrupt, and does nothing more.
 */
enum defect {
    HEAD_OUTSIDE,
    NEXT_OUTSIDE,
    LOOP,
    NO_BYTES,
    READABLE_BEHIND_WRITABLE,
    SHORT_HEADER,
    NO_STATUS,
    INDIRECT_WITH_NEXT,
    INDIRECT_TWICE,
    INDIRECT_ODD,
    INDEX_AHEAD,
    HEADER_BLOCKED,
    STATUS_BLOCKED,
    RING_BLOCKED,
    TABLE_NOWHERE,
    DEFECTS
};

static void make(struct virtio_bench *t, enum defect d)
{
    virtio_header(t, 0, 0);
    virtio_descriptor(t, DESCRIPTORS, 0, HEADER,
                      d == SHORT_HEADER ? 15
                      : d == NO_BYTES   ? 0
                                        : 16,
                      1,
                      d == NEXT_OUTSIDE ? QUEUE_SIZE
                      : d == LOOP       ? 0
                                        : 1);
    virtio_descriptor(t, DESCRIPTORS, 1, DATA, 512, d == NO_STATUS ? 0 : 3, 2);
    virtio_descriptor(t, DESCRIPTORS, 2, STATUS_BYTE, 1, d == READABLE_BEHIND_WRITABLE ? 0 : 2, 0);
    virtio_descriptor(t, TABLE, 0, TABLE, 16, 4, 0);
    if (d == INDIRECT_WITH_NEXT || d == INDIRECT_TWICE)
        virtio_descriptor(t, DESCRIPTORS, 0, TABLE, 16, d == INDIRECT_TWICE ? 4 : 5, 1);
    if (d == INDIRECT_ODD || d == TABLE_NOWHERE)
        virtio_descriptor(t, DESCRIPTORS, 0, d == TABLE_NOWHERE ? MEMORY : TABLE,
                          d == TABLE_NOWHERE ? 16 : 17, 4, 0);
    if (d == INDEX_AHEAD)
        t->memory[AVAILABLE + 2] = QUEUE_SIZE;
    t->blocked = d == HEADER_BLOCKED ? HEADER >> 12 : d == RING_BLOCKED ? AVAILABLE >> 12 : 0;
    if (d == STATUS_BLOCKED)
        virtio_descriptor(t, DESCRIPTORS, 2, MEMORY, 1, 2, 0);
}

GT_TEST(virtio, what_cannot_be_needs_a_reset)
{
    for (enum defect d = 0; d < DEFECTS; d++) {
        struct virtio_bench t;

        virtio_bench_init(&t, false);
        virtio_start(&t);
        make(&t, d);
        virtio_offer(&t, d == HEAD_OUTSIDE ? QUEUE_SIZE : 0);
        EXPECT_TRUE(virtio_needs_reset(&t));
        EXPECT_U64(1, t.messages);
        EXPECT_U64(0x51, t.message_data);
        EXPECT_TRUE(t.requests < 64); /* a loop is found in time */
        EXPECT_U64(0, virtio_used_index(&t));
        t.blocked = 0;
        virtio_request(&t, 4, 0, 0);
        EXPECT_U64(0, virtio_used_index(&t));
    }
}

/* A reset in the middle: answers that are still to come belong to nobody. */
GT_TEST(virtio, a_reset_forgets_what_is_under_way)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    virtio_header(&t, 0, 0);
    t.memory[AVAILABLE + 2] = 1;
    virtio_put(&t, NOTIFY, 2, 0);
    EXPECT_U64(1, t.b.requests);
    virtio_put(&t, 0x14, 1, 0);
    virtio_start(&t);
    t.memory[AVAILABLE + 2] = 0;
    virtio_request(&t, 0, 3, 512);
    EXPECT_U64(0, t.memory[STATUS_BYTE]);
    EXPECT_TRUE(memcmp(t.memory + DATA, t.sectors + 3 * 512, 512) == 0);
    EXPECT_U64(1, virtio_used_index(&t));
}

/* Without MSI-X: ISR and the pin; NO_INTERRUPT keeps both still. */
GT_TEST(virtio, the_pin_follows_the_isr)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    t.v.pci.config[t.v.pci.msix + 3] = 0;
    t.memory[AVAILABLE] = 1;
    virtio_request(&t, 4, 0, 0);
    EXPECT_TRUE(!pci_intx_asserted(&t.v.pci));
    t.memory[AVAILABLE] = 0;
    virtio_request(&t, 4, 0, 0);
    EXPECT_TRUE(pci_intx_asserted(&t.v.pci));
    EXPECT_U64(1, virtio_get(&t, 0x1000, 1));
    EXPECT_U64(0, virtio_get(&t, 0x1000, 1));
    EXPECT_TRUE(!pci_intx_asserted(&t.v.pci));
}

/* Without bus mastering nothing moves. */
GT_TEST(virtio, no_bus_master_no_access)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    virtio_start(&t);
    t.v.pci.config[4] = PCI_COMMAND_MEMORY;
    virtio_request(&t, 4, 0, 0);
    EXPECT_U64(0, t.requests);
    EXPECT_TRUE(virtio_needs_reset(&t));
}

/* "Common configuration structure layout": a field takes accesses of its own width. */
GT_TEST(virtio, odd_accesses)
{
    struct virtio_bench t;

    virtio_bench_init(&t, false);
    EXPECT_U64(0xFFFF, virtio_get(&t, 0x14, 2));
    EXPECT_U64(0xFF, virtio_get(&t, 0x10, 1));
    EXPECT_U64(UINT32_MAX, virtio_get(&t, 0x38, 4));
    virtio_put(&t, 0x24, 4, 0x12);
    virtio_put(&t, 0x20, 4, 0x34);
    EXPECT_U64(UINT64_C(0x1200000034), virtio_get(&t, 0x20, 8));
    virtio_put(&t, 0x18, 2, 48);
    EXPECT_U64(64, virtio_get(&t, 0x18, 2));
    virtio_put(&t, 0x16, 2, 1);
    EXPECT_U64(0, virtio_get(&t, 0x18, 2));
    virtio_put(&t, 0x1A, 2, 9);
    virtio_put(&t, 0x16, 2, 0);
    EXPECT_U64(0xFFFF, virtio_get(&t, 0x1A, 2));
    virtio_put(&t, 0x1A, 2, 1);
    EXPECT_U64(1, virtio_get(&t, 0x1A, 2));
    virtio_put(&t, 0x10, 2, 2);
    EXPECT_U64(0xFFFF, virtio_get(&t, 0x10, 2));
}
