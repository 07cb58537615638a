#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment it goes on: kill -9 again and again, and an interrupt, then the same results as without;
none twice, nothing left running, nothing half done left, and nothing run again that had a result. killed_test.py BUILD"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from bench import Checks, command, regress, results, rows, wrapped

SUITE = """what = "many short ones, and some that start others"
[[benches]]
names = ["mmu", "bus"]
seeds = "1-50"
requests = 20000
[[random]]
modes = ["32"]
seeds = "1-4"
"""
KILLS = 5
BINS = "SELECT * FROM bin ORDER BY name"
# Before each run of ringwalk: it is counted; where the folder has such a file, it waits, in a child or itself.
BEFORE = """[ "$1" = coverage ] || echo >>{0}/calls
[ ! -e {0}/child ] || sleep 60
[ ! -e {0}/itself ] || exec sleep 60"""
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


def sleeping(folder):
    return [pid for pid in inside(folder) if name_of(pid) == "sleep"]


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def watcher(pid):
    """Its child that is no task: the one that was first."""
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]


def calls():
    return len((work / "calls").read_text().splitlines())


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
    build = wrapped(build, work / "build", BEFORE.format(work))
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

    done, before = len(rows(out, "SELECT task FROM result")), calls()
    check.status(regress("--resume", out, "-j", 2), 0, "resumed")
    check(calls() - before <= len(whole) - done, f"what had a result is not run again: {len(whole) - done} had none")
    check(rows(out, BINS) == rows(work / "whole", BINS), "and the same bins of coverage, with the same counts")
    check(results(out) == whole, f"the same {len(whole)} results as without")
    check(rows(out, "SELECT sum(done) FROM session")[0][0] == len(whole), "each counted once")
    check(not (out / "scratch").exists(), "no half task is left")

    for how, what in (("child", "what a task started"), ("itself", "a task, whoever else is killed")):
        (work / how).touch()
        process = begin((suite, "--build", build, "--out", work / f"out-{how}", "-j", 2), log)
        check(until(lambda: len(sleeping(work / f"out-{how}")) == 2), "two tasks sleep")
        if how == "itself":
            os.kill(int(watcher(process.pid)), signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        process.wait()
        check(until(lambda: not inside(work / f"out-{how}"), 5), f"{what} dies with it")
        for pid in inside(work / f"out-{how}"):
            os.kill(int(pid), signal.SIGKILL)
        (work / how).unlink()
    (build / "ringwalk").write_text("#!/bin/sh\nexit 0\n")
    done = regress("--resume", work / "out-child")
    check(done.returncode == 2 and "of another build" in done.stderr, "with another build it does not go on")
    (build / "ringwalk").write_text('#!/bin/sh\necho "#" >>"$0"\n')
    for words in ((suite, "--build", build, "--out", work / "mixed"), ("--resume", work / "mixed")):
        done = regress(*words, "-j", 2)
        check(done.returncode == 2 and "changed while it ran" in done.stderr, f"a build that changes under it: {words[0]}")
check.end()
