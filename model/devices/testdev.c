// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "devices/testdev.h"

#include <string.h>

static uint64_t get(const uint8_t *bytes, uint64_t size, uint64_t offset, unsigned n)
{
    uint64_t value = 0;

    if (offset + n > size)
        return UINT64_MAX;
    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    return value;
}

static void set(uint8_t *bytes, uint64_t size, uint64_t offset, unsigned n, uint64_t value)
{
    if (offset + n > size)
        return;
    for (unsigned i = 0; i < n; i++)
        bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

static uint64_t latch_read(void *self, uint64_t offset, unsigned bytes)
{
    return get(((struct testdev *)self)->latch, TESTDEV_PORTS, offset, bytes);
}

static void latch_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    set(((struct testdev *)self)->latch, TESTDEV_PORTS, offset, bytes, value);
}

static uint64_t forget_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)self;
    (void)offset;
    (void)bytes;
    return UINT64_MAX;
}

static void forget_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    (void)self;
    (void)offset;
    (void)bytes;
    (void)value;
}

static uint64_t window_read(void *self, uint64_t offset, unsigned bytes)
{
    return get(((struct testdev *)self)->window, TESTDEV_BYTES, offset, bytes);
}

static void window_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    set(((struct testdev *)self)->window, TESTDEV_BYTES, offset, bytes, value);
}

void testdev_init(struct testdev *t)
{
    memset(t, 0, sizeof(*t));
}

const struct device_ops testdev_latch_ops = {
    .name = "test-latch", .read = latch_read, .write = latch_write};
const struct device_ops testdev_forget_ops = {
    .name = "test-forget", .read = forget_read, .write = forget_write};
const struct device_ops testdev_window_ops = {
    .name = "test-window", .read = window_read, .write = window_write};
