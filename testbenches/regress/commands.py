# SPDX-License-Identifier: Apache-2.0
"""A task as a command, and where it leaves what it found. Each runs in a scratch folder of its own."""
import pathlib
import shlex
import sys

HERE = pathlib.Path(__file__).resolve().parent
RANDOM = HERE.parent / "random/run.sh"
REDUCE = HERE.parent / "random/reduce.py"
EVENTS = HERE.parent / "events/events.py"
REPORT = "report.json"   # in the scratch folder
COVERAGE = "coverage"    # likewise
KEPT = "kept"            # images of failing events
SHORT = "-reduced"       # behind the name of a random program made short
REDUCE_SECONDS = 180


class Command:
    """cwd None: the scratch folder."""

    def __init__(self, words, env=None):
        self.words, self.env, self.cwd = [str(w) for w in words], env or {}, None

    def line(self):
        """As it is pasted into a shell."""
        return " ".join([f"{k}={shlex.quote(v)}" for k, v in self.env.items()] + [shlex.join(self.words)])


def common(task):
    return ["--seed", task["seed"], "--wait-states", task["waits"]]


def machine(task):
    """Whose MMU and IOMMU stand in it, as options of ringwalk run."""
    return [word for block, folder in task["own"].items() if folder for word in (f"--{block}-rtl", folder)]


def run_of(task, build, program, how):
    return Command([build / "ringwalk", "run", program, *machine(task), *common(task), "--max-cycles", task["cycles"],
                    *task["options"], *how])


def bench_of(task, build, how):
    folder = task["own"][task["name"]]
    own = ["--rtl", folder] if folder else []
    return Command([build / "ringwalk", task["name"], *own, *common(task), "--requests", task["requests"],
                    *task["options"], *how])


def options_of_random(task):
    return [*machine(task), "--wait-states", str(task["waits"]), "--max-cycles", str(task["cycles"]), *task["options"]]


def random_of(task, build, options, env):
    options = [*options, *options_of_random(task)]
    return Command(["sh", RANDOM, task["seed"], task["seed"], task["name"], *task["generator"]],
                   {"BUILD": str(build), "OPTIONS": " ".join(options), **env})


def events_of(task, build, how, python="python3"):
    return Command([python, "-B", EVENTS, "--table", task["name"], "--one-in", task["one_in"],
                    "--part", task["part"], *how, build / "ringwalk"])


def of_task(task, build, scratch):
    """What the regression runs."""
    quiet = ["--no-bundle", "--quiet", "--json", REPORT, "--coverage", COVERAGE]
    if task["kind"] == "programs":
        return run_of(task, build, task["program"], quiet)
    if task["kind"] == "benches":
        return bench_of(task, build, quiet)
    if task["kind"] == "random":
        command = random_of(task, build, ["--json", REPORT, "--coverage", COVERAGE], {"WORK": str(scratch)})
        command.words.append("--no-reduce")
        return command
    return events_of(task, build, ["--jobs", "1", "--keep", KEPT, "--coverage", COVERAGE], sys.executable)


def to_reproduce(task, build):
    """What a person runs: it needs no file of the regression's."""
    if task["kind"] == "programs":
        return run_of(task, build, task["program"], [])
    if task["kind"] == "benches":
        return bench_of(task, build, [])
    if task["kind"] == "random":
        return random_of(task, build, [], {})
    return events_of(task, build, [])


def of_image(task, build, image, how):
    """A random program, or an image of events, that was kept."""
    if task["kind"] == "random":
        return run_of(task, build, image, how)
    return Command([build / "ringwalk", *image.with_suffix(".options").read_text().split("\n")[:-1], image, *how])


def short_of(task, build, name):
    """A random program that fails made short, into NAME.elf and what lies beside it."""
    runs = [build / "ringwalk", "run", "--no-bundle", "--quiet", "--seed", task["seed"], *options_of_random(task)]
    return Command([sys.executable, "-B", REDUCE, "--randgen", build / "randgen", "--out", name, "--seconds", REDUCE_SECONDS,
                    "--run", shlex.join(map(str, runs)), "--", "--seed", task["seed"], "--mode", task["name"],
                    *task["generator"]])


def with_bundle(task, build, image, folder):
    """What failed once more, with a bundle in the folder; there, because a bundle begins where its command did."""
    how = ["--bundles", folder, "--quiet"]
    if image is not None:
        command = of_image(task, build, image, how)
    else:
        command = bench_of(task, build, how) if task["kind"] == "benches" else run_of(task, build, task["program"], how)
    command.cwd = folder
    return command


def image_of(task, scratch):
    """-> the image that failed, which the command left in the scratch folder; or None"""
    folder = scratch / KEPT if task["kind"] == "events" else scratch
    found = sorted(folder.glob("*.elf")) if task["kind"] in ("random", "events") else []
    return found[0] if found else None


def report_of(task, scratch):
    if task["kind"] == "events":
        found = sorted((scratch / KEPT).glob("*.json"))
        return found[0] if found else scratch / REPORT
    return scratch / REPORT
