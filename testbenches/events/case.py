# SPDX-License-Identifier: Apache-2.0
"""A case of a table, and the pieces that tables share."""
import typing

P, S = 0x80, 0x10
DATA_RW, DATA_RO, DATA_DOWN = 0x13, 0x11, 0x17
CODE_X, CODE_R, CODE_CONF = 0x19, 0x1B, 0x1F
BIG, LONG, PAGES = 0x4, 0x2, 0x8  # D/B, L, G


class Case(typing.NamedTuple):
    mode: int  # 64, 57 (64 with 5-level paging) or 32: which frame
    name: str
    text: str  # assembly, from ring 0; DONE is added


def desc(sel, access, flags=BIG | PAGES, base=0, limit=0xFFFFF):
    """The macro that puts a descriptor at `sel` of the live GDT."""
    low = (base & 0xFFFF) << 16 | limit & 0xFFFF
    high = base >> 16 & 0xFF | access << 8 | limit >> 16 << 16 | flags << 20 | base >> 24 << 24
    return f"DESC {sel}, {low:#x}, {high:#x}"


def native(mode):
    """G and the size bit of the frame's own code segments"""
    return PAGES | (LONG if mode == 64 else BIG)


# Code sizes: (mode, size); 64 is native of mode 64, 32 of mode 32.
CODE_SIZES = ((64, 64), (64, 32), (64, 16), (32, 32), (32, 16))


def in_code(mode, size, body, ring=0):
    """The body in code of this size, at the ring that it is at; it ends the case."""
    if size == mode:
        return body
    back = f".text\n.code{mode}"
    if size == 32:
        return f"FAR C32+9*{ring}, 7f\n.code32\n7:\n{body}\nDONE\n{back}"
    return f'FAR C16+9*{ring}, (7f-0x10000)\n.section .code16, "ax"\n.code16\n7:\n{body}\nDONE\n{back}'
