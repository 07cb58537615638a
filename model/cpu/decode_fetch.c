// SPDX-License-Identifier: Apache-2.0
// Fetch: the bytes of an instruction through the fetch window, and the cache of decoded ones.
// docs/cpu.md "Fetch translations"; SDM Vol. 3A "Limit Checking" for the code segment.
#include "decode.h"
#include "lsu.h"

static uint64_t fetch_la(const struct cpu *cpu, uint64_t rip)
{
    return (rip + cpu->cs_base) & cpu->la_mask;
}

static bool rip_allowed(const struct cpu *cpu, uint64_t rip)
{
    return cpu_is_64(cpu) ? is_canonical(cpu, rip) : rip <= cpu->rip_limit;
}

static void announce(struct cpu *cpu, uint64_t pa)
{
    struct rw_access a = {.pa = pa, .bytes = 1, .src = BUS_FETCH};

    if (cpu->env.before)
        cpu->env.before(cpu->env.ctx, &a);
}

/* Take what the page of the next byte holds of the instruction. False: cpu->raised. */
static bool take_bytes(struct stream *s, bool announced)
{
    struct cpu *cpu = s->cpu;
    uint64_t rip = (cpu->rip + s->used) & cpu->rip_mask;
    uint64_t la = fetch_la(cpu, rip);
    unsigned room = 4096 - (unsigned)(la & 0xfff), n = 15 - s->used;

    if (!rip_allowed(cpu, rip)) {
        raise_gp(cpu, 0);
        return false;
    }
    if (!cpu->window.valid || cpu->window.la != (la & ~UINT64_C(0xfff)))
        if (!lsu_fetch_window(cpu, la))
            return false;
    if (!announced)
        announce(cpu, cpu->window.pa | (la & 0xfff));
    n = n < room ? n : room;
    if (cpu->rip_limit - rip < n - 1)
        n = (unsigned)(cpu->rip_limit - rip) + 1;
    if (cpu->window.host) {
        memcpy(s->byte + s->used, cpu->window.host + (la & 0xfff), n);
    } else {
        struct rw_access a = {.pa = cpu->window.pa | (la & 0xfff), .bytes = 1, .src = BUS_FETCH};

        n = 1;
        s->byte[s->used] = 0xff;
        if (cpu->env.read)
            cpu->env.read(cpu->env.ctx, &a, &s->byte[s->used]);
    }
    s->have = s->used + n;
    return true;
}

bool stream_byte(struct stream *s, uint8_t *b)
{
    if (s->ahead && s->used == s->have)
        return false;
    if (s->used == 15) {
        raise_gp(s->cpu, 0);
        return false;
    }
    if (s->used == s->have) {
        uint64_t la = fetch_la(s->cpu, (s->cpu->rip + s->used) & s->cpu->rip_mask);

        if (!take_bytes(s, s->used && (la & 0xfff)))
            return false;
    }
    *b = s->byte[s->used++];
    return true;
}

static void keep_bytes(struct insn *in, const struct stream *s)
{
    static const uint8_t ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255};

    in->len = (uint8_t)s->used;
    memcpy(in->raw, s->byte, in->len);
    memcpy(in->mask, ones, in->len);
}

bool decode_ahead(const struct cpu *cpu, const uint8_t *bytes, unsigned room, struct insn *in)
{
    struct stream s = {.have = room < 15 ? room : 15, .ahead = true, .away = cpu->cpuid.away};

    memcpy(s.byte, bytes, s.have);
    memset(in, 0, sizeof *in);
    in->mode = cpu->decode_mode;
    if (!decode_insn(&s, in))
        return false;
    keep_bytes(in, &s);
    return true;
}

static unsigned dcache_slot(uint64_t pa)
{
    return (unsigned)(pa ^ pa >> DCACHE_LOG2) & ((1u << DCACHE_LOG2) - 1);
}

/* The whole way: byte by byte as the instruction needs them. Seldom, so apart from cpu_fetch. */
static __attribute__((noinline)) const struct insn *fetch_decode(struct cpu *cpu, bool announced)
{
    struct stream s = {.cpu = cpu, .away = cpu->cpuid.away};
    struct insn *in = &cpu->uncached;
    uint64_t la = fetch_la(cpu, cpu->rip);

    memset(in, 0, sizeof *in);
    in->mode = cpu->decode_mode;
    if (!take_bytes(&s, announced) || !decode_insn(&s, in))
        return NULL;
    keep_bytes(in, &s);
    if (!cpu->window.host || (la & 0xfff) + in->len > 4096)
        return in;

    struct insn *kept = &cpu->dcache[dcache_slot(cpu->window.pa | (la & 0xfff))];

    *kept = *in;
    return kept;
}

/* The cache is by content: an entry serves when memory still holds its very bytes. */
const struct insn *cpu_fetch(struct cpu *cpu)
{
    uint64_t rip = cpu->rip, la = fetch_la(cpu, rip), now[2];
    unsigned offset = (unsigned)(la & 0xfff);

    if (!cpu->window.valid || cpu->window.la != (la & ~UINT64_C(0xfff))) {
        if (!rip_allowed(cpu, rip)) {
            raise_gp(cpu, 0);
            return NULL;
        }
        if (!lsu_fetch_window(cpu, la))
            return NULL;
    }
    if (!cpu->window.host || rip > cpu->rip_limit)
        return fetch_decode(cpu, false);
    announce(cpu, cpu->window.pa | offset);

    const struct insn *in = &cpu->dcache[dcache_slot(cpu->window.pa | offset)];

    if (offset <= 4096 - 16) {
        memcpy(now, cpu->window.host + offset, 16);
    } else {
        now[0] = now[1] = 0;
        memcpy(now, cpu->window.host + offset, 4096 - offset);
    }
    if (in->op && in->mode == cpu->decode_mode &&
        !(((now[0] ^ in->raw[0]) & in->mask[0]) | ((now[1] ^ in->raw[1]) & in->mask[1])) &&
        offset + in->len <= 4096 && rip + in->len - 1 <= cpu->rip_limit)
        return in;
    return fetch_decode(cpu, true);
}
