// SPDX-License-Identifier: Apache-2.0
// The IOTLB: second-stage translations of every page size, by domain. The lookup answers in its own
// cycle; drop, fill and invalidation take effect at the end of theirs, inv_count_o is valid with
// inv_valid_i. At most one of lookup_i, fill_i, inv_valid_i. VT-d "IOTLB"; docs/iommu.md I8, I9.
// choice: pages of different sizes may overlap when software changes a page's size without an
// invalidation; the lowest-numbered match answers.
module iommu_iotlb
  import iommu_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  logic [15:0] did_i,         // for lookup_i and fill_i
  input  logic [44:0] page_i,        // address 56:12, for lookup_i and fill_i
  input  logic        lookup_i,
  output logic        hit_o,
  output leaf_t       leaf_o,        // zero without a match
  input  logic        drop_i,        // with lookup_i: every matching entry goes
  input  logic        fill_i,
  input  leaf_t       fill_leaf_i,
  input  logic        inv_valid_i,
  /* verilator lint_off UNUSEDSIGNAL */  // IH concerns the level caches
  input  inv_iotlb_t  inv_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [5:0]  inv_count_o
);

  localparam int unsigned ENTRIES = 32;

  logic [ENTRIES-1:0] valid_q;
  logic [15:0]        did_q  [ENTRIES];
  logic [44:0]        page_q [ENTRIES];
  leaf_t              leaf_q [ENTRIES];
  logic [4:0]         ptr_q;

  function automatic logic [5:0] size_log2(input page_e size);  // in 4-KByte pages
    case (size)
      Page1G:  return 6'd18;
      Page2M:  return 6'd9;
      default: return 6'd0;
    endcase
  endfunction

  logic [ENTRIES-1:0] match, kill;
  always_comb begin
    match  = '0;
    hit_o  = 1'b0;
    leaf_o = '0;
    if (lookup_i || fill_i) begin
      for (int unsigned i = ENTRIES; i > 0; i--) begin
        if (valid_q[i-1] && did_q[i-1] == did_i
            && ((page_q[i-1] ^ page_i) >> size_log2(leaf_q[i-1].size)) == '0) begin
          match[i-1] = 1'b1;
          hit_o      = 1'b1;
          leaf_o     = leaf_q[i-1];
        end
      end
    end
  end

  // Victim: the lowest entry invalid after the drop of the matching ones, else the pointer's.
  logic [4:0] slot;
  logic       any_free;
  always_comb begin
    slot     = ptr_q;
    any_free = 1'b0;
    if (fill_i) begin
      any_free = (~valid_q | match) != '0;
      for (int unsigned i = ENTRIES; i > 0; i--) begin
        if (!valid_q[i-1] || match[i-1]) slot = 5'(i - 1);
      end
    end
  end

  always_comb begin
    kill = '0;
    if (inv_valid_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        case (inv_i.kind)
          InvDomain: kill[i] = valid_q[i] && did_q[i] == inv_i.did;
          InvSelect: kill[i] = valid_q[i] && did_q[i] == inv_i.did
                               && pages_meet({7'b0, page_q[i]}, inv_i.page,
                                             size_log2(leaf_q[i].size), inv_i.am);
          default:   kill[i] = valid_q[i];
        endcase
      end
    end
  end
  assign inv_count_o = inv_valid_i ? 6'($countones(kill)) : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      ptr_q   <= '0;
    end else if (fill_i) begin
      valid_q      <= (valid_q & ~match) | (ENTRIES'(1) << slot);
      did_q[slot]  <= did_i;
      page_q[slot] <= page_i;
      leaf_q[slot] <= fill_leaf_i;
      if (!any_free) ptr_q <= ptr_q + 5'd1;
    end else if (inv_valid_i) begin
      valid_q <= valid_q & ~kill;
    end else if (drop_i) begin
      valid_q <= valid_q & ~match;
    end
  end

  always @(posedge clk_i) if (rst_ni) begin
    if (lookup_i || fill_i)
      OneThing: assert (!inv_valid_i && !(lookup_i && fill_i));
    if (drop_i)
      DropWithLookup: assert (lookup_i);
  end

endmodule
