// SPDX-License-Identifier: Apache-2.0
// CPUID: the table of docs/cpu.md. SDM Vol. 2 "CPUID". Rows show what a machine with every feature
// shows.
#include "feature.h"
#include "insn.h"
#include "ops.h"

#define ANY 0xffffffffu

#define VENDOR              0u
#define SIGNATURE           1u
#define DESCRIPTORS         2u
#define STRUCTURED_FEATURES 7u
#define TOPOLOGY            0xbu
#define EXTENDED            0x80000000u
#define EXTENDED_FEATURES   0x80000001u
#define ADDRESS_SIZES       0x80000008u

#define APIC       0x00000200u /* EDX of SIGNATURE: APIC_BASE's enable bit */
#define SYSCALL    0x00000800u /* EDX of EXTENDED_FEATURES: shown in 64-bit mode only */
#define OSPKE      0x00000010u /* ECX of STRUCTURED_FEATURES: CR4.PKE */
#define NX         0x00100000u /* EDX of EXTENDED_FEATURES: not disabled by MISC_ENABLE */
#define WITHOUT_57 0x00003028u /* EAX of ADDRESS_SIZES: 48 linear, 40 physical */

struct cpuid_row {
    uint32_t leaf, subleaf; /* subleaf ANY: ECX is not looked at */
    uint32_t value[CPUID_REGISTERS];
};

#define TEXT(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* A leaf without a row reads as zeros. */
static const struct cpuid_row rows[] = {
    {VENDOR, ANY, {0xd, 0, 0, 0}},
    {SIGNATURE, ANY, {0, 0x00010800, 0x01e22000, 0x000bb97c | APIC}},
    {DESCRIPTORS, ANY, {1, 0, 0, 0}},
    {STRUCTURED_FEATURES, 0, {0, 0x01980483, 0x8041000c | OSPKE, 0}},
    {TOPOLOGY, 0, {0, 1, 0x100, 0}}, /* one thread in the core */
    {TOPOLOGY, 1, {0, 1, 0x201, 0}}, /* one in the package */
    {EXTENDED, ANY, {0x80000008, 0, 0, 0}},
    {EXTENDED_FEATURES, ANY, {0, 0, 0x00000121, 0x2c000000 | NX | SYSCALL}},
    {0x80000002,
     ANY,
     {TEXT('R', 'i', 'n', 'g'), TEXT('w', 'a', 'l', 'k'), TEXT(' ', 'x', '8', '6'),
      TEXT('-', '6', '4', ' ')}},
    {0x80000003,
     ANY,
     {TEXT('r', 'e', 'f', 'e'), TEXT('r', 'e', 'n', 'c'), TEXT('e', ' ', 'p', 'r'),
      TEXT('o', 'c', 'e', 's')}},
    {0x80000004, ANY, {TEXT('s', 'o', 'r', 0), 0, 0, 0}},
    {0x80000007, ANY, {0, 0, 0, 0x100}},
    {ADDRESS_SIZES, ANY, {0x3928, 0, 0, 0}},
};

static struct cpuid_row find(uint32_t leaf, uint32_t subleaf)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].leaf == leaf && (rows[i].subleaf == ANY || rows[i].subleaf == subleaf))
            return rows[i];
    return (struct cpuid_row){leaf, subleaf, {0, 0, 0, 0}};
}

/* SDM Vol. 4, IA32_MISC_ENABLE, "Limit CPUID Maxval": the last basic leaf is DESCRIPTORS, and it
 * answers for each leaf that is not there. docs/cpu.md S18. */
static uint32_t answering_leaf(const struct cpu *cpu, uint32_t leaf)
{
    bool there = leaf <= DESCRIPTORS || (leaf >= EXTENDED && leaf <= ADDRESS_SIZES);

    return (cpu->sys.misc_enable & MISC_LIMIT_CPUID) && !there ? DESCRIPTORS : leaf;
}

/* SDM Vol. 2 "CPUID", leaf 0BH: a level that is not there gives its number alone; no x2APIC, no
 * leaf. */
static void settle_topology(const struct cpu *cpu, struct cpuid_row *row)
{
    if (cpu->cpuid.away & FEATURE(RW_X2APIC))
        memset(row->value, 0, sizeof row->value);
    else if (row->subleaf > 1)
        row->value[CPUID_ECX] = row->subleaf & 0xff;
}

/* Twelve letters in EBX, EDX, ECX. */
static void put_vendor(const char *vendor, uint32_t value[CPUID_REGISTERS])
{
    static const uint8_t order[] = {CPUID_EBX, CPUID_EDX, CPUID_ECX};

    for (unsigned i = 0; i < 3; i++, vendor += 4)
        value[order[i]] =
            TEXT((uint8_t)vendor[0], (uint8_t)vendor[1], (uint8_t)vendor[2], (uint8_t)vendor[3]);
}

/* What a row does not say: constants of the machine, and what the registers show. */
static void settle(const struct cpu *cpu, struct cpuid_row *row)
{
    switch (row->leaf) {
    case VENDOR:
        put_vendor(cpu->cpuid.vendor, row->value);
        if (cpu->sys.misc_enable & MISC_LIMIT_CPUID)
            row->value[CPUID_EAX] = DESCRIPTORS;
        break;
    case SIGNATURE:
        row->value[CPUID_EAX] = cpu->cpuid.signature;
        if (!(cpu->sys.apic_base & APIC_BASE_ENABLE))
            row->value[CPUID_EDX] &= ~APIC;
        break;
    case STRUCTURED_FEATURES:
        if (!(cpu->sys.cr4 & CR4_PKE))
            row->value[CPUID_ECX] &= ~OSPKE;
        break;
    case TOPOLOGY:
        settle_topology(cpu, row);
        break;
    case EXTENDED_FEATURES:
        if (!cpu_is_64(cpu))
            row->value[CPUID_EDX] &= ~SYSCALL;
        if (cpu->sys.misc_enable & MISC_XD_DISABLE)
            row->value[CPUID_EDX] &= ~NX;
        break;
    case ADDRESS_SIZES:
        if (cpu->cpuid.away & FEATURE(RW_LA57))
            row->value[CPUID_EAX] = WITHOUT_57;
        break;
    default:
        break;
    }
}

enum exec op_cpuid(struct cpu *cpu, const struct insn *in)
{
    static const uint8_t to[CPUID_REGISTERS] = {RAX, RBX, RCX, RDX};
    uint32_t leaf = answering_leaf(cpu, (uint32_t)cpu->r[RAX]);
    struct cpuid_row row = find(leaf, (uint32_t)cpu->r[RCX]);

    (void)in;
    settle(cpu, &row);
    for (unsigned i = 0; i < CPUID_REGISTERS; i++)
        cpu->r[to[i]] = row.value[i] & ~feature_cpuid(cpu->cpuid.away, row.leaf, i);
    cpu->window.valid = false;
    return EXEC_OK;
}
