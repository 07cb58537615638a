# SPDX-License-Identifier: Apache-2.0
"""The values of a saved GTKWave view's signals in a wave, one for each cycle.

    groups = read(folder, first, last)      # [(group, [Lane])]; raises OSError, WaveError

fst2vcd (of GTKWave) reads the FST; the names of enumerations come with it.
"""
import dataclasses
import pathlib
import re
import subprocess

UNITS_PER_CYCLE = 10


class WaveError(Exception):
    pass


@dataclasses.dataclass
class Lane:
    path: str
    width: int
    names: dict   # digits -> word, of an enumeration or by the view's translation
    values: list  # binary digits at the end of each cycle; None: not yet known


def wanted(view):
    """-> [(group, [(signal, translation or None)])] of a .gtkw"""
    groups, flags, words = [("", [])], 0, None
    for line in view.read_text().splitlines():
        if line.startswith("@"):
            flags = int(line[1:], 16)
        elif line.startswith("-"):
            groups.append((line[1:] if flags & 0x800000 else "", []))
        elif line.startswith("^"):
            words = line.split(" ", 1)
        elif line and line[0] not in "[*#":
            groups[-1][1].append((line, words))
            words = None
    return [(name, signals) for name, signals in groups if signals]


def translated(words, values):
    """By a translation file, or by a process that answers each line with one -> {digits: word}"""
    known = sorted({v for v in values if v is not None and set(v) <= {"0", "1"}})
    if words[0].startswith("^>"):
        asked = "".join(f"{int(v, 2):X}\n" for v in known)
        done = subprocess.run([words[1]], input=asked, capture_output=True, text=True, check=True)
        return dict(zip(known, done.stdout.splitlines()))
    rows = (line.split(" ", 1) for line in pathlib.Path(words[1]).read_text().splitlines())
    names = {int(row[0], 16): row[1] for row in rows if row[0] != "#"}
    return {v: names[int(v, 2)] for v in known if int(v, 2) in names}


def declared(lines):
    """Up to the end of the definitions -> {path: (id, width, names)}"""
    scope, found, enums, names = [], {}, {}, {}
    for line in lines:
        word = line.split()
        if not word:
            continue
        if word[0] == "$enddefinitions":
            break
        if word[0] == "$scope":
            scope.append(word[2])
        elif word[0] == "$upscope":
            scope.pop()
        elif word[:3] == ["$attrbegin", "misc", "07"]:
            if word[3] != '""':
                n = int(word[4])
                enums[word[-2]] = dict(zip(word[5 + n:5 + 2 * n], word[5:5 + n]))
            names = enums.get(word[-2], {})
        elif word[0] == "$var":
            bits = word[5] if word[5] != "$end" else ""
            found[".".join(scope + [word[4] + bits])] = (word[3], int(word[2]), names)
            names = {}
    return found


def sampled(lines, ids, first, last):
    """-> {id: values at the end of the cycles first to last}"""
    now, values, cycle = {}, {i: [] for i in ids}, first

    def close(up_to):
        nonlocal cycle
        while cycle <= last and cycle < up_to:
            for i in ids:
                values[i].append(now.get(i))
            cycle += 1
    for line in lines:
        if line.startswith("#"):
            close(int(line[1:]) // UNITS_PER_CYCLE)
        elif line[:1] in "01xz":
            if line[1:].strip() in values:
                now[line[1:].strip()] = line[0]
        elif line[:1] == "b":
            digits, _, i = line[1:].strip().partition(" ")
            if i in values:
                now[i] = digits
    close(last + 1)
    return values


def read(folder, first, last):
    done = subprocess.run(["fst2vcd", "-e", "-f", str(folder / "wave.fst")], capture_output=True, text=True,
                          errors="replace")
    if done.returncode != 0 or "$enddefinitions" not in done.stdout:
        raise WaveError(f"{folder / 'wave.fst'}: fst2vcd cannot read it: {done.stderr.strip()[:200]}")
    lines = iter(done.stdout.splitlines())
    signals = declared(lines)
    groups = [(name, [s for s in shown if s[0] in signals]) for name, shown in wanted(folder / "wave.gtkw")]
    values = sampled(lines, {signals[s][0] for _, shown in groups for s, _ in shown}, first, last)

    def lane(path, words):
        i, width, names = signals[path]
        at = [v.rjust(width, "0") if v is not None and v[0] != "x" else v for v in values[i]]
        return Lane(path, width, translated(words, at) if words else names, at)
    return [(name, [lane(*s) for s in shown]) for name, shown in groups if shown]


def short(path):
    """The signal as its module names it."""
    head, _, bits = path.partition("[")
    parts = head.split(".")
    cut = max((i for i, p in enumerate(parts) if re.match(r"(u_\w+|TOP|\w+_top)$", p)), default=-1)
    return ".".join(parts[cut + 1:]) + ("[" + bits if bits else "")
