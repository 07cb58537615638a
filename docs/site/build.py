#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/, the labs, README and what headers and RTL modules say of themselves, as one site: build.py [OUT]

Lays the pages out in OUT/pages (build/docs) and lets Sphinx make OUT/index.html of them; any warning
(a dead link, a page in no list) is an error. Sphinx with MyST and the theme Furo, because Markdown
stays as it is, search works from file://, and the pages fit narrow and dark windows. No Doxygen: the
headers' comments are laid out in columns for a reader of the source, so they are shown so."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# The parts of the book; a page of docs/ that stands in none of them comes behind them.
PARTS = {
    "Use": ["your-own-rtl", "your-own-iommu", "benches", "regress", "steps", "coverage-bins", "trap-matrix"],
    "How it works": ["architecture", "lockstep", "record", "legality", "legality-iommu"],
    "The machine": ["cpu", "mmu", "iommu", "bus", "devices", "coverage"],
    "Decisions": ["choices", "disagreements"],
}
HEADERS = ["model", "cosim"]
PROGRAMS = ["testbenches/programs/lib/*.h", "testbenches/programs/lab_*/*.c"]


def label(path):
    return "file-" + re.sub(r"[^a-z0-9]+", "-", str(path).lower())


def comment_of(lines):
    """-> (the file's first comment without its signs and the licence, the lines behind it)"""
    end = 0
    while end < len(lines) and lines[end].startswith("//"):
        end += 1
    said = [line.removeprefix("//").removeprefix(" ") for line in lines[:end] if "SPDX" not in line]
    return said, lines[end:]


def prose(line):
    """A comment's line as Markdown that says no more than it; pages that it names are code."""
    pieces = line.split("`")
    for i in range(0, len(pieces), 2):
        plain = re.sub(r"([\\*_<\[\]#|])", r"\\\1", pieces[i])
        pieces[i] = re.sub(r"(?<![\w/])docs/[\w-]+\.md", lambda m: f"`{m.group()}`", plain)
    return "`".join(pieces)


def body_of(path, lines):
    if path.suffix == ".h":  # without the guard
        lines = [line for line in lines if not re.match(r"#ifndef RW_|#define RW_\w+_H$|#endif$", line)]
    if path.suffix == ".sv" and any(line.startswith("module") for line in lines):
        end = next(i for i, line in enumerate(lines) if line.rstrip().endswith(");"))
        lines = lines[:end + 1]
    return "\n".join(lines).strip("\n")


def file_section(path, source):
    comment, rest = comment_of(source.read_text().splitlines())
    language = {".sv": "systemverilog"}.get(path.suffix, "c")
    block = any(line.startswith("  ") for line in comment)  # columns: as it stands
    said = ["```text", *comment, "```"] if block else [prose(line) for line in comment]
    return [f"({label(path)})=", f"## {path}", "", *said, "", f"```{language}", body_of(path, rest), "```", ""]


def reference():
    """{page: [files]}, a page a folder"""
    files = [p for h in HEADERS for p in (ROOT / h).rglob("*.h")] + list((ROOT / "rtl").rglob("*.sv"))
    pages = {}
    for p in sorted(files):
        pages.setdefault("reference/" + str(p.parent.relative_to(ROOT)).replace("/", "-"), []).append(p)
    pages["reference/lab-programs"] = sorted(p for pattern in PROGRAMS for p in ROOT.glob(pattern))
    return pages


def link_files(text, page, known):
    """A span of code that names a page or file of the book leads there."""
    def link(match):
        name = match.group(1)
        to = known.get(name)
        if to is None or to == page:
            return match.group()
        if to.endswith(".md"):
            to = os.path.relpath(to, os.path.dirname(page) or ".")
        return f"[`{name}`]({to})"

    out, inside = [], False
    for line in text.splitlines():
        inside ^= line.startswith("```")
        out.append(line if inside else re.sub(r"(?<![\[`])`([\w./-]+)`(?!`)", link, line))
    return "\n".join(out) + "\n"


def toctree(caption, pages):
    return ["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""]


def lay_out(pages_dir):
    shutil.rmtree(pages_dir, ignore_errors=True)
    ref, texts = reference(), {"index.md": (ROOT / "README.md").read_text()}
    for p in sorted((ROOT / "docs").rglob("*.md")):
        texts[str(p.relative_to(ROOT))] = p.read_text()
    known = {p: p for p in texts} | {"README.md": "index.md", "docs/labs": "docs/labs/README.md"}
    names = {}
    for page, files in ref.items():
        title = page.split("/")[1].replace("-", "/") if page != "reference/lab-programs" else "Lab programs"
        lines = [f"# {title}", ""]
        for p in files:
            path = p.relative_to(ROOT)
            known[str(path)] = label(path)
            names.setdefault(path.name, []).append(label(path))
            lines += file_section(path, p)
        texts[page + ".md"] = "\n".join(lines)
    known |= {name: to[0] for name, to in names.items() if len(to) == 1 and name not in known}
    listed = {d for part in PARTS.values() for d in part}
    rest = [p[5:-3] for p in texts if re.fullmatch(r"docs/[\w-]+\.md", p) and p[5:-3] not in listed]
    labs = [p[:-3] for p in texts if p.startswith("docs/labs/") and not p.endswith("README.md")]
    index = toctree("Labs", ["docs/labs/README"] + labs)
    for part, pages in PARTS.items():
        index += toctree(part, [f"docs/{d}" for d in pages])
    index += toctree("More", [f"docs/{d}" for d in rest]) if rest else []
    index += toctree("Reference", list(ref))
    texts["index.md"] += "\n" + "\n".join(index)
    for page, text in texts.items():
        to = pages_dir / page
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(link_files(text, page, known))
    shutil.copytree(ROOT / "docs/images", pages_dir / "docs/images")


def main():
    if sys.argv[1:2] == ["--help"]:
        print("./rw docs [DIR]: docs/, the labs and the headers as one site (build/docs)")
        return 0
    if len(sys.argv) > 2 or sys.argv[1:2] and sys.argv[1].startswith("-"):
        print("rw docs: takes one folder, see ./rw docs --help", file=sys.stderr)
        return 2
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/docs").resolve()
    pages = out / "pages"
    lay_out(pages)
    if (out / "searchindex.js").exists():  # a site of before: what is gone from docs/ goes
        for old in out.glob("*"):
            if old != pages:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
    done = subprocess.run(["sphinx-build", "-q", "-W", "--keep-going", "-E", "-b", "html", "-c", ROOT / "docs/site",
                           "-d", pages / ".doctrees", pages, out], check=False)
    if done.returncode != 0:
        print("rw docs: the site has warnings, see above", file=sys.stderr)
        return 1
    print(f"{out / 'index.html'}: {len(list(pages.rglob('*.md')))} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
