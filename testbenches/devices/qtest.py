# SPDX-License-Identifier: Apache-2.0
"""QEMU and the golden model's board behind the same protocol, given the same accesses. QEMU's processor stands
still, and its clock with it."""
import subprocess

MACHINE = ["-S", "-machine", "q35", "-nodefaults", "-no-hpet", "-display", "none", "-serial", "null",
           "-device", "pc-testdev", "-qtest", "stdio", "-qtest-log", "/dev/null"]


class Differs(Exception):
    pass


class Side:
    def __init__(self, argv):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer or answer[0] != "OK":
            raise RuntimeError(f"{line}: {' '.join(answer) or 'no answer'}")
        return int(answer[1], 0) if len(answer) > 1 else None

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Both:
    """A sequence for both sides; what they read must be the same under a mask."""

    def __init__(self, board, qemu):
        self.qemu = Side([qemu] + MACHINE)
        self.board = Side([board])
        self.log = []
        self.reads = 0

    def close(self):
        self.qemu.close()
        self.board.close()

    def write(self, kind, address, value):
        line = f"{kind} {address:#x} {value:#x}"
        self.log.append(line)
        self.qemu.say(line)
        self.board.say(line)

    def read(self, kind, address, mask=~0):
        line = f"{kind} {address:#x}"
        theirs, ours = self.qemu.say(line), self.board.say(line)
        self.log.append(f"{line}: {ours:#x}")
        self.reads += 1
        if (theirs ^ ours) & mask:
            raise Differs(f"{line}: QEMU {theirs:#x}, board {ours:#x}")
        return theirs

    def outb(self, port, value):
        self.write("outb", port, value)

    def inb(self, port, mask=0xFF):
        return self.read("inb", port, mask)

    def finish(self):
        pass
