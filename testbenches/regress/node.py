#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a node of a cluster runs: one element of a job array. node.py DIR ROUND INDEX

The element's tasks, one after another; the result of each is a file in DIR/inbox, which is there whole or
not at all. An element that was begun elsewhere before goes on behind what is there."""
import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile

sys.dont_write_bytecode = True

from pool import Pool
from words import UNFINISHED, Unfinished, say

INBOX, ROUNDS = "inbox", "slurm"


def round_file(out, number):
    return out / ROUNDS / f"round-{number}.json"


def result_file(out, task):
    return out / INBOX / f"{task['id']}.json"


def leave(out, task, row, seconds):
    path = result_file(out, task)
    new = path.with_suffix(f".{socket.gethostname()}-{os.getpid()}.new")
    with open(new, "w") as f:
        json.dump({"task": task["id"], "row": row, "seconds": seconds, "host": host()}, f)
        f.flush()
        os.fsync(f.fileno())
    new.replace(path)


def host():
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()


def main(out, number, index):
    out = pathlib.Path(out)
    job = json.loads(round_file(out, number).read_text())
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="ringwalk-regress-"))
    try:
        with Pool(1, pathlib.Path(job["build"]), scratch / "tasks") as pool:
            for task in job["elements"][int(index)]:
                if result_file(out, task).exists():
                    continue
                pool.begin(task)
                while pool.running:
                    for ended, row, seconds in pool.wait():
                        leave(out, ended, row, seconds)
                pool.leave(task)
    except (OSError, Unfinished) as e:
        say(f"{host()}: {e}")
        return UNFINISHED
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
