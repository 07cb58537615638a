# SPDX-License-Identifier: Apache-2.0
"""Points that Verilator has but never counts: its optimisations drop the counter, and behind a `return` it is never reached."""
import mmap
import pathlib
import re

import counts

INSERT = re.compile(rb'vlCoverInsert\(&\(vlSymsp->__Vcoverage\[(\d+)\]\), first, "([^"]+)", (\d+), (\d+), '
                    rb'"[^"]*", "v_(\w+)/')
COUNT = re.compile(rb"__Vcoverage\[(\d+)\]\.fetch_add|\+\+\(vlSymsp->__Vcoverage\[(\d+)\]\)")
RETURN = re.compile(r"\breturn\b")


def whole(path):
    with open(path, "rb") as f:
        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def without_counter(build):
    """-> {(file, kind, line, column)} that no statement of any Verilated module counts"""
    lost, kept = set(), set()
    for folder in sorted((build / "verilated").iterdir()):
        points, counted = {}, set()
        for path in sorted(folder.glob("*.cpp")):
            text = whole(path)
            points.update((m[1], (m[2].decode(), m[5].decode(), int(m[3]), int(m[4]))) for m in INSERT.finditer(text))
            counted.update(m[1] or m[2] for m in COUNT.finditer(text))
        for number, point in points.items():
            (kept if number in counted else lost).add(point)
    return lost - kept


def of(points, build):
    """The points that say nothing when they are 0: those, and blocks that end in `return`."""
    lost, texts = without_counter(build), {}
    found = set()
    for point, count in points.items():
        file, kind, line, column, _, lines = point
        if count or kind == "toggle":
            continue
        if file not in texts:
            path = pathlib.Path(file)
            texts[file] = path.read_text().splitlines() if path.is_file() else []
        covered = [texts[file][n - 1] for n in counts.spread(lines, line) if n <= len(texts[file])]
        if (file, kind, line, column) in lost or any(RETURN.search(text) for text in covered):
            found.add(point)
    return found
