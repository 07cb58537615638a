# SPDX-License-Identifier: Apache-2.0
# From Multiboot's 32-bit protected mode to 64-bit mode, then main(info). The first 4 GiB are
# identity-mapped in 2-MByte supervisor pages; tables above the leaves allow user pages below them.
        .set    MB_MAGIC, 0x1BADB002
        .set    MB_FLAGS, 0x00000003
        .section .multiboot, "ax"
        .align  4
        .long   MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

        .text
        .code32
        .globl  start
start:
        cld
        movl    $boot_stack_top, %esp
        movl    %ebx, %esi              # information structure, kept for main
        movl    %eax, %ebp
        # PML4[0] -> PDPT; PDPT[0..3] -> four page directories
        movl    $boot_pdpt + 7, boot_pml4
        xorl    %ecx, %ecx
1:      movl    %ecx, %eax
        shll    $12, %eax
        addl    $boot_pd + 7, %eax
        movl    %eax, boot_pdpt(,%ecx,8)
        incl    %ecx
        cmpl    $4, %ecx
        jne     1b
        xorl    %ecx, %ecx
2:      movl    %ecx, %eax
        shll    $21, %eax
        orl     $0x83, %eax             # P R/W PS
        movl    %eax, boot_pd(,%ecx,8)
        incl    %ecx
        cmpl    $2048, %ecx
        jne     2b
        movl    %cr4, %eax
        orl     $0x20, %eax             # PAE
        movl    %eax, %cr4
        movl    $boot_pml4, %eax
        movl    %eax, %cr3
        movl    $0xC0000080, %ecx       # EFER
        rdmsr
        orl     $0x901, %eax            # SCE LME NXE
        wrmsr
        movl    %cr0, %eax
        orl     $0x80010001, %eax       # PG WP PE
        movl    %eax, %cr0
        lgdt    boot_gdtr
        ljmp    $0x08, $long_mode

        .code64
long_mode:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %esp, %esp
        movl    %esi, %edi              # main(info, magic)
        movl    %ebp, %esi
        call    rt_init
        movq    %rax, %rdi
        call    main
        movl    %eax, %edi
        call    rt_exit

# void *saved registers and vector for trap(); one stub a vector.
        .macro  STUB n
        .align  16
        .if     !(\n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21)
        push    $0
        .endif
        push    $\n
        jmp     trap_common
        .endm

        .align  16
        .globl  trap_stubs
trap_stubs:
        .set    i, 0
        .rept   256
        STUB    i
        .set    i, i + 1
        .endr

trap_common:
        push    %rax
        push    %rcx
        push    %rdx
        push    %rbx
        push    %rbp
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        movq    %rsp, %rdi
        movq    %rsp, %rbp
        andq    $-16, %rsp
        call    trap
        movq    %rbp, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rbp
        pop     %rbx
        pop     %rdx
        pop     %rcx
        pop     %rax
        addq    $16, %rsp
        iretq

# uint64_t rt_enter_user(rip, rsp, arg): runs ring 3 until rt_leave_user(value) returns value here.
        .globl  rt_enter_user
rt_enter_user:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        movq    %rsp, rt_kernel_rsp(%rip)
        push    $0x23                   # SS
        push    %rsi
        push    $0x202                  # IF
        push    $0x2B                   # CS
        push    %rdi
        movq    %rdx, %rdi
        iretq

        .globl  rt_leave_user
rt_leave_user:
        movq    rt_kernel_rsp(%rip), %rsp
        movq    %rdi, %rax
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

# SYSCALL entry: number in RAX, arguments RDI RSI RDX; result in RAX.
        .globl  rt_syscall_entry
rt_syscall_entry:
        movq    %rsp, rt_user_rsp(%rip)
        movq    rt_kernel_rsp(%rip), %rsp
        subq    $128, %rsp              # below what rt_leave_user will pop
        andq    $-16, %rsp
        push    %rcx
        push    %r11
        movq    %rdx, %rcx
        movq    %rsi, %rdx
        movq    %rdi, %rsi
        movq    %rax, %rdi
        call    rt_syscall
        pop     %r11
        pop     %rcx
        movq    rt_user_rsp(%rip), %rsp
        sysretq

        .section .rodata
        .align  8
boot_gdtr:
        .word   boot_gdt_end - boot_gdt - 1
        .long   boot_gdt
        .data
        .align  8
        .globl  boot_gdt
boot_gdt:
        .quad   0
        .quad   0x00AF9B000000FFFF      # 08 kernel code, 64-bit
        .quad   0x00CF93000000FFFF      # 10 kernel data
        .quad   0x00CFFB000000FFFF      # 18 user code, 32-bit
        .quad   0x00CFF3000000FFFF      # 20 user data
        .quad   0x00AFFB000000FFFF      # 28 user code, 64-bit
        .quad   0, 0                    # 30 TSS, filled in by rt_init
boot_gdt_end:

        .bss
        .align  4096
        .globl  boot_pml4
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
boot_pd:   .skip 4 * 4096
        .skip   16384
boot_stack_top:
        .align  8
        .globl  rt_kernel_rsp
rt_kernel_rsp: .skip 8
rt_user_rsp:   .skip 8
