// SPDX-License-Identifier: Apache-2.0
// The boundary between instructions and what it remembers: the shadows of STI and MOV SS, the
// single step and the data and port breakpoints still to be delivered, NMI latch and blocking, a
// string instruction with iterations left, HLT; and which event is taken there: the debug trap,
// then NMI, then external interrupt, then instruction breakpoint (F1). take_o is high in the cycle
// of the boundary. A word acts with step_i, a fault with raised_i.
// SDM Vol. 3A "Priority Among Concurrent Events", "Handling Multiple NMIs", "Masking Exceptions and
// Interrupts When Switching Stacks"; Vol. 3B "Debug Exceptions".
module cpu_boundary
  import cpu_pkg::*;
  import ucode_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  logic        boundary_i,     // an event may be taken in this cycle
  input  logic        nmi_i,          // edge of this level
  input  logic        intr_i,
  /* verilator lint_off UNUSEDSIGNAL */  // TF, IF and RF; operation of the word
  input  logic [63:0] flags_i,
  output logic        take_o,         // an event is taken
  output logic        take_trap_o,    // #DB of dr6_bs_o and dr6_match_o
  output logic        take_intr_o, take_nmi_o,
  output logic        take_break_o,   // #DB of dr6_match_o, a fault
  output logic        dr6_bs_o,
  output logic [3:0]  dr6_match_o,
  // breakpoints that match
  input  logic [3:0]  insn_match_i,   // at the boundary
  input  logic [3:0]  access_match_i, // in the work in hand
  // the work in hand
  input  logic        look_i,         // of an instruction
  input  uop_t        uop_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [1:0]  shadow_i,       // of OpShadow
  input  logic        step_i,         // the word is done
  input  logic        finish_i, more_i,
  input  logic        delivering_i,
  input  logic        own_tf_i,       // SYSCALL, SYSRET: TF at the end counts, not at the start
  input  logic        raised_i,
  input  logic        begun_i,         // an instruction that began ends in a fault or INT n
  input  logic        int1_i,          // INT1 begins its event
  output logic        plain_end_o,    // an instruction or iteration, not a delivery, completes
  output logic        halt_o,         // with plain_end_o: HLT
  output logic        rf_clear_o,
  output logic        rep_o,
  output logic        halted_o,
  output boundary_t   state_o
);

  logic       sti_q, mov_ss_q, step_q, tf_start_q, rep_q, halted_q;
  logic [3:0] match_q;
  logic [1:0] shadow_set_q;           // by the instruction in work
  logic       hlt_set_q, iret_q;
  logic       nmi_last_q, nmi_pend_q, nmi_block_q;

  logic trap;
  assign trap = step_q || match_q != '0;

  always_comb begin
    take_trap_o = 1'b0;
    take_nmi_o = 1'b0;
    take_intr_o = 1'b0;
    take_break_o = 1'b0;
    if (boundary_i && !mov_ss_q) begin
      take_trap_o = trap;
      take_nmi_o = !trap && nmi_pend_q && !nmi_block_q;
      take_intr_o = !trap && !take_nmi_o && intr_i && flags_i[FlIf] && !sti_q;
      take_break_o = !trap && !take_nmi_o && !take_intr_o && insn_match_i != '0 && !flags_i[FlRf]
                  && !rep_q && !halted_q;
    end
  end
  assign take_o = take_trap_o || take_nmi_o || take_intr_o || take_break_o;
  assign dr6_bs_o = take_trap_o && step_q;
  assign dr6_match_o = take_trap_o ? match_q : insn_match_i;

  // RF: cleared by an instruction that completes, but not by the one that loads it, and by one that
  // ends in an event.
  logic iret_now;
  assign iret_now = uop_i.op == OpNmidone;
  assign plain_end_o = finish_i && !delivering_i;
  assign halt_o = hlt_set_q || uop_i.op == OpHlt;
  assign rf_clear_o = (plain_end_o && !more_i && !iret_q && !iret_now) || begun_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      nmi_last_q <= 1'b0;
      nmi_pend_q <= 1'b0;
      nmi_block_q <= 1'b0;
    end else begin
      nmi_last_q <= nmi_i;
      if (nmi_i && !nmi_last_q) nmi_pend_q <= 1'b1;
      else if (take_nmi_o) nmi_pend_q <= 1'b0;
      if (take_nmi_o) nmi_block_q <= 1'b1;
      else if (step_i && iret_now) nmi_block_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sti_q <= 1'b0;
      mov_ss_q <= 1'b0;
      step_q <= 1'b0;
      match_q <= '0;
      tf_start_q <= 1'b0;
      rep_q <= 1'b0;
      halted_q <= 1'b0;
      shadow_set_q <= '0;
      hlt_set_q <= 1'b0;
      iret_q <= 1'b0;
    end else begin
      if (take_o) begin
        rep_q <= 1'b0;
        halted_q <= 1'b0;
        if (take_trap_o) begin
          step_q <= 1'b0;
          match_q <= '0;
        end
      end else if (boundary_i && rep_q) begin
        rep_q <= 1'b0;
        tf_start_q <= flags_i[FlTf];
      end else if (look_i) begin
        tf_start_q <= flags_i[FlTf];
      end

      if (step_i) begin
        if (uop_i.op == OpShadow) shadow_set_q <= shadow_i;
        if (uop_i.op == OpHlt) hlt_set_q <= 1'b1;
        if (iret_now) iret_q <= 1'b1;
      end
      if (access_match_i != '0) match_q <= match_q | access_match_i;

      if (finish_i) begin
        rep_q <= more_i;
        {mov_ss_q, sti_q} <= uop_i.op == OpShadow ? shadow_i : shadow_set_q;
        if (plain_end_o) begin
          halted_q <= halt_o;
          if (own_tf_i ? flags_i[FlTf] : tf_start_q) step_q <= 1'b1;
        end
      end
      if (raised_i || int1_i) begin
        step_q <= 1'b0;
        match_q <= '0;
      end
      if (finish_i || raised_i) begin
        shadow_set_q <= '0;
        hlt_set_q <= 1'b0;
        iret_q <= 1'b0;
      end
    end
  end

  assign rep_o = rep_q;
  assign halted_o = halted_q;
  assign state_o = '{breakpoints: match_q, step: step_q, mov_ss: mov_ss_q, sti: sti_q,
                     nmi_blocked: nmi_block_q};

  OneEvent: assert property (@(posedge clk_i) disable iff (!rst_ni)
    $onehot0({take_trap_o, take_nmi_o, take_intr_o, take_break_o}));
  NmiNotNested: assert property (@(posedge clk_i) disable iff (!rst_ni)
    take_nmi_o |-> !nmi_block_q);
  ShadowHolds: assert property (@(posedge clk_i) disable iff (!rst_ni)
    boundary_i && mov_ss_q |-> !take_o);
  RepNotHalted: assert property (@(posedge clk_i) disable iff (!rst_ni)
    !(rep_q && halted_q));
  IretUnblocksNmi: assert property (@(posedge clk_i) disable iff (!rst_ni)
    step_i && iret_now && !take_nmi_o |=> !nmi_block_q);
  NothingBehindReset: assert property (@(posedge clk_i)
    !rst_ni |=> {rep_q, halted_q, state_o, nmi_pend_q, tf_start_q, shadow_set_q, hlt_set_q, iret_q} == '0);

endmodule
