# SPDX-License-Identifier: Apache-2.0
"""Each bit of each register that software writes, one at a time: written, read back, or refused.

SDM Vol. 3A "Control Registers", "Debug Registers"; Vol. 4 for the MSRs; Vol. 2 "POPF", "IRET",
"SYSRET", "SYSCALL", "SAHF", "LMSW", "MOV-Move to or from Control Registers".
"""
from case import Case

MSRS = [0x10, 0x1B, 0x3A, 0x3B, 0x8B, 0xFE, 0x174, 0x175, 0x176, 0x179, 0x1A0, 0x1D9, 0x277, 0x2FF,
        0x6E0, 0x6E1, 0xC0000080, 0xC0000081, 0xC0000082, 0xC0000083, 0xC0000084, 0xC0000100, 0xC0000101,
        0xC0000102, 0xC0000103]
ADDRESSES = {0x175, 0x176, 0xC0000082, 0xC0000083, 0xC0000100, 0xC0000101, 0xC0000102}
NO_MSRS = [0x0, 0x11, 0x1C, 0x6E2, 0x802, 0x80B, 0x8FF, 0x900, 0x277 ^ 0x8000, 0x80000080,
           0xC0000085, 0xC0000104, 0x40000080]
PRIVILEGED = ("rdmsr", "wrmsr", "mov %cr0, %XAX", "mov %XAX, %cr3", "mov %db7, %XAX", "lmsw %ax",
              "smsw %eax", "clts", "hlt", "cli", "sti", "invd", "wbinvd", "lgdt gdtr", "sgdt PAGE",
              "sldt %eax", "str %eax", "ltr %ax", "lldt %ax", "rdtsc", "rdpmc", "invlpg PAGE",
              "in $0x80, %al", "outl %eax, %dx", "xgetbv", "swapgs")


def flip(register, bit):
    """Change the bit of a control or debug register, read it, change it back."""
    change = [f"mov %{register}, %XAX", f"btc ${bit}, %XAX", f"mov %XAX, %{register}"]
    return "\n".join(change + [f"mov %{register}, %XBX"] + change)


def control_registers():
    for mode, width in ((64, 64), (32, 32)):
        for register in ("cr0", "cr2", "cr3", "cr4") + (("cr8",) if mode == 64 else ()):
            for bit in range(width):
                if (mode, register, bit) == (64, "cr4", 20):
                    continue  # SMEP: every page is a user page, no handler could begin
                yield Case(mode, f"{register} bit {bit}", flip(register, bit))
        for register in ("db0", "db3", "db4", "db5", "db6", "db7"):
            for bit in range(width):
                for de in (0, 1) if register in ("db4", "db5") and bit == 0 else (0,):
                    setup = "mov $0x28, %eax\nmov %XAX, %cr4\n" if de else ""
                    yield Case(mode, f"{register} bit {bit}, DE {de}", setup + flip(register, bit))
        for bit in range(16):
            yield Case(mode, f"lmsw bit {bit}", f"smsw %ax\nbtc ${bit}, %ax\nlmsw %ax\nsmsw %eax\n"
                       f"mov %cr0, %XAX\nmovw %ax, PAGE\nlmsw PAGE\nsmsw PAGE + 8")
    # what CR0 takes together
    for bits in (0x20000000, 0x60000000, 0x40000000, 0x0, 0x80000000, 0x80000001, 0x5, 0x60000021):
        for mode in (64, 32):
            yield Case(mode, f"cr0 = {bits:#x}", f"movl ${bits:#x}, %eax\nmov %XAX, %cr0\n"
                                                 "mov %cr0, %XBX")
    # with PCIDE: CR3 keeps 11:0 as the PCID, bit 63 spares the TLBs and is not kept
    pcide = "movl $0x20020, %eax\nmov %rax, %cr4\n"
    for bit in list(range(12)) + list(range(40, 64)):
        yield Case(64, f"cr3 bit {bit}, PCIDE", pcide + flip("cr3", bit))
        yield Case(64, f"PCIDE with cr3 bit {bit}", f"mov %cr3, %rax\nbts ${bit}, %rax\n"
                                                    "mov %rax, %cr3\n"
                   + pcide + "mov %cr3, %rbx\nxorl %eax, %eax\nmov $pml4, %rax\nmov %rax, %cr3")
    for bit in range(12):
        yield Case(64, f"PCID bit {bit}: a page's two translations", pcide +
                   f"movl PAGE, %ecx\nmov %cr3, %rax\nbts $63, %rax\nbtc ${bit}, %rax\n"
                   "mov %rax, %cr3\n"
                   f"movl $0x411067, PTE(PAGE)\nmovl PAGE, %ecx\nbtc ${bit}, %rax\nmov %rax, %cr3\n"
                   "movl PAGE, %ecx\nmov %cr3, %rdx")
    yield Case(64, "PCIDE, then PG off", pcide + "mov %cr0, %rax\nbtr $31, %rax\nmov %rax, %cr0")


def msrs():
    for msr in MSRS:
        for bit in range(64):
            for base in (0, 1) if msr in ADDRESSES and bit >= 46 else (0,):
                lines = [f"movl ${msr:#x}, %ecx", "rdmsr", "movl %eax, %esi", "movl %edx, %edi"]
                if base:
                    lines += ["movl $-1, %eax", "movl $-1, %edx"]
                half = "%eax" if bit < 32 else "%edx"
                lines += [f"btc ${bit % 32}, {half}", "wrmsr", "rdmsr" if msr != 0x10 else "nop",
                          "movl %esi, %eax", "movl %edi, %edx", "wrmsr"]
                if (msr, bit) == (0x1B, 10):  # x2APIC mode, which leads back by way of no APIC alone
                    lines[-1:] = ["xorl $0x800, %eax", "wrmsr", "xorl $0x800, %eax", "wrmsr"]
                if (msr, bit) in ((0x1B, 10), (0x1B, 11)):  # and what no APIC has forgotten
                    lines += ["movl $0x12D, %eax", "movl %eax, LAPIC + 0xF0"]
                yield Case(64, f"msr {msr:#x} bit {bit}{' of ones' * base}", "\n".join(lines))
    for msr in NO_MSRS:
        for name in ("rdmsr", "wrmsr"):
            yield Case(64, f"{name} {msr:#x}", f"movl ${msr:#x}, %ecx\nxorl %eax, %eax\n"
                                               f"xorl %edx, %edx\n{name}")
    for known in (0x277, 0xC0000080):  # a number with one bit changed is another's, or none
        for number in [known ^ 1 << bit for bit in range(32)]:
            for name in ("rdmsr",) if number in MSRS else ("rdmsr", "wrmsr"):
                yield Case(64, f"{name} {number:#x} beside {known:#x}", f"movl ${number:#x}, %ecx\nxorl %eax, %eax\n"
                                                                       f"xorl %edx, %edx\n{name}")
    for byte in range(8):
        for value in list(range(8)) + [0x0E, 0x16, 0x26, 0x46, 0x86]:
            half = "%edx" if byte > 3 else "%eax"
            yield Case(64, f"PAT byte {byte} = {value}",
                       "movl $0x277, %ecx\nrdmsr\n"
                       f"andl ${~(0xFF << 8 * (byte & 3)) & 0xFFFFFFFF:#x}, {half}\n"
                       f"orl ${value << 8 * (byte & 3):#x}, {half}\nwrmsr\nrdmsr\n"
                       "movl $0x70406, %eax\nmovl %eax, %edx\nwrmsr")
    for r in (1, 2, 3):
        for name in PRIVILEGED:
            for mode in (64, 32):
                if name == "swapgs" and mode == 32:
                    continue
                for cr4 in (0x20, 0x824):  # UMIP, TSD
                    yield Case(mode, f"{name} at ring {r}, CR4 {cr4:#x}",
                               f"movl ${cr4 | 0x20:#x}, %eax\nmov %XAX, %cr4\nmovl $0x3A, %ecx\n"
                               f"TO_RING {r}, 2\n{name}")


POPF = {64: ("popfw", "popfq"), 32: ("popfw", "popfl")}
LEVELS = [(0, 0), (1, 0), (1, 1), (3, 0), (3, 3)]  # CPL, IOPL
IRETS = {64: [("w", ".byte 0x66\n"), ("l", ""), ("q", ".byte 0x48\n")], 32: [("w", ".byte 0x66\n"), ("l", "")]}
BYTES = {"w": 2, "l": 4, "q": 8}


STARTS = (2, 0xCED7 & ~0x4000 | 0x40000)  # none set; all but TF, NT, RF, VM


def popf_line(pop, value):
    if pop == "popfw":
        return f"pushw ${value & 0xFFFF:#x}\npopfw\npushfw\npopw %ax"
    wide = {"popfq": "pushfq\npop %rax", "popfl": "pushfl\npop %eax"}[pop]
    return f"movl ${value:#x}, %eax\npush %XAX\n{pop}\n{wide}"


def iret_lines(size, prefix, value, t):
    items = ["stub_end" if size == "w" else "9f", f"CODE + 8 * {t} + {t}",
             f"{value & (0xFFFF if size == 'w' else 0xFFFFFFFF):#x}",
             "(STACK3 - 0x100) & 0xFFFF" if size == "w" else "STACK3 - 0x100",
             f"DATA + 8 * {t} + {t}"]
    lines = ["sub $64, %XSP"]
    for n, item in enumerate(items):
        if size == "q" and n == 2:
            lines.append(f"movl ${item}, {8 * n}(%XSP)\nmovl $0, {8 * n + 4}(%XSP)")
        else:
            lines.append(f"mov{size} ${item}, {BYTES[size] * n}(%XSP)")
    return lines + [f"{prefix}.byte 0xCF\nud2\n9: pushf\npop %XAX\npushf"]


def flags():
    """One bit changed at a time; those that trap or fault last, in a case each."""
    for mode in (64, 32):
        for cpl, iopl in LEVELS:
            for start in STARTS:
                begin = start & ~0x3000 | iopl << 12
                values = [(bit, (begin ^ 1 << bit) & 0xFFFFFFFF) for bit in range(32)]
                head = f"TO_RING {cpl}, {begin:#x}"
                name = f"of {begin:#x}, CPL {cpl}, IOPL {iopl}"
                for pop in POPF[mode]:
                    yield Case(mode, f"{pop}, each bit {name}", "\n".join(
                        [head] + [popf_line(pop, v) for bit, v in values if bit != 8]))
                    yield Case(mode, f"{pop}, TF {name}", f"{head}\n"
                                                          f"{popf_line(pop, values[8][1])}\nnop")
                for size, prefix in IRETS[mode]:
                    chained = [v for bit, v in values if bit not in (8, 14, 17)] if size != "w" else []
                    yield Case(mode, f"iret{size}, each bit {name}", "\n".join(
                        [head] + [x for v in chained for x in iret_lines(size, prefix, v, cpl)]))
                    for bit, v in values:
                        if bit in (8, 14, 17) or start == 2 and cpl < 3 and (size != "w" or bit < 16):
                            yield Case(mode, f"iret{size} to ring 3, bit {bit} {name}", "\n".join(
                                [head] + iret_lines(size, prefix, v, 3)))


STAR = "movl $0xC0000081, %ecx\nmovl ${high:#x}, %edx\nxorl %eax, %eax\nwrmsr\n"
SYSCALLS = "movl $0xC0000082, %ecx\nmovl ${entry}, %eax\nxorl %edx, %edx\nwrmsr\n"


def syscalls():
    setup = SYSCALLS.format(entry="8f")
    for bit in range(32):
        for begin in (2, 0x4CED7 & ~0x4000):
            yield Case(64, f"SYSCALL, FMASK bit {bit}, flags {begin:#x}", setup +
                       f"movl $0xC0000084, %ecx\nmovl ${1 << bit:#x}, %eax\nxorl %edx, %edx\n"
                       "wrmsr\n" +
                       STAR.format(high=0x280008) +
                       f"TO_RING 3, {begin:#x}\nsyscall\nud2\n8: pushfq\npop %rax")
        for size in ("sysretl", "sysretq"):
            yield Case(64, f"{size}, R11 bit {bit}",
                       STAR.format(high=0x680008) +
                       f"movl $8f, %ecx\nmovabsq ${1 << bit:#x}, %r11\n{size}\nud2\n8: pushf\n"
                       "pop %rax\nnop")
    for bit in range(32, 48):
        yield Case(64, f"SYSCALL, STAR bit {bit}", setup +
                   STAR.format(high=0x280008 ^ 1 << bit - 32) +
                   "TO_RING 3, 2\nsyscall\nud2\n8: mov %ss, %eax\nmov %cs, %ebx")
    for bit in range(48, 64):
        for size in ("sysretl", "sysretq"):
            yield Case(64, f"{size}, STAR bit {bit}",
                       STAR.format(high=0x680008 ^ 1 << bit - 32) +
                       f"movl $8f, %ecx\nmovl $2, %r11d\n{size}\nud2\n8: mov %ss, %eax\n"
                       "mov %cs, %ebx")
    for bit in range(24, 64):
        for size in ("sysretl", "sysretq"):
            yield Case(64, f"{size}, RCX bit {bit}",
                       STAR.format(high=0x680008) +
                       f"movl $8f, %ecx\nbtc ${bit}, %rcx\nmovl $2, %r11d\n{size}\nud2\n8: nop")
    for name in ("syscall", "sysretq", "sysretl"):
        for r in (0, 1, 2, 3):
            for sce in (0, 1):
                efer = "movl $0xC0000080, %ecx\nrdmsr\nbtr $0, %eax\nwrmsr\n"
                yield Case(64, f"{name} at ring {r}, SCE {sce}", setup + ("" if sce else efer) +
                           f"movl $8f, %ecx\nmovl $2, %r11d\nTO_RING {r}, 2\n{name}\nud2\n8: nop")


def selectors():
    for mode in (64, 32):
        for register in ("ds", "es", "ss", "fs", "gs"):
            for base in ("DATA", "DATA + 27", "X0"):
                for bit in range(16):
                    for r in (0, 3) if bit < 4 else (0,):
                        yield Case(mode, f"{register} = {base} with bit {bit} changed, ring {r}",
                                   f"DESC X0, 0xFFFF, 0xCF9200\nTO_RING {r}, 2\n"
                                   f"movl ${base}, %eax\n"
                                   f"btc ${bit}, %eax\nmovl %eax, %{register}\n"
                                   f"movl %{register}, %ecx\n"
                                   f"movw %{register}, PAGE\nnop")
        for bit in range(8, 24):  # access byte and flags of a descriptor
            for register in ("ds", "ss", "cs"):
                for base in (0xCF9300, 0xCF9B00):
                    load = "FAR X0, 9f\n9:" if register == "cs" else \
                        f"movl $X0, %eax\nmovl %eax, %{register}"
                    yield Case(mode, f"descriptor bit {bit + 32} of {base:#x} in {register}",
                               f"DESC X0, 0xFFFF, {base ^ 1 << bit:#x}\n{load}\n"
                               "movl %ds:PAGE, %eax")
        for name, sel, load in (("ltr", "TSS_SEL", "ltr"), ("lldt", "LDT_SEL", "lldt")):
            for bit in range(8, 16):
                yield Case(mode, f"{name}, descriptor bit {bit + 32}", f"movl $0, %eax\nlldt %ax\n"
                           f"andb $~2, GDT + TSS_SEL + 5\nxorl ${1 << bit:#x}, GDT + {sel} + 4\n"
                           f"movl ${sel}, %eax\n{load} %ax\nstr %eax\nsldt %eax")
            for bit in range(16):
                yield Case(mode, f"{name}, selector bit {bit}", "andb $~2, GDT + TSS_SEL + 5\n"
                           f"movl ${sel}, %eax\nbtc ${bit}, %eax\n{load} %ax\nstr %eax\nsldt %eax")
    for bit in range(32):  # the upper half of a system descriptor
        for sel, load in (("TSS_SEL", "ltr"), ("LDT_SEL", "lldt")):
            for word in (8, 12):
                if word == 8 and load == "ltr" and bit < 15:
                    continue  # its TSS is used no more
                yield Case(64, f"{load}, high descriptor word {word}, bit {bit}",
                           "andb $~2, GDT + TSS_SEL + 5\n"
                           f"xorl ${1 << bit:#x}, GDT + {sel} + {word}\n"
                           f"movl ${sel}, %eax\n{load} %ax")
    for name, limit in (("lgdt", "GDT_BYTES - 1"), ("lidt", "master_idt_end - master_idt - 1")):
        for mode in (64, 32):
            for prefix in ("", ".byte 0x66\n"):
                for bit in range(16, 64 if mode == 64 else 32):
                    tail = "s" + name[1:]
                    yield Case(mode, f"{prefix[5:9]} {name} base bit {bit}",
                               f"movl $0, PAGE + 2\nmovl $0, PAGE + 6\nmovw $0xFFF, PAGE\n"
                               f"btcl ${bit % 32}, PAGE + 2 + {bit // 32 * 4}\n"
                               f"{prefix}{name} PAGE\n"
                               f"{tail} PAGE + 32\n{name} {name[1:]}r")


CPUID_LEAVES = (0, 1, 2, 4, 7, 0xB, 0xD, 0x80000000, 0x80000001, 0x80000002, 0x80000007, 0x80000008)


def identification():
    """CPUID: each leaf beside each other number in one bit, each bit of the subleaf."""
    for mode in (64, 32):
        for leaf in CPUID_LEAVES:
            for bit in range(mode):
                mov, x, d = ("movabsq", "r", "q") if mode == 64 else ("movl", "e", "l")
                for eax, ecx in ((leaf ^ 1 << bit, 0), (leaf, 1 << bit)):
                    yield Case(mode, f"cpuid {eax:#x}, {ecx:#x}",
                               f"{mov} ${eax:#x}, %{x}ax\n{mov} ${ecx:#x}, %{x}cx\ncpuid\nadd{d} %{x}bx, %{x}ax")


def cases():
    for rows in (control_registers, msrs, flags, syscalls, selectors, identification):
        yield from rows()
