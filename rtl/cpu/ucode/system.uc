# SPDX-License-Identifier: Apache-2.0
# System instructions. SDM Vol. 2, the Operation section of each; order of checks as there.

gp0:        fault     -, 13, none

# --- flags and stack of flags -------------------------------------------------------------------
cli:        shr.q     t0, flags, 12
            and.q     t0, t0, 3
            cmp.q     -, t0, cpl                ; jc gp0
            and.q     flags, flags, ~0x200      ; end
sti:        shr.q     t0, flags, 12
            and.q     t0, t0, 3
            cmp.q     -, t0, cpl                ; jc gp0
            and.q     -, flags, 0x200           ; jnz sti_end
            shadow    -, 1
sti_end:    or.q      flags, flags, 0x200       ; end
clac:       nop                                 ; jncpl0 ud
            and.q     flags, flags, ~0x40000    ; end
stac:       nop                                 ; jncpl0 ud
            or.q      flags, flags, 0x40000     ; end
popf:       ld.op     t2, ss:rsp+0
            nop                                 ; call flag_mask
            and.q     t10, t10, ~0x10000
            and.q     t2, t2, t10
            not.q     t10, t10
            and.q     t11, flags, t10
            and.q     t11, t11, ~0x10000
            or.q      flags, t11, t2
            add.stk   rsp, rsp, osb             ; end
# t10 := the flags that POPF and IRET may write at this CPL, IOPL and operand size.
flag_mask:  mov.q     t10, 0x254dd5
            nop                                 ; jncpl0 flag_mask_3
            or.q      t10, t10, 0x3200          ; j flag_mask_w
flag_mask_3: shr.q    t11, flags, 12
            and.q     t11, t11, 3
            cmp.q     -, t11, cpl               ; jc flag_mask_w
            or.q      t10, t10, 0x200
flag_mask_w: nop                                ; jo16 flag_mask_16
            nop                                 ; ret
flag_mask_16: and.q   t10, t10, 0xffff          ; ret

# --- control registers --------------------------------------------------------------------------
mov_rcr0:   nop                                 ; jncpl0 gp0
            mov.nat   rm, cr0                   ; end
mov_rcr2:   nop                                 ; jncpl0 gp0
            mov.nat   rm, cr2                   ; end
mov_rcr3:   nop                                 ; jncpl0 gp0
            mov.nat   rm, cr3                   ; end
mov_rcr4:   nop                                 ; jncpl0 gp0
            mov.nat   rm, cr4                   ; end
mov_rcr8:   nop                                 ; jncpl0 gp0
            ld.d      t0, phys:apicb+0x80
            shr.q     t0, t0, 4
            and.q     t0, t0, 15
            mov.nat   rm, t0                    ; end
mov_cr0r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
mov_cr0t:   or.q      t0, t0, 0x10
            chkw      cr0, t0                   ; jnok gp0
            and.q     t0, t0, 0xe005003f
            xor.q     t1, t0, cr0
            mov.q     cr0, t0
            serialise
            and.q     -, t1, 0x80010000         ; endz
            flush     -, none, 3                ; end
mov_cr2r:   nop                                 ; jncpl0 gp0
            mov.nat   cr2, rm
            serialise                           ; end
mov_cr3r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
            chkw      cr3, t0                   ; jnok gp0
            shr.q     t1, t0, 63
            and.q     t2, t0, 0x7fffffffffffffff
            mov.q     cr3, t2
            serialise
            test.q    -, t1, t1                 ; endnz
            and.q     t1, t0, 0xfff
            mov.q     wdhi, t1
            flush     -, none, 2                ; end
mov_cr4r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
            chkw      cr4, t0                   ; jnok gp0
            xor.q     t1, t0, cr4
            mov.q     t2, cr4
            mov.q     cr4, t0
            serialise
            and.q     -, t1, 0x2000a0           ; jnz cr4_flush
            and.q     t3, t1, t2
            and.q     -, t3, 0x20000            ; jnz cr4_flush
            and.q     t3, t1, t0
            and.q     -, t3, 0x100000           ; endz
cr4_flush:  flush     -, none, 3                ; end
mov_cr8r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
            and.q     -, t0, ~15                ; jnz gp0
            shl.q     t0, t0, 4
            st.d      phys:apicb+0x80, t0
            serialise                           ; end
lmsw_r:     nop                                 ; jncpl0 gp0
            mov.w     t0, rm                    ; j lmsw_t
lmsw_m:     nop                                 ; jncpl0 gp0
            ld.w      t0, dat:ea+0
lmsw_t:     and.q     t0, t0, 15
            and.q     t1, cr0, ~14
            or.q      t1, t1, t0
            mov.q     cr0, t1
            serialise                           ; end
clts:       nop                                 ; jncpl0 gp0
            and.q     cr0, cr0, ~8
            serialise                           ; end

# --- debug registers: the decoder has settled DR4, DR5 ------------------------------------------
mov_rdr:    nop                                 ; jncpl0 gp0
            nop                                 ; call dr_gd
            mov.nat   rm, drn                   ; end
mov_drr:    nop                                 ; jncpl0 gp0
            nop                                 ; call dr_gd
            mov.nat   t0, rm
            chkw      drn, t0                   ; jnok gp0
            mov.q     drn, t0
            serialise                           ; end
dr_gd:      and.q     -, dr7, 0x2000            ; jnz dr_gd_db
            nop                                 ; ret
dr_gd_db:   or.q      dr6, dr6, 0x2000
            fault     -, 1, none

# --- MSRs ---------------------------------------------------------------------------------------
rdmsr:      nop                                 ; jncpl0 gp0
            nop                                 ; jmsrok rdmsr_ok
            nop                                 ; j gp0
rdmsr_tsc:  rdtsc     t0                        ; j rdtsc_end
rdmsr_ok:   cmp.d     -, rcx, 0x10              ; jz rdmsr_tsc
            mov.q     t0, msrv                  ; j rdtsc_end
wrmsr:      nop                                 ; jncpl0 gp0
            mov.d     t0, rax
            shl.q     t1, rdx, 32
            or.q      t0, t0, t1
            chkw      msrv, t0                  ; jnok gp0
            mov.q     t2, efer
            mov.q     msrv, t0
            serialise
            xor.q     t2, t2, efer
            and.q     -, t2, 0x900              ; endz
            flush     -, none, 3                ; end
rdtsc:      nop                                 ; call tsd_check
            rdtsc     t0
rdtsc_end:  mov.d     rax, t0
            shr.q     t0, t0, 32
            mov.d     rdx, t0                   ; end
rdtscp:     nop                                 ; call tsd_check
            rdtsc     t0
            mov.d     rcx, tscaux               ; j rdtsc_end
tsd_check:  nop                                 ; retcpl0
            and.q     -, cr4, 4                 ; jnz gp0
            nop                                 ; ret
rdpid:      mov.nat   rm, tscaux                ; end
cpuid:      mov.d     t0, cpa
            mov.d     t1, cpb
            mov.d     t2, cpc
            mov.d     t3, cpd
            mov.d     rax, t0
            mov.d     rbx, t1
            mov.d     rcx, t2
            mov.d     rdx, t3
            serialise                           ; end
swapgs:     nop                                 ; jncpl0 gp0
            mov.q     t0, kgsb
            mov.q     kgsb, sbase@gs
            mov.q     sbase@gs, t0
            serialise                           ; end
rdfsb:      mov.op    rm, sbase@fs              ; end
rdgsb:      mov.op    rm, sbase@gs              ; end
wrfsb:      mov.op    t0, rm                    ; jncanon gp0
            mov.q     sbase@fs, t0              ; end
wrgsb:      mov.op    t0, rm                    ; jncanon gp0
            mov.q     sbase@gs, t0              ; end

# --- descriptor-table registers -----------------------------------------------------------------
lgdt:       nop                                 ; jncpl0 gp0
            nop                                 ; call ld_pseudo
            mov.q     gdtl, t0
            mov.q     gdtb, t1
            serialise                           ; end
lidt:       nop                                 ; jncpl0 gp0
            nop                                 ; call ld_pseudo
            mov.q     idtl, t0
            mov.q     idtb, t1
            serialise                           ; end
ld_pseudo:  ld.w      t0, dat:ea+0
            mov.q     t2, ea
            ld.nat    t1, dat:t2+2
            nop                                 ; jl64 ld_pseudo_r
            nop                                 ; jo16 ld_pseudo_24
ld_pseudo_r: mov.q    t1, t1                    ; jncanon gp0
            nop                                 ; ret
ld_pseudo_24: and.q   t1, t1, 0xffffff          ; ret
sgdt:       mov.q     t0, gdtl
            mov.q     t1, gdtb                  ; j st_pseudo
sidt:       mov.q     t0, idtl
            mov.q     t1, idtb
st_pseudo:  st.w      dat:ea+0, t0
            mov.q     t2, ea
            st.nat    dat:t2+2, t1              ; end
sldt_r:     mov.op    rm, ssel@ldtr             ; end
sldt_m:     mov.q     t0, ssel@ldtr
            st.w      dat:ea+0, t0              ; end
str_r:      mov.op    rm, ssel@tr               ; end
str_m:      mov.q     t0, ssel@tr
            st.w      dat:ea+0, t0              ; end
smsw_r:     mov.op    rm, cr0                   ; end
smsw_m:     mov.q     t0, cr0
            st.w      dat:ea+0, t0              ; end
lldt_r:     nop                                 ; jncpl0 gp0
            mov.w     t14, rm                   ; j lldt_t
lldt_m:     nop                                 ; jncpl0 gp0
            ld.w      t14, dat:ea+0
lldt_t:     and.q     -, t14, 0xfffc            ; jz lldt_null
            nop                                 ; call rd_sysdesc
            and.q     t7, t6, 0x1f
            cmp.q     -, t7, 2                  ; jnz gp_sel
            and.q     -, t6, 0x80               ; jz np_sel
            segld     -@ldtr, t13, t14
lldt_hi:    nop                                 ; jnlma lldt_end
            segld_hi  -@ldtr, t9
lldt_end:   serialise                           ; end
lldt_null:  segnull   -@ldtr, t14
            serialise                           ; end
ltr_r:      nop                                 ; jncpl0 gp0
            mov.w     t14, rm                   ; j ltr_t
ltr_m:      nop                                 ; jncpl0 gp0
            ld.w      t14, dat:ea+0
ltr_t:      and.q     -, t14, 0xfffc            ; jz gp0
            nop                                 ; call rd_sysdesc
            and.q     t7, t6, 0x1f
            cmp.q     -, t7, 9                  ; jz ltr_type
            nop                                 ; jlma gp_sel
            cmp.q     -, t7, 1                  ; jnz gp_sel
ltr_type:   and.q     -, t6, 0x80               ; jz np_sel
            add.q     t11, t12, 5
            ld.b.imp.rmw.lock t10, lin:t11+0
            or.q      t10, t10, 2
            strmw.b.lock t10
            or.q      t13, t13, 0x20000000000
            segld     -@tr, t13, t14
            nop                                 ; jnlma ltr_end
            segld_hi  -@tr, t9
ltr_end:    serialise                           ; end
# A system descriptor of the GDT for selector t14: t13 low, t9 high (long mode), t6 its access byte
# up.
rd_sysdesc: mov.q     t15, 13
            and.q     -, t14, 4                 ; jnz gp_sel
            and.q     t12, t14, 0xfff8
            or.q      t11, t12, 7
            nop                                 ; jnlma rd_sysdesc_l
            add.q     t11, t12, 15
rd_sysdesc_l: cmp.q   -, gdtl, t11              ; jc gp_sel
            add.q     t12, t12, gdtb
            ld.q.imp  t13, lin:t12+0
            shr.q     t6, t13, 40
            nop                                 ; jlma rd_sysdesc_h
            nop                                 ; ret
rd_sysdesc_h: ld.q.imp t9, lin:t12+8
            and.q     -, t9, 0x1f0000000000     ; jnz gp_sel
            shl.q     t8, t9, 32
            mov.d     t7, t13                   # canonical: sign of base[47] over base[63:48]
            or.q      t8, t8, t7                ; jncanon gp_sel
            nop                                 ; ret

# --- translation caches, the rest ---------------------------------------------------------------
invlpg:     nop                                 ; jncpl0 gp0
            serialise
            mov.q     t1, ea
            add.q     t0, t1, sbase@dat
            nop                                 ; jl64 invlpg_c
            mov.d     t0, t0
invlpg_c:   mov.q     t0, t0                    ; jncanon invlpg_end
            and.q     t1, cr3, 0xfff
            mov.q     wdhi, t1
            flush     -, t0, 0
invlpg_end: nop                                 ; end
invpcid:    nop                                 ; jncpl0 gp0
            mov.nat   t2, reg
            and.q     -, t2, ~3                 ; jnz gp0
            ld.x      t0, dat:ea+0
            mov.q     t1, ldhi
            and.q     -, t0, ~0xfff             ; jnz gp0
            mov.q     wdhi, t0
            serialise
            cmp.q     -, t2, 2                  ; jz invpcid_all
            cmp.q     -, t2, 3                  ; jz invpcid_ng
            and.q     -, cr4, 0x20000           ; jnz invpcid_p
            test.q    -, t0, t0                 ; jnz gp0
invpcid_p:  test.q    -, t2, t2                 ; jz invpcid_va
            flush     -, none, 2                ; end
invpcid_va: mov.q     t1, t1                    ; jncanon gp0
            flush     -, t1, 1                  ; end
invpcid_all: flush    -, none, 3                ; end
invpcid_ng: flush     -, none, 4                ; end
wbinvd:     nop                                 ; jncpl0 gp0
            serialise                           ; end
hlt:        nop                                 ; jncpl0 gp0
            serialise
            hlt                                 ; end
rdpmc:      fault     -, 13, none

# --- ports --------------------------------------------------------------------------------------
in_i:       and.q     t0, imm, 0xff             ; call io_check
            ld.op     rax, io:t0+0              ; end
in_dx:      and.q     t0, rdx, 0xffff           ; call io_check
            ld.op     rax, io:t0+0              ; end
out_i:      and.q     t0, imm, 0xff             ; call io_check
            st.op     io:t0+0, rax              ; end
out_dx:     and.q     t0, rdx, 0xffff           ; call io_check
            st.op     io:t0+0, rax              ; end
# Port t0, operand size: IOPL, then the I/O permission bitmap.
io_check:   and.q     -, cr0, 1                 ; retz
            shr.q     t1, flags, 12
            and.q     t1, t1, 3
            cmp.q     -, t1, cpl                ; jc io_map
            nop                                 ; ret
io_map:     cmp.q     -, slim@tr, 0x67          ; jc gp0
            mov.q     t1, sbase@tr
            ld.w.imp  t2, lin:t1+0x66
            shr.q     t3, t0, 3
            add.q     t2, t2, t3
            add.q     t3, t2, 1
            cmp.q     -, slim@tr, t3            ; jc gp0
            add.q     t2, t2, t1
            ld.w.imp  t4, lin:t2+0
            and.q     t3, t0, 7
            shr.q     t4, t4, t3
            mov.q     t5, 1
            shl.q     t5, t5, osb
            sub.q     t5, t5, 1
            and.q     -, t4, t5                 ; jnz gp0
            nop                                 ; ret
