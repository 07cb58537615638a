#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program with features taken away: with all of them there, with all of them away, and
#   singly  each one away (and what needs it)
#   lists   n lists, the i-th without every feature whose number has bit i: of each two features that
#           do not need each other there is a list with the one and without the other
# usage: with_features.sh singly|lists RINGWALK COMMAND [OPTION...] PROGRAM
set -u
which=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# The option's own list of names.
names=$("$1" model --cpuid -? none 2>&1 | sed -n 's/.*; there are //p')
[ -n "$names" ] || { echo "no list of features"; exit 1; }

with() {
  if ! "$@" >"$work/out" 2>&1 || ! grep -q '^guest exit: 0' "$work/out"; then
    echo "$@"
    grep -v '^ok ' "$work/out"
    failed=1
  fi
}

with "$@"
with "$@" --cpuid "$(echo "$names" | sed 's/^/-/; s/ /,-/g')"
case $which in
singly)
  for name in $names; do
    with "$@" --cpuid "-$name"
  done
  ;;
lists)
  for bit in 1 2 4 8 16 32; do
    list=
    i=0
    for name in $names; do
      [ $((i & bit)) -ne 0 ] && list="$list,-$name"
      i=$((i + 1))
    done
    with "$@" --cpuid "${list#,},vendor=AuthenticAMD,signature=0x00100f10"
  done
  ;;
esac
exit $failed
