// SPDX-License-Identifier: Apache-2.0
// The register window: what software reads and writes, fault records, both events. One access in a
// cycle (access_i), answered in it; what the engine tells (fault_i, wrong_i, waited_i) comes in others.
module vtd_window
  import vtd_rules::*;
(
  input  logic         clk_i, rst_ni,
  input  logic         access_i, write_i,
  input  logic [11:0]  offset_i,
  input  logic [4:0]   bytes_i,
  input  logic [63:0]  wdata_i,
  output logic [63:0]  rdata_o,

  input  logic         fault_i,       // to be recorded, if there is room
  input  logic [126:0] fault_record_i,
  output logic         recorded_o,
  output logic [1:0]   record_index_o,

  input  logic         step_i,        // a descriptor is done
  input  logic         waited_i,      // it was a wait that wants the event
  input  logic         wrong_i,       // a descriptor is wrong
  input  logic [3:0]   wrong_code_i,
  output logic         work_o,        // there is a descriptor to be done
  output logic [18:4]  head_o, tail_o,
  output logic [63:0]  queue_o,       // IQA

  output logic         te_o, ire_o, cfi_o,
  output logic [39:10] root_o,        // latched, TTM below
  output logic [39:0]  table_o,       // latched, S below

  output logic         event_o,       // a message is due
  output logic [31:0]  event_addr_o,
  output logic [15:0]  event_data_o,
  input  logic         event_sent_i
);

  logic [39:10] rtaddr;
  logic [39:0]  irta;
  logic [63:0]  iqa;
  logic [18:4]  iqh, iqt;
  logic         rtps, irtps, te, qie, ire, cfi;
  logic [127:0] frcd [Records];
  logic [1:0]   next, fri;
  logic         pfo, iqe, iwc;
  logic [3:0]   iqei;
  logic [63:0]  ccmd, iva, iotlb;
  // Of both events: 0 faults, 1 the queue's.
  logic [1:0]   mask, pending, send;
  logic [31:0]  data [2], addr [2];

  wire ppf = frcd[0][127] | frcd[1][127] | frcd[2][127] | frcd[3][127];

  // --- what the engine sees ---
  assign {te_o, ire_o, cfi_o} = {te, ire, cfi};
  assign {head_o, tail_o, queue_o} = {iqh, iqt, iqa};
  assign work_o = qie && !iqe && iqh != iqt;
  assign event_o = send != '0;
  assign event_addr_o = send[0] ? addr[0] : addr[1];
  assign event_data_o = send[0] ? data[0][15:0] : data[1][15:0];
  assign recorded_o = fault_i && !pfo && !frcd[next][127];
  assign record_index_o = next;

  // --- reads, by 4 bytes ---
  function automatic logic [31:0] half(input logic [63:0] v, input logic upper);
    return upper ? v[63:32] : v[31:0];
  endfunction

  function automatic logic [31:0] look(input logic [11:2] at);
    logic up;
    up = at[2];
    case ({at[11:3], 3'b0})
      12'h000: return up ? 32'd0 : 32'h10;
      12'h008: return half(Cap, up);
      12'h010: return half(Ecap, up);
      12'h018: return up ? {te, rtps, 3'b0, qie, ire, irtps, cfi, 23'b0} : 32'd0;
      12'h020: return half({24'b0, rtaddr, 10'b0}, up);
      12'h028: return half(ccmd, up);
      12'h030: return up ? {16'b0, 6'b0, fri, 3'b0, iqe, 2'b0, ppf, pfo} : 32'd0;
      12'h038: return up ? data[0] : {mask[0], pending[0], 30'b0};
      12'h040: return up ? 32'd0 : addr[0];
      12'h080: return up ? 32'd0 : {13'b0, iqh, 4'b0};
      12'h088: return up ? 32'd0 : {13'b0, iqt, 4'b0};
      12'h090: return half(iqa, up);
      12'h098: return up ? {31'b0, iwc} : 32'd0;
      12'h0A0: return up ? data[1] : {mask[1], pending[1], 30'b0};
      12'h0A8: return up ? 32'd0 : addr[1];
      12'h0B0: return up ? 32'd0 : {28'b0, iqei};
      12'h0B8: return half({24'b0, irta}, up);
      12'h108: return half(iotlb, up);
      default:
        if (at[11:6] == 6'h08) return frcd[at[5:4]][{at[3:2], 5'b0} +: 32];
        else                   return 32'd0;
    endcase
  endfunction

  wire one = bytes_i == 5'd4 && offset_i[1:0] == '0;
  wire two = bytes_i == 5'd8 && offset_i[2:0] == '0;
  always_comb begin
    rdata_o = '1;
    if (one) rdata_o = {32'd0, look(offset_i[11:2])};
    if (two) rdata_o = {look(offset_i[11:2] + 10'd1), look(offset_i[11:2])};
  end

  // --- writes, by 4 bytes: lower and upper half of an aligned 8 ---
  wire low  = access_i && write_i && ((one && !offset_i[2]) || two);
  wire high = access_i && write_i && ((one && offset_i[2]) || two);
  wire [31:0] high_data = two ? wdata_i[63:32] : wdata_i[31:0];
  wire [11:0] at = {offset_i[11:3], 3'b0};

  function automatic logic [63:0] put(input logic [63:0] old);
    return {high ? high_data : old[63:32], low ? wdata_i[31:0] : old[31:0]};
  endfunction

  // All that can change what a message is sent for, in one place.
  logic clear_iqe, clear_iwc, unmask [2];
  logic [Records-1:0] clear_f;
  always_comb begin
    clear_iqe = high && at == 12'h030 && high_data[4];
    clear_iwc = high && at == 12'h098 && high_data[0];
    unmask[0] = low && at == 12'h038 && !wdata_i[31];
    unmask[1] = low && at == 12'h0A0 && !wdata_i[31];
    for (int unsigned i = 0; i < Records; i++)
      clear_f[i] = high && at == 12'h208 + 12'(16 * i) && high_data[31];
  end

  always_ff @(posedge clk_i) begin
    if (event_sent_i) send <= send[0] ? {send[1], 1'b0} : 2'b00;

    // A fault.
    if (fault_i && !pfo) begin
      if (frcd[next][127]) pfo <= 1'b1;
      else begin
        frcd[next] <= {1'b1, fault_record_i};
        next       <= next + 2'd1;
        if (!ppf) fri <= next;
        if (!ppf && !iqe) begin
          if (mask[0]) pending[0] <= 1'b1;
          else         send[0]    <= 1'b1;
        end
      end
    end

    // The queue.
    if (step_i) iqh <= iqh + 15'd1 == 15'(16'd256 << iqa[2:0]) ? '0 : iqh + 15'd1;
    if (waited_i && !iwc) begin
      iwc <= 1'b1;
      if (mask[1]) pending[1] <= 1'b1;
      else         send[1]    <= 1'b1;
    end
    if (wrong_i) begin
      iqe  <= 1'b1;
      iqei <= wrong_code_i;
      if (!ppf) begin
        if (mask[0]) pending[0] <= 1'b1;
        else         send[0]    <= 1'b1;
      end
    end

    // Software.
    if (low && at == 12'h018) begin
      rtps  <= rtps || wdata_i[30];
      irtps <= irtps || wdata_i[24];
      if (wdata_i[30]) root_o  <= rtaddr;
      if (wdata_i[24]) table_o <= irta;
      if (wdata_i[26] != qie) iqh <= '0;
      {te, qie, ire, cfi} <= {wdata_i[31], wdata_i[26:25], wdata_i[23]};
    end
    if (at == 12'h020 && (low || high)) rtaddr <= 30'(put({24'b0, rtaddr, 10'b0}) >> 10);
    if (at == 12'h028 && (low || high)) ccmd <= put(ccmd) & 64'h6000_0003_FFFF_FFFF;
    if (high && at == 12'h028 && high_data[31] && !qie) ccmd[60:59] <= high_data[30:29];  // done: nothing is cached
    if (at == 12'h100 && (low || high)) iva <= put(iva);
    if (at == 12'h108 && (low || high)) iotlb <= put(iotlb) & 64'h3003_FFFF_0000_0000;
    if (high && at == 12'h108 && high_data[31] && !qie)
      iotlb[58:57] <= high_data[29:28] == 2'd3 && iva[5:0] > Cap[53:48] ? 2'd0 : high_data[29:28];
    if (at == 12'h088 && low) iqt <= wdata_i[18:4];
    if (at == 12'h090 && (low || high)) iqa <= put(iqa) & 64'h0000_00FF_FFFF_F807;
    if (at == 12'h0B8 && (low || high)) irta <= 40'(put({24'b0, irta}) & 64'h0000_00FF_FFFF_F00F);
    if (high && at == 12'h030 && high_data[0]) pfo <= 1'b0;
    if (clear_iqe) {iqe, iqei} <= '0;
    if (clear_iwc) {iwc, pending[1]} <= '0;
    for (int unsigned i = 0; i < Records; i++) if (clear_f[i]) frcd[i][127] <= 1'b0;
    if ((clear_iqe || !iqe) && ({frcd[3][127], frcd[2][127], frcd[1][127], frcd[0][127]} & ~clear_f) == '0 &&
        (clear_iqe || clear_f != '0)) pending[0] <= 1'b0;
    for (int unsigned i = 0; i < 2; i++) begin
      if (at == (i == 0 ? 12'h038 : 12'h0A0)) begin
        if (low)  mask[i] <= wdata_i[31];
        if (high) data[i] <= {16'b0, high_data[15:0]};
      end
      if (low && at == (i == 0 ? 12'h040 : 12'h0A8)) addr[i] <= {wdata_i[31:2], 2'b0};
      if (unmask[i] && pending[i]) begin
        pending[i] <= 1'b0;
        send[i]    <= 1'b1;
      end
    end

    if (!rst_ni) begin
      {rtaddr, root_o, irta, table_o, iqa, iqh, iqt, ccmd, iva, iotlb} <= '0;
      {rtps, irtps, te, qie, ire, cfi, pfo, iqe, iqei, iwc, next, fri} <= '0;
      {pending, send} <= '0;
      mask <= 2'b11;
      data <= '{default: '0};
      addr <= '{default: '0};
      frcd <= '{default: '0};
    end
  end

endmodule
