# SPDX-License-Identifier: Apache-2.0
"""What VT-d asks of a case, from the lists of checks in its chapters and from what is left to the hardware in
docs/iommu.md. `rows` is the set of rows of known.py in force: empty for the specification, QEMU's for QEMU.
"""
from dataclasses import dataclass

SID = 0x10
HAW = 40
RAM_END = 0x10000000
HOT = {0x4000000 + r * 0x200000 + p * 0x1000 for r in (0, 1) for p in (0, 1, 0x80, 0x100, 0x1FF)}
ADDRESS = 0xFFFFFFFFFF000
EIME = 0x800


@dataclass
class Machine:
    aw: int  # the widest address: 39 or 48
    dt: bool
    eim: bool


@dataclass
class Answer:
    reason: int = 0
    quiet: bool = False  # FPD
    index: int = 0
    pa: int = None
    vectors: tuple = ()
    cached: bool = False  # one whose rights denied: QEMU may have it in its IOTLB
    page: tuple = None  # log2 of its size, number
    paged: bool = False  # behind a good context entry


def bits(high, low):
    return (1 << (high + 1)) - (1 << low)


# --- DMA: "DMA Remapping", "Second-Stage Translation", "Fault Reason Encodings" ---


def walk(case, machine, rows):
    write = case.kind != "r"
    haw = machine.aw if "haw" in rows else HAW
    if not case.t or case.a >> 20 == 0xFEE:
        return Answer(pa=case.a)
    if case.r >> 10 & 3 and "ttm" not in rows:
        return Answer(0x30)
    if case.R is None:
        return Answer(0x8)
    low, high = case.R
    if not low & 1:
        return Answer(0x1)
    if low & (bits(11, 1) | bits(63, haw)) or high:
        return Answer(0xA)
    if case.C is None:
        return Answer(0x9)
    low, high = case.C
    quiet = bool(low & 2)
    if not low & 1:
        return Answer(0x2, quiet)
    if low & (bits(11, 4) | bits(63, haw)) or high & (bits(63, 24) | 0x80):
        return Answer(0xB)
    kind, width = low >> 2 & 3, high & 7
    widths = (1, 2) if machine.aw == 48 else (1,)
    if kind == 3 or (kind == 1 and not machine.dt) or width not in widths:
        return Answer(0x3, quiet)
    if kind == 2:
        if width != widths[-1] and "pt" not in rows:
            return Answer(0x3, quiet)
        return Answer(pa=case.a)
    levels = width + 2
    if case.a >> (12 + 9 * levels):
        return Answer(0x4, quiet, paged=True)
    answer = second_stage(case, machine, rows, haw, levels, write)
    answer.quiet, answer.paged = quiet, True
    return answer


def second_stage(case, machine, rows, haw, levels, write):
    entries = list(case.P or [])
    for level in range(levels, 0, -1):
        if not entries:
            return Answer(0x3 if level == levels else 0x7)
        entry = entries.pop(0)
        if not entry >> (1 if write else 0) & 1:
            return Answer(0x5 if write else 0x6, cached=True)
        leaf = level == 1 or (level < 4 and entry & 0x80)
        reserved = bits(51, haw) | 1 << 62 | 0x800
        if level == 4:
            reserved |= 0x80
        if leaf and level > 1:
            reserved |= bits(20, 12) if level == 2 else bits(29, 12)
        if leaf and machine.dt and "tm" in rows:
            reserved &= ~(1 << 62)
        if entry & reserved:
            return Answer(0xC)
        if leaf:
            return leaf_answer(case, entry, level, rows)
    raise AssertionError


def leaf_answer(case, entry, level, rows):
    size = 1 << (3 + 9 * level)
    base = entry & ADDRESS & ~(size - 1)
    pa = base | case.a & (size - 1)
    inside = base <= 0xFEEFFFFF and base + size > 0xFEE00000 if "fee" in rows else pa >> 20 == 0xFEE
    return Answer(0xE) if inside else Answer(pa=pa, page=(3 + 9 * level, case.a >> (3 + 9 * level)))


# --- interrupt requests: "Interrupt Remapping" ---


def delivered(mode, logical, destination, vector, level):
    mine = destination < 0x100 and (destination & 1 if logical else destination in (0, 0xFF))
    if not mine:
        return ()
    return ("2",) if mode == 4 else (f"{vector:x}" + ("l" if level else ""),)


def plain(case):
    """The message as it stands in compatibility format."""
    return delivered(case.d >> 8 & 7, case.a >> 2 & 1, case.a >> 12 & 0xFF, case.d & 0xFF, case.d >> 15 & 1)


def message(case, machine, rows):
    if not case.e:
        return Answer(vectors=plain(case))
    if not case.a & 0x10:
        passes = case.c and not case.I & EIME
        return Answer(vectors=plain(case)) if passes or "compat" in rows else Answer(0x25)
    shv = case.a >> 3 & 1
    if case.d >> 16 and (shv or "data" not in rows):
        return Answer(0x20)
    index = case.x & 0xFFFF if "wrap" in rows else case.x
    if index >= 2 << (case.I & 15):
        return Answer(0x21, index=index & 0xFFFF)
    if case.T is None:
        return Answer(0x23, index=index)
    low, high = case.T
    quiet = bool(low & 2)
    if not low & 1:
        return Answer(0x22, quiet, index)
    reserved = bits(14, 12) | bits(31, 24)
    if "dst" not in rows and not case.I & EIME:
        reserved |= bits(63, 48) | bits(39, 32)
    if "im" not in rows:
        reserved |= 1 << 15
    if low & reserved or high & bits(63, 20):
        return Answer(0x24, quiet, index)
    if not source_is_good(high, case.kind == "d" and "source" in rows, rows):
        return Answer(0x26, quiet, index)
    destination = low >> 32 if case.I & EIME else low >> 40 & 0xFF
    if "high" in rows:
        destination &= 0xFF
    return Answer(vectors=delivered(low >> 5 & 7, low >> 2 & 1, destination, low >> 16 & 0xFF, low >> 4 & 1))


def source_is_good(high, unasked, rows):
    sid, sq, svt = high & 0xFFFF, high >> 16 & 3, high >> 18 & 3
    if svt == 0 or unasked:
        return True
    if svt == 1:
        return (sid ^ SID) & ~(0, 4, 6, 7)[sq] & 0xFFFF == 0
    if svt == 2:
        first, last = (sid & 0xFF, sid >> 8) if "buses" in rows else (sid >> 8, sid & 0xFF)
        return first <= SID >> 8 <= last
    return False


# --- descriptors: "Queued Invalidation Interface" ---


def descriptor(case, machine, rows):
    """IQEI; 0: carried out."""
    low, high = case.d
    kind = low & 0xF | (low >> 9 & 7) << 4
    if kind & 0x70 and "type" in rows:
        kind &= 0xF
    if kind == 1:
        return 4 if low & (bits(63, 50) | bits(15, 6)) or high or not low & 0x30 else 0
    if kind == 2:
        group = low >> 4 & 3
        bad = low & (bits(63, 32) | bits(15, 8)) or high & bits(11, 7) or group == 0
        return 4 if bad or (group == 3 and high & 0x3F > 18) else 0
    if kind == 3 and (machine.dt or "devtlb" in rows):
        source = bits(15, 12) | bits(63, 52) if "pfsid" in rows else 0
        return 4 if low & (bits(11, 4) | bits(31, 21) | bits(51, 48) | source) or high & bits(11, 1) else 0
    if kind == 4:
        if "iec" in rows:
            return 0
        bad = low & (bits(63, 48) | bits(26, 5)) or high
        return 4 if bad or (low & 0x10 and low >> 27 & 31 > 15) else 0
    if kind == 5:
        if low & bits(31, 7) or (high & 3):
            return 4
        return 4 if "neither" in rows and not low & 0x30 else 0
    if kind in (6, 7) and "later" in rows:
        return 0
    return 3
