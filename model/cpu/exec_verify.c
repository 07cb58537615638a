// SPDX-License-Identifier: Apache-2.0
// What a selector may be used for: LAR LSL VERR VERW, ARPL. SDM Vol. 2, Operation of each; Vol. 3A
// "Pointer Validation". A selector that names nothing is an answer (ZF = 0), not a fault.
#include "insn.h"
#include "ops.h"
#include "segment.h"

#define TYPES(a) (1u << (a))

/* System types that LAR and LSL know, one bit each, by whether the processor is in long mode. */
static const uint16_t lar_types[2] = {
    TYPES(1) | TYPES(2) | TYPES(3) | TYPES(4) | TYPES(5) | TYPES(9) | TYPES(11) | TYPES(12),
    TYPES(9) | TYPES(11) | TYPES(12),
};
static const uint16_t lsl_types[2] = {
    TYPES(1) | TYPES(2) | TYPES(3) | TYPES(9) | TYPES(11),
    TYPES(2) | TYPES(9) | TYPES(11),
};

/* The descriptor that r/m16 names; *found false: there is none. */
static enum exec look_up(struct cpu *cpu, const struct insn *in, struct desc *d, bool *found)
{
    uint64_t selector;

    TRY(rm_read(cpu, in, 2, &selector));
    return segment_look(cpu, (uint16_t)selector, d, found);
}

static bool privileged_enough(const struct cpu *cpu, const struct desc *d)
{
    unsigned rpl = d->selector & 3;

    return desc_is_conforming(d) || (cpu->cpl <= desc_dpl(d) && rpl <= desc_dpl(d));
}

static bool type_is_known(const struct cpu *cpu, const struct desc *d, const uint16_t types[2])
{
    return desc_is_segment(d) || (types[cpu_is_long(cpu)] >> desc_type(d) & 1);
}

static void set_zf(struct cpu *cpu, bool zf)
{
    cpu->rflags = (cpu->rflags & ~RFLAGS_ZF) | (zf ? RFLAGS_ZF : 0);
}

enum exec op_lar(struct cpu *cpu, const struct insn *in)
{
    struct desc d;
    bool ok;

    TRY(look_up(cpu, in, &d, &ok));
    ok = ok && type_is_known(cpu, &d, lar_types) && privileged_enough(cpu, &d);
    set_zf(cpu, ok);
    if (ok)
        put_reg(cpu, in->reg, in->size, d.raw >> 32 & (in->size == 2 ? 0xff00 : 0xffff00));
    return EXEC_OK;
}

enum exec op_lsl(struct cpu *cpu, const struct insn *in)
{
    struct desc d;
    bool ok;

    TRY(look_up(cpu, in, &d, &ok));
    ok = ok && type_is_known(cpu, &d, lsl_types) && privileged_enough(cpu, &d);
    set_zf(cpu, ok);
    if (ok)
        put_reg(cpu, in->reg, in->size, desc_limit(&d));
    return EXEC_OK;
}

enum exec op_verr(struct cpu *cpu, const struct insn *in)
{
    struct desc d;
    bool ok;

    TRY(look_up(cpu, in, &d, &ok));
    set_zf(cpu, ok && desc_is_readable(&d) && privileged_enough(cpu, &d));
    return EXEC_OK;
}

enum exec op_verw(struct cpu *cpu, const struct insn *in)
{
    struct desc d;
    bool ok;

    TRY(look_up(cpu, in, &d, &ok));
    set_zf(cpu, ok && desc_is_writable_data(&d) && privileged_enough(cpu, &d));
    return EXEC_OK;
}

/* The destination is written in every case. */
enum exec op_arpl(struct cpu *cpu, const struct insn *in)
{
    uint64_t rpl = get_reg(cpu, in->reg, 2) & 3, selector;
    bool raise;

    TRY(rm_read(cpu, in, 2, &selector));
    raise = (selector & 3) < rpl;
    if (raise)
        TRY(rm_write(cpu, in, 2, (selector & ~UINT64_C(3)) | rpl));
    set_zf(cpu, raise);
    return EXEC_OK;
}
