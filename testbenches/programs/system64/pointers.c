// SPDX-License-Identifier: Apache-2.0
// LSS LFS LGS in 64-bit mode, and in compatibility mode what 64-bit mode does not have: BCD, BOUND,
// LES, ARPL. SDM Vol. 2 "LDS/LES/LFS/LGS/LSS", "BOUND", "ARPL", "DAA".
#include "probe.h"

struct __attribute__((packed)) far16 {
    uint16_t offset, selector;
} far16_at;
struct __attribute__((packed)) far32 {
    uint32_t offset;
    uint16_t selector;
} far32_at;
struct __attribute__((packed)) far64 {
    uint64_t offset;
    uint16_t selector;
} far64_at;

PROBE(lss, "lssl far32_at(%rip), %eax");
PROBE(lfs, "lfsl far32_at(%rip), %eax\nmovl %fs, %ecx\nshlq $32, %rcx\norq %rcx, %rax\n"
           "xorl %ecx, %ecx\nmovl %ecx, %fs");
PROBE(lgs16, "lgsw far16_at(%rip), %ax");
PROBE(lfs64, ".byte 0x48\nlfs far64_at(%rip), %eax");
PROBE(lfs_at, "lfsl (%rax), %eax");
PROBE(lss_reg, ".byte 0x0F, 0xB2, 0xC1");
PROBE(lfs_reg, ".byte 0x0F, 0xB4, 0xC1");
PROBE(lgs_reg, ".byte 0x0F, 0xB5, 0xC1");
PROBE(lfs_lock, ".byte 0xF0, 0x0F, 0xB4, 0x00");

PROBE(daa64, ".byte 0x27");
PROBE(das64, ".byte 0x2F");
PROBE(aaa64, ".byte 0x37");
PROBE(aas64, ".byte 0x3F");
PROBE(aam64, ".byte 0xD4, 0x0A");
PROBE(aad64, ".byte 0xD5, 0x0A");
PROBE(bound64, ".byte 0x62, 0x04, 0x24");
PROBE(les64, ".byte 0xC4, 0x04, 0x24");
PROBE(lds64, ".byte 0xC5, 0x04, 0x24");

/* Compatibility mode on the same stack, and INT from there. */
#define COMPAT(name, text)                                                                         \
    USER_PROBE(name,                                                                               \
               "subq $64, %rsp\nleaq 1f(%rip), %rcx\nmovl %ecx, (%rsp)\n"                          \
               "movl $0x1B, 4(%rsp)\nljmpl *(%rsp)\n.code32\n1: " text "\nint $0x80\n.code64")
COMPAT(daa32, "movl $0xAE, %eax\nclc\ndaa");
COMPAT(aam32, "movl $99, %eax\naam");
COMPAT(aam0_32, "movl $0x1234, %eax\naam $0");
COMPAT(bound32, "movl $-3, 8(%esp)\nmovl $7, 12(%esp)\nmovl $7, %eax\nboundl %eax, 8(%esp)");
COMPAT(bound32_out, "movl $-3, 8(%esp)\nmovl $7, 12(%esp)\nmovl $8, %eax\nboundl %eax, 8(%esp)");
COMPAT(arpl32, "movl $0x11110020, %eax\nmovl $3, %ecx\narpl %cx, %ax");
COMPAT(les32, "movl $0x12345678, 8(%esp)\nmovw $0x20, 12(%esp)\nlesl 8(%esp), %eax");
COMPAT(lds32_bad,
       "movl $0x12345678, 8(%esp)\nmovw $0x58, 12(%esp)\nmovl $5, %eax\nldsl 8(%esp), %eax");

static unsigned load32(void (*fn)(void), uint16_t selector)
{
    far32_at.offset = 0x89ABCDEF;
    far32_at.selector = selector;
    return try0(fn, UINT64_C(0x1111222233334444));
}

/* A fault leaves the register. */
static bool kept(void)
{
    return result == UINT64_C(0x1111222233334444);
}

static void loads(void)
{
    uint8_t *page = page_alloc();
    uint64_t va = UINT64_C(0x8000040000);

    check("LSS", load32(probe_lss, 0x10) == NONE && result == 0x89ABCDEF);
    check("LSS of null at ring 0", load32(probe_lss, 0) == NONE && result == 0x89ABCDEF);
    load32(probe_lss, 0x40);
    check("LSS not present: #SS(sel)", SEEN(12, 0x40) && kept());
    load32(probe_lss, 0x58);
    check("LSS read-only: #GP(sel)", SEEN(13, 0x58) && kept());
    load32(probe_lss, 0x23);
    check("LSS of ring 3: #GP(sel)", SEEN(13, 0x20) && kept());
    gdt[15] &= ~(UINT64_C(1) << 40);
    check("LFS", load32(probe_lfs, 0x7B) == NONE && result == UINT64_C(0x7B89ABCDEF));
    check("LFS sets the accessed bit", (gdt[15] >> 40 & 1) == 1);
    check("LFS of null", load32(probe_lfs, 3) == NONE && result == UINT64_C(0x389ABCDEF));
    load32(probe_lfs, 0x40);
    check("LFS not present: #NP(sel)", SEEN(11, 0x40) && kept());
    load32(probe_lfs, 0x300);
    check("LFS beyond the table: #GP(sel)", SEEN(13, 0x300) && kept());
    far16_at = (struct far16){0xBEEF, 0x10};
    try0(probe_lgs16, UINT64_C(0x1111222233334444));
    check("LGS of 16 bits merges", result == UINT64_C(0x111122223333BEEF));
    far64_at = (struct far64){UINT64_C(0x8877665544332211), 0};
    here0(probe_lfs64, 0);
    check_here("LFS of 64 bits", seen.vector == NONE && result == UINT64_C(0x8877665544332211));
    map_page(va, (uint64_t)page, PTE_P | PTE_W);
    try0(probe_lfs_at, va + 4092);
    check("LFS, its selector in no page: #PF", SEEN(14, 0) && seen.cr2 == va + 4096);
    check("LSS of a register: #UD", try0(probe_lss_reg, 0) == 6);
    check("LFS of a register: #UD", try0(probe_lfs_reg, 0) == 6);
    check("LGS of a register: #UD", try0(probe_lgs_reg, 0) == 6);
    here0(probe_lfs_lock, va);
    check_here("LOCK LFS: #UD", seen.vector == 6);
}

static void not_in_64_bit_mode(void)
{
    static const struct {
        const char *what;
        void (*fn)(void);
    } gone[] = {
        {"DAA: #UD", probe_daa64},     {"DAS: #UD", probe_das64}, {"AAA: #UD", probe_aaa64},
        {"AAS: #UD", probe_aas64},     {"AAM: #UD", probe_aam64}, {"AAD: #UD", probe_aad64},
        {"BOUND: #UD", probe_bound64}, {"LES: #UD", probe_les64}, {"LDS: #UD", probe_lds64},
    };

    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        check(gone[i].what, try0(gone[i].fn, 0) == 6);
}

static void in_compatibility_mode(void)
{
    try3(probe_daa32, 0);
    check("DAA", seen.vector == 0x80 && seen.rax == 0x14 && (seen.rflags & 0xD5) == 0x15);
    try3(probe_aam32, 0);
    check("AAM", seen.vector == 0x80 && seen.rax == 0x909);
    try3(probe_aam0_32, 0);
    check("AAM 0: #DE", seen.vector == 0 && seen.rax == 0x1234);
    try3(probe_bound32, 0);
    check("BOUND inside", seen.vector == 0x80);
    try3(probe_bound32_out, 0);
    check("BOUND outside: #BR", seen.vector == 5 && seen.cs == 0x1B);
    try3(probe_arpl32, 0);
    check("ARPL", seen.vector == 0x80 && seen.rax == 0x11110023 && (seen.rflags & 0x40));
    try3(probe_les32, 0);
    check("LES", seen.vector == 0x80 && seen.rax == 0x12345678);
    try3(probe_lds32_bad, 0);
    check("LDS of ring 0: #GP(sel)", SEEN(13, 0x58) && seen.rax == 5);
}

void pointer_tests(void)
{
    loads();
    not_in_64_bit_mode();
    in_compatibility_mode();
}
