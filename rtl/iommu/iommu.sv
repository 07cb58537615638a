// SPDX-License-Identifier: Apache-2.0
// The IOMMU: one DMA request or one register access at a time (wiring and the choice between them).
// dma: accepted when valid and ready; the answer is one cycle of dma_rsp_valid_o. reg: request held
// until reg_ack_o, one cycle, while the bus port is quiet. bus: from registers, held until ack.
// Trace ports are valid for one cycle per record. VT-d; docs/iommu.md fixes order and latency.
module iommu
  import iommu_pkg::*;
(
  input  logic                      clk_i, rst_ni,
  input  logic [63:0]               cycle_i,
  input  logic [63:0]               bus_seq_i,
  input  logic                      dma_valid_i,
  output logic                      dma_ready_o,
  input  iommu_port_pkg::dma_req_t  dma_req_i,
  output logic                      dma_rsp_valid_o,
  output iommu_port_pkg::dma_rsp_t  dma_rsp_o,
  input  logic                      reg_valid_i,
  input  iommu_port_pkg::reg_req_t  reg_req_i,
  output logic                      reg_ack_o,
  output logic [63:0]               reg_rdata_o,
  output bus_pkg::bus_req_t         bus_req_o,
  input  bus_pkg::bus_rsp_t         bus_rsp_i,
  output logic                      dma_trace_valid_o,
  output record_pkg::dma_t          dma_trace_o,
  output logic                      iwalk_valid_o,
  output record_pkg::iwalk_t        iwalk_o,
  output logic                      iommu_trace_valid_o,
  output record_pkg::iommu_t        iommu_trace_o
);

  logic idle, dma_idle, regs_idle, event_busy;
  assign idle        = dma_idle && regs_idle && !event_busy;
  assign dma_ready_o = idle && !reg_valid_i;

  // Registers.
  logic               tes;
  logic [39:12]       root_table;
  logic [1:0]         ttm;
  logic               dword_write;
  logic [11:2]        dword_offset;
  logic [31:0]        dword_wdata, fault_rdata;
  logic               inv_context_valid, inv_iotlb_valid;
  inv_context_t       inv_context;
  inv_iotlb_t         inv_iotlb;
  logic [3:0]         inv_context_count;
  logic [5:0]         iotlb_count, level_count;
  logic               regs_trace_valid, fault_trace_valid;
  record_pkg::iommu_t regs_trace, fault_trace;

  iommu_regs u_regs (
    .clk_i, .rst_ni, .cycle_i,
    .start_i            (idle && reg_valid_i),
    .req_i              (reg_req_i),
    .idle_o             (regs_idle),
    .ack_o              (reg_ack_o),
    .rdata_o            (reg_rdata_o),
    .tes_o              (tes),
    .root_table_o       (root_table),
    .ttm_o              (ttm),
    .dword_write_o      (dword_write),
    .dword_offset_o     (dword_offset),
    .dword_wdata_o      (dword_wdata),
    .fault_rdata_i      (fault_rdata),
    .inv_context_valid_o(inv_context_valid),
    .inv_context_o      (inv_context),
    .inv_context_count_i(inv_context_count),
    .inv_iotlb_valid_o  (inv_iotlb_valid),
    .inv_iotlb_o        (inv_iotlb),
    .inv_iotlb_count_i  ({1'b0, iotlb_count} + {1'b0, level_count}),
    .trace_valid_o      (regs_trace_valid),
    .trace_o            (regs_trace)
  );

  // The request in flight.
  logic         context_start, context_done, context_hit, context_fpd;
  logic [15:0]  sid;
  logic [1:0]   at;
  fault_e       context_fault, walk_fault, fault;
  context_t     fetched, device;
  logic [63:12] addr;
  access_t      access;
  logic         iotlb_lookup, iotlb_hit, iotlb_drop, iotlb_fill;
  leaf_t        iotlb_leaf, walk_leaf;
  logic         walk_start, walk_done;
  logic [2:0]   walk_psc_level;
  logic         fault_valid, fpd, write;
  logic [1:0]   recorded;

  bus_pkg::bus_req_t  context_req, walk_req, data_req, event_req;
  logic               context_iwalk_valid, walk_iwalk_valid;
  record_pkg::iwalk_t context_iwalk, walk_iwalk;

  iommu_dma u_dma (
    .clk_i, .rst_ni, .cycle_i, .bus_seq_i,
    .accept_i        (dma_valid_i && dma_ready_o),
    .dma_req_i,
    .idle_o          (dma_idle),
    .rsp_valid_o     (dma_rsp_valid_o),
    .rsp_o           (dma_rsp_o),
    .tes_i           (tes),
    .context_start_o (context_start),
    .sid_o           (sid),
    .at_o            (at),
    .context_done_i  (context_done),
    .context_hit_i   (context_hit),
    .context_fault_i (context_fault),
    .context_fpd_i   (context_fpd),
    .context_i       (fetched),
    .context_o       (device),
    .addr_o          (addr),
    .access_o        (access),
    .iotlb_lookup_o  (iotlb_lookup),
    .iotlb_hit_i     (iotlb_hit),
    .iotlb_leaf_i    (iotlb_leaf),
    .iotlb_drop_o    (iotlb_drop),
    .iotlb_fill_o    (iotlb_fill),
    .walk_start_o    (walk_start),
    .walk_done_i     (walk_done),
    .walk_fault_i    (walk_fault),
    .walk_leaf_i     (walk_leaf),
    .walk_psc_level_i(walk_psc_level),
    .bus_wait_i      (bus_req_o.valid && !bus_rsp_i.ack),
    .fault_valid_o   (fault_valid),
    .fault_o         (fault),
    .fpd_o           (fpd),
    .write_o         (write),
    .recorded_i      (recorded),
    .event_busy_i    (event_busy),
    .bus_req_o       (data_req),
    .bus_rsp_i,
    .trace_valid_o   (dma_trace_valid_o),
    .trace_o         (dma_trace_o)
  );

  iommu_context u_context (
    .clk_i, .rst_ni, .cycle_i,
    .start_i      (context_start),
    .sid_i        (sid),
    .at_i         (at),
    .root_table_i (root_table),
    .ttm_i        (ttm),
    .done_o       (context_done),
    .hit_o        (context_hit),
    .fault_o      (context_fault),
    .fpd_o        (context_fpd),
    .context_o    (fetched),
    .inv_valid_i  (inv_context_valid),
    .inv_i        (inv_context),
    .inv_count_o  (inv_context_count),
    .bus_req_o    (context_req),
    .bus_rsp_i,
    .iwalk_valid_o(context_iwalk_valid),
    .iwalk_o      (context_iwalk)
  );

  iommu_iotlb u_iotlb (
    .clk_i, .rst_ni,
    .did_i      (device.did),
    .page_i     (addr[47:12]),
    .lookup_i   (iotlb_lookup),
    .hit_o      (iotlb_hit),
    .leaf_o     (iotlb_leaf),
    .drop_i     (iotlb_drop),
    .fill_i     (iotlb_fill),
    .fill_leaf_i(walk_leaf),
    .inv_valid_i(inv_iotlb_valid),
    .inv_i      (inv_iotlb),
    .inv_count_o(iotlb_count)
  );

  iommu_walk u_walk (
    .clk_i, .rst_ni, .cycle_i,
    .start_i      (walk_start),
    .context_i    (device),
    .addr_i       (addr[47:12]),
    .access_i     (access),
    .done_o       (walk_done),
    .fault_o      (walk_fault),
    .leaf_o       (walk_leaf),
    .psc_level_o  (walk_psc_level),
    .inv_valid_i  (inv_iotlb_valid),
    .inv_i        (inv_iotlb),
    .inv_count_o  (level_count),
    .bus_req_o    (walk_req),
    .bus_rsp_i,
    .iwalk_valid_o(walk_iwalk_valid),
    .iwalk_o      (walk_iwalk)
  );

  iommu_fault u_fault (
    .clk_i, .rst_ni, .cycle_i,
    .fault_valid_i(fault_valid),
    .fault_i      (fault),
    .fpd_i        (fpd),
    .sid_i        (sid),
    .addr_i       (addr),
    .write_i      (write),
    .at_i         (at),
    .recorded_o   (recorded),
    .reg_write_i  (dword_write),
    .reg_offset_i (dword_offset),
    .reg_wdata_i  (dword_wdata),
    .reg_rdata_o  (fault_rdata),
    .hold_i       (!regs_idle),
    .event_busy_o (event_busy),
    .bus_req_o    (event_req),
    .bus_ack_i    (event_req.valid && bus_rsp_i.ack),
    .trace_valid_o(fault_trace_valid),
    .trace_o      (fault_trace)
  );

  // At most one of them asks at a time.
  always_comb begin
    bus_req_o = '0;
    if (context_req.valid)    bus_req_o = context_req;
    else if (walk_req.valid)  bus_req_o = walk_req;
    else if (data_req.valid)  bus_req_o = data_req;
    else if (event_req.valid) bus_req_o = event_req;
  end

  assign iwalk_valid_o       = context_iwalk_valid || walk_iwalk_valid;
  assign iwalk_o             = context_iwalk_valid ? context_iwalk : walk_iwalk;
  assign iommu_trace_valid_o = regs_trace_valid || fault_trace_valid;
  assign iommu_trace_o       = regs_trace_valid ? regs_trace : fault_trace;

  OneBusUser: assert property (@(posedge clk_i) disable iff (!rst_ni)
    $onehot0({context_req.valid, walk_req.valid, data_req.valid, event_req.valid}));
  OneRecord:  assert property (@(posedge clk_i) disable iff (!rst_ni)
    !(regs_trace_valid && fault_trace_valid));
  QuietAtAck: assert property (@(posedge clk_i) disable iff (!rst_ni)
    reg_ack_o |-> !bus_req_o.valid);
  BusHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid && !bus_rsp_i.ack |=> $stable(bus_req_o));
  RegisterFirst: assert property (@(posedge clk_i) disable iff (!rst_ni)
    reg_valid_i |-> !(dma_valid_i && dma_ready_o));
  EventBeforeNext: assert property (@(posedge clk_i) disable iff (!rst_ni)
    event_busy |-> !dma_ready_o);

endmodule
