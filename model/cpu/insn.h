// SPDX-License-Identifier: Apache-2.0
// Operands of a decoded instruction. SDM Vol. 2 "Instruction Format".
#ifndef RW_INSN_H
#define RW_INSN_H

#include "lsu.h"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum exec try_end = (call);                                                                \
        if (try_end != EXEC_OK)                                                                    \
            return try_end;                                                                        \
    } while (0)

static inline uint64_t get_reg(const struct cpu *cpu, unsigned r, unsigned bytes)
{
    switch (bytes) {
    case 1:
        return r & REG_HIGH ? cpu->r[r & 3] >> 8 & 0xff : cpu->r[r] & 0xff;
    case 2:
        return cpu->r[r] & 0xffff;
    case 4:
        return cpu->r[r] & 0xffffffff;
    default:
        return cpu->r[r];
    }
}

static inline void put_reg(struct cpu *cpu, unsigned r, unsigned bytes, uint64_t v)
{
    switch (bytes) {
    case 1:
        if (r & REG_HIGH)
            cpu->r[r & 3] = (cpu->r[r & 3] & ~UINT64_C(0xff00)) | (v & 0xff) << 8;
        else
            cpu->r[r] = (cpu->r[r] & ~UINT64_C(0xff)) | (v & 0xff);
        return;
    case 2:
        cpu->r[r] = (cpu->r[r] & ~UINT64_C(0xffff)) | (v & 0xffff);
        return;
    case 4:
        cpu->r[r] = v & 0xffffffff;
        return;
    default:
        cpu->r[r] = v;
    }
}

static inline uint64_t ea(const struct cpu *cpu, const struct insn *in)
{
    return (cpu->r[in->base] + (cpu->r[in->index] << in->scale) + in->disp) & in->addr_mask;
}

static inline enum exec rm_read(struct cpu *cpu, const struct insn *in, unsigned bytes, uint64_t *v)
{
    if (in->is_mem)
        return mem_read(cpu, in->seg, ea(cpu, in), bytes, v);
    *v = get_reg(cpu, in->rm, bytes);
    return EXEC_OK;
}

static inline enum exec rm_write(struct cpu *cpu, const struct insn *in, unsigned bytes, uint64_t v)
{
    if (in->is_mem)
        return mem_write(cpu, in->seg, ea(cpu, in), bytes, v);
    put_reg(cpu, in->rm, bytes, v);
    return EXEC_OK;
}

/* A destination that is read, then written: one translation, as a write. */
static inline enum exec rm_begin(struct cpu *cpu, const struct insn *in, unsigned bytes,
                                 struct rmw *m, uint64_t *v)
{
    if (in->is_mem)
        return mem_rmw_begin(cpu, in->seg, ea(cpu, in), bytes, in->prefix & PFX_LOCK, m, v);
    *v = get_reg(cpu, in->rm, bytes);
    return EXEC_OK;
}

static inline void rm_end(struct cpu *cpu, const struct insn *in, unsigned bytes,
                          const struct rmw *m, uint64_t v)
{
    if (in->is_mem)
        mem_rmw_end(cpu, m, bytes, v);
    else
        put_reg(cpu, in->rm, bytes, v);
}

/* SDM Vol. 1 "EFLAGS Condition Codes" (appendix); cc is the low four bits of the opcode, the lowest
 * of which negates. SF != OF is looked at as a flag of its own, LESS. */
static inline bool condition(const struct cpu *cpu, unsigned cc)
{
    enum { LESS = 1 << 3 };
    static const uint16_t any_of[8] = {RFLAGS_OF, RFLAGS_CF, RFLAGS_ZF, RFLAGS_CF | RFLAGS_ZF,
                                       RFLAGS_SF, RFLAGS_PF, LESS,      LESS | RFLAGS_ZF};
    uint64_t f = cpu->rflags & ~(uint64_t)LESS;

    f |= (f >> 4 ^ f >> 8) & LESS;
    return ((f & any_of[cc >> 1]) != 0) != (cc & 1);
}

/* The body of an operation once for each of the common operand sizes, which the compiler then
 * treats as constants, and once for the others. */
#define BY_SIZE(body, cpu, in)                                                                     \
    ((in)->size == 4   ? body(cpu, in, 4)                                                          \
     : (in)->size == 8 ? body(cpu, in, 8)                                                          \
                       : body(cpu, in, (in)->size))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define SIZED         static ALWAYS_INLINE enum exec

#endif
