# SPDX-License-Identifier: Apache-2.0
"""What a user is told when something is wrong, and the exit statuses."""
import sys

PASSED, FAILED, USAGE, UNFINISHED = 0, 1, 2, 3


class Refused(Exception):
    """Bad input: one line, status 2."""


class Unfinished(Exception):
    """It cannot go on now (a full disk, an interrupt); --resume can: one line, status 3."""


def say(text):
    print("regress: " + text, file=sys.stderr, flush=True)
