// SPDX-License-Identifier: Apache-2.0
// What random integer code does not reach, in 64-bit mode: exceptions and their error codes,
// control and debug registers, MSRs, descriptors, gates, rings, single step, interrupt shadows.
#include "probe.h"

int main(void)
{
    probes_open();
    system_tests();
    rights_tests();
    pointer_tests();
    integer_tests();
    port_tests();
    fastcall_tests();
    flow_tests();
    core_tests();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
