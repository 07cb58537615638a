# SPDX-License-Identifier: Apache-2.0
"""The matrix on the terminal, as JSON, as a page."""
import json
import sys

import cells

LEGEND = """+ executes as at ring 0   ~ executes otherwise than at ring 0, in silence   G #GP(0)   g #GP(selector)
U #UD   D #DB   . cannot be encoded   ! breaks the condition of Popek and Goldberg
Columns: rings 0 to 3 in 64-bit, compatibility and legacy 32-bit code."""


KINDS = {"reads": "shows privileged state", "controls": "changes privileged state",
         "depends": "its result may depend on the ring", "none": "not sensitive"}


def letter(seen):
    outcome = seen.came.outcome
    if outcome == "executes":
        return "~" if seen.differs else "+"
    return {"#GP(0)": "G", "#UD": "U", "#DB": "D"}.get(outcome, "g" if outcome.startswith("#GP") else "?")


def setting_text(settings):
    return ", ".join(f"{n} = {v}" for n, v in settings)


def lines_of(seen):
    """-> (settings, letters of the three codes); settings that change nothing are left out."""
    rows = {}
    for s in seen:
        rows.setdefault(s.cell.settings, {}).setdefault(s.cell.code.name, []).append(letter(s))
    every = max(rows, key=len)
    names = [n for n, _ in every]
    merged = {}
    for settings, codes in rows.items():
        # A code that lacks a control stands beside each value of it.
        for other in rows:
            if set(settings) < set(other):
                rows[other].update((k, v) for k, v in codes.items() if k not in rows[other])
    for settings, codes in rows.items():
        if len(settings) == len(names):
            merged[settings] = tuple("".join(codes.get(c.name, "....")) for c in cells.CODES)
    # Controls that nowhere matter.
    for name in list(names):
        without = {}
        for settings, letters in merged.items():
            without.setdefault(tuple(p for p in settings if p[0] != name), set()).add(letters)
        if all(len(v) == 1 for v in without.values()):
            merged = {k: v.pop() for k, v in without.items()}
    return shortened(merged)


def shortened(merged):
    """Where the first control alone decides, the others are left out of its rows."""
    out, first = [], {}
    for settings, letters in merged.items():
        first.setdefault(settings[:1], []).append((settings, letters))
    for head, group in first.items():
        if len(group) > 1 and len({letters for _, letters in group}) == 1:
            group = [(head, group[0][1])]
        out += group
    return out


def matrix_lines(found):
    out = [LEGEND, "", f"{'':56} 64-bit compat 32-bit", f"{'':56} 0123   0123   0123"]
    broken = {b.insn.name for b in found.breaches}
    for insn in found.rows:
        for n, (settings, letters) in enumerate(lines_of(found.seen[insn.name])):
            mark = "!" if insn.name in broken else " "
            name = (mark + " " + insn.name) if n == 0 else ""
            out.append(f"{name:26}{setting_text(settings):30} " + "   ".join(letters))
    return "\n".join(out + ["", summary(found)])


def table(found):
    return "\n".join([matrix_lines(found)] + [""] * bool(found.breaches) + breach_lines(found))


def summary(found):
    seen = [s for rows in found.seen.values() for s in rows]
    traps = sum(s.came.outcome != "executes" for s in seen)
    return f"{len(seen)} cells of {len(found.rows)} instructions, RTL and model agree: {traps} trap, " \
           f"{len(seen) - traps} execute, {sum(bool(s.differs) for s in seen)} of these otherwise than at ring 0"


def mend_text(breach):
    return " or ".join(setting_text(m) for m in breach.mends) or "nothing"


def breach_lines(found):
    out = []
    if found.breaches:
        out.append("Sensitive, and not trapping at the outer rings:")
    for b in found.breaches:
        out.append(f"  {b.insn.name:24}{b.insn.kind}: {b.insn.why}; mended by {mend_text(b)}")
    return out


# --- one instruction ------------------------------------------------------------------------------
def section(insn, check):
    return check.section or f'Vol. 2 "{insn.page}"'


def checks_of(insn, verdict):
    out = []
    for n, (check, holds) in enumerate(verdict.looked):
        last = n == len(verdict.looked) - 1
        decides = (not holds and not check.grants) or (holds and check.grants)
        word = "decides" if last and decides else "passes " if holds else "goes on"
        out.append((word, check, holds))
    return out


def fate(seen):
    """Lines behind "where: ", alike for cells that go the same way."""
    insn, came = seen.cell.insn, seen.came
    out = [came.outcome + (f", to {came.goes_to}" if came.goes_to else "")]
    for word, check, holds in checks_of(insn, seen.verdict):
        out.append(f"    {word} {check.text}: {'yes' if holds else 'no'} ({section(insn, check)})")
    for s in seen.verdict.differs:
        out.append(f"    silent  {s.text} ({s.section or section(insn, s)})")
    out.append("    microcode: " + (" ".join(came.ucode) or "none"))
    if seen.breaks:
        out.append("    sensitive, and it does not trap")
    return tuple(out)


def places(group):
    """Codes and rings of some cells: "64-bit, compat, rings 1 2 3"."""
    rings = {}
    for s in group:
        rings.setdefault(s.cell.code.name, []).append(s.cell.ring)
    alike = {}
    for code, some in rings.items():
        alike.setdefault(tuple(some), []).append(code)
    return "; ".join(f"{', '.join(codes)}, ring{'s' * (len(some) > 1)} {' '.join(map(str, some))}"
                     for some, codes in alike.items())


def ways(seen):
    """-> (settings, [(cells, their fate)...])..."""
    by_settings = {}
    for s in seen:
        by_settings.setdefault(s.cell.settings, {}).setdefault(fate(s), []).append(s)
    return [(settings, [(cells_, f) for f, cells_ in fates.items()]) for settings, fates in by_settings.items()]


def cells_of(found):
    out = []
    for insn in found.rows:
        text = insn.text.replace("\n", "; ")
        out.append(f"{insn.name} ({text}): {KINDS[insn.kind]}: {insn.why}")
        for settings, groups in ways(found.seen[insn.name]):
            out.append(setting_text(settings) or "in any case")
            for group, lines in groups:
                out.append(f"  {places(group)}: {lines[0]}")
                out += lines[1:]
    return "\n".join(out + breach_lines(found) + [summary(found)])


# --- JSON -----------------------------------------------------------------------------------------
def cell_object(seen):
    insn = seen.cell.insn
    return {"code": seen.cell.code.name, "ring": seen.cell.ring, "controls": dict(seen.cell.settings),
            "outcome": seen.came.outcome, "goes_to": seen.came.goes_to, "differs_from_ring_0": list(seen.differs),
            "checks": [{"check": c.text, "holds": bool(h), "decides": word == "decides", "section": section(insn, c)}
                       for word, c, h in checks_of(insn, seen.verdict)],
            "silent": [s.text for s in seen.verdict.differs],
            "microcode": list(seen.came.ucode), "breaks": seen.breaks}


def write_json(path, found):
    mends = {b.insn.name: [dict(m) for m in b.mends] for b in found.breaches}
    text = json.dumps({"instructions": [
        {"name": i.name, "page": i.page, "sensitive": i.kind, "why": i.why, "breaks": i.name in mends,
         "mended_by": mends.get(i.name, []), "cells": [cell_object(s) for s in found.seen[i.name]]}
        for i in found.rows], "wrong": found.wrong}, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


# --- the page -------------------------------------------------------------------------------------
PAGE = """# The trap matrix

`ringwalk trap` writes this page (`--page`); test `trap.page` holds it to what runs. Each privileged and each sensitive
instruction stands in `testbenches/trap/matrix.py` with the controls that matter to it and its checks in the order of the
manual. Each cell, an instruction at a ring, in a code, under controls, is run in lockstep by guest images of
`testbenches/events`; what came is read from the RTL's retirements (`ringwalk run --trace`). RTL and model must agree, and
what came must be what the checks predict, which are a reading of the SDM of their own: vector, error code, and where it
executes what is otherwise than at ring 0. `ringwalk trap INSN` shows an instruction's cells, each check and the one that
decided, and the microcode from its first label to the delivery of the fault (`deliver` alone: the decoder raised it);
`--json FILE` all of it as data.

`--on host|qemu|bochs` asks a judge from outside (tests `trap.host`, `trap.qemu`): this machine's processor, in a process of
its own for each cell of ring 3 whose controls are the system's; QEMU or Bochs, each instruction against the model. Where
a judge goes its own way stands in `testbenches/trap/outside.py`. RTL and model that err alike are seen by the checks
alone: mutants `trap_*` are such mistakes.

```text
{table}
```

"reads": shows privileged state; "controls": changes it; "depends": the result may depend on the ring; "none": not sensitive.

## Trap and emulate
Popek and Goldberg ("Formal Requirements for Virtualizable Third Generation Architectures", 1974): a machine can be
virtualized by trap and emulate if every sensitive instruction traps outside ring 0. An instruction that reads or
controls privileged state breaks that where it executes at an outer ring; one whose result depends on the ring, where it
executes there with another result than at ring 0. What mends it is found from the cells: the fewest settings of
controls of whoever watches over the guest with which no cell breaks it. A guest's own IF, selectors, descriptors
and MSR numbers are none. INT n, SYSCALL and SYSENTER go to entries at ring 0 that are not the guest's, and so trap
in their way. CR4.SMAP decides about no instruction here, only about accesses.

| instruction | | what | mended by |
|---|---|---|---|
{breaches}

## Checks and microcode
Checks in the order in which they are made; without a section, the instruction's page of SDM Vol. 2.

| instruction | checks | microcode, by outcome |
|---|---|---|
{checks}
"""


def check_text(check):
    fault = "#GP(selector)" if callable(check.outcome) else check.outcome
    end = "if so, granted" if check.grants else "else " + fault
    return f"{check.text} ({check.section + ', ' if check.section else ''}{end})"


def paths(seen):
    out = {}
    for s in seen:
        fault = s.came.outcome if not s.came.outcome.startswith("#GP(0x") else "#GP(selector)"
        out.setdefault((fault, " ".join(s.came.ucode)), None)
    return "; ".join(f"{fault}: `{path}`" for fault, path in out)


def page(found):
    breaches = [f"| {b.insn.name} | {b.insn.kind} | {b.insn.why} | {mend_text(b)} |" for b in found.breaches]
    checks = [f"| {i.name} | {'; '.join(check_text(c) for c in i.checks) or 'none'} | {paths(found.seen[i.name])} |"
              for i in found.rows]
    return PAGE.format(table=matrix_lines(found), breaches="\n".join(breaches), checks="\n".join(checks)).rstrip()
