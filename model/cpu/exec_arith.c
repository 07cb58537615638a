// SPDX-License-Identifier: Apache-2.0
// Addition, subtraction, logic, comparison. SDM Vol. 2, Operation of each instruction; flags that
// the SDM leaves undefined from docs/cpu.md "Results that the SDM leaves undefined".
#include "flags.h"
#include "insn.h"
#include "ops.h"

enum alu_op { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

void alu_compare(struct cpu *cpu, uint64_t a, uint64_t b, unsigned bytes)
{
    sub(cpu, a, b, 0, bytes);
}

static inline uint64_t logic(struct cpu *cpu, uint64_t r, unsigned bytes)
{
    set_status(cpu, result_flags(r, bytes));
    return r;
}

/* a and b are of that width, zero-extended. */
static ALWAYS_INLINE uint64_t alu(struct cpu *cpu, unsigned op, uint64_t a, uint64_t b,
                                  unsigned bytes)
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

SIZED alu_to_rm(struct cpu *cpu, const struct insn *in, uint64_t b, unsigned bytes)
{
    struct rmw m;
    uint64_t a;

    if (in->sub == ALU_CMP) {
        TRY(rm_read(cpu, in, bytes, &a));
        sub(cpu, a, b, 0, bytes);
        return EXEC_OK;
    }
    TRY(rm_begin(cpu, in, bytes, &m, &a));
    rm_end(cpu, in, bytes, &m, alu(cpu, in->sub, a, b, bytes));
    return EXEC_OK;
}

static inline void alu_to_reg(struct cpu *cpu, const struct insn *in, unsigned reg, uint64_t b,
                              unsigned bytes)
{
    uint64_t r = alu(cpu, in->sub, get_reg(cpu, reg, bytes), b, bytes);

    if (in->sub != ALU_CMP)
        put_reg(cpu, reg, bytes, r);
}

SIZED alu_rm_reg(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    return alu_to_rm(cpu, in, get_reg(cpu, in->reg, bytes), bytes);
}

enum exec op_alu_rm_reg(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(alu_rm_reg, cpu, in);
}

SIZED alu_reg_rm(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    uint64_t b;

    TRY(rm_read(cpu, in, bytes, &b));
    alu_to_reg(cpu, in, in->reg, b, bytes);
    return EXEC_OK;
}

enum exec op_alu_reg_rm(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(alu_reg_rm, cpu, in);
}

SIZED alu_rm_imm(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    return alu_to_rm(cpu, in, in->imm & size_mask(bytes), bytes);
}

enum exec op_alu_rm_imm(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(alu_rm_imm, cpu, in);
}

enum exec op_alu_acc_imm(struct cpu *cpu, const struct insn *in)
{
    alu_to_reg(cpu, in, RAX, in->imm & size_mask(in->size), in->size);
    return EXEC_OK;
}

SIZED test_rm_reg(struct cpu *cpu, const struct insn *in, unsigned bytes)
{
    uint64_t a;

    TRY(rm_read(cpu, in, bytes, &a));
    logic(cpu, a & get_reg(cpu, in->reg, bytes), bytes);
    return EXEC_OK;
}

enum exec op_test_rm_reg(struct cpu *cpu, const struct insn *in)
{
    return BY_SIZE(test_rm_reg, cpu, in);
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

/* ADCX, ADOX (sub 1): r += r/m + one flag, which alone takes the carry; 66 is no operand size. */
enum exec op_adx(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size == 8 ? 8 : 4;
    uint64_t flag = in->sub ? RFLAGS_OF : RFLAGS_CF, flags = cpu->rflags, b, r;

    TRY(rm_read(cpu, in, bytes, &b));
    r = add(cpu, get_reg(cpu, in->reg, bytes), b, (flags & flag) != 0, bytes);
    flags &= ~flag;
    cpu->rflags = flags | (cpu->rflags & RFLAGS_CF ? flag : 0);
    put_reg(cpu, in->reg, bytes, r);
    return EXEC_OK;
}
