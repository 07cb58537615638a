// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "last_unit.h"

#include <inttypes.h>
#include <string.h>

#include "explain_unit.h"
#include "record.h"

#define CCMD  0x028u
#define IVA   0x100u
#define IOTLB 0x108u

/* A write of 4 or 8 bytes into a register of 8. */
static void put(uint64_t *value, const struct rec_iommu *r, uint64_t base)
{
    uint64_t at = 8 * (r->addr - base);

    if (r->addr < base || r->addr >= base + 8)
        return;
    if (r->size == 8)
        *value = r->lo;
    else if (r->size == 4)
        *value = (*value & ~(UINT64_C(0xFFFFFFFF) << at)) | r->lo << at;
}

static bool of_a_request(bool has, const uint8_t *record)
{
    struct rec_iwalk w;

    memcpy(&w, record, sizeof(w));
    return !has || w.kind != IWALK_DESCRIPTOR;
}

bool last_unit_of_a_request(const struct record_pair *pair)
{
    return of_a_request(pair->has_rtl, pair->rtl) && of_a_request(pair->has_model, pair->model);
}

static void print_read(FILE *out, const char *who, bool has, const uint8_t *record)
{
    struct rec_iwalk w;

    memcpy(&w, record, sizeof(w));
    fputs(who, out);
    if (!has)
        fputs("nothing", out);
    else if (w.kind == IWALK_DESCRIPTOR)
        fputs("a descriptor of the invalidation queue", out);
    else if (w.kind == IWALK_ROOT || w.kind == IWALK_CONTEXT)
        fprintf(out, "a %s entry", w.kind == IWALK_ROOT ? "root" : "context");
    else if (w.kind == IWALK_IRTE)
        fputs("an interrupt-remapping entry", out);
    else
        fprintf(out, "a level-%u entry", w.kind);
    if (has)
        fprintf(out, " at 0x%010" PRIx64 "  0x%016" PRIx64 "_%016" PRIx64, w.addr, w.value[1],
                w.value[0]);
    fputc('\n', out);
}

static void explain_read(FILE *out, const struct record_pair *pair)
{
    fputs("why: what is read of the structures\n", out);
    print_read(out, "  by the model: ", pair->has_model, pair->model);
    print_read(out, "  by the RTL:   ", pair->has_rtl, pair->rtl);
}

void last_unit_explain(FILE *out, const struct record_pair *pair, const struct record_log *log)
{
    struct explain_unit_query q = {0};
    struct rec_iommu rtl, model, seen;
    struct record_log_entry e;

    if (pair->type == &type_iwalk)
        explain_read(out, pair);
    if (pair->type != &type_iommu)
        return;
    memcpy(&rtl, pair->rtl, sizeof(rtl));
    memcpy(&model, pair->model, sizeof(model));
    q.rtl = pair->has_rtl ? &rtl : NULL;
    q.model = pair->has_model ? &model : NULL;
    for (size_t at = 0; record_log_next(log, &at, &e);) {
        if (e.type != &type_iommu)
            continue;
        memcpy(&seen, e.record, sizeof(seen));
        if (seen.kind != IOMMU_REG_WRITE)
            continue;
        put(&q.ccmd, &seen, CCMD);
        put(&q.iva, &seen, IVA);
        put(&q.iotlb, &seen, IOTLB);
    }
    explain_unit_record(out, &q);
}
