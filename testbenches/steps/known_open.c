// SPDX-License-Identifier: Apache-2.0
// What the SDM leaves open, and where the model's subset ends by choice (docs/cpu.md).
#include "known.h"

#define FL_VM UINT64_C(0x20000)

static bool lar(const struct moment *m, unsigned f)
{
    return f < F_GPR + 16 && is(m, ZYDIS_MNEMONIC_LAR) && completed(m) &&
           ((m->theirs->f[f] ^ m->model->f[f]) & ~UINT64_C(0xf0000)) == 0;
}

static bool breakpoint_behind_mov_ss(const struct moment *m, unsigned f)
{
    bool software = is(m, ZYDIS_MNEMONIC_INT) || is(m, ZYDIS_MNEMONIC_INT3) ||
                    is(m, ZYDIS_MNEMONIC_INTO) || is(m, ZYDIS_MNEMONIC_INT1);
    bool own_fault = m->vector_model < 32 && m->where_model == m->before->f[F_RIP];
    bool before_rep = is_rep(m) && completed(m) && m->next_vector == 1 && m->theirs != NULL &&
                      m->theirs->f[F_RIP] == m->before->f[F_RIP];

    (void)f;
    if (!m->before->f[F_SHADOW])
        return false;
    return before_rep ||
           (m->vector_theirs == 1 && (m->vector_model == NO_VECTOR || software || own_fault) &&
            m->vector_model != 1);
}

/* IRETD at CPL 0 with NT: a task return, which the model does not have; docs/cpu.md V11. */
static bool nested_task(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_IRETD) && (m->before->f[F_RFLAGS] & FL_NT) &&
           m->vector_model == 13 && m->error_model == 0;
}

/* The data segments that it leaves behind. */
static bool was_in_v86(const struct shot *s)
{
    return s->f[F_ATTR(SEG_DS)] == 0xf3 && s->f[F_BASE(SEG_DS)] == s->f[F_SELECTOR(SEG_DS)] << 4 &&
           s->f[F_LIMIT(SEG_DS)] == 0xffff;
}

/* QEMU leaves for virtual-8086 or real mode, which the model does not have: docs/cpu.md V11, S1. */
static bool other_mode(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->theirs != NULL &&
           ((m->theirs->f[F_RFLAGS] & FL_VM) || !(m->theirs->f[F_CR0] & 1) ||
            was_in_v86(m->theirs));
}

static bool test_alias(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_TEST) && (m->insn.insn.opcode & 0xfe) == 0xf6 &&
           m->insn.insn.raw.modrm.reg == 1 && m->vector_theirs == 6;
}

/* MOV to and from CR1, CR5, DR4 and so on at CPL 3. */
static bool no_such_cr(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return m->vector_theirs == 13 && m->vector_model == 6 && m->before->f[F_CPL] != 0 &&
           op[0] == 0x0f && op[1] >= 0x20 && op[1] <= 0x23;
}

/* QEMU loads [RDI] first. */
static bool cmps_order(const struct moment *m, unsigned f)
{
    (void)f;
    return m->insn.decoded && (m->insn.insn.opcode & 0xfe) == 0xa6 &&
           m->insn.insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && m->vector_model != NO_VECTOR &&
           m->vector_theirs != NO_VECTOR;
}

static bool salc(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 6 && !m->before->wide && trial_opcode(&m->insn)[0] == 0xd6;
}

static bool dr6_sticky(const struct moment *m, unsigned f)
{
    return f == F_DR6 && m->vector_theirs == 1 && m->vector_model == 1 &&
           ((m->theirs->f[f] ^ m->model->f[f]) & ~UINT64_C(15)) == 0 &&
           (m->model->f[f] & ~m->theirs->f[f]) == 0;
}

static bool over_the_edge(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && m->vector_theirs == 14 && m->theirs != NULL &&
           (m->vector_model == 13 || m->vector_model == 12) && m->error_model == 0 &&
           m->theirs->f[F_CR2] >> 12 == UINT64_C(0x7ffffffff);
}

/* RSPn or ISTn itself is looked at; the model lets each push find for itself: below 800000000000
 * they succeed, or fault, behind the check of RIP. */
static bool new_stack_address(const struct moment *m, unsigned f)
{
    (void)f;
    return (m->before->f[F_EFER] & 0x400) && m->stack_not_canonical &&
           m->vector_theirs != m->vector_model &&
           (m->vector_theirs == 12 || m->vector_theirs == 8 || m->vector_theirs == SHUT_DOWN);
}

/* Bochs holds the #DB behind the first of several alone, QEMU behind none or all of them. */
static bool step_behind_second_mov_ss(const struct moment *m, unsigned f)
{
    (void)f;
    return m->shadows_in_a_row > 1 && (m->vector_theirs == 1) != (m->vector_model == 1);
}

/* IRET and RET to 64-bit code below ring 3. */
static bool null_stack_of_another_rpl(const struct moment *m, unsigned f)
{
    (void)f;
    return is_far(m) && only_model_faults(m, 13, 0) && m->theirs != NULL && m->theirs->wide &&
           m->theirs->f[F_SELECTOR(SEG_SS)] < 4 &&
           (m->theirs->f[F_SELECTOR(SEG_SS)] & 3) != m->theirs->f[F_CPL];
}

static bool alignment_first(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 17 && m->vector_model == 14 && m->before->f[F_CPL] == 3 &&
           (m->before->f[F_RFLAGS] & FL_AC) && (m->before->f[F_CR0] >> 18 & 1);
}

static bool shadow_in_shadow(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && completed(m) && m->before->f[f] == 1 && m->theirs->f[f] == 0;
}

static bool step_behind_mov_ss(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 1 && m->vector_theirs == 1 && m->last->decoded &&
           m->last->insn.opcode == 0x8e && m->last->insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
}

static const struct known rows[] = {
    {40, ON_QEMU, "LAR, bits 19:16", "open", "SDM Vol. 2 LAR: undefined", K_TAKE, lar},
    {230, ON_QEMU, "an instruction breakpoint behind MOV SS", "open",
     "SDM Vol. 3A Masking Exceptions and Interrupts When Switching Stacks: may not be triggered",
     K_RESYNC, breakpoint_behind_mov_ss},
    {310, ON_QEMU, "F6 /1, F7 /1: TEST", "open",
     "SDM Vol. 2 Opcode Map: not listed; docs/cpu.md F5", K_RESYNC, test_alias},
    {350, ON_BOTH, "virtual-8086 or real mode", "choice", "docs/cpu.md V11, S1", K_END, other_mode},
    {360, ON_BOTH, "IRET with NT: tasks", "choice", "docs/cpu.md V11", K_RESYNC, nested_task},
    {470, ON_QEMU, "registers that are not there (CR1, DR4 and so on) at CPL 3: #UD or #GP(0)",
     "open", "SDM Vol. 2 MOV CRn, DRn list both", K_RESYNC, no_such_cr},
    {510, ON_QEMU, "CMPS with two operands that fault", "open",
     "SDM Vol. 2 CMPS gives no order; docs/cpu.md A4", K_RESYNC, cmps_order},
    {600, ON_QEMU, "D6: SALC", "open", "SDM Vol. 2 One-byte Opcode Map: not listed", K_RESYNC,
     salc},
    {620, ON_QEMU, "DR6 bits 3:0 stay until software clears them", "open",
     "SDM Vol. 3B Debug Status Register (DR6): certain exceptions may clear them; docs/cpu.md V8",
     K_TAKE, dr6_sticky},
    {720, ON_QEMU, "an access over the end of the canonical addresses: #PF of its first page",
     "open", "SDM Vol. 1 Canonical Addressing", K_RESYNC, over_the_edge},
    {840, ON_BOTH, "a new stack pointer that is not canonical: #SS, not what its first push finds",
     "choice", "SDM Vol. 2 INT n: StackAddress; docs/cpu.md V4, G4", K_RESYNC, new_stack_address},
    {870, ON_QEMU, "a second shadow right behind the first", "open",
     "SDM Vol. 2 MOV: only the first is guaranteed to delay an interrupt", K_TAKE,
     shadow_in_shadow},
    {875, ON_BOTH, "a return with a null SS whose RPL is not the new CPL", "choice",
     "SDM Vol. 2 IRET, RET: RPL of SS and of CS; Vol. 3C Checks on Guest Segment Registers",
     K_RESYNC, null_stack_of_another_rpl},
    {895, ON_BOTH, "a #DB behind the second of two MOV SS", "open",
     "SDM Vol. 2 MOV: only the first is guaranteed to delay an event", K_RESYNC,
     step_behind_second_mov_ss},
    {877, ON_BOTH, "an #AC before a #PF of the same instruction", "open",
     "SDM Vol. 3A Priority Among Concurrent Events: within a class the processor's own", K_RESYNC,
     alignment_first},
    {890, ON_QEMU, "a #DB behind two MOV SS", "open",
     "SDM Vol. 2 MOV: only the first is guaranteed to delay an event", K_RESYNC,
     step_behind_mov_ss},
};

KNOWN_ROOM(known_open);
