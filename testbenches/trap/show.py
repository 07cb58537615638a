# SPDX-License-Identifier: Apache-2.0
"""The matrix on the terminal, as JSON, as a page."""
import json
import sys

import cells

LEGEND = """+ executes as at ring 0   ~ executes otherwise than at ring 0, in silence   G #GP(0)   g #GP(selector)
U #UD   D #DB   . cannot be encoded   ! breaks the condition of Popek and Goldberg
Columns: rings 0 to 3 in 64-bit, compatibility and legacy 32-bit code."""


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
    return list(merged.items())


def table(found):
    out = [LEGEND, "", f"{'':56} 64-bit compat 32-bit", f"{'':56} 0123   0123   0123"]
    broken = {b.insn.name for b in found.breaches}
    for insn in found.rows:
        for n, (settings, letters) in enumerate(lines_of(found.seen[insn.name])):
            mark = "!" if insn.name in broken else " "
            name = (mark + " " + insn.name) if n == 0 else ""
            out.append(f"{name:26}{setting_text(settings):30} " + "   ".join(letters))
    out += ["", summary(found)] + [""] * bool(found.breaches)
    return "\n".join(out + breach_lines(found)).rstrip()


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
        out.append("Sensitive, and not trapping at the outer rings; what mends it:")
    for b in found.breaches:
        out.append(f"  {b.insn.name:24}{b.insn.kind} {b.insn.why}: {mend_text(b)}")
    return out


# --- one instruction ------------------------------------------------------------------------------
def section(insn, check):
    return check.section or f'Vol. 2 "{insn.page}"'


def code_names(group):
    return ", ".join(c.name for c in cells.CODES if any(s.cell.code.name == c.name for s in group))


def ring_names(group):
    return ", ".join(str(r) for r in sorted({s.cell.ring for s in group}))


def checks_of(insn, verdict):
    out = []
    for n, (check, holds) in enumerate(verdict.looked):
        last = n == len(verdict.looked) - 1
        decides = (not holds and not check.grants) or (holds and check.grants)
        word = "decides" if last and decides else "passes " if holds else "goes on"
        out.append((word, check, holds))
    return out


def one(seen):
    """Lines of a cell."""
    insn, came = seen.cell.insn, seen.came
    head = f"  {seen.cell.code.name}, ring {seen.cell.ring}: {came.outcome}"
    if came.goes_to:
        head += f", to {came.goes_to}"
    out = [head]
    for word, check, holds in checks_of(insn, seen.verdict):
        out.append(f"    {word} {check.text}: {'yes' if holds else 'no'} ({section(insn, check)})")
    for s in seen.verdict.differs:
        out.append(f"    silent: {s.text} ({s.section or section(insn, s)})")
    out.append("    microcode: " + (" ".join(came.ucode) or "none"))
    if seen.breaks:
        out.append("    sensitive, and it does not trap")
    return out


def cells_of(found):
    out = []
    for insn in found.rows:
        out.append(f"{insn.name}: {insn.text.splitlines()[0] if False else insn.kind}, {insn.why}")
        last = None
        for seen in sorted(found.seen[insn.name], key=lambda s: [str(p) for p in s.cell.settings]):
            if seen.cell.settings != last and seen.cell.settings:
                out.append(setting_text(seen.cell.settings))
            last = seen.cell.settings
            out += one(seen)
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


def page(found):
    return table(found)
