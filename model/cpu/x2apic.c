// SPDX-License-Identifier: Apache-2.0
// SDM Vol. 3A "x2APIC Register Address Space", "Reserved Bit Checking", "x2APIC State Transitions";
// the writable bits are those of docs/cpu.md S17.
#include "x2apic.h"

#include "feature.h"
#include "lsu.h"

#define APIC_ACCESS_PAGE UINT64_C(0xfee01000)
#define TSC_DEADLINE     (UINT64_C(1) << 18) /* LVT timer: a mode of its own */

static uint64_t access_address(unsigned n)
{
    return APIC_ACCESS_PAGE + n * UINT64_C(16);
}

uint64_t apic_access_read(struct cpu *cpu, unsigned n)
{
    return lsu_phys_read(cpu, access_address(n), 8, BUS_APIC, 0);
}

void apic_access_write(struct cpu *cpu, unsigned n, uint64_t v)
{
    lsu_phys_write(cpu, access_address(n), 8, BUS_APIC, 0, v);
}

/* From: disabled  xAPIC  x2APIC
 * To disabled  +     +      +
 *    invalid   -     -      -
 *    xAPIC     +     +      -
 *    x2APIC    -     +      +     */
static bool mode_follows(uint64_t from, uint64_t to)
{
    from &= APIC_BASE_MODE;
    to &= APIC_BASE_MODE;
    switch (to) {
    case 0:
        return true;
    case APIC_BASE_ENABLE:
        return from != APIC_BASE_MODE;
    case APIC_BASE_MODE:
        return from != 0;
    default:
        return false;
    }
}

bool apic_base_valid(const struct cpu *cpu, uint64_t v)
{
    bool x2apic = !(cpu->cpuid.away & FEATURE(RW_X2APIC));
    uint64_t known =
        APIC_BASE_BSP | APIC_BASE_ENABLE | APIC_BASE_PAGE | (x2apic ? APIC_BASE_EXTD : 0);

    return !(v & ~known) && mode_follows(cpu->sys.apic_base, v);
}

enum { READ = 1, WRITE = 2 };

static const struct x2apic_row {
    uint8_t first, last; /* registers: MSR - 800h */
    uint8_t may;
    uint64_t bits; /* that may be written as 1 */
} rows[] = {
    {0x02, 0x03, READ, 0}, /* ID, version */
    {0x08, 0x08, READ | WRITE, 0xff},
    {0x0a, 0x0a, READ, 0},                                    /* PPR */
    {0x0b, 0x0b, WRITE, 0},                                   /* EOI */
    {0x0d, 0x0d, READ, 0},                                    /* LDR */
    {0x0f, 0x0f, READ | WRITE, 0x11ff},                       /* SVR: no focus bit */
    {0x10, 0x27, READ, 0},                                    /* ISR, TMR, IRR */
    {0x28, 0x28, READ | WRITE, 0},                            /* ESR */
    {0x2f, 0x2f, READ | WRITE, 0x117ff},                      /* LVT CMCI */
    {0x30, 0x30, READ | WRITE, UINT64_C(0xffffffff000ccfff)}, /* ICR */
    {0x32, 0x32, READ | WRITE, 0x710ff},                      /* LVT timer */
    {0x33, 0x34, READ | WRITE, 0x117ff},                      /* LVT thermal, performance */
    {0x35, 0x36, READ | WRITE, 0x1f7ff},                      /* LVT LINT0, LINT1 */
    {0x37, 0x37, READ | WRITE, 0x110ff},                      /* LVT error */
    {0x38, 0x38, READ | WRITE, 0xffffffff},                   /* initial count */
    {0x39, 0x39, READ, 0},                                    /* current count */
    {0x3e, 0x3e, READ | WRITE, 0xb},                          /* divide configuration */
    {0x3f, 0x3f, WRITE, 0xff},                                /* SELF IPI */
};

/* The register's row, in x2APIC mode and when it can be used so. */
static const struct x2apic_row *find(const struct cpu *cpu, uint32_t index, unsigned use)
{
    unsigned n = index & 0xff;

    if ((cpu->sys.apic_base & APIC_BASE_MODE) != APIC_BASE_MODE)
        return NULL;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (n >= rows[i].first && n <= rows[i].last)
            return rows[i].may & use ? &rows[i] : NULL;
    return NULL;
}

static uint64_t reserved(const struct cpu *cpu, const struct x2apic_row *row)
{
    bool deadline = !(cpu->cpuid.away & FEATURE(RW_TSC_DEADLINE));

    return ~row->bits | (row->first == 0x32 && !deadline ? TSC_DEADLINE : 0);
}

bool x2apic_read(struct cpu *cpu, uint32_t index, uint64_t *v)
{
    if (!find(cpu, index, READ))
        return false;
    *v = apic_access_read(cpu, index & 0xff);
    return true;
}

bool x2apic_write(struct cpu *cpu, uint32_t index, uint64_t v)
{
    const struct x2apic_row *row = find(cpu, index, WRITE);

    if (!row || (v & reserved(cpu, row)))
        return false;
    apic_access_write(cpu, index & 0xff, v);
    return true;
}
