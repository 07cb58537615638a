// SPDX-License-Identifier: Apache-2.0
// Translations of the golden model in the modes beside 4-level paging, on a small memory.
// docs/mmu.md M7 to M9, M13 to M17, M22, M24, M42.
#include <string.h>

#include "gt.h"
#include "mmu/mmu.h"

#define CR0     UINT64_C(0x80010001) /* PG, WP, PE */
#define PSE     UINT64_C(0x10)
#define PAE     UINT64_C(0x20)
#define LA57    UINT64_C(0x1000)
#define PKE     UINT64_C(0x400000)
#define PKS     UINT64_C(0x1000000)
#define LMA     UINT64_C(0x500)
#define NXE     UINT64_C(0x800)
#define PWU     UINT64_C(0x07) /* P, R/W, U/S */
#define ALL_SET UINT64_C(0x67) /* and A, D */

#define WORDS     0xA00 /* 20 KBytes */
#define MAX_WALKS 32

struct bench {
    struct mmu mmu;
    struct mmu_ctx ctx;
    struct mmu_rsp rsp;
    uint64_t memory[WORDS];
    struct rec_walk walks[MAX_WALKS];
    unsigned walk_count, bytes; /* bytes: of the last access */
};

static uint64_t get(const struct bench *b, uint64_t pa, unsigned bytes)
{
    uint64_t v = 0;

    if (pa + bytes <= sizeof(b->memory))
        memcpy(&v, (const char *)b->memory + pa, bytes);
    return v;
}

static void put(struct bench *b, uint64_t pa, unsigned bytes, uint64_t v)
{
    if (pa + bytes <= sizeof(b->memory))
        memcpy((char *)b->memory + pa, &v, bytes);
}

static uint64_t on_read(void *ctx, uint64_t pa, unsigned bytes)
{
    ((struct bench *)ctx)->bytes = bytes;
    return get(ctx, pa, bytes);
}

static void on_write(void *ctx, uint64_t pa, unsigned bytes, uint64_t value)
{
    ((struct bench *)ctx)->bytes = bytes;
    put(ctx, pa, bytes, value);
}

static void on_walk(void *ctx, const struct rec_walk *w)
{
    struct bench *b = ctx;

    if (b->walk_count < MAX_WALKS)
        b->walks[b->walk_count++] = *w;
}

static void open(struct bench *b, uint64_t cr4, uint64_t efer)
{
    struct mmu_mem mem = {b, on_read, on_read, on_write, on_walk};

    memset(b, 0, sizeof(*b));
    mmu_init(&b->mmu, &mem);
    b->ctx = (struct mmu_ctx){.cr0 = CR0,
                              .cr4 = cr4,
                              .efer = efer,
                              .pat = UINT64_C(0x0007040600070406),
                              .mtrr = {.def_type = 0x806}};
}

static void translate(struct bench *b, uint64_t va, enum rec_access access, bool user)
{
    struct mmu_req q = {.va = va, .access = (uint8_t)access, .user = user};

    b->walk_count = 0;
    mmu_translate(&b->mmu, &b->ctx, &q, &b->rsp);
}

static void expect_page(const struct bench *b, uint64_t pa, unsigned page_log2, unsigned latency)
{
    EXPECT_U64(0, b->rsp.fault);
    EXPECT_U64(pa, b->rsp.pa);
    EXPECT_U64(page_log2, b->rsp.page_log2);
    EXPECT_U64(latency, b->rsp.latency);
}

static void expect_fault(const struct bench *b, uint32_t error_code)
{
    EXPECT_U64(1, b->rsp.fault);
    EXPECT_U64(error_code, b->rsp.error_code);
}

/* Table 1 at 0x1000 (CR3 = 0), the rest of memory behind it. */
GT_TEST(mmu_walk, thirty_two_bit_entries_are_4_bytes)
{
    struct bench b;

    open(&b, 0, 0);
    put(&b, 4 * 0x3FF, 4, 0x1000 | PWU);
    put(&b, 0x1000 + 4 * 0x3FF, 4, UINT64_C(0xABCDE000) | PWU);
    translate(&b, 0xFFFFF123, ACCESS_WRITE, true);
    expect_page(&b, 0xABCDE123, 12, 1 + 4 + 4 + 1);
    EXPECT_U64(4, b.bytes);
    EXPECT_U64(0xABCDE067, get(&b, 0x1FFC, 4));
    EXPECT_U64(6, b.walk_count);
    EXPECT_U64(0x1027, b.walks[2].value);
    EXPECT_U64(0xABCDE067, b.walks[5].value);
    b.ctx.cr4 = PSE; /* PS is looked at only in an entry that is read */
    translate(&b, 0xFFFFE000, ACCESS_READ, true);
    expect_fault(&b, PF_US);
    EXPECT_U64(2, b.rsp.psc);
    EXPECT_U64(1 + 2 + 1 + 4 + 1, b.rsp.latency);
}

GT_TEST(mmu_walk, four_megabytes_with_pse_alone)
{
    struct bench b;

    open(&b, 0, 0);
    put(&b, 0, 4, 0x1000 | 0x80 | ALL_SET);
    put(&b, 0x1000, 4, 0x3000 | ALL_SET);
    translate(&b, 0x234, ACCESS_READ, false);
    expect_page(&b, 0x3234, 12, 1 + 4 + 1);
    open(&b, PSE, 0);
    put(&b, 4, 4, UINT64_C(0x8040A000) | 0x80 | ALL_SET);
    translate(&b, 0x7FFFFF, ACCESS_READ, false);
    expect_page(&b, UINT64_C(0x05807FFFFF), 22, 1 + 2 + 1);
    translate(&b, 0x400000, ACCESS_WRITE, false);
    EXPECT_U64(XLATE_TLB, b.rsp.hit);
    put(&b, 8, 4, (1u << 21) | 0x80 | ALL_SET);
    translate(&b, 0x800000, ACCESS_READ, false);
    expect_fault(&b, PF_P | PF_RSVD);
}

/* I/D of the error code: XD does not exist without CR4.PAE. */
GT_TEST(mmu_walk, fetch_bit_of_the_error_code)
{
    struct bench b;

    open(&b, 0, NXE);
    translate(&b, 0, ACCESS_FETCH, true);
    expect_fault(&b, PF_US);
    open(&b, PAE, NXE);
    translate(&b, 0, ACCESS_FETCH, true);
    expect_fault(&b, PF_US | PF_ID);
}

GT_TEST(mmu_walk, pdptes_load_together_or_not_at_all)
{
    struct bench b;

    open(&b, PAE, 0);
    for (unsigned i = 0; i < 4; i++)
        put(&b, 0x1020 + 8 * i, 8, 0x2001 + 0x1000 * i);
    EXPECT_TRUE(mmu_load_pdptes(&b.mmu, 0x1020));
    EXPECT_U64(4, b.walk_count);
    EXPECT_U64(0x1038, b.walks[3].addr);
    EXPECT_U64(0x5001, b.walks[3].value);
    EXPECT_U64(3, b.walks[3].level);
    EXPECT_U64(WALK_READ, b.walks[3].kind);
    put(&b, 0x1020, 8, 0x9001);
    put(&b, 0x1028, 8, 0x3003);
    b.walk_count = 0;
    EXPECT_TRUE(!mmu_load_pdptes(&b.mmu, 0x1020));
    EXPECT_U64(4, b.walk_count);
    EXPECT_U64(0x2001, b.mmu.pdpte[0]);
    put(&b, 0x1028, 8, 0x3002); /* P = 0: nothing is reserved */
    EXPECT_TRUE(mmu_load_pdptes(&b.mmu, 0x1020));
    EXPECT_U64(0x9001, b.mmu.pdpte[0]);
    EXPECT_U64(0x3002, b.mmu.pdpte[1]);
}

GT_TEST(mmu_walk, pae_begins_at_a_pdpte_register)
{
    struct bench b;

    open(&b, PAE, NXE);
    b.mmu.pdpte[3] = 0x1001;
    translate(&b, 0x40000000, ACCESS_WRITE, false);
    expect_fault(&b, PF_WR);
    EXPECT_U64(0, b.walk_count);
    EXPECT_U64(2, b.rsp.latency);
    put(&b, 0x1FF8, 8, 0x2000 | ALL_SET);
    put(&b, 0x2000, 8, UINT64_C(0x8000003000) | PTE_XD | ALL_SET);
    translate(&b, 0xFFE00456, ACCESS_WRITE, false);
    expect_page(&b, UINT64_C(0x8000003456), 12, 1 + 4 + 1);
    translate(&b, 0xFFE00456, ACCESS_FETCH, false);
    expect_fault(&b, PF_P | PF_ID);
    EXPECT_U64(2, b.rsp.psc);
}

/* Index 1 at every level. */
GT_TEST(mmu_walk, five_levels_and_their_cache)
{
    const uint64_t va = UINT64_C(0x0001008040201000);
    struct bench b;

    open(&b, PAE | LA57, LMA);
    put(&b, 0x0008, 8, 0x4000 | PWU);
    put(&b, 0x4008, 8, 0x1000 | ALL_SET);
    put(&b, 0x1008, 8, 0x2000 | ALL_SET);
    put(&b, 0x2008, 8, 0x3000 | ALL_SET);
    put(&b, 0x3008, 8, 0x5000 | ALL_SET);
    translate(&b, va, ACCESS_READ, false);
    expect_page(&b, 0x5000, 12, 1 + 5 * 2 + 2 + 1);
    EXPECT_U64(0, b.rsp.psc);
    EXPECT_U64(7, b.walk_count);
    EXPECT_U64(5, b.walks[0].level);
    EXPECT_U64(8, b.walks[0].addr);
    EXPECT_U64(0x4027, get(&b, 8, 8));
    translate(&b, va ^ UINT64_C(1) << 47, ACCESS_READ, false);
    EXPECT_U64(5, b.rsp.psc);
    translate(&b, va ^ UINT64_C(1) << 48, ACCESS_READ, false);
    EXPECT_U64(0, b.rsp.psc);
    put(&b, 8, 8, 0x4080 | ALL_SET);
    mmu_flush(&b.mmu, &(struct mmu_flush_req){.kind = FLUSH_ALL});
    translate(&b, va, ACCESS_READ, false);
    expect_fault(&b, PF_P | PF_RSVD);
}

/* A page of key 5 at every level of privilege: U/S of the entry is given. */
static void open_keyed(struct bench *b, uint64_t cr4, uint64_t us)
{
    open(b, PAE | cr4, LMA | NXE);
    put(b, 0, 8, 0x67);
    put(b, 8, 8, 0x1067);
    put(b, 0x1000, 8, 0x2067);
    put(b, 0x2000, 8, UINT64_C(5) << 59 | 0x3063 | us);
}

#define KEYED_VA UINT64_C(0x40000000) /* PML4E 0, PDPTE 1, PDE 0, PTE 0 */
#define AD5      UINT64_C(0x400)
#define WD5      UINT64_C(0x800)

GT_TEST(mmu_walk, pkru_guards_user_pages)
{
    struct bench b;

    open_keyed(&b, PKE, 4);
    b.ctx.pkru = AD5;
    b.ctx.pkrs = AD5 | WD5;
    translate(&b, KEYED_VA, ACCESS_READ, true);
    expect_fault(&b, PF_P | PF_US | PF_PK);
    translate(&b, KEYED_VA, ACCESS_READ, false);
    expect_fault(&b, PF_P | PF_PK);
    translate(&b, KEYED_VA, ACCESS_FETCH, true);
    EXPECT_U64(0, b.rsp.fault);
    b.ctx.pkru = WD5;
    translate(&b, KEYED_VA, ACCESS_READ, true);
    EXPECT_U64(0, b.rsp.fault);
    translate(&b, KEYED_VA, ACCESS_WRITE, true);
    expect_fault(&b, PF_P | PF_WR | PF_US | PF_PK);
    translate(&b, KEYED_VA, ACCESS_WRITE, false);
    expect_fault(&b, PF_P | PF_WR | PF_PK);
    b.ctx.cr0 &= ~MMU_CR0_WP;
    translate(&b, KEYED_VA, ACCESS_WRITE, false);
    EXPECT_U64(0, b.rsp.fault);
    translate(&b, KEYED_VA, ACCESS_WRITE, true);
    expect_fault(&b, PF_P | PF_WR | PF_US | PF_PK);
    b.ctx.cr4 &= ~PKE;
    translate(&b, KEYED_VA, ACCESS_WRITE, true);
    EXPECT_U64(0, b.rsp.fault);
}

GT_TEST(mmu_walk, pkrs_guards_supervisor_pages)
{
    struct bench b;

    open_keyed(&b, PKS, 0);
    b.ctx.pkru = AD5 | WD5;
    translate(&b, KEYED_VA, ACCESS_WRITE, false);
    EXPECT_U64(0, b.rsp.fault);
    b.ctx.pkrs = WD5; /* on a TLB hit */
    translate(&b, KEYED_VA, ACCESS_READ, false);
    EXPECT_U64(XLATE_TLB, b.rsp.hit);
    translate(&b, KEYED_VA, ACCESS_WRITE, false);
    expect_fault(&b, PF_P | PF_WR | PF_PK);
    translate(&b, KEYED_VA, ACCESS_WRITE, true);
    expect_fault(&b, PF_P | PF_WR | PF_US | PF_PK);
    b.ctx.cr0 &= ~MMU_CR0_WP; /* WD does not count then, for a user-mode write neither */
    translate(&b, KEYED_VA, ACCESS_WRITE, false);
    EXPECT_U64(0, b.rsp.fault);
    translate(&b, KEYED_VA, ACCESS_WRITE, true);
    expect_fault(&b, PF_P | PF_WR | PF_US);
    b.ctx.pkrs = AD5;
    translate(&b, KEYED_VA, ACCESS_READ, true);
    expect_fault(&b, PF_P | PF_US | PF_PK);
}

/* M9: bits 62:59 are no key outside long mode, and key 0 denies nothing there. */
GT_TEST(mmu_walk, legacy_modes_have_no_keys)
{
    struct bench b;

    open(&b, PKE | PKS, 0);
    b.ctx.pkru = b.ctx.pkrs = 0xFFFFFFFF;
    put(&b, 0, 4, 0x1067);
    put(&b, 0x1000, 4, 0x3067);
    translate(&b, 0, ACCESS_WRITE, true);
    EXPECT_U64(0, b.rsp.fault);
    translate(&b, 0, ACCESS_WRITE, true);
    EXPECT_U64(XLATE_TLB, b.rsp.hit);
}

GT_TEST(mmu_walk, memory_type_follows_the_mtrrs_of_now)
{
    struct bench b;

    open_keyed(&b, 0, 4);
    translate(&b, KEYED_VA, ACCESS_READ, true);
    EXPECT_U64(MT_WB, b.rsp.memtype);
    b.ctx.mtrr.base[2] = 0x3000 | MT_WT;
    b.ctx.mtrr.mask[2] = MTRR_ADDR | MTRR_VALID;
    translate(&b, KEYED_VA, ACCESS_READ, true);
    EXPECT_U64(XLATE_TLB, b.rsp.hit);
    EXPECT_U64(MT_WT, b.rsp.memtype);
    b.ctx.cr0 = 1;
    translate(&b, 0x3FFF, ACCESS_READ, false);
    EXPECT_U64(XLATE_PAGING_OFF, b.rsp.hit);
    EXPECT_U64(MT_WT, b.rsp.memtype);
}
