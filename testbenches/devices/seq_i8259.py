# SPDX-License-Identifier: Apache-2.0
"""Random use of the 8259 pair. Where QEMU is known to answer otherwise (known.py) it does not go: a request is not
taken back before it is acknowledged, ELCR changes only while its lines are low."""
from qtest import Both as SIDES

LINES = 0x2000
MASTER, SLAVE = 0x20, 0xA0


class Chip:
    def __init__(self, both, port, first):
        self.both, self.port, self.first = both, port, first
        self.level = 0
        self.lines = 0
        self.special_mask = False

    def icws(self, r, icw4):
        self.both.outb(self.port, 0x11)
        self.both.outb(self.port + 1, r.randrange(0x20, 0x100) & 0xF8)
        self.both.outb(self.port + 1, 0x04 if self.port == MASTER else 0x02)
        self.both.outb(self.port + 1, icw4)
        self.special_mask = False

    def status(self):
        irr = 0
        for which in (0x0B, 0x0A):
            self.both.outb(self.port, which)
            irr = self.both.inb(self.port)
        self.both.inb(self.port + 1)
        return irr

    def set_line(self, n, up):
        bit = 1 << n
        if up == bool(self.lines & bit):
            return
        if not up and not self.level & bit and self.status() & bit:
            return
        self.both.outb(LINES + self.first + n, int(up))
        self.lines ^= bit

    def poll(self):
        self.both.outb(self.port, 0x0C)
        return self.both.inb(self.port)


def usable(chip):
    return [n for n in range(8) if chip.port == SLAVE or n not in (0, 2)]


def alone(both, r, port):
    """One chip, every command."""
    chip = Chip(both, port, 0 if port == MASTER else 8)
    other = SLAVE if port == MASTER else MASTER
    both.outb(other + 1, 0xFF)
    chip.level = r.randrange(256) & (0xF8 if port == MASTER else 0xDE)
    both.outb(0x4D0 + (port == SLAVE), chip.level)
    chip.icws(r, r.choice([1, 3, 0x11, 0x13]))
    for _ in range(r.randrange(100, 300)):
        what = r.randrange(10)
        if what < 3:
            chip.set_line(r.choice(usable(chip)), r.random() < 0.6)
        elif what == 3:
            both.outb(port + 1, r.choice([0, 0, r.randrange(256), r.randrange(256)]))
        elif what == 4:
            command = r.choice([0x00, 0x20, 0x40, 0x60, 0x80, 0xA0, 0xC0, 0xE0]) | r.randrange(8)
            if not (chip.special_mask and command >> 5 in (1, 5)):
                both.outb(port, command)
        elif what == 5:
            chip.special_mask = r.random() < 0.5
            both.outb(port, 0x68 if chip.special_mask else 0x48)
        elif what < 9:
            chip.poll()
        elif r.random() < 0.1:
            for n in usable(chip):
                chip.set_line(n, False)
            chip.icws(r, r.choice([1, 3, 0x11, 0x13]))
        chip.status()


def pair(both, r):
    """Both chips as a driver uses them: the slave is asked where the master says so."""
    chips = [Chip(both, MASTER, 0), Chip(both, SLAVE, 8)]
    special = r.random() < 0.5
    for chip in chips:
        chip.icws(r, 0x11 if special else 1)
        both.outb(chip.port + 1, 0)
    for _ in range(r.randrange(100, 300)):
        chip = r.choice(chips)
        chip.set_line(r.choice(usable(chip)), r.random() < 0.6)
        chip.status()
        if r.random() < 0.5:
            answer = chips[0].poll()
            if answer == 0x82:
                chips[1].poll()
        if r.random() < 0.4:
            both.outb(SLAVE, 0x20)
            chips[1].both.outb(SLAVE, 0x0B)
            if both.inb(SLAVE) == 0:
                both.outb(MASTER, 0x62)
        if r.random() < 0.3:
            both.outb(MASTER, 0x20)
        for chip in chips:
            chip.status()


def sequence(both, r):
    kind = r.randrange(3)
    if kind == 0:
        pair(both, r)
    else:
        alone(both, r, MASTER if kind == 1 else SLAVE)
