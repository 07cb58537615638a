#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every signal of the saved views (waves/*.gtkw) is in the wave, with the width that the view names,
in the whole machine and in each block's own bench, and every translation file that a view names is there.

views.py RINGWALK PROGRAM WAVES_DIR; exit status 1 when one is not.
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def signals(fst):
    """-> the full names of an FST's signals, each as a view writes it: with its range"""
    vcd = subprocess.run(["fst2vcd", "-f", str(fst)], capture_output=True, text=True, check=True)
    scope, found = [], set()
    for line in vcd.stdout.splitlines():
        words = line.split()
        if line.startswith("$scope"):
            scope.append(words[2])
        elif line.startswith("$upscope"):
            scope.pop()
        elif line.startswith("$var"):
            name = ".".join(scope + [words[4]])
            found.add(name + words[5] if words[5] != "$end" else name)
        elif line.startswith("$enddefinitions"):
            break
    return found


def missing(view, there, place=None, own=None):
    """-> lines of a view whose signal is not there"""
    bad = []
    for line in view.read_text().splitlines():
        if not line.startswith(("TOP.", "records.")):
            continue
        if place and line.startswith(place):
            line = own + line[len(place):]
        elif place:
            continue  # what lies outside the block its own bench does not have
        if line not in there:
            bad.append(f"{view.name}: {line} is not in the wave")
    return bad


def main():
    ringwalk, program, waves = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    bad = []
    with tempfile.TemporaryDirectory() as work:
        fst = pathlib.Path(work) / "wave.fst"
        ends = ["--wave", str(fst), "--wave-to", "20", "--no-bundle", "--quiet"]
        subprocess.run([ringwalk, "run", program, "--max-cycles", "40"] + ends,
                       stdout=subprocess.DEVNULL)
        whole = signals(fst)
        for view in sorted(waves.glob("*.gtkw")):
            bad += missing(view, whole)
            for name in re.findall(r"^\^>?\d+ (.*)$", view.read_text(), re.M):
                if not pathlib.Path(name).exists() and not (waves / name).exists():
                    bad.append(f"{view.name}: {name} is not there")
        for block, place in (("mmu", "TOP.soc_top.u_cpu.u_mmu."), ("iommu", "TOP.soc_top.u_iommu."),
                             ("bus", "TOP.soc_top.u_bus.")):
            subprocess.run([ringwalk, block, "--requests", "10"] + ends, stdout=subprocess.DEVNULL)
            own = signals(fst)
            bad += missing(waves / f"{block}.gtkw", own, place, f"TOP.{block}_top.u_{block}.")
            bad += missing(waves / "sides.gtkw", own)
    print("\n".join(bad) or "every signal of every view is in the wave")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
