// SPDX-License-Identifier: Apache-2.0
// QEMU: breakpoints, single steps, debug registers, RF.
#include "known.h"

static bool rep_rf(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is_rep(m) && completed(m) &&
           m->model->f[F_RIP] == m->before->f[F_RIP] &&
           (m->model->f[f] ^ m->theirs->f[f]) == FL_RF && (m->model->f[f] & FL_RF);
}

static bool untouched_breakpoint(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 1 && m->vector_model == NO_VECTOR && m->behind != NULL &&
           (m->before->f[F_DR6] & 15) && !touches_breakpoint(m->behind, m->before);
}

static bool breakpoint_not_rounded(const struct moment *m, unsigned f)
{
    static const unsigned length_of[] = {1, 2, 8, 4};
    const uint64_t *state = m->before->f;

    (void)f;
    if (m->vector_model != 1 || m->vector_theirs != NO_VECTOR)
        return false;
    for (unsigned n = 0; n < 4; n++)
        if ((m->model->f[F_DR6] >> n & 1) &&
            (state[F_DR + n] & (length_of[state[F_DR7] >> (18 + 4 * n) & 3] - 1)))
            return true;
    return false;
}

static bool first_breakpoint_only(const struct moment *m, unsigned f)
{
    return f == F_DR6 && m->vector_theirs == 1 && m->vector_model == 1 &&
           ((m->theirs->f[f] ^ m->model->f[f]) & ~UINT64_C(15)) == 0 &&
           (m->theirs->f[f] & ~m->model->f[f]) == 0;
}

static bool debug_twice(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 1 && m->event_before == 1 && m->vector_model == NO_VECTOR;
}

/* It is found while the operand is read, and comes behind the delivery of the fault. */
static bool breakpoint_of_a_fault(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 1 && m->vector_model == NO_VECTOR && m->event_before < 32 &&
           m->event_before != 1 && m->theirs != NULL && (m->theirs->f[F_DR6] & 15);
}

static bool breakpoint_over_the_end(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 1 && m->vector_theirs == NO_VECTOR && over_4g(m);
}

static bool dr7_reserved(const struct moment *m, unsigned f)
{
    return f == F_DR7 && completed(m) && is(m, ZYDIS_MNEMONIC_MOV) &&
           ((m->theirs->f[f] ^ m->model->f[f]) & ~UINT64_C(0xdc00)) == 0;
}

static bool dr6_reserved(const struct moment *m, unsigned f)
{
    return f == F_DR6 && is(m, ZYDIS_MNEMONIC_MOV) && completed(m) &&
           (m->theirs->f[f] ^ m->model->f[f]) == 0x1000;
}

static bool string_io_breakpoint(const struct moment *m, unsigned f)
{
    (void)f;
    return m->next_vector == 1 && m->insn.decoded && (m->insn.insn.opcode & 0xfc) == 0x6c;
}

static bool hlt_step(const struct moment *m, unsigned f)
{
    (void)f;
    return m->behind != NULL && m->behind->decoded &&
           m->behind->insn.mnemonic == ZYDIS_MNEMONIC_HLT && m->vector_model == 1 &&
           m->vector_theirs != 1;
}

static bool step_behind_sti(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 1 && m->last->decoded && m->last->insn.mnemonic == ZYDIS_MNEMONIC_STI;
}

/* SDM Vol. 3A "Masking Exceptions and Interrupts When Switching Stacks": it comes behind INT n. */
static bool held_step_lost(const struct moment *m, unsigned f)
{
    ZydisMnemonic last = m->last->decoded ? m->last->insn.mnemonic : ZYDIS_MNEMONIC_INVALID;

    (void)f;
    return m->vector_model == 1 && m->vector_theirs == NO_VECTOR &&
           (last == ZYDIS_MNEMONIC_INT || last == ZYDIS_MNEMONIC_INT3 ||
            last == ZYDIS_MNEMONIC_INTO || last == ZYDIS_MNEMONIC_INT1);
}

/* QEMU looks for the breakpoint at EIP alone, finds none, and stops as for its gdb stub. */
static bool breakpoint_of_based_code(const struct moment *m, unsigned f)
{
    const uint64_t *state = m->before->f;

    (void)f;
    for (unsigned n = 0; n < 4; n++)
        if ((state[F_DR7] >> (2 * n) & 3) && (state[F_DR7] >> (16 + 4 * n) & 15) == 0 &&
            state[F_DR + n] == ((state[F_RIP] + state[F_BASE(SEG_CS)]) & 0xffffffff))
            return m->theirs == NULL && m->vector_model == 1 && m->vector_theirs == NO_VECTOR &&
                   !m->before->wide && state[F_BASE(SEG_CS)] != 0;
    return false;
}

static const struct known rows[] = {
    {200, ON_QEMU, "RF falls in the first iteration of a REP", "QEMU",
     "SDM Vol. 3B Instruction-Breakpoint Exception Condition: RF until the instruction is complete",
     K_TAKE, rep_rf},
    {260, ON_QEMU, "a data breakpoint that the instruction does not touch", "QEMU",
     "SDM Vol. 3B Breakpoint Field Recognition", K_RESYNC, untouched_breakpoint},
    {270, ON_QEMU, "DRn is not rounded down to its length", "QEMU",
     "SDM Vol. 3B Breakpoint Field Recognition", K_RESYNC, breakpoint_not_rounded},
    {280, ON_QEMU, "DR6 shows one of several breakpoints", "QEMU",
     "SDM Vol. 3B Debug Status Register (DR6)", K_TAKE, first_breakpoint_only},
    {290, ON_QEMU, "a breakpoint and a single step as two #DB", "QEMU",
     "SDM Vol. 3B Debug Status Register (DR6)", K_RESYNC, debug_twice},
    {330, ON_QEMU, "reserved bits of DR7 are kept", "QEMU",
     "SDM Vol. 3B Debug Control Register (DR7)", K_TAKE, dr7_reserved},
    {460, ON_QEMU, "bit 12 of DR6 is kept", "QEMU", "SDM Vol. 3B Debug Status Register (DR6)",
     K_TAKE, dr6_reserved},
    {760, ON_QEMU, "a port breakpoint inside a string instruction", "QEMU",
     "SDM Vol. 3B I/O breakpoints: a trap behind the iteration", K_RESYNC, string_io_breakpoint},
    {770, ON_QEMU, "HLT under a single step waits", "QEMU",
     "SDM Vol. 3B Single-Step Exception Condition", K_RESYNC, hlt_step},
    {810, ON_QEMU, "STI holds back the single step", "QEMU", "SDM Vol. 2 STI: external interrupts",
     K_RESYNC, step_behind_sti},
    {880, ON_BOTH, "a #DB held by MOV SS is lost in INT n", "QEMU, Bochs",
     "SDM Vol. 3A Masking Exceptions and Interrupts When Switching Stacks", K_RESYNC,
     held_step_lost},
    {930, ON_QEMU, "a data breakpoint of an instruction that faulted", "QEMU",
     "SDM Vol. 3B Data Memory and I/O Breakpoint-Exception Conditions: a trap behind the "
     "instruction",
     K_RESYNC, breakpoint_of_a_fault},
    {940, ON_QEMU, "a data breakpoint at 0 of what runs over the end of 4 GBytes", "QEMU",
     "SDM Vol. 1 Memory Organization: linear addresses of 32 bits; Vol. 3B Breakpoint Field "
     "Recognition",
     K_RESYNC, breakpoint_over_the_end},
    {920, ON_QEMU, "an instruction breakpoint where CS has a base: QEMU stops", "QEMU",
     "SDM Vol. 3B Breakpoint Field Recognition: linear addresses", K_END, breakpoint_of_based_code},
};

KNOWN_ROOM(known_debug);
