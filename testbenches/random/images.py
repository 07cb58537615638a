#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Guest images with a few bytes changed at random, in lockstep: the cheapest stimulus there is.

images.py [--seeds FROM TO] [--changes N] [--instructions N] [--keep DIR] RINGWALK IMAGE...

Image number SEED is IMAGE[SEED % count] with 1 to --changes bytes of its loaded segments replaced,
most of them where its code is; the ELF and Multiboot headers stay, so that nearly every image starts.
Each runs for --instructions in lockstep; a difference, a crash or a run that does not end is a failure
and its image is kept. The last line is "N images, M failed"; exit status 1 unless M is 0.
"""
import argparse
import concurrent.futures
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

MULTIBOOT_MAGIC = struct.pack("<I", 0x1BADB002)
MULTIBOOT_HEADER = 48
EXPECTED = {0: "agreed", 3: "limit or hang", 4: "the guest failed"}
SECONDS = 120


def refuse(text):
    print("images: " + text, file=sys.stderr)
    sys.exit(2)


def segments(image):
    """-> [(file offset, bytes, executable)] of an ELF32 image's loaded segments"""
    if image[:5] != b"\x7fELF\x01":
        refuse("takes ELF32 images")
    offset, = struct.unpack_from("<I", image, 28)
    size, count = struct.unpack_from("<HH", image, 42)
    found = []
    for i in range(count):
        kind, at, _, _, length, _, flags, _ = struct.unpack_from("<8I", image, offset + i * size)
        if kind == 1 and length:
            found.append((at, length, flags & 1))
    return found


def change(image, seed, changes):
    rng = random.Random(seed)
    out = bytearray(image)
    header = image.find(MULTIBOOT_MAGIC)
    loaded = segments(image)
    first = 52 + 32 * len(loaded)
    for _ in range(rng.randint(1, changes)):
        at, length, _ = rng.choice([s for s in loaded if s[2]] if rng.random() < 0.9 else loaded)
        # Half of the changes come early, where the first instructions run.
        reach = min(length, 4096) if rng.random() < 0.5 else length
        where = at + rng.randrange(reach)
        if where < first or header <= where < header + MULTIBOOT_HEADER:
            continue
        out[where] = rng.randrange(256)
    return bytes(out)


def run_one(args, work, seed):
    path = args.images[seed % len(args.images)]
    broken = pathlib.Path(work) / f"{path.stem}-{seed}.elf"
    broken.write_bytes(change(path.read_bytes(), seed, args.changes))
    command = [args.ringwalk, "run", str(broken), "--no-bundle", "--quiet", "--seed", str(seed),
               "--max-instructions", str(args.instructions), "--max-cycles",
               str(20 * args.instructions), "--wait-states", str(seed % 4)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=SECONDS)
        status, said = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        status, said = None, f"no end within {SECONDS} s"
    good = status in EXPECTED or (status == 2 and "ringwalk:" in said)  # refused, in one line
    if good:
        broken.unlink()
        return None
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        broken.replace(args.keep / broken.name)
    return f"seed {seed} ({path.name}, status {status}):\n{said.strip()[:700]}"


def main():
    parser = argparse.ArgumentParser(prog="images.py")
    parser.add_argument("ringwalk")
    parser.add_argument("images", nargs="+", type=pathlib.Path)
    parser.add_argument("--seeds", nargs=2, type=int, default=(1, 100), metavar=("FROM", "TO"))
    parser.add_argument("--changes", type=int, default=8)
    parser.add_argument("--instructions", type=int, default=20000)
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("fuzz-images"))
    parser.error = refuse
    args = parser.parse_args()
    seeds = range(args.seeds[0], args.seeds[1] + 1)
    failed = 0
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(2) as pool:
        for said in pool.map(lambda seed: run_one(args, work, seed), seeds):
            if said:
                failed += 1
                print(said, flush=True)
    print(f"{len(seeds)} images, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
