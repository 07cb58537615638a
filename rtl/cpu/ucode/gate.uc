# SPDX-License-Identifier: Apache-2.0
# Call gates, and what they have in common with the gates of the IDT: the code segment, stacks of
# the TSS, frames. SDM Vol. 2 "CALL", "JMP" (CALL-GATE); Vol. 3A "Call Gates", "Stack Switching".
# Registers as in segment.uc; t1 the gate, t2 its high half in long mode, t3 its access byte up; t0
# its offset, t8 the new level, t9 the new stack pointer; gsb the bytes of an item of the frame.

ts_tr:      mov.q     t14, ssel@tr
            mov.q     t15, VecTs                ; j sel_fault
ts_sel:     mov.q     t15, VecTs                ; j sel_fault
ts0:        fault     -, VecTs, none

# --- far JMP, CALL to the system descriptor t13 of selector t14 -----------------------------------
jmp_gate:   nop                                 ; call rd_gate
            nop                                 ; call gate_cs
            cmp.q     -, t8, cpl                ; jnz gp_sel
            nop                                 ; call gate_ncs
            nop                                 ; call gate_target
            jmpf.q    -, t0                     ; call set_acc
            segmov    -@cs                      ; end
call_gate:  nop                                 ; call rd_gate
            nop                                 ; call gate_cs
            nop                                 ; call gate_ncs
            nop                                 ; call gate_target
            cmp.q     -, t8, cpl                ; jz callf_same
            nop                                 ; jlma call_inner64
            shr.q     t3, t1, GateCount
            and.q     t3, t3, GateCountMask
            mov.q     t1, t13
            mov.q     t5, t12                   ; call tss_stack
            add.q     t10, t3, 4                ; call frame_room
            jmpf.q    -, t0                     ; call frame_sp
            # t2 behind the parameters on the old stack: 2 or 4 bytes each
            shl.q     t2, t3, 1
            cmp.q     -, gsb, 2                 ; jz call_params
            shl.q     t2, t2, 1
call_params: add.q    t2, t2, rsp
call_param: sub.q     t3, t3, 1                 ; jc call_ip
            sub.q     t2, t2, gsb
            mov.q     tcpl, cpl
            ld.gate   t4, ss:t2+0
            mov.q     tcpl, t8
            sub.q     t9, t9, gsb
            st.gate   nss:t9+0, t4              ; j call_param
call_ip:    nop                                 ; call frame_ip
            nop                                 ; call acc_both
            segmov    -@ss
call_inner: segmov    -@cs
            mov.q     cpl, t8
            mov.stk   rsp, t9                   ; end
call_inner64: nop                               ; call tss_rsp
            mov.q     tcpl, t8
            jmpf.q    -, t0                     ; call frame_sp
            nop                                 ; call frame_ip
            nop                                 ; call set_acc
            segnull   -@ss, t8                  ; j call_inner
# The gate t14: type, high half in long mode, privilege, presence.
rd_gate:    and.q     t4, t6, AbType
            cmp.q     -, t4, TypeCallGate32     ; jz rd_gate_1
            nop                                 ; jlma gp_sel
            cmp.q     -, t4, TypeCallGate16     ; jnz gp_sel
rd_gate_1:  mov.q     t1, t13
            mov.q     t3, t6                    ; jnlma rd_gate_dpl
            and.q     t11, t14, SelOffset
            add.q     t11, t11, DescLast16
            and.q     -, t14, [SelTi]           ; jnz rd_gate_ldt
            cmp.q     -, gdtl, t11              ; jc gp_sel
            nop                                 ; j rd_gate_high
rd_gate_ldt: cmp.q    -, slim@ldtr, t11         ; jc gp_sel
rd_gate_high: ld.q.imp t2, lin:t12+8
            and.q     -, t2, DescHighType       ; jnz gp_sel
rd_gate_dpl: cmp.q    -, t7, cpl                ; jc gp_sel
            and.q     t4, t14, SelRpl
            cmp.q     -, t7, t4                 ; jc gp_sel
            and.q     -, t3, [AbPresent]        ; jz np_sel
            nop                                 ; ret

# --- in common with the IDT's gates ---------------------------------------------------------------
# The code segment of the gate t1 and the level t8 that it leads to, but for its presence.
gate_cs:    shr.q     t14, t1, GateSelector
            and.q     t14, t14, LowWord
            and.q     -, t14, SelNoRpl          ; jz gp0
            mov.q     t15, VecGp                ; call rd_desc
            and.q     t8, t6, [AbS|AbCode]
            cmp.q     -, t8, [AbS|AbCode]       ; jnz gp_sel
            nop                                 ; jnlma gate_level
            shr.q     t8, t13, DescL
            and.q     t8, t8, 3
            cmp.q     -, t8, 1                  ; jnz gp_sel
gate_level: cmp.q     -, cpl, t7                ; jc gp_sel
            mov.q     t8, cpl
            and.q     -, t6, [AbConforming]     ; retnz
            mov.q     t8, t7                    ; ret
# NCS, of level t8.
gate_ncs:   and.q     -, t6, [AbPresent]        ; jz np_sel
            and.q     t14, t14, SelNoRpl
            or.q      t14, t14, t8
            segld     -@ncs, t13, t14           ; ret
# Offset: bits 15:0, 63:48 but for a 16-bit gate, 95:64 of a 64-bit one.
gate_target: and.q    t0, t1, LowWord
            mov.q     gsb, 2
            and.q     -, t3, [Gate32]           ; retz
            shr.q     t4, t1, GateOffsetHigh
            shl.q     t4, t4, 16
            or.q      t0, t0, t4
            mov.q     gsb, 4                    ; retnlma
            mov.q     gsb, 8
            shl.q     t4, t2, 32
            or.q      t0, t0, t4                ; ret

# Long mode: RSP of level t8, or the pointer at t10 of the TSS.
tss_rsp:    shl.q     t10, t8, 3
            add.q     t10, t10, TssRsp0
tss_pointer: add.q    t11, t10, 7
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.q.imp  t9, lin:t11+0             ; ret
# Outside: SP and SS of level t8, in t9 and NSS; data accesses are of that level from here on.
tss_stack:  and.q     -, sattr@tr, [Tss32]      ; jz tss_stack16
            shl.q     t10, t8, 3
            add.q     t10, t10, TssSp0Of32
            add.q     t11, t10, 5
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.d.imp  t9, lin:t11+0
            ld.w.imp  t14, lin:t11+4            ; j tss_ss
tss_stack16: shl.q    t10, t8, 2
            add.q     t10, t10, TssSp0Of16
            add.q     t11, t10, 3
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.w.imp  t9, lin:t11+0
            ld.w.imp  t14, lin:t11+2
tss_ss:     and.q     -, t14, SelNoRpl          ; jz ts0
            mov.q     t15, VecTs                ; call rd_desc
            and.q     t4, t14, SelRpl
            cmp.q     -, t4, t8                 ; jnz ts_sel
            cmp.q     -, t7, t8                 ; jnz ts_sel
            and.q     t4, t6, [AbS|AbCode|AbWritable]
            cmp.q     -, t4, [AbS|AbWritable]   ; jnz ts_sel
            and.q     -, t6, [AbPresent]        ; jz ss_sel
            segld     -@nss, t13, t14
            mov.q     tcpl, t8
            and.q     sserr, t14, SelNoRpl      ; ret

# Room for t10 items on the new stack.
frame_room: mov.q     t11, t9
frame_room_n: sub.q   t11, t11, gsb
            st.gate.room nss:t11+0, none
            sub.q     t10, t10, 1               ; jnz frame_room_n
            nop                                 ; ret
frame_sp:   mov.q     t4, ssel@ss
            sub.q     t9, t9, gsb
            st.gate   nss:t9+0, t4
            sub.q     t9, t9, gsb
            st.gate   nss:t9+0, rsp             ; ret
frame_ip:   mov.q     t4, ssel@cs
            sub.q     t9, t9, gsb
            st.gate   nss:t9+0, t4
            sub.q     t9, t9, gsb
            st.gate   nss:t9+0, prip            ; ret
