// SPDX-License-Identifier: Apache-2.0
// What a bundle's report says of the two walks of a failing translation.
#include "walk_diff.h"

#include <string.h>

#include "gt.h"
#include "record.h"

#define TEXT_BYTES 2000

static void print(char text[TEXT_BYTES], const struct record_log *log, const char *stream)
{
    FILE *f = fmemopen(text, TEXT_BYTES, "w");

    walk_diff(f, log, stream);
    fclose(f);
}

GT_TEST(walk_diff, names_the_step_at_which_the_walks_part)
{
    struct record_log *log = record_log_create(4096);
    struct rec_walk both = {.addr = 0x1000, .value = 0x2007, .level = 4};
    struct rec_walk rtl = {.addr = 0x2000, .value = 0x3007, .level = 3};
    struct rec_walk model = {.addr = 0x2008, .value = 0, .level = 3};
    struct rec_xlate done = {.va = 0x5000}, fault = {.va = 0x5000, .fault = 1};
    char text[TEXT_BYTES] = "";

    record_log_add(log, &type_walk, false, &both);
    record_log_add(log, &type_walk, false, &rtl);
    record_log_add(log, &type_xlate, false, &done);
    record_log_add(log, &type_walk, true, &both);
    record_log_add(log, &type_walk, true, &model);
    record_log_add(log, &type_xlate, true, &fault);
    print(text, log, "xlate");
    EXPECT_TRUE(strstr(text, " 1 both  read of the PML4E at 0x1000") != NULL);
    EXPECT_TRUE(strstr(text, " 2 rtl   read of the PDPTE at 0x2000") != NULL);
    EXPECT_TRUE(strstr(text, "   model read of the PDPTE at 0x2008") != NULL);
    EXPECT_TRUE(strstr(text, "they ended in:") != NULL);
    record_log_destroy(log);
}

/* The request (phase 0) stands between the walk's reads and their end, or before them: it ends no
 * walk. */
GT_TEST(walk_diff, a_request_of_a_device_ends_no_walk)
{
    struct record_log *log = record_log_create(4096);
    struct rec_iwalk root = {.addr = 0x1000, .value = {0x2001, 0}, .kind = IWALK_ROOT};
    struct rec_dma request = {.iova = 0x5000}, done = {.iova = 0x5000, .phase = 1};
    char text[TEXT_BYTES] = "";

    record_log_add(log, &type_iwalk, false, &root);
    record_log_add(log, &type_dma, false, &request);
    record_log_add(log, &type_dma, false, &done);
    print(text, log, "dma");
    EXPECT_TRUE(strstr(text, " 1 rtl   root entry at 0x1000") != NULL);
    EXPECT_TRUE(strstr(text, "   model nothing") != NULL);
    record_log_destroy(log);
}

GT_TEST(walk_diff, other_streams_have_no_walks)
{
    struct record_log *log = record_log_create(4096);
    char text[TEXT_BYTES] = "";

    print(text, log, "retire");
    EXPECT_U64(0, strlen(text));
    record_log_destroy(log);
}
