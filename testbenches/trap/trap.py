#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ringwalk trap [INSN] [options]: the trap matrix.

Each privileged and each sensitive instruction at rings 0 to 3, in 64-bit, compatibility and legacy
32-bit code, under each control that matters: run on the RTL and on the model in lockstep. Without
INSN the whole table; with one (a name of the table, or its first word) its cells: the checks in the
order of the manual, the one that decided, the microcode.

  --json FILE  all of it as one object, - is standard output
  --page       docs/trap-matrix.md on standard output
  --on JUDGE   the cells on a judge from outside: host (this machine's processor, what a process can
               ask of it), qemu, bochs (each instruction against the model)
  --draw N     with it: N cells only, drawn by --seed S (1)

Exit status: 0 every cell is what the checks predict, 1 RTL and model differ or a cell is not, 2 bad use.
"""
import argparse
import difflib
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
import cells  # noqa: E402
import judge  # noqa: E402
import matrix  # noqa: E402
import outside  # noqa: E402
import runs  # noqa: E402
import show  # noqa: E402


def refuse(text):
    print("ringwalk: " + text, file=sys.stderr)
    sys.exit(2)


def chosen_by(wanted):
    """The rows that a name means."""
    if wanted is None:
        return matrix.INSNS
    key = wanted.lower()
    exact = [i for i in matrix.INSNS if i.name.lower() == key]
    rows = exact or [i for i in matrix.INSNS if i.name.lower().split()[0].rstrip(",") == key]
    if rows:
        return rows
    names = sorted({n for i in matrix.INSNS for n in (i.name.lower(), i.name.lower().split()[0])})
    near = difflib.get_close_matches(key, names, 4, 0.5)
    refuse(f"trap: '{wanted}' is not in the matrix" + (f"; near it: {', '.join(near).upper()}" if near else
                                                       "; ringwalk trap lists it"))


def ask_outside(args, chosen):
    build = runs.build_of(args.ringwalk)
    tool = build / ("trap_host" if args.on == "host" else "steps")
    if not tool.exists():
        refuse(f"trap: {tool} is not there; ./rw build makes it")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        if args.on == "host":
            asked, notes, wrong = outside.on_host(tool, chosen, args.draw, args.seed, work)
        else:
            drawn = outside.draw(chosen, args.draw, args.seed)
            asked, notes, wrong = outside.on_emulator(args.on, tool, drawn, work, build / "trap")
    for text in wrong:
        print(text)
    for note, count in notes.items():
        if count:
            print(f"{note}: {count}")
    print(f"{args.on}: {asked} cells asked, {len(wrong)} disagree")
    return 1 if wrong or not asked else 0


def main():
    parser = argparse.ArgumentParser(prog="ringwalk trap", add_help=False)
    parser.add_argument("ringwalk")
    parser.add_argument("insn", nargs="*")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--on", choices=("host", "qemu", "bochs"))
    parser.add_argument("--draw", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--help", action="store_true")
    parser.error = lambda text: refuse(f"trap: {text}; --help lists the options")
    args = parser.parse_intermixed_args()
    if args.help:
        print(__doc__.strip())
        return 0
    wanted = " ".join(args.insn) or None
    if args.page and wanted:
        refuse("trap: --page is of the whole matrix")
    rows = chosen_by(wanted)
    for tool in ("gcc", "objcopy", "nm"):
        if shutil.which(tool) is None:
            refuse(f"{tool}: cannot be executed")
    chosen = [c for insn in rows for c in cells.cells_of(insn)]
    if args.draw is not None and (args.draw < 1 or not args.on):
        refuse("trap: --draw takes a number from 1 on, and goes with --on")
    try:
        if args.on:
            return ask_outside(args, chosen)
        with tempfile.TemporaryDirectory() as work:
            came = runs.run(args.ringwalk, chosen, pathlib.Path(work), runs.build_of(args.ringwalk) / "trap")
    except runs.Mismatch as e:
        print(f"ringwalk trap: {e}", file=sys.stderr)
        return 1
    except RuntimeError as e:
        refuse(f"trap: {e}")
    found = judge.judge(rows, came)
    if args.json != "-":
        print(show.page(found) if args.page else show.cells_of(found) if wanted else show.table(found))
    if args.json:
        try:
            show.write_json(args.json, found)
        except OSError as e:
            refuse(f"trap: {args.json}: cannot be written: {e.strerror}")
    for text in found.wrong:
        print("ringwalk trap: " + text, file=sys.stderr)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(2)
