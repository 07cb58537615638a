# SPDX-License-Identifier: Apache-2.0
"""What the tests of the regressions share: suites in a temporary folder, runs, what a database holds."""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys

REGRESS = pathlib.Path(__file__).resolve().parents[1] / "regress.py"
# Of a result, what must be the same however often it is run, wherever, interrupted or not.
SAME = ("key, passed, result.kind, stream, field, state, rtl, model, cycle, cycles, instructions, requests, detail")


def command(*words):
    return [sys.executable, "-B", str(REGRESS), *map(str, words)]


def regress(*words, cwd=None, env=None):
    return subprocess.run(command(*words), capture_output=True, text=True, cwd=cwd, env={**os.environ, **(env or {})})


def rows(folder, sql):
    db = sqlite3.connect(f"file:{folder}/results.sqlite?mode=ro", uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def results(folder):
    return rows(folder, f"SELECT {SAME} FROM task LEFT JOIN result ON task = id ORDER BY key")


def summary(folder):
    return json.loads((pathlib.Path(folder) / "summary.json").read_text())


def wrapped(build, folder, before):
    """A build like that one, where a shell does something before each run of ringwalk."""
    build = pathlib.Path(build)
    folder.mkdir()
    for name in ("programs", "randgen", "block_mmu", "block_iommu", "block_bus"):
        (folder / name).symlink_to(build / name)
    script = folder / "ringwalk"
    script.write_text(f'#!/bin/sh\n{before}\nexec {build}/ringwalk "$@"\n')
    script.chmod(0o755)
    return folder


class Checks:
    def __init__(self):
        self.bad = 0

    def __call__(self, good, text):
        if not good:
            self.bad += 1
        print(("ok   " if good else "BAD  ") + text, flush=True)

    def status(self, done, wanted, text):
        self(done.returncode == wanted, f"{text}: status {wanted}")
        if done.returncode != wanted:
            print(f"status {done.returncode}\n{done.stdout[-1500:]}{done.stderr[-1500:]}", flush=True)

    def end(self):
        sys.exit(bool(self.bad))
