// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "ioapic_option.h"

#include <stdio.h>

#include "options.h"

bool ioapic_option(const char *text, uint16_t *sid, char *error, size_t error_bytes)
{
    if (!option_source_id(text, sid)) {
        snprintf(error, error_bytes,
                 "--ioapic-sid: '%s' is not a source-id BB:DD.F, as ff:00.0 is one", text);
        return false;
    }
    if (*sid == 0) {
        snprintf(error, error_bytes, "--ioapic-sid: %s is the host bridge's, which sends nothing",
                 text);
        return false;
    }
    return true;
}
