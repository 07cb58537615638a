// SPDX-License-Identifier: Apache-2.0
// Hooks of Verilator's runtime: VL_PRINTF, vl_stop (VL_USER_STOP), vl_fatal (VL_USER_FATAL).
#include "assertion.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "verilated.h"

namespace
{
assertion_failure first;
bool failed, settled;
uint64_t now;

// Another property of the same edge, as FILE.Label.
void keep_too(const char *where, const char *label)
{
    const char *name = strrchr(label, '.');
    char text[sizeof first.label];
    size_t used = strlen(first.label);

    snprintf(text, sizeof text, ", %.*s.%s", static_cast<int>(strcspn(where, ".")), where,
             name == nullptr ? label : name + 1);
    if (strstr(first.label, text) == nullptr && used + strlen(text) < sizeof first.label)
        strcpy(first.label + used, text);
}

// "[time] %Error: FILE.sv:LINE: Assertion failed in TOP.top.u_x.Label: 'assert' failed."
void keep(const char *text)
{
    static const char error[] = "%Error: ", in[] = ": Assertion failed in ";
    const char *at = strstr(text, error), *why = strstr(text, in);
    assertion_failure found;

    if (settled || at == nullptr || why == nullptr)
        return;
    at += sizeof error - 1;
    for (const char *slash = at; slash < why; slash++)
        if (*slash == '/')
            at = slash + 1;
    snprintf(found.where, sizeof found.where, "%.*s", static_cast<int>(why - at), at);
    why += sizeof in - 1;
    const char *end = strstr(why, ": ");
    snprintf(found.label, sizeof found.label, "%.*s",
             static_cast<int>(end == nullptr ? strcspn(why, "\n") : end - why), why);
    if (failed)
        keep_too(found.where, found.label);
    else
        first = found;
    failed = true;
}
} // namespace

const assertion_failure *assertion_failed()
{
    return failed ? &first : nullptr;
}

void assertion_settle()
{
    settled = failed;
}

void assertion_clear()
{
    failed = settled = false;
}

void assertion_at(uint64_t cycle)
{
    now = cycle;
}

int assertion_printf(const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (strstr(text, "Assertion failed") != nullptr)
        keep(text);
    else
        fputs(text, stderr);
    return n;
}

// A property without a message of its own is known by its place.
void vl_stop(const char *filename, int linenum, const char *hier) VL_MT_UNSAFE
{
    if (failed)
        return;
    const char *slash = strrchr(filename, '/');
    snprintf(first.where, sizeof first.where, "%s:%d", slash == nullptr ? filename : slash + 1,
             linenum);
    snprintf(first.label, sizeof first.label, "%s", hier == nullptr ? "" : hier);
    failed = true;
}

void vl_fatal(const char *filename, int linenum, const char *, const char *msg) VL_MT_UNSAFE
{
    const char *slash = strrchr(filename, '/');

    fflush(stdout);
    fprintf(stderr, "ringwalk: the RTL cannot go on in cycle %" PRIu64 ": %s (%s:%d)\n", now, msg,
            slash == nullptr ? filename : slash + 1, linenum);
    exit(1);
}
