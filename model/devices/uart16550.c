// SPDX-License-Identifier: Apache-2.0
// 16550 UART; see the header for the register map. No receive path, no interrupts, no modem lines.
#include "devices/uart16550.h"

#define LCR_DLAB     0x80
#define FCR_FIFO     0x01
#define IIR_NONE     0x01
#define IIR_FIFO_ON  0xC0
#define LSR_THR_IDLE 0x60 /* THRE and TEMT */

void uart16550_init(struct uart16550 *u, const struct device_host *host)
{
    *u = (struct uart16550){.host = host, .dll = 1};
}

static uint64_t uart_read(void *self, uint64_t offset, unsigned bytes)
{
    struct uart16550 *u = self;
    bool dlab = (u->lcr & LCR_DLAB) != 0;

    if (bytes != 1)
        return UINT64_MAX;
    switch (offset) {
    case 0:
        return dlab ? u->dll : 0;
    case 1:
        return dlab ? u->dlm : u->ier;
    case 2:
        return IIR_NONE | ((u->fcr & FCR_FIFO) ? IIR_FIFO_ON : 0);
    case 3:
        return u->lcr;
    case 4:
        return u->mcr;
    case 5:
        return LSR_THR_IDLE;
    case 6:
        return 0;
    default:
        return u->scr;
    }
}

static void uart_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct uart16550 *u = self;
    uint8_t v = (uint8_t)value;
    bool dlab = (u->lcr & LCR_DLAB) != 0;

    if (bytes != 1)
        return;
    switch (offset) {
    case 0:
        if (dlab)
            u->dll = v;
        else
            u->host->console(u->host->ctx, v);
        break;
    case 1:
        if (dlab)
            u->dlm = v;
        else
            u->ier = v & 0x0F;
        break;
    case 2:
        u->fcr = v;
        break;
    case 3:
        u->lcr = v;
        break;
    case 4:
        u->mcr = v & 0x1F;
        break;
    case 7:
        u->scr = v;
        break;
    default:
        break;
    }
}

const struct device_ops uart16550_ops = {
    .name = "uart16550", .read = uart_read, .write = uart_write};
