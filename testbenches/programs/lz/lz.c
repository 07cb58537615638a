// SPDX-License-Identifier: Apache-2.0
// LZ77 with a hash of three-byte strings, on text made here; the round trip must give the input
// back.
#include "../lib/rt.h"

#define INPUT     6000
#define WINDOW    2048
#define HASHES    1024
#define MAX_MATCH 66

static uint8_t input[INPUT], packed[INPUT * 2], output[INPUT];
static uint16_t last[HASHES]; /* position + 1 of the latest string with this hash */

static void make_text(void)
{
    static const char *const words[] = {"translation ", "fault ",  "page ", "ring ",
                                        "table ",       "entry ",  "walk ", "the ",
                                        "interrupt ",   "context "};
    uint32_t x = 12345;
    unsigned at = 0;

    while (at < INPUT) {
        const char *w = words[(x = x * 1103515245u + 12345u) >> 16 & 7];

        for (; *w != 0 && at < INPUT; w++)
            input[at++] = (uint8_t)*w;
        if ((x >> 24 & 3) == 0 && at < INPUT)
            input[at++] = (uint8_t)('a' + (x >> 10) % 26);
    }
}

static unsigned hash(const uint8_t *p)
{
    return (p[0] * 2654435761u ^ p[1] * 40503u ^ p[2] * 97u) % HASHES;
}

static unsigned match_length(unsigned at, unsigned from)
{
    unsigned n = 0;

    while (n < MAX_MATCH && at + n < INPUT && input[from + n] == input[at + n])
        n++;
    return n;
}

/* Token: 0 byte | 1..64 length - 2, two bytes of distance. */
static unsigned compress(void)
{
    unsigned out = 0;

    for (unsigned at = 0; at < INPUT;) {
        unsigned n = 0, from = 0;

        if (at + 3 <= INPUT) {
            unsigned h = hash(input + at);

            from = last[h];
            if (from != 0 && at - (from - 1) <= WINDOW)
                n = match_length(at, from - 1);
            last[h] = (uint16_t)(at + 1);
        }
        if (n < 4) {
            packed[out++] = 0;
            packed[out++] = input[at++];
        } else {
            packed[out++] = (uint8_t)(n - 2);
            packed[out++] = (uint8_t)(at - (from - 1));
            packed[out++] = (uint8_t)((at - (from - 1)) >> 8);
            at += n;
        }
    }
    return out;
}

static unsigned expand(unsigned bytes)
{
    unsigned out = 0;

    for (unsigned at = 0; at < bytes;) {
        unsigned n = packed[at++];

        if (n == 0) {
            output[out++] = packed[at++];
            continue;
        }
        for (unsigned distance = packed[at] | packed[at + 1] << 8, i = 0; i < n + 2; i++, out++)
            output[out] = output[out - distance];
        at += 2;
    }
    return out;
}

int main(void)
{
    unsigned bytes, back;
    bool ok;

    make_text();
    bytes = compress();
    back = expand(bytes);
    ok = back == INPUT && memcmp(input, output, INPUT) == 0;
    line("bytes in", INPUT);
    line("bytes packed", bytes);
    put(ok ? "round trip ok\n" : "FAIL\n");
    return ok ? 0 : 1;
}
