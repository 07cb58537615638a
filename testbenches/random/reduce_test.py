#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reducer finds the two slots that a program fails for, and keeps to that failure.

reduce_test.py BUILD. In ringwalk's place stands a script that "fails" when the image holds both of two
strings of bytes, each the beginning of one slot, and with another field when it holds one of them.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FAKE = """#!/usr/bin/env python3
import sys
image = open(sys.argv[-1], "rb").read()
found = [part in image for part in (bytes.fromhex("%s"), bytes.fromhex("%s"))]
if any(found):
    field = "rax" if all(found) else "rbx"
    print("verdict: mismatch\\nfirst difference: stream retire, field %%s, cycle 100" %% field)
sys.exit(any(found))
"""
KINDS = [["64", "--slots", "300"], ["system", "--slots", "300"]]


def two_slots(build, work, options):
    """-> what two slots begin with, in hexadecimal; found nowhere else"""
    drop, source = pathlib.Path(work) / "none", pathlib.Path(work) / "all.S"
    drop.write_text("")
    subprocess.run([str(build / "randgen"), "--seed", "1", "--drop", str(drop), "-o", str(source), "--mode"] + options,
                   check=True)
    slots = re.findall(r"^# slot \d+, \d+ bits: ([0-9a-f]+)$", source.read_text(), re.M)
    alone = [code[:12] for code in slots if sum(code[:12] in other for other in slots) == 1]
    return alone[len(alone) // 3], alone[2 * len(alone) // 3]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    bad = 0
    for options in KINDS:
        with tempfile.TemporaryDirectory() as work:
            one, other = two_slots(build, work, options)
            fake = pathlib.Path(work) / "fake"
            fake.write_text(FAKE % (one, other))
            fake.chmod(0o755)
            env = dict(os.environ, BUILD=str(build), WORK=work, RINGWALK=str(fake))
            done = subprocess.run(["sh", str(HERE / "run.sh"), "1", "1"] + options, env=env, capture_output=True,
                                  text=True)
            last = re.search(r"^reduced to (\d+) slots, (\d+) instructions: (\S+)$", done.stdout, re.M)
            if done.returncode != 1 or not last or int(last[1]) != 2 or int(last[2]) > 6:
                print(f"{options}: status {done.returncode}\n{done.stdout}{done.stderr}")
                bad = 1
                continue
            again = subprocess.run([str(fake), last[3]], capture_output=True, text=True)
            if "field rax" not in again.stdout or not pathlib.Path(last[3][:-4] + ".txt").exists():
                print(f"{options}: the reduced program does not fail: {again.stdout}")
                bad = 1
            silent = subprocess.run(["sh", str(HERE / "run.sh"), "1", "1", options[0], "--no-reduce"] + options[1:],
                                    env=env, capture_output=True, text=True)
            if silent.returncode != 1 or "reduced" in silent.stdout:
                print(f"{options}: --no-reduce: status {silent.returncode}\n{silent.stdout}")
                bad = 1
            print(f"{options}: reduced to {last[1]} slots, {last[2]} instructions")
    return bad


if __name__ == "__main__":
    sys.exit(main())
