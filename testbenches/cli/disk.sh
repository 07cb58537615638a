#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --disk with files that are not as one would like: read-only, without permission, short, full. A line or an error
# that the guest sees; nothing beyond the file's length, nothing at all into a read-only one.
# usage: disk.sh RINGWALK VIRTIO_PROGRAM
set -u
ringwalk=$1
program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "$*"
  failed=1
}

fresh() {
  python3 -c 'import sys; open(sys.argv[1], "wb").write(b"".join(bytes([n]) * 512 for n in range(16)))' "$work/disk"
  cp "$work/disk" "$work/before"
}

# The guest sees errors, its own check fails: status 4; not a byte of the file changes.
for way in "run --no-bundle" model; do
  fresh
  timeout 60 "$ringwalk" $way --disk "$work/disk,ro" "$program" >"$work/out" 2>"$work/err"
  status=$?
  [ $status -eq 4 ] && grep -q '^FAIL write' "$work/out" && grep -q '^ok   read: two' "$work/out" ||
    fail "$way read-only: status $status: $(grep FAIL "$work/out") $(cat "$work/err")"
  cmp "$work/disk" "$work/before" || fail "$way: a read-only disk was written"
done

# 5 sectors and a part of one, which is no sector.
fresh
head -c 3000 "$work/before" >"$work/short"
timeout 60 "$ringwalk" model --disk "$work/short" "$program" >"$work/out" 2>"$work/err"
status=$?
[ $status -eq 4 ] && grep -q '^FAIL a capacity of 16' "$work/out" && grep -q '^ok   read beyond the end' "$work/out" ||
  fail "short: status $status: $(cat "$work/out" "$work/err")"
cmp -n 3000 "$work/short" "$work/before" || fail "short: what there is was changed"
[ "$(wc -c <"$work/short")" -eq 3000 ] || fail "short: it has grown"

# No room for what was written: the guest does not notice, the user gets a line.
fresh
(ulimit -f 2; timeout 60 "$ringwalk" model --quiet --disk "$work/disk" "$program" >/dev/null 2>"$work/err")
status=$?
[ $status -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q 'disk: cannot be written' "$work/err" ||
  fail "full: status $status: $(cat "$work/err")"

# Not ours to write: the line says what to do about it. Root may write everything, so somebody else tries.
fresh
chmod 444 "$work/disk"
chmod 755 "$work"
as=()
if [ "$(id -u)" -eq 0 ]; then
  as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
if "${as[@]}" test -x "$ringwalk" && "${as[@]}" test -r "$program" 2>/dev/null; then
  timeout 60 "${as[@]}" "$ringwalk" model --quiet --disk "$work/disk" "$program" >/dev/null 2>"$work/err"
  status=$?
  [ $status -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q ',ro behind its name' "$work/err" ||
    fail "no permission: status $status: $(cat "$work/err")"
fi
exit $failed
