// SPDX-License-Identifier: Apache-2.0
// Fully associative TLB for pages of every size. The lookup answers in its own cycle; drop, fill
// and flush take effect at the end of theirs. At most one of lookup_i, fill_i, flush_valid_i.
// choice: entries of different size or PCID (one global) may overlap when software changes a page's
// size or G without a flush; the lowest-numbered match answers.
// SDM Vol. 3A "Caching Translation Information"; docs/mmu.md M1 to M6, "Flushes".
module mmu_tlb
  import mmu_pkg::*;
  import mmu_rights::*;
#(
  parameter int unsigned ENTRIES = 32
) (
  input  logic        clk_i, rst_ni,
  // Address of the request, for lookup_i and fill_i.
  input  logic [44:0] vpn_i,
  input  logic [11:0] pcid_i,
  input  logic        lookup_i,
  output logic        hit_o,
  output tlb_data_t   data_o,        // zero without a match
  input  logic        drop_i,        // with lookup_i: every matching entry goes
  input  logic        fill_i,
  input  logic        fill_global_i,
  input  tlb_data_t   fill_data_i,
  input  logic        flush_valid_i,
  input  flush_e      flush_kind_i,
  input  logic [44:0] flush_vpn_i,
  input  logic [11:0] flush_pcid_i
);

  localparam int unsigned IDX_W = $clog2(ENTRIES);

  logic [ENTRIES-1:0] valid_q;
  tlb_tag_t           tag_q  [ENTRIES];
  tlb_data_t          data_q [ENTRIES];
  logic [IDX_W-1:0]   ptr_q;

  logic [ENTRIES-1:0] match, kill;
  logic [IDX_W-1:0]   slot;
  logic               any_free;

  always_comb begin
    match  = '0;
    data_o = '0;
    if (lookup_i || fill_i) begin
      for (int unsigned i = ENTRIES; i > 0; i--) begin
        if (valid_q[i-1] && tlb_match(tag_q[i-1], vpn_i, pcid_i)) begin
          match[i-1] = 1'b1;
          data_o     = data_q[i-1];
        end
      end
    end
  end

  assign hit_o = match != '0;

  // Victim: the lowest entry invalid after the drop of the matching ones, else the pointer's.
  always_comb begin
    slot     = ptr_q;
    any_free = 1'b0;
    if (fill_i) begin
      any_free = (~valid_q | match) != '0;
      for (int unsigned i = ENTRIES; i > 0; i--) begin
        if (!valid_q[i-1] || match[i-1]) slot = IDX_W'(i - 1);
      end
    end
  end

  always_comb begin
    kill = '0;
    if (flush_valid_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        case (flush_kind_i)
          FlushPage:         kill[i] = tlb_match(tag_q[i], flush_vpn_i, flush_pcid_i);
          FlushPagePcid:     kill[i] = !tag_q[i].g
                                       && tlb_match(tag_q[i], flush_vpn_i, flush_pcid_i);
          FlushPcid:         kill[i] = !tag_q[i].g && tag_q[i].pcid == flush_pcid_i;
          FlushAllNonGlobal: kill[i] = !tag_q[i].g;
          default:           kill[i] = 1'b1;
        endcase
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      ptr_q   <= '0;
    end else if (fill_i) begin
      valid_q      <= (valid_q & ~match) | (ENTRIES'(1) << slot);
      tag_q[slot]  <= '{g: fill_global_i, pcid: pcid_i, vpn: vpn_i, size: fill_data_i.size};
      data_q[slot] <= fill_data_i;
      if (!any_free) ptr_q <= ptr_q + 1'b1;
    end else if (flush_valid_i) begin
      valid_q <= valid_q & ~kill;
    end else if (drop_i) begin
      valid_q <= valid_q & ~match;
    end
  end

  always @(posedge clk_i) if (rst_ni) begin
    OneThing: assert ($onehot0({lookup_i, fill_i, flush_valid_i}));
    if (drop_i)
      DropWithLookup: assert (lookup_i);
  end

endmodule
