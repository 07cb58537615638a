# SPDX-License-Identifier: Apache-2.0
"""A case and its structures in words."""

TYPES = {1: "contexts", 2: "IOTLB", 3: "device-TLB", 4: "interrupt entries", 5: "wait"}
KINDS = {"w": "write", "r": "read", "d": "message by DMA", "i": "MSI", "q": "descriptor", "t": "tail", "e": "events"}


def entry_words(level, e):
    leaf = level == 1 or (level < 4 and e & 0x80)
    rights = ("R" if e & 1 else "-") + ("W" if e & 2 else "-")
    flags = [f"bit {b}" for b in (11, 62) if e >> b & 1]
    if level == 4 and e & 0x80:
        flags.append("PS")
    high = e >> 40 & 0xFFF
    if high:
        flags.append(f"51:40 = {high:x}h")
    what = "page" if leaf else "table"
    return f"level {level}: {e:016x}  {rights} {what} at {e & 0xFFFFFFF000:x}h" + "".join(", " + f for f in flags)


def structures(case):
    if case.R is None:
        return [f"RTADDR {case.r:x}h, where nobody answers"]
    out = [f"RTADDR {case.r:x}h, TTM {case.r >> 10 & 3}", f"root entry {case.R[1]:x}h:{case.R[0]:x}h"]
    if case.C is None:
        return out + ["no context table there"]
    low, high = case.C
    out.append(f"context entry {high:x}h:{low:x}h: P {low & 1} FPD {low >> 1 & 1} T {low >> 2 & 3:02b} AW {high & 7:03b} "
               f"DID {high >> 8 & 0xFFFF:x}h, table {low & 0xFFFFFFF000:x}h")
    level = (high & 7) + 2
    for e in case.P or []:
        out.append(entry_words(level, e))
        level -= 1
    return out


def dma(case):
    way = "write" if case.kind == "w" else "read"
    return [f"{way} of {case.l} bytes at {case.a:x}h, translation {'on' if case.t else 'off'}",
            "before it: " + (" ".join(case.A or []) or "nothing")] + structures(case)


def message(case):
    out = [f"message to {case.a:x}h, data {case.d:x}h, by {'a DMA write' if case.kind == 'd' else 'MSI'}; IRES {case.e}, "
           f"CFIS {case.c}, EIME {case.I >> 11 & 1}, table of {2 << (case.I & 15)} at {case.I & ~0xFFF:x}h", "before it: " + (" ".join(case.A or []) or "nothing")]
    if case.T is not None:
        low, high = case.T
        out.append(f"index {case.x:x}h, entry {high:x}h:{low:x}h: P {low & 1} FPD {low >> 1 & 1} DM {low >> 2 & 1} TM {low >> 4 & 1} "
                   f"DLM {low >> 5 & 7} IM {low >> 15 & 1} vector {low >> 16 & 0xFF:x}h DST {low >> 32:x}h "
                   f"SID {high & 0xFFFF:x}h SQ {high >> 16 & 3} SVT {high >> 18 & 3:02b}")
    return out


def queue(case):
    if case.kind == "t":
        return [f"IQT = {case.d:x}h"]
    low, high = case.d
    out = [f"descriptor {high:x}h:{low:x}h ({TYPES.get(low & 15, 'no such type')}) at IQH {case.h:x}h"]
    return out + ([f"and then a write to {case.a:x}h"] + structures(case) if case.a is not None else [])


def describe(case):
    if case.kind in "wr":
        out = dma(case)
    elif case.kind in "di":
        out = message(case)
    elif case.kind == "e":
        out = [f"FECTL = {case.f:x}h, IECTL = {case.w:x}h"]
    else:
        out = queue(case)
    return "\n".join("  " + line for line in out)


SHOWN = 6


def before(cases):
    """The cases that came before, in short."""
    shown = []
    for case in cases[-SHOWN:]:
        at = f" {case.a:x}h" if case.a is not None else ""
        moved = f", page {case.outcome['m'] & ~0xFFF:x}h" if case.outcome.get("m") else ""
        shown.append(f"    {case.number} {KINDS[case.kind]}{at}: {' '.join(case.A or []) or '-'}{moved}")
    return "\n".join(["  before:"] + shown)
