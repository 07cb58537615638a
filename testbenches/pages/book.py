#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The site of docs/ (./rw docs): it builds without a warning, one with a dead link or a heading left out
does not; a word is found, and no page is wider than its window.   book.py SOURCE_DIR
Exit status 1 when a check fails, 77 without Sphinx, MyST and Furo, or, at the end, without Chromium."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WORD, PAGES = "invlpg", ["docs/labs/07-stale.html", "docs/mmu.html", "docs/legality.html"]
LOOKED_AT = [("index.html", 1300), ("index.html", 500), ("docs/architecture.html", 500), ("docs/labs/README.html", 500),
             ("docs/labs/07-stale.html", 500), ("reference/model.html", 500)]
BAD = {"a dead link": "# A\n[there](nowhere.md)\n", "a heading left out": "# A\n\n### C\n",
       "no heading": "Only words.\n", "a file that is not there": "# A\n![picture](images/none.png)\n"}
failed = []


def has_sphinx():
    """Debian's, whatever python3 comes first here."""
    script = shutil.which("sphinx-build")
    if script is None:
        return False
    interpreter = pathlib.Path(script).read_text().splitlines()[0].removeprefix("#!").split()
    return subprocess.run([*interpreter, "-c", "import myst_parser, furo"], capture_output=True, check=False).returncode == 0


def build(root, out):
    return subprocess.run([sys.executable, "-B", root / "docs/site/build.py", out], capture_output=True, text=True,
                          check=False)


def small_site(source, root, page):
    shutil.copytree(source / "docs/site", root / "docs/site")
    (root / "docs/images").mkdir()
    (root / "docs/labs").mkdir()
    (root / "README.md").write_text("# Ringwalk\n")
    (root / "docs/labs/README.md").write_text("# Labs\n")
    for line in (source / "docs/site/build.py").read_text().splitlines():
        if re.match(r'    "[A-Z][\w ]+": \[', line):  # a part of the book: its pages
            for name in re.findall(r'"([a-z-]+)"', line):
                (root / f"docs/{name}.md").write_text("# Another\n")
    (root / "docs/a.md").write_text(page)
    return build(root, root / "site")


def bad_pages(source):
    with tempfile.TemporaryDirectory() as folder:
        good = small_site(source, pathlib.Path(folder), "# A\n[labs](labs/README.md), `docs/labs/README.md`\n")
        if good.returncode != 0:
            failed.append("a small site does not build: " + good.stderr)
    for what, page in BAD.items():
        with tempfile.TemporaryDirectory() as folder:
            if small_site(source, pathlib.Path(folder), page).returncode != 1:
                failed.append(f"{what} passes")


def browser(url, width=1300):
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
                           "--virtual-time-budget=8000", "--dump-dom", url], capture_output=True, text=True, timeout=120,
                          check=False)
    return done.stdout


def look(out):
    """From file://, as a reader has it."""
    found = browser((out / "search.html").as_uri() + "?q=" + WORD)
    for page in PAGES:
        if f'<a href="{page}' not in found:
            failed.append(f"a search for {WORD} does not find {page}")
    for name, width in LOOKED_AT:
        page = out / name
        probe = page.with_name("probe.html")
        probe.write_text(page.read_text().replace(
            "</html>", "<script>document.title = document.documentElement.scrollWidth</script></html>"))
        wide = int(re.search(r"<title>(\d+)</title>", browser(probe.as_uri(), width))[1])
        if wide > width:
            failed.append(f"{name} is {wide} wide in a window of {width}")
        probe.unlink()


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    if not has_sphinx():
        print("skipped: no Sphinx with MyST and Furo; ./rw docs installs them")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "site"
        done = build(source, out)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            return 1
        index = (out / "searchindex.js").read_text()
        if f'"{WORD}": ' not in index:
            failed.append(f"the search index has no {WORD}")
        bad_pages(source)
        if shutil.which("chromium"):
            look(out)
    print("\n".join(failed) if failed else done.stdout.strip())
    if failed:
        return 1
    if not shutil.which("chromium"):
        print("skipped: no chromium; the pages were not looked at, nor the search tried")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
