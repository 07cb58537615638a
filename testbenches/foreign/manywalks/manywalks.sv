// SPDX-License-Identifier: Apache-2.0
// A remapping unit with four requests in flight. Each has a slot; the slots take turns, one step of
// one slot a cycle, the fifth turn is the queue's and the events'. One access of the bus runs beside
// the turns, for whoever has asked. A slot may move its data when no older write of its requester
// waits to; answers come in the order in which the slots are done.
module manywalks
  import mw_pkg::*, bus_pkg::*, iommu_port_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic         dma_valid_i,
  output logic         dma_ready_o,
  input  dma_req_t     dma_req_i,
  output logic         dma_rsp_valid_o,
  output dma_rsp_t     dma_rsp_o,
  input  logic         reg_valid_i,
  input  reg_req_t     reg_req_i,
  output logic         reg_ack_o,
  output logic [63:0]  reg_rdata_o,
  output bus_req_t     bus_req_o,
  input  bus_rsp_t     bus_rsp_i,
  output logic [7:0]   rsp_fault_o,
  output logic [63:0]  rsp_pa_o,
  output logic         frcd_valid_o,
  output logic [2:0]   frcd_index_o,
  output logic [127:0] frcd_o,
  output logic         desc_valid_o,
  output logic [127:0] desc_o
);

  localparam int unsigned SLOTS = 4;
  localparam logic [2:0]  QUEUE = 3'(SLOTS);

  typedef struct packed {
    step_t        step;
    logic         waits;    // for the bus, or for its access
    logic         old;      // an invalidation has come since it began: it fills nothing
    logic         moved;    // its data, or it moves none
    logic         ok, quiet;
    logic [7:0]   fault;
    context_t     ctx;
    logic [2:0]   level;
    logic         top, r, w;
    logic         half;
    logic         err;
    logic [127:0] word;
    logic [63:0]  out;
    logic [31:0]  message;
    dma_req_t     q;
  } slot_t;

  typedef enum logic [2:0] {Rest, Fetch, Obey, Status, Wrote, Event} queue_t;

  slot_t slot [SLOTS];
  logic [SLOTS-1:0] older [SLOTS];  // [a][b]: b was there when a came

  // --- turns ---
  logic [2:0] turn;
  wire  [1:0] me = turn[1:0];
  wire        mine = turn != QUEUE;
  slot_t      s;
  assign s = slot[me];
  always_ff @(posedge clk_i)
    if (!rst_ni) turn <= '0;
    else         turn <= turn == QUEUE ? 3'd0 : turn + 3'd1;

  // --- registers and caches ---
  queue_t       qstep;
  logic         te, ire, cfi, reg_drop, recorded, work, due;
  logic [39:10] root;
  logic [39:0]  irta;
  drop_t        reg_drop_of, queue_drop_of;
  logic         queue_drop;
  logic [126:0] record;
  logic [14:0]  head, tail;
  logic [31:0]  iqa_low, due_addr;
  logic [7:0]   iqa_high;
  logic [15:0]  due_data;
  logic         done, error;
  logic         reg_valid_q;  // an access waits: no descriptor begins
  logic [3:0]   code;
  logic         sent;
  logic [2:0]   record_index;

  mw_registers u_registers (
    .clk_i, .rst_ni, .valid_i(reg_valid_i), .req_i(reg_req_i), .ack_o(reg_ack_o), .rdata_o(reg_rdata_o),
    .te_o(te), .ire_o(ire), .cfi_o(cfi), .root_o(root), .irta_o(irta), .drop_o(reg_drop), .drop_of_o(reg_drop_of),
    .hold_i(qstep != Rest || (turn == QUEUE && !reg_valid_q)),
    .fault_i(mine && s.step == Log && !s.quiet), .fault_of_i(record), .recorded_o(recorded), .next_o(record_index),
    .work_o(work), .head_o(head), .tail_o(tail), .iqa_low_o(iqa_low), .iqa_high_o(iqa_high), .done_i(done),
    .event_i(done && desc_o[3:0] == 4'd5 && desc_o[4]), .error_i(error), .code_i(code),
    .due_o(due), .due_addr_o(due_addr), .due_data_o(due_data), .sent_i(sent)
  );

  wire [16:0] index = 17'({s.q.addr[2], s.q.addr[19:5]}) + (s.q.addr[3] ? 17'(s.q.wdata[15:0]) : 17'd0);
  logic       context_hit, piece_hit, table_hit, irte_hit;
  context_t   context_found;
  piece_t     piece_found, table_found;
  logic [127:0] irte_found;
  logic       fill_context, fill_piece, fill_table, fill_irte;
  context_t   context_read;
  piece_t     piece_read;
  mw_caches u_caches (
    .clk_i, .rst_ni, .sid_i(s.q.sid), .did_i(s.ctx.did), .index_i(index[15:0]), .page_i(s.q.addr[47:12]),
    .context_hit_o(context_hit), .piece_hit_o(piece_hit), .table_hit_o(table_hit), .irte_hit_o(irte_hit),
    .context_o(context_found), .piece_o(piece_found), .table_o(table_found), .irte_o(irte_found),
    .fill_context_i(fill_context), .fill_piece_i(fill_piece), .fill_table_i(fill_table), .fill_irte_i(fill_irte),
    .context_i(context_read), .piece_i(piece_read), .irte_i(s.word),
    .drop_valid_i(reg_drop || queue_drop), .drop_i(reg_drop ? reg_drop_of : queue_drop_of)
  );

  // --- the slot whose turn it is, looked at ---
  wire         in_range  = s.q.addr[63:20] == 44'hFEE;
  wire         interrupt = s.q.write && s.q.len == 5'd4 && s.q.addr[1:0] == '0 && s.q.at == '0;
  wire [63:0]  entry     = s.half ? s.word[127:64] : s.word[63:0];
  wire         r         = s.r && entry[0], w = s.w && entry[1];
  wire         allowed   = s.q.write ? w : r || (s.q.len == '0 && w);
  wire         bad       = entry_bad(entry, s.level);
  wire [27:0]  frame     = frame_of(entry, s.level, s.q.addr);
  wire         in_fee    = frame[27:8] == 20'h00FEE;
  wire         ready     = mine && !s.waits;
  assign context_read = '{pass: s.word[3:2] == 2'd2, fpd: s.word[1], aw: s.word[65:64], did: s.word[87:72],
                          table_frame: s.word[39:12]};
  wire         type_bad  = s.word[2];                                    // T = 01, 11
  wire         aw_bad    = s.word[66] || !(s.word[65:64] inside {2'd1, 2'd2}) || (s.word[3] && s.word[65:64] != 2'd2);
  wire         context_good = s.step == Context && ready && !s.err && s.word[0] && (s.word & CONTEXT_RSVD) == '0 && !type_bad && !aw_bad;
  assign fill_context = context_good && !s.old && s.q.at == '0;
  assign fill_table   = s.step == Level && ready && !s.err && !bad && (r || w) && s.level == 3'd2 && !entry[7] && !s.old;
  assign fill_piece   = s.step == Level && ready && !s.err && !bad && (r || w) && leaf(entry, s.level) && !in_fee && !s.old;
  assign piece_read   = '{r: r, w: w, frame: leaf(entry, s.level) ? frame : entry[39:12]};
  wire         irte_good = s.word[0] && (s.word & IRTE_RSVD) == '0;
  assign fill_irte    = s.step == Irte && ready && !s.err && irte_good && !s.old;

  wire of_entry = s.fault[7:4] == 4'h2;
  assign record = {of_entry ? 3'b0 : {!s.q.write, s.q.at}, 20'b0, s.fault, 16'b0, s.q.sid,
                   of_entry ? {s.fault inside {8'h20, 8'h25} ? 16'd0 : index[15:0], 48'b0} : {s.q.addr[63:12], 12'b0}};

  // Older writes of its requester that have not moved.
  logic waits_for_order;
  always_comb begin
    waits_for_order = 1'b0;
    for (int unsigned b = 0; b < SLOTS; b++)
      if (older[me][b] && slot[b].step != Free && slot[b].q.sid == s.q.sid && slot[b].q.write && !slot[b].moved)
        waits_for_order = 1'b1;
  end

  // --- the bus ---
  logic       busy;
  logic [2:0] owner;
  bus_req_t   ask;
  assign bus_req_o = ask;

  task automatic start(input bus_src_e src, input logic write, input logic [39:0] place, input logic [15:0] lanes,
                       input logic [127:0] data);
    ask   <= '{valid: 1'b1, src: src, write: write, io: 1'b0, lock: 1'b0, high: '0, addr: {place[39:4], 4'b0},
               be: lanes, wdata: data};
    busy  <= 1'b1;
    owner <= turn;
  endtask

  // The slot reads a structure and goes on at `step` when it is there.
  task automatic read(input step_t step, input logic [39:0] place, input logic both);
    slot[me].step  <= step;
    slot[me].waits <= 1'b1;
    slot[me].half  <= !both && place[3];
    slot[me].out   <= 64'(place);
  endtask

  task automatic fail(input logic [7:0] why, input logic quiet);
    slot[me].fault <= why;
    slot[me].quiet <= quiet;
    slot[me].ok    <= 1'b0;
    slot[me].moved <= 1'b1;
    slot[me].step  <= Log;
  endtask

  task automatic reject;
    slot[me].ok    <= 1'b0;
    slot[me].moved <= 1'b1;
    slot[me].step  <= Reply;
  endtask

  task automatic go(input logic [39:0] place);
    slot[me].out  <= 64'(place);
    slot[me].ok   <= 1'b1;
    slot[me].step <= Order;
  endtask

  task automatic message(input logic [63:0] place, input logic [31:0] data);
    slot[me].out     <= place;
    slot[me].message <= data;
    slot[me].ok      <= 1'b1;
    slot[me].step    <= Order;
  endtask

  task automatic remapped(input logic [127:0] e);
    if (!source_good(e, s.q.sid)) fail(8'h26, e[1]);
    else message({44'hFEE, e[47:40], 8'b0, e[3], e[2], 2'b0}, {16'b0, e[4], 1'b1, 3'b0, e[7:5], e[23:16]});
  endtask

  function automatic logic [39:0] place_of(input logic [27:0] table_frame, input logic [2:0] level);
    case (level)
      3'd4:    return {table_frame, s.q.addr[47:39], 3'b0};
      3'd3:    return {table_frame, s.q.addr[38:30], 3'b0};
      3'd2:    return {table_frame, s.q.addr[29:21], 3'b0};
      default: return {table_frame, s.q.addr[20:12], 3'b0};
    endcase
  endfunction

  function automatic logic grants(input piece_t p);
    return s.q.write ? p.w : p.r || (s.q.len == '0 && p.w);
  endfunction

  // The context is known: of the page, of the table, from the top.
  task automatic begin_walk(input context_t ctx);
    slot[me].ctx <= ctx;
    if (s.q.at != '0) fail(8'hD, ctx.fpd);
    else if (ctx.pass) begin
      if (s.q.addr[63:40] != '0) reject();
      else go(s.q.addr[39:0]);
    end else if ((s.q.addr >> (ctx.aw == 2'd1 ? 39 : 48)) != '0) fail(8'h4, ctx.fpd);
    else slot[me].step <= Walk;
  endtask

  wire [127:0] shifted_data = (s.q.len == 5'd16 ? s.q.wdata : s.q.wdata & ((128'd1 << {s.q.len[3:0], 3'b0}) - 128'd1)) <<
                              {s.out[3:0], 3'b0};
  wire [15:0]  moved_lanes  = 16'((32'd1 << s.q.len) - 32'd1) << s.out[3:0];

  // --- the queue and the events, in their turn ---
  logic         qerr;
  logic [127:0] d;         // the descriptor
  always_ff @(posedge clk_i) reg_valid_q <= reg_valid_i;
  wire queue_turn = turn == QUEUE && !(reg_valid_q && qstep == Rest);
  wire [3:0] fetch_code = iqa_low[11] ? 4'd5 : 32'(tail) >= 32'd256 << iqa_low[2:0] ? 4'd1 : 4'd0;
  logic [3:0] wrong;
  always_comb begin
    logic reserved;
    case ({d[11:9], d[3:0]})
      7'd1:    reserved = (d & {64'hFFFF_FFFF_FFFF_FFFF, 64'hFFFC_0000_0000_F1C0}) != '0 || d[5:4] == '0;
      7'd2:    reserved = (d & {64'h0000_0000_0000_0F80, 64'hFFFF_FFFF_0000_F100}) != '0 || d[5:4] == '0 ||
                          (d[5:4] == 2'd3 && d[69:64] > CAP[53:48]);
      7'd4:    reserved = (d & {64'hFFFF_FFFF_FFFF_FFFF, 64'hFFFF_0000_07FF_F1E0}) != '0 || (d[4] && d[31]);
      7'd5:    reserved = (d & {64'h0000_0000_0000_0003, 64'h0000_0000_FFFF_F180}) != '0 || (d[5] && d[127:104] != '0);
      default: reserved = 1'b0;
    endcase
    wrong = reserved ? 4'd4 : 4'd0;
    if (!({d[11:9], d[3:0]} inside {7'd1, 7'd2, 7'd4, 7'd5})) wrong = 4'd3;
    if (qerr) wrong = 4'd2;
  end

  always_comb begin
    queue_drop_of                = '0;
    queue_drop_of.context_all    = d[3:0] == 4'd1 && d[5:4] == 2'd1;
    queue_drop_of.context_domain = d[3:0] == 4'd1 && d[5:4] == 2'd2;
    queue_drop_of.context_device = d[3:0] == 4'd1 && d[5:4] == 2'd3;
    queue_drop_of.iotlb_all      = d[3:0] == 4'd2 && d[5:4] == 2'd1;
    queue_drop_of.iotlb_domain   = d[3:0] == 4'd2 && d[5:4] == 2'd2;
    queue_drop_of.iotlb_page     = d[3:0] == 4'd2 && d[5:4] == 2'd3;
    queue_drop_of.irte_all       = d[3:0] == 4'd4 && !d[4];
    queue_drop_of.irte_index     = d[3:0] == 4'd4 && d[4];
    queue_drop_of.did            = d[31:16];
    queue_drop_of.sid            = d[47:32];
    queue_drop_of.fm             = d[49:48];
    queue_drop_of.page           = d[111:76];
    queue_drop_of.elsewhere      = d[127:112] != '0;
    queue_drop_of.am             = d[69:64];
    queue_drop_of.ih             = d[70];
    queue_drop_of.index          = d[47:32];
    queue_drop_of.im             = d[30:27];
  end
  assign queue_drop = queue_turn && qstep == Obey && wrong == '0 && d[3:0] != 4'd5;
  assign done       = queue_turn && ((qstep == Obey && wrong == '0 && !(d[3:0] == 4'd5 && d[5])) || qstep == Wrote);
  assign error      = queue_turn && ((qstep == Rest && !due && work && fetch_code != '0) || (qstep == Obey && wrong != '0));
  assign code       = qstep == Rest ? fetch_code : wrong;
  assign desc_o       = d;
  assign desc_valid_o = done;
  assign sent         = busy && owner == QUEUE && qstep == Event && bus_rsp_i.ack;

  // --- a slot for who comes ---
  logic [1:0] free;
  logic       any_free;
  always_comb begin
    {any_free, free} = '0;
    for (int unsigned b = 0; b < SLOTS; b++)
      if (slot[b].step == Free) {any_free, free} = {1'b1, 2'(b)};
  end
  assign dma_ready_o = any_free;

  always_ff @(posedge clk_i) begin
    // The access that runs has ended.
    if (busy && bus_rsp_i.ack) begin
      busy      <= 1'b0;
      ask.valid <= 1'b0;
      if (owner == QUEUE) begin
        qerr <= bus_rsp_i.err;
        if (qstep == Fetch) begin
          d     <= bus_rsp_i.rdata;
          qstep <= Obey;
        end else if (qstep == Status) qstep <= Wrote;
        else qstep <= Rest;
      end else begin
        slot[owner[1:0]].waits <= 1'b0;
        slot[owner[1:0]].word  <= bus_rsp_i.rdata;
        slot[owner[1:0]].err   <= bus_rsp_i.err;
        if (slot[owner[1:0]].step == Move) slot[owner[1:0]].moved <= 1'b1;
      end
    end

    // A step of the slot whose turn it is.
    if (mine && s.waits && !busy && s.step != Move) begin
      if (s.step inside {Root, Context, Irte}) start(SrcIommuWalk, 1'b0, s.out[39:0], 16'hFFFF, '0);
      else                                     start(SrcIommuWalk, 1'b0, s.out[39:0], s.half ? 16'hFF00 : 16'h00FF, '0);
    end
    if (ready) begin
      case (s.step)
        Look:
          if (in_range && !interrupt) reject();
          else if (in_range) begin
            if (!ire || (!s.q.addr[4] && cfi))           message(s.q.addr, s.q.wdata[31:0]);
            else if (!s.q.addr[4])                       fail(8'h25, 1'b0);
            else if (s.q.wdata[31:16] != '0)             fail(8'h20, 1'b0);
            else if (32'(index) >= 32'd2 << irta[3:0])   fail(8'h21, 1'b0);
            else if (irte_hit)                           remapped(irte_found);
            else read(Irte, {irta[39:12], 12'b0} + 40'({index[15:0], 4'b0}), 1'b1);
          end else if (!te) begin
            if (s.q.addr[63:40] != '0 || s.q.at != '0) reject();
            else go(s.q.addr[39:0]);
          end else if (s.q.at == 2'd1 && (s.q.write || s.q.len != 5'd8)) reject();
          else if (context_hit)        begin_walk(context_found);
          else if (root[11:10] != '0)  fail(8'h30, 1'b0);
          else read(Root, {root[39:12], s.q.sid[15:8], 4'b0}, 1'b1);

        Root:
          if (s.err)                            fail(8'h8, 1'b0);
          else if (!s.word[0])                  fail(8'h1, 1'b0);
          else if ((s.word & ROOT_RSVD) != '0)  fail(8'hA, 1'b0);
          else read(Context, {s.word[39:12], s.q.sid[7:0], 4'b0}, 1'b1);

        Context:
          if (s.err)                               fail(8'h9, 1'b0);
          else if (!s.word[0])                     fail(8'h2, s.word[1]);
          else if ((s.word & CONTEXT_RSVD) != '0)  fail(8'hB, 1'b0);
          else if (type_bad)                       fail(8'h3, s.word[1]);
          else if (s.q.at != '0)                   fail(8'hD, s.word[1]);
          else if (aw_bad)                         fail(8'h3, s.word[1]);
          else begin_walk(context_read);

        Walk: begin
          slot[me].top <= 1'b0;
          if (piece_hit && grants(piece_found)) go({piece_found.frame, s.q.addr[11:0]});
          else if (table_hit && !piece_hit && grants(table_found)) begin
            slot[me].level <= 3'd1;
            slot[me].r     <= table_found.r;
            slot[me].w     <= table_found.w;
            read(Level, place_of(table_found.frame, 3'd1), 1'b0);
          end else begin
            slot[me].level <= s.ctx.aw == 2'd1 ? 3'd3 : 3'd4;
            slot[me].top   <= 1'b1;
            slot[me].r     <= 1'b1;
            slot[me].w     <= 1'b1;
            read(Level, place_of(s.ctx.table_frame, s.ctx.aw == 2'd1 ? 3'd3 : 3'd4), 1'b0);
          end
        end

        Level:
          if (s.err)         fail(s.top ? 8'h3 : 8'h7, s.ctx.fpd);
          else if (!allowed) fail(s.q.write ? 8'h5 : 8'h6, s.ctx.fpd);
          else if (bad)      fail(8'hC, s.ctx.fpd);
          else if (leaf(entry, s.level)) begin
            if (in_fee) fail(8'hE, s.ctx.fpd);
            else        go({frame, s.q.addr[11:0]});
          end else begin
            slot[me].level <= s.level - 3'd1;
            slot[me].top   <= 1'b0;
            slot[me].r     <= r;
            slot[me].w     <= w;
            read(Level, place_of(entry[39:12], s.level - 3'd1), 1'b0);
          end

        Irte:
          if (s.err)                            fail(8'h23, 1'b0);
          else if (!s.word[0])                  fail(8'h22, s.word[1]);
          else if ((s.word & IRTE_RSVD) != '0)  fail(8'h24, s.word[1]);
          else remapped(s.word);

        Order:
          if (s.q.len == '0) begin
            slot[me].moved <= 1'b1;
            slot[me].step  <= Reply;
          end else if (!busy && !waits_for_order) begin
            if (in_range) start(SrcMessage, 1'b1, s.out[39:0], 16'hF << {s.out[3:2], 2'b0}, 128'(s.message) << {s.out[3:2], 5'b0});
            else          start(SrcDma, s.q.write, s.out[39:0], moved_lanes, s.q.write ? shifted_data : '0);
            slot[me].waits <= 1'b1;
            slot[me].step  <= Move;
          end

        Move:    slot[me].step <= Reply;
        Log:     slot[me].step <= Reply;
        Reply:   slot[me].step <= Free;
        default: ;
      endcase
    end

    // The queue's turn.
    if (queue_turn) begin
      case (qstep)
        Rest:
          if (due && !busy) begin
            start(SrcMessage, 1'b1, 40'(due_addr), 16'hF << {due_addr[3:2], 2'b0}, 128'(due_data) << {due_addr[3:2], 5'b0});
            qstep <= Event;
          end else if (!due && work && fetch_code == '0 && !busy) begin
            start(SrcIommuWalk, 1'b0, {iqa_high, iqa_low[31:12], 12'b0} | 40'({head, 4'b0}), 16'hFFFF, '0);
            qstep <= Fetch;
          end
        Obey:
          if (wrong != '0) qstep <= Rest;
          else if (d[3:0] == 4'd5 && d[5]) begin
            if (!busy) begin
              start(SrcIommuWalk, 1'b1, d[103:64], 16'hF << {d[67:66], 2'b0}, 128'(d[63:32]) << {d[67:66], 5'b0});
              qstep <= Status;
            end
          end else qstep <= Rest;
        Wrote:   qstep <= Rest;
        default: ;
      endcase
    end

    // What an invalidation drops is filled by nobody who began before it.
    if (reg_drop || queue_drop) for (int unsigned b = 0; b < SLOTS; b++) slot[b].old <= 1'b1;

    if (dma_valid_i && any_free) begin
      slot[free]       <= '0;
      slot[free].step  <= Look;
      slot[free].q     <= dma_req_i;
      for (int unsigned b = 0; b < SLOTS; b++) begin
        older[free][b] <= slot[b].step != Free;
        older[b][free] <= 1'b0;
      end
    end

    if (!rst_ni) begin
      for (int unsigned b = 0; b < SLOTS; b++) slot[b].step <= Free;
      {busy, owner} <= '0;
      ask   <= '0;
      qstep <= Rest;
    end
  end

  // --- answers ---
  assign dma_rsp_valid_o = ready && s.step == Reply;
  always_comb begin
    dma_rsp_o.ok    = s.ok;
    dma_rsp_o.tag   = s.q.tag;
    dma_rsp_o.rdata = s.ok ? s.word >> {s.out[3:0], 3'b0} : '1;
  end
  assign rsp_fault_o  = s.fault;
  assign rsp_pa_o     = s.out;
  assign frcd_valid_o = recorded;
  assign frcd_index_o = record_index;
  assign frcd_o       = {1'b1, record};

endmodule
