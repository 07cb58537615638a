# SPDX-License-Identifier: Apache-2.0
"""A walk as a drawing: the address cut into its indices, each entry with its bits, what the rights
add up to on the way down, and where it is cut."""
import re

from drawing import arrow, box, canvas, text

WIDTH, LEFT, BOX, ROW, GAP = 660, 10, 430, 58, 22
RIGHTS = LEFT + BOX + 24


def is_stage_two(entry):
    return re.match(r"level-\d", entry.name) is not None


def rights_of(entries):
    """For each entry what has been ANDed (XD: ORed) down to it: [(name, holds)], [] where it has none."""
    rw = us = r = w = True
    xd, found = False, []
    for e in entries:
        flags = set(e.flags)
        if is_stage_two(e):
            r, w = r and "R" in flags, w and "W" in flags
            found.append([("R", r), ("W", w)])
        elif re.match(r"P(ML\dE|DPTE|DE|TE)$", e.name):
            rw, us, xd = rw and "R/W" in flags, us and "U/S" in flags, xd or "XD" in flags
            found.append([("R/W", rw), ("U/S", us), ("X", not xd)])
        else:
            found.append([])
    return found


def draw_address(d, story, y):
    """The address, and the index that each level takes of it."""
    m = re.search(r" of (0x[0-9a-f]+)", story.why)
    if m is None:
        return
    text(d, f"address {m[1]}", LEFT, y + 14, "name")
    indexed = [e for e in story.entries if e.index is not None]
    leaf = re.search(r"2\^(\d+) bytes", indexed[-1].leads) if indexed else None
    parts = [(e.name, e.index) for e in indexed]
    if leaf:
        parts.append(("offset", hex(int(m[1], 16) & ((1 << int(leaf[1])) - 1))))
    if not parts:
        return
    width = (WIDTH - 2 * LEFT) / len(parts)
    for i, (name, index) in enumerate(parts):
        box(d, LEFT + i * width, y + 22, width - 4, 34, "part")
        text(d, name, LEFT + i * width + (width - 4) / 2, y + 36, "small", "middle")
        text(d, index, LEFT + i * width + (width - 4) / 2, y + 50, "code", "middle")


def draw_entry(d, e, y, kind, read):
    box(d, LEFT, y, BOX, ROW, kind)
    index = f" [{e.index}]" if e.index is not None else ""
    text(d, f"{e.name}{index}", LEFT + 10, y + 17, "name")
    text(d, f"at 0x{e.addr:x}", LEFT + BOX - 10, y + 17, "small code", "end")
    text(d, e.value, LEFT + 10, y + 34, "code")
    text(d, " ".join(e.flags) or "no bit with a name is set", LEFT + 10, y + 50, "flags" if e.flags else "small")
    if read:
        text(d, read, LEFT + BOX - 10, y + 34, "small", "end")


def draw_rights(d, rights, y):
    for i, (name, holds) in enumerate(rights):
        box(d, RIGHTS + i * 62, y + 14, 56, 26, "holds" if holds else "gone")
        text(d, f"{name} {int(holds)}", RIGHTS + i * 62 + 28, y + 31, "small", "middle")


def read_words(entry, reads):
    if reads is None:
        return ""
    at = [r.cycle for r in reads if r.number("addr") == entry.addr]
    return f"RTL read it in cycle {at[0]}" if at else "not read by the RTL"


def picture(story, reads):
    """reads: of log.reads; None: not known. -> SVG, or "" where the report has no walk."""
    if not story.entries:
        return ""
    odd = [r for r in reads or [] if r.number("addr") not in {e.addr for e in story.entries}]
    top = 78 if any(e.index is not None for e in story.entries) else 30
    height = top + len(story.entries) * (ROW + GAP) + 44 + 20 * len(odd)
    d = canvas(WIDTH, height, "the walk")
    draw_address(d, story, 0)
    if any(rights_of(story.entries)):
        text(d, "rights so far", RIGHTS, top - 2 if top == 30 else top - 8, "small")
    y, cut = top, next((c for c in story.checks if c.denies), None)
    for i, (e, rights) in enumerate(zip(story.entries, rights_of(story.entries))):
        ends = i == len(story.entries) - 1 and cut is not None
        draw_entry(d, e, y, "entry cut" if ends else "entry", read_words(e, reads))
        draw_rights(d, rights, y)
        arrow(d, LEFT + 30, y + ROW, y + ROW + GAP - 2, "line cut" if ends else "line")
        if e.leads and not ends:
            text(d, e.leads, LEFT + 44, y + ROW + 15, "small code")
        y += ROW + GAP
    if cut:
        text(d, f"✕ {cut.name}: {story.gives}", LEFT + 8, y + 16, "name bad")
    else:
        text(d, story.gives, LEFT + 8, y + 16, "name")
    for i, r in enumerate(odd):
        text(d, f"the RTL read 0x{r.number('addr'):x} in cycle {r.cycle}, which is no entry of this walk",
             LEFT + 8, y + 38 + 20 * i, "small bad")
    return d.tostring()
