# SPDX-License-Identifier: Apache-2.0
"""How a task ended, and what makes two failures equal: kind, stream, field and the design's state."""
import json
import re
import signal

import bins
import commands

STREAMS_OF_MICROCODE = ("retire", "sys", "bus", "memory")
KINDS = ("mismatch", "assert", "illegal", "hang", "limit", "guest", "stale", "crash", "timeout", "tool")
TEXT = 4000

# What a row of KINDS is to a reader.
MEANING = {
    "mismatch": "RTL and model differ", "assert": "a property of the RTL failed",
    "illegal": "a translation that the manual does not permit", "hang": "nothing retires any more",
    "limit": "the limit of cycles was reached", "guest": "the guest failed its own check",
    "stale": "a stale translation was used",
    "crash": "the program died", "timeout": "no end within the time", "tool": "the tools could not run it",
}


def outcome(kind=None, **fields):
    """A dict with every column of a result; kind None: it passed."""
    row = {"kind": kind, "stream": "", "field": "", "state": "", "rtl": "", "model": "", "cycle": None,
           "cycles": None, "instructions": None, "requests": None, "detail": "", "report": "", "bins": {}}
    row.update(fields)
    row["detail"] = row["detail"][:TEXT]
    return row


def without_numbers(text):
    return re.sub(r"\b(0x[0-9a-f]+|\d[\d.]*)\b", "N", text)


def last_words(scratch):
    """What the command said last, of standard error if it said anything there."""
    for name in ("err", "out"):
        try:
            said = (scratch / name).read_text(errors="replace").strip()
        except OSError:
            said = ""
        if said:
            return said
    return ""


def one_line(said, pattern):
    lines = said.splitlines() or ["it said nothing"]
    return next((line for line in lines if re.search(pattern, line)), lines[-1]).strip()


def state_of(first, kind):
    """What of the state tells this failure from others, by the stream."""
    state = first.get("state") or {}
    if kind == "illegal":
        rule = first.get("model", "").removeprefix("ILLEGAL: ").partition(":")[0]
        return ", ".join(w for w in (rule, state.get("request")) if w)
    if "request" in state:
        return state["request"]
    if kind == "mismatch" and first["stream"] in STREAMS_OF_MICROCODE:
        ran = state.get("ucode") or state.get("instruction", "").partition(" ")[0]
        return ", ".join(w for w in (state.get("mode"), ran) if w)
    return state.get("mode", "") if kind == "mismatch" else ""


def of_report(report):
    """-> outcome of a report that is whole, whatever the exit status adds"""
    counts = {"cycles": report.get("cycles"), "instructions": report.get("instructions"),
              "requests": report.get("requests")}
    verdict, first = report.get("verdict"), report.get("first")
    if verdict == "agreed":
        return outcome(**counts)
    if verdict == "mismatch" and first:
        kind = {"assert": "assert", "legality": "illegal"}.get(first["stream"], "mismatch")
        field = f"{first['field']} {first['rtl']}" if kind == "assert" else first["field"]
        return outcome(kind, stream=first["stream"], field=field, state=state_of(first, kind), rtl=first["rtl"],
                       model=first["model"], cycle=first["cycle"], detail=first.get("why", ""),
                       report=json.dumps(report), **counts)
    return outcome(verdict if verdict in KINDS else "tool", field="no retirement" if verdict == "hang" else "",
                   detail=f"verdict {verdict}", report=json.dumps(report), **counts)


def of_end(task, status, timed_out, scratch):
    """status as of subprocess: negative is a signal"""
    row = how_it_ended(task, status, timed_out, scratch)
    row["bins"] = bins.read(scratch / commands.COVERAGE)
    return row


def how_it_ended(task, status, timed_out, scratch):
    if timed_out:
        return outcome("timeout", field=f"no end within {task['seconds']} s", state=task["kind"])
    said = last_words(scratch)
    if status < 0 or status >= 128:
        number = -status if status < 0 else status - 128
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        line = one_line(said, r"(?i)assert|error|terminate")
        return outcome("crash", stream=name, field=without_numbers(line)[:200], detail=said[-TEXT:])
    if status == 0:
        found = read(task, scratch)
        return of_report(found) if found and task["kind"] in ("programs", "benches") else outcome(
            **{k: v for k, v in (found or {}).items() if k in ("cycles", "instructions")})
    found = read(task, scratch)
    if found is None:
        kind = "tool" if status == 2 or task["kind"] in ("programs", "benches") else "crash"
        return outcome(kind, field=without_numbers(one_line(said, r"^\w+: |^ringwalk"))[:200], detail=said[-TEXT:])
    row = of_report(found)
    if row["kind"] is None and status == 4:
        return outcome("guest", field=f"exit value {found.get('guest_exit')}", state=task["name"],
                       cycle=found.get("cycles"), cycles=found.get("cycles"), report=json.dumps(found))
    if row["kind"] is None and status == 5:
        return outcome("stale", state=task["name"], cycle=found.get("cycles"), cycles=found.get("cycles"),
                       report=json.dumps(found))
    if row["kind"] is None:
        return outcome("tool", field=f"agreed, but status {status}", detail=said[-TEXT:])
    return row


def read(task, scratch):
    try:
        return json.loads(commands.report_of(task, scratch).read_text())
    except (OSError, ValueError):
        return None


def signature(row):
    return tuple(row[k] for k in ("kind", "stream", "field", "state"))
