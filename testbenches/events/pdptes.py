# SPDX-License-Identifier: Apache-2.0
"""What loads the PDPTE registers, and what leaves them: each writer of a control register, bit by bit, behind a
change of each entry in memory.

SDM Vol. 3A "PDPTE Registers": a MOV to CR3; a MOV to CR0 that changes CD, NW or PG, one to CR4 that changes PAE, PGE,
PSE or SMEP, while PAE paging is or comes to be in use. docs/mmu.md, docs/cpu.md.
"""
from case import Case

TABLE, OTHER, LOW, NEW, HIGH = 0x460000, 0x460020, 0x461000, 0x462000, 0x463000
FAR = 0x40010000  # by entry 1: of the first 16 MBytes, or of NEW's

# Entries 0 and 1 lead to the first 16 MBytes, entry 2 nowhere, entry 3 to the local APIC; NEW's are 2 MBytes on.
TABLES = f"""xorl %ecx, %ecx
3: movl %ecx, %eax
shll $21, %eax
orl $0x83, %eax
movl %eax, {LOW:#x}(,%ecx,8)
addl $0x200000, %eax
movl %eax, {NEW:#x}(,%ecx,8)
incl %ecx
cmpl $7, %ecx
jne 3b
movl ${TABLE:#x}, %edi
movl $16, %ecx
xorl %eax, %eax
rep stosl
movl $0xFEE00083, {HIGH + 8 * 0x1F7:#x}
movl ${LOW + 1:#x}, {TABLE:#x}
movl ${LOW + 1:#x}, {TABLE + 8:#x}
movl ${HIGH + 1:#x}, {TABLE + 24:#x}
movl ${LOW + 1:#x}, {OTHER:#x}
movl ${NEW + 1:#x}, {OTHER + 8:#x}
movl ${HIGH + 1:#x}, {OTHER + 24:#x}
"""


def paging(cr0, cr4):
    return TABLES + (f"movl ${0x20 | cr4:#x}, %eax\nmovl %eax, %cr4\nmovl ${TABLE:#x}, %eax\nmovl %eax, %cr3\n"
                     f"movl ${cr0:#x}, %eax\nmovl %eax, %cr0\nmovl {FAR:#x}, %ecx\n")


# What memory says now; the registers hold what it said.
CHANGES = [
    ("another table", f"movl ${NEW + 1:#x}, {TABLE + 8:#x}"),
    ("not present", f"movl $0, {TABLE + 8:#x}"),
    ("a reserved bit", f"movl ${NEW + 3:#x}, {TABLE + 8:#x}"),
    ("a reserved bit of an entry that nothing uses", f"movl $0x80000000, {TABLE + 20:#x}\nmovl $1, {TABLE + 16:#x}"),
    ("a reserved bit of one that is not present", f"movl $0x1E6, {TABLE + 16:#x}"),
    ("beyond the physical addresses", f"movl $0x100, {TABLE + 12:#x}"),
    ("the entry by which it runs", f"movl $0, {TABLE:#x}"),
]
LOOK = f"\nmovl {FAR:#x}, %edx\nmovl {FAR + 0x200000:#x}, %ebx"


def flip(register, bit):
    return f"movl %{register}, %eax\nbtcl ${bit}, %eax\nmovl %eax, %{register}"


def writers():
    for bit in (1, 2, 3, 4, 5, 16, 18, 29, 30):
        yield f"CR0.{bit}", flip("cr0", bit)
    for bit in (0, 1, 2, 3, 4, 7, 8, 11, 20, 21, 22):
        yield f"CR4.{bit}", flip("cr4", bit)
    yield "CR0 as it is", "movl %cr0, %eax\nmovl %eax, %cr0"
    yield "CR4 as it is", "movl %cr4, %eax\nmovl %eax, %cr4"
    yield "CR3 as it is", "movl %cr3, %eax\nmovl %eax, %cr3"
    for bit in (3, 4):
        yield f"CR3.{bit}", flip("cr3", bit)
    yield "CR3, another", f"movl ${OTHER:#x}, %eax\nmovl %eax, %cr3"
    yield "paging off and on", "movl %cr0, %eax\nbtcl $31, %eax\nmovl %eax, %cr0\nbtcl $31, %eax\nmovl %eax, %cr0"
    yield "paging off", "movl %cr0, %eax\nbtcl $31, %eax\nmovl %eax, %cr0\nmovl $0, %eax"
    yield "paging off, CR3, on", (f"movl %cr0, %eax\nbtcl $31, %eax\nmovl %eax, %cr0\nmovl ${OTHER:#x}, %ebx\nmovl %ebx, %cr3\n"
                                  "btcl $31, %eax\nmovl %eax, %cr0")
    yield "LMSW", "smsw %ax\nxorl $4, %eax\nlmsw %ax"
    yield "CLTS", "clts"
    yield "INVLPG", f"invlpg {FAR:#x}"
    yield "INVPCID 2", "movl $0, PAGE\nmovl $0, PAGE + 8\nmovl $2, %eax\ninvpcid PAGE, %eax"
    for bit in (0, 11):
        yield f"EFER bit {bit}", f"movl $0xC0000080, %ecx\nrdmsr\nbtcl ${bit}, %eax\nwrmsr"
    yield "nothing", "nop"


# CR0 and CR4 before: caches on, caches off, one of each, and what else may be changed set.
STATES = [(0x80000011, 0), (0xC0000011, 0x90), (0xE0000011, 0), (0xE0050033, 0x29F)]


def cases():
    for cr0, cr4 in STATES:
        for name, text in writers():
            for change_name, change in CHANGES:
                yield Case(32, f"{name} of {cr0:#x}, {cr4:#x}: {change_name}", paging(cr0, cr4) + change + "\n" + text + LOOK)
    for name, text in writers():  # registers of other modes are left alone
        for change_name, change in CHANGES[2:6]:
            off = TABLES + f"movl ${TABLE:#x}, %eax\nmovl %eax, %cr3\n{change}\n"
            yield Case(32, f"{name} without paging: {change_name}", off + text)
