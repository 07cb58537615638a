#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What README shows of a run is what a run says: the demo's output, the report of a failing DMA (the
# broken RTL is the mutant that README names), and that each command it lists is there.
# usage: readme.sh SOURCE_DIR BUILD_DIR
set -u
root=$1
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# block N: the N-th ```text block of README.
block() {
  awk -v want="$1" '/^```/ { if (inside) inside = 0; else if ($0 == "```text") { n++; inside = n == want; next } }
    inside' "$root/README.md"
}

# same NAME SHOWN SAID: seconds and where the tree lies are the machine's.
same() {
  for file in "$2" "$3"; do
    sed -E 's/[0-9]+\.[0-9]+ seconds|^seconds: .*/S/; s,[^ ]*/build/,build/,' "$file" >"$file.plain"
  done
  if ! diff "$2.plain" "$3.plain" >"$work/diff"; then
    echo "README is not what $1 says:"
    cat "$work/diff"
    failed=1
  fi
}

block 1 >"$work/shown"
"$build/ringwalk" run "$build/programs/demo.elf" >"$work/said" 2>/dev/null
same "./rw demo" "$work/shown" "$work/said"

mutant=$(grep -oE 'mutants --show [a-z0-9_]+' "$root/README.md" | head -n 1 | cut -d' ' -f3)
block 2 >"$work/shown"
python3 "$root/testbenches/mutants/mutants.py" --build "$build" --show "$mutant" >"$work/said"
same "./rw mutants --show $mutant" "$work/shown" "$work/said"

for command in $(grep -oE '^\| `\./rw [a-z]+' "$root/README.md" | awk '{ print $3 }'); do
  if ! "$build/ringwalk" --help | grep -q "^  $command " && ! grep -q "^  $command)" "$root/rw"; then
    echo "README names ./rw $command, which is not there"
    failed=1
  fi
done
exit $failed
