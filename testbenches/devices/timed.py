# SPDX-License-Identifier: Apache-2.0
"""A sequence of port accesses at given times. For QEMU it becomes a Multiboot program of nothing but these accesses
and loops between them, run with -icount, which makes an instruction NS nanoseconds; what it reads comes out of port
E9h. The board is driven by its protocol."""
import pathlib
import struct
import subprocess
import tempfile

from qtest import Differs, Side

CYCLE_NS = 10
SHIFT = 3
NS = 1 << SHIFT
LOAD = 0x100000
HEADER = struct.Struct("<8I")


class Timed:
    def __init__(self, board, qemu):
        self.board, self.qemu = Side([board]), qemu
        self.code = bytearray()
        self.wanted = self.now = 0  # ns: by the steps, by the instructions
        self.log, self.expected = [], []
        self.reads = 0

    def close(self):
        self.board.close()

    def emit(self, code, instructions):
        self.code += code
        self.now += instructions * NS

    def outb(self, port, value):
        self.emit(b"\x66\xBA" + struct.pack("<H", port) + bytes([0xB0, value, 0xEE]), 3)
        self.board.say(f"outb {port:#x} {value:#x}")
        self.log.append(f"outb {port:#x} {value:#x}")

    def inb(self, port, mask=0xFF):
        self.emit(b"\x66\xBA" + struct.pack("<H", port) + b"\xEC\xE6\xE9", 3)
        ours = self.board.say(f"inb {port:#x}")
        self.log.append(f"inb {port:#x}: {ours:#x}")
        self.expected.append((ours, mask, len(self.log)))

    def step(self, cycles, board_cycles=None):
        """Cycles of the machine for QEMU, and as many or others for the board."""
        board_cycles = cycles if board_cycles is None else board_cycles
        self.wanted += cycles * CYCLE_NS
        turns = (self.wanted - self.now) // (2 * NS)
        if turns > 0:
            self.emit(b"\xB9" + struct.pack("<I", turns) + b"\x49\x75\xFD", 2 * turns + 1)  # dec ecx; jnz
        if board_cycles:
            self.board.say(f"clock_step {board_cycles * CYCLE_NS}")
        self.log.append(f"step {cycles} / {board_cycles}")

    def image(self):
        code = b"\xFA" + bytes(self.code) + b"\x31\xC0\xE6\xF4\xEB\xFE"  # cli ... exit
        flags = 0x10000
        end = LOAD + HEADER.size + len(code)
        return HEADER.pack(0x1BADB002, flags, -(0x1BADB002 + flags) & 0xFFFFFFFF, LOAD, LOAD, end, end,
                           LOAD + HEADER.size) + code

    def answers(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "image").write_bytes(self.image())
            subprocess.run([self.qemu, "-machine", "q35", "-nodefaults", "-no-hpet", "-display", "none", "-no-reboot",
                            "-icount", f"shift={SHIFT},sleep=off", "-debugcon", f"file:{path}/said",
                            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", path / "image"],
                           timeout=120, check=False, stdin=subprocess.DEVNULL)
            said = (path / "said").read_bytes()
        return said[len(said) - len(self.expected):]  # before it, the firmware's words

    def finish(self):
        theirs = self.answers()
        for n, (ours, mask, at) in enumerate(self.expected):
            if (ours ^ theirs[n]) & mask:
                word = self.log[at - 1]
                self.log = self.log[:at]
                self.reads = n + 1
                raise Differs(f"{word}: QEMU {theirs[n]:#x}, board {ours:#x}")
        self.reads = len(self.expected)
