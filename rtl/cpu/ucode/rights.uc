# SPDX-License-Identifier: Apache-2.0
# What software may know of a selector. SDM Vol. 2 "ARPL", "LAR", "LSL", "VERR", "VERW"; Vol. 3A
# "Pointer Validation". Registers as in segment.uc; t1 the system types that count, a bit each. An
# answer of no ends the instruction at zf_clear, with the register as it was.

lar_r:      mov.w     t14, rm                   ; j lar
lar_m:      ld.w      t14, dat:ea+0
lar:        mov.q     t1, LarTypesLong          ; jlma lar_go
            mov.q     t1, LarTypes
lar_go:     nop                                 ; call see_desc
            shr.q     t0, t13, DescHigh
            and.q     t0, t0, DescRights
            mov.op    reg, t0                   ; j zf_set
lsl_r:      mov.w     t14, rm                   ; j lsl
lsl_m:      ld.w      t14, dat:ea+0
lsl:        mov.q     t1, LslTypesLong          ; jlma lsl_go
            mov.q     t1, LslTypes
lsl_go:     nop                                 ; call see_desc
            shr.q     t0, t13, DescHigh
            and.q     t0, t0, DescLimitHigh
            and.q     t2, t13, LowWord
            or.q      t0, t0, t2
            and.q     -, t13, [DescG]           ; jz lsl_end
            shl.q     t0, t0, 12
            or.q      t0, t0, PageOffset
lsl_end:    mov.op    reg, t0                   ; j zf_set
verr_r:     mov.w     t14, rm                   ; j verr
verr_m:     ld.w      t14, dat:ea+0
verr:       mov.q     t1, none                  ; call see_desc
            and.q     t2, t6, [AbCode|AbWritable]
            cmp.q     -, t2, [AbCode]           ; jz zf_clear
zf_set:     or.q      flags, flags, [FlZf]      ; end
verw_r:     mov.w     t14, rm                   ; j verw
verw_m:     ld.w      t14, dat:ea+0
verw:       mov.q     t1, none                  ; call see_desc
            and.q     t2, t6, [AbCode|AbWritable]
            cmp.q     -, t2, [AbWritable]       ; jz zf_set
zf_clear:   and.q     flags, flags, ~[FlZf]     ; end

# The descriptor of selector t14: code, data, or of a type in t1, and within reach of CPL and RPL.
see_desc:   mov.q     t15, none
            and.q     -, t14, SelNoRpl          ; jz zf_clear
            nop                                 ; call rd_desc
            and.q     -, t6, [AbS]              ; jnz see_level
            and.q     t2, t6, AbSystemType
            shr.q     t1, t1, t2
            and.q     -, t1, 1                  ; jz zf_clear
see_level:  and.q     t2, t6, [AbS|AbCode|AbConforming]
            cmp.q     -, t2, [AbS|AbCode|AbConforming] ; retz
            and.q     t2, t14, SelRpl
            cmp.q     -, t7, t2                 ; jc zf_clear
            cmp.q     -, t7, cpl                ; jc zf_clear
            nop                                 ; ret

# RPL of the destination raised to that of the source; it is written only then.
arpl_r:     mov.w     t0, rm                    ; call arpl
            mov.w     rm, t0
            or.q      flags, flags, [FlZf]      ; end
arpl_m:     ld.w      t0, dat:ea+0              ; call arpl
            st.w      dat:ea+0, t0
            or.q      flags, flags, [FlZf]      ; end
# t0 := the selector raised; ends the instruction where there is nothing to raise.
arpl:       and.q     t1, t0, SelRpl
            and.q     t2, reg, SelRpl
            cmp.q     -, t1, t2                 ; jnc zf_clear
            and.q     t0, t0, SelNoRpl
            or.q      t0, t0, t2                ; ret
