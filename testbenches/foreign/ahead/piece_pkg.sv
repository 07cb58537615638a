// SPDX-License-Identifier: Apache-2.0
// A piece of 4 KBytes of a page of any size, as both levels of the TLB hold it, and what a flush does
// to it. SDM Vol. 3A "Invalidation of TLBs and Paging-Structure Caches".
package piece_pkg;
  import mmu_pkg::*;

  typedef struct packed {
    logic        valid;
    logic        g;
    logic [11:0] pcid;
    logic [44:0] vpn;      // linear address 56:12 of the piece
    logic [1:0]  above;    // the page: 0 4 KBytes, 1 2 MBytes, 2 1 GByte
    logic [27:0] frame;    // physical address 39:12 of the piece
    logic [2:0]  pat;
    logic        rw, us, xd, d;
  } piece_t;

  function automatic logic answers(input piece_t t, input logic [44:0] vpn, input logic [11:0] pcid);
    return t.valid && t.vpn == vpn && (t.g || t.pcid == pcid);
  endfunction

  // Does this page hold the address? One INVLPG drops all pieces of it.
  function automatic logic holds(input piece_t t, input logic [44:0] vpn);
    logic [44:0] differ;
    differ = t.vpn ^ vpn;
    case (t.above)
      2'd0:    return differ == '0;
      2'd1:    return differ[44:9] == '0;
      default: return differ[44:18] == '0;
    endcase
  endfunction

  function automatic logic flushed(input piece_t t, input mmu_flush_t f);
    case (f.kind)
      FlushPage:         return holds(t, f.va[56:12]) && (t.g || t.pcid == f.pcid);
      FlushPagePcid:     return holds(t, f.va[56:12]) && !t.g && t.pcid == f.pcid;
      FlushPcid:         return !t.g && t.pcid == f.pcid;
      FlushAllNonGlobal: return !t.g;
      default:           return 1'b1;
    endcase
  endfunction

endpackage
