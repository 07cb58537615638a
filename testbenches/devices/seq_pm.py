# SPDX-License-Identifier: Apache-2.0
"""Random use of PM1's enables and control, in words, while the timer stands still. QEMU's TMR_STS is up from reset on until it is cleared, its
SCI_EN is software's; SLP_TYP is never that of S5 when SLP_EN is written."""
from beside import Beside as SIDES

STS, EN, CNT = 0x600, 0x602, 0x604
SCI_EN = 1


def sequence(both, r):
    both.write("outw", STS, 0xFFFF)
    for _ in range(r.randrange(50, 150)):
        what = r.randrange(3)
        if what == 0:
            both.write("outw", STS, r.choice([0, 1, 0x0100, 0xFFFF]))
        elif what == 1:
            both.write("outw", EN, r.choice([0, 1, 0x0100, 0x0521]))
        else:
            both.write("outw", CNT, r.choice([0, 2, 0x1400, 0x0402]) | SCI_EN)
        both.read("inw", STS)
        both.read("inw", EN)
        both.read("inw", CNT, 0x1C02)
