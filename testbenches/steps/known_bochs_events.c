// SPDX-License-Identifier: Apache-2.0
// Bochs 2.7: what it delivers and returns from, stacks, and MSRs.
#include "known.h"

#define BEYOND_RAM 0x40000000u /* the most that main.c gives */

/* The first fault's. */
static bool rf_of_double_fault(const struct moment *m, unsigned f)
{
    return f == F_RAM && same_event(m) && m->vector_model == 8 && m->ram_pa % 4 == 2 &&
           m->ram_bits == 1 && !(m->ram_model & 1);
}

/* ISTn is looked at as the model does it, but the error code names the old SS. */
static bool ist_names_ss(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 12 && m->vector_model == 12 && m->error_model < 2 &&
           m->error_theirs == ((m->before->f[F_SELECTOR(SEG_SS)] & 0xfffc) | m->error_model) &&
           (m->before->f[F_EFER] & 0x400);
}

/* Bits 12:8 of the last dword, which only call gates have to leave clear. */
static bool gate_of_high_type(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs != m->vector_model && m->vector_theirs != NO_VECTOR &&
           m->high_gate_type && (m->before->f[F_EFER] & 0x400);
}

/* What fitted on a stack without room for all. */
static bool pushes_before_room(const struct moment *m, unsigned f)
{
    return f == F_RAM && same_event(m) && m->vector_model == 12 && !m->ram_stored &&
           !(m->before->f[F_EFER] & 0x400);
}

static bool wrmsr_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_WRMSR) && only_model_faults(m, 13, 0) && m->before->f[F_CPL] == 0 &&
           (is_platform_msr(m->msr) || m->msr == 0xc0000084 || m->msr == 0xc0000103);
}

/* Bochs ignores MSRs that it does not have; this one it is told to be without. */
static bool pkrs_ignored(const struct moment *m, unsigned f)
{
    (void)f;
    return (is(m, ZYDIS_MNEMONIC_WRMSR) || is(m, ZYDIS_MNEMONIC_RDMSR)) && m->msr == 0x6e1 &&
           only_model_faults(m, 13, 0);
}

/* Three pops, as if there were no SS and RSP to pop. */
static bool narrow_iret(const struct moment *m, unsigned f)
{
    const struct shot *b = m->before;
    unsigned bytes = m->insn.decoded ? m->insn.insn.operand_width / 8u : 8;

    (void)f;
    if (!b->wide || !(is(m, ZYDIS_MNEMONIC_IRET) || is(m, ZYDIS_MNEMONIC_IRETD)) || bytes == 8)
        return false;
    if (m->vector_theirs == NO_VECTOR)
        return m->theirs != NULL && m->theirs->f[F_CPL] == b->f[F_CPL] &&
               m->theirs->f[F_GPR + RSP] == b->f[F_GPR + RSP] + 3 * bytes;
    return m->vector_theirs == 13 && (m->vector_model == 14 || m->vector_model == 12);
}

/* RET reads CS first, IRET RFLAGS. */
static bool frame_from_above(const struct moment *m, unsigned f)
{
    unsigned above = is(m, ZYDIS_MNEMONIC_RET) ? 1 : 2;

    return f == F_CR2 && is_far(m) && !is(m, ZYDIS_MNEMONIC_CALL) && !is(m, ZYDIS_MNEMONIC_JMP) &&
           same_event(m) && m->vector_model == 14 && m->theirs != NULL &&
           m->theirs->f[f] - m->model->f[f] == above * m->insn.insn.operand_width / 8u;
}

/* Room is asked for as if SP could not come round inside what is pushed or popped. */
static bool stack_comes_round(const struct moment *m, unsigned f)
{
    uint64_t sp = m->before->f[F_GPR + RSP] & 0xffff;

    (void)f;
    return !m->before->wide && !(m->before->f[F_ATTR(SEG_SS)] & 0x4000) && is_far(m) &&
           m->vector_theirs == 12 && m->error_theirs == 0 && m->vector_model != 12 &&
           (sp < 16 || sp > 0xffff - 24);
}

/* 16 bits of a slot of which the other half is beyond the limit. */
static bool half_slot(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_PUSH) && m->vector_theirs == NO_VECTOR &&
           m->insn.ops[0].type == ZYDIS_OPERAND_TYPE_REGISTER && m->insn.ops[0].size == 16 &&
           m->insn.insn.operand_width != 16 && !m->before->wide &&
           (m->vector_model == 12 || m->vector_model == 8 || m->vector_model == SHUT_DOWN);
}

/* The opposite of QEMU's firmware: here nobody answers with ones. */
static bool code_of_nobody(const struct moment *m, unsigned f)
{
    (void)f;
    return m->fetched_nothing;
}

/* Accesses there are shown in other pieces. */
static bool nobody(const struct moment *m, unsigned f)
{
    return f == F_DEVICE && m->device_addr >= BEYOND_RAM && m->device_addr >> 12 != 0xfee00;
}

static const struct known rows[] = {
    {1200, ON_BOCHS, "RF in the frame of #DF", "Bochs",
     "SDM Vol. 3B Instruction-Breakpoint Exception Condition: of fault-class exceptions", K_TAKE,
     rf_of_double_fault},
    {1210, ON_BOCHS, "ISTn that is not canonical: #SS with the old SS's selector", "Bochs",
     "SDM Vol. 2 INT n: #SS(EXT)", K_RESYNC, ist_names_ss},
    {1220, ON_BOCHS, "a gate of the IDT whose reserved bits 108:104 are not 0", "open",
     "SDM Vol. 3A 64-Bit Mode IDT: reserved, and no fault is named", K_RESYNC, gate_of_high_type},
    {1230, ON_BOCHS, "pushes of an event on a stack that has no room for all", "Bochs",
     "SDM Vol. 2 INT n: #SS if the stack does not have room, before the first push", K_TAKE,
     pushes_before_room},
    {1240, ON_BOCHS, "WRMSR of reserved bits and read-only registers", "Bochs",
     "SDM Vol. 2 WRMSR: #GP(0) for reserved bits; Vol. 4 Architectural MSRs", K_RESYNC,
     wrmsr_unchecked},
    {1250, ON_BOCHS, "IA32_PKRS without PKS", "choice", "docs/cpu.md CPUID: away for Bochs",
     K_RESYNC, pkrs_ignored},
    {1260, ON_BOCHS, "IRET of 16 and 32 bits in 64-bit mode to the same level pops no RSP and SS",
     "Bochs", "SDM Vol. 3A IRET in IA-32e Mode: unconditionally; this machine's processor",
     K_RESYNC, narrow_iret},
    {1280, ON_BOCHS, "far RET reads CS before RIP, IRET RFLAGS before both", "open",
     "SDM Vol. 2 RET, IRET: no order among the operands; docs/cpu.md A9", K_TAKE, frame_from_above},
    {1290, ON_BOCHS, "a far transfer in which a 16-bit SP comes round: #SS", "open",
     "SDM Vol. 1 Stack Behavior With 16-bit pointers: nothing is said of room", K_RESYNC,
     stack_comes_round},
    {1300, ON_BOCHS, "PUSH of a segment register with room for 16 bits alone", "open",
     "SDM Vol. 2 PUSH: a zero-extended value, or a 16-bit move", K_RESYNC, half_slot},
    {1320, ON_BOCHS, "code where nobody answers", "stimulus", "Bochs's bus gives ones", K_END,
     code_of_nobody},
    {1330, ON_BOCHS, "accesses where nobody answers", "stimulus", "Bochs's bus gives ones", K_TAKE,
     nobody},
};

KNOWN_ROOM(known_bochs_events);
