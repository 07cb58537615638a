# SPDX-License-Identifier: Apache-2.0
"""What a bundle's report.txt says (docs/lockstep.md "Why, in words"), in parts.

    story = read(path)          # raises OSError

A line that is of no part is kept among `rest`: nothing of a report is lost.
"""
import dataclasses
import re

ENTRY = re.compile(r"^  (\S+(?: entry)?) +(?:\[ *(\d+)\] )?at 0x([0-9a-f]+)  (0x[0-9a-f_]+|nobody answers) *(.*)$")
CHECK = re.compile(r"^  (passes|DENIES) +(.*) \(([^()]*)\): (.*)$")
INSTRUCTION = re.compile(r"^  cycle (\d+) +ring (\d)  (0x[0-9a-f]+)  (?:<([^>]*)>  )?(.*)$")
SIDE = re.compile(r"^(The RTL|The model)\b.* says ")


@dataclasses.dataclass
class Entry:
    name: str
    index: str  # or None
    addr: int
    value: str
    flags: list
    leads: str  # "table 0x...", "page 0x... of 2^12 bytes", or why it ends here

    @property
    def word(self):
        """Its first 64 bits."""
        return int(self.value.split("_")[-1], 16) if self.value.startswith("0x") else 0


@dataclasses.dataclass
class Check:
    denies: bool
    name: str
    section: str
    words: str


@dataclasses.dataclass
class Side:
    words: str
    right_if: list


@dataclasses.dataclass
class Instruction:
    cycle: int
    ring: str
    rip: str
    symbol: str  # or None
    text: str


@dataclasses.dataclass
class Story:
    text: str
    head: list = dataclasses.field(default_factory=list)
    why: str = ""
    entries: list = dataclasses.field(default_factory=list)
    checks_of: str = ""
    checks: list = dataclasses.field(default_factory=list)
    gives: str = ""
    sides: list = dataclasses.field(default_factory=list)
    instructions: list = dataclasses.field(default_factory=list)
    rest: list = dataclasses.field(default_factory=list)
    cycle: int = None


def entry_of(line):
    m = ENTRY.match(line)
    if m is None:
        return None
    name, index, addr, value, tail = m.groups()
    flags, _, leads = tail.partition("-> ")
    if not leads and tail.endswith(")"):
        flags, _, leads = tail.rpartition("(")
        leads = leads.rstrip(")")
    if value == "nobody answers":
        leads = value
    return Entry(name, index, int(addr, 16), value, flags.split(), leads.strip())


def take(story, line):
    """One line behind the head."""
    entry, check, instruction = entry_of(line), CHECK.match(line), INSTRUCTION.match(line)
    if line.startswith("why: "):
        story.why = line[5:]
    elif entry:
        story.entries.append(entry)
    elif line.startswith("checks, in order"):
        story.checks_of = line.partition("(")[2].rstrip("):")
    elif check:
        story.checks.append(Check(check[1] == "DENIES", check[2], check[3], check[4]))
    elif line.startswith("so the tables give "):
        story.gives = line[len("so the tables give "):].rstrip(".")
    elif SIDE.match(line):
        story.sides.append(Side(line, []))
    elif line.startswith("    ") and story.sides:
        story.sides[-1].right_if.append(line.strip())
    elif instruction:
        story.instructions.append(Instruction(int(instruction[1]), *instruction.groups()[1:]))
    elif line and not line.startswith(("the last instructions", "to reproduce:", "to see it:")):
        story.rest.append(line)


def read(path):
    story = Story(path.read_text(errors="replace"))
    behind = False
    for line in story.text.splitlines():
        m = re.search(r"\bcycle[ =](\d+)", line)
        if m and story.cycle is None:
            story.cycle = int(m[1])
        behind = behind or line.startswith(("why: ", "what differs of", "the last instructions"))
        if behind or line.startswith(("to reproduce:", "to see it:")):
            take(story, line)
        elif line:
            story.head.append(line)
    return story
