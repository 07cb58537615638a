// SPDX-License-Identifier: Apache-2.0
// --cpuid LIST: docs/cpu.md C1 to C3.
#include "cpuid_option.h"

#include <string.h>

#include "gt.h"

#define BIT(feature) (UINT64_C(1) << (feature))

struct answer {
    bool ok;
    struct rw_cpuid cpuid;
    char error[CPUID_HELP_BYTES + 80];
};

static struct answer read_list(const char *list)
{
    struct answer a = {0};

    a.ok = cpuid_option(list, &a.cpuid, a.error, sizeof(a.error));
    return a;
}

static uint64_t away(const char *list)
{
    struct answer a = read_list(list);

    EXPECT_TRUE(a.ok);
    return a.cpuid.away;
}

static void refused(const char *list, const char *begin)
{
    struct answer a = read_list(list);

    EXPECT_TRUE(!a.ok);
    a.error[strlen(begin)] = 0;
    EXPECT_STR(begin, a.error);
}

GT_TEST(cpuid_option, takes_away_what_it_names)
{
    EXPECT_U64(BIT(RW_SMAP), away("-smap"));
    EXPECT_U64(BIT(RW_SMAP) | BIT(RW_LA57) | BIT(RW_PREFETCHW), away("-smap,-la57,-3dnowprefetch"));
    EXPECT_U64(BIT(RW_LA57), away("-smap,-la57,+smap"));
    EXPECT_U64(0, away("+smap"));
}

GT_TEST(cpuid_option, takes_away_what_needs_it)
{
    uint64_t lm = BIT(RW_LM) | BIT(RW_CX16) | BIT(RW_PCID) | BIT(RW_FSGSBASE) | BIT(RW_PKU) |
                  BIT(RW_LA57) | BIT(RW_PKS) | BIT(RW_LAHF_LM) | BIT(RW_SYSCALL) | BIT(RW_PDPE1GB);
    uint64_t msr = BIT(RW_MSR) | BIT(RW_SEP) | BIT(RW_MTRR) | BIT(RW_PAT) | BIT(RW_TSC_ADJUST) |
                   BIT(RW_RDPID) | BIT(RW_NX) | BIT(RW_RDTSCP) | BIT(RW_X2APIC) |
                   BIT(RW_TSC_DEADLINE);

    EXPECT_U64(BIT(RW_PSE) | BIT(RW_PSE36), away("-pse"));
    EXPECT_U64(BIT(RW_TSC) | BIT(RW_TSC_ADJUST) | BIT(RW_RDTSCP) | BIT(RW_TSC_DEADLINE),
               away("-tsc"));
    EXPECT_U64(lm, away("-lm"));
    EXPECT_U64(lm | BIT(RW_PAT), away("-pat"));
    EXPECT_U64(lm | BIT(RW_PAE) | BIT(RW_NX), away("-pae"));
    EXPECT_U64(lm | msr, away("-msr"));
    EXPECT_U64(lm, away("-lm,+cx16")); /* which cannot be had without it */
}

GT_TEST(cpuid_option, vendor_and_signature)
{
    struct answer a = read_list("vendor=AuthenticAMD,-smap,signature=0x00800f12");

    EXPECT_TRUE(a.ok);
    EXPECT_U64(0, memcmp(a.cpuid.vendor, "AuthenticAMD", 12));
    EXPECT_U64(0x00800f12, a.cpuid.signature);
    EXPECT_U64(BIT(RW_SMAP), a.cpuid.away);
}

GT_TEST(cpuid_option, refuses_what_it_cannot_do)
{
    refused("-frobnicate", "--cpuid: no feature 'frobnicate'; there are de pse tsc ");
    refused("-sma", "--cpuid: no feature 'sma'; ");
    refused("+avx2", "--cpuid: 'avx2' is not implemented and cannot be switched on");
    refused("smap", "--cpuid: 'smap' is none of ");
    refused("-", "--cpuid: '-' is none of ");
    refused("", "--cpuid: '' is none of ");
    refused("-smap,", "--cpuid: '' is none of ");
    refused("vendor=TooShort", "--cpuid: 'vendor=TooShort' is none of ");
    refused("vendor=MuchTooLong..", "--cpuid: 'vendor=MuchTooLong..' is none of ");
    refused("signature=0", "--cpuid: 'signature=0' is none of ");
    refused("signature=0x100000000", "--cpuid: 'signature=0x100000000' is none of ");
    refused("signature=abc", "--cpuid: 'signature=abc' is none of ");
}

GT_TEST(cpuid_option, lists_names)
{
    char names[CPUID_HELP_BYTES];

    cpuid_names(BIT(RW_DE) | BIT(RW_LM), names, sizeof(names));
    EXPECT_STR("de lm", names);
}
