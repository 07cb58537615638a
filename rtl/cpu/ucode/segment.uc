# SPDX-License-Identifier: Apache-2.0
# Descriptor loads and far transfers. SDM Vol. 3A "Protection"; Vol. 2 "MOV", "POP", "LDS", "JMP",
# "CALL", "RET", "IRET". Registers here: t14 selector, t13 descriptor, t12 its linear address, t6
# its access byte up, t7 DPL.

gp_sel:     mov.q     t15, VecGp
sel_fault:  and.q     t14, t14, SelNoRpl
            fault     -, t15, t14
np_sel:     mov.q     t15, VecNp                ; j sel_fault
ss_sel:     mov.q     t15, VecSs                ; j sel_fault

# Descriptor of selector t14; beyond the table's limit: fault t15 (selector), or with t15 = 0 the
# end of an instruction that only asks, with ZF = 0.
rd_desc:    and.q     -, t14, [SelTi]           ; jnz rd_desc_ldt
            or.q      t12, t14, DescLast
            cmp.q     -, gdtl, t12              ; jc no_desc
            and.q     t12, t14, SelOffset
            add.q     t12, t12, gdtb
rd_desc_go: ld.q.imp  t13, lin:t12+0
            shr.q     t6, t13, DescAccess
            shr.q     t7, t13, DescDpl
            and.q     t7, t7, PrivilegeMask     ; ret
rd_desc_ldt: and.q    -, sattr@ldtr, [AbPresent] ; jz no_desc
            or.q      t12, t14, DescLast
            cmp.q     -, slim@ldtr, t12         ; jc no_desc
            and.q     t12, t14, SelOffset
            add.q     t12, t12, sbase@ldtr      ; j rd_desc_go
no_desc:    test.q    -, t15, t15               ; jz zf_clear
            nop                                 ; j sel_fault
# Sets the accessed bit of the descriptor at t12 if t13 has it clear.
set_acc:    and.q     -, t13, [DescAccessed]    ; retnz
            add.q     t11, t12, DescAccessByte
            ld.b.imp.rmw.lock t10, lin:t11+0
            or.q      t10, t10, [AbAccessed]
            strmw.b.lock t10                    ; ret

# --- data segments ------------------------------------------------------------------------------
mov_sr:     mov.w     t14, rm                   ; call ld_dseg
            nop                                 ; end
mov_sm:     ld.w      t14, dat:ea+0             ; call ld_dseg
            nop                                 ; end
mov_ssr:    mov.w     t14, rm                   ; call ld_ss
            shadow    -, [ShadowMovSs]          ; end
mov_ssm:    ld.w      t14, dat:ea+0             ; call ld_ss
            shadow    -, [ShadowMovSs]          ; end
mov_rs:     mov.op    rm, ssel@sreg             ; end
mov_ms:     mov.q     t0, ssel@sreg
            st.w      dat:ea+0, t0              ; end
pop_s:      ld.op     t14, ss:rsp+0
            and.q     t14, t14, LowWord         ; call ld_dseg
            add.stk   rsp, rsp, osb             ; end
pop_ss:     ld.op     t14, ss:rsp+0
            and.q     t14, t14, LowWord         ; call ld_ss
            shadow    -, [ShadowMovSs]
            add.stk   rsp, rsp, osb             ; end
# LDS LES LFS LGS, LSS: offset and selector, the segment register, then the general one. LSS makes no
# shadow (SDM Vol. 2 "LDS/LES/LFS/LGS/LSS").
lds:        nop                                 ; call ld_pointer
            nop                                 ; call ld_dseg
            mov.op    reg, t0                   ; end
lss:        nop                                 ; call ld_pointer
            nop                                 ; call ld_ss
            mov.op    reg, t0                   ; end
ld_dseg:    and.q     -, t14, SelNoRpl          ; jz ld_dseg_nul
            mov.q     t15, VecGp                ; call rd_desc
            and.q     -, t6, [AbS]              ; jz gp_sel
            and.q     t8, t6, [AbCode|AbWritable]
            cmp.q     -, t8, [AbCode]           ; jz gp_sel
            and.q     t8, t6, [AbCode|AbConforming]
            cmp.q     -, t8, [AbCode|AbConforming] ; jz ld_dseg_p
            and.q     t8, t14, SelRpl
            cmp.q     -, t7, t8                 ; jc gp_sel
            cmp.q     -, t7, cpl                ; jc gp_sel
ld_dseg_p:  and.q     -, t6, [AbPresent]        ; jz np_sel
            nop                                 ; call set_acc
            segld     -@sreg, t13, t14          ; ret
ld_dseg_nul: segnull  -@sreg, t14               ; ret
ld_ss:      and.q     -, t14, SelNoRpl          ; jz ld_ss_null
            mov.q     t15, VecGp                ; call rd_desc
            mov.q     t8, cpl                   ; call chk_ss
            nop                                 ; call set_acc
            segld     -@ss, t13, t14            ; ret
ld_ss_null: nop                                 ; jnl64 gp0
            nop                                 ; jcpl3 gp0
            cmp.q     -, t14, cpl               ; jnz gp0
            segnull   -@ss, t14                 ; ret
# The stack-segment rules for privilege level t8: RPL, writable data, DPL #GP; P #SS.
chk_ss:     and.q     t9, t14, SelRpl
            cmp.q     -, t9, t8                 ; jnz gp_sel
            and.q     t9, t6, [AbS|AbCode|AbWritable]
            cmp.q     -, t9, [AbS|AbWritable]   ; jnz gp_sel
            cmp.q     -, t7, t8                 ; jnz gp_sel
            and.q     -, t6, [AbPresent]        ; jz ss_sel
            nop                                 ; ret

# --- far JMP, CALL: offset t0 -------------------------------------------------------------------
jmpf_i:     mov.op    t0, imm
            mov.q     t14, imm2                 ; j jmpf_t
jmpf_m:     nop                                 ; call ld_pointer
jmpf_t:     nop                                 ; call rd_far
            and.q     -, t6, [AbS]              ; jz jmp_gate
            nop                                 ; call chk_far
            jmpf.q    -, t0
            nop                                 ; call set_acc
            segmov    -@cs                      ; end
callf_i:    mov.op    t0, imm
            mov.q     t14, imm2                 ; j callf_t
callf_m:    nop                                 ; call ld_pointer
# SDM Vol. 2 "CALL": room on the stack, then EIP, then the pushes.
callf_t:    nop                                 ; call rd_far
            and.q     -, t6, [AbS]              ; jz call_gate
            nop                                 ; call chk_far
            mov.q     gsb, osb
callf_same: sub.stk   t3, rsp, gsb
            st.gate.room ss:t3+0, none
            sub.stk   t2, t3, gsb
            st.gate.room ss:t2+0, none
            jmpf.q    -, t0
            mov.q     t1, ssel@cs
            st.gate   ss:t3+0, t1
            st.gate   ss:t2+0, nrip
            nop                                 ; call set_acc
            mov.stk   rsp, t2
            segmov    -@cs                      ; end
# A far pointer in memory: offset t0, selector t14.
ld_pointer: ld.op     t0, dat:ea+0
            add.ad    t1, ea, osb
            ld.w      t14, dat:t1+0             ; ret
rd_far:     and.q     -, t14, SelNoRpl          ; jz gp0
            mov.q     t15, VecGp                ; j rd_desc
chk_far:    and.q     t8, t6, [AbS|AbCode]
            cmp.q     -, t8, [AbS|AbCode]       ; jnz gp_sel
            nop                                 ; call chk_l_d
            and.q     -, t6, [AbConforming]     ; jnz chk_far_c
            and.q     t8, t14, SelRpl
            cmp.q     -, cpl, t8                ; jc gp_sel
            cmp.q     -, t7, cpl                ; jnz gp_sel
chk_far_c:  cmp.q     -, cpl, t7                ; jc gp_sel
            and.q     -, t6, [AbPresent]        ; jz np_sel
            and.q     t14, t14, SelNoRpl
            or.q      t14, t14, cpl
            segld     -@ncs, t13, t14           ; ret
# Long mode: a code segment with L = D = 1 is #GP(selector).
chk_l_d:    nop                                 ; jlma chk_l_d_1
            nop                                 ; ret
chk_l_d_1:  shr.q     t8, t13, DescL
            and.q     t8, t8, 3
            cmp.q     -, t8, 3                  ; jz gp_sel
            nop                                 ; ret

# --- far RET, IRET ------------------------------------------------------------------------------
# t0 RIP, t14 CS, t2 RFLAGS, t3 RSP, t4 SS; t5 address of the next stack item.
retf:       ld.op     t0, ss:rsp+0
            add.stk   t5, rsp, osb
            ld.op     t14, ss:t5+0
            add.stk   t5, t5, osb
            and.q     t14, t14, LowWord         ; call chk_cs_ret
            cmp.q     -, cpl, t8                ; jc retf_out
            jmpf.op   -, t0
            nop                                 ; call set_acc
            add.q     t5, t5, imm
            segmov    -@cs
            mov.stk   rsp, t5                   ; end
retf_out:   add.stk   t5, t5, imm
            ld.op     t3, ss:t5+0
            add.stk   t5, t5, osb
            ld.op     t4, ss:t5+0
            and.q     t4, t4, LowWord           ; call ret_ss
            jmpf.op   -, t0
            nop                                 ; call acc_both
            add.q     t3, t3, imm
            segmov    -@cs
            segmov    -@ss
            mov.q     cpl, t8
            mov.stk   rsp, t3
            segdrop                             ; end

# SDM Vol. 3A "Handling Multiple NMIs": IRET ends the blocking even if it then faults.
iret:       nmidone
            and.q     -, flags, [FlNt]          ; jnz gp0
            ld.op     t0, ss:rsp+0
            add.stk   t5, rsp, osb
            ld.op     t14, ss:t5+0
            add.stk   t5, t5, osb
            ld.op     t2, ss:t5+0
            add.stk   t5, t5, osb
            # choice: VM = 1 in the frame is #GP(0) while there is no virtual-8086 mode
            nop                                 ; jlma iret_novm
            and.q     -, t2, [FlVm]             ; jz iret_novm
            nop                                 ; jo16 iret_novm
            nop                                 ; jcpl0 gp0
iret_novm:  and.q     t14, t14, LowWord         ; jnl64 iret_cs
            ld.op     t3, ss:t5+0
            add.stk   t5, t5, osb
            ld.op     t4, ss:t5+0
            and.q     t4, t4, LowWord
iret_cs:    nop                                 ; call chk_cs_ret
            nop                                 ; jl64 iret_full
            cmp.q     -, cpl, t8                ; jc iret_out
            jmpf.op   -, t0
            nop                                 ; call set_acc
            nop                                 ; call iret_flags
            mov.stk   rsp, t5
            segmov    -@cs                      ; end
iret_out:   ld.op     t3, ss:t5+0
            add.stk   t5, t5, osb
            ld.op     t4, ss:t5+0
            and.q     t4, t4, LowWord
iret_full:  nop                                 ; call ret_ss
            jmpf.op   -, t0
            nop                                 ; call acc_both
            nop                                 ; call iret_flags
            segmov    -@cs
            segmov    -@ss
            cmp.q     -, cpl, t8                ; jz iret_same
            mov.q     cpl, t8
            segdrop
# The new stack's size: all of RSP in 64-bit mode, else ESP or SP by B.
iret_same:  mov.stk   rsp, t3                   ; end
iret_flags: nop                                 ; call flag_mask
            nop                                 ; jo16 iret_fl_16
            nop                                 ; jncpl0 iret_fl_w
            or.q      t10, t10, [FlVif|FlVip]
iret_fl_w:  and.q     t2, t2, t10
            not.q     t10, t10
            and.q     t11, flags, t10
            or.q      flags, t11, t2            ; ret
# FLAGS only; like any instruction that does not load RF it leaves RF = 0.
iret_fl_16: and.q     t2, t2, t10
            or.q      t10, t10, [FlRf]
            not.q     t10, t10
            and.q     t11, flags, t10
            or.q      flags, t11, t2            ; ret

# Return CS t14: t8 := its RPL; NCS loaded.
chk_cs_ret: and.q     -, t14, SelNoRpl          ; jz gp0
            mov.q     t15, VecGp                ; call rd_desc
            and.q     t8, t6, [AbS|AbCode]
            cmp.q     -, t8, [AbS|AbCode]       ; jnz gp_sel
            nop                                 ; call chk_l_d
            and.q     t8, t14, SelRpl
            cmp.q     -, t8, cpl                ; jc gp_sel
            and.q     -, t6, [AbConforming]     ; jnz chk_cs_ret_c
            cmp.q     -, t7, t8                 ; jnz gp_sel
chk_cs_ret_c: cmp.q   -, t8, t7                 ; jc gp_sel
            and.q     -, t6, [AbPresent]        ; jz np_sel
            segld     -@ncs, t13, t14           ; ret
# Return SS t4 for level t8: NSS loaded. CS's descriptor t13 at t12 moves to t1 at t5; SS's takes
# its place.
ret_ss:     mov.q     t14, t4
            mov.q     t1, t13
            mov.q     t5, t12
            and.q     -, t14, SelNoRpl          ; jz ret_ss_null
            mov.q     t15, VecGp                ; call rd_desc
            nop                                 ; call chk_ss
            segld     -@nss, t13, t14           ; ret
ret_ss_null: nop                                ; jnlma gp0
            and.q     -, sattr@ncs, [AttrL]     ; jz gp0
            cmp.q     -, t8, 3                  ; jz gp0
            cmp.q     -, t14, t8                ; jnz gp0
            mov.q     t13, [DescAccessed]        # no descriptor, no accessed bit to set
            segnull   -@nss, t14                ; ret
# The accessed bits of both, after every check: CS, then SS.
acc_both:   mov.q     t0, t13
            mov.q     t15, t12
            mov.q     t13, t1
            mov.q     t12, t5                   ; call set_acc
            mov.q     t13, t0
            mov.q     t12, t15                  ; call set_acc
            nop                                 ; ret
