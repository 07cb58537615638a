// SPDX-License-Identifier: Apache-2.0
// Waits for the power button, as ringwalk run --power-button-at presses it, and powers off by S5.
// Without it the program fails its own check.
#include "../lib/rt.h"

#define PM1_STS 0x600
#define PM1_CNT 0x604
#define PWRBTN  0x0100
#define SLP_EN  0x2000

static void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static uint16_t inw(uint16_t port)
{
    uint16_t v;

    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

int main(void)
{
    outw(PM1_CNT, SLP_EN | 5 << 10); /* no state of this machine: goes on */
    for (unsigned i = 0; (inw(PM1_STS) & PWRBTN) == 0; i++)
        if (i == 100000)
            return 1;
    put("the power button was pressed\n");
    outw(PM1_STS, PWRBTN);
    if (inw(PM1_STS) & PWRBTN)
        return 2;
    outw(PM1_CNT, SLP_EN);
    for (;;)
        __asm__ volatile("hlt");
}
