#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment it goes on: kill -9 again and again, and an interrupt, then the same results as without;
none twice, nothing left running, nothing half done left. killed_test.py BUILD"""
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from bench import Checks, command, regress, results, rows

SUITE = """what = "many short ones, and some that start others"
[[benches]]
names = ["mmu", "bus"]
seeds = "1-24"
requests = 10000
[[random]]
modes = ["32"]
seeds = "1-4"
"""
KILLS = 5
check = Checks()
build = sys.argv[1]


def inside(folder):
    """-> processes that work somewhere in it"""
    found = []
    for at in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        try:
            if at.resolve().is_relative_to(folder):
                found.append(at.parent.name)
        except OSError:
            pass
    return found


def begin(words, log):
    return subprocess.Popen(command(*words), stdout=log, stderr=log)


def until(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.01)
    return False


with tempfile.TemporaryDirectory() as work, open(pathlib.Path(work) / "log", "w+") as log:
    work = pathlib.Path(work).resolve()
    suite, out = work / "many.toml", work / "out"
    suite.write_text(SUITE)
    check.status(regress(suite, "--build", build, "--out", work / "whole", "-j", 2), 0, "without interruption")
    whole = results(work / "whole")

    draw = random.Random(1)
    process = begin((suite, "--build", build, "--out", out, "-j", 2), log)
    survivors = 0
    for n in range(KILLS):
        check(until(lambda: inside(out / "scratch")), "tasks run")
        time.sleep(draw.uniform(0.02, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        survivors += not until(lambda: not inside(out))
        done = rows(out, "SELECT count(*) FROM result")[0][0]
        print(f"killed with {done} of {len(whole)} results")
        process = begin(("--resume", out, "-j", 2), log)
    check(survivors == 0, "nothing outlives it")
    check(until(lambda: inside(out / "scratch")), "tasks run")
    second = regress("--resume", out)
    check(second.returncode == 2 and "another regression runs in it" in second.stderr, "one at a time in a folder")
    process.send_signal(signal.SIGINT)
    check(process.wait() == 3 and until(lambda: not inside(out)), "an interrupt ends it: status 3")
    log.seek(0)
    check(f"interrupted by SIGINT; --resume {out} goes on" in log.read(), "and says how to go on")
    check(0 < len(rows(out, "SELECT task FROM result")) < len(whole), "some have run, some have not")
    check("not finished" in (out / "index.html").read_text(), "the page says so")

    check.status(regress("--resume", out, "-j", 2), 0, "resumed")
    check(results(out) == whole, f"the same {len(whole)} results as without")
    check(rows(out, "SELECT sum(done) FROM session")[0][0] == len(whole), "each counted once")
    check(not (out / "scratch").exists(), "no half task is left")
check.end()
