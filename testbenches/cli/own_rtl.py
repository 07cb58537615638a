#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad designs and bad declarations at `ringwalk mmu|iommu --rtl`: each gets the line that it deserves and a
non-zero exit, in time. A case is a change of a design of testbenches/foreign (own_rtl_mmu.py,
own_rtl_iommu.py).

usage: own_rtl.py SOURCE_DIR RINGWALK mmu|iommu [WORD: only the cases with it in their name]
"""
import importlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
SECONDS = 300
BEAT = "  logic beat;\n  always_ff @(posedge clk_i) beat <= !beat;\n\n"


def change(folder, file, old, new, beat_before):
    path = folder / file
    text = path.read_text()
    if old not in text:
        return False
    text = text.replace(old, new, 1)
    if "beat" in new:
        text = text.replace(beat_before, BEAT + beat_before, 1)
    path.write_text(text)
    return True


def run(ringwalk, block, work, folder):
    return subprocess.run([ringwalk, block, "--rtl", folder, "--rtl-build", work / "built",
                           "--requests", "3000", "--wait-states", "3", "--no-bundle", "--quiet"],
                          capture_output=True, text=True, timeout=SECONDS, cwd=work)


def judge(case, done):
    """-> what is wrong, empty when nothing is"""
    _, _, _, _, status, says = case
    said = done.stderr if status in (0, 2) else done.stdout + done.stderr
    if done.returncode != status:
        return f"status {done.returncode}, not {status}: {(done.stdout + done.stderr)[:400]}"
    own = [line for line in done.stderr.splitlines()
           if ": building " not in line and not line.startswith(("%Warning", " ", "..."))]
    if status == 2 and len(own) != 1:
        return f"{len(own)} lines: {done.stderr[:400]}"
    if says is not None and not re.search(says, said):
        return f"does not say '{says}': {said[:400]}"
    return ""


def main():
    root, ringwalk, block = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    only = sys.argv[4] if len(sys.argv) > 4 else ""
    table = importlib.import_module("own_rtl_" + block)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for case in (c for c in table.CASES if only in c[0]):
            folder = work / "design"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(root / table.GOOD, folder)
            if not change(folder, *case[1:4], table.BEAT_BEFORE):
                wrong = f"'{case[2]}' is not in {case[1]}"
            else:
                try:
                    wrong = judge(case, run(ringwalk, block, work, folder))
                except subprocess.TimeoutExpired:
                    wrong = f"no end in {SECONDS} seconds"
            failed += wrong != ""
            print(f"{'ok  ' if not wrong else 'BAD '} {case[0]}{': ' if wrong else ''}{wrong}", flush=True)
        for what, arguments, says in (("no such folder", ["--rtl", work / "none"], "no such folder"),
                                      ("no declaration", ["--rtl", work], "ringwalk.ini: No such file"),
                                      ("no folder", ["--rtl"], "--rtl wants a folder"),
                                      ("judge given", ["--rtl", folder, "--legality"], "--legality beside --rtl")):
            done = subprocess.run([ringwalk, block, *arguments], capture_output=True, text=True, cwd=work)
            good = done.returncode == 2 and done.stderr.count("\n") == 1 and says in done.stderr
            failed += not good
            print(f"{'ok  ' if good else 'BAD '} {what}{'' if good else ': ' + done.stderr[:300]}")
    return 1 if failed else 0


sys.exit(main())
