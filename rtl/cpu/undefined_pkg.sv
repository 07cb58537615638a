// SPDX-License-Identifier: Apache-2.0
// Results that the SDM leaves undefined, by the personality whose they are: docs/cpu.md "Results
// that the SDM leaves undefined". Whatever is not asked for here is alike in all of them. The ALU,
// the multiplier and divider, and the microcode by its condition "bcdsum", ask.
package undefined_pkg;
  import cpu_pkg::*;
  import ucode_pkg::*;

  typedef enum logic [1:0] {
    UnRingwalk   = 2'd0,
    UnAmd25m17   = 2'd1,  // amd-25-17
    UnIntel6m158 = 2'd2   // intel-6-158; where that is not known, ringwalk's
  } undefined_e;

  /* verilator lint_off UNUSEDSIGNAL */  // functions take whole values and look at some bits

  // --- shifts and rotations: SHL SHR SAR, SHLD SHRD, ROL ROR RCL RCR

  // AF behind a shift by at least 1.
  function automatic logic shift_af(input undefined_e who);
    return who == UnAmd25m17;
  endfunction

  // OF behind one by more than 1.
  typedef enum logic [1:0] {
    OfLast,   // goes on as the rule of 1: of the last bit
    OfFirst,  // of the first bit, as a count of 1 leaves it
    OfZero
  } of_rule_e;

  function automatic of_rule_e shift_of(input undefined_e who, input alu_e op, input log2_t size,
                                        input logic by_cl);
    if (who != UnIntel6m158 || !(size inside {3'd0, 3'd3})) return OfLast;
    unique case (op)
      AluShl, AluSal, AluShr, AluRcl, AluRcr: return OfFirst;
      AluRol, AluRor: return by_cl ? OfFirst : OfZero;
      default: return OfLast;
    endcase
  endfunction

  // RCL, RCR by a multiple of all their bits: OF is as behind other counts, or unchanged.
  function automatic logic full_turn_of(input undefined_e who);
    return who == UnAmd25m17;
  endfunction

  // SHLD, SHRD of 16 bits: behind the source the source comes in again, CF is then 0, and SHLD's OF
  // by 16 and more is CF; or the destination comes in again, and all goes on as with fewer.
  function automatic logic source_again(input undefined_e who);
    return who == UnAmd25m17;
  endfunction

  // --- multiplication and division

  // All but CF and OF, from the old ones and those of the product's low half with AF 0.
  function automatic logic [63:0] product_flags(input undefined_e who, input logic is_signed,
                                                input logic [63:0] old, low);
    logic [63:0] fl;
    fl = who == UnAmd25m17 ? old : low;
    if (who == UnIntel6m158 && !is_signed) fl[FlZf] = 1'b0;
    return fl;
  endfunction

  // All of DIV and IDIV.
  function automatic logic [63:0] quotient_flags(input undefined_e who, input logic [63:0] old);
    logic [63:0] fl;
    fl = old;
    if (who == UnAmd25m17) begin
      fl[FlAf] = 1'b1;
      {fl[FlPf], fl[FlZf], fl[FlSf]} = '0;
    end
    return fl;
  endfunction

  // --- bits

  // PF of BSF and BSR; `none`: the source is 0.
  function automatic logic scan_pf(input undefined_e who, input logic none,
                                   input logic [63:0] result);
    return who != UnRingwalk && (none || ~^result[7:0]);
  endfunction

  function automatic logic lzcnt_of(input undefined_e who, input logic old);
    return who == UnAmd25m17 && old;
  endfunction

  // --- decimal adjustments

  // OF, of AAA and AAS SF ZF PF too, of AAD AF and CF too, are those of the addition or subtraction
  // that makes the result; or these three are the new AL's and the others 0.
  function automatic logic bcd_sum(input undefined_e who);
    return who == UnAmd25m17;
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */

endpackage
