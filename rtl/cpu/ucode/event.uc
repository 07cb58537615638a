# SPDX-License-Identifier: Apache-2.0
# Delivery of exceptions and interrupts. SDM Vol. 3A "Interrupt and Exception Handling".
# evec, eerr, pflags, prip: vector, error code, RFLAGS and RIP to push. t9 the new stack pointer.
# What a call gate does alike is in gate.uc.
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
            nop                                 ; call gate_cs
            nop                                 ; call gate_ncs
            mov.q     t9, rsp
            shr.q     t10, t1, GateIst
            and.q     t10, t10, GateIstMask     ; jz lm_no_ist
            shl.q     t10, t10, 3
            add.q     t10, t10, TssIst0         ; call tss_pointer
            nop                                 ; j lm_stack
lm_no_ist:  cmp.q     -, t8, cpl                ; jz lm_stack
            nop                                 ; call tss_rsp
lm_stack:   and.q     t9, t9, ~StackAlign
            nop                                 ; call gate_target
            mov.q     tcpl, t8
            jmpf.q    -, t0                     ; call frame_sp
            nop                                 ; call frame_event
            nop                                 ; call set_acc
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
            nop                                 ; call gate_cs
            nop                                 ; call gate_ncs
            nop                                 ; call gate_target
            cmp.q     -, t8, cpl                ; jz leg_same
            mov.q     t1, t13
            mov.q     t5, t12                   ; call tss_stack
            mov.q     t10, 5                    ; jnerr leg_room
            mov.q     t10, 6
leg_room:   nop                                 ; call frame_room
            jmpf.q    -, t0                     ; call frame_sp
            nop                                 ; call frame_event
            nop                                 ; call acc_both
            segmov    -@ss
            mov.q     cpl, t8                   ; j leg_end
leg_same:   segmov    -@nss
            mov.q     t9, rsp
            mov.q     t10, 3                    ; jnerr leg_same_r
            mov.q     t10, 4
leg_same_r: nop                                 ; call frame_room
            jmpf.q    -, t0                     ; call frame_event
            nop                                 ; call set_acc
leg_end:    segmov    -@cs
            mov.stk   rsp, t9                   ; j ev_flags
frame_event: sub.q    t9, t9, gsb
            st.gate   nss:t9+0, pflags          ; call frame_ip
            nop                                 ; retnerr
            sub.q     t9, t9, gsb
            st.gate   nss:t9+0, eerr            ; ret
