// SPDX-License-Identifier: Apache-2.0
// The predicates of a translation: paging mode, rights, reserved bits, error code, memory type.
// SDM Vol. 3A "Determination of Access Rights", "Page-Fault Exceptions", "Page Attribute Table".
package mmu_rights;
  import mmu_pkg::*;

  localparam logic [63:0] PteAboveMaxphyaddr = 64'h000F_FF00_0000_0000;  // bits 51:40
  localparam logic [63:0] Pde2MReserved      = 64'h0000_0000_001F_E000;  // bits 20:13
  localparam logic [63:0] Pdpte1GReserved    = 64'h0000_0000_3FFF_E000;  // bits 29:13

  // U/S R/W XD of all levels against the access; implicit supervisor accesses are never user.
  function automatic logic rights_allow(input rights_t r, input acc_e acc, input logic user,
                                        input logic implicit_sup, input logic wp, input logic smep,
                                        input logic smap, input logic ac);
    if (user)
      return r.us && (acc != AccWrite || r.rw) && (acc != AccFetch || !r.xd);
    if (acc == AccFetch)
      return !r.xd && !(smep && r.us);
    return (acc != AccWrite || r.rw || !wp) && !(smap && r.us && !(ac && !implicit_sup));
  endfunction

  // The paging mode of a context. SDM Vol. 3A "Paging-Mode Control Bits"; 4-level paging is the
  // only one yet. Reserved: bits 51:40, XD without EFER.NXE, PS of a PML4E, the low frame bits of a
  // large leaf but its PAT.
  /* verilator lint_off UNUSEDSIGNAL */  // the root and NXE decide
  function automatic paging_mode_t paging_mode(input mmu_ctx_t ctx);
    paging_mode = '0;
    paging_mode.levels            = 3'd4;
    paging_mode.index_bits        = 4'd9;
    paging_mode.entry_log2        = 2'd3;
    paging_mode.ps_leaf           = 5'b00110;
    paging_mode.ps_reserved       = 5'b11000;
    paging_mode.reserved          = PteAboveMaxphyaddr;
    paging_mode.reserved[63]      = !ctx.nxe;
    paging_mode.large_reserved[2] = Pde2MReserved;
    paging_mode.large_reserved[3] = Pdpte1GReserved;
    paging_mode.root              = ctx.cr3[39:12];
  endfunction

  // Address of the entry of va in the table at frame.
  function automatic logic [39:3] entry_addr(input paging_mode_t mode, input logic [27:0] frame,
                                             input logic [2:0] level, input logic [63:0] va);
    logic [63:0] index;
    index = va >> (6'd12 + {2'b0, mode.index_bits} * ({3'b0, level} - 6'd1));
    index = (index & ~(64'hFFFF_FFFF_FFFF_FFFF << mode.index_bits)) << mode.entry_log2;
    return {frame, index[11:3]};
  endfunction

  function automatic logic pte_is_leaf(input paging_mode_t mode, input pte_t pte,
                                       input logic [2:0] level);
    return level == 3'd1 || (pte.ps && mode.ps_leaf[level]);
  endfunction

  function automatic logic pte_reserved(input paging_mode_t mode, input pte_t pte,
                                        input logic [2:0] level);
    logic [63:0] mask;
    mask = mode.reserved;
    if (pte.ps && level == 3'd2) mask = mask | mode.large_reserved[2];
    if (pte.ps && level == 3'd3) mask = mask | mode.large_reserved[3];
    return (pte & mask) != '0 || (pte.ps && mode.ps_reserved[level]);
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  // PAT is bit 7 of a PTE and bit 12 of a larger leaf.
  function automatic logic pte_pat(input logic ps, input logic bit12, input logic [2:0] level);
    return level == 3'd1 ? ps : bit12;
  endfunction

  function automatic logic [31:0] pf_error_code(input logic present, input logic rsvd,
                                                input acc_e acc, input logic user,
                                                input logic nxe, input logic smep);
    return {27'b0, acc == AccFetch && (nxe || smep), rsvd, user, acc == AccWrite, present};
  endfunction

  function automatic logic [35:0] vpn_mask(input page_e size);
    case (size)
      Page1G:  return 36'hF_FFFC_0000;
      Page2M:  return 36'hF_FFFF_FE00;
      default: return 36'hF_FFFF_FFFF;
    endcase
  endfunction

  function automatic logic tlb_match(input tlb_tag_t t, input logic [35:0] vpn,
                                     input logic [11:0] pcid);
    return ((t.vpn ^ vpn) & vpn_mask(t.size)) == '0 && (t.g || t.pcid == pcid);
  endfunction

endpackage
