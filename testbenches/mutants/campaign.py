#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation campaign: operators applied by machine to RTL (operators.py), all in one build, each run by itself.

campaign.py [--sample N] [--seed S] [--list] [--only FILE:LINE]... BUILD PATH...

PATH is a file or folder of rtl/. A mutant is run on the stimuli of its folder (STIMULI), shortest first, until a
verdict that is not *agreed*. Prints each survivor with its line, a score for each file, and last "N caught, M
survived". A row of accepted.txt explains a survivor that no stimulus can show; it is not counted. --sample takes N of
the mutants at random. Exit status 1 unless nothing survived, 2 for bad input.
"""
import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import mutants
import operators

ROOT = mutants.ROOT
ACCEPTED = mutants.HERE / "accepted.txt"
SECONDS = 400
HOOK = '''
#include <cstdlib>
extern "C" int rw_mutant(void);
extern "C" int rw_mutant(void)
{
    const char *n = std::getenv("RW_MUTANT");

    return n == nullptr ? 0 : std::atoi(n);
}
'''


def cpuid_lists():
    names = re.findall(r'^\s*\[RW_\w+\] = \{"([^"]+)"', (ROOT / "cosim" / "cpuid_option.c").read_text(), re.M)
    for bit in range(6):
        for want in (0, 1):
            yield ",".join("-" + name for i, name in enumerate(names) if i >> bit & 1 == want)


PROGRAMS = ("demo", "system64", "system32", "corners", "gates32", "gates64", "pagetorture", "paging32", "paging57", "selfmod",
            "features", "x2apic", "undefined", "long64", "remap", "interp", "platform", "reborn", "dmaattack")
# One of each two features that do not need each other is away in one of these (with_features.sh lists).
AWAY = [f"run features --cpuid {names}" for names in cpuid_lists()]
RANDOM = ("system", "64", "64 --fuzz", "32 --fuzz", "compat --fuzz", "32 --ring 3 --paging pae", "64 --ring 3 --paging 5",
          "32 --paging 32")
TABLES = ("ends", "arith", "sequels", "handlers", "bases", "canonical", "masks", "odd", "segments", "breakpoints", "callgates", "counts",
          "alignment", "locks", "returns", "pending", "delivery")
MACHINE = [f"run {name}" for name in PROGRAMS] + AWAY + [f"random {mode} seeds 1-4" for mode in RANDOM] + \
    [f"events --table {name}" for name in TABLES]
# Of each folder, shortest first: the commands of a mutant's "run:" line.
STIMULI = {
    "mmu": ["mmu --seed 1 --requests 5000", "mmu --seed 1", "mmu --seed 2 --wait-states 3", "mmu --every"],
    "iommu": ["iommu --seed 1 --requests 5000", "iommu --seed 1", "iommu --seed 2 --wait-states 3", "iommu --every --one-in 101"],
    "bus": ["bus --seed 1 --requests 5000", "bus --seed 1", "bus --seed 2"],
    "cpu": MACHINE,
    "": MACHINE,
}


def refuse(text):
    print("campaign: " + text, file=sys.stderr)
    sys.exit(2)


class Mutant:
    """What mutants.stimulus wants of one, and where it stands."""

    def __init__(self, n, path, site, text):
        self.n, self.path, self.site = n, path, site
        self.line = text.count("\n", 0, site.start) + 1
        self.first = text.count("\n", 0, site.region) + 1  # of its region
        self.what = f"{site.kind}: " + " ".join(text[site.start:site.end].split())
        self.source = text.splitlines()[self.line - 1].strip()

    def __str__(self):
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.what}"


class Run:
    """One stimulus as mutants.stimulus takes it."""

    def __init__(self, run):
        self.run, self.kind = run, run.split()[0]
        self.own, self.why = False, ""


def folder(path):
    return path.parent.name if path.parent.name in STIMULI else ""


def files_of(paths):
    found = []
    for name in paths:
        path = pathlib.Path(name).resolve()
        if not path.is_relative_to(ROOT / "rtl") or not path.exists():
            refuse(f"{name}: not in rtl/")
        found += sorted(path.rglob("*.sv")) if path.is_dir() else [path]
    # Records and properties are the harness's own eyes.
    return [p for p in found if p.name not in ("record_emit.sv", "ucode_record_emit.sv", "record_pkg.sv", "cpu_trace.sv")]


def collect(paths):
    made = []
    for path in files_of(paths):
        text = path.read_text()
        for site in operators.sites(text):
            made.append(Mutant(len(made) + 1, path, site, text))
    return made


def plant(chosen, work):
    """The tree with them in it."""
    mutants.copy_tree(ROOT, work)
    for path in {m.path for m in chosen}:
        own = [(m.n, m.site) for m in chosen if m.path == path]
        (work / path.relative_to(ROOT)).write_text(operators.instrument(path.read_text(), own))
    for name, front, back in (("rtl/record_pkg.sv", operators.PACKAGE, ""),
                              ("cosim/shell/assertion.cc", "", HOOK)):
        (work / name).write_text(front + (work / name).read_text() + back)


def build(chosen, work, targets):
    """-> those that built. What Verilator refuses takes the mutants of its block or function away."""
    while chosen:
        plant(chosen, work)
        good, said = True, ""
        for target in targets:
            good, said = mutants.build(work, target, "-O1")
            if not good:
                break
        if good:
            return chosen
        place = re.search(r"rtl/(\S+?\.sv):(\d+)", said)
        if not place:
            refuse("does not build: " + said)
        line = int(place.group(2)) - (operators.PACKAGE.count("\n") if place.group(1) == "record_pkg.sv" else 0)
        path = ROOT / "rtl" / place.group(1)
        own = [m for m in chosen if m.path == path and m.first <= line]
        region = max((m.first for m in own), default=None)
        drop = [m for m in own if m.first == region]
        if not drop:
            refuse("does not build: " + said)
        print(f"not tried, {len(drop)} of {path.relative_to(ROOT)}:{region}: {said.strip()[:160]}", flush=True)
        chosen = [m for m in chosen if m not in drop]
    return chosen


def end_of(m, runs, binaries, programs):
    """-> (end, stimulus, what)"""
    os_env = dict(os.environ, RW_MUTANT=str(m.n if m else 0))
    for run in runs:
        words, seeds = mutants.seeds_of(run.split())
        for seed in seeds:
            end, by, field, _, note = mutants.run_once(Run(run), words, seed, binaries, programs, SECONDS, os_env)
            if end != "agreed" and not note.startswith("verdict agreed"):
                return end, run, f"{by} {field}" if end == "caught" else note
    return "survived", "", ""


def key(m):
    return str(m.path.relative_to(ROOT)), m.source, m.what


def accepted():
    """{key}"""
    rows = set()
    for line in ACCEPTED.read_text().splitlines() if ACCEPTED.exists() else ():
        if line and not line.startswith("#"):
            rows.add(tuple(line.split("\t")[:3]))
    return rows


def main():
    parser = argparse.ArgumentParser(prog="campaign")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="the mutants, without running any")
    parser.add_argument("--only", action="append", default=[], metavar="FILE:LINE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.error = refuse
    args = parser.parse_args()
    chosen = collect(args.paths)
    if args.only:
        chosen = [m for m in chosen if f"{m.path.name}:{m.line}" in args.only]
    if args.sample and args.sample < len(chosen):
        chosen = random.Random(args.seed).sample(chosen, args.sample)
    if not chosen:
        refuse("no mutant there")
    if args.list:
        print(*chosen, sep="\n")
        return 0
    work = args.build / "campaign"
    work.mkdir(parents=True, exist_ok=True)
    kinds = {run.split()[0] for m in chosen for run in STIMULI[folder(m.path)]}
    chosen = build(chosen, work, sorted({mutants.TARGETS[k] for k in kinds}))
    programs, binaries = args.build / "programs", work / "build"
    explained = accepted()
    scores = {m.path: [0, 0, 0] for m in chosen}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name in sorted({folder(m.path) for m in chosen}):
            end, run, what = end_of(None, STIMULI[name], binaries, programs)
            if end != "survived":
                refuse(f"the unbroken tree does not agree: {run}: {what}")
        runs = {m: pool.submit(end_of, m, STIMULI[folder(m.path)], binaries, programs) for m in chosen}
        for m, future in runs.items():
            end, run, what = future.result()
            which = 0 if end == "caught" else 2 if key(m) in explained else 1
            scores[m.path][which] += 1
            if which == 1:
                print(f"{'SURVIVED' if end == 'survived' else 'NO VERDICT ' + run + ': ' + what[:80]} {m}\n    {m.source}",
                      flush=True)
    for path, (caught, lost, why) in sorted(scores.items()):
        print(f"{path.relative_to(ROOT)}: {caught} caught, {lost} survived, {why} explained")
    caught, lost = (sum(s[i] for s in scores.values()) for i in (0, 1))
    print(f"{caught} caught, {lost} survived")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
