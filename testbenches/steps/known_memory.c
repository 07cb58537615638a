// SPDX-License-Identifier: Apache-2.0
// QEMU: translations, page faults, alignment, addresses that are not canonical.
#include "known.h"

/* The model with empty TLBs did what QEMU did. */
static bool cached(const struct moment *m, unsigned f)
{
    (void)f;
    return m->fresh == FRESH_AGREES;
}

static bool pdpte_registers(const struct moment *m, unsigned f)
{
    (void)f;
    return m->fresh == FRESH_PDPTES_AGREE;
}

static bool rsvd_without_p(const struct moment *m, unsigned f)
{
    return f == F_ERROR && m->vector_theirs == 14 && m->vector_model == 14 &&
           (m->error_model ^ m->error_theirs) == 1 && (m->error_model & 9) == 9;
}

static bool legacy_pae(const struct shot *s)
{
    return (s->f[F_CR0] >> 31 & 1) && (s->f[F_CR4] & 0x20) && !(s->f[F_EFER] & 0x400);
}

static bool pdptes_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_model_faults(m, 13, 0) && m->theirs != NULL &&
           legacy_pae(m->theirs);
}

/* QEMU loads the operand first, as a read; it forgets P with RSVD too. */
static bool rmw_reads(const struct moment *m, unsigned f)
{
    const ZydisDecodedOperand *op = m->insn.ops;
    bool memory = false;

    for (unsigned i = 0; m->insn.decoded && i < m->insn.insn.operand_count; i++)
        memory |= op[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
                  (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ) &&
                  (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE);
    return f == F_ERROR && m->vector_theirs == 14 && m->vector_model == 14 && memory &&
           (m->error_theirs | 2 | (m->error_model >> 3 & 1)) == m->error_model;
}

/* A write that faults behind the computation of flags. */
static bool fault_loses_flags(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && m->vector_theirs == 14 && m->vector_model == 14 &&
           ((m->theirs->f[f] ^ m->model->f[f]) & ~FL_STATUS) == 0 &&
           ((m->before->f[f] ^ m->model->f[f]) & FL_STATUS) == 0;
}

/* QEMU goes there first. */
static bool branch_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->error_model == 0 && m->vector_theirs == 13 &&
           m->where_model == m->before->f[F_RIP] && not_canonical(m->before, m->where_theirs);
}

static bool alignment_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 17 && m->vector_theirs != 17 && m->before->f[F_CPL] == 3 &&
           (m->before->f[F_RFLAGS] & FL_AC) && (m->before->f[F_CR0] >> 18 & 1);
}

static bool goes_on_above(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 14 && m->vector_model != 14 && over_4g(m) && m->theirs != NULL &&
           m->theirs->f[F_CR2] == UINT64_C(1) << 32;
}

static bool enter_end(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_ENTER) && m->vector_model == 14 && m->vector_theirs == NO_VECTOR &&
           (m->error_model & 2);
}

static bool flush_untranslated(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model != NO_VECTOR && m->vector_theirs == NO_VECTOR &&
           (is(m, ZYDIS_MNEMONIC_CLFLUSH) || is(m, ZYDIS_MNEMONIC_CLFLUSHOPT) ||
            is(m, ZYDIS_MNEMONIC_CLWB));
}

static bool stack_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && m->vector_model == 12 && m->vector_theirs == 13 &&
           m->error_model < 2 && m->error_theirs == 0;
}

/* ... of an event whose handler runs at CPL 3. */
static bool pushes_as_supervisor(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->f[F_CPL] == 3 && !is_far(m) && m->vector_model == 14 &&
           m->vector_theirs == 14 && m->error_theirs == m->error_model - 4 &&
           (m->error_model & 6) == 6;
}

static bool returns_as_supervisor(const struct moment *m, unsigned f)
{
    (void)f;
    return is_far(m) && m->before->f[F_CPL] == 3 && m->vector_model == 14 && (m->error_model & 4) &&
           (m->vector_theirs != 14 || m->error_theirs == m->error_model - 4);
}

static bool misaligned(const struct moment *m)
{
    for (unsigned i = 0; m->insn.decoded && i < m->insn.insn.operand_count; i++) {
        const ZydisDecodedOperand *op = &m->insn.ops[i];

        if (op->type == ZYDIS_OPERAND_TYPE_MEMORY && op->mem.type == ZYDIS_MEMOP_TYPE_MEM &&
            op->size > 8 && (operand_address(&m->insn, op) & (op->size / 8 - 1u)))
            return true;
    }
    return false;
}

/* What would have been the #AC is another vector when it cannot be delivered. */
static bool alignment_nested(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->f[F_CPL] == 3 && (m->before->f[F_RFLAGS] & FL_AC) &&
           (m->before->f[F_CR0] >> 18 & 1) && m->vector_theirs == NO_VECTOR &&
           m->vector_model != NO_VECTOR && misaligned(m);
}

static const struct known rows[] = {
    {30, ON_BOTH, "a cached translation", "open",
     "SDM Vol. 3A Caching Translation Information; the model without its TLBs agrees", K_TAKE,
     cached},
    {140, ON_QEMU, "#PF of a reserved bit without P", "QEMU",
     "SDM Vol. 3A Page-Fault Exceptions: RSVD comes with P", K_RESYNC, rsvd_without_p},
    {180, ON_QEMU, "the PDPTEs are not checked when they are loaded", "QEMU",
     "SDM Vol. 3A PDPTE Registers", K_RESYNC, pdptes_unchecked},
    {220, ON_QEMU, "PDPTE registers: QEMU reads the table at each walk", "QEMU",
     "SDM Vol. 3A PDPTE Registers", K_TAKE, pdpte_registers},
    {300, ON_QEMU, "#PF of a read-modify-write is one of a read", "QEMU",
     "SDM Vol. 3A Page-Fault Exceptions: W/R", K_RESYNC, rmw_reads},
    {490, ON_QEMU, "a #PF behind the computation loses the status flags", "QEMU",
     "SDM Vol. 3A Fault: the state before the instruction", K_RESYNC, fault_loses_flags},
    {500, ON_QEMU, "a branch to an address that is not canonical faults behind it", "QEMU",
     "SDM Vol. 2 CALL, JMP, RET: #GP(0)", K_RESYNC, branch_not_canonical},
    {530, ON_QEMU, "alignment is not checked", "QEMU", "SDM Vol. 3A Alignment Check Exception",
     K_RESYNC, alignment_unchecked},
    {950, ON_QEMU, "what runs over the end of 4 GBytes goes on above them", "QEMU",
     "SDM Vol. 1 Memory Organization: linear addresses of 32 bits outside 64-bit mode", K_RESYNC,
     goes_on_above},
    {580, ON_QEMU, "ENTER does not look at its final stack pointer", "QEMU",
     "SDM Vol. 2 ENTER: #PF", K_RESYNC, enter_end},
    {610, ON_QEMU, "CLFLUSH, CLFLUSHOPT, CLWB do not translate", "QEMU",
     "SDM Vol. 2 CLFLUSH: #GP(0), #PF", K_RESYNC, flush_untranslated},
    {640, ON_QEMU, "a stack address that is not canonical is #GP(0)", "QEMU",
     "SDM Vol. 3A Stack Exception (#SS)", K_RESYNC, stack_not_canonical},
    {680, ON_QEMU, "IRET and RET at CPL 3 read the stack as a supervisor", "QEMU",
     "SDM Vol. 3A Access Rights: explicit accesses", K_RESYNC, returns_as_supervisor},
    {685, ON_QEMU, "pushes of an event at CPL 3 are a supervisor's", "QEMU",
     "SDM Vol. 3A Access Rights: explicit accesses", K_RESYNC, pushes_as_supervisor},
    {740, ON_QEMU, "alignment is not checked (an #AC that cannot be delivered)", "QEMU",
     "SDM Vol. 3A Alignment Check Exception", K_RESYNC, alignment_nested},
};

KNOWN_ROOM(known_memory);
