// SPDX-License-Identifier: Apache-2.0
// Decimal adjustment: DAA DAS AAA AAS AAM AAD. SDM Vol. 2, the Operation of each. What it leaves
// undefined is the personality's (docs/cpu.md) and not looked at.
#include "system32.h"

#define CF  0x001
#define PF  0x004
#define AF  0x010
#define ZF  0x040
#define SF  0x080
#define OF  0x800
#define ALL (CF | PF | AF | ZF | SF | OF)

/* AX in EAX's low half, its high half to be kept; status flags in, and those that are defined out
 * in the high half of the value. */
#define ADJUST(name, insn, defined)                                                                \
    static uint32_t name(uint32_t ax, uint32_t flags)                                              \
    {                                                                                              \
        uint32_t eax = 0xABCD0000 | ax;                                                            \
        __asm__("pushl %1\n\tpopfl\n\t" insn "\n\tpushfl\n\tpopl %1"                               \
                : "+a"(eax), "+r"(flags)                                                           \
                :                                                                                  \
                : "cc");                                                                           \
        return eax >> 16 != 0xABCD ? 0xFFFFFFFF : (flags & (defined)) << 16 | (eax & 0xFFFF);      \
    }

ADJUST(daa, "daa", ALL & ~OF)
ADJUST(das, "das", ALL & ~OF)
ADJUST(aaa, "aaa", AF | CF)
ADJUST(aas, "aas", AF | CF)
ADJUST(aam_10, "aam", SF | ZF | PF)
ADJUST(aam_16, "aam $16", SF | ZF | PF)
ADJUST(aam_1, "aam $1", SF | ZF | PF)
ADJUST(aam_255, "aam $255", SF | ZF | PF)
ADJUST(aad_10, "aad", SF | ZF | PF)
ADJUST(aad_16, "aad $16", SF | ZF | PF)
ADJUST(aad_0, "aad $0", SF | ZF | PF)
ADJUST(aad_255, "aad $255", SF | ZF | PF)
ADJUST(aad_128, "aad $128", SF | ZF | PF)
ADJUST(salc, ".byte 0xD6", ALL)

PROBE(aam_0, "movl $0x1234, %eax\naam $0");
PROBE(daa_lock, ".byte 0xF0, 0x27");
PROBE(aam_lock, ".byte 0xF0, 0xD4, 0x0A");
PROBE(daa_prefixes, "movl $0xAE, %eax\nclc\n.byte 0x66, 0xF3, 0x27");

static const struct {
    const char *what;
    uint32_t (*insn)(uint32_t ax, uint32_t flags);
    uint16_t ax, flags, ax_out, flags_out;
} cases[] = {
    {"DAA: 79 + 35", daa, 0x00AE, SF | OF, 0x0014, PF | AF | CF},
    {"DAA of both digits", daa, 0x129A, 0, 0x1200, ZF | PF | AF | CF},
    {"DAA by CF", daa, 0x0000, CF, 0x0060, PF | CF},
    {"DAA by AF", daa, 0x0012, AF, 0x0018, PF | AF},
    {"DAA of 99", daa, 0x0099, 0, 0x0099, SF | PF},
    {"DAA of FF, its carries lost", daa, 0x77FF, ALL & ~CF & ~AF, 0x7765, PF | AF | CF},
    {"DAA of FA with AF and CF", daa, 0x00FA, AF | CF, 0x0060, PF | AF | CF},
    {"DAS: 35 - 47", das, 0x00EE, SF | AF | PF | CF, 0x0088, SF | AF | PF | CF},
    {"DAS: the low digit borrows", das, 0x0003, AF, 0x00FD, SF | AF | CF},
    {"DAS: it does not", das, 0x0006, AF, 0x0000, ZF | PF | AF},
    {"DAS of 9A", das, 0x559A, 0, 0x5534, AF | CF},
    {"DAS of 42", das, 0x0042, OF | SF, 0x0042, PF},
    {"DAS by CF", das, 0x0055, CF, 0x00F5, SF | PF | CF},
    {"AAA of A", aaa, 0x000A, 0, 0x0100, AF | CF},
    {"AAA carries out of AL", aaa, 0x05FF, 0, 0x0705, AF | CF},
    {"AAA clears AF and CF", aaa, 0x1233, CF | OF | SF, 0x1203, 0},
    {"AAA by AF", aaa, 0x1231, AF, 0x1307, AF | CF},
    {"AAS of F", aas, 0x020F, 0, 0x0109, AF | CF},
    {"AAS borrows from AH", aas, 0x0203, AF, 0x000D, AF | CF},
    {"AAS below 0", aas, 0x0003, AF, 0xFE0D, AF | CF},
    {"AAS of 8", aas, 0x0508, CF | OF, 0x0508, 0},
    {"AAM of 99", aam_10, 0xFF63, ALL, 0x0909, PF},
    {"AAM by 16", aam_16, 0x00A7, ALL, 0x0A07, 0},
    {"AAM by 1", aam_1, 0xFF05, 0, 0x0500, ZF | PF},
    {"AAM by 255", aam_255, 0x00FF, 0, 0x0100, ZF | PF},
    {"AAD of 7 9", aad_10, 0x0709, ALL, 0x004F, 0},
    {"AAD by 16", aad_16, 0x0A07, 0, 0x00A7, SF},
    {"AAD by 0", aad_0, 0x1234, ALL, 0x0034, 0},
    {"AAD by 255", aad_255, 0x0205, 0, 0x0003, PF},
    {"AAD by 128", aad_128, 0x0200, 0, 0x0000, ZF | PF},
    {"SALC with CF", salc, 0x1234, ALL & ~ZF, 0x12FF, ALL & ~ZF},
    {"SALC without", salc, 0x12FF, ALL & ~CF, 0x1200, ALL & ~CF},
};

void decimal(void)
{
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        result = cases[i].insn(cases[i].ax, cases[i].flags);
        check(cases[i].what, result == ((uint32_t)cases[i].flags_out << 16 | cases[i].ax_out));
    }
    fault("AAM by 0: #DE", p_aam_0, 0, 0);
    check("AX is as before", (saved(7) & 0xFFFF) == 0x1234);
    fault("LOCK DAA: #UD", p_daa_lock, 6, 0);
    fault("LOCK AAM: #UD", p_aam_lock, 6, 0);
    check("66 F3 DAA", probe(p_daa_prefixes) == NONE && result == 0x14);
}
