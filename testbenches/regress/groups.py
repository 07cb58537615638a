# SPDX-License-Identifier: Apache-2.0
"""Equal failures are one row, with the shortest of them as a command and, of at most so many rows,
with its bundle: that one is run once more for it, and must fail alike."""
import json
import re
import shutil

import commands
import outcome

FOLDER = "failures"
NOT_AGAIN = ("timeout",)  # another run would take its whole time


def group(store, build):
    """The table of failures anew; the most frequent first."""
    rows = {}
    for r in store.results():
        if not r["passed"]:
            rows.setdefault(outcome.signature(r), []).append(r)
    changes = [("DELETE FROM failure", ())]
    order = sorted(rows.items(), key=lambda item: (-len(item[1]), item[1][0]["task"]))
    for number, (signature, members) in enumerate(order, 1):
        shortest = min(members, key=lambda r: (r["cycle"] is None, r["cycle"] or 0, r["task"]))
        command = commands.to_reproduce(json.loads(shortest["spec"]), build).line()
        changes.append(("INSERT INTO failure (id, kind, stream, field, state, count, task, command) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        (number, *signature, len(members), shortest["task"], command)))
    store.change(*changes)


def folder_of(row):
    words = [row["kind"], row["stream"], row["field"]]
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "_", w)[:24].strip("_") for w in words if w) + f"-task{row['task']}"


def keep_bundles(store, pool, out, most):
    """Runs the shortest of each of the first rows again, two steps for a program that has to be made
    first. What earlier calls kept and no row wants any more goes."""
    root = out / FOLDER
    rows = store.failures()
    wanted = {folder_of(r): r for r in rows[:most] if r["kind"] not in NOT_AGAIN}
    for old in root.iterdir() if root.is_dir() else ():
        if old.name not in wanted or not (old / "report.txt").is_file():
            shutil.rmtree(old, ignore_errors=True)
    waiting = list(wanted.items())
    while waiting or pool.running:
        while waiting and pool.room():
            name, row = waiting.pop(0)
            if (root / name / "report.txt").is_file():
                mark(store, pool, row, root / name, None)
                continue
            pool.begin(dict(json.loads(row["spec"]), id=f"again-{row['task']}", failure=dict(row)))
        if pool.running:
            for task, row, _ in pool.wait():
                again(store, pool, root, task, row)


def again(store, pool, root, task, row):
    """The first step: it failed again, or not; the image that it made is kept. The second: the bundle."""
    failure, scratch = task["failure"], pool.folder / str(task["id"])
    folder = root / folder_of(failure)
    if "image" not in task:
        folder.mkdir(parents=True, exist_ok=True)
        alike = outcome.signature(row) == outcome.signature(failure)
        image = commands.image_of(task, scratch)
        if image is not None:
            for file in image.parent.glob(image.stem + ".*"):
                if file.suffix in (".elf", ".S", ".options"):
                    shutil.copy(file, folder)
            image = folder / image.name
        pool.leave(task)
        if alike and row["kind"] in ("mismatch", "assert", "illegal", "hang", "limit") and \
                (image is not None or task["kind"] in ("programs", "benches")):
            task = dict(task, image=image, alike=alike, row=row)
            pool.begin(task, commands.with_bundle(task, pool.build, image, folder))
            return
        write(folder, task, row, alike)
    else:
        alike = task["alike"]
        write(folder, task, task["row"], alike)
        pool.leave(task)
    mark(store, pool, failure, folder, alike)


def write(folder, task, row, alike):
    text = [f"task: {task['key']}", f"command: {task['failure']['command']}",
            "it failed alike when it was run again" if alike else "it did NOT fail alike when it was run again",
            f"{row['kind']} {row['stream']} {row['field']} {row['state']}".strip(),
            f"rtl   {row['rtl']}", f"model {row['model']}", "", row["detail"]]
    new = folder / "report.new"
    new.write_text("\n".join(text) + "\n")
    new.rename(folder / "report.txt")


def mark(store, pool, failure, folder, alike):
    """A program that was kept is the shorter command."""
    command = failure["command"]
    image = next(iter(sorted(folder.glob("*.elf"))), None)
    if image is not None:
        command = commands.of_image(json.loads(failure["spec"]), pool.build, image, []).line()
    if alike is None:
        alike = "did NOT fail" not in (folder / "report.txt").read_text()
    bundle = next((p.parent for p in sorted(folder.glob("*/replay.sh"))), folder)
    store.change(("UPDATE failure SET bundle = ?, reproduced = ?, command = ? WHERE id = ?",
                  (str(bundle.relative_to(folder.parent.parent)), int(alike), command, failure["id"])))
