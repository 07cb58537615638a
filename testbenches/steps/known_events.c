// SPDX-License-Identifier: Apache-2.0
// QEMU: the delivery of events, their error codes, and the shadow that holds them back.
#include "known.h"

/* A fault or interrupt through an IST entry at the same level. */
static bool ist_nulls_ss(const struct moment *m, unsigned f)
{
    return f >= F_SELECTOR(SEG_SS) && f <= F_ATTR(SEG_SS) && m->vector_theirs == m->vector_model &&
           m->vector_theirs != NO_VECTOR && m->theirs->wide &&
           m->before->f[F_CPL] == m->theirs->f[F_CPL] && m->theirs->f[F_SELECTOR(SEG_SS)] < 4 &&
           m->theirs->f[F_ATTR(SEG_SS)] == 0;
}

static bool gate_error(const struct moment *m, unsigned f)
{
    uint64_t q = m->error_theirs, model = m->error_model;

    return f == F_ERROR && m->vector_theirs == m->vector_model && m->theirs->f[F_EFER] & 0x400 &&
           (model & 2) && q >> 4 == (model & 0xffff) >> 3 && ((q ^ model) & 6) == 0;
}

/* In all that is not INT n, INT3, INTO. */
static bool ext_missing(const struct moment *m, unsigned f)
{
    return f == F_ERROR && m->vector_theirs == m->vector_model && m->vector_model != 14 &&
           (m->error_model ^ m->error_theirs) == 1 && (m->error_model & 1);
}

static bool lss_shadow(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && is(m, ZYDIS_MNEMONIC_LSS) && m->theirs->f[f] == 1;
}

static bool sti_shadow(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && is(m, ZYDIS_MNEMONIC_STI) && m->theirs->f[f] == 1 &&
           (m->before->f[F_RFLAGS] & FL_IF);
}

static bool has_data_breakpoint(const struct shot *s)
{
    for (unsigned n = 0; n < 4; n++)
        if ((s->f[F_DR7] >> (2 * n) & 3) && (s->f[F_DR7] >> (16 + 4 * n) & 1))
            return true;
    return false;
}

static bool delivery_begun_anew(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == m->vector_model && m->vector_model != NO_VECTOR &&
           m->theirs != NULL && has_data_breakpoint(m->before) &&
           m->theirs->f[F_RIP] == m->before->f[F_RIP] &&
           m->theirs->f[F_GPR + RSP] == m->before->f[F_GPR + RSP];
}

/* A fault of the instruction behind STI or MOV SS. */
static bool shadow_survives(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && same_event(m) && m->vector_model != NO_VECTOR && m->before->f[f] == 1 &&
           m->theirs->f[f] == 1;
}

/* Also where it is the gate of the fault that this makes, down to a shutdown. */
static bool gate_offset_not_canonical(const struct moment *m, unsigned f)
{
    bool differs = m->vector_theirs != m->vector_model || f >= F_VECTOR;

    return m->gate_not_canonical && differs && m->vector_theirs != NO_VECTOR &&
           (m->vector_model == 13 || m->vector_model == 8 || m->vector_model == SHUT_DOWN);
}

static bool frame_beyond_stack(const struct moment *m, unsigned f)
{
    (void)f;
    return !m->before->wide && m->vector_model == 12 && m->error_model <= 1 &&
           m->vector_theirs != NO_VECTOR && m->vector_theirs != 12 &&
           event_frame_outside(m->before);
}

static const struct known rows[] = {
    {60, ON_QEMU, "an IST entry at the same level nulls SS", "QEMU",
     "SDM Vol. 3A Stack Switching in IA-32e Mode", K_TAKE, ist_nulls_ss},
    {110, ON_QEMU, "error codes of a gate in long mode: vector * 16, no EXT", "QEMU",
     "SDM Vol. 3A Error Code", K_RESYNC, gate_error},
    {130, ON_QEMU, "no EXT in an error code", "QEMU", "SDM Vol. 3A Error Code", K_RESYNC,
     ext_missing},
    {190, ON_QEMU, "LSS holds back interrupts", "QEMU",
     "SDM Vol. 3A Masking Exceptions and Interrupts When Switching Stacks: MOV SS and POP SS",
     K_TAKE, lss_shadow},
    {255, ON_QEMU, "the frame of an event is not held against its stack's limit", "QEMU",
     "SDM Vol. 3A Limit Checking; Vol. 2 INT n: #SS(EXT)", K_RESYNC, frame_beyond_stack},
    {800, ON_QEMU, "STI with IF = 1 holds back interrupts", "QEMU", "SDM Vol. 2 STI: if IF was 0",
     K_TAKE, sti_shadow},
    {830, ON_QEMU, "a data breakpoint in the frame of an event begins it anew", "QEMU",
     "SDM Vol. 3B Data Breakpoint Exception Condition: a trap", K_RESYNC, delivery_begun_anew},
    {850, ON_QEMU, "the shadow of STI or MOV SS outlives an event", "QEMU",
     "SDM Vol. 2 STI: the next instruction", K_TAKE, shadow_survives},
    {900, ON_QEMU, "a gate's offset that is not canonical faults behind it", "QEMU",
     "SDM Vol. 2 INT n: #GP(EXT)", K_RESYNC, gate_offset_not_canonical},
};

KNOWN_ROOM(known_events);
