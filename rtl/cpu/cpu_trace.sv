// SPDX-License-Identifier: Apache-2.0
// Builds the retire and sys records (docs/record.md) in the cycle after an instruction or event has
// completed, from the architectural state as it then stands. Simulation only.
// A sys record follows the first retirement, every event, a change, and a retirement at which
// ask_i is high. choice: a change is looked for at an event, when write_i told of a write, when
// asked, and at every 16th retirement in any case; so a write that write_i forgets, or a register
// that changes by itself, is seen at most 16 retirements late. Stimuli are told as they are used.
module cpu_trace
  import cpu_pkg::*;
  import record_pkg::*;
(
  input  logic              clk_i, rst_ni,
  input  logic [63:0]       cycle_i,
  // the cycle of completion
  input  logic              finish_i, more_i, plain_end_i, halt_i,
  input  logic              shutdown_i,
  /* verilator lint_off UNUSEDSIGNAL */  // some fields
  input  event_t            event_i,
  input  insn_t             insn_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [127:0]      bytes_i,
  input  logic [63:0]       seq_i,
  input  logic              write_i,   // system state is written in this cycle
  // stimuli
  input  logic              take_intr_i, take_nmi_i, tsc_read_i,
  input  logic [7:0]        intr_vector_i,
  input  logic [63:0]       tsc_i,
  // state
  input  logic [63:0]       rip_i, rflags_i,
  input  logic [15:0][63:0] gpr_i,
  input  logic [1:0]        cpl_i,
  /* verilator lint_off UNUSEDSIGNAL */  // some fields
  input  mode_t             mode_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  sysreg_t           sys_i,
  input  mmu_pkg::pdpte_t [3:0] pdpte_i,
  input  mmu_pkg::mtrr_t    mtrr_i,
  input  seg_t [9:0]        segs_i,
  input  boundary_t         boundary_i,
  input  logic              ask_i,     // the harness wants a sys record
  output logic              retire_valid_o,
  output retire_t           retire_o,
  output logic              sys_valid_o,
  output sys_t              sys_o,
  output logic              stim_valid_o,
  output stim_t             stim_o
);

  // What has just completed.
  logic         valid_q, dirty_q, write_q;
  retire_kind_e kind_q;
  logic [7:0]   vector_q, flags_q;
  logic [31:0]  error_q;
  logic [63:0]  rip_q, seq_q;
  logic [127:0] bytes_q;
  logic [3:0]   len_q;
  logic         is_insn;
  assign is_insn = !event_i.active || event_i.kind == RetSoftInt;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      dirty_q <= 1'b0;
      write_q <= 1'b0;
      kind_q <= RetInsn;
      vector_q <= '0;
      flags_q <= '0;
      error_q <= '0;
      rip_q <= '0;
      seq_q <= '0;
      bytes_q <= '0;
      len_q <= '0;
    end else begin
      valid_q <= finish_i || shutdown_i;
      write_q <= (write_q || write_i) && !finish_i;
      if (finish_i || shutdown_i) begin
        dirty_q <= write_q || write_i;
        rip_q <= rip_i;
        seq_q <= seq_i;
        kind_q <= event_i.active ? event_i.kind : RetInsn;
        vector_q <= event_i.active ? event_i.vec : '0;
        flags_q <= {5'd0, plain_end_i && halt_i, more_i && !event_i.active,
                    event_i.active && event_i.has_error};
        error_q <= event_i.active && event_i.has_error ? event_i.error_code : '0;
        bytes_q <= is_insn ? bytes_i : '0;
        len_q <= is_insn ? insn_i.len : '0;
      end
      if (shutdown_i) begin
        kind_q <= RetShutdown;
        vector_q <= '0;
        flags_q <= '0;
        error_q <= '0;
        bytes_q <= '0;
        len_q <= '0;
      end
    end
  end

  always_comb begin
    stim_valid_o = take_intr_i || take_nmi_i || tsc_read_i;
    stim_o = '0;
    if (stim_valid_o) begin
      stim_o.cycle = cycle_i;
      stim_o.kind = take_intr_i ? 8'd0 : take_nmi_i ? 8'd4 : 8'd1;
      stim_o.value = take_intr_i ? {56'd0, intr_vector_i} : take_nmi_i ? 64'd0 : tsc_i;
    end
  end

  sys_t       sys_q;     // as emitted last, cycle zero
  logic       seen_q;
  logic [3:0] count_q;   // retirements

  logic event_now, look, changed;
  assign event_now = kind_q != RetInsn;
  assign look = valid_q && (!seen_q || event_now || dirty_q || ask_i || count_q == '1);

  always_comb begin
    retire_valid_o = valid_q;
    retire_o = '0;
    if (valid_q) begin
      retire_o.cycle = cycle_i;
      retire_o.seq = seq_q;
      retire_o.rip = rip_q;
      retire_o.next_rip = rip_i;
      retire_o.rflags = rflags_i;
      retire_o.gpr = gpr_i;
      retire_o.bytes = bytes_q;
      retire_o.len = {4'd0, len_q};
      retire_o.kind = kind_q;
      retire_o.cpl = {6'd0, cpl_i};
      retire_o.mode = !mode_i.lma ? 8'd1 : mode_i.l64 ? 8'd3 : 8'd2;
      retire_o.vector = vector_q;
      retire_o.flags = flags_q;
      retire_o.error_code = error_q;
      if (kind_q != RetShutdown) retire_o.boundary = {8'd0, boundary_i};
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
      sys_o.tsc_adjust = sys_i.tscadj;
      sys_o.pkrs = {32'd0, sys_i.pkrs};
      sys_o.pkru = {32'd0, sys_i.pkru};
      sys_o.pdpte = pdpte_i;
      sys_o.mtrr_def_type = mtrr_def_type(mtrr_i);
      for (int unsigned i = 0; i < mmu_pkg::MtrrRanges; i++) begin
        sys_o.mtrr_base[i] = mtrr_base(mtrr_i.range[i]);
        sys_o.mtrr_mask[i] = mtrr_mask(mtrr_i.range[i]);
      end
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
      if (valid_q) count_q <= count_q + 4'd1;
      if (sys_valid_o) begin
        seen_q <= 1'b1;
        sys_q <= sys_o;
        sys_q.cycle <= '0;
        sys_q.asked <= '0;
      end
    end
  end

endmodule
