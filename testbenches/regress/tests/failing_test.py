#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A design that is broken by one word: its failures are one row with the shortest of them as a command that
reproduces it, and a bundle; against the sound design they are mended, then new; JUnit, page, summary and
database agree; a second run gives the same. failing_test.py BUILD SOURCE"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

from bench import Checks, regress, results, rows, summary

build, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
work = build / "regress-test"
env = {"XDG_CACHE_HOME": str(work / "cache")}
SUITE = """what = "planted"
[set]
rtl = ""
[[benches]]
names = ["mmu"]
designs = ["{rtl}"]
seeds = "1-6"
requests = 400
[[benches]]
names = ["bus"]
seeds = "1-4"
requests = 2000
"""
check = Checks()


def design(name, change):
    """A copy of legacy32 without the large pages, so that there is one paging mode; where it lies does not
    change, so that it is built once."""
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source / "testbenches/foreign/legacy32", folder)
    ini = folder / "ringwalk.ini"
    ini.write_text(ini.read_text().replace("pse36,", "pse36, pse,"))
    rtl = folder / "walker32.v"
    text = rtl.read_text()
    assert change[0] in text
    rtl.write_text(text.replace(*change))
    return folder


def run(name, rtl, wanted, *words):
    shutil.rmtree(work / name, ignore_errors=True)
    done = regress(work / "planted.toml", "--build", build, "--set", f"rtl={rtl}", "--out", work / name, "-j", 2, *words,
                   env=env)
    check.status(done, wanted, f"{name} design")
    return work / name


def junit(folder):
    """-> tests, those that failed, as the cases say; and whether the sums say the same"""
    root = ElementTree.parse(folder / "junit.xml").getroot()
    cases = root.findall("testsuite/testcase")
    failed = [c.get("name") for c in cases if c.find("failure") is not None or c.find("error") is not None]
    counted = [tuple(len(s.findall(p)) for p in ("testcase", "testcase/failure", "testcase/error")) for s in root]
    said = [tuple(int(s.get(k)) for k in ("tests", "failures", "errors")) for s in [root, *root]]
    return len(cases), sorted(failed), said == [tuple(map(sum, zip(*counted))), *counted]


work.mkdir(exist_ok=True)
(work / "planted.toml").write_text(SUITE)
sound = design("sound", ("us1 && e[2]", "us1 && e[2]"))
broken = design("broken", ("us1 && e[2]", "1'b1"))

first = run("first", broken, 1)
failures = rows(first, "SELECT kind, stream, state, count, task, command, bundle, reproduced FROM failure")
check(len(failures) == 1 and failures[0][:2] == ("illegal", "legality") and failures[0][3] == 6,
      f"six failures are one row: {[f[:4] for f in failures]}")
kind, stream, state, count, task, command, bundle, reproduced = failures[0]
shortest = rows(first, "SELECT task, cycle FROM result WHERE NOT passed ORDER BY cycle, task LIMIT 1")[0]
check(task == shortest[0], "it names the shortest of them")
done = subprocess.run(command + " --no-bundle", shell=True, capture_output=True, text=True, cwd=work, 
                      env=os.environ | env)
check(done.returncode == 1 and f"stream legality, field verdict, cycle {shortest[1]}\n" in done.stdout,
      f"its command reproduces it: {command}")
check(reproduced == 1 and (first / bundle / "wave.fst").is_file(), f"its bundle is there: {bundle}")
check(len(list((first / "failures").iterdir())) == 1, "and no other")
done = subprocess.run(["sh", first / bundle / "replay.sh"], capture_output=True, text=True,
                      env=os.environ | env)
check(done.returncode == 1 and f"cycle {shortest[1]}\n" in done.stdout, "the bundle replays")

failed = sorted(r[0] for r in rows(first, "SELECT key FROM task JOIN result ON task = id WHERE NOT passed"))
tests, said, sums = junit(first)
check((tests, said, sums) == (10, failed, True), "JUnit is well formed, its counts are the database's")
s = summary(first)
check((s["tasks"], s["passed"], s["failed"], s["not_run"]) == (10, 4, 6, 0), "so are the summary's")
check([f["command"] for f in s["failures"]] == [command], "and its failures")

second = run("second", sound, 0, "--against", first)
s = summary(second)
check((sorted(s["mended"]), s["new"], s["still"]) == (failed, [], []), "the sound design mends them")
check("6 mended" in (second / "index.html").read_text(), "the page says so")

third = run("third", broken, 1, "--against", second)
s = summary(third)
check((sorted(s["new"]), s["mended"], s["still"]) == (failed, [], []), "broken again they are new")
check("6 new failures" in (third / "index.html").read_text(), "the page says so")
check(results(first) == results(third), "the same suite gives the same results")
check(rows(first, "SELECT kind, stream, field, state, count, task, command, bundle, reproduced FROM failure") ==
      rows(third, "SELECT kind, stream, field, state, count, task, command, bundle, reproduced FROM failure"),
      "and the same rows")
done = regress("--resume", third, "--against", first, env=env)
check.status(done, 1, "a finished run against another")
check(len(summary(third)["still"]) == 6, "they still fail")

page = (third / "index.html").read_text()
check(not re.search(r"(src|href)\s*=|https?://|@import|url\(|<script", page), "the page needs nothing else")
done = regress(work / "planted.toml", "--build", build, "--set", f"rtl={work / 'none'}", "--out", work / "x", env=env)
check.status(done, 2, "no such design")
check.end()
