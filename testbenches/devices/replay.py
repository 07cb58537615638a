#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random accesses to one device, on QEMU and on the golden model's board, compared value by value.

replay.py BOARD QEMU [--seeds FROM TO] DEVICE...   the devices are the files seq_*.py
replay.py BOARD QEMU --known                       what differs and why: each row of known.py must be so
"""
import argparse
import importlib
import pathlib
import random
import sys

import known
from qtest import Both, Differs
from timed import Timed

HERE = pathlib.Path(__file__).parent
DEVICES = sorted(p.stem.removeprefix("seq_") for p in HERE.glob("seq_*.py"))


def one(options, device, seed):
    module = importlib.import_module(f"seq_{device}")
    both = module.SIDES(options.board, options.qemu)
    try:
        module.sequence(both, random.Random(f"{device} {seed}"))
        both.finish()
    except Differs as difference:
        print(f"{device}, seed {seed}, read {both.reads}: {difference}; before it:")
        print("\n".join("  " + line for line in both.log[-30:]))
        return None
    finally:
        both.close()
    return both.reads


def timed_answers(options, accesses):
    """Of QEMU and the board, to the last access."""
    both = Timed(options.board, options.qemu)
    for word in accesses:
        kind, *numbers = word.split()
        getattr(both, kind)(*[int(n, 0) for n in numbers])
    both.close()
    return [both.answers()[-1], both.expected[-1][0]]


def answers(options, accesses):
    both = Both(options.board, options.qemu)
    last = [[side.say(word) for word in accesses][-1] for side in (both.qemu, both.board)]
    both.close()
    return last


def rows(options):
    bad = 0
    for row in known.ROWS:
        accesses = row.accesses.split("; ")
        timed = any(word.startswith("step") for word in accesses)
        said = (timed_answers if timed else answers)(options, accesses)
        if said != [row.qemu, row.board]:
            print(f"{row.what}: QEMU {said[0]:#x}, board {said[1]:#x}")
            bad += 1
    print(f"{len(known.ROWS)} known differences, {bad} not as they are described")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board")
    parser.add_argument("qemu")
    parser.add_argument("--seeds", nargs=2, type=int, default=[1, 20], metavar=("FROM", "TO"))
    parser.add_argument("--known", action="store_true")
    parser.add_argument("device", nargs="*")
    options = parser.parse_intermixed_args()
    if options.known:
        sys.exit(rows(options) != 0)
    failed = False
    for device in options.device or DEVICES:
        counts = [one(options, device, seed) for seed in range(options.seeds[0], options.seeds[1] + 1)]
        failed |= None in counts
        good = [c for c in counts if c is not None]
        print(f"{device}: {len(good)} of {len(counts)} sequences agree, {sum(good)} reads")
    sys.exit(failed)


if __name__ == "__main__":
    main()
