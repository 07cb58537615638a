// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char common_help[] =
    "  --seed N                for everything random (1)\n"
    "  --wait-states N         up to N random wait states, 0..7, on every bus access\n"
    "  --json FILE             one JSON object; - is standard output, and nothing else goes there\n"
    "  --coverage FILE         what was reached is added to it; ringwalk coverage shows it\n"
    "  --wave FILE             FST of the cycles --wave-from N (0) to --wave-to N (end)\n"
    "  --bundles DIR           where a failure leaves its bundle (bundles)\n"
    "  --no-bundle             leave none\n"
    "  --quiet                 no guest console, no progress\n";

enum common_end common_take(struct common_options *c, int opt)
{
    uint64_t n = 0;
    bool ok = true;

    switch (opt) {
    case OPT_SEED:
        ok = option_number(optarg, &c->seed);
        break;
    case OPT_WAIT_STATES:
        ok = option_between(optarg, 0, 7, &n);
        c->wait_states_max = (unsigned)n;
        break;
    case OPT_JSON:
        c->json = optarg;
        break;
    case OPT_BUNDLES:
        c->bundles = optarg;
        break;
    case OPT_NO_BUNDLE:
        c->no_bundle = true;
        break;
    case OPT_COVERAGE:
        c->coverage = optarg;
        break;
    case OPT_WAVE:
        c->wave_path = optarg;
        break;
    case OPT_WAVE_FROM:
        ok = option_number(optarg, &c->wave_from);
        break;
    case OPT_WAVE_TO:
        ok = option_between(optarg, 1, UINT64_MAX, &c->wave_to);
        break;
    case OPT_QUIET:
        c->quiet = true;
        break;
    case OPT_HELP:
        return COMMON_HELP;
    default:
        return COMMON_NOT_MINE;
    }
    return ok ? COMMON_TAKEN : COMMON_OUT_OF_RANGE;
}

bool option_number(const char *text, uint64_t *value)
{
    unsigned shift = 0;
    char *end;

    errno = 0;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    *value = strtoull(text, &end, 0);
    if (errno != 0)
        return false;
    if (*end == 'K' || *end == 'M' || *end == 'G') {
        shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
        end++;
    }
    if (*end != 0 || *value > UINT64_MAX >> shift)
        return false;
    *value <<= shift;
    return true;
}

bool option_between(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    return option_number(text, value) && *value >= low && *value <= high;
}

bool option_source_id(const char *text, uint16_t *sid)
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
