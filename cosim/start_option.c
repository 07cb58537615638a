// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "start_option.h"

#include <stdio.h>
#include <string.h>

#include "options.h"

#define PA_BITS 40 /* CPUID leaf 80000008 */

static const char *const names[START_REGISTERS] = {
    [START_RIP] = "rip", [START_RAX] = "rax", [START_RBX] = "rbx",
    [START_RSI] = "rsi", [START_RSP] = "rsp", [START_CR3] = "cr3",
};

static bool take_item(const char *item, size_t length, struct start_values *s)
{
    char text[32];
    uint64_t value;

    if (length < 5 || length >= 4 + sizeof(text) || item[3] != '=')
        return false;
    memcpy(text, item + 4, length - 4);
    text[length - 4] = 0;
    if (!option_number(text, &value))
        return false;
    for (unsigned i = 0; i < START_REGISTERS; i++) {
        if (memcmp(names[i], item, 3) != 0)
            continue;
        s->value[i] = value;
        s->given |= 1U << i;
        return true;
    }
    return false;
}

bool start_option(const char *list, struct start_values *s, char *error, size_t error_bytes)
{
    for (const char *item = list;;) {
        size_t length = strcspn(item, ",");

        if (!take_item(item, length, s)) {
            snprintf(error, error_bytes,
                     "--start: '%.*s' is not REGISTER=NUMBER; the registers are rip rax rbx rsi "
                     "rsp cr3",
                     (int)length, item);
            return false;
        }
        if (item[length] == 0)
            return true;
        item += length + 1;
    }
}

static bool canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va; /* 4-level paging */
}

/* NULL, or why not. */
static const char *impossible(const struct start_values *s, bool long_mode)
{
    bool rip = s->given >> START_RIP & 1, cr3 = s->given >> START_CR3 & 1;

    if (!long_mode && rip && s->value[START_RIP] >> 32)
        return "rip is wider than 32 bits, and the image begins in 32-bit protected mode";
    if (!long_mode && cr3)
        return "cr3 is not used: the image begins in 32-bit protected mode without paging";
    if (long_mode && rip && !canonical(s->value[START_RIP]))
        return "rip is not canonical";
    if (long_mode && cr3 && s->value[START_CR3] >> PA_BITS)
        return "cr3 is wider than a physical address";
    return NULL;
}

bool start_apply(const struct start_values *s, struct rw_boot *boot, char *error,
                 size_t error_bytes)
{
    uint64_t *const fields[START_REGISTERS] = {
        [START_RIP] = &boot->rip, [START_RAX] = &boot->rax, [START_RBX] = &boot->rbx,
        [START_RSI] = &boot->rsi, [START_RSP] = &boot->rsp, [START_CR3] = &boot->cr3,
    };

    const char *why = impossible(s, boot->long_mode);

    if (why != NULL) {
        snprintf(error, error_bytes, "--start: %s", why);
        return false;
    }
    for (unsigned i = 0; i < START_REGISTERS; i++)
        if (s->given >> i & 1)
            *fields[i] = s->value[i];
    return true;
}
