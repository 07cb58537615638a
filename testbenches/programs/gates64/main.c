// SPDX-License-Identifier: Apache-2.0
// Call gates of long mode and the breakpoints of the debug registers: SDM Vol. 3A "Call Gates",
// Vol. 3B "Debug, Branch Profile".
#include "gates64.h"

int main(void)
{
    probes_open();
    gate_tests();
    breakpoint_tests();
    debug_tests();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
