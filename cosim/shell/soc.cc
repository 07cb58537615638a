// SPDX-License-Identifier: Apache-2.0
// The SystemC machine: soc_top as a TLM-2.0 initiator, a router that decodes addresses, and one
// target for each device of the board. RAM is reached through a direct memory pointer. The clock
// runs in one method, a quantum of cycles at a time.
#include "shell.h"
#include "verilated_soc.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

namespace
{

const unsigned quantum_cycles = 64;

// Carried with each transaction: port space and the bus source.
struct bus_extension : tlm::tlm_extension<bus_extension> {
    bool io = false;
    uint8_t src = 0;

    tlm_extension_base *clone() const override
    {
        return new bus_extension(*this);
    }
    void copy_from(const tlm_extension_base &other) override
    {
        *this = static_cast<const bus_extension &>(other);
    }
};

// RAM: the direct memory pointer is the only way in that is ever used.
struct ram_target : sc_core::sc_module {
    tlm_utils::simple_target_socket<ram_target> socket;
    rw_mem mem;

    ram_target(sc_core::sc_module_name name, const rw_mem &m)
        : sc_module(name), socket("socket"), mem(m)
    {
        socket.register_b_transport(this, &ram_target::transport);
        socket.register_get_direct_mem_ptr(this, &ram_target::direct);
    }
    void transport(tlm::tlm_generic_payload &p, sc_core::sc_time &)
    {
        uint8_t *at = mem.ram + p.get_address();

        if (!rw_mem_is_ram(&mem, p.get_address(), p.get_data_length()))
            p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        else {
            if (p.is_write() && rw_mem_keeps(p.get_address()))
                memcpy(at, p.get_data_ptr(), p.get_data_length());
            else if (!p.is_write())
                memcpy(p.get_data_ptr(), at, p.get_data_length());
            p.set_response_status(tlm::TLM_OK_RESPONSE);
        }
    }
    bool direct(tlm::tlm_generic_payload &, tlm::tlm_dmi &dmi)
    {
        dmi.set_dmi_ptr(mem.ram);
        dmi.set_start_address(0);
        dmi.set_end_address(mem.bytes - 1);
        dmi.allow_read_write();
        return true;
    }
};

// The board: every device register access arrives here, decoded by pc.c (BARs move at run time).
struct board_target : sc_core::sc_module {
    tlm_utils::simple_target_socket<board_target> socket;
    pc *board;

    board_target(sc_core::sc_module_name name, pc *p) : sc_module(name), socket("socket"), board(p)
    {
        socket.register_b_transport(this, &board_target::transport);
    }
    void transport(tlm::tlm_generic_payload &p, sc_core::sc_time &)
    {
        const bus_extension *ext = p.get_extension<bus_extension>();
        pc_beat beat{};

        beat.addr = p.get_address();
        beat.bytes = p.get_data_length();
        beat.write = p.is_write();
        beat.io = ext->io;
        if (beat.write)
            memcpy(beat.data, p.get_data_ptr(), beat.bytes);
        if (ext->src == BUS_MESSAGE && beat.addr >> 20 == 0xFEE) {
            uint32_t data = 0;
            memcpy(&data, beat.data, sizeof data);
            pc_message(board, beat.addr, data);
        } else {
            beat.apic = ext->src == BUS_APIC;
            beat.dma = ext->src == BUS_DMA || ext->src == BUS_MESSAGE;
            pc_beat_run(board, &beat);
        }
        if (!beat.write)
            memcpy(p.get_data_ptr(), beat.data, beat.bytes);
        p.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

struct soc_module : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<soc_module> ram_socket, board_socket;
    shell *owner;
    uint64_t target_cycle = 0;
    bool stopped = false;

    SC_HAS_PROCESS(soc_module);
    soc_module(sc_core::sc_module_name name, shell *s)
        : sc_module(name), ram_socket("ram_socket"), board_socket("board_socket"), owner(s)
    {
        SC_METHOD(clock);
        dont_initialize();
        sensitive << go;
    }
    void clock();
    sc_core::sc_event go;
};

} // namespace

struct shell {
    shell_config config;
    shell_sink sink;
    pc board;
    vsoc *rtl;
    uint64_t nmi_falls; // the pin, when it is up
    uint64_t nmi_rests; // it stays low until then
    std::deque<vsoc_dma> dma_queue;
    bool offered; // the head of the queue stands at the pins
    std::deque<vsoc_completion> completions;
    bool completion_offered;
    vsoc_dma in_flight; // accepted last
    // Of an IOMMU of somebody else's, by the tag at the pins.
    struct flight {
        bool up = false;
        vsoc_dma request{};
    };
    std::array<flight, 256> flights{};
    unsigned flying = 0;
    uint8_t pin_tag = 0; // of the newest that was offered
    std::unique_ptr<ram_target> ram;
    std::unique_ptr<board_target> devices;
    std::unique_ptr<soc_module> soc;
};

int sc_main(int, char **)
{
    return 0; // the C side owns main and drives the kernel through sc_start
}

void soc_module::clock()
{
    uint64_t left = target_cycle - vsoc_cycle(owner->rtl);
    uint64_t done = vsoc_run(owner->rtl, left < quantum_cycles ? left : quantum_cycles);

    if (!stopped && vsoc_cycle(owner->rtl) < target_cycle)
        next_trigger(static_cast<double>(done), sc_core::SC_NS);
}

static void say(shell *s, const board_record &r)
{
    if (s->sink.board != nullptr)
        s->sink.board(s->sink.ctx, &r);
}

static void say_event(shell *s, board_kind kind, uint64_t cycle, uint64_t value)
{
    board_record r{};

    r.cycle = cycle;
    r.kind = kind;
    r.value = value;
    say(s, r);
}

// An NMI is the rise of its pin, however long it then stays up: from 2 cycles on, by the cycle it
// rose in. A new one in the meantime lets it fall first, for long enough that the processor sees it
// low: what changes behind the drive of this cycle's pins reaches them in the next. The answer:
// when it changes next.
static uint64_t update_nmi(shell *s, vsoc_pins *pins, uint64_t cycle)
{
    bool waits = s->board.lapic.nmi_pending;

    if (pins->nmi) {
        pins->nmi = !waits && cycle < s->nmi_falls;
        s->nmi_rests = cycle + 2;
    } else if (waits && cycle >= s->nmi_rests) {
        pins->nmi = true;
        s->nmi_falls = cycle + 2 + cycle % 31;
        s->board.lapic.nmi_pending = waits = false;
        say_event(s, BOARD_NMI, cycle, 0);
    }
    return waits ? cycle + 1 : pins->nmi ? s->nmi_falls : UINT64_MAX;
}

static void update_lines(shell *s)
{
    vsoc_pins *pins = vsoc_board_pins(s->rtl);
    uint64_t cycle = vsoc_cycle(s->rtl);
    int32_t offer = pc_interrupt(&s->board);

    if (pins->intr != (offer >= 0))
        say_event(s, BOARD_LINE, cycle, offer >= 0);
    pins->intr = offer >= 0;
    pins->intr_vector = offer >= 0 ? static_cast<uint8_t>(offer) : 0;
    pins->intr_note = offer;
    pins->wake = std::min(update_nmi(s, pins, cycle), pc_next_event(&s->board));
    if (pins->wake <= cycle)
        pins->wake = cycle + 1;
    pins->dma_pending = !s->dma_queue.empty();
    pins->completion_pending = !s->completions.empty();
}

static void say_access(shell *s, const vsoc_access *a)
{
    board_record r{};

    r.cycle = a->cycle;
    r.kind = a->write ? BOARD_WRITE : BOARD_READ;
    r.addr = a->addr;
    r.len = static_cast<uint8_t>(a->bytes);
    r.flags = static_cast<uint8_t>((a->write ? BUS_WRITE : 0) | (a->io ? BUS_IO : 0));
    r.src = a->src;
    memcpy(r.data, a->data, a->bytes);
    say(s, r);
}

static void say_request(shell *s, board_kind kind, uint64_t cycle, const vsoc_dma &d)
{
    board_record r{};

    r.cycle = cycle;
    r.kind = kind;
    r.addr = d.addr;
    r.sid = d.sid;
    r.at = d.at;
    r.len = d.len;
    r.tag = d.tag;
    r.flags = d.write ? BUS_WRITE : 0;
    memcpy(r.data, d.data, sizeof r.data);
    say(s, r);
}

static void on_access(void *ctx, vsoc_access *a)
{
    shell *s = static_cast<shell *>(ctx);
    tlm::tlm_generic_payload payload;
    bus_extension ext;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;

    pc_advance(&s->board, a->cycle);
    ext.io = a->io;
    ext.src = a->src;
    payload.set_extension(&ext);
    payload.set_command(a->write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(a->addr);
    payload.set_data_ptr(a->data);
    payload.set_data_length(a->bytes);
    payload.set_streaming_width(a->bytes);
    s->soc->board_socket->b_transport(payload, delay);
    payload.clear_extension(&ext);
    say_access(s, a);
    update_lines(s);
}

// The devices number their requests each for itself: several in flight need tags of the shell's.
static void choose_tag(shell *s)
{
    do
        s->pin_tag++;
    while (s->flights[s->pin_tag].up);
}

static bool on_dma_next(void *ctx, vsoc_dma *d)
{
    shell *s = static_cast<shell *>(ctx);
    bool own = s->config.dma_in_flight != 0;

    if (s->dma_queue.empty() || (own && s->flying >= s->config.dma_in_flight))
        return false;
    if (own && !s->offered)
        choose_tag(s);
    *d = s->dma_queue.front();
    if (own)
        d->tag = s->pin_tag;
    if (!s->offered)
        say_request(s, BOARD_OFFER, vsoc_cycle(s->rtl), *d);
    s->offered = true;
    return true;
}

static void take_off(shell *s, uint64_t cycle)
{
    vsoc_dma at_the_pins = s->in_flight;

    s->flights[s->pin_tag] = {true, s->in_flight};
    s->flying++;
    at_the_pins.tag = s->pin_tag;
    say_request(s, BOARD_DMA, cycle, at_the_pins);
}

static void on_dma_accepted(void *ctx, uint64_t cycle)
{
    shell *s = static_cast<shell *>(ctx);

    s->in_flight = s->dma_queue.front();
    s->dma_queue.pop_front();
    s->offered = false;
    if (s->config.dma_in_flight != 0)
        take_off(s, cycle);
    else
        say_request(s, BOARD_DMA, cycle, s->in_flight);
    vsoc_board_pins(s->rtl)->dma_pending = !s->dma_queue.empty();
}

static void say_completion(shell *s, board_kind kind, uint64_t cycle, const vsoc_completion &c)
{
    board_record r{};

    r.cycle = cycle;
    r.kind = kind;
    r.sid = c.sid;
    r.value = c.error;
    say(s, r);
}

static bool on_completion_next(void *ctx, vsoc_completion *c)
{
    shell *s = static_cast<shell *>(ctx);

    if (s->completions.empty())
        return false;
    *c = s->completions.front();
    if (!s->completion_offered)
        say_completion(s, BOARD_CPL_OFFER, vsoc_cycle(s->rtl), *c);
    s->completion_offered = true;
    return true;
}

static void on_completion_accepted(void *ctx, uint64_t cycle)
{
    shell *s = static_cast<shell *>(ctx);

    say_completion(s, BOARD_COMPLETION, cycle, s->completions.front());
    s->completions.pop_front();
    s->completion_offered = false;
    vsoc_board_pins(s->rtl)->completion_pending = !s->completions.empty();
}

static void on_invalidate(void *ctx, uint64_t cycle, const vsoc_invalidation *i)
{
    shell *s = static_cast<shell *>(ctx);
    board_record r{};

    r.cycle = cycle;
    r.kind = BOARD_INVALIDATE;
    r.addr = i->addr;
    r.sid = i->sid;
    r.value = i->size;
    say(s, r);
    pc_advance(&s->board, cycle);
    pc_invalidate(&s->board, i->sid, i->addr, i->size);
    update_lines(s);
}

// Of what was read, the bytes that the request asked for; the rest of the port means nothing.
static void say_answer(shell *s, uint64_t cycle, const vsoc_dma_rsp &a, const vsoc_dma &request)
{
    board_record r{};

    r.cycle = cycle;
    r.kind = BOARD_ANSWER;
    r.tag = a.tag;
    r.ok = a.ok;
    r.addr = a.pa;
    r.value = a.fault;
    if (!request.write)
        memcpy(r.data, a.data, request.len);
    say(s, r);
}

static void on_told(void *ctx, uint64_t cycle, const vsoc_told *t)
{
    board_record r{};

    r.cycle = cycle;
    r.kind = t->descriptor ? BOARD_DESCRIPTOR : BOARD_RECORDED;
    r.tag = t->index;
    memcpy(r.data, t->data, sizeof r.data);
    say(static_cast<shell *>(ctx), r);
}

// An answer of somebody else's without a request is said, and goes to nobody. False: such a one.
static bool land(shell *s, const vsoc_dma_rsp &r)
{
    shell::flight &f = s->flights[r.tag];

    if (s->config.dma_in_flight == 0)
        return true;
    if (!f.up)
        return false;
    s->in_flight = f.request;
    f.up = false;
    s->flying--;
    return true;
}

static void on_dma_response(void *ctx, uint64_t cycle, const vsoc_dma_rsp *r)
{
    shell *s = static_cast<shell *>(ctx);
    device_dma_done done{};
    bool lands = land(s, *r);

    done.sid = s->in_flight.sid;
    done.tag = s->config.dma_in_flight != 0 ? s->in_flight.tag : r->tag;
    done.ok = r->ok;
    memcpy(done.data, r->data, sizeof done.data);
    say_answer(s, cycle, *r, s->in_flight);
    if (!lands)
        return;
    pc_advance(&s->board, cycle);
    pc_dma_done(&s->board, &done);
    update_lines(s);
}

static void on_inta(void *ctx, uint64_t cycle, int32_t offered)
{
    shell *s = static_cast<shell *>(ctx);
    uint8_t vector = pc_acknowledge(&s->board, offered);

    say_event(s, BOARD_ACKNOWLEDGE, cycle, vector);
    update_lines(s);
}

static void on_tick(void *ctx, uint64_t cycle)
{
    shell *s = static_cast<shell *>(ctx);

    pc_advance(&s->board, cycle);
    update_lines(s);
}

static void host_dma(void *ctx, const device_dma *req)
{
    shell *s = static_cast<shell *>(ctx);
    vsoc_dma d{};

    d.addr = req->addr;
    d.sid = req->sid;
    d.at = req->at;
    d.len = req->len;
    d.tag = req->tag;
    d.write = req->write;
    memcpy(d.data, req->data, sizeof d.data);
    s->dma_queue.push_back(d);
}

static void host_complete(void *ctx, uint16_t sid, bool error)
{
    static_cast<shell *>(ctx)->completions.push_back({sid, error});
}

static void host_console(void *ctx, uint8_t byte)
{
    shell *s = static_cast<shell *>(ctx);

    if (s->sink.console != nullptr)
        s->sink.console(s->sink.ctx, byte);
}

static void host_exit(void *ctx, uint32_t status)
{
    shell *s = static_cast<shell *>(ctx);

    if (s->sink.guest_exit != nullptr)
        s->sink.guest_exit(s->sink.ctx, status);
}

static void host_reset(void *ctx)
{
    shell *s = static_cast<shell *>(ctx);

    if (s->sink.reset != nullptr)
        s->sink.reset(s->sink.ctx);
}

static device_host host_of(shell *s)
{
    device_host host{};

    host.ctx = s;
    host.dma = host_dma;
    host.complete = host_complete;
    host.console = host_console;
    host.guest_exit = host_exit;
    host.reset = host_reset;
    return host;
}

shell *shell_create(const shell_config *config, const shell_sink *sink)
{
    shell *s = new shell{};
    device_host host = host_of(s);
    vsoc_board board = {s,
                        on_access,
                        on_dma_next,
                        on_dma_accepted,
                        on_dma_response,
                        on_completion_next,
                        on_completion_accepted,
                        on_invalidate,
                        on_told,
                        on_inta,
                        on_tick};

    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    s->config = *config;
    s->sink = *sink;
    pc_init(&s->board, &host, &s->config.board);
    s->ram = std::make_unique<ram_target>("ram", config->mem);
    s->devices = std::make_unique<board_target>("devices", &s->board);
    s->soc = std::make_unique<soc_module>("soc", s);
    s->soc->ram_socket.bind(s->ram->socket);
    s->soc->board_socket.bind(s->devices->socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);

    shell_config with_dmi = *config;
    tlm::tlm_generic_payload payload;
    tlm::tlm_dmi dmi;
    if (s->soc->ram_socket->get_direct_mem_ptr(payload, dmi))
        with_dmi.mem.ram = dmi.get_dmi_ptr();
    s->rtl = vsoc_create(&with_dmi, sink, &board);
    return s;
}

void shell_destroy(shell *s)
{
    vsoc_destroy(s->rtl);
    delete s;
}

uint64_t shell_run(shell *s, uint64_t cycles)
{
    uint64_t from = vsoc_cycle(s->rtl);

    s->soc->target_cycle = from + cycles;
    s->soc->stopped = false;
    s->soc->go.notify(sc_core::SC_ZERO_TIME);
    while (!s->soc->stopped && vsoc_cycle(s->rtl) < s->soc->target_cycle)
        sc_core::sc_start(static_cast<double>(cycles), sc_core::SC_NS);
    return vsoc_cycle(s->rtl) - from;
}

void shell_stop(shell *s)
{
    s->soc->stopped = true;
    vsoc_stop(s->rtl);
}

void shell_reset(shell *s, bool power)
{
    device_host host = host_of(s);

    s->dma_queue.clear();
    s->offered = false;
    s->flights.fill({});
    s->flying = 0;
    s->pin_tag = 0;
    s->completions.clear();
    s->completion_offered = false;
    s->nmi_rests = 0;
    if (power)
        pc_init(&s->board, &host, &s->config.board);
    else
        pc_restart(&s->board, vsoc_cycle(s->rtl));
    vsoc_reset(s->rtl);
}

void shell_ask(shell *s, bool ask)
{
    vsoc_ask(s->rtl, ask);
}

uint64_t shell_written(const shell *s)
{
    return vsoc_written(s->rtl);
}

uint64_t shell_cycle(const shell *s)
{
    return vsoc_cycle(s->rtl);
}

bool shell_halted(const shell *s)
{
    return vsoc_halted(s->rtl);
}

bool shell_due(const shell *s)
{
    return !s->dma_queue.empty() || pc_next_event(&s->board) != DEVICE_NEVER;
}

bool shell_shut_down(const shell *s)
{
    return vsoc_shut_down(s->rtl);
}

uint64_t shell_unclaimed(const shell *s)
{
    return s->board.unclaimed;
}

uint64_t shell_signals_ignored(const shell *s)
{
    return s->board.signals_ignored;
}

bool shell_wants_real_mode(const shell *s)
{
    return pc_wants_real_mode(&s->board);
}

bool shell_wave_open(shell *s, const char *path)
{
    return vsoc_wave_open(s->rtl, path);
}

void shell_wave_close(shell *s)
{
    vsoc_wave_close(s->rtl);
}
