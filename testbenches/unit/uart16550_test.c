// SPDX-License-Identifier: Apache-2.0
// The 16550 UART, from the datasheet of the PC16550D.
#include "devices/uart16550.h"

#include <string.h>

#include "gt.h"

enum reg { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };
#define FCR IIR

struct bench {
    struct uart16550 u;
    struct device_host host;
    struct uart_line line;
    const char *input; /* what the far end still has to say */
    uint64_t asked;    /* at which cycle it was asked last */
    char said[64];
    unsigned length;
    bool irq;
};

static void on_console(void *ctx, uint8_t byte)
{
    struct bench *b = ctx;

    b->said[b->length++] = (char)byte;
}

static void on_irq(void *ctx, unsigned line, bool level)
{
    struct bench *b = ctx;

    EXPECT_U64(4, line);
    b->irq = level;
}

static void on_begin(void *ctx)
{
    (void)ctx;
}

static enum uart_far on_take(void *ctx, uint64_t cycle, uint8_t *byte)
{
    struct bench *b = ctx;

    b->asked = cycle;
    if (*b->input == 0)
        return UART_FAR_GONE;
    *byte = (uint8_t)*b->input++;
    return *byte == '_' ? UART_FAR_SILENT : UART_FAR_BYTE;
}

/* The far end says these; _ is a time of silence. */
static void begin(struct bench *b, const char *input)
{
    memset(b, 0, sizeof(*b));
    b->host = (struct device_host){.ctx = b, .console = on_console, .irq = on_irq};
    b->input = input;
    b->line = (struct uart_line){.ctx = b, .begin = on_begin, .take = on_take};
    uart16550_init(&b->u, &b->host, &b->line);
}

static void out(struct bench *b, enum reg reg, uint8_t v)
{
    uart16550_ops.write(&b->u, reg, 1, v);
}

static uint8_t in(struct bench *b, enum reg reg)
{
    return (uint8_t)uart16550_ops.read(&b->u, reg, 1);
}

static void advance(struct bench *b, uint64_t bytes)
{
    uart16550_ops.advance(&b->u, bytes * UART_BYTE_CYCLES);
}

GT_TEST(uart16550, registers_at_reset)
{
    struct bench b;

    begin(&b, "");
    EXPECT_U64(0, in(&b, IER));
    EXPECT_U64(0x01, in(&b, IIR));
    EXPECT_U64(0, in(&b, LCR));
    EXPECT_U64(0, in(&b, MCR));
    EXPECT_U64(0x60, in(&b, LSR));
    EXPECT_U64(0xB0, in(&b, MSR));
    EXPECT_U64(DEVICE_NEVER, uart16550_ops.next_event(&b.u));
}

GT_TEST(uart16550, dlab_shows_the_divisor)
{
    struct bench b;

    begin(&b, "");
    out(&b, LCR, 0x83);
    out(&b, DATA, 0x34);
    out(&b, IER, 0x12);
    EXPECT_U64(0x34, in(&b, DATA));
    EXPECT_U64(0x12, in(&b, IER));
    out(&b, LCR, 0x03);
    EXPECT_U64(0, in(&b, IER));
    out(&b, DATA, 'x');
    EXPECT_U64(1, b.length);
    EXPECT_U64('x', b.said[0]);
}

GT_TEST(uart16550, bytes_arrive_by_the_clock_once_dtr_is_on)
{
    struct bench b;

    begin(&b, "ab");
    advance(&b, 5);
    EXPECT_U64(0x60, in(&b, LSR));
    out(&b, MCR, 0x01);
    advance(&b, 6);
    EXPECT_U64(0x61, in(&b, LSR));
    advance(&b, 100); /* no room without a FIFO: the far end waits */
    EXPECT_U64(0x61, in(&b, LSR));
    EXPECT_U64('a', in(&b, DATA));
    EXPECT_U64(0x60, in(&b, LSR));
    advance(&b, 101);
    EXPECT_U64('b', in(&b, DATA));
    advance(&b, 200);
    EXPECT_U64(0x60, in(&b, LSR));
}

/* "FIFO Interrupt Mode Operation": the trigger level, and the character timeout below it. */
GT_TEST(uart16550, fifo_trigger_and_timeout)
{
    struct bench b;

    begin(&b, "abcdef");
    out(&b, FCR, 0x41); /* 4 bytes */
    out(&b, IER, 0x01);
    out(&b, MCR, 0x09);
    EXPECT_U64(0xC1, in(&b, IIR));
    EXPECT_U64(UART_BYTE_CYCLES, uart16550_ops.next_event(&b.u));
    advance(&b, 3);
    EXPECT_TRUE(!b.irq);
    advance(&b, 4);
    EXPECT_TRUE(b.irq);
    EXPECT_U64(0xC4, in(&b, IIR));
    for (unsigned i = 0; i < 4; i++)
        EXPECT_U64('a' + i, in(&b, DATA));
    EXPECT_TRUE(!b.irq);
    advance(&b, 6);
    EXPECT_TRUE(!b.irq);
    EXPECT_U64(7 * UART_BYTE_CYCLES, uart16550_ops.next_event(&b.u)); /* anything more? */
    advance(&b, 7);
    EXPECT_U64(10 * UART_BYTE_CYCLES, uart16550_ops.next_event(&b.u));
    advance(&b, 10);
    EXPECT_TRUE(b.irq);
    EXPECT_U64(0xCC, in(&b, IIR));
    in(&b, DATA);
    EXPECT_U64(0xC1, in(&b, IIR));
    EXPECT_TRUE(!b.irq);
}

/* THRE: by its enable and by each byte that left; reading IIR takes it away. */
GT_TEST(uart16550, the_empty_transmitter_interrupts)
{
    struct bench b;

    begin(&b, "");
    out(&b, MCR, 0x08);
    out(&b, IER, 0x02);
    EXPECT_TRUE(b.irq);
    EXPECT_U64(0x02, in(&b, IIR));
    EXPECT_TRUE(!b.irq);
    EXPECT_U64(0x01, in(&b, IIR));
    out(&b, DATA, 'x');
    EXPECT_TRUE(b.irq);
    out(&b, MCR, 0x00); /* OUT2 */
    EXPECT_TRUE(!b.irq);
}

/* MCR bit 4: what is sent is received; the modem lines are the MCR's. */
GT_TEST(uart16550, loopback)
{
    struct bench b;

    begin(&b, "zz");
    out(&b, MCR, 0x1B);
    EXPECT_U64(0xB0, in(&b, MSR)); /* RTS, DTR, OUT2: as before, without a change */
    out(&b, DATA, 'q');
    EXPECT_U64(0, b.length);
    EXPECT_U64('q', in(&b, DATA));
    out(&b, MCR, 0x14);
    EXPECT_U64(0x4B, in(&b, MSR)); /* CTS, DSR, DCD fell */
    EXPECT_U64(0x40, in(&b, MSR));
    out(&b, MCR, 0x10);
    EXPECT_U64(0x04, in(&b, MSR)); /* the trailing edge of RI */
    advance(&b, 10);
    EXPECT_U64(0x60, in(&b, LSR)); /* the far end is not heard */
}

GT_TEST(uart16550, an_overrun_is_shown_once_and_interrupts_first)
{
    struct bench b;

    begin(&b, "");
    out(&b, MCR, 0x18);
    out(&b, IER, 0x07);
    out(&b, DATA, 'a');
    EXPECT_U64(0x04, in(&b, IIR));
    out(&b, DATA, 'b');
    EXPECT_U64(0x06, in(&b, IIR));
    EXPECT_U64(0x63, in(&b, LSR));
    EXPECT_U64(0x61, in(&b, LSR));
    EXPECT_U64('b', in(&b, DATA)); /* without a FIFO the new byte has taken its place */
    out(&b, FCR, 0x01);
    for (unsigned i = 0; i < 17; i++)
        out(&b, DATA, (uint8_t)i);
    EXPECT_U64(0x63, in(&b, LSR));
    for (unsigned i = 0; i < 16; i++)
        EXPECT_U64(i, in(&b, DATA));
    EXPECT_U64(0x60, in(&b, LSR));
}

GT_TEST(uart16550, modem_interrupt)
{
    struct bench b;

    begin(&b, "");
    out(&b, IER, 0x08);
    out(&b, MCR, 0x18); /* CTS and DSR fall */
    EXPECT_TRUE(b.irq);
    EXPECT_U64(0x00, in(&b, IIR));
    EXPECT_U64(0x83, in(&b, MSR));
    EXPECT_TRUE(!b.irq);
}

/* "FIFO Control Register": bit 1 empties the receiver, and so does a change of bit 0. */
GT_TEST(uart16550, fcr_empties_the_receiver)
{
    struct bench b;

    begin(&b, "");
    out(&b, MCR, 0x10);
    out(&b, FCR, 0x01);
    out(&b, DATA, 'a');
    out(&b, FCR, 0x03);
    EXPECT_U64(0x60, in(&b, LSR));
    out(&b, DATA, 'a');
    out(&b, FCR, 0x00);
    EXPECT_U64(0x60, in(&b, LSR));
    EXPECT_U64(0x01, in(&b, IIR));
}

/* The far end is asked at cycles that depend on nothing but its answers: a byte's time after a
 * byte, a byte's time after the question when it is silent, never again when it is gone. */
GT_TEST(uart16550, the_far_end_is_asked_at_fixed_cycles)
{
    struct bench b;

    begin(&b, "a_b");
    out(&b, IER, 0x01);
    out(&b, MCR, 0x09);
    out(&b, FCR, 0x01);
    uart16550_ops.advance(&b.u, UART_BYTE_CYCLES + 5);
    EXPECT_U64(UART_BYTE_CYCLES, b.asked);
    EXPECT_U64('a', in(&b, DATA));
    EXPECT_U64(2 * UART_BYTE_CYCLES, uart16550_ops.next_event(&b.u));
    uart16550_ops.advance(&b.u, 2 * UART_BYTE_CYCLES + 7); /* silent: so it is up to here */
    EXPECT_U64(2 * UART_BYTE_CYCLES, b.asked);
    EXPECT_U64(0x60, in(&b, LSR));
    EXPECT_U64(3 * UART_BYTE_CYCLES + 7, uart16550_ops.next_event(&b.u));
    uart16550_ops.advance(&b.u, 3 * UART_BYTE_CYCLES + 7);
    EXPECT_U64('b', in(&b, DATA));
    uart16550_ops.advance(&b.u, 9 * UART_BYTE_CYCLES);
    EXPECT_U64(4 * UART_BYTE_CYCLES + 7, b.asked);
    EXPECT_U64(DEVICE_NEVER, uart16550_ops.next_event(&b.u));
}

static void on_send(void *ctx, uint8_t byte)
{
    on_console(ctx, (uint8_t)(byte + 1));
}

/* A far end that takes what is sent gets it, and the console does not. */
GT_TEST(uart16550, what_is_sent_goes_to_the_far_end)
{
    struct bench b;

    begin(&b, "");
    b.line.send = on_send;
    out(&b, DATA, 'a');
    EXPECT_U64(1, b.length);
    EXPECT_U64('b', b.said[0]);
}
