// SPDX-License-Identifier: Apache-2.0
// The event in delivery, and what a fault turns into while one is: the second fault, a double fault
// or shutdown. An event begins in the cycle after take_i, soft_i or a fault; it stands until done_i
// or the next fault. SDM Vol. 3A "Interrupt 8-Double Fault Exception", "Error Code".
module event_unit
  import cpu_pkg::*;
  import record_pkg::*;
(
  input  logic        clk_i, rst_ni,
  // between instructions
  input  logic        take_trap_i, take_intr_i, take_nmi_i, take_break_i,  // #DB: trap, fault
  input  logic        in_rep_i,       // a string instruction has iterations left
  input  logic [7:0]  intr_vector_i,
  // faults, and INT n and its like
  /* verilator lint_off UNUSEDSIGNAL */  // CR2 goes to its register
  input  outcome_t    fault_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic        soft_i,
  input  logic        soft_check_i,   // INT n, INT3, INTO: DPL is checked, EXT stays 0
  input  logic [7:0]  soft_vector_i,
  output logic        shutdown_o,     // with fault_i: no delivery
  input  logic        done_i,
  output event_t      event_o
);

  typedef enum logic [1:0] {ClBenign, ClContributory, ClPageFault, ClDouble} class_e;

  function automatic class_e class_of(input logic [7:0] v);
    unique case (v)
      VecDe, VecTs, VecNp, VecSs, VecGp: return ClContributory;
      VecPf: return ClPageFault;
      VecDf: return ClDouble;
      default: return ClBenign;
    endcase
  endfunction

  function automatic logic pushes_error(input logic [7:0] v);
    return v inside {VecDf, [VecTs:VecPf], VecAc};
  endfunction

  event_t event_q;
  logic   fault, take;
  assign fault = fault_i.kind != OcNone;
  assign take = take_trap_i || take_nmi_i || take_intr_i || take_break_i;

  // The first fault's class against the second's.
  //   first \ second   contributory  page fault  other
  //   contributory     #DF           second      second
  //   page fault       #DF           #DF         second
  //   #DF              shutdown (any)
  class_e first, second;
  logic   double_fault, ext;
  always_comb begin
    first = event_q.active && event_q.kind == RetExc ? class_of(event_q.vec) : ClBenign;
    second = class_of(fault_i.vec);
    double_fault = (first == ClContributory && second == ClContributory)
                || (first == ClPageFault && (second == ClContributory || second == ClPageFault));
    shutdown_o = fault && first == ClDouble;
    ext = event_q.active && !event_q.dpl_check && fault_i.vec inside {[VecTs:VecGp]};
  end

  // RF is pushed as 1 by a fault, and by an event between two iterations of a string instruction
  // (SDM Vol. 3B "Instruction-Breakpoint Exception Condition"); by an instruction breakpoint and by
  // #DF, an abort, as it stands, which is 0 when an instruction began; by software as 0.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      event_q <= '{kind: RetInsn, rf: RfKeep, default: '0};
    end else if (fault) begin
      event_q <= '{active: 1'b1, kind: RetExc, vec: double_fault ? VecDf : fault_i.vec,
                   error_code: double_fault ? '0 : fault_i.error_code | {31'd0, ext},
                   has_error: double_fault || pushes_error(fault_i.vec), dpl_check: 1'b0,
                   rf: double_fault ? RfKeep : RfSet};
    end else if (soft_i) begin
      event_q <= '{active: 1'b1, kind: RetSoftInt, vec: soft_vector_i, error_code: '0,
                   has_error: 1'b0, dpl_check: soft_check_i, rf: RfClear};
    end else if (take) begin
      event_q <= '{active: 1'b1,
                   kind: take_nmi_i ? RetNmi : take_intr_i ? RetIntr : RetExc,
                   vec: take_nmi_i ? VecNmi : take_intr_i ? intr_vector_i : VecDb,
                   error_code: '0, has_error: 1'b0, dpl_check: 1'b0,
                   rf: in_rep_i ? RfSet : RfKeep};
    end else if (done_i) begin
      event_q.active <= 1'b0;
    end
  end

  assign event_o = event_q;

  OneCause: assert property (@(posedge clk_i) disable iff (!rst_ni)
    $onehot0({fault, soft_i, take, done_i}));

endmodule
