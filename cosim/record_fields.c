// SPDX-License-Identifier: Apache-2.0
// Field tables of docs/record.md, from the C structures.
#include "record_fields.h"

#include <inttypes.h>
#include <string.h>

#include "record.h"
#include "shell/board.h"

#define FIELD(type, member)                                                                        \
    {                                                                                              \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), true           \
    }
#define TIMING(type, member)                                                                       \
    {                                                                                              \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member), false          \
    }
#define ITEM(type, array, i, label)                                                                \
    {                                                                                              \
        label,                                                                                     \
            (uint16_t)(offsetof(struct type, array) + (i) * sizeof(((struct type *)0)->array[0])), \
            sizeof(((struct type *)0)->array[0]), true                                             \
    }
#define COUNT(a) (uint16_t)(sizeof(a) / sizeof((a)[0]))

static const struct record_field retire_fields[] = {
    TIMING(rec_retire, cycle),        TIMING(rec_retire, seq),
    FIELD(rec_retire, kind),          FIELD(rec_retire, rip),
    FIELD(rec_retire, vector),        FIELD(rec_retire, len),
    FIELD(rec_retire, bytes),         FIELD(rec_retire, flags),
    FIELD(rec_retire, error_code),    FIELD(rec_retire, next_rip),
    FIELD(rec_retire, cpl),           FIELD(rec_retire, mode),
    FIELD(rec_retire, boundary),      FIELD(rec_retire, core),
    FIELD(rec_retire, rflags),        ITEM(rec_retire, gpr, 0, "rax"),
    ITEM(rec_retire, gpr, 1, "rcx"),  ITEM(rec_retire, gpr, 2, "rdx"),
    ITEM(rec_retire, gpr, 3, "rbx"),  ITEM(rec_retire, gpr, 4, "rsp"),
    ITEM(rec_retire, gpr, 5, "rbp"),  ITEM(rec_retire, gpr, 6, "rsi"),
    ITEM(rec_retire, gpr, 7, "rdi"),  ITEM(rec_retire, gpr, 8, "r8"),
    ITEM(rec_retire, gpr, 9, "r9"),   ITEM(rec_retire, gpr, 10, "r10"),
    ITEM(rec_retire, gpr, 11, "r11"), ITEM(rec_retire, gpr, 12, "r12"),
    ITEM(rec_retire, gpr, 13, "r13"), ITEM(rec_retire, gpr, 14, "r14"),
    ITEM(rec_retire, gpr, 15, "r15"), FIELD(rec_retire, cr2),
};

#define SEG_FIELDS(i, label)                                                                       \
    {label ".selector",                                                                            \
     (uint16_t)(offsetof(struct rec_sys, seg) + (i) * sizeof(struct rec_seg_state) +               \
                offsetof(struct rec_seg_state, selector)),                                         \
     2, true},                                                                                     \
        {label ".base",                                                                            \
         (uint16_t)(offsetof(struct rec_sys, seg) + (i) * sizeof(struct rec_seg_state)), 8, true}, \
        {label ".limit",                                                                           \
         (uint16_t)(offsetof(struct rec_sys, seg) + (i) * sizeof(struct rec_seg_state) +           \
                    offsetof(struct rec_seg_state, limit)),                                        \
         4, true},                                                                                 \
    {                                                                                              \
        label ".attr",                                                                             \
            (uint16_t)(offsetof(struct rec_sys, seg) + (i) * sizeof(struct rec_seg_state) +        \
                       offsetof(struct rec_seg_state, attr)),                                      \
            2, true                                                                                \
    }

#define MTRR_FIELDS(i)                                                                             \
    ITEM(rec_sys, mtrr_base, i, "mtrr_base" #i), ITEM(rec_sys, mtrr_mask, i, "mtrr_mask" #i)

static const struct record_field sys_fields[] = {
    TIMING(rec_sys, cycle),
    FIELD(rec_sys, cr0),
    FIELD(rec_sys, cr3),
    FIELD(rec_sys, cr4),
    FIELD(rec_sys, efer),
    FIELD(rec_sys, dr6),
    FIELD(rec_sys, dr7),
    ITEM(rec_sys, dr, 0, "dr0"),
    ITEM(rec_sys, dr, 1, "dr1"),
    ITEM(rec_sys, dr, 2, "dr2"),
    ITEM(rec_sys, dr, 3, "dr3"),
    FIELD(rec_sys, gdtr_base),
    FIELD(rec_sys, idtr_base),
    FIELD(rec_sys, gdtr_limit),
    FIELD(rec_sys, idtr_limit),
    SEG_FIELDS(SEG_ES, "es"),
    SEG_FIELDS(SEG_CS, "cs"),
    SEG_FIELDS(SEG_SS, "ss"),
    SEG_FIELDS(SEG_DS, "ds"),
    SEG_FIELDS(SEG_FS, "fs"),
    SEG_FIELDS(SEG_GS, "gs"),
    SEG_FIELDS(SEG_LDTR, "ldtr"),
    SEG_FIELDS(SEG_TR, "tr"),
    FIELD(rec_sys, star),
    FIELD(rec_sys, lstar),
    FIELD(rec_sys, cstar),
    FIELD(rec_sys, fmask),
    FIELD(rec_sys, kernel_gs_base),
    FIELD(rec_sys, tsc_aux),
    FIELD(rec_sys, pat),
    FIELD(rec_sys, apic_base),
    FIELD(rec_sys, sysenter_cs),
    FIELD(rec_sys, sysenter_esp),
    FIELD(rec_sys, sysenter_eip),
    FIELD(rec_sys, misc_enable),
    FIELD(rec_sys, tsc_adjust),
    FIELD(rec_sys, pkrs),
    FIELD(rec_sys, core),
    FIELD(rec_sys, pkru),
    ITEM(rec_sys, pdpte, 0, "pdpte0"),
    ITEM(rec_sys, pdpte, 1, "pdpte1"),
    ITEM(rec_sys, pdpte, 2, "pdpte2"),
    ITEM(rec_sys, pdpte, 3, "pdpte3"),
    FIELD(rec_sys, mtrr_def_type),
    MTRR_FIELDS(0),
    MTRR_FIELDS(1),
    MTRR_FIELDS(2),
    MTRR_FIELDS(3),
    MTRR_FIELDS(4),
    MTRR_FIELDS(5),
    MTRR_FIELDS(6),
    MTRR_FIELDS(7),
};

static const struct record_field walk_fields[] = {
    TIMING(rec_walk, cycle), FIELD(rec_walk, kind),  FIELD(rec_walk, level),
    FIELD(rec_walk, addr),   FIELD(rec_walk, value), FIELD(rec_walk, core),
};

/* `hit` before what it leads to: a stale entry, or one missed, explains a wrong answer. */
static const struct record_field xlate_fields[] = {
    TIMING(rec_xlate, cycle), FIELD(rec_xlate, requester), FIELD(rec_xlate, access),
    FIELD(rec_xlate, va),     FIELD(rec_xlate, user),      FIELD(rec_xlate, implicit),
    FIELD(rec_xlate, hit),    FIELD(rec_xlate, fault),     FIELD(rec_xlate, error_code),
    FIELD(rec_xlate, pa),     FIELD(rec_xlate, page_log2), FIELD(rec_xlate, memtype),
    FIELD(rec_xlate, psc),    FIELD(rec_xlate, latency),   FIELD(rec_xlate, core),
};

static const struct record_field bus_fields[] = {
    TIMING(rec_bus, cycle), TIMING(rec_bus, seq), FIELD(rec_bus, src),  FIELD(rec_bus, flags),
    FIELD(rec_bus, addr),   FIELD(rec_bus, be),   FIELD(rec_bus, data), FIELD(rec_bus, core),
};

static const struct record_field iwalk_fields[] = {
    TIMING(rec_iwalk, cycle),
    FIELD(rec_iwalk, kind),
    FIELD(rec_iwalk, addr),
    ITEM(rec_iwalk, value, 0, "value_lo"),
    ITEM(rec_iwalk, value, 1, "value_hi"),
};

static const struct record_field dma_fields[] = {
    TIMING(rec_dma, cycle),   TIMING(rec_dma, seq),      FIELD(rec_dma, phase),
    FIELD(rec_dma, sid),      FIELD(rec_dma, tag),       FIELD(rec_dma, write),
    FIELD(rec_dma, len),      FIELD(rec_dma, at),        FIELD(rec_dma, iova),
    FIELD(rec_dma, hit),      FIELD(rec_dma, status),    FIELD(rec_dma, fault),
    FIELD(rec_dma, pa),       FIELD(rec_dma, page_log2), FIELD(rec_dma, psc),
    FIELD(rec_dma, recorded), FIELD(rec_dma, data),      FIELD(rec_dma, latency),
};

static const struct record_field iommu_fields[] = {
    TIMING(rec_iommu, cycle), FIELD(rec_iommu, kind),    FIELD(rec_iommu, addr),
    FIELD(rec_iommu, size),   FIELD(rec_iommu, lo),      FIELD(rec_iommu, hi),
    FIELD(rec_iommu, count),  FIELD(rec_iommu, latency),
};

static const struct record_field stim_fields[] = {TIMING(rec_stim, cycle), FIELD(rec_stim, kind),
                                                  FIELD(rec_stim, value), FIELD(rec_stim, core)};

static const struct record_field board_fields[] = {
    {"cycle", offsetof(struct board_record, cycle), 8, false},
    {"kind", offsetof(struct board_record, kind), 1, true},
    {"addr", offsetof(struct board_record, addr), 8, true},
    {"len", offsetof(struct board_record, len), 1, true},
    {"flags", offsetof(struct board_record, flags), 1, true},
    {"src", offsetof(struct board_record, src), 1, true},
    {"sid", offsetof(struct board_record, sid), 2, true},
    {"tag", offsetof(struct board_record, tag), 1, true},
    {"at", offsetof(struct board_record, at), 1, true},
    {"ok", offsetof(struct board_record, ok), 1, true},
    {"value", offsetof(struct board_record, value), 8, true},
    {"data", offsetof(struct board_record, data), 16, true},
};

#define TYPE(name, first)                                                                          \
    const struct record_type type_##name = {#name, sizeof(struct rec_##name),                      \
                                            COUNT(name##_fields), name##_fields,                   \
                                            offsetof(struct rec_##name, first)}
TYPE(retire, rip);
TYPE(sys, cr0);
TYPE(walk, addr);
TYPE(xlate, va);
TYPE(bus, addr);
TYPE(iwalk, addr);
TYPE(dma, iova);
TYPE(iommu, addr);
TYPE(stim, value);
const struct record_type type_board = {"board", sizeof(struct board_record), COUNT(board_fields),
                                       board_fields, offsetof(struct board_record, addr)};

uint64_t record_value(const void *record, const struct record_field *f)
{
    uint64_t value = 0;

    memcpy(&value, (const uint8_t *)record + f->offset, f->size < 8 ? f->size : 8);
    return value;
}

const struct record_field *record_field_differs(const struct record_type *t, const void *a,
                                                const void *b)
{
    for (uint16_t i = 0; i < t->count; i++) {
        const struct record_field *f = &t->fields[i];

        if (f->compared &&
            memcmp((const uint8_t *)a + f->offset, (const uint8_t *)b + f->offset, f->size) != 0)
            return f;
    }
    return NULL;
}

static bool all_zero(const uint8_t *p, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* A number, or bytes as they lie. */
static void print_field(FILE *out, const struct record_field *f, const void *record)
{
    const uint8_t *at = (const uint8_t *)record + f->offset;

    if (f->size <= 8)
        fprintf(out, "%" PRIx64, record_value(record, f));
    for (unsigned i = 0; f->size > 8 && i < f->size; i++)
        fprintf(out, "%02x", at[i]);
}

void record_print(FILE *out, const struct record_type *t, const void *record)
{
    fprintf(out, "%-6s", t->stream);
    for (uint16_t i = 0; i < t->count; i++) {
        const struct record_field *f = &t->fields[i];
        const uint8_t *at = (const uint8_t *)record + f->offset;

        if (all_zero(at, f->size) && f->compared)
            continue;
        fprintf(out, " %s=", f->name);
        if (f->compared)
            print_field(out, f, record);
        else
            fprintf(out, "%" PRIu64, record_value(record, f));
    }
    fputc('\n', out);
}

_Static_assert(sizeof(struct rec_sys) == RECORD_MAX, "the largest record");

void record_pair_keep(struct record_pair *p, const struct record_type *t, const void *rtl,
                      const void *model)
{
    *p = (struct record_pair){.type = t, .has_rtl = rtl != NULL, .has_model = model != NULL};
    if (rtl != NULL)
        memcpy(p->rtl, rtl, t->size);
    if (model != NULL)
        memcpy(p->model, model, t->size);
}

static bool parts_in(const struct record_pair *p, const struct record_field *f)
{
    return f->compared && memcmp(p->rtl + f->offset, p->model + f->offset, f->size) != 0;
}

void record_pair_print(FILE *out, const struct record_pair *p)
{
    unsigned parting = 0;

    if (p->type == NULL || !p->has_rtl || !p->has_model)
        return;
    for (uint16_t i = 0; i < p->type->count; i++)
        parting += parts_in(p, &p->type->fields[i]);
    if (parting < 2)
        return;
    fprintf(out, "what differs of the %s record:\n", p->type->stream);
    for (uint16_t i = 0; i < p->type->count; i++) {
        const struct record_field *f = &p->type->fields[i];

        if (!parts_in(p, f))
            continue;
        fprintf(out, "  %-10s rtl ", f->name);
        print_field(out, f, p->rtl);
        fputs(", model ", out);
        print_field(out, f, p->model);
        fputc('\n', out);
    }
}
