// SPDX-License-Identifier: Apache-2.0
// Every feature behaves as its bit of CPUID says: docs/cpu.md C1 to C3. The lines are the same
// whatever is there: one for each part, and one for each check that fails. An emulator that does
// not look whether a feature is there is not asked.
#include "features.h"

static const char *joined(const char *a, const char *b)
{
    static char text[96];
    unsigned n = 0;

    for (; *a; a++)
        text[n++] = *a;
    text[n++] = ' ';
    for (; *b; b++)
        text[n++] = *b;
    text[n] = 0;
    return text;
}

static bool good;

void check_of(const char *name, const char *what, bool ok)
{
    if (ok)
        return;
    check(joined(name, what), false);
    good = false;
}

void check_here_of(const char *name, const char *what, bool ok)
{
    check_of(name, what, ok || !is_ringwalk());
}

static void part(const char *name, void (*checks)(void))
{
    good = true;
    checks();
    check(name, good);
}

int main(void)
{
    tables_open();
    part("CPUID", features_read);
    part("instructions", instructions);
    part("control registers and MSRs", registers);
    part("paging", pages);
    part("long mode", long_mode);
    return (int)verdict();
}
