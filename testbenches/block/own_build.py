# SPDX-License-Identifier: Apache-2.0
"""Builds the bench of a block, or the whole machine, around somebody else's designs: verilated, compiled
and linked with what this build has left in NAME.link. Nothing is written but below the cache folder, where
what was built before is found by its content.
"""
import fcntl
import hashlib
import os
import pathlib

import own_design
from own_design import ROOT, note, refuse, run


class Product:
    """What is built: `name` of its link file and its folder, the module on top, what of C++ knows it."""

    def __init__(self, name, folder, prefix, top, shell, watched, defines=(), split=500):
        self.link_file, self.folder, self.prefix, self.top, self.shell = f"{name}.link", folder, prefix, top, shell
        self.watched = watched  # sources that the verilated part depends on, beside the Verilog of the rows
        self.defines, self.split = defines, split


def bench(block):
    shell = [f"cosim/shell/verilated_{block.name}.cc", "cosim/shell/verilated_block.h",
             "cosim/shell/verilated_block.hh", "cosim/shell/verilated_strict.hh", "cosim/shell/assertion.h", "model/record.h", "model/ringwalk.h"]
    return Product(f"{block.name}_bench", block.name, f"block_{block.name}-", f"{block.name}_top", shell[0], shell,
                   split=0)


def machine():
    shell = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "cosim/shell").glob("*.*"))
    return Product("machine", "machine", "ringwalk-", "soc_top", "cosim/shell/verilated_soc.cc",
                   shell + ["model/record.h", "model/ringwalk.h"], defines=("SC_INCLUDE_DYNAMIC_PROCESSES",))


def link_rows(ringwalk, product):
    path = ringwalk.parent / product.link_file
    rows = {}
    try:
        text = path.read_text()
    except OSError:
        refuse(f"{path}: is not there; ./rw build makes it")
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        rows.setdefault(key, []).append(value.strip())
    return rows


def digest(parts):
    h = hashlib.sha256()
    for name, content in parts:
        h.update(f"{name} {len(content)}\n".encode() + content)
    return h.hexdigest()[:24]


def cache_folder(given):
    if given is not None:
        return pathlib.Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "ringwalk"


def verilog(designs, rows):
    """-> packages, then the rest of the rows: what stands in the place of a design is left out. A package of
    a design's own takes the place of ours of the same name."""
    own = {p.name for d in designs for p in d.sources}
    packages = list(dict.fromkeys(str(ROOT / p) for d in designs for p in d.block.packages))
    folders = [ROOT / "rtl" / d.block.name for d in designs]
    rest = [p for p in rows["verilog"] if p not in packages and pathlib.Path(p).parent not in folders]
    return [p for p in packages if pathlib.Path(p).name not in own], rest


def verilate(product, designs, work, rows):
    adapters = []
    for d in designs:
        adapters.append(work / f"{d.block.name}_own.sv")
        own_design.write_adapter(d, own_design.check_ports(d, work), adapters[-1])
    note(f"building {product.top} around {' and '.join(str(d.folder) for d in designs)} in {work}")
    packages, rest = verilog(designs, rows)
    options = list(dict.fromkeys(str(a) for d in designs for a in d.options()))
    done = run(["verilator", "--cc", "--trace-fst", "--trace-structs", "-Wno-fatal", "-O3", "--assert", "--x-assign",
                "unique", "--x-initial", "unique", "--output-split", "20000", "--output-split-cfuncs", product.split,
                "-CFLAGS", "-DVL_TIME_CONTEXT", *(f"-D{d.block.name.upper()}_OWN" for d in designs), "--top-module",
                product.top, "--Mdir", work, *options, *packages, *(p for d in designs for p in d.sources), *adapters,
                *rest])
    if done.returncode != 0:
        refuse(f"{designs[-1].folder}: does not build: {own_design.first_error(done.stderr)}")
    (work / "warnings").write_text(done.stderr)
    cxx = rows["cxx"][0]
    done = run(["make", "-s", f"-j{os.cpu_count()}", "-C", work, "-f", f"V{product.top}.mk", f"CXX={cxx}",
                f"LINK={cxx}", "OPT_FAST=-O2", "OPT_SLOW=-O1", "OPT_GLOBAL=-O2", f"V{product.top}__ALL.a"])
    if done.returncode != 0:
        refuse(f"{work}: make failed: {(done.stderr.strip().splitlines() or ['?'])[0]}")
    (work / "verilated").touch()


def link(product, work, rows, program):
    root = run(["verilator", "--getenv", "VERILATOR_ROOT"]).stdout.strip()
    done = run([rows["cxx"][0], "-std=c++17", "-DVL_TIME_CONTEXT", *(f"-D{d}" for d in product.defines), "-w",
                *rows["flags"][0].split(), f"-I{work}", f"-I{root}/include", f"-I{root}/include/vltstd",
                *(f"-I{i}" for i in rows["include"]), ROOT / product.shell, "-Wl,--start-group", *rows["link"],
                work / f"V{product.top}__ALL.a", "-Wl,--end-group", *(f"-l{name}" for name in rows["libs"][0].split()),
                "-o", f"{program}.new"])
    if done.returncode != 0:
        refuse(f"{work}: does not link: {(done.stderr.strip().splitlines() or ['?'])[0]}")
    for old in work.glob(product.prefix + "*"):
        if not old.name.endswith(".new"):
            old.unlink()
    os.rename(f"{program}.new", program)


def parts_of(product, designs, rows):
    """All that the verilated part depends on."""
    parts = [("verilator", run(["verilator", "--version"]).stdout.encode())]
    for d in designs:
        parts += [("folder", str(d.folder).encode())]
        parts += [(str(p.relative_to(d.folder)), p.read_bytes()) for p in d.files()]
        parts += [(p, (ROOT / p).read_bytes()) for p in d.block.packages]
    parts += [(p, pathlib.Path(p).read_bytes()) for p in rows["verilog"]]
    parts += [(p, (ROOT / p).read_bytes()) for p in product.watched]
    return parts + [(p, pathlib.Path(p).read_bytes()) for p in (__file__, own_design.__file__)]


def build(product, designs, ringwalk, given):
    """-> the program, built now or found in the cache, whose warnings are said again"""
    rows = link_rows(ringwalk, product)
    cache = cache_folder(given)
    for d in designs:
        if cache.resolve().is_relative_to(d.folder):
            refuse(f"{cache}: is built inside the design's folder, whose files are the design")
    try:
        work = (cache / product.folder / digest(parts_of(product, designs, rows))).resolve()
        program = work / (product.prefix + digest([(p, pathlib.Path(p).read_bytes()) for p in rows["link"]]))
        work.mkdir(parents=True, exist_ok=True)
        with open(work / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (work / "verilated").exists():
                verilate(product, designs, work, rows)
            if not program.exists():
                link(product, work, rows, program)
        own_design.say((work / "warnings").read_text())
    except OSError as e:
        refuse(f"{e.filename}: {e.strerror}")
    return program


def take(arguments, name):
    """-> its value, taken out of the arguments; None without it"""
    value = None
    for i in range(len(arguments) - 1, -1, -1):
        if arguments[i] == name:
            if i + 1 >= len(arguments):
                refuse(f"{name} wants a folder")
            value = arguments[i + 1]
            del arguments[i:i + 2]
        elif arguments[i].startswith(name + "="):
            value = arguments[i].partition("=")[2]
            del arguments[i]
    return value
