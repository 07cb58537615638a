// SPDX-License-Identifier: Apache-2.0
// Which opcodes take their operands although they are invalid: the opcode stands at the end of the
// last page before nothing, so this machine's processor says #UD when it is content with the bytes
// that are there, #PF when it wants more; the model must say the same. docs/cpu.md F4. Only opcodes
// on which Intel's and AMD's manuals agree (not UD0, UD1, XOP, VEX, EVEX).
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "oracle.h"

#define NO_EVENT  0xff
#define ALT_STACK 65536

struct probe {
    uint8_t len, bytes[8];
};

static const struct probe probes[] = {
    {1, {0x06}},
    {1, {0x07}},
    {1, {0x0e}},
    {1, {0x16}},
    {1, {0x17}},
    {1, {0x1e}},
    {1, {0x1f}},
    {1, {0x27}},
    {1, {0x2f}},
    {1, {0x37}},
    {1, {0x3f}},
    {1, {0x60}},
    {1, {0x61}},
    {1, {0x82}},
    {1, {0x9a}},
    {1, {0xce}},
    {1, {0xd4}},
    {1, {0xd5}},
    {1, {0xd6}},
    {1, {0xea}},
    {1, {0x0f}},
    {2, {0x0f, 0x04}},
    {2, {0x0f, 0x0a}},
    {2, {0x0f, 0x0b}},
    {2, {0x0f, 0x24}},
    {2, {0xc6, 0xc8}},
    {2, {0xc7, 0xc8}},
    {2, {0xfe, 0xd0}},
    {2, {0xff, 0xf8}},
    {2, {0xf0, 0x90}},
    {2, {0xf0, 0xb0}},
    {2, {0xf0, 0x05}},
    {2, {0x8c, 0xf0}},
    {2, {0x8e, 0xc8}},
    {2, {0x66, 0xd4}},
    {2, {0x0f, 0xb8}},
    {3, {0x82, 0xc0, 0x01}},
    {2, {0x82, 0xc0}},
    {3, {0x82, 0x05, 0x00}},
    {2, {0xd4, 0x0a}},
    {6, {0x9a, 1, 2, 3, 4, 5}},
    {7, {0x9a, 1, 2, 3, 4, 5, 6}},
    {5, {0x66, 0x9a, 1, 2, 3}},
    {6, {0x66, 0x9a, 1, 2, 3, 4}},
    {6, {0xea, 1, 2, 3, 4, 5}},
    {7, {0xea, 1, 2, 3, 4, 5, 6}},
    {6, {0x66, 0xea, 1, 2, 3, 4}},
    {7, {0x48, 0x9a, 1, 2, 3, 4, 5}},
    {8, {0x48, 0x9a, 1, 2, 3, 4, 5, 6}},
};

static void on_signal(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *c = context;

    (void)signal;
    (void)info;
    _exit((int)c->uc_mcontext.gregs[REG_TRAPNO]);
}

static unsigned ask_processor(uint8_t *page_end, const struct probe *p)
{
    static uint8_t stack[ALT_STACK];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    uint8_t *code = page_end - p->len;
    pid_t child = fork();
    void (*jump)(void);
    int status = 0;

    if (child == 0) {
        sigaltstack(&alternate, NULL);
        sigaction(SIGILL, &action, NULL);
        sigaction(SIGSEGV, &action, NULL);
        memcpy(code, p->bytes, p->len);
        memcpy(&jump, &code, sizeof(jump));
        jump();
        _exit(NO_EVENT);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
               ? (unsigned)WEXITSTATUS(status)
               : NO_EVENT;
}

static unsigned ask_model(struct guest *g, const struct probe *p)
{
    struct regs start = {.rip = LOW_CODE + 2 * PAGE - p->len, .rflags = 0x202};
    struct outcome out;

    start.sel[SEG_CS] = SEL_USER64;
    start.sel[SEG_SS] = start.sel[SEG_DS] = start.sel[SEG_ES] = SEL_USERDS;
    start.gpr[4] = LOW_DATA + 256;
    memcpy(memory_at(guest_pages(g), start.rip), p->bytes, p->len);
    guest_step(g, &start, &out);
    return out.vector < 0 ? NO_EVENT : (unsigned)out.vector;
}

int main(void)
{
    uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct guest *g = guest_create(0, RW_UNDEFINED_RINGWALK);
    unsigned failed = 0;

    if (pages == MAP_FAILED || g == NULL || munmap(pages + PAGE, PAGE) != 0) {
        fputs("page_end: out of memory\n", stderr);
        return 2;
    }
    for (unsigned i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        const struct probe *p = &probes[i];
        unsigned host = ask_processor(pages + PAGE, p), model = ask_model(g, p);

        if (host == model)
            continue;
        failed++;
        for (unsigned k = 0; k < p->len; k++)
            printf("%02x ", p->bytes[k]);
        printf("at the end of a page: processor %u, model %u\n", host, model);
    }
    printf("%zu opcodes, %u differ\n", sizeof(probes) / sizeof(probes[0]), failed);
    guest_destroy(g);
    return failed != 0;
}
