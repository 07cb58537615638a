// SPDX-License-Identifier: Apache-2.0
// Where QEMU 7.2 (TCG) and the golden model differ and the model is right, where the platform
// answers, and what the SDM leaves open: rows, each recognised by the instruction and by what both
// sides did.
#include <assert.h>

#include "judge.h"

struct known {
    const char *name, *kind, *source;
    enum known_action action;
    bool (*explains)(const struct moment *m, unsigned field);
};

static bool is(const struct moment *m, ZydisMnemonic mnemonic)
{
    return m->insn.decoded && m->insn.insn.mnemonic == mnemonic;
}

static bool completed(const struct moment *m)
{
    return m->vector_qemu == NO_VECTOR && m->vector_model == NO_VECTOR;
}

/* --- the platform answers --- */

static bool cpuid(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_CPUID) && completed(m) && f <= F_GPR + RBX;
}

/* --- QEMU --- */

static bool ltr_busy(const struct moment *m, unsigned f)
{
    return f == F_ATTR(SEG_TR) && is(m, ZYDIS_MNEMONIC_LTR) && completed(m) &&
           (m->qemu->f[f] ^ m->model->f[f]) == 2;
}

static const struct known rows[] = {
    {"CPUID", "stimulus", "leaves that TCG offers otherwise", K_TAKE, cpuid},
    {"LTR leaves the hidden type available", "QEMU", "SDM Vol. 2 LTR: the segment is marked busy", K_TAKE, ltr_busy},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
static_assert(ROWS <= KNOWN_MAX, "judge.h counts by row");

int known_row(const struct moment *m, unsigned field)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].explains(m, field))
            return (int)i;
    return -1;
}

enum known_action known_action(unsigned row)
{
    return rows[row].action;
}

const char *known_name(unsigned row)
{
    return rows[row].name;
}

const char *known_source(unsigned row)
{
    return rows[row].source;
}

const char *known_kind(unsigned row)
{
    return rows[row].kind;
}

unsigned known_rows(void)
{
    return ROWS;
}

bool known_ram(uint64_t pa)
{
    (void)pa;
    return false;
}
