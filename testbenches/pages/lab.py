#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./rw lab: the labs of docs/labs.
    lab.py SOURCE_DIR BUILD_DIR        lists them
    lab.py SOURCE_DIR BUILD_DIR N      shows lab N; on a terminal each command waits for Enter"""
import pathlib
import re
import shutil
import sys

import page
import place

TTY = sys.stdin.isatty() and sys.stdout.isatty()
BOLD, DIM, PLAIN = ("\x1b[1m", "\x1b[2m", "\x1b[0m") if TTY else ("", "", "")


def labs(root):
    """{number: path}"""
    return {int(p.name.split("-")[0]): p for p in sorted((root / "docs/labs").glob("[0-9][0-9]-*.md"))}


def title(path):
    return path.read_text().split("\n", 1)[0].lstrip("# ")


def refuse(text):
    print("rw lab: " + text, file=sys.stderr)
    sys.exit(2)


def wait(for_what):
    """Enter goes on; the end of the input ends the lab."""
    if TTY:
        try:
            input(f"{DIM}[Enter: {for_what}; Ctrl-D: the end]{PLAIN} ")
        except EOFError:
            print()
            sys.exit(0)


def show_text(lines):
    for line in lines:
        if line.startswith(("<details>", "</details>")):
            continue
        if line.startswith("<summary>"):
            wait("the answers")
            line = "## " + re.sub("<[^>]*>", "", line)
        line = re.sub(r"\*\*(.+?)\*\*", rf"{BOLD}\1{PLAIN}", line)
        print(f"{BOLD}{line.lstrip('# ')}{PLAIN}" if re.match("#+ ", line) else line)


def run(command, status, folder):
    print(f"{BOLD}$ {command}{PLAIN}", flush=True)
    wait("run it")
    done = place.run(command, folder, stdin=None)
    if done.returncode:
        print(f"[exit status {done.returncode}]", flush=True)
    return done.returncode == status


def go(root, build, path):
    folder, good = build / "labs" / path.stem, True
    shutil.rmtree(folder, ignore_errors=True)
    place.make(root, build, folder)
    print(f"{DIM}in {folder}{PLAIN}\n")
    for part in page.parts_of(path.read_text()):
        if part.kind == "text":
            show_text(part.lines)
        elif part.kind == "console":
            for command, _, status in part.commands:
                good = run(command, status, folder) and good
        else:
            print("\n".join("    " + line for line in part.lines), flush=True)
            if page.edited_file(part):
                file = folder / page.edited_file(part)
                file.write_text(page.edit(file.read_text(), part.lines[1:]))
                print(f"{DIM}({file.name} is changed so){PLAIN}")
    print(f"{DIM}What was made lies in {folder}; the page is {path}{PLAIN}")
    if not good:
        print("rw lab: a command did not end as the page says", file=sys.stderr)
    return 0 if good else 1


def main():
    root, build, *rest = sys.argv[1:]
    root, build = pathlib.Path(root).resolve(), pathlib.Path(build).resolve()
    have = labs(root)
    if rest == ["--help"] or len(rest) > 1:
        print("./rw lab: lists the labs; ./rw lab N: shows lab N and runs it, command by command")
        return 0 if rest == ["--help"] else 2
    if not rest:
        print("\n".join(title(path) for path in have.values()))
        print("./rw lab N shows lab N; the pages are in docs/labs")
        return 0
    if not rest[0].isdigit() or int(rest[0]) not in have:
        refuse(f"no lab '{rest[0]}' ({min(have)} to {max(have)})")
    try:
        return go(root, build, have[int(rest[0])])
    except (OSError, ValueError) as e:
        refuse(str(e))
    except KeyboardInterrupt:
        print()
        return 1


if __name__ == "__main__":
    sys.exit(main())
