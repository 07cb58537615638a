// SPDX-License-Identifier: Apache-2.0
// The checks in front of the tables as data; see the header.
#include "explain_gate.h"

#include <inttypes.h>

#define RANGE_LOW  UINT64_C(0xFEE00000)
#define RANGE_HIGH UINT64_C(0xFEEFFFFF)

static bool in_range(const struct explain_gate_query *q)
{
    return q->address >= RANGE_LOW && q->address <= RANGE_HIGH;
}

static bool range_denies(const struct explain_gate_query *q)
{
    return in_range(q) && !(q->write && q->bytes == 4 && q->address % 4 == 0 && q->at == 0);
}

static void range_words(FILE *out, const struct explain_gate_query *q)
{
    fprintf(out, "0x%" PRIx64 " is %s 0xfee00000-0xfeefffff", q->address,
            in_range(q) ? "in" : "outside");
    if (in_range(q))
        fprintf(out, "; %s of %u bytes, AT %u%s", q->write ? "write" : "read", q->bytes, q->at,
                range_denies(q) ? "" : ": an interrupt request");
}

static bool type_denies(const struct explain_gate_query *q)
{
    return !q->translation && q->at != 0;
}

static void type_words(FILE *out, const struct explain_gate_query *q)
{
    fprintf(out, "AT = %u, GSTS.TES = %u", q->at, q->translation);
}

static bool width_denies(const struct explain_gate_query *q)
{
    return q->address >> q->haw != 0;
}

static void width_words(FILE *out, const struct explain_gate_query *q)
{
    fprintf(out, "0x%" PRIx64 ", %u bits", q->address, q->haw);
}

static bool region_denies(const struct explain_gate_query *q, unsigned high)
{
    return q->address >= q->region[high].base && q->address <= q->region[high].limit;
}

static void region_words(FILE *out, const struct explain_gate_query *q, unsigned high)
{
    if (q->region[high].limit < q->region[high].base)
        fputs("covers nothing", out);
    else
        fprintf(out, "0x%" PRIx64 "-0x%" PRIx64 " %s it", q->region[high].base,
                q->region[high].limit, region_denies(q, high) ? "has" : "has not");
}

static bool low_denies(const struct explain_gate_query *q)
{
    return region_denies(q, 0);
}

static void low_words(FILE *out, const struct explain_gate_query *q)
{
    region_words(out, q, 0);
}

static bool high_denies(const struct explain_gate_query *q)
{
    return region_denies(q, 1);
}

static void high_words(FILE *out, const struct explain_gate_query *q)
{
    region_words(out, q, 1);
}

static const struct {
    const char *name, *section;
    bool (*denies)(const struct explain_gate_query *q);
    void (*words)(FILE *out, const struct explain_gate_query *q);
} checks[] = {
    {"interrupt address range", "Interrupt Address Range", range_denies, range_words},
    {"address type", "Global Status Register", type_denies, type_words},
    {"width of the host's addresses", "Capability Register", width_denies, width_words},
    {"protected low memory", "Protected Low-Memory Base Register", low_denies, low_words},
    {"protected high memory", "Protected High-Memory Base Register", high_denies, high_words},
};

static void print_side(FILE *out, const char *who, const char *said)
{
    if (said != NULL)
        fprintf(out, "%s says: %s.\n", who, said);
}

void explain_gate(FILE *out, const struct explain_gate_query *q)
{
    bool denied = false;

    fprintf(out,
            "why: %s of %u bytes at 0x%" PRIx64 " by %02x:%02x.%x, translation is %s\n"
            "checks that no table makes, in order (VT-d):\n",
            q->write ? "write" : "read", q->bytes, q->address, q->sid >> 8, q->sid >> 3 & 31,
            q->sid & 7, q->translation ? "on" : "off");
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !denied; i++) {
        denied = checks[i].denies(q);
        fprintf(out, "  %-6s %s (\"%s\"): ", denied ? "DENIES" : "passes", checks[i].name,
                checks[i].section);
        checks[i].words(out, q);
        fputc('\n', out);
    }
    fprintf(out, "so it is %s.\n",
            denied           ? "rejected, without a record"
            : q->translation ? "for the tables, or passes through unchanged"
                             : "let through unchanged");
    print_side(out, "The model", q->model);
    print_side(out, "The RTL", q->rtl);
}
