// SPDX-License-Identifier: Apache-2.0
// Instruction decoder: up to 15 bytes to one insn_t. Combinational; idle (all zero) unless en_i.
// A byte at or above avail_i reads as zero; complete_o is low when the instruction needs one of
// those. A length is only believed when all bytes that it depends on are there, because each of
// them lies inside it. SDM Vol. 2 "Instruction Format", Appendix A "Opcode Map".
module decode
  import cpu_pkg::*;
  import ucode_pkg::*;
(
  input  logic         en_i,
  input  logic [119:0] bytes_i,
  input  logic [3:0]   avail_i,
  input  dec_ctx_t     ctx_i,
  output logic         complete_o,
  output outcome_t     outcome_o, // with complete_o: #GP (length), #UD, #NM
  output insn_t        insn_o
);

  typedef enum logic [3:0] {
    ImNone, ImB, ImZ, ImV, ImW, ImEnter, ImMoffs, ImFar, ImOne
  } imm_e;

  typedef enum logic [2:0] {OsDefault, OsByte, OsD64, OsF64, OsNo16} osz_e;

  /* verilator lint_off UNUSEDSIGNAL */  // rows look at some prefixes and bits of ModRM
  // One row of the opcode map.
  typedef struct packed {
    logic   modrm;
    imm_e   imm;
    osz_e   osz;
    label_e r, m;      // entry with a register, with a memory operand; without ModRM: r
    alu_e   alu;
    logic   lock_ok;
    logic   acc;       // the operand is AL, eAX
    logic   opreg;     // the operand is the register in the opcode's low bits
    log2_t  ssz;
    logic   nm;        // #NM instead of #UD
  } row_t;

  typedef struct packed {
    logic       opsz, adsz, lock, rep, repne, seg_v;
    logic [2:0] seg;
    logic [4:0] rex;   // present, W R X B
  } prefix_t;

  function automatic row_t row(input label_e r, input label_e m);
    row_t x;
    x = '0;
    x.r = r;
    x.m = m;
    x.imm = ImNone;
    x.osz = OsDefault;
    return x;
  endfunction

  function automatic row_t row_rm(input label_e r, input label_e m, input logic bytes);
    row_t x;
    x = row(r, m);
    x.modrm = 1'b1;
    x.osz = bytes ? OsByte : OsDefault;
    return x;
  endfunction

  function automatic row_t row_one(input logic [7:0] op, input logic [7:0] modrm,
                                   input prefix_t p, input dec_ctx_t c);
    row_t x;
    logic [2:0] n;
    logic by, l64;
    n = modrm[5:3];
    by = !op[0];
    l64 = c.l64;
    x = row(UcUd, UcUd);
    unique case (op) inside
      [8'h00:8'h3f]: begin
        if (op[2:0] < 3'd6) begin
          unique case (op[2:1])
            2'd0: begin
              x = row_rm(UcAluRr, op[5:3] == 3'd7 ? UcCmpMr : UcAluMr, by);
              x.lock_ok = op[5:3] != 3'd7;
            end
            2'd1: x = row_rm(UcAluGr, UcAluGm, by);
            default: begin
              x = row(UcAluRi, UcUd);
              x.osz = by ? OsByte : OsDefault;
              x.imm = by ? ImB : ImZ;
              x.acc = 1'b1;
            end
          endcase
          x.alu = alu_e'({3'd0, op[5:3]});
        end else if (!l64 && op[5] == 1'b0) begin  // PUSH, POP ES CS SS DS (0F is not here)
          x = row(!op[0] ? UcPushS : op[4:3] == 2'd2 ? UcPopSs : UcPopS, UcUd);
        end
      end
      [8'h40:8'h4f]: begin
        x = row(UcUnR, UcUd);
        x.alu = op[3] ? AluDec : AluInc;
        x.opreg = 1'b1;
      end
      [8'h50:8'h5f]: begin
        x = row(op[3] ? UcPopR : UcPushR, UcUd);
        x.opreg = 1'b1;
        x.osz = OsD64;
      end
      8'h60: if (!l64) x = row(UcPusha, UcUd);
      8'h61: if (!l64) x = row(UcPopa, UcUd);
      8'h62: x.modrm = !l64 && modrm[7:6] != 2'd3;
      8'h63: begin
        x.modrm = 1'b1;
        if (l64) begin
          x = row_rm(UcMovsR, UcMovsM, 1'b0);
          x.ssz = p.rex[3] || !p.opsz ? 3'd2 : 3'd1;
        end
      end
      8'h68, 8'h6a: begin
        x = row(UcPushI, UcUd);
        x.imm = op[1] ? ImB : ImZ;
        x.osz = OsD64;
      end
      8'h69, 8'h6b: begin
        x = row_rm(UcImulGri, UcImulGmi, 1'b0);
        x.imm = op[1] ? ImB : ImZ;
      end
      [8'h70:8'h7f]: begin
        x = row(UcJcc, UcUd);
        x.imm = ImB;
        x.osz = OsF64;
      end
      [8'h80:8'h83]: begin
        if (!(op == 8'h82 && l64)) begin
          x = row_rm(UcAluRi, n == 3'd7 ? UcCmpMi : UcAluMi, by);
          x.imm = op == 8'h81 ? ImZ : ImB;
          x.alu = alu_e'({3'd0, n});
          x.lock_ok = n != 3'd7;
        end
      end
      8'h84, 8'h85: begin
        x = row_rm(UcAluRr, UcCmpMr, by);
        x.alu = AluTest;
      end
      8'h86, 8'h87: begin
        x = row_rm(UcXchgR, UcXchgM, by);
        x.lock_ok = 1'b1;
      end
      8'h88, 8'h89: x = row_rm(UcMovRr, UcMovMr, by);
      8'h8a, 8'h8b: x = row_rm(UcMovGr, UcMovGm, by);
      8'h8c: x = n < 3'd6 ? row_rm(UcMovRs, UcMovMs, 1'b0) : row_rm(UcUd, UcUd, 1'b0);
      8'h8d: x = row_rm(UcUd, UcLea, 1'b0);
      8'h8e: begin
        if (n == 3'd2) x = row_rm(UcMovSsr, UcMovSsm, 1'b0);
        else if (n == 3'd1 || n > 3'd5) x = row_rm(UcUd, UcUd, 1'b0);
        else x = row_rm(UcMovSr, UcMovSm, 1'b0);
      end
      8'h8f: begin
        x = n == 3'd0 ? row_rm(UcPopR, UcPopM, 1'b0) : row_rm(UcUd, UcUd, 1'b0);
        x.osz = OsD64;
      end
      [8'h90:8'h97]: begin
        x = row(op == 8'h90 && !p.rex[0] ? UcNop : UcXchgR, UcUd);
        x.opreg = 1'b1;
      end
      8'h98: begin
        x = row(UcCbw, UcUd);
        x.ssz = p.rex[3] ? 3'd2 : p.opsz ? 3'd0 : 3'd1;
      end
      8'h99: x = row(UcCwd, UcUd);
      8'h9a, 8'hea: begin
        if (!l64) begin
          x = row(op == 8'hea ? UcJmpfI : UcCallfI, UcUd);
          x.imm = ImFar;
        end
      end
      8'h9b: begin
        x = row(c.cr0_mp && c.cr0_ts ? UcUd : UcNop, UcUd);
        x.nm = 1'b1;
      end
      8'h9c, 8'h9d: begin
        x = row(op[0] ? UcPopf : UcPushf, UcUd);
        x.osz = OsD64;
      end
      8'h9e: x = row(UcSahf, UcUd);
      8'h9f: x = row(UcLahf, UcUd);
      [8'ha0:8'ha3]: begin
        x = op[1] ? row(UcMovMr, UcMovMr) : row(UcMovGm, UcMovGm);
        x.imm = ImMoffs;
        x.osz = by ? OsByte : OsDefault;
        x.acc = 1'b1;
      end
      8'ha4, 8'ha5: x = row(UcMovs, UcUd);
      8'ha6, 8'ha7: x = row(UcCmps, UcUd);
      8'ha8, 8'ha9: begin
        x = row(UcAluRi, UcUd);
        x.alu = AluTest;
        x.imm = by ? ImB : ImZ;
        x.acc = 1'b1;
      end
      8'haa, 8'hab: x = row(UcStos, UcUd);
      8'hac, 8'had: x = row(UcLods, UcUd);
      8'hae, 8'haf: x = row(UcScas, UcUd);
      [8'hb0:8'hbf]: begin
        x = row(UcMovRi, UcUd);
        x.opreg = 1'b1;
        x.osz = op[3] ? OsDefault : OsByte;
        x.imm = op[3] ? ImV : ImB;
      end
      8'hc0, 8'hc1, 8'hd0, 8'hd1: begin
        x = row_rm(UcAluRi, UcAluMi, by);
        x.alu = alu_e'({3'd1, n});
        x.imm = op[4] ? ImOne : ImB;
      end
      8'hd2, 8'hd3: begin
        x = row_rm(UcShRc, UcShMc, by);
        x.alu = alu_e'({3'd1, n});
      end
      8'hc2, 8'hc3: begin
        x = row(op[0] ? UcRet : UcRetI, UcUd);
        x.imm = op[0] ? ImNone : ImW;
        x.osz = OsF64;
      end
      8'hc4, 8'hc5: x.modrm = !l64 && modrm[7:6] != 2'd3;
      8'hc6, 8'hc7: begin
        x = n == 3'd0 ? row_rm(UcMovRi, UcMovMi, by) : row_rm(UcUd, UcUd, by);
        x.imm = by ? ImB : ImZ;
      end
      8'hc8: begin
        x = row(UcEnter, UcUd);
        x.imm = ImEnter;
        x.osz = OsD64;
      end
      8'hc9: begin
        x = row(UcLeave, UcUd);
        x.osz = OsD64;
      end
      8'hca, 8'hcb: begin
        x = row(UcRetf, UcUd);
        x.imm = op[0] ? ImNone : ImW;
      end
      8'hcc: x = row(UcInt3, UcUd);
      8'hcd: begin
        x = row(UcIntN, UcUd);
        x.imm = ImB;
      end
      8'hce: if (!l64) x = row(UcInto, UcUd);
      8'hcf: x = row(UcIret, UcUd);
      8'hd4, 8'hd5: x.imm = l64 ? ImNone : ImB;
      8'hd7: x = row(UcXlat, UcUd);
      [8'hd8:8'hdf]: begin
        x = row_rm(UcUd, UcUd, 1'b0);
        x.nm = c.cr0_em || c.cr0_ts;
      end
      8'he0, 8'he1, 8'he2: begin
        x = row(op[1] ? UcLoop : UcLoopcc, UcUd);
        x.imm = ImB;
        x.osz = OsF64;
      end
      8'he3: begin
        x = row(UcJcxz, UcUd);
        x.imm = ImB;
        x.osz = OsF64;
      end
      8'he4, 8'he5, 8'he6, 8'he7: begin
        x = row(op[1] ? UcOutI : UcInI, UcUd);
        x.imm = ImB;
      end
      8'hec, 8'hed, 8'hee, 8'hef: x = row(op[1] ? UcOutDx : UcInDx, UcUd);
      8'he8, 8'he9, 8'heb: begin
        x = row(op[0] ? UcJmpI : UcCallI, UcUd);
        x.imm = op[1] ? ImB : ImZ;
        x.osz = OsF64;
      end
      8'hf1: x = row(UcInt1, UcUd);
      8'hf4: x = row(UcHlt, UcUd);
      8'hf5: x = row(UcCmc, UcUd);
      8'hf6, 8'hf7: begin
        unique case (n)
          3'd0, 3'd1: begin
            x = row_rm(UcAluRi, UcCmpMi, by);
            x.alu = AluTest;
            x.imm = by ? ImB : ImZ;
          end
          3'd2, 3'd3: begin
            x = row_rm(UcUnR, UcUnM, by);
            x.alu = n[0] ? AluNeg : AluNot;
            x.lock_ok = 1'b1;
          end
          3'd4: x = by ? row_rm(UcMulbR, UcMulbM, by) : row_rm(UcMulR, UcMulM, by);
          3'd5: x = by ? row_rm(UcImulbR, UcImulbM, by) : row_rm(UcImulR, UcImulM, by);
          3'd6: x = by ? row_rm(UcDivbR, UcDivbM, by) : row_rm(UcDivR, UcDivM, by);
          default: x = by ? row_rm(UcIdivbR, UcIdivbM, by) : row_rm(UcIdivR, UcIdivM, by);
        endcase
      end
      8'hf8: x = row(UcClc, UcUd);
      8'hf9: x = row(UcStc, UcUd);
      8'hfa: x = row(UcCli, UcUd);
      8'hfb: x = row(UcSti, UcUd);
      8'hfc: x = row(UcCld, UcUd);
      8'hfd: x = row(UcStd, UcUd);
      8'hfe, 8'hff: begin
        x = row_rm(UcUd, UcUd, by);
        unique case (n)
          3'd0, 3'd1: begin
            x = row_rm(UcUnR, UcUnM, by);
            x.alu = n[0] ? AluDec : AluInc;
            x.lock_ok = 1'b1;
          end
          3'd2: if (!by) begin
            x = row_rm(UcCallR, UcCallM, by);
            x.osz = OsF64;
          end
          3'd3: if (!by) x = row_rm(UcUd, UcCallfM, by);
          3'd4: if (!by) begin
            x = row_rm(UcJmpR, UcJmpM, by);
            x.osz = OsF64;
          end
          3'd5: if (!by) x = row_rm(UcUd, UcJmpfM, by);
          3'd6: if (!by) begin
            x = row_rm(UcPushR, UcPushM, by);
            x.osz = OsD64;
          end
          default: ;
        endcase
      end
      default: ;
    endcase
    // String, port and accumulator forms: bit 0 is the operand size.
    if (op inside {[8'ha4:8'haf], [8'he4:8'he7], [8'hec:8'hef]} && by) x.osz = OsByte;
    return x;
  endfunction

  // MMX opcodes that exist without a mandatory prefix (docs/cpu.md "x87 and SSE").
  function automatic logic is_mmx(input logic [7:0] op);
    unique case (op) inside
      [8'h60:8'h6b], 8'h6e, 8'h6f, [8'h71:8'h77], 8'h7e, 8'h7f: return 1'b1;
      [8'hd1:8'hfe]: return !(op inside {8'hd6, 8'he6, 8'hf0});
      default: return 1'b0;
    endcase
  endfunction

  function automatic row_t row_two(input logic [7:0] op, input logic [7:0] modrm,
                                   input prefix_t p, input dec_ctx_t c);
    row_t x;
    logic [2:0] n;
    logic l64, by, reg_form, plain, umip;
    n = modrm[5:3];
    l64 = c.l64;
    by = !op[0];
    reg_form = modrm[7:6] == 2'd3;
    plain = !p.opsz && !p.rep && !p.repne;
    umip = c.cr4_umip && !c.cpl0;
    x = row(UcUd, UcUd);
    unique case (op) inside
      8'h00: begin
        unique case (n)
          3'd0: x = umip ? row(UcGp0, UcGp0) : row(UcSldtR, UcSldtM);
          3'd1: x = umip ? row(UcGp0, UcGp0) : row(UcStrR, UcStrM);
          3'd2: x = row(UcLldtR, UcLldtM);
          3'd3: x = row(UcLtrR, UcLtrM);
          default: ;
        endcase
        x.modrm = 1'b1;
      end
      8'h01: begin
        unique case (n)
          3'd0: begin
            x = row(UcUd, umip ? UcGp0 : UcSgdt);
          end
          3'd1: begin
            x = row(UcUd, umip ? UcGp0 : UcSidt);
            if (plain && modrm[2:0] == 3'd2) x.r = UcClac;
            if (plain && modrm[2:0] == 3'd3) x.r = UcStac;
          end
          3'd2: x = row(UcUd, UcLgdt);
          3'd3: x = row(UcUd, UcLidt);
          3'd4: x = umip ? row(UcGp0, UcGp0) : row(UcSmswR, UcSmswM);
          3'd6: x = row(UcLmswR, UcLmswM);
          3'd7: begin
            x = row(UcUd, UcInvlpg);
            if (modrm[2:0] == 3'd0 && l64) x.r = UcSwapgs;
            if (modrm[2:0] == 3'd1) x.r = UcRdtscp;
          end
          default: ;
        endcase
        x.modrm = 1'b1;
      end
      8'h02, 8'h03: x.modrm = 1'b1;
      8'h05: if (l64 && c.efer_sce) x = row(UcSyscall, UcUd);
      8'h06: x = row(UcClts, UcUd);
      8'h07: if (l64 && c.efer_sce) x = row(UcSysret, UcUd);
      8'h08, 8'h09: x = row(UcWbinvd, UcUd);
      8'h0d, [8'h18:8'h1f]: x = row_rm(UcNop, UcNop, 1'b0);
      [8'h20:8'h23]: begin
        x.modrm = 1'b1;
        if (!op[0]) begin
          unique case ({p.rex[2], n})
            4'd0: x.r = op[1] ? UcMovCr0r : UcMovRcr0;
            4'd2: x.r = op[1] ? UcMovCr2r : UcMovRcr2;
            4'd3: x.r = op[1] ? UcMovCr3r : UcMovRcr3;
            4'd4: x.r = op[1] ? UcMovCr4r : UcMovRcr4;
            4'd8: x.r = op[1] ? UcMovCr8r : UcMovRcr8;
            default: ;
          endcase
        end else if (!p.rex[2] && !(n[2:1] == 2'd2 && c.cr4_de)) begin
          x.r = op[1] ? UcMovDrr : UcMovRdr;
        end
        x.m = x.r;
      end
      8'h30: x = row(UcWrmsr, UcUd);
      8'h31: x = row(UcRdtsc, UcUd);
      8'h32: x = row(UcRdmsr, UcUd);
      8'h33: x = row(UcRdpmc, UcUd);
      [8'h40:8'h4f]: x = row_rm(UcCmovR, UcCmovM, 1'b0);
      [8'h10:8'h17], [8'h28:8'h2f], [8'h50:8'h76], [8'h78:8'h79], [8'h7c:8'h7f], [8'hd0:8'hfe]:
        x.modrm = 1'b1;
      [8'h80:8'h8f]: begin
        x = row(UcJcc, UcUd);
        x.imm = ImZ;
        x.osz = OsF64;
      end
      [8'h90:8'h9f]: x = row_rm(UcSetR, UcSetM, 1'b1);
      8'ha0, 8'ha8: begin
        x = row(UcPushS, UcUd);
        x.osz = OsD64;
      end
      8'ha1, 8'ha9: begin
        x = row(UcPopS, UcUd);
        x.osz = OsD64;
      end
      8'ha2: x = row(UcCpuid, UcUd);
      8'ha3, 8'hab, 8'hb3, 8'hbb: begin
        x = row_rm(UcAluRr, op == 8'ha3 ? UcBtMr : UcBtsMr, 1'b0);
        x.alu = alu_e'({4'd4, op[4:3]});
        x.lock_ok = op != 8'ha3;
      end
      8'ha4, 8'hac: begin
        x = row_rm(UcDshRi, UcDshMi, 1'b0);
        x.alu = op[3] ? AluShrd : AluShld;
        x.imm = ImB;
      end
      8'ha5, 8'had: begin
        x = row_rm(UcDshRc, UcDshMc, 1'b0);
        x.alu = op[3] ? AluShrd : AluShld;
      end
      8'hae: begin
        x.modrm = 1'b1;
        if (plain && n == 3'd7) x.m = UcClflush;
        if (p.opsz && !p.rep && !p.repne && n[2:1] == 2'd3) x.m = UcClflush;
        if (plain && n >= 3'd5) x.r = UcNop;
        if (p.rep && l64 && c.cr4_fsgsbase) begin
          x.osz = OsNo16;
          unique case (n)
            3'd0: x.r = UcRdfsb;
            3'd1: x.r = UcRdgsb;
            3'd2: x.r = UcWrfsb;
            3'd3: x.r = UcWrgsb;
            default: ;
          endcase
        end
      end
      8'haf: x = row_rm(UcImulGr, UcImulGm, 1'b0);
      8'hb0, 8'hb1: begin
        x = row_rm(UcCmpxchgR, UcCmpxchgM, by);
        x.lock_ok = 1'b1;
      end
      8'hb2, 8'hb4, 8'hb5, 8'hb9, 8'hc3, 8'hff: x.modrm = 1'b1;
      8'hb6, 8'hb7, 8'hbe, 8'hbf: begin
        x = op[3] ? row_rm(UcMovsR, UcMovsM, 1'b0) : row_rm(UcMovzR, UcMovzM, 1'b0);
        x.ssz = {2'd0, op[0]};
      end
      8'hb8: begin
        x.modrm = p.rep;
        if (p.rep) begin
          x = row_rm(UcScanR, UcScanM, 1'b0);
          x.alu = AluPopcnt;
        end
      end
      8'hba: begin
        x = n[2] ? row_rm(UcAluRi, n == 3'd4 ? UcCmpMi : UcAluMi, 1'b0)
                 : row_rm(UcUd, UcUd, 1'b0);
        x.alu = alu_e'({4'd4, n[1:0]});
        x.imm = ImB;
        x.lock_ok = n > 3'd4;
      end
      8'hbc, 8'hbd: begin
        x = row_rm(UcScanR, UcScanM, 1'b0);
        x.alu = p.rep ? (op[0] ? AluLzcnt : AluTzcnt) : (op[0] ? AluBsr : AluBsf);
      end
      8'hc0, 8'hc1: begin
        x = row_rm(UcXaddR, UcXaddM, by);
        x.lock_ok = 1'b1;
      end
      8'hc2, 8'hc4, 8'hc5, 8'hc6: begin
        x.modrm = 1'b1;
        x.imm = ImB;
      end
      8'hc7: begin
        x.modrm = 1'b1;
        if (n == 3'd1) begin
          x.m = p.rex[3] ? UcCmpxchg16b : UcCmpxchg8b;
          x.lock_ok = 1'b1;
        end
        if (n == 3'd7 && p.rep) x.r = UcRdpid;
      end
      [8'hc8:8'hcf]: begin
        x = row(UcBswap, UcUd);
        x.opreg = 1'b1;
      end
      default: ;
    endcase
    if (op inside {[8'h70:8'h73]}) x.imm = ImB;
    if (plain && is_mmx(op)) x.nm = c.cr0_ts && !c.cr0_em;
    if (reg_form && x.modrm) x.m = x.r;
    return x;
  endfunction

  // 0F 38 and 0F 3A.
  function automatic row_t row_three(input logic is_3a, input logic [7:0] op, input prefix_t p);
    row_t x;
    x = row_rm(UcUd, UcUd, 1'b0);
    if (is_3a) x.imm = ImB;
    else if (op == 8'hf0 && !p.repne && !p.rep) x.m = UcMovbeGm;
    else if (op == 8'hf1 && !p.repne && !p.rep) x.m = UcMovbeMr;
    else if (op == 8'h82 && p.opsz && !p.rep && !p.repne) x.m = UcInvpcid;
    return x;
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */
  always_comb begin
    prefix_t      p;
    row_t         x;
    logic [119:0] rest;
    logic [7:0]   op, modrm, sib, byte_v;
    logic [1:0]   map;
    logic [3:0]   op_at;
    logic         more, mod_mem, w, has_sib, ud;
    logic [4:0]   len;
    logic [2:0]   disp_bytes;
    logic [3:0]   imm_bytes;
    logic [63:0]  tail;
    logic [1:0]   op_len;
    insn_t        d;

    complete_o = 1'b0;
    outcome_o = '0;
    insn_o = '0;
    p = '0;
    x = '0;
    rest = '0;
    op = '0;
    modrm = '0;
    sib = '0;
    byte_v = '0;
    map = '0;
    op_at = '0;
    more = 1'b0;
    mod_mem = 1'b0;
    w = 1'b0;
    has_sib = 1'b0;
    ud = 1'b0;
    len = '0;
    disp_bytes = '0;
    imm_bytes = '0;
    tail = '0;
    op_len = '0;
    d = '0;

    if (en_i) begin
      // Prefixes: REX counts only right before the opcode.
      more = 1'b1;
      for (int unsigned i = 0; i < 15; i++) begin
        if (more) begin
          byte_v = 4'(i) < avail_i ? bytes_i[8*i +: 8] : 8'd0;
          op_at = 4'(i);
          unique case (byte_v) inside
            8'h26, 8'h2e, 8'h36, 8'h3e: begin
              p.rex = '0;
              if (!ctx_i.l64) begin
                p.seg_v = 1'b1;
                p.seg = {1'b0, byte_v[4:3]};
              end
            end
            8'h64, 8'h65: begin
              p.rex = '0;
              p.seg_v = 1'b1;
              p.seg = {2'b10, byte_v[0]};
            end
            8'h66: begin
              p.rex = '0;
              p.opsz = 1'b1;
            end
            8'h67: begin
              p.rex = '0;
              p.adsz = 1'b1;
            end
            8'hf0: begin
              p.rex = '0;
              p.lock = 1'b1;
            end
            8'hf2: begin
              p.rex = '0;
              p.rep = 1'b0;
              p.repne = 1'b1;
            end
            8'hf3: begin
              p.rex = '0;
              p.rep = 1'b1;
              p.repne = 1'b0;
            end
            [8'h40:8'h4f]: begin
              if (ctx_i.l64) p.rex = {1'b1, byte_v[3:0]};
              else more = 1'b0;
            end
            default: more = 1'b0;
          endcase
        end
      end
      w = p.rex[3];

      // Opcode.
      rest = bytes_i & ~({120{1'b1}} << {avail_i, 3'd0});
      rest = rest >> {op_at, 3'd0};
      op = rest[7:0];
      op_len = 2'd1;
      if (rest[7:0] == 8'h0f) begin
        op = rest[15:8];
        map = 2'd1;
        op_len = 2'd2;
        if (rest[15:8] == 8'h38 || rest[15:8] == 8'h3a) begin
          op = rest[23:16];
          map = rest[9] ? 2'd3 : 2'd2;
          op_len = 2'd3;
        end
      end
      rest = rest >> {op_len, 3'd0};
      modrm = rest[7:0];
      sib = rest[15:8];
      unique case (map)
        2'd0: x = row_one(op, modrm, p, ctx_i);
        2'd1: x = row_two(op, modrm, p, ctx_i);
        default: x = row_three(map[0], op, p);
      endcase
      len = {1'b0, op_at} + {3'd0, op_len};
      if (x.modrm) rest = rest >> 8;
      len = len + {4'd0, x.modrm};

      // Sizes.
      d.asz = ctx_i.l64 ? (p.adsz ? 3'd2 : 3'd3) : (p.adsz ? 3'd1 : 3'd2);
      unique case (x.osz)
        OsByte: d.osz = 3'd0;
        OsD64: d.osz = ctx_i.l64 ? (p.opsz && !w ? 3'd1 : 3'd3) : (p.opsz ? 3'd1 : 3'd2);
        OsF64: d.osz = ctx_i.l64 ? 3'd3 : (p.opsz ? 3'd1 : 3'd2);
        OsNo16: d.osz = w ? 3'd3 : 3'd2;
        default: d.osz = w ? 3'd3 : p.opsz ? 3'd1 : 3'd2;
      endcase
      if (map == 2'd0 && op[7:4] == 4'he && op[2] && d.osz == 3'd3) d.osz = 3'd2;  // ports

      // ModRM and SIB. MOV CR and MOV DR have registers whatever mod says.
      d.modreg = modrm[5:3];
      d.reg_n = {p.rex[2], modrm[5:3]};
      d.rm_n = {p.rex[0], modrm[2:0]};
      mod_mem = x.modrm && modrm[7:6] != 2'd3 && !(map == 2'd1 && op[7:2] == 6'b001000);
      d.mem = mod_mem || x.imm == ImMoffs;
      d.seg = 3'(SegDs);
      if (mod_mem) begin
        if (d.asz == 3'd1) begin
          d.base_v = !(modrm[7:6] == 2'd0 && modrm[2:0] == 3'd6);
          d.index_v = !modrm[2];
          unique case (modrm[2:0])
            3'd0, 3'd1, 3'd7: d.base_n = 4'd3;
            3'd2, 3'd3, 3'd6: d.base_n = 4'd5;
            3'd4: d.base_n = 4'd6;
            default: d.base_n = 4'd7;
          endcase
          d.index_n = {3'b011, modrm[0]};
          disp_bytes = modrm[7:6] == 2'd1 ? 3'd1 : modrm[7:6] == 2'd2 || !d.base_v ? 3'd2 : 3'd0;
          if (d.base_v && d.base_n == 4'd5) d.seg = 3'(SegSs);
        end else begin
          has_sib = modrm[2:0] == 3'd4;
          d.base_v = 1'b1;
          d.base_n = {p.rex[0], modrm[2:0]};
          if (has_sib) begin
            rest = rest >> 8;
            d.base_n = {p.rex[0], sib[2:0]};
            d.index_n = {p.rex[1], sib[5:3]};
            d.index_v = d.index_n != 4'd4;
            d.scale = sib[7:6];
            if (sib[2:0] == 3'd5 && modrm[7:6] == 2'd0) d.base_v = 1'b0;
          end else if (modrm[2:0] == 3'd5 && modrm[7:6] == 2'd0) begin
            d.base_v = 1'b0;
            d.riprel = ctx_i.l64;
          end
          disp_bytes = modrm[7:6] == 2'd1 ? 3'd1 : modrm[7:6] == 2'd2 || !d.base_v ? 3'd4 : 3'd0;
          if (d.base_v && d.base_n inside {4'd4, 4'd5}) d.seg = 3'(SegSs);
        end
      end
      if (p.seg_v) d.seg = p.seg;
      len = len + {4'd0, has_sib} + {2'd0, disp_bytes};
      unique case (disp_bytes)
        3'd1: d.disp = {{56{rest[7]}}, rest[7:0]};
        3'd2: d.disp = {{48{rest[15]}}, rest[15:0]};
        3'd4: d.disp = {{32{rest[31]}}, rest[31:0]};
        default: d.disp = '0;
      endcase
      rest = rest >> {disp_bytes, 3'd0};

      // Immediates.
      tail = rest[63:0];
      d.imm2 = rest[47:32];
      unique case (x.imm)
        ImB: begin
          imm_bytes = 4'd1;
          d.imm = {{56{tail[7]}}, tail[7:0]};
        end
        ImW: begin
          imm_bytes = 4'd2;
          d.imm = {48'd0, tail[15:0]};
        end
        ImEnter: begin
          imm_bytes = 4'd3;
          d.imm = {48'd0, tail[15:0]};
          d.imm2 = {8'd0, tail[23:16]};
        end
        ImZ: begin
          imm_bytes = d.osz == 3'd1 ? 4'd2 : 4'd4;
          d.imm = d.osz == 3'd1 ? {{48{tail[15]}}, tail[15:0]} : {{32{tail[31]}}, tail[31:0]};
        end
        ImV: begin
          imm_bytes = d.osz == 3'd1 ? 4'd2 : d.osz == 3'd3 ? 4'd8 : 4'd4;
          d.imm = tail;
        end
        ImMoffs: begin
          imm_bytes = 4'd1 << d.asz;
          d.disp = tail & size_mask(d.asz);
        end
        ImFar: begin
          imm_bytes = d.osz == 3'd1 ? 4'd4 : 4'd6;
          d.imm = tail;
          if (d.osz == 3'd1) d.imm2 = tail[31:16];
        end
        ImOne: d.imm = 64'd1;
        default: ;
      endcase
      len = len + {1'b0, imm_bytes};
      if (more) len = 5'd16;  // 15 prefixes and no opcode yet

      if (x.acc) d.reg_n = 4'd0;
      if (x.acc) d.rm_n = 4'd0;
      if (x.opreg) d.rm_n = {p.rex[0], op[2:0]};
      if (x.opreg && x.r == UcXchgR) d.reg_n = 4'd0;
      if (map == 2'd0 && op == 8'he3) d.cc = '0;
      d.entry = d.mem ? x.m : x.r;
      d.alu = x.alu;
      d.lock = p.lock;
      d.rep = p.rep;
      d.repne = p.repne;
      d.rex = p.rex[4];
      d.ssz = x.ssz;
      d.cc = map == 2'd0 && op[7:1] == 7'h70 ? {3'd2, !op[0]} : op[3:0];  // LOOPNE LOOPE: NZ Z
      d.pop_ea = map == 2'd0 && op == 8'h8f;
      d.sreg = op[7:6] == 2'd0 ? {1'b0, op[4:3]} : modrm[5:3];
      if (map == 2'd1) d.sreg = {2'b10, op[3]};
      // DR4 and DR5 are DR6 and DR7.
      if (map == 2'd1 && op[7:2] == 6'b001000) begin
        d.reg_n = {1'b0, modrm[5] ? {2'b11, modrm[3]} : modrm[5:3]};
      end
      d.len = len[3:0];

      ud = d.entry == UcUd || (p.lock && !(x.lock_ok && mod_mem));
      complete_o = len <= {1'b0, avail_i} || (avail_i == 4'd15);
      if (len > 5'd15) outcome_o = exception(VecGp, '0);
      else if (ud) outcome_o = exception(x.nm && !p.lock ? VecNm : VecUd, '0);
      insn_o = d;
    end
  end

endmodule
