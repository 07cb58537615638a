// SPDX-License-Identifier: Apache-2.0
// The instruction table, one row a form (SDM Vol. 2, opcode column), and the bytes of a random
// instance: prefixes, REX, ModRM, SIB, displacement, immediate.
#include <stdio.h>
#include <string.h>

#include "oracle.h"

enum map { M_1, M_0F, M_0F38, M_0F01 };
/* What follows the opcode; R_0..R_7 is a ModRM with that extension (Intel's /0../7). */
enum operands { R_0, R_1, R_2, R_3, R_4, R_5, R_6, R_7, NO, RM, OP };
/* OP: a register in the opcode's low bits. */
enum imm { I_NO, I_8, I_Z, I_V, I_16, I_16_8, I_MOFFS, I_FAR, I_REL };

enum {
    LOCK = 1,    /* LOCK is allowed with a memory destination */
    MEM = 2,     /* memory operands only, mostly */
    REG = 4,     /* register operands only, mostly */
    ONLY64 = 8,  /* 64-bit mode, mostly */
    ONLY32 = 16, /* compatibility mode, mostly */
    STR = 32,    /* takes REP */
    NEAR = 64,   /* near branch: few 66 prefixes, which makers read differently in 64-bit mode */
    RARE = 128   /* drawn again, mostly: many rows for one instruction, or little to go wrong */
};

struct row {
    const char *name;
    uint8_t map, opcode, operands, imm, flags, prefix;
};

/* clang-format off */
#define ALU(name, base, digit, lock)                                                            \
    {name, M_1, base, RM, I_NO, lock, 0}, {name, M_1, base + 1, RM, I_NO, lock, 0},             \
    {name, M_1, base + 2, RM, I_NO, 0, 0}, {name, M_1, base + 3, RM, I_NO, 0, 0},               \
    {name, M_1, base + 4, NO, I_8, 0, 0}, {name, M_1, base + 5, NO, I_Z, 0, 0},                 \
    {name, M_1, 0x80, digit, I_8, lock, 0}, {name, M_1, 0x81, digit, I_Z, lock, 0},             \
    {name, M_1, 0x83, digit, I_8, lock, 0}, {name, M_1, 0x82, digit, I_8, ONLY32, 0}
#define SHIFT(name, digit)                                                                      \
    {name, M_1, 0xc0, digit, I_8, 0, 0}, {name, M_1, 0xc1, digit, I_8, 0, 0},                   \
    {name, M_1, 0xd0, digit, I_NO, 0, 0}, {name, M_1, 0xd1, digit, I_NO, 0, 0},                 \
    {name, M_1, 0xd2, digit, I_NO, 0, 0}, {name, M_1, 0xd3, digit, I_NO, 0, 0}
#define UNARY(name, opcode, digit, lock)                                                        \
    {name, M_1, opcode, digit, I_NO, lock, 0}, {name, M_1, opcode + 1, digit, I_NO, lock, 0}
#define BITS(name, opcode, digit, lock)                                                         \
    {name, M_0F, opcode, RM, I_NO, lock, 0}, {name, M_0F, 0xba, digit, I_8, lock, 0}
#define STRINGS(b, w, opcode)                                                                   \
    {b, M_1, opcode, NO, I_NO, STR, 0}, {w, M_1, opcode + 1, NO, I_NO, STR, 0}
#define CC(name, n)                                                                             \
    {"cmov" name, M_0F, 0x40 + n, RM, I_NO, RARE, 0}, {"j" name, M_1, 0x70 + n, NO, I_8, NEAR | RARE, 0}, \
    {"j" name, M_0F, 0x80 + n, NO, I_REL, NEAR | RARE, 0}, {"set" name, M_0F, 0x90 + n, RM, I_NO, RARE, 0}

static const struct row rows[] = {
    ALU("add", 0x00, R_0, LOCK), ALU("or", 0x08, R_1, LOCK), ALU("adc", 0x10, R_2, LOCK),
    ALU("sbb", 0x18, R_3, LOCK), ALU("and", 0x20, R_4, LOCK), ALU("sub", 0x28, R_5, LOCK),
    ALU("xor", 0x30, R_6, LOCK), ALU("cmp", 0x38, R_7, 0),
    SHIFT("rol", R_0), SHIFT("ror", R_1), SHIFT("rcl", R_2), SHIFT("rcr", R_3),
    SHIFT("shl", R_4), SHIFT("shr", R_5), SHIFT("shl", R_6), SHIFT("sar", R_7),
    UNARY("test", 0xf6, R_0, 0), UNARY("not", 0xf6, R_2, LOCK), UNARY("neg", 0xf6, R_3, LOCK),
    UNARY("mul", 0xf6, R_4, 0), UNARY("imul", 0xf6, R_5, 0), UNARY("div", 0xf6, R_6, 0),
    UNARY("idiv", 0xf6, R_7, 0), UNARY("div", 0xf6, R_6, 0), UNARY("idiv", 0xf6, R_7, 0),
    UNARY("inc", 0xfe, R_0, LOCK), UNARY("dec", 0xfe, R_1, LOCK),
    {"inc", M_1, 0x40, OP, I_NO, ONLY32, 0}, {"dec", M_1, 0x48, OP, I_NO, ONLY32, 0},
    {"test", M_1, 0x84, RM, I_NO, 0, 0}, {"test", M_1, 0x85, RM, I_NO, 0, 0},
    {"test", M_1, 0xa8, NO, I_8, 0, 0}, {"test", M_1, 0xa9, NO, I_Z, 0, 0},
    {"test", M_1, 0xf6, R_0, I_8, 0, 0}, {"test", M_1, 0xf7, R_1, I_Z, 0, 0},
    {"imul", M_0F, 0xaf, RM, I_NO, 0, 0}, {"imul", M_1, 0x69, RM, I_Z, 0, 0}, {"imul", M_1, 0x6b, RM, I_8, 0, 0},
    {"shld", M_0F, 0xa4, RM, I_8, 0, 0}, {"shld", M_0F, 0xa5, RM, I_NO, 0, 0},
    {"shrd", M_0F, 0xac, RM, I_8, 0, 0}, {"shrd", M_0F, 0xad, RM, I_NO, 0, 0},
    BITS("bt", 0xa3, R_4, 0), BITS("bts", 0xab, R_5, LOCK), BITS("btr", 0xb3, R_6, LOCK), BITS("btc", 0xbb, R_7, LOCK),
    {"bsf", M_0F, 0xbc, RM, I_NO, 0, 0}, {"bsr", M_0F, 0xbd, RM, I_NO, 0, 0},
    {"lzcnt", M_0F, 0xbd, RM, I_NO, 0, 0xf3}, {"popcnt", M_0F, 0xb8, RM, I_NO, 0, 0xf3},
    {"cmpxchg", M_0F, 0xb0, RM, I_NO, LOCK, 0}, {"cmpxchg", M_0F, 0xb1, RM, I_NO, LOCK, 0}, {"cmpxchg", M_0F, 0xb1, RM, I_NO, LOCK, 0},
    {"cmpxchg8b", M_0F, 0xc7, R_1, I_NO, LOCK | MEM, 0}, {"cmpxchg8b", M_0F, 0xc7, R_1, I_NO, LOCK | MEM, 0},
    {"xadd", M_0F, 0xc0, RM, I_NO, LOCK, 0}, {"xadd", M_0F, 0xc1, RM, I_NO, LOCK, 0},
    {"mov", M_1, 0x88, RM, I_NO, 0, 0}, {"mov", M_1, 0x89, RM, I_NO, 0, 0}, {"mov", M_1, 0x8a, RM, I_NO, 0, 0},
    {"mov", M_1, 0x8b, RM, I_NO, 0, 0}, {"mov", M_1, 0x8c, RM, I_NO, 0, 0}, {"mov", M_1, 0x8e, RM, I_NO, 0, 0},
    {"mov", M_1, 0x8e, RM, I_NO, 0, 0},
    {"mov", M_1, 0xa0, NO, I_MOFFS, 0, 0}, {"mov", M_1, 0xa1, NO, I_MOFFS, 0, 0},
    {"mov", M_1, 0xa2, NO, I_MOFFS, 0, 0}, {"mov", M_1, 0xa3, NO, I_MOFFS, 0, 0},
    {"mov", M_1, 0xb0, OP, I_8, 0, 0}, {"mov", M_1, 0xb8, OP, I_V, 0, 0},
    {"mov", M_1, 0xc6, R_0, I_8, 0, 0}, {"mov", M_1, 0xc7, R_0, I_Z, 0, 0},
    {"mov", M_0F, 0x20, RM, I_NO, RARE, 0}, {"mov", M_0F, 0x21, RM, I_NO, RARE, 0},
    {"mov", M_0F, 0x22, RM, I_NO, RARE, 0}, {"mov", M_0F, 0x23, RM, I_NO, RARE, 0},
    {"movzx", M_0F, 0xb6, RM, I_NO, 0, 0}, {"movzx", M_0F, 0xb7, RM, I_NO, 0, 0},
    {"movsx", M_0F, 0xbe, RM, I_NO, 0, 0}, {"movsx", M_0F, 0xbf, RM, I_NO, 0, 0},
    {"movsxd", M_1, 0x63, RM, I_NO, ONLY64, 0},
    {"movbe", M_0F38, 0xf0, RM, I_NO, MEM, 0}, {"movbe", M_0F38, 0xf1, RM, I_NO, MEM, 0},
    {"xchg", M_1, 0x86, RM, I_NO, LOCK, 0}, {"xchg", M_1, 0x87, RM, I_NO, LOCK, 0}, {"xchg", M_1, 0x90, OP, I_NO, 0, 0},
    {"bswap", M_0F, 0xc8, OP, I_NO, 0, 0}, {"xlat", M_1, 0xd7, NO, I_NO, 0, 0}, {"lea", M_1, 0x8d, RM, I_NO, MEM, 0},
    {"push", M_1, 0x50, OP, I_NO, 0, 0}, {"push", M_1, 0x68, NO, I_Z, 0, 0}, {"push", M_1, 0x6a, NO, I_8, 0, 0},
    {"push", M_1, 0xff, R_6, I_NO, 0, 0}, {"push", M_0F, 0xa0, NO, I_NO, 0, 0}, {"push", M_0F, 0xa8, NO, I_NO, 0, 0},
    {"push", M_1, 0x06, NO, I_NO, ONLY32, 0}, {"push", M_1, 0x0e, NO, I_NO, ONLY32, 0},
    {"push", M_1, 0x16, NO, I_NO, ONLY32, 0}, {"push", M_1, 0x1e, NO, I_NO, ONLY32, 0},
    {"pop", M_1, 0x58, OP, I_NO, 0, 0}, {"pop", M_1, 0x8f, R_0, I_NO, 0, 0},
    {"pop", M_0F, 0xa1, NO, I_NO, 0, 0}, {"pop", M_0F, 0xa9, NO, I_NO, 0, 0},
    {"pop", M_1, 0x07, NO, I_NO, ONLY32, 0}, {"pop", M_1, 0x17, NO, I_NO, ONLY32, 0}, {"pop", M_1, 0x1f, NO, I_NO, ONLY32, 0},
    {"pusha", M_1, 0x60, NO, I_NO, ONLY32, 0}, {"popa", M_1, 0x61, NO, I_NO, ONLY32, 0},
    {"pushf", M_1, 0x9c, NO, I_NO, 0, 0}, {"popf", M_1, 0x9d, NO, I_NO, 0, 0},
    {"enter", M_1, 0xc8, NO, I_16_8, 0, 0}, {"leave", M_1, 0xc9, NO, I_NO, 0, 0},
    {"lahf", M_1, 0x9f, NO, I_NO, 0, 0}, {"sahf", M_1, 0x9e, NO, I_NO, 0, 0},
    {"cwde", M_1, 0x98, NO, I_NO, 0, 0}, {"cdq", M_1, 0x99, NO, I_NO, 0, 0},
    STRINGS("movsb", "movsd", 0xa4), STRINGS("cmpsb", "cmpsd", 0xa6), STRINGS("stosb", "stosd", 0xaa),
    STRINGS("lodsb", "lodsd", 0xac), STRINGS("scasb", "scasd", 0xae),
    STRINGS("movsb", "movsd", 0xa4), STRINGS("cmpsb", "cmpsd", 0xa6), STRINGS("scasb", "scasd", 0xae),
    CC("o", 0), CC("no", 1), CC("b", 2), CC("nb", 3), CC("z", 4), CC("nz", 5), CC("be", 6), CC("nbe", 7),
    CC("s", 8), CC("ns", 9), CC("p", 10), CC("np", 11), CC("l", 12), CC("nl", 13), CC("le", 14), CC("nle", 15),
    {"jrcxz", M_1, 0xe3, NO, I_8, NEAR, 0}, {"loop", M_1, 0xe2, NO, I_8, NEAR, 0},
    {"loope", M_1, 0xe1, NO, I_8, NEAR, 0}, {"loopne", M_1, 0xe0, NO, I_8, NEAR, 0},
    {"jmp", M_1, 0xeb, NO, I_8, NEAR, 0}, {"jmp", M_1, 0xe9, NO, I_REL, NEAR, 0}, {"jmp", M_1, 0xff, R_4, I_NO, NEAR, 0},
    {"jmp", M_1, 0xff, R_5, I_NO, MEM, 0}, {"jmp", M_1, 0xea, NO, I_FAR, ONLY32, 0},
    {"call", M_1, 0xe8, NO, I_REL, NEAR, 0}, {"call", M_1, 0xff, R_2, I_NO, NEAR, 0},
    {"call", M_1, 0xff, R_3, I_NO, MEM, 0}, {"call", M_1, 0x9a, NO, I_FAR, ONLY32, 0},
    {"ret", M_1, 0xc3, NO, I_NO, NEAR, 0}, {"ret", M_1, 0xc2, NO, I_16, NEAR, 0},
    {"ret", M_1, 0xcb, NO, I_NO, 0, 0}, {"ret", M_1, 0xca, NO, I_16, 0, 0},
    {"iret", M_1, 0xcf, NO, I_NO, 0, 0}, {"iret", M_1, 0xcf, NO, I_NO, 0, 0},
    {"int", M_1, 0xcd, NO, I_8, 0, 0}, {"int3", M_1, 0xcc, NO, I_NO, 0, 0}, {"int1", M_1, 0xf1, NO, I_NO, 0, 0},
    {"into", M_1, 0xce, NO, I_NO, ONLY32, 0}, {"ud2", M_0F, 0x0b, NO, I_NO, RARE, 0},
    {"ud1", M_0F, 0xb9, RM, I_NO, RARE, 0}, {"ud0", M_0F, 0xff, RM, I_NO, RARE, 0},
    {"nop", M_1, 0x90, NO, I_NO, RARE, 0}, {"nop", M_0F, 0x1f, RM, I_NO, RARE, 0}, {"nop", M_0F, 0x18, RM, I_NO, RARE, 0},
    {"nop", M_0F, 0x19, RM, I_NO, RARE, 0}, {"nop", M_0F, 0x1e, RM, I_NO, RARE, 0}, {"nop", M_0F, 0x1e, RM, I_NO, RARE, 0xf3},
    {"pause", M_1, 0x90, NO, I_NO, RARE, 0xf3},
    {"prefetchw", M_0F, 0x0d, RM, I_NO, RARE | MEM, 0}, {"lfence", M_0F, 0xae, R_5, I_NO, RARE | REG, 0},
    {"mfence", M_0F, 0xae, R_6, I_NO, RARE | REG, 0}, {"sfence", M_0F, 0xae, R_7, I_NO, RARE | REG, 0},
    {"clflush", M_0F, 0xae, R_7, I_NO, RARE | MEM, 0}, {"clflushopt", M_0F, 0xae, R_7, I_NO, RARE | MEM, 0x66},
    {"clwb", M_0F, 0xae, R_6, I_NO, RARE | MEM, 0x66},
    {"rdfsbase", M_0F, 0xae, R_0, I_NO, REG | ONLY64, 0xf3}, {"rdgsbase", M_0F, 0xae, R_1, I_NO, REG | ONLY64, 0xf3},
    {"wrfsbase", M_0F, 0xae, R_2, I_NO, REG | ONLY64, 0xf3}, {"wrgsbase", M_0F, 0xae, R_3, I_NO, REG | ONLY64, 0xf3},
    {"cld", M_1, 0xfc, NO, I_NO, 0, 0}, {"std", M_1, 0xfd, NO, I_NO, 0, 0}, {"clc", M_1, 0xf8, NO, I_NO, 0, 0},
    {"stc", M_1, 0xf9, NO, I_NO, 0, 0}, {"cmc", M_1, 0xf5, NO, I_NO, 0, 0},
    {"cli", M_1, 0xfa, NO, I_NO, RARE, 0}, {"sti", M_1, 0xfb, NO, I_NO, RARE, 0}, {"hlt", M_1, 0xf4, NO, I_NO, RARE, 0},
    {"in", M_1, 0xe4, NO, I_8, RARE, 0}, {"in", M_1, 0xe5, NO, I_8, RARE, 0}, {"in", M_1, 0xec, NO, I_NO, RARE, 0},
    {"in", M_1, 0xed, NO, I_NO, RARE, 0}, {"out", M_1, 0xe6, NO, I_8, RARE, 0}, {"out", M_1, 0xe7, NO, I_8, RARE, 0},
    {"out", M_1, 0xee, NO, I_NO, RARE, 0}, {"out", M_1, 0xef, NO, I_NO, RARE, 0},
    {"sldt", M_0F, 0x00, R_0, I_NO, RARE, 0}, {"str", M_0F, 0x00, R_1, I_NO, RARE, 0},
    {"lldt", M_0F, 0x00, R_2, I_NO, RARE, 0}, {"ltr", M_0F, 0x00, R_3, I_NO, RARE, 0},
    {"sgdt", M_0F, 0x01, R_0, I_NO, RARE | MEM, 0}, {"sidt", M_0F, 0x01, R_1, I_NO, RARE | MEM, 0},
    {"lgdt", M_0F, 0x01, R_2, I_NO, RARE | MEM, 0}, {"lidt", M_0F, 0x01, R_3, I_NO, RARE | MEM, 0},
    {"smsw", M_0F, 0x01, R_4, I_NO, RARE, 0}, {"lmsw", M_0F, 0x01, R_6, I_NO, RARE, 0},
    {"invlpg", M_0F, 0x01, R_7, I_NO, RARE | MEM, 0}, {"swapgs", M_0F01, 0xf8, NO, I_NO, RARE, 0},
    {"rdtscp", M_0F01, 0xf9, NO, I_NO, RARE, 0}, {"clac", M_0F01, 0xca, NO, I_NO, RARE, 0}, {"stac", M_0F01, 0xcb, NO, I_NO, RARE, 0},
    {"clts", M_0F, 0x06, NO, I_NO, RARE, 0}, {"invd", M_0F, 0x08, NO, I_NO, RARE, 0}, {"wbinvd", M_0F, 0x09, NO, I_NO, RARE, 0},
    {"wrmsr", M_0F, 0x30, NO, I_NO, RARE, 0}, {"rdtsc", M_0F, 0x31, NO, I_NO, RARE, 0}, {"rdmsr", M_0F, 0x32, NO, I_NO, RARE, 0},
    {"rdpmc", M_0F, 0x33, NO, I_NO, RARE, 0}, {"cpuid", M_0F, 0xa2, NO, I_NO, RARE, 0},
    {"lds", M_1, 0xc5, RM, I_NO, MEM | ONLY32, 0}, {"les", M_1, 0xc4, RM, I_NO, MEM | ONLY32, 0},
    {"lss", M_0F, 0xb2, RM, I_NO, MEM, 0}, {"lfs", M_0F, 0xb4, RM, I_NO, MEM, 0}, {"lgs", M_0F, 0xb5, RM, I_NO, MEM, 0},
    {"daa", M_1, 0x27, NO, I_NO, ONLY32, 0}, {"das", M_1, 0x2f, NO, I_NO, ONLY32, 0},
    {"aaa", M_1, 0x37, NO, I_NO, ONLY32, 0}, {"aas", M_1, 0x3f, NO, I_NO, ONLY32, 0},
    {"aam", M_1, 0xd4, NO, I_8, ONLY32, 0}, {"aad", M_1, 0xd5, NO, I_8, ONLY32, 0}, {"salc", M_1, 0xd6, NO, I_NO, ONLY32, 0},
    {"adcx", M_0F38, 0xf6, RM, I_NO, 0, 0x66}, {"adox", M_0F38, 0xf6, RM, I_NO, 0, 0xf3},
    {"insb", M_1, 0x6c, NO, I_NO, RARE, 0}, {"insd", M_1, 0x6d, NO, I_NO, RARE, 0},
    {"outsb", M_1, 0x6e, NO, I_NO, RARE, 0}, {"outsd", M_1, 0x6f, NO, I_NO, RARE, 0},
    {"bound", M_1, 0x62, RM, I_NO, MEM | ONLY32, 0}, {"arpl", M_1, 0x63, RM, I_NO, ONLY32, 0},
    {"lar", M_0F, 0x02, RM, I_NO, 0, 0}, {"lsl", M_0F, 0x03, RM, I_NO, 0, 0},
    {"verr", M_0F, 0x00, R_4, I_NO, 0, 0}, {"verw", M_0F, 0x00, R_5, I_NO, 0, 0},
    {"prefetcht2", M_0F, 0x18, R_3, I_NO, MEM | RARE, 0}, {"prefetchwt1", M_0F, 0x0d, R_2, I_NO, MEM | RARE, 0},
    {"fwait", M_1, 0x9b, NO, I_NO, RARE, 0},
    {"sysret", M_0F, 0x07, NO, I_NO, RARE, 0}, {"sysexit", M_0F, 0x35, NO, I_NO, RARE, 0},
    {"rdpkru", M_0F01, 0xee, NO, I_NO, RARE, 0}, {"wrpkru", M_0F01, 0xef, NO, I_NO, RARE, 0},
    {"rdpid", M_0F, 0xc7, R_7, I_NO, RARE | REG, 0xf3}, {"invpcid", M_0F38, 0x82, RM, I_NO, RARE | MEM, 0x66},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

unsigned gen_rows(void)
{
    return ROWS;
}

const char *gen_row_name(unsigned row)
{
    return rows[row].name;
}

void gen_row_print(unsigned row)
{
    static const char *const maps[] = {"", "0F ", "0F 38 ", "0F 01 "};
    static const char *const imms[] = {"",       " ib",    " iz",  " iv", " iw",
                                       " iw ib", " moffs", " far", " rel"};
    const struct row *w = &rows[row];
    char operands[4] = "";

    if (w->operands <= R_7)
        snprintf(operands, sizeof operands, " /%u", w->operands & 7u);
    else if (w->operands != NO)
        memcpy(operands, w->operands == RM ? " /r" : " +r", 4);
    printf("%-11s %s%s%02X%s%s%s\n", w->name, w->prefix ? w->prefix == 0x66 ? "66 " : "F3 " : "",
           maps[w->map], w->opcode, operands, imms[w->imm],
           w->flags & ONLY32   ? "   compatibility mode"
           : w->flags & ONLY64 ? "   64-bit mode"
                               : "");
}

/* Rows of one mode are now and then tried in the other, where they mean something else or #UD. */
bool gen_row_in_mode(unsigned row, bool compat)
{
    return !(rows[row].flags & (compat ? ONLY64 : ONLY32));
}

bool gen_row_rare(unsigned row)
{
    return rows[row].flags & RARE;
}

struct out {
    struct trial *t;
    struct rng *r;
    const struct row *row;
    unsigned n;
    bool op16, ad_short, rex_w; /* 66, 67, REX.W stand before the opcode */
    bool memory;
};

static void emit(struct out *o, uint64_t byte)
{
    if (o->n < sizeof o->t->bytes)
        o->t->bytes[o->n++] = (uint8_t)byte;
}

static void emit_n(struct out *o, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        emit(o, value >> i * 8);
}

static void legacy_prefixes(struct out *o)
{
    static const uint8_t segments[] = {0x64, 0x65, 0x64, 0x65, 0x26, 0x2e, 0x36, 0x3e};
    struct rng *r = o->r;
    uint8_t p[5];
    unsigned n = 0, f = o->row->flags;

    o->op16 = rng_percent(r, f & NEAR ? 2 : 25);
    o->ad_short = rng_percent(r, 12);
    if (o->op16)
        p[n++] = 0x66;
    if (o->ad_short)
        p[n++] = 0x67;
    if (rng_percent(r, 20))
        p[n++] = segments[rng_below(r, sizeof segments)];
    if (o->memory && rng_percent(r, f & LOCK ? 30 : 1))
        p[n++] = 0xf0;
    if (o->row->prefix != 0xf3 && rng_percent(r, f & STR ? 65 : 2))
        p[n++] = (uint8_t)(0xf2 + rng_below(r, 2));
    for (unsigned i = n; i > 1; i--) { /* any order */
        unsigned j = rng_below(r, i);
        uint8_t swap = p[i - 1];

        p[i - 1] = p[j];
        p[j] = swap;
    }
    for (unsigned i = 0; i < n; i++)
        emit(o, p[i]);
    if (o->row->prefix)
        emit(o, o->row->prefix);
}

static void rex(struct out *o)
{
    unsigned bits = rng_below(o->r, 16);

    if (o->t->compat || rng_percent(o->r, 40))
        return;
    emit(o, 0x40 | bits);
    o->rex_w = bits & 8;
}

static void displacement(struct out *o, unsigned bytes)
{
    uint64_t v = rng_next(o->r);

    if (bytes > 1 && rng_percent(o->r, 60))
        v = (uint64_t)(int64_t)(int8_t)v * 3;
    emit_n(o, v, bytes);
}

static void modrm_memory16(struct out *o, unsigned reg)
{
    unsigned mod = rng_below(o->r, 3), rm = rng_below(o->r, 8);

    emit(o, mod << 6 | reg << 3 | rm);
    displacement(o, mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0);
}

static void modrm_memory(struct out *o, unsigned reg)
{
    unsigned mod = rng_below(o->r, 3), rm = rng_below(o->r, 8), base = 0;

    if (o->t->compat && o->ad_short) {
        modrm_memory16(o, reg);
        return;
    }
    emit(o, mod << 6 | reg << 3 | rm);
    if (rm == 4) {
        base = rng_below(o->r, 8);
        emit(o, rng_below(o->r, 32) << 3 | base);
    }
    if (mod == 1)
        displacement(o, 1);
    else if (mod == 2 || (mod == 0 && (rm == 5 || (rm == 4 && base == 5))))
        displacement(o, 4);
}

static void modrm(struct out *o)
{
    unsigned reg = o->row->operands <= R_7 ? o->row->operands : rng_below(o->r, 8);

    if (o->memory)
        modrm_memory(o, reg);
    else
        emit(o, 0xc0 | reg << 3 | rng_below(o->r, 8));
}

static uint64_t far_selector(struct rng *r)
{
    static const uint16_t likely[] = {SEL_USER64, SEL_USER32, SEL_USER64, SEL_USER32, 0x30,
                                      0x20,       SEL_USERDS, 0x10,       0,          0x40};

    return likely[rng_below(r, sizeof likely / sizeof *likely)];
}

static void immediate(struct out *o)
{
    unsigned z = o->op16 && !o->rex_w ? 2 : 4;
    uint64_t v = rng_next(o->r);

    switch ((enum imm)o->row->imm) {
    case I_NO:
        break;
    case I_8:
        emit(o, rng_percent(o->r, 30) ? v & 31 : v);
        break;
    case I_Z:
        emit_n(o, rng_percent(o->r, 20) ? v & 15 : v, z);
        break;
    case I_V:
        emit_n(o, v, o->rex_w ? 8 : z);
        break;
    case I_16:
        emit_n(o, v & 0x7ff, 2);
        break;
    case I_16_8:
        emit_n(o, v & 0xfff, 2);
        emit(o, rng_percent(o->r, 70) ? v >> 16 & 3 : v >> 16);
        break;
    case I_MOFFS:
        emit_n(o, v, o->t->compat ? (o->ad_short ? 2 : 4) : o->ad_short ? 4 : 8);
        break;
    case I_FAR:
        emit_n(o, rng_percent(o->r, 80) ? LOW_CODE + (v & 0xff) : v, z);
        emit_n(o, far_selector(o->r), 2);
        break;
    case I_REL:
        emit_n(o, rng_percent(o->r, 50) ? (uint64_t)(int64_t)(int8_t)v : v,
               o->t->compat && o->op16 ? 2 : 4);
        break;
    }
}

void gen_bytes(struct trial *t, unsigned row, struct rng *r)
{
    struct out o = {.t = t, .r = r, .row = &rows[row]};
    bool has_modrm = o.row->operands <= R_7 || o.row->operands == RM;
    unsigned memory_percent = o.row->flags & MEM ? 97 : o.row->flags & REG ? 3 : 60;

    for (unsigned i = 0; i < sizeof t->bytes; i++)
        t->bytes[i] = (uint8_t)rng_next(r);
    o.memory = has_modrm && rng_percent(r, memory_percent);
    legacy_prefixes(&o);
    rex(&o);
    if (o.row->map != M_1)
        emit(&o, 0x0f);
    if (o.row->map == M_0F38)
        emit(&o, 0x38);
    if (o.row->map == M_0F01)
        emit(&o, 0x01);
    emit(&o, o.row->opcode | (o.row->operands == OP ? rng_below(r, 8) : 0));
    if (has_modrm)
        modrm(&o);
    immediate(&o);
    t->given = sizeof t->bytes;
}
