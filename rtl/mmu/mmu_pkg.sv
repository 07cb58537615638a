// SPDX-License-Identifier: Apache-2.0
// Types of the MMU's ports (the contract of rtl/mmu/mmu.sv) and of its paging-structure entries.
// SDM Vol. 3A "Paging", "Memory Type Range Registers (MTRRs)".
// docs/mmu.md fixes geometry, order of checks and latency.
package mmu_pkg;

  import page_pkg::*;
  export page_pkg::*;

  typedef enum logic [1:0] {
    AccFetch = 2'd0,
    AccRead  = 2'd1,
    AccWrite = 2'd2   // also the read of a read-modify-write
  } acc_e;

  // One translation request. va is canonical and the segment checks are done.
  typedef struct packed {
    logic [63:0] va;
    acc_e        acc;
    logic        user;          // CPL = 3 and not an implicit supervisor access
    logic        implicit_sup;  // GDT, LDT, IDT, TSS access: supervisor at any CPL, ignores AC
  } mmu_req_t;

  // The state that a translation depends on; stable while a request is in flight.
  typedef struct packed {
    logic        pg;     // CR0.PG
    logic        pse;    // CR4.PSE
    logic        pae;    // CR4.PAE
    logic        lma;    // EFER.LMA
    logic        la57;   // CR4.LA57
    logic        wp;     // CR0.WP
    logic        pge;    // CR4.PGE
    logic        pcide;  // CR4.PCIDE
    logic        smep;   // CR4.SMEP
    logic        smap;   // CR4.SMAP
    logic        pke;    // CR4.PKE
    logic        pks;    // CR4.PKS
    logic        nxe;    // EFER.NXE
    logic        ac;     // RFLAGS.AC
    logic [31:0] pkru;
    logic [31:0] pkrs;   // IA32_PKRS
    logic [63:0] cr3;
    logic [63:0] pat;    // IA32_PAT
    logic        no_pat, no_pse36, no_pdpe1gb;  // features that are not there
  } mmu_ctx_t;

  // Memory types as PAT and MTRRs encode them; UC- is PAT's alone.
  typedef enum logic [2:0] {
    MtUc      = 3'd0,
    MtWc      = 3'd1,
    MtWt      = 3'd4,
    MtWp      = 3'd5,
    MtWb      = 3'd6,
    MtUcMinus = 3'd7
  } memtype_e;

  // The MTRRs: IA32_MTRR_DEF_TYPE, IA32_MTRR_PHYSBASEn and PHYSMASKn, their stored bits.
  localparam int unsigned MtrrRanges = 8;

  typedef struct packed {
    logic [39:12] base;
    logic [2:0]   mtype;
    logic [39:12] mask;
    logic         v;
  } mtrr_range_t;

  typedef struct packed {
    logic                          e;
    logic [2:0]                    def_type;
    mtrr_range_t [MtrrRanges-1:0]  range;
  } mtrr_t;

  // How a translation ends. (A VM exit will be a kind of its own.)
  typedef enum logic [1:0] {
    XlDone      = 2'd0,
    XlPageFault = 2'd1
  } xlate_e;

  typedef struct packed {
    xlate_e      kind;
    logic [31:0] error_code; // of the #PF, else 0
    logic [39:0] pa;         // of va itself, 0 on a fault
    logic [4:0]  page_log2;  // 12, 21, 22, 30; 0 with paging off or on a fault
    memtype_e    memtype;    // the effective one, 0 on a fault
  } mmu_rsp_t;

  typedef enum logic [2:0] {
    FlushPage        = 3'd0,  // INVLPG: va, current PCID and global; all PSC of the PCID
    FlushPagePcid    = 3'd1,  // INVPCID 0: va in pcid, not global entries; all PSC of the PCID
    FlushPcid        = 3'd2,  // INVPCID 1, MOV CR3: non-global of pcid, TLB and PSC
    FlushAll         = 3'd3,  // INVPCID 2, CR4/CR0/EFER changes: everything, globals too
    FlushAllNonGlobal= 3'd4   // INVPCID 3: every PCID, globals stay
  } flush_e;

  typedef struct packed {
    flush_e      kind;
    logic [63:0] va;
    logic [11:0] pcid;  // 0 when CR4.PCIDE = 0
  } mmu_flush_t;

  // A paging-structure entry as the walk reads it, one of 4 bytes zero-extended; SDM Vol. 3A "4-Level
  // Paging and 5-Level Paging".
  typedef struct packed {
    logic        xd;        // 63
    logic [3:0]  key;       // 62:59: protection key of a leaf
    logic [6:0]  ign_hi;    // 58:52
    logic [11:0] above;     // 51:40: at or above MAXPHYADDR
    logic [27:0] frame;     // 39:12
    logic [2:0]  ign_lo;    // 11:9
    logic        g;         // 8
    logic        ps;        // 7: leaf in a PDPTE and a PDE, PAT in a PTE
    logic        d;         // 6
    logic        a;         // 5
    logic        pcd;       // 4
    logic        pwt;       // 3
    logic        us;        // 2
    logic        rw;        // 1
    logic        p;         // 0
  } pte_t;

  // A paging mode as data, which the one walker follows. Levels count from 1, that of the PTE.
  typedef struct packed {
    logic [2:0]       levels;         // of tables; the walk begins at this one
    logic [3:0]       index_bits;     // of va, for each level
    logic [1:0]       entry_log2;     // bytes of an entry
    logic [5:1]       ps_leaf;        // levels at which PS = 1 makes an entry a leaf
    logic [5:1]       ps_reserved;    // levels at which PS must be 0
    logic [63:0]      reserved;       // in every entry
    logic [3:1][63:0] leaf_reserved;  // further, in a leaf of that level
    page_e            large_size;     // of a leaf of level 2
    logic             keys;           // leaves have protection keys
    logic [27:0]      root;           // frame of the first table
    logic             root_p;         // there is one: P of the PDPTE register in PAE paging
  } paging_mode_t;

  // A PDPTE register; SDM Vol. 3A "PDPTE Registers".
  typedef struct packed {
    logic [23:0] rsvd_hi;   // 63:40
    logic [27:0] frame;     // 39:12
    logic [2:0]  ign;       // 11:9
    logic [3:0]  rsvd_mid;  // 8:5
    logic        pcd;       // 4
    logic        pwt;       // 3
    logic [1:0]  rsvd_lo;   // 2:1
    logic        p;         // 0
  } pdpte_t;

  // An access to an entry: as the field `kind` of a walk record.
  typedef enum logic [1:0] {
    EntryRead   = 2'd0,
    EntryLock   = 2'd1,  // locked read before an update
    EntryUpdate = 2'd2
  } entry_op_e;

  typedef struct packed {
    logic        valid;
    entry_op_e   op;
    logic        dword;     // an entry of 4 bytes
    logic [39:2] addr;
    logic [2:0]  level;
    logic [63:0] wdata;
  } entry_req_t;

  // Rights accumulated from the root: R/W and U/S ANDed, XD ORed.
  typedef struct packed {
    logic rw;
    logic us;
    logic xd;
  } rights_t;

  // A TLB entry: what is compared, and what a match gives.
  typedef struct packed {
    logic        g;
    logic [11:0] pcid;
    logic [44:0] vpn;       // va 56:12; the bits below the page size are not compared
    page_e       size;
  } tlb_tag_t;

  typedef struct packed {
    logic [27:0] frame;     // pa 39:12; the bits below the page size are not used
    page_e       size;
    rights_t     rights;
    logic        d;
    logic [2:0]  pat;       // {PAT, PCD, PWT} of the leaf
    logic [3:0]  key;
  } tlb_data_t;

  // A paging-structure-cache entry's answer: where the next table is and the rights so far.
  typedef struct packed {
    logic [27:0] frame;
    rights_t     rights;
  } psc_data_t;

endpackage
