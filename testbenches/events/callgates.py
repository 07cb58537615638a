# SPDX-License-Identifier: Apache-2.0
"""Call gates: ring, RPL, DPL and presence of the gate; its code segment; parameters; the new stack.

SDM Vol. 2 "CALL", "JMP" (CALL-GATE); Vol. 3A "Call Gates", "Stack Switching"; docs/cpu.md G1 to G5.
"""
from case import BIG, CODE_CONF, CODE_R, CODE_X, DATA_RW, LONG, P, PAGES, Case, desc, native
from delivery import DEFECTS

TYPES = {64: (0xC,), 32: (0xC, 0x4)}
CALLS = [("lcall", "lcalll *%cs:PAGE"), ("ljmp", "ljmpl *%cs:PAGE")]
# The code segment of the gate, for its ring {n}; X2 is a descriptor of its own.
TARGETS = [("code", "CODE + 8 * {n}", ""), ("conforming", "CONF + 8 * {n}", ""),
           ("32-bit", "C32 + 8 * {n}", ""), ("16-bit", "C16 + 8 * {n}", ""),
           ("data", "DATA + 8 * {n}", ""), ("not present", "X2", desc("X2", CODE_R, PAGES | BIG | LONG)),
           ("not accessed", "X2", None), ("execute-only", "X2", CODE_X), ("a TSS", "TSS_SEL", ""),
           ("null", "0", ""), ("null, RPL 3", "3", ""), ("beyond the GDT", "0x140", ""),
           ("of the LDT", "0x0C", ""), ("beyond the LDT", "0x44", ""), ("with RPL 3", "CODE + 8 * {n} + 3", "")]


def target(mode, kind, n):
    name, selector, setup = kind
    if setup is None:
        setup = desc("X2", P | CODE_R & ~1, native(mode))
    elif isinstance(setup, int):
        setup = desc("X2", P | setup, native(mode))
    return selector.format(n=n), f"{setup}\norb $0x20 * {n}, GDT + X2 + 5" if "X2" in selector else ""


def gate(mode, kind, selector, dpl, count=0, present=1, high=0):
    attr = (present << 7 | dpl << 5 | kind) << 8 | count
    text = (f"movl $9f, %eax\nmovw %ax, GDT + X0\nshrl $16, %eax\nmovw %ax, GDT + X0 + 6\n"
            f"movw ${selector}, GDT + X0 + 2\nmovw ${attr:#x}, GDT + X0 + 4\n")
    return text + (f"movl $0, GDT + X0 + 8\nmovl ${high:#x}, GDT + X0 + 12\n" if mode == 64 else "")


def call(mode, text, r, rpl, back="", pushes=0):
    """From ring r with something on the stack; the target's label is 9."""
    return (f"movl $0xDEADBEEF, PAGE\nmovw $X0 | {rpl}, PAGE + 4\nTO_RING {r}, 2\n" +
            "".join(f"push ${0x100 + i}\n" for i in range(pushes)) +
            f"{text}\nmov %XSP, %XBX\nDONE\n9: mov %cs, %eax\nmov %ss, %ecx\n{back}")


def low(case):
    """A 16-bit gate: where it leads stands below 64 KiB, and where a RET of that size goes back to."""
    if case.mode == 64 or "type 4" not in case.name:
        return case
    before, _, behind = case.text.rpartition("9: ")
    if "lretw" in behind:
        return case._replace(text=f"jmp 7f\n.pushsection .low\n7: {case.text}\nDONE\n.popsection")
    return case._replace(text=f"{before}\nDONE\n.pushsection .low\n9: {behind}\nDONE\n.popsection")


def privilege():
    """Every ring, RPL, DPL; conforming or not, to every ring."""
    for mode in (64, 32):
        for name, text in CALLS:
            for r in (0, 1, 3):
                for rpl in (0, 1, 3):
                    for dpl in range(4):
                        for n in range(4):
                            for kind in TARGETS[:2]:
                                selector, setup = target(mode, kind, n)
                                yield Case(mode, f"{name} at ring {r}, RPL {rpl}, DPL {dpl}: {kind[0]} of {n}",
                                           f"{setup}\n" + gate(mode, 0xC, selector, dpl) +
                                           call(mode, text, r, rpl))


def targets():
    for mode in (64, 32):
        for name, text in CALLS:
            for kind in TYPES[mode]:
                for row in TARGETS:
                    for r, n in ((0, 0), (3, 0), (3, 3), (1, 2)):
                        for present in (1, 0):
                            selector, setup = target(mode, row, n)
                            yield Case(mode, f"{name}, type {kind:X}, ring {r} to {n}, P {present}: {row[0]}",
                                       f"{setup}\n" + gate(mode, kind, selector, 3, present=present) +
                                       call(mode, text, r, r))
            for kind in range(16):
                yield Case(mode, f"{name}, system type {kind:X}", gate(mode, kind, "CODE", 3) +
                           call(mode, text, 3, 3))
            for bit in range(32):
                if mode == 64:
                    yield Case(64, f"{name}, bit {bit} of the last dword",
                               gate(64, 0xC, "CODE", 3, high=1 << bit) + call(64, text, 3, 3))


BACK = {(64, 0xC): "lretq", (32, 0xC): "lretl", (32, 4): "lretw"}


def parameters():
    """Counts, and the way back; the old stack's end on the way."""
    for mode in (64, 32):
        for kind in TYPES[mode]:
            size = 2 if kind == 4 else 4
            for count in (0, 1, 2, 3, 16, 30, 31) if mode == 32 else (0, 1, 31):
                for r, n in ((0, 0), (1, 0), (3, 0), (3, 1), (2, 1)):
                    back = BACK[mode, kind] + (f" ${size * count}" if count and mode == 32 and r != n else "")
                    yield Case(mode, f"{count} parameters of type {kind:X}, ring {r} to {n}",
                               gate(mode, kind, f"CODE + 8 * {n}", 3, count) +
                               call(mode, "lcalll *%cs:PAGE", r, r, back, 32 if count else 0))
            if mode == 64:
                continue
            for at in (0, 1, 2, 4, 6, 8, 12):
                stack = desc("X1", P | DATA_RW | 0x60, BIG, 0x410000, 0xFFF)
                yield Case(32, f"the old stack ends {at} bytes up, type {kind:X}",
                           stack + "\n" + gate(32, kind, "CODE", 3, 3) +
                           "movl $0xDEADBEEF, PAGE\nmovw $X0 | 3, PAGE + 4\nTO_RING 3, 2\nmovl $X1 + 3, %eax\n"
                           f"movl %eax, %ss\nmovl $0x1000 - {at}, %esp\nlcalll *%cs:PAGE\nDONE\n9: nop")


def stacks():
    """What can be wrong with the new stack: as of events (delivery.py)."""
    for defect in DEFECTS:
        if not defect.inward:
            continue
        for mode in defect.modes:
            for kind in TYPES[mode]:
                for r, t in ((3, 0), (3, 1), (2, 1)):
                    for count in (0, 2) if mode == 32 else (0,):
                        text = gate(mode, kind, f"CODE + 8 * {t}", 3, count) + \
                            defect.text.format(v=0x21, r=r, t=t)
                        yield Case(mode, f"type {kind:X}, {count} parameters, ring {r} to {t}: {defect.name}",
                                   text + "\n" + call(mode, "lcalll *%cs:PAGE", r, r, pushes=4))


def cases():
    for rows in (privilege, targets, parameters, stacks):
        for case in rows():
            yield low(case)
