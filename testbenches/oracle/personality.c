// SPDX-License-Identifier: Apache-2.0
// Which processor this is, where docs/cpu.md "Results that the SDM leaves undefined" has a column
// that was measured in full. SDM Vol. 2 "CPUID", leaf 1: extended family and model.
#include <cpuid.h>

#include "oracle.h"

bool host_personality(enum rw_undefined *undefined)
{
    unsigned a = 0, b, c = 0, d, family, model;

    if (!__get_cpuid(0, &a, &b, &c, &d) || c != signature_AMD_ecx ||
        !__get_cpuid(1, &a, &b, &c, &d))
        return false;
    family = (a >> 8 & 15) + (a >> 20 & 255);
    model = (a >> 4 & 15) | (a >> 12 & 0xf0);
    if (family != 25 || model != 17)
        return false;
    *undefined = RW_UNDEFINED_AMD_25_17;
    return true;
}
