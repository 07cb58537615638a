// SPDX-License-Identifier: Apache-2.0
// 16550 UART at ports 0x3F8-0x3FF (datasheet PC16550D); every access is one byte.
//   0 RBR/THR  1 IER  2 IIR/FCR  3 LCR (bit 7 DLAB: 0 and 1 are the divisor)  4 MCR  5 LSR  6 MSR
//   7 SCR
// What is sent goes out at once, so the transmitter is always empty: to the far end, or to the
// console when none takes it. The far end is asked for a byte each UART_BYTE_CYCLES (115,200 baud,
// 8 bits, whatever the divisor is) while MCR.DTR is on, the loopback off and the receiver has room;
// with nothing to say it is asked again as many cycles later. The interrupt is IRQ 4, which
// MCR.OUT2 lets through. Parity and framing errors and breaks do not happen. Modem lines: DCD, DSR,
// CTS are on; in loopback they are the MCR's bits. At reset: all 0, divisor 1; LSR 60h, MSR B0h.
#ifndef RW_UART16550_H
#define RW_UART16550_H

#include "devices/device.h"

#define UART_FIFO_BYTES  16
#define UART_BYTE_CYCLES 8681
#define UART_IRQ         4

enum uart_far {
    UART_FAR_SILENT, /* nothing yet */
    UART_FAR_BYTE,
    UART_FAR_GONE /* nothing any more */
};

/* Who stands at the other end of the line. The UART's questions come at cycles that depend on
 * nothing but the run so far: whoever gives the same answers gets the same run. */
struct uart_line {
    void *ctx;
    void (*begin)(void *ctx); /* the board was reset: cycles count from 0 again */
    enum uart_far (*take)(void *ctx, uint64_t cycle, uint8_t *byte);
    void (*send)(void *ctx, uint8_t byte); /* NULL: what is sent goes to the console */
};

struct uart16550 {
    const struct device_host *host;
    const struct uart_line *line; /* NULL: nothing is plugged in; borrowed */
    bool gone;                    /* the far end has nothing more to say */
    uint64_t now, arrival;        /* cycle; not before this one does the next byte arrive */
    uint64_t silent_at;           /* the character timeout, when the FIFO holds something */
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    uint8_t errors; /* LSR bits 4:1 */
    uint8_t modem;  /* MSR */
    uint8_t fifo[UART_FIFO_BYTES], last;
    unsigned head, count;
    bool thre_due; /* the interrupt of the empty transmitter */
    bool irq;      /* as the line was driven last */
};

void uart16550_init(struct uart16550 *u, const struct device_host *host,
                    const struct uart_line *line);
extern const struct device_ops uart16550_ops;

#endif
