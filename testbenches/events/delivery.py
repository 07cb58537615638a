# SPDX-License-Identifier: Apache-2.0
"""Each event against each defect of its delivery: gate, code segment, TSS, stack, pages.

SDM Vol. 3A "Interrupt and Exception Handling", "Interrupt 8-Double Fault Exception"; Vol. 2
"INT n".
In a row {v} is the vector, {r} the ring it comes from, {t} the ring of its handler.
"""
import typing

from case import (BIG, CODE_CONF, CODE_R, CODE_X, DATA_DOWN, DATA_RO, DATA_RW, LONG, P, PAGES, Case,
                  desc, native)

BOTH = (64, 32)


class Event(typing.NamedTuple):
    name: str
    vector: int
    setup: str
    flags: int
    body: str
    rings: tuple = (0, 1, 2, 3)
    modes: tuple = BOTH


NO_DATA = "DESC X0, 0xFFFF, (0xCF1300 + 0x2000 * {r})\n"
EVENTS = [
    Event("INT n", 0x21, "", 2, "int $0x21"),
    Event("#UD", 6, "", 2, "ud2"),
    Event("#GP", 13, "", 2, "movl $0xFFF8, %eax\nmovl %eax, %fs"),
    Event("#PF", 14, "movl $0, PTE(PAGE + 0xF000)", 2, "movl PAGE + 0xF000, %eax", modes=(64,)),
    Event("interrupt", 0x30, "INTERRUPT INTR\nnop\nnop\nnop\nnop", 0x202, "nop"),
    Event("single step", 1, "", 0x102, "nop\nnop"),
    Event("INT3", 3, "", 2, "int3"),
    Event("INT1", 1, "", 2, ".byte 0xF1"),
    Event("INTO", 4, "", 0x802, "into", modes=(32,)),
    Event("#DE", 0, "", 2, "xorl %ecx, %ecx\ndivl %ecx"),
    Event("#NP", 11, NO_DATA, 2, "movl $X0, %eax\nmovl %eax, %fs"),
    Event("#SS", 12, NO_DATA, 2, "movl $X0 + {r}, %eax\nmovl %eax, %ss"),
    Event("#AC", 17, "mov %cr0, %XAX\norl $0x40000, %eax\nmov %XAX, %cr0", 0x40002,
          "movl PAGE + 1, %eax", rings=(3,)),
    Event("NMI", 2, "", 2, "INTERRUPT 0x400\nnop\nnop\nnop\nnop\nnop\nnop"),
    Event("#DF", 8, "movb $0, GATE(13) + 5", 2, "movl $0xFFF8, %eax\nmovl %eax, %fs"),
]


class Defect(typing.NamedTuple):
    name: str
    text: str
    modes: tuple = BOTH
    inward: bool = False  # only where the stack changes


def gate_byte(name, value):
    return Defect("gate " + name, f"movb ${value:#x}, GATE({{v}}) + 5")


def code_desc(name, access, flags=None, mode=None):
    """The handler's segment is X1 of the target ring."""
    rows = []
    for m in (mode,) if mode else BOTH:
        text = desc("X1", access, native(m) if flags is None else flags)
        rows.append(Defect("CS " + name, text + "\norb $0x20 * {t}, GDT + X1 + 5\n"
                                                "movw $X1, GATE({v}) + 2", (m,)))
    return rows


def selector(name, value):
    return Defect("CS selector " + name, f"movw ${value}, GATE({{v}}) + 2")


def idt_moved(name, bytes_before, pte):
    """The IDT elsewhere: the gate's first `bytes_before` bytes before a page with this PTE."""
    move = (f"movl $IDT, %esi\nmovl $PAGE + 0x1000 - 16 * {{v}} - {bytes_before}, %edi\n"
            "movl $VECTORS * 4, %ecx\ncld\nrep movsl\n"
            f"movw $0x33F, idtr_x\nmovl $PAGE + 0x1000 - 16 * {{v}} - {bytes_before}, idtr_x + 2\n"
            f"lidt idtr_x\nmovl ${pte:#x}, PTE(PAGE + 0x1000)\nFLUSH")
    return Defect(f"gate page {name}, {bytes_before} bytes before", move, (64,))


def gdt_moved(name, bytes_before, pte):
    """The GDT elsewhere: X1, the handler's segment, on a page with this PTE."""
    at = f"PAGE + 0x3000 - X1 - {bytes_before}"
    text = (desc("X1", P | CODE_R & ~1, native(64)) + "\norb $0x20 * {t}, GDT + X1 + 5\n"
            "movw $X1, GATE({v}) + 2\n"
            f"movl $GDT, %esi\nmovl ${at}, %edi\nmovl $GDT_BYTES / 4, %ecx\ncld\nrep movsl\n"
            f"movw $GDT_BYTES - 1, gdtr_x\nmovl ${at}, gdtr_x + 2\nlgdt gdtr_x\n"
            f"movl ${pte}, PTE(PAGE + 0x3000)\nFLUSH")
    return Defect(f"GDT page {name}, {bytes_before} bytes before", text, (64,))


def tss_limit(limit, mode):
    return Defect(f"TSS limit {limit}", f"movw ${limit}, GDT + TSS_SEL\n"
                  "movb $0x89, GDT + TSS_SEL + 5\nmovl $TSS_SEL, %eax\nltr %ax", (mode,), True)


def tss16_limit(limit):
    return Defect(f"16-bit TSS, limit {limit}", f"movw ${limit}, GDT + TSS16\n"
                  "movl $TSS16, %eax\nltr %ax", (32,), True)


def rsp(name, value, extra=""):
    return Defect("RSP " + name, f"movl ${value & 0xFFFFFFFF:#x}, TSS + 4 + 8 * {{t}}\n"
                  f"movl ${value >> 32:#x}, TSS + 8 + 8 * {{t}}\n" + extra, (64,), True)


def ist(name, text):
    return Defect("IST " + name, "movb $3, GATE({v}) + 4\n" + text, (64,))


def new_ss(name, access, flags=BIG | PAGES, limit=0xFFFFF, sel="X2 + {t}", base=0, esp=None):
    text = desc("X2", access, flags, base, limit) + "\norb $0x20 * {t}, GDT + X2 + 5\n" \
        f"movw ${sel}, TSS + 8 + 8 * {{t}}"
    if esp is not None:
        text += f"\nmovl ${esp}, TSS + 4 + 8 * {{t}}"
    return Defect("SS " + name, text, (32,), True)


def new_ss_sel(name, sel):
    return Defect("SS selector " + name, f"movw ${sel}, TSS + 8 + 8 * {{t}}", (32,), True)


PAGE_DEFECTS = [("not present", 0), ("supervisor", 0x411063), ("read-only", 0x411065)]

DEFECTS = [
    Defect("none", ""),
    gate_byte("not present", 0x6E), gate_byte("a task gate", 0xE5), gate_byte("a call gate", 0xEC),
    gate_byte("of 16 bits", 0xE6), gate_byte("a trap gate of 16 bits", 0xE7),
    gate_byte("trap", 0xEF), gate_byte("of type 0", 0xE0), gate_byte("with S", 0xFE),
    gate_byte("of type 0, not present", 0x60), gate_byte("DPL 0", 0x8E), gate_byte("DPL 1", 0xAE),
    gate_byte("DPL 2", 0xCE), gate_byte("DPL 0, not present", 0x0E),
    *(Defect(f"IDT limit {n} short", f"movw $GATE({{v}}) - IDT + {size - 1} - {n}, idtr_x\n"
             "movl $IDT, idtr_x + 2\nlidt idtr_x", (mode,))
      for mode, size, shorts in ((64, 16, (0, 1, 8, 16)), (32, 8, (0, 1, 8))) for n in shorts),
    *(idt_moved(name, n, pte) for name, pte in PAGE_DEFECTS for n in (0, 8)),
    selector("null", 0), selector("null, RPL 3", 3), selector("beyond the GDT", 0x140),
    selector("its end", 0x138), selector("of the LDT", 0x0C), selector("beyond the LDT", 0x44),
    Defect("CS of no LDT", "xorl %eax, %eax\nlldt %ax\nmovw $0x0C, GATE({v}) + 2"),
    selector("with RPL 3", "CODE + 8 * {t} + 3"), selector("of data", "DATA + 8 * {t}"),
    selector("of the TSS", "TSS_SEL"), selector("conforming", "CONF + 8 * {t}"),
    selector("conforming, ring 3", "CONF + 24"), selector("32-bit", "C32 + 8 * {t}"),
    Defect("CS 16-bit", "SETGATE {v}, (stub16_{v} - 0x10000), (C16 + 8 * {t}), 0xE600", (32,)),
    *(selector(f"of ring {n}", f"CODE + {8 * n}") for n in range(4)),
    *code_desc("not present", CODE_R), *code_desc("not accessed", P | CODE_R & ~1),
    *code_desc("execute-only", P | CODE_X),
    *code_desc("L and D", P | CODE_R, PAGES | LONG | BIG),
    *code_desc("neither L nor D", P | CODE_R, PAGES, 64),
    *code_desc("conforming, not accessed", P | CODE_CONF & ~1),
    *code_desc("conforming, not present", CODE_CONF & ~1),
    Defect("CS limit too short", desc("X1", P | CODE_R, BIG, 0, 0xBFFF) +
           "\norb $0x20 * {t}, GDT + X1 + 5\nmovw $X1, GATE({v}) + 2", (32,)),
    *(gdt_moved(name, n, pte.replace("411", "413"))
      for name, pte in (("not present", "0"), ("supervisor", "0x411063"),
                        ("read-only", "0x411065")) for n in (0, 4)),
    *(tss_limit(n, 64) for n in (0x0A, 0x0B, 0x12, 0x13, 0x1A, 0x1B)),
    *(tss_limit(n, 32) for n in (0x08, 0x09, 0x10, 0x11, 0x18, 0x19)),
    *(tss16_limit(n) for n in (4, 5, 8, 9, 12, 13, 0x2B)),
    rsp("of another alignment", 0x40600F), rsp("0", 0), rsp("not canonical", 0x800000000000),
    rsp("at the canonical end", 0x7FFFFFFFFFF0), rsp("at 8000 and two items", 0x800000000010),
    *(rsp(f"{n} items into the upper half", 0xFFFF800000000000 + 8 * n) for n in (0, 2, 4, 6)),
    *(rsp(f"with {n} items before a page {name}", 0x412000 + 8 * n, f"movl ${pte}, PTE(PAGE + 0x1000)")
      for name, pte in (("not present", 0), ("read-only", 0x411065), ("supervisor", 0x411063))
      for n in (0, 2, 4, 6)),
    Defect("RSP itself on a page not present",
           "movl $PAGE + 0xFF8 - 8 * {t}, %eax\nmovw %ax, GDT + TSS_SEL + 2\nshrl $16, %eax\n"
           "movb %al, GDT + TSS_SEL + 4\nmovb $0x89, GDT + TSS_SEL + 5\n"
           "movl $TSS_SEL, %eax\nltr %ax\nmovl $0, PTE(PAGE + 0x1000)\nFLUSH", (64,), True),
    Defect("RIP not canonical", "movl $0x8000, GATE({v}) + 8", (64,)),
    Defect("RIP not canonical, RSP neither",
           "movl $0x8000, GATE({v}) + 8\nmovl $0x8000, TSS + 8 + 8 * {t}", (64,), True),
    Defect("high half of the gate not zero", "movl $0x1F00, GATE({v}) + 12", (64,)),
    ist("good", ""), ist("not canonical", "movl $0x8000, TSS + 0x38"), ist("0", "movl $0, TSS + 0x34"),
    ist("beyond the TSS", "movw $0x3A, GDT + TSS_SEL\nmovb $0x89, GDT + TSS_SEL + 5\n"
        "movl $TSS_SEL, %eax\nltr %ax"),
    ist("up to the TSS's end", "movw $0x3B, GDT + TSS_SEL\nmovb $0x89, GDT + TSS_SEL + 5\n"
        "movl $TSS_SEL, %eax\nltr %ax"),
    *(Defect(f"IST {n}", f"movb ${n}, GATE({{v}}) + 4", (64,)) for n in (1, 2, 4, 7)),
    ist("on a page not present", "movl $0, PTE(IST2 - 0x1000)"),
    ist("on a page read-only", "movl $0x40E065, PTE(IST2 - 0x1000)"),
    new_ss("good", P | DATA_RW), new_ss("not accessed", P | DATA_RW & ~1),
    new_ss("not present", DATA_RW), new_ss("read-only", P | DATA_RO),
    new_ss("code", P | CODE_R), new_ss("a system segment", P | 2),
    new_ss("expand-down", P | DATA_DOWN, limit=0x400), new_ss("B = 0", P | DATA_RW, PAGES),
    new_ss("DPL one more", P | DATA_RW + 0, sel="DATA + 8 + 8 * {t} + {t}"),
    new_ss("RPL 3", P | DATA_RW, sel="X2 + 3"), new_ss("RPL 0", P | DATA_RW, sel="X2"),
    *(new_ss(f"limit for {n} bytes", P | DATA_RW, BIG, n - 1, base=0x412000, esp=n)
      for n in (0, 4, 8, 12, 16, 20, 24, 28)),
    *(new_ss(f"expand-down, {n} bytes above its limit", P | DATA_DOWN, BIG, 0xFFF, base=0x412000,
             esp=0x1000 + n) for n in (0, 10, 12, 20, 23, 24)),
    *(new_ss(f"16-bit with SP {n}", P | DATA_RW, 0, 0xFFFF, base=0x420000, esp=n)
      for n in (0, 2, 8, 20, 0x10000, 0x12340010)),
    new_ss_sel("null", 0), new_ss_sel("null, RPL", "{t}"), new_ss_sel("beyond the GDT", 0x140),
    new_ss_sel("of the LDT", "0x14 + {t}"), new_ss_sel("beyond the LDT", 0x44),
    *(new_ss_sel(f"of ring {n}", f"DATA + {8 * n} + {n}") for n in range(4)),
    Defect("16-bit TSS", "movl $TSS16, %eax\nltr %ax", (32,), True),
    Defect("16-bit TSS, 16-bit gate", "movb $0xE6, GATE({v}) + 5\nmovl $TSS16, %eax\n"
                                      "ltr %ax", (32,), True),
    Defect("16-bit TSS, SS null", "movw $0, TSS_16 + 4 + 4 * {t}\nmovl $TSS16, %eax\n"
                                  "ltr %ax", (32,), True),
    Defect("16-bit TSS, SP 4", "movw $4, TSS_16 + 2 + 4 * {t}\nmovl $TSS16, %eax\n"
                               "ltr %ax", (32,), True),
]
# From ring r to ring t: where the stack changes, and otherwise.
INWARD = [(1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2)]
PAIRS = [(0, 0), (1, 0), (3, 0), (2, 1), (3, 1), (3, 3), (0, 3)]
ALL_PAIRS = "INT n"  # through every pair; the others from ring 3 to 1, two from ring 0 and to it


def case(mode, event, defect, r, t):
    lines = [event.setup, "SETGATE {v}, stub{v}, (CODE + 8 * {t}), 0xEE00", defect.text,
             f"TO_RING {r}, {event.flags:#x}", event.body]
    text = "\n".join(lines).format(v=event.vector, r=r, t=t)
    return Case(mode, f"{event.name}, ring {r} to {t}: {defect.name}", text)


def pairs_of(event, defect):
    for r, t in INWARD if defect.inward else PAIRS:
        if r in event.rings and (event.name == ALL_PAIRS or (r, t) == (3, 1) or
                                 event.name in ("#UD", "#GP") and (r, t) in ((0, 0), (3, 0))):
            yield r, t


# From compatibility mode of each size to a 64-bit handler: the frame is that of 64-bit mode.
COMPAT_DEFECTS = [
    Defect("none", ""),
    Defect("RSP in the upper half", "movl $STACK{t}, TSS + 4 + 8 * {t}\n"
                                    "movl $0xFFFFFF80, TSS + 8 + 8 * {t}", inward=True),
    rsp("not canonical", 1 << 47),
    ist("in the upper half", "movl $IST2, TSS + 0x34\nmovl $0xFFFFFF80, TSS + 0x38"),
    Defect("GDT, IDT and TSS in the upper half",
           "movw $GDT_BYTES - 1, gdtr_x\nmovl $0xFFFFFF80, gdtr_x + 6\nlgdt gdtr_x\n"
           "movw $VECTORS * 16 - 1, idtr_x\nmovl $0xFFFFFF80, idtr_x + 6\nlidt idtr_x\n"
           "movl $0, gdtr_x + 6\nmovl $0, idtr_x + 6\n"
           "movl $0xFFFFFF80, GDT + TSS_SEL + 8\nmovb $0x89, GDT + TSS_SEL + 5\n"
           "movl $TSS_SEL, %eax\nltr %ax"),
    Defect("SS not flat", desc("X2", P | DATA_RW, BIG, 0x10000, 0xFFF) + "\norb $0x20 * {r}, GDT + X2 + 5\n"
           "movl $X2 + {r}, %ebx"),
]
COMPAT_EVENTS = {"INT n", "#UD", "#GP", "single step", "INT3"}


def compat_case(event, defect, r, t):
    load_ss = "movl %ebx, %ss\n" if "SS" in defect.name.split()[0] else ""
    lines = [event.setup, "SETGATE {v}, stub{v}, (CODE + 8 * {t}), 0xEE00", defect.text,
             "pushq $DATA + 8 * {r} + {r}\npushq $STACK{r}\npushq $" + f"{event.flags & ~0x100:#x}",
             "pushq $C32 + 8 * {r} + {r}\npushq $7f\niretq\n.code32\n7:", load_ss,
             "pushl $0x102\npopfl" if event.flags & 0x100 else "", event.body, "DONE", ".code64"]
    text = "\n".join(lines).format(v=event.vector, r=r, t=t)
    return Case(64, f"{event.name}, compatibility ring {r} to {t}: {defect.name}", text)


def compat_cases():
    for event in EVENTS:
        if event.name not in COMPAT_EVENTS:
            continue
        for defect in COMPAT_DEFECTS:
            for r, t in INWARD if defect.inward else PAIRS:
                if t <= r:
                    yield compat_case(event, defect, r, t)


def second_events():
    """An event at the level that another one led to, without room on its stack: #SS names no selector."""
    stack = desc("X2", P | DATA_RW | 0x20, BIG, 0x410000, 0xFFF)
    ways = (("int", "int $0x21"), ("far call", "lcall $X0 | 3, $0"))
    gate = "movl $9f, %eax\nmovw %ax, GDT + X0\nshrl $16, %eax\nmovw %ax, GDT + X0 + 6\n" \
        "movw $CODE + 8, GDT + X0 + 2\nmovw $0xEC00, GDT + X0 + 4\n"
    for name, way in ways:
        for r in (2, 3):
            for vector, event in ((6, "ud2"), (0x22, "int $0x22"), (13, "movl $0xFFF8, %eax\nmovl %eax, %fs")):
                for room in (0, 4, 8, 11, 12, 15, 16):
                    yield Case(32, f"{name} from ring {r} to 1, then vector {vector} with {room} bytes of room",
                               f"{stack}\n{gate}movw %ax, GATE(0x21) + 6\n"
                               "movl $9f, %eax\nmovw %ax, GATE(0x21)\nmovw $CODE + 8, GATE(0x21) + 2\n"
                               "movb $0xEE, GATE(0x21) + 5\n"
                               f"SETGATE {vector}, stub{vector}, (CODE + 8), 0xEE00\nTO_RING {r}, 2\n{way}\nud2\n"
                               f"9: movl $X2 + 1, %eax\nmovl %eax, %ss\nmovl ${room}, %esp\n{event}")


def cases():
    yield from compat_cases()
    yield from second_events()
    for event in EVENTS:
        for defect in DEFECTS:
            for mode in sorted(set(event.modes) & set(defect.modes)):
                for r, t in pairs_of(event, defect):
                    yield case(mode, event, defect, r, t)
