# SPDX-License-Identifier: Apache-2.0
"""What a cell of the trap matrix is made of: codes, controls, checks, instructions; and its guest code.

A cell is an instruction at a ring, in a code, under controls. testbenches/events makes images of
cells as of any other cases (Case, frame.S).
"""
import itertools
import pathlib
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "events"))
from case import Case, in_code  # noqa: E402

# Selectors of frame.S
CODE, DATA, CONF, C32, X0 = 0x08, 0x28, 0x48, 0x68, 0x110


class Code(typing.NamedTuple):
    name: str
    mode: int  # the frame
    size: int


CODES = (Code("64-bit", 64, 64), Code("compat", 64, 32), Code("32-bit", 32, 32))
RINGS = (0, 1, 2, 3)


class Control(typing.NamedTuple):
    """What else decides, set at ring 0. `text` gives the assembly for a value; flags: RFLAGS bits."""
    name: str
    values: tuple
    text: typing.Callable = lambda value: ""
    flags: typing.Callable = lambda value: 0
    after: typing.Callable = lambda value: ""  # behind the case
    own: bool = False  # the guest's own: no means of whoever watches over it
    codes: tuple = ("64-bit", "compat", "32-bit")


class Check(typing.NamedTuple):
    """`holds` for a cell, or the outcome is what comes of it. grants: where it holds the rest is not asked."""
    text: str
    holds: typing.Callable
    outcome: typing.Union[str, typing.Callable]
    section: str = ""  # the instruction's page of Vol. 2
    grants: bool = False


class Silent(typing.NamedTuple):
    """Where it executes: a field that is not as at ring 0, when."""
    field: str
    when: typing.Callable
    text: str
    section: str = ""


class Insn(typing.NamedTuple):
    name: str
    page: str  # of SDM Vol. 2
    text: str
    kind: str  # reads, controls, depends, none: what makes it sensitive (README of the page)
    why: str
    checks: tuple = ()
    controls: tuple = ()
    silent: tuple = ()
    before: str = ""  # at ring 0
    setup: str = ""  # at the cell's ring and code
    probe: str = ""
    shows: tuple = ()  # registers that hold the effect behind the probe
    codes: tuple = ("64-bit", "compat", "32-bit")  # that can encode it


class Cell(typing.NamedTuple):
    insn: Insn
    code: Code
    ring: int
    settings: tuple  # (control, value)...

    def __getitem__(self, name):
        return dict(self.settings)[name]

    @property
    def name(self):
        controls = "".join(f", {n} = {v}" for n, v in self.settings)
        return f"{self.insn.name}: {self.code.name}, ring {self.ring}{controls}"


def cells_of(insn):
    for code in CODES:
        if code.name not in insn.codes:
            continue
        controls = [c for c in insn.controls if code.name in c.codes]
        for values in itertools.product(*(c.values for c in controls)):
            for ring in RINGS:
                yield Cell(insn, code, ring, tuple((c.name, v) for c, v in zip(controls, values)))


def words(cell):
    """What the assembly of a row may name in braces."""
    wide = cell.code.size == 64
    names = {r: ("r" if wide else "e") + r for r in ("ax", "bx", "cx", "dx", "sp", "si", "di")}
    base = C32 if cell.code.name == "compat" else CODE
    ring = cell.ring
    names.update(q="q" if wide else "l", ring=ring, code=base + 9 * ring, code0=base, data=DATA + 9 * ring)
    flags = f"pushf\nxorl $0x3200, (%{names['sp']})\n"
    names["iret_frame"] = (f"movq %rsp, %rbx\npushq ${names['data']}\npushq %rbx\n" if wide else "") + flags + \
        f"push{names['q']} ${names['code']}\npush{names['q']} $9f"
    names["rex_w"] = ".byte 0x48\n" if wide else ""
    values = dict(cell.settings)
    names["msr"] = 0xC0000103 if values.get("MSR") == "there" else 0x12345
    names["seg"] = DATA + 27 if values.get("DPL") == 3 else DATA
    names["stack"] = DATA + {"own ring": 9 * ring, "own, RPL 0": 8 * ring}.get(values.get("selector"), 0)
    names["target"] = base + 9 * ring if values.get("target") == "own ring" else base
    return names


def case_of(cell, label):
    insn, fill = cell.insn, words(cell)
    chosen = {c.name: c for c in insn.controls}
    before = [chosen[n].text(v) for n, v in cell.settings]
    after = [chosen[n].after(v) for n, v in cell.settings]
    flags = 2
    for n, v in cell.settings:
        flags |= chosen[n].flags(v)
    body = [f"movl ${DATA + 27}, %ecx", "movl %ecx, %ds", "movl %ecx, %es", insn.setup.format(**fill),
            f"{label}: {insn.text.format(**fill)}", insn.probe.format(**fill)]
    text = before + [insn.before, f"TO_RING {cell.ring}, {flags}",
                     in_code(cell.code.mode, cell.code.size, "\n".join(body), cell.ring)]
    if any(after):
        text += ["DONE"] + after
    return Case(cell.code.mode, cell.name, "\n".join(t for t in text if t))


# --- what the checks predict ----------------------------------------------------------------------
class Verdict(typing.NamedTuple):
    outcome: str  # "executes" or a fault
    looked: tuple  # (Check, it holds)
    differs: tuple  # Silent rows that show


def predict(cell):
    looked = []
    for check in cell.insn.checks:
        holds = check.holds(cell)
        looked.append((check, holds))
        if check.grants:
            if holds:
                break
        elif not holds:
            outcome = check.outcome(cell) if callable(check.outcome) else check.outcome
            return Verdict(outcome, tuple(looked), ())
    shown = tuple(s for s in cell.insn.silent if s.when(cell)) if cell.ring else ()
    return Verdict("executes", tuple(looked), shown)
