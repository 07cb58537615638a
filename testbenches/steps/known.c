// SPDX-License-Identifier: Apache-2.0
// Where QEMU 7.2 (TCG) and the golden model differ and the model is right, where the platform
// answers, and what the SDM leaves open: rows, each recognised by the instruction and by what both
// sides did.
#include <assert.h>

#include "judge.h"

#define FL_VM UINT64_C(0x20000)

struct known {
    const char *name, *kind, *source;
    enum known_action action;
    bool (*explains)(const struct moment *m, unsigned field);
};

static bool is(const struct moment *m, ZydisMnemonic mnemonic)
{
    return m->insn.decoded && m->insn.insn.mnemonic == mnemonic;
}

static bool completed(const struct moment *m)
{
    return m->vector_qemu == NO_VECTOR && m->vector_model == NO_VECTOR;
}

/* --- the platform answers --- */

static bool cpuid(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_CPUID) && completed(m) && f <= F_GPR + RBX;
}

/* Set up by the firmware, or of another processor: MTRRs and what identifies. */
static bool platform_msr(uint64_t msr)
{
    return (msr >= 0x200 && msr <= 0x20f) || msr == 0x2ff || msr == 0xfe || msr == 0x1b ||
           msr == 0x277 || msr == 0x1d9 || msr == 0x3a || msr == 0x8b || msr == 0x179 ||
           msr == 0x1a0;
}

static bool rdmsr(const struct moment *m, unsigned f)
{
    return (f == F_GPR + RAX || f == F_GPR + RDX) && is(m, ZYDIS_MNEMONIC_RDMSR) && completed(m) &&
           platform_msr(m->msr);
}

/* --- the SDM leaves it open --- */

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

static bool lar(const struct moment *m, unsigned f)
{
    return f < F_GPR + 16 && is(m, ZYDIS_MNEMONIC_LAR) && completed(m) &&
           ((m->qemu->f[f] ^ m->model->f[f]) & ~UINT64_C(0xf0000)) == 0;
}

/* --- QEMU --- */

static bool ltr_busy(const struct moment *m, unsigned f)
{
    return f == F_ATTR(SEG_TR) && is(m, ZYDIS_MNEMONIC_LTR) && completed(m) &&
           (m->qemu->f[f] ^ m->model->f[f]) == 2;
}

/* A fault or interrupt through an IST entry at the same level. */
static bool ist_nulls_ss(const struct moment *m, unsigned f)
{
    return f >= F_SELECTOR(SEG_SS) && f <= F_ATTR(SEG_SS) && m->vector_qemu == m->vector_model &&
           m->vector_qemu != NO_VECTOR && m->qemu->wide &&
           m->before->f[F_CPL] == m->qemu->f[F_CPL] && m->qemu->f[F_SELECTOR(SEG_SS)] < 4 &&
           m->qemu->f[F_ATTR(SEG_SS)] == 0;
}

static uint64_t address_mask(const struct moment *m)
{
    return m->insn.insn.address_width == 64 ? ~UINT64_C(0)
                                            : (UINT64_C(1) << m->insn.insn.address_width) - 1;
}

static bool is_rep(const struct moment *m)
{
    const ZydisInstructionAttributes rep =
        ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;

    return m->insn.decoded && (m->insn.insn.attributes & rep);
}

static bool rep_once_more(const struct moment *m, unsigned f)
{
    return f == F_RIP && is_rep(m) && completed(m) && m->qemu->f[F_RIP] == m->before->f[F_RIP] &&
           (m->qemu->f[F_GPR + RCX] & address_mask(m)) == 0 &&
           m->model->f[F_RIP] == m->before->f[F_RIP] + m->insn.insn.length;
}

static bool same_event(const struct moment *m)
{
    return m->vector_qemu == m->vector_model && m->error_qemu == m->error_model;
}

static bool is_far(const struct moment *m)
{
    return m->insn.decoded &&
           (m->insn.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR || is(m, ZYDIS_MNEMONIC_IRETD) ||
            is(m, ZYDIS_MNEMONIC_IRET) || is(m, ZYDIS_MNEMONIC_IRETQ));
}

/* A far transfer or an event: CS, and SS with it. */
static bool not_accessed(const struct moment *m, unsigned f)
{
    return (f == F_ATTR(SEG_CS) || f == F_ATTR(SEG_SS)) && same_event(m) &&
           (is_far(m) || m->vector_qemu != NO_VECTOR) && (m->model->f[f] ^ m->qemu->f[f]) == 1 &&
           (m->model->f[f] & 1);
}

static bool gate_cpl(const struct moment *m, unsigned f)
{
    return f == F_CPL && is(m, ZYDIS_MNEMONIC_CALL) && is_far(m) && completed(m) && m->qemu->wide &&
           m->qemu->f[f] == 0 && m->qemu->f[F_SELECTOR(SEG_SS)] < 4 &&
           m->model->f[f] == (m->model->f[F_SELECTOR(SEG_CS)] & 3);
}

static bool syscall_flags(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is(m, ZYDIS_MNEMONIC_SYSCALL) && completed(m) &&
           ((m->qemu->f[f] ^ m->model->f[f]) & ~FL_STATUS) == 0 && !(m->qemu->f[f] & FL_STATUS);
}

static bool gate_error(const struct moment *m, unsigned f)
{
    uint64_t q = m->error_qemu, model = m->error_model;

    return f == F_ERROR && m->vector_qemu == m->vector_model && m->qemu->f[F_EFER] & 0x400 &&
           (model & 2) && q >> 4 == (model & 0xffff) >> 3 && ((q ^ model) & 6) == 0;
}

/* CPL stays, and CS shows it: QEMU puts the segment's DPL there. */
static bool conforming_rpl(const struct moment *m, unsigned f)
{
    return f == F_SELECTOR(SEG_CS) && is(m, ZYDIS_MNEMONIC_CALL) && is_far(m) && completed(m) &&
           (m->model->f[F_ATTR(SEG_CS)] & 0x1c) == 0x1c && (m->qemu->f[f] ^ m->model->f[f]) < 4 &&
           (m->qemu->f[f] & 3) == (m->model->f[F_ATTR(SEG_CS)] >> 5 & 3);
}

/* In all that is not INT n, INT3, INTO. */
static bool ext_missing(const struct moment *m, unsigned f)
{
    return f == F_ERROR && m->vector_qemu == m->vector_model && m->vector_model != 14 &&
           (m->error_model ^ m->error_qemu) == 1 && (m->error_model & 1);
}

static bool rsvd_without_p(const struct moment *m, unsigned f)
{
    return f == F_ERROR && m->vector_qemu == 14 && m->vector_model == 14 &&
           (m->error_model ^ m->error_qemu) == 1 && (m->error_model & 9) == 9;
}

static bool only_model_faults(const struct moment *m, unsigned vector, uint64_t error)
{
    return m->vector_qemu == NO_VECTOR && m->vector_model == vector && m->error_model == error;
}

static bool wrmsr_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_WRMSR) && only_model_faults(m, 13, 0) && platform_msr(m->msr);
}

/* The table of LAR has other types in IA-32e mode; QEMU has one for both. */
static bool lar_type(const struct moment *m, unsigned f)
{
    return (f < F_GPR + 16 || f == F_RFLAGS) && is(m, ZYDIS_MNEMONIC_LAR) && completed(m) &&
           (m->qemu->f[F_EFER] & 0x400) && (m->qemu->f[F_RFLAGS] & FL_ZF) &&
           !(m->model->f[F_RFLAGS] & FL_ZF);
}

static bool sysret_canonical(const struct moment *m, unsigned f)
{
    uint64_t rcx = m->before->f[F_GPR + RCX];
    unsigned bits = m->before->f[F_CR4] >> 12 & 1 ? 56 : 47;

    (void)f;
    return is(m, ZYDIS_MNEMONIC_SYSRET) && m->vector_model == 13 && m->error_model == 0 &&
           rcx >> bits != 0 && rcx >> bits != UINT64_MAX >> bits;
}

static bool legacy_pae(const struct shot *s)
{
    return (s->f[F_CR0] >> 31 & 1) && (s->f[F_CR4] & 0x20) && !(s->f[F_EFER] & 0x400);
}

/* MOV to CR0, CR3, CR4. */
static bool moves_to_cr(const struct moment *m)
{
    return is(m, ZYDIS_MNEMONIC_MOV) && m->insn.insn.opcode == 0x22 &&
           m->insn.insn.opcode_map == ZYDIS_OPCODE_MAP_0F;
}

static bool pdptes_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_model_faults(m, 13, 0) && m->qemu != NULL && legacy_pae(m->qemu);
}

static bool lss_shadow(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && is(m, ZYDIS_MNEMONIC_LSS) && m->qemu->f[f] == 1;
}

static bool rep_rf(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is_rep(m) && completed(m) &&
           m->model->f[F_RIP] == m->before->f[F_RIP] && (m->model->f[f] ^ m->qemu->f[f]) == FL_RF &&
           (m->model->f[f] & FL_RF);
}

static bool sysenter_d(const struct moment *m, unsigned f)
{
    return f == F_ATTR(SEG_CS) && completed(m) && (m->qemu->f[f] ^ m->model->f[f]) == 0x4000 &&
           (m->model->f[f] & 0x2000) &&
           (is(m, ZYDIS_MNEMONIC_SYSENTER) || is(m, ZYDIS_MNEMONIC_SYSEXIT));
}

static bool breakpoint_behind_mov_ss(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_qemu == 1 && m->vector_model == NO_VECTOR && m->before->f[F_SHADOW];
}

static bool lock_ignored(const struct moment *m, unsigned f)
{
    (void)f;
    return m->insn.status == ZYDIS_STATUS_ILLEGAL_LOCK && m->vector_model == 6;
}

static bool segment_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return (m->vector_model == 12 || m->vector_model == 13) && m->error_model == 0 &&
           !same_event(m) && beyond_segments(m);
}

static bool untouched_breakpoint(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_qemu == 1 && m->vector_model == NO_VECTOR && m->behind != NULL &&
           (m->before->f[F_DR6] & 15) && !touches_breakpoint(m->behind, m->before);
}

/* IRETD at CPL 0 with NT: a task return, which the model does not have; docs/cpu.md V11. */
static bool nested_task(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_IRETD) && (m->before->f[F_RFLAGS] & FL_NT) &&
           m->vector_model == 13 && m->error_model == 0;
}

static bool breakpoint_not_rounded(const struct moment *m, unsigned f)
{
    static const unsigned length_of[] = {1, 2, 8, 4};
    const uint64_t *state = m->before->f;

    (void)f;
    if (m->vector_model != 1 || m->vector_qemu != NO_VECTOR)
        return false;
    for (unsigned n = 0; n < 4; n++)
        if ((m->model->f[F_DR6] >> n & 1) &&
            (state[F_DR + n] & (length_of[state[F_DR7] >> (18 + 4 * n) & 3] - 1)))
            return true;
    return false;
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
    return m->vector_model == 13 && m->qemu != NULL &&
           ((m->qemu->f[F_RFLAGS] & FL_VM) || !(m->qemu->f[F_CR0] & 1) || was_in_v86(m->qemu));
}

static bool first_breakpoint_only(const struct moment *m, unsigned f)
{
    return f == F_DR6 && m->vector_qemu == 1 && m->vector_model == 1 &&
           ((m->qemu->f[f] ^ m->model->f[f]) & ~UINT64_C(15)) == 0 &&
           (m->qemu->f[f] & ~m->model->f[f]) == 0;
}

static bool debug_twice(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_qemu == 1 && m->event_before == 1 && m->vector_model == NO_VECTOR;
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
    return f == F_ERROR && m->vector_qemu == 14 && m->vector_model == 14 && memory &&
           (m->error_qemu | 2 | (m->error_model >> 3 & 1)) == m->error_model;
}

static bool test_alias(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_TEST) && (m->insn.insn.opcode & 0xfe) == 0xf6 &&
           m->insn.insn.raw.modrm.reg == 1 && m->vector_qemu == 6;
}

/* The bits of docs/cpu.md S2. */
static bool cr4_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_model_faults(m, 13, 0) && m->insn.insn.raw.modrm.reg == 4 &&
           (m->qemu->f[F_CR4] & ~UINT64_C(0x17319bc));
}

static bool dr7_reserved(const struct moment *m, unsigned f)
{
    return f == F_DR7 && completed(m) && is(m, ZYDIS_MNEMONIC_MOV) &&
           ((m->qemu->f[f] ^ m->model->f[f]) & ~UINT64_C(0xdc00)) == 0;
}

/* The two-byte map's rows of MMX and SSE. */
static bool is_vector_opcode(const uint8_t *op)
{
    uint8_t o = op[1];

    return op[0] == 0x0f && (o == 0x38 || o == 0x3a || o == 0xae || o == 0xc2 || o == 0x77 ||
                             (o >= 0x10 && o <= 0x17) || (o >= 0x28 && o <= 0x2f) ||
                             (o >= 0x50 && o <= 0x7f) || (o >= 0xc4 && o <= 0xc6) || o >= 0xd0);
}

static bool has_fpu(const struct moment *m, unsigned f)
{
    (void)f;
    if (m->vector_model != 6 && m->vector_model != 7)
        return false;
    if (!m->insn.decoded)
        return is_vector_opcode(trial_opcode(&m->insn));
    switch (m->insn.insn.meta.isa_ext) {
    case ZYDIS_ISA_EXT_X87:
    case ZYDIS_ISA_EXT_MMX:
    case ZYDIS_ISA_EXT_SSE:
    case ZYDIS_ISA_EXT_SSE2:
    case ZYDIS_ISA_EXT_SSE3:
    case ZYDIS_ISA_EXT_SSSE3:
    case ZYDIS_ISA_EXT_SSE4:
        return true;
    default:
        return false;
    }
}

/* As AMD's processors: 32 bits of offset. */
static bool far_pointer_64(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide &&
           (is(m, ZYDIS_MNEMONIC_LSS) || is(m, ZYDIS_MNEMONIC_LFS) || is(m, ZYDIS_MNEMONIC_LGS)) &&
           (m->insn.insn.attributes & ZYDIS_ATTRIB_HAS_REX) && m->insn.insn.raw.rex.W;
}

static bool only_qemu_faults(const struct moment *m, unsigned vector)
{
    return m->vector_qemu == vector && m->vector_model == NO_VECTOR;
}

static bool not_offered(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_qemu == 6 && m->vector_model != 6 &&
           (is(m, ZYDIS_MNEMONIC_INVPCID) || is(m, ZYDIS_MNEMONIC_RDPID) ||
            is(m, ZYDIS_MNEMONIC_LFENCE) || is(m, ZYDIS_MNEMONIC_MFENCE) ||
            is(m, ZYDIS_MNEMONIC_SFENCE));
}

static bool pcid_not_offered(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_qemu_faults(m, 13) && m->insn.insn.raw.modrm.reg == 4 &&
           (m->model->f[F_CR4] >> 17 & 1);
}

static bool ltr_null(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_LTR) && only_model_faults(m, 13, 0) &&
           m->qemu->f[F_SELECTOR(SEG_TR)] < 4;
}

static bool int1(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_INT1) && m->vector_qemu == 6;
}

static bool is_adx(const struct moment *m)
{
    return (is(m, ZYDIS_MNEMONIC_ADCX) || is(m, ZYDIS_MNEMONIC_ADOX)) && completed(m);
}

/* Its carry flag runs over into the flags above. */
static bool adx_spoils(const struct moment *m)
{
    return ((m->qemu->f[F_RFLAGS] ^ m->model->f[F_RFLAGS]) & ~FL_STATUS) != 0;
}

static bool adx(const struct moment *m, unsigned f)
{
    return is_adx(m) && (f == F_RFLAGS || f < F_GPR + 16) && !adx_spoils(m);
}

static bool adx_garbage(const struct moment *m, unsigned f)
{
    return is_adx(m) && (f == F_RFLAGS || f < F_GPR + 16) && adx_spoils(m);
}

static bool syscall_in_compat(const struct moment *m, unsigned f)
{
    (void)f;
    return !m->before->wide && m->vector_model == 6 &&
           (is(m, ZYDIS_MNEMONIC_SYSCALL) || is(m, ZYDIS_MNEMONIC_SYSRET));
}

/* IA32_SYSENTER_CS is 1 to 3; 0 is all that QEMU looks for. */
static bool sysenter_cs(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->error_model == 0 &&
           (is(m, ZYDIS_MNEMONIC_SYSENTER) || is(m, ZYDIS_MNEMONIC_SYSEXIT)) &&
           (m->sysenter_cs & 0xfffc) == 0 && m->sysenter_cs != 0;
}

static bool dr6_reserved(const struct moment *m, unsigned f)
{
    return f == F_DR6 && is(m, ZYDIS_MNEMONIC_MOV) && completed(m) &&
           (m->qemu->f[f] ^ m->model->f[f]) == 0x1000;
}

/* MOV to and from CR1, CR5, DR4 and so on at CPL 3. */
static bool no_such_cr(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return m->vector_qemu == 13 && m->vector_model == 6 && m->before->f[F_CPL] != 0 &&
           op[0] == 0x0f && op[1] >= 0x20 && op[1] <= 0x23;
}

static bool rom(const struct moment *m, unsigned f)
{
    (void)f;
    return m->unlogged && m->vector_qemu == m->vector_model;
}

/* A write that faults behind the computation of flags. */
static bool fault_loses_flags(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && m->vector_qemu == 14 && m->vector_model == 14 &&
           ((m->qemu->f[f] ^ m->model->f[f]) & ~FL_STATUS) == 0 &&
           ((m->before->f[f] ^ m->model->f[f]) & FL_STATUS) == 0;
}

static bool not_canonical(const struct shot *s, uint64_t va)
{
    unsigned bits = s->f[F_CR4] >> 12 & 1 ? 56 : 47;

    return va >> bits != 0 && va >> bits != UINT64_MAX >> bits;
}

/* QEMU goes there first. */
static bool branch_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->error_model == 0 && m->vector_qemu == 13 &&
           m->where_model == m->before->f[F_RIP] && not_canonical(m->before, m->where_qemu);
}

/* QEMU loads [RDI] first. */
static bool cmps_order(const struct moment *m, unsigned f)
{
    (void)f;
    return m->insn.decoded && (m->insn.insn.opcode & 0xfe) == 0xa6 &&
           m->insn.insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && m->vector_model != NO_VECTOR &&
           m->vector_qemu != NO_VECTOR;
}

static bool hint_nop(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return only_qemu_faults(m, 6) && op[0] == 0x0f && (op[1] == 0x18 || op[1] == 0x0d) &&
           op[2] >= 0xc0;
}

static bool alignment_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 17 && m->vector_qemu != 17 && m->before->f[F_CPL] == 3 &&
           (m->before->f[F_RFLAGS] & FL_AC) && (m->before->f[F_CR0] >> 18 & 1);
}

static bool cr8_reserved(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_model_faults(m, 13, 0) && m->insn.insn.raw.modrm.reg == 0 &&
           m->insn.insn.raw.rex.R;
}

static bool sysexit_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_SYSEXIT) && m->vector_model == 13 && m->error_model == 0 &&
           (not_canonical(m->before, m->before->f[F_GPR + RCX]) ||
            not_canonical(m->before, m->before->f[F_GPR + RDX]));
}

/* docs/cpu.md S7. */
static bool known_msr(uint64_t msr)
{
    return platform_msr(msr) || msr == 0x10 || msr == 0x3b || (msr >= 0x174 && msr <= 0x176) ||
           msr == 0x6e1 || (msr >= 0xc0000080 && msr <= 0xc0000084) ||
           (msr >= 0xc0000100 && msr <= 0xc0000103);
}

static bool other_msr(const struct moment *m, unsigned f)
{
    (void)f;
    return only_model_faults(m, 13, 0) && m->before->f[F_CPL] == 0 && !known_msr(m->msr) &&
           (is(m, ZYDIS_MNEMONIC_RDMSR) || is(m, ZYDIS_MNEMONIC_WRMSR));
}

static bool rdpmc(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_RDPMC) && m->vector_qemu == 6 && m->vector_model == 13;
}

static bool enter_end(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_ENTER) && m->vector_model == 14 && m->vector_qemu == NO_VECTOR &&
           (m->error_model & 2);
}

/* 8F /1 to /7, C6 and C7 /1 to /7. */
static bool group_row(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return m->vector_model == 6 && (op[0] == 0x8f || op[0] == 0xc6 || op[0] == 0xc7) &&
           (op[1] >> 3 & 7);
}

static bool salc(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 6 && !m->before->wide && trial_opcode(&m->insn)[0] == 0xd6;
}

static bool flush_untranslated(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model != NO_VECTOR && m->vector_qemu == NO_VECTOR &&
           (is(m, ZYDIS_MNEMONIC_CLFLUSH) || is(m, ZYDIS_MNEMONIC_CLFLUSHOPT) ||
            is(m, ZYDIS_MNEMONIC_CLWB));
}

static bool dr6_sticky(const struct moment *m, unsigned f)
{
    return f == F_DR6 && m->vector_qemu == 1 && m->vector_model == 1 &&
           ((m->qemu->f[f] ^ m->model->f[f]) & ~UINT64_C(15)) == 0 &&
           (m->model->f[f] & ~m->qemu->f[f]) == 0;
}

/* QEMU takes the 16 bits with their sign. */
static bool ret_sign(const struct moment *m, unsigned f)
{
    return f == F_GPR + RSP && is(m, ZYDIS_MNEMONIC_RET) && completed(m) &&
           m->insn.insn.operand_count_visible == 1 && (m->insn.ops[0].imm.value.u >> 15 & 1) &&
           ((m->model->f[f] - m->qemu->f[f]) & 0xffffffff) == 0x10000;
}

static bool stack_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && m->vector_model == 12 && m->vector_qemu == 13 &&
           m->error_model == 0 && m->error_qemu == 0;
}

static bool is_override(uint8_t b)
{
    return b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e;
}

/* In 64-bit mode ES, CS, SS and DS mean nothing; QEMU lets them take FS or GS away. */
static bool override_cancelled(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);
    bool base = false;

    (void)f;
    if (!m->before->wide)
        return false;
    for (const uint8_t *p = m->insn.bytes; p < op; p++) {
        if (base && is_override(*p))
            return true;
        base |= *p == 0x64 || *p == 0x65;
    }
    return false;
}

static bool rex_kept(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    for (const uint8_t *p = m->insn.bytes; m->before->wide && p + 1 < op; p++)
        if ((p[0] & 0xf0) == 0x40 && (p[1] & 0xf0) != 0x40)
            return true;
    return false;
}

static bool ba_row(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return m->vector_model == 6 && m->vector_qemu == 14 && op[0] == 0x0f && op[1] == 0xba &&
           (op[2] >> 3 & 7) < 4;
}

static bool returns_as_supervisor(const struct moment *m, unsigned f)
{
    (void)f;
    return is_far(m) && m->before->f[F_CPL] == 3 && m->vector_model == 14 && (m->error_model & 4) &&
           (m->vector_qemu != 14 || m->error_qemu == m->error_model - 4);
}

/* In 64-bit mode the base has 64 bits whatever the prefixes. */
static bool lgdt_16(const struct moment *m, unsigned f)
{
    return m->before->wide && (f == F_GDTR_BASE || f == F_IDTR_BASE) && completed(m) &&
           (is(m, ZYDIS_MNEMONIC_LGDT) || is(m, ZYDIS_MNEMONIC_LIDT)) &&
           (m->insn.insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE) &&
           m->qemu->f[f] == (m->model->f[f] & 0xffffff);
}

/* LGDT, LIDT, LLDT, LTR, WRMSR, WRFSBASE and the like; docs/cpu.md S14. */
static bool base_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return only_model_faults(m, 13, 0) &&
           (is(m, ZYDIS_MNEMONIC_LGDT) || is(m, ZYDIS_MNEMONIC_LIDT)) &&
           (m->insn.insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE ||
            (is(m, ZYDIS_MNEMONIC_LGDT) && not_canonical(m->before, m->qemu->f[F_GDTR_BASE])) ||
            (is(m, ZYDIS_MNEMONIC_LIDT) && not_canonical(m->before, m->qemu->f[F_IDTR_BASE])));
}

static bool code_l_and_d(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->vector_qemu == NO_VECTOR && is_far(m) && m->qemu != NULL &&
           (m->qemu->f[F_ATTR(SEG_CS)] & 0x6000) == 0x6000 &&
           (m->error_model & 0xfffc) == (m->qemu->f[F_SELECTOR(SEG_CS)] & 0xfffc);
}

static bool over_the_edge(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && m->vector_qemu == 14 && m->qemu != NULL &&
           (m->vector_model == 13 || m->vector_model == 12) && m->error_model == 0 &&
           m->qemu->f[F_CR2] >> 12 == UINT64_C(0x7ffffffff);
}

static bool device_shape(const struct moment *m, unsigned f)
{
    return f == F_DEVICE && (m->device_addr & 3) && m->device_addr >> 12 == 0xfee00;
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
           (m->before->f[F_CR0] >> 18 & 1) && m->vector_qemu == NO_VECTOR &&
           m->vector_model != NO_VECTOR && misaligned(m);
}

static bool accessed_on_read_only(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 14 && (m->error_model & 3) == 3 &&
           (m->model->f[F_CR2] - m->model->f[F_GDTR_BASE]) % 8 == 5 && m->vector_qemu != 14;
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
           m->vector_qemu != 1;
}

/* FS or GS: a null selector with an RPL. */
static bool null_keeps_rpl(const struct moment *m, unsigned f)
{
    return (f == F_SELECTOR(SEG_FS) || f == F_SELECTOR(SEG_GS)) && is_far(m) && completed(m) &&
           m->qemu->f[f] < 4 && m->model->f[f] == 0 && m->before->f[f] == m->qemu->f[f];
}

/* QEMU looks at CS before it pops RSP and SS. */
static bool iret_order(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide && (m->vector_model == 14 || m->vector_model == 12) &&
           m->vector_qemu == 13 &&
           (is(m, ZYDIS_MNEMONIC_IRET) || is(m, ZYDIS_MNEMONIC_IRETD) ||
            is(m, ZYDIS_MNEMONIC_IRETQ));
}

static bool sti_shadow(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && is(m, ZYDIS_MNEMONIC_STI) && m->qemu->f[f] == 1 &&
           (m->before->f[F_RFLAGS] & FL_IF);
}

static bool step_behind_sti(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 1 && m->last->decoded && m->last->insn.mnemonic == ZYDIS_MNEMONIC_STI;
}

static bool enter_bp(const struct moment *m, unsigned f)
{
    return f == F_GPR + RBP && is(m, ZYDIS_MNEMONIC_ENTER) && completed(m) && !m->before->wide &&
           !(m->before->f[F_ATTR(SEG_SS)] & 0x4000) &&
           ((m->qemu->f[f] ^ m->model->f[f]) & 0xffff) == 0;
}

static bool delivery_begun_anew(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_qemu == m->vector_model && m->vector_model != NO_VECTOR && m->qemu != NULL &&
           (m->before->f[F_DR7] & 0xff) && m->qemu->f[F_RIP] == m->before->f[F_RIP] &&
           m->qemu->f[F_GPR + RSP] == m->before->f[F_GPR + RSP];
}

/* RSPn or ISTn itself is looked at; the model lets each push find for itself. */
static bool new_stack_address(const struct moment *m, unsigned f)
{
    (void)f;
    return m->model->f[F_CR2] >> 12 == 0x7ffffffff && m->vector_model != NO_VECTOR &&
           (m->vector_qemu == 12 || m->vector_qemu == 8) && m->qemu != NULL;
}

/* A fault of the instruction behind STI or MOV SS. */
static bool shadow_survives(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && same_event(m) && m->vector_model != NO_VECTOR && m->before->f[f] == 1 &&
           m->qemu->f[f] == 1;
}

/* QEMU takes IRET in 64-bit mode for a return to an outer level always. */
static bool null_at_same_level(const struct moment *m, unsigned f)
{
    return (f == F_SELECTOR(SEG_ES) || f == F_SELECTOR(SEG_DS)) && m->before->wide && is_far(m) &&
           completed(m) && m->qemu->f[f] == 0 && m->model->f[f] < 4 &&
           m->before->f[F_CPL] == m->model->f[F_CPL];
}

static bool shadow_in_shadow(const struct moment *m, unsigned f)
{
    return f == F_SHADOW && completed(m) && m->before->f[f] == 1 && m->qemu->f[f] == 0;
}

/* SDM Vol. 3A "Masking Exceptions and Interrupts When Switching Stacks": it comes behind INT n. */
static bool held_step_lost(const struct moment *m, unsigned f)
{
    ZydisMnemonic last = m->last->decoded ? m->last->insn.mnemonic : ZYDIS_MNEMONIC_INVALID;

    (void)f;
    return m->vector_model == 1 && m->vector_qemu == NO_VECTOR &&
           (last == ZYDIS_MNEMONIC_INT || last == ZYDIS_MNEMONIC_INT3 ||
            last == ZYDIS_MNEMONIC_INTO || last == ZYDIS_MNEMONIC_INT1);
}

static bool step_behind_mov_ss(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 1 && m->vector_qemu == 1 && m->last->decoded &&
           m->last->insn.opcode == 0x8e && m->last->insn.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
}

static bool gate_offset_not_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->vector_qemu != NO_VECTOR && m->qemu != NULL &&
           m->qemu->wide && not_canonical(m->qemu, m->qemu->f[F_RIP]);
}

/* QEMU takes all 32 bits of its offset. */
static bool gate_of_16_bits(const struct moment *m, unsigned f)
{
    return f == F_RIP && is_far(m) && completed(m) && !m->before->wide &&
           m->model->f[f] == (m->qemu->f[f] & 0xffff);
}

static const struct known rows[] = {
    {"CPUID", "stimulus", "leaves that TCG offers otherwise", K_TAKE, cpuid},
    {"RDMSR of the platform", "stimulus",
     "MTRRs as the firmware left them; APIC_BASE, MISC_ENABLE and the like", K_TAKE, rdmsr},
    {"a cached translation", "open",
     "SDM Vol. 3A Caching Translation Information; the model without its TLBs agrees", K_TAKE,
     cached},
    {"LAR, bits 19:16", "open", "SDM Vol. 2 LAR: undefined", K_TAKE, lar},
    {"LTR leaves the hidden type available", "QEMU", "SDM Vol. 2 LTR: the segment is marked busy",
     K_TAKE, ltr_busy},
    {"an IST entry at the same level nulls SS", "QEMU",
     "SDM Vol. 3A Stack Switching in IA-32e Mode", K_TAKE, ist_nulls_ss},
    {"a REP visited once more with a count of 0", "QEMU", "SDM Vol. 2 REP", K_TAKE, rep_once_more},
    {"far transfers and events set no accessed bit of CS and SS", "QEMU",
     "SDM Vol. 3A Code- and Data-Segment Descriptor Types", K_ACCESSED, not_accessed},
    {"CPL 0 behind a call gate to ring 1 or 2 in long mode", "QEMU", "SDM Vol. 2 CALL", K_TAKE,
     gate_cpl},
    {"SYSCALL clears the status flags", "QEMU", "SDM Vol. 2 SYSCALL", K_TAKE, syscall_flags},
    {"error codes of a gate in long mode: vector * 16, no EXT", "QEMU", "SDM Vol. 3A Error Code",
     K_RESYNC, gate_error},
    {"a call gate to a conforming segment: RPL of CS", "QEMU", "SDM Vol. 2 CALL: CS(RPL) := CPL",
     K_TAKE, conforming_rpl},
    {"no EXT in an error code", "QEMU", "SDM Vol. 3A Error Code", K_RESYNC, ext_missing},
    {"#PF of a reserved bit without P", "QEMU",
     "SDM Vol. 3A Page-Fault Exceptions: RSVD comes with P", K_RESYNC, rsvd_without_p},
    {"WRMSR to MTRRs and the like is not checked", "QEMU",
     "SDM Vol. 3A MTRRs: reserved bits and types are #GP(0)", K_RESYNC, wrmsr_unchecked},
    {"LAR of types that long mode does not have", "QEMU", "SDM Vol. 2 LAR, Segment and Gate Types",
     K_TAKE, lar_type},
    {"SYSRET to an address that is not canonical faults behind it", "QEMU",
     "SDM Vol. 2 SYSRET: #GP(0) at CPL 0", K_RESYNC, sysret_canonical},
    {"the PDPTEs are not checked when they are loaded", "QEMU", "SDM Vol. 3A PDPTE Registers",
     K_RESYNC, pdptes_unchecked},
    {"LSS holds back interrupts", "QEMU",
     "SDM Vol. 3A Masking Exceptions and Interrupts When Switching Stacks: MOV SS and POP SS",
     K_TAKE, lss_shadow},
    {"RF falls in the first iteration of a REP", "QEMU",
     "SDM Vol. 3B Instruction-Breakpoint Exception Condition: RF until the instruction is complete",
     K_TAKE, rep_rf},
    {"SYSENTER and SYSEXIT to 64-bit mode set CS.D", "QEMU", "SDM Vol. 2 SYSENTER: CS.D := 0",
     K_TAKE, sysenter_d},
    {"PDPTE registers: QEMU reads the table at each walk", "QEMU", "SDM Vol. 3A PDPTE Registers",
     K_TAKE, pdpte_registers},
    {"an instruction breakpoint behind MOV SS", "open",
     "SDM Vol. 3A Masking Exceptions and Interrupts When Switching Stacks: may not be triggered",
     K_RESYNC, breakpoint_behind_mov_ss},
    {"LOCK where it is not allowed is ignored", "QEMU", "SDM Vol. 2 LOCK: #UD", K_RESYNC,
     lock_ignored},
    {"limit and type of a segment are not checked", "QEMU",
     "SDM Vol. 3A Limit Checking, Type Checking", K_RESYNC, segment_unchecked},
    {"a data breakpoint that the instruction does not touch", "QEMU",
     "SDM Vol. 3B Breakpoint Field Recognition", K_RESYNC, untouched_breakpoint},
    {"DRn is not rounded down to its length", "QEMU", "SDM Vol. 3B Breakpoint Field Recognition",
     K_RESYNC, breakpoint_not_rounded},
    {"DR6 shows one of several breakpoints", "QEMU", "SDM Vol. 3B Debug Status Register (DR6)",
     K_TAKE, first_breakpoint_only},
    {"a breakpoint and a single step as two #DB", "QEMU", "SDM Vol. 3B Debug Status Register (DR6)",
     K_RESYNC, debug_twice},
    {"#PF of a read-modify-write is one of a read", "QEMU",
     "SDM Vol. 3A Page-Fault Exceptions: W/R", K_RESYNC, rmw_reads},
    {"F6 /1, F7 /1: TEST", "open", "SDM Vol. 2 Opcode Map: not listed; docs/cpu.md F5", K_RESYNC,
     test_alias},
    {"CR4 bits without CPUID", "QEMU", "SDM Vol. 3A Control Registers: reserved", K_RESYNC,
     cr4_unchecked},
    {"reserved bits of DR7 are kept", "QEMU", "SDM Vol. 3B Debug Control Register (DR7)", K_TAKE,
     dr7_reserved},
    {"x87, MMX and SSE without CPUID", "QEMU", "docs/cpu.md x87 and SSE", K_RESYNC, has_fpu},
    {"virtual-8086 or real mode", "choice", "docs/cpu.md V11, S1", K_END, other_mode},
    {"IRET with NT: tasks", "choice", "docs/cpu.md V11", K_RESYNC, nested_task},
    {"LSS, LFS, LGS with REX.W load m16:32", "QEMU", "SDM Vol. 2 LDS: m16:64", K_RESYNC,
     far_pointer_64},
    {"INVPCID, RDPID, fences without SSE2", "choice",
     "not offered by TCG; docs/cpu.md Instructions", K_RESYNC, not_offered},
    {"CR4.PCIDE", "QEMU", "not offered by TCG", K_RESYNC, pcid_not_offered},
    {"LTR of a null selector", "QEMU", "SDM Vol. 2 LTR: #GP(0)", K_END, ltr_null},
    {"INT1", "QEMU", "SDM Vol. 2 INT n/INTO/INT3/INT1", K_RESYNC, int1},
    {"ADCX and ADOX of 32 bits count the upper halves", "QEMU", "SDM Vol. 2 ADCX, ADOX", K_TAKE,
     adx},
    {"ADCX and ADOX leave no flags that could be used", "QEMU", "SDM Vol. 2 ADCX, ADOX", K_END,
     adx_garbage},
    {"SYSCALL and SYSRET outside 64-bit mode", "QEMU", "SDM Vol. 2 SYSCALL: #UD", K_RESYNC,
     syscall_in_compat},
    {"SYSENTER_CS of 1 to 3 is not null", "QEMU",
     "SDM Vol. 2 SYSENTER: #GP(0) if SYSENTER_CS[15:2] = 0", K_RESYNC, sysenter_cs},
    {"bit 12 of DR6 is kept", "QEMU", "SDM Vol. 3B Debug Status Register (DR6)", K_TAKE,
     dr6_reserved},
    {"registers that are not there (CR1, DR4 and so on) at CPL 3: #UD or #GP(0)", "open",
     "SDM Vol. 2 MOV CRn, DRn list both", K_RESYNC, no_such_cr},
    {"memory that only QEMU's machine has", "stimulus", "the firmware's ROM", K_RESYNC, rom},
    {"a #PF behind the computation loses the status flags", "QEMU",
     "SDM Vol. 3A Fault: the state before the instruction", K_RESYNC, fault_loses_flags},
    {"a branch to an address that is not canonical faults behind it", "QEMU",
     "SDM Vol. 2 CALL, JMP, RET: #GP(0)", K_RESYNC, branch_not_canonical},
    {"CMPS with two operands that fault", "open", "SDM Vol. 2 CMPS gives no order; docs/cpu.md A4",
     K_RESYNC, cmps_order},
    {"0F 0D, 0F 18 with a register: no NOP", "QEMU", "SDM Vol. 2 Opcode Extensions, group 16 and P",
     K_RESYNC, hint_nop},
    {"alignment is not checked", "QEMU", "SDM Vol. 3A Alignment Check Exception", K_RESYNC,
     alignment_unchecked},
    {"bits 63:4 of CR8", "QEMU", "SDM Vol. 2 MOV CR8: #GP(0)", K_END, cr8_reserved},
    {"SYSEXIT to addresses that are not canonical", "QEMU", "SDM Vol. 2 SYSEXIT: #GP(0)", K_RESYNC,
     sysexit_canonical},
    {"MSRs that QEMU has or ignores", "QEMU",
     "SDM Vol. 2 RDMSR, WRMSR: #GP(0) for a reserved or unimplemented MSR", K_RESYNC, other_msr},
    {"RDPMC", "QEMU", "SDM Vol. 2 RDPMC: #GP(0) for a counter that is not there", K_RESYNC, rdpmc},
    {"ENTER does not look at its final stack pointer", "QEMU", "SDM Vol. 2 ENTER: #PF", K_RESYNC,
     enter_end},
    {"8F, C6, C7 with other rows than /0", "QEMU",
     "SDM Vol. 2 Opcode Extensions, groups 1A and 11: #UD", K_RESYNC, group_row},
    {"D6: SALC", "open", "SDM Vol. 2 One-byte Opcode Map: not listed", K_RESYNC, salc},
    {"CLFLUSH, CLFLUSHOPT, CLWB do not translate", "QEMU", "SDM Vol. 2 CLFLUSH: #GP(0), #PF",
     K_RESYNC, flush_untranslated},
    {"DR6 bits 3:0 stay until software clears them", "open",
     "SDM Vol. 3B Debug Status Register (DR6): certain exceptions may clear them; docs/cpu.md V8",
     K_TAKE, dr6_sticky},
    {"RET n with n above 7FFF", "QEMU", "SDM Vol. 2 RET: imm16 is a count", K_RESYNC, ret_sign},
    {"a stack address that is not canonical is #GP(0)", "QEMU", "SDM Vol. 3A Stack Exception (#SS)",
     K_RESYNC, stack_not_canonical},
    {"ES, CS, SS, DS behind FS or GS in 64-bit mode", "QEMU",
     "SDM Vol. 1 Segmentation in 64-Bit Mode; docs/cpu.md F7", K_RESYNC, override_cancelled},
    {"REX before another prefix counts", "QEMU",
     "SDM Vol. 2 REX Prefixes: ignored unless it precedes the opcode", K_RESYNC, rex_kept},
    {"0F BA /0 to /3: the operand first", "QEMU", "SDM Vol. 2 Opcode Extensions, group 8: #UD",
     K_RESYNC, ba_row},
    {"IRET and RET at CPL 3 read the stack as a supervisor", "QEMU",
     "SDM Vol. 3A Access Rights: explicit accesses", K_RESYNC, returns_as_supervisor},
    {"LGDT and LIDT with 66 in 64-bit mode cut the base", "QEMU",
     "SDM Vol. 2 LGDT: the operand size is fixed", K_TAKE, lgdt_16},
    {"bases that are not canonical", "QEMU", "SDM Vol. 2 LGDT, LIDT: #GP(0)", K_RESYNC,
     base_not_canonical},
    {"code segments with L and D", "QEMU", "SDM Vol. 2 JMP, CALL: #GP(selector)", K_RESYNC,
     code_l_and_d},
    {"an access over the end of the canonical addresses: #PF of its first page", "open",
     "SDM Vol. 1 Canonical Addressing", K_RESYNC, over_the_edge},
    {"misaligned accesses to the local APIC", "stimulus",
     "SDM Vol. 3A APIC Register Address Map: undefined", K_RESYNC, device_shape},
    {"alignment is not checked (an #AC that cannot be delivered)", "QEMU",
     "SDM Vol. 3A Alignment Check Exception", K_RESYNC, alignment_nested},
    {"no accessed bit, so no fault of its page", "QEMU",
     "SDM Vol. 3A Code- and Data-Segment Descriptor Types", K_RESYNC, accessed_on_read_only},
    {"a port breakpoint inside a string instruction", "QEMU",
     "SDM Vol. 3B I/O breakpoints: a trap behind the iteration", K_RESYNC, string_io_breakpoint},
    {"HLT under a single step waits", "QEMU", "SDM Vol. 3B Single-Step Exception Condition",
     K_RESYNC, hlt_step},
    {"IRET and RET to an outer level leave a null selector its RPL", "QEMU",
     "SDM Vol. 2 RET: SegmentSelector := 0", K_TAKE, null_keeps_rpl},
    {"IRET in 64-bit mode checks CS before it pops RSP and SS", "QEMU",
     "SDM Vol. 2 IRET, IA-32e-MODE; docs/cpu.md A9", K_RESYNC, iret_order},
    {"STI with IF = 1 holds back interrupts", "QEMU", "SDM Vol. 2 STI: if IF was 0", K_TAKE,
     sti_shadow},
    {"STI holds back the single step", "QEMU", "SDM Vol. 2 STI: external interrupts", K_RESYNC,
     step_behind_sti},
    {"ENTER on a 16-bit stack writes all of EBP", "QEMU", "SDM Vol. 2 ENTER: BP := FrameTemp",
     K_TAKE, enter_bp},
    {"a data breakpoint in the frame of an event begins it anew", "QEMU",
     "SDM Vol. 3B Data Breakpoint Exception Condition: a trap", K_RESYNC, delivery_begun_anew},
    {"a new stack pointer of 800000000000: #SS, not the #PF of its first push", "choice",
     "SDM Vol. 2 INT n: StackAddress; docs/cpu.md V4", K_RESYNC, new_stack_address},
    {"the shadow of STI or MOV SS outlives an event", "QEMU",
     "SDM Vol. 2 STI: the next instruction", K_TAKE, shadow_survives},
    {"IRET to the same level in 64-bit mode clears null selectors", "QEMU",
     "SDM Vol. 2 IRET, RETURN-TO-SAME-PRIVILEGE-LEVEL", K_TAKE, null_at_same_level},
    {"a second shadow right behind the first", "open",
     "SDM Vol. 2 MOV: only the first is guaranteed to delay an interrupt", K_TAKE,
     shadow_in_shadow},
    {"a #DB held by MOV SS is lost in INT n", "QEMU",
     "SDM Vol. 3A Masking Exceptions and Interrupts When Switching Stacks", K_RESYNC,
     held_step_lost},
    {"a #DB behind two MOV SS", "open",
     "SDM Vol. 2 MOV: only the first is guaranteed to delay an event", K_RESYNC,
     step_behind_mov_ss},
    {"a gate's offset that is not canonical faults behind it", "QEMU", "SDM Vol. 2 INT n: #GP(EXT)",
     K_RESYNC, gate_offset_not_canonical},
    {"a 16-bit call gate with an offset of 32 bits", "QEMU", "SDM Vol. 3A Call Gates: 16-bit gates",
     K_TAKE, gate_of_16_bits},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
static_assert(ROWS <= KNOWN_MAX, "judge.h counts by row");

int known_row(const struct moment *m, unsigned field)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].explains(m, field))
            return (int)i;
    return -1;
}

enum known_action known_action(unsigned row)
{
    return rows[row].action;
}

const char *known_name(unsigned row)
{
    return rows[row].name;
}

const char *known_source(unsigned row)
{
    return rows[row].source;
}

const char *known_kind(unsigned row)
{
    return rows[row].kind;
}

unsigned known_rows(void)
{
    return ROWS;
}
