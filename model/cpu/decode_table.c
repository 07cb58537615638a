// SPDX-License-Identifier: Apache-2.0
// The opcode maps as rows. SDM Vol. 2 "Opcode Map". An opcode without an operation is #UD.
#include "decode.h"
#include "ops.h"

#define GROUP(flags, rows)                                                                         \
    {                                                                                              \
        NULL, M | (flags), 0, rows                                                                 \
    }

#define ALU_ROWS(n, lock)                                                                          \
    [8 * (n)] = {op_alu_rm_reg, M | B | (lock), n, NULL},                                          \
         [8 * (n) + 1] = {op_alu_rm_reg, M | (lock), n, NULL},                                     \
         [8 * (n) + 2] = {op_alu_reg_rm, M | B, n, NULL},                                          \
         [8 * (n) + 3] = {op_alu_reg_rm, M, n, NULL},                                              \
         [8 * (n) + 4] = {op_alu_acc_imm, B | I8, n, NULL},                                        \
         [8 * (n) + 5] = {op_alu_acc_imm, IZ, n, NULL}

#define EIGHT(first, op, flags, sub)                                                               \
    [first] = {op, flags, sub, NULL}, [first + 1] = {op, flags, sub, NULL},                        \
    [first + 2] = {op, flags, sub, NULL}, [first + 3] = {op, flags, sub, NULL},                    \
    [first + 4] = {op, flags, sub, NULL}, [first + 5] = {op, flags, sub, NULL},                    \
    [first + 6] = {op, flags, sub, NULL}, [first + 7] = {op, flags, sub, NULL}

static const struct row group1[8] = {
    {op_alu_rm_imm, LK, 0, NULL}, {op_alu_rm_imm, LK, 1, NULL}, {op_alu_rm_imm, LK, 2, NULL},
    {op_alu_rm_imm, LK, 3, NULL}, {op_alu_rm_imm, LK, 4, NULL}, {op_alu_rm_imm, LK, 5, NULL},
    {op_alu_rm_imm, LK, 6, NULL}, {op_alu_rm_imm, 0, 7, NULL},
};
static const struct row group1a[8] = {{op_pop_rm, 0, 0, NULL}};
static const struct row group2_imm[8] = {EIGHT(0, op_shift_imm, 0, 0)};
static const struct row group2_1[8] = {EIGHT(0, op_shift_1, 0, 0)};
static const struct row group2_cl[8] = {EIGHT(0, op_shift_cl, 0, 0)};
static const struct row group3_byte[8] = {
    {op_test_rm_imm, I8, 0, NULL}, {op_test_rm_imm, I8, 0, NULL}, {op_not, LK, 0, NULL},
    {op_neg, LK, 0, NULL},         {op_mul, 0, 0, NULL},          {op_imul, 0, 0, NULL},
    {op_div, 0, 0, NULL},          {op_idiv, 0, 0, NULL},
};
static const struct row group3[8] = {
    {op_test_rm_imm, IZ, 0, NULL}, {op_test_rm_imm, IZ, 0, NULL}, {op_not, LK, 0, NULL},
    {op_neg, LK, 0, NULL},         {op_mul, 0, 0, NULL},          {op_imul, 0, 0, NULL},
    {op_div, 0, 0, NULL},          {op_idiv, 0, 0, NULL},
};
static const struct row group4[8] = {
    {op_inc_dec, LK, 0, NULL},
    {op_inc_dec, LK, 1, NULL},
};
static const struct row group5[8] = {
    {op_inc_dec, LK, 0, NULL},      {op_inc_dec, LK, 1, NULL}, {op_call_rm, F64, 0, NULL},
    {op_call_far_rm, MEM, 0, NULL}, {op_jmp_rm, F64, 0, NULL}, {op_jmp_far_rm, MEM, 0, NULL},
    {op_push_rm, D64, 0, NULL},     {NULL, 0, 0, NULL},
};
static const struct row group6[8] = {
    {op_sldt, 0, 0, NULL}, {op_str, 0, 0, NULL},  {op_lldt, 0, 0, NULL},
    {op_ltr, 0, 0, NULL},  {op_verr, 0, 0, NULL}, {op_verw, 0, 0, NULL},
};
static const struct row group8[8] = {
    [4] = {op_bt_imm, 0, 0, NULL},
    [5] = {op_bt_imm, LK, 1, NULL},
    [6] = {op_bt_imm, LK, 2, NULL},
    [7] = {op_bt_imm, LK, 3, NULL},
};
static const struct row group9[8] = {
    [1] = {op_grp9, LK, 0, NULL},
    [7] = {op_grp9, 0, 0, NULL},
};
static const struct row group11[8] = {{op_mov_rm_imm, 0, 0, NULL}};

static const struct row one_byte[256] = {
    ALU_ROWS(0, LK),
    ALU_ROWS(1, LK),
    ALU_ROWS(2, LK),
    ALU_ROWS(3, LK),
    ALU_ROWS(4, LK),
    ALU_ROWS(5, LK),
    ALU_ROWS(6, LK),
    ALU_ROWS(7, 0),
    [0x06] = {op_push_sreg, NO64, SEG_ES, NULL},
    [0x07] = {op_pop_sreg, NO64, SEG_ES, NULL},
    [0x0e] = {op_push_sreg, NO64, SEG_CS, NULL},
    [0x16] = {op_push_sreg, NO64, SEG_SS, NULL},
    [0x17] = {op_pop_sreg, NO64, SEG_SS, NULL},
    [0x1e] = {op_push_sreg, NO64, SEG_DS, NULL},
    [0x1f] = {op_pop_sreg, NO64, SEG_DS, NULL},
    [0x27] = {op_daa, NO64, 0, NULL},
    [0x2f] = {op_das, NO64, 0, NULL},
    [0x37] = {op_aaa, NO64, 0, NULL},
    [0x3f] = {op_aas, NO64, 0, NULL},
    EIGHT(0x40, op_inc_dec_reg, OPREG, 0),
    EIGHT(0x48, op_inc_dec_reg, OPREG, 1),
    EIGHT(0x50, op_push_reg, OPREG | D64, 0),
    EIGHT(0x58, op_pop_reg, OPREG | D64, 0),
    [0x60] = {op_pusha, NO64, 0, NULL},
    [0x61] = {op_popa, NO64, 0, NULL},
    [0x62] = {op_bound, NO64 | M | MEM | PREFIX64, 0, NULL},
    [0x63] = {op_movsxd, M, 0, NULL},
    [0x68] = {op_push_imm, IZ | D64, 0, NULL},
    [0x69] = {op_imul3, M | IZ, 0, NULL},
    [0x6a] = {op_push_imm, I8 | D64, 0, NULL},
    [0x6b] = {op_imul3, M | I8, 0, NULL},
    [0x6c] = {op_ins, B | PORT, 0, NULL},
    [0x6d] = {op_ins, PORT, 0, NULL},
    [0x6e] = {op_outs, B | PORT, 0, NULL},
    [0x6f] = {op_outs, PORT, 0, NULL},
    EIGHT(0x70, op_jcc, I8 | F64, 0),
    EIGHT(0x78, op_jcc, I8 | F64, 0),
    [0x80] = GROUP(B | I8, group1),
    [0x81] = GROUP(IZ, group1),
    [0x82] = GROUP(B | I8 | NO64, group1),
    [0x83] = GROUP(I8, group1),
    [0x84] = {op_test_rm_reg, M | B, 0, NULL},
    [0x85] = {op_test_rm_reg, M, 0, NULL},
    [0x86] = {op_xchg, M | B | LK, 0, NULL},
    [0x87] = {op_xchg, M | LK, 0, NULL},
    [0x88] = {op_mov_rm_reg, M | B, 0, NULL},
    [0x89] = {op_mov_rm_reg, M, 0, NULL},
    [0x8a] = {op_mov_reg_rm, M | B, 0, NULL},
    [0x8b] = {op_mov_reg_rm, M, 0, NULL},
    [0x8c] = {op_mov_rm_sreg, M, 0, NULL},
    [0x8d] = {op_lea, M | MEM, 0, NULL},
    [0x8e] = {op_mov_sreg_rm, M, 0, NULL},
    [0x8f] = GROUP(D64, group1a),
    EIGHT(0x90, op_xchg_acc, OPREG, 0),
    [0x98] = {op_cbw, 0, 0, NULL},
    [0x99] = {op_cwd, 0, 0, NULL},
    [0x9a] = {op_call_far, FAR | NO64, 0, NULL},
    [0x9b] = {op_fwait, 0, 0, NULL},
    [0x9c] = {op_pushf, D64, 0, NULL},
    [0x9d] = {op_popf, D64, 0, NULL},
    [0x9e] = {op_sahf, 0, 0, NULL},
    [0x9f] = {op_lahf, 0, 0, NULL},
    [0xa0] = {op_mov_acc_moffs, B | MOFFS, 0, NULL},
    [0xa1] = {op_mov_acc_moffs, MOFFS, 0, NULL},
    [0xa2] = {op_mov_moffs_acc, B | MOFFS, 0, NULL},
    [0xa3] = {op_mov_moffs_acc, MOFFS, 0, NULL},
    [0xa4] = {op_movs, B, 0, NULL},
    [0xa5] = {op_movs, 0, 0, NULL},
    [0xa6] = {op_cmps, B, 0, NULL},
    [0xa7] = {op_cmps, 0, 0, NULL},
    [0xa8] = {op_test_acc_imm, B | I8, 0, NULL},
    [0xa9] = {op_test_acc_imm, IZ, 0, NULL},
    [0xaa] = {op_stos, B, 0, NULL},
    [0xab] = {op_stos, 0, 0, NULL},
    [0xac] = {op_lods, B, 0, NULL},
    [0xad] = {op_lods, 0, 0, NULL},
    [0xae] = {op_scas, B, 0, NULL},
    [0xaf] = {op_scas, 0, 0, NULL},
    EIGHT(0xb0, op_mov_reg_imm, OPREG | B | I8, 0),
    EIGHT(0xb8, op_mov_reg_imm, OPREG | IV, 0),
    [0xc0] = GROUP(B | I8, group2_imm),
    [0xc1] = GROUP(I8, group2_imm),
    [0xc2] = {op_ret, F64 | I16, 0, NULL},
    [0xc3] = {op_ret, F64, 0, NULL},
    [0xc4] = {op_load_far, NO64 | M | MEM | PREFIX64, SEG_ES, NULL},
    [0xc5] = {op_load_far, NO64 | M | MEM | PREFIX64, SEG_DS, NULL},
    [0xc6] = GROUP(B | I8, group11),
    [0xc7] = GROUP(IZ, group11),
    [0xc8] = {op_enter, D64 | LEVEL, 0, NULL},
    [0xc9] = {op_leave, D64, 0, NULL},
    [0xca] = {op_retf, I16, 0, NULL},
    [0xcb] = {op_retf, 0, 0, NULL},
    [0xcc] = {op_int3, 0, 0, NULL},
    [0xcd] = {op_int, I8, 0, NULL},
    [0xce] = {op_into, NO64, 0, NULL},
    [0xcf] = {op_iret, 0, 0, NULL},
    [0xd0] = GROUP(B, group2_1),
    [0xd1] = GROUP(0, group2_1),
    [0xd2] = GROUP(B, group2_cl),
    [0xd3] = GROUP(0, group2_cl),
    [0xd4] = {op_aam, NO64 | I8, 0, NULL},
    [0xd5] = {op_aad, NO64 | I8, 0, NULL},
    [0xd6] = {op_salc, NO64, 0, NULL},
    [0xd7] = {op_xlat, 0, 0, NULL},
    EIGHT(0xd8, op_x87, M, 0),
    [0xe0] = {op_loop, I8 | F64, 0, NULL},
    [0xe1] = {op_loop, I8 | F64, 0, NULL},
    [0xe2] = {op_loop, I8 | F64, 0, NULL},
    [0xe3] = {op_jcxz, I8 | F64, 0, NULL},
    [0xe4] = {op_in, B | I8, 0, NULL},
    [0xe5] = {op_in, PORT | I8, 0, NULL},
    [0xe6] = {op_out, B | I8, 0, NULL},
    [0xe7] = {op_out, PORT | I8, 0, NULL},
    [0xe8] = {op_call_rel, F64 | IZ, 0, NULL},
    [0xe9] = {op_jmp_rel, F64 | IZ, 0, NULL},
    [0xea] = {op_jmp_far, FAR | NO64, 0, NULL},
    [0xeb] = {op_jmp_rel, F64 | I8, 0, NULL},
    [0xec] = {op_in, B, 1, NULL},
    [0xed] = {op_in, PORT, 1, NULL},
    [0xee] = {op_out, B, 1, NULL},
    [0xef] = {op_out, PORT, 1, NULL},
    [0xf1] = {op_int1, 0, 0, NULL},
    [0xf4] = {op_hlt, 0, 0, NULL},
    [0xf5] = {op_cmc, 0, 0, NULL},
    [0xf6] = GROUP(B, group3_byte),
    [0xf7] = GROUP(0, group3),
    [0xf8] = {op_clc, 0, 0, NULL},
    [0xf9] = {op_stc, 0, 0, NULL},
    [0xfa] = {op_cli, 0, 0, NULL},
    [0xfb] = {op_sti, 0, 0, NULL},
    [0xfc] = {op_cld, 0, 0, NULL},
    [0xfd] = {op_std, 0, 0, NULL},
    [0xfe] = GROUP(B, group4),
    [0xff] = GROUP(0, group5),
};

/* MMX opcodes give #NM under CR0.TS; SSE opcodes are #UD as CR4.OSFXSR cannot be set. */
#define MMX                                                                                        \
    {                                                                                              \
        op_mmx, M, 0, NULL                                                                         \
    }
#define SSE                                                                                        \
    {                                                                                              \
        op_ud, M, 0, NULL                                                                          \
    }
#define MMX4 MMX, MMX, MMX, MMX
#define SSE4 SSE, SSE, SSE, SSE
#define NOP_RM                                                                                     \
    {                                                                                              \
        op_nop, M, 0, NULL                                                                         \
    }

static const struct row two_byte[256] = {
    [0x00] = GROUP(0, group6),
    [0x01] = {op_grp7, M, 0, NULL},
    [0x02] = {op_lar, M, 0, NULL},
    [0x03] = {op_lsl, M, 0, NULL},
    [0x05] = {op_syscall, 0, 0, NULL},
    [0x06] = {op_clts, 0, 0, NULL},
    [0x07] = {op_sysret, 0, 0, NULL},
    [0x08] = {op_invd, 0, 0, NULL},
    [0x09] = {op_invd, 0, 0, NULL},
    [0x0d] = NOP_RM,
    [0x10] = SSE4,
    SSE4,
    [0x18] = NOP_RM,
    NOP_RM,
    NOP_RM,
    NOP_RM,
    NOP_RM,
    NOP_RM,
    NOP_RM,
    NOP_RM,
    [0x20] = {op_mov_from_cr, M | REGS, 0, NULL},
    [0x21] = {op_mov_from_dr, M | REGS, 0, NULL},
    [0x22] = {op_mov_to_cr, M | REGS, 0, NULL},
    [0x23] = {op_mov_to_dr, M | REGS, 0, NULL},
    [0x28] = SSE4,
    SSE4,
    [0x30] = {op_wrmsr, 0, 0, NULL},
    [0x31] = {op_rdtsc, 0, 0, NULL},
    [0x32] = {op_rdmsr, 0, 0, NULL},
    [0x33] = {op_rdpmc, 0, 0, NULL},
    [0x34] = {op_sysenter, 0, 0, NULL},
    [0x35] = {op_sysexit, 0, 0, NULL},
    EIGHT(0x40, op_cmov, M, 0),
    EIGHT(0x48, op_cmov, M, 0),
    [0x50] = SSE4,
    SSE4,
    SSE4,
    SSE4,
    [0x60] = MMX4,
    MMX4,
    MMX4,
    SSE,
    SSE,
    MMX,
    MMX,
    [0x70] = {op_ud, M | I8, 0, NULL},
    [0x71] = {op_mmx, M | I8, 0, NULL},
    [0x72] = {op_mmx, M | I8, 0, NULL},
    [0x73] = {op_mmx, M | I8, 0, NULL},
    [0x74] = MMX,
    MMX,
    MMX,
    {op_mmx, 0, 0, NULL},
    [0x78] = SSE,
    SSE,
    [0x7c] = SSE,
    SSE,
    MMX,
    MMX,
    EIGHT(0x80, op_jcc, IZ | F64, 0),
    EIGHT(0x88, op_jcc, IZ | F64, 0),
    EIGHT(0x90, op_setcc, M | B, 0),
    EIGHT(0x98, op_setcc, M | B, 0),
    [0xa0] = {op_push_sreg, D64, SEG_FS, NULL},
    [0xa1] = {op_pop_sreg, D64, SEG_FS, NULL},
    [0xa2] = {op_cpuid, 0, 0, NULL},
    [0xa3] = {op_bt_reg, M, 0, NULL},
    [0xa4] = {op_shld_imm, M | I8, 0, NULL},
    [0xa5] = {op_shld_cl, M, 0, NULL},
    [0xa8] = {op_push_sreg, D64, SEG_GS, NULL},
    [0xa9] = {op_pop_sreg, D64, SEG_GS, NULL},
    [0xab] = {op_bt_reg, M | LK, 1, NULL},
    [0xac] = {op_shrd_imm, M | I8, 0, NULL},
    [0xad] = {op_shrd_cl, M, 0, NULL},
    [0xae] = {op_grp15, M, 0, NULL},
    [0xaf] = {op_imul2, M, 0, NULL},
    [0xb0] = {op_cmpxchg, M | B | LK, 0, NULL},
    [0xb1] = {op_cmpxchg, M | LK, 0, NULL},
    [0xb2] = {op_load_far, M | MEM, SEG_SS, NULL},
    [0xb3] = {op_bt_reg, M | LK, 2, NULL},
    [0xb4] = {op_load_far, M | MEM, SEG_FS, NULL},
    [0xb5] = {op_load_far, M | MEM, SEG_GS, NULL},
    [0xb6] = {op_movzx8, M | RM8, 0, NULL},
    [0xb7] = {op_movzx16, M, 0, NULL},
    [0xb8] = {op_popcnt, M, 0, NULL},
    [0xb9] = {op_ud, M, 0, NULL},
    [0xba] = GROUP(I8, group8),
    [0xbb] = {op_bt_reg, M | LK, 3, NULL},
    [0xbc] = {op_bsf, M, 0, NULL},
    [0xbd] = {op_bsr, M, 0, NULL},
    [0xbe] = {op_movsx8, M | RM8, 0, NULL},
    [0xbf] = {op_movsx16, M, 0, NULL},
    [0xc0] = {op_xadd, M | B | LK, 0, NULL},
    [0xc1] = {op_xadd, M | LK, 0, NULL},
    [0xc2] = {op_ud, M | I8, 0, NULL},
    [0xc3] = SSE,
    [0xc4] = {op_ud, M | I8, 0, NULL},
    [0xc5] = {op_ud, M | I8, 0, NULL},
    [0xc6] = {op_ud, M | I8, 0, NULL},
    [0xc7] = GROUP(0, group9),
    EIGHT(0xc8, op_bswap, OPREG, 0),
    [0xd0] = SSE,
    MMX,
    MMX,
    MMX,
    MMX,
    MMX,
    SSE,
    MMX,
    MMX4,
    MMX4,
    [0xe0] = MMX4,
    MMX,
    MMX,
    SSE,
    MMX,
    MMX4,
    MMX4,
    [0xf0] = SSE,
    MMX,
    MMX,
    MMX,
    MMX4,
    MMX4,
    MMX,
    MMX,
    MMX,
    {op_ud, M, 0, NULL},
};

static const struct row arpl = {op_arpl, M, 0, NULL};
static const struct row movbe_load = {op_movbe_load, M | MEM, 0, NULL};
static const struct row movbe_store = {op_movbe_store, M | MEM, 0, NULL};
static const struct row invpcid = {op_invpcid, M | MEM, 0, NULL};
static const struct row adcx = {op_adx, M, 0, NULL};
static const struct row adox = {op_adx, M, 1, NULL};
static const struct row three_byte_ud = {op_ud, M, 0, NULL};
static const struct row three_byte_ud_imm = {op_ud, M | I8, 0, NULL};

/* The 0F 38 map: MOVBE, INVPCID, ADCX and ADOX, the rest is #UD after its ModRM byte. */
static const struct row *row_0f38(unsigned opcode, unsigned prefix)
{
    bool rep = (prefix & (PFX_REP | PFX_REPNE)) != 0;

    if (opcode == 0xf0 && !rep)
        return &movbe_load;
    if (opcode == 0xf1 && !rep)
        return &movbe_store;
    if (opcode == 0x82 && !rep && (prefix & PFX_66))
        return &invpcid;
    if (opcode == 0xf6 && (prefix & PFX_REP))
        return &adox;
    if (opcode == 0xf6 && !rep && (prefix & PFX_66))
        return &adcx;
    return &three_byte_ud;
}

const struct row *opcode_row(const struct insn *in)
{
    switch (in->map) {
    case 0:
        if (in->opcode == 0x63 && in->mode != DECODE_64)
            return &arpl;
        return &one_byte[in->opcode];
    case 1:
        return &two_byte[in->opcode];
    case 2:
        return row_0f38(in->opcode, in->prefix);
    default:
        return &three_byte_ud_imm;
    }
}
