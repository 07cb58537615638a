# SPDX-License-Identifier: Apache-2.0
# System instructions. SDM Vol. 2, the Operation section of each; order of checks as there.

gp0:        fault     -, VecGp, none

# --- flags and stack of flags -------------------------------------------------------------------
cli:        shr.q     t0, flags, FlIopl
            and.q     t0, t0, PrivilegeMask
            cmp.q     -, t0, cpl                ; jc gp0
            and.q     flags, flags, ~[FlIf]     ; end
sti:        shr.q     t0, flags, FlIopl
            and.q     t0, t0, PrivilegeMask
            cmp.q     -, t0, cpl                ; jc gp0
            and.q     -, flags, [FlIf]          ; jnz sti_end
            shadow    -, [ShadowSti]
sti_end:    or.q      flags, flags, [FlIf]      ; end
clac:       nop                                 ; jncpl0 ud
            and.q     flags, flags, ~[FlAc]     ; end
stac:       nop                                 ; jncpl0 ud
            or.q      flags, flags, [FlAc]      ; end
popf:       ld.op     t2, ss:rsp+0
            nop                                 ; call flag_mask
            and.q     t10, t10, ~[FlRf]
            and.q     t2, t2, t10
            not.q     t10, t10
            and.q     t11, flags, t10
            and.q     t11, t11, ~[FlRf]
            or.q      flags, t11, t2
            add.stk   rsp, rsp, osb             ; end
# t10 := the flags that POPF and IRET may write at this CPL, IOPL and operand size.
flag_mask:  mov.q     t10, FlPopf
            nop                                 ; jncpl0 flag_mask_3
            or.q      t10, t10, FlIoplIf        ; j flag_mask_w
flag_mask_3: shr.q    t11, flags, FlIopl
            and.q     t11, t11, PrivilegeMask
            cmp.q     -, t11, cpl               ; jc flag_mask_w
            or.q      t10, t10, [FlIf]
flag_mask_w: nop                                ; jo16 flag_mask_16
            nop                                 ; ret
flag_mask_16: and.q   t10, t10, LowWord         ; ret

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
            ld.d      t0, apic:none+ApicTpr
            shr.q     t0, t0, Cr8Tpr
            and.q     t0, t0, Cr8Mask
            mov.nat   rm, t0                    ; end
mov_cr0r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
mov_cr0t:   or.q      t0, t0, [Cr0Et]
            chkw      cr0, t0                   ; jnok gp0
            and.q     t0, t0, Cr0Existing
            xor.q     t1, t0, cr0
            and.q     -, t1, [Cr0Pg|Cr0Cd|Cr0Nw] ; jz mov_cr0w
            mov.q     t3, t0
            mov.q     t4, cr4
            mov.q     t5, cr3                   ; call load_pdpte
mov_cr0w:   mov.q     cr0, t0
            serialise
            and.q     -, t1, [Cr0Pg|Cr0Wp]      ; endz
            flush     -, none, MmuFlushAll      ; end
mov_cr2r:   nop                                 ; jncpl0 gp0
            mov.nat   cr2, rm
            serialise                           ; end
mov_cr3r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
            chkw      cr3, t0                   ; jnok gp0
            mov.q     t3, cr0
            mov.q     t4, cr4
            mov.q     t5, t0                    ; call load_pdpte
            shr.q     t1, t0, Cr3NoFlush
            and.q     t2, t0, ~[Cr3NoFlush]
            mov.q     cr3, t2
            serialise
            test.q    -, t1, t1                 ; endnz
            and.q     t1, t0, Cr3PcidMask
            mov.q     wdhi, t1
            flush     -, none, MmuFlushPcid     ; end
mov_cr4r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
            chkw      cr4, t0                   ; jnok gp0
            xor.q     t1, t0, cr4
            and.q     -, t1, [Cr4Pae|Cr4Pge|Cr4Pse|Cr4Smep] ; jz mov_cr4w
            mov.q     t3, cr0
            mov.q     t4, t0
            mov.q     t5, cr3                   ; call load_pdpte
mov_cr4w:   mov.q     t2, cr4
            mov.q     cr4, t0
            serialise
            and.q     -, t1, [Cr4Smap|Cr4Pge|Cr4Pae|Cr4Pse|Cr4La57] ; jnz cr4_flush
            and.q     t3, t1, t2
            and.q     -, t3, [Cr4Pcide]         ; jnz cr4_flush
            and.q     t3, t1, t0
            and.q     -, t3, [Cr4Smep]          ; endz
cr4_flush:  flush     -, none, MmuFlushAll      ; end
# S13: with CR0 t3, CR4 t4 and CR3 t5, as they will be, if that is PAE paging.
load_pdpte: and.q     -, efer, [EferLme]        ; retnz
            and.q     -, t3, [Cr0Pg]            ; retz
            and.q     -, t4, [Cr4Pae]           ; retz
            pdpte     -, t5                     ; jnok gp0
            nop                                 ; ret
mov_cr8r:   nop                                 ; jncpl0 gp0
            mov.nat   t0, rm
            and.q     -, t0, ~Cr8Mask           ; jnz gp0
            shl.q     t0, t0, Cr8Tpr
            st.d      apic:none+ApicTpr, t0
            serialise                           ; end
lmsw_r:     nop                                 ; jncpl0 gp0
            mov.w     t0, rm                    ; j lmsw_t
lmsw_m:     nop                                 ; jncpl0 gp0
            ld.w      t0, dat:ea+0
lmsw_t:     and.q     t0, t0, Cr0Lmsw
            and.q     t1, cr0, ~[Cr0Mp|Cr0Em|Cr0Ts]
            or.q      t1, t1, t0
            mov.q     cr0, t1
            serialise                           ; end
clts:       nop                                 ; jncpl0 gp0
            and.q     cr0, cr0, ~[Cr0Ts]
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
dr_gd:      and.q     -, dr7, [Dr7Gd]           ; jnz dr_gd_db
            nop                                 ; ret
dr_gd_db:   and.q     t0, dr6, ~Dr6Match
            or.q      dr6, t0, [Dr6Bd]
            fault     -, VecDb, none

# --- MSRs ---------------------------------------------------------------------------------------
rdmsr:      nop                                 ; jncpl0 gp0
            nop                                 ; jmsrok rdmsr_ok
            nop                                 ; j gp0
rdmsr_tsc:  rdtsc     t0                        ; j rdtsc_end
rdmsr_ok:   cmp.d     -, rcx, MsrNumberTsc      ; jz rdmsr_tsc
            nop                                 ; call apic_msr
            test.q    -, t1, t1                 ; jnz rdmsr_apic
            mov.q     t0, msrv                  ; j rdtsc_end
rdmsr_apic: ld.q      t0, apic:t1+0             ; j rdtsc_end
wrmsr:      nop                                 ; jncpl0 gp0
            mov.d     t0, rax
            shl.q     t1, rdx, 32
            or.q      t0, t0, t1
            chkw      msrv, t0                  ; jnok gp0
            cmp.d     -, rcx, MsrNumberTsc      ; jz wrmsr_tsc
            nop                                 ; call apic_msr
            test.q    -, t1, t1                 ; jnz wrmsr_apic
            mov.q     t2, efer
            mov.q     msrv, t0
            serialise
            cmp.d     -, rcx, MsrNumberApicBase ; jz wrmsr_base
            cmp.d     -, rcx, MsrNumberTscAdjust ; jz wrmsr_adjust
            xor.q     t2, t2, efer
            and.q     -, t2, [EferNxe|EferLme]  ; endz
            flush     -, none, MmuFlushAll      ; end
# S16: the counter is not written, but what is added to the clock's cycle.
wrmsr_tsc:  rdtsc     t1
            sub.q     t0, t0, t1
            add.q     tscadj, t0, tscadj
            serialise
wrmsr_adjust: st.q    apic:none+ApicTscAdjust, tscadj ; j io_settle
wrmsr_base: st.q      apic:none+ApicNewBase, t0 ; end
wrmsr_apic: st.q      apic:t1+0, t0
            serialise                           ; end
# S17: t1 := the APIC access that MSR ECX is, 0 when it is none.
apic_msr:   mov.q     t1, ApicDeadline
            cmp.d     -, rcx, MsrNumberDeadline ; retz
            shr.d     t1, rcx, 8
            cmp.q     -, t1, MsrX2apicBlock     ; jnz apic_msr_no
            and.q     t1, rcx, LowByte
            shl.q     t1, t1, 4
            or.q      t1, t1, ApicByMsr         ; ret
apic_msr_no: mov.q    t1, none                  ; ret
rdtsc:      nop                                 ; call tsd_check
            rdtsc     t0
rdtsc_end:  mov.d     rax, t0
            shr.q     t0, t0, 32
            mov.d     rdx, t0                   ; end
rdtscp:     nop                                 ; call tsd_check
            rdtsc     t0
            mov.d     rcx, tscaux               ; j rdtsc_end
tsd_check:  nop                                 ; retcpl0
            and.q     -, cr4, [Cr4Tsd]          ; jnz gp0
            nop                                 ; ret
rdpid:      mov.nat   rm, tscaux                ; end
rdpkru:     test.d    -, rcx, rcx               ; jnz gp0
            mov.d     rax, pkru
            mov.d     rdx, none                 ; end
wrpkru:     test.d    -, rcx, rcx               ; jnz gp0
            test.d    -, rdx, rdx               ; jnz gp0
            mov.d     pkru, rax                 ; end
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
wrfsb:      mov.op    t0, rm                    ; jncanon57 gp0
            mov.q     sbase@fs, t0              ; end
wrgsb:      mov.op    t0, rm                    ; jncanon57 gp0
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
ld_pseudo_r: mov.q    t1, t1                    ; jncanon57 gp0
            nop                                 ; ret
ld_pseudo_24: and.q   t1, t1, PseudoBase24      ; ret
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
lldt_t:     and.q     -, t14, SelNoRpl          ; jz lldt_null
            nop                                 ; call rd_sysdesc
            and.q     t7, t6, AbType
            cmp.q     -, t7, TypeLdt            ; jnz gp_sel
            and.q     -, t6, [AbPresent]        ; jz np_sel
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
ltr_t:      and.q     -, t14, SelNoRpl          ; jz gp0
            nop                                 ; call rd_sysdesc
            and.q     t7, t6, AbType
            cmp.q     -, t7, TypeTss32          ; jz ltr_type
            nop                                 ; jlma gp_sel
            cmp.q     -, t7, TypeTss16          ; jnz gp_sel
ltr_type:   and.q     -, t6, [AbPresent]        ; jz np_sel
            add.q     t11, t12, DescAccessByte
            ld.b.imp.rmw.lock t10, lin:t11+0
            or.q      t10, t10, [TypeTssBusy]
            strmw.b.lock t10
            or.q      t13, t13, [DescBusy]
            segld     -@tr, t13, t14
            nop                                 ; jnlma ltr_end
            segld_hi  -@tr, t9
ltr_end:    serialise                           ; end
# A system descriptor of the GDT for selector t14: t13 low, t9 high (long mode), t6 its access byte
# up.
rd_sysdesc: mov.q     t15, VecGp
            and.q     -, t14, [SelTi]           ; jnz gp_sel
            and.q     t12, t14, SelOffset
            or.q      t11, t12, DescLast
            nop                                 ; jnlma rd_sysdesc_l
            add.q     t11, t12, DescLast16
rd_sysdesc_l: cmp.q   -, gdtl, t11              ; jc gp_sel
            add.q     t12, t12, gdtb
            ld.q.imp  t13, lin:t12+0
            shr.q     t6, t13, DescAccess
            nop                                 ; jlma rd_sysdesc_h
            nop                                 ; ret
rd_sysdesc_h: ld.q.imp t9, lin:t12+8
            and.q     -, t9, DescHighType       ; jnz gp_sel
            shl.q     t8, t9, 32
            mov.d     t7, t13                   # canonical: bits 31:0 do not count
            or.q      t8, t8, t7                ; jncanon57 gp_sel
            nop                                 ; ret

# --- translation caches, the rest ---------------------------------------------------------------
invlpg:     nop                                 ; jncpl0 gp0
            serialise
            mov.q     t1, ea
            add.q     t0, t1, sbase@dat
            nop                                 ; jl64 invlpg_c
            mov.d     t0, t0
invlpg_c:   mov.q     t0, t0                    ; jncanon57 invlpg_end
            and.q     t1, cr3, Cr3PcidMask
            mov.q     wdhi, t1
            flush     -, t0, MmuFlushPage
invlpg_end: nop                                 ; end
invpcid:    nop                                 ; jncpl0 gp0
            mov.nat   t2, reg
            and.q     -, t2, ~InvpcidTypes      ; jnz gp0
            ld.x      t0, dat:ea+0
            mov.q     t1, ldhi
            and.q     -, t0, ~Cr3PcidMask       ; jnz gp0
            mov.q     wdhi, t0
            serialise
            cmp.q     -, t2, InvpcidAll         ; jz invpcid_all
            cmp.q     -, t2, InvpcidNonGlobal   ; jz invpcid_ng
            and.q     -, cr4, [Cr4Pcide]        ; jnz invpcid_p
            test.q    -, t0, t0                 ; jnz gp0
invpcid_p:  test.q    -, t2, t2                 ; jz invpcid_va
            flush     -, none, MmuFlushPcid     ; end
invpcid_va: mov.q     t1, t1                    ; jncanon57 gp0
            flush     -, t1, MmuFlushPagePcid   ; end
invpcid_all: flush    -, none, MmuFlushAll      ; end
invpcid_ng: flush     -, none, MmuFlushAllNonGlobal ; end
wbinvd:     nop                                 ; jncpl0 gp0
            serialise                           ; end
hlt:        nop                                 ; jncpl0 gp0
            serialise
            hlt                                 ; end
rdpmc:      fault     -, VecGp, none

# --- ports --------------------------------------------------------------------------------------
in_i:       and.q     t0, imm, LowByte          ; call io_check
            ld.op     rax, io:t0+0              ; end
in_dx:      and.q     t0, rdx, LowWord          ; call io_check
            ld.op     rax, io:t0+0              ; end
out_i:      and.q     t0, imm, LowByte          ; call io_check
            st.op     io:t0+0, rax              ; j io_settle
out_dx:     and.q     t0, rdx, LowWord          ; call io_check
            st.op     io:t0+0, rax
# A12: what the write raised on the board stands at the pin before the next instruction.
io_settle:  mov.q     t0, IoSettle
io_settle_1: sub.q    t0, t0, 1                 ; jnz io_settle_1
            nop                                 ; end
# Port t0, operand size: IOPL, then the I/O permission bitmap.
io_check:   and.q     -, cr0, [Cr0Pe]           ; retz
            shr.q     t1, flags, FlIopl
            and.q     t1, t1, PrivilegeMask
            cmp.q     -, t1, cpl                ; jc io_map
            nop                                 ; ret
io_map:     and.q     -, sattr@tr, [Tss32]      ; jz gp0
            cmp.q     -, slim@tr, TssIoMapLast  ; jc gp0
            mov.q     t1, sbase@tr
            ld.w.imp  t2, lin:t1+TssIoMap
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
