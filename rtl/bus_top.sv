// SPDX-License-Identifier: Apache-2.0
// The shared bus alone, for the block bench: wiring only, scalar ports. Handshakes as in bus.sv.
module bus_top
  import bus_pkg::*, iommu_port_pkg::*, record_pkg::*;
(
  input  logic         clk_i, rst_ni,

  input  logic         m0_valid_i, m0_write_i, m0_io_i, m0_lock_i,
  input  logic [2:0]   m0_src_i,
  input  logic [23:0]  m0_high_i,
  input  logic [39:0]  m0_addr_i,
  input  logic [15:0]  m0_be_i,
  input  logic [127:0] m0_wdata_i,
  output logic         m0_ack_o,
  output logic         m0_err_o,
  output logic [127:0] m0_rdata_o,

  input  logic         m1_valid_i, m1_write_i, m1_io_i, m1_lock_i,
  input  logic [2:0]   m1_src_i,
  input  logic [23:0]  m1_high_i,
  input  logic [39:0]  m1_addr_i,
  input  logic [15:0]  m1_be_i,
  input  logic [127:0] m1_wdata_i,
  output logic         m1_ack_o,
  output logic         m1_err_o,
  output logic [127:0] m1_rdata_o,

  output logic         mem_valid_o, mem_write_o, mem_io_o, mem_lock_o,
  output logic [2:0]   mem_src_o,
  output logic [23:0]  mem_high_o,
  output logic [39:0]  mem_addr_o,
  output logic [15:0]  mem_be_o,
  output logic [127:0] mem_wdata_o,
  input  logic         mem_ack_i, mem_err_i,
  input  logic [127:0] mem_rdata_i,

  output logic         reg_valid_o, reg_write_o,
  output logic [11:0]  reg_offset_o,
  output logic [4:0]   reg_bytes_o,
  output logic [63:0]  reg_wdata_o,
  input  logic         reg_ack_i,
  input  logic [63:0]  reg_rdata_i,

  output logic [63:0]  seq_o,
  output logic         snoop_valid_o,
  output logic [39:4]  snoop_addr_o,
  output logic         bus_valid_o,
  output bus_t         bus_o
);

  logic [63:0] cycle_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) cycle_q <= '0;
    else         cycle_q <= cycle_q + 64'd1;
  end

  bus_req_t m0_req, m1_req, mem_req;
  bus_rsp_t m0_rsp, m1_rsp, mem_rsp;
  reg_req_t reg_req;
  assign m0_req  = '{valid: m0_valid_i, src: bus_src_e'(m0_src_i), write: m0_write_i, io: m0_io_i,
                     lock: m0_lock_i, high: m0_high_i, addr: m0_addr_i, be: m0_be_i,
                     wdata: m0_wdata_i};
  assign m1_req  = '{valid: m1_valid_i, src: bus_src_e'(m1_src_i), write: m1_write_i, io: m1_io_i,
                     lock: m1_lock_i, high: m1_high_i, addr: m1_addr_i, be: m1_be_i,
                     wdata: m1_wdata_i};
  assign mem_rsp = '{ack: mem_ack_i, err: mem_err_i, rdata: mem_rdata_i};

  assign m0_ack_o     = m0_rsp.ack;
  assign m0_err_o     = m0_rsp.err;
  assign m0_rdata_o   = m0_rsp.rdata;
  assign m1_ack_o     = m1_rsp.ack;
  assign m1_err_o     = m1_rsp.err;
  assign m1_rdata_o   = m1_rsp.rdata;
  assign mem_valid_o  = mem_req.valid;
  assign mem_write_o  = mem_req.write;
  assign mem_io_o     = mem_req.io;
  assign mem_lock_o   = mem_req.lock;
  assign mem_high_o   = mem_req.high;
  assign mem_src_o    = mem_req.src;
  assign mem_addr_o   = mem_req.addr;
  assign mem_be_o     = mem_req.be;
  assign mem_wdata_o  = mem_req.wdata;
  assign reg_write_o  = reg_req.write;
  assign reg_offset_o = reg_req.offset;
  assign reg_bytes_o  = reg_req.bytes;
  assign reg_wdata_o  = reg_req.wdata;

  bus u_bus (
    .clk_i, .rst_ni, .cycle_i(cycle_q),
    .m0_req_i(m0_req), .m0_rsp_o(m0_rsp), .m1_req_i(m1_req), .m1_rsp_o(m1_rsp),
    .mem_req_o(mem_req), .mem_rsp_i(mem_rsp),
    .reg_valid_o, .reg_req_o(reg_req), .reg_ack_i, .reg_rdata_i,
    .seq_o, .snoop_valid_o, .snoop_addr_o, .bus_valid_o, .bus_o
  );

endmodule
