# SPDX-License-Identifier: Apache-2.0
"""Each access by its size at each misalignment, under each setting of CR0.AM, RFLAGS.AC and CPL.

What counts is the linear address: each access also by segments whose base is not aligned.
SDM Vol. 3A "Alignment Check Exception (#AC)"; docs/cpu.md F7.
"""
from case import BIG, DATA_RW, PAGES, P, Case, desc

# {m} is the address; what writes and reads elsewhere by RSP, RSI or RDI gets it there. Before |: at ring 0, what is there.
AT_9 = "movl $9f, {m}\nmovl $0, 4 + {m}|"
BOTH = [
    ("load 1", "movb {m}, %al"), ("load 2", "movw {m}, %ax"), ("load 4", "movl {m}, %eax"),
    ("store 1", "movb %al, {m}"), ("store 2", "movw %ax, {m}"), ("store 4", "movl %eax, {m}"),
    ("add 2", "addw %ax, {m}"), ("add 4", "addl %eax, {m}"), ("lock add 4", "lock addl %eax, {m}"),
    ("xchg 2", "xchgw %ax, {m}"), ("xchg 4", "xchgl %eax, {m}"),
    ("cmpxchg 4", "cmpxchgl %ecx, {m}"),
    ("cmpxchg8b", "cmpxchg8b {m}"), ("movzx 2", "movzwl {m}, %eax"), ("bt 4", "btl %eax, {m}"),
    ("bts 2", "btsw $3, {m}"), ("shl 4", "shll $1, {m}"), ("mul 4", "mull {m}"),
    ("mul 2", "mulw {m}"),
    ("mov from sreg", "movw %ds, {m}"), ("mov to sreg", "movw {m}, %fs"),
    ("push m", "push {m}"), ("pop m", "push $1\npop {m}"), ("pushw m", "pushw {m}"),
    ("far pointer", "ljmpl *{m}"), ("far pointer 16", "ljmpw *{m}"), ("near pointer", AT_9 + "jmp *{m}\n9: nop"),
    ("sgdt", "sgdt {m}"), ("sidt", "sidt {m}"), ("sldt", "sldt {m}"), ("smsw", "smsw {m}"),
    ("movs 4", "movl ${m}, %esi\nmovl $PAGE + 0x800, %edi\nmovsl"),
    ("movs to 4", "movl $PAGE + 0x800, %esi\nmovl ${m}, %edi\nmovsl"),
    ("cmps 2", "movl ${m}, %esi\nmovl $PAGE + 0x800, %edi\ncmpsw"),
    ("stos 2", "movl ${m}, %edi\nstosw"), ("lods 4", "movl ${m}, %esi\nlodsl"),
    ("scas 4", "movl ${m}, %edi\nscasl"), ("movbe 4", "movbe {m}, %eax"),
    ("movbe 2", "movbe %ax, {m}"),
    ("push", "movl ${m}, %esp\npush %XAX"), ("pop", "movl ${m}, %esp\npop %XAX"),
    ("pushw", "movl ${m}, %esp\npushw %ax"), ("popw", "movl ${m}, %esp\npopw %ax"),
    ("pushf", "movl ${m}, %esp\npushf"), ("call", "movl ${m}, %esp\ncall 6f\n6:"),
    ("ret", AT_9 + "movl ${m}, %esp\nret\n9: nop"), ("retf", "movl ${m}, %esp\nlret"),
    ("iret", "movl ${m}, %esp\niretl"), ("enter", "movl ${m}, %esp\nenter $8, $2"),
    ("leave", "movl ${m}, %ebp\nleave"), ("clflush", "clflush {m}"), ("xlat", "movl ${m}, %ebx\n"
        "xlatb"),
    ("invlpg", "invlpg {m}"), ("lgdt", "lgdt {m}"), ("lldt", "lldt {m}"),
    ("event", "movl ${m}, %esp\nint $0x21"),
]
ONLY_64 = [
    ("load 8", "movq {m}, %rax"), ("store 8", "movq %rax, {m}"), ("add 8", "addq %rax, {m}"),
    ("cmpxchg16b", "cmpxchg16b {m}"), ("lock xadd 8", "lock xaddq %rax, {m}"),
    ("movsxd", "movslq {m}, %rax"), ("movs 8", "movl ${m}, %esi\nmovl $PAGE + 0x800, %edi\nmovsq"),
    ("far pointer 64", "rex.w ljmpl *{m}"), ("movabs", "movabsl {m}, %eax"),
    ("iretq", "movl ${m}, %esp\n"
        "iretq"),
    ("bt far", "movq $-8 * 3, %rax\nbtq %rax, {m}"),
]
ONLY_32 = [("pusha", "movl ${m}, %esp\npushal"), ("popa", "movl ${m}, %esp\npopal"),
           ("pushaw", "movl ${m}, %esp\npushaw"), ("push es", "movl ${m}, %esp\npush %es"),
           ("pop es", "movl ${m}, %esp\npop %es")]
CONDITIONS = [(am, ac, cpl) for am in (0, 1) for ac in (0, 1) for cpl in (0, 1, 2, 3)]


def case(mode, name, text, at, am, ac, cpl, setup=""):
    before, _, text = text.rpartition("|")
    own = f"movl $DATA + {9 * cpl}, %ecx\nmovl %ecx, %ds\nmovl %ecx, %es" if mode == 32 else ""
    lines = [before.format(m=f"(PAGE + {at:#x})"), setup, f"mov %cr0, %XAX\norl ${am << 18:#x}, %eax\nmov %XAX, %cr0",
             f"TO_RING {cpl}, {0x2 | ac << 18:#x}", own, "xorl %eax, %eax\nxorl %edx, %edx",
             text.format(m=f"(PAGE + {at:#x})")]
    return Case(mode, f"{name} at {at:#x}, AM {am}, AC {ac}, CPL {cpl}", "\n".join(lines))


def based(mode, name, text, base, at):
    """At ring 3 by segments of this base: in 64-bit mode by FS, elsewhere by DS, ES and SS."""
    before, _, text = text.rpartition("|")
    m = f"(PAGE + {at:#x} - {base})"
    if mode == 64:
        segments = f"movl $0xC0000100, %ecx\nmovl ${base}, %eax\nxorl %edx, %edx\nwrmsr"
        own, m = "", f"%fs:{m}"
    else:
        segments = desc("X1", P | DATA_RW | 3 << 5, BIG | PAGES, base)
        own = "movl $X1 + 3, %ecx\nmovl %ecx, %ds\nmovl %ecx, %es\nmovl %ecx, %ss"
    lines = [before.format(m=f"(PAGE + {at:#x})"), segments, "mov %cr0, %XAX\norl $0x40000, %eax\nmov %XAX, %cr0",
             "TO_RING 3, 0x40002", own, "xorl %eax, %eax\nxorl %edx, %edx", text.format(m=m)]
    return Case(mode, f"{name} at {at:#x} by a base of {base}", "\n".join(lines))


def cases():
    for mode, rows in ((64, BOTH + ONLY_64), (32, BOTH + ONLY_32)):
        for name, text in rows:
            for offset in range(16) if mode == 64 else (1, 2, 4, 6, 8):
                yield case(mode, name, text, 0x100 + offset, 1, 1, 3)
            for am, ac, cpl in CONDITIONS:
                if am + ac < 2 and cpl == 3 or am + ac == 2 and cpl < 3:
                    yield case(mode, name, text, 0x101, am, ac, cpl)
            if mode == 64:  # against #PF, over two pages
                for pte in (0, 0x411065):
                    yield case(mode, name + f", next page {pte:#x}", text, 0xFFF, 1, 1, 3,
                               f"movl ${pte:#x}, PTE(PAGE + 0x1000)\nFLUSH")
    for mode, rows in ((64, BOTH + ONLY_64), (32, BOTH + ONLY_32)):
        for name, text in rows:
            for base in (1, 2, 4, 8):
                if mode == 32 or "${m}" not in text and "movabs" not in text:
                    for at in (0x100, 0x100 + base):
                        yield based(mode, name, text, base, at)
