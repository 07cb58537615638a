# SPDX-License-Identifier: Apache-2.0
# Each instruction that leaves flags undefined (docs/cpu.md "Results that the SDM leaves undefined"),
# with given operands and flags before. Sums of the results that are defined come back in RAX.

        .text
        .code64

# The instruction on RAX = %rdi with the flags of %rdx before.
        .macro  one insn, operands:vararg
        pushq   %rdx
        popfq
        movq    %rdi, %rax
        \insn   \operands
        .endm

        .macro  sum
        rolq    $5, %r8
        xorq    %rax, %r8
        .endm

        .macro  all_widths insn, count
        .ifc    \count, %cl
        one     \insn\()b, \count, %al
        .else
        one     \insn\()b, $\count, %al
        .endif
        sum
        .irp    suffix_reg, "w, %ax", "l, %eax", "q, %rax"
        wide    \insn, \count, \suffix_reg
        .endr
        .endm

        .macro  wide insn, count, suffix, reg
        .ifc    \count, %cl
        one     \insn\()\suffix, \count, \reg
        .else
        one     \insn\()\suffix, $\count, \reg
        .endif
        sum
        .endm

# With 16 bits and a count beyond them the result is undefined.
        .macro  doubles insn, count
        one     \insn\()w, \count, %si, %ax
        one     \insn\()l, \count, %esi, %eax
        sum
        one     \insn\()q, \count, %rsi, %rax
        sum
        .endm

# uint64_t shifts_by_cl(o, s, flags, count)
        .globl  shifts_by_cl
shifts_by_cl:
        xorl    %r8d, %r8d
        .irp    insn, rol, ror, rcl, rcr, shl, shr, sar
        all_widths \insn, %cl
        .endr
        doubles shld, %cl
        doubles shrd, %cl
        movq    %r8, %rax
        ret

# uint64_t shifts_by_immediate(o, s, flags)
        .globl  shifts_by_immediate
shifts_by_immediate:
        xorl    %r8d, %r8d
        .irp    count, 2, 7, 8, 9, 15, 16, 17, 18, 24, 27, 31, 34, 51, 63
        .irp    insn, rol, ror, rcl, rcr, shl, shr, sar
        all_widths \insn, \count
        .endr
        doubles shld, $\count
        doubles shrd, $\count
        .endr
        movq    %r8, %rax
        ret

# SAL by its second encoding, /6, which the assembler does not write.
# uint64_t shifts_by_alias(o, s, flags, count)
        .globl  shifts_by_alias
shifts_by_alias:
        xorl    %r8d, %r8d
        .irp    group, 0xD2, 0xD0
        one     .byte, \group, 0xF0
        sum
        one     .byte, 0x66, \group + 1, 0xF0
        sum
        one     .byte, \group + 1, 0xF0
        sum
        one     .byte, 0x48, \group + 1, 0xF0
        sum
        .endr
        .irp    count, 2, 7, 8, 9, 15, 16, 17, 24, 31, 34, 63
        one     .byte, 0xC0, 0xF0, \count
        sum
        one     .byte, 0x66, 0xC1, 0xF0, \count
        sum
        one     .byte, 0xC1, 0xF0, \count
        sum
        one     .byte, 0x48, 0xC1, 0xF0, \count
        sum
        .endr
        movq    %r8, %rax
        ret

# uint64_t products(o, s, flags): MUL and IMUL of each width; RDX is theirs, so the flags stand in R9.
        .globl  products
products:
        xorl    %r8d, %r8d
        movq    %rdx, %r9
        .irp    insn, "mulb %sil", "mulw %si", "mull %esi", "mulq %rsi", "imulb %sil", "imulw %si", "imull %esi", "imulq %rsi", "imulw %si, %ax", "imull %esi, %eax", "imulq %rsi, %rax", "imulw $-77, %si, %ax", "imull $-77, %esi, %eax", "imulq $0x12345, %rsi, %rax"
        movq    %r9, %rdx
        one     "\insn"
        sum
        .endr
        movq    %r8, %rax
        ret

# uint64_t quotients(o, s, flags): s is positive in every width.
        .globl  quotients
quotients:
        xorl    %r8d, %r8d
        movq    %rdx, %r9
        .irp    insn, "divb %sil", "divw %si", "divl %esi", "divq %rsi"
        pushq   %r9
        xorl    %edx, %edx
        movq    %rdi, %rax
        .ifc    "\insn", "divb %sil"
        movzbl  %al, %eax
        .endif
        popfq
        \insn
        sum
        .endr
        .irp    insn, "cbw; idivb %sil", "cwd; idivw %si", "cdq; idivl %esi", "cqo; idivq %rsi"
        movq    %r9, %rdx
        one     "\insn"
        sum
        .endr
        movq    %r8, %rax
        ret

# uint64_t bits(o, s, flags). Processors differ in bits 63:32 of a destination of 32 bits and a source of
# zero, and not all have LZCNT: these are not summed.
        .globl  bits
bits:
        xorl    %r8d, %r8d
        .irp    insn, bsf, bsr
        one     \insn\()w, %si, %ax
        sum
        one     \insn\()l, %esi, %eax
        one     \insn\()q, %rsi, %rax
        sum
        .endr
        one     lzcntw, %si, %ax
        one     lzcntl, %esi, %eax
        one     lzcntq, %rsi, %rax
        .irp    insn, bt, bts, btr, btc
        one     \insn\()w, %si, %ax
        sum
        one     \insn\()l, $17, %eax
        sum
        one     \insn\()q, %rsi, %rax
        sum
        .endr
        movq    %r8, %rax
        ret

# uint32_t decimal(step, flags): compatibility mode, by the descriptor 18h at level 0; AX from 0 up.
        .globl  decimal
decimal:
        pushq   %rbx
        pushq   %rbp
        leaq    decimal_back(%rip), %rbp
        pushq   $0x18
        leaq    decimal_32(%rip), %rax
        pushq   %rax
        lretq
decimal_back:
        popq    %rbp
        popq    %rbx
        movl    %r8d, %eax
        ret

        .code32
decimal_32:
        xorl    %ebx, %ebx
        xorl    %edx, %edx
decimal_next:
        .irp    insn, "daa", "das", "aaa", "aas", "aam", "aad", "aam $16", "aad $16", "aam $3", "aad $201"
        movl    %ebx, %eax
        pushl   %esi
        popfl
        \insn
        roll    $5, %edx
        xorl    %eax, %edx
        .endr
        addl    %edi, %ebx
        cmpl    $0x10000, %ebx
        jb      decimal_next
        movl    %edx, %esi
        ljmp    $0x08, $decimal_64
        .code64
decimal_64:
        movl    %esi, %r8d
        jmp     *%rbp
