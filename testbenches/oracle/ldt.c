// SPDX-License-Identifier: Apache-2.0
// The local descriptor table of the trials: segments whose limits end among the data and the code
// pages, other types, and what is not present. The process's own table and the model's are made
// from these rows. SDM Vol. 3A "Segment Descriptors"; Linux modify_ldt(2).
#include <asm/ldt.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"

enum {
    PRESENT = 0x80,
    RING_3 = 0x70,   /* and S */
    DATA = 0x3,      /* accessed, writable */
    DATA_READ = 0x1, /* accessed */
    DATA_DOWN = 0x7, /* expand-down */
    CODE_READ = 0xb,
    CODE = 0x9, /* execute only */
    CODE_CONFORMING = 0xf,
    PAGES_BIG = 0xc, /* G, D/B */
    BIG = 0x4,
    PAGES_SMALL = 0x8,
};

struct ldt_entry {
    uint8_t access, flags;
    uint32_t base, limit;
};

static const struct ldt_entry entries[LDT_ROWS] = {
    [LDT_SHORT] = {PRESENT | RING_3 | DATA, PAGES_BIG, 0, (LOW_DATA >> 12) + 1},
    [LDT_DOWN] = {PRESENT | RING_3 | DATA_DOWN, PAGES_BIG, 0, LOW_DATA >> 12},
    [LDT_READ] = {PRESENT | RING_3 | DATA_READ, PAGES_BIG, 0, 0xfffff},
    [LDT_ABSENT] = {RING_3 | DATA, PAGES_BIG, 0, 0xfffff},
    [LDT_CODE] = {PRESENT | RING_3 | CODE_READ, PAGES_BIG, 0, LOW_CODE >> 12},
    [LDT_EXECUTE] = {PRESENT | RING_3 | CODE, PAGES_BIG, 0, 0xfffff},
    [LDT_CODE_ABSENT] = {RING_3 | CODE_READ, PAGES_BIG, 0, 0xfffff},
    [LDT_CONFORMING_ABSENT] = {RING_3 | CODE_CONFORMING, PAGES_BIG, 0, 0xfffff},
    [LDT_BYTES] = {PRESENT | RING_3 | DATA, BIG, LOW_DATA, 0x2f7b},
    [LDT_STACK_16] = {PRESENT | RING_3 | DATA, 0, LOW_DATA, 0x1ffb},
    [LDT_CODE_16] = {PRESENT | RING_3 | CODE_READ, PAGES_SMALL, 0, 0xfffff},
};

bool ldt_install(void)
{
    for (unsigned n = 0; n < LDT_ROWS; n++) {
        const struct ldt_entry *e = &entries[n];
        unsigned type = e->access & 15;
        struct user_desc d = {.entry_number = n,
                              .base_addr = e->base,
                              .limit = e->limit,
                              .seg_32bit = e->flags >> 2 & 1,
                              .contents = type >> 2 & 3,
                              .read_exec_only = !(type & 2),
                              .limit_in_pages = e->flags >> 3 & 1,
                              .seg_not_present = !(e->access & PRESENT),
                              .useable = 0};

        if (syscall(SYS_modify_ldt, 0x11, &d, sizeof(d)) != 0)
            return false;
    }
    return true;
}

void ldt_write(uint8_t *table)
{
    for (unsigned n = 0; n < LDT_ROWS; n++) {
        const struct ldt_entry *e = &entries[n];
        uint64_t v = (e->limit & 0xffff) | (uint64_t)(e->base & 0xffffff) << 16 |
                     (uint64_t)e->access << 40 | (uint64_t)(e->limit >> 16) << 48 |
                     (uint64_t)e->flags << 52 | (uint64_t)(e->base >> 24) << 56;

        memcpy(table + 8 * n, &v, sizeof(v));
    }
}

struct rec_seg_state ldt_segment(uint16_t selector, uint64_t base)
{
    const struct ldt_entry *e = &entries[selector >> 3];

    return (struct rec_seg_state){
        .base = base,
        .limit = e->flags & 8 ? e->limit << 12 | 0xfff : e->limit,
        .selector = selector,
        .attr = (uint16_t)(e->flags << 12 | e->access),
    };
}

uint32_t ldt_base(uint16_t selector)
{
    return is_ldt(selector) ? entries[selector >> 3].base : 0;
}
