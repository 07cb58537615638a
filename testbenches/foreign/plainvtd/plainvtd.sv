// SPDX-License-Identifier: Apache-2.0
// A remapping unit that walks for every request and keeps nothing. One thing at a time: an event
// message, a register access, a descriptor, a request. Every access of memory is one state that
// waits for its ack.
module plainvtd
  import vtd_rules::*, bus_pkg::*, iommu_port_pkg::*;
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

  typedef enum logic [3:0] {
    Rest, Window, Event,                       // idle; a register access; an event message
    Look, Root, Context, Walk, Irte, Move, Log, Reply,  // a request
    Fetch, Obey, Status, Done                  // a descriptor
  } step_t;

  step_t        step;
  bus_req_t     ask;        // of memory
  dma_req_t     q;          // the request
  wide_t        got;        // what memory said last
  logic [7:0]   reason;     // of a fault; 0: none
  logic         quiet;      // FPD stands over the fault
  logic         good;       // the answer's ok
  logic [63:0]  out;        // where the request goes to
  logic [127:0] word;       // read by it
  int unsigned  level;
  logic         top_level;
  logic         queue_next; // whose turn it is when both want

  // --- the window ---
  logic        work, event_due, recorded, te, ire, cfi;
  logic [18:4] head, tail;
  logic [63:0] iqa, rdata;
  logic [39:10] root;
  logic [39:0] irt;
  logic [31:0] event_addr;
  logic [15:0] event_data;
  logic [1:0]  record_index;
  logic [126:0] record;
  wire [3:0]   wrong = iqa[11] ? 4'd5 : 32'(tail) >= 32'd256 << iqa[2:0] ? 4'd1 : 4'd0;
  logic        bad_fetch;   // nobody answered
  wire [3:0]   verdict = bad_fetch ? 4'd2 : descriptor_error(got);

  vtd_window window (
    .clk_i, .rst_ni, .access_i(step == Window), .write_i(reg_req_i.write), .offset_i(reg_req_i.offset),
    .bytes_i(reg_req_i.bytes), .wdata_i(reg_req_i.wdata), .rdata_o(rdata),
    .fault_i(step == Log && !quiet), .fault_record_i(record), .recorded_o(recorded), .record_index_o(record_index),
    .step_i(step == Done), .waited_i(step == Done && got[3:0] == 4'd5 && got[4]),
    .wrong_i((step == Fetch && !ask.valid) || (step == Obey && verdict != '0)),
    .wrong_code_i(step == Fetch ? wrong : verdict),
    .work_o(work), .head_o(head), .tail_o(tail), .queue_o(iqa), .te_o(te), .ire_o(ire), .cfi_o(cfi),
    .root_o(root), .table_o(irt), .event_o(event_due), .event_addr_o(event_addr), .event_data_o(event_data),
    .event_sent_i(step == Event && bus_rsp_i.ack)
  );
  assign reg_ack_o   = step == Window;
  assign reg_rdata_o = rdata;

  // --- the request, looked at ---
  wire        in_range  = q.addr[63:20] == 44'hFEE;
  wire        interrupt = q.write && q.len == 5'd4 && q.addr[1:0] == '0 && q.at == '0;
  wire [15:0] handle    = {q.addr[2], q.addr[19:5]};
  wire [16:0] index     = 17'(handle) + (q.addr[3] ? 17'(q.wdata[15:0]) : 17'd0);
  wire        numbered  = reason != 8'h20 && reason != 8'h25;  // the record has the index
  wire        of_entry  = reason[7:4] == 4'h2;
  wire [63:0] info = of_entry ? {numbered ? index[15:0] : 16'd0, 48'b0} : {q.addr[63:12], 12'b0};
  assign record = {of_entry ? 3'b0 : {!q.write, q.at}, 20'b0, reason, 16'b0, q.sid, info};

  logic       level_half;   // which half of the block the entry is
  wire [63:0] entry = level_half ? got[127:64] : got[63:0];
  wire        granted = q.write ? entry[1] : entry[0];

  function automatic logic [39:0] entry_place(input logic [39:12] base, input int unsigned at_level, input logic [63:0] va);
    return {base, va[12 + 9*(at_level-1) +: 9], 3'b0};
  endfunction

  // --- the bus: from a register, up until the ack ---
  always_comb begin
    bus_req_o = ask;
  end

  task automatic read16(input logic [39:0] place);
    ask       <= '0;
    ask.valid <= 1'b1;
    ask.src   <= SrcIommuWalk;
    ask.addr  <= {place[39:4], 4'b0};
    ask.be    <= 16'hFFFF;
  endtask

  task automatic read8(input logic [39:0] place);
    read16(place);
    ask.be <= place[3] ? 16'hFF00 : 16'h00FF;
    level_half   <= place[3];
  endtask

  task automatic write4(input bus_src_e src, input logic [63:0] place, input logic [31:0] data);
    ask       <= '0;
    ask.valid <= 1'b1;
    ask.src   <= src;
    ask.write <= 1'b1;
    ask.addr  <= {place[39:4], 4'b0};
    ask.be    <= 16'hF << {place[3:2], 2'b0};
    ask.wdata <= 128'(data) << {place[3:2], 5'b0};
  endtask

  task automatic fail(input logic [7:0] why, input logic fpd);
    reason <= why;
    quiet  <= fpd;
    step   <= Log;
  endtask

  task automatic reply(input logic ok);
    good <= ok;
    step <= Reply;
  endtask

  // The data of a request that may pass: to a place in memory.
  task automatic move_to(input logic [39:0] place);
    out <= 64'(place);
    if (q.len == '0) reply(1'b1);
    else begin
      ask       <= '0;
      ask.valid <= 1'b1;
      ask.src   <= SrcDma;
      ask.write <= q.write;
      ask.addr  <= {place[39:4], 4'b0};
      ask.be    <= 16'((32'd1 << q.len) - 32'd1) << place[3:0];
      if (q.write) ask.wdata <= (q.wdata & ((128'd1 << {q.len, 3'b0}) - 128'd1)) << {place[3:0], 3'b0};
      if (q.write && q.len == 5'd16) ask.wdata <= q.wdata;
      step <= Move;
    end
  endtask

  task automatic send(input logic [63:0] place, input logic [31:0] data);
    out <= place;
    write4(SrcMessage, place, data);
    step <= Move;
  endtask

  always_ff @(posedge clk_i) begin
    if (bus_rsp_i.ack && ask.valid) begin
      ask.valid <= 1'b0;
      got             <= bus_rsp_i.rdata;
    end

    case (step)
      Rest:
        if (event_due) begin
          write4(SrcMessage, 64'(event_addr), 32'(event_data));
          step <= Event;
        end else if (reg_valid_i) step <= Window;
        else if (work && (queue_next || !dma_valid_i)) begin
          if (wrong == '0) read16(iqa[39:0] & 40'hFF_FFFF_F000 | 40'({head, 4'b0}));
          queue_next <= 1'b0;
          step       <= Fetch;
        end else if (dma_valid_i && dma_ready_o) begin
          q          <= dma_req_i;
          reason     <= '0;
          out        <= '0;
          queue_next <= 1'b1;
          step       <= Look;
        end

      Window: step <= Rest;
      Event:  if (bus_rsp_i.ack) step <= Rest;

      // Where no structure decides.
      Look:
        if (in_range && !interrupt) reply(1'b0);
        else if (in_range) begin
          if (!ire || (!q.addr[4] && cfi))          send(q.addr, q.wdata[31:0]);
          else if (!q.addr[4])                      fail(8'h25, 1'b0);
          else if (q.wdata[31:16] != '0)            fail(8'h20, 1'b0);
          else if (32'(index) >= 32'd2 << irt[3:0]) fail(8'h21, 1'b0);
          else begin
            read16({irt[39:12], 12'b0} + 40'({index[15:0], 4'b0}));
            step <= Irte;
          end
        end else if (!te) begin
          if (q.addr[63:40] != '0 || q.at != '0) reply(1'b0);
          else move_to(q.addr[39:0]);
        end else if (q.at == 2'd1 && (q.write || q.len != 5'd8)) reply(1'b0);
        else if (root[11:10] != '0) fail(8'h30, 1'b0);
        else begin
          read16({root[39:12], q.sid[15:8], 4'b0});
          step <= Root;
        end

      Root:
        if (bus_rsp_i.ack && bus_rsp_i.err) fail(8'h8, 1'b0);
        else if (!ask.valid) begin
          if (!got[0])                fail(8'h1, 1'b0);
          else if (root_is_bad(got))  fail(8'hA, 1'b0);
          else begin
            read16({got[39:12], q.sid[7:0], 4'b0});
            step <= Context;
          end
        end

      Context:
        if (bus_rsp_i.ack && bus_rsp_i.err) fail(8'h9, 1'b0);
        else if (!ask.valid) begin
          if (!got[0])                      fail(8'h2, got[1]);
          else if (context_is_bad(got))     fail(8'hB, 1'b0);
          else if (got[3:2] != '0)          fail(8'h3, got[1]);
          else if (q.at != '0)              fail(8'hD, got[1]);
          else if (!(got[66:64] inside {3'd1, 3'd2})) fail(8'h3, got[1]);
          else if ((q.addr >> (got[64] ? 39 : 48)) != '0) fail(8'h4, got[1]);
          else begin
            quiet     <= got[1];
            level     <= got[64] ? 3 : 4;
            top_level <= 1'b1;
            read8(entry_place(got[39:12], got[64] ? 3 : 4, q.addr));
            step      <= Walk;
          end
        end

      Walk:
        if (bus_rsp_i.ack && bus_rsp_i.err) fail(top_level ? 8'h3 : 8'h7, quiet);
        else if (!ask.valid) begin
          if (!granted)                       fail(q.write ? 8'h5 : 8'h6, quiet);
          else if (entry_is_bad(entry, level)) fail(8'hC, quiet);
          else if (!entry_is_leaf(entry, level)) begin
            level     <= level - 1;
            top_level <= 1'b0;
            read8(entry_place(entry[39:12], level - 1, q.addr));
          end else if (level == 1) arrive({entry[39:12], q.addr[11:0]});
          else                     arrive({entry[39:21], q.addr[20:0]});
        end

      Irte:
        if (bus_rsp_i.ack && bus_rsp_i.err) fail(8'h23, 1'b0);
        else if (!ask.valid) begin
          if (!got[0])                           fail(8'h22, got[1]);
          else if (irte_is_bad(got))             fail(8'h24, got[1]);
          else if (!source_is_good(got, q.sid))  fail(8'h26, got[1]);
          else send({44'hFEE, got[47:40], 8'b0, got[3], got[2], 2'b0}, {16'b0, got[4], 1'b1, 3'b0, got[7:5], got[23:16]});
        end

      Move:
        if (bus_rsp_i.ack) begin
          word <= bus_rsp_i.rdata >> {out[3:0], 3'b0};
          reply(1'b1);
        end

      Log:    reply(1'b0);
      Reply:  step <= Rest;

      Fetch:
        if (ask.valid) begin
          if (bus_rsp_i.ack) begin
            bad_fetch <= bus_rsp_i.err;
            step      <= Obey;
          end
        end else step <= Rest;
      Obey:
        if (verdict != '0) step <= Rest;
        else if (got[3:0] == 4'd5 && got[5]) begin
          write4(SrcIommuWalk, got[127:64], got[63:32]);
          desc_o <= got;
          step   <= Status;
        end else begin
          desc_o <= got;
          step   <= Done;
        end
      Status:
        if (bus_rsp_i.ack) begin
          got  <= desc_o;
          step <= Done;
        end
      Done:    step <= Rest;
      default: step <= Rest;
    endcase

    if (!rst_ni) begin
      step       <= Rest;
      ask  <= '0;
      queue_next <= 1'b0;
    end
  end

  // The end of a walk.
  task automatic arrive(input logic [39:0] place);
    if (place[39:20] == 20'h00FEE) fail(8'hE, quiet);
    else                           move_to(place);
  endtask

  // --- answers ---
  assign dma_ready_o     = step == Rest && !event_due && !reg_valid_i && !(work && (queue_next || !dma_valid_i));
  assign dma_rsp_valid_o = step == Reply;
  always_comb begin
    dma_rsp_o.ok    = good;
    dma_rsp_o.tag   = q.tag;
    dma_rsp_o.rdata = good ? word : '1;
  end
  assign rsp_fault_o  = reason;
  assign rsp_pa_o     = out;
  assign frcd_valid_o = recorded;
  assign frcd_index_o = {1'b0, record_index};
  assign frcd_o       = {1'b1, record};
  assign desc_valid_o = step == Done;

endmodule
