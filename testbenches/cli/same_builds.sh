#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The build that evaluates the RTL's properties and the fast one say the same of the same runs.
# usage: same_builds.sh RINGWALK FAST PROGRAM...
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
slow=$1 fast=$2
shift 2
for program in "$@"; do
  for waits in 0 3; do
    for tool in slow fast; do
      "${!tool}" run --quiet --no-bundle --wait-states $waits --seed 11 --json - "$program" |
        grep -v '"seconds"' >"$work/$tool"
    done
    cmp "$work/slow" "$work/fast"
  done
done
