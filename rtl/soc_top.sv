// SPDX-License-Identifier: Apache-2.0
// The machine's hardware: processor with its MMU, IOMMU, shared bus. Wiring only; RAM and devices
// are the harness's, behind mem_* and dma_*.
//   take_i  rises when an input other than memory's has changed (see below)
//   mem_*   one access at a time, held until mem_ack_i; ack may come in the cycle of the request
//   dma_*   one request of a device, accepted when dma_ready_o; answered by dma_rsp_valid_o
//   inv_*   one cycle: an invalidation for a device-TLB; cpl_*: its completion, held until cpl_ready_o
//   rsp_*   beside dma_rsp_valid_o, frcd_*, desc_*: what an IOMMU of another design says of itself
//           (docs/your-own-iommu.md); 0 of ours
//   reg_ack_o  a register access ends: the IOMMU's memory is not answered in such a cycle
//   intr_*  level and vector from the local APIC; inta_o is high for one cycle when it is taken
//   cpuid_*  constant from reset on: features away, vendor, signature (docs/cpu.md C1)
//   undefined_i  constant from reset on: whose undefined results (undefined_pkg)
//   vtd_*   constant from reset on: the IOMMU's capabilities away, fault records less 1
//           (docs/iommu.md I1)
//   sys_ask_i  a sys record is wanted at the retirements of this cycle
module soc_top
  import bus_pkg::*, iommu_port_pkg::*, cpu_port_pkg::*, undefined_pkg::*, record_pkg::*;
(
  input  logic         clk_i, rst_ni, take_i,

  input  logic         boot_long_mode_i,
  input  logic [63:0]  boot_rip_i, boot_rax_i, boot_rbx_i, boot_rsi_i, boot_rsp_i, boot_cr3_i,
  input  logic [63:0]  cpuid_away_i,
  input  logic [95:0]  cpuid_vendor_i,
  input  logic [31:0]  cpuid_signature_i,
  input  logic [1:0]   undefined_i,
  input  logic [13:0]  vtd_away_i,
  input  logic [2:0]   vtd_records_i,

  output logic         mem_valid_o, mem_write_o, mem_io_o,
  output logic [2:0]   mem_src_o,
  output logic [23:0]  mem_high_o,
  output logic [39:0]  mem_addr_o,
  output logic [15:0]  mem_be_o,
  output logic [127:0] mem_wdata_o,
  input  logic         mem_ack_i, mem_err_i,
  input  logic [127:0] mem_rdata_i,

  input  logic         dma_valid_i,
  output logic         dma_ready_o,
  input  logic [15:0]  dma_sid_i,
  input  logic [63:0]  dma_addr_i,
  input  logic         dma_write_i,
  input  logic [1:0]   dma_at_i,
  input  logic [4:0]   dma_len_i,
  input  logic [7:0]   dma_tag_i,
  input  logic [127:0] dma_wdata_i,
  output logic         dma_rsp_valid_o, dma_rsp_ok_o,
  output logic [7:0]   dma_rsp_tag_o,
  output logic [127:0] dma_rsp_rdata_o,

  output logic         inv_valid_o, inv_s_o,
  output logic [15:0]  inv_sid_o,
  output logic [63:12] inv_addr_o,
  input  logic         cpl_valid_i, cpl_error_i,
  input  logic [15:0]  cpl_sid_i,
  output logic         cpl_ready_o,

  output logic [7:0]   rsp_fault_o,
  output logic [63:0]  rsp_pa_o,
  output logic         frcd_valid_o, desc_valid_o, reg_ack_o,
  output logic [2:0]   frcd_index_o,
  output logic [127:0] frcd_o, desc_o,

  input  logic         intr_i, nmi_i,
  input  logic [7:0]   intr_vector_i,
  output logic         inta_o, halted_o, shutdown_o,
  input  logic         sys_ask_i
);

  logic [63:0] cycle_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) cycle_q <= '0;
    else         cycle_q <= cycle_q + 64'd1;
  end

  bus_req_t    cpu_req, iommu_req;
  /* verilator lint_off UNUSEDSIGNAL */  // lock ends at the arbiter
  bus_req_t    mem_req;
  /* verilator lint_on UNUSEDSIGNAL */
  bus_rsp_t    cpu_rsp, iommu_rsp, mem_rsp;
  logic        reg_valid, reg_ack;
  reg_req_t    reg_req;
  logic [63:0] reg_rdata, seq;
  logic        snoop_valid;
  logic [39:4] snoop_addr;

  // Trace: what the blocks say they did; record_emit is bound to these.
  logic        retire_valid, sys_valid, stim_valid, xlate_valid, walk_valid, bus_valid;
  logic        dma_valid, iwalk_valid, iommu_valid;
  retire_t     retire_rec;
  sys_t        sys_rec;
  stim_t       stim_rec;
  xlate_t      xlate_rec;
  walk_t       walk_rec;
  bus_t        bus_rec;
  dma_t        dma_rec;
  iwalk_t      iwalk_rec;
  iommu_t      iommu_rec;

  // Inputs are taken at edges, where the harness changes them beside the clock's falling edge:
  // memory's answer at the rising edge of mem_ack_i (it stands to the end of the cycle), all others
  // at that of take_i. What follows then hangs on edges alone, and a simulator has nothing else to
  // look at.
  boot_t      boot;
  cpuid_t     cpuid;
  undefined_e undefined;
  vtd_t       vtd;
  dma_req_t   dma_req;
  cpl_t       cpl;
  logic       dma_req_valid, cpl_valid, intr, nmi, sys_ask;
  logic [7:0] intr_vector;
  always_ff @(posedge take_i) begin
    boot          <= '{long_mode: boot_long_mode_i, rip: boot_rip_i, rax: boot_rax_i,
                       rbx: boot_rbx_i, rsi: boot_rsi_i, rsp: boot_rsp_i, cr3: boot_cr3_i};
    cpuid         <= '{away: cpuid_away_i, vendor: cpuid_vendor_i, signature: cpuid_signature_i};
    vtd           <= '{records: vtd_records_i, away: vtd_away_i};
    dma_req_valid <= dma_valid_i;
    dma_req       <= '{sid: dma_sid_i, addr: dma_addr_i, write: dma_write_i, at: dma_at_i,
                       len: dma_len_i, tag: dma_tag_i, wdata: dma_wdata_i};
    cpl_valid     <= cpl_valid_i;
    cpl           <= '{sid: cpl_sid_i, error: cpl_error_i};
    intr          <= intr_i;
    intr_vector   <= intr_vector_i;
    nmi           <= nmi_i;
    sys_ask       <= sys_ask_i;
    undefined     <= undefined_e'(undefined_i);
  end
  logic         acked, ended;  // an ack is up while they differ
  logic         err;
  logic [127:0] rdata;
  always_ff @(posedge mem_ack_i) begin
    acked <= !ended;
    err   <= mem_err_i;
    rdata <= mem_rdata_i;
  end
  always_ff @(posedge clk_i) ended <= acked;
  assign mem_rsp = '{ack: acked != ended, err: err, rdata: rdata};

  cpu u_cpu (
    .clk_i, .rst_ni, .cycle_i(cycle_q), .sys_ask_i(sys_ask), .boot_i(boot), .cpuid_i(cpuid),
    .undefined_i(undefined),
    .bus_req_o(cpu_req), .bus_rsp_i(cpu_rsp), .bus_seq_i(seq),
    .snoop_valid_i(snoop_valid), .snoop_addr_i(snoop_addr),
    .intr_i(intr), .intr_vector_i(intr_vector), .inta_o, .nmi_i(nmi), .tsc_i(cycle_q), .halted_o, .shutdown_o,
    .retire_valid_o(retire_valid), .retire_o(retire_rec),
    .sys_valid_o(sys_valid), .sys_o(sys_rec),
    .stim_valid_o(stim_valid), .stim_o(stim_rec),
    .xlate_valid_o(xlate_valid), .xlate_o(xlate_rec),
    .walk_valid_o(walk_valid), .walk_o(walk_rec)
  );

  dma_rsp_t dma_rsp;
  assign dma_rsp_ok_o    = dma_rsp.ok;
  assign dma_rsp_tag_o   = dma_rsp.tag;
  assign dma_rsp_rdata_o = dma_rsp.rdata;

  inv_t inv;
  assign inv_sid_o  = inv.sid;
  assign inv_s_o    = inv.s;
  assign inv_addr_o = inv.addr;

  assign reg_ack_o = reg_ack;
`ifdef IOMMU_OWN  // another design, behind the adapter that `ringwalk run --iommu-rtl` makes
  iommu_own u_iommu (
    .rsp_fault_o, .rsp_pa_o, .frcd_valid_o, .frcd_index_o, .frcd_o, .desc_valid_o, .desc_o,
`else
  assign rsp_fault_o  = '0;  // its records say all that
  assign rsp_pa_o     = '0;
  assign frcd_valid_o = 1'b0;
  assign frcd_index_o = '0;
  assign frcd_o       = '0;
  assign desc_valid_o = 1'b0;
  assign desc_o       = '0;
  iommu u_iommu (
`endif
    .clk_i, .rst_ni, .cycle_i(cycle_q), .bus_seq_i(seq), .vtd_i(vtd),
    .dma_valid_i(dma_req_valid), .dma_ready_o, .dma_req_i(dma_req),
    .dma_rsp_valid_o, .dma_rsp_o(dma_rsp),
    .reg_valid_i(reg_valid), .reg_req_i(reg_req), .reg_ack_o(reg_ack), .reg_rdata_o(reg_rdata),
    .inv_valid_o, .inv_o(inv), .cpl_valid_i(cpl_valid), .cpl_ready_o, .cpl_i(cpl),
    .bus_req_o(iommu_req), .bus_rsp_i(iommu_rsp),
    .dma_trace_valid_o(dma_valid), .dma_trace_o(dma_rec),
    .iwalk_valid_o(iwalk_valid), .iwalk_o(iwalk_rec),
    .iommu_trace_valid_o(iommu_valid), .iommu_trace_o(iommu_rec)
  );

  bus u_bus (
    .clk_i, .rst_ni, .cycle_i(cycle_q),
    .m0_req_i(cpu_req), .m0_rsp_o(cpu_rsp), .m1_req_i(iommu_req), .m1_rsp_o(iommu_rsp),
    .mem_req_o(mem_req), .mem_rsp_i(mem_rsp),
    .reg_valid_o(reg_valid), .reg_req_o(reg_req), .reg_ack_i(reg_ack), .reg_rdata_i(reg_rdata),
    .seq_o(seq), .snoop_valid_o(snoop_valid), .snoop_addr_o(snoop_addr),
    .bus_valid_o(bus_valid), .bus_o(bus_rec)
  );

  assign mem_valid_o   = mem_req.valid;
  assign mem_write_o   = mem_req.write;
  assign mem_io_o      = mem_req.io;
  assign mem_src_o     = mem_req.src;
  assign mem_high_o    = mem_req.high;
  assign mem_addr_o    = mem_req.addr;
  assign mem_be_o      = mem_req.be;
  assign mem_wdata_o   = mem_req.wdata;

endmodule
