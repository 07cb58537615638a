// SPDX-License-Identifier: Apache-2.0
// Events: which one is taken between instructions, what a fault turns into while another event is
// being delivered, and the event in delivery. Combinational choices, one register set. SDM Vol. 3A
// "Priority Among Concurrent Events", "Interrupt 8-Double Fault Exception", "Error Code".
module event_unit
  import cpu_pkg::*;
  import record_pkg::*;
(
  input  logic        clk_i, rst_ni,
  // between instructions
  input  logic        boundary_i,     // an event may be taken in this cycle
  input  logic        in_rep_i,       // a string instruction has iterations left
  input  logic        step_i,         // single-step #DB pending
  input  logic        nmi_i,          // edge of this level
  input  logic        intr_i,
  input  logic [7:0]  intr_vector_i,
  input  logic        if_i,
  input  logic        sti_shadow_i, ss_shadow_i,
  output logic        take_o,         // an event is taken
  output logic        take_step_o, take_intr_o, take_nmi_o,
  input  logic        nmi_done_i,     // IRET
  output logic        nmi_blocked_o,
  // faults, and INT n and its like
  input  fault_t      fault_i,
  input  logic        soft_i,
  input  logic        soft_check_i,   // INT n, INT3, INTO: DPL is checked, EXT stays 0
  input  logic [7:0]  soft_vector_i,
  output logic        shutdown_o,     // with fault_i: no delivery
  // the event in delivery
  input  logic        done_i,
  output logic        active_o,
  output retire_kind_e kind_o,
  output logic [7:0]  vector_o,
  output logic [15:0] error_code_o,   // to push
  output logic [31:0] error_full_o,
  output logic        has_error_o,
  output logic        soft_o, dpl_check_o,
  output logic        rf_o,           // RF is pushed as 1
  output logic        rf_keep_o       // RF is pushed as it stands; neither: as 0
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

  logic         active_q, has_error_q, dpl_check_q, rf_q, rf_keep_q;
  retire_kind_e kind_q;
  logic [7:0]   vector_q;
  logic [31:0]  error_q;
  logic         nmi_last_q, nmi_pend_q, nmi_block_q;

  always_comb begin
    take_step_o = 1'b0;
    take_nmi_o = 1'b0;
    take_intr_o = 1'b0;
    if (boundary_i && !ss_shadow_i) begin
      take_step_o = step_i;
      take_nmi_o = !step_i && nmi_pend_q && !nmi_block_q;
      take_intr_o = !step_i && !take_nmi_o && intr_i && if_i && !sti_shadow_i;
    end
    take_o = take_step_o || take_nmi_o || take_intr_o;
  end

  // The first fault's class against the second's.
  //   first \ second   contributory  page fault  other
  //   contributory     #DF           second      second
  //   page fault       #DF           #DF         second
  //   #DF              shutdown (any)
  class_e first, second;
  logic   double_fault, ext;
  always_comb begin
    first = active_q && kind_q == RetExc ? class_of(vector_q) : ClBenign;
    second = class_of(fault_i.vec);
    double_fault = (first == ClContributory && second == ClContributory)
                || (first == ClPageFault && (second == ClContributory || second == ClPageFault));
    shutdown_o = fault_i.valid && first == ClDouble;
    ext = active_q && !dpl_check_q && fault_i.vec inside {[VecTs:VecGp]};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      nmi_last_q <= 1'b0;
      nmi_pend_q <= 1'b0;
      nmi_block_q <= 1'b0;
      kind_q <= RetInsn;
      vector_q <= '0;
      error_q <= '0;
      has_error_q <= 1'b0;
      dpl_check_q <= 1'b0;
      rf_q <= 1'b0;
      rf_keep_q <= 1'b0;
    end else begin
      nmi_last_q <= nmi_i;
      if (nmi_i && !nmi_last_q) nmi_pend_q <= 1'b1;
      else if (take_nmi_o) nmi_pend_q <= 1'b0;
      if (take_nmi_o) nmi_block_q <= 1'b1;
      else if (nmi_done_i) nmi_block_q <= 1'b0;

      if (done_i) active_q <= 1'b0;
      if (fault_i.valid) begin
        active_q <= 1'b1;
        kind_q <= RetExc;
        vector_q <= double_fault ? VecDf : fault_i.vec;
        error_q <= double_fault ? '0 : fault_i.error_code | {31'd0, ext};
        has_error_q <= double_fault || pushes_error(fault_i.vec);
        dpl_check_q <= 1'b0;
        rf_q <= !double_fault;
        rf_keep_q <= 1'b0;
      end else if (take_o || soft_i) begin
        active_q <= 1'b1;
        kind_q <= soft_i ? RetSoftInt : take_step_o ? RetExc : take_nmi_o ? RetNmi : RetIntr;
        vector_q <= soft_i ? soft_vector_i : take_step_o ? VecDb
                    : take_nmi_o ? VecNmi : intr_vector_i;
        error_q <= '0;
        has_error_q <= 1'b0;
        dpl_check_q <= soft_i && soft_check_i;
        rf_q <= !soft_i && in_rep_i;  // SDM Vol. 3B "Instruction-Breakpoint Exception Condition"
        rf_keep_q <= !soft_i;
      end
    end
  end

  assign nmi_blocked_o = nmi_block_q;
  assign active_o = active_q;
  assign kind_o = kind_q;
  assign vector_o = vector_q;
  assign error_code_o = error_q[15:0];
  assign error_full_o = error_q;
  assign has_error_o = has_error_q;
  assign soft_o = kind_q == RetSoftInt;
  assign dpl_check_o = dpl_check_q;
  assign rf_o = rf_q;
  assign rf_keep_o = rf_keep_q;

endmodule
