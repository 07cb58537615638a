// SPDX-License-Identifier: Apache-2.0
// What firmware has done to the board before a program starts. PCI Local Bus Specification 3.0,
// chapter 6; MultiProcessor Specification "Virtual Wire Mode".
#include "devices/pc_setup.h"

#include <string.h>

#include "gt.h"

#define CONFIG(f, reg) ((f)->config[reg])

static void quiet_byte(void *ctx, uint8_t byte)
{
    (void)ctx;
    (void)byte;
}

static void quiet_exit(void *ctx, uint32_t status)
{
    (void)ctx;
    (void)status;
}

static void begin(struct pc *pc, const struct pc_config *config)
{
    static const struct device_host host = {.console = quiet_byte, .guest_exit = quiet_exit};

    pc_init(pc, &host, config);
}

/* 6.2.5 "Base Addresses": a multiple of its size, inside the windows that the DSDT names, decoded,
 * and no two at one place. */
GT_TEST(pc_setup, every_bar_has_a_place_of_its_own)
{
    static struct pc pc;
    struct pci_window seen[16];
    unsigned count = 0;

    begin(&pc, NULL);
    for (unsigned i = 0; i < pc.bars; i++) {
        struct pci_window w = pci_bar_window(pc.bar[i].function, pc.bar[i].number);

        EXPECT_TRUE(w.bytes != 0);
        EXPECT_U64(0, w.base % w.bytes);
        EXPECT_TRUE(w.io ? w.base >= 0xD00 && w.base + w.bytes <= 0x10000
                         : w.base >= 0xC0000000 && w.base + w.bytes <= 0xFEC00000);
        for (unsigned k = 0; k < count; k++)
            EXPECT_TRUE(seen[k].io != w.io || seen[k].base + seen[k].bytes <= w.base ||
                        w.base + w.bytes <= seen[k].base);
        seen[count++] = w;
    }
    EXPECT_TRUE(count >= 3);
}

/* 6.2.2 "Device Control": bus mastering is the driver's to turn on. */
GT_TEST(pc_setup, no_function_may_write_to_memory)
{
    static struct pc pc;

    begin(&pc, NULL);
    for (unsigned i = 0; i < pc.pci.count; i++)
        EXPECT_TRUE(!pci_master_enabled(pc.pci.functions[i]));
}

/* 6.2.4 "Interrupt Line": the 8259's input, which the ISA bridge routes there as a level. */
GT_TEST(pc_setup, the_interrupt_line_is_where_the_pin_arrives)
{
    static struct pc pc;
    unsigned irq;

    begin(&pc, NULL);
    EXPECT_U64(11, irq = CONFIG(&pc.edu.pci, 0x3C)); /* pin A of device 2 is PIRQG */
    EXPECT_U64(10, CONFIG(&pc.traffic.pci, 0x3C));   /* of device 4 PIRQE */
    EXPECT_U64(0x0C00, pc_read(&pc, 0x4D0, 2, true));
    pc.edu.pci.intx = true;
    pc_advance(&pc, 0);
    EXPECT_U64(UINT32_C(1) << irq, pc.routed_lines);
}

/* As a reset leaves them: PCI chapter 6; ICH9 "PIRQ[n]_ROUT", ELCR. */
GT_TEST(pc_setup, a_bare_board_is_as_reset_leaves_it)
{
    static const struct pc_config bare = {.bare = true};
    static struct pc pc;

    begin(&pc, &bare);
    for (unsigned i = 0; i < pc.bars; i++)
        EXPECT_U64(0, pci_bar_window(pc.bar[i].function, pc.bar[i].number).bytes);
    EXPECT_U64(0, CONFIG(&pc.edu.pci, 4));
    EXPECT_U64(0, CONFIG(&pc.edu.pci, 0x3C));
    EXPECT_U64(0x80, CONFIG(&pc.isa_bridge, 0x60));
    EXPECT_U64(0x80, CONFIG(&pc.isa_bridge, 0x6B));
    EXPECT_U64(0, pc_read(&pc, 0x4D0, 2, true));
}
