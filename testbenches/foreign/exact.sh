#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The project's own MMU or IOMMU as if it were somebody's: it agrees in exact mode, and with another
# replacement in legality mode alone.
# usage: exact.sh RINGWALK RTL_DIR mmu|iommu
set -u
all=$(mktemp -d)
trap 'rm -rf "$all"' EXIT
work=$all/design
mkdir "$work"
here=$(cd "$(dirname "$0")" && pwd)
cp "$2/$3"/*.sv "$work"
rm -f "$work/iommu_port_pkg.sv" # the contract's
ends() {
  echo "mode = $2" >"$work/ringwalk.ini"
  if [ "$3" = iommu ] && [ "$2" = legality ]; then
    cp "$here/told.sv" "$work"
    echo "top = told" >>"$work/ringwalk.ini"
  fi
  "$1" "$3" --rtl "$work" --rtl-build "$all/built" --seed 12 --requests 60000 --no-bundle --quiet
  if [ $? -ne "$4" ]; then
    echo "mode $2: not status $4"
    exit 1
  fi
}
ends "$1" exact "$3" 0
if [ "$3" = mmu ]; then
  sed -i 's/if (!any_free) ptr_q <= /ptr_q <= /' "$work/mmu_tlb.sv"
else
  sed -i 's/if (!any_free) ptr_q <= /ptr_q <= /' "$work/iommu_iotlb.sv"
fi
ends "$1" exact "$3" 1
ends "$1" legality "$3" 0
