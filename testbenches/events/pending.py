# SPDX-License-Identifier: Apache-2.0
"""Events pending at one boundary, in pairs and threes: what comes first, what waits, what is lost.

SDM Vol. 3A "Priority Among Concurrent Events", "Handling Multiple NMIs", "Masking Exceptions and
Interrupts When Switching Stacks"; Vol. 3B "Single-Step Exception Condition".
The handlers of #DB, NMI and the interrupt return, so that whatever was pending comes in its turn.
"""
from case import Case

# What is armed before the first instruction: single step, NMI, interrupt with IF clear.
ARMED = [(tf, nmi, intr) for tf in (0, 1) for nmi in (0, 1) for intr in (0, 1)]

IRET = {64: "pushq $DATA + 8 * {r} + {r}\nleaq 8(%rsp), %rax\npushq %rax\npushq ${fl}\n"
            "pushq $CODE + 8 * {r} + {r}\npushq $6f\niretq\n6:",
        32: "pushl ${fl}\npushl $CODE + 8 * {r} + {r}\npushl $6f\niretl\n6:"}
# The instruction at whose end they are looked at, then the one behind it; IOPL is 3.
FIRST = [
    ("nop", "nop"), ("sti", "sti"), ("cli", "cli"), ("mov ss", "movl %edi, %ss"),
    ("pop ss", "mov %XDI, %XAX\npushl %eax\npopl %ss"), ("sti, mov ss", "sti\nmovl %edi, %ss"),
    ("mov ss, sti", "movl %edi, %ss\nsti"), ("mov ss twice", "movl %edi, %ss\nmovl %edi, %ss"),
    ("popf IF", "push $0x3202\npopf"), ("popf IF TF", "push $0x3302\npopf"),
    ("popf TF", "push $0x3102\npopf"), ("iret IF", ("iret", "0x3202")),
    ("iret IF TF", ("iret", "0x3302")), ("iret RF", ("iret", "0x13202")),
    ("iret RF TF", ("iret", "0x13302")), ("rep movs", "movl $3, %ecx\nrep movsb"),
    ("rep movs of 0", "xorl %ecx, %ecx\nrep movsb"), ("repe cmps", "movl $4, %ecx\nrepe cmpsb"),
    ("mov dr7", "mov %db7, %XAX\nmov %XAX, %db7"), ("int n", "int $0x32"), ("int1", ".byte 0xF1"),
    ("sti, hlt", "sti\nhlt"), ("load", "movl PAGE, %eax"), ("locked", "lock incl PAGE"),
]
NEXT = [
    ("nop", "nop"), ("ud2", "ud2"), ("#PF", "movl 0x440000, %eax"), ("#GP", "movl %ebp, %fs"),
    ("int3", "int3"), ("int n", "int $0x21"), ("int1", ".byte 0xF1"), ("sti", "sti"),
    ("mov ss", "movl %edi, %ss\nnop"), ("rep stos", "movl $2, %ecx\nrep stosb"),
    ("pushf", "pushf\npop %XAX"), ("jump to a page not present", "jmp 0x440000"),
    ("iret", ("iret", "0x3202")), ("popf none", "push $0x3002\npopf"),
    ("long instruction", ".fill 15, 1, 0x66\nnop"),
]
SINGLY = {"nop", "ud2", "#PF", "int n", "mov ss", "iret"}  # also behind one event armed
ONLY_64 = {"#PF", "jump to a page not present"}  # there is no paging in the other


def step(mode, what, r):
    return IRET[mode].format(r=r, fl=what[1]) if isinstance(what, tuple) else what


def begin(mode, r, tf, nmi, intr, delay):
    handler = ["movw $stub_nmi, GATE(1)", "movw $stub_nmi, GATE(0x32)",
               f"movl $DATA + 8 * {r} + {r}, %edi", "movl $0xFFF8, %ebp", "movl $PAGE, %esi"]
    if intr:
        handler.append("INTERRUPT INTR")
    handler += [f"TO_RING {r}, 0x3002", "movl $0x4400, %eax",
                "movl $DATA + 8 * %d + %d, %%edi" % (r, r)]
    if nmi:
        handler.append("movl %eax, %ss:LAPIC + 0x300")
    if tf:
        handler += ["push $0x3102", "popf"]
    return handler + ["nop"] * delay


def pairs():
    for mode in (64, 32):
        for r in (0, 3):
            for first_name, first in FIRST:
                if first_name == "pop ss" and mode == 64:
                    continue
                if r == 3 and (first_name in ("sti, hlt", "mov dr7") or "iret RF" in first_name):
                    continue
                for next_name, following in NEXT:
                    if mode == 32 and next_name in ONLY_64:
                        continue
                    for tf, nmi, intr in ARMED:
                        if "hlt" in first_name and not intr:
                            continue  # nothing would wake it
                        if r == 3 and (next_name not in ("nop", "ud2", "#PF", "int n") or nmi):
                            continue
                        if not tf and not nmi and not intr and "TF" not in first_name:
                            continue
                        if tf + nmi + intr < 2 and next_name not in SINGLY:
                            continue
                        if mode == 32 and (r == 3 or next_name not in ("nop", "ud2", "int n")):
                            continue
                        lines = begin(mode, r, tf, nmi, intr, 0 if tf else 1)
                        # EDI again: string instructions take it as an index elsewhere
                        text = step(mode, first, r)
                        if "rep" in first_name:
                            text = "movl $PAGE + 0x100, %edi\n" + text
                        after = step(mode, following, r)
                        if "rep" in next_name:
                            after = "movl $PAGE + 0x100, %edi\n" + after
                        lines += [text, after, "nop", "nop"]
                        armed = "".join(n for n, on in (("T", tf), ("N", nmi), ("I", intr)) if on)
                        yield Case(mode, f"ring {r}, {armed or 'none'}: {first_name}, {next_name}",
                                   "\n".join(lines))


# The timer's interrupt, and an NMI, at each cycle of a stretch of code.
STRETCHES = [
    ("strings", "movl $6, %ecx\nmovl $PAGE, %esi\nmovl $PAGE + 0x40, %edi\nrep movsb\n"
                "movl $4, %ecx\n"
     "rep stosl\nmovl $5, %ecx\nrepe cmpsb"),
    ("shadows", "movl %ebx, %ss\nnop\nmovl %ebx, %ss\nmovl %ebx, %ss\nnop\nsti\nnop\ncli\nsti\n"
                "sti\nnop"),
    ("locked, split", "lock incl PAGE + 15\nxchg %eax, PAGE + 0xFFE\nlock addl $1, PAGE + 4\n"
                      "movl PAGE + 0xFFD, %eax"),
    ("gates", "int $0x32\nint $0x32\npushf\npopf\nint $0x32"),
    ("flags", "cli\nsti\nnop\npushf\npopf\ncli\npush $0x3202\npopf\nnop\nnop"),
    ("loads", "mov %cr3, %XAX\nmov %XAX, %cr3\nmovl PAGE, %eax\npush $1\npop %XAX\nmovl %ebx, %fs"),
    ("halt", "hlt\nnop\nnop"),
]


def sweeps():
    for mode in (64, 32):
        for name, text in STRETCHES:
            for tf in (0, 1):
                for count in range(1, 60 if not tf else 40, 1 if not tf and mode == 64 else 3):
                    lines = ["movw $stub_nmi, GATE(1)", "movw $stub_nmi, GATE(0x32)",
                             "movl $DATA, %ebx",
                             "movl $0xB, LAPIC + 0x3E0", "movl $INTR, LAPIC + 0x320"]
                    cycles = 2 * count + (60 if name == "halt" else 0)
                    lines += [f"push ${0x3202 + 0x100 * tf}", f"movl ${cycles}, LAPIC + 0x380",
                              "popf", text]
                    lines += ["nop"] * 4 + ["cli", "movl $0x10000, LAPIC + 0x320"]
                    yield Case(mode, f"timer {count * 2}, TF {tf}: {name}", "\n".join(lines))


def nested():
    """NMI in NMI, IRET that faults or steps, and what the blocking does meanwhile."""
    for mode in (64, 32):
        suffix = "q" if mode == 64 else "l"
        raw = "movl $0x4400, %eax\nmovl %eax, %ss:LAPIC + 0x300\nnop\nnop\nnop\nnop\n"
        # once from the handler
        send = f"incl PAGE\ncmpl $1, PAGE\njne 7f\n{raw}7:\n"
        bad = f"push $0\npush $0xFFF8\npush $1\niret{suffix}"

        def flags(bits):
            return f"orl ${bits}, {16 if mode == 64 else 8}(%XSP)\niret{suffix}"
        for name, handler in (("IRET", f"iret{suffix}"), ("sends another", f"{send}iret{suffix}"),
                              ("IRET that faults", send + bad),
                              ("sends another, IRET with IF", send + flags(0x200)),
                              ("sends another, IRET with IF TF", send + flags(0x300)),
                              ("IRET with TF", send + flags(0x100)),
                              ("IRET stepped", f"{send}pushf\norl $0x100, (%XSP)\npopf\n"
                                               f"iret{suffix}"),
                              ("IRET stepped, with TF", f"{send}orl $0x100, {16 if mode == 64 else 8}(%XSP)\n"
                               f"pushf\norl $0x100, (%XSP)\npopf\niret{suffix}"),
                              ("INT n inside", f"{send}int $0x32\nnop\nint $0x32\niret{suffix}"),
                              ("STI inside", f"{send}sti\nnop\ncli\niret{suffix}"),
                              ("#UD inside", send + "ud2"), ("IRETW", f"{send}.byte 0x66\niret")):
            for intr in (0, 1):
                if name == "IRETW" and mode == 32:
                    continue
                yield Case(mode, f"NMI handler: {name}, interrupt {intr}",
                           "movl $8f, %eax\nmovw %ax, GATE(2)\nshrl $16, %eax\n"
                           "movw %ax, GATE(2) + 6\n"
                           "movw $stub_nmi, GATE(1)\nmovw $stub_nmi, GATE(0x32)\n"
                           + ("INTERRUPT INTR\n" if intr else "") + f"movl $0, PAGE\n{raw}sti\n"
                               "nop\nnop\nDONE\n"
                           f"8: {handler}")


def pci(register, value):
    return (f"movl ${0x80001000 + register:#x}, %eax\nmovl $0xCF8, %edx\noutl %eax, %dx\n"
            f"movl ${value:#x}, %eax\nmovl $0xCFC, %edx\noutl %eax, %dx")


# The device `edu` with an NMI as its message; raised by a write to 60.
NMI_DEVICE = "\n".join([pci(0x10, 0xC0000000), pci(0x04, 6), pci(0x44, 0xFEE00000), pci(0x48, 0), pci(0x4C, 0x400),
                        pci(0x40, 0x10005), "#if MODE == 64\nmovl $0xC0000087, pd3\n#endif",
                        "movl $0xC0000000, %ebp\nmovl $0x4400, %esi\nmovl $PAGE, %edi\nmovl $3, %ebx\n"
                        "movl $7, %ecx"])


def twice():
    """An NMI of a device and one of the processor's own, some cycles apart: the second comes before,
    as and after the first is taken."""
    for mode in (64, 32):
        for name, text in (("nops", "nop\nnop\nnop\nnop"), ("div", "xorl %edx, %edx\ndivl %ebx"),
                           ("rep stosb", "rep stosb"), ("locked", "lock incl PAGE + 0x7E"),
                           ("int", "int $0x32"), ("mov ss", "movl $DATA, %eax\nmovl %eax, %ss\nnop")):
            for count in range(24):
                for own in (1, 2):
                    send = "movl %esi, %ss:LAPIC + 0x300\n" * own
                    yield Case(mode, f"NMI of a device, {count} nops, {own} of its own, {name}",
                               f"movw $stub_nmi, GATE(0x32)\n{NMI_DEVICE}\nmovl $1, 0x60(%XBP)\n" +
                               "nop\n" * count + f"{send}{text}\nnop\nnop\nmovl $1, 0x64(%XBP)\nnop")


def cases():
    yield from pairs()
    yield from twice()
    yield from sweeps()
    yield from nested()
