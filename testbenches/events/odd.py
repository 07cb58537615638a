# SPDX-License-Identifier: Apache-2.0
"""Far transfers by target, ring and RPL; prefixes in every order; edges of limits, of 4 GiB, of 64
KiB; branches that go nowhere; null selectors; RF's life.

SDM Vol. 2 "JMP", "CALL", "Instruction Prefixes"; Vol. 3A "Limit Checking", "Privilege Level
Checking When Transferring Program Control Between Code Segments"; Vol. 1 "Memory Models".
"""
from case import (BIG, CODE_CONF, CODE_R, CODE_X, DATA_DOWN, DATA_RO, DATA_RW, LONG, P, PAGES, Case,
                  desc, in_code, native)

# --- far JMP and CALL -----------------------------------------------------------------------------
# Targets of ring {n}; X0 is a descriptor of its own.
TARGETS = [
    ("code", "CODE + 8 * {n}", None), ("conforming", "CONF + 8 * {n}", None),
    ("32-bit", "C32 + 8 * {n}", None), ("data", "DATA + 8 * {n}", None),
    ("not present", "X0", CODE_R), ("conforming, not present", "X0", CODE_CONF),
    ("not accessed", "X0", P | CODE_R & ~1), ("execute-only", "X0", P | CODE_X),
    ("conforming, not accessed", "X0", P | CODE_CONF & ~1), ("system type", "X0", P | 4),
    ("call gate", "X0", P | 0xC), ("task gate", "X0", P | 5),
    ("L and D", "X0", (P | CODE_R, LONG | BIG | PAGES)),
]
PLAIN = [("null", "0"), ("null, RPL 3", "3"), ("beyond the GDT", "0x140"), ("the last", "0x138"),
         ("LDT", "0x0C"), ("beyond the LDT", "0x44"), ("a TSS", "TSS_SEL"), ("an LDT", "LDT_SEL")]
FAR = [("ljmp m", "ljmpl *%cs:PAGE"), ("lcall m", "lcalll *%cs:PAGE")]  # DS may be null


def far_cases():
    for mode in (64, 32):
        forms = FAR + ([("ljmp m64", "rex.w ljmpl *PAGE"), ("lcall m64", "rex.w lcalll *PAGE")]
                       if mode == 64 else [("lcall m16", "lcallw *%cs:PAGE"), ("ljmp m16", "ljmpw *%cs:PAGE")])
        for form, text in forms:
            for r in (0, 1, 3):
                rows = [(f"{name}, ring {n}", sel.format(n=n), access, n)
                        for name, sel, access in TARGETS for n in (range(4) if r == 1 else (0, r))]
                rows += [(name, sel, None, 0) for name, sel in PLAIN]
                for name, sel, access, n in rows:
                    for rpl in range(4) if access is None else (r,):
                        setup = ""
                        if access is not None:
                            what, flags = access if isinstance(access, tuple) else (access, native(mode))
                            setup = desc("X0", what, flags) + f"\norb $0x20 * {n}, GDT + X0 + 5\n"
                        # offset: 2, 4 or 8 bytes, then the selector
                        size = {"m16": 2, "m64": 8}.get(form.split()[1], 4)
                        to = "stub_end" if size == 2 else "9f"
                        setup += f"movl ${to}, PAGE\nmovl $0, PAGE + 4\n" \
                            f"movw $({sel}) | {rpl}, PAGE + {size}\n"
                        yield Case(mode, f"{form} at ring {r}, RPL {rpl}: {name}",
                                   f"{setup}TO_RING {r}, 2\n{text}\nud2\n9: mov %cs, %eax\n"
                                   + ("movl %cs:9b, %eax\n" if mode == 32 else "nop"))
            for at in (1, 2, 4, 8, 10, 12, 16):  # room on the stack, and a pointer that runs off
                if mode == 32:
                    stack = desc("X0", P | DATA_RW, BIG, 0x410000, 0xFFF) + \
                        "\nmovl $X0, %eax\nmovl %eax, %ss\n"
                    yield Case(mode, f"{form}, {at} bytes of room", stack +
                               f"movl $9f, PAGE\nmovw $CODE, PAGE + 4\nmovl ${at}, %esp\n{text}\n"
                               "9: nop")
                else:
                    yield Case(mode, f"{form}, pointer's page ends after {at}",
                               "movl $0, PTE(PAGE + 0x1000)\nFLUSH\n" +
                               text.replace("PAGE", f"PAGE + 0x1000 - {at}"))
        if mode == 64:
            for bits in ("0x8000", "0xFFFF", "0x7FFF", "0xFFFF8000"):
                for text in ("rex.w ljmpl *PAGE", "rex.w lcalll *PAGE"):
                    yield Case(64, f"{text}, RIP {bits} up", "movl $9f, PAGE\n"
                        f"movl ${bits}, PAGE + 4\n"
                               f"movw $CODE, PAGE + 8\n{text}\n9: nop")
        else:
            for limit in (0, 0xFFF):
                for text in ("ljmpl *PAGE", "lcalll *PAGE"):
                    yield Case(32, f"{text}, beyond limit {limit:#x}",
                               desc("X0", P | CODE_R & ~1, BIG, 0, limit) +
                               f"\nmovl $0x1000, PAGE\nmovw $X0, PAGE + 4\n{text}")


def far_limit_cases():
    """32-bit code up to a limit, entered from each mode and ring just beyond it and just within."""
    for mode in (64, 32):
        forms = [("ljmpl *%cs:PAGE", 4), ("lcalll *%cs:PAGE", 4)]
        if mode == 64:
            forms += [("rex.w ljmpl *PAGE", 8), ("rex.w lcalll *PAGE", 8)]
        for text, size in forms:
            for r in (0, 1, 3):
                for limit, name in ((0x42F, "one beyond the limit"), (0x430, "in the last page")):
                    yield Case(mode, f"{text} at ring {r}, to 32-bit code, {name}",
                               desc("X0", P | CODE_R, BIG | PAGES, 0, limit) +
                               f"\norb $0x20 * {r}, GDT + X0 + 5\nmovw $0x2ECD, CODEPG\nmovl $CODEPG, PAGE\n"
                               f"movl $0, PAGE + 4\nmovw $X0 | {r}, PAGE + {size}\nTO_RING {r}, 2\n{text}\nud2")


# POP to memory addresses it with the stack pointer behind the pop.
POPS = ["(%{sp})", "8(%{sp})", "-8(%{sp})", "0x400(%{sp})", "(%{sp},%{i},1)", "8(%{sp},%{i},2)", "-0x40(%{sp},%{i},8)",
        "(%{sp},%{i},4)", "(%{b})", "(%{b},%{i},2)"]


def pop_cases():
    for mode, sizes in ((64, "wq"), (32, "wl")):
        names = [("rsp", "rcx", "rbx")] * (mode == 64) + [("esp", "ecx", "ebx")]
        for size in sizes:
            for sp, i, b in names:
                for form in POPS:
                    at = form.format(sp=sp, i=i, b=b)
                    yield Case(mode, f"pop{size} {at}", "movl $0x10, %ecx\nmovl $PAGE, %ebx\npush %XBX\npush %XCX\n"
                               f"pop{size} {at}\nmov %XSP, %XAX")
                    if mode == 32:  # the pointer is of 16 bits, the address of 32
                        yield Case(32, f"pop{size} {at}, 16-bit stack", "movl $S16, %eax\nmovl %eax, %ss\nmovl $0x10, %ecx\n"
                                   f"movl $SEG16 + 0x800, %ebx\nmovl $0x800, %esp\npop{size} {at}\nmovl %esp, %eax")


# --- prefixes -------------------------------------------------------------------------------------
PREFIXES = [0x66, 0x67, 0xF2, 0xF3, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0xF0, 0x40, 0x48, 0x41, 0x44,
            0x4F]
# with RAX = RCX = RDX = RSI = RDI = PAGE and so on
OPCODES = [("add m, r", "0x01, 0x00"),
           ("mov r, imm", "0xB8, 1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0x90, 0x90"), ("movsb", "0xA4"),
           ("mov m8, r", "0x88, 0x20"), ("nop", "0x90"), ("bsf", "0x0F, 0xBC, 0xC1"),
           ("popcnt", "0x0F, 0xB8, 0xC1"),
           ("push", "0x50"), ("movzx", "0x0F, 0xB6, 0xC4"), ("jcc", "0x70, 0"),
           ("cmpxchg8b", "0x0F, 0xC7, 0x08"),
           ("lea", "0x8D, 0x44, 0x08, 0x10"), ("test imm", "0xF7, 0x00, 1, 0, 0, 0"),
           ("movbe", "0x0F, 0x38, 0xF0, 0x00"),
           ("lods", "0xAD"), ("ud1", "0x0F, 0xB9, 0xC0"), ("sse", "0x0F, 0x58, 0xC0"),
           ("jmp", "0xEB, 0")]


IN_PAIRS = ("add m, r", "movsb", "mov m8, r", "bsf", "push", "movzx")


def prefix_cases():
    registers = "movl $PAGE + 0x80, %eax\n" + "".join(
        f"movl %eax, %e{name}\n" for name in ("cx", "dx", "bx", "si", "di"))
    for name, opcode in OPCODES:
        for mode in (64, 32):
            allowed = [p for p in PREFIXES if mode == 64 or not 0x40 <= p < 0x50]
            for first in allowed:
                for second in [None] + (allowed if mode == 64 else [0x66, 0xF3, 0x2E]):
                    if second is not None and name not in IN_PAIRS:
                        continue
                    if mode == 32 and name in ("jcc", "jmp") and first == 0x66:
                        continue  # EIP of 16 bits: nothing is there
                    if name in ("movsb", "lods") and (first in (0xF2, 0xF3) or second in (0xF2, 0xF3)):
                        count = "movl $2, %ecx\n"
                    else:
                        count = ""
                    bytes_ = f"{first:#x}" + (f", {second:#x}" if second is not None else "")
                    yield Case(mode, f"{bytes_}, {name}", registers + count + f".byte {bytes_}, {opcode}\n"
                        "nop\nnop")
    for length in (13, 14, 15, 16):
        for prefix in (0x66, 0x2E, 0x48, 0xF3, 0x67, 0xF0):
            for name, opcode, own in (("nop", "0x90", 1), ("add", "0x01, 0x00", 2),
                                      ("load", "0x8B, 0x40, 0x10", 3)):
                for mode in (64, 32):
                    if mode == 32 and prefix == 0x48:
                        continue
                    yield Case(mode, f"{length} bytes of {prefix:#x}, {name}", registers +
                               f".fill {length - own}, 1, {prefix:#x}\n.byte {opcode}\nnop")
    for n in range(16):  # where the page ends, and the next is not there
        yield Case(64, f"prefixes up to a page's end, {n} bytes before it",
                   f"movl $0x66666666, %eax\nmovl $CODEPG + 0xFE0, %edi\nmovl $8, %ecx\nrep stosl\n"
                   "movl $0, PTE(CODEPG + 0x1000)\nFLUSH\n"
                   f"jmp CODEPG + 0x1000 - {n}" if n else "nop")


# --- limits ---------------------------------------------------------------------------------------
SEGMENTS = [
    ("bytes", P | DATA_RW, BIG, 0x410000, 0xFFF),
    ("bytes, 16-bit", P | DATA_RW, 0, 0x410000, 0xFFF),
    ("pages", P | DATA_RW, BIG | PAGES, 0x410000, 0),
    ("pages, 2", P | DATA_RW, BIG | PAGES, 0x410000, 1),
    ("down", P | DATA_DOWN, BIG, 0x410000, 0xFFF),
    ("down, 16-bit", P | DATA_DOWN, 0, 0x410000, 0xFFF),
    ("down, pages", P | DATA_DOWN, BIG | PAGES, 0x410000, 0),
    ("down, all", P | DATA_DOWN, BIG | PAGES, 0x410000, 0xFFFFF),
    ("limit 0", P | DATA_RW, BIG, 0x410000, 0), ("read-only", P | DATA_RO, BIG, 0x410000, 0xFFF),
    ("code", P | CODE_R, BIG, 0x410000, 0xFFF), ("execute-only", P | CODE_X, BIG, 0x410000, 0xFFF),
    ("based high", P | DATA_RW, BIG | PAGES, 0xFFFFF000, 0xFFFFF),
    ("based odd", P | DATA_RW, BIG | PAGES, 0xFFF0FFFD, 0xFFFFF),
]
OFFSETS = [0, 1, 0xFFC, 0xFFD, 0xFFE, 0xFFF, 0x1000, 0x1001, 0x1FFD, 0x1FFE, 0x1FFF, 0xFFFC,
           0xFFFE, 0xFFFF, 0x10000,
           0x4FFFFD, 0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFF]
ACCESSES = [("load 1", "movb %fs:(%ebx), %al"), ("load 4", "movl %fs:(%ebx), %eax"),
            ("store 2", "movw %ax, %fs:(%ebx)"),
            ("store 4", "movl %eax, %fs:(%ebx)"), ("add 4", "addl %eax, %fs:(%ebx)"),
            ("cmpxchg8b", "cmpxchg8b %fs:(%ebx)"),
            ("push m", "pushl %fs:(%ebx)")]


EVERYWHERE = ("load 4", "store 2")


def limit_cases():
    for name, access, flags, base, limit in SEGMENTS:
        for offset in OFFSETS:
            for access_name, text in ACCESSES:
                if access_name not in EVERYWHERE and offset not in (0xFFD, 0xFFFF, 0x1000):
                    continue
                load = desc("X0", access, flags, base, limit) + \
                    f"\nmovl $X0, %eax\nmovl %eax, %fs\nmovl ${offset:#x}, %ebx\n"
                yield Case(32, f"{name}: {access_name} at {offset:#x}", load + text)
                if offset in (0xFFD, 0xFFFE, 0xFFFF) or "based" in name and access_name == "load 4":
                    yield Case(64, f"compatibility mode, {name}: {access_name} at {offset:#x}",
                               in_code(64, 32, load + text))
    # 64-bit mode: FS's base in the sum, canonical edges
    for base in (0, 0x410000, 0xFFFFFFFF, 0x7FFFFFFFF000, 0xFFFFFFFFFFFFF000):
        for offset in (0, 1, 0xFFD, 0x1000, 0x410FFD, 0x7FFFFFFFFFFD, 0xFFFFFFFFFFFFFFFD,
                       0x800000000000, 0x411000):
            for text in ("movl %fs:(%rbx), %eax", "movl %eax, %fs:(%rbx)", "movl %fs:(%ebx), %eax",
                         "movl %ds:(%rbx), %eax"):
                yield Case(64, f"FS base {base:#x} and {offset:#x}: {text}",
                           f"movl $0xC0000100, %ecx\nmovl ${base & 0xFFFFFFFF:#x}, %eax\n"
                           f"movl ${base >> 32:#x}, %edx\nwrmsr\n"
                           f"movabsq ${offset:#x}, %rbx\n{text}")
    # 16-bit addresses: the sum wraps at 64 KiB
    for mode in (32, 64):
        for text in ("movl (%bx,%si), %eax", "movw %ax, 0x7FFF(%bx,%di)", "movb -1(%bp,%si), %al", "movl %eax, 0xFFFE",
                     "leaw 1(%bx,%si), %ax", "leal 1(%bx,%si), %eax"):
            for bx, si in ((0xFFFF, 1), (0x8000, 0x8001), (0xFFFE, 0), (0x1FFFF, 0x10001), (0x6000, 0x1000)):
                yield Case(mode, f"16-bit address {bx:#x} {si:#x}: {text}", in_code(mode, 32,
                           f"movl ${bx:#x}, %ebx\nmovl %ebx, %ebp\nmovl ${si:#x}, %esi\n"
                           f"movl %esi, %edi\n{text}"))
    # POP SP: what lies beyond the operand is the stack pointer already incremented
    for mode, size in ((64, 64), (64, 32), (32, 32), (32, 16)):
        for at in (0x41FFFE, 0x41FFFC, 0x420000):
            for text in ("popw %sp", "popw (%esp)", "pushw %sp", "popl %esp" if size < 64 else "popq %rsp"):
                yield Case(mode, f"{text} at {at:#x} in {size}-bit code", in_code(mode, size, f"movl ${at:#x}, %esp\n"
                           f"movl $0x12345678, %ss:0x41FFFC\n{text}\nmovl %esp, %ecx"
                           if size > 16 else f"movl ${at:#x}, %esp\n{text}\nmovl %esp, %ecx"))
    for register in ("ds", "es", "fs", "gs"):
        for value in range(4):
            for mode in (64, 32):
                yield Case(mode, f"{register} null {value}", f"movl ${value}, %eax\n"
                    f"movl %eax, %{register}\nmovl %{register}, %ecx\n"
                           f"movl %{register}:PAGE, %eax")


# --- code at the ends of segments, RF --------------------------------------------------------------
def code_cases():
    # 0F 1F 84 .. (8 bytes), a jump and a call laid over the end
    for limit in (0x1000, 0x1003, 0x1007, 0x100F):
        for start in range(0xFFA, 0x1010):
            yield Case(32, f"code up to limit {limit:#x}, from {start:#x}",
                       desc("X0", P | CODE_R, BIG, 0x430000, limit) +
                       "\nmovl $0x90909090, %eax\nmovl $CODEPG + 0xFF0, %edi\nmovl $16, %ecx\n"
                       "rep stosl\n"
                       f"movl $0x00841F0F, CODEPG + {start}\nmovl $0, CODEPG + {start} + 4\n"
                       f"FAR X0, {start}")
    for flags in ("0x10002", "0x12", "0x10102"):
        for text in ("pushf\npop %XAX\npushf", "nop\npushf\n"
                                               "pop %XAX", "movl PAGE, %eax\n"
                                                           "pushf", "int $0x21", "ud2",
                     "movl $2, %ecx\nrep stosb\npushf", "movl $0xFFF8, %eax\n"
                                                        "movl %eax, %fs", "lcall *PAGE"):
            for mode in (64, 32):
                for r in (0, 3):
                    yield Case(mode, f"flags {flags} by IRET at ring {r}: {text}".replace("\n", ", "),
                               f"movl $PAGE, %edi\nTO_RING {r}, {flags}\n{text}")
    # RF of an instruction that began and ends in #DF, and of one that did not begin.
    absent = "".join(f"movb $0, GATE({v}) + 5\n" for v in (3, 4, 6, 11, 13, 14))
    for text in ("ud2", "int3", "movl 0x3FFFFFFC, %eax", "movl $0xFFF8, %eax\nmovl %eax, %fs",
                 "rep stosb", "jmp 0x3FFFFFF0", ".fill 15, 1, 0x66\nnop"):
        for flags in ("0x10002", "0x12"):
            for mode in (64, 32):
                for r in (0, 3):
                    yield Case(mode, f"#DF, flags {flags} at ring {r}: {text}".replace("\n", ", "),
                               f"movl $0x3FFFFFF0, %edi\nmovl $2, %ecx\n{absent}"
                               f"TO_RING {r}, {flags}\n{text}")


# --- branches out of the segment, out of the canonical range: no register changes (F8) --------------
OUT_OF_LIMIT = [("loop", [0xE2, 0x7F]), ("loope", [0xE1, 0x7F]), ("loopne", [0xE0, 0x7F]),
                ("jecxz", [0xE3, 0x7F]), ("jmp 8", [0xEB, 0x7F]), ("jz", [0x74, 0x7F]),
                ("jnz", [0x75, 0x7F]), ("jmp 32", [0xE9, 0x7F, 0, 0, 0]),
                ("jz 32", [0x0F, 0x84, 0x7F, 0, 0, 0]), ("jnz 32", [0x0F, 0x85, 0x7F, 0, 0, 0]),
                ("call", [0xE8, 0x7F, 0, 0, 0]), ("jmp r", [0xFF, 0xE0]), ("call r", [0xFF, 0xD0]),
                ("jmp m", [0xFF, 0x26]), ("call m", [0xFF, 0x16]), ("ret", [0xC3]),
                ("ret n", [0xC2, 8, 0])]


def branch_cases():
    for name, code in OUT_OF_LIMIT:
        code = code + [0x90] * (8 - len(code))
        low, high = (int.from_bytes(bytes(code[i:i + 4]), "little") for i in (0, 4))
        for count in (0, 1, 2):
            for flags in ("xorl %edx, %edx", "testl %esp, %esp"):
                yield Case(32, f"{name} beyond the limit, count {count}, {flags.split()[0]}",
                           desc("X0", P | CODE_R, BIG, 0x430000, 0xFFF) +
                           f"\nmovl ${low:#x}, CODEPG + 0xF90\nmovl ${high:#x}, CODEPG + 0xF94\n"
                           f"movl $0x1000, %eax\nmovl %eax, PAGE\nmovl $PAGE, %esi\npushl %eax\n"
                           f"movl ${count}, %ecx\n{flags}\nFAR X0, 0xF90")
    for text in ("jmp *%rax", "call *%rax", "jmp *PAGE", "call *PAGE", "push %rax\nret",
                 "push %rax\nret $8"):
        for target in ("0x800000000000", "0xFFFF7FFFFFFFFFFF", "0x8000000000000000"):
            yield Case(64, f"{text} to {target}".replace("\n", ", "),
                       f"movabsq ${target}, %rax\nmovq %rax, PAGE\n{text}")


def apic_cases():
    """The local APIC's page: every bit of the offset, accesses over its ends (docs/cpu.md A11)."""
    for mode in (64, 32):
        for at in (0x820, 0xFF0, 0xFFE, 0x7FE) + ((-2, -1) if mode == 32 else ()):
            for op in ("movl {m}, %eax", "movl %ebx, {m}", "lock addl %ebx, {m}"):
                yield Case(mode, f"local APIC, {at:#x}: {op.split()[0]}",
                           "movl $0x5A5A5A5A, %ebx\n" + op.format(m=f"LAPIC + {at}"))


def cases():
    for rows in (far_cases, far_limit_cases, pop_cases, prefix_cases, limit_cases, code_cases, branch_cases, apic_cases):
        yield from rows()
