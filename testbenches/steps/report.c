// SPDX-License-Identifier: Apache-2.0
// What a run came to, in words.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "disasm.h"
#include "report.h"

enum { TEXT = 96, SHOWN = 8 };

struct verdict_row {
    const char *word, *text;
    bool agreed;
};

/* An assertion of QEMU's own or a panic of Bochs's ends a run as the guest's end does; another
 * death does not. */
static const struct verdict_row *verdict_row(const struct judge *j)
{
    static const struct verdict_row rows[] = {
        [V_EXIT] = {"exit", "agreed to the guest's exit", true},
        [V_HALTED] = {"halted", "agreed, both wait in HLT", true},
        [V_SHUTDOWN] = {"shutdown", "agreed, both shut down", true},
        [V_LIMIT] = {"limit", "agreed to the limit", true},
        [V_GIVEN_UP] = {"known", "agreed up to a known difference", true},
        [V_DIED] = {"died", "the emulator ended by itself", false},
        [V_MISMATCH] = {"mismatch", "MISMATCH", false}};
    static const struct verdict_row aborted = {"abort", "agreed until QEMU aborted", true};

    static const struct verdict_row panicked = {"panic", "agreed until Bochs panicked", true};

    if (j->verdict == V_DIED && j->status == -SIGABRT)
        return &aborted;
    if (j->verdict == V_DIED && j->emulator->ops == &emulator_bochs && j->status == 1)
        return &panicked;
    return &rows[j->verdict];
}

const char *verdict_text(const struct judge *j)
{
    return verdict_row(j)->text;
}

const char *verdict_word(const struct judge *j)
{
    return verdict_row(j)->word;
}

bool verdict_agreed(const struct judge *j)
{
    return verdict_row(j)->agreed;
}

static void print_instruction(const char *lead, uint64_t rip, const uint8_t *bytes, unsigned count,
                              unsigned mode)
{
    char text[TEXT];

    disasm(text, sizeof(text), bytes, count, rip, mode);
    printf("  %s 0x%" PRIx64 "  %s", lead, rip, text);
    for (unsigned i = 0; i < count && lead[0] != ' '; i++)
        printf(" %02x", bytes[i]);
    printf("\n");
}

static void print_event(const char *side, unsigned vector, uint64_t error)
{
    if (vector == NO_VECTOR)
        printf("    %s: no event\n", side);
    else if (vector == SHUT_DOWN)
        printf("    %s: shutdown\n", side);
    else
        printf("    %s: vector %u, error code 0x%" PRIx64 "\n", side, vector, error);
}

/* Everything that the emulator delivered in the span, faults of a delivery too. */
static void print_deliveries(const struct span *s)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->h[i].kind == H_DELIVER)
            printf("    theirs: delivers %u%s, error code 0x%" PRIx32 ", at 0x%" PRIx64 "\n",
                   s->h[i].vector, s->h[i].external ? " (external)" : "", s->h[i].error,
                   s->h[i].shot.f[F_RIP]);
}

static void print_fields(const struct judge *j)
{
    const struct moment *m = &j->moment;

    printf("    %-14s %18s %18s %18s\n", "field", "theirs", "model", "before");
    for (unsigned f = 0; f < F_STATE_COUNT; f++)
        if (j->differs[f])
            printf("    %-14s %#18" PRIx64 " %#18" PRIx64 " %#18" PRIx64 "\n", field_name(f),
                   m->theirs->f[f], m->model->f[f], m->before->f[f]);
    for (unsigned f = F_DR; (m->vector_theirs == 1 || m->vector_model == 1) && f <= F_DR7; f++)
        printf("    %-14s %18s %18s %#18" PRIx64 "\n", field_name(f), "", "", m->before->f[f]);
    if (j->differs[F_WHERE])
        printf("    at             %#18" PRIx64 " %#18" PRIx64 "\n", m->where_theirs,
               m->where_model);
    if (j->differs[F_DEVICE])
        printf("    device access at 0x%" PRIx64 ": theirs 0x%" PRIx64 ", model 0x%" PRIx64 "\n",
               j->twin->device_addr, j->twin->device_theirs, j->twin->device_model);
}

static void print_state(const struct shot *s)
{
    printf("    the state before:");
    for (unsigned f = 0; f < F_STATE_COUNT; f++)
        printf("%s%s %" PRIx64, f % 8 == 0 ? "\n      " : ", ", field_name(f), s->f[f]);
    printf("\n");
}

static void print_past(const char *lead, const struct past *p)
{
    print_instruction(lead, p->rip, p->bytes, p->byte_count, p->mode);
}

static void print_ram(const struct judge *j)
{
    printf("  RAM at 0x%" PRIx64 ": theirs 0x%02x, model 0x%02x, ", j->ram_pa, j->ram_theirs,
           j->ram_model);
    if (j->ram_writer == 0)
        printf("never written by the model\n");
    else
        printf("written by the model %" PRIu64 " steps before\n", j->ram_writer);
}

static void print_first(const struct judge *j)
{
    const struct moment *m = &j->moment;
    uint64_t shown = j->show_state ? HISTORY : SHOWN;
    uint64_t known = j->past_count < shown ? j->past_count : shown;

    for (uint64_t i = known; i > 1; i--)
        print_past("       ", &j->past[(j->past_count - i) % HISTORY]);
    if (j->ram_differs)
        print_ram(j);
    if (m->before == NULL)
        return;
    print_instruction("here:  ", m->before->f[F_RIP], m->insn.bytes, sizeof(m->insn.bytes),
                      m->insn.compat ? MODE_COMPAT : MODE_64);
    if (m->vector_theirs != NO_VECTOR || m->vector_model != NO_VECTOR) {
        print_event("theirs", m->vector_theirs, m->error_theirs);
        print_event("model ", m->vector_model, m->error_model);
    }
    print_deliveries(&j->span);
    print_fields(j);
    if (j->show_state)
        print_state(m->before);
}

static void print_counts(const struct judge *j)
{
    printf("  stimuli:");
    for (unsigned s = 0; s < STIMULUS_COUNT; s++)
        printf("%s %s %" PRIu64, s == 0 ? "" : ",", stimulus_name(s), j->twin->stimuli[s]);
    printf("\n  undefined results %" PRIu64 ", unjudged behind a resynchronisation %" PRIu64
           ", RAM compared %" PRIu64 " times\n",
           j->undefined_flags, j->unjudged, j->checkpoints);
    if (j->rf_dropped != 0)
        printf("  QEMU: RF in a frame as it was in RFLAGS %" PRIu64 "\n", j->rf_dropped);
    for (unsigned i = 0; i < known_rows(); i++)
        if (j->known[i] != 0)
            printf("  %s: %s %" PRIu64 " (%s)\n", known_kind(i), known_name(i), j->known[i],
                   known_source(i));
}

void report_program(const struct judge *j, const char *program, double seconds)
{
    printf("%s: %s, %" PRIu64 " instructions, %" PRIu64 " events, %.1f seconds\n", program,
           verdict_row(j)->text, j->instructions, j->events, seconds);
    if (j->verdict == V_EXIT && j->twin->exit_value != 0)
        printf("  the guest's own check failed: it exits with %" PRIu32 "\n", j->twin->exit_value);
    if (j->verdict == V_GIVEN_UP)
        printf("  ended by: %s\n", known_name(j->given_up_by));
    if (j->verdict == V_DIED)
        printf("  %s: status %d, %s\n", j->emulator->ops->name, j->status,
               j->emulator->ops->complaint(j->emulator));
    if ((j->verdict == V_DIED || j->verdict == V_GIVEN_UP) && j->past_count != 0)
        print_past("at", &j->past[(j->past_count - 1) % HISTORY]);
    if (j->verdict == V_MISMATCH)
        print_first(j);
    print_counts(j);
    fflush(stdout);
}
