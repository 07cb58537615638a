// SPDX-License-Identifier: Apache-2.0
// What an IOMMU that is not the project's may lack (docs/your-own-iommu.md): capabilities that
// --vtd takes away, by the words of a declaration. What needs something that is lacking is lacking.
#include <stdio.h>
#include <string.h>

#include "block_iommu.h"

#define BIT(n)     (UINT32_C(1) << (n))
#define ALL_WIDTHS (BIT(IOMMU_39) | BIT(IOMMU_48) | BIT(IOMMU_57))

static const struct {
    const char *name;
    uint32_t away;
} lacks[] = {
    {.name = "3-level", .away = BIT(IOMMU_39)},
    {.name = "4-level", .away = BIT(IOMMU_48)},
    {.name = "5-level", .away = BIT(IOMMU_57)},
    {.name = "2m", .away = BIT(IOMMU_2M) | BIT(IOMMU_1G)},
    {.name = "1g", .away = BIT(IOMMU_1G)},
    {.name = "queue", .away = BIT(IOMMU_QI) | BIT(IOMMU_IR) | BIT(IOMMU_EIM) | BIT(IOMMU_DT)},
    {.name = "device-tlb", .away = BIT(IOMMU_DT)},
    {.name = "interrupt-remapping", .away = BIT(IOMMU_IR) | BIT(IOMMU_EIM)},
    {.name = "x2apic", .away = BIT(IOMMU_EIM)},
    {.name = "protected-regions", .away = BIT(IOMMU_PLMR) | BIT(IOMMU_PHMR)},
    {.name = "pass-through", .away = BIT(IOMMU_PT)},
    {.name = "page-selective", .away = BIT(IOMMU_PSI)},
    {.name = "zero-length", .away = BIT(IOMMU_ZLR)},
};

#define LACKS (sizeof(lacks) / sizeof(lacks[0]))

static bool refuse_name(const char *name, int length, char *error, size_t error_bytes)
{
    int used =
        snprintf(error, error_bytes, "'%.*s' is nothing that an IOMMU may lack: ", length, name);

    for (unsigned i = 0; i < LACKS && used > 0 && (size_t)used < error_bytes; i++)
        used += snprintf(error + used, error_bytes - (size_t)used, "%s%s", i == 0 ? "" : ", ",
                         lacks[i].name);
    return false;
}

static bool parse(const char *names, uint64_t *away, char *error, size_t error_bytes)
{
    *away = 0;
    for (const char *at = names; *at != 0;) {
        size_t n = strcspn(at, ",");
        unsigned i = 0;

        while (i < LACKS && !(strncmp(lacks[i].name, at, n) == 0 && lacks[i].name[n] == 0))
            i++;
        if (i == LACKS)
            return refuse_name(at, (int)n, error, error_bytes);
        *away |= lacks[i].away;
        at += n + (at[n] == ',');
    }
    if ((*away & ALL_WIDTHS) == ALL_WIDTHS)
        snprintf(error, error_bytes, "lacks every width of the second stage: nothing is left");
    return (*away & ALL_WIDTHS) != ALL_WIDTHS;
}

bool (*const block_lacks)(const char *, uint64_t *, char *, size_t) = parse;
