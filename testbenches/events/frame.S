# SPDX-License-Identifier: Apache-2.0
# Frame of a table's image: boot, tables, and the way back to the next case after any event. events.py
# writes the file that includes this one, with MODE (64 or 32), LA57 (1: 5-level paging), CASES and the cases.
#
# A case begins at ring 0 with the tables pristine, and ends when an event reaches its stub or with
# DONE. A stub, at whatever ring, repairs the tables in memory and takes INT BACK to ring 0, which
# restores the registers, says one letter on the console (the vector, from 'A') and goes on.

#define BACK    0x2F            /* after repairs */
#define END     0x2E            /* before */
#define INTR    0x30            /* external interrupt and NMI return to where they came */
#define VECTORS 0x34

# Selectors: of ring n add 8 * n, and the RPL.
#define CODE    0x08            /* native size: 64-bit, or 32-bit */
#define DATA    0x28
#define CONF    0x48            /* conforming */
#define C32     0x68            /* 32-bit */
#define C16     0x88            /* 16-bit, base 10000 */
#define S16     0xA8            /* 64 KiB at 420000, B = 0 */
#define RO      0xC8
#define TSS_SEL 0xE8
#define LDT_SEL 0xF8
#define TSS16   0x108           /* legacy: a 16-bit TSS */
#define X0      0x110           /* X0 to X5: a case's own */
#define X1      0x118
#define X2      0x120
#define X3      0x128
#define X4      0x130
#define X5      0x138
#define GDT_BYTES 0x140

# The live tables, a page each, then stacks (tops), data, code: 64 pages with a PTE each.
#define GDT     0x400000
#define LDT     0x401000
#define IDT     0x402000
#define TSS     0x403000
#define TSS_16  0x403100
        .set    STACK0, 0x406000
        .set    STACK1, 0x408000
        .set    STACK2, 0x40A000
        .set    STACK3, 0x40C000
#define IST1    0x40E000
#define IST2    0x40F000
#define PAGE    0x410000
#define SEG16   0x420000
#define CODEPG  0x430000
#define KSTACK  kernel_stack_top

#if MODE == 64
#define XAX     rax
#define XCX     rcx
#define XDX     rdx
#define XBX     rbx
#define XSP     rsp
#define XBP     rbp
#define XSI     rsi
#define XDI     rdi
#define LAPIC   -0x1200000      /* by PML4[511], within reach of a displacement */
#if LA57
#define ROOT    pml5
#define CR4     0x1020
#else
#define ROOT    pml4
#define CR4     0x20
#endif
#define GATE(v) (IDT + 16 * (v))
#define PTE(va) (page_table + ((va) - GDT) / 512)
#else
#define XAX     eax
#define XCX     ecx
#define XDX     edx
#define XBX     ebx
#define XSP     esp
#define XBP     ebp
#define XSI     esi
#define XDI     edi
#define LAPIC   0xFEE00000
#define GATE(v) (IDT + 8 * (v))
#endif

# --- what cases are made of -----------------------------------------------------------------------
        .macro  CASE n
        .text
case\n:
        .endm
        .macro  DONE
        movb    $END, %al
        int     $END
        .endm
# Onward at ring r with these flags on that ring's stack, native code.
        .macro  TO_RING r, fl
#if MODE == 64
        pushq   $DATA + 8 * \r + \r
        pushq   $STACK\r
        pushq   $\fl
        pushq   $CODE + 8 * \r + \r
        pushq   $5f
        iretq
#else
        .if     \r
        pushl   $DATA + 8 * \r + \r
        pushl   $STACK\r
        .endif
        pushl   $\fl
        pushl   $CODE + 8 * \r + \r
        pushl   $5f
        iretl
#endif
5:
        .endm
# To another code segment at the same ring.
        .macro  FAR sel, offset
#if MODE == 64
        pushq   $\sel
        pushq   $\offset
        lretq
#else
        pushl   $\sel
        pushl   $\offset
        lretl
#endif
        .endm
# A register of native size; a value of up to 64 bits where it is that wide.
        .macro  SET reg, value
#if MODE == 64
        movabsq $\value, %r\reg
#else
        movl    $\value, %e\reg
#endif
        .endm
# The descriptor at a selector.
        .macro  DESC sel, low, high
        movl    $\low, GDT + \sel
        movl    $\high, GDT + \sel + 4
        .endm
# A gate: target, selector, bits 15:8 of the attributes and IST.
        .macro  SETGATE v, target, sel, attr
        movw    $\target, GATE(\v)
        movw    $\sel, GATE(\v) + 2
        movw    $\attr, GATE(\v) + 4
        .endm
        .macro  FLUSH
        mov     %cr3, %XAX
        mov     %XAX, %cr3
        .endm
        .macro  INTERRUPT icr
        movl    $0x44000 + \icr, %eax
        movl    %eax, %ss:LAPIC + 0x300
        .endm

        .section .multiboot, "ax"
        .align  4
        .long   0x1BADB002, 3, -(0x1BADB002 + 3)

        .section .low, "ax"
        .code32
        .globl  start
start:
        cld
        movl    $KSTACK, %esp
        lgdt    boot_gdtr
        ljmp    $C32, $1f
1:      movl    $DATA, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
#if MODE == 64
        movl    $pdpt + 7, pml4
        movl    $pdpt + 7, pml4 + 511 * 8
        movl    $edge_pdpt + 7, pml4 + 255 * 8
        movl    $edge_pdpt + 7, pml4 + 256 * 8
#if LA57
        movl    $pml4 + 7, pml5
        movl    $pml4 + 7, pml5 + 511 * 8
        movl    $edge_pml4 + 7, pml5 + 255 * 8
        movl    $edge_pml4 + 7, pml5 + 256 * 8
#endif
        movl    $pd0 + 7, pdpt
        movl    $pd3 + 7, pdpt + 24
        movl    $pd3 + 7, pdpt + 511 * 8
        movl    $0xFEE00087, pd3 + 0x1F7 * 8
        movl    $0xE00087, pd3 + 0x1FF * 8      # up to the end of the linear addresses
        xorl    %ecx, %ecx
2:      movl    %ecx, %eax
        shll    $21, %eax
        orl     $0x87, %eax
        movl    %eax, pd0(,%ecx,8)
        incl    %ecx
        cmpl    $8, %ecx
        jne     2b
        movl    $page_table + 7, pd0 + 16
        xorl    %ecx, %ecx              # around the edges every page is CODEPG
3:      movl    $edge_pdpt + 7, edge_pml4(,%ecx,8)
        movl    $edge_pd + 7, edge_pdpt(,%ecx,8)
        movl    $edge_pt + 7, edge_pd(,%ecx,8)
        movl    $CODEPG + 7, edge_pt(,%ecx,8)
        incl    %ecx
        cmpl    $512, %ecx
        jne     3b
        movl    $CR4, %eax
        movl    %eax, %cr4
        movl    $ROOT, %eax
        movl    %eax, %cr3
        movl    $0xC0000080, %ecx
        rdmsr
        orl     $0x901, %eax
        wrmsr
        movl    $0x80010011, %eax
        movl    %eax, %cr0
        ljmp    $CODE, $3f
        .code64
3:
#endif
        movl    $0x12D, %eax
        movl    %eax, LAPIC + 0xF0
        movb    $'\n' - 'A', %al
        jmp     common

# --- the stubs ------------------------------------------------------------------------------------
# v: the vector's stub in native code; v16 in the 16-bit code segment.
        .macro  STUB n
        .align  16
stub\n: movb    $\n, %al
        jmp     common
        .section .code16, "ax"
        .code16
        .align  16
stub16_\n:
        movb    $\n, %al
        ljmpl   $CONF, $common
        .section .low, "ax"
#if MODE == 64
        .code64
#else
        .code32
#endif
        .endm
        .altmacro
        .set    i, 0
        .rept   VECTORS
        STUB    %i
        .set    i, i + 1
        .endr
        .noaltmacro
# DONE, in code of any size.
        .align  16
stub_end:
        DONE
# NMI, interrupt: back to where it came.
        .align  16
stub_nmi:
#if MODE == 64
        iretq
#else
        iretl
#endif
# The same for #DB: with RF, or an instruction breakpoint would be met for ever.
        .align  16
stub_resume:
#if MODE == 64
        orl     $0x10000, 16(%rsp)
        iretq
#else
        orl     $0x10000, 8(%esp)
        iretl
#endif
        .align  16
stub_intr:
        movl    $0, LAPIC + 0xB0
#if MODE == 64
        iretq
#else
        iretl
#endif

        .macro  REPAIR from, to, bytes
        movl    $\from, %esi
        movl    $\to, %edi
#if MODE == 64
        movl    $(\bytes) / 8, %ecx
        rep movsq
#else
        movl    $(\bytes) / 4, %ecx
        rep movsl
#endif
        .endm
        .globl  common
common:
        cld
        movl    $DATA + 27, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
#if MODE == 64
        REPAIR  master_pt, page_table, 512
#endif
        REPAIR  master_gdt, GDT, GDT_BYTES
        REPAIR  master_ldt, LDT, 64
        REPAIR  master_idt, IDT, (master_idt_end-master_idt)
        REPAIR  master_tss, TSS, (master_tss_end-master_tss)
        movl    %cs, %ecx
        testb   $3, %cl
        jz      back
        int     $BACK
# Ring 0, from wherever. AL: what came.
back:
        movl    $DATA, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        movl    %ecx, %ss
        movl    $KSTACK, %esp
        addb    $'A', %al
        outb    %al, $0xE9
        movl    $DATA + 27, %ecx
        movl    %ecx, %fs
        movl    %ecx, %gs
#if MODE == 64
        movq    $CR4, %rax
        movq    %rax, %cr4
        movq    $ROOT, %rax
        movq    %rax, %cr3
        movl    $0x80010011, %eax
        movq    %rax, %cr0
        movl    $0xC0000080, %ecx
        movl    $0x901, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $0x400, %eax
        movq    %rax, %dr7
#else
        movl    $0x11, %eax             # paging first: its pages may be CR4's
        movl    %eax, %cr0
        xorl    %eax, %eax
        movl    %eax, %cr4
        movl    $0x400, %eax
        movl    %eax, %dr7
#endif
        lgdt    gdtr
        lidt    idtr
        movl    $LDT_SEL, %eax
        lldt    %ax
        movl    $TSS_SEL, %eax
        ltr     %ax
        sti                             # what is still pending
        nop
        nop
        cli
        movl    case_n, %eax
        cmpl    $CASES, %eax
        jae     finish
        incl    case_n
#if MODE == 64
        movl    cases(,%rax,4), %eax
        pushq   $DATA
        pushq   $KSTACK
        pushq   $2
        pushq   $CODE
        pushq   %rax
#else
        pushl   $2
        pushl   $CODE
        pushl   cases(,%eax,4)
#endif
        movl    $0x11111111, %eax
        movl    $0x22222222, %ecx
        movl    $0x33333333, %edx
        movl    $0x44444444, %ebx
        movl    $0x55555555, %ebp
        movl    $0x66666666, %esi
        movl    $0x77777777, %edi
#if MODE == 64
        iretq
#else
        iretl
#endif
finish: movb    $'\n', %al
        outb    %al, $0xE9
        xorl    %eax, %eax
        movl    $0xF4, %edx
        outl    %eax, %dx
4:      cli
        hlt
        jmp     4b

# --- the pristine tables --------------------------------------------------------------------------
        .section .tables, "aw"
        .globl  case_n
        .align  8
case_n: .long   0, 0
boot_gdtr:
        .word   GDT_BYTES - 1
        .quad   master_gdt
gdtr:   .word   GDT_BYTES - 1
        .quad   GDT
idtr_x: .word   0               # a case's own
        .quad   IDT
gdtr_x: .word   0
        .quad   GDT
idtr:   .word   master_idt_end - master_idt - 1
        .quad   IDT
        .align  8
        # four descriptors of rings 0 to 3
        .macro  RINGS low, high
        .long   \low, \high
        .long   \low, \high + 0x2000
        .long   \low, \high + 0x4000
        .long   \low, \high + 0x6000
        .endm
#if MODE == 64
#define NATIVE 0x00A00000
#else
#define NATIVE 0x00C00000
#endif
master_gdt:
        .quad   0
        RINGS   0xFFFF, (0x000F9B00+NATIVE)     # CODE
        RINGS   0xFFFF, 0x00CF9300              # DATA
        RINGS   0xFFFF, (0x000F9F00+NATIVE)     # CONF
        RINGS   0xFFFF, 0x00CF9B00              # C32
        RINGS   0xFFFF, 0x00009B01              # C16
        RINGS   0xFFFF, 0x00009342              # S16
        RINGS   0xFFFF, 0x00CF9100              # RO
        .long   (TSS & 0xFFFF) << 16 | 0xFF, 0x00008940, 0, 0
        .long   (LDT & 0xFFFF) << 16 | 0x3F, 0x00008240, 0, 0
        .long   (TSS_16 & 0xFFFF) << 16 | 0xFF, 0x00008140
        .fill   12, 4, 0
master_ldt:
        .quad   0
        .long   0xFFFF, (0x000F9B00+NATIVE)     # 0C
        .long   0xFFFF, 0x00CF9300              # 14
        .long   0xFFFF, 0x00CFF300              # 1C
        .fill   4, 8, 0
        .macro  IDTGATE target, attr
        .word   \target, CODE, \attr, 0
#if MODE == 64
        .quad   0
#endif
        .endm
        .macro  VECTOR n
        .if     \n == 2
        IDTGATE stub_nmi, 0x8E00
        .elseif \n == BACK
        IDTGATE back, 0xEE00+7*(MODE/64)
        .elseif \n == END
        IDTGATE common, 0xEE00+7*(MODE/64)
        .elseif \n == INTR
        IDTGATE stub_intr, 0xEE00
        .elseif \n == 3 || \n == 4 || \n >= 0x20
        IDTGATE stub\n, 0xEE00
        .elseif \n == 8
        IDTGATE stub\n, 0x8E00+MODE/64
        .else
        IDTGATE stub\n, 0x8E00
        .endif
        .endm
        .align  8
master_idt:
        .altmacro
        .set    i, 0
        .rept   VECTORS
        VECTOR  %i
        .set    i, i + 1
        .endr
        .noaltmacro
master_idt_end:
        .align  8
master_tss:
#if MODE == 64
        .long   0
        .quad   STACK0, STACK1, STACK2, 0, IST1, IST2, IST2, IST2, IST2, IST2, KSTACK, 0
        .word   0, 0xFF
        .fill   0x100 - 0x68, 1, 0xFF
#else
        .long   0, STACK0, DATA, STACK1, DATA + 9, STACK2, DATA + 18
        .fill   18, 4, 0
        .word   0, 0xFF
        .fill   0x100 - 0x68, 1, 0xFF
        .word   0, 0x8000, S16, 0x9000, S16 + 9, 0xA000, S16 + 18, 0
#endif
master_tss_end:
#if MODE == 64
        .align  8
master_pt:
        .set    i, 0
        .rept   64
        .quad   GDT + i * 4096 + 0x67
        .set    i, i + 1
        .endr
#endif
        .align  4
cases:  # a case's address each: what events.py writes after this file
        .previous

        .section .bss
        .align  4096
#if MODE == 64
pml4:   .skip   4096
pdpt:   .skip   4096
pd0:    .skip   4096
pd3:    .skip   4096
page_table: .skip 4096
edge_pml4: .skip 4096
edge_pdpt: .skip 4096
edge_pd: .skip  4096
edge_pt: .skip  4096
#if LA57
pml5:   .skip   4096
#endif
#endif
        .skip   8192
kernel_stack_top:
        .skip   64
        .text
