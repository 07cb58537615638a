// SPDX-License-Identifier: Apache-2.0
// The registers of the local APIC as MSRs 800h + n: which can be read, and the bits that a write
// may have. SDM Vol. 3A "x2APIC Register Address Space"; docs/cpu.md S17.
package x2apic_pkg;

  function automatic logic x2apic_readable(input logic [7:0] n);
    unique case (n) inside
      8'h02, 8'h03, 8'h08, 8'h0a, 8'h0d, 8'h0f,
      [8'h10:8'h17], [8'h18:8'h1f], [8'h20:8'h27],  // ISR, TMR, IRR
      8'h28, 8'h2f, 8'h30, [8'h32:8'h39], 8'h3e: return 1'b1;
      default: return 1'b0;
    endcase
  endfunction

  function automatic logic x2apic_write_ok(input logic [7:0] n, input logic [63:0] v,
                                           input logic deadline);
    logic [63:0] bits;
    unique case (n)
      8'h08: bits = 64'hff;                                      // TPR
      8'h0b, 8'h28: bits = '0;                                   // EOI, ESR
      8'h0f: bits = 64'h11ff;                                    // SVR
      8'h30: bits = 64'hffff_ffff_000c_cfff;                     // ICR
      8'h32: bits = deadline ? 64'h7_10ff : 64'h3_10ff;          // LVT timer
      8'h2f, 8'h33, 8'h34: bits = 64'h1_17ff;                    // LVT CMCI, thermal, performance
      8'h35, 8'h36: bits = 64'h1_f7ff;                           // LVT LINT0, LINT1
      8'h37: bits = 64'h1_10ff;                                  // LVT error
      8'h38: bits = 64'hffff_ffff;                               // initial count
      8'h3e: bits = 64'hb;                                       // divide configuration
      8'h3f: bits = 64'hff;                                      // SELF IPI
      default: return 1'b0;
    endcase
    return (v & ~bits) == '0;
  endfunction

endpackage
