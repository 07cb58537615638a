// SPDX-License-Identifier: Apache-2.0
// Control transfer: conditions of microcode clauses, the target of a jump with its check, and the
// outcome of a word (a jump beyond the segment, or a fault word). Combinational but for the target,
// which is kept until the instruction ends. SDM Vol. 2 "JMP", "CALL", "RET", "Jcc".
module cpu_flow
  import cpu_pkg::*;
  import ucode_pkg::*;
  import undefined_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  logic        exec_i,
  /* verilator lint_off UNUSEDSIGNAL */  // some fields of each
  input  uop_t        uop_i,
  input  insn_t       insn_i,
  input  mode_t       mode_i,
  input  event_t      event_i,
  input  logic [63:0] flags_i, alu_flags_i,
  input  seg_t        cs_i, ncs_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [1:0]  cpl_i,
  input  log2_t       size_i,
  input  logic [63:0] a_i, b_i, alu_result_i,
  input  logic        cc_i,           // the instruction's condition
  input  logic        sys_ok_i, msr_ok_i,
  input  logic        la57_i,         // CR4.LA57
  input  logic        has_la57_i,     // the feature
  input  undefined_e  undefined_i,
  input  logic        step_i, finish_i, raised_i,
  output logic        cond_o,         // the clause's condition holds
  output outcome_t    outcome_o,
  output logic        taken_o,        // with finish_i: to target_o
  output logic [63:0] target_o
);

  logic zero;
  always_comb begin
    zero = alu_result_i == '0;
    unique case (uop_i.cond)
      CnZ: cond_o = zero;
      CnNz: cond_o = !zero;
      CnC: cond_o = alu_flags_i[FlCf];
      CnNc: cond_o = !alu_flags_i[FlCf];
      CnS: cond_o = alu_flags_i[FlSf];
      CnNs: cond_o = !alu_flags_i[FlSf];
      CnL64: cond_o = mode_i.l64;
      CnNl64: cond_o = !mode_i.l64;
      CnLma: cond_o = mode_i.lma;
      CnNlma: cond_o = !mode_i.lma;
      CnCpl0: cond_o = cpl_i == 2'd0;
      CnNcpl0: cond_o = cpl_i != 2'd0;
      CnCpl3: cond_o = cpl_i == 2'd3;
      CnMem: cond_o = insn_i.mem;
      CnReg: cond_o = !insn_i.mem;
      CnCc: cond_o = cc_i;
      CnNcc: cond_o = !cc_i;
      CnRep: cond_o = insn_i.rep || insn_i.repne;
      CnNrep: cond_o = !insn_i.rep && !insn_i.repne;
      CnOk: cond_o = sys_ok_i;
      CnNok: cond_o = !sys_ok_i;
      CnCanon: cond_o = is_canonical(alu_result_i, la57_i);
      CnNcanon: cond_o = !is_canonical(alu_result_i, la57_i);
      CnCanon57: cond_o = is_canonical(alu_result_i, has_la57_i);
      CnNcanon57: cond_o = !is_canonical(alu_result_i, has_la57_i);
      CnO16: cond_o = insn_i.osz == 3'd1;
      CnO64: cond_o = insn_i.osz == 3'd3;
      CnNo64: cond_o = insn_i.osz != 3'd3;
      CnErr: cond_o = event_i.has_error;
      CnNerr: cond_o = !event_i.has_error;
      CnSoft: cond_o = event_i.dpl_check;
      CnNsoft: cond_o = !event_i.dpl_check;
      CnNzRepe: cond_o = !zero && flags_i[FlZf] == insn_i.rep;
      CnMsrok: cond_o = msr_ok_i;
      CnBcdsum: cond_o = bcd_sum(undefined_i);
      default: cond_o = 1'b1;
    endcase
  end

  // A near target is held against CS, a far one against the CS being loaded, a raw one against
  // nothing (S14).
  function automatic logic outside(input logic [63:0] target, input logic long_mode,
                                   input logic [31:0] limit);
    return long_mode ? !is_canonical(target, la57_i) : target > {32'd0, limit};
  endfunction

  logic        jump, bad;
  logic [63:0] target;
  always_comb begin
    jump = exec_i && (uop_i.op inside {OpJmp, OpJmpf, OpJmpraw} || (uop_i.op == OpJcc && cc_i));
    target = '0;
    bad = 1'b0;
    if (jump) begin
      target = (uop_i.op == OpJcc ? b_i : a_i) & size_mask(size_i);
      if (uop_i.op == OpJmpf) bad = outside(target, mode_i.lma && ncs_i.attr[AttrL], ncs_i.limit);
      else if (uop_i.op != OpJmpraw) bad = outside(target, mode_i.l64, cs_i.limit);
    end
  end

  always_comb begin
    outcome_o = '0;
    if (exec_i && uop_i.op == OpFault) outcome_o = exception(a_i[7:0], b_i[31:0]);
    else if (bad) outcome_o = exception(VecGp, '0);
  end

  logic        taken_q;
  logic [63:0] target_q;
  assign taken_o = taken_q || jump;
  assign target_o = jump ? target : target_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      taken_q <= 1'b0;
      target_q <= '0;
    end else begin
      if (step_i && jump) begin
        taken_q <= 1'b1;
        target_q <= target;
      end
      if (finish_i || raised_i) taken_q <= 1'b0;
    end
  end

endmodule
