#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/coverage.md names files and tests that exist: coverage.py SOURCE_DIR BUILD_DIR"""
import fnmatch
import pathlib
import re
import subprocess
import sys

source, build = pathlib.Path(sys.argv[1]), sys.argv[2]
FOLDERS = {1: ("model", "testbenches", "cosim"), 2: ("rtl",)}


def files(folders):
    return {p.name for folder in folders for p in (source / folder).rglob("*") if p.is_file()}


def tests():
    said = subprocess.run(["ctest", "--test-dir", build, "-N"], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"Test +#\d+: (\S+)", said))
    names |= {n.split(".", 1)[1] for n in names if "." in n}
    names |= {p.name.removesuffix("_test.c") for p in (source / "testbenches/unit").glob("*_test.c")}
    return names


known, wrong, rows = tests(), [], 0
for number, line in enumerate((source / "docs/coverage.md").read_text().splitlines(), 1):
    cells = line.strip("| ").split(" | ")
    if not line.startswith("| ") or cells[0] == "section":
        continue
    rows += 1
    cells += [""] * (4 - len(cells))
    for column, folders in FOLDERS.items():
        have = files(folders)
        wrong += [f"{number}: no file {name}" for name in re.findall(r"`([^`]+)`", cells[column])
                  if not fnmatch.filter(have, name)]
    named = re.findall(r"`([^`]+)`", cells[3])
    wrong += [f"{number}: no test {name}" for name in named if not fnmatch.filter(known, name) and
              not fnmatch.filter(known, name + ".*")]
    if not named:
        wrong.append(f"{number}: no test")
if rows == 0:
    wrong.append("no rows")
print("\n".join(wrong) if wrong else f"{rows} rows")
sys.exit(bool(wrong))
