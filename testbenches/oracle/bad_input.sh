#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad use: exit 2 and one line on standard error, nothing on standard output.
set -u
oracle=$1
bad=0
try() {
  out=$("$oracle" "$@" 2>/tmp/oracle.err.$$)
  status=$?
  lines=$(wc -l </tmp/oracle.err.$$)
  rm -f /tmp/oracle.err.$$
  if [ $status -ne 2 ] || [ -n "$out" ] || [ "$lines" -lt 1 ]; then
    echo "oracle $*: exit $status, $lines lines"
    bad=1
  fi
}
try --cases
try --cases x
try --cases -1
try --cases 1x
try --seed ''
try --seed 99999999999999999999999
try --only nosuch
try --as amd
try --as ''
try --only ''
try --json /nonexistent/directory/file --cases 1
try --nosuch
try surplus
"$oracle" --help | grep -q usage || bad=1
"$oracle" --list | grep -q 'cmpxchg ' || bad=1
exit $bad
