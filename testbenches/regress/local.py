# SPDX-License-Identifier: Apache-2.0
"""The tasks that have no result yet, on this machine, all cores busy."""
import socket

import groups
import outcome
from pool import Pool

SCRATCH = "scratch"  # of the tasks that run now; what a killed run left there goes


def run(store, out, build, jobs, progress, before):
    """before: {key: seconds} of an earlier run; the longest first."""
    left = store.left()
    if before:
        left.sort(key=lambda t: -before.get(t["key"], 0.0))
    seen = {outcome.signature(r) for r in store.results() if not r["passed"]}
    host = socket.gethostname()
    left.reverse()
    with Pool(jobs, build, out / SCRATCH) as pool:
        while left or pool.running:
            while left and pool.room():
                pool.begin(left.pop())
            for task, row, seconds in pool.wait():
                store.add(task, row, seconds, host)
                pool.leave(task)
                progress.step(row["kind"] is not None)
                tell_new(seen, progress, task, row)
            progress.show()


def tell_new(seen, progress, task, row):
    if row["kind"] is not None and outcome.signature(row) not in seen:
        seen.add(outcome.signature(row))
        progress.line("failed: " + " ".join(w for w in outcome.signature(row) if w) + f"  [{task['key']}]")


def keep_bundles(store, out, build, jobs, most):
    with Pool(jobs, build, out / SCRATCH) as pool:
        groups.keep_bundles(store, pool, out, most)
