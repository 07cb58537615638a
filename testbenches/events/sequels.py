# SPDX-License-Identifier: Apache-2.0
"""What an instruction leaves to the next: each that changes something on its way, completed, and behind
it each kind of access and of fault.

An instruction that completes leaves no error code, no privilege of its own accesses, no shadow and no
size to the one behind it. SDM Vol. 3A "Exception and Interrupt Handling", "Error Code".
"""
from case import BIG, CODE_R, DATA_RW, P, PAGES, Case, desc, native

def no_room(mode, t):
    """A stack pointer that is not canonical; in 32-bit code a segment of 16 bytes."""
    if mode == 64:
        return "movabsq $0x800000001000, %rsp"
    return desc("X1", P | DATA_RW | t << 5, BIG, 0x410000, 0xF) + f"\nmovl $X1 + {t}, %eax\nmovl %eax, %ss\nmovl $2, %esp"


def idt_gate(v, t, attr=0xEE00):
    return (f"movl $9f, %eax\nmovw %ax, GATE({v})\n"
            f"shrl $16, %eax\nmovw %ax, GATE({v}) + 6\n"
            f"movw $CODE + 8 * {t} + {t}, GATE({v}) + 2\nmovw ${attr:#x}, GATE({v}) + 4\n")


def gate_back(v):
    """The stub's again, once the event is delivered."""
    return f"\nmovw $stub{v}, GATE({v})\nmovw $0, GATE({v}) + 6\nmovw $CODE, GATE({v}) + 2"


def call_gate(mode, t, count):
    text = (f"movl $9f, %eax\nmovw %ax, GDT + X0\nshrl $16, %eax\nmovw %ax, GDT + X0 + 6\n"
            f"movw $CODE + 8 * {t}, GDT + X0 + 2\nmovw ${0xEC00 | count:#x}, GDT + X0 + 4\n"
            "movl $0xDEADBEEF, PAGE\nmovw $X0 | 3, PAGE + 4\n")
    return text + ("movl $0, GDT + X0 + 8\nmovl $0, GDT + X0 + 12\n" if mode == 64 else "")


def wrmsr(n, value, high="0"):
    return f"movl ${n:#x}, %ecx\nmovl ${value}, %eax\nmovl ${high}, %edx\nwrmsr\n"


RINGS = ((3, 0), (3, 1), (2, 1), (3, 3), (1, 1), (0, 0))


def transfers(mode):
    """-> (name, text, ring behind it)"""
    for r, t in RINGS:
        yield f"INT n, ring {r} to {t}", idt_gate(0x21, t) + f"TO_RING {r}, 2\nint $0x21\nDONE\n9:", t
        yield f"#UD, ring {r} to {t}", idt_gate(6, t) + f"TO_RING {r}, 2\nud2\nDONE\n9:" + gate_back(6), t
        yield f"#GP, ring {r} to {t}", idt_gate(13, t) + f"TO_RING {r}, 2\nmovl $0x1000, %eax\nmovl %eax, %fs\nDONE\n9:" + gate_back(13), t
        if mode == 64:
            yield f"#PF, ring {r} to {t}", idt_gate(14, t) + f"TO_RING {r}, 2\nmovl 0x40000000, %eax\nDONE\n9:" + gate_back(14), t
        for count in (0, 2) if mode == 32 else (0,):
            yield (f"call gate, {count} parameters, ring {r} to {t}",
                   call_gate(mode, t, count) + f"TO_RING {r}, 2\nlcalll *PAGE\nDONE\n9:", t)
    for t in (0, 1, 3):
        yield f"IRET to ring {t}", f"TO_RING {t}, 2", t
        yield f"IRET to ring {t} with AC", f"TO_RING {t}, 0x40002", t
    suffix, push = ("lretq", "pushq") if mode == 64 else ("lretl", "pushl")
    yield "RET far to ring 3", f"{push} $DATA + 27\n{push} $STACK3\n{push} $CODE + 27\n{push} $9f\n{suffix}\n9:", 3
    yield "RET far", f"FAR CODE, 9f\n9:", 0
    entry = wrmsr(0x174, "CODE") + wrmsr(0x175, "STACK0") + wrmsr(0x176, "9f")
    if mode == 32:  # SYSEXIT wants its four descriptors in a row
        yield "SYSENTER", desc("X2", P | CODE_R, BIG | PAGES) + "\n" + desc("X3", P | DATA_RW) + "\n" + \
            wrmsr(0x174, "X2") + wrmsr(0x175, "STACK0") + wrmsr(0x176, "9f") + "TO_RING 3, 2\nsysenter\nDONE\n9:", 0
        yield "PUSHA and POPA", "pushal\npopal", 0
        yield "LES", "movl $PAGE, PAGE\nmovl $DATA, PAGE + 4\nles PAGE, %ecx", 0
        yield "ARPL", "movl $8, %eax\nmovl $3, %ecx\narpl %cx, %ax", 0
        yield "AAM", "aam", 0
    else:
        yield "SYSENTER", entry + "TO_RING 3, 2\nsysenter\nDONE\n9:", 0
        star = wrmsr(0xC0000081, "0", "0x00200008") + wrmsr(0xC0000082, "9f") + wrmsr(0xC0000084, "0")
        yield "SYSCALL", star + "TO_RING 3, 2\nsyscall\nDONE\n9:", 0
        yield "SWAPGS", "swapgs", 0
        yield "CMPXCHG16B", "lock cmpxchg16b PAGE", 0


# Data segments that a return outward does not take away, and CR0.AM.
BEGIN = "movl $DATA + 27, %eax\nmovl %eax, %ds\nmovl %eax, %es\nmov %cr0, %XAX\norl $0x40000, %eax\nmov %XAX, %cr0"

# At ring 0 and 3.
PLAIN = [
    ("MOV SS", "mov %ss, %eax\nmovl %eax, %ss"), ("POP SS", "mov %ss, %eax\npush %XAX\n.byte 0x8E, 0xD0\nmovl %eax, %ss"),
    ("LSS", "mov %XSP, %XAX\nmovl %eax, PAGE\nmovw %ss, PAGE + 4\nlss PAGE, %esp"),
    ("MOV DS", "mov %ds, %eax\nmovl %eax, %ds"), ("MOV FS, null", "xorl %eax, %eax\nmovl %eax, %fs"),
    ("PUSHF and POPF", "pushf\npopf"), ("ENTER", "movl $PAGE + 0x80, %ebp\nenter $8, $3"),
    ("LEAVE", "mov %XSP, %XBP\nleave"),
    ("REP MOVS", "movl $PAGE, %esi\nmovl $PAGE + 0x40, %edi\nmovl $3, %ecx\nrep movsl"),
    ("REPE CMPS", "movl $PAGE, %esi\nmovl $PAGE + 0x40, %edi\nmovl $3, %ecx\nrepe cmpsb"),
    ("REP STOS of none", "movl $PAGE, %edi\nxorl %ecx, %ecx\nrep stosl"),
    ("LODS with FS, 16-bit address", "xorl %esi, %esi\nmovl $PAGE, %esi\nlodsb"),
    ("LOCK ADD", "lock addl $1, PAGE"), ("XCHG over 8 bytes", "xchgl %ecx, PAGE + 6"), ("CMPXCHG8B", "lock cmpxchg8b PAGE"),
    ("CMPXCHG, unequal", "cmpxchgl %ecx, PAGE"), ("BTS in memory", "movl $300, %ecx\nbtsl %ecx, PAGE"),
    ("a load over two pages", "movl PAGE + 0xFFE, %ecx"), ("a store over two pages", "movl %ecx, PAGE + 0xFFE"),
    ("LAR", "movl $DATA, %eax\nlar %ax, %ecx"), ("LSL of none", "movl $0x1000, %eax\nlsl %ax, %ecx"),
    ("VERW", "movl $DATA, %eax\nverw %ax"),
    ("BOUND or MOVSXD", "movl $0, PAGE\nmovl $-1, PAGE + 4\n.byte 0x63, 0xC0"),
    ("DIV", "movl $7, %ecx\nxorl %edx, %edx\ndivl %ecx"),
    ("IMUL", "imull %ecx, %edx"), ("SHLD by CL", "movl $5, %ecx\nshldl %cl, %edx, %eax"),
    ("BSF of 0", "xorl %ecx, %ecx\nbsfl %ecx, %eax"),
    ("STD", "std"), ("CLD", "cld"), ("near CALL", "call 9f\n9:"), ("near RET", "push $9f\nret\n9:"),
    ("a jump", "jmp 9f\nud2\n9:"),
    ("CPUID", "xorl %eax, %eax\ncpuid"), ("RDTSC", "rdtsc"), ("PAUSE", "pause"), ("XLAT", "movl $PAGE, %ebx\nxlatb"),
]
AT_0 = [
    ("STI", "sti"), ("CLI", "cli"), ("LGDT", "movw $0x13F, gdtr_x\nlgdt gdtr_x"),
    ("LIDT", "movw $0x33F, idtr_x\nlidt idtr_x"),
    ("LLDT", "movl $LDT_SEL, %eax\nlldt %ax"), ("LTR", "movb $0x89, GDT + TSS_SEL + 5\nmovl $TSS_SEL, %eax\nltr %ax"),
    ("MOV CR3", "FLUSH"), ("MOV CR0", "mov %cr0, %XAX\nmov %XAX, %cr0"), ("CLTS", "clts"), ("INVLPG", "invlpg PAGE"),
    ("WRMSR", "movl $0x174, %ecx\nxorl %eax, %eax\nxorl %edx, %edx\nwrmsr"), ("MOV DR", "mov %db0, %XAX\nmov %XAX, %db1"),
    ("OUT", "outb %al, $0x80"), ("IN", "inb $0x80, %al"), ("LMSW", "smsw %ax\nlmsw %ax"), ("WBINVD", "wbinvd"),
]


def thens(mode, t):
    """What comes behind it at ring t."""
    bad = "movl $X3 + {t}, %eax\n".format(t=t)
    absent = desc("X3", DATA_RW | t << 5, BIG | PAGES) + "\n" + bad
    room = no_room(mode, t)
    yield "load", "movl PAGE, %ecx\nmovw PAGE + 0x11, %dx"
    yield "store", "movb %cl, PAGE\nmov %XCX, PAGE + 0x10"
    yield "push and pop", "push %XCX\npop %XDX\npushf\npopf"
    yield "SS not there", absent + "movl %eax, %ss"
    yield "DS not there", absent + "movl %eax, %ds"
    yield "SS of another level", f"movl $DATA + 8 * {t ^ 1} + {t ^ 1}, %eax\nmovl %eax, %ss"
    yield "gate not there", "movw $0x6E00, GATE(0x22) + 4\nint $0x22"
    yield "#UD", "ud2"
    yield "#DE", "xorl %ecx, %ecx\ndivl %ecx"
    yield "INT3", "int3"
    yield "single step", "pushf\norl $0x100, (%XSP)\npopf\nnop\nnop"
    if mode == 64:
        yield "no page", "movl 0x800000, %ecx\nmovl 0x40000000, %ecx"
        yield "store without a right", "andl $~2, PTE(0x43F000)\nmovl 0x43F000, %ecx\nmovl %ecx, 0x43F000"
        yield "not canonical", "movabsq $0x800000000000, %rbx\nmovl (%rbx), %ecx"
        yield "not canonical, SS", "movabsq $0x800000000000, %rbp\nmovl (%rbp), %ecx"
    else:
        yield "CS written", "movl %ecx, %cs:PAGE"
        yield "beyond the limit", desc("X2", P | DATA_RW | 0x60, BIG, 0x410000, 7) + \
            f"\nmovl $X2 + {t}, %eax\nmovl %eax, %fs\nmovl %fs:5, %ecx"
    if t == 3:
        yield "IN without a right", "inb $0x80, %al\ninl $0xFFFF - 0xFF00, %eax"
        yield "CLI", "cli"
        yield "misaligned", "pushf\norl $0x40000, (%XSP)\npopf\nmovl PAGE + 1, %ecx\npush %XCX"
    if t != 0:  # the handler of ring 0 has a stack
        yield "push without room", room + "\npush %XCX"
        yield "call without room", room + "\ncall 8f\n8:"
        yield "load of SS beyond", room + ("\nmovl 0x20(%XSP), %ecx" if mode == 32 else "\nmovl (%rsp), %ecx")
        yield "event of the same level without room", f"movw $CODE + 8 * {t}, GATE(0x22) + 2\n" + room + "\nint $0x22"
        yield "INT3 of the same level without room", f"movw $CODE + 8 * {t}, GATE(3) + 2\n" + room + "\nint3"


def cases():
    for mode in (64, 32):
        rows = list(transfers(mode))
        rows += [(f"{name} at ring {r}", (f"TO_RING {r}, 2\n" if r else "") + text, r) for r in (0, 3) for name, text in PLAIN]
        rows += [(f"{name} at ring 0", text, 0) for name, text in AT_0]
        for name, text, t in rows:
            for then_name, then in thens(mode, t):
                yield Case(mode, f"{name}; then {then_name}", f"{BEGIN}\n{text}\n{then}")
