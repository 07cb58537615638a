# SPDX-License-Identifier: Apache-2.0
"""This run against an earlier one: task by task, by their keys, and failure by failure."""
import outcome


class Trends:
    """Lists of keys: new failures, mended ones, still failing; tasks that only one of the two has."""

    def __init__(self, now, before):
        mine, theirs = ({r["key"]: r for r in results} for results in (now, before))
        both = [k for k in mine if k in theirs]
        self.new = [k for k in both if not mine[k]["passed"] and theirs[k]["passed"]]
        self.mended = [k for k in both if mine[k]["passed"] and not theirs[k]["passed"]]
        self.still = [k for k in both if not mine[k]["passed"] and not theirs[k]["passed"]]
        self.added = [k for k in mine if k not in theirs]
        self.added_failing = [k for k in self.added if not mine[k]["passed"]]
        self.gone = [k for k in theirs if k not in mine]
        self.before = {outcome.signature(r) for r in before if not r["passed"]}

    def word(self, failure):
        """Of a row of failures."""
        return "still" if outcome.signature(failure) in self.before else "new"


def seconds_of(results):
    """-> {key: seconds}: the longest first fills the cores best"""
    return {r["key"]: r["seconds"] for r in results}
