#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Broken on purpose: builds each broken RTL or model and runs the shortest stimulus that shows it.

A mutant is NAME.patch in this folder: header lines "what: TEXT" and "run: COMMAND", then a unified
diff against the project's root. Two more header lines say what must catch it: "property: FILE.NAME"
a property of the RTL (NAME in FILE.sv; it or another of the same cycle is the first difference),
"sees: STREAM [FIELD]" the stream and field of the first difference, "names: TEXT" what the other
side's word on it must have, "why: TEXT" what the report's explanation must say (docs/lockstep.md
"Why, in words"). "rule: X1" names the rule of docs/ that it breaks. COMMAND is one of
    mmu|iommu|bus ARGS         the block bench
    mmu|iommu --rtl FOLDER ARGS  that bench around the design in FOLDER of the tree
    run PROGRAM ARGS           a guest program in lockstep; --mmu-rtl|--iommu-rtl FOLDER: around the design in FOLDER of the tree
    random MODE [OPTIONS]      random guest programs in lockstep (randgen's options)
    images [PROGRAM...]        guest images with bytes changed, in lockstep (images.py)
    events --table TABLE ARGS  the cases of a table of events, in lockstep (testbenches/events)
    opcodes ARGS               the model's decoder against Zydis (testbenches/oracle)
    vtd ARGS                  the model's IOMMU against QEMU's (testbenches/vtd)
    trap INSN                  its cells of the trap matrix (testbenches/trap)
    paths PROGRAM              the model's fast way against its recorded one (testbenches/paths)
    unit FILTER                unit tests (a broken scoreboard shows there)
`seeds FROM-TO` at its end repeats it, seed by seed, until one shows the fault (random and images
want it).
A mutant is caught when the command ends in a mismatch or a hang (unit: a failing test) and the same
command agrees on the tree as it is. One that only the guest's own check notices is missed. Prints a
line a mutant; the last line is "N caught, M missed"; exit status 1 unless M is 0, 2 for bad input.
--check builds nothing: does every patch apply, has every property of rtl/ a mutant of its own, does
every mutant exist that docs/*.md name in a table's column "mutant", every rule that a mutant names?
--elaborate neither, in minutes: does every broken RTL still elaborate (elaborate.py)?
"""
import argparse
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import elaborate

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COPIED = ["rtl", "model", "cosim", "testbenches", "cmake", "waves", "CMakeLists.txt"]
TARGETS = {"mmu": "block_mmu", "iommu": "block_iommu", "bus": "block_bus", "run": "ringwalk",
           "random": "ringwalk", "images": "ringwalk", "events": "ringwalk", "paths": "paths",
           "opcodes": "opcodes", "vtd": "ringwalk", "trap": "ringwalk", "unit": "unit_tests"}
ALONE_SEEDS = 4
OWN_OPTIONS = ("--rtl", "--mmu-rtl", "--iommu-rtl")  # a design of testbenches/foreign: nothing else is built
SCRIPTS = ("random", "images", "events")  # kinds that are scripts over many programs
HEADERS = ("what", "run", "rule", "property", "sees", "names", "why")
PROPERTY = re.compile(r"^\s*([A-Z]\w*)\s*:\s*assert\b", re.M)
FIRST = re.compile(r"first difference: stream ([^,]+), field ([^,]+), cycle (\d+)\n  rtl +(.*)")


def refuse(text):
    print("mutants: " + text, file=sys.stderr)
    sys.exit(2)


class Said(str):
    """What the RTL had at the first difference, and what the other side had."""
    other = ""


class Mutant:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.what = self.run = self.rule = self.property = self.sees = self.names = self.why = ""
        text = path.read_text()
        for line in text.splitlines():
            key, _, value = line.partition(": ")
            if key in HEADERS:
                setattr(self, key, value)
            elif line.startswith("--- "):
                break
        words = self.run.split()
        if not self.what or len(words) < 2 or words[0] not in TARGETS:
            refuse(f"{path.name}: wants the lines 'what: ...' and 'run: {'|'.join(TARGETS)} ...'")
        self.kind = words[0]
        self.own = any(w in OWN_OPTIONS for w in words)
        if self.kind in ("random", "images") and seeds_of(words)[1] == [None]:
            refuse(f"{path.name}: '{self.kind}' wants 'seeds FROM-TO' at the end of its run line")
        self.files = re.findall(r"^\+\+\+ b/(\S+)", text, re.M)

    def judged_alone(self):
        """By the legality oracle and nothing else, on the first seeds (docs/legality.md)."""
        words, _ = seeds_of(self.run.split())
        every = " ".join([""] + words[words.index("--every"):]) if "--every" in words else ""
        self.run = f"{self.kind} --legality=only{every} seeds 1-{1 if every else ALONE_SEEDS}"
        self.property = self.sees = self.names = self.why = ""

    def order(self):
        """Kind by kind, and in it file by file: each build begins where the one before ended. What
        leaves the RTL alone comes first, so that it is verilated once less."""
        return (list(TARGETS).index(self.kind), self.breaks_rtl(), self.files, self.name)

    def breaks_rtl(self):
        return any(f.startswith("rtl/") for f in self.files)


    def demands(self, by, field, rtl):
        """What the first difference should have been and was not; empty when it was."""
        if self.property and not (by == "assert" and self.property in properties_of(field, rtl)):
            return f"not by property {self.property}, but by {by} {field} {rtl}"
        if self.names and self.names not in getattr(rtl, "other", ""):
            return f"not as '{self.names}', but as '{getattr(rtl, 'other', '')}'"
        if self.sees and self.sees.split() not in ([by], [by, field]):
            return f"not by {self.sees}, but by {by} {field}"
        return ""


def properties_of(where, label):
    """The first, "FILE.sv:LINE" and "PATH.NAME", and those of its cycle, ", FILE.NAME" -> FILE.NAMEs"""
    first, *others = label.split(", ")
    return [where.partition(".")[0] + "." + first.rpartition(".")[2]] + others


def copy_tree(root, work):
    """Only what differs is written, so that only that is built again."""
    for name in COPIED:
        source, target = root / name, work / name
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            keep = set()
            for f in source.rglob("*"):
                if f.is_file() and "__pycache__" not in f.parts:
                    to = target / f.relative_to(source)
                    keep.add(to)
                    if not to.exists() or to.read_bytes() != f.read_bytes():
                        to.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy(f, to)
            for f in list(target.rglob("*")):
                if f.is_file() and f not in keep:
                    f.unlink()
        elif not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)


def apply(mutant, work, dry=False):
    """-> what patch said, empty when it applies"""
    command = ["patch", "-p1", "-s", "-t", "--no-backup-if-mismatch", "--fuzz=0", "-r", "-", "-d", work,
               "-i", mutant.path] + (["--dry-run"] if dry else [])
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or "patch failed"


def build(work, target, optimise="-O0"):
    out = work / "build"
    if not (out / "build.ninja").exists():
        command = ["cmake", "-S", work, "-B", out, "-G", "Ninja", "-DCMAKE_C_COMPILER=clang",
                   "-DCMAKE_CXX_COMPILER=clang++", "-DRW_VERILATED_OPT=" + optimise,
                   "-DRW_VERILATOR_ARGS=-Wno-fatal"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            refuse("cmake failed in " + str(out) + ": " + done.stderr.strip()[-300:])
    done = subprocess.run(["ninja", "-C", out, target], capture_output=True, text=True)
    said = done.stdout + done.stderr
    errors = [line for line in said.splitlines() if "rror: " in line or "%Error" in line]
    return done.returncode == 0, errors[0] if errors else said.strip()[-300:]


def seeds_of(words):
    """-> (words without it, [seeds]); `seeds 3-7` at the end"""
    if len(words) > 2 and words[-2] == "seeds":
        low, _, high = words[-1].partition("-")
        return words[:-2], list(range(int(low), int(high or low) + 1))
    return words, [None]


def command_of(mutant, words, seed, binaries, programs):
    tool = str(binaries / TARGETS[mutant.kind])
    seeded = [] if seed is None else ["--seed", str(seed)]
    if mutant.kind == "unit":
        return [tool, "--gtest_filter=" + words[1]]
    if mutant.kind == "opcodes":
        return [tool] + words[1:]
    if mutant.kind == "vtd":
        return [sys.executable, "-B", str(ROOT / "testbenches/vtd/vtd.py"), tool, "qemu-system-x86_64",
                str(programs / "vtd.elf")] + words[1:]
    if mutant.kind == "trap":
        return [tool] + words
    if mutant.kind == "paths":
        return [tool, str(programs / (words[1] + ".elf"))]
    if mutant.own:
        tree = ROOT if binaries == programs.parent else binaries.parent
        words = [str(tree / w) if i and words[i - 1] in OWN_OPTIONS else w for i, w in enumerate(words)]
        words = words if mutant.kind != "run" else ["run", str(programs / (words[1] + ".elf")), *words[2:]]
        return [str(programs.parent / "ringwalk"), words[0], "--no-bundle", "--quiet", "--json", "-", "--rtl-build",
                str(binaries / "own")] + words[1:] + seeded
    if mutant.kind == "run":
        return [tool, "run", str(programs / (words[1] + ".elf")), "--no-bundle", "--quiet",
                "--json", "-"] + words[2:] + seeded
    if mutant.kind == "random":
        return ["sh", str(ROOT / "testbenches/random/run.sh"), str(seed), str(seed)] + words[1:] + \
            ["--no-reduce"]
    if mutant.kind == "events":
        return [sys.executable, str(ROOT / "testbenches/events/events.py")] + words[1:] + \
            ["--keep", str(binaries / "events"), tool]
    if mutant.kind == "images":
        named = [w for w in words[1:] if not w.startswith("-")] or ["system64"]
        return [sys.executable, str(ROOT / "testbenches/random/images.py"), "--seeds", str(seed),
                str(seed), "--keep", str(binaries / "images"), tool] + \
            [str(programs / (name + ".elf")) for name in named]
    return [tool, "--no-bundle", "--json", "-"] + words[1:] + seeded


def end_of_unit(done):
    failed = re.search(r"\[  FAILED  \] (\S+)", done.stdout)
    ran = re.search(r"\[==========\] (\d+) tests? from \d+ test suites? ran", done.stdout)
    if ran is None or ran.group(1) == "0":
        return "else", "", "", None, f"no test ran, ended with {done.returncode}"
    if done.returncode == 0:
        return "agreed", "", "", None, "every test passed"
    return "caught", "unit", failed.group(1) if failed else "", None, ""


def end_of_opcodes(done):
    first = re.search(r"^(\d\d-bit .*)\n  (.*)$", done.stdout, re.M)
    if done.returncode == 1 and first:
        return "caught", "opcodes", first.group(2), None, first.group(1)
    if done.returncode == 0:
        return "agreed", "", "", None, "Zydis agrees"
    return "else", "", "", None, (done.stdout + done.stderr).strip()[-200:]


def end_of_vtd(done):
    first = re.search(r"^seed \d+ .*: model differs in (.*)$", done.stdout, re.M)
    if done.returncode == 1 and first:
        return "caught", "vtd", first.group(1), None, ""
    if done.returncode == 0:
        return "agreed", "", "", None, "QEMU agrees"
    return "else", "", "", None, (done.stdout + done.stderr).strip()[-200:]


def end_of_trap(done):
    """A cell that is not what the checks predict; RTL and model that differ are named as of any program."""
    first = re.search(r"^ringwalk trap: ([^:\n]+): (.*), but (.*)$", done.stderr, re.M)
    if done.returncode == 1 and first:
        said = Said(first.group(2))
        said.other = first.group(3)
        return "caught", "trap", first.group(1), None, said
    differ = FIRST.search(done.stderr)
    if differ:
        return "caught", differ.group(1), differ.group(2), int(differ.group(3)), differ.group(4)
    if done.returncode == 0:
        return "agreed", "", "", None, "every cell is what the checks predict"
    return "else", "", "", None, (done.stdout + done.stderr).strip()[-200:]


def end_of_paths(done):
    first = re.search(r"^  (\S[^:]*): (fast .*)$", done.stdout, re.M)
    if done.returncode == 1:
        return "caught", "paths", first.group(1) if first else "", None, ""
    if done.returncode == 0:
        return "agreed", "", "", None, "both ways agree"
    return "else", "", "", None, (done.stdout + done.stderr).strip()[-200:]


def end_of_script(done):
    """scripts say it in words"""
    first = FIRST.search(done.stdout)
    if first:
        return "caught", first.group(1), first.group(2), int(first.group(3)), first.group(4)
    if "verdict: hang" in done.stdout:
        return "caught", "hang", "no retirement", None, ""
    if done.returncode == 0:
        return "agreed", "", "", None, "every program agreed"
    return "else", "", "", None, (done.stdout + done.stderr).strip()[-200:]


def end_of_report(done, why):
    """why: what the report's explanation must have in it."""
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return "else", "", "", None, f"ended with {done.returncode}: {done.stderr.strip()[-200:]}"
    if report["verdict"] == "hang":
        return "caught", "hang", "no retirement", report.get("cycles"), ""
    first = report.get("first") or {}
    if why and first and why not in first.get("why", ""):
        return "else", "", "", None, f"not explained by '{why}', but: {first.get('why', 'nothing')}"
    if done.returncode == 1 and report["verdict"] == "mismatch":
        said = Said(first["rtl"])
        said.other = first["model"]
        return "caught", first["stream"], first["field"], first["cycle"], said
    good = done.returncode == 0 and report["verdict"] == "agreed"
    return "agreed" if good else "else", "", "", None, "verdict " + report["verdict"] + \
        (f", status {done.returncode}" if done.returncode else "")


def run_once(mutant, words, seed, binaries, programs, timeout, environment=os.environ):
    env = dict(environment, BUILD=str(programs.parent), WORK=str(binaries / "random"),
               RINGWALK=str(binaries / TARGETS[mutant.kind]))
    try:
        done = subprocess.run(command_of(mutant, words, seed, binaries, programs), env=env,
                              capture_output=True, text=True, errors="replace", timeout=timeout)
    except subprocess.TimeoutExpired:
        return "else", "", "", None, f"no end within {timeout:.0f} s"
    except OSError as e:
        return "else", "", "", None, str(e)
    if mutant.kind == "unit":
        return end_of_unit(done)
    if mutant.kind == "paths":
        return end_of_paths(done)
    if mutant.kind == "trap":
        return end_of_trap(done)
    if mutant.kind == "opcodes":
        return end_of_opcodes(done)
    if mutant.kind == "vtd":
        return end_of_vtd(done)
    return end_of_script(done) if mutant.kind in SCRIPTS else end_of_report(done, mutant.why)


def stimulus(mutant, binaries, programs, timeout):
    """-> (end, caught_by, field, cycle, note); end is agreed, caught or else. note: of a caught one
    what the RTL had there, else why it was not."""
    words, seeds = seeds_of(mutant.run.split())
    for seed in seeds:
        end = run_once(mutant, words, seed, binaries, programs, timeout)
        if end[0] != "agreed":
            return end
    return end


class Runner:
    def __init__(self, build_dir, timeout):
        self.build_dir = build_dir
        self.programs = build_dir / "programs"
        self.work = build_dir / "mutants"
        self.timeout = timeout
        self.whole_tree = self.work / "whole"
        self.whole = {}

    def take_tree(self):
        """The project as it is now: every mutant of this run starts from it."""
        self.whole_tree.mkdir(parents=True, exist_ok=True)
        copy_tree(ROOT, self.whole_tree)

    def unbroken(self, mutant):
        """The stimulus on the tree as it is: what it said unless both sides agreed (a guest may shut
        down in agreement)."""
        if mutant.run not in self.whole:
            end, _, _, _, note = stimulus(mutant, self.build_dir, self.programs, self.timeout)
            agreed = end == "agreed" or note.startswith("verdict agreed")
            self.whole[mutant.run] = "" if agreed else note or end
        return self.whole[mutant.run]

    def try_one(self, mutant):
        """-> (caught, caught_by, field, cycle, note)"""
        missed = (False, None, None, None)
        note = self.unbroken(mutant)
        if note:
            return (*missed, "the unbroken tree does not agree: " + note)
        copy_tree(self.whole_tree, self.work)
        note = apply(mutant, self.work)
        if note:
            return (*missed, "the patch does not apply: " + note)
        good, log = (True, "") if mutant.own else build(self.work, TARGETS[mutant.kind])
        if not good:
            return (*missed, "does not build: " + log)
        end, by, field, cycle, note = stimulus(mutant, self.work / "build", self.programs,
                                               self.timeout)
        if end == "caught":
            note = mutant.demands(by, field, note)
            return (True, by, field, cycle, "") if not note else (*missed, note)
        return (*missed, note)

    def show(self, mutant):
        """What a user sees of this fault: the command's own output, with a bundle; its status."""
        words, seeds = seeds_of(mutant.run.split())
        if mutant.kind not in ("mmu", "iommu", "bus", "run"):
            refuse(f"{mutant.name} has no report of its own to show ({mutant.kind})")
        copy_tree(self.whole_tree, self.work)
        note = apply(mutant, self.work)
        if note:
            refuse(f"{mutant.name}: the patch does not apply: {note}")
        good, log = (True, "") if mutant.own else build(self.work, TARGETS[mutant.kind])
        if not good:
            refuse(f"{mutant.name} does not build: {log}")
        command = command_of(mutant, words, seeds[0], self.work / "build", self.programs)
        for word in ("--no-bundle", "--json", "-"):
            command.remove(word)
        here = pathlib.Path.cwd()  # the tree, or a folder that looks like it; there the bundle goes
        return subprocess.run(command, cwd=here if (here / "rw").is_file() else ROOT).returncode


def properties():
    """FILE.NAME of every named property in rtl/"""
    return [f"{p.stem}.{name}" for p in sorted((ROOT / "rtl").rglob("*.sv"))
            for name in PROPERTY.findall(p.read_text())]


def named_in_docs():
    """(file, mutant) of every table's column headed "mutant" in docs/"""
    for path in sorted((ROOT / "docs").glob("*.md")):
        column = None
        for line in path.read_text().splitlines():
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if not line.startswith("|"):
                column = None
            elif "mutant" in cells:
                column = cells.index("mutant")
            elif column is not None and column < len(cells):
                for name in re.findall(r"`(\w+)`", cells[column]):
                    yield path.name, name


def rules():
    """The numbered rules of docs/: **V4**"""
    return {rule for path in (ROOT / "docs").glob("*.md")
            for rule in re.findall(r"\*\*([A-Z]\d+)\*\*", path.read_text())}


def check(mutants):
    """Does every patch apply to the tree as it is, and is there one where one is wanted?"""
    bad = [f"{m.name}: {note}" for m in mutants for note in [apply(m, ROOT, dry=True)] if note]
    print(*bad, f"{len(mutants) - len(bad)} patches apply, {len(bad)} do not", sep="\n")
    names, broken, there = {m.name for m in mutants}, {m.property for m in mutants}, properties()
    lacks = [f"{p}: no mutant breaks this property" for p in there if p not in broken]
    lacks += [f"{m.name}: no property {m.property} in rtl/" for m in mutants
              if m.property and m.property not in there]
    lacks += [f"{m.name}: no rule {m.rule} in docs/" for m in mutants
              if m.rule and m.rule not in rules()]
    lacks += [f"docs/{f}: no mutant '{name}'" for f, name in named_in_docs() if name not in names]
    print(*lacks, f"{len(there)} properties, {len(lacks)} without a mutant, or named and not there",
          sep="\n")
    return 1 if bad or lacks else 0


def elaborate_all(mutants, build_dir):
    """Of rtl/*.sv alone; the second --check, in minutes."""
    broken = [m for m in mutants if elaborate.changed(m)]
    ucode = build_dir / "ucode"
    if not ucode.is_dir():
        refuse(f"{ucode}: is not there; ./rw build makes it")
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        for m in broken:
            note = elaborate.first_error(ROOT, m, apply, pathlib.Path(work) / "tree", ucode)
            if note:
                print(f"{m.name}: {note}", flush=True)
                bad += 1
    print(f"{len(broken) - bad} of {len(broken)} elaborate")
    return 1 if bad else 0


def choose(names):
    mutants = [Mutant(p) for p in sorted(HERE.glob("*.patch"))]
    known = {m.name for m in mutants}
    for name in names:
        if name not in known:
            refuse(f"no mutant '{name}'; they are the .patch files of {HERE}")
    return sorted((m for m in mutants if not names or m.name in names), key=Mutant.order)


def main():
    parser = argparse.ArgumentParser(prog="./rw mutants", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these (all)")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    parser.add_argument("--check", action="store_true",
                        help="builds nothing: does every patch apply, is none lacking?")
    parser.add_argument("--elaborate", action="store_true",
                        help="builds nothing: does every broken RTL (or those NAMEd) elaborate?")
    parser.add_argument("--oracle-alone", action="store_true",
                        help="only broken RTL of the MMU's and IOMMU's benches, judged by the legality oracle alone")
    parser.add_argument("--show", action="store_true",
                        help="one NAME, or FILE.patch: its run's report and bundle, as for a fault of your own")
    parser.add_argument("--json", metavar="FILE", help="one JSON object; - is standard output")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for a stimulus (120)")
    parser.error = refuse
    args = parser.parse_args()
    if shutil.which("patch") is None:
        refuse("the tool 'patch' is missing: apt-get install patch")
    if args.check:
        return check(choose([]))
    one = pathlib.Path(args.names[0]) if len(args.names) == 1 else None
    if args.show and one and one.suffix == ".patch" and one.is_file():
        mutants = [Mutant(one.resolve())]  # of another folder
    else:
        mutants = choose(args.names)
    build_dir = pathlib.Path(args.build or ROOT / "build").resolve()
    if args.elaborate:
        return elaborate_all(mutants, build_dir)
    if args.oracle_alone:
        mutants = [m for m in mutants if m.kind in ("mmu", "iommu") and m.breaks_rtl() and not m.property]
        for m in mutants:
            m.judged_alone()
    json_file = None
    if args.json and args.json != "-":
        try:
            json_file = open(args.json, "w")
        except OSError as e:
            refuse(f"{args.json}: cannot be written: {e.strerror}")
    runner = Runner(build_dir, args.timeout)
    try:
        runner.work.mkdir(parents=True, exist_ok=True)
        lock = open(runner.work / "lock", "w")
    except OSError as e:
        refuse(f"{runner.work}: cannot be written: {e.strerror}")
    fcntl.flock(lock, fcntl.LOCK_EX)  # one build tree: runs take turns
    runner.take_tree()
    if args.show:
        if len(args.names) != 1:
            refuse("--show takes one NAME")
        return runner.show(mutants[0])
    out = sys.stderr if args.json == "-" else sys.stdout
    started, rows = time.monotonic(), []
    for m in mutants:
        caught, by, field, cycle, note = runner.try_one(m)
        rows.append({"name": m.name, "what": m.what, "caught_by": by, "field": field,
                     "cycle": cycle})
        where = f"{by} {field}" + (f", cycle {cycle}" if cycle is not None else "")
        print(f"{'caught' if caught else 'MISSED'} {m.name}: {m.what}: "
              f"{where if caught else note}", file=out, flush=True)
        if sys.stderr.isatty() and len(mutants) > 1:
            print(f"[{len(rows)}/{len(mutants)}, {time.monotonic() - started:.0f} s]\r", end="",
                  file=sys.stderr, flush=True)
    caught = sum(r["caught_by"] is not None for r in rows)
    missed = len(rows) - caught
    text = json.dumps({"caught": caught, "missed": missed, "mutants": rows}, indent=2) + "\n"
    if args.json == "-":
        sys.stdout.write(text)
    elif json_file:
        json_file.write(text)
        json_file.close()
    print(f"{caught} caught, {missed} missed", file=out)
    return 0 if rows and missed == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        os._exit(130)
