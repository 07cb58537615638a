// SPDX-License-Identifier: Apache-2.0
// What stands in the structures of VT-d and what is wrong with it; this unit's capabilities.
package vtd_rules;

  // ND 6, SAGAW 39 and 48 bits, MGAW 48 bits, records at 200h, pages of 2 MiB, PSI, 4 records,
  // MAMV 9, DWD, DRD.
  localparam logic [63:0] Cap  = 64'h00C9_0384_202F_0606;
  // C, QI, IR, IVA at 100h, MHMV 15.
  localparam logic [63:0] Ecap = 64'h0000_0000_00F0_100B;

  localparam int unsigned Records = 4;

  typedef logic [127:0] wide_t;

  function automatic logic root_is_bad(input wide_t e);
    return {e[127:40], e[11:1]} != '0;
  endfunction

  function automatic logic context_is_bad(input wide_t e);
    return {e[127:88], e[71], e[63:40], e[11:4]} != '0;
  endfunction

  // A second-stage entry of a level; `leaf` when it is one.
  function automatic logic entry_is_leaf(input logic [63:0] e, input int unsigned level);
    return level == 1 || (level == 2 && e[7]);
  endfunction

  function automatic logic entry_is_bad(input logic [63:0] e, input int unsigned level);
    if ({e[62], e[51:40], e[11]} != '0) return 1'b1;
    if (level > 2) return e[7];
    return level == 2 && e[7] && e[20:12] != '0;
  endfunction

  // Bits of the destination that xAPIC mode has no use for are reserved too.
  function automatic logic irte_is_bad(input wide_t e);
    return {e[127:84], e[63:48], e[39:24], e[15:12]} != '0;
  endfunction

  function automatic logic source_is_good(input wide_t e, input logic [15:0] sid);
    logic [15:0] differ;
    differ = e[79:64] ^ sid;
    case (e[81:80])
      2'd1:    differ[2]   = 1'b0;
      2'd2:    differ[2:1] = '0;
      2'd3:    differ[2:0] = '0;
      default: ;
    endcase
    case (e[83:82])
      2'd0:    return 1'b1;
      2'd1:    return differ == '0;
      2'd2:    return sid[15:8] >= e[79:72] && sid[15:8] <= e[71:64];
      default: return 1'b0;
    endcase
  endfunction

  // The queue's error for a descriptor, 0 for a good one.
  function automatic logic [3:0] descriptor_error(input wide_t d);
    logic bad;
    case ({d[11:9], d[3:0]})
      7'd1: bad = {d[127:64], d[63:50], d[15:12], d[8:6]} != '0 || d[5:4] == '0;
      7'd2: bad = {d[75:71], d[63:32], d[15:12], d[8]} != '0 || d[5:4] == '0 || (d[5:4] == 2'd3 && d[69:64] > Cap[53:48]);
      7'd4: bad = {d[127:64], d[63:48], d[26:12], d[8:5]} != '0 || (d[4] && d[31:27] > 5'd15);
      7'd5: bad = {d[65:64], d[31:12], d[8:7]} != '0 || (d[5] && d[127:104] != '0);
      default: return 4'd3;
    endcase
    return bad ? 4'd4 : 4'd0;
  endfunction

endpackage
