#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A short sample of the comparison; 77 (skipped) without QEMU.
# usage: sample.sh STEPS PROGRAM_DIR
set -u
steps=$1
programs=$2
if ! command -v qemu-system-x86_64 >/dev/null; then
  echo "skipped: qemu-system-x86_64 is not installed"
  exit 77
fi
exec "$steps" --instructions 30000 --checkpoint 10000 "$programs"/gates32.elf "$programs"/system32.elf \
  "$programs"/demo.elf "$programs"/corners.elf
