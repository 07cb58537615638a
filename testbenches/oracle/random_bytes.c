// SPDX-License-Identifier: Apache-2.0
// Bytes without a table: prefixes, an opcode of any map, and noise. Is the length, #UD or not, and
// the result the same?
#include "oracle.h"

static uint8_t random_prefix(struct rng *r, bool compat)
{
    static const uint8_t legacy[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x64, 0x65, 0x2e, 0x36};

    if (!compat && rng_percent(r, 50))
        return (uint8_t)(0x40 + rng_below(r, 16));
    return legacy[rng_below(r, sizeof legacy)];
}

/* One in fifty is mostly prefixes: the limit of 15 bytes. */
static unsigned prefix_count(struct rng *r)
{
    unsigned die = rng_below(r, 100);

    return die < 45 ? 0 : die < 75 ? 1 : die < 90 ? 2 : die < 98 ? 3 : 4 + rng_below(r, 12);
}

void random_bytes(struct trial *t, struct rng *r)
{
    unsigned n = prefix_count(r), i;

    for (i = 0; i < n && i < sizeof t->bytes; i++)
        t->bytes[i] = random_prefix(r, t->compat);
    for (unsigned k = i; k < sizeof t->bytes; k++)
        t->bytes[k] = (uint8_t)rng_next(r);
    t->given = sizeof t->bytes;
    if (i + 3 > sizeof t->bytes || rng_percent(r, 55))
        return;
    t->bytes[i] = 0x0f;
    if (rng_percent(r, 6)) {
        t->bytes[i + 1] = 0x38;
        t->bytes[i + 2] = rng_percent(r, 60) ? (uint8_t)(0xf0 + rng_below(r, 2)) : 0x82;
    }
}
