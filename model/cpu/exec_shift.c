// SPDX-License-Identifier: Apache-2.0
// Shifts, rotates, double shifts. SDM Vol. 2 "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD";
// undefined flags from docs/cpu.md "Results that the SDM leaves undefined".
#include "insn.h"
#include "ops.h"
#include "undefined.h"

/* Shifts and rotates. SDM Vol. 2 "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR". CF and OF by docs/cpu.md:
 * left:  OF = CF xor top bit of the result; right: OF = top bit xor the bit below it. */
struct shifted {
    uint64_t r, cf;
};

static inline struct shifted shl(uint64_t a, unsigned n, unsigned bits)
{
    uint64_t cf = n <= bits ? a >> (bits - n) & 1 : 0;

    return (struct shifted){n < 64 ? a << n : 0, cf};
}

static inline struct shifted shr(uint64_t a, unsigned n)
{
    return (struct shifted){a >> n, a >> (n - 1) & 1};
}

static inline struct shifted sar(uint64_t a, unsigned n, unsigned bytes)
{
    uint64_t s = sign_extend(a, bytes), fill = s >> 63 ? ~UINT64_C(0) : 0;

    return (struct shifted){s >> n | fill << (64 - n), s >> (n - 1) & 1};
}

static inline struct shifted rol(uint64_t a, unsigned n, unsigned bits)
{
    uint64_t r;

    n %= bits;
    r = n ? a << n | a >> (bits - n) : a;
    return (struct shifted){r, r & 1};
}

static inline struct shifted ror(uint64_t a, unsigned n, unsigned bits)
{
    uint64_t r;

    n %= bits;
    r = n ? a >> n | a << (bits - n) : a;
    return (struct shifted){r, r >> (bits - 1) & 1};
}

/* 0 <= n <= bits. */
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

/* sources: enum of_source. */
static uint64_t overflow_of(const struct cpu *cpu, unsigned sources, uint64_t a, unsigned bytes)
{
    uint64_t of = 0;

    if (sources & OF_TOP)
        of ^= sign_bit(a, bytes);
    if (sources & OF_NEXT)
        of ^= sign_bit(a << 1, bytes);
    if (sources & OF_LOW)
        of ^= a & 1;
    if (sources & OF_CARRY)
        of ^= cpu->rflags & RFLAGS_CF;
    return of << 11;
}

enum count_in { IN_IMM, IN_CL };

/* op is ModRM.reg: ROL ROR RCL RCR SHL SHR SHL SAR; count is masked and not 0. */
static ALWAYS_INLINE uint64_t shift(struct cpu *cpu, unsigned op, uint64_t a, unsigned count,
                                    enum count_in in, unsigned bytes)
{
    const struct undefined_rules *undefined = cpu->undefined;
    unsigned bits = 8 * bytes, n = count;
    struct shifted s;
    bool left = !(op & 1), rotate = op < 4;

    if (op == 2 || op == 3) {
        n %= bits + 1;
        if (n == 0 && !undefined->rotate_by_nothing_is_of)
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

    if (count > 1 && (undefined->of_widths & bytes))
        of = overflow_of(cpu, (in == IN_CL ? undefined->of_cl : undefined->of_imm)[op], a, bytes);
    if (rotate)
        set_flags(cpu, RFLAGS_CF | RFLAGS_OF, s.cf | of);
    else
        set_status(cpu, result_flags(s.r, bytes) | s.cf | of | undefined->shift_af);
    return s.r;
}

SIZED shift_rm(struct cpu *cpu, const struct insn *in, uint64_t count, enum count_in where,
               unsigned bytes)
{
    unsigned n = (unsigned)count & (bytes == 8 ? 63 : 31);
    struct rmw m;
    uint64_t a;

    TRY(rm_begin(cpu, in, bytes, &m, &a));
    rm_end(cpu, in, bytes, &m, n ? shift(cpu, in->modrm >> 3 & 7, a, n, where, bytes) : a);
    return EXEC_OK;
}

SIZED shift_imm(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    return shift_rm(cpu, in, in->imm, IN_IMM, bytes);
}

enum exec op_shift_imm(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(shift_imm, cpu, in);
}

enum exec op_shift_1(struct cpu *cpu, const struct insn *in)
{
    return shift_rm(cpu, in, 1, IN_IMM, in->size);
}

enum exec op_shift_cl(struct cpu *cpu, const struct insn *in)
{
    return shift_rm(cpu, in, cpu->r[RCX], IN_CL, in->size);
}

/* 16 bits: dest:src:dest is shifted left, or right with dest the lowest, so that counts above 16
 * have a meaning; again: src stands in it twice, and then there is no CF. */
static struct shifted shld(uint64_t a, uint64_t b, unsigned n, unsigned bits, bool again)
{
    if (bits == 16) {
        uint64_t string = a << 32 | b << 16 | (again ? b : a);

        return (struct shifted){string >> (32 - n), again && n > 16 ? 0 : string >> (48 - n) & 1};
    }
    return (struct shifted){a << n | b >> (bits - n), a >> (bits - n) & 1};
}

static struct shifted shrd(uint64_t a, uint64_t b, unsigned n, unsigned bits, bool again)
{
    if (bits == 16) {
        uint64_t string = (again ? b : a) << 32 | b << 16 | a;

        return (struct shifted){string >> n, again && n > 16 ? 0 : string >> (n - 1) & 1};
    }
    return (struct shifted){a >> n | b << (bits - n), a >> (n - 1) & 1};
}

/* Flags and result of a double shift; n is masked and not 0. */
static uint64_t shift_double(struct cpu *cpu, bool left, uint64_t a, uint64_t b, unsigned n,
                             unsigned bytes)
{
    const struct undefined_rules *undefined = cpu->undefined;
    bool again = undefined->double_16_source_again;
    struct shifted s = left ? shld(a, b, n, 8 * bytes, again) : shrd(a, b, n, 8 * bytes, again);
    uint64_t of;

    s.r &= size_mask(bytes);
    of = left ? overflow_left(s.r, s.cf, bytes) : overflow_right(s.r, bytes);
    if (left && again && bytes == 2 && n >= 16)
        of = s.cf << 11;
    set_status(cpu, result_flags(s.r, bytes) | s.cf | of | undefined->shift_af);
    return s.r;
}

static enum exec double_shift(struct cpu *cpu, const struct insn *in, bool left, uint64_t count)
{
    unsigned bytes = in->size, n = (unsigned)count & (bytes == 8 ? 63 : 31);
    uint64_t a, b = get_reg(cpu, in->reg, bytes);
    struct rmw m;

    TRY(rm_begin(cpu, in, bytes, &m, &a));
    rm_end(cpu, in, bytes, &m, n ? shift_double(cpu, left, a, b, n, bytes) : a);
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
