// SPDX-License-Identifier: Apache-2.0
// Descriptor-table registers: SLDT STR LLDT LTR, SGDT SIDT LGDT LIDT. SDM Vol. 2, Operation of
// each; Vol. 3A "Memory-Management Registers".
#include "insn.h"
#include "ops.h"
#include "segment.h"

static enum exec store_selector(struct cpu *cpu, const struct insn *in, unsigned s)
{
    if (umip_denies(cpu))
        return raise_gp(cpu, 0);
    return rm_write(cpu, in, in->is_mem ? 2 : in->size, cpu->sys.seg[s].selector);
}

enum exec op_sldt(struct cpu *cpu, const struct insn *in)
{
    return store_selector(cpu, in, SEG_LDTR);
}

enum exec op_str(struct cpu *cpu, const struct insn *in)
{
    return store_selector(cpu, in, SEG_TR);
}

enum exec op_lldt(struct cpu *cpu, const struct insn *in)
{
    uint64_t selector;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(rm_read(cpu, in, 2, &selector));
    TRY(segment_load_ldtr(cpu, (uint16_t)selector));
    return serialised(cpu);
}

enum exec op_ltr(struct cpu *cpu, const struct insn *in)
{
    uint64_t selector;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(rm_read(cpu, in, 2, &selector));
    TRY(segment_load_tr(cpu, (uint16_t)selector));
    return serialised(cpu);
}

/* SGDT, SIDT: limit, then base. */
enum exec exec_store_table(struct cpu *cpu, const struct insn *in, uint32_t limit, uint64_t base)
{
    uint64_t off = ea(cpu, in);

    if (umip_denies(cpu))
        return raise_gp(cpu, 0);
    TRY(mem_write(cpu, in->seg, off, 2, limit));
    return mem_write(cpu, in->seg, (off + 2) & in->addr_mask, cpu_is_64(cpu) ? 8 : 4, base);
}

/* LGDT, LIDT: limit, then base; a 16-bit operand size loads 24 bits of base. */
enum exec exec_load_table(struct cpu *cpu, const struct insn *in, uint32_t *limit, uint64_t *base)
{
    uint64_t off = ea(cpu, in), l, b;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(mem_read(cpu, in->seg, off, 2, &l));
    TRY(mem_read(cpu, in->seg, (off + 2) & in->addr_mask, cpu_is_64(cpu) ? 8 : 4, &b));
    if (cpu_is_64(cpu) && !is_canonical_widest(cpu, b))
        return raise_gp(cpu, 0);
    if (!cpu_is_64(cpu) && in->size == 2)
        b &= 0xffffff;
    *limit = (uint32_t)l;
    *base = b;
    cpu->sys_touched = true;
    return serialised(cpu);
}
