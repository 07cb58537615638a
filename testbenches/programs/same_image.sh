#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A guest image is the same bytes in every clone: built again from a copy of the sources elsewhere.
# usage: same_image.sh NINJA BUILD SOURCES
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$3" "$work/sources"
mkdir -p "$work/build/programs" "$work/build/testbenches/programs"
"$1" -C "$2" -t commands program_demo program_system32 | grep -F .elf |
  sed "s|$3|$work/sources|g; s|$2|$work/build|g" >"$work/commands"
sh "$work/commands"
for name in demo system32; do
  cmp "$2/programs/$name.elf" "$work/build/programs/$name.elf"
done
