#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a page say what its commands say (page.py has the form)?
    check.py [--fill] SOURCE_DIR BUILD_DIR PAGE
Each command is run and compared, each edit made, each piece of C looked up in the program that the
page names. --fill: a command under which the page shows nothing gets what it prints, in the page."""
import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

import page
import place

SHORT = re.compile(r"[0-9]+\.[0-9]+ seconds|seconds: [0-9.]+")


class Check:
    def __init__(self, root, path, folder):
        self.root, self.path, self.folder = root, path, folder
        self.wrong, self.ran, self.edits, self.pieces = [], 0, 0, 0
        self.printed = {}  # line of a block -> [what each command printed]

    def complain(self, part, text):
        self.wrong.append(f"{self.path.relative_to(self.root)}:{part.line}: {text}")

    def console(self, part):
        for command, shown, status in part.commands:
            done = place.run(command, self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            said = [line.rstrip() for line in done.stdout.decode(errors="replace").splitlines()]
            self.printed.setdefault(part.line, []).append(said)
            self.ran += 1
            if done.returncode != status:
                self.complain(part, f"{command}: ended with {done.returncode}, not {status}\n" +
                              "\n".join(said[-20:]))
            missing = page.fits(shown, said)
            if missing:
                self.complain(part, f"{command}: says\n" + "\n".join(said) +
                              "\nwhere the page shows\n" + missing + "\n" +
                              "\n".join(difflib.unified_diff(shown, said, "page", "command", lineterm="", n=1)))

    def edit(self, part, name):
        self.edits += 1
        try:
            file = self.folder / name
            if file.parent != self.folder or file.is_symlink():
                raise ValueError("only a copy is edited")
            file.write_text(page.edit(file.read_text(), part.lines[1:]))
        except (OSError, ValueError) as e:
            self.complain(part, f"the edit of {name}: {e}")

    def piece(self, part, programs):
        self.pieces += 1
        shown = ["..."] + [line.strip() for line in part.lines if line.strip()] + ["..."]
        for program in programs:
            said = [line.strip() for line in program.read_text().splitlines() if line.strip()]
            if not page.fits(shown, said):
                return
        self.complain(part, "no program that this page names has these lines")

    def all(self, text):
        named = [self.root / n for n in re.findall(r"`(testbenches/programs/\S+\.[cS])`", text)]
        for program in named:
            if not program.is_file():
                self.wrong.append(f"{self.path.name}: {program} is not there")
        for part in page.parts_of(text):
            if part.kind == "console":
                self.console(part)
            elif page.edited_file(part):
                self.edit(part, page.edited_file(part))
            elif part.kind == "c":
                self.piece(part, [p for p in named if p.is_file()])

    def fill(self, text):
        lines, out, block = text.split("\n"), [], None
        for number, line in enumerate(lines, 1):
            if number in self.printed:
                block = list(self.printed[number])
            out.append(line)
            if block and line.startswith("$ "):
                said = block.pop(0)
                if lines[number].startswith(("$ ", "```")):
                    out += [SHORT.sub(lambda m: m.group().replace(re.search(r"[0-9.]+", m.group()).group(), "..."),
                                      s) for s in said]
        self.path.write_text("\n".join(out))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--fill", action="store_true")
    options.add_argument("source", type=pathlib.Path)
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("page", type=pathlib.Path)
    given = options.parse_args()
    root, path = given.source.resolve(), given.page.resolve()
    text = path.read_text()
    with tempfile.TemporaryDirectory() as folder:
        place.make(root, given.build.resolve(), pathlib.Path(folder))
        check = Check(root, path, pathlib.Path(folder))
        try:
            check.all(text)
        except ValueError as e:
            check.wrong.append(f"{path.name}: {e}")
    if given.fill:
        check.fill(text)
    print("\n".join(check.wrong) if check.wrong else
          f"{check.ran} commands, {check.edits} edits, {check.pieces} pieces of programs")
    if not check.ran:
        print("no command was run")
    return 1 if check.wrong or not check.ran else 0


if __name__ == "__main__":
    sys.exit(main())
