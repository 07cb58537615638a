# SPDX-License-Identifier: Apache-2.0
# A static ELF64 executable begins in 64-bit mode, behind no bootloader: what docs/cpu.md "State at
# start" promises, looked at from inside. The exit code is the number of the promise that fails, 0 none.
        .set    EXIT_PORT, 0xF4
        .set    INFO_FLAGS, 0x24D       # memory sizes, command line, modules, memory map, loader's name
        .set    EFER, 0xC0000080
        .macro  promise number, condition
        movl    $\number, %eax
        j\condition 1f
        jmp     leave
1:
        .endm
        .text
        .globl  _start
_start:
        movq    %rsp, %r15
        movq    %rax, %r14
        cmpq    %rsi, %r15              # the stack ends where the information begins
        promise 1, e
        testq   %r14, %r14
        promise 2, z
        orq     %rbx, %rcx
        orq     %rdi, %rcx
        orq     %rbp, %rcx
        orq     %rdx, %rcx
        orq     %r8, %rcx
        orq     %r13, %rcx
        promise 3, z
        movw    %ds, %bx
        movw    %cs, %ax
        cmpw    $0x08, %ax
        promise 4, e
        cmpw    $0x10, %bx
        promise 5, e
        movq    %cr0, %rax
        cmpl    $0x80010011, %eax
        promise 6, e
        movq    %cr4, %rax
        cmpq    $0x20, %rax
        promise 7, e
        movl    $EFER, %ecx
        rdmsr
        cmpl    $0x500, %eax
        promise 8, e
        cmpl    $INFO_FLAGS, (%rsi)
        promise 9, e
        movl    16(%rsi), %eax          # the command line: the file's name, "long64" and what follows
        cmpl    $0x676E6F6C, (%rax)
        promise 10, e
        movq    $0x123456789ABCDEF0, %rax
        pushq   %rax                    # the page tables map the stack, 64 bits at a time
        popq    %rbx
        cmpq    %rax, %rbx
        promise 11, e
        movq    %cr3, %rax              # identity, first entry of PML4: present, writable
        movq    (%rax), %rbx
        andl    $0xFDF, %ebx            # without A
        cmpl    $3, %ebx
        promise 12, e
        xorl    %eax, %eax
leave:  movw    $EXIT_PORT, %dx
        outl    %eax, %dx
2:      cli
        hlt
        jmp     2b
