// SPDX-License-Identifier: Apache-2.0
// Page walker with A/D updates, for the paging mode that the context describes. start_i is the
// cycle of the TLB miss; done_o is high for one cycle with the answer: after 1 cycle for each pass,
// 2 for each entry read (read, check), 1 for each locked read, 1 for each write, and the cycle of
// done_o itself (bus waits on top).
// req_i and ctx_i stay stable from start_i to done_o. The bus request comes from registers.
// SDM Vol. 3A "4-Level Paging and 5-Level Paging", "Accessed and Dirty Flags"; docs/mmu.md.
module mmu_walk
  import mmu_pkg::*;
  import mmu_rights::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  logic                start_i,
  /* verilator lint_off UNUSEDSIGNAL */  // PCID, PAT and paging-off state are used by mmu.sv
  input  mmu_ctx_t            ctx_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  mmu_req_t            req_i,
  output logic                busy_o,        // from the cycle after start_i up to done_o
  // Paging-structure caches, index = level of the entry held.
  output logic                psc_lookup_o,
  output logic                psc_drop_o,
  output logic [4:2]          psc_fill_o,
  output psc_data_t           psc_fill_data_o,
  input  logic [4:2]          psc_hit_i,
  input  psc_data_t           psc_data_i [2:4],
  // Answer.
  output logic                done_o,
  output logic                fault_o,
  output logic [31:0]         error_code_o,
  output tlb_data_t           leaf_o,
  output logic                leaf_global_o,
  output logic [2:0]          psc_level_o,   // of the first lookup: 4, 3, 2, or 0
  // 8-byte accesses of the entries.
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic                walk_valid_o,
  output record_pkg::walk_t   walk_o
);

  typedef enum logic [2:0] {
    StIdle,
    StPass,     // paging-structure-cache lookup, or restart from CR3
    StRead,
    StCheck,
    StLock,     // locked read before an update
    StWrite,    // the update, or the unchanged value to release the lock
    StDone
  } state_e;

  state_e      state_q, state_d;

  paging_mode_t mode_q;       // from start_i on
  logic [2:0]  level_q;       // of the entry at addr_q
  logic [39:3] addr_q;
  rights_t     rights_q;      // of the levels above
  pte_t        pte_q;         // read in StRead
  logic [63:0] wdata_q;
  logic        same_q;        // the locked read found the entry as it was
  logic        skipped_q;     // this pass began from a paging-structure-cache entry
  logic        from_cr3_q;    // this pass makes no lookup
  logic        first_q;       // no lookup made yet
  logic [2:0]  psc_level_q;
  logic        fault_q;
  logic [31:0] error_code_q;

  // Where a pass starts: {level, table, rights}.
  logic [2:0]  pass_level;
  psc_data_t   pass_data;
  always_comb begin
    pass_level = mode_q.levels;
    pass_data  = '{frame: mode_q.root, rights: '{rw: 1'b1, us: 1'b1, xd: 1'b0}};
    if (psc_lookup_o) begin
      if (psc_hit_i[2]) begin
        pass_level = 3'd1;
        pass_data  = psc_data_i[2];
      end else if (psc_hit_i[3]) begin
        pass_level = 3'd2;
        pass_data  = psc_data_i[3];
      end else if (psc_hit_i[4]) begin
        pass_level = 3'd3;
        pass_data  = psc_data_i[4];
      end
    end
  end

  // The checks of one entry, in the manual's order: P, reserved bits, rights at the leaf.
  rights_t     acc;           // rights including this entry
  logic        leaf, not_present, reserved, denied, bad, update;
  always_comb begin
    acc         = rights_q;
    leaf        = 1'b0;
    not_present = 1'b0;
    reserved    = 1'b0;
    denied      = 1'b0;
    update      = 1'b0;
    if (state_q inside {StCheck, StLock, StWrite, StDone}) begin
      acc.rw      = rights_q.rw & pte_q.rw;
      acc.us      = rights_q.us & pte_q.us;
      acc.xd      = rights_q.xd | (pte_q.xd & ctx_i.nxe);
      leaf        = pte_is_leaf(mode_q, pte_q, level_q);
      not_present = !pte_q.p;
      reserved    = pte_reserved(mode_q, pte_q, level_q);
      denied      = leaf && !rights_allow(acc, req_i.acc, req_i.user, req_i.implicit_sup,
                                          ctx_i.wp, ctx_i.smep, ctx_i.smap, ctx_i.ac);
      update      = !pte_q.a || (leaf && req_i.acc == AccWrite && !pte_q.d);
    end
    bad = not_present || reserved || denied;
  end

  logic        entry_done;    // the access of StRead, StLock, StWrite
  logic [63:0] rdata;

  logic descend;              // the entry at addr_q leads to a table and is settled
  assign descend = !leaf && ((state_q == StCheck && !bad && !update)
                             || (state_q == StWrite && entry_done && same_q));

  logic [63:0] updated;       // the entry with A, and D in the leaf of a write
  assign updated = pte_q | {57'b0, leaf && req_i.acc == AccWrite, 1'b1, 5'b0};

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:  if (start_i) state_d = StPass;
      StPass:  state_d = StRead;
      StRead:  if (entry_done) state_d = StCheck;
      StCheck:
        if (bad)         state_d = skipped_q ? StPass : StDone;
        else if (update) state_d = StLock;
        else             state_d = leaf ? StDone : StRead;
      StLock:  if (entry_done) state_d = StWrite;
      StWrite:
        if (entry_done) begin
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
          mode_q      <= paging_mode(ctx_i);
          from_cr3_q  <= 1'b0;
          first_q     <= 1'b1;
          psc_level_q <= 3'd0;
          fault_q     <= 1'b0;
        end
      StPass: begin
        level_q    <= pass_level;
        addr_q     <= entry_addr(mode_q, pass_data.frame, pass_level, req_i.va);
        rights_q   <= pass_data.rights;
        skipped_q  <= pass_level != mode_q.levels;
        from_cr3_q <= 1'b0;
        first_q    <= 1'b0;
        if (first_q && pass_level != mode_q.levels) psc_level_q <= pass_level + 3'd1;
      end
      StRead:
        if (entry_done) pte_q <= rdata;
      StCheck: begin
        from_cr3_q   <= bad;
        fault_q      <= bad;
        error_code_q <= pf_error_code(!not_present, !not_present && reserved, req_i.acc,
                                      req_i.user, ctx_i.nxe, ctx_i.smep);
      end
      StLock:
        if (entry_done) begin
          same_q  <= rdata == pte_q;
          wdata_q <= rdata == pte_q ? updated : rdata;
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
  assign psc_lookup_o    = state_q == StPass && !from_cr3_q;
  assign psc_drop_o      = state_q == StCheck && bad && skipped_q;
  assign psc_fill_o      = {descend && level_q == 3'd4, descend && level_q == 3'd3,
                            descend && level_q == 3'd2};
  assign psc_fill_data_o = '{frame: pte_q.frame, rights: acc};

  assign done_o        = state_q == StDone;
  assign fault_o       = fault_q;
  assign error_code_o  = error_code_q;
  assign leaf_global_o = pte_q.g && ctx_i.pge;
  assign psc_level_o   = psc_level_q;
  always_comb begin
    leaf_o = '0;
    if (state_q == StDone) begin
      leaf_o.frame  = pte_q.frame;
      leaf_o.size   = level_q == 3'd1 ? Page4K : level_q == 3'd2 ? Page2M : Page1G;
      leaf_o.rights = acc;
      leaf_o.d      = pte_q.d || req_i.acc == AccWrite;
      leaf_o.pat    = {pte_pat(pte_q.ps, pte_q.frame[0], level_q), pte_q.pcd, pte_q.pwt};
    end
  end

  mmu_entry u_entry (
    .clk_i, .rst_ni, .cycle_i,
    .valid_i(state_q inside {StRead, StLock, StWrite}),
    .op_i   (state_q == StWrite ? EntryUpdate : state_q == StLock ? EntryLock : EntryRead),
    .addr_i (addr_q),
    .level_i(level_q),
    .wdata_i(wdata_q),
    .done_o (entry_done),
    .value_o(rdata),
    .bus_req_o, .bus_rsp_i, .walk_valid_o, .walk_o
  );

  DoneIsOneCycle: assert property (@(posedge clk_i) disable iff (!rst_ni) done_o |=> !done_o);
  StartWhenIdle:  assert property (@(posedge clk_i) disable iff (!rst_ni)
                                   start_i |-> state_q == StIdle);

endmodule
