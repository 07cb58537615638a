// SPDX-License-Identifier: Apache-2.0
// 16550 UART at ports 0x3F8-0x3FF, polled: the transmitter is always ready and hands each byte to
// the console at once; the receiver is always empty.
// THR/RBR 0, IER 1, IIR/FCR 2, LCR 3 (bit 7 DLAB: 0 and 1 are the divisor), MCR 4, LSR 5, MSR 6,
// SCR 7.
#ifndef RW_UART16550_H
#define RW_UART16550_H

#include "devices/device.h"

struct uart16550 {
    const struct device_host *host;
    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
};

void uart16550_init(struct uart16550 *u, const struct device_host *host);
extern const struct device_ops uart16550_ops;

#endif
