// SPDX-License-Identifier: Apache-2.0
// The project's own IOMMU as somebody else's: what it tells at pins is what its records say.
module told
  import iommu_port_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i, bus_seq_i,
  input  vtd_t                vtd_i,
  input  logic                dma_valid_i,
  output logic                dma_ready_o,
  input  dma_req_t            dma_req_i,
  output logic                dma_rsp_valid_o,
  output dma_rsp_t            dma_rsp_o,
  input  logic                reg_valid_i,
  input  reg_req_t            reg_req_i,
  output logic                reg_ack_o,
  output logic [63:0]         reg_rdata_o,
  output logic                inv_valid_o,
  output inv_t                inv_o,
  input  logic                cpl_valid_i,
  output logic                cpl_ready_o,
  input  cpl_t                cpl_i,
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic [7:0]          rsp_fault_o,
  output logic [63:0]         rsp_pa_o,
  output logic                frcd_valid_o,
  output logic [2:0]          frcd_index_o,
  output logic [127:0]        frcd_o,
  output logic                desc_valid_o,
  output logic [127:0]        desc_o
);

  logic               dma_trace_valid, iwalk_valid, iommu_trace_valid;
  record_pkg::dma_t   dma_trace, last;
  record_pkg::iwalk_t iwalk;
  record_pkg::iommu_t iommu_trace;

  iommu u_iommu (
    .dma_trace_valid_o(dma_trace_valid), .dma_trace_o(dma_trace), .iwalk_valid_o(iwalk_valid), .iwalk_o(iwalk),
    .iommu_trace_valid_o(iommu_trace_valid), .iommu_trace_o(iommu_trace), .*
  );

  always_ff @(posedge clk_i) if (dma_trace_valid) last <= dma_trace;
  wire record_pkg::dma_t said = dma_trace_valid ? dma_trace : last;
  assign rsp_fault_o  = said.fault;
  assign rsp_pa_o     = said.pa;
  assign frcd_valid_o = iommu_trace_valid && iommu_trace.kind == 8'd2;
  assign frcd_index_o = iommu_trace.addr[2:0];
  assign frcd_o       = {iommu_trace.hi, iommu_trace.lo};
  assign desc_valid_o = iommu_trace_valid && iommu_trace.kind == 8'd6;
  assign desc_o       = {iommu_trace.hi, iommu_trace.lo};

endmodule
