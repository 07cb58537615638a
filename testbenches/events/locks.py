# SPDX-License-Identifier: Apache-2.0
"""Locked accesses, whole and split, with the processor's own fetch, walks, a device's DMA between.

docs/bus.md B3, B7; docs/cpu.md A2, A3; SDM Vol. 3A "Bus Locking".
"""
from case import Case

OPTIONS = ["--wait-states", "2"]
LOCKED = [
    ("lock inc 4", "lock incl {m}"), ("lock add 2", "lock addw %ax, {m}"),
    ("lock not 1", "lock notb {m}"),
    ("xchg 4", "xchgl %eax, {m}"), ("xchg 2", "xchgw %ax, {m}"), ("lock bts", "lock btsl $5, {m}"),
    ("lock xadd", "lock xaddl %ecx, {m}"), ("lock cmpxchg, equal", "movl {m}, %eax\n"
        "lock cmpxchgl %ecx, {m}"),
    ("lock cmpxchg, unequal", "lock cmpxchgl %ecx, {m}"), ("lock cmpxchg8b", "lock cmpxchg8b {m}"),
    ("cmpxchg8b", "cmpxchg8b {m}"), ("add", "addl %eax, {m}"), ("inc 2", "incw {m}"),
]
LOCKED_64 = [("lock add 8", "lock addq %rax, {m}"), ("xchg 8", "xchgq %rax, {m}"),
             ("lock cmpxchg16b", "lock cmpxchg16b {m}"), ("cmpxchg16b", "cmpxchg16b {m}")]
# Within a block; over two blocks; over two pages.
PLACES = [("whole", 0x120), ("block's end", 0x12C), ("split 1", 0x12F), ("split 2", 0x12E),
          ("split 3", 0x12D), ("page 1", 0xFFF), ("page 2", 0xFFE), ("page 3", 0xFFD)]


def placed(mode, name, text, place, at, skip):
    """The instruction begins `skip` bytes into a block of code nobody fetched, code behind it in the
    next: line fills come before, between and after its accesses."""
    text = text.format(m=f"PAGE + {at:#x}")
    return Case(mode, f"{name}, {place}, {skip} bytes into a block",
                f"jmp 6f\n.balign 128\n.skip {skip}, 0x90\n6: {text}\nnop\nnop\nnop\nnop\n{text}\n"
                ".skip 24, 0x90\njmp 7f\n.balign 64\n7: nop")


# Descriptors' accessed and busy bits, tables' A and D.
UPDATES = [
    ("accessed bit", "DESC X0, 0xFFFF, 0xCF9200\nmovl $X0, %eax\nmovl %eax, %ds"),
    ("accessed bit of SS", "DESC X0, 0xFFFF, 0xCF9200\nmovl $X0, %eax\nmovl %eax, %ss"),
    ("busy bit", "andb $~2, GDT + TSS_SEL + 5\nmovl $TSS_SEL, %eax\nltr %ax"),
    ("far jump's accessed bit", "movb $0x9A, GDT + CODE + 5\nFAR CODE, 5f\n5: nop"),
    ("gate's accessed bit", "movb $0x9A, GDT + CODE + 5\nint $0x21"),
]
UPDATES_64 = [
    ("A by a load", "movl $0x410007, PTE(PAGE)\nFLUSH\nmovl PAGE, %eax"),
    ("A, D by a store", "movl $0x410007, PTE(PAGE)\nFLUSH\nmovl %eax, PAGE"),
    ("D by a store", "movl $0x410027, PTE(PAGE)\nFLUSH\nmovl PAGE, %eax\nmovl %eax, PAGE"),
    ("A, D by a locked one over two pages", "movl $0x410007, PTE(PAGE)\n"
                                            "movl $0x411007, PTE(PAGE + 0x1000)\n"
     "FLUSH\nlock incl PAGE + 0xFFE"),
    ("A of every level", "andb $~0x20, pml4\nandb $~0x20, pdpt\nandb $~0x20, pd0 + 16\n"
                         "movl $0x410007, PTE(PAGE)\n"
     "FLUSH\nlock incl PAGE"),
    ("A by a fetch", "movl $0x90909090, CODEPG\nmovb $0xC3, CODEPG + 4\n"
                     "movl $0x430007, PTE(CODEPG)\nFLUSH\ncall CODEPG"),
    ("locked, its table not cached", "FLUSH\nlock incl PAGE + 0xFFF\nlock incl PAGE"),
    ("locked, second page not present", "movl $0, PTE(PAGE + 0x1000)\nFLUSH\n"
                                        "lock incl PAGE + 0xFFE"),
    ("locked, second page read-only", "movl $0x411065, PTE(PAGE + 0x1000)\nFLUSH\n"
                                      "lock incl PAGE + 0xFFE"),
]
# The device `edu` as PCI 00:02.0: its window by BAR0, DMA between its buffer at 40000 and memory.
DEVICE = """movl $0x80001010, %eax
movl $0xCF8, %edx
outl %eax, %dx
movl $0xC0000000, %eax
movl $0xCFC, %edx
outl %eax, %dx
movl $0x80001004, %eax
movl $0xCF8, %edx
outl %eax, %dx
movl $6, %eax
movl $0xCFC, %edx
outl %eax, %dx
#if MODE == 64
movl $0xC0000087, pd3
#endif
movl $0xC0000000, %ebp
movl ${source}, 0x80(%XBP)
movl $0, 0x84(%XBP)
movl ${target}, 0x88(%XBP)
movl $0, 0x8C(%XBP)
movl ${length}, 0x90(%XBP)
movl $0, 0x94(%XBP)
movl ${command}, 0x98(%XBP)
movl $0, 0x9C(%XBP)
movl $40, %edi
6: {text}
{text}
decl %edi
jnz 6b
7: movl 0x98(%XBP), %eax
testb $1, %al
jnz 7b"""


def beside_dma():
    for mode in (64, 32):
        for name, text in LOCKED + (LOCKED_64 if mode == 64 else []):
            for place, at in (("whole", 0x120), ("split", 0x12E), ("page", 0xFFE)):
                if "16b" in name and place != "whole":
                    continue
                for way, source, target, command in (("to memory", 0x40000, 0x410000 + (at & ~15), 3),
                                                     ("from memory", 0x410000 + (at & ~15), 0x40000, 1)):
                    body = DEVICE.format(source=source, target=target, command=command, length=96,
                                         text=text.format(m=f"PAGE + {at:#x}"))
                    yield Case(mode, f"{name}, {place}, beside DMA {way}", body)


# Four blocks of code, INC or DEC and a jump to the next, which a device changes while they run and
# stores wait for the bus beside it. The loop lies in the other four fetch lines, and runs before the
# device gets there.
def under_dma():
    fill = "\n".join(f"movl ${0xCEB0000 | op << 8 | 0xFF:#x}, {at} + 16 * {n}" for n in range(3)
                     for op, at in ((0xC6, "CODEPG"), (0xCE, "PAGE + 0x200")))
    fill += "\nmovl $0xC3C6FF, CODEPG + 48\nmovl $0xC3CEFF, PAGE + 0x230\n"
    for mode in (64, 32):
        for stores in (1, 2, 3, 5):
            for nops in range(5):
                loop = "movl $CODEPG, %eax\ncall *%XAX\n" + "nop\n" * nops + \
                    "".join(f"movl %esi, PAGE + {16 * n}\n" for n in range(stores))
                yield Case(mode, f"code that DMA changes, {stores} stores and {nops} beside it",
                           fill + DEVICE.format(
                               source=0x410000, target=0x40000, command=1, length=0x240,
                               text="nop") +
                           "\nmovl $0x40000, 0x80(%XBP)\nmovl $0x42FE00, 0x88(%XBP)\n"
                           "movl $0x240, 0x90(%XBP)\nmovl $3, 0x98(%XBP)\nmovl $40, %edi\n"
                           f"jmp 8f\n.balign 128\n.skip 64, 0x90\n8: {loop}decl %edi\njnz 8b")


# MOV of an immediate that lies over two blocks, executed, changed in one access, executed again: bytes
# before it, operand size.
IMMEDIATES = {4: ([0xB8], 14), 2: ([0xB8], 15), 1: ([0xB8], 15), 8: ([0x48, 0xB8], 12)}
STORES = [("mov 4", "movl %ebx, {m}"), ("mov 2", "movw %bx, {m}"), ("not 4", "notl {m}")]


def onto_code():
    for mode in (64, 32):
        for name, text in LOCKED + STORES + (LOCKED_64 if mode == 64 else []):
            size = 8 if "8" in name else 2 if " 2" in name else 1 if " 1" in name else 4
            if "16b" in name or (size == 8 and mode == 32):
                continue
            opcode, at = IMMEDIATES[size]
            first = {8: 12}.get(size, 14) - len(opcode)
            code = [0x90] * first + opcode + [0x11] * (8 if size == 8 else 4) + [0xC3]
            code += [0x90] * (-len(code) % 4)
            fill = "".join(f"movl ${int.from_bytes(bytes(code[i:i + 4]), 'little'):#x}, CODEPG + {i}\n"
                           for i in range(0, len(code), 4))
            yield Case(mode, f"{name} onto code in two blocks",
                       fill + "movl $0x01020304, %ebx\nmovl $0x05060708, %ecx\nmovl $CODEPG, %edi\n"
                       "jmp 8f\n.balign 128\n.skip 64, 0x90\n8: call *%XDI\n" +
                       text.format(m=f"CODEPG + {at}") + "\ncall *%XDI\nmovl %eax, PAGE")


def cases():
    yield from under_dma()
    yield from onto_code()
    for mode in (64, 32):
        for name, text in LOCKED + (LOCKED_64 if mode == 64 else []):
            for place, at in PLACES:
                for skip in (0, 6, 9, 12, 14) if mode == 64 else (9, 13):
                    yield placed(mode, name, text, place, at, skip)
        for name, text in UPDATES + (UPDATES_64 if mode == 64 else []):
            for skip in range(0, 16, 3):
                yield Case(mode, f"{name}, {skip} bytes into a block",
                           f"jmp 6f\n.balign 128\n.skip {skip}, 0x90\n6: {text}\nnop\nnop")
    yield from beside_dma()
