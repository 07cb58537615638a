// SPDX-License-Identifier: Apache-2.0
// Internal types of the IOMMU: translation structures, cache entries, fault reasons, invalidations.
// VT-d "Translation Structure Formats", "Fault Reason Encodings"; docs/iommu.md.
package iommu_pkg;

  import page_pkg::*;
  export page_pkg::*;

  localparam logic [63:0] CAP  = 64'h00D2_078C_206F_0606;
  localparam logic [63:0] ECAP = 64'h0000_0000_0000_1041;
  localparam logic [5:0]  MAMV = 6'd18;
  localparam int unsigned HAW  = 40;    // host address width

  typedef enum logic [7:0] {
    FrNone         = 8'h00,
    FrRootP        = 8'h01,  // root entry not present
    FrContextP     = 8'h02,  // context entry not present
    FrContextBad   = 8'h03,  // T or AW not supported
    FrWidth        = 8'h04,  // address above the width of AW
    FrWrite        = 8'h05,
    FrRead         = 8'h06,
    FrRootRsvd     = 8'h0A,
    FrContextRsvd  = 8'h0B,
    FrEntryRsvd    = 8'h0C,  // second-stage entry
    FrAddressType  = 8'h0D,  // AT not allowed by T
    FrInterrupt    = 8'h0E,  // output address in the interrupt range
    FrTtm          = 8'h30
  } fault_e;

  // dma record, field status.
  typedef enum logic [2:0] {
    StatUntranslated = 3'd0,
    StatTranslated   = 3'd1,
    StatPassThrough  = 3'd2,
    StatBlocked      = 3'd3,
    StatMessage      = 3'd4,
    StatRejected     = 3'd5
  } status_e;

  // What the context cache holds of a valid context entry.
  typedef struct packed {
    logic        fpd;
    logic        pass;      // T = 10
    logic        aw48;      // AW = 010, else 001
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
    logic zero;             // zero-length read
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

  // A request with ZLR = 1 reads nothing and may also go where only W is granted.
  function automatic logic rights_allow(input rights_t rights, input access_t access);
    if (access.write) return rights.w;
    return rights.r || (access.zero && rights.w);
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
