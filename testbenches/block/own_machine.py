#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk run --mmu-rtl DIR: builds the whole machine around somebody else's MMU and becomes it.

DIR is what `ringwalk mmu --rtl` takes (own_rtl.py, docs/your-own-rtl.md). What it lacks CPUID does
not say (--cpuid). Nothing is written but below the cache folder.

usage: own_machine.py RINGWALK [--mmu-rtl DIR] [--rtl-build DIR] [options of ringwalk run] PROGRAM
"""
import fcntl
import os
import pathlib
import sys

import own_rtl
from own_rtl import BLOCKS, ROOT, refuse, run

# What a design lacks, and the features of the processor that go with it (--cpuid). The others no
# bit of CPUID says: a program must not use them. PAE is a feature of long mode too.
FEATURES = {"pse": "-pse", "4-level": "-lm", "5-level": "-la57", "1g": "-pdpe1gb", "pse36": "-pse36",
            "pat": "-pat", "mtrr": "-mtrr", "pcid": "-pcid", "global": "-pge", "smep": "-smep", "smap": "-smap",
            "pku": "-pku", "pks": "-pks", "nx": "-nx"}


def verilog(design, rows):
    """The machine's files but for its own MMU: packages, the design, the rest in its order."""
    packages = [str(ROOT / p) for p in BLOCKS["mmu"].packages]
    own = {p.name for p in design.sources}
    rest = [p for p in rows["verilog"] if p not in packages and pathlib.Path(p).parent != ROOT / "rtl/mmu"]
    return [p for p in packages if pathlib.Path(p).name not in own], rest


def verilate(design, work, rows):
    there = own_rtl.check_ports(design, work)
    own_rtl.write_adapter(design, there, work / "mmu_own.sv")
    own_rtl.note(f"building the machine around {design.folder} in {work}; this takes some minutes")
    packages, rest = verilog(design, rows)
    language = design.verilator()
    arguments = [a for a in language if str(a).startswith(("+", "-"))]
    done = run(["verilator", "--cc", "--trace-fst", "--trace-structs", "-Wno-fatal", "-O3", "--assert", "--x-assign",
                "unique", "--x-initial", "unique", "--output-split", "20000", "--output-split-cfuncs", "500",
                "-CFLAGS", "-DVL_TIME_CONTEXT", "-DMMU_OWN", "--top-module", "soc_top", "--Mdir", work, *arguments,
                *packages, *design.sources, work / "mmu_own.sv", *rest])
    if done.returncode != 0:
        refuse(f"{design.folder}: does not build: {own_rtl.first_error(done.stderr)}")
    (work / "warnings").write_text(done.stderr)
    cxx = rows["cxx"][0]
    done = run(["make", "-s", f"-j{os.cpu_count()}", "-C", work, "-f", "Vsoc_top.mk", f"CXX={cxx}", f"LINK={cxx}",
                "OPT_FAST=-O2", "OPT_SLOW=-O1", "OPT_GLOBAL=-O2", "Vsoc_top__ALL.a"])
    if done.returncode != 0:
        refuse(f"{work}: make failed: {(done.stderr.strip().splitlines() or ['?'])[0]}")
    (work / "verilated").touch()


def link(work, rows, machine):
    root = run(["verilator", "--getenv", "VERILATOR_ROOT"]).stdout.strip()
    done = run([rows["cxx"][0], "-std=c++17", "-DVL_TIME_CONTEXT", "-DSC_INCLUDE_DYNAMIC_PROCESSES", "-w",
                *rows["flags"][0].split(), f"-I{work}", f"-I{root}/include", f"-I{root}/include/vltstd",
                *(f"-I{i}" for i in rows["include"]), ROOT / "cosim/shell/verilated_soc.cc", "-Wl,--start-group",
                *rows["link"], work / "Vsoc_top__ALL.a", "-Wl,--end-group",
                *(f"-l{name}" for name in rows["libs"][0].split()), "-o", f"{machine}.new"])
    if done.returncode != 0:
        refuse(f"{work}: the machine does not link: {(done.stderr.strip().splitlines() or ['?'])[0]}")
    for old in work.glob("ringwalk-*"):
        if not old.name.endswith(".new"):
            old.unlink()
    os.rename(f"{machine}.new", machine)


def build(design, ringwalk, cache):
    """-> the machine, built now or found in the cache"""
    rows = own_rtl.link_file(ringwalk, "machine.link")
    version = run(["verilator", "--version"]).stdout.encode()
    try:
        parts = [(str(p.relative_to(design.folder)), p.read_bytes()) for p in design.files()]
        parts += [(p, pathlib.Path(p).read_bytes()) for p in rows["verilog"]]
        parts += [(p.name, p.read_bytes()) for p in sorted((ROOT / "cosim/shell").glob("*.*"))]
        parts += [("verilator", version), ("script", pathlib.Path(__file__).read_bytes()),
                  ("adapter", pathlib.Path(own_rtl.__file__).read_bytes()), ("folder", str(design.folder).encode())]
        work = (cache / "machine" / own_rtl.digest(parts)).resolve()
        machine = work / ("ringwalk-" + own_rtl.digest([(p, pathlib.Path(p).read_bytes()) for p in rows["link"]]))
        work.mkdir(parents=True, exist_ok=True)
        with open(work / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (work / "verilated").exists():
                verilate(design, work, rows)
            if not machine.exists():
                link(work, rows, machine)
    except OSError as e:
        refuse(f"{e.filename}: {e.strerror}")
    return machine


def main():
    ringwalk, arguments = pathlib.Path(sys.argv[1]), sys.argv[2:]
    own_rtl.command = "run"
    cache, folder = own_rtl.cache_folder(own_rtl.take(arguments, "--rtl-build")), own_rtl.take(arguments, "--mmu-rtl")
    if any(a.startswith("--own-m") for a in arguments):
        refuse(f"--own-mmu beside --mmu-rtl: {own_rtl.DECLARATION} says that")
    design = own_rtl.Design(pathlib.Path(folder).resolve())
    machine = build(design, ringwalk, cache)
    sys.stderr.write((machine.parent / "warnings").read_text())
    sys.stderr.flush()
    away = [FEATURES[name] for name in design.lacks if name in FEATURES]
    if "pae" in design.lacks and "4-level" in design.lacks:
        away.append("-pae")
    if away:
        arguments.append("--cpuid=" + ",".join(away))
    if design.mode == "legality":
        arguments.append("--own-mmu")
    os.execv(machine, [str(machine), "run", *arguments])


if __name__ == "__main__":
    main()
