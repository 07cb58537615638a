// SPDX-License-Identifier: Apache-2.0
// One access to a paging-structure entry of 8 or 4 bytes: the only place where the walker and the
// PDPTE registers meet memory, so that an entry's address can be translated itself (EPT) without
// them knowing. req_i stays stable until done_o, which is high for one cycle; with no wait state
// that is the first. The bus request follows req_i, which comes from registers; walk_o is valid with
// done_o. An entry of 4 bytes is zero-extended.
// SDM Vol. 3A "Accessed and Dirty Flags": updates are locked.
module mmu_entry
  import mmu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  entry_req_t          req_i,
  output logic                done_o,
  output logic [63:0]         value_o,     // read; with done_o
  output bus_pkg::bus_req_t   bus_req_o,
  /* verilator lint_off UNUSEDSIGNAL */  // err: the processor reads on (B16)
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic                walk_valid_o,
  output record_pkg::walk_t   walk_o
);

  logic [6:0] at;             // first bit in the block
  assign at     = {req_i.addr[3:2], 5'b0};
  assign done_o = req_i.valid && bus_rsp_i.ack;
  always_comb begin
    value_o = '0;
    if (done_o) begin
      value_o = 64'(bus_rsp_i.rdata >> at);
      if (req_i.dword) value_o[63:32] = '0;
    end
  end

  always_comb begin
    bus_req_o = '0;
    if (req_i.valid) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcWalk;
      bus_req_o.write = req_i.op == EntryUpdate;
      bus_req_o.lock  = req_i.op == EntryLock;
      bus_req_o.addr  = {req_i.addr[39:4], 4'b0};
      bus_req_o.be    = (req_i.dword ? 16'h000F : 16'h00FF) << at[6:3];
      if (req_i.op == EntryUpdate) bus_req_o.wdata = {64'b0, req_i.wdata} << at;
    end
  end

  assign walk_valid_o = done_o;
  always_comb begin
    walk_o = '0;
    if (done_o) begin
      walk_o.cycle = cycle_i;
      walk_o.addr  = {24'b0, req_i.addr, 2'b0};
      walk_o.value = req_i.op == EntryUpdate ? req_i.wdata : value_o;
      walk_o.kind  = {6'b0, req_i.op};
      walk_o.level = {5'b0, req_i.level};
    end
  end

  // Property, and what was so at the last edge.
  logic       waits_q;
  entry_req_t req_q;
  always @(posedge clk_i) begin
    waits_q <= rst_ni && req_i.valid && !done_o;
    if (req_i.valid) req_q <= req_i;
    if (rst_ni && waits_q)
      EntryHeld: assert (req_i == req_q);
  end

endmodule
