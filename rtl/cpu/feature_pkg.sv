// SPDX-License-Identifier: Apache-2.0
// Features that can be taken away: the bits of the mask, what each has in CPUID, and what goes with
// it: instructions, bits of CR4 and EFER, MSRs. SDM Vol. 2 "CPUID"; docs/cpu.md C1 to C3.
package feature_pkg;
  import cpu_pkg::*;
  import ucode_pkg::*;

  typedef enum int unsigned {
    FtDe = 0, FtPse, FtTsc, FtMsr, FtPae, FtCx8, FtSep, FtMtrr, FtPge, FtCmov, FtPat, FtPse36,
    FtClflush, FtCx16, FtPcid, FtMovbe, FtPopcnt, FtFsgsbase, FtTscAdjust, FtSmep, FtInvpcid, FtAdx,
    FtSmap, FtClflushopt, FtClwb, FtUmip, FtPku, FtLa57, FtRdpid, FtPks, FtLahf, FtAbm, FtPrefetchw,
    FtSyscall, FtNx, FtPdpe1gb, FtRdtscp, FtLm, FtX2apic, FtTscDeadline
  } feature_e;

  /* verilator lint_off UNUSEDSIGNAL */  // functions take the whole mask and look at some bits

  // --- CPUID: the bits of each register that are not there
  function automatic logic [31:0] absent_1_edx(input logic [63:0] away);
    absent_1_edx     = '0;
    absent_1_edx[2]  = away[FtDe];
    absent_1_edx[3]  = away[FtPse];
    absent_1_edx[4]  = away[FtTsc];
    absent_1_edx[5]  = away[FtMsr];
    absent_1_edx[6]  = away[FtPae];
    absent_1_edx[8]  = away[FtCx8];
    absent_1_edx[11] = away[FtSep];
    absent_1_edx[12] = away[FtMtrr];
    absent_1_edx[13] = away[FtPge];
    absent_1_edx[15] = away[FtCmov];
    absent_1_edx[16] = away[FtPat];
    absent_1_edx[17] = away[FtPse36];
    absent_1_edx[19] = away[FtClflush];
  endfunction

  function automatic logic [31:0] absent_1_ecx(input logic [63:0] away);
    absent_1_ecx     = '0;
    absent_1_ecx[13] = away[FtCx16];
    absent_1_ecx[17] = away[FtPcid];
    absent_1_ecx[21] = away[FtX2apic];
    absent_1_ecx[22] = away[FtMovbe];
    absent_1_ecx[23] = away[FtPopcnt];
    absent_1_ecx[24] = away[FtTscDeadline];
  endfunction

  function automatic logic [31:0] absent_7_ebx(input logic [63:0] away);
    absent_7_ebx     = '0;
    absent_7_ebx[0]  = away[FtFsgsbase];
    absent_7_ebx[1]  = away[FtTscAdjust];
    absent_7_ebx[7]  = away[FtSmep];
    absent_7_ebx[10] = away[FtInvpcid];
    absent_7_ebx[19] = away[FtAdx];
    absent_7_ebx[20] = away[FtSmap];
    absent_7_ebx[23] = away[FtClflushopt];
    absent_7_ebx[24] = away[FtClwb];
  endfunction

  function automatic logic [31:0] absent_7_ecx(input logic [63:0] away);
    absent_7_ecx     = '0;
    absent_7_ecx[2]  = away[FtUmip];
    absent_7_ecx[3]  = away[FtPku];
    absent_7_ecx[16] = away[FtLa57];
    absent_7_ecx[22] = away[FtRdpid];
    absent_7_ecx[31] = away[FtPks];
  endfunction

  function automatic logic [31:0] absent_ext_ecx(input logic [63:0] away);
    absent_ext_ecx    = '0;
    absent_ext_ecx[0] = away[FtLahf];
    absent_ext_ecx[5] = away[FtAbm];
    absent_ext_ecx[8] = away[FtPrefetchw];
  endfunction

  function automatic logic [31:0] absent_ext_edx(input logic [63:0] away);
    absent_ext_edx     = '0;
    absent_ext_edx[11] = away[FtSyscall];
    absent_ext_edx[20] = away[FtNx];
    absent_ext_edx[26] = away[FtPdpe1gb];
    absent_ext_edx[27] = away[FtRdtscp];
    absent_ext_edx[29] = away[FtLm];
  endfunction

  // --- control registers: bits that exist no more
  function automatic logic [63:0] absent_cr4(input logic [63:0] away);
    absent_cr4              = '0;
    absent_cr4[Cr4Tsd]      = away[FtTsc];
    absent_cr4[Cr4De]       = away[FtDe];
    absent_cr4[Cr4Pse]      = away[FtPse];
    absent_cr4[Cr4Pae]      = away[FtPae];
    absent_cr4[Cr4Pge]      = away[FtPge];
    absent_cr4[Cr4Umip]     = away[FtUmip];
    absent_cr4[Cr4La57]     = away[FtLa57];
    absent_cr4[Cr4Fsgsbase] = away[FtFsgsbase];
    absent_cr4[Cr4Pcide]    = away[FtPcid];
    absent_cr4[Cr4Smep]     = away[FtSmep];
    absent_cr4[Cr4Smap]     = away[FtSmap];
    absent_cr4[Cr4Pke]      = away[FtPku];
    absent_cr4[Cr4Pks]      = away[FtPks];
  endfunction

  function automatic logic [63:0] absent_efer(input logic [63:0] away);
    absent_efer          = '0;
    absent_efer[EferSce] = away[FtSyscall];
    absent_efer[EferLme] = away[FtLm];
    absent_efer[EferNxe] = away[FtNx];
  endfunction

  function automatic logic absent_msr(input logic [31:0] n, input logic [63:0] away);
    unique case (n) inside
      MsrTsc: return away[FtTsc];
      MsrTscAdjust: return away[FtTscAdjust];
      MsrSysCs, MsrSysEsp, MsrSysEip: return away[FtSep];
      MsrMtrrCap, [MsrMtrrBase0:MsrMtrrMask7], MsrMtrrDef: return away[FtMtrr];
      MsrPat: return away[FtPat];
      MsrPkrs: return away[FtPks];
      MsrTscDeadline: return away[FtTscDeadline];
      MsrEfer: return away[FtLm] && away[FtNx];
      MsrStar, MsrLstar, MsrCstar, MsrFmask: return away[FtSyscall];
      MsrFsBase, MsrGsBase, MsrKgsBase: return away[FtLm];
      MsrTscAux: return away[FtRdtscp] && away[FtRdpid];
      default: return 1'b0;
    endcase
  endfunction

  // --- instructions that are #UD
  function automatic logic absent_insn(input insn_t i, input logic opsz, input logic l64,
                                       input logic [63:0] away);
    if (i.alu == AluPopcnt) return away[FtPopcnt];
    if (i.alu inside {AluAdcx, AluAdox}) return away[FtAdx];
    unique case (i.entry)
      UcRdtsc:                return away[FtTsc];
      UcRdtscp:               return away[FtRdtscp];
      UcRdmsr, UcWrmsr:       return away[FtMsr];
      UcCmpxchg8b:            return away[FtCx8];
      UcCmpxchg16b:           return away[FtCx16];
      UcSysenter, UcSysexit:  return away[FtSep];
      UcCmovR, UcCmovM:       return away[FtCmov];
      UcMovbeGm, UcMovbeMr:   return away[FtMovbe];
      UcInvpcid:              return away[FtInvpcid];
      UcClac, UcStac:         return away[FtSmap];
      UcRdpid:                return away[FtRdpid];
      UcLahf, UcSahf:         return away[FtLahf] && l64;
      UcClflush:              return away[!opsz ? FtClflush : i.modreg[0] ? FtClflushopt : FtClwb];
      default:                return 1'b0;
    endcase
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

endpackage
