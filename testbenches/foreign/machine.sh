#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole machine around another MMU: programs agree with one that walks ahead; one that forgets U/S
# is found and explained; what cannot be built is said in one line.
# usage: machine.sh RINGWALK FOREIGN_DIR PROGRAMS_DIR CACHE
set -u
ringwalk=$1 foreign=$2 programs=$3 cache=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "$*"
  failed=1
}

for run in "demo 0" "stale 0" "gates64 2" "pagetorture 0" "remap 1"; do
  read -r program waits <<<"$run"
  said=$("$ringwalk" run --mmu-rtl "$foreign/ahead" --rtl-build "$cache" --wait-states "$waits" --no-bundle --quiet \
    --max-cycles 20000000 "$programs/$program.elf" 2>&1)
  status=$?
  if [ $status -ne 0 ] || ! grep -q '^verdict: agreed$' <<<"$said"; then
    fail "$program, wait states $waits: status $status: $said"
  fi
done

# Broken: U/S does not deny a user's read.
cp -r "$foreign/notlb" "$work/mmu"
sed -i "s/if (req.user) return !us ||/if (req.user) return 1'b0 ||/" "$work/mmu/notlb_rules.sv"
cmp -s "$foreign/notlb/notlb_rules.sv" "$work/mmu/notlb_rules.sv" && fail "notlb_rules.sv has no such line any more"
said=$("$ringwalk" run --mmu-rtl "$work/mmu" --rtl-build "$work/build" --no-bundle --quiet "$programs/demo.elf" 2>&1)
status=$?
[ $status -eq 1 ] || fail "the broken MMU: status $status: $said"
for text in 'stream legality, field verdict' 'ILLEGAL: access rights (4.6)' 'DENIES U/S (4.6.1)'; do
  grep -qF "$text" <<<"$said" || fail "the broken MMU: no '$text' in: $said"
done

# refused TEXT ARGUMENT...: one line, status 2.
refused() {
  text=$1
  shift
  said=$("$ringwalk" run --rtl-build "$work/build" "$@" 2>&1)
  status=$?
  if [ $status -ne 2 ] || [ "$(wc -l <<<"$said")" -ne 1 ] || ! grep -qF "$text" <<<"$said"; then
    fail "$*: status $status, no one line with '$text': $said"
  fi
}
sed -i '/flush_ready_o/d' "$work/mmu/mmu.sv"
refused 'no such folder' --mmu-rtl "$work/none" "$programs/demo.elf"
refused 'wants a folder' "$programs/demo.elf" --mmu-rtl
refused 'ringwalk run: ' --mmu-rtl "$work/mmu" "$programs/demo.elf"
refused 'beside --mmu-rtl' --mmu-rtl "$foreign/ahead" --own-mmu "$programs/demo.elf"
exit $failed
