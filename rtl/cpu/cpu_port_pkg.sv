// SPDX-License-Identifier: Apache-2.0
// Types of the processor's ports: the state it starts from (docs/cpu.md "State at start"), what
// it says of itself and offers.
package cpu_port_pkg;

  typedef struct packed {
    logic        long_mode;  // 0: 32-bit protected mode, paging off; 1: 64-bit mode, paging on
    logic [63:0] rip;
    logic [63:0] rax;
    logic [63:0] rbx;
    logic [63:0] rsi;
    logic [63:0] rsp;
    logic [63:0] cr3;
  } boot_t;

  // Straps: constant from reset on (docs/cpu.md C1).
  typedef struct packed {
    logic [63:0] away;       // a bit for each feature: 1 takes it away
    logic [95:0] vendor;     // of CPUID leaf 0, the first character in bits 7:0
    logic [31:0] signature;  // EAX of CPUID leaf 1
  } cpuid_t;

endpackage
