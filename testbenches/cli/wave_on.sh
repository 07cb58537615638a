#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ringwalk run --wave-on: its bundles explain what was seen, and its waves are byte for byte those of
# a run that was told the cycles; a run that is killed leaves no process behind.
# usage: wave_on.sh RINGWALK DEMO_PROGRAM LONG_PROGRAM
set -u
ringwalk=$1
demo=$2
long=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "$*"
  exit 1
}

"$ringwalk" run "$demo" --quiet --bundles "$work/b" --json "$work/json" --wave-on 'xlate.fault=7' \
  --wave-on 'dma.fault,before=120,after=80' --wave-on 'retire.rip=main+0x0' --wave-on 'retire.vector=14,nth=3' \
  --wave-on 'retire.vector=77' >"$work/out" 2>"$work/err" || fail "the demo: $(cat "$work/out" "$work/err")"
[ "$(grep -c '^seen: ' "$work/out")" -eq 4 ] || fail "not four seen: $(cat "$work/out")"
grep -q 'retire.vector=77: seen 0 times' "$work/err" || fail "no line on what was never seen"
[ "$(grep -c '"bundle"' "$work/json")" -eq 4 ] || fail "not four in JSON"
while read -r cycle before after; do
  bundle=$work/b/$(basename "$demo")-seed1-cycle$cycle
  "$ringwalk" run "$demo" --quiet --no-bundle --wave "$work/wave.fst" --wave-from $((cycle - before)) \
    --wave-to $((cycle + after)) >/dev/null || fail "the run with a wave"
  cmp "$work/wave.fst" "$bundle/wave.fst" || fail "another wave at cycle $cycle"
done < <(sed -n 's/^seen: \(.*\), cycle \([0-9]*\): .*/\2 \1/p' "$work/out" |
  while read -r cycle text; do case $text in *before=*) echo "$cycle 120 80" ;; *) echo "$cycle 400 60" ;; esac; done)
grep -lq 'so the tables give #PF(0x7: P W/R U/S).' "$work"/b/*/report.txt || fail "no explanation of the fault"
grep -lq 'so the tables give blocked' "$work"/b/*/report.txt || fail "no explanation of the request"
grep -lq '<main>' "$work"/b/*/report.txt || fail "no symbol"
sh "$work"/b/*-cycle"$(sed -n 's/^seen: dma.*cycle \([0-9]*\): .*/\1/p' "$work/out")"/replay.sh >"$work/replay" ||
  fail "the replay"
grep -q '^seen: dma.fault' "$work/replay" || fail "the replay does not see it"

out=$("$ringwalk" run "$demo" --quiet --wave-on 'xlate.nothing' 2>&1)
[ $? -eq 2 ] && [ "$(echo "$out" | wc -l)" -eq 1 ] || fail "not refused in one line: $out"
out=$("$ringwalk" run "$demo" --quiet --wave-on 'xlate.va=main' --wave "$work/wave.fst" 2>&1)
[ $? -eq 2 ] || fail "--wave beside it is not refused"

# By a name of its own its processes can be told.
processes() {
  ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c "$work/killed"
}
cp "$ringwalk" "$work/killed"
"$work/killed" run "$long" --quiet --bundles "$work/b" --wave-on 'retire.vector=77' >/dev/null 2>&1 &
run=$!
for _ in $(seq 100); do
  [ "$(processes)" -ge 3 ] && break
  sleep 0.1
done
[ "$(processes)" -ge 3 ] || fail "no snapshot but the first was made"
kill -9 $run
wait $run 2>/dev/null
for _ in $(seq 100); do
  [ "$(processes)" -eq 0 ] && exit 0
  sleep 0.1
done
fail "processes are left over: $(processes)"
