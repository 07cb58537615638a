// SPDX-License-Identifier: Apache-2.0
// Second-stage walker with its level caches. start_i comes one cycle before the first pass; the
// request stays stable until done_o, which is high for one cycle: that of the leaf's check, or of
// the first faulting entry's in a walk of all levels. 1 cycle for each pass, 2 for each entry
// (read, check). fault_o and leaf_o are valid with done_o, psc_level_o until the next start_i.
// VT-d "Second-Stage Translation"; docs/iommu.md I16 to I19.
module iommu_walk
  import iommu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic                start_i,
  /* verilator lint_off UNUSEDSIGNAL */  // what else they say is used elsewhere
  input  context_t            context_i,
  input  caps_t               caps_i,        // page sizes
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [56:12]        addr_i,
  input  access_t             access_i,
  output logic                done_o,
  output fault_e              fault_o,
  output leaf_t               leaf_o,        // without a fault
  output logic [2:0]          psc_level_o,   // level of the cache entry found, 0 none
  input  logic                inv_valid_i,
  input  inv_iotlb_t          inv_i,
  output logic [5:0]          inv_count_o,
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic [3:0]          read_kind_o    // of the read that is up, as in its record; else 0
);

  typedef enum logic [1:0] {
    StIdle,
    StPass,     // level-cache lookup, or restart from SLPTPTR
    StRead,
    StCheck
  } state_e;

  state_e      state_q, state_d;
  logic [2:0]  level_q;       // of the entry at addr_q
  logic [39:3] addr_q;
  rights_t     rights_q;      // of the levels above
  /* verilator lint_off UNUSEDSIGNAL */  // bits that VT-d ignores
  ss_entry_t   entry_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic        err_q;         // nobody claimed its address
  logic        skipped_q;     // this pass began from a level-cache entry
  logic        restart_q;     // this pass makes no lookup
  logic [2:0]  psc_level_q;

  // Level caches, index = level of the entry held.
  logic       lookup, drop;
  logic [5:2] hit, fill;
  level_t     level_hit [2:5];
  level_t     fill_level;
  logic [3:0] count [2:5];
  logic       compare;
  assign lookup  = state_q == StPass && !restart_q;
  assign compare = lookup || state_q == StCheck;   // for the pass, for a drop or a fill

  for (genvar l = 2; l <= 5; l++) begin : g_level
    iommu_level #(.ENTRIES(l == 2 ? 8 : 4), .ADDR_LSB(9 * l + 3)) u_level (
      .clk_i, .rst_ni,
      .did_i       (context_i.did),
      .addr_i      (addr_i[56:9*l+3]),
      .compare_i   (compare),
      .hit_o       (hit[l]),
      .level_o     (level_hit[l]),
      .drop_i      (drop),
      .fill_i      (fill[l]),
      .fill_level_i(fill_level),
      .inv_valid_i, .inv_i,
      .inv_count_o (count[l])
    );
  end
  assign inv_count_o = {2'b0, count[2]} + {2'b0, count[3]} + {2'b0, count[4]} + {2'b0, count[5]};

  // Where a pass starts: a level cache counts up to the level of SLPTPTR.
  logic [2:0]  top, pass_level;
  level_t      pass;
  logic        pass_skips, pass_denied;
  assign top = top_level(context_i.aw);
  always_comb begin
    pass_level = top;
    pass       = '{frame: context_i.frame, rights: '1};
    pass_skips = 1'b0;
    if (lookup) begin
      pass_skips = hit[2] || hit[3] || (hit[4] && top >= 3'd4) || (hit[5] && top == 3'd5);
      if (hit[2]) begin
        pass_level = 3'd1;
        pass       = level_hit[2];
      end else if (hit[3]) begin
        pass_level = 3'd2;
        pass       = level_hit[3];
      end else if (hit[4] && top >= 3'd4) begin
        pass_level = 3'd3;
        pass       = level_hit[4];
      end else if (hit[5] && top == 3'd5) begin
        pass_level = 3'd4;
        pass       = level_hit[5];
      end
    end
    pass_denied = pass_skips && !rights_allow(pass.rights, access_i);
  end

  function automatic logic [39:3] entry_addr(input logic [27:0] frame, input logic [2:0] level,
                                             input logic [56:12] addr);
    case (level)
      3'd5:    return {frame, addr[56:48]};
      3'd4:    return {frame, addr[47:39]};
      3'd3:    return {frame, addr[38:30]};
      3'd2:    return {frame, addr[29:21]};
      default: return {frame, addr[20:12]};
    endcase
  endfunction

  // The checks of one entry: could it be read, permission (with the levels above), reserved bits,
  // output page.
  logic    is_leaf, reserved;
  leaf_t   leaf;
  fault_e  fault;
  /* verilator lint_off UNUSEDSIGNAL */  // only the megabyte counts
  logic [39:0] out;
  /* verilator lint_on UNUSEDSIGNAL */
  always_comb begin
    is_leaf  = 1'b0;
    reserved = 1'b0;
    leaf     = '0;
    fault    = FrNone;
    out      = '0;
    if (state_q == StCheck) begin
      is_leaf  = level_q == 3'd1 || (entry_q.ps && level_q < 3'd4);
      reserved = entry_q.above != '0 || entry_q.tm || entry_q.snp;
      case (level_q)
        3'd1:    ;
        3'd2:    reserved = reserved || (entry_q.ps
                                         && (!caps_i.page_2m || entry_q.frame[8:0] != '0));
        3'd3:    reserved = reserved || (entry_q.ps
                                         && (!caps_i.page_1g || entry_q.frame[17:0] != '0));
        default: reserved = reserved || entry_q.ps;
      endcase
      leaf.frame  = entry_q.frame;
      leaf.size   = level_q == 3'd1 ? Page4K : level_q == 3'd2 ? Page2M : Page1G;
      leaf.rights = rights_q & {entry_q.r, entry_q.w};
      out         = page_pa(leaf.frame, leaf.size, {addr_i[29:12], 12'b0});
      if (err_q)
        fault = level_q == top ? FrContextBad : FrEntryRead;
      else if (!rights_allow(leaf.rights, access_i))
        fault = access_i.write ? FrWrite : FrRead;
      else if (reserved)
        fault = FrEntryRsvd;
      else if (is_leaf && interrupt_range(out[39:20]))
        fault = FrInterrupt;
    end
  end

  logic descend, again;       // to the next level; from the top after a fault of a shortened pass
  assign descend = state_q == StCheck && fault == FrNone && !is_leaf;
  assign again   = (state_q == StCheck && fault != FrNone && skipped_q)
                   || (state_q == StPass && pass_denied);

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:  if (start_i) state_d = StPass;
      StPass:  if (!again) state_d = StRead;
      StRead:  if (bus_rsp_i.ack) state_d = StCheck;
      StCheck:
        if (again)        state_d = StPass;
        else if (descend) state_d = StRead;
        else              state_d = StIdle;
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StIdle;
    else         state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle:
        if (start_i) begin
          restart_q   <= 1'b0;
          psc_level_q <= 3'd0;
        end
      StPass: begin
        restart_q <= again;
        skipped_q <= pass_skips;
        level_q   <= pass_level;
        addr_q    <= entry_addr(pass.frame, pass_level, addr_i);
        rights_q  <= pass.rights;
        if (pass_skips) psc_level_q <= pass_level + 3'd1;
      end
      StRead:
        if (bus_rsp_i.ack) begin
          entry_q <= addr_q[3] ? bus_rsp_i.rdata[127:64] : bus_rsp_i.rdata[63:0];
          err_q   <= bus_rsp_i.err;
        end
      StCheck: begin
        restart_q <= again;
        if (descend) begin
          level_q  <= level_q - 3'd1;
          addr_q   <= entry_addr(entry_q.frame, level_q - 3'd1, addr_i);
          rights_q <= leaf.rights;
        end
      end
      default: ;
    endcase
  end

  // A denying entry is found and dropped in one pass cycle: the lookup's match is the drop's.
  assign drop       = again;
  assign fill       = {descend && level_q == 3'd5, descend && level_q == 3'd4,
                       descend && level_q == 3'd3, descend && level_q == 3'd2};
  assign fill_level = '{frame: entry_q.frame, rights: leaf.rights};

  assign done_o      = state_q == StCheck && !again && !descend;
  assign fault_o     = fault;
  assign leaf_o      = leaf;
  assign psc_level_o = psc_level_q;

  always_comb begin
    bus_req_o = '0;
    if (state_q == StRead) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcIommuWalk;
      bus_req_o.addr  = {addr_q[39:4], 4'b0};
      bus_req_o.be    = addr_q[3] ? 16'hFF00 : 16'h00FF;
    end
  end

  assign read_kind_o = state_q == StRead ? {1'b0, level_q} : 4'd0;

  always @(posedge clk_i) if (rst_ni) begin
    if (inv_valid_i)
      InvWhenIdle: assert (state_q == StIdle && !start_i);
  end

endmodule
