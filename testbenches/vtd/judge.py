# SPDX-License-Identifier: Apache-2.0
"""Two runs of one guest, case by case: the model against the specification's reading, QEMU against that with the known
rows, and each against the other where no row is needed."""
import copy

import known
import lines
import words
from unit import Unit

EPISODE = 64
KINDS = {"w": "dma", "r": "dma", "d": "message", "i": "message", "q": "queue", "t": "queue", "e": "events"}


class Differs(Exception):
    """What differs, in words."""


def differs(who, case, want, other):
    names = [n for n in lines.ORDER if n in want and case.outcome.get(n) != want[n]]
    return (f"case {case.number}: {who} differs in {', '.join(names)}\n  {who:8} {lines.show(case.outcome)}\n"
            f"  {'VT-d' if who == 'model' else 'expected':8} {lines.show(want)}\n"
            f"  {other[0]:8} {lines.show(other[1].outcome)}\n" + words.describe(case))


class Judge:
    def __init__(self, machine):
        self.spec, self.qemu = Unit(machine, frozenset()), Unit(machine, known.NAMES)
        self.upgraded = False  # since then some entry has more rights than QEMU's IOTLB knows
        self.pages = set()  # granted in this episode: QEMU's IOTLB may hold them
        self.rows = {}
        self.kinds = {}

    def case(self, model, qemu):
        if model.head != qemu.head:
            raise Differs(f"case {model.number}: the two programs went apart\n  model    {model.head}\n  QEMU     {qemu.head}")
        if model.number % EPISODE == 0:
            self.pages, self.upgraded = set(), False
        answer, want = self.spec.step(model)
        if model.outcome != want:
            raise Differs(differs("model", model, want, ("QEMU", qemu)))
        self.qemu_side(qemu, want, model)
        key = (KINDS[model.kind], f"{answer.reason:x}h" if answer.reason else "good")
        self.kinds[key] = self.kinds.get(key, 0) + 1

    def qemu_side(self, case, by_spec, model):
        before = copy.copy(self.qemu)
        there, want = self.qemu.step(case)
        self.upgraded |= any(word.startswith("up:") for word in case.A or [])
        if case.outcome != want and (there.cached or self.upgraded) and self.may_hit(case):
            self.qemu = copy.copy(before)
            _, want = self.qemu.step(case, silent=True)
            self.count("hit")
        elif want != by_spec:
            self.count_rows(before, case, want)
        if case.outcome != want:
            raise Differs(differs("QEMU", case, want, ("model", model)))
        if there.page is not None:
            self.pages.add(there.page)

    def may_hit(self, case):
        return case.kind in "wr" and any((size, case.a >> size) in self.pages for size in (12, 21, 30))

    def count(self, name):
        self.rows[name] = self.rows.get(name, 0) + 1

    def count_rows(self, before, case, want):
        """The rows without which QEMU's outcome would be another."""
        for name in known.NAMES:
            without = copy.copy(before)
            without.rows = known.NAMES - {name}
            if without.step(case)[1] != want:
                self.count(name)


def whole(judge, model, qemu):
    """All lines of two runs; the number of cases."""
    cases = []
    for m, q in zip(model, qemu):
        if isinstance(m, lines.Case) and isinstance(q, lines.Case):
            try:
                judge.case(m, q)
            except Differs as difference:
                raise Differs(f"{difference}\n{words.before(cases)}") from None
            cases.append(m)
        elif isinstance(m, lines.Case) or isinstance(q, lines.Case) or m != q or "spoiled" in m:
            raise Differs(f"beside the cases\n  model    {getattr(m, 'head', m)}\n  QEMU     {getattr(q, 'head', q)}")
    if model[-1:] != ["end"] or qemu[-1:] != ["end"]:
        raise Differs(f"a run did not come to its end: model {model[-1:]}, QEMU {qemu[-1:]}")
    return len(cases)
