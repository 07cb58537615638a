// SPDX-License-Identifier: Apache-2.0
// The records of docs/record.md. A packed struct's last member is the field at offset 0, so the
// bits of a record are the bytes of the C structure of the same name.
package record_pkg;

  typedef enum logic [7:0] {
    RetInsn     = 8'd0,
    RetExc      = 8'd1,
    RetIntr     = 8'd2,
    RetSoftInt  = 8'd3,
    RetShutdown = 8'd4,
    RetNmi      = 8'd5
  } retire_kind_e;

  typedef struct packed {        // 248 bytes
    logic [319:0]      zero2;    // 208
    logic [63:0]       cr2;      // 200
    logic [23:0]       zero1;    // 197
    logic [7:0]        core;     // 196
    logic [31:0]       error_code;
    logic [15:0]       boundary; // 190: {8'b0, breakpoints, step, mov_ss, sti, nmi_blocked}
    logic [7:0]        flags;    // 189: {5'b0, hlt, rep_continues, error_code_pushed}
    /* verilator lint_off SYMRSVDWORD */  // the manual's word; C++ does not reserve it
    logic [7:0]        vector;
    /* verilator lint_on SYMRSVDWORD */
    logic [7:0]        mode;     // 0 real, 1 protected, 2 compatibility, 3 64-bit
    logic [7:0]        cpl;
    retire_kind_e      kind;     // 185
    logic [7:0]        len;      // 184
    logic [127:0]      bytes;    // 168: first byte in 7:0
    logic [15:0][63:0] gpr;      // 40: RAX = gpr[0]
    logic [63:0]       rflags;
    logic [63:0]       next_rip;
    logic [63:0]       rip;
    logic [63:0]       seq;
    logic [63:0]       cycle;    // 0
  } retire_t;

  typedef struct packed {        // 24 bytes
    logic [63:0] zero;
    logic [15:0] attr;           // 14: access byte in 7:0; AVL L D/B G in 15:12
    logic [15:0] selector;       // 12
    logic [31:0] limit;          // 8: in bytes, G applied
    logic [63:0] base;           // 0
  } seg_rec_t;

  typedef struct packed {        // 688 bytes
    logic [703:0]    zero2;      // 600
    logic [7:0][63:0] mtrr_mask; // 536
    logic [7:0][63:0] mtrr_base; // 472
    logic [63:0]     mtrr_def_type;
    logic [3:0][63:0] pdpte;     // 432
    logic [63:0]     pkru;       // 424
    logic [47:0]     zero1;      // 418
    logic [7:0]      asked;      // 417: emitted only because sys_ask_i was high
    logic [7:0]      core;       // 416
    logic [63:0]     pkrs;
    logic [63:0]     tsc_adjust;
    logic [63:0]     misc_enable;
    logic [63:0]     sysenter_eip;
    logic [63:0]     sysenter_esp;
    logic [63:0]     sysenter_cs;
    logic [63:0]     apic_base;
    logic [63:0]     pat;
    logic [63:0]     tsc_aux;
    logic [63:0]     kernel_gs_base;
    logic [63:0]     fmask;
    logic [63:0]     cstar;
    logic [63:0]     lstar;
    logic [63:0]     star;       // 304
    seg_rec_t [7:0]  seg;        // 112: ES CS SS DS FS GS LDTR TR
    logic [31:0]     idtr_limit;
    logic [31:0]     gdtr_limit;
    logic [63:0]     idtr_base;
    logic [63:0]     gdtr_base;  // 88
    logic [3:0][63:0] dr;        // 56
    logic [63:0]     dr7;
    logic [63:0]     dr6;
    logic [63:0]     efer;
    logic [63:0]     cr4;
    logic [63:0]     cr3;
    logic [63:0]     cr0;
    logic [63:0]     cycle;
  } sys_t;

  typedef struct packed {        // 40 bytes
    logic [103:0] zero;
    logic [7:0]   core;          // 26
    logic [7:0]   level;
    logic [7:0]   kind;          // 0 read, 1 locked read, 2 update written
    logic [63:0]  value;
    logic [63:0]  addr;
    logic [63:0]  cycle;
  } walk_t;

  typedef struct packed {        // 56 bytes
    logic [111:0] zero;
    logic [7:0]   core;          // 41
    logic [7:0]   psc;           // 40
    logic [7:0]   hit;           // 0 walked, 1 TLB hit, 2 paging off
    logic [7:0]   memtype;
    logic [7:0]   page_log2;
    logic [7:0]   fault;
    logic [7:0]   implicit_sup;
    logic [7:0]   user;
    logic [7:0]   access;        // 0 fetch, 1 read, 2 write
    logic [7:0]   requester;     // 0 fetch, 1 data
    logic [31:0]  latency;
    logic [31:0]  error_code;
    logic [63:0]  pa;
    logic [63:0]  va;
    logic [63:0]  cycle;
  } xlate_t;

  typedef struct packed {        // 56 bytes
    logic [87:0]  zero;
    logic [7:0]   core;          // 44
    logic [7:0]   flags;         // {5'b0, lock, io, write}
    logic [7:0]   src;
    logic [15:0]  be;
    logic [127:0] data;
    logic [63:0]  addr;
    logic [63:0]  seq;
    logic [63:0]  cycle;
  } bus_t;

  typedef struct packed {        // 48 bytes
    logic [119:0] zero;
    logic [7:0]   kind;          // 6 root, 7 context, 5..1 second-stage level, 8 descriptor, 9 IRTE
    logic [127:0] value;
    logic [63:0]  addr;
    logic [63:0]  cycle;
  } iwalk_t;

  typedef struct packed {        // 72 bytes
    logic [55:0]  zero;
    logic [7:0]   at;            // 64
    logic [7:0]   tag;
    logic [7:0]   recorded;
    logic [7:0]   psc;
    logic [7:0]   hit;           // {6'b0, iotlb, context cache}
    logic [7:0]   page_log2;
    logic [7:0]   fault;
    logic [7:0]   status;
    logic [7:0]   len;
    logic [7:0]   write;
    logic [7:0]   phase;
    logic [15:0]  sid;
    logic [31:0]  latency;
    logic [127:0] data;
    logic [63:0]  pa;
    logic [63:0]  iova;
    logic [63:0]  seq;
    logic [63:0]  cycle;
  } dma_t;

  typedef struct packed {        // 48 bytes
    logic [63:0] zero;
    logic [31:0] latency;
    logic [15:0] count;
    logic [7:0]  size;
    logic [7:0]  kind;
    logic [63:0] hi;
    logic [63:0] lo;
    logic [63:0] addr;
    logic [63:0] cycle;
  } iommu_t;

  typedef struct packed {        // 32 bytes
    logic [111:0] zero;
    logic [7:0]   core;          // 17
    logic [7:0]   kind;
    logic [63:0]  value;
    logic [63:0]  cycle;
  } stim_t;

endpackage
