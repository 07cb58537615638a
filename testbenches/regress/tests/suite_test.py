#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is wrong in a suite or a command is said in one line with file, line and key; what is right gives the
tasks that it says. suite_test.py BUILD"""
import pathlib
import re
import sys
import tempfile

from bench import Checks, regress

BENCH = '[[benches]]\nnames = ["bus"]\n'
HEAD = 'what = "a test"\n'
# name, suite, what the one line has
WRONG = [
    ("no TOML", 'what = "x\n', r"a\.toml:1: "),
    ("no what", BENCH, r"a\.toml:1: the suite has no 'what'"),
    ("nothing to run", HEAD, r"a\.toml: nothing to run"),
    ("unknown key", HEAD + 'secs = 4\n' + BENCH, r"a\.toml:2: 'secs' is unknown; there are what, seconds, cycles"),
    ("unknown table", HEAD + BENCH + '[[bench]]\nnames = ["mmu"]\n', r"a\.toml:4: 'bench' is unknown"),
    ("unknown key of an entry", HEAD + BENCH + BENCH + "seed = 4\n", r"a\.toml:6: 'seed' of \[\[benches\]\] is unknown"),
    ("key that is needed", HEAD + "[[random]]\nseeds = 1\n", r"a\.toml:2: \[\[random\]\] has no 'modes'"),
    ("no such block", HEAD + '[[benches]]\nnames = ["cpu"]\n', r"a\.toml:3: 'names' .*wants a list of mmu, iommu, bus"),
    ("a range backwards", HEAD + BENCH + 'seeds = "9-1"\n', r"a\.toml:4: 'seeds' .*wants a number, a range"),
    ("no range", HEAD + BENCH + 'seeds = "1..9"\n', r"a\.toml:4: 'seeds' "),
    ("no seed", HEAD + BENCH + "seeds = []\n", r"a\.toml:4: 'seeds' "),
    ("a truth for a number", HEAD + BENCH + "seeds = true\n", r"a\.toml:4: 'seeds' "),
    ("too many wait states", HEAD + BENCH + "wait-states = [0, 8]\n", r"a\.toml:4: 'wait-states' .*0 to 7"),
    ("no second", HEAD + BENCH + "seconds = 0\n", r"a\.toml:4: 'seconds' .*wants a number from 1 on"),
    ("an option that is no list", HEAD + BENCH + 'options = "--every"\n', r"a\.toml:4: 'options' .*list of texts"),
    ("one bracket", HEAD + '[benches]\nnames = ["bus"]\n', r"a\.toml:2: 'benches' is written \[\[benches\]\]"),
    ("no such program", HEAD + '[[programs]]\nnames = ["nothing"]\n', r"a\.toml:2: no program 'nothing': .*programs/nothing\.elf"),
    ("no such table", HEAD + '[[events]]\ntables = ["nothing"]\n', r"a\.toml:2: no table of events 'nothing'"),
    ("no such design", HEAD + '[[benches]]\nnames = ["mmu"]\ndesigns = ["nowhere"]\n', r"a\.toml:2: no design 'nowhere'"),
    ("no such machine", HEAD + '[[programs]]\nnames = ["demo"]\nmmu-designs = ["", "nowhere"]\n', r"a\.toml:2: no design 'nowhere'"),
    ("machines that are none", HEAD + '[[programs]]\nnames = ["demo"]\niommu-designs = []\n', r"a\.toml:4: 'iommu-designs' .*list of folders"),
    ("a design of a bus", HEAD + BENCH + 'designs = ["."]\n', r"a\.toml:2: designs go with the benches mmu and iommu"),
    ("no such parameter", HEAD + '[[benches]]\nnames = ["mmu"]\ndesigns = ["{rtl}"]\n', r"no parameter 'rtl' in \[set\]"),
    ("a parameter that is not given", HEAD + '[set]\nrtl = ""\n' + BENCH, r"a\.toml: wants --set rtl="),
    ("a parameter that is no text", HEAD + '[set]\nrtl = 4\n' + BENCH, r"a\.toml:3: 'rtl' wants a text"),
    ("a task twice", HEAD + BENCH + BENCH, r"a\.toml:4: 'benches bus .*' stands in the suite twice"),
]
# command line, what the one line has
COMMANDS = [
    ([], "wants one of SUITE"), (["nothing"], "no suite 'nothing'; there are nightly, own-iommu, own-mmu, quick"),
    (["missing.toml"], "missing.toml: No such file"), (["quick", "-j", "0"], "-j takes a number"),
    (["quick", "--set", "x"], "wants NAME=VALUE"), (["quick", "--set", "x=1"], "has no parameter 'x'"),
    (["--resume", "nowhere"], "holds no regression"), (["quick", "--against", "nowhere"], "holds no regression"),
    (["quick", "--resume", "x"], "wants one of"), (["--resume", "x", "--set", "a=b"], "--resume goes on as"),
    (["quick", "--out", "."], "is there already"), (["quick", "--sbatch", "x"], "go with --on slurm"),
    (["quick", "--bogus"], "--bogus"), (["quick", "--build", "nowhere"], "is not there; ./rw build makes it"),
]
check = Checks()
build = ["--build", sys.argv[1]]


def one_line(done, wanted):
    return (done.returncode == 2 and re.search(wanted, done.stderr) and len(done.stderr.splitlines()) == 1 and
            not done.stdout)


with tempfile.TemporaryDirectory() as work:
    suite = pathlib.Path(work) / "a.toml"

    def listed(text, *words):
        suite.write_text(HEAD + text)
        return regress(suite, *build, "--dry-run", *words, cwd=work).stdout.splitlines()

    for name, text, wanted in WRONG:
        suite.write_text(text)
        done = regress(suite, *build, "--dry-run", cwd=work)
        check(one_line(done, wanted), f"{name}: {done.stderr.strip().removeprefix('regress: ' + work)}")
    for words, wanted in COMMANDS:
        done = regress(*words, *([] if "--build" in words or "--resume" in words else build), cwd=work)
        check(one_line(done, re.escape(wanted)), f"{' '.join(words)}: {done.stderr.strip()}")
    check(listed(BENCH + 'seeds = ["1-2", 9]\nwait-states = [0, 7]\nrequests = 5\n') ==
          [f"benches bus requests=5 seed={s} waits={w}" for s in (1, 2, 9) for w in (0, 7)], "seeds by wait states")
    check(listed('[[events]]\ntables = ["ends"]\nparts = 2\none-in = 3\n') ==
          ["events ends part=1/2 one-in=3", "events ends part=2/2 one-in=3"], "parts of a table")
    check(listed('[[random]]\nmodes = ["64"]\nseeds = 7\ngenerator = ["--ring", "3"]\n') ==
          ["random 64 --ring 3 seed=7 waits=0"], "a random program")
    check(listed('[set]\nrtl = ""\n[[benches]]\nnames = ["mmu"]\ndesigns = ["{rtl}"]\nrequests = 5\n', "--set", "rtl=.") ==
          ["benches mmu rtl={rtl} requests=5 seed=1 waits=2"], "a parameter stands by its name")
    for name in ("quick", "nightly"):
        check(len(regress(name, *build, "--dry-run").stdout.splitlines()) > 100, f"{name} has tasks")
    check([line.split()[0] for line in regress("--list").stdout.splitlines()] == ["nightly", "own-iommu", "own-mmu", "quick"],
          "four suites are shipped")
check.end()
