# SPDX-License-Identifier: Apache-2.0
"""A line of the guest: a case (what was set up, the same on both machines) and an outcome."""

HEX = {"a", "l", "t", "k", "u", "r", "d", "I", "e", "c", "x", "h", "b", "j", "f", "w", "S", "E", "H", "Q", "J", "K", "W"}
ORDER = ("m", "F", "S", "E", "V", "G", "H", "Q", "J", "K", "W")


def value(name, text):
    if name == "G":
        return "" if text == "-" else text
    if name in HEX:
        return int(text, 16)
    if "." in text and name in ("R", "C", "T", "F", "d"):
        return tuple(int(part, 16) for part in text.split("."))
    if name == "m":
        return None if text == "-" else int(text, 16)
    if name in ("P", "A", "V"):
        parts = [] if text == "-" else text.split(",")
        return [int(p, 16) for p in parts] if name == "P" else parts
    return int(text, 16)


def fields(words):
    out = {}
    for word in words:
        name, text = word.split("=", 1)
        out[name] = tuple(int(p, 16) for p in text.split(".")) if name == "d" and "." in text else value(name, text)
    return out


class Case:
    def __init__(self, line):
        head, tail = line.split(" |", 1)
        number, self.kind, *words = head.split()
        self.number = int(number)
        self.head = head
        self.has = fields(words)
        self.outcome = fields(tail.split())

    def __getattr__(self, name):
        return self.has.get(name)


def read(text):
    """Lines that are no case (checks of memory, the beginning and the end) stay strings."""
    out = []
    for line in text.replace("\r", "").splitlines():
        if line == "end":
            return out + [line]
        first = line.split(" ", 1)[0]
        out.append(Case(line) if first.isdigit() and " |" in line and line.count("V=") else line)
    return out


def show(outcome):
    """An outcome as the guest printed it, in one order."""
    words = []
    for name in ORDER:
        if name not in outcome:
            continue
        v = outcome[name]
        if v is None:
            text = "-"
        elif name == "G":
            text = v or "-"
        elif name == "V":
            text = ",".join(v) or "-"
        elif name == "F":
            text = "none" if v == (0, 0) else f"reason {v[1] >> 32 & 0xFF:x}h, FI {v[0]:x}, high {v[1]:x}"
        else:
            text = f"{v:x}"
        words.append(f"{name}={text}")
    return " ".join(words)
