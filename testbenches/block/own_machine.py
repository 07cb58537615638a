#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk run --mmu-rtl DIR, --iommu-rtl DIR: builds the whole machine around somebody else's MMU or IOMMU,
or both (own_design.py, own_build.py), and becomes it. What they lack CPUID, CAP and ECAP do not say.

usage: own_machine.py RINGWALK [--mmu-rtl DIR] [--iommu-rtl DIR] [--rtl-build DIR] [options of ringwalk run] PROGRAM
"""
import os
import pathlib
import sys

import own_build
import own_design
from own_design import BLOCKS, DECLARATION, Design, refuse


def said_by_mmu(design):
    """-> options of run that say what the machine's MMU is"""
    away = design.away()
    if "pae" in design.lacks and "4-level" in design.lacks:
        away.append("-pae")
    options = ["--cpuid=" + ",".join(away)] if away else []
    return options + (["--own-mmu"] if design.mode == "legality" else [])


def said_by_iommu(design):
    options = ["--vtd=" + design.vtd()] if design.vtd() is not None else []
    return options + ([f"--own-iommu={design.in_flight}"] if design.mode == "legality" else [])


def main():
    ringwalk, arguments = pathlib.Path(sys.argv[1]), sys.argv[2:]
    own_design.command = "run"
    cache = own_build.take(arguments, "--rtl-build")
    designs, said = [], []
    for name, says in (("mmu", said_by_mmu), ("iommu", said_by_iommu)):
        folder = own_build.take(arguments, f"--{name}-rtl")
        if folder is None:
            continue
        if any(a.startswith(f"--own-{name[:1]}") for a in arguments):
            refuse(f"--own-{name} beside --{name}-rtl: {DECLARATION} says that")
        designs.append(Design(pathlib.Path(folder).resolve(), BLOCKS[name]))
        said += says(designs[-1])
    machine = own_build.build(own_build.machine(), designs, ringwalk, cache)
    os.execv(machine, [str(machine), "run", *arguments, *said])


if __name__ == "__main__":
    main()
