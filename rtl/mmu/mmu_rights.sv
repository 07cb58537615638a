// SPDX-License-Identifier: Apache-2.0
// The predicates of a translation: paging mode, rights, protection keys, reserved bits, error code,
// the type that PAT gives. SDM Vol. 3A "Determination of Access Rights", "Protection Keys",
// "Page-Fault Exceptions", "Page Attribute Table"; docs/mmu.md.
package mmu_rights;
  import mmu_pkg::*;

  localparam logic [63:0] PteAboveMaxphyaddr = 64'h000F_FF00_0000_0000;  // bits 51:40
  localparam logic [63:0] PaeReserved        = 64'h7FFF_FF00_0000_0000;  // bits 62:40
  localparam logic [63:0] Pde4MReserved      = 64'h0000_0000_0020_0000;  // bit 21
  localparam logic [63:0] Pde4MNoPse36       = 64'h0000_0000_001F_E000;  // bits 20:13
  localparam logic [63:0] PtePat             = 64'h0000_0000_0000_0080;  // bit 7
  localparam logic [63:0] LargePat           = 64'h0000_0000_0000_1000;  // bit 12
  localparam logic [63:0] Pde2MReserved      = 64'h0000_0000_001F_E000;  // bits 20:13
  localparam logic [63:0] Pdpte1GReserved    = 64'h0000_0000_3FFF_E000;  // bits 29:13

  /* verilator lint_off UNUSEDSIGNAL */  // functions take whole values and look at some bits

  // U/S R/W XD of all levels against the access; implicit supervisor accesses are never user. M21.
  function automatic logic rights_allow(input rights_t r, input mmu_req_t req,
                                        input mmu_ctx_t ctx);
    if (req.user)
      return r.us && (req.acc != AccWrite || r.rw) && (req.acc != AccFetch || !r.xd);
    if (req.acc == AccFetch)
      return !r.xd && !(ctx.smep && r.us);
    return (req.acc != AccWrite || r.rw || !ctx.wp)
           && !(ctx.smap && r.us && !(ctx.ac && !req.implicit_sup));
  endfunction

  // The protection key of a page with these rights against the access. M9, M24.
  function automatic logic key_denies(input logic us, input logic [3:0] key, input mmu_req_t req,
                                      input mmu_ctx_t ctx);
    logic wd, ad;
    {wd, ad} = us ? ctx.pkru[{key, 1'b0} +: 2] : ctx.pkrs[{key, 1'b0} +: 2];
    if (req.acc == AccFetch || !ctx.lma || !(us ? ctx.pke : ctx.pks)) return 1'b0;
    return ad || (wd && req.acc == AccWrite && ((req.user && us) || ctx.wp));
  endfunction

  // The paging mode of a context, pdpte the PDPTE register of the address. Reserved: bits at and
  // above MAXPHYADDR, XD without EFER.NXE, PS of a PML4E and PML5E, the low frame bits of a large
  // leaf but its PAT and what PSE-36 uses; those two where they are not there. SDM Vol. 3A "Paging-Mode Control Bits"; M7, M8, M14.
  function automatic paging_mode_t paging_mode(input mmu_ctx_t ctx, input pdpte_t pdpte);
    paging_mode                   = '0;
    paging_mode.levels            = 3'd2;
    paging_mode.index_bits        = 4'd9;
    paging_mode.entry_log2        = 2'd3;
    paging_mode.ps_leaf           = 5'b00010;
    paging_mode.leaf_reserved[2]  = Pde2MReserved;
    paging_mode.large_size        = Page2M;
    paging_mode.root              = ctx.cr3[39:12];
    paging_mode.root_p            = 1'b1;
    if (ctx.lma) begin
      paging_mode.levels            = ctx.la57 ? 3'd5 : 3'd4;
      paging_mode.ps_leaf           = ctx.no_pdpe1gb ? 5'b00010 : 5'b00110;
      paging_mode.ps_reserved       = ctx.no_pdpe1gb ? 5'b11100 : 5'b11000;
      paging_mode.reserved          = PteAboveMaxphyaddr;
      paging_mode.reserved[63]      = !ctx.nxe;
      paging_mode.leaf_reserved[3]  = Pdpte1GReserved;
      paging_mode.keys              = 1'b1;
    end else if (ctx.pae) begin
      paging_mode.reserved          = PaeReserved;
      paging_mode.reserved[63]      = !ctx.nxe;
      paging_mode.root              = pdpte.frame;
      paging_mode.root_p            = pdpte.p;
    end else begin
      paging_mode.index_bits        = 4'd10;
      paging_mode.entry_log2        = 2'd2;
      paging_mode.ps_leaf[2]        = ctx.pse;
      paging_mode.leaf_reserved[2]  = Pde4MReserved | (ctx.no_pse36 ? Pde4MNoPse36 : '0);
      paging_mode.large_size        = Page4M;
      paging_mode.root              = {8'b0, ctx.cr3[31:12]};
    end
    if (ctx.no_pat) begin
      paging_mode.leaf_reserved[1] = PtePat;
      paging_mode.leaf_reserved[2] = paging_mode.leaf_reserved[2] | LargePat;
      paging_mode.leaf_reserved[3] = paging_mode.leaf_reserved[3] | LargePat;
    end
  endfunction

  // Address of the entry of va in the table at frame.
  function automatic logic [39:2] entry_addr(input paging_mode_t mode, input logic [27:0] frame,
                                             input logic [2:0] level, input logic [63:0] va);
    logic [63:0] index;
    index = va >> (6'd12 + {2'b0, mode.index_bits} * ({3'b0, level} - 6'd1));
    index = (index & ~(64'hFFFF_FFFF_FFFF_FFFF << mode.index_bits)) << mode.entry_log2;
    return {frame, index[11:2]};
  endfunction

  function automatic logic pte_is_leaf(input paging_mode_t mode, input pte_t pte,
                                       input logic [2:0] level);
    return level == 3'd1 || (pte.ps && mode.ps_leaf[level]);
  endfunction

  function automatic logic pte_reserved(input paging_mode_t mode, input pte_t pte,
                                        input logic [2:0] level);
    logic [63:0] mask;
    logic        is_leaf;
    mask = mode.reserved;
    is_leaf = pte.ps && mode.ps_leaf[level];
    if (level == 3'd1) mask = mask | mode.leaf_reserved[1];
    if (is_leaf && level == 3'd2) mask = mask | mode.leaf_reserved[2];
    if (is_leaf && level == 3'd3) mask = mask | mode.leaf_reserved[3];
    return (pte & mask) != '0 || (pte.ps && mode.ps_reserved[level]);
  endfunction

  function automatic page_e leaf_size(input paging_mode_t mode, input logic [2:0] level);
    return level == 3'd1 ? Page4K : level == 3'd2 ? mode.large_size : Page1G;
  endfunction

  // PSE-36 has bits 39:32 of the address in bits 20:13.
  function automatic logic [27:0] leaf_frame(input page_e size, input pte_t pte);
    return size == Page4M ? {pte[20:13], pte[31:22], 10'b0} : pte.frame;
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  // PAT is bit 7 of a PTE and bit 12 of a larger leaf.
  function automatic logic pte_pat(input logic ps, input logic bit12, input logic [2:0] level);
    return level == 3'd1 ? ps : bit12;
  endfunction

  // M22.
  /* verilator lint_off UNUSEDSIGNAL */  // as above
  function automatic logic [31:0] pf_error_code(input logic present, input logic rsvd,
                                                input logic pk, input mmu_req_t req,
                                                input mmu_ctx_t ctx);
    return {26'b0, pk, req.acc == AccFetch && ((ctx.pae && ctx.nxe) || ctx.smep), rsvd, req.user,
            req.acc == AccWrite, present};
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  function automatic logic [44:0] vpn_mask(input page_e size);
    case (size)
      Page1G:  return 45'h1FFF_FFFC_0000;
      Page4M:  return 45'h1FFF_FFFF_FC00;
      Page2M:  return 45'h1FFF_FFFF_FE00;
      default: return 45'h1FFF_FFFF_FFFF;
    endcase
  endfunction

  function automatic logic tlb_match(input tlb_tag_t t, input logic [44:0] vpn,
                                     input logic [11:0] pcid);
    return ((t.vpn ^ vpn) & vpn_mask(t.size)) == '0 && (t.g || t.pcid == pcid);
  endfunction

endpackage
