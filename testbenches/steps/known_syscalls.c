// SPDX-License-Identifier: Apache-2.0
// QEMU: SYSCALL, SYSENTER and the ways back.
#include "known.h"

static bool syscall_flags(const struct moment *m, unsigned f)
{
    return f == F_RFLAGS && is(m, ZYDIS_MNEMONIC_SYSCALL) && completed(m) &&
           ((m->theirs->f[f] ^ m->model->f[f]) & ~FL_STATUS) == 0 && !(m->theirs->f[f] & FL_STATUS);
}

static bool sysret_canonical(const struct moment *m, unsigned f)
{
    uint64_t rcx = m->before->f[F_GPR + RCX];
    unsigned bits = m->before->f[F_CR4] >> 12 & 1 ? 56 : 47;

    (void)f;
    return is(m, ZYDIS_MNEMONIC_SYSRET) && m->vector_model == 13 && m->error_model == 0 &&
           rcx >> bits != 0 && rcx >> bits != UINT64_MAX >> bits;
}

static bool sysenter_d(const struct moment *m, unsigned f)
{
    return f == F_ATTR(SEG_CS) && completed(m) && (m->theirs->f[f] ^ m->model->f[f]) == 0x4000 &&
           (m->model->f[f] & 0x2000) &&
           (is(m, ZYDIS_MNEMONIC_SYSENTER) || is(m, ZYDIS_MNEMONIC_SYSEXIT));
}

static bool syscall_in_compat(const struct moment *m, unsigned f)
{
    (void)f;
    return !m->before->wide && m->vector_model == 6 &&
           (is(m, ZYDIS_MNEMONIC_SYSCALL) || is(m, ZYDIS_MNEMONIC_SYSRET));
}

/* IA32_SYSENTER_CS is 1 to 3; 0 is all that QEMU looks for. */
static bool sysenter_cs(const struct moment *m, unsigned f)
{
    (void)f;
    return m->vector_model == 13 && m->error_model == 0 &&
           (is(m, ZYDIS_MNEMONIC_SYSENTER) || is(m, ZYDIS_MNEMONIC_SYSEXIT)) &&
           (m->sysenter_cs & 0xfffc) == 0 && m->sysenter_cs != 0;
}

static bool sysexit_canonical(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_SYSEXIT) && m->vector_model == 13 && m->error_model == 0 &&
           (not_canonical(m->before, m->before->f[F_GPR + RCX]) ||
            not_canonical(m->before, m->before->f[F_GPR + RDX]));
}

/* IA32_LSTAR of more than 57 bits, which QEMU had let in. */
static bool syscall_to_lstar(const struct moment *m, unsigned f)
{
    (void)f;
    return is(m, ZYDIS_MNEMONIC_SYSCALL) && m->theirs != NULL && m->theirs->wide &&
           m->theirs->f[F_RIP] >> 56 != 0 && m->theirs->f[F_RIP] >> 56 != 0xff;
}

static const struct known rows[] = {
    {100, ON_QEMU, "SYSCALL clears the status flags", "QEMU", "SDM Vol. 2 SYSCALL", K_TAKE,
     syscall_flags},
    {170, ON_QEMU, "SYSRET to an address that is not canonical faults behind it", "QEMU",
     "SDM Vol. 2 SYSRET: #GP(0) at CPL 0", K_RESYNC, sysret_canonical},
    {210, ON_QEMU, "SYSENTER and SYSEXIT to 64-bit mode set CS.D", "QEMU",
     "SDM Vol. 2 SYSENTER: CS.D := 0", K_TAKE, sysenter_d},
    {440, ON_QEMU, "SYSCALL and SYSRET outside 64-bit mode", "QEMU", "SDM Vol. 2 SYSCALL: #UD",
     K_RESYNC, syscall_in_compat},
    {450, ON_QEMU, "SYSENTER_CS of 1 to 3 is not null", "QEMU",
     "SDM Vol. 2 SYSENTER: #GP(0) if SYSENTER_CS[15:2] = 0", K_RESYNC, sysenter_cs},
    {550, ON_QEMU, "SYSEXIT to addresses that are not canonical", "QEMU",
     "SDM Vol. 2 SYSEXIT: #GP(0)", K_RESYNC, sysexit_canonical},
    {555, ON_QEMU, "SYSCALL to an address of more than 57 bits", "QEMU",
     "SDM Vol. 2 WRMSR: #GP(0), so that LSTAR has none", K_END, syscall_to_lstar},
};

KNOWN_ROOM(known_syscalls);
