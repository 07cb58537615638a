// SPDX-License-Identifier: Apache-2.0
// The paging modes of the golden model: reserved bits, roots, leaves. SDM Vol. 3A, the figures
// "Formats of CR3 and Paging-Structure Entries" of each mode; docs/mmu.md M7, M8, M14.
#include "gt.h"
#include "mmu/mmu.h"

#define CR0  UINT64_C(0x80000001) /* PG, PE */
#define PSE  UINT64_C(0x10)
#define PAE  UINT64_C(0x20)
#define LA57 UINT64_C(0x1000)
#define LMA  UINT64_C(0x500) /* LMA, LME */
#define NXE  UINT64_C(0x800)

static const uint64_t pdptes[4] = {0x1001, 0x2000, UINT64_C(0xFFFFFF3019), 0x4001};

static struct paging_mode mode_of(uint64_t cr4, uint64_t efer)
{
    struct mmu_ctx ctx = {.cr0 = CR0, .cr3 = UINT64_C(0xABCDEFFFFF), .cr4 = cr4, .efer = efer};

    return mmu_paging_mode(&ctx, pdptes);
}

/* The bits that are reserved in an entry of that level which has `with` set. */
static uint64_t reserved(const struct paging_mode *mode, unsigned level, uint64_t with)
{
    uint64_t bits = 0;

    for (unsigned bit = 0; bit < 8 * mode->entry_bytes; bit++)
        if (paging_reserved(mode, level, with | UINT64_C(1) << bit))
            bits |= UINT64_C(1) << bit;
    return bits;
}

GT_TEST(mmu_mode, levels_and_roots)
{
    struct paging_mode m32 = mode_of(PSE, 0), mpae = mode_of(PAE, 0);
    struct paging_mode m4 = mode_of(PAE, LMA), m5 = mode_of(PAE | LA57, LMA);

    EXPECT_U64(2, m32.levels);
    EXPECT_U64(2, mpae.levels);
    EXPECT_U64(4, m4.levels);
    EXPECT_U64(5, m5.levels);
    EXPECT_U64(4, m32.entry_bytes);
    EXPECT_U64(8, mpae.entry_bytes);
    EXPECT_U64(22, paging_shift(&m32, 2));
    EXPECT_U64(21, paging_shift(&mpae, 2));
    EXPECT_U64(48, paging_shift(&m5, 5));
    EXPECT_U64(0xCDEFF000, paging_root(&m32, 0xFFFFFFFF) & PTE_ADDR);
    EXPECT_U64(UINT64_C(0xABCDEFF000), paging_root(&m5, UINT64_MAX) & PTE_ADDR);
    EXPECT_U64(0x1001, paging_root(&mpae, 0x3FFFFFFF));
    EXPECT_U64(0, paging_root(&mpae, 0x40000000) & PTE_P);
    EXPECT_U64(UINT64_C(0xFFFFFF3000), paging_root(&mpae, 0x80000000) & PTE_ADDR);
    EXPECT_U64(0x4001, paging_root(&mpae, 0xFFFFFFFF));
    EXPECT_U64(0, mode_of(LA57, 0).levels - m32.levels); /* LA57 counts in long mode alone */
}

GT_TEST(mmu_mode, reserved_bits_of_32_bit_paging)
{
    struct paging_mode m = mode_of(PSE, NXE), without = mode_of(0, NXE);

    EXPECT_U64(0, reserved(&m, 1, 0));
    EXPECT_U64(1u << 21, reserved(&m, 2, PTE_PS));
    EXPECT_U64(0, reserved(&without, 2, PTE_PS));
    EXPECT_TRUE(paging_is_leaf(&m, 2, PTE_PS));
    EXPECT_TRUE(!paging_is_leaf(&without, 2, PTE_PS));
}

GT_TEST(mmu_mode, reserved_bits_of_pae_paging)
{
    struct paging_mode m = mode_of(PAE, NXE), without = mode_of(PAE, 0);

    EXPECT_U64(UINT64_C(0x7FFFFF0000000000), reserved(&m, 1, 0));
    EXPECT_U64(UINT64_C(0x7FFFFF00001FE000), reserved(&m, 2, PTE_PS));
    EXPECT_U64(UINT64_C(0xFFFFFF0000000000), reserved(&without, 1, 0));
    EXPECT_U64(UINT64_C(0xFFFFFF00001FE000), reserved(&without, 2, PTE_PS));
}

GT_TEST(mmu_mode, reserved_bits_of_5_level_paging)
{
    struct paging_mode m = mode_of(PAE | LA57, LMA | NXE), without = mode_of(PAE | LA57, LMA);

    EXPECT_U64(UINT64_C(0x000FFF0000000000), reserved(&m, 1, 0));
    EXPECT_U64(UINT64_C(0x000FFF00001FE000), reserved(&m, 2, PTE_PS));
    EXPECT_U64(UINT64_C(0x000FFF003FFFE000), reserved(&m, 3, PTE_PS));
    EXPECT_U64(UINT64_C(0x000FFF0000000080), reserved(&m, 4, 0));
    EXPECT_U64(UINT64_C(0x000FFF0000000080), reserved(&m, 5, 0));
    EXPECT_U64(UINT64_C(0x800FFF0000000080), reserved(&without, 5, 0));
}

/* PSE-36: bits 20:13 of a PDE are bits 39:32 of the address; a PTE has no such thing. */
GT_TEST(mmu_mode, pse_36)
{
    struct paging_mode m = mode_of(PSE, 0), mpae = mode_of(PAE, 0);

    EXPECT_U64(UINT64_C(0xFFFFC00000), paging_frame(&m, 2, 0xFFDFE081));
    EXPECT_U64(UINT64_C(0x0100400000), paging_frame(&m, 2, 0x00402081));
    EXPECT_U64(0x001FE000, paging_frame(&m, 1, 0x001FE001));
    EXPECT_U64(UINT64_C(0xFF00200000), paging_frame(&mpae, 2, UINT64_C(0xFF00200081)));
}

GT_TEST(mmu_mode, reserved_bits_of_a_pdpte_count_with_p)
{
    uint64_t bits = 0;

    for (unsigned bit = 1; bit < 64; bit++) {
        bits |= (uint64_t)pdpte_reserved(1 | UINT64_C(1) << bit) << bit;
        EXPECT_TRUE(!pdpte_reserved(UINT64_C(1) << bit));
    }
    EXPECT_U64(UINT64_C(0xFFFFFF00000001E6), bits);
}

static struct paging_mode mode_without(uint64_t cr4, uint64_t efer, uint64_t away)
{
    struct mmu_ctx ctx = {.cr0 = CR0, .cr4 = cr4, .efer = efer, .away = away};

    return mmu_paging_mode(&ctx, pdptes);
}

/* docs/cpu.md C3: pat, pse36, pdpe1gb. */
GT_TEST(mmu_mode, reserved_bits_without_features)
{
    struct paging_mode m = mode_without(PSE, 0, MMU_NO_PAT);

    EXPECT_U64(0x80, reserved(&m, 1, 0));
    EXPECT_U64(0x201000, reserved(&m, 2, PTE_PS));
    EXPECT_U64(0, reserved(&m, 2, 0) & ~UINT64_C(0x80));
    m = mode_without(PSE, 0, MMU_NO_PSE36);
    EXPECT_U64(0, reserved(&m, 1, 0));
    EXPECT_U64(0x3FE000, reserved(&m, 2, PTE_PS));
    m = mode_without(PAE, NXE, MMU_NO_PAT | MMU_NO_PSE36);
    EXPECT_U64(UINT64_C(0x7FFFFF0000000080), reserved(&m, 1, 0));
    EXPECT_U64(UINT64_C(0x7FFFFF00001FF000), reserved(&m, 2, PTE_PS));
    m = mode_without(PAE, LMA | NXE, MMU_NO_PAT);
    EXPECT_U64(UINT64_C(0x000FFF0000000080), reserved(&m, 1, 0));
    EXPECT_U64(UINT64_C(0x000FFF00001FF000), reserved(&m, 2, PTE_PS));
    EXPECT_U64(UINT64_C(0x000FFF003FFFF000), reserved(&m, 3, PTE_PS));
    m = mode_without(PAE, LMA | NXE, MMU_NO_PDPE1GB);
    EXPECT_U64(UINT64_C(0x000FFF0000000080), reserved(&m, 3, 0));
    EXPECT_U64(UINT64_C(0x000FFF00001FE000), reserved(&m, 2, PTE_PS));
}
