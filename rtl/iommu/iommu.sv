// SPDX-License-Identifier: Apache-2.0
// The IOMMU: one DMA request, one register access, one descriptor of the invalidation queue or one
// completion or time-out of a device-TLB at a time (wiring and the choice between them).
// dma: accepted when valid and ready; the answer is one cycle of dma_rsp_valid_o. reg: request held
// until reg_ack_o, one cycle, while the bus port is quiet. inv: one cycle, to a device-TLB; cpl: its
// completion, held until cpl_ready_o, the cycle in which it is accepted. bus: from registers, held
// until ack. vtd_i is constant from reset on. Trace ports are valid for one cycle per record.
// VT-d; docs/iommu.md fixes order and latency.
module iommu
  import iommu_pkg::*;
(
  input  logic                      clk_i, rst_ni,
  input  logic [63:0]               cycle_i,
  input  logic [63:0]               bus_seq_i,
  input  iommu_port_pkg::vtd_t      vtd_i,
  input  logic                      dma_valid_i,
  output logic                      dma_ready_o,
  input  iommu_port_pkg::dma_req_t  dma_req_i,
  output logic                      dma_rsp_valid_o,
  output iommu_port_pkg::dma_rsp_t  dma_rsp_o,
  input  logic                      reg_valid_i,
  input  iommu_port_pkg::reg_req_t  reg_req_i,
  output logic                      reg_ack_o,
  output logic [63:0]               reg_rdata_o,
  output logic                      inv_valid_o,
  output iommu_port_pkg::inv_t      inv_o,
  input  logic                      cpl_valid_i,
  output logic                      cpl_ready_o,
  input  iommu_port_pkg::cpl_t      cpl_i,
  output bus_pkg::bus_req_t         bus_req_o,
  input  bus_pkg::bus_rsp_t         bus_rsp_i,
  output logic                      dma_trace_valid_o,
  output record_pkg::dma_t          dma_trace_o,
  output logic                      iwalk_valid_o,
  output record_pkg::iwalk_t        iwalk_o,
  output logic                      iommu_trace_valid_o,
  output record_pkg::iommu_t        iommu_trace_o
);

  // Constant from reset on, so that nothing hangs on the pins.
  caps_t caps;
  always_ff @(posedge clk_i) if (!rst_ni) caps <= caps_of(vtd_i);

  // What is accepted: I7. Descriptors and requests that wait take turns.
  logic idle, dma_idle, regs_idle, queue_idle, device_idle, event_busy;
  logic expire_due, expire, queue_due, queue_start, dma_accept, descriptor_last_q, turn;
  assign idle        = dma_idle && regs_idle && queue_idle && device_idle && !event_busy;
  assign cpl_ready_o = idle && !reg_valid_i && cpl_valid_i;
  assign expire      = idle && !reg_valid_i && !cpl_valid_i && expire_due;
  assign turn        = idle && !reg_valid_i && !cpl_valid_i && !expire_due;
  assign queue_start = turn && queue_due && !(descriptor_last_q && dma_valid_i);
  assign dma_ready_o = turn && !queue_start;
  assign dma_accept  = dma_valid_i && dma_ready_o;
  always_ff @(posedge clk_i) begin
    if (!rst_ni)          descriptor_last_q <= 1'b0;
    else if (queue_start) descriptor_last_q <= 1'b1;
    else if (dma_accept)  descriptor_last_q <= 1'b0;
  end

  // Registers.
  logic               tes, qies, ires, cfis, queue_restart, irta_latch;
  logic [39:12]       root_table;
  logic [1:0]         ttm;
  logic               dword_write;
  logic [11:2]        dword_offset;
  logic [31:0]        dword_wdata;
  logic [31:0]        fault_rdata, fault_event_rdata, inv_event_rdata, queue_rdata, remap_rdata;
  logic [31:0]        protected_rdata, device_rdata;
  logic               regs_context_valid, queue_context_valid, inv_context_valid;
  logic               regs_iotlb_valid, queue_iotlb_valid, inv_iotlb_valid, inv_irte_valid;
  inv_context_t       regs_context, queue_context, inv_context;
  inv_iotlb_t         regs_iotlb, queue_iotlb, inv_iotlb;
  inv_irte_t          inv_irte;
  logic [3:0]         inv_context_count, inv_irte_count;
  logic [5:0]         iotlb_count, level_count;
  logic [6:0]         inv_iotlb_count;
  logic               regs_trace_valid, queue_trace_valid, device_trace_valid, fault_trace_valid;
  logic               fault_event_trace_valid, inv_event_trace_valid;
  record_pkg::iommu_t regs_trace, queue_trace, device_trace, fault_trace;
  record_pkg::iommu_t fault_event_trace, inv_event_trace;

  iommu_regs u_regs (
    .clk_i, .rst_ni, .cycle_i,
    .caps_i             (caps),
    .start_i            (idle && reg_valid_i),
    .req_i              (reg_req_i),
    .idle_o             (regs_idle),
    .ack_o              (reg_ack_o),
    .rdata_o            (reg_rdata_o),
    .tes_o              (tes),
    .qies_o             (qies),
    .ires_o             (ires),
    .cfis_o             (cfis),
    .queue_restart_o    (queue_restart),
    .irta_latch_o       (irta_latch),
    .root_table_o       (root_table),
    .ttm_o              (ttm),
    .dword_write_o      (dword_write),
    .dword_offset_o     (dword_offset),
    .dword_wdata_o      (dword_wdata),
    .dword_rdata_i      (fault_rdata | fault_event_rdata | inv_event_rdata | queue_rdata
                         | remap_rdata | protected_rdata | device_rdata),
    .inv_context_valid_o(regs_context_valid),
    .inv_context_o      (regs_context),
    .inv_context_count_i(inv_context_count),
    .inv_iotlb_valid_o  (regs_iotlb_valid),
    .inv_iotlb_o        (regs_iotlb),
    .inv_iotlb_count_i  (inv_iotlb_count),
    .trace_valid_o      (regs_trace_valid),
    .trace_o            (regs_trace)
  );

  // The invalidation queue; its descriptors and the commands of registers drop the same caches.
  logic               iqe, iqe_set, iwc, iwc_set;
  logic               outstanding, ice, ite, device_set;
  bus_pkg::bus_req_t  queue_req;

  iommu_queue u_queue (
    .clk_i, .rst_ni, .cycle_i,
    .present_i          (caps.qi),
    .ir_i               (caps.ir),
    .dt_i               (caps.dt),
    .psi_i              (caps.psi),
    .enabled_i          (qies),
    .restart_i          (queue_restart),
    .device_wait_i      (outstanding || ite),
    .due_o              (queue_due),
    .start_i            (queue_start),
    .idle_o             (queue_idle),
    .inv_context_valid_o(queue_context_valid),
    .inv_context_o      (queue_context),
    .inv_context_count_i(inv_context_count),
    .inv_iotlb_valid_o  (queue_iotlb_valid),
    .inv_iotlb_o        (queue_iotlb),
    .inv_iotlb_count_i  (inv_iotlb_count),
    .inv_irte_valid_o   (inv_irte_valid),
    .inv_irte_o         (inv_irte),
    .inv_irte_count_i   (inv_irte_count),
    .device_valid_o     (inv_valid_o),
    .device_o           (inv_o),
    .iqe_o              (iqe),
    .error_o            (iqe_set),
    .iwc_o              (iwc),
    .complete_o         (iwc_set),
    .reg_write_i        (dword_write),
    .reg_offset_i       (dword_offset),
    .reg_wdata_i        (dword_wdata),
    .reg_rdata_o        (queue_rdata),
    .bus_req_o          (queue_req),
    .bus_rsp_i,
    .read_kind_o        (queue_read),
    .trace_valid_o      (queue_trace_valid),
    .trace_o            (queue_trace)
  );

  // Invalidations of device-TLBs.
  iommu_device_tlb u_device_tlb (
    .clk_i, .rst_ni, .cycle_i,
    .heed_i       (caps.dt && tes),
    .send_i       (inv_valid_o),
    .send_sid_i   (inv_o.sid),
    .outstanding_o(outstanding),
    .expire_due_o (expire_due),
    .take_i       (cpl_ready_o),
    .cpl_i,
    .expire_i     (expire),
    .idle_o       (device_idle),
    .ice_o        (ice),
    .ite_o        (ite),
    .set_o        (device_set),
    .reg_write_i  (dword_write),
    .reg_offset_i (dword_offset),
    .reg_wdata_i  (dword_wdata),
    .reg_rdata_o  (device_rdata),
    .trace_valid_o(device_trace_valid),
    .trace_o      (device_trace)
  );

  assign inv_context_valid = regs_context_valid || queue_context_valid;
  assign inv_context       = queue_context_valid ? queue_context : regs_context;
  assign inv_iotlb_valid   = regs_iotlb_valid || queue_iotlb_valid;
  assign inv_iotlb         = queue_iotlb_valid ? queue_iotlb : regs_iotlb;
  assign inv_iotlb_count   = {1'b0, iotlb_count} + {1'b0, level_count};

  // The request in flight.
  logic         context_start, context_done, context_hit, context_fpd;
  logic [15:0]  sid;
  logic [1:0]   at;
  fault_e       context_fault, walk_fault, fault;
  context_t     fetched, device;
  logic [56:2]  addr;
  logic [63:12] info;
  logic [31:0]  data;
  logic         remap_start, remap_done, remap_hit, remap_pass, remap_fpd, covered;
  fault_e       remap_fault;
  logic [15:0]  remap_index;
  message_t     remap_message;
  access_t      access;
  logic         iotlb_lookup, iotlb_hit, iotlb_drop, iotlb_fill;
  leaf_t        iotlb_leaf, walk_leaf;
  logic         walk_start, walk_done;
  logic [2:0]   walk_psc_level;
  logic         fault_valid, fpd, write;
  logic [1:0]   recorded;
  logic         fault_event, fault_status, fault_event_busy, inv_event_busy;

  bus_pkg::bus_req_t  context_req, walk_req, remap_req, data_req, fault_event_req, inv_event_req;
  logic [3:0]         context_read, walk_read, remap_read, queue_read;

  iommu_dma u_dma (
    .clk_i, .rst_ni, .cycle_i, .bus_seq_i,
    .accept_i        (dma_accept),
    .dma_req_i,
    .idle_o          (dma_idle),
    .rsp_valid_o     (dma_rsp_valid_o),
    .rsp_o           (dma_rsp_o),
    .tes_i           (tes),
    .ires_i          (ires),
    .zlr_i           (caps.zlr),
    .protected_i     (covered),
    .context_start_o (context_start),
    .sid_o           (sid),
    .at_o            (at),
    .context_done_i  (context_done),
    .context_hit_i   (context_hit),
    .context_fault_i (context_fault),
    .context_fpd_i   (context_fpd),
    .context_i       (fetched),
    .context_o       (device),
    .remap_start_o   (remap_start),
    .data_o          (data),
    .remap_done_i    (remap_done),
    .remap_hit_i     (remap_hit),
    .remap_pass_i    (remap_pass),
    .remap_fault_i   (remap_fault),
    .remap_fpd_i     (remap_fpd),
    .remap_index_i   (remap_index),
    .remap_message_i (remap_message),
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
    .info_o          (info),
    .write_o         (write),
    .recorded_i      (recorded),
    .event_busy_i    (event_busy),
    .bus_req_o       (data_req),
    .bus_rsp_i,
    .trace_valid_o   (dma_trace_valid_o),
    .trace_o         (dma_trace_o)
  );

  iommu_context u_context (
    .clk_i, .rst_ni,
    .start_i      (context_start),
    .sid_i        (sid),
    .at_i         (at),
    .caps_i       (caps),
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
    .read_kind_o  (context_read)
  );

  iommu_iotlb u_iotlb (
    .clk_i, .rst_ni,
    .did_i      (device.did),
    .page_i     (addr[56:12]),
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
    .clk_i, .rst_ni,
    .start_i      (walk_start),
    .context_i    (device),
    .caps_i       (caps),
    .addr_i       (addr[56:12]),
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
    .read_kind_o  (walk_read)
  );

  iommu_fault u_fault (
    .clk_i, .rst_ni, .cycle_i,
    .fault_valid_i(fault_valid),
    .fault_i      (fault),
    .fpd_i        (fpd),
    .sid_i        (sid),
    .info_i       (info),
    .write_i      (write),
    .at_i         (at),
    .recorded_o   (recorded),
    .last_i       (caps.records),
    .iqe_i        (iqe),
    .ice_i        (ice),
    .ite_i        (ite),
    .error_set_i  (iqe_set || device_set),
    .status_o     (fault_status),
    .event_o      (fault_event),
    .reg_write_i  (dword_write),
    .reg_offset_i (dword_offset),
    .reg_wdata_i  (dword_wdata),
    .reg_rdata_o  (fault_rdata),
    .trace_valid_o(fault_trace_valid),
    .trace_o      (fault_trace)
  );

  iommu_interrupt u_interrupt (
    .clk_i, .rst_ni,
    .present_i    (caps.ir),
    .eim_i        (caps.eim),
    .cfis_i       (cfis),
    .latch_i      (irta_latch),
    .reg_write_i  (dword_write),
    .reg_offset_i (dword_offset),
    .reg_wdata_i  (dword_wdata),
    .reg_rdata_o  (remap_rdata),
    .start_i      (remap_start),
    .sid_i        (sid),
    .addr_i       (addr[19:2]),
    .data_i       (data),
    .done_o       (remap_done),
    .hit_o        (remap_hit),
    .pass_o       (remap_pass),
    .fault_o      (remap_fault),
    .fpd_o        (remap_fpd),
    .index_o      (remap_index),
    .message_o    (remap_message),
    .inv_valid_i  (inv_irte_valid),
    .inv_i        (inv_irte),
    .inv_count_o  (inv_irte_count),
    .bus_req_o    (remap_req),
    .bus_rsp_i,
    .read_kind_o  (remap_read)
  );

  iommu_protected u_protected (
    .clk_i, .rst_ni,
    .low_i       (caps.plmr),
    .high_i      (caps.phmr),
    .check_i     (dma_accept),
    .addr_i      (dma_req_i.addr[39:21]),
    .covered_o   (covered),
    .reg_write_i (dword_write),
    .reg_offset_i(dword_offset),
    .reg_wdata_i (dword_wdata),
    .reg_rdata_o (protected_rdata)
  );

  // Events: of faults and errors, and of completed waits. A register access that unmasks one
  // ends before its message.
  iommu_event #(.CONTROL(12'h038), .COUNT(16'd0)) u_fault_event (
    .clk_i, .rst_ni, .cycle_i,
    .present_i    (1'b1),
    .upper_i      (caps.eim),
    .due_i        (fault_event),
    .cond_i       (fault_status),
    .reg_write_i  (dword_write),
    .reg_offset_i (dword_offset),
    .reg_wdata_i  (dword_wdata),
    .reg_rdata_o  (fault_event_rdata),
    .hold_i       (!regs_idle),
    .busy_o       (fault_event_busy),
    .bus_req_o    (fault_event_req),
    .bus_ack_i    (fault_event_req.valid && bus_rsp_i.ack),
    .trace_valid_o(fault_event_trace_valid),
    .trace_o      (fault_event_trace)
  );

  iommu_event #(.CONTROL(12'h0A0), .COUNT(16'd1)) u_inv_event (
    .clk_i, .rst_ni, .cycle_i,
    .present_i    (caps.qi),
    .upper_i      (caps.eim),
    .due_i        (iwc_set),
    .cond_i       (iwc),
    .reg_write_i  (dword_write),
    .reg_offset_i (dword_offset),
    .reg_wdata_i  (dword_wdata),
    .reg_rdata_o  (inv_event_rdata),
    .hold_i       (!regs_idle),
    .busy_o       (inv_event_busy),
    .bus_req_o    (inv_event_req),
    .bus_ack_i    (inv_event_req.valid && bus_rsp_i.ack),
    .trace_valid_o(inv_event_trace_valid),
    .trace_o      (inv_event_trace)
  );
  assign event_busy = fault_event_busy || inv_event_busy;

  // At most one of them asks at a time.
  always_comb begin
    bus_req_o = '0;
    if (context_req.valid)          bus_req_o = context_req;
    else if (walk_req.valid)        bus_req_o = walk_req;
    else if (data_req.valid)        bus_req_o = data_req;
    else if (remap_req.valid)       bus_req_o = remap_req;
    else if (queue_req.valid)       bus_req_o = queue_req;
    else if (fault_event_req.valid) bus_req_o = fault_event_req;
    else if (inv_event_req.valid)   bus_req_o = inv_event_req;
  end

  iommu_iwalk u_iwalk (
    .cycle_i,
    .kind_i   (context_read | walk_read | remap_read | queue_read),
    .bus_req_i(bus_req_o),
    .bus_rsp_i,
    .valid_o  (iwalk_valid_o),
    .iwalk_o
  );

  assign iommu_trace_valid_o = regs_trace_valid || queue_trace_valid || device_trace_valid
                               || fault_trace_valid || fault_event_trace_valid
                               || inv_event_trace_valid;
  always_comb begin
    iommu_trace_o = regs_trace;
    if (queue_trace_valid)            iommu_trace_o = queue_trace;
    else if (device_trace_valid)      iommu_trace_o = device_trace;
    else if (fault_trace_valid)       iommu_trace_o = fault_trace;
    else if (fault_event_trace_valid) iommu_trace_o = fault_event_trace;
    else if (inv_event_trace_valid)   iommu_trace_o = inv_event_trace;
  end

  // Properties, and what was so at the last edge.
  logic                  bus_waits_q, cpl_waits_q, inv_q;
  bus_pkg::bus_req_t     bus_req_q;
  iommu_port_pkg::cpl_t  cpl_q;
  always @(posedge clk_i) begin
    bus_waits_q <= rst_ni && bus_req_o.valid && !bus_rsp_i.ack;
    cpl_waits_q <= rst_ni && cpl_valid_i && !cpl_ready_o;
    inv_q       <= rst_ni && inv_valid_o;
    if (bus_req_o.valid) bus_req_q <= bus_req_o;
    if (cpl_valid_i)     cpl_q     <= cpl_i;
  end
  always @(posedge clk_i) if (rst_ni) begin
    OneBusUser: assert ($onehot0({context_req.valid, walk_req.valid, data_req.valid,
                                  remap_req.valid, queue_req.valid, fault_event_req.valid,
                                  inv_event_req.valid}));
    OneRecord: assert ($onehot0({regs_trace_valid, queue_trace_valid, device_trace_valid,
                                 fault_trace_valid, fault_event_trace_valid,
                                 inv_event_trace_valid}));
    OneAccepted: assert ($onehot0({idle && reg_valid_i, cpl_ready_o, expire, queue_start,
                                   dma_accept}));
    if (queue_start && descriptor_last_q)
      TakesTurns: assert (!dma_valid_i);
    if (bus_req_o.high != '0)
      HighOfMessage: assert (bus_req_o.src == bus_pkg::SrcMessage);
    if (bus_req_o.valid)
      Formed: assert (bus_pkg::bus_formed(bus_req_o));
    if (reg_ack_o)
      QuietAtAck: assert (!bus_req_o.valid);
    if (reg_valid_i)
      RegisterFirst: assert (!(dma_valid_i && dma_ready_o) && !cpl_ready_o && !expire);
    if (cpl_valid_i || expire_due)
      DeviceFirst: assert (!queue_start && !dma_accept);
    if (event_busy)
      EventBeforeNext: assert (!dma_ready_o && !cpl_ready_o);
    if (bus_waits_q)
      BusHeld: assert (bus_req_o == bus_req_q);
    if (cpl_waits_q)
      CompletionHeld: assert (cpl_valid_i && cpl_i == cpl_q);
    if (inv_q)
      InvIsOneCycle: assert (!inv_valid_o);
  end

endmodule
