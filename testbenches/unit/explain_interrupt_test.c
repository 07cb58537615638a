// SPDX-License-Identifier: Apache-2.0
// cosim/explain of interrupt requests: each check on an entry made by hand.
#include "explain_interrupt.h"

#include <stdlib.h>
#include <string.h>

#include "gt.h"

#define TABLE UINT64_C(0x8000)

static uint64_t entry[2];

static bool read_entry(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words)
{
    (void)ctx;
    memset(words, 0, bytes);
    if (addr == TABLE + 16 * 5)
        memcpy(words, entry, bytes);
    return addr < TABLE + 0x1000;
}

/* Index 5: vector 33h to the APIC with ID 2, from ff:00.0 alone. */
static struct explain_interrupt_query remapped(void)
{
    entry[0] = UINT64_C(0x20000330001);
    entry[1] = UINT64_C(0x4FF00);
    return (struct explain_interrupt_query){
        .enabled = true,
        .x2apic = true,
        .table = TABLE | 7,
        .request = {.sid = 0xFF00, .address = UINT64_C(0xFEE000B0)},
        .model = {.address = UINT64_C(0xFEE02000)},
        .has_model = true,
        .read = read_entry};
}

static bool says(const struct explain_interrupt_query *q, const char *words)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    bool found;

    explain_interrupt(out, q);
    fclose(out);
    found = strstr(text, words) != NULL;
    if (!found)
        fprintf(stderr, "no '%s' in:\n%s", words, text);
    free(text);
    return found;
}

GT_TEST(explain_interrupt, every_check_denies_with_its_reason)
{
    struct explain_interrupt_query q = remapped();

    EXPECT_TRUE(says(&q, "remapped to address 0xfee02000.\nThe model says the same."));
    q.request.address &= ~UINT64_C(0x10);
    EXPECT_TRUE(says(&q, "DENIES format (25h"));
    q.compatibility = true;
    EXPECT_TRUE(says(&q, "so the table gives: let through as it is."));
    q.table |= 0x800;
    EXPECT_TRUE(says(&q, "blocked, 25h"));
    q = remapped();
    q.request.data = 0x10000;
    EXPECT_TRUE(says(&q, "DENIES reserved field (20h"));
    q = remapped();
    q.table = TABLE | 1;
    EXPECT_TRUE(
        says(&q, "DENIES index (21h, \"Interrupt Requests in Remappable Format\"): 5 of 4"));
    q = remapped();
    q.table = (TABLE + 0x2000) | 7;
    EXPECT_TRUE(says(&q, "DENIES entry (23h"));
    q = remapped();
    entry[0] = 2;
    EXPECT_TRUE(says(&q, "DENIES entry present (22h"));
    EXPECT_TRUE(says(&q, "not recorded: FPD = 1"));
    q = remapped();
    entry[0] |= UINT64_C(1) << 48;
    EXPECT_TRUE(says(&q, "set: 48"));
    q.table |= 0x800;
    EXPECT_TRUE(says(&q, "remapped to address 0x10200fee00000"));
    q = remapped();
    q.request.sid = 0xFF01;
    EXPECT_TRUE(says(&q, "DENIES source-id (26h"));
    q.enabled = false;
    EXPECT_TRUE(says(&q, "interrupt remapping is off"));
}

GT_TEST(explain_interrupt, what_would_make_the_rtl_right)
{
    struct explain_interrupt_query q = remapped();

    q.has_rtl = true;
    q.rtl = (struct explain_interrupt_answer){.blocked = true, .reason = 0x26};
    EXPECT_TRUE(says(&q, "if bit 64 (SID) of the entry were 1"));
    q.rtl = (struct explain_interrupt_answer){.address = UINT64_C(0xFEE03000)};
    EXPECT_TRUE(says(&q, "    if bit 40 (DST) of the entry were 1\n"));
}
