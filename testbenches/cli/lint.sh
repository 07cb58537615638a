#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ringwalk run --legality: each planted mistake of the program `stale` is found, once, with who did it and
# what is missing; what is done well is not; a program without mistakes has none.
# usage: lint.sh RINGWALK PROGRAM_DIR
set -u
ringwalk=$1
programs=$2
failed=0

fail() {
  echo "$*"
  failed=1
}

out=$("$ringwalk" run "$programs/stale.elf" --legality --no-bundle --quiet --json /dev/null)
[ $? -eq 5 ] || fail "stale: the status is not 5"
has() {
  echo "$out" | grep -qE "$1" || fail "stale: no line with '$1' in: $out"
}
[ "$(echo "$out" | grep -c '^stale: ')" -eq 3 ] || fail "stale: not three uses: $out"
has '^stale: read of 0x40000000 at .*<touch\+.*stale.c:[0-9]+, cycle [0-9]+, 1 times$'
has 'used PTE 0x[0-9a-f]+; at 0x[0-9a-f]+ stands 0x0, by .*<unmap.*stale.c:[0-9]+, cycle'
has '^stale: write of 0x40002000 at .*<dirty\+'
has 'by .*<protect.*stale.c:'
has '^stale: read of 0x40004000 at .*<touch\+'
has 'by .*<exchange.*stale.c:'
[ "$(echo "$out" | grep -c 'missing: INVLPG (SDM Vol. 3A 4.10.4.1)')" -eq 3 ] || fail "stale: not three INVLPG"
has '; a global page$'
has '^stale translations used: 3, at 3 places$'

for name in demo system64 system32 paging57; do
  out=$("$ringwalk" run "$programs/$name.elf" --legality --no-bundle --quiet) || fail "$name: status $?: $out"
  echo "$out" | grep -q '^stale translations used: 0, at 0 places$' || fail "$name: $out"
done

out=$("$ringwalk" run "$programs/stale.elf" --legality --rtl-only 2>&1)
[ $? -eq 2 ] || fail "--rtl-only beside it is not refused: $out"
exit $failed
