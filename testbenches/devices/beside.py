# SPDX-License-Identifier: Apache-2.0
"""QEMU and the board set up alike for what stands beside the interrupt devices."""
import pathlib
import subprocess
import tempfile

from qtest import MACHINE, Both, Side
from timed import SHIFT, Timed

ECAM = 0xB0000000


class Beside(Both):
    """Accesses while both clocks stand still."""

    def __init__(self, board, qemu):
        self.qemu = Side([qemu] + MACHINE + ["-device", "edu,addr=02.0"])
        self.board = Side([board])
        self.log = []
        self.reads = 0
        # What QEMU's firmware would have set up: the PM block at 600h, ECAM. The board has it so.
        for devfn, reg, value in ((0xF8, 0x40, 0x601), (0xF8, 0x44, 0x80), (0, 0x64, 0), (0, 0x60, ECAM | 1)):
            self.qemu.say(f"outl 0xcf8 {0x80000000 | devfn << 8 | reg:#x}")
            self.qemu.say(f"outl 0xcfc {value:#x}")


class Dated(Timed):
    """Accesses at given times, with a real-time clock that goes by them."""

    def answers(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "image").write_bytes(self.image())
            subprocess.run([self.qemu, "-machine", "q35", "-nodefaults", "-no-hpet", "-display", "none", "-no-reboot",
                            "-icount", f"shift={SHIFT},sleep=off", "-debugcon", f"file:{path}/said",
                            "-rtc", "base=2024-01-01T00:00:00,clock=vm",
                            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", path / "image"],
                           timeout=120, check=False, stdin=subprocess.DEVNULL)
            said = (path / "said").read_bytes()
        return said[len(said) - len(self.expected):]
