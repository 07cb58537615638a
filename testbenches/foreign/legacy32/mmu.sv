// SPDX-License-Identifier: Apache-2.0
// walker32 behind the ports of the MMU's contract: its flat pins to structures, its 32-bit port to a
// lane of the bus, its cache bits to memory types.
module mmu
  import mmu_pkg::*, bus_pkg::*;
(
  input  logic       clk_i, rst_ni,
  input  mmu_ctx_t   ctx_i,
  input  logic       req_valid_i,
  input  mmu_req_t   req_i,
  output logic       rsp_valid_o,
  output mmu_rsp_t   rsp_o,
  input  logic       flush_valid_i,
  input  mmu_flush_t flush_i,
  output logic       flush_ready_o,
  output bus_req_t   bus_req_o,
  input  bus_rsp_t   bus_rsp_i
);
  logic        fault, big, pcd, pwt, mem_req, mem_we, mem_lock;
  logic [3:0]  code;
  logic [31:0] pa, mem_wdata;
  logic [31:2] mem_addr;
  logic [6:0]  first_bit;
  assign first_bit = {mem_addr[3:2], 5'b0};

  walker32 u_walker (
    .clk(clk_i), .rst(!rst_ni),
    .pg(ctx_i.pg), .pse(ctx_i.pse), .pge(ctx_i.pge), .wp(ctx_i.wp), .cr3(ctx_i.cr3[31:12]),
    .start(req_valid_i), .va(req_i.va[31:0]), .fetch(req_i.acc == AccFetch),
    .write(req_i.acc == AccWrite), .user(req_i.user),
    .done(rsp_valid_o), .fault, .code, .pa, .big, .pcd, .pwt,
    .inval(flush_valid_i), .inval_page(flush_i.kind inside {FlushPage, FlushPagePcid}),
    .inval_global(flush_i.kind inside {FlushPage, FlushAll}), .inval_va(flush_i.va[31:12]),
    .ready(flush_ready_o),
    .mem_req, .mem_we, .mem_lock, .mem_addr, .mem_wdata,
    .mem_ack(bus_rsp_i.ack), .mem_rdata(bus_rsp_i.rdata[first_bit +: 32])
  );

  // Without PAT and MTRRs: PCD is UC, PWT is WT, neither is WB.
  always_comb begin
    rsp_o = '0;
    if (fault) begin
      rsp_o.kind       = XlPageFault;
      rsp_o.error_code = {28'b0, code};
    end else begin
      rsp_o.pa        = {8'b0, pa};
      rsp_o.page_log2 = !ctx_i.pg ? 5'd0 : big ? 5'd22 : 5'd12;
      rsp_o.memtype   = pcd ? MtUc : pwt ? MtWt : MtWb;
    end
  end

  always_comb begin
    bus_req_o       = '0;
    bus_req_o.valid = mem_req;
    if (mem_req) begin
      bus_req_o.src   = SrcWalk;
      bus_req_o.write = mem_we;
      bus_req_o.lock  = mem_lock;
      bus_req_o.addr  = {8'b0, mem_addr[31:4], 4'b0};
      bus_req_o.be    = 16'h000F << {mem_addr[3:2], 2'b0};
      bus_req_o.wdata = mem_we ? {96'b0, mem_wdata} << first_bit : '0;
    end
  end

endmodule
