// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "cpuid_option.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

#define BIT(feature) (UINT64_C(1) << (feature))

/* docs/cpu.md C3; by enum rw_feature. */
static const struct feature {
    const char *name;
    uint64_t needs;
} features[RW_FEATURES] = {
    [RW_DE] = {"de", 0},
    [RW_PSE] = {"pse", 0},
    [RW_TSC] = {"tsc", 0},
    [RW_MSR] = {"msr", 0},
    [RW_PAE] = {"pae", 0},
    [RW_CX8] = {"cx8", 0},
    [RW_SEP] = {"sep", BIT(RW_MSR)},
    [RW_MTRR] = {"mtrr", BIT(RW_MSR)},
    [RW_PGE] = {"pge", 0},
    [RW_CMOV] = {"cmov", 0},
    [RW_PAT] = {"pat", BIT(RW_MSR)},
    [RW_PSE36] = {"pse36", BIT(RW_PSE)},
    [RW_CLFLUSH] = {"clflush", 0},
    [RW_CX16] = {"cx16", BIT(RW_LM)},
    [RW_PCID] = {"pcid", BIT(RW_LM)},
    [RW_MOVBE] = {"movbe", 0},
    [RW_POPCNT] = {"popcnt", 0},
    [RW_FSGSBASE] = {"fsgsbase", BIT(RW_LM)},
    [RW_TSC_ADJUST] = {"tsc_adjust", BIT(RW_TSC) | BIT(RW_MSR)},
    [RW_SMEP] = {"smep", 0},
    [RW_INVPCID] = {"invpcid", 0},
    [RW_ADX] = {"adx", 0},
    [RW_SMAP] = {"smap", 0},
    [RW_CLFLUSHOPT] = {"clflushopt", 0},
    [RW_CLWB] = {"clwb", 0},
    [RW_UMIP] = {"umip", 0},
    [RW_PKU] = {"pku", BIT(RW_LM)},
    [RW_LA57] = {"la57", BIT(RW_LM)},
    [RW_RDPID] = {"rdpid", BIT(RW_MSR)},
    [RW_PKS] = {"pks", BIT(RW_LM)},
    [RW_LAHF_LM] = {"lahf_lm", BIT(RW_LM)},
    [RW_ABM] = {"abm", 0},
    [RW_PREFETCHW] = {"3dnowprefetch", 0},
    [RW_SYSCALL] = {"syscall", BIT(RW_LM)},
    [RW_NX] = {"nx", BIT(RW_PAE) | BIT(RW_MSR)},
    [RW_PDPE1GB] = {"pdpe1gb", BIT(RW_LM)},
    [RW_RDTSCP] = {"rdtscp", BIT(RW_TSC) | BIT(RW_MSR)},
    [RW_LM] = {"lm", BIT(RW_PAE) | BIT(RW_PAT) | BIT(RW_MSR)},
    [RW_X2APIC] = {"x2apic", BIT(RW_MSR)},
    [RW_TSC_DEADLINE] = {"tsc_deadline", BIT(RW_TSC) | BIT(RW_MSR)},
};

/* What needs something that is away is away. */
static uint64_t with_dependents(uint64_t away)
{
    uint64_t before;

    do {
        before = away;
        for (unsigned i = 0; i < RW_FEATURES; i++)
            if (features[i].needs & away)
                away |= BIT(i);
    } while (away != before);
    return away;
}

static int feature_named(const char *name, size_t length)
{
    for (int i = 0; i < RW_FEATURES; i++)
        if (strlen(features[i].name) == length && memcmp(features[i].name, name, length) == 0)
            return i;
    return -1;
}

static bool take_feature(const char *item, size_t length, struct rw_cpuid *cpuid, char *error,
                         size_t error_bytes)
{
    int n = feature_named(item + 1, length - 1);
    char names[CPUID_HELP_BYTES];

    if (n < 0 && item[0] == '+') {
        snprintf(error, error_bytes, "--cpuid: '%.*s' is not implemented and cannot be switched on",
                 (int)length - 1, item + 1);
        return false;
    }
    if (n < 0) {
        cpuid_names(BIT(RW_FEATURES) - 1, names, sizeof(names));
        snprintf(error, error_bytes, "--cpuid: no feature '%.*s'; there are %s", (int)length - 1,
                 item + 1, names);
        return false;
    }
    if (item[0] == '-')
        cpuid->away |= BIT(n);
    else
        cpuid->away &= ~BIT(n);
    return true;
}

static bool take_item(const char *item, size_t length, struct rw_cpuid *cpuid, char *error,
                      size_t error_bytes)
{
    char text[32];
    uint64_t v;

    if (length > 1 && (item[0] == '-' || item[0] == '+'))
        return take_feature(item, length, cpuid, error, error_bytes);
    if (length == 7 + sizeof(cpuid->vendor) && memcmp(item, "vendor=", 7) == 0) {
        memcpy(cpuid->vendor, item + 7, sizeof(cpuid->vendor));
        return true;
    }
    if (length < sizeof(text) && length > 10 && memcmp(item, "signature=", 10) == 0) {
        memcpy(text, item + 10, length - 10);
        text[length - 10] = 0;
        if (option_between(text, 1, UINT32_MAX, &v)) {
            cpuid->signature = (uint32_t)v;
            return true;
        }
    }
    snprintf(error, error_bytes,
             "--cpuid: '%.*s' is none of -NAME, +NAME, vendor=TWELVE LETTERS, signature=NUMBER",
             (int)length, item);
    return false;
}

bool cpuid_option(const char *list, struct rw_cpuid *cpuid, char *error, size_t error_bytes)
{
    const char *item = list;

    for (;;) {
        size_t length = strcspn(item, ",");

        if (!take_item(item, length, cpuid, error, error_bytes))
            return false;
        if (item[length] == 0)
            break;
        item += length + 1;
    }
    cpuid->away = with_dependents(cpuid->away);
    return true;
}

void cpuid_names(uint64_t mask, char *out, size_t out_bytes)
{
    size_t used = 0;

    out[0] = 0;
    for (unsigned i = 0; i < RW_FEATURES; i++)
        if ((mask & BIT(i)) && used + strlen(features[i].name) + 2 < out_bytes)
            used += (size_t)snprintf(out + used, out_bytes - used, "%s%s", used ? " " : "",
                                     features[i].name);
}
