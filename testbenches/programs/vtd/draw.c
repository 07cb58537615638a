// SPDX-License-Identifier: Apache-2.0
// Random numbers by the seed, and the words of a line.
#include "vtd.h"

static uint64_t state;
static char acts[1024];
static unsigned acts_used;
static uint8_t done[64];
static unsigned done_used;

void draw_seed(uint64_t seed)
{
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 0x1234567;
    for (unsigned i = 0; i < 8; i++)
        draw();
}

/* xorshift64* */
uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545F4914F6CDD1D);
}

unsigned below_n(unsigned n)
{
    return (unsigned)((draw() >> 32) % n);
}

bool chance(unsigned percent)
{
    return below_n(100) < percent;
}

unsigned one_of(const uint16_t *set, unsigned n)
{
    return set[below_n(n)];
}

void hex(uint64_t v)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        if (v >> shift != 0 || shift == 0)
            put_char("0123456789abcdef"[(v >> shift) & 15]);
}

void field(const char *name, uint64_t v)
{
    put(" ");
    put(name);
    put("=");
    hex(v);
}

void pair(const char *name, uint64_t lo, uint64_t hi)
{
    field(name, lo);
    put(".");
    hex(hi);
}

void act_begin(void)
{
    acts_used = 0;
    done_used = 0;
    acts[0] = 0;
}

static void add(char c)
{
    if (acts_used + 1 < sizeof(acts))
        acts[acts_used++] = c;
    acts[acts_used] = 0;
}

void act(const char *word)
{
    if (acts_used != 0)
        add(',');
    for (; *word != 0; word++)
        add(*word);
}

void act_number(const char *word, uint64_t v)
{
    act(word);
    add(':');
    for (int shift = 60; shift >= 0; shift -= 4)
        if (v >> shift != 0 || shift == 0)
            add("0123456789abcdef"[(v >> shift) & 15]);
}

void act_print(void)
{
    put(" A=");
    put(acts_used == 0 ? "-" : acts);
}

void act_done(unsigned granularity)
{
    if (done_used < sizeof(done))
        done[done_used++] = (uint8_t)granularity;
}

void done_print(void)
{
    put(" G=");
    for (unsigned i = 0; i < done_used; i++)
        hex(done[i]);
    put(done_used == 0 ? "-" : "");
}
