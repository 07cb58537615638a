// SPDX-License-Identifier: Apache-2.0
// The processor: microcoded, in order, one instruction at a time. Wiring, the general registers,
// RFLAGS and RIP, and the steps of an instruction: StBoundary (events, first look at the bytes),
// StFetch (bytes still to come), StExec (one microcode word a cycle), StMem and StMul (waiting).
// A register instruction takes 2 cycles, a load or store that hits the TLB 4, a taken branch 2 and
// the translation of its target. bus_req_o comes from registers and stays until the ack.
// retire_valid_o is high for one cycle, in the cycle after the last word.
// SDM Vol. 1 "Basic Execution Environment"; Vol. 3A "System Architecture Overview".
module cpu
  import cpu_pkg::*;
  import ucode_pkg::*;
  import cpu_port_pkg::*;
  import bus_pkg::*;
  import mmu_pkg::*;
  import record_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  boot_t       boot_i,          // sampled in reset
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
  input  logic [63:0] tsc_i,
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

  typedef enum logic [2:0] {StBoundary, StFetch, StExec, StMem, StMul, StDown} state_e;

  localparam logic [63:0] FlagBits = 64'h3f_7fd5;

  // --- state -----------------------------------------------------------------------------------
  state_e            state_q;
  logic [15:0][63:0] gpr_q;
  logic [15:0][63:0] tmp_q;
  logic [63:0]       rip_q, nrip_q, tgt_q, flags_q, wdhi_q, ldhi_q, mdhi_q;
  logic [1:0]        cpl_q, tcpl_q;
  logic              tcpl_v_q, taken_q, rep_q, halted_q, hlt_set_q, keep_rf_q;
  logic              tf_start_q, step_pend_q;
  logic [1:0]        shadow_q, shadow_set_q;  // bit 0 STI, bit 1 MOV SS
  logic [15:0]       sserr_q;
  insn_t             insn_q;
  logic [127:0]      bytes_q;
  logic [63:0]       seq_q;

  // The instruction or event that has just completed.
  logic              ret_valid_q, ret_dirty_q, dirty_q;
  retire_kind_e      ret_kind_q;
  logic [7:0]        ret_vector_q, ret_flags_q;
  logic [31:0]       ret_error_q;
  logic [63:0]       ret_rip_q, ret_seq_q;
  logic [127:0]      ret_bytes_q;
  logic [3:0]        ret_len_q;

  seg_t [9:0]        segs;
  sysreg_t           sys;
  logic              lma, l64;
  assign lma = sys.efer[EferLma];
  assign l64 = lma && segs[SegCs].attr[13];

  logic [1:0] cpl_eff;
  assign cpl_eff = tcpl_v_q ? tcpl_q : cpl_q;

  // --- fetch and decode ------------------------------------------------------------------------
  logic         take, take_step, take_intr, take_nmi, boundary, look, fetch_flush;
  logic [63:0]  ip, fetch_lin, fetch_fault_va;
  logic [3:0]   left, avail;
  logic [119:0] window;
  logic         dec_complete;
  fault_t       dec_fault, fetch_fault;
  insn_t        dec_insn;
  dec_ctx_t     dec_ctx;
  logic         fmmu_valid, lmmu_valid, mmu_rsp_valid, drop;
  logic [39:4]  drop_addr;
  mmu_req_t     fmmu_req, lmmu_req;
  mmu_rsp_t     mmu_rsp;
  bus_req_t     fetch_req, data_req, walk_req;
  bus_rsp_t     fetch_rsp, data_rsp, walk_rsp;

  assign boundary = state_q == StBoundary;
  assign look = (boundary && !take && !rep_q && !halted_q) || state_q == StFetch;
  assign ip = boundary || state_q == StFetch ? rip_q : nrip_q;
  assign fetch_lin = l64 ? ip : {32'd0, segs[SegCs].base[31:0] + ip[31:0]};

  always_comb begin
    logic [63:0] room;
    room = '0;
    left = 4'd0;
    if (look) begin
      if (!l64) begin
        room = {32'd0, segs[SegCs].limit - ip[31:0]};
        if (ip[31:0] <= segs[SegCs].limit) left = room >= 64'd14 ? 4'd15 : room[3:0] + 4'd1;
      end else if (is_canonical(ip)) begin
        room = (ip[63] ? 64'hffff_ffff_ffff_ffff : 64'h7fff_ffff_ffff) - ip;
        left = room >= 64'd14 || ip[63] ? 4'd15 : room[3:0] + 4'd1;
      end
    end
  end

  fetch u_fetch (
    .clk_i, .rst_ni,
    .flush_i(fetch_flush),
    .lin_i(fetch_lin),
    .l64_i(l64),
    .left_i(left),
    .look_i(look),
    .need_i(look && !dec_complete),
    .user_i(cpl_q == 2'd3),
    .bytes_o(window),
    .avail_o(avail),
    .fault_o(fetch_fault),
    .fault_va_o(fetch_fault_va),
    .drop_i(drop),
    .drop_addr_i(drop_addr),
    .mmu_valid_o(fmmu_valid),
    .mmu_req_o(fmmu_req),
    .mmu_rsp_valid_i(mmu_rsp_valid),
    .mmu_rsp_i(mmu_rsp),
    .bus_req_o(fetch_req),
    .bus_rsp_i(fetch_rsp)
  );

  assign dec_ctx = '{
    l64: l64, cpl0: cpl_q == 2'd0,
    cr0_em: sys.cr0[Cr0Em], cr0_ts: sys.cr0[Cr0Ts], cr0_mp: sys.cr0[Cr0Mp],
    cr4_de: sys.cr4[Cr4De], cr4_umip: sys.cr4[Cr4Umip], cr4_fsgsbase: sys.cr4[Cr4Fsgsbase],
    efer_sce: sys.efer[EferSce]
  };

  decode u_decode (
    .en_i(look && avail != 4'd0),
    .bytes_i(window),
    .avail_i(avail),
    .ctx_i(dec_ctx),
    .complete_o(dec_complete),
    .fault_o(dec_fault),
    .insn_o(dec_insn)
  );

  logic accept;  // the instruction is decoded and begins
  assign accept = look && dec_complete && !dec_fault.valid;

  // --- microcode word, operands ----------------------------------------------------------------
  uop_t        uop;
  logic [63:0] uconst;
  label_e      ucode_label;
  logic        exec, ustart, ustep, cond;
  label_e      ustart_label;
  log2_t       size, ssel_size;
  logic [63:0] ea, a_val, b_val;

  ucode u_ucode (
    .clk_i, .rst_ni,
    .start_i(ustart),
    .start_label_i(ustart_label),
    .step_i(ustep),
    .cond_i(cond),
    .uop_o(uop),
    .const_o(uconst),
    .ucode_label_o(ucode_label)
  );

  assign exec = state_q == StExec;

  log2_t stack_size;
  assign stack_size = l64 ? 3'd3 : segs[SegSs].attr[14] ? 3'd2 : 3'd1;

  always_comb begin
    unique case (uop.sz)
      SzB: size = 3'd0;
      SzW: size = 3'd1;
      SzD: size = 3'd2;
      SzX: size = 3'd4;
      SzOp: size = insn_q.osz;
      SzSrc: size = insn_q.ssz;
      SzAd: size = insn_q.asz;
      SzStk: size = stack_size;
      SzNat: size = l64 ? 3'd3 : 3'd2;
      default: size = 3'd3;
    endcase
    ssel_size = uop.op == OpAlu && uop.alu inside {AluMovz, AluMovs} ? insn_q.ssz : size;
  end

  // SDM Vol. 1 "Specifying an Offset".
  always_comb begin
    ea = '0;
    if (exec) begin
      ea = insn_q.disp;
      if (insn_q.base_v) ea = ea + gpr_q[insn_q.base_n];
      if (insn_q.base_v && insn_q.pop_ea && insn_q.base_n == 4'd4) ea = ea + (64'd1 << insn_q.osz);
      if (insn_q.index_v) ea = ea + (gpr_q[insn_q.index_n] << insn_q.scale);
      if (insn_q.riprel) ea = ea + nrip_q;
      ea = ea & size_mask(insn_q.asz);
    end
  end

  function automatic logic [63:0] gpr_read(input logic [3:0] n, input log2_t s);
    if (s == 3'd0 && !insn_q.rex && n[3:2] == 2'b01) return {56'd0, gpr_q[{2'b00, n[1:0]}][15:8]};
    return gpr_q[n];
  endfunction

  // The segment register that a word names.
  logic [3:0] useg;
  always_comb begin
    unique case (uop.seg)
      SgDat: useg = {1'b0, insn_q.seg};
      SgSreg: useg = {1'b0, insn_q.sreg};
      SgLin, SgPhys, SgIo, SgNil: useg = 4'd0;
      default: useg = uop.seg;
    endcase
  end

  logic        ev_active, ev_has_error, ev_soft, ev_dpl_check, ev_rf, ev_rf_keep,
               ev_shutdown;
  retire_kind_e ev_kind;
  logic [7:0]  ev_vector;
  logic [15:0] ev_error;
  logic [31:0] ev_error_full;
  logic [63:0] msr_value;
  logic        msr_ok;
  logic [31:0] cpuid_a, cpuid_b, cpuid_c, cpuid_d;

  function automatic logic [63:0] read(input reg_e sel);
    if (sel <= RgR15) return gpr_q[sel[3:0]];
    if (sel <= RgT15) return tmp_q[sel[3:0]];
    unique case (sel)
      RgReg: return gpr_read(insn_q.reg_n, ssel_size);
      RgRm: return gpr_read(insn_q.rm_n, ssel_size);
      RgImm: return insn_q.imm;
      RgImm2: return {48'd0, insn_q.imm2};
      RgK: return uconst;
      RgEa: return ea;
      RgRip: return rip_q;
      RgNrip: return nrip_q;
      RgRelt: return nrip_q + insn_q.imm;
      RgFlags: return flags_q;
      RgOsb: return 64'd1 << insn_q.osz;
      RgStep: return flags_q[FlDf] ? -(64'd1 << insn_q.osz) : 64'd1 << insn_q.osz;
      RgEvec: return {56'd0, ev_vector};
      RgEerr: return {48'd0, ev_error};
      RgPflags: return ev_rf ? flags_q | (64'd1 << FlRf)
                       : ev_rf_keep ? flags_q : flags_q & ~(64'd1 << FlRf);
      RgPrip: return ev_soft ? nrip_q : rip_q;
      RgCpl: return {62'd0, cpl_q};
      RgLdhi: return ldhi_q;
      RgMdhi: return mdhi_q;
      RgWdhi: return wdhi_q;
      RgCr0: return sys.cr0;
      RgCr2: return sys.cr2;
      RgCr3: return sys.cr3;
      RgCr4: return sys.cr4;
      RgEfer: return sys.efer;
      RgDr6: return sys.dr6;
      RgDr7: return sys.dr7;
      RgDrn: return !insn_q.reg_n[2] ? sys.dr[insn_q.reg_n[1:0]]
                    : insn_q.reg_n[0] ? sys.dr7 : sys.dr6;
      RgGdtb: return sys.gdtb;
      RgGdtl: return {48'd0, sys.gdtl};
      RgIdtb: return sys.idtb;
      RgIdtl: return {48'd0, sys.idtl};
      RgStar: return sys.star;
      RgLstar: return sys.lstar;
      RgFmask: return sys.fmask;
      RgKgsb: return sys.kgsb;
      RgApicb: return sys.apicb & ~64'hfff;
      RgTscaux: return sys.tscaux;
      RgMsrv: return gpr_q[1][31:0] == 32'hc000_0100 ? segs[SegFs].base
                     : gpr_q[1][31:0] == 32'hc000_0101 ? segs[SegGs].base : msr_value;
      RgSbase: return uop.seg == SgDat && l64 && insn_q.seg[2] == 1'b0 ? '0 : segs[useg].base;
      RgSlim: return {32'd0, segs[useg].limit};
      RgSsel: return {48'd0, segs[useg].sel};
      RgSattr: return {48'd0, segs[useg].attr};
      RgCpa: return {32'd0, cpuid_a};
      RgCpb: return {32'd0, cpuid_b};
      RgCpc: return {32'd0, cpuid_c};
      RgCpd: return {32'd0, cpuid_d};
      default: return '0;
    endcase
  endfunction

  always_comb begin
    a_val = '0;
    b_val = '0;
    if (exec) begin
      a_val = read(uop.a);
      b_val = read(uop.b);
    end
  end

  // --- arithmetic ------------------------------------------------------------------------------
  logic        alu_en, alu_write, cc_true;
  logic [63:0] alu_result, alu_flags;
  assign alu_en = exec && uop.op == OpAlu;
  assign cc_true = condition(insn_q.cc, flags_q);

  alu u_alu (
    .en_i(alu_en),
    .op_i(uop.alu == AluDecOp ? insn_q.alu : uop.alu),
    .size_i(size),
    .ssize_i(insn_q.ssz),
    .a_i(a_val),
    .b_i(b_val),
    .c_i(gpr_q[insn_q.reg_n]),
    .cc_i(cc_true),
    .flags_i(flags_q),
    .result_o(alu_result),
    .flags_o(alu_flags),
    .write_o(alu_write)
  );

  logic        md_start, md_done, md_de, md_ovf;
  logic [63:0] md_lo, md_hi;
  assign md_start = exec && uop.op inside {OpMulu, OpMuls, OpDivu, OpDivs};

  muldiv u_muldiv (
    .clk_i, .rst_ni,
    .start_i(md_start),
    .op_i(uop.op),
    .size_i(size),
    .a_i(a_val),
    .b_i(b_val),
    .hi_i(gpr_q[2]),
    .lo_i(gpr_q[0]),
    .done_o(md_done),
    .de_o(md_de),
    .lo_o(md_lo),
    .hi_o(md_hi),
    .ovf_o(md_ovf)
  );

  logic [63:0] md_flags;
  always_comb begin
    md_flags = flags_q;
    if (md_done) begin
      md_flags[FlCf] = md_ovf;
      md_flags[FlOf] = md_ovf;
      md_flags[FlAf] = 1'b0;
      md_flags[FlZf] = (md_lo & size_mask(size)) == '0;
      md_flags[FlPf] = ~^md_lo[7:0];
      unique case (size)
        3'd0: md_flags[FlSf] = md_lo[7];
        3'd1: md_flags[FlSf] = md_lo[15];
        3'd2: md_flags[FlSf] = md_lo[31];
        default: md_flags[FlSf] = md_lo[63];
      endcase
    end
  end

  // --- load and store --------------------------------------------------------------------------
  lsu_req_t     lsu_req;
  logic         lsu_start, lsu_done;
  logic [127:0] lsu_rdata;
  fault_t       lsu_fault;
  logic [63:0]  lsu_fault_va;
  assign lsu_start = exec && uop.op inside {OpLd, OpSt, OpStrmw};

  always_comb begin
    lsu_req = '0;
    lsu_req.seg = uop.seg;
    lsu_req.size = size;
    if (lsu_start) begin
      lsu_req.strmw = uop.op == OpStrmw;
      lsu_req.write = uop.op != OpLd;
      lsu_req.rmw = uop.m_rmw;
      lsu_req.lock = uop.m_lock || ((uop.m_rmw || lsu_req.strmw) && insn_q.lock && !ev_active);
      lsu_req.implicit_sup = uop.m_imp;
      lsu_req.probe = uop.m_probe;
      lsu_req.va = a_val + uconst;
      if (uop.m_push) lsu_req.va = a_val - (64'd1 << size);
      unique case (uop.seg)
        SgLin, SgPhys, SgIo: ;
        SgSs: lsu_req.va = lsu_req.va & size_mask(stack_size);
        SgNss: if (!lma) lsu_req.va = lsu_req.va & size_mask(segs[SegNss].attr[14] ? 3'd2 : 3'd1);
        default: lsu_req.va = lsu_req.va & size_mask(insn_q.asz);
      endcase
      lsu_req.wdata = {wdhi_q, b_val};
    end
  end

  lsu u_lsu (
    .clk_i, .rst_ni,
    .start_i(lsu_start),
    .req_i(lsu_req),
    .seg_i(segs[useg]),
    .seg_n_i(useg),
    .lma_i(lma),
    .l64_i(l64),
    .user_i(cpl_eff == 2'd3),
    .ac_i(sys.cr0[Cr0Am] && flags_q[FlAc]),
    .ss_err_i(sserr_q),
    .done_o(lsu_done),
    .rdata_o(lsu_rdata),
    .fault_o(lsu_fault),
    .fault_va_o(lsu_fault_va),
    .mmu_valid_o(lmmu_valid),
    .mmu_req_o(lmmu_req),
    .mmu_rsp_valid_i(mmu_rsp_valid),
    .mmu_rsp_i(mmu_rsp),
    .bus_req_o(data_req),
    .bus_rsp_i(data_rsp)
  );

  // --- control transfer ------------------------------------------------------------------------
  logic        jump, jump_bad;
  logic [63:0] jump_target;
  always_comb begin
    jump = exec && (uop.op == OpJmp || uop.op == OpJmpf || (uop.op == OpJcc && cc_true));
    jump_target = '0;
    jump_bad = 1'b0;
    if (jump) begin
      jump_target = a_val & size_mask(size);
      if (uop.op == OpJcc) jump_target = b_val & size_mask(size);
      if (uop.op == OpJmpf) begin
        jump_bad = lma && segs[SegNcs].attr[13] ? !is_canonical(jump_target)
                   : jump_target > {32'd0, segs[SegNcs].limit};
      end else begin
        jump_bad = l64 ? !is_canonical(jump_target) : jump_target > {32'd0, segs[SegCs].limit};
      end
    end
  end

  // --- conditions ------------------------------------------------------------------------------
  logic sys_ok, res_z;
  always_comb begin
    res_z = alu_result == '0;
    unique case (uop.cond)
      CnZ: cond = res_z;
      CnNz: cond = !res_z;
      CnC: cond = alu_flags[FlCf];
      CnNc: cond = !alu_flags[FlCf];
      CnS: cond = alu_flags[FlSf];
      CnNs: cond = !alu_flags[FlSf];
      CnL64: cond = l64;
      CnNl64: cond = !l64;
      CnLma: cond = lma;
      CnNlma: cond = !lma;
      CnCpl0: cond = cpl_q == 2'd0;
      CnNcpl0: cond = cpl_q != 2'd0;
      CnCpl3: cond = cpl_q == 2'd3;
      CnMem: cond = insn_q.mem;
      CnReg: cond = !insn_q.mem;
      CnCc: cond = cc_true;
      CnNcc: cond = !cc_true;
      CnRep: cond = insn_q.rep || insn_q.repne;
      CnNrep: cond = !insn_q.rep && !insn_q.repne;
      CnOk: cond = sys_ok;
      CnNok: cond = !sys_ok;
      CnCanon: cond = is_canonical(alu_result);
      CnNcanon: cond = !is_canonical(alu_result);
      CnO16: cond = insn_q.osz == 3'd1;
      CnO64: cond = insn_q.osz == 3'd3;
      CnNo64: cond = insn_q.osz != 3'd3;
      CnErr: cond = ev_has_error;
      CnNerr: cond = !ev_has_error;
      CnSoft: cond = ev_dpl_check;
      CnNsoft: cond = !ev_dpl_check;
      CnNzRepe: cond = !res_z && flags_q[FlZf] == insn_q.rep;
      CnMsrok: cond = msr_ok;
      default: cond = 1'b1;
    endcase
  end

  // --- faults and events -----------------------------------------------------------------------
  fault_t      raise;
  logic [63:0] raise_va;
  always_comb begin
    raise = '0;
    raise_va = lsu_fault_va;
    if (look) begin
      raise_va = fetch_fault_va;
      if (dec_complete) raise = dec_fault;
      else raise = fetch_fault;
    end else if (exec) begin
      if (uop.op == OpFault) begin
        raise = '{valid: 1'b1, vec: a_val[7:0], error_code: b_val[31:0]};
      end else if (jump && jump_bad) begin
        raise = '{valid: 1'b1, vec: VecGp, error_code: '0};
      end else if (lsu_start) begin
        raise = lsu_fault;
      end
    end else if (state_q == StMem) begin
      raise = lsu_fault;
    end else if (state_q == StMul) begin
      raise = '{valid: md_done && md_de, vec: VecDe, error_code: '0};
    end
  end

  logic finish, more, ev_done, soft_start, nmi_blocked;
  assign soft_start = exec && uop.op == OpSoftint;

  event_unit u_event (
    .clk_i, .rst_ni,
    .boundary_i(boundary),
    .in_rep_i(rep_q),
    .step_i(step_pend_q),
    .nmi_i,
    .intr_i,
    .intr_vector_i,
    .if_i(flags_q[FlIf]),
    .sti_shadow_i(shadow_q[0]),
    .ss_shadow_i(shadow_q[1]),
    .take_o(take),
    .take_step_o(take_step),
    .take_intr_o(take_intr),
    .take_nmi_o(take_nmi),
    .nmi_done_i(exec && uop.op == OpNmidone),
    .nmi_blocked_o(nmi_blocked),
    .fault_i(raise),
    .soft_i(soft_start),
    .soft_check_i(uop.m_f),
    .soft_vector_i(a_val[7:0]),
    .shutdown_o(ev_shutdown),
    .done_i(ev_done),
    .active_o(ev_active),
    .kind_o(ev_kind),
    .vector_o(ev_vector),
    .error_code_o(ev_error),
    .error_full_o(ev_error_full),
    .has_error_o(ev_has_error),
    .soft_o(ev_soft),
    .dpl_check_o(ev_dpl_check),
    .rf_o(ev_rf),
    .rf_keep_o(ev_rf_keep)
  );

  assign inta_o = take_intr;
  assign halted_o = halted_q;
  assign shutdown_o = state_q == StDown;

  // --- translation-cache flushes, TSC ----------------------------------------------------------
  logic       flush_valid, flush_ready;
  mmu_flush_t flush;
  always_comb begin
    flush_valid = exec && uop.op == OpFlush;
    flush = '0;
    if (flush_valid) begin
      flush.kind = flush_e'(b_val[2:0]);
      flush.va = a_val;
      flush.pcid = sys.cr4[Cr4Pcide] ? wdhi_q[11:0] : '0;
    end
  end

  always_comb begin
    stim_valid_o = take_intr || take_nmi || (exec && uop.op == OpRdtsc);
    stim_o = '0;
    if (stim_valid_o) begin
      stim_o.cycle = cycle_i;
      stim_o.kind = take_intr ? 8'd0 : take_nmi ? 8'd4 : 8'd1;
      stim_o.value = take_intr ? {56'd0, intr_vector_i} : take_nmi ? 64'd0 : tsc_i;
    end
  end

  // --- sequencing ------------------------------------------------------------------------------
  always_comb begin
    unique case (state_q)
      StExec: ustep = !raise.valid && !lsu_start && !md_start && !(flush_valid && !flush_ready);
      StMem: ustep = lsu_done;
      StMul: ustep = md_done && !md_de;
      default: ustep = 1'b0;
    endcase
    finish = ustep && ((uop.ctl == CtEnd && cond) || uop.ctl == CtMore);
    more = uop.ctl == CtMore && cond;
    ev_done = finish && ev_active;
    ustart = accept || take || raise.valid || (boundary && rep_q);
    ustart_label = take || raise.valid ? UcDeliver : accept ? dec_insn.entry : again;
    fetch_flush = raise.valid || take || (exec && uop.op == OpSerialise) || (finish && taken_now);
  end

  // A string instruction's next iteration: behind the two words that look at REP and rCX.
  label_e again;
  assign again = label_e'(insn_q.entry + 11'd2);

  logic taken_now;
  assign taken_now = taken_q || jump;

  // --- the register written by a word ----------------------------------------------------------
  logic        wr, wr_gpr, wr_high;
  logic [63:0] wr_val, wr_merged;
  logic [3:0]  wr_n;
  always_comb begin
    wr = 1'b0;
    wr_val = alu_result;
    unique case (state_q)
      StExec: begin
        wr = ustep && ((uop.op == OpAlu && alu_write) || uop.op == OpRdtsc);
        if (uop.op == OpRdtsc) wr_val = tsc_i;
      end
      StMem: begin
        wr = ustep && uop.op == OpLd;
        wr_val = lsu_rdata[63:0] & size_mask(size);
      end
      StMul: begin
        wr = ustep;
        wr_val = md_lo;
      end
      default: ;
    endcase
    wr_gpr = wr && (uop.dst <= RgR15 || uop.dst == RgReg || uop.dst == RgRm);
    wr_n = uop.dst == RgReg ? insn_q.reg_n : uop.dst == RgRm ? insn_q.rm_n : uop.dst[3:0];
    wr_high = (uop.dst == RgReg || uop.dst == RgRm) && size == 3'd0 && !insn_q.rex
           && wr_n[3:2] == 2'b01;
    wr_merged = '0;
    if (wr_gpr) begin
      if (wr_high) begin
        wr_n = {2'b00, wr_n[1:0]};
        wr_merged = {gpr_q[wr_n][63:16], wr_val[7:0], gpr_q[wr_n][7:0]};
      end else begin
        wr_merged = merge(gpr_q[wr_n], wr_val, size);
      end
    end
  end

  logic        rsp_we;
  logic [63:0] rsp_new;
  always_comb begin
    rsp_we = lsu_done && (uop.m_push || uop.m_pop);
    rsp_new = uop.m_push ? gpr_q[4] - (64'd1 << size) : gpr_q[4] + (64'd1 << size);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      gpr_q <= '0;
      gpr_q[0] <= boot_i.rax;
      gpr_q[3] <= boot_i.rbx;
      gpr_q[4] <= boot_i.rsp;
      gpr_q[6] <= boot_i.rsi;
    end else begin
      if (rsp_we) gpr_q[4] <= merge(gpr_q[4], rsp_new, stack_size);
      if (wr_gpr) gpr_q[wr_n] <= wr_merged;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tmp_q <= '0;
      ldhi_q <= '0;
      wdhi_q <= '0;
      mdhi_q <= '0;
    end else begin
      if (wr && uop.dst >= RgT0 && uop.dst <= RgT15) tmp_q[uop.dst[3:0]] <= wr_val;
      if (wr && uop.dst == RgWdhi) wdhi_q <= wr_val;
      if (lsu_done) ldhi_q <= lsu_rdata[127:64];
      if (md_done) mdhi_q <= md_hi;
    end
  end

  // --- segment, control registers --------------------------------------------------------------
  logic seg_msr, seg_field, seg_ld, seg_ld_hi, seg_null, seg_mov, seg_drop, sys_we;
  logic [3:0] seg_wr_n;
  always_comb begin
    seg_msr = wr && uop.dst == RgMsrv && gpr_q[1][31:1] == 31'h6000_0080;
    seg_field = (wr && uop.dst inside {RgSbase, RgSlim, RgSsel, RgSattr}) || seg_msr;
    seg_wr_n = seg_msr ? {3'b010, gpr_q[1][0]} : useg;
    seg_ld = exec && uop.op == OpSegld;
    seg_ld_hi = exec && uop.op == OpSegldHi;
    seg_null = exec && uop.op == OpSegnull;
    seg_mov = exec && uop.op == OpSegmov;
    seg_drop = exec && uop.op == OpSegdrop;
    sys_we = wr && uop.dst >= RgCr0 && uop.dst <= RgTscaux;
  end

  segment u_segment (
    .clk_i, .rst_ni, .boot_i,
    .ld_i(seg_ld),
    .ld_hi_i(seg_ld_hi),
    .null_i(seg_null),
    .mov_i(seg_mov),
    .drop_i(seg_drop),
    .field_i(seg_field),
    .field_sel_i(seg_msr ? RgSbase : uop.dst),
    .seg_i(seg_wr_n),
    .cpl_i(cpl_q),
    .a_i(seg_field ? wr_val : a_val),
    .b_i(b_val[15:0]),
    .segs_o(segs)
  );

  sysreg u_sysreg (
    .clk_i, .rst_ni, .boot_i,
    .we_i(sys_we),
    .sel_i(uop.dst),
    .value_i(wr_val),
    .chk_value_i(a_val),
    .ecx_i(gpr_q[1][31:0]),
    .dr_n_i(insn_q.reg_n[2:0]),
    .chk_i(exec && uop.op == OpChkw),
    .l64_i(segs[SegCs].attr[13]),
    .tss16_i({segs[SegTr].attr[4:2], segs[SegTr].attr[0]} == 4'b0001),
    .cr2_we_i(raise.valid && raise.vec == VecPf),
    .cr2_i(raise_va),
    .dr6_bs_i(take_step),
    .gd_clear_i(ev_done && ev_kind == RetExc && ev_vector == VecDb),
    .ok_o(sys_ok),
    .regs_o(sys),
    .msr_rd_i(exec && (uop.cond == CnMsrok || uop.a == RgMsrv)),
    .msr_ok_o(msr_ok),
    .msr_o(msr_value)
  );

  cpuid u_cpuid (
    .en_i(exec && uop.a >= RgCpa && uop.a <= RgCpd),
    .leaf_i(gpr_q[0][31:0]),
    .subleaf_i(gpr_q[1][31:0]),
    .eax_o(cpuid_a),
    .ebx_o(cpuid_b),
    .ecx_o(cpuid_c),
    .edx_o(cpuid_d)
  );

  // --- RFLAGS, RIP, CPL, state -----------------------------------------------------------------
  logic [63:0] flags_d;
  logic        plain_end;  // an instruction, not an event, completes
  always_comb begin
    plain_end = finish && !ev_active && !soft_start;
    flags_d = flags_q;
    if (ustep && uop.m_f && uop.op == OpAlu) flags_d = alu_flags;
    else if (ustep && uop.m_f && state_q == StMul) flags_d = md_flags;
    else if (wr && uop.dst == RgFlags) flags_d = (wr_val & FlagBits) | 64'd2;
    if (plain_end && !more && !keep_rf_q && uop.op != OpNmidone) flags_d[FlRf] = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StBoundary;
      rip_q <= boot_i.rip;
      nrip_q <= '0;
      tgt_q <= '0;
      flags_q <= 64'd2;
      cpl_q <= 2'd0;
      tcpl_q <= 2'd0;
      tcpl_v_q <= 1'b0;
      taken_q <= 1'b0;
      rep_q <= 1'b0;
      halted_q <= 1'b0;
      hlt_set_q <= 1'b0;
      keep_rf_q <= 1'b0;
      tf_start_q <= 1'b0;
      step_pend_q <= 1'b0;
      shadow_q <= '0;
      shadow_set_q <= '0;
      sserr_q <= '0;
      insn_q <= '0;
      bytes_q <= '0;
      seq_q <= '0;
      dirty_q <= 1'b0;
      ret_valid_q <= 1'b0;
      ret_dirty_q <= 1'b0;
    end else begin
      ret_valid_q <= 1'b0;
      flags_q <= flags_d;
      if (sys_we || seg_field || seg_ld || seg_ld_hi || seg_null || seg_mov || seg_drop
          || take_step) dirty_q <= 1'b1;

      unique case (state_q)
        StBoundary, StFetch: begin
          if (take) begin
            seq_q <= bus_seq_i;
            state_q <= StExec;
            rep_q <= 1'b0;
            halted_q <= 1'b0;
            if (take_step) step_pend_q <= 1'b0;
          end else if (boundary && rep_q) begin
            state_q <= StExec;
            rep_q <= 1'b0;
            tf_start_q <= flags_q[FlTf];
          end else if (look) begin
            tf_start_q <= flags_q[FlTf];
            seq_q <= bus_seq_i;
            if (accept) begin
              insn_q <= dec_insn;
              bytes_q <= {8'd0, window} & ~({128{1'b1}} << {dec_insn.len, 3'd0});
              nrip_q <= l64 ? rip_q + {60'd0, dec_insn.len}
                            : {32'd0, rip_q[31:0] + {28'd0, dec_insn.len}};
              state_q <= StExec;
            end else begin
              state_q <= StFetch;
            end
          end
        end
        StExec: begin
          if (lsu_start) state_q <= StMem;
          if (md_start) state_q <= StMul;
        end
        StMem: if (lsu_done) state_q <= StExec;
        StMul: if (md_done) state_q <= StExec;
        default: ;
      endcase

      if (ustep) begin
        if (jump) begin
          tgt_q <= jump_target;
          taken_q <= 1'b1;
        end
        if (wr && uop.dst == RgCpl) cpl_q <= wr_val[1:0];
        if (wr && uop.dst == RgTcpl) begin
          tcpl_q <= wr_val[1:0];
          tcpl_v_q <= 1'b1;
        end
        if (wr && uop.dst == RgSserr) sserr_q <= wr_val[15:0];
        if (uop.op == OpShadow) shadow_set_q <= a_val[1:0];
        if (uop.op == OpHlt) hlt_set_q <= 1'b1;
        if (soft_start) step_pend_q <= 1'b0;
        if (uop.op == OpNmidone) keep_rf_q <= 1'b1;
      end

      if (finish) begin
        state_q <= StBoundary;
        rip_q <= more ? rip_q : jump ? jump_target : taken_q ? tgt_q : nrip_ev;
        rep_q <= more;
        taken_q <= 1'b0;
        tcpl_v_q <= 1'b0;
        sserr_q <= '0;
        keep_rf_q <= 1'b0;
        hlt_set_q <= 1'b0;
        shadow_q <= uop.op == OpShadow ? a_val[1:0] : shadow_set_q;
        shadow_set_q <= '0;
        if (plain_end) begin
          halted_q <= hlt_set_q || uop.op == OpHlt;
          // SYSCALL and SYSRET trap by the TF that they leave.
          if (insn_q.entry inside {UcSyscall, UcSysret} ? flags_q[FlTf] : tf_start_q) begin
            step_pend_q <= 1'b1;
          end
        end
        ret_valid_q <= 1'b1;
        ret_kind_q <= ev_active ? ev_kind : RetInsn;
        ret_vector_q <= ev_active ? ev_vector : '0;
        ret_flags_q <= {5'd0, plain_end && (hlt_set_q || uop.op == OpHlt), more && !ev_active,
                        ev_active && ev_has_error};
        ret_error_q <= ev_active && ev_has_error ? ev_error_full : '0;
        ret_rip_q <= rip_q;
        ret_seq_q <= seq_q;
        ret_bytes_q <= !ev_active || ev_soft ? bytes_q : '0;
        ret_len_q <= !ev_active || ev_soft ? insn_q.len : '0;
        ret_dirty_q <= dirty_now;
        dirty_q <= 1'b0;
      end

      if (raise.valid) begin
        state_q <= StExec;
        taken_q <= 1'b0;
        tcpl_v_q <= 1'b0;
        sserr_q <= '0;
        keep_rf_q <= 1'b0;
        hlt_set_q <= 1'b0;
        shadow_set_q <= '0;
        step_pend_q <= 1'b0;
        if (ev_shutdown) begin
          state_q <= StDown;
          ret_valid_q <= 1'b1;
          ret_kind_q <= RetShutdown;
          ret_vector_q <= '0;
          ret_flags_q <= '0;
          ret_error_q <= '0;
          ret_rip_q <= rip_q;
          ret_seq_q <= seq_q;
          ret_bytes_q <= '0;
          ret_len_q <= '0;
          ret_dirty_q <= dirty_now;
        end
      end
    end
  end

  logic [63:0] nrip_ev;
  logic        dirty_now;
  assign nrip_ev = nrip_q;
  assign dirty_now = dirty_q || sys_we || seg_field || seg_ld || seg_ld_hi || seg_null || seg_mov
                  || seg_drop;

  // --- MMU -------------------------------------------------------------------------------------
  mmu_ctx_t mmu_ctx;
  assign mmu_ctx = '{
    pg: sys.cr0[Cr0Pg], wp: sys.cr0[Cr0Wp], pge: sys.cr4[Cr4Pge], pcide: sys.cr4[Cr4Pcide],
    smep: sys.cr4[Cr4Smep], smap: sys.cr4[Cr4Smap], nxe: sys.efer[EferNxe], ac: flags_q[FlAc],
    cr3: sys.cr3, pat: sys.pat
  };

  mmu u_mmu (
    .clk_i, .rst_ni,
    .ctx_i(mmu_ctx),
    .req_valid_i(lmmu_valid || fmmu_valid),
    .req_i(lmmu_valid ? lmmu_req : fmmu_req),
    .rsp_valid_o(mmu_rsp_valid),
    .rsp_o(mmu_rsp),
    .flush_valid_i(flush_valid),
    .flush_i(flush),
    .flush_ready_o(flush_ready),
    .bus_req_o(walk_req),
    .bus_rsp_i(walk_rsp),
    .cycle_i,
    .xlate_valid_o, .xlate_o,
    .walk_valid_o, .walk_o
  );

  // --- bus: data, walk, fetch; a request once up keeps the bus until its ack, a locked one until
  // the access that ends the lock
  typedef enum logic [1:0] {OwnFetch, OwnWalk, OwnData} owner_e;
  owner_e owner, owner_q;
  logic   hold_q;
  always_comb begin
    owner = OwnFetch;
    if (hold_q) owner = owner_q;
    else if (data_req.valid) owner = OwnData;
    else if (walk_req.valid) owner = OwnWalk;
    unique case (owner)
      OwnData: bus_req_o = data_req;
      OwnWalk: bus_req_o = walk_req;
      default: bus_req_o = fetch_req;
    endcase
  end

  // Apart from the requests: an answer must not look like their cause.
  always_comb begin
    fetch_rsp = '0;
    walk_rsp = '0;
    data_rsp = '0;
    unique case (owner)
      OwnData: data_rsp = bus_rsp_i;
      OwnWalk: walk_rsp = bus_rsp_i;
      default: fetch_rsp = bus_rsp_i;
    endcase
  end

  always_comb begin
    drop = snoop_valid_i || (bus_req_o.valid && bus_req_o.write && !bus_req_o.io && bus_rsp_i.ack);
    drop_addr = snoop_valid_i ? snoop_addr_i : bus_req_o.addr[39:4];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_q <= 1'b0;
      owner_q <= OwnFetch;
    end else if (bus_req_o.valid) begin
      owner_q <= owner;
      hold_q <= !bus_rsp_i.ack || bus_req_o.lock;
    end
  end

  BusRequestHolds: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid && !bus_rsp_i.ack |=> $stable(bus_req_o));
  OneTranslationAtATime: assert property (@(posedge clk_i) disable iff (!rst_ni)
    !(lmmu_valid && fmmu_valid));

  // --- records ---------------------------------------------------------------------------------
  cpu_trace u_trace (
    .clk_i, .rst_ni, .cycle_i,
    .valid_i(ret_valid_q),
    .kind_i(ret_kind_q),
    .vector_i(ret_vector_q),
    .flags_i(ret_flags_q),
    .error_code_i(ret_error_q),
    .seq_i(ret_seq_q),
    .rip_i(ret_rip_q),
    .next_rip_i(rip_q),
    .rflags_i(flags_q),
    .gpr_i(gpr_q),
    .bytes_i(ret_bytes_q),
    .len_i(ret_len_q),
    .cpl_i(cpl_q),
    .mode_i(!lma ? 8'd1 : l64 ? 8'd3 : 8'd2),
    .sys_i(sys),
    .segs_i(segs),
    .dirty_i(ret_dirty_q),
    .boundary_i('{breakpoints: '0, step: step_pend_q, mov_ss: shadow_q[1], sti: shadow_q[0],
                  nmi_blocked: nmi_blocked}),
    .ask_i(sys_ask_i),
    .retire_valid_o, .retire_o,
    .sys_valid_o, .sys_o
  );

  logic unused;
  assign unused = ^{ucode_label, insn_q.modreg, uop.k, uop.target};

endmodule
