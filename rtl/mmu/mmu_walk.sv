// SPDX-License-Identifier: Apache-2.0
// Four-level page walker with A/D updates. start_i is the cycle of the TLB miss; done_o is high
// for one cycle with the answer: after 1 cycle for each pass, 2 for each entry read (read, check),
// 1 for each locked read, 1 for each write, and the cycle of done_o itself (bus waits on top).
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
    pass_level = 3'd4;
    pass_data  = '{frame: ctx_i.cr3[39:12], rights: '{rw: 1'b1, us: 1'b1, xd: 1'b0}};
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

  function automatic logic [39:3] entry_addr(input logic [27:0] frame, input logic [2:0] level,
                                             input logic [47:12] va);
    case (level)
      3'd4:    return {frame, va[47:39]};
      3'd3:    return {frame, va[38:30]};
      3'd2:    return {frame, va[29:21]};
      default: return {frame, va[20:12]};
    endcase
  endfunction

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
      leaf        = pte_is_leaf(pte_q.ps, level_q);
      not_present = !pte_q.p;
      reserved    = pte_reserved(pte_q.above, pte_q.xd, pte_q.ps, pte_q.frame[17:1], level_q,
                                 ctx_i.nxe);
      denied      = leaf && !rights_allow(acc, req_i.acc, req_i.user, req_i.implicit_sup,
                                          ctx_i.wp, ctx_i.smep, ctx_i.smap, ctx_i.ac);
      update      = !pte_q.a || (leaf && req_i.acc == AccWrite && !pte_q.d);
    end
    bad = not_present || reserved || denied;
  end

  logic descend;              // the entry at addr_q leads to a table and is settled
  assign descend = !leaf && ((state_q == StCheck && !bad && !update)
                             || (state_q == StWrite && bus_rsp_i.ack && same_q));

  logic [63:0] rdata;
  assign rdata = addr_q[3] ? bus_rsp_i.rdata[127:64] : bus_rsp_i.rdata[63:0];

  logic [63:0] updated;       // the entry with A, and D in the leaf of a write
  assign updated = pte_q | {57'b0, leaf && req_i.acc == AccWrite, 1'b1, 5'b0};

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:  if (start_i) state_d = StPass;
      StPass:  state_d = StRead;
      StRead:  if (bus_rsp_i.ack) state_d = StCheck;
      StCheck:
        if (bad)         state_d = skipped_q ? StPass : StDone;
        else if (update) state_d = StLock;
        else             state_d = leaf ? StDone : StRead;
      StLock:  if (bus_rsp_i.ack) state_d = StWrite;
      StWrite:
        if (bus_rsp_i.ack) begin
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
          from_cr3_q  <= 1'b0;
          first_q     <= 1'b1;
          psc_level_q <= 3'd0;
          fault_q     <= 1'b0;
        end
      StPass: begin
        level_q    <= pass_level;
        addr_q     <= entry_addr(pass_data.frame, pass_level, req_i.va[47:12]);
        rights_q   <= pass_data.rights;
        skipped_q  <= pass_level != 3'd4;
        from_cr3_q <= 1'b0;
        first_q    <= 1'b0;
        if (first_q && pass_level != 3'd4) psc_level_q <= pass_level + 3'd1;
      end
      StRead:
        if (bus_rsp_i.ack) pte_q <= rdata;
      StCheck: begin
        from_cr3_q   <= bad;
        fault_q      <= bad;
        error_code_q <= pf_error_code(!not_present, !not_present && reserved, req_i.acc,
                                      req_i.user, ctx_i.nxe, ctx_i.smep);
      end
      StLock:
        if (bus_rsp_i.ack) begin
          same_q  <= rdata == pte_q;
          wdata_q <= rdata == pte_q ? updated : rdata;
        end
      default: ;
    endcase
    if (descend) begin
      level_q  <= level_q - 3'd1;
      addr_q   <= entry_addr(pte_q.frame, level_q - 3'd1, req_i.va[47:12]);
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

  always_comb begin
    bus_req_o = '0;
    if (state_q inside {StRead, StLock, StWrite}) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcWalk;
      bus_req_o.write = state_q == StWrite;
      bus_req_o.lock  = state_q == StLock;
      bus_req_o.addr  = {addr_q[39:4], 4'b0};
      bus_req_o.be    = addr_q[3] ? 16'hFF00 : 16'h00FF;
      if (state_q == StWrite)
        bus_req_o.wdata = addr_q[3] ? {wdata_q, 64'b0} : {64'b0, wdata_q};
    end
  end

  assign walk_valid_o = bus_req_o.valid && bus_rsp_i.ack;
  always_comb begin
    walk_o = '0;
    if (walk_valid_o) begin
      walk_o.cycle = cycle_i;
      walk_o.addr  = {24'b0, addr_q, 3'b0};
      walk_o.value = state_q == StWrite ? wdata_q : rdata;
      walk_o.kind  = state_q == StWrite ? 8'd2 : state_q == StLock ? 8'd1 : 8'd0;
      walk_o.level = {5'b0, level_q};
    end
  end

  DoneIsOneCycle: assert property (@(posedge clk_i) disable iff (!rst_ni) done_o |=> !done_o);
  StartWhenIdle:  assert property (@(posedge clk_i) disable iff (!rst_ni)
                                   start_i |-> state_q == StIdle);

endmodule
