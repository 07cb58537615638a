# SPDX-License-Identifier: Apache-2.0
"""The tasks of a suite: the product of what its entries list.

A task is a plain dict, so that it can go into a database, to another machine and back. Its key says
all that decides its result but the build; in it a parameter stands by its name, so that runs
with different values of it can be compared.
"""
import pathlib

from words import Refused

EVENTS = pathlib.Path(__file__).resolve().parent.parent / "events"
OF_DESIGNS = ("mmu", "iommu")  # benches


def key_of(task, *more):
    words = [task["kind"], task["name"], *more]
    if "seed" in task:
        words.append(f"seed={task['seed']}")
    if "waits" in task:
        words.append(f"waits={task['waits']}")
    return " ".join(words)


def folder_of(suite, design, where):
    folder = suite.fill(design)
    if not folder:
        return ""
    path = (pathlib.Path.cwd() / folder).resolve()
    if not path.is_dir():
        raise Refused(f"{where}: no design '{design}': {path} is no folder")
    return str(path)


def machines(suite, row, where):
    """-> (what the key says, folders by block): whose MMU and IOMMU stand in the machine"""
    for mmu in row["mmu-designs"]:
        for iommu in row["iommu-designs"]:
            said = [f"{block}-rtl={design}" for block, design in (("mmu", mmu), ("iommu", iommu)) if design]
            yield said, {"mmu": folder_of(suite, mmu, where), "iommu": folder_of(suite, iommu, where)}


def programs(suite, row, where, build):
    for name in row["names"]:
        path = pathlib.Path(suite.fill(name))
        if len(path.parts) == 1:
            path = build / "programs" / (path.name + ".elf")
        path = (suite.path.parent / path).resolve()
        if not path.is_file():
            raise Refused(f"{where}: no program '{name}': {path} is not there")
        for said, own in machines(suite, row, where):
            for seed in row["seeds"]:
                for waits in row["wait-states"]:
                    task = {"kind": "programs", "name": name, "program": str(path), "seed": seed, "waits": waits,
                            "own": own, "cycles": row["cycles"] or suite.cycles, "options": row["options"]}
                    yield key_of(task, *said, *row["options"]), task


def benches(suite, row, where, build):
    for design in row["designs"] or [""]:
        folder = folder_of(suite, design, where)
        for name in row["names"]:
            if folder and name not in OF_DESIGNS:
                raise Refused(f"{where}: designs go with the benches {' and '.join(OF_DESIGNS)}")
            for seed in row["seeds"]:
                for waits in row["wait-states"]:
                    task = {"kind": "benches", "name": name, "seed": seed, "waits": waits, "own": {name: folder},
                            "requests": row["requests"], "options": row["options"]}
                    more = ([f"rtl={design}"] if design else []) + [f"requests={row['requests']}"]
                    yield key_of(task, *more, *row["options"]), task


def random(suite, row, where, build):
    for mode in row["modes"]:
        for said, own in machines(suite, row, where):
            for seed in row["seeds"]:
                for waits in row["wait-states"]:
                    task = {"kind": "random", "name": mode, "seed": seed, "waits": waits, "own": own,
                            "cycles": row["cycles"], "generator": row["generator"], "options": row["options"]}
                    yield key_of(task, *said, *row["generator"], *row["options"]), task


def events(suite, row, where, build):
    for table in row["tables"]:
        if not table.isidentifier() or not (EVENTS / (table + ".py")).is_file():
            raise Refused(f"{where}: no table of events '{table}'")
        for part in range(1, row["parts"] + 1):
            task = {"kind": "events", "name": table, "part": f"{part}/{row['parts']}", "one_in": row["one-in"]}
            more = [f"part={task['part']}"] if row["parts"] > 1 else []
            yield key_of(task, *more, *([f"one-in={row['one-in']}"] if row["one-in"] > 1 else [])), task


def expand(suite, build):
    """-> [task], in the order of the suite's file"""
    makers = {"programs": programs, "benches": benches, "random": random, "events": events}
    found = {}
    for kind, row, index in suite.entries:
        where = f"{suite.path}:{suite.line(kind, index, '')}"
        for key, task in makers[kind](suite, row, where, build):
            if key in found:
                raise Refused(f"{where}: '{key}' stands in the suite twice")
            found[key] = {**task, "key": key, "seconds": row["seconds"] or suite.seconds}
    return list(found.values())


def designs(tasks):
    return list(dict.fromkeys(folder for t in tasks for folder in t.get("own", {}).values() if folder))


