# SPDX-License-Identifier: Apache-2.0
"""The fault record, the queue's error and the two events of one unit from case to case; VT-d "Fault Logging",
"Fault Events", "Invalidation Completion Event". One fault record, as QEMU has."""
import reading
from reading import SID

PFO, PPF, IQE = 1, 2, 0x10
MAMV = 18
IM, IP = 0x80000000, 0x40000000


class Unit:
    def __init__(self, machine, rows):
        self.machine, self.rows = machine, rows
        self.record, self.fsts = (0, 0), 0
        self.fectl, self.iectl, self.iwc = IM, IM, False
        self.told = 0

    # --- conditions ---

    def fault_event(self, before):
        if before & (PPF | IQE):
            return []
        if self.fectl & IM:
            self.fectl |= IP
            return []
        return ["e0"]

    def record_fault(self, low, high):
        if self.fsts & PPF:
            if "collapse" not in self.rows:
                self.fsts |= PFO
            return []
        if self.fsts & PFO:
            return []
        before = self.fsts
        self.record, self.fsts = (low, high | 1 << 63), self.fsts | PPF
        return self.fault_event(before)

    def wait_event(self):
        if self.iwc:
            return []
        self.iwc = True
        if self.iectl & IM:
            self.iectl |= IP
            return []
        return ["e1"]

    def clear_faults(self):
        self.record, self.fsts = (0, 0), 0
        self.fectl &= ~IP

    def clear_iwc(self):
        self.iwc = False
        self.iectl &= ~IP

    def state(self, vectors):
        return {"S": self.fsts, "E": self.fectl, "F": self.record,
                "V": sorted(vectors, key=lambda v: int(v.rstrip("l"), 16))}

    def queue_state(self, head, iqei):
        return {"H": head, "Q": 0 if "iqercd" in self.rows else iqei, "J": int(self.iwc), "K": self.iectl,
                "W": self.told}

    # --- the kinds of case: what each must come to, and the state behind it ---

    def granularities(self, case):
        """CAIG and IAIG of the invalidations before it, when they were made by the registers."""
        names = {"cc0": "0", "tlb0": "0", "ccg": "1", "ccd": "1" if "caig" in self.rows else "2", "ccs": "3", "tlbg": "1", "tlbd": "2", "tlbp": "3"}
        if case.u:
            return ""
        said = []
        for word in case.A:
            name, _, number = word.partition(":")
            if name in names:
                said.append(names[name])
            elif name == "am" and int(number, 16) > MAMV:
                said[-1] = "0"
        return "".join(said)

    def request(self, case, silent=False):
        answer = reading.walk(case, self.machine, self.rows)
        if silent:
            return reading.Answer(), []
        if not answer.reason or answer.quiet:
            return answer, []
        read = case.kind == "r"
        pasid = 0xFFFF << 40 if answer.paged and "pasid" in self.rows else 0
        return answer, self.record_fault(case.a & ~0xFFF, SID | answer.reason << 32 | read << 62 | pasid)

    def dma(self, case, silent=False):
        answer, vectors = self.request(case, silent)
        pa = answer.pa if answer.pa is not None and answer.pa & ~0xFFF in reading.HOT else None
        out = self.state(vectors) | {"m": pa, "G": self.granularities(case)}
        if not case.k:
            self.clear_faults()
        return answer, out

    def message(self, case):
        answer = reading.message(case, self.machine, self.rows)
        vectors = list(answer.vectors)
        if answer.reason and not answer.quiet and "unrecorded" not in self.rows:
            vectors += self.record_fault(answer.index << 48, SID | answer.reason << 32)
        out = self.state(vectors)
        self.clear_faults()
        return answer, out

    def stop_queue(self):
        before, self.fsts = self.fsts, self.fsts | IQE
        return self.fault_event(before)

    def queue(self, case):
        tail_only = case.kind == "t"
        iqei = 1 if tail_only else reading.descriptor(case, self.machine, self.rows)
        head, vectors = case.h, []
        self.told = 0 if not tail_only else self.told
        if iqei:
            vectors = self.stop_queue()
        else:
            head = (case.h + 16) % case.b
            low, _ = case.d
            if low & 0xF == 5:
                self.told = low >> 32 if low & 0x20 else 0
                vectors = self.wait_event() if low & 0x10 else []
        if case.a is not None:  # a DMA while the queue may stand
            vectors = vectors + self.request(case)[1]
        out = self.state(vectors) | self.queue_state(head, iqei)
        if case.j:
            self.clear_iwc()
        self.clear_faults()
        return reading.Answer(reason=iqei), out

    def events(self, case):
        vectors = []
        if not case.f and self.fectl & IP:
            vectors.append("e0")
        if not case.w and self.iectl & IP:
            vectors.append("e1")
        self.fectl = case.f | (self.fectl & IP if case.f else 0)
        self.iectl = case.w | (self.iectl & IP if case.w else 0)
        out = self.state(vectors) | {"K": self.iectl}
        if case.j:
            self.clear_iwc()
        return reading.Answer(), out

    def step(self, case, **more):
        if case.kind in "wr":
            return self.dma(case, **more)
        if case.kind in "di":
            return self.message(case)
        return self.events(case) if case.kind == "e" else self.queue(case)
