// SPDX-License-Identifier: Apache-2.0
// Multiplier and divider. start_i for one cycle with stable operands until done_o; done_o is high
// for one cycle with the result: 1 cycle after start_i for a product or a #DE known at once, size/4
// + 2 cycles for a quotient (18 for 64 bits). SDM Vol. 2 "MUL" "IMUL" "DIV" "IDIV".
module muldiv
  import cpu_pkg::*;
  import ucode_pkg::*;
  import undefined_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  logic        start_i,
  input  uop_e        op_i,       // OpMulu OpMuls OpDivu OpDivs
  input  log2_t       size_i,
  input  logic [63:0] a_i, b_i,   // product: factors. Quotient: a is the divisor
  input  logic [63:0] hi_i, lo_i, // dividend: rDX and rAX (byte: AX in lo)
  output logic        done_o,
  output outcome_t    outcome_o,  // with done_o: #DE or none
  output logic [63:0] lo_o, hi_o, // product (byte: all of it in lo), or quotient and remainder
  input  logic [63:0] flags_i,
  input  undefined_e  undefined_i,
  output logic [63:0] flags_o
);

  typedef enum logic [1:0] {StIdle, StMul, StDiv, StFix} state_e;

  state_e       state_q;
  log2_t        size_q;
  logic         signed_q, neg_q, neg_rem_q, de_q;
  logic [63:0]  div_q, quo_q;
  logic [64:0]  rem_q;
  logic [5:0]   left_q;   // groups of four bits
  logic [127:0] prod_q;

  function automatic logic [63:0] sext(input logic [63:0] v, input log2_t size);
    unique case (size)
      3'd0: return {{56{v[7]}}, v[7:0]};
      3'd1: return {{48{v[15]}}, v[15:0]};
      3'd2: return {{32{v[31]}}, v[31:0]};
      default: return v;
    endcase
  endfunction

  // Magnitudes of dividend (upper, lower half of the size) and divisor.
  logic [63:0] mask, num_hi, num_lo, den;
  logic        num_neg, den_neg;
  always_comb begin
    mask = size_mask(size_i);
    num_hi = '0;
    num_lo = '0;
    den = '0;
    num_neg = 1'b0;
    den_neg = 1'b0;
    if (start_i && (op_i == OpDivu || op_i == OpDivs)) begin
      num_hi = size_i == 3'd0 ? {56'd0, lo_i[15:8]} : hi_i & mask;
      num_lo = lo_i & mask;
      den = a_i & mask;
      if (op_i == OpDivs) begin
        num_neg = sext(num_hi, size_i) >> 63 != '0;
        den_neg = sext(den, size_i) >> 63 != '0;
        if (den_neg) den = -den & mask;
        if (num_neg) begin
          num_hi = (~num_hi + {63'd0, num_lo == '0}) & mask;
          num_lo = -num_lo & mask;
        end
      end
    end
  end

  // Four steps of restoring division.
  logic [64:0] rem_d;
  logic [63:0] quo_d;
  always_comb begin
    rem_d = rem_q;
    quo_d = quo_q;
    if (state_q == StDiv) begin
      for (int unsigned i = 0; i < 4; i++) begin
        rem_d = {rem_d[63:0], quo_d[63]};
        quo_d = {quo_d[62:0], 1'b0};
        if (rem_d >= {1'b0, div_q}) begin
          rem_d = rem_d - {1'b0, div_q};
          quo_d[0] = 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      de_q <= 1'b0;
    end else begin
      unique case (state_q)
        StIdle: if (start_i) begin
          size_q <= size_i;
          signed_q <= op_i == OpMuls || op_i == OpDivs;
          if (op_i == OpMulu || op_i == OpMuls) begin
            state_q <= StMul;
            de_q <= 1'b0;
            if (op_i == OpMuls) begin
              prod_q <= {{64{a_sx[63]}}, a_sx} * {{64{b_sx[63]}}, b_sx};
            end else begin
              prod_q <= {64'd0, a_i & mask} * {64'd0, b_i & mask};
            end
          end else begin
            neg_q <= num_neg ^ den_neg;
            neg_rem_q <= num_neg;
            div_q <= den;
            rem_q <= {1'b0, num_hi};
            quo_q <= num_lo << (7'd64 - (7'd8 << size_i));
            left_q <= 6'd2 << size_i;
            de_q <= num_hi >= den;  // also a divisor of zero
            state_q <= num_hi >= den ? StFix : StDiv;
          end
        end
        StMul: state_q <= StIdle;
        StDiv: begin
          rem_q <= rem_d;
          quo_q <= quo_d;
          left_q <= left_q - 6'd1;
          if (left_q == 6'd1) state_q <= StFix;
        end
        default: state_q <= StIdle;
      endcase
    end
  end

  logic        ovf, de;
  logic [63:0] a_sx, b_sx, lim;
  assign a_sx = sext(a_i, size_i);
  assign b_sx = sext(b_i, size_i);

  always_comb begin
    done_o = state_q == StMul || state_q == StFix;
    de = 1'b0;
    lo_o = '0;
    hi_o = '0;
    ovf = 1'b0;
    lim = 64'd1 << ((7'd8 << size_q) - 7'd1);
    if (state_q == StMul) begin
      unique case (size_q)
        3'd0: begin
          lo_o = {48'd0, prod_q[15:0]};
          hi_o = {56'd0, prod_q[15:8]};
        end
        3'd1: begin
          lo_o = {48'd0, prod_q[15:0]};
          hi_o = {48'd0, prod_q[31:16]};
        end
        3'd2: begin
          lo_o = {32'd0, prod_q[31:0]};
          hi_o = {32'd0, prod_q[63:32]};
        end
        default: begin
          lo_o = prod_q[63:0];
          hi_o = prod_q[127:64];
        end
      endcase
      ovf = signed_q ? prod_q != {{64{prod_top}}, sext(lo_o, size_q)} : hi_o != '0;
    end else if (state_q == StFix) begin
      lo_o = (neg_q ? -quo_q : quo_q) & size_mask(size_q);
      hi_o = (neg_rem_q ? -rem_q[63:0] : rem_q[63:0]) & size_mask(size_q);
      de = de_q || (signed_q && (neg_q ? quo_q > lim : quo_q >= lim));
    end
  end

  always_comb begin
    outcome_o = '0;
    if (de) outcome_o = exception(VecDe, '0);
  end

  logic [63:0] low_flags;  // of the product's low half
  always_comb begin
    flags_o = flags_i;
    low_flags = flags_i;
    if (state_q == StMul) begin
      low_flags[FlAf] = 1'b0;
      low_flags[FlZf] = (lo_o & size_mask(size_q)) == '0;
      low_flags[FlPf] = ~^lo_o[7:0];
      low_flags[FlSf] = sext(lo_o, size_q) >> 63 != '0;
      flags_o = product_flags(undefined_i, signed_q, flags_i, low_flags);
      flags_o[FlCf] = ovf;
      flags_o[FlOf] = ovf;
    end else if (state_q == StFix) begin
      flags_o = quotient_flags(undefined_i, flags_i);
    end
  end

  DoneIsOneCycle: assert property (@(posedge clk_i) disable iff (!rst_ni)
    done_o |=> !done_o);

  logic prod_top;
  assign prod_top = sext(prod_q[63:0], size_q) >> 63 != '0;
  StartWhenIdle: assert property (@(posedge clk_i) disable iff (!rst_ni)
    start_i |-> state_q == StIdle);

endmodule
