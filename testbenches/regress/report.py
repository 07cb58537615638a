# SPDX-License-Identifier: Apache-2.0
"""What a run leaves for people and programs: index.html, junit.xml, summary.json, from its database."""
import json
import pathlib

import junit
import page
from bins import Coverage
from store import Store
from trends import Trends
from words import Refused, Unfinished, say


def earlier(against):
    """-> results of an earlier run and what it reached; None without one, or when it has gone meanwhile"""
    if not against:
        return None, None
    try:
        other = Store(pathlib.Path(against), write=False)
        other.values()
        found = other.results(), other.bins()
        other.close()
        return found
    except Refused as e:
        say(f"{e}; no trends")
        return None, None


class Run:
    def __init__(self, store, out, against):
        self.values, self.results, self.failures = store.values(), store.results(), store.failures()
        before, reached = earlier(against)
        self.coverage = Coverage(pathlib.Path(self.values["build"]), out / "coverage", store.bins() or {}, reached)
        self.against, self.trends = against, Trends(self.results, before) if before is not None else None
        seconds, done = store.elapsed()
        failed = sum(not r["passed"] for r in self.results)
        self.summary = {
            "suite": self.values["name"], "tasks": store.count(), "passed": len(self.results) - failed,
            "failed": failed, "not_run": store.count() - len(self.results), "seconds": round(seconds, 2),
            "tasks_per_second": round(done / seconds, 2) if seconds > 0 else 0,
            "failures": [{k: f[k] for k in ("kind", "stream", "field", "state", "count", "key", "cycle", "command",
                                            "bundle", "reproduced")} for f in self.failures]}
        c = self.coverage
        self.summary["coverage"] = {"bins": c.bins, "reached": c.reached, "lost": c.lost}
        if self.trends:
            t = self.trends
            self.summary.update(new=t.new + t.added_failing, mended=t.mended, still=t.still)

    def by_kind(self):
        kinds = {}
        for r in self.results:
            n, bad, seconds = kinds.get(r["what"], (0, 0, 0.0))
            kinds[r["what"]] = (n + 1, bad + (not r["passed"]), seconds + r["seconds"])
        return [(kind, *row) for kind, row in kinds.items()]


def write(store, out, against, json_path):
    """-> the summary"""
    try:
        run = Run(store, out, against)
        page.write(out / "index.html", run)
        junit.write(out / "junit.xml", run.values["name"], run.results)
        text = json.dumps(run.summary, indent=1) + "\n"
        new = out / "summary.new"
        new.write_text(text)
        new.replace(out / "summary.json")
        if json_path and json_path != "-":
            pathlib.Path(json_path).write_text(text)
    except OSError as e:
        raise Unfinished(f"{e.filename or out}: {e.strerror}") from None
    if json_path == "-":
        print(text, end="")
    return run.summary


def tell(summary, out):
    """The run in a few plain lines."""
    lines = [f"{summary['suite']}: {summary['tasks']} tasks, {summary['passed']} passed, {summary['failed']} failed" +
             (f", {summary['not_run']} not run" if summary["not_run"] else "") +
             f", {summary['seconds']:.0f} s, {summary['tasks_per_second']} tasks/s"]
    for f in summary["failures"]:
        lines.append(f"{f['count']:5} x " + " ".join(w for w in (f["kind"], f["stream"], f["field"]) if w) +
                     (f" ({f['state']})" if f["state"] else ""))
        lines.append("        " + f["command"])
        if f["bundle"]:
            lines.append(f"        kept: {out / f['bundle']}")
    if "new" in summary:
        lines.append(f"new {len(summary['new'])}, mended {len(summary['mended'])}, still failing {len(summary['still'])}")
    c = summary["coverage"]
    lines.append(f"coverage: {c['reached']} of {c['bins']} bins" + (f", {len(c['lost'])} lost" if c["lost"] else "") +
                 f" (ringwalk coverage {out / 'coverage'})")
    lines.append(f"page: {out / 'index.html'}")
    return "\n".join(lines)
