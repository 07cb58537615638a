// SPDX-License-Identifier: Apache-2.0
// Commands for Bochs's debugger and its answers. It numbers its prompts, "<bochs:7> ", and repeats
// a command behind its prompt. Bochs 2.7, User Manual "Using the Bochs internal debugger".
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bochs.h"

#define BUFFER_BYTES (1u << 18)
#define PROMPT_BYTES 32
#define SILENT_MS    4000 /* it waits for an interrupt that does not come */

struct debugger {
    int in, out;
    unsigned prompt; /* the number of the last one */
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

static int prompt_text(char *out, unsigned number)
{
    return snprintf(out, PROMPT_BYTES, "<bochs:%u> ", number);
}

/* Reads until the prompt of that number is the last that was written. */
static enum answer read_to_prompt(struct debugger *d, unsigned number)
{
    char prompt[PROMPT_BYTES];
    size_t bytes = (size_t)prompt_text(prompt, number);
    struct pollfd p = {d->out, POLLIN, 0};

    while (d->used < bytes || memcmp(d->buffer + d->used - bytes, prompt, bytes) != 0) {
        ssize_t n;

        if (poll(&p, 1, SILENT_MS) == 0)
            return ANSWER_SILENT;
        if (d->used + 1 >= BUFFER_BYTES)
            return ANSWER_ENDED;
        n = read(d->out, d->buffer + d->used, BUFFER_BYTES - 1 - d->used);
        if (n <= 0)
            return ANSWER_ENDED;
        d->used += (size_t)n;
    }
    d->buffer[d->used] = '\0';
    d->prompt = number;
    return ANSWER_OK;
}

bool debugger_first(struct debugger *d)
{
    return read_to_prompt(d, 1) == ANSWER_OK;
}

/* Cuts what was read at the prompts: an answer begins behind the line of its command. */
static void cut(struct debugger *d, unsigned first, struct answers *out)
{
    char prompt[PROMPT_BYTES];
    char *at = d->buffer;

    for (unsigned i = 0; i < out->count; i++) {
        char *begin = strchr(at, '\n'), *end;

        prompt_text(prompt, first + i);
        end = begin == NULL ? NULL : strstr(begin, prompt);
        if (end == NULL) {
            out->text[i] = "";
            continue;
        }
        *end = '\0';
        out->text[i] = begin + 1;
        at = end + strlen(prompt);
    }
}

enum answer debugger_ask(struct debugger *d, const char *commands, struct answers *out)
{
    size_t bytes = strlen(commands);
    unsigned first = d->prompt + 1;
    enum answer a;

    out->count = 0;
    for (const char *c = commands; *c != '\0'; c++)
        out->count += *c == '\n';
    d->used = 0;
    if (write(d->in, commands, bytes) != (ssize_t)bytes)
        return ANSWER_ENDED;
    a = read_to_prompt(d, d->prompt + out->count);
    if (a == ANSWER_OK)
        cut(d, first, out);
    return a;
}
