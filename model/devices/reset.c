// SPDX-License-Identifier: Apache-2.0
// Reset ports; see the header.
#include "devices/reset.h"

#define STATUS       0x1Cu
#define PULSE        0xF0u /* commands F0 to FF */
#define PULSE_KEEPS  0x01u /* 1: the reset line stays */
#define FAST_INIT    0x01u
#define A20          0x02u
#define RST_CPU      0x04u
#define CONTROL_KEPT 0x0Au

void reset_ports_init(struct reset_ports *r, const struct device_host *host)
{
    *r = (struct reset_ports){.host = host, .port92 = A20};
}

static uint64_t keyboard_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)self;
    (void)offset;
    return bytes == 1 ? STATUS : UINT64_MAX;
}

static void keyboard_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct reset_ports *r = self;

    (void)offset;
    if (bytes == 1 && (value & 0xF0) == PULSE && !(value & PULSE_KEEPS))
        r->host->reset(r->host->ctx);
}

static uint64_t port92_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)offset;
    return bytes == 1 ? ((struct reset_ports *)self)->port92 : UINT64_MAX;
}

static void port92_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct reset_ports *r = self;
    bool rises = (value & FAST_INIT) && !(r->port92 & FAST_INIT);

    (void)offset;
    if (bytes != 1)
        return;
    r->port92 = (uint8_t)value & (A20 | FAST_INIT);
    if (rises)
        r->host->reset(r->host->ctx);
}

static uint64_t cf9_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)offset;
    return bytes == 1 ? ((struct reset_ports *)self)->control : UINT64_MAX;
}

static void cf9_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct reset_ports *r = self;

    (void)offset;
    if (bytes != 1)
        return;
    r->control = (uint8_t)value & CONTROL_KEPT;
    if (value & RST_CPU)
        r->host->reset(r->host->ctx);
}

const struct device_ops reset_keyboard_ops = {
    .name = "keyboard-reset", .read = keyboard_read, .write = keyboard_write};
const struct device_ops reset_port92_ops = {
    .name = "port-92", .read = port92_read, .write = port92_write};
const struct device_ops reset_cf9_ops = {
    .name = "reset-control", .read = cf9_read, .write = cf9_write};
