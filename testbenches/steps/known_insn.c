// SPDX-License-Identifier: Apache-2.0
// QEMU: single instructions, their prefixes and rows of the opcode map.
#include "known.h"

static uint64_t address_mask(const struct moment *m)
{
    return m->insn.insn.address_width == 64 ? ~UINT64_C(0)
                                            : (UINT64_C(1) << m->insn.insn.address_width) - 1;
}

static bool rep_once_more(const struct moment *m, unsigned f)
{
    return f == F_RIP && is_rep(m) && completed(m) && m->theirs->f[F_RIP] == m->before->f[F_RIP] &&
           (m->theirs->f[F_GPR + RCX] & address_mask(m)) == 0 &&
           m->model->f[F_RIP] == m->before->f[F_RIP] + m->insn.insn.length;
}

static bool lock_ignored(const struct moment *m, unsigned f)
{
    (void)f;
    return m->insn.status == ZYDIS_STATUS_ILLEGAL_LOCK && m->vector_model == 6;
}

/* As AMD's processors: 32 bits of offset. */
static bool far_pointer_64(const struct moment *m, unsigned f)
{
    (void)f;
    return m->before->wide &&
           (is(m, ZYDIS_MNEMONIC_LSS) || is(m, ZYDIS_MNEMONIC_LFS) || is(m, ZYDIS_MNEMONIC_LGS)) &&
           (m->insn.insn.attributes & ZYDIS_ATTRIB_HAS_REX) && m->insn.insn.raw.rex.W;
}

static bool int1(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_INT1) &&
           (m->vector_theirs == 6 || m->vector_theirs == 8 || m->vector_theirs == SHUT_DOWN) &&
           m->vector_theirs != m->vector_model;
}

static bool is_adx(const struct moment *m)
{
    return (is(m, ZYDIS_MNEMONIC_ADCX) || is(m, ZYDIS_MNEMONIC_ADOX)) && completed(m);
}

/* Its carry flag runs over into the flags above. */
static bool adx_spoils(const struct moment *m)
{
    return ((m->theirs->f[F_RFLAGS] ^ m->model->f[F_RFLAGS]) & ~FL_STATUS) != 0;
}

static bool adx(const struct moment *m, unsigned f)
{
    return is_adx(m) && (f == F_RFLAGS || f < F_GPR + 16) && !adx_spoils(m);
}

static bool adx_garbage(const struct moment *m, unsigned f)
{
    return is_adx(m) && (f == F_RFLAGS || f < F_GPR + 16) && adx_spoils(m);
}

static bool hint_nop(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return only_theirs_faults(m, 6) && op[0] == 0x0f && (op[1] == 0x18 || op[1] == 0x0d) &&
           op[2] >= 0xc0;
}

static bool cr8_reserved(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_model_faults(m, 13, 0) && m->insn.insn.raw.modrm.reg == 0 &&
           m->insn.insn.raw.rex.R;
}

/* 8F /1 to /7, C6 and C7 /1 to /7. */
static bool group_row(const struct moment *m, unsigned f)
{
    const uint8_t *op = trial_opcode(&m->insn);

    (void)f;
    return m->vector_model == 6 && (op[0] == 0x8f || op[0] == 0xc6 || op[0] == 0xc7) &&
           (op[1] >> 3 & 7);
}

/* QEMU takes the 16 bits with their sign. */
static bool ret_sign(const struct moment *m, unsigned f)
{
    return f == F_GPR + RSP && is(m, ZYDIS_MNEMONIC_RET) && completed(m) &&
           m->insn.insn.operand_count_visible == 1 && (m->insn.ops[0].imm.value.u >> 15 & 1) &&
           ((m->model->f[f] - m->theirs->f[f]) & 0xffffffff) == 0x10000;
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
    return m->vector_model == 6 && m->vector_theirs == 14 && op[0] == 0x0f && op[1] == 0xba &&
           (op[2] >> 3 & 7) < 4;
}

static bool enter_bp(const struct moment *m, unsigned f)
{
    return f == F_GPR + RBP && is(m, ZYDIS_MNEMONIC_ENTER) && completed(m) && !m->before->wide &&
           !(m->before->f[F_ATTR(SEG_SS)] & 0x4000) &&
           ((m->theirs->f[f] ^ m->model->f[f]) & 0xffff) == 0;
}

/* With a 16- or 32-bit operand QEMU pops through SS as if it were 32-bit code. */
static bool return_from_high_stack(const struct moment *m, unsigned f)
{
    bool iret = is(m, ZYDIS_MNEMONIC_IRET) || is(m, ZYDIS_MNEMONIC_IRETD);
    bool ret = is(m, ZYDIS_MNEMONIC_RET) && is_far(m) && m->insn.insn.operand_width != 64;

    (void)f;
    return m->before->wide && m->before->f[F_GPR + RSP] >> 32 != 0 && (iret || ret);
}

static bool iret_loses_rf(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is_far(m) && completed(m) && (m->before->f[f] & FL_RF) &&
           (m->theirs->f[f] ^ m->model->f[f]) == FL_RF && (m->model->f[f] & FL_RF);
}

static const struct known rows[] = {
    {70, ON_QEMU, "a REP visited once more with a count of 0", "QEMU", "SDM Vol. 2 REP", K_TAKE,
     rep_once_more},
    {240, ON_QEMU, "LOCK where it is not allowed is ignored", "QEMU", "SDM Vol. 2 LOCK: #UD",
     K_RESYNC, lock_ignored},
    {370, ON_QEMU, "LSS, LFS, LGS with REX.W load m16:32", "QEMU", "SDM Vol. 2 LDS: m16:64",
     K_RESYNC, far_pointer_64},
    {410, ON_QEMU, "INT1", "QEMU", "SDM Vol. 2 INT n/INTO/INT3/INT1", K_RESYNC, int1},
    {420, ON_QEMU, "ADCX and ADOX of 32 bits count the upper halves", "QEMU",
     "SDM Vol. 2 ADCX, ADOX", K_TAKE, adx},
    {430, ON_QEMU, "ADCX and ADOX leave no flags that could be used", "QEMU",
     "SDM Vol. 2 ADCX, ADOX", K_END, adx_garbage},
    {520, ON_QEMU, "0F 0D, 0F 18 with a register: no NOP", "QEMU",
     "SDM Vol. 2 Opcode Extensions, group 16 and P", K_RESYNC, hint_nop},
    {540, ON_QEMU, "bits 63:4 of CR8", "QEMU", "SDM Vol. 2 MOV CR8: #GP(0)", K_END, cr8_reserved},
    {590, ON_QEMU, "8F, C6, C7 with other rows than /0", "QEMU",
     "SDM Vol. 2 Opcode Extensions, groups 1A and 11: #UD", K_RESYNC, group_row},
    {630, ON_QEMU, "RET n with n above 7FFF", "QEMU", "SDM Vol. 2 RET: imm16 is a count", K_RESYNC,
     ret_sign},
    {650, ON_QEMU, "ES, CS, SS, DS behind FS or GS in 64-bit mode", "QEMU",
     "SDM Vol. 1 Segmentation in 64-Bit Mode; docs/cpu.md F7", K_RESYNC, override_cancelled},
    {660, ON_QEMU, "REX before another prefix counts", "QEMU",
     "SDM Vol. 2 REX Prefixes: ignored unless it precedes the opcode", K_RESYNC, rex_kept},
    {670, ON_QEMU, "0F BA /0 to /3: the operand first", "QEMU",
     "SDM Vol. 2 Opcode Extensions, group 8: #UD", K_RESYNC, ba_row},
    {820, ON_QEMU, "ENTER on a 16-bit stack writes all of EBP", "QEMU",
     "SDM Vol. 2 ENTER: BP := FrameTemp", K_TAKE, enter_bp},
    {980, ON_QEMU, "IRET and far RET of 16 and 32 bits in 64-bit mode use 32 bits of RSP", "QEMU",
     "SDM Vol. 1 Stack in 64-Bit Mode: 64 bits", K_RESYNC, return_from_high_stack},
    {985, ON_QEMU, "IRET that begins with RF = 1 does not load it", "QEMU",
     "SDM Vol. 2 IRET: RFLAGS := tempRFLAGS; Vol. 3B Instruction-Breakpoint Exception Condition",
     K_TAKE, iret_loses_rf},
};

KNOWN_ROOM(known_insn);
