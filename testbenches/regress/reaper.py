# SPDX-License-Identifier: Apache-2.0
"""Nothing outlives a regression, not even one that is killed: each task is a process group that this
process's death ends. The group's leader asks the kernel for it (PR_SET_PDEATHSIG); what the leader has
started is known to a second process, which kills the group when the pipe from here closes."""
import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Reaper:
    def __init__(self):
        read, self.pipe = os.pipe()
        self.parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            watch(read)
            os._exit(0)
        os.close(read)

    def in_child(self):
        """Between fork and exec."""
        os.setpgid(0, 0)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.parent:
            os._exit(1)
        os.write(self.pipe, b"+%d\n" % os.getpid())

    def end(self, pid):
        """The group's leader has ended and is not waited for yet, so its number is still its own."""
        kill_group(pid)
        os.write(self.pipe, b"-%d\n" % pid)

    def close(self):
        os.close(self.pipe)
        os.waitpid(self.pid, 0)


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def watch(read):
    groups, rest = set(), b""
    while True:
        data = os.read(read, 4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
    for pid in groups:
        kill_group(pid)
