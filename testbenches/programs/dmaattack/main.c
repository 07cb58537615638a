// SPDX-License-Identifier: Apache-2.0
// A kernel gives a device to ring-3 code, which tries every way out of its domain. Each attempt is
// a line: what was tried, the rule that stopped it, what was recorded, and that nothing changed; or
// ALLOWED, with the reason why it is.
#include "attack.h"

int main(void)
{
    put("dmaattack\n");
    if (!unit_present()) {
        put("no IOMMU with a queue and interrupt remapping here\n");
        return 0;
    }
    user_open();
    expect_interrupts();
    edu_start();
    edu_give();
    domain_build();
    by_the_processor();
    protected_regions();
    gcmd(GCMD_TE, true);
    memory();
    interrupts_unmapped();
    interrupts();
    device_tlb();
    forged();
    storm();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
