// SPDX-License-Identifier: Apache-2.0
// Simulation only: hands the records of soc_top to the harness. Bound to the design, so the
// hardware does not know of it. Within one cycle the order is: what reached the bus, the
// translations that it served, the IOMMU, stimuli, and last the retirement that they belong to.
module record_emit
  import record_pkg::*;
(
  input logic    clk_i, rst_ni,
  input logic    bus_valid, walk_valid, xlate_valid, iwalk_valid, iommu_valid, dma_valid,
  input logic    stim_valid, retire_valid, sys_valid,
  input bus_t    bus_rec,
  input walk_t   walk_rec,
  input xlate_t  xlate_rec,
  input iwalk_t  iwalk_rec,
  input iommu_t  iommu_rec,
  input dma_t    dma_rec,
  input stim_t   stim_rec,
  input retire_t retire_rec,
  input sys_t    sys_rec
);

  import "DPI-C" context function void rw_emit_bus(input bit [$bits(bus_t)-1:0] r);
  import "DPI-C" context function void rw_emit_walk(input bit [$bits(walk_t)-1:0] r);
  import "DPI-C" context function void rw_emit_xlate(input bit [$bits(xlate_t)-1:0] r);
  import "DPI-C" context function void rw_emit_iwalk(input bit [$bits(iwalk_t)-1:0] r);
  import "DPI-C" context function void rw_emit_iommu(input bit [$bits(iommu_t)-1:0] r);
  import "DPI-C" context function void rw_emit_dma(input bit [$bits(dma_t)-1:0] r);
  import "DPI-C" context function void rw_emit_stim(input bit [$bits(stim_t)-1:0] r);
  import "DPI-C" context function void rw_emit_retire(input bit [$bits(retire_t)-1:0] r);
  import "DPI-C" context function void rw_emit_sys(input bit [$bits(sys_t)-1:0] r);

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (bus_valid)    rw_emit_bus(bus_rec);
      if (walk_valid)   rw_emit_walk(walk_rec);
      if (xlate_valid)  rw_emit_xlate(xlate_rec);
      if (iwalk_valid)  rw_emit_iwalk(iwalk_rec);
      if (iommu_valid)  rw_emit_iommu(iommu_rec);
      if (dma_valid)    rw_emit_dma(dma_rec);
      if (stim_valid)   rw_emit_stim(stim_rec);
      if (retire_valid) rw_emit_retire(retire_rec);
      if (sys_valid)    rw_emit_sys(sys_rec);
    end
  end

endmodule

bind soc_top record_emit u_record_emit (.*);
