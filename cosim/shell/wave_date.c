// SPDX-License-Identifier: Apache-2.0
// FST: the header block is type, length, eight numbers, the time scale, the simulator's name, the
// date, and more. See the header.
#include "wave_date.h"

#include <stdio.h>
#include <string.h>

#define SIMULATOR_BYTES 128
#define DATE_BYTES      119
#define DATE_OFFSET     (1 + 8 + 8 * 8 + 1 + SIMULATOR_BYTES)

bool wave_date_blank(const char *path)
{
    char blank[DATE_BYTES];
    FILE *f = fopen(path, "r+b");
    bool ok;

    if (f == NULL)
        return false;
    memset(blank, 0, sizeof(blank));
    ok =
        fseek(f, DATE_OFFSET, SEEK_SET) == 0 && fwrite(blank, 1, sizeof(blank), f) == sizeof(blank);
    return fclose(f) == 0 && ok;
}
