# SPDX-License-Identifier: Apache-2.0
# Frame of a random program: boot, tables, and the handler that resumes after any event. Included
# by what randgen writes, which defines MODE (0 64-bit, 1 32-bit, 2 compatibility), RING, FUZZ,
# BODY, SLOTS, DATA, STACK and the sections .tables and .region.
#if MODE == 1
#if RING == 3
#define BASE 0x400000
#define BODY_CS 0x1B
#define BODY_DS 0x23
#else
#define BASE 0
#define BODY_CS 0x08
#define BODY_DS 0x10
#endif
#elif MODE == 2
#define BODY_CS 0x1B
#define BODY_DS 0x23
#elif RING == 3
#define BODY_CS 0x2B
#define BODY_DS 0x23
#else
#define BODY_CS 0x08
#define BODY_DS 0x10
#endif

#define FS_SELECTOR 0x63
#if MODE == 1
#define KERNEL_CS 0x08
#define KERNEL_32 0x08
#define FS_BASE (BASE + DATA)
#else
#define KERNEL_CS 0x08
#define KERNEL_32 0x78
#define FS_BASE DATA
#endif

# The first 16 MiB in pages of 2 MiB at pd0
        .macro  IDENTITY
        xorl    %ecx, %ecx
7:      movl    %ecx, %eax
        shll    $21, %eax
        orl     $0x83, %eax
        movl    %eax, pd0(,%ecx,8)
        incl    %ecx
        cmpl    $8, %ecx
        jne     7b
        .endm

# SYSENTER_CS, _ESP, _EIP
        .macro  SYSENTER_MSRS
        xorl    %edx, %edx
        movl    $0x174, %ecx
        movl    $KERNEL_CS, %eax
        wrmsr
        incl    %ecx
        movl    $kernel_stack_top, %eax
        wrmsr
        incl    %ecx
        movl    $sysenter_entry, %eax
        wrmsr
        .endm

        .section .multiboot, "ax"
        .align  4
        .long   0x1BADB002, 3, -(0x1BADB002 + 3)

        .text
        .code32
        .globl  start
start:
        cld
        movl    $kernel_stack_top, %esp
        lgdt    gdtr
        ljmp    $KERNEL_32, $1f
1:      movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        # 256 gates to the stubs: interrupt gates, DPL 3 for 3, 4 and 80 to 8F, odd ones after that
        xorl    %ecx, %ecx
        movl    $stubs, %eax
        movl    $idt, %edi
2:      movl    %eax, %edx
        andl    $0xFFFF, %edx
        orl     $KERNEL_CS << 16, %edx
        movl    %edx, (%edi)
        movl    %eax, %edx
        andl    $0xFFFF0000, %edx
        orl     $0x8E00, %edx
        cmpl    $3, %ecx
        je      3f
        cmpl    $4, %ecx
        je      3f
        cmpl    $0x80, %ecx
        jb      4f
        testl   $0x70, %ecx
        jnz     4f
3:      orl     $0x6000, %edx
4:      testl   $1, %ecx
        jz      5f
        orl     $0x0100, %edx           # trap gate
5:
#if MODE != 1
        orl     $1, %edx                # IST1
        cmpl    $8, %ecx
        jne     6f
        addl    $1, %edx                # IST2
6:      movl    $0, 8(%edi)
        movl    $0, 12(%edi)
        movl    %edx, 4(%edi)
        addl    $16, %edi
#else
        movl    %edx, 4(%edi)
        addl    $8, %edi
#endif
        addl    $16, %eax
        incl    %ecx
        cmpl    $256, %ecx
        jne     2b
#if MODE != 1
#define GATE(n) (idt + 16 * (n))
#else
#define GATE(n) (idt + 8 * (n))
#endif
        andl    $~0x8000, GATE(0x90) + 4        # not present
        orl     $0x6000, GATE(0x90) + 4
        orl     $0x6500, GATE(0x91) + 4         # no gate
        andl    $~0x0F00, GATE(0x91) + 4
        orl     $0x6000, GATE(0x92) + 4         # null selector
        movw    $0, GATE(0x92) + 2
        orl     $0x6000, GATE(0x93) + 4         # data segment
        movw    $0x10, GATE(0x93) + 2
        orl     $0x6000, GATE(0x94) + 4         # beyond the table
        movw    $0x7F8, GATE(0x94) + 2
#if MODE != 1
        # identity for 16 MiB and the local APIC; the program's tables at PDPT[1], twice
#if PAGING == 5
        movl    $pml4 + 7, pml5
        movl    $pml4 + 7, pml5 + 511 * 8
#endif
        movl    $pdpt + 7, pml4
        movl    $pdpt + 7, pml4 + 511 * 8
        movl    $pd0 + 3, pdpt
        movl    $pd1 + 7, pdpt + 8
        movl    $pd3 + 3, pdpt + 24
        movl    $page_table + 7, pd1
        movl    $0xFEE00083, pd3 + 0x1F7 * 8
        IDENTITY
        movl    $0x20 | CR4_BITS, %eax
        movl    %eax, %cr4
#if PAGING == 5
        movl    $pml5, %eax
#else
        movl    $pml4, %eax
#endif
        movl    %eax, %cr3
        movl    $0xC0000080, %ecx
        rdmsr
        orl     $0x901, %eax
        wrmsr
        movl    $0x80010011 + CR0_BITS, %eax
        movl    %eax, %cr0
        ljmp    $KERNEL_CS, $long_mode
        .code64
long_mode:
        movl    $tss, %eax
        movw    %ax, gdt_tss + 2
        shrl    $16, %eax
        movb    %al, gdt_tss + 4
        movb    %ah, gdt_tss + 7
        movl    $0xC0000082, %ecx       # LSTAR, STAR, FMASK
        movl    $syscall_entry, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $0xC0000081, %ecx
        xorl    %eax, %eax
        movl    $0x00180008, %edx
        wrmsr
        movl    $0xC0000084, %ecx
        movl    $0x47700, %eax
        xorl    %edx, %edx
        wrmsr
        SYSENTER_MSRS
#else
        # identity for 16 MiB and the local APIC, the program's table for its region
#if PAGING == 2
        movl    $0x83, pd0
        movl    $page_table + 7, pd0 + 4
        movl    $0x800083, pd0 + 8
        movl    $0xC00083, pd0 + 12
        movl    $0xFEC00083, pd0 + 0x3FB * 4
        movl    $pd0, %eax
        movl    %eax, %cr3
#elif PAGING == 3
        movl    $pd0 + 1, pdpt
        movl    $pd3 + 1, pdpt + 24
        movl    $0xFEE00083, pd3 + 0x1F7 * 8
        IDENTITY
        movl    $page_table + 7, pd0 + 16
        movl    $pdpt, %eax
        movl    %eax, %cr3
#endif
        movl    $CR4_BITS & ~0x10000, %eax
        movl    %eax, %cr4
#if PAGING
        movl    $0x80010011 + CR0_BITS, %eax
#else
        movl    $0x11 + CR0_BITS, %eax
#endif
        movl    %eax, %cr0
        movl    $tss, %eax
        movw    %ax, gdt_tss + 2
        shrl    $16, %eax
        movb    %al, gdt_tss + 4
        movb    %ah, gdt_tss + 7
        SYSENTER_MSRS
#endif
        lidt    idtr
        movl    $0x30, %eax
        ltr     %ax
        xorl    %eax, %eax
        lldt    %ax
#if FUZZ
        # periodic timer, the way out of a loop
        movl    $0xFEE00000, %edi
        movl    $0x1FF, 0x0F0(%edi)
        movl    $0xB, 0x3E0(%edi)
        movl    $0x20040, 0x320(%edi)
        movl    $1500, 0x380(%edi)
#endif
        movl    $BODY_DS, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    $FS_SELECTOR, %eax
        movl    %eax, %fs
        movl    %eax, %gs
#if MODE == 1
        .if     RING == 3
        pushl   $BODY_DS
        pushl   $STACK
        .else
        movl    $STACK, %esp
        .endif
        pushl   $2 + 0x200 * FUZZ
        pushl   $BODY_CS
        pushl   $BODY
        iretl
#else
        pushq   $BODY_DS
        pushq   $STACK
        pushq   $2 + 0x200 * FUZZ
        pushq   $BODY_CS
        pushq   $BODY
        iretq
#endif

        .macro  STUB n
        .align  16
        .if     !(\n == 8 || (\n >= 10 && \n <= 14) || \n == 17)
        push    $0
        .endif
        push    $\n
        jmp     event
        .endm
        .align  16
stubs:
        .set    i, 0
        .rept   256
        STUB    i
        .set    i, i + 1
        .endr

# Resume at the slot after the one of the interrupted instruction, and after the last resumed.
        .macro  NEXT_SLOT body_rip
        movl    counter, %eax
        movl    \body_rip, %ecx
        subl    $BODY, %ecx
        cmpl    $(SLOTS + 1) * 64, %ecx
        jae     8f
        shrl    $6, %ecx
        cmpl    %ecx, %eax
        cmovb   %ecx, %eax
8:      incl    %eax
        movl    %eax, counter
        cmpl    $SLOTS, %eax
        jae     finish
        .endm

#if MODE == 1
sysenter_entry:
        pushl   $BODY_DS
        pushl   %ecx
        pushfl
        pushl   $BODY_CS
        pushl   %edx
        pushl   $0
        pushl   $0x101
event:  pushl   %ds
        pushl   %eax
        pushl   %ecx
        movl    $0x10, %ecx
        movl    %ecx, %ds
        NEXT_SLOT 20(%esp)
        movl    %eax, %ecx
        shll    $6, %ecx
        addl    $BODY, %ecx
        movl    %ecx, 20(%esp)
        andl    $~0x44100, 28(%esp)     # NT stays out; AC, TF
        andl    $~0x4000, 28(%esp)
        cmpl    $0x40, 12(%esp)
        jne     9f
        movl    $0, 0xFEE000B0
9:
#if FUZZ
        movl    $BODY_CS, 24(%esp)
        movl    $BODY_DS, 36(%esp)
        andl    $15, %eax
        imull   $144, %eax, %eax
        addl    $register_table, %eax
        movl    128(%eax), %ecx
        movl    %ecx, 28(%esp)
        movl    32(%eax), %ecx
        movl    %ecx, 32(%esp)
        movl    24(%eax), %ebx
        movl    16(%eax), %edx
        movl    40(%eax), %ebp
        movl    48(%eax), %esi
        movl    56(%eax), %edi
        movl    $FS_SELECTOR, %ecx
        movl    %ecx, %fs
        movl    %ecx, %gs
        movl    $BODY_DS, 8(%esp)
        movl    $BODY_DS, %ecx
        movl    %ecx, %es
        movl    8(%eax), %ecx
        movl    %ecx, (%esp)
        movl    (%eax), %ecx
        movl    %ecx, 4(%esp)
#elif RING == 3
        movl    $BODY_CS, 24(%esp)
        movl    $BODY_DS, 36(%esp)
        movl    $BODY_DS, 8(%esp)
        movl    $BODY_DS, %eax
        movl    %eax, %es
        movl    $FS_SELECTOR, %eax
        movl    %eax, %fs
        movl    %eax, %gs
#else
        movl    $BODY_DS, 8(%esp)
        movl    $BODY_DS, %eax
        movl    %eax, %es
        movl    $FS_SELECTOR, %eax
        movl    %eax, %fs
#endif
        popl    %ecx
        popl    %eax
        popl    %ds
        addl    $8, %esp
        iretl
finish: movl    $0xF4, %edx
        xorl    %eax, %eax
        outl    %eax, %dx
1:      cli
        hlt
        jmp     1b
#else
syscall_entry:
        movq    %rsp, user_rsp
        movl    $kernel_stack_top, %esp
        pushq   $BODY_DS
        pushq   user_rsp
        pushq   %r11
        pushq   $BODY_CS
        pushq   %rcx
        pushq   $0
        pushq   $0x100
        jmp     event
sysenter_entry:
        pushq   $BODY_DS
        pushq   %rcx
        pushfq
        pushq   $BODY_CS
        pushq   %rdx
        pushq   $0
        pushq   $0x101
event:  pushq   %rax
        pushq   %rcx
        NEXT_SLOT 32(%rsp)
        movl    %eax, %ecx
        shll    $6, %ecx
        addl    $BODY, %ecx
        movq    %rcx, 32(%rsp)
        andl    $~0x44100, 48(%rsp)     # AC, NT, TF
        movq    $BODY_CS, 40(%rsp)
        movq    $BODY_DS, 64(%rsp)
        cmpq    $0x40, 16(%rsp)
        jne     9f
        movl    $0xFEE000B0, %ecx
        movl    $0, (%rcx)
9:      movl    $BODY_DS, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        movl    $FS_SELECTOR, %ecx
        movl    %ecx, %fs
        movl    %ecx, %gs
#if FUZZ
        andl    $15, %eax
        imull   $144, %eax, %eax
        addq    $register_table, %rax
        movq    128(%rax), %rcx
        movq    %rcx, 48(%rsp)
        movq    32(%rax), %rcx
        movq    %rcx, 56(%rsp)
        movq    24(%rax), %rbx
        movq    16(%rax), %rdx
        movq    40(%rax), %rbp
        movq    48(%rax), %rsi
        movq    56(%rax), %rdi
        movq    64(%rax), %r8
        movq    72(%rax), %r9
        movq    80(%rax), %r10
        movq    88(%rax), %r11
        movq    96(%rax), %r12
        movq    104(%rax), %r13
        movq    112(%rax), %r14
        movq    120(%rax), %r15
        movq    8(%rax), %rcx
        movq    %rcx, (%rsp)
        movq    (%rax), %rcx
        movq    %rcx, 8(%rsp)
#endif
        popq    %rcx
        popq    %rax
        addq    $16, %rsp
        iretq
finish: movl    $0xF4, %edx
        xorl    %eax, %eax
        outl    %eax, %dx
1:      cli
        hlt
        jmp     1b
#endif

        .section .tables, "aw"
        .align  8
gdtr:   .word   gdt_end - gdt - 1
        .quad   gdt
#if MODE == 1
idtr:   .word   256 * 8 - 1
#else
idtr:   .word   256 * 16 - 1
#endif
        .quad   idt
        .align  8
# Code and data of the body: in 32-bit ring 3 based at the region, whose last bytes are the window.
#if MODE == 1 && RING == 3
#if PAGING
#define LIMIT_BYTES (200 * 4096 + 9 * 4096 - 1)  /* the page table is there too */
#else
#define LIMIT_BYTES (200 * 4096 + 6 * 4096 - 1)
#endif
#define LIMIT_FIELDS ((LIMIT_BYTES & 0xFFFF) | (LIMIT_BYTES >> 16) << 48)
#define USER(type) (0x0040000000000000 | (type) << 40 | 0x40 << 32 | LIMIT_FIELDS)
#else
#define USER(type) (0x00CF00000000FFFF | (type) << 40)
#endif
gdt:    .quad   0
#if MODE == 1
        .quad   0x00CF9B000000FFFF      # 08
#else
        .quad   0x00AF9B000000FFFF      # 08
#endif
        .quad   0x00CF93000000FFFF      # 10
        .quad   USER(0xFB)              # 18 code
        .quad   USER(0xF3)              # 20 data
#if MODE == 1
        .quad   USER(0xFA)              # 28
#else
        .quad   0x00AFFA000000FFFF      # 28 64-bit code
#endif
gdt_tss:.quad   0x0000890000000000 | (tss_end - tss - 1), 0     # 30
        .quad   USER(0x9E)              # 40 conforming code of ring 0
        .quad   USER(0xF0)              # 48 read-only
        .quad   USER(0x72)              # 50 not present
        .quad   0x00C0F60000000410      # 58 expand-down, above 4 MiB
        # 60 window
        .quad   0x0040F20000006000 | (FS_BASE & 0xFFFFFF) << 16 | (FS_BASE >> 24) << 56
        .quad   USER(0xF8)              # 68 execute-only
        .quad   USER(0x96)              # 70 expand-down of ring 0
#if MODE == 1
        .quad   0x00CF9A000000FFFF      # 78
#else
        .quad   0x00CF9A000000FFFF      # 78 32-bit code, for boot
#endif
        .quad   0x0000E20000001000      # 80 LDT type
        .quad   0x00C0E30000001000      # 88 and on: system types that no LTR takes, DPL 3
        .quad   0x0000E40000001000
        .quad   0x0010E50000001000
        .quad   0x0000E60000001000
        .quad   0x0050EB00000F1000
        .quad   0x0000EC0000001000
        .quad   0x0000EE0000001000
        .quad   0x0000EA0000001000
        .quad   0x0000630000001000      # C8 busy 16-bit TSS, not present
        .quad   USER(0xFE)              # D0 conforming code of ring 3
        .quad   USER(0xDC)              # D8 conforming, execute-only, of ring 2
gdt_end:
        .align  16
tss:
#if MODE == 1
        .long   0, kernel_stack_top, 0x10
        .fill   22, 4, 0
        .word   0, tss_map - tss
#else
        .long   0
        .quad   kernel_stack_top, 0, 0, 0
        .quad   ist_stack_top, df_stack_top, 0, 0, 0, 0, 0, 0
        .word   0, tss_map - tss
#endif
tss_map:
        .fill   16, 1, 0xF0             # ports 0 to 127: half of them
        .byte   0xFF
tss_end:
        .align  8
counter:  .long 0, 0
user_rsp: .quad 0

        .bss
        .align  4096
pml5:   .skip   4096
pml4:   .skip   4096
pdpt:   .skip   4096
pd0:    .skip   4096
pd1:    .skip   4096
pd3:    .skip   4096
idt:    .skip   4096
        .skip   8192
kernel_stack_top:
        .skip   8192
ist_stack_top:
        .skip   8192
df_stack_top:
