// SPDX-License-Identifier: Apache-2.0
// Microcode sequencer: the word at the current address, and the next address when step_i says that
// the word is done. start_i enters at start_label_i and empties the return stack. ucode_label_o
// names the current place in a waveform. One word in a cycle; the word itself is combinational.
module ucode
  import ucode_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  logic        start_i,
  input  label_e      start_label_i,
  input  logic        step_i,
  input  logic        cond_i,       // the word's condition holds
  output uop_t        uop_o,
  output logic [63:0] const_o,
  output label_e      ucode_label_o
);

  localparam int unsigned Depth = cpu_arch_pkg::UcodeReturnDepth;  // uasm proves it enough

  logic [10:0]            upc_q;
  logic [Depth-1:0][10:0] ret_q;
  logic [Depth:0]         level_q;   // one-hot: entries of ret_q in use; for the properties alone

  ucode_rom u_rom (
    .addr_i(upc_q),
    .uop_o,
    .const_o,
    .label_o(ucode_label_o)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      upc_q <= '0;
      ret_q <= '0;
      level_q <= '0;
      level_q[0] <= 1'b1;
    end else if (start_i) begin
      upc_q <= start_label_i;
      level_q <= '0;
      level_q[0] <= 1'b1;
    end else if (step_i) begin
      upc_q <= upc_q + 11'd1;
      if (cond_i) begin
        unique case (uop_o.ctl)
          CtJ: upc_q <= uop_o.target;
          CtCall: begin
            upc_q <= uop_o.target;
            ret_q <= {ret_q[Depth-2:0], upc_q + 11'd1};
            level_q <= level_q << 1;
          end
          CtRet: begin
            upc_q <= ret_q[0];
            ret_q <= {11'd0, ret_q[Depth-1:1]};
            level_q <= level_q >> 1;
          end
          default: ;
        endcase
      end
    end
  end
  CallHasRoom: assert property (@(posedge clk_i) disable iff (!rst_ni)
    step_i && cond_i && uop_o.ctl == CtCall |-> !level_q[Depth]);
  RetHasCall: assert property (@(posedge clk_i) disable iff (!rst_ni)
    step_i && cond_i && uop_o.ctl == CtRet |-> !level_q[0]);

endmodule
