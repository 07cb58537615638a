#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Broken on purpose: builds each broken RTL or model and runs the shortest stimulus that shows it.

A mutant is NAME.patch in this folder: header lines "what: TEXT" and "run: COMMAND", then a unified
diff against the project's root. COMMAND is one of
    mmu ARGS | iommu ARGS      the block bench
    run PROGRAM ARGS           a guest program in lockstep
    unit FILTER                unit tests (a broken scoreboard shows there)
A mutant is caught when the command ends in a mismatch (exit status 1; unit: a failing test).
Prints a line a mutant; the last line is "N caught, M missed"; exit status 1 unless M is 0.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COPIED = ["rtl", "model", "cosim", "testbenches", "cmake", "waves", "CMakeLists.txt"]
TARGETS = {"mmu": "block_mmu", "iommu": "block_iommu", "run": "ringwalk", "unit": "unit_tests"}


class Mutant:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.what = self.run = ""
        for text in path.read_text().splitlines():
            if text.startswith("what: "):
                self.what = text[6:]
            elif text.startswith("run: "):
                self.run = text[5:]
            elif text.startswith("--- "):
                break
        if not self.what or not self.run or self.run.split()[0] not in TARGETS:
            sys.exit(f"mutants: {path.name}: wants the lines 'what: ...' and 'run: ...'")
        self.files = re.findall(r"^\+\+\+ b/(\S+)", path.read_text(), re.M)


def copy_tree(work):
    """The project as it is, with times kept so that only what a patch changed is built again."""
    for name in COPIED:
        source, target = ROOT / name, work / name
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            keep = set()
            for f in source.rglob("*"):
                if f.is_file():
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


def build(work, target):
    out = work / "build"
    if not (out / "build.ninja").exists():
        subprocess.run(["cmake", "-S", work, "-B", out, "-G", "Ninja", "-DCMAKE_C_COMPILER=clang",
                        "-DCMAKE_CXX_COMPILER=clang++"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(["ninja", "-C", out, target], capture_output=True, text=True)
    return done.returncode == 0, done.stdout[-3000:] + done.stderr[-500:]


def stimulus(work, programs, mutant, timeout):
    """-> (caught, caught_by, field, cycle, note)"""
    words = mutant.run.split()
    out = work / "build"
    if words[0] == "unit":
        command = [str(out / "unit_tests"), "--gtest_filter=" + words[1]]
    elif words[0] == "run":
        program = str(programs / (words[1] + ".elf"))
        command = [str(out / "ringwalk"), "run", program, "--no-bundle", "--quiet", "--json", "-"]
        command += words[2:]
    else:
        command = [str(out / TARGETS[words[0]]), "--no-bundle", "--json", "-"] + words[1:]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return False, "", "", None, "timed out"
    if words[0] == "unit":
        failed = re.search(r"\[  FAILED  \] (\S+)", done.stdout)
        return done.returncode == 1 and failed is not None, "unit", \
            failed.group(1) if failed else "", None, ""
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return False, "", "", None, f"ended with {done.returncode}: {done.stderr.strip()[-200:]}"
    if report["verdict"] == "hang":
        return True, "hang", "no retirement", report.get("cycles"), ""
    first = report.get("first") or {}
    return done.returncode == 1, first.get("stream", ""), first.get("field", ""), \
        first.get("cycle"), "" if done.returncode == 1 else "verdict " + report["verdict"]


def main():
    parser = argparse.ArgumentParser(prog="./rw mutants", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these (all)")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="FILE", help="one JSON object; - is standard output")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one stimulus")
    args = parser.parse_args()
    build_dir = pathlib.Path(args.build)
    mutants = [Mutant(p) for p in sorted(HERE.glob("*.patch"))]
    known = {m.name for m in mutants}
    for name in args.names:
        if name not in known:
            sys.exit(f"mutants: no mutant '{name}'; they are the .patch files of {HERE}")
    if args.names:
        mutants = [m for m in mutants if m.name in args.names]
    # One kind after the other: each keeps its own build warm.
    mutants.sort(key=lambda m: (m.run.split()[0], m.name))
    work = build_dir / "mutants"
    work.mkdir(parents=True, exist_ok=True)
    out = sys.stderr if args.json == "-" else sys.stdout
    rows = []
    for m in mutants:
        copy_tree(work)
        patched = subprocess.run(["patch", "-p1", "-s", "--no-backup-if-mismatch", "-d", work, "-i",
                                  m.path], capture_output=True, text=True)
        if patched.returncode != 0:
            caught, by, field, cycle, note = False, "", "", None, "the patch does not apply"
        else:
            ok, log = build(work, TARGETS[m.run.split()[0]])
            if ok:
                caught, by, field, cycle, note = stimulus(work, build_dir / "programs", m,
                                                          args.timeout)
            else:
                caught, by, field, cycle, note = False, "", "", None, "does not build\n" + log
        rows.append({"name": m.name, "what": m.what, "caught_by": by if caught else None,
                     "field": field if caught else None, "cycle": cycle if caught else None})
        where = f"{by} {field}" + (f" cycle {cycle}" if cycle is not None else "")
        print(f"{'caught' if caught else 'MISSED'} {m.name}: {m.what}: "
              f"{where if caught else note}", file=out, flush=True)
    caught = sum(r["caught_by"] is not None for r in rows)
    if args.json:
        text = json.dumps({"caught": caught, "missed": len(rows) - caught, "mutants": rows}, indent=2)
        if args.json == "-":
            print(text)
        else:
            pathlib.Path(args.json).write_text(text + "\n")
    print(f"{caught} caught, {len(rows) - caught} missed", file=out)
    return 0 if caught == len(rows) and rows else 1


if __name__ == "__main__":
    sys.exit(main())
