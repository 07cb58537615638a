#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad designs and bad declarations at `ringwalk mmu --rtl`: each gets the line that it deserves and a
non-zero exit, in time. A case is a change of testbenches/foreign/notlb.

usage: own_rtl.py SOURCE_DIR RINGWALK [WORD: only the cases with it in their name]
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

GOOD = "testbenches/foreign/notlb"
SECONDS = 300

# name, file, text, its replacement, exit status, what the one line says (2), or the report (1)
CASES = [
    ("port missing", "mmu.sv", "  output logic               flush_ready_o,\n", "", 2,
     r"module mmu: port flush_ready_o is missing"),
    ("port too narrow", "mmu.sv", "pdpte_base_i,", "pdpte_base_i, input logic [62:0] cycle_i,", 2,
     r"module mmu: port cycle_i is an input of 63 bits, the contract's is an input of 64"),
    ("port the wrong way", "mmu.sv", "input  logic               flush_valid_i",
     "output logic               flush_valid_i", 2,
     r"module mmu: port flush_valid_i is an output of 1 bits, the contract's is an input of 1"),
    ("port too many", "mmu.sv", "clk_i, rst_ni,", "clk_i, rst_ni, test_i,", 2,
     r"module mmu: port test_i is none of the contract's"),
    ("no such module", "ringwalk.ini", "top = mmu", "top = nothing", 2, r"does not build: %Error.*nothing"),
    ("syntax error", "mmu.sv", "endmodule", "endmodul", 2, r"does not build: %Error: .*mmu\.sv:\d+"),
    ("undeclared", "mmu.sv", "assign pk = key_denied", "assign pk = keys_denied", 2, r"does not build: %Error: .*mmu\.sv:\d+"),
    ("unknown key", "ringwalk.ini", "mode =", "mood =", 2, r"ringwalk\.ini:3: unknown key 'mood'"),
    ("key twice", "ringwalk.ini", "mode = legality", "top = mmu", 2, r"ringwalk\.ini:3: 'top' stands in line 2 too"),
    ("no value", "ringwalk.ini", "legality", "", 2, r"ringwalk\.ini:3: 'mode' has no value"),
    ("no equals sign", "ringwalk.ini", "mode = legality", "legality", 2, r"ringwalk\.ini:3: wants 'key = value'"),
    ("unknown mode", "ringwalk.ini", "legality", "lawful", 2, r"ringwalk\.ini:3: mode 'lawful' is none"),
    ("unknown lack", "ringwalk.ini", "mode = legality", "lacks = pcid, sse", 2,
     r"ringwalk\.ini:3: 'sse' is nothing that an MMU may lack"),
    ("lacks all", "ringwalk.ini", "mode = legality", "lacks = 32-bit, pae, 4-level, 5-level", 2,
     r"lacks every paging mode"),
    ("source outside", "ringwalk.ini", "mode = legality", "sources = ../mmu.sv", 2, r"ringwalk\.ini:3: '\.\./mmu\.sv' is outside"),
    ("source not there", "ringwalk.ini", "mode = legality", "sources = nmu.sv", 2, r"ringwalk\.ini:3: 'nmu\.sv' is not there"),
    ("exact without records", "ringwalk.ini", "legality", "exact", 2, r"module mmu: port xlate_valid_o is missing"),
    ("logic that never settles", "mmu.sv", "  logic unused;",
     "  logic odd;\n  assign odd = req_valid_i && !odd;\n  logic unused;", 1, r"ringwalk: the RTL cannot go on in cycle \d+: .*did not converge"),
    ("request falls with its ack", "mmu.sv", "bus_req_o.valid = step == Fetch",
     "bus_req_o.valid = !bus_rsp_i.ack && step == Fetch", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   changes with the ack in the same cycle"),
    ("request changed before its ack", "mmu.sv", "bus_req_o.lock = step == Grab;",
     "bus_req_o.lock = step == Grab;\n      bus_req_o.addr[39] = beat;", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   changed before its ack"),
    ("request withdrawn", "mmu.sv", "bus_req_o.valid = step == Fetch", "bus_req_o.valid = beat && step == Fetch", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   withdrawn before its ack"),
    ("answer without a request", "mmu.sv", "assign rsp_valid_o   = step == Told;",
     "assign rsp_valid_o   = step == Told || (step == Idle && flush_valid_i);", 1,
     r"stream pins, field rsp_valid_o, cycle \d+\n  rtl   an answer without a request"),
    ("answer at once", "mmu.sv", "assign rsp_valid_o   = step == Told;",
     "assign rsp_valid_o   = step == Told || (step == Idle && req_valid_i);", 1,
     r"stream pins, field rsp_valid_o, cycle \d+\n  rtl   an answer in the first cycle"),
    ("load without a request", "mmu.sv", "assign pdpte_done_o  = step == Loaded;",
     "assign pdpte_done_o  = step == Loaded || step == Told;", 1,
     r"stream pins, field pdpte_done_o, cycle \d+\n  rtl   an answer without a request"),
    ("flush beside a request", "mmu.sv", "step == Idle && !req_valid_i;", "1'b1;", 1,
     r"stream pins, field flush_ready_o, cycle \d+\n  rtl   high while a request is in flight"),
    ("flush never taken", "mmu.sv", "step == Idle && !req_valid_i;", "1'b0;", 1,
     r"stream pins, field flush_ready_o, cycle \d+\n  rtl   never high"),
    ("request never answered", "mmu.sv", "assign rsp_valid_o   = step == Told;",
     "assign rsp_valid_o   = step == Told && req_i.acc != AccFetch;", 1,
     r"stream xlate, field rsp_valid_o, cycle \d+\n  rtl   no answer in 5000 cycles, \d+ accesses"),
    ("walk for ever", "mmu.sv", "level    <= level - 3'd1;", "level    <= level;", 1,
     r"stream xlate, field rsp_valid_o, cycle \d+\n  rtl   no answer in 5000 cycles, [1-9]\d+ accesses"),
    ("load never done", "mmu.sv", "if (slot == 2'd3) step <= Loaded;", "", 1,
     r"stream pdpte, field pdpte_done_o, cycle \d+\n  rtl   no answer in 5000 cycles"),
    ("walk in I/O space", "mmu.sv", "bus_req_o.src  = bus_pkg::SrcWalk;",
     "bus_req_o.src  = bus_pkg::SrcWalk;\n      bus_req_o.io   = level == 3'd1;", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   not memory"),
    ("walk as data", "mmu.sv", "bus_pkg::SrcWalk", "bus_pkg::SrcData", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   not memory"),
    ("write where nobody answers", "mmu.sv", "bus_req_o.write = 1'b1;",
     "bus_req_o.write = 1'b1;\n        bus_req_o.addr[38] = 1'b1;", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   not memory: a write where nobody answers"),
    ("half an entry", "mmu.sv", "16'h000F : 16'h00FF", "16'h000F : 16'h003F", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   not an entry"),
    ("walk without a request", "mmu.sv", "          slot <= 2'd0;\n          step <= Load;\n        end",
     "          slot <= 2'd0;\n          step <= Load;\n        end else if (beat && !flush_valid_i) step <= Fetch;", 1,
     r"stream pins, field bus_req_o, cycle \d+\n  rtl   a walk without a request"),
    ("a property of its own", "mmu.sv", "  logic unused;",
     "  Never: assert property (@(posedge clk_i) disable iff (!rst_ni) !rsp_valid_o);\n  logic unused;", 1,
     r"stream assert, field mmu\.sv:\d+, cycle \d+\n  rtl   .*Never"),
    ("a warning stops nobody", "mmu.sv", "  logic unused;", "  logic [3:0] w = 5'd3;\n  logic unused;", 0,
     r"%Warning-WIDTH.*mmu\.sv:\d+"),
]

BEAT = "  logic beat;\n  always_ff @(posedge clk_i) beat <= !beat;\n\n  // --- the bus ---"


def change(folder, file, old, new):
    path = folder / file
    text = path.read_text()
    if old not in text:
        return False
    text = text.replace(old, new, 1)
    if "beat" in new:
        text = text.replace("  // --- the bus ---", BEAT, 1)
    path.write_text(text)
    return True


def run(ringwalk, work, folder):
    return subprocess.run([ringwalk, "mmu", "--rtl", folder, "--rtl-build", work / "built",
                           "--requests", "3000", "--wait-states", "3", "--no-bundle", "--quiet"],
                          capture_output=True, text=True, timeout=SECONDS, cwd=work)


def judge(case, done):
    """-> what is wrong, empty when nothing is"""
    _, _, _, _, status, says = case
    said = done.stderr if status in (0, 2) else done.stdout + done.stderr
    if done.returncode != status:
        return f"status {done.returncode}, not {status}: {(done.stdout + done.stderr)[:400]}"
    own = [line for line in done.stderr.splitlines()
           if not line.startswith("ringwalk mmu: building") and not line.startswith(("%Warning", " ", "..."))]
    if status == 2 and len(own) != 1:
        return f"{len(own)} lines: {done.stderr[:400]}"
    if says is not None and not re.search(says, said):
        return f"does not say '{says}': {said[:400]}"
    return ""


def main():
    root, ringwalk = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for case in (c for c in CASES if only in c[0]):
            folder = work / "design"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(root / GOOD, folder)
            if not change(folder, *case[1:4]):
                wrong = f"'{case[2]}' is not in {case[1]}"
            else:
                try:
                    wrong = judge(case, run(ringwalk, work, folder))
                except subprocess.TimeoutExpired:
                    wrong = f"no end in {SECONDS} seconds"
            failed += wrong != ""
            print(f"{'ok  ' if not wrong else 'BAD '} {case[0]}{': ' if wrong else ''}{wrong}", flush=True)
        for what, arguments, says in (("no such folder", ["--rtl", work / "none"], "no such folder"),
                                      ("no declaration", ["--rtl", work], "ringwalk.ini: No such file"),
                                      ("no folder", ["--rtl"], "--rtl wants a folder"),
                                      ("judge given", ["--rtl", folder, "--legality"], "--legality beside --rtl")):
            done = subprocess.run([ringwalk, "mmu", *arguments], capture_output=True, text=True, cwd=work)
            good = done.returncode == 2 and done.stderr.count("\n") == 1 and says in done.stderr
            failed += not good
            print(f"{'ok  ' if good else 'BAD '} {what}{'' if good else ': ' + done.stderr[:300]}")
    return 1 if failed else 0


sys.exit(main())
