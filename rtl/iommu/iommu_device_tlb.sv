// SPDX-License-Identifier: Apache-2.0
// The invalidation of a device-TLB that is on its way: sent by the queue, it is outstanding until its
// device completes it or its time is out. FSTS.ICE and ITE and the source-ids of IQERCD are here.
// send_i is the cycle of the descriptor's record, outstanding_o is high from the next. take_i and
// expire_i, only while idle_o, accept a completion and, while expire_due_o, the time-out;
// trace_valid_o is high for one cycle, 3 and 2 cycles later, and idle_o from the next.
// VT-d "Device-TLB Invalidate Descriptor", "Invalidation Queue Error Record Register"; docs/iommu.md
// I103 to I106.
module iommu_device_tlb
  import iommu_port_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  logic                heed_i,        // ECAP.DT and GSTS.TES; 0: a completion makes its record
  input  logic                send_i,
  input  logic [15:0]         send_sid_i,
  output logic                outstanding_o,
  output logic                expire_due_o,
  input  logic                take_i,
  input  cpl_t                cpl_i,
  input  logic                expire_i,
  output logic                idle_o,
  output logic                ice_o, ite_o,  // FSTS
  output logic                set_o,         // one of them comes
  // Registers, as dwords; FSTS is written to clear ICE and ITE.
  input  logic                reg_write_i,
  input  logic [11:2]         reg_offset_i,
  /* verilator lint_off UNUSEDSIGNAL */      // bits that are written elsewhere
  input  logic [31:0]         reg_wdata_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [31:0]         reg_rdata_o,   // zero where no register of this block is
  output logic                trace_valid_o,
  output record_pkg::iommu_t  trace_o
);

  typedef enum logic [2:0] {
    StIdle,
    StMatch,      // a completion: with the outstanding invalidation
    StJudge,      // is it one that was waited for, without an error?
    StComplete,
    StTimeOut,
    StExpired
  } state_e;

  localparam logic [10:0] TIMEOUT_CYCLES = 11'd1024;

  state_e      state_q, state_d;
  cpl_t        cpl_q;
  logic        match_q, wrong_q;
  logic        outstanding_q;
  logic [15:0] sid_q;                      // of the outstanding invalidation
  logic [10:0] age_q;                      // cycles since its record
  logic        ice_q, ite_q;
  logic [15:0] icesid_q, itesid_q;

  assign idle_o        = state_q == StIdle;
  assign outstanding_o = outstanding_q;
  assign expire_due_o  = outstanding_q && age_q == TIMEOUT_CYCLES;
  assign ice_o         = ice_q;
  assign ite_o         = ite_q;
  always_comb begin
    set_o = 1'b0;
    case (state_q)
      StComplete: set_o = wrong_q;
      StExpired:  set_o = 1'b1;
      default:    ;
    endcase
  end

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:
        if (take_i)        state_d = StMatch;
        else if (expire_i) state_d = StTimeOut;
      StMatch:   state_d = StJudge;
      StJudge:   state_d = StComplete;
      StTimeOut: state_d = StExpired;
      default:   state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q       <= StIdle;
      outstanding_q <= 1'b0;
      ice_q         <= 1'b0;
      ite_q         <= 1'b0;
      icesid_q      <= '0;
      itesid_q      <= '0;
    end else begin
      state_q <= state_d;
      if (send_i) outstanding_q <= 1'b1;
      if (reg_write_i && {reg_offset_i, 2'b0} == 12'h034) begin          // FSTS
        if (reg_wdata_i[5]) ice_q <= 1'b0;
        if (reg_wdata_i[6]) ite_q <= 1'b0;
      end
      case (state_q)
        StComplete: begin
          if (match_q) outstanding_q <= 1'b0;
          if (wrong_q) begin
            ice_q    <= 1'b1;
            icesid_q <= cpl_q.sid;
          end
        end
        StExpired: begin
          outstanding_q <= 1'b0;
          ite_q         <= 1'b1;
          itesid_q      <= sid_q;
        end
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (take_i) cpl_q <= cpl_i;
    if (state_q == StMatch) match_q <= heed_i && outstanding_q && sid_q == cpl_q.sid;
    if (state_q == StJudge) wrong_q <= heed_i && (cpl_q.error || !match_q);
    if (send_i) begin
      sid_q <= send_sid_i;
      age_q <= 11'd1;
    end else if (outstanding_q && !expire_due_o) begin
      age_q <= age_q + 11'd1;
    end
  end

  assign reg_rdata_o = {reg_offset_i, 2'b0} == 12'h0B4 ? {icesid_q, itesid_q} : '0;  // IQERCD

  assign trace_valid_o = state_q inside {StComplete, StExpired};
  always_comb begin
    trace_o = '0;
    if (trace_valid_o) begin
      trace_o.cycle = cycle_i;
      if (state_q == StComplete) begin
        trace_o.lo   = {48'b0, cpl_q.sid};
        trace_o.size = {7'b0, cpl_q.error};
        trace_o.kind = 8'd8;
      end else begin
        trace_o.lo   = {48'b0, sid_q};
        trace_o.kind = 8'd9;
      end
    end
  end

  // Properties, and what was so at the last edge.
  logic        record_q, reg_write_q;
  logic [31:0] sids_q;
  always @(posedge clk_i) begin
    record_q    <= rst_ni && trace_valid_o;
    reg_write_q <= rst_ni && reg_write_i;
    if (reg_write_i) sids_q <= {icesid_q, itesid_q};
  end
  always @(posedge clk_i) if (rst_ni) begin
    if (take_i || expire_i)
      AcceptWhenIdle: assert (idle_o);
    if (expire_i)
      ExpireWhenDue: assert (expire_due_o);
    if (send_i)
      OneOutstanding: assert (!outstanding_q);
    if (record_q)
      IdleBehindRecord: assert (idle_o);
    if (reg_write_q)
      SidsStay: assert ({icesid_q, itesid_q} == sids_q);
  end

endmodule
