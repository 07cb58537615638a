#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and arms of the blocks' RTL ran, and which signals toggled, while a suite of ./rw regress ran.

lines.py [SUITE] [--build DIR] [--out DIR] [--add FILE]... [--all] [--no-page] [--json FILE] [-j N]

DIR is a build with RW_LINES, which ./rw lines makes. The suite's own verdict stands first: a failure is one here too.
FILE is a counts.dat of an earlier run of the same RTL, added to this one. --out gets counts.dat, lines.info and
toggles.info, and of each a page with the source (genhtml). Exit status 0; 1: the suite failed; 2: bad input.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import counts
import uncounted

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGRESS = ROOT / "testbenches/regress/regress.py"
FOLDER = "RW_LINES"       # the variable that cosim/shell/lines.hh looks at
SHOWN = 40


def refuse(text):
    print("lines: " + text, file=sys.stderr)
    sys.exit(2)


def parse(argv):
    p = argparse.ArgumentParser(prog="lines", usage=__doc__.split("\n\n")[1])
    p.error = refuse
    p.add_argument("suite", nargs="?", default="quick")
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build-lines")
    p.add_argument("--out", type=pathlib.Path)
    p.add_argument("--add", action="append", default=[])
    p.add_argument("--all", action="store_true")
    p.add_argument("--no-page", action="store_true")
    p.add_argument("--json")
    p.add_argument("-j", dest="jobs")
    args = p.parse_args(argv)
    args.build = args.build.resolve()
    args.out = (args.out or args.build / "lines").resolve()
    if not (args.build / "ringwalk").exists():
        refuse(f"{args.build / 'ringwalk'}: is not there; ./rw lines makes it")
    return args


def fold(folder, points):
    """What runs have left is added and goes: a run leaves some megabytes."""
    for path in sorted(folder.glob("*.dat")):
        counts.read(path, points)
        path.unlink()


def run_suite(args, points):
    """-> the regression's status"""
    regression = args.out / "regress"
    shutil.rmtree(regression, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=args.out) as folder:
        words = [sys.executable, "-B", str(REGRESS), args.suite, "--build", str(args.build), "--out", str(regression)]
        words += ["-j", args.jobs] if args.jobs else []
        process = subprocess.Popen(words, env={**os.environ, FOLDER: folder})
        while process.poll() is None:
            fold(pathlib.Path(folder), points)
            time.sleep(0.2)
        fold(pathlib.Path(folder), points)
    return process.returncode


def info_of_lines(files):
    for name, f in files.items():
        yield f"SF:{ROOT / name}"
        for line, arms in sorted(f.arms.items()):
            for n, (_, count) in enumerate(sorted(arms.items())):
                yield f"BRDA:{line},0,{n},{count}"
        yield from (f"DA:{line},{count}" for line, count in sorted(f.lines.items()))
        yield "end_of_record"


def info_of_toggles(files):
    """A line's count is that of its bit that toggled least."""
    for name, f in files.items():
        yield f"SF:{ROOT / name}"
        yield from (f"DA:{line},{min(bits.values())}" for line, bits in sorted(f.toggles.items()))
        yield "end_of_record"


def page(out, what, rows, *options):
    info = out / f"{what}.info"
    info.write_text("TN:\n" + "\n".join(rows) + "\n")
    target = out / what
    shutil.rmtree(target, ignore_errors=True)
    done = subprocess.run(["genhtml", "--quiet", *options, "--prefix", str(ROOT), "--title", f"Ringwalk: {what}",
                           "-o", str(target), str(info)], capture_output=True, text=True)
    if done.returncode:
        refuse(f"genhtml: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return target / "index.html"


def percent(reached, of):
    return f"{reached}/{of}" + (f" {100 * reached / of:5.1f} %" if of else "")


def runs(bits):
    """pa[3], pa[4], pa[5] -> pa[5:3]"""
    groups = collections.defaultdict(list)
    for bit in bits:
        name, _, n = bit.removesuffix("]").rpartition("[") if bit.endswith("]") and bit[:-1].rpartition("[")[2].isdigit() \
            else (bit, "", "")
        groups[name].append(int(n) if n else None)
    for name, at in groups.items():
        if at == [None]:
            yield name
            continue
        at.sort()
        first = last = at[0]
        for n in at[1:] + [None]:
            if n is not None and n == last + 1:
                last = n
                continue
            yield f"{name}[{last}:{first}]" if last != first else f"{name}[{first}]"
            first = last = n


def tell(files, everything):
    rows = [(name, *counts.scores(f)) for name, f in files.items()]
    total = [tuple(map(sum, zip(*(row[i] for row in rows)))) or (0, 0) for i in (1, 2, 3)]
    print(f"{'file':34}{'lines':>18}{'arms of branches':>20}{'bits that toggle':>20}")
    for name, *parts in rows + [("all", *total)]:
        print(f"{name:34}{percent(*parts[0]):>18}{percent(*parts[1]):>20}{percent(*parts[2]):>20}")
    never = [f"{name}:{line}: {source(name)[line - 1].strip()}" for name, f in files.items()
             for line, count in sorted(f.lines.items()) if count == 0]
    still = [f"{name}:{line}: {bit}" for name, f in files.items() for line, bits in sorted(f.toggles.items())
             for bit in runs(sorted(b for b, count in bits.items() if count == 0))]
    for what, found in (("lines that never ran", never), ("signals that never toggled", still)):
        print(f"{what}: {len(found) or 'none'}")
        for row in found if everything else found[:SHOWN]:
            print("  " + row)
        if len(found) > SHOWN and not everything:
            print(f"  {len(found) - SHOWN} more (--all, or the page)")
    return total, never, still


def source(name, kept={}):
    if name not in kept:
        kept[name] = (ROOT / name).read_text().splitlines() + [""]
    return kept[name]


def main(argv):
    args = parse(argv)
    points = collections.Counter()
    try:
        for path in args.add:
            counts.read(path, points)
        args.out.mkdir(parents=True, exist_ok=True)
        status = run_suite(args, points)
        if status not in (0, 1):
            return status
        silent = uncounted.of(points, args.build)
        said = {point: count for point, count in points.items() if point not in silent}
        files = {name: f for name, f in counts.by_file(said, str(ROOT)).items()
                 if name.startswith("rtl/")}
        if not files:
            refuse(f"{args.build}: counted nothing; it was built without RW_LINES")
        counts.write(args.out / "counts.dat", points)
        total, never, still = tell(files, args.all)
        print(f"not known of {len(silent)} points, which Verilator does not count")
        if not args.no_page:
            print(f"lines    {page(args.out, 'lines', info_of_lines(files), '--branch-coverage')}")
            print(f"toggles  {page(args.out, 'toggles', info_of_toggles(files))}")
        if args.json:
            report = {"files": {name: dict(zip(("lines", "arms", "toggles"), counts.scores(f))) for name, f in files.items()},
                      "all": dict(zip(("lines", "arms", "toggles"), total)), "never_ran": never, "never_toggled": still}
            pathlib.Path(args.json).write_text(json.dumps(report, indent=1) + "\n")
    except counts.Bad as e:
        refuse(str(e))
    except OSError as e:
        refuse(f"{e.filename}: {e.strerror}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
