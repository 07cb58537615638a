// SPDX-License-Identifier: Apache-2.0
// Context cache, root and context entry fetch. start_i is the cycle of the lookup; sid_i, at_i stay
// stable until done_o, which is high for one cycle: in that of start_i on a hit or a TTM fault,
// else after 2 cycles (read, check) for each entry fetched. The result is valid with done_o.
// inv_valid_i drops entries in one cycle while nothing is in flight; inv_count_o is valid with it.
// VT-d "Root Entry", "Context Entry", "Context-Cache"; docs/iommu.md I12, I13.
module iommu_context
  import iommu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic                start_i,
  input  logic [15:0]         sid_i,
  input  logic [1:0]          at_i,
  /* verilator lint_off UNUSEDSIGNAL */  // only PT, DT and the widths
  input  caps_t               caps_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [39:12]        root_table_i,  // latched RTADDR
  input  logic [1:0]          ttm_i,
  output logic                done_o,
  output logic                hit_o,
  output fault_e              fault_o,
  output logic                fpd_o,         // meaningful from the context entry on, else 0
  output context_t            context_o,     // without a fault
  input  logic                inv_valid_i,
  input  inv_context_t        inv_i,
  output logic [3:0]          inv_count_o,
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic [3:0]          read_kind_o    // of the read that is up, as in its record; else 0
);

  localparam int unsigned ENTRIES = 8;

  typedef enum logic [2:0] {
    StLookup,
    StRootRead,
    StCheckRoot,
    StEntryRead,
    StVerifyEntry
  } state_e;

  state_e       state_q, state_d;
  logic [39:4]  addr_q;
  /* verilator lint_off UNUSEDSIGNAL */  // bits that VT-d leaves to software
  entry128_t    entry_q;
  /* verilator lint_on UNUSEDSIGNAL */
  logic         err_q;         // nobody claimed its address

  logic [ENTRIES-1:0] valid_q;
  logic [15:0]        sid_q     [ENTRIES];
  context_t           context_q [ENTRIES];
  logic [2:0]         ptr_q;

  logic     hit;
  context_t hit_context;
  always_comb begin
    hit         = 1'b0;
    hit_context = '0;
    if (start_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        if (valid_q[i] && sid_q[i] == sid_i) begin
          hit         = 1'b1;
          hit_context = context_q[i];
        end
      end
    end
  end

  // A device of T = 01 has a device-TLB: it also asks for translations, and uses them.
  function automatic logic at_good(input logic device, input logic [1:0] at);
    return at == AtUntranslated || (device && at inside {AtTranslation, AtTranslated});
  endfunction

  // The checks, in the manual's order: read, P, reserved bits; T, AT, AW (pass-through: the widest).
  // FPD qualifies those of P, T, AT, AW alone.
  fault_e   root_fault, entry_fault;
  context_t entry_context;
  logic [2:0] entry_aw;
  logic [1:0] entry_t;
  logic [3:0] aw_offered;
  assign entry_t  = entry_q.lo[3:2];
  assign entry_aw = entry_q.hi[2:0];
  assign aw_offered = {caps_i.aw, 1'b0};
  always_comb begin
    root_fault = FrNone;
    if (state_q == StCheckRoot) begin
      if (err_q)
        root_fault = FrRootRead;
      else if (!entry_q.lo[0])
        root_fault = FrRootP;
      else if (entry_q.lo[11:1] != '0 || entry_q.lo[63:40] != '0 || entry_q.hi != '0)
        root_fault = FrRootRsvd;
    end
  end
  always_comb begin
    entry_fault   = FrNone;
    entry_context = '0;
    if (state_q == StVerifyEntry) begin
      if (err_q)
        entry_fault = FrContextRead;
      else if (!entry_q.lo[0])
        entry_fault = FrContextP;
      else if (entry_q.lo[11:4] != '0 || entry_q.lo[63:40] != '0 || entry_q.hi[7]
               || entry_q.hi[63:24] != '0)
        entry_fault = FrContextRsvd;
      else if (entry_t == 2'd3 || (entry_t == 2'd2 && !caps_i.pt)
               || (entry_t == 2'd1 && !caps_i.dt))
        entry_fault = FrContextBad;
      else if (!at_good(entry_t[0], at_i))
        entry_fault = FrAddressType;
      else if (entry_aw[2] || !aw_offered[entry_aw[1:0]]
               || (entry_t[1] && entry_aw[1:0] != caps_i.widest))
        entry_fault = FrContextBad;
      entry_context = '{fpd: entry_q.lo[1], pass: entry_t[1], device: entry_t[0],
                        aw: aw_e'(entry_aw[1:0]), frame: entry_q.lo[39:12], did: entry_q.hi[23:8]};
    end
  end

  always_comb begin
    state_d = state_q;
    case (state_q)
      StLookup:      if (start_i && !done_o) state_d = StRootRead;
      StRootRead:    if (bus_rsp_i.ack) state_d = StCheckRoot;
      StCheckRoot:   state_d = root_fault == FrNone ? StEntryRead : StLookup;
      StEntryRead:   if (bus_rsp_i.ack) state_d = StVerifyEntry;
      StVerifyEntry: state_d = StLookup;
      default:       state_d = StLookup;
    endcase
  end

  always_comb begin
    done_o    = 1'b0;
    hit_o     = 1'b0;
    fault_o   = FrNone;
    fpd_o     = 1'b0;
    context_o = '0;
    case (state_q)
      StLookup:
        if (start_i) begin
          done_o    = hit || ttm_i != 2'd0;
          hit_o     = hit;
          fpd_o     = hit_context.fpd;
          context_o = hit_context;
          if (hit) fault_o = at_good(hit_context.device, at_i) ? FrNone : FrAddressType;
          else     fault_o = ttm_i != 2'd0 ? FrTtm : FrNone;
        end
      StCheckRoot: begin
        done_o  = root_fault != FrNone;
        fault_o = root_fault;
      end
      StVerifyEntry: begin
        done_o    = 1'b1;
        fault_o   = entry_fault;
        fpd_o     = entry_context.fpd && !(entry_fault inside {FrContextRead, FrContextRsvd});
        context_o = entry_context;
      end
      default: ;
    endcase
  end

  // Only a miss fills, so the source-id is never present at a fill.
  logic       fill;
  logic [2:0] slot;
  assign fill = state_q == StVerifyEntry && entry_fault == FrNone;
  always_comb begin
    slot = ptr_q;
    if (fill) for (int unsigned i = ENTRIES; i > 0; i--) if (!valid_q[i-1]) slot = 3'(i - 1);
  end

  logic [ENTRIES-1:0] kill;
  logic [15:0]        sid_mask;
  always_comb begin
    kill     = '0;
    sid_mask = '0;
    if (inv_valid_i) begin
      sid_mask = {13'h1FFF, inv_i.fm == 2'd0, inv_i.fm < 2'd2, inv_i.fm != 2'd3};
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        case (inv_i.kind)
          InvDomain: kill[i] = valid_q[i] && context_q[i].did == inv_i.did;
          InvSelect: kill[i] = valid_q[i] && context_q[i].did == inv_i.did
                               && ((sid_q[i] ^ inv_i.sid) & sid_mask) == '0;
          default:   kill[i] = valid_q[i];
        endcase
      end
    end
  end
  assign inv_count_o = inv_valid_i ? 4'($countones(kill)) : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StLookup;
      valid_q <= '0;
      ptr_q   <= '0;
    end else begin
      state_q <= state_d;
      if (inv_valid_i) valid_q <= valid_q & ~kill;
      if (fill) begin
        valid_q[slot]   <= 1'b1;
        sid_q[slot]     <= sid_i;
        context_q[slot] <= entry_context;
        if (&valid_q) ptr_q <= ptr_q + 3'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i)                addr_q  <= {root_table_i, sid_i[15:8]};
    if (state_q == StCheckRoot) addr_q  <= {entry_q.lo[39:12], sid_i[7:0]};
    if (bus_req_o.valid && bus_rsp_i.ack) {err_q, entry_q} <= {bus_rsp_i.err, bus_rsp_i.rdata};
  end

  always_comb begin
    bus_req_o = '0;
    if (state_q inside {StRootRead, StEntryRead}) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcIommuWalk;
      bus_req_o.addr  = {addr_q, 4'b0};
      bus_req_o.be    = 16'hFFFF;
    end
  end

  assign read_kind_o = state_q == StRootRead ? 4'd6 : state_q == StEntryRead ? 4'd7 : 4'd0;

  function automatic logic present();
    present = 1'b0;
    if (fill)
      for (int unsigned i = 0; i < ENTRIES; i++)
        if (valid_q[i] && sid_q[i] == sid_i) present = 1'b1;
  endfunction

  always @(posedge clk_i) if (rst_ni) begin
    if (inv_valid_i)
      InvWhenIdle: assert (state_q == StLookup && !start_i);
    if (done_o && fault_o == FrNone && at_i != AtUntranslated)
      OwnAddressType: assert (context_o.device);
    if (fill)
      FillIsNew: assert (!present());
  end

endmodule
