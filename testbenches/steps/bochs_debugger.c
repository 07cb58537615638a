// SPDX-License-Identifier: Apache-2.0
// Commands for Bochs's debugger and its answers. It reads them as a file of commands, so that it
// writes neither prompts nor echoes; a sum behind them says that all are answered. Bochs 2.7, User
// Manual "Using the Bochs internal debugger".
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bochs.h"

#define BUFFER_BYTES   (1u << 18)
#define COMMANDS_BYTES 1024
#define LAST           "calc 0x5eed\n"
#define LAST_ANSWER    "0x5eed 24301\n"
#define SILENT_MS      4000 /* it waits for an interrupt that does not come */

struct debugger {
    int in, out;
    size_t used;
    char buffer[BUFFER_BYTES];
};

struct debugger *debugger_open(int in, int out)
{
    struct debugger *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->in = in;
    d->out = out;
    return d;
}

void debugger_close(struct debugger *d)
{
    close(d->in);
    close(d->out);
    free(d);
}

static bool is_answered(const struct debugger *d)
{
    size_t bytes = strlen(LAST_ANSWER);

    return d->used >= bytes && memcmp(d->buffer + d->used - bytes, LAST_ANSWER, bytes) == 0;
}

static enum answer read_answer(struct debugger *d)
{
    struct pollfd p = {d->out, POLLIN, 0};

    while (!is_answered(d)) {
        ssize_t n;

        if (poll(&p, 1, SILENT_MS) == 0)
            return ANSWER_SILENT;
        if (d->used + 1 >= BUFFER_BYTES)
            return ANSWER_ENDED;
        n = read(d->out, d->buffer + d->used, BUFFER_BYTES - 1 - d->used);
        if (n <= 0)
            return ANSWER_ENDED;
        d->used += (size_t)n;
        d->buffer[d->used] = '\0';
    }
    return ANSWER_OK;
}

enum answer debugger_ask(struct debugger *d, const char *commands, char **text)
{
    char asked[COMMANDS_BYTES];
    int bytes = snprintf(asked, sizeof(asked), "%s" LAST, commands);

    d->used = 0;
    d->buffer[0] = '\0';
    *text = d->buffer;
    if (write(d->in, asked, (size_t)bytes) != bytes)
        return ANSWER_ENDED;
    return read_answer(d);
}
