// SPDX-License-Identifier: Apache-2.0
// The processor: microcoded, in order, one instruction at a time. Wiring: cpu_seq steps through an
// instruction, cpu_boundary chooses events between two, breakpoint knows what DR0 to DR3 match,
// fetch and decode give the instruction, ucode the word, cpu_operand what it names, alu, muldiv,
// lsu and cpu_flow do it, cpu_regs, segment and sysreg hold the state, event_unit the event in
// delivery, cpu_bus the one bus port.
// A register instruction takes 2 cycles, a load or store that hits the TLB 4, a taken branch 2 and
// the translation of its target. bus_req_o comes from registers and stays until the ack.
// retire_valid_o is high for one cycle, in the cycle after the last word.
// SDM Vol. 1 "Basic Execution Environment"; Vol. 3A "System Architecture Overview".
module cpu
  import cpu_pkg::*;
  import ucode_pkg::*;
  import cpu_port_pkg::*;
  import feature_pkg::*;
  import undefined_pkg::*;
  import bus_pkg::*;
  import mmu_pkg::*;
  import record_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  boot_t       boot_i,          // sampled in reset
  input  cpuid_t      cpuid_i,         // constant from reset on
  input  undefined_e  undefined_i,     // constant from reset on
  input  logic [63:0] cycle_i,
  input  logic        sys_ask_i,       // a sys record is wanted at a retirement of this cycle
  // bus
  output bus_req_t    bus_req_o,
  input  bus_rsp_t    bus_rsp_i,
  input  logic [63:0] bus_seq_i,       // acks completed before this cycle
  input  logic        snoop_valid_i,   // a write by another master is acked in this cycle
  input  logic [39:4] snoop_addr_i,
  // events
  input  logic        intr_i,
  input  logic [7:0]  intr_vector_i,
  output logic        inta_o,
  input  logic        nmi_i,
  input  logic [63:0] tsc_i,           // the time-stamp counter but for TSC_ADJUST
  output logic        halted_o, shutdown_o,
  // records
  output logic        retire_valid_o,
  output retire_t     retire_o,
  output logic        sys_valid_o,
  output sys_t        sys_o,
  output logic        stim_valid_o,
  output stim_t       stim_o,
  output logic        xlate_valid_o,
  output xlate_t      xlate_o,
  output logic        walk_valid_o,
  output walk_t       walk_o
);

  // --- state, as the other parts see it --------------------------------------------------------
  logic [15:0][63:0] gpr, tmp;
  logic [63:0]       rip, nrip, flags, ldhi, mdhi, wdhi;
  logic [1:0]        cpl, access_cpl;
  logic [15:0]       ss_error;
  log2_t             gate_log2;
  seg_t [9:0]        segs;
  sysreg_t           sys;
  mode_t             mode;
  event_t            ev;
  pdpte_t [3:0]      pdpte;
  mtrr_t             mtrr;
  assign mode = mode_of(sys.efer[EferLma], segs[SegCs], segs[SegSs]);
  assign la57 = sys.cr4[Cr4La57];

  // --- steps of the work -----------------------------------------------------------------------
  logic         boundary, take, take_trap, take_intr, take_nmi, take_break, dr6_bs, watch;
  logic         rep, halted, look, accept;
  logic [3:0]   dr6_match, insn_match, access_match;
  watched_t     watched;
  logic         exec, mem_start, mem_wait, mem_done, mul_start, mul_wait, mul_done;
  logic         flush_start, flush_ready, pdpte_start, pdpte_done, pdpte_fault, la57, ustart, ustep, finish, more, down, shutdown, raised;
  logic         plain_end, halt, rf_clear, begun, unfetched, soft_start, ev_done, cond, decoded;
  label_e       ustart_label;
  insn_t        insn, decoded_insn;
  logic [127:0] bytes;
  logic [119:0] window;
  logic [63:0]  seq;
  uop_t         uop;
  outcome_t     decode_outcome, fetch_outcome, word_outcome, mem_outcome, mul_outcome, raise;
  boundary_t    boundary_state;

  assign raised = raise.kind != OcNone;
  assign soft_start = ustep && uop.op == OpSoftint;
  // Without its bytes an instruction does not begin.
  assign unfetched = look && (!decoded || decode_outcome.vec == VecGp);
  assign begun = soft_start || (raised && !ev.active && !unfetched);
  assign ev_done = finish && ev.active;
  assign halted_o = halted;
  assign shutdown_o = down;
  assign inta_o = take_intr;

  cpu_seq u_seq (
    .clk_i, .rst_ni, .bus_seq_i,
    .boundary_o(boundary), .take_i(take), .rep_i(rep), .halted_i(halted),
    .look_o(look), .complete_i(decoded), .decode_i(decode_outcome), .fetch_i(fetch_outcome),
    .decoded_i(decoded_insn), .window_i(window), .accept_o(accept),
    .insn_o(insn), .bytes_o(bytes), .seq_o(seq),
    .uop_i(uop), .cond_i(cond), .word_i(word_outcome), .exec_o(exec),
    .mem_start_o(mem_start), .mem_done_i(mem_done), .mem_i(mem_outcome), .mem_wait_o(mem_wait),
    .mul_start_o(mul_start), .mul_done_i(mul_done), .mul_i(mul_outcome), .mul_wait_o(mul_wait),
    .flush_start_o(flush_start), .flush_ready_i(flush_ready),
    .pdpte_start_o(pdpte_start), .pdpte_done_i(pdpte_done),
    .ustart_o(ustart), .ustart_label_o(ustart_label), .ustep_o(ustep),
    .finish_o(finish), .more_o(more), .raise_o(raise), .shutdown_i(shutdown), .down_o(down)
  );

  cpu_boundary u_boundary (
    .clk_i, .rst_ni,
    .boundary_i(boundary), .nmi_i, .intr_i, .flags_i(flags),
    .take_o(take), .take_trap_o(take_trap), .take_intr_o(take_intr), .take_nmi_o(take_nmi),
    .take_break_o(take_break), .dr6_bs_o(dr6_bs), .dr6_match_o(dr6_match),
    .insn_match_i(insn_match), .access_match_i(access_match),
    .look_i(look), .uop_i(uop), .shadow_i(a_val[1:0]), .step_i(ustep), .finish_i(finish),
    .more_i(more), .delivering_i(ev.active),
    .own_tf_i(insn.entry inside {UcSyscall, UcSysret}), .raised_i(raised), .begun_i(begun), .int1_i(soft_start && !uop.m_f),
    .plain_end_o(plain_end), .halt_o(halt), .rf_clear_o(rf_clear),
    .rep_o(rep), .halted_o(halted), .state_o(boundary_state)
  );

  breakpoint u_breakpoint (
    .dr7_i(sys.dr7), .dr_i(sys.dr), .de_i(sys.cr4[Cr4De]),
    .boundary_i(boundary), .l64_i(mode.l64), .cs_base_i(segs[SegCs].base[31:0]), .rip_i(rip),
    .insn_o(insn_match), .watch_o(watch), .access_i(watched), .access_o(access_match)
  );

  event_unit u_event (
    .clk_i, .rst_ni,
    .take_trap_i(take_trap), .take_intr_i(take_intr), .take_nmi_i(take_nmi),
    .take_break_i(take_break),
    .in_rep_i(rep), .intr_vector_i,
    .fault_i(raise), .soft_i(soft_start), .soft_check_i(uop.m_f), .soft_vector_i(a_val[7:0]),
    .shutdown_o(shutdown), .done_i(ev_done), .event_o(ev)
  );

  // --- fetch and decode ------------------------------------------------------------------------
  logic        fetch_flush, drop, fmmu_valid, lmmu_valid, mmu_rsp_valid, taken;
  logic [3:0]  avail;
  logic [39:4] drop_addr;
  logic [63:0] target;
  mmu_req_t    fmmu_req, lmmu_req;
  mmu_rsp_t    mmu_rsp;
  bus_req_t    fetch_req, data_req, walk_req;
  bus_rsp_t    fetch_rsp, data_rsp, walk_rsp;
  dec_ctx_t    dec_ctx;

  assign fetch_flush = raised || take || (exec && uop.op == OpSerialise) || (finish && taken);

  // While an instruction is in work, lines are read ahead for the one behind it.
  fetch u_fetch (
    .clk_i, .rst_ni,
    .flush_i(fetch_flush),
    .ip_i(look || boundary ? rip : nrip), .l64_i(mode.l64), .la57_i(la57), .cs_i(segs[SegCs]),
    .look_i(look), .need_i(look && !decoded), .user_i(cpl == 2'd3),
    .bytes_o(window), .avail_o(avail), .outcome_o(fetch_outcome),
    .drop_i(drop), .drop_addr_i(drop_addr),
    .mmu_valid_o(fmmu_valid), .mmu_req_o(fmmu_req),
    .mmu_rsp_valid_i(mmu_rsp_valid), .mmu_rsp_i(mmu_rsp),
    .bus_req_o(fetch_req), .bus_rsp_i(fetch_rsp)
  );

  assign dec_ctx = '{
    l64: mode.l64, code32: segs[SegCs].attr[AttrD], cpl0: cpl == 2'd0,
    cr0_em: sys.cr0[Cr0Em], cr0_ts: sys.cr0[Cr0Ts], cr0_mp: sys.cr0[Cr0Mp],
    cr4_de: sys.cr4[Cr4De], cr4_umip: sys.cr4[Cr4Umip], cr4_fsgsbase: sys.cr4[Cr4Fsgsbase],
    cr4_pke: sys.cr4[Cr4Pke], efer_sce: sys.efer[EferSce], away: cpuid_i.away
  };

  decode u_decode (
    .en_i(look && avail != 4'd0), .bytes_i(window), .avail_i(avail), .ctx_i(dec_ctx),
    .complete_o(decoded), .outcome_o(decode_outcome), .insn_o(decoded_insn)
  );

  // --- the word and what it names --------------------------------------------------------------
  logic [63:0]      uconst, a_val, b_val, msr_value;
  logic [3:0][31:0] cpuid_regs;
  logic [3:0]       useg;
  log2_t            size;
  label_e           ucode_label;
  lsu_req_t         access;

  ucode u_ucode (
    .clk_i, .rst_ni,
    .start_i(ustart), .start_label_i(ustart_label), .step_i(ustep), .cond_i(cond),
    .uop_o(uop), .const_o(uconst), .ucode_label_o(ucode_label)
  );

  cpu_operand u_operand (
    .exec_i(exec), .uop_i(uop), .const_i(uconst), .insn_i(insn), .mode_i(mode), .event_i(ev),
    .gpr_i(gpr), .tmp_i(tmp), .rip_i(rip), .nrip_i(nrip), .flags_i(flags), .cpl_i(cpl),
    .gate_log2_i(gate_log2), .ldhi_i(ldhi), .mdhi_i(mdhi), .wdhi_i(wdhi),
    .sys_i(sys), .segs_i(segs), .msr_i(msr_value), .cpuid_i(cpuid_regs),
    .size_o(size), .useg_o(useg), .a_o(a_val), .b_o(b_val), .access_o(access)
  );

  cpuid u_cpuid (
    .en_i(exec && uop.a >= RgCpa && uop.a <= RgCpd), .l64_i(mode.l64), .pke_i(sys.cr4[Cr4Pke]),
    .apic_i(sys.apicb[ApicBaseEnable]), .limit_i(sys.misc[MiscLimitCpuid]), .no_xd_i(sys.misc[MiscXdDisable]),
    .straps_i(cpuid_i), .leaf_i(gpr[0][31:0]), .subleaf_i(gpr[1][31:0]),
    .eax_o(cpuid_regs[0]), .ebx_o(cpuid_regs[1]), .ecx_o(cpuid_regs[2]), .edx_o(cpuid_regs[3])
  );

  // --- execution -------------------------------------------------------------------------------
  logic         alu_write, cc_true, sys_ok, msr_ok;
  logic [63:0]  alu_result, alu_flags, mul_lo, mul_hi, mul_flags;
  logic [127:0] mem_rdata;
  assign cc_true = condition(insn.cc, flags);

  alu u_alu (
    .en_i(exec && uop.op == OpAlu), .op_i(uop.alu == AluDecOp ? insn.alu : uop.alu),
    .size_i(size), .ssize_i(insn.ssz), .a_i(a_val), .b_i(b_val), .c_i(gpr[insn.reg_n]),
    .by_cl_i(uop.b == RgRcx), .cc_i(cc_true), .flags_i(flags), .undefined_i,
    .result_o(alu_result), .flags_o(alu_flags), .write_o(alu_write)
  );

  muldiv u_muldiv (
    .clk_i, .rst_ni,
    .start_i(mul_start), .op_i(uop.op), .size_i(size), .a_i(a_val), .b_i(b_val),
    .hi_i(gpr[2]), .lo_i(gpr[0]),
    .done_o(mul_done), .outcome_o(mul_outcome), .lo_o(mul_lo), .hi_o(mul_hi),
    .flags_i(flags), .undefined_i, .flags_o(mul_flags)
  );

  lsu u_lsu (
    .clk_i, .rst_ni,
    .start_i(mem_start), .req_i(access), .seg_i(segs[useg]), .seg_n_i(useg),
    .lma_i(mode.lma), .l64_i(mode.l64), .la57_i(la57), .user_i(access_cpl == 2'd3),
    .ac_i(sys.cr0[Cr0Am] && flags[FlAc]), .ss_err_i(ss_error),
    .apic_on_i(sys.apicb[ApicBaseEnable] && !sys.apicb[ApicBaseExtended]), .apic_page_i(sys.apicb[39:12]),
    .watch_i(watch), .watched_o(watched),
    .done_o(mem_done), .rdata_o(mem_rdata), .outcome_o(mem_outcome),
    .mmu_valid_o(lmmu_valid), .mmu_req_o(lmmu_req),
    .mmu_rsp_valid_i(mmu_rsp_valid), .mmu_rsp_i(mmu_rsp),
    .bus_req_o(data_req), .bus_rsp_i(data_rsp)
  );

  cpu_flow u_flow (
    .clk_i, .rst_ni,
    .exec_i(exec), .uop_i(uop), .insn_i(insn), .mode_i(mode), .event_i(ev),
    .flags_i(flags), .alu_flags_i(alu_flags), .cs_i(segs[SegCs]), .ncs_i(segs[SegNcs]),
    .cpl_i(cpl), .size_i(size), .a_i(a_val), .b_i(b_val), .alu_result_i(alu_result),
    .cc_i(cc_true), .sys_ok_i(sys_ok && !pdpte_fault), .msr_ok_i(msr_ok), .la57_i(la57),
    .has_la57_i(!cpuid_i.away[FtLa57]),
    .undefined_i, .step_i(ustep), .finish_i(finish), .raised_i(raised),
    .cond_o(cond), .outcome_o(word_outcome), .taken_o(taken), .target_o(target)
  );

  // --- registers -------------------------------------------------------------------------------
  logic        wr, tsc_read;
  logic [63:0] wr_value, tsc;
  assign tsc_read = exec && uop.op == OpRdtsc;
  assign tsc = tsc_read ? tsc_i + sys.tscadj : '0;  // S16

  cpu_regs u_regs (
    .clk_i, .rst_ni, .boot_i,
    .uop_i(uop), .insn_i(insn), .mode_i(mode), .size_i(size),
    .exec_i(exec), .mem_wait_i(mem_wait), .mul_wait_i(mul_wait), .step_i(ustep),
    .alu_write_i(alu_write), .alu_result_i(alu_result), .alu_flags_i(alu_flags), .tsc_i(tsc),
    .mem_done_i(mem_done), .mem_rdata_i(mem_rdata),
    .mul_done_i(mul_done), .mul_lo_i(mul_lo), .mul_hi_i(mul_hi), .mul_flags_i(mul_flags),
    .accept_i(accept), .len_i(decoded_insn.len),
    .finish_i(finish), .more_i(more), .taken_i(taken), .rf_clear_i(rf_clear), .raised_i(raised),
    .target_i(target),
    .wr_o(wr), .wr_value_o(wr_value),
    .gpr_o(gpr), .tmp_o(tmp), .rip_o(rip), .nrip_o(nrip), .flags_o(flags),
    .ldhi_o(ldhi), .mdhi_o(mdhi), .wdhi_o(wdhi),
    .cpl_o(cpl), .access_cpl_o(access_cpl), .ss_error_o(ss_error),
    .gate_log2_o(gate_log2)
  );

  // FS and GS base are MSRs as well.
  logic seg_msr, seg_field, seg_write, sys_we;
  assign seg_msr = wr && uop.dst == RgMsrv && gpr[1][31:0] inside {MsrFsBase, MsrGsBase};
  assign seg_field = (wr && uop.dst inside {RgSbase, RgSlim, RgSsel, RgSattr}) || seg_msr;
  assign seg_write = seg_field || (exec && uop.op inside {OpSegld, OpSegldHi, OpSegnull, OpSegmov,
                                                          OpSegdrop});
  assign sys_we = wr && uop.dst >= RgCr0 && uop.dst <= RgTscaux;

  segment u_segment (
    .clk_i, .rst_ni, .boot_i,
    .ld_i(exec && uop.op == OpSegld),
    .ld_hi_i(exec && uop.op == OpSegldHi),
    .null_i(exec && uop.op == OpSegnull),
    .mov_i(exec && uop.op == OpSegmov),
    .drop_i(exec && uop.op == OpSegdrop),
    .field_i(seg_field),
    .field_sel_i(seg_msr ? RgSbase : uop.dst),
    .seg_i(!seg_msr ? useg : gpr[1][0] ? 4'(SegGs) : 4'(SegFs)),
    .cpl_i(cpl),
    .a_i(seg_field ? wr_value : a_val),
    .b_i(b_val[15:0]),
    .segs_o(segs)
  );

  sysreg u_sysreg (
    .clk_i, .rst_ni, .boot_i, .away_i(cpuid_i.away),
    .we_i(sys_we),
    .sel_i(uop.dst),
    .value_i(wr_value),
    .chk_value_i(a_val),
    .ecx_i(gpr[1][31:0]),
    .dr_n_i(insn.reg_n[2:0]),
    .chk_i(exec && uop.op == OpChkw),
    .cs_l_i(segs[SegCs].attr[AttrL]),
    .tss16_i({segs[SegTr].attr[4:2], segs[SegTr].attr[0]} == 4'b0001),
    .cr2_we_i(raised && raise.vec == VecPf),
    .cr2_i(raise.cr2),
    .dr6_we_i(take_trap || take_break), .dr6_bs_i(dr6_bs), .dr6_match_i(dr6_match),
    .gd_clear_i(ev_done && ev.vec == VecDb
                && (ev.kind == RetExc || (ev.kind == RetSoftInt && !ev.dpl_check))),
    .ok_o(sys_ok),
    .regs_o(sys),
    .mtrr_o(mtrr),
    .msr_rd_i(exec && (uop.cond == CnMsrok || uop.a == RgMsrv)),
    .msr_ok_o(msr_ok),
    .msr_o(msr_value)
  );

  // --- MMU and bus -----------------------------------------------------------------------------
  mmu_flush_t flush;
  always_comb begin
    flush = '0;
    if (flush_start) begin
      flush.kind = flush_e'(b_val[2:0]);
      flush.va = a_val;
      flush.pcid = sys.cr4[Cr4Pcide] ? wdhi[11:0] : '0;
    end
  end

  mmu_ctx_t mmu_ctx;
  assign mmu_ctx = '{
    pg: sys.cr0[Cr0Pg], pse: sys.cr4[Cr4Pse], pae: sys.cr4[Cr4Pae], lma: mode.lma, la57: la57,
    wp: sys.cr0[Cr0Wp], pge: sys.cr4[Cr4Pge], pcide: sys.cr4[Cr4Pcide], smep: sys.cr4[Cr4Smep],
    smap: sys.cr4[Cr4Smap], pke: sys.cr4[Cr4Pke], pks: sys.cr4[Cr4Pks], nxe: sys.efer[EferNxe],
    ac: flags[FlAc], pkru: sys.pkru, pkrs: sys.pkrs, cr3: sys.cr3, pat: sys.pat,
    no_pat: cpuid_i.away[FtPat], no_pse36: cpuid_i.away[FtPse36],
    no_pdpe1gb: cpuid_i.away[FtPdpe1gb]
  };

`ifdef MMU_OWN  // another design, behind the adapter that `ringwalk run --mmu-rtl` makes
  mmu_own u_mmu (
    .spec_o(),
`else
  mmu u_mmu (
`endif
    .clk_i, .rst_ni,
    .ctx_i(mmu_ctx), .mtrr_i(mtrr),
    .req_valid_i(lmmu_valid || fmmu_valid), .req_i(lmmu_valid ? lmmu_req : fmmu_req),
    .rsp_valid_o(mmu_rsp_valid), .rsp_o(mmu_rsp),
    .flush_valid_i(flush_start), .flush_i(flush), .flush_ready_o(flush_ready),
    .pdpte_valid_i(pdpte_start), .pdpte_base_i(a_val[31:5]),
    .pdpte_done_o(pdpte_done), .pdpte_fault_o(pdpte_fault), .pdpte_o(pdpte),
    .bus_req_o(walk_req), .bus_rsp_i(walk_rsp),
    .cycle_i, .xlate_valid_o, .xlate_o, .walk_valid_o, .walk_o
  );

  cpu_bus u_bus (
    .clk_i, .rst_ni,
    .data_req_i(data_req), .walk_req_i(walk_req), .fetch_req_i(fetch_req),
    .data_rsp_o(data_rsp), .walk_rsp_o(walk_rsp), .fetch_rsp_o(fetch_rsp),
    .bus_req_o, .bus_rsp_i, .snoop_valid_i, .snoop_addr_i,
    .drop_o(drop), .drop_addr_o(drop_addr)
  );

  // --- records ---------------------------------------------------------------------------------
  cpu_trace u_trace (
    .clk_i, .rst_ni, .cycle_i,
    .finish_i(finish), .more_i(more), .plain_end_i(plain_end), .halt_i(halt),
    .shutdown_i(shutdown), .event_i(ev), .insn_i(insn), .bytes_i(bytes), .seq_i(seq),
    .write_i(sys_we || seg_write || take_trap || take_break),
    .take_intr_i(take_intr), .take_nmi_i(take_nmi), .tsc_read_i(tsc_read),
    .intr_vector_i, .tsc_i(tsc),
    .rip_i(rip), .rflags_i(flags), .gpr_i(gpr), .cpl_i(cpl), .mode_i(mode), .sys_i(sys),
    .pdpte_i(pdpte), .mtrr_i(mtrr), .segs_i(segs), .boundary_i(boundary_state), .ask_i(sys_ask_i),
    .retire_valid_o, .retire_o, .sys_valid_o, .sys_o, .stim_valid_o, .stim_o
  );

  OneTranslationAtATime: assert property (@(posedge clk_i) disable iff (!rst_ni)
    !(lmmu_valid && fmmu_valid));

  // Microcode and MMU name the kinds of flush alike.
  if (MmuFlushPage != 64'(FlushPage) || MmuFlushPagePcid != 64'(FlushPagePcid)
      || MmuFlushPcid != 64'(FlushPcid) || MmuFlushAll != 64'(FlushAll)
      || MmuFlushAllNonGlobal != 64'(FlushAllNonGlobal)) $error("kinds of flush differ");

  logic unused;
  assign unused = ^{ucode_label, insn.modreg, uop.k, uop.target};

endmodule
