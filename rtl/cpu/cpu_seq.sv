// SPDX-License-Identifier: Apache-2.0
// The steps of an instruction: StBoundary (events, first look at the bytes), StFetch (bytes still
// to come), StExec (one microcode word a cycle), StMem and StMul (waiting for the load/store unit,
// for the multiplier), StDown (shutdown). Holds the instruction in work. ustart_o enters the
// microcode at ustart_label_o, ustep_o says that the word is done, finish_o that it was the last.
// raise_o is the outcome that ends the work of this cycle: of decode or fetch while looking, of the
// word or the unit it started while executing. SDM Vol. 3A "Interrupt and Exception Handling".
module cpu_seq
  import cpu_pkg::*;
  import ucode_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic [63:0]  bus_seq_i,       // acks completed before this cycle
  // boundary
  output logic         boundary_o,      // between instructions
  input  logic         take_i,          // an event is taken
  input  logic         rep_i,           // a string instruction goes on
  input  logic         halted_i,
  // fetch and decode
  output logic         look_o,          // the next instruction's bytes are wanted
  input  logic         complete_i,
  input  outcome_t     decode_i,        // with complete_i
  input  outcome_t     fetch_i,
  input  insn_t        decoded_i,
  input  logic [119:0] window_i,
  output logic         accept_o,        // an instruction begins
  output insn_t        insn_o,          // in work
  output logic [127:0] bytes_o,
  output logic [63:0]  seq_o,           // bus_seq_i at its last byte, or at the event
  // the word
  /* verilator lint_off UNUSEDSIGNAL */ // operation and clause
  input  uop_t         uop_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic         cond_i,
  input  outcome_t     word_i,          // of a fault word, of a jump
  output logic         exec_o,
  output logic         mem_start_o,
  input  logic         mem_done_i,
  input  outcome_t     mem_i,
  output logic         mul_start_o,
  input  logic         mul_done_i,
  input  outcome_t     mul_i,
  output logic         mul_wait_o,
  output logic         mem_wait_o,
  output logic         flush_start_o,
  input  logic         flush_ready_i,
  output logic         pdpte_start_o,   // until pdpte_done_i
  input  logic         pdpte_done_i,
  // microcode
  output logic         ustart_o,
  output label_e       ustart_label_o,
  output logic         ustep_o,
  output logic         finish_o,        // instruction, iteration or delivery is complete
  output logic         more_o,          // with finish_o: an iteration that is not the last
  output outcome_t     raise_o,
  input  logic         shutdown_i,      // with raise_o: no delivery
  output logic         down_o
);

  typedef enum logic [2:0] {StBoundary, StFetch, StExec, StMem, StMul, StDown} state_e;

  state_e       state_q;
  insn_t        insn_q;
  logic [127:0] bytes_q;
  logic [63:0]  seq_q;
  logic         raised;

  assign boundary_o = state_q == StBoundary;
  assign look_o = (boundary_o && !take_i && !rep_i && !halted_i) || state_q == StFetch;
  assign accept_o = look_o && complete_i && decode_i.kind == OcNone;
  assign exec_o = state_q == StExec;
  assign mem_wait_o = state_q == StMem;
  assign mul_wait_o = state_q == StMul;
  assign down_o = state_q == StDown;
  assign insn_o = insn_q;
  assign bytes_o = bytes_q;
  assign seq_o = seq_q;

  assign mem_start_o = exec_o && uop_i.op inside {OpLd, OpSt, OpStrmw};
  assign mul_start_o = exec_o && uop_i.op inside {OpMulu, OpMuls, OpDivu, OpDivs};
  assign flush_start_o = exec_o && uop_i.op == OpFlush;
  assign pdpte_start_o = exec_o && uop_i.op == OpPdpte;

  always_comb begin
    raise_o = '0;
    if (look_o) raise_o = complete_i ? decode_i : fetch_i;
    else if (exec_o) raise_o = word_i.kind != OcNone ? word_i : mem_i;
    else if (mem_wait_o) raise_o = mem_i;
    else if (mul_wait_o) raise_o = mul_i;
  end
  assign raised = raise_o.kind != OcNone;

  always_comb begin
    unique case (state_q)
      StExec: ustep_o = !raised && !mem_start_o && !mul_start_o
                     && !(flush_start_o && !flush_ready_i)
                     && !(pdpte_start_o && !pdpte_done_i);
      StMem: ustep_o = mem_done_i;
      StMul: ustep_o = mul_done_i && !raised;
      default: ustep_o = 1'b0;
    endcase
  end

  assign finish_o = ustep_o && ((uop_i.ctl == CtEnd && cond_i) || uop_i.ctl == CtMore);
  assign more_o = uop_i.ctl == CtMore && cond_i;

  // A string instruction's next iteration begins behind the two words that look at REP and rCX.
  label_e again;
  assign again = label_e'(insn_q.entry + 11'd2);
  assign ustart_o = accept_o || take_i || raised || (boundary_o && rep_i);
  assign ustart_label_o = take_i || raised ? UcDeliver : accept_o ? decoded_i.entry : again;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StBoundary;
      insn_q <= '0;
      bytes_q <= '0;
      seq_q <= '0;
    end else begin
      unique case (state_q)
        StBoundary, StFetch: begin
          if (take_i || look_o) seq_q <= bus_seq_i;
          if (take_i || (boundary_o && rep_i) || accept_o) state_q <= StExec;
          else if (look_o) state_q <= StFetch;
          if (accept_o) begin
            insn_q <= decoded_i;
            bytes_q <= {8'd0, window_i} & ~({128{1'b1}} << {decoded_i.len, 3'd0});
          end
        end
        StExec: begin
          if (mem_start_o) state_q <= StMem;
          if (mul_start_o) state_q <= StMul;
        end
        StMem: if (mem_done_i) state_q <= StExec;
        StMul: if (mul_done_i) state_q <= StExec;
        default: ;
      endcase
      if (finish_o) state_q <= StBoundary;
      if (raised) state_q <= shutdown_i ? StDown : StExec;
    end
  end

  OneStart: assert property (@(posedge clk_i) disable iff (!rst_ni)
    $onehot0({accept_o, take_i, raised, boundary_o && rep_i && !take_i}));
  FinishOrRaise: assert property (@(posedge clk_i) disable iff (!rst_ni) !(finish_o && raised));
  TakeWhenDone: assert property (@(posedge clk_i) disable iff (!rst_ni)
    take_i |-> boundary_o);

endmodule
