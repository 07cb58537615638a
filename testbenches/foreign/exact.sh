#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The project's own MMU as if it were somebody's: it agrees in exact mode, and with another
# replacement in legality mode alone.
# usage: exact.sh RINGWALK RTL_DIR
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$2"/mmu/*.sv "$work"
ends() {
  echo "mode = $2" >"$work/ringwalk.ini"
  "$1" mmu --rtl "$work" --rtl-build "$work/built" --seed 12 --requests 60000 --no-bundle --quiet
  if [ $? -ne "$3" ]; then
    echo "mode $2: not status $3"
    exit 1
  fi
}
ends "$1" exact 0
sed -i 's/if (!any_free) ptr_q <= /ptr_q <= /' "$work/mmu_tlb.sv"
ends "$1" exact 1
ends "$1" legality 0
