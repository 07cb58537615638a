// SPDX-License-Identifier: Apache-2.0
// The protected memory regions and their registers: PMEN, PLMBASE, PLMLIMIT, PHMBASE, PHMLIMIT.
// covered_o says in the cycle of check_i whether a region covers the address. A region ends with the
// last byte of its limit's 2 MBytes; with the limit below the base it covers nothing.
// VT-d "Handling Requests to Reserved System Memory", "Protected Memory Enable Register";
// docs/iommu.md I91.
module iommu_protected
  import iommu_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic         low_i, high_i,   // the regions there are
  input  logic         check_i,
  input  logic [39:21] addr_i,
  output logic         covered_o,
  // Registers, as dwords.
  input  logic         reg_write_i,
  input  logic [11:2]  reg_offset_i,
  /* verilator lint_off UNUSEDSIGNAL */  // bits below a region's grain
  input  logic [31:0]  reg_wdata_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [31:0]  reg_rdata_o      // zero where no register of this block is
);

  logic         enable_q;               // PMEN.EPM; PRS follows at once
  logic [31:21] low_base_q, low_limit_q;
  logic [39:21] high_base_q, high_limit_q;

  always_comb begin
    covered_o = 1'b0;
    if (check_i && enable_q)
      covered_o = (low_i && addr_i[39:32] == '0
                   && addr_i[31:21] >= low_base_q && addr_i[31:21] <= low_limit_q)
                  || (high_i && addr_i >= high_base_q && addr_i <= high_limit_q);
  end

  always_comb begin
    reg_rdata_o = '0;
    if (reg_offset_i[11:5] == 7'h03) begin
      case ({reg_offset_i, 2'b0})
        12'h064: reg_rdata_o = {enable_q, 30'b0, enable_q};        // PMEN
        12'h068: reg_rdata_o = {low_base_q, 21'b0};        // PLMBASE
        12'h06C: if (low_i) reg_rdata_o = {low_limit_q, 21'h1F_FFFF};        // PLMLIMIT
        12'h070: reg_rdata_o = {high_base_q[31:21], 21'b0};        // PHMBASE
        12'h074: reg_rdata_o = {24'b0, high_base_q[39:32]};
        12'h078: if (high_i) reg_rdata_o = {high_limit_q[31:21], 21'h1F_FFFF};        // PHMLIMIT
        12'h07C: reg_rdata_o = {24'b0, high_limit_q[39:32]};
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      enable_q     <= 1'b0;
      low_base_q   <= '0;
      low_limit_q  <= '0;
      high_base_q  <= '0;
      high_limit_q <= '0;
    end else if (reg_write_i) begin
      case ({reg_offset_i, 2'b0})
        12'h064: enable_q <= reg_wdata_i[31] && (low_i || high_i);
        12'h068: if (low_i)  low_base_q          <= reg_wdata_i[31:21];
        12'h06C: if (low_i)  low_limit_q         <= reg_wdata_i[31:21];
        12'h070: if (high_i) high_base_q[31:21]  <= reg_wdata_i[31:21];
        12'h074: if (high_i) high_base_q[39:32]  <= reg_wdata_i[7:0];
        12'h078: if (high_i) high_limit_q[31:21] <= reg_wdata_i[31:21];
        12'h07C: if (high_i) high_limit_q[39:32] <= reg_wdata_i[7:0];
        default: ;
      endcase
    end
  end

endmodule
