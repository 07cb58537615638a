// SPDX-License-Identifier: Apache-2.0
// The legality oracle's sets of points in time.
#include "gt.h"
#include "times.h"

GT_TEST(legality_times, spans_that_touch_are_one)
{
    struct times t = {0};

    times_add(&t, 10, 20);
    times_add(&t, 30, 40);
    times_add(&t, 5, 5);
    EXPECT_U64(2, t.count);
    times_add(&t, 20, 30);
    EXPECT_U64(1, t.count);
    EXPECT_U64(10, t.span[0].from);
    EXPECT_U64(40, times_end(&t));
}

GT_TEST(legality_times, what_both_have)
{
    struct times a = {0}, b = {0}, c;

    times_add(&a, 0, 10);
    times_add(&a, 20, 30);
    times_add(&b, 5, 25);
    c = times_both(&a, &b);
    EXPECT_U64(2, c.count);
    EXPECT_U64(5, c.span[0].from);
    EXPECT_U64(10, c.span[0].to);
    EXPECT_U64(20, c.span[1].from);
    EXPECT_U64(25, c.span[1].to);
    c = times_within(&c, 10, 20);
    EXPECT_U64(0, times_end(&c));
}

GT_TEST(legality_times, a_full_set_grows_coarser_and_loses_nothing)
{
    struct times t = {0};

    for (uint64_t i = 0; i < 3 * TIMES_SPANS; i++)
        times_add(&t, 10 * i, 10 * i + 5);
    EXPECT_U64(TIMES_SPANS, t.count);
    for (uint64_t i = 0; i < 3 * TIMES_SPANS; i++) {
        struct times part = times_within(&t, 10 * i, 10 * i + 5);

        EXPECT_U64(1, part.count);
        EXPECT_U64(10 * i + 5, times_end(&part));
    }
}
