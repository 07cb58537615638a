# SPDX-License-Identifier: Apache-2.0
"""Random configuration accesses to the teaching device at 02.0, by ports and by ECAM. Left out: SERR, parity, cache
line size and latency timer, which QEMU stores; the multiple-message field of its MSI; I/O space, of which it has none."""
from beside import ECAM
from beside import Beside as SIDES

DEVFN = 0x10
MASKS = {0x00: ~0, 0x04: 0x00100406, 0x08: 0xFFFFFF00, 0x10: ~0, 0x14: ~0, 0x18: ~0, 0x1C: ~0, 0x20: ~0, 0x24: ~0,
         0x30: ~0, 0x34: ~0, 0x3C: 0xFFFF, 0x40: 0xFF8100FF, 0x44: ~0, 0x48: ~0, 0x4C: 0xFFFF}
WRITES = {0x00: ~0, 0x04: 0x00000406, 0x08: ~0, 0x10: ~0, 0x14: ~0, 0x18: ~0, 0x24: ~0, 0x30: 0, 0x34: ~0, 0x3C: 0xFFFF,
          0x40: 0x00010000, 0x44: ~0, 0x48: ~0, 0x4C: ~0}
KINDS = {1: ("b", 0xFF), 2: ("w", 0xFFFF), 4: ("l", 0xFFFFFFFF)}


def access(both, r, reg, size, value=None):
    suffix, cut = KINDS[size]
    mask = MASKS[reg & ~3] >> 8 * (reg & 3) & cut
    if r.random() < 0.5:
        both.write("outl", 0xCF8, 0x80000000 | DEVFN << 8 | (reg & ~3))
        kinds, where = ("out", "in"), 0xCFC + (reg & 3)
    else:
        kinds, where = ("write", "read"), ECAM + (DEVFN << 12) + reg
    if value is None:
        both.read(kinds[1] + suffix, where, mask)
    else:
        both.write(kinds[0] + suffix, where, value & cut)


def sequence(both, r):
    for _ in range(r.randrange(100, 300)):
        size = r.choice([1, 2, 4])
        reg = r.choice(list(WRITES)) + r.randrange(0, 4, size)
        value = r.choice([0, 0xFFFFFFFF, r.getrandbits(32)]) & WRITES[reg & ~3] >> 8 * (reg & 3)
        access(both, r, reg, size, value)
        access(both, r, reg, size)
        access(both, r, r.choice(list(MASKS)), 4)
    # A function that is not there.
    both.write("outl", 0xCF8, 0x80000000 | 0x30 << 8)
    both.read("inl", 0xCFC)
    both.read("readw", ECAM + (0x30 << 12) + 2)
