// SPDX-License-Identifier: Apache-2.0
// Fault recording: FSTS, FRCD. A fault is offered in the cycle of fault_valid_i; recorded_o says in
// that cycle what became of it, event_o whether the fault event falls due.
// VT-d "Primary Fault Logging", "Fault Recording Registers"; docs/iommu.md I20, I56.
// There is no advanced logging and no collapsing of faults of one source-id.
module iommu_fault
  import iommu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  logic                fault_valid_i,
  input  fault_e              fault_i,
  input  logic                fpd_i,        // qualified, and the context entry's FPD is set
  input  logic [15:0]         sid_i,
  input  logic [63:12]        info_i,       // FI
  input  logic                write_i,
  input  logic [1:0]          at_i,
  output logic [1:0]          recorded_o,   // as the dma record's field
  input  logic [2:0]          last_i,       // number of the last record: CAP.NFR
  // The errors of the queue and of device-TLBs in FSTS, and the cycle in which one comes.
  input  logic                iqe_i, ice_i, ite_i,
  input  logic                error_set_i,
  output logic                status_o,     // PFO, PPF, IQE, ICE or ITE is set
  output logic                event_o,      // the first of PPF, IQE, ICE and ITE comes
  // Registers, as dwords.
  input  logic                reg_write_i,
  input  logic [11:2]         reg_offset_i,
  /* verilator lint_off UNUSEDSIGNAL */     // bits that are written elsewhere, or never
  input  logic [31:0]         reg_wdata_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [31:0]         reg_rdata_o,  // zero where no register of this block is
  output logic                trace_valid_o,
  output record_pkg::iommu_t  trace_o
);

  localparam int unsigned RECORDS = 8;     // at most

  typedef struct packed {
    logic        t1;                       // read
    logic [1:0]  at;
    fault_e      reason;
    logic [15:0] sid;
  } source_t;

  logic [RECORDS-1:0] f_q;
  logic [63:12]       fi_q     [RECORDS];
  source_t            source_q [RECORDS];
  logic [2:0]         next_q, fri_q;
  logic               pfo_q;

  logic ppf, error, record, overflow;
  assign ppf   = f_q != '0;
  assign error = iqe_i || ice_i || ite_i;
  always_comb begin
    recorded_o = 2'd0;
    if (fault_valid_i && !fpd_i) begin
      if (pfo_q)            recorded_o = 2'd3;
      else if (f_q[next_q]) recorded_o = 2'd2;
      else                  recorded_o = 2'd1;
    end
  end
  assign record   = recorded_o == 2'd1;
  assign overflow = recorded_o == 2'd2;
  assign status_o = ppf || pfo_q || error;
  always_comb begin
    event_o = 1'b0;
    if (record || error_set_i) event_o = !ppf && !error;
  end

  function automatic logic [63:0] record_hi(input logic f, input source_t s);
    return {f, s.t1, s.at, 20'b0, s.reason, 16'b0, s.sid};
  endfunction

  source_t source;
  always_comb begin
    source = '{reason: FrNone, default: '0};
    if (record) source = '{t1: !write_i, at: at_i, reason: fault_i, sid: sid_i};
  end

  // Register file.
  logic        fsts, frcd;
  logic [2:0]  frcd_index;
  logic [63:0] frcd_hi;
  assign frcd       = reg_offset_i[11:7] == 5'h04 && frcd_index <= last_i;
  assign fsts       = {reg_offset_i, 2'b0} == 12'h034;
  assign frcd_index = reg_offset_i[6:4];
  assign frcd_hi    = record_hi(f_q[frcd_index], source_q[frcd_index]);
  always_comb begin
    reg_rdata_o = '0;
    if (frcd) begin
      case (reg_offset_i[3:2])
        2'd0:    reg_rdata_o = {fi_q[frcd_index][31:12], 12'b0};
        2'd1:    reg_rdata_o = fi_q[frcd_index][63:32];
        2'd2:    reg_rdata_o = frcd_hi[31:0];
        default: reg_rdata_o = frcd_hi[63:32];
      endcase
    end else if (fsts) begin
      reg_rdata_o = {16'b0, 5'b0, fri_q, 1'b0, ite_i, ice_i, iqe_i, 2'b0, ppf, pfo_q};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_q    <= '0;
      next_q <= '0;
      fri_q  <= '0;
      pfo_q  <= 1'b0;
      for (int unsigned i = 0; i < RECORDS; i++) begin
        fi_q[i]     <= '0;
        source_q[i] <= '{reason: FrNone, default: '0};
      end
    end else begin
      if (reg_write_i) begin
        if (frcd && reg_offset_i[3:2] == 2'd3 && reg_wdata_i[31]) f_q[frcd_index] <= 1'b0;
        if (fsts && reg_wdata_i[0]) pfo_q <= 1'b0;
      end
      if (overflow) pfo_q <= 1'b1;
      if (record) begin
        f_q[next_q]      <= 1'b1;
        fi_q[next_q]     <= info_i;
        source_q[next_q] <= source;
        next_q           <= next_q == last_i ? 3'd0 : next_q + 3'd1;
        if (!ppf) fri_q <= next_q;
      end
    end
  end

  assign trace_valid_o = record;
  always_comb begin
    trace_o = '0;
    if (record) begin
      trace_o.cycle = cycle_i;
      trace_o.addr  = {61'b0, next_q};
      trace_o.lo    = {info_i, 12'b0};
      trace_o.hi    = record_hi(1'b1, source);
      trace_o.kind  = 8'd2;
    end
  end

  always @(posedge clk_i) if (rst_ni) begin
    if (fault_valid_i || error_set_i)
      OneThing: assert (!reg_write_i && !(fault_valid_i && error_set_i));
    if (record)
      RecordIsFree: assert (!f_q[next_q]);
    NextIsThere: assert (next_q <= last_i);
  end

endmodule
