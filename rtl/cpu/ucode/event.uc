# SPDX-License-Identifier: Apache-2.0
# Delivery of exceptions and interrupts. SDM Vol. 3A "Interrupt and Exception Handling".
# evec, eerr, pflags, prip: vector, error code, RFLAGS and RIP to push. t9 the new stack pointer.

int_n:      softint.f -, imm                    ; j deliver
int3:       softint.f -, 3                      ; j deliver
into:       and.q     -, flags, 0x800           ; endz
            mov.q     t0, 4
            softint.f -, t0                     ; j deliver
int1:       softint   -, 1                      ; j deliver

gate_gp:    shl.q     t14, evec, 3
            or.q      t14, t14, 2
            fault     -, 13, t14
gate_np:    shl.q     t14, evec, 3
            or.q      t14, t14, 2
            fault     -, 11, t14
ts_tr:      mov.q     t14, ssel@tr
            mov.q     t15, 10                   ; j sel_fault
ts_sel:     mov.q     t15, 10                   ; j sel_fault
ts0:        fault     -, 10, none

deliver:    nop                                 ; jnlma leg
            shl.q     t0, evec, 4
            or.q      t1, t0, 15
            cmp.q     -, idtl, t1               ; jc gate_gp
            add.q     t0, t0, idtb
            ld.q.imp  t1, lin:t0+0
            ld.q.imp  t2, lin:t0+8
            shr.q     t3, t1, 40
            and.q     t4, t3, 0x1e
            cmp.q     -, t4, 0x0e               ; jnz gate_gp
            nop                                 ; jnsoft lm_p
            shr.q     t4, t3, 5
            and.q     t4, t4, 3
            cmp.q     -, t4, cpl                ; jc gate_gp
lm_p:       and.q     -, t3, 0x80               ; jz gate_np
            shr.q     t14, t1, 16
            and.q     t14, t14, 0xffff
            and.q     -, t14, 0xfffc            ; jz gp0
            mov.q     t15, 13                   ; call rd_desc
            and.q     t8, t6, 0x18
            cmp.q     -, t8, 0x18               ; jnz gp_sel
            shr.q     t8, t13, 53
            and.q     t8, t8, 3
            cmp.q     -, t8, 1                  ; jnz gp_sel
            cmp.q     -, cpl, t7                ; jc gp_sel
            and.q     -, t6, 0x80               ; jz np_sel
            mov.q     t8, cpl
            and.q     -, t6, 4                  ; jnz lm_level
            mov.q     t8, t7
lm_level:   and.q     t14, t14, 0xfffc
            or.q      t14, t14, t8
            segld     -@ncs, t13, t14
            mov.q     t9, rsp
            shr.q     t10, t1, 32
            and.q     t10, t10, 7               ; jz lm_no_ist
            shl.q     t10, t10, 3
            add.q     t10, t10, 0x1c            ; j lm_tss
lm_no_ist:  cmp.q     -, t8, cpl                ; jz lm_stack
            shl.q     t10, t8, 3
            add.q     t10, t10, 4
lm_tss:     add.q     t11, t10, 7
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.q.imp  t9, lin:t11+0
lm_stack:   and.q     t9, t9, ~15
            # offset: gate bits 15:0, 63:48, 95:64
            and.q     t0, t1, 0xffff
            shr.q     t4, t1, 48
            shl.q     t4, t4, 16
            or.q      t0, t0, t4
            shl.q     t4, t2, 32
            or.q      t0, t0, t4
            jmpf.q    -, t0
            mov.q     tcpl, t8
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
ev_flags:   and.q     flags, flags, ~0x34100    # NT RF VM TF
            and.q     -, t3, 1                  ; jnz ev_end
            and.q     flags, flags, ~0x200
ev_end:     nop                                 ; end

# --- legacy mode: 32-bit gates ------------------------------------------------------------------
leg:        shl.q     t0, evec, 3
            or.q      t1, t0, 7
            cmp.q     -, idtl, t1               ; jc gate_gp
            add.q     t0, t0, idtb
            ld.q.imp  t1, lin:t0+0
            shr.q     t3, t1, 40
            and.q     t4, t3, 0x1e
            cmp.q     -, t4, 0x0e               ; jnz gate_gp
            nop                                 ; jnsoft leg_p
            shr.q     t4, t3, 5
            and.q     t4, t4, 3
            cmp.q     -, t4, cpl                ; jc gate_gp
leg_p:      and.q     -, t3, 0x80               ; jz gate_np
            shr.q     t14, t1, 16
            and.q     t14, t14, 0xffff
            and.q     -, t14, 0xfffc            ; jz gp0
            mov.q     t15, 13                   ; call rd_desc
            and.q     t8, t6, 0x18
            cmp.q     -, t8, 0x18               ; jnz gp_sel
            cmp.q     -, cpl, t7                ; jc gp_sel
            and.q     -, t6, 0x80               ; jz np_sel
            mov.q     t8, cpl
            and.q     -, t6, 4                  ; jnz leg_level
            mov.q     t8, t7
leg_level:  and.q     t14, t14, 0xfffc
            or.q      t14, t14, t8
            segld     -@ncs, t13, t14
            and.q     t0, t1, 0xffff
            shr.q     t4, t1, 48
            shl.q     t4, t4, 16
            or.q      t0, t0, t4
            mov.q     t1, t13                   # kept for the accessed bit: t1 CS, t13 SS
            mov.q     t2, t12
            cmp.q     -, t8, cpl                ; jz leg_same
            shl.q     t10, t8, 3
            add.q     t10, t10, 4
            add.q     t11, t10, 5
            cmp.q     -, slim@tr, t11           ; jc ts_tr
            add.q     t11, t10, sbase@tr
            ld.d.imp  t9, lin:t11+0
            ld.w.imp  t14, lin:t11+4
            and.q     -, t14, 0xfffc            ; jz ts0
            mov.q     t15, 10                   ; call rd_desc
            and.q     t4, t14, 3
            cmp.q     -, t4, t8                 ; jnz ts_sel
            cmp.q     -, t7, t8                 ; jnz ts_sel
            and.q     t4, t6, 0x1a
            cmp.q     -, t4, 0x12               ; jnz ts_sel
            and.q     -, t6, 0x80               ; jz ss_sel
            segld     -@nss, t13, t14
            jmpf.d    -, t0
            mov.q     tcpl, t8
            and.q     t14, t14, 0xfffc
            mov.q     sserr, t14
            mov.q     t4, ssel@ss
            st.d      nss:t9-4, t4
            st.d      nss:t9-8, rsp
            sub.q     t9, t9, 8                 ; call leg_frame
            mov.q     t4, t13
            mov.q     t5, t12
            mov.q     t13, t1
            mov.q     t12, t2                   ; call set_acc
            mov.q     t13, t4
            mov.q     t12, t5                   ; call set_acc
            segmov    -@ss
            mov.q     cpl, t8                   ; j leg_end
leg_same:   segmov    -@nss
            mov.q     t9, rsp
            jmpf.d    -, t0                     ; call leg_frame
            nop                                 ; call set_acc
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
