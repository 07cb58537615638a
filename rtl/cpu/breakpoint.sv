// SPDX-License-Identifier: Apache-2.0
// Hardware breakpoints: which of DR0 to DR3 an instruction's first byte matches, at a boundary, and
// which the access that the load/store unit begins in this cycle, bit n for DRn. Combinational; 0
// unless DR7 enables one. SDM Vol. 3B "Debug Registers", "Breakpoint Field Recognition"; T2.
module breakpoint
  import cpu_pkg::*;
(
  /* verilator lint_off UNUSEDSIGNAL */  // Ln, Gn, R/Wn, LENn
  input  logic [63:0]      dr7_i,
  /* verilator lint_on UNUSEDSIGNAL */
  input  logic [3:0][63:0] dr_i,
  input  logic             de_i,        // CR4.DE
  // an instruction
  input  logic             boundary_i,
  input  logic             l64_i,
  input  logic [31:0]      cs_base_i,
  input  logic [63:0]      rip_i,
  output logic [3:0]       insn_o,
  // an access
  output logic             watch_o,     // access_i is wanted
  input  watched_t         access_i,
  output logic [3:0]       access_o
);

  typedef enum logic [1:0] {OnInsn, OnWrite, OnPort, OnAny} on_e;

  function automatic on_e on(input int unsigned i);
    return on_e'(dr7_i[16+4*i +: 2]);
  endfunction

  function automatic logic enabled(input int unsigned i);
    return dr7_i[2*i +: 2] != '0;
  endfunction

  assign watch_o = dr7_i[7:0] != '0;

  always_comb begin
    logic [63:0] va;
    insn_o = '0;
    if (boundary_i && watch_o) begin
      va = l64_i ? rip_i : {32'd0, cs_base_i + rip_i[31:0]};
      for (int unsigned i = 0; i < 4; i++) begin
        insn_o[i] = enabled(i) && on(i) == OnInsn && va == dr_i[i];
      end
    end
  end

  function automatic logic wants(input on_e what, input logic write, io, de);
    unique case (what)
      OnWrite: return write && !io;
      OnAny: return !io;
      OnPort: return io && de;
      default: return 1'b0;
    endcase
  endfunction

  // The bytes that DRn and LENn name against those of an access, which may run over the end of the
  // linear addresses, 32 or 64 bits of them.
  function automatic logic meets(input logic [63:0] dr, input logic [1:0] len,
                                 input logic [63:0] from, to);
    logic [63:0] first, last;
    logic [2:0]  low;
    unique case (len)
      2'd0: low = 3'd0;
      2'd1: low = 3'd1;
      2'd2: low = 3'd7;
      default: low = 3'd3;
    endcase
    first = dr & ~{61'd0, low};
    last = dr | {61'd0, low};
    if (to >= from) return from <= last && first <= to;
    return (from <= last && from[63:32] == last[63:32]) || first <= to;
  endfunction

  always_comb begin
    access_o = '0;
    if (access_i.valid) begin
      for (int unsigned i = 0; i < 4; i++) begin
        access_o[i] = enabled(i) && wants(on(i), access_i.write, access_i.io, de_i)
                   && meets(dr_i[i], dr7_i[18+4*i +: 2], access_i.first, access_i.last);
      end
    end
  end

endmodule
