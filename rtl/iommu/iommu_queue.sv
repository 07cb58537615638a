// SPDX-License-Identifier: Apache-2.0
// The invalidation queue: IQH, IQT, IQA, ICS, IQERCD, and one descriptor at a time. start_i, only
// while due_o and idle_o, accepts the descriptor at IQH; trace_valid_o is high for one cycle, its
// record's, and idle_o from the next: 3 cycles after start_i, 4 with a status write, an error's 2,
// or 1 when nothing was read; the bus's waits come on top. Caches drop 1 cycle before the record.
// An invalidation of a device-TLB is sent in the cycle of its record.
// VT-d "Queued Invalidation Interface"; docs/iommu.md I81 to I86, I103.
module iommu_queue
  import iommu_pkg::*;
(
  input  logic                clk_i, rst_ni,
  input  logic [63:0]         cycle_i,
  input  logic                present_i,      // ECAP.QI; 0: the registers are RsvdZ
  input  logic                ir_i, dt_i,     // ECAP.IR, ECAP.DT
  input  logic                psi_i,          // CAP.PSI
  input  logic                enabled_i,      // GSTS.QIES
  input  logic                restart_i,      // GCMD changes QIE: IQH goes to 0
  input  logic                device_wait_i,  // one of a device-TLB is outstanding, or FSTS.ITE is set
  output logic                due_o,
  input  logic                start_i,
  output logic                idle_o,
  // Invalidations, with the count of entries dropped in the same cycle.
  output logic                inv_context_valid_o,
  output inv_context_t        inv_context_o,
  input  logic [3:0]          inv_context_count_i,
  output logic                inv_iotlb_valid_o,
  output inv_iotlb_t          inv_iotlb_o,
  input  logic [6:0]          inv_iotlb_count_i,
  output logic                inv_irte_valid_o,
  output inv_irte_t           inv_irte_o,
  input  logic [3:0]          inv_irte_count_i,
  output logic                device_valid_o,
  output iommu_port_pkg::inv_t device_o,
  // What becomes an event: FSTS.IQE and ICS.IWC, and the cycle in which each is set.
  output logic                iqe_o, error_o,
  output logic                iwc_o, complete_o,
  // Registers, as dwords; FSTS is written to clear IQE.
  input  logic                reg_write_i,
  input  logic [11:2]         reg_offset_i,
  input  logic [31:0]         reg_wdata_i,
  output logic [31:0]         reg_rdata_o,    // zero where no register of this block is
  output bus_pkg::bus_req_t   bus_req_o,
  input  bus_pkg::bus_rsp_t   bus_rsp_i,
  output logic [3:0]          read_kind_o,    // of the read that is up, as in its record; else 0
  output logic                trace_valid_o,
  output record_pkg::iommu_t  trace_o
);

  typedef enum logic [2:0] {
    StIdle,
    StRefuse,     // IQA or IQT is wrong: nothing is read
    StFetch,
    StExecute,    // checks; the caches drop
    StWriteStatus,
    StDone
  } state_e;

  // IQERCD.IQEI.
  typedef enum logic [2:0] {
    IqeiNone      = 3'd0,
    IqeiTail      = 3'd1,
    IqeiFetch     = 3'd2,
    IqeiType      = 3'd3,
    IqeiReserved  = 3'd4,
    IqeiWidth     = 3'd5
  } iqei_e;

  // Descriptor types; bits 11:9, the type's upper ones, are 0 in all of them.
  localparam logic [3:0] TYPE_CONTEXT = 4'd1;
  localparam logic [3:0] TYPE_IOTLB   = 4'd2;
  localparam logic [3:0] TYPE_DEVICE  = 4'd3;
  localparam logic [3:0] TYPE_IRTE    = 4'd4;
  localparam logic [3:0] TYPE_WAIT    = 4'd5;

  state_e       state_q, state_d;
  logic [18:4]  iqh_q, iqt_q;
  logic [39:12] iqa_q;
  logic         dw_q;
  logic [2:0]   qs_q;
  logic         iwc_q;
  iqei_e        iqei_q;
  entry128_t    descriptor_q;
  logic         err_q;              // nobody claimed its address
  logic [6:0]   count_q;
  logic [2:0]   latency_q;

  // Size in bytes 2^(QS+12): bits 19:4 of the offset behind the last descriptor.
  logic [19:4] size;
  assign size = 16'h0100 << qs_q;

  assign due_o  = enabled_i && iqei_q == IqeiNone && !device_wait_i && iqh_q != iqt_q;
  assign idle_o = state_q == StIdle;

  // The descriptor's checks: could it be read, its type, then reserved bits and parameters.
  iqei_e      error;
  logic [1:0] g;
  logic       is_wait, status_write;
  assign g            = descriptor_q.lo[5:4];
  assign is_wait      = descriptor_q.lo[3:0] == TYPE_WAIT;
  assign status_write = is_wait && descriptor_q.lo[5];
  function automatic logic bad_fields(input entry128_t d, input logic psi);
    case (d.lo[3:0])
      TYPE_CONTEXT:
        return d.lo[5:4] == 2'd0
               || {d.lo[63:50], d.lo[15:12], d.lo[8:6]} != '0 || d.hi != '0;
      TYPE_IOTLB:
        return d.lo[5:4] == 2'd0
               || (d.lo[5:4] == 2'd3 && (!psi || d.hi[5:0] > MAMV))
               || {d.lo[63:32], d.lo[15:12], d.lo[8]} != '0 || d.hi[11:7] != '0;
      TYPE_DEVICE:
        return {d.lo[51:48], d.lo[31:21], d.lo[8:4]} != '0 || d.hi[11:1] != '0;
      TYPE_IRTE:
        return (d.lo[4] && d.lo[31:27] > {1'b0, MHMV})
               || {d.lo[63:48], d.lo[26:12], d.lo[8:5]} != '0 || d.hi != '0;
      default:
        return (d.lo[5] && d.hi[63:HAW] != '0)
               || {d.lo[31:12], d.lo[8:7]} != '0 || d.hi[1:0] != '0;
    endcase
  endfunction
  always_comb begin
    error = IqeiNone;
    if (state_q == StRefuse) begin
      error = dw_q ? IqeiWidth : IqeiTail;
    end else if (state_q == StExecute) begin
      if (err_q)
        error = IqeiFetch;
      else if (descriptor_q.lo[11:9] != '0
               || !(descriptor_q.lo[3:0] inside {TYPE_CONTEXT, TYPE_IOTLB, TYPE_DEVICE, TYPE_IRTE,
                                                 TYPE_WAIT})
               || (descriptor_q.lo[3:0] == TYPE_DEVICE && !dt_i)
               || (descriptor_q.lo[3:0] == TYPE_IRTE && !ir_i))
        error = IqeiType;
      else if (bad_fields(descriptor_q, psi_i))
        error = IqeiReserved;
    end
  end
  assign error_o = error != IqeiNone;

  always_comb begin
    state_d = state_q;
    case (state_q)
      StIdle:        if (start_i) state_d = dw_q || {1'b0, iqt_q} >= size ? StRefuse : StFetch;
      StFetch:       if (bus_rsp_i.ack) state_d = StExecute;
      StExecute:
        if (error_o)           state_d = StIdle;
        else if (status_write) state_d = StWriteStatus;
        else                   state_d = StDone;
      StWriteStatus: if (bus_rsp_i.ack) state_d = StDone;
      default:       state_d = StIdle;
    endcase
  end

  // What the caches drop, while a descriptor is executed.
  always_comb begin
    inv_context_valid_o = 1'b0;
    inv_iotlb_valid_o   = 1'b0;
    inv_irte_valid_o    = 1'b0;
    inv_context_o       = '0;
    inv_iotlb_o         = '0;
    inv_irte_o          = '0;
    if (state_q == StExecute && !error_o) begin
      case (descriptor_q.lo[3:0])
        TYPE_CONTEXT: begin
          inv_context_valid_o = 1'b1;
          inv_context_o = '{kind: inv_e'(g), did: descriptor_q.lo[31:16],
                            sid: descriptor_q.lo[47:32], fm: descriptor_q.lo[49:48]};
        end
        TYPE_IOTLB: begin
          inv_iotlb_valid_o = 1'b1;
          inv_iotlb_o = '{kind: inv_e'(g), did: descriptor_q.lo[31:16],
                          page: descriptor_q.hi[63:12], am: descriptor_q.hi[5:0],
                          ih: descriptor_q.hi[6]};
        end
        TYPE_IRTE: begin
          inv_irte_valid_o = 1'b1;
          inv_irte_o = '{all: !g[0], index: descriptor_q.lo[47:32],
                         im: descriptor_q.lo[30:27]};
        end
        default: ;
      endcase
    end
  end

  // What is done with the record.
  always_comb begin
    device_valid_o = 1'b0;
    device_o       = '0;
    complete_o     = 1'b0;
    if (state_q == StDone) begin
      complete_o = is_wait && descriptor_q.lo[4] && !iwc_q;
      if (descriptor_q.lo[3:0] == TYPE_DEVICE) begin
        device_valid_o = 1'b1;
        device_o = '{sid: descriptor_q.lo[47:32], s: descriptor_q.hi[0],
                     addr: descriptor_q.hi[63:12]};
      end
    end
  end

  assign iqe_o      = iqei_q != IqeiNone;
  assign iwc_o      = iwc_q;

  // Registers.
  always_comb begin
    reg_rdata_o = '0;
    if (reg_offset_i[11:6] == 6'h02) begin
      case ({reg_offset_i, 2'b0})
        12'h080: reg_rdata_o = {13'b0, iqh_q, 4'b0};                      // IQH
        12'h088: reg_rdata_o = {13'b0, iqt_q, 4'b0};                      // IQT
        12'h090: reg_rdata_o = {iqa_q[31:12], dw_q, 8'b0, qs_q};          // IQA
        12'h094: reg_rdata_o = {24'b0, iqa_q[39:32]};
        12'h09C: reg_rdata_o = {31'b0, iwc_q};                            // ICS
        12'h0B0: reg_rdata_o = {29'b0, iqei_q};                           // IQERCD
        default: ;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      iqh_q   <= '0;
      iqt_q   <= '0;
      iqa_q   <= '0;
      dw_q    <= 1'b0;
      qs_q    <= '0;
      iwc_q   <= 1'b0;
      iqei_q  <= IqeiNone;
    end else begin
      state_q <= state_d;
      if (restart_i) iqh_q <= '0;
      if (reg_write_i && present_i) begin
        case ({reg_offset_i, 2'b0})
          12'h034: if (reg_wdata_i[4]) iqei_q <= IqeiNone;                // FSTS
          12'h088: iqt_q <= reg_wdata_i[18:4];
          12'h090: begin
            iqa_q[31:12] <= reg_wdata_i[31:12];
            dw_q         <= reg_wdata_i[11];
            qs_q         <= reg_wdata_i[2:0];
          end
          12'h094: iqa_q[39:32] <= reg_wdata_i[7:0];
          12'h09C: if (reg_wdata_i[0]) iwc_q <= 1'b0;
          default: ;
        endcase
      end
      if (error_o) iqei_q <= error;
      if (state_q == StDone) begin
        iqh_q <= {1'b0, iqh_q} + 16'd1 >= size ? '0 : iqh_q + 15'd1;
        if (complete_o) iwc_q <= 1'b1;
      end
    end
  end

  logic waits;
  assign waits = bus_req_o.valid && !bus_rsp_i.ack;
  always_ff @(posedge clk_i) begin
    case (state_q)
      StIdle:    latency_q <= 3'd1;
      StExecute:
        if (inv_context_valid_o)    count_q <= {3'b0, inv_context_count_i};
        else if (inv_iotlb_valid_o) count_q <= inv_iotlb_count_i;
        else if (inv_irte_valid_o)  count_q <= {3'b0, inv_irte_count_i};
        else                        count_q <= '0;
      default: ;
    endcase
    if (!idle_o && !waits) latency_q <= latency_q + 3'd1;
    if (state_q == StFetch && bus_rsp_i.ack)
      {err_q, descriptor_q} <= {bus_rsp_i.err, bus_rsp_i.rdata};
  end

  // The read of a descriptor, and the write of a status: registers all, so both are held.
  always_comb begin
    bus_req_o = '0;
    if (state_q == StFetch) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcIommuWalk;
      bus_req_o.addr  = {{iqa_q, 8'b0} + {21'b0, iqh_q}, 4'b0};
      bus_req_o.be    = 16'hFFFF;
    end else if (state_q == StWriteStatus) begin
      bus_req_o.valid = 1'b1;
      bus_req_o.src   = bus_pkg::SrcIommuWalk;
      bus_req_o.write = 1'b1;
      bus_req_o.addr  = {descriptor_q.hi[39:4], 4'b0};
      bus_req_o.be    = 16'h000F << {descriptor_q.hi[3:2], 2'b0};
      bus_req_o.wdata = {96'b0, descriptor_q.lo[63:32]} << {descriptor_q.hi[3:2], 5'b0};
    end
  end

  assign read_kind_o = state_q == StFetch ? 4'd8 : 4'd0;

  assign trace_valid_o = state_q == StDone || error_o;
  always_comb begin
    trace_o = '0;
    if (trace_valid_o) begin
      trace_o.cycle   = cycle_i;
      trace_o.addr    = {45'b0, iqh_q, 4'b0};
      trace_o.kind    = error_o ? 8'd7 : 8'd6;
      trace_o.latency = {29'b0, latency_q};
      if (error_o) trace_o.size  = {5'b0, error};
      else         trace_o.count = {9'b0, count_q};
      if (state_q != StRefuse) {trace_o.hi, trace_o.lo} = descriptor_q;
    end
  end

  // Properties, and what was so at the last edge.
  logic        record_q, error_q;
  logic [18:4] error_iqh_q;
  always @(posedge clk_i) begin
    record_q <= rst_ni && trace_valid_o;
    error_q  <= rst_ni && error_o;
    if (error_o) error_iqh_q <= iqh_q;
  end
  always @(posedge clk_i) if (rst_ni) begin
    if (start_i)
      StartWhenDue: assert (due_o && idle_o);
    if (device_valid_o)
      SentWithRecord: assert (trace_valid_o && !error_o);
    if (record_q)
      IdleBehindRecord: assert (idle_o);
    if (error_q)
      ErrorStops: assert (iqe_o && iqh_q == error_iqh_q);
  end

endmodule
