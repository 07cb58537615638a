// SPDX-License-Identifier: Apache-2.0
// Simulation only: tells the harness, if it wants to know, which microcode runs: the address of
// each word that executes, in the cycle in which it does. Bound to the processor, so the hardware
// does not know of it. The words of an instruction or event come before its retirement, those of
// the next one behind it.
module ucode_record_emit (
  input logic        clk_i, rst_ni,
  input logic        exec,  // a word executes
  input logic [10:0] upc
);

  import "DPI-C" context function bit rw_wants_ucode();
  import "DPI-C" context function void rw_emit_ucode(input bit [10:0] address);

  bit wanted;
  initial wanted = rw_wants_ucode();

  always_ff @(posedge clk_i)
    if (wanted && rst_ni && exec) rw_emit_ucode(upc);

endmodule

bind cpu ucode_record_emit u_ucode_record_emit (.*, .upc(u_ucode.upc_q));
