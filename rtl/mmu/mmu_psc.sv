// SPDX-License-Identifier: Apache-2.0
// One paging-structure cache: entries of one level, for code and data alike. The lookup answers in
// its own cycle; drop, fill and flush take effect at the end of theirs. At most one of lookup_i,
// drop_i, fill_i, flush_valid_i. SDM Vol. 3A "Paging-Structure Caches"; docs/mmu.md M1 to M6.
module mmu_psc
  import mmu_pkg::*;
#(
  parameter int unsigned ENTRIES = 4,
  parameter int unsigned VA_LSB  = 39   // lowest bit of the tag
) (
  input  logic              clk_i, rst_ni,
  input  logic [56:VA_LSB]  va_i,         // for lookup_i, drop_i, fill_i
  input  logic [11:0]       pcid_i,
  input  logic              lookup_i,
  output logic              hit_o,
  output psc_data_t         data_o,       // zero without a match
  input  logic              drop_i,       // every matching entry goes
  input  logic              fill_i,       // overwrites an entry of the same tag
  input  psc_data_t         fill_data_i,
  input  logic              flush_valid_i,
  input  logic              flush_all_i,  // every PCID
  input  logic [11:0]       flush_pcid_i
);

  localparam int unsigned IDX_W = $clog2(ENTRIES);

  logic [ENTRIES-1:0] valid_q;
  logic [56:VA_LSB]   va_q   [ENTRIES];
  logic [11:0]        pcid_q [ENTRIES];
  psc_data_t          data_q [ENTRIES];
  logic [IDX_W-1:0]   ptr_q;

  logic [ENTRIES-1:0] match, kill;
  logic [IDX_W-1:0]   slot;

  always_comb begin
    match  = '0;
    data_o = '0;
    if (lookup_i || drop_i || fill_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        if (valid_q[i] && va_q[i] == va_i && pcid_q[i] == pcid_i) begin
          match[i] = 1'b1;
          data_o   = data_q[i];
        end
      end
    end
  end

  assign hit_o = match != '0;

  always_comb begin
    slot = ptr_q;
    if (fill_i) begin
      for (int unsigned i = ENTRIES; i > 0; i--) if (!valid_q[i-1]) slot = IDX_W'(i - 1);
      for (int unsigned i = 0; i < ENTRIES; i++) if (match[i]) slot = IDX_W'(i);
    end
  end

  always_comb begin
    kill = '0;
    if (flush_valid_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        kill[i] = flush_all_i || pcid_q[i] == flush_pcid_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      ptr_q   <= '0;
    end else if (fill_i) begin
      valid_q[slot] <= 1'b1;
      va_q[slot]    <= va_i;
      pcid_q[slot]  <= pcid_i;
      data_q[slot]  <= fill_data_i;
      if (&valid_q && !hit_o) ptr_q <= ptr_q + 1'b1;
    end else if (drop_i) begin
      valid_q <= valid_q & ~match;
    end else if (flush_valid_i) begin
      valid_q <= valid_q & ~kill;
    end
  end

  always @(posedge clk_i) if (rst_ni) begin
    OneMatch: assert ($onehot0(match));
    OneThing: assert ($onehot0({lookup_i, drop_i, fill_i, flush_valid_i}));
  end

endmodule
