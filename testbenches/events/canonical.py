# SPDX-License-Identifier: Apache-2.0
"""The edges of the canonical ranges and of the address space, with 48 and with 57 bits: each fetch, access,
branch, stack and loaded address on both sides of each edge and across it.

Around each edge every page is CODEPG (frame.S), so that code and data go on beyond it where that is legal.
SDM Vol. 1 "Canonical Addressing", Vol. 3A "5-Level Paging"; docs/cpu.md F2, F7, F8, S14.
"""
from case import Case

LOWER48, UPPER48 = 1 << 47, (1 << 64) - (1 << 47)
LOWER57, UPPER57 = 1 << 56, (1 << 64) - (1 << 56)
TOP = 1 << 64
EDGES = (LOWER48, UPPER48, LOWER57, UPPER57)
# Where both frames have pages: the 57-bit edges only with 57 bits (elsewhere nothing is canonical there).
WRAP = 0x1000


def address(value):
    return f"{value % TOP:#x}"


def code_at(edge, before, code):
    """The code's bytes from `before` bytes before the edge on, by way of CODEPG."""
    text = [f"movb ${byte:#x}, CODEPG + {(WRAP - before + i) % WRAP:#x}" for i, byte in enumerate(code)]
    return "\n".join(text) + f"\nmovabsq ${address(edge - before)}, %rax\n"


# --- fetch: an instruction over the edge, then a RET behind it --------------------------------------------
FETCHED = [("mov eax", [0xB8, 0x78, 0x56, 0x34, 0x12]), ("nop", [0x90]), ("ud2", [0x0F, 0x0B]),
           ("mov rcx", [0x48, 0xB9, 1, 2, 3, 4, 5, 6, 7, 8]),
           ("15 bytes", [0x66] * 14 + [0x90]), ("16 bytes", [0x66] * 15 + [0x90]),
           ("jmp over", [0xEB, 0x02, 0x0F, 0x0B]), ("jmp 32 over", [0xE9, 2, 0, 0, 0, 0x0F, 0x0B]),
           ("jz 32 over", [0x0F, 0x84, 2, 0, 0, 0, 0x0F, 0x0B]), ("call over", [0xE8, 1, 0, 0, 0, 0x90, 0x58])]


def fetch_cases(mode):
    for edge in EDGES:
        for name, code in FETCHED:
            for before in sorted({0, 1, len(code) - 1, len(code), len(code) + 1}):
                for ring in (0, 3):
                    to = f"TO_RING {ring}, 2\n" if ring else ""
                    yield Case(mode, f"fetch {name}, {before} before {address(edge)}, ring {ring}",
                               code_at(edge, before, code + [0xC3] * 3) + "xorl %edx, %edx\n" + to +
                               "pushq $9f\npushq $9f\njmp *%rax\n9: nop")


# --- data and stacks ------------------------------------------------------------------------------------
DATA = [("load 1", 1, "movb (%rbx), %al"), ("load 2", 2, "movw (%rbx), %ax"), ("load 4", 4, "movl (%rbx), %eax"),
        ("load 8", 8, "movq (%rbx), %rax"), ("store 8", 8, "movq %rax, (%rbx)"), ("store 2", 2, "movw %ax, (%rbx)"),
        ("add m", 4, "addl %eax, (%rbx)"), ("lock xadd", 8, "lock xaddq %rax, (%rbx)"),
        ("movs from", 8, "movq %rbx, %rsi\nmovl $PAGE, %edi\nmovsq"),
        ("movs to", 8, "movq %rbx, %rdi\nmovl $PAGE, %esi\nmovsq"),
        ("rep stos", 16, "movq %rbx, %rdi\nmovl $4, %ecx\nrep stosl"),
        ("push m", 8, "pushq (%rbx)"), ("by rbp", 4, "movq %rbx, %rbp\nmovl (%rbp), %eax"),
        ("by rsp", 4, "movq %rbx, %rsp\nmovl (%rsp), %eax"), ("by r13", 4, "movq %rbx, %r13\nmovl (%r13), %eax"),
        ("by r12", 4, "movq %rbx, %r12\nmovl (%r12), %eax"), ("by fs", 4, "movl %fs:(%rbx), %eax"),
        ("pop", 8, "movq %rbx, %rsp\npopq %rax"), ("push", 8, "leaq 8(%rbx), %rsp\npushq %rax"),
        ("call", 8, "leaq 8(%rbx), %rsp\ncall 9f\n9: nop"), ("ret", 8, "movq %rbx, %rsp\nret"),
        ("enter", 8, "leaq 8(%rbx), %rsp\nenter $0, $0"), ("leave", 8, "movq %rbx, %rbp\nleave"),
        ("lgdt", 10, "lgdt (%rbx)"), ("sidt", 10, "sidt (%rbx)"), ("cmpxchg8b", 8, "cmpxchg8b (%rbx)"),
        ("cmpxchg16b", 16, "cmpxchg16b (%rbx)"), ("bt", 8, "xorl %eax, %eax\nbtq %rax, (%rbx)"),
        ("clflush", 1, "clflush (%rbx)"), ("invlpg", 1, "invlpg (%rbx)"), ("iret", 40, "movq %rbx, %rsp\niretq"),
        ("jmp m", 8, "jmp *(%rbx)"), ("ljmp m", 6, "ljmpl *(%rbx)"), ("xlat", 1, "xorl %eax, %eax\nxlat")]


def data_cases(mode):
    for edge in EDGES:
        for name, size, text in DATA:
            for at in sorted({-size - 1, -size, -size + 1, -1, 0, 1}):
                yield Case(mode, f"{name} at {at:+} of {address(edge)}",
                           f"movabsq ${address(edge + at)}, %rbx\nmovl $0x1234, %eax\nmovl $1, %ecx\n{text}")
        for ring in (0, 3):
            for at in (-16, -8, 0, 8, 16, 40, 48):
                yield Case(mode, f"event with RSP at {at:+} of {address(edge)}, ring {ring}",
                           f"TO_RING {ring}, 2\nmovabsq ${address(edge + at)}, %rsp\nud2")


# --- sums that pass an edge, and the bit that wraps --------------------------------------------------------
def sum_cases(mode):
    for edge in EDGES + (TOP,):
        for base in (edge - 0x1000, edge, 0x1000):
            for offset in (0xFFC, 0xFFD, 0x1000, edge - 0x1001, edge - 0x1000, edge - 1):
                for text in ("movl %fs:(%rbx), %eax", "movl %eax, %fs:(%rbx)", "invlpg %fs:(%rbx)"):
                    yield Case(mode, f"FS base {address(base)} and {address(offset)}: {text.split()[0]}",
                               f"movl $0xC0000100, %ecx\nmovabsq ${address(base)}, %rax\nmovq %rax, %rdx\n"
                               f"shrq $32, %rdx\nwrmsr\nmovabsq ${address(offset)}, %rbx\n{text}")


# --- values that are loaded as addresses -------------------------------------------------------------------
VALUES = [(f"wrmsr {n:x}", f"movl ${n:#x}, %ecx\nmovq %rbx, %rax\nmovq %rbx, %rdx\nshrq $32, %rdx\nwrmsr")
          for n in (0xC0000100, 0xC0000101, 0xC0000102, 0x175, 0x176, 0xC0000082, 0xC0000083)] + \
    [(op, f"movq %cr4, %rax\nbtsq $16, %rax\nmovq %rax, %cr4\n{op} %rbx") for op in ("wrfsbase", "wrgsbase")] + \
    [("lgdt", "movw $0x13F, gdtr_x\nmovq %rbx, gdtr_x + 2\nlgdt gdtr_x"),
     ("lidt", "movw $0x33F, idtr_x\nmovq %rbx, idtr_x + 2\nlidt idtr_x"),
     ("invpcid 0", "movl $0, PAGE\nmovl $0, PAGE + 4\nmovq %rbx, PAGE + 8\nxorl %eax, %eax\ninvpcid PAGE, %rax"),
     ("jmp", "jmp *%rbx"), ("call", "call *%rbx"), ("ret", "pushq %rbx\nret"),
     ("lret", "pushq $CODE\npushq %rbx\nlretq"), ("ljmp", "movq %rbx, PAGE\nmovw $CODE, PAGE + 8\nrex.w ljmp *PAGE"),
     ("iret", "pushq $DATA\npushq $KSTACK\npushq $2\npushq $CODE\npushq %rbx\niretq"),
     ("iret to ring 3", "pushq $DATA + 27\npushq $STACK3\npushq $2\npushq $CODE + 27\npushq %rbx\niretq"),
     ("iret, RSP", "pushq $DATA\npushq %rbx\npushq $2\npushq $CODE\npushq $9f\niretq\n9: pushq %rax"),
     ("sysret", "movl $0xC0000081, %ecx\nxorl %eax, %eax\nmovl $0x1B0008, %edx\nwrmsr\n"
                "movq %rbx, %rcx\nmovl $2, %r11d\nsysretq"),
     ("sysexit, RIP", "movl $0x174, %ecx\nmovl $8, %eax\nxorl %edx, %edx\nwrmsr\nmovq %rbx, %rdx\nmovl $STACK3, %ecx\nrex.w sysexit"),
     ("sysexit, RSP", "movl $0x174, %ecx\nmovl $8, %eax\nxorl %edx, %edx\nwrmsr\nmovl $stub3, %edx\nmovq %rbx, %rcx\nrex.w sysexit"),
     ("syscall", "movl $0xC0000082, %ecx\nmovq %rbx, %rax\nmovq %rbx, %rdx\nshrq $32, %rdx\nwrmsr\nTO_RING 3, 2\nsyscall"),
     ("sysenter, RIP", "movl $0x176, %ecx\nmovq %rbx, %rax\nmovq %rbx, %rdx\nshrq $32, %rdx\nwrmsr\n"
                       "movl $0x174, %ecx\nmovl $8, %eax\nxorl %edx, %edx\nwrmsr\nsysenter"),
     ("gate", "movq %rbx, %rax\nmovw %ax, GATE(0x21)\nshrq $16, %rax\nmovw %ax, GATE(0x21) + 6\nshrq $16, %rax\n"
              "movl %eax, GATE(0x21) + 8\nint $0x21"),
     ("RSP0", "movq %rbx, TSS + 4\nTO_RING 3, 2\nud2"), ("IST2", "movq %rbx, TSS + 0x2C\nint $8\nmovb $2, GATE(6) + 4\nud2"),
     ("LDT's base", "movq %rbx, %rax\nmovw %ax, GDT + LDT_SEL + 2\nshrq $16, %rax\nmovb %al, GDT + LDT_SEL + 4\n"
                    "shrq $8, %rax\nmovb %al, GDT + LDT_SEL + 7\nshrq $8, %rax\nmovl %eax, GDT + LDT_SEL + 8\n"
                    "movl $LDT_SEL, %eax\nlldt %ax\nmovl $0x14, %eax\nmovl %eax, %fs"),
     ("TSS's base", "movl $0x8900, GDT + TSS_SEL + 4\nmovq %rbx, %rax\nmovw %ax, GDT + TSS_SEL + 2\nshrq $16, %rax\n"
                    "movb %al, GDT + TSS_SEL + 4\nshrq $8, %rax\nmovb %al, GDT + TSS_SEL + 7\nshrq $8, %rax\n"
                    "movl %eax, GDT + TSS_SEL + 8\nmovl $TSS_SEL, %eax\nltr %ax\nTO_RING 3, 2\nud2"),
     ("DR0", "movq %rbx, %dr0"), ("CR2", "movq %rbx, %cr2"), ("CR3", "movq %rbx, %cr3"),
     ("swapgs", "movl $0xC0000102, %ecx\nmovq %rbx, %rax\nmovq %rbx, %rdx\nshrq $32, %rdx\nwrmsr\nswapgs")]


def value_cases(mode):
    for name, text in VALUES:
        for edge in EDGES:
            for at in (-0x1000, -1, 0):
                if name == "CR3" and edge + at < LOWER57:
                    continue  # it would take the tables away
                yield Case(mode, f"{name} {address(edge + at)}", f"movabsq ${address(edge + at)}, %rbx\n{text}")


def cases():
    for mode in (64, 57):
        for rows in (fetch_cases, data_cases, sum_cases, value_cases):
            yield from rows(mode)
