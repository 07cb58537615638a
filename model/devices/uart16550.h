// SPDX-License-Identifier: Apache-2.0
// 16550 UART at ports 0x3F8-0x3FF (datasheet PC16550D); every access is one byte.
//   0 RBR/THR  1 IER  2 IIR/FCR  3 LCR (bit 7 DLAB: 0 and 1 are the divisor)  4 MCR  5 LSR  6 MSR
//   7 SCR
// What is sent goes to the console at once, so the transmitter is always empty. What the far end
// has to say arrives a byte each UART_BYTE_CYCLES (115,200 baud, 8 bits, whatever the divisor is)
// while MCR.DTR is on, the loopback off and the receiver has room. The interrupt is IRQ 4, which
// MCR.OUT2 lets through. Parity and framing errors and breaks do not happen. Modem lines: DCD, DSR,
// CTS are on; in loopback they are the MCR's bits. At reset: all 0, divisor 1; LSR 60h, MSR B0h.
#ifndef RW_UART16550_H
#define RW_UART16550_H

#include <stddef.h>

#include "devices/device.h"

#define UART_FIFO_BYTES  16
#define UART_BYTE_CYCLES 8681
#define UART_IRQ         4

struct uart16550 {
    const struct device_host *host;
    const uint8_t *input; /* what the far end still has to say; borrowed */
    size_t input_bytes;
    uint64_t now, arrival; /* cycle; not before this one does the next byte arrive */
    uint64_t silent_at;    /* the character timeout, when the FIFO holds something */
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    uint8_t errors; /* LSR bits 4:1 */
    uint8_t modem;  /* MSR */
    uint8_t fifo[UART_FIFO_BYTES], last;
    unsigned head, count;
    bool thre_due; /* the interrupt of the empty transmitter */
    bool irq;      /* as the line was driven last */
};

void uart16550_init(struct uart16550 *u, const struct device_host *host, const uint8_t *input,
                    size_t input_bytes);
extern const struct device_ops uart16550_ops;

#endif
