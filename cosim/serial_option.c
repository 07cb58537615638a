// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "serial_option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIAL_MAX (UINT32_C(1) << 24)

static bool refuse(const char *path, const char *why, char *error, size_t error_bytes)
{
    snprintf(error, error_bytes, "--serial-input: %s %s", path, why);
    return false;
}

bool serial_option(const char *path, struct pc_config *config, char *error, size_t error_bytes)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(SERIAL_MAX + 1);
    size_t n = 0;
    bool ok = false;

    if (f == NULL)
        refuse(path, strerror(errno), error, error_bytes);
    else if (bytes == NULL)
        refuse(path, "does not fit into memory", error, error_bytes);
    else if ((n = fread(bytes, 1, SERIAL_MAX + 1, f)) > SERIAL_MAX)
        refuse(path, "is longer than 16 MiB", error, error_bytes);
    else if (ferror(f))
        refuse(path, "cannot be read", error, error_bytes);
    else
        ok = true;
    if (f != NULL)
        fclose(f);
    if (!ok) {
        free(bytes);
        return false;
    }
    config->serial = bytes;
    config->serial_bytes = n;
    return true;
}
