// SPDX-License-Identifier: Apache-2.0
// Types of the IOMMU's ports (the contract of rtl/iommu/iommu.sv); docs/iommu.md.
package iommu_port_pkg;

  // One request of a device: 1..16 bytes inside one aligned 16-byte block (0: zero-length read).
  typedef struct packed {
    logic [15:0]  sid;    // source-id: bus 15:8, device 7:3, function 2:0
    logic [63:0]  addr;
    logic         write;
    logic [1:0]   at;     // 0 untranslated, 1 translation request, 2 translated
    logic [4:0]   len;
    logic [7:0]   tag;    // the device's own, returned with the answer
    logic [127:0] wdata;  // first byte in 7:0
  } dma_req_t;

  typedef struct packed {
    logic         ok;     // 0: blocked or rejected
    logic [7:0]   tag;
    logic [127:0] rdata;  // first byte in 7:0; all ones in the first len bytes when blocked
  } dma_rsp_t;

  // An invalidation on its way to a device-TLB.
  typedef struct packed {
    logic [15:0]  sid;
    logic         s;      // addr says the size too: up to its lowest 0
    logic [63:12] addr;
  } inv_t;

  // A device's completion of one.
  typedef struct packed {
    logic [15:0]  sid;
    logic         error;
  } cpl_t;

  // One access to the register window, as a bus beat.
  typedef struct packed {
    logic         write;
    logic [11:0]  offset; // of the first byte enabled
    logic [4:0]   bytes;  // 1..16
    logic [63:0]  wdata;  // from bit 0
  } reg_req_t;

  // What can be taken away (docs/iommu.md I1); constant from reset on.
  typedef struct packed {
    logic [2:0]   records;  // fault records less 1
    logic [13:0]  away;     // by vtd_e
  } vtd_t;

  typedef enum logic [3:0] {
    VtdQi, VtdIr, VtdEim, VtdPt, VtdPlmr, VtdPhmr, VtdPsi, VtdZlr, Vtd2m, Vtd1g, Vtd39, Vtd48, Vtd57,
    VtdDt
  } vtd_e;

endpackage
