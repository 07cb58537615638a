// SPDX-License-Identifier: Apache-2.0
// Page sizes, as the processor's paging and the IOMMU's second stage have them in common; those of
// 4 MBytes are the processor's alone. SDM Vol. 3A "32-Bit Paging", "4-Level Paging and 5-Level
// Paging"; VT-d "Second-Stage Translation".
package page_pkg;

  typedef enum logic [1:0] {
    Page4K = 2'd0,
    Page2M = 2'd1,
    Page1G = 2'd2,
    Page4M = 2'd3
  } page_e;

  function automatic logic [4:0] page_log2(input page_e size);
    case (size)
      Page1G:  return 5'd30;
      Page4M:  return 5'd22;
      Page2M:  return 5'd21;
      default: return 5'd12;
    endcase
  endfunction

  // Physical address of addr in the page of this frame (of 4 KBytes).
  function automatic logic [39:0] page_pa(input logic [27:0] frame, input page_e size,
                                          input logic [29:0] addr);
    case (size)
      Page1G:  return {frame[27:18], addr[29:0]};
      Page4M:  return {frame[27:10], addr[21:0]};
      Page2M:  return {frame[27:9], addr[20:0]};
      default: return {frame, addr[11:0]};
    endcase
  endfunction

endpackage
