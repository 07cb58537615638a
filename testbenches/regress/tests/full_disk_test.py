#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk: one clear line, status 3, no failure that is none; with room again it goes on to the same
results. In a small file system of its own (a user namespace); status 77 where that cannot be had.
full_disk_test.py BUILD"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from bench import Checks, command, regress, results, rows, wrapped

SUITE = """what = "enough for a disk to fill up in the middle"
[[benches]]
names = ["mmu"]
seeds = "1-80"
requests = 20000
"""


# A task that wants more than there is, where there is enough for its result.
WANTS, LEAVES = 200_000, 250_000


def fill(path, leave=0):
    with open(path, "wb", buffering=0) as f:
        try:
            while os.statvfs(path).f_bavail * os.statvfs(path).f_frsize > leave and f.write(bytes(4096)):
                pass
        except OSError:
            pass


def main(build, small):
    check = Checks()
    with tempfile.TemporaryDirectory() as work:
        suite, out = pathlib.Path(work) / "fill.toml", small / "out"
        suite.write_text(SUITE)
        check.status(regress(suite, "--build", build, "--out", pathlib.Path(work) / "whole", "-j", 2), 0, "with room")
        process = subprocess.Popen(command(suite, "--build", build, "--out", out, "-j", 2), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not (out / "scratch").exists():
            time.sleep(0.01)
        time.sleep(0.5)
        fill(small / "filler")
        _, said = process.communicate()
        lines = [line for line in said.splitlines() if line.startswith("regress:")]
        print(said.strip())
        check(process.returncode == 3, "the disk is full: status 3")
        check(len(lines) == 1 and str(out) in lines[0] and ("No space left" in lines[0] or "full" in lines[0]) and
              f"--resume {out} goes on" in lines[0] and "Traceback" not in said, "one clear line")
        done = regress("--resume", out)
        check(done.returncode in (2, 3) and "Traceback" not in done.stderr, f"still full: {done.stderr.strip()}")
        (small / "filler").unlink()
        check(rows(out, "SELECT count(*) FROM result WHERE NOT passed")[0][0] == 0, "no task failed for it")
        check(0 < rows(out, "SELECT count(*) FROM result")[0][0] < 80, "some have run, some have not")
        check.status(regress("--resume", out, "-j", 2), 0, "with room again")
        check(results(out) == results(pathlib.Path(work) / "whole"), "the same results")

        shutil.rmtree(out)
        greedy = wrapped(build, pathlib.Path(work) / "greedy", f"head -c {WANTS} /dev/zero >big || {{ rm big; exit 2; }}")
        fill(small / "filler", LEAVES)
        done = regress(suite, "--build", greedy, "--out", out, "-j", 1)
        check.status(done, 3, "a task that cannot write")
        check("No space left" in done.stderr, done.stderr.strip())
        check(rows(out, "SELECT count(*) FROM result")[0][0] == 0, "is no failure, though its result had room")
    check.end()


if len(sys.argv) == 3:
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
with tempfile.TemporaryDirectory() as work:
    mount = f"mount -t tmpfs -o size=2m ringwalk {work}"
    if subprocess.run(["unshare", "-Urm", "sh", "-c", mount], capture_output=True).returncode != 0:
        print("skipped: no file system of one's own in a user namespace here")
        sys.exit(77)
    again = [sys.executable, "-B", os.path.abspath(__file__), sys.argv[1], work]
    sys.exit(subprocess.run(["unshare", "-Urm", "sh", "-c", f'{mount} && exec "$@"', "sh", *again]).returncode)
