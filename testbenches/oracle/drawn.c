// SPDX-License-Identifier: Apache-2.0
// What the cases cover: every instruction that the model carries out in ring 3, in each mode where
// it exists, found by walking the opcode map and not by the table of gen.c. SDM Vol. 2 "Opcode
// Map".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { UD = 6, CANDIDATES = ZYDIS_MNEMONIC_MAX_VALUE + 1 };

/* Nobody can be asked for these here. */
static const struct {
    ZydisMnemonic mnemonic;
    const char *why;
} not_asked[] = {
    {ZYDIS_MNEMONIC_SYSCALL, "the host's kernel would answer"},
    {ZYDIS_MNEMONIC_SYSENTER, "the host's kernel would answer"},
    {ZYDIS_MNEMONIC_TZCNT, "the host may have BMI1, the model does not"},
};

static const char *reason(ZydisMnemonic mnemonic)
{
    for (unsigned i = 0; i < sizeof(not_asked) / sizeof(not_asked[0]); i++)
        if (not_asked[i].mnemonic == mnemonic)
            return not_asked[i].why;
    return NULL;
}

/* Does the model carry it out or fault for another reason than that it does not exist? */
static bool model_has(struct guest *g, struct trial *t)
{
    struct outcome out;

    t->start = (struct regs){.rip = LOW_CODE, .rflags = FL_ONE | FL_IF};
    for (unsigned i = 0; i < GPRS; i++)
        t->start.gpr[i] = LOW_DATA + PAGE;
    t->start.sel[SEG_CS] = t->compat ? SEL_USER32 : SEL_USER64;
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        if (i != SEG_CS)
            t->start.sel[i] = SEL_USERDS;
    memcpy(memory_at(guest_pages(g), LOW_CODE), t->bytes, sizeof(t->bytes));
    guest_step(g, &t->start, &out);
    return out.vector != UD;
}

static bool wanted(struct guest *g, struct trial *t, const bool *found)
{
    law_admits(t); /* for its decoder */
    if (!t->decoded || found[t->insn.mnemonic])
        return false;
    return law_of(t->insn.mnemonic) != NULL || model_has(g, t);
}

/* found: the instructions that exist in the mode. */
static void walk_map(struct guest *g, bool compat, bool *found)
{
    static const uint8_t prefixes[] = {0x3e, 0x66, 0x67, 0xf2, 0xf3, 0x48};
    static const uint8_t maps[3][2] = {{0}, {0x0f}, {0x0f, 0x38}};

    for (unsigned map = 0; map < 3; map++)
        for (unsigned p = 0; p < sizeof(prefixes); p++)
            for (unsigned op = 0; op < 0x10000; op++) {
                struct trial t = {.compat = compat};
                unsigned n = 0;

                t.bytes[n++] = prefixes[p];
                for (unsigned i = 0; i < map; i++)
                    t.bytes[n++] = maps[map][i];
                t.bytes[n++] = (uint8_t)(op >> 8);
                t.bytes[n++] = (uint8_t)op;
                if (wanted(g, &t, found))
                    found[t.insn.mnemonic] = true;
            }
}

static unsigned report_mode(const struct oracle *o, bool compat, const bool *found)
{
    unsigned exist = 0, missing = 0;

    for (unsigned m = 0; m < CANDIDATES; m++)
        exist += found[m] && !reason((ZydisMnemonic)m);
    printf("%s mode: %u instructions exist", compat ? "compatibility" : "64-bit", exist);
    for (unsigned m = 0; m < CANDIDATES; m++)
        if (found[m] && o->counts[compat][m] == 0 && !reason((ZydisMnemonic)m))
            printf("%s %s",
                   missing++ ? "," : "; never drawn:", ZydisMnemonicGetString((ZydisMnemonic)m));
    printf("%s\n", missing ? "" : ", all drawn");
    return missing;
}

bool report_drawn(const struct oracle *o)
{
    unsigned missing = 0;

    for (unsigned compat = 0; compat < 2; compat++) {
        bool *found = calloc(CANDIDATES, sizeof(*found));

        if (found == NULL)
            return false;
        walk_map(o->guest, compat, found);
        missing += report_mode(o, compat, found);
        free(found);
    }
    for (unsigned i = 0; i < sizeof(not_asked) / sizeof(not_asked[0]); i++)
        printf("not asked: %s: %s\n", ZydisMnemonicGetString(not_asked[i].mnemonic),
               not_asked[i].why);
    return missing == 0;
}
