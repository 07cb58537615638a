// SPDX-License-Identifier: Apache-2.0
// cosim/explain of DMA requests: each check on tables made by hand, and what would make the RTL
// right.
#include "explain_dma.h"

#include <stdlib.h>
#include <string.h>

#include "gt.h"

#define ROOT  UINT64_C(0x1000)
#define SID   UINT16_C(0x0328) /* 03:05.0 */
#define IOVA  UINT64_C(0x1234567ABC)
#define WORDS 4096

static uint64_t memory[WORDS]; /* from ROOT on: root, context, then three tables */

static bool read_memory(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words)
{
    uint64_t at = (addr - ROOT) / 8;

    (void)ctx;
    if (at + bytes / 8 > WORDS)
        return false;
    memcpy(words, &memory[at], bytes);
    return true;
}

static uint64_t *root_entry(void)
{
    return &memory[2 * (SID >> 8)];
}

static uint64_t *context_entry(void)
{
    return &memory[512 + 2 * (SID & 0xFF)];
}

/* Of the 3-level table. */
static uint64_t *level(unsigned n)
{
    return &memory[512 * (5 - n) + (IOVA >> (3 + 9 * n) & 511)];
}

/* IOVA is mapped by 4 KBytes, everything allowed. */
static struct explain_dma_query mapped(void)
{
    memset(memory, 0, sizeof(memory));
    root_entry()[0] = 0x2001;
    context_entry()[0] = 0x3001;
    context_entry()[1] = 0x0701;
    *level(3) = 0x4003;
    *level(2) = 0x5003;
    *level(1) = UINT64_C(0xABCDE003);
    return (struct explain_dma_query){
        .unit = {.haw = 40,
                 .device_tlbs = true,
                 .pass_through = true,
                 .zero_length_reads = true,
                 .large_2m = true,
                 .large_1g = true,
                 .levels = {[3] = true, [4] = true, [5] = true}},
        .root = ROOT,
        .request = {.sid = SID, .address = IOVA},
        .model = {.pa = UINT64_C(0xABCDEABC)},
        .has_model = true,
        .read = read_memory,
    };
}

static bool says(const struct explain_dma_query *q, const char *words)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    bool found;

    explain_dma(out, q);
    fclose(out);
    found = strstr(text, words) != NULL;
    if (!found)
        fprintf(stderr, "no '%s' in:\n%s", words, text);
    free(text);
    return found;
}

GT_TEST(explain_dma, each_entry_is_decoded_by_name)
{
    struct explain_dma_query q = mapped();

    EXPECT_TRUE(says(&q, "by 03:05.0, root table 0x1000"));
    EXPECT_TRUE(says(&q, "P T 0 AW 1 DID 7"));
    EXPECT_TRUE(says(&q, "level-1 entry at 0x0000005b38  0x00000000abcde003 R W"));
    EXPECT_TRUE(says(&q, "so the tables give address 0xabcdeabc.\nThe model says the same."));
}

struct break_row {
    const char *what;
    uint64_t *(*entry)(void);
    unsigned word;
    uint64_t turned;
    bool write;
    uint8_t at;
    const char *words, *answer;
};

static uint64_t *level_3(void)
{
    return level(3);
}

static uint64_t *level_2(void)
{
    return level(2);
}

static uint64_t *level_1(void)
{
    return level(1);
}

GT_TEST(explain_dma, every_check_denies_with_its_reason)
{
    static const struct break_row rows[] = {
        {"P", root_entry, 0, 1, 0, 0, "root entry present (1h", "blocked, 1h"},
        {"reserved", root_entry, 1, 2, 0, 0,
         "root entry, reserved bits (Ah, \"Root Entry\"): set: 65", "blocked, Ah"},
        {"CTP", root_entry, 0, UINT64_C(1) << 39, 0, 0, "DENIES context entry (9h", "blocked, 9h"},
        {"P", context_entry, 0, 1, 0, 0, "context entry present (2h", "blocked, 2h"},
        {"reserved", context_entry, 0, 0x10, 0, 0, "context entry, reserved bits (Bh",
         "blocked, Bh"},
        {"T", context_entry, 0, 0xC, 0, 0, "translation type (3h, \"Context Entry\"): T = 3",
         "blocked, 3h"},
        {"AT", context_entry, 1, 0, 0, 1,
         "address type (Dh, \"Context Entry\"): a translation request", "blocked, Dh"},
        {"AW", context_entry, 1, 7, 0, 0, "address width (3h, \"Context Entry\"): AW = 6",
         "blocked, 3h"},
        {"table", context_entry, 0, UINT64_C(1) << 39, 0, 0, "DENIES top second-stage entry (3h",
         "blocked, 3h"},
        {"table", level_3, 0, UINT64_C(1) << 39, 0, 0, "DENIES second-stage entry (7h",
         "blocked, 7h"},
        {"W", level_2, 0, 2, 1, 0, "DENIES right to write (5h", "blocked, 5h"},
        {"R", level_1, 0, 1, 0, 0, "DENIES right to read (6h", "blocked, 6h"},
        {"TM", level_1, 0, UINT64_C(1) << 62, 0, 0, "set: 62", "blocked, Ch"},
        {"output", level_1, 0, UINT64_C(0xABCDE000) ^ UINT64_C(0xFEE00000), 0, 0,
         "DENIES output outside the interrupt range (Eh", "blocked, Eh"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct explain_dma_query q = mapped();

        rows[i].entry()[rows[i].word] ^= rows[i].turned;
        q.request.write = rows[i].write;
        q.request.at = rows[i].at;
        EXPECT_TRUE(says(&q, rows[i].words));
        EXPECT_TRUE(says(&q, rows[i].answer));
    }
}

GT_TEST(explain_dma, the_rest_of_the_checks)
{
    struct explain_dma_query q = mapped();

    q.request.address |= UINT64_C(1) << 39;
    EXPECT_TRUE(says(&q, "DENIES address within it (4h"));
    q = mapped();
    q.root |= 0x400;
    EXPECT_TRUE(says(&q, "DENIES translation table mode (30h"));
    q = mapped();
    context_entry()[0] |= 2;
    *level(1) &= ~UINT64_C(1);
    EXPECT_TRUE(says(&q, "not recorded: FPD = 1"));
    q = mapped();
    *level(1) &= ~UINT64_C(1);
    q.request.zero_length = true;
    EXPECT_TRUE(says(&q, "so the tables give address 0xabcdeabc"));
    q = mapped();
    context_entry()[0] |= 8;
    context_entry()[1] = 3;
    EXPECT_TRUE(says(&q, "so the tables give address 0x1234567abc"));
    q = mapped();
    *level(2) = UINT64_C(0x40000083);
    EXPECT_TRUE(says(&q, "so the tables give address 0x40167abc"));
    q.unit.large_2m = false;
    EXPECT_TRUE(says(&q, "set: 7"));
}

GT_TEST(explain_dma, what_would_make_the_rtl_right)
{
    struct explain_dma_query q = mapped();
    const uint64_t read[] = {0x1030, 0x2280, 0x3240};

    q.has_rtl = true;
    q.rtl = (struct explain_dma_answer){.blocked = true, .reason = 6};
    EXPECT_TRUE(says(&q, "or bit 0 (R) of the level-2 entry were 0\n"));
    q.rtl_read = read;
    q.rtl_reads = 3;
    EXPECT_TRUE(says(&q, "The RTL says blocked, 6h (read not permitted). That would be right\n"
                         "    if bit 0 (R) of the level-3 entry were 0\n"));
    q = mapped();
    q.has_rtl = true;
    q.rtl = q.model;
    q.rtl_hit = 2;
    q.differs = "hit";
    EXPECT_TRUE(says(&q, "The RTL, from the IOTLB, says the same.\nWhat differs is which of"));
    q.rtl.pa = 0x777;
    EXPECT_TRUE(says(&q, "no single input, turned, makes it right"));
}
