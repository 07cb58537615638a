# SPDX-License-Identifier: Apache-2.0
"""The last descriptor of its table: each reader of a descriptor, in the GDT and in the LDT, with the
table's limit at and beside each of the descriptor's halves.

SDM Vol. 3A "Limit Checking", "Segment Descriptor Tables in IA-32e Mode"; docs/cpu.md G1, S3.
"""
from case import CODE_R, DATA_RW, P, Case, desc, native

AT = {"GDT": 0x130, "LDT": 0x30}
SELECTOR = {"GDT": 0x130, "LDT": 0x34}
LAST = (-1, 0, 1, 3, 4, 6, 7, 8, 11, 12, 14, 15, 16)
GATE, LDT, TSS = 0x8C, 0x82, 0x89

FAR = "movl $9f, PAGE\nmovw ${sel}, PAGE + 4\n{op} *PAGE\nud2\n9: mov %cs, %eax"
FRAME = {64: "pushq $DATA\npushq $KSTACK\npushq $2\npushq ${sel}\npushq $9f\niretq\n9: nop",
         32: "pushl $2\npushl ${sel}\npushl $9f\niretl\n9: nop"}
BACK = {64: "pushq ${sel}\npushq $9f\nlretq\n9: nop", 32: "pushl ${sel}\npushl $9f\nlretl\n9: nop"}
# What reads a descriptor, which kind of it, where it may lie, the text.
READERS = [
    ("mov ds", DATA_RW, "both", "movl ${sel}, %eax\nmovl %eax, %ds"),
    ("mov ss", DATA_RW, "both", "movl ${sel}, %eax\nmovl %eax, %ss"),
    *((op, DATA_RW, "both", f"movl ${{sel}}, %eax\nmovl $-1, %ecx\n{op}") for op in
      ("lar %eax, %ecx", "lsl %eax, %ecx", "verr %ax", "verw %ax")),
    ("lar gate", GATE, "both", "movl ${sel}, %eax\nlar %eax, %ecx"),
    ("lsl of an LDT", LDT, "GDT", "movl ${sel}, %eax\nlsl %eax, %ecx"),
    ("lcall", CODE_R, "both", FAR.replace("{op}", "lcalll")),
    ("ljmp", CODE_R, "both", FAR.replace("{op}", "ljmpl")),
    ("lcall gate", GATE, "both", FAR.replace("{op}", "lcalll")),
    ("ljmp gate", GATE, "both", FAR.replace("{op}", "ljmpl")),
    ("lret", CODE_R, "both", BACK), ("iret", CODE_R, "both", FRAME),
    ("int", CODE_R, "both", "movw ${sel}, GATE(0x21) + 2\nint $0x21"),
    ("#UD", CODE_R, "both", "movw ${sel}, GATE(6) + 2\nud2"),
    ("lldt", LDT, "GDT", "movl ${sel}, %eax\nlldt %ax\nsldt %ecx"),
    ("ltr", TSS, "GDT", "movl ${sel}, %eax\nltr %ax\nstr %ecx"),
]


def descriptor(mode, table, kind):
    """Its macro, at its place of the table."""
    place = f"({AT[table]:#x})" if table == "GDT" else f"(LDT - GDT + {AT[table]:#x})"
    if kind == GATE:
        text = (f"movl $9f, %eax\nmovw %ax, GDT + {place}\nshrl $16, %eax\nmovw %ax, GDT + {place} + 6\n"
                f"movw $CODE, GDT + {place} + 2\nmovw ${GATE << 8:#x}, GDT + {place} + 4")
    elif kind in (LDT, TSS):
        text = desc(place, kind, 0, 0x401000 if kind == LDT else 0x410000, 0x67)
    else:
        text = desc(place, P | kind, native(mode))
    high = f"\nmovl $0, GDT + {place} + 8\nmovl $0, GDT + {place} + 12"
    return text + (high if kind in (GATE, LDT, TSS) and mode == 64 else "")


def limit(table, last):
    if table == "GDT":
        return (f"movw ${AT[table] + last:#x}, gdtr_x\nmovl $GDT, gdtr_x + 2\nlgdt gdtr_x")
    return f"movw ${AT[table] + last:#x}, GDT + LDT_SEL\nmovl $LDT_SEL, %eax\nlldt %ax"


def cases():
    for mode in (64, 32):
        for name, kind, where, text in READERS:
            text = text[mode] if isinstance(text, dict) else text
            for table in ("GDT", "LDT") if where == "both" else (where,):
                for last in LAST:
                    yield Case(mode, f"{name}: the {table}'s last byte is its {last}",
                               "\n".join((descriptor(mode, table, kind), limit(table, last),
                                          text.format(sel=SELECTOR[table]))))
