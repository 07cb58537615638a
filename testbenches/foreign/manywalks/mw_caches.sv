// SPDX-License-Identifier: Apache-2.0
// Four direct-mapped caches, looked up for one request at a time: contexts by source-id, pages in
// pieces of 4 KiB and level-1 tables by domain, interrupt-remapping entries by index. A drop goes
// before a fill of its cycle, which is lost.
module mw_caches
  import mw_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic [15:0]  sid_i, did_i, index_i,
  input  logic [35:0]  page_i,
  output logic         context_hit_o, piece_hit_o, table_hit_o, irte_hit_o,
  output context_t     context_o,
  output piece_t       piece_o, table_o,
  output logic [127:0] irte_o,
  input  logic         fill_context_i, fill_piece_i, fill_table_i, fill_irte_i,
  input  context_t     context_i,
  input  piece_t       piece_i,
  input  logic [127:0] irte_i,
  input  logic         drop_valid_i,
  input  drop_t        drop_i
);

  localparam int unsigned CONTEXTS = 4, PIECES = 16, TABLES = 4, IRTES = 8;

  logic [CONTEXTS-1:0] cv;
  logic [PIECES-1:0]   pv;
  logic [TABLES-1:0]   tv;
  logic [IRTES-1:0]    iv;
  logic [15:0]  csid [CONTEXTS];
  context_t     cctx [CONTEXTS];
  logic [51:0]  ptag [PIECES];   // DID, page
  piece_t       pval [PIECES];
  logic [42:0]  ttag [TABLES];   // DID, address 47:21
  piece_t       tval [TABLES];
  logic [15:0]  itag [IRTES];
  logic [127:0] ival [IRTES];

  wire [1:0] c = sid_i[1:0] ^ sid_i[9:8];
  wire [3:0] p = page_i[3:0] ^ did_i[3:0];
  wire [1:0] t = page_i[10:9];
  wire [2:0] i = index_i[2:0];

  assign context_hit_o = cv[c] && csid[c] == sid_i;
  assign context_o     = cctx[c];
  assign piece_hit_o   = pv[p] && ptag[p] == {did_i, page_i};
  assign piece_o       = pval[p];
  assign table_hit_o   = tv[t] && ttag[t] == {did_i, page_i[35:9]};
  assign table_o       = tval[t];
  assign irte_hit_o    = iv[i] && itag[i] == index_i;
  assign irte_o        = ival[i];

  // What a drop leaves.
  wire [15:0] function_bits = drop_i.fm == 2'd0 ? 16'h0 : drop_i.fm == 2'd1 ? 16'h4 : drop_i.fm == 2'd2 ? 16'h6 : 16'h7;
  wire [5:0]  table_shift   = drop_i.am > 6'd9 ? drop_i.am : 6'd9;
  wire        page_drop     = drop_i.iotlb_page && !drop_i.elsewhere;
  logic [CONTEXTS-1:0] cgo;
  logic [PIECES-1:0]   pgo;
  logic [TABLES-1:0]   tgo;
  logic [IRTES-1:0]    igo;
  always_comb begin
    for (int unsigned n = 0; n < CONTEXTS; n++)
      cgo[n] = drop_i.context_all || (drop_i.context_domain && cctx[n].did == drop_i.did) ||
               (drop_i.context_device && cctx[n].did == drop_i.did && ((csid[n] ^ drop_i.sid) & ~function_bits) == '0);
    for (int unsigned n = 0; n < PIECES; n++)
      pgo[n] = drop_i.iotlb_all || (drop_i.iotlb_domain && ptag[n][51:36] == drop_i.did) ||
               (page_drop && ptag[n][51:36] == drop_i.did && ((ptag[n][35:0] ^ drop_i.page) >> drop_i.am) == '0);
    for (int unsigned n = 0; n < TABLES; n++)
      tgo[n] = drop_i.iotlb_all || (drop_i.iotlb_domain && ttag[n][42:27] == drop_i.did) ||
               (page_drop && !drop_i.ih && ttag[n][42:27] == drop_i.did &&
                (({ttag[n][26:0], 9'b0} ^ drop_i.page) >> table_shift) == '0);
    for (int unsigned n = 0; n < IRTES; n++)
      igo[n] = drop_i.irte_all || (drop_i.irte_index && ((itag[n] ^ drop_i.index) >> drop_i.im) == '0);
  end

  always_ff @(posedge clk_i) begin
    if (fill_context_i && !drop_valid_i) begin
      cv[c]   <= 1'b1;
      csid[c] <= sid_i;
      cctx[c] <= context_i;
    end
    if (fill_piece_i && !drop_valid_i) begin
      pv[p]   <= 1'b1;
      ptag[p] <= {did_i, page_i};
      pval[p] <= piece_i;
    end
    if (fill_table_i && !drop_valid_i) begin
      tv[t]   <= 1'b1;
      ttag[t] <= {did_i, page_i[35:9]};
      tval[t] <= piece_i;
    end
    if (fill_irte_i && !drop_valid_i) begin
      iv[i]   <= 1'b1;
      itag[i] <= index_i;
      ival[i] <= irte_i;
    end
    if (drop_valid_i) begin
      cv <= cv & ~cgo;
      pv <= pv & ~pgo;
      tv <= tv & ~tgo;
      iv <= iv & ~igo;
    end
    if (!rst_ni) {cv, pv, tv, iv} <= '0;
  end

endmodule
