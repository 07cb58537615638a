// SPDX-License-Identifier: Apache-2.0
// Page walker with A/D updates, for the paging mode that the context describes. start_i is the
// cycle of the TLB miss; done_o is high for one cycle with the answer: after 1 cycle for each pass,
// 2 for each entry read (read, check), 1 for each locked read, 1 for each write, and the cycle of
// done_o itself (bus waits on top).
// req_i and ctx_i stay stable from start_i to done_o. The entry's access comes from registers.
// SDM Vol. 3A "Hierarchical Paging Structures: an Overview", "Accessed and Dirty Flags";
// docs/mmu.md.
module mmu_walk
  import mmu_pkg::*;
  import mmu_rights::*;
(
  input  logic                clk_i, rst_ni,
  input  logic                start_i,
  input  mmu_ctx_t            ctx_i,
  input  mmu_req_t            req_i,
  input  pdpte_t [3:0]        pdpte_i,
  output logic                busy_o,        // from the cycle after start_i up to done_o
  // Paging-structure caches, index = level of the entry held.
  output logic [5:2]          psc_lookup_o,
  output logic                psc_drop_o,
  output logic [5:2]          psc_fill_o,
  output psc_data_t           psc_fill_data_o,
  output logic                psc_va21_o,    // a PDE of this mode has bit 21 in its tag
  input  logic [5:2]          psc_hit_i,
  input  psc_data_t           psc_data_i [2:5],
  // Answer.
  output logic                done_o,
  output logic                fault_o,
  output logic [31:0]         error_code_o,
  output tlb_data_t           leaf_o,
  output logic                leaf_global_o,
  output logic [2:0]          psc_level_o,   // of the first lookup: 5 to 2, or 0
  // Access to an entry.
  output entry_req_t          entry_o,
  input  logic                entry_done_i,
  input  logic [63:0]         entry_value_i
);

  typedef enum logic [2:0] {
    StIdle,
    StPass,     // paging-structure-cache lookup, or restart from the root
    StRead,
    StCheck,
    StLock,     // locked read before an update
    StWrite,    // the update, or the unchanged value to release the lock
    StDone
  } state_e;

  state_e      state_q, state_d;

  paging_mode_t mode_q;       // from start_i on
  logic [2:0]  level_q;       // of the entry at addr_q
  logic [39:2] addr_q;
  rights_t     rights_q;      // of the levels above
  pte_t        pte_q;         // read in StRead
  logic [63:0] wdata_q;
  logic        same_q;        // the locked read found the entry as it was
  logic        skipped_q;     // this pass began from a paging-structure-cache entry
  logic        from_root_q;   // this pass makes no lookup
  logic        first_q;       // no lookup made yet
  logic [2:0]  psc_level_q;
  logic        fault_q;
  logic [31:0] error_code_q;

  // Where a pass starts: {level, table, rights}. M13.
  logic [2:0]  pass_level;
  psc_data_t   pass_data;
  logic        no_root;       // from the root, and there is none
  always_comb begin
    pass_level = mode_q.levels;
    pass_data  = '{frame: mode_q.root, rights: '{rw: 1'b1, us: 1'b1, xd: 1'b0}};
    if (state_q == StPass) begin
      for (int unsigned l = 5; l >= 2; l--) begin
        if (psc_lookup_o[l] && psc_hit_i[l]) begin
          pass_level = 3'(l - 1);
          pass_data  = psc_data_i[l];
        end
      end
    end
    no_root = pass_level == mode_q.levels && !mode_q.root_p;
  end

  // The checks of one entry, in the manual's order: P, reserved bits, rights at the leaf.
  rights_t     acc;           // rights including this entry
  logic [3:0]  key;
  logic        leaf, not_present, reserved, denied, key_denied, bad, update;
  always_comb begin
    acc         = rights_q;
    key         = '0;
    leaf        = 1'b0;
    not_present = 1'b0;
    reserved    = 1'b0;
    denied      = 1'b0;
    key_denied  = 1'b0;
    update      = 1'b0;
    if (state_q inside {StCheck, StLock, StWrite, StDone}) begin
      acc.rw      = rights_q.rw & pte_q.rw;
      acc.us      = rights_q.us & pte_q.us;
      acc.xd      = rights_q.xd | (pte_q.xd & ctx_i.nxe);
      key         = mode_q.keys ? pte_q.key : 4'd0;
      leaf        = pte_is_leaf(mode_q, pte_q, level_q);
      not_present = !pte_q.p;
      reserved    = pte_reserved(mode_q, pte_q, level_q);
      denied      = leaf && !rights_allow(acc, req_i, ctx_i);
      key_denied  = leaf && key_denies(acc.us, key, req_i, ctx_i);
      update      = !pte_q.a || (leaf && req_i.acc == AccWrite && !pte_q.d);
    end
    bad = not_present || reserved || denied || key_denied;
  end

  logic descend;              // the entry at addr_q leads to a table and is settled
  assign descend = !leaf && ((state_q == StCheck && !bad && !update)
                             || (state_q == StWrite && entry_done_i && same_q));

  logic [63:0] updated;       // the entry with A, and D in the leaf of a write
  assign updated = pte_q | {57'b0, leaf && req_i.acc == AccWrite, 1'b1, 5'b0};

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:  if (start_i) state_d = StPass;
      StPass:  state_d = no_root ? StDone : StRead;
      StRead:  if (entry_done_i) state_d = StCheck;
      StCheck:
        if (bad)         state_d = skipped_q ? StPass : StDone;
        else if (update) state_d = StLock;
        else             state_d = leaf ? StDone : StRead;
      StLock:  if (entry_done_i) state_d = StWrite;
      StWrite:
        if (entry_done_i) begin
          if (!same_q) state_d = StPass;
          else         state_d = leaf ? StDone : StRead;
        end
      StDone:  state_d = StIdle;
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle:
        if (start_i) begin
          mode_q      <= paging_mode(ctx_i, pdpte_i[req_i.va[31:30]]);
          from_root_q <= 1'b0;
          first_q     <= 1'b1;
          psc_level_q <= 3'd0;
          fault_q     <= 1'b0;
        end
      StPass: begin
        level_q      <= pass_level;
        addr_q       <= entry_addr(mode_q, pass_data.frame, pass_level, req_i.va);
        rights_q     <= pass_data.rights;
        skipped_q    <= pass_level != mode_q.levels;
        from_root_q  <= 1'b0;
        first_q      <= 1'b0;
        fault_q      <= no_root;
        error_code_q <= pf_error_code(1'b0, 1'b0, 1'b0, req_i, ctx_i);
        if (first_q && pass_level != mode_q.levels) psc_level_q <= pass_level + 3'd1;
      end
      StRead:
        if (entry_done_i) pte_q <= entry_value_i;
      StCheck: begin
        from_root_q  <= bad;
        fault_q      <= bad;
        error_code_q <= pf_error_code(!not_present, !not_present && reserved,
                                      !not_present && !reserved && key_denied, req_i, ctx_i);
      end
      StLock:
        if (entry_done_i) begin
          same_q  <= entry_value_i == pte_q;
          wdata_q <= entry_value_i == pte_q ? updated : entry_value_i;
        end
      default: ;
    endcase
    if (descend) begin
      level_q  <= level_q - 3'd1;
      addr_q   <= entry_addr(mode_q, pte_q.frame, level_q - 3'd1, req_i.va);
      rights_q <= acc;
    end
  end

  assign busy_o          = state_q != StIdle;
  for (genvar l = 2; l <= 5; l++) begin : g_psc
    assign psc_lookup_o[l] = state_q == StPass && !from_root_q && mode_q.levels >= 3'(l);
    assign psc_fill_o[l]   = descend && level_q == 3'(l);
  end
  assign psc_drop_o      = state_q == StCheck && bad && skipped_q;
  assign psc_fill_data_o = '{frame: pte_q.frame, rights: acc};
  assign psc_va21_o      = mode_q.index_bits == 4'd9;

  assign done_o        = state_q == StDone;
  assign fault_o       = fault_q;
  assign error_code_o  = error_code_q;
  assign leaf_global_o = pte_q.g && ctx_i.pge;
  assign psc_level_o   = psc_level_q;
  always_comb begin
    leaf_o = '0;
    if (state_q == StDone) begin
      leaf_o.size   = leaf_size(mode_q, level_q);
      leaf_o.frame  = leaf_frame(leaf_o.size, pte_q);
      leaf_o.rights = acc;
      leaf_o.key    = key;
      leaf_o.d      = pte_q.d || req_i.acc == AccWrite;
      leaf_o.pat    = {pte_pat(pte_q.ps, pte_q.frame[0], level_q), pte_q.pcd, pte_q.pwt};
    end
  end

  always_comb begin
    entry_o = '0;
    if (state_q inside {StRead, StLock, StWrite}) begin
      entry_o.valid = 1'b1;
      entry_o.op    = state_q == StWrite ? EntryUpdate : state_q == StLock ? EntryLock : EntryRead;
      entry_o.dword = mode_q.entry_log2 == 2'd2;
      entry_o.addr  = addr_q;
      entry_o.level = level_q;
      entry_o.wdata = wdata_q;
    end
  end

  // Properties, and what was so at the last edge.
  logic was_done_q;
  always @(posedge clk_i) was_done_q <= rst_ni && done_o;
  always @(posedge clk_i) if (rst_ni) begin
    if (start_i)
      StartWhenIdle: assert (state_q == StIdle);
    if (was_done_q)
      DoneIsOneCycle: assert (!done_o);
  end

endmodule
