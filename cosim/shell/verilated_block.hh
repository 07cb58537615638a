// SPDX-License-Identifier: Apache-2.0
// The clock, the reset, the memory side and the wave window that the block adapters share.
#ifndef RW_VERILATED_BLOCK_HH
#define RW_VERILATED_BLOCK_HH

#include <cstring>
#include <memory>

#include "assertion.h"
#include "lines.hh"
#include "verilated.h"
#include "verilated_block.h"
#include "verilated_fst_c.h"

// The requester's inputs are taken now, between two edges of the clock.
template <typename Top> void block_take(Top *top)
{
    top->eval();
    top->take_i = !top->take_i;
    top->eval();
}

template <typename Top> struct block_clock {
    vblock_env env;
    VerilatedContext context;
    std::unique_ptr<Top> top;
    std::unique_ptr<VerilatedFstC> wave;
    uint64_t cycle = 1, wave_from = UINT64_MAX, wave_to = UINT64_MAX;
    const char *wave_path = nullptr;
    bool open = false, waiting = false; // waiting: in this cycle a request is up without ack
    bool answered = false;              // by memory(), in this cycle
    unsigned wait = 0;

    explicit block_clock(const vblock_env *e) : env(*e)
    {
        assertion_clear();
        context.traceEverOn(true);
        context.randReset(2);
        context.randSeed(static_cast<int>(env.seed % 0x7FFFFFFF) + 1); // 0: of the clock
        top = std::make_unique<Top>(&context, "TOP");
        quiet();
        top->rst_ni = 0;
        for (int i = 0; i < 4; i++) {
            half(true);
            half(false);
        }
        top->rst_ni = 1;
        top->clk_i = 0;
        top->eval();
        half(true);
    }
    ~block_clock()
    {
        close_wave();
        top->final();
        lines_leave(context);
    }
    // So many cycles with the reset low, whatever the block was doing. Its own count of cycles,
    // which its records carry, begins anew.
    void reset(unsigned cycles)
    {
        top->rst_ni = 0;
        quiet();
        open = false;
        for (unsigned i = 0; i < cycles; i++) {
            window();
            half(false);
            end();
        }
        top->rst_ni = 1;
    }
    void half(bool clk)
    {
        top->clk_i = clk;
        top->eval();
        if (wave)
            wave->dump(cycle * 10 + (clk ? 0 : 5));
    }
    void memory()
    {
        top->mem_ack_i = 0;
        waiting = false;
        if (!top->mem_valid_o)
            return;
        if (!open) {
            open = true;
            wait = env.wait_states(env.ctx);
        }
        if (wait > 0) {
            wait--;
            waiting = true;
            return;
        }
        open = false;
        top->mem_ack_i = answered = true;
        vblock_access a{};
        a.addr = top->mem_addr_o;
        a.be = top->mem_be_o;
        a.write = top->mem_write_o;
        source(a);
        if (a.write)
            memcpy(a.data, &top->mem_wdata_o[0], 16);
        env.access(env.ctx, &a);
        if (!a.write)
            memcpy(&top->mem_rdata_i[0], a.data, 16);
        answer(a);
    }
    void source(vblock_access &a); // pins that not every block has
    void answer(const vblock_access &a);
    void quiet(); // every input that asks for something is low
    void window()
    {
        if (!wave && cycle >= wave_from && cycle < wave_to) {
            wave = std::make_unique<VerilatedFstC>();
            top->trace(wave.get(), 99);
            wave->open(wave_path);
        }
        if (cycle == wave_to)
            close_wave();
    }
    void close_wave()
    {
        if (wave) {
            wave->close();
            wave.reset();
        }
    }
    // A cycle: the caller has set the inputs after the last rising edge; memory is answered, the
    // combinational paths settle; outputs may be read until end(), the next rising edge. A block's
    // bus request comes from registers (bus_pkg.sv), so the edge has already settled it.
    void begin()
    {
        assertion_at(cycle);
        window();
        memory();
        half(false);
    }
    // Before begin(), for a design of which that is not known: its request as the inputs make it.
    void settle()
    {
        assertion_at(cycle);
        top->clk_i = 0;
        top->eval();
    }
    void end()
    {
        cycle++;
        if (answered) // the block has taken it; its next answer is an edge of its own
            top->mem_ack_i = 0;
        answered = false;
        half(true);
        assertion_settle();
    }
    bool set_wave(const char *path, uint64_t from, uint64_t to)
    {
        wave_path = path;
        wave_from = from < cycle ? cycle : from;
        wave_to = to;
        return true;
    }
};

#endif
