// SPDX-License-Identifier: Apache-2.0
// CPUID leaves as a table; combinational, idle unless en_i. SDM Vol. 2 "CPUID"; docs/cpu.md
// "CPUID".
module cpuid
  import cpu_port_pkg::*;
  import feature_pkg::*;
(
  input  logic        en_i,
  input  logic        l64_i,    // 64-bit mode: SYSCALL is there
  input  logic        pke_i,    // CR4.PKE, shown as OSPKE
  input  logic        apic_i,   // APIC_BASE.EN, shown as APIC
  input  logic        limit_i,  // MISC_ENABLE: no leaf above 2
  input  logic        no_xd_i,  // MISC_ENABLE: no execute-disable
  input  cpuid_t      straps_i,
  input  logic [31:0] leaf_i, subleaf_i,
  output logic [31:0] eax_o, ebx_o, ecx_o, edx_o
);

  // 48 characters, the first in bits 7:0.
  function automatic logic [383:0] brand();
    logic [383:0] v;
    logic [8*35-1:0] text;
    text = "Ringwalk x86-64 reference processor";
    v = '0;
    for (int unsigned i = 0; i < 35; i++) v[8*i +: 8] = text[8*(34-i) +: 8];
    return v;
  endfunction

  localparam logic [383:0] Brand = brand();

  // The leaf that answers. S18.
  logic [31:0] leaf;
  assign leaf = limit_i && !(leaf_i inside {[32'h0:32'h2], [32'h8000_0000:32'h8000_0008]}) ? 32'h2
                                                                                        : leaf_i;

  always_comb begin
    {eax_o, ebx_o, ecx_o, edx_o} = '0;
    if (en_i) begin
      unique case (leaf)
        32'h0: begin
          eax_o = limit_i ? 32'h2 : 32'hd;
          {ecx_o, edx_o, ebx_o} = straps_i.vendor;
        end
        32'h1: begin
          {eax_o, ebx_o, ecx_o, edx_o} =
            {straps_i.signature, 32'h0001_0800,
             32'h01e2_2000 & ~absent_1_ecx(straps_i.away),
             32'h000b_bb7c & ~absent_1_edx(straps_i.away)};
          edx_o[9] = apic_i;
        end
        32'h2: eax_o = 32'd1;
        32'h7: if (subleaf_i == 32'd0) begin
          ebx_o = 32'h0198_0483 & ~absent_7_ebx(straps_i.away);
          ecx_o = 32'h8041_000c & ~absent_7_ecx(straps_i.away);
          ecx_o[4] = pke_i;
        end
        32'hb: if (!straps_i.away[FtX2apic]) begin
          ebx_o = {31'd0, subleaf_i < 32'd2};
          ecx_o = {22'd0, subleaf_i == 32'd1, subleaf_i == 32'd0, subleaf_i[7:0]};
        end
        32'h8000_0000: eax_o = 32'h8000_0008;
        32'h8000_0001: begin
          ecx_o = 32'h0000_0121 & ~absent_ext_ecx(straps_i.away);
          edx_o = (l64_i ? 32'h2c10_0800 : 32'h2c10_0000) & ~absent_ext_edx(straps_i.away);
          if (no_xd_i) edx_o[20] = 1'b0;
        end
        32'h8000_0002: {edx_o, ecx_o, ebx_o, eax_o} = Brand[127:0];
        32'h8000_0003: {edx_o, ecx_o, ebx_o, eax_o} = Brand[255:128];
        32'h8000_0004: {edx_o, ecx_o, ebx_o, eax_o} = Brand[383:256];
        32'h8000_0007: edx_o = 32'h100;
        32'h8000_0008: eax_o = straps_i.away[FtLa57] ? 32'h3028 : 32'h3928;
        default: ;
      endcase
    end
  end

endmodule
