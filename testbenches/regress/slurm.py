# SPDX-License-Identifier: Apache-2.0
"""The same tasks as a job array of an existing Slurm. Nodes leave results in DIR/inbox (node.py); here they
are merged into the database. What has no result when the array is gone is submitted again, so many times."""
import json
import shlex
import shutil
import subprocess
import sys
import time

import node
from commands import HERE
from outcome import outcome
from words import Refused, Unfinished, say

ROUNDS = 3           # arrays that a task may be part of
MOST_ELEMENTS = 1000  # Slurm's MaxArraySize is 1001 unless configured
POLL = 1.0


def need():
    for tool in ("sbatch", "squeue"):
        if shutil.which(tool) is None:
            raise Refused(f"--on slurm: {tool} is not here; Slurm's client commands are wanted")


class Array:
    """The job array of a round, and whether any of it still waits or runs."""

    def __init__(self, store, out):
        self.store, self.out = store, out
        values = store.values()
        self.values, self.job, self.round = values, values.get("slurm_job", ""), int(values.get("slurm_round", "0"))
        self.told = ""

    def submit(self, left):
        per = int(self.values["per_job"]) or max(4, -(-len(left) // MOST_ELEMENTS))
        elements = [left[i:i + per] for i in range(0, len(left), per)]
        self.round += 1
        path = node.round_file(self.out, self.round)
        try:
            (self.out / node.INBOX).mkdir(exist_ok=True)
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"build": self.values["build"], "elements": elements}))
            script = path.with_suffix(".sh")
            words = [sys.executable, "-B", HERE / "node.py", self.out, self.round]
            script.write_text(f"#!/bin/sh\nexec {shlex.join(map(str, words))} \"$SLURM_ARRAY_TASK_ID\"\n")
        except OSError as e:
            raise Unfinished(f"{e.filename}: {e.strerror}") from None
        command = ["sbatch", "--parsable", "--requeue", f"--array=0-{len(elements) - 1}", "--ntasks=1",
                   "--cpus-per-task=1", f"--job-name=ringwalk-{self.values['name']}", "--open-mode=append",
                   f"--output={path.parent}/%A_%a.log", *shlex.split(self.values["sbatch"]), str(script)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unfinished("sbatch: " + (done.stderr.strip().splitlines() or ["failed"])[-1])
        self.job = done.stdout.strip().partition(";")[0]
        self.store.change(("INSERT OR REPLACE INTO run VALUES ('slurm_job', ?)", (self.job,)),
                          ("INSERT OR REPLACE INTO run VALUES ('slurm_round', ?)", (str(self.round),)))
        return len(elements)

    def lives(self):
        """A controller that does not answer is no end of the job."""
        if not self.job:
            return False
        done = subprocess.run(["squeue", "-h", "-j", self.job, "-o", "%T"], capture_output=True, text=True)
        if done.returncode == 0:
            return bool(done.stdout.strip())
        if "Invalid job id" in done.stderr:
            return False
        said = (done.stderr.strip().splitlines() or ["failed"])[-1]
        if said != self.told:
            self.told = said
            say("squeue: " + said + "; waiting")
        return True


def merge(store, out, progress, tasks):
    """-> how many results came; the files stay until the end, so that no node runs them again."""
    came = 0
    for task_id in list(tasks):
        path = node.result_file(out, {"id": task_id})
        try:
            result = json.loads(path.read_text())
        except OSError:
            continue
        except ValueError:
            path.unlink()  # no file of node.py's: those are whole
            continue
        task = tasks.pop(task_id)
        if store.add(task, result["row"], result["seconds"], result["host"]):
            progress.step(result["row"]["kind"] is not None)
            came += 1
    return came


def run(store, out, progress):
    tasks = {t["id"]: t for t in store.left()}
    array = Array(store, out)
    while True:
        merge(store, out, progress, tasks)
        progress.show()
        if not tasks:
            break
        if array.lives():
            time.sleep(POLL)
            continue
        merge(store, out, progress, tasks)  # what came while it was asked
        if not tasks:
            break
        if array.round >= ROUNDS:
            give_up(store, progress, tasks)
            break
        again = array.round > 0
        elements = array.submit(list(tasks.values()))
        progress.line(f"slurm: job {array.job}, {len(tasks)} tasks in {elements} elements" +
                      (f", round {array.round}: they had no result" if again else ""))
    shutil.rmtree(out / node.INBOX, ignore_errors=True)


def give_up(store, progress, tasks):
    row = outcome("tool", field=f"no result from any node in {ROUNDS} job arrays",
                  detail="the nodes' output is in the folder slurm of the run")
    for task in tasks.values():
        store.add(task, row, 0.0, "")
        progress.step(True)
