# SPDX-License-Identifier: Apache-2.0
"""Count and index registers at each address size, in code of each size, with bits set beyond them.

SDM Vol. 2 "LOOP/LOOPcc", "Jcc" (JCXZ JECXZ JRCXZ), "REP/REPE/REPZ/REPNE/REPNZ", the string
instructions.
"""
from case import CODE_SIZES, Case, desc, in_code

# What a counted jump begins with: around the ends of 16, 32 and 64 bits.
COUNTS = [0, 1, 2, 0x8000, 0xFFFF, 0x10000, 0x10001, 0x18000, 0x7FFFFFFF, 0x80000000, 0x80000001,
          0xFFFF0000, 0xFFFF0001, 0xFFFFFFFF, 1 << 32, (1 << 32) + 1, (1 << 32) + 0x10000,
          0xFFFFFFFF00000000, 0xFFFFFFFF00000001, 0x7FFFFFFFFFFFFFFF, 1 << 63, (1 << 63) + 1,
          0xFFFFFFFFFFFFFFFF]
JUMPS = [("loop", 0xE2), ("loope", 0xE1), ("loopne", 0xE0), ("jcxz", 0xE3)]
STRINGS = [("movs", 0xA4), ("stos", 0xAA), ("lods", 0xAC), ("cmps", 0xA6), ("scas", 0xAE)]
REPEATS = [("", ""), ("rep", ".byte 0xF3"), ("repne", ".byte 0xF2")]
ADDRESS = {64: (64, 32), 32: (32, 16), 16: (16, 32)}  # without and with 67
FLAGS = [("ZF", "cmpb %al, %al"), ("NZ", "testb %cl, %cl\norb $1, %bl")]


def set_register(size, name, value):
    if size == 64:
        return f"movabsq ${value & (1 << 64) - 1:#x}, %r{name}"
    return f"movl ${value & 0xFFFFFFFF:#x}, %e{name}"


def counts_of(size):
    return COUNTS if size == 64 else [c for c in COUNTS if c < 1 << 32]


def jump_case(mode, size, prefix, name, opcode, flags):
    lines = []
    for count in counts_of(size):
        lines += [set_register(size, "cx", count), flags[1]] + [".byte 0x67"] * prefix + \
            [f".byte {opcode:#x}, 1", "nop"]
    return Case(mode, f"{size}-bit code, addresses of {ADDRESS[size][prefix]}: {name}, {flags[0]}",
                in_code(mode, size, "\n".join(lines)))


# Counts with bits beyond 16 and 32: of each, how far it goes is up to the address size; data ends
# 40 bytes on, so that none goes far.
STRING_COUNTS = [0, 1, 3, 0x10000, 0x10002, 0x80000000, 0x80000001, (1 << 32), (1 << 32) + 2,
                 (1 << 63), (1 << 63) + 1, 0xFFFF0001]
JUNK = {16: 0xABCD0000, 32: 0xABCD123400000000, 64: 0}  # beyond an index of this size


def string_case(mode, size, prefix, op, width, repeat, down, count):
    address = ADDRESS[size][prefix]
    junk = JUNK[address] if size == 64 or address == 16 else 0
    # 16-bit addresses: below 64 KiB; else before the end of what is mapped or within the limit
    source, target = (0x7FE0, 0x7FF0) if address == 16 else (0x43FFD8, 0x43FFE0)
    if down:
        source, target = (0x8FE8, 0x8FF0) if address == 16 else (0x410018, 0x410020)
    opcode = f".byte {op + (width != 8):#x}"
    size_prefix = {8: "", 16: "" if size == 16 else ".byte 0x66",
                   32: ".byte 0x66" if size == 16 else "", 64: ".byte 0x48"}[width]
    lines = ["movl $X0, %eax", "movl %eax, %ds", "movl %eax, %es"] if mode == 32 or size != 64 \
        else []
    lines += [set_register(size, "cx", count), set_register(size, "si", source + junk),
              set_register(size, "di", target + junk), "movl $0x11223344, %eax",
              "std" if down else "cld", "cmpb %al, %al"]
    # prefixes, REX last
    lines += [".byte 0x67"] * prefix + [repeat]
    lines += [size_prefix, opcode]
    if not down:
        text = desc("X0", 0x93, 0xC, 0, 0x43F)
    elif address == 16:
        text = desc("X0", 0x97, 4, 0, 0x8FDF)
    else:
        text = desc("X0", 0x97, 0xC, 0, 0x40F)
        if size == 64:
            text += "\nmovl $0, PTE(PAGE - 0x1000)"
    return text, in_code(mode, size, "\n".join(lines))


def counts_for(size, repeat, compares, width, down):
    """All of them for one width and direction of each repeat that means something."""
    if not repeat:
        return [3]
    if width != 8 or down or (repeat == "repne" and not compares):
        return [3, 0x10002, 0x80000001] + [(1 << 32) + 2] * (size == 64)
    return [c for c in STRING_COUNTS if size == 64 or c < 1 << 32]


def string_cases(mode, size, prefix):
    for name, op in STRINGS:
        for width in (8, 16, 32) + ((64,) if size == 64 else ()):
            for repeat_name, repeat in REPEATS:
                for down in (False, True):
                    for count in counts_for(size, repeat_name, op & 0xF6 == 0xA6, width, down):
                        setup, body = string_case(mode, size, prefix, op, width, repeat, down,
                                                  count)
                        yield Case(mode, f"{size}-bit code, addresses of {ADDRESS[size][prefix]}: "
                                   f"{repeat_name} {name}{width}{' down' if down else ''}, "
                                   f"count {count:#x}", setup + "\n" + body)


def cases():
    for mode, size in CODE_SIZES:
        for prefix in (0, 1):
            for name, opcode in JUMPS:
                for flags in FLAGS:
                    yield jump_case(mode, size, prefix, name, opcode, flags)
            if (mode, size) != (64, 16):
                yield from string_cases(mode, size, prefix)
