// SPDX-License-Identifier: Apache-2.0
// A processor and its tables for the tests of the legality oracle: what is not stored reads 0. One
// linear address is mapped by a walk of everything allowed; a test changes an entry and asks.
#ifndef RW_LEGALITY_BENCH_H
#define RW_LEGALITY_BENCH_H

#include <string.h>

#include "gt.h"
#include "legality.h"

#define LB_P    UINT64_C(0x001)
#define LB_RW   UINT64_C(0x002)
#define LB_US   UINT64_C(0x004)
#define LB_A    UINT64_C(0x020)
#define LB_D    UINT64_C(0x040)
#define LB_PS   UINT64_C(0x080)
#define LB_G    UINT64_C(0x100)
#define LB_XD   (UINT64_C(1) << 63)
#define LB_ALL  (LB_P | LB_RW | LB_US | LB_A | LB_D)
#define LB_UP   (LB_P | LB_RW | LB_US | LB_A)
#define LB_PG   UINT64_C(0x80000000)
#define LB_WP   UINT64_C(0x00010000)
#define LB_PSE  UINT64_C(0x00000010)
#define LB_PAE  UINT64_C(0x00000020)
#define LB_PGE  UINT64_C(0x00000080)
#define LB_LA57 UINT64_C(0x00001000)
#define LB_PCID UINT64_C(0x00020000)
#define LB_SMEP UINT64_C(0x00100000)
#define LB_SMAP UINT64_C(0x00200000)
#define LB_PKE  UINT64_C(0x00400000)
#define LB_PKS  UINT64_C(0x01000000)
#define LB_LMA  UINT64_C(0x400)
#define LB_NXE  UINT64_C(0x800)

/* Tables: the page of level n stands at n pages; the frame that va maps to, and another. */
#define LB_TABLE(n) (UINT64_C(0x1000) * (n))
#define LB_VA       UINT64_C(0x12345678)
#define LB_OLD      UINT64_C(0xAAA000)
#define LB_NEW      UINT64_C(0xBBB000)

#define LB_BYTES 0x40000

struct lb {
    struct legality *l;
    struct legality_registers r;
    uint8_t memory[LB_BYTES];
    struct legality_verdict v; /* of the last question */
};

static inline uint64_t lb_read(void *ctx, uint64_t addr, unsigned bytes)
{
    uint64_t value = 0;

    if (addr + bytes <= LB_BYTES)
        memcpy(&value, ((struct lb *)ctx)->memory + addr, bytes);
    return value;
}

static inline void lb_store_by(struct lb *b, uint64_t addr, uint64_t value, unsigned bytes,
                               enum legality_author author)
{
    uint64_t before = lb_read(b, addr, bytes);
    struct legality_store s = {addr, bytes, &before, &value, {author, 0x401000, 77}};

    memcpy(b->memory + addr, &value, bytes);
    legality_commit(b->l, &s);
}

static inline void lb_store(struct lb *b, uint64_t addr, uint64_t value)
{
    lb_store_by(b, addr, value, 8, AUTHOR_INSTRUCTION);
}

static inline uint64_t lb_at(unsigned level, uint64_t va)
{
    return LB_TABLE(level) + (va >> (12 + 9 * (level - 1)) & 511) * 8;
}

/* Tables of `levels` for va, 4-KByte page, to the frame; eight bytes an entry. */
static inline void lb_map(struct lb *b, unsigned levels, uint64_t va, uint64_t frame)
{
    for (unsigned n = levels; n > 1; n--)
        lb_store(b, lb_at(n, va), LB_TABLE(n - 1) | LB_UP);
    lb_store(b, lb_at(1, va), frame | LB_ALL);
}

static inline void lb_registers(struct lb *b)
{
    legality_registers(b->l, &b->r);
}

/* 4-level paging, PCID 5, PGE; va is mapped. 5 levels, or other registers: change b->r after. */
static inline void lb_open_with(struct lb *b, size_t values)
{
    struct legality_env env = {.ctx = b, .read = lb_read};

    memset(b, 0, sizeof(*b));
    b->l = legality_create(&env, values);
    b->r = (struct legality_registers){.cr0 = LB_PG | LB_WP,
                                       .cr3 = LB_TABLE(4) | 5,
                                       .cr4 = LB_PAE | LB_PGE | LB_PCID,
                                       .efer = LB_LMA | LB_NXE,
                                       .maxphyaddr = 40};
    lb_map(b, 4, LB_VA, LB_OLD);
    lb_registers(b);
}

static inline void lb_open(struct lb *b)
{
    lb_open_with(b, 1024);
}

static inline void lb_close(struct lb *b)
{
    legality_destroy(b->l);
}

static inline void lb_drop(struct lb *b, enum legality_event event, uint64_t va, uint16_t pcid)
{
    legality_invalidate(b->l, event, va, pcid);
}

static inline enum legality_word lb_judge(struct lb *b, const struct legality_access *a,
                                          const struct legality_answer *n)
{
    b->v = legality_judge(b->l, a, n);
    if (b->v.rule == NULL)
        b->v.rule = "none";
    return b->v.word;
}

/* A supervisor read of va that answers this address. */
static inline enum legality_word lb_reads(struct lb *b, uint64_t va, uint64_t pa)
{
    legality_begin(b->l);
    return lb_judge(b, &(struct legality_access){.va = va, .kind = LEGALITY_READ},
                    &(struct legality_answer){.pa = pa});
}

static inline enum legality_word lb_faults(struct lb *b, struct legality_access a, uint32_t code)
{
    legality_begin(b->l);
    return lb_judge(b, &a, &(struct legality_answer){.fault = true, .error_code = code});
}

static inline enum legality_word lb_does(struct lb *b, struct legality_access a, uint64_t pa)
{
    legality_begin(b->l);
    return lb_judge(b, &a, &(struct legality_answer){.pa = pa});
}

#endif
