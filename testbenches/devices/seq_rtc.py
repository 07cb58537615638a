# SPDX-License-Identifier: Apache-2.0
"""Random use of the real-time clock, which begins anew by a reset of its divider. Time is written, and its format
changed, only while SET is 1 and all of it, since QEMU counts a calendar of its own and shows it in the format of the
moment; an alarm is written anew in a new format; PF, which QEMU sets only with PIE, is left out."""
import datetime

from beside import Dated as SIDES

US, MS, SECOND = 100, 100000, 100000000  # cycles
PF, SET, BINARY, H24 = 0x40, 0x80, 0x04, 0x02
TIME = (0x00, 0x02, 0x04, 0x06, 0x07, 0x08, 0x09, 0x32)


def put(both, reg, value):
    both.outb(0x70, reg)
    both.outb(0x71, value)


def get(both, reg, mask=0xFF):
    both.outb(0x70, reg)
    both.inb(0x71, mask)


def coded(b, value):
    return value if b & BINARY else value // 10 << 4 | value % 10


def hours(b, value):
    if b & H24:
        return coded(b, value)
    return coded(b, value % 12 or 12) | (0x80 if value >= 12 else 0)


def set_time(both, r, b):
    put(both, 0x0B, b | SET)
    when = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=r.randrange(86400 * 365 * 90))
    if r.random() < 0.6:
        when = when.replace(hour=r.choice([0, 11, 12, 23, 23]), minute=59, second=r.randrange(56, 60))
    if r.random() < 0.3:
        when = when.replace(month=2, day=28)
    for reg, value in ((0x00, when.second), (0x02, when.minute), (0x07, when.day), (0x08, when.month),
                       (0x09, when.year % 100), (0x06, when.isoweekday() % 7 + 1), (0x32, when.year // 100)):
        put(both, reg, coded(b, value))
    put(both, 0x04, hours(b, when.hour))
    for reg in TIME:
        get(both, reg)
    put(both, 0x0B, b)
    return when


def set_alarm(both, r, b, when):
    anything = lambda v: r.choice([0xC0, 0xFF, v, v])
    put(both, 0x01, anything(coded(b, (when.second + r.randrange(4)) % 60)))
    put(both, 0x03, anything(coded(b, when.minute)))
    put(both, 0x05, anything(hours(b, when.hour)))


class Clock:
    """Where in the second it is, from the divider's reset on: the first change comes after half of one."""

    def __init__(self, both):
        self.both, self.at = both, SECOND // 2

    def step(self, cycles):
        self.at += cycles
        self.both.step(cycles)

    def near(self, r):
        """To about the beginning of UIP, its end, or somewhere between."""
        before = r.choice([r.randrange(0, 400), 240, 248, -4]) * US
        self.step((SECOND - before - self.at) % SECOND)


def sequence(both, r):
    b = H24
    put(both, 0x0A, 0x76)
    put(both, 0x0B, b)
    when = set_time(both, r, b)
    set_alarm(both, r, b, when)
    put(both, 0x0A, 0x26)
    clock = Clock(both)
    clock.step(MS)
    both.outb(0x70, 0x0C)
    both.inb(0x71, 0)
    for _ in range(r.randrange(10, 30)):
        what = r.randrange(6)
        if what < 2:
            b = r.choice([0, 0, H24, BINARY, BINARY | H24])
            when = set_time(both, r, b)
        if what < 3:
            set_alarm(both, r, b, when)
        elif what == 3:
            reg, value = r.randrange(0x40, 0x50), r.randrange(256)
            put(both, reg, value)
            get(both, reg)
        if r.random() < 0.5:
            clock.near(r)
        else:
            clock.step(r.randrange(1, 1000) * MS)
        get(both, 0x0A)
        for reg in TIME + (0x0B, 0x0D):
            get(both, reg)
        get(both, 0x0C, 0xFF & ~PF & ~0x80)
