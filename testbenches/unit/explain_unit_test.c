// SPDX-License-Identifier: Apache-2.0
// cosim/explain of what a unit does beside a request: its layouts are whole, its words name the
// fields in which the sides part; of requests that no table decides; of loads of the PDPTE
// registers.
#include "explain_unit.h"

#include <stdlib.h>
#include <string.h>

#include "explain_gate.h"
#include "explain_load.h"
#include "gt.h"
#include "unit_layout.h"

static bool has(char *text, const char *words)
{
    bool found = strstr(text, words) != NULL;

    free(text);
    return found;
}

static char *unit_text(const struct rec_iommu *rtl, const struct rec_iommu *model)
{
    struct explain_unit_query q = {
        .rtl = rtl, .model = model, .iotlb = UINT64_C(0xB000000700000000), .iva = 0x5003};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    explain_unit_record(out, &q);
    fclose(out);
    return text;
}

static char *gate_text(const struct explain_gate_query *q)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    explain_gate(out, q);
    fclose(out);
    return text;
}

static void fields_apart(const struct unit_layout *u)
{
    uint64_t seen[2] = {0, 0};

    for (const struct unit_field *f = u->fields; f->name != NULL; f++) {
        EXPECT_TRUE(f->lo <= f->hi && f->hi < 8 * u->bytes);
        EXPECT_TRUE(f->hi / 64 == f->lo / 64); /* a field is read out of one word */
        for (unsigned bit = f->lo; bit <= f->hi; bit++) {
            EXPECT_TRUE((seen[bit / 64] >> bit % 64 & 1) == 0);
            seen[bit / 64] |= UINT64_C(1) << bit % 64;
        }
    }
}

GT_TEST(explain_unit, layouts_are_whole)
{
    const struct unit_layout *last = NULL;
    unsigned within, registers = 0;

    for (uint32_t offset = 0; offset < 0x300; offset++) {
        const struct unit_layout *u = unit_register(offset, &within);

        if (u == NULL)
            continue;
        EXPECT_TRUE(within < u->bytes);
        EXPECT_TRUE(offset % 4 != 0 || within % 4 == 0);
        if (u != last)
            fields_apart(u);
        registers += u != last;
        last = u;
    }
    EXPECT_U64(30, registers);
    for (uint64_t type = 0; type < 16; type++) {
        const struct unit_layout *u = unit_descriptor(type);

        EXPECT_TRUE((u != NULL) == (type >= 1 && type <= 5));
        if (u != NULL)
            fields_apart(u);
    }
    EXPECT_TRUE(unit_descriptor(1 | 1 << 9) == NULL);
}

GT_TEST(explain_unit, names_of_registers)
{
    char name[24];

    unit_register_text(name, sizeof(name), 0x034);
    EXPECT_TRUE(strcmp(name, "FSTS") == 0);
    unit_register_text(name, sizeof(name), 0x10C);
    EXPECT_TRUE(strcmp(name, "IOTLB+4") == 0);
    unit_register_text(name, sizeof(name), 0x25C);
    EXPECT_TRUE(strcmp(name, "FRCD5+12") == 0);
    unit_register_text(name, sizeof(name), 0x060);
    EXPECT_TRUE(strcmp(name, "offset 0x60") == 0);
}

/* 8 bytes from FECTL on: FEDATA is in its upper half. */
GT_TEST(explain_unit, an_access_of_two_registers)
{
    struct rec_iommu rtl = {.kind = IOMMU_REG_READ, .addr = 0x038, .size = 8}, model = rtl;

    rtl.lo = UINT64_C(0x0000004100000000);
    model.lo = UINT64_C(0x0000004080000000);
    EXPECT_TRUE(has(unit_text(&rtl, &model), "FECTL.IM (bit 31, mask): RTL 0, model 1"));
    EXPECT_TRUE(has(unit_text(&rtl, &model),
                    "FEDATA.data (bits 31:0, of the message): RTL 0x41, model 0x40"));
    EXPECT_TRUE(!has(unit_text(&rtl, &model), "FECTL.IP"));
}

GT_TEST(explain_unit, a_reserved_bit_is_told)
{
    struct rec_iommu rtl = {.kind = IOMMU_REG_READ, .addr = 0x034, .size = 4}, model = rtl;

    rtl.lo = 0x10000;
    EXPECT_TRUE(has(unit_text(&rtl, &model), "FSTS, reserved bit 16: RTL 1"));
}

GT_TEST(explain_unit, a_fault_record_by_its_fields)
{
    struct rec_iommu rtl = {.kind = IOMMU_FAULT_RECORD, .addr = 2}, model = rtl;

    rtl.hi = UINT64_C(1) << 63 | UINT64_C(5) << 32 | 0x0108;
    model.hi = UINT64_C(1) << 63 | UINT64_C(6) << 32 | 0x0108;
    EXPECT_TRUE(has(unit_text(&rtl, &model), "FRCD.FR (bits 103:96, reason): RTL 5 (write not "
                                             "permitted), model 6 (read not permitted)"));
    EXPECT_TRUE(!has(unit_text(&rtl, &model), "FRCD.SID"));
}

GT_TEST(explain_unit, an_invalidation_by_what_it_was_told)
{
    struct rec_iommu rtl = {.kind = IOMMU_IOTLB_INV, .count = 2, .latency = 1}, model = rtl;

    model.count = 5;
    EXPECT_TRUE(has(unit_text(&rtl, &model), "IOTLB.DID (bits 47:32, domain): 7"));
    EXPECT_TRUE(has(unit_text(&rtl, &model), "IVA.AM (bits 5:0, 2^AM pages): 3"));
    EXPECT_TRUE(has(unit_text(&rtl, &model), "entries dropped, of all caches: RTL 2, model 5"));
}

GT_TEST(explain_unit, one_side_did_nothing)
{
    struct rec_iommu model = {.kind = IOMMU_QUEUE_ERROR, .addr = 0x40, .lo = 0x7, .size = 3};

    EXPECT_TRUE(has(unit_text(NULL, &model), "queue error 3 (no such type of descriptor)"));
    EXPECT_TRUE(has(unit_text(NULL, &model), "the RTL: nothing"));
}

static const struct explain_gate_query open_gate = {
    .haw = 40, .region = {{1, 0}, {1, 0}}, .bytes = 4, .address = 0x1000};

GT_TEST(explain_gate, each_check_denies)
{
    struct explain_gate_query q = open_gate;

    EXPECT_TRUE(has(gate_text(&q), "let through unchanged"));
    q.address = UINT64_C(0xFEE01000);
    EXPECT_TRUE(has(gate_text(&q), "DENIES interrupt address range"));
    q.write = true;
    EXPECT_TRUE(has(gate_text(&q), "an interrupt request"));
    q = open_gate;
    q.at = 2;
    EXPECT_TRUE(has(gate_text(&q), "DENIES address type"));
    q.translation = true;
    EXPECT_TRUE(!has(gate_text(&q), "DENIES"));
    q = open_gate;
    q.address = UINT64_C(1) << 40;
    EXPECT_TRUE(has(gate_text(&q), "DENIES width"));
    q = open_gate;
    q.region[0].base = 0;
    q.region[0].limit = 0x1000;
    EXPECT_TRUE(has(gate_text(&q), "DENIES protected low memory"));
    q.region[0].limit = 0xFFF;
    EXPECT_TRUE(!has(gate_text(&q), "DENIES"));
    q.region[1].base = 0x1000;
    q.region[1].limit = 0x1FFF;
    EXPECT_TRUE(has(gate_text(&q), "DENIES protected high memory"));
}

static char *load_text(const struct explain_load_query *q)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    explain_load(out, q);
    fclose(out);
    return text;
}

GT_TEST(explain_load, each_reserved_bit_of_what_is_present)
{
    for (unsigned bit = 1; bit < 64; bit++) {
        bool reserved = bit < 3 || (bit >= 5 && bit < 9) || bit >= 40;
        struct explain_load_query q = {.cr3 = 0x1234, .maxphyaddr = 40};
        char words[64];

        q.entry[2] = UINT64_C(1) << bit;
        EXPECT_TRUE(has(load_text(&q), "so the registers are loaded"));
        q.entry[2] |= 1;
        snprintf(words, sizeof(words), "DENIES reserved bits of PDPTE [2]: set: %u\n", bit);
        EXPECT_TRUE(has(load_text(&q), words) == reserved);
        EXPECT_TRUE(has(load_text(&q), "#GP(0) and the registers stay") == reserved);
    }
    EXPECT_U64(0x1220, explain_load_table(0x1234));
}
