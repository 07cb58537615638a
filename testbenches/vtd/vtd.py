#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The IOMMU's outside judge: one guest of random structures, invalidations, messages and DMA on QEMU's intel-iommu
and on the golden model, case by case (docs/benches.md "The IOMMU on QEMU").

vtd.py RINGWALK QEMU IMAGE [--seeds FROM TO] [--cases N] [--lockstep N] [--keep DIR] [--rows]
Exit status: 0 agreed, 1 mismatch, 2 bad use or no QEMU.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import known
import lines
from judge import Differs, Judge, whole
from reading import Machine

# Time is counted in instructions, a microsecond each: edu's 100 ms of a DMA are soon over, and a run repeats.
QEMU_MACHINE = ["-cpu", "max", "-m", "256", "-display", "none", "-monitor", "none", "-nodefaults", "-no-reboot",
                "-machine", "q35", "-accel", "tcg", "-icount", "shift=10,sleep=off",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
AWAY = "-plmr,-phmr,-57,-zlr,records=1"  # what QEMU's unit has not


def refuse(text):
    print("vtd: " + text, file=sys.stderr)
    sys.exit(2)


def machine_of(seed):
    """Both widths, with and without device-TLBs and EIME."""
    return Machine(aw=48 if seed % 3 else 39, dt=seed % 4 == 0, eim=seed % 5 == 0)


def append(seed, cases, machine):
    return f"seed={seed} cases={cases} aw={machine.aw}"


def on_qemu(options, seed, cases, console):
    machine = machine_of(seed)
    unit = f"intel-iommu,intremap=on,aw-bits={machine.aw}" + (",device-iotlb=on" if machine.dt else "")
    unit += ",eim=on,x-buggy-eim=on" if machine.eim else ""
    command = [options.qemu, *QEMU_MACHINE, "-serial", f"file:{console}", "-device", unit,
               "-device", "edu,addr=02.0,dma_mask=0xffffffffffffffff", "-kernel", options.image,
               "-append", append(seed, cases, machine)]
    try:
        ended = subprocess.run(command, timeout=60 + cases // 50, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired as late:
        raise Differs(f"QEMU came to no end within {late.timeout:.0f} s") from late
    if ended.returncode != 1:
        raise Differs(f"QEMU ended with {ended.returncode}: {ended.stderr[:300]}")
    return console.read_text()


def ringwalk(options, what, seed, cases):
    machine = machine_of(seed)
    away = AWAY + ("" if machine.dt else ",-dt") + ("" if machine.aw == 48 else ",-48") + ("" if machine.eim else ",-eim")
    command = [options.ringwalk, *what, options.image, "--append", append(seed, cases, machine), "--vtd", away]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise Differs(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout[-1500:]}{ended.stderr[-500:]}")
    return ended.stdout


def cut(text):
    """A run's console: up to its end line."""
    return text[:text.index("\nend\n") + 5] if "\nend\n" in text else text


def one(options, seed, totals):
    keep = pathlib.Path(options.keep)
    model = ringwalk(options, ["model"], seed, options.cases)
    qemu = on_qemu(options, seed, options.cases, keep / f"qemu-{seed}")
    (keep / f"model-{seed}").write_text(model)
    judge = Judge(machine_of(seed))
    try:
        totals["cases"] += whole(judge, lines.read(cut(model)), lines.read(cut(qemu)))
    finally:
        for name, n in judge.rows.items():
            totals["rows"][name] = totals["rows"].get(name, 0) + n
        for key, n in judge.kinds.items():
            totals["kinds"][key] = totals["kinds"].get(key, 0) + n


def lockstep(options, seed):
    """The same guest on the RTL: the scoreboard compares, and the console is the model's."""
    run = cut(ringwalk(options, ["run", "--no-bundle"], seed, options.lockstep))
    if run != cut(ringwalk(options, ["model"], seed, options.lockstep)):
        raise Differs("in lockstep the guest prints something else than on the model alone")


def report(totals, seconds):
    print(f"cases: {totals['cases']}, in lockstep: {totals['lockstep']}, seconds: {seconds:.1f}")
    for kind in ("dma", "message", "queue", "events"):
        found = {name: n for (k, name), n in totals["kinds"].items() if k == kind}
        print(f"{kind}: " + ", ".join(f"{name} {found[name]}" for name in sorted(found, key=lambda n: (len(n), n))))
    print("known differences of QEMU: " +
          ", ".join(f"{row.name} {totals['rows'].get(row.name, 0)}" for row in known.ROWS))


def seeds_of(options):
    first, last = options.seeds
    if first < 0 or last < first or options.cases < 1 or options.lockstep < 0:
        refuse("--seeds FROM TO wants 0 <= FROM <= TO, --cases at least 1, --lockstep at least 0")
    return range(first, last + 1)


def run(options):
    totals = {"cases": 0, "lockstep": 0, "rows": {}, "kinds": {}}
    begun, verdict = time.monotonic(), 0
    for seed in seeds_of(options):
        try:
            one(options, seed, totals)
            if options.lockstep:
                lockstep(options, seed)
                totals["lockstep"] += options.lockstep
        except Differs as difference:
            print(f"seed {seed} (aw-bits {machine_of(seed).aw}): {difference}")
            print(f"  to reproduce: ./rw vtd --seeds {seed} {seed} --cases {options.cases}")
            verdict = 1
            break
    report(totals, time.monotonic() - begun)
    print("verdict: " + ("mismatch" if verdict else "agreed"))
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = refuse
    parser.add_argument("ringwalk", help=argparse.SUPPRESS)
    parser.add_argument("qemu", help=argparse.SUPPRESS)
    parser.add_argument("image", help=argparse.SUPPRESS)
    parser.add_argument("--seeds", nargs=2, type=int, default=[1, 4], metavar=("FROM", "TO"), help="(1 4)")
    parser.add_argument("--cases", type=int, default=2000, help="of one seed (2000)")
    parser.add_argument("--lockstep", type=int, default=0, metavar="N", help="the first N cases of a seed on the RTL too")
    parser.add_argument("--keep", metavar="DIR", help="where the consoles of both stay")
    parser.add_argument("--rows", action="store_true", help="the known differences of QEMU, and end")
    options = parser.parse_args()
    if options.rows:
        for row in known.ROWS:
            print(f"{row.name}: {row.what}\n    {row.source}")
        return 0
    if shutil.which(options.qemu) is None:
        refuse(f"no {options.qemu} here; on Debian: apt-get install qemu-system-x86")
    if not pathlib.Path(options.image).is_file():
        refuse(f"{options.image} is not there")
    if not options.keep:
        with tempfile.TemporaryDirectory() as options.keep:
            return run(options)
    try:
        pathlib.Path(options.keep).mkdir(parents=True, exist_ok=True)
    except OSError as e:
        refuse(f"{options.keep}: {e.strerror}")
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
