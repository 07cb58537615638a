# SPDX-License-Identifier: Apache-2.0
"""Judges from outside: cells of ring 3 on this machine's processor, any cells on QEMU and Bochs.

QEMU and Bochs run the images, compared with the model after every instruction (testbenches/steps).
The host runs the cell's code alone (host.c), under the controls that its system has: a cell is asked
if its settings are those, or make no difference here.
"""
import argparse
import pathlib
import random
import subprocess
import typing

import cells
import runs
from events import run_image

# What an emulator does not have, so that a cell is not asked: by settings or instruction.
LACKS = {
    "qemu": ("its translator has neither DR7.GD nor PCIDs, and SYSCALL in every mode",
             lambda c: dict(c.settings).get("DR7.GD") or "CR4.PCIDE" in dict(c.settings) or
             c.insn.name in ("SYSCALL", "SYSRET") and c.code.name != "64-bit"),
    "bochs": ("it has counters and MWAIT, looks at DR7.GD before the CPL, and pushes no RF with its #DB",
              lambda c: dict(c.settings).get("DR7.GD") or c.insn.name in ("RDPMC", "MONITOR", "MWAIT")),
}



class Known(typing.NamedTuple):
    """A judge's own way: this outcome where the checks give another."""
    judge: str
    names: tuple
    outcome: str  # begins so
    source: str


KNOWN = (
    Known("qemu", ("MOV r, CR1",), "#GP", "QEMU's translator: CPL before the number of the register"),
    Known("qemu", ("MOV r, DR4",), "#GP", "QEMU's translator: CPL before CR4.DE"),
    Known("qemu", ("LOCK CLI",), "", "QEMU: LOCK where it is not allowed is ignored"),
    Known("qemu", ("RDPID", "RDPMC", "INT1", "INVPCID", "INVPCID 0, PCID 1"), "#UD", "QEMU's translator does not have it"),
    Known("qemu", ("RDMSR", "WRMSR"), "executes", "QEMU: MSRs that are not there"),
    Known("amd", ("MOV r, DR4",), "#GP(0)", "this processor: CPL before CR4.DE"),
    Known("amd", ("SYSCALL",), "#PF elsewhere", "AMD64 APM Vol. 3, SYSCALL: compatibility mode has it"),
    Known("amd", ("SYSRET",), "#GP(0)", "AMD64 APM Vol. 3, SYSRET: compatibility mode has it"),
)


def known_by(judge, cell, outcome):
    for row in KNOWN:
        if row.judge == judge and cell.insn.name in row.names and outcome.startswith(row.outcome):
            return row.source
    return ""


def draw(chosen, count, seed):
    if count is None or count >= len(chosen):
        return list(chosen)
    picked = random.Random(seed).sample(range(len(chosen)), count)
    return [chosen[i] for i in sorted(picked)]


def on_emulator(emulator, steps, chosen, work, cache):
    """-> (how many were asked, notes and how often, a text for each disagreement)"""
    reason, lacks = LACKS[emulator]
    asked = [c for c in chosen if not lacks(c)]
    args = argparse.Namespace(ringwalk=str(steps), on=emulator, keep=None, keep_going=True, coverage=None)
    wrong, notes = [], {f"not asked: {reason}": len(chosen) - len(asked)}
    for image, part in runs.images_of(asked, work, cache):
        image.options = []
        letters, said = run_image(args, image)
        wrong += said
        for cell, letter in zip(part, letters):
            expected, outcome = cells.predict(cell).outcome.partition("(")[0], fault_of(letter)
            # Of a cell that executes any end but #GP and #UD may be the right one; GD makes a #DB of its own.
            ends = expected == "executes" and outcome not in ("#GP", "#UD")
            if letter in "?!" or outcome == expected or ends or dict(cell.settings).get("DR7.GD"):
                continue
            source = known_by(emulator, cell, outcome)
            if source:
                notes["known: " + source] = notes.get("known: " + source, 0) + 1
            else:
                wrong.append(f"{cell.name}: {outcome} on {emulator}, but the checks give {expected}")
    return len(asked), notes, wrong


def fault_of(letter):
    """frame.S says the vector from 'A'."""
    return runs.FAULTS.get(ord(letter) - ord("A"), "executes")


# --- this machine's processor ---------------------------------------------------------------------
# Linux: CR4.DE = 1, TSD = 0, EFER.SCE = 1, DR7.GD = 0, IOPL = 0 without a map, gates of INT3 and INTO of DPL 3.
HOST = {"CR4.DE": 1, "CR4.TSD": 0, "EFER.SCE": 1, "DR7.GD": 0, "IOPL": 0, "IF": 1}
SELECTORS = {"code": {64: 0x33, 32: 0x23}, "kernel code": 0x10, "data": 0x2B, "kernel data": 0x18}
UNLIKE = {
    "the system executes it in the processor's place (UMIP)": ("SGDT", "SIDT", "SLDT", "STR", "SMSW", "SLDT m16",
                                                               "STR m16", "SMSW m16"),
    "its result is the system's": ("RDPMC", "XGETBV", "XSETBV", "SYSENTER", "SYSEXIT"),
    "it needs a descriptor of its own": ("CALL far, call gate", "JMP far, call gate"),
}
FEATURES = {"RDPID": "rdpid", "RDTSCP": "rdtscp", "INVPCID": "invpcid", "CLAC": "smap", "STAC": "smap"}


def host_controls(controls):
    words = dict(zip(controls.split()[::2], map(int, controls.split()[1::2])))
    return dict(HOST, **{"CR4.FSGSBASE": words["fsgsbase"], "CR4.PKE": words["pke"], "compat": words["compat"]})


def not_asked(cell, controls, flags):
    """Why not; empty if it is."""
    if cell.ring != 3 or cell.code.name == "32-bit":
        return "not of ring 3 in long mode"
    if cell.code.name == "compat" and not controls["compat"]:
        return "the system has no compatibility mode"
    for why, names in UNLIKE.items():
        if cell.insn.name in names:
            return why
    feature = FEATURES.get(cell.insn.name.split()[0])
    if feature and feature not in flags:
        return "the processor does not have it"
    settings = dict(cell.settings)
    if settings.get("gate DPL", None) is not None:
        controls = dict(controls, **{"gate DPL": 0 if cell.insn.name == "INT n" else 3})
    if settings.get("I/O map") == "permits":
        return "other controls"
    if any(settings[n] != controls[n] for n in settings if n in controls):
        return "other controls"
    return ""


def host_words(cell):
    own = cells.words(cell)
    size = cell.code.size
    settings = dict(cell.settings)
    kernel = SELECTORS["kernel code"]
    own.update(code=SELECTORS["code"][size], data=SELECTORS["data"],
               seg=SELECTORS["data" if settings.get("DPL") == 3 else "kernel data"],
               stack={"own ring": SELECTORS["data"], "own, RPL 0": SELECTORS["data"] - 3}.get(
                   settings.get("selector"), SELECTORS["kernel data"]),
               target=SELECTORS["code"][size] if settings.get("target") == "own ring" else kernel)
    own["iret_frame"] = own["iret_frame"].replace(f"${cells.words(cell)['code']}", f"${own['code']}") \
        .replace(f"${cells.words(cell)['data']}", f"${own['data']}")
    return own


HEAD = """.set PAGE, 0x410000
.set gdtr, PAGE + 0x100
.set idtr, PAGE + 0x100
.set X0, 0x110
.set LDT_SEL, 0xF8
.set TSS_SEL, 0xE8
.set STACK3, PAGE
.set stub_end, PAGE
.text
"""


def host_source(asked):
    text = [HEAD]
    for n, cell in enumerate(asked):
        fill = host_words(cell)
        text += [f".code{cell.code.size}", f"start_{n}:", cell.insn.setup.format(**fill),
                 f"insn_{n}: " + cell.insn.text.format(**fill)]
        # A far transfer goes to 9, wherever the probe would go on.
        text += ["9: nop" if cell.insn.probe.startswith("9:") else "", f"end_{n}: int3"]
    return "\n".join(text) + "\n"


def assemble(asked, work):
    """-> (flat binary, {label: address})"""
    source, elf, flat = (work / ("host" + end) for end in (".S", ".elf", ".bin"))
    source.write_text(host_source(asked))
    for command in (["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-Ttext=0x430000,--build-id=none", "-Wl,-e,0x430000",
                     "-z", "noexecstack", str(source), "-o", str(elf)],
                    ["objcopy", "-O", "binary", "-j", ".text", str(elf), str(flat)]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip()[:1500])
    listed = subprocess.run(["nm", str(elf)], capture_output=True, text=True).stdout
    return flat, {w[2]: w[0] for w in map(str.split, listed.splitlines()) if len(w) == 3}


# Selectors that the host has in place of frame.S's.
HOST_ERRORS = {0x28: 0x18, 0x40: 0x28, 0x08: 0x10, 0x68: 0x10}


# Under a hypervisor the RIP of INT1 may be its own.
INTERRUPTS = {"INT1": (1,), "INT3": (3,), "INTO": (4,)}


def host_outcome(answer, cell):
    vector, error, at = int(answer[0]), int(answer[1]), answer[2]
    if vector < 0:
        return "no end"
    if at == "end" or vector in INTERRUPTS.get(cell.insn.name, ()):
        return "executes"
    fault = runs.FAULTS.get(vector, f"vector {vector}")
    if at != "insn":
        return f"{fault} elsewhere"
    if vector not in (8, 10, 11, 12, 13, 14, 17):
        return fault
    return f"{fault}({error:#x})" if error else f"{fault}(0)"


def expected_outcome(verdict):
    name, _, error = verdict.outcome.rstrip(")").partition("(")
    if error and int(error, 0) in HOST_ERRORS:
        return f"{name}({HOST_ERRORS[int(error, 0)]:#x})"
    return verdict.outcome


def flags_wrong(cell, verdict, answer):
    """What executed in silence: ZF of LAR to VERW, IF and IOPL of POPF and IRET (IF is 1 here)."""
    flags, silent = int(answer[3], 16), {s.field for s in verdict.differs}
    if cell.insn.name in ("LAR", "LSL", "VERR", "VERW") and bool(flags >> 6 & 1) == ("ZF" in silent):
        return f"ZF = {flags >> 6 & 1}"
    if cell.insn.name in ("POPF", "IRET") and flags >> 9 & 0x1D != 1:
        return f"RFLAGS {flags:#x}"
    if cell.insn.name in ("MOV r, CS", "MOV r, SS") and int(answer[4], 16) & 3 != cell.ring:
        return f"shows {answer[4]}"
    return ""


def on_host(host, chosen, count, seed, work):
    """The same as on_emulator."""
    (work / "empty.bin").write_bytes(b"\xCC")
    said = subprocess.run([str(host), str(work / "empty.bin")], input="", capture_output=True, text=True)
    if said.returncode != 0:
        raise RuntimeError(said.stderr.strip())
    controls = host_controls(said.stdout)
    flags = pathlib.Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split()
    amd = "AuthenticAMD" in pathlib.Path("/proc/cpuinfo").read_text()
    notes = {}
    able = []
    for cell in chosen:
        why = not_asked(cell, controls, flags)
        if why:
            notes["not asked: " + why] = notes.get("not asked: " + why, 0) + 1
        else:
            able.append(cell)
    asked = draw(able, count, seed)
    flat, labels = assemble(asked, work)
    lines = "".join(f"{labels[f'start_{n}']} {labels[f'insn_{n}']} {labels[f'end_{n}']} {c.code.size}\n"
                    for n, c in enumerate(asked))
    said = subprocess.run([str(host), str(flat)], input=lines, capture_output=True, text=True)
    answers = [line.split() for line in said.stdout.splitlines()[1:]]
    wrong = [] if len(answers) == len(asked) else [f"the host gave {len(answers)} answers, not {len(asked)}"]
    for cell, answer in zip(asked, answers):
        verdict = cells.predict(cell)
        outcome, expected = host_outcome(answer, cell), expected_outcome(verdict)
        source = known_by("amd" if amd else "", cell, outcome)
        if outcome != expected and source:
            notes["known: " + source] = notes.get("known: " + source, 0) + 1
        elif outcome != expected:
            wrong.append(f"{cell.name}: {outcome} on this processor, but the checks give {expected}")
        elif outcome == "executes" and flags_wrong(cell, verdict, answer):
            wrong.append(f"{cell.name}: {flags_wrong(cell, verdict, answer)} on this processor")
    return len(asked), notes, wrong
