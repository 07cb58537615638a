// SPDX-License-Identifier: Apache-2.0
// The MMU of the processor: code and data TLB, paging-structure caches, walker, PDPTE registers,
// memory types; one request at a time. req_valid_i, req_i and ctx_i stay stable until rsp_valid_o,
// which is high for one cycle; the next request may come in the cycle after. Latency: 1 with paging
// off and on a TLB hit, else as in docs/mmu.md. A flush is taken while flush_valid_i and
// flush_ready_o are both high. pdpte_valid_i asks for a load of the PDPTE registers from the 32
// bytes at pdpte_base_i, while no request is in flight; both stay stable until pdpte_done_o, which
// is high for one cycle with pdpte_fault_o, 5 cycles later. mtrr_i counts as the answer is given.
// xlate_o is valid with rsp_valid_o, walk_o with the ack of the beat. SDM Vol. 3A "Paging".
module mmu
  import mmu_pkg::*;
  import mmu_rights::*;
(
  input  logic               clk_i, rst_ni,
  input  logic [63:0]        cycle_i,
  /* verilator lint_off UNUSEDSIGNAL */  // va and cr3 bits above 56 and 39, cr3 11:0 without PCIDE,
                                         // flush va bits below the page: carried, never looked at
  input  mmu_ctx_t           ctx_i,
  input  mtrr_t              mtrr_i,
  input  logic               req_valid_i,
  input  mmu_req_t           req_i,
  output logic               rsp_valid_o,
  output mmu_rsp_t           rsp_o,
  input  logic               flush_valid_i,
  input  mmu_flush_t         flush_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic               flush_ready_o,
  input  logic               pdpte_valid_i,
  input  logic [31:5]        pdpte_base_i,    // CR3
  output logic               pdpte_done_o, pdpte_fault_o,
  output pdpte_t [3:0]       pdpte_o,         // the registers
  output bus_pkg::bus_req_t  bus_req_o,
  input  bus_pkg::bus_rsp_t  bus_rsp_i,
  output logic               xlate_valid_o,
  output record_pkg::xlate_t xlate_o,
  output logic               walk_valid_o,
  output record_pkg::walk_t  walk_o
);

  logic        answer_q;      // paging off or TLB hit: the answer is in rsp_q
  mmu_rsp_t    rsp_q;         // its memory type: PAT's alone
  logic        off_q;
  logic [31:0] latency_q;

  logic        walk_busy, walk_done, walk_fault, walk_global;
  logic [31:0] walk_error_code;
  tlb_data_t   walk_leaf;
  logic [2:0]  walk_psc_level;

  logic        accept, fetch, lookup, flush, idle, pdpte_busy;
  logic [11:0] pcid;
  assign idle   = !answer_q && !walk_busy && !pdpte_busy;
  assign accept = req_valid_i && idle;
  assign fetch  = req_i.acc == AccFetch;
  assign lookup = accept && ctx_i.pg;
  assign pcid   = ctx_i.pcide ? ctx_i.cr3[11:0] : 12'b0;

  assign flush_ready_o = !req_valid_i && idle;
  assign flush         = flush_valid_i && flush_ready_o;

  // TLBs: the lookup is in the cycle of acceptance, the fill in the cycle of the walk's answer.
  logic      code_hit, data_hit, fill, hit_good;
  tlb_data_t code_data, data_data, hit_data;
  assign fill     = walk_done && !walk_fault;
  assign hit_data = fetch ? code_data : data_data;
  always_comb begin
    hit_good = 1'b0;
    if (code_hit || data_hit) begin
      hit_good = rights_allow(hit_data.rights, req_i, ctx_i)
                 && !key_denies(hit_data.rights.us, hit_data.key, req_i, ctx_i)
                 && !(req_i.acc == AccWrite && !hit_data.d);
    end
  end

  mmu_tlb #(.ENTRIES(16)) u_code_tlb (
    .clk_i, .rst_ni,
    .vpn_i        (req_i.va[56:12]),
    .pcid_i       (pcid),
    .lookup_i     (lookup && fetch),
    .hit_o        (code_hit),
    .data_o       (code_data),
    .drop_i       (lookup && fetch && !hit_good),
    .fill_i       (fill && fetch),
    .fill_global_i(walk_global),
    .fill_data_i  (walk_leaf),
    .flush_valid_i(flush),
    .flush_kind_i (flush_i.kind),
    .flush_vpn_i  (flush_i.va[56:12]),
    .flush_pcid_i (flush_i.pcid)
  );

  mmu_tlb #(.ENTRIES(32)) u_data_tlb (
    .clk_i, .rst_ni,
    .vpn_i        (req_i.va[56:12]),
    .pcid_i       (pcid),
    .lookup_i     (lookup && !fetch),
    .hit_o        (data_hit),
    .data_o       (data_data),
    .drop_i       (lookup && !fetch && !hit_good),
    .fill_i       (fill && !fetch),
    .fill_global_i(walk_global),
    .fill_data_i  (walk_leaf),
    .flush_valid_i(flush),
    .flush_kind_i (flush_i.kind),
    .flush_vpn_i  (flush_i.va[56:12]),
    .flush_pcid_i (flush_i.pcid)
  );

  // Paging-structure caches; index = level of the entry held. A PDE of 32-bit paging covers both
  // values of bit 21.
  logic         psc_drop, psc_flush_all, psc_va21;
  logic [5:2]   psc_lookup, psc_fill, psc_hit;
  logic [56:21] psc_va;
  psc_data_t    psc_fill_data;
  psc_data_t    psc_data [2:5];
  assign psc_flush_all = flush_i.kind inside {FlushAll, FlushAllNonGlobal};
  assign psc_va        = {req_i.va[56:22], req_i.va[21] && psc_va21};

  for (genvar l = 2; l <= 5; l++) begin : g_psc
    mmu_psc #(.ENTRIES(l == 2 ? 8 : 4), .VA_LSB(9 * l + 3)) u_psc (
      .clk_i, .rst_ni,
      .va_i         (psc_va[56:9*l+3]),
      .pcid_i       (pcid),
      .lookup_i     (psc_lookup[l]),
      .hit_o        (psc_hit[l]),
      .data_o       (psc_data[l]),
      .drop_i       (psc_drop),
      .fill_i       (psc_fill[l]),
      .fill_data_i  (psc_fill_data),
      .flush_valid_i(flush),
      .flush_all_i  (psc_flush_all),
      .flush_pcid_i (flush_i.pcid)
    );
  end

  entry_req_t   entry, walk_entry, pdpte_entry;
  logic         entry_done;
  logic [63:0]  entry_value;
  pdpte_t [3:0] pdpte;

  mmu_walk u_walk (
    .clk_i, .rst_ni,
    .start_i        (lookup && !hit_good),
    .ctx_i, .req_i,
    .pdpte_i        (pdpte),
    .busy_o         (walk_busy),
    .psc_lookup_o   (psc_lookup),
    .psc_drop_o     (psc_drop),
    .psc_fill_o     (psc_fill),
    .psc_fill_data_o(psc_fill_data),
    .psc_va21_o     (psc_va21),
    .psc_hit_i      (psc_hit),
    .psc_data_i     (psc_data),
    .done_o         (walk_done),
    .fault_o        (walk_fault),
    .error_code_o   (walk_error_code),
    .leaf_o         (walk_leaf),
    .leaf_global_o  (walk_global),
    .psc_level_o    (walk_psc_level),
    .entry_o        (walk_entry),
    .entry_done_i   (entry_done),
    .entry_value_i  (entry_value)
  );

  mmu_pdpte u_pdpte (
    .clk_i, .rst_ni,
    .valid_i      (pdpte_valid_i),
    .start_i      (pdpte_valid_i && flush_ready_o),
    .base_i       (pdpte_base_i),
    .busy_o       (pdpte_busy),
    .done_o       (pdpte_done_o),
    .fault_o      (pdpte_fault_o),
    .pdpte_o      (pdpte),
    .entry_o      (pdpte_entry),
    .entry_done_i (entry_done),
    .entry_value_i(entry_value)
  );
  assign pdpte_o = pdpte;

  assign entry = pdpte_entry.valid ? pdpte_entry : walk_entry;
  mmu_entry u_entry (
    .clk_i, .rst_ni, .cycle_i,
    .req_i  (entry),
    .done_o (entry_done),
    .value_o(entry_value),
    .bus_req_o, .bus_rsp_i, .walk_valid_o, .walk_o
  );

  // The answer: a page's, or va itself with paging off. The memory type is PAT's, WB with paging
  // off, until mmu_mtrr combines it with that of the MTRRs.
  function automatic mmu_rsp_t off_rsp(input logic [39:0] va);
    off_rsp         = '0;
    off_rsp.pa      = va;
    off_rsp.memtype = MtWb;
  endfunction

  function automatic mmu_rsp_t page_rsp(input logic [27:0] frame, input page_e size,
                                        input logic [2:0] memtype, input logic [29:0] va);
    page_rsp           = '0;
    page_rsp.pa        = page_pa(frame, size, va);
    page_rsp.page_log2 = page_log2(size);
    page_rsp.memtype   = memtype_e'(memtype);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) answer_q <= 1'b0;
    else         answer_q <= accept && (!ctx_i.pg || hit_good);
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      off_q     <= !ctx_i.pg;
      latency_q <= 32'd1;
      if (!ctx_i.pg)     rsp_q <= off_rsp({ctx_i.lma ? req_i.va[39:32] : 8'b0, req_i.va[31:0]});
      else if (hit_good) begin
        rsp_q <= page_rsp(hit_data.frame, hit_data.size, ctx_i.pat[{hit_data.pat, 3'b0} +: 3],
                          req_i.va[29:0]);
      end
    end else if (walk_busy && !(bus_req_o.valid && !bus_rsp_i.ack)) begin
      latency_q <= latency_q + 32'd1;
    end
  end

  assign rsp_valid_o = answer_q || walk_done;
  mmu_rsp_t found;
  memtype_e memtype;
  always_comb begin
    found = '0;
    if (answer_q) found = rsp_q;
    else if (fill) begin
      found = page_rsp(walk_leaf.frame, walk_leaf.size, ctx_i.pat[{walk_leaf.pat, 3'b0} +: 3],
                       req_i.va[29:0]);
    end
  end

  mmu_mtrr u_mtrr (
    .en_i  (answer_q || fill),
    .pa_i  (found.pa[39:12]),
    .pat_i (found.memtype),
    .mtrr_i,
    .type_o(memtype)
  );

  always_comb begin
    rsp_o         = found;
    rsp_o.memtype = memtype;
    if (walk_done && walk_fault) begin
      rsp_o.kind       = XlPageFault;
      rsp_o.error_code = walk_error_code;
    end
  end

  assign xlate_valid_o = rsp_valid_o;
  always_comb begin
    xlate_o = '0;
    if (rsp_valid_o) begin
      xlate_o.cycle        = cycle_i;
      xlate_o.va           = req_i.va;
      xlate_o.pa           = {24'b0, rsp_o.pa};
      xlate_o.error_code   = rsp_o.error_code;
      xlate_o.latency      = latency_q;
      xlate_o.requester    = fetch ? 8'd0 : 8'd1;
      xlate_o.access       = {6'b0, req_i.acc};
      xlate_o.user         = {7'b0, req_i.user};
      xlate_o.implicit_sup = {7'b0, req_i.implicit_sup};
      xlate_o.fault        = {7'b0, rsp_o.kind == XlPageFault};
      xlate_o.page_log2    = {3'b0, rsp_o.page_log2};
      xlate_o.memtype      = {5'b0, rsp_o.memtype};
      xlate_o.hit          = !answer_q ? 8'd0 : off_q ? 8'd2 : 8'd1;
      xlate_o.psc          = answer_q ? 8'd0 : {5'b0, walk_psc_level};
    end
  end

  // Properties, and what was so at the last edge; req_q and ctx_q: of the request's first cycle.
  logic     answered_q, waits_q;
  mmu_req_t req_q;
  mmu_ctx_t ctx_q;
  always @(posedge clk_i) begin
    answered_q <= rst_ni && rsp_valid_o;
    waits_q    <= rst_ni && req_valid_i && !rsp_valid_o;
    if (req_valid_i && !waits_q) begin
      req_q <= req_i;
      ctx_q <= ctx_i;
    end
  end
  always @(posedge clk_i) if (rst_ni) begin
    if (rsp_valid_o)
      RspToRequest: assert (req_valid_i);
    if (flush)
      FlushBetweenRequests: assert (!req_valid_i && !rsp_valid_o);
    if (pdpte_valid_i)
      LoadBetweenRequests: assert (!req_valid_i && !rsp_valid_o);
    if (bus_req_o.valid)
      Formed: assert (bus_pkg::bus_formed(bus_req_o));
    OneEntryUser: assert (!(walk_entry.valid && pdpte_entry.valid));
    if (answered_q)
      RspIsOneCycle: assert (!rsp_valid_o);
    if (waits_q)
      ReqIsHeld: assert (req_valid_i && req_i == req_q);
    if (waits_q)
      CtxIsHeld: assert (ctx_i == ctx_q);
  end

endmodule
