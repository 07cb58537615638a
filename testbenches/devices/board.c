// SPDX-License-Identifier: Apache-2.0
// The board of the golden model alone, behind QEMU's qtest protocol on standard input and output,
// so that one sequence of accesses can be given to both (replay.py). Commands: inb inw inl outb
// outw outl readb readw readl readq writeb writew writel writeq, clock_step NS. A DMA request is
// done behind the command that made it: an interrupt message is delivered, other writes are dropped
// and reads give ones.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/clock.h"
#include "devices/pc.h"

#define QUEUE       64
#define NS_PER_TICK (UINT64_C(1000000000) / CLOCK_MACHINE_HZ)

struct session {
    struct pc pc;
    struct device_dma queue[QUEUE];
    unsigned queued;
    uint64_t cycle;
};

static void on_dma(void *ctx, const struct device_dma *req)
{
    struct session *s = ctx;

    if (s->queued < QUEUE)
        s->queue[s->queued++] = *req;
}

static void on_console(void *ctx, uint8_t byte)
{
    (void)ctx;
    (void)byte;
}

static void on_exit_port(void *ctx, uint32_t status)
{
    (void)ctx;
    (void)status;
}

static void run_queue(struct session *s)
{
    for (unsigned i = 0; i < s->queued; i++) {
        struct device_dma *d = &s->queue[i];
        struct device_dma_done done = {.sid = d->sid, .tag = d->tag, .ok = true};
        uint32_t data = 0;

        memset(done.data, 0xFF, sizeof(done.data));
        memcpy(&data, d->data, sizeof(data));
        if (d->write && d->addr >> 20 == 0xFEE)
            pc_message(&s->pc, d->addr, data);
        pc_dma_done(&s->pc, &done);
    }
    s->queued = 0;
}

static void step(struct session *s, uint64_t cycles)
{
    uint64_t end = s->cycle + cycles;

    while (s->cycle != end) {
        uint64_t next = pc_next_event(&s->pc);

        s->cycle = next > s->cycle && next < end ? next : end;
        pc_advance(&s->pc, s->cycle);
        run_queue(s);
    }
}

/* The size that a command's last letter names. */
static unsigned bytes_of(const char *command)
{
    switch (command[strlen(command) - 1]) {
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'l':
        return 4;
    case 'q':
        return 8;
    default:
        return 0;
    }
}

static uint64_t cut(uint64_t v, unsigned bytes)
{
    return bytes == 8 ? v : v & ((UINT64_C(1) << 8 * bytes) - 1);
}

/* False for what is no command. */
static bool command(struct session *s, const char *name, uint64_t a, uint64_t v, int numbers)
{
    bool io = strncmp(name, "in", 2) == 0 || strncmp(name, "out", 3) == 0;
    bool reads = strncmp(name, "in", 2) == 0 || strncmp(name, "read", 4) == 0;
    bool writes = strncmp(name, "out", 3) == 0 || strncmp(name, "write", 5) == 0;
    unsigned bytes = bytes_of(name);

    if (strcmp(name, "clock_step") == 0 && numbers == 1) {
        step(s, a / NS_PER_TICK);
        printf("OK %" PRIu64 "\n", s->cycle * NS_PER_TICK);
        return true;
    }
    if (bytes == 0 || !(reads || writes) || numbers != 1 + writes)
        return false;
    pc_advance(&s->pc, s->cycle);
    if (reads) {
        printf("OK 0x%04" PRIx64 "\n", cut(pc_read(&s->pc, a, bytes, io), bytes));
    } else {
        pc_write(&s->pc, a, bytes, cut(v, bytes), io);
        printf("OK\n");
    }
    run_queue(s);
    return true;
}

int main(void)
{
    struct session *s = calloc(1, sizeof(*s));
    struct device_host host = {
        .ctx = s, .dma = on_dma, .console = on_console, .guest_exit = on_exit_port};
    static const struct pc_config config = {.bare = true};
    char line[128], name[16];

    if (s == NULL)
        return 2;
    pc_init(&s->pc, &host, &config);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        uint64_t a = 0, v = 0;
        int n = sscanf(line, "%15s %" SCNi64 " %" SCNi64, name, (int64_t *)&a, (int64_t *)&v);

        if (n < 1 || !command(s, name, a, v, n - 1)) {
            fprintf(stderr, "board: no command: %s", line);
            free(s);
            return 2;
        }
        fflush(stdout);
    }
    free(s);
    return 0;
}
