// SPDX-License-Identifier: Apache-2.0
// The register window: CAP, ECAP, GCMD/GSTS, RTADDR, CCMD, IVA, IOTLB; an access is done dword by
// dword, low first, and those of other blocks' registers are passed on. start_i takes req_i, which
// stays stable until ack_o (one cycle): 3 cycles after start_i for one dword, 4 for two. A command
// has finished at its ack: caches drop in the cycle before, when also the record of its write is
// emitted.
// VT-d "Register Descriptions"; docs/iommu.md "Configuration", "Invalidation", I87.
module iommu_regs
  import iommu_pkg::*;
(
  input  logic                      clk_i, rst_ni,
  input  logic [63:0]               cycle_i,
  input  caps_t                     caps_i,
  input  logic                      start_i,
  input  iommu_port_pkg::reg_req_t  req_i,
  output logic                      idle_o,
  output logic                      ack_o,
  output logic [63:0]               rdata_o,
  // GSTS, and what GCMD sets off beside it.
  output logic                      tes_o, qies_o, ires_o, cfis_o,
  output logic                      queue_restart_o, // QIE changes
  output logic                      irta_latch_o,    // SIRTP
  output logic [39:12]              root_table_o,    // latched by SRTP
  output logic [1:0]                ttm_o,
  // One dword to or from the registers of other blocks.
  output logic                      dword_write_o,
  output logic [11:2]               dword_offset_o,
  output logic [31:0]               dword_wdata_o,
  input  logic [31:0]               dword_rdata_i,
  // Invalidations, with the count of entries dropped in the same cycle.
  output logic                      inv_context_valid_o,
  output inv_context_t              inv_context_o,
  input  logic [3:0]                inv_context_count_i,
  output logic                      inv_iotlb_valid_o,
  output inv_iotlb_t                inv_iotlb_o,
  input  logic [6:0]                inv_iotlb_count_i,
  output logic                      trace_valid_o,
  output record_pkg::iommu_t        trace_o
);

  typedef enum logic [2:0] {
    StIdle,
    StLowDword,
    StTopDword,
    StExecute,    // a command acts
    StAck
  } state_e;

  state_e      state_q;
  logic [63:0] rdata_q;
  logic        context_cmd_q, iotlb_cmd_q;  // this write set ICC, IVT
  logic        done_q;                      // the command in StExecute dropped entries
  logic [6:0]  count_q;

  logic         tes_q, rtps_q, qies_q, ires_q, irtps_q, cfis_q;
  logic [39:10] rtaddr_q, latched_q;        // 39:12 root table, 11:10 TTM
  logic [31:0]  ccmd_low_q;                 // SID, DID
  logic [1:0]   fm_q, cirg_q, caig_q;
  logic [15:0]  iotlb_did_q;
  logic [1:0]   drain_q, iirg_q, iaig_q;    // drain_q: DR, DW
  logic [51:0]  iva_page_q;
  logic         ih_q;
  logic [5:0]   am_q;

  // 4 or 8 bytes, naturally aligned; anything else reads all ones and writes nothing.
  logic good, wide;
  assign wide = req_i.bytes == 5'd8;
  assign good = (req_i.bytes == 5'd4 && req_i.offset[1:0] == 2'd0)
                || (wide && req_i.offset[2:0] == 3'd0);

  logic [11:0] offset;                      // of the dword
  logic [31:0] wdata;
  logic        write;
  always_comb begin
    offset = '0;
    wdata  = '0;
    if (state_q inside {StLowDword, StTopDword}) begin
      offset = {req_i.offset[11:3], req_i.offset[2] || state_q == StTopDword, 2'b0};
      wdata  = state_q == StTopDword ? req_i.wdata[63:32] : req_i.wdata[31:0];
    end
  end
  assign write = state_q inside {StLowDword, StTopDword} && req_i.write && good;

  assign dword_write_o  = write;
  assign dword_offset_o = offset[11:2];
  assign dword_wdata_o  = wdata;

  logic [31:0]  rdata;
  logic [127:0] shown;
  always_comb begin
    rdata = '0;
    shown = '0;
    if (!good) rdata = '1;
    else begin
      if (offset[11:5] == 7'd0 && offset != '0) shown = cap_values(caps_i);
      case (offset)
        12'h000: rdata = 32'h0000_0010;                              // VER
        12'h008: rdata = shown[31:0];                                // CAP
        12'h00C: rdata = shown[63:32];
        12'h010: rdata = shown[95:64];                               // ECAP
        12'h014: rdata = shown[127:96];
        12'h01C: rdata = {tes_q, rtps_q, 3'b0, qies_q, ires_q, irtps_q, cfis_q, 23'b0};
        12'h020: rdata = {rtaddr_q[31:10], 10'b0};                   // RTADDR
        12'h024: rdata = {24'b0, rtaddr_q[39:32]};
        12'h028: rdata = ccmd_low_q;                                 // CCMD
        12'h02C: rdata = {1'b0, cirg_q, caig_q, 25'b0, fm_q};
        12'h10C: rdata = {2'b0, iirg_q, 1'b0, iaig_q, 7'b0, drain_q, iotlb_did_q};  // IOTLB
        default: rdata = dword_rdata_i;
      endcase
    end
  end

  // A command of granularity 0, of pages without PSI, or of more of them than MAMV allows does
  // nothing; while the queue is enabled none does anything.
  logic context_good, iotlb_good;
  always_comb begin
    context_good  = 1'b0;
    iotlb_good    = 1'b0;
    inv_context_o = '0;
    inv_iotlb_o   = '0;
    if (state_q == StExecute) begin
      context_good  = context_cmd_q && cirg_q != 2'd0 && !qies_q;
      iotlb_good    = iotlb_cmd_q && iirg_q != 2'd0 && !qies_q
                      && !(iirg_q == 2'd3 && (!caps_i.psi || am_q > MAMV));
      inv_context_o = '{kind: inv_e'(cirg_q), did: ccmd_low_q[15:0], sid: ccmd_low_q[31:16],
                        fm: fm_q};
      inv_iotlb_o   = '{kind: inv_e'(iirg_q), did: iotlb_did_q, page: iva_page_q, am: am_q,
                        ih: ih_q};
    end
  end
  assign inv_context_valid_o = context_good;
  assign inv_iotlb_valid_o   = iotlb_good;

  logic gcmd;
  assign gcmd            = write && offset == 12'h018;
  assign queue_restart_o = gcmd && caps_i.qi && wdata[26] != qies_q;
  assign irta_latch_o    = gcmd && caps_i.ir && wdata[24];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        StIdle:     if (start_i) state_q <= StLowDword;
        StLowDword: state_q <= wide ? StTopDword : StExecute;
        StTopDword: state_q <= StExecute;
        StExecute:  state_q <= StAck;
        default:    state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tes_q         <= 1'b0;
      rtps_q        <= 1'b0;
      qies_q        <= 1'b0;
      ires_q        <= 1'b0;
      irtps_q       <= 1'b0;
      cfis_q        <= 1'b0;
      rtaddr_q      <= '0;
      latched_q     <= '0;
      ccmd_low_q    <= '0;
      fm_q          <= '0;
      cirg_q        <= '0;
      caig_q        <= '0;
      iotlb_did_q   <= '0;
      drain_q       <= '0;
      iirg_q        <= '0;
      iaig_q        <= '0;
      iva_page_q    <= '0;
      ih_q          <= 1'b0;
      am_q          <= '0;
      context_cmd_q <= 1'b0;
      iotlb_cmd_q   <= 1'b0;
    end else begin
      if (start_i) begin
        context_cmd_q <= 1'b0;
        iotlb_cmd_q   <= 1'b0;
      end
      if (write) begin
        case (offset)
          12'h018: begin                                             // GCMD: SRTP, SIRTP, the rest
            if (wdata[30]) begin
              latched_q <= rtaddr_q;
              rtps_q    <= 1'b1;
            end
            if (irta_latch_o) irtps_q <= 1'b1;
            qies_q <= wdata[26] && caps_i.qi;
            cfis_q <= wdata[23] && caps_i.ir;
            ires_q <= wdata[25] && caps_i.ir;
            tes_q  <= wdata[31];
          end
          12'h020: rtaddr_q[31:10] <= wdata[31:10];
          12'h024: rtaddr_q[39:32] <= wdata[7:0];
          12'h028: ccmd_low_q      <= wdata;
          12'h02C: begin
            fm_q          <= wdata[1:0];
            cirg_q        <= wdata[30:29];
            context_cmd_q <= wdata[31];
          end
          12'h100: begin                                             // IVA
            iva_page_q[19:0] <= wdata[31:12];
            ih_q             <= wdata[6];
            am_q             <= wdata[5:0];
          end
          12'h104: iva_page_q[51:20] <= wdata;
          12'h10C: begin
            iotlb_did_q <= wdata[15:0];
            drain_q     <= wdata[17:16];
            iirg_q      <= wdata[29:28];
            iotlb_cmd_q <= wdata[31];
          end
          default: ;
        endcase
      end
      if (state_q == StExecute) begin
        if (context_cmd_q) caig_q <= context_good ? cirg_q : 2'd0;
        if (iotlb_cmd_q)   iaig_q <= iotlb_good ? iirg_q : 2'd0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      StLowDword: rdata_q        <= good ? {32'b0, rdata} : '1;
      StTopDword: rdata_q[63:32] <= rdata;
      StExecute: begin
        done_q  <= inv_context_valid_o || inv_iotlb_valid_o;
        count_q <= inv_context_valid_o ? {3'b0, inv_context_count_i} : inv_iotlb_count_i;
      end
      default: ;
    endcase
  end

  assign idle_o       = state_q == StIdle;
  assign ack_o        = state_q == StAck;
  assign rdata_o      = rdata_q;
  assign tes_o        = tes_q;
  assign qies_o       = qies_q;
  assign ires_o       = ires_q;
  assign cfis_o       = cfis_q;
  assign root_table_o = latched_q[39:12];
  assign ttm_o        = latched_q[11:10];

  // Records: the access at its ack; one cycle earlier when the command's own record comes there.
  logic        access_record, done_record;
  logic [63:0] bytes_mask;
  assign done_record   = state_q == StAck && done_q;
  assign access_record = inv_context_valid_o || inv_iotlb_valid_o || (state_q == StAck && !done_q);
  assign trace_valid_o = access_record || done_record;
  always_comb begin
    bytes_mask = '1;
    trace_o    = '0;
    if (access_record) begin
      if (req_i.bytes < 5'd8) bytes_mask = ~(64'hFFFF_FFFF_FFFF_FFFF << {req_i.bytes[2:0], 3'b0});
      trace_o.cycle = cycle_i;
      trace_o.addr  = {52'b0, req_i.offset};
      trace_o.lo    = (req_i.write ? req_i.wdata : rdata_q) & bytes_mask;
      trace_o.kind  = req_i.write ? 8'd0 : 8'd1;
      trace_o.size  = {3'b0, req_i.bytes};
    end else if (done_record) begin
      trace_o.cycle   = cycle_i;
      trace_o.kind    = context_cmd_q ? 8'd4 : 8'd5;
      trace_o.count   = {9'b0, count_q};
      trace_o.latency = 32'd1;
    end
  end

  // Properties, and what was so before.
  logic                     ack_q;
  iommu_port_pkg::reg_req_t taken_q;
  always @(posedge clk_i) begin
    ack_q <= rst_ni && ack_o;
    if (start_i) taken_q <= req_i;
  end
  always @(posedge clk_i) if (rst_ni) begin
    if (start_i)
      StartWhenIdle: assert (idle_o);
    OneInvalidation: assert (!(inv_context_valid_o && inv_iotlb_valid_o));
    if (ack_q)
      AckIsOneCycle: assert (!ack_o);
    if (!idle_o)
      ReqIsHeld: assert (req_i == taken_q);
  end

endmodule
