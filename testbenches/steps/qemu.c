// SPDX-License-Identifier: Apache-2.0
// The QEMU process: the processor that docs/cpu.md "CPUID" describes as far as TCG has it, a plain
// PC, time counted in instructions so that a run repeats. Everything goes through inherited files.
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not offered by TCG: PCID, INVPCID, RDPID, PREFETCHW, the invariant TSC, x2APIC, TSC-deadline. */
#define PROCESSOR                                                                                  \
    "base,vendor=GenuineIntel,family=6,model=94,stepping=3,level=7,xlevel=0x80000008,"             \
    "phys-bits=40,de=on,pse=on,tsc=on,msr=on,pae=on,cx8=on,apic=on,sep=on,mtrr=on,pge=on,"         \
    "cmov=on,pat=on,pse36=on,clflush=on,cx16=on,movbe=on,popcnt=on,fsgsbase=on,smep=on,adx=on,"    \
    "smap=on,clflushopt=on,clwb=on,umip=on,pku=on,la57=on,pks=on,lahf-lm=on,abm=on,syscall=on,"    \
    "nx=on,pdpe1gb=on,rdtscp=on,lm=on"
#define BRAND ",model-id=Ringwalk x86-64 reference processor"

enum { COMPLAINT_BYTES = 400, PIPE_BYTES = 4096, PAUSE_US = 300 };

#define STUB_AT 0x100000u

#define STUB_ENTRY (STUB_AT + 38u)

/* Multiboot 1, its address fields; then MOV AL, FF; OUT 21, AL; OUT A1, AL (the firmware's timer
 * must not interrupt) and, at STUB_ENTRY, HLT. */
static const uint32_t stub[12] = {0x1BADB002, 0x00010000,   0u - 0x1BADB002u - 0x00010000u,
                                  STUB_AT,    STUB_AT,      STUB_AT + sizeof(uint32_t) * 12,
                                  0,          STUB_AT + 32, 0x21E6FFB0,
                                  0xEBF4A1E6};

struct qemu {
    struct emulator base;
    pid_t pid;
    int ram_file, stub_file, stub, complaints, status;
    uint8_t *ram;
    uint64_t ram_bytes;
    struct qemu_log *log;
    struct emulator_config config;
    char complaint[COMPLAINT_BYTES];
};

/* The child's ends of what connects it. */
struct ends {
    int ram, image, stub, log, complaints;
};

static struct qemu *of(struct emulator *e)
{
    return (struct qemu *)e;
}

static void run_child(const struct emulator_config *c, bool stubbed, const struct ends *e)
{
    char cpu[700], memory[32], ram[128], log[64], socket[64], image[64];
    const char *kernel = stubbed ? image : c->program;

    snprintf(cpu, sizeof(cpu), "%s%s", PROCESSOR, c->brand ? BRAND : "");
    snprintf(memory, sizeof(memory), "%" PRIu64 "M", c->memory_bytes >> 20);
    snprintf(ram, sizeof(ram),
             "memory-backend-file,id=ram,size=%s,mem-path=/proc/self/fd/%d,share=on", memory,
             e->ram);
    snprintf(log, sizeof(log), "/proc/self/fd/%d", e->log);
    snprintf(socket, sizeof(socket), "socket,id=stub,fd=%d", e->stub);
    snprintf(image, sizeof(image), "/proc/self/fd/%d", e->image);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(e->complaints, STDERR_FILENO);
    dup2(e->complaints, STDOUT_FILENO);
    execlp(c->binary, c->binary, "-cpu", cpu, "-machine", "pc,memory-backend=ram", "-object", ram,
           "-m", memory, "-nodefaults", "-display", "none", "-serial", "null", "-device",
           "isa-debug-exit,iobase=0xf4,iosize=4", "-icount", "shift=3,sleep=off", "-rtc",
           "base=2000-01-01,clock=vm", "-no-reboot", "-kernel", kernel, "-D", log, "-chardev",
           socket, "-gdb", "chardev:stub", "-S", (char *)NULL);
    dprintf(STDERR_FILENO, "%s: %s\n", c->binary, strerror(errno));
    _exit(127);
}

static void close_all(const struct ends *e)
{
    const int fds[] = {e->stub, e->log, e->complaints};

    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Our ends are closed on exec; the child's are handed down. */
static bool connect_ends(struct qemu *q, struct ends *e, int *log_fd)
{
    int stub[2], log[2], complaints[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, stub) != 0)
        return false;
    e->stub = stub[1];
    q->stub = stub[0];
    if (pipe(log) != 0)
        return false;
    e->log = log[1];
    *log_fd = log[0];
    fcntl(*log_fd, F_SETPIPE_SZ, PIPE_BYTES); /* QEMU is never far ahead */
    if (pipe(complaints) != 0)
        return false;
    e->complaints = complaints[1];
    q->complaints = complaints[0];
    fcntl(q->stub, F_SETFD, FD_CLOEXEC);
    fcntl(*log_fd, F_SETFD, FD_CLOEXEC);
    fcntl(q->complaints, F_SETFD, FD_CLOEXEC);
    fcntl(q->complaints, F_SETFL, O_NONBLOCK);
    return true;
}

static bool make_ram(struct qemu *q, uint64_t bytes)
{
    q->ram_file = memfd_create("guest RAM", 0);
    q->ram_bytes = bytes;
    if (q->ram_file < 0 || ftruncate(q->ram_file, (off_t)bytes) != 0)
        return false;
    q->ram = mmap(NULL, bytes, PROT_READ, MAP_SHARED, q->ram_file, 0);
    return q->ram != MAP_FAILED;
}

static bool make_stub(struct qemu *q)
{
    q->stub_file = memfd_create("stub", 0);
    return q->stub_file >= 0 && write(q->stub_file, stub, sizeof(stub)) == sizeof(stub);
}

static void qemu_close(struct emulator *e);
static const char *qemu_complaint(struct emulator *e);

static struct emulator *qemu_start(const struct emulator_config *config, const char **why)
{
    struct qemu *q = calloc(1, sizeof(*q));

    *why = "no pipes or memory for QEMU";
    if (q == NULL)
        return NULL;
    q->base.ops = &emulator_qemu;
    q->config = *config;
    q->ram_file = q->stub_file = q->stub = q->complaints = -1;
    if (make_ram(q, config->memory_bytes) && make_stub(q))
        return &q->base;
    qemu_close(&q->base);
    return NULL;
}

static bool run(struct qemu *q, bool stubbed)
{
    struct ends e = {-1, -1, -1, -1, -1};
    int log_fd = -1;

    if (connect_ends(q, &e, &log_fd)) {
        e.ram = q->ram_file;
        e.image = q->stub_file;
        q->pid = fork();
        if (q->pid == 0)
            run_child(&q->config, stubbed, &e);
    }
    close_all(&e);
    if (log_fd >= 0)
        q->log = qemu_log_open(log_fd);
    return q->pid > 0 && q->log != NULL;
}

static bool fail(struct qemu *q, const char **why)
{
    if (qemu_complaint(&q->base)[0] != '\0')
        *why = q->complaint;
    return false;
}

static bool is_zero(const uint8_t *p, unsigned bytes)
{
    while (bytes != 0 && *p == 0) {
        p++;
        bytes--;
    }
    return bytes == 0;
}

/* What is not zero in this RAM goes into QEMU's, and it begins as boot says. */
static bool load(struct qemu *q, const struct rw_mem *mem, const struct rw_boot *boot)
{
    enum { EAX = 0, EBX = 3, EIP = 16 };

    for (uint64_t pa = 0; pa < mem->bytes; pa += GDB_WRITE)
        if (!is_zero(mem->ram + pa, GDB_WRITE) && !gdb_write(q->stub, pa, mem->ram + pa, GDB_WRITE))
            return false;
    return gdb_describe(q->stub) && gdb_set_register(q->stub, EAX, (uint32_t)boot->rax) &&
           gdb_set_register(q->stub, EBX, (uint32_t)boot->rbx) &&
           gdb_set_register(q->stub, EIP, (uint32_t)boot->rip);
}

/* Its own loader refuses images that begin below 1 MByte: they go through the stub. */
static bool is_low(const struct rw_mem *mem)
{
    for (uint64_t pa = 0; pa < 0x100000; pa++)
        if (mem->ram[pa] != 0)
            return true;
    return false;
}

static bool qemu_enter(struct emulator *e, const struct rw_mem *mem, const struct rw_boot *boot,
                       const char **why)
{
    struct qemu *q = of(e);
    bool stubbed = is_low(mem);

    if (!run(q, stubbed))
        return false;
    if (!gdb_to_entry(q->stub, stubbed ? STUB_ENTRY : boot->rip, why))
        return fail(q, why);
    *why = "QEMU does not let its memory be written";
    return !stubbed || load(q, mem, boot);
}

static bool qemu_go(struct emulator *e, struct shot *at, const char **why)
{
    struct qemu *q = of(e);

    *why = "QEMU does not log single instructions";
    return (gdb_continue(q->stub) && qemu_log_first(q->log, at)) || fail(q, why);
}

static const struct span *qemu_next(struct emulator *e)
{
    return qemu_log_next(of(e)->log);
}

/* QEMU may be blocked in its log: it is read until the stub answers. */
static bool qemu_pause(struct emulator *e)
{
    struct qemu *q = of(e);
    char state[8192];

    if (!gdb_interrupt(q->stub))
        return false;
    usleep(PAUSE_US); /* the stub's thread asks for the stop first: few instructions are missed */
    qemu_log_drain(q->log, q->stub);
    if (!gdb_stopped(q->stub) || !gdb_registers(q->stub, state, sizeof(state)))
        return false;
    qemu_log_pause(q->log, state);
    return true;
}

static void qemu_resume(struct emulator *e)
{
    qemu_log_resume(of(e)->log);
    gdb_continue(of(e)->stub);
}

static const uint8_t *qemu_ram(struct emulator *e, uint64_t pa, unsigned bytes)
{
    (void)bytes;
    return of(e)->ram + pa;
}

/* What QEMU never touched is a hole in its file. */
static bool qemu_ram_part(struct emulator *e, uint64_t from, uint64_t *begin, uint64_t *end)
{
    int file = of(e)->ram_file;
    off_t data = lseek(file, (off_t)from, SEEK_DATA);

    if (data < 0)
        return false;
    *begin = (uint64_t)data;
    *end = (uint64_t)lseek(file, data, SEEK_HOLE);
    return true;
}

static int qemu_status(struct emulator *e)
{
    struct qemu *q = of(e);
    int status;

    if (q->pid > 0 && waitpid(q->pid, &status, 0) == q->pid) {
        q->pid = 0;
        q->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }
    return q->status;
}

static const char *qemu_complaint(struct emulator *e)
{
    struct qemu *q = of(e);
    ssize_t n = read(q->complaints, q->complaint, COMPLAINT_BYTES - 1);
    char *line;

    if (n <= 0)
        return q->complaint;
    q->complaint[n] = '\0';
    while (n > 0 && q->complaint[n - 1] == '\n')
        q->complaint[--n] = '\0';
    line = strrchr(q->complaint, '\n');
    if (line != NULL)
        memmove(q->complaint, line + 1, strlen(line));
    return q->complaint;
}

static void qemu_close(struct emulator *e)
{
    struct qemu *q = of(e);

    if (q->pid > 0) {
        kill(q->pid, SIGKILL);
        waitpid(q->pid, NULL, 0);
    }
    if (q->log != NULL)
        qemu_log_close(q->log);
    if (q->ram != NULL && q->ram != MAP_FAILED)
        munmap(q->ram, q->ram_bytes);
    if (q->ram_file >= 0)
        close(q->ram_file);
    if (q->stub_file >= 0)
        close(q->stub_file);
    if (q->stub >= 0)
        close(q->stub);
    if (q->complaints >= 0)
        close(q->complaints);
    free(q);
}

const struct emulator_ops emulator_qemu = {.name = "QEMU",
                                           .bit = ON_QEMU,
                                           .shows_ports = true,
                                           .drops_rf = true,
                                           .ends_with_exit = true,
                                           .start = qemu_start,
                                           .enter = qemu_enter,
                                           .go = qemu_go,
                                           .next = qemu_next,
                                           .pause = qemu_pause,
                                           .resume = qemu_resume,
                                           .ram = qemu_ram,
                                           .ram_part = qemu_ram_part,
                                           .status = qemu_status,
                                           .complaint = qemu_complaint,
                                           .close = qemu_close};
