// SPDX-License-Identifier: Apache-2.0
// Where the machines differ and not the processors: CPUID, MSRs and instructions that only one of
// them has, the firmware, devices.
#include "known.h"

static bool cpuid(const struct moment *m, unsigned f)
{
    return is(m, ZYDIS_MNEMONIC_CPUID) && completed(m) && f <= F_GPR + RBX;
}

static bool rdmsr(const struct moment *m, unsigned f)
{
    return (f == F_GPR + RAX || f == F_GPR + RDX) && is(m, ZYDIS_MNEMONIC_RDMSR) && completed(m) &&
           (is_platform_msr(m->msr) || is_apic_msr(m->msr));
}

static bool wrmsr_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_WRMSR) && only_model_faults(m, 13, 0) && is_platform_msr(m->msr);
}

/* The bits of docs/cpu.md S2. */
static bool cr4_unchecked(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_model_faults(m, 13, 0) && m->insn.insn.raw.modrm.reg == 4 &&
           (m->theirs->f[F_CR4] & ~UINT64_C(0x17319bc));
}

/* The two-byte map's rows of MMX and SSE. */
static bool is_vector_opcode(const uint8_t *op)
{
    uint8_t o = op[1];

    return op[0] == 0x0f && (o == 0x38 || o == 0x3a || o == 0xae || o == 0xc2 || o == 0x77 ||
                             (o >= 0x10 && o <= 0x17) || (o >= 0x28 && o <= 0x2f) ||
                             (o >= 0x50 && o <= 0x7f) || (o >= 0xc4 && o <= 0xc6) || o >= 0xd0);
}

static bool has_fpu(const struct moment *m, unsigned f)
{
    (void)f;
    if (m->vector_model != 6 && m->vector_model != 7)
        return false;
    if (!m->insn.decoded)
        return is_vector_opcode(trial_opcode(&m->insn));
    switch (m->insn.insn.meta.isa_ext) {
    case ZYDIS_ISA_EXT_X87:
    case ZYDIS_ISA_EXT_MMX:
    case ZYDIS_ISA_EXT_SSE:
    case ZYDIS_ISA_EXT_SSE2:
    case ZYDIS_ISA_EXT_SSE3:
    case ZYDIS_ISA_EXT_SSSE3:
    case ZYDIS_ISA_EXT_SSE4:
        return true;
    default:
        return false;
    }
}

static bool not_offered(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_theirs == 6 && m->vector_model != 6 &&
           (is(m, ZYDIS_MNEMONIC_INVPCID) || is(m, ZYDIS_MNEMONIC_RDPID) ||
            is(m, ZYDIS_MNEMONIC_LFENCE) || is(m, ZYDIS_MNEMONIC_MFENCE) ||
            is(m, ZYDIS_MNEMONIC_SFENCE));
}

static bool pcid_not_offered(const struct moment *m, unsigned f)
{
    (void)f;
    return moves_to_cr(m) && only_theirs_faults(m, 13) && m->insn.insn.raw.modrm.reg == 4 &&
           (m->model->f[F_CR4] >> 17 & 1);
}

static bool rom(const struct moment *m, unsigned f)
{
    (void)f;
    return m->unlogged && m->vector_theirs == m->vector_model;
}

/* docs/cpu.md S7. */
static bool known_msr(uint64_t msr)
{
    return is_platform_msr(msr) || msr == 0x10 || msr == 0x3b || (msr >= 0x174 && msr <= 0x176) ||
           msr == 0x6e1 || (msr >= 0xc0000080 && msr <= 0xc0000084) ||
           (msr >= 0xc0000100 && msr <= 0xc0000103);
}

static bool other_msr(const struct moment *m, unsigned f)
{
    (void)f;
    return only_model_faults(m, 13, 0) && m->before->f[F_CPL] == 0 && !known_msr(m->msr) &&
           (is(m, ZYDIS_MNEMONIC_RDMSR) || is(m, ZYDIS_MNEMONIC_WRMSR));
}

static bool rdpmc(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_RDPMC) && m->vector_theirs == 6 && m->vector_model == 13;
}

static bool device_shape(const struct moment *m, unsigned f)
{
    return f == F_DEVICE && (m->device_addr & 3) && m->device_addr >> 12 == 0xfee00;
}

static const struct known rows[] = {
    {10, ON_QEMU, "CPUID", "stimulus", "leaves that TCG offers otherwise", K_TAKE, cpuid},
    {20, ON_QEMU, "RDMSR of the platform", "stimulus",
     "MTRRs as the firmware left them; APIC_BASE, MISC_ENABLE and the like", K_TAKE, rdmsr},
    {150, ON_QEMU, "WRMSR to MTRRs and the like is not checked", "QEMU",
     "SDM Vol. 3A MTRRs: reserved bits and types are #GP(0)", K_RESYNC, wrmsr_unchecked},
    {320, ON_BOTH, "CR4 bits without CPUID", "choice", "SDM Vol. 3A Control Registers: reserved",
     K_RESYNC, cr4_unchecked},
    {340, ON_BOTH, "x87, MMX and SSE without CPUID", "choice", "docs/cpu.md x87 and SSE", K_RESYNC,
     has_fpu},
    {380, ON_QEMU, "INVPCID, RDPID, fences without SSE2", "choice",
     "not offered by TCG; docs/cpu.md Instructions", K_RESYNC, not_offered},
    {390, ON_QEMU, "CR4.PCIDE", "QEMU", "not offered by TCG", K_RESYNC, pcid_not_offered},
    {480, ON_QEMU, "memory that only QEMU's machine has", "stimulus", "the firmware's ROM",
     K_RESYNC, rom},
    {560, ON_BOTH, "MSRs that the emulator has or ignores", "choice",
     "SDM Vol. 2 RDMSR, WRMSR: #GP(0) for a reserved or unimplemented MSR", K_RESYNC, other_msr},
    {570, ON_QEMU, "RDPMC", "QEMU", "SDM Vol. 2 RDPMC: #GP(0) for a counter that is not there",
     K_RESYNC, rdpmc},
    {730, ON_BOTH, "misaligned accesses to the local APIC", "stimulus",
     "SDM Vol. 3A APIC Register Address Map: undefined", K_RESYNC, device_shape},
};

KNOWN_ROOM(known_platform);
