# SPDX-License-Identifier: Apache-2.0
"""One line on a terminal, plain lines now and then in a log."""
import sys
import time

TERMINAL, LOG = 0.5, 30.0


def duration(seconds):
    seconds = int(seconds + 0.5)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


class Progress:
    def __init__(self, done, total, failed):
        self.began, self.first, self.done, self.total, self.failed = time.monotonic(), done, done, total, failed
        self.tty = sys.stderr.isatty()
        self.last = 0.0 if self.tty else self.began

    def step(self, failed):
        self.done += 1
        self.failed += failed

    def text(self):
        passed = time.monotonic() - self.began
        rate = (self.done - self.first) / passed if passed > 0 else 0.0
        left = f", {duration((self.total - self.done) / rate)} left" if rate > 0 else ""
        return f"{self.done}/{self.total}, {self.failed} failed, {rate:.1f} tasks/s{left}"

    def show(self):
        now = time.monotonic()
        if now - self.last < (TERMINAL if self.tty else LOG):
            return
        self.last = now
        print(f"\r\033[K{self.text()}" if self.tty else self.text(), end="" if self.tty else "\n",
              file=sys.stderr, flush=True)

    def line(self, text):
        """A line that stays."""
        print(("\r\033[K" if self.tty else "") + text, file=sys.stderr, flush=True)

    def end(self):
        if self.tty:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
