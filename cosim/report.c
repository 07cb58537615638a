// SPDX-License-Identifier: Apache-2.0
// What a run prints.
#include "report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"

static const char *const stim_names[STIM_COUNT] = {"interrupt",  "tsc",         "mmio_read",
                                                   "port_read",  "nmi",         "dma_payload",
                                                   "completion", "legal_answer"};

static void print_place(FILE *out, uint64_t rip, const uint8_t *bytes, unsigned len, unsigned mode)
{
    char text[128];

    fprintf(out, "  at rip 0x%" PRIx64, rip);
    if (len != 0) {
        disasm(text, sizeof(text), bytes, len, rip, mode);
        fprintf(out, ": %s", text);
    }
    fputc('\n', out);
}

void report_mismatch(FILE *out, const struct run_result *r)
{
    const struct mismatch *m = &r->first;

    fprintf(out, "first difference: stream %s, field %s, cycle %" PRIu64 "\n", m->stream, m->field,
            m->cycle);
    fprintf(out, "  rtl   %s\n  model %s\n", m->rtl, m->model);
    if (m->has_source_id)
        fprintf(out, "  source-id %02x:%02x.%x\n", m->source_id >> 8, (m->source_id >> 3) & 0x1F,
                m->source_id & 7);
    print_place(out, m->rip, m->bytes, m->len, m->mode);
    if (r->why != NULL)
        fputs(r->why, out);
}

/* Where a run that did not end stands: the RTL's last retirement. */
static void print_last_retirement(FILE *out, const struct record_log *log)
{
    struct record_log_entry e;
    struct rec_retire last = {0};

    for (size_t at = 0; log != NULL && record_log_next(log, &at, &e);)
        if (e.type == &type_retire && !e.from_model)
            memcpy(&last, e.record, sizeof(last));
    if (last.cycle == 0)
        return;
    fprintf(out, "last retirement: cycle %" PRIu64 "\n", last.cycle);
    print_place(out, last.rip, last.bytes, last.len, last.mode);
}

static const char *outcome(const struct run_result *r)
{
    if (r->verdict == VERDICT_LIMIT)
        return " (the limit of cycles or instructions was reached)";
    if (r->verdict == VERDICT_HANG)
        return " (no instruction retires and nothing is due that could wake the processor)";
    if (r->real_mode)
        return " (the guest made a reset that is to go on in real mode, which this processor "
               "lacks)";
    if (r->user_ended)
        return " (the user ended the run)";
    if (r->shut_down)
        return " (the guest shut down: triple fault)";
    if (r->guest_exited && r->guest_exit != 0)
        return " (the guest failed its own check)";
    return "";
}

static void print_stale(FILE *out, const struct run_options *o, const struct run_result *r)
{
    for (size_t i = 0; i < r->stale_listed; i++)
        stale_tell(out, &r->stale[i], o->symbols);
    fprintf(out, "stale translations used: %" PRIu64 ", at %zu places\n", r->stale_uses,
            r->stale_listed);
}

void report_text(FILE *out, const struct run_options *o, const struct run_result *r,
                 const char *bundle)
{
    const struct scoreboard_counts *c = &r->counts;

    fprintf(out, "verdict: %s%s\n", run_verdict_name(r->verdict), outcome(r));
    if (r->verdict == VERDICT_MISMATCH)
        report_mismatch(out, r);
    if (r->verdict == VERDICT_LIMIT || r->verdict == VERDICT_HANG)
        print_last_retirement(out, r->log);
    if (bundle != NULL)
        fprintf(out, "  bundle %s (page.html, report, record log, wave; ./rw wave %s opens it)\n",
                bundle, bundle);
    fprintf(out, "program: %s, seed %" PRIu64 "\n", o->image.path, o->seed);
    fprintf(out, "instructions: %" PRIu64 ", cycles: %" PRIu64, c->instructions, r->cycles);
    if (o->mode != RUN_MODEL_ALONE && c->instructions != 0)
        fprintf(out, " (%.2f per instruction)", (double)r->cycles / (double)c->instructions);
    fprintf(out, "\ntranslations: %" PRIu64 " fetch, %" PRIu64 " data, %" PRIu64 " dma\n", c->fetch,
            c->data, c->dma);
    fprintf(out, "iommu events: %" PRIu64 "\nstimuli:", c->iommu_events);
    for (unsigned i = 0; i < STIM_COUNT; i++)
        fprintf(out, " %s %" PRIu64 "%s", stim_names[i], c->stimuli[i],
                i + 1 < STIM_COUNT ? "," : "\n");
    fprintf(out, "unclaimed accesses: %" PRIu64 "\n", r->unclaimed);
    if (r->signals_ignored != 0)
        fprintf(out, "SMI and start-up messages, ignored: %" PRIu64 "\n", r->signals_ignored);
    if (r->resets != 0)
        fprintf(out, "resets by the guest: %u\n", r->resets);
    if (r->guest_exited)
        fprintf(out, "guest exit: %" PRIu32 "\n", r->guest_exit);
    if (o->lint)
        print_stale(out, o, r);
    fprintf(out, "seconds: %.2f\n", r->seconds);
}

static void add_count(cJSON *o, const char *name, uint64_t value)
{
    cJSON_AddNumberToObject(o, name, (double)value);
}

/* Where the design stood: equal failures are told from others by it. */
static void add_state(cJSON *first, const struct run_result *r)
{
    static const char *const modes[] = {"real", "protected", "compatibility", "64-bit"};
    const struct mismatch *m = &r->first;
    cJSON *state = cJSON_AddObjectToObject(first, "state");
    char text[128];

    cJSON_AddStringToObject(state, "mode", modes[m->mode & 3]);
    if (m->len != 0) {
        disasm(text, sizeof(text), m->bytes, m->len, m->rip, m->mode);
        cJSON_AddStringToObject(state, "instruction", text);
    }
    if (r->ucode != NULL)
        cJSON_AddStringToObject(state, "ucode", r->ucode);
}

static void add_first(cJSON *root, const struct run_result *r, const char *bundle)
{
    const struct mismatch *m = &r->first;
    cJSON *first = cJSON_AddObjectToObject(root, "first");
    char text[24];

    cJSON_AddStringToObject(first, "stream", m->stream);
    cJSON_AddStringToObject(first, "field", m->field);
    cJSON_AddStringToObject(first, "rtl", m->rtl);
    cJSON_AddStringToObject(first, "model", m->model);
    add_count(first, "cycle", m->cycle);
    if (m->has_source_id) {
        add_count(first, "source_id", m->source_id);
    } else {
        snprintf(text, sizeof(text), "0x%" PRIx64, m->rip);
        cJSON_AddStringToObject(first, "rip", text);
        add_state(first, r);
    }
    if (r->why != NULL)
        cJSON_AddStringToObject(first, "why", r->why);
    if (bundle != NULL)
        cJSON_AddStringToObject(first, "bundle", bundle);
    else
        cJSON_AddNullToObject(first, "bundle");
}

static void add_waves(cJSON *root, const struct run_result *r)
{
    cJSON *all = cJSON_AddArrayToObject(root, "waves");

    for (unsigned i = 0; i < r->wave_count; i++) {
        cJSON *one = cJSON_CreateObject();

        cJSON_AddStringToObject(one, "on", r->waves[i].on);
        add_count(one, "cycle", r->waves[i].cycle);
        if (r->waves[i].bundle[0] != 0)
            cJSON_AddStringToObject(one, "bundle", r->waves[i].bundle);
        else
            cJSON_AddNullToObject(one, "bundle");
        cJSON_AddItemToArray(all, one);
    }
}

static cJSON *run_object(const struct run_options *o, const struct run_result *r,
                         const char *bundle)
{
    const struct scoreboard_counts *c = &r->counts;
    cJSON *root = cJSON_CreateObject(), *sub;

    cJSON_AddStringToObject(root, "verdict", run_verdict_name(r->verdict));
    add_count(root, "seed", o->seed);
    add_count(root, "instructions", c->instructions);
    add_count(root, "cycles", r->cycles);
    sub = cJSON_AddObjectToObject(root, "translations");
    add_count(sub, "fetch", c->fetch);
    add_count(sub, "data", c->data);
    add_count(sub, "dma", c->dma);
    add_count(root, "iommu_events", c->iommu_events);
    sub = cJSON_AddObjectToObject(root, "stimuli");
    for (unsigned i = 0; i < STIM_COUNT; i++)
        add_count(sub, stim_names[i], c->stimuli[i]);
    cJSON_AddObjectToObject(root, "permitted"); /* there is no permitted difference */
    if (r->guest_exited)
        add_count(root, "guest_exit", r->guest_exit);
    else
        cJSON_AddNullToObject(root, "guest_exit");
    if (r->user_ended)
        cJSON_AddTrueToObject(root, "user_ended");
    cJSON_AddNumberToObject(root, "seconds", r->seconds);
    if (r->wave_count != 0)
        add_waves(root, r);
    if (r->verdict == VERDICT_MISMATCH)
        add_first(root, r, bundle);
    return root;
}

bool report_json(const char *path, const struct run_options *o, const struct run_result *r,
                 const char *bundle)
{
    cJSON *root = run_object(o, r, bundle);
    char *text = cJSON_Print(root);
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *out = to_stdout ? stdout : fopen(path, "w");
    bool ok = out != NULL && text != NULL && fprintf(out, "%s\n", text) > 0;

    if (out != NULL && (to_stdout ? fflush(out) : fclose(out)) != 0)
        ok = false;
    free(text);
    cJSON_Delete(root);
    return ok;
}
