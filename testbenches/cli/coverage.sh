#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --coverage and ringwalk coverage: the block benches reach every bin of their own, runs add up, also two at
# once, a corpus takes what is new and nothing else; what is no coverage file is refused.
# usage: coverage.sh RINGWALK DEMO_PROGRAM SOURCE_DIR BUILD_DIR
set -u
ringwalk=$1 demo=$2 root=$3 build=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "$*"
  failed=1
}

# whole GROUP FILE: every bin of it was reached, and none that is not thought possible.
whole() {
  said=$("$ringwalk" coverage "$2" --all | awk -v g="$1" '/^[a-z]/ { on = $1 == g } on')
  read -r hit bins <<<"$(head -n 1 <<<"$said" | awk '{ print $2, $4 }')"
  if [ -z "$hit" ] || [ "$hit" != "$bins" ] || grep -q 'not thought possible' <<<"$said"; then
    fail "$said"
  fi
}

"$ringwalk" mmu --no-bundle --quiet --coverage "$work/mmu" >"$work/out" || fail "mmu: $(cat "$work/out")"
"$ringwalk" iommu --no-bundle --quiet --coverage "$work/iommu" >"$work/out" || fail "iommu: $(cat "$work/out")"
for group in translation cache; do whole $group "$work/mmu"; done
for group in dma fault register descriptor unit; do whole $group "$work/iommu"; done

count() {
  "$ringwalk" coverage "$1" --counts | sed -n 's/^ *\([0-9]*\)  4-level, data, TLB$/\1/p'
}
run() {
  "$ringwalk" run "$demo" --no-bundle --quiet --coverage "$1" >"$work/out.$2" || fail "demo: $(cat "$work/out.$2")"
}
run "$work/once" 0
run "$work/both" 1 &
run "$work/both" 2
wait
once=$(count "$work/once") both=$(count "$work/both")
if [ -z "$once" ] || [ "$both" != $((2 * once)) ]; then
  fail "two runs at once: $both hits of a TLB, one alone has $once"
fi

corpus() {
  CORPUS=$work/corpus WORK=$work/random BUILD=$build RINGWALK=$ringwalk sh "$root/testbenches/random/run.sh" "$1" "$2" 64
}
said=$(corpus 1 2) || fail "$said"
grep -q '^seed 1: [1-9][0-9]* new bins$' <<<"$said" || fail "the first program of a corpus has nothing new: $said"
said=$(corpus 1 1) || fail "$said"
grep -q 'new bins' <<<"$said" && fail "the same program again has something new: $said"

# refused TEXT ARGUMENT...: one line, status 2.
refused() {
  text=$1
  shift
  said=$("$ringwalk" "$@" 2>&1)
  if [ $? -ne 2 ] || [ "$(wc -l <<<"$said")" -ne 1 ] || ! grep -qF -e "$text" <<<"$said"; then
    fail "$*: no one line with '$text', status 2: $said"
  fi
}
echo nonsense >"$work/bad"
refused "$work/bad:1: is no line" coverage "$work/bad"
refused 'cannot be read' coverage "$work/none"
refused 'takes files' coverage
refused 'goes with a run in lockstep' run "$demo" --rtl-only --no-bundle --coverage "$work/x"
exit $failed
