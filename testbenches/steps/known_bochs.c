// SPDX-License-Identifier: Apache-2.0
// Bochs 2.7: its platform, and what it does otherwise.
#include "known.h"

static bool cpuid(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_CPUID) && completed(m) && f <= F_GPR + RBX;
}

/* TSC_ADJUST too: it goes by what the counter was when it was written. */
static bool rdmsr(const struct moment *m, unsigned f)
{
    return (f == F_GPR + RAX || f == F_GPR + RDX) && is(m, ZYDIS_MNEMONIC_RDMSR) && completed(m) &&
           (is_platform_msr(m->msr) || is_apic_msr(m->msr) || m->msr == 0x3b);
}

/* An access that runs over the end of 4 GBytes in a segment that ends there. */
static bool over_four_gbytes(const struct moment *m, unsigned f)
{
    (void)f;
    return !m->before->wide && (m->vector_model == 12 || m->vector_model == 13) &&
           m->error_model == 0 && m->vector_theirs != m->vector_model && beyond_segments(m) &&
           !beyond_wrapped_segments(m);
}

/* Bochs sets the accessed flags of a walk when it has come to its end. */
static bool accessed_of_faulting_walk(const struct moment *m, unsigned f)
{
    return f == F_RAM && m->vector_model == 14 && same_event(m) && m->ram_bits == 0x20 &&
           m->ram_pa % 4 == 0;
}

/* One side had the translation cached, the other one walked. */
static bool walked_by_one(const struct moment *m, unsigned f)
{
    bool by_them = m->ram_bits & ~m->ram_model;

    return f == F_RAM && !m->ram_stored && (m->ram_bits & ~0x60) == 0 && m->ram_pa % 4 == 0 &&
           (!by_them || m->cached);
}

static bool over_two_pages(const struct moment *m, unsigned f)
{
    (void)f;
    return m->insn.decoded == false && (m->before->f[F_RIP] & 0xfff) > 0xff0 &&
           m->vector_model == 14 && (m->error_model & 0x11) == 0x10 &&
           m->model->f[F_CR2] % 4096 == 0 && m->vector_theirs != 14;
}

/* PUSH of a segment register writes 16 bits of its slot of 32 or 64. */
static bool push_of_segment(const struct moment *m, unsigned f)
{
    return f == F_RAM && is(m, ZYDIS_MNEMONIC_PUSH) && completed(m) &&
           m->insn.ops[0].type == ZYDIS_OPERAND_TYPE_REGISTER && m->insn.ops[0].size == 16 &&
           m->insn.insn.operand_width != 16;
}

/* An interrupt or trap between two iterations. */
static bool rf_between_iterations(const struct moment *m, unsigned f)
{
    return f == F_RAM && is_rep(m) && same_event(m) && m->ram_pa % 4 == 2 && m->ram_bits == 1;
}

/* MOV to CR0 or CR4 that changes none of the bits that load them. */
static bool pdptes_loaded(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && m->insn.insn.raw.modrm.reg != 3 && only_theirs_faults(m, 13) &&
           (m->model->f[F_CR4] & 0x20) && (m->model->f[F_CR0] >> 31 & 1);
}

static bool pdptes_were_loaded(const struct moment *m, unsigned f)
{
    (void)f;
    return m->fresh == FRESH_PDPTES_AGREE;
}

/* Bochs rounds DRn down to a length that an instruction breakpoint does not have. */
static bool length_of_instruction(const struct moment *m, unsigned f)
{
    (void)f;
    for (unsigned n = 0; n < 4; n++)
        if (m->vector_theirs == 1 && m->theirs != NULL && (m->theirs->f[F_DR6] >> n & 1) &&
            (m->before->f[F_DR7] >> (16 + 4 * n) & 3) == 0 &&
            (m->before->f[F_DR7] >> (18 + 4 * n) & 3) != 0)
            return m->vector_model != 1;
    return false;
}

static bool lar_of_call_gate(const struct moment *m, unsigned f)
{
    return (f < F_GPR + 16 || f == F_RFLAGS) && is(m, ZYDIS_MNEMONIC_LAR) && completed(m) &&
           (m->before->f[F_EFER] & 0x400) && !(m->theirs->f[F_RFLAGS] & FL_ZF) &&
           (m->model->f[F_RFLAGS] & FL_ZF);
}

/* Bochs sets OF as ADD does. */
static bool adox_overflow(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is(m, ZYDIS_MNEMONIC_ADOX) && completed(m) &&
           (m->theirs->f[f] ^ m->model->f[f]) == FL_OF;
}

static bool rf_in_rep(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is_rep(m) && completed(m) &&
           m->model->f[F_RIP] == m->before->f[F_RIP] &&
           (m->model->f[f] ^ m->theirs->f[f]) == FL_RF && (m->model->f[f] & FL_RF);
}

/* As AMD's processors. */
static bool sysret_ss(const struct moment *m, unsigned f)
{
    return (f == F_LIMIT(SEG_SS) || f == F_ATTR(SEG_SS) || f == F_BASE(SEG_SS)) &&
           is(m, ZYDIS_MNEMONIC_SYSRET) && completed(m);
}

/* A #DB that comes alone, behind an instruction that only asks for a line of memory. */
static bool flush_meets_breakpoint(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 1 && m->vector_model != 1 && m->last->decoded &&
           (m->last->insn.mnemonic == ZYDIS_MNEMONIC_CLFLUSH ||
            m->last->insn.mnemonic == ZYDIS_MNEMONIC_CLFLUSHOPT ||
            m->last->insn.mnemonic == ZYDIS_MNEMONIC_CLWB ||
            m->last->insn.mnemonic == ZYDIS_MNEMONIC_ENTER);
}

/* ECX is 0: some processors clear bits 63:32 of the pointers, some leave them. */
static bool rep_of_nothing(const struct moment *m, unsigned f)
{
    bool pointer = f == F_GPR + RCX || f == F_GPR + RSI || f == F_GPR + RDI;

    return pointer && is_rep(m) && completed(m) && m->insn.insn.address_width == 32 &&
           (m->before->f[F_GPR + RCX] & 0xffffffff) == 0 &&
           m->theirs->f[f] == (m->model->f[f] & 0xffffffff);
}

static bool dr6_of_disabled(const struct moment *m, unsigned f)
{
    uint64_t extra;

    if (f != F_DR6 || !same_event(m) || m->vector_model != 1)
        return false;
    extra = m->theirs->f[f] & ~m->model->f[f];
    if (extra > 15 || (m->model->f[f] & ~m->theirs->f[f]))
        return false;
    for (unsigned n = 0; n < 4; n++)
        if ((extra >> n & 1) && (m->before->f[F_DR7] >> (2 * n) & 3))
            return false;
    return true;
}

/* A trap's #DB at an address with an instruction breakpoint, whose turn comes behind it. */
static bool dr6_of_next_breakpoint(const struct moment *m, unsigned f)
{
    uint64_t extra;

    if (f != F_DR6 || !same_event(m) || m->vector_model != 1)
        return false;
    extra = m->theirs->f[f] & ~m->model->f[f];
    if (extra > 15 || (m->model->f[f] & ~m->theirs->f[f]))
        return false;
    for (unsigned n = 0; n < 4; n++)
        if ((extra >> n & 1) && ((m->before->f[F_DR7] >> (16 + 4 * n) & 3) != 0 ||
                                 m->before->f[F_DR + n] != m->before->f[F_RIP]))
            return false;
    return true;
}

/* Bochs goes by the TF with which they began. */
static bool step_behind_syscall(const struct moment *m, unsigned f)
{
    (void)f;
    return (m->vector_model == 1) != (m->vector_theirs == 1) && m->last->decoded &&
           (m->last->insn.mnemonic == ZYDIS_MNEMONIC_SYSRET ||
            m->last->insn.mnemonic == ZYDIS_MNEMONIC_SYSCALL);
}

/* Its cache of the flat segment allows stores from then on. */
static bool cs_of_sysenter(const struct moment *m, unsigned f)
{
    (void)f;
    return only_model_faults(m, 13, 0) && m->last->decoded &&
           m->last->insn.mnemonic == ZYDIS_MNEMONIC_SYSENTER && !m->before->wide &&
           m->before->f[F_BASE(SEG_CS)] == 0 && m->before->f[F_LIMIT(SEG_CS)] == UINT32_MAX;
}

static bool tzcnt(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_TZCNT) && completed(m) && (f == F_RFLAGS || f < F_GPR + 16);
}

static const struct known rows[] = {
    {15, ON_BOCHS, "CPUID", "stimulus", "Bochs is told what the model says", K_GIVE, cpuid},
    {25, ON_BOCHS, "RDMSR of the platform", "stimulus", "Bochs is told what the model says", K_GIVE,
     rdmsr},
    {1000, ON_BOCHS, "an access over the end of 4 GBytes", "open",
     "SDM Vol. 3A Limit Checking: with an effective limit of FFFFFFFF implementation-specific",
     K_RESYNC, over_four_gbytes},
    {1010, ON_BOCHS, "accessed flags of a walk that faults", "open",
     "SDM Vol. 3A Accessed and Dirty Flags: set where an entry is used in a translation", K_TAKE,
     accessed_of_faulting_walk},
    {1015, ON_BOCHS, "accessed and dirty flags where one side had the translation cached", "open",
     "SDM Vol. 3A Caching Translation Information", K_TAKE, walked_by_one},
    {1020, ON_BOCHS, "an instruction over two pages is not fetched anew behind INVLPG", "Bochs",
     "SDM Vol. 3A Invalidation of TLBs and Paging-Structure Caches", K_RESYNC, over_two_pages},
    {1030, ON_BOCHS, "TZCNT", "choice", "docs/cpu.md CPUID: BMI1 is not offered", K_TAKE, tzcnt},
    {1040, ON_BOCHS, "PUSH of a segment register leaves the upper part of its slot", "open",
     "SDM Vol. 2 PUSH: a zero-extended value, or a 16-bit move", K_TAKE, push_of_segment},
    {1050, ON_BOCHS, "no RF in the frame between two iterations of a REP", "Bochs",
     "SDM Vol. 3B Instruction-Breakpoint Exception Condition", K_TAKE, rf_between_iterations},
    {1060, ON_BOCHS, "each MOV to CR0 and CR4 loads the PDPTE registers", "Bochs",
     "SDM Vol. 3A PDPTE Registers: when it changes CD, NW, PG, PAE, PGE, PSE or SMEP", K_RESYNC,
     pdptes_loaded},
    {1070, ON_BOCHS, "PDPTE registers that such a MOV loaded", "Bochs",
     "SDM Vol. 3A PDPTE Registers", K_TAKE, pdptes_were_loaded},
    {1080, ON_BOCHS, "an instruction breakpoint with a length", "open",
     "SDM Vol. 3B Debug Control Register (DR7): LENn should be 00, else undefined", K_RESYNC,
     length_of_instruction},
    {1090, ON_BOCHS, "LAR of a call gate in long mode", "Bochs",
     "SDM Vol. 2 LAR, Segment and Gate Types: valid", K_TAKE, lar_of_call_gate},
    {1100, ON_BOCHS, "ADOX: OF of a signed sum", "Bochs", "SDM Vol. 2 ADOX: OF := carry", K_TAKE,
     adox_overflow},
    {1110, ON_BOCHS, "RF falls in the first iteration of a REP", "Bochs",
     "SDM Vol. 3B Instruction-Breakpoint Exception Condition: RF until the instruction is complete",
     K_KEEP, rf_in_rep},
    {1120, ON_BOCHS, "SYSRET leaves the hidden part of SS", "Bochs",
     "SDM Vol. 2 SYSRET: SS(Base), SS(Limit), B and G are set", K_TAKE, sysret_ss},
    {1125, ON_BOCHS, "the code segment of SYSENTER may be written", "Bochs",
     "SDM Vol. 2 SYSENTER: CS.Type = 11, execute and read", K_RESYNC, cs_of_sysenter},
    {1130, ON_BOCHS, "CLFLUSH meets a data breakpoint", "open",
     "SDM Vol. 3B Data Memory and I/O Breakpoint Exception Conditions; docs/cpu.md T2", K_RESYNC,
     flush_meets_breakpoint},
    {1140, ON_BOCHS, "REP with a count of 0 and addresses of 32 bits: the pointers' upper halves",
     "open", "SDM Vol. 2 REP: nothing is said of them", K_TAKE, rep_of_nothing},
    {1160, ON_BOCHS, "DR6 bits of breakpoints that are not enabled", "open",
     "SDM Vol. 3B Debug Status Register (DR6): they may or may not be set", K_TAKE,
     dr6_of_disabled},
    {1170, ON_BOCHS, "DR6 of a trap shows the instruction breakpoint behind it too", "open",
     "SDM Vol. 3B Debug Status Register (DR6)", K_TAKE, dr6_of_next_breakpoint},
    {1180, ON_BOCHS, "a single step behind SYSCALL and SYSRET", "open",
     "SDM Vol. 3B Single-Step Exception Condition; docs/cpu.md T3", K_RESYNC, step_behind_syscall},
};

KNOWN_ROOM(known_bochs);
