#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The program `virtio` with a disk of 16 sectors, byte n in sector n: its own check, and what is left in the
# file: sector 6 written with A5, sector 7 with 77. Under QEMU the console must be the same as on the model.
# usage: virtio.sh run|model|qemu RINGWALK PROGRAM [QEMU]
set -u
how=$1
ringwalk=$2
program=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sectors() { # sectors FILE BYTE-OF-6 BYTE-OF-7
  python3 -c 'import sys
six, seven = int(sys.argv[2], 16), int(sys.argv[3], 16)
open(sys.argv[1], "wb").write(b"".join(bytes([{6: six, 7: seven}.get(n, n)]) * 512 for n in range(16)))' "$@"
}
sectors "$work/disk" 6 7
sectors "$work/want" A5 77
case $how in
  qemu)
    timeout 120 "$4" -cpu max -m 256 -display none -serial "file:$work/qemu" -monitor none -no-reboot \
      -device isa-debug-exit,iobase=0xf4,iosize=4 -nodefaults -machine q35 -device intel-iommu,intremap=off \
      -drive "if=none,id=disk,format=raw,file=$work/disk" \
      -device virtio-blk-pci,drive=disk,addr=03.0,disable-legacy=on,iommu_platform=on -kernel "$program" 2>"$work/err"
    status=$?
    [ $status -eq 1 ] || { echo "QEMU ended with $status"; cat "$work/qemu" "$work/err"; exit 1; }
    sed 's/\r$//' "$work/qemu" >"$work/a"
    cp "$work/disk" "$work/qemu.disk"
    sectors "$work/disk" 6 7
    "$ringwalk" model "$program" --disk "$work/disk" >"$work/model" || { cat "$work/model"; exit 1; }
    sed '/^verdict: /,$d' "$work/model" >"$work/b"
    diff "$work/a" "$work/b" || exit 1
    cmp "$work/qemu.disk" "$work/want" || exit 1
    ;;
  run)
    "$ringwalk" run --no-bundle --wait-states 1 --disk "$work/disk" "$program" || exit 1
    ;;
  model)
    "$ringwalk" model --disk "$work/disk" "$program" || exit 1
    ;;
esac
cmp "$work/disk" "$work/want"
