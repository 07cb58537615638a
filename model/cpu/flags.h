// SPDX-License-Identifier: Apache-2.0
// Status flags of results. SDM Vol. 1 "Status Flags".
#ifndef RW_FLAGS_H
#define RW_FLAGS_H

#include "cpu.h"

static inline uint64_t parity_flag(uint64_t v)
{
    unsigned x = (unsigned)v & 0xff;

    x ^= x >> 4;
    return (uint64_t)(0x9669u >> (x & 15) & 1) << 2;
}

static inline uint64_t sign_bit(uint64_t v, unsigned bytes)
{
    return v >> (8 * bytes - 1) & 1;
}

/* The top bit of that width as a flag that is bit `flag` of RFLAGS. */
static inline uint64_t sign_as(uint64_t v, unsigned bytes, unsigned flag)
{
    unsigned top = 8 * bytes - 1;

    return (top > flag ? v >> (top - flag) : v << (flag - top)) & UINT64_C(1) << flag;
}

/* SF, ZF and PF of a result of that width. */
static inline uint64_t result_flags(uint64_t v, unsigned bytes)
{
    return parity_flag(v) | (uint64_t)(v == 0) << 6 | sign_as(v, bytes, 7);
}

static inline void set_status(struct cpu *cpu, uint64_t flags)
{
    cpu->rflags = (cpu->rflags & ~RFLAGS_STATUS) | flags;
}

static inline void set_flags(struct cpu *cpu, uint64_t which, uint64_t flags)
{
    cpu->rflags = (cpu->rflags & ~which) | flags;
}

/* Sum and difference of that width, with all status flags; a and b have no more bits. */
static inline uint64_t add(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t carry, unsigned bytes)
{
    uint64_t r = (a + b + carry) & size_mask(bytes);
    uint64_t cf = r < a || (carry && r == a);
    uint64_t of = sign_as((a ^ r) & (b ^ r), bytes, 11);

    set_status(cpu, result_flags(r, bytes) | cf | ((a ^ b ^ r) & RFLAGS_AF) | of);
    return r;
}

static inline uint64_t sub(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t borrow, unsigned bytes)
{
    uint64_t r = (a - b - borrow) & size_mask(bytes);
    uint64_t cf = a < b || (borrow && a == b);
    uint64_t of = sign_as((a ^ b) & (a ^ r), bytes, 11);

    set_status(cpu, result_flags(r, bytes) | cf | ((a ^ b ^ r) & RFLAGS_AF) | of);
    return r;
}

#endif
