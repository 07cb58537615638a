#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --serial-input: the program gets every byte, in lockstep and on the model alone, and twice the same run.
# usage: serial.sh RINGWALK SERIAL_PROGRAM
set -u
ringwalk=$1
program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'The quick brown fox\njumps over the lazy dog.\n.\n' >"$work/input"
failed=0
for way in "run --no-bundle" "run --no-bundle" "model"; do
  timeout 60 "$ringwalk" $way --serial-input "$work/input" "$program" >"$work/all" || { cat "$work/all"; failed=1; }
  sed '/^verdict: /,$d' "$work/all" >"$work/said"
  grep -v '^interrupts: ' "$work/said" | cmp - "$work/input" || { cat "$work/said"; failed=1; }
  grep '^interrupts: \|^cycles\|^instructions' "$work/all" >>"$work/${way%% *}"
done
[ "$(sort -u "$work/run" | wc -l)" -eq 2 ] || { echo "two runs differ:"; cat "$work/run"; failed=1; }
[ "$(grep -h '^interrupts: ' "$work/run" "$work/model" | sort -u)" = "interrupts: 6" ] || { cat "$work/run" "$work/model"; failed=1; }
exit $failed
