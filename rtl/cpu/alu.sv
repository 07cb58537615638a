// SPDX-License-Identifier: Apache-2.0
// Integer ALU: one operation on operands of 1, 2, 4 or 8 bytes, with the flags it leaves. Bits of
// a and b above the size are ignored, bits of the result above it are zero. Combinational; idle
// unless en_i. SDM Vol. 2, each instruction; what that leaves undefined is undefined_i's.
module alu
  import cpu_pkg::*;
  import ucode_pkg::*;
  import undefined_pkg::*;
(
  input  logic        en_i,
  input  alu_e        op_i,
  input  log2_t       size_i,    // 0 to 3
  input  log2_t       ssize_i,   // of the source of movz, movs
  input  logic [63:0] a_i, b_i,
  input  logic [63:0] c_i,       // shifted in by shld, shrd
  input  logic        by_cl_i,   // b is CL's count, not an immediate
  input  logic        cc_i,      // for setcc, selcc
  input  logic [63:0] flags_i,
  input  undefined_e  undefined_i,
  output logic [63:0] result_o,
  output logic [63:0] flags_o,
  output logic        write_o    // the result is to be written
);

  localparam logic [63:0] Status = 64'h8d5;  // OF SF ZF AF PF CF

  /* verilator lint_off UNUSEDSIGNAL */  // the top bit only
  function automatic logic top_bit(input logic [63:0] v, input log2_t size);
    unique case (size)
      3'd0: return v[7];
      3'd1: return v[15];
      3'd2: return v[31];
      default: return v[63];
    endcase
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */

  function automatic logic [63:0] extend(input logic [63:0] v, input log2_t size);
    unique case (size)
      3'd0: return {{56{v[7]}}, v[7:0]};
      3'd1: return {{48{v[15]}}, v[15:0]};
      3'd2: return {{32{v[31]}}, v[31:0]};
      default: return v;
    endcase
  endfunction

  function automatic logic [6:0] ones(input logic [63:0] v);
    logic [6:0] n;
    n = '0;
    for (int unsigned i = 0; i < 64; i++) n = n + {6'd0, v[i]};
    return n;
  endfunction

  // Trailing zeros; 64 for zero.
  function automatic logic [6:0] zeros(input logic [63:0] v);
    return ones(~v & (v - 64'd1));
  endfunction

  function automatic logic [63:0] reverse(input logic [63:0] v);
    logic [63:0] r;
    for (int unsigned i = 0; i < 64; i++) r[i] = v[63-i];
    return r;
  endfunction

  // OF as a shift or rotation by 1 leaves it.
  function automatic logic first_of(input alu_e op, input logic [63:0] v, input logic cf,
                                    input log2_t size);
    unique case (op)
      AluShr: return top_bit(v, size);
      AluRor: return top_bit(v, size) ^ v[0];
      AluRcr: return top_bit(v, size) ^ cf;
      default: return top_bit(v, size) ^ top_bit(v << 1, size);
    endcase
  endfunction

  always_comb begin
    logic [63:0]  m, a, b, r, fl;
    logic [64:0]  sum;
    logic         ci, cf, of, af, logic_op, again, turn, many;
    logic [6:0]   bits, count, cmod;
    logic [63:0]  lo;
    logic [128:0] wide;

    result_o = '0;
    flags_o = flags_i;
    write_o = 1'b0;
    m = '0;
    a = '0;
    b = '0;
    r = '0;
    fl = '0;
    sum = '0;
    ci = 1'b0;
    cf = 1'b0;
    of = 1'b0;
    af = 1'b0;
    again = 1'b0;
    turn = 1'b0;
    many = 1'b0;
    logic_op = 1'b0;
    bits = '0;
    count = '0;
    cmod = '0;
    lo = '0;
    wide = '0;

    if (en_i) begin
      m = size_mask(size_i);
      a = a_i & m;
      b = b_i & m;
      bits = 7'd8 << size_i;
      write_o = 1'b1;
      fl = flags_i;
      unique case (op_i)
        AluAdd, AluAdc, AluInc: begin
          if (op_i == AluInc) b = 64'd1;
          ci = op_i == AluAdc && flags_i[FlCf];
          sum = {1'b0, a} + {1'b0, b} + {64'd0, ci};
          r = sum[63:0] & m;
          cf = size_i == 3'd3 ? sum[64] : |(sum[63:0] & ~m);
          of = top_bit((a ^ r) & (b ^ r), size_i);
          af = a[4] ^ b[4] ^ r[4];
        end
        AluSub, AluSbb, AluCmp, AluDec, AluNeg: begin
          if (op_i == AluDec) b = 64'd1;
          if (op_i == AluNeg) begin
            b = a;
            a = '0;
          end
          ci = op_i == AluSbb && flags_i[FlCf];
          sum = {1'b0, a} - {1'b0, b} - {64'd0, ci};
          r = sum[63:0] & m;
          cf = sum[64];
          of = top_bit((a ^ b) & (a ^ r), size_i);
          af = a[4] ^ b[4] ^ r[4];
          write_o = op_i != AluCmp;
        end
        AluAdcx, AluAdox: begin  // each a carry chain of its own
          ci = op_i == AluAdcx ? flags_i[FlCf] : flags_i[FlOf];
          sum = {1'b0, a} + {1'b0, b} + {64'd0, ci};
          r = sum[63:0] & m;
          cf = size_i == 3'd3 ? sum[64] : sum[32];
          if (op_i == AluAdcx) fl[FlCf] = cf;
          else fl[FlOf] = cf;
        end
        AluAnd, AluTest: begin
          r = a & b;
          logic_op = 1'b1;
          write_o = op_i != AluTest;
        end
        AluOr: begin
          r = a | b;
          logic_op = 1'b1;
        end
        AluXor: begin
          r = a ^ b;
          logic_op = 1'b1;
        end
        AluNot: r = ~a & m;
        AluMov: r = a;
        AluMovz: r = a_i & size_mask(ssize_i);
        AluMovs: r = extend(a_i, ssize_i) & m;
        AluSxhi: r = top_bit(a, size_i) ? m : '0;
        AluSetcc: r = {63'd0, cc_i};
        AluSelcc: r = cc_i ? b : a;
        AluBswap, AluSwapb: begin
          unique case (size_i)
            3'd3: r = {a[7:0], a[15:8], a[23:16], a[31:24], a[39:32], a[47:40], a[55:48], a[63:56]};
            3'd2: r = {32'd0, a[7:0], a[15:8], a[23:16], a[31:24]};
            default: r = op_i == AluSwapb ? {48'd0, a[7:0], a[15:8]} : '0;  // BSWAP: undefined
          endcase
        end
        // Byte displacement of the cell that holds bit a of a bit string.
        AluBitoff: begin
          unique case (size_i)
            3'd1: r = {{51{a[15]}}, a[15:4], 1'd0};
            3'd2: r = {{35{a[31]}}, a[31:5], 2'd0};
            default: r = {{3{a[63]}}, a[63:6], 3'd0};
          endcase
        end
        AluBt, AluBts, AluBtr, AluBtc: begin
          count = {1'b0, b_i[5:0]} & (bits - 7'd1);
          lo = 64'd1 << count;
          cf = |(a & lo);
          fl[FlCf] = cf;
          write_o = op_i != AluBt;
          unique case (op_i)
            AluBts: r = a | lo;
            AluBtr: r = a & ~lo;
            AluBtc: r = a ^ lo;
            default: r = a;
          endcase
        end
        AluBsf, AluBsr: begin
          count = op_i == AluBsf ? zeros(a) : 7'd63 - zeros(reverse(a));
          r = {57'd0, count};
          write_o = a != '0;
          fl = flags_i & ~Status;
          fl[FlZf] = a == '0;
          fl[FlPf] = scan_pf(undefined_i, a == '0, r);
        end
        AluLzcnt: begin
          count = zeros(reverse(a)) - (7'd64 - bits);
          if (a == '0) count = bits;
          r = {57'd0, count};
          fl = flags_i & ~Status;
          fl[FlCf] = a == '0;
          fl[FlZf] = count == '0;
          fl[FlOf] = lzcnt_of(undefined_i, flags_i[FlOf]);
        end
        AluPopcnt: begin
          r = {57'd0, ones(a)};
          fl = flags_i & ~Status;
          fl[FlZf] = a == '0;
        end
        AluShl, AluSal, AluShr, AluSar, AluShld, AluShrd: begin
          count = {1'b0, size_i == 3'd3 ? b_i[5] : 1'b0, b_i[4:0]};
          many = count > 7'd1;
          again = size_i == 3'd1 && source_again(undefined_i);
          unique case (op_i)
            AluShl, AluSal: begin
              wide = {65'd0, a} << count;
              r = wide[63:0] & m;
              unique case (size_i)
                3'd0: cf = wide[8];
                3'd1: cf = wide[16];
                3'd2: cf = wide[32];
                default: cf = wide[64];
              endcase
              of = cf ^ top_bit(r, size_i);
            end
            AluShr, AluSar: begin
              lo = op_i == AluSar ? extend(a, size_i) : a;
              wide = {{64{lo[63] && op_i == AluSar}}, lo, 1'b0} >> count;
              r = wide[64:1] & m;
              cf = wide[0];
            end
            AluShld: begin  // 16 bits, count over 16: dest:src:dest, or dest:src:src
              unique case (size_i)
                3'd1: wide = {65'd0, a[15:0], c_i[15:0], again ? c_i[15:0] : a[15:0], 16'd0};
                3'd2: wide = {65'd0, a[31:0], c_i[31:0]};
                default: wide = {1'b0, a, c_i};
              endcase
              wide = wide << count;
              unique case (size_i)
                3'd1, 3'd2: begin
                  r = size_i == 3'd1 ? {48'd0, wide[63:48]} : {32'd0, wide[63:32]};
                  cf = wide[64];
                end
                default: begin
                  r = wide[127:64];
                  cf = wide[128];
                end
              endcase
              if (again && count > 7'd16) cf = 1'b0;
              of = again && count >= 7'd16 ? cf : cf ^ top_bit(r, size_i);
            end
            default: begin
              unique case (size_i)
                3'd1: wide = {80'd0, again ? c_i[15:0] : a[15:0], c_i[15:0], a[15:0], 1'b0};
                3'd2: wide = {64'd0, c_i[31:0], a[31:0], 1'b0};
                default: wide = {c_i, a, 1'b0};
              endcase
              wide = wide >> count;
              r = wide[64:1] & m;
              cf = wide[0] && !(again && count > 7'd16);
            end
          endcase
          if (op_i inside {AluShr, AluSar, AluShrd}) begin
            of = top_bit(r, size_i) ^ top_bit(r << 1, size_i);
            // By one, SHR's OF is the operand's top bit, which is that of the rule above.
          end
          if (count != '0) begin
            fl = flags_i & ~Status;
            fl[FlCf] = cf;
            fl[FlOf] = of;
            fl[FlSf] = top_bit(r, size_i);
            fl[FlZf] = r == '0;
            fl[FlPf] = ~^r[7:0];
            fl[FlAf] = shift_af(undefined_i);
          end else begin
            r = a;
          end
        end
        AluRol, AluRor: begin
          count = {1'b0, size_i == 3'd3 ? b_i[5] : 1'b0, b_i[4:0]};
          many = count > 7'd1;
          cmod = count & (bits - 7'd1);
          if (op_i == AluRor && cmod != '0) cmod = bits - cmod;
          r = ((a << cmod) | (a >> (bits - cmod))) & m;
          if (count != '0) begin
            if (op_i == AluRol) begin
              fl[FlCf] = r[0];
              fl[FlOf] = r[0] ^ top_bit(r, size_i);
            end else begin
              fl[FlCf] = top_bit(r, size_i);
              fl[FlOf] = top_bit(r, size_i) ^ top_bit(r << 1, size_i);
            end
          end
        end
        AluRcl, AluRcr: begin
          count = {1'b0, size_i == 3'd3 ? b_i[5] : 1'b0, b_i[4:0]};
          if (size_i == 3'd0) cmod = count % 7'd9;
          else if (size_i == 3'd1) cmod = count % 7'd17;
          else cmod = count;
          turn = cmod != '0 || (count != '0 && full_turn_of(undefined_i));
          many = count > 7'd1 && cmod != '0;
          // A rotation right by n of size + 1 bits is one left by size + 1 - n.
          count = op_i == AluRcr && cmod != '0 ? bits + 7'd1 - cmod : cmod;
          unique case (size_i)
            3'd0: wide[8:0] = {flags_i[FlCf], a[7:0]};
            3'd1: wide[16:0] = {flags_i[FlCf], a[15:0]};
            3'd2: wide[32:0] = {flags_i[FlCf], a[31:0]};
            default: wide[64:0] = {flags_i[FlCf], a};
          endcase
          sum = (wide[64:0] << count) | (wide[64:0] >> (bits + 7'd1 - count));
          r = sum[63:0] & m;
          if (turn) begin
            unique case (size_i)
              3'd0: cf = sum[8];
              3'd1: cf = sum[16];
              3'd2: cf = sum[32];
              default: cf = sum[64];
            endcase
            fl[FlCf] = cf;
            fl[FlOf] = op_i == AluRcl ? cf ^ top_bit(r, size_i)
                                      : top_bit(r, size_i) ^ top_bit(r << 1, size_i);
          end else begin
            r = a;
          end
        end
        default: r = a;
      endcase
      if (op_i inside {AluAdd, AluAdc, AluInc, AluSub, AluSbb, AluCmp, AluDec, AluNeg} || logic_op)
      begin
        fl = flags_i & ~Status;
        fl[FlCf] = op_i inside {AluInc, AluDec} ? flags_i[FlCf] : cf;
        fl[FlPf] = ~^r[7:0];
        fl[FlAf] = af;
        fl[FlZf] = r == '0;
        fl[FlSf] = top_bit(r, size_i);
        fl[FlOf] = of;
      end
      if (many) begin
        unique case (shift_of(undefined_i, op_i, size_i, by_cl_i))
          OfFirst: fl[FlOf] = first_of(op_i, a, flags_i[FlCf], size_i);
          OfZero: fl[FlOf] = 1'b0;
          default: ;
        endcase
      end
      result_o = r;
      flags_o = fl;
    end
  end

endmodule
