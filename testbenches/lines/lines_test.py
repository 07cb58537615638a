#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./rw lines on the smallest block: a long run reaches every line of the bus, a short one does not and says which, both
added up do; Verilator's own tool reads the counts alike. lines_test.py BUILD SOURCE"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import counts

build, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
work = build / "lines-test"
SUITE = """what = "the bus alone"
[[benches]]
names = ["bus"]
seeds = {seeds}
requests = {requests}
wait-states = {waits}
"""
bad = 0


def check(good, text):
    global bad
    bad += not good
    print(("ok   " if good else "BAD  ") + text, flush=True)


def lines(*words):
    return subprocess.run([sys.executable, "-B", str(source / "testbenches/lines/lines.py"), *map(str, words)],
                          capture_output=True, text=True)


def run(name, seeds, requests, waits, *words):
    suite = work / f"{name}.toml"
    suite.write_text(SUITE.format(seeds=seeds, requests=requests, waits=waits))
    done = lines(suite, "--build", work, "--out", work / name, "--json", work / f"{name}.json", *words)
    if done.returncode:
        print(done.stdout + done.stderr)
    check(done.returncode == 0, f"{name}: status {done.returncode}")
    return done.stdout, json.loads((work / f"{name}.json").read_text())


work.mkdir(exist_ok=True)
subprocess.run(["cmake", "-S", str(source), "-B", str(work), "-G", "Ninja", "-DCMAKE_C_COMPILER=clang",
                "-DCMAKE_CXX_COMPILER=clang++", "-DRW_LINES=ON", "-DRW_VERILATED_OPT=-O1",
                "-DRW_VERILATED_OPT_SLOW=-O0"], check=True, stdout=subprocess.DEVNULL)
subprocess.run(["ninja", "-C", str(work), "block_bus"], check=True, stdout=subprocess.DEVNULL)
# `ringwalk bus` without the machine, which takes minutes to build.
(work / "ringwalk").write_text(f'#!/bin/sh\nshift\nexec {work}/block_bus "$@"\n')
(work / "ringwalk").chmod(0o755)

BUS = "rtl/bus/bus.sv"
said, full = run("long", [1, 2], 20000, [0, 3])
reached = full["files"][BUS]
check(reached["lines"][0] == reached["lines"][1] > 20, f"a long run reaches every line of {BUS}: {reached['lines']}")
check(reached["arms"][0] == reached["arms"][1] > 20, f"and every arm: {reached['arms']}")
check(0 < reached["toggles"][0] <= reached["toggles"][1], f"bits that toggle: {reached['toggles']}")
check(re.search(r"^lines that never ran: none$", said, re.M) is not None, "it says that none never ran")
for what in ("lines", "toggles"):
    text = "".join(p.read_text(errors="replace") for p in (work / "long" / what).rglob("*.html"))
    check("module bus" in text, f"the page of {what} has the source")

said, short = run("short", [1], 1, [0], "--no-page")
some = short["files"][BUS]
check(some["arms"][0] < reached["arms"][0] and some["toggles"][0] < reached["toggles"][0], f"a short one reaches less: {some}")
check(f"{BUS}:" in said and short["never_toggled"], "and says what")
check(not (work / "short/lines").exists(), "--no-page: none")
again = run("added", [1], 1, [0], "--no-page", "--add", work / "long/counts.dat")[1]
check(again["files"][BUS] == reached, "with the counts of the long one it is as much as that")

info = work / "verilator.info"
subprocess.run(["verilator_coverage", "--write-info", str(info), str(work / "short/counts.dat")], check=True,
               stdout=subprocess.DEVNULL)
theirs = info.read_text().partition(f"SF:{source / BUS}")[2].partition("end_of_record")[0]
theirs = {int(line): count != "0" for line, count in re.findall(r"^DA:(\d+),(\d+)$", theirs, re.M)}
points, columns = collections.Counter(), collections.defaultdict(collections.Counter)
counts.read(work / "short/counts.dat", points)
for (file, kind, line, column, name, covered), count in points.items():
    for n in {line, *counts.spread(covered, line)} if file == str(source / BUS) else ():
        columns[n][column] += count
ours = {n: all(c.values()) for n, c in columns.items()}
check(theirs == ours, f"Verilator's own tool finds unreached points in the same of {len(theirs)} lines: {list(theirs.values()).count(False)}")

none = work / "none"
(work / "not.dat").write_text("nothing\n")
for words, wanted in ((["--build", none], "is not there; ./rw lines makes it"), (["--bogus"], "--bogus"),
                      (["--build", work, "--out", none, "--add", work / "not.dat"], "is no file of Verilator's counters"),
                      (["--build", work, "--out", none, "--add", none / "x"], "No such file"),
                      (["--build", work, "--out", none, "nothing"], "no suite 'nothing'")):
    done = lines(*words)
    check(done.returncode == 2 and wanted in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr.strip())
sys.exit(bad != 0)
