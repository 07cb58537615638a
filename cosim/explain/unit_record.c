// SPDX-License-Identifier: Apache-2.0
// See explain_unit.h.
#include "explain_unit.h"

#include <inttypes.h>

#include "unit_layout.h"

struct words {
    uint64_t word[2];
};

static uint64_t field_value(const struct words *w, const struct unit_field *f)
{
    unsigned bits = f->hi - f->lo + 1u;
    uint64_t v = w->word[f->lo / 64] >> f->lo % 64;

    return bits == 64 ? v : v & ((UINT64_C(1) << bits) - 1);
}

static void print_value(FILE *out, const struct unit_field *f, uint64_t value)
{
    fprintf(out, value < 10 ? "%" PRIu64 : "0x%" PRIx64, value);
    if (f->named != NULL)
        fprintf(out, " (%s)", f->named(value));
}

static void print_name(FILE *out, const struct unit_layout *u, const struct unit_field *f)
{
    fprintf(out, "  %s.%s (", u->name, f->name);
    fprintf(out, f->hi == f->lo ? "bit %u" : "bits %u:", f->hi);
    if (f->hi != f->lo)
        fprintf(out, "%u", f->lo);
    fprintf(out, ", %s): ", f->what);
}

/* The fields that are not 0. */
static void print_fields(FILE *out, const struct unit_layout *u, const struct words *w)
{
    for (const struct unit_field *f = u->fields; f->name != NULL; f++) {
        uint64_t value = field_value(w, f);

        if (value == 0)
            continue;
        print_name(out, u, f);
        print_value(out, f, value);
        fputc('\n', out);
    }
}

/* The fields in which they part, and bits of no field. */
static void print_parting(FILE *out, const struct unit_layout *u, const struct words *rtl,
                          const struct words *model)
{
    struct words rest = {{rtl->word[0] ^ model->word[0], rtl->word[1] ^ model->word[1]}};

    for (const struct unit_field *f = u->fields; f->name != NULL; f++) {
        uint64_t a = field_value(rtl, f), b = field_value(model, f);

        for (unsigned bit = f->lo; bit <= f->hi; bit++)
            rest.word[bit / 64] &= ~(UINT64_C(1) << bit % 64);
        if (a == b)
            continue;
        print_name(out, u, f);
        fputs("RTL ", out);
        print_value(out, f, a);
        fputs(", model ", out);
        print_value(out, f, b);
        fputc('\n', out);
    }
    for (unsigned bit = 0; bit < 128; bit++)
        if (rest.word[bit / 64] >> bit % 64 & 1)
            fprintf(out, "  %s, reserved bit %u: RTL %u\n", u->name, bit,
                    (unsigned)(rtl->word[bit / 64] >> bit % 64 & 1));
}

/* --- registers --- */

static struct words placed(uint64_t value, unsigned within, unsigned bytes)
{
    struct words w = {{0, 0}};

    if (bytes < 8)
        value &= (UINT64_C(1) << (8 * bytes)) - 1;
    w.word[within / 8] = value << 8 * (within % 8);
    return w;
}

/* An access may cover the neighbour of its register too. */
static void print_access(FILE *out, const struct rec_iommu *r, const struct rec_iommu *model)
{
    for (unsigned at = 0; at < r->size && at < 8;) {
        unsigned within = 0, left = r->size - at;
        const struct unit_layout *u = unit_register((uint32_t)r->addr + at, &within);
        unsigned bytes = u == NULL ? 1 : u->bytes - within;
        struct words mine;

        bytes = bytes > left ? left : bytes;
        mine = placed(r->lo >> 8 * at, within, bytes);
        if (u != NULL && model != NULL) {
            struct words other = placed(model->lo >> 8 * at, within, bytes);

            print_parting(out, u, &mine, &other);
        } else if (u != NULL) {
            print_fields(out, u, &mine);
        }
        at += bytes;
    }
}

static const char *title_at(uint64_t offset)
{
    unsigned within;
    const struct unit_layout *u = unit_register((uint32_t)offset, &within);

    return u == NULL ? "Register Descriptions" : u->title;
}

/* --- what it was --- */

static void print_command(FILE *out, const struct explain_unit_query *q, bool context)
{
    struct words command = {{context ? q->ccmd : q->iotlb, 0}}, address = {{q->iva, 0}};

    print_fields(out, context ? &unit_context_command : &unit_iotlb_command, &command);
    if (!context)
        print_fields(out, &unit_invalidate_address, &address);
}

static void print_what(FILE *out, const struct rec_iommu *r)
{
    const struct unit_layout *u;
    char name[32];

    switch (r->kind) {
    case IOMMU_REG_WRITE:
    case IOMMU_REG_READ:
        unit_register_text(name, sizeof(name), (uint32_t)r->addr);
        fprintf(out, "%s of %u bytes %s %s (VT-d \"%s\"), 0x%" PRIx64,
                r->kind == IOMMU_REG_READ ? "read" : "write", r->size,
                r->kind == IOMMU_REG_READ ? "of" : "to", name, title_at(r->addr), r->lo);
        return;
    case IOMMU_FAULT_RECORD:
        fprintf(out, "fault record %" PRIu64 " (VT-d \"Primary Fault Logging\")", r->addr);
        return;
    case IOMMU_EVENT:
        fprintf(out, "%s event (VT-d \"%s\"), message 0x%" PRIx64 " to 0x%" PRIx64,
                r->count == 0 ? "fault" : "invalidation",
                r->count == 0 ? "Fault Event Control Register"
                              : "Invalidation Event Control Register",
                r->lo, r->addr);
        return;
    case IOMMU_CONTEXT_INV:
        fputs("invalidation of the context cache (VT-d \"Context Command Register\")", out);
        break;
    case IOMMU_IOTLB_INV:
        fputs("invalidation of the IOTLB (VT-d \"IOTLB Invalidate Register\")", out);
        break;
    case IOMMU_DESCRIPTOR:
    case IOMMU_QUEUE_ERROR:
        u = unit_descriptor(r->lo);
        fprintf(out, "descriptor at IQH 0x%" PRIx64 " (VT-d \"%s\") %s", r->addr,
                u == NULL ? "Invalidation Queue" : u->title,
                r->kind == IOMMU_DESCRIPTOR ? "executed" : "not executed: queue error ");
        if (r->kind == IOMMU_QUEUE_ERROR)
            fprintf(out, "%u (%s)", r->size, unit_queue_error(r->size));
        break;
    case IOMMU_COMPLETION:
    case IOMMU_TIME_OUT:
        fprintf(out, "%s of the device-TLB of %02x:%02x.%u%s",
                r->kind == IOMMU_COMPLETION ? "completion" : "time-out", (unsigned)r->lo >> 8,
                (unsigned)r->lo >> 3 & 31, (unsigned)r->lo & 7, r->size != 0 ? ", an error" : "");
        return;
    default:
        fprintf(out, "kind %u", r->kind);
        return;
    }
}

/* The fields behind it, of one side or of both where they part. */
static void print_details(FILE *out, const struct explain_unit_query *q, const struct rec_iommu *r,
                          const struct rec_iommu *model)
{
    struct words mine = {{r->lo, r->hi}}, other = {{0, 0}};
    const struct unit_layout *u = &unit_fault_record;

    if (model != NULL)
        other = (struct words){{model->lo, model->hi}};
    switch (r->kind) {
    case IOMMU_REG_WRITE:
    case IOMMU_REG_READ:
        print_access(out, r, model);
        return;
    case IOMMU_CONTEXT_INV:
    case IOMMU_IOTLB_INV:
        print_command(out, q, r->kind == IOMMU_CONTEXT_INV);
        return;
    case IOMMU_DESCRIPTOR:
    case IOMMU_QUEUE_ERROR:
        u = unit_descriptor(r->lo);
        if (u != NULL)
            print_fields(out, u, &mine);
        if (u == NULL || model == NULL || unit_descriptor(model->lo) != u)
            return;
        break;
    case IOMMU_FAULT_RECORD:
        if (model == NULL)
            print_fields(out, u, &mine);
        break;
    default:
        return;
    }
    if (model != NULL)
        print_parting(out, u, &mine, &other);
}

static bool counts_entries(const struct rec_iommu *r)
{
    return r->kind == IOMMU_CONTEXT_INV || r->kind == IOMMU_IOTLB_INV ||
           r->kind == IOMMU_DESCRIPTOR;
}

static void print_both(FILE *out, const struct explain_unit_query *q)
{
    fputs("why: ", out);
    print_what(out, q->model);
    if (q->rtl->addr != q->model->addr || q->rtl->size != q->model->size ||
        (q->rtl->lo != q->model->lo && q->rtl->kind != IOMMU_FAULT_RECORD)) {
        fputs("\nthe RTL: ", out);
        print_what(out, q->rtl);
    }
    fputc('\n', out);
    print_details(out, q, q->rtl, q->rtl->addr == q->model->addr ? q->model : NULL);
    if (counts_entries(q->rtl) && q->rtl->count != q->model->count)
        fprintf(out, "  entries dropped, of all caches: RTL %u, model %u\n", q->rtl->count,
                q->model->count);
    if (q->rtl->latency != q->model->latency)
        fprintf(out, "  cycles: RTL %u, model %u\n", q->rtl->latency, q->model->latency);
}

static void print_side(FILE *out, const char *who, const struct explain_unit_query *q,
                       const struct rec_iommu *r)
{
    fputs(who, out);
    if (r == NULL) {
        fputs("nothing\n", out);
        return;
    }
    print_what(out, r);
    fputc('\n', out);
    print_details(out, q, r, NULL);
}

void explain_unit_record(FILE *out, const struct explain_unit_query *q)
{
    if (q->rtl != NULL && q->model != NULL && q->rtl->kind == q->model->kind) {
        print_both(out, q);
        return;
    }
    print_side(out, "why: the model: ", q, q->model);
    print_side(out, "the RTL: ", q, q->rtl);
}
