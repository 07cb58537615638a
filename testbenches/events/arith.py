# SPDX-License-Identifier: Apache-2.0
"""Integer instructions at the edges of their operands: each size by each pair of values beside a power of two
that carries, borrows, fills or empties a result; each shift by each count at a size's edge; BCD whole.

SDM Vol. 2, each instruction's own page. What divides by too little stands in a case of its own.
"""
from case import Case

SIZES = {1: ("b", "al", "bl"), 2: ("w", "ax", "bx"), 4: ("l", "eax", "ebx"), 8: ("q", "rax", "rbx")}
CHAIN = 16  # instructions of a case


def values(size):
    n = 8 * size
    top, half = 1 << n - 1, 1 << n // 2
    return sorted({0, 1, 2, 7, half - 1, half, top - 1, top, top + 1, 2 * top - 2, 2 * top - 1, 0x5A5A5A5A5A5A5A5A & 2 * top - 1})


def put(register, value):
    wide = {"a": "rax", "b": "rbx", "c": "rcx", "d": "rdx"}[register]
    return f"movabsq ${value:#x}, %{wide}"


def chained(mode, name, texts):
    for i in range(0, len(texts), CHAIN):
        yield Case(mode, f"{name}, {i}", "\n".join(texts[i:i + CHAIN]))


def signed(value, bits):
    return value - (1 << bits) if value >> bits - 1 else value


def fits(op, size, high, low, by):
    bits = 8 * size
    if op == "div":
        return by != 0 and high < by
    whole, by = signed(high << bits | low, 2 * bits), signed(by, bits)
    if by == 0:
        return False
    quotient = abs(whole) // abs(by) * (1 if (whole < 0) == (by < 0) else -1)
    return -(1 << bits - 1) <= quotient < 1 << bits - 1


def divisions():
    for size, (suffix, _, b) in SIZES.items():
        for op in ("div", "idiv"):
            good, bad = [], []
            some = values(size)
            for high in some:
                for low in some[::2] + some[-1:]:
                    for by in some:
                        load = f"movw ${high << 8 | low:#x}, %ax" if size == 1 else put("a", low) + "\n" + put("d", high)
                        text = f"{load}\n{put('b', by)}\n{op}{suffix} %{b}"
                        (good if fits(op, size, high, low, by) else bad).append(text)
            yield from chained(64, f"{op}{suffix}", good)
            for i, text in enumerate(bad[::7]):
                yield Case(64, f"{op}{suffix} that does not fit, {i}", text)


def products():
    for size, (suffix, a, b) in SIZES.items():
        texts = []
        for x in values(size):
            for y in values(size):
                both = f"{put('a', x)}\n{put('b', y)}\n"
                texts += [f"{both}mul{suffix} %{b}", f"{both}imul{suffix} %{b}"]
                if size > 1:
                    texts += [f"{both}imul{suffix} %{b}, %{a}", f"{both}imul{suffix} ${signed(y & 0xFF, 8)}, %{a}, %{b}"]
        yield from chained(64, f"mul, imul of {size}", texts)


def sums():
    for size, (suffix, a, b) in SIZES.items():
        texts = []
        for x in values(size):
            for y in values(size):
                both = f"{put('a', x)}\n{put('b', y)}\n"
                for op in ("add", "sub", "cmp", "xadd", "and", "test"):
                    texts.append(f"{both}{op}{suffix} %{b}, %{a}")
                for carry in ("clc", "stc"):
                    texts += [f"{both}{carry}\n{op}{suffix} %{b}, %{a}" for op in ("adc", "sbb")]
                texts.append(f"{both}cmpxchg{suffix} %{b}, %{b}")
            for op in ("inc", "dec", "neg", "not"):
                texts.append(f"{put('a', x)}\nstc\n{op}{suffix} %{a}")
        yield from chained(64, f"add, sub of {size}", texts)


COUNTS = (0, 1, 2, 7, 8, 9, 10, 15, 16, 17, 18, 27, 31, 32, 33, 34, 62, 63, 64, 65, 128, 255)


def shifts():
    for size, (suffix, a, b) in SIZES.items():
        texts = []
        top = 1 << 8 * size - 1
        for value in (0, 1, top, top + 1, 2 * top - 1, 0x9C6A35C4B2E1F087 & 2 * top - 1):
            for count in COUNTS:
                for op in ("rol", "ror", "rcl", "rcr", "shl", "shr", "sar"):
                    for carry in ("clc", "stc") if op in ("rcl", "rcr") else ("stc",):
                        texts.append(f"{put('a', value)}\n{put('c', count)}\n{carry}\n{op}{suffix} %cl, %{a}")
                for op in ("shld", "shrd") if size > 1 else ():
                    texts.append(f"{put('a', value)}\n{put('b', ~value % (2 * top))}\n{put('c', count)}\n{op}{suffix} %cl, %{b}, %{a}")
        yield from chained(64, f"shifts of {size}", texts)


def scans():
    for size, (suffix, a, b) in SIZES.items():
        if size == 1:
            continue
        texts = []
        for bit in range(8 * size + 1):
            value = (1 << bit) % (1 << 8 * size)
            for op in ("bsf", "bsr", "rep bsf", "rep bsr"):
                texts.append(f"{put('b', value)}\n{put('a', 0x77)}\n{op}{suffix} %{b}, %{a}")
            texts += [f"{put('a', value)}\n{put('b', bit)}\n{op}{suffix} %{b}, %{a}" for op in ("bt", "bts", "btr", "btc")]
            texts += [f"{put('a', value)}\n{op}" for op in ("cbtw", "cwtl", "cltq", "cwtd", "cltd", "cqto")]
            texts += [f"{put('a', value)}\nbswap %rax\nbswap %eax", f"{put('a', value)}\nmovsbl %al, %ebx\nmovzwl %ax, %edx",
                      f"{put('a', value)}\nmovswq %ax, %rbx\nmovslq %eax, %rdx\nmovsbw %al, %cx"]
        yield from chained(64, f"bits of {size}", texts)


def decimal():
    for op in ("daa", "das", "aaa", "aas"):
        texts = [f"movl ${0x1200 | al}, %eax\npushl ${flags}\npopfl\n{op}" for al in range(256) for flags in (2, 3, 0x12, 0x13)]
        yield from chained(32, op, texts)
    for base in (0, 1, 7, 10, 16, 255):
        for op, ax in [("aad", x) for x in (0, 0x0909, 0xFFFF, 0x7F80)] + [("aam", x) for x in (0, 9, 0x63, 0xFF)]:
            yield Case(32, f"{op} {base} of {ax:#x}", f"movl ${ax}, %eax\n{op} ${base}")


def cases():
    for rows in (divisions, products, sums, shifts, scans, decimal):
        yield from rows()
