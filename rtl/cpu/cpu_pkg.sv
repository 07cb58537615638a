// SPDX-License-Identifier: Apache-2.0
// Types and small predicates shared by the processor's modules. The format of a microcode word is
// in ucode_pkg, written by uasm.
package cpu_pkg;
  import ucode_pkg::*;
  import cpu_arch_pkg::*;
  export cpu_arch_pkg::*;

  // Operand and address sizes as log2 of bytes.
  typedef logic [2:0] log2_t;

  typedef struct packed {
    logic [63:0] base;
    logic [31:0] limit;  // bytes, G applied
    logic [15:0] sel;
    logic [15:0] attr;   // access byte 7:0, AVL L D/B G 15:12; 0 unusable
  } seg_t;

  // A decoded instruction.
  typedef struct packed {
    logic [3:0]   len;
    label_e       entry;
    alu_e         alu;
    logic         lock;
    logic         rep, repne;  // F3, F2 (the last one of them)
    logic         rex;         // byte registers 4 to 7 are SPL BPL SIL DIL
    logic         mem;         // ModRM names memory
    log2_t        osz, asz, ssz;
    logic [3:0]   reg_n, rm_n; // general registers
    logic [2:0]   modreg;
    logic         base_v, index_v, riprel, pop_ea;
    logic [3:0]   base_n, index_n;
    logic [1:0]   scale;
    logic [2:0]   seg;         // of the data operand
    logic [2:0]   sreg;        // segment register operand
    logic [3:0]   cc;
    logic [63:0]  disp, imm;
    logic [15:0]  imm2;
  } insn_t;

  // What the decoder needs to know of the processor's state.
  typedef struct packed {
    logic l64;      // 64-bit mode
    logic code32;   // CS.D
    logic cpl0;
    logic cr0_em, cr0_ts, cr0_mp;
    logic cr4_de, cr4_umip, cr4_fsgsbase, cr4_pke, efer_sce;
    logic [63:0] away;  // features that are not there
  } dec_ctx_t;

  // What the boundary behind an instruction or event remembers (docs/record.md "retire").
  typedef struct packed {
    logic [3:0] breakpoints;  // of DR3 to DR0: #DB to be delivered
    logic       step;         // single step: the same
    logic       mov_ss;       // shadow of MOV SS, POP SS
    logic       sti;          // shadow of STI
    logic       nmi_blocked;
  } boundary_t;

  // How a step of the work ends: with nothing to report, or with an exception of the architecture,
  // which carries everything that it exposes. (A VM exit will be a kind of its own.)
  typedef enum logic [1:0] {
    OcNone      = 2'd0,
    OcException = 2'd1
  } outcome_e;

  typedef struct packed {
    outcome_e    kind;
    logic [7:0]  vec;
    logic [31:0] error_code;  // 0 where none is pushed
    logic [63:0] cr2;         // of a #PF
  } outcome_t;

  // The event in delivery, and RF in the flags that it pushes.
  typedef enum logic [1:0] {
    RfKeep  = 2'd0,
    RfClear = 2'd1,
    RfSet   = 2'd2
  } rf_e;

  typedef struct packed {
    logic                     active;
    record_pkg::retire_kind_e kind;
    logic [7:0]               vec;
    logic [31:0]              error_code;
    logic                     has_error;
    logic                     dpl_check;  // INT n, INT3, INTO
    rf_e                      rf;
  } event_t;

  // The mode as instructions see it.
  typedef struct packed {
    logic  lma;         // long mode
    logic  l64;         // 64-bit mode
    log2_t stack_log2;  // stack-address size
  } mode_t;

  // Control, debug and model-specific registers, and the descriptor-table registers.
  typedef struct packed {
    logic [63:0]      cr0, cr2, cr3, cr4, efer;
    logic [63:0]      dr6, dr7;
    logic [3:0][63:0] dr;
    logic [63:0]      gdtb, idtb;
    logic [15:0]      gdtl, idtl;
    logic [63:0]      star, lstar, cstar, fmask, kgsb, tscaux, pat, apicb;
    logic [63:0]      sysenter_cs, sysenter_esp, sysenter_eip, misc, tscadj;
    logic [31:0]      pkru, pkrs;
  } sysreg_t;

  // Model-specific registers by number. SDM Vol. 4.
  typedef enum logic [31:0] {
    MsrTsc = 32'h10, MsrApicBase = 32'h1b, MsrFeature = 32'h3a, MsrTscAdjust = 32'h3b,
    MsrBiosSign = 32'h8b, MsrMtrrCap = 32'hfe, MsrSysCs = 32'h174, MsrSysEsp = 32'h175,
    MsrSysEip = 32'h176, MsrMcgCap = 32'h179, MsrMisc = 32'h1a0, MsrDebugCtl = 32'h1d9,
    MsrMtrrBase0 = 32'h200, MsrMtrrMask7 = 32'h20f,  // and between them, base and mask in turn
    MsrPat = 32'h277, MsrMtrrDef = 32'h2ff, MsrTscDeadline = 32'h6e0, MsrPkrs = 32'h6e1,
    MsrX2apic0 = 32'h800, MsrX2apicFf = 32'h8ff,     // and between them: x2apic_pkg
    MsrEfer = 32'hc000_0080,
    MsrStar = 32'hc000_0081, MsrLstar = 32'hc000_0082, MsrCstar = 32'hc000_0083,
    MsrFmask = 32'hc000_0084, MsrFsBase = 32'hc000_0100, MsrGsBase = 32'hc000_0101,
    MsrKgsBase = 32'hc000_0102, MsrTscAux = 32'hc000_0103
  } msr_e;

  // One access of the load/store unit.
  typedef struct packed {
    logic         strmw;     // the write of a read-modify-write: at the addresses of the read
    logic         write;
    logic         rmw;       // a read, translated as a write, whose write follows
    logic         lock;
    logic         implicit_sup;
    logic         probe;     // ends with its translation
    logic         room;      // ends with the checks of its segment
    seg_e         seg;
    log2_t        size;      // log2 of bytes, 0 to 4
    logic [63:0]  va;        // offset in the segment, address size applied; or of the APIC; or port
    logic [127:0] wdata;
  } lsu_req_t;

  // An access as breakpoints see it (T2); valid in the cycle in which it begins.
  typedef struct packed {
    logic        valid;
    logic        write;        // a read-modify-write too
    logic        io;
    logic [63:0] first, last;  // byte: linear address or port
  } watched_t;

  /* verilator lint_off UNUSEDSIGNAL */  // functions take whole values and look at some bits
  function automatic outcome_t exception(input logic [7:0] vec, input logic [31:0] error_code);
    return '{kind: OcException, vec: vec, error_code: error_code, cr2: '0};
  endfunction

  function automatic outcome_t page_fault(input logic [31:0] error_code, input logic [63:0] va);
    return '{kind: OcException, vec: VecPf, error_code: error_code, cr2: va};
  endfunction

  function automatic mode_t mode_of(input logic lma, input seg_t cs, input seg_t ss);
    logic l64;
    l64 = lma && cs.attr[AttrL];
    return '{lma: lma, l64: l64, stack_log2: l64 ? 3'd3 : ss.attr[AttrD] ? 3'd2 : 3'd1};
  endfunction

  // SDM Vol. 1 "Canonical Addressing": 48 bits, or 57 (S14).
  function automatic logic is_canonical(input logic [63:0] va, input logic la57);
    return (va[63:56] == '0 && (la57 || va[55:47] == '0))
        || (va[63:56] == '1 && (la57 || va[55:47] == '1));
  endfunction

  // The MTRRs as their MSRs read.
  function automatic logic [63:0] mtrr_def_type(input mmu_pkg::mtrr_t m);
    return {52'd0, m.e, 8'd0, m.def_type};
  endfunction

  function automatic logic [63:0] mtrr_base(input mmu_pkg::mtrr_range_t r);
    return {24'd0, r.base, 9'd0, r.mtype};
  endfunction

  function automatic logic [63:0] mtrr_mask(input mmu_pkg::mtrr_range_t r);
    return {24'd0, r.mask, r.v, 11'd0};
  endfunction

  function automatic logic [63:0] size_mask(input log2_t size);
    unique case (size)
      3'd0: return 64'hff;
      3'd1: return 64'hffff;
      3'd2: return 64'hffff_ffff;
      default: return '1;
    endcase
  endfunction

  // A register of `size` bits written over `old`: 8 and 16 bits merge, 32 bits clear the upper
  // half.
  function automatic logic [63:0] merge(input logic [63:0] old, value, input log2_t size);
    unique case (size)
      3'd0: return {old[63:8], value[7:0]};
      3'd1: return {old[63:16], value[15:0]};
      3'd2: return {32'd0, value[31:0]};
      default: return value;
    endcase
  endfunction

  // SDM Vol. 2 "Jcc": the condition in the low four bits of the opcode.
  function automatic logic condition(input logic [3:0] cc, input logic [63:0] fl);
    logic r;
    unique case (cc[3:1])
      3'd0: r = fl[FlOf];
      3'd1: r = fl[FlCf];
      3'd2: r = fl[FlZf];
      3'd3: r = fl[FlCf] | fl[FlZf];
      3'd4: r = fl[FlSf];
      3'd5: r = fl[FlPf];
      3'd6: r = fl[FlSf] ^ fl[FlOf];
      default: r = fl[FlZf] | (fl[FlSf] ^ fl[FlOf]);
    endcase
    return r ^ cc[0];
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

endpackage
