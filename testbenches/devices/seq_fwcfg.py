# SPDX-License-Identifier: Apache-2.0
"""The items of fw_cfg that both have, read byte by byte and beyond their ends. The RAM size is left out: the board of
this tool has none; so is the DMA bit of the ID."""
from beside import Beside as SIDES

ITEMS = {0x0000: (4, 0xFF), 0x0001: (4, 0xFD), 0x0005: (2, 0xFF), 0x000F: (2, 0xFF), 0x0FFF: (0, 0xFF)}


def sequence(both, r):
    for _ in range(r.randrange(50, 100)):
        key = r.choice(list(ITEMS))
        length, mask = ITEMS[key]
        both.write("outw", 0x510, key)
        for _ in range(r.randrange(length + 4)):
            both.inb(r.choice([0x510, 0x511, 0x511]), mask)
