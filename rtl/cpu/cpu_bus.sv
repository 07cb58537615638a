// SPDX-License-Identifier: Apache-2.0
// The processor's one bus port among its three users, in this order: data, page walk, fetch. A
// request once up keeps the port until its ack, a locked one until its user's access without lock.
// drop_o tells the fetch lines of every write to memory, by whichever master.
// docs/cpu.md "Data accesses and their order"; SDM Vol. 3A "Self-Modifying Code".
module cpu_bus
  import bus_pkg::*;
(
  input  logic        clk_i, rst_ni,
  input  bus_req_t    data_req_i, walk_req_i, fetch_req_i,
  output bus_rsp_t    data_rsp_o, walk_rsp_o, fetch_rsp_o,
  output bus_req_t    bus_req_o,
  input  bus_rsp_t    bus_rsp_i,
  input  logic        snoop_valid_i,   // a write by another master is acked in this cycle
  input  logic [39:4] snoop_addr_i,
  output logic        drop_o,          // a block of memory changes at the end of this cycle
  output logic [39:4] drop_addr_o
);

  typedef enum logic [1:0] {OwnFetch, OwnWalk, OwnData} owner_e;

  owner_e owner, owner_q;
  logic   hold_q;

  always_comb begin
    owner = OwnFetch;
    if (hold_q) owner = owner_q;
    else if (data_req_i.valid) owner = OwnData;
    else if (walk_req_i.valid) owner = OwnWalk;
    unique case (owner)
      OwnData: bus_req_o = data_req_i;
      OwnWalk: bus_req_o = walk_req_i;
      default: bus_req_o = fetch_req_i;
    endcase
  end

  // Apart from the requests: an answer must not look like their cause.
  always_comb begin
    fetch_rsp_o = '0;
    walk_rsp_o = '0;
    data_rsp_o = '0;
    unique case (owner)
      OwnData: data_rsp_o = bus_rsp_i;
      OwnWalk: walk_rsp_o = bus_rsp_i;
      default: fetch_rsp_o = bus_rsp_i;
    endcase
  end

  always_comb begin
    drop_o = snoop_valid_i
          || (bus_req_o.valid && bus_req_o.write && !bus_req_o.io && bus_rsp_i.ack);
    drop_addr_o = snoop_valid_i ? snoop_addr_i : bus_req_o.addr[39:4];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      hold_q <= 1'b0;
      owner_q <= OwnFetch;
    end else if (bus_req_o.valid) begin
      owner_q <= owner;
      hold_q <= !bus_rsp_i.ack || bus_req_o.lock;
    end
  end

  BusRequestHolds: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid && !bus_rsp_i.ack |=> $stable(bus_req_o));
  LockStays: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid && bus_rsp_i.ack && bus_req_o.lock |=> hold_q && owner == owner_q);
  Formed: assert property (@(posedge clk_i) disable iff (!rst_ni)
    bus_req_o.valid |-> bus_pkg::bus_formed(bus_req_o));
  DataHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    data_req_i.valid && !data_rsp_o.ack |=> $stable(data_req_i));
  WalkHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    walk_req_i.valid && !walk_rsp_o.ack |=> $stable(walk_req_i));
  FetchHeld: assert property (@(posedge clk_i) disable iff (!rst_ni)
    fetch_req_i.valid && !fetch_rsp_o.ack |=> $stable(fetch_req_i));
  OneAck: assert property (@(posedge clk_i) disable iff (!rst_ni)
    $onehot0({data_rsp_o.ack, walk_rsp_o.ack, fetch_rsp_o.ack}));

endmodule
