// SPDX-License-Identifier: Apache-2.0
// The host's processor: a child that owns the trial's pages and is single-stepped by ptrace. It
// never runs code of its own again after its first stop.
#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle.h"

struct host {
    pid_t child;
    uint8_t *pages;
    bool amd;
    uint32_t tsc_aux;
};

static bool map_at(uint64_t va, size_t pages, int prot, int fd, unsigned first_page)
{
    void *at = (void *)(uintptr_t)va; // NOLINT
    void *got = mmap(at, pages * PAGE, prot, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd,
                     (off_t)first_page * PAGE);

    return got == at;
}

static bool map_window(uint64_t va, int fd)
{
    return map_at(va, DATA_PAGES - 1, PROT_READ | PROT_WRITE, fd, 0) &&
           map_at(va + (DATA_PAGES - 1) * PAGE, 1, PROT_READ, fd, DATA_PAGES - 1);
}

/* The child's only life: map, offer itself to ptrace, stop. */
static _Noreturn void child_main(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!map_window(LOW_DATA, fd) || !map_window(HIGH_DATA, fd) ||
        !map_at(LOW_CODE, CODE_PAGES, PROT_READ | PROT_EXEC, fd, DATA_PAGES))
        _exit(3);
    if (!ldt_install())
        _exit(6);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(4);
    raise(SIGSTOP);
    _exit(5);
}

static const char *await_child(struct host *h)
{
    int status;

    if (waitpid(h->child, &status, 0) != h->child)
        return "the traced child cannot be waited for";
    if (WIFEXITED(status)) {
        h->child = 0;
        return WEXITSTATUS(status) == 4   ? "ptrace is not permitted here"
               : WEXITSTATUS(status) == 6 ? "its kernel has no modify_ldt"
                                          : "the child cannot map its pages";
    }
    if (ptrace(PTRACE_SETOPTIONS, h->child, NULL, (void *)PTRACE_O_EXITKILL) != 0)
        return "ptrace is not permitted here";
    return NULL;
}

/* Both processes on one CPU: no wake-up between processors, and one TSC_AUX. */
static void stay_on_this_cpu(void)
{
    cpu_set_t set;
    int cpu = sched_getcpu();

    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void identify(struct host *h)
{
    unsigned a, b = 0, c, d, aux;

    __get_cpuid(0, &a, &b, &c, &d);
    h->amd = b == signature_AMD_ebx || b == 0x6f677948; /* Hygon: "Hygo" */
    __asm__ volatile("rdtscp" : "=c"(aux) : : "rax", "rdx");
    h->tsc_aux = aux;
}

static bool is_faithful(struct host *h);

struct host *host_create(const char **why)
{
    struct host *h = calloc(1, sizeof *h);
    int fd = memfd_create("oracle", MFD_CLOEXEC);

    if (!h || fd < 0 || ftruncate(fd, PAGES * PAGE) != 0) {
        *why = "no shared memory";
        free(h);
        return NULL;
    }
    stay_on_this_cpu();
    identify(h);
    h->pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    h->child = h->pages == MAP_FAILED ? -1 : fork();
    if (h->child == 0)
        child_main(fd);
    close(fd);
    *why = h->child < 0 ? "no child process" : await_child(h);
    if (!*why && !is_faithful(h))
        *why = "its kernel or hypervisor does not give a process back its own FS base and NT flag";
    if (*why) {
        host_destroy(h);
        return NULL;
    }
    return h;
}

void host_destroy(struct host *h)
{
    if (h->child > 0) {
        kill(h->child, SIGKILL);
        waitpid(h->child, NULL, 0);
    }
    if (h->pages != MAP_FAILED)
        munmap(h->pages, PAGES * PAGE);
    free(h);
}

uint8_t *host_pages(struct host *h)
{
    return h->pages;
}

bool host_is_amd(const struct host *h)
{
    return h->amd;
}

uint32_t host_tsc_aux(const struct host *h)
{
    return h->tsc_aux;
}

static struct user_regs_struct to_user(const struct regs *r)
{
    const uint64_t *g = r->gpr;

    return (struct user_regs_struct){
        .rax = g[0],
        .rcx = g[1],
        .rdx = g[2],
        .rbx = g[3],
        .rsp = g[4],
        .rbp = g[5],
        .rsi = g[6],
        .rdi = g[7],
        .r8 = g[8],
        .r9 = g[9],
        .r10 = g[10],
        .r11 = g[11],
        .r12 = g[12],
        .r13 = g[13],
        .r14 = g[14],
        .r15 = g[15],
        .rip = r->rip,
        .eflags = r->rflags,
        .orig_rax = ~0ull, /* not inside a system call: nothing to restart */
        .fs_base = r->fs_base,
        .gs_base = r->gs_base,
        .es = r->sel[SEG_ES],
        .cs = r->sel[SEG_CS],
        .ss = r->sel[SEG_SS],
        .ds = r->sel[SEG_DS],
        .fs = r->sel[SEG_FS],
        .gs = r->sel[SEG_GS],
    };
}

static struct regs from_user(const struct user_regs_struct *u)
{
    return (struct regs){
        .gpr = {u->rax, u->rcx, u->rdx, u->rbx, u->rsp, u->rbp, u->rsi, u->rdi, u->r8, u->r9,
                u->r10, u->r11, u->r12, u->r13, u->r14, u->r15},
        .rip = u->rip,
        .rflags = u->eflags,
        .fs_base = u->fs_base,
        .gs_base = u->gs_base,
        .sel = {(uint16_t)u->es, (uint16_t)u->cs, (uint16_t)u->ss, (uint16_t)u->ds, (uint16_t)u->fs,
                (uint16_t)u->gs},
    };
}

static bool step_child(struct host *h, const struct user_regs_struct *in, struct outcome *out)
{
    struct user_regs_struct u;
    siginfo_t info;
    int status;

    if (ptrace(PTRACE_SETREGS, h->child, NULL, in) != 0 ||
        ptrace(PTRACE_SINGLESTEP, h->child, NULL, NULL) != 0 ||
        waitpid(h->child, &status, 0) != h->child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_GETREGS, h->child, NULL, &u) != 0 ||
        ptrace(PTRACE_GETSIGINFO, h->child, NULL, &info) != 0)
        return false;
    *out = (struct outcome){.regs = from_user(&u), .vector = -1};
    out->signo = info.si_signo;
    out->code = info.si_code;
    out->address = (uint64_t)(uintptr_t)info.si_addr;
    return true;
}

/* ptrace cannot write RFLAGS.ID; a POPF in the child clears it. */
static bool clear_id(struct host *h)
{
    struct user_regs_struct u = {.rip = LOW_CODE, .rsp = LOW_DATA, .cs = SEL_USER64};
    uint8_t *popf = memory_at(h->pages, u.rip), *image = memory_at(h->pages, u.rsp);
    uint8_t keep = *popf, keep_data[8];
    const uint64_t flags = FL_ONE | FL_IF;
    struct outcome out;
    bool ok;

    memcpy(keep_data, image, 8);
    memcpy(image, &flags, 8);
    *popf = 0x9d;
    u.ss = SEL_USERDS;
    u.eflags = flags;
    u.orig_rax = ~0ull;
    ok = step_child(h, &u, &out) && !(out.regs.rflags & FL_ID);
    *popf = keep;
    memcpy(image, keep_data, 8);
    return ok;
}

/* A paravirtual machine runs a process's instructions on the processor, but hands its registers
 * back changed: FS and GS are loaded anew, NT is lost, null selectors fault. That is no judge. */
static bool is_faithful(struct host *h)
{
    const uint64_t base = 0x1000, nt = UINT64_C(1) << 14;
    struct user_regs_struct u = {.rip = LOW_CODE, .rsp = LOW_DATA, .cs = SEL_USER64};
    uint8_t *nop = memory_at(h->pages, u.rip), keep = *nop;
    struct outcome out;
    bool ok;

    *nop = 0x90;
    u.ss = u.fs = SEL_USERDS;
    u.fs_base = base;
    u.eflags = FL_ONE | FL_IF | nt;
    u.orig_rax = ~0ull;
    ok = step_child(h, &u, &out) && out.regs.fs_base == base && (out.regs.rflags & nt);
    *nop = keep;
    return ok;
}

bool host_step(struct host *h, const struct regs *start, struct outcome *out)
{
    struct user_regs_struct u = to_user(start);

    if (!step_child(h, &u, out))
        return false;
    return !(out->regs.rflags & FL_ID) || clear_id(h);
}
