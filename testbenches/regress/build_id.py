# SPDX-License-Identifier: Apache-2.0
"""Of which build a run's results are: a run goes on with no other."""
import hashlib
import pathlib
import subprocess

import commands
from tasks import designs as designs_of

TOOLS = ("ringwalk", "block_mmu", "block_iommu", "block_bus", "randgen")
SCRIPTS = (commands.RANDOM, commands.EVENTS)


def files(build, tasks):
    yield from (build / name for name in TOOLS)
    yield from SCRIPTS
    yield from sorted({pathlib.Path(t["program"]) for t in tasks if "program" in t})
    yield from (commands.EVENTS.parent / (t + ".py") for t in
                sorted({t["name"] for t in tasks if t["kind"] == "events"}))
    for folder in designs_of(tasks):
        yield from sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file())


def digest(build, tasks):
    h = hashlib.sha256()
    for path in files(build, tasks):
        try:
            h.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
        except OSError:
            h.update(path.name.encode())
    return h.hexdigest()[:24]


def commit():
    done = subprocess.run(["git", "-C", str(commands.HERE), "describe", "--always", "--dirty"], capture_output=True,
                          text=True)
    return done.stdout.strip()
