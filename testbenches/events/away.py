# SPDX-License-Identifier: Apache-2.0
"""What a feature that CPUID lacks takes with it, and what it leaves: each instruction of one in each code size
at ring 0 and 3 with each mandatory prefix, each bit of CR4, each MSR, with every feature away that can be.

SDM Vol. 2, each instruction's own page (#UD); Vol. 3A "Control Registers"; Vol. 4; docs/cpu.md C1 to C3.
"""
from case import CODE_SIZES, Case, in_code
from masks import MSRS, flip

# Long mode, NX, SYSCALL and what they need stay: the frame lives by them.
AWAY = ("de", "pse", "tsc", "cx8", "sep", "mtrr", "pge", "cmov", "pse36", "clflush", "cx16", "pcid", "movbe", "popcnt",
        "fsgsbase", "tsc_adjust", "smep", "invpcid", "adx", "smap", "clflushopt", "clwb", "umip", "pku", "la57", "rdpid",
        "pks", "lahf_lm", "abm", "3dnowprefetch", "pdpe1gb", "rdtscp", "x2apic", "tsc_deadline")
OPTIONS = ["--cpuid", ",".join("-" + name for name in AWAY)]

M = "(%ebx)"
ANY = [
    ("LAHF", "lahf"), ("SAHF", "sahf"), ("CMOVC", "cmovcl %ecx, %edx"), ("CMOVNC m", f"cmovncl {M}, %edx"), ("FCMOV", ".byte 0xDA, 0xC1"),
    ("CLFLUSH", f"clflush {M}"), ("CLFLUSHOPT", f"clflushopt {M}"), ("CLWB", f"clwb {M}"), ("MOVBE load", f"movbel {M}, %ecx"),
    ("MOVBE store", f"movbel %ecx, {M}"), ("POPCNT", "popcntl %ecx, %edx"), ("LZCNT", "lzcntl %ecx, %edx"), ("TZCNT", "tzcntl %ecx, %edx"),
    ("BSR", "bsrl %ecx, %edx"), ("ADCX", "adcxl %ecx, %edx"), ("ADOX", "adoxl %ecx, %edx"), ("CLAC", "clac"), ("STAC", "stac"),
    ("RDTSC", "rdtsc\nxorl %eax, %eax"), ("RDTSCP", "rdtscp"), ("RDPID", ".byte 0xF3, 0x0F, 0xC7, 0xF9"), ("RDPMC", "rdpmc"),
    ("CMPXCHG8B", f"cmpxchg8b {M}"), ("LOCK CMPXCHG8B", f"lock cmpxchg8b {M}"), ("INVPCID", f"movl $2, %eax\ninvpcid {M}, %eax"),
    ("SYSENTER", "sysenter"), ("SYSEXIT", "sysexit"), ("RDPKRU", "xorl %ecx, %ecx\nrdpkru"), ("WRPKRU", "xorl %ecx, %ecx\nxorl %edx, %edx\nxorl %eax, %eax\nwrpkru"),
    ("PREFETCHW", f"prefetchw {M}"), ("PREFETCHT0", f"prefetcht0 {M}"), ("SGDT", f"sgdt {M}"), ("SIDT", f"sidt {M}"), ("SLDT", "sldt %eax"),
    ("STR", "str %eax"), ("SMSW", "smsw %eax"), ("XGETBV", "xgetbv"), ("BSWAP", "bswap %ecx"), ("CPUID", "movl $1, %eax\ncpuid"),
    ("MOV DR4", "mov %db4, %eax"), ("MOV CR4", "mov %cr4, %eax"),
]
ONLY_64 = [
    ("RDFSBASE", "rdfsbase %rax"), ("WRFSBASE", "wrfsbase %rax"), ("RDGSBASE", "rdgsbase %eax"), ("WRGSBASE", "wrgsbase %eax"),
    ("CMPXCHG16B", "cmpxchg16b (%rbx)"), ("POPCNT 64", "popcntq %rcx, %rdx"), ("LZCNT 64", "lzcntq %rcx, %rdx"), ("ADCX 64", "adcxq %rcx, %rdx"),
    ("CMOV 64", "cmovcq %rcx, %rdx"), ("CMPXCHG8B with REX", "rex cmpxchg8b (%rbx)"),
]
PREFIXES = ("", "0x66", "0xF2", "0xF3")


def instructions():
    for mode, size in CODE_SIZES:
        for name, text in ANY + (ONLY_64 if size == 64 else []):
            if size == 64:
                text = text.replace("%db4, %eax", "%db4, %rax").replace("%cr4, %eax", "%cr4, %rax").replace(f"invpcid {M}, %eax", "invpcid (%rbx), %rax")
            for ring in (0, 3):
                for prefix in PREFIXES:
                    first, _, last = text.rpartition("\n")
                    if prefix:
                        last = f".byte {prefix}\n{last}"
                    body = f"movl $PAGE, %ebx\nmovl $0x00F00F00, %ecx\n{first}\n{last}"
                    yield Case(mode, f"{name} in {size}-bit code, ring {ring}, prefix {prefix or 'none'}",
                               (f"TO_RING {ring}, 2\n" if ring else "") + in_code(mode, size, body, ring))


def registers():
    for mode in (64, 32):
        for bit in range(mode):
            yield Case(mode, f"CR4 bit {bit}", flip("cr4", bit))
        for msr in MSRS + [0xFE, 0x200, 0x201, 0x20F, 0x6E1]:
            for name in ("rdmsr", "rdmsr\nmovl %eax, %esi\nmovl %edx, %edi\nwrmsr\nrdmsr"):
                yield Case(mode, f"MSR {msr:#x}, {name[-5:]} {len(name)}", f"movl ${msr:#x}, %ecx\n{name}")


def cases():
    yield from instructions()
    yield from registers()
