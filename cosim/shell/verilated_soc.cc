// SPDX-License-Identifier: Apache-2.0
// Drives the pins of the Verilated soc_top: two evaluations a clock cycle, RAM answered on the
// spot, everything else handed to the board. A cycle: rising edge; the board answers what the new
// state asks for; falling edge (settles the combinational paths); handshakes of the cycle are seen.
#include "verilated_soc.h"

#include <cstring>
#include <memory>
#include <string>

#include "Vsoc_top.h"
#include "assertion.h"
#include "lines.hh"
#include "svdpi.h"
#include "ucode_word.h"
#include "verilated.h"
#include "verilated_fst_c.h"
#include "wave_date.h"

struct vsoc;

namespace
{

const unsigned reset_cycles = 4;
const uint64_t wave_units_per_cycle = 10;

const uint64_t tick_cycles = 4096; // between two counts of accesses

struct vsoc *emitting; // DPI gives no cheap user pointer; one shell lives in a process

template <typename Record> const Record *as_record(const svBitVecVal *bits)
{
    return reinterpret_cast<const Record *>(bits);
}

} // namespace

struct vsoc {
    shell_config config;
    shell_sink sink;
    vsoc_board board;
    vsoc_pins pins;
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vsoc_top> top;
    std::unique_ptr<VerilatedFstC> wave;
    std::string wave_path;
    uint64_t cycle;   // the count that soc_top holds after the next rising edge: 1 at the first
    uint64_t elapsed; // cycles since the first reset: the time of waves
    uint64_t random;
    uint64_t answered; // accesses at mem_*
    uint64_t written;  // RAM address written in this cycle
    unsigned wait_left;
    int32_t intr_note; // of what the pins have
    bool access_open, stop;
    bool changed; // inputs other than memory's, since they were last taken
};

// A record is emitted at the edge that ends its cycle, and says so itself.
static void check_cycle(vsoc *v, uint64_t cycle)
{
    board_record b{};

    if (cycle + 1 == v->cycle || v->sink.board == nullptr)
        return;
    b.cycle = v->cycle - 1;
    b.kind = BOARD_SKEW;
    b.value = cycle;
    v->sink.board(v->sink.ctx, &b);
}

#define EMIT(kind)                                                                                 \
    extern "C" void rw_emit_##kind(const svBitVecVal *r)                                           \
    {                                                                                              \
        const rec_##kind *record = as_record<rec_##kind>(r);                                       \
                                                                                                   \
        if (emitting->sink.kind == nullptr)                                                        \
            return;                                                                                \
        check_cycle(emitting, record->cycle);                                                      \
        emitting->sink.kind(emitting->sink.ctx, record);                                           \
    }
EMIT(bus)
EMIT(walk)
EMIT(xlate)
EMIT(iwalk)
EMIT(iommu)
EMIT(dma)
EMIT(stim)
EMIT(retire)
EMIT(sys)
#undef EMIT

extern "C" svBit rw_wants_ucode()
{
    return emitting->sink.ucode != nullptr;
}

extern "C" void rw_emit_ucode(const svBitVecVal *address)
{
    emitting->sink.ucode(emitting->sink.ctx, &ucode_words[*address & (UCODE_WORDS - 1)]);
}

static void eval_half(vsoc *v, bool clk)
{
    v->top->clk_i = clk;
    v->top->eval();
    if (v->wave)
        v->wave->dump((v->elapsed + 1) * wave_units_per_cycle +
                      (clk ? 0 : wave_units_per_cycle / 2));
}

static unsigned next_wait(vsoc *v)
{
    if (v->config.wait_states_max == 0)
        return 0;
    v->random ^= v->random << 13;
    v->random ^= v->random >> 7;
    v->random ^= v->random << 17;
    return static_cast<unsigned>(v->random % (v->config.wait_states_max + 1));
}

static void answer_ram(vsoc *v)
{
    Vsoc_top *top = v->top.get();
    uint8_t *block = v->config.mem.ram + top->mem_addr_o;
    const uint8_t *data = reinterpret_cast<const uint8_t *>(&top->mem_wdata_o[0]);

    if (!top->mem_write_o) {
        memcpy(&top->mem_rdata_i[0], block, 16);
        return;
    }
    if (!rw_mem_keeps(top->mem_addr_o))
        return;
    v->written = top->mem_addr_o;
    if (v->config.dirty != nullptr)
        v->config.dirty[top->mem_addr_o >> 12] = 1;
    if (top->mem_be_o == 0xFFFF) {
        memcpy(block, data, 16);
    } else {
        for (unsigned be = top->mem_be_o; be != 0; be &= be - 1) {
            unsigned lane = static_cast<unsigned>(__builtin_ctz(be));
            block[lane] = data[lane];
        }
    }
}

static void answer_board(vsoc *v)
{
    Vsoc_top *top = v->top.get();
    unsigned first =
        top->mem_io_o ? 0 : static_cast<unsigned>(__builtin_ctz(top->mem_be_o | 0x10000));
    vsoc_access a{};

    a.cycle = v->cycle;
    a.addr = (uint64_t{top->mem_high_o} << 40 | top->mem_addr_o) + first;
    a.bytes = static_cast<unsigned>(__builtin_popcount(top->mem_be_o));
    a.write = top->mem_write_o;
    a.io = top->mem_io_o;
    a.src = top->mem_src_o;
    if (a.write)
        memcpy(a.data, reinterpret_cast<const uint8_t *>(&top->mem_wdata_o[0]) + first, a.bytes);
    v->board.access(v->board.ctx, &a);
    if (!a.write) {
        memset(&top->mem_rdata_i[0], 0, 16);
        memcpy(reinterpret_cast<uint8_t *>(&top->mem_rdata_i[0]) + first, a.data, a.bytes);
    }
}

// The unit's tables lie in RAM: nobody else claims its walks.
static void answer_nobody(vsoc *v)
{
    Vsoc_top *top = v->top.get();

    if (!top->mem_write_o)
        memset(&top->mem_rdata_i[0], 0xFF, 16);
    top->mem_err_i = !top->mem_write_o;
}

static void drive_memory(vsoc *v)
{
    Vsoc_top *top = v->top.get();

    top->mem_ack_i = 0;
    if (!top->mem_valid_o)
        return;
    if (!v->access_open) {
        v->access_open = true;
        v->wait_left = next_wait(v);
    }
    if (v->wait_left > 0) {
        v->wait_left--;
        return;
    }
    if (top->reg_ack_o) // one ack a cycle, whatever the IOMMU does beside a register access
        return;
    v->access_open = false;
    v->answered++;
    top->mem_ack_i = 1;
    top->mem_err_i = 0;
    if (!top->mem_io_o && rw_mem_is_ram(&v->config.mem, top->mem_addr_o, 16))
        answer_ram(v);
    else if (top->mem_src_o == BUS_IOMMU_WALK)
        answer_nobody(v);
    else
        answer_board(v);
}

static void drive_dma(vsoc *v)
{
    Vsoc_top *top = v->top.get();
    vsoc_dma d{};

    if (!v->pins.dma_pending && !top->dma_valid_i)
        return;
    v->changed = true;
    top->dma_valid_i = v->board.dma_next(v->board.ctx, &d);
    if (!top->dma_valid_i)
        return;
    top->dma_addr_i = d.addr;
    top->dma_sid_i = d.sid;
    top->dma_at_i = d.at;
    top->dma_len_i = d.len;
    top->dma_tag_i = d.tag;
    top->dma_write_i = d.write;
    memcpy(&top->dma_wdata_i[0], d.data, 16);
}

static void drive_completion(vsoc *v)
{
    Vsoc_top *top = v->top.get();
    vsoc_completion c{};

    if (!v->pins.completion_pending && !top->cpl_valid_i)
        return;
    v->changed = true;
    top->cpl_valid_i = v->board.completion_next(v->board.ctx, &c);
    top->cpl_sid_i = c.sid;
    top->cpl_error_i = c.error;
}

static void drive_interrupts(vsoc *v)
{
    Vsoc_top *top = v->top.get();

    v->intr_note = v->pins.intr_note;
    if (top->intr_i == v->pins.intr && top->intr_vector_i == v->pins.intr_vector &&
        top->nmi_i == v->pins.nmi)
        return;
    v->changed = true;
    top->intr_i = v->pins.intr;
    top->intr_vector_i = v->pins.intr_vector;
    top->nmi_i = v->pins.nmi;
}

static void see_told(vsoc *v, bool descriptor)
{
    Vsoc_top *top = v->top.get();
    vsoc_told t{};

    t.descriptor = descriptor;
    t.index = descriptor ? 0 : top->frcd_index_o;
    memcpy(t.data, descriptor ? &top->desc_o[0] : &top->frcd_o[0], 16);
    v->board.told(v->board.ctx, v->cycle, &t);
}

// Of one cycle the request that is accepted comes first, an answer last.
static void see_handshakes(vsoc *v)
{
    Vsoc_top *top = v->top.get();

    if (top->inta_o)
        v->board.inta(v->board.ctx, v->cycle, v->intr_note);
    if (top->dma_valid_i && top->dma_ready_o)
        v->board.dma_accepted(v->board.ctx, v->cycle);
    if (top->cpl_valid_i && top->cpl_ready_o)
        v->board.completion_accepted(v->board.ctx, v->cycle);
    if (top->inv_valid_o) {
        vsoc_invalidation i{};
        i.addr = uint64_t{top->inv_addr_o} << 12;
        i.sid = top->inv_sid_o;
        i.size = top->inv_s_o;
        v->board.invalidate(v->board.ctx, v->cycle, &i);
    }
    if (top->desc_valid_o)
        see_told(v, true);
    if (top->frcd_valid_o)
        see_told(v, false);
    if (top->dma_rsp_valid_o) {
        vsoc_dma_rsp r{};
        r.tag = top->dma_rsp_tag_o;
        r.fault = top->rsp_fault_o;
        r.pa = top->rsp_pa_o;
        r.ok = top->dma_rsp_ok_o;
        memcpy(r.data, &top->dma_rsp_rdata_o[0], 16);
        v->board.dma_response(v->board.ctx, v->cycle, &r);
    }
}

// How many accesses the pins have seen before this cycle: each made a record.
static void tick(vsoc *v)
{
    board_record b{};

    if (v->sink.board == nullptr)
        return;
    b.cycle = v->cycle;
    b.kind = BOARD_TICK;
    b.value = v->answered;
    v->sink.board(v->sink.ctx, &b);
}

// The edge that began this cycle looked at the one before.
static void say_assertion(vsoc *v)
{
    const assertion_failure *f = assertion_failed();

    if (v->sink.assertion != nullptr)
        v->sink.assertion(v->sink.ctx, v->cycle - 1, f->where, f->label);
    assertion_clear();
}

static void run_cycle(vsoc *v)
{
    Vsoc_top *top = v->top.get();

    top->mem_ack_i = 0;
    eval_half(v, true);
    if (assertion_failed() != nullptr)
        say_assertion(v);
    v->written = UINT64_MAX;
    if (v->cycle % tick_cycles == 0)
        tick(v);
    if (v->cycle >= v->pins.wake)
        v->board.tick(v->board.ctx, v->cycle);
    drive_interrupts(v);
    drive_memory(v);
    drive_dma(v);
    drive_completion(v);
    top->take_i = v->changed;
    eval_half(v, false);
    top->take_i = v->changed = false;
    see_handshakes(v);
    v->cycle++;
    v->elapsed++;
}

static void drive_vtd(Vsoc_top *top, const rw_vtd &vtd)
{
    top->vtd_away_i = static_cast<uint16_t>(vtd.away);
    top->vtd_records_i = vtd.fault_records == 0 ? 7 : vtd.fault_records - 1;
}

static void drive_cpuid(Vsoc_top *top, const rw_cpuid &c)
{
    const char *vendor = c.vendor[0] != 0 ? c.vendor : RW_VENDOR;

    top->cpuid_away_i = c.away;
    top->cpuid_signature_i = c.signature != 0 ? c.signature : RW_SIGNATURE;
    memcpy(&top->cpuid_vendor_i[0], vendor, sizeof(c.vendor));
}

static void reset(vsoc *v)
{
    Vsoc_top *top = v->top.get();
    const rw_boot &b = v->config.boot;

    v->cycle = 1;
    v->random = v->config.seed * 0x9E3779B97F4A7C15u | 1;
    v->answered = 0;
    v->written = UINT64_MAX;
    v->access_open = false;
    v->pins = vsoc_pins{};
    v->intr_note = -1;
    v->pins.wake = UINT64_MAX;
    top->mem_ack_i = 0;
    top->mem_err_i = 0;
    top->vtd_away_i = 0;
    top->vtd_records_i = 7;
    top->dma_valid_i = 0;
    top->cpl_valid_i = 0;
    top->intr_i = 0;
    top->nmi_i = 0;
    top->sys_ask_i = 0;
    top->boot_long_mode_i = b.long_mode;
    top->boot_rip_i = b.rip;
    top->boot_rax_i = b.rax;
    top->boot_rbx_i = b.rbx;
    top->boot_rsi_i = b.rsi;
    top->boot_rsp_i = b.rsp;
    top->boot_cr3_i = b.cr3;
    drive_cpuid(top, b.cpuid);
    top->undefined_i = b.undefined;
    drive_vtd(top, b.vtd);
    top->rst_ni = 0;
    for (unsigned i = 0; i < reset_cycles; i++) {
        top->clk_i = 1;
        top->take_i = 0;
        top->eval();
        top->clk_i = 0;
        top->take_i = 1;
        top->eval();
    }
    top->rst_ni = 1;
    top->take_i = v->changed = false;
    top->eval();
    assertion_clear();
}

vsoc *vsoc_create(const shell_config *config, const shell_sink *sink, const vsoc_board *board)
{
    vsoc *v = new vsoc{};

    v->config = *config;
    v->sink = *sink;
    v->board = *board;
    v->context = std::make_unique<VerilatedContext>();
    v->context->traceEverOn(true);
    v->context->randReset(2);
    v->context->randSeed(static_cast<int>(config->seed % 0x7FFFFFFF) + 1);
    v->top = std::make_unique<Vsoc_top>(v->context.get(), "TOP");
    emitting = v;
    reset(v);
    return v;
}

void vsoc_destroy(vsoc *v)
{
    vsoc_wave_close(v);
    v->top->final();
    lines_leave(*v->context);
    delete v;
}

vsoc_pins *vsoc_board_pins(vsoc *v)
{
    return &v->pins;
}

uint64_t vsoc_run(vsoc *v, uint64_t n)
{
    uint64_t done = 0;

    v->stop = false;
    while (done < n && !v->stop) {
        run_cycle(v);
        done++;
    }
    return done;
}

void vsoc_stop(vsoc *v)
{
    v->stop = true;
}

void vsoc_reset(vsoc *v)
{
    reset(v);
}

void vsoc_ask(vsoc *v, bool ask)
{
    v->changed |= v->top->sys_ask_i != ask;
    v->top->sys_ask_i = ask;
}

uint64_t vsoc_written(const vsoc *v)
{
    return v->written;
}

uint64_t vsoc_cycle(const vsoc *v)
{
    return v->cycle;
}

bool vsoc_halted(const vsoc *v)
{
    return v->top->halted_o;
}

bool vsoc_shut_down(const vsoc *v)
{
    return v->top->shutdown_o;
}

bool vsoc_wave_open(vsoc *v, const char *path)
{
    v->wave = std::make_unique<VerilatedFstC>();
    v->top->trace(v->wave.get(), 99);
    v->wave->open(path);
    if (!v->wave->isOpen()) {
        v->wave.reset();
        return false;
    }
    v->wave_path = path;
    return true;
}

void vsoc_wave_close(vsoc *v)
{
    if (v->wave) {
        v->wave->close();
        v->wave.reset();
        wave_date_blank(v->wave_path.c_str());
    }
}
