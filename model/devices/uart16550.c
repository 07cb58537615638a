// SPDX-License-Identifier: Apache-2.0
// 16550 UART; see the header. PC16550D "Registers".
#include "devices/uart16550.h"

#include <stddef.h>

#define IER_RECEIVED 0x01
#define IER_EMPTY    0x02
#define IER_LINE     0x04
#define IER_MODEM    0x08
#define IIR_NONE     0x01
#define IIR_LINE     0x06
#define IIR_RECEIVED 0x04
#define IIR_TIMEOUT  0x0C
#define IIR_EMPTY    0x02
#define IIR_MODEM    0x00
#define IIR_FIFO     0xC0
#define FCR_FIFO     0x01
#define FCR_CLEAR_RX 0x02
#define FCR_KEPT     0xC9
#define LCR_DLAB     0x80
#define MCR_DTR      0x01
#define MCR_RTS      0x02
#define MCR_OUT1     0x04
#define MCR_OUT2     0x08
#define MCR_LOOP     0x10
#define LSR_DATA     0x01
#define LSR_OVERRUN  0x02
#define LSR_EMPTY    0x60 /* THRE and TEMT */
#define MSR_CTS      0x10
#define MSR_DSR      0x20
#define MSR_RI       0x40
#define MSR_DCD      0x80
#define MSR_DELTAS   0x0F

#define TIMEOUT_CYCLES (4 * UART_BYTE_CYCLES)

static bool has_fifo(const struct uart16550 *u)
{
    return (u->fcr & FCR_FIFO) != 0;
}

/* --- interrupts --- */

static bool at_trigger(const struct uart16550 *u)
{
    static const uint8_t levels[] = {1, 4, 8, 14};

    return u->count >= (has_fifo(u) ? levels[u->fcr >> 6] : 1);
}

static bool timed_out(const struct uart16550 *u)
{
    return has_fifo(u) && u->count != 0 && u->now >= u->silent_at;
}

/* "Interrupt Control Functions": by priority. */
static uint8_t interrupt(const struct uart16550 *u)
{
    if ((u->ier & IER_LINE) && u->errors != 0)
        return IIR_LINE;
    if ((u->ier & IER_RECEIVED) && at_trigger(u))
        return IIR_RECEIVED;
    if ((u->ier & IER_RECEIVED) && timed_out(u))
        return IIR_TIMEOUT;
    if ((u->ier & IER_EMPTY) && u->thre_due)
        return IIR_EMPTY;
    if ((u->ier & IER_MODEM) && (u->modem & MSR_DELTAS))
        return IIR_MODEM;
    return IIR_NONE;
}

static void drive(struct uart16550 *u)
{
    bool irq = (u->mcr & MCR_OUT2) && interrupt(u) != IIR_NONE;

    if (irq != u->irq)
        u->host->irq(u->host->ctx, UART_IRQ, irq);
    u->irq = irq;
}

/* --- the receiver --- */

static void receive_clear(struct uart16550 *u)
{
    u->head = u->count = 0;
}

static void receive(struct uart16550 *u, uint8_t v)
{
    unsigned room = has_fifo(u) ? UART_FIFO_BYTES : 1;

    u->silent_at = u->now + TIMEOUT_CYCLES;
    if (u->count < room) {
        u->fifo[(u->head + u->count++) % UART_FIFO_BYTES] = v;
        return;
    }
    u->errors |= LSR_OVERRUN;
    if (!has_fifo(u))
        u->fifo[u->head] = v;
}

static uint8_t received(struct uart16550 *u)
{
    if (u->count == 0)
        return has_fifo(u) ? 0 : u->last;
    u->last = u->fifo[u->head];
    u->head = (u->head + 1) % UART_FIFO_BYTES;
    u->count--;
    u->silent_at = u->now + TIMEOUT_CYCLES;
    return u->last;
}

static bool listens(const struct uart16550 *u)
{
    return !u->gone && (u->mcr & (MCR_DTR | MCR_LOOP)) == MCR_DTR &&
           u->count < (has_fifo(u) ? UART_FIFO_BYTES : 1);
}

/* Is there a byte? One that stays silent now has nothing to say at any cycle up to `now`. */
static void ask(struct uart16550 *u, uint64_t now)
{
    uint8_t byte = 0;

    u->now = u->now < u->arrival ? u->arrival : u->now;
    switch (u->line->take(u->line->ctx, u->now, &byte)) {
    case UART_FAR_BYTE:
        receive(u, byte);
        u->arrival = u->now + UART_BYTE_CYCLES;
        break;
    case UART_FAR_SILENT:
        u->arrival = now + UART_BYTE_CYCLES;
        break;
    case UART_FAR_GONE:
        u->gone = true;
        break;
    }
}

static void uart_advance(void *self, uint64_t now)
{
    struct uart16550 *u = self;

    while (listens(u) && u->arrival <= now)
        ask(u, now);
    u->now = now;
    drive(u);
}

static uint64_t uart_next_event(const void *self)
{
    const struct uart16550 *u = self;
    uint64_t next = DEVICE_NEVER;

    if (!(u->ier & IER_RECEIVED) || !(u->mcr & MCR_OUT2) || u->irq)
        return DEVICE_NEVER;
    if (listens(u))
        next = u->arrival;
    if (has_fifo(u) && u->count != 0 && u->silent_at < next)
        next = u->silent_at;
    return next;
}

/* --- modem lines --- */

static uint8_t lines(const struct uart16550 *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_DCD | MSR_DSR | MSR_CTS;
    return (uint8_t)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
                     (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

/* A delta for each line that changed; of RI only its fall counts. */
static void modem_changed(struct uart16550 *u)
{
    uint8_t before = u->modem & (uint8_t)~MSR_DELTAS, after = lines(u);
    uint8_t changed = before ^ after;

    if (after & MSR_RI)
        changed &= (uint8_t)~MSR_RI;
    u->modem = (uint8_t)(after | (u->modem & MSR_DELTAS) | changed >> 4);
}

/* --- registers --- */

/* Reading IIR takes the interrupt of the transmitter away when that is the one it shows. */
static uint8_t read_iir(struct uart16550 *u)
{
    uint8_t which = interrupt(u);

    if (which == IIR_EMPTY)
        u->thre_due = false;
    return which | (has_fifo(u) ? IIR_FIFO : 0);
}

static uint8_t read_lsr(struct uart16550 *u)
{
    uint8_t v = LSR_EMPTY | u->errors | (u->count != 0 ? LSR_DATA : 0);

    u->errors = 0;
    return v;
}

static uint8_t read_msr(struct uart16550 *u)
{
    uint8_t v = u->modem;

    u->modem &= (uint8_t)~MSR_DELTAS;
    return v;
}

static uint8_t read_register(struct uart16550 *u, uint64_t offset)
{
    bool dlab = (u->lcr & LCR_DLAB) != 0;

    switch (offset) {
    case 0:
        return dlab ? u->dll : received(u);
    case 1:
        return dlab ? u->dlm : u->ier;
    case 2:
        return read_iir(u);
    case 3:
        return u->lcr;
    case 4:
        return u->mcr;
    case 5:
        return read_lsr(u);
    case 6:
        return read_msr(u);
    default:
        return u->scr;
    }
}

static uint64_t uart_read(void *self, uint64_t offset, unsigned bytes)
{
    struct uart16550 *u = self;
    uint8_t v = read_register(u, offset);

    (void)bytes;
    drive(u);
    return v;
}

static void transmit(struct uart16550 *u, uint8_t v)
{
    u->thre_due = true;
    if (u->mcr & MCR_LOOP)
        receive(u, v);
    else if (u->line != NULL && u->line->send != NULL)
        u->line->send(u->line->ctx, v);
    else
        u->host->console(u->host->ctx, v);
}

/* choice: an interrupt of the empty transmitter comes with each rise of its enable, as programs
 * expect. */
static void write_ier(struct uart16550 *u, uint8_t v)
{
    if ((v & IER_EMPTY) && !(u->ier & IER_EMPTY))
        u->thre_due = true;
    u->ier = v & 0x0F;
}

/* A change of the enable empties the FIFOs; without it no other bit counts. */
static void write_fcr(struct uart16550 *u, uint8_t v)
{
    if (((v ^ u->fcr) & FCR_FIFO) || (v & (FCR_FIFO | FCR_CLEAR_RX)) == (FCR_FIFO | FCR_CLEAR_RX))
        receive_clear(u);
    u->fcr = v & FCR_FIFO ? v & FCR_KEPT : 0;
}

static void write_register(struct uart16550 *u, uint64_t offset, uint8_t v)
{
    bool dlab = (u->lcr & LCR_DLAB) != 0;

    switch (offset) {
    case 0:
        if (dlab)
            u->dll = v;
        else
            transmit(u, v);
        break;
    case 1:
        if (dlab)
            u->dlm = v;
        else
            write_ier(u, v);
        break;
    case 2:
        write_fcr(u, v);
        break;
    case 3:
        u->lcr = v;
        break;
    case 4:
        u->mcr = v & 0x1F;
        modem_changed(u);
        break;
    case 7:
        u->scr = v;
        break;
    default:
        break; /* LSR and MSR are read-only */
    }
}

static void uart_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct uart16550 *u = self;

    (void)bytes;
    write_register(u, offset, (uint8_t)value);
    drive(u);
}

void uart16550_init(struct uart16550 *u, const struct device_host *host,
                    const struct uart_line *line)
{
    *u = (struct uart16550){
        .host = host, .line = line, .gone = line == NULL, .arrival = UART_BYTE_CYCLES, .dll = 1};
    u->modem = lines(u);
    if (line != NULL)
        line->begin(line->ctx);
}

const struct device_ops uart16550_ops = {.name = "uart16550",
                                         .bytes_max = 1,
                                         .read = uart_read,
                                         .write = uart_write,
                                         .advance = uart_advance,
                                         .next_event = uart_next_event};
