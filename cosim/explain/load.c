// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "explain_load.h"

#include <inttypes.h>

#define PDPTES   4
#define PRESENT  UINT64_C(1)
#define LOW_HELD UINT64_C(0x1E6) /* 8:5 and 2:1 */

/* SDM Vol. 3A Table "Format of a PAE Page-Directory-Pointer-Table Entry (PDPTE)". */
static uint64_t reserved_of(const struct explain_load_query *q)
{
    return LOW_HELD | ~((UINT64_C(1) << q->maxphyaddr) - 1);
}

static bool denies(const struct explain_load_query *q, unsigned i)
{
    return (q->entry[i] & PRESENT) && (q->entry[i] & reserved_of(q)) != 0;
}

uint64_t explain_load_table(uint64_t cr3)
{
    return cr3 & UINT64_C(0xFFFFFFE0);
}

static void print_bits(FILE *out, uint64_t bits)
{
    fputs(bits == 0 ? "none is set" : "set:", out);
    for (unsigned bit = 0; bit < 64; bit++)
        if (bits >> bit & 1)
            fprintf(out, " %u", bit);
}

static void print_side(FILE *out, const char *who, bool fault)
{
    fprintf(out, "%s says %s.\n", who, fault ? "#GP(0)" : "loaded");
}

void explain_load(FILE *out, const struct explain_load_query *q)
{
    uint64_t table = explain_load_table(q->cr3);
    bool fault = false;

    fprintf(out, "why: load of the PDPTE registers, CR3 0x%" PRIx64 "\n", q->cr3);
    for (unsigned i = 0; i < PDPTES; i++)
        fprintf(out, "  PDPTE [%u] at 0x%010" PRIx64 "  0x%016" PRIx64 "%s\n", i, table + 8 * i,
                q->entry[i], q->entry[i] & PRESENT ? "  P" : "");
    fputs("checks (SDM Vol. 3A 4.4.1), of every entry that is present:\n", out);
    for (unsigned i = 0; i < PDPTES; i++) {
        fprintf(out, "  %-6s reserved bits of PDPTE [%u]: ", denies(q, i) ? "DENIES" : "passes", i);
        if (q->entry[i] & PRESENT)
            print_bits(out, q->entry[i] & reserved_of(q));
        else
            fputs("P = 0, none counts", out);
        fputc('\n', out);
        fault |= denies(q, i);
    }
    fprintf(out, "so %s.\n",
            fault ? "it is #GP(0) and the registers stay as they are" : "the registers are loaded");
    print_side(out, "The model", q->model_fault);
    print_side(out, "The RTL", q->rtl_fault);
    for (unsigned i = 0; !fault && !q->rtl_fault && i < PDPTES; i++)
        if (q->rtl[i] != q->entry[i])
            fprintf(out, "  the RTL's register %u is 0x%016" PRIx64 "\n", i, q->rtl[i]);
}
