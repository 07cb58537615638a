# SPDX-License-Identifier: Apache-2.0
"""Each type of segment by each kind of access at each edge of its limit, through FS, CS and SS.

SDM Vol. 3A "Code- and Data-Segment Types", "Limit Checking", "Type Checking"; docs/cpu.md F7. Outside
64-bit mode: 32-bit protected mode, and compatibility mode by a 32-bit code segment.
"""
from case import BIG, P, Case, desc

LIMIT = 0x7F
OPS = [("load 1", "movb {m}, %cl", 1), ("load 2", "movw {m}, %cx", 2), ("load 4", "movl {m}, %ecx", 4),
       ("store 1", "movb %cl, {m}", 1), ("store 4", "movl %ecx, {m}", 4), ("add 4", "addl %ecx, {m}", 4),
       ("not 2", "notw {m}", 2), ("lock inc 4", "lock incl {m}", 4), ("xchg 1", "xchgb %cl, {m}", 1),
       ("cmpxchg 4", "cmpxchgl %ecx, {m}", 4), ("cmpxchg8b", "cmpxchg8b {m}", 8), ("cmp 4", "cmpl %ecx, {m}", 4),
       ("bt 4", "btl $1, {m}", 4), ("shl 2 by 0", "movb $0, %cl\nshlw %cl, {m}", 2), ("setc", "setc {m}", 1),
       ("push m", "pushl {m}", 4), ("pop m", "pushl $1\npopl {m}", 4), ("far pointer", "les {m}, %ecx", 6),
       ("sgdt", "sgdt {m}", 6), ("clflush", "clflush {m}", 1), ("verr m", "verr {m}", 2), ("str m", "str {m}", 2)]
# Through SS with ESP: what is pushed and popped.
STACK = [("push", "pushl %ecx", -4), ("pushw", "pushw %cx", -2), ("pop", "popl %ecx", 4), ("popw", "popw %cx", 2),
         ("pushal", "pushal", -32), ("popal", "popal", 32), ("call", "call 7f\n7:", -4), ("enter", "enter $4, $1", -12)]


def edges(size, down, big):
    """Offsets of an access of this size at the ends of the segment."""
    last = 0xFFFFFFFF if big else 0xFFFF
    if down:
        return (0, LIMIT, LIMIT + 1, LIMIT + 9, last - size + 1, (last - size + 2) & 0xFFFFFFFF)
    return (0, LIMIT - size + 1, LIMIT - size + 2, LIMIT, LIMIT + 1, 0xFFFFFFFF)


def enter(mode, r):
    """Ring r in 32-bit code."""
    if mode == 32:
        return f"TO_RING {r}, 2"
    return (f"pushq $DATA + 8 * {r} + {r}\npushq $STACK{r}\npushq $2\npushq $C32 + 8 * {r} + {r}\n"
            "pushq $6f\niretq\n.code32\n6:")


def leave(mode):
    return "\nDONE\n.code64" if mode == 64 else ""


def data_cases():
    for mode in (32, 64):
        for kind in range(0x10, 0x20):
            for big in (0, BIG):
                down = kind & 0xC == 4
                if not down and big == 0 and kind & 8 == 0:
                    continue
                for name, op, size in OPS:
                    for at in edges(size, down, big):
                        for r in (0, 3) if at in (0, LIMIT + 9) else (3,):
                            setup = desc("X1", P | r << 5 | kind, big, 0x410000, LIMIT)
                            yield Case(mode, f"type {kind:X}, B {big >> 2}, ring {r}: {name} at {at:#x}",
                                       f"{setup}\n{enter(mode, r)}\nmovl $X1 + {r}, %eax\nmovl %eax, %fs\n" +
                                       op.format(m=f"%fs:{at:#x}") + leave(mode))


def code_cases():
    """CS itself: what it lets be read, and that it lets nothing be written."""
    for mode in (32, 64):
        for kind in range(0x18, 0x20):
            for r in (0, 3):
                for name, op, size in OPS:
                    setup = desc("X1", P | r << 5 | kind, BIG | 8, 0, 0xFFFFF)
                    yield Case(mode, f"CS of type {kind:X}, ring {r}: {name}",
                               f"{setup}\n{enter(mode, r)}\nljmp $X1 + {r}, $7f\n7:\n" +
                               op.format(m="%cs:PAGE + 0x40") + leave(mode))


def stack_cases():
    for mode in (32, 64):
        for kind in (0x12, 0x13, 0x16, 0x17):
            for big in (0, BIG):
                for name, op, size in STACK:
                    for at in (0, 1, 2, 4, 31, 32, LIMIT - 3, LIMIT + 1, LIMIT + 5, LIMIT + 33, 0xFFFC, 0xFFFF,
                               0x10000, 0xFFFFFFFC):
                        setup = desc("X1", P | 3 << 5 | kind, big, 0x410000, LIMIT)
                        yield Case(mode, f"SS of type {kind:X}, B {big >> 2}: {name} at {at:#x}",
                                   f"{setup}\n{enter(mode, 3)}\nmovl $X1 + 3, %eax\nmovl $0x40, %ebp\n"
                                   f"movl %eax, %ss\nmovl ${at:#x}, %esp\n{op}" + leave(mode))


def cases():
    for rows in (data_cases, code_cases, stack_cases):
        yield from rows()
