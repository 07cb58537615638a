# SPDX-License-Identifier: Apache-2.0
"""RETF, RETF n and IRET at each operand size, to the same and to outer rings: what becomes of each
kind of data segment, defects of CS, of the stack selector and of the frame, 16-bit stacks.

SDM Vol. 2 "RET", "IRET"; Vol. 3A "Returning from a Called Procedure".
"""
from case import (BIG, CODE_CONF, CODE_R, CODE_X, DATA_DOWN, DATA_RO, DATA_RW, LONG, P, PAGES, Case,
                  desc, native)

SIZES = {64: ("w", "l", "q"), 32: ("w", "l")}  # operand
BYTES = {"w": 2, "l": 4, "q": 8}
PREFIX = {(64, "w"): ".byte 0x66\n", (64, "l"): "", (64, "q"): ".byte 0x48\n",
          (32, "w"): ".byte 0x66\n", (32, "l"): ""}
OPCODE = {"retf": ".byte 0xCB", "retf 8": ".byte 0xCA, 8, 0", "retf 0x8004": ".byte 0xCA, 4, 0x80",
          "iret": ".byte 0xCF"}
RINGS = [(r, t) for r in range(4) for t in range(r, 4)]


def frame(size, kind, cs, ss, rip="9f", rsp="STACK2 - 0x100", flags="2"):
    """The frame of a far return on the stack, and the return. With 16-bit operands the target lies
    where 16 bits reach."""
    step = BYTES[size]
    rip = "stub_end" if size == "w" and rip == "9f" else rip
    items = [rip, cs] + ([flags] if kind == "iret" else [])
    gap = {"retf 8": 8, "retf 0x8004": 0}.get(kind, 0)
    lines = ["sub $96, %XSP"]
    at = 0
    for item in items:
        lines.append(f"mov{size} ${item}, {at}(%XSP)")
        at += step
    at += gap
    for item in (rsp, ss):
        item = f"({item}) & 0xFFFF" if size == "w" and "STACK" in item else item
        lines.append(f"mov{size} ${item}, {at}(%XSP)")
        at += step
    return lines


def far_return(mode, size, kind):
    return [PREFIX[mode, size] + OPCODE[kind], "ud2", "9: nop", "mov %ds, %eax", "pushf"]


# What DS, ES, FS and GS hold at the return, by ring r of who returns and t of where to.
SEGMENTS = [
    ("data of each ring", ["DATA + 8 * 0 + 0", "DATA + 8 * 1 + 1", "DATA + 8 * 2 + 2",
                           "DATA + 8 * 3 + 3"]),
    ("null", ["0", "1", "2", "3"]),
    ("conforming code", ["CONF + 8 * 0", "CONF + 8 * 1 + 1", "CONF + 8 * 2", "CONF + 8 * 3 + 3"]),
    ("code", ["CODE + 8 * 0", "CODE + 8 * 1 + 1", "CODE + 8 * 2 + 2", "CODE + 8 * 3 + 3"]),
    ("read-only, LDT", ["RO + 8 * {r} + {r}", "RO + 24", "0x0C", "0x1C"]),
    ("entry 0 of the LDT, which is not null", ["4", "5", "6", "7"]),
    ("RPL above DPL", ["DATA + 8 * 3 + 0", "DATA + 8 * 2 + 0", "DATA + 8 * 3 + 2", "C16 + 24"]),
]


def loads(values, r):
    """Load what this ring may load; the rest keep the frame's data segment of ring 3."""
    lines = []
    for register, value in zip(("ds", "es", "fs", "gs"), values):
        lines += [f"movl ${value.format(r=r)}, %ecx", f"movl %ecx, %{register}"]
    return lines


def loadable(name, r):
    rows = dict(SEGMENTS)[name]
    if name in ("data of each ring", "code"):
        return [v if n >= r else "DATA + 27" for n, v in enumerate(rows)]
    if name == "read-only, LDT" and r:
        return rows[:2] + ["DATA + 27", rows[3]]
    if name == "RPL above DPL" and r == 3:
        return [rows[0], "DATA + 27", rows[2].replace("+ 2", "+ 3"), rows[3]]
    return rows


def segments():
    for mode in (64, 32):
        for size in SIZES[mode]:
            for kind in OPCODE:
                if kind == "retf 0x8004":
                    continue
                for r, t in RINGS:
                    for name, _ in SEGMENTS:
                        # the LDT lies 0x1000 behind the GDT
                        lines = [desc("0x1000", P | DATA_RW | 0x60), f"TO_RING {r}, 2"] + loads(loadable(name, r), r)
                        lines += frame(size, kind, f"(CODE + 8 * {t} + {t})", f"DATA + 8 * {t} + {t}")
                        lines += far_return(mode, size, kind)
                        yield Case(mode, f"{kind}{size}, ring {r} to {t}, {name}", "\n".join(lines))


# Defects of CS, from ring 0 and 1 to ring t. X0 is the code segment.
CS_ROWS = [
    ("null", "", "0"), ("null, RPL", "", "{t}"), ("beyond the GDT", "", "0x140 + {t}"),
    ("data", "", "DATA + 8 * {t} + {t}"), ("a TSS", "", "TSS_SEL + {t}"),
    ("of the LDT", "", "0x0C + {t}"), ("RPL 0", "", "CODE + 8 * {t}"),
    ("RPL 3", "", "CODE + 8 * {t} + 3"), ("RPL of the ring, DPL 3", "", "CODE + 24 + {t}"),
    ("conforming", "", "CONF + {t}"), ("conforming of the ring", "", "CONF + 8 * {t} + {t}"),
    ("conforming of an outer ring", "", "CONF + 24 + {t}"), ("32-bit", "", "C32 + 8 * {t} + {t}"),
    ("not present", CODE_R, None), ("not accessed", P | CODE_R & ~1, None),
    ("execute-only", P | CODE_X, None), ("L and D", (P | CODE_R, PAGES | LONG | BIG), None),
    ("conforming, not accessed", P | CODE_CONF & ~1, None),
]
SS_ROWS = [
    ("null", "", "0"), ("null, RPL", "", "{t}"), ("beyond the GDT", "", "0x140 + {t}"),
    ("of ring 0", "", "DATA + {t}"), ("RPL 0", "", "DATA + 8 * {t}"),
    ("RPL 3", "", "DATA + 8 * {t} + 3"), ("read-only", "", "RO + 8 * {t} + {t}"),
    ("code", "", "CODE + 8 * {t} + {t}"), ("a TSS", "", "TSS_SEL + {t}"),
    ("of the LDT", "", "0x14 + {t}"), ("beyond the LDT", "", "0x44 + {t}"),
    ("16-bit", "", "S16 + 8 * {t} + {t}"),
    ("not present", DATA_RW, None), ("not accessed", P | DATA_RW & ~1, None),
    ("expand-down", P | DATA_DOWN, None), ("system", P | 2, None),
    ("read-only, X0", P | DATA_RO, None),
]


def defect(row, mode, t, code):
    name, what, sel = row
    if sel is not None:
        return "", "(" + sel.format(t=t) + ")"
    access, flags = what if isinstance(what, tuple) else (what, native(mode) if code else BIG | PAGES)
    return desc("X0", access, flags) + f"\norb $0x20 * {t}, GDT + X0 + 5\n", f"(X0 + {t})"


def defects():
    for mode in (64, 32):
        for size in SIZES[mode]:
            for kind in ("retf", "iret"):
                for r, t in ((0, 0), (0, 1), (0, 3), (1, 1), (1, 3), (2, 2), (3, 3), (1, 0), (3, 2)):
                    for rows, code in ((CS_ROWS, True), (SS_ROWS, False)):
                        if not code and kind == "retf" and t <= r:
                            continue
                        for row in rows:
                            setup, sel = defect(row, mode, t, code)
                            cs = sel if code else f"(CODE + 8 * {t} + {t})"
                            ss = f"DATA + 8 * {t} + {t}" if code else sel
                            lines = [setup, f"TO_RING {r}, 2"] + frame(size, kind, cs, ss)
                            lines += far_return(mode, size, kind)
                            yield Case(mode, f"{kind}{size}, ring {r} to {t}, "
                                       f"{'CS' if code else 'SS'} {row[0]}", "\n".join(lines))


def stack_of_compatibility():
    """The stack segment is judged by the code that is returned to, too."""
    for size in SIZES[64]:
        for kind in ("retf", "iret"):
            for r, t in ((0, 0), (0, 1), (0, 3), (1, 1), (1, 3), (2, 2), (3, 3)):
                if kind == "retf" and t <= r:
                    continue
                for row in SS_ROWS:
                    setup, sel = defect(row, 64, t, False)
                    lines = [setup, f"TO_RING {r}, 2"] + frame(size, kind, f"(C32 + 8 * {t} + {t})", sel)
                    yield Case(64, f"{kind}{size}, ring {r} to {t}, SS {row[0]} from 64-bit to 32-bit code",
                               "\n".join(lines + far_return(64, size, kind)))


def frames():
    """Where the frame lies and what RIP it holds."""
    for mode in (64, 32):
        for size in SIZES[mode]:
            for kind in OPCODE:
                for r, t in ((0, 0), (0, 3), (3, 3)):
                    head = frame(size, kind, f"(CODE + 8 * {t} + {t})", f"DATA + 8 * {t} + {t}")
                    name = f"{kind}{size}, ring {r} to {t}, "
                    if mode == 64:  # the first n items mapped, the rest not
                        for n in range(6):
                            at = f"PAGE + 0x1000 - {n * BYTES[size]}"
                            lines = ["movl $0, PTE(PAGE + 0x1000)", "FLUSH", f"TO_RING {r}, 2",
                                     f"movl ${at}, %esp"]
                            yield Case(mode, name + f"{n} items mapped",
                                       "\n".join(lines + far_return(mode, size, kind)))
                        lines = [f"TO_RING {r}, 2"] + head + ["movl $0x8000, 4(%rsp)"]
                        yield Case(mode, name + "RIP not canonical",
                                   "\n".join(lines + far_return(mode, size, kind)))
                        for n in range(6):
                            lines = [f"TO_RING {r}, 2", "movabsq $0x7FFFFFFFFFFF, %rsp",
                                     f"sub ${n * BYTES[size]} - 1, %rsp"]
                            yield Case(mode, name + f"{n} items canonical",
                                       "\n".join(lines + far_return(mode, size, kind)))
                    else:
                        x = desc("X0", P | CODE_R, BIG, 0, 0xFFF) + f"\norb $0x20 * {t}, GDT + X0 + 5"
                        lines = [x, f"TO_RING {r}, 2"] + frame(size, kind, f"(X0 + {t})",
                                                            f"DATA + 8 * {t} + {t}")
                        yield Case(mode, name + "EIP beyond the limit",
                                   "\n".join(lines + far_return(mode, size, kind)))
                        for n in range(6):  # the first n items within the stack's limit
                            x = desc("X0", P | DATA_RW, BIG, 0x410000, 0xFFF)
                            lines = [x + f"\norb $0x20 * {r}, GDT + X0 + 5", f"TO_RING {r}, 2",
                                     f"movl $X0 + {r}, %eax", "movl %eax, %ss",
                                     f"movl $0x1000 - {n * BYTES[size]}, %esp"]
                            yield Case(mode, name + f"{n} items within the limit",
                                       "\n".join(lines + far_return(mode, size, kind)))


def code_limits():
    """The first byte beyond the limit of the code segment that is returned to, and the first byte of its last page:
    from 64-bit code to compatibility mode too."""
    for mode in (64, 32):
        for size in SIZES[mode]:
            for kind in OPCODE:
                if size == "w":
                    continue
                for r, t in ((0, 0), (0, 3), (1, 1), (3, 3)):
                    for limit, name in ((0x42F, "RIP one beyond the limit"), (0x430, "RIP in the last page")):
                        setup = "movw $0x2ECD, CODEPG\n" + desc("X0", P | CODE_R, BIG | PAGES, 0, limit) + \
                            f"\norb $0x20 * {t}, GDT + X0 + 5"
                        lines = [setup, f"TO_RING {r}, 2"] + frame(size, kind, f"(X0 + {t})",
                                                                    f"DATA + 8 * {t} + {t}", "CODEPG")
                        yield Case(mode, f"{kind}{size}, ring {r} to {t}, to 32-bit code, {name}",
                                   "\n".join(lines + far_return(mode, size, kind)))


# 16-bit stacks: what a push, pop, call, return leaves in the upper half of ESP, and the wrap.
ON_16 = ["push %eax", "pop %eax", "pushw %ax", "popw %ax", "pushal", "popal", "call 9f\n9:",
         "pushf", "popf", "pushfw", "push $1", "enter $4, $2", "leave", "pushl (%ebp)", "popl (%esp)",
         "lcall $CODE, $9f\n9:", "push %ds", "pop %es", "ret $4\n9:", "int $0x21",
         "pushl %esp", "popl %esp", "pushw %sp", "popw %sp", "enter $0, $0", "enterw $8, $3"]
SPS = [0, 1, 2, 3, 4, 6, 8, 0x10, 0x8000, 0xFFFC, 0xFFFE, 0xFFFF, 0x10000, 0x12340000, 0x12340002,
       0x1234FFFE, 0x12348000]


def stacks():
    for text in ON_16:
        for sp in SPS:
            lines = ["movl $S16, %eax", "movl %eax, %ss", f"movl ${sp:#x}, %esp",
                     f"movl ${sp ^ 0x8000:#x}, %ebp", text]
            if text.startswith("ret") and sp & 0xFFFF <= 0xFFFC:  # where it goes
                lines.insert(0, f"movl $9f, SEG16 + {sp & 0xFFFF:#x}")
            yield Case(32, f"16-bit stack, SP {sp:#x}: {text}".replace("\n", " "), "\n".join(lines))
    for size in ("w", "l"):
        for kind in OPCODE:
            for sp in SPS:
                for r, t in ((0, 0), (0, 3), (1, 1), (1, 2)):
                    # the items at SP on a 16-bit stack, wrapped by hand
                    lines = [f"movl $S16 + 8 * {r} + {r}, %edi", f"TO_RING {r}, 2"]
                    items = ["stub_end", f"CODE + 8 * {t} + {t}"] + ["0x802"] * (kind == "iret")
                    items = [(i * BYTES[size], v) for i, v in enumerate(items)]
                    gap = {"retf 8": 8, "retf 0x8004": 0x8004}.get(kind, 0)
                    for v in ("0x12345678 & 0xFFFF" if size == "w" else "0x12345678",
                              f"S16 + 8 * {t} + {t}"):
                        items.append((items[-1][0] + BYTES[size] +
                                      (gap if len(items) == (3 if kind == "iret" else 2) else 0), v))
                    for at, v in items:
                        lines.append(f"mov{size} ${v}, SEG16 + {(sp + at) & 0xFFFF:#x}")
                    lines += ["movl %edi, %ss", f"movl ${sp:#x}, %esp", PREFIX[32, size] + OPCODE[kind]]
                    yield Case(32, f"{kind}{size} on a 16-bit stack, SP {sp:#x}, ring {r} to {t}",
                               "\n".join(lines))


# The rest of the frame of an IRET to label 5 at the same ring, with these flags; RSP as it was.
BEGIN = {64: "movq %rsp, %rbx\npushq $DATA\npushq %rbx\npushq ${flags}\npushq $CODE\npushq $5f\niretq\n5:",
         32: "pushl ${flags}\npushl $CODE\npushl $5f\niretl\n5:"}


def begun():
    """A return that itself began with RF, or without, to flags that have it or not."""
    for mode in (64, 32):
        for size in SIZES[mode]:
            for kind in ("iret", "retf", "popf"):
                for before in ("2", "0x10002", "0x10102"):
                    for flags in ("2", "0x10002", "0x10202"):
                        for t in (0, 3):
                            item = f"({flags}) & 0xFFFF" if size == "w" else flags
                            head = frame(size, kind, f"(CODE + 8 * {t} + {t})", f"DATA + 8 * {t} + {t}", flags=item)
                            end = far_return(mode, size, kind) if kind != "popf" else \
                                [f"push{size} ${item}" if size != "l" or mode == 32 else "nop"]
                            if kind == "popf" and (t or (mode, size) == (64, "l")):
                                continue
                            text = [BEGIN[mode].format(flags=before)]
                            text = end + text + [f"popf{size}", "pushf"] if kind == "popf" else head + text + end
                            yield Case(mode, f"{kind}{size} begun with {before}, to {flags}, ring {t}",
                                       "\n".join(text))


def taken_away():
    """A segment that is above the new CPL: its base stays (docs/cpu.md S8)."""
    for mode in (64, 32):
        for name in ("ds", "es", "fs", "gs"):
            for dpl in range(4):
                for ring in range(1, 4):
                    yield Case(mode, f"{name} of DPL {dpl} with a base, to ring {ring}",
                               desc("X0", P | DATA_RW | dpl << 5, BIG | PAGES, 0x410000) +
                               f"\nmovl $X0, %eax\nmovl %eax, %{name}\nTO_RING {ring}, 2\nmovl %{name}:(%esp), %eax")


def cases():
    yield from segments()
    yield from taken_away()
    yield from begun()
    yield from defects()
    yield from frames()
    yield from code_limits()
    yield from stacks()
    yield from stack_of_compatibility()
