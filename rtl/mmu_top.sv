// SPDX-License-Identifier: Apache-2.0
// The MMU alone, for the block bench: wiring only, scalar ports. Handshakes as in mmu.sv. The MTRRs
// come as their MSRs have them.
module mmu_top
  import bus_pkg::*, mmu_pkg::*, record_pkg::*;
(
  input  logic         clk_i, rst_ni, take_i,

  input  logic         pg_i, pse_i, pae_i, lma_i, la57_i,
  input  logic         wp_i, pge_i, pcide_i, smep_i, smap_i, pke_i, pks_i, nxe_i, ac_i,
  input  logic         no_pat_i, no_pse36_i, no_pdpe1gb_i,
  input  logic [31:0]  pkru_i, pkrs_i,
  input  logic [63:0]  cr3_i, pat_i,
  /* verilator lint_off UNUSEDSIGNAL */  // the stored bits alone
  input  logic [63:0]  mtrr_def_type_i,
  input  logic [63:0]  mtrr_base_i [MtrrRanges],
  input  logic [63:0]  mtrr_mask_i [MtrrRanges],
  /* verilator lint_on UNUSEDSIGNAL */

  input  logic         req_valid_i,
  input  logic [63:0]  req_va_i,
  input  logic [1:0]   req_acc_i,
  input  logic         req_user_i, req_implicit_i,
  output logic         rsp_valid_o, rsp_fault_o,
  output logic [31:0]  rsp_error_code_o,
  output logic [39:0]  rsp_pa_o,

  input  logic         flush_valid_i,
  input  logic [2:0]   flush_kind_i,
  input  logic [63:0]  flush_va_i,
  input  logic [11:0]  flush_pcid_i,
  output logic         flush_ready_o,

  input  logic         pdpte_valid_i,
  input  logic [31:5]  pdpte_base_i,
  output logic         pdpte_done_o, pdpte_fault_o,
  output logic [63:0]  pdpte_o [4],

  output logic         mem_valid_o, mem_write_o, mem_lock_o,
  output logic         mem_walk_o,  // as a walker's request must be: of its source, in memory
  output logic         mem_spec_o,  // of a walk that no request asked for
  output logic [39:0]  mem_addr_o,
  output logic [15:0]  mem_be_o,
  output logic [127:0] mem_wdata_o,
  input  logic         mem_ack_i,
  input  logic [127:0] mem_rdata_i,

  output logic         xlate_valid_o, walk_valid_o,
  output xlate_t       xlate_o,
  output walk_t        walk_o
);

  logic [63:0] cycle_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) cycle_q <= '0;
    else         cycle_q <= cycle_q + 64'd1;
  end

  // Inputs are taken at edges, where the bench changes them beside one of the clock: memory's answer
  // at the rising edge of mem_ack_i (it stands to the end of the cycle), the requester's at every
  // edge of take_i. All that follows then hangs on edges alone, and a simulator has nothing else to
  // look at.
  mmu_ctx_t    ctx;
  mtrr_t       mtrr;
  mmu_req_t    req;
  mmu_flush_t  flush;
  logic        req_valid, flush_valid, pdpte_valid;
  logic [31:5] pdpte_base;
  always_ff @(edge take_i) begin
    ctx           <= '{pg: pg_i, pse: pse_i, pae: pae_i, lma: lma_i, la57: la57_i, wp: wp_i,
                       pge: pge_i, pcide: pcide_i, smep: smep_i, smap: smap_i, pke: pke_i,
                       pks: pks_i, nxe: nxe_i, ac: ac_i, pkru: pkru_i, pkrs: pkrs_i, cr3: cr3_i,
                       pat: pat_i, no_pat: no_pat_i, no_pse36: no_pse36_i,
                       no_pdpe1gb: no_pdpe1gb_i};
    mtrr.e        <= mtrr_def_type_i[11];
    mtrr.def_type <= mtrr_def_type_i[2:0];
    for (int unsigned i = 0; i < MtrrRanges; i++) begin
      mtrr.range[i] <= '{base: mtrr_base_i[i][39:12], mtype: mtrr_base_i[i][2:0],
                         mask: mtrr_mask_i[i][39:12], v: mtrr_mask_i[i][11]};
    end
    req_valid     <= req_valid_i;
    req           <= '{va: req_va_i, acc: acc_e'(req_acc_i), user: req_user_i,
                       implicit_sup: req_implicit_i};
    flush_valid   <= flush_valid_i;
    flush         <= '{kind: flush_e'(flush_kind_i), va: flush_va_i, pcid: flush_pcid_i};
    pdpte_valid   <= pdpte_valid_i;
    pdpte_base    <= pdpte_base_i;
  end

  bus_rsp_t     bus_rsp;
  logic         acked, ended;  // an ack is up while they differ
  logic [127:0] rdata;
  always_ff @(posedge mem_ack_i) begin
    acked <= !ended;
    rdata <= mem_rdata_i;
  end
  always_ff @(posedge clk_i) ended <= acked;
  assign bus_rsp = '{ack: acked != ended, err: 1'b0, rdata: rdata};

  pdpte_t [3:0] pdpte;
  for (genvar i = 0; i < 4; i++) begin : g_pdpte
    assign pdpte_o[i] = pdpte[i];
  end

  /* verilator lint_off UNUSEDSIGNAL */  // the record says page size, memory type
  mmu_rsp_t rsp;
  bus_req_t bus_req;
  /* verilator lint_on UNUSEDSIGNAL */
  assign mem_valid_o      = bus_req.valid;
  assign mem_write_o      = bus_req.write;
  assign mem_lock_o       = bus_req.lock;
  assign mem_walk_o       = bus_req.src == SrcWalk && !bus_req.io && bus_req.high == '0;
  assign mem_addr_o       = bus_req.addr;
  assign mem_be_o         = bus_req.be;
  assign mem_wdata_o      = bus_req.wdata;
  assign rsp_fault_o      = rsp.kind == XlPageFault;
  assign rsp_error_code_o = rsp.error_code;
  assign rsp_pa_o         = rsp.pa;

`ifdef MMU_OWN  // another design, behind the adapter that `ringwalk mmu --rtl` makes
  mmu_own u_mmu (
    .spec_o(mem_spec_o),
`else
  assign mem_spec_o = 1'b0;  // the walker here never walks ahead
  mmu u_mmu (
`endif
    .clk_i, .rst_ni, .cycle_i(cycle_q), .ctx_i(ctx), .mtrr_i(mtrr),
    .req_valid_i(req_valid), .req_i(req), .rsp_valid_o, .rsp_o(rsp),
    .flush_valid_i(flush_valid), .flush_i(flush), .flush_ready_o,
    .pdpte_valid_i(pdpte_valid), .pdpte_base_i(pdpte_base), .pdpte_done_o, .pdpte_fault_o, .pdpte_o(pdpte),
    .bus_req_o(bus_req), .bus_rsp_i(bus_rsp),
    .xlate_valid_o, .xlate_o, .walk_valid_o, .walk_o
  );

endmodule
