#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Regressions: a suite's tasks in parallel, into one database, one page and JUnit XML.

regress.py SUITE [options]       NAME of a shipped suite, or FILE.toml
regress.py --resume DIR          goes on with a run that was ended, whatever ended it
regress.py --list                the shipped suites

docs/regress.md has the form of a suite and the database. Exit status: 0 all passed, 1 failures, 2 bad input,
3 not finished (a full disk, an interrupt): --resume goes on.
"""
import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import build_id
import commands
import groups
import local
import report
import slurm
import store as stores
import suite as suites
import tasks as tasks_of
import trends
from progress import Progress
from words import FAILED, PASSED, UNFINISHED, USAGE, Refused, Unfinished, say

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUNDLES = 10
LOCK_SECONDS = 2.0
MIXED = "changed while it ran"  # in the place of the build's id


def refuse(text):
    raise Refused(text)


def parse(argv):
    p = argparse.ArgumentParser(prog="./rw regress", usage="./rw regress SUITE [options] | --resume DIR | --list",
                                description="Regressions: a suite's tasks in parallel (docs/regress.md).")
    p.add_argument("suite", nargs="?", metavar="SUITE", help="NAME of a shipped suite, or FILE.toml")
    p.add_argument("--list", action="store_true", help="the shipped suites")
    p.add_argument("--dry-run", action="store_true", help="the tasks, one a line; runs nothing")
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the suite")
    p.add_argument("-j", "--jobs", type=int, default=None, metavar="N", help="tasks at a time (all cores)")
    p.add_argument("--out", metavar="DIR", help="where results go (regress/SUITE-DATE)")
    p.add_argument("--resume", metavar="DIR", help="go on with the run in DIR")
    p.add_argument("--against", metavar="DIR", help="an earlier run: what is new, mended, still failing")
    p.add_argument("--bundles", type=int, default=None, metavar="N", help=f"failures whose bundle is kept ({BUNDLES})")
    p.add_argument("--json", metavar="FILE", help="the summary; - is standard output, and nothing else goes there")
    p.add_argument("--on", choices=("slurm",), help="as a job array of an existing Slurm, DIR on a folder that its nodes share")
    p.add_argument("--sbatch", default="", metavar="WORDS", help="more options of sbatch")
    p.add_argument("--per-job", type=int, default=0, metavar="N", help="tasks of an element of the array")
    p.add_argument("--build", type=pathlib.Path, default=None, metavar="DIR", help="of the project (build)")
    p.error = refuse
    args = p.parse_args(argv)
    if sum(map(bool, (args.suite, args.resume, args.list))) != 1:
        refuse("wants one of SUITE, --resume DIR, --list")
    if args.jobs is not None and args.jobs < 1 or args.bundles is not None and args.bundles < 0:
        refuse("-j takes a number from 1 on, --bundles one from 0 on")
    if args.resume and (args.set or args.out or args.build or args.dry_run or args.on or args.sbatch or args.per_job):
        refuse("--resume goes on as the run was begun; of the options -j, --against, --bundles, --json go with it")
    if args.per_job < 0 or (args.sbatch or args.per_job) and not args.on:
        refuse("--sbatch WORDS and --per-job N, from 1 on, go with --on slurm")
    args.jobs = args.jobs or len(os.sched_getaffinity(0))
    return args


def parameters(given):
    values = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name:
            refuse(f"--set wants NAME=VALUE, not '{word}'")
        values[name] = value
    return values


def list_suites():
    for path in suites.shipped():
        head = suites.tomllib.loads(path.read_text())
        wants = "".join(f" --set {k}=..." for k, v in head.get("set", {}).items() if not v)
        print(f"{path.stem:12}{head['what']}{f'; wants{wants}' if wants else ''}")
    return PASSED


def with_designs(task, build):
    """The command that builds what the task wants built, and little more."""
    if task["kind"] == "benches":
        return [build / "ringwalk", task["name"], "--rtl", task["own"][task["name"]], "--requests", "1"]
    return [build / "ringwalk", "run", build / "programs/demo.elf", *commands.machine(task), "--max-cycles", "1"]


def build_designs(tasks, build):
    """Before anything runs, so that one that does not build is said once."""
    wanted = {(t["kind"] == "benches", *t["own"].items()): t for t in tasks if any(t.get("own", {}).values())}
    for task in wanted.values():
        done = subprocess.run([*with_designs(task, build), "--no-bundle", "--quiet"], capture_output=True, text=True,
                              errors="replace")
        if done.returncode == 2 or done.returncode < 0:
            raise Refused((done.stderr.strip().splitlines() or ["a design does not build"])[-1])


def locked(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


@contextlib.contextmanager
def alone_in(out):
    """One process at a time in a folder; the lock goes with the process, and with the one that ends the tasks
    of a killed one (reaper.py): that takes a moment."""
    end = time.monotonic() + LOCK_SECONDS
    try:
        with open(out / "lock", "w") as lock:
            while not locked(lock):
                if time.monotonic() > end:
                    raise Refused(f"{out}: another regression runs in it")
                time.sleep(0.05)
            yield
    except OSError as e:
        raise Unfinished(f"{e.filename or out}: {e.strerror}") from None


def new_folder(args, name):
    out = pathlib.Path(args.out or f"regress/{name}-{time.strftime('%Y%m%d-%H%M%S')}").absolute()
    try:
        if out.exists() and any(out.iterdir()):
            raise Refused(f"{out}: is there already; --resume goes on with it")
        out.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise Refused(f"{out}: {e.strerror}") from None
    return out


def begin(args):
    """-> folder and store of a new run; None: --dry-run"""
    suite = suites.find(args.suite, parameters(args.set))
    build = (args.build or ROOT / "build").absolute()
    if not os.access(build / "ringwalk", os.X_OK):
        raise Refused(f"{build / 'ringwalk'}: is not there; ./rw build makes it")
    if args.on:
        slurm.need()
    tasks = tasks_of.expand(suite, build)
    if args.dry_run:
        for task in tasks:
            print(task["key"])
        print(f"{suite.name}: {len(tasks)} tasks", file=sys.stderr)
        return None
    if args.against:
        stores.Store(pathlib.Path(args.against), write=False).values()
    build_designs(tasks, build)
    out = new_folder(args, suite.name)
    bundles = BUNDLES if args.bundles is None else args.bundles
    store = stores.Store(out)
    store.create({"name": suite.name, "what": suite.what, "suite": suite.content, "suite_path": str(suite.path),
                  "set": json.dumps(suite.set), "build": str(build), "build_id": build_id.digest(build, tasks),
                  "commit": build_id.commit(), "began": str(time.time()), "host": socket.gethostname(),
                  "on": args.on or "", "sbatch": args.sbatch, "per_job": str(args.per_job),
                  "bundles": str(bundles), "against": str(pathlib.Path(args.against).absolute()) if args.against else ""},
                 tasks)
    return out, store


def resume(args):
    out = pathlib.Path(args.resume).absolute()
    if not (out / stores.NAME).is_file():
        raise Refused(f"{out}: holds no regression")
    store = stores.Store(out)
    values = store.values()
    tasks = store.tasks()
    build = pathlib.Path(values["build"])
    if values["build_id"] == MIXED:
        raise Refused(mixed(out, build))
    if store.left() and build_id.digest(build, tasks) != values["build_id"]:
        raise Refused(f"{out}: its results are of another build than {build} is now; begin a new run")
    if args.against:
        stores.Store(pathlib.Path(args.against), write=False).values()
        store.put("against", str(pathlib.Path(args.against).absolute()))
    if args.bundles is not None:
        store.put("bundles", str(args.bundles))
    return out, store


def mixed(out, build):
    return f"{out}: {build} changed while it ran, so its results are of more than one build; begin a new run"


def refuse_mixed(out, store, values):
    build = pathlib.Path(values["build"])
    if build_id.digest(build, store.tasks()) != values["build_id"]:
        store.put("build_id", MIXED)
        raise Refused(mixed(out, build))


def finish(args, out, store, whole):
    """Reports; of a run that has come to its end the bundles before."""
    values = store.values()
    build = pathlib.Path(values["build"])
    groups.group(store, build)
    if whole:
        local.keep_bundles(store, out, build, args.jobs, int(values["bundles"]))
    summary = report.write(store, out, values["against"], args.json)
    if args.json != "-":
        print(report.tell(summary, out), flush=True)
    return FAILED if summary["failed"] else PASSED


def run(args, out, store):
    values = store.values()
    before = trends.seconds_of(report.earlier(values["against"])[0] or [])
    results = store.results()
    progress = Progress(len(results), store.count(), sum(not r["passed"] for r in results))
    store.begin_session(args.jobs)
    try:
        if values["on"]:
            slurm.run(store, out, progress)
        else:
            local.run(store, out, pathlib.Path(values["build"]), args.jobs, progress, before)
    except Unfinished:
        with contextlib.suppress(Unfinished):  # what there is can be looked at, where it can be written
            finish(args, out, store, False)
        raise
    finally:
        progress.end()
    if results != store.results():
        refuse_mixed(out, store, values)
    return finish(args, out, store, True)


def interrupted(number, frame):
    raise Unfinished(f"interrupted by {signal.Signals(number).name}")


def main(argv):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    out = store = None
    try:
        args = parse(argv)
        if args.list:
            return list_suites()
        made = resume(args) if args.resume else begin(args)
        if made is None:
            return PASSED
        out, store = made
        with alone_in(out):
            return run(args, out, store)
    except Refused as e:
        say(str(e))
        return USAGE
    except Unfinished as e:
        say(f"{e}" + (f"; --resume {out} goes on" if out else ""))
        return UNFINISHED
    finally:
        if store is not None:
            store.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
