#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same seed gives the same run, and one case alone is the case of the whole run.
set -u
oracle=$1
dir=$2
if ! "$oracle" --cases 1 >/dev/null 2>&1; then
  echo "skipped: no ptrace"
  exit 77
fi
for i in 1 2; do
  "$oracle" --seed 9 --cases 3000 --json - | grep -v '"seconds"' >"$dir/run$i.json" || exit 1
done
cmp "$dir/run1.json" "$dir/run2.json" || exit 1
grep -q '"verdict":.*"agreed"' "$dir/run1.json" || exit 1
"$oracle" --seed 9 --first 2999 --cases 1 >/dev/null
