# SPDX-License-Identifier: Apache-2.0
"""Bins of functional coverage (docs/coverage-bins.md): what a task reached, what a run did."""
import json
import subprocess

TITLE = "ringwalk coverage 1"


def read(path):
    """-> {"group\\tbin": count} of a file of --coverage; of none, or of half a one: nothing"""
    try:
        lines = path.read_text().split("\n")
    except OSError:
        return {}
    if lines[0] != TITLE or lines[-1]:
        return {}
    rows = (line.rpartition("\t") for line in lines[1:-1])
    return {name: int(count) for name, _, count in rows}


def write(path, reached):
    text = "".join(f"{name}\t{count}\n" for name, count in reached.items())
    path.write_text(f"{TITLE}\n{text}")


class Coverage:
    """Of a run: rows (group, bins, reached), those never reached, those that an earlier run had reached."""

    def __init__(self, build, path, reached, before):
        write(path, reached)
        said = subprocess.run([build / "ringwalk", "coverage", path, "--json", "-"], capture_output=True, text=True)
        groups = json.loads(said.stdout) if said.returncode == 0 else {}
        self.why = "" if groups else (said.stderr.strip().splitlines() or ["ringwalk coverage failed"])[-1]
        self.rows = [(name, g["bins"], g["hit"]) for name, g in groups.items() if isinstance(g, dict)]
        self.never = [f"{name}: {b}" for name, g in groups.items() if isinstance(g, dict) for b in g["never"]]
        self.bins, self.reached = sum(r[1] for r in self.rows), sum(r[2] for r in self.rows)
        self.lost = [name.replace("\t", ": ").replace("/", ", ") for name in before or {} if name not in reached]
        self.gained = sum(name not in before for name in reached) if before is not None else None
