#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A run begins with any bit of any register of --start set, in lockstep: bits of registers that the first
# instructions leave alone, of RIP and of CR3 (these two mostly end in a shutdown). PROGRAM is an ELF64.
# usage: start.sh RINGWALK PROGRAM
set -u
ringwalk=$1
program=$2
one() {
  said=$("$ringwalk" run --quiet --no-bundle --max-instructions 4 --start "$1" "$program" 2>&1)
  case $? in
  0 | 3 | 4) echo "$said" | grep -Eq '^verdict: (agreed|limit)' && return ;;
  esac
  echo "--start $1: $said"
  exit 1
}
for bit in $(seq 0 63); do
  value=$(printf '0x%x' $((1 << bit)))
  for register in rax rbx rsi rsp; do
    one "$register=$value"
  done
  if [ "$bit" -lt 47 ]; then one "rip=$value"; fi # canonical
  if [ "$bit" -lt 40 ]; then one "cr3=$value"; fi # MAXPHYADDR
done
one rip=0xffff800000000000
