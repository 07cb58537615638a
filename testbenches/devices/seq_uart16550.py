# SPDX-License-Identifier: Apache-2.0
"""Random use of the UART, in loopback and out of it. The receiver is read when it holds something, modem status only
out of loopback (known.py)."""
from qtest import Both as SIDES

BASE = 0x3F8


def sequence(both, r):
    loop = False
    dlab = False
    both.outb(BASE + 3, 0x80)
    both.outb(BASE, 1)
    both.outb(BASE + 1, 0)
    both.outb(BASE + 3, 0x03)
    both.outb(BASE + 4, 0)
    for _ in range(r.randrange(150, 400)):
        what = r.randrange(12)
        if what < 3 and not dlab:
            both.outb(BASE, r.randrange(256))
        elif what < 5 and not dlab:
            if both.inb(BASE + 5) & 1:
                both.inb(BASE)
        elif what == 5:
            both.outb(BASE + 1, r.randrange(256))
        elif what == 6 and not dlab:
            both.outb(BASE + 1, 0)  # QEMU makes the emptied transmitter a new interrupt
            fifo = r.choice([0, 1, 1, 0x41, 0x81, 0xC1])
            both.outb(BASE + 2, fifo | (r.randrange(8) << 1 if fifo and r.random() < 0.2 else 0))
        elif what == 7:
            dlab = r.random() < 0.2
            both.outb(BASE + 3, r.choice([3, 7, 0x1B, 0x3F]) | (0x80 if dlab else 0))
        elif what == 8:
            loop = r.random() < 0.7
            # The modem lines change with it: as they are outside, so that no change is seen.
            both.outb(BASE + 4, 0x1B if loop else r.randrange(16))
        elif what == 9:
            both.outb(BASE + 7, r.randrange(256))
        elif dlab:
            both.inb(BASE)
            both.inb(BASE + 1)
        for reg in [2, 3, 4, 7] + ([5] if r.random() < 0.5 else []):
            both.inb(BASE + reg)
        if not dlab:
            both.inb(BASE + 1)
        if not loop:
            both.inb(BASE + 6)
