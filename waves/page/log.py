# SPDX-License-Identifier: Apache-2.0
"""A bundle's records.log (docs/record.md): what both sides said, in the order of its arrival.

    records = read(path)            # raises OSError
    near(records, cycle, lines)     # the last of them up to that cycle of the RTL
    reads(records, cycle)           # the entries that the RTL's last walk read: Record of walk, iwalk
"""
import dataclasses


@dataclasses.dataclass
class Record:
    side: str
    kind: str
    fields: dict  # as they are written: cycle decimal, the others hexadecimal
    cycle: int    # the model's: that of the RTL's record before it

    def number(self, name):
        return int(self.fields.get(name, "0"), 16)


def read(path):
    records, now = [], 0
    for line in path.read_text(errors="replace").splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        fields = dict(w.split("=", 1) for w in words[2:] if "=" in w)
        if words[0] == "rtl":
            now = int(fields.get("cycle", now))
        records.append(Record(words[0], words[1], fields, now))
    return records


def near(records, cycle, lines):
    return [r for r in records if cycle is None or r.cycle <= cycle][-lines:]


# What ends a walk, and what it reads: of a processor's translation, of a device's request.
ENDS = {"walk": "xlate", "iwalk": "dma"}


def reads(records, cycle):
    last = [r for r in near(records, cycle, len(records)) if r.side == "rtl"]
    for kind, end in ENDS.items():
        ended = next((r for r in reversed(last) if r.kind == end and r.cycle == cycle), None)
        if ended is not None:
            since = ended.cycle - ended.number("latency")
            return [r for r in last if r.kind == kind and since <= r.cycle <= ended.cycle]
    return []
