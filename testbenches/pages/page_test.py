#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a page may leave out and what not; pages that are wrong in one way each, and must fail."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import options
import page

HERE = pathlib.Path(__file__).resolve().parent
GOOD = """# A page
`testbenches/programs/a/a.c`
```console
$ cp testbenches/programs/a/a.c mine.c
```
```diff
@@ mine.c @@
-int a;
+int b;
```
```console
$ cat mine.c; exit 4
int b;
...
[exit status 4]
$ ls build
there
```
```c
int a;
...
int z;
```
"""
WRONG = [("int b;\n...", "int b;"), ("int b;\n...", "int c;\n..."), ("[exit status 4]\n", ""),
         ("-int a;", "-int x;"), ("+int b;", "+int a;"), ("int z;\n", "int y;\n"), ("$ cp", "cp"),
         ("there\n```", "there\nmore\n```"), ("there\n```", "there\n..."), ("programs/a/a.c`", "programs/b/b.c`"),
         ("mine.c @@", "README.md @@")]


class Fits(unittest.TestCase):
    def holds(self, shown, said, yes=True):
        self.assertEqual(page.fits(shown, said) == "", yes, (shown, said))

    def test_lines(self):
        self.holds(["a", "b"], ["a", "b"])
        self.holds(["a"], ["a", "b"], False)
        self.holds(["a", "b"], ["a"], False)
        self.holds([], [])
        self.holds([], ["a"], False)

    def test_left_out(self):
        self.holds(["..."], [])
        self.holds(["...", "b"], ["b"])
        self.holds(["...", "b"], ["b", "a", "b"])
        self.holds(["a", "...", "b"], ["a", "x", "b"])
        self.holds(["a", "...", "a"], ["a"], False)
        self.holds(["a", "...", "b", "..."], ["b", "a"], False)
        self.holds(["...", "b", "...", "c", "..."], ["c", "b", "x"], False)

    def test_within_a_line(self):
        self.holds(["seconds: ..."], ["seconds: 0.4"])
        self.holds(["a ... c"], ["a b d"], False)
        self.holds(["a.c"], ["abc"], False)


class Pages(unittest.TestCase):
    def ends(self, text):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "testbenches/programs/a").mkdir(parents=True)
            (root / "build").mkdir()
            (root / "build/there").touch()
            (root / "testbenches/programs/a/a.c").write_text("int a;\nint m;\nint z;\n")
            (root / "README.md").write_text(text)
            return subprocess.run([sys.executable, "-B", HERE / "check.py", root, root / "build", root / "README.md"],
                                  capture_output=True, text=True, check=False)

    def test_good(self):
        done = self.ends(GOOD)
        self.assertEqual((done.returncode, done.stdout), (0, "3 commands, 1 edits, 1 pieces of programs\n"))

    def test_wrong(self):
        for old, new in WRONG:
            self.assertIn(old, GOOD)
            done = self.ends(GOOD.replace(old, new, 1))
            self.assertEqual(done.returncode, 1, (old, new, done.stdout, done.stderr))
            self.assertNotIn("Traceback", done.stderr, (old, new))
        self.assertEqual(self.ends("# Nothing\n").returncode, 1)


class Options(unittest.TestCase):
    KNOWN = {"run": {"--seed", "--json"}, "mmu": {"--every"}}

    def holds(self, text, *wrong):
        said = options.wrong_in(text, self.KNOWN)
        self.assertEqual([w.split(":")[0] for w in said], [str(n) for n in wrong], (text, said))

    def test_options(self):
        self.holds("`./rw run P --seed 1`, `ringwalk mmu --every`, `--json FILE`")
        self.holds("no code: ./rw jump --high")
        self.holds("a\n`./rw jump`", 2)
        self.holds("`./rw run --every`", 1)
        self.holds("`ringwalk mmu --evry`", 1)
        self.holds("`--evry`\n`--seed`", 1)
        self.holds("```sh\n./rw run P --seed 1  # not --every\n./rw run P --every\n```\n", 3)
        self.holds("```console\n$ ./rw run P | tail --lines 3\nringwalk: says --anything\n```\n")
        self.holds("```console\n$ ./rw run P --every | tail\n```\n", 2)


unittest.main()
