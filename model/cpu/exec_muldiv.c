// SPDX-License-Identifier: Apache-2.0
// MUL IMUL DIV IDIV. SDM Vol. 2, Operation of each; undefined flags from docs/cpu.md "Results that
// the SDM leaves undefined".
#include "insn.h"
#include "ops.h"
#include "undefined.h"

struct wide {
    uint64_t lo, hi;
};

static struct wide mul_64(uint64_t a, uint64_t b)
{
    uint64_t al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
    uint64_t low = al * bl, mid = ah * bl + (low >> 32), mid2 = al * bh + (mid & 0xffffffff);

    return (struct wide){a * b, ah * bh + (mid >> 32) + (mid2 >> 32)};
}

static struct wide imul_64(uint64_t a, uint64_t b)
{
    struct wide p = mul_64(a, b);

    p.hi -= (a >> 63 ? b : 0) + (b >> 63 ? a : 0);
    return p;
}

/* The double-width result in AX, or DX:AX and wider. */
static void put_double(struct cpu *cpu, unsigned bytes, uint64_t lo, uint64_t hi)
{
    if (bytes == 1) {
        put_reg(cpu, RAX, 2, (lo & 0xff) | (hi & 0xff) << 8);
        return;
    }
    put_reg(cpu, RAX, bytes, lo);
    put_reg(cpu, RDX, bytes, hi);
}

static void mul_flags(struct cpu *cpu, const struct flag_rule *rule, uint64_t lo, unsigned bytes,
                      bool overflow)
{
    set_status(cpu, undefined_flags(cpu, rule, lo & size_mask(bytes), bytes) |
                        (overflow ? RFLAGS_CF | RFLAGS_OF : 0));
}

enum exec op_mul(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t b;

    TRY(rm_read(cpu, in, bytes, &b));

    struct wide p = mul_64(get_reg(cpu, RAX, bytes), b);

    if (bytes < 8)
        p = (struct wide){p.lo & size_mask(bytes), p.lo >> (8 * bytes)};
    put_double(cpu, bytes, p.lo, p.hi);
    mul_flags(cpu, &cpu->undefined->mul, p.lo, bytes, p.hi != 0);
    return EXEC_OK;
}

/* Signed product of two operands of that width; overflow when the low half does not hold it. */
static struct wide imul(uint64_t a, uint64_t b, unsigned bytes, bool *overflow)
{
    struct wide p = imul_64(sign_extend(a, bytes), sign_extend(b, bytes));

    if (bytes < 8)
        p = (struct wide){p.lo & size_mask(bytes), (p.lo >> (8 * bytes)) & size_mask(bytes)};
    *overflow = p.hi != (sign_bit(p.lo, bytes) ? size_mask(bytes) : 0);
    return p;
}

enum exec op_imul(struct cpu *cpu, const struct insn *in)
{
    bool overflow;
    uint64_t b;

    TRY(rm_read(cpu, in, in->size, &b));

    struct wide p = imul(get_reg(cpu, RAX, in->size), b, in->size, &overflow);

    put_double(cpu, in->size, p.lo, p.hi);
    mul_flags(cpu, &cpu->undefined->imul, p.lo, in->size, overflow);
    return EXEC_OK;
}

static void imul_to_reg(struct cpu *cpu, const struct insn *in, uint64_t a, uint64_t b)
{
    bool overflow;
    struct wide p = imul(a, b, in->size, &overflow);

    put_reg(cpu, in->reg, in->size, p.lo);
    mul_flags(cpu, &cpu->undefined->imul, p.lo, in->size, overflow);
}

enum exec op_imul2(struct cpu *cpu, const struct insn *in)
{
    uint64_t b;

    TRY(rm_read(cpu, in, in->size, &b));
    imul_to_reg(cpu, in, get_reg(cpu, in->reg, in->size), b);
    return EXEC_OK;
}

enum exec op_imul3(struct cpu *cpu, const struct insn *in)
{
    uint64_t a;

    TRY(rm_read(cpu, in, in->size, &a));
    imul_to_reg(cpu, in, a, in->imm & size_mask(in->size));
    return EXEC_OK;
}

/* Quotient and remainder of n.hi:n.lo by d; n.hi < d. Bit by bit, as C11 has no 128-bit type. */
static uint64_t div_128(struct wide n, uint64_t d, uint64_t *rem)
{
    uint64_t q = 0, r = n.hi;

    if (r == 0) {
        *rem = n.lo % d;
        return n.lo / d;
    }
    for (int i = 63; i >= 0; i--) {
        uint64_t carry = r >> 63;

        r = r << 1 | (n.lo >> i & 1);
        q <<= 1;
        if (carry || r >= d) {
            r -= d;
            q |= 1;
        }
    }
    *rem = r;
    return q;
}

/* The dividend: AX, DX:AX, EDX:EAX, RDX:RAX. */
static struct wide dividend(const struct cpu *cpu, unsigned bytes)
{
    if (bytes == 1)
        return (struct wide){cpu->r[RAX] & 0xffff, 0};
    if (bytes == 8)
        return (struct wide){cpu->r[RAX], cpu->r[RDX]};
    return (struct wide){get_reg(cpu, RAX, bytes) | get_reg(cpu, RDX, bytes) << (8 * bytes), 0};
}

static void div_flags(struct cpu *cpu)
{
    set_status(cpu, undefined_flags(cpu, &cpu->undefined->div, 0, 1));
}

enum exec op_div(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    struct wide n = dividend(cpu, bytes);
    uint64_t d, q, rem;

    TRY(rm_read(cpu, in, bytes, &d));
    if (d == 0 || n.hi >= d)
        return raise_fault(cpu, VEC_DE);
    q = div_128(n, d, &rem);
    if (q > size_mask(bytes))
        return raise_fault(cpu, VEC_DE);
    put_double(cpu, bytes, q, rem);
    div_flags(cpu);
    return EXEC_OK;
}

static struct wide negate(struct wide v)
{
    return (struct wide){-v.lo, ~v.hi + (v.lo == 0)};
}

enum exec op_idiv(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    struct wide n = dividend(cpu, bytes);
    uint64_t d, q, rem;

    TRY(rm_read(cpu, in, bytes, &d));
    if (bytes < 8) {
        n.lo = sign_extend(n.lo, 2 * bytes);
        n.hi = n.lo >> 63 ? ~UINT64_C(0) : 0;
    }
    d = sign_extend(d, bytes);

    bool neg_n = n.hi >> 63, neg_d = d >> 63;
    uint64_t limit = UINT64_C(1) << (8 * bytes - 1); /* greatest magnitude of a negative quotient */

    if (neg_n)
        n = negate(n);
    if (neg_d)
        d = -d;
    if (d == 0 || n.hi >= d)
        return raise_fault(cpu, VEC_DE);
    q = div_128(n, d, &rem);
    if (q > limit || (q == limit && neg_n == neg_d))
        return raise_fault(cpu, VEC_DE);
    put_double(cpu, bytes, neg_n != neg_d ? -q : q, neg_n ? -rem : rem);
    div_flags(cpu);
    return EXEC_OK;
}
