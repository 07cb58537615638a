#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# model/ includes nothing from rtl/ or cosim/; cosim/ (but its shell) nothing of Verilator or
# SystemC; C++ stands only where a tool requires it. Every #include is resolved against the folders.
set -u
root=$1
bad=0
complain() {
  echo "$1"
  bad=1
}
cd "$root" || exit 1
includes() {
  grep -rnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]+' "$1" --include='*.[ch]' --include='*.cc'
}
for header in $(cd cosim && find . -name '*.h' | sed 's|^\./||; s|.*/||'); do
  includes model | grep -E "[\"<]([^\"]*/)?$header\$" | while read -r line; do
    [ -n "$(find model -name "$header")" ] || echo "$line"
  done
done | grep . && complain "model/ includes a header of cosim/"
includes model | grep -E 'cosim|rtl/|verilat|systemc|svdpi|V[a-z]+_top' && complain "model/ reaches outside"
grep -rnE '`include|import "DPI' rtl --include='*.sv' | grep -v '^rtl/[a-z_]*record_emit.sv' && complain "rtl/ uses DPI or includes outside record emission"
find cosim -path cosim/shell -prune -o -name '*.[ch]' -print | xargs grep -nE '#include.*(verilat|systemc|svdpi|Vsoc|Vmmu|Viommu)' && complain "cosim/ knows the RTL outside its shell"
find model cosim testbenches \( -name '*.cc' -o -name '*.cpp' \) | grep -vE '^(cosim/shell/|testbenches/gt.cc)' && complain "C++ outside the shell and the shim"
exit $bad
