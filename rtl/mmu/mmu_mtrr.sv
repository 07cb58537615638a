// SPDX-License-Identifier: Apache-2.0
// The memory type of an access: that of the MTRRs for its 4-KByte block, combined with PAT's.
// Combinational; idle unless en_i. SDM Vol. 3A "MTRR Precedences", "Selecting Memory Types for
// Pentium III and More Recent Processor Families"; docs/mmu.md M23, M25.
module mmu_mtrr
  import mmu_pkg::*;
(
  input  logic         en_i,
  input  logic [39:12] pa_i,
  input  memtype_e     pat_i,     // the type that IA32_PAT holds for the leaf
  input  mtrr_t        mtrr_i,
  output memtype_e     type_o
);

  // Types of the ranges that hold pa_i, a bit for each.
  logic [7:0] seen;
  always_comb begin
    seen = '0;
    if (en_i) begin
      for (int unsigned i = 0; i < MtrrRanges; i++) begin
        if (mtrr_i.range[i].v
            && ((pa_i ^ mtrr_i.range[i].base) & mtrr_i.range[i].mask) == '0) begin
          seen[mtrr_i.range[i].mtype] = 1'b1;
        end
      end
    end
  end

  // choice: overlaps that the manual calls undefined are UC.
  function automatic memtype_e of_ranges(input logic [7:0] types);
    case (types)
      8'd1 << MtWc: return MtWc;
      8'd1 << MtWt, (8'd1 << MtWt) | (8'd1 << MtWb): return MtWt;
      8'd1 << MtWp: return MtWp;
      8'd1 << MtWb: return MtWb;
      default:      return MtUc;
    endcase
  endfunction

  //   PAT \ MTRR   UC   WC   WT   WP   WB
  //   UC           UC   UC   UC   UC   UC
  //   UC-          UC   WC   UC   WC   UC
  //   WC           WC   WC   WC   WC   WC
  //   WT           UC   UC   WT   WT   WT
  //   WP           UC   UC   WP   WP   WP
  //   WB           UC   WC   WT   WP   WB
  function automatic memtype_e effective(input memtype_e pat, input memtype_e mtrr);
    case (pat)
      MtUcMinus:  return mtrr inside {MtWc, MtWp} ? MtWc : MtUc;
      MtWc:       return MtWc;
      MtWt, MtWp: return mtrr inside {MtUc, MtWc} ? MtUc : pat;
      MtWb:       return mtrr;
      default:    return MtUc;
    endcase
  endfunction

  memtype_e mtrr_type;
  always_comb begin
    mtrr_type = MtUc;
    type_o    = MtUc;
    if (en_i) begin
      if (mtrr_i.e) mtrr_type = seen == '0 ? memtype_e'(mtrr_i.def_type) : of_ranges(seen);
      type_o = effective(pat_i, mtrr_type);
    end
  end

endmodule
