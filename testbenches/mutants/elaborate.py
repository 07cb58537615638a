# SPDX-License-Identifier: Apache-2.0
"""Does a broken RTL still elaborate? A name that was changed since leaves a patch that applies and
does not build; Verilator alone says so in a second or two, without a build.
"""
import pathlib
import re
import shutil
import subprocess

PACKAGES = ["rtl/record_pkg.sv", "rtl/page_pkg.sv", "rtl/bus/bus_pkg.sv"]
# What is elaborated for a file in a folder of rtl/: top module, lists of files, files behind them.
TOPS = {
    "mmu": ("mmu_top", ["rtl/mmu/mmu.f"], ["rtl/mmu_top.sv"]),
    "iommu": ("iommu_top", ["rtl/iommu/iommu.f"], ["rtl/iommu_top.sv"]),
    "bus": ("bus_top", [], ["rtl/iommu/iommu_port_pkg.sv", "rtl/bus/bus.sv", "rtl/bus_top.sv"]),
    "": ("soc_top", ["rtl/mmu/mmu.f", "rtl/iommu/iommu.f", "rtl/cpu/cpu.f"],
         ["rtl/bus/bus.sv", "rtl/soc_top.sv", "rtl/record_emit.sv"]),
}


def changed(mutant):
    """The SystemVerilog files of rtl/ that its patch changes."""
    files = re.findall(r"^\+\+\+ b/(\S+)", mutant.path.read_text(), re.M)
    return [f for f in files if f.startswith("rtl/") and f.endswith(".sv")]


def sources(root, key, ucode):
    _, lists, behind = TOPS[key]
    lines = [line for name in lists for line in (root / name).read_text().splitlines()
             if line and line[0] not in "#/"]
    listed = [line.replace("${UCODE_DIR}", str(ucode)) for line in lines]
    return list(dict.fromkeys(PACKAGES + listed + behind))


def first_error(root, mutant, apply, work, ucode):
    """-> Verilator's first line, or what `patch` said; empty when it elaborates"""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(root / "rtl", work / "rtl")
    for name in re.findall(r"^\+\+\+ b/(\S+)", mutant.path.read_text(), re.M):
        if not (work / name).exists() and (root / name).exists():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, work / name)
    note = apply(mutant, work)
    if note:
        return note
    for key in {pathlib.Path(f).parts[1] if pathlib.Path(f).parts[1] in TOPS else ""
                for f in changed(mutant)}:
        done = subprocess.run(["verilator", "--lint-only", "--assert", "-Wno-lint", "-Wno-style", "-Wno-fatal",
                               "--top-module", TOPS[key][0], *sources(root, key, ucode)],
                              cwd=work, capture_output=True, text=True, errors="replace")
        errors = [line for line in done.stderr.splitlines() if line.startswith("%Error")]
        if done.returncode != 0:
            return errors[0] if errors else done.stderr.strip()[-200:]
    return ""
