#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/your-own-rtl.md or docs/your-own-iommu.md, followed in an empty folder: its commands are run as they stand, and what it
# shows of a report is what the report says. Then once more: nothing is built again.
# usage: own_rtl_page.sh SOURCE_DIR RINGWALK mmu|iommu
set -u
root=$(cd "$1" && pwd)
rw=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
block=$3
page=$root/docs/your-own-iommu.md
[ "$block" = iommu ] || page=$root/docs/your-own-rtl.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ringwalk=$root
export XDG_CACHE_HOME=$work/cache rw ringwalk
mkdir "$work/empty"
cd "$work/empty" || exit 1

# part KIND N: the N-th block of this kind
part() {
  awk -v kind="$1" -v want="$2" '/^```/ { if (inside) inside = 0; else if ($0 == "```" kind) { n++; inside = n == want; next } }
    inside' "$page"
}

fail() {
  echo "$*"
  cat "$work/said" "$work/errors"
  exit 1
}

part sh 1 | grep -vE '^(rw|ringwalk)=' >"$work/first.sh"
bash -eu "$work/first.sh" >"$work/said" 2>"$work/errors" || fail "the first commands end with an error"
grep -q '^verdict: agreed' "$work/said" || fail "the small design does not agree"
part sh 2 >"$work/second.sh"
bash -eu "$work/second.sh" >"$work/said" 2>"$work/errors" || fail "the second commands end with an error"
part text 1 | sed -E 's/[0-9]+\.[0-9]+ seconds/S/' >"$work/shown"
sed -E 's/[0-9]+\.[0-9]+ seconds/S/; s,\./rw wave,./rw wave,' "$work/said" | diff "$work/shown" - >"$work/diff" || fail "the page shows another report: $(cat "$work/diff")"
"$rw" "$block" --rtl "my-$block" --requests 50000 --no-bundle >"$work/said" 2>"$work/errors"
[ $? -eq 1 ] || fail "no mismatch when run again"
! grep -q building "$work/errors" || fail "built again without a change"
