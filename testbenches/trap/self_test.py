#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk trap notices what it is there for, and takes bad use with one line: self_test.py RINGWALK"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import cells  # noqa: E402
import judge  # noqa: E402
import matrix  # noqa: E402
import runs  # noqa: E402
import show  # noqa: E402

RINGWALK = sys.argv[1]
failed = 0


def expect(what, good):
    global failed
    if not good:
        print("wrong: " + what)
        failed += 1


def came_of(*rows):
    chosen = [c for insn in rows for c in cells.cells_of(insn)]
    with tempfile.TemporaryDirectory() as work:
        return runs.run(RINGWALK, chosen, pathlib.Path(work), runs.build_of(RINGWALK) / "trap")


def row(name):
    return next(i for i in matrix.INSNS if i.name == name)


def wrong_of(name, **change):
    """What is said when the row is another one than what ran."""
    insn = row(name)
    changed = insn._replace(**change)
    came = {cell._replace(insn=changed): c for cell, c in came_of(insn).items()}
    return judge.judge([changed], came).wrong


# --- a statement that is not so fails -------------------------------------------------------------
expect("as it is nothing is wrong", not wrong_of("RDTSC"))
expect("a check left out", len(wrong_of("RDTSC", checks=())) == 9)
expect("another outcome", len(wrong_of("CLAC", checks=(matrix.CPL0,))) == 9)
expect("another order", len(wrong_of("MOV r, DR4", checks=(matrix.CPL0, matrix.BY_DE, matrix.BY_GD))) == 18)
expect("a check too many", len(wrong_of("CPUID", checks=(matrix.CPL0,))) == 9)
expect("what is silent left out", len(wrong_of("VERR", silent=())) == 9)
expect("silent where nothing is", len(wrong_of("MOV r, DS", silent=matrix.shows_cpl("ax"))) == 9)
expect("IOPL is kept too", len(wrong_of("POPF", silent=matrix.KEEPS_FLAGS[:1])) == 36)

# --- a cell that did not begin as it says, or was not reached --------------------------------------
sti = cells.cells_of(row("STI"))
lines = [{"cpl": "2", "mode": "3"}, {"ucode": ("sti",), "rflags": "202"}]
try:
    runs.read(lines, 1, next(c for c in sti if c.ring == 3))
    expect("another ring is noticed", False)
except runs.Mismatch as e:
    expect("another ring is noticed", "began at ring 2" in str(e))

# --- Popek and Goldberg ---------------------------------------------------------------------------
rows = [row(n) for n in ("SGDT", "IN DX", "POPF", "HLT", "MOV DS, r", "UD2")]
found = judge.judge(rows, came_of(*rows))
mends = {b.insn.name: show.mend_text(b) for b in found.breaches}
expect("who breaks it, and what mends it", mends == {
    "SGDT": "CR4.UMIP = 1", "POPF": "nothing",
    "IN DX": "IOPL = 0, I/O map = none or IOPL = 0, I/O map = denies"})


# --- the command line -----------------------------------------------------------------------------
def said(*args):
    done = subprocess.run([RINGWALK, "trap", *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


for args, line in ((("SGTD",), "ringwalk: trap: 'SGTD' is not in the matrix; near it: SGDT"),
                   (("qqqq",), "ringwalk: trap: 'qqqq' is not in the matrix; ringwalk trap lists it"),
                   (("--page", "CLI"), "ringwalk: trap: --page is of the whole matrix"),
                   (("--draw", "3"), "ringwalk: trap: --draw takes a number from 1 on, and goes with --on"),
                   (("--on", "paper"), "ringwalk: trap: argument --on"),
                   (("CLI", "--json", "/nowhere/x"), "ringwalk: trap: /nowhere/x: cannot be written"),
                   (("--frob",), "ringwalk: trap: unrecognized arguments: --frob")):
    status, _, error = said(*args)
    expect(f"{' '.join(args)}: {error}", status == 2 and error.startswith(line) and error.count("\n") == 1)
status, text, _ = said("rdtsc")
expect("an instruction's cells", status == 0 and "decides CR4.TSD = 0 or CPL = 0: no" in text and
       "microcode: rdtsc tsd_check gp0 deliver" in text)
status, text, _ = said("MOV R, cr0", "--json", "-")
expect("JSON alone", status == 0 and len(json.loads(text)["instructions"][0]["cells"]) == 12)
status, text, _ = said("sgdt")
expect("a first word", status == 0 and text.startswith("SGDT"))
print(f"{failed} wrong")
sys.exit(bool(failed))
