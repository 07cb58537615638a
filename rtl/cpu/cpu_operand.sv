// SPDX-License-Identifier: Apache-2.0
// What a microcode word names: its operand size, its segment register, operands a and b, and for a
// load or store the access. Combinational; idle (all zero) unless exec_i. SDM Vol. 1 "Operand
// Addressing", "Specifying an Offset".
module cpu_operand
  import cpu_pkg::*;
  import ucode_pkg::*;
(
  input  logic              exec_i,
  input  logic [63:0]       const_i,     // the word's
  /* verilator lint_off UNUSEDSIGNAL */  // some fields of each
  input  uop_t              uop_i,
  input  insn_t             insn_i,
  input  mode_t             mode_i,
  input  event_t            event_i,
  input  sysreg_t           sys_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [15:0][63:0] gpr_i, tmp_i,
  input  logic [63:0]       rip_i, nrip_i, flags_i,
  input  logic [1:0]        cpl_i,
  input  log2_t             gate_log2_i,
  input  logic [63:0]       ldhi_i, mdhi_i, wdhi_i,
  input  seg_t [9:0]        segs_i,
  input  logic [63:0]       msr_i,       // MSR ECX, FS and GS base apart
  input  logic [3:0][31:0]  cpuid_i,     // EAX EBX ECX EDX from 0 up
  output log2_t             size_o,
  output logic [3:0]        useg_o,
  output logic [63:0]       a_o, b_o,
  output lsu_req_t          access_o
);

  log2_t ssel_size;
  always_comb begin
    unique case (uop_i.sz)
      SzB: size_o = 3'd0;
      SzW: size_o = 3'd1;
      SzD: size_o = 3'd2;
      SzX: size_o = 3'd4;
      SzOp: size_o = insn_i.osz;
      SzSrc: size_o = insn_i.ssz;
      SzAd: size_o = insn_i.asz;
      SzStk: size_o = mode_i.stack_log2;
      SzGate: size_o = gate_log2_i;
      SzNat: size_o = mode_i.l64 ? 3'd3 : 3'd2;
      default: size_o = 3'd3;
    endcase
    ssel_size = uop_i.op == OpAlu && uop_i.alu inside {AluMovz, AluMovs} ? insn_i.ssz : size_o;
  end

  logic [63:0] ea;
  always_comb begin
    ea = '0;
    if (exec_i) begin
      ea = insn_i.disp;
      if (insn_i.base_v && insn_i.pop_ea && insn_i.base_n == 4'd4) begin
        ea = ea + merge(gpr_i[4], gpr_i[4] + (64'd1 << insn_i.osz), mode_i.stack_log2);
      end else if (insn_i.base_v) begin
        ea = ea + gpr_i[insn_i.base_n];
      end
      if (insn_i.index_v) ea = ea + (gpr_i[insn_i.index_n] << insn_i.scale);
      if (insn_i.riprel) ea = ea + nrip_i;
      ea = ea & size_mask(insn_i.asz);
    end
  end

  always_comb begin
    unique case (uop_i.seg)
      SgDat: useg_o = {1'b0, insn_i.seg};
      SgSreg: useg_o = {1'b0, insn_i.sreg};
      SgLin, SgApic, SgIo, SgNil: useg_o = 4'd0;
      default: useg_o = uop_i.seg;
    endcase
  end

  function automatic logic [63:0] gpr_read(input logic [3:0] n, input log2_t s);
    if (s == 3'd0 && !insn_i.rex && n[3:2] == 2'b01) return {56'd0, gpr_i[{2'b00, n[1:0]}][15:8]};
    return gpr_i[n];
  endfunction

  function automatic logic [63:0] pushed_flags();
    logic [63:0] f;
    f = flags_i;
    unique case (event_i.rf)
      RfSet: f[FlRf] = 1'b1;
      RfClear: f[FlRf] = 1'b0;
      default: ;
    endcase
    return f;
  endfunction

  function automatic logic [63:0] read(input reg_e sel);
    if (sel <= RgR15) return gpr_i[sel[3:0]];
    if (sel <= RgT15) return tmp_i[sel[3:0]];
    unique case (sel)
      RgReg: return gpr_read(insn_i.reg_n, ssel_size);
      RgRm: return gpr_read(insn_i.rm_n, ssel_size);
      RgImm: return insn_i.imm;
      RgImm2: return {48'd0, insn_i.imm2};
      RgK: return const_i;
      RgEa: return ea;
      RgRip: return rip_i;
      RgNrip: return nrip_i;
      RgRelt: return nrip_i + insn_i.imm;
      RgFlags: return flags_i;
      RgOsb: return 64'd1 << insn_i.osz;
      RgGsb: return 64'd1 << gate_log2_i;
      RgStep: return flags_i[FlDf] ? -(64'd1 << insn_i.osz) : 64'd1 << insn_i.osz;
      RgEvec: return {56'd0, event_i.vec};
      RgEerr: return {48'd0, event_i.error_code[15:0]};
      RgPflags: return pushed_flags();
      RgPrip: return event_i.active && event_i.kind != record_pkg::RetSoftInt ? rip_i : nrip_i;
      RgCpl: return {62'd0, cpl_i};
      RgLdhi: return ldhi_i;
      RgMdhi: return mdhi_i;
      RgWdhi: return wdhi_i;
      RgCr0: return sys_i.cr0;
      RgCr2: return sys_i.cr2;
      RgCr3: return sys_i.cr3;
      RgCr4: return sys_i.cr4;
      RgEfer: return sys_i.efer;
      RgDr6: return sys_i.dr6;
      RgDr7: return sys_i.dr7;
      RgDrn: return !insn_i.reg_n[2] ? sys_i.dr[insn_i.reg_n[1:0]]
                    : insn_i.reg_n[0] ? sys_i.dr7 : sys_i.dr6;
      RgGdtb: return sys_i.gdtb;
      RgGdtl: return {48'd0, sys_i.gdtl};
      RgIdtb: return sys_i.idtb;
      RgIdtl: return {48'd0, sys_i.idtl};
      RgStar: return sys_i.star;
      RgLstar: return sys_i.lstar;
      RgFmask: return sys_i.fmask;
      RgKgsb: return sys_i.kgsb;
      RgSyscs: return sys_i.sysenter_cs;
      RgSysesp: return sys_i.sysenter_esp;
      RgSyseip: return sys_i.sysenter_eip;
      RgPkru: return {32'd0, sys_i.pkru};
      RgTscaux: return sys_i.tscaux;
      RgTscadj: return sys_i.tscadj;
      RgMsrv: return gpr_i[1][31:0] == MsrFsBase ? segs_i[SegFs].base
                     : gpr_i[1][31:0] == MsrGsBase ? segs_i[SegGs].base : msr_i;
      RgSbase: return uop_i.seg == SgDat && mode_i.l64 && insn_i.seg[2] == 1'b0
                      ? '0 : segs_i[useg_o].base;
      RgSlim: return {32'd0, segs_i[useg_o].limit};
      RgSsel: return {48'd0, segs_i[useg_o].sel};
      RgSattr: return {48'd0, segs_i[useg_o].attr};
      RgCpa: return {32'd0, cpuid_i[0]};
      RgCpb: return {32'd0, cpuid_i[1]};
      RgCpc: return {32'd0, cpuid_i[2]};
      RgCpd: return {32'd0, cpuid_i[3]};
      default: return '0;
    endcase
  endfunction

  always_comb begin
    a_o = '0;
    b_o = '0;
    if (exec_i) begin
      a_o = read(uop_i.a);
      b_o = read(uop_i.b);
    end
  end

  // The offset wraps at the address size; on a stack, at that of SS.B.
  always_comb begin
    access_o = '0;
    access_o.seg = uop_i.seg;
    access_o.size = size_o;
    if (exec_i && uop_i.op inside {OpLd, OpSt, OpStrmw}) begin
      access_o.strmw = uop_i.op == OpStrmw;
      access_o.write = uop_i.op != OpLd;
      access_o.rmw = uop_i.m_rmw;
      access_o.lock = uop_i.m_lock
                   || ((uop_i.m_rmw || access_o.strmw) && insn_i.lock && !event_i.active);
      access_o.implicit_sup = uop_i.m_imp;
      access_o.probe = uop_i.m_probe;
      access_o.room = uop_i.m_room;
      access_o.va = a_o + const_i;
      if (uop_i.m_push) access_o.va = a_o - (64'd1 << size_o);
      unique case (uop_i.seg)
        SgLin, SgApic, SgIo: ;
        SgSs: access_o.va = access_o.va & size_mask(mode_i.stack_log2);
        SgNss: if (!mode_i.lma) begin
          access_o.va = access_o.va & size_mask(segs_i[SegNss].attr[AttrD] ? 3'd2 : 3'd1);
        end
        default: access_o.va = access_o.va & size_mask(insn_i.asz);
      endcase
      access_o.wdata = {wdhi_i, b_o};
    end
  end

endmodule
