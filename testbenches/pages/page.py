# SPDX-License-Identifier: Apache-2.0
"""A page of docs/ whose commands are run: its parts, and whether what was printed is what it shows.

A fenced block ```console holds commands and what they print, on both outputs:
    $ ./rw run build/programs/demo.elf
    ringwalk demo: long mode
    ...
    seconds: ...
A line `...` stands for any lines, none too, `...` within a line for any text. A line
`[exit status 4]` ends what a command prints that does not end with 0.
A fenced block ```diff whose first line is `@@ FILE @@` is an edit of FILE: the lines that are kept or
left out stand there once, in a row.
A fenced block ```c is a piece of a program that the page names, `...` as above.
"""
import re

FENCE = re.compile(r"^```(\w*)$")
STATUS = re.compile(r"^\[exit status (\d+)\]$")


class Part:
    """kind: text, console, diff, c, or another language; lines: of the block without its fences;
    commands: of a console block, (command, shown lines, status); line: where it begins."""

    def __init__(self, kind, lines, line):
        self.kind, self.lines, self.line = kind, lines, line
        self.commands = commands_of(lines) if kind == "console" else []


def commands_of(lines):
    commands = []
    for line in lines:
        status = STATUS.match(line)
        if line.startswith("$ "):
            commands.append([line[2:], [], 0])
        elif not commands:
            raise ValueError(f"a console block begins with a command, not with '{line}'")
        elif status:
            commands[-1][2] = int(status.group(1))
        else:
            commands[-1][1].append(line)
    return [tuple(c) for c in commands]


def parts_of(text):
    parts, kind, lines, begin = [], "text", [], 1
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and (kind == "text" or not fence.group(1)):
            if lines or kind != "text":
                parts.append(Part(kind, lines, begin))
            kind = fence.group(1) or "plain" if kind == "text" else "text"
            lines, begin = [], number + 1
        else:
            lines.append(line)
    if kind != "text":
        raise ValueError(f"line {begin - 1}: this block has no end")
    return parts + [Part("text", lines, begin)]


def line_fits(shown, said):
    pattern = ".*?".join(re.escape(piece) for piece in shown.split("..."))
    return re.fullmatch(pattern, said) is not None


def found(segment, said, at):
    """The first place from `at` where the segment's lines stand."""
    for start in range(at, len(said) - len(segment) + 1):
        if all(line_fits(s, said[start + i]) for i, s in enumerate(segment)):
            return start
    return None


def fits(shown, said):
    """-> empty, or what the page shows and the command does not say"""
    segments = [[]]
    for line in shown:
        if line == "...":
            segments.append([])
        else:
            segments[-1].append(line)
    at = 0
    for number, segment in enumerate(segments):
        first, last = number == 0, number == len(segments) - 1
        if last and not first:
            at = max(at, len(said) - len(segment))
        start = found(segment, said, at)
        if start is None or (first and start != 0) or (last and start + len(segment) != len(said)):
            return "\n".join(segment) or "nothing more"
        at = start + len(segment)
    return ""


def edit(text, lines):
    """-> the text with a diff block's edit made"""
    old = [line[1:] for line in lines if line[:1] in (" ", "-", "")]
    new = [line[1:] for line in lines if line[:1] in (" ", "+", "")]
    have = text.split("\n")
    places = [i for i in range(len(have)) if have[i:i + len(old)] == old]
    if len(places) != 1 or old == new:
        raise ValueError(f"'{(old or [''])[0].strip()}' and what follows stand there {len(places)} times")
    return "\n".join(have[:places[0]] + new + have[places[0] + len(old):])


def edited_file(part):
    """The file of a diff block that is an edit; None of another."""
    head = re.fullmatch(r"@@ (\S+) @@", part.lines[0]) if part.kind == "diff" and part.lines else None
    return head and head.group(1)
