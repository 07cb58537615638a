# SPDX-License-Identifier: Apache-2.0
"""Signals over cycles as a drawing: one lane each, grouped as in the saved view. The names are a
picture of their own, so that they stay where the lanes are scrolled."""
from drawing import canvas, text
from fst import short

NAMES, CYCLE, LANE, HIGH, TOP = 180, 36, 24, 14, 22
FONT = 6.6  # width of a letter of class code


def word_of(lane, digits):
    if digits is None or not set(digits) <= {"0", "1"}:
        return "?"
    return lane.names.get(digits) or f"{int(digits, 2):x}"


def runs(values):
    """[(from, length, value)]"""
    found = []
    for i, v in enumerate(values):
        if found and found[-1][2] == v:
            found[-1][1] += 1
        else:
            found.append([i, 1, v])
    return found


def draw_bit(d, lane, y):
    path, level = "", None
    for at, length, v in runs(lane.values):
        x = at * CYCLE
        high = v == "1"
        to = y + (LANE - HIGH) / 2 + (0 if high else HIGH)
        path += f"M{x} {to}" if level is None else f"L{x} {level}L{x} {to}"
        path += f"H{x + length * CYCLE}"
        level = to
    d.add(d.path(path, class_="bit"))


def draw_word(d, lane, y):
    top = y + (LANE - HIGH) / 2
    for at, length, v in runs(lane.values):
        x, width = at * CYCLE, length * CYCLE
        d.add(d.rect((x + 1, top), (width - 2, HIGH), rx=3, class_="word"))
        words = word_of(lane, v)
        room = int((width - 6) / FONT)
        if len(words) > room:
            words = words[:max(room - 1, 0)] + "…" if room > 1 else ""
        if words:
            text(d, words, x + width / 2, top + 11, "code tiny", "middle")


def quiet(lane):
    return len(set(lane.values)) <= 1


def heights(shown):
    """-> where each group and lane stands, and the height of all: [(y, group or lane)], height"""
    y, rows = TOP, []
    for group, lanes in shown:
        for row in [group] + lanes if lanes else []:
            rows.append((y, row))
            y += LANE
    return rows, y


def names_of(rows, height):
    d = canvas(NAMES, height, "names of the signals")
    for y, row in rows:
        if isinstance(row, str):
            text(d, row, 4, y + 16, "name")
        else:
            text(d, short(row.path), NAMES - 8, y + 16, "code small", "end")
    return d


def lanes_of(rows, height, first, cycles, marked):
    d = canvas(cycles * CYCLE + 10, height, "values of the signals")
    if first <= marked < first + cycles:
        d.add(d.rect(((marked - first) * CYCLE, 0), (CYCLE, height), class_="marked"))
    for i in range(cycles):
        if (first + i - marked) % 4 == 0:
            kind = "tiny bad" if first + i == marked else "tiny"
            text(d, str(first + i), i * CYCLE + CYCLE / 2, 13, kind, "middle")
    for y, row in rows:
        if not isinstance(row, str):
            (draw_bit if row.width == 1 else draw_word)(d, row, y)
    return d


def picture(groups, first, marked):
    """Lanes that never change are left out.
    -> SVG of the names, SVG of the lanes (both "" when none changes), what was left out: [(name, value)]"""
    shown = [(g, [l for l in lanes if not quiet(l)]) for g, lanes in groups]
    still = [(short(l.path), word_of(l, l.values[0])) for _, lanes in groups for l in lanes
             if quiet(l) and l.values]
    rows, height = heights(shown)
    cycles = max((len(l.values) for _, lanes in shown for l in lanes), default=0)
    if cycles == 0:
        return "", "", still
    return names_of(rows, height).tostring(), lanes_of(rows, height, first, cycles, marked).tostring(), still
