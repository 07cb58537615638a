// SPDX-License-Identifier: Apache-2.0
// Long-mode paging with four pieces at hand, a second level behind them, and walks ahead: behind the
// walk to a 4-KByte page the next page's entry is read too, its A set, and the page put into the
// second level, while nobody asks for anything; spec_o says so on the bus. A request, a flush or
// another context ends such a walk, at the latest with the write that gives the bus back. A flush
// takes 16 cycles, a set each. SDM Vol. 3A "4-Level Paging and 5-Level Paging".
module mmu
  import mmu_pkg::*, piece_pkg::*;
(
  input  logic               clk_i, rst_ni,
  input  mmu_ctx_t           ctx_i,
  input  logic               req_valid_i,
  input  mmu_req_t           req_i,
  output logic               rsp_valid_o,
  output mmu_rsp_t           rsp_o,
  input  logic               flush_valid_i,
  input  mmu_flush_t         flush_i,
  output logic               flush_ready_o,
  output logic               spec_o,
  output bus_pkg::bus_req_t  bus_req_o,
  input  bus_pkg::bus_rsp_t  bus_rsp_i
);

  typedef enum logic [2:0] {Ready, Second, Read, Check, Lock, Write, Reply, Sweep} state_e;

  state_e      state_d, state_q;
  logic        ahead_d, ahead_q;          // the walk is for nobody's request
  logic        next_d, next_q;            // there is a page to walk ahead to
  mmu_ctx_t    walk_ctx_d, walk_ctx_q;    // in which its tables were found
  logic [2:0]  level_d, level_q;
  logic [27:0] table_d, table_q;
  logic        rw_d, rw_q, us_d, us_q, xd_d, xd_q;
  logic [44:0] vpn_d, vpn_q;              // that the walk is for
  pte_t        pte_d, pte_q, seen_d, seen_q;
  mmu_rsp_t    rsp_d, rsp_q;
  logic [3:0]  sweep_d, sweep_q;

  logic [11:0] pcid, walk_pcid;
  assign pcid      = ctx_i.pcide ? ctx_i.cr3[11:0] : 12'd0;
  assign walk_pcid = walk_ctx_q.pcide ? walk_ctx_q.cr3[11:0] : 12'd0;

  // --- both levels ---
  piece_t [3:0] first_q;
  logic   [1:0] turn_q;
  logic         first_hit, second_hit, touch, drop, first_fill, second_fill, swept;
  piece_t       first, second, piece;

  always_comb begin
    first_hit = 1'b0;
    first     = first_q[0];
    for (int i = 3; i >= 0; i--)
      if (answers(first_q[i], req_i.va[56:12], pcid)) begin
        first_hit = 1'b1;
        first     = first_q[i];
      end
  end

  second_level u_second (
    .clk_i, .rst_ni,
    .look_vpn_i   (ahead_q ? vpn_q : req_i.va[56:12]),
    .look_pcid_i  (ahead_q ? walk_pcid : pcid),
    .hit_o        (second_hit),
    .piece_o      (second),
    .touch_i      (touch),
    .drop_i       (drop),
    .fill_i       (second_fill),
    .fill_piece_i (piece),
    .sweep_i      (swept),
    .sweep_set_i  (sweep_q),
    .sweep_flush_i(flush_i)
  );

  always_ff @(posedge clk_i) begin
    for (int i = 0; i < 4; i++) begin
      if ((drop || first_fill) && answers(first_q[i], req_i.va[56:12], pcid))
        first_q[i].valid <= 1'b0;
      if (swept && flushed(first_q[i], flush_i)) first_q[i].valid <= 1'b0;
      if (!rst_ni) first_q[i].valid <= 1'b0;
    end
    if (first_fill && rst_ni) begin
      first_q[turn_q] <= state_q == Second ? second : piece;
      turn_q          <= turn_q + 2'd1;
    end
    if (!rst_ni) turn_q <= '0;
  end

  // --- what the registers allow ---
  function automatic logic allowed(input logic rw, us, xd);
    logic reach, writes, supervisor;
    supervisor = !req_i.user;
    writes     = req_i.acc != AccWrite || rw || (supervisor && !ctx_i.wp);
    if (req_i.acc == AccFetch) reach = !(xd && ctx_i.nxe) && (supervisor ? !(us && ctx_i.smep) : us);
    else if (supervisor)       reach = !us || !ctx_i.smap || (ctx_i.ac && !req_i.implicit_sup);
    else                       reach = us;
    return reach && writes;
  endfunction

  function automatic logic usable(input piece_t t);
    return allowed(t.rw, t.us, t.xd) && (t.d || req_i.acc != AccWrite);
  endfunction

  function automatic mmu_rsp_t of_piece(input piece_t t);
    logic [2:0] type_of;
    type_of            = ctx_i.pat[8*t.pat +: 3];
    of_piece           = '0;
    of_piece.pa        = {t.frame, req_i.va[11:0]};
    of_piece.page_log2 = 5'd12 + (t.above[0] ? 5'd9 : 5'd0) + (t.above[1] ? 5'd18 : 5'd0);
    of_piece.memtype   = type_of == MtUcMinus ? MtUc : memtype_e'(type_of);
  endfunction

  function automatic mmu_rsp_t page_fault(input logic present, reserved);
    page_fault            = '0;
    page_fault.kind       = XlPageFault;
    page_fault.error_code = {27'b0, req_i.acc == AccFetch && (ctx_i.nxe || ctx_i.smep), reserved,
                             req_i.user, req_i.acc == AccWrite, present};
  endfunction

  // --- the entry ---
  logic [39:0] at;
  logic        leaf, bad, here_rw, here_us, here_xd, all_same;
  pte_t        flags;
  always_comb begin
    case (level_q)
      3'd1:    at = {table_q, vpn_q[8:0],   3'b0};
      3'd2:    at = {table_q, vpn_q[17:9],  3'b0};
      3'd3:    at = {table_q, vpn_q[26:18], 3'b0};
      3'd4:    at = {table_q, vpn_q[35:27], 3'b0};
      default: at = {table_q, vpn_q[44:36], 3'b0};
    endcase
    leaf = level_q == 3'd1 || (pte_q.ps && level_q <= 3'd3);
    bad  = pte_q.above != '0 || (pte_q.xd && !walk_ctx_q.nxe);
    if (pte_q.ps && level_q >= 3'd4) bad = 1'b1;
    if (pte_q.ps && level_q == 3'd3)
      bad = bad || walk_ctx_q.no_pdpe1gb || pte_q.frame[17:1] != '0;
    if (pte_q.ps && level_q == 3'd2) bad = bad || pte_q.frame[8:1] != '0;
    if (leaf && walk_ctx_q.no_pat && (level_q == 3'd1 ? pte_q.ps : pte_q.frame[0])) bad = 1'b1;
    here_rw = rw_q && pte_q.rw;
    here_us = us_q && pte_q.us;
    here_xd = xd_q || pte_q.xd;
    flags   = pte_q;
    flags.a = 1'b1;
    if (leaf && !ahead_q && req_i.acc == AccWrite) flags.d = 1'b1;
    all_same = ctx_i == walk_ctx_q;
  end

  always_comb begin
    piece       = '0;
    piece.valid = 1'b1;
    piece.g     = pte_q.g && walk_ctx_q.pge;
    piece.pcid  = walk_pcid;
    piece.vpn   = vpn_q;
    piece.above = 2'(level_q - 3'd1);
    piece.pat   = {level_q == 3'd1 ? pte_q.ps : pte_q.frame[0], pte_q.pcd, pte_q.pwt};
    piece.rw    = here_rw;
    piece.us    = here_us;
    piece.xd    = here_xd;
    piece.d     = pte_q.d;
    case (level_q)
      3'd1:    piece.frame = pte_q.frame;
      3'd2:    piece.frame = {pte_q.frame[27:9], vpn_q[8:0]};
      default: piece.frame = {pte_q.frame[27:18], vpn_q[17:0]};
    endcase
  end

  assign spec_o = ahead_q;
  always_comb begin
    bus_req_o       = '0;
    bus_req_o.valid = state_q inside {Read, Lock, Write};
    if (bus_req_o.valid) begin
      bus_req_o.src   = bus_pkg::SrcWalk;
      bus_req_o.write = state_q == Write;
      bus_req_o.lock  = state_q == Lock;
      bus_req_o.addr  = {at[39:4], 4'b0};
      bus_req_o.be    = at[3] ? 16'hFF00 : 16'h00FF;
      if (state_q == Write) begin
        bus_req_o.wdata = {64'b0, seen_q == pte_q ? flags : seen_q} << (at[3] ? 64 : 0);
      end
    end
  end

  // --- the sequence ---
  always_comb begin
    {state_d, ahead_d, next_d, walk_ctx_d} = {state_q, ahead_q, next_q, walk_ctx_q};
    {level_d, table_d, rw_d, us_d, xd_d, vpn_d} = {level_q, table_q, rw_q, us_q, xd_q, vpn_q};
    {pte_d, seen_d, rsp_d, sweep_d} = {pte_q, seen_q, rsp_q, sweep_q};
    {touch, drop, first_fill, second_fill, swept} = '0;

    case (state_q)
      Ready: begin
        ahead_d = 1'b0;
        sweep_d = '0;
        if (!all_same) next_d = 1'b0;
        if (req_valid_i && !ctx_i.pg) begin
          rsp_d         = '0;
          rsp_d.pa      = {ctx_i.lma ? req_i.va[39:32] : 8'd0, req_i.va[31:0]};
          rsp_d.memtype = MtWb;
          state_d       = Reply;
        end else if (req_valid_i && first_hit && usable(first)) begin
          rsp_d   = of_piece(first);
          state_d = Reply;
        end else if (req_valid_i) begin
          state_d = Second;
        end else if (flush_valid_i) begin
          next_d  = 1'b0;
          state_d = Sweep;
        end else if (next_q && all_same) begin
          next_d  = 1'b0;
          ahead_d = 1'b1;
          vpn_d   = vpn_q + 45'd1;
          state_d = Read;
        end
      end
      Second:
        if (second_hit && usable(second) && !(first_hit && !usable(first))) begin
          touch      = 1'b1;
          first_fill = 1'b1;
          rsp_d      = of_piece(second);
          state_d    = Reply;
        end else begin
          drop       = 1'b1;
          next_d     = 1'b0;
          walk_ctx_d = ctx_i;
          vpn_d      = req_i.va[56:12];
          level_d    = ctx_i.la57 ? 3'd5 : 3'd4;
          table_d    = ctx_i.cr3[39:12];
          {rw_d, us_d, xd_d} = 3'b110;
          state_d    = Read;
        end
      Read:
        if (bus_rsp_i.ack) begin
          pte_d   = pte_t'(at[3] ? bus_rsp_i.rdata[127:64] : bus_rsp_i.rdata[63:0]);
          state_d = Check;
        end
      Check: begin
        if (ahead_q) begin
          state_d = Ready;
          if (all_same && !req_valid_i && !flush_valid_i && pte_q.p && !bad) begin
            if (pte_q.a) second_fill = 1'b1;
            else         state_d     = Lock;
          end
        end else if (!pte_q.p || bad) begin
          rsp_d   = page_fault(pte_q.p, pte_q.p);
          state_d = Reply;
        end else if (leaf && !allowed(here_rw, here_us, here_xd)) begin
          rsp_d   = page_fault(1'b1, 1'b0);
          state_d = Reply;
        end else if (flags != pte_q) begin
          state_d = Lock;
        end else if (leaf) begin
          first_fill  = 1'b1;
          second_fill = 1'b1;
          rsp_d       = of_piece(piece);
          next_d      = level_q == 3'd1 && vpn_q[8:0] != '1;
          state_d     = Reply;
        end else begin
          level_d = level_q - 3'd1;
          table_d = pte_q.frame;
          {rw_d, us_d, xd_d} = {here_rw, here_us, here_xd};
          state_d = Read;
        end
      end
      Lock:
        if (bus_rsp_i.ack) begin
          seen_d  = pte_t'(at[3] ? bus_rsp_i.rdata[127:64] : bus_rsp_i.rdata[63:0]);
          state_d = Write;
        end
      Write:
        if (bus_rsp_i.ack) begin
          pte_d   = flags;
          state_d = Check;
          if (seen_q != pte_q && ahead_q) state_d = Ready;
          else if (seen_q != pte_q)       state_d = Second;
        end
      Sweep: begin
        swept   = 1'b1;
        sweep_d = sweep_q + 4'd1;
        if (sweep_q == 4'd15) state_d = Ready;
      end
      default:
        state_d = Ready;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) {state_q, ahead_q, next_q} <= {Ready, 2'b00};
    else         {state_q, ahead_q, next_q} <= {state_d, ahead_d, next_d};
    {walk_ctx_q, level_q, table_q} <= {walk_ctx_d, level_d, table_d};
    {rw_q, us_q, xd_q, vpn_q}      <= {rw_d, us_d, xd_d, vpn_d};
    {pte_q, seen_q, rsp_q, sweep_q} <= {pte_d, seen_d, rsp_d, sweep_d};
  end

  assign rsp_valid_o   = state_q == Reply;
  assign rsp_o         = rsp_q;
  assign flush_ready_o = state_q == Sweep && sweep_q == 4'd15;

endmodule
