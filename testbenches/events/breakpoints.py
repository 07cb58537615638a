# SPDX-License-Identifier: Apache-2.0
"""Breakpoints: each type and length against each access beside and over it, each kind of access,
instructions by what stands before them, and what else is pending at their boundary.

SDM Vol. 3B "Debug Registers", "Debug Exceptions"; Vol. 3A "Priority Among Concurrent Events";
docs/cpu.md T2 to T4, V8.
"""
from alignment import BOTH, ONLY_32, ONLY_64
from case import BIG, CODE_R, DATA_RW, Case, P, desc, native
from segments import enter, leave

AT = 0x40  # of the data page
INSN, WRITE, PORT, ACCESS = range(4)
GO_ON = "movw $stub_resume, GATE(1)\nmovw $stub_nmi, GATE(0x32)"  # the handlers return


def arm(n, address, rw, length, enable=3):
    """Breakpoint n at an address, which may be a label; R/W and LEN as DR7 has them."""
    dr7 = 0x400 | enable << 2 * n | (rw | length << 2) << (16 + 4 * n)
    return (f"movl ${address}, %eax\nmov %XAX, %db{n}\nmovl ${dr7:#x}, %eax\nmov %XAX, %db7")


def ops(sizes):
    names = {1: "b", 2: "w", 4: "l", 8: "q"}
    regs = {1: "%cl", 2: "%cx", 4: "%ecx", 8: "%rcx"}
    for size in sizes:
        yield f"load {size}", f"mov{names[size]} {{m}}, {regs[size]}"
        yield f"store {size}", f"mov{names[size]} {regs[size]}, {{m}}"
        yield f"add {size}", f"add{names[size]} {regs[size]}, {{m}}"


def edges():
    """Lengths and offsets of both; the range begins at a multiple of its length."""
    for mode in (64, 32):
        for name, text in ops((1, 2, 4, 8) if mode == 64 else (1, 2, 4)):
            for rw in (WRITE, ACCESS):
                for length in range(4):
                    for at in (0, 1, 4, 6):
                        for access in (-4, -1, 0, 1, 3, 7):
                            yield Case(mode, f"R/W {rw}, LEN {length} at {at}: {name} at {access}",
                                       arm(0, f"PAGE + {AT + at}", rw, length) + "\n" +
                                       text.format(m=f"PAGE + {AT + access}"))


def kinds():
    """Every kind of access, from ring 0 and 3, read or written or both."""
    for mode, rows in ((64, BOTH + ONLY_64), (32, BOTH + ONLY_32)):
        for name, text in rows:
            data = "movl $DATA + {0}, %ecx\nmovl %ecx, %ds\nmovl %ecx, %es\n" if mode == 32 else ""  # a return took them
            before, _, text = text.rpartition("|")
            for r in (0, 3):
                for rw in (WRITE, ACCESS):
                    for at in (0, -4, 8):
                        yield Case(mode, f"R/W {rw} at {at}, ring {r}: {name}",
                                   f"movl $8f, PAGE + {AT}\nmovl $0, PAGE + {AT + 4}\n" + before.format(m=f"(PAGE + {AT:#x})") + "\n" +
                                   arm(1, f"PAGE + {AT + at}", rw, 3) + f"\nTO_RING {r}, 2\n" +
                                   data.format(9 * r) + "xorl %eax, %eax\nxorl %edx, %edx\n" +
                                   text.format(m=f"(PAGE + {AT:#x})") + "\n8: nop")
    for bit in range(64):  # every bit of the address, of an access and of an instruction
        for label, rw, length, text in (("a load", ACCESS, 0, "movb PAGE + 0x840, %cl"),
                                        ("an instruction, upper half too", INSN, 0, "6: nop")):
            address = "PAGE + 0x840" if rw == ACCESS else "6f"
            yield Case(64, f"bit {bit} of DR0 turned: {label}",
                       f"movq ${1 << bit:#x}, %rcx\nmovl ${address}, %eax\nxorq %rcx, %rax\nmovq %rax, %db0\n"
                       f"movl ${0x403 | (rw | length << 2) << 16:#x}, %eax\nmovq %rax, %db7\n" + text)
    for n in range(4):
        for enable in range(4):
            yield Case(64, f"DR{n}, enabled {enable}", arm(n, f"PAGE + {AT}", ACCESS, 0, enable) +
                       f"\nmovb PAGE + {AT}, %cl")


def set_dr0(value, rw, length):
    """In 64-bit mode, all 64 bits."""
    return (f"movabsq ${value & (1 << 64) - 1:#x}, %rax\nmovq %rax, %db0\n"
            f"movl ${0x403 | (rw | length << 2) << 16:#x}, %eax\nmovq %rax, %db7")


OVER = desc("X1", P | DATA_RW, BIG | 8, 0xFFFFFF00, 0xFFFFF)  # 32-bit: offset 100h is linear address 0


def wrapped():
    """Accesses over the end of the linear addresses, and those of 32-bit code under each bit that they lack."""
    for mode in (64, 32):
        for name, text in ops((2, 4, 8) if mode == 64 else (2, 4)):
            for access in range(-int(name.split()[1]), 1):
                for length in range(4):
                    for byte in (-8, -2, -1, 0, 1, 2):
                        if mode == 64:
                            begin, at = set_dr0(byte, ACCESS, length), f"{access:#x}"
                        else:
                            begin = arm(0, f"{byte % (1 << 32):#x}", ACCESS, length) + f"\n{OVER}\nmovl $X1, %eax\nmovl %eax, %fs"
                            at = f"%fs:{0x100 + access:#x}"
                        yield Case(mode, f"LEN {length} at {byte}: {name} at {access}, over the end", f"{begin}\n" + text.format(m=at))
    for bit in range(31, 64):
        for byte, at in ((-1, -2), (1, -2), (0x410040, 0x41003E)):
            fs = f"{OVER}\n{enter(64, 0)}\nmovl $X1, %eax\nmovl %eax, %fs\nmovl %fs:{(0x100 + at) & 0xFFFFFFFF:#x}, %ecx"
            yield Case(64, f"bit {bit} of DR0 at {byte:#x}: 32-bit code loads at {at:#x}",
                       f"{set_dr0((byte & 0xFFFFFFFF) | 1 << bit, ACCESS, 0)}\n{fs}" + leave(64))
            yield Case(64, f"bit {bit} of DR0 turned at {byte:#x}: a load at {at:#x}",
                       f"{set_dr0(byte ^ 1 << bit, ACCESS, 0)}\nmovl {at:#x}, %ecx")


# What stands before the instruction with the breakpoint; EDI has the ring's data segment.
BEFORE = [("nop", "nop"), ("mov ss", "movl %edi, %ss"), ("sti", "sti"), ("popf TF", "push $0x3102\npopf"),
          ("popf RF", "push $0x13002\npopf"), ("mov ss with TF", "push $0x3102\npopf\nmovl %edi, %ss"),
          ("jmp", "jmp 6f\nint3"), ("ud2 before", "ud2"), ("store", f"movl %ecx, PAGE + {AT}"),
          ("mov ss from it", f"movl %edi, PAGE + {AT}\nmovw PAGE + {AT}, %ss")]
THERE = [("nop", "nop"), ("ud2", "ud2"), ("int n", "int $0x21"), ("rep movs", "rep movsb"),
         ("a store", f"movl %ecx, PAGE + {AT}"), ("mov ss", "movl %edi, %ss\nnop"), ("int3", "int3"),
         ("hlt", "sti\nhlt"), ("mov dr7", "mov %db7, %XCX"), ("no page", "movl 0x440000, %eax"),
         ("iret", None), ("popf", "push $0x3302\npopf")]
RETURN = {64: "pushq $DATA\nleaq 8(%rsp), %rax\npushq %rax\npushq $0x3002\npushq $CODE\npushq $8f\niretq\n8:",
          32: "pushl $0x3002\npushl $CODE\npushl $8f\niretl\n8:"}


def instructions():
    for mode in (64, 32):
        for before_name, before in BEFORE:
            for name, text in THERE:
                for nmi, intr in ((0, 0), (1, 0), (0, 1), (1, 1)):
                    if name == "hlt" and (before_name != "nop" or not intr or nmi):
                        continue  # nothing would wake it
                    if name == "no page" and mode == 32:
                        continue
                    text = RETURN[mode] if text is None else text
                    lines = [GO_ON, "movl $DATA, %edi", "movl $PAGE, %esi", "movl $3, %ecx"]
                    lines += ["INTERRUPT INTR"] if intr else []
                    lines += [arm(2, "6f", INSN, 0), f"movl $PAGE + {AT}, %eax\nmov %XAX, %db3",
                              "movl $0xF0000420 + 0xC0, %eax\nmov %XAX, %db7"]
                    lines += ["movl $0x4400, %eax\nmovl %eax, LAPIC + 0x300"] if nmi else []
                    lines += ["push $0x3202\npopf"] if intr and not nmi and name != "hlt" else []
                    yield Case(mode, f"at {name} behind {before_name}, NMI {nmi}, interrupt {intr}",
                               "\n".join(lines + [before, "6:", text, "nop", "nop"]))
        for wait in (40, 400):  # on the instruction behind HLT, which the timer wakes
            yield Case(mode, f"behind hlt, woken after {wait}",
                       "\n".join((GO_ON, arm(2, "6f", INSN, 0), "movl $0, LAPIC + 0xB0\nmovl $0x32, LAPIC + 0x320",
                                  f"movl $0xB, LAPIC + 0x3E0\nmovl ${wait}, LAPIC + 0x380",
                                  "sti\nhlt\n6: nop\nnop")))
        for length in range(1, 4):
            for at in (0, 1, 2):
                yield Case(mode, f"LEN {length}, {at} into an instruction",
                           arm(0, f"6f + {at}", INSN, length) + "\n6: movl $1, %ecx\nnop")


PORTS = [("in b", "inb %dx, %al", 1), ("in w", "inw %dx, %ax", 2), ("in l", "inl %dx, %eax", 4),
         ("out b", "outb %al, %dx", 1), ("out l", "outl %eax, %dx", 4), ("in imm", "inb $0x84, %al", 0),
         ("ins", "movl $PAGE + 0x80, %edi\ninsb", 1),
         ("rep outs", "movl $PAGE + 0x80, %esi\nmovl $3, %ecx\nrep outsw", 2)]


def ports():
    for mode in (64, 32):
        for name, text, size in PORTS:
            for de in (0, 1):
                for rw in (PORT, ACCESS):
                    for length in range(4):
                        for at in (-4, -1, 0, 1, 3):
                            yield Case(mode, f"{name}, DE {de}, R/W {rw}, LEN {length} at {at}",
                                       f"mov %cr4, %XAX\norl ${de << 3}, %eax\nmov %XAX, %cr4\n" +
                                       arm(0, 0x84 + at, rw, length) + f"\nmovl $0x84, %edx\n{text}")


def not_ports():
    """A port's breakpoint at the address of memory that is accessed."""
    for mode in (64, 32):
        for name, text in ops((1, 4)):
            for de in (0, 1):
                for length in range(4):
                    yield Case(mode, f"memory: {name}, DE {de}, LEN {length}",
                               f"mov %cr4, %XAX\norl ${de << 3}, %eax\nmov %XAX, %cr4\n" +
                               arm(0, f"PAGE + {AT}", PORT, length) + "\n" + text.format(m=f"PAGE + {AT}"))


def deliveries():
    """An event that meets breakpoints itself: its pushes, its gate's code segment, its stack."""
    for mode in (64, 32):
        for event, text in (("int n", "int $0x21"), ("ud2", "ud2"), ("iret", RETURN[mode])):
            for back in range(1, 8):
                yield Case(mode, f"{event}, item {back} of the frame",
                           arm(0, f"STACK1 - {back * (8 if mode == 64 else 4)}", WRITE, 0) +
                           f"\nmovl $STACK1, %esp\n{text}")
            at = "PAGE + 0x800 - X1"
            yield Case(mode, f"{event}, its code segment's descriptor",
                       desc("X1", P | CODE_R & ~1, native(mode)) + "\nmovw $X1, GATE(0x21) + 2\n"
                       f"movw $X1, GATE(6) + 2\nmovl $GDT, %esi\nmovl ${at}, %edi\n"
                       "movl $GDT_BYTES / 4, %ecx\ncld\nrep movsl\nmovw $GDT_BYTES - 1, gdtr_x\n"
                       f"movl ${at}, gdtr_x + 2\nlgdt gdtr_x\n" + arm(0, "PAGE + 0x804", ACCESS, 3) +
                       f"\n{text}")


def broken_deliveries():
    """A push of a delivery meets a breakpoint, a later one a page that is not there: the page fault comes, and the
    breakpoint with what was not delivered is gone."""
    for event in ("int $0x21", "ud2", "int3"):
        for fits in range(1, 5):  # items of the frame
            for item in range(1, fits + 1):
                for n in (0, 3):
                    yield Case(64, f"{event}, {fits} items fit, item {item} meets DR{n}",
                               f"movl $PAGE + 0x1000 + 8 * {fits}, TSS + 4\nmovb $1, GATE(14) + 4\nmovl $0, PTE(PAGE)\n"
                               f"FLUSH\n" + arm(n, f"PAGE + 0x1000 + 8 * {fits - item}", WRITE, 2) +
                               f"\nTO_RING 3, 2\n{event}")


def cases():
    for rows in (edges, kinds, wrapped, instructions, ports, not_ports, deliveries, broken_deliveries):
        yield from rows()
