// SPDX-License-Identifier: Apache-2.0
// The shared bus: master 0 is the processor, master 1 the IOMMU. One access at a time on the memory
// side, round robin when both ask; a grant stays with its master until the ack, and after an access
// with lock until that master's next access without. No latency of its own: mem_req_o follows the
// masters' requests in the same cycle and mem_rsp_i may answer in it.
// Master 0's accesses to the IOMMU's register window go to reg_*, beside the memory side: while one
// is pending master 1 keeps the memory (the IOMMU may need it before it can answer), so such an
// access neither takes nor keeps a lock. reg_req_o is stable while reg_valid_o, until reg_ack_i.
// The IOMMU acknowledges a register access only while its master port is quiet: one ack a cycle.
// VT-d "Register Location and Addressing"; docs/bus.md, whose rules are cited as B1 to B18.
module bus
  import bus_pkg::*;
(
  input  logic                      clk_i, rst_ni,
  input  logic [63:0]               cycle_i,
  input  bus_req_t                  m0_req_i,
  output bus_rsp_t                  m0_rsp_o,
  input  bus_req_t                  m1_req_i,
  output bus_rsp_t                  m1_rsp_o,
  output bus_req_t                  mem_req_o,
  input  bus_rsp_t                  mem_rsp_i,
  output logic                      reg_valid_o,
  output iommu_port_pkg::reg_req_t  reg_req_o,
  input  logic                      reg_ack_i,
  input  logic [63:0]               reg_rdata_i,   // from bit 0
  output logic [63:0]               seq_o,         // acks before this cycle
  output logic                      snoop_valid_o, // a write of master 1 is acked in this cycle
  output logic [39:4]               snoop_addr_o,
  output logic                      bus_valid_o,
  output record_pkg::bus_t          bus_o
);

  localparam logic [39:12] REG_WINDOW = 28'h00FED90;

  logic        held_q;        // the request of owner_q is up and was not acked
  logic        locked_q;      // owner_q completed an access with lock
  logic        owner_q;       // master of the last grant
  logic [63:0] seq_q;

  // Decode: B8, B9.
  logic m0_reg, m0_mem, m1_mem, grant, mem_ack, reg_ack;
  assign m0_reg = m0_req_i.valid && !m0_req_i.io && m0_req_i.addr[39:12] == REG_WINDOW;
  assign m0_mem = m0_req_i.valid && !m0_reg;
  assign m1_mem = m1_req_i.valid;

  // The master that has the memory side in this cycle: B5, B7, then B6.
  always_comb begin
    if (held_q || locked_q)    grant = owner_q;
    else if (m0_mem && m1_mem) grant = !owner_q;
    else                       grant = m1_mem;
  end

  always_comb begin  // B4
    mem_req_o = '0;
    if (grant) begin
      if (m1_mem) mem_req_o = m1_req_i;
    end else if (m0_mem) begin
      mem_req_o = m0_req_i;
    end
  end

  assign mem_ack = mem_req_o.valid && mem_rsp_i.ack;
  assign reg_ack = m0_reg && reg_ack_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q   <= 1'b0;
      locked_q <= 1'b0;
      owner_q  <= 1'b1;
      seq_q    <= '0;
    end else begin
      if (mem_req_o.valid) begin
        held_q  <= !mem_rsp_i.ack;
        owner_q <= grant;
      end
      // B7, B12.
      if (mem_ack)                  locked_q <= mem_req_o.lock;
      else if (m0_reg && !owner_q)  locked_q <= 1'b0;
      if (mem_ack || reg_ack)       seq_q    <= seq_q + 64'd1;
    end
  end

  // A register access counts its bytes from the first lane enabled: B10.
  logic [3:0] first;
  always_comb begin
    first     = '0;
    reg_req_o = '0;
    if (m0_reg) begin
      for (int unsigned i = 16; i > 0; i--) if (m0_req_i.be[i-1]) first = 4'(i - 1);
      reg_req_o.write  = m0_req_i.write;
      reg_req_o.offset = {m0_req_i.addr[11:4], first};
      reg_req_o.bytes  = 5'($countones(m0_req_i.be));
      reg_req_o.wdata  = 64'(m0_req_i.wdata >> {first, 3'b0});
    end
  end
  assign reg_valid_o = m0_reg;

  always_comb begin
    m0_rsp_o.ack   = reg_ack || (mem_ack && !grant);
    m0_rsp_o.err   = mem_ack && !grant && mem_rsp_i.err;  // B16
    m0_rsp_o.rdata = mem_rsp_i.rdata;
    if (m0_reg) m0_rsp_o.rdata = {64'hFFFF_FFFF_FFFF_FFFF, reg_rdata_i} << {first, 3'b0};
  end
  assign m1_rsp_o = '{ack: mem_ack && grant, err: mem_ack && grant && mem_rsp_i.err,
                      rdata: mem_rsp_i.rdata};

  // B13, B14.
  assign seq_o         = seq_q;
  assign snoop_valid_o = mem_ack && grant && m1_req_i.write;
  assign snoop_addr_o  = m1_req_i.addr[39:4];

  function automatic logic [127:0] lanes(input logic [127:0] data, input logic [15:0] be);
    lanes = '0;
    for (int unsigned i = 0; i < 16; i++) if (be[i]) lanes[8*i +: 8] = data[8*i +: 8];
  endfunction

  assign bus_valid_o = mem_ack || reg_ack;  // B15
  always_comb begin
    bus_o = '0;
    if (bus_valid_o) begin
      bus_o.cycle = cycle_i;
      bus_o.seq   = seq_q;
      if (reg_ack) begin
        bus_o.addr  = {24'b0, m0_req_i.addr};
        bus_o.data  = lanes(m0_req_i.write ? m0_req_i.wdata : m0_rsp_o.rdata, m0_req_i.be);
        bus_o.be    = m0_req_i.be;
        bus_o.src   = {5'b0, m0_req_i.src};
        bus_o.flags = {5'b0, m0_req_i.lock, 1'b0, m0_req_i.write};
      end else begin
        bus_o.addr  = {mem_req_o.high, mem_req_o.addr};
        bus_o.data  = lanes(mem_req_o.write ? mem_req_o.wdata : mem_rsp_i.rdata, mem_req_o.be);
        bus_o.be    = mem_req_o.be;
        bus_o.src   = {5'b0, mem_req_o.src};
        bus_o.flags = {5'b0, mem_req_o.lock, mem_req_o.io, mem_req_o.write};
      end
    end
  end

  // Properties, and what was so at the last edge.
  logic     mem_waits_q;
  bus_req_t mem_req_q;
  always @(posedge clk_i) begin
    mem_waits_q <= rst_ni && mem_req_o.valid && !mem_rsp_i.ack;
    if (mem_req_o.valid) mem_req_q <= mem_req_o;
  end
  always @(posedge clk_i) if (rst_ni) begin
    OneAck: assert (!(mem_ack && reg_ack));
    if (locked_q)
      LockKeepsGrant: assert (grant == owner_q);
    if (mem_waits_q)
      GrantStays: assert (mem_req_o == mem_req_q);
  end

endmodule
