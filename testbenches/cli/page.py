#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a bundle, as a browser shows it: what it says of a fault of the demo's DMA, of an MMU that
forgets U/S, and what is said of a bundle that lacks a file.

page.py SOURCE_DIR RINGWALK DEMO_PROGRAM; exit status 1 when a check fails, 77 without Chromium.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

source, ringwalk, demo = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
failed = []


def check(good, words):
    if not good:
        failed.append(words)


def shown(page, width):
    """The document behind its scripts, and how wide it came out in a window of this width."""
    probe = page.with_name("probe.html")
    probe.write_text(page.read_text().replace(
        "</html>", "<script>document.title = document.documentElement.scrollWidth</script></html>"))
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
                           "--dump-dom", probe.as_uri()], capture_output=True, text=True, timeout=120)
    probe.unlink()
    return done.stdout, int(re.search(r"<title>(\d+)</title>", done.stdout)[1])


def pages_of(command, work):
    subprocess.run(command, cwd=work, capture_output=True)
    return sorted(work.glob("bundles/*/page.html"))


def look(name, page, wants):
    text = page.read_text()
    check(not re.search(r"<[^>]*\b(?:src|href)=|@import|url\(", text), f"{name}: names another file")
    for width in (1100, 500):
        dom, wide = shown(page, width)
        check(wide <= width, f"{name}: is {wide} wide in a window of {width}")
    for want in wants:
        check(want in dom, f"{name}: does not say '{want}'")
    return dom


def broken_mmu(work):
    """testbenches/foreign/notlb without U/S of a user read."""
    folder = work / "mmu"
    shutil.copytree(source / "testbenches/foreign/notlb", folder)
    rules = folder / "notlb_rules.sv"
    text = rules.read_text().replace("if (req.user) return !us ||", "if (req.user) return 1'b0 ||")
    check(text != rules.read_text(), "notlb_rules.sv has no such line any more")
    rules.write_text(text)
    return folder


def lacks_a_file(page):
    for name in ("report.txt", "records.log", "wave.fst", "replay.sh"):
        path = page.with_name(name)
        kept = path.read_bytes()
        path.unlink()
        done = subprocess.run(["/usr/bin/python3", str(source / "waves/page/page.py"), str(page.parent)],
                              capture_output=True, text=True)
        path.write_bytes(kept)
        check(done.returncode == 1 and done.stderr.count("\n") == 1 and name in done.stderr,
              f"without {name}: status {done.returncode}, {done.stderr.strip()}")


def main():
    if shutil.which("chromium") is None:
        print("no chromium")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        pages = pages_of([ringwalk, "run", demo, "--wave-on", "dma.fault", "--quiet"], work)
        check(len(pages) == 1, f"the demo's DMA fault left {len(pages)} pages")
        for page in pages:
            dom = look("DMA", page, ["context entry", "right to write", "blocked, 5h (write not permitted)",
                                     "RTL read it in cycle", "00:02.0", "StIdle", "./rw wave"])
            check(dom.count('class="entry') == 6, "DMA: not six entries in the walk")
            check('class="marked"' in dom, "DMA: its cycle is not marked")
            check(dom.count('class="gone"') == 2, "DMA: not both rights gone in the last entry")
            lacks_a_file(page)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        pages = pages_of([ringwalk, "mmu", "--rtl", str(broken_mmu(work)), "--requests", "50000", "--quiet"], work)
        check(len(pages) == 1, f"the broken MMU left {len(pages)} pages")
        for page in pages:
            look("MMU", page, ["denies", "U/S", "U/S of the last entry alone counted", "offset", "req_valid_i",
                               "AccRead"])
    print("\n".join(failed) or "the pages show what they should")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
