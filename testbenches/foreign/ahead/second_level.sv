// SPDX-License-Identifier: Apache-2.0
// The second level of the TLB: 16 sets of 4 ways, the victim by a tree of 3 bits a set (pseudo-LRU).
// One set a cycle: look_vpn_i chooses it, but for a sweep, which goes through all of them.
module second_level
  import mmu_pkg::*, piece_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  logic [44:0] look_vpn_i,
  input  logic [11:0] look_pcid_i,
  output logic        hit_o,
  output piece_t      piece_o,
  input  logic        touch_i,       // the hit was used
  input  logic        drop_i,        // what matches goes
  input  logic        fill_i,        // in the set of look_vpn_i, over what matches
  input  piece_t      fill_piece_i,
  input  logic        sweep_i,
  input  logic [3:0]  sweep_set_i,
  input  mmu_flush_t  sweep_flush_i
);

  piece_t [3:0] ways [16];
  logic   [2:0] tree [16];           // root, left pair, right pair: 0 points to the left

  logic [3:0]   set;
  piece_t [3:0] now;
  logic   [3:0] match;
  logic   [1:0] way, victim;
  assign set = sweep_i ? sweep_set_i : look_vpn_i[3:0];
  assign now = ways[set];

  always_comb begin
    victim = {tree[set][2], tree[set][2] ? tree[set][0] : tree[set][1]};
    way    = victim;
    for (int w = 3; w >= 0; w--) begin
      if (!now[w].valid) way = 2'(w);
      match[w] = answers(now[w], look_vpn_i, look_pcid_i);
    end
    for (int w = 3; w >= 0; w--)
      if (match[w]) way = 2'(w);
  end
  assign hit_o   = match != '0;
  assign piece_o = now[way];

  always_ff @(posedge clk_i) begin
    if (touch_i || fill_i) begin     // away from the way that was used
      tree[set][2] <= !way[1];
      if (way[1]) tree[set][0] <= !way[0];
      else        tree[set][1] <= !way[0];
    end
    for (int w = 0; w < 4; w++) begin
      if ((drop_i || fill_i) && match[w]) ways[set][w].valid <= 1'b0;
      if (sweep_i && flushed(now[w], sweep_flush_i)) ways[set][w].valid <= 1'b0;
    end
    if (fill_i) ways[set][way] <= fill_piece_i;
    if (!rst_ni)
      for (int s = 0; s < 16; s++) begin
        tree[s] <= '0;
        for (int w = 0; w < 4; w++) ways[s][w].valid <= 1'b0;
      end
  end

endmodule
