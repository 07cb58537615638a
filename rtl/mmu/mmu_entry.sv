// SPDX-License-Identifier: Apache-2.0
// One access to a paging-structure entry: the only place where the walker meets memory, so that an
// entry's address can be translated itself (EPT) without the walker knowing. valid_i with the rest
// stable until done_o, which is high for one cycle; with no wait state that is the first. The bus
// request follows valid_i, which comes from registers; walk_o is valid with done_o.
// SDM Vol. 3A "Accessed and Dirty Flags": updates are locked.
module mmu_entry
  import mmu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  logic                valid_i,
  input  entry_op_e           op_i,
  input  logic [39:3]         addr_i,
  input  logic [2:0]          level_i,
  input  logic [63:0]         wdata_i,
  output logic                done_o,
  output logic [63:0]         value_o,     // read; with done_o
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic                walk_valid_o,
  output record_pkg::walk_t   walk_o
);

  assign done_o  = valid_i && bus_rsp_i.ack;
  assign value_o = addr_i[3] ? bus_rsp_i.rdata[127:64] : bus_rsp_i.rdata[63:0];

  always_comb begin
    bus_req_o = '0;
    if (valid_i) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcWalk;
      bus_req_o.write = op_i == EntryUpdate;
      bus_req_o.lock  = op_i == EntryLock;
      bus_req_o.addr  = {addr_i[39:4], 4'b0};
      bus_req_o.be    = addr_i[3] ? 16'hFF00 : 16'h00FF;
      if (op_i == EntryUpdate)
        bus_req_o.wdata = addr_i[3] ? {wdata_i, 64'b0} : {64'b0, wdata_i};
    end
  end

  assign walk_valid_o = done_o;
  always_comb begin
    walk_o = '0;
    if (done_o) begin
      walk_o.cycle = cycle_i;
      walk_o.addr  = {24'b0, addr_i, 3'b0};
      walk_o.value = op_i == EntryUpdate ? wdata_i : value_o;
      walk_o.kind  = {6'b0, op_i};
      walk_o.level = {5'b0, level_i};
    end
  end

  EntryHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    valid_i && !done_o |=> valid_i && $stable({op_i, addr_i, wdata_i}));

endmodule
