# SPDX-License-Identifier: Apache-2.0
"""Random use of the 8254. QEMU takes a count at once, the datasheet (and the board) with the next tick of the clock:
around each write QEMU is one tick ahead. A count follows its control word (but in modes 0 and 4), odd counts stay
out of mode 3, OUT is looked at in modes 0 and 3 (known.py)."""
from timed import Timed as SIDES

HZ, CLOCK = 1193182, 100000000


def cycle_of(tick):
    return -(-tick * CLOCK // HZ)


class Timer:
    def __init__(self, both):
        self.both = both
        self.tick = 0
        self.at = {"qemu": 0, "board": 0}

    def go(self, side, cycle):
        move = cycle - self.at[side]
        self.at[side] = cycle
        return move

    def to(self, ticks, middle):
        """Both to the beginning of a tick, or to its middle."""
        self.tick += ticks
        cycle = cycle_of(self.tick) + (42 if middle else 1)
        self.both.step(self.go("qemu", cycle), self.go("board", cycle))

    def before(self):
        """QEMU to the beginning of the next tick; the board stays behind."""
        self.to(1, False)
        self.tick += 1
        self.both.step(self.go("qemu", cycle_of(self.tick) + 1), 0)

    def after(self):
        self.both.step(0, self.go("board", self.at["qemu"]))


class Counter:
    def __init__(self, n):
        self.n, self.mode, self.rw, self.count = n, 0, 3, 0


def write_count(t, r, c):
    count = r.choice([2, 3, 10, r.randrange(2, 256), r.randrange(2, 65536), 0])
    if c.rw == 1:
        count &= 0xFF
    elif c.rw == 2:
        count &= 0xFF00
    if c.mode == 3:
        count &= ~1
    if c.mode in (2, 3) and count == 1:
        count = 2
    c.count = count or 65536
    t.before()
    if c.rw & 1:
        t.both.outb(0x40 + c.n, count & 0xFF)
    if c.rw & 2:
        t.both.outb(0x40 + c.n, count >> 8)
    t.after()
    if c.mode in (1, 5):
        t.both.outb(0x61, 0)
        t.before()
        t.both.outb(0x61, 1)
        t.after()


def program(t, r, c):
    c.mode = r.choice([0, 2, 3, 4] + ([1, 5] if c.n == 2 else []))
    c.rw = r.choice([1, 2, 3, 3, 3])
    t.both.outb(0x43, c.n << 6 | c.rw << 4 | c.mode << 1)
    write_count(t, r, c)


def read_count(t, c, command):
    t.both.outb(0x43, command)
    for _ in range(2 if c.rw == 3 else 1):
        t.both.inb(0x40 + c.n)


def look(t, r, c):
    out = 0x80 if c.mode in (0, 3) else 0
    what = r.randrange(4)
    if what == 0:
        read_count(t, c, c.n << 6)
    elif what == 1:
        t.both.outb(0x43, 0xE0 | 2 << c.n)
        t.both.inb(0x40 + c.n, 0x7F | out)
    elif what == 2:
        t.both.outb(0x43, 0xC0 | 2 << c.n)
        t.both.inb(0x40 + c.n, 0x7F | out)
        for _ in range(2 if c.rw == 3 else 1):
            t.both.inb(0x40 + c.n)
    elif c.n == 2:
        t.both.inb(0x61, 0x03 | out >> 2)


def sequence(both, r):
    t = Timer(both)
    counters = [Counter(n) for n in range(3)]
    both.outb(0x61, 1)
    for c in counters:
        program(t, r, c)
    for _ in range(r.randrange(60, 150)):
        c = r.choice(counters)
        t.to(r.choice([1, 1, 2, 5, r.randrange(1, 200), r.randrange(1, 70000)]), True)
        if r.random() < 0.15:
            program(t, r, c)
        elif c.mode in (0, 4) and r.random() < 0.1:
            write_count(t, r, c)
        else:
            look(t, r, c)
