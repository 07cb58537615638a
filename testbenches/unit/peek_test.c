// SPDX-License-Identifier: Apache-2.0
// What a debugger reads: through the tables as they stand, without a trace. cosim/peek.h.
#include <string.h>

#include "gt.h"
#include "peek.h"

#define RAM_BYTES 0x10000u
#define PWU       UINT64_C(0x07) /* P, R/W, U/S; neither A nor D */
#define VA        UINT64_C(0x8000001ff8)

struct bench {
    struct rw_mem mem;
    struct rw_state state;
    struct rw_cpuid cpuid;
    uint64_t ram[RAM_BYTES / 8], before[RAM_BYTES / 8];
};

static void put(struct bench *b, unsigned pa, uint64_t value)
{
    b->ram[pa / 8] = value;
}

/* 4-level paging: 0x8000001000 is the page 0x7000, supervisor; the next one is 0x9000 if `second`.
 */
static struct bench *begin(bool second)
{
    static struct bench b;

    memset(&b, 0, sizeof(b));
    b.mem = (struct rw_mem){(uint8_t *)b.ram, RAM_BYTES};
    b.state.regs.mode = MODE_64;
    b.state.regs.cpl = 3;
    b.state.sys.cr0 = 0x80010001;
    b.state.sys.cr3 = 0x1000;
    b.state.sys.cr4 = 0x300020; /* PAE, SMEP, SMAP */
    b.state.sys.efer = 0x500;
    put(&b, 0x1008, 0x2000 | PWU);
    put(&b, 0x2000, 0x3000 | PWU);
    put(&b, 0x3000, 0x4000 | PWU);
    put(&b, 0x4008, 0x7000 | 1);
    put(&b, 0x4010, second ? 0x9000 | PWU : 0);
    put(&b, 0x7ff8, 0x1122334455667788);
    put(&b, 0x9000, 0x99aabbccddeeff00);
    memcpy(b.before, b.ram, sizeof(b.ram));
    return &b;
}

static size_t look(struct bench *b, uint64_t va, void *to, size_t bytes)
{
    return peek_linear(&b->mem, &b->state, &b->cpuid, va, to, bytes);
}

/* A supervisor page and a user page under SMAP, at ring 3: no right is asked for. */
GT_TEST(peek, reads_over_two_pages_and_leaves_no_trace)
{
    struct bench *b = begin(true);
    uint64_t words[2] = {0, 0};

    EXPECT_U64(16, look(b, VA, words, 16));
    EXPECT_U64(0x1122334455667788, words[0]);
    EXPECT_U64(0x99aabbccddeeff00, words[1]);
    EXPECT_U64(0, memcmp(b->before, b->ram, sizeof(b->ram)));
}

GT_TEST(peek, ends_where_nothing_is_mapped)
{
    struct bench *b = begin(false);
    uint64_t words[2];

    EXPECT_U64(8, look(b, VA, words, 16));
    EXPECT_U64(0, look(b, VA + 8, words, 8));
    EXPECT_U64(0, look(b, VA | UINT64_C(1) << 60, words, 8)); /* not canonical */
}

/* A page whose frame lies behind RAM: a device would be asked. */
GT_TEST(peek, never_reads_a_device)
{
    struct bench *b = begin(true);
    uint64_t word, pa;

    put(b, 0x4010, 0xFED90000 | PWU);
    EXPECT_U64(1, peek_translate(&b->mem, &b->state, &b->cpuid, VA + 8, &pa));
    EXPECT_U64(0xFED90000, pa);
    EXPECT_U64(0, look(b, VA + 8, &word, 8));
    put(b, 0x1008, UINT64_C(0xFFFFF000) | PWU); /* nor a table there */
    EXPECT_U64(0, look(b, VA, &word, 8));
}

GT_TEST(peek, physical_where_paging_is_off)
{
    struct bench *b = begin(true);
    uint64_t word = 0;

    b->state.sys.cr0 = 1;
    b->state.sys.efer = 0;
    EXPECT_U64(8, look(b, 0x7ff8, &word, 8));
    EXPECT_U64(0x1122334455667788, word);
    EXPECT_U64(0, look(b, UINT64_C(0x100007ff8), &word, 8)); /* 32-bit addresses alone */
    EXPECT_U64(8, peek_physical(&b->mem, RAM_BYTES - 8, b->before, 64));
}

/* SDM Vol. 3A "Segmentation": the base of CS counts outside of 64-bit mode. */
GT_TEST(peek, rip_is_linear)
{
    struct bench *b = begin(true);

    b->state.regs.rip = 0x1234;
    b->state.sys.seg[SEG_CS].base = 0xFFFFF000;
    EXPECT_U64(0x1234, peek_rip(&b->state));
    b->state.regs.mode = MODE_PROTECTED;
    EXPECT_U64(0x234, peek_rip(&b->state));
}
