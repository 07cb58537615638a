// SPDX-License-Identifier: Apache-2.0
// Internal types of the IOMMU: translation structures, cache entries, fault reasons, invalidations.
// VT-d "Translation Structure Formats", "Fault Reason Encodings"; docs/iommu.md.
package iommu_pkg;

  import page_pkg::*;
  export page_pkg::*;

  localparam int unsigned HAW  = 40;    // host address width
  localparam logic [5:0]  MAMV = 6'd18; // with PSI
  localparam logic [3:0]  MHMV = 4'd15; // with IR

  // AW of a context entry; SAGAW has a bit for each.
  typedef enum logic [1:0] {
    AwNone = 2'd0,
    Aw39   = 2'd1,
    Aw48   = 2'd2,
    Aw57   = 2'd3
  } aw_e;

  // What is left of the capabilities (docs/iommu.md I1).
  typedef struct packed {
    logic       qi;
    logic       ir;
    logic       eim;
    logic       pt;
    logic       plmr;
    logic       phmr;
    logic       dt;
    logic       psi;
    logic       zlr;
    logic       page_2m;
    logic       page_1g;
    logic [3:1] aw;       // by aw_e
    aw_e        widest;
    logic [2:0] records;  // NFR
  } caps_t;

  typedef enum logic [7:0] {
    FrNone         = 8'h00,
    FrRootP        = 8'h01,  // root entry not present
    FrContextP     = 8'h02,  // context entry not present
    FrContextBad   = 8'h03,  // T or AW not supported
    FrWidth        = 8'h04,  // address above the width of AW
    FrWrite        = 8'h05,
    FrRead         = 8'h06,
    FrEntryRead    = 8'h07,  // second-stage entry below the top cannot be read
    FrRootRead     = 8'h08,
    FrContextRead  = 8'h09,
    FrRootRsvd     = 8'h0A,
    FrContextRsvd  = 8'h0B,
    FrEntryRsvd    = 8'h0C,  // second-stage entry
    FrAddressType  = 8'h0D,  // AT not allowed by T
    FrInterrupt    = 8'h0E,  // output address in the interrupt range
    FrRequestRsvd  = 8'h20,  // interrupt request, data 31:16
    FrIndex        = 8'h21,  // beyond the interrupt-remapping table
    FrIrteP        = 8'h22,
    FrIrteRead     = 8'h23,
    FrIrteRsvd     = 8'h24,
    FrCompat       = 8'h25,  // compatibility format not let through
    FrSource       = 8'h26,  // source-id not the entry's
    FrTtm          = 8'h30
  } fault_e;

  // AT of a request; 3 is reserved.
  typedef enum logic [1:0] {
    AtUntranslated = 2'd0,
    AtTranslation  = 2'd1,   // a translation request
    AtTranslated   = 2'd2
  } at_e;

  // dma record, field status.
  typedef enum logic [2:0] {
    StatUntranslated = 3'd0,
    StatTranslated   = 3'd1,
    StatPassThrough  = 3'd2,
    StatBlocked      = 3'd3,
    StatMessage      = 3'd4,
    StatRejected     = 3'd5,
    StatRemapped     = 3'd6,
    StatCompletion   = 3'd7  // of a translation request
  } status_e;

  // What the context cache holds of a valid context entry.
  typedef struct packed {
    logic        fpd;
    logic        pass;      // T = 10
    logic        device;    // T = 01
    aw_e         aw;
    logic [27:0] frame;     // SLPTPTR 39:12
    logic [15:0] did;
  } context_t;

  typedef struct packed {
    logic [63:0] hi;
    logic [63:0] lo;
  } entry128_t;

  // A second-stage entry.
  typedef struct packed {
    logic        ign_63;
    logic        tm;        // 62: reserved
    logic [9:0]  ign_hi;    // 61:52
    logic [11:0] above;     // 51:40: at or above HAW
    logic [27:0] frame;     // 39:12
    logic        snp;       // 11: reserved, ECAP.SC = 0
    logic [2:0]  ign_mid;   // 10:8
    logic        ps;        // 7
    logic [4:0]  ign_lo;    // 6:2
    logic        w;         // 1
    logic        r;         // 0
  } ss_entry_t;

  typedef struct packed {
    logic r;
    logic w;
  } rights_t;

  typedef struct packed {
    logic [27:0] frame;     // of the page, or of the next table
    page_e       size;
    rights_t     rights;    // ANDed from the top
  } leaf_t;

  typedef struct packed {
    logic [27:0] frame;
    rights_t     rights;
  } level_t;

  // The access of a request, as the rights see it.
  typedef struct packed {
    logic write;
    logic zero;             // R or W grants it: zero-length read, translation request
  } access_t;

  typedef enum logic [1:0] {
    InvGlobal = 2'd1,
    InvDomain = 2'd2,
    InvSelect = 2'd3        // device of the context cache, page of the IOTLB
  } inv_e;

  typedef struct packed {
    inv_e        kind;
    logic [15:0] did;
    logic [15:0] sid;
    logic [1:0]  fm;
  } inv_context_t;

  typedef struct packed {
    inv_e        kind;
    logic [15:0] did;
    logic [51:0] page;      // address 63:12
    logic [5:0]  am;
    logic        ih;        // level-cache entries stay
  } inv_iotlb_t;

  typedef struct packed {
    logic        all;       // G = 0
    logic [15:0] index;
    logic [3:0]  im;        // log2 of the entries around index
  } inv_irte_t;

  // An interrupt message.
  typedef struct packed {
    logic [23:0] high;      // address 63:40
    logic [39:0] addr;
    logic [15:0] data;
  } message_t;

  function automatic caps_t caps_of(input iommu_port_pkg::vtd_t vtd);
    caps_of.qi      = !vtd.away[iommu_port_pkg::VtdQi];
    caps_of.ir      = caps_of.qi && !vtd.away[iommu_port_pkg::VtdIr];
    caps_of.eim     = caps_of.ir && !vtd.away[iommu_port_pkg::VtdEim];
    caps_of.pt      = !vtd.away[iommu_port_pkg::VtdPt];
    caps_of.plmr    = !vtd.away[iommu_port_pkg::VtdPlmr];
    caps_of.phmr    = !vtd.away[iommu_port_pkg::VtdPhmr];
    caps_of.dt      = caps_of.qi && !vtd.away[iommu_port_pkg::VtdDt];
    caps_of.psi     = !vtd.away[iommu_port_pkg::VtdPsi];
    caps_of.zlr     = !vtd.away[iommu_port_pkg::VtdZlr];
    caps_of.page_2m = !vtd.away[iommu_port_pkg::Vtd2m];
    caps_of.page_1g = caps_of.page_2m && !vtd.away[iommu_port_pkg::Vtd1g];
    caps_of.aw      = {!vtd.away[iommu_port_pkg::Vtd57], !vtd.away[iommu_port_pkg::Vtd48],
                       !vtd.away[iommu_port_pkg::Vtd39]};
    caps_of.widest  = caps_of.aw[Aw57] ? Aw57 : caps_of.aw[Aw48] ? Aw48 : Aw39;
    caps_of.records = vtd.records;
  endfunction

  // {ECAP, CAP}. Constant are ND, FRO, DWD and DRD; of ECAP C and IRO.
  function automatic logic [127:0] cap_values(input caps_t caps);
    cap_values          = '0;
    cap_values[2:0]     = 3'd6;
    cap_values[5]       = caps.plmr;
    cap_values[6]       = caps.phmr;
    cap_values[11:9]    = caps.aw;
    cap_values[21:16]   = caps.widest == Aw57 ? 6'd56 : caps.widest == Aw48 ? 6'd47 : 6'd38;
    cap_values[22]      = caps.zlr;
    cap_values[33:24]   = 10'h020;
    cap_values[34]      = caps.page_2m;
    cap_values[35]      = caps.page_1g;
    cap_values[39]      = caps.psi;
    cap_values[42:40]   = caps.records;
    cap_values[53:48]   = caps.psi ? MAMV : 6'd0;
    cap_values[55:54]   = 2'b11;
    cap_values[64]      = 1'b1;
    cap_values[65]      = caps.qi;
    cap_values[66]      = caps.dt;
    cap_values[67]      = caps.ir;
    cap_values[68]      = caps.eim;
    cap_values[70]      = caps.pt;
    cap_values[81:72]   = 10'h010;
    cap_values[87:84]   = caps.ir ? MHMV : 4'd0;
  endfunction

  // Level of the table that SLPTPTR points to.
  function automatic logic [2:0] top_level(input aw_e aw);
    return {1'b0, aw} + 3'd2;
  endfunction

  // A zero-length read, with ZLR, and a translation request may also go where only W is granted.
  function automatic logic rights_allow(input rights_t rights, input access_t access);
    if (access.write) return rights.w;
    return rights.r || (access.zero && rights.w);
  endfunction

  // The completion of a translation request for the page of pa; PCI Express Base Specification,
  // "Translation Completion". S is bit 11; a large page's size is then said by the lowest 0 from bit
  // 12 on. Bits 10:2 stay 0.
  function automatic logic [63:0] completion(input logic [39:12] pa, input page_e size,
                                             input rights_t rights);
    if (rights == '0) return '0;
    case (size)
      Page1G:  return {24'b0, pa[39:30], 18'h1FFFF, 1'b1, 9'b0, rights.w, rights.r};
      Page2M:  return {24'b0, pa[39:21], 9'h0FF, 1'b1, 9'b0, rights.w, rights.r};
      default: return {24'b0, pa, 10'b0, rights.w, rights.r};
    endcase
  endfunction

  function automatic logic interrupt_range(input logic [39:20] pa);
    return pa == 20'h00FEE;
  endfunction

  // A page number and the 2^am pages around another differ only below the larger of the two sizes.
  function automatic logic pages_meet(input logic [51:0] a, input logic [51:0] b,
                                      input logic [5:0] a_log2, input logic [5:0] b_log2);
    return ((a ^ b) >> (a_log2 > b_log2 ? a_log2 : b_log2)) == '0;
  endfunction

endpackage
