// SPDX-License-Identifier: Apache-2.0
// Interrupt remapping: IRTA, the interrupt-entry cache, the fetch of an entry, the message. start_i
// is the cycle of the lookup, in which the request's form and index are checked too; the request
// stays stable until done_o, which is high for one cycle: in that of start_i, or on a miss after 2
// cycles (read, check). The result is valid with done_o. inv_valid_i drops entries in one cycle while
// nothing is in flight; inv_count_o is valid with it. Posting is not offered.
// VT-d "Interrupt Remapping", "Interrupt Entry Cache"; docs/iommu.md I71 to I76.
module iommu_interrupt
  import iommu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic                present_i,     // ECAP.IR; 0: IRTA is RsvdZ
  input  logic                eim_i,         // ECAP.EIM
  input  logic                cfis_i,        // GSTS.CFIS
  input  logic                latch_i,       // SIRTP
  // Registers, as dwords.
  input  logic                reg_write_i,
  input  logic [11:2]         reg_offset_i,
  /* verilator lint_off UNUSEDSIGNAL */      // RsvdZ bits
  input  logic [31:0]         reg_wdata_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output logic [31:0]         reg_rdata_o,   // zero where no register of this block is
  input  logic                start_i,
  input  logic [15:0]         sid_i,
  input  logic [19:2]         addr_i,        // of the request: format, handle, SHV
  input  logic [31:0]         data_i,
  output logic                done_o,
  output logic                hit_o,
  output logic                pass_o,        // goes out as it is
  output fault_e              fault_o,
  output logic                fpd_o,         // the fault is qualified, and the entry's FPD is set
  output logic [15:0]         index_o,       // for the fault's record
  output message_t            message_o,     // without a fault, unless pass_o
  input  logic                inv_valid_i,
  input  inv_irte_t           inv_i,
  output logic [3:0]          inv_count_o,
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic [3:0]          read_kind_o    // of the read that is up, as in its record; else 0
);

  localparam int unsigned ENTRIES = 8;

  typedef enum logic [1:0] {
    StLookup,
    StRead,
    StVerify
  } state_e;

  // An interrupt-remapping table entry, VT-d "Interrupt Remapping Table Entry (IRTE) for Remapped
  // Interrupts".
  typedef struct packed {
    logic [43:0] rsvd_hi;   // 127:84
    logic [1:0]  svt;
    logic [1:0]  sq;
    logic [15:0] sid;       // 79:64
    logic [31:0] dst;       // 63:32
    logic [7:0]  rsvd_31;
    logic [7:0]  vector_no; // 23:16
    logic        im;        // 15: posted, reserved here
    logic [2:0]  rsvd_14;
    logic [3:0]  avail;
    logic [2:0]  dlm;       // 7:5
    logic        tm;
    logic        rh;
    logic        dm;
    logic        fpd;
    logic        p;
  } irte_t;

  state_e state_q, state_d;

  // IRTA, and what SIRTP latched of it.
  typedef struct packed {
    logic [39:12] frame;
    logic         eime;
    logic [3:0]   s;        // 2^(S+1) entries
  } irta_t;
  irta_t irta_q, table_q;

  always_comb begin
    reg_rdata_o = '0;
    if (reg_offset_i[11:3] == 9'h017) begin
      if (reg_offset_i[2]) reg_rdata_o = {24'b0, irta_q.frame[39:32]};
      else                 reg_rdata_o = {irta_q.frame[31:12], irta_q.eime, 7'b0, irta_q.s};
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      irta_q  <= '0;
      table_q <= '0;
    end else begin
      if (reg_write_i && present_i) begin
        case ({reg_offset_i, 2'b0})
          12'h0B8: begin
            irta_q.frame[31:12] <= reg_wdata_i[31:12];
            irta_q.eime         <= reg_wdata_i[11] && eim_i;
            irta_q.s            <= reg_wdata_i[3:0];
          end
          12'h0BC: irta_q.frame[39:32] <= reg_wdata_i[7:0];
          default: ;
        endcase
      end
      if (latch_i) table_q <= irta_q;
    end
  end

  // The request: handle, with the subhandle when SHV is set, in 17 bits.
  logic [16:0] index;
  always_comb begin
    index = '0;
    if (start_i || state_q != StLookup)
      index = {1'b0, addr_i[2], addr_i[19:5]} + (addr_i[3] ? {1'b0, data_i[15:0]} : 17'd0);
  end

  logic   pass;
  fault_e request_fault;
  always_comb begin
    pass          = 1'b0;
    request_fault = FrNone;
    if (start_i) begin
      pass = !addr_i[4] && cfis_i && !table_q.eime;
      if (!addr_i[4])
        request_fault = pass ? FrNone : FrCompat;
      else if (data_i[31:16] != '0)
        request_fault = FrRequestRsvd;
      else if ((index >> table_q.s) > 17'd1)
        request_fault = FrIndex;
    end
  end

  // Interrupt-entry cache.
  logic [ENTRIES-1:0] valid_q;
  logic [15:0]        index_q [ENTRIES];
  /* verilator lint_off UNUSEDSIGNAL */  // what was checked before it came in
  irte_t              irte_q  [ENTRIES];
  /* verilator lint_on UNUSEDSIGNAL */
  logic [2:0]         ptr_q;

  irte_t read_q;                // the entry that was not there
  logic  err_q;                 // nobody claimed its address
  logic  lookup, hit;
  /* verilator lint_off UNUSEDSIGNAL */
  irte_t irte;                  // found or read
  /* verilator lint_on UNUSEDSIGNAL */
  assign lookup = start_i && !pass && request_fault == FrNone;
  always_comb begin
    hit  = 1'b0;
    irte = '0;
    if (state_q == StVerify) begin
      irte = read_q;
    end else if (lookup) begin
      for (int unsigned i = 0; i < ENTRIES; i++) begin
        if (valid_q[i] && index_q[i] == index[15:0]) begin
          hit  = 1'b1;
          irte = irte_q[i];
        end
      end
    end
  end

  // The entry read: could it be, P, reserved bits.
  fault_e read_fault;
  always_comb begin
    read_fault = FrNone;
    if (state_q == StVerify) begin
      if (err_q)
        read_fault = FrIrteRead;
      else if (!read_q.p)
        read_fault = FrIrteP;
      else if (read_q.rsvd_hi != '0 || read_q.rsvd_31 != '0 || read_q.im || read_q.rsvd_14 != '0
               || (!table_q.eime && (read_q.dst[31:16] != '0 || read_q.dst[7:0] != '0)))
        read_fault = FrIrteRsvd;
    end
  end

  // Is the requester one of the entry's?
  function automatic logic source_good(input logic [1:0] svt, input logic [1:0] sq,
                                       input logic [15:0] entry, input logic [15:0] sid);
    case (svt)
      2'd0: return 1'b1;
      2'd1: return ((entry ^ sid) & {13'h1FFF, sq == 2'd0, sq < 2'd2, sq != 2'd3}) == '0;
      2'd2: return sid[15:8] >= entry[15:8] && sid[15:8] <= entry[7:0];
      default: return 1'b0;
    endcase
  endfunction

  logic  verified;              // an entry of the cache, or one that may go into it
  assign verified = hit || (state_q == StVerify && read_fault == FrNone);

  always_comb begin
    done_o    = 1'b0;
    fault_o   = FrNone;
    fpd_o     = 1'b0;
    message_o = '0;
    if (state_q == StVerify) begin
      done_o  = 1'b1;
      fault_o = read_fault;
      fpd_o   = irte.fpd && read_fault != FrIrteRead;
    end else if (start_i) begin
      done_o  = pass || hit || request_fault != FrNone;
      fault_o = request_fault;
      fpd_o   = irte.fpd;
    end
    if (verified) begin
      if (!source_good(irte.svt, irte.sq, irte.sid, sid_i)) fault_o = FrSource;
      message_o.high = table_q.eime ? irte.dst[31:8] : 24'd0;
      message_o.addr = {8'b0, 12'hFEE, table_q.eime ? irte.dst[7:0] : irte.dst[15:8], 8'b0,
                        irte.rh, irte.dm, 2'b0};
      message_o.data = {irte.tm, 1'b1, 3'b0, irte.dlm, irte.vector_no};
    end
  end
  assign hit_o   = hit;
  assign pass_o  = pass;
  assign index_o = fault_o inside {FrCompat, FrRequestRsvd} ? 16'd0 : index[15:0];

  always_comb begin
    state_d = state_q;
    case (state_q)
      StLookup: if (start_i && !done_o) state_d = StRead;
      StRead:   if (bus_rsp_i.ack) state_d = StVerify;
      default:  state_d = StLookup;
    endcase
  end

  // Only a miss fills, so the index is never present at a fill.
  logic       fill;
  logic [2:0] slot;
  assign fill = state_q == StVerify && read_fault == FrNone;
  always_comb begin
    slot = ptr_q;
    if (fill) for (int unsigned i = ENTRIES; i > 0; i--) if (!valid_q[i-1]) slot = 3'(i - 1);
  end

  logic [ENTRIES-1:0] kill;
  always_comb begin
    kill = '0;
    if (inv_valid_i) begin
      for (int unsigned i = 0; i < ENTRIES; i++)
        kill[i] = valid_q[i] && (inv_i.all || ((index_q[i] ^ inv_i.index) >> inv_i.im) == '0);
    end
  end
  assign inv_count_o = inv_valid_i ? 4'($countones(kill)) : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StLookup;
      valid_q <= '0;
      ptr_q   <= '0;
    end else begin
      state_q <= state_d;
      if (inv_valid_i) valid_q <= valid_q & ~kill;
      if (fill) begin
        valid_q[slot] <= 1'b1;
        index_q[slot] <= index[15:0];
        irte_q[slot]  <= read_q;
        if (&valid_q) ptr_q <= ptr_q + 3'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StRead && bus_rsp_i.ack) {err_q, read_q} <= {bus_rsp_i.err, bus_rsp_i.rdata};
  end

  always_comb begin
    bus_req_o = '0;
    if (state_q == StRead) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcIommuWalk;
      bus_req_o.addr  = {{table_q.frame, 8'b0} + {20'b0, index[15:0]}, 4'b0};
      bus_req_o.be    = 16'hFFFF;
    end
  end

  assign read_kind_o = state_q == StRead ? 4'd9 : 4'd0;

  function automatic logic present();
    present = 1'b0;
    if (fill)
      for (int unsigned i = 0; i < ENTRIES; i++)
        if (valid_q[i] && index_q[i] == index[15:0]) present = 1'b1;
  endfunction

  always @(posedge clk_i) if (rst_ni) begin
    if (inv_valid_i)
      InvWhenIdle: assert (state_q == StLookup && !start_i);
    if (fill)
      FillIsNew: assert (!present());
  end

endmodule
