#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A failing random program made short: the fewest slots, and instructions in them, that fail alike.

reduce.py --randgen PATH --out NAME [--seconds N] [--run WORDS] -- RANDGEN-OPTIONS

WORDS is a command that takes the image as its last argument (ringwalk run ...). Alike is: the first
difference has the same stream and field, or without one the same verdict. Delta debugging over what
randgen --drop leaves out: first the slots, then the instructions of those that stay (as objdump
separates them). What is left lies in NAME.elf, for `ringwalk run`, with NAME.S (its source), NAME.drop
(what was left out) and NAME.txt (the commands, the first difference, a listing). The last line is
"reduced to N slots, M instructions: NAME.elf"; exit status 1 when the program does not fail.
"""
import argparse
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
GCC = ["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,-n,--no-warn-rwx-segments", "-z", "noexecstack",
       "-I", str(HERE), "-T", str(HERE / "link.ld")]
CYCLES = 4000000
FIRST = re.compile(r"first difference: stream ([^,]+), field ([^,]+), cycle (\d+)")
SLOT = re.compile(r"^# slot (\d+), (\d+) bits: ([0-9a-f]+)$", re.M)
MACHINE = {"16": ["-m", "i8086"], "32": ["-m", "i386"], "64": ["-m", "i386:x86-64"]}


def refuse(text):
    print("reduce: " + text, file=sys.stderr)
    sys.exit(2)


class Program:
    """What is dropped is a set of (slot,) and (slot, offset, bytes)."""

    def __init__(self, args, work):
        self.args, self.work, self.tests = args, work, 0
        self.source, self.elf = work / "p.S", work / "p.elf"
        self.said = ""

    def build(self, dropped):
        (self.work / "p.drop").write_text("".join(" ".join(map(str, d)) + "\n" for d in sorted(dropped)))
        for command in ([self.args.randgen, "--drop", str(self.work / "p.drop"), "-o", str(self.source)] + self.args.options,
                        GCC + [str(self.source), "-o", str(self.work / "p.elf64")],
                        ["objcopy", "-O", "elf32-i386", str(self.work / "p.elf64"), str(self.elf)]):
            try:
                done = subprocess.run(command, capture_output=True, text=True)
            except OSError as e:
                refuse(f"{command[0]}: {e.strerror}")
            if done.returncode:
                refuse(f"{command[0]}: {done.stderr.strip()[:300]}")

    def failure(self, dropped, limit):
        """-> how it fails, nothing when it does not; and the cycle"""
        self.tests += 1
        self.build(dropped)
        command = self.args.run + ["--max-cycles", str(limit or CYCLES), str(self.elf)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
        except subprocess.TimeoutExpired:
            return ("no end",), 0
        except OSError as e:
            refuse(f"{command[0]}: {e.strerror}")
        self.said = done.stdout + done.stderr
        first = FIRST.search(self.said)
        if first:
            return (first.group(1), first.group(2)), int(first.group(3))
        if done.returncode in (0, 3, 4) and "verdict: hang" not in self.said:
            return None, 0
        verdict = re.search(r"^verdict: (\w+)", self.said, re.M)
        return (verdict.group(1) if verdict else f"status {done.returncode}",), 0

    def slots(self):
        """-> [(slot, bits, bytes)] of those that stay, as last built"""
        return [(int(n), bits, bytes.fromhex(code)) for n, bits, code in SLOT.findall(self.source.read_text())]

    def instructions(self, bits, code):
        """-> [(offset, bytes, text)] up to the jump to the next slot"""
        raw = self.work / "slot.bin"
        raw.write_bytes(code)
        listed = subprocess.run(["objdump", "-D", "-b", "binary", "-w"] + MACHINE[bits] + [str(raw)],
                                capture_output=True, text=True, check=True).stdout
        rows = re.findall(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t?(.*)$", listed, re.M)
        return [(int(at, 16), len(b.split()), text.strip()) for at, b, text in rows]


def unfilled(rows):
    """The instructions before what only leads to the next slot."""
    kept = list(rows)
    while kept and re.match(r"nop|int3|\(bad\)|(data16 |cs )*nop|xchg +%ax,%ax", kept[-1][2]):
        kept.pop()
    return [r for r in kept if not r[2].startswith("nop")]


def minimise(items, fails, deadline):
    """Delta debugging: the fewest of the items that must stay; fails(kept) -> bool. Chunks are
    left out from the end on, because what comes behind the failure never matters."""
    kept, size = list(items), max(1, len(items) // 2)
    while kept:
        at, shrunk = len(kept), False
        while at > 0 and time.monotonic() < deadline:
            begin = max(0, at - size)
            candidate = kept[:begin] + kept[at:]
            if fails(candidate):
                kept, shrunk = candidate, True
            at = begin
        if time.monotonic() >= deadline or (size == 1 and not shrunk):
            break
        size = max(1, size // 2)
    return kept


def listing(program):
    text, count = "", 0
    for n, bits, code in program.slots():
        text += f"slot {n}, {bits} bits\n"
        for at, length, what in unfilled(program.instructions(bits, code)):
            text += f"  +{at:02x}  {code[at:at + length].hex():<24} {what}\n"
            count += not what.startswith("jmp")
    return text, count


def main():
    parser = argparse.ArgumentParser(prog="reduce.py")
    parser.add_argument("--randgen", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--run", required=True, type=shlex.split)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("options", nargs="+")
    parser.error = refuse
    args = parser.parse_args()
    deadline = time.monotonic() + args.seconds
    with tempfile.TemporaryDirectory() as work:
        program = Program(args, pathlib.Path(work))
        how, cycle = program.failure(set(), 0)
        if how is None:
            print("reduce: the program does not fail")
            return 1
        limit = cycle + 100000 if cycle else 0
        every = [n for n, _, _ in program.slots()]

        def fails(slots):
            return program.failure({(n,) for n in every if n not in set(slots)}, limit)[0] == how

        kept = minimise(every, fails, deadline)
        gone = {(n,) for n in every if n not in set(kept)}
        program.build(gone)
        parts = [(n, at, length) for n, bits, code in program.slots()
                 for at, length, what in unfilled(program.instructions(bits, code))]

        def still(left):
            return program.failure(gone | (set(parts) - set(left)), limit)[0] == how

        cut = set(parts) - set(minimise(parts, still, deadline))

        def without(slots):
            out = {(n,) for n in every if n not in set(slots)}
            return program.failure(out | {c for c in cut if (c[0],) not in out}, limit)[0] == how

        kept = minimise(kept, without, deadline)  # those that hold nothing any more
        gone = {(n,) for n in every if n not in set(kept)}
        cut = {c for c in cut if c[0] in set(kept)}
        how_now, _ = program.failure(gone | cut, limit)
        assert how_now == how
        text, count = listing(program)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        for name in ("p.S", "p.elf", "p.drop"):
            target = args.out.with_name(args.out.name + name[1:])
            target.write_bytes((program.work / name).read_bytes())
        elf = args.out.with_name(args.out.name + ".elf")
        drop = args.out.with_name(args.out.name + ".drop")
        args.out.with_name(args.out.name + ".txt").write_text(
            f"run:    {shlex.join(args.run)} {elf}\n"
            f"source: {shlex.join([args.randgen, '--drop', str(drop), '-o', 'prog.S'] + args.options)}\n"
            f"\n{program.said}\n{text}")
        print(f"{program.tests} programs tried, of {len(every)} slots\n{text}"
              f"reduced to {len(kept)} slots, {count} instructions: {elf}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
