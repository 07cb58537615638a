# SPDX-License-Identifier: Apache-2.0
"""Cells are run: images of many (testbenches/events), in lockstep, traced; what came of each is read from the trace."""
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import typing

import cells
from events import HERE as EVENTS, Image, run_from

PER_IMAGE = 150
CASES_AT = "0x100000-0x3fffff"  # link.ld: cases lie there, the frame below
DONE = "b02e"  # mov $END, %al
FLAGS = {"IF": (9, 1), "IOPL": (12, 3), "ZF": (6, 1), "CF": (0, 1), "AC": (18, 1)}
FAULTS = {0: "#DE", 1: "#DB", 3: "#BP", 4: "#OF", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP", 12: "#SS",
          13: "#GP", 14: "#PF", 17: "#AC"}
MODES = {"64-bit": 3, "compat": 2, "32-bit": 1}  # docs/record.md


class Came(typing.NamedTuple):
    outcome: str   # "executes", or the fault
    fields: dict   # flags and registers behind it
    ucode: tuple   # labels up to the delivery
    goes_to: str   # an interrupt vector, another ring; empty: the next instruction


class Mismatch(Exception):
    """RTL and model differ, or the image did not run to its end."""


class Cached(Image):
    """An image whose assembly is kept under the build directory by what it was made from."""

    def __init__(self, name, mode, cases, work, cache):
        super().__init__(name, mode, cases, [], work)
        self.cache = cache
        self.trace = work / (name + ".trace")
        self.options = ["--trace", f"{self.trace},{CASES_AT}"]

    def compile(self, elf64):
        made_from = self.source.read_bytes() + (EVENTS / "frame.S").read_bytes() + (EVENTS / "link.ld").read_bytes()
        kept = self.cache / hashlib.sha256(made_from).hexdigest()[:24]
        pairs = ((kept.with_suffix(".elf64"), elf64), (kept.with_suffix(".elf"), self.elf))
        if all(k.exists() for k, _ in pairs):
            for k, own in pairs:
                shutil.copy(k, own)
            return
        super().compile(elf64)
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            for k, own in pairs:
                half = k.with_suffix(f".{os.getpid()}")
                shutil.copy(own, half)
                half.replace(k)
        except OSError:  # it is only slower without
            pass


def images_of(chosen, work, cache):
    """-> (image, its cells)"""
    for mode in (64, 32):
        of_mode = [c for c in chosen if c.code.mode == mode]
        for i in range(0, len(of_mode), PER_IMAGE):
            part = of_mode[i:i + PER_IMAGE]
            texts = [cells.case_of(c, f"trap_{n}") for n, c in enumerate(part)]
            yield Cached(f"trap-{mode}-{i // PER_IMAGE}", mode, texts, work, cache), part


# --- what the trace says --------------------------------------------------------------------------
def line_of(text):
    fields = dict(w.split("=", 1) for w in text.split() if "=" in w)
    fields["ucode"] = tuple(fields["ucode"].split(",")) if fields["ucode"] else ()
    return fields


def number(line, name):
    return int(line.get(name, "0"), 16)


def outcome_of(line):
    if number(line, "kind") != 1:
        return "executes"
    vector = number(line, "vector")
    fault = FAULTS.get(vector, f"vector {vector}")
    if not number(line, "flags") & 1:
        return fault
    error = number(line, "error_code")
    return f"{fault}({error:#x})" if error else f"{fault}(0)"


def goes_to(line, cell):
    if number(line, "kind") == 3:
        return f"interrupt {number(line, 'vector')}"
    if number(line, "kind") == 0 and number(line, "cpl") != cell.ring:
        return f"ring {number(line, 'cpl')}"
    return ""


def path_of(line):
    """Up to the delivery of what came: the last, where a software interrupt ends in a fault."""
    labels = line["ucode"]
    ends = [i for i, label in enumerate(labels) if label == "deliver"]
    return labels[:ends[-1] + 1] if ends else labels


def read(lines, at, cell):
    """The instruction's line is lines[at]."""
    before, line, last = lines[at - 1], lines[at], at
    where = (number(before, "cpl"), number(before, "mode"))
    if where != (cell.ring, MODES[cell.code.name]):
        raise Mismatch(f"{cell.name}: began at ring {where[0]}, mode {where[1]}")
    outcome = outcome_of(line)
    flags = number(line, "rflags")
    fields = {name: flags >> low & mask for name, (low, mask) in FLAGS.items()}
    if outcome == "executes" and number(line, "kind") == 0:
        while last + 1 < len(lines) and not lines[last + 1].get("bytes", "").startswith(DONE) and \
                number(lines[last + 1], "kind") == 0:
            last += 1
        fields.update((name, number(lines[last], "r" + name)) for name in cell.insn.shows)
    return Came(outcome, fields, path_of(line), goes_to(line, cell))


def read_image(image, part):
    lines = [line_of(text) for text in image.trace.read_text().splitlines()]
    at = {}
    for i, line in enumerate(lines):
        at.setdefault(number(line, "rip"), i)
    came = {}
    for n, cell in enumerate(part):
        i = at.get(image.symbols[f"trap_{n}"])
        if i is None:
            raise Mismatch(f"{cell.name}: the instruction was not reached")
        came[cell] = read(lines, i, cell)
    return came


def run_image(ringwalk, image, part):
    image.assemble()
    letters, said = run_from(ringwalk, None, image, 0)
    if said or "!" in letters:
        raise Mismatch(said or f"{image.name}: shut down in {part[len(letters) - 1].name}")
    return read_image(image, part)


def run(ringwalk, chosen, work, cache):
    """-> {cell: Came}"""
    came = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        made = list(images_of(chosen, work, cache))
        for result in pool.map(lambda i: run_image(ringwalk, *i), made):
            came.update(result)
    return came


def build_of(ringwalk):
    return pathlib.Path(ringwalk).resolve().parent

