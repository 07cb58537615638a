// SPDX-License-Identifier: Apache-2.0
// The opcode maps as rows: operand form, operand size, immediate, microcode entries with a register
// and with a memory operand, ALU operation, LOCK. Regular opcodes are one row each; groups and
// opcodes that depend on more than their own byte are short functions. SDM Vol. 2 "Opcode Map".
package decode_map;
  import cpu_pkg::*;
  import ucode_pkg::*;
  import feature_pkg::FtAbm;

  typedef enum logic [1:0] {
    FmNone,   // no operand, or one that the microcode names
    FmRm,     // ModRM
    FmAcc,    // AL, eAX
    FmOpreg   // the register in the opcode's low bits
  } form_e;

  typedef enum logic [3:0] {
    ImNone, ImB, ImZ, ImV, ImW, ImEnter, ImMoffs, ImFar, ImOne
  } imm_e;

  typedef enum logic [2:0] {
    OsDefault,
    OsBit0,   // byte if bit 0 of the opcode is clear
    OsByte,
    OsD64,    // 64 bits by default in 64-bit mode
    OsF64,    // 64 bits always in 64-bit mode
    OsNo16,   // 66 does not count
    OsPort    // as OsBit0, never 64 bits
  } osz_e;

  typedef struct packed {
    form_e  form;
    osz_e   osz;
    imm_e   imm;
    label_e r, m;     // entry with a register, with a memory operand; without ModRM: r
    alu_e   alu;
    logic   lock_ok;  // with a memory operand
  } row_t;

  typedef struct packed {
    logic       opsz, adsz, lock, rep, repne, seg_v;
    logic [2:0] seg;
    logic [4:0] rex;  // present, W R X B
  } prefix_t;

  function automatic row_t row(input form_e form, input osz_e osz, input imm_e imm,
                               input label_e r, input label_e m, input alu_e alu,
                               input logic lock_ok);
    return '{form: form, osz: osz, imm: imm, r: r, m: m, alu: alu, lock_ok: lock_ok};
  endfunction

  // No ALU operation, no LOCK.
  function automatic row_t op_rm(input osz_e osz, input imm_e imm, input label_e r,
                                 input label_e m);
    return row(FmRm, osz, imm, r, m, AluAdd, 1'b0);
  endfunction

  function automatic row_t op_none(input osz_e osz, input imm_e imm, input label_e r);
    return row(FmNone, osz, imm, r, UcUd, AluAdd, 1'b0);
  endfunction

  function automatic row_t plain(input label_e r);
    return op_none(OsDefault, ImNone, r);
  endfunction

  // Chosen by ModRM.reg and no operand size of its own.
  function automatic row_t group(input label_e r, input label_e m);
    return op_rm(OsDefault, ImNone, r, m);
  endfunction

  localparam row_t Invalid = '{form: FmNone, osz: OsDefault, imm: ImNone, r: UcUd, m: UcUd,
                               alu: AluAdd, lock_ok: 1'b0};
  localparam row_t InvalidRm = '{form: FmRm, osz: OsDefault, imm: ImNone, r: UcUd, m: UcUd,
                                 alu: AluAdd, lock_ok: 1'b0};

  /* verilator lint_off UNUSEDSIGNAL */  // functions take whole values and look at some bits

  // SDM Vol. 2 "One-Byte Opcode Map": i64. Some end with the opcode, some have their operands all
  // the same (docs/cpu.md F4).
  function automatic logic not_in_64(input logic [7:0] op);
    return op inside {8'h06, 8'h07, 8'h0e, 8'h16, 8'h17, 8'h1e, 8'h1f, 8'h27, 8'h2f, 8'h37, 8'h3f,
                      [8'h60:8'h62], 8'h82, 8'h9a, 8'hc4, 8'hc5, 8'hce, [8'hd4:8'hd6], 8'hea};
  endfunction
  function automatic row_t row_not_in_64(input logic [7:0] op);
    unique case (op)
      8'h82:        return op_rm(OsBit0, ImB, UcUd, UcUd);
      8'h9a, 8'hea: return op_none(OsDefault, ImFar, UcUd);
      8'hd4, 8'hd5: return op_none(OsDefault, ImB, UcUd);
      default:      return Invalid;
    endcase
  endfunction

  // DAA DAS AAA AAS: 27 2F 37 3F.
  function automatic row_t row_adjust(input logic [1:0] n);
    unique case (n)
      2'd0:    return plain(UcDaa);
      2'd1:    return plain(UcDas);
      2'd2:    return plain(UcAaa);
      default: return plain(UcAas);
    endcase
  endfunction

  // 00 to 3F: ADD OR ADC SBB AND SUB XOR CMP in six forms, PUSH and POP of ES CS SS DS.
  function automatic row_t row_alu(input logic [7:0] op);
    alu_e alu;
    logic cmp;
    alu = alu_e'({3'd0, op[5:3]});
    cmp = alu == AluCmp;
    unique case (op[2:0])
      3'd0, 3'd1: return row(FmRm, OsBit0, ImNone, UcAluRr, cmp ? UcCmpMr : UcAluMr, alu, !cmp);
      3'd2, 3'd3: return row(FmRm, OsBit0, ImNone, UcAluGr, UcAluGm, alu, 1'b0);
      3'd4, 3'd5: return row(FmAcc, OsBit0, ImZ, UcAluRi, UcUd, alu, 1'b0);
      3'd6:       return op[5] ? Invalid : plain(UcPushS);
      default:    return op[5] ? row_adjust(op[4:3]) : plain(op[4:3] == 2'd2 ? UcPopSs : UcPopS);
    endcase
  endfunction

  // Group 3: F6, F7.
  function automatic row_t group_3(input logic [2:0] n, input logic bytes);
    unique case (n)
      3'd0, 3'd1: return row(FmRm, OsBit0, ImZ, UcAluRi, UcCmpMi, AluTest, 1'b0);
      3'd2:    return row(FmRm, OsBit0, ImNone, UcUnR, UcUnM, AluNot, 1'b1);
      3'd3:    return row(FmRm, OsBit0, ImNone, UcUnR, UcUnM, AluNeg, 1'b1);
      3'd4:    return bytes ? op_rm(OsByte, ImNone, UcMulbR, UcMulbM) : group(UcMulR, UcMulM);
      3'd5:    return bytes ? op_rm(OsByte, ImNone, UcImulbR, UcImulbM) : group(UcImulR, UcImulM);
      3'd6:    return bytes ? op_rm(OsByte, ImNone, UcDivbR, UcDivbM) : group(UcDivR, UcDivM);
      default: return bytes ? op_rm(OsByte, ImNone, UcIdivbR, UcIdivbM) : group(UcIdivR, UcIdivM);
    endcase
  endfunction

  // Groups 4 and 5: FE, FF.
  function automatic row_t group_4_5(input logic [2:0] n, input logic bytes);
    if (n > 3'd1 && bytes) return InvalidRm;
    unique case (n)
      3'd0:    return row(FmRm, OsBit0, ImNone, UcUnR, UcUnM, AluInc, 1'b1);
      3'd1:    return row(FmRm, OsBit0, ImNone, UcUnR, UcUnM, AluDec, 1'b1);
      3'd2:    return op_rm(OsF64, ImNone, UcCallR, UcCallM);
      3'd3:    return group(UcUd, UcCallfM);
      3'd4:    return op_rm(OsF64, ImNone, UcJmpR, UcJmpM);
      3'd5:    return group(UcUd, UcJmpfM);
      3'd6:    return op_rm(OsD64, ImNone, UcPushR, UcPushM);
      default: return InvalidRm;
    endcase
  endfunction

  // MOV to a segment register; CS and 6, 7 are none.
  function automatic row_t row_mov_sreg(input logic [2:0] n);
    unique case (n)
      3'd2:             return group(UcMovSsr, UcMovSsm);
      3'd1, 3'd6, 3'd7: return InvalidRm;
      default:          return group(UcMovSr, UcMovSm);
    endcase
  endfunction

  function automatic row_t map_one(input logic [7:0] op, input logic [7:0] modrm,
                                   input prefix_t p, input dec_ctx_t c);
    logic [2:0] n;
    logic [7:0] pair;  // both sizes of an opcode
    logic       by;
    n = modrm[5:3];
    by = !op[0];
    pair = {op[7:1], 1'b0};
    if (c.l64 && not_in_64(op)) return row_not_in_64(op);
    if (op inside {[8'h00:8'h3f]}) return row_alu(op);
    unique case (op) inside
      [8'h40:8'h47]: return row(FmOpreg, OsDefault, ImNone, UcUnR, UcUd, AluInc, 1'b0);
      [8'h48:8'h4f]: return row(FmOpreg, OsDefault, ImNone, UcUnR, UcUd, AluDec, 1'b0);
      [8'h50:8'h57]: return row(FmOpreg, OsD64, ImNone, UcPushR, UcUd, AluAdd, 1'b0);
      [8'h58:8'h5f]: return row(FmOpreg, OsD64, ImNone, UcPopR, UcUd, AluAdd, 1'b0);
      8'h60:         return plain(UcPusha);
      8'h61:         return plain(UcPopa);
      // BOUND, LES, LDS with a memory operand; else EVEX, VEX.
      8'h62:         return modrm[7:6] != 2'd3 ? group(UcUd, UcBound) : Invalid;
      8'hc4, 8'hc5:  return modrm[7:6] != 2'd3 ? group(UcUd, UcLds) : Invalid;
      8'h63:         return c.l64 ? group(UcMovsR, UcMovsM) : group(UcArplR, UcArplM);
      8'h68:         return op_none(OsD64, ImZ, UcPushI);
      8'h69:         return op_rm(OsDefault, ImZ, UcImulGri, UcImulGmi);
      8'h6a:         return op_none(OsD64, ImB, UcPushI);
      8'h6b:         return op_rm(OsDefault, ImB, UcImulGri, UcImulGmi);
      8'h6c, 8'h6d:  return op_none(OsPort, ImNone, UcIns);
      8'h6e, 8'h6f:  return op_none(OsPort, ImNone, UcOuts);
      [8'h70:8'h7f]: return op_none(OsF64, ImB, UcJcc);
      [8'h80:8'h83]: return row(FmRm, OsBit0, op == 8'h81 ? ImZ : ImB, UcAluRi,
                                n == 3'd7 ? UcCmpMi : UcAluMi, alu_e'({3'd0, n}), n != 3'd7);
      8'h84, 8'h85:  return row(FmRm, OsBit0, ImNone, UcAluRr, UcCmpMr, AluTest, 1'b0);
      8'h86, 8'h87:  return row(FmRm, OsBit0, ImNone, UcXchgR, UcXchgM, AluAdd, 1'b1);
      8'h88, 8'h89:  return op_rm(OsBit0, ImNone, UcMovRr, UcMovMr);
      8'h8a, 8'h8b:  return op_rm(OsBit0, ImNone, UcMovGr, UcMovGm);
      8'h8c:         return n < 3'd6 ? group(UcMovRs, UcMovMs) : InvalidRm;
      8'h8d:         return group(UcUd, UcLea);
      8'h8e:         return row_mov_sreg(n);
      8'h8f:         return n == 3'd0 ? op_rm(OsD64, ImNone, UcPopR, UcPopM) : InvalidRm;
      [8'h90:8'h97]: return row(FmOpreg, OsDefault, ImNone,
                                op == 8'h90 && !p.rex[0] ? UcNop : UcXchgR, UcUd, AluAdd, 1'b0);
      8'h98:         return plain(UcCbw);
      8'h99:         return plain(UcCwd);
      8'h9a:         return op_none(OsDefault, ImFar, UcCallfI);
      8'h9b:         return plain(c.cr0_mp && c.cr0_ts ? UcUd : UcNop);
      8'h9c:         return op_none(OsD64, ImNone, UcPushf);
      8'h9d:         return op_none(OsD64, ImNone, UcPopf);
      8'h9e:         return plain(UcSahf);
      8'h9f:         return plain(UcLahf);
      8'ha0, 8'ha1:  return row(FmAcc, OsBit0, ImMoffs, UcMovGm, UcMovGm, AluAdd, 1'b0);
      8'ha2, 8'ha3:  return row(FmAcc, OsBit0, ImMoffs, UcMovMr, UcMovMr, AluAdd, 1'b0);
      8'ha4, 8'ha5:  return op_none(OsBit0, ImNone, UcMovs);
      8'ha6, 8'ha7:  return op_none(OsBit0, ImNone, UcCmps);
      8'ha8, 8'ha9:  return row(FmAcc, OsBit0, ImZ, UcAluRi, UcUd, AluTest, 1'b0);
      8'haa, 8'hab:  return op_none(OsBit0, ImNone, UcStos);
      8'hac, 8'had:  return op_none(OsBit0, ImNone, UcLods);
      8'hae, 8'haf:  return op_none(OsBit0, ImNone, UcScas);
      [8'hb0:8'hb7]: return row(FmOpreg, OsByte, ImB, UcMovRi, UcUd, AluAdd, 1'b0);
      [8'hb8:8'hbf]: return row(FmOpreg, OsDefault, ImV, UcMovRi, UcUd, AluAdd, 1'b0);
      8'hc0, 8'hc1:  return row(FmRm, OsBit0, ImB, UcAluRi, UcAluMi, alu_e'({3'd1, n}), 1'b0);
      8'hc2:         return op_none(OsF64, ImW, UcRetI);
      8'hc3:         return op_none(OsF64, ImNone, UcRet);
      8'hc6, 8'hc7:  return n == 3'd0 ? op_rm(OsBit0, ImZ, UcMovRi, UcMovMi)
                                      : op_rm(OsBit0, ImZ, UcUd, UcUd);
      8'hc8:         return op_none(OsD64, ImEnter, UcEnter);
      8'hc9:         return op_none(OsD64, ImNone, UcLeave);
      8'hca:         return op_none(OsDefault, ImW, UcRetf);
      8'hcb:         return plain(UcRetf);
      8'hcc:         return plain(UcInt3);
      8'hcd:         return op_none(OsDefault, ImB, UcIntN);
      8'hce:         return plain(UcInto);
      8'hcf:         return plain(UcIret);
      8'hd0, 8'hd1:  return row(FmRm, OsBit0, ImOne, UcAluRi, UcAluMi, alu_e'({3'd1, n}), 1'b0);
      8'hd2, 8'hd3:  return row(FmRm, OsBit0, ImNone, UcShRc, UcShMc, alu_e'({3'd1, n}), 1'b0);
      8'hd4:         return op_none(OsDefault, ImB, UcAam);
      8'hd5:         return op_none(OsDefault, ImB, UcAad);
      8'hd6:         return plain(UcSalc);
      8'hd7:         return plain(UcXlat);
      [8'hd8:8'hdf]: return InvalidRm;
      8'he0, 8'he1:  return op_none(OsF64, ImB, UcLoopcc);
      8'he2:         return op_none(OsF64, ImB, UcLoop);
      8'he3:         return op_none(OsF64, ImB, UcJcxz);
      8'he4, 8'he5:  return op_none(OsPort, ImB, UcInI);
      8'he6, 8'he7:  return op_none(OsPort, ImB, UcOutI);
      8'he8:         return op_none(OsF64, ImZ, UcCallI);
      8'he9:         return op_none(OsF64, ImZ, UcJmpI);
      8'hea:         return op_none(OsDefault, ImFar, UcJmpfI);
      8'heb:         return op_none(OsF64, ImB, UcJmpI);
      8'hec, 8'hed:  return op_none(OsPort, ImNone, UcInDx);
      8'hee, 8'hef:  return op_none(OsPort, ImNone, UcOutDx);
      8'hf1:         return plain(UcInt1);
      8'hf4:         return plain(UcHlt);
      8'hf5:         return plain(UcCmc);
      8'hf6, 8'hf7:  return group_3(n, by);
      8'hf8:         return plain(UcClc);
      8'hf9:         return plain(UcStc);
      8'hfa:         return plain(UcCli);
      8'hfb:         return plain(UcSti);
      8'hfc:         return plain(UcCld);
      8'hfd:         return plain(UcStd);
      8'hfe, 8'hff:  return group_4_5(n, by);
      default:       return Invalid;
    endcase
  endfunction

  // Group 6: 0F 00. UMIP comes before the operand.
  function automatic row_t group_6(input logic [2:0] n, input logic umip);
    unique case (n)
      3'd0:    return umip ? group(UcGp0, UcGp0) : group(UcSldtR, UcSldtM);
      3'd1:    return umip ? group(UcGp0, UcGp0) : group(UcStrR, UcStrM);
      3'd2:    return group(UcLldtR, UcLldtM);
      3'd3:    return group(UcLtrR, UcLtrM);
      3'd4:    return group(UcVerrR, UcVerrM);
      3'd5:    return group(UcVerwR, UcVerwM);
      default: return InvalidRm;
    endcase
  endfunction

  // Group 7: 0F 01. With a register, ModRM.rm chooses.
  function automatic row_t group_7(input logic [7:0] modrm, input logic bare, input logic umip,
                                   input dec_ctx_t c);
    unique case (modrm[5:3])
      3'd0:    return group(UcUd, umip ? UcGp0 : UcSgdt);
      3'd1:    return group(!bare ? UcUd : modrm[2:0] == 3'd2 ? UcClac
                            : modrm[2:0] == 3'd3 ? UcStac : UcUd, umip ? UcGp0 : UcSidt);
      3'd2:    return group(UcUd, UcLgdt);
      3'd3:    return group(UcUd, UcLidt);
      3'd4:    return umip ? group(UcGp0, UcGp0) : group(UcSmswR, UcSmswM);
      3'd5:    return group(!bare || !c.cr4_pke ? UcUd : modrm[2:0] == 3'd6 ? UcRdpkru
                            : modrm[2:0] == 3'd7 ? UcWrpkru : UcUd, UcUd);
      3'd6:    return group(UcLmswR, UcLmswM);
      3'd7:    return group(modrm[2:0] == 3'd0 && c.l64 ? UcSwapgs
                            : modrm[2:0] == 3'd1 ? UcRdtscp : UcUd, UcInvlpg);
      default: return InvalidRm;
    endcase
  endfunction

  // 0F 20 to 23: MOV with control and debug registers.
  function automatic row_t row_mov_cr(input logic [7:0] op, input logic [3:0] n);
    unique case (n)
      4'd0:    return group(op[1] ? UcMovCr0r : UcMovRcr0, UcUd);
      4'd2:    return group(op[1] ? UcMovCr2r : UcMovRcr2, UcUd);
      4'd3:    return group(op[1] ? UcMovCr3r : UcMovRcr3, UcUd);
      4'd4:    return group(op[1] ? UcMovCr4r : UcMovRcr4, UcUd);
      4'd8:    return group(op[1] ? UcMovCr8r : UcMovRcr8, UcUd);
      default: return InvalidRm;
    endcase
  endfunction

  function automatic row_t row_mov_dr(input logic [7:0] op, input logic [3:0] n, input logic de);
    if (n[3] || (n[2:1] == 2'd2 && de)) return InvalidRm;  // DR4, DR5 with CR4.DE
    return group(op[1] ? UcMovDrr : UcMovRdr, UcUd);
  endfunction

  // Group 15: 0F AE.
  function automatic row_t group_15(input logic [2:0] n, input prefix_t p, input dec_ctx_t c);
    logic bare, opsz_only;
    bare = !p.opsz && !p.rep && !p.repne;
    opsz_only = p.opsz && !p.rep && !p.repne;
    if (bare && n >= 3'd5) return group(UcNop, n == 3'd7 ? UcClflush : UcUd);
    if (opsz_only && n[2:1] == 2'd3) return group(UcUd, UcClflush);
    if (p.rep && c.l64 && c.cr4_fsgsbase) begin
      unique case (n)
        3'd0:    return op_rm(OsNo16, ImNone, UcRdfsb, UcUd);
        3'd1:    return op_rm(OsNo16, ImNone, UcRdgsb, UcUd);
        3'd2:    return op_rm(OsNo16, ImNone, UcWrfsb, UcUd);
        3'd3:    return op_rm(OsNo16, ImNone, UcWrgsb, UcUd);
        default: return InvalidRm;
      endcase
    end
    return InvalidRm;
  endfunction

  // Group 9: 0F C7.
  function automatic row_t group_9(input logic [2:0] n, input prefix_t p);
    if (n == 3'd1) begin
      return row(FmRm, OsDefault, ImNone, UcUd, p.rex[3] ? UcCmpxchg16b : UcCmpxchg8b, AluAdd,
                 1'b1);
    end
    return group(n == 3'd7 && p.rep ? UcRdpid : UcUd, UcUd);
  endfunction

  function automatic row_t map_two(input logic [7:0] op, input logic [7:0] modrm,
                                   input prefix_t p, input dec_ctx_t c);
    logic [2:0] n;
    logic       bare, umip;
    alu_e       bit_op;
    n = modrm[5:3];
    bare = !p.opsz && !p.rep && !p.repne;
    umip = c.cr4_umip && !c.cpl0;
    bit_op = alu_e'({4'd4, op[4:3]});
    unique case (op) inside
      8'h00:         return group_6(n, umip);
      8'h01:         return group_7(modrm, bare, umip, c);
      8'h02:         return group(UcLarR, UcLarM);
      8'h03:         return group(UcLslR, UcLslM);
      8'h05:         return plain(c.l64 && c.efer_sce ? UcSyscall : UcUd);
      8'h06:         return plain(UcClts);
      8'h07:         return plain(c.l64 && c.efer_sce ? UcSysret : UcUd);
      8'h08, 8'h09:  return plain(UcWbinvd);
      8'h0d, [8'h18:8'h1f]: return group(UcNop, UcNop);
      8'h20, 8'h22:  return row_mov_cr(op, {p.rex[2], n});
      8'h21, 8'h23:  return row_mov_dr(op, {p.rex[2], n}, c.cr4_de);
      8'h30:         return plain(UcWrmsr);
      8'h31:         return plain(UcRdtsc);
      8'h32:         return plain(UcRdmsr);
      8'h33:         return plain(UcRdpmc);
      8'h34:         return plain(UcSysenter);
      8'h35:         return plain(UcSysexit);
      [8'h40:8'h4f]: return group(UcCmovR, UcCmovM);
      [8'h70:8'h73], 8'hc2, [8'hc4:8'hc6]: return op_rm(OsDefault, ImB, UcUd, UcUd);
      [8'h10:8'h17], [8'h28:8'h2f], [8'h50:8'h6f], [8'h74:8'h76], 8'h78, 8'h79, [8'h7c:8'h7f],
      8'hb9, 8'hc3, [8'hd0:8'hff]: return InvalidRm;
      8'hb2:         return group(UcUd, UcLss);
      8'hb4, 8'hb5:  return group(UcUd, UcLds);
      [8'h80:8'h8f]: return op_none(OsF64, ImZ, UcJcc);
      [8'h90:8'h9f]: return op_rm(OsByte, ImNone, UcSetR, UcSetM);
      8'ha0, 8'ha8:  return op_none(OsD64, ImNone, UcPushS);
      8'ha1, 8'ha9:  return op_none(OsD64, ImNone, UcPopS);
      8'ha2:         return plain(UcCpuid);
      8'ha3:         return row(FmRm, OsDefault, ImNone, UcAluRr, UcBtMr, AluBt, 1'b0);
      8'hab, 8'hb3, 8'hbb: return row(FmRm, OsDefault, ImNone, UcAluRr, UcBtsMr, bit_op, 1'b1);
      8'ha4:         return row(FmRm, OsDefault, ImB, UcDshRi, UcDshMi, AluShld, 1'b0);
      8'ha5:         return row(FmRm, OsDefault, ImNone, UcDshRc, UcDshMc, AluShld, 1'b0);
      8'hac:         return row(FmRm, OsDefault, ImB, UcDshRi, UcDshMi, AluShrd, 1'b0);
      8'had:         return row(FmRm, OsDefault, ImNone, UcDshRc, UcDshMc, AluShrd, 1'b0);
      8'hae:         return group_15(n, p, c);
      8'haf:         return group(UcImulGr, UcImulGm);
      8'hb0, 8'hb1:  return row(FmRm, OsBit0, ImNone, UcCmpxchgR, UcCmpxchgM, AluAdd, 1'b1);
      8'hb6, 8'hb7:  return group(UcMovzR, UcMovzM);
      8'hb8:         return p.rep ? row(FmRm, OsDefault, ImNone, UcScanR, UcScanM, AluPopcnt, 1'b0)
                                  : op_rm(OsDefault, ImNone, UcUd, UcUd);
      8'hba:         return n[2] ? row(FmRm, OsDefault, ImB, UcAluRi,
                                       n == 3'd4 ? UcCmpMi : UcAluMi, alu_e'({4'd4, n[1:0]}),
                                       n != 3'd4)
                                 : op_rm(OsDefault, ImB, UcUd, UcUd);
      // F3 0F BC would be TZCNT: without BMI1 the prefix does not count.
      8'hbc:         return row(FmRm, OsDefault, ImNone, UcScanR, UcScanM, AluBsf, 1'b0);
      8'hbd:         return row(FmRm, OsDefault, ImNone, UcScanR, UcScanM,
                                p.rep && !c.away[FtAbm] ? AluLzcnt : AluBsr, 1'b0);
      8'hbe, 8'hbf:  return group(UcMovsR, UcMovsM);
      8'hc0, 8'hc1:  return row(FmRm, OsBit0, ImNone, UcXaddR, UcXaddM, AluAdd, 1'b1);
      8'hc7:         return group_9(n, p);
      [8'hc8:8'hcf]: return row(FmOpreg, OsDefault, ImNone, UcBswap, UcUd, AluAdd, 1'b0);
      default:       return Invalid;
    endcase
  endfunction

  // ADCX, ADOX: 66 and F3 are part of the opcode.
  function automatic row_t row_adx(input alu_e alu);
    return row(FmRm, OsNo16, ImNone, UcAluGr, UcAluGm, alu, 1'b0);
  endfunction

  // 0F 38 and 0F 3A.
  function automatic row_t map_three(input logic is_3a, input logic [7:0] op, input prefix_t p);
    if (is_3a) return op_rm(OsDefault, ImB, UcUd, UcUd);
    if (op == 8'hf6 && p.rep) return row_adx(AluAdox);
    if (p.rep || p.repne) return InvalidRm;
    if (op == 8'hf6 && p.opsz) return row_adx(AluAdcx);
    unique case (op)
      8'hf0:   return group(UcUd, UcMovbeGm);
      8'hf1:   return group(UcUd, UcMovbeMr);
      8'h82:   return group(UcUd, p.opsz ? UcInvpcid : UcUd);
      default: return InvalidRm;
    endcase
  endfunction

  // Segment register that the opcode names: PUSH POP and LDS and its like in both maps, MOV Sreg.
  function automatic logic [2:0] segment_operand(input logic [1:0] map, input logic [7:0] op,
                                                 input logic [2:0] n);
    if (map == 2'd1) return op[7:4] == 4'hb ? op[2:0] : {2'b10, op[3]};
    if (op[7:1] == 7'h62) return op[0] ? 3'(SegDs) : 3'd0;  // LDS, LES
    return op[7:6] == 2'd0 ? {1'b0, op[4:3]} : n;
  endfunction

  // Source size of MOVZX, MOVSX, MOVSXD, CBW and its like; BOUND's is its operand's.
  function automatic log2_t source_size(input logic [1:0] map, input logic [7:0] op,
                                        input log2_t osz);
    if (map == 2'd1) return {2'd0, op[0]};
    if (op == 8'h98) return osz - 3'd1;
    return osz == 3'd1 ? 3'd1 : 3'd2;
  endfunction

  // MMX opcodes that exist without a mandatory prefix (docs/cpu.md "x87 and SSE").
  function automatic logic is_mmx(input logic [7:0] op);
    unique case (op) inside
      [8'h60:8'h6b], 8'h6e, 8'h6f, [8'h71:8'h77], 8'h7e, 8'h7f: return 1'b1;
      [8'hd1:8'hfe]: return !(op inside {8'hd6, 8'he6, 8'hf0});
      default: return 1'b0;
    endcase
  endfunction

  // Of an opcode that cannot execute: #NM and not #UD.
  function automatic logic is_nm(input logic [1:0] map, input logic [7:0] op, input prefix_t p,
                                 input dec_ctx_t c);
    if (map == 2'd0) return op == 8'h9b || (op[7:3] == 5'b11011 && (c.cr0_em || c.cr0_ts));
    return map == 2'd1 && !p.opsz && !p.rep && !p.repne && is_mmx(op) && c.cr0_ts && !c.cr0_em;
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

endpackage
