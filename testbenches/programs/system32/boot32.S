# SPDX-License-Identifier: Apache-2.0
# 32-bit protected mode without paging: tables, stubs, one probe at a time.
        .section .multiboot, "ax"
        .align  4
        .long   0x1BADB002, 3, -(0x1BADB002 + 3)

        .text
        .code32
        .globl  start32
start32:
        cld
        movl    $stack_top, %esp
        lgdt    gdtr
        ljmp    $0x08, $1f
1:      movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %eax, %fs
        movl    %eax, %gs
        # gates: 32-bit interrupt gates of ring 0, 80 for ring 3
        movl    $stubs, %eax
        movl    $idt, %edi
        movl    $256, %ecx
2:      movzwl  %ax, %edx
        orl     $0x00080000, %edx
        movl    %edx, (%edi)
        movl    %eax, %edx
        xorw    %dx, %dx
        orl     $0x8E00, %edx
        movl    %edx, 4(%edi)
        addl    $8, %edi
        addl    $16, %eax
        decl    %ecx
        jnz     2b
        orl     $0x6000, idt + 0x80 * 8 + 4
        orl     $0x6000, idt + 4 * 8 + 4
        lidt    idtr
        movl    $tss, %eax
        movw    %ax, gdt + 0x32
        shrl    $16, %eax
        movb    %al, gdt + 0x34
        movb    %ah, gdt + 0x37
        movl    $0x30, %eax
        ltr     %ax
        movl    $0xFF, %eax
        outb    %al, $0x21
        outb    %al, $0xA1
        call    main
        movl    $0xF4, %edx
        outl    %eax, %dx
3:      cli
        hlt
        jmp     3b

        .macro  STUB n
        .align  16
        .if     !(\n == 8 || (\n >= 10 && \n <= 14) || \n == 17)
        pushl   $0
        .endif
        pushl   $\n
        jmp     common
        .endm
        .align  16
stubs:
        .set    i, 0
        .rept   256
        STUB    i
        .set    i, i + 1
        .endr

# What came: seen[] = vector, error, eip, cs, eflags, and with a change of ring esp, ss. Then the
# probe ends.
common:
        pushal
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        leal    32(%esp), %esi
        movl    $seen, %edi
        movl    $7, %ecx
        cld
        rep movsl
        movl    %esp, seen + 28
        movl    probe_esp, %esp
        movl    $0x10, %eax
        movl    %eax, %ss
        jmp     probe_out

# unsigned probe(void (*fn)(void)): at ring 0.
        .globl  probe
probe:  movl    4(%esp), %eax
        pushl   %ebx
        pushl   %ebp
        pushl   %esi
        pushl   %edi
        movl    %esp, probe_esp
        movl    $255, seen
        call    *%eax
probe_out:
        movl    %eax, result
        movl    $0x10, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        movl    %ecx, %fs
        movl    %ecx, %gs
        movl    %ecx, %ss
        movl    probe_esp, %esp
        pushl   $2
        popfl
        ljmp    $0x08, $1f
1:      popl    %edi
        popl    %esi
        popl    %ebp
        popl    %ebx
        movl    seen, %eax
        ret

# unsigned probe3(void (*fn)(void)): at ring 3, until an event brings it back.
        .globl  probe3
probe3: movl    4(%esp), %eax
        pushl   %ebx
        pushl   %ebp
        pushl   %esi
        pushl   %edi
        movl    %esp, probe_esp
        movl    $255, seen
        movl    $0x23, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        pushl   $0x23
        pushl   $user_stack_top
        pushl   $0x2
        pushl   $0x1B
        pushl   %eax
        iretl

        .data
        .align  8
gdtr:   .word   gdt_end - gdt - 1
        .long   gdt
        .word   0
idtr:   .word   256 * 8 - 1
        .long   idt
        .align  8
        .globl  gdt, idt, tss, seen, result, stubs, ring0_stack_top
gdt:    .quad   0
        .quad   0x00CF9B000000FFFF      # 08 code
        .quad   0x00CF93000000FFFF      # 10 data
        .quad   0x00CFFB000000FFFF      # 18 code of ring 3
        .quad   0x00CFF3000000FFFF      # 20 data of ring 3
        .quad   0x0040930000000FFF      # 28 data, 4096 bytes
        .quad   0x0000890000000067      # 30 TSS
        .quad   0x0040970000000FFF      # 38 expand-down: above FFF
        .quad   0x00CF13000000FFFF      # 40 not present
        .quad   0x00CF91000000FFFF      # 48 read-only
        .quad   0x00CF99000000FFFF      # 50 execute-only code
        .quad   0x00CF9F000000FFFF      # 58 conforming code
        .quad   0x00CF92000000FFFF      # 60 not accessed
        .quad   0x00CFB3000000FFFF      # 68 data of ring 1
        .quad   0x00CFBB000000FFFF      # 70 code of ring 1
        .quad   0x0000970000000FFF      # 78 expand-down, 64 KiB: above FFF
        .quad   0x0040930000000FFF      # 80 stack, 4096 bytes
        .quad   0x0000830000000067      # 88 16-bit TSS, busy
        .quad   0x0000810000000067      # 90 16-bit TSS
        .quad   0x00009B000000FFFF      # 98 16-bit code, its base set by width16
        .quad   0x000093020000FFFF      # A0 16-bit stack at 20000
        .quad   0x0000FB000000FFFF      # A8 16-bit code of ring 3
        .quad   0x0000F3020000FFFF      # B0 16-bit stack of ring 3
        .quad   0x00CF9B000000FFFF      # B8 code whose EIP runs over FFFFFFFF
        .quad   0x0000820000000017      # C0 LDT of three descriptors
        .quad   0x00008C0000080000      # C8 32-bit call gate
        .quad   0x0000840000080000      # D0 16-bit call gate
        .quad   0x0000850000300000      # D8 task gate
        .quad   0x00008E0000080000      # E0 interrupt gate
        .quad   0x0000020000000017      # E8 LDT, not present
        .quad   0x0000810000000067      # F0 16-bit TSS
        .quad   0x0000890000000067      # F8 TSS
gdt_end:
        .align  4
tss:    .long   0, ring0_stack_top, 0x10, ring1_stack_top, 0x69, 0, 0
        .fill   18, 4, 0
        .word   0, 0x68                 # I/O map beyond the limit: none
seen:   .fill   8, 4, 0
result: .long   0
probe_esp: .long 0

        .bss
        .align  16
idt:    .skip   2048
        .skip   8192
stack_top:
        .skip   4096
ring0_stack_top:
        .skip   4096
ring1_stack_top:
        .skip   4096
        .globl  user_stack_top
user_stack_top:
