#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A block bench that fails late: the wave of its bundle comes from a copy of the bench, not from the beginning
(the bench that would be run again has been deleted meanwhile), and is byte for byte the wave of the whole run cut to
that window. usage: late.py RINGWALK SOURCE WORK"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ringwalk, source, work = (pathlib.Path(p).absolute() for p in sys.argv[1:4])
# A design that forgets something, but only behind so many requests: block, design, file, changes, its first difference.
LATE = {
    "mmu": ("notlb", "mmu.sv", 700_000, (
        ("  task automatic begin_at_root();\n", "  logic [31:0] begun = '0;\n  task automatic begin_at_root();\n"),
        ("          begin_at_root();\n        end else if (pdpte_valid_i)",
         "          begun <= begun + 32'd1;\n          begin_at_root();\n        end else if (pdpte_valid_i)"),
        ("      us       <= here_us;\n", "      us       <= here_us || begun > 32'd{late};\n"))),
    "iommu": ("plainvtd", "plainvtd.sv", 150_000, (
        ("  always_ff @(posedge clk_i) begin\n    if (bus_rsp_i.ack && ask.valid)",
         "  logic [31:0] begun = '0;\n  always_ff @(posedge clk_i) begin\n    if (bus_rsp_i.ack && ask.valid)"),
        ("      Reply:  step <= Rest;\n", "      Reply:  begin step <= Rest; begun <= begun + 32'd1; end\n"),
        ("      ask.addr  <= {place[39:4], 4'b0};\n      ask.be    <= 16'((32'd1",
         "      ask.addr  <= {place[39:4], 4'b0} ^ (begun > 32'd{late} ? 40'h1000 : 40'h0);\n      ask.be    <= 16'((32'd1"))),
}
failures = 0


def check(what, ok, why=""):
    global failures
    if not ok:
        failures += 1
        print("FAIL", what, why)


def design(block):
    name, file, late, changes = LATE[block]
    folder = work / block
    shutil.copytree(source / "testbenches/foreign" / name, folder)
    path = folder / file
    text = path.read_text()
    for old, new in changes:
        check("the design is what it was", text.count(old) == 1, old)
        text = text.replace(old, new.replace("{late}", str(late)))
    path.write_text(text)
    return folder


def run(words, **more):
    return subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=work, **more)


def running(program):
    """-> processes of it, though it may have been deleted"""
    found = []
    for at in pathlib.Path("/proc").glob("[0-9]*/exe"):
        try:
            if os.readlink(at).removesuffix(" (deleted)") == str(program):
                found.append(at.parent.name)
        except OSError:
            pass
    return found


def trial(block):
    folder = design(block)
    at = work / ("run-" + block)
    at.mkdir()
    built = run([ringwalk, block, "--rtl", folder, "--rtl-build", at / "built", "--requests", 10, "--quiet", "--no-bundle"])
    said = built.communicate(timeout=300)
    check("it agrees at first", built.returncode == 0, said)
    bench = [p for p in (at / "built").rglob("*") if p.is_file() and os.access(p, os.X_OK) and p.read_bytes()[:4] == b"\x7fELF"]
    check("the bench that was built", len(bench) == 1, bench)
    words = [ringwalk, block, "--rtl", folder, "--rtl-build", at / "built", "--requests", 20 * LATE[block][2], "--quiet"]
    kept = at / "kept"
    shutil.copy(bench[0], kept)
    late = run([*words, "--bundles", at / "bundles"])
    end = time.monotonic() + 60
    while not running(bench[0]) and late.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    os.unlink(bench[0])
    out, err = late.communicate(timeout=200)
    shutil.copy(kept, bench[0])
    found = re.search(r"first difference: stream \w+, field \w+, cycle (\d+)", out)
    check("it fails late", late.returncode == 1 and found and int(found[1]) > LATE[block][2], (late.returncode, out, err))
    bundle = list((at / "bundles").glob("*"))
    check("its bundle is there", len(bundle) == 1 and (bundle[0] / "wave.fst").is_file(), (bundle, err))
    if failures:
        return
    cycle = int(found[1])
    whole = run([*words, "--no-bundle", "--wave", at / "whole.fst", "--wave-from", cycle - 400, "--wave-to", cycle + 60])
    out, err = whole.communicate(timeout=200)
    check("the same run from the beginning", whole.returncode == 1 and f"cycle {cycle}\n" in out, (out, err))
    check("the same wave", (at / "whole.fst").read_bytes() == (bundle[0] / "wave.fst").read_bytes())
    check("no copy is left", not running(bench[0]))


shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
for block in LATE:
    trial(block)
print("failures:", failures)
sys.exit(failures != 0)
