// SPDX-License-Identifier: Apache-2.0
// Formats of VT-d as masks of what is reserved, and the types that the blocks share.
package mw_pkg;

  // ND 6, SAGAW 39 and 48 bits, MGAW 48 bits, ZLR, records at 200h, pages of 2 MiB and 1 GiB, PSI,
  // 8 records, MAMV 18; requests are not drained.
  localparam logic [63:0] CAP  = 64'h0012_078C_206F_0606;
  // C, QI, IR, PT, IVA at 100h, MHMV 15.
  localparam logic [63:0] ECAP = 64'h0000_0000_00F0_104B;

  localparam logic [127:0] ROOT_RSVD    = {64'hFFFF_FFFF_FFFF_FFFF, 64'hFFFF_FF00_0000_0FFE};
  localparam logic [127:0] CONTEXT_RSVD = {64'hFFFF_FFFF_FF00_0080, 64'hFFFF_FF00_0000_0FF0};
  localparam logic [127:0] IRTE_RSVD    = {64'hFFFF_FFFF_FFF0_0000, 64'hFFFF_00FF_FF00_F000};
  localparam logic [63:0]  ENTRY_RSVD   = 64'h400F_FF00_0000_0800;

  typedef struct packed {
    logic        pass, fpd;
    logic [1:0]  aw;
    logic [15:0] did;
    logic [27:0] table_frame;
  } context_t;

  typedef struct packed {
    logic        r, w;
    logic [27:0] frame;
  } piece_t;  // 4 KiB of a page, or a level-1 table

  typedef struct packed {
    logic        context_all, context_domain, context_device;
    logic        iotlb_all, iotlb_domain, iotlb_page;
    logic        irte_all, irte_index;
    logic [15:0] did, sid, index;
    logic [1:0]  fm;
    logic [35:0] page;      // address 47:12
    logic        elsewhere; // address 63:48 is not 0: no page of this unit
    logic [5:0]  am;
    logic        ih;
    logic [3:0]  im;
  } drop_t;

  typedef enum logic [3:0] {
    Free, Look, Root, Context, Walk, Level, Irte, Order, Move, Log, Reply
  } step_t;

  function automatic logic leaf(input logic [63:0] e, input logic [2:0] level);
    return level == 3'd1 || (e[7] && level != 3'd4);
  endfunction

  function automatic logic entry_bad(input logic [63:0] e, input logic [2:0] level);
    logic bad;
    bad = (e & ENTRY_RSVD) != '0;
    if (e[7]) begin
      case (level)
        3'd4:    bad = 1'b1;
        3'd3:    bad |= e[29:12] != '0;
        3'd2:    bad |= e[20:12] != '0;
        default: ;
      endcase
    end
    return bad;
  endfunction

  // The 4 KiB of `va` in the page of a leaf.
  function automatic logic [27:0] frame_of(input logic [63:0] e, input logic [2:0] level, input logic [63:0] va);
    case (level)
      3'd3:    return {e[39:30], va[29:12]};
      3'd2:    return {e[39:21], va[20:12]};
      default: return e[39:12];
    endcase
  endfunction

  function automatic logic source_good(input logic [127:0] e, input logic [15:0] sid);
    logic [15:0] care;
    care = ~(16'h7 & ~(16'h7 >> e[81:80]));
    case (e[83:82])
      2'd0:    return 1'b1;
      2'd1:    return ((e[79:64] ^ sid) & care) == '0;
      2'd2:    return e[79:72] <= sid[15:8] && sid[15:8] <= e[71:64];
      default: return 1'b0;
    endcase
  endfunction

endpackage
