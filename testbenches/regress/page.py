# SPDX-License-Identifier: Apache-2.0
"""The run as one HTML page that needs nothing else: no network, no script; light and dark; readable on a
narrow window. A section is a function that returns its HTML, or nothing; SECTIONS is their order."""
import html
import json
import time

import outcome
from progress import duration

MOST = 200  # rows of a list
STYLE = """
:root { color-scheme: light dark; --bg: #fbfbfa; --card: #fff; --ink: #1d1f21; --soft: #5c6268; --line: #dfe1e0;
  --bad: #b3261e; --good: #1f7a3d; --new: #8a4b00; --code: #f1f2f0; }
@media (prefers-color-scheme: dark) { :root { --bg: #16181a; --card: #1f2225; --ink: #e6e6e3; --soft: #a0a6ab;
  --line: #363a3e; --bad: #ff8a80; --good: #7fd493; --new: #ffc069; --code: #272b2f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: var(--bg); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
.bad { color: var(--bad); } .good { color: var(--good); } .new { color: var(--new); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .875rem; }
.card { margin: 0 0 .75rem; }
.card h3 { margin: 0; font-size: 1rem; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.card h3 .count { margin-left: auto; font-variant-numeric: tabular-nums; }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: .375rem; padding: .6rem .75rem; margin: .5rem 0 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: .5rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
details { margin-top: .5rem; } summary { cursor: pointer; color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } td.n, th.n { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; }
ul { padding-left: 1.1rem; margin: .5rem 0; }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; } body { padding: 1rem .75rem 3rem; } }
"""


def e(text):
    return html.escape(str(text))


def tile(value, what, colour=""):
    return f'<div class="tile"><b class="{colour}">{e(value)}</b><span>{e(what)}</span></div>'


def totals(run):
    s = run.summary
    tiles = [tile(s["tasks"], "tasks"), tile(s["passed"], "passed", "good" if s["passed"] else ""),
             tile(s["failed"], "failed", "bad" if s["failed"] else "")]
    if s["not_run"]:
        tiles.append(tile(s["not_run"], "not run yet", "new"))
    tiles += [tile(len(run.failures), "different failures"), tile(duration(s["seconds"]), "wall time"),
              tile(s["tasks_per_second"], "tasks a second")]
    rows = "".join(f'<tr><td>{e(kind)}</td><td class="n">{n}</td><td class="n {"bad" if bad else ""}">{bad}</td>'
                   f'<td class="n">{e(duration(seconds))}</td></tr>' for kind, n, bad, seconds in run.by_kind())
    return (f'<div class="tiles">{"".join(tiles)}</div><h2>By kind</h2><table><tr><th>kind</th><th class="n">tasks</th>'
            f'<th class="n">failed</th><th class="n">their time</th></tr>{rows}</table>')


def card(run, f):
    title = " ".join(w for w in (f["stream"], f["field"]) if w)
    mark = f'<span class="new">{run.trends.word(f)}</span>' if run.trends else ""
    rows = [("state", f["state"]), ("RTL", f["rtl"]), ("model", f["model"]),
            ("shortest", f["key"] + (f", cycle {f['cycle']}" if f["cycle"] is not None else "")),
            ("bundle", f["bundle"])]
    if f["reproduced"] is not None:
        rows.append(("run again", "fails alike" if f["reproduced"] else "does NOT fail alike"))
    body = "".join(f"<dt>{e(name)}</dt><dd><code>{e(value)}</code></dd>" for name, value in rows if value)
    more = f"<details><summary>what it said</summary><pre>{e(f['detail'])}</pre></details>" if f["detail"] else ""
    return (f'<div class="card"><h3><span class="bad">{e(f["kind"])}</span> <code>{e(title)}</code> {mark}'
            f'<span class="count">{f["count"]} {"task" if f["count"] == 1 else "tasks"}</span></h3>'
            f'<p class="soft">{e(outcome.MEANING.get(f["kind"], ""))}</p><dl>{body}</dl>'
            f'<pre>{e(f["command"])}</pre>{more}</div>')


def failures(run):
    if not run.failures:
        return ""
    return ("<h2>Failures</h2><p class=\"soft\">Equal kind, stream, field and state are one row.</p>" +
            "".join(card(run, f) for f in run.failures))


def listed(title, keys, colour):
    if not keys:
        return ""
    more = f"<li class=\"soft\">and {len(keys) - MOST} more</li>" if len(keys) > MOST else ""
    return (f'<details{" open" if len(keys) <= 6 else ""}><summary><span class="{colour}">{len(keys)} {e(title)}</span>'
            f'</summary><ul>{"".join(f"<li><code>{e(k)}</code></li>" for k in keys[:MOST])}{more}</ul></details>')


def trends(run):
    t = run.trends
    if not t:
        return ""
    lists = (listed("new failures", t.new, "bad") + listed("mended", t.mended, "good") +
             listed("still failing", t.still, "") + listed("failing, not in the earlier run", t.added_failing, "bad") +
             listed("tasks only in the earlier run", t.gone, "soft"))
    return (f'<h2>Against <code>{e(run.against)}</code></h2>' +
            (lists or '<p class="soft">No task ended otherwise.</p>'))


def coverage(run):
    c = run.coverage
    if c.why:
        return f'<h2>Coverage</h2><p class="soft">{e(c.why)}</p>'
    rows = "".join(f'<tr><td>{e(name)}</td><td class="n">{hit}</td><td class="n">{n}</td>'
                   f'<td class="n {"" if hit == n else "new"}">{n - hit}</td></tr>' for name, n, hit in c.rows)
    gained = f", {c.gained} that the earlier run had not" if c.gained else ""
    return (f'<h2>Coverage</h2><p>{c.reached} of {c.bins} bins reached{gained}</p>' +
            listed("bins lost: the earlier run had reached them", c.lost, "bad") +
            f'<table><tr><th>group</th><th class="n">reached</th><th class="n">bins</th><th class="n">never</th></tr>{rows}</table>' +
            listed("bins never reached", c.never, "soft"))


def slowest(run):
    rows = "".join(f'<tr><td><code>{e(r["key"])}</code></td><td class="n">{r["seconds"]:.1f} s</td></tr>'
                   for r in sorted(run.results, key=lambda r: -r["seconds"])[:10])
    return f'<h2>Slowest tasks</h2><table>{rows}</table>' if rows else ""


def about(run):
    v = run.values
    given = json.loads(v["set"])
    rows = [("suite", v["suite_path"]), *((f"set {k}", given[k]) for k in given), ("build", v["build"]),
            ("commit", v["commit"]), ("began", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(v["began"])))),
            ("host", v["host"] + (f", on {v['on']}" if v["on"] else ""))]
    return ("<h2>The run</h2><dl>" + "".join(f"<dt>{e(k)}</dt><dd><code>{e(w)}</code></dd>" for k, w in rows if w) +
            f"</dl><details><summary>the suite as it was</summary><pre>{e(v['suite'])}</pre></details>")


SECTIONS = (totals, trends, failures, coverage, slowest, about)


def write(path, run):
    s = run.summary
    word = "not finished" if s["not_run"] else "failed" if s["failed"] else "passed"
    colour = {"passed": "good", "failed": "bad"}.get(word, "new")
    body = "\n".join(section(run) for section in SECTIONS)
    text = (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<title>{e(run.values["name"])}: {word}</title>\n<style>{STYLE}</style></head>\n<body>\n'
            f'<h1>{e(run.values["name"])}: <span class="{colour}">{word}</span></h1>\n'
            f'<p class="soft">{e(run.values["what"])}</p>\n{body}\n</body></html>\n')
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
