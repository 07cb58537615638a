// SPDX-License-Identifier: Apache-2.0
// One event of the unit: its control, data and address registers (ECTL, EDATA, EADDR, EUADDR) and
// its message. due_i is one cycle; busy_o is high from the next one until the message's ack, 2 cycles
// without a wait; hold_i keeps the message back. With IM = 1 the event pends in IP until software
// unmasks it, or until cond_i says that nothing it stands for is left.
// VT-d "Fault Event Registers", "Invalidation Event Registers"; docs/iommu.md I38, I56, I86.
module iommu_event
  import iommu_pkg::*;
#(
  parameter logic [11:0] CONTROL = 12'h038,  // offset of ECTL; EDATA, EADDR, EUADDR lie behind it
  parameter logic [15:0] COUNT   = 16'd0     // of the message's record
) (
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  logic                present_i,     // 0: the registers are RsvdZ
  input  logic                upper_i,       // 0: EUADDR is RsvdZ
  input  logic                due_i,
  input  logic                cond_i,        // a status bit that the event stands for is set
  // Registers, as dwords.
  input  logic                reg_write_i,
  input  logic [11:2]         reg_offset_i,
  input  logic [31:0]         reg_wdata_i,
  output logic [31:0]         reg_rdata_o,   // zero where no register of this block is
  // Event message.
  input  logic                hold_i,
  output logic                busy_o,
  output bus_pkg::bus_req_t   bus_req_o,
  input  logic                bus_ack_i,
  output logic                trace_valid_o,
  output record_pkg::iommu_t  trace_o
);

  localparam logic [11:0] DATA  = CONTROL + 12'd4;
  localparam logic [11:0] ADDR  = CONTROL + 12'd8;
  localparam logic [11:0] UADDR = CONTROL + 12'd12;

  logic        im_q, ip_q;
  logic [15:0] data_q;
  logic [63:2] addr_q;
  logic        due_q, send_q;

  always_comb begin
    reg_rdata_o = '0;
    if (present_i && reg_offset_i != '0) begin
      case ({reg_offset_i, 2'b0})
        CONTROL: reg_rdata_o = {im_q, ip_q, 30'b0};
        DATA:    reg_rdata_o = {16'b0, data_q};
        ADDR:    reg_rdata_o = {addr_q[31:2], 2'b0};
        UADDR:   reg_rdata_o = addr_q[63:32];
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      im_q   <= 1'b1;
      ip_q   <= 1'b0;
      data_q <= '0;
      addr_q <= '0;
      due_q  <= 1'b0;
      send_q <= 1'b0;
    end else begin
      if (!cond_i) ip_q <= 1'b0;
      if (reg_write_i && present_i) begin
        case ({reg_offset_i, 2'b0})
          CONTROL: begin
            im_q <= reg_wdata_i[31];
            if (!reg_wdata_i[31] && ip_q) begin
              ip_q  <= 1'b0;
              due_q <= 1'b1;
            end
          end
          DATA:    data_q        <= reg_wdata_i[15:0];
          ADDR:    addr_q[31:2]  <= reg_wdata_i[31:2];
          UADDR:   if (upper_i) addr_q[63:32] <= reg_wdata_i;
          default: ;
        endcase
      end
      if (due_i) begin
        if (im_q) ip_q  <= 1'b1;
        else      due_q <= 1'b1;
      end
      // The message goes out when nothing holds it back; due_q stays until its ack.
      if (due_q && !hold_i) send_q <= 1'b1;
      if (bus_ack_i) begin
        due_q  <= 1'b0;
        send_q <= 1'b0;
      end
    end
  end

  assign busy_o = due_q;
  always_comb begin
    bus_req_o = '0;
    if (send_q) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcMessage;
      bus_req_o.write = 1'b1;
      bus_req_o.high  = addr_q[63:40];
      bus_req_o.addr  = {addr_q[39:4], 4'b0};
      bus_req_o.be    = 16'h000F << {addr_q[3:2], 2'b0};
      bus_req_o.wdata = {112'b0, data_q} << {addr_q[3:2], 5'b0};
    end
  end

  assign trace_valid_o = bus_ack_i;
  always_comb begin
    trace_o = '0;
    if (bus_ack_i) begin
      trace_o.cycle = cycle_i;
      trace_o.addr  = {addr_q, 2'b0};
      trace_o.lo    = {48'b0, data_q};
      trace_o.kind  = 8'd3;
      trace_o.count = COUNT;
    end
  end

  // Properties, and what was so at the last edge.
  logic        waits_q;
  logic [77:0] message_q;
  always @(posedge clk_i) begin
    waits_q <= rst_ni && send_q && !bus_ack_i;
    if (send_q) message_q <= {addr_q, data_q};
  end
  always @(posedge clk_i) if (rst_ni) begin
    if (due_i || bus_ack_i)
      OneThing: assert (!reg_write_i && !(due_i && bus_ack_i));
    if (ip_q)
      PendingIsMasked: assert (im_q);
    if (waits_q)
      MessageHeld: assert (send_q && {addr_q, data_q} == message_q);
  end

endmodule
