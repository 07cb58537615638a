#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program's console on QEMU and on the golden model must be the same, but for the lines of the
# IOMMU part, which QEMU's machine does not have unless MACHINE says so, and those that say "unlike QEMU".
set -u
qemu=$1
ringwalk=$2
program=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
timeout 120 "$qemu" -cpu max -m 256 -display none -serial "file:$work/qemu" -monitor none \
  -device isa-debug-exit,iobase=0xf4,iosize=4 ${MACHINE:--device edu} -no-reboot -kernel "$program"
status=$?
[ $status -eq 1 ] || { echo "QEMU ended with $status, not with the program's success"; cat "$work/qemu"; exit 1; }
"$ringwalk" model "$program" --json "$work/json" | sed '/^verdict: /,$d' >"$work/model"
grep -q '"guest_exit":[[:space:]]*0' "$work/json" || { echo "the model's run failed"; cat "$work/model"; exit 1; }
sed 's/\r$//' "$work/qemu" | grep -v 'iommu:\|unlike QEMU' >"$work/a"
grep -v 'iommu:\|unlike QEMU' "$work/model" >"$work/b"
diff "$work/a" "$work/b"
