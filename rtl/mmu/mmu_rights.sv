// SPDX-License-Identifier: Apache-2.0
// The predicates of a translation: rights, reserved bits, error code, memory type.
// SDM Vol. 3A "Determination of Access Rights", "Page-Fault Exceptions", "Page Attribute Table".
package mmu_rights;
  import mmu_pkg::*;

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

  // Bits 51:40, XD without EFER.NXE, PS of a PML4E, the low frame bits of a large leaf but its PAT.
  function automatic logic pte_reserved(input logic [11:0] above, input logic xd, input logic ps,
                                        input logic [17:1] frame_low, input logic [2:0] level,
                                        input logic nxe);
    logic bad;
    bad = above != '0 || (xd && !nxe);
    case (level)
      3'd4:    bad = bad || ps;
      3'd3:    bad = bad || (ps && frame_low != '0);
      3'd2:    bad = bad || (ps && frame_low[8:1] != '0);
      default: ;
    endcase
    return bad;
  endfunction

  function automatic logic pte_is_leaf(input logic ps, input logic [2:0] level);
    return level == 3'd1 || (ps && level != 3'd4);
  endfunction

  // PAT is bit 7 of a PTE and bit 12 of a larger leaf.
  function automatic logic pte_pat(input logic ps, input logic bit12, input logic [2:0] level);
    return level == 3'd1 ? ps : bit12;
  endfunction

  function automatic logic [31:0] pf_error_code(input logic present, input logic rsvd,
                                                input acc_e acc, input logic user,
                                                input logic nxe, input logic smep);
    return {27'b0, acc == AccFetch && (nxe || smep), rsvd, user, acc == AccWrite, present};
  endfunction

  function automatic logic [39:0] page_pa(input logic [27:0] frame, input page_e size,
                                          input logic [29:0] va);
    case (size)
      Page1G:  return {frame[27:18], va[29:0]};
      Page2M:  return {frame[27:9], va[20:0]};
      default: return {frame, va[11:0]};
    endcase
  endfunction

  function automatic logic [4:0] page_log2(input page_e size);
    case (size)
      Page1G:  return 5'd30;
      Page2M:  return 5'd21;
      default: return 5'd12;
    endcase
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
