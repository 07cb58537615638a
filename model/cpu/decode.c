// SPDX-License-Identifier: Apache-2.0
// Fetch and decode. SDM Vol. 2 "Instruction Format", "Opcode Map"; order of faults and the fetch
// window from docs/cpu.md. An opcode that is not there decodes to op_ud.
#include "lsu.h"
#include "ops.h"

enum {
    M = 1 << 0,       /* ModRM byte */
    I8 = 1 << 1,      /* imm8, sign-extended to the operand size */
    IZ = 1 << 2,      /* imm16 or imm32, sign-extended */
    IV = 1 << 3,      /* immediate of the operand size */
    I16 = 1 << 4,     /* imm16 */
    MOFFS = 1 << 5,   /* offset of the address size */
    FAR = 1 << 6,     /* ptr16:16, ptr16:32 */
    LEVEL = 1 << 7,   /* imm16, imm8 of ENTER */
    B = 1 << 8,       /* byte operands */
    RM8 = 1 << 9,     /* r/m is a byte, reg is not */
    D64 = 1 << 10,    /* 64-bit mode: operand size 64 unless 66 */
    F64 = 1 << 11,    /* 64-bit mode: operand size 64 always */
    LK = 1 << 12,     /* LOCK is allowed with a memory destination */
    NO64 = 1 << 13,   /* not in 64-bit mode */
    ONLY64 = 1 << 14, /* only in 64-bit mode */
    MEM = 1 << 15,    /* memory operand only */
    REGS = 1 << 16,   /* ModRM names registers whatever mod is (MOV CR, DR) */
    OPREG = 1 << 17   /* register in the low three bits of the opcode: rm */
};

struct row {
    op_fn op;
    unsigned flags;
    uint8_t sub;
    const struct row *group; /* eight rows by ModRM.reg; flags are joined */
};

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
    {op_sldt, 0, 0, NULL},
    {op_str, 0, 0, NULL},
    {op_lldt, 0, 0, NULL},
    {op_ltr, 0, 0, NULL},
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
    EIGHT(0x40, op_inc_dec_reg, OPREG, 0),
    EIGHT(0x48, op_inc_dec_reg, OPREG, 1),
    EIGHT(0x50, op_push_reg, OPREG | D64, 0),
    EIGHT(0x58, op_pop_reg, OPREG | D64, 0),
    [0x60] = {op_pusha, NO64, 0, NULL},
    [0x61] = {op_popa, NO64, 0, NULL},
    [0x62] = {NULL, NO64 | M, 0, NULL},
    [0x63] = {op_movsxd, M | ONLY64, 0, NULL},
    [0x68] = {op_push_imm, IZ | D64, 0, NULL},
    [0x69] = {op_imul3, M | IZ, 0, NULL},
    [0x6a] = {op_push_imm, I8 | D64, 0, NULL},
    [0x6b] = {op_imul3, M | I8, 0, NULL},
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
    [0xc4] = {NULL, NO64 | M, 0, NULL},
    [0xc5] = {NULL, NO64 | M, 0, NULL},
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
    [0xd4] = {NULL, NO64 | I8, 0, NULL},
    [0xd5] = {NULL, NO64 | I8, 0, NULL},
    [0xd7] = {op_xlat, 0, 0, NULL},
    EIGHT(0xd8, op_x87, M, 0),
    [0xe0] = {op_loop, I8 | F64, 0, NULL},
    [0xe1] = {op_loop, I8 | F64, 0, NULL},
    [0xe2] = {op_loop, I8 | F64, 0, NULL},
    [0xe3] = {op_jcxz, I8 | F64, 0, NULL},
    [0xe4] = {op_in, B | I8, 0, NULL},
    [0xe5] = {op_in, I8, 0, NULL},
    [0xe6] = {op_out, B | I8, 0, NULL},
    [0xe7] = {op_out, I8, 0, NULL},
    [0xe8] = {op_call_rel, F64 | IZ, 0, NULL},
    [0xe9] = {op_jmp_rel, F64 | IZ, 0, NULL},
    [0xea] = {op_jmp_far, FAR | NO64, 0, NULL},
    [0xeb] = {op_jmp_rel, F64 | I8, 0, NULL},
    [0xec] = {op_in, B, 1, NULL},
    [0xed] = {op_in, 0, 1, NULL},
    [0xee] = {op_out, B, 1, NULL},
    [0xef] = {op_out, 0, 1, NULL},
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
    [0x02] = {op_ud, M, 0, NULL},
    [0x03] = {op_ud, M, 0, NULL},
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
    [0xb2] = {op_ud, M, 0, NULL},
    [0xb3] = {op_bt_reg, M | LK, 2, NULL},
    [0xb4] = {op_ud, M, 0, NULL},
    [0xb5] = {op_ud, M, 0, NULL},
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

static const struct row movbe_load = {op_movbe_load, M | MEM, 0, NULL};
static const struct row movbe_store = {op_movbe_store, M | MEM, 0, NULL};
static const struct row invpcid = {op_invpcid, M | MEM, 0, NULL};
static const struct row three_byte_ud = {op_ud, M, 0, NULL};
static const struct row three_byte_ud_imm = {op_ud, M | I8, 0, NULL};

/* The 0F 38 map: MOVBE and INVPCID, the rest is #UD after its ModRM byte. */
static const struct row *row_0f38(unsigned opcode, unsigned prefix)
{
    bool rep = (prefix & (PFX_REP | PFX_REPNE)) != 0;

    if (opcode == 0xf0 && !rep)
        return &movbe_load;
    if (opcode == 0xf1 && !rep)
        return &movbe_store;
    if (opcode == 0x82 && !rep && (prefix & PFX_66))
        return &invpcid;
    return &three_byte_ud;
}

/* The bytes of one instruction as they are taken from memory, one page at a time. */
struct stream {
    struct cpu *cpu;
    uint8_t byte[16];
    unsigned have, used;
};

static uint64_t fetch_la(const struct cpu *cpu, uint64_t rip)
{
    return (rip + cpu->cs_base) & cpu->la_mask;
}

static bool rip_allowed(const struct cpu *cpu, uint64_t rip)
{
    return cpu_is_64(cpu) ? is_canonical(rip) : rip <= cpu->rip_limit;
}

static void announce(struct cpu *cpu, uint64_t pa)
{
    struct rw_access a = {.pa = pa, .bytes = 1, .src = BUS_FETCH};

    if (cpu->env.before)
        cpu->env.before(cpu->env.ctx, &a);
}

/* Take what the page of the next byte holds of the instruction. False: cpu->fault. */
static bool take_bytes(struct stream *s, bool announced)
{
    struct cpu *cpu = s->cpu;
    uint64_t rip = (cpu->rip + s->used) & cpu->rip_mask;
    uint64_t la = fetch_la(cpu, rip);
    unsigned room = 4096 - (unsigned)(la & 0xfff), n = 15 - s->used;

    if (!rip_allowed(cpu, rip)) {
        raise_gp(cpu, 0);
        return false;
    }
    if (!cpu->window.valid || cpu->window.la != (la & ~UINT64_C(0xfff)))
        if (!lsu_fetch_window(cpu, la))
            return false;
    if (!announced)
        announce(cpu, cpu->window.pa | (la & 0xfff));
    n = n < room ? n : room;
    if (cpu->rip_limit - rip < n - 1)
        n = (unsigned)(cpu->rip_limit - rip) + 1;
    if (cpu->window.host) {
        memcpy(s->byte + s->used, cpu->window.host + (la & 0xfff), n);
    } else {
        struct rw_access a = {.pa = cpu->window.pa | (la & 0xfff), .bytes = 1, .src = BUS_FETCH};

        n = 1;
        s->byte[s->used] = 0xff;
        if (cpu->env.read)
            cpu->env.read(cpu->env.ctx, &a, &s->byte[s->used]);
    }
    s->have = s->used + n;
    return true;
}

static bool next_byte(struct stream *s, uint8_t *b)
{
    if (s->used == 15) {
        raise_gp(s->cpu, 0);
        return false;
    }
    if (s->used == s->have) {
        uint64_t la = fetch_la(s->cpu, (s->cpu->rip + s->used) & s->cpu->rip_mask);

        if (!take_bytes(s, s->used && (la & 0xfff)))
            return false;
    }
    *b = s->byte[s->used++];
    return true;
}

static bool next_le(struct stream *s, unsigned bytes, uint64_t *v)
{
    *v = 0;
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t b;

        if (!next_byte(s, &b))
            return false;
        *v |= (uint64_t)b << (8 * i);
    }
    return true;
}

/* What the prefixes said, and the sizes that the mode gives. */
struct head {
    uint8_t rex;
    int seg; /* override, or -1 */
    bool size_66, addr_67;
};

/* In 64-bit mode CS, DS, ES and SS overrides have no effect, on the vector of a fault either. */
static void segment_override(struct head *h, unsigned seg, bool mode64)
{
    if (!mode64 || seg >= SEG_FS)
        h->seg = (int)seg;
}

/* SDM Vol. 2 "Instruction Prefixes", "REX Prefixes": REX counts only directly before the opcode. */
static bool decode_prefixes(struct stream *s, struct insn *in, struct head *h, uint8_t *opcode)
{
    bool mode64 = in->mode == DECODE_64;

    h->seg = -1;
    for (;;) {
        uint8_t b;

        if (!next_byte(s, &b))
            return false;
        if (mode64 && (b & 0xf0) == 0x40) {
            h->rex = b;
            continue;
        }
        switch (b) {
        case 0x26:
            segment_override(h, SEG_ES, mode64);
            break;
        case 0x2e:
            segment_override(h, SEG_CS, mode64);
            break;
        case 0x36:
            segment_override(h, SEG_SS, mode64);
            break;
        case 0x3e:
            segment_override(h, SEG_DS, mode64);
            break;
        case 0x64:
            segment_override(h, SEG_FS, mode64);
            break;
        case 0x65:
            segment_override(h, SEG_GS, mode64);
            break;
        case 0x66:
            h->size_66 = true;
            in->prefix |= PFX_66;
            break;
        case 0x67:
            h->addr_67 = true;
            break;
        case 0xf0:
            in->prefix |= PFX_LOCK;
            break;
        case 0xf2:
            in->prefix = (uint8_t)((in->prefix & ~PFX_REP) | PFX_REPNE);
            break;
        case 0xf3:
            in->prefix = (uint8_t)((in->prefix & ~PFX_REPNE) | PFX_REP);
            break;
        default:
            if (h->rex)
                in->prefix |= PFX_REX;
            if (h->rex & 8)
                in->prefix |= PFX_REX_W;
            if (h->rex & 4)
                in->prefix |= PFX_REX_R;
            *opcode = b;
            return true;
        }
        h->rex = 0;
    }
}

/* SDM Vol. 2 "16-Bit Addressing Forms with the ModR/M Byte": base and index by rm. */
static const uint8_t base16[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
static const uint8_t index16[8] = {RSI, RDI, RSI, RDI, R_ZERO, R_ZERO, R_ZERO, R_ZERO};

static bool decode_memory_16(struct stream *s, struct insn *in)
{
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    unsigned bytes = mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;

    in->base = base16[rm];
    in->index = index16[rm];
    if (mod == 0 && rm == 6)
        in->base = R_ZERO;
    else if (mod == 0)
        bytes = 0;
    if (!bytes)
        return true;
    if (mod == 1 || mod == 2 || rm == 6) {
        if (!next_le(s, bytes, &in->disp))
            return false;
        in->disp = sign_extend(in->disp, bytes);
    }
    return true;
}

/* SDM Vol. 2 "32-Bit Addressing Forms", "SIB Byte"; RIP-relative in 64-bit mode. */
static bool decode_memory(struct stream *s, struct insn *in, uint8_t rex)
{
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    unsigned bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;

    in->base = (uint8_t)(rm | (rex & 1u) << 3);
    if (rm == 4) {
        uint8_t sib;

        if (!next_byte(s, &sib))
            return false;
        in->scale = sib >> 6;
        in->index = (uint8_t)((sib >> 3 & 7) | (rex & 2u) << 2);
        if (in->index == RSP)
            in->index = R_ZERO;
        in->base = (uint8_t)((sib & 7) | (rex & 1u) << 3);
        if ((sib & 7) == RBP && mod == 0) {
            in->base = R_ZERO;
            bytes = 4;
        }
    } else if (rm == 5 && mod == 0) {
        in->base = in->mode == DECODE_64 ? R_NEXT : R_ZERO;
        bytes = 4;
    }
    if (bytes) {
        if (!next_le(s, bytes, &in->disp))
            return false;
        in->disp = sign_extend(in->disp, bytes);
    }
    return true;
}

static bool decode_modrm(struct stream *s, struct insn *in, const struct head *h, unsigned flags)
{
    if (!next_byte(s, &in->modrm))
        return false;
    in->reg = (uint8_t)((in->modrm >> 3 & 7) | (h->rex & 4u) << 1);
    in->rm = (uint8_t)((in->modrm & 7) | (h->rex & 1u) << 3);
    in->is_mem = in->modrm < 0xc0 && !(flags & REGS);
    if (!in->is_mem)
        return true;
    return in->addr == 2 ? decode_memory_16(s, in) : decode_memory(s, in, h->rex);
}

/* Without REX, byte registers 4 to 7 are AH CH DH BH. */
static uint8_t byte_register(const struct insn *in, uint8_t r)
{
    return r >= 4 && r < 8 && !(in->prefix & PFX_REX) ? (uint8_t)(REG_HIGH | (r - 4)) : r;
}

static void settle_sizes(struct insn *in, const struct head *h, unsigned flags)
{
    bool mode64 = in->mode == DECODE_64;

    if (flags & B)
        in->size = 1;
    else if (mode64 && ((h->rex & 8) || (flags & F64)))
        in->size = 8;
    else if (mode64 && (flags & D64) && !h->size_66)
        in->size = 8;
    else
        in->size = (in->mode == DECODE_16) != h->size_66 ? 2 : 4;
}

static void settle_address(struct insn *in, const struct head *h)
{
    if (in->mode == DECODE_64)
        in->addr = h->addr_67 ? 4 : 8;
    else
        in->addr = (in->mode == DECODE_16) != h->addr_67 ? 2 : 4;
    in->addr_mask = size_mask(in->addr);
}

static void settle_segment(struct insn *in, const struct head *h)
{
    in->seg = in->base == RSP || in->base == RBP ? SEG_SS : SEG_DS;
    if (h->seg >= 0)
        in->seg = (uint8_t)h->seg;
}

static bool decode_immediate(struct stream *s, struct insn *in, unsigned flags)
{
    uint64_t v;

    if (flags & I8) {
        if (!next_le(s, 1, &v))
            return false;
        in->imm = sign_extend(v, 1);
    } else if (flags & IZ) {
        unsigned bytes = in->size == 2 ? 2 : 4;

        if (!next_le(s, bytes, &v))
            return false;
        in->imm = sign_extend(v, bytes);
    } else if (flags & IV) {
        return next_le(s, in->size, &in->imm);
    } else if (flags & I16) {
        return next_le(s, 2, &in->imm);
    } else if (flags & MOFFS) {
        return next_le(s, in->addr, &in->disp);
    } else if (flags & FAR) {
        if (!next_le(s, in->size, &in->imm) || !next_le(s, 2, &v))
            return false;
        in->imm2 = (uint16_t)v;
    } else if (flags & LEVEL) {
        if (!next_le(s, 2, &in->imm) || !next_le(s, 1, &v))
            return false;
        in->imm2 = (uint16_t)(v & 31);
    }
    return true;
}

/* The opcode's row; takes the further opcode bytes. */
static const struct row *find_row(struct stream *s, struct insn *in, uint8_t opcode)
{
    in->opcode = opcode;
    if (opcode != 0x0f)
        return &one_byte[opcode];
    in->map = 1;
    if (!next_byte(s, &in->opcode))
        return NULL;
    if (in->opcode != 0x38 && in->opcode != 0x3a)
        return &two_byte[in->opcode];
    in->map = in->opcode == 0x38 ? 2 : 3;
    if (!next_byte(s, &in->opcode))
        return NULL;
    return in->map == 2 ? row_0f38(in->opcode, in->prefix) : &three_byte_ud_imm;
}

static bool allowed(const struct insn *in, unsigned flags)
{
    if (in->mode == DECODE_64 ? flags & NO64 : flags & ONLY64)
        return false;
    if ((flags & MEM) && !in->is_mem)
        return false;
    return !(in->prefix & PFX_LOCK) || ((flags & LK) && in->is_mem);
}

static bool decode(struct stream *s, struct insn *in)
{
    struct head h = {0};
    const struct row *row;
    unsigned flags;
    uint8_t opcode = 0;

    in->base = in->index = R_ZERO;
    if (!decode_prefixes(s, in, &h, &opcode) || !(row = find_row(s, in, opcode)))
        return false;
    settle_address(in, &h);
    flags = row->flags;
    if (in->mode == DECODE_64 && (flags & NO64)) { /* ends with the opcode; docs/cpu.md */
        in->op = op_ud;
        return true;
    }
    if ((flags & M) && !decode_modrm(s, in, &h, flags))
        return false;
    settle_segment(in, &h);
    in->op = row->op;
    in->sub = row->sub;
    if (row->group) {
        const struct row *g = &row->group[in->modrm >> 3 & 7];

        in->op = g->op;
        in->sub = g->sub;
        flags |= g->flags;
    }
    settle_sizes(in, &h, flags);
    if (flags & OPREG)
        in->rm = (uint8_t)((opcode == 0x0f ? in->opcode & 7 : opcode & 7) | (h.rex & 1u) << 3);
    if (flags & B)
        in->reg = byte_register(in, in->reg);
    if (flags & (B | RM8))
        in->rm = byte_register(in, in->rm);
    if (!decode_immediate(s, in, flags))
        return false;
    if (!in->op || !allowed(in, flags))
        in->op = op_ud;
    return true;
}

static void keep_bytes(struct insn *in, const struct stream *s)
{
    static const uint8_t ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255};

    in->len = (uint8_t)s->used;
    memcpy(in->raw, s->byte, in->len);
    memcpy(in->mask, ones, in->len);
}

static unsigned dcache_slot(uint64_t pa)
{
    return (unsigned)(pa ^ pa >> DCACHE_LOG2) & ((1u << DCACHE_LOG2) - 1);
}

/* The whole way: byte by byte as the instruction needs them. */
static const struct insn *fetch_decode(struct cpu *cpu, bool announced)
{
    struct stream s = {.cpu = cpu};
    struct insn *in = &cpu->uncached;
    uint64_t la = fetch_la(cpu, cpu->rip);

    memset(in, 0, sizeof *in);
    in->mode = cpu->decode_mode;
    if (!take_bytes(&s, announced) || !decode(&s, in))
        return NULL;
    keep_bytes(in, &s);
    if (!cpu->window.host || (la & 0xfff) + in->len > 4096)
        return in;

    struct insn *kept = &cpu->dcache[dcache_slot(cpu->window.pa | (la & 0xfff))];

    *kept = *in;
    return kept;
}

/* The cache is by content: an entry serves when memory still holds its very bytes. */
const struct insn *cpu_fetch(struct cpu *cpu)
{
    uint64_t rip = cpu->rip, la = fetch_la(cpu, rip), now[2];
    unsigned offset = (unsigned)(la & 0xfff);

    if (!cpu->window.valid || cpu->window.la != (la & ~UINT64_C(0xfff))) {
        if (!rip_allowed(cpu, rip)) {
            raise_gp(cpu, 0);
            return NULL;
        }
        if (!lsu_fetch_window(cpu, la))
            return NULL;
    }
    if (!cpu->window.host || rip > cpu->rip_limit)
        return fetch_decode(cpu, false);
    announce(cpu, cpu->window.pa | offset);

    const struct insn *in = &cpu->dcache[dcache_slot(cpu->window.pa | offset)];

    if (offset <= 4096 - 16) {
        memcpy(now, cpu->window.host + offset, 16);
    } else {
        now[0] = now[1] = 0;
        memcpy(now, cpu->window.host + offset, 4096 - offset);
    }
    if (in->op && in->mode == cpu->decode_mode &&
        !(((now[0] ^ in->raw[0]) & in->mask[0]) | ((now[1] ^ in->raw[1]) & in->mask[1])) &&
        offset + in->len <= 4096 && rip + in->len - 1 <= cpu->rip_limit)
        return in;
    return fetch_decode(cpu, true);
}
