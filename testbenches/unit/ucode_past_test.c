// SPDX-License-Identifier: Apache-2.0
// cosim/ucode_past.h: the microcode that ran in a cycle of late.
#include "gt.h"
#include "ucode_past.h"

static struct ucode_past past;

static void begin(void)
{
    past = (struct ucode_past){0};
}

GT_TEST(ucode_past, a_label_runs_until_the_next)
{
    static const char first[] = "iret", second[] = "flat_go";

    begin();
    ucode_past_add(&past, 10, first);
    ucode_past_add(&past, 11, first);
    ucode_past_add(&past, 15, second);
    EXPECT_TRUE(ucode_past_at(&past, 9) == NULL);
    EXPECT_TRUE(ucode_past_at(&past, 10) == first);
    EXPECT_TRUE(ucode_past_at(&past, 14) == first);
    EXPECT_TRUE(ucode_past_at(&past, 15) == second);
    EXPECT_TRUE(ucode_past_at(&past, UINT64_MAX) == second);
    EXPECT_U64(2, past.count);
}

GT_TEST(ucode_past, what_is_too_long_ago_is_not_known)
{
    static const char label[2][2] = {"a", "b"};

    begin();
    for (uint64_t i = 0; i < UCODE_PAST + 3; i++)
        ucode_past_add(&past, i, label[i % 2]);
    EXPECT_TRUE(ucode_past_at(&past, 2) == NULL);
    EXPECT_TRUE(ucode_past_at(&past, 3) == label[1]);
    EXPECT_TRUE(ucode_past_at(&past, UCODE_PAST + 2) == label[0]);
}
