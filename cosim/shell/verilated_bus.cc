// SPDX-License-Identifier: Apache-2.0
// Pins of bus_top. Both sides of the bus are the bench's.
#include "Vbus_top.h"

#include "verilated_block.hh"

template <> void block_clock<Vbus_top>::source(vblock_access &)
{
}

template <> void block_clock<Vbus_top>::quiet()
{
    top->m0_valid_i = 0;
    top->m1_valid_i = 0;
    top->mem_ack_i = 0;
    top->mem_err_i = 0;
    top->reg_ack_i = 0;
}

struct vbus {
    block_clock<Vbus_top> clock;

    explicit vbus(const vblock_env *env) : clock(env)
    {
    }
};

vbus *vbus_create(const vblock_env *env)
{
    return new vbus(env);
}

void vbus_destroy(vbus *v)
{
    delete v;
}

#define DRIVE(n, q)                                                                                \
    top->m##n##_valid_i = (q).valid;                                                               \
    top->m##n##_write_i = (q).write;                                                               \
    top->m##n##_io_i = (q).io;                                                                     \
    top->m##n##_lock_i = (q).lock;                                                                 \
    top->m##n##_high_i = (q).high;                                                                 \
    top->m##n##_src_i = (q).src;                                                                   \
    top->m##n##_addr_i = (q).addr;                                                                 \
    top->m##n##_be_i = (q).be;                                                                     \
    memcpy(&top->m##n##_wdata_i[0], (q).wdata, 16)

void vbus_cycle(vbus *v, const vbus_in *in, vbus_out *out)
{
    Vbus_top *top = v->clock.top.get();

    v->clock.window();
    DRIVE(0, in->m[0]);
    DRIVE(1, in->m[1]);
    memcpy(&top->mem_rdata_i[0], in->mem_rdata, 16);
    top->mem_ack_i = in->mem_ack;
    top->mem_err_i = in->mem_err;
    top->reg_ack_i = in->reg_ack;
    top->reg_rdata_i = in->reg_rdata;
    top->rst_ni = !in->reset;
    v->clock.half(false);
    memset(out, 0, sizeof *out);
    out->cycle = v->clock.cycle;
    out->mem.valid = top->mem_valid_o;
    out->mem.write = top->mem_write_o;
    out->mem.io = top->mem_io_o;
    out->mem.lock = top->mem_lock_o;
    out->mem.src = top->mem_src_o;
    out->mem.high = top->mem_high_o;
    out->mem.addr = top->mem_addr_o;
    out->mem.be = top->mem_be_o;
    memcpy(out->mem.wdata, &top->mem_wdata_o[0], 16);
    out->ack[0] = top->m0_ack_o;
    out->ack[1] = top->m1_ack_o;
    out->err[0] = top->m0_err_o;
    out->err[1] = top->m1_err_o;
    memcpy(out->rdata[0], &top->m0_rdata_o[0], 16);
    memcpy(out->rdata[1], &top->m1_rdata_o[0], 16);
    out->reg_valid = top->reg_valid_o;
    out->reg_write = top->reg_write_o;
    out->reg_offset = top->reg_offset_o;
    out->reg_bytes = top->reg_bytes_o;
    out->reg_wdata = top->reg_wdata_o;
    out->seq = top->seq_o;
    out->snoop_valid = top->snoop_valid_o;
    out->snoop_addr = top->snoop_addr_o;
    out->record_valid = top->bus_valid_o;
    memcpy(&out->record, &top->bus_o[0], sizeof out->record);
    v->clock.end();
}

uint64_t vbus_cycle_count(const vbus *v)
{
    return v->clock.cycle;
}

bool vbus_wave(vbus *v, const char *path, uint64_t from, uint64_t to)
{
    return v->clock.set_wave(path, from, to);
}

void vbus_wave_close(vbus *v)
{
    v->clock.close_wave();
}
