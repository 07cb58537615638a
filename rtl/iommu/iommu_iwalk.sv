// SPDX-License-Identifier: Apache-2.0
// The record of a read of a remapping structure, made of the read itself: of 16 bytes, or of a
// second-stage entry's 8. Valid in the cycle of the read's ack. docs/record.md "iwalk".
module iommu_iwalk
(
  input  logic [63:0]         cycle_i,
  input  logic [3:0]          kind_i,       // of the read that is up, 0 when none is
  /* verilator lint_off UNUSEDSIGNAL */     // what the record does not say
  input  bus_pkg::bus_req_t   bus_req_i,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic                valid_o,
  output record_pkg::iwalk_t  iwalk_o
);

  assign valid_o = kind_i != '0 && bus_rsp_i.ack;
  always_comb begin
    iwalk_o = '0;
    if (valid_o) begin
      iwalk_o.cycle = cycle_i;
      iwalk_o.addr  = {24'b0, bus_req_i.addr};
      iwalk_o.value = bus_rsp_i.rdata;
      iwalk_o.kind  = {4'b0, kind_i};
      if (!bus_req_i.be[0]) begin
        iwalk_o.addr[3] = 1'b1;
        iwalk_o.value   = {64'b0, bus_rsp_i.rdata[127:64]};
      end else if (!bus_req_i.be[15]) begin
        iwalk_o.value   = {64'b0, bus_rsp_i.rdata[63:0]};
      end
    end
  end

endmodule
