# SPDX-License-Identifier: Apache-2.0
"""Random use of the I/O APIC. Reserved bits are written 0, inputs are active high, and the trigger mode changes only
while the line is low (known.py)."""
from qtest import Both as SIDES

BASE, LINES = 0xFEC00000, 0x2000
USED = [1] + list(range(3, 16))


def select(both, index):
    both.write("writel", BASE, index)


def get(both, index, mask=~0):
    select(both, index)
    return both.read("readl", BASE + 0x10, mask)


def put(both, index, value):
    select(both, index)
    both.write("writel", BASE + 0x10, value)


def sequence(both, r):
    level = {}
    up = dict.fromkeys(USED, False)
    vectors = [r.randrange(16, 256) for _ in range(4)]
    for _ in range(r.randrange(100, 300)):
        n = r.choice(USED)
        what = r.randrange(8)
        if what < 3:
            up[n] = not up[n]
            both.outb(LINES + n, int(up[n]))
        elif what < 5:
            if not up[n]:
                level[n] = r.random() < 0.5
            low = (r.choice(vectors) | r.choice([0, 1]) << 8 | r.randrange(2) << 11 | (0x8000 if level.get(n) else 0) |
                   (r.random() < 0.3) << 16)
            put(both, 0x10 + 2 * n, low)
        elif what == 5:
            put(both, 0x11 + 2 * n, r.randrange(256) << 24)
        elif what == 6:
            both.write("writel", BASE + 0x40, r.choice(vectors))
        else:
            put(both, 0, r.randrange(16) << 24)
            get(both, r.choice([0, 1, 2, 3, 0x0F, 0x40, 0xFF]))
        both.read("readl", BASE, 0xFF)
        get(both, 0x10 + 2 * n)
        get(both, 0x11 + 2 * n)
    for n in range(24):
        get(both, 0x10 + 2 * n)
        get(both, 0x11 + 2 * n)
