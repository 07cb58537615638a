// SPDX-License-Identifier: Apache-2.0
// Progress, words and JSON.
#include "report.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool choose_rows(struct oracle *o)
{
    assert(gen_rows() <= ROWS_MAX && permitted_rows() <= PERMITTED_MAX);
    for (unsigned mode = 0; mode < 2; mode++)
        for (unsigned i = 0; i < gen_rows(); i++)
            if (gen_row_in_mode(i, mode) && (!o->only || strcmp(o->only, gen_row_name(i)) == 0))
                o->rows[mode][o->row_count[mode]++] = (uint16_t)i;
    for (unsigned mode = 0; mode < 2;
         mode++) /* an instruction of one mode only: #UD in the other */
        for (unsigned i = 0; i < gen_rows() && !o->row_count[mode]; i++)
            if (o->row_count[!mode]) {
                o->row_count[mode] = o->row_count[!mode];
                memcpy(o->rows[mode], o->rows[!mode], sizeof o->rows[mode]);
            }
    return o->row_count[0] != 0;
}

unsigned pick_row(const struct oracle *o, struct rng *r, bool compat)
{
    const uint16_t *rows = o->rows[compat];
    unsigned row = rows[rng_below(r, o->row_count[compat])];

    if (gen_row_rare(row) && rng_percent(r, 75))
        row = rows[rng_below(r, o->row_count[compat])];
    return row;
}

bool report_open(struct oracle *o)
{
    o->json_file = strcmp(o->json, "-") == 0 ? stdout : fopen(o->json, "w");
    return o->json_file != NULL;
}

void report_count(struct oracle *o, const struct trial *t)
{
    o->done++;
    if (t->decoded)
        o->counts[t->compat][t->insn.mnemonic]++;
    else
        o->invalid++;
}

static bool quiet(const struct oracle *o)
{
    return o->json_file == stdout && o->json_file;
}

void report_progress(const struct oracle *o)
{
    if (o->done % 20000 != 0 || o->done == o->cases || quiet(o))
        return;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " cases ", o->done, o->cases);
    else
        fprintf(stderr, "%" PRIu64 " of %" PRIu64 " cases\n", o->done, o->cases);
}

static void in_words(const struct trial *t, char *out, size_t out_bytes)
{
    ZydisFormatter formatter;

    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    if (!t->decoded || !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(
                           &formatter, &t->insn, t->ops, t->insn.operand_count_visible, out,
                           out_bytes, t->start.rip, NULL)))
        snprintf(out, out_bytes, "(invalid)");
}

static void in_hex(const struct trial *t, char *out)
{
    for (unsigned i = 0; i < trial_len(t); i++)
        sprintf(out + i * 3, "%02x ", t->bytes[i]);
    out[trial_len(t) * 3 - 1] = '\0';
}

static void print_regs(const char *who, const struct regs *r)
{
    static const char *const names[GPRS] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                            "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

    fprintf(stderr, "%s: rip %" PRIx64 " rflags %" PRIx64 " fs %x:%" PRIx64 " gs %x:%" PRIx64, who,
            r->rip, r->rflags, r->sel[SEG_FS], r->fs_base, r->sel[SEG_GS], r->gs_base);
    fprintf(stderr, " cs %x ss %x ds %x es %x\n", r->sel[SEG_CS], r->sel[SEG_SS], r->sel[SEG_DS],
            r->sel[SEG_ES]);
    for (unsigned i = 0; i < GPRS; i++)
        fprintf(stderr, "%5s %016" PRIx64 "%s", names[i], r->gpr[i], i % 4 == 3 ? "\n" : "");
}

static void note_first(struct oracle *o, const struct trial *t, const char *text,
                       const struct diff *d)
{
    cJSON *first = cJSON_CreateObject();
    char hex[ZYDIS_MAX_INSTRUCTION_LENGTH * 3 + 1], value[24];

    in_hex(t, hex);
    cJSON_AddNumberToObject(first, "case", (double)t->index);
    cJSON_AddStringToObject(first, "mode", t->compat ? "compatibility" : "64-bit");
    cJSON_AddStringToObject(first, "instruction", text);
    cJSON_AddStringToObject(first, "bytes", hex);
    cJSON_AddStringToObject(first, "field", d->field);
    snprintf(value, sizeof value, "0x%" PRIx64, d->host);
    cJSON_AddStringToObject(first, "host", value);
    snprintf(value, sizeof value, "0x%" PRIx64, d->model);
    cJSON_AddStringToObject(first, "model", value);
    o->first_json = cJSON_PrintUnformatted(first);
    cJSON_Delete(first);
}

static void again(const struct oracle *o, const struct trial *t)
{
    fprintf(stderr, "again: ./rw oracle --seed %" PRIu64 " --first %" PRIu64 " --cases 1%s%s%s%s\n",
            o->seed, t->index, o->only ? " --only " : "", o->only ? o->only : "",
            o->exact       ? " --as "
            : o->undefined ? " --undefined"
                           : "",
            o->exact ? rw_undefined_name(o->as) : "");
}

void report_mismatch(struct oracle *o, const struct trial *t, const struct pair *p,
                     const struct diff *d)
{
    char text[128], hex[ZYDIS_MAX_INSTRUCTION_LENGTH * 3 + 1];

    in_words(t, text, sizeof text);
    in_hex(t, hex);
    if (o->mismatches++ == 0)
        note_first(o, t, text, d);
    fprintf(stderr, "mismatch in case %" PRIu64 ", %s mode: %s   [%s]\n", t->index,
            t->compat ? "compatibility" : "64-bit", text, hex);
    fprintf(stderr, "  %s: host %" PRIx64 ", model %" PRIx64 "\n", d->field, d->host, d->model);
    fprintf(stderr, "  host: signal %d code %d address %" PRIx64, p->host->signo, p->host->code,
            p->host->address);
    fprintf(stderr, "; model: vector %d error code %x cr2 %" PRIx64 "\n", p->model->vector,
            p->model->error_code, p->model->address);
    if (o->mismatches > 1)
        return;
    print_regs("before", &t->start);
    print_regs("host", &p->host->regs);
    print_regs("model", &p->model->regs);
    again(o, t);
}

void report_lost(struct oracle *o, const struct trial *t)
{
    struct diff d = {.field = "child lost"};
    char text[128];

    in_words(t, text, sizeof text);
    note_first(o, t, text, &d);
    fprintf(stderr, "case %" PRIu64 " killed the child: %s\n", t->index, text);
    again(o, t);
}

static cJSON *counts_json(const struct oracle *o)
{
    cJSON *object = cJSON_CreateObject();

    for (unsigned i = 0; i <= ZYDIS_MNEMONIC_MAX_VALUE; i++)
        if (o->counts[0][i] + o->counts[1][i])
            cJSON_AddNumberToObject(object, ZydisMnemonicGetString((ZydisMnemonic)i),
                                    (double)(o->counts[0][i] + o->counts[1][i]));
    if (o->invalid)
        cJSON_AddNumberToObject(object, "(invalid)", (double)o->invalid);
    return object;
}

static void write_json(const struct oracle *o, bool agreed)
{
    cJSON *root = cJSON_CreateObject(), *rows = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(root, "verdict", agreed ? "agreed" : "mismatch");
    cJSON_AddNumberToObject(root, "seed", (double)o->seed);
    cJSON_AddNumberToObject(root, "cases", (double)o->done);
    cJSON_AddStringToObject(root, "undefined", o->exact ? rw_undefined_name(o->as) : "excused");
    cJSON_AddItemToObject(root, "instructions", counts_json(o));
    for (unsigned i = 0; i < permitted_rows(); i++)
        cJSON_AddNumberToObject(rows, permitted_name(i), (double)o->permitted[i]);
    cJSON_AddItemToObject(root, "permitted", rows);
    cJSON_AddNumberToObject(root, "seconds", o->seconds);
    if (o->first_json)
        cJSON_AddItemToObject(root, "first", cJSON_Parse(o->first_json));
    text = cJSON_Print(root);
    fprintf(o->json_file, "%s\n", text);
    free(text);
    cJSON_Delete(root);
    if (o->json_file != stdout)
        fclose(o->json_file);
}

static void write_words(const struct oracle *o, bool agreed)
{
    unsigned kinds = 0;

    for (unsigned i = 0; i <= ZYDIS_MNEMONIC_MAX_VALUE; i++)
        kinds += o->counts[0][i] + o->counts[1][i] != 0;
    printf("%s: %" PRIu64 " cases, %u instructions, %" PRIu64 " invalid encodings, seed %" PRIu64
           ", %.1f s\n",
           agreed ? "agreed" : "mismatch", o->done, kinds, o->invalid, o->seed, o->seconds);
    printf("  undefined results: %s%s\n", o->exact ? "compared, as " : "excused",
           o->exact ? rw_undefined_name(o->as) : "");
    for (unsigned i = 0; i < permitted_rows(); i++)
        if (o->permitted[i])
            printf("  permitted %7" PRIu64 "  %s (%s)\n", o->permitted[i], permitted_name(i),
                   permitted_source(i));
    if (o->undefined)
        undefined_print(&o->sightings);
}

void report_end(struct oracle *o, bool agreed)
{
    if (isatty(STDERR_FILENO) && !quiet(o) && o->done >= 20000)
        fputc('\r', stderr);
    if (!quiet(o))
        write_words(o, agreed);
    if (o->json_file)
        write_json(o, agreed);
    free(o->first_json);
}
