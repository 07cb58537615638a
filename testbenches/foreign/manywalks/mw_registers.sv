// SPDX-License-Identifier: Apache-2.0
// The register window as an array of 32-bit words: what of each is kept is a table, what acts stands
// apart.
module mw_registers
  import mw_pkg::*, iommu_port_pkg::reg_req_t;
(
  input  logic         clk_i, rst_ni,
  input  logic         valid_i,
  input  reg_req_t     req_i,
  output logic         ack_o,
  output logic [63:0]  rdata_o,
  output logic         te_o, ire_o, cfi_o,
  output logic [39:10] root_o,
  output logic [39:0]  irta_o,
  output logic         drop_o,         // a command of CCMD or IOTLB
  output drop_t        drop_of_o,
  input  logic         hold_i,         // no access begins
  // faults
  input  logic         fault_i,
  input  logic [126:0] fault_of_i,
  output logic         recorded_o,
  output logic [2:0]   next_o,
  // the queue
  output logic         work_o,
  output logic [14:0]  head_o, tail_o, // in descriptors
  output logic [31:0]  iqa_low_o,
  output logic [7:0]   iqa_high_o,
  input  logic         done_i, event_i, error_i,
  input  logic [3:0]   code_i,
  // a message that is due
  output logic         due_o,
  output logic [31:0]  due_addr_o,
  output logic [15:0]  due_data_o,
  input  logic         sent_i
);

  localparam int unsigned GCMD = 6, GSTS = 7, RTADDR = 8, CCMD = 10, FSTS = 13, FECTL = 14, IQT = 34, IQA = 36, ICS = 39,
                          IECTL = 40, IRTA = 46, IVA = 64, IOTLB = 66;

  function automatic logic [31:0] kept(input logic [9:0] n);
    case (n)
      10'(RTADDR):                     return 32'hFFFF_FC00;
      10'(RTADDR+1), 10'(IQA+1), 10'(IRTA+1): return 32'h0000_00FF;
      10'(CCMD), 10'(IVA+1):           return '1;
      10'(CCMD+1):                     return 32'h6000_0003;
      10'(FECTL), 10'(IECTL):          return 32'h8000_0000;
      10'(FECTL+1), 10'(IECTL+1):      return 32'h0000_FFFF;
      10'(FECTL+2), 10'(IECTL+2):      return 32'hFFFF_FFFC;
      10'(IQT):                        return 32'h0007_FFF0;
      10'(IQA):                        return 32'hFFFF_F807;
      10'(IRTA):                       return 32'hFFFF_F00F;
      10'(IVA):                        return 32'hFFFF_F07F;
      10'(IOTLB+1):                    return 32'h3003_FFFF;
      default:                         return '0;
    endcase
  endfunction

  logic [31:0]  r [80];
  logic [127:0] frcd [8];
  logic [2:0]   fri;
  logic [1:0]   pending, send;
  logic [1:0]   caig, iaig;
  logic [31:0]  gsts;
  logic         pfo, iqe, iwc;
  logic [3:0]   iqei;
  logic [14:0]  head;
  logic [7:0]   fs;
  always_comb for (int unsigned n = 0; n < 8; n++) fs[n] = frcd[n][127];

  // An access acts, and is acknowledged, in one cycle: on one word or on two.
  logic acts;
  assign ack_o = acts;
  always_ff @(posedge clk_i) acts <= rst_ni && valid_i && !acts && !hold_i;

  wire one = req_i.bytes == 5'd4 && req_i.offset[1:0] == '0;
  wire two = req_i.bytes == 5'd8 && req_i.offset[2:0] == '0;
  wire [9:0]  n [2];
  wire [31:0] v [2];
  logic [1:0] w;
  assign n[0] = req_i.offset[11:2];
  assign n[1] = req_i.offset[11:2] + 10'd1;
  assign v[0] = req_i.wdata[31:0];
  assign v[1] = req_i.wdata[63:32];
  assign w    = {two, one || two} & {2{acts && req_i.write}};

  function automatic logic [31:0] look(input logic [9:0] at);
    case (at)
      10'd0:           return 32'h10;
      10'd2:           return CAP[31:0];
      10'd3:           return CAP[63:32];
      10'd4:           return ECAP[31:0];
      10'd5:           return ECAP[63:32];
      10'(GSTS):       return gsts;
      10'(CCMD+1):     return r[CCMD+1] | {3'b0, caig, 27'b0};
      10'(FSTS):       return {21'b0, fri, 3'b0, iqe, 2'b0, fs != '0, pfo};
      10'(FECTL):      return r[FECTL] | {1'b0, pending[0], 30'b0};
      10'(IECTL):      return r[IECTL] | {1'b0, pending[1], 30'b0};
      10'd32:          return {13'b0, head, 4'b0};
      10'(ICS):        return {31'b0, iwc};
      10'd44:          return {28'b0, iqei};
      10'(IVA), 10'(IVA+1): return '0;
      10'(IOTLB+1):    return r[IOTLB+1] | {5'b0, iaig, 25'b0};
      default:
        if (at[9:5] == 5'd4) return frcd[at[4:2]][{at[1:0], 5'b0} +: 32];
        else                 return at < 10'd80 ? r[at[6:0]] : 32'd0;
    endcase
  endfunction
  assign rdata_o = one ? {32'd0, look(n[0])} : two ? {look(n[1]), look(n[0])} : '1;

  // The word of a register that is written now.
  function automatic logic [32:0] written(input logic [9:0] at);
    if (w[1] && n[1] == at) return {1'b1, v[1]};
    return {w[0] && n[0] == at, v[0]};
  endfunction

  // Commands.
  wire qies = gsts[26];
  wire [32:0] w_gcmd = written(10'(GCMD)), w_fsts = written(10'(FSTS)), w_ics = written(10'(ICS));
  wire [32:0] w_fectl = written(10'(FECTL)), w_iectl = written(10'(IECTL));
  wire [32:0] w_ccmd = written(10'(CCMD+1)), w_iotlb = written(10'(IOTLB+1));
  wire [31:0] ccmd_low = two ? v[0] : r[CCMD];
  wire ccmd   = w_ccmd[32] && w_ccmd[31] && !qies;
  wire iotlb  = w_iotlb[32] && w_iotlb[31] && !qies;
  wire bad_am = r[IVA][5:0] > CAP[53:48];
  assign drop_o = ccmd || iotlb;
  always_comb begin
    drop_of_o                = '0;
    drop_of_o.context_all    = ccmd && w_ccmd[30:29] == 2'd1;
    drop_of_o.context_domain = ccmd && w_ccmd[30:29] == 2'd2;
    drop_of_o.context_device = ccmd && w_ccmd[30:29] == 2'd3;
    drop_of_o.iotlb_all      = iotlb && w_iotlb[29:28] == 2'd1;
    drop_of_o.iotlb_domain   = iotlb && w_iotlb[29:28] == 2'd2;
    drop_of_o.iotlb_page     = iotlb && w_iotlb[29:28] == 2'd3 && !bad_am;
    drop_of_o.did            = ccmd ? ccmd_low[15:0] : w_iotlb[15:0];
    drop_of_o.sid            = ccmd_low[31:16];
    drop_of_o.fm             = w_ccmd[1:0];
    drop_of_o.page           = {r[IVA+1][15:0], r[IVA][31:12]};
    drop_of_o.elsewhere      = r[IVA+1][31:16] != '0;
    drop_of_o.am             = r[IVA][5:0];
    drop_of_o.ih             = r[IVA][6];
  end

  assign {te_o, ire_o, cfi_o} = {gsts[31], gsts[25], gsts[23]};
  assign head_o     = head;
  assign tail_o     = r[IQT][18:4];
  assign iqa_low_o  = r[IQA];
  assign iqa_high_o = r[IQA+1][7:0];
  assign work_o     = qies && !iqe && head != tail_o;
  assign due_o      = send != '0;
  assign due_addr_o = send[0] ? r[FECTL+2] : r[IECTL+2];
  assign due_data_o = send[0] ? r[FECTL+1][15:0] : r[IECTL+1][15:0];
  assign recorded_o = fault_i && !pfo && !fs[next_o];

  task automatic raise(input int unsigned e, input logic masked);
    if (masked) pending[e] <= 1'b1;
    else        send[e]    <= 1'b1;
  endtask

  logic [7:0] clears;
  always_comb begin
    clears = '0;
    for (int unsigned k = 0; k < 2; k++)
      if (w[k] && n[k][9:5] == 5'd4 && n[k][1:0] == 2'd3 && v[k][31]) clears[n[k][4:2]] = 1'b1;
  end
  wire clears_iqe = w_fsts[32] && w_fsts[4];

  always_ff @(posedge clk_i) begin
    if (sent_i) send <= send[0] ? send & 2'b10 : 2'b00;

    if (fault_i && !pfo) begin
      if (fs[next_o]) pfo <= 1'b1;
      else begin
        frcd[next_o] <= {1'b1, fault_of_i};
        next_o       <= next_o + 3'd1;
        if (fs == '0) begin
          fri <= next_o;
          if (!iqe) raise(0, r[FECTL][31]);
        end
      end
    end
    if (done_i && qies) head <= (head + 15'd1) & 15'((16'd256 << r[IQA][2:0]) - 16'd1);
    if (event_i && !iwc) begin
      iwc <= 1'b1;
      raise(1, r[IECTL][31]);
    end
    if (error_i) begin
      {iqe, iqei} <= {1'b1, code_i};
      if (fs == '0) raise(0, r[FECTL][31]);
    end

    for (int unsigned k = 0; k < 2; k++) if (w[k] && n[k] < 10'd80) r[n[k][6:0]] <= v[k] & kept(n[k]);
    if (w_gcmd[32]) begin
      gsts <= {w_gcmd[31], gsts[30] | w_gcmd[30], 3'b0, w_gcmd[26:25], gsts[24] | w_gcmd[24], w_gcmd[23], 23'b0};
      if (w_gcmd[30]) root_o <= {r[RTADDR+1][7:0], r[RTADDR][31:10]};
      if (w_gcmd[24]) irta_o <= {r[IRTA+1][7:0], r[IRTA]};
      if (w_gcmd[26] != qies) head <= '0;
    end
    if (w_fsts[32] && w_fsts[0]) pfo <= 1'b0;
    if (clears_iqe) {iqe, iqei} <= '0;
    if (w_ics[32] && w_ics[0]) {iwc, pending[1]} <= '0;
    if (w_fectl[32] && !w_fectl[31] && pending[0]) {pending[0], send[0]} <= 2'b01;
    if (w_iectl[32] && !w_iectl[31] && pending[1]) {pending[1], send[1]} <= 2'b01;
    for (int unsigned i = 0; i < 8; i++) if (clears[i] && fs[i]) frcd[i][127] <= 1'b0;
    if ((clears_iqe || (clears != '0 && !iqe)) && (fs & ~clears) == '0 && !fault_i) pending[0] <= 1'b0;
    if (ccmd) caig <= w_ccmd[30:29];
    if (iotlb) iaig <= w_iotlb[29:28] == 2'd3 && bad_am ? 2'd0 : w_iotlb[29:28];

    if (!rst_ni) begin
      r       <= '{default: '0};
      r[FECTL] <= 32'h8000_0000;
      r[IECTL] <= 32'h8000_0000;
      frcd    <= '{default: '0};
      {fri, next_o, pending, send, caig, iaig, gsts, pfo, iqe, iwc, iqei, head, root_o, irta_o} <= '0;
    end
  end

endmodule
