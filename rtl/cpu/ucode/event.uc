# SPDX-License-Identifier: Apache-2.0
# Delivery of exceptions and interrupts. SDM Vol. 3A "Interrupt and Exception Handling".
# evec, eerr, pflags, prip: vector, error code, RFLAGS and RIP to push. t9 the new stack pointer.
# Legacy mode: room on the stack (for each item: a 16-bit stack wraps anywhere) comes before the
# handler's RIP (SDM Vol. 2 "INT n", INTRA- and INTER-PRIVILEGE-LEVEL-INTERRUPT), RIP before the first
# push. Long mode: each push finds for itself whether its address is canonical.

int_n:      softint.f -, imm                    ; j deliver
int3:       softint.f -, VecBp                  ; j deliver
into:       and.q     -, flags, [FlOf]          ; endz
            mov.q     t0, VecOf
            softint.f -, t0                     ; j deliver
int1:       softint   -, VecDb                  ; j deliver

gate_gp:    shl.q     t14, evec, ErrVector
            or.q      t14, t14, [ErrIdt]
            fault     -, VecGp, t14
gate_np:    shl.q     t14, evec, ErrVector
            or.q      t14, t14, [ErrIdt]
            fault     -, VecNp, t14
ts_tr:      mov.q     t14, ssel@tr
            mov.q     t15, VecTs                ; j sel_fault
ts_sel:     mov.q     t15, VecTs                ; j sel_fault
ts0:        fault     -, VecTs, none

deliver:    nop                                 ; jnlma leg
            shl.q     t0, evec, 4
            or.q      t1, t0, DescLast16
            cmp.q     -, idtl, t1               ; jc gate_gp
            add.q     t0, t0, idtb
            ld.q.imp  t1, lin:t0+0
            ld.q.imp  t2, lin:t0+8
            shr.q     t3, t1, DescAccess
            and.q     t4, t3, GateTypeMask
            cmp.q     -, t4, GateType32         ; jnz gate_gp
            nop                                 ; jnsoft lm_p
            shr.q     t4, t3, AbDpl
            and.q     t4, t4, PrivilegeMask
            cmp.q     -, t4, cpl                ; jc gate_gp
lm_p:       and.q     -, t3, [AbPresent]        ; jz gate_np
            shr.q     t14, t1, GateSelector
            and.q     t14, t14, LowWord
            and.q     -, t14, SelNoRpl          ; jz gp0
            mov.q     t15, VecGp                ; call rd_desc
            and.q     t8, t6, [AbS|AbCode]
            cmp.q     -, t8, [AbS|AbCode]       ; jnz gp_sel
            shr.q     t8, t13, DescL
            and.q     t8, t8, 3
            cmp.q     -, t8, 1                  ; jnz gp_sel
            cmp.q     -, cpl, t7                ; jc gp_sel
            and.q     -, t6, [AbPresent]        ; jz np_sel
            mov.q     t8, cpl
            and.q     -, t6, [AbConforming]     ; jnz lm_level
            mov.q     t8, t7
lm_level:   and.q     t14, t14, SelNoRpl
            or.q      t14, t14, t8
            segld     -@ncs, t13, t14
            mov.q     t9, rsp
            shr.q     t10, t1, GateIst
            and.q     t10, t10, GateIstMask     ; jz lm_no_ist
            shl.q     t10, t10, 3
            add.q     t10, t10, TssIst0         ; j lm_tss
lm_no_ist:  cmp.q     -, t8, cpl                ; jz lm_stack
            shl.q     t10, t8, 3
            add.q     t10, t10, TssRsp0
lm_tss:     add.q     t11, t10, 7
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.q.imp  t9, lin:t11+0
lm_stack:   and.q     t9, t9, ~StackAlign
            # offset: gate bits 15:0, 63:48, 95:64
            and.q     t0, t1, LowWord
            shr.q     t4, t1, GateOffsetHigh
            shl.q     t4, t4, 16
            or.q      t0, t0, t4
            shl.q     t4, t2, 32
            or.q      t0, t0, t4
            mov.q     tcpl, t8
            jmpf.q    -, t0
            mov.q     t4, ssel@ss
            st.q      nss:t9-8, t4
            st.q      nss:t9-16, rsp
            st.q      nss:t9-24, pflags
            mov.q     t4, ssel@cs
            st.q      nss:t9-32, t4
            st.q      nss:t9-40, prip
            sub.q     t9, t9, 40                ; jnerr lm_acc
            st.q      nss:t9-8, eerr
            sub.q     t9, t9, 8
lm_acc:     nop                                 ; call set_acc
            segmov    -@cs
            cmp.q     -, t8, cpl                ; jz lm_end
            segnull   -@ss, t8
            mov.q     cpl, t8
lm_end:     mov.q     rsp, t9
ev_flags:   and.q     flags, flags, ~[FlNt|FlRf|FlVm|FlTf]
            and.q     -, t3, [GateTrap]         ; jnz ev_end
            and.q     flags, flags, ~[FlIf]
ev_end:     nop                                 ; end

# --- legacy mode: gates and TSS of 16 and of 32 bits, each size for itself -----------------------
# t3 the gate's access byte up, for its size and kind.
leg:        shl.q     t0, evec, 3
            or.q      t1, t0, DescLast
            cmp.q     -, idtl, t1               ; jc gate_gp
            add.q     t0, t0, idtb
            ld.q.imp  t1, lin:t0+0
            shr.q     t3, t1, DescAccess
            and.q     t4, t3, GateTypeMask
            cmp.q     -, t4, GateType32         ; jz leg_type
            cmp.q     -, t4, GateType16         ; jnz gate_gp
leg_type:   nop                                 ; jnsoft leg_p
            shr.q     t4, t3, AbDpl
            and.q     t4, t4, PrivilegeMask
            cmp.q     -, t4, cpl                ; jc gate_gp
leg_p:      and.q     -, t3, [AbPresent]        ; jz gate_np
            shr.q     t14, t1, GateSelector
            and.q     t14, t14, LowWord
            and.q     -, t14, SelNoRpl          ; jz gp0
            mov.q     t15, VecGp                ; call rd_desc
            and.q     t8, t6, [AbS|AbCode]
            cmp.q     -, t8, [AbS|AbCode]       ; jnz gp_sel
            cmp.q     -, cpl, t7                ; jc gp_sel
            and.q     -, t6, [AbPresent]        ; jz np_sel
            mov.q     t8, cpl
            and.q     -, t6, [AbConforming]     ; jnz leg_level
            mov.q     t8, t7
leg_level:  and.q     t14, t14, SelNoRpl
            or.q      t14, t14, t8
            segld     -@ncs, t13, t14
            and.q     t0, t1, LowWord
            and.q     -, t3, [Gate32]           ; jz leg_offset
            shr.q     t4, t1, GateOffsetHigh
            shl.q     t4, t4, 16
            or.q      t0, t0, t4
leg_offset: mov.q     t1, t13                   # kept for the accessed bit: t1 CS, t13 SS
            mov.q     t2, t12
            cmp.q     -, t8, cpl                ; jz leg_same
            and.q     -, sattr@tr, [Tss32]      ; jz leg_tss16
            shl.q     t10, t8, 3
            add.q     t10, t10, TssSp0Of32
            add.q     t11, t10, 5
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.d.imp  t9, lin:t11+0
            ld.w.imp  t14, lin:t11+4            ; j leg_ss
leg_tss16:  shl.q     t10, t8, 2
            add.q     t10, t10, TssSp0Of16
            add.q     t11, t10, 3
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.w.imp  t9, lin:t11+0
            ld.w.imp  t14, lin:t11+2
leg_ss:     and.q     -, t14, SelNoRpl          ; jz ts0
            mov.q     t15, VecTs                ; call rd_desc
            and.q     t4, t14, SelRpl
            cmp.q     -, t4, t8                 ; jnz ts_sel
            cmp.q     -, t7, t8                 ; jnz ts_sel
            and.q     t4, t6, [AbS|AbCode|AbWritable]
            cmp.q     -, t4, [AbS|AbWritable]   ; jnz ts_sel
            and.q     -, t6, [AbPresent]        ; jz ss_sel
            segld     -@nss, t13, t14
            mov.q     tcpl, t8
            and.q     t14, t14, SelNoRpl
            mov.q     sserr, t14
            mov.q     t4, ssel@ss
            and.q     -, t3, [Gate32]           ; jz leg_out16
            st.d.room nss:t9-4, none
            st.d.room nss:t9-8, none
            st.d.room nss:t9-12, none
            st.d.room nss:t9-16, none
            st.d.room nss:t9-20, none           ; jnerr leg_room
            st.d.room nss:t9-24, none
leg_room:   jmpf.d    -, t0
            st.d      nss:t9-4, t4
            st.d      nss:t9-8, rsp
            sub.q     t9, t9, 8                 ; call leg_frame
            nop                                 ; j leg_out
leg_out16:  st.w.room nss:t9-2, none
            st.w.room nss:t9-4, none
            st.w.room nss:t9-6, none
            st.w.room nss:t9-8, none
            st.w.room nss:t9-10, none           ; jnerr leg_room16
            st.w.room nss:t9-12, none
leg_room16: jmpf.d    -, t0
            st.w      nss:t9-2, t4
            st.w      nss:t9-4, rsp
            sub.q     t9, t9, 4                 ; call leg_frm16
leg_out:    mov.q     t4, t13
            mov.q     t5, t12
            mov.q     t13, t1
            mov.q     t12, t2                   ; call set_acc
            mov.q     t13, t4
            mov.q     t12, t5                   ; call set_acc
            segmov    -@ss
            mov.q     cpl, t8                   ; j leg_end
leg_same:   segmov    -@nss
            mov.q     t9, rsp
            and.q     -, t3, [Gate32]           ; jz leg_same16
            st.d.room nss:t9-4, none
            st.d.room nss:t9-8, none
            st.d.room nss:t9-12, none           ; jnerr leg_same_r
            st.d.room nss:t9-16, none
leg_same_r: jmpf.d    -, t0                     ; call leg_frame
            nop                                 ; j leg_acc
leg_same16: st.w.room nss:t9-2, none
            st.w.room nss:t9-4, none
            st.w.room nss:t9-6, none            ; jnerr leg_s16_r
            st.w.room nss:t9-8, none
leg_s16_r:  jmpf.d    -, t0                     ; call leg_frm16
leg_acc:    nop                                 ; call set_acc
leg_end:    segmov    -@cs
            mov.stk   rsp, t9                   ; j ev_flags
leg_frame:  st.d      nss:t9-4, pflags
            mov.q     t4, ssel@cs
            st.d      nss:t9-8, t4
            st.d      nss:t9-12, prip
            sub.q     t9, t9, 12                ; jerr leg_err
            nop                                 ; ret
leg_err:    st.d      nss:t9-4, eerr
            sub.q     t9, t9, 4                 ; ret
leg_frm16:  st.w      nss:t9-2, pflags
            mov.q     t4, ssel@cs
            st.w      nss:t9-4, t4
            st.w      nss:t9-6, prip
            sub.q     t9, t9, 6                 ; jerr leg_err16
            nop                                 ; ret
leg_err16:  st.w      nss:t9-2, eerr
            sub.q     t9, t9, 2                 ; ret
