# SPDX-License-Identifier: Apache-2.0
# Decimal adjustment of AL and AX. SDM Vol. 2 "DAA", "DAS", "AAA", "AAS", "AAM", "AAD". What the SDM
# leaves undefined is as the sum or difference leaves it (bcdsum, undefined_pkg), or as TEST of the
# new AL does. t0 AL or AX, t1 the adjustment, t2 the AF and CF of the result.

daa:        nop                                 ; call bcd_low
            nop                                 ; call bcd_high
            add.b.f   t0, t0, t1                ; j bcd_end
# An AL below the adjustment borrows: CF too.
das:        nop                                 ; call bcd_low
            nop                                 ; call bcd_high
            cmp.b     -, t0, t1                 ; jnc das_sub
            or.q      t2, t2, [FlCf]
das_sub:    sub.b.f   t0, t0, t1
bcd_end:    mov.b     rax, t0                   ; jbcdsum bcd_af_cf
bcd_test:   test.b.f  -, t0, t0
bcd_af_cf:  and.q     flags, flags, ~[FlAf|FlCf]
            or.q      flags, flags, t2          ; end
aaa:        nop                                 ; call bcd_low
            test.q    -, t2, t2                 ; jz ascii_none
            add.w.f   t0, t0, AsciiAdjust       ; j ascii_cf
aas:        nop                                 ; call bcd_low
            test.q    -, t2, t2                 ; jz ascii_none
            sub.w.f   t0, t0, AsciiAdjust
ascii_cf:   or.q      t2, t2, [FlCf]            ; j ascii_end
ascii_none: add.w.f   t0, t0, none
ascii_end:  and.q     t0, t0, AsciiDigit
            mov.w     rax, t0                   ; jbcdsum bcd_af_cf
            nop                                 ; j bcd_test
bcd_low:    mov.w     t0, rax
            mov.q     t1, none
            and.q     t2, flags, [FlAf]         ; jnz bcd_low_6
            and.q     t3, t0, BcdDigit
            cmp.q     -, t3, BcdDigits          ; retc
            mov.q     t2, [FlAf]
bcd_low_6:  mov.q     t1, BcdAdjustLow          ; ret
bcd_high:   and.q     -, flags, [FlCf]          ; jnz bcd_high_60
            cmp.b     -, t0, BcdBytes           ; retc
bcd_high_60: or.q     t1, t1, BcdAdjustHigh
            or.q      t2, t2, [FlCf]            ; ret

aam:        and.q     t1, imm, LowByte          ; jz aam_de
            and.q     t0, rax, LowByte
            mov.w     rax, t0
            divu.b    t0, t1, none
            shl.q     t0, t0, 8
            or.q      t0, t0, mdhi
            test.b.f  -, t0, t0
            mov.w     rax, t0                   ; end
aam_de:     fault     -, VecDe, none
aad:        shr.q     t0, rax, 8
            mulu.b    t0, t0, imm
            add.b.f   t0, t0, rax
            mov.w     rax, t0                   ; endbcdsum
            test.b.f  -, t0, t0                 ; end
