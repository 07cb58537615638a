# SPDX-License-Identifier: Apache-2.0
# Short instructions: one to four words. Entry names end in the operand forms: r register, m memory,
# i immediate. "alu" is the operation the decoder chose.

ud:         fault.q   -, VecUd, none

# --- arithmetic, logic, shifts ------------------------------------------------------------------
alu_rr:     alu.op.f  rm, rm, reg               ; end
alu_gr:     alu.op.f  reg, reg, rm              ; end
alu_ri:     alu.op.f  rm, rm, imm               ; end
alu_gm:     ld.op     t0, dat:ea+0
            alu.op.f  reg, reg, t0              ; end
alu_mr:     ld.op.rmw t0, dat:ea+0
            alu.op.f  t0, t0, reg
            strmw.op  t0                        ; end
alu_mi:     ld.op.rmw t0, dat:ea+0
            alu.op.f  t0, t0, imm
            strmw.op  t0                        ; end
cmp_mr:     ld.op     t0, dat:ea+0
            alu.op.f  -, t0, reg                ; end
cmp_mi:     ld.op     t0, dat:ea+0
            alu.op.f  -, t0, imm                ; end
un_r:       alu.op.f  rm, rm, 1                 ; end
un_m:       ld.op.rmw t0, dat:ea+0
            alu.op.f  t0, t0, 1
            strmw.op  t0                        ; end
sh_rc:      alu.op.f  rm, rm, rcx               ; end
sh_mc:      ld.op.rmw t0, dat:ea+0
            alu.op.f  t0, t0, rcx
            strmw.op  t0                        ; end
# Double shifts: the operand shifted in is ModRM.reg, read by the ALU beside a and b.
dsh_ri:     alu.op.f  rm, rm, imm               ; end
dsh_rc:     alu.op.f  rm, rm, rcx               ; end
dsh_mi:     ld.op.rmw t0, dat:ea+0
            alu.op.f  t0, t0, imm
            strmw.op  t0                        ; end
dsh_mc:     ld.op.rmw t0, dat:ea+0
            alu.op.f  t0, t0, rcx
            strmw.op  t0                        ; end
bt_mr:      bitoff.op t1, reg
            add.ad    t1, t1, ea
            ld.op     t0, dat:t1+0
            alu.op.f  -, t0, reg                ; end
bts_mr:     bitoff.op t1, reg
            add.ad    t1, t1, ea
            ld.op.rmw t0, dat:t1+0
            alu.op.f  t0, t0, reg
            strmw.op  t0                        ; end
scan_r:     alu.op.f  reg, rm, reg              ; end
scan_m:     ld.op     t0, dat:ea+0
            alu.op.f  reg, t0, reg              ; end
bswap:      bswap.op  rm, rm                    ; end

mulb_r:     mulu.b.f  t0, rax, rm
            mov.w     rax, t0                   ; end
mulb_m:     ld.b      t1, dat:ea+0
            mulu.b.f  t0, rax, t1
            mov.w     rax, t0                   ; end
mul_r:      mulu.op.f t0, rax, rm
            mov.op    rax, t0
            mov.op    rdx, mdhi                 ; end
mul_m:      ld.op     t1, dat:ea+0
            mulu.op.f t0, rax, t1
            mov.op    rax, t0
            mov.op    rdx, mdhi                 ; end
imulb_r:    muls.b.f  t0, rax, rm
            mov.w     rax, t0                   ; end
imulb_m:    ld.b      t1, dat:ea+0
            muls.b.f  t0, rax, t1
            mov.w     rax, t0                   ; end
imul_r:     muls.op.f t0, rax, rm
            mov.op    rax, t0
            mov.op    rdx, mdhi                 ; end
imul_m:     ld.op     t1, dat:ea+0
            muls.op.f t0, rax, t1
            mov.op    rax, t0
            mov.op    rdx, mdhi                 ; end
imul_gr:    muls.op.f reg, reg, rm              ; end
imul_gm:    ld.op     t1, dat:ea+0
            muls.op.f reg, reg, t1              ; end
imul_gri:   muls.op.f reg, rm, imm              ; end
imul_gmi:   ld.op     t1, dat:ea+0
            muls.op.f reg, t1, imm              ; end
divb_r:     divu.b.f  t0, rm, none              ; j divb_end
divb_m:     ld.b      t1, dat:ea+0
            divu.b.f  t0, t1, none
divb_end:   shl.q     t1, mdhi, 8
            or.q      t0, t0, t1
            mov.w     rax, t0                   ; end
div_r:      divu.op.f t0, rm, none              ; j div_end
div_m:      ld.op     t1, dat:ea+0
            divu.op.f t0, t1, none
div_end:    mov.op    rax, t0
            mov.op    rdx, mdhi                 ; end
idivb_r:    divs.b.f  t0, rm, none              ; j divb_end
idivb_m:    ld.b      t1, dat:ea+0
            divs.b.f  t0, t1, none              ; j divb_end
idiv_r:     divs.op.f t0, rm, none              ; j div_end
idiv_m:     ld.op     t1, dat:ea+0
            divs.op.f t0, t1, none              ; j div_end

# --- moves --------------------------------------------------------------------------------------
mov_rr:     mov.op    rm, reg                   ; end
mov_gr:     mov.op    reg, rm                   ; end
mov_gm:     ld.op     reg, dat:ea+0             ; end
mov_mr:     st.op     dat:ea+0, reg             ; end
mov_ri:     mov.op    rm, imm                   ; end
mov_mi:     st.op     dat:ea+0, imm             ; end
movz_r:     movz.op   reg, rm                   ; end
movz_m:     ld.src    t0, dat:ea+0
            movz.op   reg, t0                   ; end
movs_r:     movs.op   reg, rm                   ; end
movs_m:     ld.src    t0, dat:ea+0
            movs.op   reg, t0                   ; end
movbe_gm:   ld.op     t0, dat:ea+0
            swapb.op  t0, t0                    ; j movbe_end
movbe_mr:   swapb.op  t0, reg
            st.op     dat:ea+0, t0              ; end
movbe_end:  mov.op    reg, t0                   ; end
lea:        mov.op    reg, ea                   ; end
xchg_r:     mov.op    t0, rm
            mov.op    rm, reg
            mov.op    reg, t0                   ; end
xchg_m:     ld.op.rmw.lock t0, dat:ea+0
            strmw.op.lock reg
            mov.op    reg, t0                   ; end
cmov_r:     selcc.op  reg, reg, rm              ; end
cmov_m:     ld.op     t0, dat:ea+0
            selcc.op  reg, reg, t0              ; end
set_r:      setcc.b   rm, none                  ; end
set_m:      setcc.b   t0, none
            st.b      dat:ea+0, t0              ; end
cwd:        sxhi.op   rdx, rax                  ; end
cbw:        movs.op   rax, rax                  ; end
xlat:       and.q     t0, rax, LowByte
            add.ad    t0, t0, rbx
            ld.b      rax, dat:t0+0             ; end
salc:       and.q     t0, flags, [FlCf]
            sub.b     rax, none, t0             ; end
lahf:       shl.q     t0, flags, 8
            and.q     t0, t0, AhMask
            and.q     t1, rax, ~AhMask
            or.q      rax, t0, t1               ; end
sahf:       shr.q     t0, rax, 8
            and.q     t0, t0, [FlSf|FlZf|FlAf|FlPf|FlCf]
            and.q     t1, flags, ~[FlSf|FlZf|FlAf|FlPf|FlCf]
            or.q      flags, t0, t1             ; end
cmpxchg_r:  mov.op    t0, rm
            cmp.op.f  -, rax, t0                ; jnz cmpxchg_rn
            mov.op    rm, reg                   ; end
cmpxchg_rn: mov.op    rax, t0                   ; end
cmpxchg_m:  ld.op.rmw t0, dat:ea+0
            cmp.op.f  -, rax, t0                ; jnz cmpxchg_mn
            strmw.op  reg                       ; end
cmpxchg_mn: strmw.op  t0
            mov.op    rax, t0                   ; end
xadd_r:     mov.op    t0, rm
            add.op.f  t1, t0, reg
            mov.op    reg, t0
            mov.op    rm, t1                    ; end
xadd_m:     ld.op.rmw t0, dat:ea+0
            add.op.f  t1, t0, reg
            strmw.op  t1
            mov.op    reg, t0                   ; end
cmpxchg8b:  ld.q.rmw  t0, dat:ea+0
            shl.q     t1, rdx, 32
            mov.d     t2, rax
            or.q      t1, t1, t2
            cmp.q     -, t0, t1                 ; jnz cmpxchg8b_n
            shl.q     t1, rcx, 32
            mov.d     t2, rbx
            or.q      t1, t1, t2
            strmw.q   t1
            or.q      flags, flags, [FlZf]      ; end
cmpxchg8b_n: strmw.q  t0
            mov.d     rax, t0
            shr.q     t0, t0, 32
            mov.d     rdx, t0
            and.q     flags, flags, ~[FlZf]     ; end
# Misaligned: #GP(0) by the load/store unit, before the translation.
cmpxchg16b: ld.x.rmw  t0, dat:ea+0
            mov.q     t1, ldhi
            cmp.q     -, t0, rax                ; jnz cmpxchg16b_n
            cmp.q     -, t1, rdx                ; jnz cmpxchg16b_n
            mov.q     wdhi, rcx
            strmw.x   rbx
            or.q      flags, flags, [FlZf]      ; end
cmpxchg16b_n: mov.q   wdhi, t1
            strmw.x   t0
            mov.q     rax, t0
            mov.q     rdx, t1
            and.q     flags, flags, ~[FlZf]     ; end

# --- stack --------------------------------------------------------------------------------------
push_r:     st.op.push ss:rsp+0, rm             ; end
push_i:     st.op.push ss:rsp+0, imm            ; end
push_m:     ld.op     t0, dat:ea+0
            st.op.push ss:rsp+0, t0             ; end
pop_r:      ld.op.pop rm, ss:rsp+0              ; end
# The decoder has made EA use RSP already incremented.
pop_m:      ld.op     t0, ss:rsp+0
            st.op     dat:ea+0, t0
            add.stk   rsp, rsp, osb             ; end
push_s:     mov.q     t0, ssel@sreg
            st.op.push ss:rsp+0, t0             ; end
pushf:      and.q     t0, flags, FlPushed
            st.op.push ss:rsp+0, t0             ; end
leave:      ld.op     t0, ss:rbp+0
            add.stk   rsp, rbp, osb
            mov.op    rbp, t0                   ; end
enter:      sub.stk   t0, rsp, osb
            st.op     ss:t0+0, rbp
            mov.stk   t1, rsp                   # the frame pointer is all of ESP: what lies beyond SP
            sub.q     t1, rsp, t1               # stays
            or.q      t1, t1, t0
            and.q     t2, imm2, EnterLevels     ; jz enter_end
            mov.q     t3, rbp
enter_loop: sub.q     t2, t2, 1                 ; jz enter_last
            sub.stk   t3, t3, osb
            ld.op     t4, ss:t3+0
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, t4               ; j enter_loop
enter_last: sub.stk   t0, t0, osb
            st.op     ss:t0+0, t1
# SDM Vol. 2 "ENTER": faults when a write with the final stack pointer would.
enter_end:  sub.stk   t0, t0, imm
            st.op.probe ss:t0+0, none
            mov.op    rbp, t1
            mov.stk   rsp, t0                   ; end
pusha:      sub.stk   t0, rsp, osb
            st.op     ss:t0+0, rax
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rcx
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rdx
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rbx
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rsp
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rbp
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rsi
            sub.stk   t0, t0, osb
            st.op     ss:t0+0, rdi
            mov.stk   rsp, t0                   ; end
# The image of ESP is skipped without an access.
popa:       mov.stk   t0, rsp
            ld.op     t1, ss:t0+0
            add.stk   t0, t0, osb
            ld.op     t2, ss:t0+0
            add.stk   t0, t0, osb
            ld.op     t3, ss:t0+0
            add.stk   t0, t0, osb
            add.stk   t0, t0, osb
            ld.op     t4, ss:t0+0
            add.stk   t0, t0, osb
            ld.op     t5, ss:t0+0
            add.stk   t0, t0, osb
            ld.op     t6, ss:t0+0
            add.stk   t0, t0, osb
            ld.op     t7, ss:t0+0
            add.stk   t0, t0, osb
            mov.op    rdi, t1
            mov.op    rsi, t2
            mov.op    rbp, t3
            mov.op    rbx, t4
            mov.op    rdx, t5
            mov.op    rcx, t6
            mov.op    rax, t7
            mov.stk   rsp, t0                   ; end

# --- near control transfer ----------------------------------------------------------------------
jcc:        jcc.op    -, -, relt                ; end
jmp_i:      jmp.op    -, relt                   ; end
jmp_r:      jmp.op    -, rm                     ; end
jmp_m:      ld.op     t0, dat:ea+0
            jmp.op    -, t0                     ; end
call_i:     jmp.op    -, relt
            st.op.push ss:rsp+0, nrip           ; end
call_r:     jmp.op    -, rm
            st.op.push ss:rsp+0, nrip           ; end
call_m:     ld.op     t0, dat:ea+0
            jmp.op    -, t0
            st.op.push ss:rsp+0, nrip           ; end
ret:        ld.op     t0, ss:rsp+0
            jmp.op    -, t0
            add.stk   rsp, rsp, osb             ; end
ret_i:      ld.op     t0, ss:rsp+0
            jmp.op    -, t0
            add.q     t1, imm, osb
            add.stk   rsp, rsp, t1              ; end
jcxz:       test.ad   -, rcx, rcx               ; endnz
            jmp.op    -, relt                   ; end
loop:       sub.ad    t0, rcx, 1                ; jz loop_out
            jmp.op    -, relt
loop_out:   mov.ad    rcx, t0                   ; end
loopcc:     sub.ad    t0, rcx, 1                ; jz loop_out
            nop                                 ; jncc loop_out
            jmp.op    -, relt                   ; j loop_out

# Signed; the decoder's source size is the operand's.
bound:      ld.op     t0, dat:ea+0
            add.ad    t1, ea, osb
            ld.op     t1, dat:t1+0
            movs.q    t0, t0
            movs.q    t1, t1
            movs.q    t2, reg
            sub.q     -, t2, t0                 ; js bound_out
            sub.q     -, t1, t2                 ; js bound_out
            nop                                 ; end
bound_out:  fault     -, VecBr, none

# --- flags, no-operations -----------------------------------------------------------------------
nop:        nop                                 ; end
clc:        and.q     flags, flags, ~[FlCf]     ; end
stc:        or.q      flags, flags, [FlCf]      ; end
cmc:        xor.q     flags, flags, [FlCf]      ; end
cld:        and.q     flags, flags, ~[FlDf]     ; end
std:        or.q      flags, flags, [FlDf]      ; end
# CLFLUSH and its like are checked and translated as a load of one byte; nothing is read.
clflush:    ld.b.probe -, dat:ea+0              ; end

# --- strings: one iteration a pass; the sequencer comes back to the entry -----------------------
movs:       nop                                 ; jnrep movs_1
            test.ad   -, rcx, rcx               ; endz
movs_1:     ld.op     t0, dat:rsi+0
            st.op     es:rdi+0, t0
            add.ad    rsi, rsi, step
            add.ad    rdi, rdi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz
stos:       nop                                 ; jnrep stos_1
            test.ad   -, rcx, rcx               ; endz
stos_1:     st.op     es:rdi+0, rax
            add.ad    rdi, rdi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz
lods:       nop                                 ; jnrep lods_1
            test.ad   -, rcx, rcx               ; endz
lods_1:     ld.op     rax, dat:rsi+0
            add.ad    rsi, rsi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz
cmps:       nop                                 ; jnrep cmps_1
            test.ad   -, rcx, rcx               ; endz
cmps_1:     ld.op     t0, dat:rsi+0
            ld.op     t1, es:rdi+0
            cmp.op.f  -, t0, t1
            add.ad    rsi, rsi, step
            add.ad    rdi, rdi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz_repe
# The destination of INS is translated as a write before the port is read.
# The right to the port is wanted with a count of 0 too.
ins:        nop                                 ; jnrep ins_1
            test.ad   -, rcx, rcx               ; jz port_none
ins_1:      and.q     t0, rdx, LowWord          ; call io_check
            st.op.probe es:rdi+0, none
            ld.op     t1, io:t0+0
            st.op     es:rdi+0, t1
            add.ad    rdi, rdi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz
outs:       nop                                 ; jnrep outs_1
            test.ad   -, rcx, rcx               ; jz port_none
outs_1:     and.q     t0, rdx, LowWord          ; call io_check
            ld.op     t1, dat:rsi+0
            st.op     io:t0+0, t1
            add.ad    rsi, rsi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz
port_none:  and.q     t0, rdx, LowWord          ; call io_check
            nop                                 ; end
scas:       nop                                 ; jnrep scas_1
            test.ad   -, rcx, rcx               ; endz
scas_1:     ld.op     t1, es:rdi+0
            cmp.op.f  -, rax, t1
            add.ad    rdi, rdi, step            ; endnrep
            sub.ad    rcx, rcx, 1               ; morenz_repe
