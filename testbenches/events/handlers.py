# SPDX-License-Identifier: Apache-2.0
"""One event right behind another: each that can be delivered, to a handler whose first instruction raises
each fault or trap, in each ring that the handler runs in; no instruction is complete between the two.

The second is an event of its own: its error code, EXT, CR2, RF and stack are those of the handler's first
instruction, and nothing of the delivery before is left. SDM Vol. 3A "Interrupt 8—Double Fault Exception
(#DF)": what comes behind a delivery is no double fault.
"""
from case import DATA_RW, P, Case, desc
from sequels import gate_back, idt_gate

RINGS = ((0, 0), (1, 0), (3, 0), (3, 1), (3, 3))

# What is delivered: name, vector, set up in ring 0, what raises it; only in these modes, only from ring 3.
FIRST = [
    ("#DE", 0, "", "xorl %ecx, %ecx\nxorl %edx, %edx\ndivl %ecx"),
    ("#DB", 1, "", "pushf\norl $0x100, (%XSP)\npopf\nnop"),
    ("#BP", 3, "", "int3"),
    ("#OF", 4, "", "movl $0x7FFFFFFF, %eax\naddl $1, %eax\ninto"),
    ("#BR", 5, "movl $1, PAGE\nmovl $2, PAGE + 4", "movl $9, %eax\n.byte 0x62, 0x05\n.long PAGE"),
    ("#UD", 6, "", "ud2"),
    ("#NM", 7, "mov %cr0, %XAX\nor $8, %XAX\nmov %XAX, %cr0", "fnop"),
    ("#NP", 11, desc("X1", DATA_RW | 0x60), "movl $X1 + 3, %eax\nmovl %eax, %fs"),
    ("#SS", 12, desc("X1", DATA_RW), "movl $X1, %eax\nmovl %eax, %ss"),
    ("#GP", 13, "", "movl $0x1000, %eax\nmovl %eax, %fs"),
    ("#PF", 14, "movl $0, PTE(PAGE + 0x1000)\nFLUSH", "movl PAGE + 0x1000, %eax"),
    ("#AC", 17, "mov %cr0, %XAX\nor $0x40000, %XAX\nmov %XAX, %cr0",
     "pushf\norl $0x40000, (%XSP)\npopf\nmovl PAGE + 1, %eax"),
    ("INT n", 0x21, "", "int $0x21"),
]
ONLY_32 = ("#OF", "#BR")

# What the handler's first instruction does.
SECOND = [
    ("#DE", "", "aam $0"), ("#BP", "", "int3"), ("#UD", "", "ud2"),
    ("#NM", "mov %cr0, %XAX\nor $8, %XAX\nmov %XAX, %cr0", "fnop"),
    ("#NP", "movl $0xDEADBEEF, PAGE + 0x20\nmovw $X2, PAGE + 0x24\n" + desc("X2", 0x1B), "ljmpl *%cs:PAGE + 0x20"),
    ("#SS", desc("X2", DATA_RW | P) + "\nmovl $0xDEADBEEF, PAGE + 0x30\nmovw $X3, PAGE + 0x34\n" + desc("X3", DATA_RW),
     "lss %cs:PAGE + 0x30, %esp"),
    ("#GP", "", "int $0x31"), ("#GP of a selector", "movl $0, PAGE + 0x20\nmovw $DATA, PAGE + 0x24",
                               "ljmpl *%cs:PAGE + 0x20"),
    ("#PF", "movl $0, PTE(PAGE + 0x2000)\nFLUSH", "movl %cs:PAGE + 0x2000, %ebx"),
    ("#PF of a write", "movl $0, PTE(PAGE + 0x2000)\nFLUSH", "incl %ss:PAGE + 0x2000"),
    ("INT n", "", "int $0x22"),
]
NOT_64 = ("#DE",)
PAGED = ("#PF", "#PF of a write")  # the frame of 32-bit code has paging off


def cases():
    for mode in (64, 32):
        for name, vector, setup, raises in FIRST:
            if (name in ONLY_32 and mode == 64) or (name in PAGED and mode == 32):
                continue
            for second, prepare, instruction in SECOND:
                if second.startswith(name) and name.startswith("#"):
                    continue  # the handler would come again and again
                if (second in NOT_64 and mode == 64) or (second in PAGED and mode == 32):
                    continue
                for r, t in RINGS:
                    if (name == "#AC" and r != 3) or (vector == 7 and "cr0" in prepare):
                        continue
                    lines = [idt_gate(vector, t).rstrip("\n"), setup, prepare, f"TO_RING {r}, 2", raises, "DONE",
                             "9: " + instruction]
                    yield Case(mode, f"{name}, ring {r} to {t}, then {second}", "\n".join(x for x in lines if x) + "\n"
                               + gate_back(vector))
