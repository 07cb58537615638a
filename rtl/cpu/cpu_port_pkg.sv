// SPDX-License-Identifier: Apache-2.0
// Types of the processor's ports: the state it starts from (docs/cpu.md "State at start").
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

endpackage
