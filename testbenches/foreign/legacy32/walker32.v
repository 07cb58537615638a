// SPDX-License-Identifier: Apache-2.0
// 32-bit paging with 4-MByte pages and global pages, in Verilog-2001: 32 translations in a
// direct-mapped table of 4-KByte pieces, no paging-structure cache, a 32-bit port to memory. SDM
// Vol. 3A "32-Bit Paging". start stays up until done; inval is taken while ready is high.
module walker32 (
  clk, rst,
  pg, pse, pge, wp, cr3,
  start, va, fetch, write, user,
  done, fault, code, pa, big, pcd, pwt,
  inval, inval_page, inval_global, inval_va, ready,
  mem_req, mem_we, mem_lock, mem_addr, mem_wdata, mem_ack, mem_rdata
);
  input         clk, rst;
  input         pg, pse, pge, wp;
  input  [31:12] cr3;
  input         start, fetch, write, user;
  input  [31:0] va;
  output        done, fault;
  output [3:0]  code;          // RSVD, U/S, W/R, P
  output [31:0] pa;
  output        big, pcd, pwt;
  input         inval, inval_page, inval_global;
  input  [31:12] inval_va;
  output        ready;
  output        mem_req, mem_we, mem_lock;
  output [31:2] mem_addr;
  output [31:0] mem_wdata;
  input         mem_ack;
  input  [31:0] mem_rdata;

  localparam [2:0] S_IDLE = 0, S_LOOK = 1, S_READ = 2, S_LOCK = 3, S_WRITE = 4, S_DONE = 5;

  reg [2:0]   state;
  reg         second;          // the entry is a PTE
  reg [31:12] table_base;
  reg         rw1, us1;        // of the PDE
  reg [31:0]  entry, seen;
  reg         r_fault, r_big, r_pcd, r_pwt;
  reg [3:0]   r_code;
  reg [31:0]  r_pa;

  // --- the translations: a piece of 4 KBytes each, also of a page of 4 MBytes ---
  reg [31:0]  t_valid;
  reg [31:17] t_tag    [0:31];
  reg [31:12] t_frame  [0:31];
  reg [6:0]   t_bits   [0:31]; // big, global, dirty, pcd, pwt, U/S, R/W
  wire [4:0]  slot   = va[16:12];
  wire [6:0]  bits   = t_bits[slot];
  wire        hit    = t_valid[slot] && t_tag[slot] == va[31:17];

  // "Access Rights" of accumulated R/W and U/S. Nothing is known of XD here.
  function permitted;
    input rw, us;
    begin
      if (user) permitted = us && (rw || !write);
      else      permitted = rw || !write || !wp;
    end
  endfunction
  wire        usable = hit && permitted(bits[0], bits[1]) && (bits[4] || !write);

  // --- an entry as it comes from memory, or as it was before its flags were set ---
  wire [31:0] e      = state == S_READ ? mem_rdata : entry;
  wire        leaf   = second || (e[7] && pse);
  wire        rsvd   = second ? e[7] : e[7] && pse && e[21:12] != 10'd0;
  wire        rw     = rw1 && e[1];
  wire        us     = us1 && e[2];
  wire        late   = !e[5] || (leaf && write && !e[6]);
  wire [31:0] marked = e | 32'h20 | {25'd0, leaf && write, 6'd0};
  wire [31:12] frame = second ? e[31:12] : {e[31:22], va[21:12]};

  assign mem_req   = state == S_READ || state == S_LOCK || state == S_WRITE;
  assign mem_we    = state == S_WRITE;
  assign mem_lock  = state == S_LOCK;
  assign mem_addr  = {table_base, second ? va[21:12] : va[31:22]};
  assign mem_wdata = seen == entry ? marked : seen;
  assign ready     = state == S_IDLE && !start;
  assign done      = state == S_DONE;
  assign fault     = r_fault;
  assign code      = r_code;
  assign pa        = r_pa;
  assign big     = r_big;
  assign pcd       = r_pcd;
  assign pwt       = r_pwt;

  task refuse;
    input rsvd_bit, present;
    begin
      r_fault <= 1'b1;
      r_code  <= {rsvd_bit, user, write, present};
      state   <= S_DONE;
    end
  endtask

  task from_root;
    begin
      second     <= 1'b0;
      table_base <= cr3;
      rw1        <= 1'b1;
      us1        <= 1'b1;
      state      <= S_READ;
    end
  endtask

  // The entry, with its flags as they must be: a page, or on to the page table.
  task use_entry;
    input [31:0] value;
    begin
      if (leaf) begin
        r_pa          <= {frame, va[11:0]};
        r_big       <= !second;
        r_pcd         <= value[4];
        r_pwt         <= value[3];
        t_valid[slot] <= 1'b1;
        t_tag[slot]   <= va[31:17];
        t_frame[slot] <= frame;
        t_bits[slot]  <= {!second, value[8] && pge, value[6], value[4], value[3], us, rw};
        state         <= S_DONE;
      end else begin
        second     <= 1'b1;
        table_base <= value[31:12];
        rw1        <= rw;
        us1        <= us;
        state      <= S_READ;
      end
    end
  endtask

  integer i;
  always @(posedge clk) begin
    case (state)
      S_IDLE: begin
        r_fault <= 1'b0;
        r_code  <= 4'd0;
        if (start) state <= S_LOOK;
        // A page of 4 MBytes may be in many pieces: all of them go with any address in it.
        if (inval && ready)
          for (i = 0; i < 32; i = i + 1)
            if ((inval_global || !t_bits[i][5]) &&
                (!inval_page || (t_bits[i][6] ? t_tag[i][31:22] == inval_va[31:22]
                                 : {t_tag[i], i[4:0]} == inval_va)))
              t_valid[i] <= 1'b0;
      end
      S_LOOK:
        if (!pg) begin
          r_pa    <= va;
          r_big <= 1'b0;
          r_pcd   <= 1'b0;
          r_pwt   <= 1'b0;
          state   <= S_DONE;
        end else if (usable) begin
          r_pa    <= {t_frame[slot], va[11:0]};
          r_big <= bits[6];
          r_pcd   <= bits[3];
          r_pwt   <= bits[2];
          state   <= S_DONE;
        end else begin
          t_valid[slot] <= 1'b0;
          from_root;
        end
      S_READ:
        if (mem_ack) begin
          entry <= mem_rdata;
          if (!e[0])                           refuse(1'b0, 1'b0);
          else if (rsvd)                       refuse(1'b1, 1'b1);
          else if (leaf && !permitted(rw, us)) refuse(1'b0, 1'b1);
          else if (late)                       state <= S_LOCK;
          else                                 use_entry(mem_rdata);
        end
      S_LOCK:
        if (mem_ack) begin
          seen  <= mem_rdata;
          state <= S_WRITE;
        end
      S_WRITE:
        if (mem_ack) begin
          if (seen == entry) use_entry(marked);
          else               from_root;
        end
      default:
        state <= S_IDLE;
    endcase
    if (rst) begin
      state   <= S_IDLE;
      t_valid <= 32'd0;
    end
  end

endmodule
