# SPDX-License-Identifier: Apache-2.0
"""Verilator's counters: its files read, added up, and what they say of each source file.

A point is a block of lines, an arm of a branch, or a bit of a signal that toggles; instances of a module are one.
"""
import re
from collections import defaultdict

HEAD = "# SystemC::Coverage-3"
POINT = re.compile(r"^C '(.*)' (\d+)$", re.S)


class Bad(Exception):
    pass


def fields(text):
    return dict(part.split("\x02", 1) for part in text.split("\x01") if "\x02" in part)


def read(path, into):
    """Adds the points of a file: {(file, kind, line, column, name, lines): count}"""
    with open(path, encoding="utf-8", errors="replace") as f:
        if f.readline().rstrip() != HEAD:
            raise Bad(f"{path}: is no file of Verilator's counters")
        for row in f:
            point = POINT.match(row.rstrip("\n"))
            if point is None:
                raise Bad(f"{path}: {row.strip()[:60]!r} is no point")
            f_ = fields(point[1])
            kind = f_["page"].partition("/")[0].removeprefix("v_")
            into[f_["f"], kind, int(f_["l"]), int(f_["n"]), f_["o"], f_.get("S", "")] += int(point[2])


def write(path, points):
    """The same points again in Verilator's format, for its own tools and for read()."""
    with open(path, "w") as f:
        f.write(HEAD + "\n")
        for (file, kind, line, column, name, lines), count in sorted(points.items()):
            more = f"\x01S\x02{lines}" if lines else ""
            f.write(f"C '\x01f\x02{file}\x01l\x02{line}\x01n\x02{column}\x01page\x02v_{kind}/all\x01o\x02{name}{more}' {count}\n")


def spread(text, line):
    """'12-14,17' -> the lines"""
    for part in text.split(",") if text else [str(line)]:
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


class File:
    """What the points say of one source file."""

    def __init__(self):
        self.lines = {}                      # line: count
        self.arms = defaultdict(dict)        # line: {(column, arm): count}
        self.toggles = defaultdict(dict)     # line: {bit: count}

    def add(self, kind, line, column, name, lines, count):
        if kind == "toggle":
            self.toggles[line][name] = self.toggles[line].get(name, 0) + count
            return
        for n in spread(lines, line) if kind == "line" or lines else ():
            self.lines[n] = max(self.lines.get(n, 0), count)
        if kind == "branch":
            self.arms[line][column, name] = count


def by_file(points, root):
    """-> {path under root: File}, of those that lie there"""
    files = defaultdict(File)
    for (file, kind, line, column, name, lines), count in points.items():
        if file.startswith(root + "/"):
            files[file[len(root) + 1:]].add(kind, line, column, name, lines, count)
    return dict(sorted(files.items()))


def score(values):
    values = list(values)
    return sum(v != 0 for v in values), len(values)


def scores(f):
    """-> (reached, all) of lines, arms, toggles"""
    return (score(f.lines.values()), score(c for arms in f.arms.values() for c in arms.values()),
            score(c for bits in f.toggles.values() for c in bits.values()))
