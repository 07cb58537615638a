# SPDX-License-Identifier: Apache-2.0
# Frame of a system program (randgen --mode system): boot, tables, the handler of every event, the entry
# of an episode. Included by what sys_output.c writes, which defines BODY, SLOTS, EPISODES and the data.
#
# An event, from whatever ring and mode, goes on with the next slot: in the ring and with the flags,
# code size and stack of slot_state. The first slot of another episode is entered through paging off:
# the tables become as they were, then the episode's mode and control bits. Nothing is kept on a stack,
# so a fault inside the handler is an event like any other. Addresses: sys_layout.h.
#include "sys_layout.h"

#define KSTACK  kernel_stack_top
#define WATCHDOG 20000

        .macro  COPY from, to, bytes
        movl    $\from, %esi
        movl    $\to, %edi
        movl    $(\bytes) / 4, %ecx
        rep movsl
        .endm

        .section .multiboot, "ax"
        .align  4
        .long   0x1BADB002, 3, -(0x1BADB002 + 3)

        .text
        .code32
        .globl  start
start:
        cld
        movl    $KSTACK, %esp
        lgdt    boot_gdtr
        ljmp    $K32, $1f
1:      movl    $KDATA, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        # the levels above the region's tables
        movl    $PT32_LOW + 3, PD32
        movl    $TABLE32 + 7, PD32 + 4
        movl    $REGION + 0x87, PD32 + 8        # large with CR4.PSE, else the body is its table
        movl    $PT32_APIC + 7, PD32 + 0x3FB * 4
        movl    $APIC + 3, PT32_APIC + 0x200 * 4
        movl    $APIC + 7, PT32_APIC
        movl    $0x200003, %eax         # below the frame nothing is mapped: a wild jump ends there
        movl    $512, %ecx
2:      movl    %eax, PT32_LOW(,%ecx,4)
        addl    $0x1000, %eax
        incl    %ecx
        cmpl    $1024, %ecx
        jne     2b
        movl    $PD_PAE + 1, PDPT_PAE
        movl    $PD_APIC + 1, PDPT_PAE + 24
        movl    $APIC + 0x83, PD_APIC + 0x1F7 * 8
        movl    $APIC + 0x87, PD_APIC + 0x1F6 * 8
        movl    $0x200083, PD_PAE + 8
        movl    $TABLE_PAE + 7, PD_PAE + 16
        movl    $REGION + 0x87, PD_PAE + 24
        movl    $0x200083, PD_LONG + 8
        movl    $TABLE_LONG + 7, PD_LONG + 16
        movl    $REGION + 0x87, PD_LONG + 24
        movl    $PD_LONG + 7, PDPT_LONG
        movl    $0x87, PDPT_LONG + 16
        movl    $PD_APIC + 7, PDPT_LONG + 24
        movl    $PD_APIC + 7, PDPT_LONG + 511 * 8
        movl    $PDPT_LONG + 7, PML4
        movl    $PDPT_LONG + 7, PML4 + 511 * 8
        movl    $PML4 + 7, PML5
        movl    $PML4 + 7, PML5 + 511 * 8
        xorl    %eax, %eax              # without paging a wild jump below 64 KiB ends soon
3:      movl    $0xCCCCCCCC, (%eax)
        addl    $256, %eax
        cmpl    $0x10000, %eax
        jne     3b
        COPY    master_32, TABLE32, 4096
        COPY    master_pae, TABLE_PAE, 4096
        COPY    master_long, TABLE_LONG, 4096
        jmp     enter_episode

# --- stubs ----------------------------------------------------------------------------------------
        .macro  STUBS where
        .set    i, 0
        .rept   VECTORS
        .align  16
        .if     !(i == 8 || (i >= 10 && i <= 14) || i == 17)
        push    $0
        .endif
        push    $i
        jmp     \where
        .set    i, i + 1
        .endr
        .endm

# Where gates to outer rings lead, in the region: the way back, or an event.
        .section .region, "awx"
        .org    LANDINGS-REGION
        .code64
        iretq
        .org    LANDINGS-REGION+16
        lretq
        .org    LANDINGS-REGION+32
        int     $SOFT_FIRST
        .org    LANDINGS-REGION+48
        lretq   $8
        .code32
        .org    LANDINGS-REGION+64
        iretl
        .org    LANDINGS-REGION+80
        lretl
        .org    LANDINGS-REGION+96
        int     $SOFT_FIRST
        .org    LANDINGS-REGION+112
        lretl   $8
        .org    STUBS32-REGION
        .code32
        STUBS   event32
        .org    STUBS64-REGION
        .code64
        STUBS   event64
        .org    STUB16-REGION           # behind a 16-bit gate, in a segment based at K16_BASE
        .code16
        ljmpl   $K32, $event_without_rip
        .org    REGION_END-REGION
        .text

# The next slot: behind the interrupted one and the last one, and not left out. ECX: RIP; in EAX its
# state.
        .macro  NEXT_SLOT
        cmpl    $0x40000, %ecx
        jae     6f
        addl    base16, %ecx            # of a 16-bit segment
6:      subl    $BODY, %ecx
        movl    counter, %eax
        cmpl    $(SLOTS * SYS_SLOT), %ecx
        jae     7f
        shrl    $7, %ecx
        cmpl    %ecx, %eax
        cmovb   %ecx, %eax
7:      incl    %eax
        cmpl    $SLOTS, %eax
        jae     finish
        movl    %eax, %ecx
        shll    $6, %ecx
        cmpl    $0, slot_state + STATE_SKIP(%ecx)
        jne     7b
        movl    %eax, counter
        leal    slot_state(%ecx), %eax
        .endm
        .macro  MSR number, low, high=$0
        movl    $\number, %ecx
        movl    \low, %eax
        movl    \high, %edx
        wrmsr
        .endm
        .macro  APIC_OPEN               # ECX: the APIC
        movl    $0x12F, 0xF0(%ecx)
        movl    $0xB, 0x3E0(%ecx)
        movl    $0x20000+TIMER, 0x320(%ecx)
        .endm
        # The APIC: in xAPIC mode (by way of none), no interrupt in service, a way out of a loop.
        .macro  CALM ax, dx
        mov     %\ax, calm
        mov     %\dx, calm + 8
        movl    $0x1B, %ecx
        rdmsr
        andl    $0xC00, %eax
        cmpl    $0x800, %eax
        je      8f
        MSR     0x1B, $APIC + 0x100
        MSR     0x1B, $APIC + 0x900
        movl    $APIC, %ecx
        APIC_OPEN
8:      mov     calm, %\ax
        mov     calm + 8, %\dx
        movl    $APIC, %ecx
        movl    $0, 0xB0(%ecx)
        movl    $WATCHDOG, 0x380(%ecx)
        .endm

# --- an event outside long mode -------------------------------------------------------------------
        .code32
event_without_rip:
        pushl   $0
        pushl   $0
        pushl   $0x100
event32:
        pushl   %eax
        pushl   %ecx
        movl    $KDATA, %eax
        movl    %eax, %ds
        popl    saved + 4
        popl    saved
        popl    came                    # vector, error code, EIP: by SP, where it has 16 bits
        popl    came
        popl    came
        movl    came, %ecx
        NEXT_SLOT
        movl    STATE_EPISODE(%eax), %ecx
        cmpl    %ecx, episode
        jne     enter_episode
resume32:
        CALM    eax, edx
        movl    $KDATA, %ecx
        movl    %ecx, %ss
        movl    $KSTACK, %esp
        movl    $DATA_R + 0x1B, %ecx
        movl    %ecx, %es
        movl    $WINDOW_SEL + 3, %ecx
        movl    %ecx, %fs
        movl    %ecx, %gs
        cmpl    $0, STATE_RING(%eax)
        jne     1f
        movl    STATE_SS(%eax), %ecx
        movl    %ecx, %ss
        movl    STATE_SP(%eax), %esp
        jmp     2f
1:      pushl   STATE_SS(%eax)
        pushl   STATE_SP(%eax)
2:      pushl   STATE_FLAGS(%eax)
        pushl   STATE_CS(%eax)
        pushl   STATE_IP(%eax)
        movl    saved + 4, %ecx
        movl    $DATA_R + 0x1B, %eax
        pushl   saved
        movl    %eax, %ds
        popl    %eax
        iretl
finish: movl    $0xF4, %edx
        xorl    %eax, %eax
        outl    %eax, %dx
1:      cli
        hlt
        jmp     1b

# --- an event in long mode ------------------------------------------------------------------------
        .code64
syscall64:
sysenter64:
        movl    $KSTACK, %esp
        pushq   $0
        pushq   $0
        pushq   $0x100
event64:
        pushq   %rax
        pushq   %rcx
        popq    saved + 8
        popq    saved
        movl    16(%rsp), %ecx
        NEXT_SLOT
        movl    $KSTACK, %esp
        movl    STATE_EPISODE(%rax), %ecx
        cmpl    %ecx, episode
        je      resume64
        pushq   $K32
        pushq   $enter_episode
        lretq
resume64:
        CALM    rax, rdx
        movl    $DATA_R + 0x1B, %ecx
        movl    %ecx, %ds
        movl    %ecx, %es
        movl    $WINDOW_SEL + 3, %ecx
        movl    %ecx, %fs
        movl    %ecx, %gs
        pushq   STATE_SS(%rax)
        pushq   STATE_SP(%rax)
        pushq   STATE_FLAGS(%rax)
        pushq   STATE_CS(%rax)
        pushq   STATE_IP(%rax)
        movq    saved + 8, %rcx
        movq    saved, %rax
        iretq

# --- the entry of the episode of slot `counter`, in 32-bit code of ring 0 --------------------------
        .code32
enter_episode:
        cli
        cld
        movl    $KDATA, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    $KSTACK, %esp
        movl    $0x400, %eax            # with DR7.GD an event, and then again
        movl    %eax, %dr7
        movl    %cr4, %eax
        andl    $~CR4_PCIDE, %eax
        movl    %eax, %cr4
        movl    %cr0, %eax
        andl    $0x7FFFFFFF, %eax
        movl    %eax, %cr0
        movl    $0x11, %eax
        movl    %eax, %cr0
        xorl    %eax, %eax
        movl    %eax, %cr3
        movl    %eax, %cr4
        MSR     0xC0000080, $0
        MSR     0x1B, $APIC + 0x100     # from x2APIC mode too
        MSR     0x1B, $APIC + 0x900
        MSR     0x6E1, $0
        COPY    master_gdt, GDT, GDT_BYTES
        COPY    master_ldt, LDT, LDT_BYTES
        COPY    master_tss32, TSS32, TSS_BYTES
        COPY    master_tss64, TSS64, TSS_BYTES
        COPY    master_idt32, IDT32, VECTORS*8
        COPY    master_idt64, IDT64, VECTORS*16
        movl    counter, %ebp
        shll    $6, %ebp
        movl    slot_state + STATE_EPISODE(%ebp), %ebp
        movl    %ebp, episode
        shll    $6, %ebp
        addl    $episodes, %ebp
        movl    EPISODE_BASE16(%ebp), %ebx
        movl    %ebx, base16
        movl    $4, %ecx                # the base of the 16-bit segments
        movl    $GDT + C16, %edi
1:      movw    %bx, 2(%edi)
        movl    %ebx, %eax
        shrl    $16, %eax
        movb    %al, 4(%edi)
        addl    $8, %edi
        loop    1b
        movw    %bx, GDT + CONF16 + 2
        movb    %al, GDT + CONF16 + 4
        movl    EPISODE_TABLE(%ebp), %esi
        movl    EPISODE_TABLE_AT(%ebp), %edi
        movl    EPISODE_TABLE_DWORDS(%ebp), %ecx
        rep movsl
        lgdt    gdtr
        movl    $TSS_A, %eax            # long mode does not begin with a 16-bit TSS
        ltr     %ax
        testl   $1, EPISODE_LONG(%ebp)
        jz      1f
        COPY    master_tasks64, GDT+TSS_A, TASK_BYTES
1:
        movl    EPISODE_CR4(%ebp), %eax
        andl    $~CR4_PCIDE, %eax
        movl    %eax, %cr4
        MSR     0x1A0, $1               # every leaf, and NXE may be set
        MSR     0xC0000080, EPISODE_EFER(%ebp)
        MSR     0x277, EPISODE_PAT(%ebp), $0x00070105
        MSR     0x174, $K64
        MSR     0x175, $KSTACK
        MSR     0xC0000081, $0, $(C32<<16|K64)
        MSR     0xC0000082, $syscall64
        MSR     0xC0000084, EPISODE_FMASK(%ebp)
        movl    EPISODE_ROOT(%ebp), %eax
        movl    %eax, %cr3
        movl    EPISODE_CR0(%ebp), %eax
        movl    %eax, %cr0
        movl    $APIC, %ecx
        movl    $0, 0x80(%ecx)
        APIC_OPEN
        testl   $1, EPISODE_LONG(%ebp)
        jnz     2f
        MSR     0x174, $K32
        MSR     0x176, $event_without_rip
        lidt    idtr32
        jmp     3f
2:      MSR     0x176, $sysenter64
        lidt    idtr64
        movl    EPISODE_CR4(%ebp), %eax
        movl    %eax, %cr4
        movl    EPISODE_ROOT(%ebp), %eax
        orl     EPISODE_PCID(%ebp), %eax
        movl    %eax, %cr3
        movl    $TSS_A, %eax
        ltr     %ax
3:      movl    $LDT_A, %eax
        lldt    %ax
        testl   $CR4_PKE, EPISODE_CR4(%ebp)
        jz      4f
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        movl    EPISODE_PKRU(%ebp), %eax
        wrpkru
4:      movl    counter, %eax
        shll    $6, %eax
        addl    $slot_state, %eax
        testl   $1, EPISODE_LONG(%ebp)
        jz      resume32
        ljmp    $K64, $resume64

# --- tables ---------------------------------------------------------------------------------------
        .section .tables, "aw"
        .globl  counter, episode
        .align  8
counter: .long  0, 0
episode: .long  -1, 0
base16: .long   0, 0
saved:  .quad   0, 0
came:   .quad   0
calm:   .quad   0, 0
boot_gdtr:
        .word   GDT_BYTES - 1
        .quad   master_gdt
gdtr:   .word   GDT_BYTES - 1
        .quad   GDT
idtr32: .word   VECTORS * 8 - 1
        .quad   IDT32
idtr64: .word   VECTORS * 16 - 1
        .quad   IDT64
        .align  16
        .macro  RINGS low, high         # four descriptors, of rings 0 to 3
        .long   \low, \high, \low, \high + 0x2000, \low, \high + 0x4000, \low, \high + 0x6000
        .endm
        .macro  AT selector
        .org    master_gdt + \selector
        .endm
        .macro  SYSTEM base, limit, access
        .long   ((\base) & 0xFFFF) << 16 | \limit
        .long   ((\base) & 0xFF0000) >> 16 | \access << 8
        .endm
master_gdt:
        .quad   0
        .quad   0x00AF9B000000FFFF      # K64
        .quad   0x00CF93000000FFFF      # KDATA
        .quad   0x00CF9B000000FFFF      # K32
        .long   (K16_BASE & 0xFFFF) << 16 | 0xFFFF, 0x00009B00 | K16_BASE >> 16
        AT      TSS_A
        SYSTEM  TSS32, 0xF8, 0x89
        .quad   0
        SYSTEM  TSS32+TSS_B_AT, 0x6F, 0xE9
        .quad   0
        SYSTEM  LDT, 0x7F, 0x82
        .quad   0
        SYSTEM  LDT, 0x1F, 0xE2
        .quad   0
        AT      C16
        RINGS   0xFFFF, 0x00009A00
        RINGS   0xFFFF, 0x00CF9A00
        RINGS   0xFFFF, 0x00AF9A00
        RINGS   0xFFFF, 0x00CF9200
        RINGS   0xFFFF, 0x00009200+DATA/0x10000   # S16
        .quad   0x00CF9E000000FFFF      # CONF32
        .quad   0x00009E000000FFFF      # CONF16
        .quad   0x00AF9E000000FFFF      # CONF64
        .quad   0x00CFFC000000FFFF      # of ring 3
        .long   (DATA & 0xFFFF) << 16 | 0x6000, 0x0040F200 | DATA >> 16         # WINDOW_SEL
        .quad   0x00CFF0000000FFFF      # read-only
        .quad   0x00CFF8000000FFFF      # execute-only
        .long   0x0000FFFF & (DATA >> 12) + 1, 0x00C0F600                       # expand-down
        .long   (DATA & 0xFFFF) << 16 | 0x1FFF, 0x0000F600 | DATA >> 16         # the same, 16-bit
        .quad   0x00CF72000000FFFF      # not present
        SYSTEM  TSS32+TSS_16_AT, 0x2B, 0x81
        .long   (DATA & 0xFFFF) << 16 | 0x2FFE, 0x0040F200 | DATA >> 16         # ends in the window
        AT      SCRATCH
        SCRATCHES_
        .org    master_gdt + GDT_BYTES
master_tasks64:                         # at TSS_A in long mode
        SYSTEM  TSS64, 0xF8, 0x89
        .quad   0
        SYSTEM  TSS64+TSS_B_AT, 0x6F, 0xE9
        .quad   0
        SYSTEM  LDT, 0x7F, 0x82
        .quad   0
        SYSTEM  LDT, 0x1F, 0xE2
        .quad   0
master_ldt:
        .quad   0x00CFF2000000FFFF, 0x00CFFA000000FFFF, 0x00AFFA000000FFFF, 0x0000F2500000FFFF
        .quad   0x00CF92000000FFFF, 0x00CF9E000000FFFF, 0x00CFB2000000FFFF, 0x00C0F60000000501
        .org    master_ldt + LDT_BYTES
        .macro  IO_MAP
        .fill   16, 1, 0xF0             # half of the ports 0 to 127
        .byte   0xFF
        .endm
master_tss32:
        .long   0, KSTACK, KDATA, STACK_R + 0x1000, DATA_R + 9, STACK_R + 0x2000, DATA_R + 18
        .org    master_tss32 + 0x66
        .word   0x68
        IO_MAP
        .org    master_tss32 + TSS_B_AT
        .long   0, KSTACK, KDATA, STACK_R + 0x1000, S16 + 9, STACK_R + 0x2000, S16 + 18
        .org    master_tss32 + TSS_B_AT + 0x66
        .word   0x68
        .long   -1, -1
        .org    master_tss32 + TSS_16_AT
        .word   0, 0xC000, S16, 0xD000, S16 + 9, 0xE000, S16 + 18
        .org    master_tss32 + TSS_BYTES
        .macro  TSS_64 rsp1
        .long   0
        .quad   KSTACK, STACK_R + \rsp1, STACK_R + 0x2000, 0, ist_top, ist_top + 0x1000
        .quad   ist_top, ist_top + 0x2000, ist_top, ist_top + 0x1000, ist_top + 0x2000, 0
        .word   0, 0x68
        .endm
master_tss64:
        TSS_64  0x1000
        IO_MAP
        .org    master_tss64 + TSS_B_AT
        TSS_64  0x1009
        .long   -1, -1
        .org    master_tss64 + TSS_BYTES

        .bss
        .align  4096
        .skip   8192
        .globl  kernel_stack_top
kernel_stack_top:
        .skip   4096
ist_top: .skip  8192
