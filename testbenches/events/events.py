#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events in combination, from tables: guest images of many cases each, in lockstep.

events.py [--table NAME]... [--only TEXT] [--one-in N] [--part K/N] [--jobs N] [--keep DIR] [--letters] [--keep-going]
    [--coverage FILE] [--on EMULATOR] RINGWALK

A table (NAME.py beside this file) is data and a function cases() that walks its product, with
OPTIONS for ringwalk if it wants any; frame.S is what the cases of an image share. An image ends
when all its cases have run, or where both sides shut down: then it runs again from the next case.
With testbenches/steps' program in RINGWALK's place the cases run on QEMU (or --on bochs) and on the model (docs/steps.md).
Anything but agreement is a failure and its image is kept in DIR, of the lockstep with its report as JSON and, one a line, the words
between `ringwalk` and the image (.options). --only takes the cases with TEXT
in their name, --one-in every Nth of them, --part the Kth of N parts of what is left; --letters prints what came in each (frame.S), ! for a shutdown; --keep-going
goes on behind a case that fails (? among the letters). Prints "NAME: N cases in
M images, K failed" for each table and in all, K images or, with --keep-going, cases; exit status 1 unless K is 0,
2 for bad input.
"""
import argparse
import concurrent.futures
import importlib
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
TABLES = ("delivery", "pending", "counts", "alignment", "masks", "returns", "locks", "odd",
          "segments", "callgates", "breakpoints", "ends", "canonical", "bases",
          "arith", "sequels", "handlers", "pdptes", "away")
PER_IMAGE = 150
# Of the lockstep, and of steps.
EARLY_ENDS = ("agreed (the guest shut down", "agreed, both shut down", "agreed up to a known",
              "agreed until", "agreed, both wait")
SECONDS = {"ringwalk": 120, "steps": 600}
GCC = ["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none,-n,--no-warn-rwx-segments",
       "-z", "noexecstack", "-I", str(HERE), "-T", str(HERE / "link.ld")]


def refuse(text):
    print("events: " + text, file=sys.stderr)
    sys.exit(2)


class Image:
    """Cases of one mode, assembled; `first` is where a run begins."""

    def __init__(self, name, mode, cases, options, work):
        self.name, self.cases = name, cases
        self.options = options
        self.source, self.elf = work / (name + ".S"), work / (name + ".elf")
        self.report = work / (name + ".json")
        text = [f"#define MODE {32 if mode == 32 else 64}", f"#define LA57 {int(mode == 57)}",
                f"#define CASES {len(cases)}", '#include "frame.S"']
        for n, case in enumerate(cases):
            text += [f"# {case.name}", f"CASE {n}", case.text, "DONE"]
        text += ['.section .tables, "aw"'] + [f".long case{n}" for n in range(len(cases))]
        self.source.write_text("\n".join(text) + "\n")

    @property
    def words(self):
        """Between `ringwalk` and the image."""
        return ["run", "--memory", "16M", "--max-cycles", "2000000", *self.options]

    def compile(self, elf64):
        for command in (GCC + [str(self.source), "-o", str(elf64)],
                        ["objcopy", "-O", "elf32-i386", str(elf64), str(self.elf)]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"{self.name}: {done.stderr.strip()[:1500]}")

    def assemble(self):
        elf64 = self.elf.with_suffix(".elf64")
        self.compile(elf64)
        listed = subprocess.run(["nm", str(elf64)], capture_output=True, text=True).stdout
        self.symbols = {name: int(at, 16) for at, name in re.findall(r"^(\w+) \w (\w+)$", listed, re.M)}
        self.case_n = self.file_offset(self.symbols["case_n"])

    def file_offset(self, va):
        data = self.elf.read_bytes()
        headers, = struct.unpack_from("<I", data, 28)
        count, = struct.unpack_from("<H", data, 44)
        for i in range(count):
            kind, at, start, _, length = struct.unpack_from("<5I", data, headers + 32 * i)
            if kind == 1 and start <= va < start + length:
                return at + va - start
        raise RuntimeError(f"{self.name}: case_n is in no segment")

    def keep(self, folder):
        for path in (self.source, self.elf, self.report):
            if path.exists():
                shutil.copy(path, folder)
        (folder / (self.name + ".options")).write_text("".join(w + "\n" for w in self.words))

    def begin_at(self, first):
        data = bytearray(self.elf.read_bytes())
        data[self.case_n:self.case_n + 4] = first.to_bytes(4, "little")
        self.elf.write_bytes(data)


def run_from(ringwalk, emulator, image, first, coverage=None):
    """-> (what came in each case begun: a letter, ! for shutdown; what was said when it failed)"""
    image.begin_at(first)
    image.report.unlink(missing_ok=True)
    command = [ringwalk, *image.words, "--no-bundle", "--json", str(image.report), str(image.elf)]
    if coverage:
        command += ["--coverage", coverage]
    seconds = SECONDS.get(pathlib.Path(ringwalk).name, SECONDS["ringwalk"])
    if pathlib.Path(ringwalk).name == "steps":
        command = [ringwalk, str(image.elf), "--instructions", "2000000", "--console", "--verdict",
                   "--on", emulator]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=seconds)
    except subprocess.TimeoutExpired:
        return "", f"{image.name}: no end within {seconds} s"
    said = done.stdout + done.stderr
    letters, _, verdict = said.partition("verdict: ")
    letters = letters.strip()
    reached = first + len(letters)
    if verdict.startswith("agreed") and done.returncode == 0 and reached == len(image.cases):
        return letters, ""
    if verdict.startswith(EARLY_ENDS) and reached < len(image.cases):
        return letters + "!", ""
    name = image.cases[reached].name if reached < len(image.cases) else "the frame"
    return letters, f"{image.name}, case {reached}: {name}\nverdict: {verdict[:900].strip()}"


def run_image(args, image):
    """-> what came in each case; what went wrong, a text for each"""
    try:
        image.assemble()
    except RuntimeError as e:
        return "", [str(e)]
    came, wrong = "", []
    while len(came) < len(image.cases):
        letters, said = run_from(args.ringwalk, args.on, image, len(came), args.coverage)
        came += letters
        if not said:
            continue
        wrong.append(said)
        if args.keep:
            image.keep(args.keep)
        if not args.keep_going or "no end within" in said:
            break
        came += "?"
    return came, wrong


def images_of(name, cases, options, work):
    made = []
    for mode in (64, 57, 32):
        rows = [c for c in cases if c.mode == mode]
        for i in range(0, len(rows), PER_IMAGE):
            made.append(Image(f"{name}-{mode}-{i // PER_IMAGE}", mode, rows[i:i + PER_IMAGE],
                              options, work))
    return made


def part(text):
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        refuse(f"--part takes K/N, K from 1 to N, not '{text}'")
    return int(match[1]), int(match[2])


def main():
    parser = argparse.ArgumentParser(prog="events.py")
    parser.add_argument("ringwalk")
    parser.add_argument("--on", choices=("qemu", "bochs"), default="qemu")
    parser.add_argument("--table", action="append", choices=TABLES, metavar="NAME")
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose name has it")
    parser.add_argument("--one-in", metavar="N", type=int, default=1)
    parser.add_argument("--part", metavar="K/N", type=part, default=(1, 1))
    parser.add_argument("--jobs", metavar="N", type=int, default=2, help="images at a time")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--keep-going", action="store_true", help="past a case that fails")
    parser.add_argument("--coverage", metavar="FILE", help="of the lockstep: what was reached is added to it")
    parser.add_argument("--letters", action="store_true", help="what came in each case")
    parser.error = refuse
    args = parser.parse_args()
    if args.one_in < 1 or args.jobs < 1:
        refuse("--one-in and --jobs take a number from 1 on")
    for tool in (args.ringwalk, "gcc", "objcopy", "nm"):
        if shutil.which(tool) is None:
            refuse(f"{tool}: cannot be executed")
    if args.keep:
        try:
            args.keep.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            refuse(f"{args.keep}: cannot be made: {e.strerror}")
    all_cases = all_images = all_failed = 0
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name in args.table or TABLES:
            table = importlib.import_module(name)
            cases = [c for c in table.cases() if args.only in c.name][::args.one_in][args.part[0] - 1::args.part[1]]
            if not cases and args.part == (1, 1):
                refuse(f"{name}: no case with '{args.only}' in its name")
            images = images_of(name, cases, getattr(table, "OPTIONS", []), pathlib.Path(work))
            failed = 0
            for image, (came, wrong) in zip(images, pool.map(lambda i: run_image(args, i), images)):
                if args.letters:
                    for case, letter in zip(image.cases, came):
                        print(f"{letter} {image.name} {case.name}")
                failed += len(wrong)
                for said in wrong:
                    print(said, flush=True)
            print(f"{name}: {len(cases)} cases in {len(images)} images, {failed} failed", flush=True)
            all_cases += len(cases)
            all_images += len(images)
            all_failed += failed
    print(f"{all_cases} cases in {all_images} images, {all_failed} failed")
    return 1 if all_failed else 0


if __name__ == "__main__":
    sys.exit(main())
