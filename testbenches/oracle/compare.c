// SPDX-License-Identifier: Apache-2.0
// The judgement: the model's vector against the host's signal (Linux arch/x86/kernel/traps.c says
// which vector becomes which), then every register, defined flag and byte of memory.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "oracle.h"

enum { SI_OF_KERNEL = 0x80 };

static bool diff_is(struct diff *d, const char *field, uint64_t host, uint64_t model)
{
    if (host == model)
        return false;
    snprintf(d->field, sizeof d->field, "%s", field);
    d->host = host;
    d->model = model;
    return true;
}

/* The host completed the instruction: its signal is the single step's. */
bool outcome_faulted(const struct outcome *host)
{
    return host->signo != SIGTRAP || host->code != TRAP_TRACE;
}

struct signal_row {
    int vector, signo, code;
};

/* A vector that is not here comes as SIGSEGV from the kernel. */
static const struct signal_row signals[] = {
    {-1, SIGTRAP, TRAP_TRACE},  {0, SIGFPE, FPE_INTDIV},    {1, SIGTRAP, TRAP_BRKPT},
    {3, SIGTRAP, SI_OF_KERNEL}, {6, SIGILL, ILL_ILLOPN},    {11, SIGBUS, SI_OF_KERNEL},
    {12, SIGBUS, SI_OF_KERNEL}, {14, SIGSEGV, SEGV_MAPERR}, {17, SIGBUS, BUS_ADRALN},
};

static struct signal_row signal_of(const struct outcome *model)
{
    bool lower_half = model->address >> 47 == 0;

    if (model->vector == 14 && (model->error_code & 1) && lower_half)
        return (struct signal_row){14, SIGSEGV, SEGV_ACCERR};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].vector == model->vector)
            return signals[i];
    return (struct signal_row){model->vector, SIGSEGV, SI_OF_KERNEL};
}

static bool compare_event(const struct outcome *h, const struct outcome *m, struct diff *d)
{
    struct signal_row want = signal_of(m);

    if (diff_is(d, "signal", (uint64_t)h->signo, (uint64_t)want.signo))
        return true;
    if (diff_is(d, "signal code", (uint64_t)h->code, (uint64_t)want.code))
        return true;
    return m->vector == 14 && diff_is(d, "#PF address", h->address, m->address);
}

static bool compare_gprs(const struct trial *t, const struct pair *p, const struct undefined *u,
                         struct diff *d)
{
    static const char *const names[GPRS] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                            "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    /* SDM Vol. 1 "General-Purpose Registers in 64-Bit Mode": no upper halves in 32-bit modes. */
    bool narrow = t->compat || p->model->regs.sel[SEG_CS] != SEL_USER64;
    uint64_t mask = narrow ? 0xffffffff : ~UINT64_C(0);

    for (unsigned i = 0; i < GPRS; i++)
        if (!(u->gprs >> i & 1) &&
            diff_is(d, names[i], p->host->regs.gpr[i] & mask, p->model->regs.gpr[i] & mask))
            return true;
    return false;
}

static bool compare_segments(const struct regs *h, const struct regs *m, struct diff *d)
{
    static const char *const names[] = {"es", "cs", "ss", "ds", "fs", "gs"};

    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        if (diff_is(d, names[i], h->sel[i], m->sel[i]))
            return true;
    return diff_is(d, "fs base", h->fs_base, m->fs_base) ||
           diff_is(d, "gs base", h->gs_base, m->gs_base);
}

static bool compare_memory(const struct pair *p, const struct undefined *u, struct diff *d)
{
    if (memcmp(p->host_pages, p->model_pages, PAGES * PAGE) == 0)
        return false;
    for (uint64_t i = 0; i < PAGES * PAGE; i++) {
        uint64_t low = LOW_DATA + i, high = HIGH_DATA + i;
        bool undefined = low - u->dest_va < u->dest_bytes || high - u->dest_va < u->dest_bytes;

        if (p->host_pages[i] == p->model_pages[i] || undefined)
            continue;
        snprintf(d->field, sizeof d->field, "memory %llx", (unsigned long long)low);
        d->host = p->host_pages[i];
        d->model = p->model_pages[i];
        return true;
    }
    return false;
}

bool compare(const struct trial *t, const struct pair *p, const struct undefined *u, struct diff *d)
{
    const struct regs *h = &p->host->regs, *m = &p->model->regs;
    uint64_t shown = ~(u->flags | FL_TF | FL_RF); /* TF and RF belong to the stepping */

    return compare_event(p->host, p->model, d) || diff_is(d, "rip", h->rip, m->rip) ||
           compare_gprs(t, p, u, d) || diff_is(d, "rflags", h->rflags & shown, m->rflags & shown) ||
           compare_segments(h, m, d) || compare_memory(p, u, d);
}
