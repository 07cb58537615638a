# SPDX-License-Identifier: Apache-2.0
"""So many tasks at a time, each within its time. One thread: it sleeps until a task ends."""
import os
import selectors
import shutil
import subprocess
import time

import commands
import outcome
import reaper
from words import Unfinished


class Running:
    def __init__(self, task, process, scratch):
        self.task, self.process, self.scratch = task, process, scratch
        self.began = time.monotonic()
        self.deadline = self.began + task["seconds"]
        self.fd = os.pidfd_open(process.pid)


class Pool:
    """begin() while there is room; wait() for what ends. A with-block leaves nothing running."""

    def __init__(self, jobs, build, folder):
        self.jobs, self.build, self.folder = jobs, build, folder
        self.running = {}
        self.selector = selectors.DefaultSelector()

    def __enter__(self):
        self.reaper = reaper.Reaper()
        return self

    def __exit__(self, *_):
        for r in self.running.values():
            self.reaper.end(r.process.pid)
            r.process.wait()
            os.close(r.fd)
        self.running.clear()
        self.reaper.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def room(self):
        return len(self.running) < self.jobs

    def begin(self, task, command=None):
        scratch = self.folder / str(task["id"])
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            (scratch / commands.KEPT).mkdir(parents=True)
            command = command or commands.of_task(task, self.build, scratch)
            with open(scratch / "out", "wb") as out, open(scratch / "err", "wb") as err:
                process = subprocess.Popen(command.words, cwd=command.cwd or scratch, env={**os.environ, **command.env},
                                           stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                           preexec_fn=self.reaper.in_child)
        except OSError as e:
            raise Unfinished(f"{e.filename or scratch}: {e.strerror}") from None
        r = Running(task, process, scratch)
        self.running[r.fd] = r
        self.selector.register(r.fd, selectors.EVENT_READ)

    def wait(self, seconds=1.0):
        """-> [(task, outcome, seconds that it took)] of those that ended meanwhile"""
        now = time.monotonic()
        until = min([r.deadline for r in self.running.values()], default=now) - now
        ready = {key.fd for key, _ in self.selector.select(max(0.0, min(seconds, until)))}
        now = time.monotonic()
        ended = []
        for r in list(self.running.values()):
            timed_out = r.fd not in ready and now >= r.deadline
            if r.fd in ready or timed_out:
                ended.append((r.task, self.end(r, timed_out), now - r.began))
        return ended

    def end(self, r, timed_out):
        self.reaper.end(r.process.pid)
        status = r.process.wait()
        self.selector.unregister(r.fd)
        os.close(r.fd)
        del self.running[r.fd]
        row = outcome.of_end(r.task, status, timed_out, r.scratch)
        if row["kind"] is not None:
            room_on_disk(self.folder)
        return row

    def leave(self, task):
        shutil.rmtree(self.folder / str(task["id"]), ignore_errors=True)


def room_on_disk(folder):
    """A task that failed because it could not write did not fail: what it can still write is tried."""
    probe = folder / "probe"
    try:
        with open(probe, "wb") as f:
            f.write(bytes(1 << 18))
            f.flush()
            os.fsync(f.fileno())
        probe.unlink()
    except OSError as e:
        probe.unlink(missing_ok=True)
        raise Unfinished(f"{folder}: {e.strerror}") from None
