// SPDX-License-Identifier: Apache-2.0
// The PDPTE registers of PAE paging. A load is asked for by valid_i, stable with base_i until done_o,
// which is high for one cycle with fault_o; it takes 5 cycles (bus waits on top): the first, four
// reads, and the answer. The registers change at the end of the answer, all or none. start_i is
// the cycle in which the load may begin. The request comes from registers.
// SDM Vol. 3A "PDPTE Registers"; docs/mmu.md M8, M44.
module mmu_pdpte
  import mmu_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic         valid_i,
  input  logic         start_i,      // valid_i, and nothing else is in work
  input  logic [31:5]  base_i,       // CR3
  output logic         busy_o,       // from the cycle after start_i up to done_o
  output logic         done_o,
  output logic         fault_o,      // with done_o: a present one has reserved bits set
  output pdpte_t [3:0] pdpte_o,
  // 8-byte reads.
  output entry_req_t   entry_o,
  input  logic         entry_done_i,
  input  logic [63:0]  entry_value_i
);

  typedef enum logic [1:0] {StIdle, StRead, StDone} state_e;

  state_e       state_q;
  logic [1:0]   n_q;         // of the register being read
  pdpte_t [3:0] read_q, pdpte_q;
  logic         bad_q;       // one of those read so far cannot be loaded

  /* verilator lint_off UNUSEDSIGNAL */  // P and the reserved bits
  function automatic logic bad(input pdpte_t e);
    return e.p && (e.rsvd_lo != '0 || e.rsvd_mid != '0 || e.rsvd_hi != '0);
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      n_q     <= '0;
      pdpte_q <= '0;
    end else begin
      unique case (state_q)
        StIdle: if (start_i) state_q <= StRead;
        StRead:
          if (entry_done_i) begin
            n_q <= n_q + 2'd1;
            if (n_q == 2'd3) state_q <= StDone;
          end
        default: begin
          state_q <= StIdle;
          if (!fault_o) pdpte_q <= read_q;
        end
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StRead && entry_done_i) begin
      read_q[n_q] <= entry_value_i;
      bad_q       <= (bad_q && n_q != 2'd0) || bad(entry_value_i);
    end
  end

  assign busy_o  = state_q != StIdle;
  assign done_o  = state_q == StDone;
  assign fault_o = state_q == StDone && bad_q;
  assign pdpte_o = pdpte_q;

  always_comb begin
    entry_o = '0;
    if (state_q == StRead) begin
      entry_o.valid = 1'b1;
      entry_o.op    = EntryRead;
      entry_o.addr  = {8'b0, base_i, n_q, 1'b0};
      entry_o.level = 3'd3;
    end
  end

  // Property, and what was so at the last edge.
  logic        waits_q;
  logic [31:5] base_q;
  always @(posedge clk_i) begin
    waits_q <= rst_ni && valid_i && !done_o;
    if (valid_i) base_q <= base_i;
    if (rst_ni && waits_q)
      LoadIsHeld: assert (valid_i && base_i == base_q);
  end

endmodule
