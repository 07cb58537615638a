#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A random program that fails is kept as a short one that fails alike, and the row's command runs it. short_test.py BUILD

In ringwalk's place stands a script that finds a mismatch in an image that holds two strings of bytes, each the
beginning of one slot of seed 1, and with another field in one that holds one of them.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from bench import Checks, regress, rows, wrapped

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "random"))
from reduce_test import two_slots

build = pathlib.Path(sys.argv[1]).resolve()
check = Checks()
FAKE = '''#!/usr/bin/env python3
import json, sys
image = open(next(w for w in sys.argv if w.endswith(".elf")), "rb").read()
found = [part in image for part in (bytes.fromhex("%s"), bytes.fromhex("%s"))]
report = {"verdict": "agreed", "cycles": 500}
if any(found):
    field = "rax" if all(found) else "rbx"
    report.update(verdict="mismatch", first={"stream": "sys", "field": field, "rtl": "0x1", "model": "0x2", "cycle": 100})
    print("verdict: mismatch\\nfirst difference: stream sys, field %%s, cycle 100" %% field)
if "--json" in sys.argv:
    open(sys.argv[sys.argv.index("--json") + 1], "w").write(json.dumps(report))
sys.exit(any(found))
'''
SUITE = """what = "planted"
[[random]]
modes = ["64"]
seeds = "1-3"
generator = ["--slots", "200"]
"""

with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    fake = wrapped(build, work / "build", "") / "ringwalk"
    fake.write_text(FAKE % two_slots(build, work, ["64", "--slots", "200"]))
    (work / "planted.toml").write_text(SUITE)
    out = work / "out"
    check.status(regress(work / "planted.toml", "--build", work / "build", "--out", out, "-j", 2), 1, "one of three fails")
    failures = rows(out, "SELECT stream, field, count, reproduced, command FROM failure")
    check(len(failures) == 1 and failures[0][:4] == ("sys", "rax", 1, 1), f"one row, reproduced: {failures}")
    command = failures[0][4]
    image = re.search(r"\S+-reduced\.elf", command)
    check(image is not None, f"its command runs the short program: {command}")
    if image is not None:
        text = pathlib.Path(image[0]).with_suffix(".txt").read_text()
        check(len(re.findall(r"^slot \d+", text, re.M)) == 2, "which has two slots")
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        check(done.returncode == 1 and "field rax" in done.stdout, "and fails in the same field")
        check(len(list(pathlib.Path(image[0]).parent.glob("*.elf"))) == 2, "the whole program lies beside it")
check.end()
