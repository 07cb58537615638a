# SPDX-License-Identifier: Apache-2.0
from case import Case
def cases():
    for m in (64,32):
        for r in range(4):
            yield Case(m, f"ud from ring {r}", f"ENTER {r}, 2\nud2")
        for r in range(4):
            yield Case(m, f"done from ring {r}", f"ENTER {r}, 0x202\nnop")
        yield Case(m, "shutdown", "movw $0, GATE(6)+4\nmovw $0,GATE(8)+4\nmovw $0,GATE(11)+4\nmovw $0,GATE(13)+4\nud2")
        yield Case(m, "nmi", "INTERRUPT 0x400\nnop\nnop\nnop\nnop")
        yield Case(m, "intr", "ENTER 3, 0x202\nINTERRUPT INTR\nnop\nnop\nnop\nnop")
        yield Case(m, "int20", "SETGATE 0x20, stub0x20 , CODE+8, 0xEE00\nint $0x20" if 0 else "ENTER 3, 2\nint $0x20")
