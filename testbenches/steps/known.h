// SPDX-License-Identifier: Apache-2.0
// Rows of known differences, in rooms: each known_*.c has the rows of one subject.
#ifndef RW_STEPS_KNOWN_H
#define RW_STEPS_KNOWN_H

#include <assert.h>

#include "judge.h"

enum { KNOWN_ROOM_MAX = 32 };

/* A row is recognised by the emulator, the instruction and what both sides did. */
struct known {
    unsigned rank; /* where several rows explain a field, the lowest counts */
    unsigned on;   /* which emulators do so */
    const char *name, *kind, *source;
    enum known_action action;
    bool (*explains)(const struct moment *m, unsigned field);
};

struct known_room {
    const struct known *rows;
    unsigned count;
};

extern const struct known_room known_platform, known_open, known_segments, known_events,
    known_debug, known_memory, known_syscalls, known_insn, known_bochs, known_bochs_events;

/* At the end of a room: its table, rows[], under the room's name. */
#define KNOWN_ROOM(room)                                                                           \
    static_assert(sizeof(rows) / sizeof(rows[0]) <= KNOWN_ROOM_MAX, "known.c counts by room");     \
    const struct known_room room = {rows, sizeof(rows) / sizeof(rows[0])}

static inline bool is(const struct moment *m, ZydisMnemonic mnemonic)
{
    return m->insn.decoded && m->insn.insn.mnemonic == mnemonic;
}

static inline bool completed(const struct moment *m)
{
    return m->vector_theirs == NO_VECTOR && m->vector_model == NO_VECTOR;
}

static inline bool is_rep(const struct moment *m)
{
    const ZydisInstructionAttributes rep =
        ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;

    return m->insn.decoded && (m->insn.insn.attributes & rep);
}

static inline bool same_event(const struct moment *m)
{
    return m->vector_theirs == m->vector_model && m->error_theirs == m->error_model;
}

static inline bool is_far(const struct moment *m)
{
    return m->insn.decoded &&
           (m->insn.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR || is(m, ZYDIS_MNEMONIC_IRETD) ||
            is(m, ZYDIS_MNEMONIC_IRET) || is(m, ZYDIS_MNEMONIC_IRETQ));
}

static inline bool only_model_faults(const struct moment *m, unsigned vector, uint64_t error)
{
    return m->vector_theirs == NO_VECTOR && m->vector_model == vector && m->error_model == error;
}

/* MOV to CR0, CR3, CR4. */
static inline bool moves_to_cr(const struct moment *m)
{
    return is(m, ZYDIS_MNEMONIC_MOV) && m->insn.insn.opcode == 0x22 &&
           m->insn.insn.opcode_map == ZYDIS_OPCODE_MAP_0F;
}

static inline bool only_theirs_faults(const struct moment *m, unsigned vector)
{
    return m->vector_theirs == vector && m->vector_model == NO_VECTOR;
}

/* Set up by the firmware, or of another processor: MTRRs and what identifies. */
static inline bool is_platform_msr(uint64_t msr)
{
    return (msr >= 0x200 && msr <= 0x20f) || msr == 0x2ff || msr == 0xfe || msr == 0x1b ||
           msr == 0x277 || msr == 0x1d9 || msr == 0x3a || msr == 0x8b || msr == 0x179 ||
           msr == 0x1a0 || msr == 0x6e0;
}

/* The local APIC's, in x2APIC mode. */
static inline bool is_apic_msr(uint64_t msr)
{
    return msr >= 0x800 && msr <= 0x8ff;
}

static inline bool not_canonical(const struct shot *s, uint64_t va)
{
    unsigned bits = s->f[F_CR4] >> 12 & 1 ? 56 : 47;

    return va >> bits != 0 && va >> bits != UINT64_MAX >> bits;
}

#endif
