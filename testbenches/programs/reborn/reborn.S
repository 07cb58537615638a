# SPDX-License-Identifier: Apache-2.0
# Writes a loop over its own first instructions and runs it: a reset in the middle (--reset-at) must
# begin with the bytes in memory again and not with those of the loop. 32-bit, no paging.
        .set    MB_MAGIC, 0x1BADB002
        .set    MB_FLAGS, 0x00000003
        .set    ROUNDS, 500
        .set    EXIT_PORT, 0xF4
        .section .multiboot, "ax"
        .align  4
        .long   MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

        .text
        .code32
        .align  16
        .globl  start32
start32:
        movl    $ROUNDS, %ecx           # its block becomes: decl %ecx; jnz start32; jmp done
        jmp     1f
        .align  16
1:      movl    $0xEBFD7549, start32
        movb    $(done - start32 - 5), start32 + 4
        jmp     start32
        .align  16
done:   xorl    %eax, %eax
        movw    $EXIT_PORT, %dx
        outl    %eax, %dx
2:      cli
        hlt
        jmp     2b
