// SPDX-License-Identifier: Apache-2.0
// --ioapic-sid.
#include "ioapic_option.h"

#include <stddef.h>

#include "gt.h"

static bool taken(const char *text, uint16_t *sid)
{
    char error[160];

    return ioapic_option(text, sid, error, sizeof(error));
}

GT_TEST(ioapic_option, a_source_id_is_bus_device_function)
{
    uint16_t sid = 0;

    EXPECT_TRUE(taken("f0:1f.0", &sid));
    EXPECT_U64(0xF0F8, sid);
    EXPECT_TRUE(taken("2:1.7", &sid));
    EXPECT_U64(0x020F, sid);
    EXPECT_TRUE(taken("FF:00.0", &sid));
    EXPECT_U64(0xFF00, sid);
}

GT_TEST(ioapic_option, nonsense_is_refused)
{
    static const char *const texts[] = {"",         "ff",       "ff:00",     "ff:20.0", "ff:00.8",
                                        "f0:1f.0 ", "100:00.0", "f0:1f.00",  "-1:00.0", " f0:00.0",
                                        "0x2:0.0",  "f0.00:0",  "f0:1f.0,x", "f0:-1.0"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint16_t sid;

        EXPECT_TRUE(!taken(texts[i], &sid));
    }
}

GT_TEST(ioapic_option, a_source_id_of_a_device_may_be_shared)
{
    uint16_t sid = 0;

    EXPECT_TRUE(taken("00:02.0", &sid));
    EXPECT_U64(0x0010, sid);
    EXPECT_TRUE(taken("01:00.0", &sid));
    EXPECT_U64(0x0100, sid);
    EXPECT_TRUE(!taken("00:00.0", &sid));
}
