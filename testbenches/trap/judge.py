# SPDX-License-Identifier: Apache-2.0
"""What ran against what the checks predict, and against the condition of Popek and Goldberg.

"Formal Requirements for Virtualizable Third Generation Architectures", 1974: a machine can be
virtualized by trap and emulate if each sensitive instruction traps outside ring 0. Here: one that
reads or controls privileged state breaks that where it executes at an outer ring; one whose result
depends on the ring, where it executes there with another result than at ring 0.
"""
import itertools
import typing

import cells


class Seen(typing.NamedTuple):
    cell: cells.Cell
    came: object          # runs.Came
    verdict: cells.Verdict
    differs: tuple        # fields that are not as at ring 0
    breaks: bool          # Popek and Goldberg's condition


class Breach(typing.NamedTuple):
    insn: cells.Insn
    seen: tuple           # the cells that break it
    mends: tuple          # settings ((control, value), ...) with which none does


class Found(typing.NamedTuple):
    rows: list
    seen: dict            # instruction name -> Seen...
    breaches: list
    wrong: list           # a text for each disagreement


def differing(came, cell):
    zero = came[cell._replace(ring=0)]
    own = came[cell]
    if cell.ring == 0 or own.outcome != "executes" or zero.outcome != "executes":
        return ()
    return tuple(f for f in own.fields if own.fields[f] != zero.fields.get(f))


def breaks(cell, came, differs):
    if cell.ring == 0 or came.outcome != "executes" or cell.insn.kind == "none":
        return False
    return cell.insn.kind in ("reads", "controls") or bool(differs)


def mends_of(insn, seen):
    """The fewest settings of controls with which no cell breaks the condition."""
    free = [c for c in insn.controls if not c.own]
    for n in range(1, len(free) + 1):
        found = []
        for some in itertools.combinations(free, n):
            for values in itertools.product(*(c.values for c in some)):
                setting = tuple((c.name, v) for c, v in zip(some, values))
                if not any(s.breaks for s in seen if set(setting) <= set(s.cell.settings)):
                    found.append(setting)
        if found:
            return tuple(found)
    return ()


def judge(rows, came):
    found = Found(rows, {}, [], [])
    for insn in rows:
        seen = []
        for cell in cells.cells_of(insn):
            verdict, differs = cells.predict(cell), differing(came, cell)
            expected = tuple(s.field for s in verdict.differs)
            if came[cell].outcome != verdict.outcome:
                found.wrong.append(f"{cell.name}: {came[cell].outcome}, but the checks give {verdict.outcome}")
            elif sorted(differs) != sorted(expected):
                found.wrong.append(f"{cell.name}: otherwise than at ring 0 in {', '.join(differs) or 'nothing'}, "
                                   f"but {', '.join(expected) or 'nothing'} is to be")
            seen.append(Seen(cell, came[cell], verdict, differs, breaks(cell, came[cell], differs)))
        found.seen[insn.name] = seen
        if any(s.breaks for s in seen):
            found.breaches.append(Breach(insn, tuple(s for s in seen if s.breaks), mends_of(insn, seen)))
    return found
