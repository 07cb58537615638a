# SPDX-License-Identifier: Apache-2.0
# 32-bit protected mode to 64-bit mode, one probe there, and back. SDM Vol. 3A "Initializing IA-32e
# Mode", "Switching Out of IA-32e Mode".
        .text
        .code32
        .globl  long_run
long_run:
        pushl   %ebx
        pushl   %ebp
        pushl   %esi
        pushl   %edi
        movl    20(%esp), %edi
        movl    %esp, long_esp
        movl    $255, seen
        movl    $0, seen + 4
        sidt    idtr32
        lidt    idtr64
        movl    %cr4, %eax
        orl     $0x20, %eax             # PAE
        movl    %eax, %cr4
        movl    $pml4, %eax
        movl    %eax, %cr3
        movl    $0xC0000080, %ecx       # EFER.LME
        rdmsr
        orl     $0x100, %eax
        wrmsr
        movl    %cr0, %eax
        orl     $0x80000000, %eax       # PG
        movl    %eax, %cr0
        ljmp    $0x50, $1f
        .code64
1:      movl    %esp, %esp
        call    *%rdi
long_out:
        movl    $result, %ecx
        movl    %eax, (%rcx)
        movl    $long_esp, %ecx
        movl    (%rcx), %esp
        movl    $0x20, %eax
        movq    %rax, %cr4
        pushq   $0x08
        movl    $1f, %eax
        pushq   %rax
        lretq
        .code32
1:      movl    %cr0, %eax
        andl    $0x7FFFFFFF, %eax
        movl    %eax, %cr0
        movl    $0xC0000080, %ecx
        rdmsr
        andl    $~0x100, %eax
        wrmsr
        xorl    %eax, %eax
        movl    %eax, %cr4
        lidt    idtr32
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        pushl   $2
        popfl
        popl    %edi
        popl    %esi
        popl    %ebp
        popl    %ebx
        movl    seen, %eax
        ret

        .code64
        .globl  long_code, long_cr4, long_extended, long_1g, long_compat_lahf
long_code:
        movl    $scratch, %ebx
        xorl    %eax, %eax
        xorl    %edx, %edx
        movl    $0x8B, %ecx
        movl    $code, %esi
        jmp     *%rsi
long_cr4:                               # |= probe_arg, and what is there then
        movl    $probe_arg, %ecx
        movl    (%rcx), %ecx
        movq    %cr4, %rax
        orq     %rcx, %rax
        movq    %rax, %cr4
        movq    %cr4, %rax
        ret
long_extended:
        movl    $0x80000001, %eax
        cpuid
        movl    %edx, %eax
        ret
long_1g:
        movl    $probe_arg, %ecx
        movl    (%rcx), %ecx
        movl    (%rcx), %eax
        ret
long_compat_lahf:
        pushq   $0x08
        movl    $1f, %eax
        pushq   %rax
        lretq
        .code32
1:      lahf
        sahf
        ljmp    $0x50, $1f
        .code64
1:      ret

        .macro  STUB n
        .align  16
        .if     !(\n == 8 || (\n >= 10 && \n <= 14) || \n == 17)
        pushq   $0
        .endif
        pushq   $\n
        jmp     long_event
        .endm
        .align  16
        .globl  stubs64
stubs64:
        .set    i, 0
        .rept   32
        STUB    i
        .set    i, i + 1
        .endr
long_event:
        movl    $seen, %ecx             # EAX is kept
        popq    %rdx
        movl    %edx, (%rcx)
        popq    %rdx
        movl    %edx, 4(%rcx)
        jmp     long_out

        .data
        .align  8
idtr64: .word   32 * 16 - 1
        .long   idt64, 0
idtr32: .word   0
        .long   0
long_esp: .long 0
