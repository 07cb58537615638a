#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bins of coverage of a run: what its tasks reach, of each kind, added up, is what ringwalk coverage says of
the same commands; a suite that reaches less than an earlier run names the bins that are lost; designs of your
own in the machine. coverage_test.py BUILD SOURCE"""
import pathlib
import shutil
import subprocess
import sys

from bench import Checks, regress, rows, summary

build, source = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
work = build / "regress-coverage"
PROGRAMS = """what = "coverage"
[[programs]]
names = ["demo"]
"""
BENCHES = """[[benches]]
names = ["mmu", "iommu"]
seeds = "1-2"
requests = 500
[[random]]
modes = ["system"]
seeds = 1
[[events]]
tables = ["handlers"]
one-in = 40
"""
OWN = """what = "a machine with the MMU of somebody else"
[set]
rtl = ""
[[programs]]
names = ["demo"]
wait-states = [0, 3]
mmu-designs = ["", "{rtl}"]
"""
check = Checks()


def run(name, suite, *words):
    (work / (name + ".toml")).write_text(suite)
    done = regress(work / (name + ".toml"), "--build", build, "--out", work / name, "-j", 2, *words)
    check.status(done, 0, name)
    return work / name


def of_commands(*commands):
    """-> {group and bin: count} of the sum of what these leave"""
    path = work / "alone"
    path.unlink(missing_ok=True)
    for words in commands:
        subprocess.run([str(w) for w in words] + ["--coverage", path], check=True, capture_output=True)
    return dict(line.rsplit("\t", 1) for line in path.read_text().splitlines()[1:])


def bins(folder):
    return {name: str(count) for name, count in rows(folder, "SELECT name, count FROM bin")}


shutil.rmtree(work, ignore_errors=True)
work.mkdir()
few = run("few", PROGRAMS)
wanted = of_commands([build / "ringwalk", "run", "--no-bundle", build / "programs/demo.elf", "--max-cycles", "400000000"])
check(bins(few) == wanted and len(wanted) > 20, f"the {len(wanted)} bins of a program, with their counts")
many = run("many", PROGRAMS + BENCHES, "--against", few)
kinds = dict(rows(many, "SELECT task.kind, count(*) FROM task JOIN bin ON first = task.id GROUP BY task.kind"))
check(set(kinds) == {"programs", "benches", "random", "events"}, f"each kind of task reaches bins that none before has: {kinds}")
said = summary(many)["coverage"]
check(said["reached"] == len(bins(many)) and said["reached"] < said["bins"] and said["lost"] == [], f"the summary: {said}")
done = subprocess.run([build / "ringwalk", "coverage", many / "coverage"], capture_output=True, text=True)
check(done.returncode == 0 and done.stdout.splitlines()[-1].split()[:4] == ["all", str(said["reached"]), "of", str(said["bins"])], "the file that it leaves is ringwalk coverage's")
check(f"{said['reached']} of {said['bins']} bins reached, " in (many / "index.html").read_text(), "the page")
less = run("less", PROGRAMS, "--against", many)
lost = set(bins(many)) - set(bins(few))
check(len(summary(less)["coverage"]["lost"]) == len(lost), f"{len(lost)} bins are lost")
check(f"{len(lost)} bins lost" in (less / "index.html").read_text(), "the page says so")

own = run("own", OWN, "--set", f"rtl={source / 'testbenches/foreign/notlb'}")
keys = [r[0] for r in rows(own, "SELECT key FROM task ORDER BY id")]
check(keys == ["programs demo seed=1 waits=0", "programs demo seed=1 waits=3", "programs demo mmu-rtl={rtl} seed=1 waits=0",
               "programs demo mmu-rtl={rtl} seed=1 waits=3"], f"four tasks: {keys}")
cycles = [r[0] for r in rows(own, "SELECT cycles FROM result ORDER BY task")]
check(len(set(cycles)) == 4, f"another machine each: {cycles}")
done = regress(work / "own.toml", "--build", build, "--set", f"rtl={work}", "--out", work / "none")
check(done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, f"no design there: {done.stderr.strip()}")
check.end()
