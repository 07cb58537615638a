// SPDX-License-Identifier: Apache-2.0
// Load/store unit: segment checks, translation, beats. start_i for one cycle with req_i; then
// done_o (with rdata_o for a read) or a fault in outcome_o for one cycle; a segment fault answers
// in the cycle of start_i, an access of one beat 2 cycles after it with a TLB hit and no wait
// state. Both pages of a crossing access are translated before the first beat. A read-modify-
// write's write (strmw) goes to the addresses of its read without translation; a probe ends with
// its translation, a room request with its segment checks, 1 cycle after start_i.
// SDM Vol. 3A "Limit Checking", "Type Checking", "Alignment Check Exception"; Vol. 1 "Canonical
// Addressing".
module lsu
  import cpu_pkg::*;
  import ucode_pkg::*;
  import bus_pkg::*;
  import mmu_pkg::*;
(
  input  logic         clk_i, rst_ni,
  input  logic         start_i,
  input  lsu_req_t     req_i,
  input  seg_t         seg_i,        // the segment of req_i
  input  logic [3:0]   seg_n_i,      // its number
  input  logic         lma_i, l64_i, la57_i,
  input  logic         user_i,       // CPL = 3
  input  logic         ac_i,         // CR0.AM and RFLAGS.AC
  input  logic         apic_on_i,    // IA32_APIC_BASE: xAPIC mode
  input  logic [39:12] apic_page_i,
  input  logic [15:0]  ss_err_i,     // error code of #SS on the stack being switched to
  input  logic         watch_i,      // watched_o is wanted
  output watched_t     watched_o,
  output logic         done_o,
  output logic [127:0] rdata_o,
  output outcome_t     outcome_o,
  output logic         mmu_valid_o,
  output mmu_req_t     mmu_req_o,
  input  logic         mmu_rsp_valid_i,
  input  mmu_rsp_t     mmu_rsp_i,
  output bus_req_t     bus_req_o,
  /* verilator lint_off UNUSEDSIGNAL */  // err: the processor reads on (B16)
  input  bus_rsp_t     bus_rsp_i
  /* verilator lint_on UNUSEDSIGNAL */
);

  typedef enum logic [2:0] {StIdle, StRoom, StFirst, StSecond, StBeat} state_e;

  state_e       state_q;
  mmu_req_t     mreq_q;
  logic [63:0]  va2_q;
  logic         cross_q, ac_q;
  logic [39:0]  pa_q;
  logic [35:0]  block2_q;           // block of the second beat
  log2_t        size_q;
  logic         write_q, lock_q, io_q, apic_q, second_q, probe_q;
  logic [127:0] wdata_q, beat0_q;

  // --- segment and canonical checks, linear address; evaluated in the cycle of start_i
  logic        plain, is_ss, rules64, bad, crosses, misaligned, virt;
  logic [63:0] lin, last, va2;
  logic [4:0]  n;
  logic [32:0] off_last;
  always_comb begin
    plain = 1'b0;
    is_ss = 1'b0;
    rules64 = 1'b0;
    bad = 1'b0;
    crosses = 1'b0;
    misaligned = 1'b0;
    lin = '0;
    last = '0;
    va2 = '0;
    off_last = '0;
    n = 5'd1 << req_i.size;
    virt = start_i && !req_i.strmw && req_i.seg != SgApic && req_i.seg != SgIo;
    if (virt) begin
      plain = req_i.seg == SgLin;
      is_ss = !plain && (seg_n_i == 4'(SegSs) || seg_n_i == 4'(SegNss));
      rules64 = l64_i || (req_i.seg == SgNss && lma_i);
      if (plain) begin
        lin = lma_i ? req_i.va : {32'd0, req_i.va[31:0]};
      end else if (rules64) begin
        lin = seg_n_i == 4'(SegFs) || seg_n_i == 4'(SegGs) ? seg_i.base + req_i.va : req_i.va;
      end else begin
        lin = {32'd0, seg_i.base[31:0] + req_i.va[31:0]};
        off_last = {1'b0, req_i.va[31:0]} + {28'd0, n} - 33'd1;
        // Access byte: P DPL S, then code C R A, or data E W A.
        if (!seg_i.attr[7]) bad = 1'b1;
        else if ((req_i.write || req_i.rmw) && (seg_i.attr[3] || !seg_i.attr[1])) bad = 1'b1;
        else if (seg_i.attr[3] && !seg_i.attr[1] && !req_i.probe) bad = 1'b1;  // A7
        else if (seg_i.attr[3:2] == 2'b01) begin  // expand-down
          bad = req_i.va[31:0] <= seg_i.limit
              || off_last > (seg_i.attr[14] ? 33'h0_ffff_ffff : 33'h0_0000_ffff);
        end else begin
          bad = off_last > {1'b0, seg_i.limit};
        end
      end
      last = lin + {59'd0, n} - 64'd1;
      if ((plain && lma_i) || (!plain && rules64)) begin
        bad = !is_canonical(lin, la57_i) || !is_canonical(last, la57_i);
      end else begin
        last[63:32] = '0;
      end
      if (req_i.rmw && req_i.size == 3'd4 && lin[3:0] != 4'd0) begin  // CMPXCHG16B
        bad = 1'b1;
        is_ss = 1'b0;
      end
      crosses = last[63:12] != lin[63:12];
      va2 = {last[63:12], 12'd0};
      misaligned = |(lin[3:0] & (n[3:0] - 4'd1)) && req_i.size != 3'd0;
    end
  end

  // What breakpoints see (T2): no probe, and of a read-modify-write its read.
  always_comb begin
    watched_o = '0;
    if (watch_i && start_i && req_i.seg != SgApic
        && !(req_i.strmw || req_i.probe || req_i.room)) begin
      watched_o.valid = 1'b1;
      watched_o.write = req_i.write || req_i.rmw;
      watched_o.io = req_i.seg == SgIo;
      watched_o.first = watched_o.io ? req_i.va : lin;
      watched_o.last = watched_o.io ? req_i.va + {59'd0, n} - 64'd1 : last;
    end
  end

  logic start_xlate;
  assign start_xlate = virt && !bad && !req_i.room;

  // --- translation
  always_comb begin
    mmu_valid_o = start_xlate || state_q == StFirst || state_q == StSecond;
    mmu_req_o = mreq_q;
    if (start_xlate) begin
      mmu_req_o.va = lin;
      mmu_req_o.acc = req_i.write || req_i.rmw ? AccWrite : AccRead;
      mmu_req_o.user = user_i && !req_i.implicit_sup;
      mmu_req_o.implicit_sup = req_i.implicit_sup;
    end
  end

  logic xlate_last;
  assign xlate_last = mmu_rsp_valid_i && mmu_rsp_i.kind == XlDone
                   && ((state_q == StFirst && !cross_q) || state_q == StSecond);

  // --- answers
  logic last_beat, two_beats;
  logic [4:0] bytes_q;
  assign bytes_q = 5'd1 << size_q;
  assign two_beats = !io_q && ({1'b0, pa_q[3:0]} + bytes_q > 5'd16);
  assign last_beat = second_q || !two_beats;
  assign done_o = (state_q == StBeat && bus_rsp_i.ack && last_beat)
               || (xlate_last && probe_q && !ac_q) || state_q == StRoom;

  always_comb begin
    outcome_o = '0;
    if (virt && bad) begin
      outcome_o = !is_ss ? exception(VecGp, '0)
                : exception(VecSs, seg_n_i == 4'(SegNss) ? {16'd0, ss_err_i} : '0);
    end else if (state_q == StFirst || state_q == StSecond) begin
      if (mmu_rsp_valid_i && mmu_rsp_i.kind == XlPageFault) begin
        outcome_o = page_fault(mmu_rsp_i.error_code, mreq_q.va);
      end else if (xlate_last && ac_q) begin
        outcome_o = exception(VecAc, '0);
      end
    end
  end

  always_comb begin
    rdata_o = '0;
    if (done_o && !write_q) begin
      if (io_q) rdata_o = bus_rsp_i.rdata;
      else if (second_q) rdata_o = 128'({bus_rsp_i.rdata, beat0_q} >> {pa_q[3:0], 3'd0});
      else rdata_o = bus_rsp_i.rdata >> {pa_q[3:0], 3'd0};
    end
  end

  // --- beats: from registers only. The page of the local APIC is the processor's own, wherever
  // IA32_APIC_BASE puts it.
  logic [39:4] block;
  logic        apic_beat;
  assign block = second_q ? block2_q : pa_q[39:4];
  assign apic_beat = apic_q || (apic_on_i && !io_q && block[39:12] == apic_page_i);

  always_comb begin
    logic [31:0]  be;
    logic [255:0] data;
    be = '0;
    data = '0;
    bus_req_o = '0;
    if (state_q == StBeat) begin
      be = 32'((33'd1 << bytes_q) - 33'd1) << (io_q ? 4'd0 : pa_q[3:0]);
      bus_req_o.valid = 1'b1;
      bus_req_o.write = write_q;
      bus_req_o.io = io_q;
      bus_req_o.lock = lock_q && !(write_q && last_beat);
      bus_req_o.src = apic_beat ? SrcApic : SrcData;
      bus_req_o.addr = apic_beat ? {ApicPage[39:13], apic_q && block[12], block[11:4], 4'd0}
                     : io_q ? pa_q : {block, 4'd0};
      bus_req_o.be = second_q ? be[31:16] : be[15:0];
      if (write_q) begin
        for (int unsigned i = 0; i < 16; i++) begin
          if (i < {27'd0, bytes_q}) data[8*i +: 8] = wdata_q[8*i +: 8];
        end
        data = data << {io_q ? 4'd0 : pa_q[3:0], 3'd0};
        bus_req_o.wdata = second_q ? data[255:128] : data[127:0];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      mreq_q <= '0;
      second_q <= 1'b0;
      probe_q <= 1'b0;
    end else begin
      unique case (state_q)
        StIdle: if (start_i) begin
          second_q <= 1'b0;
          wdata_q <= req_i.wdata;
          lock_q <= req_i.lock;
          if (req_i.strmw) begin
            write_q <= 1'b1;
            state_q <= StBeat;
          end else begin
            write_q <= req_i.write;
            io_q <= req_i.seg == SgIo;
            apic_q <= req_i.seg == SgApic;
            probe_q <= req_i.probe;
            size_q <= req_i.size;
            pa_q <= req_i.va[39:0];
            cross_q <= crosses;
            va2_q <= va2;
            ac_q <= misaligned && ac_i && user_i && !req_i.implicit_sup;
            block2_q <= req_i.va[39:4] + 36'd1;
            if (!virt) begin
              state_q <= StBeat;
            end else if (!bad && req_i.room) begin
              state_q <= StRoom;
            end else if (!bad) begin
              mreq_q <= mmu_req_o;
              state_q <= StFirst;
            end
          end
        end
        StFirst: if (mmu_rsp_valid_i) begin
          pa_q <= mmu_rsp_i.pa;
          block2_q <= mmu_rsp_i.pa[39:4] + 36'd1;
          if (outcome_o.kind != OcNone) begin
            state_q <= StIdle;
          end else if (cross_q) begin
            mreq_q.va <= va2_q;
            state_q <= StSecond;
          end else begin
            state_q <= probe_q ? StIdle : StBeat;
          end
        end
        StSecond: if (mmu_rsp_valid_i) begin
          block2_q <= mmu_rsp_i.pa[39:4];
          state_q <= outcome_o.kind != OcNone || probe_q ? StIdle : StBeat;
        end
        StRoom: state_q <= StIdle;
        default: if (bus_rsp_i.ack) begin
          second_q <= !last_beat;
          if (!write_q) beat0_q <= bus_rsp_i.rdata;
          if (last_beat) state_q <= StIdle;
        end
      endcase
    end
  end

  OneAnswer: assert property (@(posedge clk_i) disable iff (!rst_ni)
    !(done_o && outcome_o.kind != OcNone));
  StartWhenIdle: assert property (@(posedge clk_i) disable iff (!rst_ni)
    start_i |-> state_q == StIdle);
  AnswerToStart: assert property (@(posedge clk_i) disable iff (!rst_ni)
    done_o |-> state_q != StIdle);
  DoneIsOneCycle: assert property (@(posedge clk_i) disable iff (!rst_ni)
    done_o |=> !done_o);

  logic unused;
  assign unused = ^{mmu_rsp_i.page_log2, mmu_rsp_i.memtype, seg_i.sel, seg_i.attr[15],
                    seg_i.attr[13:8], seg_i.attr[6:4],
                    seg_i.attr[0]};

endmodule
