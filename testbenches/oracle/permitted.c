// SPDX-License-Identifier: Apache-2.0
// Differences between the host and the model that are not a mistake of the model: named, cited, and
// recognised by the instruction and by what both sides did.
#include <signal.h>
#include <string.h>

#include "oracle.h"

struct permitted_row {
    const char *name, *source;
    bool amd_only;
    bool (*explains)(const struct trial *t, const struct pair *p);
};

static bool has_prefix(const struct trial *t, uint8_t prefix)
{
    for (unsigned i = 0; i < t->insn.raw.prefix_count; i++)
        if (t->insn.raw.prefixes[i].value == prefix)
            return true;
    return false;
}

static bool host_is(const struct pair *p, int signo, int code)
{
    return p->host->signo == signo && p->host->code == code;
}

static bool host_page_fault(const struct pair *p)
{
    return p->host->signo == SIGSEGV && p->host->code != SI_KERNEL;
}

/* #SS, #GP, #PF, #AC: what an access to memory can end in. */
static bool host_access_fault(const struct pair *p)
{
    return p->host->signo == SIGSEGV || p->host->signo == SIGBUS;
}

static bool model_access_fault(const struct pair *p)
{
    int v = p->model->vector;

    return v == 12 || v == 13 || v == 14 || v == 17;
}

static bool canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static bool is_far(const struct trial *t)
{
    return t->insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
}

/* --- the kernel and the hypervisor --- */

/* The kernel answers in the instruction's place; the model, like the processor, gives #GP(0). */
static bool kernel_umip(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->law->kind == L_UMIP && p->model->vector == 13;
}

static bool hypervisor_int1(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->insn.mnemonic == ZYDIS_MNEMONIC_INT1 && p->model->vector == 1 &&
           host_is(p, SIGTRAP, TRAP_BRKPT) && p->host->regs.rip == t->start.rip;
}

/* --- what the SDM leaves open --- */

static bool alignment_first(const struct trial *t, const struct pair *p)
{
    return (t->start.rflags & FL_AC) && host_is(p, SIGBUS, BUS_ADRALN) && p->model->vector == 14 &&
           !(p->model->error_code & 16);
}

/* Both fault, but the host took another of the instruction's operands first. */
static bool operand_order(const struct trial *t, const struct pair *p)
{
    if (!t->decoded || !host_access_fault(p) || !model_access_fault(p) || p->model->error_code & 16)
        return false;
    switch (t->insn.mnemonic) {
    case ZYDIS_MNEMONIC_CMPSB:
    case ZYDIS_MNEMONIC_CMPSW:
    case ZYDIS_MNEMONIC_CMPSD:
    case ZYDIS_MNEMONIC_CMPSQ:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return true;
    case ZYDIS_MNEMONIC_CALL: /* the target, and the push of RIP */
        return t->insn.opcode == 0xff || t->insn.opcode == 0xe8;
    default:
        return is_far(t);
    }
}

/* Bits 19:16 of what LAR leaves, and nothing else. */
static bool lar_limit(const struct trial *t, const struct pair *p)
{
    const struct regs *h = &p->host->regs, *m = &p->model->regs;
    uint64_t other = (h->rflags ^ m->rflags) & FL_STATUS;
    unsigned gpr;

    if (!t->decoded || t->insn.mnemonic != ZYDIS_MNEMONIC_LAR || outcome_faulted(p->host) ||
        p->model->vector >= 0 || !operand_is_gpr(&t->ops[0], &gpr) || t->ops[0].size == 16)
        return false;
    for (unsigned i = 0; i < GPRS; i++)
        other |= (h->gpr[i] ^ m->gpr[i]) & (i == gpr ? ~UINT64_C(0xf0000) : ~UINT64_C(0));
    return other == 0;
}

static bool rep_on_loop(const struct trial *t, const struct pair *p)
{
    bool loop = t->decoded && (t->insn.mnemonic == ZYDIS_MNEMONIC_LOOPE ||
                               t->insn.mnemonic == ZYDIS_MNEMONIC_LOOPNE);

    return loop && (has_prefix(t, 0xf2) || has_prefix(t, 0xf3)) && !outcome_faulted(p->host);
}

/* With two prefixes the longest form (XOP with an immediate) passes 15 bytes: #GP or #UD. */
static bool long_prefixes(const struct trial *t)
{
    return trial_opcode(t) - t->bytes >= 2;
}

/* The model's linear addresses have 57 bits; those of a host without LA57 have 48. */
static bool host_of_48_bits(const struct trial *t, const struct pair *p)
{
    unsigned gpr;

    if (!t->decoded || !host_is(p, SIGSEGV, SI_KERNEL) || p->model->vector >= 0)
        return false;
    if (t->insn.mnemonic != ZYDIS_MNEMONIC_WRFSBASE && t->insn.mnemonic != ZYDIS_MNEMONIC_WRGSBASE)
        return false;
    return operand_is_gpr(&t->ops[0], &gpr) && !canonical(t->start.gpr[gpr]);
}

/* How far an invalid opcode is fetched before it is refused. */
static bool invalid_length(const struct trial *t, const struct pair *p)
{
    bool ud = !t->decoded || t->insn.mnemonic == ZYDIS_MNEMONIC_UD0 ||
              t->insn.mnemonic == ZYDIS_MNEMONIC_UD1;
    uint64_t end = LOW_CODE + CODE_PAGES * PAGE;
    bool over_limit = t->start.sel[SEG_CS] == SEL_LDT(LDT_CODE) &&
                      LOW_CODE + PAGE - t->start.rip < ZYDIS_MAX_INSTRUCTION_LENGTH;

    if (!ud)
        return false;
    if (long_prefixes(t) && host_is(p, SIGSEGV, SI_KERNEL) && p->model->vector == 6)
        return true;
    if (long_prefixes(t) && p->host->signo == SIGILL && p->model->vector == 13)
        return true;
    if (over_limit && p->model->vector == 6 && host_is(p, SIGSEGV, SI_KERNEL))
        return true;
    if (p->host->signo == SIGILL)
        return (p->model->vector == 14 && p->model->error_code & 16) ||
               (over_limit && p->model->vector == 13);
    return p->model->vector == 6 && host_page_fault(p) && p->host->address == end &&
           end - t->start.rip < ZYDIS_MAX_INSTRUCTION_LENGTH;
}

/* --- where AMD64 and Intel 64 differ --- */

static bool near_branch_bytes(const uint8_t *op)
{
    return op[0] == 0xe8 || op[0] == 0xe9 || (op[0] == 0x0f && (op[1] & 0xf0) == 0x80);
}

static bool amd_near_branch_16(const struct trial *t, const struct pair *p)
{
    uint64_t rip = p->host->regs.rip, short_by_2 = t->start.rip + t->insn.length - 2;

    if (t->compat)
        return false;
    if (!t->decoded) /* 15 bytes there, 17 here */
        return t->status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG && p->model->vector == 13 &&
               near_branch_bytes(trial_opcode(t)) && memchr(t->bytes, 0x66, sizeof t->bytes);
    return !is_far(t) && has_prefix(t, 0x66) && !t->insn.raw.rex.W &&
           (t->insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE ||
            t->insn.mnemonic == ZYDIS_MNEMONIC_RET) &&
           (outcome_faulted(p->host) || rip <= 0xffff || rip == short_by_2);
}

/* MOVSXD r16 reads a doubleword there, a word here. */
static bool amd_movsxd_16(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->insn.mnemonic == ZYDIS_MNEMONIC_MOVSXD && has_prefix(t, 0x66) &&
           !t->insn.raw.rex.W && host_access_fault(p);
}

static bool amd_mov_dr45(const struct trial *t, const struct pair *p)
{
    if (!t->decoded || t->insn.mnemonic != ZYDIS_MNEMONIC_MOV || p->model->vector != 6)
        return false;
    return (t->insn.opcode == 0x21 || t->insn.opcode == 0x23) && host_is(p, SIGSEGV, SI_KERNEL);
}

static bool amd_far_64(const struct trial *t, const struct pair *p)
{
    (void)p;
    return t->decoded && !t->compat && t->insn.raw.rex.W &&
           ((is_far(t) && t->insn.opcode == 0xff) || t->insn.mnemonic == ZYDIS_MNEMONIC_LSS ||
            t->insn.mnemonic == ZYDIS_MNEMONIC_LFS || t->insn.mnemonic == ZYDIS_MNEMONIC_LGS);
}

static bool amd_sysexit(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->insn.mnemonic == ZYDIS_MNEMONIC_SYSEXIT && p->host->signo == SIGILL &&
           p->model->vector == 13;
}

static bool amd_sysret(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->compat && t->insn.mnemonic == ZYDIS_MNEMONIC_SYSRET &&
           host_is(p, SIGSEGV, SI_KERNEL) && p->model->vector == 6;
}

static bool amd_lock_verw(const struct trial *t, const struct pair *p)
{
    const uint8_t *op = trial_opcode(t);

    return t->status == ZYDIS_STATUS_ILLEGAL_LOCK && op[0] == 0x0f && op[1] == 0x00 &&
           (op[2] >> 3 & 7) == 5 && op[2] < 0xc0 && p->model->vector == 6 &&
           p->host->signo != SIGILL;
}

/* The pushes of a far CALL from 64-bit to compatibility mode go to the low 4 GBytes. */
static bool amd_far_call_compat(const struct trial *t, const struct pair *p)
{
    return t->decoded && !t->compat && is_far(t) && t->insn.mnemonic == ZYDIS_MNEMONIC_CALL &&
           t->start.gpr[RSP] >> 32 &&
           (p->model->regs.sel[SEG_CS] != SEL_USER64 || model_access_fault(p)) &&
           (host_access_fault(p) || p->host->regs.sel[SEG_CS] != SEL_USER64);
}

/* A return to another RPL reads the outer stack pointer before it refuses the selector. */
static bool amd_far_return_order(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->insn.meta.category == ZYDIS_CATEGORY_RET &&
           (is_far(t) || t->insn.opcode == 0xcf) && p->model->vector == 13 &&
           p->model->error_code && host_access_fault(p);
}

/* LOCK MOV CR is a way to CR8 there, and #GP(0) at CPL 3. */
static bool amd_alt_mov_cr8(const struct trial *t, const struct pair *p)
{
    const uint8_t *op = trial_opcode(t);

    return t->status == ZYDIS_STATUS_ILLEGAL_LOCK && op[0] == 0x0f && (op[1] & 0xfd) == 0x20 &&
           p->model->vector == 6 && host_is(p, SIGSEGV, SI_KERNEL);
}

static bool amd_popa_partial(const struct trial *t, const struct pair *p)
{
    return t->decoded &&
           (t->insn.mnemonic == ZYDIS_MNEMONIC_POPA || t->insn.mnemonic == ZYDIS_MNEMONIC_POPAD) &&
           host_access_fault(p) && model_access_fault(p) &&
           (uint32_t)p->host->regs.gpr[RSP] == (uint32_t)t->start.gpr[RSP];
}

static bool amd_prefetch_register(const struct trial *t, const struct pair *p)
{
    return t->decoded && t->insn.opcode_map == ZYDIS_OPCODE_MAP_0F && t->insn.opcode == 0x0d &&
           t->insn.raw.modrm.mod == 3 && p->host->signo == SIGILL && p->model->vector == -1;
}

/* With FS or GS: AMD wants the offset canonical too. */
static bool amd_offset_canonical(const struct trial *t, const struct pair *p)
{
    for (unsigned i = 0; t->decoded && !t->compat && i < t->insn.operand_count; i++) {
        const ZydisDecodedOperand *op = &t->ops[i];
        bool fs = op->mem.segment == ZYDIS_REGISTER_FS, gs = op->mem.segment == ZYDIS_REGISTER_GS;

        if (op->type != ZYDIS_OPERAND_TYPE_MEMORY || !(fs || gs))
            continue;
        if (!canonical(operand_address(t, op) - (fs ? t->start.fs_base : t->start.gs_base)))
            return host_is(p, SIGSEGV, SI_KERNEL);
    }
    return false;
}

static const struct permitted_row rows[] = {
    {"umip-emulated", "Linux arch/x86/kernel/umip.c, fixup_umip_exception", false, kernel_umip},
    {"int1-rip", "Linux KVM svm.c, db_interception: queued with the intercepted RIP", true,
     hypervisor_int1},
    {"ac-before-pf",
     "SDM Vol. 3A \"Priority Among Concurrent Events\": order within a class is the processor's",
     false, alignment_first},
    {"operand-order",
     "SDM Vol. 2: no order among the operands of CMPS, IRET, CALL, far JMP and RET", false,
     operand_order},
    {"lar-19-16", "SDM Vol. 2 \"LAR\": bits 19:16 are undefined", false, lar_limit},
    {"rep-on-loop", "SDM Vol. 2 \"Instruction Prefixes\": repeat prefixes elsewhere are reserved",
     false, rep_on_loop},
    {"invalid-length", "SDM Vol. 2 \"UD\": how much is fetched before #UD is the processor's",
     false, invalid_length},
    {"linear-width", "SDM Vol. 1 \"Canonical Addressing\": the bits that a processor implements",
     false, host_of_48_bits},
    {"amd-near-branch-16", "APM Vol. 3 \"Jcc\", \"CALL\", \"RET\": 66h gives a 16-bit RIP", true,
     amd_near_branch_16},
    {"amd-mov-dr45", "APM Vol. 3 \"MOV DRn\": CPL is checked first", true, amd_mov_dr45},
    {"amd-far-64", "APM Vol. 3 \"JMP (Far)\", \"LSS\": no 64-bit offset, REX.W is ignored", true,
     amd_far_64},
    {"amd-sysexit", "APM Vol. 3 \"SYSEXIT\": #UD in long mode", true, amd_sysexit},
    {"amd-sysret", "APM Vol. 3 \"SYSRET\": exists in compatibility mode, #GP(0) at CPL 3", true,
     amd_sysret},
    {"amd-lock-verw", "seen on this host: LOCK VERW m16 is carried out (both manuals: #UD)", true,
     amd_lock_verw},
    {"amd-far-call-compat", "APM Vol. 3 \"CALL (Far)\": pushes with the new mode's stack", true,
     amd_far_call_compat},
    {"amd-far-return-order",
     "APM Vol. 3 \"RET (Far)\", \"IRET\": RSP and SS are read before the CS checks", true,
     amd_far_return_order},
    {"amd-alt-mov-cr8", "APM Vol. 3 \"MOV CRn\": LOCK (AltMovCr8)", true, amd_alt_mov_cr8},
    {"amd-popa-partial", "seen on this host: the registers popped before the fault are kept", true,
     amd_popa_partial},
    {"amd-prefetch-register", "APM Vol. 3 \"PREFETCH\": #UD with a register operand", true,
     amd_prefetch_register},
    {"amd-movsxd-16", "APM Vol. 3 \"MOVSXD\": the source is r/m32", true, amd_movsxd_16},
    {"amd-offset-canonical", "APM Vol. 2 \"Canonicalization\": seen on this host", true,
     amd_offset_canonical},
};

unsigned permitted_rows(void)
{
    return sizeof rows / sizeof *rows;
}

const char *permitted_name(unsigned row)
{
    return rows[row].name;
}

const char *permitted_source(unsigned row)
{
    return rows[row].source;
}

int permitted(const struct trial *t, const struct pair *p, bool amd)
{
    for (unsigned i = 0; i < permitted_rows(); i++)
        if ((amd || !rows[i].amd_only) && rows[i].explains(t, p))
            return (int)i;
    return -1;
}
