// SPDX-License-Identifier: Apache-2.0
// The IOMMU alone, for the block bench: wiring only, scalar ports. Handshakes as in iommu.sv.
module iommu_top
  import bus_pkg::*, iommu_port_pkg::*, record_pkg::*;
(
  input  logic         clk_i, rst_ni, take_i,

  input  logic [13:0]  vtd_away_i,
  input  logic [2:0]   vtd_records_i,

  input  logic         dma_valid_i,
  output logic         dma_ready_o,
  input  logic [15:0]  dma_sid_i,
  input  logic [63:0]  dma_addr_i,
  input  logic         dma_write_i,
  input  logic [1:0]   dma_at_i,
  input  logic [4:0]   dma_len_i,
  input  logic [7:0]   dma_tag_i,
  input  logic [127:0] dma_wdata_i,
  output logic         dma_rsp_valid_o, dma_rsp_ok_o,
  output logic [7:0]   dma_rsp_tag_o,
  output logic [127:0] dma_rsp_rdata_o,

  input  logic         reg_valid_i, reg_write_i,
  input  logic [11:0]  reg_offset_i,
  input  logic [4:0]   reg_bytes_i,
  input  logic [63:0]  reg_wdata_i,
  output logic         reg_ack_o,
  output logic [63:0]  reg_rdata_o,

  output logic         inv_valid_o, inv_s_o,
  output logic [15:0]  inv_sid_o,
  output logic [63:12] inv_addr_o,
  input  logic         cpl_valid_i, cpl_error_i,
  input  logic [15:0]  cpl_sid_i,
  output logic         cpl_ready_o,

  output logic         mem_valid_o, mem_write_o,
  output logic [2:0]   mem_src_o,
  output logic         mem_plain_o,  // in memory, not locked, above 40 bits only as a message
  output logic [23:0]  mem_high_o,
  output logic [39:0]  mem_addr_o,
  output logic [15:0]  mem_be_o,
  output logic [127:0] mem_wdata_o,
  input  logic         mem_ack_i, mem_err_i,
  input  logic [127:0] mem_rdata_i,

  // What another design says of itself (docs/your-own-iommu.md).
  output logic [7:0]   rsp_fault_o,
  output logic [63:0]  rsp_pa_o,
  output logic         frcd_valid_o, desc_valid_o,
  output logic [2:0]   frcd_index_o,
  output logic [127:0] frcd_o, desc_o,

  output logic         dma_trace_valid_o, iwalk_valid_o, iommu_trace_valid_o,
  output dma_t         dma_trace_o,
  output iwalk_t       iwalk_o,
  output iommu_t       iommu_trace_o
);

  bus_rsp_t    bus_rsp;
  logic [63:0] cycle_q, seq_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      cycle_q <= '0;
      seq_q   <= '0;
    end else begin
      cycle_q <= cycle_q + 64'd1;
      if (mem_valid_o && bus_rsp.ack) seq_q <= seq_q + 64'd1;
    end
  end

  // Inputs are taken at edges, where the bench changes them beside one of the clock: memory's answer
  // at the rising edge of mem_ack_i (it stands to the end of the cycle), the requester's at every
  // edge of take_i. All that follows then hangs on edges alone, and a simulator has nothing else to
  // look at.
  vtd_t     vtd;
  logic     dma_valid, reg_valid, cpl_valid;
  dma_req_t dma_req;
  reg_req_t reg_req;
  cpl_t     cpl;
  always_ff @(edge take_i) begin
    vtd       <= '{records: vtd_records_i, away: vtd_away_i};
    dma_valid <= dma_valid_i;
    dma_req   <= '{sid: dma_sid_i, addr: dma_addr_i, write: dma_write_i, at: dma_at_i,
                   len: dma_len_i, tag: dma_tag_i, wdata: dma_wdata_i};
    reg_valid <= reg_valid_i;
    reg_req   <= '{write: reg_write_i, offset: reg_offset_i, bytes: reg_bytes_i,
                   wdata: reg_wdata_i};
    cpl_valid <= cpl_valid_i;
    cpl       <= '{sid: cpl_sid_i, error: cpl_error_i};
  end
  logic         acked, ended;  // an ack is up while they differ
  logic         err;
  logic [127:0] rdata;
  always_ff @(posedge mem_ack_i) begin
    acked <= !ended;
    err   <= mem_err_i;
    rdata <= mem_rdata_i;
  end
  always_ff @(posedge clk_i) ended <= acked;
  assign bus_rsp = '{ack: acked != ended, err: err, rdata: rdata};

  dma_rsp_t dma_rsp;
  bus_req_t bus_req;
  assign mem_valid_o     = bus_req.valid;
  assign mem_write_o     = bus_req.write;
  assign mem_src_o       = bus_req.src;
  assign mem_high_o      = bus_req.high;
  assign mem_plain_o     = !bus_req.io && !bus_req.lock && (bus_req.high == '0 || bus_req.src == SrcMessage);
  assign mem_addr_o      = bus_req.addr;
  assign mem_be_o        = bus_req.be;
  assign mem_wdata_o     = bus_req.wdata;
  assign dma_rsp_ok_o    = dma_rsp.ok;
  assign dma_rsp_tag_o   = dma_rsp.tag;
  assign dma_rsp_rdata_o = dma_rsp.rdata;

  inv_t inv;
  assign inv_sid_o  = inv.sid;
  assign inv_s_o    = inv.s;
  assign inv_addr_o = inv.addr;

`ifdef IOMMU_OWN  // another design, behind the adapter that `ringwalk iommu --rtl` makes
  iommu_own u_iommu (
    .rsp_fault_o, .rsp_pa_o, .frcd_valid_o, .frcd_index_o, .frcd_o, .desc_valid_o, .desc_o,
`else
  assign rsp_fault_o  = '0;  // its records say all that
  assign rsp_pa_o     = '0;
  assign frcd_valid_o = 1'b0;
  assign frcd_index_o = '0;
  assign frcd_o       = '0;
  assign desc_valid_o = 1'b0;
  assign desc_o       = '0;
  iommu u_iommu (
`endif
    .clk_i, .rst_ni, .cycle_i(cycle_q), .bus_seq_i(seq_q), .vtd_i(vtd),
    .dma_valid_i(dma_valid), .dma_ready_o, .dma_req_i(dma_req), .dma_rsp_valid_o, .dma_rsp_o(dma_rsp),
    .reg_valid_i(reg_valid), .reg_req_i(reg_req), .reg_ack_o, .reg_rdata_o,
    .inv_valid_o, .inv_o(inv), .cpl_valid_i(cpl_valid), .cpl_ready_o, .cpl_i(cpl),
    .bus_req_o(bus_req), .bus_rsp_i(bus_rsp),
    .dma_trace_valid_o, .dma_trace_o, .iwalk_valid_o, .iwalk_o,
    .iommu_trace_valid_o, .iommu_trace_o
  );

endmodule
