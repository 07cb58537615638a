// SPDX-License-Identifier: Apache-2.0
// What an entry says and what the registers make of it, in the order of SDM Vol. 3A "Paging". Pure
// functions of one entry; the walk is in mmu.sv.
package notlb_rules;
  import mmu_pkg::*;

  // How far the tables of a paging mode reach down from its root.
  function automatic logic [2:0] top_level(input mmu_ctx_t ctx);
    if (!ctx.lma) return 3'd2;
    return ctx.la57 ? 3'd5 : 3'd4;
  endfunction

  // Entries of 32-bit paging are the only ones of 4 bytes.
  function automatic logic narrow(input mmu_ctx_t ctx);
    return !ctx.pae;
  endfunction

  // "Use of ... with Paging": where in the table of this level the linear address has its entry.
  function automatic logic [11:0] offset_in_table(input mmu_ctx_t ctx, input logic [2:0] level,
                                                  input logic [63:0] va);
    logic [63:0] number;
    number = va >> 12;
    for (int unsigned l = 1; l < 5; l++)
      if (3'(l) < level) number = number >> (narrow(ctx) ? 10 : 9);
    return narrow(ctx) ? {number[9:0], 2'b0} : {number[8:0], 3'b0};
  endfunction

  function automatic logic maps_page(input mmu_ctx_t ctx, input logic [2:0] level,
                                     input logic [63:0] e);
    case (level)
      3'd1:    return 1'b1;
      3'd2:    return e[7] && (ctx.pae || ctx.pse);
      3'd3:    return e[7] && !ctx.no_pdpe1gb;
      default: return 1'b0;
    endcase
  endfunction

  // "Reserved bits": in any entry, and of the address of a page that is not of 4 KBytes.
  function automatic logic reserved_set(input mmu_ctx_t ctx, input logic [2:0] level,
                                        input logic [63:0] e);
    logic page, bad;
    page = maps_page(ctx, level, e);
    bad  = 1'b0;
    if (narrow(ctx)) begin
      if (page && level == 3'd2) begin
        bad = e[21] || (ctx.no_pse36 && e[20:13] != '0);
      end
    end else begin
      bad = e[51:40] != '0 || (e[63] && !ctx.nxe);
      if (!ctx.lma && e[62:52] != '0) bad = 1'b1;
      if (level >= 3'd4 && e[7]) bad = 1'b1;
      if (level == 3'd3 && e[7] && ctx.no_pdpe1gb) bad = 1'b1;
      if (page && level == 3'd3 && e[29:13] != '0) bad = 1'b1;
      if (page && level == 3'd2 && e[20:13] != '0) bad = 1'b1;
    end
    if (page && ctx.no_pat && (level == 3'd1 ? e[7] : e[12])) bad = 1'b1;
    return bad;
  endfunction

  // "Determination of Access Rights" with R/W and U/S of all levels ANDed, XD ORed.
  function automatic logic denied(input mmu_ctx_t ctx, input mmu_req_t req, input logic rw, us, xd);
    if (req.acc == AccFetch) begin
      if (xd && ctx.nxe && ctx.pae) return 1'b1;
      return req.user ? !us : us && ctx.smep;
    end
    if (req.user) return !us || (req.acc == AccWrite && !rw);
    if (us && ctx.smap && (req.implicit_sup || !ctx.ac)) return 1'b1;
    return req.acc == AccWrite && !rw && ctx.wp;
  endfunction

  // "Protection Keys": a page of user-mode addresses by PKRU, one of supervisor's by IA32_PKRS.
  function automatic logic key_denied(input mmu_ctx_t ctx, input mmu_req_t req, input logic us,
                                      input logic [3:0] key);
    logic ad, wd;
    if (!ctx.lma || req.acc == AccFetch) return 1'b0;
    if (us ? !ctx.pke : !ctx.pks) return 1'b0;
    ad = us ? ctx.pkru[{key, 1'b0}] : ctx.pkrs[{key, 1'b0}];
    wd = us ? ctx.pkru[{key, 1'b1}] : ctx.pkrs[{key, 1'b1}];
    return ad || (wd && req.acc == AccWrite && (ctx.wp || (us && req.user)));
  endfunction

  // "Page-Fault Exceptions".
  function automatic logic [31:0] error_code(input mmu_ctx_t ctx, input mmu_req_t req,
                                             input logic p, rsvd, pk);
    logic id;
    id = req.acc == AccFetch && ((ctx.pae && ctx.nxe) || ctx.smep);
    return {26'b0, pk, id, rsvd, req.user, req.acc == AccWrite, p};
  endfunction

  function automatic logic [39:0] page_address(input mmu_ctx_t ctx, input logic [2:0] level,
                                               input logic [63:0] e, va);
    case (level)
      3'd1:    return {narrow(ctx) ? 8'b0 : e[39:32], e[31:12], va[11:0]};
      3'd2:    return narrow(ctx) ? {e[20:13], e[31:22], va[21:0]} : {e[39:21], va[20:0]};
      default: return {e[39:30], va[29:0]};
    endcase
  endfunction

  function automatic logic [4:0] size_log2(input mmu_ctx_t ctx, input logic [2:0] level);
    case (level)
      3'd1:    return 5'd12;
      3'd2:    return narrow(ctx) ? 5'd22 : 5'd21;
      default: return 5'd30;
    endcase
  endfunction

  // The type in IA32_PAT that the entry's PAT, PCD and PWT choose.
  function automatic logic [2:0] pat_type(input mmu_ctx_t ctx, input logic [2:0] level,
                                          input logic [63:0] e);
    logic [2:0] index;
    index = {level == 3'd1 ? e[7] : e[12], e[4], e[3]};
    return ctx.pat[8*index +: 3];
  endfunction

  // "MTRR Precedences": no match is the default type, UC wins, then WT over WB.
  function automatic logic [2:0] mtrr_type(input mtrr_t m, input logic [39:0] pa);
    logic [7:0] seen;  // by type
    seen = '0;
    if (!m.e) return MtUc;
    for (int unsigned i = 0; i < MtrrRanges; i++)
      if (m.range[i].v && ((pa[39:12] ^ m.range[i].base) & m.range[i].mask) == '0)
        seen[m.range[i].mtype] = 1'b1;
    if (seen == '0) return m.def_type;
    for (int unsigned t = 1; t < 8; t++)
      if (seen == 8'd1 << t) return 3'(t);
    if (seen == 8'b0101_0000) return MtWt;
    return MtUc;
  endfunction

  // "Effective Page-Level Memory Types".
  function automatic logic [2:0] effective(input logic [2:0] mtrr, pat);
    if (pat == MtUc || pat == MtWc) return pat;
    if (pat == MtUcMinus) return mtrr == MtWc || mtrr == MtWp ? MtWc : MtUc;
    case (mtrr)
      MtWb:    return pat;
      MtWt:    return pat == MtWb ? MtWt : pat;
      MtWp:    return pat == MtWb ? MtWp : pat;
      MtWc:    return pat == MtWb ? MtWc : MtUc;
      default: return MtUc;
    endcase
  endfunction

endpackage
