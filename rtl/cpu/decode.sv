// SPDX-License-Identifier: Apache-2.0
// Instruction decoder: up to 15 bytes to one insn_t. Combinational; idle (all zero) unless en_i.
// A byte at or above avail_i reads as zero; complete_o is low when the instruction needs one of
// those. A length is only believed when all bytes that it depends on are there, because each of
// them lies inside it. The opcodes stand in decode_map. SDM Vol. 2 "Instruction Format".
module decode
  import cpu_pkg::*;
  import ucode_pkg::*;
  import decode_map::*;
  import feature_pkg::*;
(
  input  logic         en_i,
  input  logic [119:0] bytes_i,
  input  logic [3:0]   avail_i,
  input  dec_ctx_t     ctx_i,
  output logic         complete_o,
  output outcome_t     outcome_o, // with complete_o: #GP (length), #UD, #NM
  output insn_t        insn_o
);

  // --- prefixes; REX counts only right before the opcode
  prefix_t    p;
  logic [3:0] op_at;
  logic       opcode_found, w;
  logic [7:0] prefix_byte;
  always_comb begin
    p = '0;
    op_at = '0;
    opcode_found = 1'b0;
    prefix_byte = '0;
    if (en_i) begin
      for (int unsigned i = 0; i < 15; i++) begin
        if (!opcode_found) begin
          prefix_byte = 4'(i) < avail_i ? bytes_i[8*i +: 8] : 8'd0;
          op_at = 4'(i);
          unique case (prefix_byte) inside
            8'h26, 8'h2e, 8'h36, 8'h3e:
              if (!ctx_i.l64) {p.seg_v, p.seg} = {2'b10, prefix_byte[4:3]};
            8'h64, 8'h65: {p.seg_v, p.seg} = {3'b110, prefix_byte[0]};
            8'h66: p.opsz = 1'b1;
            8'h67: p.adsz = 1'b1;
            8'hf0: p.lock = 1'b1;
            8'hf2: {p.rep, p.repne} = 2'b01;
            8'hf3: {p.rep, p.repne} = 2'b10;
            [8'h40:8'h4f]: if (!ctx_i.l64) opcode_found = 1'b1;
            default: opcode_found = 1'b1;
          endcase
          if (!opcode_found) p.rex = prefix_byte[7:4] == 4'h4 ? {1'b1, prefix_byte[3:0]} : '0;
        end
      end
    end
  end
  assign w = p.rex[3];

  // --- opcode and its row
  /* verilator lint_off UNUSEDSIGNAL */  // only the first bytes of what is left count
  logic [119:0] rest_op, rest_modrm, rest_disp, rest_imm;
  /* verilator lint_on UNUSEDSIGNAL */
  logic [7:0]   op, modrm, sib;
  logic [1:0]   map, op_len;
  row_t         x;
  always_comb begin
    rest_op = '0;
    op = '0;
    map = 2'd0;
    op_len = 2'd1;
    if (en_i) begin
      rest_op = (bytes_i & ~({120{1'b1}} << {avail_i, 3'd0})) >> {op_at, 3'd0};
      op = rest_op[7:0];
      if (rest_op[7:0] == 8'h0f) begin
        op = rest_op[15:8];
        map = 2'd1;
        op_len = 2'd2;
        if (rest_op[15:8] == 8'h38 || rest_op[15:8] == 8'h3a) begin
          op = rest_op[23:16];
          map = rest_op[9] ? 2'd3 : 2'd2;
          op_len = 2'd3;
        end
      end
    end
  end
  assign rest_modrm = rest_op >> {op_len, 3'd0};
  assign modrm = rest_modrm[7:0];
  assign sib = rest_modrm[15:8];

  always_comb begin
    x = Invalid;
    if (en_i) begin
      unique case (map)
        2'd0: x = map_one(op, modrm, p, ctx_i);
        2'd1: x = map_two(op, modrm, p, ctx_i);
        default: x = map_three(map[0], op, p);
      endcase
    end
  end

  // --- sizes
  log2_t asz, osz, osz_word, osz_plain;
  always_comb begin
    asz = ctx_i.l64 ? (p.adsz ? 3'd2 : 3'd3) : p.adsz == ctx_i.code32 ? 3'd1 : 3'd2;
    osz_word = p.opsz == (ctx_i.l64 || ctx_i.code32) ? 3'd1 : 3'd2;  // without REX.W
    osz_plain = w ? 3'd3 : osz_word;
    unique case (x.osz)
      OsBit0: osz = op[0] ? osz_plain : 3'd0;
      OsByte: osz = 3'd0;
      OsD64: osz = !ctx_i.l64 ? osz_word : p.opsz && !w ? 3'd1 : 3'd3;
      OsF64: osz = ctx_i.l64 ? 3'd3 : osz_word;
      OsNo16: osz = w ? 3'd3 : 3'd2;
      OsPort: osz = !op[0] ? 3'd0 : w ? 3'd2 : osz_word;
      default: osz = osz_plain;
    endcase
  end

  // --- ModRM, SIB, displacement. MOV CR and MOV DR have registers whatever mod says.
  logic       has_modrm, mod_mem, has_sib, cr_dr;
  logic       base_v, index_v, riprel, stack_base;
  logic [3:0] base_n, index_n;
  logic [2:0] disp_bytes;
  assign has_modrm = x.form == FmRm;
  assign cr_dr = map == 2'd1 && op[7:2] == 6'b001000;
  assign mod_mem = has_modrm && modrm[7:6] != 2'd3 && !cr_dr;
  always_comb begin
    has_sib = 1'b0;
    base_v = 1'b0;
    base_n = '0;
    index_v = 1'b0;
    index_n = '0;
    riprel = 1'b0;
    disp_bytes = '0;
    if (mod_mem && asz == 3'd1) begin
      base_v = !(modrm[7:6] == 2'd0 && modrm[2:0] == 3'd6);
      unique case (modrm[2:0])
        3'd0, 3'd1, 3'd7: base_n = 4'd3;
        3'd2, 3'd3, 3'd6: base_n = 4'd5;
        3'd4: base_n = 4'd6;
        default: base_n = 4'd7;
      endcase
      index_v = !modrm[2];
      index_n = {3'b011, modrm[0]};
      disp_bytes = modrm[7:6] == 2'd1 ? 3'd1 : modrm[7:6] == 2'd2 || !base_v ? 3'd2 : 3'd0;
    end else if (mod_mem) begin
      has_sib = modrm[2:0] == 3'd4;
      base_n = {p.rex[0], has_sib ? sib[2:0] : modrm[2:0]};
      base_v = !(base_n[2:0] == 3'd5 && modrm[7:6] == 2'd0);
      riprel = ctx_i.l64 && !has_sib && !base_v;
      index_n = {p.rex[1], sib[5:3]};
      index_v = has_sib && index_n != 4'd4;
      disp_bytes = modrm[7:6] == 2'd1 ? 3'd1 : modrm[7:6] == 2'd2 || !base_v ? 3'd4 : 3'd0;
    end
    stack_base = base_v && (base_n == 4'd5 || (base_n == 4'd4 && asz != 3'd1));
  end
  assign rest_disp = rest_modrm >> {2'(has_modrm) + 2'(has_sib), 3'd0};

  // --- displacement and immediate
  logic [63:0] disp, imm, tail;
  logic [15:0] imm2;
  logic [3:0]  imm_bytes;
  always_comb begin
    unique case (disp_bytes)
      3'd1: disp = {{56{rest_disp[7]}}, rest_disp[7:0]};
      3'd2: disp = {{48{rest_disp[15]}}, rest_disp[15:0]};
      3'd4: disp = {{32{rest_disp[31]}}, rest_disp[31:0]};
      default: disp = '0;
    endcase
    if (x.imm == ImMoffs) disp = tail & size_mask(asz);
  end
  assign rest_imm = rest_disp >> {disp_bytes, 3'd0};
  assign tail = rest_imm[63:0];

  always_comb begin
    imm = '0;
    imm2 = rest_imm[47:32];
    imm_bytes = 4'd0;
    unique case (x.imm)
      ImB: begin
        imm_bytes = 4'd1;
        imm = {{56{tail[7]}}, tail[7:0]};
      end
      ImW: begin
        imm_bytes = 4'd2;
        imm = {48'd0, tail[15:0]};
      end
      ImEnter: begin
        imm_bytes = 4'd3;
        imm = {48'd0, tail[15:0]};
        imm2 = {8'd0, tail[23:16]};
      end
      ImZ: begin
        imm_bytes = osz == 3'd0 ? 4'd1 : osz == 3'd1 ? 4'd2 : 4'd4;
        unique case (osz)
          3'd0: imm = {{56{tail[7]}}, tail[7:0]};
          3'd1: imm = {{48{tail[15]}}, tail[15:0]};
          default: imm = {{32{tail[31]}}, tail[31:0]};
        endcase
      end
      ImV: begin
        imm_bytes = 4'd1 << osz;
        imm = tail;
      end
      ImMoffs: imm_bytes = 4'd1 << asz;
      ImFar: begin
        imm_bytes = osz == 3'd1 ? 4'd4 : 4'd6;
        imm = tail;
        if (osz == 3'd1) imm2 = tail[31:16];
      end
      ImOne: imm = 64'd1;
      default: ;
    endcase
  end

  // --- length and result
  logic [4:0] len;
  logic       invalid;
  always_comb begin
    len = {1'b0, op_at} + {3'd0, op_len} + {4'd0, has_modrm} + {4'd0, has_sib}
        + {2'd0, disp_bytes} + {1'b0, imm_bytes};
    if (!opcode_found) len = 5'd16;  // 15 prefixes and no opcode yet
  end

  always_comb begin
    insn_o = '0;
    invalid = 1'b0;
    if (en_i) begin
      insn_o.mem = mod_mem || x.imm == ImMoffs;
      insn_o.entry = insn_o.mem ? x.m : x.r;
      insn_o.alu = x.alu;
      insn_o.len = len[3:0];
      insn_o.lock = p.lock;
      insn_o.rep = p.rep;
      insn_o.repne = p.repne;
      insn_o.rex = p.rex[4];
      insn_o.osz = osz;
      insn_o.asz = asz;
      insn_o.ssz = source_size(map, op, osz);
      insn_o.modreg = modrm[5:3];
      unique case (x.form)
        FmAcc: ;                                           // register 0
        FmOpreg: begin
          insn_o.rm_n = {p.rex[0], op[2:0]};
          if (x.r != UcXchgR) insn_o.reg_n = {p.rex[2], modrm[5:3]};
        end
        default: begin
          insn_o.rm_n = {p.rex[0], modrm[2:0]};
          insn_o.reg_n = {p.rex[2], modrm[5:3]};
        end
      endcase
      // DR4 and DR5 are DR6 and DR7.
      if (cr_dr) insn_o.reg_n = {1'b0, modrm[5] ? {2'b11, modrm[3]} : modrm[5:3]};
      insn_o.base_v = base_v;
      insn_o.base_n = base_n;
      insn_o.index_v = index_v;
      insn_o.index_n = index_n;
      insn_o.scale = has_sib ? sib[7:6] : 2'd0;
      insn_o.riprel = riprel;
      insn_o.pop_ea = map == 2'd0 && op == 8'h8f;
      insn_o.seg = p.seg_v ? p.seg : stack_base ? 3'(SegSs) : 3'(SegDs);
      insn_o.sreg = segment_operand(map, op, modrm[5:3]);
      insn_o.cc = map == 2'd0 && op[7:1] == 7'h70 ? {3'd2, !op[0]} : op[3:0];  // LOOPNE LOOPE: NZ Z
      insn_o.disp = disp;
      insn_o.imm = imm;
      insn_o.imm2 = imm2;
      invalid = insn_o.entry == UcUd || (p.lock && !(x.lock_ok && mod_mem))
             || absent_insn(insn_o, p.opsz, ctx_i.l64, ctx_i.away);
    end
  end

  always_comb begin
    complete_o = en_i && (len <= {1'b0, avail_i} || avail_i == 4'd15);
    outcome_o = '0;
    if (en_i) begin
      if (len > 5'd15) outcome_o = exception(VecGp, '0);
      else if (invalid) begin
        outcome_o = exception(is_nm(map, op, p, ctx_i) && !p.lock ? VecNm : VecUd, '0);
      end
    end
  end

endmodule
