// SPDX-License-Identifier: Apache-2.0
// Which instructions are tried (docs/cpu.md "Instructions", as Zydis names them), and which of
// their results the SDM leaves undefined (SDM Vol. 2, "Flags Affected" and "Operation" of each).
#include "oracle.h"

#include <assert.h>
#include <stddef.h>

#define PLAIN(m)                                                                                   \
    {                                                                                              \
        ZYDIS_MNEMONIC_##m, L_PLAIN, U_NONE                                                        \
    }
#define UNDEF(m, row)                                                                              \
    {                                                                                              \
        ZYDIS_MNEMONIC_##m, L_PLAIN, row                                                           \
    }

/* ENDBR decodes as NOP here. Not here though the model has them: SYSCALL and SYSENTER (the host's
 * kernel would answer), XGETBV and XSETBV (the host offers XSAVE), the x87, MMX and SSE maps (the
 * host has them). */
static const struct law laws[] = {
    /* moves */
    PLAIN(MOV),
    PLAIN(MOVZX),
    PLAIN(MOVSX),
    PLAIN(MOVSXD),
    PLAIN(MOVBE),
    PLAIN(XCHG),
    UNDEF(BSWAP, U_BSWAP_16),
    PLAIN(XLAT),
    PLAIN(LEA),
    PLAIN(LDS),
    PLAIN(LES),
    PLAIN(LFS),
    PLAIN(LGS),
    PLAIN(LSS),
    PLAIN(CMOVO),
    PLAIN(CMOVNO),
    PLAIN(CMOVB),
    PLAIN(CMOVNB),
    PLAIN(CMOVZ),
    PLAIN(CMOVNZ),
    PLAIN(CMOVBE),
    PLAIN(CMOVNBE),
    PLAIN(CMOVS),
    PLAIN(CMOVNS),
    PLAIN(CMOVP),
    PLAIN(CMOVNP),
    PLAIN(CMOVL),
    PLAIN(CMOVNL),
    PLAIN(CMOVLE),
    PLAIN(CMOVNLE),
    PLAIN(SETO),
    PLAIN(SETNO),
    PLAIN(SETB),
    PLAIN(SETNB),
    PLAIN(SETZ),
    PLAIN(SETNZ),
    PLAIN(SETBE),
    PLAIN(SETNBE),
    PLAIN(SETS),
    PLAIN(SETNS),
    PLAIN(SETP),
    PLAIN(SETNP),
    PLAIN(SETL),
    PLAIN(SETNL),
    PLAIN(SETLE),
    PLAIN(SETNLE),
    PLAIN(PUSH),
    PLAIN(POP),
    PLAIN(PUSHA),
    PLAIN(PUSHAD),
    PLAIN(POPA),
    PLAIN(POPAD),
    PLAIN(PUSHF),
    PLAIN(PUSHFD),
    PLAIN(PUSHFQ),
    PLAIN(POPF),
    PLAIN(POPFD),
    PLAIN(POPFQ),
    PLAIN(ENTER),
    PLAIN(LEAVE),
    PLAIN(LAHF),
    PLAIN(SAHF),
    PLAIN(CBW),
    PLAIN(CWDE),
    PLAIN(CDQE),
    PLAIN(CWD),
    PLAIN(CDQ),
    PLAIN(CQO),
    /* arithmetic and logic */
    PLAIN(ADD),
    PLAIN(ADC),
    PLAIN(SBB),
    PLAIN(SUB),
    PLAIN(CMP),
    UNDEF(OR, U_LOGIC),
    UNDEF(AND, U_LOGIC),
    UNDEF(XOR, U_LOGIC),
    UNDEF(TEST, U_LOGIC),
    PLAIN(NOT),
    PLAIN(NEG),
    PLAIN(INC),
    PLAIN(DEC),
    UNDEF(MUL, U_MUL),
    UNDEF(IMUL, U_IMUL),
    UNDEF(DIV, U_DIV),
    UNDEF(IDIV, U_IDIV),
    UNDEF(SHL, U_SHL_N),
    UNDEF(SHR, U_SHR_N),
    UNDEF(SAR, U_SAR_N),
    UNDEF(ROL, U_ROL_N),
    UNDEF(ROR, U_ROR_N),
    UNDEF(RCL, U_RCL_N),
    UNDEF(RCR, U_RCR_N),
    UNDEF(SHLD, U_SHLD_N),
    UNDEF(SHRD, U_SHRD_N),
    UNDEF(BT, U_BT),
    UNDEF(BTS, U_BT),
    UNDEF(BTR, U_BT),
    UNDEF(BTC, U_BT),
    UNDEF(BSF, U_BSX),
    UNDEF(BSR, U_BSX),
    /* not TZCNT: the host may have BMI1, the model does not and executes BSF (docs/cpu.md) */
    UNDEF(LZCNT, U_LZCNT),
    PLAIN(POPCNT),
    PLAIN(CMPXCHG),
    PLAIN(CMPXCHG8B),
    PLAIN(CMPXCHG16B),
    PLAIN(XADD),
    PLAIN(ADCX),
    PLAIN(ADOX),
    UNDEF(AAA, U_AAA),
    UNDEF(AAS, U_AAA),
    UNDEF(DAA, U_DAA),
    UNDEF(DAS, U_DAA),
    UNDEF(AAM, U_AAM),
    UNDEF(AAD, U_AAM),
    PLAIN(SALC),
    /* strings */
    PLAIN(MOVSB),
    PLAIN(MOVSW),
    PLAIN(MOVSD),
    PLAIN(MOVSQ),
    PLAIN(CMPSB),
    PLAIN(CMPSW),
    PLAIN(CMPSD),
    PLAIN(CMPSQ),
    PLAIN(SCASB),
    PLAIN(SCASW),
    PLAIN(SCASD),
    PLAIN(SCASQ),
    PLAIN(LODSB),
    PLAIN(LODSW),
    PLAIN(LODSD),
    PLAIN(LODSQ),
    PLAIN(STOSB),
    PLAIN(STOSW),
    PLAIN(STOSD),
    PLAIN(STOSQ),
    PLAIN(INSB),
    PLAIN(INSW),
    PLAIN(INSD),
    PLAIN(OUTSB),
    PLAIN(OUTSW),
    PLAIN(OUTSD),
    /* control */
    PLAIN(JMP),
    PLAIN(CALL),
    PLAIN(RET),
    PLAIN(IRET),
    PLAIN(IRETD),
    PLAIN(IRETQ),
    PLAIN(JO),
    PLAIN(JNO),
    PLAIN(JB),
    PLAIN(JNB),
    PLAIN(JZ),
    PLAIN(JNZ),
    PLAIN(JBE),
    PLAIN(JNBE),
    PLAIN(JS),
    PLAIN(JNS),
    PLAIN(JP),
    PLAIN(JNP),
    PLAIN(JL),
    PLAIN(JNL),
    PLAIN(JLE),
    PLAIN(JNLE),
    PLAIN(JCXZ),
    PLAIN(JECXZ),
    PLAIN(JRCXZ),
    PLAIN(LOOP),
    PLAIN(LOOPE),
    PLAIN(LOOPNE),
    PLAIN(INT),
    PLAIN(INT1),
    PLAIN(INT3),
    PLAIN(INTO),
    PLAIN(BOUND),
    PLAIN(SYSRET),
    PLAIN(SYSEXIT),
    PLAIN(UD0),
    PLAIN(UD1),
    PLAIN(UD2),
    PLAIN(NOP),
    PLAIN(PAUSE),
    PLAIN(LFENCE),
    PLAIN(MFENCE),
    PLAIN(SFENCE),
    PLAIN(CLFLUSH),
    PLAIN(CLFLUSHOPT),
    PLAIN(CLWB),
    PLAIN(PREFETCH),
    PLAIN(PREFETCHNTA),
    PLAIN(PREFETCHT0),
    PLAIN(PREFETCHT1),
    PLAIN(PREFETCHT2),
    PLAIN(PREFETCHW),
    PLAIN(PREFETCHWT1),
    PLAIN(FWAIT),
    /* system, as ring 3 finds it */
    PLAIN(LGDT),
    PLAIN(LIDT),
    PLAIN(LLDT),
    PLAIN(LTR),
    PLAIN(LMSW),
    PLAIN(LAR),
    PLAIN(LSL),
    PLAIN(VERR),
    PLAIN(VERW),
    PLAIN(ARPL),
    PLAIN(RDPKRU),
    PLAIN(WRPKRU),
    PLAIN(CLTS),
    PLAIN(HLT),
    PLAIN(CLI),
    PLAIN(STI),
    PLAIN(CLD),
    PLAIN(STD),
    PLAIN(CLC),
    PLAIN(STC),
    PLAIN(CMC),
    PLAIN(CLAC),
    PLAIN(STAC),
    PLAIN(INVLPG),
    PLAIN(INVPCID),
    PLAIN(INVD),
    PLAIN(WBINVD),
    PLAIN(RDMSR),
    PLAIN(WRMSR),
    PLAIN(RDPMC),
    PLAIN(RDPID),
    PLAIN(SWAPGS),
    PLAIN(RDFSBASE),
    PLAIN(RDGSBASE),
    PLAIN(WRFSBASE),
    PLAIN(WRGSBASE),
    PLAIN(IN),
    PLAIN(OUT),
    {ZYDIS_MNEMONIC_RDTSC, L_TIME, U_NONE},
    {ZYDIS_MNEMONIC_RDTSCP, L_TIME, U_NONE},
    {ZYDIS_MNEMONIC_CPUID, L_CPUID, U_NONE},
    {ZYDIS_MNEMONIC_SGDT, L_UMIP, U_NONE},
    {ZYDIS_MNEMONIC_SIDT, L_UMIP, U_NONE},
    {ZYDIS_MNEMONIC_SLDT, L_UMIP, U_NONE},
    {ZYDIS_MNEMONIC_STR, L_UMIP, U_NONE},
    {ZYDIS_MNEMONIC_SMSW, L_UMIP, U_NONE}};

const struct law *law_of(ZydisMnemonic mnemonic)
{
    for (unsigned i = 0; i < sizeof laws / sizeof *laws; i++)
        if (laws[i].mnemonic == mnemonic)
            return &laws[i];
    return NULL;
}

static ZyanStatus decode(struct trial *t)
{
    ZydisDecoder decoder;

    ZydisDecoderInit(&decoder,
                     t->compat ? ZYDIS_MACHINE_MODE_LONG_COMPAT_32 : ZYDIS_MACHINE_MODE_LONG_64,
                     t->compat ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_64);
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE);
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_CET, ZYAN_FALSE);
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_CLDEMOTE, ZYAN_FALSE);
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_WBNOINVD, ZYAN_FALSE);
    return ZydisDecoderDecodeFull(&decoder, t->bytes, sizeof t->bytes, &t->insn, t->ops);
}

bool trial_prefix(const struct trial *t, uint8_t b)
{
    bool legacy = b == 0x66 || b == 0x67 || b == 0xf0 || b == 0xf2 || b == 0xf3 ||
                  (b & 0xe7) == 0x26 || b == 0x64 || b == 0x65;

    return legacy || (!t->compat && (b & 0xf0) == 0x40);
}

const uint8_t *trial_opcode(const struct trial *t)
{
    unsigned i = 0;

    while (i < sizeof t->bytes - 3 && trial_prefix(t, t->bytes[i]))
        i++;
    return t->bytes + i;
}

/* Is it LOCK alone that makes it invalid, and the instruction one of the model's? */
static bool locked_admits(const struct trial *t)
{
    struct trial bare = *t;

    for (unsigned i = 0; trial_prefix(t, t->bytes[i]) && i < sizeof t->bytes - 1; i++)
        if (bare.bytes[i] == 0xf0)
            bare.bytes[i] = 0x3e;
    return !ZYAN_SUCCESS(decode(&bare)) || law_of(bare.insn.mnemonic);
}

/* Undecodable bytes are tried too (they should be #UD, or #GP when too long), but for x87 escapes
 * and VEX and EVEX, where the processor has aliases that Zydis does not list, and 0F 01 C0-DF,
 * where a hypervisor answers. */
static bool undecoded_admits(struct trial *t)
{
    const uint8_t *op = trial_opcode(t);
    bool vex = (op[0] == 0xc4 || op[0] == 0xc5 || op[0] == 0x62) && (!t->compat || op[1] >= 0xc0);
    bool hypercall = op[0] == 0x0f && op[1] == 0x01 && op[2] >= 0xc0 && op[2] <= 0xdf;

    t->law = NULL;
    t->decoded = false;
    if (t->status == ZYDIS_STATUS_ILLEGAL_LOCK && !locked_admits(t))
        return false;
    return (op[0] < 0xd8 || op[0] > 0xdf) && !vex && !hypercall;
}

bool law_admits(struct trial *t)
{
    t->status = decode(t);
    if (!ZYAN_SUCCESS(t->status))
        return undecoded_admits(t);
    t->decoded = true;
    t->law = law_of(t->insn.mnemonic);
    if (!t->law)
        return false;
    if (t->insn.mnemonic == ZYDIS_MNEMONIC_INT && t->ops[0].imm.value.u == 0x80)
        return false;
    if (t->insn.mnemonic == ZYDIS_MNEMONIC_MOVSD || t->insn.mnemonic == ZYDIS_MNEMONIC_CMPSD)
        return t->insn.meta.category == ZYDIS_CATEGORY_STRINGOP; /* and not SSE2's */
    return true;
}

bool operand_is_gpr(const ZydisDecodedOperand *op, unsigned *gpr)
{
    ZydisRegister full;
    ZyanI16 id;

    if (op->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return false;
    full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op->reg.value);
    id = ZydisRegisterGetId(full);
    if (ZydisRegisterGetClass(full) != ZYDIS_REGCLASS_GPR64)
        return false;
    *gpr = (unsigned)id;
    return true;
}

/* Value of an address register at the start. */
static uint64_t address_part(const struct trial *t, ZydisRegister reg)
{
    ZydisDecodedOperand op = {.type = ZYDIS_OPERAND_TYPE_REGISTER, .reg.value = reg};
    unsigned gpr;

    if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP)
        return t->start.rip + t->insn.length;
    return operand_is_gpr(&op, &gpr) ? t->start.gpr[gpr] : 0;
}

uint64_t operand_address(const struct trial *t, const ZydisDecodedOperand *op)
{
    uint64_t ea = (uint64_t)op->mem.disp.value + address_part(t, op->mem.base) +
                  address_part(t, op->mem.index) * op->mem.scale;

    if (t->insn.address_width < 64)
        ea &= (UINT64_C(1) << t->insn.address_width) - 1;
    if (op->mem.segment == ZYDIS_REGISTER_FS)
        ea += t->start.fs_base;
    if (op->mem.segment == ZYDIS_REGISTER_GS)
        ea += t->start.gs_base;
    return t->compat ? ea & 0xffffffff : ea;
}

static unsigned count_of(const struct trial *t, unsigned operand)
{
    const ZydisDecodedOperand *op = &t->ops[operand];
    uint64_t raw =
        op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? op->imm.value.u : t->start.gpr[RCX] & 0xff;

    return (unsigned)raw & (t->ops[0].size == 64 ? 63 : 31);
}

static void shift(const struct trial *t, struct undefined *u)
{
    unsigned count = count_of(t, 1), size = t->ops[0].size;

    u->row = U_SHIFT_1;
    u->flags = count ? FL_AF : 0;
    if (count < 2)
        return;
    u->row = t->law->family;
    u->flags |= FL_OF;
    if (count >= size && u->row != U_SAR_N) {
        u->row = u->row == U_SHL_N ? U_SHL_SIZE : U_SHR_SIZE;
        u->flags |= FL_CF;
    }
}

static void rotate(const struct trial *t, struct undefined *u)
{
    u->row = t->law->family;
    u->flags = count_of(t, 1) > 1 ? FL_OF : 0;
}

static void destination(const struct trial *t, struct undefined *u)
{
    unsigned gpr;

    u->dest = true;
    if (operand_is_gpr(&t->ops[0], &gpr)) {
        u->gprs = (uint16_t)(1u << gpr);
        return;
    }
    u->dest_va = operand_address(t, &t->ops[0]);
    u->dest_bytes = t->ops[0].size / 8;
}

static void double_shift(const struct trial *t, struct undefined *u)
{
    unsigned count = count_of(t, 2), size = t->ops[0].size;
    bool left = t->law->family == U_SHLD_N;

    u->row = U_SHXD_1;
    u->flags = count ? FL_AF : 0;
    if (count < 2)
        return;
    u->row = t->law->family;
    u->flags |= FL_OF;
    if (count <= size)
        return;
    u->row = left ? U_SHLD_16 : U_SHRD_16;
    u->flags = FL_STATUS;
    destination(t, u);
}

struct undefined law_undefined(const struct trial *t, uint64_t flags_after)
{
    struct undefined u = {U_NONE, 0, 0, false, 0, 0};
    bool equal = flags_after & FL_ZF; /* BSF and BSR: the source was zero */

    if (!t->decoded)
        return u;
    if (t->law->kind == L_TIME)
        u.gprs = 1u << RAX | 1u << RDX;
    if (t->law->kind == L_CPUID)
        u.gprs = 1u << RAX | 1u << RCX | 1u << RDX | 1u << RBX;
    u.row = t->law->family;
    switch (t->law->family) {
    case U_LOGIC:
        u.flags = FL_AF;
        break;
    case U_SHL_N:
    case U_SHR_N:
    case U_SAR_N:
        shift(t, &u);
        break;
    case U_ROL_N:
    case U_ROR_N:
    case U_RCL_N:
    case U_RCR_N:
        rotate(t, &u);
        break;
    case U_SHLD_N:
    case U_SHRD_N:
        double_shift(t, &u);
        break;
    case U_MUL:
    case U_IMUL:
        u.flags = FL_SF | FL_ZF | FL_AF | FL_PF;
        break;
    case U_DIV:
    case U_IDIV:
        u.flags = FL_STATUS;
        break;
    case U_BSX:
        u.flags = FL_CF | FL_OF | FL_SF | FL_AF | FL_PF;
        if (equal) {
            u.row = U_BSX_ZERO;
            destination(t, &u);
        }
        break;
    case U_LZCNT:
        u.flags = FL_OF | FL_SF | FL_AF | FL_PF;
        break;
    case U_BT:
        u.flags = FL_OF | FL_SF | FL_AF | FL_PF;
        break;
    case U_AAA:
        u.flags = FL_OF | FL_SF | FL_ZF | FL_PF;
        break;
    case U_DAA:
        u.flags = FL_OF;
        break;
    case U_AAM:
        u.flags = FL_OF | FL_AF | FL_CF;
        break;
    case U_BSWAP_16:
        if (t->ops[0].size == 16)
            destination(t, &u);
        break;
    default:
        break;
    }
    return u;
}

const char *undefined_row_name(enum undefined_row row)
{
    static const char *const names[U_ROWS] = {
        [U_NONE] = "none",
        [U_LOGIC] = "AND OR XOR TEST",
        [U_SHIFT_1] = "SHL SHR SAR, count 1",
        [U_SHL_N] = "SHL, count > 1",
        [U_SHR_N] = "SHR, count > 1",
        [U_SAR_N] = "SAR, count > 1",
        [U_SHL_SIZE] = "SHL 8/16-bit, count >= size",
        [U_SHR_SIZE] = "SHR 8/16-bit, count >= size",
        [U_ROL_N] = "ROL, count > 1",
        [U_ROR_N] = "ROR, count > 1",
        [U_RCL_N] = "RCL, count > 1",
        [U_RCR_N] = "RCR, count > 1",
        [U_SHXD_1] = "SHLD SHRD, count 1",
        [U_SHLD_N] = "SHLD, count > 1",
        [U_SHRD_N] = "SHRD, count > 1",
        [U_SHLD_16] = "SHLD 16-bit, count > 16",
        [U_SHRD_16] = "SHRD 16-bit, count > 16",
        [U_MUL] = "MUL",
        [U_IMUL] = "IMUL",
        [U_DIV] = "DIV",
        [U_IDIV] = "IDIV",
        [U_BSX_ZERO] = "BSF BSR, source 0",
        [U_BSX] = "BSF BSR, source not 0",
        [U_LZCNT] = "LZCNT",
        [U_BT] = "BT BTS BTR BTC",
        [U_BSWAP_16] = "BSWAP r16",
        [U_AAA] = "AAA AAS",
        [U_DAA] = "DAA DAS",
        [U_AAM] = "AAM AAD",
    };

    return names[row];
}
