// SPDX-License-Identifier: Apache-2.0
// QEMU: segments, descriptors and what far transfers load.
#include "known.h"

static bool ltr_busy(const struct moment *m, unsigned f)
{
    return f == F_ATTR(SEG_TR) && is(m, ZYDIS_MNEMONIC_LTR) && completed(m) &&
           (m->theirs->f[f] ^ m->model->f[f]) == 2;
}

/* A far transfer or an event: CS, and SS with it. */
static bool not_accessed(const struct moment *m, unsigned f)
{
    return (f == F_ATTR(SEG_CS) || f == F_ATTR(SEG_SS)) && same_event(m) &&
           (is_far(m) || m->vector_theirs != NO_VECTOR) &&
           (m->model->f[f] ^ m->theirs->f[f]) == 1 && (m->model->f[f] & 1);
}

static bool gate_cpl(const struct moment *m, unsigned f)
{
    return f == F_CPL && is(m, ZYDIS_MNEMONIC_CALL) && is_far(m) && completed(m) &&
           m->theirs->wide && m->theirs->f[f] == 0 && m->theirs->f[F_SELECTOR(SEG_SS)] < 4 &&
           m->model->f[f] == (m->model->f[F_SELECTOR(SEG_CS)] & 3);
}

/* CPL stays, and CS shows it: QEMU puts the segment's DPL there. */
static bool conforming_rpl(const struct moment *m, unsigned f)
{
    return f == F_SELECTOR(SEG_CS) && is(m, ZYDIS_MNEMONIC_CALL) && is_far(m) && completed(m) &&
           (m->model->f[F_ATTR(SEG_CS)] & 0x1c) == 0x1c && (m->theirs->f[f] ^ m->model->f[f]) < 4 &&
           (m->theirs->f[f] & 3) == (m->model->f[F_ATTR(SEG_CS)] >> 5 & 3);
}

/* The table of LAR has other types in IA-32e mode; QEMU has one for both. */
static bool lar_type(const struct moment *m, unsigned f)
{
    return (f < F_GPR + 16 || f == F_RFLAGS) && is(m, ZYDIS_MNEMONIC_LAR) && completed(m) &&
           (m->theirs->f[F_EFER] & 0x400) && (m->theirs->f[F_RFLAGS] & FL_ZF) &&
           !(m->model->f[F_RFLAGS] & FL_ZF);
}

/* By the instruction, or by the delivery of what it raised. */
static bool segment_unchecked(const struct moment *m, unsigned f)
{
    bool fault = (m->vector_model == 12 || m->vector_model == 13) && m->error_model < 2;
    bool nested = m->vector_model == 8 || m->vector_model == SHUT_DOWN;

    (void)f;
    return (fault || nested) && !same_event(m) && beyond_segments(m);
}

static bool ltr_null(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_LTR) && only_model_faults(m, 13, 0) &&
           m->theirs->f[F_SELECTOR(SEG_TR)] < 4;
}

/* In 64-bit mode the base has 64 bits whatever the prefixes. */
static bool lgdt_16(const struct moment *m, unsigned f)
{
    return m->before->wide && (f == F_GDTR_BASE || f == F_IDTR_BASE) && completed(m) &&
           (is(m, ZYDIS_MNEMONIC_LGDT) || is(m, ZYDIS_MNEMONIC_LIDT)) &&
           (m->insn.insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE) &&
           m->theirs->f[f] == (m->model->f[f] & 0xffffff);
}

/* LLDT, LTR, WRMSR, WRFSBASE, WRGSBASE: 57 bits are the most that this processor has. */
static bool address_not_canonical(const struct moment *m, unsigned f)
{
    const uint64_t *b = m->before->f;
    uint64_t va = b[F_GPR + RDX] << 32 | (b[F_GPR + RAX] & 0xffffffff);
    bool msr = is(m, ZYDIS_MNEMONIC_WRMSR) &&
               ((m->msr >= 0xc0000100 && m->msr <= 0xc0000102) || m->msr == 0x175 ||
                m->msr == 0x176 || m->msr == 0xc0000082 || m->msr == 0xc0000083);
    bool base = is(m, ZYDIS_MNEMONIC_WRFSBASE) || is(m, ZYDIS_MNEMONIC_WRGSBASE);
    bool table = is(m, ZYDIS_MNEMONIC_LLDT) || is(m, ZYDIS_MNEMONIC_LTR);
    unsigned gpr;

    (void)f;
    if (m->vector_theirs != NO_VECTOR || m->vector_model != 13 || m->theirs == NULL)
        return false;
    if (base && operand_is_gpr(&m->insn.ops[0], &gpr))
        va = b[F_GPR + gpr];
    if (table)
        va = m->theirs->f[F_BASE(is(m, ZYDIS_MNEMONIC_LLDT) ? SEG_LDTR : SEG_TR)];
    return (msr || base || table) && va >> 56 != 0 && va >> 56 != 0xff;
}

/* LGDT and LIDT; docs/cpu.md S14. */
static bool base_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return only_model_faults(m, 13, 0) &&
           (is(m, ZYDIS_MNEMONIC_LGDT) || is(m, ZYDIS_MNEMONIC_LIDT)) &&
           (m->insn.insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE ||
            (is(m, ZYDIS_MNEMONIC_LGDT) && not_canonical(m->before, m->theirs->f[F_GDTR_BASE])) ||
            (is(m, ZYDIS_MNEMONIC_LIDT) && not_canonical(m->before, m->theirs->f[F_IDTR_BASE])));
}

static bool code_l_and_d(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->vector_theirs == NO_VECTOR && is_far(m) &&
           m->theirs != NULL && (m->theirs->f[F_ATTR(SEG_CS)] & 0x6000) == 0x6000 &&
           (m->error_model & 0xfffc) == (m->theirs->f[F_SELECTOR(SEG_CS)] & 0xfffc);
}

static bool accessed_on_read_only(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 14 && (m->error_model & 3) == 3 &&
           (m->model->f[F_CR2] - m->model->f[F_GDTR_BASE]) % 8 == 5 && m->vector_theirs != 14;
}

/* FS or GS: a null selector with an RPL. */
static bool null_keeps_rpl(const struct moment *m, unsigned f)
{
    return (f == F_SELECTOR(SEG_FS) || f == F_SELECTOR(SEG_GS)) && is_far(m) && completed(m) &&
           m->theirs->f[f] < 4 && m->model->f[f] == 0 && m->before->f[f] == m->theirs->f[f];
}

static bool null_stack_of_compatibility(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && m->vector_model == 13 && m->error_model == 0 &&
           m->vector_theirs == NO_VECTOR && is_far(m) && m->theirs != NULL &&
           (m->theirs->f[F_ATTR(SEG_CS)] & 0x2000) == 0 && m->theirs->f[F_SELECTOR(SEG_SS)] < 4;
}

/* CS is looked at before RSP and SS are popped. */
static bool iret_order(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && (m->vector_model == 14 || m->vector_model == 12) &&
           m->vector_theirs == 13 &&
           (is(m, ZYDIS_MNEMONIC_IRET) || is(m, ZYDIS_MNEMONIC_IRETD) ||
            is(m, ZYDIS_MNEMONIC_IRETQ));
}

/* QEMU takes IRET in 64-bit mode for a return to an outer level always. */
static bool null_at_same_level(const struct moment *m, unsigned f)
{
    return (f == F_SELECTOR(SEG_ES) || f == F_SELECTOR(SEG_DS)) && m->before->wide && is_far(m) &&
           completed(m) && m->theirs->f[f] == 0 && m->model->f[f] < 4 &&
           m->before->f[F_CPL] == m->model->f[F_CPL];
}

/* QEMU takes all 32 bits of its offset. */
static bool gate_of_16_bits(const struct moment *m, unsigned f)
{
    return f == F_RIP && is_far(m) && completed(m) && !m->before->wide &&
           m->model->f[f] == (m->theirs->f[f] & 0xffff);
}

/* SPn and SSn of a 32-bit TSS are 6 bytes; both emulators want 8 inside the limit. */
static bool tss_of_8_bytes(const struct moment *m, unsigned f)
{
    uint64_t limit = m->before->f[F_LIMIT(SEG_TR)];
    bool of_32_bits = (m->before->f[F_ATTR(SEG_TR)] & 0xd) == 9 && !(m->before->f[F_EFER] & 0x400);

    (void)f;
    return of_32_bits && (limit % 8 == 1 || limit % 8 == 2) && limit >= 9 && limit < 27 &&
           (m->vector_theirs == 10 || m->vector_theirs == 8 || m->vector_theirs == SHUT_DOWN) &&
           m->vector_theirs != m->vector_model;
}

/* Do pushes that end at RSP, or pops that began there, touch what lies outside the stack segment?
 */
static bool stack_beyond(const struct shot *s)
{
    enum { MOST = 160 }; /* 31 parameters and a frame */

    uint64_t attr = s->f[F_ATTR(SEG_SS)], limit = s->f[F_LIMIT(SEG_SS)];
    uint64_t mask = attr & 0x4000 ? 0xffffffff : 0xffff, low = s->f[F_GPR + RSP] & mask;

    if ((attr & 0xc) == 4) /* expand-down */
        return low <= limit || low + MOST > mask;
    return low + MOST > limit;
}

/* What a far CALL or an event pushes, and the parameters that a gate copies. */
static bool room_unchecked(const struct moment *m, unsigned f)
{
    bool stack = m->vector_model == 12 || m->vector_model == 8 || m->vector_model == SHUT_DOWN;
    bool theirs = m->vector_theirs != NO_VECTOR || is(m, ZYDIS_MNEMONIC_CALL) ||
                  is(m, ZYDIS_MNEMONIC_PUSHAD) || is(m, ZYDIS_MNEMONIC_PUSHA);

    (void)f;
    return stack && theirs && m->theirs != NULL && !(m->before->f[F_EFER] & 0x400) &&
           m->vector_theirs != m->vector_model &&
           (stack_beyond(m->theirs) || stack_beyond(m->before));
}

static bool new_stack_not_present(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 12 && m->vector_theirs == 10 && m->error_model > 3 &&
           (m->error_model | 1) == (m->error_theirs | 1);
}

/* IRET and far RET. */
static bool stack_not_present(const struct moment *m, unsigned f)
{
    (void)f;
    return is_far(m) && m->vector_theirs == 11 && m->vector_model == 12 &&
           m->error_model == m->error_theirs && m->error_model > 3;
}

/* The model has no tasks. */
static bool is_task(const struct moment *m, unsigned f)
{
    bool tss = (m->blamed_type & 0x15) == 0x01, gate = m->blamed_type == 5; /* 1, 3, 9, B */

    (void)f;
    if (m->gate_of_task && (m->vector_model == 13 || m->vector_model == 8))
        return true;
    return (is(m, ZYDIS_MNEMONIC_CALL) || is(m, ZYDIS_MNEMONIC_JMP)) && is_far(m) &&
           m->vector_model == 13 && m->error_model > 3 && !(m->before->f[F_EFER] & 0x400) &&
           (tss || gate);
}

/* Far CALL and JMP to an offset beyond the limit. */
static bool target_names_segment(const struct moment *m, unsigned f)
{
    return f == F_ERROR && (is(m, ZYDIS_MNEMONIC_CALL) || is(m, ZYDIS_MNEMONIC_JMP)) && is_far(m) &&
           m->vector_theirs == 13 && m->vector_model == 13 && m->error_model == 0 &&
           m->error_theirs > 3;
}

static bool ip_comes_round(const struct moment *m, unsigned f)
{
    (void)f;
    return !m->before->wide && !(m->before->f[F_ATTR(SEG_CS)] & 0x4000) && completed(m) &&
           m->model->f[F_RIP] == 0x10000 && m->theirs->f[F_RIP] == 0;
}

/* JMP through a call gate: CALL has it right. */
static bool gate_to_absent_code(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_JMP) && is_far(m) && m->vector_model == 11 &&
           m->vector_theirs == 13 && m->error_model == m->error_theirs && m->error_model != 0;
}

static const struct known rows[] = {
    {50, ON_QEMU, "LTR leaves the hidden type available", "QEMU",
     "SDM Vol. 2 LTR: the segment is marked busy", K_TAKE, ltr_busy},
    {80, ON_QEMU, "far transfers and events set no accessed bit of CS and SS", "QEMU",
     "SDM Vol. 3A Code- and Data-Segment Descriptor Types", K_ACCESSED, not_accessed},
    {90, ON_QEMU, "CPL 0 behind a call gate to ring 1 or 2 in long mode", "QEMU", "SDM Vol. 2 CALL",
     K_TAKE, gate_cpl},
    {120, ON_QEMU, "a call gate to a conforming segment: RPL of CS", "QEMU",
     "SDM Vol. 2 CALL: CS(RPL) := CPL", K_TAKE, conforming_rpl},
    {160, ON_BOTH, "LAR of types that long mode does not have", "QEMU, Bochs",
     "SDM Vol. 2 LAR, Segment and Gate Types", K_TAKE, lar_type},
    {250, ON_QEMU, "limit and type of a segment are not checked", "QEMU",
     "SDM Vol. 3A Limit Checking, Type Checking", K_RESYNC, segment_unchecked},
    {400, ON_QEMU, "LTR of a null selector", "QEMU", "SDM Vol. 2 LTR: #GP(0)", K_END, ltr_null},
    {690, ON_QEMU, "LGDT and LIDT with 66 in 64-bit mode cut the base", "QEMU",
     "SDM Vol. 2 LGDT: the operand size is fixed", K_TAKE, lgdt_16},
    {700, ON_QEMU, "bases that are not canonical", "QEMU", "SDM Vol. 2 LGDT, LIDT: #GP(0)",
     K_RESYNC, base_not_canonical},
    {705, ON_QEMU, "WRMSR, WRFSBASE, LLDT, LTR of an address of more than 57 bits", "QEMU",
     "SDM Vol. 2 WRMSR, LLDT, LTR: #GP", K_RESYNC, address_not_canonical},
    {710, ON_QEMU, "code segments with L and D", "QEMU", "SDM Vol. 2 JMP, CALL: #GP(selector)",
     K_RESYNC, code_l_and_d},
    {750, ON_QEMU, "no accessed bit, so no fault of its page", "QEMU",
     "SDM Vol. 3A Code- and Data-Segment Descriptor Types", K_RESYNC, accessed_on_read_only},
    {780, ON_QEMU, "IRET and RET to an outer level leave a null selector its RPL", "QEMU",
     "SDM Vol. 2 RET: SegmentSelector := 0", K_TAKE, null_keeps_rpl},
    {785, ON_QEMU, "IRET and RET to compatibility mode take a null SS", "QEMU",
     "SDM Vol. 2 IRET, RET, Operation: #GP(0) unless the new code is of 64-bit mode", K_RESYNC,
     null_stack_of_compatibility},
    {790, ON_BOTH, "IRET in 64-bit mode checks CS before it pops RSP and SS", "QEMU, Bochs",
     "SDM Vol. 2 IRET, IA-32e-MODE; docs/cpu.md A9", K_RESYNC, iret_order},
    {860, ON_QEMU, "IRET to the same level in 64-bit mode clears null selectors", "QEMU",
     "SDM Vol. 2 IRET, RETURN-TO-SAME-PRIVILEGE-LEVEL", K_TAKE, null_at_same_level},
    {910, ON_QEMU, "a 16-bit call gate with an offset of 32 bits", "QEMU",
     "SDM Vol. 3A Call Gates: 16-bit gates", K_TAKE, gate_of_16_bits},
    {930, ON_QEMU, "JMP through a call gate to code that is not present: #GP", "QEMU",
     "SDM Vol. 2 JMP, CALL-GATE: #NP(code segment selector)", K_RESYNC, gate_to_absent_code},
    {940, ON_BOTH, "a TSS whose limit ends 6 or 7 bytes behind an ESPn", "QEMU, Bochs",
     "SDM Vol. 2 INT n, CALL: #TS if TSSstackAddress + 5 is beyond the limit", K_END,
     tss_of_8_bytes},
    {950, ON_QEMU, "room on the stack of a far transfer or an event is not looked for", "QEMU",
     "SDM Vol. 2 CALL, INT n: #SS", K_RESYNC, room_unchecked},
    {960, ON_QEMU, "a new stack that is not present: #TS", "QEMU",
     "SDM Vol. 2 CALL, MORE-PRIVILEGE; INT n, INTER-PRIVILEGE: #SS(stack segment selector)",
     K_RESYNC, new_stack_not_present},
    {965, ON_BOTH, "a return to a stack that is not present: #NP", "QEMU, Bochs",
     "SDM Vol. 2 IRET, RET, Operation: #SS(selector); this machine's processor", K_RESYNC,
     stack_not_present},
    {355, ON_BOTH, "tasks: far CALL and JMP, gates of the IDT", "choice", "docs/cpu.md V3, V11",
     K_END, is_task},
    {967, ON_QEMU, "a far CALL or JMP beyond the limit: #GP(selector)", "QEMU",
     "SDM Vol. 2 CALL, JMP: #GP(0) if the offset is not within the limit", K_RESYNC,
     target_names_segment},
    {970, ON_QEMU, "IP comes round in 16-bit code", "QEMU",
     "SDM Vol. 3A Limit Checking: EIP is 10000, beyond the limit", K_RESYNC, ip_comes_round},
};

KNOWN_ROOM(known_segments);
