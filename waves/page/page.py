#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of a bundle: page.py BUNDLE writes BUNDLE/page.html, one file that needs nothing else.

Explanation, walk, signals, records, and the command that reproduces it, from the bundle's
report.txt, records.log, wave.fst with wave.gtkw, replay.sh. Exit status 1 and one line where one of
them cannot be read or the page not be written.
"""
import html
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
try:
    import fst
    import log
    import story as stories
    import timing
    import walk
except ModuleNotFoundError as e:
    sys.exit(f"page: {e.name}: no such Python module; install it with: apt-get install python3-{e.name}")

BEFORE, MOST, AFTER, RECORDS = 8, 48, 4, 60


def esc(words):
    return html.escape(str(words))


def rows(lines, kind=""):
    return f'<div class="wide"><table class="{kind}">' + "".join(lines) + "</table></div>"


def title_of(story):
    first = story.head[0] if story.head else story.why
    return first[:1].upper() + first[1:]


def head_part(story):
    lines = []
    for line in story.head[1:]:
        words = line.strip()
        side = next((s for s in ("rtl", "model") if words.startswith(s + " ")), None)
        lines.append(f"<tr><th>{side or ''}</th><td class=mono>{esc(words[len(side):].strip() if side else words)}</td></tr>")
    return rows(lines, "sides") if lines else ""


def checks_part(story):
    lines = [f"<tr class={'denies' if c.denies else 'passes'}><td class={'bad' if c.denies else 'good'}>"
             f"{'denies' if c.denies else 'passes'}</td><td>{esc(c.name)}</td><td>{esc(c.words)}</td>"
             f"<td class=lead>{esc(c.section)}</td></tr>" for c in story.checks]
    return f"<h2>The checks, in order ({esc(story.checks_of)})</h2>" + rows(lines) if lines else ""


def answers_part(story):
    if not story.gives:
        return ""
    text = f"<h2>The answers</h2><p>By the tables: <b>{esc(story.gives)}</b>.</p>"
    for side in story.sides:
        text += f"<p>{esc(side.words)}</p>"
        if side.right_if:
            text += "<ul>" + "".join(f"<li>{esc(r)}</li>" for r in side.right_if) + "</ul>"
    return text


def instructions_part(story):
    lines = [f"<tr><td>{i.cycle}</td><td>ring {i.ring}</td><td>{i.rip}</td><td>{esc(i.symbol or '')}</td>"
             f"<td>{esc(i.text)}</td></tr>" for i in story.instructions]
    return "<h2>The last instructions of the RTL</h2>" + rows(lines, "records") if lines else ""


def records_part(records, cycle):
    lines = []
    for r in log.near(records, cycle, RECORDS):
        words = " ".join(f"{k}={v}" for k, v in r.fields.items() if k != "cycle")
        lines.append(f"<tr{' class=now' if r.cycle == cycle else ''}><td>{r.cycle if r.side == 'rtl' else ''}</td>"
                     f"<td>{r.side}</td><td>{r.kind}</td><td>{esc(words)}</td></tr>")
    return f"<h2>The records before it</h2><details><summary>{len(lines)} records</summary>" + \
        rows(lines, "records") + "</details>" if lines else ""


def signals_part(folder, records, cycle):
    lasted = max((r.number("latency") for r in records if r.side == "rtl" and r.cycle == cycle), default=0)
    first = max(cycle - min(lasted + BEFORE, MOST), 0)
    names, lanes, still = timing.picture(fst.read(folder, first, cycle + AFTER), first, cycle)
    if not lanes:
        return ""
    text = f"<h2>The signals, cycles {first} to {cycle + AFTER}</h2><div class='wide lanes'>{names}{lanes}</div>"
    if still:
        text += "<details><summary>signals that do not change here</summary>" + rows(
            [f"<tr><td class=mono>{esc(n)}</td><td class=mono>{esc(v)}</td></tr>" for n, v in still]) + "</details>"
    return text


def page(folder):
    story = stories.read(folder / "report.txt")
    records = log.read(folder / "records.log")
    cycle = story.cycle or 0
    walks = any(r.kind in log.ENDS for r in records)
    drawn = walk.picture(story, log.reads(records, cycle) if walks else None)
    parts = [head_part(story)]
    if story.why:
        parts.append(f"<h2>Why</h2><p>{esc(story.why)}</p>")
    if drawn:
        parts.append(f"<div class=wide>{drawn}</div>")
    parts += [checks_part(story), answers_part(story)]
    if story.rest:
        parts.append(f"<pre>{esc(chr(10).join(story.rest))}</pre>")
    parts += [signals_part(folder, records, cycle), instructions_part(story), records_part(records, cycle)]
    parts.append(f"<h2>To see it again</h2><pre>{esc((folder / 'replay.sh').read_text())}</pre>"
                 f"<pre>./rw wave {esc(folder)}</pre>")
    parts.append(f"<details><summary>the report as text</summary><pre>{esc(story.text)}</pre></details>")
    return (f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<title>{esc(folder.name)}</title><style>{(HERE / 'style.css').read_text()}</style>"
            f"<h1>{esc(title_of(story))}</h1><p class=lead>{esc(folder.name)}</p>" + "".join(parts) +
            "<script>for (const s of document.querySelectorAll('.lanes')) s.scrollLeft = s.scrollWidth</script></html>\n")


def main():
    if len(sys.argv) != 2:
        sys.exit("page: usage: page.py BUNDLE")
    folder = pathlib.Path(sys.argv[1])
    try:
        (folder / "page.html").write_text(page(folder))
    except OSError as e:
        sys.exit(f"page: {e.filename or folder}: {e.strerror}")
    except (fst.WaveError, subprocess.SubprocessError) as e:
        sys.exit(f"page: {e}")


if __name__ == "__main__":
    main()
