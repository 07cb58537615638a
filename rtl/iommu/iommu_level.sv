// SPDX-License-Identifier: Apache-2.0
// One second-stage paging-structure cache: entries of one level, by domain. compare_i answers in
// its own cycle; drop and fill (both with compare_i) and invalidation take effect at the end of
// theirs, inv_count_o is valid with inv_valid_i. At most one of drop_i, fill_i, inv_valid_i.
// VT-d "Caches for Paging Structures"; docs/iommu.md I8, I9, "Invalidation".
module iommu_level
  import iommu_pkg::*;
#(
  parameter int unsigned ENTRIES  = 4,
  parameter int unsigned ADDR_LSB = 39      // lowest bit of the tag
) (
  input  logic                 clk_i, rst_ni,
  input  logic [15:0]          did_i,
  input  logic [56:ADDR_LSB]   addr_i,
  input  logic                 compare_i,   // did_i, addr_i with the entries
  output logic                 hit_o,
  output level_t               level_o,     // zero without a match
  input  logic                 drop_i,      // every matching entry goes
  input  logic                 fill_i,      // overwrites an entry of the same tag
  input  level_t               fill_level_i,
  input  logic                 inv_valid_i,
  input  inv_iotlb_t           inv_i,
  output logic [3:0]           inv_count_o
);

  localparam int unsigned IDX_W = $clog2(ENTRIES);

  logic [ENTRIES-1:0] valid_q;
  logic [15:0]        did_q   [ENTRIES];
  logic [56:ADDR_LSB] addr_q  [ENTRIES];
  level_t             level_q [ENTRIES];
  logic [IDX_W-1:0]   ptr_q;

  logic [ENTRIES-1:0] match, kill;
  always_comb begin
    match   = '0;
    hit_o   = 1'b0;
    level_o = '0;
    if (compare_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        if (valid_q[i] && did_q[i] == did_i && addr_q[i] == addr_i) begin
          match[i] = 1'b1;
          hit_o    = 1'b1;
          level_o  = level_q[i];
        end
      end
    end
  end

  logic [IDX_W-1:0] slot;
  always_comb begin
    slot = ptr_q;
    if (fill_i) begin
      for (int unsigned i = ENTRIES; i > 0; i--) if (!valid_q[i-1]) slot = IDX_W'(i - 1);
      for (int unsigned i = 0; i < ENTRIES; i++) if (match[i]) slot = IDX_W'(i);
    end
  end

  always_comb begin
    kill = '0;
    if (inv_valid_i && !(inv_i.kind == InvSelect && inv_i.ih)) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        case (inv_i.kind)
          InvDomain: kill[i] = valid_q[i] && did_q[i] == inv_i.did;
          InvSelect: kill[i] = valid_q[i] && did_q[i] == inv_i.did
                               && pages_meet({7'b0, addr_q[i], {(ADDR_LSB - 12){1'b0}}},
                                             inv_i.page, 6'(ADDR_LSB - 12), inv_i.am);
          default:   kill[i] = valid_q[i];
        endcase
      end
    end
  end
  assign inv_count_o = inv_valid_i ? 4'($countones(kill)) : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      ptr_q   <= '0;
    end else if (fill_i) begin
      valid_q[slot] <= 1'b1;
      did_q[slot]   <= did_i;
      addr_q[slot]  <= addr_i;
      level_q[slot] <= fill_level_i;
      if (&valid_q && !hit_o) ptr_q <= ptr_q + 1'b1;
    end else if (inv_valid_i) begin
      valid_q <= valid_q & ~kill;
    end else if (drop_i) begin
      valid_q <= valid_q & ~match;
    end
  end

  always @(posedge clk_i) if (rst_ni) begin
    OneMatch: assert ($onehot0(match));
    if (drop_i || fill_i)
      OneThing: assert (!inv_valid_i && !(drop_i && fill_i));
  end

endmodule
