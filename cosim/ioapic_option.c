// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "ioapic_option.h"

#include <ctype.h>
#include <stdio.h>

#include "devices/pc.h"

/* BB:DD.F: hexadecimal, the device up to 1F, the function one octal digit. */
static bool source_id(const char *text, uint16_t *sid)
{
    unsigned bus, device, function;
    int end = 0;

    for (const char *c = text; *c != 0; c++)
        if (!isxdigit((unsigned char)*c) && *c != ':' && *c != '.')
            return false;
    if (sscanf(text, "%2x:%2x.%1o%n", &bus, &device, &function, &end) != 3 || text[end] != 0 ||
        device > 31)
        return false;
    *sid = (uint16_t)(bus << 8 | device << 3 | function);
    return true;
}

bool ioapic_option(const char *text, uint16_t *sid, char *error, size_t error_bytes)
{
    if (!source_id(text, sid)) {
        snprintf(error, error_bytes,
                 "--ioapic-sid: '%s' is not a source-id BB:DD.F, as ff:00.0 is one", text);
        return false;
    }
    if (pc_has_source(*sid)) {
        snprintf(error, error_bytes, "--ioapic-sid: %s belongs to a device of the board", text);
        return false;
    }
    return true;
}
