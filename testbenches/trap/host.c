// SPDX-License-Identifier: Apache-2.0
// trap_host CODE: cells of the trap matrix on this machine's processor, at ring 3. CODE is a flat
// binary for 430000h; each line of standard input is START INSN END BITS: where the cell's code
// begins, its instruction, the INT3 behind it, 64 or 32. Says for each, one line:
//   VECTOR ERROR AT RFLAGS RAX    AT: "insn", "end", or "elsewhere"; VECTOR -1: no end in time
// Each cell is a process of its own, which ends in the handler of its signal. What that does may
// not use FS, which the cell may have loaded. The first line says what this host's controls are.
#include <cpuid.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE_AT  UINT64_C(0x430000)
#define DATA_AT  UINT64_C(0x400000)
#define BYTES    UINT64_C(0x30000)
#define STACK    UINT64_C(0x420000)
#define CODE_64  0x33
#define CODE_32  0x23
#define USER_SEG 0x2B
#define OSPKE    (1u << 4)
#define FSGSBASE 2 /* of AT_HWCAP2 */

enum { ALT_STACK = 65536, SECONDS = 2, BAD_USE = 2 };

struct end {
    int64_t vector;
    uint64_t error, rip, rflags, rax;
};

static int pipe_fd;

static long raw_call(long number, long a, const void *b, long c)
{
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return number;
}

static void land(int signo, siginfo_t *info, void *context)
{
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    struct end e = {.vector = r[REG_TRAPNO],
                    .error = (uint64_t)r[REG_ERR],
                    .rip = (uint64_t)r[REG_RIP],
                    .rflags = (uint64_t)r[REG_EFL],
                    .rax = (uint64_t)r[REG_RAX]};

    (void)signo;
    (void)info;
    raw_call(SYS_write, pipe_fd, &e, sizeof(e));
    raw_call(SYS_exit_group, 0, NULL, 0);
}

static void fly(uint64_t start, unsigned bits)
{
    static const int ends[] = {SIGILL, SIGSEGV, SIGTRAP, SIGFPE, SIGBUS};
    static uint8_t alternate[ALT_STACK];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    struct sigaction action = {.sa_sigaction = land, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct {
        uint32_t offset;
        uint16_t selector;
    } target = {(uint32_t)start, bits == 64 ? CODE_64 : CODE_32};

    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        sigaction(ends[i], &action, NULL);
    alarm(SECONDS);
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "mov %1, %%eax\n\t"
                     "mov %%eax, %%ds\n\t"
                     "mov %%eax, %%es\n\t"
                     "ljmp *(%2)"
                     :
                     : "r"(STACK - 64), "i"(USER_SEG), "b"(&target)
                     : "rax", "memory");
    __builtin_unreachable();
}

static struct end run_cell(uint64_t start, unsigned bits)
{
    struct end e = {.vector = -1};
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0)
        return e;
    child = fork();
    if (child == 0) {
        pipe_fd = ends[1];
        fly(start, bits);
    }
    close(ends[1]);
    if (read(ends[0], &e, sizeof(e)) != sizeof(e))
        e.vector = -1;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return e;
}

/* Does the system give its processes a 32-bit code segment? */
static bool has_compat(void)
{
    const unsigned present_dpl3_code = 0xf800, long_or_32 = 0x600000, is_32 = 0x400000;
    unsigned rights = 0;
    bool zf;

    __asm__("lar %2, %1" : "=@ccz"(zf), "+r"(rights) : "r"(CODE_32));
    return zf && (rights & present_dpl3_code) == present_dpl3_code &&
           (rights & long_or_32) == is_32;
}

static bool map_at(uint64_t at, int fd)
{
    void *want = (void *)at; // NOLINT: these addresses are the cells'
    int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_ANONYMOUS : 0);

    return mmap(want, BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, flags, fd, 0) == want;
}

int main(int argc, char **argv)
{
    unsigned a, b, c = 0, d, bits;
    uint64_t start, insn, end;
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

    if (fd < 0 || !map_at(DATA_AT, -1) || !map_at(CODE_AT, fd)) {
        fputs("trap_host: wants a readable binary, and room at 400000h\n", stderr);
        return BAD_USE;
    }
    __get_cpuid_count(7, 0, &a, &b, &c, &d);
    printf("fsgsbase %d pke %d compat %d\n", (getauxval(AT_HWCAP2) & FSGSBASE) != 0,
           (c & OSPKE) != 0, has_compat());
    while (scanf("%" SCNx64 " %" SCNx64 " %" SCNx64 " %u", &start, &insn, &end, &bits) == 4) {
        struct end e = run_cell(start, bits);
        const char *at = e.rip == insn ? "insn" : e.rip == end + 1 ? "end" : "elsewhere";

        printf("%" PRId64 " %" PRIu64 " %s %" PRIx64 " %" PRIx64 "\n", e.vector, e.error, at,
               e.rflags, e.rax);
    }
    return fflush(stdout) == 0 ? 0 : BAD_USE;
}
