#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad use: exit 2 and one line on standard error, nothing on standard output. No QEMU, no Bochs: the same.
# usage: bad_input.sh STEPS PROGRAM
set -u
steps=$1
program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
try() {
  timeout 60 "$steps" "$@" >"$work/out" 2>"$work/err"
  status=$?
  lines=$(wc -l <"$work/err")
  if [ $status -ne 2 ] || [ -s "$work/out" ] || [ "$lines" -ne 1 ]; then
    echo "steps $*: exit $status, $lines lines: $(head -n 3 "$work/err")"
    bad=1
  fi
}
try
try --nosuch "$program"
try --instructions x "$program"
try --checkpoint 0 "$program"
try --memory 4 "$program"
try --instructions
try "$work/none.elf"
echo "not an image" >"$work/text"
try "$work/text"
try --qemu "$work/no-qemu" "$program"
try --on nosuch "$program"
try --on bochs --bochs "$work/no-bochs" "$program"
try --on bochs --bochs /bin/true "$program"
"$steps" --help | grep -q usage || bad=1
"$steps" --list | grep -q 'RF' || bad=1
exit $bad
