// SPDX-License-Identifier: Apache-2.0
// Bochs 2.7: its platform, and what it does otherwise.
#include "known.h"

static bool cpuid(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_CPUID) && completed(m) && f <= F_GPR + RBX;
}

static bool rdmsr(const struct moment *m, unsigned f)
{
    return (f == F_GPR + RAX || f == F_GPR + RDX) && is(m, ZYDIS_MNEMONIC_RDMSR) && completed(m) &&
           is_platform_msr(m->msr);
}

/* An access that runs over the end of 4 GBytes in a segment that ends there. */
static bool over_four_gbytes(const struct moment *m, unsigned f)
{
    (void)f;
    return !m->before->wide && (m->vector_model == 12 || m->vector_model == 13) &&
           m->error_model == 0 && m->vector_theirs != m->vector_model && beyond_segments(m) &&
           !beyond_wrapped_segments(m);
}

/* Bochs sets the accessed flags of a walk when it has come to its end. */
static bool accessed_of_faulting_walk(const struct moment *m, unsigned f)
{
    return f == F_RAM && m->vector_model == 14 && same_event(m) && m->ram_bits == 0x20 &&
           m->ram_pa % 4 == 0;
}

static bool over_two_pages(const struct moment *m, unsigned f)
{
    (void)f;
    return m->insn.decoded == false && (m->before->f[F_RIP] & 0xfff) > 0xff0 &&
           m->vector_model == 14 && (m->error_model & 0x11) == 0x10 &&
           m->model->f[F_CR2] % 4096 == 0 && m->vector_theirs != 14;
}

static bool tzcnt(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_TZCNT) && completed(m) && (f == F_RFLAGS || f < F_GPR + 16);
}

static const struct known rows[] = {
    {15, ON_BOCHS, "CPUID", "stimulus", "Bochs is told what the model says", K_GIVE, cpuid},
    {25, ON_BOCHS, "RDMSR of the platform", "stimulus", "Bochs is told what the model says", K_GIVE,
     rdmsr},
    {1000, ON_BOCHS, "an access over the end of 4 GBytes", "open",
     "SDM Vol. 3A Limit Checking: with an effective limit of FFFFFFFF implementation-specific",
     K_RESYNC, over_four_gbytes},
    {1010, ON_BOCHS, "accessed flags of a walk that faults", "open",
     "SDM Vol. 3A Accessed and Dirty Flags: set where an entry is used in a translation", K_TAKE,
     accessed_of_faulting_walk},
    {1020, ON_BOCHS, "an instruction over two pages is not fetched anew behind INVLPG", "Bochs",
     "SDM Vol. 3A Invalidation of TLBs and Paging-Structure Caches", K_RESYNC, over_two_pages},
    {1030, ON_BOCHS, "TZCNT", "choice", "docs/cpu.md CPUID: BMI1 is not offered", K_TAKE, tzcnt},
};

KNOWN_ROOM(known_bochs);
