// SPDX-License-Identifier: Apache-2.0
// The BIOS data area, and the tables of the MultiProcessor Specification 1.4, chapter 4.
#include "devices/bios.h"

#include <string.h>

#include "gt.h"

static const struct bios_processor processor = {0x506E3, 0x300};

static uint32_t get(const uint8_t *p, unsigned bytes)
{
    uint32_t v = 0;

    while (bytes-- > 0)
        v = v << 8 | p[bytes];
    return v;
}

static uint8_t sum(const uint8_t *p, uint32_t bytes)
{
    uint8_t s = 0;

    while (bytes-- > 0)
        s = (uint8_t)(s + *p++);
    return s;
}

GT_TEST(bios, data_area_names_the_serial_port_and_the_memory)
{
    uint8_t d[BIOS_DATA_BYTES];

    bios_build_data(d);
    EXPECT_U64(0x3F8, get(d, 2));
    EXPECT_U64(0x0200, get(d + 0x10, 2));
    EXPECT_U64(640, get(d + 0x13, 2));
    EXPECT_U64(0, get(d + 0x0E, 2));
}

GT_TEST(bios, floating_pointer_leads_to_the_table)
{
    uint8_t a[BIOS_MP_BYTES];
    uint32_t used = bios_build_mp(a, &processor);

    EXPECT_TRUE(used <= BIOS_MP_BYTES);
    EXPECT_TRUE(memcmp(a, "_MP_", 4) == 0);
    EXPECT_U64(0xF0010, get(a + 4, 4));
    EXPECT_U64(1, a[8]);
    EXPECT_U64(4, a[9]);
    EXPECT_U64(0, sum(a, 16));
    EXPECT_U64(0, get(a + 11, 4)); /* a table of its own, no IMCR */
    EXPECT_TRUE(memcmp(a + 16, "PCMP", 4) == 0);
    EXPECT_U64(used - 16, get(a + 20, 2));
    EXPECT_U64(0, sum(a + 16, used - 16));
    EXPECT_U64(0xFEE00000, get(a + 16 + 36, 4));
}

/* Each entry is as long as its kind says, and they fill the table. */
GT_TEST(bios, entries_are_those_of_the_board)
{
    uint8_t a[BIOS_MP_BYTES];
    uint32_t used = bios_build_mp(a, &processor);
    unsigned of_kind[5] = {0}, count = 0;
    const uint8_t *e = a + 16 + 44;

    while (e < a + used && e[0] < 5) {
        of_kind[e[0]]++;
        count++;
        e += e[0] == 0 ? 20 : 8;
    }
    EXPECT_TRUE(e == a + used);
    EXPECT_U64(count, get(a + 16 + 34, 2));
    EXPECT_U64(1, of_kind[0]);
    EXPECT_U64(2, of_kind[1]);
    EXPECT_U64(1, of_kind[2]);
    EXPECT_U64(1 + 15 + 3, of_kind[3]);
    EXPECT_U64(2, of_kind[4]);
}

GT_TEST(bios, processor_boots_and_has_its_signature)
{
    uint8_t a[BIOS_MP_BYTES];
    const uint8_t *e = a + 16 + 44;

    bios_build_mp(a, &processor);
    EXPECT_U64(0x14, e[2]);
    EXPECT_U64(3, e[3]);
    EXPECT_U64(0x506E3, get(e + 4, 4));
    EXPECT_U64(0x300, get(e + 8, 4));
}

static const uint8_t *input_of(const uint8_t *a, uint8_t bus, uint8_t irq)
{
    const uint8_t *e = a + 16 + 44 + 20 + 8 * 3 + 8; /* behind ExtINT */

    while (e[4] != bus || e[5] != irq)
        e += 8;
    return e;
}

/* IRQ 0 is input 2, IRQ 9 the SCI, a level that is active high; the edu device's pin A is input 22.
 */
GT_TEST(bios, interrupts_are_where_the_wires_are)
{
    uint8_t a[BIOS_MP_BYTES];

    bios_build_mp(a, &processor);
    EXPECT_U64(2, input_of(a, 1, 0)[7]);
    EXPECT_U64(4, input_of(a, 1, 4)[7]);
    EXPECT_U64(0, input_of(a, 1, 4)[2]);
    EXPECT_U64(9, input_of(a, 1, 9)[7]);
    EXPECT_U64(0xD, input_of(a, 1, 9)[2]);
    EXPECT_U64(22, input_of(a, 0, 2 << 2)[7]);
    EXPECT_U64(23, input_of(a, 0, 3 << 2)[7]);
    EXPECT_U64(20, input_of(a, 0, 4 << 2)[7]);
    EXPECT_U64(0xF, input_of(a, 0, 2 << 2)[2]);
}
