// SPDX-License-Identifier: Apache-2.0
// Every operation that a row of decode_table.c can name.
#ifndef RW_OPS_H
#define RW_OPS_H

#include "cpu.h"

#define OP(name) enum exec name(struct cpu *cpu, const struct insn *in)

/* exec_arith.c */
OP(op_alu_rm_reg);
OP(op_alu_reg_rm);
OP(op_alu_rm_imm);
OP(op_alu_acc_imm);
OP(op_test_rm_reg);
OP(op_test_rm_imm);
OP(op_test_acc_imm);
OP(op_inc_dec);
OP(op_inc_dec_reg);
OP(op_not);
OP(op_neg);
OP(op_adx);

/* exec_bcd.c */
OP(op_daa);
OP(op_das);
OP(op_aaa);
OP(op_aas);
OP(op_aam);
OP(op_aad);

/* exec_muldiv.c */
OP(op_mul);
OP(op_imul);
OP(op_imul2);
OP(op_imul3);
OP(op_div);
OP(op_idiv);

/* exec_shift.c */
OP(op_shift_imm);
OP(op_shift_1);
OP(op_shift_cl);
OP(op_shld_imm);
OP(op_shld_cl);
OP(op_shrd_imm);
OP(op_shrd_cl);

/* exec_bit.c */
OP(op_bt_reg);
OP(op_bt_imm);
OP(op_bsf);
OP(op_bsr);
OP(op_popcnt);

/* exec_exchange.c */
OP(op_cmpxchg);
OP(op_xadd);
OP(op_grp9);

/* exec_move.c */
OP(op_mov_rm_reg);
OP(op_mov_reg_rm);
OP(op_mov_rm_imm);
OP(op_mov_reg_imm);
OP(op_mov_acc_moffs);
OP(op_mov_moffs_acc);
OP(op_mov_rm_sreg);
OP(op_mov_sreg_rm);
OP(op_movzx8);
OP(op_movzx16);
OP(op_movsx8);
OP(op_movsx16);
OP(op_movsxd);
OP(op_movbe_load);
OP(op_movbe_store);
OP(op_xchg);
OP(op_xchg_acc);
OP(op_nop);
OP(op_bswap);
OP(op_xlat);
OP(op_lea);
OP(op_cmov);
OP(op_load_far);
OP(op_setcc);
OP(op_cbw);
OP(op_cwd);

/* exec_stack.c */
OP(op_push_reg);
OP(op_pop_reg);
OP(op_push_imm);
OP(op_push_rm);
OP(op_pop_rm);
OP(op_push_sreg);
OP(op_pop_sreg);
OP(op_pusha);
OP(op_popa);
OP(op_enter);
OP(op_leave);

/* exec_flag.c */
OP(op_pushf);
OP(op_popf);
OP(op_lahf);
OP(op_sahf);
OP(op_salc);
OP(op_clc);
OP(op_stc);
OP(op_cmc);
OP(op_cld);
OP(op_std);
OP(op_cli);
OP(op_sti);

/* exec_string.c */
OP(op_movs);
OP(op_cmps);
OP(op_scas);
OP(op_lods);
OP(op_stos);
OP(op_ins);
OP(op_outs);

/* exec_flow.c */
OP(op_jmp_rel);
OP(op_jcc);
OP(op_jcxz);
OP(op_loop);
OP(op_call_rel);
OP(op_call_rm);
OP(op_jmp_rm);
OP(op_ret);
OP(op_bound);

/* exec_far.c */
OP(op_jmp_far);
OP(op_call_far);
OP(op_jmp_far_rm);
OP(op_call_far_rm);
OP(op_retf);
OP(op_iret);

/* exec_syscall.c */
OP(op_syscall);
OP(op_sysret);
OP(op_sysenter);
OP(op_sysexit);

/* exec_cr.c */
OP(op_clts);
OP(op_mov_from_cr);
OP(op_mov_to_cr);
OP(op_mov_from_dr);
OP(op_mov_to_dr);

/* exec_table.c */
OP(op_sldt);
OP(op_str);
OP(op_lldt);
OP(op_ltr);

/* exec_verify.c */
OP(op_lar);
OP(op_lsl);
OP(op_verr);
OP(op_verw);
OP(op_arpl);

/* exec_cache.c */
OP(op_invpcid);
OP(op_invd);

/* exec_io.c */
OP(op_in);
OP(op_out);

/* exec_sys.c */
OP(op_ud);
OP(op_x87);
OP(op_mmx);
OP(op_fwait);
OP(op_grp7);
OP(op_grp15);
OP(op_hlt);
OP(op_rdtsc);
OP(op_rdpmc);

#undef OP

/* Members of group 7 (0F 01), in their rooms. */
enum exec exec_store_table(struct cpu *cpu, const struct insn *in, uint32_t limit, uint64_t base);
enum exec exec_load_table(struct cpu *cpu, const struct insn *in, uint32_t *limit, uint64_t *base);
enum exec exec_smsw(struct cpu *cpu, const struct insn *in);
enum exec exec_lmsw(struct cpu *cpu, const struct insn *in);
enum exec exec_set_ac(struct cpu *cpu, const struct insn *in, bool ac);
enum exec exec_invlpg(struct cpu *cpu, const struct insn *in);

/* exec_io.c: may this port be used? docs/cpu.md A10. */
enum exec io_check(struct cpu *cpu, uint64_t port, unsigned bytes);
uint64_t io_read(struct cpu *cpu, uint64_t port, unsigned bytes);
void io_write(struct cpu *cpu, uint64_t port, unsigned bytes, uint64_t v);

/* A taken transfer of control. */
static inline void take(struct cpu *cpu, uint64_t rip)
{
    cpu->r[R_NEXT] = rip;
    cpu->window.valid = false;
}

/* Serialising: the fetch window becomes empty. */
static inline enum exec serialised(struct cpu *cpu)
{
    cpu->window.valid = false;
    return EXEC_OK;
}

/* MOV SS and POP SS hold events back: docs/cpu.md T4. */
static inline void loaded_sreg(struct cpu *cpu, unsigned s)
{
    if (s != SEG_SS)
        return;
    cpu->leaving.mov_ss_shadow = true;
    cpu->attention = true;
}

static inline bool umip_denies(const struct cpu *cpu)
{
    return cpu->cpl > 0 && (cpu->sys.cr4 & CR4_UMIP);
}

#endif
