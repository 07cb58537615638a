// SPDX-License-Identifier: Apache-2.0
// One DMA request from acceptance to answer: interrupt range, context, width, IOTLB, walk, fault,
// data access; an interrupt request is remapped instead, a translation request is answered with the
// translation. accept_i is the cycle of acceptance; rsp_valid_o is high for one cycle, after the data
// access or after the fault's record and event.
// Latency of the translation as in docs/iommu.md: the answer is the cycle of StAnswer. The order of
// checks is the manual's.
// VT-d "DMA Remapping", "Interrupt Remapping".
module iommu_dma
  import iommu_pkg::*;
(
  input  logic                      clk_i, rst_ni,
  input  logic [63:0]               cycle_i,
  input  logic [63:0]               bus_seq_i,
  input  logic                      accept_i,         // only while idle_o
  input  iommu_port_pkg::dma_req_t  dma_req_i,
  output logic                      idle_o,
  output logic                      rsp_valid_o,
  output iommu_port_pkg::dma_rsp_t  rsp_o,
  input  logic                      tes_i, ires_i,
  input  logic                      zlr_i,            // CAP.ZLR
  input  logic                      protected_i,      // with accept_i: a region covers dma_req_i
  // Context of the source-id.
  output logic                      context_start_o,
  output logic [15:0]               sid_o,
  output logic [1:0]                at_o,
  input  logic                      context_done_i,
  input  logic                      context_hit_i,
  input  fault_e                    context_fault_i,
  input  logic                      context_fpd_i,
  input  context_t                  context_i,
  // Interrupt remapping of addr_o, with the data of the request.
  output logic                      remap_start_o,
  output logic [31:0]               data_o,
  input  logic                      remap_done_i,
  input  logic                      remap_hit_i,
  input  logic                      remap_pass_i,
  input  fault_e                    remap_fault_i,
  input  logic                      remap_fpd_i,
  input  logic [15:0]               remap_index_i,
  input  message_t                  remap_message_i,
  // IOTLB and walker, both for context_o and addr_o.
  output context_t                  context_o,
  output logic [56:2]               addr_o,
  output access_t                   access_o,
  output logic                      iotlb_lookup_o,
  input  logic                      iotlb_hit_i,
  input  leaf_t                     iotlb_leaf_i,
  output logic                      iotlb_drop_o,
  output logic                      iotlb_fill_o,
  output logic                      walk_start_o,
  input  logic                      walk_done_i,
  input  fault_e                    walk_fault_i,
  input  leaf_t                     walk_leaf_i,
  input  logic [2:0]                walk_psc_level_i,
  input  logic                      bus_wait_i,       // a request of the unit is up without ack
  // Fault recording.
  output logic                      fault_valid_o,
  output fault_e                    fault_o,
  output logic                      fpd_o,
  output logic [63:12]              info_o,
  output logic                      write_o,
  input  logic [1:0]                recorded_i,
  input  logic                      event_busy_i,
  output bus_pkg::bus_req_t         bus_req_o,
  /* verilator lint_off UNUSEDSIGNAL */  // err: the data access is the device's
  input  bus_pkg::bus_rsp_t         bus_rsp_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic                      trace_valid_o,
  output record_pkg::dma_t          trace_o
);

  typedef enum logic [3:0] {
    StIdle,
    StMessage,      // interrupt remapping
    StContext,
    StTlb,          // width check, IOTLB lookup
    StWalk,
    StAnswer,       // of the translation; a fault is offered for recording
    StEvent,        // until the fault's event message is out
    StData,
    StRespond
  } state_e;

  state_e                   state_q, state_d;
  iommu_port_pkg::dma_req_t req_q;
  logic                     context_start_q, remap_start_q;
  logic                     protected_q;
  context_t                 context_q;
  status_e                  status_q;
  fault_e                   fault_q;
  logic                     fpd_q;
  logic [39:0]              pa_q;
  logic [23:0]              high_q;         // address 63:40 of a message
  logic [15:0]              message_q;      // data of a remapped one
  logic [15:0]              index_q;        // of its entry
  page_e                    size_q;
  logic                     paged_q;        // translated by a page of that size
  rights_t                  rights_q;       // of the page
  logic                     hit_q, iotlb_hit_q, walked_q;
  logic [1:0]               recorded_q;
  logic [31:0]              latency_q;
  logic [127:0]             rdata_q;
  logic                     interrupt_q;    // req_q is an interrupt request

  // Interrupt range: a dword write without address type is an interrupt request, anything else is
  // rejected.
  logic in_range, message;
  assign in_range = dma_req_i.addr[63:20] == 44'h000_0000_0FEE;
  assign message  = dma_req_i.write && dma_req_i.len == 5'd4 && dma_req_i.addr[1:0] == 2'd0
                    && dma_req_i.at == 2'd0;

  // A translation request reads the 8 bytes of its completion. What the device may write it need not
  // learn: NW.
  logic    translation, malformed;
  rights_t granted;
  assign malformed   = dma_req_i.at == AtTranslation && (dma_req_i.write || dma_req_i.len != 5'd8);
  assign translation = req_q.at == AtTranslation;
  assign granted     = '{r: rights_q.r, w: rights_q.w && !req_q.addr[0]};

  // Without translation an address is the system's own: wider than HAW or with an address type it
  // is no address of this machine, never an alias of one. Nor may it lie in a protected region.
  logic untranslated_good, pass_good;
  assign untranslated_good = dma_req_i.addr[63:HAW] == '0 && dma_req_i.at == 2'd0 && !protected_i;
  assign pass_good         = req_q.addr[63:HAW] == '0 && !protected_q;

  logic too_wide;
  always_comb begin
    too_wide = 1'b0;
    if (state_q == StTlb)
      too_wide = req_q.addr[63:57] != '0
                 || (context_q.aw != Aw57 && req_q.addr[56:48] != '0)
                 || (context_q.aw == Aw39 && req_q.addr[47:39] != '0);
  end

  // A match grants only if a walk would: the output of a large page may lie in the interrupt range.
  logic        iotlb_good;
  logic [39:0] iotlb_pa;
  always_comb begin
    iotlb_pa   = '0;
    iotlb_good = 1'b0;
    if (iotlb_hit_i) begin
      iotlb_pa   = page_pa(iotlb_leaf_i.frame, iotlb_leaf_i.size, req_q.addr[29:0]);
      iotlb_good = rights_allow(iotlb_leaf_i.rights, access_o)
                   && !interrupt_range(iotlb_pa[39:20]);
    end
  end

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:
        if (accept_i) begin
          if (in_range)
            state_d = message && ires_i ? StMessage : StAnswer;
          else if (tes_i && !malformed)
            state_d = StContext;
          else
            state_d = StAnswer;
        end
      StMessage: if (remap_done_i) state_d = StAnswer;
      StContext:
        if (context_done_i)
          state_d = context_fault_i != FrNone || context_i.pass || req_q.at == AtTranslated
                    ? StAnswer : StTlb;
      StTlb:     state_d = too_wide || iotlb_good ? StAnswer : StWalk;
      StWalk:    if (walk_done_i) state_d = StAnswer;
      StAnswer:
        if (status_q == StatBlocked)
          state_d = StEvent;
        else if (status_q inside {StatRejected, StatCompletion} || req_q.len == '0)
          state_d = StRespond;
        else
          state_d = StData;
      StEvent:   if (!event_busy_i) state_d = StRespond;
      StData:    if (bus_rsp_i.ack) state_d = StRespond;
      StRespond: state_d = StIdle;
      default:   state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q         <= StIdle;
      context_start_q <= 1'b0;
      remap_start_q   <= 1'b0;
    end else begin
      state_q         <= state_d;
      context_start_q <= state_q == StIdle && state_d == StContext;
      remap_start_q   <= state_q == StIdle && state_d == StMessage;
    end
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle:
        if (accept_i) begin
          req_q         <= dma_req_i;
          fault_q       <= FrNone;
          fpd_q         <= 1'b0;
          pa_q          <= dma_req_i.addr[39:0];
          high_q        <= '0;
          protected_q   <= protected_i;
          paged_q       <= 1'b0;
          hit_q         <= 1'b0;
          iotlb_hit_q   <= 1'b0;
          walked_q      <= 1'b0;
          recorded_q    <= 2'd0;
          latency_q     <= 32'd1;
          interrupt_q   <= in_range && message;
          if (in_range) status_q <= message ? StatMessage : StatRejected;
          else          status_q <= untranslated_good ? StatUntranslated : StatRejected;
        end
      StMessage:
        if (remap_done_i) begin
          hit_q   <= remap_hit_i;
          fault_q <= remap_fault_i;
          fpd_q   <= remap_fpd_i;
          index_q <= remap_index_i;
          if (remap_fault_i != FrNone) begin
            status_q <= StatBlocked;
          end else if (!remap_pass_i) begin
            status_q  <= StatRemapped;
            high_q    <= remap_message_i.high;
            pa_q      <= remap_message_i.addr;
            message_q <= remap_message_i.data;
          end
        end
      StContext:
        if (context_done_i) begin
          context_q     <= context_i;
          hit_q         <= context_hit_i;
          fault_q       <= context_fault_i;
          fpd_q         <= context_fpd_i;
          if (context_fault_i != FrNone) status_q <= StatBlocked;
          else status_q <= pass_good ? StatPassThrough : StatRejected;  // StTlb writes it anew
        end
      StTlb: begin
        status_q    <= translation ? StatCompletion : StatTranslated;
        iotlb_hit_q <= iotlb_good;
        pa_q        <= iotlb_pa;
        paged_q     <= iotlb_good;
        size_q      <= iotlb_leaf_i.size;
        rights_q    <= iotlb_leaf_i.rights;
        if (too_wide) begin
          status_q <= StatBlocked;
          fault_q  <= FrWidth;
        end
      end
      StWalk:
        if (walk_done_i) begin
          walked_q <= 1'b1;
          rights_q <= '0;
          if (walk_fault_i == FrNone) begin
            pa_q     <= page_pa(walk_leaf_i.frame, walk_leaf_i.size, req_q.addr[29:0]);
            paged_q  <= 1'b1;
            size_q   <= walk_leaf_i.size;
            rights_q <= walk_leaf_i.rights;
          end else if (!(translation && walk_fault_i == FrRead)) begin  // without rights: no fault
            status_q <= StatBlocked;
            fault_q  <= walk_fault_i;
          end
        end
      StAnswer: recorded_q <= recorded_i;
      StData:
        if (bus_rsp_i.ack) rdata_q <= bus_rsp_i.rdata >> {pa_q[3:0], 3'b0};
      default: ;
    endcase
    if (state_q inside {StMessage, StContext, StTlb, StWalk} && !bus_wait_i)
      latency_q <= latency_q + 32'd1;
  end

  assign idle_o          = state_q == StIdle;
  assign context_start_o = context_start_q;
  assign remap_start_o   = remap_start_q;
  assign data_o          = req_q.wdata[31:0];
  assign sid_o           = req_q.sid;
  assign at_o            = req_q.at;
  assign context_o       = context_q;
  assign addr_o          = req_q.addr[56:2];
  assign access_o        = '{write: req_q.write,
                             zero: translation || (!req_q.write && req_q.len == '0 && zlr_i)};
  assign write_o         = req_q.write;
  assign iotlb_lookup_o  = state_q == StTlb && !too_wide;
  assign iotlb_drop_o    = iotlb_lookup_o && !iotlb_good;
  assign walk_start_o    = iotlb_drop_o;
  assign iotlb_fill_o    = state_q == StWalk && walk_done_i && walk_fault_i == FrNone;
  assign fault_valid_o   = state_q == StAnswer && status_q == StatBlocked;
  assign fault_o         = fault_q;
  assign fpd_o           = fpd_q;
  always_comb begin
    info_o = '0;
    if (fault_valid_o) info_o = interrupt_q ? {index_q, 36'b0} : req_q.addr[63:12];
  end

  function automatic logic [127:0] first_bytes(input logic [127:0] data, input logic [4:0] len);
    return len[4] ? data : data & ~(128'hFFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF_FFFF
                                    << {len[3:0], 3'b0});
  endfunction

  always_comb begin
    bus_req_o = '0;
    if (state_q == StData) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = interrupt_q ? bus_pkg::SrcMessage : bus_pkg::SrcDma;
      bus_req_o.high  = high_q;
      bus_req_o.write = req_q.write;
      bus_req_o.addr  = {pa_q[39:4], 4'b0};
      bus_req_o.be    = ~(16'hFFFF << req_q.len) << pa_q[3:0];
      if (status_q == StatRemapped)
        bus_req_o.wdata = {112'b0, message_q} << {pa_q[3:0], 3'b0};
      else if (req_q.write)
        bus_req_o.wdata = first_bytes(req_q.wdata, req_q.len) << {pa_q[3:0], 3'b0};
    end
  end

  // The answer; a blocked or rejected read gives all ones, a translation request its completion.
  logic         ok;
  logic [127:0] read_bytes;
  logic [39:0]  pa;             // of the record
  assign ok = !(status_q inside {StatBlocked, StatRejected});
  always_comb begin
    rsp_o       = '0;
    read_bytes  = '0;
    pa          = '0;
    if (state_q == StRespond) begin
      if (status_q == StatCompletion) begin
        read_bytes = {64'b0, completion(pa_q[39:12], size_q, granted)};
        if (granted != '0) pa = {pa_q[39:12], 12'b0};
      end else begin
        if (!req_q.write) read_bytes = first_bytes(ok ? rdata_q : '1, req_q.len);
        pa = pa_q;
      end
      rsp_o = '{ok: ok, tag: req_q.tag, rdata: read_bytes};
    end
  end
  assign rsp_valid_o = state_q == StRespond;

  assign trace_valid_o = accept_i || rsp_valid_o;
  always_comb begin
    trace_o = '0;
    if (accept_i) begin
      trace_o.cycle = cycle_i;
      trace_o.seq   = bus_seq_i;
      trace_o.iova  = dma_req_i.addr;
      trace_o.sid   = dma_req_i.sid;
      trace_o.len   = {3'b0, dma_req_i.len};
      trace_o.write = {7'b0, dma_req_i.write};
      trace_o.tag   = dma_req_i.tag;
      trace_o.at    = {6'b0, dma_req_i.at};
      if (dma_req_i.write) trace_o.data = first_bytes(dma_req_i.wdata, dma_req_i.len);
    end else if (rsp_valid_o) begin
      trace_o.cycle     = cycle_i;
      trace_o.seq       = bus_seq_i;
      trace_o.iova      = req_q.addr;
      trace_o.pa        = ok ? {high_q, pa} : '0;
      trace_o.data      = req_q.write ? first_bytes(req_q.wdata, req_q.len) : read_bytes;
      trace_o.latency   = latency_q;
      trace_o.sid       = req_q.sid;
      trace_o.phase     = 8'd1;
      trace_o.write     = {7'b0, req_q.write};
      trace_o.len       = {3'b0, req_q.len};
      trace_o.status    = {5'b0, status_q};
      trace_o.fault     = fault_q;
      trace_o.page_log2 = paged_q ? {3'b0, page_log2(size_q)} : 8'd0;
      trace_o.hit       = {6'b0, iotlb_hit_q, hit_q};
      trace_o.psc       = walked_q ? {5'b0, walk_psc_level_i} : 8'd0;
      trace_o.recorded  = {6'b0, recorded_q};
      trace_o.tag       = req_q.tag;
      trace_o.at        = {6'b0, req_q.at};
    end
  end

  // Properties, and what was so at the last edge.
  logic answered_q, runs_q;
  always @(posedge clk_i) begin
    answered_q <= rst_ni && rsp_valid_o;
    runs_q     <= rst_ni && !idle_o && !rsp_valid_o;
  end
  always @(posedge clk_i) if (rst_ni) begin
    if (accept_i)
      AcceptWhenIdle: assert (idle_o);
    if (accept_i)
      InOneBlock: assert (dma_req_i.addr[3:0] + dma_req_i.len <= 5'd16);
    if (rsp_valid_o)
      AnswerToRequest: assert (!idle_o);
    if (bus_req_o.valid)
      NoDataWhenDenied: assert (ok);
    if (bus_req_o.valid)
      TranslationMovesNothing: assert (!translation);
    if (rsp_valid_o && status_q == StatCompletion && rsp_o.rdata[1:0] == '0)
      EmptyIsZero: assert (rsp_o.rdata == '0);
    if (answered_q)
      OneAnswer: assert (!rsp_valid_o);
    if (runs_q)
      RequestAnswered: assert (!idle_o);
  end

endmodule
