// SPDX-License-Identifier: Apache-2.0
// Fault recording and the fault event: FSTS, FECTL, FEDATA, FEADDR, FRCD. A fault is offered in the
// cycle of fault_valid_i; recorded_o says in that cycle what became of it. event_busy_o is high
// from the cycle after an event falls due until its message is acked; hold_i keeps it back.
// VT-d "Primary Fault Logging", "Fault Event", "Fault Recording Registers"; docs/iommu.md.
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
  input  logic [63:12]        addr_i,
  input  logic                write_i,
  input  logic [1:0]          at_i,
  output logic [1:0]          recorded_o,   // as the dma record's field
  // Registers, as dwords.
  input  logic                reg_write_i,
  input  logic [11:2]         reg_offset_i,
  input  logic [31:0]         reg_wdata_i,
  output logic [31:0]         reg_rdata_o,  // zero where no register of this block is
  // Event message.
  input  logic                hold_i,
  output logic                event_busy_o,
  output bus_pkg::bus_req_t   bus_req_o,
  input  logic                bus_ack_i,
  output logic                trace_valid_o,
  output record_pkg::iommu_t  trace_o
);

  localparam int unsigned RECORDS = 8;     // CAP.NFR + 1

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
  logic               im_q, ip_q;
  logic [15:0]        data_q;
  logic [31:2]        addr_q;
  logic               due_q, send_q;

  logic ppf, record, overflow;
  assign ppf = f_q != '0;
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

  function automatic logic [63:0] record_hi(input logic f, input source_t s);
    return {f, s.t1, s.at, 20'b0, s.reason, 16'b0, s.sid};
  endfunction

  source_t source;
  assign source = '{t1: !write_i, at: at_i, reason: fault_i, sid: sid_i};

  // Register file.
  logic        frcd;
  logic [2:0]  frcd_index;
  logic [63:0] frcd_hi;
  assign frcd       = reg_offset_i[11:7] == 5'h04;
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
    end else begin
      case ({reg_offset_i, 2'b0})
        12'h034: reg_rdata_o = {16'b0, 5'b0, fri_q, 6'b0, ppf, pfo_q};  // FSTS
        12'h038: reg_rdata_o = {im_q, ip_q, 30'b0};                     // FECTL
        12'h03C: reg_rdata_o = {16'b0, data_q};                         // FEDATA
        12'h040: reg_rdata_o = {addr_q, 2'b0};                          // FEADDR
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_q    <= '0;
      next_q <= '0;
      fri_q  <= '0;
      pfo_q  <= 1'b0;
      im_q   <= 1'b1;
      ip_q   <= 1'b0;
      data_q <= '0;
      addr_q <= '0;
      due_q  <= 1'b0;
      send_q <= 1'b0;
      for (int unsigned i = 0; i < RECORDS; i++) begin
        fi_q[i]     <= '0;
        source_q[i] <= '{reason: FrNone, default: '0};
      end
    end else begin
      if (!ppf && !pfo_q) ip_q <= 1'b0;
      if (reg_write_i) begin
        if (frcd && reg_offset_i[3:2] == 2'd3 && reg_wdata_i[31]) f_q[frcd_index] <= 1'b0;
        case ({reg_offset_i, 2'b0})
          12'h034: if (reg_wdata_i[0]) pfo_q <= 1'b0;
          12'h038: begin
            im_q <= reg_wdata_i[31];
            if (!reg_wdata_i[31] && ip_q) begin
              ip_q  <= 1'b0;
              due_q <= 1'b1;
            end
          end
          12'h03C: data_q <= reg_wdata_i[15:0];
          12'h040: addr_q <= reg_wdata_i[31:2];
          default: ;
        endcase
      end
      if (overflow) pfo_q <= 1'b1;
      if (record) begin
        f_q[next_q]      <= 1'b1;
        fi_q[next_q]     <= addr_i;
        source_q[next_q] <= source;
        next_q           <= next_q + 3'd1;
        if (!ppf) begin
          fri_q <= next_q;
          if (im_q) ip_q  <= 1'b1;
          else      due_q <= 1'b1;
        end
      end
      // The message goes out when nothing holds it back; due_q stays until its ack.
      if (due_q && !hold_i) send_q <= 1'b1;
      if (bus_ack_i) begin
        due_q  <= 1'b0;
        send_q <= 1'b0;
      end
    end
  end

  assign event_busy_o = due_q;
  always_comb begin
    bus_req_o = '0;
    if (send_q) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcMessage;
      bus_req_o.write = 1'b1;
      bus_req_o.addr  = {8'b0, addr_q[31:4], 4'b0};
      bus_req_o.be    = 16'h000F << {addr_q[3:2], 2'b0};
      bus_req_o.wdata = {112'b0, data_q} << {addr_q[3:2], 5'b0};
    end
  end

  assign trace_valid_o = record || bus_ack_i;
  always_comb begin
    trace_o = '0;
    if (record) begin
      trace_o.cycle = cycle_i;
      trace_o.addr  = {61'b0, next_q};
      trace_o.lo    = {addr_i, 12'b0};
      trace_o.hi    = record_hi(1'b1, source);
      trace_o.kind  = 8'd2;
    end else if (bus_ack_i) begin
      trace_o.cycle = cycle_i;
      trace_o.addr  = {32'b0, addr_q, 2'b0};
      trace_o.lo    = {48'b0, data_q};
      trace_o.kind  = 8'd3;
    end
  end

  OneThing: assert property (@(posedge clk_i) disable iff (!rst_ni)
                             $onehot0({fault_valid_i, reg_write_i, bus_ack_i}));
  RecordIsFree: assert property (@(posedge clk_i) disable iff (!rst_ni)
    record |-> !f_q[next_q]);
  MessageHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid && !bus_ack_i |=> $stable(bus_req_o));

endmodule
