// SPDX-License-Identifier: Apache-2.0
// Which breakpoints match. What DR7 enables is derived once, so that a program without breakpoints
// pays nothing; docs/cpu.md T2.
#include "breakpoint.h"

/* R/Wn of DR7. SDM Vol. 3B "Debug Control Register (DR7)". */
enum dr7_rw { RW_FETCH, RW_WRITE, RW_PORT, RW_READ_WRITE };

static bool dr7_enabled(uint64_t dr7, unsigned n)
{
    return dr7 >> (2 * n) & 3; /* Ln, Gn */
}

static enum dr7_rw dr7_rw(uint64_t dr7, unsigned n)
{
    return (enum dr7_rw)(dr7 >> (16 + 4 * n) & 3);
}

static unsigned dr7_len(uint64_t dr7, unsigned n)
{
    static const uint8_t bytes[] = {1, 2, 8, 4};

    return bytes[dr7 >> (18 + 4 * n) & 3];
}

/* The pages that lsu.h remembers hold no byte of a data breakpoint. */
void breakpoint_derive(struct cpu *cpu)
{
    struct breakpoints b = {0};

    for (unsigned n = 0; n < 4; n++) {
        uint8_t bit = (uint8_t)(dr7_enabled(cpu->sys.dr7, n) << n);
        enum dr7_rw rw = dr7_rw(cpu->sys.dr7, n);

        b.fetch |= rw == RW_FETCH ? bit : 0;
        b.read |= rw == RW_READ_WRITE ? bit : 0;
        b.write |= rw == RW_READ_WRITE || rw == RW_WRITE ? bit : 0;
        b.port |= rw == RW_PORT ? bit : 0;
    }
    cpu->breakpoints = b;
    if (b.fetch)
        cpu->attention = true;
    if (b.write)
        cpu_quick_drop(cpu);
}

/* RF is looked at here; what else holds an instruction breakpoint is the boundary's. */
unsigned breakpoint_fetch(const struct cpu *cpu)
{
    uint64_t la = (cpu->cs_base + cpu->rip) & cpu->la_mask;
    unsigned hit = 0;

    if (cpu->rflags & RFLAGS_RF)
        return 0;
    for (unsigned n = 0; n < 4; n++)
        hit |= (unsigned)(cpu->sys.dr[n] == la) << n;
    return hit & cpu->breakpoints.fetch;
}

/* The breakpoints of which a byte lies in bytes from `at`, which may run over the mask to 0. */
static unsigned overlapping(const struct cpu *cpu, uint64_t at, unsigned bytes, uint64_t mask)
{
    unsigned hit = 0;

    for (unsigned n = 0; n < 4; n++) {
        unsigned len = dr7_len(cpu->sys.dr7, n);
        uint64_t base = cpu->sys.dr[n] & ~(uint64_t)(len - 1);
        bool overlaps = ((base - at) & mask) < bytes || ((at - base) & mask) < len;

        hit |= (unsigned)(base <= mask && overlaps) << n;
    }
    return hit;
}

static void meet(struct cpu *cpu, unsigned hit)
{
    cpu->leaving.breakpoints |= (uint8_t)hit;
    if (hit)
        cpu->attention = true;
}

void breakpoint_data(struct cpu *cpu, uint64_t la, unsigned bytes, uint64_t mask, bool write)
{
    unsigned kinds = write ? cpu->breakpoints.write : cpu->breakpoints.read;

    meet(cpu, kinds & overlapping(cpu, la, bytes, mask));
}

bool breakpoint_on_page(const struct cpu *cpu, uint64_t la)
{
    uint64_t page = la & ~UINT64_C(0xfff);

    return cpu->breakpoints.write & overlapping(cpu, page, 4096, ~UINT64_C(0));
}

/* choice: without CR4.DE there are no port breakpoints. */
void breakpoint_port(struct cpu *cpu, uint64_t port, unsigned bytes)
{
    if (cpu->breakpoints.port && (cpu->sys.cr4 & CR4_DE))
        meet(cpu, cpu->breakpoints.port & overlapping(cpu, port, bytes, ~UINT64_C(0)));
}
