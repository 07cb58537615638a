#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two runs of one seed give the same JSON object (seconds aside) and the same wave, byte for byte; and
# another seed with wait states gives other cycles.
# usage: same_bytes.sh RINGWALK PROGRAM
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
one() {
  "$1" run --quiet --no-bundle --wait-states 3 --seed "$3" --json - --wave "$work/$4.fst" \
    --wave-from 1000 --wave-to 3000 "$2" | grep -v '"seconds"' >"$work/$4.json"
}
one "$1" "$2" 7 a
sleep 1.1 # a wave does not say when it was made
one "$1" "$2" 7 b
one "$1" "$2" 8 c
cmp "$work/a.json" "$work/b.json"
cmp "$work/a.fst" "$work/b.fst"
! grep -q '"cycles"' <(diff "$work/a.json" "$work/c.json") && { echo "the seed changes nothing"; exit 1; }
for block in mmu iommu bus; do
  "$1" $block --seed 5 --requests 3000 --quiet --json - | grep -v '"seconds"' >"$work/d"
  "$1" $block --seed 5 --requests 3000 --quiet --json - | grep -v '"seconds"' >"$work/e"
  cmp "$work/d" "$work/e"
done
exit 0
