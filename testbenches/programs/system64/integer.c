// SPDX-License-Identifier: Apache-2.0
// ADCX and ADOX: two carry chains, in CF and in OF. SDM Vol. 2 "ADCX", "ADOX".
#include "probe.h"

#define FLAGS_OUT "\npushfq\npopq %rdx\nandl $0x8D5, %edx\nshlq $32, %rdx\norq %rdx, %rax"
/* EAX = 5, or what is given, ECX = 6; flags in; result and flags out. */
#define CHAIN(name, flags, a, b, insn)                                                             \
    PROBE(name, "pushq $" #flags "\npopfq\nmovq $" #a ", %rax\nmovq $" #b ", %rcx\n" insn FLAGS_OUT)

CHAIN(adcx, 0x801, 5, 6, "adcxl %ecx, %eax");
CHAIN(adcx_out, 0x8D4, 0xFFFFFFFF, 1, "adcxl %ecx, %eax");
CHAIN(adcx_upper, 0x8D4, -1, 1, "adcxl %ecx, %eax");
CHAIN(adcx_no, 0x8D4, 5, 6, "adcxl %ecx, %eax");
CHAIN(adox, 0x801, 5, 6, "adoxl %ecx, %eax");
CHAIN(adox_out, 0x0D5, 0xFFFFFFFF, 1, "adoxl %ecx, %eax");
CHAIN(adox_clear, 0x8D5, 5, 6, "adoxl %ecx, %eax");
CHAIN(adcx_66, 0, 0x1FFFF, 1, ".byte 0x66, 0x0F, 0x38, 0xF6, 0xC1");
CHAIN(adox_66, 0x800, 0x1FFFF, 0, ".byte 0x66, 0xF3, 0x0F, 0x38, 0xF6, 0xC1");
PROBE(adcx64,
      "stc\nmovq $-1, %rax\nadcxq (%rsp), %rax\nsetc %cl\nsubq (%rsp), %rax\nmovzbl %cl, %ecx\n"
      "addq %rcx, %rax");
PROBE(adox64, "pushq $0x800\npopfq\nmovq $-1, %rax\nadoxq %rax, %rax\nseto %cl\nmovb %cl, %al");
PROBE(adx_bare, ".byte 0x0F, 0x38, 0xF6, 0xC1");
PROBE(adx_f2, ".byte 0xF2, 0x0F, 0x38, 0xF6, 0xC1");
PROBE(adx_lock, ".byte 0xF0, 0x66, 0x0F, 0x38, 0xF6, 0x04, 0x24");
PROBE(adcx_load, "adcxl (%rax), %eax");

void integer_tests(void)
{
    uint32_t r[4];

    cpuid(7, 0, r);
    check("CPUID: ADX", (r[1] >> 19 & 1) == 1);
    cpuid(1, 0, r);
    check("CPUID: SEP", (r[3] >> 11 & 1) == 1);
    check("ADCX adds CF", try0(probe_adcx, 0) == NONE && result == UINT64_C(0x8000000000C));
    check("ADCX sets CF alone",
          try0(probe_adcx_out, 0) == NONE && result == UINT64_C(0x8D500000000));
    here0(probe_adcx_upper, 0); /* QEMU 7.2 adds the upper halves too */
    check_here("whatever the upper halves hold",
               seen.vector == NONE && result == UINT64_C(0x8D500000000));
    check("ADCX without CF", try0(probe_adcx_no, 0) == NONE && result == UINT64_C(0x8D40000000B));
    check("ADOX adds OF", try0(probe_adox, 0) == NONE && result == UINT64_C(0x10000000C));
    check("ADOX sets OF alone",
          try0(probe_adox_out, 0) == NONE && result == UINT64_C(0x8D500000000));
    check("ADOX clears OF alone",
          try0(probe_adox_clear, 0) == NONE && result == UINT64_C(0xD50000000C));
    check("ADCX's 66 makes no 16 bits", try0(probe_adcx_66, 0) == NONE && result == 0x20000);
    here0(probe_adox_66, 0);
    check_here("66 F3: ADOX of 32 bits", seen.vector == NONE && result == 0x20000);
    check("ADCX of 64 bits, memory", try0(probe_adcx64, 0) == NONE && result == 1);
    check("ADOX of 64 bits",
          try0(probe_adox64, 0) == NONE && result == UINT64_C(0xFFFFFFFFFFFFFF01));
    check("0F 38 F6 alone: #UD", try0(probe_adx_bare, 0) == 6);
    check("with F2: #UD", try0(probe_adx_f2, 0) == 6);
    here0(probe_adx_lock, 0);
    check_here("LOCK ADCX: #UD", seen.vector == 6);
    here0(probe_adcx_load, UINT64_C(0x0000800000000000));
    check_here("ADCX, not canonical: #GP(0)", SEEN(13, 0));
}
