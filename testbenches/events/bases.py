# SPDX-License-Identifier: Apache-2.0
"""Each bit of each base and address that the processor adds or takes as one: segments, tables, stacks, RIP.

Outside 64-bit mode a segment of base 2^n and an offset that wraps at 32 bits reach the same linear address for
every n. With paging each address A has a twin at A + 2^n.
SDM Vol. 3A "Segment Descriptors", "Logical and Linear Addresses", "System Descriptor Types"; docs/cpu.md F2, F7, S14.
"""
from case import BIG, PAGES, P, Case, desc
from segments import enter, leave

PAGE = 0x410040
STACK = 0x40BF00  # of ring 3
WIDTH = 1 << 32


def through(base, address=PAGE):
    return f"{(address - base) % WIDTH:#x}"


# What a segment of that base is used for, from ring 3 or 0.
DATA = [("load", "movl %{s}:{m}, %ecx"), ("store", "movl %ecx, %{s}:{m}"), ("add", "addl %ecx, %{s}:{m}"),
        ("by a register", "movl ${m}, %ebx\nmovl %{s}:(%ebx), %ecx"), ("lods", "movl ${m}, %esi\n{s} lodsl"),
        ("invlpg", "invlpg %{s}:{m}"), ("les", "les %{s}:{m}, %ecx"), ("sgdt", "sgdt %{s}:{m}")]
STRINGS = [("stos", "stosl"), ("rep stos", "movl $3, %ecx\nrep stosl"), ("scas", "scasl"), ("movs", "movl $DATA + 27, %ecx\nmovl %ecx, %ds\nmovl $PAGE, %esi\nmovsl")]
STACKS = [("push", "pushl %ecx"), ("pop", "popl %ecx"), ("call", "call 8f\n8:"), ("pushal", "pushal"),
          ("enter", "enter $8, $1"), ("leave", "movl %esp, %ebp\nleave"), ("by ebp", "movl %esp, %ebp\nmovl 4(%ebp), %ecx"),
          ("far return", "pushl $C32 + {r} * 9\npushl $8f\nlretl\n8:")]
CODES = [("read", "movl %cs:{m}, %ecx"), ("loop", "movl $3, %ecx\n8: loop 8b"), ("call", "call 8f\n8: popl %ecx"),
         ("event", "ud2"), ("breakpoint", "nop\nnop")]


def bits():
    for mode in (32, 64):
        for bit in range(32):
            yield mode, bit, 1 << bit


def segment_cases():
    for mode, bit, base in bits():
        for r in (0, 3):
            data = desc("X1", P | r << 5 | 0x12, BIG | PAGES, base)
            code = desc("X1", P | r << 5 | 0x1A, BIG | PAGES, base)
            where = f"2^{bit}, ring {r}"
            for s in ("ds", "es", "ss", "fs", "gs"):
                for name, text in DATA[:3] if s != "fs" else DATA:
                    yield Case(mode, f"{s.upper()} of base {where}: {name}",
                               f"{data}\n{enter(mode, r)}\nmovl $X1 + {r}, %eax\nmovl %eax, %{s}\n" +
                               text.format(s=s, m=through(base)) + leave(mode))
            for name, text in STRINGS:
                yield Case(mode, f"ES of base {where}: {name}",
                           f"{data}\n{enter(mode, r)}\nmovl $X1 + {r}, %eax\nmovl %eax, %es\n"
                           f"movl ${through(base)}, %edi\n{text}" + leave(mode))
            for name, text in STACKS:
                yield Case(mode, f"SS of base {where}: {name}",
                           f"{data}\n{enter(mode, r)}\nmovl $X1 + {r}, %eax\nmovl %eax, %ss\n"
                           f"movl ${through(base, STACK)}, %esp\n{text.format(r=r)}" + leave(mode))
            for name, text in CODES:
                watch = "movl $7f, %eax\nmov %XAX, %db0\nmovl $1, %eax\nmov %XAX, %db7\n" * (name == "breakpoint")
                yield Case(mode, f"CS of base {where}: {name}",
                           f"{code}\n{watch}{enter(mode, r)}\npushl $X1 + {r}\nmovl $7f, %eax\nsubl ${base:#x}, %eax\n"
                           f"pushl %eax\nlretl\n7: {text.format(m=through(base))}" + leave(mode))


def twin(bit):
    """A + 2^bit is A, for the addresses of the frame."""
    if bit < 30:
        return "\n".join(f"movq pd0 + {8 * i}, %rax\nmovq %rax, pd0 + {8 * (i + (1 << bit - 21))}" for i in range(3))
    table, entry, low = (("pdpt", "pd0", 30) if bit < 39 else ("pml4", "pdpt", 39) if bit < 48 else ("pml5", "pml4", 48))
    return f"movl ${entry} + 7, {table} + {8 << bit - low}"


def base_of(selector, address, access):
    """A system descriptor of 16 bytes with that base."""
    return (f"movabsq ${address}, %rbx\nmovl ${access << 8:#x}, GDT + {selector} + 4\nmovq %rbx, %rax\n"
            f"movw %ax, GDT + {selector} + 2\nshrq $16, %rax\nmovb %al, GDT + {selector} + 4\nshrq $8, %rax\n"
            f"movb %al, GDT + {selector} + 7\nshrq $8, %rax\nmovl %eax, GDT + {selector} + 8\n")


def uses(bit):
    far = f"{1 << bit:#x}"
    load = f"movabsq $PAGE + {far}, %rbx\n"
    fs = ("movl $0xC0000100, %ecx\nmovl $PAGE, %eax\nxorl %edx, %edx\nbtsq ${0}, %rax\nmovq %rax, %rdx\nshrq $32, %rdx\nwrmsr\n").format(bit)
    yield "GDT", f"movw $0x13F, gdtr_x\nmovabsq $GDT + {far}, %rbx\nmovq %rbx, gdtr_x + 2\nlgdt gdtr_x\n" \
        "movl $DATA, %eax\nmovl %eax, %fs\nTO_RING 3, 2\nud2"
    yield "IDT", f"movw $0x33F, idtr_x\nmovabsq $IDT + {far}, %rbx\nmovq %rbx, idtr_x + 2\nlidt idtr_x\nint $0x21"
    yield "LDT", base_of("LDT_SEL", f"LDT + {far}", 0x82) + \
        "movl $LDT_SEL, %eax\nlldt %ax\nmovl $0x14, %eax\nmovl %eax, %fs\nlar %ax, %ecx\nlsl %ax, %edx\nverr %ax"
    yield "TSS", base_of("TSS_SEL", f"TSS + {far}", 0x89) + "movl $TSS_SEL, %eax\nltr %ax\nTO_RING 3, 2\nud2"
    yield "TSS, I/O bitmap", base_of("TSS_SEL", f"TSS + {far}", 0x89) + \
        "movl $TSS_SEL, %eax\nltr %ax\nTO_RING 3, 2\nin $0x80, %al"
    yield "RSP0", f"movabsq $STACK0 + {far}, %rbx\nmovq %rbx, TSS + 4\nTO_RING 3, 2\nud2"
    yield "IST2", f"movabsq $IST2 + {far}, %rbx\nmovq %rbx, TSS + 0x2C\nmovb $2, GATE(6) + 4\nud2"
    yield "RIP", f"movabsq $7f + {far}, %rax\njmp *%rax\n7: call 8f\n8: popq %rcx\nleaq 8b(%rip), %rdx\nud2"
    yield "a gate's offset", f"movabsq $8f + {far}, %rax\nmovw %ax, GATE(0x21)\nshrq $16, %rax\n" \
        "movw %ax, GATE(0x21) + 6\nshrq $16, %rax\nmovl %eax, GATE(0x21) + 8\nint $0x21\n8: ud2"
    yield "LSTAR", f"movl $0xC0000082, %ecx\nmovabsq $8f + {far}, %rax\nmovq %rax, %rdx\nshrq $32, %rdx\nwrmsr\n" \
        "movl $0xC0000081, %ecx\nxorl %eax, %eax\nmovl $0x1B0008, %edx\nwrmsr\nTO_RING 3, 2\nsyscall\n8: ud2"
    yield "SYSENTER_EIP, SYSENTER_ESP", \
        f"movl $0x176, %ecx\nmovabsq $8f + {far}, %rax\nmovq %rax, %rdx\nshrq $32, %rdx\nwrmsr\n" \
        f"movl $0x175, %ecx\nmovabsq $STACK0 + {far}, %rax\nmovq %rax, %rdx\nshrq $32, %rdx\nwrmsr\n" \
        "movl $0x174, %ecx\nmovl $8, %eax\nxorl %edx, %edx\nwrmsr\nTO_RING 3, 2\nsysenter\n8: pushq %rax\nud2"
    yield "RSP", f"movabsq $STACK0 + {far}, %rsp\npushq $0x1234\npopq %rcx\nenter $16, $2\nleave\nud2"
    yield "FS's base", fs + "movl %fs:0x40, %ecx\nmovl %ecx, %fs:0x44\nlock incl %fs:0x48"
    yield "a register", load + "movl (%rbx), %ecx\nlock xaddl %ecx, 8(%rbx)\npushq 16(%rbx)\ninvlpg (%rbx)"
    yield "an index", load + "movl $2, %ecx\nmovl (%rcx,%rbx), %eax\nmovl %eax, 8(%rcx,%rbx)"
    yield "RSI and RDI", load + "movq %rbx, %rsi\nleaq 64(%rbx), %rdi\nmovl $5, %ecx\nrep movsq\ncmpsb\nscasl"
    yield "a breakpoint", load + "movq %rbx, %dr1\nmovl $0xF0008, %eax\nmovq %rax, %dr7\n" \
        "movl PAGE, %eax\nmovl %eax, (%rbx)\nnop"
    yield "MOFFS", f"movabs PAGE + {far}, %eax\nmovabs %eax, PAGE + 4 + {far}"


# 32-bit paging: a directory of 4-MByte pages in which every 16 MBytes are the same, but the local APIC's.
DIRECTORY = 0x450000
TWINS32 = f"""movl ${DIRECTORY:#x}, %edi
xorl %ecx, %ecx
3: movl %ecx, %eax
andl $3, %eax
shll $22, %eax
orl $0x87, %eax
movl %eax, (%edi,%ecx,4)
incl %ecx
cmpl $1024, %ecx
jne 3b
movl $0xFEC00087, {DIRECTORY + 0x3FB * 4:#x}
movl $0x10, %eax
movl %eax, %cr4
movl ${DIRECTORY:#x}, %eax
movl %eax, %cr3
movl $0x80010011, %eax
movl %eax, %cr0
"""


def uses32(bit):
    far = 1 << bit
    msr = "movl ${n:#x}, %ecx\nmovl ${v}, %eax\nxorl %edx, %edx\nwrmsr\n"
    tss = desc("TSS_SEL", 0x89, 0, 0x403000 + far, 0xFFF) + "\nmovl $TSS_SEL, %eax\nltr %ax\nTO_RING 3, 2\n"
    yield "GDT", f"movw $0x13F, gdtr_x\nmovl $GDT + {far}, gdtr_x + 2\nlgdt gdtr_x\nmovl $DATA, %eax\nmovl %eax, %fs\nTO_RING 3, 2\nud2"
    yield "IDT", f"movw $0x1FF, idtr_x\nmovl $IDT + {far}, idtr_x + 2\nlidt idtr_x\nint $0x21"
    yield "LDT", desc("LDT_SEL", 0x82, 0, 0x401000 + far, 0x3F) + \
        "\nmovl $LDT_SEL, %eax\nlldt %ax\nmovl $0x14, %eax\nmovl %eax, %fs\nlar %ax, %ecx\nverr %ax"
    yield "TSS", tss + "ud2"
    yield "TSS, I/O bitmap", tss + "in $0x80, %al"
    yield "ESP0", f"movl $STACK0 + {far}, TSS + 4\nTO_RING 3, 2\nud2"
    yield "EIP", f"movl $7f + {far}, %eax\njmp *%eax\n7: call 8f\n8: popl %ecx\nud2"
    yield "a gate's offset", f"movl $8f + {far}, %eax\nmovw %ax, GATE(0x21)\nshrl $16, %eax\nmovw %ax, GATE(0x21) + 6\nint $0x21\n8: ud2"
    yield "SYSENTER_EIP, SYSENTER_ESP", msr.format(n=0x176, v=f"8f + {far}") + msr.format(n=0x175, v=f"STACK0 + {far}") + \
        msr.format(n=0x174, v=8) + "TO_RING 3, 2\nsysenter\n8: pushl %eax\nud2"
    yield "ESP", f"movl $STACK0 + {far}, %esp\npushl $0x1234\npopl %ecx\npushal\nenter $16, $2\nleave\nud2"
    yield "a register", f"movl $PAGE + {far}, %ebx\nmovl (%ebx), %ecx\nlock xaddl %ecx, 8(%ebx)\npushl 16(%ebx)\ninvlpg (%ebx)"
    yield "ESI and EDI", f"movl $PAGE + {far}, %esi\nleal 64(%esi), %edi\nmovl $5, %ecx\nrep movsl\ncmpsb\nscasl"
    yield "a breakpoint", f"movl $PAGE + {far}, %ebx\nmovl %ebx, %dr1\nmovl $0xF0008, %eax\nmovl %eax, %dr7\nmovl PAGE, %eax\nmovl %eax, (%ebx)\nnop"
    yield "MOFFS", f"movl PAGE + {far}, %eax\nmovl %eax, PAGE + 4 + {far}"


def twin_cases():
    for bit in range(24, 32):
        for name, text in uses32(bit):
            yield Case(32, f"{name} with 2^{bit}", TWINS32 + text)
    for mode in (64, 57):
        for bit in [b for b in range(24, 47 if mode == 64 else 56) if b != 47]:
            for name, text in uses(bit):
                yield Case(mode, f"{name} with 2^{bit}", twin(bit) + "\n" + text)


PHYSICAL = [("fetch", "movb $0xC3, CODEPG", "call *%rbx"), ("load", "nop", "movl (%rbx), %ecx"),
            ("store", "nop", "movl %ecx, (%rbx)\nmovl (%rbx), %edx")]


def physical_cases():
    """Each bit of a page's physical address: where it leads is no memory, or too wide."""
    for bit in range(24, 52):
        for name, before, text in PHYSICAL:
            yield Case(64, f"physical 2^{bit}: {name}",
                       f"{before}\nmovabsq $CODEPG + 7 + {1 << bit:#x}, %rax\nmovq %rax, PTE(CODEPG)\nFLUSH\n"
                       f"movl $CODEPG, %ebx\n{text}")


def cases():
    yield from segment_cases()
    yield from twin_cases()
    yield from physical_cases()
