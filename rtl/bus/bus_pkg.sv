// SPDX-License-Identifier: Apache-2.0
// The shared bus: one access of up to 16 bytes inside one aligned 16-byte block at a time.
// A master holds its request stable until ack; ack is high for one cycle, rdata is valid with it;
// with no wait state ack comes in the same cycle as the request, so masters drive requests from
// registers. lock on an access keeps the grant with that master until it completes an access
// without lock. An access that no one claims reads all ones; writes to it are dropped.
package bus_pkg;

  // Who asked; the harness orders both memories by the order of acks.
  typedef enum logic [2:0] {
    SrcFetch     = 3'd0,  // instruction bytes; not compared access by access
    SrcWalk      = 3'd1,  // CPU paging-structure entry, read or A/D write
    SrcData      = 3'd2,  // load, store, port access
    SrcIommuWalk = 3'd3,  // the IOMMU's own tables, the status of a wait
    SrcDma       = 3'd4,  // data of a translated DMA request
    SrcMessage   = 3'd5,  // interrupt message written by the IOMMU or let through it
    SrcApic      = 3'd6   // the processor's own local APIC; addr is 0xFEE00000 + register, 0xFEE01000 + 16 n of an MSR
  } bus_src_e;

  typedef struct packed {
    logic         valid;
    bus_src_e     src;
    logic         write;
    logic         io;     // I/O space: addr[15:0] is the port
    logic         lock;
    logic [23:0]  high;   // SrcMessage: address 63:40, else 0
    logic [39:0]  addr;   // aligned to 16 bytes; for io: the port, any alignment
    logic [15:0]  be;     // byte lanes, contiguous; for io: lanes from 0 (1, 2 or 4 bytes)
    logic [127:0] wdata;  // byte n of the block in bits 8n+7:8n; lanes not enabled are zero
  } bus_req_t;

  typedef struct packed {
    logic         ack;
    logic         err;    // with the ack of a read that nobody claims
    logic [127:0] rdata;  // byte n of the block in bits 8n+7:8n; for io: from lane 0
  } bus_rsp_t;

  // Is a request what B2 and B18 want of it?
  /* verilator lint_off UNUSEDSIGNAL */  // valid, write, lock: nothing is asked of them here
  function automatic logic bus_formed(input bus_req_t req);
    logic [15:0] first;
    first = req.be & (~req.be + 16'd1);
    bus_formed = req.be != '0 && ((req.be + first) & req.be) == '0 && (req.src == SrcMessage || req.high == '0);
    if (req.io) bus_formed = bus_formed && req.be inside {16'h1, 16'h3, 16'hF};
    else        bus_formed = bus_formed && req.addr[3:0] == '0;
    for (int unsigned i = 0; i < 16; i++) begin
      if (!req.be[i] && req.wdata[8*i +: 8] != '0) bus_formed = 1'b0;
    end
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

endpackage
