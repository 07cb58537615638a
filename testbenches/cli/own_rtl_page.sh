#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/your-own-rtl.md, followed in an empty folder: its commands are run as they stand, and what it
# shows of a report is what the report says. Then once more: nothing is built again.
# usage: own_rtl_page.sh SOURCE_DIR RINGWALK
set -u
root=$(cd "$1" && pwd)
rw=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache rw
mkdir "$work/empty"
cd "$work/empty" || exit 1

# block KIND N: the N-th block of this kind
block() {
  awk -v kind="$1" -v want="$2" '/^```/ { if (inside) inside = 0; else if ($0 == "```" kind) { n++; inside = n == want; next } }
    inside' "$root/docs/your-own-rtl.md"
}

fail() {
  echo "$*"
  cat "$work/said" "$work/errors"
  exit 1
}

block sh 1 | grep -v '^rw=' >"$work/first.sh"
bash -eu "$work/first.sh" >"$work/said" 2>"$work/errors" || fail "the first commands end with an error"
grep -q '^verdict: agreed' "$work/said" || fail "the small design does not agree"
block sh 2 >"$work/second.sh"
bash -eu "$work/second.sh" >"$work/said" 2>"$work/errors" || fail "the second commands end with an error"
block text 1 | sed -E 's/[0-9]+\.[0-9]+ seconds/S/' >"$work/shown"
sed -E 's/[0-9]+\.[0-9]+ seconds/S/; s,\./rw wave,./rw wave,' "$work/said" | diff "$work/shown" - >"$work/diff" || fail "the page shows another report: $(cat "$work/diff")"
"$rw" mmu --rtl my-mmu --requests 50000 --no-bundle >"$work/said" 2>"$work/errors"
[ $? -eq 1 ] || fail "no mismatch when run again"
! grep -q building "$work/errors" || fail "built again without a change"
