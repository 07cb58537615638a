#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verilator -Wall over the machine and over each block alone; UCODE_DIR holds the assembled microcode.
set -u
cd "$1" || exit 1
ucode=$2
list() {
  sed -e '/^[#/]/d' -e "s|\${UCODE_DIR}|$ucode|" "$@"
}
packages="rtl/record_pkg.sv rtl/page_pkg.sv rtl/bus/bus_pkg.sv"
lint() {
  top=$1
  shift
  verilator --lint-only -Wall --top-module "$top" $(echo "$@" | tr ' ' '\n' | awk '!seen[$0]++') || exit 1
}
lint soc_top $packages $(list rtl/mmu/mmu.f) $(list rtl/iommu/iommu.f) \
  $(list rtl/cpu/cpu.f) rtl/bus/bus.sv rtl/soc_top.sv rtl/record_emit.sv rtl/ucode_record_emit.sv
lint mmu $packages $(list rtl/mmu/mmu.f)
lint iommu $packages $(list rtl/iommu/iommu.f)
lint mmu_top $packages $(list rtl/mmu/mmu.f) rtl/mmu_top.sv
lint iommu_top $packages $(list rtl/iommu/iommu.f) rtl/iommu_top.sv
lint bus_top $packages rtl/iommu/iommu_port_pkg.sv rtl/bus/bus.sv rtl/bus_top.sv
lint record_layout rtl/record_pkg.sv testbenches/unit/record_layout.sv
