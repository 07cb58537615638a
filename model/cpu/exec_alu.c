// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic, logic, shifts and bits. SDM Vol. 2, Operation of each instruction; flags that
// the SDM leaves undefined from docs/cpu.md "Results that the SDM leaves undefined".
#include "insn.h"
#include "ops.h"

enum alu_op { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

static uint64_t parity_flag(uint64_t v)
{
    unsigned x = (unsigned)v & 0xff;

    x ^= x >> 4;
    return (uint64_t)(0x9669u >> (x & 15) & 1) << 2;
}

static uint64_t sign_bit(uint64_t v, unsigned bytes)
{
    return v >> (8 * bytes - 1) & 1;
}

/* SF, ZF and PF of a result of that width. */
static uint64_t result_flags(uint64_t v, unsigned bytes)
{
    return parity_flag(v) | (v ? 0 : RFLAGS_ZF) | sign_bit(v, bytes) << 7;
}

static void set_status(struct cpu *cpu, uint64_t flags)
{
    cpu->rflags = (cpu->rflags & ~RFLAGS_STATUS) | flags;
}

static void set_flags(struct cpu *cpu, uint64_t which, uint64_t flags)
{
    cpu->rflags = (cpu->rflags & ~which) | flags;
}

static uint64_t add(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t carry, unsigned bytes)
{
    uint64_t r = (a + b + carry) & size_mask(bytes);
    uint64_t cf = sign_bit((a & b) | ((a | b) & ~r), bytes);
    uint64_t of = sign_bit((a ^ r) & (b ^ r), bytes);

    set_status(cpu, result_flags(r, bytes) | cf | ((a ^ b ^ r) & RFLAGS_AF) | of << 11);
    return r;
}

static uint64_t sub(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t borrow, unsigned bytes)
{
    uint64_t r = (a - b - borrow) & size_mask(bytes);
    uint64_t cf = sign_bit((~a & b) | ((~a | b) & r), bytes);
    uint64_t of = sign_bit((a ^ b) & (a ^ r), bytes);

    set_status(cpu, result_flags(r, bytes) | cf | ((a ^ b ^ r) & RFLAGS_AF) | of << 11);
    return r;
}

void alu_compare(struct cpu *cpu, uint64_t a, uint64_t b, unsigned bytes)
{
    sub(cpu, a, b, 0, bytes);
}

static uint64_t logic(struct cpu *cpu, uint64_t r, unsigned bytes)
{
    set_status(cpu, result_flags(r, bytes));
    return r;
}

/* a and b are of that width, zero-extended. */
static uint64_t alu(struct cpu *cpu, unsigned op, uint64_t a, uint64_t b, unsigned bytes)
{
    switch (op) {
    case ALU_ADD:
        return add(cpu, a, b, 0, bytes);
    case ALU_OR:
        return logic(cpu, a | b, bytes);
    case ALU_ADC:
        return add(cpu, a, b, cpu->rflags & RFLAGS_CF, bytes);
    case ALU_SBB:
        return sub(cpu, a, b, cpu->rflags & RFLAGS_CF, bytes);
    case ALU_AND:
        return logic(cpu, a & b, bytes);
    case ALU_XOR:
        return logic(cpu, a ^ b, bytes);
    default:
        return sub(cpu, a, b, 0, bytes);
    }
}

static enum exec alu_to_rm(struct cpu *cpu, const struct insn *in, uint64_t b)
{
    struct rmw m;
    uint64_t a;

    if (in->sub == ALU_CMP) {
        TRY(rm_read(cpu, in, in->size, &a));
        sub(cpu, a, b, 0, in->size);
        return EXEC_OK;
    }
    TRY(rm_begin(cpu, in, in->size, &m, &a));
    rm_end(cpu, in, in->size, &m, alu(cpu, in->sub, a, b, in->size));
    return EXEC_OK;
}

static void alu_to_reg(struct cpu *cpu, const struct insn *in, unsigned reg, uint64_t b)
{
    uint64_t r = alu(cpu, in->sub, get_reg(cpu, reg, in->size), b, in->size);

    if (in->sub != ALU_CMP)
        put_reg(cpu, reg, in->size, r);
}

enum exec op_alu_rm_reg(struct cpu *cpu, const struct insn *in)
{
    return alu_to_rm(cpu, in, get_reg(cpu, in->reg, in->size));
}

enum exec op_alu_reg_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t b;

    TRY(rm_read(cpu, in, in->size, &b));
    alu_to_reg(cpu, in, in->reg, b);
    return EXEC_OK;
}

enum exec op_alu_rm_imm(struct cpu *cpu, const struct insn *in)
{
    return alu_to_rm(cpu, in, in->imm & size_mask(in->size));
}

enum exec op_alu_acc_imm(struct cpu *cpu, const struct insn *in)
{
    alu_to_reg(cpu, in, RAX, in->imm & size_mask(in->size));
    return EXEC_OK;
}

enum exec op_test_rm_reg(struct cpu *cpu, const struct insn *in)
{
    uint64_t a;

    TRY(rm_read(cpu, in, in->size, &a));
    logic(cpu, a & get_reg(cpu, in->reg, in->size), in->size);
    return EXEC_OK;
}

enum exec op_test_rm_imm(struct cpu *cpu, const struct insn *in)
{
    uint64_t a;

    TRY(rm_read(cpu, in, in->size, &a));
    logic(cpu, a & in->imm, in->size);
    return EXEC_OK;
}

enum exec op_test_acc_imm(struct cpu *cpu, const struct insn *in)
{
    logic(cpu, get_reg(cpu, RAX, in->size) & in->imm, in->size);
    return EXEC_OK;
}

/* INC, DEC: CF stays. */
static uint64_t inc_dec(struct cpu *cpu, bool dec, uint64_t a, unsigned bytes)
{
    uint64_t cf = cpu->rflags & RFLAGS_CF;
    uint64_t r = dec ? sub(cpu, a, 1, 0, bytes) : add(cpu, a, 1, 0, bytes);

    set_flags(cpu, RFLAGS_CF, cf);
    return r;
}

enum exec op_inc_dec(struct cpu *cpu, const struct insn *in)
{
    struct rmw m;
    uint64_t a;

    TRY(rm_begin(cpu, in, in->size, &m, &a));
    rm_end(cpu, in, in->size, &m, inc_dec(cpu, in->sub, a, in->size));
    return EXEC_OK;
}

enum exec op_inc_dec_reg(struct cpu *cpu, const struct insn *in)
{
    put_reg(cpu, in->rm, in->size, inc_dec(cpu, in->sub, get_reg(cpu, in->rm, in->size), in->size));
    return EXEC_OK;
}

enum exec op_not(struct cpu *cpu, const struct insn *in)
{
    struct rmw m;
    uint64_t a;

    TRY(rm_begin(cpu, in, in->size, &m, &a));
    rm_end(cpu, in, in->size, &m, ~a & size_mask(in->size));
    return EXEC_OK;
}

enum exec op_neg(struct cpu *cpu, const struct insn *in)
{
    struct rmw m;
    uint64_t a;

    TRY(rm_begin(cpu, in, in->size, &m, &a));
    rm_end(cpu, in, in->size, &m, sub(cpu, 0, a, 0, in->size));
    return EXEC_OK;
}

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

static void mul_flags(struct cpu *cpu, uint64_t lo, unsigned bytes, bool overflow)
{
    set_status(cpu,
               result_flags(lo & size_mask(bytes), bytes) | (overflow ? RFLAGS_CF | RFLAGS_OF : 0));
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
    mul_flags(cpu, p.lo, bytes, p.hi != 0);
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
    mul_flags(cpu, p.lo, in->size, overflow);
    return EXEC_OK;
}

static void imul_to_reg(struct cpu *cpu, const struct insn *in, uint64_t a, uint64_t b)
{
    bool overflow;
    struct wide p = imul(a, b, in->size, &overflow);

    put_reg(cpu, in->reg, in->size, p.lo);
    mul_flags(cpu, p.lo, in->size, overflow);
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
    return EXEC_OK;
}

/* Shifts and rotates. SDM Vol. 2 "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR". CF and OF by docs/cpu.md:
 * left:  OF = CF xor top bit of the result; right: OF = top bit xor the bit below it. */
struct shifted {
    uint64_t r, cf;
};

static struct shifted shl(uint64_t a, unsigned n, unsigned bits)
{
    uint64_t cf = n <= bits ? a >> (bits - n) & 1 : 0;

    return (struct shifted){n < 64 ? a << n : 0, cf};
}

static struct shifted shr(uint64_t a, unsigned n)
{
    return (struct shifted){a >> n, a >> (n - 1) & 1};
}

static struct shifted sar(uint64_t a, unsigned n, unsigned bytes)
{
    uint64_t s = sign_extend(a, bytes), fill = s >> 63 ? ~UINT64_C(0) : 0;

    return (struct shifted){s >> n | fill << (64 - n), s >> (n - 1) & 1};
}

static struct shifted rol(uint64_t a, unsigned n, unsigned bits)
{
    uint64_t r;

    n %= bits;
    r = n ? a << n | a >> (bits - n) : a;
    return (struct shifted){r, r & 1};
}

static struct shifted ror(uint64_t a, unsigned n, unsigned bits)
{
    uint64_t r;

    n %= bits;
    r = n ? a >> n | a << (bits - n) : a;
    return (struct shifted){r, r >> (bits - 1) & 1};
}

/* 1 <= n <= bits. */
static struct shifted rcl(uint64_t a, uint64_t cf, unsigned n, unsigned bits)
{
    for (; n; n--) {
        uint64_t out = a >> (bits - 1) & 1;

        a = a << 1 | cf;
        cf = out;
    }
    return (struct shifted){a, cf};
}

static struct shifted rcr(uint64_t a, uint64_t cf, unsigned n, unsigned bits)
{
    for (; n; n--) {
        uint64_t out = a & 1;

        a = (a & (size_mask(bits / 8))) >> 1 | cf << (bits - 1);
        cf = out;
    }
    return (struct shifted){a, cf};
}

static uint64_t overflow_left(uint64_t r, uint64_t cf, unsigned bytes)
{
    return (cf ^ sign_bit(r, bytes)) << 11;
}

static uint64_t overflow_right(uint64_t r, unsigned bytes)
{
    return sign_bit(r ^ r << 1, bytes) << 11;
}

/* op is ModRM.reg: ROL ROR RCL RCR SHL SHR SHL SAR; n is masked and not 0. */
static uint64_t shift(struct cpu *cpu, unsigned op, uint64_t a, unsigned n, unsigned bytes)
{
    unsigned bits = 8 * bytes;
    struct shifted s;
    bool left = !(op & 1), rotate = op < 4;

    if (op == 2 || op == 3) {
        n %= bits + 1;
        if (n == 0)
            return a;
    }
    switch (op) {
    case 0:
        s = rol(a, n, bits);
        break;
    case 1:
        s = ror(a, n, bits);
        break;
    case 2:
        s = rcl(a, cpu->rflags & RFLAGS_CF, n, bits);
        break;
    case 3:
        s = rcr(a, cpu->rflags & RFLAGS_CF, n, bits);
        break;
    case 5:
        s = shr(a, n);
        break;
    case 7:
        s = sar(a, n, bytes);
        break;
    default:
        s = shl(a, n, bits);
        break;
    }
    s.r &= size_mask(bytes);

    uint64_t of = left ? overflow_left(s.r, s.cf, bytes) : overflow_right(s.r, bytes);

    if (rotate)
        set_flags(cpu, RFLAGS_CF | RFLAGS_OF, s.cf | of);
    else
        set_status(cpu, result_flags(s.r, bytes) | s.cf | of);
    return s.r;
}

static enum exec shift_rm(struct cpu *cpu, const struct insn *in, uint64_t count)
{
    unsigned n = (unsigned)count & (in->size == 8 ? 63 : 31);
    struct rmw m;
    uint64_t a;

    TRY(rm_begin(cpu, in, in->size, &m, &a));
    rm_end(cpu, in, in->size, &m, n ? shift(cpu, in->modrm >> 3 & 7, a, n, in->size) : a);
    return EXEC_OK;
}

enum exec op_shift_imm(struct cpu *cpu, const struct insn *in)
{
    return shift_rm(cpu, in, in->imm);
}

enum exec op_shift_1(struct cpu *cpu, const struct insn *in)
{
    return shift_rm(cpu, in, 1);
}

enum exec op_shift_cl(struct cpu *cpu, const struct insn *in)
{
    return shift_rm(cpu, in, cpu->r[RCX]);
}

/* 16 bits: the string is dest:src:dest, so that counts above 16 have a meaning. */
static struct shifted shld(uint64_t a, uint64_t b, unsigned n, unsigned bits)
{
    if (bits == 16) {
        uint64_t string = a << 32 | b << 16 | a;

        return (struct shifted){string >> (32 - n), string >> (48 - n) & 1};
    }
    return (struct shifted){a << n | b >> (bits - n), a >> (bits - n) & 1};
}

static struct shifted shrd(uint64_t a, uint64_t b, unsigned n, unsigned bits)
{
    if (bits == 16) {
        uint64_t string = a << 32 | b << 16 | a;

        return (struct shifted){string >> n, string >> (n - 1) & 1};
    }
    return (struct shifted){a >> n | b << (bits - n), a >> (n - 1) & 1};
}

static enum exec double_shift(struct cpu *cpu, const struct insn *in, bool left, uint64_t count)
{
    unsigned bytes = in->size, n = (unsigned)count & (bytes == 8 ? 63 : 31);
    uint64_t a, b = get_reg(cpu, in->reg, bytes);
    struct rmw m;

    TRY(rm_begin(cpu, in, bytes, &m, &a));
    if (n) {
        struct shifted s = left ? shld(a, b, n, 8 * bytes) : shrd(a, b, n, 8 * bytes);

        a = s.r & size_mask(bytes);
        set_status(cpu, result_flags(a, bytes) | s.cf |
                            (left ? overflow_left(a, s.cf, bytes) : overflow_right(a, bytes)));
    }
    rm_end(cpu, in, bytes, &m, a);
    return EXEC_OK;
}

enum exec op_shld_imm(struct cpu *cpu, const struct insn *in)
{
    return double_shift(cpu, in, true, in->imm);
}

enum exec op_shld_cl(struct cpu *cpu, const struct insn *in)
{
    return double_shift(cpu, in, true, cpu->r[RCX]);
}

enum exec op_shrd_imm(struct cpu *cpu, const struct insn *in)
{
    return double_shift(cpu, in, false, in->imm);
}

enum exec op_shrd_cl(struct cpu *cpu, const struct insn *in)
{
    return double_shift(cpu, in, false, cpu->r[RCX]);
}

/* BT BTS BTR BTC: sub 0 to 3. */
static uint64_t bit_changed(unsigned sub, uint64_t v, uint64_t bit)
{
    switch (sub) {
    case 1:
        return v | bit;
    case 2:
        return v & ~bit;
    case 3:
        return v ^ bit;
    default:
        return v;
    }
}

static void bit_flag(struct cpu *cpu, uint64_t v, uint64_t bit)
{
    set_flags(cpu, RFLAGS_CF, v & bit ? RFLAGS_CF : 0);
}

/* SDM Vol. 2 "BT": with a register offset, memory is a string of cells of the operand size. */
enum exec op_bt_reg(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size, bits = 8 * bytes;
    uint64_t offset = sign_extend(get_reg(cpu, in->reg, bytes), bytes), v;
    uint64_t bit = UINT64_C(1) << (offset & (bits - 1));
    struct insn cell = *in;
    struct rmw m;

    if (in->is_mem) {
        uint64_t index = (offset & ~(uint64_t)(bits - 1)) >> 3;

        cell.disp += index | (offset >> 63 ? ~(~UINT64_C(0) >> 3) : 0);
    }
    if (in->sub == 0) {
        TRY(rm_read(cpu, &cell, bytes, &v));
        bit_flag(cpu, v, bit);
        return EXEC_OK;
    }
    TRY(rm_begin(cpu, &cell, bytes, &m, &v));
    bit_flag(cpu, v, bit);
    rm_end(cpu, &cell, bytes, &m, bit_changed(in->sub, v, bit));
    return EXEC_OK;
}

enum exec op_bt_imm(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t bit = UINT64_C(1) << (in->imm & (8 * bytes - 1)), v;
    struct rmw m;

    if (in->sub == 0) {
        TRY(rm_read(cpu, in, bytes, &v));
        bit_flag(cpu, v, bit);
        return EXEC_OK;
    }
    TRY(rm_begin(cpu, in, bytes, &m, &v));
    bit_flag(cpu, v, bit);
    rm_end(cpu, in, bytes, &m, bit_changed(in->sub, v, bit));
    return EXEC_OK;
}

static unsigned lowest_bit(uint64_t v)
{
    unsigned n = 0;

    for (; !(v & 1); v >>= 1)
        n++;
    return n;
}

static unsigned highest_bit(uint64_t v)
{
    unsigned n = 0;

    for (; v >>= 1;)
        n++;
    return n;
}

/* 0F BC: BSF, with F3 too: TZCNT needs BMI1, which CPUID does not offer. SDM Vol. 2 "TZCNT". */
enum exec op_bsf(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, in->size, &v));
    set_status(cpu, v ? 0 : RFLAGS_ZF);
    if (v)
        put_reg(cpu, in->reg, in->size, lowest_bit(v));
    return EXEC_OK;
}

/* 0F BD: BSR; with F3 LZCNT: CF when the source is 0, ZF when the result is. */
enum exec op_bsr(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, r;

    TRY(rm_read(cpu, in, in->size, &v));
    if (in->prefix & PFX_REP) {
        r = v ? 8u * in->size - 1 - highest_bit(v) : 8u * in->size;
        set_status(cpu, (v ? 0 : RFLAGS_CF) | (r ? 0 : RFLAGS_ZF));
        put_reg(cpu, in->reg, in->size, r);
        return EXEC_OK;
    }
    set_status(cpu, v ? 0 : RFLAGS_ZF);
    if (v)
        put_reg(cpu, in->reg, in->size, highest_bit(v));
    return EXEC_OK;
}

enum exec op_popcnt(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, n = 0;

    if (!(in->prefix & PFX_REP))
        return raise_ud(cpu);
    TRY(rm_read(cpu, in, in->size, &v));
    set_status(cpu, v ? 0 : RFLAGS_ZF);
    for (; v; v &= v - 1)
        n++;
    put_reg(cpu, in->reg, in->size, n);
    return EXEC_OK;
}

/* A destination in memory is always written; a register keeps all its bits; docs/cpu.md. */
enum exec op_cmpxchg(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t acc = get_reg(cpu, RAX, bytes), source = get_reg(cpu, in->reg, bytes), old;
    struct rmw m;

    TRY(rm_begin(cpu, in, bytes, &m, &old));
    sub(cpu, acc, old, 0, bytes);
    if (acc == old || in->is_mem)
        rm_end(cpu, in, bytes, &m, acc == old ? source : old);
    if (acc != old)
        put_reg(cpu, RAX, bytes, old);
    return EXEC_OK;
}

enum exec op_xadd(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t source = get_reg(cpu, in->reg, bytes), old;
    struct rmw m;

    TRY(rm_begin(cpu, in, bytes, &m, &old));

    uint64_t sum = add(cpu, old, source, 0, bytes);

    put_reg(cpu, in->reg, bytes, old);
    rm_end(cpu, in, bytes, &m, sum);
    return EXEC_OK;
}

static enum exec cmpxchg8b(struct cpu *cpu, const struct insn *in)
{
    uint64_t want = get_reg(cpu, RAX, 4) | get_reg(cpu, RDX, 4) << 32, old;
    uint64_t with = get_reg(cpu, RBX, 4) | get_reg(cpu, RCX, 4) << 32;
    struct rmw m;

    TRY(mem_rmw_begin(cpu, in->seg, ea(cpu, in), 8, in->prefix & PFX_LOCK, &m, &old));
    mem_rmw_end(cpu, &m, 8, old == want ? with : old);
    set_flags(cpu, RFLAGS_ZF, old == want ? RFLAGS_ZF : 0);
    if (old != want) {
        put_reg(cpu, RAX, 4, old);
        put_reg(cpu, RDX, 4, old >> 32);
    }
    return EXEC_OK;
}

/* Misaligned: #GP(0) after the segment's checks, before translation. */
static enum exec cmpxchg16b(struct cpu *cpu, const struct insn *in)
{
    uint64_t off = ea(cpu, in), la, old[2], want[2] = {cpu->r[RAX], cpu->r[RDX]};
    uint64_t with[2] = {cpu->r[RBX], cpu->r[RCX]};
    struct rmw m;
    uint8_t data[16];

    if ((off + cpu->seg_base[in->seg]) & 15) /* choice: before the canonical check */
        return raise_gp(cpu, 0);
    TRY(lsu_linear(cpu, in->seg, off, 16, true, &la, &cpu->fault));
    TRY(lsu_rmw_begin(cpu, in->seg, off, 16, in->prefix & PFX_LOCK, &m, data));
    memcpy(old, data, 16);

    bool equal = old[0] == want[0] && old[1] == want[1];

    memcpy(data, equal ? with : old, 16);
    lsu_store(cpu, &m.span, data);
    set_flags(cpu, RFLAGS_ZF, equal ? RFLAGS_ZF : 0);
    if (!equal) {
        cpu->r[RAX] = old[0];
        cpu->r[RDX] = old[1];
    }
    return EXEC_OK;
}

/* 0F C7: /1 CMPXCHG8B, CMPXCHG16B; F3 /7 RDPID. */
enum exec op_grp9(struct cpu *cpu, const struct insn *in)
{
    if ((in->modrm >> 3 & 7) == 1) {
        if (!in->is_mem)
            return raise_ud(cpu);
        return in->size == 8 ? cmpxchg16b(cpu, in) : cmpxchg8b(cpu, in);
    }
    if (in->is_mem || !(in->prefix & PFX_REP))
        return raise_ud(cpu);
    put_reg(cpu, in->rm, cpu_is_64(cpu) ? 8 : 4, cpu->sys.tsc_aux);
    return EXEC_OK;
}
