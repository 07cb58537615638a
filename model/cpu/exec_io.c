// SPDX-License-Identifier: Apache-2.0
// IN and OUT with the permission check. SDM Vol. 2 "IN", "OUT"; Vol. 1 "I/O Permission Bit Map";
// docs/cpu.md A10.
#include "breakpoint.h"
#include "insn.h"
#include "ops.h"
#include "segment.h"

/* SDM Vol. 1 "I/O Permission Bit Map"; a 16-bit TSS has none. */
enum exec io_check(struct cpu *cpu, uint64_t port, unsigned bytes)
{
    const struct rec_seg_state *tr = &cpu->sys.seg[SEG_TR];
    uint64_t map, bits, at;

    if (cpu->cpl <= cpu_iopl(cpu))
        return EXEC_OK;
    if (tss_is_16(tr) || tr->limit < 0x67)
        return raise_gp(cpu, 0);
    TRY(lsu_sys_read(cpu, tr->base + 0x66, 2, &map));
    at = map + (port >> 3);
    if (at + 1 > tr->limit)
        return raise_gp(cpu, 0);
    TRY(lsu_sys_read(cpu, tr->base + at, 2, &bits));
    return bits >> (port & 7) & ((1u << bytes) - 1) ? raise_gp(cpu, 0) : EXEC_OK;
}

uint64_t io_read(struct cpu *cpu, uint64_t port, unsigned bytes)
{
    breakpoint_port(cpu, port, bytes);
    return lsu_phys_read(cpu, port, bytes, BUS_DATA, BUS_IO);
}

void io_write(struct cpu *cpu, uint64_t port, unsigned bytes, uint64_t v)
{
    breakpoint_port(cpu, port, bytes);
    lsu_phys_write(cpu, port, bytes, BUS_DATA, BUS_IO, v);
}

static uint64_t port_of(const struct cpu *cpu, const struct insn *in)
{
    return in->sub ? cpu->r[RDX] & 0xffff : in->imm & 0xff;
}

enum exec op_in(struct cpu *cpu, const struct insn *in)
{
    uint64_t port = port_of(cpu, in);

    TRY(io_check(cpu, port, in->size));
    put_reg(cpu, RAX, in->size, io_read(cpu, port, in->size));
    return EXEC_OK;
}

enum exec op_out(struct cpu *cpu, const struct insn *in)
{
    uint64_t port = port_of(cpu, in);

    TRY(io_check(cpu, port, in->size));
    io_write(cpu, port, in->size, get_reg(cpu, RAX, in->size));
    return EXEC_OK;
}
