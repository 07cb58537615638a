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
WITH_BUNDLE = ("mismatch", "assert", "illegal", "hang", "limit")


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
    """Runs the shortest of each of the first rows again, in steps. What earlier calls kept and no row
    wants any more goes."""
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
    """A step has ended: it failed again, or not, and the image that it made is kept; of a random program, a short one
    that fails alike; the bundle."""
    folder = root / folder_of(task["failure"])
    step = task.get("step", failed_again)(pool, folder, task, row)
    if step is not None:
        pool.begin(*step)
        return
    write(folder, task, task.get("row", row))
    pool.leave(task)
    mark(store, pool, task["failure"], folder, task["alike"])


def failed_again(pool, folder, task, row):
    """-> (task, command) of the next step, or None"""
    folder.mkdir(parents=True, exist_ok=True)
    task["alike"] = outcome.signature(row) == outcome.signature(task["failure"])
    image = commands.image_of(task, pool.folder / str(task["id"]))
    if image is not None:
        for file in image.parent.glob(image.stem + ".*"):
            if file.suffix in (".elf", ".S", ".options"):
                shutil.copy(file, folder)
        image = folder / image.name
    pool.leave(task)
    if not task["alike"] or row["kind"] not in WITH_BUNDLE or \
            (image is None and task["kind"] not in ("programs", "benches")):
        return None
    task = dict(task, image=image, row=row)
    if task["kind"] != "random" or row["cycle"] is None:
        return bundle(pool, folder, task)
    seconds = task["seconds"] + commands.REDUCE_SECONDS
    return (dict(task, step=made_short, seconds=seconds),
            commands.short_of(task, pool.build, image.with_name(image.stem + commands.SHORT)))


def made_short(pool, folder, task, _):
    """The short program takes the long one's place, if there is one."""
    short = task["image"].with_name(task["image"].stem + commands.SHORT + ".elf")
    pool.leave(task)
    return bundle(pool, folder, dict(task, image=short) if short.is_file() else task)


def bundle(pool, folder, task):
    return dict(task, step=lambda *_: None), commands.with_bundle(task, pool.build, task["image"], folder)


def write(folder, task, row):
    alike = task["alike"]
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
    image = next(iter(sorted(folder.glob("*.elf"), key=lambda p: (commands.SHORT not in p.stem, p.name))), None)
    if image is not None:
        command = commands.of_image(json.loads(failure["spec"]), pool.build, image, []).line()
    if alike is None:
        alike = "did NOT fail" not in (folder / "report.txt").read_text()
    bundle = next((p.parent for p in sorted(folder.glob("*/replay.sh"))), folder)
    store.change(("UPDATE failure SET bundle = ?, reproduced = ?, command = ? WHERE id = ?",
                  (str(bundle.relative_to(folder.parent.parent)), int(alike), command, failure["id"])))
