// SPDX-License-Identifier: Apache-2.0
// Instruction fetch: the fetch window (docs/cpu.md "Fetch translations"), eight 16-byte lines
// tagged with physical addresses and kept equal to memory by dropping written ones, and the bytes
// at ip_i. avail_o bytes of bytes_o are there now. need_i asks for the byte after those; it stays
// up, with ip_i stable, until avail_o grows or outcome_o is a fault, for one cycle. Lines
// are read ahead only inside the window's page. SDM Vol. 3A "Self-Modifying Code".
module fetch
  import cpu_pkg::*;
  import bus_pkg::*;
  import mmu_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic         flush_i,       // the window becomes empty
  input  logic [63:0]  ip_i,          // RIP of the instruction
  input  logic         l64_i, la57_i,
  /* verilator lint_off UNUSEDSIGNAL */  // base and limit
  input  seg_t         cs_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic         look_i,        // bytes_o, avail_o are wanted
  input  logic         need_i,
  input  logic         user_i,
  output logic [119:0] bytes_o,
  output logic [3:0]   avail_o,
  output outcome_t     outcome_o,     // of the byte needed
  input  logic         drop_i,        // a write to the block drop_addr_i is acked in this cycle
  input  logic [39:4]  drop_addr_i,
  output logic         mmu_valid_o,
  output mmu_req_t     mmu_req_o,
  input  logic         mmu_rsp_valid_i,
  input  mmu_rsp_t     mmu_rsp_i,
  output bus_req_t     bus_req_o,
  /* verilator lint_off UNUSEDSIGNAL */  // err: the processor reads on (B16)
  input  bus_rsp_t     bus_rsp_i
  /* verilator lint_on UNUSEDSIGNAL */
);

  // Linear address, and the bytes from there inside the code segment or the canonical half, at
  // most 15.
  logic [63:0] lin, room;
  logic [3:0]  left;
  assign lin = l64_i ? ip_i : {32'd0, cs_i.base[31:0] + ip_i[31:0]};
  always_comb begin
    room = '0;
    left = 4'd0;
    if (look_i) begin
      if (!l64_i) begin
        room = {32'd0, cs_i.limit - ip_i[31:0]};
        if (cs_i.limit == '1) left = 4'd15;  // choice: goes on at EIP 0
        else if (ip_i[31:0] <= cs_i.limit) left = room >= 64'd14 ? 4'd15 : room[3:0] + 4'd1;
      end else if (is_canonical(ip_i, la57_i)) begin
        room = (ip_i[63] ? 64'hffff_ffff_ffff_ffff
                : la57_i ? 64'h00ff_ffff_ffff_ffff : 64'h7fff_ffff_ffff) - ip_i;
        left = room >= 64'd14 || ip_i[63] ? 4'd15 : room[3:0] + 4'd1;
      end
    end
  end

  // The window, and the page before it while an instruction lies across both.
  logic        win_v_q, prev_v_q;
  logic [51:0] win_page_q, prev_page_q;
  logic [27:0] win_pa_q, prev_pa_q;

  logic [7:0]        line_v_q;
  logic [7:0][32:0]  line_tag_q;
  logic [127:0]      line_q [8];

  logic        fill_q, xlate_q;
  logic [35:0] fill_addr_q;

  logic [63:0] lin1;
  logic [35:0] pa0, pa1;
  logic        map0, map1, hit0, hit1;
  logic [4:0]  have;
  logic [63:0] next_va;
  logic        next_mapped;

  always_comb begin
    lin1 = {lin[63:4] + 60'd1, 4'd0};
    if (!l64_i) lin1[63:32] = '0;
    map0 = 1'b1;
    map1 = 1'b1;
    pa0 = {win_pa_q, lin[11:4]};
    pa1 = {win_pa_q, lin1[11:4]};
    if (win_v_q && lin[63:12] == win_page_q) pa0 = {win_pa_q, lin[11:4]};
    else if (prev_v_q && lin[63:12] == prev_page_q) pa0 = {prev_pa_q, lin[11:4]};
    else map0 = 1'b0;
    if (win_v_q && lin1[63:12] == win_page_q) pa1 = {win_pa_q, lin1[11:4]};
    else if (prev_v_q && lin1[63:12] == prev_page_q) pa1 = {prev_pa_q, lin1[11:4]};
    else map1 = 1'b0;
    hit0 = map0 && line_v_q[pa0[2:0]] && line_tag_q[pa0[2:0]] == pa0[35:3];
    hit1 = map1 && line_v_q[pa1[2:0]] && line_tag_q[pa1[2:0]] == pa1[35:3];
  end

  always_comb begin
    bytes_o = '0;
    have = '0;
    avail_o = '0;
    if (look_i) begin
      have = !hit0 ? 5'd0 : 5'd16 - {1'b0, lin[3:0]} + (hit1 ? 5'd15 : 5'd0);
      avail_o = have > 5'd15 ? 4'd15 : have[3:0];
      if (have == 5'd16) avail_o = 4'd15;
      if (avail_o > left) avail_o = left;
      bytes_o = 120'({line_q[pa1[2:0]], line_q[pa0[2:0]]} >> {lin[3:0], 3'd0});
    end
  end

  // The byte needed next.
  logic limit_fault, start_xlate;
  always_comb begin
    next_va = lin + {60'd0, avail_o};
    if (!l64_i) next_va[63:32] = '0;
    next_mapped = (win_v_q && next_va[63:12] == win_page_q)
               || (prev_v_q && next_va[63:12] == prev_page_q);
    limit_fault = need_i && !xlate_q && avail_o == left;
    start_xlate = need_i && !xlate_q && !limit_fault && !next_mapped;
    mmu_valid_o = start_xlate || xlate_q;
    mmu_req_o = '0;
    mmu_req_o.va = next_va;
    mmu_req_o.acc = AccFetch;
    mmu_req_o.user = user_i;
  end

  always_comb begin
    outcome_o = '0;
    if (limit_fault) outcome_o = exception(VecGp, '0);
    else if (xlate_q && mmu_rsp_valid_i && mmu_rsp_i.kind == XlPageFault) begin
      outcome_o = page_fault(mmu_rsp_i.error_code, next_va);
    end
  end

  // Line to read: of a fresh translation, else the first missing of the two.
  logic        want, rsp_ok;
  logic [35:0] want_addr;
  always_comb begin
    rsp_ok = xlate_q && mmu_rsp_valid_i && mmu_rsp_i.kind == XlDone;
    want = 1'b0;
    want_addr = pa0;
    if (rsp_ok) begin
      want_addr = mmu_rsp_i.pa[39:4];
      want = !(line_v_q[want_addr[2:0]] && line_tag_q[want_addr[2:0]] == want_addr[35:3]);
    end else if (map0 && !hit0) begin
      want = 1'b1;
    end else if (map1 && !hit1) begin
      want = 1'b1;
      want_addr = pa1;
    end
    if (flush_i) want = 1'b0;
  end

  always_comb begin
    bus_req_o = '0;
    bus_req_o.valid = fill_q;
    bus_req_o.src = SrcFetch;
    bus_req_o.addr = {fill_addr_q, 4'd0};
    bus_req_o.be = '1;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      win_v_q <= 1'b0;
      prev_v_q <= 1'b0;
      line_v_q <= '0;
      fill_q <= 1'b0;
      xlate_q <= 1'b0;
      win_page_q <= '0;
      win_pa_q <= '0;
      prev_page_q <= '0;
      prev_pa_q <= '0;
      fill_addr_q <= '0;
    end else begin
      if (start_xlate) xlate_q <= 1'b1;
      else if (mmu_rsp_valid_i) xlate_q <= 1'b0;
      if (rsp_ok) begin
        win_v_q <= 1'b1;
        win_page_q <= next_va[63:12];
        win_pa_q <= mmu_rsp_i.pa[39:12];
        prev_v_q <= win_v_q;
        prev_page_q <= win_page_q;
        prev_pa_q <= win_pa_q;
      end
      if (flush_i) begin
        win_v_q <= 1'b0;
        prev_v_q <= 1'b0;
      end

      if (fill_q) begin
        if (bus_rsp_i.ack) begin
          fill_q <= 1'b0;
          line_v_q[fill_addr_q[2:0]] <= 1'b1;
          line_tag_q[fill_addr_q[2:0]] <= fill_addr_q[35:3];
          line_q[fill_addr_q[2:0]] <= bus_rsp_i.rdata;
        end
      end else if (want) begin
        fill_q <= 1'b1;
        fill_addr_q <= want_addr;
      end
      if (drop_i && line_tag_q[drop_addr_i[6:4]] == drop_addr_i[39:7]) begin
        line_v_q[drop_addr_i[6:4]] <= 1'b0;
      end
    end
  end
  NeedIsHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    need_i && xlate_q && !mmu_rsp_valid_i |=> need_i && $stable(ip_i));
  ReqIsStable: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid && !bus_rsp_i.ack |=> $stable(bus_req_o));

  logic unused;
  assign unused = ^{mmu_rsp_i.page_log2, mmu_rsp_i.memtype, mmu_rsp_i.pa[3:0], lin1[3:0]};

endmodule
