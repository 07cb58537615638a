// SPDX-License-Identifier: Apache-2.0
// A thin hypervisor's memory hiding, without VMX: a monitor in ring 0 keeps a range of memory from
// a guest kernel in ring 3 by its page tables, its memory map and the IOMMU. Each line is what the
// guest tried and what stopped it; at the end the monitor looks at the secret.
#include "../dmaattack/unit.h"
#include "hiding.h"

unsigned failures;

void say(bool ok, const char *verdict, const char *text)
{
    put(ok ? verdict : "FAIL    ");
    put(" ");
    put(text);
    failures += !ok;
}

int main(const uint8_t *info)
{
    put("hiding\n");
    if (!unit_present()) {
        put("no IOMMU with a queue here\n");
        return 0;
    }
    user_open();
    secret_write();
    device_start();
    tables_start();
    monitor_start();
    memory_map(info);
    by_the_processor();
    by_the_device();
    say(secret_intact(), "intact  ", "the secret\n");
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
