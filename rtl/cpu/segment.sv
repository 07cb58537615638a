// SPDX-License-Identifier: Apache-2.0
// Segment registers with their hidden parts, LDTR and TR, and the two being loaded (NCS, NSS). One
// write in a cycle; reads are combinational. SDM Vol. 3A "Segment Registers", "Segment
// Descriptors", "Segment Loading Instructions in IA-32e Mode".
module segment
  import cpu_pkg::*;
  import ucode_pkg::*;
  import cpu_port_pkg::*;
(
  input  logic        clk_i, rst_ni,
  /* verilator lint_off UNUSEDSIGNAL */  // only the mode
  input  boot_t       boot_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic        ld_i,       // descriptor a_i, selector b_i into seg_i
  input  logic        ld_hi_i,    // base 63:32 := a_i[31:0]
  input  logic        null_i,     // null selector a_i into seg_i
  input  logic        mov_i,      // CS := NCS, SS := NSS, NSS := SS
  input  logic        drop_i,     // return to an outer level: DS ES FS GS above cpl_i become null,
                                  // a null one's RPL 0 (SDM Vol. 2 "IRET", "RET")
  input  logic        field_i,    // one field, named by field_sel_i, := a_i
  input  reg_e        field_sel_i,
  input  logic [3:0]  seg_i,
  input  logic [1:0]  cpl_i,
  input  logic [63:0] a_i,
  input  logic [15:0] b_i,
  output seg_t [9:0]  segs_o
);

  seg_t [9:0] segs_q;
  assign segs_o = segs_q;

  function automatic seg_t unpack(input logic [63:0] d, input logic [15:0] sel);
    seg_t s;
    s.base = {32'd0, d[63:56], d[39:16]};
    s.limit = d[55] ? {d[51:48], d[15:0], 12'hfff} : {12'd0, d[51:48], d[15:0]};
    s.sel = sel;
    s.attr = {d[55:52], 4'd0, d[47:41], d[40] | d[44]};  // accessed by now, when S = 1
    return s;
  endfunction

  function automatic seg_t null_seg(input logic [15:0] sel);
    return '{base: '0, limit: '0, sel: sel, attr: '0};
  endfunction

  /* verilator lint_off UNUSEDSIGNAL */  // only the attributes
  function automatic logic drops(input seg_t s, input logic [1:0] cpl);
    return s.attr[7] && s.attr[4] && s.attr[3:2] != 2'b11 && s.attr[6:5] < cpl;
  endfunction

  /* verilator lint_on UNUSEDSIGNAL */

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int unsigned i = 0; i < 10; i++) begin
        segs_q[i] <= '{base: '0, limit: '1, sel: 16'h10, attr: 16'hc093};
      end
      segs_q[SegCs] <= '{base: '0, limit: '1, sel: 16'h08,
                         attr: boot_i.long_mode ? 16'ha09b : 16'hc09b};
      segs_q[SegLdtr] <= '{base: '0, limit: 32'hffff, sel: '0, attr: 16'h0082};
      segs_q[SegTr] <= '{base: '0, limit: 32'hffff, sel: '0, attr: 16'h008b};
    end else begin
      if (ld_i) segs_q[seg_i] <= unpack(a_i, b_i);
      if (ld_hi_i) segs_q[seg_i].base[63:32] <= a_i[31:0];
      if (null_i) segs_q[seg_i] <= null_seg(a_i[15:0]);
      if (mov_i) begin
        if (seg_i == 4'(SegCs)) segs_q[SegCs] <= segs_q[SegNcs];
        else if (seg_i == 4'(SegSs)) segs_q[SegSs] <= segs_q[SegNss];
        else segs_q[SegNss] <= segs_q[SegSs];
      end
      if (drop_i) begin
        for (int unsigned i = 0; i < 6; i++) begin
          if (i != SegCs && i != SegSs) begin
            if (drops(segs_q[i], cpl_i)) {segs_q[i].limit, segs_q[i].sel, segs_q[i].attr} <= '0;  // S8
            else if (segs_q[i].sel[15:2] == '0) segs_q[i].sel <= '0;
          end
        end
      end
      if (field_i) begin
        unique case (field_sel_i)
          RgSbase: segs_q[seg_i].base <= a_i;
          RgSlim: segs_q[seg_i].limit <= a_i[31:0];
          RgSsel: segs_q[seg_i].sel <= a_i[15:0];
          default: segs_q[seg_i].attr <= a_i[15:0];
        endcase
      end
    end
  end
  OneWrite: assert property (@(posedge clk_i) disable iff (!rst_ni)
    $onehot0({ld_i, ld_hi_i, null_i, mov_i, drop_i, field_i}));

endmodule
