# SPDX-License-Identifier: Apache-2.0
"""Somebody else's MMU or IOMMU (docs/your-own-rtl.md, docs/your-own-iommu.md): its declaration
DIR/ringwalk.ini, its ports held against the contract, and the adapter that has every port of it.
"""
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DECLARATION = "ringwalk.ini"
KEYS = ("top", "sources", "include", "lacks", "mode", "verilog")
MODES = ("legality", "exact")
IN_FLIGHT = 32
VERILOG = {"2001": "1364-2001", "2005": "1364-2005"}

# The ports of a contract, in the order of the project's own block. When a design may leave one out:
# never (""), always ("may"), in one of the modes, or when it lacks one of the things named.
MMU_PORTS = [
    ("input", "logic", "clk_i", ""),
    ("input", "logic", "rst_ni", ""),
    ("input", "logic [63:0]", "cycle_i", "may"),
    ("input", "mmu_ctx_t", "ctx_i", ""),
    ("input", "mtrr_t", "mtrr_i", "mtrr types"),
    ("input", "logic", "req_valid_i", ""),
    ("input", "mmu_req_t", "req_i", ""),
    ("output", "logic", "rsp_valid_o", ""),
    ("output", "mmu_rsp_t", "rsp_o", ""),
    ("input", "logic", "flush_valid_i", ""),
    ("input", "mmu_flush_t", "flush_i", ""),
    ("output", "logic", "flush_ready_o", ""),
    ("input", "logic", "pdpte_valid_i", "pae"),
    ("input", "logic [31:5]", "pdpte_base_i", "pae"),
    ("output", "logic", "pdpte_done_o", "pae"),
    ("output", "logic", "pdpte_fault_o", "pae"),
    ("output", "pdpte_t [3:0]", "pdpte_o", "pae"),
    ("output", "bus_pkg::bus_req_t", "bus_req_o", ""),
    ("input", "bus_pkg::bus_rsp_t", "bus_rsp_i", ""),
    ("output", "logic", "spec_o", "may"),
    ("output", "logic", "xlate_valid_o", "legality"),
    ("output", "record_pkg::xlate_t", "xlate_o", "legality"),
    ("output", "logic", "walk_valid_o", "legality"),
    ("output", "record_pkg::walk_t", "walk_o", "legality"),
]

IOMMU_PORTS = [
    ("input", "logic", "clk_i", ""),
    ("input", "logic", "rst_ni", ""),
    ("input", "logic [63:0]", "cycle_i", "may"),
    ("input", "logic [63:0]", "bus_seq_i", "may"),
    ("input", "vtd_t", "vtd_i", "legality"),
    ("input", "logic", "dma_valid_i", ""),
    ("output", "logic", "dma_ready_o", ""),
    ("input", "dma_req_t", "dma_req_i", ""),
    ("output", "logic", "dma_rsp_valid_o", ""),
    ("output", "dma_rsp_t", "dma_rsp_o", ""),
    ("input", "logic", "reg_valid_i", ""),
    ("input", "reg_req_t", "reg_req_i", ""),
    ("output", "logic", "reg_ack_o", ""),
    ("output", "logic [63:0]", "reg_rdata_o", ""),
    ("output", "logic", "inv_valid_o", "device-tlb queue"),
    ("output", "inv_t", "inv_o", "device-tlb queue"),
    ("input", "logic", "cpl_valid_i", "device-tlb queue"),
    ("output", "logic", "cpl_ready_o", "device-tlb queue"),
    ("input", "cpl_t", "cpl_i", "device-tlb queue"),
    ("output", "bus_pkg::bus_req_t", "bus_req_o", ""),
    ("input", "bus_pkg::bus_rsp_t", "bus_rsp_i", ""),
    ("output", "logic [7:0]", "rsp_fault_o", "exact"),
    ("output", "logic [63:0]", "rsp_pa_o", "exact"),
    ("output", "logic", "frcd_valid_o", "exact"),
    ("output", "logic [2:0]", "frcd_index_o", "exact"),
    ("output", "logic [127:0]", "frcd_o", "exact"),
    ("output", "logic", "desc_valid_o", "exact queue"),
    ("output", "logic [127:0]", "desc_o", "exact queue"),
    ("output", "logic", "dma_trace_valid_o", "legality"),
    ("output", "record_pkg::dma_t", "dma_trace_o", "legality"),
    ("output", "logic", "iwalk_valid_o", "legality"),
    ("output", "record_pkg::iwalk_t", "iwalk_o", "legality"),
    ("output", "logic", "iommu_trace_valid_o", "legality"),
    ("output", "record_pkg::iommu_t", "iommu_trace_o", "legality"),
]

# A design's answer as a record, for an MMU that makes none: what no port says is 0.
XLATE = """  assign xlate_valid_o = rsp_valid_o;
  always_comb begin
    xlate_o = '0;
    if (rsp_valid_o) begin
      xlate_o.cycle        = cycle_i;
      xlate_o.va           = req_i.va;
      xlate_o.pa           = {24'b0, rsp_o.pa};
      xlate_o.error_code   = rsp_o.error_code;
      xlate_o.requester    = {7'b0, req_i.acc != AccFetch};
      xlate_o.access       = {6'b0, req_i.acc};
      xlate_o.user         = {7'b0, req_i.user};
      xlate_o.implicit_sup = {7'b0, req_i.implicit_sup};
      xlate_o.fault        = {7'b0, rsp_o.kind == XlPageFault};
      xlate_o.page_log2    = {3'b0, rsp_o.page_log2};
      xlate_o.memtype      = {5'b0, rsp_o.memtype};
    end
  end
"""


class Block:
    """What differs from block to block."""

    def __init__(self, name, article, page, packages, imports, ports, keys=(), made="", made_ports=(),
                 not_beside=(), takes_away=None):
        self.name, self.article, self.page = name, article, page
        self.packages = ["rtl/record_pkg.sv", "rtl/page_pkg.sv", "rtl/bus/bus_pkg.sv", *packages]
        self.imports, self.ports = imports, ports
        self.keys = KEYS + keys
        self.made, self.made_ports = made, made_ports  # outputs that the adapter makes itself
        self.not_beside = ("--lacks", "--legality", "--own-rtl", *not_beside)
        self.reserved = (f"{name}_own", f"{name}_top", f"{name}_contract", "soc_top")
        self.takes_away = takes_away  # what may be lacking, in words of --cpuid or --vtd, "" without one


# What may be lacking, and the features that go with it: of the processor (--cpuid), of the unit (--vtd).
# PAE is a feature of long mode too (own_machine.py); what no bit says a program must not use.
MMU_LACKS = {"32-bit": "", "pse": "-pse", "pae": "", "4-level": "-lm", "5-level": "-la57", "2m": "", "1g": "-pdpe1gb",
             "pse36": "-pse36", "pat": "-pat", "mtrr": "-mtrr", "types": "", "pcid": "-pcid", "global": "-pge",
             "smep": "-smep", "smap": "-smap", "pku": "-pku", "pks": "-pks", "nx": "-nx"}
IOMMU_LACKS = {"3-level": "-39", "4-level": "-48", "5-level": "-57", "2m": "-2m", "1g": "-1g", "queue": "-qi",
               "device-tlb": "-dt", "interrupt-remapping": "-ir", "x2apic": "-eim", "protected-regions": "-plmr,-phmr",
               "pass-through": "-pt", "page-selective": "-psi", "zero-length": "-zlr"}

BLOCKS = {
    "mmu": Block("mmu", "an MMU", "docs/your-own-rtl.md", ["rtl/mmu/mmu_pkg.sv"], "mmu_pkg::*", MMU_PORTS,
                 made=XLATE, made_ports=("xlate_valid_o", "xlate_o"), takes_away=MMU_LACKS),
    "iommu": Block("iommu", "an IOMMU", "docs/your-own-iommu.md", ["rtl/iommu/iommu_port_pkg.sv"],
                   "iommu_port_pkg::*", IOMMU_PORTS, keys=("records", "in-flight"), not_beside=("--vtd", "--every"),
                   takes_away=IOMMU_LACKS),
}
command = "?"  # of ringwalk, that is at work


def refuse(text):
    print(f"ringwalk {command}: {text}", file=sys.stderr)
    sys.exit(2)


def note(text):
    print(f"ringwalk {command}: {text}", file=sys.stderr, flush=True)


def say(text):
    """What Verilator has warned of."""
    sys.stderr.write(text)
    sys.stderr.flush()


def run(command, **how):
    try:
        return subprocess.run([str(c) for c in command], capture_output=True, text=True,
                              errors="replace", **how)
    except OSError as e:
        refuse(f"{command[0]}: cannot be run: {e.strerror}")


# --- the declaration ---

class Design:
    def __init__(self, folder, block):
        self.folder, self.block = folder, block
        self.path = folder / DECLARATION
        self.lines = {}
        if not folder.is_dir():
            refuse(f"{folder}: no such folder")
        try:
            text = self.path.read_text()
        except (OSError, UnicodeDecodeError) as e:
            refuse(f"{self.path}: {getattr(e, 'strerror', 'is no text')}; "
                   f"{self.block.page} says what stands in it")
        values = {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.partition("#")[0].strip()
            if line:
                key, value = self.parse(number, line)
                if key in values:
                    self.refuse_line(number, f"'{key}' stands in line {self.lines[key]} too")
                values[key], self.lines[key] = value, number
        self.top = values.get("top", self.block.name)
        self.mode = values.get("mode", "legality")
        self.verilog = values.get("verilog")
        self.records = values.get("records")
        self.in_flight = values.get("in-flight", "1")
        self.lacks = re.split(r"[,\s]+", values["lacks"]) if "lacks" in values else []
        self.include = [self.inside("include", w) for w in values.get("include", "").split()]
        self.sources = self.find_sources(values.get("sources"))
        self.check(values)

    def parse(self, number, line):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            self.refuse_line(number, "wants 'key = value'")
        if key not in self.block.keys:
            self.refuse_line(number, f"unknown key '{key}'; the keys are {', '.join(self.block.keys)}")
        if not value:
            self.refuse_line(number, f"'{key}' has no value")
        return key, value

    def refuse_line(self, number, text):
        refuse(f"{self.path}:{number}: {text}")

    def refuse_key(self, key, text):
        self.refuse_line(self.lines.get(key, 1), text)

    def check(self, values):
        if not re.fullmatch(r"[A-Za-z_]\w*", self.top) or self.top in self.block.reserved:
            self.refuse_key("top", f"'{self.top}' cannot be the name of the top module")
        if self.mode not in MODES:
            self.refuse_key("mode", f"mode '{self.mode}' is none; the modes are {', '.join(MODES)}")
        for name in self.lacks:
            if name not in self.block.takes_away:
                self.refuse_key("lacks", f"'{name}' is nothing that {self.block.article} may lack; there are "
                                + ", ".join(self.block.takes_away))
        if {"3-level", "4-level", "5-level"} <= set(self.lacks) and self.block.name == "iommu":
            self.refuse_key("lacks", "lacks every width of the second stage: nothing is left")
        if self.records is not None and self.records not in [str(n) for n in range(1, 9)]:
            self.refuse_key("records", f"'{self.records}' is no number of fault records from 1 to 8")
        if self.in_flight not in [str(n) for n in range(1, IN_FLIGHT + 1)]:
            self.refuse_key("in-flight", f"'{self.in_flight}' is no number of requests from 1 to {IN_FLIGHT}")
        if self.in_flight != "1" and self.mode == "exact":
            self.refuse_key("in-flight", "in exact mode one request is in flight")
        if self.verilog is not None and self.verilog not in VERILOG:
            self.refuse_key("verilog", f"no edition '{self.verilog}'; there are {', '.join(VERILOG)}")
        if "sources" not in values and not self.sources:
            refuse(f"{self.folder}: no file *.v or *.sv in it")

    def inside(self, key, word):
        path = (self.folder / word).resolve()
        if not path.is_relative_to(self.folder):
            self.refuse_key(key, f"'{word}' is outside the design's folder")
        if not path.exists():
            self.refuse_key(key, f"'{word}' is not there")
        return path

    def find_sources(self, words):
        """Packages first, whatever their names, unless the declaration gives the order itself."""
        if words is not None:
            return [self.inside("sources", w) for w in words.split()]
        files = sorted(p for p in self.folder.rglob("*") if p.suffix in (".v", ".sv"))
        package = re.compile(r"^\s*package\s+\w+", re.M)
        return sorted(files, key=lambda p: not package.search(p.read_text(errors="replace")))

    def files(self):
        """Everything that the design's build can depend on."""
        return sorted(p for p in self.folder.rglob("*") if p.is_file() and
                      not any(part.startswith(".") for part in p.relative_to(self.folder).parts))

    def away(self):
        """-> what it lacks, in the words of --cpuid or --vtd"""
        return [self.block.takes_away[name] for name in self.lacks if self.block.takes_away[name]]

    def vtd(self):
        """-> the value of --vtd that says what it has; None: all"""
        words = self.away() + ([f"records={self.records}"] if self.records is not None else [])
        return ",".join(words) or None

    def left_out(self, reasons):
        return any(r == "may" or r == self.mode or r in self.lacks for r in reasons.split())

    def verilator(self):
        """Arguments that every call shares: language, search path, packages, sources. A package of
        the design's own stands in the place of ours of the same name."""
        own = {p.name for p in self.sources}
        packages = [ROOT / p for p in self.block.packages if pathlib.Path(p).name not in own]
        return self.options() + packages + self.sources

    def options(self):
        """Language and search path."""
        language = [f"+{VERILOG[self.verilog]}ext+v"] if self.verilog else []
        return language + [f"-I{p}" for p in (self.folder, *self.include)]


# --- ports ---

def first_error(said):
    for line in said.splitlines():
        if line.startswith("%Error"):
            return line
    return said.strip().splitlines()[0] if said.strip() else "no reason given"


def widths(xml, module):
    """-> {port: (direction, bits)} of the module, as Verilator has elaborated it"""
    root = ElementTree.parse(xml).getroot()
    types = {t.get("id"): t for t in root.find(".//typetable")}

    def bits(dtype):
        t = types[dtype]
        if t.tag == "basicdtype":
            return abs(int(t.get("left", 0)) - int(t.get("right", 0))) + 1
        if t.tag == "structdtype":
            return sum(bits(m.get("sub_dtype_id")) for m in t.findall("memberdtype"))
        if t.tag == "packarraydtype":
            ends = [int(re.search(r"'s?h([0-9a-f]+)", c.get("name")).group(1), 16)
                    for c in t.iter("const")]
            return (abs(ends[0] - ends[1]) + 1) * bits(t.get("sub_dtype_id"))
        if t.tag in ("refdtype", "enumdtype") and t.get("sub_dtype_id"):
            return bits(t.get("sub_dtype_id"))
        return None  # an interface, an unpacked array: no port of the contract is one

    for m in root.iter("module"):
        if m.get("origName", m.get("name")) == module or m.get("name") == module:
            return {v.get("origName"): (v.get("dir"), bits(v.get("dtype_id")))
                    for v in m.findall("var") if v.get("dir")}
    return {}


def elaborate(work, top, arguments, where):
    xml = work / f"{top}.xml"
    done = run(["verilator", "--xml-only", "--xml-output", xml, "--Mdir", work, "--top-module", top,
                "-Wno-lint", "-Wno-style", "-Wno-fatal", *arguments])
    if done.returncode != 0:
        refuse(f"{where}: does not build: {first_error(done.stderr)}")
    return widths(xml, top)


def port_rows(block):
    return ",\n".join(f"  {way} {kind} {name}" for way, kind, name, _ in block.ports)


def contract(block, work):
    name = block.name + "_contract"
    path = work / f"{name}.sv"
    path.write_text(f"module {name} import {block.imports}; (\n{port_rows(block)}\n);\nendmodule\n")
    return elaborate(work, name, [ROOT / p for p in block.packages] + [path], "the contract")


def check_ports(design, work):
    """-> the names of the design's ports"""
    wanted = contract(design.block, work)
    there = elaborate(work, design.top, design.verilator(), design.folder)
    if not there:
        refuse(f"{design.folder}: module {design.top} has no ports")
    for name, (way, bits) in there.items():
        if name not in wanted:
            refuse(f"{design.folder}: module {design.top}: port {name} is none of the contract's")
        if (way, bits) != wanted[name]:
            refuse(f"{design.folder}: module {design.top}: port {name} is an {way} of {bits} bits, "
                   f"the contract's is an {wanted[name][0]} of {wanted[name][1]}")
    for _, _, name, reason in design.block.ports:
        if name not in there and not design.left_out(reason):
            refuse(f"{design.folder}: module {design.top}: port {name} is missing")
    return set(there)


ADAPTER = """// Made by ringwalk {block} --rtl: every port of the contract around {top}.
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNDRIVEN */
module {block}_own
  import {imports};
(
{ports}
);
{absent}
  {top} u_design (
{pins}
  );
endmodule
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on UNDRIVEN */
"""


def write_adapter(design, there, path):
    block = design.block
    made = [name for name in block.made_ports if name not in there]
    absent = [f"  assign {name} = '0;\n" for way, _, name, _ in block.ports
              if way == "output" and name not in there and name not in made]
    if made:
        absent.append(block.made)
    path.write_text(ADAPTER.format(
        block=block.name, imports=block.imports, top=design.top, absent="".join(absent), ports=port_rows(block),
        pins=",\n".join(f"    .{p[2]}({p[2]})" for p in block.ports if p[2] in there)))
