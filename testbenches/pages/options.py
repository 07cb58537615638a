#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does every command and option that README and docs/ name exist?  options.py SOURCE_DIR BUILD_DIR
In code (spans and blocks): `./rw COMMAND ...` and `ringwalk COMMAND ...` with options of that command, by
its --help; an option alone is one of some command. docs/commands.md names every command of rw."""
import pathlib
import re
import subprocess
import sys
import tempfile

import place

LINE = re.compile(r"(?:\./rw|\bringwalk) ([a-z]+)\b([^|\n]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
SPAN = re.compile(r"``?([^`]+)``?")
# Of other programs.
FOREIGN = {"--known": "testbenches/devices/beside.py", "--requeue": "sbatch", "--fill": "testbenches/pages/check.py",
           "--test-dir": "ctest", "--drop": "randgen"}


def pieces(text):
    """(line number, code) of every span and every line of a block, of a console block its commands;
    what follows # there is a comment."""
    inside = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line[3:] or "plain" if inside is None else None
        elif inside:
            if inside != "console" or line.startswith("$ "):
                yield number, line.split(" # ")[0]
        else:
            for code in SPAN.findall(line):
                yield number, code.replace("\\|", " or ")


def wrong_in(text, known):
    """known: {command: its options} -> ["line: what is wrong"]"""
    wrong, every = [], set().union(*known.values()) | set(FOREIGN)
    for number, code in pieces(text):
        lines = LINE.findall(code)
        for command, rest in lines:
            if command not in known:
                wrong.append(f"{number}: no command '{command}': {code.strip()}")
                continue
            wrong += [f"{number}: '{command}' has no option {o}: {code.strip()}"
                      for o in OPTION.findall(rest) if o not in known[command]]
        if not lines and not code.startswith("$ "):
            wrong += [f"{number}: no command has the option {o}: {code.strip()}"
                      for o in OPTION.findall(code) if o not in every]
    return wrong


def commands(script, build):
    """-> (those of rw, all)"""
    names = set(re.findall(r"^  ([a-z]+)\)$", script, re.M))
    said = subprocess.run([build / "ringwalk", "--help"], capture_output=True, text=True, check=True).stdout
    return names, names | set(re.findall(r"^  ([a-z]+) ", said, re.M))


def options_of(script, folder, command):
    """What its --help names, or, without one, its complaint; and what rw says of it."""
    if command in ("build", "test", "programs"):  # they would begin, or are ctest's
        return set()
    done = place.run(f"./rw {command} --help", folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = re.findall(rf"^#   \./rw {command} (.*)", script, re.M)
    return set(OPTION.findall(done.stdout.decode() + " ".join(said))) | {"--help"}


def main():
    root, build = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    script = (root / "rw").read_text()
    own, every = commands(script, build)
    with tempfile.TemporaryDirectory() as folder:
        place.make(root, build, pathlib.Path(folder))
        known = {c: options_of(script, folder, c) for c in sorted(every)}
    wrong, pages = [], [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    for page in pages:
        wrong += [f"{page.relative_to(root)}:{w}" for w in wrong_in(page.read_text(), known)]
    page = (root / "docs/commands.md").read_text()
    wrong += [f"docs/commands.md: nothing on ./rw {c}" for c in sorted(own) if f"./rw {c}" not in page]
    print("\n".join(wrong) if wrong else
          f"{len(known)} commands, {sum(map(len, known.values()))} options, {len(pages)} pages")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
