// SPDX-License-Identifier: Apache-2.0
// The Bochs process: a PC without PCI whose processor is Bochs's Tiger Lake, and that begins in a
// ROM of ours. Configuration, ROMs and log are inherited files; its RAM is read and written where
// its log says that it lies.
#include "bochs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)

#define EFER_LMA    UINT64_C(0x400)
#define PAGEMAP_IN  (UINT64_C(3) << 62) /* present, or swapped out */
#define VGA_BYTES   512
#define VECTOR_MARK "vector=0x"

enum { COMPLAINT_BYTES = 400, LOG_BYTES = 1 << 16 };

struct bochs {
    struct emulator base;
    struct emulator_config config;
    pid_t pid;
    int rc, rom, vga, log, complaints;
    struct debugger *debugger;
    uint64_t vector; /* RAM's address in the process */
    struct span span, kept;
    bool keeps; /* `kept` comes next */
    bool paused, ended, silent;
    int status;
    uint8_t page[4096];
    uint64_t pagemap[512];
    int pagemap_file;
    char complaint[COMPLAINT_BYTES];
};

static struct bochs *of(struct emulator *e)
{
    return (struct bochs *)e;
}

/* --- the process --- */

static void write_configuration(const struct bochs *b)
{
    unsigned mbytes = (unsigned)(b->config.memory_bytes >> 20);

    dprintf(b->rc,
            "config_interface: textconfig\n"
            "display_library: term\n"
            "memory: guest=%u, host=%u\n"
            "romimage: file=/proc/self/fd/%d\n"
            "vgaromimage: file=/proc/self/fd/%d\n"
            "cpu: model=tigerlake, count=1, ips=50000000, reset_on_triple_fault=0\n"
            "clock: sync=none, time0=946684800\n"
            "log: /proc/self/fd/%d\n"
            "panic: action=report\n"
            "error: action=report\n"
            "info: action=report\n"
            "pci: enabled=0\n"
            "boot: floppy\n"
            "com1: enabled=0\n" /* all ones: the transmitter is always ready */
            "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy\n"
            "speaker: enabled=0\n"
            "plugin_ctrl: biosdev=0, parallel=0, gameport=0, extfpuirq=0, iodebug=0, speaker=0\n",
            mbytes, mbytes, b->rom, b->vga, b->log);
}

static void run_child(const struct bochs *b, int in, int out)
{
    char rc[64];

    snprintf(rc, sizeof(rc), "/proc/self/fd/%d", b->rc);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("TERM", "vt100", 1); /* which it draws on a terminal of its own */
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(b->complaints, STDERR_FILENO);
    execlp(b->config.binary, b->config.binary, "-q", "-f", rc, "-rc", "/proc/self/fd/0",
           (char *)NULL);
    dprintf(STDERR_FILENO, "%s: %s\n", b->config.binary, strerror(errno));
    _exit(127);
}

static bool run(struct bochs *b)
{
    int in[2], out[2];

    if (pipe(in) != 0)
        return false;
    if (pipe(out) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    fcntl(in[1], F_SETFD, FD_CLOEXEC);
    fcntl(out[0], F_SETFD, FD_CLOEXEC);
    b->pid = fork();
    if (b->pid == 0)
        run_child(b, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    b->debugger = debugger_open(in[1], out[0]);
    return b->pid > 0 && b->debugger != NULL;
}

static void bochs_close(struct emulator *e)
{
    struct bochs *b = of(e);
    const int files[] = {b->rc, b->rom, b->vga, b->log, b->complaints, b->pagemap_file};

    if (b->pid > 0) {
        kill(b->pid, SIGKILL);
        waitpid(b->pid, NULL, 0);
    }
    if (b->debugger != NULL)
        debugger_close(b->debugger);
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (files[i] >= 0)
            close(files[i]);
    free(b);
}

static struct emulator *bochs_start(const struct emulator_config *config, const char **why)
{
    struct bochs *b = calloc(1, sizeof(*b));

    *why = "no files or memory for Bochs";
    if (b == NULL)
        return NULL;
    b->base.ops = &emulator_bochs;
    b->config = *config;
    b->pagemap_file = -1;
    b->rc = memfd_create("bochsrc", 0);
    b->rom = memfd_create("rom", 0);
    b->vga = memfd_create("no display's rom", 0);
    b->log = memfd_create("log", 0);
    b->complaints = memfd_create("complaints", 0);
    if (b->rc >= 0 && b->rom >= 0 && b->vga >= 0 && b->log >= 0 && b->complaints >= 0)
        return &b->base;
    bochs_close(&b->base);
    return NULL;
}

/* The last line of what Bochs or its shell wrote to standard error. */
static const char *bochs_complaint(struct emulator *e)
{
    struct bochs *b = of(e);
    off_t end = lseek(b->complaints, 0, SEEK_END);
    off_t from = end < COMPLAINT_BYTES ? 0 : end - (COMPLAINT_BYTES - 1);
    ssize_t n = pread(b->complaints, b->complaint, COMPLAINT_BYTES - 1, from);
    char *line;

    b->complaint[n > 0 ? n : 0] = '\0';
    while (n > 0 && (b->complaint[n - 1] == '\n' || b->complaint[n - 1] == '='))
        b->complaint[--n] = '\0';
    line = strrchr(b->complaint, '\n');
    return line == NULL ? b->complaint : line + 1;
}

static int bochs_status(struct emulator *e)
{
    struct bochs *b = of(e);
    int status;

    if (b->pid > 0 && b->ended && waitpid(b->pid, &status, 0) == b->pid) {
        b->pid = 0;
        b->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }
    return b->status;
}

/* --- its RAM --- */

static bool find_ram(struct bochs *b)
{
    char *text = calloc(1, LOG_BYTES), *at;
    char path[64];

    if (text == NULL)
        return false;
    if (pread(b->log, text, LOG_BYTES - 1, 0) > 0 && (at = strstr(text, VECTOR_MARK)) != NULL)
        b->vector = strtoull(at + strlen(VECTOR_MARK), NULL, 16);
    free(text);
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)b->pid);
    b->pagemap_file = open(path, O_RDONLY | O_CLOEXEC);
    return b->vector != 0 && b->pagemap_file >= 0;
}

static bool copy_in(struct bochs *b, uint64_t pa, void *data, size_t bytes)
{
    struct iovec here = {data, bytes};
    struct iovec there = {(void *)(uintptr_t)(b->vector + bochs_ram_offset(pa)), bytes};

    return process_vm_readv(b->pid, &here, 1, &there, 1, 0) == (ssize_t)bytes;
}

static bool copy_out(struct bochs *b, uint64_t pa, const void *data, size_t bytes)
{
    struct iovec here = {(void *)(uintptr_t)data, bytes};
    struct iovec there = {(void *)(uintptr_t)(b->vector + bochs_ram_offset(pa)), bytes};

    return process_vm_writev(b->pid, &here, 1, &there, 1, 0) == (ssize_t)bytes;
}

/* The ROM wrote to each block its address: does RAM lie as it is thought to? */
static bool find_marks(struct bochs *b)
{
    for (uint64_t pa = 0; pa < b->config.memory_bytes; pa += BOCHS_BLOCK_BYTES) {
        uint32_t mark = 0;

        if (bochs_is_ram(pa) && (!copy_in(b, pa, &mark, sizeof(mark)) || mark != pa))
            return false;
    }
    return true;
}

static bool fill_ram(struct bochs *b, const struct rw_mem *mem)
{
    static const uint8_t zeros[4096];

    for (uint64_t pa = 0; pa < mem->bytes; pa += PAGE)
        if (bochs_is_ram(pa) &&
            (memcmp(mem->ram + pa, zeros, PAGE) != 0 || pa % BOCHS_BLOCK_BYTES == 0) &&
            !copy_out(b, pa, mem->ram + pa, PAGE))
            return false;
    return true;
}

static const uint8_t *bochs_ram(struct emulator *e, uint64_t pa, unsigned bytes)
{
    struct bochs *b = of(e);

    if (b->ended)
        return NULL;
    if (!bochs_is_ram(pa) || !copy_in(b, pa, b->page, bytes))
        memset(b->page, 0, bytes);
    return b->page;
}

/* Of RAM that Bochs never touched its process has no page. */
static bool bochs_ram_part(struct emulator *e, uint64_t from, uint64_t *begin, uint64_t *end)
{
    struct bochs *b = of(e);

    for (uint64_t pa = from; !b->ended && pa < b->config.memory_bytes; pa += PAGE) {
        uint64_t at = (b->vector + bochs_ram_offset(pa)) / PAGE, entry = 0;

        if (!bochs_is_ram(pa) ||
            pread(b->pagemap_file, &entry, sizeof(entry), (off_t)(at * sizeof(entry))) !=
                sizeof(entry) ||
            !(entry & PAGEMAP_IN))
            continue;
        *begin = pa;
        *end = pa + PAGE;
        return true;
    }
    return false;
}

/* --- to the program --- */

static bool fail(struct bochs *b, const char **why, const char *what)
{
    const char *complaint = bochs_complaint(&b->base);

    *why = complaint[0] != '\0' ? complaint : what;
    return false;
}

static bool put_roms(struct bochs *b, const struct rw_boot *boot, uint32_t *halfway)
{
    static uint8_t rom[BOCHS_ROM_BYTES];
    static const uint8_t nothing[VGA_BYTES];

    bochs_rom(rom, b->config.memory_bytes, boot, halfway);
    return write(b->rom, rom, sizeof(rom)) == sizeof(rom) &&
           write(b->vga, nothing, sizeof(nothing)) == sizeof(nothing);
}

static bool bochs_enter(struct emulator *e, const struct rw_mem *mem, const struct rw_boot *boot,
                        const char **why)
{
    struct bochs *b = of(e);
    char *text;
    uint32_t halfway;
    char commands[128];

    *why = "Bochs is given Multiboot images only: this one starts in long mode";
    if (boot->long_mode)
        return false;
    *why = "no process for Bochs";
    if (!put_roms(b, boot, &halfway))
        return false;
    write_configuration(b);
    if (!run(b))
        return false;
    if (debugger_ask(b->debugger, "", &text) != ANSWER_OK)
        return fail(b, why, "Bochs does not start");
    snprintf(commands, sizeof(commands), "lb 0x%" PRIx32 "\nc\n", halfway);
    if (debugger_ask(b->debugger, commands, &text) != ANSWER_OK || !find_ram(b) || !find_marks(b))
        return fail(b, why, "Bochs's RAM is not where it is looked for");
    if (!fill_ram(b, mem))
        return fail(b, why, "Bochs's memory cannot be written");
    return debugger_ask(b->debugger, "d 1\ns\ntrace on\ntrace-mem on\n", &text) == ANSWER_OK ||
           fail(b, why, "Bochs did not reach the program's entry");
}

/* --- spans --- */

static bool bochs_go(struct emulator *e, struct shot *at, const char **why)
{
    struct bochs *b = of(e);
    char *text;

    memset(at, 0, sizeof(*at));
    if (debugger_ask(b->debugger, TEXT_STATE, &text) != ANSWER_OK || !text_state(at, text, false))
        return fail(b, why, "Bochs's debugger does not answer");
    b->span.after = *at;
    return true;
}

/* An interrupt is delivered with the handler's first instruction, and the state between is not
 * shown: two spans. */
static void split_interrupt(struct bochs *b)
{
    struct span *s = &b->span;

    b->kept = *s;
    b->kept.count = 0;
    b->keeps = true;
    for (unsigned i = 1; i < s->count; i++)
        b->kept.h[b->kept.count++] = s->h[i];
    s->count = 1;
    s->unseen = true;
}

static const struct span *step(struct bochs *b)
{
    struct span *s = &b->span;
    bool bases = (s->before.f[F_EFER] & EFER_LMA) != 0, began;
    char *text;
    enum answer a =
        debugger_ask(b->debugger, bases ? "s\n" TEXT_STATE TEXT_BASES : "s\n" TEXT_STATE, &text);

    b->silent = s->silent = a == ANSWER_SILENT;
    b->ended = s->last =
        a == ANSWER_ENDED || (a == ANSWER_OK && !text_state(&s->after, text, bases));
    text_step(s, text, b->config.memory_bytes, &began);
    if (b->ended || b->silent) {
        text_shutdown(s);
        return s;
    }
    s->boundary = !began;
    if (began && s->count != 0 && s->h[0].kind == H_DELIVER && s->h[0].external)
        split_interrupt(b);
    return s;
}

static const struct span *bochs_next(struct emulator *e)
{
    struct bochs *b = of(e);
    struct span *s = &b->span;

    if (b->keeps) {
        b->keeps = false;
        *s = b->kept;
        return s;
    }
    s->before = s->after;
    s->count = 0;
    s->crowded = s->silent = s->last = s->unseen = s->boundary = false;
    s->single = true;
    s->paused = b->paused;
    s->last = b->ended;
    return b->paused || b->ended ? s : step(b);
}

/* It stands still between two steps. */
static bool bochs_pause(struct emulator *e)
{
    struct bochs *b = of(e);

    b->paused = !b->keeps && !b->ended && !b->silent;
    return b->paused;
}

static void bochs_resume(struct emulator *e)
{
    of(e)->paused = false;
}

/* RAX to RBX alone: what CPUID and RDMSR leave. */
static bool bochs_give(struct emulator *e, const struct shot *s)
{
    static const char letters[4] = {'a', 'c', 'd', 'b'};
    struct bochs *b = of(e);
    char commands[256], *text;
    size_t used = 0;

    for (unsigned i = 0; i < 4; i++)
        used += (size_t)snprintf(commands + used, sizeof(commands) - used,
                                 "set %c%cx = 0x%" PRIx64 "\n", s->wide ? 'r' : 'e', letters[i],
                                 s->f[F_GPR + i]);
    if (debugger_ask(b->debugger, commands, &text) != ANSWER_OK)
        return false;
    memcpy(b->span.after.f, s->f, 4 * sizeof(s->f[0]));
    return true;
}

const struct emulator_ops emulator_bochs = {.name = "Bochs",
                                            .bit = ON_BOCHS,
                                            .away = UINT64_C(1) << RW_LA57 | UINT64_C(1) << RW_PKS,
                                            .shows_stores = true,
                                            .start = bochs_start,
                                            .enter = bochs_enter,
                                            .go = bochs_go,
                                            .next = bochs_next,
                                            .pause = bochs_pause,
                                            .resume = bochs_resume,
                                            .give = bochs_give,
                                            .ram = bochs_ram,
                                            .ram_part = bochs_ram_part,
                                            .status = bochs_status,
                                            .complaint = bochs_complaint,
                                            .close = bochs_close};
