// SPDX-License-Identifier: Apache-2.0
// The registers of an instruction's work: general registers, the microcode's temporaries, RFLAGS,
// RIP and the RIP behind the instruction, CPL; and the value that a word writes, wherever it goes
// (wr_o). One general register and RSP of a push or pop are written in a cycle. SDM Vol. 1 "Basic
// Program Execution Registers".
module cpu_regs
  import cpu_pkg::*;
  import ucode_pkg::*;
  import cpu_port_pkg::*;
(
  input  logic              clk_i, rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */  // some fields of each
  input  boot_t             boot_i,
  input  uop_t              uop_i,
  input  insn_t             insn_i,
  input  mode_t             mode_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  log2_t             size_i,
  // the word's results, by who made them
  input  logic              exec_i, mem_wait_i, mul_wait_i,
  input  logic              step_i,         // the word is done
  input  logic              alu_write_i,
  input  logic [63:0]       alu_result_i, alu_flags_i,
  input  logic [63:0]       tsc_i,
  input  logic              mem_done_i,
  input  logic [127:0]      mem_rdata_i,
  input  logic              mul_done_i,
  input  logic [63:0]       mul_lo_i, mul_hi_i, mul_flags_i,
  // the instruction
  input  logic              accept_i,
  input  logic [3:0]        len_i,
  input  logic              finish_i, more_i, taken_i, rf_clear_i, raised_i,
  input  logic [63:0]       target_i,
  output logic              wr_o,
  output logic [63:0]       wr_value_o,
  output logic [15:0][63:0] gpr_o, tmp_o,
  output logic [63:0]       rip_o, nrip_o, flags_o,
  output logic [63:0]       ldhi_o, mdhi_o, wdhi_o,  // upper halves: load, product, store
  output logic [1:0]        cpl_o,
  output logic [1:0]        access_cpl_o,   // level of data accesses: a delivery's new one
  output logic [15:0]       ss_error_o,     // error code of the #SS of a stack being switched to
  output log2_t             gate_log2_o     // a gate's size: that of the pushes through it
);

  logic [15:0][63:0] gpr_q, tmp_q;
  logic [63:0]       rip_q, nrip_q, flags_q, wdhi_q, ldhi_q, mdhi_q;
  logic [1:0]        cpl_q, tcpl_q;
  logic              tcpl_v_q;
  logic [15:0]       ss_error_q;
  log2_t             gate_log2_q;

  assign gpr_o = gpr_q;
  assign tmp_o = tmp_q;
  assign rip_o = rip_q;
  assign nrip_o = nrip_q;
  assign flags_o = flags_q;
  assign ldhi_o = ldhi_q;
  assign mdhi_o = mdhi_q;
  assign wdhi_o = wdhi_q;
  assign cpl_o = cpl_q;
  assign access_cpl_o = tcpl_v_q ? tcpl_q : cpl_q;
  assign ss_error_o = ss_error_q;
  assign gate_log2_o = gate_log2_q;

  always_comb begin
    wr_o = 1'b0;
    wr_value_o = alu_result_i;
    if (exec_i) begin
      wr_o = step_i && ((uop_i.op == OpAlu && alu_write_i) || uop_i.op == OpRdtsc);
      if (uop_i.op == OpRdtsc) wr_value_o = tsc_i;
    end else if (mem_wait_i) begin
      wr_o = step_i && uop_i.op == OpLd;
      wr_value_o = mem_rdata_i[63:0] & size_mask(size_i);
    end else if (mul_wait_i) begin
      wr_o = step_i;
      wr_value_o = mul_lo_i;
    end
  end

  logic        rsp_we;
  logic [63:0] rsp_new;
  always_comb begin
    rsp_we = mem_done_i && (uop_i.m_push || uop_i.m_pop);
    rsp_new = merge(gpr_q[4], uop_i.m_push ? gpr_q[4] - (64'd1 << size_i)
                                           : gpr_q[4] + (64'd1 << size_i), mode_i.stack_log2);
  end

  // AH CH DH BH are registers 4 to 7 of byte size without REX.
  logic        wr_gpr, wr_high;
  logic [63:0] wr_merged;
  logic [3:0]  wr_n;
  always_comb begin
    wr_gpr = wr_o && (uop_i.dst <= RgR15 || uop_i.dst == RgReg || uop_i.dst == RgRm);
    wr_n = uop_i.dst == RgReg ? insn_i.reg_n : uop_i.dst == RgRm ? insn_i.rm_n : uop_i.dst[3:0];
    wr_high = (uop_i.dst == RgReg || uop_i.dst == RgRm) && size_i == 3'd0 && !insn_i.rex
           && wr_n[3:2] == 2'b01;
    wr_merged = '0;
    if (wr_gpr) begin
      if (wr_high) begin
        wr_n = {2'b00, wr_n[1:0]};
        wr_merged = {gpr_q[wr_n][63:16], wr_value_o[7:0], gpr_q[wr_n][7:0]};
      end else begin
        // POP SP leaves the rest of RSP incremented: SDM Vol. 2 "POP".
        wr_merged = merge(rsp_we && wr_n == 4'd4 ? rsp_new : gpr_q[wr_n], wr_value_o, size_i);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      gpr_q <= '0;
      gpr_q[0] <= boot_i.rax;
      gpr_q[3] <= boot_i.rbx;
      gpr_q[4] <= boot_i.rsp;
      gpr_q[6] <= boot_i.rsi;
    end else begin
      if (rsp_we) gpr_q[4] <= rsp_new;
      if (wr_gpr) gpr_q[wr_n] <= wr_merged;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tmp_q <= '0;
      ldhi_q <= '0;
      wdhi_q <= '0;
      mdhi_q <= '0;
      gate_log2_q <= 3'd1;
    end else begin
      if (wr_o && uop_i.dst >= RgT0 && uop_i.dst <= RgT15) tmp_q[uop_i.dst[3:0]] <= wr_value_o;
      if (wr_o && uop_i.dst == RgWdhi) wdhi_q <= wr_value_o;
      if (wr_o && uop_i.dst == RgGsb) begin
        gate_log2_q <= wr_value_o[3] ? 3'd3 : wr_value_o[2] ? 3'd2 : 3'd1;
      end
      if (mem_done_i) ldhi_q <= mem_rdata_i[127:64];
      if (mul_done_i) mdhi_q <= mul_hi_i;
    end
  end

  logic [63:0] flags_d;
  always_comb begin
    flags_d = flags_q;
    if (step_i && uop_i.m_f && uop_i.op == OpAlu) flags_d = alu_flags_i;
    else if (step_i && uop_i.m_f && mul_wait_i) flags_d = mul_flags_i;
    else if (wr_o && uop_i.dst == RgFlags) begin
      flags_d = wr_value_o & FlExisting;
      flags_d[FlOne] = 1'b1;
    end
    if (rf_clear_i) flags_d[FlRf] = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rip_q <= boot_i.rip;
      nrip_q <= '0;
      flags_q <= 64'd1 << FlOne;
      cpl_q <= 2'd0;
      tcpl_q <= 2'd0;
      tcpl_v_q <= 1'b0;
      ss_error_q <= '0;
    end else begin
      flags_q <= flags_d;
      if (accept_i) begin
        nrip_q <= mode_i.l64 ? rip_q + {60'd0, len_i} : {32'd0, rip_q[31:0] + {28'd0, len_i}};
      end
      if (finish_i && !more_i) rip_q <= taken_i ? target_i : nrip_q;
      if (wr_o && uop_i.dst == RgCpl) cpl_q <= wr_value_o[1:0];
      if (wr_o && uop_i.dst == RgTcpl) begin
        tcpl_q <= wr_value_o[1:0];
        tcpl_v_q <= 1'b1;
      end
      if (wr_o && uop_i.dst == RgSserr) ss_error_q <= wr_value_o[15:0];
      if (finish_i || raised_i) begin
        tcpl_v_q <= 1'b0;
        ss_error_q <= '0;
      end
    end
  end

endmodule
