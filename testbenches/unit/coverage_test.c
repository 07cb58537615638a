// SPDX-License-Identifier: Apache-2.0
// Functional coverage: which bin a record falls into, which bins there are, and its files.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "coverage.h"
#include "gt.h"
#include "record.h"

static unsigned bin_of(unsigned group, const char *const *values)
{
    const struct coverage_group *g = &coverage_groups[group];

    for (unsigned bin = 0; bin < coverage_size(g); bin++) {
        unsigned at[COVERAGE_AXES];
        bool same = true;

        coverage_values(g, bin, at);
        for (unsigned i = 0; i < g->axes; i++)
            same = same && strcmp(g->axis[i].values[at[i]], values[i]) == 0;
        if (same)
            return bin;
    }
    return 0;
}

#define COUNT(c, group, ...)                                                                       \
    coverage_count(c, group, bin_of(group, (const char *const[]){__VA_ARGS__}))

/* Registers of a paging mode: CR0, CR4, EFER. */
static const uint64_t paging[][3] = {{0x80000001, 0, 0},
                                     {0x80000001, 0x20, 0},
                                     {0x80000001, 0x20, 0x500},
                                     {0x80000001, 0x1020, 0x500}};
static const char *const modes[] = {"32-bit", "PAE", "4-level", "5-level"};

GT_TEST(coverage, a_translation_by_mode_and_outcome)
{
    static const struct {
        uint8_t fault, page_log2;
        uint32_t code;
        const char *name;
    } rows[] = {{0, 12, 0, "4K"},      {0, 21, 0, "2M"},         {0, 22, 0, "4M"},
                {0, 30, 0, "1G"},      {1, 0, 2, "not present"}, {1, 0, 7, "rights"},
                {1, 0, 9, "reserved"}, {1, 0, 0x25, "key"}};

    for (unsigned m = 0; m < 4; m++)
        for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct coverage *c = coverage_create();
            struct rec_xlate x = {.access = ACCESS_WRITE,
                                  .requester = 1,
                                  .user = 1,
                                  .fault = rows[i].fault,
                                  .page_log2 = rows[i].page_log2,
                                  .error_code = rows[i].code,
                                  .psc = 2};

            coverage_record(c, &type_xlate, &x); /* paging is off: no bin */
            coverage_paging(c, paging[m][0], paging[m][1], paging[m][2]);
            coverage_record(c, &type_xlate, &x);
            EXPECT_U64(1, COUNT(c, COVER_TRANSLATION, modes[m], "user", "write", rows[i].name));
            EXPECT_U64(1, COUNT(c, COVER_CACHE, modes[m], "data", "PDE"));
            x.hit = XLATE_TLB;
            coverage_record(c, &type_xlate, &x);
            EXPECT_U64(1, COUNT(c, COVER_CACHE, modes[m], "data", "TLB"));
            coverage_destroy(c);
        }
}

GT_TEST(coverage, registers_come_with_their_record)
{
    struct coverage *c = coverage_create();
    struct rec_sys s = {.cr0 = 0x80000001, .cr4 = 0x20};
    struct rec_walk w = {.level = 2, .kind = WALK_UPDATE};

    coverage_record(c, &type_sys, &s);
    coverage_record(c, &type_walk, &w);
    EXPECT_U64(1, COUNT(c, COVER_ENTRY, "PAE", "PDE", "update"));
    coverage_destroy(c);
}

GT_TEST(coverage, events_by_the_ring_that_they_came_from)
{
    struct coverage *c = coverage_create();
    struct rec_retire insn = {.kind = RETIRE_INSN, .cpl = 3, .mode = MODE_64};
    struct rec_retire fault = {.kind = RETIRE_EXCEPTION, .vector = 14, .mode = MODE_64};
    struct rec_retire nmi = {.kind = RETIRE_NMI, .vector = 2, .mode = MODE_64};

    coverage_record(c, &type_retire, &insn);
    coverage_record(c, &type_retire, &fault);
    coverage_record(c, &type_retire, &nmi);
    EXPECT_U64(1, COUNT(c, COVER_EVENT, "#PF", "ring 3", "long"));
    EXPECT_U64(1, COUNT(c, COVER_EVENT, "NMI", "ring 0", "long"));
    EXPECT_U64(1, COUNT(c, COVER_SEQUEL, "#PF", "NMI"));
    coverage_destroy(c);
}

GT_TEST(coverage, what_a_boundary_remembers)
{
    struct coverage *c = coverage_create();
    struct rec_retire sti = {.kind = RETIRE_INSN, .boundary = BOUNDARY_STI_SHADOW};
    struct rec_retire next = {.kind = RETIRE_EXCEPTION, .vector = 6};

    coverage_record(c, &type_retire, &sti);
    coverage_record(c, &type_retire, &next);
    EXPECT_U64(1, COUNT(c, COVER_BOUNDARY, "STI shadow", "exception"));
    coverage_destroy(c);
}

GT_TEST(coverage, what_invalidates_by_its_bytes)
{
    static const struct {
        uint8_t bytes[16], len;
        const char *name;
    } rows[] = {{{0x0F, 0x01, 0x38}, 3, "INVLPG"},
                {{0x65, 0x41, 0x0F, 0x01, 0x38}, 5, "INVLPG"},
                {{0x66, 0x0F, 0x38, 0x82, 0x08}, 5, "INVPCID 2"}, /* its type in RCX */
                {{0x0F, 0x22, 0xD8}, 3, "MOV CR3"},               /* of RAX */
                {{0x41, 0x0F, 0x22, 0xD9}, 4, "MOV CR3, bit 63"}, /* of R9 */
                {{0x0F, 0x22, 0xC0}, 3, "MOV CR0"},
                {{0x0F, 0x22, 0xE0}, 3, "MOV CR4"}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct coverage *c = coverage_create();
        struct rec_retire before = {.kind = RETIRE_INSN, .mode = MODE_64};
        struct rec_retire r = {.kind = RETIRE_INSN, .mode = MODE_64, .len = rows[i].len};

        before.gpr[1] = 2;
        before.gpr[9] = UINT64_C(1) << 63;
        memcpy(r.bytes, rows[i].bytes, sizeof(r.bytes));
        coverage_paging(c, paging[2][0], paging[2][1], paging[2][2]);
        coverage_record(c, &type_retire, &before);
        coverage_record(c, &type_retire, &r);
        EXPECT_U64(1, COUNT(c, COVER_INVALIDATION, rows[i].name, "4-level"));
        coverage_destroy(c);
    }
}

GT_TEST(coverage, what_the_unit_says)
{
    struct coverage *c = coverage_create();
    struct rec_dma d = {.phase = 1, .status = DMA_BLOCKED, .fault = 0x0C, .write = 1, .hit = 1};
    struct rec_iommu write = {.kind = IOMMU_REG_WRITE, .addr = 0x24, .size = 4};
    struct rec_iommu record = {.kind = IOMMU_REG_READ, .addr = 0x25C, .size = 4};
    struct rec_iommu page = {.kind = IOMMU_DESCRIPTOR, .lo = 0x32, .count = 3};
    struct rec_iommu error = {.kind = IOMMU_QUEUE_ERROR, .size = 4};

    coverage_record(c, &type_dma, &d);
    coverage_record(c, &type_iommu, &write);
    coverage_record(c, &type_iommu, &record);
    coverage_record(c, &type_iommu, &page);
    coverage_record(c, &type_iommu, &error);
    EXPECT_U64(1, COUNT(c, COVER_DMA, "blocked", "untranslated", "write", "context cache"));
    EXPECT_U64(1, COUNT(c, COVER_DMA_FAULT, "Ch", "write", "not recorded"));
    EXPECT_U64(1, COUNT(c, COVER_REGISTER, "RTADDR", "write"));
    EXPECT_U64(1, COUNT(c, COVER_REGISTER, "FRCD", "read"));
    EXPECT_U64(1, COUNT(c, COVER_DESCRIPTOR, "IOTLB, page", "dropped some"));
    EXPECT_U64(1, COUNT(c, COVER_UNIT, "queue: reserved"));
    coverage_destroy(c);
}

GT_TEST(coverage, what_cannot_come_is_no_bin)
{
    const char *const no_1g[] = {"PAE", "user", "read", "1G"};
    const char *const yes_1g[] = {"4-level", "user", "read", "1G"};

    EXPECT_U64(0, coverage_possible(&coverage_groups[COVER_TRANSLATION],
                                    bin_of(COVER_TRANSLATION, no_1g)));
    EXPECT_U64(1, coverage_possible(&coverage_groups[COVER_TRANSLATION],
                                    bin_of(COVER_TRANSLATION, yes_1g)));
}

GT_TEST(coverage, files_add_up)
{
    struct coverage *c = coverage_create(), *sum = coverage_create();
    struct rec_bus b = {.src = BUS_DATA, .flags = BUS_WRITE | BUS_LOCK};
    char path[64], lock[80], error[400];
    FILE *f;

    snprintf(path, sizeof(path), "coverage_test.%d", (int)getpid());
    snprintf(lock, sizeof(lock), "%s.lock", path);
    for (unsigned i = 0; i < 3; i++) {
        coverage_record(c, &type_bus, &b);
        EXPECT_U64(1, coverage_save(c, path, error, sizeof(error)));
        EXPECT_U64(1, coverage_load(sum, path, false, error, sizeof(error)));
    }
    EXPECT_U64(1 + 2 + 3, COUNT(sum, COVER_BUS, "data", "locked write"));
    EXPECT_U64(1, coverage_add_to(sum, path, error, sizeof(error)));
    EXPECT_U64(6 + 3, COUNT(sum, COVER_BUS, "data", "locked write"));
    f = fopen(path, "a");
    fputs("bus\tdata/sideways\t1\n", f);
    fclose(f);
    EXPECT_U64(0, coverage_load(sum, path, false, error, sizeof(error)));
    EXPECT_U64(1, strstr(error, ":3: is no line") != NULL);
    unlink(path);
    EXPECT_U64(0, coverage_load(sum, path, false, error, sizeof(error)));
    EXPECT_U64(1, coverage_load(sum, path, true, error, sizeof(error)));
    unlink(lock);
    coverage_destroy(c);
    coverage_destroy(sum);
}
