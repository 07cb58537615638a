// SPDX-License-Identifier: Apache-2.0
// An MMU without a TLB and without paging-structure caches: every translation walks from the root
// with one access at a time, so nothing is ever stale and a flush has nothing to do. One machine
// walks, sets A and D, and loads the PDPTE registers. SDM Vol. 3A "Paging".
module mmu
  import mmu_pkg::*, notlb_rules::*;
(
  input  logic               clk_i, rst_ni,
  input  mmu_ctx_t           ctx_i,
  input  mtrr_t              mtrr_i,
  input  logic               req_valid_i,
  input  mmu_req_t           req_i,
  output logic               rsp_valid_o,
  output mmu_rsp_t           rsp_o,
  input  logic               flush_valid_i,
  input  mmu_flush_t         flush_i,
  output logic               flush_ready_o,
  input  logic               pdpte_valid_i,
  input  logic [31:5]        pdpte_base_i,
  output logic               pdpte_done_o, pdpte_fault_o,
  output pdpte_t [3:0]       pdpte_o,
  output bus_pkg::bus_req_t  bus_req_o,
  input  bus_pkg::bus_rsp_t  bus_rsp_i
);

  typedef enum logic [2:0] {Idle, Fetch, Judge, Grab, Store, Told, Load, Loaded} step_t;

  step_t        step;
  logic [2:0]   level;
  logic [39:12] table_at;
  logic         rw, us, xd;       // of the levels above
  logic [63:0]  entry, locked;    // as fetched; as it was under the lock
  mmu_rsp_t     told;
  pdpte_t [3:0] root, loading;    // the PDPTE registers; what a load has read
  logic [1:0]   slot;

  // --- the entry that the machine looks at ---
  logic [39:0] at;
  logic        here_rw, here_us, here_xd, leaf;
  logic [63:0] wanted;            // the entry with the flags that this use of it sets
  assign at      = {table_at, offset_in_table(ctx_i, level, req_i.va)};
  assign leaf    = maps_page(ctx_i, level, entry);
  assign here_rw = rw && entry[1];
  assign here_us = us && entry[2];
  assign here_xd = xd || (entry[63] && !narrow(ctx_i));
  assign wanted  = entry | 64'h20 | (leaf && req_i.acc == AccWrite ? 64'h40 : 64'h0);

  logic pk;
  assign pk = key_denied(ctx_i, req_i, here_us, entry[62:59]);

  function automatic mmu_rsp_t fault(input logic p, rsvd, key);
    fault            = '0;
    fault.kind       = XlPageFault;
    fault.error_code = error_code(ctx_i, req_i, p, rsvd, key);
  endfunction

  function automatic mmu_rsp_t found();
    found           = '0;
    found.pa        = page_address(ctx_i, level, entry, req_i.va);
    found.page_log2 = size_log2(ctx_i, level);
    found.memtype   = memtype_e'(effective(mtrr_type(mtrr_i, found.pa),
                                           pat_type(ctx_i, level, entry)));
  endfunction

  function automatic mmu_rsp_t flat();
    flat         = '0;
    flat.pa      = {ctx_i.lma ? req_i.va[39:32] : 8'b0, req_i.va[31:0]};
    flat.memtype = memtype_e'(effective(mtrr_type(mtrr_i, flat.pa), MtWb));
  endfunction

  // --- the bus ---
  logic [3:0]  lane;              // of the entry in its block of 16 bytes
  logic [63:0] lanes;             // what the bus has there
  logic [39:0] bus_at;
  assign bus_at = step == Load ? {8'b0, pdpte_base_i, slot, 3'b0} : at;
  assign lane   = bus_at[3:0];
  always_comb begin
    lanes = lane[3] ? bus_rsp_i.rdata[127:64] : bus_rsp_i.rdata[63:0];
    if (step != Load && narrow(ctx_i)) lanes = {32'b0, lane[2] ? lanes[63:32] : lanes[31:0]};
  end

  always_comb begin
    bus_req_o       = '0;
    bus_req_o.valid = step == Fetch || step == Grab || step == Store || step == Load;
    if (bus_req_o.valid) begin
      bus_req_o.src  = bus_pkg::SrcWalk;
      bus_req_o.addr = {bus_at[39:4], 4'b0};
      bus_req_o.be   = (step != Load && narrow(ctx_i) ? 16'h000F : 16'h00FF) << lane;
      bus_req_o.lock = step == Grab;
      if (step == Store) begin
        bus_req_o.write = 1'b1;
        bus_req_o.wdata = {64'b0, locked == entry ? wanted : locked} << {lane, 3'b0};
      end
    end
  end

  // --- the machine ---
  task automatic begin_at_root();
    pdpte_t p;
    p = root[req_i.va[31:30]];
    rw       <= 1'b1;
    us       <= 1'b1;
    xd       <= 1'b0;
    level    <= top_level(ctx_i);
    table_at <= {narrow(ctx_i) ? 8'b0 : ctx_i.cr3[39:32], ctx_i.cr3[31:12]};
    step     <= Fetch;
    if (ctx_i.pae && !ctx_i.lma) begin
      table_at <= p.frame;
      if (!p.p) begin
        told <= fault(1'b0, 1'b0, 1'b0);
        step <= Told;
      end
    end
  endtask

  task automatic judge();
    step <= Told;
    if (!entry[0])
      told <= fault(1'b0, 1'b0, 1'b0);
    else if (reserved_set(ctx_i, level, entry))
      told <= fault(1'b1, 1'b1, 1'b0);
    else if (leaf && (denied(ctx_i, req_i, here_rw, here_us, here_xd) || pk))
      told <= fault(1'b1, 1'b0, pk);
    else if (wanted != entry)
      step <= Grab;
    else if (leaf)
      told <= found();
    else begin
      step     <= Fetch;
      level    <= level - 3'd1;
      table_at <= {narrow(ctx_i) ? 8'b0 : entry[39:32], entry[31:12]};
      rw       <= here_rw;
      us       <= here_us;
      xd       <= here_xd;
    end
  endtask

  function automatic logic forbidden(input pdpte_t p);
    return p.p && (p.rsvd_hi != '0 || p.rsvd_mid != '0 || p.rsvd_lo != '0);
  endfunction

  always_ff @(posedge clk_i) begin
    case (step)
      Idle:
        if (req_valid_i && !ctx_i.pg) begin
          told <= flat();
          step <= Told;
        end else if (req_valid_i) begin
          begin_at_root();
        end else if (pdpte_valid_i) begin
          slot <= 2'd0;
          step <= Load;
        end
      Fetch:
        if (bus_rsp_i.ack) begin
          entry <= lanes;
          step  <= Judge;
        end
      Judge:
        judge();
      Grab:
        if (bus_rsp_i.ack) begin
          locked <= lanes;
          step   <= Store;
        end
      Store:  // somebody else was faster: from the root again
        if (bus_rsp_i.ack && locked == entry) begin
          entry <= wanted;
          step  <= Judge;
        end else if (bus_rsp_i.ack) begin
          begin_at_root();
        end
      Load:
        if (bus_rsp_i.ack) begin
          loading[slot] <= pdpte_t'(lanes);
          slot          <= slot + 2'd1;
          if (slot == 2'd3) step <= Loaded;
        end
      Loaded: begin
        if (!pdpte_fault_o) root <= loading;
        step <= Idle;
      end
      default:
        step <= Idle;
    endcase
    if (!rst_ni) begin
      step <= Idle;
      root <= '0;
    end
  end

  assign rsp_valid_o   = step == Told;
  assign rsp_o         = told;
  assign flush_ready_o = step == Idle && !req_valid_i;
  assign pdpte_done_o  = step == Loaded;
  assign pdpte_fault_o = step == Loaded && (forbidden(loading[0]) || forbidden(loading[1]) ||
                                            forbidden(loading[2]) || forbidden(loading[3]));
  assign pdpte_o       = root;

  logic unused;  // nothing is cached, so nothing is flushed
  assign unused = &{1'b0, flush_valid_i, flush_i};

endmodule
