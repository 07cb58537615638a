// SPDX-License-Identifier: Apache-2.0
// Builds the retire and sys records (docs/record.md) in the cycle after an instruction or event has
// completed, from the architectural state as it then stands. Simulation only.
// A sys record follows the first retirement, every event, a change, and a retirement at which
// ask_i is high. choice: a change is looked for at an event, when dirty_i says that something was
// written, when asked, and at every 16th retirement whatever dirty_i says; so a write that dirty_i
// forgets, or a register that changes by itself, is seen at most 16 retirements late.
module cpu_trace
  import cpu_pkg::*;
  import record_pkg::*;
(
  input  logic              clk_i, rst_ni,
  input  logic [63:0]       cycle_i,
  input  logic              valid_i,
  input  retire_kind_e      kind_i,
  input  logic [7:0]        vector_i, flags_i,
  input  logic [31:0]       error_code_i,
  input  logic [63:0]       seq_i, rip_i, next_rip_i, rflags_i,
  input  logic [15:0][63:0] gpr_i,
  input  logic [127:0]      bytes_i,
  input  logic [3:0]        len_i,
  input  logic [1:0]        cpl_i,
  input  logic [7:0]        mode_i,
  input  sysreg_t           sys_i,
  input  seg_t [9:0]        segs_i,
  input  logic              dirty_i,   // system state was written since the last valid_i
  input  boundary_t         boundary_i,
  input  logic              ask_i,     // the harness wants a sys record
  output logic              retire_valid_o,
  output retire_t           retire_o,
  output logic              sys_valid_o,
  output sys_t              sys_o
);

  sys_t       sys_q;     // as emitted last, cycle zero
  logic       seen_q;
  logic [3:0] count_q;   // retirements

  logic event_now, look, changed;
  assign event_now = kind_i != RetInsn;
  assign look = valid_i && (!seen_q || event_now || dirty_i || ask_i || count_q == '1);

  always_comb begin
    retire_valid_o = valid_i;
    retire_o = '0;
    if (valid_i) begin
      retire_o.cycle = cycle_i;
      retire_o.seq = seq_i;
      retire_o.rip = rip_i;
      retire_o.next_rip = next_rip_i;
      retire_o.rflags = rflags_i;
      retire_o.gpr = gpr_i;
      retire_o.bytes = bytes_i;
      retire_o.len = {4'd0, len_i};
      retire_o.kind = kind_i;
      retire_o.cpl = {6'd0, cpl_i};
      retire_o.mode = mode_i;
      retire_o.vector = vector_i;
      retire_o.flags = flags_i;
      retire_o.error_code = error_code_i;
      if (kind_i != RetShutdown) retire_o.boundary = {8'd0, boundary_i};
      retire_o.cr2 = sys_i.cr2;
    end
  end

  always_comb begin
    sys_valid_o = 1'b0;
    sys_o = '0;
    changed = 1'b0;
    if (look) begin
      sys_o.cr0 = sys_i.cr0;
      sys_o.cr3 = sys_i.cr3;
      sys_o.cr4 = sys_i.cr4;
      sys_o.efer = sys_i.efer;
      sys_o.dr6 = sys_i.dr6;
      sys_o.dr7 = sys_i.dr7;
      sys_o.dr = sys_i.dr;
      sys_o.gdtr_base = sys_i.gdtb;
      sys_o.idtr_base = sys_i.idtb;
      sys_o.gdtr_limit = {16'd0, sys_i.gdtl};
      sys_o.idtr_limit = {16'd0, sys_i.idtl};
      for (int unsigned i = 0; i < 8; i++) begin
        sys_o.seg[i].base = segs_i[i].base;
        sys_o.seg[i].limit = segs_i[i].limit;
        sys_o.seg[i].selector = segs_i[i].sel;
        sys_o.seg[i].attr = segs_i[i].attr;
      end
      sys_o.star = sys_i.star;
      sys_o.lstar = sys_i.lstar;
      sys_o.cstar = sys_i.cstar;
      sys_o.fmask = sys_i.fmask;
      sys_o.kernel_gs_base = sys_i.kgsb;
      sys_o.tsc_aux = sys_i.tscaux;
      sys_o.pat = sys_i.pat;
      sys_o.apic_base = sys_i.apicb;
      sys_o.sysenter_cs = sys_i.sysenter_cs;
      sys_o.sysenter_esp = sys_i.sysenter_esp;
      sys_o.sysenter_eip = sys_i.sysenter_eip;
      sys_o.misc_enable = sys_i.misc;
      changed = !seen_q || sys_o != sys_q;
      sys_valid_o = changed || event_now || ask_i;
      sys_o.asked = {7'd0, !changed && !event_now};
      sys_o.cycle = cycle_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      seen_q <= 1'b0;
      count_q <= '0;
      sys_q <= '0;
    end else begin
      if (valid_i) count_q <= count_q + 4'd1;
      if (sys_valid_o) begin
        seen_q <= 1'b1;
        sys_q <= sys_o;
        sys_q.cycle <= '0;
        sys_q.asked <= '0;
      end
    end
  end

endmodule
