// SPDX-License-Identifier: Apache-2.0
// Control and debug registers, MSRs, GDTR and IDTR: storage, and the check of a value before it is
// written. One write in a cycle; FS and GS base are not here but in segment, and the time-stamp
// counter is the clock, but for TSC_ADJUST. SDM Vol. 3A "Control Registers"; Vol. 4 for the MSRs;
// choices in docs/cpu.md "Control registers and MSRs".
module sysreg
  import cpu_pkg::*;
  import ucode_pkg::*;
  import cpu_port_pkg::*;
  import feature_pkg::*;
  import x2apic_pkg::*;
(
  input  logic        clk_i, rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */  // only mode and CR3
  input  boot_t       boot_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [63:0] away_i,      // features that are not there
  input  logic        we_i,
  input  reg_e        sel_i,       // register written, or of the check
  input  logic [63:0] value_i,
  input  logic [31:0] ecx_i,       // for RgMsrv
  input  logic [2:0]  dr_n_i,      // for RgDrn
  input  logic        chk_i,       // ok_o is wanted
  input  logic [63:0] chk_value_i,
  input  logic        cs_l_i,      // CS.L
  input  logic        tss16_i,     // TR holds a 16-bit TSS
  input  logic        cr2_we_i,
  input  logic [63:0] cr2_i,
  input  logic        dr6_we_i,    // a #DB is taken: of a single step, of breakpoints
  input  logic        dr6_bs_i,
  input  logic [3:0]  dr6_match_i,
  input  logic        gd_clear_i,  // a #DB has been delivered
  output logic        ok_o,        // chk_value_i may be written to sel_i
  output sysreg_t     regs_o,
  output mmu_pkg::mtrr_t mtrr_o,
  input  logic        msr_rd_i,
  output logic        msr_ok_o,    // MSR ecx_i can be read; its value unless TSC, FS or GS base, or an APIC access (S17)
  output logic [63:0] msr_o
);

  sysreg_t r_q;
  mmu_pkg::mtrr_t mtrr_q;
  assign regs_o = r_q;
  assign mtrr_o = mtrr_q;

  function automatic logic pat_ok(input logic [63:0] v);
    logic ok;
    ok = 1'b1;
    for (int unsigned i = 0; i < 8; i++) begin
      if (v[8*i+3 +: 5] != '0 || v[8*i +: 3] == 3'd2 || v[8*i +: 3] == 3'd3) ok = 1'b0;
    end
    return ok;
  endfunction

  function automatic logic mtrr_ok(input logic [63:0] v, input logic has_type, has_valid,
                                   has_address);
    logic [63:0] bits;
    bits = has_type ? MtrrType : '0;
    if (has_valid) bits[MtrrValid] = 1'b1;
    if (has_address) bits = bits | MtrrAddress;
    return (v & ~bits) == '0 && (!has_type || v[7:0] inside {8'd0, 8'd1, 8'd4, 8'd5, 8'd6});
  endfunction

  /* verilator lint_off UNUSEDSIGNAL */  // the checks look at some registers
  // S1, S2.
  function automatic logic cr0_ok(input logic [63:0] v, input sysreg_t r, input logic cs_l,
                                 input logic tss16);
    if (v[63:32] != '0) return 1'b0;
    if (!v[Cr0Pe]) return 1'b0;
    if (v[Cr0Nw] && !v[Cr0Cd]) return 1'b0;
    if (v[Cr0Pg] && !r.cr0[Cr0Pg]) return !r.efer[EferLme] || (r.cr4[Cr4Pae] && !cs_l && !tss16);
    if (!v[Cr0Pg] && r.cr0[Cr0Pg]) return !(r.efer[EferLma] && cs_l) && !r.cr4[Cr4Pcide];
    return 1'b1;
  endfunction

  function automatic logic cr4_ok(input logic [63:0] v, input sysreg_t r,
                                  input logic [63:0] away);
    if ((v & (~Cr4Existing | absent_cr4(away))) != '0) return 1'b0;
    if (r.efer[EferLma] && (!v[Cr4Pae] || v[Cr4La57] != r.cr4[Cr4La57])) return 1'b0;
    if (v[Cr4Pcide] && !r.cr4[Cr4Pcide]) return r.efer[EferLma] && r.cr3[11:0] == '0;
    return 1'b1;
  endfunction

  // S17: the mode of the local APIC as bits 11:10 of APIC_BASE have it.
  function automatic logic apic_base_ok(input logic [63:0] v, input sysreg_t r,
                                        input logic [63:0] away);
    logic [1:0] from, to;
    from = r.apicb[ApicBaseEnable:ApicBaseExtended];
    to = v[ApicBaseEnable:ApicBaseExtended];
    return (v & ~ApicBaseExisting) == '0 && !(v[ApicBaseExtended] && away[FtX2apic])
           && to != 2'b01 && !(from == 2'b11 && to == 2'b10) && !(from == 2'b00 && to == 2'b11);
  endfunction

  // S18
  function automatic logic [63:0] misc_stored(input logic [63:0] away);
    misc_stored = MiscStored;
    if (away[FtNx]) misc_stored[MiscXdDisable] = 1'b0;
  endfunction

  function automatic logic x2apic_mode(input sysreg_t r);
    return r.apicb[ApicBaseEnable:ApicBaseExtended] == 2'b11;
  endfunction

  function automatic logic msr_write_ok(input logic [31:0] n, input logic [63:0] v,
                                        input sysreg_t r, input logic [63:0] away);
    if (absent_msr(n, away)) return 1'b0;
    unique case (n) inside
      MsrApicBase: return apic_base_ok(v, r, away);
      MsrTscDeadline: return 1'b1;
      [MsrX2apic0:MsrX2apicFf]:
        return x2apic_mode(r) && x2apic_write_ok(n[7:0], v, !away[FtTscDeadline]);
      MsrDebugCtl: return v == '0;
      MsrTsc, MsrTscAdjust, MsrBiosSign, MsrSysCs, MsrStar: return 1'b1;
      MsrSysEsp, MsrSysEip, MsrLstar, MsrCstar, MsrFsBase, MsrGsBase, MsrKgsBase:
        return is_canonical(v, !away[FtLa57]);
      MsrMisc: return (v & ~(misc_stored(away) | MiscReadOnly)) == '0;
      [MsrMtrrBase0:MsrMtrrMask7]: return mtrr_ok(v, !n[0], n[0], 1'b1);
      MsrMtrrDef: return mtrr_ok(v, 1'b1, 1'b1, 1'b0);
      MsrPat: return pat_ok(v);
      MsrFmask, MsrTscAux, MsrPkrs: return v[63:32] == '0;
      MsrEfer: return (v & (~EferExisting | absent_efer(away))) == '0
                   && !(v[EferNxe] && r.misc[MiscXdDisable])
                   && !(r.cr0[Cr0Pg] && v[EferLme] != r.efer[EferLme]);
      default: return 1'b0;
    endcase
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */

  always_comb begin
    ok_o = 1'b1;
    if (chk_i) begin
      unique case (sel_i)
        RgCr0: ok_o = cr0_ok(chk_value_i, r_q, cs_l_i, tss16_i);
        RgCr3: ok_o = !r_q.efer[EferLma] || (chk_value_i[62:40] == '0
                      && !(chk_value_i[63] && !r_q.cr4[Cr4Pcide]));
        RgCr4: ok_o = cr4_ok(chk_value_i, r_q, away_i);
        RgDrn: ok_o = !dr_n_i[2] || chk_value_i[63:32] == '0;
        RgMsrv: ok_o = msr_write_ok(ecx_i, chk_value_i, r_q, away_i);
        default: ;
      endcase
    end
  end

  always_comb begin
    msr_ok_o = 1'b0;
    msr_o = '0;
    if (msr_rd_i) begin
      msr_ok_o = 1'b1;
      unique case (ecx_i) inside
        MsrTsc, MsrBiosSign, MsrMcgCap, MsrDebugCtl, MsrFsBase, MsrGsBase, MsrTscDeadline: ;
        [MsrX2apic0:MsrX2apicFf]: msr_ok_o = x2apic_mode(r_q) && x2apic_readable(ecx_i[7:0]);
        MsrApicBase: msr_o = r_q.apicb;
        MsrFeature: msr_o = 64'd1;
        MsrTscAdjust: msr_o = r_q.tscadj;
        MsrSysCs: msr_o = r_q.sysenter_cs;
        MsrSysEsp: msr_o = r_q.sysenter_esp;
        MsrSysEip: msr_o = r_q.sysenter_eip;
        MsrMisc: msr_o = r_q.misc;
        MsrPat: msr_o = r_q.pat;
        MsrMtrrCap: msr_o = MtrrCap;
        [MsrMtrrBase0:MsrMtrrMask7]:
          msr_o = ecx_i[0] ? mtrr_mask(mtrr_q.range[ecx_i[3:1]])
                           : mtrr_base(mtrr_q.range[ecx_i[3:1]]);
        MsrMtrrDef: msr_o = mtrr_def_type(mtrr_q);
        MsrPkrs: msr_o = {32'd0, r_q.pkrs};
        MsrEfer: msr_o = r_q.efer;
        MsrStar: msr_o = r_q.star;
        MsrLstar: msr_o = r_q.lstar;
        MsrCstar: msr_o = r_q.cstar;
        MsrFmask: msr_o = r_q.fmask;
        MsrKgsBase: msr_o = r_q.kgsb;
        MsrTscAux: msr_o = r_q.tscaux;
        default: msr_ok_o = 1'b0;
      endcase
      if (absent_msr(ecx_i, away_i)) msr_ok_o = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      r_q <= '0;
      r_q.cr0 <= boot_i.long_mode ? 64'h8001_0011 : 64'h11;
      r_q.cr3 <= boot_i.long_mode ? boot_i.cr3 : '0;
      r_q.cr4 <= boot_i.long_mode ? 64'h20 : '0;
      r_q.efer <= boot_i.long_mode ? 64'h500 : '0;
      r_q.dr6 <= Dr6Ones;
      r_q.dr7 <= Dr7Ones;
      r_q.idtl <= 16'hffff;
      r_q.pat <= 64'h0007_0406_0007_0406;
      r_q.apicb <= 64'hfee0_0900;
      r_q.misc <= MiscReset;
    end else begin
      if (cr2_we_i) r_q.cr2 <= cr2_i;
      if (dr6_we_i) r_q.dr6[3:0] <= dr6_match_i;  // V8
      if (dr6_bs_i) r_q.dr6[Dr6Bs] <= 1'b1;
      if (gd_clear_i) r_q.dr7[Dr7Gd] <= 1'b0;
      if (we_i) begin
        unique case (sel_i)
          RgCr0: begin
            r_q.cr0 <= value_i;
            r_q.efer[EferLma] <= value_i[Cr0Pg] && r_q.efer[EferLme];
          end
          RgCr2: r_q.cr2 <= value_i;
          RgCr3: r_q.cr3 <= value_i;
          RgCr4: r_q.cr4 <= value_i;
          RgDr6: r_q.dr6 <= value_i;
          RgDr7: r_q.dr7 <= value_i;
          RgDrn: begin
            if (!dr_n_i[2]) r_q.dr[dr_n_i[1:0]] <= value_i;
            else if (!dr_n_i[0]) r_q.dr6 <= (value_i & Dr6Stored) | Dr6Ones;
            else r_q.dr7 <= (value_i & Dr7Stored) | Dr7Ones;
          end
          RgGdtb: r_q.gdtb <= value_i;
          RgGdtl: r_q.gdtl <= value_i[15:0];
          RgIdtb: r_q.idtb <= value_i;
          RgIdtl: r_q.idtl <= value_i[15:0];
          RgKgsb: r_q.kgsb <= value_i;
          RgPkru: r_q.pkru <= value_i[31:0];
          RgTscadj: r_q.tscadj <= value_i;
          RgMsrv: begin
            unique case (ecx_i)
              MsrApicBase: r_q.apicb <= value_i;
              MsrTscAdjust: r_q.tscadj <= value_i;
              MsrSysCs: r_q.sysenter_cs <= {32'd0, value_i[31:0]};
              MsrSysEsp: r_q.sysenter_esp <= value_i;
              MsrSysEip: r_q.sysenter_eip <= value_i;
              MsrMisc: r_q.misc <= (value_i & ~MiscReadOnly) | (r_q.misc & MiscReadOnly);
              MsrPat: r_q.pat <= value_i;
              MsrPkrs: r_q.pkrs <= value_i[31:0];
              MsrEfer: begin
                r_q.efer <= value_i;
                r_q.efer[EferLma] <= r_q.efer[EferLma];
              end
              MsrStar: r_q.star <= value_i;
              MsrLstar: r_q.lstar <= value_i;
              MsrCstar: r_q.cstar <= value_i;
              MsrFmask: r_q.fmask <= value_i;
              MsrKgsBase: r_q.kgsb <= value_i;
              MsrTscAux: r_q.tscaux <= value_i;
              default: ;
            endcase
          end
          default: ;
        endcase
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mtrr_q <= '0;
      mtrr_q.e <= 1'b1;
      mtrr_q.def_type <= mmu_pkg::MtWb;
    end else if (we_i && sel_i == RgMsrv) begin
      if (ecx_i == MsrMtrrDef) begin
        mtrr_q.e <= value_i[MtrrValid];
        mtrr_q.def_type <= value_i[2:0];
      end else if (ecx_i inside {[MsrMtrrBase0:MsrMtrrMask7]}) begin
        if (ecx_i[0]) begin
          mtrr_q.range[ecx_i[3:1]].mask <= value_i[39:12];
          mtrr_q.range[ecx_i[3:1]].v <= value_i[MtrrValid];
        end else begin
          mtrr_q.range[ecx_i[3:1]].base <= value_i[39:12];
          mtrr_q.range[ecx_i[3:1]].mtype <= value_i[2:0];
        end
      end
    end
  end

endmodule
